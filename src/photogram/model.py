"""The port every model is reached by.

A model has one method and a card. A guard has the same shape and wraps a model, so a stack of guards
is a model. A provider is a file that turns a name into a model.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol, runtime_checkable

from photogram.data import Ask, Blob, Card, Progress, Reply

Reader = Callable[[Blob], bytes]
"""Gives the wire layer the bytes behind a handle."""


class Model(Protocol):
    """Anything that answers asks.

    It raises only the errors below `ModelError`; anything else is a bug and stops the run.
    """

    @property
    def card(self) -> Card: ...

    async def answer(self, ask: Ask) -> Reply: ...

    async def close(self) -> None: ...


class Provider(Protocol):
    """One file in providers/, or a third party's by the entry point `photogram.providers`.

    `settings` is the brief's table of the same name, `environ` the environment with the dataset's
    `.env` under it. One for which the simulator has a tongue may say in `simulated` which variables,
    with {url} in their values, lead it there.
    """

    name: str

    def cards(self) -> Sequence[Card]: ...

    def card(self, model: str, settings: Mapping[str, Any]) -> Card: ...

    def missing(self, settings: Mapping[str, Any], environ: Mapping[str, str]) -> str: ...

    def open(
        self, card: Card, settings: Mapping[str, Any], environ: Mapping[str, str], read: Reader
    ) -> Model: ...


@runtime_checkable
class Placed(Protocol):
    """A provider whose models lie on this machine: a dataset tells it where to look for them."""

    def at(self, folder: Path, environ: Mapping[str, str]) -> Provider: ...


class Returned(NamedTuple):
    """What a batch job says of one ask, still in the words of the model's family."""

    record: str
    status: int
    body: bytes
    request_id: str = ""


class Jobs(Protocol):
    """The batch jobs of one model: many asks sent as lines of one file, answered later and for less.

    What a method raises stands below `ModelError`. The card's price is that of a batch job.
    """

    @property
    def card(self) -> Card: ...

    def line(self, record: str, ask: Ask) -> bytes:
        """One ask as a line of a job's file, under the name its answer is to bear."""
        ...

    async def find(self, token: str) -> str:
        """The provider's name for the job that was submitted under this token; empty if none was."""
        ...

    async def submit(self, token: str, lines: BinaryIO, records: int) -> str:
        """Have the provider begin a job; its name for it."""
        ...

    async def poll(self, name: str) -> Progress:
        """How far it is."""
        ...

    def lines(self, name: str) -> AsyncIterator[bytes]:
        """Every line of what came of it, in whatever order and of however many files."""
        ...

    def read(self, line: bytes) -> Returned | None:
        """What a line says of an ask; nothing where that was never answered, or the line is of none."""
        ...

    def reply(self, ask: Ask, returned: Returned) -> Reply:
        """The reply to an ask, or the error that it amounts to."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class Batching(Protocol):
    """A provider that takes batch jobs."""

    def jobs(
        self, card: Card, settings: Mapping[str, Any], environ: Mapping[str, str], read: Reader
    ) -> Jobs: ...
