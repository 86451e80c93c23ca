"""search: rows by words, by pictures, by rows like them, under a filter; each with the reason it is there."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from photogram.builds.queries import of_picture, of_text
from photogram.builds.standing import is_older
from photogram.dataset import Dataset
from photogram.faults import BadInput, NotSetUp
from photogram.filters.fields import Fields
from photogram.filters.parse import parse
from photogram.filters.tree import And, Tree, written
from photogram.finding.local import open_in
from photogram.finding.port import Hit, Index, Shelf, fuse
from photogram.finding.question import Read, read
from photogram.finding.texts import Known
from photogram.finding.tongue import telling
from photogram.finding.vectors import Vector
from photogram.media import media_type
from photogram.results import Found, Searched
from photogram.store import told

DEEP = 50
"""So many of each list are joined at least."""
ALIKE = 6
"""Bits of 64 in which the hashes of pictures that are nearly the same differ at most."""


class Query(NamedTuple):
    """What somebody looks for, as it was given."""

    words: str = ""
    like: Sequence[str] = ()
    where: str = ""
    limit: int = 10
    space: str = ""
    fold: bool = False
    plain: bool = False


class Ranking(NamedTuple):
    """One list of rows, and what a place in it means."""

    why: str
    hits: Sequence[Hit]


def search(opened: Dataset, query: Query) -> Searched:
    """Look in the newest index of a dataset."""
    if query.limit < 1:
        raise BadInput(f"{query.limit} results cannot be shown", do="name 1 or more by --limit")
    index = open_in(opened.path)
    try:
        notes = ["the index is older than the table: `photogram index` makes it anew"]
        return _Search(opened, index, query).searched(notes if is_older(opened, index.manifest) else [])
    finally:
        index.close()


class _Search:
    """One search, from what was asked to what is told."""

    def __init__(self, opened: Dataset, index: Index, query: Query) -> None:
        self._opened, self._index, self._query = opened, index, query
        self.notes: list[str] = []
        self._read = self._understood()
        self._depth = max(DEEP, query.limit * (3 if query.fold else 1))

    def _understood(self) -> Read:
        """The question and the filter, as one filter and words to look for."""
        query, fields = self._query, self._index.fields
        given = parse(query.where, fields) if query.where.strip() else None
        if query.plain or not query.words:
            return Read(given, tuple(telling(query.words)))
        silent = self._index.manifest.silent
        known = Fields(field for field in fields.every if field.full not in silent)
        asked = read(query.words, known, self._index.vocabulary)
        if asked.where and not self._index.matching(_joined(given, asked.where), 1)[0]:
            self.notes.append("no picture matches that; --plain looks for the words as they stand")
        return Read(_joined(given, asked.where), asked.words)

    def searched(self, notes: list[str]) -> Searched:
        where = self._read.where
        rankings = [ranking for ranking in self._rankings() if ranking.hits]
        matching, first = self._index.matching(where, self._depth)
        ordered = fuse([[hit.row for hit in ranking.hits] for ranking in rankings])
        if where is not None or not self._is_asked():
            ordered += [row for row in first if row not in set(ordered)]
        known = {one.n: one for one in self._index.known(ordered[: self._depth])}
        shown = _folded(ordered[: self._depth], known) if self._query.fold else _each(ordered)
        found = tuple(self._found(row, known, rankings, like) for row, like in shown[: self._query.limit])
        return Searched(
            where=written(where) if where else "",
            words=self._read.words,
            read_from="" if self._query.plain else self._query.words,
            matching=matching if where or not self._is_asked() else len(ordered),
            rows=self._index.manifest.rows,
            found=found,
            notes=(*notes, *self.notes),
            dataset=str(self._opened.path),
        )

    def _is_asked(self) -> bool:
        return bool(self._read.words or self._query.like)

    # --------------------------------------------------------------------- rankings

    def _rankings(self) -> Iterator[Ranking]:
        if self._read.words:
            yield from self._by_words()
        for name in self._query.like:
            row = self._index.number(name)
            yield from self._by_picture(name) if row is None else self._by_row(name, row)

    def _by_words(self) -> Iterator[Ranking]:
        where, words = self._read.where, self._read.words
        if not self._query.space:
            yield Ranking("words", self._index.worded(words, self._depth, where))
        unknown = [word for word in words if not self._index.worded([word], 1)]
        for shelf in self._shelves():
            if shelf.kind == "looks":
                continue
            vector = self._text_vector(shelf)
            if vector is not None:
                unknown = [] if shelf.kind == "plain" else unknown
                yield self._near(shelf, vector, f"{shelf.name} by the words")
        if unknown:
            self.notes.append(f"no row says {' or '.join(unknown)}, and nothing else here knows such words")

    def _text_vector(self, shelf: Shelf) -> Vector | None:
        if shelf.kind == "plain":
            try:
                return of_text(self._opened, shelf, self._query.words)
            except NotSetUp as missing:
                self.notes.append(f"{shelf.name} was not looked in: {missing}")
                return None
        _, fit = self._index.fit_of(shelf.name)
        return fit.of_text(" ".join(self._read.words)) if fit else None

    def _by_picture(self, path: str) -> Iterator[Ranking]:
        if not Path(path).is_file():
            raise BadInput(f"there is neither a row nor a file {path!r}", do="name one of them by --like")
        with told(path):
            data = Path(path).read_bytes()
        if not media_type(data).startswith("image/"):
            raise BadInput(f"{path} is not a picture", do="name a picture, or a row, by --like")
        asked: dict[str, Vector] = {}
        for shelf in self._pictures(path):
            column = shelf.space.name
            if column not in asked:
                asked[column] = of_picture(self._opened, shelf, data)
            yield self._near(shelf, self._turned(shelf, asked[column]), f"{shelf.name} like {path}")

    def _pictures(self, of: str) -> list[Shelf]:
        shelves = [shelf for shelf in self._shelves() if shelf.space.of == "picture"]
        if not shelves:
            do = "`photogram embed` makes them, `photogram index` takes them in"
            raise BadInput(f"the index holds no vectors of pictures to compare {of} with", do=do)
        return shelves

    def _turned(self, shelf: Shelf, vector: Vector) -> Vector:
        """A model's vector as the shelf holds them."""
        if shelf.kind == "plain":
            return vector
        looks, fit = self._index.fit_of(shelf.name)
        turned = looks.of(vector)
        return fit.of_pictures(turned) if fit and shelf.kind == "fitted" else turned

    def _by_row(self, name: str, row: int) -> Iterator[Ranking]:
        near = False
        for shelf in self._shelves():
            vector = self._index.vector(shelf.name, row)
            if vector is not None:
                near = True
                ranking = self._near(shelf, vector, f"{shelf.name} like {name}")
                yield Ranking(ranking.why, [hit for hit in ranking.hits if hit.row != row])
        if not near:
            do = "`photogram embed` makes it, `photogram index` takes it in"
            raise BadInput(f"the index holds no vector of {name}", do=do)

    def _near(self, shelf: Shelf, vector: Vector, why: str) -> Ranking:
        return Ranking(why, self._index.nearest(shelf.name, vector, self._depth, self._read.where))

    def _shelves(self) -> list[Shelf]:
        """The spaces to look in: all of them, or those of the one column that is named."""
        every, only = list(self._index.shelves().values()), self._query.space
        shelves = [shelf for shelf in every if only in ("", shelf.name, shelf.space.name)]
        if only and not shelves:
            known = ", ".join(shelf.name for shelf in every) or "none"
            raise BadInput(f"there is no space {only!r} in the index", do=f"its spaces are {known}")
        return shelves

    # ------------------------------------------------------------------- what is told

    def _found(
        self, row: int, known: Mapping[int, Known], rankings: Sequence[Ranking], like: Sequence[int]
    ) -> Found:
        one = known[row]
        return Found(
            row=one.id,
            name=one.name,
            label=one.label,
            file=one.path,
            caption=one.caption,
            synthetic=one.synthetic,
            why=tuple(self._why(row, rankings)),
            like=tuple(known[other].name for other in like),
        )

    def _why(self, row: int, rankings: Sequence[Ranking]) -> Iterator[str]:
        for ranking in rankings:
            place = next((at for at, hit in enumerate(ranking.hits, 1) if hit.row == row), 0)
            if not place:
                continue
            if ranking.why == "words":
                held = [word for word in self._read.words if row in self._index.having(word, [row])]
                yield f"{_nth(place)} by the words {', '.join(held)}"
            else:
                yield f"{_nth(place)} in {ranking.why}"
        if self._read.where is not None:
            yield "the filter holds"


def _joined(given: Tree | None, asked: Tree | None) -> Tree | None:
    if given is None or asked is None:
        return given or asked
    parts = [part for one in (given, asked) for part in (one.parts if isinstance(one, And) else (one,))]
    return And(parts=tuple(dict.fromkeys(parts)))


def _each(rows: Sequence[int]) -> list[tuple[int, list[int]]]:
    return [(row, []) for row in rows]


def _folded(rows: Sequence[int], known: Mapping[int, Known]) -> list[tuple[int, list[int]]]:
    """The first of those that are nearly the same picture, and which are folded behind it."""
    kept: list[tuple[int, list[int]]] = []
    for row in rows:
        first = next((one for one in kept if _alike(known[one[0]].phash, known[row].phash)), None)
        if first:
            first[1].append(row)
        else:
            kept.append((row, []))
    return kept


def _alike(one: str, other: str) -> bool:
    return bool(one and other) and (int(one, 16) ^ int(other, 16)).bit_count() <= ALIKE


def _nth(place: int) -> str:
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"
