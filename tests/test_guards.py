"""The guards around a model: which errors are worth another attempt, what stops everyone, and a budget."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photogram.data import Card, Draw, Picture, Price, Rate, Usage
from photogram.faults import Broken, Busy, Invalid, ModelError, NotSetUp, OutOfQuota, OverBudget, Refused
from photogram.guards import Breaker, Capped, Pace, Paced, Recorded, Replayed, Retrying, guard
from photogram.guards.retrying import BROKEN_ATTEMPTS, LONGEST_WAIT
from tests.virtual import PAID, Provider, Scripted, ask, card, chance, crowd, now, run

FREE = Price()


def attempts(error, price):
    """How often a model that fails once, and then does well, is called; and what comes of it."""
    model = Scripted(error, price=price)
    seconds, errors = run(crowd(Retrying(model, chance=chance()), 1, 1))
    return len(model.times), errors, seconds


# ------------------------------------------------------------------------- every guard

GUARDS = [
    Breaker,
    Retrying,
    lambda model: Paced(model, Pace()),
    lambda model: Capped(model, 1.0),
    lambda model: guard(model, Pace()),
]


@pytest.mark.parametrize("wrap", GUARDS)
def test_a_guard_has_the_shape_of_what_it_wraps(wrap):
    """Its card is the model's, its answer is the model's, and closing it closes the model."""

    async def through():
        model = Scripted()
        wrapped = wrap(model)
        reply = await wrapped.answer(ask())
        await wrapped.close()
        return model, wrapped, reply

    model, wrapped, reply = run(through())
    assert wrapped.card is model.card
    assert reply == Picture(images=(b"png",))
    assert model.closed


@pytest.mark.parametrize("wrap", GUARDS)
def test_a_bug_in_a_model_goes_through_every_guard(wrap):
    """What is no model error is nobody's to handle: the run must stop and name it."""
    model = Scripted(ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError):
        run(wrap(model).answer(ask()))


# ---------------------------------------------------------------------------- retrying

TABLE = [
    (Busy("full"), PAID, 2),
    (Busy("full", after=3.0), PAID, 2),
    (Broken("reset before it was sent"), PAID, 2),
    (Broken("no answer came", unsure=True), PAID, 1),
    (Broken("no answer came", unsure=True), FREE, 2),
    (Refused("unsafe"), PAID, 1),
    (Invalid("size"), PAID, 1),
    (NotSetUp("no key"), PAID, 1),
    (OutOfQuota("spent"), PAID, 1),
]


def test_the_table_has_every_kind_of_error():
    """A new kind of error must say whether it is worth another attempt."""
    assert {type(error) for error, _, _ in TABLE} == set(ModelError.__subclasses__())


@pytest.mark.parametrize(("error", "price", "calls"), TABLE)
def test_which_errors_are_worth_another_attempt(error, price, calls):
    """What may pass is tried again; what may have been billed is not, unless it is free."""
    made, errors, _ = attempts(error, price)
    assert made == calls
    assert [str(left) for left in errors] == ([str(error)] if calls == 1 else [])


def test_a_hint_is_waited_for():
    """The provider knows best when to come back."""
    _, _, seconds = attempts(Busy("full", after=42.0), PAID)
    assert seconds == pytest.approx(42.0)


def test_busy_is_tried_until_the_deadline():
    """Then the last error is raised, and not later."""
    model = Scripted(last=Busy("full"))
    seconds, errors = run(crowd(Retrying(model, 100.0, chance()), 1, 1))
    assert isinstance(errors[0], Busy)
    assert 40 <= seconds <= 100
    assert len(model.times) > 8


def test_a_hint_beyond_the_deadline_ends_at_once():
    """Nobody waits for what comes too late."""
    model = Scripted(Busy("full", after=700.0))
    seconds, errors = run(crowd(Retrying(model), 1, 1))
    assert isinstance(errors[0], Busy)
    assert seconds < 1


def test_broken_is_tried_a_few_times():
    """A server that only breaks is left alone soon: each attempt may cost."""
    model = Scripted(last=Broken("500"))
    seconds, errors = run(crowd(Retrying(model, chance=chance()), 1, 1))
    assert isinstance(errors[0], Broken)
    assert len(model.times) == BROKEN_ATTEMPTS
    assert seconds <= 0.5 * (1 + 2 + 4 + 8)


def test_waits_grow_and_are_shaken_and_have_an_end():
    """Full jitter below a bound that doubles, up to a minute."""
    model = Scripted(last=Busy("full"))
    run(crowd(Retrying(model, 600.0, chance=lambda: 1.0), 1, 1))
    waits = [later - earlier for earlier, later in zip(model.times, model.times[1:], strict=False)]
    assert waits[:4] == pytest.approx([0.1, 0.2, 0.4, 0.8])
    assert max(waits) == pytest.approx(LONGEST_WAIT)


def test_a_final_error_ends_the_waiting_of_others():
    """Who is about to try again hears at once that it is no use, and does not try."""
    model = Scripted(Busy("full", after=50.0), Busy("full", after=50.0), OutOfQuota("spent"))
    seconds, errors = run(crowd(Retrying(model), 3, 3))
    assert {type(error) for error in errors} == {OutOfQuota}
    assert len(errors) == len(model.times) == 3
    assert seconds < 1


def test_who_fails_after_the_final_error_does_not_try_again():
    """An ask that was in flight at that moment ends too."""

    class First(Scripted):
        async def answer(self, ask):
            self.times.append(now())
            first = len(self.times) == 1
            await asyncio.sleep(1.0 if first else 5.0)
            raise OutOfQuota("spent") if first else Busy("full")

    model = First()
    seconds, errors = run(crowd(Retrying(model), 2, 2))
    assert [type(error) for error in errors] == [OutOfQuota, OutOfQuota]
    assert len(model.times) == 2
    assert seconds == pytest.approx(5.0)


def test_a_cancelled_wait_leaves_nothing_behind():
    """Whoever is told to go while waiting goes, and no timer is left."""

    async def gone():
        retrying = Retrying(Scripted(Busy("full", after=500.0)))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await retrying.answer(ask())
        return now(), retrying._bench._seats

    seconds, seats = run(gone())
    assert seconds == pytest.approx(1.0)
    assert not seats


def test_each_attempt_takes_its_turn():
    """Retries go through the pace like all the rest: ten a second stay ten a second."""
    provider = Provider(rate=5, burst=1)
    pace = Pace(per_second=10)
    run(crowd(Retrying(Paced(provider, pace), chance=chance()), 50, 16))
    for first, later in zip(provider.calls, provider.calls[10:], strict=False):
        assert later - first >= 1.0 - 0.1 - 1e-6


# ----------------------------------------------------------------------------- breaker


@pytest.mark.parametrize("final", [NotSetUp("no key", do="set X"), OutOfQuota("spent", do="tomorrow")])
def test_a_breaker_stays_open(final):
    """One call is enough to know; all later asks are told the same without a call."""
    model = Scripted(final)
    _, errors = run(crowd(Breaker(model), 10, 1))
    assert [str(error) for error in errors] == [str(final)] * 10
    assert [type(error) for error in errors] == [type(final)] * 10
    assert len(model.times) == 1


@pytest.mark.parametrize("error", [Busy("full"), Broken("500"), Refused("no"), Invalid("size")])
def test_other_errors_leave_a_breaker_closed(error):
    """What concerns one ask is no reason to keep from others."""
    model = Scripted(error)
    _, errors = run(crowd(Breaker(model), 5, 1))
    assert len(errors) == 1
    assert len(model.times) == 5


def test_the_whole_stack_ends_at_once():
    """In line, before another attempt or not yet asked: 30 asks, and no call after the one that told."""
    script = [Busy("full"), Busy("full", after=20.0), NotSetUp("the key was revoked", do="make a new one")]
    model = Scripted(*script)
    seconds, errors = run(crowd(guard(model, Pace(per_second=2, width=4)), 30, 20))
    assert {str(error) for error in errors} == {str(script[-1])}
    assert len(errors) == 30
    assert len(model.times) == 3
    assert seconds <= 25


def test_in_flight_when_the_breaker_opens_is_answered():
    """What was sent and may be paid for is still taken in."""

    class Half(Scripted):
        async def answer(self, ask):
            self.times.append(now())
            if len(self.times) == 2:
                await asyncio.sleep(1.0)
                raise OutOfQuota("spent")
            await asyncio.sleep(3.0)
            return Picture(images=())

    model = Half()
    seconds, errors = run(crowd(guard(model, Pace()), 20, 8))
    assert len(model.times) == 8
    assert len(errors) == 20 - 7
    assert seconds == pytest.approx(3.0)


# ------------------------------------------------------------------------------ budget

QUALITIES = {"low": 0.01, "medium": 0.04, "high": 0.17}
RATES = tuple(Rate(options={"quality": name}, image=dollars) for name, dollars in QUALITIES.items())


class Priced(Scripted):
    """A model that takes a while and charges a share of the list price, or breaks off."""

    def __init__(self, shares):
        super().__init__()
        self.card = Card(name="virtual:priced", does=("draw",), price=Price(rates=RATES))
        self._shares = list(shares)
        self.charged = 0.0

    async def answer(self, ask):
        share = self._shares.pop(0) if self._shares else 1.0
        await asyncio.sleep(share)
        if share < 0.05:
            raise Broken("no answer came", unsure=True)
        dollars = share * QUALITIES[ask.options["quality"]]
        self.charged += dollars
        return Picture(images=(), usage=Usage(dollars=dollars))


def priced(quality):
    return Draw(prompt="x", options={"quality": quality})


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(list(QUALITIES)), st.floats(0, 1)), max_size=30),
    st.floats(0, 1),
)
def test_a_budget_is_never_passed(asks, dollars):
    """However many ask at once: what is spent stays within what is allowed, when prices hold."""

    async def all_at_once():
        model = Priced(share for _, share in asks)
        capped = Capped(model, dollars)
        replies = [capped.answer(priced(quality)) for quality, _ in asks]
        ends = await asyncio.gather(*replies, return_exceptions=True)
        return model, capped, ends

    model, capped, ends = run(all_at_once())
    assert model.charged <= capped.spent + 1e-9
    assert capped.spent <= dollars + 1e-6
    assert capped._held == pytest.approx(0.0)
    assert all(isinstance(end, (Picture, Broken, OverBudget)) for end in ends)


def test_a_budget_is_used_to_its_end():
    """Ten dimes are a dollar: rounding takes nobody's last ask away."""
    model = Scripted(last=Picture(images=(), usage=Usage(dollars=0.1)), price=Price(image=0.1))
    _, errors = run(crowd(Capped(model, 1.0), 12, 1))
    assert len(model.times) == 10
    assert [type(error) for error in errors] == [OverBudget, OverBudget]


def test_what_went_well_cheaply_leaves_room_for_more():
    """An estimate is held only as long as the ask is under way; then what it cost counts."""
    model = Scripted(last=Picture(images=(), usage=Usage(dollars=0.05)), price=Price(image=0.1))
    capped = Capped(model, 0.2)

    async def one_by_one():
        for number in range(3):
            await capped.answer(ask(number))
        with pytest.raises(OverBudget, match="is spent"):
            await capped.answer(ask(3))

    run(one_by_one())
    assert capped.spent == pytest.approx(0.15)


@pytest.mark.parametrize(
    ("error", "spent"),
    [
        (Broken("no answer came", unsure=True), 0.04),
        (Broken("never left"), 0.0),
        (Refused("unsafe"), 0.0),
        (ZeroDivisionError("a bug"), 0.04),
    ],
)
def test_what_may_have_been_billed_counts_as_spent(error, spent):
    """Only what surely cost nothing is free again."""
    capped = Capped(Scripted(error), 1.0)
    with pytest.raises(type(error)):
        run(capped.answer(ask()))
    assert capped.spent == pytest.approx(spent)


def test_what_was_cancelled_in_flight_counts_as_spent():
    """A call cut off by us may still be billed."""
    capped = Capped(Provider(service=10.0), 1.0)

    async def cut_off():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await capped.answer(ask())

    run(cut_off())
    assert capped.spent == pytest.approx(0.04)


def test_a_budget_says_how_it_stands():
    """The message names the model, the sums and what to do; the exit code is the budget's."""
    with pytest.raises(OverBudget) as caught:
        run(Capped(Scripted(), 0.01).answer(ask()))
    assert "virtual:provider" in str(caught.value)
    assert "$0.0400" in str(caught.value)
    assert caught.value.exit_code == 3


# -------------------------------------------------------------------------------- tape


def test_a_tape_under_the_whole_stack(tmp_path):
    """Recorded behind the guards, and given again behind the same guards, without the model."""
    model = Scripted(Busy("full"), Picture(images=(b"first",)), Refused("unsafe"))

    async def both():
        recorded = guard(Recorded(model, tmp_path), Pace())
        first = await recorded.answer(ask(1))
        with pytest.raises(Refused):
            await recorded.answer(ask(2))
        replayed = guard(Replayed(card(), tmp_path), Pace())
        assert await replayed.answer(ask(1)) == first
        with pytest.raises(Refused, match="unsafe"):
            await replayed.answer(ask(2))
        with pytest.raises(NotSetUp, match="no recording"):
            await replayed.answer(ask(3))

    run(both())
    assert len(model.times) == 3
