"""A drawn defect on a picture that is there: the most believable way, and the mask is exact.

What the defect does to the light is drawn on the picture's own grey, softened as a camera would, and
carried over to its colours: what darkens keeps the hue, what shines adds white. Not a pixel outside
the region changes.
"""

import cv2
import msgspec
import numpy as np

from photogram.pixels.codecs import Pixels
from photogram.pixels.draw.camera import SOFTNESS
from photogram.pixels.draw.canvas import Face, Light, Plane, Scene, dice, grain
from photogram.pixels.draw.defects import DEFECTS, Severity

TRIES = 8
_WHOLE = 0.75
"""A place is good enough where so much of what is drawn lies in the region."""
_NOISE = 0.6


class _Drawn(msgspec.Struct, frozen=True):
    """A defect where it came to lie, what of it may stay, and how much of it that is."""

    plane: Plane
    mask: Pixels
    kept: float


def blend(
    rgb: Pixels, region: Pixels, defect: str, severity: Severity, seed: int, strength: float = 1.0
) -> tuple[Pixels, Pixels]:
    """The picture with the defect somewhere in the region, and the mask of what was drawn.

    `strength` is how much of its change shows: with none of it the picture stays as it is.
    """
    before = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32)
    best: _Drawn | None = None
    for number in range(TRIES):  # a region of odd shape may miss a place chosen in its box
        drawn = _drawn(before, region, defect, severity, seed, number)
        if best is None or drawn.kept > best.kept:
            best = drawn
        if best.kept >= _WHOLE:
            break
    assert best is not None
    return _coloured(rgb, before, best.plane, best.mask, seed, strength), best.mask


def _drawn(before: Plane, region: Pixels, defect: str, severity: Severity, seed: int, number: int) -> _Drawn:
    everywhere = np.full_like(region, 255)
    scene = Scene(before.copy(), everywhere, _face(region), _light(seed))
    mask = DEFECTS[defect](scene, dice(seed, f"{defect} {number}"), severity)
    kept = np.asarray(mask & region, np.uint8)
    return _Drawn(scene.plane, kept, cv2.countNonZero(kept) / max(1, cv2.countNonZero(mask)))


def _face(region: Pixels) -> Face:
    left, top, width, height = cv2.boundingRect(region)
    return Face(left + width / 2, top + height / 2, max(width, 2), max(height, 2), 0.0)


def _light(seed: int) -> Light:
    random = dice(seed, "light")
    angle = float(random.uniform(0, 2 * np.pi))
    return Light(float(np.cos(angle)), float(np.sin(angle)), float(random.uniform(0.85, 1.1)))


def _coloured(rgb: Pixels, before: Plane, after: Plane, mask: Pixels, seed: int, strength: float) -> Pixels:
    """The picture with the change of its light in colour; only what is near the mask is worked on."""
    result, part = rgb.copy(), _near(mask)
    under, height, width = before[part], *mask[part].shape
    change = np.asarray(cv2.GaussianBlur(after[part] - under, (3, 3), SOFTNESS), np.float32)
    change += grain(dice(seed, "grain"), width, height) * np.float32(_NOISE) * (change != 0)
    change[mask[part] == 0] = 0
    change *= np.float32(strength)
    darker = np.minimum(change, 0) / np.maximum(under, 1)
    lit = rgb[part] * (1 + np.maximum(darker, -1))[..., None] + np.maximum(change, 0)[..., None]
    result[part] = np.clip(np.rint(lit), 0, 255)
    return result


def _near(mask: Pixels) -> tuple[slice, slice]:
    """The part of a picture that holds all of the mask, and two pixels around it."""
    left, top, width, height = cv2.boundingRect(mask)
    return np.s_[max(0, top - 2) : top + height + 2, max(0, left - 2) : left + width + 2]
