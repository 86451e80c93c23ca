"""A drawn defect on a picture that is there: the most believable way, and the mask is exact.

What the defect does to the light is drawn on the picture's own grey, softened as a camera would, and
carried over to its colours: what darkens keeps the hue, what shines adds white, and what has a colour of
its own leans that way. Not a pixel outside the region changes.
"""

import math
from collections.abc import Callable

import cv2
import msgspec
import numpy as np

from photogram.pixels.codecs import Pixels
from photogram.pixels.draw.camera import SOFTNESS
from photogram.pixels.draw.canvas import Face, Light, Plane, Random, Scene, dice, grain
from photogram.pixels.draw.damage import DAMAGE
from photogram.pixels.draw.defects import DEFECTS, Severity
from photogram.pixels.draw.parts import Wall

TRIES, _TAKEN_THERE = 12, 6
_WHOLE = 0.75
"""A place is good enough where so much of what is drawn lies in the region."""
_NOISE = 0.6
_MIDDLE = 128.0
"""What a surface of middling lightness shows in plain light: by it a picture's own light is guessed."""


class Defect(msgspec.Struct, frozen=True):
    """What is to be seen: its name, how bad it is, and, of a building, what it is made of."""

    name: str
    severity: Severity
    material: str = ""


class _Drawn(msgspec.Struct, frozen=True):
    """A defect where it came to lie: its mask, how much of it may stay, and around it what it changes.

    That is the light, and how far the colours lean to red and to blue.
    """

    mask: Pixels
    kept: float
    light: Plane
    red: Plane
    blue: Plane


def known(material: str) -> list[str]:
    """The defects that can be drawn on pictures, of a building's material where one is named."""
    if not material:
        return list(DEFECTS)
    return [name for name, kind in DAMAGE.items() if material in kind.materials and not kind.parts]


def blend(
    rgb: Pixels, region: Pixels, defect: Defect, seed: int, strength: float = 1.0
) -> tuple[Pixels, Pixels]:
    """The picture with the defect somewhere in the region, and the mask of what was drawn.

    `strength` is how much of its change shows: with none of it the picture stays as it is.
    """
    if not region.any():
        return rgb.copy(), np.zeros_like(region)
    draw: Callable[[Pixels, Pixels, Defect, int, int], _Drawn] = _on_wall if defect.material else _on_glass
    best = draw(rgb, region, defect, seed, 0)
    for number in range(1, TRIES):  # a region of odd shape may miss a place chosen in its box
        if best.kept >= _WHOLE:
            break
        best = max(best, draw(rgb, region, defect, seed, number), key=lambda drawn: drawn.kept)
    return _coloured(rgb, best, seed, strength) if best.mask.any() else rgb.copy(), best.mask


def _on_glass(rgb: Pixels, region: Pixels, defect: Defect, seed: int, number: int) -> _Drawn:
    grey = _grey(rgb)
    scene, drawn = _on_plane(grey, region, defect, seed, number)
    if number >= _TAKEN_THERE and drawn.any():  # wherever it falls, its middle is laid into the region
        down, across = _way(drawn, region, dice(seed, f"way {number}"))
        scene, drawn = _on_plane(np.roll(grey, (-down, -across), (0, 1)), region, defect, seed, number)
        scene.plane, drawn = (
            np.roll(scene.plane, (down, across), (0, 1)),
            np.roll(drawn, (down, across), (0, 1)),
        )
        scene.tints = []
    mask = np.asarray(drawn & region, np.uint8)
    red, blue = np.zeros_like(grey), np.zeros_like(grey)
    for tint in scene.tints:
        part = np.s_[tint.top : tint.top + tint.cover.shape[0], tint.left : tint.left + tint.cover.shape[1]]
        red[part] += tint.cover * np.float32(tint.red)
        blue[part] += tint.cover * np.float32(tint.blue)
    near = _near(mask)
    kept = cv2.countNonZero(mask) / max(1, cv2.countNonZero(drawn))
    return _Drawn(mask, kept, scene.plane[near] - grey[near], red[near], blue[near])


def _on_plane(grey: Plane, region: Pixels, defect: Defect, seed: int, number: int) -> tuple[Scene, Pixels]:
    scene = Scene(grey.copy(), np.full_like(region, 255), _face(region), _light(seed), [])
    return scene, DEFECTS[defect.name](scene, dice(seed, f"{defect.name} {number}"), defect.severity)


def _way(drawn: Pixels, region: Pixels, random: Random) -> tuple[int, int]:
    """Down and across from the middle of what was drawn to one of the pixels that are allowed."""
    left, top, width, height = cv2.boundingRect(drawn)
    rows, columns = np.nonzero(region)
    there = int(random.integers(len(rows)))
    return int(rows[there]) - top - height // 2, int(columns[there]) - left - width // 2


def _on_wall(rgb: Pixels, region: Pixels, defect: Defect, seed: int, number: int) -> _Drawn:
    """As on a drawn wall that is seen straight on, in the light and the colours that are there."""
    grey = _grey(rgb)
    wall = _wall(rgb, grey, region, defect.material, seed)
    own = wall.red.copy(), wall.blue.copy()
    mask = DAMAGE[defect.name].draw(wall, dice(seed, f"{defect.name} {number}"), defect.severity)
    mask = np.asarray(mask & region, np.uint8)
    near = _near(mask)
    red, blue = (
        _grown(after - before, grey)[near] * wall.plane[near]
        for after, before in ((wall.red, own[0]), (wall.blue, own[1]))
    )
    return _Drawn(mask, float(mask.any()), wall.plane[near] - grey[near], red, blue)


def _wall(rgb: Pixels, grey: Plane, region: Pixels, material: str, seed: int) -> Wall:
    height, width = grey.shape
    half = (width + 1) // 2, (height + 1) // 2
    small = np.asarray(
        cv2.cvtColor(cv2.resize(rgb, half, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2YCrCb), np.float32
    )
    red, blue = ((small[..., one] - 128) / np.maximum(small[..., 0], 8) for one in (1, 2))
    face = _face(region)
    level = float(cv2.mean(grey, region)[0]) / _MIDDLE
    return Wall(
        plane=grey.copy(),
        glass=region,
        face=face,
        light=_light(seed),
        red=np.ascontiguousarray(red, np.float32),
        blue=np.ascontiguousarray(blue, np.float32),
        unit=math.sqrt(face.length * face.breadth) / 1000 * float(dice(seed, "unit").uniform(0.8, 1.4)),
        turn=np.eye(3),
        material=material,
        lit=np.full((1, 1), min(1.5, max(0.2, level)), np.float32),
        size=(width, height),
    )


def _grey(rgb: Pixels) -> Plane:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32)


def _grown(half: Plane, like: Plane) -> Plane:
    size = like.shape[1], like.shape[0]
    return np.asarray(cv2.resize(half, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _face(region: Pixels) -> Face:
    left, top, width, height = cv2.boundingRect(region)
    return Face(left + width / 2, top + height / 2, max(width, 2), max(height, 2), 0.0)


def _light(seed: int) -> Light:
    random = dice(seed, "light")
    angle = float(random.uniform(0, 2 * np.pi))
    return Light(float(np.cos(angle)), float(np.sin(angle)), float(random.uniform(0.85, 1.1)))


def _coloured(rgb: Pixels, drawn: _Drawn, seed: int, strength: float) -> Pixels:
    """The picture with the change of its light in colour; only what is near the mask is worked on."""
    result, part = rgb.copy(), _near(drawn.mask)
    own = drawn.mask[part] > 0
    under, (height, width) = _grey(rgb[part]), own.shape
    change, red, blue = (
        np.asarray(cv2.GaussianBlur(plane, (3, 3), SOFTNESS), np.float32)
        for plane in (drawn.light, drawn.red, drawn.blue)
    )
    change += grain(dice(seed, "grain"), width, height) * np.float32(_NOISE) * (change != 0)
    darker = np.maximum(np.minimum(change, 0) / np.maximum(under, 1), -1)
    step = rgb[part] * darker[..., None] + np.maximum(change, 0)[..., None]
    step += np.stack([1.402 * red, -0.714 * red - 0.344 * blue, 1.772 * blue], axis=2)
    step *= np.float32(strength) * own[..., None]
    result[part] = np.clip(np.rint(rgb[part] + step), 0, 255)
    return result


def _near(mask: Pixels) -> tuple[slice, slice]:
    """The part of a picture that holds all of the mask, and two pixels around it."""
    left, top, width, height = cv2.boundingRect(mask)
    return np.s_[max(0, top - 2) : top + height + 2, max(0, left - 2) : left + width + 2]
