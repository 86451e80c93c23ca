"""What illustrations are made on: flat colour seen in perspective, in one mood of light and air.

Everything has a place in metres: x to the right, y away from the viewer, z up. It is drawn from the
farthest to the nearest at twice the size and shrunk once; light that glows is kept small and added last.
"""

import math
from collections.abc import Sequence

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from photogram.pixels.codecs import Pixels, shrink
from photogram.pixels.draw.canvas import Plane, Points, Random, grain

Colour = tuple[float, float, float]

FINER = 2
_SHIFT = 4
_FIXED = FINER << _SHIFT
_NEAR = 0.4
_FARTHEST = 30_000
_COARSE = 8
_BLACK: Colour = (0, 0, 0)
_WHITE: Colour = (255, 255, 255)


def rgb(code: str) -> Colour:
    """A colour as it is written: six hexadecimal digits."""
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def mix(one: Colour, two: Colour, share: float) -> Colour:
    """A colour that share of the way from one to two."""
    red, green, blue = (a + (b - a) * share for a, b in zip(one, two, strict=True))
    return red, green, blue


def darker(colour: Colour, share: float) -> Colour:
    """The same colour in shade."""
    return mix(colour, _BLACK, share)


def lighter(colour: Colour, share: float) -> Colour:
    """The same colour in light."""
    return mix(colour, _WHITE, share)


def pick(random: Random, among: Sequence[Colour]) -> Colour:
    """One of the colours, a little lighter or darker than the others of its name."""
    chosen = among[int(random.integers(len(among)))]
    lean = float(random.uniform(-0.06, 0.06))
    return lighter(chosen, lean) if lean > 0 else darker(chosen, -lean)


def soft(points: Points, rounds: int = 2) -> Points:
    """The closed outline with its corners cut until they look round."""
    for _ in range(rounds):
        after = np.roll(points, -1, axis=0)
        points = np.stack([points * 0.75 + after * 0.25, points * 0.25 + after * 0.75], 1).reshape(-1, 2)
    return points


def ring(x: float, y: float, across: float, down: float, count: int = 28) -> Points:
    """The outline of an ellipse."""
    turn = np.linspace(0, 2 * math.pi, count, endpoint=False)
    return np.stack([x + across * np.cos(turn), y + down * np.sin(turn)], axis=1)


class Mood(msgspec.Struct, frozen=True):
    """The light and the air that everything is seen in."""

    sky: tuple[Colour, Colour]
    tint: Colour = (1, 1, 1)
    air: Colour = _WHITE
    haze: float = 0.004
    clear: float = 0
    sun: tuple[float, float] = (0, 0)
    shade: float = 0
    lamps: bool = False
    snow: bool = False
    wet: bool = False
    paper: Colour = _WHITE
    pale: float = 0
    ink: Colour | None = None

    def lit(self, colour: Colour, away: float) -> Colour:
        """The colour in this light, seen through so many metres of this air, the first of them clear."""
        red, green, blue = (min(255, level * by) for level, by in zip(colour, self.tint, strict=True))
        hazed = mix((red, green, blue), self.air, 1 - math.exp(-self.haze * max(0, away - self.clear)))
        return mix(hazed, self.paper, self.pale)


class Eye(msgspec.Struct, frozen=True):
    """Where the viewer stands, how far the gaze is bent down, and where its middle falls in the picture."""

    x: float
    y: float
    z: float
    pitch: float
    focal: float
    middle: tuple[float, float]

    def depths(self, points: Points) -> Points:
        """Right, down and away of each point, as the eye has them."""
        aside, ahead, up = (points - (self.x, self.y, self.z)).T
        cos, sin = math.cos(self.pitch), math.sin(self.pitch)
        return np.stack([aside, -ahead * sin - up * cos, ahead * cos - up * sin], axis=1)

    def away(self, x: float, y: float, z: float) -> float:
        """How far a place lies before the eye."""
        return float(self.depths(np.array([[x, y, z]], float))[0, 2])

    def place(self, points: Points) -> Points:
        """Where a shape falls in the picture, cut off where it comes too near; empty where all of it does."""
        seen = _before(self.depths(points))
        if not len(seen):
            return np.empty((0, 2))
        return seen[:, :2] / seen[:, 2:] * self.focal + self.middle

    def horizon(self) -> float:
        """The row of the picture that everything far away lies on."""
        return self.middle[1] - self.focal * math.tan(self.pitch)

    def across(self, y: float, width: int) -> tuple[float, float]:
        """From where to where the ground can be seen that far away."""
        reach = max(0.5, self.away(0, y, 0)) / self.focal
        return self.x - self.middle[0] * reach, self.x + (width - self.middle[0]) * reach


def _before(seen: Points) -> Points:
    """What of a shape lies before the eye."""
    near = seen[:, 2] < _NEAR
    if not near.any():
        return seen
    kept: list[Points] = []
    for one, two in zip(seen, np.roll(seen, -1, axis=0), strict=True):
        if one[2] >= _NEAR:
            kept.append(one)
        if (one[2] < _NEAR) != (two[2] < _NEAR):
            kept.append(one + (two - one) * ((_NEAR - one[2]) / (two[2] - one[2])))
    return np.array(kept)


class Easel:
    """A picture in the making."""

    def __init__(self, width: int, height: int, eye: Eye, mood: Mood) -> None:
        self.width, self.height, self.eye, self.mood = width, height, eye, mood
        self.canvas: Pixels = np.zeros((height * FINER, width * FINER, 3), np.uint8)
        rows, columns = -(-height // _COARSE) + 1, -(-width // _COARSE) + 1
        self._glows = np.zeros((rows, columns, 3), np.float32)

    # -------------------------------------------------------------- in pixels of the picture

    def fill(self, points: Points, colour: Colour) -> None:
        """A flat shape, with an outline where the style has one."""
        if len(points) < 3:
            return
        fixed = _fixed(points)
        cv2.fillPoly(self.canvas, [fixed], colour, cv2.LINE_AA, _SHIFT)
        if self.mood.ink is not None:
            cv2.polylines(self.canvas, [fixed], True, self.mood.ink, self.pen(0.0022), cv2.LINE_AA, _SHIFT)

    def stroke(self, points: Points, colour: Colour, thick: float) -> None:
        """A line with round ends, so many pixels thick."""
        if len(points) < 2:
            return
        broad = max(1, round(thick * FINER))
        cv2.polylines(self.canvas, [_fixed(points)], False, colour, broad, cv2.LINE_AA, _SHIFT)

    def veil(self, points: Points, colour: Colour, cover: float) -> None:
        """A flat shape that what lies under it shines through."""
        if len(points) < 3 or cover <= 0:
            return
        low = np.maximum(np.floor(points.min(axis=0) * FINER).astype(int) - 2, 0)
        high = np.ceil(points.max(axis=0) * FINER).astype(int) + 3
        part = self.canvas[low[1] : max(low[1], high[1]), low[0] : max(low[0], high[0])]
        if not part.size:
            return
        over = part.copy()
        cv2.fillPoly(over, [_fixed(points - low / FINER)], colour, cv2.LINE_AA, _SHIFT)
        cv2.addWeighted(over, cover, part, 1 - cover, 0, dst=part)

    def rows(self, top: float, bottom: float, colours: Sequence[Colour]) -> None:
        """Whole rows of the picture, the colours running evenly from the top to the bottom."""
        first, last = (max(0, min(self.canvas.shape[0], round(v * FINER))) for v in (top, bottom))
        if last <= first:
            return
        along = (np.arange(first, last) / FINER - top) / max(1e-6, bottom - top)
        stops = np.linspace(0, 1, len(colours))
        run = [np.interp(along, stops, [colour[part] for colour in colours]) for part in range(3)]
        column = np.rint(np.stack(run, axis=1)).astype(np.uint8)[:, None]
        size = (self.canvas.shape[1], last - first)
        self.canvas[first:last] = cv2.resize(column, size, interpolation=cv2.INTER_NEAREST)

    def glow(self, at: Points, radius: float, colour: Colour, strength: float) -> None:
        """Light around a place, added to whatever is there when all is drawn."""
        rows, columns = self._glows.shape[:2]
        middle, reach = at / _COARSE, max(0.8, radius / _COARSE)
        left, top = (max(0, int(v - 2.6 * reach)) for v in middle)
        right, bottom = (int(v + 2.6 * reach) + 2 for v in middle)
        if left >= columns or top >= rows or right <= 0 or bottom <= 0:
            return
        part = self._glows[top:bottom, left:right]
        down = np.arange(top, top + part.shape[0], dtype=np.float32)[:, None] - np.float32(middle[1])
        aside = np.arange(left, left + part.shape[1], dtype=np.float32)[None] - np.float32(middle[0])
        bell = np.exp((down * down + aside * aside) * np.float32(-1 / (reach * reach)))
        part += bell[..., None] * (np.array(colour, np.float32) * np.float32(strength))

    def pen(self, share: float) -> int:
        """A line's thickness as a share of the picture's shorter side, in pixels of the fine drawing."""
        return max(1, round(share * min(self.width, self.height) * FINER))

    # ----------------------------------------------------------------- in metres of the world

    def shape(self, points: Points, colour: Colour, *, glows: bool = False) -> None:
        """A flat shape in the world."""
        away = float(np.mean(self.eye.depths(points)[:, 2]))
        self.fill(self.eye.place(points), colour if glows else self.mood.lit(colour, away))

    def wall(self, across: tuple[float, float], up: tuple[float, float], y: float, colour: Colour) -> None:
        """An upright rectangle that faces the viewer."""
        (left, right), (low, high) = across, up
        self.shape(np.array([[left, y, low], [right, y, low], [right, y, high], [left, y, high]]), colour)

    def side(self, x: float, ahead: tuple[float, float], up: tuple[float, float], colour: Colour) -> None:
        """An upright rectangle that runs away from the viewer."""
        (near, far), (low, high) = ahead, up
        self.shape(np.array([[x, near, low], [x, far, low], [x, far, high], [x, near, high]]), colour)

    def floor(
        self, across: tuple[float, float], ahead: tuple[float, float], colour: Colour, z: float = 0
    ) -> None:
        """A level rectangle."""
        (left, right), (near, far) = across, ahead
        self.shape(np.array([[left, near, z], [right, near, z], [right, far, z], [left, far, z]]), colour)

    def box(
        self,
        across: tuple[float, float],
        ahead: tuple[float, float],
        up: tuple[float, float],
        colour: Colour,
        top: Colour | None = None,
    ) -> None:
        """A box: its top, the side that can be seen, and its front."""
        left, right = across
        if self.eye.z > up[1]:
            self.floor(across, ahead, top or lighter(colour, 0.12), up[1])
        bright = self.mood.sun[0] > 0
        if self.eye.x > right:
            self.side(right, ahead, up, darker(colour, 0.28 if bright else 0.14))
        elif self.eye.x < left:
            self.side(left, ahead, up, darker(colour, 0.14 if bright else 0.28))
        self.wall(across, up, ahead[0], colour)

    def ground(self, colour: Colour, near: Colour | None = None) -> None:
        """Level ground up to the horizon, paler with the distance."""
        top = self.eye.horizon()
        rows = np.linspace(max(0.0, top), self.height, 24)
        below = (rows - self.eye.middle[1]) / self.eye.focal
        drop = math.sin(self.eye.pitch) + below * math.cos(self.eye.pitch)
        away = np.where(drop > 1e-4, self.eye.z / np.maximum(drop, 1e-4), 4000)
        shades = np.linspace(0, 1, len(rows)) ** 2
        colours = [
            self.mood.lit(mix(colour, near or colour, float(s)), float(a))
            for s, a in zip(shades, away, strict=True)
        ]
        self.rows(max(0.0, top), self.height, colours)

    def shadow(self, x: float, y: float, broad: float, tall: float) -> None:
        """The shadow on the ground of something upright."""
        reach = np.array(self.mood.sun) * tall
        turn = math.atan2(reach[1], reach[0])
        long = math.hypot(*reach) / 2 + broad * 0.5
        along = ring(0, 0, long, broad * 0.5, 20)
        spin = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
        on = along @ spin + (x, y) + reach / 2
        where = self.eye.place(np.column_stack([on, np.zeros(len(on))]))
        self.veil(where, (28, 30, 52), 0.12 + 0.32 * self.mood.shade)

    def stand(self, x: float, y: float, z: float = 0) -> "Stand":
        """A place where something flat stands upright and faces the viewer."""
        return Stand(self, x, y, z)

    # ---------------------------------------------------------------------------- the end

    def finish(self) -> Pixels:
        """The picture at its own size, with the light that glows."""
        small = shrink(self.canvas, self.width, self.height)
        glows = np.clip(self._glows, 0, 255).astype(np.uint8)
        if not glows.any():
            return small
        size = (glows.shape[1] * _COARSE, glows.shape[0] * _COARSE)
        large = cv2.resize(glows, size, interpolation=cv2.INTER_LINEAR)[: self.height, : self.width]
        return np.asarray(cv2.add(small, large), np.uint8)


class Stand:
    """Something flat that faces the viewer, drawn in metres: x to the right, y up from where it stands."""

    def __init__(self, easel: Easel, x: float, y: float, z: float) -> None:
        seen = easel.eye.depths(np.array([[x, y, z]], float))[0]
        self.away = float(seen[2])
        self.easel, self.hidden = easel, self.away < _NEAR
        self.scale = easel.eye.focal / max(_NEAR, self.away)
        # Seen from above, what stands upright is a little shorter, and never as short as it would be.
        self.rise = self.scale * (0.35 + 0.65 * math.cos(easel.eye.pitch))
        self.foot = seen[:2] / max(_NEAR, self.away) * easel.eye.focal + easel.eye.middle

    def at(self, points: Points) -> Points:
        """Where points of the drawing fall in the picture."""
        return self.foot + points * (self.scale, -self.rise)

    def fill(self, points: Sequence[tuple[float, float]] | Points, colour: Colour, round_: int = 0) -> None:
        """A flat shape, its corners cut so many times."""
        if not self.hidden:
            outline = self.at(soft(np.asarray(points, float), round_))
            self.easel.fill(outline, self.easel.mood.lit(colour, self.away))

    def disc(self, x: float, y: float, across: float, down: float, colour: Colour) -> None:
        """An ellipse."""
        self.fill(ring(x, y, across, down, 18 if self.scale * across < 40 else 36), colour)

    def limb(self, points: Sequence[tuple[float, float]], colour: Colour, thick: float) -> None:
        """A line with round ends, so many metres thick."""
        if self.hidden:
            return
        where, broad = self.at(np.asarray(points, float)), thick * self.scale
        ink = self.easel.mood.ink
        if ink is not None and broad > 2:
            self.easel.stroke(where, ink, broad + self.easel.pen(0.0022))
        self.easel.stroke(where, self.easel.mood.lit(colour, self.away), broad)

    def light(self, x: float, y: float, size: float, colour: Colour) -> None:
        """A lamp that is on: its own disc, unchanged by the mood, and the light around it."""
        if self.hidden:
            return
        spot = self.at(np.array([[x, y]]))[0]
        self.easel.fill(
            ring(float(spot[0]), float(spot[1]), size * self.scale, size * self.scale, 20), colour
        )
        self.easel.glow(spot, size * 6 * self.scale, colour, 0.5)


def _fixed(points: Points) -> npt.NDArray[np.int32]:
    return np.rint(np.clip(points, -_FARTHEST, _FARTHEST) * _FIXED).astype(np.int32)


def speckle(picture: Pixels, random: Random, amount: float) -> Pixels:
    """The picture with the tooth of paper: so many levels of grain, the same in all colours."""
    height, width = picture.shape[:2]
    coarse = grain(random, width // 2 + 1, height // 2 + 1)
    fine: Plane = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    levels = np.asarray(cv2.convertScaleAbs(fine, alpha=amount, beta=40), np.int16) - 40
    return np.asarray(cv2.add(picture, cv2.merge([levels] * 3), dtype=cv2.CV_8U), np.uint8)
