"""Laws of finding: whatever is in an index, what is found is right, and in the same order each time."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from photogram.data import Outcome
from photogram.filters.fields import Field, Fields
from photogram.filters.match import match
from photogram.filters.parse import parse
from photogram.finding import shards, texts
from photogram.finding.columns import in_memory, made
from photogram.finding.local import current, open_in
from photogram.finding.port import fuse
from photogram.finding.texts import Known, Texts, Worded
from photogram.finding.vectors import unit

from .conftest import row
from .findable import published, vectors
from .small import until

NUMBERS = st.floats(-4, 4, width=16)

# ------------------------------------------------------------------------------ vectors


@st.composite
def galleries(draw):
    """Some vectors, whose they are, a query, and which rows are wanted."""
    count, size = draw(st.integers(1, 30)), draw(st.integers(1, 5))
    matrix = draw(arrays.arrays(np.float32, (count, size), elements=NUMBERS))
    rows = sorted(draw(st.sets(st.integers(0, 40), min_size=count, max_size=count)))
    query = draw(arrays.arrays(np.float32, size, elements=NUMBERS))
    mask = draw(arrays.arrays(bool, 41))
    return matrix, np.array(rows, np.int32), query, mask


@settings(max_examples=60)
@given(gallery=galleries(), most=st.integers(1, 12), masked=st.booleans())
def test_the_nearest_are_those_of_brute_force(tmp_path_factory, gallery, most, masked):
    """As many as there are, no nearer one passed over, none that is not wanted, best first."""
    matrix, rows, query, mask = gallery
    folder = tmp_path_factory.mktemp("v")
    shards.write(folder, "v", [(rows, matrix)], len(rows), matrix.shape[1])
    found = shards.Vectors(folder, "v", len(rows)).nearest(query, most, mask if masked else None)
    allowed = [n for n, number in enumerate(rows) if mask[number] or not masked]
    scores = {int(rows[n]): float(unit(matrix)[n] @ query) for n in allowed}
    assert len(found) == min(most, len(allowed))
    assert {number for number, _ in found} <= scores.keys()
    assert [score for _, score in found] == pytest.approx(
        sorted(scores.values(), reverse=True)[:most], abs=1e-4
    )


@given(st.lists(st.lists(st.integers(0, 9), unique=True), max_size=4))
def test_joined_lists_hold_each_row_once_and_keep_what_all_agree_on(lists):
    """A row that stands before another in every list that has either stands before it in the end."""
    joined = fuse(lists)
    assert sorted(joined) == sorted({row for rows in lists for row in rows})
    for one in joined:
        for other in joined:
            places = [(_place(rows, one), _place(rows, other)) for rows in lists]
            if one != other and all(first < second for first, second in places if min(first, second) < 99):
                assert joined.index(one) < joined.index(other)


def _place(rows, row):
    return rows.index(row) if row in rows else 99


# -------------------------------------------------------------------------------- words


def written(folder, said):
    """A file of rows that say these texts; each may have two parts, said and planned."""
    path = folder / "rows.db"
    parts = [(one, "") if isinstance(one, str) else one for one in said]
    known = [Known(n, f"i{n}", f"n{n}", "", "", "", False, "") for n in range(len(parts))]
    texts.write(path, (Worded(one, *part) for one, part in zip(known, parts, strict=True)))
    return Texts(path)


WORD = st.sampled_from(["crack", "wall", "rust", "pier", "moss", "deck"])


@settings(max_examples=40)
@given(said=st.lists(st.lists(WORD, max_size=4), min_size=1, max_size=12), asked=st.sets(WORD, min_size=1))
def test_a_row_is_found_if_it_has_a_word_and_only_then(tmp_path_factory, said, asked):
    """With any mask as well; and in the same order each time."""
    held = written(tmp_path_factory.mktemp("t"), [" ".join(words) for words in said])
    right = {n for n, words in enumerate(said) if asked & set(words)}
    found = held.find(sorted(asked), 99, None)
    assert {number for number, _ in found} == right
    assert held.find(sorted(asked), 99, None) == found
    odd = [bool(n % 2) for n in range(len(said))]
    assert [n for n, _ in held.find(sorted(asked), 99, odd)] == [n for n, _ in found if odd[n]]
    assert held.find(sorted(asked), 2, None) == found[:2]
    assert all(held.has(word) == any(word in words for words in said) for word in asked)
    held.close()


def test_what_was_seen_counts_more_than_what_was_planned(tmp_path):
    """Of two rows with the same word the one that was seen to show it comes first."""
    held = written(
        tmp_path, [("", "a crack in it"), ("a crack in it", ""), ("moss", "moss"), ("rust", "rust")]
    )
    assert [n for n, _ in held.find(["crack"], 9, None)] == [1, 0]


# ------------------------------------------------------------------------------ columns


@given(st.lists(st.one_of(st.none(), st.text(max_size=3)), min_size=1, max_size=300))
def test_few_codes_take_few_bytes_and_say_the_same(values):
    """One byte up to 128 words, two beyond; every word is its own."""
    field = Field(name="x", kind="text")
    column = made(field, values)
    codes = column.arrays["codes"]
    assert [None if code < 0 else column.words[code] for code in codes.tolist()] == values
    assert codes.itemsize == (1 if len(column.words) < 128 else 2)


def test_a_column_of_more_words_than_a_byte_holds_is_filtered_all_the_same():
    """Also by the words beyond, and by several at once."""
    values = [f"w{n}" for n in range(70_000)]
    columns = in_memory([Field(name="x", kind="text")], {"x": values})
    for text, rows in (("x = w69999", [69_999]), ("x in [w5, w40000]", [5, 40_000]), ("x = nothing", [])):
        assert np.flatnonzero(match(parse(text, columns.fields), columns)).tolist() == rows


def test_a_field_is_found_by_every_name_it_has():
    """Short, and whole; of two with the same short name the first has it, and each has its whole one."""
    one, two = (Field(name="a", kind="text", column=column) for column in ("x", "y"))
    fields = Fields([one, two])
    assert (fields.find("a"), fields.find("x.a"), fields.find("y.a")) == (one, one, two)
    assert fields.names() == ["a", "y.a"]
    assert fields.find("b") is None


# ------------------------------------------------------------------------------ the ledger


def filled(ledger, number, key="k", column="image"):
    return Outcome(row=row(number).id, column=column, key=key, state="filled")


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        (lambda ledger: ledger.commit([filled(ledger, 1)]), True),
        (lambda ledger: ledger.add_rows([row(3)]), True),
        (lambda ledger: ledger.retire_except([]), True),
        (lambda ledger: (ledger.drive(), ledger.leave()), True),
        (lambda ledger: list(ledger.rows()), False),
        (lambda ledger: ledger.add_rows([row(1)]), False),
    ],
)
def test_the_stamp_of_a_table_changes_when_the_table_may_have(ledger, change, differs):
    """By a cell, a row, a row retired, somebody who drove; not by looking, nor by what was there."""
    ledger.add_rows([row(1), row(2)])
    ledger.drive()
    ledger.commit([filled(ledger, 2)])
    ledger.leave()
    before = ledger.stamp()
    change(ledger)
    assert (ledger.stamp() != before) == differs


def test_the_cells_that_count_are_those_of_rows_that_are_wanted(ledger):
    """Filled and current; not of a candidate, nor of a row that is retired."""
    ledger.add_rows([row(1), row(2), row(3, candidate_of=row(1).id)])
    ledger.commit([filled(ledger, 1), filled(ledger, 2), filled(ledger, 3)])
    ledger.commit([filled(ledger, 1, "other")])
    failed = Outcome(row=row(2).id, column="measures", key="k", state="failed")
    ledger.commit([failed])
    assert sorted(key for _, _, key in ledger.current_cells()) == ["k", "other"]
    ledger.retire_except([row(1).id])
    assert [key for _, _, key in ledger.current_cells()] == ["other"]


# ---------------------------------------------------------------------------- killed

KILLED = """
import sys
from pathlib import Path
from tests.findable import FIELDS, published
from photogram.finding import shards

def stop(*_):
    Path(sys.argv[2]).touch()
    sys.stdin.read()

shards.write = stop
published(Path(sys.argv[1]), count=30, generation="new")
"""


def test_a_build_that_is_killed_leaves_the_old_index_and_the_next_one_is_made(tmp_path):
    """kill -9 in the middle of writing: searching goes on, and nothing has to be mended."""
    published(tmp_path, count=20, generation="old")
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, tmp_path, tmp_path / "here"], stdin=subprocess.PIPE
    )
    until(lambda: (tmp_path / "here").exists())
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdin.close()
    assert current(tmp_path) == "old"
    assert len(open_in(tmp_path).nearest("vector", vectors(1)[0], 99)) == 20
    published(tmp_path, count=30, generation="new")
    assert open_in(tmp_path).manifest.rows == 30
