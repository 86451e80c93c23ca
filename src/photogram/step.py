"""The port every column is filled by.

A step is pure: it says what to ask for a row and reads what was answered. It never waits, opens a
file or calls anything. A step that needs no model computes its value instead.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Protocol, runtime_checkable

import msgspec

from photogram.data import Ask, Blob, Facts, Reply, Row, See, Word


class Value(Word, frozen=True):
    """What goes into a cell: facts, and bytes the store is to keep under a role."""

    facts: Facts = {}
    files: dict[str, bytes] = {}


@runtime_checkable
class ModelStep(Protocol):
    """A step that asks a model. `None` from `ask` means that this row owes nothing."""

    column: str
    needs: Sequence[str]
    version: str

    def ask(self, row: Row) -> Ask | None: ...

    def absorb(self, row: Row, reply: Reply) -> Value: ...


Reads = Mapping[str, Blob | str]
"""What a computed cell depends on, by role: the bytes behind handles, and words that are at hand."""


class ComputeStep(Protocol):
    """A step that needs no model: `reads` names what it looks at, `compute` does the work."""

    column: str
    needs: Sequence[str]
    version: str

    def reads(self, row: Row) -> Reads | None: ...

    def compute(self, row: Row, files: Mapping[str, bytes]) -> Value: ...


Step = ModelStep | ComputeStep

_encoder = msgspec.json.Encoder(order="deterministic")


def digest(*parts: Any) -> str:
    """The hash that names a cell's key or a row: the same parts give it on any machine, any day."""
    return sha256(_encoder.encode(parts)).hexdigest()


def key_of(step: Step, model: str, what: Ask | Reads) -> str:
    """The key of a cell: the step's version, the model, and all that is put to it."""
    return digest(step.column, step.version, model, what)[:32]


def with_complaint(ask: Ask, why: str) -> Ask:
    """The same ask, telling the model what was wrong with its last answer."""
    return msgspec.structs.replace(ask, complaint=why) if isinstance(ask, See) else ask
