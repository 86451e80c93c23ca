"""Google's image models: what each makes, and pictures made and edited.

There is no field for a mask. A second picture in black and white is one where the words say so, as a model
that reads English would take it; the oldest model takes no notice.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from photogram.media import media_type
from photogram.pixels.codecs import Pixels, decode
from photogram.simulator.call import Call, Problem, read_picture
from photogram.simulator.tongues.gemini.fields import (
    Generate,
    ImageConfig,
    check_thinking,
    words_and_pictures,
)

_SIZES = {
    "1:1": (1024, 1024),
    "1:4": (512, 2048),
    "1:8": (384, 3072),
    "2:3": (848, 1264),
    "3:2": (1264, 848),
    "3:4": (896, 1200),
    "4:1": (2048, 512),
    "4:3": (1200, 896),
    "4:5": (928, 1152),
    "5:4": (1152, 928),
    "8:1": (3072, 384),
    "9:16": (768, 1376),
    "16:9": (1376, 768),
    "21:9": (1584, 672),
}
_OLD_SIZES = {
    "1:1": (1024, 1024),
    "2:3": (832, 1248),
    "3:2": (1248, 832),
    "3:4": (864, 1184),
    "4:3": (1184, 864),
    "4:5": (896, 1152),
    "5:4": (1152, 896),
    "9:16": (768, 1344),
    "16:9": (1344, 768),
    "21:9": (1536, 672),
}
_TEN_SIZES = {name: _SIZES[name] for name in _OLD_SIZES}
_TIMES = {"512": 0.5, "1K": 1.0, "2K": 2.0, "4K": 4.0}


class _Maker(NamedTuple):
    """An image model: its pictures at 1K, the tokens of each class, and what else it takes."""

    sizes: Mapping[str, tuple[int, int]]
    tokens: Mapping[str, int]
    told_class: bool = True
    pictures: int = 14
    thinks: tuple[str, ...] = ()
    sees: int = 1120


MAKERS: Mapping[str, _Maker] = {
    "gemini-nano-banana-2.1": _Maker(
        _SIZES, {"1K": 1120, "2K": 1680, "4K": 3780}, thinks=("minimal", "medium", "high")
    ),
    "gemini-3.1-flash-image": _Maker(
        _SIZES, {"512": 747, "1K": 1120, "2K": 1680, "4K": 2520}, thinks=("minimal", "high")
    ),
    "gemini-3.1-flash-lite-image": _Maker(_TEN_SIZES, {"1K": 1120}, False, thinks=("minimal", "high")),
    "gemini-3-pro-image": _Maker(_TEN_SIZES, {"1K": 1120, "2K": 1120, "4K": 2000}, sees=560),
    "gemini-2.5-flash-image": _Maker(_OLD_SIZES, {"1K": 1290}, False, pictures=3, sees=258),
}


def read(model: str, body: Generate) -> Call:
    """The picture that is asked for."""
    maker, config = MAKERS[model], body.generation_config
    if config.response_modalities and "IMAGE" not in config.response_modalities:
        raise Problem("invalid", f"{model} answers with TEXT and IMAGE, or IMAGE alone.")
    if config.response_mime_type == "application/json" or config.candidate_count > 1:
        raise Problem("invalid", "JSON mode and multiple candidates are not enabled for this model.")
    check_thinking(model, config, maker.thinks)
    prompt, pictures = words_and_pictures(body.contents, maker.pictures)
    if not prompt.strip():
        raise Problem("invalid", "contents hold no text.")
    width, height, group = _size(maker, config.image_config or ImageConfig(), pictures)
    return Call(
        kind="edit" if pictures else "draw",
        model=model,
        prompt=prompt,
        width=width,
        height=height,
        seed=config.seed,
        quality=group,
        pictures=pictures[:1],
        edit="vary",
        mask=_mask(prompt, pictures) if model != "gemini-2.5-flash-image" else None,
        pictures_in=maker.sees * len(pictures),
        picture_out=maker.tokens[group],
    )


def _size(maker: _Maker, wanted: ImageConfig, pictures: tuple[bytes, ...]) -> tuple[int, int, str]:
    """Width, height and class: as asked for, or else in the proportions of the first picture."""
    if wanted.image_size and not (maker.told_class and wanted.image_size in maker.tokens):
        raise Problem("invalid", f"image_size {wanted.image_size!r} is not supported for this model.")
    if wanted.aspect_ratio and wanted.aspect_ratio not in maker.sizes:
        raise Problem("invalid", f"aspect_ratio must be one of {', '.join(maker.sizes)}.")
    group = wanted.image_size or "1K"
    width, height = maker.sizes[wanted.aspect_ratio or "1:1"]
    if pictures and not wanted.aspect_ratio:
        header = read_picture(pictures[0], "inline_data")
        scale = (1024 * 1024 / (header.width * header.height)) ** 0.5
        width, height = (max(8, 8 * round(side * scale / 8)) for side in (header.width, header.height))
    times = _TIMES[group]
    return round(width * times), round(height * times), group


def _mask(prompt: str, pictures: tuple[bytes, ...]) -> Pixels | None:
    """The second picture as a mask, where the words say that it is one and which of it is to change."""
    told = re.search(r"\b(?:change|edit|alter|repaint)\b[^.,;]*\b(white|black)\b", prompt, re.IGNORECASE)
    if len(pictures) < 2 or not told or not re.search(r"\bmask\b", prompt, re.IGNORECASE):
        return None
    first, second = decode(pictures[0]), decode(pictures[1])
    if first.shape != second.shape or not np.isin(second, (0, 255)).all():
        return None
    white = second[..., 0] == 255
    return np.where(white if told[1].lower() == "white" else ~white, 255, 0).astype(np.uint8)


def part_of(image: bytes) -> dict[str, Any]:
    """A picture as a part of an answer."""
    return {"inlineData": {"mimeType": media_type(image), "data": b64encode(image).decode()}}
