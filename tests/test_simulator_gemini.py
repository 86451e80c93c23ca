"""The simulator's Gemini is as strict as Google is, and takes a mask as a reader of English would."""

import io
import json
from base64 import b64decode, b64encode, urlsafe_b64encode
from http.client import HTTPConnection

import numpy as np
import pytest
from PIL import Image

from photogram.simulator import Script, serving

DRAW = {"contents": [{"parts": [{"text": "a red car"}]}]}
IMAGE_MODEL, SEER = "gemini-nano-banana-2.1", "gemini-3.5-flash-lite"


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


RED = png(np.full((848, 1264, 3), (255, 0, 0), np.uint8))
LEFT = np.zeros((848, 1264), np.uint8)
LEFT[:, :632] = 255


def post(sim, model, body, *, method="generateContent", version="v1", headers=None):
    """Status and body of a plain call."""
    connection = HTTPConnection(sim.url.removeprefix("http://"), timeout=20)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request("POST", f"/{version}/models/{model}:{method}", data, headers or {})
    response = connection.getresponse()
    try:
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def shown(data=RED, kind="image/png"):
    return {"inlineData": {"mimeType": kind, "data": b64encode(data).decode()}}


def asked(*parts, **config):
    return {"contents": [{"parts": list(parts)}], "generationConfig": config}


def picture_in(said):
    data = said["candidates"][0]["content"]["parts"][0]["inlineData"]["data"]
    return np.asarray(Image.open(io.BytesIO(b64decode(data))).convert("RGB"))


# ----------------------------------------------------------------------------- strictness


@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_names_come_in_two_spellings(version):
    """Camel case and underscores, and base64 in either alphabet."""
    image = {"inline_data": {"mime_type": "image/png", "data": urlsafe_b64encode(RED).decode()}}
    config = {"response_modalities": ["IMAGE"], "image_config": {"aspect_ratio": "3:2", "image_size": "2K"}}
    body = {
        "contents": [{"parts": [image, {"text": "make it blue"}], "role": "user"}],
        "generation_config": {**config, "thinking_config": {"thinking_level": "HIGH"}},
    }
    with serving() as sim:
        status, said = post(sim, IMAGE_MODEL, body, version=version)
    assert status == 200
    assert picture_in(said).shape == (1696, 2528, 3)


def test_a_schema_keeps_its_own_names():
    """What is in a schema is the caller's, whatever it is called."""
    schema = {"type": "object", "properties": {"is_red": {"type": "boolean"}}, "required": ["is_red"]}
    body = asked(shown(), responseMimeType="application/json", response_json_schema=schema)
    with serving() as sim:
        status, said = post(sim, SEER, body)
    assert status == 200
    assert set(json.loads(said["candidates"][0]["content"]["parts"][0]["text"])) == {"is_red"}


@pytest.mark.parametrize(
    ("model", "body", "told"),
    [
        (IMAGE_MODEL, b"no json", "payload"),
        (IMAGE_MODEL, {}, "contents"),
        (IMAGE_MODEL, {"contents": []}, "contents"),
        (IMAGE_MODEL, {**DRAW, "seed": 7}, 'Unknown name "seed"'),
        (IMAGE_MODEL, asked({"text": "x"}, quality="low"), 'Unknown name "quality"'),
        (IMAGE_MODEL, asked({"text": "x"}, seed=2**31), "seed"),
        (IMAGE_MODEL, asked({"text": "x"}, responseModalities=["TEXT"]), "IMAGE"),
        (IMAGE_MODEL, asked({"text": "x"}, imageConfig={"aspectRatio": "2:1"}), "aspect_ratio"),
        (IMAGE_MODEL, asked({"text": "x"}, imageConfig={"imageSize": "1k"}), "image_size"),
        (IMAGE_MODEL, asked({"text": "x"}, imageConfig={"imageSize": "512"}), "image_size"),
        (IMAGE_MODEL, asked({"text": "x"}, thinkingConfig={"thinkingLevel": "LOW"}), "Thinking level"),
        (IMAGE_MODEL, asked({"text": "x"}, candidateCount=2), "multiple candidates"),
        (IMAGE_MODEL, asked({"text": "x"}, responseMimeType="application/json"), "JSON mode"),
        (IMAGE_MODEL, asked({"text": "x"}, *[shown()] * 15), "up to 14 images"),
        (IMAGE_MODEL, asked(shown()), "no text"),
        (IMAGE_MODEL, asked({}), "each part"),
        (IMAGE_MODEL, asked({"text": "x"}, shown(b"no picture")), "inline_data"),
        (IMAGE_MODEL, asked({"text": "x"}, shown(kind="image/jpeg")), "not valid"),
        (IMAGE_MODEL, asked({"text": "x"}, shown(kind="image/gif")), "MIME"),
        (IMAGE_MODEL, {**DRAW, "safetySettings": [{"category": "X", "threshold": "OFF"}]}, "category"),
        ("gemini-3.1-flash-lite-image", asked({"text": "x"}, imageConfig={"imageSize": "1K"}), "image_size"),
        (
            "gemini-2.5-flash-image",
            asked({"text": "x"}, thinkingConfig={"thinkingLevel": "HIGH"}),
            "Thinking",
        ),
        (SEER, asked({"text": "x"}, responseModalities=["IMAGE"]), "only supports text"),
        (SEER, asked({"text": "x"}, mediaResolution="LOW"), "media_resolution"),
        (SEER, asked({"text": "x"}, responseJsonSchema={"type": "object"}), "response_mime_type"),
        ("gemini-3.8-flash", asked({"text": "x"}, thinkingConfig={"thinkingLevel": "MINIMAL"}), "MINIMAL"),
    ],
)
def test_what_is_wrong_is_answered_400(model, body, told):
    """In Google's own form, and nothing is made or billed."""
    with serving() as sim:
        status, said = post(sim, model, body)
    assert (status, said["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert told in said["error"]["message"]
    assert (sim.books().invalid, sim.books().dollars) == (1, 0)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"requests": []}, "requests"),
        ({"requests": [{"model": "models/other", "content": {"parts": [{"text": "x"}]}}]}, "same model"),
        (
            {"requests": [{"model": "models/gemini-embedding-001", "content": {"parts": [shown()]}}]},
            "up to 0",
        ),
        (
            {
                "requests": [
                    {
                        "model": "models/gemini-embedding-001",
                        "content": {"parts": [{"text": "x"}]},
                        "outputDimensionality": 4000,
                    }
                ]
            },
            "outputDimensionality",
        ),
    ],
)
def test_what_cannot_be_embedded_is_answered_400(body, told):
    """The older model reads texts alone; every request names the model again."""
    with serving() as sim:
        status, said = post(sim, "gemini-embedding-001", body, method="batchEmbedContents")
    assert status == 400
    assert told in said["error"]["message"]


@pytest.mark.parametrize(
    ("model", "method"),
    [
        ("imagen-4.0-generate-001", "generateContent"),
        ("gemini-pro-vision", "generateContent"),
        ("gemini-embedding-2", "generateContent"),
        (IMAGE_MODEL, "batchEmbedContents"),
    ],
)
def test_what_is_not_there_is_answered_404(model, method):
    """The dead, and those who do something else."""
    with serving() as sim:
        status, said = post(sim, model, DRAW, method=method)
    assert (status, said["error"]["status"]) == (404, "NOT_FOUND")


def test_a_key_may_stand_in_the_address_too():
    """As some people still send it."""
    with serving(Script(key="AIza-x")) as sim:
        right, _ = post(sim, f"{SEER}", DRAW, headers={"x-goog-api-key": "AIza-x"})
        wrong, said = post(sim, f"{SEER}", DRAW)
    assert (right, wrong) == (200, 400)
    assert said["error"]["details"][0]["reason"] == "API_KEY_INVALID"


# --------------------------------------------------------------------------------- masks

WHITE = "Picture 2 is a mask: change only what is white."


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        (WHITE, (True, False)),
        ("The second is the mask; edit the black part, leave the white.", (False, True)),
        ("Make it blue. The second picture is a friend.", (True, True)),
    ],
)
def test_a_mask_is_what_the_words_say(words, changed):
    """Which of its two colours is to change stands in the words and nowhere else."""
    body = asked(shown(), shown(png(LEFT)), {"text": words}, imageConfig={"aspectRatio": "3:2"})
    with serving() as sim:
        _, said = post(sim, IMAGE_MODEL, body)
    made = picture_in(said)
    assert made.shape == (848, 1264, 3)
    left, right = made[400, 100], made[400, 1200]
    assert tuple(tuple(side) != (255, 0, 0) for side in (left, right)) == changed


def test_the_oldest_model_takes_no_notice_of_a_mask():
    """All of the picture comes back changed."""
    body = asked(shown(), shown(png(LEFT)), {"text": WHITE})
    with serving() as sim:
        _, said = post(sim, "gemini-2.5-flash-image", body)
    assert not (picture_in(said) == (255, 0, 0)).all(axis=2).any()
