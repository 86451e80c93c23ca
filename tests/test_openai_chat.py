"""OpenAI's dialect of seeing against bodies written down by hand, and against odd servers."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram.data import Draw, Said, See
from photogram.dialect import Answer
from photogram.dialects import openai_chat as dialect
from photogram.faults import Broken, Busy, Invalid, ModelError, NotSetUp, OutOfQuota, Refused
from photogram.providers.openai import Provider
from photogram.store import blob_of
from photogram.terms import estimate

CASES = json.loads((Path(__file__).parent / "golden" / "openai" / "chat.json").read_text("utf-8"))
STORE = {"photo": b"\x89PNG\r\n\x1a\n", "other": b"\xff\xd8\xff"}
BLOBS = {name: blob_of(data) for name, data in STORE.items()}
CARD = Provider().card("gpt-6-luna", {})
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
ASK = See(images=(BLOBS["photo"],), prompt="What?", schema=SCHEMA)


def read(blob):
    return next(data for name, data in STORE.items() if BLOBS[name] == blob)


def asked(case):
    return See(**{**case["ask"], "images": tuple(BLOBS[name] for name in case["ask"]["images"])})


def heard(body, status=200, headers=None, ask=ASK):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return dialect.decode(CARD, ask, Answer(status, headers or {}, data))


def choice(reason="stop", **message):
    return {"choices": [{"finish_reason": reason, "message": message}], "usage": {"prompt_tokens": 8}}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["about"])
def test_a_question_is_said_as_written_down(case):
    """What goes over the wire is what the documents say and nothing besides."""
    card = Provider().card(case["model"], case.get("settings", {}))
    request = dialect.encode(card, asked(case), read)
    assert (request.path, json.loads(request.body)) == ("/chat/completions", case["body"])
    assert request.headers == {"Content-Type": "application/json"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["about"])
def test_an_answer_is_read_as_written_down(case):
    """Words as they came, data where they are data, and what the tokens cost."""
    card, expected = Provider().card(case["model"], case.get("settings", {})), case["said"]
    answer = Answer(200, {"x-request-id": "req_1"}, json.dumps(case["reply"]).encode())
    said = dialect.decode(card, asked(case), answer)
    assert (said.text, said.data) == (expected["text"], expected["data"])
    usage = said.usage
    assert (usage.tokens_in, usage.tokens_out) == (expected["tokens_in"], expected["tokens_out"])
    assert usage.dollars == pytest.approx(expected["dollars"], abs=1e-12)
    assert usage.request_id == "req_1"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (choice(content=[{"type": "text", "text": '{"a"'}, {"type": "text", "text": ": 1}"}]), '{"a": 1}'),
        (choice(content={"a": 1}), '{"a":1}'),
        (choice(content=[{"type": "reasoning"}, "x", {"text": 5}, {"text": '{"a": 1}'}]), '{"a": 1}'),
        (choice(content=None, tool_calls=[{"function": {"name": "f", "arguments": '{"a": 1}'}}]), '{"a": 1}'),
        (choice("tool_calls", content="", tool_calls=[{"function": {"arguments": {"a": 1}}}]), '{"a":1}'),
        (choice(content='{"a": 1}', tool_calls=[{"function": {"arguments": "{}"}}]), '{"a": 1}'),
        (choice("length", content=None), ""),
        (choice(content="", tool_calls="odd"), ""),
        (choice(content="", tool_calls=[{"function": 1}, 2, {"function": {"arguments": None}}]), ""),
        ({"choices": [{"finish_reason": "stop"}]}, ""),
        ({"choices": [{"message": {"content": "x"}}, {"message": {"content": "y"}}]}, "x"),
    ],
)
def test_an_answer_in_another_form_is_an_answer(body, text):
    """In parts, as an object, as the call of a tool; what holds no words says none."""
    said = heard(body)
    assert said.text == text
    assert said.data == ({"a": 1} if "1" in text else None)


STREAM = (
    b': keep-alive\r\n\r\ndata: {"choices": [{"delta": {"role": "assistant", "content": ""}}]}\r\n\r\n'
    b'data: {"choices": [{"delta": {"content": "{\\"a\\""}}]}\r\n\r\n'
    b'data: {"choices": [{"delta": {"content": ": 1}"}}]}\n\n'
    b'data: {"choices": [{"delta": {}, "finish_reason": "REASON"}]}\n\n'
    b'data: {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4}}\n\ndata: [DONE]\n\n'
)


def test_an_answer_in_pieces_is_put_together():
    """Some servers stream whatever they are asked; it was paid for."""
    said = heard(STREAM)
    assert (said.text, said.data) == ('{"a": 1}', {"a": 1})
    assert (said.usage.tokens_in, said.usage.tokens_out) == (9, 4)
    with pytest.raises(Refused):
        heard(STREAM.replace(b"REASON", b"content_filter"))


@pytest.mark.parametrize(
    "body",
    [
        b"data: [DONE]\n\n",
        b"event: ping\n\n",
        STREAM[:130],
        b'data: {"error": {"message": "engine died", "code": 500}}\n\ndata: [DONE]\n\n',
    ],
)
def test_pieces_that_make_no_answer_are_told(body):
    """Cut short, empty, or broken off by an error of the engine."""
    with pytest.raises(Broken):
        heard(body)


@pytest.mark.parametrize(
    ("body", "code", "stage"),
    [
        (choice(refusal="I cannot help with that.", content=None), "refusal", "prompt"),
        (choice(refusal=["no"], content="{}"), "refusal", "prompt"),
        (choice("content_filter", content="half an ans"), "content_filter", "output"),
    ],
)
def test_a_refusal_is_not_an_answer(body, code, stage):
    """It has a field of its own, or the reason why the answer ends."""
    with pytest.raises(Refused) as raised:
        heard(body)
    assert (raised.value.code, raised.value.stage) == (code, stage)


@pytest.mark.parametrize(
    ("error", "raises"),
    [
        ({"message": "slow down", "code": 429}, Busy),
        ({"message": "no credit", "code": "402"}, OutOfQuota),
        ({"message": "broke", "code": "insufficient_quota"}, OutOfQuota),
        ({"message": "no", "code": "content_filter"}, Refused),
        ({"message": "wrong", "code": 400}, Invalid),
        ({"message": "who?", "code": 401}, NotSetUp),
        ({"message": "down", "code": 503}, Broken),
    ],
)
def test_an_error_within_a_success_is_the_error(error, raises):
    """Some gateways answer 200 and tell what happened in the body."""
    with pytest.raises(raises):
        heard({"error": error})


@pytest.mark.parametrize("body", [{"error": {"message": "odd"}}, {"error": "odd"}, {"choices": []}, {}, []])
def test_a_success_without_an_answer_was_paid_for(body):
    """Nobody knows what became of it."""
    with pytest.raises(Broken) as raised:
        heard(body)
    assert raised.value.unsure


@pytest.mark.parametrize(
    "usage",
    [
        None,
        [],
        "many",
        {"prompt_tokens": None},
        {"prompt_tokens": -1, "completion_tokens": 1},
        {"prompt_tokens": 10**40},
        {"prompt_tokens": 0, "completion_tokens": 0},
    ],
)
def test_money_is_the_estimate_where_tokens_are_not_told(usage):
    """Not told, or told so that they cannot be believed."""
    said = heard({**choice(content="{}"), "usage": usage})
    assert said.usage.dollars == estimate(CARD, ASK) > 0


@pytest.mark.parametrize("ask", [Draw(prompt="x"), See(images=())])
def test_what_cannot_be_asked_is_not_sent(ask):
    """A drawing, and a question about nothing."""
    with pytest.raises(Invalid):
        dialect.encode(CARD, ask, read)


@given(st.integers(201, 599) | st.just(200), st.binary() | st.text().map(str.encode))
def test_no_answer_is_beyond_the_errors(status, body):
    """Whatever bytes come with whatever status, the outcome is one that the engine knows."""
    with pytest.raises(ModelError):
        heard(body, status)


names = st.sampled_from(
    [
        *("choices", "message", "delta", "content", "refusal", "tool_calls", "function", "arguments"),
        *("finish_reason", "usage", "prompt_tokens", "error", "code", "text"),
    ]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
)
messages = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("content", "refusal", "tool_calls"), json_values)
)


@given(st.sampled_from([200, 400, 429, 500]), st.dictionaries(names, json_values), messages, json_values)
def test_no_json_is_beyond_the_errors(status, said, message, reason):
    """The same for answers in the right form with the wrong things in it, whole and in pieces."""
    whole = {**said, "choices": [{"message": message, "finish_reason": reason}]}
    piece = {"choices": [{"delta": message, "finish_reason": reason}]}
    for body in (said, whole, b"data: " + json.dumps(piece).encode() + b"\n\n"):
        try:
            assert isinstance(heard(body, status), Said)
        except ModelError:
            continue
