"""Claude invoked in its own words, as the lines of a batch job hold them."""

from contextlib import suppress
from typing import Any

import msgspec

from photogram.data import Ask, Blob, Card, Said, See
from photogram.dialect import Answer, Request
from photogram.dialects.converse import ABOUT, MOST_TOKENS, TOOL, Body, words
from photogram.faults import Invalid
from photogram.model import Reader
from photogram.problems.bedrock import check_stop, read_reply, tokens_used
from photogram.schemas import BEDROCK, as_text, project, prompted

VERSION = "bedrock-2023-05-31"
_SET = ("max_tokens", "temperature", "top_p")


# --------------------------------------------------------------------------- encoding


def encode(card: Card, ask: Ask, read: Reader) -> Request:
    """The body for what is to be seen in some pictures."""
    if not isinstance(ask, See):
        raise Invalid(f"{card.name} looks at pictures, and nothing else")
    shape = _shape(card, ask)
    content: list[Body] = [_picture(card, blob, read) for blob in ask.images]
    if text := prompted(ask, schema=not shape):
        content.append({"type": "text", "text": text})
    if not content:
        raise Invalid(f"{card.name} is shown nothing and asked nothing")
    body: Body = {"anthropic_version": VERSION, "max_tokens": MOST_TOKENS}
    if "temperature" in card.options:
        body["temperature"] = 0
    body |= {name: ask.options[name] for name in _SET if name in ask.options}
    body |= {"messages": [{"role": "user", "content": content}], **shape, **_thinking(card, ask)}
    return Request("/invoke", msgspec.json.encode(body))


def _picture(card: Card, blob: Blob, read: Reader) -> Body:
    if not blob.media_type.startswith("image/"):
        raise Invalid(f"{card.name} looks at pictures, and this is {blob.media_type}")
    source = {"type": "base64", "media_type": blob.media_type, "data": read(blob)}
    return {"type": "image", "source": source}


def _shape(card: Card, ask: See) -> Body:
    """How the answer gets its shape; nothing where it is told in words."""
    if not ask.schema or card.rung == "prompt":
        return {}
    schema: Body = ask.schema
    if card.rung == "native":
        with suppress(Invalid):
            form = {"type": "json_schema", "schema": project(schema, BEDROCK)}
            return {"output_config": {"format": form}}
        return {}
    with suppress(Invalid):
        schema = project(schema, BEDROCK)
    tool = {"name": TOOL, "description": ABOUT, "input_schema": schema}
    return {"tools": [tool], "tool_choice": {"type": "tool", "name": TOOL}}


def _thinking(card: Card, ask: See) -> Body:
    if "thinking" not in card.options:
        return {}
    return {"thinking": {"type": ask.options.get("thinking", "disabled")}}


# --------------------------------------------------------------------------- decoding


class _Block(msgspec.Struct):
    text: str | None = None
    input: Any = None


class _Reply(msgspec.Struct):
    content: list[_Block]
    stop_reason: str | None = None
    usage: Any = None


def decode(card: Card, ask: Ask, answer: Answer) -> Said:
    """What was said, and the same as data where a tool took it down; thoughts are left out."""
    assert isinstance(ask, See)
    said = read_reply(card, answer, _Reply)
    text = "".join(block.text for block in said.content if block.text)
    used = next((block.input for block in said.content if block.input is not None), None)
    check_stop(card, said.stop_reason or "", text or (as_text(used) if used else ""))
    return words(text, used, tokens_used(card, ask, answer, said.usage))
