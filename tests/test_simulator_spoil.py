"""The ways to break an answer: each does what its name says, and `whole` is true of it."""

import asyncio
import json
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram.simulator.call import Answer, Call, Made, always, making, seeing
from photogram.simulator.spoil import FAULTS, SPOILERS
from photogram.simulator.work import Worker

ANSWER = {
    "description": 'A wall, {cracked} "twice"',
    "severity": "low",
    "defect": True,
    "confidence": 0.42,
    "tags": ["crack", "wall"],
    "note": None,
}
TEXT = msgspec.json.encode(ANSWER).decode()
# What a patient reader has to find, however it is written.
TOLD = ["a wall, {cracked}", "twice", "low", "true", r"0\.42|zero point four two", "crack", "null|none"]

# Names and promises are an interface: what reads broken answers is measured by them.
NAMES = {
    "code fence": True,
    "fence without language": True,
    "preface": True,
    "trailing prose": True,
    "thought": True,
    "truncated at the end": True,
    "truncated in the middle": False,
    "doubled braces": True,
    "single quotes": True,
    "python words": True,
    "trailing comma": True,
    "unquoted keys": True,
    "comments": True,
    "NaN": False,
    "array for a string": True,
    "string for an array": True,
    "enum in another case": True,
    "enum with a word more": True,
    "number in words": True,
    "number as a string": True,
    "wrapper object": True,
    "answer in a list": True,
    "answer twice": True,
    "lone surrogate": True,
    "byte order mark": True,
    "empty": False,
    "refusal in prose": False,
    "error page": False,
    "missing field": False,
    "null for a field": False,
}


def test_the_names_are_these():
    """A name that is gone or means another thing would change what was measured."""
    assert {name: spoiler.whole for name, spoiler in SPOILERS.items()} == NAMES


@pytest.mark.parametrize("name", SPOILERS)
def test_a_strict_reader_cannot_take_it(name):
    """It is not the answer any more, as JSON and by its shape."""
    text = SPOILERS[name].change(TEXT)
    try:
        read = json.loads(text)
    except ValueError:
        return
    assert read != ANSWER


@pytest.mark.parametrize("name", SPOILERS)
def test_whole_is_whether_a_patient_reader_finds_it_all(name):
    """Every value is still there in some way of writing; where it is not whole, one is not."""
    text = SPOILERS[name].change(TEXT).lower()
    found = [bool(re.search(value, text, re.DOTALL)) for value in TOLD]
    assert all(found) == SPOILERS[name].whole


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("truncated at the end", TEXT[:-1]),
        ("doubled braces", "{" + TEXT + "}"),
        ("trailing comma", TEXT[:-1] + ",}"),
        ("unquoted keys", re.sub(r'"(\w+)":', r"\1:", TEXT)),
        ("NaN", TEXT.replace("0.42", "NaN")),
        ("number in words", TEXT.replace("0.42", '"zero point four two"')),
        ("enum in another case", TEXT.replace('"low"', '"LOW"')),
        ("enum with a word more", TEXT.replace('"low"', '"rather low"')),
        ("string for an array", TEXT.replace('["crack","wall"]', '"crack, wall"')),
        ("array for a string", re.sub(r':("A .*?twice\\"")', r":[\1]", TEXT)),
        ("single quotes", repr(ANSWER)),
        ("python words", TEXT.replace("true", "True").replace("null", "None")),
        ("lone surrogate", TEXT.replace('"A', '"\\ud83dA')),
        ("null for a field", re.sub(r':"A .*?twice\\""', ":null", TEXT)),
    ],
)
def test_it_does_what_its_name_says(name, text):
    """And changes nothing else."""
    assert SPOILERS[name].change(TEXT) == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(name=st.sampled_from(sorted(SPOILERS)), text=st.text() | JSON.map(json.dumps))
def test_any_text_can_be_spoiled(name, text):
    """What a model said may be anything; to break it never breaks the server, and is the same each time."""
    spoiled = SPOILERS[name].change(text)
    assert spoiled == SPOILERS[name].change(text)
    spoiled.encode()


# ----------------------------------------------------------------------- the other faults


def made_of(**call):
    """What the house makes of a call."""

    async def main():
        worker = Worker(drawn=False)
        try:
            return await worker.work(Call(model="m", **call), "1")
        finally:
            await worker.close()

    return asyncio.run(main())


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_at_one_place(name):
    """In place of the work, in what was made, or in what is said of it; and it says what it is."""
    fault = FAULTS[name]
    assert [fault.problem, fault.made, fault.answer].count(None) == 2
    assert fault.about
    assert fault.fits in (always, making, seeing)
    assert not (fault.whole and fault.problem)


def test_a_spoiled_text_is_no_data_any_more():
    """Where an answer is data, as a tool's input is, there is none that is not in the text."""
    made = made_of(
        kind="see", prompt="x", schema={"properties": {"x": {"type": "string"}}, "required": ["x"]}
    )
    assert made.data == {"x": "simulated"}
    assert FAULTS["truncated in the middle"].made(made).data is None
    assert FAULTS["answer in a list"].made(made).data == [{"x": "simulated"}]
    assert FAULTS["length"].made(made).ended == "length"
    assert FAULTS["filtered"].made(made).ended == "filter"


@pytest.mark.parametrize("kind", ["draw", "see", "embed"])
def test_no_data_leaves_nothing_to_say(kind):
    """Neither pictures nor words nor vectors; what it took is still counted."""
    made = made_of(kind=kind, prompt="x", texts=("x",), dimensions=8, width=8, height=8, count=2)
    lost = FAULTS["no data"].made(made)
    assert (lost.pictures, lost.text, lost.vectors) == ((), None, ())
    assert lost.tokens_in == made.tokens_in > 0


def test_pictures_are_garbled_wherever_they_stand():
    """Alone, as part of a data URI, deep within; and nothing else is."""
    made = made_of(kind="draw", width=8, height=8)
    picture = json.loads(msgspec.json.encode(made.pictures[0]))
    body = {
        "a": picture,
        "b": [{"c": f"data:image/png;base64,{picture}"}, "Iw=="],
        "d": (1, made.pictures[0]),
    }
    garbled = FAULTS["bad base64"].answer(Answer(body), made).body
    bad = "this is *not* base64"
    assert garbled == {"a": bad, "b": [{"c": f"data:image/png;base64,{bad}"}, "Iw=="], "d": [1, bad]}


def test_made_is_what_it_was():
    """A fault changes a copy: the books are kept by the original."""
    made = Made(text=TEXT, data=ANSWER)
    for fault in FAULTS.values():
        if fault.made:
            fault.made(made)
    assert made == Made(text=TEXT, data=ANSWER)
