"""What a picture looks like, in words, said only of what was counted in it."""

from collections.abc import Mapping
from typing import Any

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from photogram.pixels.codecs import Pixels, fit, shrink

SIDE = 384
"""Colours and marks are looked for in a picture shrunk to this: smaller things go unseen."""

STANDS_OUT = 28
"""How many levels a mark differs from what lies around it."""

ELONGATED = 4.0
_LEAST_MARK = 6
_LARGEST_SHARE = 0.03
_MOST_COUNTED = 50
_HUES = (
    (10, "red"),
    (22, "orange"),
    (34, "yellow"),
    (78, "green"),
    (98, "turquoise"),
    (130, "blue"),
    (150, "violet"),
    (170, "pink"),
    (180, "red"),
)
_Plane = npt.NDArray[Any]


class Mark(msgspec.Struct, frozen=True):
    """Something small that differs from its surroundings; its middle and its box in shares of the sides."""

    tone: str
    shape: str
    x: float
    y: float
    pixels: int
    box: list[float]

    @property
    def place(self) -> str:
        across = "left" if self.x < 0.4 else "right" if self.x > 0.6 else ""
        down = "above" if self.y < 0.4 else "below" if self.y > 0.6 else ""
        if not (across or down):
            return "in the centre"
        if across and down:
            return f"{down} and {across} of the centre"
        return f"{across} of the centre" if across else f"{down} the centre"


def colours(rgb: Pixels) -> dict[str, float]:
    """The share of each named colour, largest first; shares under a twentieth are left out."""
    small = shrink(rgb, *fit(rgb.shape[1], rgb.shape[0], 96))
    hue, saturation, value = (np.asarray(part) for part in cv2.split(cv2.cvtColor(small, cv2.COLOR_RGB2HSV)))
    names = np.full(hue.shape, "grey", dtype="<U9")
    for limit, name in reversed(_HUES):
        names[hue < limit] = name
    names[(hue >= 8) & (hue < 24) & (value < 150)] = "brown"
    names[(saturation < 45) | (value < 60)] = "grey"
    names[value < 42] = "black"
    names[(value > 205) & (saturation < 30)] = "white"
    found, counts = np.unique(names, return_counts=True)
    shares = sorted(zip((counts / names.size).tolist(), found.tolist(), strict=True), reverse=True)
    return {str(name): round(share, 3) for share, name in shares if share >= 0.05}


def marks(rgb: Pixels) -> list[Mark]:
    """Small bright or dark things that stand out from what is around them, largest first."""
    small = shrink(rgb, *fit(rgb.shape[1], rgb.shape[0], SIDE))
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
    around = cv2.medianBlur(grey, 21)
    found = [
        *_stand_out(np.asarray(cv2.subtract(grey, around)), "bright"),
        *_stand_out(np.asarray(cv2.subtract(around, grey)), "dark"),
    ]
    return sorted(found, key=lambda mark: -mark.pixels)[:_MOST_COUNTED]


def words(measured: Mapping[str, Any]) -> dict[str, str]:
    """The words for what was measured: for light, contrast, sharpness and the picture's shape."""
    ratio = measured["width"] / measured["height"]
    return {
        "brightness": _grade(measured["brightness"], (0.3, "dark"), (0.7, "medium"), (2, "bright")),
        "contrast": _grade(measured["contrast"], (0.2, "low"), (0.5, "medium"), (2, "high")),
        "sharpness": _grade(measured["sharpness"], (0.12, "blurred"), (0.35, "soft"), (2, "sharp")),
        "orientation": _grade(ratio, (0.95, "portrait"), (1.05, "square"), (np.inf, "landscape")),
    }


def sentence(measured: Mapping[str, Any], seen: Mapping[str, float], stand_out: list[Mark]) -> str:
    """One sentence built only from what was measured."""
    said = words(measured)
    light = {"dark": "A dark", "medium": "A", "bright": "A bright"}[said["brightness"]]
    mostly = " and ".join(list(seen)[:2]) or "of many colours"
    parts = [f"{light} picture", f"mostly {mostly}", said["sharpness"]]
    return ", ".join(parts) + _of_marks(stand_out) + "."


def _of_marks(stand_out: list[Mark]) -> str:
    if not stand_out:
        return ", with no small mark that stands out"
    if len(stand_out) <= 2:
        return ", with " + " and ".join(f"one {_told(mark)}" for mark in stand_out)
    tones = [mark.tone for mark in stand_out]
    counts = [f"{tones.count(tone)} {tone}" for tone in ("bright", "dark") if tone in tones]
    return f", with {' and '.join(counts)} small marks, the largest a {_told(stand_out[0])}"


def _told(mark: Mark) -> str:
    return f"{mark.tone} {mark.shape} mark {mark.place}"


def _grade(value: float, *grades: tuple[float, str]) -> str:
    return next(word for limit, word in grades if value < limit)


def _stand_out(difference: _Plane, tone: str) -> list[Mark]:
    height, width = difference.shape
    on = (difference > STANDS_OUT).astype(np.uint8)
    count, _, stats, middles = cv2.connectedComponentsWithStats(on, connectivity=8)
    marks: list[Mark] = []
    for number in range(1, count):
        left, top, wide, tall, area = (int(v) for v in stats[number])
        if _LEAST_MARK <= area <= _LARGEST_SHARE * on.size:
            shape = _shape(on[top : top + tall, left : left + wide])
            x, y = (float(v) for v in middles[number])
            sides = left / width, top / height, wide / width, tall / height
            place = round(x / width, 3), round(y / height, 3)
            marks.append(Mark(tone, shape, *place, area, [round(side, 4) for side in sides]))
    return marks


def _shape(on: Pixels) -> str:
    points = np.asarray(cv2.findNonZero(on), np.float32)
    _, sides, _ = cv2.minAreaRect(points)
    return "elongated" if (max(sides) + 1) / (min(sides) + 1) > ELONGATED else "compact"
