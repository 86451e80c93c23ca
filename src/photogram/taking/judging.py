"""One file: whether it is a whole picture, and what is told of it where it is none."""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import IO, NamedTuple

from photogram.faults import Malformed
from photogram.media import media_type
from photogram.pixels.codecs import verify
from photogram.taking.names import clean, ending


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

    It is one when its pictures unpack to more than `unpacked` bytes and to more than `ratio` times
    the size of the archive.
    """

    file: int = 512 * 2**20
    entry: int = 256 * 2**20
    unpacked: int = 2**30
    ratio: int = 100


class Opened(NamedTuple):
    stream: IO[bytes]
    size: int
    head: bytes


class File(NamedTuple):
    """Something that may be a picture or an archive; nothing of it is read before `open`."""

    place: str
    name: str
    most: int
    open: Callable[[], Opened]
    named: bool = False

    @property
    def expected(self) -> bool:
        """Whether somebody would miss it: they named it, or its ending is a picture's."""
        return self.named or ending(self.name) in PICTURES | _RAW


Result = Found | Unusable | None  # None: passed over

_HEAD = 64
_JPEGS, _PLAIN = {"jpg", "jpeg", "jpe", "jfif"}, {"png", "apng", "webp", "gif", "bmp", "dib", "tif", "tiff"}
PICTURES = _JPEGS | _PLAIN | {"avif", "heic", "heif", "jxl", "jp2", "jpx", "psd", "tga"}
# A raw file begins as a TIFF does, and what a TIFF reader finds in it is the small preview.
_RAW = {"dng", "cr2", "cr3", "nef", "nrw", "arw", "srf", "sr2", "orf", "rw2", "pef", "raf", "3fr", "iiq"}
_BITMAP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
TROUBLE = (
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


def spoken(place: str, results: Iterable[Result]) -> Iterator[Found | Unusable]:
    """The results worth telling, or one that says there were none."""
    passed, told = 0, False
    for result in results:
        if result is None:
            passed += 1
        else:
            told = True
            yield result
    if not told:
        others = f"; passed over {passed:,} of other kinds" if passed else ""
        yield Unusable(place, f"no picture is there{others}")


def against(file: File, error: Exception) -> Unusable | None:
    return Unusable(file.place, why_of(error)) if file.expected else None


def judged(file: File, opened: Opened) -> Result:
    if not (file.expected or _is_picture(opened.head)):
        return None
    try:
        data = _whole(opened, file.most)
        _check(data, file.name)
    except TROUBLE as error:
        return Unusable(file.place, why_of(error))
    return Found(clean(file.name), file.place, data)


def open_up(stream: IO[bytes], size: int) -> Opened:
    try:
        return Opened(stream, size, stream.read(_HEAD))
    except BaseException:
        stream.close()
        raise


def _whole(opened: Opened, most: int) -> bytes:
    if opened.size > most:
        raise Malformed(f"it is larger than {mega(most)}, the most that is read of one picture")
    return opened.head + opened.stream.read(max(0, opened.size - len(opened.head)))


def _check(data: bytes, name: str) -> None:
    if ending(name) in _RAW and media_type(data) == "image/tiff":
        raise Malformed("it is a camera's raw file; develop it to JPEG or PNG first")
    verify(data)


def _is_picture(head: bytes) -> bool:
    kind = media_type(head)
    if kind == "image/bmp":  # its two letters begin many a text
        return int.from_bytes(head[14:18], "little") in _BITMAP_HEADERS
    return kind.startswith("image/")


def is_archive(file: File, head: bytes) -> bool:
    """Office files are zip archives too: those that merely lie about are left closed."""
    return media_type(head) == "application/zip" and (file.named or ending(file.name) in ("zip", ""))


def why_of(error: Exception) -> str:
    if isinstance(error, Malformed):
        return error.why
    if isinstance(error, PermissionError):
        return "this account may not read it"
    if isinstance(error, MemoryError):
        return "there is not enough memory for it"
    if isinstance(error, OSError) and error.strerror:
        return f"it cannot be read: {error.strerror}"
    return "it is cut short or damaged"


def mega(size: int) -> str:
    return f"{size / 2**20:,.0f} MB"
