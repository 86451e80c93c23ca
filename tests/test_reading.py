"""The small languages of a brief: texts with names in them, wordings of fields, what varies, and words."""

from contextlib import suppress

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram.reading.fields import Said, schema_of
from photogram.reading.template import Template
from photogram.reading.vary import Variation
from photogram.reading.words import LONGEST, Mistake, as_text, listed, nearest, quoted, said

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True)
PLAIN = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]), max_size=8)

# ------------------------------------------------------------------------- templates


@given(parts=st.lists(st.tuples(PLAIN, NAMES), max_size=5), end=PLAIN, values=st.data())
def test_a_text_is_filled_and_nothing_else_is_touched(parts, end, values):
    """What stands between the names comes out as it is, and each name as its value, however often."""
    text = "".join(f"{plain}{{{name}}}" for plain, name in parts) + end
    chosen = {name: values.draw(PLAIN) for _, name in parts}
    template = Template(text)
    assert template.names == [name for _, name in parts]
    assert template.fill(chosen) == "".join(plain + chosen[name] for plain, name in parts) + end


@given(text=st.text(max_size=20))
def test_doubled_braces_are_braces(text):
    """Any text can be said literally."""
    template = Template(text.replace("{", "{{").replace("}", "}}"))
    assert template.names == []
    assert template.fill({}) == text


@given(text=st.text("{}ab.[0!", max_size=8))
def test_a_text_is_a_template_or_a_mistake(text):
    """There is no third thing: no attributes, no indexes, no formats, and no code."""
    with suppress(Mistake):
        names = Template(text).names
        assert all(name.isidentifier() for name in names)
        assert Template(text).fill(dict.fromkeys(names, "")).count("{") == text.count("{{")


@pytest.mark.parametrize("value", ["{other}", "{{", "}", "{0.__class__}"])
def test_a_value_is_not_read_again(value):
    """Braces in what is filled in are nothing but braces."""
    assert Template("a {thing}").fill({"thing": value, "other": "x"}) == f"a {value}"


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (False, "false"), (3, "3"), (0.5, "0.5"), ("ü", "ü"), (1.0, "1.0")]
)
def test_a_value_reads_as_the_brief_writes_it(value, text):
    """In a prompt, in a file's name and in a plan the same."""
    assert as_text(value) == text
    assert Template("{x}").fill({"x": value}) == text


# ---------------------------------------------------------------------------- fields


def schema(wording):
    return schema_of({"field": Said(wording)}, ("annotate", "fields"))


@pytest.mark.parametrize(
    ("wording", "fits", "does_not"),
    [
        ("text", ["", "words"], [3, None, ["a"]]),
        ("yes/no", [True, False], ["yes", 1, None]),
        ("number", [0, -1.5, 1e9], ["3", True, None]),
        ("number 0..1", [0, 0.5, 1], [-0.1, 1.01, "0.5"]),
        ("number -2.5..+2.5", [-2.5, 0, 2.5], [-3, 3]),
        ("whole number", [0, -7], [0.5, "1", True]),
        ("whole number 1..5", [1, 5], [0, 6, 2.5]),
        ("list of text", [[], ["a", "b"]], ["a", [1], None]),
        ("list of number 0..1", [[0.5]], [[2], 0.5]),
        ("one of red, light blue", ["red", "light blue"], ["blue", "", None]),
        ("some of a, b", [[], ["b", "a"]], [["a", "a"], ["c"], "a"]),
        (["one", "of, these"], ["one", "of, these"], ["these"]),
        ("  whole   number  1..5 ", [3], [9]),
    ],
    ids=str,
)
def test_a_wording_means_what_it_says(wording, fits, does_not):
    """By a validator that is not ours: what fits is let through, and what does not is not."""
    validator = jsonschema.Draft202012Validator(schema(wording))
    validator.check_schema(schema(wording))
    assert [value for value in fits if not validator.is_valid({"field": value})] == []
    assert [value for value in does_not if validator.is_valid({"field": value})] == []


@pytest.mark.parametrize("wording", ["text?", "number 0..1 ?", "one of a, b?"])
def test_a_question_mark_makes_it_optional(wording):
    """It may be missing or null, and must fit where it is there; every other field must be there."""
    validator = jsonschema.Draft202012Validator(schema(wording))
    assert validator.is_valid({})
    assert validator.is_valid({"field": None})
    assert not validator.is_valid({"field": {}})
    assert not jsonschema.Draft202012Validator(schema(wording.rstrip("?"))).is_valid({})


def test_no_other_field_is_answered():
    """A model that adds fields of its own is told so by the schema."""
    assert not jsonschema.Draft202012Validator(schema("text")).is_valid({"field": "x", "more": 1})


@pytest.mark.parametrize(
    "wording",
    [
        *("", "texts", "number 1..0", "number 1..1", "number 0...1", "whole number 0.5..2", "number a..b"),
        *("one of", "one of a,,b", "some of a, a", "list of", "list of lists", ["a", "a"], [""]),
    ],
    ids=str,
)
def test_a_wording_that_means_nothing_is_a_mistake(wording):
    """It is named after its field, at its place, with what may be written."""
    with pytest.raises(Mistake) as caught:
        schema(wording)
    assert caught.value.at[:3] == ("annotate", "fields", "field")
    assert caught.value.do


# ------------------------------------------------------------------------------ words


@given(text=st.text(max_size=200))
def test_what_is_quoted_fits_in_a_line(text):
    """Whatever it is: no line break, no control character, and not much longer than a line has room for."""
    found = quoted(text)
    assert len(found.splitlines()) == 1
    assert found.isprintable()
    assert text.isprintable() is False or len(found) <= LONGEST + 3


@given(words=st.lists(st.text("abc", min_size=1, max_size=5), max_size=30))
def test_a_long_list_is_cut(words):
    """Twelve are enough to see what is meant; where there are more, a mark says so."""
    found = listed(words)
    assert found.endswith("…") is (len(words) > 12)
    assert found.split(", ")[:12] == (words[:12] or ["nothing"])


def test_the_likeliest_word_is_offered():
    """One letter off is meant; nothing like it is not."""
    assert nearest("severty", ["severity", "finish"]) == "did you mean 'severity'? "
    assert nearest("zebra", ["severity", "finish"]) == ""
    assert nearest("x", []) == ""


def test_a_place_reads_as_a_person_writes_it():
    """Without the numbers of lists, which nobody counts."""
    assert said(("make", 3, "vary", "finish")) == "make.vary.finish"
    assert said(()) == "the brief"


# ----------------------------------------------------------------------------- varying

CHOICES = st.dictionaries(
    st.sampled_from("abcd"), st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True), max_size=4
)


@given(vary=CHOICES)
def test_every_combination_comes_once(vary):
    """As many as the sizes multiplied, each of them different, each of known values."""
    variation = Variation(vary)
    found = list(variation.combinations())
    size = 1
    for values in vary.values():
        size *= len(values)
    assert len(found) == len({tuple(sorted(one.items())) for one in found}) == size == variation.size(10**6)
    assert all(one[name] in vary[name] for one in found for name in vary)


@given(vary=CHOICES.filter(lambda vary: len(vary) > 1), data=st.data())
def test_a_condition_takes_away_and_adds_nothing(vary, data):
    """What is left is a part of what was there; where the condition does not hold all is as it was."""
    first, second = sorted(vary)[:2]
    given_value = data.draw(st.sampled_from(vary[first]))
    kept = data.draw(st.lists(st.sampled_from(vary[second]), min_size=1, unique=True))
    free = list(Variation(vary).combinations())
    bound = list(Variation(vary, [({first: given_value}, {second: kept})]).combinations())
    expected = [one for one in free if one[first] != given_value or one[second] in kept]
    assert sorted(map(str, (sorted(one.items()) for one in bound))) == sorted(
        map(str, (sorted(one.items()) for one in expected))
    )
