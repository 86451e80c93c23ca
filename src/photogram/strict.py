"""A JSON Schema as OpenAI takes it when an answer has to keep to it strictly, and what that changes.

Strictly, every field of an object is there and no other is. So a field that may be missing becomes one
that may be null, and such a null is taken out of the answer again: the schema as it was given stays the
truth. Words that are not taken are told in the description.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

Rule = Mapping[str, Any]

_TAKEN = {
    *("type", "enum", "const", "title", "description", "pattern", "format"),
    *("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"),
}
_FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
_TOLD = ("minLength", "maxLength", "uniqueItems", "default", "examples", "format")
_REPLACED = {"oneOf", "additionalProperties", "required", "$schema", "$id", "$comment"}
_TABLES = ("$defs", "definitions")


class _Loose(Exception):
    """The schema asks for what cannot be said strictly."""


def strict(schema: Rule) -> dict[str, Any] | None:
    """The schema with every field required and every object closed; None where there is no such schema."""
    try:
        rule = _rule(schema)
    except _Loose:
        return None
    return rule if rule.get("type") == "object" and "anyOf" not in rule else None


def _rule(rule: Any) -> dict[str, Any]:
    if not isinstance(rule, dict):
        raise _Loose
    given = cast(dict[str, Any], rule)
    if "$ref" in given:
        return {"$ref": given["$ref"]}
    made = _words(given) | _parts(given)
    if "object" in _types(given) or "properties" in given:
        made |= _closed(given)
    if not set(given) <= {*made, *_TOLD, *_REPLACED}:
        raise _Loose
    return made


def _words(given: Rule) -> dict[str, Any]:
    """What of a rule is taken as it stands; what is not is told in its description."""
    made = {word: value for word, value in given.items() if word in _TAKEN}
    if made.get("format") not in _FORMATS:
        made.pop("format", None)
    left = [word for word in _TOLD if word in given and word not in made]
    if left:
        told = [f"{word}: {msgspec.json.encode(given[word]).decode()}" for word in left]
        made["description"] = "; ".join(filter(None, [given.get("description", ""), *told]))
    return made


def _parts(given: Rule) -> dict[str, Any]:
    """The rules within a rule, but for the fields of an object."""
    made: dict[str, Any] = {}
    if choices := given.get("anyOf") or given.get("oneOf"):
        made["anyOf"] = [_rule(choice) for choice in choices]
    if "items" in given:
        made["items"] = _rule(given["items"])
    for table in _TABLES:
        if table in given:
            made[table] = {key: _rule(part) for key, part in given[table].items()}
    return made


def _closed(rule: Rule) -> dict[str, Any]:
    """An object's fields, each required; one whose names are not known beforehand cannot be closed."""
    fields: Rule = rule.get("properties", {})
    if not fields or rule.get("additionalProperties", False) not in (False, True):
        raise _Loose
    needed = rule.get("required", ())
    made = {name: _rule(part) if name in needed else _or_null(_rule(part)) for name, part in fields.items()}
    return {"properties": made, "required": list(made), "additionalProperties": False}


def _or_null(rule: dict[str, Any]) -> dict[str, Any]:
    if _takes_null(rule):
        return rule
    if "type" not in rule or "const" in rule:
        return {"anyOf": [rule, {"type": "null"}]}
    more = {"enum": [*rule["enum"], None]} if "enum" in rule else {}
    return {**rule, "type": [*_types(rule), "null"], **more}


def _takes_null(rule: Rule) -> bool:
    if "enum" in rule:
        return None in rule["enum"]
    return "null" in _types(rule) or any(_takes_null(one) for one in rule.get("anyOf", rule.get("oneOf", ())))


def _types(rule: Rule) -> Sequence[str]:
    types = rule.get("type", ())
    return (types,) if isinstance(types, str) else types


# --------------------------------------------------------------------------- the way back


def without_nulls(data: Any, schema: Rule) -> Any:
    """The answer without the nulls that stand for fields which may be missing."""
    return _cleaned(data, schema, schema)


def _cleaned(data: Any, rule: Rule, root: Rule) -> Any:
    rule = _resolved(rule, root)
    if isinstance(data, list):
        items = rule.get("items", {})
        return [_cleaned(value, items, root) for value in cast(list[Any], data)]
    if not isinstance(data, dict):
        return data
    fields, needed = rule.get("properties", {}), rule.get("required", ())
    return {
        name: _cleaned(value, fields.get(name, {}), root)
        for name, value in cast(dict[str, Any], data).items()
        if value is not None or name in needed or _takes_null(_resolved(fields.get(name, {}), root))
    }


def _resolved(rule: Rule, root: Rule) -> Rule:
    """The rule a reference within the schema stands for; an empty one where it leads nowhere."""
    for _ in range(len(root) + 8):
        if "$ref" not in rule:
            return rule
        table, _, name = str(rule["$ref"]).removeprefix("#/").partition("/")
        rule = root.get(table, {}).get(name, {})
    return {}
