"""What a build takes of each row: its picture, its mask, and a record of all that is known of it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from photogram.archive.inventory import Entry
from photogram.archive.zipping import unplaced
from photogram.data import Blob, Cell, Row
from photogram.dataset import Dataset
from photogram.media import extension

RECORD = "application/json"
_encode = msgspec.json.Encoder(order="deterministic").encode


class Member(NamedTuple):
    """One member of an archive: what is known of it, and its bytes or where the store has them."""

    entry: Entry
    data: bytes | Blob


def rows(opened: Dataset) -> Iterator[Row]:
    """The rows that builds are made of: wanted, with a picture that is there."""
    columns = [name for name in opened.columns() if name != "edit" and name not in opened.vectors()]
    for row in opened.ledger.rows(columns=columns):
        if row.image() is not None:
            yield row


def members(row: Row) -> Iterator[Member]:
    """Picture, mask and record of a row, named by its id so that they stand together."""
    common: dict[str, Any] = {"row": row.id, "synthetic": row.synthetic}
    for role, blob in (("image", row.image()), ("mask", mask_of(row))):
        if blob is not None:
            name = f"{row.id}{'.mask' if role == 'mask' else ''}.{extension(blob.media_type)}"
            title = title_of(row) if role == "image" else ""
            entry = unplaced(name, role=role, title=title, media_type=blob.media_type, **common)
            yield Member(entry, blob)
    entry = unplaced(f"{row.id}.json", role="record", media_type=RECORD, **common)
    yield Member(entry, _encode(record(row)))


def title_of(row: Row) -> str:
    """What people call the picture: the name of the file it came in, or the row's name."""
    blob = row.image()
    assert blob is not None
    if row.origin == "taken":
        return row.source.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return f"{row.name}.{extension(blob.media_type)}"


def mask_of(row: Row) -> Blob | None:
    """The mask that is the label: what the picture's maker gave, or else the region of its edit."""
    for column in ("image", "mask"):
        cell = row.cells.get(column)
        if cell and cell.state == "filled" and "mask" in cell.files:
            return cell.files["mask"]
    return None


def record(row: Row) -> dict[str, Any]:
    """All that is known of a row, in the order a person would tell it."""
    known = {
        "id": row.id,
        "name": row.name,
        "title": title_of(row),
        "synthetic": row.synthetic,
        **{name: getattr(row, name) for name in ("label", "split", "group", "parent", "origin")},
        **{name: getattr(row, name) for name in ("prompt", "negative", "seed", "facts", "options", "edit")},
        "cells": {name: _told(cell) for name, cell in row.cells.items() if cell.state == "filled"},
    }
    return {name: value for name, value in known.items() if value not in ("", None, {})}


def _told(cell: Cell) -> dict[str, Any]:
    files = {role: {"sha256": blob.sha256, "bytes": blob.size} for role, blob in cell.files.items()}
    told = {"model": cell.model, "value": cell.value, "files": files}
    return {name: value for name, value in told.items() if value}
