"""Real pictures become rows: each once, with the bytes they had, and whole or not at all."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photogram import intake
from photogram.data import Row
from photogram.dataset import Dataset
from photogram.faults import BadInput, LedgerError

from .conftest import PNG
from .small import write

NAMES = st.sampled_from(["a.png", "b.png", "A b (1).png", "ü.png", "x/a.png", "x/y/a.png"])

LIKE = Row(id="", name="", origin="taken")


def shot(number):
    """A picture of its own."""
    return PNG + bytes([number])


def lay(base, files):
    for name, data in files.items():
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_bytes(data)


@pytest.fixture
def opened(tmp_path):
    with Dataset(write(tmp_path / "set")) as found:
        yield found


def taken(opened):
    return [row for row in opened.ledger.rows(columns=("image",)) if row.origin == "taken"]


def test_a_picture_is_a_row_that_has_its_picture(opened, tmp_path):
    """Its bytes are in the store, and the row says where they came from and what was said of them."""
    lay(tmp_path, {"one.png": shot(1)})
    added = intake.take(
        opened,
        ["one.png"],
        tmp_path,
        Row(id="", name="", origin="taken", label="real", group="g", split="test"),
    )
    assert (added.added, added.known, added.unusable) == (1, 0, ())
    (row,) = taken(opened)
    assert (row.label, row.group, row.split, row.source, row.name) == ("real", "g", "test", "one.png", "one")
    assert opened.store.read(row.image()) == shot(1)
    assert not row.synthetic


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.dictionaries(NAMES, st.integers(0, 3)), second=st.dictionaries(NAMES, st.integers(0, 3)))
def test_the_same_bytes_are_one_row(tmp_path_factory, first, second):
    """However often they come, from whatever files: rows are as many as there are different bytes."""
    base = tmp_path_factory.mktemp("intake")
    with Dataset(write(base / "set")) as opened:
        for number, files in enumerate((first, second)):
            folder = base / str(number)
            folder.mkdir()
            lay(folder, {name: shot(content) for name, content in files.items()})
            added = intake.take(opened, [str(folder)], base, LIKE)
            assert added.added + added.known == len(files)
        rows = taken(opened)
        kept = {opened.store.read(row.image()) for row in rows}
    assert len(rows) == len({row.name for row in rows}) == len(kept)
    assert kept == {shot(content) for content in (*first.values(), *second.values())}


def test_what_cannot_be_used_is_named_and_the_rest_taken(opened, tmp_path):
    """One bad file costs itself; its place and the reason are told."""
    lay(tmp_path, {"a.png": shot(1), "b.png": b"<html>", "c.png": shot(2)})
    added = intake.take(opened, ["a.png", "b.png", "c.png"], tmp_path, LIKE)
    assert added.added == 2
    assert [place for place, _ in added.unusable] == ["b.png"]


def test_a_place_that_is_not_there_stops_before_anything_is_taken(opened, tmp_path):
    """A mistyped path is a mistake of the one who typed it, and is told at once."""
    lay(tmp_path, {"a.png": shot(1)})
    with pytest.raises(BadInput, match=r"d\.png"):
        intake.take(opened, ["a.png", "d.png"], tmp_path, LIKE)
    assert taken(opened) == []


def test_two_files_of_one_name_are_two_rows(opened, tmp_path):
    """The second one's name is told apart by its id; both can be found by name."""
    lay(tmp_path, {"x/car.png": shot(1), "y/car.png": shot(2)})
    assert intake.take(opened, ["x", "y"], tmp_path, LIKE).added == 2
    one, other = taken(opened)
    assert one.name == "car"
    assert other.name == f"car-{other.id}"


def test_a_row_and_its_picture_are_one(opened, tmp_path, monkeypatch):
    """Cut off in the middle, there is no row without its picture, and the next time takes the rest."""
    lay(tmp_path, {name: shot(number) for number, name in enumerate(("a.png", "b.png", "c.png"))})
    take_in, left = opened.ledger.take_in, iter([1])

    def once(row, image):
        if next(left, None) is None:
            raise LedgerError("the disk is full")
        take_in(row, image)

    monkeypatch.setattr(opened.ledger, "take_in", once)
    with pytest.raises(LedgerError):
        intake.take(opened, ["a.png", "b.png", "c.png"], tmp_path, LIKE)
    assert [row.image() is not None for row in taken(opened)] == [True]
    monkeypatch.undo()
    again = intake.take(opened, ["a.png", "b.png", "c.png"], tmp_path, LIKE)
    assert (again.added, again.known) == (2, 1)


def test_the_brief_names_what_is_taken_in(tmp_path):
    """Paths are looked for beside the brief; each part has its own label, group and split."""
    more = """
[[take]]
from = ["good/*.png"]
label = "good"
split = "train"
[[take]]
from = ["bad"]
label = "bad"
group = "line 1"
"""
    folder = write(tmp_path / "set", more=more)
    lay(folder, {"good/1.png": shot(1), "good/2.png": shot(2), "bad/3.png": shot(3), "bad/4.png": b"no"})
    with Dataset(folder) as opened:
        added = intake.take_as_briefed(opened)
        rows = {row.label: (row.split, row.group) for row in taken(opened)}
        again = intake.take_as_briefed(opened)
    assert (added.added, [place for place, _ in added.unusable]) == (3, ["bad/4.png"])
    assert rows == {"good": ("train", ""), "bad": ("", "line 1")}
    assert (again.added, again.known) == (0, 3)


def test_what_is_taken_in_is_durable(opened, tmp_path):
    """When it is over, the ledger's file alone holds the rows: a power cut loses none."""
    lay(tmp_path, {"one.png": shot(1)})
    intake.take(opened, ["one.png"], tmp_path, LIKE)
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "brief.toml").write_bytes((opened.path / "brief.toml").read_bytes())
    (copy / "ledger.db").write_bytes((opened.path / "ledger.db").read_bytes())
    with Dataset(copy) as found:
        assert len(taken(found)) == 1
