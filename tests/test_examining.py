"""The doctor: each thing that could stand in the way is found before it does, with what mends it."""

import pytest

from photogram import verbs
from photogram.examining import examined
from photogram.simulator import Script, serving

from .small import ANNOTATE, pictures, write


def unwell(folder):
    return [finding for finding in examined(folder) if not finding.well]


def test_a_dataset_that_is_well(tmp_path):
    """Brief, disk, files and models: a line for each, and all of them well."""
    folder = write(tmp_path, more=ANNOTATE)
    verbs.run(folder)
    found = list(examined(folder))
    assert all(finding.well for finding in found)
    assert [finding.do for finding in found] == [""] * len(found)
    assert [finding.what for finding in found if "can be asked" in finding.what] == [
        "image: keyless:draw can be asked",
        "annotation: keyless:measure can be asked",
    ]


def test_no_dataset_is_one_finding(tmp_path):
    """There is nothing more to look at."""
    (found,) = examined(tmp_path)
    assert not found.well
    assert "photogram new" in found.do


def test_a_brief_out_of_order_is_one_finding(tmp_path):
    """With its line, as every verb tells it."""
    (tmp_path / "brief.toml").write_text("[dataset]\nname = 3\n")
    (found,) = examined(tmp_path)
    assert "line 2" in found.what


def test_a_model_that_cannot_be_asked(tmp_path):
    """Which column, and what to do about it; what else there is is looked at all the same."""
    folder = write(tmp_path, draw="openai:gpt-image-2", more=ANNOTATE)
    (found,) = unwell(folder)
    assert "OPENAI_API_KEY" in found.do
    assert len(list(examined(folder))) == 5


def test_a_disk_that_is_nearly_full(tmp_path, monkeypatch):
    """Before anything is asked and paid for."""
    monkeypatch.setattr("photogram.store.LEAST_FREE", 2**60)
    (found,) = unwell(write(tmp_path))
    assert "are left on the disk" in found.what
    assert "make room" in found.do


@pytest.mark.parametrize("gone", [1, 5])
def test_drawn_pictures_that_are_missing(tmp_path, gone):
    """How many, the first few by name, and that drawing them again costs nothing."""
    folder = write(tmp_path)
    verbs.run(folder)
    for path in pictures(folder)[:gone]:
        path.unlink()
    (found,) = unwell(folder)
    assert found.what.startswith(f"{gone} drawn pictures are missing")
    assert found.what.endswith("…)") is (gone > 3)
    assert "photogram run" in found.do


def test_paid_pictures_that_are_missing_have_a_price(tmp_path):
    """The doctor names what making them again costs, and does not do it."""
    with serving(Script()) as sim:
        folder = write(tmp_path, url=sim.url, price=0.25)
        verbs.run(folder)
        for path in pictures(folder)[:2]:
            path.unlink()
        (found,) = unwell(folder)
        assert sim.books().answered == 5
    assert found.what == "2 paid pictures are missing from the store"
    assert "$0.50" in found.do
    assert "--remake" in found.do


def test_files_cut_short_are_missing_too(tmp_path):
    """A file of the wrong length is not the picture any more."""
    folder = write(tmp_path)
    verbs.run(folder)
    pictures(folder)[0].write_bytes(b"")
    assert [finding.what[:8] for finding in unwell(folder)] == ["1 drawn "]


def test_looking_changes_nothing(tmp_path):
    """A doctor's visit leaves every file as it was."""
    folder = write(tmp_path)
    verbs.run(folder)
    before = {path: path.read_bytes() for path in pictures(folder)}
    list(examined(folder))
    assert {path: path.read_bytes() for path in pictures(folder)} == before
