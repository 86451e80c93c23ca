"""Edits of any picture by any model: what it is shown fits it, and what was not to change is put back.

Under a mask the model is shown a tile, cut around the mask at a size the model takes, never stretched, and
its edit is laid into the original at full resolution. What comes out is lossless, as large as what was
asked for, and the same as the original outside the mask, whatever the model did there; how much it did is
told in the reply. A picture that is to grow is laid on a larger canvas first, where it goes on as its
reflection, so that the model sees where it belongs.

An edit of a whole picture is shown to the model as it is where the model can take it, and else as a tile.
"""

import asyncio

import cv2
import msgspec
import numpy as np

from photogram.data import Ask, Blob, Card, Edit, Facts, Picture, Reply
from photogram.desk import Desk
from photogram.faults import BadInput, Broken, Invalid, Malformed
from photogram.model import Model
from photogram.pixels import codecs, masks, paste, tiles
from photogram.pixels.codecs import Whole
from photogram.pixels.masks import Area, Mask
from photogram.pixels.seat import seat
from photogram.pixels.tiles import Fit

_PLAIN = ("image/jpeg", "image/png")


class _Cut(msgspec.Struct, frozen=True):
    original: Whole
    mask: Mask
    fit: Fit
    tile: bytes
    region: bytes


class _Shown(msgspec.Struct, frozen=True):
    """A whole picture as it is shown to a model, and its shape."""

    shape: tuple[int, ...]
    fit: Fit
    tile: bytes


class Pasting:
    """A model whose edits change nothing outside their mask."""

    def __init__(self, model: Model, desk: Desk) -> None:
        self._model, self._desk = model, desk

    @property
    def card(self) -> Card:
        return self._model.card

    async def answer(self, ask: Ask) -> Reply:
        if not isinstance(ask, Edit):
            return await self._model.answer(ask)
        return await (self._whole(ask) if ask.mask is None else self._masked(ask, ask.mask))

    async def close(self) -> None:
        await self._model.close()

    async def _masked(self, ask: Edit, mask: Blob) -> Reply:
        cut = await asyncio.to_thread(self._cut, ask, mask)
        tile, region = self._desk.lay(cut.tile), self._desk.lay(cut.region)
        try:
            images = {**ask.images, "image": tile}
            reply = await self._model.answer(msgspec.structs.replace(ask, images=images, mask=region))
        finally:
            self._desk.clear(tile, region)
        if not isinstance(reply, Picture) or not reply.images:
            return reply
        return await asyncio.to_thread(_pasted, cut, reply, ask.feather)

    async def _whole(self, ask: Edit) -> Reply:
        shown = await asyncio.to_thread(self._shown, ask)
        if shown is None:
            return await self._model.answer(ask)
        tile = self._desk.lay(shown.tile)
        try:
            images = {**ask.images, "image": tile}
            reply = await self._model.answer(msgspec.structs.replace(ask, images=images))
        finally:
            self._desk.clear(tile)
        if not isinstance(reply, Picture) or not reply.images:
            return reply
        return reply if ask.kind == "upscale" else await asyncio.to_thread(_brought_back, shown, reply)

    def _cut(self, ask: Edit, mask: Blob) -> _Cut:
        try:
            original = codecs.decode_whole(self._desk.read(ask.images["image"]))
            region = self._desk.read(mask)
            if ask.kind == "outpaint":
                original, region = _on_canvas(original, region)
            else:
                region = masks.read(region, original.shape[1], original.shape[0])
            fit = _fit(original.shape, masks.box_of(region), self.card)
        except (BadInput, Malformed) as error:
            raise Invalid(str(error)) from None
        tile = codecs.encode_png(tiles.cut(original, fit))
        return _Cut(original, region, fit, tile, masks.encode(tiles.cut_mask(region, fit)))

    def _shown(self, ask: Edit) -> _Shown | None:
        """The picture as a tile, or None where the model can take the file as it is."""
        data = self._desk.read(ask.images["image"])
        try:
            header = codecs.inspect(data)
            shape = header.height, header.width
            fit = _fit(shape, Area(0, 0, header.width, header.height), self.card)
            plain = header.media_type in _PLAIN and header.orientation == 1
            if plain and fit == Fit(Area(0, 0, header.width, header.height), header.width, header.height):
                return None
            return _Shown(shape, fit, codecs.encode_png(tiles.cut(codecs.decode_whole(data), fit)))
        except (BadInput, Malformed) as error:
            raise Invalid(str(error)) from None


def _fit(shape: tuple[int, ...], box: Area, card: Card) -> Fit:
    return tiles.plan(shape[1], shape[0], box, card.edit_sizes or card.sizes)


def _on_canvas(original: Whole, mask: bytes) -> tuple[Whole, Mask]:
    """The picture where the mask leaves room for it, its reflection all around, opaque."""
    header = codecs.inspect(mask)
    region = masks.read(mask, header.width, header.height)
    room = masks.box_of(masks.inverted(region))
    height, width = original.shape[:2]
    if (room.width, room.height) != (width, height) or region[room.part].any():
        what = f"the mask leaves {room.width}x{room.height} free, and the picture is {width}x{height}"
        raise BadInput(what, do="give a mask as large as what is wanted, black where the picture lies in it")
    below, right = header.height - room.top - height, header.width - room.left - width
    around = room.top, below, room.left, right
    canvas = np.asarray(cv2.copyMakeBorder(original, *around, cv2.BORDER_REFLECT_101), original.dtype)
    canvas[..., 3:][region > 0] = np.iinfo(original.dtype).max
    return canvas, region


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
    made = {**reply.made, **facts, **seat(cut.original, result, label), **_told(cut.fit)}
    return msgspec.structs.replace(
        reply, images=(codecs.encode_png(result),), masks=(masks.encode(label),), made=made
    )


def _told(fit: Fit) -> Facts:
    """What of the picture the model was shown, and how much smaller or larger."""
    return {"tile": {**msgspec.to_builtins(fit.window), "scale": round(fit.scale, 4)}}


def _brought_back(shown: _Shown, reply: Picture) -> Picture:
    """The edit at the size of the picture; one of other proportions is the model's own, and stays."""
    try:
        images, moved = (
            tuple(
                codecs.encode_png(tiles.back(codecs.decode(data), shown.fit, shown.shape)[0]) for data in kept
            )
            for kept in (reply.images[:1], reply.masks[:1])
        )
    except Malformed:
        return reply
    made = {**reply.made, **_told(shown.fit)}
    return msgspec.structs.replace(reply, images=images, masks=moved, made=made)


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
