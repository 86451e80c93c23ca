"""Vehicles show what their facts say, the same car the same way, with boxes for it and its plate."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photogram import planning, stories
from photogram.pixels.draw.bodies import BODIES, OTHER_NAMES, vehicle
from photogram.pixels.draw.paint import paint
from photogram.pixels.draw.roads import ROADS
from photogram.pixels.draw.vehicles import PAINTS, VIEWS
from photogram.reading.parse import parse

PLATED = sorted(set(VIEWS) - {"side", "left side", "right side"})

sizes = st.tuples(st.integers(64, 300), st.integers(64, 300))
vehicles = st.fixed_dictionaries(
    {
        "car_type": st.sampled_from(sorted(BODIES)),
        "make": st.sampled_from(["Arvelo", "Nordvik", "Tamaru"]),
        "model": st.sampled_from(["Brisa", "Ran", "Kumo"]),
        "color": st.sampled_from(sorted(PAINTS)),
        "view": st.sampled_from(PLATED),
        "background": st.sampled_from(sorted(ROADS)),
        "plate": st.sampled_from(["PX-0417", "PX-3345"]),
    }
)
some = settings(deadline=None, max_examples=20)


def car(**facts):
    return {"surface": "vehicle", "car_type": "sedan", **facts}


@given(vehicles, sizes, st.integers(-(2**63), 2**64))
@some
def test_the_same_seed_draws_the_same_pixels(facts, size, seed):
    """Facts, size and seed decide every pixel and every box; all of it is understood, at any size."""
    one, two = (paint(car(**facts), *size, seed) for _ in range(2))
    assert one.rgb.shape == (size[1], size[0], 3)
    assert np.array_equal(one.rgb, two.rgb)
    assert one.boxes == two.boxes
    assert one.mask is None
    assert one.not_understood == ()
    assert one.mode == "render"


@given(vehicles, st.integers(0, 2**32))
@some
def test_another_seed_draws_another_picture(facts, seed):
    """Two seeds differ by far more than grain does."""
    one, two = (paint(car(**facts), 160, 120, number).rgb.astype(int) for number in (seed, seed + 1))
    assert np.abs(one - two).mean() > 2


@given(vehicles, sizes, st.integers(0, 2**32))
@some
def test_boxes_lie_in_the_picture(facts, size, seed):
    """The vehicle's box lies in the frame, and the plate's in the vehicle's, as wide as a plate is."""
    whole, plate = paint(car(**facts), *size, seed).boxes
    assert (whole.label, plate.label) == (facts["car_type"], "plate")
    assert whole.left >= 0
    assert whole.top >= 0
    assert whole.left + whole.width <= size[0]
    assert whole.top + whole.height <= size[1]
    assert whole.left - 3 <= plate.left
    assert plate.left + plate.width <= whole.left + whole.width + 3
    assert whole.top < plate.top
    assert plate.top + plate.height <= whole.top + whole.height
    assert 0 < plate.width < whole.width / 2


@pytest.mark.parametrize("size", [(64, 64), (64, 2048), (2048, 64), (2048, 1024), (65, 1023)])
@pytest.mark.parametrize("background", sorted(ROADS))
def test_any_size_can_be_drawn(size, background):
    """From the smallest to the largest, and as narrow as they come."""
    painted = paint(car(background=background, plate="PX-1"), *size, 3)
    assert painted.rgb.shape == (size[1], size[0], 3)


@pytest.mark.parametrize("kind", sorted(BODIES))
@pytest.mark.parametrize("view", sorted(VIEWS))
def test_every_body_is_drawn_from_every_side(kind, view):
    """The vehicle stands out from the road: where its box is, the picture is not what it is without."""
    one, two = (paint(car(car_type=kind, view=view, color=tone), 200, 150, 4) for tone in ("red", "white"))
    box = one.boxes[0]
    part = np.s_[box.top : box.top + box.height, box.left : box.left + box.width]
    change = np.abs(one.rgb.astype(int) - two.rgb.astype(int)).max(axis=2) > 25
    assert change[part].mean() > 0.12
    assert change.sum() <= change[part].sum() * 1.15


# --------------------------------------------------------------------------- the plate


def test_a_plate_can_be_read():
    """At 768 by 576 the letters stand out dark on light, in a box wide enough for seven of them."""
    for view in PLATED:
        painted = paint(car(view=view, plate="PX-0417", background="car park"), 768, 576, 2)
        box = painted.boxes[1]
        assert box.width >= 40
        plate = painted.rgb[box.top : box.top + box.height, box.left : box.left + box.width].mean(axis=2)
        assert plate.max() - plate.min() > 110


def test_plates_differ_only_where_the_plate_is():
    """Another plate changes nothing outside its box: hiding the box hides all of it."""
    one, two = (paint(car(plate=plate), 400, 300, 5) for plate in ("PX-0417", "QQ-9999"))
    box = one.boxes[1]
    change = np.abs(one.rgb.astype(int) - two.rgb.astype(int)).max(axis=2)
    assert change[box.top : box.top + box.height, box.left : box.left + box.width].max() > 40
    change[box.top - 1 : box.top + box.height + 1, box.left - 1 : box.left + box.width + 1] = 0
    assert change.max() <= 2


@pytest.mark.parametrize("view", ["from the side", "left side", "right side"])
def test_a_plate_that_cannot_be_seen_is_said(view):
    """From the side there is no plate: no box for it, and the fact is named."""
    painted = paint(car(view=view, plate="PX-0417"), 200, 150, 1)
    assert [box.label for box in painted.boxes] == ["sedan"]
    assert painted.not_understood == ("plate: PX-0417",)


# ---------------------------------------------------------------- colours, makes, models


def seen_colour(name, seed):
    """The mean of what the vehicle's colour decides: the pixels in its box that another colour changes."""
    facts = {"view": "from the side", "background": "street", "car_type": "van"}
    one, two = (paint(car(**facts, color=tone), 240, 180, seed) for tone in (name, _far_from(name)))
    box = one.boxes[0]
    part = np.s_[box.top : box.top + box.height, box.left : box.left + box.width]
    change = np.abs(one.rgb[part].astype(int) - two.rgb[part].astype(int)).max(axis=2)
    return one.rgb[part][change > 40].mean(axis=0)


def _far_from(name):
    return max(PAINTS, key=lambda other: np.abs(np.subtract(PAINTS[other], PAINTS[name])).sum())


@pytest.mark.parametrize("name", sorted(PAINTS))
def test_the_colour_is_the_one_asked_for(name):
    """Among all paints the one asked for is the nearest to what is seen."""
    seen = seen_colour(name, 3)
    nearest = min(PAINTS, key=lambda other: np.linalg.norm(np.subtract(PAINTS[other], seen)))
    assert nearest == name


def descriptor(facts, seed):
    """The edges of the vehicle alone: its colour, and where in the picture it stands, are left out."""
    painted = paint(car(**facts), 320, 240, seed)
    box = painted.boxes[0]
    part = painted.rgb[box.top : box.top + box.height, box.left : box.left + box.width]
    grey = cv2.resize(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), (128, 64)).astype(np.float32)
    edges = [np.abs(cv2.Sobel(grey, cv2.CV_32F, *way)) for way in ((1, 0), (0, 1))]
    vector = np.concatenate(
        [cv2.resize(edge, (32, 16), interpolation=cv2.INTER_AREA).ravel() for edge in edges]
    )
    return vector / np.linalg.norm(vector)


def test_the_same_model_looks_the_same():
    """Two pictures of one model are nearer to one another than pictures of two models, on average."""
    models = [("Arvelo", "Brisa", "hatchback"), ("Arvelo", "Corsair", "sedan"), ("Nordvik", "Fjell", "wagon"),
              ("Tamaru", "Kumo", "hatchback"), ("Tamaru", "Sora", "suv")]  # fmt: skip
    seen = [
        [
            descriptor({"make": make, "model": model, "car_type": kind, "background": "country road"}, seed)
            for seed in range(6)
        ]
        for make, model, kind in models
    ]
    same, other = [], []
    for one, first in enumerate(seen):
        for two, second in enumerate(seen):
            pairs = [(a, b) for i, a in enumerate(first) for j, b in enumerate(second) if one != two or i < j]
            (same if one == two else other).extend(float(np.linalg.norm(a - b)) for a, b in pairs)
    assert np.mean(same) < 0.93 * np.mean(other)


def test_a_make_has_one_face_and_its_models_differ():
    """The grille goes with the make; the proportions go with the model, and never change."""
    brisa, corsair, kumo = (
        vehicle("sedan", make, model)
        for make, model in (("arvelo", "brisa"), ("arvelo", "corsair"), ("tamaru", "kumo"))
    )
    assert brisa == vehicle("sedan", "arvelo", "brisa")
    assert brisa.marks.grille == corsair.marks.grille
    assert len({brisa.body.length, corsair.body.length, kumo.body.length}) == 3


def test_backgrounds_are_told_apart():
    """Outside the vehicle, every background is far from every other."""
    pictures = [paint(car(background=name), 200, 150, 6).rgb[:60].astype(int) for name in ROADS]
    for place, one in enumerate(pictures):
        for two in pictures[place + 1 :]:
            assert np.abs(one - two).mean() > 8


# ------------------------------------------------------------------------------- words


def test_words_are_understood_as_people_write_them():
    """Views and backgrounds come in phrases, bodies and colours in more than one spelling."""
    facts = {
        "car_type": "lorry",
        "colour": "gray",
        "view": "Seen from the rear-right",
        "background": "on a wet road",
    }
    painted = paint(car(**facts), 128, 96, 1)
    assert painted.not_understood == ()
    assert painted.shows["car_type"] == OTHER_NAMES["lorry"]
    assert painted.shows["view"] == "rear right"
    assert painted.shows["color"] == "grey"


def test_what_cannot_be_drawn_is_said():
    """An unknown value or fact is named, and a vehicle still drawn."""
    painted = paint(car(car_type="tractor", color="tartan", view="from below", wheels=3), 128, 96, 1)
    assert painted.not_understood == (
        "car_type: tractor",
        "color: tartan",
        "view: from below",
        "wheels: 3",
    )


def test_all_that_the_story_asks_for_is_drawn():
    """The traffic story speaks in the illustrator's own words, and every model has one body."""
    made = list(planning.rows(parse(stories.text("traffic"))))
    bodies: dict[str, set[str]] = {}
    for row in made:
        assert paint(row.facts, 96, 72, 1).not_understood == ()
        if "model" in row.facts:
            bodies.setdefault(row.facts["model"], set()).add(row.facts["car_type"])
    assert len(bodies) == 6
    assert all(len(kinds) == 1 for kinds in bodies.values())
