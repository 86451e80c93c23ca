"""Bedrock's families against bodies written down by hand from Amazon's documents, in both directions."""

import json
from base64 import b64decode, b64encode
from importlib import import_module
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram import faults
from photogram.data import Ask, Draw, Edit, Embed, See
from photogram.dialect import Answer
from photogram.faults import Invalid
from photogram.pixels.codecs import decode_whole, encode_png
from photogram.problems.bedrock import problem
from photogram.providers.bedrock import Provider, dialect, invoked
from photogram.schemas import MOST_PARTS
from photogram.store import blob_of
from photogram.terms import estimate
from tests.bedrock import JPEG, PICTURE, cleared, grey, left, mask
from tests.conftest import PNG

GOLDEN = Path(__file__).parent / "golden" / "bedrock"
NAMED = {
    "picture": PICTURE,
    "jpeg": JPEG,
    "white at the left": mask(left()),
    "black at the left": mask(~left()),
    "see-through at the left": cleared(left()),
    "right of the picture": encode_png(np.ascontiguousarray(grey()[:, 200:])),
    "png": PNG,
}
STORE = {blob_of(data): data for data in NAMED.values()}
PIXELS = {decode_whole(data).tobytes(): name for name, data in NAMED.items()}


def cases(*files):
    return [
        pytest.param(case, id=f"{file}-{case.get('about') or case['error']}"[:70])
        for file in files
        for case in json.loads((GOLDEN / f"{file}.json").read_text("utf-8"))
    ]


def filled(value, put):
    """What was written down, with what stands for its pictures in place of their names."""
    if isinstance(value, dict):
        return {key: filled(part, put) for key, part in value.items()}
    if isinstance(value, list):
        return [filled(part, put) for part in value]
    name = value.strip("<>") if isinstance(value, str) and value.startswith("<") else ""
    return put(NAMED[name]) if name in NAMED else value


def named(value):
    """A body with names in place of its pictures, told by their pixels."""
    if isinstance(value, dict):
        return {key: named(part) for key, part in value.items()}
    if isinstance(value, list):
        return [named(part) for part in value]
    if not isinstance(value, str) or len(value) < 100:
        return value
    _, comma, data = value.rpartition(",")
    try:
        pixels = decode_whole(b64decode(data, validate=True))
    except (ValueError, faults.Malformed):
        return value
    grey = pixels.tobytes() if pixels.shape[2:] != (1,) else pixels[..., 0].tobytes()
    return f"<{'data:' if comma else ''}{PIXELS[grey]}>"


def card_of(case):
    return Provider().card(case["model"], {})


def ask_of(case):
    return msgspec.convert(filled(case["ask"], lambda data: msgspec.to_builtins(blob_of(data))), Ask)


def spoken(case):
    """The dialect of a case: that of its card, or one that is used for jobs alone."""
    name = case.get("dialect")
    return import_module(f"photogram.dialects.{name}") if name else dialect(card_of(case))


ALL = ("stability", "amazon_images", "seeing", "embeddings")


@pytest.mark.parametrize("case", cases(*ALL))
def test_an_ask_is_said_as_written_down(case):
    """What goes over the wire is what the documents say and nothing besides."""
    request = spoken(case).encode(card_of(case), ask_of(case), STORE.__getitem__)
    assert named(json.loads(request.body)) == case["body"]
    assert request.path == case.get("path", "/invoke")


@pytest.mark.parametrize("case", cases(*ALL))
def test_a_reply_is_read_as_written_down(case):
    """Pictures, words, data and vectors, and what they took; or the error that an answer amounts to."""
    body = json.dumps(filled(case["reply"], lambda data: b64encode(data).decode())).encode()
    answer = Answer(200, {"x-amzn-requestid": "req-1", **case.get("headers", {})}, body)
    found = dict(case["found"])
    if error := found.pop("error", None):
        with pytest.raises(getattr(faults, error)) as raised:
            spoken(case).decode(card_of(case), ask_of(case), answer)
        assert {name: getattr(raised.value, name) for name in found} == found
        return
    reply = spoken(case).decode(card_of(case), ask_of(case), answer)
    assert reply.usage.request_id == "req-1"
    assert len(getattr(reply, "images", ())) == (found.pop("images", 0) if hasattr(reply, "images") else 0)
    for name, expected in found.items():
        place = reply.usage if hasattr(reply.usage, name) else reply
        said = getattr(place, name)
        assert (list(said) if name == "vector" else said) == (
            pytest.approx(expected) if name == "dollars" else expected
        )


@pytest.mark.parametrize("case", cases("errors"))
def test_every_other_answer_is_one_of_the_errors(case):
    """The table of what may go wrong: which error, and what it says of waiting, money and remedies."""
    body = json.dumps(case["body"]).encode() if "body" in case else case["text"].encode()
    with pytest.raises(getattr(faults, case["error"])) as raised:
        dialect(CORE).decode(CORE, Draw(prompt="x"), Answer(case["status"], case["headers"], body))
    for name in ("code", "stage", "after", "unsure"):
        if name in case:
            assert getattr(raised.value, name) == case[name]
    assert case.get("do", "") in raised.value.do
    assert "stable-image-core" in raised.value.what


CORE = Provider().card("stable-image-core", {})


@pytest.mark.parametrize("status", [200, 400, 403, 404, 429, 500])
@pytest.mark.parametrize(
    "secret",
    [
        "Bearer hunter2",
        "Credential=hunter2/20261124/us-west-2",
        "Signature=hunter2",
        "X-Amz-Security-Token: hunter2",
        "AKIAHUNTER2HUNTER2",
    ],
)
def test_a_key_that_a_server_repeats_is_not_repeated(status, secret):
    """Errors end up in ledgers and logs, and keys must not."""
    said = json.dumps({"message": f"The request with {secret} is wrong"}).encode()
    with pytest.raises(faults.ModelError) as raised:
        dialect(CORE).decode(CORE, Draw(prompt="x"), Answer(status, {}, said))
    assert "hunter2" not in str(raised.value).lower()


def test_a_dead_model_names_the_living_one():
    """Where the service says that a model is gone, the card knows what takes its place."""
    gone = Answer(404, {"x-amzn-errortype": "ResourceNotFoundException"}, b'{"message": "end of its life"}')
    error = problem(Provider().card("nova-canvas", {}), gone)
    assert "bedrock:stability.stable-image-ultra-v1:1" in error.do


# -------------------------------------------------------------- what cannot be asked

EMPTY = Edit(kind="inpaint", images={}, prompt="x")
SHOWN = {"image": blob_of(PICTURE)}
MIDDLE = np.zeros((480, 640), bool)
MIDDLE[200:300, 200:300] = True
HOLE = blob_of(mask(MIDDLE))
STORE[HOLE] = mask(MIDDLE)


@pytest.mark.parametrize(
    ("model", "ask", "told"),
    [
        ("stable-image-core", Draw(prompt=" "), "prompt is empty"),
        ("stable-image-core", See(images=()), "makes pictures"),
        ("stable-image-style-guide", Draw(prompt="x"), "is given none"),
        ("stable-image-inpaint", EMPTY, "is given none"),
        ("stable-image-inpaint", Edit(kind="inpaint", images=SHOWN), "prompt is empty"),
        ("stable-outpaint", Edit(kind="outpaint", images=SHOWN), "left, right, up, down"),
        ("stable-outpaint", Edit(kind="outpaint", images=SHOWN, mask=HOLE), "goes into it"),
        ("stable-image-search-replace", Edit(kind="replace", images=SHOWN, prompt="x"), "search_prompt"),
        ("stable-style-transfer", Edit(kind="restyle", images=SHOWN), "`style`"),
        ("nova-canvas", Edit(kind="inpaint", images=SHOWN, prompt="x"), "maskPrompt"),
        ("nova-canvas", Edit(kind="try on", images=SHOWN), "`garment`"),
        ("nova-canvas", EMPTY, "is given none"),
        ("nova-canvas", Draw(prompt="x" * 600, negative="y" * 500), "1100"),
        ("nova-canvas", Embed(text="x"), "makes pictures"),
        ("nova-canvas", Edit(kind="upscale", images=SHOWN), "cannot upscale"),
        ("nova-canvas", Edit(kind="inpaint", images=SHOWN, mask=blob_of(PNG), prompt="x"), "mask"),
        ("nova-lite", Draw(prompt="x"), "looks at pictures"),
        ("nova-lite", See(images=()), "shown nothing"),
        ("titan-embed-text", Embed(image=blob_of(PICTURE)), "texts alone"),
        ("titan-embed-image", Embed(), "neither"),
        ("nova-2-multimodal-embeddings", Embed(text="x", image=blob_of(PICTURE)), "one of them"),
        ("embed-v4", Embed(), "one of them"),
        ("embed-v4", Draw(prompt="x"), "makes vectors"),
    ],
)
def test_what_cannot_be_asked_is_not_sent(model, ask, told):
    """An ask a family has no words for is wrong before it costs anything."""
    card = Provider().card(model, {})
    with pytest.raises(Invalid, match=told):
        dialect(card).encode(card, ask, STORE.__getitem__)


@pytest.mark.parametrize("model", ["nova-lite", "claude-haiku-4-5"])
def test_jobs_have_no_words_for_anything_but_seeing(model):
    """The bodies that jobs are made of are those of models that see."""
    card = Provider().card(model, {})
    for ask, told in ((Draw(prompt="x"), "looks at pictures"), (See(images=()), "shown nothing")):
        with pytest.raises(Invalid, match=told):
            invoked(card).encode(card, ask, STORE.__getitem__)


TREE = {"$defs": {"a": {"properties": {"b": {"$ref": "#/$defs/a"}}}}, "$ref": "#/$defs/a"}
FREE = {"type": "object", "properties": {"counts": {"type": "object"}}}


@pytest.mark.parametrize("schema", [TREE, FREE], ids=["refers to itself", "fields of any name"])
@pytest.mark.parametrize("how", [dialect, invoked], ids=["conversed", "invoked"])
def test_a_schema_that_cannot_be_said_is_told_otherwise(schema, how):
    """To a tool that nobody holds the model to; or, where it is held to a schema, in words instead."""
    see = See(images=(blob_of(JPEG),), prompt="x", schema=schema)
    nova, claude = (Provider().card(model, {}) for model in ("nova-lite", "claude-haiku-4-5"))
    tool = json.loads(how(nova).encode(nova, see, STORE.__getitem__).body)["toolConfig"]
    assert tool["tools"][0]["toolSpec"]["inputSchema"]["json"] == schema
    told = json.loads(how(claude).encode(claude, see, STORE.__getitem__).body)
    assert not {"outputConfig", "output_config", "toolConfig"} & set(told)
    assert json.dumps(schema, separators=(",", ":")) in told["messages"][0]["content"][1]["text"]


def test_a_picture_is_named_by_its_bytes():
    """The word for JPEG is jpeg, whatever a file is called; and what is no picture is not sent."""
    card = Provider().card("nova-lite", {})
    text = msgspec.structs.replace(blob_of(JPEG), media_type="text/plain")
    with pytest.raises(Invalid, match="text/plain"):
        dialect(card).encode(card, See(images=(text,)), STORE.__getitem__)


# ------------------------------------------------------------------- any answer at all

MODELS = {
    "stable-image-core": Draw(prompt="x"),
    "nova-canvas": Draw(prompt="x"),
    "nova-lite": See(images=()),
    "titan-embed-image": Embed(text="x"),
    "nova-2-multimodal-embeddings": Embed(text="x"),
    "embed-v4": Embed(text="x"),
}
FAMILIES = [(dialect, model) for model in MODELS] + [(invoked, "claude-haiku-4-5")]


@given(
    st.sampled_from(FAMILIES), st.integers(201, 599) | st.just(200), st.binary() | st.text().map(str.encode)
)
def test_no_answer_is_beyond_the_errors(family, status, body):
    """Whatever bytes come with whatever status, the outcome is one that the engine knows."""
    how, model = family
    card = Provider().card(model, {})
    with pytest.raises(faults.ModelError):
        how(card).decode(card, MODELS.get(model, See(images=())), Answer(status, {}, body))


words = st.sampled_from(
    [
        *("images", "seeds", "finish_reasons", "error", "message", "output", "content", "text", "toolUse"),
        *("input", "stopReason", "usage", "inputTokens", "embedding", "embeddings", "float", "stop_reason"),
    ]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
)


@given(
    st.sampled_from(FAMILIES),
    st.sampled_from([200, 400, 429, 500]),
    st.dictionaries(words, values),
    st.dictionaries(
        st.sampled_from(["x-amzn-errortype", "x-amz-retry-after", "x-amzn-bedrock-input-token-count"]),
        st.text("0123456789x:-. "),
    ),
)
def test_no_json_is_beyond_the_errors(family, status, said, headers):
    """The same for answers in the right form with the wrong things in it."""
    how, model = family
    card = Provider().card(model, {})
    for body in (said, {"output": {"message": said}, **said}, [said]):
        try:
            reply = how(card).decode(
                card, MODELS.get(model, See(images=())), Answer(status, headers, json.dumps(body).encode())
            )
        except faults.ModelError:
            continue
        assert reply.usage.dollars >= 0


@pytest.mark.parametrize("usage", [None, "many", {"inputTokens": -5}, {"input_tokens": "x"}, {}])
def test_an_answer_that_does_not_count_is_booked_at_what_it_should_cost(usage):
    """What was paid for is kept, and a price that is not known must not count as nothing."""
    message = {"role": "assistant", "content": [{"text": "A car."}]}
    bodies = [
        (dialect, {"output": {"message": message}, "stopReason": "end_turn", "usage": usage}),
        (invoked, {"content": [{"text": "A car."}], "stop_reason": "end_turn", "usage": usage}),
    ]
    card, see = Provider().card("claude-haiku-4-5", {}), See(images=(blob_of(JPEG),), prompt="x")
    for how, body in bodies:
        said = how(card).decode(card, see, Answer(200, {}, json.dumps(body).encode()))
        assert (said.text, said.usage.dollars) == ("A car.", estimate(card, see))


def test_the_largest_schema_is_still_a_body():
    """What the projection allows can be written down."""
    fields = {f"f{number}": {"type": "string"} for number in range(MOST_PARTS - 1)}
    card = Provider().card("nova-lite", {})
    see = See(images=(blob_of(JPEG),), schema={"type": "object", "properties": fields})
    assert len(dialect(card).encode(card, see, STORE.__getitem__).body) > 100_000
