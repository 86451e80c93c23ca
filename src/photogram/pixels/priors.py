"""Plausible places for a change that nobody has marked: regions drawn at random where they are allowed.

- blob: one uneven patch, longer than wide;
- streak: one narrow, slightly bent line of uneven width;
- specks: a cluster of small patches, longer than wide.

`size` is the longest extent as a share of the picture's shorter side. `orientation` is the direction of
that extent in radians from left to right, turning as a clock does, or None for any. A region begins at
a place that is allowed, is tried a few times for one that is allowed as a whole, and loses what is not.
"""

import math
from collections.abc import Callable
from typing import Literal, get_args

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from photogram.faults import BadInput
from photogram.pixels import masks
from photogram.pixels.draw.canvas import Points, Random, wave
from photogram.pixels.masks import Area, Mask

Kind = Literal["blob", "streak", "specks"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_TRIES = 8
_TURNS = np.linspace(0, 2 * math.pi, 72, endpoint=False)


class _Region(msgspec.Struct, frozen=True):
    """A region where it came to lie, and how much of it was allowed there."""

    area: Area
    mask: Mask
    kept: float


def prior(
    random: Random,
    width: int,
    height: int,
    kind: Kind,
    size: float = 0.1,
    orientation: float | None = None,
    within: Mask | None = None,
) -> Mask:
    """A region of a kind somewhere in a picture of width × height, inside `within` where it is given."""
    _check(kind, size)
    if within is None:
        allowed = np.broadcast_to(np.uint8(255), (height, width))
    else:
        masks.check(within, (height, width))
        allowed = within
    counts = np.cumsum(np.asarray(np.count_nonzero(allowed, axis=1), np.int64))
    tries: list[_Region] = []
    for _ in range(_TRIES):
        angle = random.uniform(0, math.pi) if orientation is None else orientation
        outlines = _OUTLINES[kind](random, size * min(width, height))
        tries.append(_laid(outlines, angle, _spot(random, allowed, counts), allowed))
    best = max(tries, key=lambda region: region.kept)
    mask = np.zeros((height, width), np.uint8)
    mask[best.area.part] = best.mask
    return mask


def _check(kind: str, size: float) -> None:
    if kind not in KINDS:
        raise BadInput(f"there is no region of the kind {kind!r}", do=f"choose one of {', '.join(KINDS)}")
    if not 0 < size <= 1:
        what = f"a region's size cannot be {size:g}"
        raise BadInput(what, do="give it as a share of the picture's shorter side, up to 1")


def _spot(random: Random, allowed: Mask, counts: npt.NDArray[np.int64]) -> tuple[int, int]:
    """One of the allowed pixels, each as likely as any other; `counts` says how many end with each row."""
    number = int(random.integers(int(counts[-1])))
    row = int(np.searchsorted(counts, number, side="right"))
    columns = np.flatnonzero(allowed[row])
    return int(columns[random.integers(columns.size)]), row


def _laid(outlines: list[Points], angle: float, spot: tuple[int, int], allowed: Mask) -> _Region:
    """The outlines turned and moved to a spot, without what is not allowed there."""
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    placed = [outline @ turn + np.add(spot, 0.5) for outline in outlines]
    corners = np.concatenate(placed)
    left, top = (int(v) for v in np.minimum(np.floor(corners.min(axis=0)), spot))
    right, bottom = (int(v) for v in np.ceil(corners.max(axis=0)) + 1)
    area = Area(left, top, right - left, bottom - top).within(allowed.shape)
    mask = np.zeros((area.height, area.width), np.uint8)
    for outline in placed:
        masks.fill(mask, outline - (area.left, area.top))
    mask &= allowed[area.part]
    if not mask.any():
        mask[spot[1] - area.top, spot[0] - area.left] = 255
    whole = sum(cv2.contourArea(outline.astype(np.float32)) for outline in placed)
    return _Region(area, mask, cv2.countNonZero(mask) / max(1.0, whole))


# ---------------------------------------- outlines around the origin, from left to right


def _blob(random: Random, length: float) -> list[Points]:
    return [_patch(random, length / 2, length / 2 * random.uniform(0.45, 0.75), 0.1)]


def _streak(random: Random, length: float) -> list[Points]:
    """A band along a bent line, its two sides going there and back."""
    count = 48
    along = np.linspace(-0.5, 0.5, count) * length
    bend = wave(random, count, 3) * length * 0.04
    bend -= bend[count // 2]
    breadth = length * random.uniform(0.01, 0.035) * np.clip(1 + 0.5 * wave(random, count, 8), 0.2, 2)
    breadth = np.maximum(0.75, breadth * np.sqrt(np.clip(1 - np.linspace(-1, 1, count) ** 2, 0.02, 1)))
    there, back = np.stack([along, bend - breadth], axis=1), np.stack([along, bend + breadth], axis=1)
    return [np.concatenate([there, back[::-1]])]


def _specks(random: Random, length: float) -> list[Points]:
    count = int(random.integers(5, 19))
    middles = random.normal(0, (length / 4.5, length / 10), (count, 2)).clip(-length / 2.2, length / 2.2)
    middles[0] = 0
    radii = np.maximum(0.8, length * random.uniform(0.015, 0.06, count))
    return [
        middle + _patch(random, radius, radius * random.uniform(0.6, 1), 0.15)
        for middle, radius in zip(middles, radii, strict=True)
    ]


def _patch(random: Random, across: float, down: float, uneven: float) -> Points:
    """An ellipse whose edge wavers, closed without a step."""
    edge = np.ones(_TURNS.size)
    for hump in range(2, 6):
        edge += uneven / hump * random.normal() * np.cos(hump * _TURNS + random.uniform(0, 2 * math.pi))
    edge = np.clip(edge, 0.5, None) / max(1.0, edge.max())
    return np.stack([across * edge * np.cos(_TURNS), down * edge * np.sin(_TURNS)], axis=1)


_OUTLINES: dict[Kind, Callable[[Random, float], list[Points]]] = {
    "blob": _blob,
    "streak": _streak,
    "specks": _specks,
}
