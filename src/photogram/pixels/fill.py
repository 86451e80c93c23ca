"""A hole in a picture, filled with what its surroundings are made of.

Block by block, from the hole's edge inwards, the place in the picture is looked for whose surroundings are
most like the block's own. What lies there is laid in, moved to the light and the colours around the block,
and faded over into what a neighbour laid in before. So a wall goes on in its bricks and a table in its
grain. What appears nowhere else in the picture does not come back.
"""

from itertools import pairwise

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from photogram.pixels import masks
from photogram.pixels.codecs import Pixels
from photogram.pixels.masks import Area, Mask

BLOCK = 1 / 14
"""A block's side, as a share of the picture's shorter one: small enough to follow an edge."""

LEAST_AROUND = 512
"""Pixels around the hole that are searched at least; as many as the hole is large, if that is more."""

_SEARCHED = 300
"""Places are compared in a picture shrunk to this many pixels a side."""
_ALIKE = 1.15
_CHOICE = 8
"""One of so many places is taken that fit hardly worse than the best, so that nothing comes twice."""
_NOVELTY = 0.3
"""How much it counts against a place that what lies there is other than what lies around the block."""
_STEP = 20
"""What is laid in is moved by no more levels than this: more would be another thing."""

_Plane = npt.NDArray[np.float32]
_Where = npt.NDArray[np.bool_]
Random = np.random.Generator


class _Canvas(msgspec.Struct, frozen=True):
    """The picture in the making, where it is still open, and the picture shrunk to be searched in."""

    pixels: _Plane
    open: _Where
    hole: _Where
    small: _Plane
    small_hole: _Plane

    def shrunk(self, area: Area) -> Area:
        """An area of the picture as one of the shrunk picture."""
        rows, columns = self.small_hole.shape
        across, down = columns / self.hole.shape[1], rows / self.hole.shape[0]
        wide = min(columns, max(3, round(area.width * across)))
        tall = min(rows, max(3, round(area.height * down)))
        left, top = min(int(area.left * across), columns - wide), min(int(area.top * down), rows - tall)
        return Area(left, top, wide, tall)

    def grown(self, x: int, y: int, like: Area) -> Area:
        """A place in the shrunk picture as one of the picture, as large as another area."""
        height, width = self.hole.shape
        left = round(x * width / self.small_hole.shape[1])
        top = round(y * height / self.small_hole.shape[0])
        return Area(min(left, width - like.width), min(top, height - like.height), like.width, like.height)


def fill(rgb: Pixels, hole: Mask, random: Random) -> Pixels:
    """The picture with the hole filled; nothing else is changed."""
    result = rgb.copy()
    if not hole.any() or hole.all():
        return result
    box = masks.box_of(hole)
    near = box.widened(max(LEAST_AROUND, box.width, box.height)).within(hole.shape).part
    holed = hole[near] > 0
    canvas = _canvas(rgb[near], holed)
    for block in _blocks(holed):
        _lay(canvas, block, random)
    result[near][holed] = np.clip(np.rint(canvas.pixels[holed]), 0, 255)
    return result


def _canvas(rgb: Pixels, hole: _Where) -> _Canvas:
    height, width = hole.shape
    by = min(1.0, _SEARCHED / max(height, width))
    size = max(3, round(width * by)), max(3, round(height * by))
    pixels = rgb.astype(np.float32)
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float32)
    open_ = np.asarray(cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)
    return _Canvas(pixels, hole.copy(), hole, small, open_)


def _blocks(hole: _Where) -> list[Area]:
    """Blocks that cover the hole, those nearest to its edge first."""
    side = max(8, round(min(hole.shape) * BLOCK))
    left, top, width, height = cv2.boundingRect(hole.astype(np.uint8))
    deep = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 3)
    columns = np.linspace(left, left + width, -(-width // side) + 1).astype(int).tolist()
    rows = np.linspace(top, top + height, -(-height // side) + 1).astype(int).tolist()
    areas = [Area(x0, y0, x1 - x0, y1 - y0) for y0, y1 in pairwise(rows) for x0, x1 in pairwise(columns)]
    near = {
        number: float(deep[a.part][hole[a.part]].mean())
        for number, a in enumerate(areas)
        if hole[a.part].any()
    }
    return [areas[number] for number in sorted(near, key=lambda number: near[number])]


def _lay(canvas: _Canvas, block: Area, random: Random) -> None:
    """Fill one block from the place that suits it best."""
    reach = max(6, max(block.width, block.height) // 2)
    window = block.widened(reach).within(canvas.hole.shape)
    known = ~canvas.open[window.part]
    fresh = np.zeros_like(known)
    fresh[block.moved(-window.left, -window.top).part] = True
    fresh &= ~known
    under = canvas.pixels[window.part]
    place = _best(canvas, window, known, fresh, random)
    other = canvas.pixels[place.part].copy() if place else np.full_like(under, _mean(under, known))
    other += _spread(np.clip(under - other, -_STEP, _STEP), known, reach)
    near = cv2.distanceTransform((~fresh).astype(np.uint8), cv2.DIST_L2, 3)
    fade = np.clip(1 - near / (0.5 * reach), 0, 1) * (canvas.hole[window.part] & known)
    under += np.where(fresh, 1, fade).astype(np.float32)[..., None] * (other - under)
    canvas.open[window.part][fresh] = False


def _best(canvas: _Canvas, window: Area, known: _Where, fresh: _Where, random: Random) -> Area | None:
    """A place whose surroundings are like those of the window, and where all that is wanted is there."""
    area = canvas.shrunk(window)
    size = area.width, area.height
    weights = (_resized(known, size) > 0.99) * (_blurred(_resized(fresh, size), max(size) / 8) + 0.02)
    if not weights.any():
        return None
    template = np.asarray(
        cv2.resize(canvas.pixels[window.part], size, interpolation=cv2.INTER_AREA), np.float32
    )
    cost = _unlike(canvas.small, template, weights.astype(np.float32))
    wanted = Area(*cv2.boundingRect((_resized(fresh, size) > 0).astype(np.uint8)))
    novelty = np.square(canvas.small - _mean(template, weights > 0)).sum(axis=2)
    cost += np.float32(_NOVELTY * weights.mean()) * _under(novelty, wanted, cost.shape)
    cost[_under(canvas.small_hole, wanted, cost.shape) > 0.5] = np.inf
    least = float(cost.min())
    if not np.isfinite(least):
        return None
    rows, columns = np.nonzero(cost <= least * _ALIKE + 1e-3)
    among = np.argsort(cost[rows, columns])[:_CHOICE]
    chosen = int(among[random.integers(len(among))])
    return _fine(canvas, window, known, canvas.grown(int(columns[chosen]), int(rows[chosen]), window))


def _under(plane: _Plane, part: Area, shape: tuple[int, ...]) -> _Plane:
    """The sum of a plane below a part of the window, for each place of the window."""
    sums = cv2.integral(plane)
    top, left = part.top, part.left
    low, right = top + part.height, left + part.width
    rows, columns = shape
    found = sums[low : low + rows, right : right + columns] - sums[top : top + rows, right : right + columns]
    found -= sums[low : low + rows, left : left + columns] - sums[top : top + rows, left : left + columns]
    return found.astype(np.float32)


def _fine(canvas: _Canvas, window: Area, known: _Where, place: Area) -> Area:
    """The place within the few pixels that the search could not tell apart."""
    reach = max(canvas.hole.shape) // max(canvas.small_hole.shape)
    around = place.widened(reach).within(canvas.hole.shape)
    cost = _unlike(canvas.pixels[around.part], canvas.pixels[window.part], known.astype(np.float32))
    _, _, (x, y), _ = cv2.minMaxLoc(cost)
    return Area(around.left + x, around.top + y, window.width, window.height)


def _unlike(pixels: _Plane, template: _Plane, weights: _Plane) -> _Plane:
    """How unlike the template each place is, as far as it has weight."""
    found = cv2.matchTemplate(pixels, template, cv2.TM_SQDIFF, mask=cv2.merge([weights] * 3))
    return np.maximum(np.asarray(found, np.float32), 0)


def _spread(step: _Plane, known: _Where, reach: int) -> _Plane:
    """The known differences, smooth, over all of the window."""
    weight = known.astype(np.float32)[..., None]
    near = _blurred(weight, reach / 2)[..., None] + np.float32(1e-4)
    far = _blurred(step * weight, reach / 2) + np.float32(1e-4) * _mean(step, known)
    return np.asarray(far / near, np.float32)


def _mean(pixels: _Plane, where: _Where) -> _Plane:
    mean = pixels[where].mean(axis=0) if where.any() else np.full(3, 128)
    return np.asarray(mean, np.float32)


def _resized(where: _Where, size: tuple[int, int]) -> _Plane:
    return np.asarray(cv2.resize(where.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)


def _blurred(plane: _Plane, size: float) -> _Plane:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), max(0.5, size)), np.float32)
