"""The port every model is reached by.

A model has one method and a card. A guard has the same shape and wraps a model, so a stack of guards
is a model. A provider is a file that turns a name into a model.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from photogram.data import Ask, Blob, Card, Reply

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
