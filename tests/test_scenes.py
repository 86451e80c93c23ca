"""Scenes show what their facts say, the same for the same seed, and name what they cannot show."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from photogram import planning, stories
from photogram.pixels.draw.doing import DOINGS
from photogram.pixels.draw.folk import GROUPS, KINDS, MOST, called
from photogram.pixels.draw.moods import LIGHTS, found
from photogram.pixels.draw.paint import paint
from photogram.pixels.draw.settings import INDOORS, SETTINGS
from photogram.reading.parse import parse

WEATHERS = ("dry", "rain", "fog", "snow")
VIEWS = ("wide view", "at eye level", "from above")
STYLES = ("flat illustration", "watercolour", "ink and wash", "screen print")

sizes = st.tuples(st.integers(64, 300), st.integers(64, 300))
scenes = st.fixed_dictionaries(
    {
        "setting": st.sampled_from(sorted(SETTINGS)),
        "people": st.sampled_from(["nobody", "a family", "a crowd", "two fishers", "three elderly friends"]),
        "action": st.sampled_from(sorted(DOINGS)),
        "lighting": st.sampled_from(sorted(LIGHTS)),
        "weather": st.sampled_from(WEATHERS),
        "composition": st.sampled_from(VIEWS),
        "style": st.sampled_from(STYLES),
    }
)
some = settings(deadline=None, max_examples=20)


def scene(**facts):
    return {"surface": "scene", **facts}


def drawn(seed=1, size=(240, 180), **facts):
    return paint(scene(**facts), *size, seed).rgb.astype(float)


@given(scenes, sizes, st.integers(-(2**63), 2**64))
@some
def test_the_same_seed_draws_the_same_pixels(facts, size, seed):
    """Facts, size and seed decide every pixel and every box; all of it is understood, at any size."""
    one, two = (paint(scene(**facts), *size, seed) for _ in range(2))
    assert one.rgb.shape == (size[1], size[0], 3)
    assert np.array_equal(one.rgb, two.rgb)
    assert one.boxes == two.boxes
    assert one.mask is None
    assert one.not_understood == ()
    assert one.mode == "render"


@given(scenes, st.integers(0, 2**32))
@some
def test_another_seed_draws_another_picture(facts, seed):
    """Two seeds differ by more than grain, but for a classroom with nobody in it: nothing moves there."""
    assume((facts["setting"], facts["people"]) != ("classroom", "nobody"))
    one, two = (paint(scene(**facts), 160, 120, number).rgb.astype(int) for number in (seed, seed + 1))
    assert np.abs(one - two).mean() > 2


@given(scenes, sizes, st.integers(0, 2**32))
@some
def test_boxes_lie_in_the_picture(facts, size, seed):
    """Everybody who can be seen has one box, in the frame, named after who it is."""
    boxes = paint(scene(**facts), *size, seed).boxes
    assert len(boxes) <= MOST
    for box in boxes:
        assert box.label in KINDS
        assert box.left >= 0
        assert box.top >= 0
        assert box.width > 0
        assert box.height > 0
        assert box.left + box.width <= size[0]
        assert box.top + box.height <= size[1]


@pytest.mark.parametrize("size", [(64, 64), (64, 2048), (2048, 64), (2048, 1024), (65, 1023)])
@pytest.mark.parametrize("view", VIEWS)
def test_any_size_can_be_drawn(size, view):
    """From the smallest to the largest, and as narrow as they come."""
    facts = scene(setting="harbour", people="a crowd", composition=view, style="watercolour")
    assert paint(facts, *size, 3).rgb.shape == (size[1], size[0], 3)


# ------------------------------------------------------------ what can be told without reading


def apart(pictures):
    """The least mean difference between any two."""
    return min(
        np.abs(one - two).mean() for place, one in enumerate(pictures) for two in pictures[place + 1 :]
    )


@pytest.mark.parametrize(
    ("fact", "values"),
    [
        ("setting", tuple(SETTINGS)),
        ("lighting", tuple(LIGHTS)),
        ("weather", WEATHERS),
        ("composition", VIEWS),
        ("style", STYLES),
    ],
)
def test_what_varies_is_seen(fact, values):
    """With all else the same, seed included, each value gives a picture far from every other's."""
    given_facts = {"setting": "village street", "people": "a family", "lighting": "noon"}
    assert apart([drawn(**(given_facts | {fact: value})) for value in values]) > 8


@pytest.mark.parametrize("setting", sorted(SETTINGS))
def test_dusk_is_dark_and_warm_where_the_lamps_are(setting):
    """Dusk is darker than noon, whatever the setting."""
    noon, dusk = (drawn(setting=setting, lighting=light).mean() for light in ("noon", "dusk"))
    assert dusk < noon - 15


@pytest.mark.parametrize("setting", sorted(set(SETTINGS) - set(INDOORS)))
def test_weather_shows(setting):
    """Snow is less colourful than a dry day, fog has less contrast, rain is greyer."""

    def colour(picture):
        return (picture.max(axis=2) - picture.min(axis=2)).mean()

    dry, rain, fog, snow = (drawn(setting=setting, weather=weather) for weather in WEATHERS)
    assert fog.std() < dry.std() * 0.85
    assert colour(snow) < colour(dry) * 0.8
    assert colour(rain) < colour(dry) * 0.8


@pytest.mark.parametrize("setting", sorted(set(SETTINGS) - set(INDOORS)))
def test_people_are_as_tall_as_the_view_has_them(setting):
    """At eye level people are much taller in the picture than in the wide view."""

    def tall(view):
        facts = scene(setting=setting, people="two neighbours", composition=view)
        return np.mean([box.height for box in paint(facts, 320, 240, 2).boxes])

    assert tall("at eye level") > 2 * tall("wide view")


@pytest.mark.parametrize("action", sorted(set(DOINGS) - {"standing", "at rest"}))
def test_an_action_shows(action):
    """What people do changes the picture where they stand."""
    facts = {"setting": "park", "people": "two friends", "composition": "at eye level"}
    assert np.abs(drawn(**facts, action=action) - drawn(**facts)).mean() > 0.3


# ------------------------------------------------------------------------- who is there


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("nobody", ()),
        ("a vendor", ("vendor",)),
        ("two pupils", ("pupil", "pupil")),
        ("a family", GROUPS["family"]),
        ("three elderly friends", ("elder",) * 3),
        ("an elderly couple", ("elder", "elder")),
        ("schoolchildren", ("schoolchild",) * 3),
        ("a ferry pilot", ("pilot",)),
        ("a teacher and two pupils", ("teacher", "pupil", "pupil")),
        ("4 women", ("woman",) * 4),
    ],
)
def test_people_are_counted(words, who):
    """Who is there and how many is taken from the words, and each of them has a box."""
    assert called(words) == (who, True)
    painted = paint(scene(people=words, composition="wide view"), 320, 240, 1)
    assert sorted(box.label for box in painted.boxes) == sorted(who)


def test_what_cannot_be_drawn_is_said():
    """An unknown value or fact is named, and the scene still drawn."""
    facts = scene(
        setting="moon base", people="an astronaut", action="floating", weather="hail", mood="sad", country="X"
    )
    painted = paint(facts, 128, 96, 1)
    assert painted.not_understood == (
        "setting: moon base",
        "people: an astronaut",
        "action: floating",
        "weather: hail",
        "mood: sad",
        "country: X",
    )
    assert painted.shows["setting"] in SETTINGS


def test_half_understood_is_not_understood():
    """A vendor in a red hat is drawn as a vendor, and the hat is not passed over in silence."""
    assert called("a vendor in a red hat") == (("vendor",), False)
    assert paint(scene(people="40 women"), 64, 64, 1).not_understood == ("people: 40 women",)
    style = "documentary photograph"
    assert paint(scene(style=style), 64, 64, 1).not_understood == (f"style: {style}",)


def test_words_are_found_in_phrases():
    """The first known word of a phrase counts."""
    assert found("Lamplight at dusk", {"dusk": "dusk", "lamplight": "dusk"}) == "dusk"
    assert found("nothing known", {"dusk": "dusk"}) == ""


def test_all_that_the_story_asks_for_is_drawn():
    """The scenes story speaks in the illustrator's own words."""
    made = list(planning.rows(parse(stories.text("scenes"))))
    assert {row.facts["setting"] for row in made} == set(SETTINGS)
    for row in made:
        assert paint(row.facts, 96, 72, 1).not_understood == ()
