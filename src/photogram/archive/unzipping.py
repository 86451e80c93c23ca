"""Zips read by ranges of bytes: the inventory of any archive, and one member of it, believed in nothing.

Sizes and sums are the directory's, since a local header may hold none; where the data begins is the
local header's to say, since a directory's extra fields are others than its own.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import NamedTuple

from msgspec.structs import replace

from photogram.archive.inventory import DEFLATED, STORED, Archive, Entry, Inventory, check_all, proven
from photogram.faults import BadInput
from photogram.media import media_type

LOCAL = 30
"""Bytes of a local header before the member's name."""
_END, _END_64, _WHERE_64 = 22, 56, 20
_LONGEST_COMMENT = 0xFFFF
_MOST = 0xFFFFFFFF
_AGAIN = "fetch the archive again, or make it anew"

Ranged = Callable[[int, int], bytes]
"""Gives so many bytes from a place on; fewer only where the archive ends."""


class _Directory(NamedTuple):
    begins: int
    size: int
    entries: int
    shift: int
    """Bytes that stand before the archive, such as a program that unpacks it."""


def inventory(read: Ranged, size: int, where: str) -> Inventory:
    """What lies where in a zip, from the archive alone; folders are left out."""
    directory = _directory(read, size, where)
    data = read(directory.begins, directory.size)
    if len(data) < directory.size:
        raise BadInput("the zip is cut short in its directory", where=where, do=_AGAIN)
    listed = [_placed(entry, read, directory.shift, where) for entry in _listed(data, directory, where)]
    check_all(listed, where)
    if listed and max(entry.end for entry in listed) > directory.begins:
        raise BadInput("a member reaches into the directory", where=where, do=_AGAIN)
    return Inventory(archive=Archive(archive=where, bytes=size, entries=len(listed)), entries=tuple(listed))


def hashed(found: Inventory, read: Ranged) -> Inventory:
    """The same inventory with each member's hash and kind, which only its bytes tell."""
    entries: list[Entry] = []
    for entry in found.entries:
        data = unpacked(entry, read(entry.header_off, entry.end - entry.header_off), found.archive.archive)
        entries.append(replace(entry, sha256=sha256(data).hexdigest(), media_type=media_type(data)))
    return replace(found, entries=tuple(entries))


# ------------------------------------------------------------------------- one member


def unpacked(entry: Entry, data: bytes, where: str) -> bytes:
    """The member in the bytes from its local header on, after every proof that it is the one."""
    packed = _data_of(entry, data, where)
    whole = _inflated(entry, packed, where) if entry.method == DEFLATED else packed
    if entry.method not in (STORED, DEFLATED):
        raise BadInput(f"{entry.name!r} is packed by method {entry.method}", where=where, do="repack it")
    return proven(entry, whole, where)


def _data_of(entry: Entry, data: bytes, where: str) -> bytes:
    if data[:4] != b"PK\3\4" or len(data) < LOCAL:
        raise BadInput(f"{entry.name!r} does not begin where it should", where=where, do=_AGAIN)
    name, extra = struct.unpack_from("<HH", data, 26)
    begins = LOCAL + name + extra
    if _name(data[LOCAL : LOCAL + name], data[LOCAL + name : begins], _flags(data)) != entry.name:
        raise BadInput(f"another member lies where {entry.name!r} should", where=where, do=_AGAIN)
    packed = data[begins : begins + entry.csize]
    if len(packed) != entry.csize:
        raise BadInput(f"{entry.name!r} is cut short", where=where, do=_AGAIN)
    return packed


def _inflated(entry: Entry, packed: bytes, where: str) -> bytes:
    """Never more than the member is said to be, whatever is in it."""
    stretcher = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        whole = stretcher.decompress(packed, entry.usize + 1)
    except zlib.error as error:
        raise BadInput(f"{entry.name!r} cannot be unpacked: {error}", where=where, do=_AGAIN) from None
    if len(whole) > entry.usize:
        do = "such archives are made to fill a disk; do not use it"
        raise BadInput(f"{entry.name!r} unpacks to more than it says", where=where, do=do)
    return whole


def _flags(data: bytes) -> int:
    return struct.unpack_from("<H", data, 6)[0]


# ----------------------------------------------------------------------- the directory


def _directory(read: Ranged, size: int, where: str) -> _Directory:
    """Where the directory is, from the archive's last bytes."""
    length = min(size, _END + _LONGEST_COMMENT)
    tail = read(size - length, length)
    at = _end_in(tail)
    if at < 0:
        raise BadInput("this is no zip, or it is cut short", where=where, do=_AGAIN)
    entries, many, begins = struct.unpack_from("<HII", tail, at + 10)
    end = size - length + at
    is_large = _MOST in (many, begins) or entries == 0xFFFF
    if is_large and (large := _large(read, end, where)):
        entries, many, begins, end = large
    shift = end - many - begins
    if shift < 0 or many > size:
        raise BadInput("the zip's directory is not where it says", where=where, do=_AGAIN)
    return _Directory(begins + shift, many, entries, shift)


def _end_in(tail: bytes) -> int:
    """Where the last record begins: the last of its kind whose comment reaches to the end."""
    at = tail.rfind(b"PK\5\6")
    while at >= 0:
        if at + _END <= len(tail) and at + _END + struct.unpack_from("<H", tail, at + 20)[0] == len(tail):
            return at
        at = tail.rfind(b"PK\5\6", 0, at)
    return -1


def _large(read: Ranged, end: int, where: str) -> tuple[int, int, int, int] | None:
    """The same numbers in 64 bits, where the archive has them."""
    pointer = read(end - _WHERE_64, _WHERE_64) if end >= _WHERE_64 else b""
    if pointer[:4] != b"PK\6\7":
        return None
    # The place it points to is wrong where something stands before the archive; the record is just before.
    record = read(end - _WHERE_64 - _END_64, _END_64)
    if record[:4] != b"PK\6\6":
        raise BadInput("the zip's 64-bit directory cannot be found", where=where, do=_AGAIN)
    entries, many, begins = struct.unpack_from("<QQQ", record, 32)
    return entries, many, begins, end - _WHERE_64 - _END_64


def _listed(data: bytes, directory: _Directory, where: str) -> Iterator[Entry]:
    """The members as the directory has them; where their data begins is not known yet."""
    at = 0
    for number in range(directory.entries):
        if data[at : at + 4] != b"PK\1\2" or at + 46 > len(data):
            raise BadInput(f"the zip's directory ends after {number} members", where=where, do=_AGAIN)
        flags, method, crc, csize, usize, name, extra, comment = struct.unpack_from(
            "<HH4xIIIHHH", data, at + 8
        )
        (begins,) = struct.unpack_from("<I", data, at + 42)
        names = data[at + 46 : at + 46 + name]
        extras = data[at + 46 + name : at + 46 + name + extra]
        at += 46 + name + extra + comment
        called = _name(names, extras, flags)
        if called.endswith("/"):
            continue
        if flags & 1:
            raise BadInput(f"{called!r} is encrypted", where=where, do="unpack it with its password first")
        usize, csize, begins = _widened(extras, usize, csize, begins)
        yield Entry(
            name=called, header_off=begins, data_off=0, csize=csize, usize=usize, crc32=crc, method=method
        )


def _placed(entry: Entry, read: Ranged, shift: int, where: str) -> Entry:
    at = entry.header_off + shift
    head = read(at, LOCAL)
    if head[:4] != b"PK\3\4" or len(head) < LOCAL:
        raise BadInput(f"{entry.name!r} does not begin where the directory says", where=where, do=_AGAIN)
    name, extra = struct.unpack_from("<HH", head, 26)
    return replace(entry, header_off=at, data_off=at + LOCAL + name + extra)


def _widened(extras: bytes, *numbers: int) -> tuple[int, ...]:
    """Numbers that did not fit in 32 bits stand in an extra field, in their order."""
    large = _extra(extras, 1)
    widened: list[int] = []
    for number in numbers:
        if number == _MOST and len(large) >= 8:
            number, large = struct.unpack_from("<Q", large)[0], large[8:]
        widened.append(number)
    return tuple(widened)


def _extra(extras: bytes, wanted: int) -> bytes:
    while len(extras) >= 4:
        kind, length = struct.unpack_from("<HH", extras)
        if kind == wanted:
            return extras[4 : 4 + length]
        extras = extras[4 + length :]
    return b""


def _name(raw: bytes, extras: bytes, flags: int) -> str:
    """The member's name: as Unicode where that is said in one of the two ways it can be, or is plain.

    Info-ZIP and others write it as Unicode and say nothing; letters of the old code page hardly ever read so.
    """
    if flags & 0x800:
        return raw.decode("utf-8", "replace")
    path = _extra(extras, 0x7075)
    if len(path) > 5 and struct.unpack_from("<I", path, 1)[0] == zlib.crc32(raw):
        return path[5:].decode("utf-8", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp437")
