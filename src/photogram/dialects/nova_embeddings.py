"""Nova's vectors on Bedrock: texts and pictures in one space, each for the purpose it is made for."""

from typing import Any

import msgspec

from photogram.data import Ask, Card, Embed, Point, Purpose
from photogram.dialect import Answer, Request
from photogram.faults import Invalid
from photogram.model import Reader
from photogram.problems.bedrock import embedded, read_reply, unreadable

_PURPOSES: dict[Purpose, str] = {
    "index": "GENERIC_INDEX",
    "query": "GENERIC_RETRIEVAL",
    "cluster": "CLUSTERING",
}


def encode(card: Card, ask: Ask, read: Reader) -> Request:
    """The request for one vector."""
    if not isinstance(ask, Embed):
        raise Invalid(f"{card.name} makes vectors, and nothing else")
    if bool(ask.text) == bool(ask.image):
        raise Invalid(f"{card.name} takes a text or a picture, and one of them")
    params: dict[str, Any] = {
        "embeddingPurpose": _PURPOSES[ask.purpose],
        "embeddingDimension": ask.dimensions or max(card.dimensions),
    }
    if ask.image:
        form = ask.image.media_type.removeprefix("image/")
        params["image"] = {
            "format": form,
            "detailLevel": "STANDARD_IMAGE",
            "source": {"bytes": read(ask.image)},
        }
    else:
        params["text"] = {"truncationMode": "END", "value": ask.text}
    body = {
        "schemaVersion": "nova-multimodal-embed-v1",
        "taskType": "SINGLE_EMBEDDING",
        "singleEmbeddingParams": params,
    }
    return Request("/invoke", msgspec.json.encode(body))


class _Embedding(msgspec.Struct):
    embedding: list[float]


class _Said(msgspec.Struct):
    embeddings: list[_Embedding] = []


def decode(card: Card, ask: Ask, answer: Answer) -> Point:
    """The vector in an answer."""
    assert isinstance(ask, Embed)
    said = read_reply(card, answer, _Said)
    if not said.embeddings or not said.embeddings[0].embedding:
        raise unreadable(card, "it holds no vector", answer.body)
    return embedded(card, ask, answer, said.embeddings[0].embedding)
