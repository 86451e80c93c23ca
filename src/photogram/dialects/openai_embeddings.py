"""What OpenAI and the servers that follow it say and hear of vectors: POST /embeddings."""

import struct
from base64 import b64decode
from math import isfinite
from typing import Any

import msgspec

from photogram.data import Ask, Card, Embed, Point, Usage
from photogram.dialect import Answer, Request
from photogram.faults import Invalid
from photogram.model import Reader
from photogram.problems.openai import Counted, problem, unreadable
from photogram.terms import estimate


def encode(card: Card, ask: Ask, read: Reader) -> Request:
    """The request for the vector of one text, as numbers: not every server knows another form."""
    if not isinstance(ask, Embed) or ask.image:
        raise Invalid(f"{card.name} only turns texts into vectors")
    if not ask.text.strip():
        raise Invalid(f"{card.name} turns texts into vectors, and this one is empty")
    body: dict[str, Any] = {"model": card.model, "input": ask.text, "encoding_format": "float"}
    body |= {"dimensions": ask.dimensions} if ask.dimensions else {}
    return Request("/embeddings", msgspec.json.encode(body))


class _Vector(msgspec.Struct):
    embedding: list[float] | str = []


class _Vectors(msgspec.Struct):
    data: list[_Vector] = []
    usage: Any = None


class _Tokens(msgspec.Struct):
    prompt_tokens: Counted = 0


def decode(card: Card, ask: Ask, answer: Answer) -> Point:
    """The vector in an answer, also where it came as the bytes of its numbers all the same."""
    assert isinstance(ask, Embed)
    if not 200 <= answer.status < 300:
        raise problem(card, answer)
    try:
        said = msgspec.json.decode(answer.body, type=_Vectors)
        vectors = [_numbers(one.embedding) for one in said.data]
    except (msgspec.DecodeError, ValueError, struct.error, RecursionError) as error:
        raise unreadable(card, f"{error}", answer.body) from None
    if len(vectors) != 1:
        raise unreadable(card, f"it holds {len(vectors)} vectors, not one", answer.body)
    (vector,) = vectors
    if not vector or not all(map(isfinite, vector)) or (ask.dimensions and len(vector) != ask.dimensions):
        raise unreadable(card, f"its vector of {len(vector)} numbers is none of those asked for", answer.body)
    return Point(vector=vector, usage=_usage(card, ask, said, answer))


def _numbers(embedding: list[float] | str) -> tuple[float, ...]:
    if isinstance(embedding, str):
        data = b64decode(embedding, validate=True)
        return struct.unpack(f"<{len(data) // 4}f", data)
    return tuple(embedding)


def _usage(card: Card, ask: Embed, said: _Vectors, answer: Answer) -> Usage:
    try:
        tokens = msgspec.convert(said.usage or {}, _Tokens).prompt_tokens
    except msgspec.ValidationError:
        tokens = 0
    return Usage(
        tokens_in=tokens,
        dollars=tokens * card.price.tokens_in / 1e6 if tokens else estimate(card, ask),
        request_id=answer.headers.get("x-request-id", ""),
    )
