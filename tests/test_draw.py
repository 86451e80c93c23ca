"""The renderer draws the same for the same seed, marks exactly what it drew, and says what it did not."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photogram.pixels import codecs
from photogram.pixels.draw import canvas
from photogram.pixels.draw.another import change, taken_again
from photogram.pixels.draw.blend import Defect, blend
from photogram.pixels.draw.defects import DEFECTS, SEVERITIES
from photogram.pixels.draw.paint import FLAWLESS, paint
from photogram.pixels.draw.text import cut, font, plain
from photogram.pixels.draw.transplant import Donor, transplant
from photogram.pixels.fill import fill
from photogram.pixels.seat import seat

TOLERANCE = 6
"""Outside the mask nothing differs by more levels than this: colour is kept at half the size."""

seeds = st.integers(-(2**63), 2**64)
defects = st.sampled_from(sorted(DEFECTS))
severities = st.sampled_from(SEVERITIES)
sizes = st.tuples(st.integers(64, 420), st.integers(64, 420))
some = settings(deadline=None, max_examples=25)


def phone(**facts):
    return {"surface": "phone", **facts}


@given(defects, severities, sizes, seeds)
@some
def test_the_same_seed_draws_the_same_pixels(defect, severity, size, seed):
    """Facts, size and seed decide every pixel of the picture, its mask and its boxes."""
    facts = phone(defect=defect, severity=severity)
    one, two = paint(facts, *size, seed), paint(facts, *size, seed)
    assert np.array_equal(one.rgb, two.rgb)
    assert np.array_equal(one.mask, two.mask)
    assert one.boxes == two.boxes


@given(st.sampled_from([phone(), phone(defect="oil"), {"label": "a facade"}]), seeds)
@some
def test_another_seed_draws_another_picture(facts, seed):
    """Two seeds differ by far more than noise does."""
    one, two = (paint(facts, 320, 240, number).rgb.astype(int) for number in (seed, seed + 1))
    assert np.abs(one - two).mean() > 1.5


@given(defects, severities, sizes, seeds)
@some
def test_the_mask_is_where_the_defect_changed_the_picture(defect, severity, size, seed):
    """Beside the flawless picture of the same seed: outside the mask the same, inside it plainly not."""
    clean = paint(phone(), *size, seed).rgb.astype(int)
    bad = paint(phone(defect=defect, severity=severity), *size, seed)
    change = np.abs(bad.rgb.astype(int) - clean).max(axis=2)
    inside = bad.mask > 0
    assert change[~inside].max() <= TOLERANCE
    assert change[inside].max() > TOLERANCE
    assert (change[inside] > 2).mean() > 0.25


@given(defects, severities, sizes, seeds)
@some
def test_the_mask_is_black_and_white_and_its_box_fits(defect, severity, size, seed):
    """A mask is one channel of 0 and 255 at the picture's size; its box touches it on all four sides."""
    painted = paint(phone(defect=defect, severity=severity), *size, seed)
    assert painted.mask.shape == painted.rgb.shape[:2] == size[::-1]
    assert set(np.unique(painted.mask)) == {0, 255}
    (box,) = painted.boxes
    rows, columns = np.nonzero(painted.mask)
    assert (box.label, box.left, box.top) == (defect, columns.min(), rows.min())
    assert (box.width, box.height) == (np.ptp(columns) + 1, np.ptp(rows) + 1)


@pytest.mark.parametrize("defect", sorted(DEFECTS))
def test_worse_is_larger(defect):
    """Over many seeds a severe defect covers more than a moderate one, and that more than a light one."""
    covered = [
        np.mean(
            [
                np.count_nonzero(paint(phone(defect=defect, severity=how), 400, 300, seed).mask)
                for seed in range(12)
            ]
        )
        for how in SEVERITIES
    ]
    assert covered[0] < covered[1] < covered[2]


@pytest.mark.parametrize("word", [*FLAWLESS, None, "None"])
def test_a_flawless_phone_has_no_mask(word):
    """Nothing wrong is drawn as nothing wrong, under every name it has."""
    painted = paint(phone(defect=word, finish="white"), 128, 96, 1)
    assert painted.mask is None
    assert painted.boxes == ()
    assert painted.shows == {"surface": "phone", "finish": "white", "table": "grey", "defect": "none"}
    assert painted.not_understood == ()


def test_the_finish_is_drawn():
    """A white phone is brighter than a black one of the same seed."""
    white, black = (paint(phone(finish=finish), 256, 192, 5).rgb.mean() for finish in ("white", "black"))
    assert white > black + 10


def test_what_cannot_be_drawn_is_said():
    """An unknown defect gives a card; an unknown finish or fact is named and the phone still drawn."""
    cracked = paint(phone(defect="crack"), 128, 96, 1)
    assert cracked.shows == {"surface": "card"}
    assert cracked.not_understood == ("defect: crack",)
    painted = paint(phone(defect="oil", severity="huge", finish="blue", view="aslant"), 128, 96, 1)
    assert painted.shows["severity"] == "moderate"
    assert painted.not_understood == ("severity: huge", "finish: blue", "view: aslant")


def test_one_part_leaves_the_others_alone():
    """The scene's dice do not know which defect is thrown after it."""
    one, two = canvas.dice(7, "scene"), canvas.dice(7, "camera")
    assert one.random() != two.random()
    assert canvas.dice(7, "scene").random() == canvas.dice(7, "scene").random()


# -------------------------------------------------------------------------------- cards

values = st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.booleans(), st.lists(st.text()))


@given(st.dictionaries(st.text(), values, max_size=9), st.text(), sizes, seeds)
@some
def test_a_card_can_be_drawn_of_anything(facts, prompt, size, seed):
    """No text, in any script, and no value keeps a card from being drawn."""
    painted = paint(facts, *size, seed, prompt)
    assert painted.rgb.shape == (size[1], size[0], 3)
    assert painted.mask is None


@pytest.mark.parametrize("size", [(64, 64), (64, 2048), (2048, 64), (2048, 2048), (65, 1023)])
def test_any_size_can_be_drawn(size):
    """From the smallest to the largest, and as narrow as they come."""
    assert paint(phone(defect="scratch"), *size, 3).rgb.shape == (size[1], size[0], 3)
    assert paint({"label": "a facade"}, *size, 3).rgb.shape == (size[1], size[0], 3)


def test_the_facts_give_the_colour():
    """The same facts have the same hue under any seed; other facts have another."""

    def hue(facts, seed):
        rgb = np.uint8([[paint(facts, 256, 192, seed).rgb.mean(axis=(0, 1))]])
        return int(cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)[0, 0, 0])

    assert abs(hue({"label": "roof"}, 1) - hue({"label": "roof"}, 2)) < 25
    assert abs(hue({"label": "roof"}, 1) - hue({"label": "market"}, 1)) > 25


@given(st.text(), st.integers(8, 40), st.integers(0, 300))
@some
def test_words_fit_their_room(text, size, room):
    """Words are plain ASCII on one line, and no wider than their room but for the three dots."""
    said = plain(text)
    assert said.isascii()
    assert "\n" not in said
    assert font(size).getlength(cut(said, size, room)) <= max(room, font(size).getlength("..."))


def test_accents_are_dropped_not_the_letters():
    """A name in another spelling stays readable."""
    assert plain("Zürich – café × 市") == "Zurich - cafe x ?"


@pytest.mark.parametrize("table", ["grey", "light", "dark", "blue", "green"])
def test_a_phone_lies_on_the_table_it_is_said_to_lie_on(table):
    """The corners of the picture are of the table's lightness and colour, the phone is as it was."""
    painted = paint(phone(table=table), 256, 192, 5)
    red, green, blue = painted.rgb[:10].reshape(-1, 3).mean(axis=0)
    assert painted.shows["table"] == table
    assert painted.not_understood == ()
    assert (blue > red + 25) == (table == "blue")
    assert (green > red + 15 and green > blue) == (table == "green")
    light = {"light": (112, 256), "dark": (0, 55)}.get(table, (40, 112))
    assert light[0] < (red + green + blue) / 3 < light[1]


def test_a_light_stain_can_be_seen_on_black():
    """Even the faintest is plainer than the noise around it, on every phone."""
    for seed in range(8):
        facts = phone(finish="black", severity="light")
        clean, stained = paint(facts, 512, 384, seed), paint(facts | {"defect": "stain"}, 512, 384, seed)
        assert seat(clean.rgb, stained.rgb, stained.mask)["visible"] > 4


def made(number):
    """Something of every kind that is drawn or edited without a key, as it would be stored."""
    kinds = [phone(defect="oil"), {"surface": "concrete", "defect": "rust"}, {"surface": "vehicle"}]
    kinds += [{"surface": "brick", "defect": "crack"}, {"surface": "scene", "setting": "market square"}]
    drawn = paint(kinds[number % 5], 320, 240, number)
    rgb, region = drawn.rgb, np.zeros((240, 320), np.uint8)
    region[60:180, 80:240] = 255
    donor = paint({"surface": "concrete", "part": "wall", "defect": "crack"}, 160, 120, number)
    edits = [
        blend(rgb, region, Defect("corrosion", "severe", "steel"), number)[0],
        transplant(rgb, region, Donor(donor.rgb, donor.mask), number)[0],
        fill(rgb, region, np.random.default_rng(number)),
        taken_again(rgb, None, change(number, 1.0), number)[0],
    ]
    return [codecs.encode_jpeg(one) for one in (rgb, *edits)]


def test_the_same_bytes_however_many_threads_draw():
    """One thread after the other or many at once, and OpenCV with one of its own or with four."""
    threads = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        alone = [made(number) for number in range(5)]
        cv2.setNumThreads(4)
        with ThreadPoolExecutor(5) as pool:
            assert list(pool.map(made, range(5))) == alone
    finally:
        cv2.setNumThreads(threads)
