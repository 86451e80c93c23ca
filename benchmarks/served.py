"""What the rows with a server share: the simulated provider in a process of its own, and the tally.

with serving("--in-flight", "8", "--delay", "0.05") as url: ...

A provider more is one line in SPOKEN.
"""

import argparse
import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import aiohttp
from common import Server, simulated
from yarl import URL

from photogram.data import Ask, Draw
from photogram.faults import ModelError
from photogram.guards import Pace, guard
from photogram.model import Model
from photogram.providers import find
from photogram.providers import simulated as simulated_at


@contextmanager
def serving(*words: str) -> Iterator[str]:
    """The address of a simulated provider that does as the words say, for as long as the block lasts."""
    with simulated(*words) as server:
        yield server.url


def books(url: str) -> dict[str, float]:
    """What the server counted."""
    return Server(url).books()


class Spoken(NamedTuple):
    """A provider as the benchmarks speak to it: our way there, and the call that the usual script makes."""

    model: str
    path: str
    body: Callable[[int], dict[str, object]]
    settings: dict[str, object] = {}
    size: tuple[int, int] = (64, 64)
    headers: dict[str, str] = {}


SPOKEN = {
    "openai": Spoken(
        model="simulated",
        path="/openai/v1/images/generations",
        body=lambda number: {
            "model": "simulated",
            "prompt": f"picture {number}",
            "size": "64x64",
            "response_format": "b64_json",
        },
        settings={"price_per_image": 0.04},
    ),
    "bedrock": Spoken(
        model="stable-image-core",
        path="/bedrock/model/stability.stable-image-core-v1%3A1/invoke",
        body=lambda number: {"prompt": f"picture {number}", "aspect_ratio": "1:1"},
        size=(1024, 1024),
        headers={"Authorization": "Bearer simulated"},
    ),
    "gemini": Spoken(
        model="gemini-3.1-flash-lite-image",
        path="/gemini/v1/models/gemini-3.1-flash-lite-image:generateContent",
        body=lambda number: {
            "contents": [{"role": "user", "parts": [{"text": f"picture {number}"}]}],
            "generationConfig": {"responseModalities": ["IMAGE"], "imageConfig": {"aspectRatio": "1:1"}},
        },
        headers={"x-goog-api-key": "simulated"},
    ),
}
"""The providers that rows 4 and 5 can be run for: one line each, and a tongue in the simulator."""


def chosen(about: str | None) -> argparse.Namespace:
    """What a row's script is told on the command line."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--provider", choices=list(SPOKEN), default="openai")
    return parser.parse_args()


def model(url: str, provider: str) -> Model:
    """Our own way to that server: provider, dialect and wire, without guards."""
    found, spoken = find(provider), SPOKEN[provider]
    environ = {name: value.format(url=url) for name, value in simulated_at(provider).items()}
    settings = dict(spoken.settings)
    return found.open(found.card(spoken.model, settings), settings, environ, lambda _: b"")


def ask(number: int, provider: str) -> Ask:
    width, height = SPOKEN[provider].size
    return Draw(prompt=f"picture {number}", width=width, height=height)


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


async def ours(url: str, asks: int, pace: Pace, provider: str) -> list[str]:
    """Ask as the local engine does: as many at once as the pace's window says."""
    guarded, running, errors = guard(model(url, provider), pace), set[asyncio.Task[None]](), list[str]()

    async def one(number: int) -> None:
        try:
            await guarded.answer(ask(number, provider))
        except ModelError as error:
            errors.append(f"{type(error).__name__}: {error}")

    for number in range(asks):
        while len(running) >= pace.window:
            _, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        running.add(asyncio.ensure_future(one(number)))
    await asyncio.gather(*running)
    await guarded.close()
    return errors


class Script(NamedTuple):
    """How the usual script goes about it: so many workers, a fixed pause after a 429, so many attempts."""

    width: int
    pause: float
    attempts: int


async def bare(url: str, asks: int, script: Script, provider: str) -> list[str]:
    """The usual script on aiohttp."""
    numbers, errors, spoken = iter(range(asks)), list[str](), SPOKEN[provider]
    address = URL(url + spoken.path, encoded=True)

    async def worker(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            if not await _persist(session, number):
                errors.append(f"gave up after {script.attempts} attempts")

    async def _persist(session: aiohttp.ClientSession, number: int) -> bool:
        for _ in range(script.attempts):
            async with session.post(address, json=spoken.body(number), headers=spoken.headers) as answer:
                await answer.read()
                if answer.status == 200:
                    return True
            await asyncio.sleep(script.pause)
        return False

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(worker(session) for _ in range(script.width)))
    return errors


def heading(what: str) -> None:
    print(f"\n{what}\n(load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)")
