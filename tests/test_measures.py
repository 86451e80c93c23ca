"""The measures stay in their ranges, move the way they are named for, and tell what is the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photogram.data import Blob, Cell, Row
from photogram.faults import Malformed
from photogram.pixels import codecs
from photogram.pixels.describe import colours, marks, sentence, words
from photogram.pixels.measures import measure
from photogram.steps.measure import Step

SHARES = ("brightness", "contrast", "sharpness", "colourfulness", "clipped_dark", "clipped_bright")


def flat(level, width=64, height=48):
    return np.full((height, width, 3), level, np.uint8)


def noise(seed=1, width=64, height=48):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 2**32), st.sampled_from([0, 1, 40, 256]))
@settings(deadline=None, max_examples=60)
def test_measures_are_in_range(width, height, seed, spread):
    """For any picture, one pixel included, every share lies from 0 to 1 and every number is finite."""
    rgb = np.random.default_rng(seed).integers(0, max(1, spread), (height, width, 3)).astype(np.uint8)
    measured = measure(rgb)
    assert all(0 <= measured[name] <= 1 for name in SHARES)
    assert all(np.isfinite(value) for value in measured.values() if not isinstance(value, str))
    assert (measured["width"], measured["height"]) == (width, height)
    assert 0 <= measured["entropy"] <= 8
    assert len(measured["phash"]) == 16


def test_black_white_and_grey():
    """Flat pictures have their level as brightness, no contrast, no sharpness and no colour."""
    for level, brightness in ((0, 0), (51, 0.2), (255, 1)):
        measured = measure(flat(level))
        assert measured["brightness"] == brightness
        assert measured["contrast"] == measured["sharpness"] == measured["colourfulness"] == 0
        assert measured["entropy"] == 0
        assert measured["blockiness"] == 1
    assert measure(flat(0))["clipped_dark"] == measure(flat(255))["clipped_bright"] == 1


def test_half_black_half_white_has_all_the_contrast():
    """Contrast is one when no picture could have more."""
    rgb = flat(0)
    rgb[:, 32:] = 255
    assert measure(rgb)["contrast"] == 1


def test_a_blurred_picture_is_less_sharp():
    """Averaging neighbours lowers sharpness and noise."""
    sharp = noise()
    small = codecs.shrink(sharp, 16, 12)
    blurred = np.repeat(np.repeat(small, 4, 0), 4, 1)
    assert measure(blurred)["sharpness"] < measure(sharp)["sharpness"]
    assert measure(blurred)["noise"] < measure(sharp)["noise"]


def test_strong_compression_shows_as_blocks():
    """A picture saved at the lowest quality has more of its steps on the borders of blocks."""
    ramp = np.linspace(0, 255, 128, dtype=np.uint8)
    rgb = np.stack(
        [np.tile(ramp, (128, 1)), np.tile(ramp[:, None], (1, 128)), np.tile(ramp, (128, 1))], axis=2
    )
    poor = codecs.decode(codecs.encode_jpeg(rgb, 5))
    assert measure(poor)["blockiness"] > 1.5 > measure(rgb)["blockiness"]


def test_colour_is_told_from_grey():
    """Red is colourful, its grey is not."""
    assert measure(np.full((48, 64, 3), (200, 30, 30), np.uint8))["colourfulness"] > 0.4


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=20)
def test_the_same_pixels_have_the_same_hash_in_any_lossless_file(seed):
    """`pixels` tells exact doubles across encodings, and one level's difference apart."""
    rgb = noise(seed)
    again = codecs.decode(codecs.encode_png(rgb))
    assert measure(again)["pixels"] == measure(rgb)["pixels"]
    rgb[0, 0, 0] ^= 1
    assert measure(again)["pixels"] != measure(rgb)["pixels"]


def test_the_shape_is_part_of_the_hash():
    """The same bytes in other rows are another picture."""
    assert measure(flat(9, 64, 48))["pixels"] != measure(flat(9, 48, 64))["pixels"]


def test_a_resized_picture_keeps_its_phash():
    """A few bits at most change when a picture is halved and stored as JPEG."""
    rgb = np.repeat(np.repeat(noise(3, 16, 12), 8, 0), 8, 1)
    small = codecs.decode(codecs.encode_jpeg(codecs.shrink(rgb, 64, 48), 80))
    one, two = (int(measure(picture)["phash"], 16) for picture in (rgb, small))
    assert (one ^ two).bit_count() <= 6


# -------------------------------------------------------------------------- in words


def test_a_mark_is_found_where_it_is():
    """One bright line on black is one bright elongated mark on its side of the centre."""
    rgb = flat(10, 384, 288)
    rgb[100:160, 300:303] = 220
    (found,) = marks(rgb)
    assert (found.tone, found.shape, found.place) == ("bright", "elongated", "right of the centre")
    said = sentence(measure(rgb), colours(rgb), [found])
    assert said.endswith("with one bright elongated mark right of the centre.")
    assert said.startswith("A dark picture, mostly black")


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
@settings(deadline=None)
def test_a_flat_picture_has_one_colour_and_no_mark(red, green, blue):
    """Every colour there is has one name, and a flat picture has nothing that stands out."""
    rgb = np.full((30, 40, 3), (red, green, blue), np.uint8)
    assert list(colours(rgb).values()) == [1.0]
    assert marks(rgb) == []


@pytest.mark.parametrize(
    ("rgb", "name"), [((210, 30, 30), "red"), ((40, 60, 200), "blue"), ((90, 90, 90), "grey")]
)
def test_colours_have_their_names(rgb, name):
    """Red is called red."""
    assert list(colours(np.full((30, 40, 3), rgb, np.uint8))) == [name]


def test_shape_has_a_word():
    """Wider than high is landscape."""
    assert words(measure(flat(9, 64, 32)))["orientation"] == "landscape"
    assert words(measure(flat(9, 32, 64)))["orientation"] == "portrait"
    assert words(measure(flat(9, 64, 64)))["orientation"] == "square"


# --------------------------------------------------------------------------- the step


def test_the_step_measures_the_image_of_a_row():
    """It asks for the image's bytes and answers with the measures; without an image nothing is owed."""
    blob = Blob(sha256="ab", media_type="image/png", size=1)
    row = Row(id="r1", name="one", cells={"image": Cell(state="filled", files={"image": blob})})
    assert Step().reads(row) == {"image": blob}
    assert Step().reads(Row(id="r2", name="two")) is None
    rgb = noise()
    assert Step().compute(row, {"image": codecs.encode_png(rgb)}).facts == measure(rgb)


def test_the_step_says_why_a_picture_cannot_be_measured():
    """Bytes that are no picture are Malformed."""
    with pytest.raises(Malformed, match="not a picture"):
        Step().compute(Row(id="r", name="n"), {"image": b"<html>"})
