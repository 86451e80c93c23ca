"""The peer of row 3: the least script that makes the same calls, and keeps nothing of the answers."""

import asyncio
import json
import sys

import aiohttp


async def main(url: str, calls: int, width: int) -> None:
    numbers = iter(range(calls))

    async def one() -> None:
        for number in numbers:
            body = {"model": "pictures", "prompt": f"picture {number}", "n": 1, "size": "64x64"}
            async with session.post(f"{url}/images/generations", json=body) as answer:
                json.loads(await answer.read())

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(*(one() for _ in range(width)))


asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
