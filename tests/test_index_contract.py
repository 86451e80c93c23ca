"""What every index must do, wherever its rows and vectors lie. Another joins by a line in INDEXES."""

import numpy as np
import pytest

from photogram.filters.match import match
from photogram.filters.parse import parse
from photogram.finding.columns import in_memory
from photogram.finding.port import fuse
from photogram.finding.vectors import unit

from .findable import FIELDS, local, said, values, vectors

INDEXES = {"local": local}
COUNT = 500


@pytest.fixture(params=INDEXES)
def make(request, tmp_path):
    """Makes an index of one kind, of made-up rows."""
    made = []

    def make(**more):
        made.append(INDEXES[request.param](tmp_path / str(len(made)), **{"count": COUNT, **more}))
        return made[-1]

    yield make
    for index in made:
        index.close()


@pytest.fixture
def index(make):
    return make()


def filtered(index, text):
    return parse(text, index.fields)


def expected(text):
    columns = in_memory(FIELDS, values(COUNT))
    return set(np.flatnonzero(match(parse(text, columns.fields), columns)).tolist())


FILTERS = [
    "label = l7",
    "label in [l7, l8, l9, l10, l11, l12, l13, l14, l15, l16]",
    "number >= 100 and number < 103",
    "kinds contains even",
    "good",
    "not good",
    "good is null and kinds not contains even",
    "label = nothing",
    "number = 7 or number = 8",
]


@pytest.mark.parametrize("text", FILTERS)
def test_a_filter_never_returns_fewer_than_match(index, text):
    """By vectors, by words and by the filter alone: exactly the rows that match, up to so many."""
    right, where = expected(text), filtered(index, text)
    count, rows = index.matching(where, COUNT)
    assert (count, set(rows)) == (len(right), right)
    near = index.nearest("vector", vectors(1, seed=5)[0], 10, where)
    assert len(near) == min(10, len(right))
    assert {hit.row for hit in near} <= right
    assert {hit.row for hit in index.worded(["crack"], COUNT, where)} == right


@pytest.mark.parametrize("text", ["", *FILTERS])
def test_what_is_found_is_what_is_nearest(index, text):
    """The ten nearest by brute force, with the filter and without, each said to be exact."""
    where = filtered(index, text) if text else None
    allowed = sorted(expected(text) if text else range(COUNT))
    matrix, query = unit(vectors(COUNT)), vectors(1, seed=9)[0]
    scores = matrix[allowed] @ unit(query)
    best = [allowed[n] for n in np.argsort(-scores, kind="stable")[:10]]
    near = index.nearest("vector", query, 10, where)
    assert [hit.row for hit in near] == best
    assert all(hit.exact for hit in near)
    assert [hit.score for hit in near] == pytest.approx(sorted(scores.tolist(), reverse=True)[:10], abs=1e-5)


def test_a_vector_finds_itself_first(index):
    """And it comes back as it was put in, but for its length."""
    vector = index.vector("vector", 123)
    assert vector == pytest.approx(unit(vectors(COUNT)[123]), abs=1e-6)
    (first, *_) = index.nearest("vector", vector, 3)
    assert (first.row, first.score) == (123, pytest.approx(1.0, abs=1e-5))


def test_of_equals_the_first_row_comes_first(make):
    """The same vector twice: the order is that of the table, on any day."""
    index = make(matrix=np.tile(vectors(1), (COUNT, 1)))
    assert [hit.row for hit in index.nearest("vector", vectors(1)[0], 5)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("rows", [range(0, COUNT, 2), [COUNT - 1], [0]])
def test_rows_without_a_vector_are_not_found_by_one(make, rows):
    """Neither with a filter nor without; those that have one all are."""
    index = make(rows=list(rows))
    assert {hit.row for hit in index.nearest("vector", vectors(1)[0], COUNT)} == set(rows)
    where = filtered(index, "number < 300")
    near = {hit.row for hit in index.nearest("vector", vectors(1)[0], COUNT, where)}
    assert near == {row for row in rows if row < 300}
    assert index.vector("vector", rows[0]) is not None
    assert all((index.vector("vector", row) is None) == (row not in rows) for row in range(5))


def test_rare_words_come_first_and_any_of_several_is_enough(index):
    """All that have one are found; those with the rarer one go before."""
    hits = index.worded(["crack", "rare"], COUNT)
    assert len(hits) == COUNT
    assert {hit.row for hit in hits[:10]} == set(range(0, COUNT, 50))
    assert index.worded(["nothing"], 5) == []
    assert index.worded([], 5) == []


def test_words_are_found_without_their_endings_and_case(index):
    """A plural finds the singular."""
    assert {hit.row for hit in index.worded(["CRACKS"], COUNT)} == set(range(COUNT))
    assert index.having("rares", [0, 1, 50]) == {0, 50}


def test_rows_are_known_by_number_name_and_id(index):
    """In the order asked for."""
    assert [one.name for one in index.known([7, 3])] == ["row-7", "row-3"]
    assert index.known([7])[0].caption == said(7)
    assert (index.number("row-9"), index.number("id9"), index.number("row-x")) == (9, 9, None)
    assert index.known([]) == []


def test_it_says_what_it_holds(index):
    """Its rows, fields, spaces, and the texts of a field."""
    assert index.manifest.rows == COUNT
    assert index.fields.names() == ["label", "number", "kinds", "good"]
    assert index.shelves()["vector"].space.model == "a:b@1"
    assert set(index.vocabulary("kinds")) == {"even", "odd", "all"}
    assert index.vocabulary("number") == ()


def test_lists_are_joined_by_place():
    """What two lists have stands before what one has higher; ties keep the order of the first."""
    assert fuse([[1, 2, 3], [3, 4]]) == [3, 1, 2, 4]
    assert fuse([[5, 6], [6, 5]]) == [5, 6]
    assert fuse([]) == []
