"""The few words an annotation's fields are described by, and the JSON Schema they stand for."""

import re
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

from photogram.reading.words import Mistake, Place, listed, nearest

Wording = str | Sequence[str]
Schema = dict[str, Any]

_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_RANGE = re.compile(rf"(number|whole number)(?:\s+({_NUMBER})\s*\.\.\s*({_NUMBER}))?")
_DO = (
    'a field is "text", "yes/no", "number", "number 0..1", "whole number 1..5", "list of text", '
    '["one", "of", "these"] or "some of this, that"; a "?" at the end makes it optional'
)


class Said(NamedTuple):
    """What a brief says of one field."""

    wording: Wording
    about: str = ""
    synonyms: Mapping[str, Sequence[str]] = {}
    optional: bool = False
    null: bool = False
    private: bool = False


def schema_of(fields: Mapping[str, Said], at: Place) -> Schema:
    """An object with exactly these fields; those that are optional may be null or left out."""
    properties: Schema = {}
    required: list[str] = []
    for name, said in fields.items():
        wording, optional = said.wording, said.optional
        if isinstance(wording, str) and wording.rstrip().endswith("?"):
            wording, optional = wording.rstrip().removesuffix("?"), True
        schema = _with_synonyms(_field(wording, (*at, name)), said.synonyms, (*at, name))
        properties[name] = _marked(_nullable(schema) if optional or said.null else schema, said)
        if not optional:
            required.append(name)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _nullable(schema: Schema) -> Schema:
    """The same field, where there may be nothing to say."""
    closed = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **closed}


def _marked(schema: Schema, said: Said) -> Schema:
    about = {"description": " ".join(said.about.split())} if said.about else {}
    return {**schema, **about, **({"private": True} if said.private else {})}


def _with_synonyms(schema: Schema, synonyms: Mapping[str, Sequence[str]], at: Place) -> Schema:
    """A field with other words for its words; they belong to whatever has the words."""
    if not synonyms:
        return schema
    inner = schema.get("items", schema)
    words = inner.get("enum", [])
    for word in synonyms:
        if word not in words:
            do = (
                f"{nearest(word, words)}its words are {listed(words)}"
                if words
                else "give it words to choose from"
            )
            raise Mistake(f"{at[-1]} has no word {word!r}", at=(*at, "synonyms", word), do=do)
    said = [*words, *(other for others in synonyms.values() for other in others)]
    if twice := [word for word in said if said.count(word) > 1]:
        do = "let each word mean one thing"
        raise Mistake(f"{at[-1]}: {twice[0]!r} means two things", at=(*at, "synonyms"), do=do)
    inner = {**inner, "synonyms": {word: list(others) for word, others in synonyms.items()}}
    return {**schema, "items": inner} if "items" in schema else inner


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
