"""The index in a folder: generations, hostile words, shards, and searching while it is made anew."""

import json
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram.faults import BadInput
from photogram.finding import shards, texts
from photogram.finding.local import current, open_in
from photogram.finding.texts import Known, Texts, Worded
from photogram.finding.tongue import telling
from photogram.finding.vectors import unit

from .findable import local, published, vectors

# ------------------------------------------------------------------------- generations


def test_a_generation_counts_once_it_is_whole(tmp_path):
    """What is there before goes on being read by those who have it; the next one sees the new one."""
    old = local(tmp_path, count=20, generation="a")
    published(tmp_path, count=30, generation="b")
    new = open_in(tmp_path)
    assert (old.manifest.rows, new.manifest.rows) == (20, 30)
    published(tmp_path, count=40, generation="c")
    published(tmp_path, count=50, generation="d")
    assert len(old.nearest("vector", vectors(1)[0], 50)) == 20
    assert len(old.worded(["crack"], 50)) == 20


def test_only_the_last_two_generations_stay(tmp_path):
    """Nothing else in the folder is touched."""
    for name in "abcd":
        published(tmp_path, count=5, generation=name)
        (tmp_path / "index" / "mine").mkdir(exist_ok=True)
    assert {path.name for path in (tmp_path / "index").iterdir()} == {"c", "d", "mine", "current"}


def test_the_same_generation_is_published_twice_without_harm(tmp_path):
    """Two processes that make the same one end with one."""
    for _ in range(2):
        published(tmp_path, count=5, generation="a")
    assert current(tmp_path) == "a"
    assert {path.name for path in (tmp_path / "index").iterdir()} == {"a", "current"}


def test_a_build_that_fails_leaves_the_old_one(tmp_path):
    """And no rest of itself."""
    published(tmp_path, count=5, generation="a")
    with pytest.raises(IndexError):
        published(tmp_path, count=5, generation="b", rows=[9])
    assert current(tmp_path) == "a"
    assert {path.name for path in (tmp_path / "index").iterdir()} == {"a", "current"}


@pytest.mark.parametrize("text", ["", "{", '{"generation": ""}', '{"generation": "gone"}', "[]"])
def test_a_name_that_leads_nowhere_is_no_index(tmp_path, text):
    """It is told what to do."""
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "current").write_text(text)
    with pytest.raises(BadInput, match="there is no index") as told:
        open_in(tmp_path)
    assert "photogram index" in told.value.do


@pytest.mark.parametrize(
    "name", ["rows.db", "manifest.json", "vectors/vector.000.npy", "vectors/vector.rows.npy"]
)
@pytest.mark.parametrize("data", [None, b"", b"nothing of the kind, and long enough to be read as something"])
def test_a_damaged_index_is_told_with_its_folder(tmp_path, name, data):
    """A file that is gone, empty or another: what is to be deleted is named, and then it can be made anew."""
    published(tmp_path, count=5, generation="a")
    path = tmp_path / "index" / "a" / name
    path.unlink()
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(BadInput, match=r"index in .* is (damaged|of another photogram)") as told:
        open_in(tmp_path)
    assert "photogram index" in told.value.do


def test_what_a_killed_build_left_is_taken_away_in_time(tmp_path):
    """After an hour; one that may still be at work is left alone."""
    published(tmp_path, count=5, generation="a")
    old, new = (tmp_path / "index" / f".{name}.1.part" for name in ("old", "new"))
    for folder in (old, new):
        folder.mkdir()
    os.utime(old, (1, 1))
    published(tmp_path, count=5, generation="b")
    assert (old.exists(), new.exists()) == (False, True)


@pytest.mark.parametrize("change", [{"format": 99}, {"rows": "x"}])
def test_an_index_of_another_format_is_to_be_made_anew(tmp_path, change):
    """It is not read half."""
    published(tmp_path, count=5, generation="a")
    path = tmp_path / "index" / "a" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(BadInput, match="another photogram"):
        open_in(tmp_path)


BUILDER = """
import sys
from pathlib import Path
from tests.findable import published
folder, ready = Path(sys.argv[1]), Path(sys.argv[2])
for number in range(30):
    published(folder, count=40 + number, generation=f"g{number}")
    ready.touch()
"""


def test_search_goes_on_while_another_process_makes_the_index_anew(tmp_path):
    """Every search in between finds one whole generation: as many rows, words and vectors as it says."""
    published(tmp_path, count=39, generation="first")
    done = subprocess.Popen([sys.executable, "-c", BUILDER, tmp_path, tmp_path / "ready"])
    seen = set()
    while done.poll() is None or len(seen) < 2:
        index = open_in(tmp_path)
        rows = index.manifest.rows
        assert len(index.nearest("vector", vectors(1)[0], 1000)) == rows
        assert len(index.worded(["crack"], 1000)) == rows
        assert index.matching(None, 1000)[0] == rows
        seen.add(rows)
        index.close()
    assert done.wait() == 0
    assert open_in(tmp_path).manifest.rows == 69


def test_several_threads_search_at_once(tmp_path):
    """As a page will."""
    index, found = local(tmp_path, count=60), []

    def look(row):
        found.append(index.nearest("vector", index.vector("vector", row), 1)[0].row == row)
        found.append(len(index.worded(["crack"], 100)) == 60)

    threads = [threading.Thread(target=look, args=(row,)) for row in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 16


# ------------------------------------------------------------------------------ shards


@pytest.mark.parametrize("count", [1, 6, 7, 8, 20])
def test_vectors_in_several_files_are_found_as_in_one(tmp_path, monkeypatch, count):
    """Whatever the file a vector lies in, at its edges too, with a mask and without."""
    monkeypatch.setattr(shards, "SHARD", 7)  # a file of the real size takes 200 MB
    matrix, rows = vectors(count), np.arange(count, dtype=np.int32) * 2
    blocks = [(rows[at : at + 3], matrix[at : at + 3]) for at in range(0, count, 3)]
    shards.write(tmp_path, "v", blocks, count, 16)
    held = shards.Vectors(tmp_path, "v", count)
    assert len(list(tmp_path.glob("v.0*.npy"))) == -(-count // 7)
    for at in range(count):
        assert held.of(int(rows[at])) == pytest.approx(unit(matrix[at]), abs=1e-6)
        assert held.nearest(unit(matrix[at]), 1)[0][0] == rows[at]
    few = np.zeros(2 * count, bool)
    few[rows[-1]] = True
    assert [row for row, _ in held.nearest(unit(matrix[0]), 5, few)] == [rows[-1]]
    assert len(held.nearest(unit(matrix[0]), 99, np.ones(2 * count, bool))) == count
    assert held.nearest(unit(matrix[0]), 5, np.zeros(2 * count, bool)) == []


def test_a_space_without_vectors_finds_nothing(tmp_path):
    """Nor does it fail."""
    shards.write(tmp_path, "v", [], 0, 16)
    held = shards.Vectors(tmp_path, "v", 0)
    assert held.nearest(unit(vectors(1)[0]), 5) == []
    assert held.of(0) is None


# ----------------------------------------------------------------------- hostile words

HOSTILE = [
    'a "quoted" word',
    "it's; DROP TABLE rows; --",
    "AND OR NOT NEAR(a b) said: ^a*",
    "tab\tnew\nline\r\\N \\.",
    "nul\0inside",
    "emoji 😀 👨‍👩‍👧",
    "漢字の壁 裂缝 균열",
    "half \ud800 of a character",
    "ÀÉÎ straße ﬁ ²",
    "",
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A file of rows that say all of these."""
    path = tmp_path_factory.mktemp("hostile") / "rows.db"
    known = (Known(n, f"{n}", f"n{n}", "", "", "", False, "") for n in range(len(HOSTILE)))
    texts.write(path, (Worded(one, HOSTILE[one.n], "") for one in known))
    held = Texts(path)
    yield held
    held.close()


@pytest.mark.parametrize("row", range(len(HOSTILE) - 1))
def test_every_text_is_found_by_each_of_its_own_words(hostile, row):
    """Quotes, operators, NUL, emoji, eastern scripts: nothing of it is obeyed, all of it is found."""
    asked = telling(HOSTILE[row])
    assert asked
    for word in asked:
        assert row in {found for found, _ in hostile.find([word], 99, None)}, word
    assert {found for found, _ in hostile.find(asked, 1, None)} == {row}


def test_a_part_of_an_eastern_text_is_found(hostile):
    """Nobody puts spaces between its words."""
    assert hostile.find(["裂缝"], 9, None)[0][0] == 6
    assert hostile.having("壁", [5, 6]) == {6}


@given(st.lists(st.text(max_size=20), max_size=5))
def test_no_word_breaks_the_search(hostile, words):
    """Whatever is looked for, the answer is rows; as it stands and cut into words."""
    for asked in (words, telling(" ".join(words))):
        found = hostile.find(asked, 99, None)
        assert all(0 <= row < len(HOSTILE) for row, _ in found)
        assert hostile.find(asked, 99, [False] * len(HOSTILE)) == []
