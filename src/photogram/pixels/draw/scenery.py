"""What stands about in a scene: houses, trees, lamps, stalls, boats, and the small things people use."""

import math
from collections.abc import Callable

import numpy as np

from photogram.pixels.draw.canvas import Points, Random
from photogram.pixels.draw.easel import (
    Colour,
    Easel,
    Stand,
    darker,
    lighter,
    mix,
    pick,
    rgb,
    ring,
)

WALLS = [rgb(code) for code in ("e9d2b0", "d9a98a", "cfd6cc", "e6c27e", "b9c7cf", "d7b7b0", "efe3cf")]
ROOFS = [rgb(code) for code in ("a8503c", "8f4434", "6d5a57", "b3654a", "566270")]
AWNINGS = [rgb(code) for code in ("c2473d", "2f7f79", "d8902f", "3f5f97")]
FRUIT = [rgb(code) for code in ("d9482f", "eeb02f", "7fa33a", "e0792b", "8c3f63")]
LEAVES = [rgb(code) for code in ("5e8a4e", "78a05a", "4c7a58", "8aa850")]
WOOD, STONE, IRON = rgb("8d6240"), rgb("b8b0a2"), rgb("39424b")
SNOW, GLASS, LAMPLIGHT = rgb("f4f7fa"), rgb("5b7486"), rgb("ffd98a")
On = Callable[[float, float], tuple[float, float, float]]
Thing = tuple[float, Callable[[], None]]
"""How far away something stands, and how it is drawn."""


def snowy(easel: Easel, colour: Colour, share: float = 0.86) -> Colour:
    """What lies under the sky, white where it has snowed."""
    return mix(colour, SNOW, share) if easel.mood.snow else colour


# ----------------------------------------------------------------------------- houses


def panel(easel: Easel, on: On, across: tuple[float, float], up: tuple[float, float], colour: Colour) -> None:
    """A rectangle on a wall that `on` tells the place of."""
    corners = [(across[0], up[0]), (across[1], up[0]), (across[1], up[1]), (across[0], up[1])]
    easel.shape(np.array([on(*corner) for corner in corners]), colour)


def window(easel: Easel, random: Random, on: On, x: float, z: float, size: tuple[float, float]) -> None:
    """A framed window; after dark somebody may be at home."""
    wide, tall = size
    panel(easel, on, (x - wide * 0.62, x + wide * 0.62), (z - 0.08, z + tall + 0.1), rgb("f3ead9"))
    home = easel.mood.lamps and random.random() < 0.6
    corners = [
        on(x - wide / 2, z),
        on(x + wide / 2, z),
        on(x + wide / 2, z + tall),
        on(x - wide / 2, z + tall),
    ]
    easel.shape(np.array(corners), LAMPLIGHT if home else GLASS, glows=bool(home))
    if home:
        where = easel.eye.place(np.array([corners[0], corners[2], corners[3]]))
        if len(where) == 3:
            reach = float(np.sqrt(np.ptp(where[:, 0]) * np.ptp(where[:, 1])))
            easel.glow(where.mean(axis=0), reach * 1.1, (255, 190, 100), 0.16)
    else:
        panel(easel, on, (x - wide / 2, x), (z + tall / 2, z + tall), lighter(GLASS, 0.25))


def face_of_house(easel: Easel, random: Random, on: On, across: tuple[float, float], high: float) -> None:
    """Windows in rows and a door, on one wall of a house."""
    left, right = across
    count = max(1, int((right - left) / 1.9))
    gap = (right - left) / count
    size = (0.85, 1.25)
    door = int(random.integers(count))
    shutters = pick(random, [rgb("4f7a78"), rgb("7a8f5a"), rgb("8a5a4a")]) if random.random() < 0.6 else None
    for floor in range(max(1, int(high / 2.7))):
        for place in range(count):
            x, z = left + gap * (place + 0.5), 0.95 + 2.7 * floor
            if floor == 0 and place == door:
                panel(easel, on, (x - 0.55, x + 0.55), (0, 2.15), rgb("6b4632"))
                panel(easel, on, (x - 0.4, x + 0.4), (1.2, 1.95), rgb("8a6148"))
                continue
            for way in (-1, 1) if shutters else ():
                middle = x + way * 0.68
                panel(easel, on, (middle - 0.2, middle + 0.2), (z, z + size[1]), shutters or WOOD)
            window(easel, random, on, x, z, size)


def house(
    easel: Easel, random: Random, across: tuple[float, float], ahead: tuple[float, float], high: float
) -> None:
    """A house with a gabled roof whose ridge runs from left to right."""
    wall, roof = pick(random, WALLS), snowy(easel, pick(random, ROOFS))
    (left, right), (near, far) = across, ahead
    middle, ridge = (near + far) / 2, high + 0.3 * (far - near) + 0.6
    bright = easel.mood.sun[0] > 0
    for x, seen, shade in ((left, easel.eye.x < left, not bright), (right, easel.eye.x > right, bright)):
        if seen:
            tone = darker(wall, 0.26 if shade else 0.12)
            easel.side(x, ahead, (0, high), tone)
            easel.shape(np.array([[x, near, high], [x, far, high], [x, middle, ridge]]), tone)
            face_of_house(easel, random, lambda u, z, x=x: (x, u, z), (near + 0.4, far - 0.4), high)
    easel.wall(across, (0, high), near, wall)
    easel.wall(across, (0, 0.45), near, darker(wall, 0.2))
    face_of_house(easel, random, lambda u, z: (u, near, z), (left + 0.3, right - 0.3), high)
    _gable(easel, across, ahead, (high, ridge), roof)
    x = left + (right - left) * float(random.uniform(0.15, 0.8))
    easel.box((x, x + 0.6), (middle - 0.5, middle), (ridge - 0.9, ridge + 0.7), darker(wall, 0.25))


def _gable(
    easel: Easel,
    across: tuple[float, float],
    ahead: tuple[float, float],
    up: tuple[float, float],
    roof: Colour,
) -> None:
    """Both slopes of a roof from its eaves to its ridge, and the shaded edge of the front one."""
    (left, right), (near, far), (high, ridge) = across, ahead, up
    middle, out = (near + far) / 2, 0.25
    if easel.eye.z > ridge:
        easel.shape(
            np.array(
                [
                    [left - out, far + out, high],
                    [right + out, far + out, high],
                    [right + out, middle, ridge],
                    [left - out, middle, ridge],
                ]
            ),
            darker(roof, 0.2),
        )
    easel.shape(
        np.array(
            [
                [left - out, near - out, high - 0.1],
                [right + out, near - out, high - 0.1],
                [right + out, middle, ridge],
                [left - out, middle, ridge],
            ]
        ),
        roof,
    )
    easel.shape(
        np.array(
            [
                [left - out, near - out, high - 0.1],
                [right + out, near - out, high - 0.1],
                [right + out, near - out, high - 0.28],
                [left - out, near - out, high - 0.28],
            ]
        ),
        darker(roof, 0.35),
    )


def tower(easel: Easel, x: float, y: float) -> None:
    """A clock tower with a pointed roof."""
    wall, roof = rgb("e3cfae"), snowy(easel, rgb("5f7a76"), 0.6)
    easel.box((x - 1.6, x + 1.6), (y, y + 3.2), (0, 11), wall)
    for z in (3.2, 6.0):
        easel.wall((x - 0.35, x + 0.35), (z, z + 1.3), y, GLASS)
    face = np.array([[x + 0.95 * math.cos(t), y, 9.3 + 0.95 * math.sin(t)] for t in np.linspace(0, 6.28, 28)])
    easel.shape(face, LAMPLIGHT if easel.mood.lamps else rgb("faf3e3"), glows=easel.mood.lamps)
    for turn, long in ((1.2, 0.75), (2.6, 0.5)):
        tip = [x + long * math.cos(turn), y, 9.3 + long * math.sin(turn)]
        easel.shape(np.array([[x - 0.06, y, 9.25], [x + 0.06, y, 9.35], tip]), IRON)
    top = [x, y + 1.6, 15.5]
    if easel.eye.x < x - 1.6 or easel.eye.x > x + 1.6:
        edge = x - 1.9 if easel.eye.x < x else x + 1.9
        easel.shape(np.array([[edge, y - 0.3, 11], [edge, y + 3.5, 11], top]), darker(roof, 0.25))
    easel.shape(np.array([[x - 1.9, y - 0.3, 11], [x + 1.9, y - 0.3, 11], top]), roof)


# ------------------------------------------------------------------- trees and lamps


def tree(stand: Stand, random: Random, tall: float = 5) -> None:
    """A round tree: a trunk, and clusters of leaves lit from the side of the sun."""
    leaf = pick(random, LEAVES)
    stand.limb([(0, 0), (0, tall * 0.5)], rgb("6f523d"), tall * 0.055)
    wide = tall * 0.3
    spots = [(float(random.uniform(-0.75, 0.75)), float(random.uniform(-0.5, 0.7))) for _ in range(6)]
    for share, shift in ((0.0, 0.0), (0.13, 0.18)):
        tone = lighter(leaf, share) if share else darker(leaf, 0.12)
        for x, y in [(0, 0), *spots]:
            radius = wide * (0.62 if share else 0.72)
            stand.disc(x * wide - shift * wide, tall * 0.66 + y * wide + shift * wide, radius, radius, tone)
    if stand.easel.mood.snow:
        for x, y in [(0, 0.5), *spots[:4]]:
            stand.disc(x * wide * 0.9, tall * 0.66 + (y + 0.42) * wide, wide * 0.5, wide * 0.22, SNOW)


def fir(stand: Stand, random: Random, tall: float = 6) -> None:
    """A conifer in three tiers."""
    leaf = pick(random, [rgb("3f6b57"), rgb("4c7a5f"), rgb("37604f")])
    stand.limb([(0, 0), (0, tall * 0.2)], rgb("6f523d"), tall * 0.05)
    for tier in range(3):
        low, wide = tall * (0.12 + 0.26 * tier), tall * (0.24 - 0.055 * tier)
        stand.fill([(-wide, low), (wide, low), (0, low + tall * 0.42)], darker(leaf, 0.06 * (2 - tier)))
        if stand.easel.mood.snow:
            cap = [(-wide * 0.5, low + tall * 0.2), (wide * 0.5, low + tall * 0.2), (0, low + tall * 0.42)]
            stand.fill(cap, SNOW)


def lamp(easel: Easel, x: float, y: float, tall: float = 3.6) -> None:
    """A street lamp, and when it is on the pool of light at its foot."""
    stand = easel.stand(x, y)
    stand.limb([(0, 0), (0, tall)], IRON, 0.1)
    stand.limb([(0, 0), (0, 0.5)], IRON, 0.2)
    stand.fill([(-0.16, tall), (0.16, tall), (0.22, tall + 0.5), (-0.22, tall + 0.5)], rgb("e8dcc0"))
    stand.fill([(-0.28, tall + 0.5), (0.28, tall + 0.5), (0, tall + 0.78)], IRON)
    if easel.mood.lamps:
        stand.light(0, tall + 0.25, 0.17, rgb("ffe7b0"))
        pool = easel.eye.place(np.column_stack([ring(x, y, 2.6, 2.6), np.zeros(28)]))
        easel.veil(pool, rgb("ffcf87"), 0.28)


# --------------------------------------------------------------------- on the market


def stall(easel: Easel, random: Random, x: float, y: float) -> None:
    """A counter of fruit under a striped awning."""
    wide, cloth = 1.35, AWNINGS[int(random.integers(len(AWNINGS)))]
    for post in (x - wide, x + wide):
        easel.box((post - 0.05, post + 0.05), (y + 0.95, y + 1.05), (0, 2.5), WOOD)
    easel.box((x - wide, x + wide), (y, y + 0.9), (0, 0.85), rgb("a87c52"), rgb("7a5638"))
    for plank in (0.28, 0.56):
        easel.wall((x - wide, x + wide), (plank, plank + 0.03), y, rgb("86603d"))
    _fruit(easel, random, x, y, wide)
    for post in (x - wide, x + wide):
        easel.box((post - 0.05, post + 0.05), (y - 0.15, y - 0.05), (0, 2.1), WOOD)
    stripes = 8
    for stripe in range(stripes):
        left, right = (x - wide - 0.2 + (2 * wide + 0.4) * (stripe + more) / stripes for more in (0, 1))
        tone = snowy(easel, cloth if stripe % 2 else rgb("f5ecdc"), 0.5)
        easel.shape(
            np.array(
                [[left, y - 0.4, 2.1], [right, y - 0.4, 2.1], [right, y + 1.1, 2.65], [left, y + 1.1, 2.65]]
            ),
            tone,
        )
        middle = (left + right) / 2
        easel.shape(
            np.array(
                [
                    [left, y - 0.4, 2.1],
                    [right, y - 0.4, 2.1],
                    [right, y - 0.4, 1.92],
                    [middle, y - 0.4, 1.84],
                    [left, y - 0.4, 1.92],
                ]
            ),
            darker(tone, 0.12),
        )


def _fruit(easel: Easel, random: Random, x: float, y: float, wide: float) -> None:
    for heap in range(5):
        tone = FRUIT[(heap + int(random.integers(2))) % len(FRUIT)]
        middle = x - wide + (heap + 0.5) * wide * 2 / 5
        stand = easel.stand(middle, y + 0.25, 0.85)
        stand.fill([(-0.24, 0), (0.24, 0), (0.26, 0.1), (-0.26, 0.1)], rgb("c79b62"))
        for row, many in enumerate((4, 3, 2)):
            for place in range(many):
                at = ((place - (many - 1) / 2) * 0.12, 0.13 + row * 0.095)
                stand.disc(*at, 0.066, 0.066, mix(tone, rgb("fff2c0"), 0.18 * ((place + row) % 2)))


def fountain(easel: Easel, x: float, y: float) -> None:
    """A round basin with a pillar and a jet."""
    stand = easel.stand(x, y)
    for z, radius, tone in ((0.0, 2.0, darker(STONE, 0.2)), (0.55, 2.0, STONE), (0.56, 1.75, rgb("7fa7b5"))):
        circle = np.column_stack([ring(x, y, radius, radius, 40), np.full(40, z)])
        easel.shape(circle, tone)
        if z == 0:
            band = ring(x, y, radius, radius, 40)
            front = band[band[:, 1] <= y]
            low = np.column_stack([front, np.zeros(len(front))])
            high = np.column_stack([front[::-1], np.full(len(front), 0.55)])
            easel.shape(np.concatenate([low, high]), darker(STONE, 0.14))
    stand.limb([(0, 0.5), (0, 1.7)], darker(STONE, 0.05), 0.3)
    stand.disc(0, 1.75, 0.75, 0.16, STONE)
    for way in (-1, 1):
        arc = [(way * 0.8 * t, 1.8 + 1.3 * t - 2.2 * t * t) for t in np.linspace(0, 1, 9)]
        stand.limb(arc, rgb("dcecf2"), 0.05)


# -------------------------------------------------------------------- by the water


def boat(stand: Stand, random: Random, *, sails: bool) -> None:
    """A fishing boat with a cabin, or one under sail, and its own dark image in the water."""
    hull = pick(random, [rgb("b5433a"), rgb("2f6f8f"), rgb("e2ddd0"), rgb("3f7a68"), rgb("d9a441")])
    way = 1 if random.random() < 0.5 else -1
    image = stand.at(np.array([[-2.1, 0], [2.3, 0], [1.7, -0.75], [-1.6, -0.75]]))
    stand.easel.veil(image, stand.easel.mood.lit(darker(hull, 0.6), stand.away), 0.35)
    outline = [(-2.2 * way, 0.95), (-1.9 * way, 0), (1.7 * way, 0), (2.5 * way, 1.15), (1.2 * way, 0.82)]
    stand.limb([(0, 0.6), (0, 4.9 if sails else 3.2)], rgb("6b4a33"), 0.09)
    if sails:
        cloth = pick(random, [rgb("f3e9d6"), rgb("e7b08a"), rgb("dfe6e6")])
        stand.fill([(0.08 * way, 1.2), (0.08 * way, 4.7), (1.9 * way, 1.3)], cloth)
        stand.fill([(-0.08 * way, 1.3), (-0.08 * way, 4.1), (-1.4 * way, 1.3)], darker(cloth, 0.08))
    else:
        stand.fill([(-1.3, 0.7), (-0.1, 0.7), (-0.1, 1.75), (-1.3, 1.75)], rgb("f1e9da"))
        stand.fill([(-1.42, 1.72), (0.02, 1.72), (0.02, 1.9), (-1.42, 1.9)], darker(hull, 0.2))
        for x in (-1.1, -0.6):
            stand.fill([(x, 1.15), (x + 0.34, 1.15), (x + 0.34, 1.55), (x, 1.55)], GLASS)
        stand.limb([(0, 3.1), (1.6 * way, 1.9)], rgb("6b4a33"), 0.05)
    stand.fill(outline, hull)
    stand.limb([(-2.1 * way, 0.88), (1.1 * way, 0.76), (2.4 * way, 1.06)], lighter(hull, 0.45), 0.1)
    if stand.easel.mood.lamps and not sails:
        stand.light(0, 3.2, 0.1, rgb("ffe1a0"))


def ferry(stand: Stand) -> None:
    """A white ferry with rows of windows and a red funnel."""
    white = rgb("f2efe8")
    stand.fill([(-7, 1.6), (-6, 0), (6.4, 0), (8, 1.9)], rgb("2d4a6b"))
    stand.fill([(-6.4, 1.6), (6.6, 1.6), (6.2, 3.6), (-5.8, 3.6)], white)
    stand.fill([(-4.6, 3.6), (4.4, 3.6), (4, 5.2), (-4.2, 5.2)], darker(white, 0.06))
    stand.fill([(-1.8, 5.2), (-0.2, 5.2), (-0.3, 7.2), (-1.7, 7.2)], rgb("c2473d"))
    lamps = stand.easel.mood.lamps
    for row, (count, y) in enumerate(((11, 2.2), (8, 4.1))):
        for place in range(count):
            x = (place - (count - 1) / 2) * (1.05 - 0.05 * row)
            stand.fill(
                [(x - 0.3, y), (x + 0.3, y), (x + 0.3, y + 0.65), (x - 0.3, y + 0.65)],
                lighter(LAMPLIGHT, 0.4) if lamps else GLASS,
            )


# ------------------------------------------------------------------- small things


def bench(easel: Easel, x: float, y: float, wide: float = 1.6) -> None:
    """A bench that faces the viewer."""
    for leg in (x - wide * 0.42, x + wide * 0.42):
        easel.box((leg - 0.05, leg + 0.05), (y, y + 0.45), (0, 0.42), IRON)
    for z in (0.62, 0.82):
        easel.wall((x - wide / 2, x + wide / 2), (z, z + 0.12), y + 0.5, WOOD)
    easel.box((x - wide / 2, x + wide / 2), (y, y + 0.45), (0.4, 0.47), lighter(WOOD, 0.08))


def crate(easel: Easel, x: float, y: float, size: float = 0.5) -> None:
    """A wooden box with two planks to be seen."""
    easel.box((x, x + size), (y, y + size), (0, size * 0.8), rgb("b58a57"), rgb("8a653d"))
    easel.wall((x, x + size), (size * 0.36, size * 0.42), y, rgb("80603c"))


def planter(easel: Easel, random: Random, x: float, y: float) -> None:
    """A tub with something green in it."""
    easel.box((x - 0.32, x + 0.32), (y, y + 0.6), (0, 0.45), rgb("b3714d"), rgb("6d5a45"))
    stand, leaf = easel.stand(x, y + 0.3, 0.42), pick(random, LEAVES)
    for aside, up, size in ((-0.2, 0.2, 0.26), (0.18, 0.24, 0.28), (0, 0.46, 0.26)):
        stand.disc(aside, up, size, size * 0.9, leaf if aside else lighter(leaf, 0.15))


def parasol(easel: Easel, random: Random, x: float, y: float) -> None:
    """A table with two chairs, under a parasol that from above is all there is to be seen of it."""
    easel.shadow(x, y, 1.7, 1.2)
    for way in (-0.75, 0.75):
        easel.box((x + way - 0.2, x + way + 0.2), (y - 0.2, y + 0.2), (0, 0.45), rgb("8a6a48"))
    easel.box((x - 0.4, x + 0.4), (y - 0.35, y + 0.35), (0.68, 0.74), rgb("d9c8a5"))
    cloth, count = pick(random, [rgb("c2473d"), rgb("2f7f79"), rgb("e0a63c"), rgb("40558c")]), 8
    around = ring(0, 0, 1.25, 1.25, count)
    for place in range(count):
        rim = [(*(around[(place + step) % count] + (x, y)), 2.1) for step in (0, 1)]
        tone = cloth if place % 2 else lighter(cloth, 0.7)
        easel.shape(np.array([(x, y, 2.55), *rim]), tone)


def barrel(easel: Easel, x: float, y: float) -> None:
    """A barrel on its end, its lid to be seen from above."""
    stand = easel.stand(x, y)
    stand.fill([(-0.26, 0), (0.26, 0), (0.32, 0.4), (0.26, 0.8), (-0.26, 0.8), (-0.32, 0.4)], WOOD)
    stand.fill([(-0.31, 0.5), (0.31, 0.5), (0.3, 0.58), (-0.3, 0.58)], IRON)
    lid = np.column_stack([ring(x, y, 0.27, 0.24, 18), np.full(18, 0.8)])
    easel.shape(lid, lighter(WOOD, 0.2))


def coil(easel: Easel, random: Random, x: float, y: float) -> None:
    """Rope laid in a round."""
    rope = pick(random, [rgb("c7a873"), rgb("9c7d4f"), rgb("e0cfa0")])
    for number, size in enumerate((0.5, 0.38, 0.26, 0.14)):
        flat = np.column_stack([ring(x, y, size, size, 22), np.full(22, 0.06 + 0.03 * number)])
        easel.shape(flat, rope if number % 2 else darker(rope, 0.2))


def luggage(easel: Easel, random: Random, x: float, y: float) -> None:
    """A few bags left standing together."""
    for number in range(int(random.integers(2, 4))):
        left, tall = x + 0.42 * number, float(random.uniform(0.4, 0.7))
        tone = pick(random, [rgb("8a4b3a"), rgb("40558c"), rgb("4f7a6b"), rgb("b58a57")])
        easel.box((left, left + 0.36), (y, y + 0.24), (0, tall), tone)


def umbrella(stand: Stand, random: Random, unit: float, high: float = 1.18) -> None:
    """An open umbrella above whoever stands there, children's a little lower."""
    cloth = pick(random, [rgb("c2473d"), rgb("2f7f79"), rgb("e0a63c"), rgb("40558c"), rgb("8a5a86")])
    foot, top = 1.12 * unit, 1.7 * unit * high
    stand.limb([(0.14 * unit, foot), (0.05, top + 0.25)], rgb("4a4038"), 0.035)
    arc = np.linspace(0, math.pi, 17)
    dome = [(0.05 - 0.62 * math.cos(t), top + 0.42 * math.sin(t)) for t in arc]
    hem = [(0.05 + x, top + 0.07) for x in (0.42, 0.21, 0, -0.21, -0.42)]
    points: list[tuple[float, float]] = [*dome]
    for place, (x, y) in enumerate(hem):
        points += [(x, y)] if place % 2 == 0 else [(x, y - 0.06)]
    stand.fill(points, cloth)
    half = [(x, y) for x, y in dome if x >= 0.04]
    stand.fill([*half, (0.05, top + 0.05)], darker(cloth, 0.14))


def water_line(easel: Easel, random: Random, y: float, width: int) -> None:
    """Short pale ripples along one distance."""
    left, right = easel.eye.across(y, width)
    long = max(0.25, (right - left) * 0.03)
    for _ in range(9):
        x = float(random.uniform(left, right))
        where: Points = easel.eye.place(
            np.array([[x, y, 0], [x + long * float(random.uniform(0.5, 1.6)), y, 0]])
        )
        if len(where) == 2:
            easel.stroke(where, easel.mood.lit(rgb("dbe9ea"), easel.eye.away(x, y, 0)), easel.pen(0.0012) / 2)
