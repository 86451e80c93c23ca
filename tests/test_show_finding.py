"""How an index, a search and its measure are told on a terminal."""

import pytest

from photogram.results import Evaluated, Found, Indexed, Recall, Searched, Shelved
from photogram.show import lines


def told(result):
    found = list(lines(result))
    assert max(map(len, found), default=0) <= 80
    return "\n".join(found)


def one(**more):
    given = {"row": "r", "name": "wall-1", "label": "wall", "file": "images/a.jpg", "caption": "a wall"}
    return Found(**{**given, "synthetic": False, "why": (), **more})


def searched(*found, **more):
    given = {"where": "", "words": (), "read_from": "", "matching": len(found), "rows": 9, "notes": ()}
    return Searched(**{**given, **more}, found=found)


def test_a_result_is_its_name_its_file_its_words_and_its_reasons():
    """What is synthetic says so; a label that the name does not have is told."""
    shown = told(
        searched(one(why=("1st by the words wall", "the filter holds"), synthetic=True, label="bad"))
    )
    assert "1. wall-1  bad  synthetic" in shown
    assert "  images/a.jpg" in shown
    assert "  a wall" in shown
    assert "1st by the words wall; the filter holds" in shown


def test_a_label_that_the_name_has_is_not_told_twice():
    """Names begin with it."""
    assert "1. wall-1\n" in told(searched(one(), words=("wall",))) + "\n"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"words": ("wall",)}, "1 of 9 pictures shown, the nearest first; exact"),
        ({"where": "bad", "matching": 1}, "1 of 9 pictures match; exact"),
        ({"where": "bad", "matching": 4}, "4 of 9 pictures match, 1 shown; exact"),
    ],
)
def test_how_many_there_are_is_told(more, said):
    """Of a filter how many match, of a ranking how many are shown."""
    assert said in told(searched(one(), **more))


def test_what_a_question_was_read_as_can_be_typed_again():
    """Quotes and all, as a shell takes it."""
    shown = told(
        searched(where='kinds contains "water damage"', words=("it's",), read_from="it's water damage")
    )
    again = " ".join(shown.split())
    assert "photogram search . --plain --where 'kinds contains \"water damage\"' 'it'\"'\"'s'" in again
    assert "nothing was found" in shown


def test_a_filter_that_was_typed_is_not_offered_again():
    """There is nothing to learn from it."""
    assert "to change it" not in told(searched(where="bad"))


def test_a_long_caption_is_cut_and_a_strange_name_is_made_harmless():
    """Nothing that is said of a picture moves a cursor."""
    shown = told(searched(one(name="w\x1b[2Jall", caption="word " * 100)))
    assert "\x1b" not in shown
    assert len(shown) < 400
    assert "…" in shown


def test_what_is_folded_is_named():
    """The first few of them."""
    shown = told(searched(one(like=("a", "b", "c", "d"))))
    assert "and 4 nearly the same: a, b, c …" in shown
    assert "and 1 nearly the same: a" in told(searched(one(like=("a",))))


def test_notes_come_last():
    """They are about all of it."""
    assert told(searched(one(), notes=("the index is old",))).endswith("the index is old")


def indexed(*spaces, new=True):
    return Indexed(folder="x/index/g", new=new, rows=3, worded=1, fields=7, spaces=spaces)


def test_an_index_tells_its_rows_fields_and_spaces():
    """And which rows have no vector."""
    space = Shelved(
        name="vector", model="a:b@1", of="picture", kind="looks", vectors=2, missing=1, dimensions=9
    )
    shown = told(indexed(space))
    assert "3 pictures, 1 of them annotated; 7 fields to filter by" in shown
    assert "2 of 9 numbers, 1 have none" in shown
    assert "a:b@1" in shown
    assert "written to x/index/g" in shown


def test_an_index_without_vectors_says_how_to_get_some():
    """And one that was there already that it was."""
    shown = told(indexed(new=False))
    assert "`photogram embed` makes them" in shown
    assert "nothing changed: it is in x/index/g" in shown


def test_recall_is_a_table_with_chance_beside_it():
    """Shares from 0 to 1, and no percentages."""
    recall = Recall(
        way="pictures by words",
        space="vector.fitted",
        questions=1000,
        gallery=500,
        right=2.0,
        at_1=0.5,
        at_5=0.75,
        at_10=1.0,
        chance_10=0.04,
    )
    shown = told(Evaluated(recalls=(recall,), groups=9, fitted_on=800, notes=("a note",)))
    assert "R@10" in shown
    assert "chance" in shown
    assert "0.500  0.750  1.000   0.040" in shown
    assert "a note" in shown
    assert "%" not in shown


def test_what_is_to_be_typed_again_names_the_dataset():
    """It works from where the first one was typed, whatever the folder is called."""
    shown = told(searched(where="bad", words=("wall",), read_from="bad wall", dataset="my walls"))
    assert "photogram search 'my walls' --plain --where bad wall" in shown


def test_where_nothing_was_asked_nothing_is_near():
    """Then rows come as they were written."""
    assert "1 of 9 pictures shown, the oldest first; exact" in told(searched(one()))
    assert "the nearest first" in told(searched(one(why=("1st in vector like a.jpg",))))
