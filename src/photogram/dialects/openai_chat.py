"""What OpenAI and the servers that follow it say and hear about pictures: POST /chat/completions.

How surely an answer follows its schema is the card's rung: `native` has the server see to it, `json` has
it see that the answer is JSON, and otherwise the schema is told in words.
"""

from base64 import b64encode
from collections.abc import Iterable
from typing import Any, cast

import msgspec

from photogram.data import Ask, Blob, Card, Facts, Said, See, Usage
from photogram.dialect import Answer, Request
from photogram.faults import Invalid, ModelError, Refused
from photogram.model import Reader
from photogram.problems.openai import Counted, problem, unreadable
from photogram.schemas import OPENAI, project, prompted, without_absent
from photogram.terms import estimate

_DETAIL = "detail"


# --------------------------------------------------------------------------- encoding


def encode(card: Card, ask: Ask, read: Reader) -> Request:
    """The request for an answer about pictures."""
    if not isinstance(ask, See):
        raise Invalid(f"{card.name} only sees")
    text = prompted(ask, schema=card.rung != "native")
    if not text and not ask.images:
        raise Invalid(f"{card.name} is asked nothing")
    words = [{"type": "text", "text": text}] if text else []
    content = [*words, *(_picture(ask, blob, read) for blob in ask.images)]
    body: dict[str, Any] = {"model": card.model, "messages": [{"role": "user", "content": content}]}
    body |= _format(card, ask)
    body |= {name: value for name, value in ask.options.items() if name != _DETAIL}
    return Request("/chat/completions", msgspec.json.encode(body))


def _picture(ask: See, blob: Blob, read: Reader) -> dict[str, Any]:
    # Put into the body as it stands: base64 holds nothing that JSON writes otherwise, and it is long.
    url = msgspec.Raw(b'"data:%b;base64,%b"' % (blob.media_type.encode(), b64encode(read(blob))))
    more = {_DETAIL: ask.options[_DETAIL]} if _DETAIL in ask.options else {}
    return {"type": "image_url", "image_url": {"url": url, **more}}


def _format(card: Card, ask: See) -> Facts:
    """The shape of the answer, where the server sees to it."""
    if not ask.schema or card.rung not in ("native", "json"):
        return {}
    if card.rung == "json":
        return {"response_format": {"type": "json_object"}}
    try:
        schema = {"name": "answer", "strict": True, "schema": project(ask.schema, OPENAI)}
    except Invalid:  # fields of any name, parts that refer to themselves: the model is left to keep to it
        schema = {"name": "answer", "strict": False, "schema": ask.schema}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


# --------------------------------------------------------------------------- decoding


class _Message(msgspec.Struct):
    content: Any = None
    refusal: Any = None
    tool_calls: Any = None


class _Choice(msgspec.Struct):
    message: _Message | None = None
    delta: _Message | None = None
    finish_reason: Any = None


class _Completion(msgspec.Struct):
    choices: list[_Choice] = []
    usage: Any = None
    error: Any = None


class _Tokens(msgspec.Struct):
    prompt_tokens: Counted = 0
    completion_tokens: Counted = 0


def decode(card: Card, ask: Ask, answer: Answer) -> Said:
    """The words in an answer, as they came: whether they can be read is for the one who asked."""
    assert isinstance(ask, See)
    if not 200 <= answer.status < 300:
        raise problem(card, answer)
    try:
        said = _read(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(card, f"{error}", answer.body) from None
    if not said.choices:
        raise problem(card, answer) if said.error else unreadable(card, "it holds no choice", answer.body)
    choice = said.choices[0]
    message = choice.message or _Message()
    if refused := _refusal(card, message, choice.finish_reason):
        raise refused
    text = _said(message)
    return Said(text=text, data=_data(text, ask), usage=_usage(card, ask, said, answer))


def _read(body: bytes) -> _Completion:
    """The answer; also where a server sends it piece by piece, although nobody asked for that."""
    if not body.lstrip().startswith((b"data:", b"event:", b":")):
        return msgspec.json.decode(body, type=_Completion)
    lines = (line.removeprefix(b"data:").strip() for line in body.splitlines() if line.startswith(b"data:"))
    pieces = [msgspec.json.decode(line, type=_Completion) for line in lines if line not in (b"", b"[DONE]")]
    choices = [piece.choices[0] for piece in pieces if piece.choices]
    found = _Completion(
        usage=_last(piece.usage for piece in pieces), error=_last(piece.error for piece in pieces)
    )
    if choices and not found.error:
        parts = [choice.delta or choice.message or _Message() for choice in choices]
        whole = _Message(
            content="".join(_said(part) for part in parts), refusal=_last(part.refusal for part in parts)
        )
        found.choices = [_Choice(whole, finish_reason=_last(choice.finish_reason for choice in choices))]
    return found


def _last(values: Iterable[Any]) -> Any:
    return next((value for value in reversed(list(values)) if value), None)


def _refusal(card: Card, message: _Message, reason: Any) -> ModelError | None:
    if message.refusal:
        why = " ".join(str(message.refusal).split())[:300]
        return Refused(f"{card.name} declined: {why}", code="refusal")
    if reason == "content_filter":
        return Refused(f"{card.name}: the answer was filtered", code="content_filter", stage="output")
    return None


def _said(message: _Message) -> str:
    """The words of a message: its content, in whatever form, or else what it would call a tool with."""
    if message.content:
        return _flat(message.content)
    called = [_objects([call.get("function")]) for call in _objects(message.tool_calls)]
    given = [function.get("arguments") for functions in called for function in functions]
    return _flat(given[0]) if given and given[0] else ""


def _flat(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        texts = [part.get("text") for part in _objects(content)]
        return "".join(text for text in texts if isinstance(text, str))
    return msgspec.json.encode(content).decode()


def _objects(values: Any) -> list[Facts]:
    """The JSON objects of a list, if it is one."""
    if not isinstance(values, list):
        return []
    return [cast(Facts, value) for value in cast(list[Any], values) if isinstance(value, dict)]


def _data(text: str, ask: See) -> Any:
    """The same as data, where that was asked for and it is."""
    if not ask.schema:
        return None
    try:
        return without_absent(msgspec.json.decode(text), ask.schema)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _usage(card: Card, ask: See, said: _Completion, answer: Answer) -> Usage:
    try:
        tokens = msgspec.convert(said.usage or {}, _Tokens)
    except msgspec.ValidationError:
        tokens = _Tokens()
    price = card.price
    spent = (tokens.prompt_tokens * price.tokens_in + tokens.completion_tokens * price.tokens_out) / 1e6
    return Usage(
        tokens_in=tokens.prompt_tokens,
        tokens_out=tokens.completion_tokens,
        dollars=spent if tokens.prompt_tokens else estimate(card, ask),
        request_id=answer.headers.get("x-request-id", ""),
    )
