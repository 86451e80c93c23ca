"""Tars with the same inventory as zips: in the order that training reads, and still one picture by one read.

As a zip of ours is, a tar is written as a stream, and the same members give the same bytes.
"""

import io
import tarfile
import zlib
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from msgspec.structs import replace

from photogram.archive.inventory import Archive, Entry, Inventory, check_all, proven
from photogram.archive.outflow import Outflow
from photogram.archive.unzipping import Ranged
from photogram.faults import BadInput
from photogram.media import media_type

BLOCK = 512
_MAGIC = 257
_AGAIN = "fetch the archive again, or make it anew"


class Tarrer(Outflow):
    """One tar in the making: `add` gives a member's place and bytes, `end` the bytes that close it."""

    def add(self, entry: Entry, data: bytes) -> tuple[Entry, tuple[bytes, bytes, bytes]]:
        """The member as the inventory knows it, and its bytes in parts; `entry` says what is known before."""
        name = self._named(entry.name)
        info = tarfile.TarInfo(name)
        info.size = len(data)
        header = info.tobuf(tarfile.PAX_FORMAT)
        placed = replace(
            entry,
            name=name,
            header_off=self.size,
            data_off=self.size + len(header),
            csize=len(data),
            usize=len(data),
            crc32=zlib.crc32(data),
            sha256=sha256(data).hexdigest(),
        )
        return placed, (self._out(header), self._out(data), self._out(bytes(-len(data) % BLOCK)))

    def end(self) -> bytes:
        """Two empty blocks."""
        return self._out(bytes(2 * BLOCK))


def is_tar(data: bytes) -> bool:
    """Whether bytes begin as a tar does."""
    return data[_MAGIC : _MAGIC + 5] == b"ustar"


def untarred(entry: Entry, data: bytes, where: str) -> bytes:
    """The member in the bytes from its header on, after every proof that it is the one."""
    with _opened(io.BytesIO(data), where) as archive:
        info = _next(archive, where)
    if info is None or info.name != entry.name:
        raise BadInput(f"another member lies where {entry.name!r} should", where=where, do=_AGAIN)
    whole = data[info.offset_data : info.offset_data + entry.usize]
    if len(whole) != entry.usize:
        raise BadInput(f"{entry.name!r} is cut short", where=where, do=_AGAIN)
    if info.size != entry.usize:
        raise BadInput(f"{entry.name!r} is not what the inventory says: its checksum differs", where=where)
    return proven(entry, whole, where)


def tar_inventory(read: Ranged, size: int, where: str) -> Inventory:
    """What lies where in a tar, from the archive alone; all but plain files is left out."""
    entries: list[Entry] = []
    with _opened(io.BufferedReader(_Whole(read, size)), where) as archive:
        for info in _members(archive, where):
            if info.offset_data + info.size > size:
                raise BadInput(f"{info.name!r} reaches behind the archive's end", where=where, do=_AGAIN)
            entries.append(_entry(info, read(info.offset_data, info.size)))
    check_all(entries, where)
    return Inventory(archive=Archive(archive=where, bytes=size, entries=len(entries)), entries=tuple(entries))


def _entry(info: tarfile.TarInfo, data: bytes) -> Entry:
    return Entry(
        name=info.name,
        header_off=info.offset,
        data_off=info.offset_data,
        csize=info.size,
        usize=info.size,
        crc32=zlib.crc32(data),
        sha256=sha256(data).hexdigest(),
        media_type=media_type(data),
    )


def _members(archive: tarfile.TarFile, where: str) -> Iterator[tarfile.TarInfo]:
    while (info := _next(archive, where)) is not None:
        if info.isreg() and not info.issparse():
            yield info


def _opened(file: Any, where: str) -> tarfile.TarFile:
    try:
        return tarfile.open(fileobj=file, mode="r:")
    except (tarfile.TarError, OSError, ValueError) as error:
        raise BadInput(f"this is no tar: {error}", where=where, do=_AGAIN) from None


def _next(archive: tarfile.TarFile, where: str) -> tarfile.TarInfo | None:
    try:
        return archive.next()
    except (tarfile.TarError, OSError, ValueError) as error:
        raise BadInput(f"the tar is damaged: {error}", where=where, do=_AGAIN) from None


class _Whole(io.RawIOBase):
    """An archive that is read by ranges, as a file to read and to seek in."""

    def __init__(self, read: Ranged, size: int) -> None:
        self._read, self._size, self._at = read, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        data = self._read(self._at, min(len(buffer), max(0, self._size - self._at)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
