"""A picture that grows keeps every pixel it had; a picture as a whole varies as much as it is told to."""

import numpy as np
import pytest

from photogram import verbs
from photogram.data import Sizes
from photogram.dataset import Dataset
from photogram.faults import BadInput, Invalid
from photogram.pixels import codecs
from photogram.pixels.draw.another import NONE, change, taken_again
from photogram.pixels.fill import fill
from tests.kinds import FILES, dice
from tests.painter import Painter, ask_edit

BRIEF = """
[dataset]
name = "grown"

[[take]]
from = ["photos"]
label = "good"

[[edit]]
of = "good"
label = "grown"
prompt = "more of it"
"""


def edited(folder, files, edit):
    (folder / "photos").mkdir(parents=True)
    for name, data in files.items():
        (folder / "photos" / name).write_bytes(data)
    (folder / "brief.toml").write_text(BRIEF + edit, "utf-8")
    return verbs.run(folder)


def pairs(folder):
    """Each edit with its parent's bytes and its own."""
    with Dataset(folder) as opened:
        found = {row.id: row for row in opened.ledger.rows(columns=("image",))}
        for row in found.values():
            if row.parent and row.image():
                read = opened.store.read
                yield row, read(found[row.parent].image()), read(row.image()), row.cells["image"].files


def photo(seed=0, size=(48, 64)):
    return codecs.encode_png(dice(seed).integers(40, 200, (*size, 3), np.uint8))


# --------------------------------------------------------------------------------- outpaint

SIDES = 'kind = "outpaint"\nsides = { left = 0.25, top = 0.1, right = 0.5 }\n'


def test_a_picture_of_any_kind_grows_and_stays(tmp_path):
    """As large as asked for, and where the picture lies it is to the last bit, however deep or clear."""
    files = {name.replace(" ", "-"): data for name, data in FILES.items()}
    assert edited(tmp_path, files, SIDES).exit_code == 0
    seen = 0
    for row, before, after, files in pairs(tmp_path):
        whole, grown = codecs.decode_whole(before), codecs.decode_whole(after)
        (height, width), left, top = whole.shape[:2], round(whole.shape[1] / 4), round(whole.shape[0] / 10)
        assert grown.shape == (top + height, left + width + round(width / 2), whole.shape[2])
        assert np.array_equal(grown[top:, left : left + width], whole)
        mask = np.full(grown.shape[:2], 255, np.uint8)
        mask[top:, left : left + width] = 0
        with Dataset(tmp_path) as opened:
            assert np.array_equal(codecs.decode(opened.store.read(files["mask"]))[..., 0], mask)
        assert (grown[..., 3:][mask > 0] == np.iinfo(grown.dtype).max).all()
        assert row.cells["image"].value["mode"] == "outpaint"
        assert "drawn" in row.cells["image"].value["maker"]
        seen += 1
    assert seen > 15


def test_growing_twice_by_the_same_seed_is_the_same(tmp_path):
    """What is drawn around a picture depends on its row alone."""
    for folder in ("one", "two"):
        edited(tmp_path / folder, {"a.png": photo()}, SIDES)
    one, two = (next(pairs(tmp_path / folder))[2] for folder in ("one", "two"))
    assert one == two


@pytest.mark.parametrize("sizes", [Sizes(), Sizes(step=64, least_pixels=65_536, default=(512, 512))])
def test_any_model_may_paint_over_all_and_the_picture_stays(sizes):
    """The model is shown the larger canvas with the picture in it; what it does to the picture is undone."""
    original = photo(3)
    mask = np.full((60, 100), 255, np.uint8)
    mask[5:53, 30:94] = 0
    model = Painter(sizes)
    reply, _ = ask_edit(model, original, codecs.encode_png(mask), "outpaint", feather=3)
    grown = codecs.decode(reply.images[0])
    assert np.array_equal(grown[5:53, 30:94], codecs.decode(original))
    assert (grown[:, :26] == 200).all()
    assert reply.made["outside_change"] > 20
    (tile, region), whole = model.seen[0], codecs.decode(original)
    assert tile[:2] == region
    if sizes == Sizes():  # what the model saw beyond the edge is the picture's reflection
        assert tile == (60, 100, 3)
        assert np.array_equal(codecs.decode(model.tiles[0])[53, 30:94], whole[-2])


def test_a_mask_with_no_room_for_the_picture_is_refused():
    """The picture lies in the mask's black part, which is exactly as large."""
    original, mask = photo(), np.full((60, 100), 255, np.uint8)
    mask[5:53, 30:90] = 0
    with pytest.raises(Invalid, match="leaves 60x48 free, and the picture is 64x48"):
        ask_edit(Painter(), original, codecs.encode_png(mask), "outpaint")


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ('kind = "outpaint"', "no side is said"),
        ("sides = { left = 0.5 }", "does not grow the picture"),
        (SIDES + "where = { box = [0, 0, 1, 1] }", "no where"),
        (SIDES.replace("0.25", "5"), "sides.left"),
    ],
)
def test_sides_that_make_no_sense_are_told(tmp_path, edit, said):
    """A mistake in the sides is one of the brief, with its line."""
    with pytest.raises(BadInput, match=said):
        edited(tmp_path, {"a.png": photo()}, edit)


# ------------------------------------------------------------------------------------- fill


def striped(height=120, width=160):
    """Stripes of two levels with grain: a surface that goes on."""
    stripes = 100 + 60 * (np.arange(width) // 8 % 2)
    return (
        np.broadcast_to(stripes, (height, width))[..., None] + dice(1).integers(0, 9, (height, width, 3))
    ).astype(np.uint8)


def test_a_hole_is_filled_with_what_goes_on_around_it():
    """The stripes go through the hole in step, with a grain like that around; outside nothing is changed."""
    rgb = striped()
    hole = np.zeros(rgb.shape[:2], np.uint8)
    hole[40:80, 50:100] = 255
    filled = fill(rgb, hole, dice(0))
    assert np.array_equal(filled[hole == 0], rgb[hole == 0])
    inside = hole > 0
    assert np.abs(filled[inside].astype(int) - rgb[inside]).mean() < 8
    levels = filled[44:76, 56:96].astype(float)
    assert 0.6 < levels.std(axis=0).mean() / rgb[:32, 56:96].astype(float).std(axis=0).mean() < 1.6


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (9, 2), (33, 20)])
def test_holes_of_any_size_are_filled(size):
    """From one pixel up, at any edge, and even where next to nothing is left to go by."""
    rgb = dice(5).integers(80, 120, (*size, 3), np.uint8)
    for part in (np.s_[:1], np.s_[-1:], np.s_[:, -1:], np.s_[:]):
        hole = np.zeros(size, np.uint8)
        hole[part] = 255
        filled = fill(rgb, hole, dice(0))
        assert filled.shape == rgb.shape
        assert np.array_equal(filled[hole == 0], rgb[hole == 0])


# ------------------------------------------------------------------------------------- vary


def test_a_picture_varies_as_much_as_it_is_told_to(tmp_path):
    """Strength 0 gives the very pixels, more strength more change, and the row says what was changed."""
    spans = {}
    for strength in (0.0, 0.3, 1.0):
        folder = tmp_path / str(strength)
        edited(
            folder, {"a.png": codecs.encode_png(striped())}, f'kind = "vary"\nstrength = {strength}\neach = 4'
        )
        found = list(pairs(folder))
        spans[strength] = np.mean(
            [
                np.abs(codecs.decode(after).astype(int) - codecs.decode(before)).mean()
                for _, before, after, _ in found
            ]
        )
        assert {codecs.decode(after).shape for _, _, after, _ in found} == {(120, 160, 3)}
        assert {row.cells["image"].value["mode"] for row, *_ in found} == {"vary"}
        assert all("exposure" in row.cells["image"].value["change"] for row, *_ in found)
    assert spans[0.0] == 0
    assert 0 < spans[0.3] < spans[1.0] < 90


def test_the_mask_of_what_is_there_moves_along():
    """A variation of a picture with a mask has its mask where the thing now is."""
    rgb, mask = np.full((120, 160, 3), 60, np.uint8), np.zeros((120, 160), np.uint8)
    mask[50:70, 60:90] = 255
    rgb[mask > 0] = 220
    for seed in range(5):
        other, moved = taken_again(rgb, mask, change(seed, 1.0), seed)
        bright = other.mean(axis=2) > (int(other.max()) + int(other.min())) / 2
        assert (bright & (moved > 0)).sum() / (bright | (moved > 0)).sum() > 0.85


def test_an_edit_of_a_picture_with_a_mask_has_one_too(tmp_path):
    """By command: the parent's defect keeps its mask in the variation, at the picture's size."""
    (tmp_path / "brief.toml").write_text(
        """
[dataset]
name = "varied"
[[make]]
label = "scratch"
count = 2
size = "160x120"
prompt = "a scratch"
facts = { surface = "phone", defect = "scratch", severity = "severe" }
[[edit]]
of = "scratch"
label = "scratch"
kind = "vary"
prompt = "the same"
"""
    )
    assert verbs.run(tmp_path).exit_code == 0
    masks = 0
    for _, _, after, files in pairs(tmp_path):
        with Dataset(tmp_path) as opened:
            mask = codecs.decode(opened.store.read(files["mask"]))
        assert mask.shape == codecs.decode(after).shape
        assert mask.any()
        masks += 1
    assert masks == 2


def test_no_change_is_no_change():
    """What strength 0 gives is known by value, so that not a level is lost."""
    assert change(7, 0.0) == NONE


def test_what_keyless_cannot_do_to_a_whole_picture_is_said(tmp_path):
    """A kind of edit it does not know is a failed cell that names those it does."""
    assert edited(tmp_path, {"a.png": photo()}, 'kind = "remove background"').exit_code == 1
    (trouble,) = verbs.errors(tmp_path)
    assert "cannot remove background" in trouble.why
    assert "outpaint" in trouble.why


def test_a_picture_too_large_for_a_model_is_shown_smaller_and_comes_back_as_large():
    """Never stretched, within the model's sizes, and of the picture's own size after."""
    model = Painter(Sizes(step=16, most_pixels=40_000, default=(64, 64)))
    reply, desk = ask_edit(model, photo(4, (300, 500)), kind="restyle")
    ((tile, _),) = model.seen
    assert tile[0] * tile[1] <= 40_000
    assert codecs.decode(reply.images[0]).shape == (300, 500, 3)
    assert desk._laid == {}


def test_a_turned_picture_is_shown_upright(tmp_path):
    """A model that knows nothing of EXIF is shown what a person sees."""
    model = Painter()
    ask_edit(model, FILES["turned 6"], kind="vary")
    assert model.seen[0][0] == codecs.decode(FILES["turned 6"]).shape


@pytest.mark.parametrize("kind", ["vary", "upscale"])
def test_what_a_model_can_take_as_it_is_passes_untouched(kind):
    """The file itself is sent, and the bytes that come back are kept as they came."""
    original, model = codecs.encode_jpeg(codecs.decode(photo(4, (64, 96)))), Painter(shrink=2)
    reply, _ = ask_edit(model, original, kind=kind)
    assert model.tiles == [original]
    assert reply.images == tuple(model.given)
