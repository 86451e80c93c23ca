"""Bedrock's tongue, heard with Amazon's own kit: every family, what each refuses, and what goes wrong."""

import json

import numpy as np
import pytest
from botocore.exceptions import ClientError

from photogram.pixels.codecs import decode_whole, encode_png
from photogram.simulator import Script, serving
from tests.bedrock import (
    CANVAS,
    CORE,
    HAIKU,
    JPEG,
    KEY,
    NOVA,
    PICTURE,
    SCHEMA,
    STABLE,
    b64,
    b64decode,
    client,
    grey,
    invoke,
    left,
    mask,
    seen,
)

BLUE = (0, 0, 255)


@pytest.fixture(scope="module")
def kit():
    with serving(Script(key=KEY)) as sim:
        yield client(sim.url)


def refused(call):
    """Name and message of the error that the kit raises, and its status."""
    with pytest.raises(ClientError) as raised:
        call()
    said = raised.value.response
    return said["ResponseMetadata"]["HTTPStatusCode"], said["Error"]["Code"], said["Error"]["Message"]


# --------------------------------------------------------------------------------- keys


def test_a_signature_is_held_against_the_secret(kit):
    """The kit's own signature passes, with the colon of a model's id and the slashes of an ARN."""
    assert invoke(kit, CORE, {"prompt": "a car"})["finish_reasons"] == [None]
    arn = f"arn:aws:bedrock:us-west-2::foundation-model/{CORE}"
    assert invoke(kit, arn, {"prompt": "a car"})["seeds"]


def test_another_secret_is_found_out():
    """As it is there: the key is known, and the signature is not its own."""
    with serving(Script(key=KEY)) as sim:
        kit = client(sim.url)
        kit._request_signer._credentials.secret_key = "another"
        assert refused(lambda: invoke(kit, CORE, {"prompt": "x"}))[:2] == (403, "InvalidSignatureException")
        stranger = client(sim.url, key="STRANGER")
        assert refused(lambda: invoke(stranger, CORE, {"prompt": "x"}))[1] == "UnrecognizedClientException"
        assert sim.books().answered == 0


# ---------------------------------------------------------------------------- Stability


@pytest.mark.parametrize("model", [CORE, "stability.stable-image-ultra-v1:1", "stability.sd3-5-large-v1:0"])
def test_stability_draws_by_proportions(kit, model):
    """One picture, its seed, and nothing in the way."""
    body = {"prompt": "a car", "aspect_ratio": "16:9", "seed": 7, "output_format": "jpeg"}
    said = invoke(kit, model, body)
    assert (said["seeds"], said["finish_reasons"]) == ([7], [None])
    assert seen(said).shape == (768, 1344, 3)
    assert b64decode(said["images"][0])[:3] == b"\xff\xd8\xff"


def test_stability_changes_where_the_mask_is_white(kit):
    """And nowhere else; erasing is the same without words."""
    for name, words in (("inpaint", {"prompt": "a scratch"}), ("erase-object", {})):
        body = {"image": b64(PICTURE), "mask": b64(mask(left())), **words}
        out = seen(invoke(kit, f"{STABLE}{name}-v1:0", body))
        assert (out[left()] == BLUE).all()
        assert (out[~left()] == grey()[~left()]).all()


def test_stability_changes_what_is_see_through_where_there_is_no_mask(kit):
    """The picture's own alpha says where."""
    alpha = np.where(left(), 0, 255).astype(np.uint8)
    body = {"image": b64(encode_png(np.dstack([grey(), alpha]))), "prompt": "a scratch"}
    out = seen(invoke(kit, f"{STABLE}inpaint-v1:0", body))
    assert (out[left()] == BLUE).all()
    assert (out[~left()] == grey()[~left()]).all()


SERVICES = {
    "stable-image-search-replace": {"prompt": "a van", "search_prompt": "the car"},
    "stable-image-search-recolor": {"prompt": "pink", "select_prompt": "the car"},
    "stable-image-control-sketch": {"prompt": "a car", "control_strength": 0.5},
    "stable-image-control-structure": {"prompt": "a car", "style_preset": "anime"},
    "stable-conservative-upscale": {"prompt": "a car", "creativity": 0.2},
    "stable-creative-upscale": {"prompt": "a car", "style_preset": "enhance"},
    "stable-fast-upscale": {},
}


@pytest.mark.parametrize(("name", "more"), SERVICES.items())
def test_each_service_of_stability_gives_a_picture(kit, name, more):
    """Upscalers give four times the sides, all others the picture's own size."""
    out = seen(invoke(kit, f"us.stability.{name}-v1:0", {"image": b64(PICTURE), **more}))
    times = 4 if "upscale" in name else 1
    assert out.shape == (480 * times, 640 * times, 3)


def test_stability_widens_a_picture(kit):
    """The picture stands where it was told to, and what is around it is new."""
    out = seen(invoke(kit, "us.stability.stable-outpaint-v1:0", {"image": b64(PICTURE), "left": 64}))
    assert out.shape == (480, 704, 3)
    assert (out[:, :64] == BLUE).all()
    assert (out[:, 64:] == grey()).all()


def test_stability_takes_a_style_from_a_picture(kit):
    """As a guide for a new picture, or laid over another one."""
    guided = invoke(kit, f"{STABLE}style-guide-v1:0", {"image": b64(PICTURE), "prompt": "a van"})
    assert seen(guided).shape == (1024, 1024, 3)
    body = {"init_image": b64(PICTURE), "style_image": b64(JPEG), "style_strength": 0.5}
    assert seen(invoke(kit, "us.stability.stable-style-transfer-v1:0", body)).shape == (480, 640, 3)


def test_stability_removes_a_background(kit):
    """What is left is see-through around it."""
    said = invoke(kit, f"{STABLE}remove-background-v1:0", {"image": b64(PICTURE)})
    assert decode_whole(b64decode(said["images"][0])).shape == (480, 640, 4)


def test_sd35_makes_a_picture_from_a_picture(kit):
    """Strength is needed, and a ratio is not allowed."""
    body = {"prompt": "x", "mode": "image-to-image", "image": b64(PICTURE), "strength": 0.6}
    assert seen(invoke(kit, "stability.sd3-5-large-v1:0", body)).shape == (480, 640, 3)


SMALL = b64(encode_png(grey(32, 32)))
LONG = b64(encode_png(grey(640, 128)))


@pytest.mark.parametrize(
    ("model", "body", "told"),
    [
        (CORE, {"prompt": "x" * 10_001}, "10000"),
        (CORE, {"prompt": ""}, "prompt"),
        (CORE, {"prompt": "x", "width": 512}, "unknown field `width`"),
        (CORE, {"prompt": "x", "aspect_ratio": "4:3"}, "aspect_ratio"),
        (CORE, {"prompt": "x", "seed": 4_294_967_295}, "seed"),
        (CORE, {"prompt": "x", "output_format": "webp"}, "output_format"),
        (CORE, {"prompt": "x", "mode": "image-to-image", "image": b64(PICTURE), "strength": 1}, "mode"),
        ("stability.sd3-5-large-v1:0", {"prompt": "x", "image": b64(PICTURE)}, "not allowed"),
        ("stability.sd3-5-large-v1:0", {"prompt": "x", "mode": "image-to-image"}, "required"),
        (f"{STABLE}inpaint-v1:0", {"image": b64(PICTURE), "prompt": "x"}, "no alpha"),
        (f"{STABLE}inpaint-v1:0", {"image": SMALL, "prompt": "x"}, "at least 64"),
        (f"{STABLE}inpaint-v1:0", {"image": LONG, "prompt": "x"}, "2.5"),
        (f"{STABLE}erase-object-v1:0", {"image": b64(PICTURE), "prompt": "x"}, "unknown field"),
        (f"{STABLE}erase-object-v1:0", {"image": "?", "mask": "?"}, "base64"),
        (f"{STABLE}search-replace-v1:0", {"image": b64(PICTURE), "prompt": "x"}, "search_prompt"),
        (f"{STABLE}inpaint-v1:0", {"image": b64(PICTURE), "prompt": "x", "grow_mask": 21}, "grow_mask"),
        ("us.stability.stable-outpaint-v1:0", {"image": b64(PICTURE)}, "at least one"),
        ("us.stability.stable-creative-upscale-v1:0", {"image": b64(PICTURE), "prompt": "x",
                                                       "creativity": 0.6}, "creativity"),
        ("us.stability.stable-nothing-v1:0", {}, "model identifier is invalid"),
        ("stability.stable-image-inpaint-v1:0", {"image": b64(PICTURE)}, "on-demand throughput"),
        (f"us.{CORE}", {"prompt": "x"}, "model identifier is invalid"),
    ],
)  # fmt: skip
def test_what_stability_forbids_is_refused(kit, model, body, told):
    """Whatever passes here would pass there."""
    status, name, message = refused(lambda: invoke(kit, model, body))
    assert (status, name) == (400, "ValidationException")
    assert told in message


# ----------------------------------------------------------------------- Amazon's images


def config(**more):
    return {"imageGenerationConfig": {"numberOfImages": 1, "seed": 42, **more}}


def test_canvas_draws_at_the_size_that_is_asked(kit):
    """Several at once if need be, each unlike the others."""
    body = {"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "a car", "style": "PHOTOREALISM"}}
    said = invoke(kit, CANVAS, body | config(width=640, height=320, numberOfImages=2, quality="premium"))
    assert said["error"] is None
    assert [seen(said, index).shape for index in (0, 1)] == [(320, 640, 3)] * 2
    assert said["images"][0] != said["images"][1]


def test_canvas_inpaints_where_the_mask_is_black(kit):
    """The other way about than Stability; without words it erases."""
    for words in ({"text": "a scratch"}, {}):
        params = {"image": b64(PICTURE), "maskImage": b64(mask(~left())), **words}
        said = invoke(kit, CANVAS, {"taskType": "INPAINTING", "inPaintingParams": params})
        out = seen(said)
        assert (out[left()] == BLUE).all()
        assert (out[~left()] == grey()[~left()]).all()


def test_canvas_outpaints_where_the_mask_is_white(kit):
    """Here black is the subject that stays."""
    params = {"image": b64(PICTURE), "maskImage": b64(mask(left())), "text": "a wall"}
    out = seen(invoke(kit, CANVAS, {"taskType": "OUTPAINTING", "outPaintingParams": params}))
    assert (out[left()] == BLUE).all()
    assert (out[~left()] == grey()[~left()]).all()


def test_canvas_tries_on_where_the_mask_is_black(kit):
    """Two pictures, the person first."""
    params = {
        "sourceImage": b64(PICTURE),
        "referenceImage": b64(JPEG),
        "maskType": "IMAGE",
        "imageBasedMask": {"maskImage": b64(mask(~left()))},
    }
    out = seen(invoke(kit, CANVAS, {"taskType": "VIRTUAL_TRY_ON", "virtualTryOnParams": params}))
    assert (out[left()] == BLUE).all()
    assert (out[~left()] == grey()[~left()]).all()


OTHER_TASKS = [
    ("colorGuidedGenerationParams", "COLOR_GUIDED_GENERATION", {"text": "x", "colors": ["#ff8800"]}),
    ("imageVariationParams", "IMAGE_VARIATION", {"images": [b64(PICTURE)], "text": "x"}),
    ("inPaintingParams", "INPAINTING", {"image": b64(PICTURE), "maskPrompt": "the square", "text": "x"}),
    ("backgroundRemovalParams", "BACKGROUND_REMOVAL", {"image": b64(PICTURE)}),
    (
        "virtualTryOnParams",
        "VIRTUAL_TRY_ON",
        {
            "sourceImage": b64(PICTURE),
            "referenceImage": b64(JPEG),
            "maskType": "GARMENT",
            "garmentBasedMask": {"garmentClass": "SHOES", "maskShape": "CONTOUR"},
        },
    ),
]


@pytest.mark.parametrize(("field", "task", "params"), OTHER_TASKS, ids=lambda case: str(case)[:24])
def test_canvas_does_every_task_there_is(kit, field, task, params):
    """One picture for each."""
    assert len(invoke(kit, CANVAS, {"taskType": task, field: params})["images"]) == 1


TEXT = {"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "x"}}
MASK = b64(mask(left()))
IN = {"image": b64(PICTURE), "maskImage": MASK, "text": "x"}
GREY_MASK = b64(encode_png(np.full((480, 640, 3), 128, np.uint8)))
OTHER_MASK = b64(mask(left(641)))


def inpaint(**more):
    return {"taskType": "INPAINTING", "inPaintingParams": {**IN, **more}}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (TEXT | config(width=1000, height=1000), "not supported"),
        (TEXT | config(width=2048, height=2048), "not supported"),
        (TEXT | config(width=320, height=1296), "not supported"),
        (TEXT | config(seed=2_147_483_647), "seed"),
        (TEXT | config(cfgScale=0.5), "cfgScale"),
        (TEXT | config(numberOfImages=6), "numberOfImages"),
        ({"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "x" * 1025}}, "maxLength: 1024"),
        ({"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "x", "style": "BAROQUE"}}, "style"),
        ({"taskType": "PAINT"}, "PAINT"),
        (inpaint() | config(width=640, height=480), "extraneous key [width]"),
        (inpaint(maskPrompt="the square"), "exactly one"),
        (inpaint(maskImage=GREY_MASK), "pure black"),
        (inpaint(maskImage=OTHER_MASK), "same dimensions"),
        (inpaint(image=SMALL), "320"),
        (
            {"taskType": "BACKGROUND_REMOVAL", "backgroundRemovalParams": {"image": b64(PICTURE)}} | config(),
            "imageGenerationConfig",
        ),
        (
            {"taskType": "OUTPAINTING", "outPaintingParams": {"image": b64(PICTURE), "maskImage": MASK}},
            "text",
        ),
    ],
)
def test_what_canvas_forbids_is_refused(kit, body, told):
    """Whatever passes here would pass there."""
    status, name, message = refused(lambda: invoke(kit, CANVAS, body))
    assert (status, name) == (400, "ValidationException")
    assert told in message


# ------------------------------------------------------------------------------- seeing


def looking(text="What is there?", data=JPEG, kind="jpeg"):
    picture = {"image": {"format": kind, "source": {"bytes": data}}}
    return [{"role": "user", "content": [picture, {"text": text}]}]


def tools(force=True):
    spec = {"toolSpec": {"name": "annotate", "inputSchema": {"json": SCHEMA}}}
    return {"tools": [spec], **({"toolChoice": {"tool": {"name": "annotate"}}} if force else {})}


def shaped(schema=SCHEMA):
    structure = {"jsonSchema": {"name": "seen", "schema": json.dumps(schema)}}
    return {"textFormat": {"type": "json_schema", "structure": structure}}


def test_a_forced_tool_is_called_with_what_is_seen(kit):
    """Its input is data already, in the shape of its schema."""
    said = kit.converse(
        modelId=NOVA,
        messages=looking(),
        system=[{"text": "You see."}],
        inferenceConfig={"maxTokens": 800, "temperature": 0},
        toolConfig=tools(),
    )
    use = said["output"]["message"]["content"][0]["toolUse"]
    assert said["stopReason"] == "tool_use"
    assert (use["name"], set(use["input"])) == ("annotate", set(SCHEMA["required"]))
    assert said["usage"]["inputTokens"] >= 230


def test_a_schema_is_held_to_where_the_model_can(kit):
    """The schema travels as a string, and so does the answer."""
    said = kit.converse(modelId=HAIKU, messages=looking(), outputConfig=shaped())
    data = json.loads(said["output"]["message"]["content"][0]["text"])
    assert set(data) == set(SCHEMA["required"])


def test_models_that_think_show_it_first(kit):
    """What they were thinking stands before what they say, unless they are told not to."""
    model = "us.anthropic.claude-haiku-5-5"
    said = kit.converse(modelId=model, messages=looking(), toolConfig=tools())
    assert [*said["output"]["message"]["content"][0]] == ["reasoningContent"]
    off = {"thinking": {"type": "disabled"}}
    said = kit.converse(modelId=model, messages=looking(), additionalModelRequestFields=off)
    assert [*said["output"]["message"]["content"][0]] == ["text"]


SONNET = "us.anthropic.claude-sonnet-5-5"
FLOOR = {**SCHEMA, "properties": {"score": {"type": "integer", "minimum": 1}}, "required": []}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"modelId": "amazon.nova-2-lite-v1:0"}, "on-demand throughput"),
        ({"modelId": "nova"}, "model identifier"),
        ({"messages": looking(kind="png")}, "appears to be image/jpeg"),
        ({"messages": looking(data=b"no picture")}, "image"),
        ({"messages": looking() * 21}, "too many images"),
        ({"messages": [{"role": "assistant", "content": [{"text": "x"}]}]}, "start and end"),
        ({"outputConfig": shaped()}, "doesn't support the outputConfig"),
        ({"modelId": HAIKU, "outputConfig": shaped(FLOOR)}, "'minimum' is not supported"),
        ({"modelId": HAIKU, "outputConfig": shaped({**SCHEMA, "additionalProperties": True})}, "explicitly"),
        ({"modelId": SONNET, "inferenceConfig": {"temperature": 0}}, "not supported"),
        ({"modelId": SONNET, "toolConfig": tools()}, "forced tool"),
    ],
)  # fmt: skip
def test_what_converse_forbids_is_refused(kit, more, told):
    """Whatever passes here would pass there."""
    given = {"modelId": NOVA, "messages": looking(), **more}
    status, name, message = refused(lambda: kit.converse(**given))
    assert (status, name) == (400, "ValidationException")
    assert told in message


def test_nova_is_invoked_in_its_own_words(kit):
    """As a line of a batch job holds them."""
    picture = {"image": {"format": "jpeg", "source": {"bytes": b64(JPEG)}}}
    body = {
        "schemaVersion": "messages-v1",
        "messages": [{"role": "user", "content": [picture, {"text": "What is there?"}]}],
        "inferenceConfig": {"maxTokens": 800, "topK": 1},
    }
    said = invoke(kit, NOVA, body)
    assert said["output"]["message"]["content"][0]["text"]
    assert said["usage"]["totalTokens"] == said["usage"]["inputTokens"] + said["usage"]["outputTokens"]


def claude(**more):
    picture = {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/jpeg", "data": b64(JPEG)},
    }
    content = [picture, {"type": "text", "text": "What is there?"}]
    return {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 800,
        "messages": [{"role": "user", "content": content}],
        **more,
    }


def test_claude_is_invoked_in_its_own_words(kit):
    """Words, a schema, or a tool."""
    assert invoke(kit, HAIKU, claude())["content"][0]["type"] == "text"
    shape = {"format": {"type": "json_schema", "schema": SCHEMA}}
    said = invoke(kit, HAIKU, claude(output_config=shape))
    assert set(json.loads(said["content"][0]["text"])) == set(SCHEMA["required"])
    tool = {"name": "annotate", "input_schema": SCHEMA}
    said = invoke(kit, HAIKU, claude(tools=[tool], tool_choice={"type": "tool", "name": "annotate"}))
    assert (said["stop_reason"], said["content"][0]["type"]) == ("tool_use", "tool_use")


@pytest.mark.parametrize(
    ("model", "body", "told"),
    [
        (HAIKU, {**claude(), "max_tokens": 0}, "max_tokens"),
        (HAIKU, {**claude(), "anthropic_version": "2023-06-01"}, "anthropic_version"),
        (HAIKU, claude(schemaVersion="messages-v1"), "schemaVersion"),
        (NOVA, claude(), "anthropic_version"),
        ("us.anthropic.claude-haiku-5-5", claude(temperature=0), "temperature"),
    ],
)
def test_the_words_of_one_are_not_those_of_the_other(kit, model, body, told):
    """The usual mistake in lines of batch jobs."""
    status, name, message = refused(lambda: invoke(kit, model, body))
    assert (status, name) == (400, "ValidationException")
    assert told in message


# ------------------------------------------------------------------------------ vectors


def test_titan_turns_texts_and_pictures_into_vectors(kit):
    """A text and a picture together are what lies between them."""
    said = invoke(kit, "amazon.titan-embed-text-v2:0", {"inputText": "a red car", "dimensions": 256})
    assert (len(said["embedding"]), said["inputTextTokenCount"]) == (256, 2)
    assert said["embeddingsByType"]["float"] == said["embedding"]
    model, size = "amazon.titan-embed-image-v1", {"embeddingConfig": {"outputEmbeddingLength": 384}}
    both = {"inputText": "a red car", "inputImage": b64(PICTURE)}
    text, picture, mean = (
        np.array(invoke(kit, model, {name: both[name] for name in names} | size)["embedding"])
        for names in (["inputText"], ["inputImage"], both)
    )
    assert np.allclose(mean, (text + picture) / 2)


def test_nova_turns_either_into_a_vector(kit):
    """With the purpose it is made for."""

    def single(**more):
        params = {"embeddingPurpose": "GENERIC_INDEX", "embeddingDimension": 384, **more}
        body = {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": params}
        return invoke(kit, "amazon.nova-2-multimodal-embeddings-v1:0", body)["embeddings"][0]

    text = single(text={"value": "a red car", "truncationMode": "END"})
    picture = single(image={"format": "jpeg", "source": {"bytes": b64(JPEG)}})
    assert (text["embeddingType"], picture["embeddingType"]) == ("TEXT", "IMAGE")
    assert len(text["embedding"]) == len(picture["embedding"]) == 384


def test_cohere_answers_in_two_shapes(kit):
    """A list where one type was asked for, and an object where there were several."""
    body = {"input_type": "search_document", "texts": ["a car", "a van"], "output_dimension": 256}
    said = invoke(kit, "us.cohere.embed-v4:0", body)
    assert [len(vector) for vector in said["embeddings"]] == [256, 256]
    picture = f"data:image/jpeg;base64,{b64(JPEG)}"
    body = {"input_type": "search_document", "images": [picture], "embedding_types": ["float", "int8"]}
    assert len(invoke(kit, "us.cohere.embed-v4:0", body)["embeddings"]["float"][0]) == 1536


@pytest.mark.parametrize(
    ("model", "body"),
    [
        ("amazon.titan-embed-text-v2:0", {"inputText": "x", "dimensions": 300}),
        ("amazon.titan-embed-text-v2:0", {"inputText": "x", "inputImage": "x"}),
        ("amazon.titan-embed-image-v1", {}),
        ("amazon.titan-embed-image-v1", {"inputText": "word " * 200}),
        ("amazon.nova-2-multimodal-embeddings-v1:0", {"taskType": "SINGLE_EMBEDDING"}),
        ("us.cohere.embed-v4:0", {"input_type": "search_query", "texts": ["x"], "images": ["x"]}),
        ("us.cohere.embed-v4:0", {"texts": ["x"]}),
        ("us.cohere.embed-v4:0", {"input_type": "search_query", "texts": ["x"] * 97}),
    ],
)
def test_what_the_embedders_forbid_is_refused(kit, model, body):
    """Whatever passes here would pass there."""
    assert refused(lambda: invoke(kit, model, body))[:2] == (400, "ValidationException")


# ------------------------------------------------------------------------------- faults

ERRORS = {
    "429": (429, "ThrottlingException"),
    "not ready": (429, "ModelNotReadyException"),
    "tokens per day": (429, "ThrottlingException"),
    "500": (500, "InternalServerException"),
    "503": (503, "ServiceUnavailableException"),
    "408": (408, "ModelTimeoutException"),
    "424": (424, "ModelErrorException"),
    "quota": (400, "ServiceQuotaExceededException"),
    "access": (403, "AccessDeniedException"),
    "end of life": (404, "ResourceNotFoundException"),
}


@pytest.mark.parametrize(("fault", "expected"), ERRORS.items())
def test_every_error_has_its_name_and_status(fault, expected):
    """As the kit reads them from the header."""
    with serving(Script(faults={fault: 1})) as sim:
        assert refused(lambda: invoke(client(sim.url), CORE, {"prompt": "x"}))[:2] == expected


@pytest.mark.parametrize(("hint", "header"), [("own", "x-amz-retry-after"), ("none", None)])
def test_the_wait_is_told_in_milliseconds_or_not_at_all(hint, header):
    """Both happen."""
    with serving(Script(per_second=0.5, hint=hint)) as sim:
        kit = client(sim.url)
        invoke(kit, CORE, {"prompt": "x"})
        with pytest.raises(ClientError) as raised:
            invoke(kit, CORE, {"prompt": "x"})
    headers = raised.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert [name for name in headers if "retry" in name] == ([header] if header else [])
    if header:
        assert 0 < int(headers[header]) <= 2000


def stability(fault):
    with serving(Script(faults={fault: 1})) as sim:
        return invoke(client(sim.url), CORE, {"prompt": "x"})


def test_a_200_can_say_that_it_failed():
    """Stability tells of it where filters are told of; or leaves out what it should have said."""
    assert stability("inference error")["finish_reasons"] == ["Inference error"]
    assert stability("no keys") == {"finish_reasons": [None]}
    assert stability("fewer")["images"] == []


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("guardrail", "guardrail_intervened"),
        ("malformed tool use", "malformed_tool_use"),
        ("malformed output", "malformed_model_output"),
        ("context", "model_context_window_exceeded"),
        ("filtered", "content_filtered"),
        ("length", "max_tokens"),
    ],
)
def test_every_reason_to_stop_is_told(fault, reason):
    """The kit knows them all."""
    with serving(Script(faults={fault: 1})) as sim:
        said = client(sim.url).converse(modelId=NOVA, messages=looking())
    assert said["stopReason"] == reason


@pytest.mark.parametrize(
    ("stage", "model", "body", "said"),
    [
        ("prompt", CORE, {"prompt": "x"}, {"finish_reasons": ["Filter reason: prompt"]}),
        ("output", CORE, {"prompt": "x"}, {"finish_reasons": ["Filter reason: output image"]}),
        ("output", CANVAS, TEXT, {"images": []}),
        ("partial", CANVAS, TEXT | config(numberOfImages=3), {}),
    ],
)
def test_refusals_come_with_a_200(stage, model, body, said):
    """Without an exception, and with whatever was not refused."""
    with serving(Script(refuse="x", refuse_at=stage)) as sim:
        found = invoke(client(sim.url), model, body)
    assert {name: found[name] for name in said} == said
    if stage == "partial":
        assert (len(found["images"]), "blocked" in found["error"]) == (2, True)


def test_what_goes_into_canvas_is_refused_with_a_400():
    """The other of its two channels."""
    with serving(Script(refuse="x")) as sim:
        status, name, _ = refused(lambda: invoke(client(sim.url), CANVAS, TEXT))
    assert (status, name) == (400, "ValidationException")


@pytest.mark.parametrize(
    "model", ["amazon.titan-image-generator-v1", "us.anthropic.claude-3-haiku-20240307-v1:0"]
)
def test_the_dead_are_not_found(kit, model):
    """As the service says it of models past their end."""
    status, name, message = refused(lambda: invoke(kit, model, TEXT))
    assert (status, name) == (404, "ResourceNotFoundException")
    assert "end of its life" in message
