"""Bodies as multipart/form-data, and any body as something to be looked at."""

from email.message import Message
from email.parser import HeaderParser
from hashlib import sha256
from typing import Any, NamedTuple, cast

import msgspec

from photogram.simulator.call import Problem, Request

LONG = 2**18
"""Letters of a text that are kept to be looked at; a picture in base64 may be longer."""


class Part(NamedTuple):
    """One field of a form; `file` is the name of the file it holds, and empty where it holds a value."""

    name: str
    file: str
    kind: str
    data: bytes


def read_form(request: Request) -> list[Part]:
    """The parts of a multipart body, in the order they came."""
    boundary = _head(f"Content-Type: {request.headers.get('Content-Type', '')}").get_boundary()
    if not boundary:
        raise Problem("invalid", "expected a body of multipart/form-data with a boundary")
    pieces = (b"\r\n" + request.body).split(b"\r\n--" + boundary.encode())
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise Problem("invalid", "the multipart body does not end with its boundary")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    head, cut, data = piece.lstrip(b" \t").removeprefix(b"\r\n").partition(b"\r\n\r\n")
    said = _head(head.decode("utf-8", "replace"))
    name = said.get_param("name", "", "content-disposition")
    if not cut or not name:
        raise Problem("invalid", "a part of the multipart body has no name")
    return Part(str(name), said.get_filename(""), said.get_content_type(), data)


def _head(text: str) -> Message:
    return HeaderParser().parsestr(text)


def readable(request: Request) -> Any:
    """The body for whoever wants to see what was sent: JSON as it is, files and long texts by their hash."""
    if request.headers.get("Content-Type", "").startswith("multipart/"):
        return [(part.name, _shown(part)) for part in read_form(request)]
    try:
        body = msgspec.json.decode(request.body) if request.body else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _hashed(request.body)
    return _shortened(body) if len(request.body) > LONG else body


def _shortened(value: Any) -> Any:
    """The same with a hash for every text that is too long to be kept."""
    if isinstance(value, str):
        return _hashed(value.encode()) if len(value) > LONG else value
    if isinstance(value, dict):
        return {name: _shortened(inner) for name, inner in cast(dict[str, Any], value).items()}
    return [_shortened(inner) for inner in cast(list[Any], value)] if isinstance(value, list) else value


def _shown(part: Part) -> str:
    return _hashed(part.data) if part.file else part.data.decode("utf-8", "replace")


def _hashed(data: bytes) -> str:
    return f"{len(data)} bytes, sha256 {sha256(data).hexdigest()}"
