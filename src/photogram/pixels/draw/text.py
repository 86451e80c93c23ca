"""Words on pictures, in the one font that is always there."""

from functools import cache
from typing import Any, cast
from unicodedata import combining, normalize

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_LIKE_ASCII = {"–": "-", "—": "-", "·": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "×": "x"}
_LONGEST = 400


@cache
def font(size: int) -> Font:
    """The font that comes with Pillow, at a size in pixels."""
    return ImageFont.load_default(size)


def plain(value: object) -> str:
    """One line in letters that the font has: accents are dropped, what it lacks becomes a question mark."""
    text = ", ".join(map(str, cast(list[Any], value))) if isinstance(value, list) else str(value)
    letters = normalize("NFKD", text[:_LONGEST])
    return " ".join("".join(_letter(letter) for letter in letters if not combining(letter)).split())


def cut(text: str, size: int, room: float) -> str:
    """The text, or as much of it as there is room for and three dots."""
    set_in = font(size)
    if set_in.getlength(text) <= room:
        return text
    while text and set_in.getlength(text + "...") > room:
        text = text[:-1]
    return text.rstrip() + "..."


def _letter(letter: str) -> str:
    letter = _LIKE_ASCII.get(letter, letter)
    if letter.isspace() or not letter.isprintable():
        return " "
    return letter if letter.isascii() else "?"
