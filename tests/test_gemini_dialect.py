"""Gemini's dialects against bodies written down by hand, in both directions."""

import io
import json
import math
from base64 import b64encode, urlsafe_b64encode
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from photogram import faults
from photogram.data import Ask, Blob, Draw, Edit, Embed, See
from photogram.dialect import Answer
from photogram.dialects import gemini, gemini_embeddings
from photogram.problems.gemini import problem
from photogram.providers.gemini import DIALECTS, Provider

GOLDEN = Path(__file__).parent / "golden" / "gemini"


def golden(name):
    return json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))


PICTURES, WORDS, VECTORS, ERRORS = map(golden, ("pictures", "words", "vectors", "errors"))
PNG = b"\x89PNG\r\n\x1a\n"
CARD = Provider().card("gemini-nano-banana-2.1", {})
SEER = Provider().card("gemini-3.5-flash-lite", {})
POINTER = Provider().card("gemini-embedding-001", {})
DRAW, SEE, EMBED = Draw(prompt="a red car"), See(images=()), Embed(text="a red car")


def png(width, height, mode="RGB"):
    file = io.BytesIO()
    Image.new(mode, (width, height)).save(file, "PNG")
    return file.getvalue()


FILES = {"red": png(300, 200), "odd": png(500, 250), "mask": png(300, 200, "L")}


def blob(name):
    return {"sha256": name, "media_type": "image/png", "size": len(FILES[name])}


def read(handle):
    return FILES[handle.sha256]


def unread(handle):
    raise AssertionError(f"no ask here holds {handle}")


def ask_of(case):
    """The ask of a golden case, its pictures named by what stands in FILES."""
    ask = dict(case["ask"])
    for name in ("references", "images"):
        if isinstance(ask.get(name), list):
            ask[name] = [blob(one) for one in ask[name]]
        elif name in ask:
            ask[name] = {role: blob(one) for role, one in ask[name].items()}
    ask |= {name: blob(ask[name]) for name in ("mask", "image") if name in ask}
    return msgspec.convert(ask, Ask)


def body_of(case):
    """The body of a golden case, with the pictures in it as they go over the wire."""
    text = json.dumps(case["body"])
    for name, data in FILES.items():
        text = text.replace(f"<{name}>", b64encode(data).decode())
    return json.loads(text)


def card_of(case):
    return Provider().card(case["model"], {})


# -------------------------------------------------------------------------- as written down


@pytest.mark.parametrize("case", [*PICTURES, *WORDS, *VECTORS], ids=lambda case: case["about"])
def test_an_ask_is_said_as_written_down(case):
    """What goes over the wire is what the documents say and nothing besides."""
    card = card_of(case)
    request = DIALECTS[card.family].encode(card, ask_of(case), read)
    assert (request.path, json.loads(request.body)) == (case["path"], body_of(case))


@pytest.mark.parametrize("case", PICTURES, ids=lambda case: case["about"])
def test_a_picture_is_read_as_written_down(case):
    """Sketches are left out; tokens of pictures, of words and of thinking are booked at their prices."""
    answer = Answer(200, {}, json.dumps(case["reply"]).encode())
    picture = gemini.decode(card_of(case), ask_of(case), answer)
    usage, expected = picture.usage, case["picture"]
    assert picture.images == (PNG,) * expected["images"]
    assert (usage.images, usage.tokens_in, usage.tokens_out, usage.request_id, picture.made) == (
        expected["images"],
        expected["tokens_in"],
        expected["tokens_out"],
        expected["request_id"],
        expected["made"],
    )
    assert usage.dollars == pytest.approx(expected["dollars"], abs=1e-9)


@pytest.mark.parametrize("case", WORDS, ids=lambda case: case["about"])
def test_words_are_read_as_written_down(case):
    """The text as it came, as data where it is, and what it took, thinking included."""
    answer = Answer(200, {}, json.dumps(case["reply"]).encode())
    said, expected = gemini.decode(card_of(case), ask_of(case), answer), case["said"]
    usage = said.usage
    assert (said.text, said.data, usage.tokens_in, usage.tokens_out) == (
        expected["text"],
        expected["data"],
        expected["tokens_in"],
        expected["tokens_out"],
    )
    assert usage.dollars == pytest.approx(expected["dollars"], abs=1e-9)


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: f"{case['status']}-{case['error']}")
def test_every_other_answer_is_one_of_the_errors(case):
    """The table of what may go wrong: which error, and what it says of waiting and of money."""
    body = json.dumps(case["body"]).encode() if "body" in case else case["text"].encode()
    with pytest.raises(getattr(faults, case["error"])) as raised:
        gemini.decode(CARD, DRAW, Answer(case["status"], case.get("headers", {}), body))
    for name in ("code", "stage", "after", "unsure", "attempts"):
        if name in case:
            assert getattr(raised.value, name) == case[name]
    assert case.get("do", "") in raised.value.do
    assert CARD.name in raised.value.what


# ------------------------------------------------------------------------------- pictures


def answered(*parts, reason="STOP", **more):
    said = {"candidates": [{"content": {"parts": parts}, "finishReason": reason}], **more}
    return Answer(200, {}, json.dumps(said).encode())


def drawn(data=PNG):
    return {"inlineData": {"mimeType": "image/png", "data": b64encode(data).decode()}}


def test_all_pictures_are_kept_and_what_was_held_back_is_said():
    """How many come is up to the model; a filter's word beside a picture does not lose the picture."""
    picture = gemini.decode(CARD, DRAW, answered(drawn(), drawn(PNG + b"2"), reason="IMAGE_SAFETY"))
    assert picture.images == (PNG, PNG + b"2")
    assert (picture.refused, picture.usage.images) == ("IMAGE_SAFETY", 2)


@pytest.mark.parametrize("alphabet", [b64encode, urlsafe_b64encode])
@pytest.mark.parametrize("padded", [True, False])
def test_base64_is_read_in_both_alphabets(alphabet, padded):
    """proto3 allows either, with its padding or without."""
    data = PNG + bytes(range(256)) + b"\xfb\xff"
    text = alphabet(data).decode()
    part = {"inlineData": {"data": text if padded else text.rstrip("=")}}
    assert gemini.decode(CARD, DRAW, answered(part)).images == (data,)


@pytest.mark.parametrize("spoil", ["!", "é", "\n", "="])
def test_what_is_no_base64_is_no_picture(spoil):
    """Junk within it is not passed over: the bytes around it would fill a cell with a broken picture."""
    text = b64encode(PNG).decode()
    with pytest.raises(faults.Broken) as raised:
        gemini.decode(CARD, DRAW, answered({"inlineData": {"data": f"{text[:4]}{spoil}{text[4:]}"}}))
    assert raised.value.unsure


@pytest.mark.parametrize("usage", [{"promptTokenCount": "many"}, [1], "none", None])
def test_counts_that_are_none_do_not_lose_the_picture(usage):
    """What was paid for is kept, and booked as it was estimated."""
    picture = gemini.decode(CARD, DRAW, answered(drawn(), usageMetadata=usage))
    assert picture.usage.dollars == pytest.approx(0.0336, abs=1e-4)


def test_a_picture_whose_size_nobody_asked_for_is_booked_by_what_came():
    """An edit is estimated as the dearest, and paid by the tokens of what was made."""
    counts = {
        "candidatesTokenCount": 1120,
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}],
    }
    edit = ask_of(PICTURES[4])
    picture = gemini.decode(
        CARD, msgspec.structs.replace(edit, options={}), answered(drawn(), usageMetadata=counts)
    )
    assert picture.usage.dollars == pytest.approx(0.0336)


@pytest.mark.parametrize(
    ("model", "ask"),
    [
        ("gemini-nano-banana-2.1", Draw(prompt=" ")),
        ("gemini-nano-banana-2.1", Draw(prompt="x", width=800, height=400)),
        ("gemini-nano-banana-2.1", Edit(kind="vary", images={})),
        ("gemini-nano-banana-2.1", Edit(kind="inpaint", images={"image": Blob(**blob("red"))})),
        ("gemini-nano-banana-2.1", EMBED),
        ("gemini-embedding-001", Embed()),
        ("gemini-embedding-001", Embed(image=Blob(**blob("red")))),
        ("gemini-embedding-2", Draw(prompt="x")),
    ],
)
def test_what_cannot_be_asked_is_not_sent(model, ask):
    """An ask these models have no words for is wrong before it costs anything."""
    card = Provider().card(model, {})
    with pytest.raises(faults.Invalid):
        DIALECTS[card.family].encode(card, ask, read)


def test_a_picture_to_edit_that_is_none_is_invalid():
    """What lies in the store may be damaged."""
    handle = Blob(sha256="x", media_type="image/png", size=1)
    with pytest.raises(faults.Invalid, match="picture to edit"):
        gemini.encode(CARD, Edit(kind="vary", images={"image": handle}), lambda _: b"no picture")


def test_braces_in_a_prompt_are_letters():
    """What a person writes is not filled in."""
    edit = Edit(kind="replace", images={"image": Blob(**blob("red"))}, prompt="{place}", mask_prompt="{x}")
    text = json.loads(gemini.encode(CARD, edit, read).body)["contents"][0]["parts"][-1]["text"]
    assert text.startswith("Replace {x} in picture 1.\n{place}\n")


# -------------------------------------------------------------------------------- vectors


def pointed(*vectors, **more):
    said = {"embeddings": [{"values": vector} for vector in vectors], **more}
    return Answer(200, {}, json.dumps(said).encode())


def test_a_vector_comes_out_one_long():
    """What was cut short by the older model is made whole again; its direction stays."""
    point = gemini_embeddings.decode(
        POINTER, EMBED, pointed([3.0, 4.0], usageMetadata={"promptTokenCount": 4})
    )
    assert point.vector == (0.6, 0.8)
    assert (point.usage.tokens_in, point.usage.dollars) == (4, pytest.approx(4 * 0.15e-6))


def test_a_picture_is_sold_by_the_piece():
    """Whatever it counts as in tokens."""
    card, ask = Provider().card("gemini-embedding-2", {}), Embed(image=Blob(**blob("red")))
    point = gemini_embeddings.decode(card, ask, pointed([1.0], usageMetadata={"promptTokenCount": 258}))
    assert (point.usage.images, point.usage.dollars) == (1, 0.00012)


@pytest.mark.parametrize(
    "answer",
    [
        pointed(),
        pointed([1.0], [1.0]),
        pointed([]),
        pointed([0.0, 0.0]),
        pointed([1.0, 0.0, 0.0]),
        Answer(200, {}, b"{}"),
        Answer(200, {}, b"<html>"),
    ],
)
def test_a_vector_that_is_none_may_have_been_paid_for(answer):
    """None, two, an empty one, one without a direction, or one of another size than was asked for."""
    with pytest.raises(faults.Broken) as raised:
        gemini_embeddings.decode(POINTER, Embed(text="x", dimensions=2), answer)
    assert raised.value.unsure


@given(st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=20))
def test_every_vector_has_a_direction_and_length_one(vector):
    """Or it is no vector."""
    try:
        point = gemini_embeddings.decode(POINTER, EMBED, pointed(vector))
    except faults.Broken:
        assert math.hypot(*vector) == 0
        return
    assert math.hypot(*point.vector) == pytest.approx(1)


# --------------------------------------------------------------------------------- no ends


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500])
def test_a_key_that_a_server_repeats_is_not_repeated(status):
    """Errors end up in ledgers and logs, and keys must not."""
    said = {"error": {"message": "AIzaSecretSecret is wrong, see /x?key=hunter2&y"}}
    error = problem(CARD, Answer(status, {}, json.dumps(said).encode()))
    assert "Secret" not in str(error)
    assert "hunter2" not in str(error)


@given(st.integers(201, 599) | st.just(200), st.binary() | st.text().map(str.encode))
def test_no_answer_is_beyond_the_errors(status, body):
    """Whatever bytes come with whatever status, the outcome is one that the engine knows."""
    for dialect, card, ask in (
        (gemini, CARD, DRAW),
        (gemini, SEER, SEE),
        (gemini_embeddings, POINTER, EMBED),
    ):
        with pytest.raises(faults.ModelError):
            dialect.decode(card, ask, Answer(status, {}, body))


NAMES = [
    *("candidates", "content", "parts", "text", "thought", "inlineData", "data", "finishReason"),
    *("finishMessage", "promptFeedback", "blockReason", "usageMetadata", "candidatesTokensDetails"),
    *("modality", "tokenCount", "embeddings", "values", "error", "details", "violations", "x"),
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["STOP", "IMAGE", "aGk=", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=20,
)


@given(
    st.sampled_from([200, 400, 429, 500]), st.dictionaries(st.sampled_from(NAMES), json_values), json_values
)
def test_no_json_is_beyond_the_errors(status, said, inner):
    """The same for answers in the right form with the wrong things in it."""
    candidate = {"candidates": [{"content": {"parts": [inner]}, "finishReason": said.get("x", "STOP")}]}
    for body in (said, {**said, **candidate}, {"error": said}, [said], {"embeddings": [inner]}):
        answer = Answer(status, {}, json.dumps(body).encode())
        for dialect, card, ask in (
            (gemini, CARD, DRAW),
            (gemini, SEER, SEE),
            (gemini_embeddings, POINTER, EMBED),
        ):
            with suppress(faults.ModelError):
                dialect.decode(card, ask, answer)


@pytest.mark.parametrize("count", [-1, 10**400, 1.5])
def test_a_count_that_cannot_be_is_not_booked(count):
    """Our own estimate stands in its place."""
    usage = {"promptTokenCount": count, "candidatesTokenCount": 1}
    said = gemini.decode(SEER, SEE, answered({"text": "a car"}, usageMetadata=usage))
    assert said.usage.dollars == pytest.approx(200 * 2.5e-6)


def test_a_vector_beyond_numbers_is_none():
    """Its length has no number."""
    with pytest.raises(faults.Broken):
        gemini_embeddings.decode(POINTER, EMBED, pointed([1e308] * 4))
