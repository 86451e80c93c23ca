"""Where a published set lies, behind one small port: a folder, a bucket, or an address on the web.

What is put is put once and whole: nobody sees half of it, and what is there already is left alone. One
thing alone changes, by `swap`, and only from what it was when it was looked at.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from shutil import copyfileobj
from typing import Any, NamedTuple, Protocol

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotSupportedError, PreconditionError
from obstore.store import HTTPStore

from photogram.buckets import RETRIES, is_bucket, opened, why
from photogram.faults import BadInput, StoreError
from photogram.store import told

PART = 8 * 2**20
"""Bytes of a part of a large file. Four are on their way at once; the most there may be are 80 GB."""
AT_ONCE = 4
_CHECK = "check the address, the region and the keys in the environment"


class Seen(NamedTuple):
    """What stands under a key: how large it is, and by what it is known again, as the server says it."""

    size: int
    etag: str = ""


class Read(NamedTuple):
    """Some bytes of what stands under a key, and the whole of it in numbers."""

    data: bytes
    seen: Seen


class Remote(Protocol):
    """A place for a published set."""

    url: str

    def read(self, key: str, begins: int, ends: int, etag: str = "") -> Read:
        """A range of bytes, all of it; `Changed` where what is there is known by another `etag`."""
        ...

    def whole(self, key: str, most: int) -> Read | None:
        """All of something small; None where it is not there."""
        ...

    def listed(self, folder: str) -> dict[str, Seen]: ...

    def put(self, key: str, source: bytes | Path, media_type: str = "") -> Seen:
        """Put it there unless it is; its key says what it is, so what has its size is it."""
        ...

    def swap(self, key: str, data: bytes, before: Seen | None) -> bool:
        """Put it in place of what was seen there, or of nothing; False where that is no longer so."""
        ...

    def link(self, key: str, lasts: timedelta) -> str: ...

    def remove(self, key: str) -> None: ...


class Changed(StoreError):
    """Something else stands there than was known."""


class NoSwap(StoreError):
    """This place cannot put something on a condition."""


def place(address: str) -> Remote:
    """What an address leads to."""
    scheme, found, _ = address.partition("://")
    if is_bucket(address):
        return BucketPlace(address, opened(address.rstrip("/")))
    if found and scheme.lower() in ("http", "https"):
        return BucketPlace(address, _web(address))
    if found and scheme.lower() != "file":
        do = "name a folder, or a place in s3://, gs://, az:// or https://"
        raise BadInput(f"there is no way to {scheme}://", where=address, do=do)
    return FolderPlace(Path(address.removeprefix("file://")))


def _web(address: str) -> Any:
    """A server that is only read from; what stands behind a question mark goes with every request."""
    options: Any = {"allow_http": True}
    try:
        return HTTPStore.from_url(address, client_options=options, retry_config={"max_retries": RETRIES})
    except Exception as error:
        raise BadInput(f"{address!r} is not an address: {why(error)}") from None


# ------------------------------------------------------------------------------ a bucket


class BucketPlace:
    """A bucket, or a server on the web that answers ranges."""

    def __init__(self, url: str, store: Any) -> None:
        self.url, self._store = url, store

    def read(self, key: str, begins: int, ends: int, etag: str = "") -> Read:
        options: Any = {"range": (begins, ends)} | ({"if_match": etag} if etag else {})
        with self._told(key):
            got = obstore.get(self._store, key, options=options)
            data, meta, span = bytes(got.bytes()), got.meta, got.range
        if span != (begins, ends) or len(data) != ends - begins:
            what = f"{ends - begins:,} bytes were asked for, and {len(data):,} came"
            raise StoreError(what, where=self._where(key), do="it is not what was published there")
        return Read(data, Seen(meta["size"], meta["e_tag"] or ""))

    def whole(self, key: str, most: int) -> Read | None:
        with self._told(key):
            try:
                got = obstore.get(self._store, key)
            except FileNotFoundError:
                return None
            seen = Seen(got.meta["size"], got.meta["e_tag"] or "")
            if seen.size > most:
                raise StoreError(f"it is larger than {most >> 20} MB", where=self._where(key))
            return Read(bytes(got.bytes()), seen)

    def listed(self, folder: str) -> dict[str, Seen]:
        found: dict[str, Seen] = {}
        with self._told(folder):
            pages: Any = obstore.list(self._store, folder, chunk_size=1000)  # pyright: ignore[reportUnknownMemberType]
            for page in pages:
                found.update((meta["path"], Seen(meta["size"], meta["e_tag"] or "")) for meta in page)
        return found

    def put(self, key: str, source: bytes | Path, media_type: str = "") -> Seen:
        kind: Any = {"Content-Type": media_type} if media_type else None
        with self._told(key):
            size = len(source) if isinstance(source, bytes) else source.stat().st_size
            if size > PART:  # nothing is there before the last part is; parts that were left are the bucket's
                obstore.put(
                    self._store, key, source, attributes=kind, chunk_size=PART, max_concurrency=AT_ONCE
                )
                return self._there_already(key, size)
            data = source if isinstance(source, bytes) else source.read_bytes()
            try:
                put = obstore.put(self._store, key, data, attributes=kind, mode="create")
            except AlreadyExistsError:
                return self._there_already(key, size)
            except NotSupportedError:  # its key is its content, so to put it twice changes nothing
                put = obstore.put(self._store, key, data, attributes=kind)
            return Seen(size, put["e_tag"] or "")

    def _there_already(self, key: str, size: int) -> Seen:
        meta = obstore.head(self._store, key)
        if meta["size"] != size:
            what = f"{meta['size']:,} bytes stand where {size:,} should"
            raise StoreError(what, where=self._where(key), do="remove it there, and publish again")
        return Seen(size, meta["e_tag"] or "")

    def swap(self, key: str, data: bytes, before: Seen | None) -> bool:
        # Older Ceph knows an ETag again only without its quotes; both ways to say it are a condition.
        etags = [before.etag, before.etag.strip('"')] if before else [""]
        return any(self._swapped(key, data, {"e_tag": etag} if before else "create") for etag in etags)

    def _swapped(self, key: str, data: bytes, mode: Any) -> bool:
        with self._told(key):
            try:
                obstore.put(self._store, key, data, mode=mode)
            except (AlreadyExistsError, PreconditionError):
                return False
            except (NotSupportedError, NotImplementedError):
                what = "this store cannot put anything on a condition"
                raise NoSwap(what, where=self._where(key)) from None
        return True

    def link(self, key: str, lasts: timedelta) -> str:
        if isinstance(self._store, HTTPStore):
            raise BadInput("nobody here can sign links to that server", where=self.url, do=_SIGNED)
        with self._told(key):
            return obstore.sign(self._store, "GET", key, lasts)

    def remove(self, key: str) -> None:
        with self._told(key):
            obstore.delete(self._store, key)

    def _where(self, key: str) -> str:
        base, _, _ = self.url.partition("?")
        return f"{base.rstrip('/')}/{key}"

    @contextmanager
    def _told(self, key: str) -> Generator[None]:
        try:
            yield
        except PreconditionError:
            raise Changed("it has changed since it was published", where=self._where(key)) from None
        except FileNotFoundError as error:
            raise StoreError(why(error), where=self._where(key), do=_CHECK) from None
        except (BaseError, OSError, ValueError) as error:
            raise StoreError(why(error), where=self._where(key), do=_CHECK) from None


_SIGNED = "links are signed for s3://, gs:// and az:// addresses"


# ------------------------------------------------------------------------------ a folder


class FolderPlace:
    """A folder on this computer, or on one that is mounted here."""

    def __init__(self, root: Path) -> None:
        self.url, self._root = str(root), root

    def read(self, key: str, begins: int, ends: int, etag: str = "") -> Read:
        path = self._root / key
        with told(path), open(path, "rb") as file:
            data, size = os.pread(file.fileno(), ends - begins, begins), os.fstat(file.fileno()).st_size
        if len(data) != ends - begins:
            raise StoreError("it is cut short", where=str(path), do="it is not what was published there")
        return Read(data, Seen(size))

    def whole(self, key: str, most: int) -> Read | None:
        path = self._root / key
        with told(path):
            try:
                data = path.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None
        return Read(data, Seen(len(data), sha256(data).hexdigest()))

    def listed(self, folder: str) -> dict[str, Seen]:
        found = (path for path in (self._root / folder).rglob("*") if path.is_file())
        return {path.relative_to(self._root).as_posix(): Seen(path.stat().st_size) for path in found}

    def put(self, key: str, source: bytes | Path, media_type: str = "") -> Seen:
        path = self._root / key
        with told(path):
            size = len(source) if isinstance(source, bytes) else source.stat().st_size
            if not (path.exists() and path.stat().st_size == size):
                self._write(path, source)
        return Seen(size)

    def _write(self, path: Path, source: bytes | Path) -> None:
        """Beside its name, made durable, and then renamed: it is there whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            with open(part, "xb") as file:
                if isinstance(source, bytes):
                    file.write(source)
                else:
                    with open(source, "rb") as held:
                        copyfileobj(held, file, 2**20)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def swap(self, key: str, data: bytes, before: Seen | None) -> bool:
        """Folders know no conditions, so whoever publishes to one holds a lock on it meanwhile."""
        path = self._root / key
        with told(path), self._locked():
            now = self.whole(key, 0)
            if (now.seen if now else None) != before:
                return False
            self._write(path, data)
        return True

    @contextmanager
    def _locked(self) -> Generator[None]:
        self._root.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._root, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def link(self, key: str, lasts: timedelta) -> str:
        raise BadInput("a folder has no links that end", where=self.url, do=_SIGNED)

    def remove(self, key: str) -> None:
        with told(self._root / key):
            (self._root / key).unlink()
