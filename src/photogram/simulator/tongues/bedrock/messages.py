"""The bodies with which Nova and Claude are invoked about pictures, as lines of batch jobs hold them."""

from typing import Annotated, Any, Literal, cast

from msgspec import Meta, Struct

from photogram.simulator.call import (
    Call,
    Made,
    Problem,
    check_schema,
    read_base64,
    read_json,
    read_picture,
)
from photogram.simulator.tongues.bedrock.converse import (
    FORMATS,
    NATIVE,
    NO_FORCE,
    NO_SAMPLING,
    Inference,
    Message,
    System,
    Tools,
    check_subset,
    conversation,
)


class _NovaInference(Inference, frozen=True, forbid_unknown_fields=True):
    topK: Annotated[int, Meta(ge=1, le=128)] | None = None


class _Nova(Struct, forbid_unknown_fields=True):
    messages: Annotated[list[Message], Meta(min_length=1)]
    schemaVersion: Literal["messages-v1"] = "messages-v1"
    system: list[System] = []
    inferenceConfig: _NovaInference = _NovaInference()
    toolConfig: Tools | None = None


def read_nova(model: str, body: bytes) -> Call:
    """What Converse takes too, in the same words."""
    asked = read_json(body, _Nova)
    return conversation(model, asked.messages, asked.system, asked.inferenceConfig, asked.toolConfig)


# ----------------------------------------------------------------------------- Claude


class _Text(Struct, tag_field="type", tag="text", forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1)]


class _Source(Struct, forbid_unknown_fields=True):
    type: Literal["base64"]
    media_type: Literal["image/jpeg", "image/png", "image/gif", "image/webp"]
    data: str


class _Image(Struct, tag_field="type", tag="image", forbid_unknown_fields=True):
    source: _Source


class _Message(Struct, forbid_unknown_fields=True):
    role: Literal["user", "assistant"]
    content: str | list[_Text | _Image]


class _Tool(Struct, forbid_unknown_fields=True):
    name: str
    input_schema: dict[str, Any]
    description: str = ""


class _Choice(Struct, forbid_unknown_fields=True):
    type: Literal["auto", "any", "tool"]
    name: str = ""


class _Format(Struct, forbid_unknown_fields=True):
    type: Literal["json_schema"]
    schema: dict[str, Any]


class _Output(Struct, frozen=True, forbid_unknown_fields=True):
    format: _Format | None = None
    effort: str | None = None


class _Thinking(Struct, forbid_unknown_fields=True):
    type: Literal["adaptive", "disabled", "enabled"]


class _Claude(Struct, forbid_unknown_fields=True):
    anthropic_version: Literal["bedrock-2023-05-31"]
    max_tokens: Annotated[int, Meta(ge=1)]
    messages: Annotated[list[_Message], Meta(min_length=1)]
    system: str = ""
    temperature: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    tools: list[_Tool] = []
    tool_choice: _Choice | None = None
    output_config: _Output = _Output()
    thinking: _Thinking | None = None


def read_claude(model: str, body: bytes) -> Call:
    """Pictures to look at, in Claude's own words."""
    asked = read_json(body, _Claude)
    sampled = asked.temperature is not None or asked.top_p is not None
    if sampled and model.startswith(NO_SAMPLING):
        raise Problem("invalid", "temperature: not supported by this model")
    pictures = [_picture(part) for part in _parts(asked) if isinstance(part, _Image)]
    thinking = asked.thinking.type if asked.thinking else "adaptive"
    return Call(
        kind="see",
        model=model,
        prompt="\n".join([asked.system, *(part.text for part in _parts(asked) if isinstance(part, _Text))]),
        pictures=tuple(data for data, _ in pictures),
        pictures_in=sum(max(1, width * height // 750) for _, (width, height) in pictures),
        schema=_schema(model, asked),
        most_tokens=asked.max_tokens,
        more={
            "tool": asked.tools[0].name if asked.tools else "",
            "thinks": model.startswith(NO_SAMPLING) and thinking != "disabled",
        },
    )


def _parts(asked: _Claude) -> list[_Text | _Image]:
    return [
        part
        for message in asked.messages
        for part in ([_Text(message.content)] if isinstance(message.content, str) else message.content)
    ]


def _picture(part: _Image) -> tuple[bytes, tuple[int, int]]:
    data = read_base64(part.source.data, "image")
    header = read_picture(data, "image", tuple(FORMATS.values()))
    if header.media_type != part.source.media_type:
        raise Problem("invalid", f"Image does not match the provided media type {part.source.media_type}")
    return data, (header.width, header.height)


def _schema(model: str, asked: _Claude) -> dict[str, Any] | None:
    if asked.output_config.format:
        if not model.startswith(NATIVE):
            raise Problem("unknown field", "output_config.format: Extra inputs are not permitted")
        check_subset(asked.output_config.format.schema)
        return asked.output_config.format.schema
    for tool in asked.tools:
        check_schema(tool.input_schema, "input_schema")
    if not asked.tools:
        return None
    if asked.tool_choice and asked.tool_choice.type != "auto" and model.startswith(NO_FORCE):
        raise Problem("invalid", "tool_choice: forced tool use is not supported by this model")
    return asked.tools[0].input_schema


REASONS = {"stop": "end_turn", "length": "max_tokens", "filter": "refusal"}


def say_claude(call: Call, made: Made) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    if call.more["thinks"]:
        content.append({"type": "thinking", "thinking": "…", "signature": "c2lt"})
    reason = REASONS[made.ended]
    if call.more["tool"] and isinstance(made.data, dict):
        data = cast("dict[str, Any]", made.data)
        use = {
            "type": "tool_use",
            "id": "toolu_simulated",
            "name": call.more["tool"],
            "input": data,
        }
        content.append(use)
        reason = "tool_use" if made.ended == "stop" else reason
    elif made.text:
        content.append({"type": "text", "text": made.text})
    return _said(call, content, reason, made.tokens_in, made.tokens_out)


def _said(call: Call, content: list[Any], reason: str, tokens_in: int, tokens_out: int) -> dict[str, Any]:
    return {
        "id": "msg_simulated",
        "type": "message",
        "role": "assistant",
        "model": call.model,
        "content": content,
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {"input_tokens": tokens_in, "output_tokens": tokens_out},
    }


def refuse_claude(call: Call, problem: Problem) -> dict[str, Any]:
    return _said(call, [], "refusal", 0, 0)
