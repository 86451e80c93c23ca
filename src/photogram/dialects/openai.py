"""What OpenAI and the servers that follow it say and hear: POST /images/generations.

Pure functions: an ask becomes a path and a body, an answer becomes a picture or one of the errors.
An answer that came whole tells whether it was billed, and so does each error: a 200 that cannot be
read was made and billed, so it is Broken and unsure.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from photogram.data import Card, Draw, Facts, Picture, Usage
from photogram.faults import Broken, Busy, Invalid, ModelError, NotSetUp, OutOfQuota, Refused
from photogram.hints import pause
from photogram.media import media_type
from photogram.model import estimate

IMAGES = "/images/generations"
KEY = "OPENAI_API_KEY"

_KEYED = f"put a valid key in {KEY}; it is sent to the address in OPENAI_BASE_URL and to OpenAI, no other"

_OWN = ("gpt-image-", "chatgpt-image-")
_REFUSED = {"moderation_blocked", "content_policy_violation"}
_NO_MONEY = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
_NOT_HERE = {404, 405, 410, 501}
_GATEWAY = {408, 502, 504, *range(520, 528)}
_SECRET = re.compile(r"(sk-|Bearer\s+)[^\s\"',]+")
_MADE = ("size", "quality", "background", "output_format")


def is_own(model: str) -> bool:
    """Whether OpenAI itself makes this model: those take neither a seed nor a response format."""
    return model.startswith(_OWN)


# --------------------------------------------------------------------------- encoding


def encode(card: Card, ask: Draw) -> tuple[str, bytes]:
    """The path and the body that ask a model for one picture."""
    if not ask.prompt.strip():
        raise Invalid(f"{card.name} draws by words, and the prompt is empty")
    if ask.references:
        raise Invalid(f"{card.name} takes no reference images when it draws")
    extras = _own_extras(ask) if is_own(card.model) else _local_extras(ask)
    body = {"model": card.model, "prompt": ask.prompt, "n": 1, "size": _size(card, ask)}
    return IMAGES, msgspec.json.encode(body | extras)


def _size(card: Card, ask: Draw) -> str:
    if bool(ask.width) != bool(ask.height):
        raise Invalid(f"{card.name}: {ask.width}x{ask.height} is half a size")
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


class Found(NamedTuple):
    """A picture, and the addresses of what of it has still to be fetched."""

    picture: Picture
    links: tuple[str, ...]


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


def decode(card: Card, ask: Draw, status: int, headers: Mapping[str, str], body: bytes) -> Found:
    """The picture in an answer, or the error that the answer amounts to."""
    if not 200 <= status < 300:
        raise problem(card, status, headers, body)
    try:
        said = msgspec.json.decode(body, type=_Images)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unreadable(card, f"{error}", body) from None
    images = tuple(image.b64_json for image in said.data if image.b64_json)
    links = tuple(image.url for image in said.data if image.url and not image.b64_json)
    if not images and not links:
        raise _unreadable(card, "it holds no picture", body)
    for image in images:
        check_picture(card, image)
    usage = _usage(card, ask, said, headers)
    return Found(Picture(images=images, made=_made(said), usage=usage), links)


def check_picture(card: Card, image: bytes) -> None:
    """Refuse bytes that are no picture: they were paid for and would fill a cell with nothing."""
    if not media_type(image).startswith("image/"):
        raise _unreadable(card, "what should be a picture is none", image)


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
    quality = str(said.quality)
    if quality not in card.price.by_quality:
        return estimate(card, ask)
    return estimate(card, replace(ask, options={**ask.options, "quality": quality}))


def _made(said: _Images) -> Facts:
    made: Facts = {name: value for name in _MADE if isinstance(value := getattr(said, name), str)}
    revised = [image.revised_prompt for image in said.data if image.revised_prompt]
    return made | ({"revised_prompt": revised[0]} if revised else {})


def _unreadable(card: Card, why: str, body: bytes) -> Broken:
    start = _clean(body[:80].decode("utf-8", "replace"))
    return Broken(
        f"{card.name} answered with what cannot be read ({why}): {start!r}",
        unsure=True,
        do="check that base_url is the address of an API; most end in /v1",
    )


# ----------------------------------------------------------------------------- errors


class _Error(msgspec.Struct):
    message: Any = ""
    code: Any = ""
    type: Any = ""


class _Problem(msgspec.Struct):
    error: _Error | str = ""


def problem(card: Card, status: int, headers: Mapping[str, str], body: bytes) -> ModelError:
    """The error that an answer amounts to whose status is not one of success."""
    code, message, known = _read_problem(body)
    said = f"{card.name} answered {status}{f' {code}' if code else ''}: {message or 'and no more'}"
    if code in _REFUSED:
        return Refused(said, code=code, stage="prompt")
    if code in _NO_MONEY or status == 402:
        return OutOfQuota(said, do="add credit or raise the limit of the account, then run again")
    hint = pause(headers, body)
    if status == 429 or (status == 503 and hint is not None):
        return Busy(said, after=hint)
    if status in {409, 425} or status == 408 or (status >= 500 and status not in _NOT_HERE):
        return Broken(said, unsure=status == 408 or (status in _GATEWAY and not known))
    return _setup(card, status, said) or Invalid(said)


def _setup(card: Card, status: int, said: str) -> NotSetUp | None:
    if status == 401:
        return NotSetUp(f"{card.name} answered 401: the key was not taken", do=_KEYED)
    if status == 403:
        return NotSetUp(said, do=f"give the account of {KEY} access to {card.model}, or name another model")
    if status in _NOT_HERE:
        return NotSetUp(
            said, do=f"check that the server has the model {card.model}, and that base_url is right"
        )
    if status < 400:
        return NotSetUp(said, do="the server sends elsewhere: give base_url as it is after the redirect")
    return None


def _read_problem(body: bytes) -> tuple[str, str, bool]:
    """Code and message of an error, and whether it is in the API's own form."""
    try:
        error = msgspec.json.decode(body, type=_Problem).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "", _clean(body[:200].decode("utf-8", "replace")), False
    if isinstance(error, str):
        return "", _clean(error), bool(error)
    codes = (str(error.code or ""), str(error.type or ""))
    telling = next((code for code in codes if code in _REFUSED | _NO_MONEY), codes[0])
    return _clean(telling), _clean(str(error.message or "")), True


def _clean(text: str) -> str:
    """One line without anything that looks like a key; servers like to repeat it."""
    return _SECRET.sub(r"\1…", " ".join(text.split()))[:300]
