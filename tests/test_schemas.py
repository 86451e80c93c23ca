"""What a schema becomes for each vendor: only words it knows, nothing that was valid made invalid."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram.data import See
from photogram.faults import Invalid
from photogram.schemas import BEDROCK, GEMINI, OPENAI, as_text, project, prompted, without_absent
from photogram.simulator.tongues.openai.strict import check_strict

VENDORS = [BEDROCK, OPENAI, GEMINI]
WALL = {
    "type": "object",
    "properties": {
        "reason": {"type": "string", "maxLength": 200},
        "severity": {"type": "integer", "minimum": 1, "maximum": 5, "description": "How bad it is."},
        "kind": {"enum": ["crack", "spalling"]},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 2, "uniqueItems": True},
    },
    "required": ["reason", "severity"],
}


def subschemas(schema):
    """A schema and every schema within it."""
    yield schema
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", []), *schema.get("prefixItems", [])]
    for part in [*inner, *([schema["items"]] if "items" in schema else [])]:
        yield from subschemas(part)


def test_bedrock_is_told_limits_in_words():
    """Numbers and lengths it does not take stand in the description, at most one item is demanded."""
    assert project(WALL, BEDROCK) == {
        "type": "object",
        "properties": {
            "reason": {"type": "string", "description": "(at most 200 characters)"},
            "severity": {"type": "integer", "description": "How bad it is. (at least 1; at most 5)"},
            "kind": {"enum": ["crack", "spalling"]},
            "tags": {
                "type": "array",
                "description": "(at least 2 of them; none of them twice)",
                "minItems": 1,
                "items": {"type": "string"},
            },
        },
        "required": ["reason", "severity"],
        "additionalProperties": False,
    }


def test_openai_has_every_field_and_null_for_what_may_be_missing():
    """Its strict schemas know no optional field; numbers it can hold to."""
    projected = project(WALL, OPENAI)
    assert projected["required"] == ["reason", "severity", "kind", "tags"]
    assert projected["properties"]["severity"]["maximum"] == 5
    assert projected["properties"]["kind"] == {
        "type": ["string", "null"],
        "enum": ["crack", "spalling", None],
    }
    assert projected["properties"]["tags"]["type"] == ["array", "null"]
    assert projected["additionalProperties"] is False


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"const": 1}, "integer"),
        ({"const": None}, "null"),
        ({"enum": ["a", 1, True, 0.5, None, "b"]}, ["string", "integer", "boolean", "number", "null"]),
        ({"enum": ["a"], "type": "string"}, "string"),
    ],
)
def test_openai_is_told_the_type_of_everything(part, kind):
    """Also of what only names its values; and formats it does not know are said in words."""
    projected = project({"properties": {"a": part}, "required": ["a"]}, OPENAI)
    assert projected["properties"]["a"]["type"] == kind
    uri = {"properties": {"a": {"type": "string", "format": "uri"}}, "required": ["a"]}
    assert project(uri, OPENAI)["properties"]["a"] == {"type": "string", "description": "(a uri)"}
    assert project(uri, BEDROCK)["properties"]["a"] == {"type": "string", "format": "uri"}


@pytest.mark.parametrize("part", [{}, {"description": "anything"}, {"enum": [{"a": 1}]}])
def test_what_is_of_no_type_cannot_be_said_to_openai(part):
    """And the place is named."""
    with pytest.raises(Invalid, match="type") as raised:
        project({"properties": {"a": part}}, OPENAI)
    assert raised.value.where == "schema a"


def test_gemini_keeps_open_objects_open():
    """It takes what the schema says of further fields, and has one word for a single value."""
    projected = project(
        {
            "type": "object",
            "properties": {"unit": {"const": "mm"}},
            "additionalProperties": {"type": "number", "exclusiveMinimum": 0},
        },
        GEMINI,
    )
    assert projected == {
        "type": "object",
        "properties": {"unit": {"enum": ["mm"]}},
        "additionalProperties": {"type": "number", "description": "(more than 0)"},
    }


def test_references_and_parts_are_laid_out():
    """What pydantic and others write with references becomes one plain schema."""
    schema = {
        "$defs": {"Box": {"properties": {"x": {"type": "number"}}, "required": ["x"]}},
        "properties": {
            "one": {"$ref": "#/$defs/Box", "description": "the first"},
            "either": {"oneOf": [{"const": 1}, {"const": 2}]},
            "two": {"allOf": [{"$ref": "#/$defs/Box"}, {"$ref": "#/$defs/Box"}]},
        },
    }
    box = {
        "type": "object",
        "properties": {"x": {"type": "number"}},
        "required": ["x"],
        "additionalProperties": False,
    }
    assert project(schema, BEDROCK) == {
        "type": "object",
        "properties": {
            "one": {"type": "object", "description": "the first"} | box,
            "either": {"anyOf": [{"const": 1}, {"const": 2}]},
            "two": box,
        },
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"$defs": {"A": {"properties": {"a": {"$ref": "#/$defs/A"}}}}, "$ref": "#/$defs/A"}, "to itself"),
        ({"properties": {"a": {"$ref": "#"}}}, "to itself"),
        ({"properties": {"a": {"$ref": "https://example.com/a"}}}, "schema a: .*does not hold"),
        ({"properties": {"a": {"type": "object"}}}, "schema a: .*fields that the schema names"),
    ],
)
def test_what_cannot_be_said_to_a_vendor_is_told(schema, told):
    """Before anything is sent, and with the place in the schema."""
    with pytest.raises(Invalid, match=told):
        project(schema, BEDROCK)


def _to(level):
    return {"$ref": f"#/$defs/l{level}"}


def test_a_schema_that_grows_without_end_is_stopped():
    """Each level doubles the last; laid out it would fill the memory."""
    levels = {f"l{n}": {"properties": {"a": _to(n + 1), "b": _to(n + 1)}} for n in range(40)}
    with pytest.raises(Invalid, match="more than"):
        project({"$defs": levels | {"l40": {"type": "string"}}, "$ref": "#/$defs/l0"}, OPENAI)


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.vendor)
def test_the_same_schema_has_the_same_bytes(vendor):
    """Vendors compile a schema once and know it again by its bytes; the order of fields is meant."""
    turned = json.loads(json.dumps(WALL, sort_keys=True))
    turned["properties"] = {name: turned["properties"][name] for name in WALL["properties"]}
    assert as_text(project(turned, vendor)) == as_text(project(WALL, vendor))
    assert list(project(WALL, vendor)["properties"]) == list(WALL["properties"])


names = st.text("abcxyz", min_size=1, max_size=3)
leaves = st.one_of(
    st.builds(lambda least, more: {"type": "integer", "minimum": least, "maximum": least + more},
              st.integers(-5, 5), st.integers(0, 5)),
    st.builds(lambda most: {"type": "string", "maxLength": most, "default": "x"}, st.integers(0, 4)),
    st.just({"enum": ["a", "b"], "type": "string"}),
    st.just({"const": 3}),
    st.just({"type": ["boolean", "null"]}),
    st.just({"type": "string", "format": "date"}),
)  # fmt: skip
parts = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(
            lambda items, least: {"type": "array", "items": items, "minItems": least, "maxItems": 3},
            inner,
            st.integers(0, 3),
        ),
        st.builds(lambda one, other: {"anyOf": [one, other]}, leaves, inner),
        st.builds(
            lambda fields, bare: {
                "type": "object",
                "properties": fields,
                "required": [name for name in sorted(fields) if name < bare],
                "additionalProperties": False,
            },
            st.dictionaries(names, inner, min_size=1, max_size=3),
            names,
        ),
    ),
    max_leaves=6,
)
roots = st.builds(
    lambda fields, bare: {
        "type": "object",
        "properties": fields,
        "required": [name for name in fields if name < bare],
    },
    st.dictionaries(names, parts, min_size=1, max_size=3),
    names,
)


def value(schema, draw):
    """Some value that fits a schema made above."""
    if "anyOf" in schema:
        return value(schema["anyOf"][draw(st.integers(0, 1))], draw)
    if "const" in schema or "enum" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    if schema["type"] == "object":
        return {
            name: value(part, draw)
            for name, part in schema["properties"].items()
            if name in schema["required"] or draw(st.booleans())
        }
    if schema["type"] == "array":
        return [value(schema["items"], draw) for _ in range(schema["minItems"])]
    plain = {"integer": schema.get("minimum"), "string": "2000-01-01" if "format" in schema else ""}
    return None if isinstance(schema["type"], list) else plain[schema["type"]]


@given(roots, st.sampled_from(VENDORS), st.data())
def test_what_fits_the_schema_fits_its_projection(schema, vendor, data):
    """A vendor that holds a model to the projection never forbids it a right answer."""
    right = value(schema, data.draw)
    projected = project(schema, vendor)
    jsonschema.Draft202012Validator.check_schema(projected)
    told = filled(right, schema) if vendor.whole else right
    jsonschema.validate(told, projected)
    read = without_absent(told, schema)
    jsonschema.validate(read, schema)
    assert bare(read) == bare(right)


def bare(data):
    """An answer without any null, to tell whether two say the same."""
    if isinstance(data, list):
        return [bare(item) for item in data]
    if isinstance(data, dict):
        return {name: bare(part) for name, part in data.items() if part is not None}
    return data


def filled(data, schema):
    """The same answer as a model gives it that must name every field."""
    for branch in schema.get("anyOf", ()):
        if jsonschema.Draft202012Validator(branch).is_valid(data):
            return filled(data, branch)
    if isinstance(data, list) and "items" in schema:
        return [filled(item, schema["items"]) for item in data]
    if isinstance(data, dict) and "properties" in schema:
        return {name: filled(data.get(name), part) for name, part in schema["properties"].items()}
    return data


@given(roots, st.sampled_from(VENDORS))
def test_a_projection_has_only_words_the_vendor_knows(schema, vendor):
    """One word too many is a 400 for every row."""
    for part in subschemas(project(schema, vendor)):
        assert set(part) <= vendor.words | {"additionalProperties"}
        assert part.get("minItems", 0) <= (vendor.most_least if vendor.most_least is not None else 9)
        if vendor.closed and "properties" in part:
            assert part["additionalProperties"] is False
        if vendor.whole and "properties" in part:
            assert part["required"] == list(part["properties"])


@given(roots)
def test_what_openai_is_told_is_what_its_simulator_takes(schema):
    """Two readings of the same documents, written apart."""
    check_strict("answer", project(schema, OPENAI))


@given(roots, st.sampled_from(VENDORS))
def test_a_projection_is_its_own_projection(schema, vendor):
    """Nothing is left in it that the vendor would not take."""
    once = project(schema, vendor)
    assert project(once, vendor) == once


def test_nulls_that_mean_something_stay():
    """A field that may be null, or that must be there, is left as it was answered."""
    schema = {
        "properties": {
            "free": {},
            "text": {"type": "string"},
            "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "one": {"enum": [1, None]},
            "must": {"type": "string"},
            "inner": {"$ref": "#/$defs/in"},
        },
        "required": ["must"],
        "$defs": {"in": {"properties": {"x": {"type": "number"}}}},
    }
    nulls = dict.fromkeys(["free", "text", "maybe", "one", "must"])
    assert without_absent({**nulls, "inner": {"x": None}}, schema) == {
        **dict.fromkeys(["free", "maybe", "one", "must"]),
        "inner": {},
    }


def test_a_prompt_can_hold_the_schema_and_what_was_wrong():
    """For models that know no better way, and for the second time of asking."""
    ask = See(images=(), prompt="What is broken?", schema=WALL, complaint="severity is 9")
    assert prompted(ask) == (
        "What is broken?\n\nYour last answer could not be used: severity is 9. Answer again, in full."
    )
    assert as_text(WALL) in prompted(ask, schema=True)
    assert prompted(See(images=()), schema=True) == ""
