"""One thread that does the work, so that the event loop is free, for asks that wait together at once."""

import asyncio
from asyncio import Future
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy

from photogram.data import Ask, Reply
from photogram.faults import ModelError

Work = Callable[[Sequence[Ask]], Sequence[Reply | ModelError]]
"""Answers asks in the worker's thread: one reply or error for each."""


class Worker:
    """Takes what waits, in its order, up to `most` asks at a time."""

    def __init__(self, work: Work, most: int) -> None:
        self._work, self._most = work, most
        self._thread = ThreadPoolExecutor(1, "photogram-weights")
        self._waiting: list[tuple[Ask, Future[Reply]]] = []
        self._serving: asyncio.Task[None] | None = None

    async def do(self, ask: Ask) -> Reply:
        """The reply to one ask, in its turn."""
        seat: Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((ask, seat))
        if self._serving is None or self._serving.done():
            self._serving = asyncio.ensure_future(self._serve())
        return await seat

    async def close(self, last: Callable[[], None]) -> None:
        """Do one last thing in the thread, after what is under way, and let it go."""
        await asyncio.get_running_loop().run_in_executor(self._thread, last)
        self._thread.shutdown(wait=False)

    async def _serve(self) -> None:
        await asyncio.sleep(0)  # those who come in the same turn of the loop are served together
        while chosen := self._next():
            try:
                asks = [ask for ask, _ in chosen]
                replies = await asyncio.get_running_loop().run_in_executor(self._thread, self._work, asks)
            except ModelError as error:
                replies = [copy(error) for _ in chosen]
            except Exception as bug:
                replies = [bug for _ in chosen]
            for (_, seat), reply in zip(chosen, replies, strict=True):
                _settle(seat, reply)

    def _next(self) -> list[tuple[Ask, Future[Reply]]]:
        waiting = [(ask, seat) for ask, seat in self._waiting if not seat.done()]
        self._waiting = waiting[self._most :]
        return waiting[: self._most]


def _settle(seat: Future[Reply], reply: Reply | Exception) -> None:
    if seat.done():  # whoever asked has gone away
        return
    if isinstance(reply, Exception):
        seat.set_exception(reply)
    else:
        seat.set_result(reply)
