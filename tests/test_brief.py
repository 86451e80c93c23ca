"""A brief says what it means, or is told in one line where it does not."""

import copy
import tomllib

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photogram import brief, stories
from photogram.faults import BadInput
from photogram.pixels.measures import measure
from photogram.reading.parse import parse, read
from photogram.reading.places import line_of

WHOLE = '''\
[dataset]
name = "phones"
purpose = "to find scratches"
seed = 7
store = "s3://bucket/phones"
license = "CC0-1.0"

[models]
draw = "openai:gpt-image-2"
see = "openai:gpt-6-luna"

[providers.openai]
base_url = "http://localhost:8000/v1"
timeout = 30
verify = true

[budget]
dollars = 12

[pace]
width = 8
per_second = 0.5

[[take]]
from = ["photos/*.jpg", "more.zip"]
label = "good"
group = "line 1"
split = "test"

[[make]]
label = "scratch"
count = 12
size = "640x480"
prompt = """
A {finish} phone
[[make]]
with a {severity} scratch by {crew}, {{literally}}"""
negative = "{surface} of another kind"
seed = 3
facts = { surface = "phone", year = 2024, new = true }
options = { quality = "low" }

[make.vary]
severity = { light = 3, severe = 1.5 }
finish = ["black", "white"]
crew = ["nobody", "two", "three"]

[[make.when]]
if = { severity = "light", finish = ["white"] }
then = { crew = ["nobody", "two"] }

[[make.when]]
if = { finish = "black" }
then = { crew = { two = 1, three = 2 } }

[annotate]
prompt = "Look."

[annotate.fields]
description = "text"
severity = ["light", "severe"]
confidence = "number 0..1"
requires_action = "yes/no"
people = "whole number 0..50?"
tags = "list of text"
defects = "some of scratch, stain"

[measure]
brightness = { least = 0.1, most = 0.9 }
sharpness = { least = 0.2 }
'''


def told(text):
    """The line and the message of the mistake in a text."""
    with pytest.raises(BadInput) as caught:
        parse(text)
    assert caught.value.where.startswith("brief.toml"), str(caught.value)
    assert len(str(caught.value).splitlines()) <= 2
    return caught.value.where.partition("line ")[2], str(caught.value)


# ------------------------------------------------------------------------ what is meant


def test_everything_that_can_be_said_is_read():
    """Each key of each section arrives under its own name."""
    read = parse(WHOLE)
    assert read.dataset.store == "s3://bucket/phones"
    assert read.models.see == "openai:gpt-6-luna"
    assert read.providers == {
        "openai": {"base_url": "http://localhost:8000/v1", "timeout": 30, "verify": True}
    }
    assert (read.budget.dollars, read.pace.width, read.pace.per_second) == (12.0, 8, 0.5)
    assert read.take[0].paths == ("photos/*.jpg", "more.zip")
    assert read.take[0].split == "test"
    (make,) = read.make
    assert make.sides == (640, 480)
    assert make.facts == {"surface": "phone", "year": 2024, "new": True}
    assert make.vary["severity"] == {"light": 3.0, "severe": 1.5}
    assert make.when[0].given == {"severity": "light", "finish": ("white",)}
    assert read.measure["brightness"] == brief.Bounds(least=0.1, most=0.9)


def test_what_is_set_for_one_ability_goes_before_what_is_set_for_all():
    """So that drawing and seeing may be at two servers, and all else as it is set once."""
    read = parse(
        HEAD
        + '[providers.x]\nbase_url = "a"\nin_flight = 2\n[providers.x.see]\nbase_url = "b"\nrung = "json"\n'
    )
    assert read.settings("x") == read.settings("x", "draw") == {"base_url": "a", "in_flight": 2}
    assert read.settings("x", "see") == {"base_url": "b", "in_flight": 2, "rung": "json"}
    assert read.settings("y", "see") == {}


def test_what_is_left_out_is_keyless_and_cheap():
    """A name is all that a brief must have."""
    read = parse('[dataset]\nname = "x"')
    assert read == brief.Brief(dataset=brief.Dataset(name="x"))
    assert (read.models.draw, read.models.see) == ("keyless:draw", "keyless:measure")
    assert read.budget.dollars == 5.0
    assert read.annotate is None


def test_fields_become_a_json_schema():
    """The few words for fields mean what JSON Schema says at length."""
    schema = parse(WHOLE).annotate.schema
    assert schema["required"] == [
        "description",
        "severity",
        "confidence",
        "requires_action",
        "tags",
        "defects",
    ]
    assert schema["additionalProperties"] is False
    assert schema["properties"] == {
        "description": {"type": "string"},
        "severity": {"type": "string", "enum": ["light", "severe"]},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "requires_action": {"type": "boolean"},
        "people": {"type": ["integer", "null"], "minimum": 0, "maximum": 50},
        "tags": {"type": "array", "items": {"type": "string"}},
        "defects": {
            "type": "array",
            "items": {"type": "string", "enum": ["scratch", "stain"]},
            "uniqueItems": True,
        },
    }
    jsonschema.Draft202012Validator.check_schema(schema)


def test_a_json_schema_may_be_given_instead():
    """Whoever has a JSON Schema already need not write it anew."""
    text = (
        '[dataset]\nname = "x"\n[annotate.schema]\ntype = "object"\nproperties = { a = { type = "string" } }'
    )
    assert parse(text).annotate.schema["properties"] == {"a": {"type": "string"}}


@pytest.mark.parametrize(
    ("bounds", "value", "holds"),
    [({"least": 0.5}, 0.5, True), ({"least": 0.5}, 0.4, False), ({"most": 1}, 1.1, False)],
)
def test_bounds_hold_at_their_ends(bounds, value, holds):
    """A measure on the bound is within it."""
    assert brief.Bounds(**bounds).hold(value) is holds


def test_bounds_are_on_numbers_that_are_measured():
    """Every measure that may be bounded is one that each picture has."""
    measured = measure(np.full((32, 32, 3), 128, np.uint8))
    assert all(isinstance(measured[name], int | float) for name in brief.MEASURES)
    assert set(brief.MEASURES) == {name for name, value in measured.items() if not isinstance(value, str)}


# ------------------------------------------------------------------------------- lines


def test_every_line_is_found():
    """Whatever the way to a value looks like, its line is the one it is written on."""
    text = '''\
# a comment with [brackets] and key = "value"
title = "first"

[dataset]
name = """
[[make]]
prompt = "this is text"
\\""" not yet the end
"""
"odd key" = 1
dotted . "in side".x = 2

[[make]] # the first
prompt = \'\'\'
[make.vary]
don't stop\'\'\'
list = [
  "a", # one
  [ "b",
    "c" ],
  { inner = "d" },
]
day = 1979-05-27 07:32:00

[make.vary]
crew = ["x"]

[[make.when]]
if = { crew = "x" }

[[make.when]]
then = { crew = [
  "y" ] }

[[ "make" ]]
prompt = "second"
empty = """"quoted""""
vary . crew = [1]

[providers.openai]
url = "http://x#y"
'''
    tomllib.loads(text)
    expected = {
        ("title",): 2,
        ("dataset",): 4,
        ("dataset", "name"): 5,
        ("dataset", "odd key"): 10,
        ("dataset", "dotted", "in side", "x"): 11,
        ("make", 0): 13,
        ("make", 0, "prompt"): 14,
        ("make", 0, "list"): 17,
        ("make", 0, "list", 0): 18,
        ("make", 0, "list", 1, 1): 20,
        ("make", 0, "list", 2, "inner"): 21,
        ("make", 0, "day"): 23,
        ("make", 0, "vary", "crew"): 26,
        ("make", 0, "when", 0): 28,
        ("make", 0, "when", 1, "then", "crew", 0): 33,
        ("make", 1): 35,
        ("make", 1, "empty"): 37,
        ("make", 1, "vary", "crew"): 38,
        ("providers",): 40,
        ("providers", "openai", "url"): 41,
        ("make", 1, "not", "there"): 35,
        ("nothing",): 1,
    }
    assert {place: line_of(text, place) for place in expected} == expected
    windows = text.replace("\n", "\r\n")
    assert {place: line_of(windows, place) for place in expected} == expected


KEYS = st.sampled_from(["a", "b-c", "0", "'odd key'", '"x.y"', '"q\\"q"', "x . y"])
TEXTS = st.sampled_from(['"[a]"', "'#'", '"""\n[[t]]\na = 1\n"""', "'''\n'''", '""""a""""', '"\\\\"'])
VALUES = st.recursive(
    st.one_of(TEXTS, st.sampled_from(["1", "true", "1e3", "1979-05-27 07:32:00Z"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: "[\n" + ", # ]\n".join(parts) + "\n]"),
        st.lists(inner, max_size=2).map(
            lambda parts: "{ " + ", ".join(f"k{n} = {part}" for n, part in enumerate(parts)) + " }"
        ),
    ),
    max_leaves=5,
)
PAIRS = st.lists(st.tuples(KEYS, VALUES), max_size=3, unique_by=lambda pair: pair[0][0])
SECTIONS = st.tuples(st.sampled_from(["", "[t]", "[[u]]", "[[u]]", "[u.v]", "[ w . 'x' ]"]), PAIRS)


def leaves(value, place=()):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*place, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, (*place, number))
    yield place


@settings(deadline=None)
@given(st.lists(SECTIONS, max_size=5))
def test_every_place_of_any_toml_has_a_line(sections):
    """The walk meets exactly the places that the standard parser does, in the order of the lines."""
    text = "\n".join(
        "\n".join([head, *(f"{key} = {value}" for key, value in pairs)]) for head, pairs in sections
    )
    try:
        tables = tomllib.loads(text)
    except ValueError:
        return
    lines = {place: line_of(text, place) for place in leaves(tables) if place}
    written = text.splitlines()
    for place, line in lines.items():
        last = next((part for part in reversed(place) if isinstance(part, str)), "")
        if isinstance(place[-1], str):
            assert last.replace('"', '\\"') in written[line - 1]
        assert line >= lines.get(place[:-1], 1)


# ---------------------------------------------------------------------------- mistakes

HEAD = '[dataset]\nname = "x"\n'
MAKE = HEAD + '[[make]]\nprompt = "p"\ncount = 3\n'
VARY = MAKE + '[make.vary]\na = ["x", "y"]\nb = ["u", "v"]\n'
FIELDS = HEAD + "[annotate.fields]\n"

MISTAKES = {
    # keys
    "a mistyped section": (HEAD + "[dataste]\n", 3, "did you mean 'dataset'?"),
    "a mistyped key": (HEAD + '[[make]]\nprompt = "p"\ncuont = 3\n', 5, "did you mean 'count'?"),
    "an unknown key": (HEAD + "zzz = 1\n", 3, "[dataset] takes name, purpose, seed, store, license"),
    "an unknown key of the second group": (MAKE + '[[make]]\nprompt = "q"\nlable = "x"\n', 8, "'label'"),
    "an unknown key in one line": (HEAD + "budget = { dollar = 1 }\n[dataset.x]\n", 3, "dataset"),
    "an unknown measure": (HEAD + "[measure]\nbrightnes = { least = 1 }\n", 4, "did you mean 'brightness'?"),
    "an unknown bound": (HEAD + "[measure]\nnoise = { max = 1 }\n", 4, "takes least, most"),
    "no name": ("[dataset]\nseed = 1\n", 1, '[dataset] has no name\n  add name = "bridges"'),
    "nothing at all": ("", 1, "the brief has no dataset\n  add a [dataset] section"),
    "no prompt": (MAKE + "[[make]]\ncount = 4\n", 6, "this [[make]] has no prompt"),
    "no count": (HEAD + '[[make]]\nprompt = "p"\n', 3, "add count = 20"),
    "a count among the facts": (
        HEAD + '[[make]]\nprompt = "p"\n[make.facts]\ncount = 3\n',
        6,
        "write it above [make.facts]",
    ),
    "a key among what varies": (MAKE + '[make.vary]\na = ["x"]\nnegative = "n"\n', 8, "above [make.vary]"),
    "nothing to take from": (HEAD + '[[take]]\nlabel = "x"\n', 3, 'add from = ["photos/*.jpg"]'),
    # kinds
    "text for a number": (
        HEAD + '[[make]]\nprompt = "p"\ncount = "3"\n',
        5,
        "make.count is a whole number, not text",
    ),
    "a fraction for a count": (
        HEAD + '[[make]]\nprompt = "p"\ncount = 3.5\n',
        5,
        "a whole number, not a number",
    ),
    "yes for a count": (HEAD + '[[make]]\nprompt = "p"\ncount = true\n', 5, "not true or false"),
    "a number for text": ("[dataset]\nname = 3\n", 2, 'write it like name = "bridges"'),
    "a date": (MAKE + "[make.facts]\nday = 1979-05-27\n", 7, "not a date"),
    "a date in a schema": (HEAD + '[annotate.schema]\ntype = "object"\nx = 07:32:00\n', 5, "a date"),
    "one table for several": (HEAD + '[make]\nprompt = "p"\n', 3, "write [[make]], with two brackets"),
    "several tables for one": (HEAD + "[[annotate]]\n", 3, "write [annotate], with one bracket"),
    "a text for a list": (HEAD + '[[take]]\nfrom = "x.jpg"\n', 4, 'write it like from = ["photos/*.jpg"]'),
    "a text that varies": (MAKE + '[make.vary]\na = "x"\n', 7, "make.vary.a is a list or a table, not text"),
    "a list in a list": (MAKE + '[make.vary]\na = [\n  "x",\n  ["y"],\n]\n', 9, "a single value"),
    "a list for a setting": (
        HEAD + "[providers.x]\nkeys = [1]\n",
        4,
        "providers.x.keys is a single value or a table",
    ),
    "a list for one ability's setting": (HEAD + "[providers.x.see]\nkeys = [1]\n", 4, "a single value"),
    "settings of no ability": (HEAD + "[providers.x.seee]\nkey = 1\n", 3, "did you mean 'see'"),
    # bounds
    "no pictures": (HEAD + '[[make]]\nprompt = "p"\ncount = 0\n', 5, "at least 1"),
    "too many pictures": (HEAD + '[[make]]\nprompt = "p"\ncount = 10_000_001\n', 5, "at most 10,000,000"),
    "a seed below nought": ("[dataset]\nname = 'x'\nseed = -1\n", 3, "at least 0"),
    "a seed beyond counting": (HEAD + "seed = 99999999999999999999\n", 3, "dataset.seed cannot be"),
    "a budget that is no number": (HEAD + "[budget]\ndollars = nan\n", 4, "cannot be nan"),
    "a budget without end": (HEAD + "[budget]\ndollars = inf\n", 4, "cannot be inf"),
    "no width": (HEAD + "[pace]\nwidth = 0\n", 4, "at least 1"),
    "a weight of nought": (MAKE + "[make.vary]\na = { x = 1, y = 0 }\n", 7, "make.vary.a.y is above 0"),
    "a weight below nought": (MAKE + "[make.vary]\na = { x = -1 }\n", 7, "above 0"),
    "a weight that is no number": (MAKE + "[make.vary]\na = { x = nan }\n", 7, "cannot be nan"),
    "a list of nothing": (MAKE + "[make.vary]\na = []\n", 7, "make.vary.a is empty"),
    "a table of nothing": (MAKE + "[make.vary]\na = {}\n", 7, "make.vary.a is empty"),
    "no sources": (HEAD + "[[take]]\nfrom = []\n", 4, "take.from is empty"),
    "an empty name": ('[dataset]\nname = ""\n', 2, "dataset.name is empty"),
    "bounds that hold nothing": (
        HEAD + "[measure]\nnoise = { least = 2, most = 1 }\n",
        4,
        "least is above most",
    ),
    "no bounds": (HEAD + "[measure]\nnoise = {}\n", 4, "measure.noise has no bounds"),
    # forms
    "a size with a star": (
        HEAD + '[[make]]\nprompt = "p"\ncount = 1\nsize = "640*480"\n',
        6,
        'like size = "768x576"',
    ),
    "a size of nothing": (
        HEAD + '[[make]]\nprompt = "p"\ncount = 1\nsize = "00x480"\n',
        6,
        "16 to 8,192 pixels",
    ),
    "a size beyond reason": (
        HEAD + '[[make]]\nprompt = "p"\ncount = 1\nsize = "9999x99"\n',
        6,
        "16 to 8,192",
    ),
    "a model without its provider": (
        HEAD + '[models]\ndraw = "gpt-image-2"\n',
        4,
        'like draw = "keyless:draw"',
    ),
    "a store that is no URL": (HEAD + 'store = "bucket"\n', 3, "dataset.store cannot be 'bucket'"),
    "a label of two lines": (HEAD + '[[make]]\nprompt = "p"\ncount = 1\nlabel = "a\\nb"\n', 6, "make.label"),
    "an unknown way": (HEAD + '[[make]]\nprompt = "p"\nhow = "smaple"\n', 5, "did you mean 'sample'?"),
    "an unknown split": (HEAD + '[[take]]\nfrom = ["x"]\nsplit = "tset"\n', 5, "did you mean 'test'?"),
    "a name with a space": (MAKE + '[make.vary]\n"my crew" = ["x"]\n', 7, "letters, digits and _"),
    "a line break at the end of a name": (MAKE + '[make.vary]\n"a\\n" = ["x"]\n', 7, "letters, digits and _"),
    "a line break at the end of a model": (HEAD + '[models]\nsee = "a:b\\n"\n', 4, "models.see cannot be"),
    "a line break in a place": (HEAD + '[providers]\n"a\\nb" = { c = [1] }\n', 4, "providers.'a\\nb'.c is"),
    "a value as long as a book": (HEAD + f'store = "{"x" * 9999}"\n', 3, "xxx…"),
    # placeholders
    "a name without a value": (
        HEAD + '[[make]]\nprompt = "p {crew}"\ncount = 1\n',
        4,
        "nothing gives {crew}",
    ),
    "a name nearly right": (
        HEAD + '[[make]]\nprompt = "p {finsh}"\ncount = 1\n[make.vary]\nfinish = ["x"]\n',
        4,
        "did you mean 'finish'?",
    ),
    "a name in the negative": (HEAD + '[[make]]\nprompt = "p"\nnegative = "{x}"\ncount = 1\n', 5, "{x}"),
    "code in a prompt": (HEAD + '[[make]]\ncount = 1\nprompt = "{x.__class__}"\n', 5, "holds no name"),
    "a lone brace": (HEAD + '[[make]]\ncount = 1\nprompt = "a } b"\n', 5, "write {{ and }}"),
    "a fact that varies": (VARY + '[make.facts]\na = "z"\n', 10, "'a' is in [make.vary] and in [make.facts]"),
    "a value twice": (MAKE + '[make.vary]\na = ["x", "y", "x"]\n', 7, "'x' more than once"),
    # conditions
    "a condition on nothing": (VARY + '[[make.when]]\nif = {}\nthen = { a = "x" }\n', 10, "if is empty"),
    "a condition without an end": (VARY + '[[make.when]]\nif = { a = "x" }\n', 9, "has no then"),
    "an unknown variable": (
        VARY + '[[make.when]]\nif = { c = "x" }\nthen = { b = "u" }\n',
        10,
        "what varies here is a, b",
    ),
    "an unknown variable after all": (
        VARY + '[[make.when]]\nif = { a = "x" }\nthen = { bb = "u" }\n',
        11,
        "mean 'b'?",
    ),
    "an unknown value": (
        VARY + '[[make.when]]\nif = { a = "z" }\nthen = { b = "u" }\n',
        10,
        "a is one of x, y",
    ),
    "a value that is never left": (
        VARY + '[[make.when]]\nif = { a = "x" }\nthen = { b = ["u", "w"] }\n',
        11,
        "'w', which 'b' never is",
    ),
    "nothing left": (
        VARY + '[[make.when]]\nif = { a = "x" }\nthen = { b = [] }\n',
        11,
        "make.when.then.b is empty",
    ),
    "nothing left by two": (
        VARY + '[[make.when]]\nif = { a = "x" }\nthen = { b = "u" }\n'
        '[[make.when]]\nif = { a = ["x", "y"] }\nthen = { b = "v" }\n',
        12,
        "the conditions leave nothing for 'b'",
    ),
    "a circle": (
        VARY
        + '[[make.when]]\nif = { a = "x" }\nthen = { b = "u" }\n'
        + '[[make.when]]\nif = { b = "u" }\nthen = { a = "x" }\n',
        9,
        "go round in a circle",
    ),
    "one of many values": (
        MAKE + f"[make.vary]\na = {[*range(100)]}\n[[make.when]]\nif = {{ a = 'q' }}\nthen = {{ a = 1 }}\n",
        9,
        "a is one of 0, 1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, …",
    ),
    "a variable that decides on itself": (
        VARY + '[[make.when]]\nif = { a = "x" }\nthen = { a = "y" }\n',
        9,
        "the conditions on 'a' go round in a circle",
    ),
    # groups
    "a product that explodes": (
        HEAD
        + '[[make]]\nprompt = "p"\nhow = "product"\n[make.vary]\n'
        + "".join(f"v{n} = {list(range(10))}\n" for n in range(7)),
        5,
        "10,000,000 rows",
    ),
    "a product many times over": (
        VARY.replace("count = 3", 'count = 300_000\nhow = "product"'),
        6,
        "1,200,000 rows",
    ),
    "the same group twice": (MAKE + '[[make]]\nprompt = "p"\ncount = 9\n', 6, "the same as number 1"),
    "the same group in other words": (
        VARY
        + '[[make]]\ncount = 3\nprompt = "p"\nseed = 0\n[make.vary]\nb = { v = 1, u = 1 }\na = ["y", "x"]\n',
        9,
        "the same as number 1",
    ),
    # annotation
    "nothing to say": (HEAD + "[annotate]\n", 3, "[annotate] asks for nothing"),
    "fields and a schema": (
        FIELDS + 'a = "text"\n[annotate.schema]\ntype = "object"\n',
        5,
        "[annotate] has fields and a schema",
    ),
    "a schema of a list": (HEAD + '[annotate]\nschema = { type = "array" }\n', 4, 'add type = "object"'),
    "an unknown wording": (FIELDS + 'a = "text"\nb = "txet"\n', 5, "b cannot be 'txet'"),
    "a range upside down": (FIELDS + 'a = "number 1..0"\n', 4, "lower bound first"),
    "a range of parts for whole numbers": (FIELDS + 'a = "whole number 0..1.5"\n', 4, "is not a range"),
    "a choice of nothing": (FIELDS + "a = []\n", 4, "is empty"),
    "one choice twice": (FIELDS + 'a = ["x", "x"]\n', 4, "one word twice"),
    "an empty choice": (FIELDS + 'a = "one of x,, y"\n', 4, "an empty word"),
    # TOML
    "a text without quotes": (HEAD + "purpose = phones\n", 3, "text stands in quotes"),
    "a key twice": (HEAD + 'name = "y"\n', 3, "keep one of them"),
    "a section twice": (HEAD + "[pace]\n[dataset]\n", 4, "already"),
    "no sign between": (HEAD + 'purpose "x"\n', 3, "a line is: key = value"),
    "open quotes": (HEAD + 'purpose = "x\nseed = 3\n', 3, "close the quotes"),
    "an open list": (HEAD + '[[take]]\nfrom = ["x"\nlabel = "y"\n', 5, "a list ends with ]"),
    "an open text": (HEAD + 'purpose = """x\n', 3, "close the quotes"),
    "a number too long": (HEAD + f"seed = {'9' * 5000}\n", 3, "this is not TOML"),
}


@pytest.mark.parametrize(("text", "line", "part"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_line_and_remedy(text, line, part):
    """Whatever is wrong, one line says what and where, and the next what to do."""
    found, message = told(text)
    assert part in message
    assert found == str(line), message
    assert len(message.splitlines()) == 2, "there is no remedy"


def test_too_deep_is_told():
    """A text that would exhaust the parser is refused like any other."""
    _, message = told("a = " + "[" * 5000 + "]" * 5000)
    assert "nested too deeply" in message


def test_half_a_character_is_told():
    """Text that no file could hold is refused before it is hashed."""
    _, message = told('[dataset]\nname = "\ud800"')
    assert "this is not TOML" in message


# -------------------------------------------------------------------------------- files


def test_a_file_and_its_folder_are_the_same(tmp_path):
    """The folder of a dataset stands for the brief in it."""
    (tmp_path / "brief.toml").write_text(WHOLE, "utf-8")
    assert read(tmp_path) == read(tmp_path / "brief.toml") == parse(WHOLE)


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    """What Windows' editor writes in front is not part of the text."""
    (tmp_path / "brief.toml").write_text(WHOLE, "utf-8-sig")
    assert read(tmp_path) == parse(WHOLE)


@pytest.mark.parametrize("name", ["", "brief.toml"])
def test_no_brief_is_told(tmp_path, name):
    """Where there is no brief, the command that writes one is named."""
    with pytest.raises(BadInput, match=r"there is no brief.toml in .*\n  `photogram new .*` writes one"):
        read(tmp_path / name)


def test_a_folder_named_like_a_brief_is_told(tmp_path):
    """A folder where the file should be is not opened as one."""
    (tmp_path / "brief.toml").mkdir()
    with pytest.raises(BadInput, match=r"there is no brief\.toml in"):
        read(tmp_path)


def test_what_is_not_utf8_is_told(tmp_path):
    """A file in another encoding is told with its line."""
    (tmp_path / "brief.toml").write_bytes(HEAD.encode() + 'purpose = "Bücher"\n'.encode("latin-1"))
    with pytest.raises(BadInput, match=r"brief.toml, line 3: this is not UTF-8 text\n  save it as UTF-8"):
        read(tmp_path)


def test_the_file_is_named_as_it_is_called(tmp_path):
    """A brief under another name is told of under that name."""
    (tmp_path / "other.toml").write_text("[dataset]\n", "utf-8")
    with pytest.raises(BadInput, match=r"^other.toml, line 1: \[dataset\] has no name"):
        read(tmp_path / "other.toml")


# ------------------------------------------------------------------- the schema of editors

VALIDATOR = jsonschema.Draft202012Validator(brief.json_schema())

# What only the reading of the whole brief can find.
BEYOND_A_SCHEMA = {
    "settings of no ability",
    "a seed beyond counting",
    "a budget that is no number",
    "a weight that is no number",
    "bounds that hold nothing",
    "no bounds",
    "a size of nothing",
    "a size beyond reason",
    "a name without a value",
    "a name nearly right",
    "a name in the negative",
    "code in a prompt",
    "a lone brace",
    "a fact that varies",
    "a value twice",
    "an unknown variable",
    "an unknown variable after all",
    "an unknown value",
    "a value that is never left",
    "nothing left by two",
    "a circle",
    "a variable that decides on itself",
    "a product that explodes",
    "a product many times over",
    "the same group twice",
    "the same group in other words",
    "a schema of a list",
    "a date in a schema",
    "an unknown wording",
    "a range upside down",
    "a range of parts for whole numbers",
    "one choice twice",
    "one of many values",
    "an empty choice",
}


def test_the_schema_is_one():
    """Editors get a schema that is itself well formed."""
    jsonschema.Draft202012Validator.check_schema(brief.json_schema())
    VALIDATOR.validate(tomllib.loads(WHOLE))


@pytest.mark.parametrize("name", MISTAKES)
def test_editors_see_what_a_schema_can_say(name):
    """The schema rejects each mistake of shape, and none that it could not know of."""
    try:
        tables = tomllib.loads(MISTAKES[name][0])
    except ValueError:
        return
    assert VALIDATOR.is_valid(tables) is (name in BEYOND_A_SCHEMA)


# ---------------------------------------------------------------------------------- laws


def edits(text):
    """A text with a few of its characters changed."""
    spots = st.tuples(
        st.integers(0, len(text)), st.integers(0, 12), st.text("[]{}=\"'.,#\n \\x00aé-1", max_size=4)
    )

    def changed(list_of_spots):
        made = text
        for at, length, new in list_of_spots:
            made = made[:at] + new + made[at + length :]
        return made

    return st.lists(spots, min_size=1, max_size=4).map(changed)


def outcome(text):
    """What became of a text: a brief, or the message instead."""
    try:
        return parse(text)
    except BadInput as error:
        return error


@settings(max_examples=300, deadline=None)
@given(st.one_of(edits(WHOLE), st.sampled_from(stories.names()).map(stories.text).flatmap(edits), st.text()))
def test_any_text_is_a_brief_or_bad_input(text):
    """No text brings anything but a brief, or a message of two lines with place and remedy."""
    found = outcome(text)
    if isinstance(found, BadInput):
        assert found.where
        assert len(str(found).splitlines()) == 2
    else:
        assert isinstance(found, brief.Brief)


JUNK = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.floats(), st.text(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=4,
)


def places(tables):
    return [place for place in leaves(tables) if place]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_what_the_schema_accepts_has_the_shape(data):
    """Editors and the reader judge the shape of a brief alike, wherever it is broken."""
    tables = copy.deepcopy(tomllib.loads(WHOLE))
    *way, last = data.draw(st.sampled_from(places(tables)))
    inner = tables
    for part in way:
        inner = inner[part]
    inner[last] = data.draw(JUNK)
    text = "\n".join(f"{key} = {written(value)}" for key, value in tables.items())
    found = outcome(text)
    assert isinstance(found, BadInput) or VALIDATOR.is_valid(tables)


def written(value):
    """A value as TOML in one line."""
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{written(str(key))} = {written(inner)}" for key, inner in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(written(inner) for inner in value) + "]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(char):08x}" for char in value) + '"'
    return str(value).lower() if isinstance(value, bool) else repr(value)
