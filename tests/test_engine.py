"""The engine's contract: every row claimed becomes one outcome, and no slot is free before it is kept."""

import asyncio
import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photogram import owed
from photogram.data import Said
from photogram.engines import local
from photogram.faults import (
    Broken,
    Busy,
    Invalid,
    Malformed,
    NotSetUp,
    OutOfQuota,
    OverBudget,
    Refused,
    StoreError,
)
from photogram.ledger import Ledger
from photogram.owed import Owed, Purse
from photogram.store import FolderStore

from .conftest import FREE, PAID, PNG, Counting, Drawing, Picture, Scripted, picture, row


@pytest.fixture
def driver(ledger):
    ledger.add_rows(row(number) for number in range(40))
    ledger.drive()
    return ledger


def fill(ledger, store, model, *, width=8, purse=Purse(), step=None, stop=None, seen=None):
    """Run the engine to its end as a dataset does, and give the outcomes."""

    async def main():
        source = Owed(ledger, step or Drawing(), model.card if model else None, purse)
        halt = stop or asyncio.Event()
        stream = (
            local.map_asks(step or Drawing(), model, source, store, lambda: width, halt)
            if model
            else local.map_computes(step, source, store, halt)
        )
        outcomes = []
        async for some in stream:
            if seen:
                seen(some, halt)
            source.settle(some)
            outcomes += some
        return outcomes

    return asyncio.run(main())


def test_every_row_becomes_one_outcome(driver, store):
    """Forty rows, forty outcomes, forty files, in the ledger before the engine ends."""
    outcomes = fill(driver, store, Scripted())
    assert sorted(done.row for done in outcomes) == sorted(row(number).id for number in range(40))
    assert {done.state for done in outcomes} == {"filled"}
    assert not store.missing(done.files["image"] for done in outcomes)
    assert driver.in_flight() == 0
    assert driver.booked() == pytest.approx(40 * 0.04)


def test_more_rows_than_are_remembered(driver, store, monkeypatch):
    """Of very many rows only ids are kept at hand; none is lost and none comes twice."""
    monkeypatch.setattr(owed, "REMEMBERED", 7)
    monkeypatch.setattr(owed, "LOADED", 5)
    outcomes = fill(driver, store, Scripted())
    assert sorted(done.row for done in outcomes) == sorted(row(number).id for number in range(40))


def test_a_second_run_asks_nothing(driver, store):
    """What is filled is not asked again."""
    fill(driver, store, Scripted())
    again = Scripted()
    assert fill(driver, store, again) == []
    assert again.asked == []


def test_never_more_in_flight_than_asked(driver, store):
    """The width is a promise."""
    model = Scripted()
    fill(driver, store, model, width=5)
    assert model.most == 5


def test_a_slot_is_free_only_when_its_outcome_is_committed(driver, store):
    """What was answered but not committed still counts as in flight."""
    model = Scripted()

    def seen(some, _halt):
        assert driver.in_flight() >= model.now + len(some)
        assert driver.in_flight() <= 5

    fill(driver, store, model, width=5, seen=seen)


def test_what_ends_together_does_not_begin_together_again(driver, store):
    """Of many answers at once the first few are kept and their slots filled before the last is looked at."""
    model, seen = Scripted(), []
    fill(driver, store, model, width=16, seen=lambda some, _halt: seen.append((len(some), len(model.asked))))
    assert max(together for together, _ in seen) == local.TOGETHER
    asked = [asked for _, asked in seen[:4]]
    assert asked[0] == 16
    assert asked[-1] > 16


def test_the_bytes_are_kept_before_the_outcome_exists(driver, store):
    """No outcome names a file that is not there."""

    def seen(some, _halt):
        assert not store.missing(done.files["image"] for done in some)

    fill(driver, store, Scripted(), seen=seen)


@pytest.mark.parametrize(
    ("error", "state", "unsure", "final"),
    [
        (Refused("no", code="moderation"), "refused", False, False),
        (Busy("later"), "failed", False, False),
        (Broken("reset"), "failed", False, False),
        (Broken("timed out", unsure=True), "failed", True, False),
        (Invalid("bad size"), "failed", False, True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_costs_its_own_row_only(driver, store, error, state, unsure, final):
    """One bad row of forty is one bad row; the others are filled."""
    model = Scripted(script=lambda ask: error if ask.prompt == "picture 7" else picture(ask.prompt))
    outcomes = fill(driver, store, model)
    (bad,) = [done for done in outcomes if done.state != "filled"]
    assert (bad.row, bad.state, bad.unsure, bad.final) == (row(7).id, state, unsure, final)
    assert len(outcomes) == 40
    assert len(model.asked) == 40


@pytest.mark.parametrize("error", [NotSetUp("no key", do="set it"), OutOfQuota("closed for today")])
def test_a_halting_error_leaves_cells_empty(driver, store, error):
    """When no answer can come, what came is kept, the rest is untouched, and the reason is raised."""
    served = iter(range(10))
    model = Scripted(script=lambda ask: picture(ask.prompt) if next(served, None) is not None else error)
    with pytest.raises(type(error)):
        fill(driver, store, model, width=4)
    standings = driver.standings("image").values()
    assert [standing.state for standing in standings] == ["filled"] * 10
    assert driver.in_flight() == 0
    assert len(model.asked) <= 14
    assert len(fill(driver, store, Scripted())) == 30


def test_a_bug_stops_the_run_and_names_the_row(driver, store):
    """A mistake in a step is not an outcome."""
    model = Scripted(script=lambda ask: KeyError("oops") if ask.prompt == "picture 3" else picture("x"))
    with pytest.raises(KeyError) as caught:
        fill(driver, store, model)
    assert "row-3" in "".join(caught.value.__notes__)


def test_a_reply_that_cannot_be_read_is_asked_for_once_more(driver, store):
    """The second answer counts; both are paid for."""
    empty = iter([Picture(images=())])
    model = Scripted(script=lambda ask: next(empty, None) or picture(ask.prompt))
    outcomes = fill(driver, store, model, width=1)
    assert len(model.asked) == 41
    assert {done.state for done in outcomes} == {"filled"}


def test_a_reply_that_stays_unreadable_is_a_failed_cell(driver, store):
    """Twice unreadable is failed, with what came kept for a person to see."""
    model = Scripted(script=lambda ask: Picture(images=()))
    outcomes = fill(driver, store, model)
    assert {(done.state, done.error) for done in outcomes} == {("failed", "Malformed")}
    assert all("0 pictures" in done.raw for done in outcomes)
    assert len(model.asked) == 80


def test_what_cannot_be_read_is_kept_as_it_came(driver, store):
    """The raw words of a model are evidence."""

    class Reading(Drawing):
        def absorb(self, row, reply):
            raise Malformed("not JSON")

    model = Scripted(script=lambda ask: Said(text="<html>no</html>"))
    assert {done.raw for done in fill(driver, store, model, step=Reading())} == {"<html>no</html>"}


def test_a_failing_cell_is_left_after_three_runs(driver, store):
    """`run` asks three times in all; the fourth run leaves the cell to `retry`."""
    calls = []
    for _ in range(5):
        model = Scripted(script=lambda ask: Broken("always"))
        fill(driver, store, model)
        calls.append(len(model.asked))
    assert calls == [40, 40, 40, 0, 0]


def test_an_invalid_ask_is_not_made_twice(driver, store):
    """The same ask would be as wrong the next time."""
    fill(driver, store, Scripted(script=lambda ask: Invalid("no such size")))
    again = Scripted()
    fill(driver, store, again)
    assert again.asked == []


def test_a_refusal_is_final_until_retried(driver, store):
    """A refused prompt is not sent again by itself."""
    fill(driver, store, Scripted(script=lambda ask: Refused("no")))
    assert fill(driver, store, Scripted()) == []
    assert driver.start_afresh(refused=True) == 40
    assert len(fill(driver, store, Scripted())) == 40


def test_stopping_finishes_what_is_in_flight(driver, store):
    """After the signal nothing new is sent, and nothing sent is lost."""
    model = Scripted()

    def seen(_some, halt):
        halt.set()

    outcomes = fill(driver, store, model, width=6, seen=seen)
    assert len(outcomes) == len(model.asked) == 6
    assert driver.in_flight() == 0


def test_the_budget_stops_the_asking(driver, store):
    """Twelve pictures at four cents are forty-eight; the thirteenth would be too much."""
    model = Scripted()
    with pytest.raises(OverBudget):
        fill(driver, store, model, purse=Purse(budget=0.50))
    assert len(model.asked) == 12
    assert driver.booked() == pytest.approx(0.48)


def test_money_put_aside_is_used_when_replies_cost_less(driver, store):
    """An estimate too high delays asks, and does not forbid them."""
    model = Scripted(script=lambda ask: picture(ask.prompt, dollars=0.01))
    assert len(fill(driver, store, model, purse=Purse(budget=0.50))) == 40


def test_a_disk_that_fills_up_stops_the_run(driver, store, monkeypatch):
    """What was kept stays, the reason is told, and no further money is spent."""
    model, keep = Scripted(), store.keep
    left = iter(range(5))

    async def scarce(data, folder="images"):
        if next(left, None) is None:
            raise StoreError("the disk is full")
        return await keep(data, folder)

    monkeypatch.setattr(store, "keep", scarce)
    with pytest.raises(StoreError):
        fill(driver, store, model, width=2)
    assert len(driver.standings("image")) == 5
    assert len(model.asked) <= 8


def test_two_drivers_share_the_rows(driver, store, tmp_path):
    """What another living driver has claimed is passed over, and nothing is asked twice."""
    other = type(driver)(tmp_path / "ledger.db")
    other.drive()
    theirs = Owed(other, Drawing(), PAID)
    held = theirs.take(15)
    model = Scripted()
    assert len(fill(driver, store, model)) == 25
    assert {claim.row.prompt for claim in held}.isdisjoint(ask.prompt for ask in model.asked)
    other.close()


def test_rows_let_go_by_another_driver_are_tried_once_more(driver, store, tmp_path):
    """A row that was claimed at first sight may be free at the end."""
    other = type(driver)(tmp_path / "ledger.db")
    other.drive()
    Owed(other, Drawing(), PAID).take(15)
    left = []

    def seen(_some, _halt):
        if not left:
            left.append(other.leave())

    assert len(fill(driver, store, Scripted(), width=30, seen=seen)) == 40
    other.close()


# ---------------------------------------------------------------- whatever is answered

ANSWERS = {
    "good": lambda ask: picture(ask.prompt),
    "refused": lambda ask: Refused("no"),
    "broken": lambda ask: Broken("reset"),
    "maybe billed": lambda ask: Broken("timed out", unsure=True),
    "busy": lambda ask: Busy("later"),
    "wrong": lambda ask: Invalid("no such size"),
    "empty": lambda ask: Picture(images=(), usage=picture("").usage),
    "over": lambda ask: OutOfQuota("closed for today"),
}
PAID_FOR = {"good": 0.04, "empty": 0.08, "maybe billed": 0.04}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    answers=st.lists(st.sampled_from(list(ANSWERS)), min_size=1, max_size=30),
    width=st.integers(1, 9),
    stop_after=st.none() | st.integers(1, 10),
)
def test_whatever_is_answered(tmp_path_factory, answers, width, stop_after):
    """Each row that was asked has one outcome, the width is kept, and every cent is in the books."""
    folder = tmp_path_factory.mktemp("engine")
    ledger, store = Ledger(folder / "ledger.db", make=True), FolderStore(folder)
    ledger.add_rows(row(number) for number in range(len(answers)))
    ledger.drive()
    model = Scripted(script=lambda ask: ANSWERS[answers[int(ask.prompt.rpartition(" ")[2])]](ask))
    done = []

    def seen(some, halt):
        done.extend(some)
        if stop_after and len(done) >= stop_after:
            halt.set()

    over = "over" in answers and not stop_after
    with pytest.raises(OutOfQuota) if over else contextlib.suppress(OutOfQuota):
        fill(ledger, store, model, width=width, seen=seen)
    asked = {ask.prompt for ask in model.asked}
    ended = {f"picture {int(outcome.row)}" for outcome in done}
    closed = {f"picture {number}" for number, answer in enumerate(answers) if answer == "over"}
    assert len(done) == len(ended)
    assert ended == asked - closed
    assert over or stop_after or len(ended) == len(answers) - len(closed)
    assert model.most <= width
    assert ledger.in_flight() == 0
    paid = [PAID_FOR.get(answers[int(outcome.row)], 0.0) for outcome in done]
    assert ledger.booked() == pytest.approx(sum(paid))
    assert not store.missing(blob for outcome in done for blob in outcome.files.values())
    ledger.close()


# --------------------------------------------------------------------- computation


@pytest.fixture
def pictured(driver, store):
    fill(driver, store, Scripted(FREE, lambda ask: picture(ask.prompt, dollars=0.0)))
    return driver


def test_computing_fills_every_row(pictured, store):
    """A step without a model goes through threads to the same ledger."""
    outcomes = fill(pictured, store, None, step=Counting())
    assert len(outcomes) == 40
    assert {done.value["bytes"] for done in outcomes} <= set(range(len(PNG), len(PNG) + 20))
    assert fill(pictured, store, None, step=Counting()) == []


def test_one_broken_picture_costs_itself(driver, store):
    """A picture that cannot be read is a failed cell among filled ones."""
    made = {"picture 5": "broken"}
    fill(driver, store, Scripted(script=lambda ask: picture(made.get(ask.prompt, ask.prompt))))
    outcomes = fill(driver, store, None, step=Counting())
    assert sorted(done.state for done in outcomes) == ["failed"] + ["filled"] * 39


def test_one_missing_file_costs_itself(pictured, store):
    """A file removed by hand fails its row and no other."""
    gone = pictured.rows_of([row(5).id], ["image"])[0].image()
    (store.root / "images" / gone.sha256[:2] / f"{gone.sha256}.png").unlink()
    outcomes = fill(pictured, store, None, step=Counting())
    (bad,) = [done for done in outcomes if done.state == "failed"]
    assert bad.row == row(5).id
    assert "missing" in bad.why


def test_a_bug_in_a_thread_names_its_rows(pictured, store):
    """A mistake in a computing step ends the run with the rows it was at."""

    class Wrong(Counting):
        def compute(self, row, files):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        fill(pictured, store, None, step=Wrong())
    assert "row-" in "".join(caught.value.__notes__)


def test_a_new_version_computes_anew(pictured, store):
    """A step that changes its version makes new cells and keeps the old ones."""
    fill(pictured, store, None, step=Counting())

    class Better(Counting):
        version = "2"

    assert len(fill(pictured, store, None, step=Better())) == 40
    assert len(pictured.standings("measures")) == 80
