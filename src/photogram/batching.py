"""Filling a column by batch jobs: fetch what is ready, send what is owed, and wait if that is wanted."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol

from photogram.data import Ask, Job, Outcome
from photogram.desk import Desk
from photogram.engines.batch import GRACE, Batch, Means, Register, pauses
from photogram.faults import OverBudget
from photogram.ledger import ATTEMPTS
from photogram.model import Jobs
from photogram.step import ModelStep
from photogram.store import Store

ENDED = {
    "partly": "has answered only a part",
    "failed": "has failed",
    "expired": "has expired",
    "stopped": "was stopped",
}


class ByJobs:
    """How a run uses batch jobs: whether it begins any, whether it waits for them, and what it noticed."""

    def __init__(
        self,
        *,
        begin: bool = False,
        wait: bool = False,
        pause: Callable[[int], float] = pauses,
        grace: float = GRACE,
    ) -> None:
        self.begin, self.wait, self.pause, self.grace = begin, wait, pause, grace
        self.notes: list[str] = []
        self.failed = False
        """Whether a job came to another end than it should."""


class Source(Register, Protocol):
    """What a column owes now, and where its outcomes are committed."""

    @property
    def count(self) -> int:
        """So many cells are owed, those in jobs among them."""
        ...

    def settle(self, outcomes: Sequence[Outcome]) -> None: ...


class Posting:
    """What one run does for a column by batch jobs."""

    def __init__(
        self, step: ModelStep, means: Means, how: ByJobs, owed: Callable[[], Source], stop: asyncio.Event
    ) -> None:
        self._step, self._means, self._how, self._owed, self._stop = step, means, how, owed, stop
        self._source = owed()
        self.count = self._source.count
        self._over_budget: OverBudget | None = None
        self._ended: list[Job] = []

    async def outcomes(self) -> AsyncIterator[list[Outcome]]:
        """All that comes of jobs; what they leave unanswered goes into others, a few times."""
        for _ in range(ATTEMPTS):
            before = len(self._ended)
            async for outcomes in self._round():
                yield outcomes
            if self._over_budget:
                raise self._over_budget
            if not self._how.wait or self.was_stopped or len(self._ended) == before:
                return
            self._source = self._owed()

    @property
    def was_stopped(self) -> bool:
        """Whether a job's owner or its failure has ended it, so that nothing is asked in its place."""
        ended = {job.progress.ended for job in self._ended if job.progress}
        return self._stop.is_set() or bool(ended & {"failed", "stopped"})

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        self._source.settle(outcomes)

    async def _round(self) -> AsyncIterator[list[Outcome]]:
        engine = self._engine()
        async for outcomes in engine.fetch(wait=False):
            yield outcomes
        self._note(engine)
        if self._how.begin and not self.was_stopped:
            self._source = self._owed()
            engine = self._engine()
            async for outcomes in self._send(engine):
                yield outcomes
        if self._how.wait:
            async for outcomes in engine.fetch(wait=True):
                yield outcomes
            self._note(engine)

    async def _send(self, engine: Batch) -> AsyncIterator[list[Outcome]]:
        try:
            async for outcomes in engine.send(self._source.count):
                yield outcomes
        except OverBudget as error:  # what is under way is waited for all the same
            self._over_budget = error
        if engine.few:
            least = self._means.jobs.card.batch.least if self._means.jobs.card.batch else 1
            column = self._step.column
            note = f"{column}: {engine.few} asks are fewer than the {least} of a batch job: asked one by one"
            self._how.notes.append(note)

    def _engine(self) -> Batch:
        how = self._how
        return Batch(self._step, self._means, self._source, self._stop, pause=how.pause, grace=how.grace)

    def _note(self, engine: Batch) -> None:
        self._ended += engine.ended
        said: list[str] = [words for job in engine.ended if (words := _said(job))]
        self._how.failed = self._how.failed or bool(said)
        self._how.notes += list(dict.fromkeys([*said, *map(str, engine.troubles)]))
        engine.ended, engine.troubles = [], []


def means(jobs: Jobs, store: Store, desk: Desk, room: Path) -> Means:
    """What the engine works with, pictures made fit for the model's eyes on the desk."""
    fitting = import_module("photogram.guards.fitting").fitting  # works on pixels

    def fit(ask: Ask, line: Callable[[Ask], bytes]) -> bytes:
        with fitting(ask, jobs.card.sight, desk) as fitted:
            return line(fitted)

    return Means(jobs, fit, store, room)


def _said(job: Job) -> str:
    """What a person should know of a job that did not end well."""
    found = job.progress
    if found is None or found.ended is None or found.ended == "done":
        return ""
    return f"the batch job {job.name} {ENDED[found.ended]}{f': {found.why}' if found.why else ''}"
