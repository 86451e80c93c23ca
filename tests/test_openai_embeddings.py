"""OpenAI's dialect of vectors against bodies written down by hand, in both directions."""

import json
import struct
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram.data import Blob, Embed, Point, See
from photogram.dialect import Answer
from photogram.dialects import openai_embeddings as dialect
from photogram.faults import Broken, Invalid, ModelError
from photogram.providers.openai import Provider
from photogram.terms import estimate

CASES = json.loads((Path(__file__).parent / "golden" / "openai" / "embeddings.json").read_text("utf-8"))
CARD = Provider().card("text-embedding-3-small", {})
ASK = Embed(text="a red car")


def unread(blob):
    raise AssertionError(f"no ask here holds {blob}")


def heard(body, status=200, ask=ASK):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return dialect.decode(CARD, ask, Answer(status, {}, data))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["about"])
def test_a_text_is_said_as_written_down(case):
    """What goes over the wire is what the documents say and nothing besides."""
    request = dialect.encode(Provider().card(case["model"], {}), Embed(**case["ask"]), unread)
    assert (request.path, json.loads(request.body)) == ("/embeddings", case["body"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["about"])
def test_a_vector_is_read_as_written_down(case):
    """Its numbers, its tokens and what they cost."""
    card, expected = Provider().card(case["model"], {}), case["point"]
    answer = Answer(200, {"x-request-id": "req_1"}, json.dumps(case["reply"]).encode())
    point = dialect.decode(card, Embed(**case["ask"]), answer)
    assert (list(point.vector), point.usage.tokens_in) == (expected["vector"], expected["tokens_in"])
    assert point.usage.dollars == pytest.approx(expected["dollars"], abs=1e-15)
    assert point.usage.request_id == "req_1"


def packed(*numbers):
    return b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


@pytest.mark.parametrize(
    "data",
    [
        [],
        None,
        [{}],
        [{"embedding": []}],
        [{"embedding": ""}],
        [{"embedding": [1.0]}, {"embedding": [2.0]}],
        [{"embedding": ["x"]}],
        [{"embedding": "not base64"}],
        [{"embedding": "AAAA"}],
        [{"embedding": packed(float("nan"))}],
        [{"embedding": packed(float("inf"), 1.0)}],
        [{"embedding": [1e999]}],
    ],
)
def test_a_vector_that_is_none_was_paid_for(data):
    """None, two, of what is no number, of half a number."""
    with pytest.raises(Broken) as raised:
        heard({"data": data})
    assert raised.value.unsure


def test_a_vector_of_another_length_than_asked_is_none():
    """It would lie in another space than the rest."""
    with pytest.raises(Broken, match="3 numbers"):
        heard({"data": [{"embedding": [1, 2, 3]}]}, ask=Embed(text="x", dimensions=256))


@pytest.mark.parametrize("usage", [None, 3, {"prompt_tokens": -3}, {"prompt_tokens": "3"}])
def test_money_is_the_estimate_where_tokens_are_not_told(usage):
    """Or told so that they cannot be believed."""
    point = heard({"data": [{"embedding": [1.0]}], "usage": usage})
    assert point.usage.dollars == estimate(CARD, ASK) > 0


@pytest.mark.parametrize(
    "ask",
    [
        Embed(text=" "),
        See(images=()),
        Embed(text="x", image=Blob(sha256="0" * 64, media_type="image/png", size=1)),
    ],
)
def test_what_cannot_be_asked_is_not_sent(ask):
    """No text, no picture, no question."""
    with pytest.raises(Invalid):
        dialect.encode(CARD, ask, unread)


@given(st.integers(201, 599) | st.just(200), st.binary() | st.text().map(str.encode))
def test_no_answer_is_beyond_the_errors(status, body):
    """Whatever bytes come with whatever status, the outcome is one that the engine knows."""
    with pytest.raises(ModelError):
        heard(body, status)


numbers = st.lists(st.floats() | st.integers() | st.none(), max_size=3)
vectors = st.fixed_dictionaries({}, optional={"embedding": numbers | st.text(max_size=9), "index": st.none()})


@given(st.sampled_from([200, 400]), st.lists(vectors, max_size=2), st.none() | st.integers() | st.text())
def test_no_json_is_beyond_the_errors(status, data, usage):
    """The same for answers in the right form with the wrong things in it."""
    try:
        assert isinstance(heard({"data": data, "usage": usage}, status), Point)
    except ModelError:
        return
