"""What pixels answer: yes and no where they tell, nothing elsewhere; the right prompt before a wrong one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from photogram import planning, stories
from photogram.pixels.answers import View, answer
from photogram.pixels.codecs import decode, encode_jpeg
from photogram.pixels.draw.paint import paint
from photogram.questions import questions_of
from photogram.reading.parse import parse

SHOWN = ". Is that what the picture shows?"
STATED = ("color: grey", "surface: phone", "finish: white", "background: dusk", "material: brick")
STORIES = ("inspection", "buildings", "scenes", "traffic")


def view(facts, seed=1, width=512, height=384):
    return View(decode(encode_jpeg(paint(facts, width, height, seed).rgb)))


def holds(seen, stated):
    return answer(seen, stated + SHOWN).holds


PHONE = {"surface": "phone", "finish": "white", "table": "blue"}
CAR = {"surface": "vehicle", "color": "red", "background": "car park", "car_type": "sedan"}


@pytest.mark.parametrize(
    ("facts", "yes", "no", "untold"),
    [
        (
            PHONE,
            ["surface: phone", "finish: white", "table: blue"],
            ["finish: black", "table: green"],
            ["make: A"],
        ),
        (
            {**PHONE, "finish": "black"},
            ["finish: black"],
            ["finish: white", "surface: vehicle"],
            ["view: left"],
        ),
        ({**PHONE, "table": "light"}, ["table: light"], ["table: dark", "table: blue"], ["defect: oil"]),
        (CAR, ["color: red"], ["color: yellow", "surface: phone", "surface: brick"], ["surface: vehicle"]),
        ({**CAR, "color": "blue"}, ["color: blue"], ["color: red", "color: green"], ["car_type: sedan"]),
        (
            {**CAR, "background": "a motorway at dusk"},
            ["background: at dusk"],
            ["lighting: Noon"],
            ["plate: A"],
        ),
        ({"surface": "brick", "part": "wall"}, [], ["surface: phone"], ["part: wall", "defect: cracks"]),
    ],
    ids=["white phone", "black phone", "light table", "red car", "blue car", "dusk", "bricks"],
)
def test_what_pixels_tell(facts, yes, no, untold):
    """Things, colours in their places, the time of day; of all else nothing is said."""
    seen = view(facts)
    assert {stated: holds(seen, stated) for stated in (*yes, *no, *untold)} == {
        **dict.fromkeys(yes, True),
        **dict.fromkeys(no, False),
        **dict.fromkeys(untold),
    }


def test_an_answer_has_its_evidence():
    """What was counted, in words and numbers."""
    assert answer(view(PHONE), f"table: blue{SHOWN}").evidence.startswith("along the edges it is 100% blue")
    assert answer(view(PHONE), f"make: Arvelo{SHOWN}").evidence == "pixels alone do not tell"


def test_of_a_whole_prompt_pixels_only_say_what_is_wrong():
    """A sentence holds more than can be counted."""
    asked = 'Does the picture as a whole show what was asked for, "{}"?'
    assert answer(view(CAR), asked.format("a white phone")).holds is False
    assert answer(view(CAR), asked.format("a red car")).holds is None
    assert answer(view(PHONE), asked.format("a red car")).holds is False


def test_a_scratch_is_told_where_it_can_be_seen():
    """On a white phone; of a clean one nothing is said, since what is faint goes unseen."""
    scratched = [
        view({**PHONE, "defect": "scratch", "severity": "light"}, seed, 1024, 768) for seed in range(8)
    ]
    clean = [view(PHONE, seed, 1024, 768) for seed in range(8)]
    assert any(holds(seen, "defect: scratch") for seen in scratched)
    assert not any(holds(seen, "defect: scratch") for seen in clean)
    assert not any(
        answer(seen, "Is what the picture shows free of any defect?").holds is False for seen in clean
    )


PICTURES = arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)))


@given(PICTURES, st.text(max_size=60))
def test_any_question_about_any_picture_has_an_answer(rgb, words):
    """Yes, no or nothing, from one pixel on; no words break it."""
    seen = View(rgb)
    for question in (
        words,
        words + SHOWN,
        f"table: {words}{SHOWN}",
        f"color: grey{SHOWN}",
        f"surface: phone{SHOWN}",
    ):
        assert answer(seen, question).holds in (True, False, None)


def share(seen, row):
    """The share of yes, as a judge counts it."""
    told = [found for one in questions_of(row, {}) if (found := answer(seen, one.text).holds) is not None]
    return sum(told) / len(told) if told else None


def test_the_right_prompt_is_never_judged_below_a_wrong_one():
    """Every picture of the four stories against the prompts of all: mostly above, or one cannot tell."""
    rows = [row for story in STORIES for row in planning.rows(parse(stories.text(story)), {})]
    seen = [view(row.facts, row.seed) for row in rows]
    above = level = 0
    for own, picture in zip(rows, seen, strict=True):
        right = share(picture, own)
        for other in rows:
            wrong = share(picture, other)
            if own.facts == other.facts or right is None or wrong is None:
                continue
            assert right >= wrong, f"{own.facts} is judged below {other.facts}"
            above, level = above + (right > wrong), level + (right == wrong)
    assert above > 6 * level
