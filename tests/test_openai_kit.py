"""For the same ask OpenAI's own kit and photogram say the same: bodies equal in meaning, part by part."""

import json
from base64 import b64encode

import httpx2
import numpy as np
import openai
import pytest

from photogram.data import Draw, Edit, Embed, See
from photogram.pixels import codecs, masks
from photogram.providers.openai import DIALECTS, Provider
from photogram.schemas import OPENAI, project
from photogram.store import blob_of
from photogram.terms import ability

from .forms import fields, files

PICTURE = codecs.encode_png(np.full((48, 64, 3), 90, np.uint8))
PHOTO = codecs.encode_jpeg(np.full((48, 64, 3), 90, np.uint8))
REGION = np.zeros((48, 64), np.uint8)
REGION[8:24, 8:24] = 255
STORE = {blob_of(data): data for data in (PICTURE, PHOTO, masks.encode(REGION))}
FIRST, SECOND, MASK = STORE
SCHEMA = {
    "type": "object",
    "properties": {"label": {"type": "string", "enum": ["car", "van"]}, "plate": {"type": "string"}},
    "required": ["label"],
}


@pytest.fixture
def kit():
    """The vendor's client, and the requests it would have sent."""
    sent = []

    def keep(request):
        sent.append((request.url.path, request.headers["content-type"], request.read()))
        return httpx2.Response(500)

    http = httpx2.Client(transport=httpx2.MockTransport(keep))
    with openai.OpenAI(api_key="test", max_retries=0, http_client=http) as client:
        yield client, sent


def ours(model, ask):
    """Path, media type and body as photogram sends them."""
    dialect, card = DIALECTS[ability(ask)], Provider().card(model, {})
    request = dialect.encode(card, ask, STORE.__getitem__)
    return "/v1" + request.path, request.headers["Content-Type"], request.body


def theirs(kit, call):
    client, sent = kit
    with pytest.raises(openai.InternalServerError):
        call(client)
    return sent[-1]


def uri(data, kind):
    return f"data:{kind};base64,{b64encode(data).decode()}"


PNG, JPEG = ("a.png", PICTURE, "image/png"), ("b.jpg", PHOTO, "image/jpeg")
CLEAR = ("mask.png", masks.as_alpha(REGION), "image/png")
LOW = {"quality": "low"}
ONLY = "\n\nChange only what the mask marks, and leave all else as it is."


@pytest.mark.parametrize(
    ("model", "ask", "call"),
    [
        (
            "gpt-image-2.6-flare",
            Draw(prompt="a car", width=1536, height=1024, seed=7, options={"quality": "low"}),
            lambda kit: kit.images.generate(
                model="gpt-image-2.6-flare", prompt="a car", n=1, size="1536x1024", quality="low"
            ),
        ),
        (
            "sd-turbo",
            Draw(prompt="a car", width=512, height=512, seed=7, negative="people"),
            lambda kit: kit.images.generate(
                model="sd-turbo",
                prompt="a car",
                n=1,
                size="512x512",
                response_format="b64_json",
                extra_body={"seed": 7, "negative_prompt": "people"},
            ),
        ),
        (
            "gpt-6-luna",
            See(images=(FIRST, SECOND), prompt="What?", schema=SCHEMA, options={"reasoning_effort": "none"}),
            lambda kit: kit.chat.completions.create(
                model="gpt-6-luna",
                messages=[
                    {
                        "role": "user",
                        "content": [
                            {"type": "text", "text": "What?"},
                            {"type": "image_url", "image_url": {"url": uri(PICTURE, "image/png")}},
                            {"type": "image_url", "image_url": {"url": uri(PHOTO, "image/jpeg")}},
                        ],
                    }
                ],
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": "answer", "strict": True, "schema": project(SCHEMA, OPENAI)},
                },
                reasoning_effort="none",
            ),
        ),
        (
            "text-embedding-3-small",
            Embed(text="a car", dimensions=256),
            lambda kit: kit.embeddings.create(
                model="text-embedding-3-small", input="a car", dimensions=256, encoding_format="float"
            ),
        ),
    ],
    ids=["draw", "draw elsewhere", "see", "embed"],
)
def test_a_body_of_json_is_the_kits(kit, model, ask, call):
    """The same path, the same media type, the same object."""
    path, kind, body = ours(model, ask)
    their_path, their_kind, their_body = theirs(kit, call)
    assert (path, kind, json.loads(body)) == (their_path, their_kind, json.loads(their_body))


@pytest.mark.parametrize(
    ("model", "ask", "call"),
    [
        (
            "gpt-image-2",
            Edit(
                kind="inpaint",
                images={"image": FIRST},
                mask=MASK,
                prompt="a scratch",
                options={"quality": "low"},
            ),
            lambda kit: kit.images.edit(
                model="gpt-image-2",
                image=PNG,
                mask=CLEAR,
                prompt="a scratch" + ONLY,
                n=1,
                size="auto",
                quality="low",
            ),
        ),
        (
            "gpt-image-2",
            Edit(kind="restyle", images={"image": FIRST, "style": SECOND}, prompt="as the second"),
            lambda kit: kit.images.edit(
                model="gpt-image-2", image=[PNG, JPEG], prompt="as the second", n=1, size="auto"
            ),
        ),
        (
            "gpt-image-2",
            Edit(kind="remove background", images={"image": SECOND}),
            lambda kit: kit.images.edit(
                model="gpt-image-2",
                image=JPEG,
                prompt="Remove the background, and leave the subject as it is.",
                n=1,
                size="auto",
                background="transparent",
                output_format="png",
            ),
        ),
        (
            "gpt-image-2",
            Draw(prompt="both", references=(FIRST, SECOND), options={"output_compression": 80}),
            lambda kit: kit.images.edit(
                model="gpt-image-2",
                image=[PNG, JPEG],
                prompt="both",
                n=1,
                size="1024x1024",
                output_compression=80,
            ),
        ),
        (
            "qwen-image-edit",
            Edit(kind="vary", images={"image": FIRST}, prompt="again", seed=3),
            lambda kit: kit.images.edit(
                model="qwen-image-edit",
                image=PNG,
                prompt="again",
                n=1,
                size="64x48",
                response_format="b64_json",
                extra_body={"seed": "3"},
            ),
        ),
    ],
    ids=["inpaint", "several", "background", "after pictures", "elsewhere"],
)
def test_a_form_is_the_kits(kit, model, ask, call):
    """The same path, the same fields, and the same files under the same names in the same order."""
    path, kind, body = ours(model, ask)
    their_path, their_kind, their_body = theirs(kit, call)
    assert path == their_path
    assert fields(kind, body) == fields(their_kind, their_body)
    assert files(kind, body) == files(their_kind, their_body)
