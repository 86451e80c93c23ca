"""Models that look at pictures, through Bedrock's Converse, which is the same for all of them.

How an answer gets its shape is the card's rung: a schema that the model is held to, a tool that it must
call, or words in the prompt. Which settings a model takes are its options; one that thinks unless it is
told not to is told so where it must call a tool.
"""

from contextlib import suppress
from typing import Any

import msgspec

from photogram.data import Ask, Blob, Card, Said, See, Usage
from photogram.dialect import Answer, Request
from photogram.faults import Invalid
from photogram.model import Reader
from photogram.problems.bedrock import check_stop, read_reply, tokens_used
from photogram.schemas import BEDROCK, as_text, project, prompted

TOOL, ABOUT = "annotate", "Takes down what is seen."
MOST_TOKENS = 4096
"""Tokens an answer may have where nobody says; those that think use some of them to think."""

_NAMES = {"max_tokens": "maxTokens", "temperature": "temperature", "top_p": "topP"}
Body = dict[str, Any]


# --------------------------------------------------------------------------- encoding


def encode(card: Card, ask: Ask, read: Reader) -> Request:
    """The request for what is to be seen in some pictures."""
    if not isinstance(ask, See):
        raise Invalid(f"{card.name} looks at pictures, and nothing else")
    shape = _shape(card, ask)
    body: Body = {
        "messages": [message(card, ask, read, told=not shape)],
        "inferenceConfig": inference(card, ask),
        **shape,
        **_thinking(card, ask),
    }
    return Request("/converse", msgspec.json.encode(body))


def message(card: Card, ask: See, read: Reader, *, told: bool) -> Body:
    """Pictures and what is asked of them; the schema too, where it has to be told in words."""
    content: list[Body] = [_picture(card, blob, read) for blob in ask.images]
    if text := prompted(ask, schema=told):
        content.append({"text": text})
    if not content:
        raise Invalid(f"{card.name} is shown nothing and asked nothing")
    return {"role": "user", "content": content}


def _picture(card: Card, blob: Blob, read: Reader) -> Body:
    """One picture as a block; its kind is told by its bytes."""
    kind, _, form = blob.media_type.partition("/")
    if kind != "image":
        raise Invalid(f"{card.name} looks at pictures, and this is {blob.media_type}")
    return {"image": {"format": form, "source": {"bytes": read(blob)}}}


def inference(card: Card, ask: See) -> Body:
    """How the model is to answer: the same to the same, where it can be told so."""
    given: Body = {"maxTokens": MOST_TOKENS}
    if "temperature" in card.options:
        given["temperature"] = 0
    return given | {_NAMES[name]: value for name, value in ask.options.items() if name in _NAMES}


def _shape(card: Card, ask: See) -> Body:
    """How the answer gets its shape; nothing where it is told in words.

    A schema that cannot be said to the vendor goes to a tool as it is, or else into words.
    """
    if not ask.schema or card.rung == "prompt":
        return {}
    if card.rung == "tool":
        return forced(ask.schema)
    try:
        definition = {"name": TOOL, "schema": as_text(project(ask.schema, BEDROCK))}
    except Invalid:
        return {}
    return {"outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": definition}}}}


def forced(schema: Body) -> Body:
    """A tool that takes what is asked for, and that has to be called."""
    with suppress(Invalid):  # nobody holds the model to it, so it may also say what cannot be projected
        schema = project(schema, BEDROCK)
    spec = {"name": TOOL, "description": ABOUT, "inputSchema": {"json": schema}}
    return {"toolConfig": {"tools": [{"toolSpec": spec}], "toolChoice": {"tool": {"name": TOOL}}}}


def _thinking(card: Card, ask: See) -> Body:
    if "thinking" not in card.options:
        return {}
    chosen = ask.options.get("thinking", "disabled" if card.rung == "tool" else "adaptive")
    return {"additionalModelRequestFields": {"thinking": {"type": chosen}}}


# --------------------------------------------------------------------------- decoding


class _Use(msgspec.Struct):
    input: Any = None


class _Block(msgspec.Struct):
    text: str | None = None
    toolUse: _Use | None = None


class _Message(msgspec.Struct):
    content: list[_Block] = []


class _Output(msgspec.Struct):
    message: _Message = msgspec.field(default_factory=_Message)


class _Said(msgspec.Struct):
    output: _Output
    stopReason: str = ""
    usage: Any = None


def decode(card: Card, ask: Ask, answer: Answer) -> Said:
    """What was said, and the same as data where a tool took it down; thoughts are left out.

    An answer that was cut off comes as it is: whoever asked sees what is missing.
    """
    assert isinstance(ask, See)
    said = read_reply(card, answer, _Said)
    blocks = said.output.message.content
    text = "".join(block.text for block in blocks if block.text)
    used = next((block.toolUse.input for block in blocks if block.toolUse), None)
    check_stop(card, said.stopReason, text or (as_text(used) if used else ""))
    return words(text, used, tokens_used(card, ask, answer, said.usage))


def words(text: str, used: Any, usage: Usage) -> Said:
    """An answer as words and, where it is data, as data."""
    if used is not None:
        return Said(text=as_text(used), data=used, usage=usage)
    try:
        data = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        data = None
    return Said(text=text, data=data if isinstance(data, dict) else None, usage=usage)
