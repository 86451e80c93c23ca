"""Surfaces to inspect, without anything wrong: so far a phone's front on a grey table."""

import math
from typing import Literal

import cv2
import msgspec
import numpy as np

from photogram.pixels.codecs import Pixels
from photogram.pixels.draw.canvas import (
    Face,
    Light,
    Plane,
    Points,
    Random,
    Scene,
    Tint,
    clouds,
    grain,
    line,
    polygon,
    rounded,
    stretch,
    wave,
)

Finish = Literal["black", "white"]
Table = Literal["grey", "light", "dark", "blue", "green"]

_COARSE = 16
_SCREEN = (-0.430, -0.482, 0.417, 0.482)
"""Left, top, right and bottom of the screen in shares of the phone's length and breadth."""


class _Paint(msgspec.Struct, frozen=True):
    """The levels a finish is painted in, of 255."""

    bezel: float
    rim: float
    lit_rim: float
    holes: float
    icons: float
    screen: float


_PAINTS: dict[Finish, _Paint] = {
    "white": _Paint(bezel=243, rim=205, lit_rim=252, holes=14, icons=158, screen=13),
    "black": _Paint(bezel=23, rim=48, lit_rim=96, holes=7, icons=58, screen=14),
}


_TABLES: dict[Table, tuple[float, float, float, float]] = {
    "grey": (66, 108, 0, 0),
    "light": (150, 196, 1, -3),
    "dark": (26, 44, 0, 1),
    "blue": (64, 92, -14, 24),
    "green": (58, 86, -15, -3),
}
"""Between which levels a table is, and how its colour leans to red and to blue: workshops have mats."""


def phone(random: Random, width: int, height: int, finish: Finish, table: Table = "grey") -> Scene:
    """A phone seen from above, its screen off."""
    face, light = _lie(random, width, height), _light(random)
    albedo, glass = _front(random, face, light, _PAINTS[finish], width, height)
    darkest, lightest, red, blue = _TABLES[table]
    level = float(random.uniform(darkest, lightest))
    plane = _table(random, face, light, level, width, height)
    _lay(plane, albedo, glass, _glow(random, face, light, width, height), light)
    around = np.float32(1) - glass.astype(np.float32) * np.float32(1 / 255)
    tints = [Tint(0, 0, around, red, blue)] if red or blue else []
    return Scene(plane=plane, glass=glass, face=face, light=light, tints=tints)


def _lie(random: Random, width: int, height: int) -> Face:
    """Where the phone lies: along the picture's longer side, never quite straight."""
    long, short = max(width, height), min(width, height)
    length = float(min(long * 0.88, short * 1.62) * random.uniform(0.9, 1.0))
    turned = math.pi * (random.random() < 0.5) + (math.pi / 2 if height > width else 0)
    free = np.array([max(0, width - length), max(0, height - length)]) * 0.12
    aside = random.uniform(-1, 1, 2) * np.maximum(free, short * 0.012)
    return Face(
        x=width / 2 + float(aside[0]),
        y=height / 2 + float(aside[1]),
        length=length,
        breadth=length * random.uniform(0.488, 0.512),
        angle=float(turned + math.radians(random.normal(0, 1.3))),
    )


def _light(random: Random) -> Light:
    angle = random.uniform(0, 2 * math.pi)
    return Light(x=math.cos(angle), y=math.sin(angle), strength=random.uniform(0.85, 1.1))


# ------------------------------------------------------------------------- the table


def _table(random: Random, face: Face, light: Light, level: float, width: int, height: int) -> Plane:
    """A matt table: one lamp's falloff, the phone's shadow, a weave, the lens's dark corners."""
    columns, rows = width // _COARSE + 2, height // _COARSE + 2
    field = _falloff(light, columns, rows, 0.2) * _corners(columns, rows)
    field *= 1 + 0.02 * clouds(random, columns, rows, 5)
    small = (field * level * light.strength).astype(np.float32)
    small *= _shadow(face, light, columns, rows, width, height)
    plane = stretch(small, width, height)
    coarser = max(1.5, 2.2 * face.unit)
    weave = grain(random, math.ceil(width / coarser), math.ceil(height / coarser))
    weave *= np.float32(2.3)
    plane += np.asarray(cv2.resize(weave, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    _litter(plane, random, level, face.unit)
    return plane


def _falloff(light: Light, columns: int, rows: int, amount: float) -> Plane:
    """Brighter towards the lamp, less and less so."""
    x = np.linspace(-1, 1, columns, dtype=np.float32)[None] * np.float32(light.x)
    y = np.linspace(-1, 1, rows, dtype=np.float32)[:, None] * np.float32(light.y)
    return (1 + amount * np.tanh(x + y)).astype(np.float32)


def _corners(columns: int, rows: int) -> Plane:
    x = np.linspace(-1, 1, columns, dtype=np.float32)[None]
    y = np.linspace(-1, 1, rows, dtype=np.float32)[:, None]
    return (1 - 0.13 * ((x * x + y * y) / 2) ** 1.5).astype(np.float32)


def _shadow(face: Face, light: Light, columns: int, rows: int, width: int, height: int) -> Plane:
    """The soft shadow away from the lamp, and the dark line where the phone touches the table."""
    grid = np.array([columns / width, rows / height])
    away = np.array([-light.x, -light.y]) * face.unit * 9
    body = _outline(face, 1.0)
    far, near = np.zeros((rows, columns), np.uint8), np.zeros((rows, columns), np.uint8)
    polygon(far, (body + away) * grid, 255)
    polygon(near, (body + away * 0.3) * grid, 255)
    soft = cv2.GaussianBlur(far.astype(np.float32), (0, 0), max(0.8, 16 * face.unit * float(grid[0])))
    tight = cv2.GaussianBlur(near.astype(np.float32), (0, 0), 0.9)
    return np.asarray(1 - 0.12 / 255 * soft - 0.2 / 255 * tight, np.float32)


def _litter(plane: Plane, random: Random, level: float, unit: float) -> None:
    """A few bright crumbs and pale patches on the table."""
    for _ in range(int(random.integers(2, 9))):
        y, x = (random.random(2) * plane.shape).astype(int).tolist()
        cv2.circle(plane, (x, y), max(1, round(unit * 0.8)), (level + float(random.uniform(8, 30)),), -1)


# ------------------------------------------------------------------------- the phone


def _outline(face: Face, grown: float) -> Points:
    across = 0.042
    half = 0.5 * grown
    return face.place(rounded(-half, -half, half, half, across, across * face.length / face.breadth))


def _front(
    random: Random, face: Face, light: Light, paint: _Paint, width: int, height: int
) -> tuple[Pixels, Pixels]:
    """The front in levels of its own colours, and the mask of all of it."""
    glass = np.zeros((height, width), np.uint8)
    polygon(glass, _outline(face, 1.0), 255)
    front = np.full((height, width), int(paint.rim), np.uint8)
    lit = np.array([light.x, light.y]) * face.unit * 1.6
    polygon(front, _outline(face, 1.0) + lit, paint.lit_rim)
    polygon(front, _outline(face, 0.995), paint.bezel)
    _shade(front, face, paint)
    polygon(front, face.place(rounded(*_SCREEN, 0.002, 0.004)), paint.screen)
    _holes(front, face, paint)
    _icons(front, face, paint.icons)
    _dust(front, random, face)
    return front, glass


def _shade(front: Pixels, face: Face, paint: _Paint) -> None:
    """Glass is a little darker where the screen begins below it."""
    left, top, right, bottom = _SCREEN
    for step in range(1, 6):
        wider = 0.024 * (1 - step / 6)
        edge = rounded(left - wider, top - wider / 8, right + wider, bottom + wider / 8, 0.004, 0.008)
        polygon(front, face.place(edge), paint.bezel * (1 - 0.009 * step))


def _disc(x: float, y: float, radius: float, face: Face) -> Points:
    tall = radius * face.length / face.breadth
    return face.place(rounded(x - radius, y - tall, x + radius, y + tall, radius, tall))


def _holes(front: Pixels, face: Face, paint: _Paint) -> None:
    """Camera, earpiece, sensor: at the head of the phone, on the left before it is turned."""
    polygon(front, _disc(-0.462, -0.137, 0.0068, face), paint.holes)
    polygon(front, _disc(-0.462, 0.14, 0.0062, face), paint.holes)
    polygon(front, face.place(rounded(-0.4648, -0.085, -0.4592, 0.085, 0.0026, 0.005)), paint.holes)
    if paint.bezel < 100:
        polygon(front, _disc(-0.462, -0.137, 0.0034, face), 34)


def _icons(front: Pixels, face: Face, level: float) -> None:
    """Back, home and menu, printed at the foot as thin grey lines."""
    half, tall = 0.0055, 0.011
    chevron = np.array([[0.4575, -0.247], [0.4625, -0.235], [0.4575, -0.223]])
    home = rounded(0.459 - half, -tall, 0.459 + half, tall, 0.003, 0.006)
    bars = [np.array([[0.4535, y], [0.4645, y]]) for y in (0.225, 0.235, 0.245)]
    thick = max(1, round(face.unit * 1.1))
    for path in (chevron, np.concatenate([home, home[:1]]), *bars):
        line(front, face.place(path), level, thick)


def _dust(front: Pixels, random: Random, face: Face) -> None:
    """Specks that catch the light, most of them faint; now and then a fibre."""
    count = int(random.integers(8, 34))
    spots = face.place(random.uniform(-0.42, 0.41, (count, 2)) * (1, 1.1))
    for x, y in np.rint(spots * 16).astype(int).tolist():
        level = 20 + 60 * float(random.random()) ** 4
        radius = round(16 * max(0.35, face.unit * float(random.uniform(0.3, 0.75))))
        cv2.circle(front, (x, y), radius, (level,), -1, cv2.LINE_AA, 4)
    for _ in range(int(random.integers(0, 3))):
        line(front, _fibre(random, face), float(random.uniform(24, 44)), 1)


def _fibre(random: Random, face: Face) -> Points:
    start = face.place(random.uniform(-0.4, 0.4, (1, 2)))
    heading = random.uniform(0, 2 * math.pi) + 0.5 * wave(random, 12, 3)
    step = random.uniform(0.8, 1.8) * face.unit
    return start + np.cumsum(np.stack([np.cos(heading), np.sin(heading)], axis=1) * step, axis=0)


# ------------------------------------------------------------------- what it mirrors


def _glow(random: Random, face: Face, light: Light, width: int, height: int) -> Plane:
    """What the glass mirrors: a pale room, the dark camera on its arm, and a streak of the lamp."""
    columns, rows = width // 8 + 2, height // 8 + 2
    grid = np.array([columns / width, rows / height])
    dark, pale = np.zeros((rows, columns), np.uint8), np.zeros((rows, columns), np.uint8)
    edge = 0.6 if random.random() < 0.5 else -0.6
    x, y = random.uniform(-0.16, 0.12), random.uniform(-0.16, 0.16)
    for part, level in zip(_rig(random, face, x, y, edge), (255, 190), strict=True):
        polygon(dark, face.place(part) * grid, level)
    polygon(pale, face.place(_streak(random, x, edge)) * grid, 255)
    shapes = dark.astype(np.float32) * (-4.5 / 255) + pale.astype(np.float32) * (15 / 255)
    room = 2.2 * _falloff(light, columns, rows, 0.8) + 0.5 * clouds(random, columns, rows, 3)
    room += cv2.GaussianBlur(shapes, (0, 0), max(0.7, 0.6 * face.unit))
    return stretch(room.astype(np.float32), width, height)


def _rig(random: Random, face: Face, x: float, y: float, edge: float) -> tuple[Points, Points]:
    """The camera's box, and the arm that holds it from one edge."""
    side = random.uniform(0.065, 0.085)
    tall = side * face.length / face.breadth
    arm = np.array([[x - 0.02, y], [x + 0.02, y], [x + 0.022, edge], [x - 0.022, edge]])
    return rounded(x - side, y - tall, x + side, y + tall, 0.02, 0.04), arm


def _streak(random: Random, x: float, edge: float) -> Points:
    near = x + random.choice([-1, 1]) * random.uniform(0.12, 0.25)
    far, broad = near + random.uniform(-0.1, 0.1), random.uniform(0.006, 0.014)
    top, bottom = edge * 0.8, edge * random.uniform(0.2, 0.5)
    return np.array([[near, top], [near + broad, top], [far + broad, bottom], [far, bottom]])


def _lay(plane: Plane, front: Pixels, glass: Pixels, glow: Plane, light: Light) -> None:
    """Put the phone on the table; its own colours hardly take part in the lamp's falloff."""
    left, top, wide, tall = cv2.boundingRect(glass)
    window = np.s_[top : top + tall, left : left + wide]
    under, cover = plane[window], glass[window].astype(np.float32) * np.float32(1 / 255)
    shown = stretch(_falloff(light, 8, 8, 0.025), wide, tall)
    shown *= front[window]
    shown += glow[window]
    shown -= under
    shown *= cover
    under += shown
