"""The batch engine over jobs in memory: nothing sent twice, everything answered kept, every end survived."""

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from photogram.batching import ByJobs, Posting
from photogram.data import Batch
from photogram.engines.batch import PATIENCE, Means, pauses
from photogram.faults import Broken, Invalid, NotSetUp, OverBudget
from photogram.ledger import Ledger, drivers
from photogram.owed import Handed, Owed, Purse

from .conftest import Drawing, row
from .posted import CARD, Posted


@pytest.fixture
def driver(ledger):
    ledger.add_rows(row(number) for number in range(40))
    ledger.drive()
    return ledger


def bounded(**bounds):
    return replace(CARD, batch=Batch(**{"least": 1, "most": 100, "most_bytes": 10_000} | bounds))


def post(ledger, store, jobs, *, begin=True, wait=True, purse=Purse(), stop=None, how=None):
    """What one run does by these jobs: its outcomes, and what it noticed."""
    how = how or ByJobs(begin=begin, wait=wait, pause=lambda _: 0.0, grace=0.0)

    async def main():
        means = Means(jobs, lambda ask, line: line(ask), store, Path(ledger.path).parent)
        owed = lambda: Handed(ledger, Drawing(), jobs.card, purse)  # noqa: E731
        posting = Posting(Drawing(), means, how, owed, stop or asyncio.Event())
        outcomes = []
        async for some in posting.outcomes():
            posting.settle(some)
            outcomes += some
        return outcomes

    return asyncio.run(main()), how


def again(ledger):
    """The ledger as another run finds it, after one that was killed."""
    ledger.close()
    drivers._DRIVING.clear()
    other = Ledger(ledger.path)
    other.drive()
    return other


def test_every_row_is_filled_at_half_the_price(driver, store):
    """Forty rows, one job, forty pictures, and half of what they cost one by one."""
    jobs = Posted()
    outcomes, how = post(driver, store, jobs)
    assert sorted(done.row for done in outcomes) == sorted(row(number).id for number in range(40))
    assert {done.state for done in outcomes} == {"filled"}
    assert len(jobs.jobs) == 1
    assert driver.booked() == pytest.approx(40 * 0.02)
    assert (how.notes, how.failed) == ([], False)
    assert not store.missing(done.files["image"] for done in outcomes)


def test_a_job_outlives_the_run_that_began_it(driver, store):
    """Whoever comes next passes over its rows, minds it, and asks for none of them."""
    jobs = Posted(after=0)
    outcomes, _ = post(driver, store, jobs, wait=False)
    assert outcomes == []
    assert driver.booked() == pytest.approx(40 * 0.02)
    driver.leave()
    driver.drive()
    assert driver.booked() == pytest.approx(40 * 0.02)
    assert list(Owed(driver, Drawing(), CARD).take(99)) == []
    outcomes, _ = post(driver, store, jobs, begin=False, wait=False)
    assert len(outcomes) == 40
    assert len(jobs.jobs) == 1
    assert driver.jobs() == []


def test_two_runs_do_not_mind_the_same_job(driver, store, tmp_path):
    """While one run lives, the other leaves its job alone."""
    jobs = Posted(after=5)
    post(driver, store, jobs, wait=False)
    other = Ledger(driver.path)
    other.drive()
    assert Handed(other, Drawing(), jobs.card).under_way() == []
    assert len(Handed(driver, Drawing(), jobs.card).under_way()) == 1
    driver.leave()
    assert len(Handed(other, Drawing(), jobs.card).under_way()) == 1
    other.close()


@pytest.mark.parametrize("most", [1, 7, 20, 40])
def test_as_few_jobs_as_may_hold_them_and_even_ones(driver, store, most):
    """No job holds more than its provider takes, and none is a small rest where that can be helped."""
    jobs = Posted(bounded(most=most))
    outcomes, _ = post(driver, store, jobs)
    sizes = [len(lines) for lines in jobs.jobs.values()]
    assert len(outcomes) == sum(sizes) == 40
    assert len(sizes) == -(-40 // most)
    assert max(sizes) <= most
    assert max(sizes) - min(sizes) <= len(sizes)


def test_no_file_is_larger_than_its_provider_takes(driver, store):
    """What finds no room goes first into the next file."""
    jobs = Posted(bounded(most_bytes=500))
    outcomes, _ = post(driver, store, jobs)
    assert len(outcomes) == 40
    assert len(jobs.jobs) > 3
    assert all(400 < sum(map(len, lines)) <= 500 for lines in list(jobs.jobs.values())[:-1])
    asked = [json.loads(line)["record"] for lines in jobs.jobs.values() for line in lines]
    assert asked == [row(number).id for number in range(40)]


def test_an_ask_that_no_job_takes_fails_alone(driver, store):
    """One line longer than a whole file may be is told so, and not asked again."""
    driver.add_rows([replace(row(40), prompt="x" * 600)])
    outcomes, _ = post(driver, store, Posted(bounded(most_bytes=500)))
    failed = [done for done in outcomes if done.state == "failed"]
    assert [(done.row, done.error, done.final) for done in failed] == [(row(40).id, "Invalid", True)]
    assert "more than a batch job" in failed[0].why
    assert len(outcomes) == 41


def test_fewer_than_a_job_takes_are_left_with_a_word(driver, store):
    """They are free for being asked one by one, and nothing was sent or put aside for them."""
    jobs = Posted(bounded(least=41))
    outcomes, how = post(driver, store, jobs)
    assert (outcomes, jobs.jobs, driver.booked()) == ([], {}, 0.0)
    assert how.notes == ["image: 40 asks are fewer than the 41 of a batch job: asked one by one"]
    assert len(Owed(driver, Drawing(), CARD).take(99)) == 40


# --------------------------------------------------------------------------------- answers


def test_answers_come_in_any_order_twice_and_with_strangers_among_them(driver, store):
    """Each row is settled once; what nobody asked for, and what is no line at all, changes nothing."""

    def spoil(lines):
        stranger = b'{"record": "nobody", "prompt": "?"}\n'
        return [*lines[::2], b"garbage\n", stranger, b"\n", *lines[1::2], *lines[:9]]

    outcomes, how = post(driver, store, Posted(spoil=spoil))
    assert sorted(done.row for done in outcomes) == sorted(row(number).id for number in range(40))
    assert driver.spent() == pytest.approx(40 * 0.02)
    assert not how.failed


def test_what_a_finished_job_does_not_mention_may_have_been_billed(driver, store):
    """It is counted so, and goes into another job."""
    jobs = Posted(spoil=lambda lines: lines[5:] if len(lines) == 40 else lines)
    outcomes, _ = post(driver, store, jobs)
    assert [done.state for done in outcomes].count("failed") == 5
    assert [len(lines) for lines in jobs.jobs.values()] == [40, 5]
    assert driver.spent() == pytest.approx(40 * 0.02)
    assert driver.booked() == pytest.approx(45 * 0.02)
    assert Handed(driver, Drawing(), CARD).survey.filled == 40


def test_a_provider_that_counts_more_answers_than_there_are_is_told(driver, store):
    """Its own count is held against what was found; fewer, as errors are answers too, are no matter."""

    class Counting(Posted):
        counts = 40

        async def poll(self, name):
            return replace(await super().poll(name), answered=self.counts)

    _, how = post(driver, store, Counting(spoil=lambda lines: lines[3:] if len(lines) == 40 else lines))
    assert how.notes[0] == "the batch job job-0 counts 40 answers, and 37 were found"
    few = Counting()
    few.counts = 1
    driver.add_rows(row(number) for number in range(40, 50))
    assert post(driver, store, few)[1].notes == []


@pytest.mark.parametrize("ends", ["partly", "expired"])
def test_what_a_job_had_no_time_for_goes_into_another(driver, store, ends):
    """What was answered is kept; the rest costs nothing and is owed as before."""
    jobs = Posted(spoil=lambda lines: lines[: len(lines) // 2], ends=ends)
    outcomes, how = post(driver, store, jobs)
    assert [len(lines) for lines in jobs.jobs.values()] == [40, 20, 10]
    assert {done.state for done in outcomes} == {"filled"}
    assert driver.booked() == pytest.approx(len(outcomes) * 0.02) == pytest.approx(35 * 0.02)
    assert how.failed
    assert "job-0" in how.notes[0]
    assert "said so" in how.notes[0]


@pytest.mark.parametrize("ends", ["failed", "stopped"])
def test_nothing_takes_the_place_of_a_job_that_its_owner_or_a_failure_ended(driver, store, ends):
    """What it answered is kept, the rest is owed, and the next run may begin another."""
    jobs = Posted(spoil=lambda lines: lines[:10], ends=ends)
    outcomes, how = post(driver, store, jobs)
    assert len(outcomes) == 10
    assert len(jobs.jobs) == 1
    assert how.failed
    jobs.ends, jobs.spoil = "done", lambda lines: lines
    outcomes, _ = post(driver, store, jobs)
    assert len(outcomes) == 30
    assert driver.booked() == pytest.approx(40 * 0.02)


def test_a_refusal_in_a_job_is_one(driver, store):
    """It is final for its row and not asked again."""

    def spoil(lines):
        return [json.dumps(json.loads(lines[0]) | {"status": 400}).encode(), *lines[1:]]

    outcomes, _ = post(driver, store, Posted(spoil=spoil))
    assert [done.state for done in outcomes].count("refused") == 1
    assert Handed(driver, Drawing(), CARD).survey.refused == 1


def test_what_the_step_cannot_read_goes_into_another_job(driver, store):
    """A reply without a picture is paid for, fails its row alone, and is asked for again."""

    class Hollow(Posted):
        def reply(self, ask, returned):
            reply = super().reply(ask, returned)
            return replace(reply, images=()) if len(self.jobs) == 1 and "7" in ask.prompt else reply

    jobs = Hollow()
    outcomes, _ = post(driver, store, jobs)
    assert [done.state for done in outcomes].count("failed") == 4
    assert [len(lines) for lines in jobs.jobs.values()] == [40, 4]
    assert driver.spent() == pytest.approx(44 * 0.02)


def test_a_job_whose_reading_breaks_off_is_read_again(driver, store):
    """What was committed before is not paid for, or kept, a second time."""
    jobs = Posted()

    class Cut(Posted):
        async def lines(self, name):
            for number, line in enumerate(jobs.jobs[name]):
                if number == 30 and not self.read_from:
                    self.read_from.append(name)
                    raise Broken("the connection was lost")
                yield line

    cut = Cut()
    cut.jobs, cut.tokens = jobs.jobs, jobs.tokens
    post(driver, store, jobs, wait=False)
    outcomes, _ = post(driver, store, cut, begin=False)
    assert sorted(done.row for done in outcomes) == sorted(row(number).id for number in range(40))
    assert driver.spent() == pytest.approx(40 * 0.02)


# ------------------------------------------------------------------------------ being killed


class Killed(BaseException):
    """Stands for kill -9: nothing that is written after it is written."""


def test_killed_between_submit_and_record_nothing_is_sent_twice(driver, store, monkeypatch):
    """The job is found by its token and minded, and its rows are asked once."""
    jobs = Posted()

    def killed(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Handed, "running", killed)
        with pytest.raises(Killed):
            post(driver, store, jobs)
    assert len(jobs.jobs) == 1
    other = again(driver)
    assert [(job.state, job.name) for job in other.jobs()] == [("sending", "")]
    outcomes, _ = post(other, store, jobs)
    assert len(jobs.jobs) == 1
    assert len(outcomes) == 40
    assert other.booked() == pytest.approx(40 * 0.02)


def test_what_was_never_sent_is_sent_once_it_would_have_been_found(driver, store):
    """A call that broke off may yet arrive: its rows are left alone for a while, and then asked."""

    class Lost(Posted):
        async def submit(self, token, lines, records):
            raise Broken("no answer", unsure=True)

    with pytest.raises(Broken):
        post(driver, store, Lost())
    jobs = Posted()
    patient = ByJobs(begin=True, wait=False, grace=3600.0)
    assert post(driver, store, jobs, how=patient)[0] == []
    assert jobs.jobs == {}
    outcomes, _ = post(driver, store, jobs)
    assert len(outcomes) == 40
    assert driver.booked() == pytest.approx(40 * 0.02)


@pytest.mark.parametrize("error", [Invalid("no"), NotSetUp("no"), Broken("no way there")])
def test_a_job_that_was_not_taken_leaves_nothing_behind(driver, store, error):
    """Where the provider has said no, or was not reached, its rows are free at once."""

    class Unwilling(Posted):
        async def submit(self, token, lines, records):
            raise error

    with pytest.raises(type(error)):
        post(driver, store, Unwilling())
    assert (driver.jobs(ended=True), driver.booked()) == ([], 0.0)


def test_killed_while_gathering_nothing_counts_as_billed(driver, store):
    """The rows were claimed for a job that never left: they are free, and no money is put aside."""
    register = Handed(driver, Drawing(), Posted().card)
    register.begin()
    assert len(register.take(30)) == 30
    other = again(driver)
    assert other.booked() == pytest.approx(30 * 0.02)
    outcomes, _ = post(other, store, Posted())
    assert len(outcomes) == 40
    assert other.booked() == pytest.approx(40 * 0.02)


def test_told_to_stop_a_run_leaves_its_job_to_the_next(driver, store):
    """Waiting ends at once, and the job goes on."""
    stop = asyncio.Event()

    class Stopping(Posted):
        async def poll(self, name):
            stop.set()
            return await super().poll(name)

    jobs = Stopping(after=3)
    outcomes, _ = post(driver, store, jobs, stop=stop)
    assert outcomes == []
    assert len(driver.jobs()) == 1
    outcomes, _ = post(driver, store, jobs, begin=False)
    assert len(outcomes) == 40


def test_told_to_stop_while_gathering_nothing_is_sent_or_held(driver, store):
    """What was gathered is free again, and it is not said that it was too little for a job."""
    stop = asyncio.Event()

    class Stopping(Posted):
        def line(self, record, ask):
            stop.set()
            return super().line(record, ask)

    jobs = Stopping()
    outcomes, how = post(driver, store, jobs, stop=stop)
    assert (outcomes, jobs.jobs, how.notes) == ([], {}, [])
    assert (driver.booked(), driver.jobs(ended=True)) == (0.0, [])


# ------------------------------------------------------------------------------------ money


def test_a_job_holds_no_more_than_there_is_money_for(driver, store):
    """At half the price; what is under way is still waited for, and then the budget is named."""
    jobs = Posted()
    with pytest.raises(OverBudget):
        post(driver, store, jobs, purse=Purse(budget=0.5))
    assert [len(lines) for lines in jobs.jobs.values()] == [25]
    assert driver.spent() == pytest.approx(0.5)
    assert driver.jobs() == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    most=st.integers(1, 60),
    lost=st.sets(st.integers(0, 39)),
    twice=st.sets(st.integers(0, 39)),
    ends=st.lists(st.sampled_from(["done", "partly", "expired"]), min_size=3, max_size=3),
)
def test_whatever_a_job_loses_or_repeats_each_row_is_settled_once(tmp_path_factory, most, lost, twice, ends):
    """The law of it: no row filled twice, none paid twice, and all that is not filled is still owed."""
    from photogram.store import FolderStore

    folder = tmp_path_factory.mktemp("law")
    ledger = Ledger(folder / "ledger.db", make=True)
    ledger.add_rows(row(number) for number in range(40))
    ledger.drive()

    def spoil(lines):
        kept = [line for number, line in enumerate(lines) if number not in lost]
        return [*kept, *(line for number, line in enumerate(lines) if number in twice - lost)]

    jobs = Posted(bounded(most=most), spoil=spoil, ends=ends[0])
    outcomes, _ = post(ledger, FolderStore(folder), jobs)
    filled = [done.row for done in outcomes if done.state == "filled"]
    assert len(filled) == len(set(filled))
    assert ledger.spent() == pytest.approx(len(filled) * 0.02)
    assert ledger.jobs() == []
    survey = Handed(ledger, Drawing(), CARD).survey
    assert survey.filled == len(filled)
    assert survey.filled + survey.owed + survey.given_up == 40
    ledger.close()


def test_a_job_is_looked_at_often_at_first_and_later_once_a_minute():
    """Whoever waits for hours asks sixty times an hour."""
    waits = [pauses(times) for times in range(30)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (1.0, 60.0)


def test_nobody_waits_for_jobs_that_cannot_be_looked_at(driver, store):
    """After some looks in vain the run ends and says why; the next one finds the job as it is."""

    class Out(Posted):
        async def poll(self, name):
            self.looked[name] = self.looked.get(name, 0) + 1
            raise Broken("the provider cannot be reached")

    jobs = Out()
    outcomes, how = post(driver, store, jobs)
    assert (outcomes, jobs.looked) == ([], {"job-0": PATIENCE})
    assert how.notes == ["the provider cannot be reached"]
    back = Posted()
    back.jobs, back.tokens = jobs.jobs, jobs.tokens
    outcomes, _ = post(driver, store, back)
    assert (len(outcomes), len(back.jobs)) == (40, 1)
