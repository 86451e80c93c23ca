"""Masks: every way to say what is to change gives exactly that, or says why it cannot."""

import io
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from photogram.faults import BadInput
from photogram.pixels import codecs, masks, priors


@st.composite
def some_masks(draw, most=24):
    """Any mask that is not empty."""
    shape = draw(array_shapes(min_dims=2, max_dims=2, max_side=most))
    mask = draw(arrays(np.uint8, shape, elements=st.sampled_from([0, 255]), fill=st.just(0)))
    mask[draw(st.integers(0, shape[0] - 1)), draw(st.integers(0, shape[1] - 1))] = 255
    return mask


def saved(array, kind="PNG", **options):
    file = io.BytesIO()
    (array if isinstance(array, Image.Image) else Image.fromarray(array)).save(file, kind, **options)
    return file.getvalue()


def read(array, **options):
    return masks.read(saved(array, **options), array.shape[1], array.shape[0])


def distances(mask):
    """How far each pixel is from the nearest that is set, counted the slow way."""
    rows, columns = np.indices(mask.shape)
    set_rows, set_columns = np.nonzero(mask)
    return np.hypot(rows[..., None] - set_rows, columns[..., None] - set_columns).min(axis=2)


# --------------------------------------------------------------------------- from files


@given(some_masks())
def test_a_mask_kept_is_the_mask_read(mask):
    """As a PNG of one channel or in OpenAI's polarity, a mask comes back as it was."""
    height, width = mask.shape
    data = masks.encode(mask)
    assert Image.open(io.BytesIO(data)).mode == "L"
    assert np.array_equal(masks.read(data, width, height), mask)
    assert np.array_equal(masks.read(masks.as_alpha(mask), width, height), mask)
    assert np.array_equal(masks.inverted(masks.inverted(mask)), mask)


def test_as_alpha_is_clear_where_the_change_goes():
    """OpenAI's polarity: alpha 0 changes, alpha 255 stays; and white changes for who overlooks it."""
    picture = Image.open(io.BytesIO(masks.as_alpha(np.array([[0, 255]], np.uint8))))
    assert np.array(picture).tolist() == [[[0, 0, 0, 255], [255, 255, 255, 0]]]
    assert np.array(picture.convert("L")).tolist() == [[0, 255]]


@pytest.mark.parametrize(
    ("levels", "meant"),
    [
        (np.array([[0, 127, 128, 255]], np.uint8), [0, 0, 255, 255]),
        (np.array([[0, 1, 1, 0]], np.uint8), [0, 255, 255, 0]),
        (np.array([[255, 255, 255, 255]], np.uint8), [255, 255, 255, 255]),
        (np.array([[0, 32767, 32768, 65535]], np.uint16), [0, 0, 255, 255]),
        (np.array([[[0, 0, 0], [90, 90, 0], [200, 0, 0], [9, 9, 255]]], np.uint8), [0, 0, 255, 255]),
        (
            np.array([[[9, 9, 9, 0], [5, 9, 9, 127], [9, 7, 9, 128], [9, 9, 9, 255]]], np.uint8),
            [255, 255, 0, 0],
        ),
        (np.array([[[5, 5, 5, 0], [5, 5, 5, 9]]], np.uint8), [255, 255]),
    ],
    ids=["greys", "counted", "white", "sixteen bits", "colours", "clear", "all clear"],
)
def test_greys_colours_and_clear_parts_are_read_by_rule(levels, meant):
    """Half bright is the change, ones are as good as white, and a clear part is a hole to fill."""
    assert read(levels)[0].tolist() == meant


def test_a_bilevel_mask_is_read():
    """One bit a pixel is enough for a mask."""
    bilevel = Image.fromarray(np.array([[0, 255, 0]], np.uint8)).convert("1")
    assert masks.read(saved(bilevel), 3, 1).tolist() == [[0, 255, 0]]


def test_a_mask_is_turned_as_its_picture_is():
    """The EXIF orientation of the mask's own file counts, and its size is told after turning."""
    mask = np.zeros((8, 16), np.uint8)
    mask[:, :8] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    data = saved(mask, "JPEG", quality=100, exif=exif)
    assert masks.box_of(masks.read(data, 8, 16)) == masks.Area(0, 0, 8, 8)
    with pytest.raises(BadInput, match=r"8x16 and the picture 16x8\n  it lies on its side"):
        masks.read(data, 16, 8)


STROKE = np.zeros((2, 2, 4), np.uint8)
STROKE[0, 0] = 255


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (saved(np.full((3, 5), 255, np.uint8)), "the mask is 5x3 and the picture 2x2"),
        (saved(np.zeros((2, 2), np.uint8)), "empty: its brightest value is 0 of 255"),
        (saved(np.full((2, 2), 100, np.uint8)), "empty: its brightest value is 100 of 255"),
        (saved(np.full((2, 2), 255, np.uint16)), "empty: its brightest value is 255 of 65535"),
        (saved(STROKE), "one colour in some places and clear in the others"),
        (b"", "cannot be read: the file is empty"),
        (b"%PDF-1.4", "not a picture"),
        (saved(np.zeros((2, 2), np.uint8))[:40], "the mask cannot be read"),
    ],
)
def test_a_file_that_is_no_mask_says_why_and_what_to_do(data, what):
    """Every bad mask file is met with what is wrong and with a remedy."""
    with pytest.raises(BadInput, match=what) as caught:
        masks.read(data, 2, 2)
    assert caught.value.do


# ----------------------------------------------------------------- from corners and boxes

SIZES = st.integers(1, 40)


@given(st.integers(0, 30), st.integers(0, 30), SIZES, SIZES)
def test_a_box_sets_exactly_its_pixels(left, top, wide, tall):
    """A box is its rows and columns, cut at the picture's edges, and its polygon is the same."""
    if (left, top, wide, tall) <= (1, 1, 1, 1) and max(left, top, wide, tall) <= 1:
        return
    mask = masks.box(left, top, wide, tall, 32, 31)
    expected = np.zeros((31, 32), np.uint8)
    expected[top : top + tall, left : left + wide] = 255
    assert np.array_equal(mask, expected)
    right, bottom = left + wide, top + tall
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    if max(right, bottom) > 1:
        assert np.array_equal(masks.polygon(corners, 32, 31), expected)


CORNERS = st.lists(st.tuples(st.integers(0, 120), st.integers(0, 120)), min_size=3, max_size=7)


@given(CORNERS, st.integers(2, 60), st.integers(2, 60))
def test_shares_are_as_good_as_pixels(quarters, width, height):
    """The same corners, in quarters of pixels or as shares of the sides, set the same pixels or none."""
    pixels = np.clip(np.array(quarters) / 4, 0, (width, height))
    if pixels.max() <= 1:
        return
    try:
        mask = masks.polygon(pixels, width, height)
    except BadInput:
        with pytest.raises(BadInput):
            masks.polygon(pixels / (width, height), width, height)
        return
    assert np.array_equal(masks.polygon(pixels / (width, height), width, height), mask)


@given(st.lists(st.tuples(*[st.floats(-9, 40)] * 2), min_size=3, max_size=3))
def test_a_triangle_sets_the_pixels_whose_centres_are_inside(corners):
    """What lies strictly on the inner side of all three lines is set, what lies outside is not."""
    mask = np.zeros((30, 30), np.uint8)
    masks.fill(mask, np.array(corners))
    down, across = np.indices(mask.shape) + 0.5
    sides = [
        (x1 - x0) * (down - y0) - (y1 - y0) * (across - x0)
        for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True)
    ]
    inside = np.min(sides, axis=0) > 1e-6
    inside |= np.max(sides, axis=0) < -1e-6
    outside = (np.min(sides, axis=0) < -1e-6) & (np.max(sides, axis=0) > 1e-6)
    assert mask[inside].all()
    assert not mask[outside].any()


def test_what_is_enclosed_twice_is_outside():
    """A path that goes round a square and round a smaller one leaves a hole."""
    ring = [(0, 0), (9, 0), (9, 9), (0, 9), (0, 0), (3, 3), (3, 6), (6, 6), (6, 3), (3, 3)]
    mask = masks.polygon(ring, 10, 10)
    assert not mask[3:6, 3:6].any()
    assert np.count_nonzero(mask) == 81 - 9


@pytest.mark.parametrize(
    ("points", "what"),
    [
        ([(0, 0), (5, 5)], "three corners or more"),
        ([1, 2, 3], "three corners or more"),
        ([(0, 0), (5,), (3, 3)], "not all pairs"),
        ("corner", "not all pairs"),
        ([(0, 0), (5, math.nan), (3, 3)], "nowhere near"),
        ([(0, 0), (5, math.inf), (3, 3)], "nowhere near"),
        ([(0, 0), (5, -1e9), (3, 3)], "nowhere near"),
        ([(50, 50), (60, 50), (60, 60)], "no pixel of the picture, 9x8, is inside"),
        ([(2, 2), (5, 2), (7, 2)], "no pixel of the picture, 9x8, is inside"),
    ],
)
def test_a_polygon_of_nothing_says_why_and_what_to_do(points, what):
    """Too few corners, no numbers, and places out of the picture are each named."""
    with pytest.raises(BadInput, match=what) as caught:
        masks.polygon(points, 9, 8)
    assert caught.value.do


@pytest.mark.parametrize("size", [(0, 3), (3, -1), (0.5, 0)])
def test_a_box_without_room_is_refused(size):
    """A box is wide and high or it is no box."""
    with pytest.raises(BadInput, match="wide and") as caught:
        masks.box(1, 1, *size, 9, 8)
    assert caught.value.do


# ------------------------------------------------------------------ growing and feathering


@given(some_masks(), st.integers(0, 9))
def test_growing_takes_in_all_that_is_near_and_nothing_else(mask, pixels):
    """A grown mask is every pixel within that distance, to the pixel."""
    assert np.array_equal(masks.grow(mask, pixels) > 0, distances(mask) <= pixels)


@given(some_masks(), some_masks(), st.integers(0, 5), st.integers(0, 5))
def test_growing_is_monotone(mask, other, few, more):
    """More pixels or more mask never give less, and twice a little is no more than once the sum."""
    grown = masks.grow(mask, few)
    assert (masks.grow(mask, few + more) >= masks.grow(grown, more)).all()
    assert (masks.grow(grown, more) >= grown).all()
    larger = mask.copy()
    rows, columns = (min(sides) for sides in zip(mask.shape, other.shape, strict=True))
    larger[:rows, :columns] |= other[:rows, :columns]
    assert (masks.grow(larger, few) >= grown).all()


@given(some_masks(), st.integers(0, 6), st.integers(0, 6))
def test_the_feather_lies_inside_the_grown_mask(mask, grown, feather):
    """It is 0 outside to the last pixel, above 0 inside, and 1 on all that was asked for."""
    label = masks.grow(mask, grown)
    alpha = masks.feather(label, feather)
    assert alpha.dtype == np.float32
    assert (alpha[label == 0] == 0).all()
    assert (alpha[label > 0] > 0).all()
    assert (alpha <= 1).all()
    if feather <= grown:
        assert (alpha[mask > 0] == 1).all()


def test_a_feather_rises_evenly_from_the_border():
    """Three pixels of feather are a quarter, a half, three quarters, and then all; the edge has none."""
    mask = np.zeros((1, 12), np.uint8)
    mask[0, 2:] = 255
    assert masks.feather(mask, 3)[0].tolist() == [0, 0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 1]
    assert (masks.feather(np.full((4, 5), 255, np.uint8), 9) == 1).all()


@pytest.mark.parametrize("change", [masks.grow, masks.feather])
def test_less_than_nothing_is_refused(change):
    """Neither growing nor feathering goes backwards."""
    with pytest.raises(BadInput, match="-1 pixels") as caught:
        change(np.full((2, 2), 255, np.uint8), -1)
    assert caught.value.do


@given(some_masks())
def test_the_box_is_the_smallest_around_the_mask(mask):
    """All of the mask is in its box, and every side of the box touches it."""
    area = masks.box_of(mask)
    inside = mask[area.part]
    assert inside.sum(dtype=int) == mask.sum(dtype=int)
    assert all(side.any() for side in (inside[0], inside[-1], inside[:, 0], inside[:, -1]))
    assert masks.share(mask) == np.count_nonzero(mask) / mask.size


@pytest.mark.parametrize(
    ("mask", "what"),
    [
        (np.zeros((3, 4), np.uint8), "empty"),
        (np.full((3, 4), 7, np.uint8), "greys"),
        (np.full((4, 3), 255, np.uint8), "3x4 and the picture 4x3"),
        (np.full((3, 5), 255, np.uint8), "5x3 and the picture 4x3"),
        (np.ones((3, 4), bool), "an array of bool"),
        (np.full((3, 4, 3), 255, np.uint8), "3 axes"),
    ],
)
def test_what_is_no_mask_for_a_picture_says_why_and_what_to_do(mask, what):
    """Empty, grey, of another size or of another kind: each is named."""
    with pytest.raises(BadInput, match=what) as caught:
        masks.check(mask, (3, 4, 3))
    assert caught.value.do


# ----------------------------------------------------------------------------- drawn ones


def dice(seed):
    return np.random.default_rng(seed)


@given(some_masks(40), st.sampled_from(priors.KINDS), st.floats(0.01, 1), st.integers(0, 99))
@settings(deadline=None)
def test_a_drawn_region_lies_where_it_is_allowed(within, kind, size, seed):
    """Never empty, never outside, and the same dice draw the same region."""
    height, width = within.shape
    mask = priors.prior(dice(seed), width, height, kind, size, within=within)
    masks.check(mask, within.shape)
    assert not mask[within == 0].any()
    assert np.array_equal(mask, priors.prior(dice(seed), width, height, kind, size, within=within))


@pytest.mark.parametrize("kind", priors.KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_a_drawn_region_has_the_size_and_direction_asked_for(kind, seed):
    """A region a fifth of the shorter side long, from left to right, is wider than high and no longer."""
    mask = priors.prior(dice(seed), 900, 600, kind, 0.2, orientation=0.0)
    area = masks.box_of(mask)
    assert 30 <= area.width <= 135
    assert np.nonzero(mask)[1].std() > np.nonzero(mask)[0].std()


def test_a_drawn_region_avoids_the_borders_of_what_is_allowed():
    """Where there is room a region is whole: it seldom touches the border it was kept inside of."""
    within = masks.box(100, 100, 300, 300, 600, 600)
    areas = [masks.box_of(priors.prior(dice(n), 600, 600, "blob", 0.2, within=within)) for n in range(20)]
    room = masks.Area(101, 101, 298, 298)
    assert sum(room.holds(area) for area in areas) >= 18


@pytest.mark.parametrize(
    ("kind", "size", "what"), [("cloud", 0.1, "'cloud'"), ("blob", 0, "be 0"), ("blob", 2, "be 2")]
)
def test_a_region_of_no_kind_or_size_says_what_to_choose(kind, size, what):
    """An unknown kind or an impossible size is met with what is possible."""
    with pytest.raises(BadInput, match=what) as caught:
        priors.prior(dice(0), 50, 50, kind, size)
    assert caught.value.do


def test_reading_a_mask_keeps_no_transparency_of_its_own():
    """An opaque fourth channel says nothing: brightness counts."""
    rgba = np.full((2, 2, 4), 255, np.uint8)
    rgba[0, 0, :3] = 0
    assert masks.read(codecs.encode_png(rgba), 2, 2).tolist() == [[0, 255], [255, 255]]
