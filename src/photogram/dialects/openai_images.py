"""What OpenAI and the servers that follow it say and hear of pictures: POST /images/generations and /edits.

OpenAI's own models (family `gpt-image`) follow instructions and know neither seed nor negative prompt:
what they have no field for is told in words. Other models are told what is to be seen, and servers go by
several conventions: they are sent what each of them looks for.
"""

import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from photogram.data import Ask, Blob, Card, Draw, Edit, EditKind, Facts, Usage
from photogram.dialect import Answer, Linked, Request
from photogram.faults import BadInput, Invalid, Malformed
from photogram.media import extension
from photogram.model import Reader
from photogram.multipart import File, form
from photogram.pixels import codecs, masks
from photogram.problems.openai import Counted, check_picture, problem, unreadable
from photogram.terms import check_size, estimate

OWN = "gpt-image"
"""The family of OpenAI's own models."""

_MADE = ("size", "quality", "background", "output_format")
_MEDIA = ("image/png", "image/jpeg", "image/webp")
_MOST_BYTES = 50_000_000
_MOST_MASK = 4_000_000

_TOLD: dict[EditKind, str] = {
    "erase": "Remove what is there, and show what would be seen behind it. {prompt}",
    "vary": "Make another picture like this one. {prompt}",
    "remove background": "Remove the background, and leave the subject as it is. {prompt}",
}
_ONLY = "\n\nChange only {where}, and leave all else as it is."
_CLEAR: dict[str, str] = {"background": "transparent", "output_format": "png"}
_DRAWING_ONLY = "moderation"


# --------------------------------------------------------------------------- encoding


def encode(card: Card, ask: Ask, read: Reader) -> Request:
    """The request for one picture; one that begins with pictures is an edit, also where it draws."""
    if isinstance(ask, Draw) and not ask.references:
        body = {**_fields(card, ask, _size(card, ask)), **ask.options}
        return Request("/images/generations", msgspec.json.encode(body))
    if not isinstance(ask, (Draw, Edit)):
        raise Invalid(f"{card.name} only draws and edits")
    if _DRAWING_ONLY in ask.options:
        raise Invalid(f"{card.name} takes {_DRAWING_ONLY} only where it draws from words alone")
    files = _files(card, ask, read)
    size = _size(card, ask) if isinstance(ask, Draw) else _same_size(card, files[0].data)
    fields = {**_fields(card, ask, size), **_clear(card, ask), **ask.options}
    if fields.get("background") == "transparent" and fields.get("output_format") == "jpeg":
        raise Invalid(f"{card.name}: what is see-through is made as png or webp, and not as jpeg")
    kind, body = form({name: _word(value) for name, value in fields.items()}, files)
    return Request("/images/edits", body, {"Content-Type": kind})


def _fields(card: Card, ask: Draw | Edit, size: str) -> dict[str, Any]:
    """What goes along besides pictures and options."""
    prompt = _prompt(card, ask)
    if not prompt.strip():
        raise Invalid(f"{card.name} works by words, and the prompt is empty")
    fields: dict[str, Any] = {"model": card.model, "prompt": prompt, "n": 1, "size": size}
    if card.family == OWN:
        return fields
    fields["response_format"] = "b64_json"
    if ask.seed is not None:
        fields["seed"] = ask.seed
    if isinstance(ask, Draw) and ask.negative:
        fields["negative_prompt"] = ask.negative
    return fields


def _prompt(card: Card, ask: Draw | Edit) -> str:
    if card.family != OWN:
        return ask.prompt
    if isinstance(ask, Draw):
        return f"{ask.prompt}\n\nAvoid: {ask.negative}" if ask.negative else ask.prompt
    told = _TOLD.get(ask.kind, "{prompt}").format(prompt=ask.prompt).strip()
    where = "what the mask marks" if ask.mask else ask.mask_prompt
    return told + _ONLY.format(where=where) if where else told


def _size(card: Card, ask: Draw) -> str:
    width, height = (ask.width, ask.height) if ask.width else card.sizes.default
    return f"{width}x{height}"


def _same_size(card: Card, picture: bytes) -> str:
    """The size of the picture that is edited; where the model does not make that, it is left to choose."""
    try:
        header = codecs.inspect(picture)
        check_size(card, header.width, header.height)
    except Malformed as error:
        raise Invalid(f"{card.name} cannot edit what is no picture: {error.why}") from None
    except Invalid:
        return "auto"
    return f"{header.width}x{header.height}"


def _clear(card: Card, ask: Draw | Edit) -> dict[str, str]:
    gone = isinstance(ask, Edit) and ask.kind == "remove background" and card.family == OWN
    return _CLEAR if gone else {}


def _word(value: Any) -> str:
    """A value as a form spells it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _files(card: Card, ask: Draw | Edit, read: Reader) -> list[File]:
    if isinstance(ask, Draw):
        return _pictures(card, ask.references, read)
    if "image" not in ask.images:
        raise Invalid(f"{card.name} edits a picture, and none is named `image`")
    others = [blob for role, blob in ask.images.items() if role != "image"]
    files = _pictures(card, [ask.images["image"], *others], read)
    return files + (_masked(card, files[0].data, read(ask.mask)) if ask.mask else [])


def _pictures(card: Card, blobs: "list[Blob] | tuple[Blob, ...]", read: Reader) -> list[File]:
    for blob in blobs:
        if blob.media_type not in _MEDIA or blob.size > _MOST_BYTES:
            said = f"{card.name} takes PNG, JPEG and WebP of up to {_MOST_BYTES // 10**6} MB"
            raise Invalid(f"{said}, not {blob.media_type} of {blob.size:,} bytes")
    field = "image[]" if len(blobs) > 1 else "image"
    return [
        File(field, f"{number}.{extension(blob.media_type)}", blob.media_type, read(blob))
        for number, blob in enumerate(blobs, 1)
    ]


def _masked(card: Card, picture: bytes, mask: bytes) -> list[File]:
    """The mask: OpenAI looks at its alpha in `mask`, sd-server at its grey, vLLM-Omni in `mask_image`."""
    try:
        header = codecs.inspect(picture)
        alpha = masks.as_alpha(masks.read(mask, header.width, header.height))
    except (Malformed, BadInput) as error:
        raise Invalid(f"{card.name}: {error}") from None
    if len(alpha) >= _MOST_MASK:
        raise Invalid(f"{card.name}: the mask takes {len(alpha):,} bytes; give it a simpler outline")
    names = ["mask"] if card.family == OWN else ["mask", "mask_image"]
    return [File(name, "mask.png", "image/png", alpha) for name in names]


# --------------------------------------------------------------------------- decoding


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


class _Details(msgspec.Struct):
    image_tokens: Counted | None = None


class _Tokens(msgspec.Struct):
    input_tokens: Counted = 0
    output_tokens: Counted = 0
    input_tokens_details: _Details | None = None


_IN_PLACE = re.compile(r"data:[\w/+.-]*;base64,(?P<data>.*)", re.DOTALL)


def decode(card: Card, ask: Ask, answer: Answer) -> Linked:
    """The picture in an answer, or the error that the answer amounts to."""
    assert isinstance(ask, (Draw, Edit))
    status, headers, body = answer
    if not 200 <= status < 300:
        raise problem(card, answer)
    try:
        said = msgspec.json.decode(body, type=_Images)
        found = [image.b64_json or _in_place(image.url or "") for image in said.data]
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise unreadable(card, f"{error}", body) from None
    images = tuple(image for image in found if image)
    links = tuple(image.url for image, got in zip(said.data, found, strict=True) if image.url and not got)
    if not images and not links:
        raise unreadable(card, "it holds no picture", body)
    for image in images:
        check_picture(card, image)
    usage = _usage(card, ask, said, headers)
    return Linked(images=images, made=_made(said), usage=usage, links=links)


def _in_place(url: str) -> bytes:
    """The picture that an address itself holds; nothing where it has to be fetched."""
    held = _IN_PLACE.fullmatch(url)
    return b64decode(held["data"], validate=True) if held else b""


def _usage(card: Card, ask: Draw | Edit, said: _Images, headers: Mapping[str, str]) -> Usage:
    try:
        tokens = msgspec.convert(said.usage or {}, _Tokens)
    except msgspec.ValidationError:
        tokens = _Tokens()
    return Usage(
        images=len(said.data),
        tokens_in=tokens.input_tokens,
        tokens_out=tokens.output_tokens,
        dollars=_dollars(card, ask, said, tokens),
        request_id=headers.get("x-request-id", ""),
    )


def _dollars(card: Card, ask: Draw | Edit, said: _Images, tokens: _Tokens) -> float:
    """The price of the tokens where they are told, else the list price at the quality the model chose."""
    price = card.price
    if tokens.output_tokens and price.image_tokens_out:
        shown = min(_shown(ask, tokens), tokens.input_tokens)
        sent = (tokens.input_tokens - shown) * price.tokens_in + shown * (
            price.image_tokens_in or price.tokens_in
        )
        return (sent + tokens.output_tokens * price.image_tokens_out) / 1e6
    chosen = {"quality": said.quality} if isinstance(said.quality, str) else {}
    return estimate(card, replace(ask, options={**ask.options, **chosen})) * len(said.data)


def _shown(ask: Draw | Edit, tokens: _Tokens) -> int:
    """How many of the tokens that went in are of pictures; all of them where that is not told."""
    details = tokens.input_tokens_details
    if details is not None and details.image_tokens is not None:
        return details.image_tokens
    return tokens.input_tokens if isinstance(ask, Edit) or ask.references else 0


def _made(said: _Images) -> Facts:
    made: Facts = {name: value for name in _MADE if isinstance(value := getattr(said, name), str)}
    revised = [image.revised_prompt for image in said.data if image.revised_prompt]
    return made | ({"revised_prompt": revised[0]} if revised else {})
