"""What can be wrong with a building or a bridge, drawn into its light before the camera sees it.

Shapes are laid out straight, on the face of the part, and put into the picture as that face lies. Whatever
is drawn changes nothing outside its mask.
"""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Literal, Protocol

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
    clouds,
    grain,
    line,
    polygon,
    wave,
)

Severity = Literal["light", "moderate", "severe"]
SEVERITIES: tuple[Severity, ...] = ("light", "moderate", "severe")

FAINT = 0.1
"""Cover below this share is not drawn: it would not be seen, and so is not in the mask."""

_NEAR, _WIDE = np.ones((3, 3), np.uint8), np.ones((5, 5), np.uint8)
_LARGE = 420_000


class Ground(Protocol):
    """What damage has to know of the part that it is done to."""

    plane: Plane
    glass: Pixels
    face: Face
    light: Light
    red: Plane
    blue: Plane
    unit: float
    turn: Points
    material: str
    lit: Plane
    bolts: list[tuple[float, float, float]]
    bricks: Points


Damage = Callable[[Ground, Random, Severity], Pixels]


class _Window(msgspec.Struct, frozen=True):
    """A part of the picture with even corners, and how much finer than it shapes are drawn."""

    left: int
    top: int
    width: int
    height: int
    finer: int

    def cover(self, shapes: list[Points]) -> Plane:
        """Shapes in pixels of the picture as cover from 0 to 1."""
        fine = np.zeros((self.height * self.finer, self.width * self.finer), np.uint8)
        for shape in shapes:
            polygon(fine, (shape - (self.left, self.top)) * self.finer, 255)
        return self.shrunk(fine)

    def shrunk(self, fine: Pixels) -> Plane:
        if self.finer > 1:
            fine = np.asarray(
                cv2.resize(fine, (self.width, self.height), interpolation=cv2.INTER_AREA), np.uint8
            )
        return np.asarray(fine, np.float32) * np.float32(1 / 255)

    def clouds(self, random: Random, size: float) -> Plane:
        """Unevenness with humps of a size in pixels."""
        cells = max(2, round(max(self.width, self.height) / max(1.0, size)))
        coarser = max(1, int(size / 4))
        columns, rows = self.width // coarser + 1, self.height // coarser + 1
        small = clouds(random, columns, rows, min(cells, max(columns, rows)))
        return (
            small
            if coarser == 1 and small.shape == (self.height, self.width)
            else _grown(small, self.width, self.height)
        )

    @property
    def part(self) -> tuple[slice, slice]:
        return np.s_[self.top : self.top + self.height, self.left : self.left + self.width]

    @property
    def half(self) -> tuple[slice, slice]:
        bottom, right = (self.top + self.height + 1) // 2, (self.left + self.width + 1) // 2
        return np.s_[self.top // 2 : bottom, self.left // 2 : right]


def _window(ground: Ground, points: Points, margin: float) -> _Window:
    """The window around the points that lies in the picture."""
    height, width = ground.plane.shape
    low = np.clip(np.floor(points.min(axis=0) - margin), 0, (width - 2, height - 2))
    high = np.clip(np.ceil(points.max(axis=0) + margin) + 1, 2, (width, height))
    left, top = (int(v) // 2 * 2 for v in low)
    wide, tall = max(2, int(high[0]) - left), max(2, int(high[1]) - top)
    wide, tall = min(wide, width - left), min(tall, height - top)
    return _Window(left, top, wide, tall, 3 if wide * tall < _LARGE else 2)


def _place(ground: Ground, points: Points) -> Points:
    """Pixels of the face as pixels of the picture."""
    flat = np.asarray(points, np.float64).reshape(-1, 1, 2)
    return cv2.perspectiveTransform(flat, ground.turn).reshape(-1, 2).astype(np.float64)


def _spot(ground: Ground, random: Random, room: float) -> Points:
    """A place on the face, in its own pixels, with that much room around it where there is any."""
    height, width = ground.glass.shape
    coarser = max(1, min(width, height) // 96)
    small = cv2.resize(ground.glass, (width // coarser, height // coarser), interpolation=cv2.INTER_AREA)
    framed = cv2.copyMakeBorder(small, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(0,))
    away = cv2.distanceTransform((framed > 200).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    enough = min(room / coarser, float(away.max()) * 0.7)
    rows, columns = np.nonzero(away >= max(enough, 0.5))
    if len(rows) == 0:
        rows, columns = np.array([small.shape[0] // 2]), np.array([small.shape[1] // 2])
    number = int(random.integers(len(rows)))
    at = np.array([[(columns[number] + 0.5) * coarser, (rows[number] + 0.5) * coarser]])
    back = np.linalg.inv(ground.turn)
    return cv2.perspectiveTransform(at.reshape(-1, 1, 2), back).reshape(2).astype(np.float64)


def _seen(ground: Ground, window: _Window, cover: Plane, least: float = FAINT) -> Plane:
    """The cover where there is a face, with what is too faint to see left out."""
    kept = cover * (np.asarray(ground.glass[window.part], np.float32) * np.float32(1 / 255))
    kept[kept < least] = 0
    return kept.astype(np.float32, copy=False)


def _mask(ground: Ground, window: _Window, cover: Plane, reach: Pixels = _NEAR) -> Pixels:
    mask = np.zeros(ground.plane.shape, np.uint8)
    mask[window.part] = (cover > 0).astype(np.uint8) * 255
    return np.asarray(cv2.dilate(mask, reach), np.uint8)


def _shifted(cover: Plane, x: float, y: float) -> Plane:
    move = np.array([[1, 0, x], [0, 1, y]], np.float64)
    size = cover.shape[1], cover.shape[0]
    return np.asarray(cv2.warpAffine(cover, move, size, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _grown(small: Plane, width: int, height: int) -> Plane:
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _blurred(plane: Plane, size: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), max(0.3, size)), np.float32)


def _hazed(plane: Plane, size: float) -> Plane:
    """Blurred far, which nobody sees being done on fewer pixels."""
    height, width = plane.shape
    coarser = max(1, int(size / 2))
    small = (width + coarser - 1) // coarser, (height + coarser - 1) // coarser
    shrunk = np.asarray(cv2.resize(plane, small, interpolation=cv2.INTER_AREA), np.float32)
    return _grown(_blurred(shrunk, size / coarser), width, height)


def _base(ground: Ground, window: _Window) -> Plane:
    """The light around, without the material's own detail."""
    part = ground.plane[window.part]
    columns, rows = window.width // 12 + 2, window.height // 12 + 2
    small = np.asarray(cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
    return _grown(_blurred(small, 1.5), window.width, window.height)


def _as_lit(ground: Ground, window: _Window, level: float) -> Plane:
    """What something of its own level looks like in the light that is there."""
    base = _base(ground, window)
    rows, columns = ground.lit.shape
    height, width = ground.plane.shape
    middle = (window.top + window.height / 2) / height, (window.left + window.width / 2) / width
    light = float(
        ground.lit[min(rows - 1, int(middle[0] * rows)), min(columns - 1, int(middle[1] * columns))]
    )
    return base * np.float32(level * light / max(1.0, float(base.mean())))


def _fence(ground: Ground, window: _Window, reach: float) -> Plane:
    """Falls to 0 towards the window's edges, so that nothing is cut off; not where the picture ends."""
    height, width = ground.plane.shape
    sides: list[Plane] = []
    for start, count, most in ((window.left, window.width, width), (window.top, window.height, height)):
        near = np.arange(count, dtype=np.float32) / np.float32(max(1.0, min(reach, count / 3)))
        side = np.minimum(near if start > 0 else 1, near[::-1] if start + count < most else 1)
        sides.append(np.clip(np.broadcast_to(side, (count,)), 0, 1).astype(np.float32))
    return sides[1][:, None] * sides[0][None]


def _slopes(ground: Ground, heights: Plane | Points) -> Plane:
    """Light and dark sides of relief, around 0."""
    x, y = ground.light.x * ground.light.strength, ground.light.y * ground.light.strength
    kernel = np.array([[0, y, 0], [x, 0, -x], [0, -y, 0]], np.float32)
    return np.asarray(cv2.filter2D(heights.astype(np.float32, copy=False), cv2.CV_32F, kernel), np.float32)


def _towards(ground: Ground, window: _Window, cover: Plane, level: Plane) -> None:
    part = ground.plane[window.part]
    part += cover * (level - part)


def _tint(ground: Ground, window: _Window, cover: Plane, red: float, blue: float) -> None:
    """Lean the colours over; they are kept at half the size."""
    for plane, lean in ((ground.red, red), (ground.blue, blue)):
        under = plane[window.half]
        size = under.shape[1], under.shape[0]
        small = np.asarray(cv2.resize(cover, size, interpolation=cv2.INTER_AREA), np.float32)
        under += small * (np.float32(lean) - under)


def _reach(ground: Ground) -> tuple[float, float]:
    """The shorter and the longer side of the face, in pixels."""
    return min(ground.face.length, ground.face.breadth), max(ground.face.length, ground.face.breadth)


def _heading(angle: float) -> Points:
    return np.array([math.cos(angle), math.sin(angle)])


# ---------------------------------------------------------------------------- cracks

_PIECE = 4
_LENGTHS = {"light": (0.3, 0.5), "moderate": (0.55, 0.85), "severe": (0.9, 1.35)}
_WIDTHS = {"light": (1.5, 2.3), "moderate": (2.6, 4.4), "severe": (5.5, 9.5)}
_BRANCHES = {"light": (0, 1), "moderate": (1, 3), "severe": (3, 6)}
_DARK = {"light": 0.66, "moderate": 0.78, "severe": 0.88}


def crack(ground: Ground, random: Random, severity: Severity) -> Pixels:
    """A jagged line that forks, dark inside, its far edge lit; in a wall of bricks it follows the joints."""
    width = float(random.uniform(*_WIDTHS[severity])) * ground.unit
    gaps = [_place(ground, gap) for gap in _gaps(ground, random, severity, max(1.0, width))]
    window = _window(ground, np.concatenate(gaps), 3 + width)
    cover = window.cover(gaps)
    cover *= np.clip(0.9 + 0.16 * window.clouds(random, 14 * ground.unit), 0.4, 1)
    reach = max(0.8, 0.3 * width)
    lip = _shifted(cover, -ground.light.x * reach, -ground.light.y * reach)
    lip = _seen(ground, window, np.clip(lip - cover, 0, 1))
    cover = _seen(ground, window, cover)
    part = ground.plane[window.part]
    part *= 1 + lip * np.float32(0.1 + 0.16 * ground.light.strength)
    part *= 1 - cover * np.float32(_DARK[severity])
    # A gap takes its surroundings' colour along with it, two pixels far.
    return _mask(ground, window, np.maximum(cover, lip), _WIDE)


def _gaps(ground: Ground, random: Random, severity: Severity, width: float) -> list[Points]:
    """The outlines of all that has opened, in pixels of the face."""
    short, long = _reach(ground)
    length = float(random.uniform(*_LENGTHS[severity])) * min(long, 1.25 * short)
    middle = _spot(ground, random, length * 0.42)
    if len(ground.bricks):
        return _stepped(ground, random, middle, length, width)
    angle = float(random.choice([90, 90, 60, 120, 35, 145, 5])) + float(random.normal(0, 14))
    start = middle - _heading(math.radians(angle)) * length / 2
    trunk = _jagged(random, start, start + _heading(math.radians(angle)) * length, 0.13)
    gaps = _opened(random, trunk, width)
    for _ in range(int(random.integers(_BRANCHES[severity][0], _BRANCHES[severity][1] + 1))):
        knot = int(random.integers(len(trunk) // 8, len(trunk) - 4))
        ahead = trunk[min(len(trunk) - 1, knot + 5)] - trunk[knot]
        turn = math.atan2(ahead[1], ahead[0]) + random.choice([-1, 1]) * random.uniform(0.35, 1.1)
        far = trunk[knot] + _heading(turn) * length * random.uniform(0.12, 0.4)
        branch = _jagged(random, trunk[knot], far, 0.16)
        gaps += _opened(random, branch, width * random.uniform(0.3, 0.65), start=0.8)
    return gaps


def _jagged(random: Random, start: Points, end: Points, rough: float) -> Points:
    """A broken line between two points: each half is thrown aside less than the whole."""
    points = np.stack([start, end])
    amount = rough * float(np.hypot(*(end - start)))
    for _ in range(7 if amount > 12 else 5 if amount > 2 else 3):
        ahead = np.diff(points, axis=0)
        side = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
        side /= np.hypot(*side.T)[:, None] + 1e-6
        middles = (points[1:] + points[:-1]) / 2 + side * random.normal(0, amount / 2, (len(ahead), 1))
        longer = np.empty((len(points) + len(middles), 2))
        longer[0::2], longer[1::2] = points, middles
        points, amount = longer, amount * 0.52
    return points


def _opened(random: Random, path: Points, width: float, start: float = 0.12) -> list[Points]:
    """A line as a gap, in short pieces: its edges ragged, wider here and there, closed at its ends."""
    count = len(path)
    ahead = np.gradient(path, axis=0)
    length = np.sqrt((ahead * ahead).sum(axis=1))[:, None] + 1e-6
    side = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1) / length
    along = np.linspace(0, 1, count)
    swell = np.clip(1 + 0.4 * wave(random, count, count // 10 + 3), 0.25, 2.2)
    swell *= np.sqrt(np.clip(np.minimum(along * 6 + start, (1 - along) * 4), 0.12, 1))
    ragged = np.clip(1 + 0.3 * random.normal(0, 1, (2, count)), 0.3, 2.4) * swell * width / 2
    left, right = path + side * ragged[0][:, None], path - side * ragged[1][:, None]
    return [
        np.concatenate([left[at : at + _PIECE + 1], right[at : at + _PIECE + 1][::-1]])
        for at in range(0, count - 1, _PIECE)
    ]


def _stepped(ground: Ground, random: Random, middle: Points, length: float, width: float) -> list[Points]:
    """From course to course along the joints, now and then through a brick."""
    bricks, tall = ground.bricks, float(ground.bricks[0, 3] - ground.bricks[0, 1])
    first = middle[1] - length / 2
    tops = np.unique(bricks[:, 1])
    tops = tops[(tops >= first - tall) & (tops <= first + length)]
    lean = float(random.normal(0, 0.9)) * tall
    x, path = float(middle[0] - lean * len(tops) / 2), list[tuple[float, float]]()
    for top in tops.tolist():
        edges = bricks[bricks[:, 1] == top][:, 0]
        want = x + lean + float(random.normal(0, 0.25)) * tall
        through = random.random() < 0.12 or len(edges) == 0
        x = want if through else float(edges[int(np.abs(edges - want).argmin())])
        path += [(x, top), (x, top + tall)]
    corners = np.array(path or [(x, middle[1]), (x, middle[1] + tall)])
    pieces = [_jagged(random, one, two, 0.03) for one, two in pairwise(corners)]
    joined = np.concatenate([piece for piece in pieces if float(np.ptp(piece, axis=0).max()) > 1.0])
    return _opened(random, joined, width)


# -------------------------------------------------------------------------- broken off

_HOLES = {"light": (42, 62), "moderate": (80, 120), "severe": (145, 220)}
_HOLE_COUNTS = {"light": (1, 1), "moderate": (1, 2), "severe": (2, 4)}
_FRESH = {
    "concrete": (0.86, 0.03, -0.035),
    "render": (0.66, 0.012, -0.02),
    "asphalt": (0.7, 0.04, -0.05),
    "brick": (1.06, 0.01, -0.01),
}
"""How light the inside is beside the face, and its colour."""


def spalling(ground: Ground, random: Random, severity: Severity) -> Pixels:
    """The face has come off: a ragged hollow, stones in it, sometimes a bar that rusts."""
    size = float(random.uniform(*_HOLES[severity])) * ground.unit
    size = min(size, 0.42 * _reach(ground)[0])
    middle = _spot(ground, random, size * 1.3)
    shapes = _hollows(ground, random, severity, middle, size)
    placed = [_place(ground, shape) for shape in shapes]
    window = _window(ground, np.concatenate(placed), 4)
    cover = _seen(ground, window, window.cover(placed))
    depth = size * (0.06 if ground.material in ("brick", "render") else 0.13)
    _hollow(ground, random, window, cover, depth)
    if ground.material == "concrete" and (severity == "severe" or random.random() < 0.35):
        _bars(ground, random, window, cover, middle, size)
    return _mask(ground, window, cover, _WIDE)


def _hollows(ground: Ground, random: Random, severity: Severity, middle: Points, size: float) -> list[Points]:
    if len(ground.bricks):
        return _flaked(ground, random, middle, size)
    least, most = _HOLE_COUNTS[severity]
    shapes = [_chip(random, middle, size)]
    for _ in range(int(random.integers(least, most + 1)) - 1):
        away = _heading(float(random.uniform(0, 2 * math.pi))) * size * random.uniform(0.9, 1.6)
        shapes.append(_chip(random, middle + away, size * float(random.uniform(0.25, 0.6))))
    return shapes


def _chip(random: Random, middle: Points, radius: float, rough: float = 0.13) -> Points:
    """The outline of a broken place: corners, and between them ragged lines."""
    count = int(random.integers(9, 15))
    around = np.sort(
        random.uniform(0, 2 * math.pi, count) * 0.35 + np.linspace(0, 2 * math.pi, count + 1)[:-1]
    )
    reach = radius * np.clip(1 + 0.2 * random.normal(0, 1, count), 0.7, 1.3)
    long = float(random.uniform(0.7, 1.4))
    corners = np.stack([np.cos(around) * long, np.sin(around) / long], axis=1) * reach[:, None]
    turn = _heading(float(random.uniform(0, math.pi)))
    corners = corners @ np.array([turn, [-turn[1], turn[0]]]) + middle
    sides = [_jagged(random, corners[n - 1], corners[n], rough) for n in range(count)]
    return np.concatenate(sides)


def _flaked(ground: Ground, random: Random, middle: Points, size: float) -> list[Points]:
    """The faces of some bricks next to each other, each with a ragged edge of its own."""
    bricks = ground.bricks
    centres = (bricks[:, :2] + bricks[:, 2:]) / 2
    away = np.hypot(*((centres - middle) * (0.6, 1.0)).T)
    close = [
        number for number in np.argsort(away).tolist()[:40] if away[number] < size or number == away.argmin()
    ]
    inset, shapes = 7 * ground.unit, list[Points]()
    for number in close:
        if random.random() < 0.25 and len(shapes) > 0:
            continue
        left, top, right, bottom = bricks[number] + (inset, inset, -inset, -inset)
        cut = random.uniform(0.0, 0.3, 4) * (right - left) * 0.5
        corners = np.array(
            [
                [left + cut[0], top],
                [right - cut[1] * 0.5, top],
                [right, bottom - 2],
                [right - cut[2], bottom],
                [left + cut[3] * 0.4, bottom],
            ]
        )
        shapes.append(np.concatenate([_jagged(random, corners[n - 1], corners[n], 0.05) for n in range(5)]))
    return shapes


def _hollow(ground: Ground, random: Random, window: _Window, cover: Plane, depth: float) -> None:
    """Rough and of another colour inside, in the shade of the near edge, lit at the far one."""
    light, red, blue = _FRESH.get(ground.material, (0.8, 0.0, 0.0))
    unit, x, y = ground.unit, ground.light.x, ground.light.y
    coarse = window.clouds(random, 15 * unit) + 0.6 * window.clouds(random, 6 * unit)
    heights = coarse * np.float32(0.22) + 0.1 * grain(random, window.width, window.height)
    if ground.material in ("concrete", "asphalt"):
        heights += _stones(ground, random, window) * np.float32(1.1)
    inside = _base(ground, window) * np.float32(light)
    inside *= np.clip(1 + _slopes(ground, heights) * np.float32(0.75), 0.3, 1.8)
    inside *= 1 + 0.07 * coarse
    soft = _blurred(cover, depth * 0.25)
    shade = np.clip(1 - _shifted(soft, -x * depth, -y * depth), 0, 1)
    far = np.clip(1 - _shifted(soft, x * depth * 0.5, y * depth * 0.5), 0, 1)
    inside *= 1 - shade * np.float32(0.42 + 0.3 * min(1.0, ground.light.strength))
    inside *= 1 + far * np.float32(0.06 + 0.22 * ground.light.strength)
    inside *= 0.82 + 0.18 * (1 - _blurred(cover, depth))
    _towards(ground, window, cover, inside.astype(np.float32))
    keep = 1.3 if ground.material == "brick" else 0.6
    own = [float(plane[window.half].mean()) * keep for plane in (ground.red, ground.blue)]
    _tint(ground, window, cover, red + own[0], blue + own[1])


def _stones(ground: Ground, random: Random, window: _Window) -> Plane:
    """Gravel that the break has laid bare, as heights."""
    found = np.zeros((window.height, window.width), np.uint8)
    for _ in range(min(400, int(window.width * window.height / (16 * ground.unit + 2) ** 2))):
        middle = random.random(2) * (window.width, window.height)
        radius = float(random.uniform(2.5, 8)) * ground.unit
        around = np.sort(random.uniform(0, 2 * math.pi, 7))
        reach = radius * random.uniform(0.75, 1.2, (7, 1))
        polygon(
            found,
            middle + reach * np.stack([np.cos(around), np.sin(around)], axis=1),
            random.uniform(90, 255),
        )
    return _blurred(np.asarray(found, np.float32) / np.float32(255), 0.9 * ground.unit)


def _bars(ground: Ground, random: Random, window: _Window, cover: Plane, middle: Points, size: float) -> None:
    """Reinforcement across the hollow: round, ribbed, brown."""
    upright = random.random() < 0.5
    thick = max(2.0, float(random.uniform(9, 14)) * ground.unit)
    fine = np.zeros((window.height, window.width), np.uint8)
    for number in range(int(random.integers(1, 3))):
        aside = size * (random.uniform(-0.35, 0.35) + 0.55 * number)
        ends = np.array([[aside, -2 * size], [aside + random.normal(0, 0.08) * size, 2 * size]])
        bar = _place(ground, middle + (ends if upright else ends[:, ::-1]))
        line(fine, bar - (window.left, window.top), 255, max(1, round(thick)))
    body = np.asarray(fine, np.float32) * np.float32(1 / 255)
    shadow = _shifted(
        _blurred(body, thick * 0.25), -ground.light.x * thick * 0.6, -ground.light.y * thick * 0.6
    )
    ground.plane[window.part] *= 1 - shadow * cover * np.float32(0.55)
    body *= cover
    round_ = _slopes(ground, _blurred(body, thick * 0.3)) * np.float32(thick * 0.55)
    level = _as_lit(ground, window, 84) * np.clip(
        1 + round_ + 0.16 * window.clouds(random, 5 * ground.unit), 0.3, 1.7
    )
    _towards(ground, window, body, level.astype(np.float32))
    _tint(ground, window, body, 0.24, -0.2)
    halo = _blurred(body, thick * 0.9) * cover * np.float32(0.7)
    _tint(ground, window, halo, 0.15, -0.13)


_GONE = {"light": (1, 1), "moderate": (2, 3), "severe": (4, 7)}


def missing(ground: Ground, random: Random, severity: Severity) -> Pixels:
    """Bricks are gone from the wall, or a piece has broken out of what is cast."""
    if not len(ground.bricks):
        return _broken_out(ground, random, severity)
    middle = _spot(ground, random, 90 * ground.unit)
    bricks = ground.bricks
    away = np.hypot(*((((bricks[:, :2] + bricks[:, 2:]) / 2) - middle) * (0.55, 1.0)).T)
    count = int(random.integers(_GONE[severity][0], _GONE[severity][1] + 1))
    shapes: list[Points] = []
    for left, top, right, bottom in bricks[np.argsort(away)[:count]].tolist():
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)
        corners += random.normal(0, 1.5 * ground.unit, (4, 2))
        shapes.append(np.concatenate([_jagged(random, corners[n - 1], corners[n], 0.02) for n in range(4)]))
    placed = [_place(ground, shape) for shape in shapes]
    window = _window(ground, np.concatenate(placed), 4)
    cover = _seen(ground, window, window.cover(placed))
    _recess(ground, random, window, cover, 26 * ground.unit)
    return _mask(ground, window, cover, _WIDE)


def _recess(ground: Ground, random: Random, window: _Window, cover: Plane, depth: float) -> None:
    """A deep hole: nearly black under its near edge, old mortar at its back and on its sill."""
    x, y = ground.light.x, ground.light.y
    soft = _blurred(cover, max(0.5, 0.06 * depth))
    rough = window.clouds(random, 9 * ground.unit) + 0.5 * grain(random, window.width, window.height)
    back = _as_lit(ground, window, 104) * (0.72 + 0.09 * rough)
    shade = np.clip(1 - _shifted(soft, -x * depth * 0.8, max(depth * 0.6, -y * depth)), 0, 1)
    back *= 1 - 0.78 * shade
    sill = np.clip(1 - _shifted(soft, 0.0, -depth * 0.32), 0, 1) * (1 - shade)
    back *= 1 + (0.55 + 0.5 * ground.light.strength) * sill
    _towards(ground, window, cover, back.astype(np.float32))
    _tint(ground, window, cover, 0.03, -0.03)


def _broken_out(ground: Ground, random: Random, severity: Severity) -> Pixels:
    size = float(random.uniform(*_HOLES[severity])) * ground.unit * 0.9
    size = min(size, 0.42 * _reach(ground)[0])
    middle = _spot(ground, random, size * 0.5)
    placed = [_place(ground, _chip(random, middle, size))]
    window = _window(ground, placed[0], 4)
    cover = _seen(ground, window, window.cover(placed))
    _hollow(ground, random, window, cover, size * 0.4)
    ground.plane[window.part] *= 1 - cover * np.float32(0.3)
    return _mask(ground, window, cover, _WIDE)


# --------------------------------------------------------------------- rust and water

_SPREAD = {"light": (55, 90), "moderate": (115, 175), "severe": (220, 340)}
_THICK = {"light": 0.62, "moderate": 0.8, "severe": 0.97}


def _spread(ground: Ground, random: Random, severity: Severity) -> float:
    """How far a patch reaches, in pixels: in the smallest picture still a few."""
    return max(8.0, float(random.uniform(*_SPREAD[severity])) * ground.unit)


def corrosion(ground: Ground, random: Random, severity: Severity) -> Pixels:
    """Rust: on metal it eats into the surface, elsewhere it comes out of the wall and runs down it."""
    metal = ground.material in ("steel", "metal")
    return (_eating if metal else _bleeding)(ground, random, severity)


def _bleeding(ground: Ground, random: Random, severity: Severity) -> Pixels:
    """Where a bar or a bolt lies below, brown spots in a line, and from each a stain runs down."""
    size = min(_spread(ground, random, severity), 0.6 * _reach(ground)[1])
    middle = _place(ground, _spot(ground, random, size * 0.5)[None])[0]
    runs = size * float(random.uniform(1.0, 2.2))
    level = float(random.choice([0.0, math.pi / 2])) + float(random.normal(0, 0.05))
    spots = _leaks(
        random, middle, _heading(level) * size, max(3, round(size / (26 * ground.unit))), ground.unit
    )
    window = _window(ground, middle + np.array([[-1.2, -1.2], [1.2, 1.2]]) * size + [[0, 0], [0, runs]], 2)
    source = window.cover(spots)
    soft = _hazed(source, 7 * ground.unit)
    stain = _run_down(random, window, np.clip(3 * soft, 0, 1).astype(np.float32), runs)
    stain = np.maximum(_hazed(stain, 2.5 * ground.unit), np.clip(2.4 * soft, 0, 1))
    stain *= np.clip(0.8 + 0.25 * window.clouds(random, 9 * ground.unit), 0.3, 1) * _fence(
        ground, window, 0.3 * runs
    )
    cover = _seen(ground, window, np.maximum(0.9 * stain * _THICK[severity], source).astype(np.float32), 0.07)
    eaten = np.minimum(source, cover)
    rough = window.clouds(random, 5 * ground.unit) * eaten
    part = ground.plane[window.part]
    part *= (1 - 0.2 * cover - (0.34 + 0.1 * rough) * eaten).astype(np.float32)
    _tint(ground, window, (0.8 * cover).astype(np.float32), 0.17, -0.17)
    _tint(ground, window, (0.7 * eaten).astype(np.float32), 0.13, -0.15)
    return _mask(ground, window, cover, _WIDE)


def _leaks(random: Random, middle: Points, along: Points, count: int, unit: float) -> list[Points]:
    """Small ragged openings along a line, some of them long cracks in its direction."""
    shapes: list[Points] = []
    for _ in range(count):
        at = middle + along * float(np.clip(random.normal(0, 0.35), -1, 1)) + random.normal(0, 3 * unit, 2)
        radius = max(1.0, float(random.uniform(2.5, 8)) * unit)
        shape = _chip(random, np.zeros(2), radius)
        if random.random() < 0.5:
            ahead = along / float(np.hypot(*along))
            shape = shape * 0.5 + np.outer(shape @ ahead, ahead) * float(random.uniform(1.0, 3.5))
        shapes.append(shape + at)
    return shapes


def _eating(ground: Ground, random: Random, severity: Severity) -> Pixels:
    """Dark and scaly where it eats, orange around, and running down from there."""
    size = min(_spread(ground, random, severity), 0.6 * _reach(ground)[1])
    middle = _place(ground, _spot(ground, random, size * 0.5)[None])[0]
    runs = size * float(random.uniform(0.8, 1.8))
    around = np.array([[-1.5 * size, -1.3 * size], [1.5 * size, 1.3 * size + runs]])
    window = _window(ground, middle + around, 2)
    field = _eaten(ground, random, window, middle, size)
    eaten = np.clip(field * 3.2, 0, 1)
    washed = _run_down(random, window, np.clip(field * 2 + 0.25, 0, 1), runs)
    washed *= _fence(ground, window, 0.6 * runs)
    cover = np.maximum(eaten * np.float32(_THICK[severity]), washed * np.float32(0.6 * _THICK[severity]))
    cover = _seen(ground, window, cover, 0.16)
    core = np.clip(field * 2.2 - 0.35, 0, 1)
    scales = window.clouds(random, 7 * ground.unit)
    scales += grain(random, window.width, window.height) * np.float32(0.5)
    ratio = 0.86 - 0.38 * core - 0.06 * np.clip(scales, -1, 1) * eaten
    relief = _slopes(ground, (scales * 0.2 + 1.2 * _blurred(eaten, 1.0)) * eaten)
    level = ground.plane[window.part] * 0.35 + _as_lit(ground, window, 118) * 0.65
    _towards(ground, window, cover, (level * ratio * np.clip(1 + 0.6 * relief, 0.4, 1.6)).astype(np.float32))
    _tint(ground, window, cover, 0.27, -0.25)
    _tint(ground, window, np.asarray(cover * core, np.float32), 0.2, -0.18)
    return _mask(ground, window, cover, _WIDE)


def _eaten(ground: Ground, random: Random, window: _Window, middle: Points, size: float) -> Plane:
    """Above 0 where rust is: islands around a few places, with frayed edges."""
    y, x = np.mgrid[: window.height : 4, : window.width : 4].astype(np.float32)
    near = np.full(x.shape, -9.0, np.float32)
    for number in range(int(random.integers(2, 6))):
        away = random.normal(0, 0.5, 2) * size * (number > 0)
        radius = size * float(random.uniform(0.35, 0.8)) / (1 + 0.4 * number)
        at = middle + away - (window.left, window.top)
        near = np.maximum(near, 1 - np.hypot(x - at[0], y - at[1]) / np.float32(max(2.0, radius)))
    smooth = _grown(near, window.width, window.height)
    frayed = 0.3 * window.clouds(random, 0.4 * size) + 0.26 * window.clouds(random, 0.13 * size)
    field = smooth + frayed + 0.16 * window.clouds(random, 7 * ground.unit) - 0.12
    return np.asarray(field - 2 * (1 - _fence(ground, window, 0.3 * size)), np.float32)


def _run_down(random: Random, window: _Window, source: Plane, length: float) -> Plane:
    """Streaks below a source, each as strong and as long as what it comes from."""
    columns, rows = max(2, window.width // 2), max(2, window.height // 4)
    small = np.asarray(cv2.resize(source, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
    small = np.asarray(cv2.GaussianBlur(small, (0, 0), 1.5), np.float32)
    strength = (
        0.45 + 0.4 * wave(random, columns, columns // 9 + 3) + 0.3 * wave(random, columns, columns // 3 + 3)
    )
    strength = np.clip(strength, 0.03, 1).astype(np.float32)
    fade = np.exp(-4 / np.maximum(4, length * (0.15 + 0.85 * strength))).astype(np.float32)
    carried, run = np.zeros(columns, np.float32), np.zeros_like(small)
    for row in range(rows):
        carried = np.maximum(small[row], carried * fade)
        run[row] = carried * strength
    return _grown(np.asarray(cv2.GaussianBlur(run, (0, 0), 0.8), np.float32), window.width, window.height)


_WET_WIDE = {"light": (0.18, 0.3), "moderate": (0.34, 0.55), "severe": (0.65, 1.0)}
_WET_DEEP = {"light": (0.2, 0.35), "moderate": (0.35, 0.6), "severe": (0.6, 0.95)}


def water(ground: Ground, random: Random, severity: Severity) -> Pixels:
    """Water has come down from above, or soaked through cloth: dark, with the line of an earlier tide."""
    face = ground.face
    wide = face.length * float(random.uniform(*_WET_WIDE[severity]))
    deep = face.breadth * float(random.uniform(*_WET_DEEP[severity]))
    middle = _place(ground, _spot(ground, random, 0.3 * min(wide, deep))[None])[0]
    if ground.material == "fabric":
        window, field = _soaked_through(ground, random, middle, 0.4 * min(wide, deep) + 0.02 * face.length)
    else:
        window, field = _run_from_above(ground, random, float(middle[0]), wide, deep)
    cover = np.clip(field * 9, 0, 1)
    rim = np.exp(-(((field - 0.06) / 0.035) ** 2)) * np.clip(
        0.7 + 0.5 * window.clouds(random, 60 * ground.unit), 0, 1
    )
    patches = np.clip(0.9 + 0.1 * window.clouds(random, 26 * ground.unit), 0.6, 1.1)
    # Deep inside it has dried again, or never was as wet: the stain is darkest towards its edge.
    dark = (0.17 + 0.05 * (severity != "light")) * patches * (
        1 - 0.35 * np.clip(field * 1.6, 0, 1)
    ) + 0.12 * rim
    cover = _seen(ground, window, cover.astype(np.float32))
    ground.plane[window.part] *= (1 - np.clip(dark, 0, 0.6) * cover).astype(np.float32)
    stale = float(random.uniform(0.1, 0.3))
    _tint(ground, window, (cover * stale).astype(np.float32), 0.012, -0.05)
    return _mask(ground, window, cover, _WIDE)


def _run_from_above(
    ground: Ground, random: Random, x: float, wide: float, deep: float
) -> tuple[_Window, Plane]:
    """From the upper edge, in broad runs side by side, and a few narrow ones that went farther."""
    face = ground.face
    low, high = face.x - face.length / 2, face.x + face.length / 2
    left = float(np.clip(x - wide / 2, low, max(low, high - wide)))
    top = _upper_edge(ground, x)
    window = _window(ground, np.array([[left, top], [left + wide, top + deep * 1.3]]), 1)
    columns, rows = max(8, window.width // 3), max(4, window.height // 3)
    across = np.linspace(-1, 1, columns)
    flanks = np.sqrt(np.clip((1 - np.abs(across) + 0.05 * wave(random, columns, 9)) / 0.35, 0, 1))
    runs = (
        0.5
        + 0.3 * wave(random, columns, 5)
        + 0.16 * wave(random, columns, 13)
        + 0.07 * wave(random, columns, 45)
    )
    limit = np.clip(runs, 0.16, 1.15) * flanks
    for _ in range(int(random.integers(2, 6))):
        middle, breadth = random.uniform(-0.8, 0.8), random.uniform(0.008, 0.03)
        limit = np.maximum(limit, random.uniform(0.5, 1.2) * np.exp(-(((across - middle) / breadth) ** 4)))
    down = np.linspace(0, window.height / deep, rows)[:, None]
    field = np.minimum(limit[None] - down, (1 - np.abs(across))[None] * 2)
    grown = _grown(field.astype(np.float32), window.width, window.height)
    return window, np.asarray(grown + 0.02 * window.clouds(random, 12 * ground.unit), np.float32)


def _soaked_through(ground: Ground, random: Random, middle: Points, size: float) -> tuple[_Window, Plane]:
    """A stain that has spread from where it was spilt, rounded and lobed."""
    window = _window(ground, middle + np.array([[-1.5, -1.3], [1.5, 1.3]]) * size, 2)
    y, x = np.mgrid[: window.height : 4, : window.width : 4].astype(np.float32)
    away = np.hypot(x - np.float32(middle[0] - window.left), (y - np.float32(middle[1] - window.top)) * 1.15)
    near = _grown(0.75 - away / np.float32(size), window.width, window.height)
    field = near + 0.16 * window.clouds(random, 0.5 * size) + 0.03 * window.clouds(random, 0.12 * size)
    return window, np.asarray(field - 2 * (1 - _fence(ground, window, 0.15 * size)), np.float32)


def _upper_edge(ground: Ground, x: float) -> float:
    """Where the face begins, from above, at this place across the picture."""
    column = ground.glass[:, int(np.clip(x, 0, ground.glass.shape[1] - 1))]
    return float((column > 128).argmax())


def efflorescence(ground: Ground, random: Random, severity: Severity) -> Pixels:
    """Salts have bloomed: white crusts and veils, with drips below."""
    size = min(_spread(ground, random, severity) * 1.1, 0.7 * _reach(ground)[1])
    middle = _place(ground, _spot(ground, random, size * 0.4)[None])[0]
    wide, runs = 1.7 * size, size * float(random.uniform(0.3, 1.0))
    window = _window(ground, middle + np.array([[-wide, -size], [wide, size + runs]]), 2)
    y, x = np.mgrid[: window.height : 4, : window.width : 4].astype(np.float32)
    at = middle - (window.left, window.top)
    away = np.hypot((x - np.float32(at[0])) / np.float32(wide), (y - np.float32(at[1])) / np.float32(size))
    near = _grown(1 - away, window.width, window.height)
    veil = near + 0.3 * window.clouds(random, 0.35 * size) + 0.2 * window.clouds(random, 0.1 * size) - 0.3
    veil += 0.13 * window.clouds(random, 7 * ground.unit)
    fence = _fence(ground, window, 0.3 * size)
    veil -= 2 * (1 - fence)
    crust = np.clip(veil * 2.0, 0, 1)
    drips = _run_down(random, window, np.asarray(np.clip(veil * 3 - 0.5, 0, 1), np.float32), runs) * fence
    powder = grain(random, window.width, window.height) * 0.1 + 0.17 * window.clouds(random, 13 * ground.unit)
    cover = np.maximum(crust, 0.8 * drips) * np.clip(0.75 + powder, 0.15, 1) * (0.7 * _THICK[severity] + 0.2)
    cover = _seen(ground, window, cover.astype(np.float32))
    pale = np.maximum(_as_lit(ground, window, 218), ground.plane[window.part] * np.float32(1.3))
    pale = np.minimum(pale, np.maximum(ground.plane[window.part], 232))
    _towards(ground, window, cover, pale)
    _tint(ground, window, (cover * 0.8).astype(np.float32), -0.004, 0.006)
    return _mask(ground, window, cover, _WIDE)


# ---------------------------------------------------------------------- metal and paint

_DENTS = {"light": (40, 70), "moderate": (80, 130), "severe": (160, 240)}
_DEEP = {"light": 0.35, "moderate": 0.6, "severe": 0.95}


def dent(ground: Ground, random: Random, severity: Severity) -> Pixels:
    """Pushed in: nothing but light and shade, and a crease where it was pushed hardest."""
    size = min(float(random.uniform(*_DENTS[severity])) * ground.unit, 0.45 * _reach(ground)[0])
    middle = _place(ground, _spot(ground, random, size * 1.1)[None])[0]
    window = _window(ground, middle + np.array([[-2.2, -2.2], [2.2, 2.2]]) * size, 1)
    heights, step = _pushed(random, window, middle, size)
    slope = _slopes(ground, heights) * np.float32(
        0.5 * _DEEP[severity] / max(0.6, ground.light.strength) / step
    )
    change = np.float32(0.42) * np.tanh(slope)
    change += np.clip(change - 0.2, 0, 1) * np.float32(0.5)
    change = _grown(change, window.width, window.height)
    change = change * (np.asarray(ground.glass[window.part], np.float32) / 255)
    change[np.abs(change) < 0.025] = 0
    ground.plane[window.part] *= (1 + change).astype(np.float32)
    closed = cv2.morphologyEx((change != 0).astype(np.uint8), cv2.MORPH_CLOSE, _WIDE)
    return _mask(ground, window, np.asarray(closed, np.float32))


def _pushed(random: Random, window: _Window, middle: Points, size: float) -> tuple[Plane, int]:
    """The bowl of a dent as heights, and how many pixels apart they stand."""
    step = max(1, int(size / 40))
    y, x = np.mgrid[: window.height : step, : window.width : step].astype(np.float32)
    turn, long = float(random.uniform(0, math.pi)), float(random.uniform(1.0, 1.7))
    dx, dy = x - np.float32(middle[0] - window.left), y - np.float32(middle[1] - window.top)
    u = (dx * math.cos(turn) + dy * math.sin(turn)) / (size * long)
    v = (-dx * math.sin(turn) + dy * math.cos(turn)) / size
    uneven = clouds(random, x.shape[1], x.shape[0], 5)
    away = np.sqrt(u * u + v * v) * (1 + 0.06 * uneven)
    bowl = -np.exp(-((away / 0.62) ** 2.6))
    crease = -0.16 * np.exp(-((v / 0.16) ** 2)) * np.exp(-((u / 0.55) ** 2))
    return np.asarray((bowl + crease) * size, np.float32), step


_UNDER = {"steel": (0.62, 0.2, -0.16), "metal": (0.7, 0.0, 0.0)}


_FLAKES = {"light": (2, 4), "moderate": (5, 9), "severe": (10, 18)}


def peeling(ground: Ground, random: Random, severity: Severity) -> Pixels:
    """Paint has come off in flakes: below it primer or plaster, a shadow where it ends, edges that curl."""
    size = min(_spread(ground, random, severity) * 0.8, 0.45 * _reach(ground)[1])
    middle = _place(ground, _spot(ground, random, size * 0.6)[None])[0]
    flakes, islands = _flakes(random, middle, size, int(random.integers(*_FLAKES[severity])))
    window = _window(ground, np.concatenate(flakes), 4 + 5 * ground.unit)
    bare = window.cover(flakes) * (1 - (window.cover(islands) if islands else 0))
    cover = _seen(ground, window, bare.astype(np.float32))
    plaster = (
        float(random.uniform(0.7, 0.92)),
        float(random.uniform(0, 0.03)),
        float(random.uniform(-0.05, 0)),
    )
    light, red, blue = _UNDER.get(ground.material, plaster)
    reach = 1.6 * ground.unit + 0.5
    x, y = ground.light.x * reach, ground.light.y * reach
    under = _base(ground, window) * np.float32(light)
    under *= (
        1 + 0.05 * window.clouds(random, 14 * ground.unit) + 0.03 * grain(random, window.width, window.height)
    )
    under *= 1 - 0.45 * np.clip(cover - _shifted(cover, -x, -y), 0, 1)
    _towards(ground, window, cover, under.astype(np.float32))
    curl = np.clip(_shifted(_blurred(cover, 0.8 * reach), -2 * x, -2 * y) - cover, 0, 1)
    lifted = np.clip(window.clouds(random, 30 * ground.unit), 0, 1)
    curl = _seen(ground, window, (curl * lifted).astype(np.float32))
    ground.plane[window.part] *= 1 + curl * np.float32(0.16 + 0.16 * ground.light.strength)
    _tint(ground, window, cover, red, blue)
    return _mask(ground, window, np.maximum(cover, curl), _WIDE)


def _flakes(random: Random, middle: Points, size: float, count: int) -> tuple[list[Points], list[Points]]:
    """Where paint is gone, in pieces that hang together, and what has stayed inside."""
    flakes, at = [_chip(random, middle, size * 0.35, 0.06)], middle
    for _ in range(count):
        at = at if random.random() < 0.6 else middle
        at = at + _heading(float(random.uniform(0, 2 * math.pi))) * size * float(random.uniform(0.15, 0.4))
        flakes.append(_chip(random, at, size * float(random.uniform(0.06, 0.26)), 0.06))
    islands = [
        _chip(
            random, middle + random.normal(0, 0.3, 2) * size, size * float(random.uniform(0.03, 0.09)), 0.06
        )
        for _ in range(count // 2)
    ]
    return flakes, islands


_LOST = {"light": (1, 1), "moderate": (2, 2), "severe": (3, 5)}


def missing_bolt(ground: Ground, random: Random, severity: Severity) -> Pixels:
    """A bolt is gone: a dark hole, a ring where the washer lay, rust that runs from it."""
    count = min(len(ground.bolts), int(random.integers(_LOST[severity][0], _LOST[severity][1] + 1)))
    start = int(random.integers(len(ground.bolts)))
    lost = [ground.bolts[(start + step) % len(ground.bolts)] for step in range(count)]
    mask = np.zeros(ground.plane.shape, np.uint8)
    for x, y, radius in lost:
        cv2.bitwise_or(mask, _bolt_hole(ground, random, np.array([x, y]), radius), dst=mask)
    return mask


def _bolt_hole(ground: Ground, random: Random, middle: Points, radius: float) -> Pixels:
    reach = radius * 2.1
    window = _window(ground, middle + np.array([[-reach, -reach], [reach, reach * 2]]), 1)
    around = np.linspace(0, 2 * math.pi, 28, endpoint=False)
    circle = np.stack([np.cos(around), np.sin(around)], axis=1)
    plate, hole = (window.cover([middle + circle * radius * share]) for share in (1.95, 0.72))
    ring = window.cover([middle + circle * radius * 1.5])
    runs = _run_down(random, window, hole, radius * 2.2) * (1 - plate)
    edge = np.median(ground.plane[window.part][0])
    rust = np.maximum(ring * np.clip(0.7 + 0.3 * window.clouds(random, radius * 0.4), 0, 1), 0.8 * runs)
    cover = np.maximum(plate, rust)
    cover[cover < FAINT] = 0
    bare = np.full(plate.shape, edge, np.float32) * (1 - 0.42 * rust)
    bare *= 1 - 0.88 * hole
    far = np.clip(_shifted(hole, -ground.light.x * 1.2, -ground.light.y * 1.2) - hole, 0, 1)
    bare *= 1 + 0.4 * far
    _towards(ground, window, cover, bare.astype(np.float32))
    _tint(ground, window, (rust * 0.9).astype(np.float32), 0.24, -0.22)
    return _mask(ground, window, cover, _WIDE)


_CAST = ("concrete", "render", "asphalt")
_MASONRY = ("brick", *_CAST)


class Kind(msgspec.Struct, frozen=True):
    """A kind of damage: how it is drawn, what it can happen to, and, where not to all, in which parts."""

    draw: Damage
    materials: tuple[str, ...]
    parts: tuple[str, ...] = ()


DAMAGE: dict[str, Kind] = {
    "crack": Kind(crack, _MASONRY),
    "spalling": Kind(spalling, _MASONRY),
    "corrosion": Kind(corrosion, ("steel", "metal", "concrete", "render")),
    "water stain": Kind(water, ("concrete", "brick", "render", "fabric")),
    "efflorescence": Kind(efflorescence, ("concrete", "brick", "render")),
    "missing piece": Kind(missing, _MASONRY),
    "dent": Kind(dent, ("metal", "steel")),
    "peeling": Kind(peeling, ("render", "steel", "metal")),
    "missing bolt": Kind(missing_bolt, ("steel",), ("girder", "bearing")),
}
"""Everything that can be wrong, by the name facts give it."""

ALSO_CALLED = {
    "cracks": "crack",
    "cracking": "crack",
    "spall": "spalling",
    "pothole": "missing piece",
    "potholes": "missing piece",
    "rust": "corrosion",
    "water": "water stain",
    "water damage": "water stain",
    "water stains": "water stain",
    "missing brick": "missing piece",
    "missing bricks": "missing piece",
    "missing bolts": "missing bolt",
    "dents": "dent",
    "peeling paint": "peeling",
}
