"""What of JSON Schema OpenAI takes when an answer has to keep to it strictly."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from photogram.simulator.call import Problem

ALLOWED = {
    *("type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf"),
    *("$ref", "$defs", "definitions", "$schema", "title", "description", "pattern", "format"),
    *("multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "minItems", "maxItems"),
}
FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
MOST_PROPERTIES, MOST_LEVELS, MOST_CHOICES = 5000, 10, 1000
_Schema = Mapping[str, Any]
_Context = tuple[str, ...]


def check_strict(name: str, schema: _Schema) -> None:
    """Refuse a schema that breaks the rules, at the place where it does."""
    whole = list(_walk(schema, (), 1))
    if schema.get("type") != "object" or "anyOf" in schema:
        raise _wrong(name, (), "schema must be a JSON Schema of 'type: \"object\"'")
    for context, part, level in whole:
        _check(name, context, part, level)
    if sum(len(part.get("properties", ())) for _, part, _ in whole) > MOST_PROPERTIES:
        raise _wrong(name, (), f"it has more than {MOST_PROPERTIES} properties")
    if sum(len(part.get("enum", ())) for _, part, _ in whole) > MOST_CHOICES:
        raise _wrong(name, (), f"it has more than {MOST_CHOICES} enum values")


def _check(name: str, context: _Context, part: _Schema, level: int) -> None:
    forbidden = [word for word in part if word not in ALLOWED]
    if forbidden:
        raise _wrong(name, context, f"'{forbidden[0]}' is not permitted")
    if part.get("format", "date") not in FORMATS:
        raise _wrong(name, context, f"'{part['format']}' is not a valid format")
    if "$ref" in part and len(part) > 1:
        raise _wrong(name, context, "$ref cannot have keywords beside it")
    if not {"type", "anyOf", "$ref"} & part.keys():
        raise _wrong(name, context, "schema must have a 'type' key")
    if part.get("type") != "object" and "properties" not in part:
        return
    if level > MOST_LEVELS:
        raise _wrong(name, context, f"it is nested more than {MOST_LEVELS} levels deep")
    if part.get("additionalProperties") is not False:
        raise _wrong(name, context, "'additionalProperties' is required to be supplied and to be false")
    missing = [key for key in part.get("properties", {}) if key not in part.get("required", ())]
    if missing:
        supplied = "'required' is required to be supplied and to be an array including every key"
        raise _wrong(name, context, f"{supplied} in properties. Missing '{missing[0]}'")


def _walk(schema: _Schema, context: _Context, level: int) -> Iterator[tuple[_Context, _Schema, int]]:
    """Every schema within a schema, where it stands, and how many objects deep."""
    yield context, schema, level
    for word in ("properties", "$defs", "definitions"):
        deeper = level + (word == "properties")
        for key, part in cast(_Schema, schema.get(word, {})).items():
            yield from _walk(part, (*context, word, key), deeper)
    if isinstance(schema.get("items"), dict):
        yield from _walk(schema["items"], (*context, "items"), level)
    for number, part in enumerate(schema.get("anyOf", ())):
        yield from _walk(part, (*context, "anyOf", str(number)), level)


def _wrong(name: str, context: _Context, why: str) -> Problem:
    at = f"In context={context}" if context else "In context=()"
    message = f"Invalid schema for response_format '{name}': {at}, {why}."
    return Problem("invalid", message, param="response_format", code="")
