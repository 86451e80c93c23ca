"""The one retry layer: which error is worth another attempt, and after how long a wait."""

import random
from asyncio import Future, get_running_loop
from collections.abc import Callable
from copy import copy

from photogram.data import Ask, Card, Reply
from photogram.faults import Broken, Busy, ModelError, NotSetUp, OutOfQuota
from photogram.model import Model

LONGEST_WAIT = 60.0
FIRST_WAIT_BUSY = 0.1
"""Short, because the pace decides when the next attempt really goes."""
FIRST_WAIT_BROKEN = 0.5
BROKEN_ATTEMPTS = 5


class Retrying:
    """A model that is asked again, until `deadline` seconds after the ask, where that may help.

    An attempt that may have been billed is not made again on a model that costs money.
    """

    def __init__(
        self, model: Model, deadline: float = 600.0, chance: Callable[[], float] = random.random
    ) -> None:
        self._model, self._deadline, self._chance = model, deadline, chance
        self._bench = _Bench()

    @property
    def card(self) -> Card:
        return self._model.card

    async def answer(self, ask: Ask) -> Reply:
        now = get_running_loop().time
        until, failed = now() + self._deadline, 0
        while True:
            try:
                return await self._model.answer(ask)
            except (NotSetUp, OutOfQuota) as error:
                self._bench.clear(error)
                raise
            except (Busy, Broken) as error:
                failed += 1
                if not self._worth_another(error, failed):
                    raise
                wait = self._wait(error, failed)
                if now() + wait > until:
                    raise
            await self._bench.sit(wait)

    def _worth_another(self, error: Busy | Broken, failed: int) -> bool:
        if isinstance(error, Busy):
            return True
        most = error.attempts or BROKEN_ATTEMPTS
        return failed < most and (not error.unsure or self.card.price.free)

    def _wait(self, error: Busy | Broken, failed: int) -> float:
        """Full jitter, so that asks which failed together do not come back together."""
        busy = isinstance(error, Busy)
        first = FIRST_WAIT_BUSY if busy else FIRST_WAIT_BROKEN
        jitter = self._chance() * min(LONGEST_WAIT, first * 2 ** min(failed - 1, 30))
        return max(jitter, error.after or 0.0) if busy else jitter

    async def close(self) -> None:
        await self._model.close()


class _Bench:
    """Where asks wait before they try again; a final error sends all of them home, now and later."""

    def __init__(self) -> None:
        self._seats: set[Future[None]] = set()
        self._final: ModelError | None = None

    async def sit(self, seconds: float) -> None:
        if not self._final:
            await self._rest(seconds)
        if self._final:
            raise copy(self._final)

    async def _rest(self, seconds: float) -> None:
        loop = get_running_loop()
        seat: Future[None] = loop.create_future()
        timer = loop.call_later(seconds, _rise, seat)
        self._seats.add(seat)
        try:
            await seat
        finally:
            timer.cancel()
            self._seats.discard(seat)

    def clear(self, error: ModelError) -> None:
        self._final = self._final or copy(error)
        for seat in self._seats:
            _rise(seat)


def _rise(seat: Future[None]) -> None:
    if not seat.done():
        seat.set_result(None)
