"""A reply becomes what was asked for, or a complaint; and never an answer that was not given."""

import json
import random
from itertools import pairwise

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram.faults import Malformed
from photogram.recover import Recovery
from photogram.simulator.spoil import SPOILERS

from .answers import ANSWER, SCHEMA, text

RECOVERY = Recovery(SCHEMA)
CHECK = jsonschema.Draft202012Validator(SCHEMA)


def read(reply, data=None):
    return RECOVERY.read(reply, data)


def attempt(reply, data=None):
    """The answer, or nothing where the reply is complained about; any other exception is a fault."""
    try:
        return read(reply, data).value
    except Malformed:
        return None


def complaint(reply):
    with pytest.raises(Malformed) as caught:
        read(reply)
    return caught.value.why


def only(**fields):
    """What recovering an answer with these fields changed in them, and the notes of it."""
    found = read(text(**fields))
    assert {name: value for name, value in found.value.items() if name not in fields} == {
        name: value for name, value in ANSWER.items() if name not in fields
    }
    return {name: found.value.get(name) for name in fields}, found.done


# ------------------------------------------------------------------------ broken replies


@pytest.mark.parametrize("name", [name for name, spoiler in SPOILERS.items() if spoiler.whole])
def test_a_reply_that_holds_the_answer_gives_it(name):
    """However the simulator breaks it, the answer comes out as it was, and what it took is told."""
    broken = SPOILERS[name].change(text())
    found = read(broken)
    assert found.value == ANSWER
    assert bool(found.done) == (broken != text())


@pytest.mark.parametrize("name", [name for name, spoiler in SPOILERS.items() if not spoiler.whole])
def test_a_reply_that_does_not_hold_it_is_complained_about(name):
    """What is not there is asked for."""
    assert complaint(SPOILERS[name].change(text()))


@pytest.mark.parametrize("name", SPOILERS)
@pytest.mark.parametrize("other", SPOILERS)
def test_broken_twice_it_is_the_answer_or_none(name, other):
    """Two ways to break it in a row never give another answer than the one that was given."""
    broken = SPOILERS[other].change(SPOILERS[name].change(text()))
    assert attempt(broken) in (ANSWER, None)


@given(st.integers(0, 2**32), st.integers(1, 6))
def test_a_reply_with_letters_astray_is_in_order_or_complained_about(seed, changes):
    """Letters dropped, doubled or changed: what comes out keeps to the schema, and nothing else is raised."""
    chance, letters = random.Random(seed), list(text())
    for _ in range(changes):
        at = chance.randrange(len(letters))
        letters[at] = chance.choice(["", letters[at] * 2, chance.choice("{}[]\",:\\n0 '`\ud800")])
    found = attempt("".join(letters))
    assert found is None or CHECK.is_valid(found)


_WORDS = [*SCHEMA["properties"], *SCHEMA["properties"]["asset_type"]["enum"], "none", "yes", "85%", "seven"]
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(_WORDS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_WORDS), inner, max_size=9),
    max_leaves=30,
)


@given(st.dictionaries(st.sampled_from(_WORDS), _values, max_size=14), st.booleans())
def test_an_answer_of_any_shape_is_in_order_or_complained_about(fields, whole):
    """Values of other kinds than asked for, as data or as text, fit in the end or are named."""
    data = {**ANSWER, **fields} if whole else fields
    for reply in (("", data), (json.dumps(data), None)):
        found = attempt(*reply)
        assert found is None or CHECK.is_valid(found)


@given(st.text())
def test_any_text_is_an_answer_or_malformed(reply):
    """No other exception, whatever a model says."""
    with pytest.raises(Malformed):
        read(reply)


# -------------------------------------------------------------------------- which object


def test_of_several_objects_the_one_that_fits_is_taken():
    """A thought before and an example behind it are passed over; of two that fit, the last word counts."""
    assert read(f'{{"asset_type": "road"}} {text()} {{"x": 1}}').value == ANSWER
    found = read(f"{text(grade=1)}\nNo, rather:\n{text(grade=5)}")
    assert found.value["grade"] == 5
    assert "one of several" in found.done


def test_of_several_that_hold_all_fields_the_one_in_order_is_taken():
    """A draft with a value that is not allowed does not spoil what comes before or after it."""
    assert read(f"{text()} {text(grade=77)}").value == ANSWER


def test_an_answer_is_found_in_its_wrapping():
    """In an object, a list, a text within an object, or encoded once too often."""
    for wrapped in (
        {"result": {"annotation": ANSWER}},
        [ANSWER],
        {"name": "annotate", "arguments": text()},
        text(),
        {"properties": ANSWER, "type": "object"},
    ):
        assert read(json.dumps(wrapped)).value == ANSWER
    assert read(json.dumps(text())[1:-1]).value == ANSWER
    assert read("", {"input": ANSWER}).value == ANSWER


def test_a_part_of_the_answer_is_not_taken_for_it():
    """An object that holds none of the fields is no answer, even where no field is required."""
    recovery = Recovery({"type": "object", "properties": {"a": {"type": "integer"}}})
    assert recovery.read("{}").value == {}
    assert recovery.read('{"a": 1}').value == {"a": 1}
    with pytest.raises(Malformed, match="no JSON object with the fields"):
        recovery.read('As in {"b": 2}, I would say.')


# ----------------------------------------------------------------------------- coercions

CHANGED = [
    ({"asset_type": "Bridges"}, "bridge", "spelling"),
    ({"asset_type": "a bridge"}, "bridge", "word in a phrase"),
    ({"asset_type": "Motorways"}, "road", "synonym"),
    ({"asset_type": ["road"]}, "road", "the only one of a list"),
    ({"asset_type": {"value": "road"}}, "road", "unwrapped"),
    ({"severity": "rather heavy"}, "severe", "word in a phrase"),
    ({"severity": "very_bad"}, "severe", "synonym"),
    ({"severity": "None"}, "none", "spelling"),
    ({"severity": "unknown"}, None, "nothing, in words"),
    ({"place": "n/a"}, None, "nothing, in words"),
    ({"place": "Not visible."}, None, "nothing, in words"),
    ({"place": ["on a hill"]}, "on a hill", "the only one of a list"),
    ({"defect_types": "crack"}, ["crack"], "list from a text"),
    ({"defect_types": "Cracks and water-damage"}, ["crack", "water damage"], "list from a text"),
    ({"defect_types": "none"}, [], "list from a text"),
    ({"defect_types": ["none"]}, [], "nothing, in words"),
    ({"defect_types": ["rust", None]}, ["rust"], "nothing, in words"),
    ({"defect_types": ["crack", "cracks"]}, ["crack"], "said twice"),
    ({"tags": "old, grey and wet\nby the river"}, ["old, grey and wet", "by the river"], "list from a text"),
    ({"tags": "old; grey, wet"}, ["old", "grey, wet"], "list from a text"),
    ({"tags": "old, grey, and wet"}, ["old", "grey", "wet"], "list from a text"),
    ({"confidence": "87%"}, 0.87, "share from percent"),
    ({"confidence": 87}, 0.87, "share from percent"),
    ({"confidence": "8/10"}, 0.8, "share from a score"),
    ({"grade": "4/5"}, 4, "number from a score"),
    ({"grade": "four"}, 4, "number from a text"),
    ({"built": "1961 AD"}, 1961, "number from a text"),
    ({"built": "unknown"}, None, "nothing, in words"),
    ({"defect_detected": "yes"}, True, "yes or no, in words"),
    ({"defect_detected": "No, there is none."}, False, "yes or no, in words"),
    ({"defect_detected": 1}, True, "yes or no from a number"),
    ({"description": 1961}, "1961", "text from a number"),
    ({"description": ["old", "grey"]}, "old, grey", "text from a list"),
    ({"box": '{"x": 0.1, "y": 0.2}'}, {"x": 0.1, "y": 0.2}, "JSON within a text"),
    ({"box": {"X": "0.1", "y": 1}}, {"x": 0.1, "y": 1}, "named otherwise"),
    ({"note": None}, None, "null left out"),
]


@pytest.mark.parametrize(("fields", "value", "how"), CHANGED)
def test_a_value_written_otherwise_is_put_as_the_schema_has_it(fields, value, how):
    """And the field and what was done are told."""
    (name,) = fields
    changed, done = only(**fields)
    assert changed == {name: value}
    assert any(note.endswith(how) and note.startswith(name) for note in done)


def test_a_sentence_is_not_torn_apart():
    """Its commas do not make a list of it."""
    said = "Repair it soon, and before the winter comes."
    assert only(tags=said)[0] == {"tags": [said]}


def test_what_fits_is_left_as_it_is():
    """Words that mean nothing elsewhere stay where any text will do, or where they are words of the enum."""
    for fields in (
        {"tags": ["no", "parking"]},
        {"severity": "none"},
        {"place": "No"},
        {"description": "None of it is broken, 85% is rust"},
        {"description": ""},
    ):
        assert only(**fields) == (fields, ())


LEFT = [
    (
        {"severity": "not severe"},
        'severity cannot be "not severe": it is one of none, light, moderate, severe',
    ),
    ({"severity": "light to moderate"}, "severity cannot be"),
    ({"severity": "it doesn't look severe"}, "severity cannot be"),
    ({"severity": ["light", "severe"]}, "severity cannot be"),
    ({"asset_type": "unknown"}, 'asset_type cannot be "unknown": it is one of building, bridge, road, other'),
    ({"confidence": 8}, "confidence cannot be 8: it is a number from 0 to 1"),
    ({"confidence": "high"}, "a number from 0 to 1"),
    ({"grade": 3.7}, "grade cannot be 3.7: it is a whole number from 1 to 5"),
    ({"grade": "2 to 3"}, "a whole number from 1 to 5"),
    ({"grade": 9}, "grade cannot be 9"),
    ({"grade": "4/10"}, "grade cannot be"),
    ({"grade": True}, "grade cannot be true"),
    ({"defect_detected": "perhaps"}, "defect_detected cannot be"),
    ({"defect_detected": "no idea, yes?"}, "defect_detected cannot be"),
    ({"defect_types": ["crack", "hole"]}, "defect_types[1] cannot be"),
    ({"defect_types": None}, "defect_types cannot be null: it is a list, each of it one of crack"),
    ({"description": None}, "description cannot be null: it is a text"),
    ({"box": {"x": 1}}, "box.y is missing: it is a number"),
    ({"tags": {"a": "b", "c": "d"}}, "tags cannot be"),
]


@pytest.mark.parametrize(("fields", "words"), LEFT)
def test_what_could_mean_two_things_is_asked_about(fields, words):
    """Neither rounded nor guessed: the complaint names field, value and what is allowed."""
    assert words in complaint(text(**fields))


def test_names_written_otherwise_are_the_fields():
    """Camel case, spaces and hyphens; but no field takes the place of one that is there."""
    renamed = {"assetType" if name == "asset_type" else name.upper(): value for name, value in ANSWER.items()}
    assert read(json.dumps(renamed)).value == ANSWER
    found = read(text(AssetType="road"))
    assert found.value == ANSWER
    assert found.done == ("more fields than asked for",)


def test_more_than_was_asked_for_is_left_out():
    """Where the schema is closed; where it is open it stays, but for what would stand beside the fields."""
    assert read(text(mood="grim")).value == ANSWER
    recovery = Recovery({**SCHEMA, "additionalProperties": True})
    found = recovery.read(text(**{"mood": "grim", "@recovered": ["nothing"]}))
    assert found.value == {**ANSWER, "mood": "grim"}


# ---------------------------------------------------------------------------- complaints


def test_a_complaint_names_what_is_wrong_in_few_words():
    """The first six faults, each with what is allowed, and how many more there are."""
    why = complaint(json.dumps({"asset_type": 5, "severity": "x" * 500}))
    assert why.startswith(
        "asset_type cannot be 5: it is one of building, bridge, road, other; severity cannot"
    )
    assert why.endswith("; and 5 more")
    assert len(why) < 600


def test_what_cannot_be_read_is_told_apart():
    """Nothing, no object, and an answer that was cut."""
    assert complaint("  \n") == "the reply is empty"
    assert "no JSON object" in complaint("I'm sorry, I cannot help with that.")
    assert complaint(text()[:120]).startswith("it was cut off after 120 characters, be brief: ")


def test_one_of_ten_thousand_faults_is_enough():
    """A list of nonsense gives a short complaint."""
    assert len(complaint(text(defect_types=["hole"] * 10_000))) < 900


# ------------------------------------------------------------------------------- schemas


def test_a_schema_may_refer_offer_and_combine():
    """$ref, anyOf with null as msgspec and pydantic write it, allOf, and a schema of itself."""
    schema = {
        "type": "object",
        "properties": {
            "shade": {"anyOf": [{"$ref": "#/$defs/Shade"}, {"type": "null"}]},
            "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
            "size": {"allOf": [{"type": "integer"}, {"minimum": 1}]},
        },
        "required": ["shade", "parts", "size"],
        "$defs": {
            "Shade": {"enum": ["light", "dark"]},
            "Part": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "of": {"$ref": "#/$defs/Part"}},
                "required": ["name"],
            },
        },
    }
    said = {"shade": "Darks", "parts": [{"name": 7, "of": {"name": ["x"]}}], "size": "three"}
    found = Recovery(schema).read(json.dumps(said))
    assert found.value == {"shade": "dark", "parts": [{"name": "7", "of": {"name": "x"}}], "size": 3}
    assert Recovery(schema).read(json.dumps({**said, "shade": "unknown"})).value["shade"] is None


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "object", "properties": {"a": True, "b": {}}},
        {
            "type": "object",
            "properties": {"a": {"allOf": [{"$ref": "#/properties/b"}]}, "b": {"type": "null"}},
        },
        {"type": "object", "properties": {"a": {"enum": [1, None, {"x": 1}, [2]]}}},
        {"type": "object", "properties": {"a": {"oneOf": [{"type": "array"}, {"type": "object"}]}}},
        {"type": "object", "patternProperties": {"^a": {"type": "string"}}, "additionalProperties": False},
        {"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"items": [{}, {}]}}},
    ],
)
@given(value=_values)
def test_any_schema_judges_any_answer(schema, value):
    """Nothing but Malformed is raised, and what is read keeps to the schema."""
    try:
        found = Recovery(schema).read(json.dumps({"a": value}))
    except Malformed:
        return
    jsonschema.validators.validator_for(schema)(schema).validate(found.value)


def test_reading_a_long_reply_stays_in_proportion():
    """A megabyte of list, of object, of sentence or of nonsense is read or refused, and it ends."""
    many = ["crack", "Rust", "none"] * 50_000
    assert read(text(defect_types=many)).value["defect_types"] == ["crack", "rust"]
    sentence = "a wall, and " * 90_000
    assert read(text(tags=sentence)).value["tags"] == [sentence]
    wide = dict.fromkeys(map(str, range(60_000)), 1)
    assert read(text(**wide)).value == ANSWER
    assert complaint("{" * 300_000 + text(grade=9))
    for half, whole in pairwise([text()[:200] * 5_000, '{"asset_type": "bridge", ' * 40_000, ""]):
        assert complaint(half + whole)
