"""The first command a newcomer types ends with something to look at."""

from pathlib import Path

import pytest

from photogram import verbs
from photogram.faults import BadInput
from photogram.pixels.codecs import inspect
from photogram.touring import STORIES, tour


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
