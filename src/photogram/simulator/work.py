"""How a call is answered: pictures drawn or painted, pictures measured, texts turned into vectors."""

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any
from zlib import crc32

import msgspec
from msgspec.structs import replace

from photogram.data import Ability, Blob, Draw, Picture, Said, See
from photogram.faults import Invalid, Malformed
from photogram.media import media_type
from photogram.model import Model
from photogram.pixels.codecs import Pixels, decode
from photogram.providers import find
from photogram.simulator.call import Call, Made, Problem, count_tokens
from photogram.simulator.invent import SIMULATED, completed, schema_in
from photogram.simulator.plain import (
    altered,
    cut_out,
    encoded,
    extended,
    noted,
    painted,
    picture_vector,
    plain,
    resized,
    text_vector,
)


class Worker:
    """Does the work; with `drawn`, the keyless renderer draws, and otherwise pictures are grey."""

    def __init__(self, *, drawn: bool) -> None:
        self._drawer = _keyless("draw") if drawn else None
        self._does: dict[Ability, Callable[[Call, str], Awaitable[Made]]] = {
            "draw": self._draw,
            "edit": self._edit,
            "see": self._see,
            "embed": self._embed,
        }

    async def work(self, call: Call, note: str) -> Made:
        """What the call asks for; no other note gives the same bytes."""
        try:
            made = await self._does[call.kind](call, note)
        except (Malformed, Invalid) as fault:
            raise Problem("invalid", str(fault)) from None
        return _cut(call, _counted(call, made))

    async def close(self) -> None:
        if self._drawer:
            await self._drawer.close()

    # ------------------------------------------------------------------ pictures

    async def _draw(self, call: Call, note: str) -> Made:
        notes = (f"{note}-{index}" for index in range(call.count))
        if self._drawer:
            return Made(pictures=tuple([await self._drawn(call, index) for index in range(call.count)]))
        return Made(pictures=tuple(plain(call.width, call.height, call.format, name) for name in notes))

    async def _drawn(self, call: Call, index: int) -> bytes:
        assert self._drawer
        ask = Draw(prompt=call.prompt, negative=call.negative, width=call.width, height=call.height)
        seed = crc32(call.prompt.encode()) if index and call.seed is None else call.seed
        reply = await self._drawer.answer(replace(ask, seed=None if seed is None else seed + index))
        assert isinstance(reply, Picture)
        image = reply.images[0]
        if media_type(image) == f"image/{call.format}":
            return image
        return await asyncio.to_thread(lambda: encoded(decode(image), call.format))

    async def _edit(self, call: Call, note: str) -> Made:
        image = await asyncio.to_thread(lambda: encoded(_edited(call), call.format))
        return Made(pictures=tuple(noted(image, f"{note}-{index}") for index in range(call.count)))

    # --------------------------------------------------------------------- words

    async def _see(self, call: Call, note: str) -> Made:
        schema = call.schema or schema_in(call.prompt)
        measured = await _measured(call.pictures[0], schema) if call.pictures else {}
        if schema is None and call.schema is None:
            return Made(text=str(measured.get("description", SIMULATED)))
        data = completed(measured, schema) if schema else measured or {"description": SIMULATED}
        return Made(text=msgspec.json.encode(data).decode(), data=data)

    async def _embed(self, call: Call, note: str) -> Made:
        texts = [text_vector(text, call.dimensions) for text in call.texts]
        images = [await asyncio.to_thread(_pointed, data, call.dimensions) for data in call.pictures]
        return Made(vectors=(*texts, *images))


def _keyless(name: str, read: Callable[[Blob], bytes] | None = None) -> Model:
    keyless = find("keyless")
    return keyless.open(keyless.card(name, {}), {}, {}, read or _unread)


def _unread(blob: Blob) -> bytes:
    raise FileNotFoundError(blob.sha256)


def _edited(call: Call) -> Pixels:
    rgb = decode(call.pictures[0])
    if call.mask is not None:
        return resized(painted(rgb, call.mask), call.width, call.height)
    if call.edit == "outpaint":
        return extended(rgb, call.width or rgb.shape[1], call.height or rgb.shape[0], call.place)
    if call.edit == "remove background":
        return cut_out(rgb)
    return resized(rgb if call.edit == "upscale" else altered(rgb), call.width, call.height)


def _pointed(image: bytes, dimensions: int) -> tuple[float, ...]:
    return picture_vector(decode(image), dimensions)


async def _measured(image: bytes, schema: dict[str, Any] | None) -> dict[str, Any]:
    blob = Blob(sha256=sha256(image).hexdigest(), media_type=media_type(image), size=len(image))
    reply = await _keyless("measure", lambda _: image).answer(See(images=(blob,), schema=schema or {}))
    assert isinstance(reply, Said)
    return reply.data


# --------------------------------------------------------------------------- counting


def _counted(call: Call, made: Made) -> Made:
    """Tokens as a provider counts them: by the letters, and by the picture as the tongue says."""
    words = sum(map(count_tokens, filter(None, (call.prompt, call.negative, *call.texts))))
    said = count_tokens(made.text) if made.text else 0
    return replace(
        made,
        tokens_in=words + call.pictures_in,
        tokens_out=said + call.picture_out * len(made.pictures),
    )


def _cut(call: Call, made: Made) -> Made:
    """What was said, up to where the call wanted no more."""
    if made.text is None or not call.most_tokens or made.tokens_out <= call.most_tokens:
        return made
    text = made.text[: 4 * call.most_tokens]
    return replace(made, text=text, data=None, ended="length", tokens_out=call.most_tokens)
