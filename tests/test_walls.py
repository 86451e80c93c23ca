"""Buildings and bridges are drawn as their facts say, and what is wrong with them is marked exactly."""

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photogram import planning, stories
from photogram.pixels.draw.damage import ALSO_CALLED, DAMAGE, SEVERITIES
from photogram.pixels.draw.materials import BONDS, MATERIALS, bricks
from photogram.pixels.draw.paint import FLAWLESS, paint
from photogram.pixels.draw.parts import PARTS, STANDS_IN, WEATHERS
from photogram.reading.parse import parse

TOLERANCE = 8
"""Outside the mask nothing differs by more levels than this: colour is kept at half the size, and walls
have more of it than phones."""

BROKEN = [
    {"material": material, "defect": defect} for defect, kind in DAMAGE.items() for material in kind.materials
]

seeds = st.integers(-(2**63), 2**64)
severities = st.sampled_from(SEVERITIES)
lights = st.sampled_from(sorted(WEATHERS))
sizes = st.tuples(st.integers(64, 420), st.integers(64, 420))
some = settings(deadline=None, max_examples=25)


def sound(facts):
    """The same part without anything wrong."""
    return {name: value for name, value in facts.items() if name not in ("defect", "severity")}


def placed(facts):
    """The same in a part of its own, so that the flawless one stands in the same."""
    return {"part": PLACES.get(facts["material"], "wall"), **facts}


PLACES = {"steel": "girder", "asphalt": "deck"}


def covered(facts, seed, width=360, height=270):
    return np.count_nonzero(paint(facts, width, height, seed).mask)


@pytest.mark.parametrize("facts", BROKEN, ids=lambda facts: "-".join(facts.values()))
def test_whatever_can_be_wrong_is_drawn_at_every_severity(facts):
    """Each material, damage and severity shows what it was asked for, with a mask inside the picture."""
    for severity in SEVERITIES:
        painted = paint({**placed(facts), "severity": severity}, 200, 150, 5)
        assert painted.not_understood == ()
        assert (painted.shows["defect"], painted.shows["severity"]) == (facts["defect"], severity)
        assert painted.mode == "render"
        assert painted.mask.any()
        assert painted.mask.shape == painted.rgb.shape[:2] == (150, 200)


@given(st.sampled_from(BROKEN), severities, lights, sizes, seeds)
@some
def test_the_mask_is_where_the_damage_changed_the_picture(facts, severity, light, size, seed):
    """Beside the flawless picture of the same seed: outside the mask the same, inside it plainly not."""
    facts = {**placed(facts), "light": light}
    clean = paint(sound(facts), *size, seed).rgb.astype(int)
    bad = paint({**facts, "severity": severity}, *size, seed)
    change = np.abs(bad.rgb.astype(int) - clean).max(axis=2)
    inside = bad.mask > 0
    assert change[~inside].max(initial=0) <= TOLERANCE
    assert change[inside].max() > TOLERANCE
    assert (change[inside] > 2).mean() > 0.25


@given(st.sampled_from(BROKEN), severities, sizes, seeds)
@some
def test_the_same_seed_draws_the_same_pixels(facts, severity, size, seed):
    """Facts, size and seed decide every pixel of the picture, its mask and its boxes."""
    one, two = (paint({**facts, "severity": severity}, *size, seed) for _ in range(2))
    assert np.array_equal(one.rgb, two.rgb)
    assert np.array_equal(one.mask, two.mask)
    assert one.boxes == two.boxes


@given(st.sampled_from(BROKEN), severities, sizes, seeds)
@some
def test_the_mask_is_black_and_white_and_its_box_fits(facts, severity, size, seed):
    """A mask is one channel of 0 and 255; its box bears the defect's name and touches it on all sides."""
    painted = paint({**facts, "severity": severity}, *size, seed)
    assert set(np.unique(painted.mask)) <= {0, 255}
    (box,) = painted.boxes
    rows, columns = np.nonzero(painted.mask)
    assert (box.label, box.left, box.top) == (facts["defect"], columns.min(), rows.min())
    assert (box.width, box.height) == (np.ptp(columns) + 1, np.ptp(rows) + 1)


@pytest.mark.parametrize("facts", BROKEN, ids=lambda facts: "-".join(facts.values()))
def test_worse_is_larger(facts):
    """Over many seeds a severe damage covers more than a moderate one, and that more than a light one."""
    means = [
        np.mean([covered({**placed(facts), "severity": severity}, seed) for seed in range(10)])
        for severity in SEVERITIES
    ]
    assert means[0] < means[1] < means[2]


@given(st.sampled_from(sorted(PARTS)), st.sampled_from(sorted(MATERIALS)), lights, seeds)
@some
def test_another_seed_draws_another_picture(part, material, light, seed):
    """Two seeds differ by far more than noise does."""
    facts = {"part": part, "material": material, "light": light}
    one, two = (paint(facts, 320, 240, number).rgb.astype(int) for number in (seed, seed + 1))
    assert np.abs(one - two).mean() > 4


def test_a_dozen_seeds_are_a_dozen_pictures():
    """Small and blurred, as one remembers them, no two of a class are alike."""
    for part, material in itertools.product(("wall", "eave", "pier"), ("concrete", "brick")):
        pictures = [paint({"part": part, "material": material}, 128, 96, seed).rgb for seed in range(12)]
        small = [cv2.resize(rgb, (8, 6), interpolation=cv2.INTER_AREA).astype(int) for rgb in pictures]
        assert min(np.abs(one - two).mean() for one, two in itertools.combinations(small, 2)) > 2


@pytest.mark.parametrize("word", [*FLAWLESS, None])
@pytest.mark.parametrize("part", sorted(PARTS))
def test_a_sound_part_has_no_mask(part, word):
    """Nothing wrong is drawn as nothing wrong, under every name it has."""
    painted = paint({"part": part, "material": "concrete", "defect": word, "light": "sunny"}, 96, 72, 1)
    assert painted.mask is None
    assert painted.boxes == ()
    assert painted.not_understood == ()
    assert painted.shows["defect"] == "none"


def test_a_part_belongs_to_a_building_or_a_bridge():
    """A pier of a building is not what was asked for, and said so."""
    assert set(STANDS_IN) == set(PARTS)
    painted = paint({"material": "concrete", "part": "pier", "asset_type": "building"}, 96, 72, 1)
    assert painted.not_understood == ("asset_type: building",)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"material": "steel", "defect": "crack"}, "defect: crack of steel"),
        ({"material": "concrete", "defect": "graffiti"}, "defect: graffiti"),
        ({"material": "steel", "part": "pier", "defect": "missing bolts"}, "defect: missing bolt of a pier"),
    ],
)
def test_what_cannot_be_wrong_is_said_on_a_card(facts, why):
    """Nothing is drawn in its place that the facts do not say."""
    painted = paint(facts, 128, 96, 1)
    assert painted.shows == {"surface": "card"}
    assert painted.not_understood == (why,)


def test_what_is_not_known_is_named_and_the_rest_drawn():
    """An unknown part, light or severity does not keep a wall from being drawn."""
    facts = {"material": "brick", "defect": "crack", "part": "tower", "light": "moon", "severity": "huge"}
    painted = paint(facts, 128, 96, 1)
    assert painted.shows["material"] == "brick"
    assert painted.shows["severity"] == "moderate"
    assert painted.not_understood == ("part: tower", "light: moon", "severity: huge")


@pytest.mark.parametrize("size", [(64, 64), (64, 2048), (2048, 64), (2048, 1024), (65, 1023)])
def test_any_size_can_be_drawn(size):
    """From the smallest to the largest, and as narrow as they come, in every part."""
    for part, material in zip(sorted(PARTS), itertools.cycle(("concrete", "brick", "steel")), strict=False):
        assert paint({"part": part, "material": material}, *size, 3).rgb.shape == (size[1], size[0], 3)
    for defect, kind in DAMAGE.items():
        facts = placed({"material": kind.materials[0], "defect": defect, "severity": "severe"})
        assert paint(facts, *size, 3).mask.any()


def test_light_is_drawn():
    """A low sun is warmer than an overcast sky and throws more contrast; the shade is darker than the sun."""
    facts = {"material": "concrete", "part": "wall"}
    seen = {
        light: [paint({**facts, "light": light}, 160, 120, seed).rgb for seed in range(6)]
        for light in WEATHERS
    }
    warmth = {
        light: np.mean([rgb[..., 0].mean() - rgb[..., 2].mean() for rgb in some])
        for light, some in seen.items()
    }
    bright = {light: np.mean(some) for light, some in seen.items()}
    assert warmth["low sun"] > warmth["overcast"] + 5
    assert bright["sunny"] > bright["shade"] + 20


@pytest.mark.parametrize("bond", sorted(set(BONDS)))
def test_bricks_are_laid_in_bond(bond):
    """Courses are full, and no joint runs through two of them."""
    laid = bricks("brick", bond, 900, 400, 1.0)
    for top in np.unique(laid[:, 1])[:-1]:
        course, below = laid[laid[:, 1] == top], laid[laid[:, 1] == top + 44]
        assert np.allclose(course[1:, 0], course[:-1, 2])
        assert not set(np.round(course[:, 0])) & set(np.round(below[:, 0]))
    assert len(bricks("concrete", bond, 900, 400, 1.0)) == 0


def test_every_name_leads_to_something_drawn():
    """What a defect is also called is one of those that are drawn, and is shown under the name given."""
    assert set(ALSO_CALLED.values()) <= set(DAMAGE)
    painted = paint({"material": "brick", "defect": "missing bricks"}, 128, 96, 1)
    assert painted.boxes[0].label == painted.shows["defect"] == "missing bricks"


def test_the_story_asks_for_what_is_drawn():
    """Each picture of the buildings story is of its part, its material and its damage."""
    for number, row in enumerate(planning.rows(parse(stories.text("buildings")))):
        painted = paint({"label": row.label, **row.facts}, 96, 72, number)
        assert painted.not_understood == ()
        assert painted.shows["part"] == row.facts["part"]
        assert (painted.mask is None) == (row.label == "sound")
