"""Where vehicles stand: what lies behind them and what they stand on."""

import math
from collections.abc import Callable

import msgspec
import numpy as np

from photogram.pixels.draw.canvas import Random
from photogram.pixels.draw.easel import Colour, Easel, Mood, darker, lighter, mix, pick, rgb
from photogram.pixels.draw.moods import mood, sky
from photogram.pixels.draw.scenery import IRON, WALLS, fir, house, lamp, tree, water_line


class Road(msgspec.Struct, frozen=True):
    """A background: its mood, and how it is drawn for vehicles heading that way."""

    mood: Mood
    draw: Callable[[Easel, Random, float], None]
    lights: bool = False
    wet: bool = False


_ASPHALT = rgb("7d7f84")


def _along(heading: float, x: float, y: float) -> tuple[float, float, float]:
    """A place on the ground, told along the vehicle's heading and to its left."""
    cos, sin = math.cos(heading), math.sin(heading)
    return x * cos - y * sin, x * sin + y * cos, 0.0


def _stripe(
    easel: Easel, heading: float, across: tuple[float, float], along: tuple[float, float], tone: Colour
) -> None:
    (right, left), (start, end) = across, along
    places = [(start, right), (end, right), (end, left), (start, left)]
    easel.shape(np.array([_along(heading, *place) for place in places]), tone)


def _rises(easel: Easel, random: Random, tones: tuple[Colour, ...], tall: float) -> None:
    horizon, across = easel.eye.horizon(), np.linspace(-0.02, 1.02, 50)
    for place, tone in enumerate(tones):
        phase = random.uniform(0, 6.28, 2)
        rise = 0.62 + 0.26 * np.sin(across * (4 + place) + phase[0]) + 0.12 * np.sin(across * 11 + phase[1])
        edge = np.stack(
            [across * easel.width, horizon - rise * tall * easel.height * (1 - 0.3 * place)], axis=1
        )
        low = np.array([[1.02 * easel.width, horizon + 3], [-0.02 * easel.width, horizon + 3]])
        lit = mix(easel.mood.lit(tone, 40), easel.mood.sky[1], 0.42 - 0.2 * place)
        easel.fill(np.concatenate([edge, low]), lit)


def _span(easel: Easel, y: float) -> tuple[float, float]:
    left, right = easel.eye.across(y, easel.width)
    return max(left - 3, -80.0), min(right + 3, 80.0)


def _row_of(
    easel: Easel, random: Random, y: float, every: float, draw: Callable[[float, float], None]
) -> None:
    left, right = _span(easel, y)
    x = left + float(random.uniform(0, every))
    while x < right:
        draw(x, y + float(random.uniform(-0.6, 0.6)))
        x += every * float(random.uniform(0.7, 1.3))


def _street(easel: Easel, random: Random, heading: float) -> None:
    sky(easel, random)
    easel.ground(lighter(_ASPHALT, 0.06), darker(_ASPHALT, 0.08))
    left, right = _span(easel, 20)
    x = left
    homes: list[tuple[float, float, float]] = []
    while x < right:
        wide = float(random.uniform(5.5, 8.5))
        homes.append((x, wide, float(random.choice([5.6, 8.3, 5.9]))))
        x += wide
    for x, wide, high in sorted(homes, key=lambda home: -abs(home[0] + home[1] / 2)):
        house(easel, random, (x, x + wide), (13.5, 20), high)
    easel.floor(_span(easel, 13.4), (8.6, 13.5), rgb("c9c0b0"))
    easel.floor(_span(easel, 9), (8.4, 8.6), rgb("e2dccf"))
    _row_of(easel, random, 11.5, 9, lambda x, y: tree(easel.stand(x, y), random, 4.6))
    _row_of(easel, random, 9.4, 13, lambda x, y: lamp(easel, x, 9.4, 4.4))
    for start in np.arange(-24, 24, 4.5):
        _stripe(easel, heading, (2.5, 2.64), (float(start), float(start) + 2.2), rgb("e9e6dc"))
        _stripe(easel, heading, (-2.64, -2.5), (float(start), float(start) + 2.2), rgb("e9e6dc"))


def _car_park(easel: Easel, random: Random, heading: float) -> None:
    sky(easel, random)
    _rises(easel, random, (rgb("8aa6a0"),), 0.1)
    easel.ground(lighter(_ASPHALT, 0.14), _ASPHALT)
    easel.floor(_span(easel, 17), (15, 40), rgb("93ab68"))
    shed = pick(random, WALLS)
    easel.box((-9, 7), (17, 26), (0, 4.6), shed, darker(shed, 0.3))
    for x in np.arange(-8, 6, 2.4):
        easel.wall((float(x), float(x) + 1.7), (0.9, 3.2), 17, rgb("5f7c8c"))
    easel.wall((-9.2, 7.2), (4.3, 4.9), 16.9, rgb("c2473d"))
    _row_of(easel, random, 15.8, 4.4, lambda x, y: tree(easel.stand(x, y), random, 4.2))
    easel.box(_span(easel, 14.4), (14.2, 15), (0, 0.7), rgb("64875a"), rgb("7b9d6b"))
    for side in (-4.2, -1.42, 1.42, 4.2, 7.0, -7.0):
        _stripe(easel, heading, (side - 0.06, side + 0.06), (-2.9, 2.9), rgb("f0eee6"))
    _stripe(easel, heading, (-30, 30), (-3.02, -2.9) if math.cos(heading) < 0 else (2.9, 3.02), rgb("f0eee6"))
    lamp(easel, float(random.choice([-5.5, 5.2])), 11, 6)


def _country(easel: Easel, random: Random, heading: float) -> None:
    sky(easel, random)
    _rises(easel, random, (rgb("88a7a4"), rgb("86a777"), rgb("9ab36b")), 0.19)
    field = rgb("a9bd6a")
    easel.ground(mix(field, rgb("cfc47a"), 0.4), field)
    for start, tone in ((16, rgb("c9b85f")), (22, rgb("8fae63"))):
        easel.floor(_span(easel, start + 8), (start, start + 5), tone)
    _row_of(easel, random, 24, 9, lambda x, y: tree(easel.stand(x, y), random, 5.5))
    _row_of(easel, random, 17, 14, lambda x, y: fir(easel.stand(x, y), random, 6))
    left, right = _span(easel, 7)
    for x in np.arange(math.floor(left), right, 1.9):
        easel.box((float(x), float(x) + 0.12), (6.6, 6.72), (0, 0.95), rgb("8d6240"))
    for z in (0.42, 0.76):
        easel.wall((left, right), (z, z + 0.09), 6.6, rgb("a07449"))
    _stripe(easel, heading, (-3.1, 3.9), (-70, 70), rgb("8b8680"))
    _stripe(easel, heading, (3.5, 3.62), (-70, 70), rgb("efeadd"))
    _stripe(easel, heading, (-2.85, -2.73), (-70, 70), rgb("efeadd"))


def _motorway(easel: Easel, random: Random, heading: float) -> None:
    sky(easel, random)
    _rises(easel, random, (rgb("6c6f92"), rgb("565d78")), 0.13)
    ground = rgb("6f7a5c")
    easel.ground(mix(ground, rgb("8a7a86"), 0.4), ground)
    _stripe(easel, heading, (-5.2, 9.5), (-90, 90), rgb("84858c"))
    for side in (2.4, 6.0):
        for start in np.arange(-42, 42, 6.0):
            _stripe(easel, heading, (side, side + 0.15), (float(start), float(start) + 3), rgb("f4f1e6"))
    for side in (-2.9, 9.2):
        _stripe(easel, heading, (side, side + 0.16), (-90, 90), rgb("f4f1e6"))
    _row_of(easel, random, 19, 11, lambda x, y: lamp(easel, x, 19, 7.5))
    left, right = _span(easel, 12)
    for x in np.arange(math.floor(left), right, 2.4):
        easel.box((float(x), float(x) + 0.14), (12, 12.14), (0, 0.7), IRON)
    easel.wall((left, right), (0.45, 0.8), 11.95, rgb("c4c7cc"))
    easel.wall((left, right), (0.58, 0.65), 11.94, rgb("8f9399"))
    for _ in range(7):
        x, red = float(random.uniform(left * 2.2, right * 2.2)), random.random() < 0.5
        where = easel.eye.place(np.array([[x, 30, 0.7]]))[0]
        easel.glow(where, easel.height * 0.012, (255, 70, 50) if red else (255, 236, 190), 0.8)


def _coast(easel: Easel, random: Random, heading: float) -> None:
    sky(easel, random)
    _rises(easel, random, (rgb("8fabb5"),), 0.09)
    easel.ground(rgb("8cc0cb"), rgb("4a93a8"))
    for y in (10, 12, 15, 20, 28, 40):
        water_line(easel, random, y, easel.width)
    easel.floor(_span(easel, 9.4), (-20, 9.4), rgb("d9cba4"))
    left, right = _span(easel, 8)
    easel.box((left, right), (8, 8.5), (0, 0.6), rgb("d8d0c0"), rgb("ece5d6"))
    _stripe(easel, heading, (-3.4, 5.2), (-70, 70), rgb("8b8780"))
    for start in np.arange(-40, 40, 5.0):
        _stripe(easel, heading, (2.5, 2.64), (float(start), float(start) + 2.4), rgb("f0ecdf"))
    easel.floor(_span(easel, 8), (6.4, 8), rgb("d9cba4"))


ROADS: dict[str, Road] = {
    "street": Road(mood("noon", "dry", "flat"), _street),
    "wet road": Road(mood("overcast", "rain", "flat"), _street, lights=True, wet=True),
    "car park": Road(mood("morning", "dry", "flat"), _car_park),
    "country road": Road(mood("noon", "dry", "flat"), _country),
    "motorway": Road(mood("dusk", "dry", "flat"), _motorway, lights=True),
    "coast road": Road(mood("morning", "dry", "flat"), _coast),
}
