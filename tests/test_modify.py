"""Edits: the outside stays to the pixel, the mask is the label, and a child follows its parent."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photogram import verbs
from photogram.data import Draw, Picture, Sizes, Usage
from photogram.dataset import Dataset
from photogram.desk import Desk
from photogram.faults import BadInput, Broken, Invalid
from photogram.guards.pasting import Pasting
from photogram.pixels import codecs, masks
from photogram.providers import find
from photogram.reading.parse import parse
from tests.painter import Painter, ask_edit

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
each = 3
prompt = "a {severity} {defect} on the screen"
where = { box = [0.25, 0.3, 0.5, 0.4] }
[edit.vary]
defect = ["scratch", "oil", "stain"]
severity = ["moderate", "severe"]
"""


@pytest.fixture
def edited(tmp_path):
    (tmp_path / "brief.toml").write_text(BRIEF)
    ran = verbs.run(tmp_path)
    assert (ran.exit_code, ran.left) == (0, 0)
    return tmp_path


def pictures(folder):
    """Every row, with its picture and its mask."""
    with Dataset(folder) as opened:
        for row in opened.ledger.rows(columns=("image", "mask")):
            files = row.cells["image"].files
            mask = codecs.decode(opened.store.read(files["mask"]))[..., 0] if "mask" in files else None
            yield row, codecs.decode(opened.store.read(files["image"])), mask


# ----------------------------------------------------------------------- the whole way


def test_the_whole_way(edited):
    """Two pictures, six edits with masks; measured and counted; a second run owes nothing."""
    columns = {column.column: column.filled for column in verbs.status(edited).columns}
    assert columns == {"image": 2, "mask": 6, "edit": 6, "measures": 8}
    assert verbs.run(edited).columns == ()


def test_outside_the_mask_nothing_changes(edited):
    """Every pixel outside an edit's mask is its parent's, and inside something is different."""
    rows = list(pictures(edited))
    parents = {row.id: rgb for row, rgb, _ in rows if not row.parent}
    for row, rgb, mask in rows:
        if row.parent:
            differs = (rgb != parents[row.parent]).any(axis=2)
            assert not differs[mask == 0].any()
            assert differs[mask > 0].any()


def test_the_label_lies_in_the_region_of_the_brief(edited):
    """The mask that is kept is what was drawn, and it was drawn where the brief allows it."""
    for row, _, mask in pictures(edited):
        if row.parent:
            height, width = mask.shape
            allowed = masks.grow(masks.box(0.25, 0.3, 0.5, 0.4, width, height), row.edit["grow"])
            assert not (mask & ~allowed).any()


def test_edits_are_lossless_and_say_what_they_are(edited):
    """An edit is a PNG, named blended, with the change outside before it was pasted."""
    with Dataset(edited) as opened:
        for row in opened.ledger.rows(columns=("image",)):
            cell = row.cells["image"]
            if row.parent:
                assert cell.files["image"].media_type == "image/png"
                assert cell.value["mode"] == "blend"
                assert {"outside_change", "outside_changed", "tile"} <= set(cell.value)


def test_a_real_picture_taken_in_is_edited_too(tmp_path):
    """A photograph taken in later gets its own edits, and those that were there stay."""
    (tmp_path / "brief.toml").write_text(BRIEF)
    verbs.run(tmp_path)
    before = {row.id for row, *_ in pictures(tmp_path)}
    photo = tmp_path / "photo.png"
    photo.write_bytes(codecs.encode_png(np.random.default_rng(1).integers(0, 90, (200, 300, 3), np.uint8)))
    assert verbs.add(tmp_path, [str(photo)], label="good").added == 1
    ran = {tick.column: tick.filled for tick in verbs.run(tmp_path).columns}
    assert ran["edit"] == 3
    assert before < {row.id for row, *_ in pictures(tmp_path)}


def test_a_mask_from_a_file(tmp_path):
    """A black and white picture beside the brief says where; another size is a failed cell that says so."""
    given = np.zeros((240, 320), np.uint8)
    given[100:160, 120:220] = 255
    (tmp_path / "where.png").write_bytes(codecs.encode_png(given))
    text = BRIEF.replace("where = { box = [0.25, 0.3, 0.5, 0.4] }", 'where = { mask = "where.png" }')
    (tmp_path / "brief.toml").write_text(text)
    assert verbs.run(tmp_path).exit_code == 0
    for row, _, mask in pictures(tmp_path):
        if row.parent:
            assert not (mask & ~masks.grow(given, 8)).any()
    (tmp_path / "where.png").write_bytes(codecs.encode_png(given[:100]))
    assert verbs.run(tmp_path).exit_code == 1
    assert all("320" in trouble.why and "100" in trouble.why for trouble in verbs.errors(tmp_path))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("where = { box = [0.25, 0.3, 0.5, 0.4] }", 'where = { mask = "gone.png" }'), "gone.png"),
        (('of = "good"', 'of = "goood"'), "did you mean 'good'"),
        (('of = "good"', 'of = "bad"'), "edits are not edited again"),
        (("[0.25, 0.3, 0.5, 0.4]", "[0.25, 0.3, 0.5]"), "box"),
        (("[0.25, 0.3, 0.5, 0.4]", "[20, 30, 50, 40]"), "box"),
        (("{ box =", "{ polygon = [[0, 0], [1, 1], [0, 1]], box ="), "polygon"),
        (('label = "bad"', 'label = "bad"\nkind = "explode"'), "inpaint"),
        (("{defect} on", "{defekt} on"), "did you mean 'defect'"),
        (("each = 3", "each = 0"), "each"),
    ],
)
def test_a_mistake_in_an_edit_is_told(tmp_path, change, said):
    """What, where and what to do, in a line or two."""
    assert change[0] in BRIEF
    (tmp_path / "brief.toml").write_text(BRIEF.replace(*change))
    with pytest.raises(BadInput) as caught:
        verbs.plan(tmp_path)
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 2


def test_a_shape_is_drawn_anew_for_each_row(tmp_path):
    """With a shape each edit has its own region inside what is marked."""
    text = BRIEF.replace("0.4] }", '0.4], shape = "blob", size = 0.2 }')
    (tmp_path / "brief.toml").write_text(text)
    verbs.run(tmp_path)
    with Dataset(tmp_path) as opened:
        boxes = [
            str(row.cells["mask"].value["box"])
            for row in opened.ledger.rows(columns=("mask",))
            if "mask" in row.cells
        ]
    assert len(set(boxes)) == len(boxes) == 6


def test_what_keyless_cannot_edit_is_said(tmp_path):
    """An edit it has no renderer for is a failed cell with the reason, and is not asked for again."""
    (tmp_path / "brief.toml").write_text(BRIEF.replace('"oil", ', '"glitter", '))
    assert verbs.run(tmp_path).exit_code == 1
    assert all("glitter" in trouble.why for trouble in verbs.errors(tmp_path))


def test_erasing_takes_the_region_away(tmp_path):
    """erase fills the region from what surrounds it."""
    (tmp_path / "brief.toml").write_text(BRIEF.replace('label = "bad"', 'label = "bad"\nkind = "erase"'))
    verbs.run(tmp_path)
    with Dataset(tmp_path) as opened:
        modes = {row.cells["image"].value["mode"] for row in opened.ledger.rows(columns=("image",))}
    assert modes == {"render", "erase"}


def test_the_brief_of_an_edit_reads_back():
    """What the docs show of an edit is what the grammar takes."""
    (edit,) = parse(BRIEF).edit
    assert (edit.kind, edit.each, edit.where.box) == ("inpaint", 3, (0.25, 0.3, 0.5, 0.4))


# -------------------------------------------------------------------------- any model


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(st.integers(16, 200), st.integers(16, 200)),
    st.tuples(st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.05, 1), st.floats(0.05, 1)),
    st.integers(0, 12),
    st.sampled_from([1, 8, 64]),
    st.booleans(),
)
def test_whatever_a_model_does_the_outside_stays(size, box, feather, step, jpeg):
    """Any size, mask, feather, model size and encoding: outside the mask not one level is different."""
    width, height = size
    rgb = np.random.default_rng(width * height).integers(0, 255, (height, width, 3), np.uint8)
    mask = np.zeros((height, width), np.uint8)
    left, top = int(box[0] * width), int(box[1] * height)
    mask[top : top + max(1, int(box[3] * height)), left : left + max(1, int(box[2] * width))] = 255
    model = Painter(Sizes(step=step, default=(64, 64)), jpeg=jpeg)
    reply, desk = ask_edit(model, codecs.encode_png(rgb), codecs.encode_png(mask), feather)
    result = codecs.decode(reply.images[0])
    assert result.shape == rgb.shape
    assert (result[mask == 0] == rgb[mask == 0]).all()
    assert reply.usage.dollars == 0.07
    (tile, region) = model.seen[0]
    assert tile[:2] == region
    assert tile[0] % step == tile[1] % step == 0
    assert desk._laid == {}


@pytest.mark.parametrize(("width", "height"), [(1, 1), (24, 20), (300, 4), (250, 250)])
def test_a_picture_smaller_than_the_models_least_is_edited_all_the_same(width, height):
    """The rule for small pictures: enlarged or reflected on their way to the model, their own size after."""
    rgb = np.random.default_rng(4).integers(60, 160, (height, width, 3), np.uint8)
    model = Painter(Sizes(step=8, least_pixels=65_536, most_ratio=3.0, default=(512, 512)))
    mask = codecs.encode_png(np.full((height, width), 255, np.uint8))
    reply, _ = ask_edit(model, codecs.encode_png(rgb), mask)
    ((tile, region),) = model.seen
    assert tile[:2] == region
    assert tile[0] * tile[1] >= 65_536
    assert (codecs.decode(reply.images[0]) == 200).all()
    assert codecs.decode(reply.images[0]).shape == rgb.shape


def test_what_the_model_did_outside_is_told():
    """A model that repaints everything is found out by the signal, though the picture does not show it."""
    rgb = np.zeros((96, 96, 3), np.uint8)
    mask = np.zeros((96, 96), np.uint8)
    mask[40:56, 40:56] = 255
    reply, _ = ask_edit(Painter(level=200), codecs.encode_png(rgb), codecs.encode_png(mask))
    assert reply.made["outside_change"] > 100
    assert reply.made["outside_changed"] == 1.0


def test_the_same_tile_asked_twice_at_once_is_laid_until_the_last():
    """Bytes shared by two asks in flight stay until both are answered."""
    desk = Desk(lambda blob: pytest.fail("not from the store"))
    one, two = desk.lay(b"tile"), desk.lay(b"tile")
    desk.clear(one)
    assert desk.read(two) == b"tile"
    desk.clear(two)
    assert desk._laid == {}


def test_an_edit_that_cannot_be_laid_in_was_paid_all_the_same():
    """What comes back unreadable may have been billed, and is counted so."""

    class Broke(Painter):
        async def answer(self, ask):
            return Picture(images=(b"no picture",), usage=Usage(dollars=0.07))

    rgb, mask = np.zeros((64, 64, 3), np.uint8), np.full((64, 64), 255, np.uint8)
    with pytest.raises(Broken) as caught:
        ask_edit(Broke(), codecs.encode_png(rgb), codecs.encode_png(mask))
    assert caught.value.unsure


def test_an_empty_mask_is_never_sent():
    """Nothing to change is nothing to pay for."""
    model = Painter()
    nothing = codecs.encode_png(np.zeros((64, 64), np.uint8))
    with pytest.raises(Invalid, match="empty"):
        ask_edit(model, codecs.encode_png(np.zeros((64, 64, 3), np.uint8)), nothing)
    assert model.seen == []


def test_other_asks_pass_through():
    """The guard minds edits under a mask and nothing else."""
    keyless = find("keyless")
    card = keyless.card("draw", {})
    desk = Desk(lambda blob: b"")
    model = Pasting(keyless.open(card, {}, {}, desk.read), desk)
    reply = asyncio.run(model.answer(Draw(prompt="x", width=64, height=64)))
    assert codecs.inspect(reply.images[0]).width == 64
    assert model.card is card


def test_zero_strength_leaves_no_fingerprint(tmp_path):
    """An edit that changes nothing gives back the very pixels: nothing for a classifier to learn."""

    class Idle(Painter):
        async def answer(self, ask):
            return Picture(images=(self.read(ask.images["image"]),))

    rgb = np.random.default_rng(3).integers(0, 255, (150, 210, 3), np.uint8)
    mask = np.zeros((150, 210), np.uint8)
    mask[30:90, 50:130] = 255
    reply, _ = ask_edit(Idle(), codecs.encode_png(rgb), codecs.encode_png(mask), feather=5)
    assert (codecs.decode(reply.images[0]) == rgb).all()


def test_the_modify_verb_alone(tmp_path):
    """`photogram modify` makes the edits of pictures that are there, and nothing else."""
    (tmp_path / "brief.toml").write_text(BRIEF)
    verbs.generate(tmp_path)
    ran = verbs.modify(tmp_path)
    assert {tick.column: tick.filled for tick in ran.columns} == {"mask": 6, "edit": 6}
    assert not Path(tmp_path / "reports").exists()
