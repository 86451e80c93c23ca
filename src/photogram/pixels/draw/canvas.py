"""What every drawing is made on and of: the scene, its light, noise, and shapes finer than a pixel.

A scene is one grey plane of floats. Colour is added last, by the camera. Whatever is smooth is made
small and stretched; whatever is sharp is drawn several times too large and shrunk.
"""

import math
from functools import cache
from zlib import crc32

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from photogram.data import Facts
from photogram.pixels.codecs import Pixels

Plane = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]
Random = np.random.Generator

_SHIFT = 4
_TILE = 1536


class Box(msgspec.Struct, frozen=True):
    """Where something drawn lies, in pixels from the top left."""

    label: str
    left: int
    top: int
    width: int
    height: int


class Painted(msgspec.Struct, frozen=True):
    """A finished drawing, and what of the facts it shows and does not show."""

    rgb: Pixels
    mask: Pixels | None = None
    boxes: tuple[Box, ...] = ()
    shows: Facts = {}
    not_understood: tuple[str, ...] = ()
    mode: str = "render"


class Light(msgspec.Struct, frozen=True):
    """The scene's one light: the direction it comes from, as a step in pixels, and its strength."""

    x: float
    y: float
    strength: float

    @property
    def angle(self) -> float:
        return math.atan2(self.y, self.x)


class Face(msgspec.Struct, frozen=True):
    """An upright rectangle turned and moved into the picture: where the thing lies that is inspected."""

    x: float
    y: float
    length: float
    breadth: float
    angle: float

    @property
    def unit(self) -> float:
        """A thousandth of the length: what sizes on the face are told in."""
        return self.length / 1000

    def place(self, points: Points) -> Points:
        """Points of the face, in shares of its length and breadth from its centre, as pixels."""
        turn = np.array(
            [[math.cos(self.angle), math.sin(self.angle)], [-math.sin(self.angle), math.cos(self.angle)]]
        )
        return (points * (self.length, self.breadth)) @ turn + (self.x, self.y)


class Scene(msgspec.Struct):
    """A picture in the making, before the camera: grey light, and where it is not grey."""

    plane: Plane
    glass: Pixels
    face: Face
    light: Light
    tints: list["Tint"] = []


class Tint(msgspec.Struct, frozen=True):
    """A patch of faint colour: how much of it where, and which way it leans."""

    left: int
    top: int
    cover: Plane
    red: float
    blue: float


def dice(seed: int, part: str) -> Random:
    """Random numbers for one part of a drawing, so that a change in one part leaves the others alone."""
    return np.random.default_rng([seed % 2**64, crc32(part.encode())])


def stretch(small: Plane, width: int, height: int) -> Plane:
    """A small plane as a large smooth one."""
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def clouds(random: Random, width: int, height: int, cells: int) -> Plane:
    """Smooth unevenness around 0, about one either way, with `cells` humps along the longer side."""
    scale = cells / max(width, height)
    rows, columns = max(2, round(height * scale)), max(2, round(width * scale))
    coarse = random.standard_normal((rows, columns), np.float32)
    fine = random.standard_normal((rows * 3, columns * 3), np.float32)
    mixed = stretch(coarse, columns * 3, rows * 3) + 0.4 * fine
    return stretch(mixed.astype(np.float32), width, height)


def wave(random: Random, count: int, knots: int) -> Points:
    """A smooth line of `count` numbers around 0, about one either way."""
    coarse = random.standard_normal((1, max(2, knots)), np.float32)
    return np.asarray(stretch(coarse, count, 1), np.float64).ravel()


def grain(random: Random, width: int, height: int) -> Plane:
    """Film grain with a deviation of one, cut from a tile made once and turned at random."""
    tile = _tile()
    top, left = (int(v) for v in random.integers(0, _TILE // 4, 2))
    cut = tile[top : top + height, left : left + width]
    if random.random() < 0.5:
        cut = cut[::-1]
    if random.random() < 0.5:
        cut = cut[:, ::-1]
    missing = (height - cut.shape[0], width - cut.shape[1])
    if max(missing) <= 0:
        return cut.copy()  # whoever gets it may change it, and the tile is everybody's
    rows, columns = (max(0, v) for v in missing)
    return np.pad(cut, ((0, rows), (0, columns)), mode="symmetric")


def polygon(canvas: Pixels, points: Points, level: float) -> None:
    """Fill a shape whose corners lie between pixels, with soft edges."""
    fixed = np.rint(points * (1 << _SHIFT)).astype(np.int32)
    cv2.fillPoly(canvas, [fixed], (level,), cv2.LINE_AA, _SHIFT)


def line(canvas: Pixels, points: Points, level: float, thickness: int) -> None:
    """Draw a line whose corners lie between pixels, with soft edges."""
    fixed = np.rint(points * (1 << _SHIFT)).astype(np.int32)
    cv2.polylines(canvas, [fixed], False, (level,), thickness, cv2.LINE_AA, _SHIFT)


def rounded(left: float, top: float, right: float, bottom: float, across: float, down: float) -> Points:
    """The outline of a rectangle with elliptic corners of the radii `across` and `down`."""
    quarter = np.linspace(0, math.pi / 2, 10)
    cos, sin = np.cos(quarter), np.sin(quarter)
    corners = [
        (right - across + across * cos, bottom - down + down * sin),
        (left + across - across * sin, bottom - down + down * cos),
        (left + across - across * cos, top + down - down * sin),
        (right - across + across * sin, top + down - down * cos),
    ]
    return np.concatenate([np.stack(corner, axis=1) for corner in corners])


def box_of(label: str, mask: Pixels) -> Box:
    """The smallest box around all that is set in the mask."""
    return Box(label, *(int(v) for v in cv2.boundingRect(mask)))


@cache
def _tile() -> Plane:
    noise = np.random.default_rng(20_061_119).standard_normal((_TILE, _TILE), np.float32)
    soft = np.asarray(cv2.GaussianBlur(noise, (0, 0), 0.6), np.float32)
    return soft / soft.std()
