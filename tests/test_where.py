"""Where an edit goes, said by an annotation of the picture, or in words that only some models understand."""

import asyncio

import numpy as np
import pytest

from photogram import verbs
from photogram.data import Blob, Card, Cell, Edit, Row
from photogram.dataset import Dataset
from photogram.faults import BadInput, Invalid
from photogram.pixels import codecs, masks
from photogram.providers import find
from photogram.steps.modify import Step as Modify
from photogram.steps.outline import Step as Outline
from tests.kinds import dice
from tests.painter import Painter, ask_edit

BRIEF = """
[dataset]
name = "dust"

[[take]]
from = ["photos"]
label = "dusty"

[[edit]]
of = "dusty"
label = "clean"
kind = "erase"
prompt = "the same without dust"
where = { field = "marks" }

[annotate.schema]
type = "object"
required = ["marks"]
[annotate.schema.properties.marks]
type = "array"
items = { type = "object" }
"""


def dusty(spots):
    """A grained plate with bright spots on it."""
    rgb = dice(1).integers(90, 100, (192, 256, 3), np.uint8)
    for x, y in spots:
        rgb[y : y + 7, x : x + 7] = 220
    return rgb


def laid(folder, *pictures, text=BRIEF):
    (folder / "photos").mkdir()
    for number, rgb in enumerate(pictures):
        (folder / "photos" / f"{number}.png").write_bytes(codecs.encode_png(rgb))
    (folder / "brief.toml").write_text(text, "utf-8")
    return folder


def test_what_was_seen_in_a_picture_is_where_it_is_edited(tmp_path):
    """In one run and without a key: the picture is looked at, what stands out is masked, and erased."""
    before = dusty([(60, 50), (180, 120)])
    ran = verbs.run(laid(tmp_path, before))
    assert (ran.exit_code, ran.left) == (0, 0)
    with Dataset(tmp_path) as opened:
        (row,) = [row for row in opened.ledger.rows(columns=("image", "mask")) if row.parent]
        after = codecs.decode(opened.store.read(row.image()))
        mask = codecs.decode(opened.store.read(row.cells["mask"].files["mask"]))[..., 0]
    assert before[mask > 0].max() == 220
    assert after.max() < 120
    assert np.array_equal(after[mask == 0], before[mask == 0])
    assert verbs.run(tmp_path).columns == ()


def test_a_picture_in_which_nothing_was_seen_is_a_failed_cell_that_says_so(tmp_path):
    """There is nothing to erase in a clean picture, and nobody guesses where."""
    assert verbs.run(laid(tmp_path, dusty([]))).exit_code == 1
    (trouble,) = verbs.errors(tmp_path)
    assert trouble.column == "mask"
    assert "the annotation marks nothing: []" in trouble.why


def test_it_is_planned_before_anything_was_seen(tmp_path):
    """The plan counts the look at the picture, the mask and the edit."""
    verbs.run(laid(tmp_path, dusty([(60, 50)])))
    laid_again = tmp_path / "photos" / "9.png"
    laid_again.write_bytes(codecs.encode_png(dusty([(90, 90)])))
    verbs.add(tmp_path, [str(laid_again)], label="dusty")
    owed = {column.column: column.owed for column in verbs.plan(tmp_path).columns}
    assert (owed["mask"], owed["edit"], owed["annotation"]) == (1, 1, 2)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('field = "marks"', 'field = "mraks"'), "did you mean 'marks'"),
        (('field = "marks"', 'field = "marks", box = [0, 0, 1, 1]'), "names box and field"),
        (('field = "marks"', 'words = "the dust", shape = "blob"'), "for the model alone"),
        (('kind = "erase"\n', 'kind = "outpaint"\nsides = { left = 1 }\n'), "no where"),
        (('"marks" }', '"marks" }\n[annotate.by]\none = "keyless:measure"'), 'meant: annotator = "one"'),
        (('"marks" }', '"marks", annotator = "one" }'), "no annotator 'one' can say where"),
    ],
)
def test_a_mistake_about_where_is_told(tmp_path, change, said):
    """A field that is not asked for, two places at once, words where only the model knows them."""
    assert change[0] in BRIEF
    with pytest.raises(BadInput, match=said):
        verbs.plan(laid(tmp_path, dusty([]), text=BRIEF.replace(*change)))


def test_of_several_annotators_the_named_one_says_where(tmp_path):
    """Each looks at the picture before it is edited; the mask is what the one saw."""
    by = '"marks", annotator = "one" }\n[annotate.by]\none = "keyless:measure"\ntwo = "keyless:measure"'
    folder = laid(tmp_path, dusty([(60, 50)]), text=BRIEF.replace('"marks" }', by))
    owed = {column.column: column.owed for column in verbs.plan(folder).columns}
    assert owed["mask"] == 0  # nothing is taken in yet
    assert verbs.run(folder).exit_code == 0
    with Dataset(folder) as opened:
        (row,) = [row for row in opened.ledger.rows(columns=("image", "mask")) if row.parent]
    assert row.mask("mask") is not None
    assert verbs.run(folder).columns == ()


# ------------------------------------------------------------------------- what is said

BOX = masks.box(0.25, 0.5, 0.5, 0.25, 80, 40)
CORNERS = [[0.25, 0.5], [0.75, 0.5], [0.75, 0.75], [0.25, 0.75]]


@pytest.mark.parametrize(
    "value",
    [
        [0.25, 0.5, 0.5, 0.25],
        [20, 20, 40, 10],
        CORNERS,
        {"box": [0.25, 0.5, 0.5, 0.25]},
        {"polygon": CORNERS},
        {"left": 20, "top": 20, "width": 40, "height": 10, "label": "scratch"},
        {"x1": 0.25, "y1": 0.5, "x2": 0.75, "y2": 0.75},
        [[0.25, 0.5, 0.5, 0.25]],
        [{"box": [0.25, 0.5, 0.25, 0.25]}, {"box": [0.5, 0.5, 0.25, 0.25]}],
    ],
)
def test_a_place_can_be_said_in_many_ways(value):
    """Boxes and corners, in pixels or shares, one or several, bare or in a table: the same mask."""
    assert np.array_equal(masks.said(value, 80, 40), BOX)


@pytest.mark.parametrize(
    "value",
    [None, [], {}, "on the left", 7, [1, 2], [1, 2, 3], [["a", "b"]] * 3, {"box": None}, [True, None]],
)
def test_what_marks_no_place_is_told(value):
    """Anything else is said to be none, with the form that is."""
    with pytest.raises(BadInput) as caught:
        masks.said(value, 80, 40)
    assert caught.value.do


def row_of(where, **cells):
    picture = Cell(state="filled", files={"image": Blob(sha256="p", media_type="image/png", size=1)})
    edit = {"kind": "inpaint", "where": where, "grow": 0, "feather": 3, "strength": None}
    return Row(id="1", name="r", parent="0", edit=edit, cells={"parent": picture, **cells})


def test_another_answer_is_another_mask():
    """What the field says is in the mask's key, and before it was asked nothing is owed."""
    one, two = (
        Outline().reads(
            row_of({"field": "at"}, **{"parent.annotation": Cell(state="filled", value={"at": at})})
        )
        for at in ([0, 0, 1, 1], [0, 0, 0.5, 1])
    )
    assert one["picture"] == two["picture"]
    assert one != two
    assert Outline().reads(row_of({"field": "at"})) is None
    refused = {"parent.annotation": Cell(state="refused")}
    assert Outline().reads(row_of({"field": "at"}, **refused)) is None


# -------------------------------------------------------------------------------- words


def test_words_go_to_the_model_without_a_mask():
    """No mask is computed and none is waited for; the ask holds the words."""
    row = row_of({"words": "the scratch"})
    assert Outline().reads(row) is None
    ask = Modify().ask(row)
    assert (ask.mask, ask.mask_prompt, ask.feather) == (None, "the scratch", 0)


def test_a_model_that_finds_no_place_by_words_says_so(tmp_path):
    """By command, as a failed cell with what to give instead; nothing is edited by guess."""
    text = BRIEF.replace('field = "marks"', 'words = "the dust"')
    assert verbs.run(laid(tmp_path, dusty([(60, 50)]), text=text)).exit_code == 1
    (trouble,) = verbs.errors(tmp_path)
    assert "cannot find a place by words: give a box, a polygon or a mask" in trouble.why


def test_an_edit_by_words_is_the_models_own():
    """Nobody knows what was not to change, so what comes back is kept as it came."""
    original, model = codecs.encode_png(dusty([])), Painter()
    reply, _ = ask_edit(model, original, mask_prompt="the dust")
    assert reply.images == tuple(model.given)
    assert reply.masks == ()


def test_without_mask_or_words_keyless_edits_nothing():
    """An ask that says no place is wrong, whoever sent it."""
    keyless = find("keyless")
    card = keyless.card("draw", {})
    model = keyless.open(card, {}, {}, lambda blob: codecs.encode_png(dusty([])))
    assert isinstance(card, Card)
    ask = Edit(kind="erase", images={"image": Blob(sha256="p", media_type="image/png", size=1)})
    with pytest.raises(Invalid, match="needs a mask to erase"):
        asyncio.run(model.answer(ask))
