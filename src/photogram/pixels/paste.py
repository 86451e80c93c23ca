"""The outside stays: what a model changed is laid into the picture inside the mask, and nowhere else.

Outside the mask every channel of every pixel is the original's, at its own depth. Inside, the picture
is moved towards the edited one by the feather: transparency stays as it was, a colour that shows but
in part is changed by as much more, what does not show at all is left, and sixteen bits keep their low
byte. What came back unchanged therefore changes nothing.

A model returns a tile that was scaled on its way, stored with loss, or redrawn a little everywhere. Such
traces tell an edited picture from others better than the edit does. So where the tile is hardly other
than it was when it was sent, the original stays, inside the mask too.
"""

import cv2
import numpy as np
import numpy.typing as npt

from photogram.data import Facts
from photogram.faults import BadInput
from photogram.pixels import codecs, masks
from photogram.pixels.codecs import Pixels, Whole
from photogram.pixels.masks import Alpha, Area, Mask

NOTICED = 8
"""A pixel counts as changed when a channel of it differs by more levels of 255 than this."""

MEANT = 2.0
"""Fainter changes are meant too where neighbours agree on them by more levels than this on average."""

_BAND = 256
"""Rows worked on at once, so that a change of the whole picture takes no more memory than a small one."""

_HALO = 16
_NEAR = np.ones((5, 5), np.uint8)

_Plane = npt.NDArray[np.float32]


def paste(
    original: Whole,
    edited: Pixels,
    mask: Mask,
    feather: int = 0,
    place: Area | None = None,
    before: Pixels | None = None,
    label: Mask | None = None,
) -> tuple[Whole, Facts]:
    """The original with the edit inside the mask, and what the edit had changed before it was pasted.

    `place` is where the edit belongs, all of the picture unless it is said. `before` is the tile that
    was sent, brought back unedited: what is hardly other than it stays as the original is. `label` is
    what of the mask the edit says it changed, where it says so: the rest stays too.
    """
    masks.check(mask, original.shape)
    place = place or Area(0, 0, original.shape[1], original.shape[0])
    _check_place(edited, place, masks.box_of(mask), original.shape)
    box = masks.box_of(mask if label is None else label)
    own = codecs.shown(original[place.part])
    facts = change(own if before is None else before, edited, mask[place.part])
    if before is not None:
        near = box.widened(_HALO).within(mask.shape)
        tile = near.moved(-place.left, -place.top).within(own.shape)
        edited = settled(own[tile.part], before[tile.part], edited[tile.part])
        place = tile.moved(place.left, place.top)
    result = original.copy()
    around = box.widened(1).within(mask.shape)
    alpha = masks.feather(mask[around.part], feather)
    if label is not None:
        alpha[label[around.part] == 0] = 0
    for band in _bands(box):
        over = edited[band.moved(-place.left, -place.top).part]
        _blend(result[band.part], over, alpha[band.moved(-around.left, -around.top).part])
    return result, facts


def settled(own: Pixels, before: Pixels, edited: Pixels) -> Pixels:
    """The edit where it is meant, and the picture's own pixels where it is not."""
    result = np.empty_like(own)
    for top in range(0, len(own), _BAND):
        band = np.s_[max(0, top - _HALO) : top + _BAND + _HALO]
        meant = _meant(before[band], edited[band])[top - band.start :][:_BAND, :, None]
        rows = np.s_[top : top + _BAND]
        moved = own[rows] + meant * np.subtract(edited[rows], own[rows], dtype=np.float32)
        result[rows] = np.rint(moved)
    return result


def _meant(before: Pixels, edited: Pixels) -> _Plane:
    """How surely each pixel was meant to change: by a clear step, or by a faint one its neighbours share."""
    step = np.subtract(edited, before, dtype=np.float32)
    # What is stored with loss loses its finest colours first: they have to differ by more to be meant.
    light, most = np.abs(step.mean(axis=2)), np.abs(step).max(axis=2)
    clear = np.clip(np.maximum(light, most / 3) / NOTICED - 1, 0, 1)
    shared = np.abs(np.asarray(cv2.GaussianBlur(step, (0, 0), 3.0))).max(axis=2)
    surely = np.maximum(clear, np.clip(shared / MEANT - 0.5, 0, 1)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(cv2.dilate(surely, _NEAR), (3, 3), 0), np.float32)


def change(before: Pixels, after: Pixels, mask: Mask) -> Facts:
    """How far two pictures differ: in mean levels outside and inside the mask, and where at all outside."""
    steps = np.asarray(cv2.absdiff(before, after), np.uint8)
    outside = masks.inverted(mask)
    largest = np.maximum(np.maximum(steps[..., 0], steps[..., 1]), steps[..., 2])
    noticed = int(np.count_nonzero((largest > NOTICED) & (mask == 0)))
    return {
        "outside_change": round(_mean(steps, outside), 3),
        "outside_changed": round(noticed / max(1, cv2.countNonZero(outside)), 5),
        "inside_change": round(_mean(steps, mask), 3),
    }


# -------------------------------------------------------------------------------- details


def _check_place(edited: Pixels, place: Area, box: Area, shape: tuple[int, ...]) -> None:
    do = "bring the edited tile back with `tiles.back`, from a tile planned for this mask"
    tall, wide = edited.shape[:2]
    if (wide, tall) != (place.width, place.height):
        raise BadInput(f"the edit is {wide}x{tall} where {place.width}x{place.height} belongs", do=do)
    if place.within(shape) != place or not place.holds(box):
        raise BadInput("the edit does not cover all of the mask, or reaches out of the picture", do=do)


def _bands(box: Area) -> list[Area]:
    rows = range(box.top, box.top + box.height, _BAND)
    return [
        Area(box.left, top, box.width, _BAND).within((box.top + box.height, box.left + box.width))
        for top in rows
    ]


def _blend(target: Whole, edited: Pixels, alpha: Alpha) -> None:
    """Move the colours of a part of the picture towards the edited ones."""
    top = np.iinfo(target.dtype).max
    step = np.subtract(edited, codecs.shown(target), dtype=np.float32) * np.float32((top + 1) // 256)
    if target.shape[2] == 4:
        step = _behind(step, target[..., 3], top)
    moved = np.rint(target[..., :3] + alpha[..., None] * step).clip(0, top)
    np.copyto(target[..., :3], moved.astype(target.dtype), where=alpha[..., None] > 0)


def _behind(step: _Plane, cover: npt.NDArray[np.generic], top: int) -> _Plane:
    """The step that shows as this one does, where a pixel covers but a part of the white behind it."""
    shows = cover.astype(np.float32)[..., None]
    return np.where(shows > 0, step * (top / np.maximum(shows, 1)), 0).astype(np.float32)


def _mean(steps: Pixels, where: Mask) -> float:
    return sum(cv2.mean(steps, where)[:3]) / 3
