"""Pictures in zip archives, opened where they lie; the names in them are text to show and nothing else."""

import zipfile
from collections.abc import Iterator
from functools import partial

from photogram.faults import Malformed
from photogram.taking.judging import (
    TROUBLE,
    Bounds,
    File,
    Opened,
    Result,
    Unusable,
    against,
    is_archive,
    judged,
    mega,
    open_up,
    why_of,
)
from photogram.taking.names import hidden, parts

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others are unpacked by zipfile without a bound
_ENCRYPTED, _UNICODE = 0x1, 0x800


def unpacked(place: str, opened: Opened, bounds: Bounds) -> Iterator[Result]:
    """The pictures of an archive in the order of their names, until they are too much for its size."""
    try:
        archive = zipfile.ZipFile(opened.stream)
        entries = sorted(archive.infolist(), key=lambda info: (info.filename, info.header_offset))
    except TROUBLE as error:
        yield Unusable(place, f"the archive cannot be opened: {why_of(error)}")
        return
    total, most = 0, max(bounds.unpacked, bounds.ratio * opened.size)
    for info in entries:
        if info.filename.endswith("/") or hidden(info.filename):
            continue
        result = _entry(_inside(archive, info, place, bounds.entry))
        yield result
        total += info.file_size if result else 0  # zipfile gives no more than an entry declares
        if total > most:
            yield Unusable(place, f"the archive is a bomb: its first pictures alone unpack to {mega(total)}")
            return


def _inside(archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: str, most: int) -> File:
    called = _called(info)
    inner = "/".join(parts(called)) or "unnamed"
    return File(f"{place}!/{inner}", called, most, partial(_open_entry, archive, info))


def _called(info: zipfile.ZipInfo) -> str:
    """Its name, as Unicode also where the archive does not say so, as Info-ZIP's do not."""
    if info.flag_bits & _UNICODE:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _entry(file: File) -> Result:
    try:
        opened = file.open()
    except TROUBLE as error:
        return against(file, error)
    with opened.stream:
        if is_archive(file, opened.head):
            return Unusable(file.place, "an archive inside an archive is not opened; unpack it first")
        return judged(file, opened)


def _open_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Opened:
    if info.flag_bits & _ENCRYPTED:
        raise Malformed("it is encrypted; unpack the archive with its password first")
    if info.compress_type not in _METHODS:
        raise Malformed("it is packed in an unusual way; unpack the archive first")
    return open_up(archive.open(info), info.file_size)
