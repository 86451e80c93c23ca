"""The rows of a pack as files for tools that read tables: Parquet with the extra, else JSON Lines.

Every row says where its picture lies in the archives, so that whoever has the table needs no index.
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from itertools import groupby, islice
from os import pread
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from photogram.archive.inventory import Entry, each
from photogram.archive.unzipping import unpacked
from photogram.data import Word
from photogram.faults import BadInput

PART_ROWS = 100_000
GROUP_ROWS = 2_000
"""Rows that are held at once, and that a reader of Parquet can pass over together."""
TEXTS = ("id", "name", "title", "label", "split", "group", "parent", "origin", "prompt", "negative")
PLACE = ("shard", "header_off", "data_off", "csize", "usize", "method", "crc32", "sha256", "media_type")
TOLD = ("facts", "edit", "cells")
"""What has another shape in every dataset: an object in JSON Lines, JSON as text in Parquet."""
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Held(NamedTuple):
    """An archive with its inventory on this computer, and where it is published."""

    archive: Path
    inventory: Path
    key: str


def has_parquet() -> bool:
    """Whether the extra is installed."""
    return find_spec("pyarrow") is not None


def write(shards: Iterable[Held], to: Path, parquet: bool) -> list[tuple[Path, int]]:
    """The rows of a pack as parts in a folder: each file, and how many rows are in it."""
    writing = _write_parquet if parquet else _write_lines
    ending = "parquet" if parquet else "jsonl"
    found, parts = rows(shards), list[tuple[Path, int]]()
    while held := list(islice(found, GROUP_ROWS)):
        path = to / f"part-{len(parts):05}.{ending}"
        more = islice(found, PART_ROWS - len(held))
        parts.append((path, writing(path, _groups(held, more))))
    return parts


def _groups(held: list[dict[str, Any]], more: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while held:
        yield held
        held = list(islice(more, GROUP_ROWS))


def rows(shards: Iterable[Held]) -> Iterator[dict[str, Any]]:
    """What is known of each row of a pack, and where its picture and mask lie, in the order of the pack."""
    for shard in shards:
        with open(shard.archive, "rb") as archive:
            for _, members in groupby(each(shard.inventory), lambda entry: entry.row):
                yield _row({entry.role: entry for entry in members}, shard, archive.fileno())


def _row(members: dict[str, Entry], shard: Held, archive: int) -> dict[str, Any]:
    where = str(shard.archive)
    if not {"record", "image"} <= set(members):
        raise BadInput("a row of the pack has no record", where=where, do="pack again")
    entry = members["record"]
    packed = pread(archive, entry.end - entry.header_off, entry.header_off)
    record = _decode(unpacked(entry, packed, where))
    mask = members.get("mask")
    return {
        **{name: record.get(name, "") for name in TEXTS},
        "seed": record.get("seed"),
        "synthetic": bool(record["synthetic"]),
        **{name: record.get(name, {}) for name in TOLD},
        **_placed(members["image"], shard.key),
        "mask": _placed(mask, shard.key) if mask else None,
    }


def _placed(entry: Entry, key: str) -> dict[str, Any]:
    return {name: key if name == "shard" else getattr(entry, name) for name in PLACE}


# ------------------------------------------------------------------------------ reading


class Kind(Word, frozen=True):
    """What a file is."""

    media_type: str


class Known(Word, frozen=True):
    """What of a row it is looked for by, and taken in again with."""

    id: str
    title: str = ""
    label: str = ""
    split: str = ""
    group: str = ""
    parent: str = ""
    synthetic: bool = False
    mask: Kind | None = None


def read(data: bytes, key: str) -> list[Known]:
    """The rows in the bytes of a part."""
    if not key.endswith(".parquet"):
        return msgspec.json.decode(b"[" + b",".join(data.splitlines()) + b"]", type=list[Known])
    if not has_parquet():
        do = "pip install 'photogram[parquet]', or name the pictures"
        raise BadInput("the rows of this set are Parquet, which needs the extra `parquet`", where=key, do=do)
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    table = parquet.read_table(arrow.BufferReader(data), columns=list(Known.__struct_fields__))
    return msgspec.convert(table.to_pylist(), list[Known])


# ------------------------------------------------------------------------------ writing


def _write_lines(path: Path, groups: Iterable[list[dict[str, Any]]]) -> int:
    count = 0
    with open(path, "wb") as file:
        for group in groups:
            file.writelines(_encode(row) + b"\n" for row in group)
            count += len(group)
    return count


def _write_parquet(path: Path, groups: Iterable[list[dict[str, Any]]]) -> int:
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    arrow.set_memory_pool(arrow.system_memory_pool())  # the other ones keep what they were given
    schema, count = _schema(arrow), 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for group in groups:
            flat = [{**row, **{name: _encode(row[name]).decode() for name in TOLD}} for row in group]
            writer.write_table(arrow.Table.from_pylist(flat, schema))
            count += len(group)
    return count


def _schema(arrow: Any) -> Any:
    numbers = {"crc32": arrow.uint32(), "method": arrow.int32()}
    whole = dict.fromkeys(("header_off", "data_off", "csize", "usize"), arrow.int64())
    place = [(name, {**numbers, **whole}.get(name, arrow.string())) for name in PLACE]
    texts = [(name, arrow.string()) for name in TEXTS]
    told = [(name, arrow.string()) for name in TOLD]
    flags = [("seed", arrow.int64()), ("synthetic", arrow.bool_())]
    return arrow.schema([*texts, *flags, *told, *place, ("mask", arrow.struct(place))])
