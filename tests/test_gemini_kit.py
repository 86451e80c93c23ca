"""Google's own kit against the simulator, and what it sends beside what we send for the same ask."""

import asyncio
import io
import math
import re
from base64 import b64decode
from hashlib import sha256

import pytest
from google import genai
from google.genai import errors, types
from PIL import Image

from photogram.data import Blob, Draw, Edit, Embed, See
from photogram.faults import Busy
from photogram.providers.gemini import Provider
from photogram.simulator import Script, serving

SCHEMA = {
    "type": "object",
    "properties": {"description": {"type": "string"}, "damaged": {"type": "boolean"}},
    "required": ["description", "damaged"],
}


def png(width, height, colour="red", mode="RGB"):
    file = io.BytesIO()
    Image.new(mode, (width, height), colour).save(file, "PNG")
    return file.getvalue()


CAR, MASK = png(1264, 848), png(1264, 848, 255, "L")
FILES = {sha256(data).hexdigest(): data for data in (CAR, MASK)}
CAR_BLOB, MASK_BLOB = (
    Blob(sha256=name, media_type="image/png", size=len(data)) for name, data in FILES.items()
)
PART, MASK_PART = (types.Part.from_bytes(data=data, mime_type="image/png") for data in (CAR, MASK))


def kit(sim, key="AIza-test"):
    """Google's own client, which by itself asks once and no more."""
    return genai.Client(api_key=key, http_options=types.HttpOptions(base_url=sim.url))


def drawing(**more):
    return types.GenerateContentConfig(response_modalities=["IMAGE"], **more)


def ours(sim, model, ask):
    """One answer by our own provider."""

    async def main():
        provider = Provider()
        opened = provider.open(
            provider.card(model, {}), {"base_url": sim.url}, {}, lambda blob: FILES[blob.sha256]
        )
        try:
            return await opened.answer(ask)
        finally:
            await opened.close()

    return asyncio.run(main())


def meaning(heard):
    """What a request says, whichever of the two spellings and alphabets it uses."""
    return heard.path, _meaning(heard.body)


def _meaning(value, name=""):
    if isinstance(value, list):
        return [_meaning(item) for item in value]
    if isinstance(value, dict):
        known = {re.sub(r"_([a-z])", lambda found: found[1].upper(), key): key for key in value}
        return {
            key: value[old] if key == "responseJsonSchema" else _meaning(value[old], key)
            for key, old in known.items()
        }
    return b64decode(value, altchars="-_" if set("-_") & set(value) else None) if name == "data" else value


# ------------------------------------------------------------------------ the kit's own calls


def test_the_kit_draws():
    """A picture of the proportions and class asked for, and the tokens it took."""
    with serving() as sim, kit(sim) as client:
        said = client.models.generate_content(
            model="gemini-nano-banana-2.1",
            contents="a red car",
            config=drawing(image_config=types.ImageConfig(aspect_ratio="16:9", image_size="2K"), seed=7),
        )
    image = Image.open(io.BytesIO(said.parts[0].inline_data.data))
    image.load()
    assert image.size == (2752, 1536)
    assert said.candidates[0].finish_reason == types.FinishReason.STOP
    usage = said.usage_metadata
    assert (usage.candidates_token_count, usage.candidates_tokens_details[0].token_count) == (1680, 1680)
    assert sim.books().by_seed == {"7": 1}


def test_the_kit_edits():
    """A picture and words make another picture, in the proportions of the first where none are said."""
    with serving() as sim, kit(sim) as client:
        said = client.models.generate_content(
            model="gemini-2.5-flash-image", contents=[PART, "make it blue"], config=drawing()
        )
    image = Image.open(io.BytesIO(said.parts[0].inline_data.data)).convert("RGB")
    assert image.width / image.height == pytest.approx(1264 / 848, rel=0.01)
    assert image.getpixel((5, 5)) != (255, 0, 0)


def test_the_kit_sees():
    """JSON as the schema wants it, which the kit parses."""
    with serving() as sim, kit(sim) as client:
        said = client.models.generate_content(
            model="gemini-3.5-flash-lite",
            contents=[PART, "What is it?"],
            config=types.GenerateContentConfig(
                system_instruction="You inspect cars.",
                response_mime_type="application/json",
                response_json_schema=SCHEMA,
                media_resolution="MEDIA_RESOLUTION_LOW",
            ),
        )
    assert set(said.parsed) == {"description", "damaged"}
    assert 280 < said.usage_metadata.prompt_token_count < 300


def test_the_kit_sees_by_a_schema_of_the_older_form():
    """Types in capitals, as the kit makes them of a class."""
    from pydantic import BaseModel

    class Seen(BaseModel):
        description: str

    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=Seen)
    with serving() as sim, kit(sim) as client:
        said = client.models.generate_content(
            model="gemini-2.5-flash-lite", contents=[PART, "What?"], config=config
        )
    assert said.parsed.description


@pytest.mark.parametrize(
    ("model", "count", "length"), [("gemini-embedding-001", 2, 0.7), ("gemini-embedding-2", 1, 1.0)]
)
def test_the_kit_embeds(model, count, length):
    """Vectors of the size asked for: the older model's are not one long when cut short; for the newer one
    the kit puts all texts into one content."""
    with serving() as sim, kit(sim) as client:
        said = client.models.embed_content(
            model=model, contents=["a car", "a bus"], config={"output_dimensionality": 768}
        )
    assert [len(one.values) for one in said.embeddings] == [768] * count
    assert math.hypot(*said.embeddings[0].values) == pytest.approx(length)


@pytest.mark.parametrize(
    ("script", "code", "status"),
    [
        (Script(key="other"), 400, "INVALID_ARGUMENT"),
        (Script(broken="car"), 500, "INTERNAL"),
        (Script(faults={"503": 1}), 503, "UNAVAILABLE"),
        (Script(faults={"408": 1}), 504, "DEADLINE_EXCEEDED"),
        (Script(faults={"429": 1}), 429, "RESOURCE_EXHAUSTED"),
        (Script(faults={"daily quota": 1}), 429, "RESOURCE_EXHAUSTED"),
    ],
)
def test_the_kit_knows_the_errors(script, code, status):
    """Code and status are where its own classes look for them."""
    with serving(script) as sim, kit(sim) as client, pytest.raises(errors.APIError) as raised:
        client.models.generate_content(model="gemini-nano-banana-2.1", contents="a car", config=drawing())
    assert (raised.value.code, raised.value.status) == (code, status)


def test_the_kit_finds_the_hint_of_a_limit():
    """RetryInfo in the body, beside the quota that was met."""
    with serving(Script(per_second=0.001, hint="own")) as sim, kit(sim) as client:
        client.models.generate_content(model="gemini-3.8-flash", contents="hello")
        with pytest.raises(errors.ClientError) as raised:
            client.models.generate_content(model="gemini-3.8-flash", contents="hello")
        with pytest.raises(Busy) as busy:
            ours(sim, "gemini-3.8-flash", See(images=(), prompt="hello"))
    details = {one["@type"].rpartition(".")[2]: one for one in raised.value.details["error"]["details"]}
    assert "PerMinute" in details["QuotaFailure"]["violations"][0]["quotaId"]
    assert float(details["RetryInfo"]["retryDelay"].removesuffix("s")) > 900
    assert busy.value.after > 900


@pytest.mark.parametrize(
    ("script", "blocked", "reason"),
    [
        (Script(refuse="car"), "PROHIBITED_CONTENT", None),
        (Script(refuse="car", refuse_at="input"), "SAFETY", None),
        (Script(refuse="car", refuse_at="output"), None, "IMAGE_SAFETY"),
        (Script(refuse="car", refuse_at="partial"), None, "IMAGE_SAFETY"),
        (Script(faults={"blocked": 1}), "PROHIBITED_CONTENT", None),
        (Script(faults={"NO_IMAGE": 1}), None, "NO_IMAGE"),
        (Script(faults={"IMAGE_OTHER": 1}), None, "IMAGE_OTHER"),
        (Script(faults={"MALFORMED_RESPONSE": 1}), None, "MALFORMED_RESPONSE"),
        (Script(faults={"IMAGE_RECITATION": 1}), None, "IMAGE_RECITATION"),
        (Script(faults={"no data": 1}), None, None),
    ],
)
def test_the_kit_hears_why_there_is_no_picture(script, blocked, reason):
    """A whole answer with nothing in it: no exception, only a reason."""
    with serving(script) as sim, kit(sim) as client:
        said = client.models.generate_content(
            model="gemini-nano-banana-2.1", contents="a car", config=drawing()
        )
    feedback = said.prompt_feedback.block_reason.value if said.prompt_feedback else None
    ended = said.candidates[0].finish_reason.value if said.candidates else None
    assert (feedback, ended, said.parts or []) == (blocked, reason, [])


def test_the_kit_hears_words_in_place_of_a_picture():
    """It stopped as if all were well."""
    with serving(Script(faults={"words for a picture": 1})) as sim, kit(sim) as client:
        said = client.models.generate_content(
            model="gemini-nano-banana-2.1", contents="a car", config=drawing()
        )
    assert said.text
    assert said.candidates[0].finish_reason == types.FinishReason.STOP


# ------------------------------------------------------------------------- what goes over the wire

SAFE = [
    types.SafetySetting(category=f"HARM_CATEGORY_{harm}", threshold="BLOCK_ONLY_HIGH")
    for harm in ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT")
]
TOLD = (
    "Edit picture 1.\na scratch\nPicture 2 is a mask of picture 1: change only what is white in it, and "
    "leave what is black as it is.\nReturn all of picture 1, with the same framing and proportions."
)


def generated(model, contents, **config):
    return lambda client: client.models.generate_content(
        model=model, contents=contents, config=types.GenerateContentConfig(**config)
    )


def embedded(model, contents, **config):
    return lambda client: client.models.embed_content(
        model=model, contents=contents, config=types.EmbedContentConfig(**config)
    )


ASKS = {
    "draw": (
        "gemini-nano-banana-2.1",
        Draw(
            prompt="a red car",
            width=1376,
            height=768,
            seed=7,
            options={"safety": "BLOCK_ONLY_HIGH", "thinking": "minimal"},
        ),
        generated(
            "gemini-nano-banana-2.1",
            "a red car",
            response_modalities=["IMAGE"],
            image_config=types.ImageConfig(aspect_ratio="16:9", image_size="1K"),
            seed=7,
            safety_settings=SAFE,
            thinking_config=types.ThinkingConfig(thinking_level="MINIMAL"),
        ),
    ),
    "edit under a mask": (
        "gemini-3-pro-image",
        Edit(kind="inpaint", images={"image": CAR_BLOB}, mask=MASK_BLOB, prompt="a scratch"),
        generated(
            "gemini-3-pro-image",
            [PART, MASK_PART, TOLD],
            response_modalities=["IMAGE"],
            image_config=types.ImageConfig(aspect_ratio="3:2", image_size="1K"),
        ),
    ),
    "see": (
        "gemini-3.5-flash-lite",
        See(
            images=(CAR_BLOB,),
            prompt="What is it?",
            schema=SCHEMA,
            options={"media_resolution": "low", "thinking": "high"},
        ),
        generated(
            "gemini-3.5-flash-lite",
            [PART, "What is it?"],
            response_mime_type="application/json",
            response_json_schema=SCHEMA,
            media_resolution="MEDIA_RESOLUTION_LOW",
            thinking_config=types.ThinkingConfig(thinking_level="HIGH"),
        ),
    ),
    "embed a text": (
        "gemini-embedding-001",
        Embed(text="a red car", purpose="query", dimensions=768),
        embedded("gemini-embedding-001", "a red car", task_type="RETRIEVAL_QUERY", output_dimensionality=768),
    ),
    "embed a text with the newer model": (
        "gemini-embedding-2",
        Embed(text="a red car"),
        embedded("gemini-embedding-2", "title: none | text: a red car"),
    ),
    "embed a picture": (
        "gemini-embedding-2",
        Embed(image=CAR_BLOB, dimensions=1536),
        embedded("gemini-embedding-2", [PART], output_dimensionality=1536),
    ),
}


@pytest.mark.parametrize("name", ASKS)
def test_we_send_what_the_kit_sends(name):
    """The same address and the same meaning, written by two hands."""
    model, ask, theirs = ASKS[name]
    with serving() as sim, kit(sim) as client:
        ours(sim, model, ask)
        theirs(client)
    first, second = map(meaning, sim.heard)
    assert first == second


def test_the_kit_and_we_read_the_same_answer():
    """The same vector but for its length, and the same picture but for its number."""
    with serving() as sim, kit(sim) as client:
        theirs = client.models.embed_content(
            model="gemini-embedding-001",
            contents="a red car",
            config={"output_dimensionality": 768, "task_type": "RETRIEVAL_DOCUMENT"},
        ).embeddings[0]
        point = ours(sim, "gemini-embedding-001", Embed(text="a red car", dimensions=768))
    assert point.vector == pytest.approx([value / 0.7 for value in theirs.values])


def test_the_key_goes_as_the_kit_sends_it():
    """In a header of its own, not in the address."""
    with serving(Script(key="AIza-secret")) as sim, kit(sim, "AIza-secret") as client:
        client.models.generate_content(model="gemini-3.8-flash", contents="hello")
        provider = Provider()
        environ = {"GEMINI_API_KEY": "AIza-secret", "GOOGLE_GEMINI_BASE_URL": sim.url}

        async def main():
            opened = provider.open(provider.card("gemini-3.8-flash", {}), {}, environ, None)
            await opened.answer(See(images=(), prompt="hello"))
            await opened.close()

        asyncio.run(main())
    first, second = map(meaning, sim.heard)
    assert first == second
