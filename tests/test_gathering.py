"""What an index is made of: every field of a row, its words, and which of two fields has the short name."""

import pytest

from photogram import verbs
from photogram.builds import members
from photogram.builds.gathering import BLOCK, blocks, lying, table
from photogram.builds.standing import hash_of, is_older
from photogram.data import Outcome
from photogram.dataset import Dataset
from photogram.finding.local import open_in
from photogram.finding.vectors import unpacked

from .findable import annotate
from .small import rows, write

FIELDS = """
[annotate.fields]
description = "text"
severity = ["light", "severe"]
kinds = "some of crack, rust"
share = "number 0..1"
bad = "yes/no"
"""
SAID = {"description": "a wall with rust", "severity": "severe", "kinds": ["rust"], "share": 0.5, "bad": True}


@pytest.fixture
def folder(tmp_path):
    """Four pictures with facts and measures; the first three are annotated."""
    groups = {"wall": ("a wall of brick {n}", 4)}
    write(tmp_path, groups=groups, more=f"[embed]\n{FIELDS}")
    brief = tmp_path / "brief.toml"
    brief.write_text(brief.read_text() + '\n[make.facts]\nseverity = "light"\nmaterial = "brick"\n')
    verbs.generate(tmp_path)
    verbs.measure(tmp_path)
    verbs.embed(tmp_path)
    first = [row.name for row in rows(tmp_path)][:3]
    annotate(tmp_path, lambda row: SAID if row.name in first else None)
    return tmp_path


def gathered(folder):
    with Dataset(folder) as opened:
        return table(opened)


def test_every_kind_of_field_is_there_with_its_values(folder):
    """The row's own, what was seen, what was planned and what was measured; null where nothing is known."""
    found = gathered(folder)
    values = found.values
    assert values["annotation.severity"] == ["severe"] * 3 + [None]
    assert values["annotation.kinds"] == [["rust"]] * 3 + [None]
    assert values["facts.severity"] == ["light"] * 4
    assert values["label"] == ["wall"] * 4
    assert values["synthetic"] == [True] * 4
    assert values["origin"] == ["planned"] * 4
    assert values["edited"] == [False] * 4
    assert all(0 <= value <= 1 for value in values["measures.brightness"])
    assert set(values["model"]) == {row.cells["image"].model for row in rows(folder)}


def test_fields_have_the_kinds_of_their_schema(folder):
    """And those of facts by what they hold: `n` is a number."""
    kinds = {field.full: field.kind for field in gathered(folder).fields}
    assert kinds["annotation.kinds"] == "list"
    assert kinds["annotation.bad"] == "yes/no"
    assert kinds["annotation.share"] == "number"
    assert kinds["facts.n"] == "number"
    assert kinds["facts.material"] == "text"


def test_what_was_seen_has_the_short_name_and_what_nobody_answered_has_it_last(folder):
    """Severity is the annotation's, as long as anybody has answered it."""
    verbs.index(folder)
    index = open_in(folder)
    assert index.fields.find("severity").full == "annotation.severity"
    assert index.fields.called(index.fields.find("facts.severity")) == "facts.severity"
    assert "split" in index.manifest.silent
    annotate(folder, lambda row: {**SAID, "severity": None})
    with Dataset(folder) as opened:
        opened.ledger.forget([(row.id, "annotation") for row in opened.ledger.rows()])
    verbs.index(folder)
    index = open_in(folder)
    assert index.fields.find("severity").full == "facts.severity"
    assert "annotation.severity" in index.manifest.silent


def test_a_row_is_found_by_what_is_said_and_by_what_was_planned(folder):
    """The annotation in one place, name, prompt, label and facts in the other; a caption is one line."""
    found = gathered(folder)
    first, last = found.worded[0], found.worded[3]
    assert first.said == "a wall with rust. severe. rust. bad"
    assert first.planned.startswith(first.known.name)
    assert "brick" in first.planned
    assert (first.known.caption, last.said) == ("a wall with rust", "")
    assert last.known.caption.startswith("a wall of brick")
    assert first.known.path.startswith("images/")
    assert len(first.known.phash) == 16
    assert "rust" in found.captions[0]
    assert "brick" in found.captions[0]


def test_vectors_come_block_by_block_with_their_rows(folder, monkeypatch):
    """In the order of the rows, also where a block is full."""
    monkeypatch.setattr("photogram.builds.gathering.BLOCK", 3)  # a whole block takes a thousand pictures
    assert BLOCK == 1000
    with Dataset(folder) as opened:
        found = table(opened)
        parts = list(blocks(opened, "vector", found.ids))
        cells = [row.cells["vector"] for row in opened.ledger.rows(columns=("vector",))]
        assert [len(numbers) for numbers, _ in parts] == [3, 1]
        assert [n for numbers, _ in parts for n in numbers.tolist()] == [0, 1, 2, 3]
        assert parts[1][1][0].tolist() == unpacked(cells[3].value).tolist()
        assert lying(opened, "vector", found.ids) == {("keyless:descriptors@1", "picture", 2424): 4}
        assert lying(opened, "vector.other", found.ids) == {}


def test_a_row_whose_picture_is_gone_from_the_table_is_no_row_of_it(folder):
    """Its vector neither."""
    with Dataset(folder) as opened:
        first = next(iter(opened.ledger.rows()))
        opened.ledger.forget([(first.id, "image")])
        found = table(opened)
        assert len(found.ids) == 3
        assert sum(lying(opened, "vector", found.ids).values()) == 3


@pytest.mark.parametrize(
    "change",
    [
        lambda opened, row: opened.ledger.forget([(row.id, "annotation")]),
        lambda opened, row: opened.ledger.retire_except([]),
    ],
)
def test_the_hash_of_a_table_is_another_when_anything_in_it_is(folder, change):
    """A cell less, a row retired: and the index says it is older."""
    verbs.index(folder)
    with Dataset(folder) as opened:
        before, manifest = hash_of(opened), open_in(folder).manifest
        assert (before, is_older(opened, manifest)) == (manifest.made_of, False)
        change(opened, next(iter(opened.ledger.rows())))
        assert hash_of(opened) != before


def test_what_was_judged_can_be_asked_for(folder):
    """By the judge's score, and by whether the brief accepts the picture; another bound, another index."""
    with Dataset(folder) as opened:
        (first, second, *_) = opened.ledger.rows()
        marks = ((first, 0.9), (second, 0.2))
        cells = [
            Outcome(
                row=row.id,
                column="judgement",
                key="j",
                state="filled",
                value={"score": {"value": mark, "scale": [0, 1]}},
            )
            for row, mark in marks
        ]
        opened.ledger.commit(cells)
    verbs.index(folder)
    assert [one.name for one in verbs.search(folder, where="score > 0.5").found] == [first.name]
    assert verbs.search(folder, where="accepted").matching == 4
    brief = folder / "brief.toml"
    brief.write_text(brief.read_text().replace("[embed]", "[judge]\nleast = 0.5\n[embed]"))
    verbs.index(folder)
    assert [one.name for one in verbs.search(folder, where="not accepted").found] == [second.name]


def test_a_pack_holds_no_vectors(folder):
    """They can be made again from its pictures, and are many times the size of a record."""
    with Dataset(folder) as opened:
        (first, *_) = members.rows(opened)
        assert first.cells.keys() == {"image", "measures", "annotation"}


def test_a_brief_with_other_fields_makes_another_index(folder):
    """Its fields are typed by the schema, so the schema is part of what it is made of."""
    assert verbs.index(folder).new
    brief = folder / "brief.toml"
    brief.write_text(brief.read_text().replace('kinds = "some of crack, rust"', 'kinds = "list of text"'))
    assert verbs.index(folder).new
    assert not verbs.index(folder).new


def test_several_annotators_are_fields_of_their_own(tmp_path):
    """The first has the short name; all can be asked about."""
    more = '[annotate.fields]\ndescription = "text"\n[annotate.by]\n'
    more += 'one = "keyless:measure"\ntwo = "keyless:measure"\n'
    verbs.generate(write(tmp_path, more=more))
    verbs.annotate(tmp_path)
    verbs.index(tmp_path)
    index = open_in(tmp_path)
    assert index.fields.find("description").full == "annotation.one.description"
    assert index.fields.find("annotation.two.description").kind == "text"
    result = verbs.search(tmp_path, where="annotation.two.description contains picture", limit=9)
    assert result.matching == 5
