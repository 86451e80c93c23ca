"""An index that is looked up by one range of bytes, however many members it knows.

Rows of one length, in the order of a hash of what a member can be asked for by. Hashes are spread
evenly, so a row's place can be reckoned; `fan_out` says where each share of them begins, and `reach` how
far at most any row lies from where it is reckoned, which whoever writes the index has seen of every one.
So one range holds all rows of a name, or proves that there are none.
"""

import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from hashlib import sha256
from itertools import groupby
from math import isqrt
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NamedTuple

from photogram.archive.inventory import Entry, keys_of
from photogram.data import Word

ROW = struct.Struct(">12sIQQQIHH16s")
"""A row: key, shard, place of the local header, bytes from there on, bytes unpacked, CRC-32, method, what
it was asked for by, and the first half of the SHA-256. Numbers are big-endian."""
KEY = 12
NAME, TITLE, ID = 0, 1, 2
"""What a member was asked for by: its name in the archive, what people call it, or the id of its row."""
_SHARES = 256
_WIDEST = 12


class Index(Word, frozen=True, omit_defaults=False):
    """What must be known of an index before anything is looked up in it."""

    rows: int
    reach: int
    fan_out: tuple[int, ...]
    """Where each share begins, and at last where the last one ends; there are a power of two of shares."""


class Placed(NamedTuple):
    """Where a member lies, and what its bytes must be."""

    shard: int
    begins: int
    length: int
    usize: int
    crc32: int
    method: int
    asked_by: int
    digest: bytes


def digest_of(data: bytes) -> bytes:
    """What stands in the index of a member's own bytes."""
    return sha256(data).digest()[:16]


def key_of(name: str) -> bytes:
    """What stands in the index for a name."""
    return sha256(name.encode("utf-8", "surrogatepass")).digest()[:KEY]


# --------------------------------------------------------------------------- looking up


def window(index: Index, name: str) -> tuple[int, int]:
    """The rows among which all those of a name are: the first, and the one after the last."""
    key = key_of(name)
    shares = len(index.fan_out) - 1
    number = _share(key, shares)
    begins, ends = index.fan_out[number : number + 2]
    reckoned = _reckoned(key, shares, begins, ends)
    return max(begins, reckoned - index.reach), min(ends, reckoned + index.reach + 1)


def found(rows: bytes, name: str) -> list[Placed]:
    """The rows of a name among those that were read, each member once, in the order of the archive."""
    key = key_of(name)
    every = (ROW.unpack_from(rows, at) for at in range(0, len(rows), ROW.size))
    placed = [Placed(*row[1:]) for row in every if row[0] == key]
    return [next(same) for _, same in groupby(placed, lambda row: (row.shard, row.begins))]


def _share(key: bytes, shares: int) -> int:
    return int.from_bytes(key[:8]) * shares >> 64


def _reckoned(key: bytes, shares: int, begins: int, ends: int) -> int:
    """Where a key would be if those of its share were spread quite evenly."""
    within = int.from_bytes(key[:8]) * shares & (2**64 - 1)
    return begins + (within * (ends - begins) >> 64)


# ------------------------------------------------------------------------------ writing


def write(members: Iterable[tuple[int, Entry]], path: Path) -> Index:
    """The index of members, each with the number of its shard; in little memory, however many there are."""
    with ExitStack() as files, open(path, "wb") as out:
        spools = [files.enter_context(TemporaryFile(dir=path.parent)) for _ in range(_SHARES)]
        count = sum(_spooled(number, entry, spools) for number, entry in members)
        shares = 2 ** min(_WIDEST, isqrt(count).bit_length() - 1) if count else 1
        starts, reach = [0], 0
        for number, keys in _shares(spools, out, shares):
            ends = starts[-1] + len(keys)
            reach = max(reach, *_misses(keys, shares, starts[-1], ends), 0)
            starts += [starts[-1]] * (number + 1 - len(starts)) + [ends]
        starts += [count] * (shares + 1 - len(starts))
    return Index(rows=count, reach=reach, fan_out=tuple(starts))


def _spooled(number: int, entry: Entry, spools: Sequence[IO[bytes]]) -> int:
    keys = keys_of(entry)
    for name in keys:
        asked_by = NAME if name == entry.name else TITLE if name == entry.title else ID
        key = key_of(name)
        spools[key[0]].write(
            ROW.pack(
                key,
                number,
                entry.header_off,
                entry.end - entry.header_off,
                entry.usize,
                entry.crc32,
                entry.method,
                asked_by,
                bytes.fromhex(entry.sha256)[:16],
            )
        )
    return len(keys)


def _shares(spools: Sequence[IO[bytes]], out: IO[bytes], shares: int) -> Iterator[tuple[int, "array[int]"]]:
    """Write all rows in order, and give what the keys of each share begin with."""
    for number, keys in groupby(_sorted(spools, out), lambda key: _share(key, shares)):
        yield number, array("Q", (int.from_bytes(key[:8]) for key in keys))


def _sorted(spools: Sequence[IO[bytes]], out: IO[bytes]) -> Iterator[bytes]:
    for spool in spools:
        spool.seek(0)
        data = spool.read()
        spool.close()
        for row in sorted(data[at : at + ROW.size] for at in range(0, len(data), ROW.size)):
            out.write(row)
            yield row[:KEY]


def _misses(keys: "array[int]", shares: int, begins: int, ends: int) -> Iterator[int]:
    """How far each row of a share lies from where it is reckoned."""
    for at, key in enumerate(keys, begins):
        yield abs(at - _reckoned(key.to_bytes(8), shares, begins, ends))
