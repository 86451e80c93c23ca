"""Tiles: the part of a picture that a model is shown, never stretched, and the way back."""

import tracemalloc
from contextlib import suppress

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photogram.data import Card, Sizes
from photogram.faults import BadInput, Invalid, Malformed
from photogram.pixels import masks, tiles
from photogram.pixels.masks import Area
from photogram.terms import check_size

IMAGE_2 = Sizes(step=16, least_pixels=655_360, most_pixels=8_294_400, most_ratio=3.0)
THREE_SIZES = Sizes(step=512, least_pixels=1_048_576, most_pixels=1_572_864, most_ratio=1.5)
ANY = Sizes()
KNOWN = [IMAGE_2, THREE_SIZES, ANY]


@st.composite
def pictures(draw, most=300):
    """A picture's size and the box of something in it."""
    width, height = draw(st.integers(1, most)), draw(st.integers(1, most))
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    wide, tall = draw(st.integers(1, width - left)), draw(st.integers(1, height - top))
    return width, height, Area(left, top, wide, tall)


@st.composite
def rules(draw):
    """Sizes of a small model that leave it something to make."""
    step, least = draw(st.sampled_from([1, 2, 7, 16, 24])), draw(st.sampled_from([0, 100, 1024, 5000]))
    return Sizes(
        step=step,
        least_pixels=least,
        most_pixels=draw(st.sampled_from([0, 8 * least + 4096, 40_000])),
        most_ratio=draw(st.sampled_from([0.0, 1.0, 1.5, 4.0])),
        default=draw(st.sampled_from([(0, 0), (64, 48), (96, 96)])),
    )


def check_fit(fit, width, height, box, sizes):
    check_size(Card(name="test:edit", does=("edit",), sizes=sizes), fit.width, fit.height)
    assert fit.width * fit.window.height == fit.height * fit.window.width
    assert fit.window.holds(box)
    assert Area(0, 0, width, height).holds(fit.crop((height, width)))


@given(pictures(), rules())
@settings(deadline=None)
def test_every_tile_keeps_the_models_rules_and_the_proportions(picture, sizes):
    """Any picture, any box, any rules: the model takes the tile, and its scale is one number."""
    width, height, box = picture
    check_fit(tiles.plan(*picture, sizes), width, height, box, sizes)


@given(pictures(8000), st.sampled_from(KNOWN))
@settings(deadline=None, max_examples=60)
def test_every_picture_up_to_8000_pixels_fits_every_known_model(picture, sizes):
    """The sizes of real models, and pictures from one pixel to forty-eight million."""
    width, height, box = picture
    fit = tiles.plan(*picture, sizes)
    check_fit(fit, width, height, box, sizes)
    around = box.widened(tiles.LEAST_MARGIN).within((height, width))
    assert fit.window.holds(around)
    assert fit.window.holds(box.widened(max(box.width, box.height) // 2).within((height, width))) or (
        box.width != box.height
    )


@pytest.mark.parametrize(
    ("width", "height", "box", "sizes", "window", "tile"),
    [
        # a small mask in a large picture: the model's own size around it, as sharp as it is
        (8000, 6000, Area(4000, 3000, 20, 30), IMAGE_2, Area(3498, 2503, 1024, 1024), (1024, 1024)),
        # in a corner: moved into the picture
        (8000, 6000, Area(7990, 0, 10, 10), IMAGE_2, Area(6976, 0, 1024, 1024), (1024, 1024)),
        # half its size on every side, and that still fits unshrunk
        (8000, 6000, Area(3000, 3000, 1000, 800), IMAGE_2, Area(2500, 2600, 2000, 1600), (2000, 1600)),
        # a picture of no such multiple: a few pixels of reflection, nothing scaled
        (1000, 750, Area(0, 0, 30, 30), IMAGE_2, Area(-4, -1, 1008, 752), (1008, 752)),
        # much smaller than the least: enlarged
        (100, 80, Area(10, 10, 5, 5), IMAGE_2, Area(0, 0, 100, 80), (960, 768)),
        # a little less than a quarter of the least is enlarged too; what has more is reflected
        (400, 320, Area(10, 10, 5, 5), IMAGE_2, Area(0, 0, 400, 320), (960, 768)),
        (600, 600, Area(10, 10, 5, 5), IMAGE_2, Area(-108, -108, 816, 816), (816, 816)),
        # no rules: as it is
        (31, 17, Area(3, 3, 2, 2), ANY, Area(0, 0, 31, 17), (31, 17)),
    ],
)
def test_tiles_by_rule(width, height, box, sizes, window, tile):
    """Each rule, once."""
    fit = tiles.plan(width, height, box, sizes)
    assert (fit.window, (fit.width, fit.height)) == (window, tile)


def test_a_change_of_the_whole_of_a_large_picture_is_shrunk_no_more_than_it_must():
    """Forty-eight megapixels into eight: the tile is nearly all that the model takes."""
    fit = tiles.plan(8000, 6000, Area(0, 0, 8000, 6000), IMAGE_2)
    assert 0.95 * IMAGE_2.most_pixels < fit.width * fit.height <= IMAGE_2.most_pixels
    assert fit.window.holds(Area(0, 0, 8000, 6000))
    assert max(fit.padding((6000, 8000))) < 20


def noise(height, width, seed=3):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@given(pictures(90), rules(), st.integers(0, 9))
@settings(deadline=None)
def test_what_is_cut_and_brought_back_is_the_picture(picture, sizes, seed):
    """At scale 1 every pixel comes back to where it was; at any scale the size and place are right."""
    width, height, _ = picture
    rgb, fit = noise(height, width, seed), tiles.plan(*picture, sizes)
    tile = tiles.cut(rgb, fit)
    assert tile.shape == (fit.height, fit.width, 3)
    returned, place = tiles.back(tile, fit, rgb.shape)
    assert place == fit.crop(rgb.shape)
    assert returned.shape == (place.height, place.width, 3)
    if fit.scale == 1:
        assert np.array_equal(returned, rgb[place.part])


@given(pictures(90), rules())
@settings(deadline=None)
def test_the_tiles_mask_covers_all_of_the_mask(picture, sizes):
    """White on every pixel that shows anything of the change; brought back, it covers the mask."""
    width, height, box = picture
    mask = np.zeros((height, width), np.uint8)
    mask[box.part] = 255
    fit = tiles.plan(*picture, sizes)
    small = tiles.cut_mask(mask, fit)
    assert small.shape == (fit.height, fit.width)
    assert set(np.unique(small)) <= {0, 255}
    rgb, place = tiles.back(np.repeat(small[..., None], 3, axis=2), fit, mask.shape)
    assert rgb[..., 0][mask[place.part] > 0].min() > 0
    if fit.scale == 1:
        assert np.array_equal(rgb[..., 0], mask[place.part])


def test_a_speck_does_not_vanish_from_the_tiles_mask():
    """One pixel of a picture shrunk thirty times is still to change in the tile."""
    mask = np.zeros((960, 960), np.uint8)
    mask[500, 501] = 255
    small = tiles.cut_mask(mask, tiles.Fit(Area(0, 0, 960, 960), 32, 32))
    assert masks.box_of(small) == Area(16, 16, 1, 1)


def test_a_circle_stays_a_circle():
    """Shrunk, letterboxed or enlarged, what is round is as wide as it is high, in the tile too."""
    for width, height, sizes in [(1200, 300, THREE_SIZES), (120, 70, IMAGE_2), (4000, 1500, THREE_SIZES)]:
        rgb = np.zeros((height, width, 3), np.uint8)
        cv2.circle(rgb, (width // 2, height // 2), height // 4, (255, 255, 255), -1)
        fit = tiles.plan(width, height, Area(0, 0, width, height), sizes)
        above, below, left, right = (round(n * fit.scale) for n in fit.padding(rgb.shape))
        tile = tiles.cut(rgb, fit)[above : fit.height - below, left : fit.width - right, 0]
        circle = masks.box_of(tile // 128 * np.uint8(255))
        assert abs(circle.width - circle.height) <= 2 * max(1, fit.scale)


def test_the_picture_goes_on_as_its_reflection():
    """Beyond the edge lies what lies inside of it, not a bar of any colour; and so does the mask."""
    rgb = np.arange(6, dtype=np.uint8).reshape(1, 6, 1).repeat(3, axis=2)
    mask = np.array([[255, 255, 0, 0, 0, 0]], np.uint8)
    fit = tiles.Fit(Area(-2, 0, 10, 1), 10, 1)
    assert tiles.cut(rgb, fit)[0, :, 0].tolist() == [2, 1, 0, 1, 2, 3, 4, 5, 4, 3]
    assert tiles.cut_mask(mask, fit)[0].tolist() == [0, 255, 255, 255, 0, 0, 0, 0, 0, 0]
    assert fit.padding(rgb.shape) == (0, 0, 2, 2)


def test_an_answer_of_another_size_is_brought_back_if_its_proportions_are_right():
    """Twice as large is as good; of other proportions it is said to the model, with both sizes."""
    fit = tiles.plan(100, 60, Area(10, 10, 8, 8), ANY)
    returned, _ = tiles.back(np.full((120, 200, 3), 7, np.uint8), fit, (60, 100))
    assert returned.shape == (60, 100, 3)
    with pytest.raises(Malformed, match=r"64x64 where 100x60 was sent: return it in the same proportions"):
        tiles.back(np.zeros((64, 64, 3), np.uint8), fit, (60, 100))


def test_a_tile_is_cut_as_a_person_sees_it():
    """Clear parts are sent on white, and sixteen bits as eight."""
    deep = np.array([[[0x1234, 0, 0xFFFF, 0xFFFF], [0, 0, 0, 0]]], np.uint16)
    assert tiles.cut(deep, tiles.Fit(Area(0, 0, 2, 1), 2, 1)).tolist() == [[[0x12, 0, 255], [255, 255, 255]]]


@pytest.mark.parametrize("box", [Area(0, 0, 9, 3), Area(-1, 0, 2, 2), Area(2, 2, 0, 0)])
def test_a_box_that_is_not_in_the_picture_is_refused(box):
    """A box from another picture's mask is named as such."""
    with pytest.raises(BadInput, match="not in the picture") as caught:
        tiles.plan(8, 8, box, ANY)
    assert caught.value.do


def test_rules_that_leave_no_size_are_refused():
    """A model that makes nothing cannot edit."""
    with pytest.raises(BadInput, match="no tile for 8x8 pixels") as caught:
        tiles.plan(8, 8, Area(0, 0, 2, 2), Sizes(step=64, most_pixels=100))
    assert caught.value.do


@given(pictures(8000), st.sampled_from(KNOWN))
@settings(deadline=None, max_examples=60)
def test_a_sharp_picture_is_not_blurred_for_nothing(picture, sizes):
    """Where the model takes all that is wanted as it is, the tile is not shrunk."""
    width, height, box = picture
    wide = min(width, max(sizes.default[0], box.width + 2 * max(-(-box.width // 2), tiles.LEAST_MARGIN)))
    tall = min(height, max(sizes.default[1], box.height + 2 * max(-(-box.height // 2), tiles.LEAST_MARGIN)))
    tile = [-(-side // sizes.step) * sizes.step for side in (wide, tall)]
    with suppress(Invalid):
        check_size(Card(name="test:edit", does=("edit",), sizes=sizes), *tile)
        assert tiles.plan(*picture, sizes).scale >= 1


def test_a_small_change_of_a_large_picture_touches_only_its_part():
    """Planning, cutting and bringing back a tile of 48 megapixels takes memory for the tile alone."""
    rgb, mask = np.zeros((6000, 8000, 3), np.uint8), np.zeros((6000, 8000), np.uint8)
    mask[3000:3040, 4000:4100] = 255
    tracemalloc.start()
    fit = tiles.plan(8000, 6000, masks.box_of(mask), IMAGE_2)
    tile, small = tiles.cut(rgb, fit), tiles.cut_mask(mask, fit)
    returned, place = tiles.back(tile, fit, rgb.shape)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 25_000_000
    assert np.shares_memory(small, mask) or small.size == fit.width * fit.height
    assert returned.shape[:2] == (place.height, place.width) == (1024, 1024)


@pytest.mark.parametrize(
    "sizes",
    [
        Sizes(listed=((512, 512), (768, 1024))),
        Sizes(ratios={"1:1": (1024, 1024), "16:9": (1376, 768)}, classes={"1K": 1.0, "2K": 2.0}),
        Sizes(least_side=64, most_side=1536, most_pixels=1_500_000, most_ratio=2.5),
    ],
)
@given(data=st.data())
def test_a_tile_is_of_a_size_that_the_model_names(sizes, data):
    """Also where a model has a few sizes only, or bounds on its sides."""
    width, height = data.draw(st.integers(32, 3000)), data.draw(st.integers(32, 3000))
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    box = Area(left, top, data.draw(st.integers(1, width - left)), data.draw(st.integers(1, height - top)))
    fit = tiles.plan(width, height, box, sizes)
    check_size(Card(name="some:model", does=("edit",), sizes=sizes), fit.width, fit.height)
    assert fit.window.holds(box)
    assert fit.window.width * fit.height == fit.window.height * fit.width
