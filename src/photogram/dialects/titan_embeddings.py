"""Titan's vectors on Bedrock: of texts by one model, of pictures and short texts by another."""

from typing import Any

import msgspec

from photogram.data import Ask, Card, Embed, Point
from photogram.dialect import Answer, Request
from photogram.faults import Broken, Invalid
from photogram.model import Reader
from photogram.problems.bedrock import embedded, read_reply, unreadable

_TEXTS = "titan-embed-text"


def encode(card: Card, ask: Ask, read: Reader) -> Request:
    """The request for one vector."""
    if not isinstance(ask, Embed):
        raise Invalid(f"{card.name} makes vectors, and nothing else")
    body: dict[str, Any] = {"inputText": ask.text} if ask.text else {}
    size = ask.dimensions or max(card.dimensions)
    if _TEXTS in card.model:
        if ask.image or not ask.text:
            raise Invalid(f"{card.name} makes vectors of texts alone")
        body |= {"dimensions": size, "normalize": True}
    else:
        if not (ask.text or ask.image):
            raise Invalid(f"{card.name} is given neither a text nor a picture")
        body |= {"inputImage": read(ask.image)} if ask.image else {}
        body["embeddingConfig"] = {"outputEmbeddingLength": size}
    return Request("/invoke", msgspec.json.encode(body))


class _Said(msgspec.Struct):
    embedding: list[float] | None = None
    inputTextTokenCount: Any = None
    message: Any = None


def decode(card: Card, ask: Ask, answer: Answer) -> Point:
    """The vector in an answer; an error may stand in it with a 200."""
    assert isinstance(ask, Embed)
    said = read_reply(card, answer, _Said)
    if not said.embedding:
        if said.message:
            raise Broken(f"{card.name}: {' '.join(str(said.message).split())[:300]}", unsure=True)
        raise unreadable(card, "it holds no vector", answer.body)
    return embedded(card, ask, answer, said.embedding, said.inputTextTokenCount)
