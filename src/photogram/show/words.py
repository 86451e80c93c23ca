"""What all that is told is made of: numbers, tables and lines that fit a terminal of 80 columns."""

import re
import shlex
from collections.abc import Iterator, Sequence
from functools import singledispatch
from textwrap import wrap
from typing import Any
from unicodedata import combining, east_asian_width

from photogram.data import Price
from photogram.faults import PhotogramError

WIDTH = 80
_NUMBER = re.compile(r"<?\$?\d[\d,.]*( s|/s)?$")


@singledispatch
def lines(result: Any) -> Iterator[str]:
    """The lines that tell a person what came of a verb."""
    yield str(result)


@lines.register
def _(result: PhotogramError) -> Iterator[str]:
    yield from flowing(f"photogram: {result}")


@lines.register
def _(result: list) -> Iterator[str]:  # type: ignore[type-arg]
    """A list is told as a whole, by what it is a list of."""
    yield from listed(result[0], result) if result else ("no cell was refused or has failed",)  # type: ignore


@singledispatch
def listed(first: Any, every: Sequence[Any]) -> Iterator[str]:
    """The lines for a list, by its first part."""
    yield from map(str, every)


def dollars(amount: float) -> str:
    """Money in cents, with as many digits more as a small amount needs; never less than it is."""
    if amount == 0 or amount >= 0.1:
        return f"${amount:,.2f}"
    if amount < 0.0001:
        return "<$0.0001"
    whole, _, digits = f"{amount:.4f}".partition(".")
    return f"${whole}.{digits.rstrip('0'):0<2}"


def size(number: int) -> str:
    """Bytes, in the unit in which they are told in few digits."""
    amount, units = float(number), ["bytes", "kB", "MB", "GB", "TB"]
    while amount >= 1000 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{amount:.3g} {units[0]}" if units[0] != "bytes" else f"{number} bytes"


def price(of: Price) -> str:
    """A price as a table shows it."""
    if of.free:
        return "free"
    if of.rates:
        each = [of.image, *(rate.image for rate in of.rates)]
        return f"{dollars(min(each))}–{max(each):g} each"
    if of.image:
        return f"{dollars(of.image)} each"
    out = f"/${of.tokens_out:g}" if of.tokens_out else ""
    return f"${of.tokens_in:g}{out} per MTok"


def count(number: int, noun: str) -> str:
    """A number of things, in English."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def table(rows: Sequence[Sequence[str]], most: int = WIDTH) -> Iterator[str]:
    """Rows of text in columns, numbers to the right, cut where the terminal ends."""
    if not rows:
        return
    cells = [[plain(text) for text in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        parts = [_filled_up(text, wide) for text, wide in zip(row, widths, strict=True) if wide]
        yield cut("  ".join(parts).rstrip(), most)


def _filled_up(text: str, wide: int) -> str:
    room = " " * (wide - width(text))
    return room + text if _NUMBER.match(text) else text + room


def cut(line: str, most: int) -> str:
    """A line that fits; a mark shows that it went on."""
    if width(line) <= most:
        return line
    kept = line
    while width(kept) > most - 1:
        kept = kept[:-1]
    return f"{kept}…"


def width(text: str) -> int:
    """How many places a text takes in a terminal."""
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def flowing(text: str, indent: str = "") -> Iterator[str]:
    """A text in lines that fit; a path or a word that is longer stays whole, to be copied."""
    for number, line in enumerate(text.splitlines()):
        inner = indent + "  " * bool(number or indent)
        first = indent + (line[: len(line) - len(line.lstrip())] if number else "")
        yield from wrap(
            plain(line.strip()),
            WIDTH,
            initial_indent=first,
            subsequent_indent=inner,
            break_long_words=False,
            break_on_hyphens=False,
        )


def plain(text: str) -> str:
    """A text without anything that moves a cursor: some of it was written by a server or a stranger."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def quoted(path: str) -> str:
    """A path as it is typed in a shell, also when it begins like an option."""
    return shlex.quote(f"./{path}" if path.startswith("-") else path)
