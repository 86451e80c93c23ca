"""The outside stays: whatever a model does, nothing beyond the mask is changed by one level."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photogram.data import Sizes
from photogram.faults import BadInput
from photogram.pixels import codecs, masks, tiles
from photogram.pixels.masks import Area
from photogram.pixels.paste import change, paste, settled
from tests.kinds import FILES

SIZES = [
    Sizes(default=(0, 0)),
    Sizes(step=16, least_pixels=3000, most_pixels=6000, most_ratio=2.0, default=(32, 32)),
    Sizes(step=8, most_pixels=400, default=(0, 0)),
    Sizes(step=64, least_pixels=16384, most_ratio=1.0, default=(128, 128)),
]


def dice(seed):
    return np.random.default_rng(seed)


@st.composite
def originals(draw):
    """Any picture of eight or sixteen bits, opaque or not."""
    width, height, channels = (
        draw(st.integers(1, 48)),
        draw(st.integers(1, 48)),
        draw(st.sampled_from([3, 4])),
    )
    kind = draw(st.sampled_from([np.uint8, np.uint16]))
    whole = dice(draw(st.integers(0, 999))).integers(
        0, np.iinfo(kind).max, (height, width, channels), kind, True
    )
    if channels == 4 and draw(st.booleans()):
        whole[: height // 2, :, 3] = 0
    return whole


@st.composite
def masked(draw):
    """Any picture, and any mask for it that is not empty."""
    whole = draw(originals())
    height, width = whole.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    for _ in range(draw(st.integers(1, 3))):
        left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
        mask[top : top + draw(st.integers(1, 48)), left : left + draw(st.integers(1, 48))] = 255
    return whole, masks.grow(mask, draw(st.integers(0, 4)))


def through_a_model(whole, mask, sizes, model, feather):
    """The whole way: plan, cut, edit, bring back, paste."""
    height, width = whole.shape[:2]
    fit = tiles.plan(width, height, masks.box_of(mask), sizes)
    tile = tiles.cut(whole, fit)
    edited, place = tiles.back(model(tile), fit, whole.shape)
    before = tiles.back(tile, fit, whole.shape)[0]
    return (*paste(whole, edited, mask, feather, place, before), fit)


def scrambled(tile):
    return dice(5).integers(0, 256, tile.shape, np.uint8)


@given(masked(), st.sampled_from(SIZES), st.integers(0, 9))
@settings(deadline=None)
def test_nothing_outside_the_mask_is_changed(picture, sizes, feather):
    """Any picture, mask, tile and feather: outside all channels are the original's, and so is all alpha."""
    whole, mask = picture
    kept = whole.copy()
    result, facts, _ = through_a_model(whole, mask, sizes, scrambled, feather)
    assert np.array_equal(whole, kept)
    assert (result.shape, result.dtype) == (whole.shape, whole.dtype)
    assert np.array_equal(result[mask == 0], whole[mask == 0])
    assert np.array_equal(result[..., 3:], whole[..., 3:])
    assert 0 <= facts["outside_change"] <= 255
    assert 0 <= facts["outside_changed"] <= 1


@given(masked(), st.sampled_from(SIZES), st.integers(0, 9))
@settings(deadline=None)
def test_a_model_that_changes_nothing_changes_nothing(picture, sizes, feather):
    """At any scale the unedited tile leaves the picture to the last bit, inside the mask too."""
    whole, mask = picture
    result, facts, _ = through_a_model(whole, mask, sizes, lambda tile: tile, feather)
    assert facts == {"outside_change": 0, "outside_changed": 0, "inside_change": 0}
    assert np.array_equal(result, whole)


@pytest.mark.parametrize("sizes", [SIZES[0], SIZES[3]])
def test_what_a_model_only_stores_with_loss_stays(sizes):
    """A grained picture whose tile comes back as a JPEG of itself: not one pixel is another."""
    slope = np.linspace(60, 180, 120)[None, :, None] + np.zeros((96, 1, 3))
    whole = np.clip(slope + dice(6).normal(0, 3, slope.shape), 0, 255).astype(np.uint8)
    mask = masks.box(0.2, 0.2, 0.6, 0.6, 120, 96)

    def stored(tile):
        return codecs.decode(codecs.encode_jpeg(tile, 92))

    result, facts, _ = through_a_model(whole, mask, sizes, stored, 2)
    assert facts["inside_change"] > 0.2
    assert np.array_equal(result, whole)


def test_a_change_is_kept_where_it_is_meant_and_nowhere_else():
    """A thin bright line and a faint broad shade stay; noise of a few levels around them goes."""
    own = dice(7).integers(90, 110, (160, 160, 3), np.uint8)
    meant = own.copy()
    meant[20:22, 20:140] = 200
    meant[60:140, 40:120] -= np.uint8(6)
    edited = meant + dice(8).integers(0, 5, own.shape, np.uint8) - np.uint8(2)
    result = settled(own, own, edited)
    assert np.array_equal(result[20:22, 24:136], edited[20:22, 24:136])
    assert np.abs(result[70:130, 50:110].astype(int) - meant[70:130, 50:110]).max() <= 2
    away = np.ones(own.shape[:2], bool)
    away[10:32, 10:150] = away[45:155, 25:135] = False
    assert np.array_equal(result[away], own[away])


@given(masked(), st.integers(0, 6))
@settings(deadline=None)
def test_where_the_feather_is_one_the_edit_is_what_shows(picture, feather):
    """Opaque pixels deep inside show the edit exactly, at sixteen bits too; the others lie in between."""
    whole, mask = picture
    before, edited = codecs.shown(whole), scrambled(codecs.shown(whole))
    after = codecs.shown(paste(whole, edited, mask, feather)[0])
    opaque = np.ones(mask.shape, bool) if whole.shape[2] == 3 else whole[..., 3] == np.iinfo(whole.dtype).max
    deep = opaque & (masks.feather(mask, feather) == 1)
    assert np.array_equal(after[deep], edited[deep])
    low, high = np.minimum(before, edited), np.maximum(before, edited)
    assert (after[opaque] >= low[opaque]).all()
    assert (after[opaque] <= high[opaque]).all()


def test_the_feather_blends_at_every_border_of_the_mask():
    """Each pixel moves towards the edit by its feather, in a mask too tall to be worked on at once."""
    whole, edited = np.full((600, 30, 3), 200, np.uint8), np.full((600, 30, 3), 40, np.uint8)
    mask = masks.box(5, 20, 20, 560, 30, 600)
    result, _ = paste(whole, edited, mask, 4)
    alpha = masks.feather(mask, 4)[..., None]
    assert np.array_equal(result, np.rint(200 - 160 * alpha).repeat(3, axis=2))
    assert result[300, 4:11, 0].tolist() == [200, 168, 136, 104, 72, 40, 40]


def test_a_colour_that_shows_in_part_is_changed_by_as_much_more():
    """Half covered, a pixel takes twice the step, so that on white it shows the edit; clear ones stay."""
    whole = np.array([[[100, 100, 100, 128], [7, 8, 9, 0]]], np.uint8)
    seen = codecs.shown(whole)
    result, _ = paste(whole, seen - np.uint8(20), np.full((1, 2), 255, np.uint8))
    assert result[0, 0].tolist() == [60, 60, 60, 128]
    assert codecs.shown(result)[0, 0].tolist() == (seen[0, 0] - 20).tolist()
    assert result[0, 1].tolist() == [7, 8, 9, 0]


def test_sixteen_bits_keep_their_low_byte():
    """The edit speaks of high bytes only, and only they are moved."""
    whole = np.array([[[0x12FF, 0x8001, 0xFFFF]]], np.uint16)
    result, _ = paste(whole, np.array([[[0, 255, 0x80]]], np.uint8), np.full((1, 1), 255, np.uint8))
    assert result.tolist() == [[[0x00FF, 0xFF01, 0x80FF]]]


def test_what_changed_outside_is_told():
    """The mean of all levels outside, the share beyond what is noticed, and the mean inside."""
    before = np.full((2, 5, 3), 100, np.uint8)
    after = before.copy()
    after[0, 0] += 30
    after[0, 1] += 8
    after[1, 4, 0] += 60
    mask = np.zeros((2, 5), np.uint8)
    mask[1, 3:] = 255
    facts = change(before, after, mask)
    assert facts == {"outside_change": (30 + 8) / 8, "outside_changed": 1 / 8, "inside_change": 10.0}
    assert paste(before, after, mask)[1] == facts
    assert change(before, after, np.full((2, 5), 255, np.uint8))["outside_change"] == 0


# --------------------------------------------------------------------- files of every kind


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("sizes", SIZES)
def test_the_outside_of_a_file_of_any_kind_stays(name, sizes):
    """From bytes to bytes, by either way of reading: as large as it was, and the same outside."""
    data = FILES[name]
    whole = codecs.decode_whole(data)
    height, width = whole.shape[:2]
    header = codecs.inspect(data)
    assert (width, height) == (header.width, header.height)
    mask = masks.grow(masks.box(0.4, 0.3, 0.2, 0.3, width, height), 3)
    kept = codecs.encode_png(through_a_model(whole, mask, sizes, scrambled, 3)[0])
    outside = mask == 0
    assert np.array_equal(codecs.decode_whole(kept)[outside], whole[outside])
    assert np.array_equal(codecs.decode(kept)[outside], codecs.decode(data)[outside])
    assert not np.array_equal(codecs.decode(kept)[~outside], codecs.decode(data)[~outside])


# ------------------------------------------------------------------------------ bad input

PICTURE = np.zeros((6, 8, 3), np.uint8)
WHITE = np.full((6, 8), 255, np.uint8)
GREYS = np.full((6, 8), 90, np.uint8)


@pytest.mark.parametrize(
    ("edited", "mask", "place", "what"),
    [
        (PICTURE, np.zeros((6, 8), np.uint8), None, "the mask is empty"),
        (PICTURE, GREYS, None, "the mask holds greys"),
        (PICTURE, WHITE.T, None, "the mask is 6x8 and the picture 8x6"),
        (PICTURE[:4], WHITE, None, "the edit is 8x4 where 8x6 belongs"),
        (PICTURE[:4], WHITE, Area(0, 0, 8, 4), "does not cover all of the mask"),
        (PICTURE, WHITE, Area(1, 0, 8, 6), "reaches out of the picture"),
    ],
)
def test_what_does_not_fit_says_why_and_what_to_do(edited, mask, place, what):
    """A mask or an edit that does not belong to the picture is never pasted."""
    with pytest.raises(BadInput, match=what) as caught:
        paste(PICTURE, edited, mask, 0, place)
    assert caught.value.do


def test_a_mask_of_everything_leaves_nothing_outside():
    """All white is a mask: the whole picture is the edit's."""
    result, facts = paste(PICTURE, PICTURE + np.uint8(50), WHITE, 2)
    assert (result == 50).all()
    assert facts == {"outside_change": 0, "outside_changed": 0, "inside_change": 50}


def test_a_small_change_of_a_large_picture_takes_one_copy_of_it():
    """Of 48 megapixels only the result is made anew; the work is done on the part that changes."""
    whole, mask = np.zeros((6000, 8000, 3), np.uint8), np.zeros((6000, 8000), np.uint8)
    mask[3000:3040, 4000:4100] = 255
    place = Area(3500, 2500, 1024, 1024)
    tracemalloc.start()
    result, _ = paste(whole, np.full((1024, 1024, 3), 9, np.uint8), mask, 4, place)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < whole.nbytes + 30_000_000
    assert np.count_nonzero(result[place.part]) == 40 * 100 * 3
