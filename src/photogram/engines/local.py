"""The local engine: asks in asyncio, one slot each; computation in threads, a few rows at a time."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from photogram.data import Outcome
from photogram.engine import HALTING, Claim, Computed, Work, answer, compute, keep
from photogram.faults import PhotogramError, StoreError
from photogram.model import Model
from photogram.step import ComputeStep, ModelStep
from photogram.store import Store

ROWS_A_THREAD = 16
TOGETHER = 4
"""So many at most share a commit. It costs less for each; but those who share it go out together
again, and so would all, with everybody waiting for the last."""


async def map_asks(
    step: ModelStep, model: Model, work: Work, store: Store, room: Callable[[], int], stop: asyncio.Event
) -> AsyncIterator[list[Outcome]]:
    """Fill a column by a model, at most `room()` asks in flight; `stop` lets what is in flight end."""

    async def one(claims: Sequence[Claim]) -> list[Outcome]:
        return [await answer(step, model, claims[0], work, store)]

    async for outcomes in _Floor(one, work, room, 1, stop).outcomes():
        yield outcomes


async def map_computes(
    step: ComputeStep, work: Work, store: Store, stop: asyncio.Event
) -> AsyncIterator[list[Outcome]]:
    """Fill a column by computation, in as many threads as there are cores."""
    threads = os.cpu_count() or 1
    loop = asyncio.get_running_loop()

    def many(claims: Sequence[Claim]) -> list[Outcome | Computed]:
        return [compute(step, claim, store) for claim in claims]

    async def some(claims: Sequence[Claim]) -> list[Outcome]:
        done = await loop.run_in_executor(pool, many, claims)
        return [await _kept(step, found, store) for found in done]

    with ThreadPoolExecutor(threads, "photogram") as pool:
        room = 2 * threads * ROWS_A_THREAD
        async for outcomes in _Floor(some, work, lambda: room, ROWS_A_THREAD, stop).outcomes():
            yield outcomes


async def _kept(step: ComputeStep, found: Outcome | Computed, store: Store) -> Outcome:
    if isinstance(found, Outcome):
        return found
    claim, value, usage = found
    return await keep(step.column, claim, "", value, usage, store)


class _Floor:
    """Who is at work now, and what they have finished since it was last asked for."""

    def __init__(
        self,
        each: Callable[[Sequence[Claim]], Awaitable[list[Outcome]]],
        work: Work,
        room: Callable[[], int],
        chunk: int,
        stop: asyncio.Event,
    ) -> None:
        self._each, self._work, self._room, self._chunk, self._stop = each, work, room, chunk, stop
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_flight = 0
        self._finished: deque[list[Outcome]] = deque()
        self._wake = asyncio.Event()
        self._halt: BaseException | None = None

    async def outcomes(self) -> AsyncIterator[list[Outcome]]:
        try:
            while self._admit() or self._in_flight:
                if not self._finished:
                    await self._wake.wait()
                await asyncio.sleep(0)  # let those end that are as good as done
                self._wake.clear()
                if outcomes := self._collect():
                    yield outcomes
                    self._in_flight -= len(outcomes)
            if self._halt:
                raise self._halt
        finally:
            await self._dismiss()

    def _admit(self) -> bool:
        """Claim as many rows as there are slots free, unless there is a reason to end."""
        if self._halt or self._stop.is_set():
            return False
        try:
            free = self._room() - self._in_flight
            claims = self._work.take(free) if free > 0 else ()
        except PhotogramError as error:
            self._halt = error
            return False
        self._in_flight += len(claims)
        for first in range(0, len(claims), self._chunk):
            task = asyncio.ensure_future(self._one(claims[first : first + self._chunk]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return bool(claims)

    async def _one(self, claims: Sequence[Claim]) -> None:
        try:
            self._finished.append(await self._each(claims))
        except (*HALTING, StoreError) as error:
            self._give_back(claims, error)
        except Exception as bug:
            names = ", ".join(claim.row.name for claim in claims)
            bug.add_note(f"photogram was at work on: {names}")
            self._give_back(claims, bug)
        finally:
            self._wake.set()

    def _give_back(self, claims: Sequence[Claim], error: Exception) -> None:
        self._halt = self._halt or error
        self._in_flight -= len(claims)
        if isinstance(error, HALTING):
            for claim in claims:
                self._work.release(claim)

    def _collect(self) -> list[Outcome]:
        few = [self._finished.popleft() for _ in range(min(TOGETHER, len(self._finished)))]
        return [done for outcomes in few for done in outcomes]

    async def _dismiss(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
