"""The port every engine stands behind, and how one row is answered wherever that happens.

An engine takes rows that are already claimed, asks, and gives back outcomes. It knows nothing of
the ledger's tables or the command line. A slot is free again only when the one who reads the
outcomes comes back for more: what is not committed still counts as in flight.
"""

from collections.abc import Sequence
from time import perf_counter
from typing import Protocol

import msgspec

from photogram.data import Ask, Blob, Outcome, Picture, Reply, Row, Said, Usage, Word
from photogram.faults import Broken, Invalid, Malformed, ModelError, NotSetUp, OutOfQuota, Refused, StoreError
from photogram.model import Model
from photogram.private import is_discreet, reason, unsaid
from photogram.step import ComputeStep, ModelStep, Value, with_complaint
from photogram.store import FOLDERS, Store

HALTING = (NotSetUp, OutOfQuota)
RAW_KEPT = 20_000


class Claim(Word, frozen=True):
    """A row that this engine alone is at work on, the key its cell will have, and what to ask."""

    row: Row
    key: str
    ask: Ask | dict[str, Blob | str]


class Work(Protocol):
    """Where an engine gets rows from."""

    def take(self, most: int) -> Sequence[Claim]:
        """Up to `most` claims; none when nothing is left. Its intents are in the ledger by now."""
        ...

    def again(self, claim: Claim) -> bool:
        """Whether the same row may be asked, and paid, a second time."""
        ...

    def release(self, claim: Claim) -> None:
        """Give a row back as it was: nothing was sent for it."""
        ...


async def answer(step: ModelStep, model: Model, claim: Claim, work: Work, store: Store) -> Outcome:
    """Ask for one row and keep what comes; model errors become outcomes, halting ones are raised."""
    name, started, spent = model.card.edition, perf_counter(), _Spent()
    try:
        value = await _ask_and_absorb(step, model, claim, work, spent)
    except HALTING:
        raise
    except (ModelError, Malformed, StoreError) as error:
        return failure(step.column, claim, name, error, spent.usage(started), spent.raw)
    return await keep(step.column, claim, name, value, spent.usage(started), store)


async def _ask_and_absorb(step: ModelStep, model: Model, claim: Claim, work: Work, spent: "_Spent") -> Value:
    """The value of one row; a reply the step cannot read is complained about once."""
    assert not isinstance(claim.ask, dict)
    reply = spent.on(await model.answer(claim.ask))
    try:
        return step.absorb(claim.row, reply)
    except Malformed as wrong:
        if not work.again(claim):
            raise
        reply = spent.on(await model.answer(with_complaint(claim.ask, wrong.why)))
        return step.absorb(claim.row, reply)


class _Spent:
    """What the replies for one row took, kept even when none of them could be read."""

    def __init__(self) -> None:
        self._usage = Usage()
        self.raw = ""

    def on(self, reply: Reply) -> Reply:
        self._usage = self._usage.plus(reply.usage)
        self.raw = raw_of(reply)
        return reply

    def usage(self, started: float) -> Usage:
        return msgspec.structs.replace(self._usage, seconds=perf_counter() - started)


async def keep(column: str, claim: Claim, model: str, value: Value, usage: Usage, store: Store) -> Outcome:
    """The outcome of a cell that is filled; its bytes are in the store before it exists."""
    files = {role: await store.keep(data, folder_of(role)) for role, data in value.files.items()}
    return Outcome(
        row=claim.row.id,
        column=column,
        key=claim.key,
        state="filled",
        model=model,
        value=value.facts,
        files=files,
        usage=usage,
    )


def failure(column: str, claim: Claim, model: str, error: Exception, usage: Usage, raw: str = "") -> Outcome:
    """The outcome of a cell that stays empty, with the reason; of what may be private no word is kept."""
    refused = isinstance(error, Refused)
    discreet = is_discreet(claim.ask)
    return Outcome(
        row=claim.row.id,
        column=column,
        key=claim.key,
        state="refused" if refused else "failed",
        model=model,
        error=f"{error.stage}: {error.code}".strip(": ") if refused else type(error).__name__,
        why=reason(error) if discreet else str(error),
        raw=unsaid(raw) if discreet and raw else raw,
        usage=usage,
        unsure=isinstance(error, Broken) and error.unsure,
        final=isinstance(error, Invalid),
    )


Computed = tuple[Claim, Value, Usage]


def compute(step: ComputeStep, claim: Claim, store: Store) -> Outcome | Computed:
    """Compute one row's value in a thread; what cannot be read is a failed cell, not an end."""
    started = perf_counter()
    assert isinstance(claim.ask, dict)
    try:
        files = {
            role: store.read(what) if isinstance(what, Blob) else what.encode()
            for role, what in claim.ask.items()
        }
        value = step.compute(claim.row, files)
    except (Malformed, StoreError) as error:
        return failure(step.column, claim, "", error, Usage(seconds=perf_counter() - started))
    return claim, value, Usage(seconds=perf_counter() - started)


def folder_of(role: str) -> str:
    """The store's folder for a role: masks apart, all else among the images."""
    return FOLDERS.get(role, "images")


def raw_of(reply: Reply | None) -> str:
    """What is kept of a reply that could not be read, to be looked at by a person."""
    if isinstance(reply, Said):
        return reply.text[:RAW_KEPT]
    if isinstance(reply, Picture):
        return f"{len(reply.images)} pictures, {sum(map(len, reply.images))} bytes {reply.refused}".strip()
    return ""
