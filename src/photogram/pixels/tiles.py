"""Which part of a picture a model is shown, at which size, and the way back.

No picture is stretched: what is sent is scaled alike in both directions, and where the model wants other
proportions the tile takes in more of the picture, or beyond its edges its reflection. The rules:

- around the box of the mask lies at least half the box's size on every side, and no less than
  `LEAST_MARGIN` pixels, as far as the picture goes;
- a tile is at least as large as the model's own default, if the picture is, and as sharp as the
  picture: it is shrunk only where all that is needed is more than the model takes;
- a picture of less than a quarter of the least pixels that the model takes is enlarged; one that is
  not so small is reflected at its edges.
"""

import math

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from photogram.data import Sizes
from photogram.faults import BadInput, Malformed
from photogram.pixels import codecs
from photogram.pixels.codecs import Pixels, Whole
from photogram.pixels.masks import Area, Mask

LEAST_MARGIN = 64

_FINEST = 16
"""Sides are looked for in steps no finer than this, besides those that fit exactly."""

_Sides = npt.NDArray[np.int64]


class Fit(msgspec.Struct, frozen=True):
    """A window of the picture, which may reach beyond it, and the tile of width × height it becomes."""

    window: Area
    width: int
    height: int

    @property
    def scale(self) -> float:
        """Pixels of the tile for one of the picture, the same across and down."""
        return self.width / self.window.width

    def crop(self, shape: tuple[int, ...]) -> Area:
        """What of the window lies in the picture."""
        return self.window.within(shape)

    def padding(self, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
        """Pixels of reflection above, below, to the left and to the right, at the picture's own size."""
        crop, window = self.crop(shape), self.window
        above, left = crop.top - window.top, crop.left - window.left
        return above, window.height - crop.height - above, left, window.width - crop.width - left


def plan(width: int, height: int, box: Area, sizes: Sizes) -> Fit:
    """The tile for what is to change in a picture of width × height, by the model's sizes."""
    if not Area(0, 0, width, height).holds(box) or box.width < 1 or box.height < 1:
        raise BadInput("the box to change is not in the picture", do="take it from the picture's own mask")
    least = math.isqrt(sizes.least_pixels)
    wide = _wanted(box.width, width, max(least, sizes.default[0]))
    tall = _wanted(box.height, height, max(least, sizes.default[1]))
    tile, window = _best(wide, tall, sizes)
    left = _start(box.left, box.width, window[0], width)
    top = _start(box.top, box.height, window[1], height)
    return Fit(Area(left, top, *window), *tile)


def cut(whole: Whole, fit: Fit) -> Pixels:
    """The tile, as a person sees that part of the picture."""
    crop = codecs.shown(whole[fit.crop(whole.shape).part])
    return _resized(_padded(crop, fit.padding(whole.shape)), fit.width, fit.height)


def cut_mask(mask: Mask, fit: Fit) -> Mask:
    """The mask of the tile: all that shows anything of what is to change, in reflections too."""
    padded = _padded(mask[fit.crop(mask.shape).part], fit.padding(mask.shape))
    size = (fit.width, fit.height)
    if fit.scale >= 1:
        return np.asarray(cv2.resize(padded, size, interpolation=cv2.INTER_NEAREST), np.uint8)
    covered = cv2.resize(padded.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return (covered > 0).astype(np.uint8) * np.uint8(255)


def back(edited: Pixels, fit: Fit, shape: tuple[int, ...]) -> tuple[Pixels, Area]:
    """The edited tile at the size of the picture, and where in a picture of this shape it belongs."""
    _check_proportions(edited, fit)
    crop, window = fit.crop(shape), fit.window
    large = _resized(edited, window.width, window.height)
    return large[crop.moved(-window.left, -window.top).part], crop


# -------------------------------------------------------------------------------- details


def _wanted(length: int, whole: int, least: int) -> int:
    return min(whole, max(least, length + 2 * max(length - length // 2, LEAST_MARGIN)))


def _best(wide: int, tall: int, sizes: Sizes) -> tuple[tuple[int, int], tuple[int, int]]:
    """The tile and its window: the least shrinking first, then the least beyond what is wanted."""
    across, down = _allowed(wide, tall, sizes)
    common = np.gcd(across, down)
    # The window is as many times this large as the tile is `common` times: whole numbers, so that
    # the scale is the same in both directions to the last digit.
    unit_across, unit_down = across // common, down // common
    times = np.maximum(-(-wide // unit_across), -(-tall // unit_down))
    if 4 * wide * tall > (across * down).min():
        times = np.maximum(times, common)
    window_across, window_down = unit_across * times, unit_down * times
    shrinking = np.maximum(times / common, 1)
    beyond = np.maximum(window_across / wide, window_down / tall)
    first = np.lexsort((across * down, window_across * window_down, beyond, shrinking))[0]
    tile, window = (across[first], down[first]), (window_across[first], window_down[first])
    return (int(tile[0]), int(tile[1])), (int(window[0]), int(window[1]))


def _allowed(wide: int, tall: int, sizes: Sizes) -> tuple[_Sides, _Sides]:
    """All pairs of sides that the model takes, as far as they can be of use."""
    if known := sizes.all():
        across, down = (np.asarray(sides, np.int64) for sides in zip(*known, strict=True))
        return across, down
    far = max(wide, tall, sizes.least_side, 2 * math.isqrt(sizes.least_pixels))
    step = math.lcm(sizes.step, sizes.tile_step)
    grid = np.meshgrid(_sides(wide, far, step), _sides(tall, far, step))
    across, down = grid[0].ravel(), grid[1].ravel()
    pixels = across * down
    fits = (pixels >= sizes.least_pixels) & (np.minimum(across, down) >= sizes.least_side)
    if sizes.most_side:
        fits &= np.maximum(across, down) <= sizes.most_side
    if sizes.most_pixels:
        fits &= pixels <= sizes.most_pixels
    if sizes.most_ratio:
        fits &= np.maximum(across, down) / np.minimum(across, down) <= sizes.most_ratio
    if not fits.any():
        what = f"no tile for {wide}x{tall} pixels is of a size that the model takes"
        raise BadInput(what, do="choose another model, or change its sizes where its card is written")
    return across[fits], down[fits]


def _sides(wanted: int, far: int, step: int) -> _Sides:
    coarse = step * -(-_FINEST // step)
    even = np.arange(coarse, far + coarse, coarse)
    return np.union1d(even, [step * -(-wanted // step)]).astype(np.int64)


def _start(at: int, length: int, window: int, whole: int) -> int:
    """Where the window begins: centred on the box, moved into the picture, or centred on the picture."""
    if window >= whole:
        return -((window - whole) // 2)
    return min(max(0, at + length // 2 - window // 2), whole - window)


def _padded(pixels: Pixels, padding: tuple[int, int, int, int]) -> Pixels:
    if not any(padding):
        return pixels
    return np.asarray(cv2.copyMakeBorder(pixels, *padding, cv2.BORDER_REFLECT_101), np.uint8)


def _resized(pixels: Pixels, width: int, height: int) -> Pixels:
    if pixels.shape[1] >= width:
        return codecs.shrink(pixels, width, height)
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _check_proportions(edited: Pixels, fit: Fit) -> None:
    tall, wide = edited.shape[:2]
    if abs(wide * fit.height - tall * fit.width) > max(fit.width, fit.height):
        said = f"the edited picture is {wide}x{tall} where {fit.width}x{fit.height} was sent"
        raise Malformed(f"{said}: return it in the same proportions, as no picture is stretched")
