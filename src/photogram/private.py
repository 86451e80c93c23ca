"""What is said in a private field is never written down: not in a cell, an error, a raw reply or a tape.

A field is private where its schema says `"private": true`. In its place stands a mark, so that one still
knows that there was something; null stays null. With a key of the user's own, which lies nowhere in the
dataset, the same value can be known again.
"""

import hmac
import re
import secrets
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, cast

import msgspec

from photogram.data import Facts, See
from photogram.faults import Broken, Refused
from photogram.recovery import rules
from photogram.recovery.rules import WITHHELD, Rule

_LEAST = 3
"""Shorter texts are looked for nowhere else: they are in every other word."""
_LONGEST = 64


class Redacted(NamedTuple):
    """An answer without its private values, and by what each of them can be known again."""

    value: Any
    marks: dict[str, str]


def names(schema: Rule) -> list[str]:
    """The private fields of a schema; one within another is told by its own name."""
    found = (name for name, part in rules.parts(schema) if name and _is_private(part, schema))
    return list(dict.fromkeys(found))


def request(fields: Sequence[str]) -> str:
    """What is asked of a model so that what is private stays where it is taken out."""
    said = f"\n\nSay what belongs in {' and '.join(fields)} there, and repeat it nowhere else."
    return said if fields else ""


def opened(schema: Rule) -> Rule:
    """The schema that also takes the mark in place of what is private: a redacted one can be read again."""

    def open_up(rule: Rule) -> Rule:
        closed = _is_private(rule, schema)
        return {"anyOf": [rule, {"const": WITHHELD}], "private": True} if closed else rule

    return rules.changed(schema, open_up) if names(schema) else schema


def redacted(value: Facts, schema: Rule, key: str = "") -> Redacted:
    """An answer without what was said in private fields, also where another field repeats it."""
    withheld: dict[str, list[Any]] = {}
    kept = _without(value, [schema], schema, ("",), withheld)
    said = [text for each in withheld.values() for text in _texts(each)]
    if patterns := [pattern for text in said if (pattern := _pattern(text))]:
        known = {name for name, _ in rules.parts(schema)}
        kept = _scrubbed(kept, re.compile("|".join(patterns), re.IGNORECASE), known)
    marks = {name: _mark(each, key) for name, each in withheld.items()} if key else {}
    return Redacted(kept, marks)


def is_discreet(ask: object) -> bool:
    """Whether what is answered to an ask may hold something private."""
    return isinstance(ask, See) and bool(names(ask.schema))


_HERE = secrets.token_bytes(32)


def unsaid(text: str) -> str:
    """What is kept of a reply that may hold something private and cannot be read.

    The mark tells equal replies of one run; it is made with a key that ends with it, since a plate is
    found by trying all there are.
    """
    mark = hmac.digest(_HERE, text.encode("utf-8", "surrogatepass"), "sha256").hex()[:12]
    return f"a reply of {len(text):,} characters, {mark}: not kept, as it may hold what is private"


def reason(error: Exception) -> str:
    """What is kept of an error: refusals, and answers that cannot be read, may be in the model's words."""
    if isinstance(error, (Refused, Broken)):
        return f"{type(error).__name__}: its words are not kept, as they may hold what is private"
    return str(error)


def _is_private(part: Rule, root: Rule) -> bool:
    return rules.rule_of(part, root).get("private") is True


# ----------------------------------------------------------------- walking an answer


def _without(
    value: Any, parts: Sequence[Any], root: Rule, place: tuple[str, ...], withheld: dict[str, list[Any]]
) -> Any:
    """A value without what is private in it; what is taken out is gathered by the field's name."""
    ways = [way for part in parts for way in _ways(part, root)]
    if any(way.get("private") is True for way in ways):
        if value is not None and value != WITHHELD:
            withheld.setdefault(".".join(place[1:]), []).append(value)
        return None if value is None else WITHHELD
    if isinstance(value, dict):
        return {
            name: _without(inner, _fields(name, ways), root, (*place, name), withheld)
            for name, inner in cast(dict[str, Any], value).items()
        }
    if isinstance(value, list):
        items = [rules.items(way) for way in ways]
        return [_without(inner, items, root, place, withheld) for inner in cast(list[Any], value)]
    return value


def _ways(part: Any, root: Rule) -> Iterator[Rule]:
    """A part, and each of the choices it offers."""
    rule = rules.rule_of(part, root)
    yield rule
    if "anyOf" in rule or "oneOf" in rule:
        yield from rules.branches(rule, root)


def _fields(name: str, ways: Sequence[Rule]) -> list[Any]:
    """What the schema says of a field of that name, wherever it says it."""
    found = [rules.properties(way)[name] for way in ways if name in rules.properties(way)]
    others = [way.get("additionalProperties", {}) for way in ways]
    others += [part for way in ways for part in way.get("patternProperties", {}).values()]
    return found or others


def _texts(value: Any) -> Iterator[str]:
    """Every text and number in a value, as text."""
    if isinstance(value, dict):
        value = list(cast(dict[str, Any], value).values())
    if isinstance(value, list):
        for inner in cast(list[Any], value):
            yield from _texts(inner)
    elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
        yield str(value)


_BEFORE, _BETWEEN, _BEHIND = r"(?<![^\W_])", r"[\W_]*+", r"(?![^\W_])"


def _pattern(text: str) -> str:
    """A text as it may be written elsewhere: with other separators, in other letters, within a sentence."""
    letters = re.findall(r"[^\W_]", text)
    if len(letters) < _LEAST:
        return ""
    if len(letters) > _LONGEST:
        return re.escape(text.strip())
    return _BEFORE + _BETWEEN.join(map(re.escape, letters)) + _BEHIND


def _scrubbed(value: Any, pattern: re.Pattern[str], known: set[str]) -> Any:
    if isinstance(value, str):
        return value if value == WITHHELD else pattern.sub(WITHHELD, value)
    if isinstance(value, list):
        return [_scrubbed(inner, pattern, known) for inner in cast(list[Any], value)]
    if isinstance(value, dict):
        return {
            name if name in known else pattern.sub(WITHHELD, name): _scrubbed(inner, pattern, known)
            for name, inner in cast(dict[str, Any], value).items()
        }
    return WITHHELD if isinstance(value, (int, float)) and pattern.fullmatch(str(value)) else value


def _mark(values: list[Any], key: str) -> str:
    """By what equal values are known again: plates are equal however they are spaced."""
    plain = [rules.bare(value) if isinstance(value, str) else value for value in values]
    return hmac.digest(key.encode(), msgspec.json.encode(plain, order="sorted"), "sha256").hex()[:16]
