"""Hours in milliseconds: an event loop whose clock jumps to the next timer, and a provider on it.

What happens is the same in every run, so counts and times may be asserted to the digit.
"""

import asyncio
import selectors
from random import Random

from photogram.data import Card, Draw, Picture, Price, Usage
from photogram.faults import Busy, PhotogramError

PAID = Price(image=0.04)


class Jump(selectors.DefaultSelector):
    """A selector that does not wait: it moves the clock on by as long as it was asked to wait."""

    def __init__(self):
        super().__init__()
        self.now = 0.0

    def select(self, timeout=None):
        if timeout is None:
            raise RuntimeError("everyone waits for ever")
        self.now += max(0.0, timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time."""

    def __init__(self):
        self._jump = Jump()
        super().__init__(self._jump)

    def time(self):
        return self._jump.now


def run(coroutine):
    """`asyncio.run`, without the waiting."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)


def now():
    return asyncio.get_running_loop().time()


def ask(number=0):
    return Draw(prompt=f"a picture of the number {number}")


def card(price=PAID):
    return Card(name="virtual:provider", does=("draw",), price=price)


def chance():
    """A source of luck that is the same in every run."""
    return Random(1).random


class Scripted:
    """A model that does as told: each thing of the list is raised if it is an error, and said if not."""

    def __init__(self, *script, price=PAID, last=None):
        self.card = card(price)
        self._script = list(script)
        self._last = last or Picture(images=(b"png",))
        self.times = []
        self.closed = False

    async def answer(self, ask):
        self.times.append(now())
        await asyncio.sleep(0)
        thing = self._script.pop(0) if self._script else self._last
        if isinstance(thing, Exception):
            raise thing
        return thing

    async def close(self):
        self.closed = True


class Provider:
    """A provider with limits: so many in flight, a token bucket, a hint with each 429, or shut.

    `lag` is the way there, shaken so that asks overtake each other; the way back takes as long.
    """

    def __init__(self, *, limit=10**9, rate=None, burst=10, service=0.05, after=None, lag=0.0, shut=False):
        self.card = card()
        self.shut = shut
        self._limit, self._after, self._lag, self._luck = limit, after, lag, Random(5).random
        self._service = service if callable(service) else lambda: service
        self._rate = rate if callable(rate) or rate is None else lambda _: rate
        self._burst = self._tokens = burst
        self._filled = 0.0
        self._in_flight = self.peak = self.answered = self.rejected = 0
        self.calls, self.busy_at = [], []

    async def answer(self, ask):
        await self._travel()
        try:
            await self._serve()
        finally:
            await self._travel()
        self.answered += 1
        return Picture(images=(b"png",), usage=Usage(images=1, dollars=0.04))

    async def _serve(self):
        self.calls.append(now())
        self._in_flight += 1
        try:
            self._admit()
            self.peak = max(self.peak, self._in_flight)
            await asyncio.sleep(self._service())
        finally:
            self._in_flight -= 1

    async def _travel(self):
        if self._lag:
            await asyncio.sleep(self._lag * (0.5 + self._luck()))

    def _admit(self):
        if self.shut or self._in_flight > self._limit or not self._token():
            self.rejected += 1
            self.busy_at.append(now())
            raise Busy("too many requests", after=self._after)

    def _token(self):
        if self._rate is None:
            return True
        while self._filled < now():
            until = min(now(), self._filled + 0.25)
            gained = self._rate(self._filled) * (until - self._filled)
            self._tokens, self._filled = min(self._burst, self._tokens + gained), until
        if self._tokens < 1 - 1e-9:
            return False
        self._tokens -= 1
        return True

    async def close(self):
        pass


def shaken(seconds, by=0.1):
    """Service times around `seconds`, different each time and the same in every run."""
    luck = Random(7).random
    return lambda: seconds * (1 - by + 2 * by * luck())


async def engine(model, pace, asks):
    """Ask as an engine does: as many at once as the pace's window says. The time it took, and errors."""
    errors, running, started = [], set(), now()

    async def one(number):
        try:
            await model.answer(ask(number))
        except PhotogramError as error:
            errors.append(error)

    for number in range(asks):
        while len(running) >= pace.window:
            _, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        running.add(asyncio.ensure_future(one(number)))
    await asyncio.gather(*running)
    return now() - started, errors


async def crowd(model, asks, width, until=None):
    """Ask as an eager crowd does: `width` at once, whatever the window says."""
    errors, numbers, started = [], iter(range(asks)), now()

    async def worker():
        for number in numbers:
            try:
                await model.answer(ask(number))
            except PhotogramError as error:
                errors.append(error)

    try:
        async with asyncio.timeout(until):
            await asyncio.gather(*(worker() for _ in range(width)))
    except TimeoutError:
        pass
    return now() - started, errors
