"""A run from outside: it ends when told, says how it ended, and leaves the process as it found it."""

import asyncio
import signal
import threading

import pytest

from photogram import verbs
from photogram.data import Tick
from photogram.dataset import Dataset
from photogram.faults import BadInput, OverBudget
from photogram.looping import run_to_end
from photogram.running import Brake, fill, find_lost
from photogram.simulator import Script, serving

from .small import ANNOTATE, pictures, rows, write

# ------------------------------------------------------------------------ run_to_end


async def answering(value):
    await asyncio.sleep(0)
    return value


async def failing():
    await asyncio.sleep(0)
    raise KeyError("oops")


def beside(main):
    """Run while an event loop is running already, as in a notebook."""

    async def cell():
        return run_to_end(main)

    return asyncio.run(cell())


@pytest.mark.parametrize("run", [run_to_end, beside], ids=["alone", "in a running loop"])
def test_what_comes_of_it_comes_back(run):
    """The value, and the error as it was raised."""
    assert run(answering(7)) == 7
    with pytest.raises(KeyError, match="oops"):
        run(failing())


def test_in_a_running_loop_it_has_a_thread_of_its_own():
    """And that thread is over when the answer is there."""
    names = []

    async def looking():
        names.append(threading.current_thread().name)

    beside(looking())
    assert names == ["photogram"]
    assert "photogram" not in {thread.name for thread in threading.enumerate()}


# ----------------------------------------------------------------------------- brake


def braked(work):
    """What a brake and the process are like after some work under it."""
    brake = Brake()

    async def main():
        with brake.at_hand():
            await work(brake)

    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        asyncio.run(main())
        dropped = False
    except asyncio.CancelledError:
        dropped = True
    assert {name: signal.getsignal(name) for name in before} == before
    return brake, dropped


def test_a_brake_that_is_not_pulled(capsys):
    """Nothing is said, and signals go where they went before."""

    async def work(brake):
        await asyncio.sleep(0)

    brake, dropped = braked(work)
    assert (brake.stop.is_set(), brake.said, dropped) == (False, "", False)
    assert capsys.readouterr().err == ""


def test_pulled_once_what_is_in_flight_is_finished(capsys):
    """Work goes on to its end; a person is told so, and what a second time would do."""

    async def work(brake):
        brake.pull()
        await asyncio.sleep(0)

    brake, dropped = braked(work)
    assert (brake.stop.is_set(), dropped) == (True, False)
    assert "finished" in brake.said
    assert "Ctrl-C again" in capsys.readouterr().err


def test_pulled_twice_it_is_dropped(capsys):
    """The second time work is cut off where it waits."""
    ends = []

    async def work(brake):
        brake.pull()
        brake.pull()
        await asyncio.sleep(3600)
        ends.append("finished")

    _, dropped = braked(work)
    assert dropped
    assert ends == []


def test_a_signal_pulls_it(capsys):
    """Ctrl-C and an orderly end by the system are the same."""
    for name in (signal.SIGINT, signal.SIGTERM):

        async def work(brake, name=name):
            signal.raise_signal(name)
            await brake.stop.wait()

        brake, dropped = braked(work)
        assert brake.stop.is_set()
        assert not dropped


def test_elsewhere_signals_are_left_alone():
    """In a thread no signal can be caught; whoever waits for the run pulls the brake."""
    found = []

    def run():
        async def work(brake):
            before = signal.getsignal(signal.SIGINT)
            with brake.at_hand():
                found.append(signal.getsignal(signal.SIGINT) == before)

        asyncio.run(work(Brake()))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [True]


# ------------------------------------------------------------------------------ fill


def filled(folder, columns, *, cap=None, stop_at=None):
    """Fill columns, and end in order when so many cells of the first are done."""
    ticks = []

    def watch(tick):
        ticks.append(tick)
        if tick.done == stop_at and not tick.over:
            signal.raise_signal(signal.SIGINT)

    verbs.plan(folder)
    with Dataset(folder) as opened:
        return fill(opened, columns, cap, watch), ticks


def test_columns_come_in_their_order(tmp_path):
    """Each begins when the one before it is over, and ends with one tick that says so."""
    ran, ticks = filled(write(tmp_path, more=ANNOTATE), ["image", "measures", "annotation"])
    order = list(dict.fromkeys(tick.column for tick in ticks))
    assert order == ["image", "measures", "annotation"]
    assert [tick.column for tick in ticks if tick.over] == order
    assert ran.columns == tuple(tick for tick in ticks if tick.over)
    assert (ran.exit_code, ran.left, ran.stopped, ran.notes) == (0, 0, (), ())


def test_a_stopped_run_says_what_is_left(tmp_path, capsys):
    """What was in flight is kept, later columns are not begun, and the rest is counted as owed."""
    with serving(Script(delay=0.01)) as sim:
        folder = write(tmp_path, url=sim.url, width=1)
        ran, ticks = filled(folder, ["image", "measures"], stop_at=2)
        assert sim.books().answered == sum(1 for row in rows(folder) if row.image())
    assert {tick.column for tick in ticks} == {"image"}
    assert ran.exit_code == 1
    assert ran.stopped == ("stopped: what was in flight is finished",)
    assert ran.left > 0


def test_a_second_run_finds_nothing_to_do(tmp_path):
    """A column that owes nothing has no tick."""
    folder = write(tmp_path)
    filled(folder, ["image"])
    ran, ticks = filled(folder, ["image"])
    assert (ran.columns, ticks, ran.exit_code) == ((), [], 0)


def test_money_that_is_spent_ends_one_column_and_no_other(tmp_path):
    """What costs nothing is filled all the same; the message says which bound it was, and where it stands."""
    with serving(Script()) as sim:
        folder = write(tmp_path, url=sim.url, price=0.10, budget=9.0)
        ran, _ = filled(folder, ["image", "measures"], cap=0.25)
    assert [(tick.column, tick.filled) for tick in ran.columns] == [("image", 2), ("measures", 2)]
    assert ran.exit_code == OverBudget.exit_code
    assert ran.dollars == pytest.approx(0.20)
    (why,) = ran.stopped
    assert "$0.25 (--budget)" in why
    assert "$9 ([budget] in brief.toml)" in why


@pytest.mark.parametrize("cap", [-1.0, float("nan")])
def test_less_than_nothing_cannot_be_spent(tmp_path, cap):
    """Nor can what is no amount; nothing is begun."""
    with pytest.raises(BadInput, match="cannot spend"):
        filled(write(tmp_path), ["image"], cap=cap)
    assert pictures(tmp_path) == []


def test_ticks_add_up(tmp_path):
    """They begin at nothing, never go back, and end with what was done."""
    _, ticks = filled(write(tmp_path), ["image"])
    assert ticks[0] == Tick(column="image", model="keyless:draw", total=5, seconds=ticks[0].seconds)
    assert [tick.done for tick in ticks] == sorted(tick.done for tick in ticks)
    assert ticks[-1].done == ticks[-1].total == 5


# ----------------------------------------------------------------------------- lost


def test_what_can_be_drawn_again_is_owed_again(tmp_path):
    """A drawn picture that is gone is no cell any more; the others are left alone."""
    folder = write(tmp_path)
    verbs.run(folder)
    pictures(folder)[0].unlink()
    with Dataset(folder) as opened:
        assert find_lost(opened, remake=False) == ()
        assert opened.survey("image").owed == 1
        assert find_lost(opened, remake=False) == ()
        assert opened.survey("image").owed == 1


def test_what_was_paid_is_owed_again_only_if_wanted(tmp_path):
    """Without `remake` its cell stays as it is, and the price is named."""
    with serving(Script()) as sim:
        folder = write(tmp_path, url=sim.url, price=0.10)
        verbs.run(folder)
        pictures(folder)[0].unlink()
        with Dataset(folder) as opened:
            (note,) = find_lost(opened, remake=False)
            assert "about $0.10" in note
            assert opened.survey("image").owed == 0
            assert find_lost(opened, remake=True) == ()
            assert opened.survey("image").owed == 1
