"""embed: vectors of pictures and of texts, in spaces that are not mixed."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram import verbs
from photogram.data import Blob, Cell, Embed, Point, Row, Said
from photogram.dataset import Dataset
from photogram.faults import BadInput, Malformed
from photogram.finding.vectors import packed, space_of, unit, unpacked
from photogram.finding.wording import annotated, planned
from photogram.pixels.descriptor import descriptor
from photogram.pixels.draw.paint import paint
from photogram.recovery.rules import WITHHELD
from photogram.simulator import Script, serving
from photogram.steps.embed import Step

from .conftest import row
from .small import ANNOTATE, typed, write

PICTURE = Blob(sha256="a" * 64, media_type="image/png", size=3)


def filled(**value):
    return Cell(state="filled", model="a:b", value=value)


def vectors(folder, *columns):
    with Dataset(folder, make=False) as opened:
        return list(opened.ledger.rows(columns=columns or ("vector",)))


# ------------------------------------------------------------------------- descriptors


def drawn(seed, **facts):
    return paint({"surface": "building", **facts}, 96, 72, seed, "").rgb


def near(one, other):
    return float(unit(descriptor(one)) @ unit(descriptor(other)))


def test_a_descriptor_has_its_size_and_its_bounds():
    """2,424 numbers from 0 to 1, whatever the picture, and the same for the same picture."""
    for picture in (drawn(1), np.zeros((1, 1, 3), np.uint8), np.full((7, 300, 3), 255, np.uint8)):
        found = descriptor(picture)
        assert found.shape == (2424,)
        assert found.min() >= 0
        assert found.max() <= 1
        assert (found == descriptor(picture)).all()


def test_the_same_picture_in_another_size_is_nearer_than_another_picture():
    """Resized and a little brighter it stays itself."""
    one, other = drawn(1, material="brick"), drawn(2, material="concrete")
    again = np.clip(cv2.resize(one, (60, 45), interpolation=cv2.INTER_AREA).astype(int) + 6, 0, 255)
    assert near(one, again.astype(np.uint8)) > near(one, other) + 0.02


def test_a_turned_edge_is_another_picture():
    """Stripes across and stripes down share every colour, and lie apart by their edges."""
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[::8] = stripes[1::8] = stripes[2::8] = stripes[3::8] = 255
    down = np.ascontiguousarray(stripes.transpose(1, 0, 2))
    assert near(stripes, down) < 0.9


# ----------------------------------------------------------------------------- vectors


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=9))
def test_a_vector_comes_out_of_its_cell_as_it_went_in(numbers):
    """To the bit, in two bytes a number or in four."""
    value = packed(numbers, "picture")
    assert unpacked(value).tolist() == numbers
    assert value["dimensions"] == len(numbers)


def test_what_fits_two_bytes_takes_two():
    """Descriptors are rounded so that they do."""
    half, whole = packed(descriptor(drawn(1)), "picture"), packed([0.1] * 2424, "picture")
    assert len(half["vector"]) == 2424 * 2 * 4 / 3
    assert len(whole["vector"]) == 2424 * 4 * 4 / 3


def test_vectors_of_one_model_lie_in_one_space():
    """It is named by the model's edition, the size and what the vectors are of."""
    space = space_of("vector", {("a:b@2", "prompt", 2): 9})
    assert (space.model, space.dimensions, space.of, space.metric) == ("a:b@2", 2, "prompt", "cosine")


@pytest.mark.parametrize(
    "other", [("a:c", "picture", 2), ("a:b", "picture", 3), ("a:b", "annotation", 2), ("a:b@2", "picture", 2)]
)
def test_vectors_of_two_spaces_are_refused(other):
    """Another model, another size, another thing they are of, another edition of the same model."""
    with pytest.raises(BadInput, match="vector holds vectors that cannot be compared: 2 of a:b") as told:
        space_of("vector", {("a:b", "picture", 2): 2, other: 1})
    assert "photogram embed" in told.value.do


def test_a_vector_without_direction_has_no_length_to_divide_by():
    """Zeros stay zeros; all else gets length one."""
    assert unit(np.array([[0, 0], [3, 4]])).round(6).tolist() == [[0, 0], pytest.approx([0.6, 0.8])]


# -------------------------------------------------------------------------------- step


def test_a_picture_is_asked_for_once_it_is_there():
    """And not for one that only stands for another's."""
    with_picture = row(1, cells={"image": Cell(state="filled", files={"image": PICTURE})})
    assert Step("vector", "picture", 7).ask(with_picture) == Embed(image=PICTURE, dimensions=7)
    assert Step("vector", "picture").ask(row(1)) is None
    assert Step("vector", "picture").ask(row(1, candidate_of="x", cells=with_picture.cells)) is None


def test_words_are_asked_for_once_they_are_there():
    """The prompt always, an annotation when it is filled."""
    said = row(1, cells={"annotation.a": filled(description="a wall", tags=["old"])})
    step = Step("vector", "annotation", annotation="annotation.a")
    assert step.needs == ("annotation.a",)
    assert step.ask(said) == Embed(text="a wall. old")
    assert step.ask(row(1)) is None
    assert step.ask(row(1, cells={"annotation.a": Cell(state="failed")})) is None
    assert Step("vector", "prompt").ask(row(1)) == Embed(text="picture 1")


@pytest.mark.parametrize("reply", [Said(text="x"), Point(vector=())])
def test_a_reply_without_a_vector_cannot_be_read(reply):
    """It is asked for again rather than kept."""
    with pytest.raises(Malformed):
        Step("vector", "prompt").absorb(row(1), reply)


def test_what_is_said_becomes_words():
    """Texts, words and what is so; not what is null, a number, or private, and nothing twice."""
    value = {
        "description": "a wall",
        "kinds": ["crack", None, "crack"],
        "requires_action": True,
        "safe": False,
        "share": 0.5,
        "plate": WITHHELD,
        "place": {"street": "Main Street"},
        "@recovered": ["code fence"],
    }
    assert annotated(value) == "a wall. crack. requires action. Main Street"


def test_what_was_planned_becomes_words():
    """The prompt, the label and the facts that are words."""
    planned_row = Row(id="1", name="x", label="bad", prompt="a wall", facts={"kind": "crack", "n": 3})
    assert planned(planned_row) == "a wall. bad. crack"


# --------------------------------------------------------------------------- by command


def test_embed_needs_no_table_and_is_done_once(tmp_path, capsys):
    """Every picture gets its descriptor; a second time nothing is owed."""
    write(tmp_path)
    verbs.run(tmp_path)
    code, out, _ = typed(capsys, "embed", tmp_path)
    assert code == 0
    assert "5 filled" in out
    assert {one.cells["vector"].value["dimensions"] for one in vectors(tmp_path)} == {2424}
    assert {one.cells["vector"].model for one in vectors(tmp_path)} == {"keyless:descriptors@1"}
    assert verbs.embed(tmp_path).columns == ()


def test_run_embeds_only_where_the_brief_says_so(tmp_path):
    """With [embed] it is one of the columns, by the last one's place."""
    write(tmp_path)
    assert [column.column for column in verbs.plan(tmp_path).columns] == ["image", "measures"]
    write(tmp_path, more="[embed]")
    assert [tick.column for tick in verbs.run(tmp_path).columns] == ["image", "measures", "vector"]


def test_spaces_stand_side_by_side(tmp_path):
    """A model's vectors of the annotation beside the descriptors of the pictures, each in its column."""
    more = f"""{ANNOTATE}
[embed.by]
looks = "keyless:descriptors"
words = {{ model = "openai:text-embedding-3-small", of = "annotation", dimensions = 256 }}
"""
    ran = verbs.run(write(tmp_path, more=more), simulate=True)
    assert ran.stopped == ()
    (first, *_) = vectors(tmp_path, "vector.looks", "vector.words")
    assert first.cells["vector.looks"].value["dimensions"] == 2424
    assert first.cells["vector.words"].value["dimensions"] == 256
    assert first.cells["vector.words"].model == "openai:text-embedding-3-small@simulated"


def test_a_paid_model_is_estimated_and_paid_once(tmp_path):
    """Its price is in the plan before, its calls are counted, and a second run asks nothing."""
    with serving(Script()) as sim:
        more = '[providers.openai.embed]\nbase_url = "' + sim.url + '"\n[embed]\nof = "prompt"\n'
        brief = write(tmp_path, more=more) / "brief.toml"
        named = '[models]\nembed = "openai:text-embedding-3-small"\n'
        brief.write_text(brief.read_text().replace("[models]\n", named))
        (column,) = [one for one in verbs.plan(tmp_path).columns if one.column == "vector"]
        assert column.dollars > 0
        assert verbs.run(tmp_path).stopped == ()
        calls = sim.books().calls
        verbs.run(tmp_path)
        assert (calls, sim.books().calls) == (5, 5)


def test_a_model_that_cannot_is_told_with_its_place(tmp_path):
    """One that draws does not embed; the line of the brief is named."""
    write(tmp_path, more='[embed.by]\na = "keyless:draw"')
    with pytest.raises(BadInput, match="keyless:draw cannot embed") as told:
        verbs.plan(tmp_path)
    assert told.value.where == "brief.toml, [embed.by]"


def test_texts_are_refused_by_the_descriptors(tmp_path):
    """They know no words, and say so of each row."""
    verbs.run(write(tmp_path, more='[embed]\nof = "prompt"'))
    assert {trouble.why for trouble in verbs.errors(tmp_path)} == {
        "keyless:descriptors turns pictures into vectors, and no texts"
    }


def test_doctor_asks_it_for_a_picture(tmp_path, capsys):
    """The cheapest ask there is to the model of a column of pictures is one of a picture."""
    code, out, _ = typed(capsys, "doctor", write(tmp_path, more="[embed]"), "--ask")
    assert code == 0
    assert "keyless:descriptors answered" in out
