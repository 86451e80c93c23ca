"""Reading what was meant to be JSON: what is forgiven, what is not, and that it always ends soon."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram.recovery.lenient import DEEPEST, strict, values

FORGIVEN = {
    '{"a": 1}': ({"a": 1}, ()),
    '```json\n{"a": 1}\n```': ({"a": 1}, ("code fence",)),
    'Sure! Here it is: {"a": 1}': ({"a": 1}, ("words around it",)),
    '\ufeff{"a": 1}': ({"a": 1}, ("byte order mark",)),
    '{"a": 1,}': ({"a": 1}, ("comma too many",)),
    '{"a": [1, 2,,],}': ({"a": [1, 2]}, ("comma too many",)),
    '{"a": 1 "b": 2}': ({"a": 1, "b": 2}, ("missing comma",)),
    '{"a": "x" "b": "y"}': ({"a": "x", "b": "y"}, ("missing comma",)),
    '{"a": "x"\n"b": "y"}': ({"a": "x", "b": "y"}, ("missing comma",)),
    '{"a": ["x" "y"]}': ({"a": ["x", "y"]}, ("missing comma",)),
    '{{"a": {{"b": 1}}}}': ({"a": {"b": 1}}, ("doubled braces",)),
    "{'a': 'it\\'s', 'b': 'don't'}": (
        {"a": "it's", "b": "don't"},
        ("other quotes", "quotes within a text"),
    ),
    "{“a”: “b”}": ({"a": "b"}, ("other quotes",)),
    "{a: 1, b_c: 2}": ({"a": 1, "b_c": 2}, ("name without quotes",)),
    '{"a": fairly good, "b": 12 mm}': ({"a": "fairly good", "b": "12 mm"}, ("text without quotes",)),
    '{"a": True, "b": None, "c": undefined}': ({"a": True, "b": None, "c": None}, ("Python's words",)),
    '{"a": NaN, "b": -Infinity, "c": 1e999}': ({"a": None, "b": None, "c": None}, ("not a number",)),
    '{"a": "a sign "STOP", "GO" on it", "b": 1}': (
        {"a": 'a sign "STOP", "GO" on it', "b": 1},
        ("quotes within a text",),
    ),
    '{"a": "two\nlines"}': ({"a": "two\nlines"}, ("line break in a text",)),
    '{"a": "\\ud83dx\\ud83d\\ude00"}': ({"a": "x😀"}, ("half a character",)),
    '{"a": "x\ud83d"}': ({"a": "x"}, ("half a character",)),
    '{"a": "caf\\xe9 \\_ \\u00e9"}': ({"a": "café _ é"}, ("stray backslash",)),
    '{ // seen\n"a": 1, /* and */ "b": 2 # so\n}': ({"a": 1, "b": 2}, ("comment",)),
    '{"a": "http://x/#y", "b": 1}': ({"a": "http://x/#y", "b": 1}, ()),
    '{"a": +5, "b": .5, "c": 007}': ({"a": 5, "b": 0.5, "c": 7}, ()),
}


@pytest.mark.parametrize("text", FORGIVEN)
def test_what_is_forgiven(text):
    """Each way to miss JSON by a little is read as it was meant, and told."""
    (found,) = values(text)
    assert (found.value, found.forgiven) == FORGIVEN[text]


CUT = {
    '{"a": 1, "b": "half a sen': {"a": 1},
    '{"a": 1, "b': {"a": 1},
    '{"a": 1, "b": tr': {"a": 1},
    '{"a": 1, "b": 19': {"a": 1},
    '{"a": 1, "b": null': {"a": 1, "b": None},
    '{"a": 1, "b": 19 ': {"a": 1, "b": 19},
    '{"a": 1, "b": ["x", "y"': {"a": 1},
    '{"a": ["x"], "b": {"c": 1, "d": ': {"a": ["x"], "b": {"c": 1}},
    '{"a": 1,': {"a": 1},
    "{a: 1, b": {"a": 1},
}


@pytest.mark.parametrize("text", CUT)
def test_of_a_text_that_was_cut_only_what_was_whole_is_kept(text):
    """A number may have had more digits, a list more members: neither is kept, and the cut is told."""
    found = next(values(text))
    assert found.value == CUT[text]
    assert "cut off" in found.forgiven


@pytest.mark.parametrize(
    ("text", "found"),
    {
        '<think>{"x": 1}? No.</think> {"a": 2}': [{"x": 1}, {"a": 2}],
        'Let me know {if} [you] need {"a": 2}': [["you"], {"a": 2}],
        '[{"a": 1}, {"a": 2}': [[{"a": 1}, {"a": 2}], {"a": 1}, {"a": 2}],
        "I cannot see that.": [],
        "<html>{}</html>": [{}],
        '{"a" 1} {"b": 2}': [{"b": 2}],
        "": [],
    }.items(),
)
def test_every_value_of_a_text_is_found(text, found):
    """What stands around them is passed over, and so is what is none."""
    assert [each.value for each in values(text)] == found


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
        max_leaves=20,
    )
)
def test_what_is_json_is_read_as_json_reads_it(value):
    """The patient reader and the strict one agree on every text that is in order."""
    text = json.dumps({"value": value})
    assert strict(text) == {"value": value}
    assert next(values(text)).value == {"value": value}


@given(st.text(alphabet=st.sampled_from("{}[]\"':,\\/*# \n\ttrue1.-eNu`“”ab\ud83d")), st.integers(0, 3))
def test_any_text_is_read_to_its_end(text, copies):
    """Brackets and quotes in any order give values that JSON has, and nothing is raised."""
    for found in values(text * copies):
        json.dumps(found.value, allow_nan=False).encode()


HOSTILE = ["{", "[", '{"', '"\n', "[1,", '{"a":', "{/*", "'", '["a",', "[[[[x", '","a ', "{a b ", "{//", "\\"]


@pytest.mark.parametrize("part", HOSTILE)
@pytest.mark.parametrize("opening", ["", '{"a": "', "[", '{"a": "x"' + " " * 50_000])
def test_a_long_text_is_walked_a_few_times_at_most(part, opening):
    """Whatever it is made of: a reader that began anew at each bracket would not come back from these."""
    for found in values(opening + part * (100_000 // len(part))):
        assert isinstance(found.value, (dict, list))


def test_nothing_is_deeper_than_anyone_asks_for():
    """Neither reader gives a value that what keeps it could not walk down."""
    with pytest.raises(ValueError, match="deep"):
        strict("[" * (DEEPEST + 2) + "]" * (DEEPEST + 2))
    with pytest.raises(ValueError, match="recursion"):
        strict("[" * 100_000)
    found = next(values("[" * (DEEPEST + 1) + "1" + "]" * (DEEPEST + 1)))
    assert found.value == _nested(DEEPEST)


def _nested(levels):
    return [_nested(levels - 1)] if levels > 1 else [1]
