"""What OpenAI and the servers that follow it say and hear of pictures: POST /images/generations."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from photogram.data import Ask, Card, Draw, Facts, Picture, Usage
from photogram.dialect import Answer, Request
from photogram.faults import Invalid
from photogram.model import Reader
from photogram.problems.openai import check_picture, problem, unreadable
from photogram.terms import estimate

_OWN = ("gpt-image-", "chatgpt-image-")
_MADE = ("size", "quality", "background", "output_format")


def is_own(model: str) -> bool:
    """Whether OpenAI itself makes this model: those take neither a seed nor a response format."""
    return model.startswith(_OWN)


# --------------------------------------------------------------------------- encoding


def encode(card: Card, ask: Ask, read: Reader) -> Request:
    """The request for one picture."""
    if not isinstance(ask, Draw):
        raise Invalid(f"{card.name} only draws")
    if not ask.prompt.strip():
        raise Invalid(f"{card.name} draws by words, and the prompt is empty")
    extras = _own_extras(ask) if is_own(card.model) else _local_extras(ask)
    body = {"model": card.model, "prompt": ask.prompt, "n": 1, "size": _size(card, ask)}
    return Request("/images/generations", msgspec.json.encode(body | extras))


def _size(card: Card, ask: Draw) -> str:
    width, height = (ask.width, ask.height) if ask.width else card.sizes.default
    return f"{width}x{height}"


def _own_extras(ask: Draw) -> dict[str, Any]:
    """OpenAI's models know no negative prompt but can be told in words."""
    told = {"prompt": f"{ask.prompt}\n\nAvoid: {ask.negative}"} if ask.negative else {}
    return told | ask.options


def _local_extras(ask: Draw) -> dict[str, Any]:
    extras: dict[str, Any] = {"response_format": "b64_json"}
    if ask.seed is not None:
        extras["seed"] = ask.seed
    if ask.negative:
        extras["negative_prompt"] = ask.negative
    return extras | ask.options


# --------------------------------------------------------------------------- decoding


class Linked(Picture, frozen=True, tag="linked"):
    """A picture of which some is still to be fetched where the server left it."""

    links: tuple[str, ...] = ()


class _Image(msgspec.Struct):
    b64_json: bytes | None = None
    url: str | None = None
    revised_prompt: str | None = None


class _Images(msgspec.Struct):
    data: list[_Image] = []
    usage: Any = None
    size: Any = None
    quality: Any = None
    background: Any = None
    output_format: Any = None


class _Tokens(msgspec.Struct):
    input_tokens: int = 0
    output_tokens: int = 0


def decode(card: Card, ask: Ask, answer: Answer) -> Linked:
    """The picture in an answer, or the error that the answer amounts to."""
    assert isinstance(ask, Draw)
    status, headers, body = answer
    if not 200 <= status < 300:
        raise problem(card, answer)
    try:
        said = msgspec.json.decode(body, type=_Images)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(card, f"{error}", body) from None
    images = tuple(image.b64_json for image in said.data if image.b64_json)
    links = tuple(image.url for image in said.data if image.url and not image.b64_json)
    if not images and not links:
        raise unreadable(card, "it holds no picture", body)
    for image in images:
        check_picture(card, image)
    usage = _usage(card, ask, said, headers)
    return Linked(images=images, made=_made(said), usage=usage, links=links)


def _usage(card: Card, ask: Draw, said: _Images, headers: Mapping[str, str]) -> Usage:
    try:
        tokens = msgspec.convert(said.usage or {}, _Tokens)
    except msgspec.ValidationError:
        tokens = _Tokens()
    return Usage(
        images=len(said.data),
        tokens_in=tokens.input_tokens,
        tokens_out=tokens.output_tokens,
        dollars=_dollars(card, ask, said) * len(said.data),
        request_id=headers.get("x-request-id", ""),
    )


def _dollars(card: Card, ask: Draw, said: _Images) -> float:
    """The list price, at the quality the model chose where that was left to it."""
    chosen = {"quality": said.quality} if isinstance(said.quality, str) else {}
    return estimate(card, replace(ask, options={**ask.options, **chosen}))


def _made(said: _Images) -> Facts:
    made: Facts = {name: value for name in _MADE if isinstance(value := getattr(said, name), str)}
    revised = [image.revised_prompt for image in said.data if image.revised_prompt]
    return made | ({"revised_prompt": revised[0]} if revised else {})
