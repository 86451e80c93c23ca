"""Parts of buildings and bridges, as an inspector frames them: a wall, an eave, a pier, a bearing.

A part is laid out straight, in shares of the picture, and seen through a camera that is held a little
askew. What it is made of comes from outside, as a function that makes a piece of it.
"""

import math
from collections.abc import Callable

import cv2
import msgspec
import numpy as np

from photogram.pixels.codecs import Pixels, shrink
from photogram.pixels.draw.canvas import (
    Face,
    Light,
    Plane,
    Points,
    Random,
    Scene,
    Tint,
    clouds,
    polygon,
)

Skin = tuple[Plane, Plane, Plane]
Skinner = Callable[[str, tuple[int, int], float, Light], Skin]
Span = tuple[float, float, float, float]
Colour = tuple[float, float, float]
"""Grey light, and how far it leans to red and to blue for each level of that."""

_COARSE = 16
_MOST = 2600
_EVERYWHERE: Span = (-0.1, -0.1, 1.1, 1.1)


class Weather(msgspec.Struct, frozen=True):
    """What the light of a day does: its slant, its shadows, its colour in the sun and out of it."""

    relief: float
    low: bool
    exposure: float
    red: float
    blue: float
    shadow: float
    falloff: float
    sky: Colour


WEATHERS = {
    "overcast": Weather(0.5, False, 0.93, 0.0, 0.01, 0.3, 0.07, (222, -0.012, 0.02)),
    "sunny": Weather(1.0, False, 1.1, 0.012, -0.016, 0.5, 0.1, (190, -0.1, 0.12)),
    "low sun": Weather(1.35, True, 1.03, 0.06, -0.066, 0.52, 0.2, (200, -0.03, 0.03)),
    "shade": Weather(0.4, False, 0.72, -0.018, 0.035, 0.2, 0.1, (225, -0.06, 0.08)),
}
"""Every light that can be drawn, by the name facts give it."""


class Wall(Scene, kw_only=True):
    """A part in the making: also its colours at half the size, and how its face lies in the picture."""

    red: Plane
    blue: Plane
    unit: float
    turn: Points
    material: str
    lit: Plane
    size: tuple[int, int]
    bolts: list[tuple[float, float, float]] = []
    bricks: Points = msgspec.field(default_factory=lambda: np.zeros((0, 4)))


class _Stage(msgspec.Struct):
    """The picture while its parts are put into it."""

    random: Random
    width: int
    height: int
    unit: float
    light: Light
    weather: Weather
    skin: Skinner
    camera: Points
    plane: Plane
    red: Plane
    blue: Plane
    subject: Pixels
    near: Pixels
    turn: Points
    size: tuple[int, int] = (0, 0)
    bolts: list[tuple[float, float, float]] = []

    def see(self, points: Points) -> Points:
        """Shares of the picture as pixels, as the camera sees them."""
        flat = np.asarray(points, np.float64).reshape(-1, 1, 2)
        return cv2.perspectiveTransform(flat, self.camera).reshape(-1, 2).astype(np.float64)

    def box(self, span: Span) -> Points:
        """An upright rectangle, from its left, top, right and bottom in shares."""
        left, top, right, bottom = span
        return self.see(np.array([[left, top], [right, top], [right, bottom], [left, bottom]]))

    @property
    def across(self) -> float:
        """One unit in shares of the width."""
        return self.unit / self.width

    @property
    def down(self) -> float:
        return self.unit / self.height


Layout = Callable[[_Stage, str], None]


def part(
    random: Random, size: tuple[int, int], name: str, material: str, weather: Weather, skin: Skinner
) -> Wall:
    """A sound part of a building or a bridge, in a material and a light."""
    stage = _stage(random, size, weather, skin)
    PARTS[name](stage, material)
    lit = _daylight(stage)
    return Wall(
        plane=stage.plane,
        glass=stage.subject,
        face=_face(stage),
        light=stage.light,
        red=stage.red,
        blue=stage.blue,
        unit=stage.unit,
        turn=stage.turn,
        material=material,
        lit=lit,
        size=stage.size,
        bolts=stage.bolts,
    )


def colour(wall: Wall) -> None:
    """Lay the colours over the light, as the last thing before the camera."""
    height, width = wall.plane.shape
    rows, columns = wall.red.shape
    half = np.asarray(cv2.resize(wall.plane, (columns, rows), interpolation=cv2.INTER_LINEAR), np.float32)
    for lean, red, blue in ((wall.red, 1.0, 0.0), (wall.blue, 0.0, 1.0)):
        cover = np.asarray(cv2.resize(lean * half, (width, height), interpolation=cv2.INTER_NEAREST))
        wall.tints.append(Tint(0, 0, cover.astype(np.float32, copy=False), red=red, blue=blue))


def _stage(random: Random, size: tuple[int, int], weather: Weather, skin: Skinner) -> _Stage:
    width, height = size
    rows, columns = (height + 1) // 2, (width + 1) // 2
    return _Stage(
        random=random,
        width=width,
        height=height,
        unit=math.sqrt(width * height) / 1000 * float(random.uniform(0.8, 1.4)),
        light=_sun(random, weather),
        weather=weather,
        skin=skin,
        camera=_camera(random, width, height),
        plane=np.full((height, width), 128, np.float32),
        red=np.zeros((rows, columns), np.float32),
        blue=np.zeros((rows, columns), np.float32),
        subject=np.zeros((height, width), np.uint8),
        near=np.zeros((height, width), np.uint8),
        turn=np.eye(3),
    )


def _sun(random: Random, weather: Weather) -> Light:
    """Light comes from above, from the left or the right; low light more from the side."""
    up = random.uniform(10, 38) if weather.low else random.uniform(40, 85)
    angle = math.radians(-up if random.random() < 0.5 else up - 180)
    return Light(x=math.cos(angle), y=math.sin(angle), strength=weather.relief)


def _camera(random: Random, width: int, height: int) -> Points:
    """Held by hand: turned a little, and one side nearer than the other."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
    nearer, above = np.clip(random.normal(0, 1, 2), -1.8, 1.8) * (0.038, 0.034)
    askew = corners - 0.5
    askew[:, 1] *= 1 + nearer * np.sign(askew[:, 0])
    askew[:, 0] *= 1 + above * np.sign(askew[:, 1])
    level = min(width, height) / max(width, height)
    turn = math.radians(level * float(np.clip(random.normal(0, 1.6), -3, 3)))
    pixels = askew * (width, height)
    turned = pixels @ np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    seen = turned + np.array([width / 2, height / 2])
    return np.asarray(
        cv2.getPerspectiveTransform(corners.astype(np.float32), seen.astype(np.float32)), np.float64
    )


def _face(stage: _Stage) -> Face:
    """The part of the picture to look for damage in, as an upright rectangle."""
    left, top, wide, tall = cv2.boundingRect(stage.subject)
    return Face(left + wide / 2, top + tall / 2, float(max(1, wide)), float(max(1, tall)), 0.0)


# ---------------------------------------------------------------------- putting things in


def _lay(
    stage: _Stage, material: str, quad: Points, level: float = 1.0, subject: bool = False, bulge: float = 0.0
) -> None:
    """Cover four corners with a material; where it is the subject, damage may be put there."""
    wide = _span(quad, 0, 1, 3, 2)
    tall = _span(quad, 0, 3, 1, 2)
    tone, red, blue = stage.skin(material, (wide, tall), stage.unit, stage.light)
    if bulge:
        tone *= _bulging(wide, bulge * stage.light.x)
    flat = np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]], np.float32)
    turn = np.asarray(cv2.getPerspectiveTransform(flat, quad.astype(np.float32)), np.float64)
    window = _window(stage, quad)
    if window is None:
        return
    left, top, columns, rows = window
    move = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], np.float64)
    cover = _cover(quad - (left, top), columns, rows)
    stage.near[top : top + rows, left : left + columns] |= (cover > 0.5).astype(np.uint8)
    _blend(
        stage.plane[top : top + rows, left : left + columns],
        _warped(tone, move @ turn, columns, rows),
        cover,
        level,
    )
    halves = np.diag([0.5, 0.5, 1.0]) @ move @ turn @ np.diag([2.0, 2.0, 1.0])
    small = _halved(cover, stage.red[top // 2 : (top + rows + 1) // 2, left // 2 : (left + columns + 1) // 2])
    for plane, lean in ((stage.red, red), (stage.blue, blue)):
        under = plane[top // 2 : (top + rows + 1) // 2, left // 2 : (left + columns + 1) // 2]
        _blend(under, _warped(lean, halves, under.shape[1], under.shape[0]), small, 1.0)
    if subject:
        stage.turn, stage.size = turn, (wide, tall)
        stage.subject[:] = 0
        stage.subject[top : top + rows, left : left + columns] = (cover * 255).astype(np.uint8)
    else:
        _hide(stage, window, cover)


def _hide(stage: _Stage, window: tuple[int, int, int, int], cover: Plane) -> None:
    """What is put before the subject hides it."""
    left, top, columns, rows = window
    under = stage.subject[top : top + rows, left : left + columns]
    under[cover > 0.02] = 0


def _span(quad: Points, *ends: int) -> int:
    """The longer of two opposite sides, in whole pixels."""
    one = float(np.hypot(*(quad[ends[1]] - quad[ends[0]])))
    two = float(np.hypot(*(quad[ends[3]] - quad[ends[2]])))
    return int(np.clip(math.ceil(max(one, two)), 4, _MOST))


def _window(stage: _Stage, points: Points, margin: float = 1) -> tuple[int, int, int, int] | None:
    """Left, top, width and height, with even corners, of what of the points is in the picture."""
    low = np.maximum(np.floor(points.min(axis=0) - margin), 0)
    high = np.minimum(np.ceil(points.max(axis=0) + margin), (stage.width, stage.height))
    left, top = (int(v) // 2 * 2 for v in low)
    wide, tall = int(high[0]) - left, int(high[1]) - top
    return (left, top, wide, tall) if wide > 1 and tall > 1 else None


def _cover(points: Points, width: int, height: int) -> Plane:
    shape = np.zeros((height, width), np.uint8)
    polygon(shape, points, 255)
    return np.asarray(shape, np.float32) * np.float32(1 / 255)


def _grown(small: Plane, width: int, height: int) -> Plane:
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _warped(plane: Plane, turn: Points, width: int, height: int) -> Plane:
    return np.asarray(
        cv2.warpPerspective(
            plane, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        ),
        np.float32,
    )


def _halved(cover: Plane, like: Plane) -> Plane:
    rows, columns = like.shape
    return np.asarray(cv2.resize(cover, (columns, rows), interpolation=cv2.INTER_LINEAR), np.float32)


def _blend(under: Plane, over: Plane, cover: Plane, level: float) -> None:
    if level != 1.0:
        over *= np.float32(level)
    over -= under
    over *= cover
    under += over


def _fill(stage: _Stage, points: Points, tone: Colour, blur: float = 0) -> None:
    """A shape of one colour, its edges soft where it is out of focus."""
    window = _window(stage, points, 1 + 3 * blur)
    if window is None:
        return
    left, top, columns, rows = window
    cover = _cover(points - (left, top), columns, rows)
    if blur > 0.4:
        cover = np.asarray(cv2.GaussianBlur(cover, (0, 0), blur), np.float32)
    shade = stage.weather.exposure
    part = stage.plane[top : top + rows, left : left + columns]
    part += cover * (np.float32(tone[0] * shade) - part)
    for plane, lean in ((stage.red, tone[1]), (stage.blue, tone[2])):
        under = plane[top // 2 : (top + rows + 1) // 2, left // 2 : (left + columns + 1) // 2]
        under += _halved(cover, under) * (np.float32(lean) - under)
    if blur <= 0.4:
        _hide(stage, window, cover)


def _shade(stage: _Stage, points: Points, dark: float, blur: float) -> None:
    """Darken a shape with soft edges: a shadow, or, below nothing, a gleam."""
    window = _window(stage, points, 1 + 3 * blur)
    if window is None:
        return
    left, top, columns, rows = window
    coarser = max(1, min(8, int(blur / 2)))
    small = columns // coarser + 1, rows // coarser + 1
    cover = _cover((points - (left, top)) / coarser, *small)
    if blur / coarser > 0.4:
        cover = np.asarray(cv2.GaussianBlur(cover, (0, 0), blur / coarser), np.float32)
    stage.plane[top : top + rows, left : left + columns] *= 1 - _grown(cover, columns, rows) * np.float32(
        dark
    )


def _backdrop(stage: _Stage, tones: tuple[Colour, Colour], cells: int = 9) -> None:
    """What lies far behind, out of focus: one colour above, one below, and blotches."""
    columns, rows = stage.width // _COARSE + 2, stage.height // _COARSE + 2
    down = np.linspace(-0.1, 1.1, rows)[:, None]
    blotch = clouds(stage.random, columns, rows, cells)
    mix = np.clip(down + 0.14 * blotch, 0, 1).astype(np.float32)
    for number, plane in enumerate((stage.plane, stage.red, stage.blue)):
        small = tones[0][number] + mix * np.float32(tones[1][number] - tones[0][number])
        if number == 0:
            small *= np.float32(stage.weather.exposure) * (1 + 0.07 * blotch)
        plane[:] = _grown(small.astype(np.float32), plane.shape[1], plane.shape[0])


def _sky(stage: _Stage) -> None:
    """Brighter towards the roofs."""
    level, red, blue = stage.weather.sky
    _backdrop(stage, ((level * 0.94, red, blue), (level * 1.08, red * 0.5, blue * 0.5)), 3)


_GREEN: Colour = (88, -0.05, -0.1)
_WATER: Colour = (118, -0.05, 0.03)
_STREET: Colour = (132, 0.0, 0.01)
_EARTH: Colour = (112, 0.05, -0.07)


def _ground(stage: _Stage) -> None:
    """Trees over water, earth or a street."""
    below = (_WATER, _EARTH, _STREET, _GREEN)[int(stage.random.integers(4))]
    above = _GREEN if stage.random.random() < 0.6 else stage.weather.sky
    _backdrop(stage, (above, below), int(stage.random.integers(6, 14)))


# ------------------------------------------------------------------------------ daylight


def _daylight(stage: _Stage) -> Plane:
    """The light of the day over all of it; answers with how much of it falls where, at a small size."""
    weather, fine = stage.weather, 4
    columns, rows = stage.width // fine + 2, stage.height // fine + 2
    x = np.linspace(-1, 1, columns, dtype=np.float32)[None] * np.float32(stage.light.x)
    y = np.linspace(-1, 1, rows, dtype=np.float32)[:, None] * np.float32(stage.light.y)
    field = 1 + np.float32(weather.falloff) * np.tanh(x + y)
    corners = np.linspace(-1, 1, columns)[None] ** 2 + np.linspace(-1, 1, rows)[:, None] ** 2
    field *= (1 - 0.1 * (corners / 2) ** 1.5).astype(np.float32)
    field *= 1 + 0.015 * clouds(stage.random, columns, rows, 4)
    shaded = np.zeros((rows, columns), np.float32)
    if weather.shadow > 0.4 and stage.random.random() < 0.4:
        near = shrink((stage.near > 0).astype(np.uint8) * 255, columns, rows)
        shaded = _cast(stage, columns, rows) * np.asarray(near, np.float32) * np.float32(1 / 255)
    small = field * (1 - np.float32(weather.shadow) * shaded) * np.float32(weather.exposure)
    stage.plane *= _grown(small.astype(np.float32), stage.width, stage.height)
    half = stage.red.shape[1], stage.red.shape[0]
    stage.red += _grown((weather.red * (1 - shaded) - 0.02 * shaded).astype(np.float32), *half)
    stage.blue += _grown((weather.blue * (1 - shaded) + 0.04 * shaded).astype(np.float32), *half)
    return small[::4, ::4].astype(np.float32)


def _cast(stage: _Stage, columns: int, rows: int) -> Plane:
    """The shadow of something out of sight: a straight edge, or leaves."""
    random, side = stage.random, float(min(columns, rows))
    if random.random() < 0.4:
        speckle = clouds(random, columns, rows, int(random.integers(14, 26)))
        leaves = speckle * 1.1 + clouds(random, columns, rows, 3) * 1.5 - 0.9
        edged = np.clip(leaves * 2.5, 0, 1).astype(np.float32)
        return np.asarray(cv2.GaussianBlur(edged, (0, 0), max(0.5, side * 0.012)), np.float32)
    shape = np.zeros((rows, columns), np.uint8)
    lean = math.atan2(stage.light.y, stage.light.x) + random.normal(0, 0.25)
    along = np.array([math.cos(lean), math.sin(lean)])
    across = np.array([-along[1], along[0]]) * random.choice([-1, 1])
    far = 4.0 * max(rows, columns)
    start = np.array([columns / 2, rows / 2]) + across * random.uniform(0.15, 0.4) * side
    corners = [start - along * far, start + along * far, start + along * far + across * far]
    polygon(shape, np.array([*corners, start - along * far + across * far]), 255)
    soft = cv2.GaussianBlur(shape, (0, 0), max(0.5, side * float(random.uniform(0.004, 0.014))))
    return np.asarray(soft, np.float32) * np.float32(1 / 255)


# --------------------------------------------------------------------------- small things


def _cylinder(stage: _Stage, span: Span, tone: Colour, upright: bool) -> None:
    """A round bar: dark at its edges, lit on one side."""
    left, top, right, bottom = span
    lit = stage.light.x if upright else stage.light.y
    count = 9
    for step in range(count):
        near, far = step / count, (step + 1) / count + 0.02
        facing = math.sqrt(max(0.0, 1 - ((near + far) - 1) ** 2)) * 0.75 + 0.3 * lit * ((near + far) - 1)
        strip = (
            (left + (right - left) * near, top, left + (right - left) * far, bottom)
            if upright
            else (left, top + (bottom - top) * near, right, top + (bottom - top) * far)
        )
        level = tone[0] * (0.4 + 0.75 * max(0.0, facing))
        _fill(stage, stage.box(strip), (level, tone[1], tone[2]))


def _bolt(stage: _Stage, x: float, y: float, size: float, tone: Colour) -> None:
    """A hexagon on a washer, with its shadow; x and y in shares, size in units."""
    middle = stage.see(np.array([[x, y]]))[0]
    radius, turn = size * stage.unit, float(stage.random.uniform(0, 1))
    away = np.array([-stage.light.x, -stage.light.y]) * radius * 0.35
    ring = _ring(middle, radius * 1.45, 18, 0)
    _shade(stage, ring + away, 0.4, radius * 0.25)
    _fill(stage, ring, (tone[0] * 0.9, tone[1], tone[2]))
    head = _ring(middle, radius, 6, turn)
    _fill(stage, head + away * 0.25, (tone[0] * 0.5, tone[1], tone[2]))
    for one, two in zip(range(6), (1, 2, 3, 4, 5, 0), strict=True):
        outward = (head[one] + head[two]) / 2 - middle
        facing = float(outward @ (stage.light.x, stage.light.y)) / radius
        side = np.array([middle, head[one], head[two]])
        _fill(stage, side, (tone[0] * (1 + 0.3 * facing), tone[1], tone[2]))
    _fill(stage, _ring(middle, radius * 0.62, 12, 0), (tone[0] * 1.04, tone[1], tone[2]))
    if bool(((middle > radius * 2) & (middle < (stage.width - radius * 2, stage.height - radius * 2))).all()):
        stage.bolts.append((float(middle[0]), float(middle[1]), radius))


def _ring(middle: Points, radius: float, corners: int, turn: float) -> Points:
    around = np.linspace(0, 2 * math.pi, corners, endpoint=False) + turn
    return middle + radius * np.stack([np.cos(around), np.sin(around)], axis=1)


def _flip(stage: _Stage, span: Span) -> Span:
    """The same from the other side, half of the time; decided by the light, so that parts agree."""
    left, top, right, bottom = span
    return span if stage.light.x < 0 else (1 - right, top, 1 - left, bottom)


# ----------------------------------------------------------------------------- buildings


def _plain_wall(stage: _Stage, material: str) -> None:
    _lay(stage, material, stage.box(_EVERYWHERE), subject=True)
    extra = stage.random.random()
    if material == "fabric":  # cloth hangs before whatever else there is
        return
    if extra < 0.3:
        _window_edge(stage)
    elif extra < 0.5:
        _downpipe(stage)
    elif extra < 0.65:
        _plinth(stage)


def _window_edge(stage: _Stage) -> None:
    """The corner of a window: its reveal, its frame, the sky in its glass, its sill with a shadow."""
    random = stage.random
    edge, foot = float(random.uniform(0.68, 0.82)), float(random.uniform(0.55, 0.85))
    deep, frame = 26 * stage.across, 30 * stage.across
    pale: Colour = (205, 0.0, 0.0) if random.random() < 0.6 else (70, 0.03, -0.03)
    _fill(stage, stage.box(_flip(stage, (edge, -0.3, 1.3, foot))), (88, 0.0, 0.0))
    _fill(stage, stage.box(_flip(stage, (edge + deep, -0.3, 1.3, foot))), pale)
    glass = (edge + deep + frame, -0.3, 1.3, foot - 34 * stage.down)
    _fill(stage, stage.box(_flip(stage, glass)), (58, -0.03, 0.05))
    slant = np.array([[glass[0] + 0.02, -0.3], [1.3, -0.3], [1.3, foot * 0.3], [glass[0] + 0.05, foot * 0.7]])
    slant[:, 0] = slant[:, 0] if stage.light.x < 0 else 1 - slant[:, 0]
    _fill(stage, stage.see(slant), (126, -0.05, 0.07), blur=6 * stage.unit)
    sill = _flip(stage, (edge - 30 * stage.across, foot, 1.3, foot + 34 * stage.down))
    low = (sill[0], sill[3], sill[2], sill[3] + 26 * stage.down)
    _shade(stage, stage.box(low), 0.5 * stage.weather.shadow + 0.2, 6 * stage.unit)
    _fill(stage, stage.box(sill), (178, 0.0, -0.01))
    _fill(stage, stage.box((sill[0], sill[3] - 7 * stage.down, sill[2], sill[3])), (118, 0.0, -0.01))


def _downpipe(stage: _Stage) -> None:
    left = float(stage.random.uniform(0.08, 0.2))
    pipe = _flip(stage, (left, -0.3, left + 62 * stage.across, 1.3))
    far = 24 * stage.across * (-stage.light.x)
    shadow = stage.box((pipe[0] + far, -0.3, pipe[2] + far, 1.3))
    _shade(stage, shadow, stage.weather.shadow, 5 * stage.unit + 1)
    _cylinder(stage, pipe, (150, 0.0, 0.01), upright=True)
    at = float(stage.random.uniform(0.2, 0.8))
    band = (pipe[0] - 5 * stage.across, at, pipe[2] + 5 * stage.across, at + 18 * stage.down)
    _cylinder(stage, band, (120, 0.0, 0.0), upright=True)


def _plinth(stage: _Stage) -> None:
    """The foot of the wall: a band of concrete, and the paving."""
    top = float(stage.random.uniform(0.74, 0.84))
    _lay(stage, "concrete", stage.box((-0.1, top, 1.1, 1.12)), 0.86)
    _shade(stage, stage.box((-0.2, top + 5 * stage.down, 1.2, top + 14 * stage.down)), 0.4, 2 * stage.unit)
    _fill(stage, stage.box((-0.2, top - 3 * stage.down, 1.2, top + 5 * stage.down)), (182, 0.0, -0.01))
    paving = stage.box((-0.1, top + 0.13, 1.1, 1.12))
    _lay(stage, "asphalt", paving, 1.25)
    _shade(stage, stage.box((-0.2, top + 0.12, 1.2, top + 0.15)), 0.5, 5 * stage.unit)


def _eave(stage: _Stage, material: str) -> None:
    """From below: sky, the last tiles, the gutter, boards, the dark soffit, and the wall under it."""
    random = stage.random
    _sky(stage)
    slant = float(random.uniform(-0.2, 0.2))
    stage.camera = stage.camera @ np.array([[1, 0, 0], [slant, 1, -slant / 2], [0, 0, 1]])
    top = float(random.uniform(0.07, 0.26))
    wall = top + float(random.uniform(0.19, 0.3))
    _lay(stage, material, stage.box((-0.1, wall, 1.1, 1.24)), subject=True)
    _soffit(stage, top + 0.13, wall, beams=random.random() < 0.4)
    _tiles(stage, top)
    fascia: Colour = (196, 0.0, -0.01) if random.random() < 0.5 else (92, 0.06, -0.06)
    _fill(stage, stage.box((-0.2, top, 1.2, top + 0.135)), fascia)
    _shade(stage, stage.box((-0.2, top + 0.07, 1.2, top + 0.1)), 0.5, 7 * stage.unit)
    _cylinder(stage, (-0.2, top - 0.005, 1.2, top + 0.075), (156, 0.0, 0.01), upright=False)
    _fill(stage, stage.box((-0.2, top - 0.012, 1.2, top + 0.004)), (205, 0.0, 0.01))


def _soffit(stage: _Stage, top: float, wall: float, beams: bool) -> None:
    """Boards or beams seen from below, in the dark, and the shadow they throw on the wall."""
    deep = 0.1 + 0.12 * stage.weather.shadow
    _shade(
        stage, stage.box((-0.3, wall - 0.02, 1.3, wall + deep)), 0.2 + stage.weather.shadow, 9 * stage.unit
    )
    _fill(stage, stage.box((-0.2, top, 1.2, wall)), (74, 0.02, -0.02))
    pitch, thick = (230, 56) if beams else (92, 5)
    tone: Colour = (112, 0.07, -0.08) if beams else (46, 0.02, -0.02)
    for x in np.arange(-0.6, 1.6, pitch * stage.across).tolist():
        far, wide = 0.5 + (x - 0.5) * 0.86, thick * stage.across
        joint = np.array([[x, top], [x + wide, top], [far + wide * 0.86, wall], [far, wall]])
        _fill(stage, stage.see(joint), tone)
    _shade(stage, stage.box((-0.3, wall - 0.05, 1.3, wall)), 0.45, 12 * stage.unit)


def _tiles(stage: _Stage, top: float) -> None:
    """The lowest row of roof tiles, round or flat, against the sky."""
    wide = float(stage.random.uniform(60, 110)) * stage.across
    red: Colour = (112, 0.22, -0.14) if stage.random.random() < 0.6 else (84, 0.0, 0.02)
    for x in np.arange(-0.25, 1.25, wide).tolist():
        level = red[0] * float(stage.random.uniform(0.85, 1.12))
        around = np.linspace(math.pi, 2 * math.pi, 9)
        arch = np.stack(
            [x + wide / 2 + wide / 2 * np.cos(around), top - 0.02 + 0.05 * np.sin(around)], axis=1
        )
        feet = np.array([[x + wide, top + 0.03], [x, top + 0.03]])
        _fill(stage, stage.see(np.concatenate([arch, feet])), (level, red[1], red[2]))
        _fill(
            stage, stage.box((x - 0.003, top - 0.03, x + 0.004, top + 0.03)), (level * 0.55, red[1], red[2])
        )


def _balcony(stage: _Stage, material: str) -> None:
    """The edge of a balcony with its railing, or a solid parapet under a coping."""
    random = stage.random
    if material == "brick" or random.random() < 0.3:
        _sky(stage)
        top = float(random.uniform(0.2, 0.32))
        _lay(stage, material, stage.box((-0.1, top, 1.1, 1.1)), subject=True)
        _coping(stage, top)
        return
    _lay(stage, "render", stage.box(_EVERYWHERE), 0.62)
    _soften(stage)
    top, foot = float(random.uniform(0.3, 0.42)), float(random.uniform(0.7, 0.82))
    _shade(stage, stage.box((-0.3, foot, 1.3, foot + 0.2)), 0.55, 22 * stage.unit)
    _railing(stage, top)
    _lay(stage, material, stage.box((-0.1, top, 1.1, foot)), subject=True)
    _shade(stage, stage.box((-0.3, foot - 8 * stage.down, 1.3, foot)), 0.45, 2 * stage.unit)
    _fill(stage, stage.box((-0.2, foot, 1.2, foot + 40 * stage.down)), (58, 0.0, 0.0))
    _fill(stage, stage.box((-0.2, top - 9 * stage.down, 1.2, top + 1 * stage.down)), (188, 0.0, -0.01))


def _soften(stage: _Stage) -> None:
    """Put all that is there so far out of focus."""
    small = np.asarray(
        cv2.resize(stage.plane, (stage.width // 8 + 1, stage.height // 8 + 1), interpolation=cv2.INTER_AREA),
        np.float32,
    )
    stage.plane[:] = _grown(
        np.asarray(cv2.GaussianBlur(small, (0, 0), 1.2), np.float32), stage.width, stage.height
    )
    stage.subject[:] = 0


def _coping(stage: _Stage, top: float) -> None:
    thick = 40 * stage.down
    below = stage.box((-0.3, top, 1.3, top + 34 * stage.down))
    _shade(stage, below, 0.25 + 0.6 * stage.weather.shadow, 7 * stage.unit)
    _fill(stage, stage.box((-0.2, top - thick, 1.2, top)), (172, 0.0, -0.02))
    _fill(stage, stage.box((-0.2, top - 9 * stage.down, 1.2, top)), (112, 0.0, -0.02))
    for x in np.arange(float(stage.random.uniform(-0.3, 0)), 1.2, 420 * stage.across).tolist():
        _fill(stage, stage.box((x, top - thick, x + 5 * stage.across, top)), (96, 0.0, -0.01))


def _railing(stage: _Stage, top: float) -> None:
    """Bars up to out of the picture, or glass held by posts."""
    tone: Colour = (64, 0.0, 0.01) if stage.random.random() < 0.6 else (186, 0.0, 0.01)
    pitch = float(stage.random.uniform(70, 120)) * stage.across
    for x in np.arange(float(stage.random.uniform(-0.2, -0.1)), 1.2, pitch).tolist():
        _cylinder(stage, (x, -0.3, x + 17 * stage.across, top), tone, upright=True)
    low = top - 52 * stage.down
    _cylinder(stage, (-0.2, low, 1.2, low + 17 * stage.down), tone, upright=False)


# ------------------------------------------------------------------------------- bridges


def _pier(stage: _Stage, material: str) -> None:
    """A column under a deck: round, or with a second face in the shade."""
    random = stage.random
    _ground(stage)
    left, right = float(random.uniform(0.1, 0.22)), float(random.uniform(0.76, 0.86))
    span = _flip(stage, (left, -0.1, right, 1.12))
    if random.random() < 0.45:
        _lay(stage, material, stage.box(span), subject=True, bulge=1.0)
    else:
        side = _flip(stage, (right, -0.1, right + 0.13, 1.12))
        _lay(stage, material, stage.box(side), 0.55)
        _lay(stage, material, stage.box(span), subject=True)
        edge = span[2] if side[0] >= span[2] - 1e-6 else span[0]
        _shade(stage, stage.box((edge - 0.006, -0.2, edge + 0.006, 1.3)), -0.16, 1.5 * stage.unit)
    deck = float(random.uniform(0.08, 0.16))
    _shade(stage, stage.box((-0.3, deck, 1.3, deck + 0.1)), 0.4, 20 * stage.unit)
    _fill(stage, stage.box((-0.3, -0.3, 1.3, deck)), (52, 0.0, 0.0))
    _fill(stage, stage.box((-0.3, deck - 10 * stage.down, 1.3, deck)), (84, 0.0, -0.01))


def _bulging(width: int, lit: float) -> Plane:
    """How light runs over a round column: out at both edges, sooner on the far side."""
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    facing = np.sqrt(np.clip(1 - (0.985 * x) ** 2, 0, 1)) + np.float32(0.55 * lit) * x
    return (0.28 + 0.72 * np.clip(facing, 0, None)).astype(np.float32)


def _girder(stage: _Stage, material: str) -> None:
    """A beam from the side: its web between two flanges, with stiffeners and bolts where it is steel."""
    random = stage.random
    _ground(stage)
    top, foot = float(random.uniform(0.1, 0.18)), float(random.uniform(0.74, 0.84))
    _lay(stage, material, stage.box((-0.1, top, 1.1, foot)), subject=True)
    _shade(stage, stage.box((-0.3, top, 1.3, top + 0.07)), 0.35 + 0.4 * stage.weather.shadow, 14 * stage.unit)
    _lay(stage, material, stage.box((-0.1, top - 0.08, 1.1, top)), 0.62)
    _lay(stage, material, stage.box((-0.1, foot, 1.1, foot + 0.05)), 1.2)
    _lay(stage, material, stage.box((-0.1, foot + 0.05, 1.1, foot + 0.09)), 0.7)
    _fill(stage, stage.box((-0.3, -0.4, 1.3, top - 0.08)), (50, 0.0, 0.0))
    if material in ("steel", "metal"):
        _stiffen(stage, top, foot)


def _stiffen(stage: _Stage, top: float, foot: float) -> None:
    """Upright plates on the web, and a plate with rows of bolts."""
    random = stage.random
    tone = _tone_at(stage, 0.5, (top + foot) / 2)
    for x in (random.uniform(0.05, 0.15), random.uniform(0.86, 0.96)):
        far = 30 * stage.across * -stage.light.x
        _shade(
            stage,
            stage.box((x + min(0, far), top, x + max(0, far) + 0.012, foot)),
            0.45 * stage.weather.shadow + 0.15,
            5 * stage.unit,
        )
        _fill(stage, stage.box((x, top, x + 14 * stage.across, foot)), (tone[0] * 1.12, tone[1], tone[2]))
    left, gap = float(random.uniform(0.18, 0.6)), 74.0
    rows, columns = int(random.integers(4, 7)), int(random.integers(2, 4))
    high = (foot - top) / (rows + 1)
    plate = (
        left - 45 * stage.across,
        top + high * 0.35,
        left + (columns - 1) * gap * stage.across + 45 * stage.across,
        foot - high * 0.35,
    )
    _shade(
        stage,
        stage.box(plate) - np.array([stage.light.x, stage.light.y]) * 7 * stage.unit,
        0.4,
        3 * stage.unit,
    )
    _fill(stage, stage.box(plate), (tone[0] * 1.03, tone[1], tone[2]))
    for row in range(rows):
        for column in range(columns):
            _bolt(stage, left + column * gap * stage.across, top + high * (row + 1), 19, tone)


def _tone_at(stage: _Stage, x: float, y: float) -> Colour:
    """The colour that is there now, without the exposure that filling adds."""
    at = stage.see(np.array([[x, y]]))[0]
    column, row = (
        int(np.clip(v, 0, most - 1)) for v, most in zip(at, (stage.width, stage.height), strict=True)
    )
    near = stage.plane[max(0, row - 3) : row + 4, max(0, column - 3) : column + 4]
    half = stage.red.shape
    spot = min(row // 2, half[0] - 1), min(column // 2, half[1] - 1)
    return float(near.mean()) / stage.weather.exposure, float(stage.red[spot]), float(stage.blue[spot])


def _deck(stage: _Stage, material: str) -> None:
    """The road from above: its surface, a line of paint, a joint across it, a kerb, what lies below."""
    random = stage.random
    _ground(stage)
    edge = float(random.uniform(0.76, 0.88))
    road = _flip(stage, (-0.1, -0.1, edge, 1.1))
    _lay(stage, material, stage.box(road), subject=True)
    _paint_line(stage, edge)
    _kerb(stage, edge)
    if random.random() < 0.6:
        _joint(stage, edge)


def _paint_line(stage: _Stage, edge: float) -> None:
    """A worn line along the road, whole or in dashes."""
    x, wide = edge - float(stage.random.uniform(90, 160)) * stage.across, 34 * stage.across
    tone: Colour = (196, 0.0, -0.01) if stage.random.random() < 0.7 else (176, 0.09, -0.26)
    dashes = [(-0.2, 1.2)] if stage.random.random() < 0.5 else [(-0.2, 0.22), (0.5, 0.92)]
    before = stage.plane.copy()
    subject = stage.subject.copy()
    for top, bottom in dashes:
        _fill(stage, stage.box(_flip(stage, (x, top, x + wide, bottom))), tone)
    worn = _grown(clouds(stage.random, stage.width // 2, stage.height // 2, 90), stage.width, stage.height)
    stage.plane += (before - stage.plane) * np.clip(0.25 + worn * np.float32(0.35), 0, 0.9)
    stage.subject[:] = subject


def _kerb(stage: _Stage, edge: float) -> None:
    """A raised edge of concrete, the rail behind it, and the drop."""
    kerb = _flip(stage, (edge, -0.25, edge + 0.09, 1.12))
    side = 16 * stage.across
    near = _flip(stage, (edge - side, -0.25, edge, 1.12))
    _shade(stage, stage.box(near), 0.45, 4 * stage.unit)
    _lay(stage, "concrete", stage.box(kerb), 1.12)
    _shade(stage, stage.box(_flip(stage, (edge, -0.25, edge + 0.012, 1.12))), 0.35, 1.0)
    rail = _flip(stage, (edge + 0.045, -0.25, edge + 0.045 + 18 * stage.across, 1.12))
    _shade(
        stage,
        stage.box((rail[0] - 0.02 * stage.light.x, -0.3, rail[2] - 0.02 * stage.light.x, 1.3)),
        0.4,
        4 * stage.unit,
    )
    _cylinder(stage, rail, (170, 0.0, 0.01), upright=True)


def _joint(stage: _Stage, edge: float) -> None:
    """Two steel edges and the dark gap between them, with teeth."""
    y, thick = float(stage.random.uniform(0.12, 0.3)), 22 * stage.down
    left, right = (-0.25, edge) if stage.light.x < 0 else (1 - edge, 1.25)
    _fill(stage, stage.box((left, y, right, y + thick)), (112, 0.02, -0.02))
    _fill(stage, stage.box((left, y + thick, right, y + thick * 1.7)), (28, 0.0, 0.0))
    _fill(stage, stage.box((left, y + thick * 1.7, right, y + thick * 2.7)), (122, 0.02, -0.02))
    pitch = 46 * stage.across
    for x in np.arange(left, right - pitch, pitch).tolist():
        _fill(stage, stage.box((x, y + thick * 0.9, x + pitch * 0.5, y + thick * 1.8)), (108, 0.02, -0.02))


def _bearing(stage: _Stage, material: str) -> None:
    """Where a girder stands on its pier: a steel flange, plates with rubber between, a pedestal, bolts."""
    random = stage.random
    _backdrop(stage, ((44, 0.0, 0.0), (66, 0.0, 0.01)), 5)
    steel = material in ("steel", "metal")
    top, foot = float(random.uniform(0.3, 0.36)), float(random.uniform(0.66, 0.72))
    if steel:
        foot = float(random.uniform(0.76, 0.86))
        top = float(random.uniform(0.46, 0.56))
    _lay(stage, material if not steel else "concrete", stage.box((-0.1, foot, 1.1, 1.1)), subject=not steel)
    _lay(stage, material if steel else "steel", stage.box((-0.1, -0.12, 1.1, top - 0.09)), subject=steel)
    _flange(stage, top)
    left = float(random.uniform(0.1, 0.42))
    right = left + float(random.uniform(0.36, 0.5))
    _shade(stage, stage.box((left - 0.1, foot, right + 0.1, foot + 0.1)), 0.5, 14 * stage.unit)
    _rubber(stage, (left, top, right, foot))


def _flange(stage: _Stage, top: float) -> None:
    """The lower edge of the girder: the flange's upper side, its rim, a weld above it."""
    tone = _tone_at(stage, 0.5, max(0.02, top - 0.2))
    _shade(stage, stage.box((-0.3, top - 0.14, 1.3, top - 0.085)), 0.3, 10 * stage.unit)
    _fill(stage, stage.box((-0.2, top - 0.09, 1.2, top - 0.045)), (tone[0] * 1.16, tone[1], tone[2]))
    _fill(stage, stage.box((-0.2, top - 0.045, 1.2, top)), (tone[0] * 0.66, tone[1], tone[2]))
    _fill(stage, stage.box((-0.2, top - 0.05, 1.2, top - 0.042)), (tone[0] * 1.3, tone[1], tone[2]))


def _rubber(stage: _Stage, span: Span) -> None:
    """Steel, layers of rubber that bulge, steel again, and its anchors."""
    left, top, right, foot = span
    tall = (foot - top) * 0.17
    steel: Colour = (112, 0.02, -0.02)
    _fill(stage, stage.box((left + 0.02, top, right - 0.02, foot)), (34, 0.0, 0.0))
    layers = int(stage.random.integers(3, 6))
    step = (foot - top - 2 * tall) / layers
    for layer in range(layers):
        y = top + tall + layer * step
        _cylinder(stage, (left + 0.03, y, right - 0.03, y + step * 0.82), (60, 0.0, 0.0), upright=False)
    for y, wider in ((top, 0.0), (foot - tall, 0.045)):
        _fill(stage, stage.box((left - wider, y, right + wider, y + tall)), steel)
        _fill(stage, stage.box((left - wider, y, right + wider, y + tall * 0.18)), (150, 0.02, -0.02))
        _shade(stage, stage.box((left - wider, y + tall, right + wider, y + tall * 1.5)), 0.4, 4 * stage.unit)
    for x in (left - 0.018, right + 0.018):
        _bolt(stage, x, foot - tall * 0.5, 15, (118, 0.02, -0.02))


PARTS: dict[str, Layout] = {
    "wall": _plain_wall,
    "eave": _eave,
    "balcony": _balcony,
    "pier": _pier,
    "girder": _girder,
    "deck": _deck,
    "bearing": _bearing,
}
"""Every part that can be drawn, by the name facts give it."""

STANDS_IN = {name: "building" if name in ("wall", "eave", "balcony") else "bridge" for name in PARTS}
"""What each part is a part of."""
