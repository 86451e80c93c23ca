"""Vehicles on the road: body, colour, make and model, seen from a side, with their plates.

They are illustrations and look it. What the facts say and no illustrator here can show is named.
"""

import math
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from photogram.data import Facts
from photogram.pixels.draw.bodies import BODIES, OTHER_NAMES, Vehicle, vehicle
from photogram.pixels.draw.canvas import Box, Painted, Points, Random, dice
from photogram.pixels.draw.coachwork import Coach
from photogram.pixels.draw.easel import Colour, Easel, Eye, rgb
from photogram.pixels.draw.moods import styled, weathered
from photogram.pixels.draw.roads import ROADS, Road

PAINTS: dict[str, Colour] = {
    "white": rgb("f1f0ea"),
    "silver": rgb("b3b8bd"),
    "grey": rgb("767b81"),
    "black": rgb("202226"),
    "red": rgb("b8262b"),
    "blue": rgb("2457a8"),
    "green": rgb("2c6b4b"),
    "yellow": rgb("ecba2c"),
    "orange": rgb("dd6f24"),
    "brown": rgb("6d4a33"),
    "beige": rgb("d3c19c"),
}
# Where the vehicle's nose points, in degrees from the right of the picture, away from the viewer first.
VIEWS: dict[str, float] = {
    "front": 270,
    "rear": 90,
    "side": 180,
    "left side": 180,
    "right side": 0,
    "front left": 222,
    "front right": 318,
    "rear left": 138,
    "rear right": 42,
}
_PASSED_OVER = ("label", "surface", "make", "model")


class Plan(msgspec.Struct):
    """What is to be drawn, and the facts that were not understood."""

    kind: str = "sedan"
    colour: str = "silver"
    view: str = "front left"
    background: str = "street"
    plate: str = ""
    unread: list[str] = []


def draw_vehicle(facts: Mapping[str, Any], width: int, height: int, seed: int, prompt: str) -> Painted:
    """Illustrate the facts of a vehicle."""
    plan = read(facts)
    car = vehicle(plan.kind, _word(facts, "make"), _word(facts, "model"))
    road, random = ROADS[plan.background], dice(seed, "view")
    heading = math.radians(
        VIEWS[plan.view] + float(random.uniform(-5, 5)) * (plan.view not in ("side", "front", "rear"))
    )
    eye = _eye(car, heading, width, height, random)
    easel = Easel(width, height, eye, road.mood)
    road.draw(easel, dice(seed, "background"), heading)
    coach = Coach(easel, car, PAINTS[plan.colour], heading, lights=road.lights)
    coach.draw()
    plate = coach.plate(plan.plate.upper()) if plan.plate else None
    if plan.plate and plate is None:
        plan.unread.append(f"plate: {facts['plate']}")
    picture = easel.finish()
    if road.wet:
        picture = weathered(picture, dice(seed, "weather"), "rain", road.mood)
    return Painted(
        rgb=styled(picture, dice(seed, "paper"), "flat", road.mood),
        boxes=_boxes(easel, car, heading, plan.kind, plate),
        shows=_shows(plan, facts, plate is not None),
        not_understood=tuple(plan.unread),
    )


# ------------------------------------------------------------------------- the facts


def read(facts: Mapping[str, Any]) -> Plan:
    """What the facts ask for, as far as it can be drawn."""
    plan = Plan()
    for name, value in facts.items():
        word = _word(facts, name)
        if name in _PASSED_OVER or not word:
            continue
        if not _read_one(plan, name, word):
            plan.unread.append(f"{name}: {value}")
    return plan


def _read_one(plan: Plan, name: str, word: str) -> bool:
    if name == "car_type" and OTHER_NAMES.get(word, word) in BODIES:
        plan.kind = OTHER_NAMES.get(word, word)
    elif name in ("color", "colour") and word.replace("gray", "grey") in PAINTS:
        plan.colour = word.replace("gray", "grey")
    elif name == "view" and _view(word) in VIEWS:
        plan.view = _view(word)
    elif name == "background" and _background(word):
        plan.background = _background(word)
    elif name == "plate":
        plan.plate = word
    else:
        return False
    return True


def _view(word: str) -> str:
    """The view without the small words around it: "from the front left" is "front left"."""
    return " ".join(part for part in word.replace("-", " ").split() if part not in ("seen", "from", "the"))


def _background(word: str) -> str:
    return next((name for name in ROADS if name in word), "")


def _word(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name)
    return "" if value is None else str(value).strip().lower()


def _shows(plan: Plan, facts: Mapping[str, Any], plated: bool) -> Facts:
    shows: Facts = {
        "surface": "vehicle",
        "car_type": plan.kind,
        "color": plan.colour,
        "view": plan.view,
        "background": plan.background,
    }
    shows |= {name: facts[name] for name in ("make", "model") if _word(facts, name)}
    return shows | ({"plate": plan.plate.upper()} if plated else {})


# -------------------------------------------------------------------------- the view


def _corners(car: Vehicle, heading: float) -> Points:
    body = car.body
    half, out = body.length / 2, body.breadth / 2
    places = [(x, y, z) for x in (-half, half) for y in (-out, out) for z in (0.0, body.height)]
    cos, sin = math.cos(heading), math.sin(heading)
    return np.array(places) @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])


def _eye(car: Vehicle, heading: float, width: int, height: int, random: Random) -> Eye:
    """As far off as the vehicle is long, and as near as it still fits the picture."""
    away = 2.1 * max(car.body.length, 4.2)
    eye = Eye(0, -away, float(random.uniform(1.35, 1.75)) * (1 + 0.12 * car.body.roomy), 0, 1, (0, 0))
    seen = eye.place(_corners(car, heading))
    low, high = seen.min(axis=0), seen.max(axis=0)
    share = float(random.uniform(0.74, 0.84))
    focal = min(width * share / (high[0] - low[0]), height * 0.66 / (high[1] - low[1]))
    aside = width * float(random.uniform(-0.03, 0.03))
    middle = (
        width / 2 + aside - focal * (low[0] + high[0]) / 2,
        height * 0.6 - focal * (low[1] + high[1]) / 2,
    )
    return msgspec.structs.replace(eye, focal=float(focal), middle=(float(middle[0]), float(middle[1])))


def _boxes(easel: Easel, car: Vehicle, heading: float, kind: str, plate: Points | None) -> tuple[Box, ...]:
    whole = easel.eye.place(_corners(car, heading))
    boxes = [_box(kind, whole, easel)]
    if plate is not None:
        boxes.append(_box("plate", plate, easel))
    return tuple(boxes)


def _box(label: str, points: Points, easel: Easel) -> Box:
    size = (easel.width, easel.height)
    low = np.clip(np.floor(points.min(axis=0)), 0, size).astype(int)
    high = np.clip(np.ceil(points.max(axis=0)), 0, size).astype(int)
    left, top, right, bottom = (int(v) for v in (*low, *high))
    return Box(label, left, top, right - left, bottom - top)


__all__ = ["BODIES", "PAINTS", "ROADS", "VIEWS", "Road", "draw_vehicle"]
