"""Whether a value has the shape a JSON Schema asks for, and if not, what is wrong in plain words.

It knows the part of JSON Schema that msgspec writes. The schema that editors complete and colour a
brief by is thereby the one that the brief is read by.
"""

import json
import re
from collections.abc import Mapping
from math import isfinite
from typing import Any, cast

from photogram.reading.words import Mistake, Place, nearest, quoted, said

Schema = Mapping[str, Any]

_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table",
    "date": "a date or time",
    "single": "a single value",
}
_FORMS = {
    "string": "text stands in quotes",
    "integer": "write it without quotes and without a point",
    "number": "write it without quotes",
    "boolean": "write true or false, without quotes",
    "array": "a list stands between [ and ]",
    "object": "a table stands between { and }, or below a [header]",
    "single": "write one text in quotes, one number, or true or false",
}
_SINGLE = {"string", "integer", "number", "boolean"}
_KINDS = {
    "bool": "boolean",
    "int": "integer",
    "float": "number",
    "str": "string",
    "list": "array",
    "dict": "object",
}


class Shape:
    """A schema, ready to be held against values."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def check(self, value: Any) -> None:
        """Raise the first mistake found, in the order the value was written."""
        self._value(value, self.schema, ())

    def _value(self, value: Any, schema: Schema, place: Place) -> None:
        schema = self._branch(value, self._resolved(schema), place)
        kind = _kind(value)
        if kind == "date" or not _fits(kind, schema):
            raise Mistake(_not_that(place, schema, kind), at=place, do=self._remedy(place, schema, kind))
        if isinstance(value, dict):
            self._table(cast("dict[str, Any]", value), schema, place)
        elif isinstance(value, list):
            self._list(cast("list[Any]", value), schema, place)
        elif isinstance(value, str):
            _text(value, schema, place)
        else:
            _number(value, schema, place)

    def _resolved(self, schema: Schema) -> Schema:
        """The schema with what it refers to; what stands beside the reference stays."""
        if "$ref" not in schema:
            return schema
        return {**self.schema["$defs"][schema["$ref"].rpartition("/")[2]], **schema}

    def _branch(self, value: Any, schema: Schema, place: Place) -> Schema:
        """Of a choice of shapes, the one meant by a value of this kind."""
        if "anyOf" not in schema:
            return schema
        branches = [self._resolved(branch) for branch in schema["anyOf"]]
        kind = _kind(value)
        outer = {name: part for name, part in schema.items() if name != "anyOf"}
        for branch in branches:
            if _fits(kind, branch):
                return {**outer, **branch}
        kinds = [branch["type"] for branch in branches if branch.get("type") in _WORDS]
        return {**outer, "type": kinds[0] if len(kinds) == 1 else kinds}

    def _remedy(self, place: Place, schema: Schema, kind: str) -> str:
        if kind == "date":
            return "put it in quotes"
        if kind == "object" and schema.get("type") == "array" and "$ref" in schema.get("items", {}):
            return f"write [[{said(place)}]], with two brackets on each side"
        if kind == "array" and schema.get("type") == "object" and len(place) == 1:
            return f"write [{said(place)}], with one bracket on each side"
        wanted = schema.get("type", "string")
        return _like(place, schema) or _FORMS[wanted if isinstance(wanted, str) else "single"]

    def _table(self, value: dict[str, Any], schema: Schema, place: Place) -> None:
        known: Mapping[str, Schema] = schema.get("properties", {})
        others = schema.get("additionalProperties", {})
        for key, inner in value.items():
            at = (*place, key)
            if key not in known and others is False:
                raise _unknown(key, known, at)
            _name(key, schema.get("propertyNames", {}), at)
            self._value(inner, known.get(key, others), at)
        for key in schema.get("required", ()):
            if key not in value:
                do = f"add {_line(key, self._resolved(known[key]))}"
                raise Mistake(f"{_table_name(place)} has no {key}", at=place, do=do)
        if len(value) < schema.get("minProperties", 0):
            raise _empty(place, schema)

    def _list(self, value: list[Any], schema: Schema, place: Place) -> None:
        if len(value) < schema.get("minItems", 0):
            raise _empty(place, schema)
        for number, inner in enumerate(value):
            self._value(inner, schema.get("items", {}), (*place, number))


def toml(value: Any) -> str:
    """A small value as TOML writes it."""
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return "{ " + ", ".join(f"{key} = {toml(inner)}" for key, inner in pairs) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(toml(inner) for inner in cast("list[Any]", value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _kind(value: Any) -> str:
    return _KINDS.get(type(value).__name__, "date")


def _fits(kind: str, schema: Schema) -> bool:
    wanted = schema.get("type", "string" if "enum" in schema else kind)
    return kind == wanted or (kind == "integer" and wanted == "number")


def _table_name(place: Place) -> str:
    if place and isinstance(place[-1], int):
        return f"this [[{said(place)}]]"
    return f"[{said(place)}]" if place else "the brief"


def _not_that(place: Place, schema: Schema, kind: str) -> str:
    wanted: str | list[str] = schema.get("type", "string")
    kinds = [wanted] if isinstance(wanted, str) else list(dict.fromkeys(wanted))
    if set(kinds) >= _SINGLE:
        kinds = ["single", *(other for other in kinds if other not in _SINGLE)]
    words = " or ".join(_WORDS[other] for other in kinds)
    return f"{said(place)} is {words}, not {_WORDS[kind]}"


def _line(key: str, schema: Schema) -> str:
    examples = schema.get("examples")
    return f"{key} = {toml(examples[0])}" if examples else f"a [{key}] section"


def _like(place: Place, schema: Schema) -> str:
    key = next((part for part in reversed(place) if isinstance(part, str)), "")
    return f"write it like {_line(key, schema)}" if schema.get("examples") else ""


def _unknown(key: str, known: Mapping[str, Schema], at: Place) -> Mistake:
    """A key the table has not; an empty list of known ones cannot happen."""
    table = _table_name(at[:-1])
    do = f"{nearest(key, list(known))}{table} takes {', '.join(known)}"
    return Mistake(f"{table} has no key {quoted(key)}", at=at, do=do)


def _empty(place: Place, schema: Schema) -> Mistake:
    return Mistake(
        f"{said(place)} is empty", at=place, do=_like(place, schema) or "give it a value, or remove it"
    )


def _name(key: str, schema: Schema, at: Place) -> None:
    known: list[str] = schema.get("enum", [key])
    if key not in known:
        do = f"{nearest(key, known)}it takes {', '.join(known)}"
        raise Mistake(f"{_table_name(at[:-1])} has no {quoted(key)}", at=at, do=do)
    if "pattern" in schema and not re.search(schema["pattern"], key):
        do = schema.get("description", "")
        raise Mistake(f"{quoted(key)} cannot be a name in {_table_name(at[:-1])}", at=at, do=do)


def _text(value: str, schema: Schema, place: Place) -> None:
    allowed: list[str] = schema.get("enum", [])
    if allowed and value not in allowed:
        words = " or ".join(repr(word) for word in allowed)
        do = nearest(value, allowed).strip() or "choose one of these"
        raise Mistake(f"{said(place)} is {words}, not {quoted(value)}", at=place, do=do)
    if len(value) < schema.get("minLength", 0):
        raise _empty(place, schema)
    if "pattern" in schema and not re.search(schema["pattern"], value):
        raise Mistake(f"{said(place)} cannot be {quoted(value)}", at=place, do=_like(place, schema))


def _number(value: float, schema: Schema, place: Place) -> None:
    if not isfinite(value) or abs(value) >= 2**63:
        raise Mistake(f"{said(place)} cannot be {value}", at=place, do="give a number that can be counted to")
    least, above, most = (schema.get(name) for name in ("minimum", "exclusiveMinimum", "maximum"))
    low = (least is not None and value < least) or (above is not None and value <= above)
    if low or (most is not None and value > most):
        bounds = [
            f"at least {least:,}" if least is not None else "",
            f"above {above:,}" if above is not None else "",
        ]
        bounds.append(f"at most {most:,}" if most is not None else "")
        words = " and ".join(word for word in bounds if word)
        raise Mistake(f"{said(place)} is {words}, not {value:,}", at=place, do=_like(place, schema))
