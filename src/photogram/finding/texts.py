"""Rows and their words in one SQLite file: found by the words they are said in, the rarest first."""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from photogram.finding.tongue import words as words_of

_SCHEMA = """
CREATE TABLE rows(
  n INTEGER PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL, label TEXT NOT NULL, path TEXT NOT NULL,
  caption TEXT NOT NULL, synthetic INTEGER NOT NULL, phash TEXT NOT NULL);
CREATE INDEX rows_name ON rows(name);
CREATE VIRTUAL TABLE words USING fts5(
  said, planned, content='', tokenize='porter unicode61 remove_diacritics 2');
"""
_FIND = """
SELECT rowid, bm25(words, 2.0, 1.0) AS worth FROM words WHERE words MATCH ? ORDER BY worth, rowid
LIMIT ?
"""


class Known(NamedTuple):
    """What is shown of a row: its picture's place, and what is said of it in a line."""

    n: int
    id: str
    name: str
    label: str
    path: str
    caption: str
    synthetic: bool
    phash: str


class Worded(NamedTuple):
    """A row and the words it is found by: what is said of its picture, and what was planned."""

    known: Known
    said: str
    planned: str


def write(path: Path, rows: Iterable[Worded]) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode = OFF")
        db.executescript(_SCHEMA)
        db.execute("BEGIN")
        for known, said, planned in rows:
            db.execute("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?)", known)
            values = (known.n, *(" ".join(words_of(text)) for text in (said, planned)))
            db.execute("INSERT INTO words(rowid, said, planned) VALUES (?, ?, ?)", values)
        db.execute("INSERT INTO words(words) VALUES ('optimize')")
        db.execute("COMMIT")
    finally:
        db.close()


class Texts:
    """Such a file, opened for reading; it never changes."""

    def __init__(self, path: Path) -> None:
        address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        self._db = sqlite3.connect(address, uri=True, check_same_thread=False)
        self._db.execute("SELECT 1 FROM rows LIMIT 1")  # what is no such file is known at once

    def close(self) -> None:
        self._db.close()

    def find(self, words: Sequence[str], most: int, mask: Sequence[bool] | None) -> list[tuple[int, float]]:
        """The rows that have one of these words or several, best first."""
        found: list[tuple[int, float]] = []
        if not words or not most:
            return found
        limit = most if mask is None else -1
        for row, worth in self._db.execute(_FIND, (" OR ".join(map(_quoted, words)), limit)):
            if mask is None or mask[row]:
                found.append((row, -worth))
                if len(found) == most:
                    break
        return found

    def having(self, word: str, rows: Sequence[int]) -> set[int]:
        """Those of these rows that have a word."""
        marks = ",".join("?" * len(rows))
        asked = f"SELECT rowid FROM words WHERE words MATCH ? AND rowid IN ({marks})"
        return {row for (row,) in self._db.execute(asked, (_quoted(word), *rows))}

    def has(self, word: str) -> bool:
        """Whether any row has a word."""
        asked = "SELECT 1 FROM words WHERE words MATCH ? LIMIT 1"
        return self._db.execute(asked, (_quoted(word),)).fetchone() is not None

    def rows(self, numbers: Sequence[int]) -> list[Known]:
        """What is shown of these rows, in this order."""
        marks = ",".join("?" * len(numbers))
        found = self._db.execute(f"SELECT * FROM rows WHERE n IN ({marks})", tuple(numbers))
        known = {row[0]: Known._make(row) for row in found}
        return [known[n] for n in numbers]

    def number(self, name: str) -> int | None:
        """Which row has this name or id."""
        asked = "SELECT n FROM rows WHERE name = ?1 OR id = ?1"
        found = self._db.execute(asked, (name,)).fetchone()
        return found[0] if found else None


def _quoted(word: str) -> str:
    """A word as FTS takes it: whatever signs are in it, it is looked for and not obeyed."""
    return f'"{" ".join(words_of(word))}"'
