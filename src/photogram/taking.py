"""The real pictures a person names: files, folders, wildcards, zip archives and buckets.

What a file is, its bytes say; its name only tells whether anybody would miss it. So:

- a file named outright that is not a whole picture is told with the reason;
- in a folder, an archive or a bucket, so is whatever has the bytes or the ending of a picture; all
  else lying there is passed over, and only a place without one picture says how much that was;
- hidden files and folders are passed over; a link to a file is that file, a link to a folder is not
  followed, and told if it leads out of the folder being walked;
- an archive is opened where it lies, never inside another one and never onto the disk: the names in it
  are text to show and nothing else.

Every picture is decoded once, so what is found is whole. One picture is read at a time, in the order
of the names (in a bucket, in the order of its list). A picture reached in two ways is found twice.
"""

import io
import os
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO, Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from photogram.faults import BadInput, Malformed
from photogram.media import media_type
from photogram.pixels.codecs import verify


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


class _Opened(NamedTuple):
    stream: IO[bytes]
    size: int
    head: bytes


class _File(NamedTuple):
    """Something that may be a picture or an archive; nothing of it is read before `open`."""

    place: str
    name: str
    most: int
    open: Callable[[], _Opened]
    named: bool = False

    @property
    def expected(self) -> bool:
        """Whether somebody would miss it: they named it, or its ending is a picture's."""
        return self.named or _ending(self.name) in _PICTURES | _RAW


_Result = Found | Unusable | None  # None: passed over

_HEAD = 64
_JPEGS, _PLAIN = {"jpg", "jpeg", "jpe", "jfif"}, {"png", "apng", "webp", "gif", "bmp", "dib", "tif", "tiff"}
_PICTURES = _JPEGS | _PLAIN | {"avif", "heic", "heif", "jxl", "jp2", "jpx", "psd", "tga"}
# A raw file begins as a TIFF does, and what a TIFF reader finds in it is the small preview.
_RAW = {"dng", "cr2", "cr3", "nef", "nrw", "arw", "srf", "sr2", "orf", "rw2", "pef", "raf", "3fr", "iiq"}
_BITMAP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others are unpacked by zipfile without a bound
_ENCRYPTED = 0x1
_BUCKETS = ("s3", "s3a", "gs", "az", "azure", "adl", "abfs", "abfss")
_RETRIES: Any = {"max_retries": 3}
_BLOCK = 8 * 2**20
_SNIFF = 2**16
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
    named = [(_printable(source), _files(source, base, bounds)) for source in sources]
    return _each(named, bounds)


def _each(named: list[tuple[str, Iterator[_File | Unusable]]], bounds: Bounds) -> Iterator[Found | Unusable]:
    for source, files in named:
        yield from _spoken(source, chain.from_iterable(_taken(file, bounds) for file in files))


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
        others = f"; passed over {passed:,} of other kinds" if passed else ""
        yield Unusable(place, f"no picture is there{others}")


# -------------------------------------------------------------------------- one file


def _taken(file: _File | Unusable, bounds: Bounds) -> Iterator[_Result]:
    """What one file gives: a picture, those of an archive, a complaint, or nothing."""
    if isinstance(file, Unusable):
        yield file
        return
    try:
        opened = file.open()
    except _TROUBLE as error:
        yield _against(file, error)
        return
    with opened.stream:
        if _is_archive(file, opened.head):
            yield from _spoken(file.place, _unpacked(file.place, opened, bounds))
        else:
            yield _judged(file, opened)


def _against(file: _File, error: Exception) -> Unusable | None:
    return Unusable(file.place, _why(error)) if file.expected else None


def _judged(file: _File, opened: _Opened) -> _Result:
    if not (file.expected or _is_picture(opened.head)):
        return None
    try:
        data = _whole(opened, file.most)
        _check(data, file.name)
    except _TROUBLE as error:
        return Unusable(file.place, _why(error))
    return Found(_clean(file.name), file.place, data)


def _opened(stream: IO[bytes], size: int) -> _Opened:
    try:
        return _Opened(stream, size, stream.read(_HEAD))
    except BaseException:
        stream.close()
        raise


def _whole(opened: _Opened, most: int) -> bytes:
    if opened.size > most:
        raise Malformed(f"it is larger than {_mega(most)}, the most that is read of one picture")
    return opened.head + opened.stream.read(max(0, opened.size - len(opened.head)))


def _check(data: bytes, name: str) -> None:
    if _ending(name) in _RAW and media_type(data) == "image/tiff":
        raise Malformed("it is a camera's raw file; develop it to JPEG or PNG first")
    verify(data)


def _is_picture(head: bytes) -> bool:
    kind = media_type(head)
    if kind == "image/bmp":  # its two letters begin many a text
        return int.from_bytes(head[14:18], "little") in _BITMAP_HEADERS
    return kind.startswith("image/")


def _is_archive(file: _File, head: bytes) -> bool:
    """Office files are zip archives too: those that merely lie about are left closed."""
    return media_type(head) == "application/zip" and (file.named or _ending(file.name) in ("zip", ""))


def _why(error: Exception) -> str:
    if isinstance(error, Malformed):
        return error.why
    if isinstance(error, PermissionError):
        return "this account may not read it"
    if isinstance(error, MemoryError):
        return "there is not enough memory for it"
    if isinstance(error, OSError) and error.strerror:
        return f"it cannot be read: {error.strerror}"
    return "it is cut short or damaged"


def _mega(size: int) -> str:
    return f"{size / 2**20:,.0f} MB"


# ----------------------------------------------------------------------------- names


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def _printable(text: str) -> str:
    """The text with nothing in it that a terminal, a database or a web page would stumble over."""
    return "".join(char if char.isprintable() else " " if char.isspace() else "\ufffd" for char in text)


def _parts(path: str) -> list[str]:
    parts = _printable(path).replace("\\", "/").split("/")
    return [part.strip() for part in parts if part.strip(" .")]


def _clean(name: str) -> str:
    """The last part of a name, whatever the name tries."""
    parts = _parts(unicodedata.normalize("NFC", name))
    return parts[-1][-200:] if parts else "unnamed"


def _hidden(path: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in _parts(path))


# -------------------------------------------------------------------------- archives


def _unpacked(place: str, opened: _Opened, bounds: Bounds) -> Iterator[_Result]:
    try:
        archive = zipfile.ZipFile(opened.stream)
        entries = sorted(archive.infolist(), key=lambda info: (info.filename, info.header_offset))
    except _TROUBLE as error:
        yield Unusable(place, f"the archive cannot be opened: {_why(error)}")
        return
    unpacked, most = 0, max(bounds.unpacked, bounds.ratio * opened.size)
    for info in entries:
        if info.filename.endswith("/") or _hidden(info.filename):
            continue
        result = _entry(_inside(archive, info, place, bounds.entry))
        yield result
        unpacked += info.file_size if result else 0  # zipfile gives no more than an entry declares
        if unpacked > most:
            yield Unusable(
                place, f"the archive is a bomb: its first pictures alone unpack to {_mega(unpacked)}"
            )
            return


def _inside(archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: str, most: int) -> _File:
    inner = "/".join(_parts(info.filename)) or "unnamed"
    return _File(f"{place}!/{inner}", info.filename, most, partial(_open_entry, archive, info))


def _entry(file: _File) -> _Result:
    try:
        opened = file.open()
    except _TROUBLE as error:
        return _against(file, error)
    with opened.stream:
        if _is_archive(file, opened.head):
            return Unusable(file.place, "an archive inside an archive is not opened; unpack it first")
        return _judged(file, opened)


def _open_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Opened:
    if info.flag_bits & _ENCRYPTED:
        raise Malformed("it is encrypted; unpack the archive with its password first")
    if info.compress_type not in _METHODS:
        raise Malformed("it is packed in an unusual way; unpack the archive first")
    return _opened(archive.open(info), info.file_size)


# ----------------------------------------------------------------- files and folders


def _files(source: str, base: Path, bounds: Bounds) -> Iterator[_File | Unusable]:
    """What a source names, unread; the check that it is there is made at once."""
    scheme, url, _ = source.partition("://")
    if scheme.lower() in _BUCKETS and url:
        return _in_bucket(source, bounds.file)
    if scheme.lower() == "file" and url:
        return _on_disk(url2pathname(urlsplit(source).path), base, bounds.file)
    if url:
        do = "download it, or name a file, a folder, or a place in s3://, gs:// or az://"
        raise BadInput(f"pictures cannot be taken from {scheme}://", where=_printable(source), do=do)
    return _on_disk(source, base, bounds.file)


def _on_disk(source: str, base: Path, most: int) -> Iterator[_File | Unusable]:
    expanded = os.path.expanduser(source)
    if source.strip() and _is_there(base / expanded):
        path = base / expanded
        return (
            _walk(path, base, most) if os.path.isdir(path) else iter([_local(path, base, most, named=True)])
        )
    matches = _matching(base, Path(expanded).parts) if _wild(expanded) else []
    if not matches:
        what = "nothing matches" if _wild(expanded) else "there is nothing at"
        raise BadInput(
            f"{what} {_printable(source)!r}", do=f"paths are looked up from {_printable(str(base))}"
        )
    return chain.from_iterable(_walk(path, base, most) for path in matches)


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError:  # opening it will tell what is wrong
        return True
    return True


def _walk(root: Path, base: Path, most: int) -> Iterator[_File | Unusable]:
    """Every file below a folder in the order of the names, or the one file that `root` is."""
    stack = [root]
    while stack:
        path = stack.pop()
        if not os.path.isdir(path):
            yield _local(path, base, most)
        elif path is root or not path.is_symlink():
            try:
                stack += [path / name for name in reversed(_listed(path))]
            except OSError as error:
                yield Unusable(_shown(path, base), _why(error))
        elif _leads_out(path, root):
            why = "a link to another folder is not followed; name that folder itself"
            yield Unusable(_shown(path, base), why)


def _listed(folder: Path) -> list[str]:
    return sorted(name for name in os.listdir(folder) if not _hidden(name))


def _leads_out(link: Path, root: Path) -> bool:
    return not Path(os.path.realpath(link)).is_relative_to(os.path.realpath(root))


def _local(path: Path, base: Path, most: int, named: bool = False) -> _File:
    return _File(_shown(path, base), path.name, most, partial(_open_local, path), named)


def _open_local(path: Path) -> _Opened:
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):  # to open a pipe is to wait for its other end
        raise Malformed("it is not a file but a pipe, a device or a socket")
    return _opened(open(path, "rb"), facts.st_size)


def _shown(path: Path, base: Path) -> str:
    return _printable(str(path.relative_to(base) if path.is_relative_to(base) else path))


# ------------------------------------------------------------------------- wildcards


def _wild(text: str) -> bool:
    return re.search(r"[*?[]", text) is not None


def _matching(base: Path, pattern: tuple[str, ...]) -> list[Path]:
    """What a pattern matches, sorted, without what lies in a folder that it matches as well."""
    found: set[Path] = set()
    stack = [(base, pattern)]
    while stack:
        path, parts = stack.pop()
        if parts:
            stack += _matched(path, parts)
        elif os.path.lexists(path):
            found.add(path)
    return sorted(path for path in found if found.isdisjoint(path.parents))


def _matched(folder: Path, parts: tuple[str, ...]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """One step of a pattern: the paths its first part leads to, each with the parts that remain."""
    first, rest = parts[0], parts[1:]
    if not _wild(first):
        yield folder / first, rest
        return
    if first == "**":
        yield folder, rest
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for path in (folder / name for name in names if first.startswith(".") or not _hidden(name)):
        if first != "**":
            if fnmatchcase(path.name, first):
                yield path, rest
        elif os.path.isdir(path) and not path.is_symlink():
            yield path, parts


# --------------------------------------------------------------------------- buckets


def _in_bucket(url: str, most: int) -> Iterator[_File | Unusable]:
    """The file or the folder that a bucket's URL names; the first of it is asked for at once."""
    scheme, _, rest = url.partition("://")
    bucket, _, key = rest.partition("/")
    root = f"{scheme.lower()}://{bucket}"
    try:
        files = _objects(from_url(root, retry_config=_RETRIES), root, key, most)
        first = next(files, None)
    except _REMOTE as error:
        do = "check the address, the region and the keys in the environment"
        raise BadInput(_remote_why(error), where=_printable(url), do=do) from None
    if first is None:
        raise BadInput("there is nothing under this address", where=_printable(url))
    return chain([first], _listed_on(files, url))


def _objects(store: Any, root: str, key: str, most: int) -> Iterator[_File]:
    if key and not key.endswith("/"):
        try:
            yield _remote(store, root, obstore.head(store, key), most, named=True)
            return
        except FileNotFoundError:  # then it is a folder, or nothing
            pass
    pages: Any = obstore.list(store, key or None, chunk_size=1000)  # pyright: ignore[reportUnknownMemberType]
    for page in pages:
        for meta in page:
            if not _hidden(meta["path"].removeprefix(key)):
                yield _remote(store, root, meta, most)


def _listed_on(files: Iterator[_File], url: str) -> Iterator[_File | Unusable]:
    try:
        yield from files
    except _REMOTE as error:
        yield Unusable(_printable(url), f"its list of files breaks off: {_remote_why(error)}")


def _remote(store: Any, root: str, meta: Any, most: int, named: bool = False) -> _File:
    path, size = meta["path"], meta["size"]
    name = path.rpartition("/")[2]
    block = _BLOCK if _ending(name) in _PICTURES else _SNIFF
    opener = partial(_open_remote, store, path, size, block)
    return _File(_printable(f"{root}/{path}"), name, most, opener, named)


def _open_remote(store: Any, path: str, size: int, block: int) -> _Opened:
    stream = io.BufferedReader(_Ranges(store, path, size), max(1, min(size, block)))
    return _opened(stream, size)


class _Ranges(io.RawIOBase):
    """A bucket's file as one to read and to seek in, so that an archive can be opened where it lies."""

    def __init__(self, store: Any, path: str, size: int) -> None:
        self._store, self._path, self._size, self._at = store, path, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("a place before the beginning of the file")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        end = min(self._at + min(len(buffer), _BLOCK), self._size)
        if end <= self._at:
            return 0
        try:
            data = bytes(obstore.get_range(self._store, self._path, start=self._at, end=end))
        except _REMOTE as error:
            raise Malformed(_remote_why(error)) from None
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


_REMOTE = (BaseError, OSError, ValueError)


def _remote_why(error: Exception) -> str:
    """The one line of an answer that a person can use: obstore gives the whole exchange."""
    said = re.search(r"<Message>([^<]+)", str(error))
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return said[1] if said else line.rpartition(" - ")[2].strip(" :")[:300]
