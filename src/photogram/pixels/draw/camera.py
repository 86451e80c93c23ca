"""From the light of a scene to the picture a camera makes of it: blur, noise, and a cast of colour."""

import cv2
import numpy as np

from photogram.pixels.codecs import Pixels, shrink
from photogram.pixels.draw.canvas import Plane, Random, Scene, Tint, grain, stretch

_LEVELS = np.arange(256, dtype=np.float32)
# Noise grows with the light and is squeezed where the sensor is full.
_NOISE: Plane = (0.9 + 0.022 * np.minimum(_LEVELS, 90)).astype(np.float32) * np.clip(
    (262 - _LEVELS) / 90, 0.25, 1
).astype(np.float32)
# Black leans to green, as the coating of glass does; grey is neutral, white is a little violet.
_RED: Plane = np.interp(_LEVELS, [0, 14, 60, 200, 255], [-1.5, -1.5, -0.4, 0.4, 0.8]).astype(np.float32)
_BLUE: Plane = np.interp(_LEVELS, [0, 14, 60, 200, 255], [-0.6, -0.6, 0.3, 0.8, 1.0]).astype(np.float32)
SOFTNESS = 0.85
_FRINGE = 0.02


def fringe(plane: Plane) -> Plane:
    """How far the lens pulls the colours apart at each edge, at half the size: nothing in the middle.

    It is taken from the surface before anything is wrong with it: a defect's colours then end with it.
    """
    height, width = plane.shape
    half = shrink(_whole(plane), (width + 1) // 2, (height + 1) // 2)
    rows, columns = half.shape
    across = np.linspace(-1, 1, columns, dtype=np.float32)[None]
    down = np.linspace(-1, 1, rows, dtype=np.float32)[:, None]
    apart = np.asarray(cv2.Sobel(half, cv2.CV_32F, 1, 0), np.float32) * across
    apart += np.asarray(cv2.Sobel(half, cv2.CV_32F, 0, 1), np.float32) * down
    return apart * np.float32(_FRINGE)


def develop(scene: Scene, lens: Plane, random: Random) -> Pixels:
    """The finished picture in RGB; `lens` is the fringe of its surface."""
    height, width = scene.plane.shape
    soft = np.asarray(cv2.GaussianBlur(scene.plane, (3, 3), SOFTNESS), np.float32)
    gain = np.asarray(cv2.LUT(_whole(soft), _NOISE), np.float32)
    gain *= grain(random, width, height)
    soft += gain
    return _coloured(_whole(soft), scene.tints, lens, random)


def _whole(plane: Plane) -> Pixels:
    return np.asarray(cv2.convertScaleAbs(np.maximum(plane, 0)), np.uint8)


def _coloured(grey: Pixels, tints: list[Tint], lens: Plane, random: Random) -> Pixels:
    height, width = grey.shape
    half = shrink(grey, (width + 1) // 2, (height + 1) // 2)
    cast = random.normal(0, 0.5, 2)
    red = _chroma(half, _RED, float(cast[0]), random)
    blue = _chroma(half, _BLUE, float(cast[1]), random)
    # Outwards from the middle, dark to bright is fringed green and bright to dark blue.
    red -= lens * np.float32(0.3)
    blue -= lens
    for tint in tints:
        _tint(red, tint, tint.red)
        _tint(blue, tint, tint.blue)
    planes = [grey, *(_grown(plane, width, height) for plane in (red, blue))]
    return np.asarray(cv2.cvtColor(cv2.merge(planes), cv2.COLOR_YCrCb2RGB), np.uint8)


def _chroma(half: Pixels, lean: Plane, cast: float, random: Random) -> Plane:
    height, width = half.shape
    plane = np.asarray(cv2.LUT(half, lean + np.float32(128 + cast)), np.float32)
    blotches = grain(random, (width + 1) // 2, (height + 1) // 2)
    plane += stretch(blotches, width, height) * np.float32(0.9)
    return plane


def _tint(plane: Plane, tint: Tint, lean: float) -> None:
    """Colour is kept at half the size: so is the patch."""
    rows, columns = (max(1, side // 2) for side in tint.cover.shape)
    top, left = tint.top // 2, tint.left // 2
    part = plane[top : top + rows, left : left + columns]
    cover = np.asarray(cv2.resize(tint.cover, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
    part += cover[: part.shape[0], : part.shape[1]] * np.float32(lean)


def _grown(half: Plane, width: int, height: int) -> Pixels:
    return np.asarray(cv2.resize(_whole(half), (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
