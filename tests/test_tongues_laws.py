"""Laws of every tongue: what it takes it answers; what it cannot take it says in its vendor's words."""

import asyncio
import copy
import json

import msgspec
import pytest

from photogram.simulator.call import STATUS, Call, Problem, check_schema
from photogram.simulator.invent import completed
from photogram.simulator.work import Worker

from .tongued import SCHEMA, SOUND, read, request, told, tongue

every_ask = pytest.mark.parametrize("name", SOUND)
ODD = [
    *(None, True, 0, -1, 2**63, 10**30, 0.5, 1e300, "", "x", "\ud83d", "²x²", "data:,", "s3://x", "DELETE"),
    *([], {}, [None], [[]], {"": None}, {"type": 1}, {"type": ["object"]}, {"properties": []}, {"$ref": 1}),
    *({"$ref": "#"}, {"$ref": "#/no/where"}, {"type": "object", "required": 1}, {"enum": 3}, {"items": 1}),
]
"""What may stand in a body where something else was wanted."""

FREE = {"schema", "json", "responseJsonSchema", "input_schema"}
"""Fields in which the caller's own words stand: a JSON Schema."""

LOOSE = {"openai llava": {()}, "bedrock converse": {("additionalModelRequestFields",)}}
"""Where fields that nobody knows are taken: by servers of one's own, and in what is only handed on."""


def made_of(call):
    """What the house makes of a call."""

    async def main():
        worker = Worker(drawn=False)
        try:
            return await worker.work(call, "1")
        finally:
            await worker.close()

    return asyncio.run(main())


def places(value, path=(), *, free=True):
    """Every place within a body, by the keys that lead to it; without `free` none within a schema."""
    if path:
        yield path
    if path and path[-1] in FREE and not free:
        return
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from places(item, (*path, key), free=free)


def at(body, path):
    for key in path:
        body = body[key]
    return body


def changed(name, path, new):
    """The sound body with something else at one place."""
    body = copy.deepcopy(SOUND[name][1])
    holder = at(body, path[:-1])
    if new == "DELETE":
        del holder[path[-1]]
    else:
        holder[path[-1]] = new
    return body


def complaint(name, answer):
    """The message of an error in the whole form that the vendor gives to an ask that is wrong."""
    assert answer.status == 400
    if name.startswith("openai"):
        error = answer.body["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert error["type"] == "invalid_request_error"
        return error["message"]
    if name.startswith("gemini"):
        error = answer.body["error"]
        assert (set(error), error["code"]) == ({"code", "message", "status"}, 400)
        assert error["status"] == "INVALID_ARGUMENT"
        return error["message"]
    assert answer.headers["x-amzn-ErrorType"].startswith("ValidationException:")
    assert set(answer.body) == {"message"}
    return answer.body["message"]


# ------------------------------------------------------------------------------ strictness


@every_ask
def test_a_sound_ask_is_read_as_what_it_is(name):
    """The bodies that all else here is made from are taken, and their words and models are in the call."""
    call = read(name, SOUND[name][1])
    kinds = {"inpaint": "edit", "outpaint": "edit", "style": "edit", "on": "edit", "canvas": "draw"}
    kinds |= {"local": "draw", "text": "embed", "titan": "embed", "cohere": "embed"}
    last = name.split()[-1]
    assert call.kind == (last if last in ("draw", "edit", "see", "embed") else kinds.get(last, "see"))
    assert call.model in (SOUND[name][0].partition("/")[0], SOUND[name][1].get("model"))
    assert (call.kind == "edit") <= bool(call.pictures)


@every_ask
def test_another_type_is_refused_wherever_it_stands(name):
    """An object where none belongs, or no object where one does, is never passed over."""
    for path in places(SOUND[name][1], free=False):
        other = 7 if isinstance(at(SOUND[name][1], path), dict) else {"odd": 1}
        answer = told(name, changed(name, path, other))
        assert answer is not None, path
        complaint(name, answer)


@every_ask
def test_a_field_that_nobody_knows_is_refused_by_its_name(name):
    """At any place but where the vendor itself looks at no more than it knows."""
    sound = SOUND[name][1]
    objects = [path for path in places(sound, free=False) if isinstance(at(sound, path), dict)]
    for path in [(), *(path for path in objects if path[-1] not in FREE)]:
        body = copy.deepcopy(sound)
        at(body, path)["unasked"] = 1
        answer = told(name, body)
        if any(path[: len(loose)] == loose and (loose or not path) for loose in LOOSE.get(name, ())):
            assert answer is None, path
        else:
            assert answer is not None, path
            assert "unasked" in complaint(name, answer)


PARTS = "messages messages.0 messages.0.role messages.0.content "
NEEDED = {
    "openai draw": "model prompt",
    "openai local": "model prompt",
    "openai see": f"model {PARTS}response_format.type response_format.json_schema "
    "response_format.json_schema.name response_format.json_schema.schema "
    "messages.0.content.0.type messages.0.content.0.text messages.0.content.1.type "
    "messages.0.content.1.image_url messages.0.content.1.image_url.url",
    "openai embed": "model input",
    "gemini draw": "contents contents.0 contents.0.parts contents.0.parts.0 contents.0.parts.0.text",
    "gemini see": "contents contents.0 contents.0.parts contents.0.parts.0.inlineData "
    "contents.0.parts.0.inlineData.mimeType contents.0.parts.0.inlineData.data contents.0.parts.1.text "
    "generationConfig.responseMimeType",
    "bedrock draw": "prompt",
    "bedrock inpaint": "image mask prompt",
    "bedrock outpaint": "image left",
    "bedrock style": "init_image style_image",
    "bedrock canvas": "taskType textToImageParams textToImageParams.text imageGenerationConfig.width "
    "imageGenerationConfig.height",
    "bedrock canvas inpaint": "taskType inPaintingParams inPaintingParams.image inPaintingParams.maskImage",
    "bedrock canvas try on": "taskType virtualTryOnParams virtualTryOnParams.sourceImage "
    "virtualTryOnParams.referenceImage virtualTryOnParams.maskType virtualTryOnParams.imageBasedMask "
    "virtualTryOnParams.imageBasedMask.maskImage",
    "bedrock claude": f"anthropic_version max_tokens {PARTS}messages.0.content.0.type "
    "messages.0.content.0.source messages.0.content.0.source.type messages.0.content.0.source.media_type "
    "messages.0.content.0.source.data messages.0.content.1.type messages.0.content.1.text "
    "output_config.format.type output_config.format.schema",
    "bedrock titan text": "inputText",
    "bedrock titan": "",
    "bedrock nova embed": "taskType singleEmbeddingParams singleEmbeddingParams.embeddingPurpose "
    "singleEmbeddingParams.text singleEmbeddingParams.text.value singleEmbeddingParams.text.truncationMode",
    "bedrock cohere": "input_type inputs inputs.0 inputs.0.content inputs.0.content.0 "
    "inputs.0.content.0.type inputs.0.content.0.text",
}
"""The places that cannot be left empty, as the documents have it; all others can."""


@pytest.mark.parametrize("name", NEEDED)
def test_what_is_needed_cannot_be_left_out_and_all_else_can(name):
    """Each place of a sound body, taken out alone."""
    sound = SOUND[name][1]
    found = {path: told(name, changed(name, path, "DELETE")) for path in places(sound, free=False)}
    refused = {".".join(map(str, path)) for path, answer in found.items() if answer}
    assert refused == set(NEEDED[name].split())
    for answer in filter(None, found.values()):
        complaint(name, answer)


@every_ask
@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b"null", b'"x"', b"1e999", b"[" * 5000])
def test_what_is_no_object_is_refused(name, body):
    """Nothing, half of something, other bytes, other JSON, a nest without end."""
    complaint(name, told(name, body))


# --------------------------------------------------------------------------- whatever comes


@every_ask
def test_whatever_comes_is_answered_or_told(name):
    """Something odd at any place, also within a schema: it is answered, or it is a problem told as one."""
    for turn, path in enumerate(places(SOUND[name][1])):
        for odd in ODD[turn % 3 :: 3]:
            spoken, call = tongue(name), None
            try:
                call = spoken.read(request(name, json.dumps(changed(name, path, odd)).encode()))
                answer = spoken.say(call, made_of(call))
                assert answer.status == 200
            except Problem as problem:
                answer = spoken.tell(problem, call)
                complaint(name, answer)
            msgspec.json.encode(answer.body)


@pytest.mark.parametrize("trouble", STATUS)
@pytest.mark.parametrize("name", ["openai draw", "gemini draw", "bedrock draw"])
def test_no_trouble_is_told_as_a_success(name, trouble):
    """Whatever goes wrong before a call is read has a status of its own, never one of the two hundreds."""
    answer = tongue(name).tell(Problem(trouble, "because"), None)
    assert answer.status >= 400
    assert "because" in json.dumps(answer.body)


# --------------------------------------------------------------------------------- schemas


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"type": 1}, "$.type"),
        ({"properties": []}, "$.properties"),
        ({"properties": {"a": True}}, "$.properties[...]"),
        ({"required": "a"}, "$.required"),
        ({"required": [1]}, "$.required[0]"),
        ({"items": {"anyOf": {}}}, "$.items.anyOf"),
        ({"enum": "abc"}, "$.enum"),
        ({"$ref": 3}, "$.$ref"),
        ({"$defs": {"a": {"minItems": -1}}}, "$.$defs[...].minItems"),
        ({"minimum": "0"}, "$.minimum"),
        ({"multipleOf": 0}, "$.multipleOf"),
    ],
)
def test_what_is_no_schema_is_refused_by_its_place(wrong, where):
    """By every tongue in the same way; a sound one, and words that nobody here looks at, are passed."""
    with pytest.raises(Problem) as raised:
        check_schema(wrong, "the field")
    assert raised.value.message.startswith("the field is not a JSON Schema")
    assert f"`{where}`" in raised.value.message
    check_schema(SCHEMA | {"x-odd": 1, "contains": 3}, "the field")


def test_what_requires_itself_for_ever_ends():
    """No answer fits such a schema; the server says something all the same, and does not hang."""
    told_ = completed(
        {}, {"properties": {"in": {"$ref": "#"}, "n": {"type": "null"}}, "required": ["in", "n"]}
    )
    deep = 0
    while told_.get("in"):
        told_, deep = told_["in"], deep + 1
    assert 20 < deep < 30


def test_a_schema_may_speak_of_itself_where_it_can_end():
    """A tree of parts that may be nothing is answered with something that fits."""
    part = {"anyOf": [{"$ref": "#"}, {"type": "null"}]}
    call = Call(kind="see", model="m", schema={"properties": {"part": part}, "required": ["part"]})
    assert isinstance(made_of(call).data["part"], dict)


@every_ask
def test_a_nest_without_end_is_refused_where_anything_may_stand(name):
    """As an attack on a server would be, or a program that has lost its way."""
    for path in places(SOUND[name][1], free=False):
        if path[-1] in FREE:
            body = json.dumps(changed(name, path, "HERE")).encode()
            complaint(name, told(name, body.replace(b'"HERE"', b'{"a":' * 9000 + b"1" + b"}" * 9000)))
