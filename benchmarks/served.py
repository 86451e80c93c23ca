"""What the rows with a server share: the simulated provider in a process of its own, and the tally.

with serving("--in-flight", "8", "--delay", "0.05") as url: ...
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import aiohttp
from common import Server, simulated

from photogram.data import Ask, Draw
from photogram.faults import ModelError
from photogram.guards import Pace, guard
from photogram.model import Model
from photogram.providers.openai import Provider


@contextmanager
def serving(*words: str) -> Iterator[str]:
    """The address of a simulated provider that does as the words say, for as long as the block lasts."""
    with simulated(*words) as server:
        yield server.url


def books(url: str) -> dict[str, float]:
    """What the server counted."""
    return Server(url).books()


def model(url: str) -> Model:
    """Our own way to that server: provider, dialect and wire, without guards."""
    provider = Provider()
    settings = {"base_url": f"{url}/v1", "price_per_image": 0.04}
    return provider.open(provider.card("simulated", settings), settings, {}, lambda _: b"")


def ask(number: int) -> Ask:
    return Draw(prompt=f"picture {number}", width=64, height=64)


@dataclass
class Run:
    """One run: counts first, then seconds."""

    name: str
    asks: int
    answered: float
    rejected: float
    most: float
    seconds: float
    cpu: float
    errors: list[str]

    def show(self, ideal: float) -> None:
        wasted = f"{self.rejected:4.0f} wasted ({self.rejected / self.asks:6.1%})"
        times = f"{self.seconds:6.2f} s = {self.seconds / ideal:.2f} x ideal, {self.cpu:.2f} CPU s"
        lost = self.asks - self.answered
        print(
            f"{self.name:34} {self.answered:4.0f} answered  {lost:3.0f} lost  {wasted}  "
            f"{self.most:3.0f} at most in flight  {times}"
        )


def measured(name: str, url: str, asks: int, work: Callable[[], Awaitable[list[str]]]) -> Run:
    """Run one client against the server, and ask the server afterwards what it saw."""
    before, cpu, started = books(url), time.process_time(), time.perf_counter()
    errors = asyncio.run(_awaited(work))
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    after = books(url)
    answered, rejected = (after[word] - before[word] for word in ("answered", "busy"))
    return Run(name, asks, answered, rejected, after["in_flight_max"], seconds, cpu, errors)


async def _awaited(work: Callable[[], Awaitable[list[str]]]) -> list[str]:
    return await work()


async def ours(url: str, asks: int, pace: Pace) -> list[str]:
    """Ask as the local engine does: as many at once as the pace's window says."""
    guarded, running, errors = guard(model(url), pace), set[asyncio.Task[None]](), list[str]()

    async def one(number: int) -> None:
        try:
            await guarded.answer(ask(number))
        except ModelError as error:
            errors.append(f"{type(error).__name__}: {error}")

    for number in range(asks):
        while len(running) >= pace.window:
            _, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        running.add(asyncio.ensure_future(one(number)))
    await asyncio.gather(*running)
    await guarded.close()
    return errors


async def bare(url: str, asks: int, width: int, pause: float, attempts: int) -> list[str]:
    """The usual script: so many workers on aiohttp, a fixed pause after a 429, so many attempts."""
    numbers, errors = iter(range(asks)), list[str]()

    async def worker(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            if not await _persist(session, number):
                errors.append(f"gave up after {attempts} attempts")

    async def _persist(session: aiohttp.ClientSession, number: int) -> bool:
        body = {
            "model": "simulated",
            "prompt": f"picture {number}",
            "size": "64x64",
            "response_format": "b64_json",
        }
        for _ in range(attempts):
            async with session.post(f"{url}/v1/images/generations", json=body) as answer:
                await answer.read()
                if answer.status == 200:
                    return True
            await asyncio.sleep(pause)
        return False

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(worker(session) for _ in range(width)))
    return errors


def heading(what: str) -> None:
    print(f"\n{what}\n(load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)")
