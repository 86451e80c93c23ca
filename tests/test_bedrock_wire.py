"""What goes over the wire to Bedrock, next to what Amazon's own kit sends for the same ask."""

import asyncio
import json
from urllib.parse import urlsplit

import pytest

from photogram.data import Draw, Edit, Embed, See
from photogram.dialect import Answer
from photogram.faults import ModelError
from photogram.providers.bedrock import Provider
from photogram.store import blob_of
from tests.bedrock import JPEG, KEY, PICTURE, SCHEMA, Sent, b64, kits_own, left, mask, signature

WHITE, BLACK = mask(left()), mask(~left())
STORE = {blob_of(data): data for data in (JPEG, PICTURE, WHITE)}
SHOWN = {"image": blob_of(PICTURE)}


class Kept:
    """A wire that keeps what it is given to send, and brings nothing back."""

    def __init__(self):
        self.sent = None

    async def post(self, url, body, headers):
        self.sent = Sent(url, {name.lower(): value for name, value in headers.items()}, body)
        return Answer(500, {}, b"{}")

    async def close(self):
        pass


def ours(model, ask, region="us-west-2", token=""):
    """The request that photogram makes of an ask; nothing is sent."""
    environ = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": region}
    opened = Provider().open(
        Provider().card(model, {}), {}, {**environ, "AWS_SESSION_TOKEN": token}, STORE.__getitem__
    )
    opened.wire = Kept()

    async def main():
        with pytest.raises(ModelError):
            await opened.answer(ask)

    asyncio.run(main())
    return opened.wire.sent


def invoking(model, body):
    """The kit's call of a model that is invoked."""
    said = json.dumps(body)
    return lambda kit: kit.invoke_model(
        modelId=model, body=said, contentType="application/json", accept="application/json"
    )


def conversing(model, **more):
    picture = {"image": {"format": "jpeg", "source": {"bytes": JPEG}}}
    messages = [{"role": "user", "content": [picture, {"text": "What is there?"}]}]
    return lambda kit: kit.converse(modelId=model, messages=messages, **more)


LOOK = See(images=(blob_of(JPEG),), prompt="What is there?", schema=SCHEMA)
TOOL = {
    "tools": [
        {
            "toolSpec": {
                "name": "annotate",
                "description": "Takes down what is seen.",
                "inputSchema": {"json": SCHEMA},
            }
        }
    ],
    "toolChoice": {"tool": {"name": "annotate"}},
}
HELD = {"jsonSchema": {"name": "annotate", "schema": json.dumps(SCHEMA, separators=(",", ":"))}}
SHAPE = {"textFormat": {"type": "json_schema", "structure": HELD}}
ARN = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0"

CALLS = {
    "a picture by words": (
        "stable-image-core",
        Draw(prompt="a car", seed=7, options={"output_format": "png"}),
        invoking(
            "stability.stable-image-core-v1:1",
            {"prompt": "a car", "aspect_ratio": "1:1", "seed": 7, "output_format": "png"},
        ),
    ),
    "a service behind a profile": (
        "stable-image-inpaint",
        Edit(kind="inpaint", images=SHOWN, mask=blob_of(WHITE), prompt="a scratch", seed=7),
        invoking(
            "us.stability.stable-image-inpaint-v1:0",
            {"image": b64(PICTURE), "mask": b64(WHITE), "prompt": "a scratch", "seed": 7},
        ),
    ),
    "an edit by Amazon": (
        "amazon.nova-canvas-v1:0",
        Edit(kind="inpaint", images=SHOWN, mask=blob_of(WHITE), prompt="a scratch", seed=42),
        invoking(
            "amazon.nova-canvas-v1:0",
            {
                "taskType": "INPAINTING",
                "inPaintingParams": {"image": b64(PICTURE), "maskImage": b64(BLACK), "text": "a scratch"},
                "imageGenerationConfig": {"numberOfImages": 1, "seed": 42},
            },
        ),
    ),
    "a tool that must be called": (
        "nova-2-lite",
        LOOK,
        conversing(
            "us.amazon.nova-2-lite-v1:0",
            inferenceConfig={"maxTokens": 4096, "temperature": 0},
            toolConfig=TOOL,
        ),
    ),
    "a schema that is held to": (
        "claude-haiku-4-5",
        LOOK,
        conversing(
            "us.anthropic.claude-haiku-4-5-20251001-v1:0",
            inferenceConfig={"maxTokens": 4096, "temperature": 0},
            outputConfig=SHAPE,
        ),
    ),
    "a model by its ARN": (
        ARN,
        See(images=LOOK.images, prompt=LOOK.prompt),
        conversing(ARN, inferenceConfig={"maxTokens": 4096, "temperature": 0}),
    ),
    "a vector of a text": (
        "titan-embed-text",
        Embed(text="a car", dimensions=256),
        invoking(
            "amazon.titan-embed-text-v2:0", {"inputText": "a car", "dimensions": 256, "normalize": True}
        ),
    ),
    "a vector of a picture": (
        "embed-v4",
        Embed(image=blob_of(JPEG)),
        invoking(
            "us.cohere.embed-v4:0",
            {
                "input_type": "search_document",
                "embedding_types": ["float"],
                "output_dimension": 1536,
                "images": [f"data:image/jpeg;base64,{b64(JPEG)}"],
            },
        ),
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_it_means_what_the_kit_would_send(name):
    """The same address, the same body as JSON, the same headers that matter, a signature of the same kind."""
    model, ask, call = CALLS[name]
    region = "us-east-1" if model in (ARN, "amazon.nova-canvas-v1:0") else "us-west-2"
    mine, kits = ours(model, ask, region), kits_own(call, region=region)
    assert mine.url == kits.url
    assert json.loads(mine.body) == json.loads(kits.body)
    assert mine.headers["content-type"] == kits.headers["content-type"]
    assert mine.headers["accept"] == kits.headers.get("accept", "application/json")
    scopes = [sent.headers["authorization"].split(",")[0].split("/", 2) for sent in (mine, kits)]
    assert scopes[0][0] == scopes[1][0] == f"AWS4-HMAC-SHA256 Credential={KEY}"
    assert scopes[0][2] == scopes[1][2] == f"{region}/bedrock/aws4_request"


@pytest.mark.parametrize("token", ["", "a-token"])
@pytest.mark.parametrize("name", CALLS)
def test_the_kits_own_signer_signs_it_alike(name, token):
    """The signature of our bytes, made again by Amazon's signer from the same request."""
    model, ask, _ = CALLS[name]
    region = "us-east-1" if model in (ARN, "amazon.nova-canvas-v1:0") else "us-west-2"
    mine = ours(model, ask, region, token)
    said = mine.headers["authorization"].rpartition("Signature=")[2]
    assert said == signature(mine, region, "secret", token or None)
    assert mine.headers.get("x-amz-security-token", "") == token


def test_a_bearer_key_goes_where_the_kit_puts_it(monkeypatch):
    """Instead of a signature, in the one header."""
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "a-key")
    model, ask, call = CALLS["a picture by words"]
    kits = kits_own(call)
    environ = {"AWS_BEARER_TOKEN_BEDROCK": "a-key", "AWS_REGION": "us-west-2"}
    opened = Provider().open(Provider().card(model, {}), {}, environ, STORE.__getitem__)
    opened.wire = Kept()

    async def main():
        with pytest.raises(ModelError):
            await opened.answer(ask)

    asyncio.run(main())
    mine = opened.wire.sent
    assert mine.headers["authorization"] == kits.headers["authorization"] == "Bearer a-key"
    assert urlsplit(mine.url) == urlsplit(kits.url)
    assert "x-amz-date" not in mine.headers
