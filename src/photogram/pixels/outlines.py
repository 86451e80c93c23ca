"""Masks as other tools write them: runs of pixels, and polygons whose corners lie between pixels.

Both say a mask to the pixel. A polygon goes around a part of the mask along the edges of its pixels; a
hole in it is reached by a cut that is walked in both directions, so that one line of corners is enough
and counting crossings gives the mask again.
"""

from collections import defaultdict
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from photogram.faults import BadInput
from photogram.pixels.masks import Mask, fill

Polygon = npt.NDArray[np.int64]
"""Corners as pairs across and down, in pixels from the top left of the picture."""

_Place = tuple[int, int]
_Ways = dict[_Place, set[_Place]]
_TURNS: dict[_Place, _Place] = {(1, 0): (0, 1), (0, 1): (-1, 0), (-1, 0): (0, -1), (0, -1): (1, 0)}
"""To the right of each direction, down being positive."""
_SIDES = (
    (0, 1, (1, 0), (-1, 0)),
    (0, -1, (-1, 0), (0, 0)),
    (1, 1, (0, -1), (0, 0)),
    (1, -1, (0, 1), (0, -1)),
)
"""The upper, lower, left and right edges of pixels: along which axis and with which sign a mask that is
padded changes there, which way the edge goes, and from where, seen from the place of the change."""


# ------------------------------------------------------------------------------- runs


def runs(mask: Mask) -> list[int]:
    """How many pixels of the mask follow each other, first unset and then set, column by column."""
    flat = (mask > 0).ravel(order="F")
    changes = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff(np.concatenate(([0], changes, [flat.size])))
    return [0, *map(int, counts)] if flat.size and flat[0] else [int(count) for count in counts]


def from_runs(counts: Sequence[int], width: int, height: int) -> Mask:
    """The mask that such runs say."""
    total = width * height
    if any(count < 0 for count in counts) or sum(counts) != total:
        raise BadInput(f"the runs of a mask count {sum(counts)} pixels, and the picture has {total}")
    values = np.zeros(len(counts), np.uint8)
    values[1::2] = 255
    return np.repeat(values, counts).reshape((height, width), order="F").copy()


def squeezed(counts: Sequence[int]) -> str:
    """Runs as letters, as COCO's files have them: each as the difference to the one before the last."""
    letters: list[str] = []
    for number, count in enumerate(counts):
        value = count - counts[number - 2] if number > 2 else count
        more = True
        while more:
            bits = value & 31
            value >>= 5
            more = value != (-1 if bits & 16 else 0)
            letters.append(chr(48 + (bits | 32 if more else bits)))
    return "".join(letters)


def stretched(letters: str) -> list[int]:
    """The runs that such letters say."""
    counts: list[int] = []
    value = shift = 0
    for letter in letters:
        bits = ord(letter) - 48
        if not 0 <= bits < 64:
            raise BadInput(f"{letter!r} is no letter of a mask's runs")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        value -= (1 << shift) if bits & 16 else 0
        counts.append(value + counts[-2] if len(counts) > 2 else value)
        value = shift = 0
    return counts


# --------------------------------------------------------------------------- polygons


def polygons(mask: Mask) -> list[Polygon]:
    """One for each part of the mask; pixels that touch in a corner only are different parts."""
    _, parts = cv2.connectedComponents((mask > 0).astype(np.uint8), connectivity=4)
    outer: dict[int, Polygon] = {}
    holes: defaultdict[int, list[Polygon]] = defaultdict(list)
    for part, loop in _loops(mask, np.asarray(parts, np.int32)):
        corners = _corners(loop)
        if _turns_right(corners):
            outer[part] = corners
        else:
            holes[part].append(corners)
    return [_joined(outer[part], holes[part]) for part in sorted(outer)]


def from_polygons(many: Sequence[npt.ArrayLike], width: int, height: int) -> Mask:
    """All that lies in one of the polygons, of a picture of this size."""
    mask = np.zeros((height, width), np.uint8)
    for corners in many:
        fill(mask, np.asarray(corners, np.float64).reshape(-1, 2))
    return mask


def _loops(mask: Mask, parts: npt.NDArray[np.int32]) -> list[tuple[int, list[_Place]]]:
    """Every way around a part or a hole, the part on its right, and which part that is."""
    ahead = _edges(mask)
    loops: list[tuple[int, list[_Place]]] = []
    for start in sorted(ahead):
        while ahead[start]:
            step = min(ahead[start])
            part = int(parts[_right_of(start, step)])
            loops.append((part, _walked(ahead, start, step)))
    return loops


def _walked(ahead: _Ways, start: _Place, step: _Place) -> list[_Place]:
    loop, at = [start], start
    while True:
        ahead[at].discard(step)
        at = (at[0] + step[0], at[1] + step[1])
        if at == start:
            return loop
        loop.append(at)
        right = _TURNS[step]
        step = right if right in ahead[at] else next(iter(ahead[at] - {right}))


def _edges(mask: Mask) -> _Ways:
    """From each place between pixels the directions in which the mask lies on the right of its edge."""
    inside = np.pad((mask > 0).astype(np.int8), 1)
    ahead: defaultdict[_Place, set[_Place]] = defaultdict(set)
    for axis, sign, step, moved in _SIDES:
        down, across = np.nonzero(np.diff(inside, axis=axis) == sign)
        for x, y in zip((across + moved[0]).tolist(), (down + moved[1]).tolist(), strict=True):
            ahead[x, y].add(step)
    return ahead


def _right_of(at: _Place, step: _Place) -> _Place:
    """The pixel on the right of an edge, as row and column."""
    x, y = at
    return {(1, 0): (y, x), (0, 1): (y, x - 1), (-1, 0): (y - 1, x - 1), (0, -1): (y - 1, x)}[step]


def _corners(loop: list[_Place]) -> Polygon:
    """The places where the way turns."""
    every = np.asarray(loop, np.int64)
    before, after = every - np.roll(every, 1, 0), np.roll(every, -1, 0) - every
    return every[(before != after).any(axis=1)]


def _turns_right(corners: Polygon) -> bool:
    x, y = corners[:, 0], corners[:, 1]
    return int(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) > 0


def _joined(outer: Polygon, holes: Sequence[Polygon]) -> Polygon:
    """One line of corners, each hole reached by a cut from the nearest corner."""
    for hole in sorted(holes, key=lambda corners: corners[:, 0].min()):
        first = int(hole[:, 0].argmin())
        turned = np.roll(hole, -first, 0)
        near = int(np.abs(outer - turned[0]).sum(axis=1).argmin())
        outer = np.concatenate((outer[: near + 1], turned, turned[:1], outer[near:]))
    return outer
