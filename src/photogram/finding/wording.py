"""What a row says of itself in words: what it can be found by, and what is made a vector of."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from photogram.annotation import fields_of
from photogram.data import Facts, Row
from photogram.recovery.rules import WITHHELD

_NO_LETTERS = re.compile(r"[_\W]+")


def annotated(value: Facts) -> str:
    """An annotation as text: what it says, its words, and the names of what is so."""
    return ". ".join(dict.fromkeys(_parts(fields_of(value))))


def planned(row: Row) -> str:
    """What was planned of a row: its label, its prompt and its facts."""
    facts = [str(value) for value in row.facts.values() if isinstance(value, str)]
    return ". ".join(dict.fromkeys(filter(None, [row.prompt, row.label, *facts])))


def plain(name: str) -> str:
    """The name of a field as words."""
    return _NO_LETTERS.sub(" ", name).strip()


def _parts(value: Mapping[str, Any]) -> Iterator[str]:
    for name, said in value.items():
        if said is True:
            yield plain(name)
        yield from _texts(said)


def _texts(said: Any) -> Iterator[str]:
    if isinstance(said, str):
        if said and said != WITHHELD:
            yield said
    elif isinstance(said, list):
        for one in cast(list[Any], said):
            yield from _texts(one)
    elif isinstance(said, dict):
        yield from _parts(cast(dict[str, Any], said))
