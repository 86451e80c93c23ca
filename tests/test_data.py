"""The words: frozen, small, and encoded so that a new field changes no old key."""

import copy
import pickle
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram import data
from photogram.data import (
    Blob,
    Card,
    Cell,
    Draw,
    Edit,
    Embed,
    Outcome,
    Picture,
    Price,
    Rate,
    Row,
    Said,
    See,
    Usage,
)
from photogram.step import digest, with_complaint

BLOB = Blob(sha256="a" * 64, media_type="image/png", size=3)
ASKS = [
    Draw(prompt="a car", width=64, height=64, seed=3, facts={"n": 1}, options={"quality": "low"}),
    Edit(kind="inpaint", images={"image": BLOB}, mask=BLOB, feather=2, strength=0.5),
    See(images=(BLOB,), prompt="what?", schema={"type": "object"}),
    Embed(text="a car"),
]
REPLIES = [
    Picture(images=(b"x",), made={"mode": "drawn"}),
    Said(text="a", data={"b": 1}),
    data.Point(vector=(0.5,)),
]
counts = st.integers(0, 10**6)
usages = st.builds(
    Usage,
    images=counts,
    tokens_in=counts,
    tokens_out=counts,
    dollars=counts.map(lambda cents: cents / 64),
    seconds=counts.map(float),
    request_id=st.sampled_from(["", "one", "two"]),
)


@pytest.mark.parametrize("ask", ASKS, ids=lambda ask: type(ask).__name__)
def test_an_ask_can_be_sent_anywhere(ask):
    """To a file, to another process and back; its kind is told by a tag."""
    assert msgspec.json.decode(msgspec.json.encode(ask), type=data.Ask) == ask
    assert pickle.loads(pickle.dumps(ask)) == ask
    assert copy.deepcopy(ask) == ask


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: type(reply).__name__)
def test_a_reply_can_be_kept(reply):
    """What came is what is read back from a tape."""
    assert msgspec.json.decode(msgspec.json.encode(reply), type=data.Reply) == reply


@pytest.mark.parametrize("word", [*ASKS, *REPLIES, Row(id="1", name="x"), Usage(), Card(name="a:b", does=())])
def test_words_do_not_change(word):
    """Whoever holds one can rely on it."""
    field = word.__struct_fields__[0]
    with pytest.raises(AttributeError):
        setattr(word, field, getattr(word, field))


def test_what_is_left_at_its_default_is_not_encoded():
    """So a field that is added later changes no key of what was made before."""
    assert msgspec.json.encode(Draw(prompt="x")) == b'{"type":"draw","prompt":"x"}'
    assert msgspec.json.encode(Row(id="1", name="x")) == b'{"id":"1","name":"x"}'
    assert digest(Draw(prompt="x", negative="", width=0, facts={})) == digest(Draw(prompt="x"))


@given(one=st.dictionaries(st.text(max_size=5), st.integers(), max_size=6), random=st.randoms())
def test_the_order_of_facts_plays_no_part(one, random):
    """The same facts, written in another order, are the same ask."""
    names = list(one)
    random.shuffle(names)
    other = {name: one[name] for name in names}
    assert digest(Draw(prompt="x", facts=one)) == digest(Draw(prompt="x", facts=other))


@given(
    one=st.dictionaries(st.text(max_size=3), st.integers(), max_size=3),
    other=st.dictionaries(st.text(max_size=3), st.integers(), max_size=3),
)
def test_other_facts_are_another_ask(one, other):
    """Two asks have one key only if they are the same ask."""
    assert (digest(Draw(prompt="x", facts=one)) == digest(Draw(prompt="x", facts=other))) is (one == other)


def test_true_and_one_are_two_asks():
    """JSON tells them apart where Python does not."""
    assert digest(Draw(prompt="x", options={"a": True})) != digest(Draw(prompt="x", options={"a": 1}))


# ----------------------------------------------------------------------------- usage


@given(one=usages, two=usages, three=usages)
def test_usage_adds_up(one, two, three):
    """In any grouping; nothing added changes nothing; the last provider's id is the one to ask about."""
    assert one.plus(two).plus(three) == one.plus(two.plus(three))
    assert one.plus(Usage()) == one
    assert Usage().plus(one) == one
    assert one.plus(two).dollars == one.dollars + two.dollars
    assert one.plus(two).request_id == (two.request_id or one.request_id)


# ---------------------------------------------------------------------- rows and cards


def test_a_row_knows_its_picture():
    """That of the column `image`, or of another if asked; none where there is none."""
    cells = {"image": Cell(state="filled", files={"image": BLOB}), "mask": Cell(state="failed")}
    found = Row(id="1", name="x", cells=cells)
    assert found.image() == BLOB
    assert found.image("mask") is None
    assert found.image("parent") is None


def test_what_was_planned_is_synthetic():
    """A picture that was taken in is not, and it cannot be said otherwise."""
    assert Row(id="1", name="x").synthetic
    assert not Row(id="1", name="x", origin="taken").synthetic


@pytest.mark.parametrize(("days", "ended"), [(-1, True), (0, True), (1, False)])
def test_a_model_ends_on_its_day(days, ended):
    """From that day on it is not asked; without a day it goes on."""
    day = (date.today() + timedelta(days=days)).isoformat()
    assert Card(name="a:b", does=(), eol=day).ended is ended
    assert not Card(name="a:b", does=()).ended


def test_a_cards_name_has_two_parts():
    """The provider, and what the provider calls it; a revision makes another edition of it."""
    card = Card(name="local:family:7b", does=(), revision="2")
    assert (card.provider, card.model, card.edition) == ("local", "family:7b", "local:family:7b@2")
    assert Card(name="a:b", does=()).edition == "a:b"


@pytest.mark.parametrize(
    ("price", "free"),
    [
        (Price(), True),
        (Price(read_on="2026-11-20"), True),
        (Price(image=0.01), False),
        (Price(rates=(Rate(image=0.01),)), False),
        (Price(tokens_in=1), False),
        (Price(tokens_out=1), False),
    ],
)
def test_what_has_any_price_is_not_free(price, free):
    """Whether a call that may have been billed is repeated depends on it."""
    assert price.free is free


# ------------------------------------------------------------------------------ step


def test_a_complaint_goes_with_what_looks():
    """A model that sees is told what was wrong; one that draws is asked the same once more."""
    assert with_complaint(ASKS[2], "not JSON").complaint == "not JSON"
    for ask in (ASKS[0], ASKS[1], ASKS[3]):
        assert with_complaint(ask, "not JSON") is ask


def test_an_outcome_is_one_of_three():
    """A state that nobody knows cannot be read back."""
    whole = msgspec.json.encode(Outcome(row="1", column="image", key="k", state="filled"))
    assert msgspec.json.decode(whole, type=Outcome).state == "filled"
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(whole.replace(b"filled", b"maybe"), type=Outcome)
