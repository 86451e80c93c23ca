"""OpenAI's dialect against bodies written down by hand, in both directions."""

import json
from base64 import b64encode
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram import faults
from photogram.data import Draw, See
from photogram.dialect import Answer
from photogram.dialects import openai_images as dialect
from photogram.problems.openai import problem
from photogram.providers.openai import Provider

GOLDEN = Path(__file__).parent / "golden" / "openai"
GENERATIONS = json.loads((GOLDEN / "generations.json").read_text("utf-8"))
ERRORS = json.loads((GOLDEN / "errors.json").read_text("utf-8"))
CARD = Provider().card("gpt-image-2", {})
ASK = Draw(prompt="a red car")


def unread(blob):
    raise AssertionError(f"no ask here holds {blob}")


@pytest.mark.parametrize("case", GENERATIONS, ids=lambda case: case["about"])
def test_an_ask_is_said_as_written_down(case):
    """What goes over the wire is what the documents say and nothing besides."""
    ask = msgspec.convert({**case["ask"], "type": "draw"}, Draw)
    request = dialect.encode(Provider().card(case["model"], {}), ask, unread)
    assert (request.path, json.loads(request.body)) == (case["path"], case["body"])


@pytest.mark.parametrize("case", GENERATIONS, ids=lambda case: case["about"])
def test_a_reply_is_read_as_written_down(case):
    """Pictures, tokens, dollars and the maker's own words come out of the answer."""
    ask = msgspec.convert({**case["ask"], "type": "draw"}, Draw)
    card, body = Provider().card(case["model"], {}), json.dumps(case["reply"]).encode()
    picture = dialect.decode(card, ask, Answer(200, {"x-request-id": "req_1"}, body))
    expected = case["picture"]
    usage = picture.usage
    assert (usage.images, usage.tokens_in, usage.tokens_out, usage.dollars, usage.request_id) == (
        expected["images"],
        expected["tokens_in"],
        expected["tokens_out"],
        expected["dollars"],
        "req_1",
    )
    assert picture.made == expected["made"]
    assert list(picture.links) == expected["links"]
    assert len(picture.images) + len(picture.links) == expected["images"]


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: f"{case['status']}-{case['error']}")
def test_every_other_answer_is_one_of_the_errors(case):
    """The table of what may go wrong: which error, and what it says of waiting and of money."""
    body = json.dumps(case["body"]).encode() if "body" in case else case["text"].encode()
    with pytest.raises(getattr(faults, case["error"])) as raised:
        dialect.decode(CARD, ASK, Answer(case["status"], case.get("headers", {}), body))
    for name in ("code", "stage", "after", "unsure"):
        if name in case:
            assert getattr(raised.value, name) == case[name]
    assert case.get("do", "") in raised.value.do
    assert "gpt-image-2" in raised.value.what


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_a_key_that_a_server_repeats_is_not_repeated(status):
    """Errors end up in ledgers and logs, and keys must not."""
    said = json.dumps({"error": {"message": "Bearer abc.def and sk-proj-secret are wrong"}}).encode()
    error = problem(CARD, Answer(status, {}, said))
    assert "secret" not in str(error)
    assert "abc.def" not in str(error)


def test_several_pictures_are_all_kept_and_counted():
    """A server may send more than was asked, and the money is for all of them."""
    image = b64encode(b"\x89PNG\r\n\x1a\n").decode()
    body = json.dumps({"data": [{"b64_json": image}] * 3, "quality": "low"}).encode()
    picture = dialect.decode(CARD, ASK, Answer(200, {}, body))
    assert len(picture.images) == 3
    assert picture.usage.dollars == pytest.approx(3 * 0.006)


@pytest.mark.parametrize(
    "ask",
    [
        Draw(prompt=" "),
        See(images=()),
    ],
)
def test_what_cannot_be_asked_is_not_sent(ask):
    """An ask the endpoint has no words for is wrong before it costs anything."""
    with pytest.raises(faults.Invalid):
        dialect.encode(CARD, ask, unread)


@given(st.integers(201, 599) | st.just(200), st.binary() | st.text().map(str.encode))
def test_no_answer_is_beyond_the_errors(status, body):
    """Whatever bytes come with whatever status, the outcome is one that the engine knows."""
    with pytest.raises(faults.ModelError):
        dialect.decode(CARD, ASK, Answer(status, {}, body))


names = st.sampled_from(["data", "error", "code", "type", "message", "usage", "quality", "size", "x"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
)


@given(
    st.sampled_from([200, 400, 429, 500]),
    st.dictionaries(names, json_values),
    st.lists(st.dictionaries(st.sampled_from(["b64_json", "url"]), json_values)),
)
def test_no_json_is_beyond_the_errors(status, said, data):
    """The same for answers in the right form with the wrong things in it."""
    for body in (said, {**said, "data": data}, {"error": said}, said.get("error")):
        try:
            found = dialect.decode(CARD, ASK, Answer(status, {}, json.dumps(body).encode()))
        except faults.ModelError:
            continue
        assert found.links


def test_a_quality_that_is_no_word_does_not_lose_the_picture():
    """What was paid for is kept, however odd its company."""
    image = b64encode(b"\x89PNG\r\n\x1a\n").decode()
    said = {"data": [{"b64_json": image}], "quality": ["low"], "usage": [1], "size": 3}
    picture = dialect.decode(CARD, ASK, Answer(200, {}, json.dumps(said).encode()))
    assert (picture.made, picture.usage.dollars) == ({}, 0.211)
