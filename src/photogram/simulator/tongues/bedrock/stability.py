"""Stability's models: pictures by words, one picture from another, and the services around them."""

from base64 import b64encode
from typing import Annotated, Any, Literal, NamedTuple
from zlib import crc32

import numpy as np
from msgspec import Meta, Struct

from photogram.data import EditKind
from photogram.pixels.codecs import Header, Pixels, decode, decode_whole
from photogram.simulator.call import Call, Made, Problem, read_base64, read_json, read_picture
from photogram.simulator.plain import resized

KINDS = ("image/png", "image/jpeg", "image/webp")
SIZES = {
    "1:1": (1024, 1024),
    "16:9": (1344, 768),
    "21:9": (1536, 640),
    "2:3": (832, 1216),
    "3:2": (1216, 832),
    "4:5": (896, 1088),
    "5:4": (1088, 896),
    "9:16": (768, 1344),
    "9:21": (640, 1536),
}
Ratio = Literal["1:1", "16:9", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"]
Preset = Literal[
    "3d-model",
    "analog-film",
    "anime",
    "cinematic",
    "comic-book",
    "digital-art",
    "enhance",
    "fantasy-art",
    "isometric",
    "line-art",
    "low-poly",
    "modeling-compound",
    "neon-punk",
    "origami",
    "photographic",
    "pixel-art",
    "tile-texture",
]
Prompt = Annotated[str, Meta(min_length=1, max_length=10_000)]
Negative = Annotated[str, Meta(max_length=10_000)]
Seed = Annotated[int, Meta(ge=0, le=4_294_967_294)]
Share = Annotated[float, Meta(ge=0, le=1)]
Grow = Annotated[int, Meta(ge=0, le=20)]
Span = Annotated[int, Meta(ge=0, le=2000)]
Tenth = Annotated[float, Meta(ge=0.1, le=1)]
Slight = Annotated[float, Meta(ge=0.1, le=0.5)]


class _Any(Struct, forbid_unknown_fields=True):
    seed: Seed = 0
    output_format: Literal["png", "jpeg", "webp"] = "png"
    negative_prompt: Negative = ""


class _Drawn(_Any, forbid_unknown_fields=True, kw_only=True):
    prompt: Prompt
    aspect_ratio: Ratio | None = None
    mode: Literal["text-to-image", "image-to-image"] = "text-to-image"
    image: str | None = None
    strength: Share | None = None


class _Picture(_Any, forbid_unknown_fields=True, kw_only=True):
    image: str


class _Styled(_Picture, forbid_unknown_fields=True, kw_only=True):
    style_preset: Preset | None = None


class _Masked(_Styled, forbid_unknown_fields=True, kw_only=True):
    mask: str | None = None
    grow_mask: Grow = 5


class _Inpaint(_Masked, forbid_unknown_fields=True, kw_only=True):
    prompt: Prompt


class _Erase(_Picture, forbid_unknown_fields=True, kw_only=True):
    mask: str | None = None
    grow_mask: Grow = 5


class _Outpaint(_Styled, forbid_unknown_fields=True, kw_only=True):
    prompt: Negative = ""
    left: Span = 0
    right: Span = 0
    up: Span = 0
    down: Span = 0
    creativity: Tenth = 0.5


class _Search(_Styled, forbid_unknown_fields=True, kw_only=True):
    prompt: Prompt
    search_prompt: Prompt
    grow_mask: Grow = 5


class _Recolor(_Styled, forbid_unknown_fields=True, kw_only=True):
    prompt: Prompt
    select_prompt: Prompt
    grow_mask: Grow = 5


class _Background(Struct, forbid_unknown_fields=True, kw_only=True):
    image: str
    output_format: Literal["png", "webp"] = "png"


class _Control(_Styled, forbid_unknown_fields=True, kw_only=True):
    prompt: Prompt
    control_strength: Share = 0.7


class _Guide(_Styled, forbid_unknown_fields=True, kw_only=True):
    prompt: Prompt
    aspect_ratio: Ratio = "1:1"
    fidelity: Share = 0.5


class _Transfer(_Any, forbid_unknown_fields=True, kw_only=True):
    init_image: str
    style_image: str
    prompt: Negative = ""
    composition_fidelity: Share = 0.9
    style_strength: Share = 1.0
    change_strength: Tenth = 0.9


class _Fast(Struct, forbid_unknown_fields=True, kw_only=True):
    image: str
    output_format: Literal["png", "jpeg", "webp"] = "png"


class _Conservative(_Picture, forbid_unknown_fields=True, kw_only=True):
    prompt: Prompt
    creativity: Slight = 0.35


class _Creative(_Styled, forbid_unknown_fields=True, kw_only=True):
    prompt: Prompt
    creativity: Slight = 0.3


class _Service(NamedTuple):
    shape: type[Struct]
    edit: EditKind
    most_pixels: int = 9_437_184
    least_side: int = 64
    most_side: int = 0


SERVICES = {
    "stable-image-inpaint": _Service(_Inpaint, "inpaint"),
    "stable-image-erase-object": _Service(_Erase, "erase"),
    "stable-outpaint": _Service(_Outpaint, "outpaint"),
    "stable-image-search-replace": _Service(_Search, "replace"),
    "stable-image-search-recolor": _Service(_Recolor, "recolor"),
    "stable-image-remove-background": _Service(_Background, "remove background"),
    "stable-image-control-sketch": _Service(_Control, "restyle"),
    "stable-image-control-structure": _Service(_Control, "restyle"),
    "stable-style-transfer": _Service(_Transfer, "restyle"),
    "stable-fast-upscale": _Service(_Fast, "upscale", 1_048_576, 32, 1536),
    "stable-conservative-upscale": _Service(_Conservative, "upscale"),
    "stable-creative-upscale": _Service(_Creative, "upscale", 1_048_576),
}
FAILED = {"seeds": [], "finish_reasons": ["Inference error"], "images": []}
DRAWS = ("sd3-5-large", "sd3-large", "stable-image-core", "stable-image-ultra")


def read(model: str, body: bytes) -> Call:
    """What one of the models is asked to draw, or one of the services to do."""
    name = model.removeprefix("stability.").rpartition("-v")[0]
    if name in DRAWS:
        return _draw(name, read_json(body, _Drawn))
    if name == "stable-image-style-guide":
        return _guide(read_json(body, _Guide))
    if name not in SERVICES:
        raise Problem("no model", "The provided model identifier is invalid.")
    return _edit(SERVICES[name], read_json(body, SERVICES[name].shape))


def _draw(name: str, asked: _Drawn) -> Call:
    if name == "stable-image-core" and asked.output_format == "webp":
        raise Problem("invalid", "output_format: must be one of jpeg, png")
    if asked.mode == "image-to-image":
        return _from_image(name, asked)
    if asked.image is not None or asked.strength is not None:
        raise Problem("invalid", "image, strength: not allowed with mode text-to-image")
    width, height = SIZES[asked.aspect_ratio or "1:1"]
    return _call("draw", asked, width=width, height=height)


def _from_image(name: str, asked: _Drawn) -> Call:
    if not name.startswith("sd3"):
        raise Problem("invalid", "mode: image-to-image is not supported by this model")
    if asked.image is None or asked.strength is None:
        raise Problem("invalid", "image, strength: required with mode image-to-image")
    if asked.aspect_ratio:
        raise Problem("invalid", "aspect_ratio: only valid with mode text-to-image")
    image, _ = _picture(asked.image, "image", _Service(_Drawn, "vary"))
    return _call("edit", asked, edit="vary", pictures=(image,))


def _guide(asked: _Guide) -> Call:
    image, _ = _picture(asked.image, "image", _Service(_Guide, "restyle"))
    width, height = SIZES[asked.aspect_ratio]
    return _call("draw", asked, pictures=(image,), width=width, height=height)


def _edit(service: _Service, asked: Any) -> Call:
    field = "init_image" if isinstance(asked, _Transfer) else "image"
    image, header = _picture(getattr(asked, field), field, service)
    more: dict[str, Any] = {}
    if isinstance(asked, _Transfer):
        more["pictures"] = (image, _picture(asked.style_image, "style_image", service)[0])
    if isinstance(asked, _Inpaint | _Erase):
        more["mask"] = _mask(asked.mask, image, header)
    if isinstance(asked, _Outpaint):
        more |= _wider(asked, header)
    if service.edit == "upscale":
        more |= {"width": 4 * header.width, "height": 4 * header.height}
    if isinstance(asked, _Search | _Recolor):
        sought = asked.search_prompt if isinstance(asked, _Search) else asked.select_prompt
        more["prompt"] = f"{asked.prompt}\n{sought}"
    return _call("edit", asked, **{"edit": service.edit, "pictures": (image,), **more})


def _call(kind: Literal["draw", "edit"], asked: Any, **more: Any) -> Call:
    seed = getattr(asked, "seed", 0)
    given: dict[str, Any] = {"prompt": getattr(asked, "prompt", ""), **more}
    return Call(
        kind=kind,
        model="",
        negative=getattr(asked, "negative_prompt", ""),
        seed=seed or None,
        format=asked.output_format,
        more={"stability": True},
        **given,
    )


def _picture(text: str, field: str, service: _Service) -> tuple[bytes, Header]:
    data = read_base64(text, field)
    header = read_picture(data, field, KINDS)
    short, long = sorted((header.width, header.height))
    if short < service.least_side or (service.most_side and long > service.most_side):
        raise Problem("invalid", f"{field}: a side is at least {service.least_side} pixels")
    if header.width * header.height > service.most_pixels:
        raise Problem("invalid", f"{field}: at most {service.most_pixels} pixels")
    if long > 2.5 * short:
        raise Problem("invalid", f"{field}: the aspect ratio is between 1:2.5 and 2.5:1")
    return data, header


def _mask(text: str | None, image: bytes, header: Header) -> Pixels:
    """White is where the change goes; without a mask, what is see-through in the picture."""
    if text is None:
        whole = decode_whole(image)
        if whole.shape[2] != 4:
            raise Problem("invalid", "mask: required, as the image has no alpha channel")
        return _where(whole[..., 3] < 128)
    data = read_base64(text, "mask")
    read_picture(data, "mask", KINDS)
    return _where(resized(decode(data), header.width, header.height)[..., 0] > 127)


def _where(changed: Any) -> Pixels:
    return np.asarray(np.where(changed, 255, 0), np.uint8)


def _wider(asked: _Outpaint, header: Header) -> dict[str, Any]:
    if not (asked.left or asked.right or asked.up or asked.down):
        raise Problem("invalid", "at least one of left, right, up, down is more than 0")
    size = (header.width + asked.left + asked.right, header.height + asked.up + asked.down)
    return {"width": size[0], "height": size[1], "place": (asked.left, asked.up)}


# ------------------------------------------------------------------------- answering


def say(call: Call, made: Made) -> dict[str, Any]:
    """The picture, its seed, and that nothing stood in the way."""
    seed = call.seed or crc32(call.prompt.encode())
    count = len(made.pictures)
    return {
        "seeds": [seed] * count,
        "finish_reasons": [None] * count,
        "images": [b64encode(image).decode() for image in made.pictures],
    }


def refuse(_: Call, problem: Problem) -> dict[str, Any]:
    """With a 200, and without the keys that would hold something."""
    stage = {"input": "input image", "output": "output image"}.get(problem.stage, "prompt")
    return {"finish_reasons": [f"Filter reason: {stage}"]}
