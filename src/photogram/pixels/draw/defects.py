"""What can be wrong with a surface, drawn into its light before the camera sees it.

Each defect is drawn in a window of its own, finer than the picture, and shrunk into it. The mask is
what was drawn, grown by the pixel that the camera's blur reaches; nothing is drawn outside it.
"""

import math
from collections.abc import Callable
from typing import Literal

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from photogram.pixels.codecs import Pixels
from photogram.pixels.draw.canvas import Face, Plane, Points, Random, Scene, Tint, clouds, line, polygon, wave

Severity = Literal["light", "moderate", "severe"]
SEVERITIES: tuple[Severity, ...] = ("light", "moderate", "severe")

FAINT = 0.05
"""Cover below this share is not drawn: it would not be seen, and so is not in the mask."""

_REACH = np.ones((3, 3), np.uint8)


class _Window(msgspec.Struct, frozen=True):
    """A part of the picture with even corners, and how much finer than it the drawing is made."""

    left: int
    top: int
    width: int
    height: int
    finer: int

    def within(self, points: Points) -> Points:
        """Pixels of the picture as pixels of the fine drawing."""
        return (points - (self.left, self.top)) * self.finer

    def blank(self) -> Pixels:
        return np.zeros((self.height * self.finer, self.width * self.finer), np.uint8)

    def shrunk(self, fine: Pixels) -> Plane:
        """The fine drawing as cover from 0 to 1 in the picture's own pixels."""
        small = cv2.resize(fine, (self.width, self.height), interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.float32) * np.float32(1 / 255)

    @property
    def part(self) -> tuple[slice, slice]:
        return np.s_[self.top : self.top + self.height, self.left : self.left + self.width]


def _window(scene: Scene, points: Points, margin: float) -> _Window:
    """The window around the points that lies in the picture."""
    height, width = scene.plane.shape
    low = np.maximum(np.floor(points.min(axis=0) - margin), 0)
    high = np.minimum(np.ceil(points.max(axis=0) + margin) + 1, (width, height))
    left, top = (int(v) // 2 * 2 for v in np.minimum(low, (width - 2, height - 2)))
    wide, tall = max(2, int(high[0]) - left), max(2, int(high[1]) - top)
    return _Window(left, top, wide, tall, 4 if wide * tall < 160_000 else 2)


def _spot(random: Random, face: Face, room: float) -> Points:
    """A place on the screen that leaves `room` pixels to its edges where it can."""
    reach = np.maximum(np.array([0.42, 0.47]) - room / np.array([face.length, face.breadth]), 0.06)
    return face.place(random.uniform(-1, 1, (1, 2)) * reach)[0]


def _on_glass(scene: Scene, window: _Window, cover: Plane) -> Plane:
    """The cover where there is glass, with what is too faint to see left out."""
    kept = np.asarray(scene.glass[window.part], np.float32) * np.float32(1 / 255)
    kept *= cover
    kept[kept < FAINT] = 0
    return kept


def _mask(scene: Scene, window: _Window, cover: Plane) -> Pixels:
    mask = np.zeros(scene.plane.shape, np.uint8)
    mask[window.part] = (cover > 0).astype(np.uint8) * 255
    return np.asarray(cv2.dilate(mask, _REACH), np.uint8)


def _heading(angle: float) -> Points:
    return np.array([math.cos(angle), math.sin(angle)])


# ------------------------------------------------------------------------- scratches


class _Stroke(msgspec.Struct, frozen=True):
    path: Points
    pressure: Points
    width: float


_COMPANIONS = {"light": (0, 2), "moderate": (1, 4), "severe": (4, 8)}
_LENGTHS = {"light": (60, 130), "moderate": (120, 260), "severe": (220, 430)}
_WIDTHS = {"light": (0.7, 1.1), "moderate": (0.9, 1.6), "severe": (1.1, 2.3)}
_BITE = {"light": 0.55, "moderate": 0.75, "severe": 0.95}


def scratch(scene: Scene, random: Random, severity: Severity) -> Pixels:
    """Nearly straight strokes of varying pressure, some of them in a V from one point."""
    strokes, heading = _strokes(random, scene, severity)
    every = np.concatenate([stroke.path for stroke in strokes])
    window = _window(scene, every, 4 * scene.face.unit + 2)
    fine = window.blank()
    for stroke in strokes:
        _scrape(fine, window, stroke)
    cover = _on_glass(scene, window, window.shrunk(fine) * np.float32(_BITE[severity]))
    # A groove shines most when it lies across the light.
    across = abs(math.sin(heading - scene.light.angle))
    level = (115 + 90 * across) * scene.light.strength + random.uniform(-10, 10)
    part = scene.plane[window.part]
    part += cover * (np.float32(level) - part)
    return _mask(scene, window, cover)


def _strokes(random: Random, scene: Scene, severity: Severity) -> tuple[list[_Stroke], float]:
    """One long stroke, and shorter ones beside it or branching from its start."""
    unit, angle = scene.face.unit, float(random.uniform(0, math.pi))
    longest = float(random.uniform(*_LENGTHS[severity])) * unit
    start = _spot(random, scene.face, longest * 0.45) - _heading(angle) * longest / 2
    strokes = [_stroke(random, start, angle, longest, _width(random, severity, unit))]
    for _ in range(int(random.integers(*_COMPANIONS[severity]))):
        length = longest * float(random.uniform(0.12, 0.7))
        if random.random() < 0.25:
            turn, begin = random.choice([-1, 1]) * random.uniform(0.12, 0.4), start
        else:
            turn = random.normal(0, 0.06)
            begin = (
                start + _heading(angle) * longest * random.uniform(-0.1, 0.7) + random.normal(0, 13 * unit, 2)
            )
        strokes.append(_stroke(random, begin, angle + turn, length, _width(random, severity, unit) * 0.8))
    return strokes, angle


def _width(random: Random, severity: Severity, unit: float) -> float:
    return max(0.75, float(random.uniform(*_WIDTHS[severity])) * unit)


def _stroke(random: Random, start: Points, angle: float, length: float, width: float) -> _Stroke:
    """A stroke bends a little, presses unevenly, lifts at its ends and now and then in between."""
    count = int(np.clip(length / 5, 8, 48))
    along = np.linspace(0, 1, count)
    aside = length * random.normal(0, 0.012) * 4 * along * (1 - along) + 0.25 * wave(
        random, count, count // 5 + 2
    )
    path = start + np.outer(along * length, _heading(angle)) + np.outer(aside, _heading(angle + math.pi / 2))
    pressure = 0.72 + 0.33 * wave(random, count, count // 4 + 3)
    pressure *= np.clip(2.6 - 2 * wave(random, count, count // 5 + 3), 0, 1)
    taper = np.sin(math.pi * np.clip(along, 0.02, 0.98)) ** 0.6
    return _Stroke(path, np.clip(pressure, 0, 1.2) * taper * random.uniform(0.55, 1), width)


def _scrape(fine: Pixels, window: _Window, stroke: _Stroke) -> None:
    """Draw the stroke piece by piece, each as wide and as bright as it is pressed."""
    corners = np.rint(window.within(stroke.path)).astype(int).tolist()
    for start, end, pressed in zip(corners, corners[1:], stroke.pressure.tolist(), strict=False):
        if pressed > 0.12:
            wide = max(1, round(stroke.width * window.finer * (0.45 + 0.55 * pressed)))
            cv2.line(fine, start, end, (min(255.0, 255 * (0.3 + 0.7 * pressed)),), wide)


# ---------------------------------------------------------------------------- stains

_SPECKS = {"light": (4, 9), "moderate": (6, 14), "severe": (12, 26)}
_PATCHES = {"light": (1, 2), "moderate": (2, 3), "severe": (2, 4)}
_PATCH_SIZES = {"light": (7, 11), "moderate": (9, 16), "severe": (13, 26)}
_THICKNESS = {"light": 0.78, "moderate": 0.86, "severe": 0.95}


def stain(scene: Scene, random: Random, severity: Severity) -> Pixels:
    """Dried specks and patches: matt, dull, denser towards their rims."""
    unit = scene.face.unit
    blots = _blots(random, scene, severity)
    window = _window(scene, np.concatenate(blots), 3)
    fine = window.blank()
    for blot in blots:
        small = float(np.ptp(blot, axis=0).max()) < 10 * unit
        polygon(fine, window.within(blot), 255 if small else random.uniform(110, 200))
    soft = cv2.GaussianBlur(fine, (0, 0), max(0.8, 0.55 * unit * window.finer))
    cover = window.shrunk(np.asarray(soft, np.uint8))
    inside = np.asarray(cv2.GaussianBlur(cover, (0, 0), max(0.8, 2.6 * unit)), np.float32)
    crust = 0.6 + 0.8 * (cover - inside) + 0.2 * clouds(random, window.width, window.height, 24)
    cover = cover * np.clip(crust, 0.15, 1).astype(np.float32) * np.float32(_THICKNESS[severity])
    cover = _on_glass(scene, window, cover)
    level = random.uniform(88, 128) * scene.light.strength
    part = scene.plane[window.part]
    part += cover * (np.float32(level) - part)
    scene.tints.append(
        Tint(window.left, window.top, cover, red=random.uniform(1, 4), blue=random.uniform(-9, -4))
    )
    return _mask(scene, window, cover)


def _blots(random: Random, scene: Scene, severity: Severity) -> list[Points]:
    unit = scene.face.unit
    middle = _spot(random, scene.face, 60 * unit)
    patches = [
        float(random.uniform(*_PATCH_SIZES[severity])) for _ in range(_count(random, _PATCHES[severity]))
    ]
    specks = [1.2 + 2.6 * float(random.random()) ** 2 for _ in range(_count(random, _SPECKS[severity]))]
    lie = _heading(float(random.uniform(0, math.pi)))
    blots: list[Points] = []
    for radius in patches + specks:
        apart = random.normal(0, 1, 2) * (16 + (30 if radius < 5 else 8)) * unit
        drawn_out = lie * random.normal(0, 26) * unit
        blots.append(_blot(random, middle + apart + drawn_out, max(0.9, radius * unit), 0.3))
    return blots


def _count(random: Random, between: tuple[int, int]) -> int:
    return int(random.integers(between[0], between[1] + 1))


def _blot(random: Random, middle: Points, radius: float, uneven: float) -> Points:
    """A closed outline around a point, wavy and a little drawn out."""
    around = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    wavy = np.zeros(40)
    for turns in range(2, 7):
        wavy += np.cos(turns * around + random.uniform(0, 2 * math.pi)) * random.normal(0, 1) / turns
    reach = radius * np.clip(1 + uneven * wavy, 0.3, 2)
    long = float(random.uniform(0.75, 1.35))
    circle = np.stack([np.cos(around) * long, np.sin(around) / long], axis=1) * reach[:, None]
    angle = float(random.uniform(0, math.pi))
    return middle + circle @ np.array([_heading(angle), _heading(angle + math.pi / 2)])


# ------------------------------------------------------------------------------- oil

_DROPS = {"light": (1, 2), "moderate": (2, 5), "severe": (5, 10)}
_DROP_SIZES = {"light": (13, 22), "moderate": (22, 38), "severe": (36, 62)}
_GLOSS = {"light": 0.7, "moderate": 0.85, "severe": 1.0}


def oil(scene: Scene, random: Random, severity: Severity) -> Pixels:
    """Clear drops: they bend what is below, and the lamp breaks into thin arcs along their lit side."""
    drops = _drops(random, scene, severity)
    window = _window(scene, np.concatenate(drops), 3)
    body, shine = window.blank(), window.blank()
    for drop in drops:
        polygon(body, window.within(drop), 255)
        _glints(shine, random, window, drop, scene)
    cover = _on_glass(scene, window, window.shrunk(body))
    gloss = window.shrunk(shine) * np.float32(_GLOSS[severity])
    _refract(scene, window, cover, drops)
    bloom = cv2.GaussianBlur(gloss, (0, 0), max(1.0, 4 * scene.face.unit))
    light = gloss * np.float32(205) + np.asarray(bloom, np.float32) * np.float32(70)
    part = scene.plane[window.part]
    part += light * cover * (1 - part / 300) * np.float32(scene.light.strength)
    return _mask(scene, window, cover)


def _drops(random: Random, scene: Scene, severity: Severity) -> list[Points]:
    """One large drop and smaller ones around it."""
    unit, size = scene.face.unit, float(random.uniform(*_DROP_SIZES[severity]))
    middle = _spot(random, scene.face, 2 * size * unit)
    drops = [_blot(random, middle, max(2.0, size * unit), 0.22)]
    for _ in range(_count(random, _DROPS[severity]) - 1):
        away = _heading(float(random.uniform(0, 2 * math.pi))) * size * random.uniform(1.3, 2.6) * unit
        drops.append(_blot(random, middle + away, max(1.2, size * unit * random.uniform(0.07, 0.35)), 0.15))
    return drops


def _refract(scene: Scene, window: _Window, cover: Plane, drops: list[Points]) -> None:
    """A drop is a weak lens: what is below shifts towards its rim, and its far side gathers light."""
    size = float(np.ptp(drops[0], axis=0).max())
    dome = np.asarray(cv2.GaussianBlur(cover, (0, 0), max(1.0, size / 7)), np.float32) * cover
    slope_x = np.asarray(cv2.Sobel(dome, cv2.CV_32F, 1, 0, scale=size / 12), np.float32)
    slope_y = np.asarray(cv2.Sobel(dome, cv2.CV_32F, 0, 1, scale=size / 12), np.float32)
    y, x = np.mgrid[: window.height, : window.width].astype(np.float32)
    part = scene.plane[window.part]
    bent = cv2.remap(
        part, x + slope_x * cover, y + slope_y * cover, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    facing = np.clip(slope_x * scene.light.x + slope_y * scene.light.y, -1.5, 1.5)
    film = 5.5 + 3.5 * facing
    part += cover * (np.asarray(bent, np.float32) * np.float32(0.97) + film - part)


def _glints(shine: Pixels, random: Random, window: _Window, drop: Points, scene: Scene) -> None:
    """Broken arcs inside the rim that faces the lamp, a fainter one inside the rim across from it."""
    middle = drop.mean(axis=0)
    outward = drop - middle
    radius = float(np.hypot(*outward.T).mean())
    facing = outward @ (scene.light.x, scene.light.y) / np.hypot(*outward.T)
    unit = max(0.35, scene.face.unit)
    for inset, least, level, wide in ((0.9, 0.5, 255, 1.5), (0.74, 0.8, 200, 1.0)):
        _arc(
            shine,
            random,
            window.within(middle + outward * inset),
            facing > least,
            level,
            wide * unit * window.finer,
        )
    if radius > 6 * unit:
        _arc(shine, random, window.within(middle + outward * 0.93), facing < -0.7, 90, unit * window.finer)


def _arc(
    shine: Pixels, random: Random, ring: Points, lit: npt.NDArray[np.bool_], level: float, wide: float
) -> None:
    """The lit part of a ring, brighter and wider here and there, with gaps."""
    strength = 0.75 + 0.5 * wave(random, len(ring), 12)
    for number in np.flatnonzero(lit & (strength > 0.45)).tolist():
        piece = ring[[number, (number + 1) % len(ring)]]
        shown = min(1.0, float(strength[number]))
        line(shine, piece, level * shown, max(1, round(wide * shown)))


DEFECTS: dict[str, Callable[[Scene, Random, Severity], Pixels]] = {
    "scratch": scratch,
    "oil": oil,
    "stain": stain,
}
"""Every defect that can be drawn on glass, by the name facts give it; each answers with its mask."""
