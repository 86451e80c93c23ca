"""A mistake in a brief, and how the parts of a brief are put into words."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import Any

LONGEST = 60

Place = tuple[str | int, ...]
"""The way to a value: keys, and numbers within a list or a [[list of tables]]."""


class Mistake(Exception):
    """Something at a place in a brief that cannot be meant."""

    def __init__(self, what: str, *, at: Place = (), do: str = "") -> None:
        super().__init__(what)
        self.what, self.at, self.do = what, at, do


def said(place: Place) -> str:
    """A place as a person would write it."""
    return ".".join(quoted(part, "") for part in place if isinstance(part, str)) or "the brief"


def quoted(text: str, quote: str = "'") -> str:
    """A text fit to stand within a line: not too long, and without line breaks of its own."""
    short = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return f"{quote}{short}{quote}" if short.isprintable() else repr(short)


def listed(words: Iterable[str]) -> str:
    """The first few of some words."""
    first = list(islice(words, 13))
    return ", ".join([quoted(word, "") for word in first[:12]] + ["…"] * (len(first) > 12)) or "nothing"


def nearest(word: str, known: Sequence[str]) -> str:
    """A question that offers the likeliest meant word, or nothing."""
    close = get_close_matches(word, known, 1, 0.6)
    return f"did you mean {quoted(close[0])}? " if close else ""


def as_text(value: Any) -> str:
    """A value as it reads in a prompt: the way the brief writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
