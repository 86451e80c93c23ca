"""Refining: what a judge rejects is made anew from a better prompt, within bounds, and never twice."""

import json
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from photogram import planning, verbs
from photogram.data import Cell, Row
from photogram.dataset import Dataset
from photogram.refining import better

from .saying import installed
from .small import files, typed, write


@pytest.fixture
def dataset(tmp_path, monkeypatch):
    """A function that makes a small dataset with a judge, and runs it."""
    installed(tmp_path, monkeypatch)

    def ran(judge, more="", **settings):
        table = f'[judge]\nmodel = "saying:{judge}"\n{more}\n'
        folder = write(tmp_path / "set", more=table, **settings)
        verbs.run(folder)
        return folder

    return ran


EDITED = """
[dataset]
name = "phones"

[[make]]
label = "good"
count = {count}
size = "160x120"
prompt = "a phone"
facts = {{ surface = "phone" }}

[[edit]]
of = "good"
label = "bad"
{more}
prompt = "a scratch"
facts = {{ defect = "scratch" }}
where = {{ box = [0.2, 0.2, 0.6, 0.6] }}

[judge]
model = "saying:{judge}"
rounds = {rounds}
"""


def edited(tmp_path, monkeypatch, **brief):
    installed(tmp_path, monkeypatch)
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "brief.toml").write_text(EDITED.format(**brief))
    verbs.run(folder)
    return folder


def rows(folder, **wanted):
    with Dataset(folder) as opened:
        return list(opened.ledger.rows(columns=("image", "judgement"), **wanted))


def calls(folder):
    db = sqlite3.connect(folder / "ledger.db")
    (made,) = db.execute("SELECT total(calls) FROM money WHERE model LIKE 'saying%'").fetchone()
    db.close()
    return made


def test_what_is_rejected_is_made_anew_until_it_is_liked(dataset):
    """The new row has the suggestions in its prompt, another seed and another picture; the old one stays."""
    folder = dataset("coin", "rounds = 9")
    old = {row.id: row for row in rows(folder)}
    refined = verbs.refine(folder)
    assert refined.rejected == 0
    assert refined.planned >= 1
    now = rows(folder)
    assert len(now) == len(old)
    every = {row.id: row for row in rows(folder, retired=True)}
    for row in now:
        if row.refines:
            before = every[row.refines]
            assert row.facts == before.facts
            assert row.seed != before.seed
            assert row.image() != before.image()
            assert row.wanted in [one.prompt for one in old.values()]
            assert row.prompt.startswith(f"{row.wanted}\n\nBe sure of this: ")
            assert "show more of it" in row.prompt
            assert before.cells["judgement"].value["suggestions"]
    assert len(every) == len(old) + refined.planned


def test_a_second_time_nobody_is_asked(dataset, capsys):
    """Nothing is rejected, nothing is owed, and run and plan leave what was made anew as it is."""
    folder = dataset("coin", "rounds = 9")
    verbs.refine(folder)
    before, asked = files(folder), calls(folder)
    assert verbs.refine(folder).planned == 0
    assert verbs.run(folder).columns == ()
    assert (verbs.plan(folder).new, verbs.plan(folder).retired, verbs.plan(folder).recalled) == (0, 0, 0)
    assert (files(folder), calls(folder)) == (before, asked)
    code, out, _ = typed(capsys, "refine", folder)
    assert code == 0
    assert "nothing was made anew: nothing is rejected" in out


def test_there_are_no_more_rounds_than_the_brief_allows(dataset, capsys):
    """A judge that likes nothing costs so many rounds a picture, however often it is repeated."""
    folder = dataset("harsh", "rounds = 2")
    assert verbs.refine(folder).planned == 2 * 5
    again = verbs.refine(folder)
    assert (again.planned, again.rejected) == (0, 5)
    out = typed(capsys, "refine", folder)[1]
    assert "5 pictures still rejected" in out
    assert verbs.refine(folder, rounds=3).planned == 5
    assert len(rows(folder)) == 5


def test_rejected_pictures_are_not_accepted_and_can_still_be_looked_at(dataset, capsys):
    """Status and cost count them out; the row that was replaced says by name why it was."""
    folder = dataset("harsh", "rounds = 1")
    assert (verbs.status(folder).accepted, verbs.status(folder).rejected_by_judge) == (0, 5)
    assert verbs.cost(folder).accepted == 0
    first = rows(folder)[0]
    assert "judgement: 5 pictures rejected" in typed(capsys, "status", folder)[1]
    refined = verbs.refine(folder)
    assert {one.instead_of for one in refined.remade} >= {first.name}
    (shown,) = verbs.judge(folder, [first.name]).pictures
    assert shown.rejected.startswith("not as asked: ")
    assert (folder / shown.picture).is_file()


def test_a_bound_rejects_and_what_is_forgiven_does_not(dataset):
    """The score decides where questions are forgiven."""
    folder = dataset("harsh", "forgive = 9")
    assert verbs.status(folder).accepted == 5
    brief = (folder / "brief.toml").read_text().replace("forgive = 9", "forgive = 9\nleast = 0.2")
    (folder / "brief.toml").write_text(brief)
    assert verbs.status(folder).accepted == 0


def test_what_cannot_be_told_is_neither_rejected_nor_made_anew(dataset):
    """Unscored is no verdict."""
    folder = dataset("blind", "least = 1.0")
    assert (verbs.status(folder).accepted, verbs.status(folder).unscored) == (5, 5)
    assert verbs.refine(folder).planned == 0


def test_no_more_is_spent_than_a_refine_may(dataset, capsys):
    """The cap holds over all of its rounds; the same command goes on where it stopped."""
    folder = dataset("harsh", "rounds = 3")
    before = verbs.status(folder).booked
    refined = verbs.refine(folder, budget=0.004)
    assert refined.ran.exit_code == 3
    assert verbs.status(folder).booked - before <= 0.004 + 1e-9
    asked = calls(folder)
    assert verbs.refine(folder).ran.exit_code == 0
    assert calls(folder) - asked == 3 * 5 - (asked - 5)


def test_what_is_only_planned_is_not_called_made(dataset, capsys):
    """Where the money is gone first, the next one makes what is left."""
    folder = dataset("harsh", "rounds = 1")
    code, out, _ = typed(capsys, "refine", folder, "--budget", "0.002")
    assert code == 3
    assert "5 pictures planned anew, not all made yet" in out
    code, out, _ = typed(capsys, "refine", folder)
    assert code == 0
    assert "not all made" not in out


def test_an_edit_that_is_rejected_is_made_anew_from_the_same_picture(tmp_path, monkeypatch):
    """It stays an edit of its parent; an edit of a picture that was made anew is one of the new picture."""
    folder = edited(tmp_path, monkeypatch, judge="coin", rounds=9, count=2, more="each = 2")
    assert verbs.refine(folder).rejected == 0
    now = {row.id: row for row in rows(folder)}
    edits = [row for row in now.values() if row.parent]
    assert (len(now), len(edits)) == (6, 4)
    assert all(now[row.parent].label == "good" and row.image() for row in edits)
    assert verbs.run(folder).columns == ()
    assert any(row.refines for row in rows(folder, retired=True) if row.parent)


def test_a_contest_is_made_anew_as_a_contest(tmp_path, monkeypatch):
    """With `best_of` each round asks for as many candidates, and the best becomes the picture."""
    folder = edited(tmp_path, monkeypatch, judge="harsh", rounds=1, count=1, more="best_of = 2")
    verbs.refine(folder)
    (edit,) = [row for row in rows(folder) if row.parent]
    assert edit.best_of == 2
    assert edit.image()
    assert "chosen" in edit.cells["image"].value
    candidates = [row for row in rows(folder, candidates=True) if row.candidate_of]
    assert [row.candidate_of for row in candidates] == [edit.id] * 2
    assert verbs.run(folder).columns == ()


def test_a_changed_brief_retires_what_was_made_anew(dataset):
    """Rows that the brief no longer wants go, with those in their place; wanted again, both are back."""
    folder = dataset("harsh", "rounds = 1")
    verbs.refine(folder)
    text = (folder / "brief.toml").read_text()
    (folder / "brief.toml").write_text(text[: text.index('[[make]]\nlabel = "pear"')])
    assert verbs.plan(folder).rows == 3
    (folder / "brief.toml").write_text(text)
    planned = verbs.plan(folder)
    assert (planned.rows, planned.recalled, planned.new) == (5, 2, 0)
    assert all(row.refines for row in rows(folder))


def test_a_prompt_grows_no_longer_than_the_model_reads(dataset):
    """Suggestions go in whole or not at all, in the order they were made."""
    folder = dataset("kind")
    with Dataset(folder) as opened:
        card = replace(opened.asking.card("image"), most_prompt=60)
        opened.asking.card = lambda column: card
        row = Row(id="1", name="r", prompt="a car. Be sure", wanted="a car")
        cell = Cell(state="filled", value={"suggestions": ["color: red", "from the front", "no" * 30]})
        assert better(opened, row, cell) == "a car\n\nBe sure of this: color: red; from the front."
        assert better(opened, row, Cell(state="filled", value={"suggestions": []})) == "a car"


@given(st.lists(st.sampled_from("abcd"), max_size=8))
def test_each_row_is_where_it_was_as_the_newest_of_its_line(made):
    """Whatever was made anew, in whatever order: as many rows, each the last of its own line."""
    rows = [Row(id=name, name=name, prompt=name) for name in "abcd"]
    newest, anew = {row.id: row for row in rows}, {}
    for line in made:
        (row,) = planning.anew(newest[line], f"{line} better")
        anew[newest[line].id], newest[line] = [row], row
    assert list(planning.renewed(rows, anew)) == [newest[name] for name in "abcd"]
    assert len({row.seed for row in newest.values() if row.refines}) == len(set(made))
    assert all(row.wanted == name for name, row in newest.items() if row.refines)


def test_the_candidates_of_a_row_go_with_it():
    """A contest that is made anew takes the place of all that stood for the old one."""
    rows = planning.anew(Row(id="a", name="a", best_of=3), "p")
    main, *rivals = rows
    assert (main.best_of, {row.candidate_of for row in rivals}, main.refines) == (3, {main.id}, "a")
    again = planning.anew(main, "q")
    assert list(planning.renewed(rows, {main.id: again})) == again


def test_a_prompt_that_speaks_of_refining_is_no_refinement(ledger):
    """What a row is made of cannot be taken for what it takes the place of."""
    ledger.add_rows([Row(id="a", name="a", prompt='{"refines":"b"}', facts={"refines": "b"})])
    ledger.add_rows([Row(id="c", name="c", refines="a")])
    assert [row.id for row in ledger.refinements()] == ["c"]


@pytest.mark.parametrize(("judge", "state"), [("wordy", "failed"), ("unsure", "filled")])
def test_a_reply_that_is_no_judgement_is_complained_about_once(dataset, judge, state, capsys):
    """A second answer that holds is taken; otherwise the cell has failed, with the reply, and no score."""
    folder = dataset(judge)
    cells = [row.cells["judgement"] for row in rows(folder)]
    assert {cell.state for cell in cells} == {state}
    assert calls(folder) == 5  # each book of two answers is one paid cell
    if state == "failed":
        assert "I give it 8 of 10" in json.loads(typed(capsys, "errors", folder, "--json")[1])[0]["raw"]
        assert verbs.judge(folder).scored == 0
