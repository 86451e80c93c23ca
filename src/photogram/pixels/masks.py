"""Masks: which part of a picture is to change.

A mask is one channel as large as its picture: 255 where the change goes, 0 where all stays, and nothing
in between. Where a mask comes from outside, these are the rules:

- a picture's greys are divided at their middle: half as bright as can be, or brighter, is the change,
  and a colour is as bright as its strongest channel; a file that counts 0 and 1 is read as it is meant;
- where a file has clear parts they are the change, as in the masks that OpenAI takes; if what is not
  clear is all of one colour other than black, it may be meant either way and is refused;
- the EXIF orientation is applied, as it is to the picture; any size but the picture's is refused;
- a mask of nothing is refused; a mask of everything is a mask, and nothing is outside of it;
- corners and boxes whose numbers all lie between -1 and 1 are shares of the picture, all others pixels;
  a pixel is inside where its centre is; where lines cross, what is enclosed twice is outside.

The mask that is kept as ground truth is the grown one. The feather lies inside of it: at its border the
change is faint, and `pixels` deep it is whole, so what a feather of no more than `pixels` after growing
by `pixels` leaves whole is all of the mask as it was given.
"""

import math
from typing import Any

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from photogram.faults import BadInput, Malformed
from photogram.pixels import codecs

Mask = npt.NDArray[np.uint8]
Alpha = npt.NDArray[np.float32]
Corners = npt.NDArray[np.float64]

FARTHEST = 1e7
"""Corners farther out than this are no places in or near a picture."""

_AS_ASKED = "give a picture as large as the original: white where the change goes, black elsewhere"
_SAID = "a place is [left, top, width, height] or a list of corners, in shares of the picture's sides"
_INSIDE = "name a part of the picture, in pixels from its top left or in shares of its sides"


class Area(msgspec.Struct, frozen=True):
    """An upright rectangle in pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def part(self) -> tuple[slice, slice]:
        """The area of an array, as an index that makes no copy."""
        return np.s_[self.top : self.top + self.height, self.left : self.left + self.width]

    def within(self, shape: tuple[int, ...]) -> "Area":
        """What of the area lies in an array of this shape."""
        left, top = max(0, self.left), max(0, self.top)
        right, bottom = min(shape[1], self.left + self.width), min(shape[0], self.top + self.height)
        return Area(left, top, max(0, right - left), max(0, bottom - top))

    def widened(self, by: int) -> "Area":
        return Area(self.left - by, self.top - by, self.width + 2 * by, self.height + 2 * by)

    def moved(self, across: int, down: int) -> "Area":
        return Area(self.left + across, self.top + down, self.width, self.height)

    def holds(self, other: "Area") -> bool:
        """Whether all of the other lies in this one."""
        across = self.left <= other.left and other.left + other.width <= self.left + self.width
        return across and self.top <= other.top and other.top + other.height <= self.top + self.height


# ------------------------------------------------------------------- where masks come from


def read(data: bytes, width: int, height: int) -> Mask:
    """The mask a file holds, for a picture of this size as seen."""
    try:
        whole = codecs.decode_whole(data)
    except Malformed as fault:
        raise BadInput(f"the mask cannot be read: {fault.why}", do=_AS_ASKED) from fault
    _check_size(whole, width, height)
    mask = _meant(whole).astype(np.uint8) * 255
    if not mask.any():
        brightest = f"its brightest value is {whole[..., :3].max()} of {_top(whole)}"
        raise BadInput(f"the mask is empty: {brightest}", do=_AS_ASKED)
    return mask


def polygon(points: npt.ArrayLike, width: int, height: int) -> Mask:
    """What the polygon of these corners encloses, of a picture of this size."""
    try:
        corners = np.asarray(points, np.float64)
    except (TypeError, ValueError) as fault:
        raise BadInput("the polygon's corners are not all pairs of numbers", do=_INSIDE) from fault
    if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 3:
        raise BadInput("a polygon has three corners or more, each of two numbers", do=_INSIDE)
    return _enclosed(_in_pixels(corners, width, height), width, height)


def box(x: float, y: float, w: float, h: float, width: int, height: int) -> Mask:
    """What a box of the size w × h with its top left at x, y covers, of a picture of width × height."""
    (left, top), (wide, tall) = _in_pixels(np.array([[x, y], [w, h]], np.float64), width, height)
    if wide <= 0 or tall <= 0:
        raise BadInput(f"the box is {w:g} wide and {h:g} high", do="give a width and a height above 0")
    across, down = (left, left + wide), (top, top + tall)
    corners = np.array([[across[i], down[j]] for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))])
    return _enclosed(corners, width, height)


def said(value: Any, width: int, height: int) -> Mask:
    """What an answer about a picture of this size marks: a box, corners, or several of them.

    A box is a list of four numbers as in `box`, or a table with those of left, top, width and height or
    of x1, y1, x2 and y2; corners are a list of pairs. What stands under `box` or `polygon` counts too.
    """
    match value:
        case {"box": inner} | {"polygon": inner}:
            return said(inner, width, height)
        case {"left": left, "top": top, "width": wide, "height": tall}:
            return said([left, top, wide, tall], width, height)
        case {"x1": left, "y1": top, "x2": right, "y2": bottom}:
            return said([[left, top], [right, top], [right, bottom], [left, bottom]], width, height)
        case [
            int() | float() as left,
            int() | float() as top,
            int() | float() as wide,
            int() | float() as tall,
        ]:
            return box(left, top, wide, tall, width, height)
        case [[_, _], [_, _], [_, _], *_]:
            return polygon(value, width, height)
        case [first, *more]:
            parts = [said(one, width, height) for one in (first, *more)]
            return np.asarray(np.maximum.reduce(parts), np.uint8)
        case _:
            raise BadInput(f"the annotation marks nothing: {value!r}", do=_SAID)


def fill(mask: Mask, corners: Corners) -> None:
    """Set every pixel whose centre lies in the polygon of these corners, in pixels."""
    height, width = mask.shape
    crossed = np.zeros((height, width + 1), np.uint8)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        rows = np.arange(_next_centre(min(y0, y1), height), _next_centre(max(y0, y1), height))
        if rows.size:
            x = x0 + (rows + 0.5 - y0) * ((x1 - x0) / (y1 - y0))
            crossed[rows, np.clip(np.ceil(x - 0.5), 0, width).astype(np.intp)] ^= 1
    np.bitwise_or(mask, np.bitwise_xor.accumulate(crossed, axis=1)[:, :width] * np.uint8(255), out=mask)


# --------------------------------------------------------------------- what is done to them


def grow(mask: Mask, pixels: int) -> Mask:
    """The mask and all that is no farther from it than `pixels`."""
    if pixels < 0:
        raise BadInput(f"a mask cannot grow by {pixels} pixels", do="give 0 or more")
    if not pixels:
        return mask.copy()
    part = box_of(mask).widened(pixels).within(mask.shape).part
    grown = np.zeros_like(mask)
    grown[part] = (_distance(inverted(mask[part])) <= pixels) * np.uint8(255)
    return grown


def feather(mask: Mask, pixels: int) -> Alpha:
    """How much of the change each pixel takes: 0 outside, 1 wherever more than `pixels` deep inside."""
    if pixels < 0:
        raise BadInput(f"a feather cannot be {pixels} pixels wide", do="give 0 or more")
    part = box_of(mask).widened(1).within(mask.shape).part
    deep = _distance(mask[part])
    alpha = np.zeros(mask.shape, np.float32)
    alpha[part] = np.where(deep > pixels, 1, deep / np.float32(pixels + 1))
    return alpha


def inverted(mask: Mask) -> Mask:
    """The mask in the other polarity: 0 where the change goes."""
    return np.asarray(cv2.bitwise_not(mask), np.uint8)


def box_of(mask: Mask) -> Area:
    """The smallest box around all that is to change."""
    area = Area(*(int(v) for v in cv2.boundingRect(mask)))
    if not area.width:
        raise BadInput("the mask is empty: nothing is to change", do="set what is to change to 255")
    return area


def share(mask: Mask) -> float:
    """How much of the picture is to change, from 0 to 1."""
    return cv2.countNonZero(mask) / mask.size


def encode(mask: Mask) -> bytes:
    """The mask as a PNG of one channel."""
    return codecs.encode_png(mask)


def as_alpha(mask: Mask) -> bytes:
    """The mask as a PNG that is clear where the change goes, as OpenAI's models take it.

    What is clear is white and what is not is black, so that whoever overlooks the transparency sees the
    same mask.
    """
    rgba = np.repeat(mask[..., None], 4, axis=2)
    rgba[..., 3] = inverted(mask)
    return codecs.encode_png(rgba)


def check(mask: Mask, shape: tuple[int, ...]) -> None:
    """Refuse what is no mask for a picture of this shape."""
    if mask.ndim != 2 or mask.dtype != np.uint8:
        what = f"the mask is an array of {mask.dtype} with {mask.ndim} axes"
        raise BadInput(what, do="give one of uint8 with two: rows and columns")
    _check_size(mask, shape[1], shape[0])
    if cv2.countNonZero(cv2.inRange(mask, (1,), (254,))):
        raise BadInput("the mask holds greys", do="set every pixel to 0 or to 255; `read` does so for files")
    box_of(mask)


# -------------------------------------------------------------------------------- details


def _check_size(array: npt.NDArray[np.generic], width: int, height: int) -> None:
    tall, wide = array.shape[:2]
    if (wide, tall) == (width, height):
        return
    lying = (wide, tall) == (height, width)
    do = "it lies on its side: turn it as the picture is seen" if lying else _AS_ASKED
    raise BadInput(f"the mask is {wide}x{tall} and the picture {width}x{height}", do=do)


def _meant(whole: codecs.Whole) -> npt.NDArray[np.bool_]:
    """Where the change goes by the rules above."""
    half = (_top(whole) + 1) // 2
    if whole.shape[2] == 4:
        visible = whole[..., 3] >= half
        if not visible.all():
            _check_one_meaning(whole[..., :3][visible])
            return ~visible
    bright = np.maximum(np.maximum(whole[..., 0], whole[..., 1]), whole[..., 2])
    return bright >= (1 if bright.max() == 1 else half)


def _check_one_meaning(colours: npt.NDArray[np.generic]) -> None:
    """Refuse strokes of one colour on a clear ground, which look like a clear hole in a plain picture."""
    if not len(colours) or (colours != colours[0]).any() or not colours[0].any():
        return
    what = "the mask is of one colour in some places and clear in the others: either may be the change"
    raise BadInput(what, do="save it without transparency: white where the change goes, black elsewhere")


def _top(whole: codecs.Whole) -> int:
    return int(np.iinfo(whole.dtype).max)


def _in_pixels(numbers: Corners, width: int, height: int) -> Corners:
    """Pairs across and down, shares taken of the picture's sides; rounded so that both ways agree."""
    largest = float(np.abs(numbers).max())
    if not largest <= FARTHEST:
        raise BadInput("a corner is nowhere near the picture", do=_INSIDE)
    return np.round(numbers * (width, height) if largest <= 1 else numbers, 6)


def _enclosed(corners: Corners, width: int, height: int) -> Mask:
    mask = np.zeros((height, width), np.uint8)
    left, top = (math.floor(v) for v in corners.min(axis=0))
    right, bottom = (math.ceil(v) for v in corners.max(axis=0))
    area = Area(left, top, right - left, bottom - top).within(mask.shape)
    fill(mask[area.part], corners - (area.left, area.top))
    if not mask.any():
        what = f"no pixel of the picture, {width}x{height}, is inside"
        raise BadInput(what, do=_INSIDE)
    return mask


def _next_centre(edge: float, most: int) -> int:
    """The first row or column whose centre is not before the edge."""
    return min(most, max(0, math.ceil(edge - 0.5)))


def _distance(mask: Mask) -> npt.NDArray[np.float32]:
    """How far each pixel is from the nearest that is 0; past all bounds where none is."""
    return np.asarray(cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)
