"""The full schema: the one judge of whether an answer is what was asked for.

What a provider is sent may be less than that, as each takes its own part of JSON Schema.
"""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from photogram.recovery.rules import Rule

_WRONG = (ValueError, jsonschema_rs.ReferencingError)


class Truth:
    """A schema, ready to be held against answers; nothing it refers to is ever fetched."""

    def __init__(self, schema: Rule) -> None:
        self.root = schema
        self._whole = _compiled(schema)
        self._parts: dict[int, Any] = {}

    def holds(self, value: Any) -> bool:
        return self._whole.is_valid(value)

    def errors(self, value: Any) -> Iterator[jsonschema_rs.ValidationError]:
        return self._whole.iter_errors(value)

    def fits(self, value: Any, part: Any) -> bool:
        """Whether a value is what a part of the schema asks for."""
        if id(part) not in self._parts:
            self._parts[id(part)] = self._part(part)
        return self._parts[id(part)].is_valid(value)

    def _part(self, part: Any) -> Any:
        """A part as a schema of its own; what it refers to is found where it was."""
        if not isinstance(part, dict):
            return _compiled(part)
        named = {name: self.root[name] for name in ("$schema", "$defs", "definitions") if name in self.root}
        try:
            return _compiled({**named, "allOf": [part]})
        except (
            ValueError,
            jsonschema_rs.ReferencingError,
        ):  # it refers to a place that is not there when it stands alone
            return _compiled(False)


def _compiled(schema: Any) -> Any:
    return jsonschema_rs.validator_for(schema, offline=True, validate_formats=True)


def wrong(schema: Rule) -> str:
    """Why a schema is none, in a line; nothing where it is one."""
    try:
        _compiled(schema)
    except _WRONG as error:
        return str(error).partition("\n")[0]
    return ""
