"""A drawn defect on a picture that is there: the most believable way, and the mask is exact.

What the defect does to the light is drawn on the picture's own grey, softened as a camera would, and
carried over to its colours: what darkens keeps the hue, what shines adds white. Not a pixel outside
the region changes.
"""

import cv2
import numpy as np

from photogram.pixels.codecs import Pixels
from photogram.pixels.draw.camera import SOFTNESS
from photogram.pixels.draw.canvas import Face, Light, Plane, Scene, dice, grain
from photogram.pixels.draw.defects import DEFECTS, Severity

TRIES = 8
_NOISE = 0.6


def blend(rgb: Pixels, region: Pixels, defect: str, severity: Severity, seed: int) -> tuple[Pixels, Pixels]:
    """The picture with the defect somewhere in the region, and the mask of what was drawn."""
    before = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32)
    for number in range(TRIES):  # a region of odd shape may miss a place chosen in its box
        part = f"{defect} {number}"
        scene = Scene(before.copy(), region, _face(region), _light(seed))
        mask = np.asarray(DEFECTS[defect](scene, dice(seed, part), severity) & region, np.uint8)
        if mask.any():
            return _coloured(rgb, before, scene.plane, mask, seed), mask
    return rgb, np.zeros_like(region)


def _face(region: Pixels) -> Face:
    left, top, width, height = cv2.boundingRect(region)
    return Face(left + width / 2, top + height / 2, max(width, 2), max(height, 2), 0.0)


def _light(seed: int) -> Light:
    random = dice(seed, "light")
    angle = float(random.uniform(0, 2 * np.pi))
    return Light(float(np.cos(angle)), float(np.sin(angle)), float(random.uniform(0.85, 1.1)))


def _coloured(rgb: Pixels, before: Plane, after: Plane, mask: Pixels, seed: int) -> Pixels:
    height, width = mask.shape
    change = np.asarray(cv2.GaussianBlur(after - before, (3, 3), SOFTNESS), np.float32)
    change += grain(dice(seed, "grain"), width, height) * np.float32(_NOISE) * (change != 0)
    change[mask == 0] = 0
    darker = np.minimum(change, 0) / np.maximum(before, 1)
    lit = rgb * (1 + np.maximum(darker, -1))[..., None] + np.maximum(change, 0)[..., None]
    return np.clip(np.rint(lit), 0, 255).astype(np.uint8)
