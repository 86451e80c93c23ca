"""The few words an annotation's fields are described by, and the JSON Schema they stand for."""

import re
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

from photogram.reading.words import Mistake, Place

Wording = str | Sequence[str]
Schema = dict[str, Any]

_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_RANGE = re.compile(rf"(number|whole number)(?:\s+({_NUMBER})\s*\.\.\s*({_NUMBER}))?")
_DO = (
    'a field is "text", "yes/no", "number", "number 0..1", "whole number 1..5", "list of text", '
    '["one", "of", "these"] or "some of this, that"; a "?" at the end makes it optional'
)


def schema_of(fields: Mapping[str, Wording], at: Place) -> Schema:
    """An object with exactly these fields, all required but those whose wording ends in "?"."""
    properties: Schema = {}
    required: list[str] = []
    for name, wording in fields.items():
        optional = isinstance(wording, str) and wording.rstrip().endswith("?")
        plain = wording.rstrip().removesuffix("?") if isinstance(wording, str) else wording
        properties[name] = _field(plain, (*at, name))
        if not optional:
            required.append(name)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _field(wording: Wording, at: Place) -> Schema:
    if not isinstance(wording, str):
        return {"type": "string", "enum": _choices(list(wording), at)}
    words = " ".join(wording.split())
    for opening, read in _OPENINGS.items():
        if words.startswith(opening):
            return read(words.removeprefix(opening), at)
    if words == "text":
        return {"type": "string"}
    if words == "yes/no":
        return {"type": "boolean"}
    return _number(words, at)


def _number(words: str, at: Place) -> Schema:
    found = _RANGE.fullmatch(words)
    if not found:
        raise Mistake(f"{at[-1]} cannot be {words!r}", at=at, do=_DO)
    whole = found[1] == "whole number"
    schema: Schema = {"type": "integer" if whole else "number"}
    if found[2] is None:
        return schema
    least, most = float(found[2]), float(found[3])
    if (
        least >= most
        or not isfinite(most - least)
        or (whole and not (least.is_integer() and most.is_integer()))
    ):
        raise Mistake(
            f"{at[-1]}: {words!r} is not a range", at=at, do="give the lower bound first: number 0..1"
        )
    return {**schema, "minimum": _plain(least), "maximum": _plain(most)}


def _plain(number: float) -> int | float:
    return int(number) if number.is_integer() else number


def _list_of(words: str, at: Place) -> Schema:
    return {"type": "array", "items": _field(words, at)}


def _one_of(words: str, at: Place) -> Schema:
    return {"type": "string", "enum": _choices(words.split(","), at)}


def _some_of(words: str, at: Place) -> Schema:
    return {"type": "array", "items": _one_of(words, at), "uniqueItems": True}


def _choices(given: Sequence[str], at: Place) -> list[str]:
    words = [word.strip() for word in given]
    if not all(words) or len(set(words)) < len(words):
        raise Mistake(f"{at[-1]} has an empty word, or one word twice", at=at, do="give each word once")
    return words


_OPENINGS: dict[str, Callable[[str, Place], Schema]] = {
    "list of ": _list_of,
    "one of ": _one_of,
    "some of ": _some_of,
}
