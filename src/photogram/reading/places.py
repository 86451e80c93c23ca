"""Where in a TOML text each value stands, so that a mistake can be told with its line.

The standard parser gives no lines for values. This one gives nothing else: it walks a text that has
already been parsed, so it need not judge it.
"""

import re
import tomllib
from bisect import bisect_left

from photogram.reading.words import Place

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})' + r"|'''.*?'''(?:'{0,2})" + r'|"(?:\\.|[^"\\\n])*"' + r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"[^,\]}\n#]+")


def line_of(text: str, place: Place) -> int:
    """The line where a value, or else the nearest table around it, is written; the first is 1."""
    lines = _Walk(text).lines
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


class _Walk:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.lines: dict[Place, int] = {}
        self.tables: dict[Place, int] = {}
        self.ends = [found.start() for found in re.finditer("\n", text)]
        table: Place = ()
        while self.skip():
            if text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)

    def skip(self) -> bool:
        """Pass over blanks and comments; false at the end of the text."""
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at < len(self.text)

    def note(self, place: Place) -> None:
        line = bisect_left(self.ends, self.at) + 1
        for depth in range(1, len(place) + 1):
            self.lines.setdefault(place[:depth], line)

    def header(self) -> Place:
        listed = self.text.startswith("[[", self.at)
        start, self.at = self.at, self.at + 1 + listed
        *outer, last = self.key()
        place = (*self.inside(outer), last)
        if listed:
            number = self.tables.get(place, 0)
            self.tables[place] = number + 1
            place = (*place, number)
        end, self.at = self.at + 1 + listed, start
        self.note(place)
        self.at = end
        return self.inside([*outer, last])

    def inside(self, keys: list[str]) -> Place:
        """The place these keys of a header lead to: of a list of tables, the latest is meant."""
        place: Place = ()
        for key in keys:
            place = (*place, key)
            if place in self.tables:
                place = (*place, self.tables[place] - 1)
        return place

    def key(self) -> list[str]:
        """A key with its dots, from here up to the `=` or `]` behind it."""
        keys: list[str] = []
        while self.skip() and self.text[self.at] not in "=]":
            if self.text[self.at] == ".":
                self.at += 1
            elif found := _STRING.match(self.text, self.at):
                keys.append(tomllib.loads(f"key = {found.group()}")["key"])
                self.at = found.end()
            elif found := _BARE_KEY.match(self.text, self.at):
                keys.append(found.group())
                self.at = found.end()
        return keys

    def pair(self, table: Place) -> None:
        start = self.at
        place = (*table, *self.key())
        end, self.at = self.at + 1, start
        self.note(place)
        self.at = end
        self.value(place)

    def value(self, place: Place) -> None:
        self.skip()
        first = self.text[self.at]
        if first == "[":
            self.list(place)
        elif first == "{":
            self.table(place)
        elif found := _STRING.match(self.text, self.at) or _BARE_VALUE.match(self.text, self.at):
            self.at = found.end()

    def list(self, place: Place) -> None:
        self.at += 1
        number = 0
        while self.skip() and self.text[self.at] != "]":
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self.note((*place, number))
            self.value((*place, number))
            number += 1
        self.at += 1

    def table(self, place: Place) -> None:
        self.at += 1
        while self.skip() and self.text[self.at] != "}":
            if self.text[self.at] == ",":
                self.at += 1
            else:
                self.pair(place)
        self.at += 1
