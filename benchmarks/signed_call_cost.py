"""What a signed call to Bedrock costs against scripts of aiohttp that sign nothing; CPU alone.

Wanted: at most 1.5 times the script that makes the same body with json and base64 and reads the same answer.
Beside it stands the least there is: bytes that lie ready are posted, and bytes come back that nobody looks
into. The server answers at once. Of ours everything is measured: checks, body, signature, answer.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from base64 import b64decode, b64encode

import aiohttp
from call_cost import ANSWERS, PHOTO, SCHEMA, STORE, TILE, WANTED, cpu, mask, photo, serve, tile
from yarl import URL

from photogram.data import Ask, Draw, Edit, Embed, See
from photogram.providers.bedrock import Provider, dialect

ASKS: dict[str, tuple[str, Ask]] = {
    "draw": ("stable-image-core", Draw(prompt="a car", seed=7)),
    "edit": ("stable-image-inpaint", Edit(kind="inpaint", images={"image": tile}, mask=mask, prompt="x")),
    "see": ("nova-2-lite", See(images=(photo,), prompt="What?", schema=SCHEMA)),
    "embed": ("titan-embed-text", Embed(text="a red car " * 20)),
}
PICTURE = {"seeds": [7], "finish_reasons": [None], "images": [b64encode(TILE).decode()]}
USE = {"toolUse": {"toolUseId": "t", "name": "annotate", "input": {"label": "car"}}}
SAID = {
    "draw": PICTURE,
    "edit": PICTURE,
    "see": {"output": {"message": {"role": "assistant", "content": [USE]}}, "stopReason": "tool_use"},
    "embed": {"embedding": [number / 1024 for number in range(1024)], "inputTextTokenCount": 40},
}
ENVIRON = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "a secret of usual length",
    "AWS_REGION": "",
}


def opened(name: str, url: str):
    """Our way to the model of an ask."""
    provider, model = Provider(), ASKS[name][0]
    environ = {**ENVIRON, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url}
    return provider.open(provider.card(model, {}), {}, environ, STORE.__getitem__)


def path(name: str) -> str:
    """Where an ask goes, below the server's address."""
    found = opened(name, "http://127.0.0.1")
    made = dialect(found.card).encode(found.card, ASKS[name][1], STORE.__getitem__)
    return found._line.base.removeprefix("http://127.0.0.1") + made.path


def scripted(name: str) -> str:
    """The same body as a script makes it, its pictures packed each time."""
    made = json.loads(dialect(opened(name, "http://h").card).encode(*_parts(name)).body)
    pictures = {"image": TILE, "mask": STORE[mask]}
    if name == "edit":
        made |= {field: b64encode(data).decode() for field, data in pictures.items()}
    if name == "see":
        made["messages"][0]["content"][0]["image"]["source"]["bytes"] = b64encode(PHOTO).decode()
    return json.dumps(made)


def _parts(name: str):
    """The ask with pictures of one byte, so that what the script packs is its own work."""
    return opened(name, "http://h").card, ASKS[name][1], lambda _: b"x"


async def compare(name: str, url: str, times: int, width: int) -> bool:
    address, headers = URL(url + path(name), encoded=True), {"Authorization": "Bearer x"}
    model, skeleton = opened(name, url), json.loads(scripted(name))

    def body() -> str:
        if name == "edit":
            packed = {"image": b64encode(TILE).decode(), "mask": b64encode(STORE[mask]).decode()}
            return json.dumps({**skeleton, **packed})
        if name == "see":
            skeleton["messages"][0]["content"][0]["image"]["source"]["bytes"] = b64encode(PHOTO).decode()
        return json.dumps(skeleton)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def script() -> None:
            async with session.post(address, data=body(), headers=headers) as heard:
                said = json.loads(await heard.read())
            if "images" in said:
                b64decode(said["images"][0])

        ready = body().encode()

        async def least() -> None:
            async with session.post(address, data=ready, headers=headers) as heard:
                await heard.read()

        async def ours() -> None:
            await model.answer(ASKS[name][1])

        peer, bare, mine = [await cpu(times, width, call) for call in (script, least, ours)]
    await model.close()
    size = f"{len(body()) / 1e6:.2f} MB out, {len(ANSWERS[path(name)]) / 1e6:.2f} MB in"
    met = mine <= WANTED * peer
    said = (
        f"ours {mine:6.3f} ms, the script {peer:6.3f} ms: {mine / peer:.2f} times; the least {bare:6.3f} ms"
    )
    print(f"  {'met   ' if met else 'MISSED'} {name:6} {size:24} {said}")
    return met


def main(times: int, width: int) -> bool:
    process = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        url = f"http://127.0.0.1:{process.stdout.readline().strip()}"
        print(
            f"CPU of a signed call, {width} at once; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        )
        return min([asyncio.run(compare(name, url, times, width)) for name in ASKS])
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--times", type=int, default=300)
    parser.add_argument("--width", type=int, default=8)
    given = parser.parse_args()
    ANSWERS.update({path(name): json.dumps(said) for name, said in SAID.items()})
    if given.serve:
        asyncio.run(serve())
    else:
        sys.exit(not main(given.times, given.width))
