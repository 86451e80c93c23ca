"""What buildings and bridges are made of, seen straight on: concrete, brick, render, asphalt, metal, cloth.

Each answers with its grey light, and with how far it leans to red and to blue for each level of light, at
half the size. Relief is a plane of heights that one light runs over, so that every pit has its lit side.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache
from threading import Lock

import cv2
import msgspec
import numpy as np

from photogram.pixels.codecs import Pixels
from photogram.pixels.draw.canvas import Light, Plane, Points, Random, clouds, grain, polygon, stretch, wave

Skin = tuple[Plane, Plane, Plane]
Tone = tuple[float, float, float]

_TILE = 1792
_EIGHTH = 8
_MAKING = Lock()


class Piece(msgspec.Struct, frozen=True):
    """A piece of surface to be made: its size in pixels, how many of them a unit has, and its light."""

    random: Random
    width: int
    height: int
    unit: float
    light: Light
    bond: str = "stretcher"

    def among(self, choices: Sequence[Tone]) -> Tone:
        """One of some colours, a little off."""
        level, red, blue = choices[int(self.random.integers(len(choices)))]
        lean = self.random.normal(0, 0.008, 2)
        return level * float(self.random.uniform(0.94, 1.06)), red + float(lean[0]), blue + float(lean[1])

    def some(self, least: float, most: float) -> int:
        """A number for so many things on a thousand units square."""
        share = self.width * self.height / (1000 * self.unit) ** 2
        return int(self.random.uniform(least, most) * share)


def tone(red: float, green: float, blue: float) -> Tone:
    """A colour as its light, and its lean to red and to blue for each level of that."""
    level = 0.299 * red + 0.587 * green + 0.114 * blue
    return level, 0.713 * (red / level - 1), 0.564 * (blue / level - 1)


def _tones(*colours: tuple[float, float, float]) -> list[Tone]:
    return [tone(*colour) for colour in colours]


def skin(material: str, piece: Piece) -> Skin:
    """A piece of a material."""
    return MATERIALS[material](piece)


# ------------------------------------------------------------------------------ relief


def _stone() -> Plane:
    """Unevenness at many sizes at once, with a deviation of one."""
    with _MAKING:  # many pictures begin at once, and each would make its own
        return _stone_made()


@cache
def _stone_made() -> Plane:
    random = np.random.default_rng(19_220_411)
    mixed = np.zeros((_TILE, _TILE), np.float32)
    for size, share in ((1, 1.0), (2, 0.9), (4, 0.8), (9, 0.7)):
        side = _TILE // size
        soft = cv2.GaussianBlur(random.standard_normal((side, side), np.float32), (0, 0), 1.0)
        grown = cv2.resize(soft, (_TILE, _TILE), interpolation=cv2.INTER_CUBIC)
        mixed += np.asarray(grown, np.float32) * np.float32(share / soft.std())
    return mixed / mixed.std()


def _rough(piece: Piece, coarser: float = 1.0) -> Plane:
    """A cut of stone, stretched where the picture is finer than it."""
    wide, tall = (max(2, math.ceil(side / coarser)) for side in (piece.width, piece.height))
    top, left = (int(piece.random.integers(0, max(1, _TILE - side))) for side in (tall, wide))
    cut = _stone()[top : top + tall, left : left + wide]
    if piece.random.random() < 0.5:
        cut = cut[:, ::-1]
    rows, columns = tall - cut.shape[0], wide - cut.shape[1]
    if max(rows, columns) > 0:
        cut = np.pad(cut, ((0, max(0, rows)), (0, max(0, columns))), mode="symmetric")
    if cut.shape == (piece.height, piece.width):
        return cut.copy()
    size = (piece.width, piece.height)
    return np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _lit(heights: Plane, light: Light) -> Plane:
    """How much more light each slope takes than the level does: what falls towards the lamp is bright."""
    x, y = light.x * light.strength, light.y * light.strength
    kernel = np.array([[x + y, 2 * y, y - x], [2 * x, 0, -2 * x], [x - y, -2 * y, -x - y]], np.float32) / 8
    slopes = np.asarray(cv2.filter2D(heights, cv2.CV_32F, kernel), np.float32)
    slopes += np.float32(1)
    return np.clip(slopes, 0.25, 1.9, out=slopes)


def _half(piece: Piece) -> tuple[int, int]:
    return (piece.width + 1) // 2, (piece.height + 1) // 2


def _drift(piece: Piece, *humps: tuple[float, int], runs: float = 0.0) -> Plane:
    """Slow unevenness around 1, of some amounts and sizes, and the dark runs of the weather."""
    columns, rows = piece.width // _EIGHTH + 2, piece.height // _EIGHTH + 2
    small = _runs(piece, runs) if runs else np.ones((rows, columns), np.float32)
    for amount, cells in humps:
        small *= 1 + np.float32(amount) * clouds(piece.random, columns, rows, cells)
    size = piece.width, piece.height
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _lean(piece: Piece, lean: float, amount: float) -> Plane:
    """A colour that drifts a little over the piece."""
    columns, rows = _half(piece)
    small = clouds(piece.random, max(2, columns // 8), max(2, rows // 8), 4) * np.float32(amount)
    small = np.asarray(small + lean, np.float32)
    return np.asarray(cv2.resize(small, (columns, rows), interpolation=cv2.INTER_LINEAR), np.float32)


def _runs(piece: Piece, amount: float) -> Plane:
    """Weather: dark runs from above, each of its own length, at an eighth of the size around 1."""
    columns, rows = piece.width // _EIGHTH + 2, piece.height // _EIGHTH + 2
    knots = max(4, int(piece.width / piece.unit / 22))
    strength = np.clip(wave(piece.random, columns, knots), 0, 2)[None]
    length = np.clip(0.45 + 0.3 * wave(piece.random, columns, knots // 2), 0.08, 1.2)[None]
    down = np.linspace(0, 1, rows)[:, None]
    dark = strength * np.clip(1 - down / length, 0, 1) ** 0.7
    return np.asarray(1 - amount * dark, np.float32)


# ---------------------------------------------------------------------------- concrete

_CONCRETES = _tones(
    (160, 157, 150),
    (171, 165, 153),
    (143, 144, 143),
    (178, 175, 168),
    (154, 147, 134),
    (132, 131, 126),
    (163, 165, 166),
)


def _concrete(piece: Piece) -> Skin:
    level, red, blue = piece.among(_CONCRETES)
    random = piece.random
    plane = _drift(piece, (0.045, 4), (0.03, 22), runs=random.uniform(0, 0.1))
    heights = _rough(piece)
    heights *= np.float32(0.035)
    plane += heights * np.float32(random.uniform(0.3, 0.8))
    style = random.choice(["boards", "boards", "panels", "panels", "smooth", "washed"])
    if style == "boards":
        _boards(piece, plane, heights)
    elif style == "panels":
        _panels(piece, plane, heights)
    elif style == "washed":
        _washed(piece, plane, heights)
    _pores(piece, plane, heights, random.uniform(20, 260) * (style != "washed"))
    plane *= _lit(heights, piece.light)
    _grainy(piece, plane, random.uniform(0.012, 0.03))
    plane *= np.float32(level)
    return plane, _speckled(piece, red, 0.005), _speckled(piece, blue, 0.007)


def _grainy(piece: Piece, plane: Plane, amount: float) -> None:
    noise = grain(piece.random, piece.width, piece.height)
    noise *= np.float32(amount)
    plane += noise


def _speckled(piece: Piece, lean: float, amount: float) -> Plane:
    """Grains of sand have colours of their own."""
    columns, rows = _half(piece)
    sand = grain(piece.random, columns, rows) * np.float32(amount * 1.5)
    return np.asarray(_lean(piece, lean, amount * 0.6) + sand, np.float32)


def _boards(piece: Piece, plane: Plane, heights: Plane) -> None:
    """What the boards of a mould leave: planks of their own tone, the grain of wood, a fin at each joint."""
    random, across = piece.random, piece.random.random() < 0.65
    long = piece.height if across else piece.width
    tones, steps = np.ones(long, np.float32), np.zeros(long, np.float32)
    at, broad = 0.0, float(random.uniform(70, 150)) * piece.unit
    while at < long:
        after = at + broad * float(random.uniform(0.93, 1.07))
        tones[int(at) : int(after)] = 1 + random.normal(0, 0.03)
        steps[int(at) : int(after)] = random.normal(0, 0.05)
        fin = np.s_[int(at) : int(at + max(1.5, 2.2 * piece.unit))]
        tones[fin] *= 0.8
        steps[fin] += random.uniform(-0.25, 0.3)
        at = after
    fibres = random.standard_normal((max(3, int(long / piece.unit / 5)), 9), np.float32) * np.float32(0.02)
    wood = stretch(fibres, piece.width, long) if across else stretch(fibres, piece.height, long)
    planks = (tones[:, None], steps[:, None], wood) if across else (tones[None], steps[None], wood.T)
    plane *= planks[0]
    plane += planks[2] * np.float32(0.6)
    heights += planks[1] + planks[2]


def _panels(piece: Piece, plane: Plane, heights: Plane) -> None:
    """Large smooth panels: a groove at each joint, and the holes of the ties that held them."""
    random = piece.random
    wide, tall = random.uniform(520, 900) * piece.unit, random.uniform(380, 700) * piece.unit
    left, top = -random.uniform(0.1, 0.9) * wide, -random.uniform(0.1, 0.9) * tall
    groove = np.zeros(plane.shape, np.uint8)
    broad = max(1.0, random.uniform(3, 8) * piece.unit)
    for x in np.arange(left, piece.width, wide):
        polygon(groove, _bar(x, -9, x + broad, piece.height + 9), 255)
        for y in np.arange(top, piece.height, tall):
            polygon(groove, _bar(-9, y, piece.width + 9, y + broad), 255)
            for share in ((0.2, 0.3), (0.8, 0.3), (0.2, 0.75), (0.8, 0.75)):
                spot = x + share[0] * wide, y + share[1] * tall
                _dot(groove, spot, 8 * piece.unit, 235)
    plane *= 1 - np.asarray(groove, np.float32) * np.float32(0.42 / 255)
    heights -= np.asarray(cv2.GaussianBlur(groove, (3, 3), 0.8), np.float32) * np.float32(1.1 / 255)


def _washed(piece: Piece, plane: Plane, heights: Plane) -> None:
    """Gravel that shows: pebbles of many greys."""
    coarse = _rough(piece, max(1.0, 1.5 * piece.unit))
    plane += np.tanh(coarse) * np.float32(0.08)
    heights += np.clip(coarse, -1, 1.5) * np.float32(0.3)


def _pores(piece: Piece, plane: Plane, heights: Plane, most: float) -> None:
    """Holes that air left."""
    pits = np.zeros(plane.shape, np.uint8)
    count = piece.some(most * 0.5, most)
    spots = piece.random.random((count, 2)) * (piece.width, piece.height)
    sizes = (0.8 + 4.2 * piece.random.random(count) ** 4) * piece.unit
    for spot, size in zip(spots.tolist(), sizes.tolist(), strict=True):
        _dot(pits, (spot[0], spot[1]), size, 255)
    deep = np.asarray(pits, np.float32)
    deep *= np.float32(0.6 / 255)
    heights -= deep
    deep *= np.float32(-0.63)
    deep += np.float32(1)
    plane *= deep


def _dot(canvas: Pixels, at: tuple[float, float], radius: float, level: float) -> None:
    middle = round(at[0] * 16), round(at[1] * 16)
    cv2.circle(canvas, middle, max(6, round(radius * 16)), (level,), -1, cv2.LINE_AA, 4)


def _bar(left: float, top: float, right: float, bottom: float) -> Points:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)


# ------------------------------------------------------------------------------- brick

_BRICKS = _tones(
    (168, 98, 76),
    (142, 92, 74),
    (190, 124, 98),
    (196, 170, 124),
    (118, 80, 72),
    (178, 108, 74),
    (206, 188, 160),
)
_MORTARS = _tones(
    (176, 170, 158),
    (128, 124, 118),
    (192, 180, 154),
    (150, 147, 142),
)
BONDS = ("stretcher", "stretcher", "english", "flemish")


def _brick(piece: Piece) -> Skin:
    random = piece.random
    mortar, burnt = piece.among(_MORTARS), piece.among(_BRICKS)
    faces, level, red, blue = _bricked(piece, burnt)
    rough = _rough(piece)
    cover = np.asarray(cv2.GaussianBlur(faces, (0, 0), max(0.8, 1.3 * piece.unit)), np.float32)
    cover += rough * np.float32(22)
    cover -= np.float32(85)
    cover *= np.float32(1 / 85)
    np.clip(cover, 0, 1, out=cover)
    plane = level.astype(np.float32)
    plane -= np.float32(mortar[0])
    plane *= cover
    plane += np.float32(mortar[0])
    rough *= np.float32(0.05)
    plane *= _drift(piece, (0.03, 5), runs=random.uniform(0, 0.08))
    plane *= 1 + rough
    rough += cover * np.float32(random.uniform(0.5, 1.5))
    plane *= _lit(rough, piece.light)
    _grainy(piece, plane, 2.4)
    size = _half(piece)
    half = np.asarray(cv2.resize(cover, size, interpolation=cv2.INTER_AREA), np.float32)
    leans = [
        np.float32(base) + half * (np.asarray(kind, np.float32) / 250 - 0.5 - np.float32(base))
        for kind, base in ((red, mortar[1]), (blue, mortar[2]))
    ]
    grey, reds, blues = (np.asarray(made, np.float32) for made in (plane, *leans))
    return grey, reds, blues


def _bricked(piece: Piece, burnt: Tone) -> tuple[Pixels, Pixels, Pixels, Pixels]:
    """Where bricks are, how light each is, and, at half the size, its lean to red and blue as levels."""
    random, (wide, tall) = piece.random, (piece.width, piece.height)
    faces, level = np.zeros((tall, wide), np.uint8), np.full((tall, wide), round(burnt[0]), np.uint8)
    columns, rows = _half(piece)
    red, blue = (np.full((rows, columns), round((lean + 0.5) * 250), np.uint8) for lean in burnt[1:])
    spread, joint = random.uniform(0.05, 0.13), random.uniform(7.0, 11.0) * piece.unit
    for left, top, right, bottom in bricks("brick", piece.bond, wide, tall, piece.unit).tolist():
        uneven = random.normal(0, 0.5 * piece.unit, (4, 2))
        corners = _bar(left + joint / 2, top + joint / 2, right - joint / 2, bottom - joint / 2) + uneven
        polygon(faces, corners, 255)
        shift = random.normal(0, 1, 3)
        dark = 0.72 if random.random() < 0.07 else 1.0
        fields = np.s_[max(0, int(top)) : int(bottom), max(0, int(left)) : int(right)]
        level[fields] = int(np.clip(burnt[0] * (1 + spread * shift[0]) * dark, 20, 240))
        fields = np.s_[max(0, int(top / 2)) : int(bottom / 2), max(0, int(left / 2)) : int(right / 2)]
        red[fields] = round((burnt[1] * dark + 0.012 * shift[1] + 0.5) * 250)
        blue[fields] = round((burnt[2] * dark + 0.01 * shift[2] + 0.5) * 250)
    return faces, level, red, blue


def bricks(material: str, bond: str, width: int, height: int, unit: float) -> Points:
    """The left, top, right and bottom of every brick with its joints; none where nothing is laid."""
    if material != "brick":
        return np.zeros((0, 4))
    long, high = 132 * unit, 44 * unit
    found: list[tuple[float, float, float, float]] = []
    for number, top in enumerate(np.arange(0, height, high).tolist()):
        lengths = _pattern(bond, number)
        left, turn = -long * (1 + (0.5, 0.75)[bond != "stretcher"] * (number % 2)), 0
        while left < width:
            right = left + long * lengths[turn % len(lengths)]
            if right > 0:
                found.append((left, top, right, top + high))
            left, turn = right, turn + 1
    return np.array(found)


def _pattern(bond: str, number: int) -> tuple[float, ...]:
    """How long the bricks of a course are: long sides, short ones, or by turns."""
    if bond == "english":
        return (0.5,) if number % 2 else (1.0,)
    return (1.0, 0.5) if bond == "flemish" else (1.0,)


# ------------------------------------------------------------------- render and asphalt

_RENDERS = _tones(
    (214, 208, 194),
    (222, 205, 160),
    (205, 178, 140),
    (196, 200, 200),
    (212, 184, 168),
    (182, 190, 176),
    (170, 182, 194),
    (226, 224, 218),
)


def _render(piece: Piece) -> Skin:
    """Plaster outdoors: rough or smooth, in a pale colour, grey where the weather ran."""
    random = piece.random
    level, red, blue = piece.among(_RENDERS)
    style = random.choice(["fine", "coarse", "trowelled"])
    coarser = {"fine": 1.0, "coarse": max(1.0, 1.8 * piece.unit), "trowelled": max(1.0, 5 * piece.unit)}[
        style
    ]
    heights = _rough(piece, coarser) * np.float32({"fine": 0.1, "coarse": 0.34, "trowelled": 0.2}[style])
    heights += _rough(piece) * np.float32(0.03)
    plane = _drift(piece, (0.022, 3), (0.016, 16), runs=random.uniform(0, 0.12))
    plane *= _lit(heights, piece.light)
    _grainy(piece, plane, 0.012)
    plane *= np.float32(level)
    return plane, _lean(piece, red, 0.004), _lean(piece, blue, 0.006)


_ASPHALTS = _tones(
    (98, 97, 96),
    (82, 83, 86),
    (118, 115, 110),
    (106, 102, 96),
)


def _asphalt(piece: Piece) -> Skin:
    """Tar and stones: dark, coarse, with pale chips worn bare."""
    random = piece.random
    level, red, blue = piece.among(_ASPHALTS)
    stones = _rough(piece, max(1.0, 0.9 * piece.unit))
    plane = _drift(piece, (0.05, 4)) + np.tanh(stones) * np.float32(0.13)
    chips = np.clip(grain(random, piece.width, piece.height) + stones * np.float32(0.5) - 1.9, 0, 1)
    plane += chips * np.float32(random.uniform(0.35, 0.7))
    plane *= _lit(stones * np.float32(0.17), piece.light)
    _grainy(piece, plane, 0.04)
    plane *= np.float32(level)
    return plane, _speckled(piece, red, 0.012), _speckled(piece, blue, 0.016)


# ---------------------------------------------------------------------- metal and cloth

_PAINTS = _tones(
    (126, 142, 130),
    (98, 118, 136),
    (156, 160, 160),
    (132, 74, 60),
    (88, 118, 96),
    (184, 188, 184),
    (74, 88, 104),
)


def _steel(piece: Piece) -> Skin:
    """Painted steel: smooth, chalked by the weather, with faint runs."""
    random = piece.random
    level, red, blue = piece.among(_PAINTS)
    plane = _drift(piece, (0.02, 3), (0.014, 12), runs=random.uniform(0.01, 0.07))
    heights = _rough(piece, max(1.0, 2.4 * piece.unit)) * np.float32(0.05)
    plane *= _lit(heights, piece.light)
    _grainy(piece, plane, 0.008)
    _scuffs(piece, plane)
    plane *= np.float32(level)
    return plane, _lean(piece, red, 0.004), _lean(piece, blue, 0.006)


def _scuffs(piece: Piece, plane: Plane) -> None:
    marks = np.zeros(plane.shape, np.uint8)
    for _ in range(piece.some(4, 22)):
        at = piece.random.random(2) * (piece.width, piece.height)
        _dot(marks, (float(at[0]), float(at[1])), piece.random.uniform(0.6, 2.2) * piece.unit, 255)
    plane *= 1 + np.asarray(marks, np.float32) * np.float32(piece.random.choice([-0.16, 0.12]) / 255)


def _metal(piece: Piece) -> Skin:
    """Brushed metal: fine lines one way, a broad sheen across them."""
    random = piece.random
    level, red, blue = piece.among([tone(172, 173, 175), tone(150, 152, 156), tone(186, 182, 172)])
    fibres = random.standard_normal((piece.height, 14), np.float32) * np.float32(0.045)
    fine = random.standard_normal((piece.height, max(14, piece.width // 24)), np.float32) * np.float32(0.03)
    plane = 1 + stretch(fibres, piece.width, piece.height) + stretch(fine, piece.width, piece.height)
    across = np.linspace(-1, 1, piece.width, dtype=np.float32)[None]
    sheen = np.exp(-(((across - np.float32(random.uniform(-0.6, 0.6))) / 0.45) ** 2))
    plane *= 0.82 + 0.3 * sheen + np.float32(0.0)
    plane *= _drift(piece, (0.02, 4))
    plane *= np.float32(level)
    return plane.astype(np.float32), _lean(piece, red, 0.003), _lean(piece, blue, 0.004)


_CLOTHS = _tones(
    (92, 116, 146),
    (168, 156, 132),
    (136, 66, 62),
    (88, 104, 82),
    (186, 184, 178),
)


def _fabric(piece: Piece) -> Skin:
    """Woven cloth that hangs in slow folds."""
    random = piece.random
    level, red, blue = piece.among(_CLOTHS)
    pitch = max(2.2, random.uniform(4, 7) * piece.unit)
    x = np.arange(piece.width, dtype=np.float32)[None] * np.float32(2 * math.pi / pitch)
    y = np.arange(piece.height, dtype=np.float32)[:, None] * np.float32(2 * math.pi / pitch)
    weave = (np.sin(x) * np.cos(y / 2) + np.cos(x / 2) * np.sin(y)).astype(np.float32)
    threads = random.normal(0, 0.03, (1, piece.width)) + random.normal(0, 0.03, (piece.height, 1))
    plane = 1 + weave * np.float32(0.05) + threads.astype(np.float32) * np.float32(0.7)
    plane = np.asarray(plane * _folds(piece) * np.float32(level), np.float32)
    return plane, _lean(piece, red, 0.004), _lean(piece, blue, 0.004)


def _folds(piece: Piece) -> Plane:
    """The light on cloth that hangs: broad folds from above, each narrower and deeper as it goes."""
    random = piece.random
    columns, rows = piece.width // _EIGHTH + 2, piece.height // _EIGHTH + 2
    knots = random.standard_normal((3, int(random.integers(6, 14))), np.float32)
    heights = np.asarray(cv2.resize(knots, (columns, rows), interpolation=cv2.INTER_CUBIC), np.float32)
    heights += np.float32(0.25) * clouds(random, columns, rows, 6)
    slope = np.asarray(cv2.Sobel(heights, cv2.CV_32F, 1, 0), np.float32)
    side = math.copysign(1.0, piece.light.x) * (0.5 + 0.5 * abs(piece.light.x)) * piece.light.strength
    lit = 1 + np.float32(0.17 * side) * slope / np.float32(slope.std() + 1e-6) + np.float32(0.05) * heights
    size = piece.width, piece.height
    return np.asarray(cv2.resize(np.clip(lit, 0.45, 1.5), size, interpolation=cv2.INTER_LINEAR), np.float32)


MATERIALS: dict[str, Callable[[Piece], Skin]] = {
    "concrete": _concrete,
    "brick": _brick,
    "render": _render,
    "asphalt": _asphalt,
    "steel": _steel,
    "metal": _metal,
    "fabric": _fabric,
}
"""Every material that can be drawn, by the name facts give it."""
