"""A model's terms: what a card says can succeed, what it should cost, and how long the model lives."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram.data import Blob, Card, Draw, Edit, Embed, Price, Rate, See, Sight, Sizes
from photogram.faults import Invalid, NotSetUp
from photogram.terms import ageing, by_ratio, check_alive, check_ask, estimate

PIXEL = Blob(sha256="0" * 64, media_type="image/png", size=1)
RATIOS = Sizes(
    ratios={"1:1": (1024, 1024), "16:9": (1376, 768), "9:16": (768, 1376)},
    classes={"1K": 1.0, "2K": 2.0, "4K": 4.0},
)


def card(**more):
    return Card(name="some:model", **{"does": ("draw", "edit", "see", "embed"), **more})


@pytest.mark.parametrize(
    ("more", "ask", "told"),
    [
        ({"does": ("see",)}, Draw(prompt="x"), "cannot draw; it can see"),
        ({}, Draw(prompt="x", width=64), "half a size"),
        ({}, Draw(prompt="x", references=(PIXEL,)), "takes no reference pictures, not 1"),
        ({"most_prompt": 3}, Draw(prompt="xxxx"), "3 characters of prompt, not 4"),
        ({"options": {"style": ("a", "b")}}, Draw(prompt="x", options={"style": "c"}), "one of a, b"),
        ({"options": {"style": ()}}, Draw(prompt="x", options={"stile": "c"}), "no option 'stile'"),
        ({"sizes": Sizes(listed=((64, 64),))}, Draw(prompt="x", width=64, height=65), "its sizes are 64x64"),
        ({"sizes": Sizes(least_side=64)}, Draw(prompt="x", width=63, height=99), "a side is 64"),
        ({"sizes": Sizes(most_side=64)}, Draw(prompt="x", width=65, height=9), "to 64 pixels"),
        ({"sizes": Sizes(most_ratio=2.0)}, Draw(prompt="x", width=65, height=32), "at most 2 times"),
        ({"sizes": RATIOS}, Draw(prompt="x", width=400, height=300), "1:1 (1024x1024)"),
        ({"edits": ("erase",)}, Edit(kind="inpaint", images={}), "cannot inpaint; its edits are erase"),
        ({"edits": ("erase",)}, Edit(kind="erase", images={}, mask_prompt="the door"), "by words"),
        ({"sight": Sight(images=1)}, See(images=(PIXEL, PIXEL)), "takes 1 picture at once, not 2"),
        ({"dimensions": (256, 512)}, Embed(text="x", dimensions=300), "it has 256, 512"),
    ],
)
def test_what_a_card_says_is_impossible_is_not_asked(more, ask, told):
    """Each with what would be possible instead."""
    with pytest.raises(Invalid) as raised:
        check_ask(card(**more), ask)
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("size", "found"),
    [
        ((1024, 1024), ("1:1", "1K", (1024, 1024))),
        ((640, 640), ("1:1", "1K", (1024, 1024))),
        ((1920, 1080), ("16:9", "2K", (2752, 1536))),
        ((1080, 1920), ("9:16", "2K", (1536, 2752))),
        ((1376, 768), ("16:9", "1K", (1376, 768))),
        ((9000, 9000), ("1:1", "4K", (4096, 4096))),
    ],
)
def test_a_size_is_asked_for_by_its_proportions(size, found):
    """The smallest class that has as many pixels as were asked for, or the largest there is."""
    assert by_ratio(card(sizes=RATIOS), *size) == found
    check_ask(card(sizes=RATIOS), Draw(prompt="x", width=size[0], height=size[1]))


@given(st.integers(64, 4096), st.integers(64, 4096))
def test_no_size_is_stretched_in_silence(width, height):
    """Whatever is asked for: what comes has its proportions, or it is refused."""
    try:
        _, _, (wide, tall) = by_ratio(card(sizes=RATIOS), width, height)
    except Invalid:
        return
    assert wide / tall == pytest.approx(width / height, rel=0.021)


RATES = (
    Rate(options={"quality": "low"}, image=0.01),
    Rate(options={"quality": "high"}, most_pixels=1_000_000, image=0.1),
)


@pytest.mark.parametrize(
    ("ask", "dollars"),
    [
        (Draw(prompt="x", width=1000, height=1000), 0.3),
        (Draw(prompt="x", width=1000, height=1000, options={"quality": "low"}), 0.01),
        (Draw(prompt="x", width=1000, height=1000, options={"quality": "high"}), 0.1),
        (Draw(prompt="x", width=1000, height=1001, options={"quality": "high"}), 0.3 * 1.001),
        (Draw(prompt="x", width=2000, height=1000, options={"quality": "low"}), 0.02),
        (Edit(kind="vary", images={}, options={"quality": "low"}), 0.01),
        (Edit(kind="vary", images={}, options={"quality": "high"}), 0.3),
    ],
)
def test_a_picture_costs_the_first_rate_that_fits(ask, dollars):
    """By options and size; what fits none is booked at the dearest."""
    priced = Price(image=0.3, rates=RATES, grows_from=1_000_000)
    assert estimate(card(price=priced), ask) == pytest.approx(dollars)


def test_seeing_and_embedding_are_priced_by_what_goes_in_and_out():
    """More pictures and more fields cost more; a picture that is embedded has a price of its own."""
    priced = card(price=Price(tokens_in=1.0, tokens_out=4.0, image_in=0.00006), sight=Sight(images=2))
    one, two = See(images=(PIXEL,)), See(images=(PIXEL, PIXEL))
    wordy = See(images=(PIXEL,), schema={"properties": {"a": {}, "b": {}}})
    assert 0 < estimate(priced, one) < estimate(priced, two)
    assert estimate(priced, one) < estimate(priced, wordy)
    assert estimate(priced, Embed(image=PIXEL)) == 0.00006
    assert 0 < estimate(priced, Embed(text="a")) < estimate(priced, Embed(text="a" * 100))


def test_free_is_what_has_no_price_at_all():
    """One rate above nothing is a price."""
    assert Price().free
    assert Price(rates=(Rate(image=0.0),)).free
    assert not Price(rates=RATES).free
    assert not Price(image_in=0.1).free


def day(days):
    return (date.today() + timedelta(days=days)).isoformat()


@pytest.mark.parametrize("days", [0, -1, -400])
def test_a_model_that_has_ended_is_refused_with_its_successor(days):
    """From its last day on, and with the way for those who have an arrangement."""
    with pytest.raises(NotSetUp) as raised:
        check_alive(card(eol=day(days), successor="some:next"))
    assert f"end of life on {day(days)}" in raised.value.what
    assert "use some:next instead; --force-eol" in raised.value.do


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, ""),
        ({"eol": day(-1)}, ""),
        ({"eol": day(300)}, ""),
        ({"eol": day(30), "successor": "some:next"}, f"ends on {day(30)}; some:next takes its place"),
        ({"legacy": "2026-01-01"}, "has been legacy since 2026-01-01"),
        ({"legacy": "2026-01-01", "eol": day(300)}, f"ends on {day(300)}"),
    ],
)
def test_a_model_in_its_last_days_says_so(more, said):
    """In time to choose another; one that is over says so when it is asked."""
    assert ageing(card(**more)).removeprefix("some:model ") == said
