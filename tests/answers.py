"""A schema as a person would write it, an answer that keeps to it, and ways to break that answer."""

import msgspec

CLOSED = ["building", "bridge", "road", "other"]
SCHEMA = {
    "type": "object",
    "properties": {
        "asset_type": {"type": "string", "enum": CLOSED, "synonyms": {"road": ["street", "motorway"]}},
        "defect_detected": {"type": "boolean"},
        "defect_types": {
            "type": "array",
            "items": {"type": "string", "enum": ["crack", "spalling", "water damage", "rust"]},
            "uniqueItems": True,
        },
        "severity": {
            "type": ["string", "null"],
            "enum": ["none", "light", "moderate", "severe", None],
            "synonyms": {"moderate": ["medium"], "severe": ["heavy", "very bad"]},
        },
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "grade": {"type": "integer", "minimum": 1, "maximum": 5},
        "built": {"type": ["integer", "null"], "minimum": 1500, "maximum": 2100},
        "description": {"type": "string"},
        "place": {"type": ["string", "null"]},
        "box": {
            "type": "object",
            "properties": {"x": {"type": "number"}, "y": {"type": "number"}},
            "required": ["x", "y"],
        },
        "tags": {"type": "array", "items": {"type": "string"}},
        "note": {"type": "string"},
    },
    "required": [
        *("asset_type", "defect_detected", "defect_types", "severity", "confidence", "grade", "built"),
        *("description", "place", "box", "tags"),
    ],
    "additionalProperties": False,
}
ANSWER = {
    "asset_type": "bridge",
    "defect_detected": True,
    "defect_types": ["crack", "water damage"],
    "severity": "light",
    "confidence": 0.87,
    "grade": 4,
    "built": 1961,
    "description": 'A bridge, seen from below, with a sign that says "keep out".',
    "place": None,
    "box": {"x": 0.25, "y": 0.5},
    "tags": ["concrete", "river"],
}


def text(**changed):
    """The answer as JSON, with some fields another value."""
    return msgspec.json.encode({**ANSWER, **changed}).decode()
