"""An answer that fits a JSON Schema, for what no one measured: it says `simulated` where it is text."""

from collections.abc import Mapping
from json import JSONDecoder
from typing import Any, cast

from photogram.judgement import OPEN

SIMULATED = "simulated"
_Schema = Mapping[str, Any]
_DEEPEST = 24


def completed(data: Mapping[str, Any], schema: _Schema) -> dict[str, Any]:
    """What was measured, and something that fits for all else that the schema requires."""
    return _Inventor(schema).completed(data, schema)


def schema_in(prompt: str) -> dict[str, Any] | None:
    """The JSON Schema that a prompt shows, as those do that are for models without a better way."""
    decoder, at = JSONDecoder(), prompt.find("{")
    while at >= 0:
        try:
            found = decoder.raw_decode(prompt, at)[0]
        except ValueError:
            found = None
        if isinstance(found, dict) and isinstance(cast(_Schema, found).get("properties"), dict):
            return cast(dict[str, Any], found)
        at = prompt.find("{", at + 1)
    return None


class _Inventor:
    """Invents within one schema, whose definitions it knows."""

    def __init__(self, root: _Schema) -> None:
        self._root = root

    def completed(self, data: Mapping[str, Any], schema: _Schema) -> dict[str, Any]:
        """An object with what was measured of it, and in it."""
        required: list[str] = schema.get("required", [])
        properties: _Schema = schema.get("properties", {})
        wanted = [name for name in properties if name in data or name in required]
        return {
            name: self._field(data, name, properties.get(name))
            for name in [*wanted, *(name for name in required if name not in properties)]
            if name in data or name in properties
        }

    def _field(self, data: Mapping[str, Any], name: str, wanted: Any) -> Any:
        if name not in data:
            return self.invent(wanted)
        rule = self._resolved(wanted)
        if isinstance(data[name], dict) and "properties" in rule:
            return self.completed(_told(cast(_Schema, data[name])), rule)
        return data[name]

    def invent(self, wanted: Any, depth: int = 0) -> Any:
        """The plainest value that fits."""
        schema = self._resolved(wanted)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return next((value for value in schema["enum"] if value is not None), None)
        either: list[Any] = schema.get("anyOf") or schema.get("oneOf") or []
        if either:
            return self._either(either, depth)
        named: str | list[str] = schema.get("type") or ("object" if "properties" in schema else "string")
        types = [named] if isinstance(named, str) else named
        return self._of_type(next((one for one in types if one != "null"), "null"), schema, depth)

    def _either(self, either: list[Any], depth: int) -> Any:
        """The first that is not null; null where the schema goes on for ever."""
        nullable = any(self._resolved(one).get("type") == "null" for one in either)
        if nullable and depth >= _DEEPEST:
            return None
        chosen = next((one for one in either if self._resolved(one).get("type") != "null"), either[0])
        return self.invent(chosen, depth + 1)

    def _of_type(self, named: str, schema: _Schema, depth: int) -> Any:
        if named == "object":
            return self._object(schema, depth)
        if named == "array":
            items = schema.get("items", {})
            return [self.invent(items, depth + 1) for _ in range(schema.get("minItems", 0))]
        if named in ("number", "integer"):
            return _number(schema, whole=named == "integer")
        if named == "string":
            return _text(schema)
        return False if named == "boolean" else None

    def _object(self, schema: _Schema, depth: int) -> dict[str, Any]:
        if depth > _DEEPEST:  # what requires itself for ever has no answer that fits
            return {}
        properties: _Schema = schema.get("properties", {})
        required: list[str] = schema.get("required", [])
        return {name: self.invent(rule, depth + 1) for name, rule in properties.items() if name in required}

    def _resolved(self, wanted: Any) -> _Schema:
        """The schema itself: what a reference leads to, what is to hold together as one."""
        schema: dict[str, Any] = {**cast(_Schema, wanted)} if isinstance(wanted, dict) else {}
        for _ in range(_DEEPEST):
            if "$ref" not in schema:
                break
            schema = {**self._at(schema.pop("$ref")), **schema}
        parts: list[Any] = schema.get("allOf", [])
        for part in parts:
            schema = {**self._resolved(part), **schema}
        return schema

    def _at(self, reference: str) -> dict[str, Any]:
        found: Any = self._root
        for name in reference.removeprefix("#").split("/")[1:]:
            found = found.get(name.replace("~1", "/").replace("~0", "~"), {})
        return dict(found)


def _told(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was measured of an object: of a question that was left open nothing."""
    if found.get("answer") == OPEN:
        return {}
    return {name: value for name, value in found.items() if value is not None}


def _number(schema: _Schema, *, whole: bool) -> float | int:
    """The least that is allowed, or 0."""
    step = schema.get("multipleOf", 1 if whole else 0)
    least = schema.get("minimum", -float("inf"))
    if "exclusiveMinimum" in schema:
        least = max(least, schema["exclusiveMinimum"] + (step or 1e-6))
    most = schema.get("maximum", float("inf"))
    if "exclusiveMaximum" in schema:
        most = min(most, schema["exclusiveMaximum"] - (step or 1e-6))
    value = min(max(0, least), most)
    if step:
        value = step * (-(-value // step) if value == least else value // step)
    return int(value) if whole else value


_FORMATS = {
    "date": "2000-01-01",
    "date-time": "2000-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "email": "simulated@example.com",
    "uri": "http://example.com/simulated",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "hostname": "example.com",
    "duration": "P1D",
}


def _text(schema: _Schema) -> str:
    text = _FORMATS.get(schema.get("format", ""), SIMULATED)
    least, most = schema.get("minLength", 0), schema.get("maxLength", 2**31)
    return (text if len(text) >= least else text.ljust(least, "."))[:most]
