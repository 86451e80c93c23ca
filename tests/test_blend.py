"""Drawn defects on pictures that are there: in their light and colours, and nowhere but under the mask."""

import asyncio

import cv2
import numpy as np
import pytest

from photogram.data import Blob, Edit
from photogram.faults import Invalid
from photogram.pixels import codecs, masks
from photogram.pixels.draw.blend import Defect, blend, known
from photogram.pixels.draw.damage import DAMAGE
from photogram.pixels.draw.materials import MATERIALS
from photogram.providers import find
from tests.kinds import dice

REGION = masks.box(40, 30, 240, 170, 320, 240)
EVERY = [("", name) for name in known("")] + [(m, name) for m in MATERIALS for name in known(m)]


def photo(seed=0, level=130):
    """An uneven surface with grain and a colour cast."""
    slope = np.linspace(0.85, 1.15, 320)[None, :, None] * np.array([1.05, 1.0, 0.92])
    noise = dice(seed).normal(0, 3, (240, 320, 3))
    return np.clip(level * slope + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("material", "name"), EVERY)
@pytest.mark.parametrize("severity", ["light", "severe"])
def test_every_defect_stays_in_its_region_and_under_its_mask(material, name, severity):
    """On any surface: outside the mask not a level is other, and most of what is under it is."""
    rgb = photo()
    for seed in (1, 2):
        edited, mask = blend(rgb, REGION, Defect(name, severity, material), seed)
        differs = (edited != rgb).any(axis=2)
        assert mask.any()
        assert not (mask & ~REGION).any()
        assert not differs[mask == 0].any()
        assert differs[mask > 0].mean() > 0.25
        again, same = blend(rgb, REGION, Defect(name, severity, material), seed)
        assert np.array_equal(again, edited)
        assert np.array_equal(same, mask)


@pytest.mark.parametrize(
    ("material", "name"), [("", "stain"), ("concrete", "corrosion"), ("render", "peeling")]
)
def test_no_strength_is_no_change(material, name):
    """At strength 0 the picture is itself; at 0.5 it has changed by about half."""
    rgb, defect = photo(), Defect(name, "severe", material)
    none, mask = blend(rgb, REGION, defect, 3, 0.0)
    assert np.array_equal(none, rgb)
    half, full = (blend(rgb, REGION, defect, 3, s)[0].astype(int) for s in (0.5, 1.0))
    assert mask.any()
    steps = [np.abs(one - rgb)[mask > 0].mean() for one in (half, full)]
    assert steps[0] == pytest.approx(steps[1] / 2, rel=0.15)


def test_what_darkens_keeps_the_hue():
    """A crack in a warm wall is a darker warm, not grey."""
    rgb = photo()
    edited, mask = blend(rgb, REGION, Defect("crack", "severe", "concrete"), 4)
    core = (mask > 0) & (edited.mean(axis=2) < 0.7 * rgb.mean(axis=2))
    assert core.sum() > 100
    before, after = (one[core].mean(axis=0) for one in (rgb, edited))
    assert after[0] / after[2] == pytest.approx(before[0] / before[2], rel=0.1)


@pytest.mark.parametrize("level", [60, 190])
def test_rust_is_rust_in_any_light(level):
    """It leans to red and away from blue on a dark wall as on a bright one, and takes light from it."""
    rgb = photo(1, level)
    edited, mask = blend(rgb, REGION, Defect("corrosion", "severe", "steel"), 6)
    red, green, blue = edited[mask > 0].mean(axis=0)
    before = rgb[mask > 0].mean(axis=0)
    assert red / blue > 1.25 * before[0] / before[2]
    assert red > green > blue


def test_a_region_of_odd_shape_is_not_missed():
    """A narrow ring has a place for a scratch, or for what of it fits."""
    ring = np.zeros((240, 320), np.uint8)
    cv2.ellipse(ring, (160, 120), (120, 90), 0, 0, 360, 255, 14)
    for seed in range(6):
        _, mask = blend(photo(), ring, Defect("scratch", "moderate"), seed)
        assert mask.any()
        assert not (mask & ~ring).any()


def ask(**facts):
    keyless = find("keyless")
    data = {"p": codecs.encode_png(photo()), "m": codecs.encode_png(REGION)}
    model = keyless.open(keyless.card("draw", {}), {}, {}, lambda blob: data[blob.sha256])
    picture, mask = (Blob(sha256=name, media_type="image/png", size=1) for name in "pm")
    return asyncio.run(
        model.answer(Edit(kind="inpaint", images={"image": picture}, mask=mask, facts=facts, seed=1))
    )


def test_by_other_names_too():
    """What people call rust and water damage is drawn as what it is."""
    for word in ("rust", "water damage", "cracks"):
        assert ask(defect=word, material="concrete").made["mode"] == "blend"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"defect": "glitter"}, "blends scratch, oil, stain where no material of a building is named"),
        ({"defect": "crack"}, "where no material of a building is named"),
        ({"defect": "dent", "material": "brick"}, "on brick, and not 'dent'"),
        ({"defect": "missing bolt", "material": "steel"}, "on steel"),
        ({"defect": "crack", "material": "brick", "severity": "awful"}, "severity is light"),
    ],
)
def test_what_cannot_be_drawn_says_what_can(facts, said):
    """By surface: a dent is nothing for bricks, and a crack needs to know in what."""
    with pytest.raises(Invalid, match=said):
        ask(**facts)


def test_every_kind_of_damage_that_needs_no_part_can_be_blended():
    """What is drawn on walls is drawn on photographs of walls."""
    blended = {name for material in MATERIALS for name in known(material)}
    assert blended == {name for name, kind in DAMAGE.items() if not kind.parts}
