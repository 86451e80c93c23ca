"""The worker: one thread, the loop free, and what waits together done together."""

import asyncio
import threading

import pytest

from photogram.data import Draw, Said
from photogram.faults import Invalid, NotSetUp
from photogram.worker import Worker


class Noting:
    """Work that notes which asks came together, and in which thread."""

    def __init__(self, answer=lambda ask: Said(text=ask.prompt)):
        self.groups, self.threads = [], set()
        self._answer = answer

    def __call__(self, asks):
        self.groups.append([ask.prompt for ask in asks])
        self.threads.add(threading.current_thread())
        return [self._answer(ask) for ask in asks]


def asked(prompts, work, most):
    async def main():
        worker = Worker(work, most)
        try:
            asks = (worker.do(Draw(prompt=prompt)) for prompt in prompts)
            return await asyncio.gather(*asks, return_exceptions=True)
        finally:
            await worker.close(lambda: None)

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("most", "groups"), [(1, ["a", "b", "c", "d", "e"]), (2, ["ab", "cd", "e"]), (9, ["abcde"])]
)
def test_what_waits_together_is_done_together(most, groups):
    """As many as are allowed, in their order, and everyone gets the answer to what he asked."""
    work = Noting()
    assert [said.text for said in asked("abcde", work, most)] == list("abcde")
    assert ["".join(group) for group in work.groups] == groups


def test_all_of_it_is_one_thread_which_is_not_the_loops():
    """Libraries that keep state for each thread find it again."""
    work = Noting()
    asked("abc", work, 1)
    assert len(work.threads) == 1
    assert threading.current_thread() not in work.threads


def test_the_loop_goes_on_while_the_thread_works():
    """The work ends only after the loop has done something: it would wait for ever if it held up the loop."""
    free = threading.Event()

    def work(asks):
        assert free.wait(30), "the loop was held up"
        return [Said(text="done") for _ in asks]

    async def main():
        worker = Worker(work, 1)
        answer = asyncio.ensure_future(worker.do(Draw(prompt="x")))
        await asyncio.sleep(0)
        free.set()
        said = await answer
        await worker.close(lambda: None)
        return said.text

    assert asyncio.run(main()) == "done"


def test_one_error_is_ones_own_and_a_raised_one_everybodys():
    """An ask that is wrong spoils no other; a model that cannot be loaded is told to all, and so is a bug."""

    def some(ask):
        return Invalid("wrong") if ask.prompt == "b" else Said(text=ask.prompt)

    first, second, third = asked("abc", Noting(some), 3)
    assert (first.text, type(second), third.text) == ("a", Invalid, "c")
    for error in (NotSetUp("not here", do="fetch it"), ZeroDivisionError("a bug")):

        def fail(asks, error=error):
            raise error

        assert [str(found) for found in asked("abc", fail, 2)] == [str(error)] * 3


def test_whoever_has_gone_away_is_not_worked_for():
    """What waits is dropped; what is under way ends, and nobody minds."""
    began, go_on = threading.Event(), threading.Event()
    work = Noting(lambda ask: began.set() or (go_on.wait(30) and Said(text=ask.prompt)))

    async def main():
        worker = Worker(work, 1)
        asks = [asyncio.ensure_future(worker.do(Draw(prompt=prompt))) for prompt in "abc"]
        await asyncio.to_thread(began.wait)
        for ask in asks[:2]:
            ask.cancel()
        await asyncio.sleep(0)
        go_on.set()
        said = await asks[2]
        await worker.close(lambda: None)
        return said.text

    assert asyncio.run(main()) == "c"
    assert work.groups == [["a"], ["c"]]


def test_the_last_thing_is_done_after_what_is_under_way():
    """So that nothing is let go of while it is in use."""
    order, began = [], threading.Event()

    def work(asks):
        began.set()
        order.append("work")
        return [Said(text="") for _ in asks]

    async def main():
        worker = Worker(work, 1)
        ask = asyncio.ensure_future(worker.do(Draw(prompt="a")))
        await asyncio.to_thread(began.wait)
        await worker.close(lambda: order.append("last"))
        await ask

    asyncio.run(main())
    assert order == ["work", "last"]
