"""Schemas as OpenAI takes them strictly: what keeps to the one keeps to the other, there and back."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram.simulator.tongues.openai.strict import check_strict
from photogram.strict import strict, without_nulls

FIELD = {"type": "string"}


def thing(*needed, **fields):
    return {"type": "object", "properties": fields, "required": list(needed)}


leaves = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "minLength": 1, "description": "a name"},
        {"type": ["string", "null"]},
        {"type": "number", "minimum": 0, "maximum": 1},
        {"type": "integer"},
        {"type": "boolean"},
        {"enum": ["low", "high"]},
        {"type": "string", "enum": ["low", "high"]},
        {"enum": ["low", None]},
        {"const": 1},
        {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"$ref": "#/$defs/place"},
    ]
)
names = st.sampled_from(["a", "b", "c", "d"])


@st.composite
def objects(draw, inner):
    fields = draw(st.dictionaries(names, inner, min_size=1))
    needed = draw(st.lists(st.sampled_from(sorted(fields)), unique=True))
    return {"type": "object", "properties": fields, "required": needed}


rules = st.recursive(
    leaves,
    lambda inner: objects(inner) | st.builds(lambda rule: {"type": "array", "items": rule}, inner),
    max_leaves=6,
)
PLACE = {"place": thing("town", town=FIELD, street=FIELD)}
schemas = objects(rules).map(lambda schema: {**schema, "$defs": PLACE})
values = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2) | st.sampled_from(["low", "x", 0.5]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)


def keeps(value, schema):
    return jsonschema.Draft202012Validator(schema).is_valid(value)


@st.composite
def answers(draw, rule, place=PLACE["place"]):
    """Something that keeps to a schema; what may be missing is missing at times."""
    if "$ref" in rule:
        return draw(answers(place))
    if choices := rule.get("anyOf") or rule.get("oneOf"):
        return draw(answers(draw(st.sampled_from(choices)), place))
    if "enum" in rule:
        return draw(st.sampled_from(rule["enum"]))
    if "const" in rule:
        return rule["const"]
    kind = rule["type"] if isinstance(rule["type"], str) else draw(st.sampled_from(rule["type"]))
    if kind == "object":
        left = draw(st.sets(st.sampled_from(sorted(rule["properties"])))) - set(rule["required"])
        return {
            name: draw(answers(part, place)) for name, part in rule["properties"].items() if name not in left
        }
    if kind == "array":
        return draw(st.lists(answers(rule["items"], place), max_size=2))
    simple = {"string": "x", "number": 0.5, "integer": 1, "boolean": True, "null": None}
    return simple[kind]


@given(st.data(), schemas)
def test_an_answer_that_keeps_to_the_strict_one_keeps_to_the_given_one(data, schema):
    """Once the nulls that stand for what may be missing are out of it."""
    closed = strict(schema)
    check_strict("answer", closed)
    answer = data.draw(answers(closed, closed["$defs"]["place"]))
    assert keeps(answer, closed)
    assert keeps(without_nulls(answer, schema), schema)


@given(st.data(), schemas)
def test_what_is_right_already_stays_as_it_is(data, schema):
    """Nothing but such a null is taken away."""
    answer = data.draw(answers(schema))
    assert keeps(answer, schema)
    assert without_nulls(answer, schema) == answer


@given(values, schemas)
def test_any_answer_can_be_cleaned(value, schema):
    """Whatever came; and what was cleaned once is clean."""
    cleaned = without_nulls(value, schema)
    assert without_nulls(cleaned, schema) == cleaned


def test_a_field_that_may_be_missing_may_be_null():
    """And is required, as are all; what was needed is as it was."""
    schema = thing("a", a=FIELD, b={"type": "string", "enum": ["x"]}, c={"const": 1})
    assert strict(schema) == {
        "type": "object",
        "properties": {
            "a": FIELD,
            "b": {"type": ["string", "null"], "enum": ["x", None]},
            "c": {"anyOf": [{"const": 1}, {"type": "null"}]},
        },
        "required": ["a", "b", "c"],
        "additionalProperties": False,
    }
    assert without_nulls({"a": None, "b": None, "c": None}, schema) == {"a": None}


def test_words_that_are_not_taken_are_told():
    """A limit that the server does not see to is still said to the model."""
    rule = {"type": "string", "description": "the plate", "maxLength": 8, "format": "plate"}
    made = strict(thing("a", a=rule, b={"type": "string", "format": "date"}))
    assert made["properties"]["a"] == {
        "type": "string",
        "description": 'the plate; maxLength: 8; format: "plate"',
    }
    assert made["properties"]["b"]["format"] == "date"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "array", "items": FIELD},
        thing(a={"type": "object", "additionalProperties": FIELD}),
        thing(a={"type": "object"}),
        thing(a={"allOf": [FIELD]}),
        thing(a={"not": FIELD}),
        thing(a=True),
        {**thing(a=FIELD), "additionalProperties": FIELD},
        {**thing(a=FIELD), "anyOf": [thing(a=FIELD)]},
        {**thing(a=FIELD), "patternProperties": {"x": FIELD}},
    ],
)
def test_what_cannot_be_said_strictly_is_not(schema):
    """Objects of any names, rules that exclude, rules that are none: those are left to the model."""
    assert strict(schema) is None


def test_the_bytes_are_the_same_each_time():
    """Servers keep what they have made of a schema by its bytes."""
    schema = {**thing("b", a=FIELD, b={"$ref": "#/$defs/place"}), "$defs": PLACE, "definitions": PLACE}
    assert json.dumps(strict(schema)) == json.dumps(strict(json.loads(json.dumps(schema))))
    assert list(strict(schema)["properties"]) == ["a", "b"]
