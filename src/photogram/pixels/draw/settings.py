"""The places that scenes are set in: what stands where, from the farthest to the nearest."""

import math
from collections.abc import Callable

import numpy as np

from photogram.pixels.draw.canvas import Random
from photogram.pixels.draw.easel import Colour, Easel, darker, lighter, mix, pick, rgb, ring
from photogram.pixels.draw.scenery import (
    GLASS,
    IRON,
    LAMPLIGHT,
    LEAVES,
    STONE,
    WOOD,
    Thing,
    barrel,
    bench,
    boat,
    coil,
    crate,
    fir,
    fountain,
    house,
    lamp,
    luggage,
    parasol,
    planter,
    snowy,
    stall,
    tower,
    tree,
    water_line,
)

Setting = Callable[[Easel, Random], list[Thing]]


def _wet(easel: Easel, random: Random, ground: Colour) -> None:
    """Puddles that hold the sky."""
    if not easel.mood.wet:
        return
    left, right = easel.eye.across(4, easel.width)
    for _ in range(11):
        x, y = float(random.uniform(left, right)), float(random.uniform(-3, 9))
        wide, deep = random.uniform(0.5, 1.5), random.uniform(0.25, 0.6)
        where = np.column_stack([ring(x, y, float(wide), float(deep)), np.zeros(28)])
        easel.veil(easel.eye.place(where), mix(easel.mood.sky[1], ground, 0.15), 0.5)


def _hills(easel: Easel, random: Random, tones: tuple[Colour, ...]) -> None:
    """Ranges of hills along the horizon, the farthest the palest."""
    horizon = easel.eye.horizon()
    if horizon <= 0:
        return
    across = np.linspace(-0.02, 1.02, 60)
    for place, tone in enumerate(tones):
        phase, wide = random.uniform(0, 6.28, 2), random.uniform(0.7, 1.3)
        rise = (
            0.6 + 0.28 * np.sin(across * 5 * wide + phase[0]) + 0.16 * np.sin(across * 12 * wide + phase[1])
        )
        tall = easel.height * (0.10 - 0.028 * place)
        edge = np.stack([across * easel.width, horizon - rise * tall], axis=1)
        low = np.array([[1.02 * easel.width, horizon + 2], [-0.02 * easel.width, horizon + 2]])
        colour = easel.mood.lit(snowy(easel, tone, 0.6), 60 - 22 * place)
        easel.fill(np.concatenate([edge, low]), mix(colour, easel.mood.sky[1], 0.45 - 0.18 * place))


def _grid(easel: Easel, colour: Colour, every: float, deep: tuple[float, float]) -> None:
    """Joints of paving, only where they do not crowd."""
    left, right = easel.eye.across(deep[1] * 0.6, easel.width)
    tone = easel.mood.lit(colour, 10)
    for x in np.arange(math.floor(left), math.ceil(right), every):
        where = easel.eye.place(np.array([[x, deep[0], 0], [x, deep[1], 0]]))
        easel.stroke(where[:2], tone, easel.pen(0.0011) / 2)
    y = deep[0]
    while y < deep[1]:
        left, right = easel.eye.across(y, easel.width)
        where = easel.eye.place(np.array([[left, y, 0], [right, y, 0]]))
        easel.stroke(where[:2], tone, easel.pen(0.0011) / 2)
        y += every * (1 + max(0, y) * 0.08)


def _row(easel: Easel, random: Random, y: float, gap: tuple[float, float] = (0, 0)) -> list[Thing]:
    """Houses side by side, from edge to edge, but for a gap."""
    left, right = easel.eye.across(y + 4, easel.width)
    things: list[Thing] = []
    x = max(left - 4, -90.0) + float(random.uniform(-1.5, 1.5))
    while x < min(right + 2, 90):
        wide, high = float(random.uniform(4.6, 7.2)), float(random.choice([3.2, 5.6, 5.9, 8.3]))
        if not gap[0] < x + wide / 2 < gap[1]:
            at = ((x, x + wide), (y + float(random.uniform(-0.3, 0.6)), y + 6.5), high)
            # What stands in the middle hides the sides of what stands further out: it comes last.
            things.append((y + 6 + abs(x) * 0.01, lambda at=at: house(easel, random, *at)))
        x += wide
    return things


def _lamps(easel: Easel, *places: tuple[float, float]) -> list[Thing]:
    return [(y, lambda x=x, y=y: lamp(easel, x, y)) for x, y in places]


def _trees(easel: Easel, random: Random, *places: tuple[float, float, float]) -> list[Thing]:
    def grow(x: float, y: float, tall: float) -> None:
        easel.shadow(x, y, tall * 0.4, tall * 0.6)
        tree(easel.stand(x, y), random, tall)

    return [(y, lambda at=(x, y, tall): grow(*at)) for x, y, tall in places]


Maker = Callable[[float, float], None]

_FREE = (3.1, (-1.6, 2.0))
"""Where people are: so far to the sides, and from here to there; nothing else stands there."""


def _about(
    easel: Easel,
    random: Random,
    makers: list[Maker],
    count: int,
    within: tuple[float, float] = (-7.5, 7.5),
    ahead: tuple[float, float] = (-6.5, 8.5),
) -> list[Thing]:
    """What stands about: many things where the ground is looked down on, a few where it is not."""
    above = easel.eye.pitch > 0.2
    things: list[Thing] = []
    taken: list[tuple[float, float]] = []
    for _ in range(6 * count):
        y = float(random.uniform(ahead[0] if above else max(1.5, ahead[0]), ahead[1]))
        left, right = easel.eye.across(y, easel.width)
        x = float(random.uniform(max(left, within[0]), max(min(right, within[1]), within[0] + 0.1)))
        people = abs(x) < _FREE[0] and _FREE[1][0] < y < _FREE[1][1]
        if people or any(math.hypot(x - a, y - b) < 2.1 for a, b in taken):
            continue
        maker = makers[int(random.integers(len(makers)))]
        things.append((y, lambda maker=maker, x=x, y=y: maker(x, y)))
        taken.append((x, y))
        if len(things) >= (count if above else count // 4):
            break
    return things


def _strewn(easel: Easel, random: Random, tones: list[Colour], count: int) -> None:
    """Leaves, petals, scraps: seen from above, small things lie everywhere."""
    if easel.eye.pitch < 0.2 or easel.mood.snow:
        return
    for _ in range(count):
        y = float(random.uniform(-7, 9))
        x = float(random.uniform(*easel.eye.across(y, easel.width)))
        size = float(random.uniform(0.05, 0.12))
        leaf = np.column_stack([ring(x, y, size, size * 0.7, 8), np.zeros(8)])
        easel.shape(leaf, pick(random, tones))


def _inlay(easel: Easel, random: Random, tone: Colour) -> None:
    """A pattern laid into the paving, which only who looks down on it sees: rings, or a star."""
    if easel.eye.pitch < 0.2:
        return
    y = float(random.uniform(-0.5, 1.5))
    for number, radius in enumerate((4.6, 4.1, 2.9, 2.5)):
        shade = tone if number % 2 == 0 else lighter(tone, 0.14)
        easel.shape(np.column_stack([ring(0, y, radius, radius, 48), np.zeros(48)]), shade)
    if random.random() < 0.5:
        angles = np.linspace(0, 2 * math.pi, 17)[:-1]
        spikes = np.where(np.arange(16) % 2 == 0, 2.5, 1.0)
        star = np.stack([spikes * np.cos(angles), y + spikes * np.sin(angles), np.zeros(16)], axis=1)
        easel.shape(star, darker(tone, 0.12))


# ---------------------------------------------------------------------------- places


def market(easel: Easel, random: Random) -> list[Thing]:
    """A paved square with a fountain, stalls, a clock tower, and a row of houses behind."""
    ground = snowy(easel, rgb("d8c7a8"))
    _hills(easel, random, (rgb("8aa3a8"), rgb("7f9a86")))
    easel.ground(ground, darker(ground, 0.05))
    _grid(easel, darker(ground, 0.1), 1.6, (-6, 15))
    _inlay(easel, random, darker(ground, 0.08))
    _strewn(easel, random, [darker(ground, 0.2), lighter(ground, 0.2), rgb("7f9b5c")], 60)
    _wet(easel, random, ground)
    tower_at = float(random.choice([-6.5, 6.0]))
    things = _row(easel, random, 16, (tower_at - 4, tower_at + 4))
    things.append((15, lambda: tower(easel, tower_at, 14.5)))
    things.append((9.5, lambda: fountain(easel, -tower_at * 0.55, 9.5)))
    for x, y in ((-4.4, 4.6), (4.6, 5.2), (-8.2, 6.4), (8.6, 6.0)):
        things.append((y, lambda x=x, y=y: stall(easel, random, x, y)))
    return [
        *things,
        *_about(
            easel,
            random,
            [
                lambda x, y: crate(easel, x, y, 0.6),
                lambda x, y: planter(easel, random, x, y),
                lambda x, y: parasol(easel, random, x, y),
                lambda x, y: barrel(easel, x, y),
            ],
            11,
        ),
        *_lamps(easel, (-2.9, 3.0), (2.9, 7.2)),
        *_trees(easel, random, (-11, 11, 5.5), (11, 11.5, 6)),
    ]


def harbour(easel: Easel, random: Random) -> list[Thing]:
    """A quay, boats at their moorings, a lighthouse on its mole, hills across the bay."""
    _hills(easel, random, (rgb("86a0ad"), rgb("71938f")))
    sea = rgb("3f7f95") if not easel.mood.snow else rgb("5f8796")
    easel.ground(mix(sea, rgb("a9cfd2"), 0.35), sea)
    for y in (5, 6, 7.5, 9, 11, 14, 18, 24, 32):
        water_line(easel, random, y, easel.width)
    quay = snowy(easel, rgb("c9b697"))
    left, right = easel.eye.across(8, easel.width)
    spread = (min(left, -14) - 6, max(right, 14) + 6)
    things: list[Thing] = [(46, lambda: _lighthouse(easel, float(random.choice([-11, 9]))))]
    places = ((-5.6, 7.2), (4.4, 8.2), (-1.0, 12.5), (8.8, 12.0), (-11.5, 11), (1.5, 20), (13, 17))
    for place, (x, y) in enumerate(places):
        at = (x + float(random.uniform(-0.8, 0.8)), y)
        sails = place >= 5 or random.random() < 0.25
        things.append((y, lambda at=at, sails=sails: boat(easel.stand(*at), random, sails=sails)))
    things.append((4.6, lambda: _quay(easel, random, quay, spread)))
    things += [(4.1, lambda x=x: _bollard(easel, x)) for x in (-4.8, -1.6, 1.6, 4.8, 8)]
    crates = ((-3.6, 2.6), (-3.0, 2.9), (3.4, 2.8))
    things += [(y, lambda x=x, y=y: crate(easel, x, y, 0.55)) for x, y in crates]
    standing: list[Maker] = [
        lambda x, y: crate(easel, x, y, 0.6),
        lambda x, y: barrel(easel, x, y),
        lambda x, y: coil(easel, random, x, y),
        lambda x, y: planter(easel, random, x, y),
    ]
    quayside = _about(easel, random, standing, 11, ahead=(-6.5, 3.2))
    return [*things, *quayside, *_lamps(easel, (-6.2, 3.3), (5.9, 3.3))]


def _bollard(easel: Easel, x: float) -> None:
    easel.box((x - 0.14, x + 0.14), (4, 4.28), (0, 0.5), IRON)


def _quay(easel: Easel, random: Random, stone: Colour, spread: tuple[float, float]) -> None:
    easel.floor(spread, (-14, 4.5), stone)
    easel.floor(spread, (4.2, 4.5), lighter(stone, 0.2))
    easel.wall(spread, (-0.4, 0), 4.5, darker(stone, 0.4))
    for x in np.arange(math.floor(spread[0]), spread[1], 2.0):
        where = easel.eye.place(np.array([[x, -6, 0], [x, 4.2, 0]]))
        easel.stroke(where[:2], easel.mood.lit(darker(stone, 0.12), 8), easel.pen(0.0012) / 2)
    for y in np.arange(-8, 4, 1.3):
        where = easel.eye.place(np.array([[spread[0], y, 0], [spread[1], y, 0]]))
        easel.stroke(where[:2], easel.mood.lit(darker(stone, 0.08), 8), easel.pen(0.001) / 2)
    _wet(easel, random, stone)


def _lighthouse(easel: Easel, x: float) -> None:
    stand = easel.stand(x, 40)
    stand.fill([(-9, -0.2), (8, -0.2), (6.5, 1.1), (-7.5, 1.1)], darker(STONE, 0.2))
    for band in range(5):
        low, high = 1 + band * 2, 3 + band * 2
        wide, thin = 1.5 - 0.12 * band, 1.38 - 0.12 * band
        tone = rgb("c2473d") if band % 2 else rgb("f5efe3")
        stand.fill([(-wide, low), (wide, low), (thin, high), (-thin, high)], tone)
    stand.fill([(-0.8, 11), (0.8, 11), (0.8, 12.3), (-0.8, 12.3)], LAMPLIGHT)
    stand.fill([(-1.1, 12.3), (1.1, 12.3), (0, 13.6)], rgb("7d2f2a"))
    if easel.mood.lamps:
        stand.light(0, 11.6, 0.7, rgb("fff0c0"))


def street(easel: Easel, random: Random) -> list[Thing]:
    """A lane between houses that runs off into the hills."""
    _hills(easel, random, (rgb("8ba7a6"), rgb("7d9b78")))
    grass = snowy(easel, rgb("93a867"))
    easel.ground(grass, darker(grass, 0.08))
    road = snowy(easel, rgb("b5a58f"), 0.7)
    easel.floor((-3.0, 3.0), (-12, 70), road)
    for x in (-3.0, 2.2):
        easel.floor((x, x + 0.8), (-12, 70), snowy(easel, rgb("d6cab2"), 0.8), 0.0)
    for y in np.arange(-6, 30, 1.4):
        where = easel.eye.place(np.array([[-2.2, y, 0], [2.2, y, 0]]))
        easel.stroke(where[:2], easel.mood.lit(darker(road, 0.09), max(0, 8 + y)), easel.pen(0.001) / 2)
    _strewn(easel, random, [rgb("c08a3e"), rgb("8f6a3a"), rgb("7f9b5c"), rgb("b5563c")], 110)
    _wet(easel, random, road)
    standing: list[Maker] = [
        lambda x, y: planter(easel, random, x, y),
        lambda x, y: barrel(easel, x, y),
        lambda x, y: bench(easel, x, y, 1.3),
    ]
    things: list[Thing] = _about(easel, random, standing, 4, within=(-6.0, -2.7))
    things += _about(easel, random, standing, 4, within=(2.7, 6.0))
    for way in (-1, 1):
        y = 2.2 + float(random.uniform(0, 1.5))
        while y < 34:
            deep, high = float(random.uniform(5.2, 7)), float(random.choice([3.2, 5.6, 5.6]))
            inner = 3.7 + float(random.uniform(0, 0.8))
            sides = (inner, inner + 6.5) if way > 0 else (-inner - 6.5, -inner)
            at = (sides, (y, y + deep), high)
            things.append((y + deep * 0.9, lambda at=at: house(easel, random, *at)))
            y += deep + float(random.choice([0.4, 0.4, 2.6]))
    things += _lamps(easel, (-3.3, 1.4), (3.3, 9), (-3.3, 18))
    return [*things, *_trees(easel, random, (4.4, 1.0, 4.2), (-5.2, 0.6, 4.6), (3.6, 42, 7), (-4.5, 44, 8))]


def park(easel: Easel, random: Random) -> list[Thing]:
    """Lawns, a winding path, a pond with reeds, benches and many trees."""
    _hills(easel, random, (rgb("8ba9a0"), rgb("79a07c")))
    grass = snowy(easel, rgb("96b765"))
    easel.ground(mix(grass, rgb("b9cd8a"), 0.3), darker(grass, 0.06))
    along = np.linspace(-9, 40, 60)
    bend = 1.8 * np.sin(along * 0.16 + 1.2) + 0.2
    edges = [np.column_stack([bend + way * 1.25, along, np.zeros(60)]) for way in (-1, 1)]
    easel.shape(np.concatenate([edges[0], edges[1][::-1]]), snowy(easel, rgb("e3d3ae"), 0.7))
    for radius, tone in ((1.07, rgb("7f9b5c")), (1.0, rgb("7fb0bd"))):
        pond = np.column_stack([ring(6.2, 9.5, 4.4 * radius, 2.7 * radius, 48), np.zeros(48)])
        easel.shape(pond, snowy(easel, tone, 0.5))
    _strewn(easel, random, [rgb("d9534a"), rgb("f0c04a"), rgb("f4f1ea"), darker(grass, 0.25)], 150)
    _wet(easel, random, grass)
    standing: list[Maker] = [
        lambda x, y: _bed(easel, random, x, y),
        lambda x, y: bench(easel, x, y, 1.4),
        lambda x, y: _bush(easel, random, x, y),
    ]
    things = _about(easel, random, standing, 10)
    things += _trees(
        easel,
        random,
        (-5.4, 4.2, 5.2),
        (-8.5, 8, 6.2),
        (5.2, 4.6, 4.4),
        (-4.5, 14, 6),
        (10, 6, 6),
        (-13, 13, 7),
        (3.5, 17, 6.5),
        (12, 16, 7),
        (-9, 20, 7.5),
        (7.5, 24, 8),
        (-2, 27, 8),
        (17, 24, 8),
        (-18, 24, 8),
    )
    for x, y in ((-11.5, 5.5), (8, 18), (14.5, 10), (-15, 17), (0.8, 33)):
        things.append((y, lambda x=x, y=y: fir(easel.stand(x, y), random, 6.5)))
    things.append((2.6, lambda: bench(easel, -2.9, 2.6)))
    things.append((0.4, lambda: _flowers(easel, random)))
    return [*things, *_lamps(easel, (2.6, 3.4), (-2.4, 12))]


def _bed(easel: Easel, random: Random, x: float, y: float) -> None:
    """A round flower bed."""
    earth, tone = rgb("7a5c43"), pick(random, [rgb("d9534a"), rgb("f0c04a"), rgb("b06ab3"), rgb("f4f1ea")])
    easel.shape(np.column_stack([ring(x, y, 0.95, 0.8, 26), np.zeros(26)]), earth)
    for _ in range(26):
        away, angle = 0.75 * math.sqrt(random.random()), random.uniform(0, 2 * math.pi)
        spot = easel.stand(x + away * math.cos(angle), y + 0.8 * away * math.sin(angle))
        spot.disc(0, 0.1, 0.09, 0.09, snowy(easel, tone, 0.7))


def _bush(easel: Easel, random: Random, x: float, y: float) -> None:
    easel.shadow(x, y, 0.8, 0.7)
    stand, leaf = easel.stand(x, y), snowy(easel, pick(random, LEAVES), 0.6)
    for aside, up, size in ((-0.32, 0.3, 0.4), (0.34, 0.32, 0.42), (0, 0.55, 0.45)):
        stand.disc(aside, up, size, size * 0.85, leaf if aside else lighter(leaf, 0.12))


def _flowers(easel: Easel, random: Random) -> None:
    if easel.mood.snow:
        return
    tones = [rgb("d9534a"), rgb("f0c04a"), rgb("f4f1ea"), rgb("b06ab3")]
    for _ in range(46):
        way = float(random.choice([-1, 1]))
        x, y = way * float(random.uniform(2.6, 6.5)), float(random.uniform(-2.5, 3.2))
        easel.stand(x, y).disc(0, 0.09, 0.06, 0.06, pick(random, tones))


def station(easel: Easel, random: Random) -> list[Thing]:
    """A platform under a roof, a train along it, and a clock."""
    _hills(easel, random, (rgb("8aa0a6"), rgb("809a84")))
    gravel = snowy(easel, rgb("a39a8a"))
    easel.ground(mix(gravel, snowy(easel, rgb("8fa56c")), 0.75), darker(gravel, 0.05))
    for x in (3.4, 4.9):
        easel.floor((x, x + 0.12), (-10, 80), rgb("6b6f75"))
    platform = snowy(easel, rgb("cfc4b0"), 0.7)
    easel.floor((-16, 2.5), (-12, 60), platform)
    easel.floor((1.95, 2.25), (-12, 60), rgb("f0c94b"))
    easel.side(2.5, (-12, 60), (-0.5, 0), darker(platform, 0.4))
    for y in np.arange(-8, 24, 1.5):
        where = easel.eye.place(np.array([[-16, y, 0], [1.9, y, 0]]))
        easel.stroke(where[:2], easel.mood.lit(darker(platform, 0.08), max(0, 8 + y)), easel.pen(0.001) / 2)
    _wet(easel, random, platform)
    standing: list[Maker] = [
        lambda x, y: luggage(easel, random, x, y),
        lambda x, y: planter(easel, random, x, y),
        lambda x, y: bench(easel, x, y, 1.5),
    ]
    things: list[Thing] = _about(easel, random, standing, 11, within=(-7.5, 1.0))
    things += [(58, lambda: _train(easel, random))]
    things += [(19.9, lambda: house(easel, random, (-13, -6.2), (12, 20), 5.6))]
    things += [(11.9, lambda: house(easel, random, (-14, -6.6), (3.5, 11.5), 5.6))]
    for y in (2.8, 9.5, 16, 24) if easel.eye.pitch < 0.2 else ():
        things.append((y, lambda y=y: _canopy(easel, y)))
    things.append((6.0, lambda: _clock(easel)))
    things.append((5.2, lambda: bench(easel, -4.0, 5.2, 1.9)))
    things += _trees(easel, random, (11, 22, 6), (15, 24, 7), (20, 23, 6.5), (26, 26, 7.5))
    return [*things, *_lamps(easel, (-0.4, 13), (-5.6, 1.6))]


def _train(easel: Easel, random: Random) -> None:
    body = pick(random, [rgb("a8443a"), rgb("2f6a63"), rgb("34547f"), rgb("c98a2e")])
    left, right, start = 2.95, 5.5, 3.0 + float(random.uniform(0, 1.5))
    for car in (3, 2, 1, 0):
        near, far = start + car * 13.4, start + car * 13.4 + 13
        if easel.eye.z > 3.6:
            easel.floor((left, right), (near, far), snowy(easel, rgb("cfc8ba"), 0.7), 3.5)
        easel.side(left, (near, far), (0.1, 3.5), darker(body, 0.12))
        easel.side(left, (near, far), (1.55, 2.75), rgb("f3e7cc"))
        for place in range(7):
            y = near + 0.9 + place * 1.7
            glass = np.array([[left, y, 1.7], [left, y + 1.2, 1.7], [left, y + 1.2, 2.55], [left, y, 2.55]])
            easel.shape(glass, LAMPLIGHT if easel.mood.lamps else GLASS, glows=easel.mood.lamps)
        easel.wall((left, right), (0.1, 3.5), near, body)
    y = start
    easel.wall((left + 0.25, right - 0.25), (1.75, 2.9), y, GLASS)
    easel.wall((left, right), (0.95, 1.35), y, rgb("f3e7cc"))
    for x in (left + 0.45, right - 0.45):
        front = np.array(
            [[x + 0.2 * math.cos(t), y, 0.65 + 0.2 * math.sin(t)] for t in np.linspace(0, 6.28, 20)]
        )
        easel.shape(front, rgb("fff3cf"), glows=True)
        if easel.mood.lamps:
            easel.glow(easel.eye.place(front).mean(axis=0), easel.height * 0.03, (255, 220, 150), 0.6)


def _canopy(easel: Easel, y: float) -> None:
    easel.box((-2.35, -2.2), (y, y + 0.15), (0, 3.4), rgb("3f6b63"))
    if easel.eye.pitch < 0.2:
        easel.shape(
            np.array([[-5.4, y - 2.6, 4.1], [0.9, y - 2.6, 3.5], [0.9, y + 4, 3.5], [-5.4, y + 4, 4.1]]),
            rgb("5d7f78"),
        )
        easel.wall((-5.4, 0.9), (3.4, 3.55), y - 2.6, snowy(easel, rgb("e6d9bd"), 0.6))


def _clock(easel: Easel) -> None:
    stand = easel.stand(1.15, 6)
    stand.limb([(0, 0), (0, 2.9)], IRON, 0.12)
    stand.disc(0, 3.2, 0.5, 0.5, IRON)
    stand.disc(0, 3.2, 0.42, 0.42, rgb("faf5e8"))
    stand.limb([(0, 3.2), (0.02, 3.5)], IRON, 0.06)
    stand.limb([(0, 3.2), (0.22, 3.08)], IRON, 0.06)


_WALLS = ("e6dcc3", "d3dccb", "cfdbe3", "ecd9c9", "dcd3e3", "e9e4d4")
_FLOORS = ("c39a6b", "a98a6c", "b9a58a", "8f9a92", "d2b184")


def classroom(easel: Easel, random: Random) -> list[Thing]:
    """A room with tall windows on one side, a blackboard, what pupils have made, and desks."""
    easel.rows(0, easel.height, [easel.mood.lit(rgb("c9b79a"), 3), easel.mood.lit(rgb("b79f7d"), 3)])
    wall = rgb(_WALLS[int(random.integers(len(_WALLS)))])
    floor = rgb(_FLOORS[int(random.integers(len(_FLOORS)))])
    left, right, back, high = -4.6, 4.6, 7.0, 3.3
    _boards(easel, random, floor, (left, right), back)
    if easel.eye.pitch < 0.2:
        easel.shape(
            np.array([[left, -9, high], [right, -9, high], [right, back, high], [left, back, high]]),
            lighter(wall, 0.5),
        )
    easel.side(left, (-9, back), (0, high), darker(wall, 0.16))
    easel.side(right, (-9, back), (0, high), darker(wall, 0.05))
    easel.wall((left, right), (0, high), back, wall)
    easel.wall((left, right), (0, 0.9), back, mix(wall, pick(random, _DADOES), 0.5))
    way = -1 if random.random() < 0.6 else 1
    _tall_windows(easel, random, way * right, high)
    _pinned(easel, random, -way * right)
    board = _blackboard(easel, random, back)
    if easel.eye.pitch > 0.2 and random.random() < 0.6:
        _rug(easel, random)
    return [*_desks(easel, random), *_furnished(easel, random, way, board)]


_DADOES = [rgb("7a8f86"), rgb("8a6f5a"), rgb("6f86a0"), rgb("a07a6a")]


def _boards(easel: Easel, random: Random, floor: Colour, across: tuple[float, float], back: float) -> None:
    """Floor boards along the room, or tiles in two tones."""
    easel.floor(across, (-9, back), floor)
    if random.random() < 0.4:
        for row, y in enumerate(np.arange(-9, back, 0.9)):
            for column, x in enumerate(np.arange(across[0], across[1], 0.9)):
                if (row + column) % 2:
                    easel.floor((x, min(x + 0.9, across[1])), (y, min(y + 0.9, back)), lighter(floor, 0.16))
        return
    for x in np.arange(*across, 0.46):
        where = easel.eye.place(np.array([[x, -3, 0], [x, back, 0]]))
        easel.stroke(where[:2], easel.mood.lit(darker(floor, 0.12), 5), easel.pen(0.001) / 2)


def _desks(easel: Easel, random: Random) -> list[Thing]:
    """In rows, in pairs, or along three sides of the room."""
    order = int(random.integers(3))
    rows = [(x, y) for y in (4.2, 2.7) for x in (-2.9, 0.0, 2.9)]
    pairs = [(x, y) for y in (4.6, 3.2) for x in (-3.1, -1.7, 1.7, 3.1)]
    sides = [(x, 5.0) for x in (-2.9, -1.4, 0.1, 1.6, 3.1)] + [
        (x, y) for y in (3.6, 2.4) for x in (-3.4, 3.4)
    ]
    places = (rows, pairs, sides)[order]
    return [(y, lambda x=x, y=y: _desk(easel, random, x, y)) for x, y in places]


def _desk(easel: Easel, random: Random, x: float, y: float) -> None:
    for leg in (x - 0.55, x + 0.55):
        easel.box((leg - 0.03, leg + 0.03), (y, y + 0.4), (0, 0.66), IRON)
    easel.box((x - 0.65, x + 0.65), (y, y + 0.5), (0.66, 0.72), rgb("d8ab6c"), rgb("e3bd84"))
    for left in (x - 0.45, x + 0.1):
        if random.random() < 0.65:
            tone = pick(random, [rgb("f4efe2"), rgb("c2473d"), rgb("40558c"), rgb("4f7a6b"), rgb("e0a63c")])
            easel.box((left, left + 0.28), (y + 0.1, y + 0.35), (0.72, 0.75), tone)


def _rug(easel: Easel, random: Random) -> None:
    tone = pick(random, [rgb("9c4a3f"), rgb("4a6f8c"), rgb("5d7f4f"), rgb("7d5a86")])
    for radius, shade in ((2.3, tone), (2.0, lighter(tone, 0.35)), (1.5, tone)):
        easel.shape(np.column_stack([ring(0, 0.2, radius, radius * 0.8, 40), np.zeros(40)]), shade)


def _furnished(easel: Easel, random: Random, way: int, board: float) -> list[Thing]:
    """What stands along the walls: shelves of books, a globe, a plant, a cupboard, the teacher's table."""
    things: list[Thing] = []
    away = -way * 4.1
    if random.random() < 0.7:
        things.append((6.3, lambda: _bookcase(easel, random, away)))
    if random.random() < 0.6:
        things.append((6.0, lambda: _globe(easel, way * 3.7, 6.0)))
    if random.random() < 0.7:
        things.append((5.6, lambda: planter(easel, random, way * 4.1, 5.2)))
    if random.random() < 0.6:
        things.append((5.9, lambda: _table(easel, board)))
    return things


def _bookcase(easel: Easel, random: Random, x: float) -> None:
    easel.box((x - 0.45, x + 0.45), (6.3, 6.75), (0, 1.9), WOOD)
    for shelf in (0.25, 0.75, 1.25):
        easel.wall((x - 0.4, x + 0.4), (shelf, shelf + 0.42), 6.29, darker(WOOD, 0.45))
        left = x - 0.38
        while left < x + 0.32:
            wide, tall = float(random.uniform(0.05, 0.11)), float(random.uniform(0.24, 0.38))
            tone = pick(random, [rgb("c2473d"), rgb("40558c"), rgb("e0a63c"), rgb("4f7a6b"), rgb("f4efe2")])
            easel.wall((left, left + wide), (shelf, shelf + tall), 6.28, tone)
            left += wide + 0.01


def _globe(easel: Easel, x: float, y: float) -> None:
    easel.box((x - 0.35, x + 0.35), (y, y + 0.4), (0, 0.75), WOOD)
    stand = easel.stand(x, y + 0.2, 0.75)
    stand.limb([(0, 0), (0, 0.12)], IRON, 0.05)
    stand.disc(0, 0.36, 0.26, 0.26, rgb("6fa3bf"))
    for aside, up, size in ((-0.08, 0.42, 0.1), (0.1, 0.3, 0.07)):
        stand.disc(aside, up, size, size * 0.8, rgb("8aa864"))


def _table(easel: Easel, x: float) -> None:
    easel.box((x - 0.9, x + 0.9), (5.8, 6.3), (0, 0.78), darker(WOOD, 0.1), lighter(WOOD, 0.15))
    easel.box((x - 0.6, x - 0.3), (5.9, 6.1), (0.78, 0.86), rgb("c2473d"))


def _tall_windows(easel: Easel, random: Random, x: float, high: float) -> None:
    pane, way = mix(easel.mood.sky[0], easel.mood.sky[1], 0.5), -math.copysign(1.0, x)
    curtain = pick(random, [rgb("c98b7a"), rgb("8aa5a0"), rgb("d9c27a")]) if random.random() < 0.5 else None
    for y in (-1.6, 1.0, 3.6):
        easel.side(x, (y, y + 1.7), (0.9, high - 0.35), rgb("f6f0e2"))
        glass = np.array(
            [[x, y + 0.12, 1], [x, y + 1.58, 1], [x, y + 1.58, high - 0.45], [x, y + 0.12, high - 0.45]]
        )
        easel.shape(glass, pane, glows=True)
        easel.side(x, (y + 0.81, y + 0.89), (1, high - 0.45), rgb("f6f0e2"))
        easel.side(x, (y, y + 1.7), (1.85, 1.93), rgb("f6f0e2"))
        if curtain:
            for near in (y - 0.1, y + 1.4):
                easel.side(x + 0.02 * way, (near, near + 0.4), (0.7, high - 0.2), curtain)
        if easel.mood.shade > 0.3:
            reach = 2.6 if easel.mood.sun[0] > 1 else 1.1
            light = np.array([[x + way * (0.4 + across * reach), y + ahead, 0] for across, ahead in _BEAM])
            easel.veil(easel.eye.place(light), rgb("fff0c4"), 0.42)
    if easel.mood.lamps:
        _hung_lamps(easel, random)


_BEAM = ((0, 0.4), (0, 1.9), (1, 2.4), (1, 0.9))


def _hung_lamps(easel: Easel, random: Random) -> None:
    shade = pick(random, [rgb("4f7a6b"), rgb("8a4b3a"), rgb("3f4f6f"), rgb("e6dcc3")])
    for lamp_x in (-1.8, 1.8) if random.random() < 0.6 else (-2.6, 0.0, 2.6):
        stand = easel.stand(lamp_x, 2.5, 2.35)
        stand.limb([(0, 0.1), (0, 0.95)], IRON, 0.03)
        stand.fill([(-0.35, 0), (0.35, 0), (0.14, 0.24), (-0.14, 0.24)], shade)
        stand.light(0, -0.02, 0.1, rgb("ffe9b8"))
        easel.glow(stand.foot, stand.scale * 2.2, rgb("ffcf8a"), 0.22)


def _pinned(easel: Easel, random: Random, x: float) -> None:
    """Pictures that pupils have painted, on the wall across from the windows."""
    tones = [rgb("d9534a"), rgb("f0c04a"), rgb("6fa3bf"), rgb("8aa864"), rgb("b06ab3"), rgb("f4efe2")]
    y = float(random.uniform(-1.5, 0.5))
    while y < 5.8:
        wide, low = float(random.uniform(0.5, 0.9)), float(random.uniform(1.2, 1.6))
        easel.side(x, (y, y + wide), (low, low + 0.7), rgb("f4efe2"))
        easel.side(x, (y + 0.08, y + wide - 0.08), (low + 0.08, low + 0.62), pick(random, tones))
        easel.side(x, (y + wide * 0.3, y + wide * 0.65), (low + 0.2, low + 0.45), pick(random, tones))
        y += wide + float(random.uniform(0.25, 0.9))


def _blackboard(easel: Easel, random: Random, y: float) -> float:
    """The board with what was last drawn on it, and a map or paintings beside; where the board hangs."""
    board = pick(random, [rgb("2f5248"), rgb("2f3f52"), rgb("3a3a3c")])
    middle = float(random.choice([-0.9, 0.0, 0.9]))
    easel.wall((middle - 1.9, middle + 1.9), (0.95, 2.55), y - 0.02, WOOD)
    easel.wall((middle - 1.8, middle + 1.8), (1.05, 2.45), y - 0.03, board)
    drawn = _CHALKED[int(random.integers(len(_CHALKED)))]
    for line in drawn():
        where = easel.eye.place(np.array([[middle + x, y - 0.04, z] for x, z in line]))
        easel.stroke(where, easel.mood.lit(lighter(board, 0.7), 9), easel.pen(0.0028) / 2)
    side = 1 if middle <= 0 else -1
    left = middle + side * 2.15 - (1.6 if side < 0 else 0)
    if abs(left) < 3.2 or abs(left + 1.6) < 4.5:
        _map(easel, random, left, y)
    return middle


def _map(easel: Easel, random: Random, left: float, y: float) -> None:
    easel.wall((left, left + 1.6), (1.15, 2.45), y - 0.02, rgb("bcd6d8"))
    for _ in range(3):
        x, z, size = left + random.uniform(0.35, 1.25), random.uniform(1.5, 2.1), random.uniform(0.18, 0.34)
        turns = np.linspace(0, 6.28, 24)
        reach = size * (1 + 0.3 * np.sin(3 * turns + x))
        edge = x + reach * np.cos(turns), np.full(24, y - 0.03), z + 0.8 * reach * np.sin(turns)
        easel.shape(np.stack(edge, axis=1), pick(random, LEAVES))


Line = list[tuple[float, float]]


def _round(x: float, z: float, radius: float) -> Line:
    turns = np.linspace(0, 2 * math.pi, 22).tolist()
    return [(x + radius * math.cos(turn), z + radius * math.sin(turn)) for turn in turns]


def _bridge() -> list[Line]:
    arch = [(x, 2 - 0.5 * (x / 1.2) ** 2) for x in np.linspace(-1.2, 1.2, 16).tolist()]
    return [arch, *[[(x, 1.4), (x, 2 - 0.5 * (x / 1.2) ** 2)] for x in (-1.2, -0.6, 0, 0.6, 1.2)]]


def _house() -> list[Line]:
    walls = [(-0.6, 1.2), (-0.6, 1.8), (0, 2.25), (0.6, 1.8), (0.6, 1.2), (-0.6, 1.2)]
    door = [(-0.15, 1.2), (-0.15, 1.55), (0.15, 1.55), (0.15, 1.2)]
    return [walls, door, _round(1.2, 2.15, 0.2), [(-1.5, 1.2), (1.5, 1.2)]]


def _curve() -> list[Line]:
    wave = [(x, 1.7 + 0.4 * math.sin(4 * x)) for x in np.linspace(-1.3, 1.3, 40).tolist()]
    return [[(-1.4, 1.2), (-1.4, 2.3)], [(-1.5, 1.7), (1.5, 1.7)], wave]


def _writing() -> list[Line]:
    wides = (1.6, 2.6, 2.2, 2.7, 1.1)
    return [[(-1.5, 2.25 - 0.2 * row), (-1.5 + wide, 2.25 - 0.2 * row)] for row, wide in enumerate(wides)]


def _shapes() -> list[Line]:
    square = [(-1.4, 1.4), (-0.7, 1.4), (-0.7, 2.1), (-1.4, 2.1), (-1.4, 1.4)]
    return [square, _round(0.1, 1.75, 0.35), [(0.7, 1.4), (1.4, 1.4), (1.05, 2.1), (0.7, 1.4)]]


_CHALKED = (_bridge, _house, _curve, _writing, _shapes)


SETTINGS: dict[str, Setting] = {
    "market square": market,
    "harbour": harbour,
    "village street": street,
    "park": park,
    "station": station,
    "classroom": classroom,
}
INDOORS = ("classroom",)
OTHER_NAMES = {
    "market": "market square",
    "square": "market square",
    "harbor": "harbour",
    "port": "harbour",
    "street": "village street",
    "village": "village street",
    "train station": "station",
    "railway station": "station",
    "school": "classroom",
}
