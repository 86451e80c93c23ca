"""A zip written as a stream: what was handed in comes out at once, with every size known beforehand.

No member needs a record behind its data, so each local header is true; times are fixed, so the same
members give the same bytes. Zip64 is used where a number needs it, and only there.
"""

import struct
import zlib
from hashlib import sha256
from typing import Any

from msgspec.structs import replace

from photogram.archive.inventory import DEFLATED, STORED, Entry
from photogram.archive.outflow import Outflow

LIMIT_32, LIMIT_16 = 0xFFFFFFFF, 0xFFFF
DAWN = (0, 0x21)  # midnight on the first day a zip can name, 1 January 1980
UTF8 = 0x800
UNIX = 3
"""The system it says it was made on: of one from DOS, unzip takes names for those of an old code page."""
READABLE = 0o100644 << 16
PACKED = frozenset(
    {"image/jpeg", "image/png", "image/webp", "image/gif", "image/avif", "image/heic", "application/zip"}
)
"""What is compressed already: packing it again takes twenty times as long for a four-hundredth."""


class Zipper(Outflow):
    """One zip in the making: `add` gives a member's place and bytes, `end` the bytes that close it."""

    def __init__(self) -> None:
        super().__init__()
        self._directory = bytearray()

    def add(self, entry: Entry, data: bytes) -> tuple[Entry, tuple[bytes, bytes]]:
        """The member as the inventory knows it, and its bytes in parts; `entry` says what is known before."""
        name = self._named(entry.name)
        packed, method = _packed(data, entry.media_type)
        crc = zlib.crc32(data)
        header = _local(name.encode(), method, crc, len(packed), len(data))
        placed = replace(
            entry,
            name=name,
            header_off=self.size,
            data_off=self.size + len(header),
            csize=len(packed),
            usize=len(data),
            crc32=crc,
            sha256=sha256(data).hexdigest(),
            method=method,
        )
        self._directory += _central(placed)
        return placed, (self._out(header), self._out(packed))  # joined, all would be copied

    def end(self) -> bytes:
        """The directory, and where it begins."""
        directory = bytes(self._directory)
        return self._out(directory + _closing(self.count, len(directory), self.size))


def unplaced(name: str, **known: Any) -> Entry:
    """What is known of a member before it lies anywhere."""
    return Entry(name=name, header_off=0, data_off=0, csize=0, usize=0, crc32=0, **known)


def _packed(data: bytes, media_type: str) -> tuple[bytes, int]:
    if media_type in PACKED:
        return data, STORED
    squeezer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    small = squeezer.compress(data) + squeezer.flush()
    return (small, DEFLATED) if len(small) < len(data) else (data, STORED)


# ------------------------------------------------------------------------------- records


def _local(name: bytes, method: int, crc: int, csize: int, usize: int) -> bytes:
    large = max(csize, usize) > LIMIT_32
    extra = struct.pack("<HHQQ", 1, 16, usize, csize) if large else b""
    sizes = (LIMIT_32, LIMIT_32) if large else (csize, usize)
    needs, flag = 45 if large else 20, _flag(name)
    head = struct.pack("<4s5H3I2H", b"PK\3\4", needs, flag, method, *DAWN, crc, *sizes, len(name), len(extra))
    return head + name + extra


def _central(entry: Entry) -> bytes:
    name = entry.name.encode()
    numbers = (entry.usize, entry.csize, entry.header_off)
    extra = b"".join(struct.pack("<Q", number) for number in numbers if number > LIMIT_32)
    if extra:
        extra = struct.pack("<HH", 1, len(extra)) + extra
    usize, csize, at = (min(number, LIMIT_32) for number in numbers)
    needs = 45 if extra else 20
    made = UNIX << 8 | needs
    fixed = (made, needs, _flag(name), entry.method, *DAWN, entry.crc32, csize, usize, len(name), len(extra))
    return struct.pack("<4s6H3I5H2I", b"PK\1\2", *fixed, 0, 0, 0, READABLE, at) + name + extra


def _flag(name: bytes) -> int:
    return 0 if name.isascii() else UTF8


def _closing(entries: int, size: int, begins: int) -> bytes:
    many = min(entries, LIMIT_16)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, many, many, min(size, LIMIT_32), min(begins, LIMIT_32), 0)
    if entries < LIMIT_16 and max(size, begins) < LIMIT_32:
        return end
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, entries, entries, size, begins)
    return record + struct.pack("<4sIQI", b"PK\6\7", 0, begins + size, 1) + end
