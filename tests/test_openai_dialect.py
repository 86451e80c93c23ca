"""OpenAI's dialect of pictures against bodies written down by hand, in both directions."""

import json
from base64 import b64encode
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram import faults
from photogram.data import Draw, Edit, See
from photogram.dialect import Answer
from photogram.dialects import openai_images as dialect
from photogram.pixels import codecs, masks
from photogram.problems.openai import problem
from photogram.providers.openai import Provider
from photogram.store import blob_of
from photogram.terms import estimate

from .forms import fields, files

GOLDEN = Path(__file__).parent / "golden" / "openai"
GENERATIONS = json.loads((GOLDEN / "generations.json").read_text("utf-8"))
EDITS = json.loads((GOLDEN / "edits.json").read_text("utf-8"))
ERRORS = json.loads((GOLDEN / "errors.json").read_text("utf-8"))
CARD = Provider().card("gpt-image-2", {})
ASK = Draw(prompt="a red car")
LISTED = estimate(CARD, ASK)


def unread(blob):
    raise AssertionError(f"no ask here holds {blob}")


def picture(width, height):
    return codecs.encode_png(np.full((height, width, 3), 90, np.uint8))


def mask(width, height):
    """White in a square."""
    region = np.zeros((height, width), np.uint8)
    region[8:24, 8:24] = 255
    return masks.encode(region)


STORE = {
    "large": picture(1024, 768),
    "large mask": mask(1024, 768),
    "small": picture(64, 48),
    "small mask": mask(64, 48),
    "gif": b"GIF89a",
    "none": b"no picture",
    "cut": picture(64, 48)[:20],
}
BLOBS = {name: blob_of(data) for name, data in STORE.items()}


def read(blob):
    return next(data for name, data in STORE.items() if BLOBS[name] == blob)


def asked(ask):
    """An ask whose pictures are named by what is in the store."""
    made = dict(ask)
    if "images" in ask:
        made["images"] = {role: BLOBS[name] for role, name in ask["images"].items()}
    if "mask" in ask:
        made["mask"] = BLOBS[ask["mask"]]
    if "references" in ask:
        made["references"] = tuple(BLOBS[name] for name in ask["references"])
    return {"edit": Edit, "draw": Draw}[made.pop("type")](**made)


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
    assert (usage.images, usage.tokens_in, usage.tokens_out, usage.request_id) == (
        expected["images"],
        expected["tokens_in"],
        expected["tokens_out"],
        "req_1",
    )
    assert usage.dollars == pytest.approx(expected["dollars"], abs=1e-12)
    assert picture.made == expected["made"]
    assert list(picture.links) == expected["links"]
    assert len(picture.images) + len(picture.links) == expected["images"]


@pytest.mark.parametrize("case", EDITS, ids=lambda case: case["about"])
def test_an_edit_is_said_as_written_down(case):
    """Every field and every file of the form, in the order they go."""
    ask = asked(case["ask"])
    request = dialect.encode(Provider().card(case["model"], {}), ask, read)
    kind = request.headers["Content-Type"]
    assert (request.path, fields(kind, request.body)) == ("/images/edits", case["fields"])
    sent = files(kind, request.body)
    assert [(name, media) for name, media, _ in sent] == [(name, media) for name, media, _ in case["files"]]
    for (_, _, data), (_, _, what) in zip(sent, case["files"], strict=True):
        assert data == (
            masks.as_alpha(codecs.decode(read(ask.mask))[..., 0]) if what == "clear" else STORE[what]
        )


@pytest.mark.parametrize("case", EDITS, ids=lambda case: case["about"])
def test_an_edit_is_paid_as_written_down(case):
    """By the tokens where they are told, those of pictures at their own price; else by the picture."""
    card, body = Provider().card(case["model"], {}), json.dumps(case["reply"]).encode()
    found = dialect.decode(card, asked(case["ask"]), Answer(200, {}, body))
    assert found.usage.dollars == pytest.approx(case["dollars"], abs=1e-9)
    assert found.images == (b"\x89PNG\r\n\x1a\n",)


def test_a_mask_over_the_limit_is_not_sent():
    """Only noise over a large picture comes to that; half as much goes."""
    noise = np.random.default_rng(1).integers(0, 2, (2160, 3840), np.uint8) * np.uint8(255)
    for height in (600, 2160):
        store = [picture(3840, height), masks.encode(noise[:height])]
        image, where = map(blob_of, store)
        ask = Edit(kind="inpaint", images={"image": image}, mask=where, prompt="x")
        told = {blob_of(data): data for data in store}
        if height == 600:
            assert len(dialect.encode(CARD, ask, told.get).body) > 1_000_000
        else:
            with pytest.raises(faults.Invalid, match="simpler"):
                dialect.encode(CARD, ask, told.get)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"images": {"style": "small"}}, "none is named `image`"),
        ({"images": {"image": "gif"}}, "image/gif"),
        ({"images": {"image": "none"}}, "application/octet-stream"),
        ({"images": {"image": "cut"}}, "cut short"),
        ({"mask": "large mask"}, "1024x768"),
        ({"mask": "none"}, "cannot be read"),
        ({"prompt": "  ", "kind": "restyle"}, "the prompt is empty"),
        ({"options": {"moderation": "low"}}, "moderation"),
    ],
)
def test_an_edit_that_cannot_be_asked_is_not_sent(change, said):
    """Told as what is wrong with the ask, before it costs anything."""
    ask = {
        "type": "edit",
        "kind": "inpaint",
        "prompt": "x",
        "images": {"image": "small"},
        "mask": "small mask",
    }
    ask |= change
    if ask["kind"] == "restyle":
        del ask["mask"]
    with pytest.raises(faults.Invalid, match=said):
        dialect.encode(CARD, asked(ask), read)


def test_a_picture_over_the_limit_is_not_sent():
    """Nor read: its handle tells its size."""
    large = msgspec.structs.replace(BLOBS["small"], size=50_000_001)
    with pytest.raises(faults.Invalid, match="50,000,001"):
        dialect.encode(CARD, Edit(kind="vary", images={"image": large}), unread)


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
    assert case.get("says", "gpt-image-2") in raised.value.what
    assert "gpt-image-2" in raised.value.what


def test_a_picture_in_its_own_address_is_taken_from_there():
    """Some servers answer with an address that holds the bytes."""
    image = b64encode(STORE["small"]).decode()
    for url in (f"data:image/png;base64,{image}", f"data:;base64,{image}"):
        found = dialect.decode(CARD, ASK, Answer(200, {}, json.dumps({"data": [{"url": url}]}).encode()))
        assert (found.images, found.links) == ((STORE["small"],), ())
    with pytest.raises(faults.Broken) as raised:
        dialect.decode(CARD, ASK, Answer(200, {}, json.dumps({"data": [{"url": url[:-3] + "*"}]}).encode()))
    assert raised.value.unsure


@pytest.mark.parametrize(
    ("usage", "dollars"),
    [
        ({"input_tokens": 100, "output_tokens": 1000}, 0.0305),
        ({"input_tokens": 100, "output_tokens": 1000, "input_tokens_details": {"image_tokens": 60}}, 0.03068),
        ({"input_tokens": 100, "output_tokens": 1000, "input_tokens_details": {"image_tokens": 200}}, 0.0308),
        ({"input_tokens": 100, "output_tokens": 1000, "input_tokens_details": {}}, 0.0305),
        ({"input_tokens": 100, "output_tokens": 0}, LISTED),
        ({"input_tokens": -100, "output_tokens": 1000}, LISTED),
        ({"input_tokens": 100, "output_tokens": 10**30}, LISTED),
        ({"input_tokens": "many"}, LISTED),
        (None, LISTED),
        ([], LISTED),
    ],
)
def test_money_is_counted_by_tokens_that_can_be_believed(usage, dollars):
    """And by the list where they cannot: never less than nothing, never a fortune."""
    body = {"data": [{"b64_json": "iVBORw0KGgo="}], "usage": usage}
    found = dialect.decode(CARD, ASK, Answer(200, {}, json.dumps(body).encode()))
    assert found.usage.dollars == pytest.approx(dollars)


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
    assert picture.usage.dollars == pytest.approx(3 * 0.006, abs=0.0001)


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
    assert (picture.made, picture.usage.dollars) == ({}, LISTED)
