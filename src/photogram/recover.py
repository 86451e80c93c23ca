"""A reply becomes what was asked for, as long as it holds that; and a list of what it took.

In this order: the text is parsed; read again with patience, whatever stands around or in the JSON;
of several objects the one that fits best is taken, also out of a wrapper; what is written otherwise
is put as the schema has it; and the full schema has the last word. A value that is not there is not made up.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, cast

import msgspec

from photogram import private
from photogram.faults import Malformed
from photogram.recovery import rules
from photogram.recovery.coerce import Coercion
from photogram.recovery.complain import complaint
from photogram.recovery.lenient import CUT, Found, strict, values
from photogram.recovery.rules import Rule
from photogram.recovery.truth import Truth

TRIED = 8
"""So many of the objects in a reply are held against the schema, those that look best first."""
DEEPEST_WRAPPER = 3


class Recovered(NamedTuple):
    """An answer that keeps to the schema, and what had to be done to its reply."""

    value: dict[str, Any]
    done: tuple[str, ...] = ()


class Recovery:
    """Reads the replies to asks with one schema."""

    def __init__(self, schema: Rule) -> None:
        self._truth = Truth(private.opened(schema))
        self._quoting = not private.names(schema)
        rule = rules.rule_of(schema, schema)
        self._known = {rules.bare(name) for name in rules.properties(rule)}
        self._required = {rules.bare(name) for name in rule.get("required", ())}

    def read(self, text: str, data: Any = None) -> Recovered:
        """The answer in a reply; `data` is the reply where the provider answered in data.

        `Malformed` says what is wrong, for the model and for a person.
        """
        best = self._ranked(_found(text, data)) or self._ranked(_escaped(text))
        wrong = ""
        for found in best[:TRIED]:
            coercion = Coercion(self._truth)
            value = coercion.value(found.value, self._truth.root)
            if self._truth.holds(value):
                return Recovered(value, (*found.forgiven, *coercion.done))
            wrong = wrong or complaint(value, self._truth, quoting=self._quoting)
        raise Malformed(_said(wrong, best, text), text)

    def _ranked(self, found: Iterable[Found]) -> list[Found]:
        """The objects of a reply: first those with most of what was asked for, and of equals the last."""
        ranked: list[tuple[tuple[int, ...], Found]] = []
        for number, (whole, depth) in enumerate(_objects(found)):
            names = set(map(rules.bare, whole.value))
            known = len(names & self._known)
            if known or not self._known or not (depth or whole.forgiven):
                score = (len(names & self._required), known, known - len(names), -depth, number)
                ranked.append((score, whole))
        ranked.sort(key=lambda one: one[0], reverse=True)
        several = ("one of several",) if sum(score[3] == 0 for score, _ in ranked) > 1 else ()
        return [Found(whole.value, (*whole.forgiven, *several)) for _, whole in ranked]


def _found(text: str, data: Any) -> Iterator[Found]:
    """What a reply holds: its data, or else the one value its text is, or else all values in its text."""
    try:
        whole = strict(msgspec.json.encode(data).decode() if isinstance(data, (dict, list)) else text)
    except ValueError:
        yield from values(text)
    else:
        yield Found(whole)


_ESCAPED = re.compile(r'\\(["\\/n])')


def _escaped(text: str) -> Iterator[Found]:
    """The values of a text whose every quote has a backslash before it: it was encoded once too often."""
    if '\\"' in text:
        for found in values(_ESCAPED.sub(lambda one: "\n" if one[1] == "n" else one[1], text)):
            yield Found(found.value, ("encoded twice", *found.forgiven))


def _objects(found: Iterable[Found]) -> Iterator[tuple[Found, int]]:
    """Every object in some values that may be the answer, and how deep it lies in a wrapper."""
    for outer in found:
        level, forgiven = [outer.value], outer.forgiven
        for depth in range(DEEPEST_WRAPPER + 1):
            for value in level:
                if isinstance(value, dict):
                    yield Found(cast(dict[str, Any], value), forgiven), depth
            level = [inner for value in level for inner in _inside(value)]
            forgiven = (*outer.forgiven, "wrapper")


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return cast(dict[str, Any], value).values()
    if isinstance(value, str) and value.lstrip()[:1] == "{":
        return (one.value for one in values(value))
    return cast(list[Any], value) if isinstance(value, list) else ()


def _said(wrong: str, best: list[Found], text: str) -> str:
    """What is wrong with a reply in which no answer was found."""
    if wrong:
        cut = CUT in best[0].forgiven
        return f"it was cut off after {len(text):,} characters, be brief: {wrong}" if cut else wrong
    if not text.strip():
        return "the reply is empty"
    return "the reply holds no JSON object with the fields that were asked for"
