"""What people do, as an illustrator shows it: by what they hold and what stands beside them."""

import math
from collections.abc import Callable

import msgspec
import numpy as np

from photogram.pixels.draw.canvas import Random
from photogram.pixels.draw.easel import Easel, Stand, darker, lighter, pick, rgb
from photogram.pixels.draw.scenery import FRUIT, IRON, WOOD, Thing, bench, crate, ferry, stall, umbrella

Held = Callable[[Stand, float, Random, int], None]
Props = Callable[[Easel, Random], list[Thing]]


def _empty(stand: Stand, unit: float, random: Random, place: int) -> None:
    pass


def _nothing(easel: Easel, random: Random) -> list[Thing]:
    return []


class Doing(msgspec.Struct, frozen=True):
    """An action: how the arms are held, what is in them, what stands about."""

    pose: str = "stand"
    held: Held = _empty
    props: Props = _nothing
    spread: float = 0.85
    outdoors: bool = False


_PAPER = rgb("f6f1e4")


def _basket(stand: Stand, unit: float, random: Random, place: int) -> None:
    x, y = 0.27 * unit, 0.62 * unit
    for fruit in range(3):
        stand.disc(x + (fruit - 1) * 0.1, y + 0.1, 0.065, 0.065, FRUIT[(fruit + place) % len(FRUIT)])
    stand.fill(
        [(x - 0.2, y + 0.08), (x + 0.2, y + 0.08), (x + 0.15, y - 0.12), (x - 0.15, y - 0.12)],
        rgb("b98a52"),
        1,
    )
    arc = [(x + 0.17 * math.cos(t), y + 0.08 + 0.17 * math.sin(t)) for t in np.linspace(0, math.pi, 9)]
    stand.limb(arc, rgb("8f6639"), 0.03)


def _newspaper(stand: Stand, unit: float, random: Random, place: int) -> None:
    y = 1.04 * unit
    for way in (-1, 1):
        stand.fill(
            [(0, y - 0.17), (way * 0.27, y - 0.11), (way * 0.27, y + 0.21), (0, y + 0.15)],
            _PAPER if way > 0 else darker(_PAPER, 0.07),
        )
        for row in range(3):
            height = y + 0.08 - row * 0.075
            stand.limb([(way * 0.05, height), (way * 0.22, height + 0.035)], rgb("8c8a84"), 0.018)


def _under_umbrella(stand: Stand, unit: float, random: Random, place: int) -> None:
    umbrella(stand, random, unit)


def _suitcase(stand: Stand, unit: float, random: Random, place: int) -> None:
    tone = pick(random, [rgb("a0623a"), rgb("6b4a3a"), rgb("3f6b63"), rgb("8a3f3a")])
    x = -0.44 * unit
    arc = [(x + 0.09 * math.cos(t), 0.4 + 0.09 * math.sin(t)) for t in np.linspace(0, math.pi, 8)]
    stand.limb(arc, darker(tone, 0.3), 0.03)
    stand.fill([(x - 0.22, 0.04), (x + 0.22, 0.04), (x + 0.22, 0.4), (x - 0.22, 0.4)], tone, 1)
    for strap in (-0.1, 0.1):
        stand.limb([(x + strap, 0.06), (x + strap, 0.38)], lighter(tone, 0.3), 0.035)


def _net(stand: Stand, unit: float, random: Random, place: int) -> None:
    """A net from the hands to the ground, with floats along its edge."""
    cord = rgb("3f6f66")
    corners = [(-0.36, 1.06), (0.36, 1.06), (0.62, 0.06), (-0.62, 0.06)]
    outline = np.array(corners) * (1, 1)
    stand.easel.veil(stand.at(outline), stand.easel.mood.lit(cord, stand.away), 0.45)
    for step in range(7):
        share = step / 6
        top, low = (-0.36 + 0.72 * share, 1.06), (-0.62 + 1.24 * share, 0.06)
        stand.limb([top, low], cord, 0.016)
        level = 1.06 - share
        wide = 0.36 + 0.26 * share
        stand.limb([(-wide, level), (wide, level)], cord, 0.016)
    for share in (0.0, 0.33, 0.66, 1.0):
        stand.disc(-0.62 + 1.24 * share, 0.07, 0.065, 0.05, rgb("e2873b"))


def _kite(stand: Stand, unit: float, random: Random, place: int) -> None:
    if place:
        return
    x, y = 1.5 * unit, 3.3 * unit
    string = [
        (0.4 * unit + (x - 0.4 * unit) * t, 1.74 * unit + (y - 1.74 * unit) * t**0.75)
        for t in np.linspace(0, 1, 9)
    ]
    stand.limb(string, rgb("f5efe0"), 0.016)
    for way, tone in ((-1, rgb("d9482f")), (1, rgb("f0b43c"))):
        stand.fill([(x, y + 0.5), (x + way * 0.36, y + 0.05), (x, y - 0.55)], tone)
    tail = [(x + 0.1 * math.sin(t * 3), y - 0.55 - 0.3 * t) for t in np.linspace(0, 2.6, 12)]
    stand.limb(tail, rgb("3f6f9a"), 0.035)


def _broom(stand: Stand, unit: float, random: Random, place: int) -> None:
    stand.limb([(0.16 * unit, 1.3 * unit), (0.5 * unit, 0.25)], WOOD, 0.035)
    stand.fill(
        [(0.44 * unit, 0.28), (0.56 * unit, 0.28), (0.72 * unit, 0.0), (0.4 * unit, 0.0)], rgb("d3a752")
    )


def _dog(stand: Stand, unit: float, random: Random, place: int) -> None:
    """One dog for all of them, on a lead."""
    if place:
        return
    coat = pick(random, [rgb("8a5a38"), rgb("3b3431"), rgb("d9b27c")])
    x = 0.85
    stand.limb([(0.5 * unit, 1.18 * unit), (x + 0.28, 0.5)], rgb("a4412f"), 0.022)
    for leg in (-0.22, -0.14, 0.14, 0.22):
        stand.limb([(x + leg, 0.3), (x + leg, 0.04)], darker(coat, 0.15), 0.07)
    stand.fill([(x - 0.32, 0.5), (x + 0.32, 0.52), (x + 0.3, 0.24), (x - 0.3, 0.26)], coat, 2)
    stand.disc(x + 0.36, 0.58, 0.13, 0.12, coat)
    stand.fill([(x + 0.44, 0.6), (x + 0.58, 0.56), (x + 0.46, 0.5)], coat, 1)
    stand.fill([(x + 0.3, 0.66), (x + 0.36, 0.5), (x + 0.25, 0.5)], darker(coat, 0.3), 1)
    stand.limb([(x - 0.3, 0.46), (x - 0.46, 0.64)], coat, 0.06)


def _lantern(stand: Stand, unit: float, random: Random, place: int) -> None:
    x, y = 0.25 * unit, 0.6 * unit
    stand.fill(
        [(x - 0.1, y - 0.12), (x + 0.1, y - 0.12), (x + 0.1, y + 0.12), (x - 0.1, y + 0.12)], rgb("e2873b"), 1
    )
    stand.light(x, y, 0.06, rgb("ffe9b0"))


# ------------------------------------------------------------------------ beside them


def _by_a_stall(easel: Easel, random: Random) -> list[Thing]:
    return [
        (2.2, lambda: stall(easel, random, 0.0, 1.5)),
        (0.9, lambda: crate(easel, -2.4, 0.9)),
        (1.0, lambda: crate(easel, 2.0, 1.0)),
    ]


def _radio(easel: Easel, random: Random) -> list[Thing]:
    return [(-0.75, lambda: _table_with_radio(easel))]


def _table_with_radio(easel: Easel) -> None:
    x, y = 0.0, -0.75
    for leg in (x - 0.3, x + 0.3):
        easel.box((leg - 0.03, leg + 0.03), (y, y + 0.3), (0, 0.5), WOOD)
    easel.box((x - 0.4, x + 0.4), (y - 0.05, y + 0.35), (0.5, 0.55), WOOD)
    easel.box((x - 0.27, x + 0.27), (y + 0.05, y + 0.25), (0.55, 0.9), rgb("9c4a32"))
    easel.wall((x - 0.22, x + 0.04), (0.6, 0.85), y + 0.05, rgb("e5d2a8"))
    stand = easel.stand(x, y + 0.04, 0.55)
    stand.disc(0.16, 0.24, 0.06, 0.06, rgb("f0dfb2"))
    stand.limb([(0.2, 0.35), (0.42, 0.75)], IRON, 0.02)
    for ring in (0.16, 0.28, 0.40):
        arc = [(0.42 + ring * math.cos(t), 0.75 + ring * math.sin(t)) for t in np.linspace(-0.3, 1.5, 9)]
        stand.limb(arc, rgb("fbf3dc"), 0.028)


def _model_bridge(easel: Easel, random: Random) -> list[Thing]:
    return [(-0.7, lambda: _table_with_bridge(easel))]


def _table_with_bridge(easel: Easel) -> None:
    y = -0.7
    for leg in (-0.9, 0.9):
        easel.box((leg - 0.04, leg + 0.04), (y, y + 0.5), (0, 0.62), WOOD)
    easel.box((-1.05, 1.05), (y, y + 0.6), (0.62, 0.68), rgb("c8965a"), rgb("dbb07a"))
    stand = easel.stand(0, y + 0.3, 0.68)
    red = rgb("c2473d")
    for x in (-0.5, 0.5):
        stand.fill([(x - 0.05, 0), (x + 0.05, 0), (x + 0.04, 0.62), (x - 0.04, 0.62)], red)
    for left, right, low in ((-0.5, 0.5, 0.26), (-0.9, -0.5, 0.24), (0.5, 0.9, 0.24)):
        middle = (left + right) / 2
        edge = [0.58, low, 0.58] if low > 0.25 else [0.24, 0.36, 0.6] if left < -0.6 else [0.6, 0.36, 0.24]
        along: list[float] = np.linspace(left, right, 8).tolist()
        cable = [(x, float(np.interp(x, (left, middle, right), edge))) for x in along]
        stand.limb(cable, darker(red, 0.2), 0.02)
        for x, high in cable:
            stand.limb([(x, 0.22), (x, high)], darker(red, 0.1), 0.012)
    stand.fill([(-0.95, 0.16), (0.95, 0.16), (0.95, 0.23), (-0.95, 0.23)], rgb("5a5f66"))


def _ferry_coming(easel: Easel, random: Random) -> list[Thing]:
    x = float(random.choice([-1, 1])) * float(random.uniform(3.0, 6.0))
    return [(28.0, lambda: ferry(easel.stand(x, 28)))]


def _ball(easel: Easel, random: Random) -> list[Thing]:
    def lie() -> None:
        easel.shadow(0.55, -0.5, 0.3, 0.25)
        stand = easel.stand(0.55, -0.5)
        stand.disc(0, 0.16, 0.16, 0.16, rgb("f4f0e6"))
        stand.fill([(-0.15, 0.2), (0.15, 0.12), (0.14, 0.2), (-0.12, 0.27)], rgb("d9482f"))

    return [(-0.5, lie)]


def _picnic(easel: Easel, random: Random) -> list[Thing]:
    def spread() -> None:
        for column in range(6):
            for row in range(4):
                tone = rgb("c9504a") if (column + row) % 2 else rgb("f6efe2")
                easel.floor(
                    (-1.5 + column * 0.5, -1 + column * 0.5), (-1.5 + row * 0.4, -1.1 + row * 0.4), tone
                )
        for x, tone in ((-0.5, FRUIT[0]), (-0.32, FRUIT[1]), (0.5, FRUIT[2])):
            easel.stand(x, -0.8).disc(0, 0.08, 0.09, 0.09, tone)
        stand = easel.stand(0.1, -0.6)
        stand.fill([(-0.22, 0), (0.22, 0), (0.26, 0.26), (-0.26, 0.26)], rgb("b98a52"), 1)

    return [(-0.3, spread)]


def _seat(easel: Easel, random: Random) -> list[Thing]:
    return [(0.42, lambda: bench(easel, 0, 0.15, 3.0))]


DOINGS: dict[str, Doing] = {
    "trading fruit": Doing("carry", _basket, _by_a_stall, 1.0),
    "sheltering from rain": Doing("hold", _under_umbrella, spread=1.2, outdoors=True),
    "walking in the rain": Doing("hold", _under_umbrella, spread=1.2, outdoors=True),
    "listening to the radio": Doing("stand", props=_radio, spread=1.05),
    "mending nets": Doing("hold", _net, spread=1.6),
    "waiting for the ferry": Doing("stand", _suitcase, _ferry_coming, 1.15),
    "waiting for the train": Doing("stand", _suitcase, spread=1.15),
    "reading the news": Doing("hold", _newspaper, spread=1.0),
    "reading": Doing("hold", _newspaper, spread=1.0),
    "building a model bridge": Doing("hold", props=_model_bridge),
    "flying a kite": Doing("raise", _kite, spread=0.95),
    "walking a dog": Doing("offer", _dog, spread=0.9),
    "sweeping": Doing("hold", _broom, spread=1.3),
    "carrying lanterns": Doing("carry", _lantern, spread=1.0),
    "playing ball": Doing("raise", props=_ball, spread=1.3),
    "having a picnic": Doing("ground", props=_picnic, spread=1.0),
    "resting on a bench": Doing("sit", props=_seat, spread=0.85),
    "sitting on a bench": Doing("sit", props=_seat, spread=0.85),
    "standing": Doing(),
    "talking": Doing("offer", spread=0.8),
    "at rest": Doing(),
}
SPARED = ("nothing", "none", "", "empty", "boats at rest", "with boats at rest")
"""What is said of a scene in which nobody does anything."""
