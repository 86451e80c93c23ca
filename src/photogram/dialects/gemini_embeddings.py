"""What Gemini's embedding models are told and say: POST /models/NAME:batchEmbedContents, with one content.

gemini-embedding-001 is told in a field what a text is for; later ones in the text itself, and Google
takes no notice of the field. Vectors cut short by the one come at any length, so all are made one long.
"""

from collections.abc import Mapping
from math import hypot, isfinite
from typing import Annotated, Any
from urllib.parse import quote

import msgspec

from photogram.data import Ask, Card, Embed, Point, Purpose, Usage
from photogram.dialect import Answer, Request
from photogram.faults import Invalid
from photogram.model import Reader
from photogram.problems.gemini import problem, unreadable
from photogram.terms import estimate

_FIELD: Mapping[Purpose, str] = {
    "index": "RETRIEVAL_DOCUMENT",
    "query": "RETRIEVAL_QUERY",
    "cluster": "CLUSTERING",
}
_PREFIX: Mapping[Purpose, str] = {
    "index": "title: none | text: ",
    "query": "task: search result | query: ",
    "cluster": "task: clustering | query: ",
}
_BY_FIELD = ("gemini-embedding-001", "text-embedding-", "embedding-")


def encode(card: Card, ask: Ask, read: Reader) -> Request:
    """The request for one vector."""
    if not isinstance(ask, Embed):
        raise Invalid(f"{card.name} makes vectors and nothing else")
    by_field = card.model.startswith(_BY_FIELD)
    parts: list[dict[str, Any]] = []
    if ask.text.strip():
        parts.append({"text": ask.text if by_field else _PREFIX[ask.purpose] + ask.text})
    if ask.image:
        if not card.sight.images:
            raise Invalid(f"{card.name} embeds texts, not pictures")
        parts.append({"inlineData": {"mimeType": ask.image.media_type, "data": read(ask.image)}})
    if not parts:
        raise Invalid(f"{card.name} needs a text or a picture, and there is neither")
    one: dict[str, Any] = {"model": f"models/{card.model}", "content": {"role": "user", "parts": parts}}
    if by_field:
        one["taskType"] = _FIELD[ask.purpose]
    if ask.dimensions:
        one["outputDimensionality"] = ask.dimensions
    path = f"/models/{quote(card.model, safe='')}:batchEmbedContents"
    return Request(path, msgspec.json.encode({"requests": [one]}))


class _Vector(msgspec.Struct):
    values: tuple[float, ...] = ()


class _Answer(msgspec.Struct):
    embeddings: list[_Vector] = []
    usage: Any = msgspec.field(default=None, name="usageMetadata")


class _Tokens(msgspec.Struct):
    prompt: Annotated[int, msgspec.Meta(ge=0, lt=2**40)] = msgspec.field(default=0, name="promptTokenCount")


def decode(card: Card, ask: Ask, answer: Answer) -> Point:
    """The vector in an answer, one long, or the error that the answer amounts to."""
    assert isinstance(ask, Embed)
    if not 200 <= answer.status < 300:
        raise problem(card, answer)
    try:
        said = msgspec.json.decode(answer.body, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(card, f"{error}", answer.body) from None
    if len(said.embeddings) != 1:
        raise unreadable(card, f"it holds {len(said.embeddings)} vectors", answer.body)
    vector = said.embeddings[0].values
    length = hypot(*vector)
    if not (length and isfinite(length)) or (ask.dimensions and len(vector) != ask.dimensions):
        raise unreadable(card, f"its vector has {len(vector)} numbers, {length:g} long", answer.body)
    return Point(vector=tuple(number / length for number in vector), usage=_usage(card, ask, said))


def _usage(card: Card, ask: Embed, said: _Answer) -> Usage:
    """What it took. Google counts a picture in tokens too, but sells it by the piece."""
    try:
        tokens = msgspec.convert(said.usage or {}, _Tokens).prompt
    except msgspec.ValidationError:
        tokens = 0
    by_tokens = tokens * card.price.tokens_in / 1e6
    dollars = estimate(card, ask) if ask.image or not tokens else by_tokens
    return Usage(images=int(ask.image is not None), tokens_in=tokens, dollars=dollars)
