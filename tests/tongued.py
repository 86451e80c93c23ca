"""Requests that the simulator's tongues take, one for each thing that can be asked, and how one is read."""

import json
from base64 import b64encode

import msgspec
import numpy as np

from photogram.multipart import File, form
from photogram.pixels.codecs import encode_png
from photogram.simulator import tongues
from photogram.simulator.call import Problem, Request

JSON = {"Content-Type": "application/json", "Authorization": "Bearer somebody"}
GREY = np.full((320, 320, 3), 127, np.uint8)
PICTURE = encode_png(GREY)
WHITE = encode_png(np.full((320, 320, 3), 255, np.uint8))
CLEAR = encode_png(np.zeros((320, 320, 4), np.uint8))
IN_BASE64 = b64encode(PICTURE).decode()
WHITE_64 = b64encode(WHITE).decode()
SCHEMA = {
    "type": "object",
    "properties": {
        "n": {"type": "integer"},
        "of": {"type": "array", "items": {"type": "string"}},
        "or": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "required": ["n", "of", "or"],
    "additionalProperties": False,
}
CANVAS, NOVA = "amazon.nova-canvas-v1:0", "us.amazon.nova-2-lite-v1:0"
HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
STABLE = "us.stability.stable-image-"


def _chat(model, **more):
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IN_BASE64}"}}
    content = [{"type": "text", "text": "What? JSON."}, picture]
    return {"model": model, "messages": [{"role": "user", "content": content}], **more}


def _strictly(schema):
    return {"type": "json_schema", "json_schema": {"name": "seen", "strict": True, "schema": schema}}


def _google(*parts, **config):
    return {"contents": [{"role": "user", "parts": list(parts)}], "generationConfig": config}


def _spoken(**more):
    content = [{"image": {"format": "png", "source": {"bytes": IN_BASE64}}}, {"text": "What?"}]
    return {"messages": [{"role": "user", "content": content}], **more}


_SHOWN = {"inlineData": {"mimeType": "image/png", "data": IN_BASE64}}
_TOOL = {"toolSpec": {"name": "tell", "inputSchema": {"json": SCHEMA}}}
_SHAPE = {"structure": {"jsonSchema": {"schema": json.dumps(SCHEMA)}}, "type": "json_schema"}
_CLAUDE = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 50,
    "system": "You see.",
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "image",
                 "source": {"type": "base64", "media_type": "image/png", "data": IN_BASE64}},
                {"type": "text", "text": "What?"},
            ],
        }
    ],
    "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
}  # fmt: skip
_ONE = {"model": "models/gemini-embedding-2", "content": {"parts": [{"text": "a car"}, _SHOWN]}}
_TRY_ON = {
    "sourceImage": IN_BASE64,
    "referenceImage": IN_BASE64,
    "maskType": "IMAGE",
    "imageBasedMask": {"maskImage": WHITE_64},
}
_NOVA_POINT = {"embeddingPurpose": "GENERIC_INDEX", "text": {"value": "a car", "truncationMode": "END"}}

SOUND = {
    "openai draw": ("/images/generations", {"model": "gpt-image-2", "prompt": "a car", "quality": "low"}),
    "openai local": ("/images/generations", {"model": "sd", "prompt": "a car", "size": "64x64", "seed": 1}),
    "openai see": ("/chat/completions", _chat("gpt-5.4-nano", response_format=_strictly(SCHEMA))),
    "openai llava": ("/chat/completions", _chat("llava", response_format={"type": "json_object"})),
    "openai embed": ("/embeddings", {"model": "text-embedding-3-small", "input": ["a", "b"]}),
    "gemini draw": ("gemini-nano-banana-2.1", _google({"text": "a car"}, imageConfig={"imageSize": "1K"})),
    "gemini edit": ("gemini-3.1-flash-lite-image", _google(_SHOWN, {"text": "blue"})),
    "gemini see": (
        "gemini-3.5-flash-lite",
        _google(_SHOWN, {"text": "What?"}, responseMimeType="application/json", responseJsonSchema=SCHEMA),
    ),
    "gemini embed": ("gemini-embedding-2", {"requests": [_ONE, _ONE]}),
    "bedrock draw": ("stability.stable-image-core-v1:1", {"prompt": "a car", "aspect_ratio": "16:9"}),
    "bedrock inpaint": (f"{STABLE}inpaint-v1:0", {"image": IN_BASE64, "mask": WHITE_64, "prompt": "x"}),
    "bedrock outpaint": ("us.stability.stable-outpaint-v1:0", {"image": IN_BASE64, "left": 8}),
    "bedrock style": (
        "us.stability.stable-style-transfer-v1:0",
        {"init_image": IN_BASE64, "style_image": IN_BASE64},
    ),
    "bedrock canvas": (
        CANVAS,
        {
            "taskType": "TEXT_IMAGE",
            "textToImageParams": {"text": "a car"},
            "imageGenerationConfig": {"width": 320, "height": 320},
        },
    ),
    "bedrock canvas inpaint": (
        CANVAS,
        {"taskType": "INPAINTING", "inPaintingParams": {"image": IN_BASE64, "maskImage": WHITE_64}},
    ),
    "bedrock canvas try on": (CANVAS, {"taskType": "VIRTUAL_TRY_ON", "virtualTryOnParams": _TRY_ON}),
    "bedrock nova": (NOVA, _spoken(inferenceConfig={"maxTokens": 9}, toolConfig={"tools": [_TOOL]})),
    "bedrock claude": (HAIKU, _CLAUDE),
    "bedrock converse": (
        f"{HAIKU}/converse",
        _spoken(outputConfig={"textFormat": _SHAPE}, additionalModelRequestFields={"thinking": {}}),
    ),
    "bedrock titan text": ("amazon.titan-embed-text-v2:0", {"inputText": "a car"}),
    "bedrock titan": ("amazon.titan-embed-image-v1", {"inputText": "a car", "inputImage": IN_BASE64}),
    "bedrock nova embed": (
        "amazon.nova-2-multimodal-embeddings-v1:0",
        {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": _NOVA_POINT},
    ),
    "bedrock cohere": (
        "us.cohere.embed-v4:0",
        {
            "input_type": "search_query",
            "inputs": [{"content": [{"type": "text", "text": "a car"}]}],
            "embedding_types": ["float", "int8"],
        },
    ),
}
"""What is asked of whom: a path of OpenAI's, or else a model, and a body."""


def request(name, body, *, where=None):
    """A request in the tongue that the name begins with."""
    where = where or SOUND[name][0]
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    if name.startswith("openai"):
        return Request(method="POST", route=where, path=where, headers=JSON, body=data)
    if name.startswith("gemini"):
        method = "batchEmbedContents" if "embedding" in where else "generateContent"
        route = f"/v1/models/{{model}}:{method}"
    else:
        where, _, how = where.partition("/")
        route = f"/model/{{model}}/{how or 'invoke'}"
    return Request(method="POST", route=route, path=route, parts={"model": where}, headers=JSON, body=data)


def tongue(name):
    return tongues.load()[name.partition(" ")[0]]


def read(name, body, *, where=None):
    """The call that a body is read as."""
    return tongue(name).read(request(name, body, where=where))


def told(name, body, *, where=None):
    """The answer that says what is wrong with a body; None where nothing is."""
    spoken = tongue(name)
    try:
        spoken.read(request(name, body, where=where))
    except Problem as problem:
        return spoken.tell(problem, None)
    return None


def edit_form(**more):
    """A form of OpenAI's edits: its media type and its bytes; a field that is None is left out."""
    values = {"model": "gpt-image-2", "prompt": "x", **more}
    files = [File("image", "a.png", "image/png", PICTURE)]
    return form({name: value for name, value in values.items() if value is not None}, files)
