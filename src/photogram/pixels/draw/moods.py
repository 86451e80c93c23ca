"""Light, weather and style: what a picture is steeped in before it is drawn, and what is laid over it."""

import math
from collections.abc import Callable, Mapping, Sequence

import cv2
import msgspec
import numpy as np

from photogram.pixels.codecs import Pixels
from photogram.pixels.draw.canvas import Plane, Random, clouds, stretch
from photogram.pixels.draw.easel import Colour, Easel, Mood, mix, rgb, ring, speckle

LIGHTS: dict[str, Mood] = {
    "morning": Mood(
        sky=(rgb("8fbdd6"), rgb("ffe3ba")),
        tint=(1.05, 0.97, 0.85),
        air=rgb("fbe3c0"),
        sun=(1.5, 0.45),
        shade=0.55,
    ),
    "noon": Mood(
        sky=(rgb("4a96d8"), rgb("c3e4f2")),
        tint=(1.03, 1.02, 0.98),
        air=rgb("cfe6f0"),
        sun=(0.22, 0.3),
        shade=0.8,
    ),
    "overcast": Mood(
        sky=(rgb("a3adb5"), rgb("d3d6d4")), tint=(0.84, 0.87, 0.9), air=rgb("c9cdcd"), haze=0.012
    ),
    "dusk": Mood(
        sky=(rgb("2f3768"), rgb("ee9a6c")), tint=(0.56, 0.52, 0.67), air=rgb("8a6a86"), haze=0.008, lamps=True
    ),
}
LIGHT_WORDS = {
    "morning": "morning",
    "sunrise": "morning",
    "noon": "noon",
    "midday": "noon",
    "sunny": "noon",
    "overcast": "overcast",
    "cloudy": "overcast",
    "dusk": "dusk",
    "evening": "dusk",
    "lamplight": "dusk",
    "night": "dusk",
}
WEATHER_WORDS = {
    "dry": "dry",
    "clear": "dry",
    "fair": "dry",
    "sun": "dry",
    "rain": "rain",
    "rainy": "rain",
    "wet": "rain",
    "fog": "fog",
    "foggy": "fog",
    "mist": "fog",
    "snow": "snow",
    "snowy": "snow",
}
STYLE_WORDS = {
    "flat": "flat",
    "illustration": "flat",
    "watercolour": "watercolour",
    "watercolor": "watercolour",
    "ink": "ink",
    "print": "print",
    "linocut": "print",
    "poster": "print",
}
_PAPER = rgb("f7f1e3")


def found(words: str, among: Mapping[str, str]) -> str:
    """The first of the words that is known, as the one name for all that mean the same."""
    for word in words.lower().replace(",", " ").replace("-", " ").split():
        if word in among:
            return among[word]
    return ""


def mood(light: str, weather: str, style: str, *, indoors: bool = False, clear: float = 0) -> Mood:
    """The mood of a picture; the air is clear for so many metres before anything pales."""
    chosen = msgspec.structs.replace(LIGHTS[light], clear=clear * 0.8)
    if not indoors:
        chosen = _WEATHERS[weather](chosen)
    elif chosen.lamps:
        chosen = msgspec.structs.replace(chosen, tint=(0.84, 0.74, 0.62), haze=0.0)
    if style == "watercolour":
        return msgspec.structs.replace(chosen, paper=_PAPER, pale=0.16)
    if style == "ink":
        ink = mix(rgb("2b2622"), chosen.air, 0.05)
        return msgspec.structs.replace(chosen, paper=_PAPER, pale=0.38, ink=ink)
    return chosen


def _rainy(dry: Mood) -> Mood:
    grey, share = mix(rgb("7c8791"), dry.air, 0.25), 0.4 if dry.lamps else 0.72
    low, high = (mix(one, grey, share) for one in dry.sky)
    red, green, blue = dry.tint
    return msgspec.structs.replace(
        dry,
        sky=(low, high),
        tint=(red * 0.9, green * 0.93, blue),
        air=mix(dry.air, grey, 0.7),
        haze=0.018,
        shade=0.0,
        sun=(0.0, 0.0),
        wet=True,
    )


def _foggy(dry: Mood) -> Mood:
    pale = mix(dry.air, rgb("dfe2e2"), 0.25 if dry.lamps else 0.6)
    sky = (mix(dry.sky[0], pale, 0.86), pale)
    return msgspec.structs.replace(dry, sky=sky, air=pale, haze=0.07, shade=dry.shade * 0.2)


def _snowy(dry: Mood) -> Mood:
    grey = rgb("c3ccd8")
    share = 0.25 if dry.lamps else 0.6
    high, low = (mix(one, grey, share) for one in dry.sky)
    red, green, blue = dry.tint
    return msgspec.structs.replace(
        dry,
        sky=(high, low),
        tint=(red * 0.95, green * 0.98, blue * 1.04),
        haze=0.014,
        shade=dry.shade * 0.5,
        snow=True,
    )


_WEATHERS: dict[str, Callable[[Mood], Mood]] = {
    "dry": lambda dry: dry,
    "rain": _rainy,
    "fog": _foggy,
    "snow": _snowy,
}


# ------------------------------------------------------------------------------- sky


def sky(easel: Easel, random: Random) -> None:
    """From the top of the picture to the horizon: the run of colour, the sun, a few clouds."""
    mood, horizon = easel.mood, easel.eye.horizon()
    if horizon <= 0:
        return
    high, low = (mix(one, mood.paper, mood.pale) for one in mood.sky)
    middle = mix(mix(high, low, 0.5), rgb("a8628c"), 0.25) if mood.lamps else mix(high, low, 0.45)
    easel.rows(0, horizon + 2, [high, middle, low])
    if mood.shade > 0.3 and mood.sun[0] > 1:
        x, y = easel.width * float(random.uniform(0.1, 0.25)), horizon * float(random.uniform(0.4, 0.6))
        size = 0.045 * easel.height
        easel.fill(ring(x, y, size, size, 48), rgb("fff3d0"))
        easel.glow(np.array([x, y]), size * 4, rgb("ffdf9e"), 0.28)
    for _ in range(int(random.integers(3, 6))):
        _cloud(easel, random, horizon, mix(mix(low, rgb("ffffff"), 0.5), high, 0.2 if mood.shade else 0.05))


def _cloud(easel: Easel, random: Random, horizon: float, tone: Colour) -> None:
    """A flat-bottomed heap of discs."""
    size = easel.height * float(random.uniform(0.02, 0.05))
    x, y = float(random.uniform(0, easel.width)), float(random.uniform(0.08, 0.68)) * horizon
    cover = 0.75 if easel.mood.shade else 0.45
    outline = [(x - size * 4, y)]
    for step in range(9):
        along = (step - 4) / 4
        bump = size * (1.15 - along * along) * float(random.uniform(0.7, 1.35))
        outline.append((x + along * size * 3.4, y - bump))
    outline.append((x + size * 4, y))
    points = np.array(outline)
    dense = np.stack(
        [np.interp(np.linspace(0, 10, 60), range(11), points[:, part]) for part in (0, 1)], axis=1
    )
    dense[:, 1] -= size * 0.28 * np.abs(np.sin(np.linspace(0, 5 * math.pi, 60)))
    easel.veil(dense, tone, cover)


# ------------------------------------------------------------------- laid over the whole


def weathered(picture: Pixels, random: Random, weather: str, mood: Mood) -> Pixels:
    """Rain or snow falling, fog in banks."""
    if weather == "rain":
        return _falling(picture, random, mix(mood.air, rgb("ffffff"), 0.5))
    if weather == "snow":
        return _flakes(picture, random)
    if weather == "fog":
        return _banks(picture, random, mood)
    return picture


def _falling(picture: Pixels, random: Random, tone: Colour) -> Pixels:
    height, width = picture.shape[:2]
    over, short = picture.copy(), min(height, width)
    for cover, long, count in ((0.25, 0.05, 110), (0.22, 0.085, 60)):
        starts = random.uniform(-0.1, 1.05, (int(count * max(1, width / height)), 2)) * (width, height)
        long_by = random.uniform(0.7, 1.3, (len(starts), 1)) * long * short
        ends = starts + long_by * (-0.22, 1)
        lines = np.rint(np.stack([starts, ends], axis=1) * 16).astype(np.int32)
        np.copyto(over, picture)
        cv2.polylines(over, list(lines), False, tone, max(1, short // 420), cv2.LINE_AA, 4)
        picture = np.asarray(cv2.addWeighted(over, cover + 0.2, picture, 0.8 - cover, 0), np.uint8)
    return picture


def _flakes(picture: Pixels, random: Random) -> Pixels:
    height, width = picture.shape[:2]
    over, short = picture.copy(), min(height, width)
    for size, count in ((0.0022, 200), (0.004, 110), (0.0075, 30)):
        spots = random.random((int(count * max(1, width / height)), 2)) * (width, height) * 16
        for (x, y), more in zip(
            np.rint(spots).astype(int).tolist(), random.uniform(0.7, 1.4, len(spots)), strict=True
        ):
            cv2.circle(
                over,
                (x, y),
                max(8, round(size * short * 16 * float(more))),
                (250, 252, 255),
                -1,
                cv2.LINE_AA,
                4,
            )
    return np.asarray(cv2.addWeighted(over, 0.88, picture, 0.12, 0), np.uint8)


def _banks(picture: Pixels, random: Random, mood: Mood) -> Pixels:
    height, width = picture.shape[:2]
    coarse = clouds(random, 48, 36, 5)
    thick = np.clip(0.2 + 0.13 * coarse, 0, 0.45).astype(np.float32)
    cover = stretch(thick, width, height)[..., None]
    haze = np.array(mix(mood.air, mood.paper, mood.pale), np.float32)
    return np.clip(picture + (haze - picture) * cover, 0, 255).astype(np.uint8)


def styled(picture: Pixels, random: Random, style: str, mood: Mood) -> Pixels:
    """The picture as its style leaves it on the paper."""
    return _STYLES[style](picture, random, mood)


def _flat(picture: Pixels, random: Random, mood: Mood) -> Pixels:
    return speckle(picture, random, 2.2)


def _watercolour(picture: Pixels, random: Random, mood: Mood) -> Pixels:
    """Edges that wander, pigment that gathers at them and in the paper's hollows, a border left white."""
    height, width = picture.shape[:2]
    short = min(height, width)
    rows, columns = (np.arange(side, dtype=np.float32) for side in (height, width))
    wander = [clouds(random, width // 4 + 2, height // 4 + 2, 46) * np.float32(short / 420) for _ in range(2)]
    x, y = (stretch(part, width, height) for part in wander)
    moved = cv2.remap(
        picture, x + columns[None], y + rows[:, None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    wide = np.asarray(cv2.blur(moved, (max(3, short // 90) | 1,) * 2), np.uint8)
    gathered = cv2.subtract(wide, moved)
    inked = cv2.subtract(moved, cv2.convertScaleAbs(gathered, alpha=0.35))
    blotches = stretch(clouds(random, width // 8 + 2, height // 8 + 2, 9), width, height)
    levels = np.asarray(cv2.convertScaleAbs(blotches, alpha=7, beta=60), np.int16) - 56
    washed = np.asarray(cv2.add(inked, cv2.merge([levels] * 3), dtype=cv2.CV_8U), np.uint8)
    return speckle(_bordered(washed, random), random, 4.5)


def _bordered(picture: Pixels, random: Random) -> Pixels:
    """The ragged white edge of a sheet that was taped down."""
    height, width = picture.shape[:2]
    rim = min(height, width) * 0.032
    rows, columns = (_to_edge(side) for side in (height, width))
    ragged = stretch(clouds(random, width // 4 + 2, height // 4 + 2, 60), width, height) * np.float32(
        rim * 0.22
    )
    inside = np.clip((np.minimum(rows[:, None], columns[None]) + ragged - rim) * np.float32(0.6), 0, 1)
    cover = np.asarray(cv2.merge([(inside * 255).astype(np.uint8)] * 3), np.uint8)
    sheet = np.full_like(picture, np.array(_PAPER, np.uint8))
    kept = cv2.multiply(picture, cover, scale=1 / 255)
    return np.asarray(cv2.add(kept, cv2.multiply(sheet, 255 - cover, scale=1 / 255)), np.uint8)


def _to_edge(side: int) -> Plane:
    """How many pixels each pixel along a side is away from its nearer end."""
    along = np.arange(side, dtype=np.float32)
    return np.minimum(along, np.float32(side - 1) - along)


def _ink(picture: Pixels, random: Random, mood: Mood) -> Pixels:
    return speckle(picture, random, 4.0)


_INKS: dict[bool, tuple[str, ...]] = {
    False: ("1f2a44", "2f5d73", "c8553d", "e9b872", "f6ecd6"),
    True: ("141a33", "33366b", "8a4a78", "e08a5b", "fbdca0"),
}


def _print(picture: Pixels, random: Random, mood: Mood) -> Pixels:
    """Five inks, one for each range of brightness, slightly out of register."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    equal = cv2.addWeighted(cv2.equalizeHist(grey), 0.35, grey, 0.65, 0)
    inks = [rgb(code) for code in _INKS[mood.lamps]]
    table = _stairs(inks, (38, 92, 138, 190))
    toned = np.asarray(cv2.LUT(cv2.merge([equal] * 3), table), np.uint8)
    return speckle(toned, random, 5.5)


def _stairs(inks: Sequence[Colour], steps: Sequence[float]) -> Pixels:
    """A table from brightness to ink, with edges just soft enough not to be jagged."""
    table = np.zeros((1, 256, 3), np.float32)
    levels: Plane = np.arange(256, dtype=np.float32)
    table[:] = np.array(inks[0], np.float32)
    for step, ink in zip(steps, inks[1:], strict=True):
        share = np.clip((levels - np.float32(step)) / 7 + 0.5, 0, 1)[None, :, None]
        table += (np.array(ink, np.float32) - table) * share
    return np.rint(table).astype(np.uint8)


_STYLES: dict[str, Callable[[Pixels, Random, Mood], Pixels]] = {
    "flat": _flat,
    "watercolour": _watercolour,
    "ink": _ink,
    "print": _print,
}
