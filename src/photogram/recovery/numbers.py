"""Numbers as people write them: in words, with a unit, with a sign before thousands, as a share.

Where a text could be two numbers it is none: nobody is to guess between them.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple


class Quantity(NamedTuple):
    """A number, and what it is a number of: "%" of a whole, or the whole that stands behind a stroke."""

    number: float | int
    percent: bool = False
    whole: float | int | None = None


_ABOUT = r"(?:about|approximately|approx\.?|around|roughly|circa|ca\.?|[~≈])\s*"
_MONEY = r"[$€£¥]?\s*"
_DIGITS = r"[+\-−]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?|\.\d+)(?:[eE][+-]?\d{1,3})?"
_WHOLE = re.compile(
    rf"(?:{_ABOUT})?{_MONEY}(?P<number>{_DIGITS})\s*"
    rf"(?:(?:/|(?:out )?of)\s*(?P<whole>{_DIGITS})|(?P<rest>.*))",
    re.IGNORECASE | re.DOTALL,
)
_UNIT = re.compile(r"[^\W\d]+[²³.]?(?:[\s/][^\W\d]+[²³.]?){0,2}|[°'\"€$£]\s?[^\W\d]?|")
_NO_UNITS = frozenset(
    {
        *("or", "and", "to", "of", "more", "less", "than", "not", "no", "few", "several", "plus", "minus"),
        *("dozen", "hundred", "thousand", "million", "billion", "k"),
    }
)
LONGEST = 120
"""Texts longer than this are no number, whatever is in them."""


def quantity(text: str) -> Quantity | None:
    """The one number that a text says, or nothing."""
    text = " ".join(text.split()).strip(" .!")
    if not text or len(text) > LONGEST:
        return None
    found = _in_digits(text) or _in_words(text)
    return found if found and abs(found.number) < float("inf") else None


def _in_digits(text: str) -> Quantity | None:
    found = _WHOLE.fullmatch(text)
    if not found:
        return None
    number = _read(found["number"])
    if found["whole"]:
        return Quantity(number, whole=_read(found["whole"]))
    return _with_unit(number, found["rest"].strip().lower())


def _with_unit(number: float | int, rest: str) -> Quantity | None:
    if rest in ("%", "percent", "per cent", "pct"):
        return Quantity(number, percent=True)
    words = re.findall(r"[^\W\d]+", rest)
    if _UNIT.fullmatch(rest) and not _NO_UNITS.intersection(words):
        return Quantity(number)
    return None


def _read(digits: str) -> float | int:
    """The number that digits say; a comma stands before three digits or is a decimal one."""
    digits = digits.replace("−", "-")
    if re.fullmatch(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        digits = digits.replace(",", "")
    digits = digits.replace(",", ".")
    return int(digits) if digits.lstrip("+-").isdigit() else float(digits)


# --------------------------------------------------------------------------- in words

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_UNITS = {word: number for number, word in enumerate(_SMALL)} | {
    word: 10 * number for number, word in enumerate(_TENS, 2)
}
_SCALES = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_SIGNS = {"minus": -1, "negative": -1, "plus": 1}


def _in_words(text: str) -> Quantity | None:
    spoken = re.sub(rf"^{_ABOUT}", "", text.lower()).replace("-", " ").replace(" and ", " ")
    spoken, percent = re.subn(r" per ?cent$|\s?%$", "", spoken)
    spoken, _, exponent = spoken.partition(" times ten to the ")
    number = _spoken(_without_unit(spoken.split()))
    power = _spoken(exponent.split()) if exponent else 0
    if number is None or not isinstance(power, int) or abs(power) > 300:
        return None
    return Quantity(float(f"{number}e{power}") if exponent else number, percent=bool(percent))


def _without_unit(words: list[str]) -> list[str]:
    counting = {*_UNITS, *_SCALES, *_NO_UNITS}
    return words[:-1] if len(words) > 1 and words[-1] not in counting else words


def _spoken(words: Sequence[str]) -> float | int | None:
    """The number that words say, all of them."""
    sign = _SIGNS.get(words[0], 0) if words else 0
    words = words[1:] if sign else words
    if "point" not in words:
        whole = _counted(words)
        return None if whole is None else (sign or 1) * whole
    place = list(words).index("point")
    whole, digits = _counted(words[:place]) if place else 0, words[place + 1 :]
    if whole is None or not digits or not all(_UNITS.get(word, 10) < 10 for word in digits):
        return None
    return (sign or 1) * float(f"{whole}.{''.join(str(_UNITS[word]) for word in digits)}")


def _counted(words: Sequence[str]) -> int | None:
    """A whole number: counted as in "two hundred five", or its digits one after the other."""
    if len(words) > 1 and all(_UNITS.get(word, 10) < 10 for word in words):
        return int("".join(str(_UNITS[word]) for word in words))
    total = group = 0
    before = 1_000  # what the word before stood for: the next must be smaller
    for word in words:
        if word == "hundred" and 0 < group < 10:
            group, before = group * 100, 100
        elif word in _SCALES and group:
            total, group, before = total + group * _SCALES[word], 0, 1_000
        elif word in _UNITS and _fits_behind(before, _UNITS[word]):
            group, before = group + _UNITS[word], _UNITS[word]
        else:
            return None
    return total + group if words else None


def _fits_behind(before: int, number: int) -> bool:
    """Whether a number can be said right behind another: five behind twenty, not twelve behind twenty."""
    if before >= 100:
        return True
    return before >= 20 and before % 10 == 0 and 0 < number < 10
