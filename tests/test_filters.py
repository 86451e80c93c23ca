"""The filter language: what is read, what is refused and where, and that it means what an oracle says."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram.faults import BadInput
from photogram.filters.fields import Field, Fields, of_schema, of_values
from photogram.filters.match import match
from photogram.filters.parse import parse
from photogram.filters.tree import (
    KEYWORDS,
    Among,
    And,
    Compare,
    Contains,
    Is,
    Not,
    Or,
    both,
    either,
    written,
)
from photogram.finding.columns import in_memory, made, stored, write

SEVERITY = Field(
    name="severity",
    kind="text",
    column="annotation",
    words=("none", "light", "moderate", "severe"),
    synonyms={"severe": ("heavy", "major")},
)
FIELDS = (
    SEVERITY,
    Field(name="kinds", kind="list", column="annotation", words=("crack", "water damage", "rust")),
    Field(name="requires_action", kind="yes/no", column="annotation"),
    Field(name="brightness", kind="number", column="measures"),
    Field(name="label", kind="text"),
    Field(name="synthetic", kind="yes/no"),
    Field(name="severity", kind="text", column="facts"),
    Field(name="a field", kind="text", column="facts"),
    Field(name="note", kind="list", column="facts"),
)
KNOWN = Fields(FIELDS)


def read(text):
    return parse(text, KNOWN)


def test_the_example_of_the_docs_is_read():
    """A filter with a list, a yes/no field and a negation is the tree one expects."""
    assert read("severity in [moderate, severe] and requires_action and not synthetic") == And(
        parts=(
            Among(field="severity", values=("moderate", "severe")),
            Compare(field="requires_action", sign="=", value=True),
            Not(part=Compare(field="synthetic", sign="=", value=True)),
        )
    )


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("severity = SEVERE", "severity = severe"),
        ("severity = heavy", "severity = severe"),
        ("severity != 'major'", "severity != severe"),
        ("facts.severity = heavy", "facts.severity = heavy"),
        ("annotation.severity = light", "severity = light"),
        ('kinds contains "Water Damage"', 'kinds contains "water damage"'),
        ("kinds not contains rust", "kinds not contains rust"),
        ("not kinds contains rust", "kinds not contains rust"),
        ("kinds is empty", "kinds is empty"),
        ("kinds is not empty", "kinds is not empty"),
        ("severity = null", "severity is null"),
        ("severity != null", "severity is not null"),
        ("severity = none", "severity = none"),
        ("brightness >= .5", "brightness >= 0.5"),
        ("brightness == 1e2", "brightness = 100"),
        ("brightness in [1, 2.5, 1]", "brightness in [1, 2.5]"),
        ("brightness <> 3", "brightness != 3"),
        ("requires_action = no", "requires_action = no"),
        ("requires_action = TRUE", "requires_action"),
        ("`a field` = x", "`a field` = x"),
        ("label = 'it\\'s \"so\"'", 'label = "it\'s \\"so\\""'),
        ('label = "and"', 'label = "and"'),
        ("label = 7", 'label = "7"'),
        ("label = straße", "label = straße"),
        ('label contains "good one"', 'label contains "good one"'),
        ("label not in [a, b]", "label not in [a, b]"),
        ("NOT (synthetic OR label=a) AND label=b", "not (synthetic or label = a) and label = b"),
        ("synthetic or label=a and label=b", "synthetic or (label = a and label = b)"),
    ],
)
def test_a_filter_is_written_down_as_it_was_meant(text, again):
    """Synonyms, cases and spellings come out in one form, and that form is read as the same filter."""
    tree = read(text)
    assert written(tree) == again
    assert read(again) == tree


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("", "at its end", "empty"),
        ("  ", "at its end", "empty"),
        ("sevrity = light", "letter 1", "did you mean 'severity'"),
        ("synthetic and nope = 1", "letter 15", "there is no field 'nope'"),
        ("severity = sever", "letter 12", "did you mean 'severe'"),
        ("severity", "letter 1", "severity in [none]"),
        ("not label", "letter 5", "label is text"),
        ("severity > light", "letter 10", "has no order"),
        ("kinds = crack", "letter 7", "kinds contains crack"),
        ("kinds in [crack]", "letter 10", "list itself"),
        ("kinds contains mould", "letter 16", "its words are crack, water damage, rust"),
        ("brightness contains 3", "letter 12", "contains nothing"),
        ("brightness > dark", "letter 14", "is a number"),
        ("brightness > 1e999", "letter 14", "is a number"),
        ("synthetic = 1", "letter 13", "yes or no"),
        ("label is empty", "letter 10", "only a list is empty"),
        ("label is 3", "letter 10", "null or empty"),
        ("label in a", "letter 10", "after `in` comes a list"),
        ("label in [a", "at its end", "not closed"),
        ("label in []", "letter 11", "compared with ']'"),
        ("(label = a", "at its end", "a bracket is not closed"),
        ("label = a)", "letter 10", "is not expected here"),
        ("label = a label = b", "letter 11", "`and` or `or`"),
        ("label = and", "letter 9", "in quotes"),
        ("label =", "at its end", "compared with nothing"),
        ("label = 'open", "letter 9", "close the quote"),
        ("label = a & b", "letter 11", "cannot be read"),
        ("label = a; DROP TABLE rows", "letter 10", "cannot be read"),
        ("= 3", "letter 1", "a field is expected"),
        ("and", "letter 1", "a field is expected"),
        ("(" * 60 + "synthetic" + ")" * 60, "letter", "50 deep"),
        ("not " * 60 + "synthetic", "letter", "50 deep"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_place(text, place, said):
    """Each mistake names the letter it stands at and what would be right."""
    with pytest.raises(BadInput) as told:
        read(text)
    assert place in str(told.value)
    assert said in str(told.value)


def test_an_unknown_field_is_told_which_there_are():
    """The fields are named as they are called: short, or with their column where another has the name."""
    with pytest.raises(BadInput, match=r"severity, kinds, requires_action, .*facts\.severity, a field"):
        read("x = 1")


# ------------------------------------------------------------------------------ fields


def test_a_schema_gives_typed_fields():
    """Enums, synonyms, lists, nullable kinds and objects inside come out; what has no kind is left out."""
    schema = {
        "properties": {
            "severity": {"type": ["string", "null"], "enum": ["light", None], "synonyms": {"light": ["low"]}},
            "kinds": {"type": "array", "items": {"type": "string", "enum": ["crack"]}},
            "share": {"anyOf": [{"type": "number"}, {"type": "null"}]},
            "bad": {"type": "boolean"},
            "place": {"type": "object", "properties": {"street": {"type": "string"}}},
            "any": {},
            "never": False,
        }
    }
    found = {field.full: field for field in of_schema(schema, "annotation")}
    kinds = {name.removeprefix("annotation."): field.kind for name, field in found.items()}
    assert kinds == {
        "severity": "text",
        "kinds": "list",
        "share": "number",
        "bad": "yes/no",
        "place.street": "text",
    }
    assert found["annotation.severity"].words == ("light",)
    assert found["annotation.severity"].word("LOW") == "light"
    assert found["annotation.kinds"].words == ("crack",)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True, None], "yes/no"),
        ([1, 2.5], "number"),
        ([1, "a"], "text"),
        ([["a"], None], "list"),
        ([], "text"),
    ],
)
def test_facts_are_typed_by_what_they_hold(values, kind):
    """Where nothing says what a field may hold, its values do; mixed ones are texts."""
    assert of_values("x", values, "facts").kind == kind


# ---------------------------------------------------------------- against an oracle

TEXTS = st.one_of(
    st.sampled_from(["a", "B", "b", "and", "it's", "", 'q"', "ß", "severe"]), st.text(max_size=4)
)
NUMBERS = st.one_of(st.integers(-3, 3), st.sampled_from([0.5, -1.5, 1e300]))
OF = {
    "severity": st.sampled_from(SEVERITY.words),
    "kinds": st.lists(st.sampled_from(FIELDS[1].words), max_size=3),
    "requires_action": st.booleans(),
    "brightness": NUMBERS,
    "label": TEXTS,
    "note": st.lists(TEXTS, max_size=3),
}
ROWS = st.lists(
    st.fixed_dictionaries({name: st.one_of(st.none(), values) for name, values in OF.items()}),
    min_size=1,
    max_size=8,
)


def claims():
    """Every kind of claim about every kind of field."""
    parts = [
        st.builds(Compare, field=st.just("label"), sign=st.sampled_from(["=", "!="]), value=TEXTS),
        st.builds(
            Compare, field=st.just("severity"), sign=st.sampled_from(["=", "!="]), value=OF["severity"]
        ),
        st.builds(
            Compare,
            field=st.just("brightness"),
            sign=st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
            value=NUMBERS,
        ),
        st.builds(
            Compare, field=st.just("requires_action"), sign=st.sampled_from(["=", "!="]), value=st.booleans()
        ),
        st.builds(Contains, field=st.just("kinds"), value=st.sampled_from(FIELDS[1].words)),
        st.builds(Contains, field=st.just("note"), value=TEXTS),
        st.builds(Contains, field=st.just("label"), value=TEXTS),
        st.builds(Is, field=st.sampled_from(list(OF)), what=st.just("null")),
        st.builds(Is, field=st.sampled_from(["kinds", "note"]), what=st.just("empty")),
    ]
    for name, values in (("label", TEXTS), ("brightness", NUMBERS), ("severity", OF["severity"])):
        several = st.lists(values, min_size=1, max_size=3).map(lambda found: tuple(dict.fromkeys(found)))
        parts.append(st.builds(Among, field=st.just(name), values=several))
    return st.one_of(parts)


TREES = st.recursive(
    claims(),
    lambda inner: st.one_of(
        st.builds(Not, part=inner),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(parts=tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(parts=tuple(parts))),
    ),
    max_leaves=8,
)


def same(one, other):
    return str(one).casefold() == str(other).casefold() if isinstance(one, str) else one == other


def oracle(tree, row):
    """True, False, or None where it cannot be said, in the plainest Python."""
    if isinstance(tree, Not):
        inner = oracle(tree.part, row)
        return None if inner is None else not inner
    if isinstance(tree, (And, Or)):
        found = [oracle(part, row) for part in tree.parts]
        decisive = isinstance(tree, Or)
        return decisive if decisive in found else None if None in found else not decisive
    value = row[tree.field]
    if isinstance(tree, Is) and tree.what == "null":
        return value is None
    if value is None:
        return None
    return claimed(tree, value)


def claimed(tree, value):
    if isinstance(tree, Is):
        return not value
    if isinstance(tree, Among):
        return any(same(value, one) for one in tree.values)
    if isinstance(tree, Contains):
        if isinstance(value, str):
            return tree.value.casefold() in value.casefold()
        return any(same(one, tree.value) for one in value)
    signs = {
        "=": same(value, tree.value),
        "!=": not same(value, tree.value),
        **({} if isinstance(value, str) else ordered(value, tree.value)),
    }
    return signs[tree.sign]


def ordered(one, other):
    return {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}


def as_columns(rows):
    fields = [field for field in FIELDS if field.name in OF and field.full != "facts.severity"]
    return in_memory(fields, {field.full: [row[field.name] for row in rows] for field in fields})


@given(TREES, ROWS)
def test_a_filter_holds_where_the_oracle_says(tree, rows):
    """Whole columns give what one row after the other gives, what is unknown included."""
    found = match(tree, as_columns(rows)).tolist()
    assert found == [oracle(tree, row) is True for row in rows]


@given(TREES, ROWS)
def test_a_filter_that_is_written_and_read_again_holds_for_the_same_rows(tree, rows):
    """What is shown to a person can be typed back in."""
    again = parse(written(tree), KNOWN)
    columns = as_columns(rows)
    assert match(again, columns).tolist() == match(tree, columns).tolist()


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_filter_or_a_mistake_in_words(text):
    """No text ends in anything but a filter or an error for people."""
    try:
        tree = read(text)
    except BadInput:
        with pytest.raises(BadInput, match="the filter, "):
            read(text)
        return
    assert read(written(tree)) == tree


PIECES = st.sampled_from(
    [*sorted(KEYWORDS), *"=<()[],", "label", "severity", "kinds", "severe", "brightness", "'x'", "3", "!="]
)


@given(st.lists(PIECES, max_size=9).map(" ".join))
def test_every_order_of_the_languages_own_pieces_is_read_or_refused(text):
    """The same, near to what is right."""
    try:
        tree = read(text)
    except BadInput:
        return
    assert read(written(tree)) == tree


# ----------------------------------------------------------------------------- columns


def test_columns_come_back_from_files_as_they_were_written(tmp_path):
    """Every kind of column, holes included, is the same after it was written and read."""
    values = {
        "annotation.severity": ["light", None, "severe"],
        "annotation.kinds": [["crack", "rust"], None, []],
        "annotation.requires_action": [True, False, None],
        "measures.brightness": [1, None, 2.5],
    }
    fields = FIELDS[:4]
    for number, field in enumerate(fields):
        write(tmp_path, number, made(field, values[field.full]))
    columns = stored(tmp_path, fields)
    assert columns.texts("severity").codes.tolist() == [0, -1, 1]
    assert columns.words("kinds") == ["crack", "rust"]
    assert columns.lists("kinds").starts.tolist() == [0, 2, 2, 2]
    assert columns.lists("kinds").known.tolist() == [True, False, True]
    assert columns.truths("requires_action").tolist() == [1, 0, -1]
    first, hole, last = columns.numbers("brightness").tolist()
    assert (first, last) == (1, 2.5)
    assert math.isnan(hole)
    assert columns.texts("severity") is columns.texts("severity")  # read once


def test_a_value_of_another_kind_is_unknown_and_words_for_it_are_kept_as_texts():
    """A model that answers a number where a text was asked for is read as text; else it is not known."""
    assert made(Field(name="x", kind="text"), [3, True, {"a": 1}]).words == ["3", "yes"]
    assert made(Field(name="x", kind="number"), ["3", True, 4]).arrays["numbers"][2] == 4
    assert made(Field(name="x", kind="yes/no"), ["yes", 1]).arrays["truths"].tolist() == [-1, -1]
    assert made(Field(name="x", kind="list"), ["a", [1, None, "b"]]).words == ["1", "b"]


def test_one_part_needs_no_and():
    """Nothing, one and several parts are joined to nothing, themselves and both."""
    one = Is(field="label", what="null")
    assert both([]) is None
    assert both([one]) is one
    assert both([one, one]) == And(parts=(one, one))
    assert either([one]) is one
    assert either([one, one]) == Or(parts=(one, one))
