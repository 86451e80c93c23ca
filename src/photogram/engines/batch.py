"""The batch engine: asks gathered into files, given to a provider's batch jobs, and fetched when answered.

A job outlives the run that began it. So everything about it stands in a register before the next step is
taken: a run that is killed leaves a job that was not sent, and is forgotten; one that may have been sent, and
is looked for by its token; or one that runs, and is minded by whoever comes next. Nothing is sent twice.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, NamedTuple, Protocol

from photogram.data import Ask, Job, Outcome, Progress, Usage
from photogram.engine import Claim, Work, failure, keep, raw_of
from photogram.faults import Broken, Invalid, Malformed, ModelError, StoreError
from photogram.model import Jobs, Returned
from photogram.step import ModelStep, Value
from photogram.store import Store
from photogram.terms import check_ask

CHUNK = 64
"""Claims that are taken, or answers that are read, at once; fewer where they are large."""

LARGE = 16 * 2**20
"""Bytes of answers that are held at once."""

GRACE = 60.0
"""Seconds after which a job that may have been sent would be found if it had been."""

PATIENCE = 8
"""So many times in a row every job cannot be looked at; then nobody waits any longer, and it is told."""


class Register(Work, Protocol):
    """Where jobs are written down, and where the asks in them come from."""

    def under_way(self) -> Sequence[Job]:
        """The jobs of this column that no other run minds; from now on this one does."""
        ...

    def begin(self) -> Job:
        """A job to which belongs what is taken from now on, until it is sent or dropped."""
        ...

    def sending(self, job: Job, token: str) -> Job: ...

    def running(self, job: Job, name: str) -> Job: ...

    def note(self, job: Job, progress: Progress) -> Job: ...

    def end(self, job: Job) -> None:
        """Nothing more will come of it; what it did not fill is owed again."""
        ...

    def drop(self, job: Job) -> None:
        """Nothing of it was sent."""
        ...

    def put_back(self, claims: Sequence[Claim]) -> None:
        """Take these out of the job that is gathered, and have them come first in the next."""
        ...

    def awaited(self, job: Job) -> Mapping[str, str]:
        """The keys of the cells that the job is still to fill, by their rows."""
        ...

    def claims(self, awaited: Mapping[str, str]) -> Sequence[Claim]:
        """The claims of these rows and keys, but for those that nobody would ask so any more."""
        ...


class Means(NamedTuple):
    """What the engine works with: the jobs of a model, and how a picture is made fit for its eyes."""

    jobs: Jobs
    fit: Callable[[Ask, Callable[[Ask], bytes]], bytes]
    """Calls with the ask as it is to be sent, as long as its pictures are at hand."""
    store: Store
    room: Path
    """A folder on this machine where a file may lie while it is gathered."""


def pauses(times: int) -> float:
    """Seconds until a job is looked at again: often at first, later once a minute."""
    return min(60.0, 1.5**times)


class Batch:
    """Fills one column by batch jobs."""

    def __init__(
        self,
        step: ModelStep,
        means: Means,
        register: Register,
        stop: asyncio.Event,
        *,
        pause: Callable[[int], float] = pauses,
        grace: float = GRACE,
    ) -> None:
        self._step, self._means, self._jobs = step, means, means.jobs
        self._register, self._stop, self._pause, self._grace = register, stop, pause, grace
        self._kept_back: set[int] = set()
        self.few = 0
        """So many asks were left over: fewer than the provider takes as a job."""
        self.ended: list[Job] = []
        """The jobs that have come to an end in this run."""
        self.troubles: list[ModelError] = []
        """What kept a job from being looked at."""

    # ------------------------------------------------------------------ what is under way

    async def fetch(self, *, wait: bool) -> AsyncIterator[list[Outcome]]:
        """Look at every job that is under way, and read what is ready; with `wait`, until none is."""
        looked = in_vain = 0
        while jobs := self._unread():
            before = len(self.troubles)
            for job in jobs:
                async for outcomes in self._look_after(job):
                    yield outcomes
            in_vain = in_vain + 1 if len(self.troubles) - before >= len(jobs) else 0
            if not wait or self._stop.is_set() or not self._unread() or in_vain == PATIENCE:
                return
            await self._rest(self._pause(looked))
            looked += 1

    def _unread(self) -> list[Job]:
        return [job for job in self._register.under_way() if job.number not in self._kept_back]

    async def _rest(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return

    async def _look_after(self, job: Job) -> AsyncIterator[list[Outcome]]:
        """Look at one job; that it cannot be looked at just now is no end."""
        try:
            found = await self._found(job)
            if found is None:
                return
            progress = await self._jobs.poll(found.name)
            found = self._register.note(found, progress)
            if progress.ended:
                async for outcomes in self._harvest(found, progress):
                    yield outcomes
        except ModelError as error:
            self.troubles.append(error)

    async def _found(self, job: Job) -> Job | None:
        """The job as it runs at the provider; None where there is none to look at."""
        if job.state == "running":
            return job
        if job.state == "gathering":
            self._register.drop(job)
            return None
        if name := await self._jobs.find(job.token):
            return self._register.running(job, name)
        if time.time() - job.at >= self._grace:
            self._register.drop(job)
        return None

    async def _harvest(self, job: Job, progress: Progress) -> AsyncIterator[list[Outcome]]:
        """Read what came of a job, and settle what did not come."""
        awaited = dict(self._register.awaited(job))
        whole = len(awaited) == job.records
        others: dict[str, str] = {}
        async for some in self._returned(job, awaited):
            outcomes = await self._absorbed({one.record: one for one in some}, awaited, others)
            if outcomes:
                yield outcomes
        if whole and progress.answered > job.records - len(awaited):
            self.troubles.append(Broken(_unlike(job, progress, job.records - len(awaited))))
        if awaited and progress.ended == "done":
            yield [self._missed(claim, job) for claim in self._register.claims(awaited)]
        if others:
            self._kept_back.add(job.number)
            what = f"{len(others)} answers of the batch job {job.name} are to a question that the brief "
            self.troubles.append(Invalid(f"{what}no longer asks: they wait until it does again"))
            return
        self._register.end(job)
        self.ended.append(self._register.note(job, progress))

    async def _returned(self, job: Job, awaited: Mapping[str, str]) -> AsyncIterator[list[Returned]]:
        """Answers, some at once: each record once, and none that was not asked for."""
        some: list[Returned] = []
        held, seen = 0, set[str]()
        async for line in self._jobs.lines(job.name):
            one = self._jobs.read(line)
            if one is None or one.record in seen or one.record not in awaited:
                continue
            seen.add(one.record)
            some.append(one)
            held += len(one.body)
            if len(some) >= CHUNK or held >= LARGE:
                yield some
                some, held = [], 0
        if some:
            yield some

    async def _absorbed(
        self, returned: Mapping[str, Returned], awaited: dict[str, str], others: dict[str, str]
    ) -> list[Outcome]:
        """The outcomes of some answers; `others` are those to a question that nobody asks any more."""
        keys = {record: awaited.pop(record) for record in returned}
        claims = self._register.claims(keys)
        known = {claim.row.id for claim in claims}
        others.update({record: key for record, key in keys.items() if record not in known})
        pairs = [(claim, returned[claim.row.id]) for claim in claims]
        read = await asyncio.to_thread(lambda: [self._read(*pair) for pair in pairs])
        return [await self._kept(claim, found) for claim, found in zip(claims, read, strict=True)]

    def _read(self, claim: Claim, returned: Returned) -> "Outcome | tuple[Value, Usage]":
        """What an answer holds, or the outcome of one that holds nothing."""
        assert not isinstance(claim.ask, dict)
        usage, raw = Usage(), ""
        try:
            reply = self._jobs.reply(claim.ask, returned)
            usage, raw = reply.usage, raw_of(reply)
            return self._step.absorb(claim.row, reply), usage
        except (ModelError, Malformed) as error:
            return failure(self._step.column, claim, self._jobs.card.edition, error, usage, raw)

    async def _kept(self, claim: Claim, found: "Outcome | tuple[Value, Usage]") -> Outcome:
        if isinstance(found, Outcome):
            return found
        return await keep(self._step.column, claim, self._jobs.card.edition, *found, self._means.store)

    def _missed(self, claim: Claim, job: Job) -> Outcome:
        """A job that is done says nothing of an ask that was in it; it may have been billed all the same."""
        error = Broken(f"the batch job {job.name} ended without an answer to it", unsure=True)
        return failure(self._step.column, claim, self._jobs.card.edition, error, Usage())

    # -------------------------------------------------------------------- what is to be sent

    async def send(self, expected: int) -> AsyncIterator[list[Outcome]]:
        """Give all that is owed to as few jobs as may hold it; yields what cannot be asked at all."""
        bounds = self._jobs.card.batch
        assert bounds is not None
        shards = max(1, -(-expected // bounds.most))
        size = max(bounds.least, -(-expected // shards))
        while not self._stop.is_set():
            with TemporaryFile(dir=self._means.room, prefix=".job-") as file:
                shard = _Shard(file, self._register.begin(), size, bounds.most_bytes)
                try:
                    async for outcomes in self._gather(shard):
                        yield outcomes
                    if shard.records < bounds.least or self._stop.is_set():
                        self.few = 0 if self._stop.is_set() else shard.records
                        break
                    await self._submit(shard)
                finally:
                    if not shard.sent:
                        self._register.drop(shard.job)

    async def _gather(self, shard: "_Shard") -> AsyncIterator[list[Outcome]]:
        """Fill a file with asks until it is full or nothing is owed any more."""
        while shard.free and not self._stop.is_set():
            claims = self._register.take(min(CHUNK, shard.free))
            if not claims:
                return
            wrong, over = await asyncio.to_thread(self._write, claims, shard)
            if wrong:
                yield wrong
            if over:
                self._register.put_back(over)
                return

    def _write(self, claims: Sequence[Claim], shard: "_Shard") -> tuple[list[Outcome], list[Claim]]:
        """Write asks, one in memory at a time; which cannot be asked, and which found no room."""
        wrong: list[Outcome] = []
        over: list[Claim] = []
        for claim in claims:
            line = b"" if over else self._line(claim)
            if isinstance(line, Outcome):
                wrong.append(line)
            elif over or not shard.add(claim, line):
                over.append(claim)
        return wrong, over

    def _line(self, claim: Claim) -> bytes | Outcome:
        """An ask as a line, or the outcome of one that the model cannot be asked."""
        assert not isinstance(claim.ask, dict)
        bounds = self._jobs.card.batch
        try:
            check_ask(self._jobs.card, claim.ask)
            line = self._means.fit(claim.ask, lambda ask: self._jobs.line(claim.row.id, ask))
            if bounds and len(line) > bounds.most_bytes:
                raise Invalid(
                    f"{len(line):,} bytes are more than a batch job of {self._jobs.card.name} takes"
                )
        except (ModelError, StoreError) as error:
            return failure(self._step.column, claim, self._jobs.card.edition, error, Usage())
        return line

    async def _submit(self, shard: "_Shard") -> None:
        """Send a job; whatever happens now, it is looked for by its token before anything is sent again."""
        token = shard.token
        job = self._register.sending(shard.job, token)
        shard.sent = True
        shard.file.seek(0)
        try:
            name = await self._jobs.submit(token, shard.file, shard.records)
        except ModelError as error:
            if not (isinstance(error, Broken) and error.unsure):
                self._register.drop(job)
            raise
        self._register.running(job, name)


def _unlike(job: Job, progress: Progress, found: int) -> str:
    """What is said where a provider counts answers that are not to be found."""
    return f"the batch job {job.name} counts {progress.answered:,} answers, and {found:,} were found"


class _Shard:
    """A job's file while it is gathered."""

    def __init__(self, file: BinaryIO, job: Job, most: int, most_bytes: int) -> None:
        self.file, self.job, self.sent, self.records = file, job, False, 0
        self._most, self._room = most, most_bytes
        self._name = sha256(f"{job.column}|{job.model}|{job.number}".encode())

    @property
    def free(self) -> int:
        """So many asks more may be in it."""
        return self._most - self.records

    @property
    def token(self) -> str:
        """The name of what is in it: the same asks as the same job of a ledger have it again."""
        return self._name.hexdigest()[:32]

    def add(self, claim: Claim, line: bytes) -> bool:
        """Write a line, unless the file would be too large."""
        if len(line) > self._room:
            return False
        self._room -= len(line)
        self.records += 1
        self._name.update(f"|{claim.row.id}|{claim.key}".encode())
        self.file.write(line)
        return True
