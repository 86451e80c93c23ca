"""OpenAI's dialect, with the rules of OpenAI's models for those and looser ones for others."""

from base64 import b64encode
from collections.abc import Mapping
from time import time
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from photogram.media import media_type
from photogram.simulator.call import (
    STATUS,
    Answer,
    Call,
    Fault,
    Made,
    Problem,
    Request,
    Trouble,
    count_tokens,
    read_json,
)

Prompt = Annotated[str, Meta(min_length=1, max_length=32_000)]
Many = Annotated[int, Meta(ge=1, le=10)]
Percent = Annotated[int, Meta(ge=0, le=100)]


class _Named(Struct):
    model: str


class _OwnBody(Struct, forbid_unknown_fields=True):
    """What OpenAI's own image models take."""

    model: str
    prompt: Prompt
    n: Many = 1
    size: str = "auto"
    quality: Literal["low", "medium", "high", "auto"] = "auto"
    output_format: Literal["png", "jpeg", "webp"] = "png"
    output_compression: Percent = 100
    background: Literal["transparent", "opaque", "auto"] = "auto"
    moderation: Literal["low", "auto"] = "auto"


class _LocalBody(Struct, forbid_unknown_fields=True):
    """What servers take that follow OpenAI with models of their own."""

    model: str
    prompt: Prompt
    n: Many = 1
    size: str = "1024x1024"
    quality: str = ""
    output_format: Literal["png", "jpeg", "webp"] = "png"
    response_format: Literal["b64_json", "url"] = "url"
    seed: int | None = None
    negative_prompt: str = ""
    num_inference_steps: Annotated[int, Meta(ge=1)] = 20
    step: Annotated[int, Meta(ge=1)] = 20


class Tongue:
    """POST /images/generations, with and without the version before it."""

    name = "openai"
    id_header = "x-request-id"
    routes = (("POST", "/images/generations"), ("POST", "/v1/images/generations"))
    faults: Mapping[str, Fault] = {}

    def check_key(self, request: Request, key: str) -> None:
        if request.headers.get("Authorization") != f"Bearer {key}":
            raise Problem("key", "Incorrect API key provided.")

    def read(self, request: Request) -> Call | Answer:
        model = read_json(request.body, _Named).model
        if model.startswith(("gpt-image-", "chatgpt-image-")):
            return _own(read_json(request.body, _OwnBody))
        if model.startswith("dall-e-"):
            raise Problem("no model", f"The model '{model}' does not exist")
        return _local(read_json(request.body, _LocalBody))

    def say(self, call: Call, made: Made) -> Answer:
        data = [{"url": link} for link in made.links] or [
            {"b64_json": b64encode(image).decode()} for image in made.pictures
        ]
        said: dict[str, Any] = {"created": int(time()), "data": data}
        return Answer(said | _details(call, made) if call.quality else said)

    def tell(self, problem: Problem, call: Call | None) -> Answer:
        code, status = _CODES[problem.trouble], STATUS[problem.trouble]
        kind = _KINDS.get(code) or _KINDS.get(status, "invalid_request_error")
        error = {"message": problem.message, "type": kind, "param": None, "code": code}
        return Answer({"error": error}, status)


_THREE = {(1024, 1024), (1536, 1024), (1024, 1536)}
_CODES: Mapping[Trouble, str] = {
    "key": "invalid_api_key",
    "access": "model_not_found",
    "no model": "model_not_found",
    "invalid": "invalid_value",
    "unknown field": "unknown_parameter",
    "not json": "invalid_json",
    "too large": "request_too_large",
    "refused": "moderation_blocked",
    "busy": "rate_limit_exceeded",
    "quota": "insufficient_quota",
    "timeout": "timeout",
    "upstream": "server_error",
    "failed": "server_error",
    "down": "server_error",
}
_KINDS: dict[str | int, str] = {
    "moderation_blocked": "image_generation_user_error",
    "insufficient_quota": "insufficient_quota",
    429: "requests",
    424: "server_error",
    500: "server_error",
    503: "server_error",
}
_OUT = {"low": 272, "medium": 1056, "high": 4160}


def _own(body: _OwnBody) -> Call:
    three = body.model.startswith("gpt-image-1")
    width, height = (1024, 1024) if body.size == "auto" else _sides(body.size)
    fits = (width, height) in _THREE if three else _free_size(width, height)
    if not fits:
        raise Problem("invalid", f"Invalid size: {body.size}")
    if body.background == "transparent" and body.output_format == "jpeg":
        raise Problem("invalid", "Transparent backgrounds need png or webp.")
    quality = "medium" if body.quality == "auto" else body.quality
    return Call(
        kind="draw",
        model=body.model,
        prompt=body.prompt,
        width=width,
        height=height,
        count=body.n,
        format=body.output_format,
        quality=quality,
        picture_out=_OUT[quality],
    )


def _local(body: _LocalBody) -> Call:
    width, height = _sides(body.size)
    return Call(
        kind="draw",
        model=body.model,
        prompt=body.prompt,
        negative=body.negative_prompt,
        width=width,
        height=height,
        seed=body.seed,
        count=body.n,
        format=body.output_format,
        linked="yes" if body.response_format == "url" else "may",
    )


def _sides(size: str) -> tuple[int, int]:
    width, cross, height = size.partition("x")
    if not (cross and width.isdecimal() and height.isdecimal() and 0 < int(width) * int(height) <= 2**24):
        raise Problem("invalid", f"Invalid size: {size}")
    return int(width), int(height)


def _free_size(width: int, height: int) -> bool:
    stepped = width % 16 == 0 and height % 16 == 0
    shaped = max(width, height) <= 3 * min(width, height)
    return stepped and shaped and 655_360 <= width * height <= 8_294_400


def _details(call: Call, made: Made) -> dict[str, Any]:
    """What OpenAI's own models tell of what they made."""
    words = count_tokens(call.prompt)
    kinds = [media_type(image).removeprefix("image/") for image in made.pictures[:1]]
    return {
        "size": f"{call.width}x{call.height}",
        "quality": call.quality,
        "output_format": (kinds or [call.format])[0],
        "usage": {
            "input_tokens": made.tokens_in,
            "input_tokens_details": {"text_tokens": words, "image_tokens": made.tokens_in - words},
            "output_tokens": made.tokens_out,
            "total_tokens": made.tokens_in + made.tokens_out,
        },
    }
