"""What holds for every model: an ask that cannot succeed is refused before it is sent."""

from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from photogram.data import Blob, Card, Draw, Edit, Embed, Price, Rate, See, Sizes
from photogram.faults import Invalid, NotSetUp
from photogram.terms import ability, check_alive, check_ask, check_size, estimate

BLOB = Blob(sha256="a" * 64, media_type="image/png", size=3)
ASKS = {
    "draw": Draw(prompt="a car"),
    "edit": Edit(kind="restyle", images={"image": BLOB}),
    "see": See(images=(BLOB,), prompt="what?"),
    "embed": Embed(text="a car"),
}
sides = st.integers(1, 4096)
bounds = st.builds(
    Sizes,
    step=st.sampled_from([1, 8, 16, 64]),
    least_pixels=st.sampled_from([0, 64 * 64, 512 * 512]),
    most_pixels=st.sampled_from([0, 1024 * 1024, 2048 * 2048]),
    most_ratio=st.sampled_from([0.0, 1.0, 2.0, 3.5]),
)


def card(**more):
    return Card(name="test:model", **{"does": ("draw",), "edits": ("restyle",), **more})


def refused(sizes, width, height):
    """Why a size is refused; nothing where it is not."""
    try:
        check_size(card(sizes=sizes), width, height)
    except Invalid as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("asked", "can"), list(product(ASKS, repeat=2)))
def test_a_model_is_asked_for_what_it_can(asked, can):
    """Each kind of ask goes to a card that has its word, and is refused by name where it has not."""
    assert ability(ASKS[asked]) == asked
    if asked == can:
        check_ask(card(does=(can,)), ASKS[asked])
    else:
        with pytest.raises(Invalid, match=f"cannot {asked}; it can {can}"):
            check_ask(card(does=(can,)), ASKS[asked])


@given(sizes=bounds, width=sides, height=sides)
def test_a_size_is_refused_for_one_of_four_reasons(sizes, width, height):
    """Step, least, most and ratio decide, and nothing else does."""
    pixels, ratio = width * height, max(width, height) / min(width, height)
    fits = (
        width % sizes.step == height % sizes.step == 0
        and pixels >= sizes.least_pixels
        and (not sizes.most_pixels or pixels <= sizes.most_pixels)
        and (not sizes.most_ratio or ratio <= sizes.most_ratio)
    )
    why = refused(sizes, width, height)
    assert (why == "") is fits
    assert fits or f"{width}x{height}" in why


@given(sizes=bounds, width=sides, height=sides)
def test_a_picture_may_be_turned(sizes, width, height):
    """What fits lying fits standing."""
    assert bool(refused(sizes, width, height)) is bool(refused(sizes, height, width))


@given(sizes=bounds)
def test_no_size_is_the_models_own(sizes):
    """An ask for 0 × 0 leaves it to the model."""
    check_size(card(sizes=sizes), 0, 0)


@given(sizes=bounds, side=sides)
def test_half_a_size_never_passes_a_bound(sizes, side):
    """A width without a height is no way round the least number of pixels."""
    assume(sizes.least_pixels)
    with pytest.raises(Invalid):
        check_size(card(sizes=sizes), side, 0)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"quality": "low"}, ""),
        ({"steps": 40}, ""),
        ({"quality": "best"}, "quality is one of low, high, not 'best'"),
        ({"colour": "red"}, "no option 'colour'; it has: quality, steps"),
    ],
)
def test_options_are_the_cards(options, why):
    """A name that the card lacks, or a value it does not list, is refused; an empty list takes any."""
    known = card(options={"quality": ("low", "high"), "steps": ()})
    if why:
        with pytest.raises(Invalid, match=why):
            check_ask(known, Draw(prompt="x", options=options))
    else:
        check_ask(known, Draw(prompt="x", options=options))


def test_a_card_without_options_says_so():
    """So that nobody looks for the right name of one that is not there."""
    with pytest.raises(Invalid, match="it has: none"):
        check_ask(card(), Draw(prompt="x", options={"quality": "low"}))


def test_a_model_whose_life_has_ended():
    """It names its successor, or where to look for one."""
    check_alive(card(eol="2999-01-01"))
    with pytest.raises(NotSetUp) as caught:
        check_alive(card(eol="2020-01-01", successor="test:newer"))
    assert "test:newer" in caught.value.do
    with pytest.raises(NotSetUp) as caught:
        check_alive(card(eol="2020-01-01"))
    assert "photogram models" in caught.value.do


# -------------------------------------------------------------------------- estimates


@pytest.mark.parametrize("ask", ASKS.values(), ids=list(ASKS))
def test_what_has_no_price_costs_nothing(ask):
    """A server of one's own is never stopped by a budget."""
    assert estimate(card(), ask) == 0


@given(image=st.floats(0, 1), tokens=st.floats(0, 100), words=st.text(max_size=300))
def test_an_estimate_is_never_less_than_nothing_and_grows_with_the_ask(image, tokens, words):
    """A dearer model, a longer prompt, one more picture: none of them costs less."""
    priced = card(price=Price(image=image, tokens_in=tokens, tokens_out=tokens))
    for few, more in [
        (Draw(prompt=words), Draw(prompt=words * 2)),
        (See(images=(BLOB,), prompt=words), See(images=(BLOB,), prompt=words * 2)),
        (See(images=(BLOB,), prompt=words), See(images=(BLOB, BLOB), prompt=words)),
        (Embed(text="x" + words), Embed(text="x" + words * 2)),
    ]:
        assert 0 <= estimate(priced, few) <= estimate(priced, more)


def test_a_quality_has_its_own_price():
    """And one that the card does not know is booked at the price of the picture."""
    priced = card(price=Price(image=0.20, rates=(Rate(options={"quality": "low"}, image=0.01),)))
    assert estimate(priced, Draw(prompt="x", options={"quality": "low"})) == 0.01
    assert estimate(priced, Draw(prompt="x", options={"quality": "auto"})) == 0.20
    assert estimate(priced, Edit(kind="vary", images={"image": BLOB}, options={"quality": "low"})) == 0.01


def test_a_picture_to_embed_is_counted_as_its_tokens():
    """It has no words that could be counted."""
    assert estimate(card(price=Price(tokens_in=1.0)), Embed(image=BLOB)) == pytest.approx(1300 / 1e6)
