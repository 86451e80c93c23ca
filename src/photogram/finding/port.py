"""The port every index stands behind: what can be asked of it, wherever its rows and vectors lie.

Rows are numbered from 0 in the order of the table. A filter excludes: whatever is asked, no row comes that it
does not hold for, and none is missing that it does. What is asked of several ways is joined by `fuse`.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from photogram.data import Word
from photogram.filters.fields import Field, Fields
from photogram.filters.tree import Tree
from photogram.finding.fitted import Fitted, Looks
from photogram.finding.texts import Known
from photogram.finding.vectors import Space, Vector


class Shelf(Word, frozen=True):
    """The vectors of one space as an index holds them.

    They stand as the model gave them, or are descriptors brought to one scale (`looks`), or those fitted to
    the words of the set.
    """

    name: str
    space: Space
    kind: Literal["plain", "looks", "fitted"]
    count: int
    dimensions: int


class Manifest(Word, frozen=True):
    """What an index holds, and the table it was made of: `made_of` is the hash of that table.

    `silent` are the fields of which nothing is known of any row.
    """

    format: int
    generation: str
    rows: int
    made_of: str
    stamp: tuple[int, ...]
    fields: tuple[Field, ...]
    silent: tuple[str, ...]
    shelves: tuple[Shelf, ...]
    captions: int


class Hit(NamedTuple):
    """A row that was found, by how much, and whether nothing nearer can have been passed over."""

    row: int
    score: float
    exact: bool = True


class Index(Protocol):
    """An opened index."""

    @property
    def manifest(self) -> Manifest: ...

    @property
    def fields(self) -> Fields: ...

    def vocabulary(self, field: str) -> Sequence[str]: ...

    def shelves(self) -> Mapping[str, Shelf]: ...

    def nearest(self, shelf: str, vector: Vector, most: int, where: Tree | None = None) -> list[Hit]: ...

    def vector(self, shelf: str, row: int) -> Vector | None: ...

    def fit_of(self, shelf: str) -> tuple[Looks, Fitted | None]: ...

    def worded(self, words: Sequence[str], most: int, where: Tree | None = None) -> list[Hit]: ...

    def having(self, word: str, rows: Sequence[int]) -> set[int]: ...

    def matching(self, where: Tree | None, most: int) -> tuple[int, list[int]]: ...

    def known(self, rows: Sequence[int]) -> list[Known]: ...

    def number(self, name: str) -> int | None: ...

    def close(self) -> None: ...


RANK = 60
"""How soon a place in a list counts for less: from the paper that joins lists by place alone."""


def fuse(lists: Sequence[Sequence[int]]) -> list[int]:
    """Rows of several lists in one order: by their places, since scores of two kinds cannot be compared."""
    worth: dict[int, float] = {}
    for rows in lists:
        for place, row in enumerate(rows):
            worth[row] = worth.get(row, 0.0) + 1 / (RANK + place)
    return sorted(worth, key=lambda row: -worth[row])
