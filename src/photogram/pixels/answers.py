"""Questions answered from pixels alone: yes, no, or nothing where pixels do not tell.

A question is read by its words: what a thing is called, the colour it is to have, the time of day. Behind
each word stands something that is counted in the picture, and that is the evidence. Between what clearly
holds and what clearly does not there is room in which nothing is said.
"""

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from photogram.pixels.codecs import Pixels, fit, shrink
from photogram.pixels.describe import colours

SIDE = 384
_STATED = re.compile(r"(?P<name>[^:?]+): (?P<value>[^?]+?)\. Is that ")
_QUOTED = re.compile(r'asked for, "(?P<words>.*)"\?', re.DOTALL)
_Plane = npt.NDArray[Any]


class Answer(NamedTuple):
    """Yes, no or None, and what in the picture says so."""

    holds: bool | None = None
    evidence: str = ""


OPEN = Answer(None, "pixels alone do not tell")


class Screen(NamedTuple):
    """A dark upright rectangle with edges of its own, as the front of a device that is off."""

    inside: _Plane
    around: _Plane
    share: float


class View:
    """A picture, and what can be counted in it, each once and only if it is asked for."""

    def __init__(self, rgb: Pixels) -> None:
        self._fine = shrink(rgb, *fit(rgb.shape[1], rgb.shape[0], 2 * SIDE))
        self.rgb = shrink(rgb, *fit(rgb.shape[1], rgb.shape[0], SIDE))
        self.grey = np.asarray(cv2.cvtColor(self.rgb, cv2.COLOR_RGB2GRAY), np.uint8)

    @cached_property
    def light(self) -> float:
        """The mean brightness, from 0 to 1."""
        return float(self.grey.mean()) / 255

    @cached_property
    def vivid(self) -> float:
        """The mean saturation, from 0 to 1."""
        return float(np.asarray(cv2.cvtColor(self.rgb, cv2.COLOR_RGB2HSV))[..., 1].mean()) / 255

    @cached_property
    def even(self) -> float:
        """The share of pixels that hardly differ from their neighbours: rough surfaces have few."""
        return float((np.abs(np.asarray(cv2.Laplacian(self.grey, cv2.CV_16S))) < EVEN).mean())

    @cached_property
    def screen(self) -> Screen | None:
        """The largest dark rectangle that is apart from the picture's edges, if there is one."""
        count, labels, stats, _ = cv2.connectedComponentsWithStats((self.grey < DARK).astype(np.uint8))
        order = sorted(range(1, count), key=lambda number: -stats[number][cv2.CC_STAT_AREA])[:3]
        found = (self._screen(np.asarray(labels == number, np.uint8)) for number in order)
        return next(filter(None, found), None)

    def _screen(self, on: _Plane) -> Screen | None:
        share = float(on.mean())
        edges = np.concatenate([on[0], on[-1], on[:, 0], on[:, -1]])
        if not 0.12 <= share <= 0.7 or edges.any():
            return None
        _, sides, _ = cv2.minAreaRect(np.asarray(cv2.findNonZero(on), np.float32))
        long, short = max(sides) + 1, min(sides) + 1
        if on.sum() / (long * short) < 0.85 or not 1.4 <= long / short <= 2.5:
            return None
        step = max(2, round(short / 30))
        wide = np.asarray(cv2.dilate(on, np.ones((2 * step + 1, 2 * step + 1), np.uint8)))
        inner = np.asarray(cv2.erode(on, np.ones((2 * step + 1, 2 * step + 1), np.uint8)))
        return Screen(inner > 0, (wide > 0) & (on == 0), share)

    @cached_property
    def border(self) -> Pixels:
        """What lies along the picture's edges."""
        height, width = self.grey.shape
        deep = max(2, min(height, width) // 16)
        parts = [self.rgb[:deep], self.rgb[-deep:], *(self._side(deep, of) for of in (0, 1))]
        return np.concatenate([part.reshape(-1, 3) for part in parts])[None]

    def _side(self, deep: int, right: int) -> Pixels:
        return self.rgb[:, -deep:] if right else self.rgb[:, :deep]

    @cached_property
    def around(self) -> dict[str, float]:
        """The colours along the edges."""
        return _shares(self.border)

    @cached_property
    def middle(self) -> dict[str, float]:
        """The colours where a thing that is shown alone stands: in the middle, somewhat below it."""
        height, width = self.grey.shape
        inner = self.rgb[int(0.45 * height) : int(0.72 * height), int(0.28 * width) : int(0.72 * width)]
        return _shares(inner) if inner.size else {}

    @cached_property
    def longest(self) -> float:
        """How elongated the most elongated mark is that stands out on the screen."""
        if self.screen is None:
            return 0.0
        grey = np.asarray(cv2.cvtColor(self._fine, cv2.COLOR_RGB2GRAY), np.uint8)
        inside = cv2.resize(self.screen.inside.astype(np.uint8), grey.shape[::-1])
        apart = np.asarray(cv2.absdiff(grey, cv2.medianBlur(grey, 21)))
        count, labels, stats, _ = cv2.connectedComponentsWithStats(
            ((apart > FAINT) * inside).astype(np.uint8)
        )
        found = [number for number in range(1, count) if stats[number][cv2.CC_STAT_AREA] >= LEAST_MARK]
        return max((_elongation(labels, stats[number], number) for number in found), default=0.0)


EVEN = 3
"""Levels by which pixels of an even area differ from their neighbours."""
DARK = 45
"""Levels below which a pixel is one of a screen that is off."""
FAINT, LEAST_MARK, DRAWN_OUT = 9, 6, 7.0
"""A mark on a screen is so many levels from what is around and has so many pixels; a scratch is so long."""


def _elongation(labels: _Plane, stats: _Plane, number: int) -> float:
    left, top, wide, tall = (int(part) for part in stats[:4])
    on = np.asarray(labels[top : top + tall, left : left + wide] == number, np.uint8)
    _, sides, _ = cv2.minAreaRect(np.asarray(cv2.findNonZero(on), np.float32))
    return (max(sides) + 1) / (min(sides) + 1)


def _shares(rgb: Pixels) -> dict[str, float]:
    return colours(np.ascontiguousarray(rgb))


def answer(view: View, question: str) -> Answer:
    """What the pixels say to a question; nothing where its words are not known here."""
    if stated := _STATED.match(question):
        name, value = (" ".join(stated[part].lower().split()) for part in ("name", "value"))
        return _stated(view, name, value)
    if quoted := _QUOTED.search(question):
        return _denied(_thing(view, quoted["words"].lower()))
    if "free of any defect" in question:
        return _flawless(view)
    return OPEN


def _stated(view: View, name: str, value: str) -> Answer:
    """Whether something is as it is said to be."""
    if tell := _BY_NAME.get(name):
        return tell(view, value)
    if any(word in value for word in (*_DUSK, *_LAMP, *_DAY)):
        return _time(view, value)
    return _thing(view, value) if name in _THINGS else OPEN


def _denied(found: Answer) -> Answer:
    """Of a whole sentence pixels can only say that it is wrong."""
    return found if found.holds is False else OPEN


# --------------------------------------------------------------------------------- things

_THINGS = ("surface", "thing", "object", "subject", "class", "label", "asset type", "product")
_PHONES = ("phone", "smartphone", "tablet")
_ROUGH = ("concrete", "brick", "asphalt", "render", "plaster", "wall", "facade")
_SMOOTH = ("vehicle", "car", "van", "bus", "truck", "sedan", "hatchback", "suv", "pickup", "wagon")


def _thing(view: View, words: str) -> Answer:
    """Whether the thing these words name can be what the picture shows."""
    if _has(words, _PHONES):
        return _phone(view)
    named = _has(words, _SMOOTH), _has(words, _ROUGH)
    if view.screen and (any(named) or words == "scene"):
        return Answer(
            False, f"a dark rectangle with clear edges takes {view.screen.share:.0%} of the picture"
        )
    if named[0] and view.even < 0.27:
        return Answer(False, f"only {view.even:.0%} of the picture is even: it is rough all over")
    if named[1] and not named[0] and view.even > 0.46:
        return Answer(False, f"{view.even:.0%} of the picture is even: no rough surface")
    return OPEN


def _has(words: str, names: tuple[str, ...]) -> bool:
    return any(re.search(rf"\b{name}s?\b", words) for name in names)


def _phone(view: View) -> Answer:
    if view.screen:
        return Answer(True, _rectangle(view.screen))
    if view.light > 0.25:
        return Answer(False, "no dark rectangle stands apart from the edges of the picture")
    return OPEN


def _rectangle(screen: Screen) -> str:
    return f"a dark rectangle with clear edges takes {screen.share:.0%} of the picture"


def _material(view: View, value: str) -> Answer:
    """Of what a surface is: rough or not, grey or not."""
    found = _thing(view, value)
    if found.holds is not None or view.even > 0.4 or value not in _GREY | _WARM:
        return found
    said = f"{1 - view.even:.0%} of the picture is rough, with a saturation of {view.vivid:.2f}"
    if value in _WARM:
        return Answer(None if 0.13 <= view.vivid < 0.24 else view.vivid >= 0.24, said)
    return Answer(None if 0.2 <= view.vivid < 0.36 else view.vivid < 0.2, said)


_GREY, _WARM = {"concrete", "asphalt"}, {"brick"}


# -------------------------------------------------------------------------------- colours

_CALLED: Mapping[str, tuple[str, ...]] = {
    "red": ("red",),
    "orange": ("orange", "brown"),
    "yellow": ("yellow",),
    "green": ("green", "turquoise"),
    "blue": ("blue",),
    "violet": ("violet",),
    "purple": ("violet",),
    "pink": ("pink",),
    "brown": ("brown",),
    "turquoise": ("turquoise",),
}
_NEAR: Mapping[str, tuple[str, ...]] = {
    "red": ("orange", "pink", "brown"),
    "orange": ("red", "yellow"),
    "yellow": ("orange", "green", "brown"),
    "green": ("yellow",),
    "blue": ("violet", "turquoise"),
}
"""What a colour may look like in other light."""
_PALE = ("white", "silver", "grey", "gray", "black", "beige")


def _body(view: View, value: str) -> Answer:
    """The colour of what stands in the middle."""
    if view.screen:
        return _rim(view, value)
    shares = view.middle
    said = f"in the middle it is {_listed(shares)}"
    if value in _CALLED:
        if sum(shares.get(name, 0) for name in _CALLED[value]) >= 0.15:
            return Answer(True, said)
        near = sum(shares.get(name, 0) for name in (*_CALLED[value], *_NEAR.get(value, ())))
        return Answer(False, said) if near < 0.05 and view.light > 0.42 else Answer(None, said)
    if value not in _PALE:
        return OPEN
    bright = {name: shares.get(name, 0) for name in ("red", "yellow", "green")}
    if max(bright.values()) >= 0.3 or shares.get("blue", 0) >= 0.5:
        return Answer(False, said) if view.light > 0.42 else Answer(None, said)
    if value == "white" and shares.get("white", 0) >= 0.35:
        return Answer(True, said)
    return Answer(True, said) if value == "black" and shares.get("black", 0) >= 0.18 else Answer(None, said)


def _rim(view: View, value: str) -> Answer:
    """The colour of the frame around a screen: white is brighter than any table."""
    if view.screen is None or value not in ("white", "black"):
        return OPEN
    level = float(np.percentile(view.grey[view.screen.around], 70))
    said = f"around the dark rectangle the level is {level:.0f} of 255"
    white = None if 190 <= level < 215 else level >= 215
    return Answer(white if white is None or value == "white" else not white, said)


def _ground(view: View, value: str) -> Answer:
    """The colour of what lies around: a table, a mat, a background."""
    shares, level = view.around, float(view.border.mean())
    said = f"along the edges it is {_listed(shares)}, at a level of {level:.0f} of 255"
    vivid = sum(share for name, share in shares.items() if name in _CALLED)
    if value in _CALLED:
        share = sum(shares.get(name, 0) for name in _CALLED[value])
        return Answer(True if share >= 0.5 else False if share < 0.1 else None, said)
    if value in _LEVELS and vivid >= 0.5:
        return Answer(False, said)
    if value not in _LEVELS:
        return _time(view, value)
    least, most = _LEVELS[value]
    far = level < least - 25 or level > most + 25
    return Answer(True if least <= level <= most else False if far else None, said)


_LEVELS = {"light": (130, 256), "white": (170, 256), "grey": (62, 125), "dark": (0, 52), "black": (0, 40)}


def _listed(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{share:.0%} {name}" for name, share in list(shares.items())[:3]) or "of many colours"


# ---------------------------------------------------------------------------- time of day

_DUSK, _LAMP = ("dusk", "night", "evening", "dark"), ("lamplight",)
_DAY = ("noon", "morning", "daylight", "midday")


def _time(view: View, value: str) -> Answer:
    """Whether it is bright or dark enough for a time of day."""
    said = f"the mean brightness is {view.light:.2f} of 1"
    if any(word in value for word in _DAY):
        return Answer(True if view.light >= 0.68 else False if view.light < 0.42 else None, said)
    if any(word in value for word in _LAMP):
        return Answer(True if view.light < 0.45 else False if view.light > 0.7 else None, said)
    if any(word in value for word in _DUSK):
        return Answer(True if view.light < 0.44 else False if view.light > 0.47 else None, said)
    return OPEN


# -------------------------------------------------------------------------------- defects


def _defect(view: View, value: str) -> Answer:
    """A scratch on a screen; what else may be wrong with a thing is too like what belongs to it."""
    return _scratched(view) if value == "scratch" else OPEN


def _flawless(view: View) -> Answer:
    scratched = _scratched(view)
    return Answer(False, scratched.evidence) if scratched.holds else OPEN


def _scratched(view: View) -> Answer:
    """Only where the rim is white: what belongs to a black one lies within the dark rectangle too."""
    if _rim(view, "white").holds and view.longest >= DRAWN_OUT:
        return Answer(True, f"on the dark rectangle a mark is {view.longest:.0f} times as long as wide")
    return OPEN


_BY_NAME: Mapping[str, Callable[[View, str], Answer]] = {
    **dict.fromkeys(("color", "colour", "paint", "body color"), _body),
    **dict.fromkeys(("finish", "case", "frame"), _rim),
    **dict.fromkeys(("table", "background", "ground", "floor", "mat"), _ground),
    **dict.fromkeys(("surface", "material"), _material),
    "defect": _defect,
}
