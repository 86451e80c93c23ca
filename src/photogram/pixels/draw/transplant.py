"""A real defect, with its mask, moved from the picture it was found in onto another.

What the defect does is what sets it off from its own surface: that surface is imagined below it, smooth, from
what lies around its mask, and the difference is what moves. It is turned, flipped and scaled, laid where it
is allowed, and made as strong as the light is there. Where it is faint the new surface shows through with
its own texture; where it is strong it brings its own. The label is its mask as it came to lie.
"""

import math
from collections.abc import Callable

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from photogram.faults import BadInput
from photogram.pixels import masks
from photogram.pixels.codecs import Pixels
from photogram.pixels.draw.canvas import Plane, Random, dice, grain
from photogram.pixels.masks import Area, Mask
from photogram.pixels.measures import noise

SCALES = (0.75, 1.33)
"""A defect is made no smaller and no larger than this, unless the region is too small for it."""

_TRIES, _PLACES = 24, 6
_ENOUGH = 0.98
_MARGIN = 12
_DEEP = 40.0
"""Levels below which a dark surface counts as this dark: on black, gain would make noise of anything."""
_GAINS = (0.35, 2.5)
_LEAST_SPREAD = 1.5
_LEAST_SURFACE = 0.04
_RUN_OUT = 0.15
"""Where a defect is cut off by the edge of its picture, so much of its length runs out instead."""
_STRANGE = 16.0
"""Levels of colour by which surfaces differ when they are made of other things."""
_IN = 0.4


Where = npt.NDArray[np.bool_]


class Donor(msgspec.Struct, frozen=True):
    """A picture with a defect, and the defect's mask."""

    rgb: Pixels
    mask: Mask


class _Layer(msgspec.Struct, frozen=True):
    """A defect cut loose, by channels: how it sets off, its own colours, its surface, and where it lies.

    `shows` is where anything of it is seen, `covers` where nothing is seen of what is below.
    """

    step: Plane
    hue: Plane
    under: Plane
    shows: Plane
    covers: Plane
    mask: Plane

    def through(self, way: Callable[[Plane], Plane]) -> "_Layer":
        return _Layer(*(way(plane) for plane in msgspec.structs.astuple(self)))


class _Laid(msgspec.Struct, frozen=True):
    layer: _Layer
    area: Area
    kept: float


def transplant(
    rgb: Pixels, region: Mask, donor: Donor, seed: int, turn: float = 180.0, strength: float = 1.0
) -> tuple[Pixels, Mask]:
    """The picture with the donor's defect somewhere in the region, and the defect's mask as it lies there."""
    layer = _cut_loose(donor)
    random = dice(seed, "transplant")
    best = _laid(_moved(layer, region, random, turn), region, random)
    for number in range(1, _TRIES):
        if best.kept >= _ENOUGH:
            break
        moved = best.layer if number % _PLACES else _moved(layer, region, random, turn)
        best = max(best, _laid(moved, region, random), key=lambda laid: laid.kept)
    return _composed(rgb, region, best, dice(seed, "grain"), strength)


# --------------------------------------------------------------------------- cutting loose


def _cut_loose(donor: Donor) -> _Layer:
    box = masks.box_of(donor.mask)
    area = box.widened(max(_MARGIN, max(box.width, box.height) // 2)).within(donor.mask.shape)
    part, inside = donor.rgb[area.part].astype(np.float32), donor.mask[area.part] > 0
    known = cv2.dilate(inside.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
    if known.sum() < _LEAST_SURFACE * known.size:
        what = "the donor's mask covers all of its picture: there is no surface to tell the defect from"
        raise BadInput(what, do="give a picture that shows some of the surface around the defect")
    surface = smooth(part, known)
    step = part - surface
    seen = np.abs(np.asarray(cv2.GaussianBlur(step, (0, 0), 0.7), np.float32)).max(axis=2)
    spread = max(_LEAST_SPREAD, _texture(part.mean(axis=2), known))
    lies = inside * _run_out(donor.mask, box)[area.part]
    deep = cv2.distanceTransform(np.pad(inside, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    rim = np.clip(deep / 1.5, 0, 1) * lies
    planes = (
        *(step, part - part.mean(axis=2, keepdims=True), surface),
        *(np.clip((seen / spread - 1) / 2, 0, 1) * rim, np.clip((seen / spread - 3) / 4, 0, 1) * rim, lies),
    )
    return _Layer(*(np.asarray(plane, np.float32) for plane in planes))


def _texture(grey: Plane, where: Where) -> float:
    """How far a surface's pixels are from the mean around them, mostly."""
    step = np.abs(grey - np.asarray(cv2.GaussianBlur(grey, (0, 0), 2.0), np.float32))
    return 1.4826 * float(np.median(step[where]))


def _run_out(mask: Mask, box: Area) -> Plane:
    """1, and falling to 0 towards those edges of the picture at which the defect is cut off."""
    height, width = mask.shape
    reach = np.float32(max(2.0, _RUN_OUT * max(box.width, box.height)))
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    across, down = np.ones(width, np.float32), np.ones(height, np.float32)
    for cut, side, away in (
        *((mask[:, 0].any(), across, x), (mask[:, -1].any(), across, x[::-1])),
        *((mask[0].any(), down, y), (mask[-1].any(), down, y[::-1])),
    ):
        if cut:
            np.minimum(side, away / reach, out=side)
    return down[:, None] * across[None]


def smooth(pixels: Plane, known: Where) -> Plane:
    """What is known, carried smoothly over what is not: halved until nothing is missing, and back."""
    weight = known.astype(np.float32)
    if min(known.shape) <= 2 or weight.min() > 0:
        mean = (pixels * weight[..., None]).sum(axis=(0, 1)) / max(1.0, float(weight.sum()))
        return np.where(known[..., None], pixels, mean).astype(np.float32)
    height, width = known.shape
    size = (width + 1) // 2, (height + 1) // 2
    small_weight = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    small = cv2.resize(pixels * weight[..., None], size, interpolation=cv2.INTER_AREA)
    small /= np.maximum(small_weight, 1e-6)[..., None]
    coarse = smooth(small, small_weight > 0.2)
    below = cv2.resize(cv2.GaussianBlur(coarse, (0, 0), 1.0), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.where(known[..., None], pixels, below).astype(np.float32)


# ------------------------------------------------------------------------ turning, placing


def _moved(layer: _Layer, region: Mask, random: Random, turn: float) -> _Layer:
    """The defect turned by at most `turn` degrees, flipped, and scaled so that the region holds it."""
    height, width = layer.mask.shape
    angle = math.radians(float(random.uniform(-turn, turn)))
    scale = math.exp(random.uniform(math.log(SCALES[0]), math.log(SCALES[1])))
    across = -1 if random.random() < 0.5 else 1
    room = masks.box_of(region)
    box = masks.box_of((layer.mask > _IN) * np.uint8(255))
    cos, sin = math.cos(angle), math.sin(angle)
    wide = abs(cos) * box.width + abs(sin) * box.height
    tall = abs(sin) * box.width + abs(cos) * box.height
    scale = min(scale, room.width / wide, room.height / tall)
    matrix = np.array([[cos * across, -sin, 0], [sin * across, cos, 0]], np.float64) * scale
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64) @ matrix[:, :2].T
    low = np.floor(corners.min(axis=0))
    matrix[:, 2] = -low
    size = tuple(int(v) for v in np.ceil(corners.max(axis=0)) - low + 1)
    softened = 0.45 / scale if scale < 0.8 else 0.0

    def warped(plane: Plane) -> Plane:
        soft = cv2.GaussianBlur(plane, (0, 0), softened) if softened else plane
        return np.asarray(cv2.warpAffine(soft, matrix, size, flags=cv2.INTER_LINEAR), np.float32)

    return layer.through(warped)


def _laid(layer: _Layer, region: Mask, random: Random) -> _Laid:
    """The defect with its middle on one of the allowed pixels, and how much of it is allowed there."""
    own = layer.mask > _IN
    box, room = masks.box_of(own * np.uint8(255)), masks.box_of(region)
    rows, columns = np.nonzero(region[room.part])
    number = int(random.integers(len(rows)))
    left = _held(int(columns[number]) - box.width // 2, room.width - box.width) + room.left - box.left
    top = _held(int(rows[number]) - box.height // 2, room.height - box.height) + room.top - box.top
    area = Area(left, top, own.shape[1], own.shape[0])
    inside = area.within(region.shape)
    allowed = region[inside.part] > 0
    kept = (own[inside.moved(-left, -top).part] & allowed).sum()
    return _Laid(layer, area, float(kept) / max(1, int(own.sum())))


def _held(at: int, most: int) -> int:
    return min(max(0, at), max(0, most))


# ------------------------------------------------------------------------------- composing


def _composed(rgb: Pixels, region: Mask, laid: _Laid, random: Random, strength: float) -> tuple[Pixels, Mask]:
    area = laid.area.within(region.shape)
    cut = area.moved(-laid.area.left, -laid.area.top).part
    layer = laid.layer.through(lambda plane: plane[cut])
    own = (layer.mask > _IN) & (region[area.part] > 0)
    target = rgb[area.part].astype(np.float32)
    surface = smooth(target, ~own)
    change = (layer.shows * own)[..., None] * _as_here(layer, surface)
    covers = (layer.covers * own)[..., None]
    change += covers * (surface - target + _missing_grain(target, layer, random)[..., None])
    result, label = rgb.copy(), np.zeros_like(region)
    result[area.part] = np.clip(np.rint(target + np.float32(strength) * change), 0, 255)
    label[area.part] = own * np.uint8(255)
    return result, label


def _as_here(layer: _Layer, surface: Plane) -> Plane:
    """How the defect sets off from another surface: as strong as it is light there, and in its colours.

    On a surface of other colours than its own it would look odd, so there it shows the colours it has.
    """
    light, under = surface.mean(axis=2, keepdims=True), layer.under.mean(axis=2, keepdims=True)
    gain = np.clip((light + _DEEP) / (under + _DEEP), *_GAINS)
    step = gain * layer.step
    strange = np.abs((surface - light) - gain * (layer.under - under)).max(axis=2, keepdims=True)
    own = np.clip(strange / _STRANGE - 0.5, 0, 1) * layer.shows[..., None]
    coloured = step.mean(axis=2, keepdims=True) + gain * layer.hue - (surface - light)
    return np.asarray(step + own * (coloured - step), np.float32)


def _missing_grain(target: Plane, layer: _Layer, random: Random) -> Plane:
    """The grain that the new picture has and the defect does not bring."""
    height, width = layer.mask.shape
    here = noise(np.clip(target.mean(axis=2), 0, 255).astype(np.uint8))
    there = noise(np.clip(layer.step.mean(axis=2) + 128, 0, 255).astype(np.uint8))
    return grain(random, width, height) * np.float32(0.7 * math.sqrt(max(0.0, here**2 - there**2)))
