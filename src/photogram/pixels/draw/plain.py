"""A card that shows a row's facts as words and shapes, for all that has no renderer of its own.

It does not pretend to be a photograph: it says that it is drawn.
"""

import math
from collections.abc import Mapping
from textwrap import wrap
from typing import Any
from zlib import crc32

import cv2
import numpy as np
from PIL import Image, ImageDraw

from photogram.pixels.codecs import Pixels
from photogram.pixels.draw.canvas import Painted, Points, Random, dice
from photogram.pixels.draw.text import cut, font, plain

SIGNED = "drawn by photogram"
MOST_FACTS = 6

_INK = (252, 250, 246)
_FINER = 2
Colour = tuple[float, float, float]


def card(facts: Mapping[str, Any], width: int, height: int, seed: int, prompt: str = "") -> Painted:
    """Draw the facts; the colours come from them, the arrangement from the seed."""
    hue = crc32(repr(sorted(facts.items(), key=str)).encode("utf-8", "replace")) % 360
    random = dice(seed, "card")
    rgb = _background(random, width, height, hue)
    _shapes(rgb, random, hue, 4 + min(5, len(facts)))
    written = _write(rgb, _title(facts, prompt), _lines(facts), plain(prompt))
    return Painted(rgb=written, shows={"surface": "card"})


# ----------------------------------------------------------------------------- colour


def _colour(hue: float, saturation: float, value: float) -> Colour:
    """A colour by hue in degrees, saturation and value from 0 to 1, as RGB levels."""
    steps = [(shift + hue / 60) % 6 for shift in (5, 3, 1)]
    red, green, blue = (255 * value * (1 - saturation * max(0.0, min(step, 4 - step, 1.0))) for step in steps)
    return red, green, blue


def _background(random: Random, width: int, height: int, hue: float) -> Pixels:
    """Two neighbouring hues, dark enough for pale ink, running across the card."""
    angle = random.uniform(0.15, 0.85) * math.pi / 2
    x, y = np.linspace(0, 1, 64)[None, :, None], np.linspace(0, 1, 64)[:, None, None]
    along = (x * math.cos(angle) + y * math.sin(angle)) / (math.cos(angle) + math.sin(angle))
    start = np.array(_colour(hue, 0.62, 0.36 + random.uniform(0, 0.06)))
    end = np.array(_colour(hue + random.uniform(25, 70), 0.56, 0.66))
    small = (start + (end - start) * along).astype(np.float32)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.uint8)


# ----------------------------------------------------------------------------- shapes


def _shapes(rgb: Pixels, random: Random, hue: float, count: int) -> None:
    """Clear shapes one over the other, most of them away from the corner that the words begin in."""
    height, width = rgb.shape[:2]
    short = min(width, height)
    for _ in range(count):
        where = 1 - random.random(2) ** 1.4 * 0.75
        middle = where * (width, height)
        radius = short * random.uniform(0.08, 0.34)
        shape = _regular(random, middle, radius)
        colour = _colour(hue + random.uniform(-40, 110), random.uniform(0.25, 0.6), random.uniform(0.7, 1))
        _lay(rgb, shape, colour, random.uniform(0.1, 0.3), outlined=random.random() < 0.3)


def _regular(random: Random, middle: Points, radius: float) -> Points:
    """A triangle, a square, a hexagon or a circle, turned."""
    corners = int(random.choice([3, 4, 6, 60]))
    angles = np.linspace(0, 2 * math.pi, corners, endpoint=False) + random.uniform(0, 2 * math.pi)
    return middle + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _lay(rgb: Pixels, shape: Points, colour: Colour, cover: float, *, outlined: bool) -> None:
    fixed = [np.rint(shape * 16).astype(np.int32)]
    over = rgb.copy()
    if outlined:
        thick = max(1, min(rgb.shape[:2]) // 90)
        cv2.polylines(over, fixed, True, colour, thick, cv2.LINE_AA, 4)
    else:
        cv2.fillPoly(over, fixed, colour, cv2.LINE_AA, 4)
    cv2.addWeighted(over, cover, rgb, 1 - cover, 0, dst=rgb)


# ------------------------------------------------------------------------------ words


def _title(facts: Mapping[str, Any], prompt: str) -> str:
    for value in (facts.get("label"), facts.get("surface"), *facts.values(), prompt):
        if value and isinstance(value, str):
            return plain(value)
    return "no facts"


def _lines(facts: Mapping[str, Any]) -> list[str]:
    """Six facts at most, and how many more there are."""
    told = [f"{plain(name)}  {plain(value)}" for name, value in facts.items() if name != "label"]
    more = [f"and {len(told) - MOST_FACTS} more"] if len(told) > MOST_FACTS else []
    return told[:MOST_FACTS] + more


def _write(rgb: Pixels, title: str, lines: list[str], prompt: str) -> Pixels:
    """Set the words from the top left, as many lines as there is room for, and the signature below."""
    height, width = rgb.shape[:2]
    short = min(height, width)
    image = Image.fromarray(rgb)
    draw = ImageDraw.Draw(image, "RGBA")
    margin, small, middle = max(3, short // 14), max(8, short // 30), max(8, short // 21)
    room, y = width - 2 * margin, float(margin)
    told = [*lines, *([""] if lines else []), *wrap(prompt, max(8, int(room / middle * 1.9)))]
    for text, size in [(title, max(10, short // 9)), *((line, middle) for line in told)]:
        if y + size > height - margin - small * 1.6:
            break
        _set(draw, (margin, y), text, size, room)
        y += size * 1.5
    if height > 4 * small:
        _set(draw, (margin, height - margin - small), SIGNED, small, room)
    return np.array(image, np.uint8)


def _set(draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: int, room: float) -> None:
    draw.text(at, cut(text, size, room), fill=_INK, font=font(size))
