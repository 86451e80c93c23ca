"""What an annotation cell holds: the fields that were asked for, and beside them what is known of the answer.

Whatever stands beside the fields has a name that begins with @. No field may be named so, and what a
model says under such a name is passed over: the two cannot be taken for each other.
"""

from collections.abc import Mapping, Sequence
from typing import Any

BESIDE = "@"
RECOVERED = "@recovered"
"""What had to be done to the reply before it was what was asked for."""
PRIVATE = "@private"
"""For each private field that held something, by which it is known again; needs a key that is not here."""


def cell(fields: dict[str, Any], recovered: Sequence[str], marks: Mapping[str, str]) -> dict[str, Any]:
    """The value of a cell."""
    beside: dict[str, Any] = {RECOVERED: list(recovered)} if recovered else {}
    return {**fields, **beside, **({PRIVATE: dict(marks)} if marks else {})}


def fields_of(value: dict[str, Any]) -> dict[str, Any]:
    """What the model said, without what stands beside it."""
    return {name: said for name, said in value.items() if not name.startswith(BESIDE)}
