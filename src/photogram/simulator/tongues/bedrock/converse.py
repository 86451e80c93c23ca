"""Converse: the same messages for every model that looks at pictures, with tools and with schemas."""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import Meta, Struct

from photogram.simulator.call import (
    Answer,
    Call,
    Made,
    Problem,
    check_schema,
    read_base64,
    read_json,
    read_picture,
)

MOST_PICTURES = 20
MOST_BYTES = 3_932_160
MOST_SIDE = 8000
NATIVE = (
    *("anthropic.claude-haiku-4-5", "anthropic.claude-sonnet-4-5", "anthropic.claude-sonnet-4-6"),
    *("anthropic.claude-opus-4-5", "anthropic.claude-opus-4-6", "qwen.qwen3"),
)
"""Models that hold to a schema."""
NO_SAMPLING = ("anthropic.claude-haiku-5", "anthropic.claude-sonnet-5", "anthropic.claude-opus-5")
NO_FORCE = ("anthropic.claude-sonnet-5-5", "anthropic.claude-opus-5-5", "qwen.")
"""Models that take no `toolChoice` of one tool."""
FORMATS = {"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}
REASONS = {"stop": "end_turn", "length": "max_tokens", "filter": "content_filtered"}
_Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
_Share = Annotated[float, Meta(ge=0, le=1)]


class _Location(Struct, forbid_unknown_fields=True):
    uri: str
    bucketOwner: str = ""


class _Source(Struct, forbid_unknown_fields=True):
    bytes: str | None = None
    s3Location: _Location | None = None


class _Image(Struct, forbid_unknown_fields=True):
    format: Literal["png", "jpeg", "gif", "webp"]
    source: _Source


class Block(Struct, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1)] | None = None
    image: _Image | None = None


class Message(Struct, forbid_unknown_fields=True):
    role: Literal["user", "assistant"]
    content: Annotated[list[Block], Meta(min_length=1)]


class System(Struct, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1)]


class Inference(Struct, frozen=True, forbid_unknown_fields=True):
    maxTokens: Annotated[int, Meta(ge=1)] | None = None
    temperature: _Share | None = None
    topP: _Share | None = None
    stopSequences: tuple[str, ...] = ()


class _InputSchema(Struct, forbid_unknown_fields=True):
    json: dict[str, Any]


class _Spec(Struct, forbid_unknown_fields=True):
    name: _Name
    inputSchema: _InputSchema
    description: Annotated[str, Meta(min_length=1)] | None = None
    strict: bool = False


class _Tool(Struct, forbid_unknown_fields=True):
    toolSpec: _Spec


class _Named(Struct, forbid_unknown_fields=True):
    name: _Name


class _Choice(Struct, forbid_unknown_fields=True):
    auto: dict[str, Any] | None = None
    any: dict[str, Any] | None = None
    tool: _Named | None = None


class Tools(Struct, forbid_unknown_fields=True):
    tools: Annotated[list[_Tool], Meta(min_length=1)]
    toolChoice: _Choice | None = None


class _Definition(Struct, forbid_unknown_fields=True):
    schema: str
    name: str = ""
    description: str = ""


class _Structure(Struct, forbid_unknown_fields=True):
    jsonSchema: _Definition


class _TextFormat(Struct, forbid_unknown_fields=True):
    type: Literal["json_schema"]
    structure: _Structure


class _Output(Struct, frozen=True, forbid_unknown_fields=True):
    textFormat: _TextFormat | None = None
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None


class _Thinking(Struct, frozen=True):
    type: Literal["adaptive", "disabled", "enabled"] = "adaptive"


class _More(Struct, frozen=True):
    """What models take besides, of which no more is looked at."""

    thinking: _Thinking = _Thinking()


class _Body(Struct, forbid_unknown_fields=True):
    messages: Annotated[list[Message], Meta(min_length=1)]
    system: list[System] = []
    inferenceConfig: Inference = Inference()
    toolConfig: Tools | None = None
    outputConfig: _Output = _Output()
    additionalModelRequestFields: _More = _More()
    requestMetadata: Annotated[dict[str, str], Meta(max_length=16)] = {}


# --------------------------------------------------------------------------- reading


def read(model: str, body: bytes) -> Call:
    """Pictures to look at, and what to say of them."""
    asked = read_json(body, _Body)
    _check_model(model, asked)
    call = conversation(model, asked.messages, asked.system, asked.inferenceConfig, asked.toolConfig)
    if asked.outputConfig.textFormat:
        schema = _native(model, asked.outputConfig.textFormat.structure.jsonSchema)
        call = msgspec.structs.replace(call, schema=schema)
    thinks = model.startswith(NO_SAMPLING) and asked.additionalModelRequestFields.thinking.type != "disabled"
    return msgspec.structs.replace(call, more={**call.more, "thinks": thinks})


def conversation(
    model: str, messages: list[Message], system: list[System], inference: Inference, tools: Tools | None
) -> Call:
    """A call from what Converse and the bodies of Nova have in common."""
    if messages[0].role != "user" or messages[-1].role != "user":
        raise Problem("invalid", "A conversation must start and end with a user message.")
    pictures = [_picture(block.image) for block in _blocks(messages) if block.image]
    if len(pictures) > MOST_PICTURES:
        raise Problem("invalid", f"too many images and documents: {len(pictures)} > {MOST_PICTURES}")
    words = [block.text for block in _blocks(messages) if block.text]
    forced = _forced(model, tools)
    return Call(
        kind="see",
        model=model,
        prompt="\n".join([*(part.text for part in system), *words]),
        pictures=tuple(data for data, _ in pictures),
        pictures_in=sum(_tokens(model, *size) for _, size in pictures),
        schema=forced.inputSchema.json if forced else None,
        most_tokens=inference.maxTokens or 0,
        more={"tool": forced.name if forced else ""},
    )


def _blocks(messages: list[Message]) -> Iterator[Block]:
    for message in messages:
        for block in message.content:
            if (block.text is None) == (block.image is None):
                raise Problem("invalid", "Each content block has exactly one of text and image.")
            if block.image and message.role != "user":
                raise Problem("invalid", "Images are only allowed in the user role.")
            yield block


def _picture(image: _Image) -> tuple[bytes, tuple[int, int]]:
    if image.source.bytes is None:
        raise Problem("invalid", "Pictures in S3 cannot be read here.")
    data = read_base64(image.source.bytes, "image")
    if len(data) > MOST_BYTES:
        raise Problem("invalid", f"image exceeds 3.75 MB maximum: {len(data)} bytes")
    header = read_picture(data, "image", tuple(FORMATS.values()))
    if header.media_type != FORMATS[image.format]:
        message = f"The image was specified as {FORMATS[image.format]} but appears to be {header.media_type}"
        raise Problem("invalid", message)
    if max(header.width, header.height) > MOST_SIDE:
        raise Problem("invalid", f"At least one of the image dimensions exceed max allowed size: {MOST_SIDE}")
    return data, (header.width, header.height)


def _tokens(model: str, width: int, height: int) -> int:
    """What a picture counts as: flat, or by its pixels, as each maker says."""
    if model.startswith("amazon.nova-2"):
        return 230
    return max(1, width * height // (750 if model.startswith("anthropic.") else 640))


def _forced(model: str, tools: Tools | None) -> _Spec | None:
    """The tool that has to be called."""
    if tools is None:
        return None
    for tool in tools.tools:
        check_schema(tool.toolSpec.inputSchema.json, "inputSchema")
    choice = tools.toolChoice or _Choice(auto={})
    if sum(one is not None for one in (choice.auto, choice.any, choice.tool)) != 1:
        raise Problem("invalid", "toolChoice has exactly one of auto, any, tool")
    if choice.auto is not None:
        return tools.tools[0].toolSpec
    if model.startswith(NO_FORCE):
        raise Problem("invalid", f"{model} doesn't support forced tool use.")
    specs = {tool.toolSpec.name: tool.toolSpec for tool in tools.tools}
    if choice.tool and choice.tool.name not in specs:
        raise Problem("invalid", f"toolChoice names {choice.tool.name}, which is no tool here")
    return specs[choice.tool.name] if choice.tool else tools.tools[0].toolSpec


def _check_model(model: str, asked: _Body) -> None:
    sampled = asked.inferenceConfig.temperature is not None or asked.inferenceConfig.topP is not None
    if sampled and model.startswith(NO_SAMPLING):
        raise Problem("invalid", "`temperature` and `top_p` are not supported by this model.")


# ---------------------------------------------------------------------------- schemas

_TAKEN = {
    *("type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "allOf"),
    *("$ref", "$defs", "definitions", "title", "description", "default", "format", "minItems"),
}


def _native(model: str, definition: _Definition) -> dict[str, Any]:
    if not model.startswith(NATIVE):
        raise Problem("invalid", f"{model} doesn't support the outputConfig.textFormat field.")
    try:
        schema = msgspec.json.decode(definition.schema)
    except msgspec.DecodeError:
        raise Problem("invalid", "outputConfig.textFormat: the schema is not JSON") from None
    if not isinstance(schema, dict) or cast("dict[str, Any]", schema).get("type") != "object":
        raise Problem("invalid", "outputConfig.textFormat: the schema is of an object")
    check_subset(cast("dict[str, Any]", schema))
    return cast("dict[str, Any]", schema)


def check_subset(schema: Mapping[str, Any]) -> None:
    """Refuse what of JSON Schema is not supported when an answer is held to it."""
    check_schema(schema, "schema")
    _check_part(schema)


def _check_part(schema: Mapping[str, Any]) -> None:
    strange = sorted(set(schema) - _TAKEN)
    if strange:
        kind = schema.get("type", "schema")
        raise Problem("invalid", f"For '{kind}' type, property '{strange[0]}' is not supported")
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        raise Problem("invalid", "For 'object' type, 'additionalProperties' must be explicitly set to false")
    if schema.get("minItems", 0) not in (0, 1):
        raise Problem("invalid", "For 'array' type, 'minItems' values other than 0 or 1 are not supported")
    inner: list[Any] = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    for part in [*inner, *([schema["items"]] if "items" in schema else [])]:
        _check_part(part)


# ------------------------------------------------------------------------- answering


def say(call: Call, made: Made) -> dict[str, Any]:
    """One message: the tool's input, or words; a tool that was not called for is answered in words."""
    content: list[dict[str, Any]] = []
    if call.more.get("thinks"):
        content.append({"reasoningContent": {"reasoningText": {"text": "…", "signature": "c2lt"}}})
    reason = REASONS[made.ended]
    if call.more["tool"] and isinstance(made.data, dict):
        data = cast("dict[str, Any]", made.data)
        use = {
            "toolUseId": "tooluse_simulated",
            "name": call.more["tool"],
            "input": data,
        }
        content.append({"toolUse": use})
        reason = "tool_use" if made.ended == "stop" else reason
    elif made.text:
        content.append({"text": made.text})
    return message(content, reason, made.tokens_in, made.tokens_out)


def message(content: list[dict[str, Any]], reason: str, tokens_in: int, tokens_out: int) -> dict[str, Any]:
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": reason,
        "usage": {
            "inputTokens": tokens_in,
            "outputTokens": tokens_out,
            "totalTokens": tokens_in + tokens_out,
        },
        "metrics": {"latencyMs": 5},
    }


def refuse(_: Call, problem: Problem) -> dict[str, Any]:
    """With a 200, and with nothing said."""
    return message([], "content_filtered", 0, 0)


def intervened(answer: Answer, _: Made) -> Answer:
    """The answer of a guardrail in place of the model's."""
    if "stopReason" not in answer.body:
        return ended("refusal")(answer, _)
    content = [{"text": "Sorry, the model cannot answer this question."}]
    return answer._replace(body=message(content, "guardrail_intervened", 0, 0))


def ended(reason: str) -> Callable[[Answer, Made], Answer]:
    """An answer that stopped for another reason, and says nothing."""

    def change(answer: Answer, made: Made) -> Answer:
        if "stopReason" not in answer.body:
            return answer._replace(body={**answer.body, "content": [], "stop_reason": reason})
        body = message([], reason, made.tokens_in, made.tokens_out)
        return answer._replace(body=body)

    return change
