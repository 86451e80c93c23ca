"""Everyday scenes of a country that does not exist: a setting, people in it, a light, a weather, a view.

They are illustrations and look it. What the facts say and no illustrator here can show is named.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np

from photogram.data import Facts
from photogram.pixels.draw.canvas import Box, Painted, Points, Random, dice
from photogram.pixels.draw.doing import DOINGS, SPARED, Doing
from photogram.pixels.draw.easel import Easel, Eye
from photogram.pixels.draw.folk import GROUPS, KINDS, called, figure, looks
from photogram.pixels.draw.moods import (
    LIGHT_WORDS,
    STYLE_WORDS,
    WEATHER_WORDS,
    found,
    mood,
    sky,
    styled,
    weathered,
)
from photogram.pixels.draw.scenery import Thing, umbrella
from photogram.pixels.draw.settings import INDOORS, OTHER_NAMES, SETTINGS

_PASSED_OVER = ("label", "surface")
_VIEW_WORDS = {
    "wide": "wide",
    "eye": "eye level",
    "level": "eye level",
    "above": "above",
    "overhead": "above",
}


class Plan(msgspec.Struct):
    """What is to be drawn, in the words of this file, and the facts that were not understood."""

    setting: str = "market square"
    people: tuple[str, ...] = ()
    action: str = ""
    light: str = "noon"
    weather: str = "dry"
    view: str = "wide"
    style: str = "flat"
    shows: Facts = {}
    unread: list[str] = []


def scene(facts: Mapping[str, Any], width: int, height: int, seed: int, prompt: str) -> Painted:
    """Illustrate the facts of a scene."""
    plan = read(facts)
    indoors = plan.setting in INDOORS
    eye = _eye(plan, width, height)
    air = mood(plan.light, plan.weather, plan.style, indoors=indoors, clear=eye.away(0, 1, 0))
    easel = Easel(width, height, eye, air)
    if not indoors:
        sky(easel, dice(seed, "sky"))
    things = SETTINGS[plan.setting](easel, dice(seed, "setting"))
    boxes: list[Box] = []
    things += _people(easel, plan, dice(seed, "people"), boxes)
    for _, draw in sorted(things, key=lambda thing: -thing[0]):
        draw()
    picture = easel.finish()
    if not indoors:
        picture = weathered(picture, dice(seed, "weather"), plan.weather, easel.mood)
    return Painted(
        rgb=styled(picture, dice(seed, "style"), plan.style, easel.mood),
        boxes=tuple(boxes),
        shows=plan.shows,
        not_understood=tuple(plan.unread),
    )


# ------------------------------------------------------------------------- the facts


def read(facts: Mapping[str, Any]) -> Plan:
    """What the facts ask for, as far as it can be drawn."""
    plan = Plan()
    for name, value in facts.items():
        word = "" if value is None else str(value).strip().lower()
        reader = _READERS.get(name)
        if name in _PASSED_OVER or not word:
            continue
        if reader is None or not reader(plan, word):
            plan.unread.append(f"{name}: {value}")
    plan.shows = {
        "surface": "scene",
        "setting": plan.setting,
        "people": ", ".join(plan.people) or "nobody",
        "action": plan.action or "none",
        "lighting": plan.light,
        "weather": plan.weather,
        "composition": plan.view,
        "style": plan.style,
    }
    return plan


def _setting(plan: Plan, word: str) -> bool:
    plan.setting = OTHER_NAMES.get(word, word if word in SETTINGS else plan.setting)
    return word in SETTINGS or word in OTHER_NAMES


def _who(plan: Plan, word: str) -> bool:
    plan.people, whole = called(word)
    return whole or word in GROUPS


def _action(plan: Plan, word: str) -> bool:
    plan.action = word if word in DOINGS else ""
    return word in DOINGS or word in SPARED


def _named(among: Mapping[str, str], part: str) -> Callable[[Plan, str], bool]:
    def read_one(plan: Plan, word: str) -> bool:
        name = found(word, among)
        if name:
            setattr(plan, part, name)
        return bool(name)

    return read_one


_READERS: dict[str, Callable[[Plan, str], bool]] = {
    "setting": _setting,
    "people": _who,
    "action": _action,
    "lighting": _named(LIGHT_WORDS, "light"),
    "weather": _named(WEATHER_WORDS, "weather"),
    "composition": _named(_VIEW_WORDS, "view"),
    "style": _named(STYLE_WORDS, "style"),
}


# -------------------------------------------------------------------------- the view


def _eye(plan: Plan, width: int, height: int) -> Eye:
    """Where the illustrator stands: near and low, far off, or on a roof."""
    base = min(height, width * 0.78)
    middle = width / 2
    if plan.setting in INDOORS:
        if plan.view == "above":
            return Eye(0, -7.6, 8.6, 0.72, 1.25 * base, (middle, height * 0.5))
        back, tall = (-5.4, 1.5) if plan.view == "eye level" else (-8.6, 1.9)
        return Eye(0, back, tall, 0.0, 1.25 * base, (middle, height * 0.44))
    if plan.view == "above":
        return Eye(0, -13.5, 13.0, 0.66, 2.3 * base, (middle, height * 0.45))
    if plan.view == "eye level":
        return Eye(0.6, -7.0, 1.5, 0.0, 1.7 * base, (middle, height * 0.5))
    return Eye(0.5, -17.0, 3.6, 0.0, 1.55 * base, (middle, height * 0.52))


# ------------------------------------------------------------------------ the people


def _people(easel: Easel, plan: Plan, random: Random, boxes: list[Box]) -> list[Thing]:
    """The people side by side, those of a crowd in two rows, and what belongs to what they do."""
    doing = DOINGS.get(plan.action, Doing())
    things = list(doing.props(easel, random)) if plan.people else []
    wet = plan.weather == "rain" and plan.setting not in INDOORS and not doing.outdoors
    for place, at in enumerate(_places(easel, len(plan.people), doing, random)):
        parts = dice(int(random.integers(0, 2_000_000_000)), plan.people[place])

        def stands(place: int = place, at: tuple[float, float] = at, parts: Random = parts) -> None:
            boxes.extend(_person(easel, plan, doing, at, place, parts, under=wet))

        things.append((at[1], stands))
    return things


def _places(easel: Easel, count: int, doing: Doing, random: Random) -> list[tuple[float, float]]:
    """Where each of them stands: closer together where the picture is narrow."""
    rows = 2 if count > 6 else 1
    left, right = easel.eye.across(0, easel.width)
    every = min(doing.spread, (right - left) * 0.86 / max(1, -(-count // rows)))
    places: list[tuple[float, float]] = []
    for place in range(count):
        row, column = place % rows, place // rows
        of_row = (count - row + rows - 1) // rows
        x = (
            (column - (of_row - 1) / 2) * every
            + 0.12 * every * float(random.uniform(-1, 1))
            + 0.45 * every * row
        )
        y = 1.15 * row + float(random.uniform(-0.12, 0.12))
        places.append((x + easel.eye.x * 0.5, 0.0 if doing.pose in ("sit", "ground") else y))
    return places


def _person(
    easel: Easel,
    plan: Plan,
    doing: Doing,
    at: tuple[float, float],
    place: int,
    random: Random,
    *,
    under: bool,
) -> list[Box]:
    kind = plan.people[place]
    look = looks(random, kind, cold=plan.weather == "snow")
    unit = KINDS[kind].tall / 1.7
    easel.shadow(*at, 0.5, KINDS[kind].tall)
    stand = easel.stand(*at)
    figure(stand, look, doing.pose, random)
    doing.held(stand, unit, random, place)
    if under:
        umbrella(stand, random, unit)
    around = stand.at(np.array([[-0.32 * unit, -0.03], [0.32 * unit, KINDS[kind].tall * 1.1]]))
    return _box(kind, easel, around)


def _box(kind: str, easel: Easel, around: Points) -> list[Box]:
    """The box of somebody who can be seen; none for who stands outside the picture."""
    low = np.clip(np.floor(around.min(axis=0)), 0, (easel.width, easel.height)).astype(int).tolist()
    high = np.clip(np.ceil(around.max(axis=0)), 0, (easel.width, easel.height)).astype(int).tolist()
    wide, tall = high[0] - low[0], high[1] - low[1]
    return [Box(kind, low[0], low[1], wide, tall)] if wide > 0 and tall > 0 else []
