"""The real pictures a person names: files, folders, wildcards, zip archives and buckets.

What a file is, its bytes say; its name only tells whether anybody would miss it. So:

- a file named outright that is not a whole picture is told with the reason;
- in a folder, an archive or a bucket, so is whatever has the bytes or the ending of a picture; all
  else lying there is passed over, and only a place without one picture says how much that was;
- hidden files and folders are passed over; a link to a file is that file, a link to a folder is not
  followed, and told if it leads out of the folder being walked;
- an archive is opened where it lies, never inside another one and never onto the disk: the names in it
  are text to show and nothing else.

Every picture is decoded once, so what is found is whole. One picture is in memory at a time, and what
comes, comes in the order of the names. A picture reached in two ways is found twice.
"""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from photogram.errors import Malformed


class Found(NamedTuple):
    """A whole picture: its file's name without folders, where it came from, and its bytes as they were."""

    name: str
    place: str
    data: bytes


class Unusable(NamedTuple):
    """Something that was to be a picture, and why it is none."""

    place: str
    why: str


class Bounds(NamedTuple):
    """How many bytes are read of a file and of one in an archive, and when an archive is a bomb.

    It is one when it unpacks to more than `unpacked` bytes and to more than `ratio` times its size.
    """

    file: int = 512 * 2**20
    entry: int = 256 * 2**20
    unpacked: int = 2**30
    ratio: int = 100


class _Opened(NamedTuple):
    stream: IO[bytes]
    size: int


class _File(NamedTuple):
    """Something that may be a picture or an archive; nothing of it is read before `open`."""

    place: str
    name: str
    open: Callable[[], _Opened]
    most: int
    named: bool = False


# A file that is neither a picture nor expected to be one: None.
_Result = Found | Unusable | None

_HEAD = 64
_PICTURES = frozenset(
    [
        "jpg",
        "jpeg",
        "jpe",
        "jfif",
        "png",
        "apng",
        "webp",
        "gif",
        "bmp",
        "dib",
        "tif",
        "tiff",
        "avif",
        "heic",
        "heif",
        "jxl",
        "jp2",
        "jpx",
        "psd",
        "tga",
    ]
)
# Their first bytes are those of a TIFF, and the picture a TIFF reader finds is the small preview.
_RAW = frozenset(
    ["dng", "cr2", "cr3", "nef", "nrw", "arw", "srf", "sr2", "orf", "rw2", "pef", "raf", "raw", "3fr", "iiq"]
)
_BITMAP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # zipfile unpacks the others without any bound
_ENCRYPTED = 0x1
_BUCKETS = ("s3", "s3a", "gs", "az", "adl", "azure", "abfs", "abfss")
_RETRIES: Any = {"max_retries": 3}
_BLOCK = 8 * 2**20
_TROUBLE = (
    Malformed,
    OSError,
    ValueError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    EOFError,
    MemoryError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)


def pictures(sources: Sequence[str], base: Path, bounds: Bounds = Bounds()) -> Iterator[Found | Unusable]:
    """The pictures of each source in turn, relative paths from `base`; a source that is not there raises."""
    named = [(source, _files(source, base, bounds)) for source in sources]
    return _each(named, bounds)


def _each(named: list[tuple[str, Iterator[_File | Unusable]]], bounds: Bounds) -> Iterator[Found | Unusable]:
    for source, files in named:
        results = (result for file in files for result in _taken(file, bounds))
        yield from _spoken(_printable(source), results)


def _spoken(place: str, results: Iterable[_Result]) -> Iterator[Found | Unusable]:
    """The results worth telling, or one that says there were none."""
    passed, spoken = 0, False
    for result in results:
        if result is None:
            passed += 1
        else:
            spoken = True
            yield result
    if not spoken:
        others = f"; {passed} other file{'s were' * (passed > 1) or ' was'} passed over" if passed else ""
        yield Unusable(place, f"there are no pictures in it{others}")


# ----------------------------------------------------------------------------- files


def _taken(file: _File | Unusable, bounds: Bounds) -> Iterator[_Result]:
    if isinstance(file, Unusable):
        yield file
        return
    try:
        opened = file.open()
    except _TROUBLE as error:
        yield _against(file, error)
        return
    with opened.stream:
        if not _is_archive(file, opened):
            yield _judged(file, opened)
        else:
            yield from _spoken(file.place, _unpacked(file, opened, bounds))


def _judged(file: _File, opened: _Opened) -> _Result:
    """The picture that the file is, or what is to be said of it."""
    try:
        head = opened.stream.read(_HEAD)
        if not (file.named or _expected(file.name) or _is_picture(head)):
            return None
        data = _whole(head, opened, file.most)
        _check(data, file.name)
    except _TROUBLE as error:
        return _against(file, error, head=True)
    return Found(_clean(file.name), file.place, data)
