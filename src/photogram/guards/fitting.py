"""Pictures as a model can take them: upright, of a kind it reads, and no larger than it looks at.

Only what is sent is changed; the picture itself stays as it is. Nothing is stretched, and what fits
already goes as it lies. Tiles under a mask are cut to fit where they are cut.
"""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from math import sqrt

from msgspec.structs import replace

from photogram.data import Ask, Blob, Card, Draw, Edit, Embed, Reply, See, Sight
from photogram.desk import Desk
from photogram.faults import Invalid, Malformed
from photogram.model import Model
from photogram.pixels import codecs

QUALITY = 92
ROUNDS = 8
"""Each round leaves at most four fifths of the pixels, so that these come down to a sixth of the side."""


@contextmanager
def fitting(ask: Ask, sight: Sight, desk: Desk) -> Generator[Ask]:
    """The ask with pictures that can be sent; what is made for it lies on the desk while the block lasts."""
    shown = pictures_of(ask)
    if not shown or not (sight.media or sight.most_bytes or sight.most_side or sight.most_pixels):
        yield ask
        return
    laid = _lay(shown, sight, desk)
    try:
        yield with_pictures(ask, [laid.get(blob, blob) for blob in shown])
    finally:
        desk.clear(*laid.values())


class Fitting:
    """A model that is shown pictures only as it can take them."""

    def __init__(self, model: Model, desk: Desk) -> None:
        self._model, self._desk = model, desk

    @property
    def card(self) -> Card:
        return self._model.card

    async def answer(self, ask: Ask) -> Reply:
        sight = self.card.sight
        shown = pictures_of(ask)
        if not shown or not (sight.media or sight.most_bytes or sight.most_side or sight.most_pixels):
            return await self._model.answer(ask)
        laid = await asyncio.to_thread(_lay, shown, sight, self._desk)
        try:
            return await self._model.answer(with_pictures(ask, [laid.get(blob, blob) for blob in shown]))
        finally:
            self._desk.clear(*laid.values())

    async def close(self) -> None:
        await self._model.close()


def _lay(shown: list[Blob], sight: Sight, desk: Desk) -> dict[Blob, Blob]:
    """For each picture that cannot go as it lies, one on the desk that can."""
    laid: dict[Blob, Blob] = {}
    for blob in dict.fromkeys(shown):
        try:
            made = fitted(desk.read(blob), sight)
        except Malformed as fault:
            raise Invalid(f"picture {blob.sha256[:12]}: {fault.why}") from None
        if made is not None:
            laid[blob] = desk.lay(made)
    return laid


def fitted(data: bytes, sight: Sight) -> bytes | None:
    """The picture as it can be sent; None where it can be sent as it is."""
    header = codecs.inspect(data)
    width, height = header.width, header.height
    scale = _scale(width, height, sight)
    readable = not sight.media or header.media_type in sight.media
    small = not sight.most_bytes or len(data) <= sight.most_bytes
    if scale == 1 and readable and small and header.orientation == 1:
        return None
    pixels = codecs.decode(data)
    for _ in range(ROUNDS):
        size = max(1, round(width * scale)), max(1, round(height * scale))
        made = codecs.encode_jpeg(codecs.shrink(pixels, *size) if scale < 1 else pixels, QUALITY)
        if not sight.most_bytes or len(made) <= sight.most_bytes:
            return made
        scale *= min(0.9, 0.95 * sqrt(sight.most_bytes / len(made)))
    raise Malformed(f"it cannot be made as small as {sight.most_bytes:,} bytes")


def _scale(width: int, height: int, sight: Sight) -> float:
    sides = sight.most_side / max(width, height) if sight.most_side else 1.0
    area = sqrt(sight.most_pixels / (width * height)) if sight.most_pixels else 1.0
    return min(1.0, sides, area)


def pictures_of(ask: Ask) -> list[Blob]:
    """The pictures of an ask that may be made smaller: all but a tile, whose mask fits it exactly."""
    if isinstance(ask, See):
        return list(ask.images)
    if isinstance(ask, Embed):
        return [ask.image] if ask.image else []
    if isinstance(ask, Draw):
        return list(ask.references)
    return [] if ask.mask else list(ask.images.values())


def with_pictures(ask: Ask, pictures: list[Blob]) -> Ask:
    """The same ask with other pictures, in the order that `pictures_of` has them."""
    if isinstance(ask, See):
        return replace(ask, images=tuple(pictures))
    if isinstance(ask, Embed):
        return replace(ask, image=pictures[0])
    if isinstance(ask, Draw):
        return replace(ask, references=tuple(pictures))
    assert isinstance(ask, Edit)
    return replace(ask, images=dict(zip(ask.images, pictures, strict=True)))
