"""Vectors: Titan's of texts and of pictures, Nova's of both, Cohere's of many at once."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct

from photogram.simulator.call import Call, Made, Problem, count_tokens, read_base64, read_json, read_picture

KINDS = ("image/png", "image/jpeg", "image/webp", "image/gif")
MOST_TITAN, MOST_COHERE = 25_000_000, 5_000_000
_DATA = re.compile(r"data:(image/[\w.+-]+);base64,")


def _embed(texts: Sequence[str], pictures: Sequence[bytes], dimensions: int, **more: Any) -> Call:
    return Call(
        kind="embed",
        model="",
        texts=tuple(texts),
        pictures=tuple(pictures),
        dimensions=dimensions,
        **more,
    )


def refuse(_: Call, problem: Problem) -> None:
    """With a 400, as any other ask that is wrong."""


# ------------------------------------------------------------------------------ Titan


class _TitanText(Struct, forbid_unknown_fields=True):
    inputText: Annotated[str, Meta(min_length=1, max_length=50_000)]
    dimensions: Literal[256, 512, 1024] = 1024
    normalize: bool = True
    embeddingTypes: tuple[Literal["float", "binary"], ...] = ("float",)


def read_text(_: str, body: bytes) -> Call:
    asked = read_json(body, _TitanText)
    return _embed([asked.inputText], [], asked.dimensions, more={"text": True})


class _Config(Struct, frozen=True, forbid_unknown_fields=True):
    outputEmbeddingLength: Literal[256, 384, 1024] = 1024


class _Titan(Struct, forbid_unknown_fields=True):
    inputText: Annotated[str, Meta(min_length=1)] | None = None
    inputImage: str | None = None
    embeddingConfig: _Config = _Config()


def read_titan(_: str, body: bytes) -> Call:
    asked = read_json(body, _Titan)
    if asked.inputText is None and asked.inputImage is None:
        raise Problem("invalid", "At least one of inputText and inputImage is required.")
    if asked.inputText and count_tokens(asked.inputText) > 128:
        raise Problem("invalid", "Input text is longer than 128 tokens.")
    pictures = [_picture(asked.inputImage, "inputImage", MOST_TITAN)] if asked.inputImage else []
    texts = [asked.inputText] if asked.inputText else []
    return _embed(texts, pictures, asked.embeddingConfig.outputEmbeddingLength)


def say_titan(call: Call, made: Made) -> dict[str, Any]:
    """One vector: of a text and a picture together, what lies between them."""
    vector = np.mean(made.vectors, axis=0).tolist() if made.vectors else None
    tokens = sum(map(count_tokens, call.texts))
    said: dict[str, Any] = {"embedding": vector, "inputTextTokenCount": tokens}
    return said | ({"embeddingsByType": {"float": vector}} if "text" in call.more else {"message": None})


def _picture(text: str, name: str, most: int) -> bytes:
    data = read_base64(text, name)
    if len(data) > most:
        raise Problem("invalid", f"{name} is larger than {most} bytes")
    read_picture(data, name, KINDS)
    return data


# ------------------------------------------------------------------------------- Nova


class _Source(Struct, forbid_unknown_fields=True):
    bytes: str


class _Text(Struct, forbid_unknown_fields=True):
    value: Annotated[str, Meta(min_length=1, max_length=8192)]
    truncationMode: Literal["START", "END", "NONE"]


class _Image(Struct, forbid_unknown_fields=True):
    format: Literal["png", "jpeg", "gif", "webp"]
    source: _Source
    detailLevel: Literal["STANDARD_IMAGE", "DOCUMENT_IMAGE"] = "STANDARD_IMAGE"


_Purpose = Literal[
    "GENERIC_INDEX",
    "GENERIC_RETRIEVAL",
    "TEXT_RETRIEVAL",
    "IMAGE_RETRIEVAL",
    "VIDEO_RETRIEVAL",
    "DOCUMENT_RETRIEVAL",
    "AUDIO_RETRIEVAL",
    "CLASSIFICATION",
    "CLUSTERING",
]


class _Single(Struct, forbid_unknown_fields=True):
    embeddingPurpose: _Purpose
    embeddingDimension: Literal[256, 384, 1024, 3072] = 3072
    text: _Text | None = None
    image: _Image | None = None


class _Nova(Struct, forbid_unknown_fields=True):
    taskType: Literal["SINGLE_EMBEDDING"]
    singleEmbeddingParams: _Single
    schemaVersion: Literal["nova-multimodal-embed-v1"] = "nova-multimodal-embed-v1"


def read_nova(_: str, body: bytes) -> Call:
    asked = read_json(body, _Nova).singleEmbeddingParams
    if (asked.text is None) == (asked.image is None):
        raise Problem("invalid", "Exactly one of text and image is required.")
    if asked.text:
        return _embed([asked.text.value], [], asked.embeddingDimension)
    assert asked.image
    data = read_base64(asked.image.source.bytes, "image")
    header = read_picture(data, "image", KINDS)
    if header.media_type != f"image/{asked.image.format}":
        raise Problem("invalid", f"the image is {header.media_type}, not {asked.image.format}")
    return _embed([], [data], asked.embeddingDimension)


def say_nova(call: Call, made: Made) -> dict[str, Any]:
    kinds = ["TEXT"] * len(call.texts) + ["IMAGE"] * len(call.pictures)
    found = zip(kinds, made.vectors, strict=False)
    return {"embeddings": [{"embeddingType": kind, "embedding": vector} for kind, vector in found]}


# ----------------------------------------------------------------------------- Cohere


class _Address(Struct, forbid_unknown_fields=True):
    url: str


class _TextPart(Struct, tag_field="type", tag="text", forbid_unknown_fields=True):
    text: str


class _ImagePart(Struct, tag_field="type", tag="image_url", forbid_unknown_fields=True):
    image_url: _Address


class _Input(Struct, forbid_unknown_fields=True):
    content: Annotated[list[_TextPart | _ImagePart], Meta(min_length=1)]


class _Cohere(Struct, forbid_unknown_fields=True):
    input_type: Literal["search_document", "search_query", "classification", "clustering"]
    texts: Annotated[list[str], Meta(min_length=1, max_length=96)] | None = None
    images: Annotated[list[str], Meta(min_length=1, max_length=96)] | None = None
    inputs: Annotated[list[_Input], Meta(min_length=1, max_length=96)] | None = None
    embedding_types: tuple[Literal["float", "int8", "uint8", "binary", "ubinary"], ...] = ("float",)
    output_dimension: Literal[256, 512, 1024, 1536] = 1536
    max_tokens: Annotated[int, Meta(ge=1, le=128_000)] = 128_000
    truncate: Literal["NONE", "LEFT", "RIGHT"] = "NONE"


def read_cohere(_: str, body: bytes) -> Call:
    asked = read_json(body, _Cohere)
    if sum(one is not None for one in (asked.texts, asked.images, asked.inputs)) != 1:
        raise Problem("invalid", "Valid input must specify exactly one of texts, images and inputs")
    parts = [part for one in asked.inputs or [] for part in one.content]
    texts = [*(asked.texts or []), *(part.text for part in parts if isinstance(part, _TextPart))]
    links = [part.image_url.url for part in parts if isinstance(part, _ImagePart)]
    pictures = [_linked(link) for link in [*(asked.images or []), *links]]
    tokens = sum(4 * -(-width * height // 784) for _, (width, height) in pictures)
    more = {"types": len(asked.embedding_types)}
    return _embed(
        texts, [data for data, _ in pictures], asked.output_dimension, pictures_in=tokens, more=more
    )


def _linked(link: str) -> tuple[bytes, tuple[int, int]]:
    found = _DATA.match(link)
    if not found:
        raise Problem("invalid", "images are data URIs of base64")
    data = read_base64(link[found.end() :], "images")
    if len(data) > MOST_COHERE:
        raise Problem("invalid", "image size must be at most 5MB")
    header = read_picture(data, "images", KINDS)
    return data, (header.width, header.height)


def say_cohere(call: Call, made: Made) -> dict[str, Any]:
    """A list where one type was asked for, or an object of them where several were."""
    vectors = list(made.vectors)
    said: dict[str, Any] = {"id": "simulated", "texts": list(call.texts)}
    if call.more["types"] == 1:
        return said | {"embeddings": vectors, "response_type": "embeddings_floats"}
    return said | {"embeddings": {"float": vectors}, "response_type": "embeddings_by_type"}
