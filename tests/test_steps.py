"""Every step: pure, small, and exact about what it asks for and what it takes for an answer."""

from itertools import pairwise
from pkgutil import iter_modules

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photogram import dataset, steps
from photogram.data import Blob, Cell, Draw, Edit, Picture, Point, Row, Said, See
from photogram.faults import Malformed
from photogram.pixels import masks
from photogram.pixels.codecs import encode_png

IMAGE = Blob(sha256="a" * 64, media_type="image/png", size=9)
MASK = Blob(sha256="b" * 64, media_type="image/png", size=9, folder="masks")
SCHEMA = {
    "type": "object",
    "properties": {"kind": {"type": "string", "enum": ["a", "b"]}, "note": {"type": "string"}},
    "required": ["kind"],
}
GIVEN = {"annotate": ("annotation", "What is it?", SCHEMA), "embed": ("vector", "picture")}
STEPS = {
    verb: steps.find(verb, *GIVEN.get(verb, ()))
    for verb in sorted(module.name for module in iter_modules(steps.__path__))
}
WHERE = {"box": [0.25, 0.25, 0.5, 0.5]}
EDIT = {"kind": "inpaint", "where": WHERE, "grow": 2, "feather": 3, "strength": None}


def grey(width, height):
    return encode_png(np.full((height, width, 3), 127, np.uint8))


def cell(role="image", blob=IMAGE):
    return Cell(state="filled", files={role: blob})


def row(**more):
    return Row(id="0" * 16, name="row", label="x", prompt="a car", facts={"colour": "red"}, **more)


PLANNED = row(width=64, height=48, seed=5, options={"quality": "low"})
TAKEN = row(origin="taken", cells={"image": cell()})
CHILD = row(parent="p", edit=EDIT, seed=7, cells={"parent": cell(), "mask": cell("mask", MASK)})
ROWS = (PLANNED, TAKEN, CHILD)


def asked(step, row):
    return step.ask(row) if hasattr(step, "ask") else step.reads(row)


# ----------------------------------------------------------------------- every step


def test_every_column_has_its_step_and_every_step_its_column():
    """The table of columns and the folder of steps are the same."""
    assert set(dataset.COLUMNS.values()) == set(STEPS)


@pytest.mark.parametrize("verb", STEPS)
def test_a_step_says_what_it_fills_and_from_what(verb):
    """Column, needs and version are there, and the column is one that a run fills."""
    step = STEPS[verb]
    assert step.column in dataset.COLUMNS
    assert set(step.needs) <= {*dataset.COLUMNS, "parent", "parent.annotation", "candidates", "donor"}
    assert step.version


@pytest.mark.parametrize("verb", STEPS)
@pytest.mark.parametrize("row", ROWS, ids=("planned", "taken", "child"))
def test_a_step_is_pure(verb, row):
    """Asked twice it says the same, and the row is as it was."""
    before = msgspec.json.encode(row)
    assert asked(STEPS[verb], row) == asked(STEPS[verb], row)
    assert msgspec.json.encode(row) == before


@pytest.mark.parametrize(
    ("verb", "owed"),
    [
        ("annotate", [False, True, False]),
        ("generate", [True, False, False]),
        ("measure", [False, True, False]),
        ("modify", [False, False, True]),
        ("outline", [False, False, True]),
    ],
)
def test_a_row_owes_what_it_can_have(verb, owed):
    """Drawing is for planned rows, editing for children, looking for those who have a picture."""
    assert [asked(STEPS[verb], row) is not None for row in ROWS] == owed


# ------------------------------------------------------------------ generate, modify


def test_a_drawing_is_asked_for_as_planned():
    """Everything the plan says goes into the ask, and the label is one of the facts."""
    assert STEPS["generate"].ask(PLANNED) == Draw(
        prompt="a car",
        width=64,
        height=48,
        seed=5,
        facts={"label": "x", "colour": "red"},
        options={"quality": "low"},
    )


def test_a_row_without_a_label_has_no_fact_of_that_name():
    """An empty label is not something to be drawn."""
    bare = msgspec.structs.replace(PLANNED, label="")
    assert STEPS["generate"].ask(bare).facts == {"colour": "red"}


def test_an_edit_is_asked_for_under_its_mask():
    """The parent's picture, the mask that was outlined, and how it is to fade."""
    assert STEPS["modify"].ask(CHILD) == Edit(
        kind="inpaint",
        images={"image": IMAGE},
        prompt="a car",
        mask=MASK,
        feather=3,
        seed=7,
        facts={"label": "x", "colour": "red"},
    )


@pytest.mark.parametrize("without", ["parent", "mask"])
def test_an_edit_waits_for_what_it_needs(without):
    """Without the parent's picture, or a mask where the kind wants one, nothing can be asked yet."""
    cells = {name: found for name, found in CHILD.cells.items() if name != without}
    assert STEPS["modify"].ask(msgspec.structs.replace(CHILD, cells=cells)) is None


def test_an_edit_of_the_whole_picture_needs_no_mask():
    """Restyling changes everything: there is no region, and nothing fades."""
    whole = msgspec.structs.replace(CHILD, edit={**EDIT, "kind": "restyle"}, cells={"parent": cell()})
    ask = STEPS["modify"].ask(whole)
    assert (ask.kind, ask.mask, ask.feather) == ("restyle", None, 0)
    assert STEPS["outline"].reads(whole) is None


@pytest.mark.parametrize("verb", ["generate", "modify"])
def test_a_picture_is_kept_as_it_came(verb):
    """Its bytes, its mask, its size, and what its maker says of it."""
    image, mask = grey(40, 30), grey(41, 30)
    reply = Picture(images=(image,), masks=(mask,), made={"mode": "drawn"}, refused="one of two")
    value = STEPS[verb].absorb(PLANNED, reply)
    assert value.files == {"image": image, "mask": mask}
    assert value.facts == {"width": 40, "height": 30, "mode": "drawn", "partly_refused": "one of two"}


@pytest.mark.parametrize("verb", ["generate", "modify"])
@pytest.mark.parametrize("reply", [Picture(images=()), Said(text="sorry"), Point(vector=(1.0,))])
def test_no_picture_is_no_answer(verb, reply):
    """Words in place of a picture are told to the model once, and kept."""
    with pytest.raises(Malformed, match="no picture"):
        STEPS[verb].absorb(PLANNED, reply)


def test_bytes_that_are_no_picture_are_no_answer():
    """What cannot be opened would fill a cell with nothing."""
    with pytest.raises(Malformed):
        STEPS["generate"].absorb(PLANNED, Picture(images=(b"<html>sorry</html>",)))


# --------------------------------------------------------------------------- outline


def outlined(where, grow=0, size=(80, 60), files=None):
    child = msgspec.structs.replace(CHILD, edit={**EDIT, "where": where, "grow": grow})
    picture = {"picture": grey(*size)}
    value = STEPS["outline"].compute(child, picture | (files or {}))
    return masks.read(value.files["mask"], *size), value.facts


def test_an_outline_is_as_large_as_its_picture():
    """A box in shares of the picture, at the picture's own size."""
    mask, facts = outlined(WHERE)
    assert mask.shape == (60, 80)
    assert facts["box"] == {"left": 20, "top": 15, "width": 40, "height": 30}
    assert facts["share"] == pytest.approx(0.25)


def test_without_a_place_the_whole_picture_is_outlined():
    """Nothing marked means that everything may change."""
    assert outlined({})[1]["share"] == 1


def test_an_outline_is_grown_and_never_shrunk():
    """Each pixel more lets the mask reach further, and what was inside stays inside."""
    grown = [outlined(WHERE, grow)[0] for grow in (0, 1, 4, 12)]
    for smaller, larger in pairwise(grown):
        assert (larger[smaller > 0] > 0).all()
        assert (larger > 0).sum() > (smaller > 0).sum()


@settings(max_examples=30)
@given(
    shape=st.sampled_from(["blob", "streak", "specks"]),
    size=st.floats(0.05, 1.0),
    seed=st.integers(0, 2**31 - 2),
)
def test_a_drawn_outline_stays_in_what_is_marked(shape, size, seed):
    """Whatever its kind and size; the same seed draws it at the same place."""
    child = msgspec.structs.replace(
        CHILD, seed=seed, edit={**EDIT, "grow": 0, "where": {**WHERE, "shape": shape, "size": size}}
    )
    files = {"picture": grey(80, 60)}
    mask = masks.read(STEPS["outline"].compute(child, files).files["mask"], 80, 60)
    assert mask.any()
    assert not mask[:15].any()
    assert not mask[:, :20].any()
    assert not mask[45:].any()
    assert STEPS["outline"].compute(child, files).facts == STEPS["outline"].compute(child, files).facts


def test_a_mask_that_does_not_fit_is_told():
    """A mask file of another shape than the picture fails its row, with the reason."""
    wide = {"mask": masks.encode(masks.box(0.1, 0.1, 0.5, 0.5, 200, 20))}
    with pytest.raises(Malformed, match="200"):
        outlined({"mask": msgspec.to_builtins(MASK)}, files=wide)


# -------------------------------------------------------------------------- annotate


def test_a_picture_is_looked_at_as_the_brief_says():
    """Prompt and schema go with the handle of the picture; the bytes do not."""
    assert STEPS["annotate"].ask(TAKEN) == See(images=(IMAGE,), prompt="What is it?", schema=SCHEMA)


@pytest.mark.parametrize(
    "reply",
    [
        Said(text='{"kind": "a", "more": [1]}'),
        Said(text="not looked at", data={"kind": "a", "more": [1]}),
    ],
    ids=["words", "data"],
)
def test_an_annotation_is_what_was_said(reply):
    """As JSON in words, or as data where the provider answers in data; more than was asked for stays."""
    assert STEPS["annotate"].absorb(TAKEN, reply).facts == {"kind": "a", "more": [1]}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("It is a car.", "holds no JSON object with the fields"),
        ("", "the reply is empty"),
        ("[1, 2]", "holds no JSON object with the fields"),
        ("null", "holds no JSON object with the fields"),
        ('{"note": "x"}', "kind is missing: it is one of a, b"),
        ('{"kind": "c"}', 'kind cannot be "c": it is one of a, b'),
        ('{"kind": null}', "kind cannot be null: it is one of a, b"),
    ],
)
def test_what_is_wrong_with_an_annotation_is_said(text, why):
    """In a sentence that the model is told, with the words as they came."""
    with pytest.raises(Malformed, match=why) as caught:
        STEPS["annotate"].absorb(TAKEN, Said(text=text))
    assert caught.value.raw == text


def test_a_picture_is_no_annotation():
    """A model that draws in place of describing is told so."""
    with pytest.raises(Malformed, match="no words"):
        STEPS["annotate"].absorb(TAKEN, Picture(images=(b"x",)))


# --------------------------------------------------------------------------- measure


def test_measures_are_of_the_picture():
    """Size and the rest are counted from the bytes, whatever the row says."""
    facts = STEPS["measure"].compute(PLANNED, {"image": grey(33, 17)}).facts
    assert (facts["width"], facts["height"]) == (33, 17)
