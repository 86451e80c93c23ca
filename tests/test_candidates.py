"""Best of several: each candidate is a row, the best one's picture becomes the row's, the rest are kept."""

import sqlite3

import numpy as np
import pytest

from photogram import verbs
from photogram.data import CANDIDATE, Blob, Cell, Row
from photogram.dataset import Dataset
from photogram.faults import BadInput
from photogram.pixels import codecs
from photogram.pixels.seat import seat
from photogram.steps.choose import Step, fit
from tests.kinds import dice
from tests.small import typed

BRIEF = """
[dataset]
name = "phones"

[[make]]
label = "good"
count = 2
size = "320x240"
prompt = "a clean phone"
facts = { surface = "phone", defect = "none" }

[[edit]]
of = "good"
label = "bad"
each = 2
best_of = 3
prompt = "a {severity} scratch"
facts = { defect = "scratch" }
vary = { severity = ["light", "severe"] }
where = { box = [0.25, 0.3, 0.5, 0.4], shape = "blob", size = 0.4 }

[annotate.fields]
brightness = "number 0..1"
"""


def ran(folder, text=BRIEF):
    folder.mkdir(exist_ok=True)
    (folder / "brief.toml").write_text(text, "utf-8")
    return verbs.run(folder)


def rows(folder, **wanted):
    with Dataset(folder) as opened:
        columns = ("image", "mask", "measures", "annotation")
        return list(opened.ledger.rows(columns=columns, **wanted))


def filled(run):
    return {tick.column: tick.filled for tick in run.columns}


# ------------------------------------------------------------------------------- by command


def test_the_whole_way(tmp_path):
    """Four edits of three candidates each: all are made, four are chosen, and only those are looked at."""
    run = ran(tmp_path)
    assert (run.exit_code, run.left) == (0, 0)
    assert filled(run) == {
        "image": 2,
        "mask": 12,
        "edit": 12,
        "choice": 4,
        "measures": 6,
        "annotation": 6,
    }
    again = verbs.run(tmp_path)
    assert (again.columns, again.left) == ((), 0)


def test_what_is_chosen_is_the_best_and_the_others_say_why_not(tmp_path):
    """The row has the picture and the mask of the candidate that fits best; each other has a reason."""
    ran(tmp_path)
    every = {row.name: row for row in rows(tmp_path, candidates=True)}
    for row in every.values():
        if row.best_of:
            chosen = row.cells["image"].value["chosen"]
            rivals = {one.name: one for one in every.values() if one.candidate_of == row.id}
            assert {chosen["row"], *chosen["rejected"]} == set(rivals)
            assert len(rivals) == row.best_of == 3
            best = rivals[chosen["row"]]
            assert (row.image(), row.mask()) == (best.image(), best.mask())
            marks = {name: fit(one.cells["image"].value) for name, one in rivals.items()}
            assert chosen["fit"] == marks[chosen["row"]] == max(marks.values())
            assert all(why for why in chosen["rejected"].values())
            assert row.parent == best.parent
            assert row.split == best.split


def test_candidates_are_no_rows_of_the_dataset(tmp_path):
    """Counts, labels and whatever reads the rows see the chosen; status tells of the others."""
    ran(tmp_path)
    status, plan = verbs.status(tmp_path), verbs.plan(tmp_path)
    assert (status.rows, status.candidates, status.rejected) == (6, 12, 8)
    assert status.labels == plan.labels == {"good": 2, "bad": 4}
    assert (plan.rows, plan.candidates, plan.new) == (6, 12, 0)
    assert len(rows(tmp_path)) == 6
    assert len(rows(tmp_path, candidates=True)) == 18


def test_what_is_to_be_chosen_is_planned_before_anything_is_made(tmp_path):
    """The plan counts every ask, every choice, and what is looked at after it."""
    (tmp_path / "brief.toml").write_text(BRIEF, "utf-8")
    plan = verbs.plan(tmp_path)
    assert (plan.rows, plan.new, plan.candidates) == (6, 6, 12)
    assert {column.column: column.owed for column in plan.columns} == {
        "image": 2,
        "mask": 12,
        "edit": 12,
        "choice": 4,
        "measures": 6,
        "annotation": 6,
    }


def test_status_and_plan_say_it_in_words(tmp_path, capsys):
    """For people: how many stand for the rows' pictures, and how many were rejected."""
    ran(tmp_path)
    assert "6 rows, 12 candidates for their pictures, 8 rejected" in typed(capsys, "status", tmp_path)[1]
    assert "6 rows (0 new), 12 candidates for their pictures" in typed(capsys, "plan", tmp_path)[1]


def test_more_candidates_keep_those_that_are_there(tmp_path):
    """From one to three to five and back: nothing that was made is made again, and no row is lost."""
    assert filled(ran(tmp_path, BRIEF.replace("best_of = 3", "best_of = 1")))["edit"] == 4
    plain = {row.id: row.image() for row in rows(tmp_path) if row.parent}
    assert filled(ran(tmp_path))["edit"] == 8
    others = {row.id: row for row in rows(tmp_path, candidates=True)}
    assert all(others[row].image() == image and others[row].candidate_of for row, image in plain.items())
    assert filled(ran(tmp_path, BRIEF.replace("best_of = 3", "best_of = 5")))["edit"] == 8
    slots = {row.id for row in rows(tmp_path) if row.best_of}
    back = ran(tmp_path, BRIEF.replace("best_of = 3", "best_of = 1"))
    assert "edit" not in filled(back)
    assert {row.id: row.image() for row in rows(tmp_path) if row.parent} == plain
    fewer = ran(tmp_path)
    assert "edit" not in filled(fewer)
    assert {row.id for row in rows(tmp_path) if row.best_of} == slots


def test_as_many_edits_as_are_counted_whatever_stands_for_them(tmp_path):
    """`count` bounds the edits, not their candidates."""
    ran(tmp_path, BRIEF.replace("each = 2", "each = 2\ncount = 3"))
    assert [verbs.status(tmp_path).labels["bad"], verbs.status(tmp_path).candidates] == [3, 9]


def test_a_candidate_that_fails_is_rejected_for_it(tmp_path):
    """The others stand for the row all the same; once it is made after all, the choice is made anew."""
    ran(tmp_path)
    lost = next(row for row in rows(tmp_path, candidates=True) if row.candidate_of)
    db = sqlite3.connect(tmp_path / "ledger.db")
    db.execute(
        "UPDATE cells SET state = 'failed', attempts = 3, sha256 = '', doc = ? "
        "WHERE row = ? AND col = 'image'",
        ('{"error": "Broken", "why": "the line is down"}', lost.id),
    )
    db.commit()
    db.close()
    verbs.run(tmp_path)
    slot = next(row for row in rows(tmp_path) if row.id == lost.candidate_of)
    assert slot.cells["image"].value["chosen"]["rejected"][lost.name] == "failed: the line is down"
    assert verbs.retry(tmp_path, rows=[lost.name]).cells == 1
    verbs.run(tmp_path)
    slot = next(row for row in rows(tmp_path) if row.id == lost.candidate_of)
    assert "failed" not in slot.cells["image"].value["chosen"]["rejected"].get(lost.name, "")


def test_only_what_sits_under_a_mask_has_candidates(tmp_path):
    """For the other kinds there is nothing to compare by."""
    with pytest.raises(BadInput, match="remove best_of: vary is made once"):
        ran(tmp_path, BRIEF.replace('label = "bad"', 'label = "bad"\nkind = "vary"'))


# ----------------------------------------------------------------------------- the choice


def blob(name):
    return Blob(sha256=name, media_type="image/png", size=1)


def standing(best_of=2, **values):
    """A row with candidates of these marks; a text is the state of one that was not made."""
    cells = {}
    for name, value in values.items():
        if isinstance(value, str):
            cells[CANDIDATE + name] = Cell(state=value, why="no")
        else:
            files = {"image": blob(name), "mask": blob(name + "m")}
            cells[CANDIDATE + name] = Cell(state="filled", value=value, files=files)
    return Row(id="1", name="r", best_of=best_of, cells=cells)


PLAIN = {"visible": 5.0, "grain": 1.0, "outside_change": 0.0}


@pytest.mark.parametrize(
    ("worse", "why"),
    [
        ({"visible": 0.5}, "hardly seen"),
        ({"grain": 0.3}, "of another grain"),
        ({"grain": 4.0}, "of another grain"),
        ({"outside_change": 30.0}, "what was not to change"),
        ({}, "as good, and later"),
        ({"visible": 40.0}, "as good, and later"),
    ],
)
def test_each_mark_can_tell_against_a_candidate(worse, why):
    """Not seen, of another grain, not kept to its mask; to be seen more plainly is no better."""
    row = standing(a=PLAIN, b=PLAIN | worse)
    value = Step().compute(row, {"image": b"a", "mask": b"m", "marks": b""})
    assert value.facts["chosen"]["row"] == "a"
    assert why in value.facts["chosen"]["rejected"]["b"]
    assert value.files == {"image": b"a", "mask": b"m"}


def test_nothing_is_chosen_before_every_candidate_was_tried():
    """One that is still owed is waited for; one that was refused or has failed is not."""
    assert Step().reads(standing(3, a=PLAIN, b=PLAIN)) is None
    assert Step().reads(standing(2, a="refused", b=PLAIN))["image"] == blob("b")
    assert Step().reads(standing(2, a="failed", b="refused")) is None
    assert Step().reads(standing(0)) is None


def test_another_mark_is_another_choice():
    """What the choice depends on is in its key: the picture, the mask, and the marks of all."""
    one, two = (Step().reads(standing(a=PLAIN, b=PLAIN | {"visible": seen})) for seen in (1.0, 2.0))
    assert one["image"] == two["image"] == blob("a")
    assert one != two


# --------------------------------------------------------------------------- how it sits


def test_a_change_is_measured_against_the_texture_around_it():
    """The same step is plain on a smooth wall and lost in a rough one."""
    label = np.zeros((90, 120), np.uint8)
    label[30:60, 40:80] = 255
    seen = []
    for rough in (2, 20):
        before = np.clip(dice(1).normal(120, rough, (90, 120, 3)), 0, 255).astype(np.uint8)
        after = before.copy()
        after[label > 0] -= np.uint8(12)
        seen.append(seat(before, after, label)["visible"])
        assert seat(before, after, label)["grain"] == pytest.approx(1, abs=0.15)
    assert seen[0] > 4 > seen[1]


def test_a_smooth_patch_in_a_rough_wall_is_told_by_its_grain():
    """What a model painted too cleanly has less grain than what is around, a noisy patch more."""
    label = np.zeros((90, 120), np.uint8)
    label[30:60, 40:80] = 255
    before = np.clip(dice(1).normal(120, 12, (90, 120, 3)), 0, 255).astype(np.uint8)
    for level, least, most in ((2, 0.0, 0.5), (40, 1.7, 9.0)):
        after = before.copy()
        after[label > 0] = np.clip(dice(2).normal(100, level, (1200, 3)), 0, 255)
        assert least < seat(before, after, label)["grain"] < most


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [3, 4])
def test_pictures_of_every_depth_are_measured(kind, channels):
    """Sixteen bits and transparency are no obstacle, nor a label of everything or of one pixel."""
    whole = dice(3).integers(0, np.iinfo(kind).max, (12, 9, channels), kind, True)
    for label in (np.full((12, 9), 255, np.uint8), np.eye(12, 9, dtype=np.uint8) * 255):
        assert seat(whole, whole, label)["visible"] == 0
    assert codecs.shown(whole).dtype == np.uint8
