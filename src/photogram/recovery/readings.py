"""What a value can be read as under one type of the schema: numbers, yes or no, texts, lists."""

import re
from collections.abc import Iterator
from typing import Any, cast

from photogram.recovery import rules
from photogram.recovery.numbers import Quantity, quantity
from photogram.recovery.rules import Rule

_SEPARATORS = re.compile(r"\s*(?:\n|;|\||•)\s*(?:[-*•]\s+|\d+[.)]\s+)?")
_COMMAS = re.compile(r"\s*,\s*(?:and\s+|or\s+)?")
_AND = re.compile(r"\s*(?:,|/|&|\+|\band\b)\s*")
_MOST_WORDS = 4
_LONGEST = 2_000
"""Longer texts are not taken apart."""


def split(text: str, items: Rule) -> list[str]:
    """The parts of a text that was to be a list; a sentence is one part, whatever commas it has."""
    if len(text) > _LONGEST:
        return [text]
    text = re.sub(r"^(?:[-*•]\s+|\d+[.)]\s+)", "", text.strip())
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    parts = _SEPARATORS.split(text)
    if len(parts) == 1 and rules.choices(items):
        parts = _COMMAS.split(text) if "," in text else _AND.split(text)
    elif len(parts) == 1 and not text.endswith("."):
        pieces = _COMMAS.split(text)
        parts = pieces if all(len(piece.split()) <= _MOST_WORDS for piece in pieces) else parts
    return [part.strip().strip("\"'") for part in parts if part.strip()]


def numbers(value: Any, rule: Rule) -> Iterator[tuple[float | int, str]]:
    """The number that a text says, or a number on the field's own scale."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return
    found = quantity(value) if isinstance(value, str) else Quantity(value)
    if found is None:
        return
    number, how = _scaled(found, rule)
    if number is not None:
        yield number, how


def _scaled(found: Quantity, rule: Rule) -> tuple[float | int | None, str]:
    """The number on the scale of the field: a percentage is a share where the range ends at 1."""
    is_share = rule.get("maximum") == 1 and rule.get("minimum", 0) >= 0
    if found.whole is not None:
        if is_share and found.whole:
            return found.number / found.whole, "share from a score"
        return (found.number if rule.get("maximum") == found.whole else None), "number from a score"
    if is_share and (found.percent or 10 < found.number <= 100):
        return _rounded(found.number / 100), "share from percent"
    return found.number, "number from a text"


def _rounded(share: float) -> float:
    """A share without the noise that dividing by a hundred leaves."""
    return float(f"{share:.15g}")


_YES = re.compile(r"(?:yes|y|true|present|detected|1)(?:\s*[,.;:!(–-].*)?$", re.IGNORECASE | re.DOTALL)
_NO = re.compile(r"(?:no|n|false|absent|not detected|0)(?:\s*[,.;:!(–-].*)?$", re.IGNORECASE | re.DOTALL)


def truths(value: Any) -> Iterator[tuple[bool, str]]:
    """The yes or no that a word, the first word of a sentence, or a 1 or 0 says."""
    if isinstance(value, (int, float)) and value in (0, 1):
        yield bool(value), "yes or no from a number"
    if isinstance(value, str) and len(value) <= 200:
        for pattern, meant in ((_YES, True), (_NO, False)):
            if pattern.match(value.strip()):
                yield meant, "yes or no, in words"


def texts(value: Any) -> Iterator[tuple[str, str]]:
    """The text that a number or a list of texts is."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield str(value), "text from a number"
    if isinstance(value, list) and value and all(isinstance(one, str) for one in cast(list[Any], value)):
        yield ", ".join(cast(list[str], value)), "text from a list"
