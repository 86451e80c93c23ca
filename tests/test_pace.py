"""Pacing against providers of every kind, in virtual time: what is wasted, what is lost, how long."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photogram.data import Picture
from photogram.faults import Broken, Busy, Invalid, ModelError, NotSetUp, OutOfQuota, Refused
from photogram.guards import Breaker, Pace, Paced, Retrying
from photogram.guards.limits import CUT, SLOWEST, Rate, Turn, Window
from tests.virtual import Provider, Scripted, ask, chance, crowd, engine, now, run, shaken


def stack(provider, pace):
    return Breaker(Retrying(Paced(provider, pace), chance=chance()))


def by_engine(provider, asks, **known):
    """How long an engine takes, what it could not get, and the pace afterwards."""
    pace = Pace(**known)
    seconds, errors = run(engine(stack(provider, pace), pace, asks))
    return seconds, errors, pace


def by_crowd(provider, asks, width=64, until=None, **known):
    pace = Pace(**known)
    seconds, errors = run(crowd(stack(provider, pace), asks, width, until))
    return seconds, errors, pace


DRIVERS = pytest.mark.parametrize("drive", [by_engine, by_crowd])


# ------------------------------------------------------------------- limits in flight


@DRIVERS
@pytest.mark.parametrize("lag", [0.0, 0.002])
def test_a_limit_in_flight_is_found(drive, lag):
    """429 above 8 in flight, 500 asks, 64 wide: 3 of 100 calls are wasted, and a tenth of the time."""
    provider = Provider(limit=8, lag=lag)
    seconds, errors, _ = drive(provider, 500)
    assert not errors
    assert provider.answered == 500
    assert provider.rejected <= 0.03 * 500
    assert seconds <= 1.1 * 500 / 8 * (0.05 + 2 * lag)


@DRIVERS
@pytest.mark.parametrize("lag", [0.0, 0.002])
@pytest.mark.parametrize(("limit", "asks"), [(1, 500), (3, 500), (40, 2000)])
def test_limits_of_any_size_are_found(drive, lag, limit, asks):
    """Few or many in flight: 5 of 100 calls at most, and a fifth of the time."""
    provider = Provider(limit=limit, lag=lag)
    seconds, errors, _ = drive(provider, asks)
    assert not errors
    assert provider.rejected <= 0.05 * asks
    assert seconds <= 1.2 * asks / limit * (0.05 + 2 * lag)


def test_a_limit_in_flight_is_kept_for_long():
    """A ceiling that proves right is tried ever more seldom: 4,000 asks waste no more than 20."""
    provider = Provider(limit=8, service=shaken(0.05))
    seconds, errors, pace = by_engine(provider, 4000)
    assert not errors
    assert provider.rejected <= 20
    assert seconds <= 1.05 * 4000 / 8 * 0.05
    assert pace.window in (8, 9)


def test_a_slow_way_there_is_no_reason_for_waste():
    """When a 429 takes half as long as an answer, most of a round is under way before it is heard."""
    provider = Provider(limit=8, lag=0.02, service=shaken(0.05))
    _, errors, _ = by_engine(provider, 500)
    assert not errors
    assert provider.rejected <= 0.05 * 500


def test_a_limit_that_rises_is_found_again():
    """More is tried again and again, so a limit that was lifted does not bind for ever."""
    provider = Provider(limit=8)
    pace = Pace()

    async def lifted():
        model = stack(provider, pace)
        await engine(model, pace, 200)
        provider._limit = 48
        await engine(model, pace, 3000)

    run(lifted())
    assert pace.window >= 40


def test_a_limit_that_falls_is_found_too():
    """Where fewer are let in than were fine before, that is noticed, with hardly a call wasted."""
    provider = Provider(limit=32)
    pace = Pace()

    async def lowered():
        model = stack(provider, pace)
        await engine(model, pace, 500)
        provider._limit = 8
        before = provider.rejected
        seconds, errors = await engine(model, pace, 1000)
        return seconds, errors, provider.rejected - before

    seconds, errors, rejected = run(lowered())
    assert not errors
    assert rejected <= 0.02 * 1000
    assert seconds <= 2.5 * 1000 / 8 * 0.05
    assert pace.window in (8, 9)


# -------------------------------------------------------------------- limits of rate


@DRIVERS
@pytest.mark.parametrize("lag", [0.0, 0.02])
def test_an_unknown_rate_is_found(drive, lag):
    """10 a second and nobody said so: nothing is lost, at most 8 of 100 answers are 429."""
    provider = Provider(rate=10, lag=lag)
    seconds, errors, _ = drive(provider, 200, width=16)
    assert not errors
    assert provider.answered == 200
    assert provider.rejected <= 0.08 * 200
    assert seconds <= 1.1 * 19


@DRIVERS
@pytest.mark.parametrize("burst", [1, 10])
def test_a_known_rate_is_kept(drive, burst):
    """10 a second from the card: nothing lost, at most 2 of 100 wasted, 97 % of what is allowed."""
    provider = Provider(rate=10, burst=burst)
    seconds, errors, _ = drive(provider, 200, width=16, per_second=10)
    assert not errors
    assert provider.rejected <= 0.02 * 200
    assert 200 / seconds >= 0.97 * 10


def test_a_known_rate_is_never_passed():
    """What the card or a person allows is the most, however well it goes."""
    provider = Provider()
    seconds, _, _ = by_crowd(provider, 300, per_second=20)
    assert 300 / seconds <= 20 * 1.02


def test_a_known_rate_that_is_shared_with_others_gives_way():
    """The account allows 10, others use 6 of them: the rest is found."""
    provider = Provider(rate=4)
    seconds, errors, _ = by_engine(provider, 200, per_second=10)
    assert not errors
    assert provider.rejected <= 0.08 * 200
    assert 200 / seconds >= 0.9 * 4


@pytest.mark.parametrize("rate", [0.1, 1, 100])
def test_rates_of_any_size_are_found(rate):
    """Six a minute or a hundred a second: little waste, and at most a fifth slower than allowed."""
    provider = Provider(rate=rate, burst=max(1, rate))
    asks = 100 if rate < 10 else 4000
    seconds, errors, _ = by_engine(provider, asks)
    assert not errors
    assert provider.rejected <= 0.12 * asks
    assert seconds <= 1.25 * asks / rate


@pytest.mark.parametrize("service", [5.0, shaken(5.0, 0.3)])
def test_a_rate_does_not_shrink_the_window_to_nothing(service):
    """Slow answers need many in flight; that a first burst was cut short must not keep them few."""
    provider = Provider(rate=10, service=service)
    seconds, errors, pace = by_engine(provider, 1000)
    assert not errors
    assert pace.window >= 30
    assert seconds <= 2.2 * 1000 / 10
    assert provider.rejected <= 0.02 * 1000


def test_a_provider_without_any_burst_is_learnt():
    """Not even two at a time, and slow answers: within five times the ideal, not fifty."""
    provider = Provider(rate=10, burst=1, service=shaken(5.0, 0.3))
    seconds, errors, _ = by_engine(provider, 1000)
    assert not errors
    assert seconds <= 5.0 * 1000 / 10
    assert provider.rejected <= 0.03 * 1000


@pytest.mark.parametrize("lag", [0.0, 0.01])
@pytest.mark.parametrize("service", [0.02, 0.05, 0.2, 0.5])
def test_both_limits_at_once_and_one_of_them_falling(lag, service):
    """20 in flight and 40 a second that fall to 10: 85 % of what is possible, 8 rejects in 100."""
    provider = Provider(limit=20, rate=lambda at: 40 if at < 8 else 10, burst=40, service=service, lag=lag)
    by_crowd(provider, 10_000, until=20)
    assert provider.answered >= 0.85 * 480
    assert provider.rejected / provider.answered <= 0.08


# -------------------------------------------------------------------------- no limit


@DRIVERS
def test_without_a_limit_the_pace_costs_nothing(drive):
    """2,000 asks, 64 wide: 95 % of the ideal, and never more than 64 in flight."""
    provider = Provider(service=shaken(0.05))
    seconds, errors, pace = drive(provider, 2000)
    assert not errors
    assert not provider.rejected
    assert provider.peak == pace.window == 64
    assert seconds <= 2000 / 64 * 0.05 / 0.95


def test_the_window_starts_at_16_and_doubles():
    """Ruling 10: one clean round doubles it, up to the width."""
    seen = []

    async def watched():
        pace = Pace(width=100)
        model = stack(Provider(), pace)
        for _ in range(6):
            seen.append(pace.window)
            await engine(model, pace, pace.window)

    run(watched())
    assert seen == [16, 32, 64, 100, 100, 100]


def test_a_width_below_16_is_the_window():
    """Nobody gets more in flight than allowed, not even at the start."""
    assert Pace(width=3).window == 3


def test_an_ask_that_need_not_wait_does_not_wait():
    """The whole stack answers without once giving up the processor: no task, no lock, no timer."""

    class AtOnce(Scripted):
        async def answer(self, ask):
            return Picture(images=())

    async def straight_through():
        coroutine = stack(AtOnce(), Pace()).answer(ask())
        with pytest.raises(StopIteration):
            coroutine.send(None)

    run(straight_through())


def test_few_asks_in_flight_do_not_prove_that_many_are_fine():
    """A window that is not used is not widened."""

    async def one_at_a_time():
        pace = Pace()
        for number in range(100):
            await stack(Provider(), pace).answer(ask(number))
        return pace.window

    assert run(one_at_a_time()) == 16


# ------------------------------------------------------------------------------ hints


@DRIVERS
def test_a_hint_holds_for_everyone(drive):
    """Retry-After: 2 means two seconds without a single call, whoever was told."""
    provider = Provider(rate=10, after=2.0)
    _, errors, _ = drive(provider, 200, width=16)
    assert not errors
    for told in provider.busy_at:
        assert not [at for at in provider.calls if told < at < told + 2.0 - 1e-6]


def test_a_hint_is_heard_while_others_wait_in_line():
    """Those who stand in line for the rate are held back too."""
    busy = Busy("later", after=30.0)
    model = Scripted(Picture(images=()), busy)
    _, errors = run(crowd(stack(model, Pace(per_second=10)), 5, 5))
    assert not errors
    assert len(model.times) == 6
    assert not [at for at in model.times if model.times[1] < at < 30.0]


class Moody(Provider):
    """A provider without limits that at these calls is not ready, and says for how long."""

    def _admit(self):
        if len(self.calls) in (100, 300, 500):
            self.busy_at.append(now())
            raise Busy("not ready", after=10.0)


@DRIVERS
def test_the_time_in_which_nobody_may_ask_is_no_measure_of_the_rate(drive):
    """Three times ten seconds are lost to hints, and not half as much again to a rate found in them."""
    provider = Moody()
    seconds, errors, _ = drive(provider, 2000)
    assert not errors
    assert len(provider.busy_at) == 3
    assert seconds <= 30 + 10


# ------------------------------------------------------------------------ out of quota


@DRIVERS
@pytest.mark.parametrize("lag", [0.0, 0.02])
def test_a_tap_that_is_shut_ends_the_run(drive, lag):
    """Nothing but 429 for 90 s is a quota that is spent: everyone is told, and few calls are wasted."""
    provider = Provider(shut=True, lag=lag)
    seconds, errors, _ = drive(provider, 100)
    assert {type(error) for error in errors} == {OutOfQuota}
    assert len(errors) == 100
    assert 90 <= seconds <= 130
    assert provider.rejected <= 30
    assert "none was answered" in str(errors[0])
    assert "run again later" in str(errors[0])


def test_a_hint_of_hours_ends_the_run():
    """A daily quota that says "come back tomorrow" is believed at once; nobody sits and waits for it."""
    seconds, errors, _ = by_crowd(Provider(shut=True, after=86_400.0), 30)
    assert [type(error) for error in errors] == [OutOfQuota] * 30
    assert "1440 minutes" in str(errors[0])
    assert seconds < 1


def test_what_was_answered_before_the_tap_was_shut_stays():
    """The asks that went well are answered; only the rest end."""
    provider = Provider()

    async def shut_after(seconds):
        await asyncio.sleep(seconds)
        provider.shut = True

    async def both():
        pace = Pace()
        _, (_, errors) = await asyncio.gather(shut_after(0.2), engine(stack(provider, pace), pace, 500))
        return errors

    errors = run(both())
    assert provider.answered >= 100
    assert provider.answered + len(errors) == 500
    assert all(isinstance(error, OutOfQuota) for error in errors)


def test_one_answer_in_time_keeps_hope_alive():
    """A limit of one a minute is slow, and no reason to give up."""
    provider = Provider(rate=1 / 60, burst=1)
    _, errors, _ = by_engine(provider, 8, width=2)
    assert not errors
    assert provider.answered == 8


def test_patience_is_the_callers_to_set():
    """Whoever cannot wait 90 s says so."""
    seconds, errors, _ = by_engine(Provider(shut=True), 3, patience=2, quiet=5.0)
    assert len(errors) == 3
    assert 5 <= seconds <= 20


# ---------------------------------------------------------------- what else may happen


def test_a_refusal_is_an_answer():
    """The provider served it: the window may grow on refusals as on pictures."""
    refused = [Refused("no") for _ in range(16)]

    async def all_refused():
        pace = Pace()
        _, errors = await engine(Paced(Scripted(*refused), pace), pace, 16)
        return pace.window, errors

    window, errors = run(all_refused())
    assert window == 32
    assert len(errors) == 16


@pytest.mark.parametrize("error", [Broken("reset"), Invalid("size"), Broken("timeout", unsure=True)])
def test_other_errors_teach_nothing(error):
    """A failure of the network says nothing of limits: its place is free again, the window as it was."""

    async def failing():
        pace = Pace(width=1)
        model = Paced(Scripted(*[error] * 5), pace)
        _, errors = await crowd(model, 6, 3)
        return pace, errors

    pace, errors = run(failing())
    assert pace.window == 1
    assert len(errors) == 5
    assert pace._in_flight == 0


@pytest.mark.parametrize("final", [NotSetUp("no key", do="set it"), OutOfQuota("spent")])
def test_a_final_error_empties_the_line(final):
    """Whoever stands in line behind it is told the same, and the model is not asked again."""
    model = Scripted(final)
    _, errors = run(crowd(Paced(model, Pace(width=1)), 10, 10))
    assert [str(error) for error in errors] == [str(final)] * 10
    assert len({id(error) for error in errors}) == 10
    assert len(model.times) == 1


def test_a_place_is_given_back_when_its_holder_is_cancelled():
    """In line, just called up, or in flight: whoever goes leaves no gap behind."""

    async def cancelled_anywhere():
        pace = Pace(width=2)
        model = Paced(Provider(service=1.0), pace)
        for wait in (0.0, 0.5, 1.0, 1.5):
            tasks = [asyncio.ensure_future(model.answer(ask(number))) for number in range(8)]
            await asyncio.sleep(wait)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        started = now()
        await asyncio.gather(*(model.answer(ask(number)) for number in range(2)))
        return pace._in_flight, now() - started

    in_flight, seconds = run(cancelled_anywhere())
    assert in_flight == 0
    assert seconds == pytest.approx(1.0)


def test_called_up_and_cancelled_in_the_same_moment():
    """A turn that was given to someone who no longer comes goes to the next."""

    async def at_once():
        pace = Pace(width=1)
        turn = await pace.turn()
        first, second = (asyncio.ensure_future(pace.turn()) for _ in range(2))
        await asyncio.sleep(0)
        pace.dropped()
        first.cancel()
        await asyncio.wait([first, second])
        return turn, first.cancelled(), second.result().number

    _, cancelled, number = run(at_once())
    assert cancelled
    assert number == 3


def test_a_pace_outlives_an_event_loop():
    """What was learnt in one run serves the next, even if the first ended with asks in line."""
    pace = Pace(per_second=1)

    async def cut_short():
        await crowd(Paced(Provider(), pace), 10, 10, until=2.5)

    async def the_rest():
        return await crowd(Paced(Provider(), pace), 3, 3)

    run(cut_short())
    _, errors = run(the_rest())
    assert not errors


class Watched(Pace):
    """A pace that checks itself each time it lets an ask go."""

    def _take(self, now):
        turn = super()._take(now)
        assert turn.beside == self._in_flight <= self.window <= self._window._width
        assert self.window >= 1
        return turn


class Whims:
    """A provider that answers, turns away, refuses, fails and lets callers down as the list says."""

    def __init__(self, whims):
        self.card = Scripted().card
        self._whims = whims
        self._calls = 0

    async def answer(self, ask):
        kind, seconds = self._whims[self._calls % len(self._whims)]
        self._calls += 1
        await asyncio.sleep(seconds)
        if kind is not None:
            raise kind
        return Picture(images=())

    async def close(self):
        pass


KINDS = st.sampled_from(
    [None, None, Busy("busy"), Busy("busy", after=0.5), Refused("no"), Broken("reset"), Invalid("size")]
)
WHIMS = st.lists(st.tuples(KINDS, st.floats(0, 3)), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(WHIMS, st.integers(1, 40), st.sampled_from([0.0, 0.5, 20.0]), st.lists(st.integers(0, 59)))
def test_the_window_holds_whatever_happens(whims, width, per_second, leavers):
    """1 ≤ window ≤ width, never more in flight than the window when an ask is sent, nothing leaks."""

    async def anything():
        pace = Watched(per_second=per_second, width=width, quiet=1e9)
        model = Paced(Whims(whims), pace)
        tasks = [asyncio.ensure_future(model.answer(ask(number))) for number in range(60)]
        for number in leavers:
            await asyncio.sleep(0.1)
            tasks[number].cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        return pace._in_flight, ends

    in_flight, ends = run(anything())
    assert in_flight == 0
    assert all(isinstance(end, (Picture, ModelError, asyncio.CancelledError)) for end in ends)


# ------------------------------------------------------------------- the limits alone


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 64)), max_size=200), st.integers(1, 64))
def test_no_history_takes_a_window_out_of_bounds(history, width):
    """Whatever is taken and turned away, in whatever order it is heard: 1 ≤ size ≤ width."""
    window = Window(width)
    for number, (taken, beside) in enumerate(history, 1):
        turn = Turn(number, min(beside, width), 0.0, False)
        if taken:
            window.accepted(turn, number)
        elif window.blamed(turn.beside):
            window.rejected(turn.beside, number)
        else:
            window.rejected_late(turn)
        assert 1 <= window.size <= width


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e6)), max_size=100), st.sampled_from([0.0, 7.0]))
def test_no_history_takes_a_rate_out_of_bounds(history, known):
    """A rate is never nothing, and never above what is known to be allowed."""
    rate = Rate(known)
    for measured in history:
        if measured is None:
            rate.climb()
        else:
            rate.cut(measured, 1.0, now=0.0)
        assert SLOWEST <= rate.per_second <= (known or float("inf"))


def test_a_cut_goes_to_what_was_measured():
    """Over many asks it is believed; over few the rate is halved at most, and a next cut finds out."""
    rate = Rate(10.0)
    rate.cut(80, 10.0, now=0.0)
    assert rate.per_second == pytest.approx(CUT * 8.0)
    rate.cut(0.5, 0.2, now=1.0)
    assert rate.per_second == pytest.approx(CUT * CUT * 4.0)
    assert rate.due == pytest.approx(1.0 + 1 / rate.per_second)


def test_a_rate_that_was_not_tried_is_hardly_cut():
    """One ask in five seconds says little about ten a second."""
    rate = Rate(10.0)
    rate.cut(0.5, 5.0, now=0.0)
    assert rate.per_second == pytest.approx(CUT * 10.0)


def test_a_rate_that_climbed_out_of_sight_comes_back_in_one_cut():
    """A limit may appear after hours without one; then what went through since says where it is."""
    rate = Rate(0.0)
    rate.cut(10, 1.0, now=0.0)
    for _ in range(2000):
        rate.climb()
    assert rate.per_second > 1e6
    rate.cut(2000, 100.0, now=100.0)
    assert rate.per_second == pytest.approx(CUT * 20)


def test_the_climb_is_slow_and_then_bold():
    """A tenth more after 40 answers, several times as much after 200."""
    rate = Rate(0.0)
    rate.cut(10, 1.0, now=0.0)
    low = rate.per_second
    for _ in range(40):
        rate.climb()
    assert 1.05 < rate.per_second / low < 1.15
    for _ in range(160):
        rate.climb()
    assert rate.per_second / low > 4


def test_a_late_timer_costs_no_throughput():
    """What was missed is caught up, within a tenth of a second; a pause is not saved up."""
    rate = Rate(10.0)
    rate.take(0.0, 0.0)
    for number in range(50):
        rate.take(rate.due + 0.02, 0.0)
        assert rate.due <= 0.1 * (number + 2) + 1e-9
    rate.take(1000.0, 0.0)
    assert rate.due >= 1000.0 - 1e-9
