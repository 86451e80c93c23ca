"""OpenAI's tongue, heard with OpenAI's own kit: edits, chat, embeddings, models, and what it refuses."""

import io
import json
from base64 import b64decode, b64encode
from http.client import HTTPConnection
from math import dist

import jsonschema
import numpy as np
import openai
import pytest
from PIL import Image

from photogram.pixels.codecs import decode, encode_png
from photogram.simulator import Script, serving

SCHEMA = {
    "type": "object",
    "properties": {
        "description": {"type": "string"},
        "brightness": {"type": "number"},
        "severity": {"type": "string", "enum": ["none", "low", "high"]},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 2},
        "plate": {"type": ["string", "null"]},
        "place": {"$ref": "#/$defs/place"},
    },
    "required": ["description", "brightness", "severity", "tags", "plate", "place"],
    "additionalProperties": False,
    "$defs": {
        "place": {
            "type": "object",
            "properties": {"town": {"type": "string"}},
            "required": ["town"],
            "additionalProperties": False,
        }
    },
}


@pytest.fixture(scope="module")
def sim():
    with serving() as served:
        yield served


@pytest.fixture(scope="module")
def client(sim):
    with kit(sim) as made:
        yield made


def kit(sim):
    return openai.OpenAI(base_url=f"{sim.url}/v1", api_key="test", max_retries=0)


def grey(width=64, height=48):
    """A red square on grey."""
    rgb = np.full((height, width, 3), 127, np.uint8)
    rgb[8:16, 8:16] = (255, 0, 0)
    return rgb


def clear(changed):
    """A mask as OpenAI wants it: see-through where the change goes."""
    alpha = np.where(changed, 0, 255).astype(np.uint8)
    return encode_png(np.dstack([np.zeros((*changed.shape, 3), np.uint8), alpha]))


def left(width=64, height=48, columns=12):
    changed = np.zeros((height, width), bool)
    changed[:, :columns] = True
    return changed


PICTURE = encode_png(grey())


def uri(data=PICTURE, kind="image/png"):
    return f"data:{kind};base64,{b64encode(data).decode()}"


def looking(text="What is there? Answer in JSON.", url=None, **more):
    """One message with a picture."""
    picture = {"type": "image_url", "image_url": {"url": url or uri(), **more}}
    return [{"role": "user", "content": [{"type": "text", "text": text}, picture]}]


def strictly(schema=SCHEMA, **more):
    return {"type": "json_schema", "json_schema": {"name": "seen", "strict": True, "schema": schema, **more}}


def error_of(call):
    """Status, code and parameter of the error that the kit raises."""
    with pytest.raises(openai.APIStatusError) as raised:
        call()
    return raised.value.status_code, raised.value.code, raised.value.param


# --------------------------------------------------------------------------------- edits


def test_an_edit_paints_where_the_mask_is_clear_and_nowhere_else(client):
    """The fixture of the masks' polarity: blue where told, the picture's own pixels elsewhere."""
    changed = left()
    said = client.images.edit(
        model="gpt-image-2", prompt="x", image=("a.png", PICTURE), mask=("m.png", clear(changed)), n=2
    )
    assert said.size == "64x48"
    for image in said.data:
        out = decode(b64decode(image.b64_json))
        assert (out[changed] == (0, 0, 255)).all()
        assert (out[~changed] == grey()[~changed]).all()
    assert said.data[0].b64_json != said.data[1].b64_json


def test_half_clear_is_kept(client):
    """Only what is wholly see-through is changed, as the documents say."""
    mask = np.dstack([grey(), np.full((48, 64), 1, np.uint8)])
    mask[0, 0, 3] = 0
    said = client.images.edit(
        model="gpt-image-2", prompt="x", image=("a.png", PICTURE), mask=("m.png", encode_png(mask))
    )
    out = decode(b64decode(said.data[0].b64_json))
    assert np.argwhere((out != grey()).any(axis=2)).tolist() == [[0, 0]]


def test_an_edit_without_a_mask_changes_the_whole_picture_and_keeps_its_size(client):
    """Several pictures go as a list; the first is the one that is changed."""
    other = encode_png(grey(80, 80))
    said = client.images.edit(
        model="gpt-image-2", prompt="x", image=[("a.png", PICTURE), ("b.png", other)], quality="low"
    )
    out = decode(b64decode(said.data[0].b64_json))
    assert out.shape == grey().shape
    assert (out != grey()).any(axis=2).all()
    assert said.usage.input_tokens_details.image_tokens == 4 + 9
    assert said.usage.output_tokens == 196


def test_an_edit_comes_at_the_size_and_in_the_format_that_is_asked(client):
    """And what a mask covered is still blue there."""
    said = client.images.edit(
        model="gpt-image-1.5",
        prompt="x",
        image=("a.png", PICTURE),
        mask=("m.png", clear(np.ones((48, 64), bool))),
        size="1536x1024",
        output_format="webp",
        input_fidelity="high",
    )
    with Image.open(io.BytesIO(b64decode(said.data[0].b64_json))) as image:
        assert (image.format, image.size) == ("WEBP", (1536, 1024))
        assert image.convert("RGB").getpixel((9, 9)) == (0, 0, 255)
    assert (said.size, said.output_format) == ("1536x1024", "webp")


def test_a_local_server_edits_too(client):
    """With the extras that such servers take."""
    said = client.images.edit(
        model="sd-turbo",
        prompt="x",
        image=("a.png", PICTURE),
        response_format="b64_json",
        extra_body={"seed": "7", "strength": "0.5", "negative_prompt": "people"},
    )
    assert decode(b64decode(said.data[0].b64_json)).shape == grey().shape


def edit(client, **more):
    given = {"model": "gpt-image-2", "prompt": "x", "image": ("a.png", PICTURE), **more}
    return lambda: client.images.edit(**given)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"mask": ("m.png", encode_png(grey()))}, (400, "invalid_value", "mask")),
        ({"mask": ("m.png", clear(left(65)))}, (400, "invalid_value", "mask")),
        ({"mask": ("m.png", clear(left()) + b"\0" * 4_000_000)}, (400, "invalid_value", "mask")),
        ({"mask": ("m.jpg", b"\xff\xd8\xff")}, (400, "invalid_value", None)),
        ({"image": ("a.png", b"no picture")}, (400, "invalid_value", None)),
        ({"image": [("a.png", PICTURE)] * 17}, (400, "invalid_value", "image")),
        ({"image": []}, (400, "invalid_value", "image")),
        ({"prompt": ""}, (400, "invalid_value", None)),
        ({"n": 11}, (400, "invalid_value", None)),
        ({"size": "512x512"}, (400, "invalid_value", "size")),
        ({"quality": "max"}, (400, "invalid_value", "quality")),
        ({"complexity": "low"}, (400, "invalid_value", "complexity")),
        ({"input_fidelity": "high"}, (400, "invalid_value", "input_fidelity")),
        ({"output_compression": 50}, (400, "invalid_value", "output_compression")),
        ({"response_format": "b64_json"}, (400, "unknown_parameter", None)),
        ({"extra_body": {"seed": "1"}}, (400, "unknown_parameter", None)),
        ({"model": "gpt-image-1"}, (404, "model_not_found", "model")),
    ],
)
def test_an_edit_that_the_documents_forbid_is_refused(client, more, expected):
    """Whatever passes here would pass there."""
    assert error_of(edit(client, **more)) == expected


def form(sim, *fields, boundary="cut", end="--\r\n"):
    """A form sent by hand."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + data
        for name, more, data in fields
    ]
    body = b"\r\n".join([*parts, f"--{boundary}{end}".encode()])
    connection = HTTPConnection(sim.url.removeprefix("http://"), timeout=10)
    connection.request(
        "POST", "/v1/images/edits", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    )
    try:
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


FIELDS = (("model", "", b"gpt-image-2"), ("prompt", "", b"x"))
FILE = ("image", '; filename="a.png"', PICTURE)


def test_a_form_is_read_as_it_was_written(sim):
    """Bytes that look like line ends are bytes, and the same name twice is said to be too much."""
    status, said = form(sim, *FIELDS, FILE)
    assert (status, len(said["data"])) == (200, 1)
    status, said = form(sim, *FIELDS, FILE, FILE)
    assert (status, said["error"]["code"]) == (400, "duplicate_parameter")


@pytest.mark.parametrize(
    ("fields", "more"),
    [
        ((*FIELDS, FILE), {"end": "\r\n"}),
        ((*FIELDS, ("", "", b"x")), {}),
        ((*FIELDS, ("picture", '; filename="a.png"', PICTURE)), {}),
        (FIELDS, {}),
        ((), {"boundary": ""}),
    ],
)
def test_a_form_that_is_none_is_refused(sim, fields, more):
    """Cut short, without names, without a picture, without a boundary."""
    status, said = form(sim, *fields, **more)
    assert (status, said["error"]["type"]) == (400, "invalid_request_error")


# ---------------------------------------------------------------------------------- chat


def test_an_answer_has_the_shape_of_the_schema(client):
    """What can be measured is measured; what cannot is invented, and text says so."""
    said = client.chat.completions.create(
        model="gpt-5.4-nano", messages=looking(), response_format=strictly(), max_completion_tokens=800
    )
    (choice,) = said.choices
    seen = json.loads(choice.message.content)
    jsonschema.validate(seen, SCHEMA)
    assert seen["description"].startswith("A picture, mostly grey")
    assert 0.4 < seen["brightness"] < 0.6
    assert (seen["severity"], seen["tags"]) == ("none", ["simulated", "simulated"])
    assert (seen["plate"], seen["place"]) == (None, {"town": "simulated"})
    assert (choice.finish_reason, choice.message.refusal) == ("stop", None)
    assert said.usage.prompt_tokens == 7 + 4
    assert said.usage.total_tokens == said.usage.prompt_tokens + said.usage.completion_tokens


def test_an_answer_can_be_words_or_any_object(client):
    """As the format asks."""
    words = client.chat.completions.create(model="gpt-5.4-nano", messages=looking())
    assert words.choices[0].message.content.startswith("A picture, mostly grey")
    anything = client.chat.completions.create(
        model="gpt-5.4-nano", messages=looking(), response_format={"type": "json_object"}
    )
    assert json.loads(anything.choices[0].message.content)["width"] == 64


def test_a_schema_in_the_prompt_is_answered(client):
    """For models that know no better way, the schema is words."""
    said = client.chat.completions.create(
        model="llava", messages=looking(f"Keep to {{braces}} and this: {json.dumps(SCHEMA)}. No more.")
    )
    jsonschema.validate(json.loads(said.choices[0].message.content), SCHEMA)


def test_an_answer_ends_where_it_was_told_to(client):
    """And says that this is why."""
    said = client.chat.completions.create(
        model="gpt-5.4-nano", messages=looking(), response_format=strictly(), max_completion_tokens=5
    )
    assert said.choices[0].finish_reason == "length"
    assert said.usage.completion_tokens == 5
    with pytest.raises(json.JSONDecodeError):
        json.loads(said.choices[0].message.content)


def test_a_local_server_takes_the_bare_address(client):
    """Ollama does, and takes what OpenAI's models do not."""
    messages = looking()
    messages[0]["content"][1]["image_url"] = uri()
    said = client.chat.completions.create(
        model="llava", messages=messages, max_tokens=300, extra_body={"top_k": 5}
    )
    assert said.choices[0].message.content.startswith("A picture, mostly grey")
    assert error_of(lambda: client.chat.completions.create(model="gpt-5.4-nano", messages=messages)) == (
        400,
        "invalid_value",
        "messages",
    )


def test_a_detail_has_its_price(client):
    """A picture in low detail counts as a fixed number of tokens."""
    said = client.chat.completions.create(model="gpt-5.4-nano", messages=looking("x", detail="low"))
    assert said.usage.prompt_tokens == 1 + 85


def test_words_alone_are_answered_too(client):
    """A question without a picture is one; its answer says that it is simulated."""
    said = client.chat.completions.create(
        model="gpt-5.4-nano",
        messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Well?"}],
    )
    assert said.choices[0].message.content == "simulated"


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        ("prompt", ("stop", None, True)),
        ("output", ("content_filter", "", False)),
    ],
)
def test_a_refusal_is_an_answer(stage, expected):
    """Status 200: in the field for it, or with what was said filtered away."""
    with serving(Script(refuse="naked", refuse_at=stage)) as sim, kit(sim) as client:
        said = client.chat.completions.create(model="gpt-5.4-nano", messages=looking("naked"))
        books = sim.books()
    (choice,) = said.choices
    got = choice.finish_reason, choice.message.content, choice.message.refusal is not None
    assert got == expected
    assert (books.refused, books.answered, books.dollars) == (1, 0, 0)


def test_a_refused_picture_is_an_error():
    """What was sent to be looked at is refused before any model sees it."""
    with serving(Script(refuse="naked", refuse_at="input")) as sim, kit(sim) as client:
        status, code, _ = error_of(
            lambda: client.chat.completions.create(model="gpt-5.4-nano", messages=looking("naked"))
        )
    assert (status, code) == (400, "moderation_blocked")


def strictly_wrong(**changes):
    return strictly({**SCHEMA, **changes})


def strictly_of(rule):
    return strictly_wrong(properties={"x": rule}, required=["x"])


def deep(levels):
    schema = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    for _ in range(levels):
        schema = {**schema, "properties": {"in": schema}, "required": ["in"]}
    return schema


def wide(count):
    names = [f"x{number}" for number in range(count)]
    return {**deep(0), "properties": {name: {"type": "string"} for name in names}, "required": names}


@pytest.mark.parametrize(
    ("format_", "said"),
    [
        (strictly_wrong(additionalProperties=True), "In context=(), 'additionalProperties' is required"),
        (strictly_wrong(required=["description"]), "Missing 'brightness'"),
        (strictly_wrong(oneOf=[]), "'oneOf' is not permitted"),
        (strictly_wrong(**{"$defs": {"place": {"type": "object"}}}), "'$defs', 'place'"),
        (strictly_of({"type": "string", "default": "y"}), "'default' is not permitted"),
        (strictly_of({"type": "string", "format": "uri"}), "'uri' is not a valid format"),
        (strictly_of({"$ref": "#/$defs/place", "description": "x"}), "$ref cannot have keywords"),
        (strictly_of({"type": "array", "items": {"not": {}}}), "('properties', 'x', 'items')"),
        (strictly_of({"anyOf": [{"minLength": 1}]}), "'minLength' is not permitted"),
        (strictly({"type": "array", "items": {"type": "string"}}), "must be a JSON Schema of"),
        (strictly(deep(10)), "more than 10 levels"),
        (strictly_of({"enum": ["x"]}), "schema must have a 'type' key"),
        (strictly_of({"type": "integer", "enum": list(range(1001))}), "1000 enum values"),
        (strictly(wide(5001)), "more than 5000 properties"),
        (strictly(name="not a name"), "name"),
    ],
)
def test_a_strict_schema_keeps_to_the_rules(client, format_, said):
    """An object that is open, a field that is optional, a word that is not supported: refused by place."""
    with pytest.raises(openai.BadRequestError, match="response_format") as raised:
        client.chat.completions.create(model="gpt-5.4-nano", messages=looking(), response_format=format_)
    assert said in str(raised.value)


def test_ten_levels_are_allowed_and_a_schema_that_is_not_strict_is_free(client):
    """The rules hold as far as they reach."""
    loose = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"properties": {}}}}
    for format_ in (strictly(deep(9)), loose):
        said = client.chat.completions.create(
            model="gpt-5.4-nano", messages=looking(), response_format=format_
        )
        assert said.choices[0].finish_reason == "stop"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"max_tokens": 5}, (400, "unsupported_parameter", "max_tokens")),
        ({"temperature": 3}, (400, "invalid_value", None)),
        ({"temperature": 0, "reasoning_effort": "low"}, (400, "unsupported_value", "temperature")),
        ({"messages": []}, (400, "invalid_value", None)),
        ({"messages": looking(url="https://example.com/a.png")}, (400, "invalid_image_url", "messages")),
        ({"messages": looking(url=uri(b"GIF8 is none"))}, (400, "invalid_value", None)),
        ({"messages": looking(url="data:image/png;base64,***")}, (400, "invalid_value", None)),
        ({"messages": looking() * 501}, (400, "invalid_value", "messages")),
        ({"messages": [{**looking()[0], "role": "system"}]}, (400, "invalid_value", "messages")),
        (
            {"messages": looking("What?"), "response_format": {"type": "json_object"}},
            (400, None, "messages"),
        ),
        ({"extra_body": {"top_k": 5}}, (400, "unknown_parameter", None)),
    ],
)
def test_a_question_that_the_documents_forbid_is_refused(client, more, expected):
    """By its code and, where the documents name one, its parameter."""
    given = {"model": "gpt-5.4-nano", "messages": looking(), **more}
    assert error_of(lambda: client.chat.completions.create(**given)) == expected


# ---------------------------------------------------------------------------- embeddings


def test_vectors_come_as_floats_or_as_their_bytes(client):
    """The kit asks for bytes by itself; both are the same vectors, and those are of length 1."""
    texts = ["a red car at the kerb", "the red car", "cracks in a wall"]
    packed = client.embeddings.create(model="text-embedding-3-small", input=texts)
    floats = client.embeddings.create(model="text-embedding-3-small", input=texts, encoding_format="float")
    near, car, far = (point.embedding for point in packed.data)
    assert [point.index for point in floats.data] == [0, 1, 2]
    assert np.allclose(car, floats.data[1].embedding, atol=1e-6)
    assert (len(car), round(float(np.linalg.norm(car)), 6)) == (1536, 1)
    assert dist(near, car) < dist(far, car)
    assert packed.usage.prompt_tokens == sum(len(text) // 4 for text in texts)


@pytest.mark.parametrize(
    ("more", "length"),
    [
        ({"dimensions": 256}, 256),
        ({"model": "text-embedding-3-large"}, 3072),
        ({"model": "text-embedding-ada-002"}, 1536),
        ({"model": "nomic-embed-text"}, 384),
        ({"input": [1, 22, 333]}, 1536),
        ({"input": [[1, 22], [333]]}, 1536),
    ],
)
def test_a_vector_is_as_long_as_is_asked(client, more, length):
    """Or as long as the model makes it."""
    given = {"model": "text-embedding-3-small", "input": "a car", **more}
    assert len(client.embeddings.create(**given).data[0].embedding) == length


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"input": ""}, "invalid_value"),
        ({"input": []}, "invalid_value"),
        ({"input": ["x"] * 2049}, "invalid_value"),
        ({"input": "x" * 4 * 8193}, "context_length_exceeded"),
        ({"input": ["x" * 4 * 8000] * 38}, "context_length_exceeded"),
        ({"dimensions": 1537}, "invalid_value"),
        ({"dimensions": 256, "model": "text-embedding-ada-002"}, "invalid_value"),
        ({"model": "text-embedding-4"}, "model_not_found"),
        ({"extra_body": {"truncate": True}}, "unknown_parameter"),
    ],
)
def test_an_embedding_that_the_documents_forbid_is_refused(client, more, code):
    """Too long, too many, none at all, dimensions that the model has not."""
    given = {"model": "text-embedding-3-small", "input": "a car", **more}
    assert error_of(lambda: client.embeddings.create(**given))[1] == code


# -------------------------------------------------------------------------------- models


def test_the_models_that_live_are_listed(client):
    """And one of them can be asked for; one that has ended is none."""
    listed = [model.id for model in client.models.list()]
    assert "gpt-image-2" in listed
    assert "dall-e-3" not in listed
    assert client.models.retrieve("gpt-image-2").owned_by == "openai"
    assert error_of(lambda: client.models.retrieve("dall-e-3"))[:2] == (404, "model_not_found")


# ---------------------------------------------------------------------- faults of its own


def test_a_quota_that_is_spent_is_told_from_a_rate():
    """Both are 429; the kit tells them apart by the code."""
    with serving(Script(faults={"quota": 1})) as sim, kit(sim) as client:
        status, code, _ = error_of(lambda: client.images.generate(model="gpt-image-2", prompt="x"))
    assert (status, code) == (429, "insufficient_quota")


def test_what_only_this_vendor_gets_wrong():
    """A refusal in its own field, an error that is a string, an answer that counts nothing."""
    with serving(Script(faults={"refusal": 1})) as sim, kit(sim) as client:
        said = client.chat.completions.create(model="gpt-5.4-nano", messages=looking())
        assert said.choices[0].message.refusal
        assert client.images.generate(model="gpt-image-2", prompt="x").data
    with serving(Script(faults={"bare error": 1})) as sim, kit(sim) as client:
        with pytest.raises(openai.InternalServerError) as raised:
            client.chat.completions.create(model="llava", messages=looking())
        assert raised.value.body == "the model has crashed"
    with serving(Script(faults={"no usage": 1})) as sim, kit(sim) as client:
        assert client.images.generate(model="gpt-image-2", prompt="x").usage is None
        assert sim.books().answered == 1
