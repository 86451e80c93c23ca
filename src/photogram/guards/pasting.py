"""Edits under a mask: the model is shown a tile, and what it changed outside the mask is put back.

The tile is cut around the mask at a size the model takes, never stretched, and its edit is laid into
the original at full resolution. What comes out is lossless, as large as the original, and the same as
the original outside the mask, whatever the model did there; how much it did is told in the reply.
"""

import asyncio
from collections import Counter

import msgspec
import numpy as np

from photogram.data import Ask, Blob, Card, Edit, Picture, Reply
from photogram.faults import BadInput, Broken, Invalid, Malformed
from photogram.model import Model, Reader
from photogram.pixels import codecs, masks, paste, tiles
from photogram.pixels.codecs import Whole
from photogram.pixels.masks import Mask
from photogram.pixels.tiles import Fit
from photogram.store import blob_of


class Desk:
    """The bytes behind the handles of asks in flight: tiles cut for them, and else what is in the store."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self._laid: dict[str, bytes] = {}
        self._uses: Counter[str] = Counter()

    def read(self, blob: Blob) -> bytes:
        laid = self._laid.get(blob.sha256)
        return self._read(blob) if laid is None else laid

    def lay(self, data: bytes) -> Blob:
        blob = blob_of(data)
        self._laid[blob.sha256] = data
        self._uses[blob.sha256] += 1
        return blob

    def clear(self, *blobs: Blob) -> None:
        """Let go of what was laid; the same bytes may have been laid for another ask too."""
        for blob in blobs:
            self._uses[blob.sha256] -= 1
            if not self._uses[blob.sha256]:
                del self._laid[blob.sha256], self._uses[blob.sha256]


class _Cut(msgspec.Struct, frozen=True):
    original: Whole
    mask: Mask
    fit: Fit
    tile: bytes
    region: bytes


class Pasting:
    """A model whose edits change nothing outside their mask."""

    def __init__(self, model: Model, desk: Desk) -> None:
        self._model, self._desk = model, desk

    @property
    def card(self) -> Card:
        return self._model.card

    async def answer(self, ask: Ask) -> Reply:
        if not isinstance(ask, Edit) or ask.mask is None:
            return await self._model.answer(ask)
        cut = await asyncio.to_thread(self._cut, ask, ask.mask)
        tile, region = self._desk.lay(cut.tile), self._desk.lay(cut.region)
        try:
            images = {**ask.images, "image": tile}
            reply = await self._model.answer(msgspec.structs.replace(ask, images=images, mask=region))
        finally:
            self._desk.clear(tile, region)
        if not isinstance(reply, Picture) or not reply.images:
            return reply
        return await asyncio.to_thread(_pasted, cut, reply, ask.feather)

    async def close(self) -> None:
        await self._model.close()

    def _cut(self, ask: Edit, mask: Blob) -> _Cut:
        try:
            original = codecs.decode_whole(self._desk.read(ask.images["image"]))
            height, width = original.shape[:2]
            region = masks.read(self._desk.read(mask), width, height)
            fit = tiles.plan(width, height, masks.box_of(region), self.card.edit_sizes or self.card.sizes)
        except (BadInput, Malformed) as error:
            raise Invalid(str(error)) from None
        tile = codecs.encode_png(tiles.cut(original, fit))
        return _Cut(original, region, fit, tile, masks.encode(tiles.cut_mask(region, fit)))


def _pasted(cut: _Cut, reply: Picture, feather: int) -> Picture:
    """The reply with its picture laid into the original; what cannot be laid in was paid for all the same."""
    shape = cut.original.shape
    try:
        edited, place = tiles.back(codecs.decode(reply.images[0]), cut.fit, shape)
        before, _ = tiles.back(tiles.cut(cut.original, cut.fit), cut.fit, shape)
        label = _drawn(cut, reply.masks[0]) if reply.masks else cut.mask
        result, facts = paste.paste(cut.original, edited, cut.mask, feather, place, before, label)
    except (BadInput, Malformed) as error:
        raise Broken(f"the edit that came back does not fit: {error}", unsure=True) from None
    window = msgspec.to_builtins(cut.fit.window)
    made = {**reply.made, **facts, "tile": {**window, "scale": round(cut.fit.scale, 4)}}
    return msgspec.structs.replace(
        reply, images=(codecs.encode_png(result),), masks=(masks.encode(label),), made=made
    )


def _drawn(cut: _Cut, data: bytes) -> Mask:
    """The mask that the maker itself gave of what it drew, at its place in the original."""
    tile = codecs.decode(data)
    large, place = tiles.back(tile, cut.fit, cut.original.shape)
    label = np.zeros_like(cut.mask)
    label[place.part] = (large[..., 0] > 0) * np.uint8(255)
    label &= cut.mask
    if not label.any():
        raise BadInput("nothing of what was drawn lies in the region", do="let a larger one be changed")
    return label
