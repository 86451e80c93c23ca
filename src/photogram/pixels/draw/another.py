"""Another photograph of the same scene: other light, another camera, another place to stand by a hand.

Strength 0 changes nothing; at 1 each of these is as large as it may be without what is there becoming
something else. Nothing is cut away: where the camera has turned past an edge, the picture goes on as its
reflection.
"""

import math

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from photogram.data import Facts
from photogram.pixels.codecs import Pixels
from photogram.pixels.draw.canvas import dice, grain

_EXPOSURE, _SLOPE, _CONTRAST = 0.45, 0.3, 0.3
"""At most: stops of exposure and contrast, and by what share one side is lighter than the other."""
_WARMTH, _TINT = 0.1, 0.04
_BLUR, _NOISE = 1.1, 5.0
_TURN, _CORNER = math.radians(1.6), 0.018
"""At most: the turn in the hand, and how far a corner wanders, as a share of the picture's side."""

_MIDDLE = np.float32(110)
_BAND, _HALO = 512, 8

_Plane = npt.NDArray[np.float32]


class Change(msgspec.Struct, frozen=True):
    """What is other about a photograph; by these numbers it could be taken again."""

    exposure: float
    contrast: float
    slope: tuple[float, float]
    gains: tuple[float, float, float]
    blur: float
    noise: float
    turn: float
    corners: tuple[tuple[float, float], ...]


def change(seed: int, strength: float) -> Change:
    """Another change for each seed, none at strength 0."""
    random = dice(seed, "another")

    def about(most: float) -> float:
        """Around 0, seldom near to the most either way."""
        return float(np.clip(random.normal(0, 0.5), -1, 1)) * most * strength

    warm, tint, angle, slope = about(_WARMTH), about(_TINT), random.uniform(0, 2 * math.pi), about(_SLOPE)
    return Change(
        exposure=about(_EXPOSURE),
        contrast=about(_CONTRAST),
        slope=(math.cos(angle) * slope, math.sin(angle) * slope),
        gains=(1 + warm, 1 - tint, 1 - warm),
        blur=abs(about(_BLUR)),
        noise=abs(about(_NOISE)),
        turn=about(_TURN),
        corners=tuple((about(_CORNER), about(_CORNER)) for _ in range(4)),
    )


def taken_again(rgb: Pixels, label: Pixels | None, change: Change, seed: int) -> tuple[Pixels, Pixels | None]:
    """The picture so changed, and its mask moved along with it."""
    if change == NONE:
        return rgb.copy(), label
    turned = _moved(rgb, change, cv2.INTER_CUBIC)
    result = np.empty_like(turned)
    for top in range(0, len(turned), _BAND):
        result[top : top + _BAND] = _developed(turned, top, change, seed)
    moved = None if label is None else (_moved(label, change, cv2.INTER_LINEAR) > 127) * np.uint8(255)
    return result, moved


def _developed(turned: Pixels, top: int, change: Change, seed: int) -> Pixels:
    """A band of the picture in its new light, as soft and as noisy as the other camera is."""
    first = max(0, top - _HALO)
    light = _lit(turned, first, min(len(turned), top + _BAND + _HALO), change)
    if change.blur > 0.25:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), change.blur), np.float32)
    light = light[top - first :][:_BAND]
    light += grain(dice(seed, f"noise {top}"), light.shape[1], len(light))[..., None] * np.float32(
        change.noise
    )
    return np.clip(np.rint(light), 0, 255).astype(np.uint8)


def facts(change: Change) -> Facts:
    """The change as a row keeps it."""
    return {name: _rounded(value) for name, value in msgspec.to_builtins(change).items()}


def _rounded(value: float | list[float]) -> object:
    return [_rounded(one) for one in value] if isinstance(value, (list, tuple)) else round(value, 4)


def _lit(turned: Pixels, first: int, last: int, change: Change) -> _Plane:
    """Some rows with exposure and slope, which are the light's: levels follow it by a power of 2.2."""
    height, width = turned.shape[:2]
    across = np.linspace(-1, 1, width, dtype=np.float32)[None] * np.float32(change.slope[0])
    down = np.linspace(-1, 1, height, dtype=np.float32)[first:last, None] * np.float32(change.slope[1])
    gain = np.float32(2 ** (change.exposure / 2.2)) * (1 + across + down) ** np.float32(1 / 2.2)
    light = (turned[first:last] - _MIDDLE) * np.float32(2**change.contrast) + _MIDDLE
    return np.asarray(light * gain[..., None] * np.array(change.gains, np.float32), np.float32)


def _moved(pixels: Pixels, change: Change, how: int) -> Pixels:
    """Seen from where the camera has moved to: straight lines stay straight."""
    height, width = pixels.shape[:2]
    size = np.array([width, height], np.float64)
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64) * size
    turn = np.array(
        [[math.cos(change.turn), math.sin(change.turn)], [-math.sin(change.turn), math.cos(change.turn)]]
    )
    there = (corners - size / 2) @ turn + size / 2 + np.array(change.corners) * size
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), there.astype(np.float32))
    return np.asarray(
        cv2.warpPerspective(pixels, matrix, (width, height), flags=how, borderMode=cv2.BORDER_REFLECT_101),
        np.uint8,
    )


NONE = change(0, 0.0)
