"""POST /images/generations, as JSON, and /images/edits, as a form."""

from base64 import b64encode
from collections.abc import Sequence
from time import time
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import numpy as np
from msgspec import Meta, Struct

from photogram.media import media_type
from photogram.pixels.codecs import Header, Pixels, decode_whole
from photogram.simulator.call import (
    Call,
    Made,
    Problem,
    Request,
    count_tokens,
    patches,
    read_json,
    read_picture,
)
from photogram.simulator.forms import Part, read_form

Prompt = Annotated[str, Meta(min_length=1, max_length=32_000)]
Many = Annotated[int, Meta(ge=1, le=10)]
Percent = Annotated[int, Meta(ge=0, le=100)]
Steps = Annotated[int, Meta(ge=1)]
Format = Literal["png", "jpeg", "webp"]
T = TypeVar("T")

KINDS = ("image/png", "image/webp", "image/jpeg")
MOST_PICTURES = 16
MOST_BYTES = 50 * 10**6
MOST_MASK = 4 * 10**6
THREE = {(1024, 1024), (1536, 1024), (1024, 1536)}
TOKENS = {"low": 196, "medium": 1767, "high": 7024, "xhigh": 10_000, "max": 14_000}
FORMER_TOKENS = {"low": 272, "medium": 1056, "high": 4160}
"""Tokens of a picture of 1024 × 1024, now and by the models before gpt-image-2; two of them are guesses."""
MOST_SIDE = 3840
MASKS = ("mask", "mask_image")
"""Under which names a mask goes: OpenAI's, and the one that vLLM-Omni has besides."""


class _Named(Struct):
    model: str


class _Own(Struct, forbid_unknown_fields=True):
    """What OpenAI's own image models take, whether they draw or edit."""

    model: str
    prompt: Prompt
    n: Many = 1
    size: str = "auto"
    quality: Literal["low", "medium", "high", "xhigh", "max", "auto"] = "auto"
    output_format: Format = "png"
    output_compression: Percent = 100
    background: Literal["transparent", "opaque", "auto"] = "auto"
    complexity: Literal["low", "medium", "high"] | None = None
    safety_identifier: str = ""
    user: str = ""


class _OwnDraw(_Own, forbid_unknown_fields=True):
    moderation: Literal["low", "auto"] = "auto"


class _OwnEdit(_Own, forbid_unknown_fields=True):
    input_fidelity: Literal["high", "low"] | None = None


class _Local(Struct, forbid_unknown_fields=True):
    """What servers take that follow OpenAI with models of their own."""

    model: str
    prompt: Prompt
    n: Many = 1
    size: str = "1024x1024"
    quality: str = ""
    output_format: Format = "png"
    response_format: Literal["b64_json", "url"] = "url"
    seed: int | None = None
    negative_prompt: str = ""
    num_inference_steps: Steps = 20
    step: Steps = 20
    guidance_scale: Annotated[float, Meta(ge=0)] = 1.0


class _LocalEdit(_Local, forbid_unknown_fields=True):
    size: str = "auto"
    strength: Annotated[float, Meta(ge=0, le=1)] = 0.75


# --------------------------------------------------------------------------- drawing


def read_draw(request: Request) -> Call:
    """A picture to make by words."""
    model = read_json(request.body, _Named).model
    if _is_own(model):
        body = read_json(request.body, _OwnDraw)
        return _own(body, _own_size(body) or (1024, 1024))
    local = read_json(request.body, _Local)
    return _local(local, _sides(local.size))


def _is_own(model: str) -> bool:
    """Whether OpenAI makes it; the ones it has shut down are no models any more."""
    if model.startswith("dall-e-") or model == "gpt-image-1":
        raise Problem("no model", f"The model '{model}' does not exist", param="model")
    return model.startswith(("gpt-image-", "chatgpt-image-"))


def _is_former(model: str) -> bool:
    """Whether it is one of those before gpt-image-2: three sizes, and tokens of their own."""
    return model.startswith(("gpt-image-1", "chatgpt-image-"))


def _own(body: _Own, size: tuple[int, int]) -> Call:
    if body.background == "transparent" and body.output_format == "jpeg":
        raise Problem("invalid", "Transparent backgrounds need png or webp.", param="background")
    if body.output_format == "png" and body.output_compression != 100:
        message = "Compression less than 100 is not supported for PNG output format"
        raise Problem("invalid", message, param="output_compression")
    if body.quality in ("xhigh", "max") and not body.model.startswith(("gpt-image-2.5", "gpt-image-2.6")):
        raise Problem("invalid", f"{body.model} has no quality {body.quality}", param="quality")
    if body.complexity and not body.model.startswith("gpt-image-2.6"):
        raise Problem("invalid", f"{body.model} takes no complexity", param="complexity")
    quality = "medium" if body.quality == "auto" else body.quality
    return Call(
        kind="draw",
        model=body.model,
        prompt=body.prompt,
        width=size[0],
        height=size[1],
        count=body.n,
        format=body.output_format,
        quality=quality,
        picture_out=(FORMER_TOKENS if _is_former(body.model) else TOKENS)[quality],
    )


def _local(body: _Local, size: tuple[int, int]) -> Call:
    return Call(
        kind="draw",
        model=body.model,
        prompt=body.prompt,
        negative=body.negative_prompt,
        width=size[0],
        height=size[1],
        seed=body.seed,
        count=body.n,
        format=body.output_format,
        linked="yes" if body.response_format == "url" else "may",
    )


def _own_size(body: _Own) -> tuple[int, int] | None:
    if body.size == "auto":
        return None
    width, height = _sides(body.size)
    fits = (width, height) in THREE if _is_former(body.model) else _is_free_size(width, height)
    if not fits:
        raise Problem("invalid", f"Invalid size: {body.size}", param="size")
    return width, height


def _sides(size: str) -> tuple[int, int]:
    width, cross, height = size.partition("x")
    if not (cross and width.isdecimal() and height.isdecimal() and 0 < int(width) * int(height) <= 2**24):
        raise Problem("invalid", f"Invalid size: {size}", param="size")
    return int(width), int(height)


def _is_free_size(width: int, height: int) -> bool:
    stepped = width % 16 == 0 and height % 16 == 0
    shaped = max(width, height) <= min(MOST_SIDE, 3 * min(width, height))
    return stepped and shaped and 655_360 <= width * height <= 8_294_400


# --------------------------------------------------------------------------- editing


def read_edit(request: Request) -> Call:
    """A picture to change; the mask, if there is one, is clear where the change goes."""
    parts = read_form(request)
    values = {part.name: part.data.decode("utf-8", "replace") for part in parts if not part.file}
    own = _is_own(values.get("model", ""))
    pictures = tuple(part.data for part in _images(parts, MASKS[:1] if own else MASKS))
    headers = [read_picture(data, "image", KINDS) for data in pictures]
    call = _edit(values)
    mask = _mask([part for part in parts if part.name == "mask"], headers[0])
    return msgspec.structs.replace(
        call,
        kind="edit",
        edit="restyle" if mask is None else "inpaint",
        pictures=pictures,
        mask=mask,
        pictures_in=sum(patches(header.width, header.height) for header in headers) if call.quality else 0,
    )


def _edit(values: dict[str, str]) -> Call:
    if _is_own(values.get("model", "")):
        body = _read_values(values, _OwnEdit)
        if body.input_fidelity and not _is_former(body.model):
            raise Problem("invalid", f"{body.model} takes no input_fidelity", param="input_fidelity")
        return _own(body, _own_size(body) or (0, 0))
    local = _read_values(values, _LocalEdit)
    return _local(local, (0, 0) if local.size == "auto" else _sides(local.size))


def _read_values(values: dict[str, str], shape: type[T]) -> T:
    """The fields of a form as a struct; all of them came as words."""
    try:
        return msgspec.convert(values, shape, strict=False)
    except msgspec.ValidationError as error:
        unknown = "unknown field" in str(error)
        raise Problem("unknown field" if unknown else "invalid", str(error)) from None


def _images(parts: Sequence[Part], masks: Sequence[str]) -> list[Part]:
    """The pictures: one as `image`, or any number as `image[]`."""
    files = [part for part in parts if part.file and part.name not in masks]
    strange = [part.name for part in files if part.name not in ("image", "image[]")]
    if strange:
        raise Problem("unknown field", f"Unknown parameter: '{strange[0]}'.", param=strange[0])
    if not files:
        raise Problem("invalid", "Missing required parameter: 'image'.", param="image")
    if len(files) > 1 and any(part.name == "image" for part in files):
        message = "Duplicate parameter: 'image'. For a list of values use 'image[]=<value>'."
        raise Problem("invalid", message, param="image", code="duplicate_parameter")
    if len(files) > MOST_PICTURES:
        raise Problem("invalid", f"At most {MOST_PICTURES} images, not {len(files)}", param="image")
    if any(len(part.data) >= MOST_BYTES for part in files):
        raise Problem("invalid", "Each image is less than 50MB", param="image")
    return files


def _mask(parts: Sequence[Part], picture: Header) -> Pixels | None:
    if not parts:
        return None
    data = parts[0].data
    header = read_picture(data, "mask", ("image/png",))
    if len(data) >= MOST_MASK:
        raise Problem("invalid", "The mask is less than 4MB", param="mask")
    if (header.width, header.height) != (picture.width, picture.height):
        message = "Invalid mask image: image size and mask size do not match"
        raise Problem("invalid", message, param="mask")
    whole = decode_whole(data)
    if whole.shape[2] != 4:
        raise Problem("invalid", "Invalid mask image: it has no alpha channel", param="mask")
    return np.where(whole[..., 3] == 0, 255, 0).astype(np.uint8)


# ------------------------------------------------------------------------- answering


def say(call: Call, made: Made) -> dict[str, Any]:
    """Pictures, by their bytes or their address."""
    data = [{"url": link} for link in made.links] or [
        {"b64_json": b64encode(image).decode()} for image in made.pictures
    ]
    said: dict[str, Any] = {"created": int(time()), "data": data}
    return said | _details(call, made) if call.quality else said


def _details(call: Call, made: Made) -> dict[str, Any]:
    """What OpenAI's own models tell of what they made."""
    words = count_tokens(call.prompt)
    kinds = [media_type(image).removeprefix("image/") for image in made.pictures[:1]]
    size = (call.width, call.height)
    if not call.width:
        header = read_picture(call.pictures[0], "image")
        size = (header.width, header.height)
    return {
        "size": f"{size[0]}x{size[1]}",
        "quality": call.quality,
        "output_format": (kinds or [call.format])[0],
        "usage": {
            "input_tokens": made.tokens_in,
            "input_tokens_details": {"text_tokens": words, "image_tokens": made.tokens_in - words},
            "output_tokens": made.tokens_out,
            "total_tokens": made.tokens_in + made.tokens_out,
        },
    }
