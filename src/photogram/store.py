"""Bytes kept under their own hash: in a folder, or in a bucket behind the same small port.

Bytes are written once and never changed. In a folder they are renamed into place at once and made
durable in batches, by `sync`, before the ledger is.
"""

import errno
import os
from collections import deque
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from hashlib import sha256
from importlib import import_module
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from photogram.data import Blob
from photogram.faults import StoreError
from photogram.media import extension, media_type

FOLDERS = {"image": "images", "mask": "masks"}
LEAST_FREE = 64 * 2**20  # a reply that was paid for must find room, so asking stops before the disk is full


class Store(Protocol):
    """Where bytes are kept."""

    def put(self, data: bytes, folder: str = "images") -> Blob: ...

    async def keep(self, data: bytes, folder: str = "images") -> Blob: ...

    def read(self, blob: Blob) -> bytes: ...

    def missing(self, blobs: Iterable[Blob]) -> set[Blob]: ...

    def sync(self) -> None: ...

    def check_room(self) -> None: ...


def blob_of(data: bytes, folder: str = "images") -> Blob:
    """The handle these bytes have in every store."""
    return Blob(sha256=sha256(data).hexdigest(), media_type=media_type(data), size=len(data), folder=folder)


def path_of(blob: Blob) -> str:
    """Where a blob lies, from the root of the store."""
    return f"{blob.folder}/{blob.sha256[:2]}/{blob.sha256}.{extension(blob.media_type)}"


class FolderStore:
    """Blobs in a folder: a file each, named by its hash."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._unsynced: deque[str] = deque()  # paths as text: a Path costs more than the file it names
        self._folders: set[str] = set()
        self._serial = count()
        self._syncing = Lock()

    async def keep(self, data: bytes, folder: str = "images") -> Blob:
        return self.put(data, folder)

    def put(self, data: bytes, folder: str = "images") -> Blob:
        """Keep the bytes; a file that is there already, whole, is left alone."""
        blob = blob_of(data, folder)
        path = f"{self.root}/{path_of(blob)}"
        with told(path):
            if not _whole(path, blob.size):
                self._write(path, data)
        return blob

    def _write(self, path: str, data: bytes) -> None:
        parent = os.path.dirname(path)
        if parent not in self._folders:
            os.makedirs(parent, exist_ok=True)
            self._folders.add(parent)
        part = f"{path}.{os.getpid()}-{next(self._serial)}.part"
        try:
            with open(part, "xb", buffering=0) as file:
                file.write(data)
            os.rename(part, path)
        except OSError:
            Path(part).unlink(missing_ok=True)
            raise
        self._unsynced.append(path)

    def read(self, blob: Blob) -> bytes:
        path = f"{self.root}/{path_of(blob)}"
        try:
            with open(path, "rb", buffering=0) as file:
                return file.readall()
        except FileNotFoundError:
            raise StoreError("the file is missing", where=path, do="see `photogram doctor`") from None
        except OSError as error:
            raise StoreError(f"the file cannot be read: {error.strerror}", where=path) from None

    def missing(self, blobs: Iterable[Blob]) -> set[Blob]:
        """Those of the blobs that are not there, or not whole."""
        return {blob for blob in blobs if not _whole(f"{self.root}/{path_of(blob)}", blob.size)}

    def sync(self) -> None:
        """Make everything kept so far survive a power cut."""
        folders: set[str] = set()
        with self._syncing:
            while self._unsynced:
                path = self._unsynced[0]  # it leaves the line only when it is safe
                _fsync(path)
                self._unsynced.popleft()
                folders.add(os.path.dirname(path))
            for folder in folders:
                _fsync(folder)

    def check_room(self) -> None:
        """Refuse to go on when the disk is nearly full."""
        with told(self.root):
            disk = os.statvfs(self.root)
        free = disk.f_bavail * disk.f_frsize
        if free < LEAST_FREE:
            raise StoreError(
                f"only {free >> 20} MB are left on the disk, and {LEAST_FREE >> 20} are kept free",
                where=str(self.root),
                do="make room and run again; nothing that was finished is lost",
            )


class BucketStore:
    """Blobs in S3, GCS, Azure or memory, by obstore."""

    def __init__(self, url: str, **options: Any) -> None:
        self.url = url
        self._obstore = import_module("obstore")
        self._bucket: Any = import_module("photogram.buckets").opened(url, **options)

    def put(self, data: bytes, folder: str = "images") -> Blob:
        blob = blob_of(data, folder)
        try:
            self._obstore.put(self._bucket, path_of(blob), data)
        except Exception as error:
            raise self._trouble(error) from None
        return blob

    async def keep(self, data: bytes, folder: str = "images") -> Blob:
        """The same without holding up the other rows."""
        blob = blob_of(data, folder)
        try:
            await self._obstore.put_async(self._bucket, path_of(blob), data)
        except Exception as error:
            raise self._trouble(error) from None
        return blob

    def read(self, blob: Blob) -> bytes:
        try:
            return bytes(self._obstore.get(self._bucket, path_of(blob)).bytes())
        except Exception as error:
            raise self._trouble(error) from None

    def missing(self, blobs: Iterable[Blob]) -> set[Blob]:
        """Those of the blobs that are not there, or not whole: one listing, not one question each."""
        try:
            pages = self._obstore.list(self._bucket)
            there = {meta["path"]: meta["size"] for page in pages for meta in page}
        except Exception as error:
            raise self._trouble(error) from None
        return {blob for blob in blobs if there.get(path_of(blob)) != blob.size}

    def sync(self) -> None:
        """A bucket has made the bytes durable before it answered."""

    def check_room(self) -> None:
        """A bucket has no end that could be asked for."""

    def _trouble(self, error: Exception) -> StoreError:
        return StoreError(_first_line(error), where=self.url, do="check the address, the region and the keys")


def open_store(root: Path, url: str) -> Store:
    """The store a brief names: a bucket by its URL, or the dataset's own folder."""
    return BucketStore(url) if url else FolderStore(root)


@contextmanager
def told(path: Path | str) -> Generator[None]:
    """Say in words what the operating system says in numbers."""
    try:
        yield
    except OSError as error:
        raise StoreError(*_said(error), where=str(path)) from None


def _said(error: OSError) -> tuple[str]:
    words = {
        errno.ENOSPC: "the disk is full; make room and run again, nothing that was finished is lost",
        errno.EDQUOT: "your disk quota is used up; make room and run again, nothing finished is lost",
        errno.EFBIG: "the file would be larger than this account may write",
        errno.EACCES: "this account may not write here; choose a folder of your own",
        errno.EPERM: "this account may not write here; choose a folder of your own",
        errno.EROFS: "this place can only be read; choose a folder that can be written",
        errno.ENOTDIR: "there is a file where a folder should be",
    }
    return (words.get(error.errno or 0, f"it cannot be written: {error.strerror or error}"),)


def _whole(path: str, size: int) -> bool:
    try:
        return os.stat(path).st_size == size
    except (FileNotFoundError, NotADirectoryError):
        return False


def _fsync(path: str) -> None:
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:  # removed by hand since: `doctor` will say so
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
