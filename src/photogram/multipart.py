"""A form with files in it, as bytes; the same content gives the same bytes, so that it can be compared."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import NamedTuple


class File(NamedTuple):
    """One file of a form: the field it goes by, what it is called, what it is, and what is in it."""

    field: str
    name: str
    media_type: str
    data: bytes


def form(fields: Mapping[str, str], files: Iterable[File]) -> tuple[str, bytes]:
    """The media type and the body of a form with these fields, and these files after them."""
    parts = [(f'name="{name}"', "", value.encode()) for name, value in fields.items()]
    parts += [
        (f'name="{file.field}"; filename="{file.name}"', f"Content-Type: {file.media_type}\r\n", file.data)
        for file in files
    ]
    # What divides the parts is a digest of them, which none of them can hold.
    digest = sha256()
    for _, _, data in parts:
        digest.update(len(data).to_bytes(8) + data)
    boundary = digest.hexdigest()[:32]
    pieces: list[bytes] = []
    for name, kind, data in parts:
        head = f"--{boundary}\r\nContent-Disposition: form-data; {name}\r\n{kind}\r\n"
        pieces += [head.encode(), data, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(pieces)
