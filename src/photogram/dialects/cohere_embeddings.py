"""Cohere's vectors on Bedrock: texts and pictures in one space; they come in one of two shapes."""

from base64 import b64encode
from typing import Any

import msgspec

from photogram.data import Ask, Card, Embed, Point, Purpose
from photogram.dialect import Answer, Request
from photogram.faults import Invalid
from photogram.model import Reader
from photogram.problems.bedrock import embedded, read_reply, unreadable

_PURPOSES: dict[Purpose, str] = {
    "index": "search_document",
    "query": "search_query",
    "cluster": "clustering",
}


def encode(card: Card, ask: Ask, read: Reader) -> Request:
    """The request for one vector."""
    if not isinstance(ask, Embed):
        raise Invalid(f"{card.name} makes vectors, and nothing else")
    if bool(ask.text) == bool(ask.image):
        raise Invalid(f"{card.name} takes a text or a picture, and one of them")
    body: dict[str, Any] = {
        "input_type": _PURPOSES[ask.purpose],
        "embedding_types": ["float"],
        "output_dimension": ask.dimensions or max(card.dimensions),
    }
    if ask.image:
        # Put in as it stands: base64 holds nothing that JSON writes otherwise, and it is long.
        packed = b64encode(read(ask.image))
        link = msgspec.Raw(b'"data:' + ask.image.media_type.encode() + b";base64," + packed + b'"')
        body["images"] = [link]
    else:
        body |= {"texts": [ask.text], "truncate": "RIGHT"}
    return Request("/invoke", msgspec.json.encode(body))


class _ByType(msgspec.Struct):
    float: list[list[float]]


class _Said(msgspec.Struct):
    embeddings: Any = None


def decode(card: Card, ask: Ask, answer: Answer) -> Point:
    """The vector in an answer: in a list, or in a list by its type."""
    assert isinstance(ask, Embed)
    said = read_reply(card, answer, _Said).embeddings
    try:
        found = msgspec.convert(said, _ByType).float if isinstance(said, dict) else said
        vectors = msgspec.convert(found, list[list[float]])
    except msgspec.ValidationError as error:
        raise unreadable(card, f"{error}", answer.body) from None
    if not vectors or not vectors[0]:
        raise unreadable(card, "it holds no vector", answer.body)
    return embedded(card, ask, answer, vectors[0])
