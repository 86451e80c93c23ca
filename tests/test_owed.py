"""What is owed is counted once and handed out once, whoever else is at work and however it was left."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photogram import owed as module
from photogram.data import Blob, Card, Draw, Outcome, Price, Rate, See, Sizes, Usage
from photogram.faults import OverBudget
from photogram.ledger import ATTEMPTS, Ledger
from photogram.owed import Owed, Purse, Survey, takes
from photogram.step import key_of
from photogram.terms import estimate

from .conftest import FREE, PAID, Counting, Drawing, row

BLOB = Blob(sha256="a" * 64, media_type="image/png", size=3)
LEFT = st.sampled_from(["nothing", "filled", "refused", "failed", "wrong", "failing"])
fresh = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Seeing:
    """A step that asks about the picture a row has."""

    column, needs, version = "annotation", ("image",), "1"

    def ask(self, row):
        return See(images=(row.image(),), prompt="what?") if row.image() else None

    def absorb(self, row, reply):
        raise NotImplementedError


def outcome(number, card=PAID, state="filled", column="image", **more):
    """What came of a row's own ask."""
    step = Drawing()
    key = key_of(step, card.edition, step.ask(row(number)))
    return Outcome(row=row(number).id, column=column, key=key, state=state, model=card.edition, **more)


def left_as(ledger, number, how):
    """Leave a row's cell as runs before this one may have left it."""
    times = {"nothing": 0, "failing": ATTEMPTS}.get(how, 1)
    state = {"wrong": "failed", "failing": "failed"}.get(how, how)
    for _ in range(times):
        ledger.commit([outcome(number, state=state, final=how == "wrong")])


@pytest.fixture
def driver(ledger):
    ledger.add_rows(row(number) for number in range(12))
    ledger.drive()
    return ledger


def names(claims):
    return [claim.row.name for claim in claims]


# -------------------------------------------------------------------------- counting


@fresh
@given(ways=st.lists(LEFT, max_size=12))
def test_every_row_is_counted_as_one_thing(tmp_path_factory, ways):
    """Owed, filled, refused and given up: each row that takes anything is one of them, and only one."""
    ledger = Ledger(tmp_path_factory.mktemp("owed") / "ledger.db", make=True)
    ledger.add_rows(row(number) for number in range(len(ways)))
    for number, how in enumerate(ways):
        left_as(ledger, number, how)
    survey = Owed(ledger, Drawing(), PAID).survey
    ledger.close()
    assert survey.owed == ways.count("nothing") + ways.count("failed")
    assert (survey.filled, survey.refused) == (ways.count("filled"), ways.count("refused"))
    assert survey.given_up == ways.count("wrong") + ways.count("failing")
    assert survey.dollars == pytest.approx(0.04 * survey.owed)


def test_what_costs_nothing_is_owed_for_nothing(driver):
    """The price is the card's; without a model there is none."""
    assert Owed(driver, Drawing(), FREE).survey.dollars == 0
    assert Owed(driver, Counting(), None).survey == Survey(0, 0, 0, 0, 0.0)


def test_another_model_owes_everything_anew(driver):
    """A cell belongs to the model that filled it; the same model of a new revision is another."""
    left_as(driver, 1, "filled")
    other = Card(name="test:paid", does=("draw",), revision="2")
    assert Owed(driver, Drawing(), PAID).survey.filled == 1
    assert Owed(driver, Drawing(), other).survey.filled == 0


def test_a_row_that_takes_nothing_is_not_counted(driver):
    """A picture that is not there cannot be looked at, and nothing is owed for it."""
    assert Owed(driver, Seeing(), PAID).survey.owed == 0


def test_what_is_still_to_be_made_can_be_counted_on(driver):
    """A plan prices what comes after the pictures as if they were there already."""
    seeing = Card(name="test:sees", does=("see",), price=Price(tokens_in=1.0))
    survey = Owed(driver, Seeing(), seeing, expecting=True).survey
    assert survey.owed == 12
    assert survey.dollars == pytest.approx(12 * estimate(seeing, See(images=(BLOB,), prompt="what?")))
    assert survey.dollars > 0


def test_what_is_there_is_not_expected(driver):
    """A row that has its picture is asked about that picture, not about a stand-in."""
    driver.commit([outcome(3, files={"image": BLOB})])
    asked = Owed(driver, Seeing(), PAID, expecting=True).take(12)
    assert [claim.row.name for claim in asked if claim.ask.images == (BLOB,)] == ["row-3"]


def test_some_rows_alone(driver):
    """A run about some rows counts, prices and hands out those."""
    source = Owed(driver, Drawing(), PAID, only=[row(4).id, row(7).id])
    assert source.survey.owed == 2
    assert names(source.take(99)) == ["row-4", "row-7"]


def test_an_ask_that_cannot_succeed_is_said_where_it_is_expected(driver):
    """A plan says why by the model's card; a run finds out row by row."""
    driver.add_rows([row(50, width=100, height=64)])
    strict = Card(name="test:strict", does=("draw",), sizes=Sizes(step=16))

    class Sized(Drawing):
        def ask(self, row):
            return Draw(prompt=row.prompt, width=row.width, height=row.height)

    assert "multiples of 16" in Owed(driver, Sized(), strict, expecting=True).survey.wrong
    assert Owed(driver, Sized(), strict).survey.wrong == ""


def test_an_older_cell_is_recalled_not_asked_for(driver):
    """Back to a model that was used before: its cells count again, and nothing is owed for them."""
    left_as(driver, 1, "filled")
    left_as(driver, 2, "filled")
    other = Card(name="test:other", does=("draw",))
    driver.commit([outcome(1, card=other)])
    again = Owed(driver, Drawing(), PAID)
    assert [found for found, _, _ in again.recalled] == [row(1).id]
    driver.make_current(again.recalled)
    assert Owed(driver, Drawing(), PAID).recalled == []


# ----------------------------------------------------------------------- handing out


@fresh
@given(
    sizes=st.lists(st.integers(0, 7), max_size=20), remembered=st.integers(0, 15), loaded=st.integers(1, 5)
)
def test_each_row_is_handed_out_once(tmp_path_factory, sizes, remembered, loaded):
    """However many are asked for at a time, and however few are kept at hand."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "REMEMBERED", remembered)
        patch.setattr(module, "LOADED", loaded)
        ledger = Ledger(tmp_path_factory.mktemp("owed") / "ledger.db", make=True)
        ledger.add_rows(row(number) for number in range(12))
        ledger.drive()
        source = Owed(ledger, Drawing(), PAID)
        given_out = []
        for most in [*sizes, 99]:
            claims = source.take(most)
            assert len(claims) <= most
            given_out += names(claims)
        ledger.close()
    assert sorted(given_out) == sorted(f"row-{number}" for number in range(12))


def test_an_intent_is_left_for_each_that_is_handed_out(driver):
    """Before the first byte is sent the ledger knows what is on its way, and what it may cost."""
    source = Owed(driver, Drawing(), PAID)
    source.take(5)
    assert driver.in_flight() == 5
    assert driver.booked() == pytest.approx(5 * 0.04)


def test_what_is_settled_is_in_the_ledger(driver):
    """When `settle` is back the cells are there and the intents are gone."""
    source = Owed(driver, Drawing(), PAID)
    claims = source.take(3)
    source.settle([outcome(number) for number in range(3)])
    assert driver.in_flight() == 0
    assert {key for _, key in driver.standings("image")} == {claim.key for claim in claims}


def test_a_row_given_back_is_owed_in_the_next_run(driver):
    """What was not sent left no trace."""
    source = Owed(driver, Drawing(), PAID)
    (claim,) = source.take(1)
    source.release(claim)
    assert driver.booked() == 0
    assert Owed(driver, Drawing(), PAID).survey.owed == 12


def test_a_row_that_went_meanwhile_is_passed_over(driver, tmp_path):
    """Between looking and claiming another driver has filled it: nobody pays for it again."""
    mine = Owed(driver, Drawing(), PAID)
    other = Ledger(tmp_path / "ledger.db")
    other.drive()
    theirs = Owed(other, Drawing(), PAID)
    theirs.take(4)
    theirs.settle([outcome(number) for number in range(4)])
    other.leave()
    other.close()
    assert names(mine.take(99)) == [f"row-{number}" for number in range(4, 12)]


# ----------------------------------------------------------------------------- money


def test_no_more_is_handed_out_than_there_is_money_for(driver):
    """What is in flight may cost less than was put aside: until that is known the rest waits."""
    source = Owed(driver, Drawing(), PAID, Purse(budget=0.10))
    assert len(source.take(12)) == 2
    assert source.take(12) == []


def test_when_nothing_is_in_flight_the_budget_is_reached(driver):
    """Then no money can come back, and the run ends with the reason."""
    source = Owed(driver, Drawing(), PAID, Purse(budget=0.10))
    first = source.take(12)
    source.settle([outcome(number, usage=Usage(dollars=0.04)) for number in range(len(first))])
    with pytest.raises(OverBudget, match=r"0\.0200 dollars are left"):
        source.take(12)


def test_what_was_cheaper_than_feared_makes_room(driver):
    """An estimate is put aside only until the bill is there."""
    source = Owed(driver, Drawing(), PAID, Purse(budget=0.10))
    source.take(2)
    source.settle([outcome(0), outcome(1)])  # free after all
    assert len(source.take(12)) == 2


def test_a_dear_ask_waits_and_a_cheap_one_goes(driver):
    """One that is too dear for what is left just now stays first in line for what comes back."""
    dear = Card(
        name="test:paid",
        does=("draw",),
        price=Price(image=0.01, rates=(Rate(options={"quality": "high"}, image=0.30),)),
    )
    driver.add_rows([row(20, options={"quality": "high"})])

    class Fine(Drawing):
        def ask(self, row):
            return Draw(prompt=row.prompt, options=row.options)

    source = Owed(driver, Fine(), dear, Purse(budget=0.35), only=[row(20).id, row(0).id, row(1).id])
    assert names(source.take(1)) == ["row-0"]
    assert source.survey.dollars == pytest.approx(0.32)
    assert names(source.take(9)) == ["row-1", "row-20"]


def test_a_second_ask_is_paid_from_the_same_purse(driver):
    """Complaining costs as much as asking did."""
    source = Owed(driver, Drawing(), PAID, Purse(cap=0.10))
    claim, _ = source.take(2)
    assert not source.again(claim)
    assert Owed(driver, Drawing(), PAID, Purse(cap=0.12)).again(claim)


# ------------------------------------------------------------------------------ takes


def test_what_a_step_takes(driver):
    """An ask, where a model is asked; the bytes to look at, where it computes; or nothing."""
    assert takes(Drawing())(row(1)) == Draw(prompt="picture 1")
    assert takes(Counting())(row(1)) is None
    driver.commit([outcome(1, files={"image": BLOB})])
    pictured = driver.rows_of([row(1).id], ["image"])[0]
    assert takes(Counting())(pictured) == {"image": BLOB}
