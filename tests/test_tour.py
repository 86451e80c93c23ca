"""The first command a newcomer types ends with something to look at."""

from pathlib import Path

import pytest

from photogram import verbs
from photogram.faults import BadInput
from photogram.pixels.codecs import inspect
from photogram.verbs.touring import STORIES, program, tour


@pytest.fixture(scope="module")
def toured(tmp_path_factory):
    home = tmp_path_factory.mktemp("tour") / "photogram-tour"
    return tour(home)


def test_at_least_sixty_pictures(toured):
    """Four stories, and enough of each to judge."""
    assert toured.pictures >= 60


def test_every_column_of_every_story_is_filled(toured):
    """Nothing is owed, refused or failed when the tour is over."""
    for story in STORIES:
        for column in verbs.status(f"{toured.folder}/{story}").columns:
            assert (column.owed, column.refused, column.given_up) == (0, 0, 0)
            assert column.filled > 0


def test_the_sheet_is_a_picture_and_a_page(toured):
    """One file to look at, one to open; the page needs nothing from anywhere."""
    header = inspect(Path(toured.sheet).read_bytes())
    assert header.media_type == "image/png"
    page = Path(toured.page).read_text("utf-8")
    assert page.count("<img") >= toured.pictures
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


def test_touring_again_makes_nothing_anew(toured, capfd):
    """The second tour finds everything there."""
    again = tour(toured.folder)
    assert again.pictures == toured.pictures
    assert "cells filled" not in capfd.readouterr().err


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    """The tour does not move into a folder that is somebody's."""
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(BadInput, match="something else"):
        tour(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_tour_cut_off_goes_on(tmp_path, monkeypatch):
    """What the first, cut off in its first story, had made is not made again by the second."""
    monkeypatch.setattr("photogram.verbs.touring.STORIES", ("blank",))
    verbs.new(tmp_path / "blank", "blank")
    verbs.run(tmp_path / "blank")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "blank" / "images").rglob("*.jpg")}
    made = tour(tmp_path)
    assert before
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert made.pictures == len(before)


def test_a_story_that_cannot_be_told_stops_the_tour(tmp_path, monkeypatch):
    """A brief that somebody has changed may ask for what is not there; it is said which story it was."""
    monkeypatch.setattr("photogram.verbs.touring.STORIES", ("blank",))
    verbs.new(tmp_path / "blank", "blank")
    brief = tmp_path / "blank" / "brief.toml"
    brief.write_text(brief.read_text("utf-8") + '\n[models]\ndraw = "openai:gpt-image-2"\n', "utf-8")
    with pytest.raises(BadInput, match=r"(?s)the blank story stopped: .*OPENAI_API_KEY"):
        tour(tmp_path)


def test_the_page_is_shown_if_wanted(tmp_path, monkeypatch):
    """In the browser, by the address of the file; unasked nothing opens."""
    opened = []
    monkeypatch.setattr("photogram.verbs.touring.STORIES", ("blank",))
    monkeypatch.setattr("webbrowser.open", opened.append)
    tour(tmp_path)
    assert opened == []
    made = tour(tmp_path, show=True)
    assert opened == [Path(made.page).absolute().as_uri()]


def test_what_comes_next_can_be_typed_here(tmp_path, monkeypatch):
    """By the name that a shell finds, or else by the way it was called."""
    monkeypatch.setattr("sys.argv", [str(tmp_path / "bin" / "photogram")])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program() == str(tmp_path / "bin" / "photogram")
    (tmp_path / "photogram").write_text("#!/bin/sh\n")
    (tmp_path / "photogram").chmod(0o755)
    assert program() == "photogram"
