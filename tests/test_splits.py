"""Splits: what belongs together stays together, and what is real is tested on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram.builds.splits import Shares, divided, shares
from photogram.data import Row
from photogram.faults import BadInput

USUAL = Shares(80, 10, 10)


def real(number, **more):
    return Row(id=f"real{number}", name=f"real-{number}", origin="taken", **more)


def drawn(number, **more):
    return Row(id=f"drawn{number}", name=f"drawn-{number}", **more)


def edit(number, of, **more):
    return drawn(number, parent=of.id, group=of.group or of.id, split=of.split, **more)


sets = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from(["", "a", "b", "c"]),
        st.sampled_from(["", "train", "val", "test"]),
    ),
    unique_by=lambda one: one[0],
    max_size=40,
)


@given(sets, st.integers(0, 30), st.sampled_from([USUAL, Shares(100, 0, 0), Shares(0, 50, 50)]))
def test_the_laws_of_splits(known, edits, wanted):
    """Groups are whole, val and test are real, edits of what is held back are left out, all is counted."""
    originals = [real(number, group=group, split=split) for number, group, split in known]
    made = [edit(number, originals[number % len(originals)]) for number in range(edits if originals else 0)]
    alone = [drawn(100 + number) for number in range(5)]
    every = [*originals, *made, *alone]
    found = divided(every, wanted)
    assert len(found.split) + found.left_out == len(every)
    by_group = {}
    for row in every:
        if row.id in found.split:
            by_group.setdefault(row.group or row.parent or row.id, set()).add(found.split[row.id])
    assert all(len(splits) == 1 for splits in by_group.values())
    if originals:
        assert {found.split.get(row.id, "train") for row in (*made, *alone)} <= {"train"}
        assert all(row.id in found.split for row in (*originals, *alone))
        for row in made:
            assert (row.id in found.split) == (found.split[row.parent] == "train")


@given(st.integers(1, 60), st.integers(1, 60))
def test_growing_moves_nothing_that_was_held_back(first, more):
    """What was in train at no time becomes val or test, as long as no split was empty."""
    before = divided([real(number) for number in range(60 + first)], USUAL).split
    after = divided([real(number) for number in range(60 + first + more)], USUAL).split
    assert set(before.values()) == {"train", "val", "test"}
    assert {id: after[id] for id in before} == before


def test_the_order_of_rows_does_not_matter():
    """Nor does anything but their names."""
    every = [real(number) for number in range(50)]
    assert divided(every, USUAL).split == divided(every[::-1], USUAL).split


def test_shares_are_about_as_wanted():
    """Of a thousand groups."""
    found = list(divided([real(number) for number in range(1000)], Shares(70, 20, 10)).split.values())
    assert abs(found.count("train") - 700) < 50
    assert abs(found.count("val") - 200) < 45
    assert abs(found.count("test") - 100) < 35


def test_few_groups_fill_every_split():
    """From three on; two are all for training unless their names say otherwise."""
    found = divided([real(number) for number in range(3)], USUAL).split
    assert sorted(found.values()) == ["test", "train", "val"]
    assert set(divided([real(1)], Shares(100, 0, 0)).split.values()) == {"train"}


def test_what_people_said_counts_first():
    """The most held back of what they said of a group, for all of it."""
    every = [real(1, group="g", split="train"), real(2, group="g", split="test"), real(3, group="g")]
    assert set(divided(every, USUAL).split.values()) == {"test"}


def test_where_a_test_is_named_no_other_is_drawn():
    """Whoever chose pictures for testing has chosen them all; val is still drawn."""
    every = [real(0, split="test"), *(real(number) for number in range(1, 80))]
    found = divided(every, USUAL).split
    assert [id for id, split in found.items() if split == "test"] == ["real0"]
    assert "val" in found.values()


def test_a_donor_that_is_held_back_is_in_no_training_picture():
    """A defect that is tested on may not be moved onto a part that is trained on."""
    parent, donor = real(1, split="train"), real(2, split="test")
    moved = edit(3, parent, edit={"kind": "transplant", "donor": {"row": donor.id}})
    found = divided([parent, donor, moved], USUAL)
    assert moved.id not in found.split
    assert found.left_out == 1


def test_without_real_pictures_there_is_still_a_test():
    """Of groups, too: a drawn picture and its edits stay together; and it is said that none is real."""
    originals = [drawn(number) for number in range(30)]
    every = [*originals, *(edit(100 + number, row) for number, row in enumerate(originals))]
    found = divided(every, USUAL)
    assert set(found.split.values()) == {"train", "val", "test"}
    assert not found.real
    assert found.left_out == 0
    assert all(found.split[row.id] == found.split[row.parent] for row in every if row.parent)


@pytest.mark.parametrize(
    "text", ["", "80/10", "80/10/20", "a/b/c", "-10/100/10", "80/10/10/0", "33.3/33.3/33.4"]
)
def test_shares_that_are_none_are_told(text):
    """With how they are written."""
    with pytest.raises(BadInput, match="no shares") as told:
        shares(text)
    assert "80/10/10" in told.value.do
