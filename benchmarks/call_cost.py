"""What a call costs: provider, dialect and wire against a script of aiohttp, json and base64; CPU alone.

Wanted: at most 1.5 times the script, which makes the same body out of the same files and reads the same
answer. The server answers at once. An edit needs its mask as a PNG with alpha: the script makes it of the
black and white one with Pillow, as scripts do. What is left without that stands below as "edit, mask ready".
"""

import argparse
import asyncio
import io
import json
import os
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable

import aiohttp
import numpy as np
from PIL import Image, ImageOps

from photogram.data import Ask, Draw, Edit, Embed, See
from photogram.pixels import codecs, masks
from photogram.providers.openai import DIALECTS, Provider
from photogram.store import blob_of
from photogram.terms import ability

WANTED = 1.5
BODIES = {
    "draw": '{"model": "gpt-image-2", "prompt": "a car", "n": 1, "size": "1024x1024"}',
    "see": '{"model": "gpt-6-luna", "messages": [{"role": "user", "content": [{"type": "text", "text": "?"},'
    ' {"type": "image_url", "image_url": {"url": ""}}]}]}',
    "embed": '{"model": "text-embedding-3-large", "input": "a red car", "encoding_format": "float"}',
}

rng = np.random.default_rng(1)
TILE = codecs.encode_png(np.kron(rng.integers(0, 255, (128, 128, 3), np.uint8), np.ones((8, 8, 1), np.uint8)))
PHOTO = codecs.encode_jpeg(rng.integers(0, 255, (768, 1024, 3), np.uint8), 80)
REGION = np.zeros((1024, 1024), np.uint8)
REGION[300:600, 300:600] = 255
MASK = masks.encode(REGION)
CLEAR = masks.as_alpha(REGION)
STORE = {blob_of(data): data for data in (TILE, PHOTO, MASK)}
tile, photo, mask = STORE
SCHEMA = {"type": "object", "properties": {"label": {"type": "string"}}, "required": ["label"]}

PAINT = Edit(kind="inpaint", images={"image": tile}, mask=mask, prompt="a scratch")
ASKS: dict[str, tuple[str, Ask]] = {
    "draw": ("gpt-image-2", Draw(prompt="a car")),
    "edit": ("gpt-image-2", PAINT),
    "edit, mask ready": ("gpt-image-2", PAINT),
    "see": ("gpt-6-luna", See(images=(photo,), prompt="What?", schema=SCHEMA)),
    "embed": ("text-embedding-3-large", Embed(text="a red car " * 20)),
}
PICTURE = json.dumps({"data": [{"b64_json": b64encode(TILE).decode()}]})
ANSWERS = {
    "/v1/images/generations": PICTURE,
    "/v1/images/edits": PICTURE,
    "/v1/chat/completions": json.dumps({"choices": [{"message": {"content": '{"label": "car"}'}}]}),
    "/v1/embeddings": json.dumps({"data": [{"embedding": rng.normal(size=3072).tolist()}]}),
}


# ------------------------------------------------------------------------------ server


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read a request by its length and answer what stands for its path."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
            body = ANSWERS[head.split(b" ")[1].decode()].encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
            )
            writer.write(body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def serve() -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=2**26)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# ----------------------------------------------------------------------------- clients


async def cpu(times: int, width: int, call: Callable[[], Awaitable[object]]) -> float:
    """CPU milliseconds for each of so many calls, so many at once."""
    await asyncio.gather(*(call() for _ in range(width)))
    numbers, before = iter(range(times)), time.process_time()

    async def worker() -> None:
        for _ in numbers:
            await call()

    await asyncio.gather(*(worker() for _ in range(width)))
    return 1000 * (time.process_time() - before) / times


async def compare(name: str, url: str, times: int, width: int) -> None:
    model, ask = ASKS[name]
    provider, settings, dialect = Provider(), {"base_url": url}, DIALECTS[ability(ask)]
    card = provider.card(model, settings)
    request = dialect.encode(card, ask, STORE.__getitem__)
    opened = provider.open(card, settings, {}, STORE.__getitem__)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def script() -> None:
            async with session.post(url + request.path, **scripted(name)) as heard:
                said = json.loads(await heard.read())
            if picture := said.get("data", [{}])[0].get("b64_json"):
                b64decode(picture)

        async def ours() -> None:
            await opened.answer(ask)

        peer, mine = [await cpu(times, width, call) for call in (script, ours)]
    await opened.close()
    met = "met   " if mine <= WANTED * peer else "MISSED"
    size = f"{len(request.body) / 1e6:.2f} MB out, {len(ANSWERS['/v1' + request.path]) / 1e6:.2f} MB in"
    print(
        f"  {met} {name:16} {size:24} ours {mine:6.2f} ms, the script {peer:5.2f} ms: {mine / peer:.2f} times"
    )


def scripted(name: str) -> dict[str, object]:
    """The same body as a script makes it: pictures in base64 within JSON, or as files of a form."""
    if name.startswith("edit"):
        form = aiohttp.FormData(
            {"model": "gpt-image-2", "prompt": "a scratch", "n": "1", "size": "1024x1024"}
        )
        form.add_field("image", TILE, filename="1.png", content_type="image/png")
        form.add_field(
            "mask",
            CLEAR if "ready" in name else made_clear(MASK),
            filename="mask.png",
            content_type="image/png",
        )
        return {"data": form}
    said = json.loads(BODIES[name])
    if name == "see":
        url = f"data:image/jpeg;base64,{b64encode(PHOTO).decode()}"
        said["messages"][0]["content"][1]["image_url"]["url"] = url
    return {"data": json.dumps(said), "headers": {"Content-Type": "application/json"}}


def made_clear(mask: bytes) -> bytes:
    """A mask with alpha, as the documents of OpenAI show how to make one."""
    grey, file = Image.open(io.BytesIO(mask)).convert("L"), io.BytesIO()
    clear = grey.convert("RGBA")
    clear.putalpha(ImageOps.invert(grey))
    clear.save(file, "PNG")
    return file.getvalue()


def main(times: int, width: int) -> None:
    process = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        url = f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        print(f"CPU of a call, {width} at once; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        for name in ASKS:
            asyncio.run(compare(name, url, times, width))
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--width", type=int, default=8)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve())
    else:
        main(given.times, given.width)
