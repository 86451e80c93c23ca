"""POST /chat/completions: pictures as data URIs, the answer as words or in the shape of a schema."""

import re
from collections.abc import Iterator
from time import time
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from photogram.simulator.call import (
    Call,
    Made,
    Problem,
    Request,
    check_schema,
    patches,
    read_base64,
    read_json,
    read_picture,
)
from photogram.simulator.tongues.openai.strict import check_strict

KINDS = ("image/png", "image/jpeg", "image/webp", "image/gif")
MOST_PICTURES = 500
MOST_BYTES = 50 * 10**6
FEW = 85
"""Tokens of a picture looked at in low detail."""

REASONS = {"stop": "stop", "length": "length", "filter": "content_filter"}
_DATA = re.compile(r"data:image/[\w.+-]+;base64,")
_Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
_Whole = Annotated[int, Meta(ge=1)]


class _Address(Struct, forbid_unknown_fields=True):
    url: str
    detail: Literal["auto", "low", "high", "original"] = "auto"


class _Text(Struct, tag_field="type", tag="text", forbid_unknown_fields=True):
    text: str


class _Image(Struct, tag_field="type", tag="image_url", forbid_unknown_fields=True):
    image_url: _Address | str


class _Message(Struct, forbid_unknown_fields=True):
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[_Text | _Image]
    name: str = ""


class _JSONSchema(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    schema: dict[str, Any] = {}
    strict: bool | None = None
    description: str = ""


class _AsText(Struct, tag_field="type", tag="text", forbid_unknown_fields=True):
    pass


class _AsObject(Struct, tag_field="type", tag="json_object", forbid_unknown_fields=True):
    pass


class _AsSchema(Struct, tag_field="type", tag="json_schema", forbid_unknown_fields=True):
    json_schema: _JSONSchema


class _Body(Struct):
    """What every server takes; those that are not OpenAI's look at no more."""

    model: str
    messages: Annotated[list[_Message], Meta(min_length=1)]
    response_format: _AsText | _AsObject | _AsSchema | None = None
    max_tokens: _Whole | None = None
    max_completion_tokens: _Whole | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    seed: int | None = None
    n: Annotated[int, Meta(ge=1, le=1)] | None = None
    stream: Literal[False] | None = None
    stop: str | list[str] | None = None


class _OwnBody(_Body, forbid_unknown_fields=True):
    """What OpenAI's own models take of what is simulated here."""

    reasoning_effort: _Effort | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    metadata: dict[str, str] | None = None
    service_tier: str | None = None
    store: bool | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    user: str = ""


class _Named(Struct):
    model: str


# --------------------------------------------------------------------------- reading


def read(request: Request) -> Call:
    """Pictures to look at, and what to say of them."""
    model = read_json(request.body, _Named).model
    own = model.startswith(("gpt-", "chatgpt-", "o1", "o3", "o4"))
    body = read_json(request.body, _OwnBody if own else _Body)
    if isinstance(body, _OwnBody):
        _check_own(body)
    looked_at = [_looked_at(part) for part in _parts(body) if isinstance(part, _Image)]
    if len(looked_at) > MOST_PICTURES:
        raise Problem("invalid", f"At most {MOST_PICTURES} images", param="messages")
    return Call(
        kind="see",
        model=model,
        prompt="\n".join(_words(body)),
        seed=body.seed,
        pictures=tuple(data for data, _ in looked_at),
        pictures_in=sum(tokens for _, tokens in looked_at),
        schema=_schema(body),
        most_tokens=body.max_completion_tokens or body.max_tokens or 0,
        more={"strict": _is_strict(body)},
    )


def _parts(body: _Body) -> Iterator[_Text | _Image]:
    for message in body.messages:
        if not isinstance(message.content, str):
            yield from message.content


def _words(body: _Body) -> Iterator[str]:
    for message in body.messages:
        if isinstance(message.content, str):
            yield message.content
        else:
            yield from (part.text for part in message.content if isinstance(part, _Text))


def _looked_at(part: _Image) -> tuple[bytes, int]:
    """The picture behind a data URI, and the tokens it counts as."""
    address = part.image_url if isinstance(part.image_url, _Address) else _Address(part.image_url)
    found = _DATA.match(address.url)
    if not found:
        message = "Only data URIs can be read here: nothing is fetched from elsewhere."
        raise Problem("invalid", message, param="messages", code="invalid_image_url")
    data = read_base64(address.url[found.end() :], "image_url")
    if len(data) > MOST_BYTES:
        raise Problem("too large", "The images are more than 50MB", param="messages")
    header = read_picture(data, "image_url", KINDS)
    return data, FEW if address.detail == "low" else patches(header.width, header.height)


def _check_own(body: _OwnBody) -> None:
    """What OpenAI's own models forbid."""
    if body.max_tokens and not body.model.startswith(("gpt-4", "chatgpt-4")):
        message = f"'max_tokens' is not supported with {body.model}. Use 'max_completion_tokens' instead."
        raise Problem("invalid", message, param="max_tokens", code="unsupported_parameter")
    thinking = body.model.startswith("o") or body.reasoning_effort not in (None, "none")
    if thinking and body.temperature not in (None, 1):
        message = "'temperature' can only be 1 for a model that reasons."
        raise Problem("invalid", message, param="temperature", code="unsupported_value")
    for message in body.messages:
        parts = [] if isinstance(message.content, str) else message.content
        for image in (part for part in parts if isinstance(part, _Image)):
            if message.role != "user":
                raise Problem("invalid", f"A {message.role} message holds no image.", param="messages")
            if isinstance(image.image_url, str):
                raise Problem("invalid", "'image_url' is an object, not a string.", param="messages")
    if isinstance(body.response_format, _AsObject) and not re.search("json", "".join(_words(body)), re.I):
        message = "'messages' must contain the word 'json' in some form, to use 'json_object'."
        raise Problem("invalid", message, param="messages", code="")


def _is_strict(body: _Body) -> bool:
    asked = body.response_format
    return isinstance(asked, _AsSchema) and bool(asked.json_schema.strict)


def _schema(body: _Body) -> dict[str, Any] | None:
    asked = body.response_format
    if isinstance(asked, _AsSchema):
        check_schema(asked.json_schema.schema, "response_format")
        if asked.json_schema.strict:
            check_strict(asked.json_schema.name, asked.json_schema.schema)
        return asked.json_schema.schema
    return {} if isinstance(asked, _AsObject) else None


# ------------------------------------------------------------------------- answering


def say(call: Call, made: Made) -> dict[str, Any]:
    """The one choice; none where nothing was said."""
    said = _completion(call, made.tokens_in, made.tokens_out)
    if made.text is None:
        return said
    message = {"role": "assistant", "content": made.text, "refusal": None}
    return said | {"choices": [_choice(message, REASONS[made.ended])]}


def decline(call: Call, problem: Problem) -> dict[str, Any]:
    """A refusal: in the field for it; or, of what was said already, nothing but that it was filtered."""
    if problem.stage == "prompt":
        message = {"role": "assistant", "content": None, "refusal": problem.message}
        return _completion(call, 0, 0) | {"choices": [_choice(message, "stop")]}
    message = {"role": "assistant", "content": "", "refusal": None}
    return _completion(call, 0, 0) | {"choices": [_choice(message, "content_filter")]}


def _choice(message: dict[str, Any], reason: str) -> dict[str, Any]:
    return {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}


def _completion(call: Call, tokens_in: int, tokens_out: int) -> dict[str, Any]:
    usage = {
        "prompt_tokens": tokens_in,
        "completion_tokens": tokens_out,
        "total_tokens": tokens_in + tokens_out,
    }
    return {
        "id": "chatcmpl-simulated",
        "object": "chat.completion",
        "created": int(time()),
        "model": call.model,
        "choices": [],
        "usage": usage,
    }
