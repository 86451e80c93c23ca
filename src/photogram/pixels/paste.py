"""The outside stays: what a model changed is laid into the picture inside the mask, and nowhere else.

Outside the mask every channel of every pixel is the original's, at its own depth. Inside, the picture
is moved towards the edited one by the feather: transparency stays as it was, a colour that shows but
in part is changed by as much more, what does not show at all is left, and sixteen bits keep their low
byte. What came back unchanged therefore changes nothing.
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

_BAND = 256
"""Rows worked on at once, so that a change of the whole picture takes no more memory than a small one."""

_Plane = npt.NDArray[np.float32]


def paste(
    original: Whole,
    edited: Pixels,
    mask: Mask,
    feather: int = 0,
    place: Area | None = None,
    before: Pixels | None = None,
) -> tuple[Whole, Facts]:
    """The original with the edit inside the mask, and what the edit had changed before it was pasted.

    `place` is where the edit belongs, all of the picture unless it is said. `before` is what the edit
    is compared with: the tile brought back unedited, where it was scaled on its way.
    """
    masks.check(mask, original.shape)
    place = place or Area(0, 0, original.shape[1], original.shape[0])
    box = masks.box_of(mask)
    _check_place(edited, place, box, original.shape)
    before = codecs.shown(original[place.part]) if before is None else before
    facts = change(before, edited, mask[place.part])
    result = original.copy()
    around = box.widened(1).within(mask.shape)
    alpha = masks.feather(mask[around.part], feather)
    for band in _bands(box):
        over = edited[band.moved(-place.left, -place.top).part]
        _blend(result[band.part], over, alpha[band.moved(-around.left, -around.top).part])
    return result, facts


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
