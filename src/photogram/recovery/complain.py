"""What is wrong with an answer, said so that a model can mend it: the field, its value, what is allowed.

Where the schema has private fields no value is quoted: a complaint is written down, and put to the model.
"""

from itertools import islice
from typing import Any

import jsonschema_rs
import msgspec

from photogram.recovery import rules
from photogram.recovery.rules import Place
from photogram.recovery.truth import Truth

MOST = 6
LOOKED_AT = 100
LONGEST = 60


def complaint(value: Any, truth: Truth, *, quoting: bool = True) -> str:
    """All that is wrong with a value, or its first few faults, what is missing last."""
    found = sorted(islice(truth.errors(value), LOOKED_AT), key=lambda error: error.kind.name == "required")
    faults = dict.fromkeys(_fault(error, truth, quoting) for error in found)
    more = f"; and {len(faults) - MOST} more" if len(faults) > MOST else ""
    return "; ".join(list(faults)[:MOST]) + more


def _fault(error: jsonschema_rs.ValidationError, truth: Truth, quoting: bool) -> str:
    place, kind = list(error.instance_path), error.kind
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
        place = [*place, kind.property]
        return f"{rules.said(place)} is missing: it is {_wanted(place, truth)}"
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
        return f"{rules.said(place)} has more fields than were asked for"
    said = f"{rules.said(place)} cannot be {_shown(error.instance) if quoting else 'that'}"
    if kind.name in _BY_TYPE:
        return f"{said}: it is {_wanted(place, truth)}"
    return f"{said}: {kind.name} is {_shown(rules.at(place, truth.root).get(kind.name, True))}"


_BY_TYPE = {"type", "enum", "const", "anyOf", "oneOf", "minimum", "maximum"}


def _wanted(place: Place, truth: Truth) -> str:
    return rules.wanted(rules.at(place, truth.root), truth.root)


def _shown(value: Any) -> str:
    """A value as it is quoted: as JSON, and not too long."""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
