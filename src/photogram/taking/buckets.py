"""Files in a bucket: its list, and ranges of what is in it."""

import io
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Any

import obstore
from obstore.exceptions import BaseError

from photogram.buckets import opened, why
from photogram.faults import BadInput, Malformed
from photogram.taking.judging import PICTURES, File, Opened, Unusable, open_up
from photogram.taking.names import ending, hidden, printable

_BLOCK = 8 * 2**20
_SNIFF = 2**16


def in_bucket(url: str, most: int) -> Iterator[File | Unusable]:
    """The file or the folder that a bucket's URL names; the first of it is asked for at once."""
    scheme, _, rest = url.partition("://")
    bucket, _, key = rest.partition("/")
    root = f"{scheme.lower()}://{bucket}"
    try:
        files = _objects(opened(root), root, key, most)
        first = next(files, None)
    except _REMOTE as error:
        do = "check the address, the region and the keys in the environment"
        raise BadInput(why(error), where=printable(url), do=do) from None
    if first is None:
        raise BadInput("there is nothing under this address", where=printable(url))
    return chain([first], _listed_on(files, url))


def _objects(store: Any, root: str, key: str, most: int) -> Iterator[File]:
    if key and not key.endswith("/"):
        try:
            yield _remote(store, root, obstore.head(store, key), most, named=True)
            return
        except FileNotFoundError:  # then it is a folder, or nothing
            pass
    pages: Any = obstore.list(store, key or None, chunk_size=1000)  # pyright: ignore[reportUnknownMemberType]
    for page in pages:
        for meta in page:
            if not hidden(meta["path"].removeprefix(key)):
                yield _remote(store, root, meta, most)


def _listed_on(files: Iterator[File], url: str) -> Iterator[File | Unusable]:
    try:
        yield from files
    except _REMOTE as error:
        yield Unusable(printable(url), f"its list of files breaks off: {why(error)}")


def _remote(store: Any, root: str, meta: Any, most: int, named: bool = False) -> File:
    path, size = meta["path"], meta["size"]
    name = path.rpartition("/")[2]
    block = _BLOCK if ending(name) in PICTURES else _SNIFF
    opener = partial(_open_remote, store, path, size, block)
    return File(printable(f"{root}/{path}"), name, most, opener, named)


def _open_remote(store: Any, path: str, size: int, block: int) -> Opened:
    stream = io.BufferedReader(_Ranges(store, path, size), max(1, min(size, block)))
    return open_up(stream, size)


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
            raise Malformed(why(error)) from None
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


_REMOTE = (BaseError, OSError, ValueError)
