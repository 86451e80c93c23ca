"""A JSON Schema as a thing to walk in: what stands at a place in it, and what it allows, in words.

Two keywords of our own may stand beside the standard's, which passes over what it does not know:
`synonyms`, the other words for each word of an enum, and `private`, for what is never to be written down.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

Rule = Mapping[str, Any]
Place = Sequence[str | int]

WITHHELD = "[private]"
"""Stands in a private field, in place of what was said."""

_FURTHEST = 16
"""So many references are followed, one from the other; more can only be a circle."""


def rule_of(found: Any, root: Rule, further: int = _FURTHEST) -> Rule:
    """What a schema says at one place, with what it refers to; nothing where it only says yes or no."""
    rule: dict[str, Any] = dict(cast(Rule, found)) if isinstance(found, dict) else {}
    while further and isinstance(rule.get("$ref"), str):
        rule = {**_referred(rule.pop("$ref"), root), **rule}
        further -= 1
    if further:
        for part in rule.pop("allOf", ()):
            rule = _joined(rule_of(part, root, further - 1), rule)
    return rule


def _joined(part: Rule, rule: Rule) -> dict[str, Any]:
    """Two rules that both hold, as one: the fields of both, and of all else what the second says."""
    joined = {**part, **rule}
    if "properties" in part and "properties" in rule:
        joined["properties"] = {**part["properties"], **rule["properties"]}
        joined["required"] = [*part.get("required", ()), *rule.get("required", ())]
    return joined


def _referred(reference: str, root: Rule) -> Rule:
    """What a reference within the schema leads to."""
    found: Any = root
    for name in reference.removeprefix("#").split("/")[1:]:
        name = name.replace("~1", "/").replace("~0", "~")
        found = cast(Rule, found).get(name) if isinstance(found, dict) else None
    return cast(Rule, found) if isinstance(found, dict) else {}


def branches(rule: Rule, root: Rule) -> list[Rule]:
    """The choices a rule offers: itself where it offers none."""
    either: Any = rule.get("anyOf") or rule.get("oneOf")
    return [rule_of(one, root) for one in cast(list[Any], either)] if isinstance(either, list) else [rule]


def types(rule: Rule) -> list[str]:
    """The types a rule names; none where any will do."""
    named: Any = rule.get("type", [])
    return [named] if isinstance(named, str) else list(named)


def choices(rule: Rule) -> list[Any]:
    """The values of a closed field; none where it is open."""
    if "const" in rule:
        return [rule["const"]]
    return list(rule.get("enum", ()))


def properties(rule: Rule) -> Mapping[str, Any]:
    return rule.get("properties", {})


def items(rule: Rule) -> Any:
    """The schema of what a list holds; older drafts may have one for each place, which is passed over."""
    found: Any = rule.get("items", True)
    return cast(Rule, found) if isinstance(found, dict) else found is not False


def synonyms(rule: Rule) -> Mapping[str, list[str]]:
    """The other words for each word of an enum."""
    return rule.get("synonyms", {})


def allows_null(rule: Rule, root: Rule) -> bool:
    """Whether a field may say that there is nothing to say."""
    return any(
        "null" in types(one) or None in choices(one) or not (one or rule) for one in branches(rule, root)
    )


def at(place: Place, root: Rule) -> Rule:
    """The rule for a place in a value."""
    rule = rule_of(root, root)
    for part in place:
        rule = _within(rule, part, root)
    return rule


def _within(rule: Rule, part: str | int, root: Rule) -> Rule:
    for one in branches(rule, root):
        if isinstance(part, int) and "items" in one:
            return rule_of(items(one), root)
        if isinstance(part, str) and part in properties(one):
            return rule_of(properties(one)[part], root)
    return {}


def bare(name: str) -> str:
    """A name without what differs between ways to write it: case, spaces, hyphens, underscores."""
    return re.sub(r"[\W_]+", "", name).casefold()


def said(place: Place) -> str:
    """A place as one would write it: `box.x`, `tags[2]`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in place]
    return "".join(parts).removeprefix(".") or "the answer"


# ------------------------------------------------------------------- every part of it

_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE = ("items", "additionalProperties", "contains", "not", "if", "then", "else")


def parts(schema: Any) -> Iterator[tuple[str, Rule]]:
    """Every part of a schema, with the name of the field it is about."""
    waiting: list[tuple[str, Any]] = [("", schema)]
    while waiting:
        name, part = waiting.pop()
        if isinstance(part, dict):
            rule = cast(Rule, part)
            yield name, rule
            waiting += [(_field(key, at), found) for key in _MAPS for at, found in rule.get(key, {}).items()]
            waiting += [(name, found) for key in _LISTS for found in rule.get(key, ())]
            waiting += [(name, rule[key]) for key in _SINGLE if key in rule]


def _field(key: str, name: str) -> str:
    """A name where it is that of a field, and not one that a part is referred to by."""
    return name if key.lower().endswith("properties") else ""


def changed(part: Any, change: Callable[[Rule], Rule]) -> Any:
    """A schema in which every part, the innermost first, is what a function makes of it."""
    if not isinstance(part, dict):
        return part
    rule = dict(cast(Rule, part))
    for key in _MAPS:
        if key in rule:
            rule[key] = {name: changed(inner, change) for name, inner in rule[key].items()}
    for key in _LISTS:
        if key in rule:
            rule[key] = [changed(inner, change) for inner in rule[key]]
    for key in _SINGLE:
        if key in rule:
            rule[key] = changed(rule[key], change)
    return change(rule)


def without(schema: Rule, *words: str) -> dict[str, Any]:
    """The schema without some keywords: ours mean nothing to a model."""
    return changed(schema, lambda rule: {key: rule[key] for key in rule if key not in words})


# --------------------------------------------------------------------------- in words

_NAMES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def wanted(rule: Rule, root: Rule) -> str:
    """What a rule allows, as a person or a model is told."""
    found = dict.fromkeys(phrase for one in branches(rule, root) for phrase in _phrases(one, root))
    return " or ".join(found) or "something else"


def _phrases(rule: Rule, root: Rule) -> Iterator[str]:
    """The words for each thing a rule allows; a list says what is in it, as long as that is no list."""
    closed = choices(rule)
    if closed == [WITHHELD]:
        return
    if closed:
        words = ", ".join("null" if value is None else f"{value}" for value in closed)
        yield f"one of {words}" if len(closed) > 1 else words
        return
    for name in types(rule):
        inner: Rule = rule_of(items(rule), root) if name == "array" else {}
        more = _bounds(rule) if name in ("integer", "number") else ""
        if inner and "array" not in types(inner):
            more = f", each of it {wanted(inner, root)}"
        yield f"{_NAMES.get(name, name)}{more}"


def _bounds(rule: Rule) -> str:
    least, most = rule.get("minimum"), rule.get("maximum")
    if least is not None and most is not None:
        return f" from {least} to {most}"
    if least is not None or most is not None:
        return f" of at least {least}" if least is not None else f" of at most {most}"
    return ""
