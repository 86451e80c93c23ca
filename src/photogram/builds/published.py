"""A published set as anyone reads it: one small manifest, one range of its index, one range of a shard.

The manifest is `latest.json`; each one that ever was it also stands in `manifests/` under its own hash.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec

from photogram.archive import lookup
from photogram.archive.inventory import Entry
from photogram.archive.unzipping import LOCAL, unpacked
from photogram.data import Word
from photogram.faults import BadInput, StoreError
from photogram.remote import Changed, Remote, place

FORMAT = "photogram-published/1"
LATEST = "latest.json"
MOST = 64 * 2**20
"""Bytes of a manifest: enough for some 400,000 shards."""
NEAR = 2**16
"""Ranges no farther apart than this are one: the bytes between cost less than another request."""
WIDE = 8 * 2**20
AT_ONCE = 8


class Shard(Word, frozen=True, omit_defaults=False):
    """One archive. It and its inventory stand in `shards/` under its hash; an ETag as the server gave it."""

    sha256: str
    bytes: int
    entries: int
    etag: str = ""

    @property
    def key(self) -> str:
        return f"shards/{self.sha256}.zip"


class Lookup(lookup.Index, frozen=True, kw_only=True):
    """The index of all members: where it is, and what must be known to look something up in it."""

    key: str
    bytes: int
    etag: str = ""


class Part(Word, frozen=True, omit_defaults=False):
    """Some of the rows, as a file that tools for tables read."""

    key: str
    bytes: int
    rows: int


class Manifest(Word, frozen=True, omit_defaults=False):
    """All that a published set consists of."""

    dataset: str
    digest: str
    rows: int
    synthetic: int
    entries: int
    shards: tuple[Shard, ...]
    index: Lookup
    parts: tuple[Part, ...]
    format: str = FORMAT


class Wanted(NamedTuple):
    """A range of bytes of one file of the set, and what it is for."""

    key: str
    etag: str
    size: int
    begins: int
    ends: int
    name: str
    placed: lookup.Placed | None = None


class PublishedSet:
    """A set that somebody has published, and the one way its pictures are read."""

    def __init__(self, remote: Remote, manifest: Manifest) -> None:
        self.remote, self.manifest = remote, manifest

    def pictures(self, names: Sequence[str]) -> Iterator[tuple[str, str, bytes]]:
        """Each named member: as what it was asked for, its name in the archive, its bytes, all proven."""
        wanted = [self._member(name, placed) for name, placed in self.find(names)]
        for one, data in self._read(wanted):
            assert one.placed is not None
            name, whole = _proven(one.placed, data, f"{self.remote.url}, {one.name}")
            yield (one.name if one.placed.asked_by == lookup.TITLE else name), name, whole

    def find(self, names: Sequence[str]) -> list[tuple[str, lookup.Placed]]:
        """Where each name lies; one that is not there, or is that of several, is told."""
        index = self.manifest.index
        windows = ((name, lookup.window(index, name)) for name in dict.fromkeys(names))
        size = lookup.ROW.size
        spans = [
            Wanted(index.key, index.etag, index.bytes, begins * size, ends * size, name)
            for name, (begins, ends) in windows
        ]
        rows = {
            one.name: data for one, data in self._read([span for span in spans if span.begins < span.ends])
        }
        return [(name, self._only(name, rows.get(name, b""))) for name in dict.fromkeys(names)]

    def _only(self, name: str, rows: bytes) -> lookup.Placed:
        placed = lookup.found(rows, name)
        if not placed:
            do = "name a picture by its title, row or member"
            raise BadInput(f"there is no {name!r} in {self.remote.url}", do=do)
        if len(placed) > 1:
            what = f"{len(placed)} pictures in {self.remote.url} are called {name!r}"
            raise BadInput(what, do="name the one you mean by its row, as the set's rows/ list them")
        return placed[0]

    def _member(self, name: str, placed: lookup.Placed) -> Wanted:
        shard = self.manifest.shards[placed.shard]
        ends = placed.begins + placed.length
        return Wanted(shard.key, shard.etag, shard.bytes, placed.begins, ends, name, placed)

    def part(self, part: Part) -> bytes:
        """The bytes of one of the set's tables."""
        read = self.remote.whole(part.key, max(part.bytes, 1))
        if read is None or read.seen.size != part.bytes:
            what = f"{part.key} is not what was published"
            raise StoreError(what, where=self.remote.url, do="publish the set again")
        return read.data

    # -------------------------------------------------------------------------- ranges

    def _read(self, wanted: Iterable[Wanted]) -> Iterator[tuple[Wanted, bytes]]:
        """The bytes of each, near ones by one request, some requests at a time."""
        spans = iter(spanned(wanted))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while batch := list(islice(spans, AT_ONCE)):
                for span, data in zip(batch, pool.map(self._range, batch), strict=True):
                    begins = span[0].begins
                    yield from ((one, data[one.begins - begins : one.ends - begins]) for one in span)

    def _range(self, span: list[Wanted]) -> bytes:
        """One request; a file that is known by another name now is believed if its content proves itself."""
        first, ends = span[0], max(one.ends for one in span)
        try:
            read = self.remote.read(first.key, first.begins, ends, first.etag)
        except Changed:  # a set that was copied to another bucket has other ETags and the same bytes
            read = self.remote.read(first.key, first.begins, ends)
        if read.seen.size != first.size:
            what = f"{first.key} has {read.seen.size:,} bytes, and {first.size:,} were published"
            raise StoreError(what, where=self.remote.url, do="publish the set again")
        return read.data


def spanned(wanted: Iterable[Wanted]) -> Iterator[list[Wanted]]:
    """Ranges of one file that lie near each other, together, but no more than can be held at once."""
    span: list[Wanted] = []
    ends = 0
    for one in sorted(wanted, key=lambda one: (one.key, one.begins)):
        near = span and one.key == span[0].key and one.begins - ends <= NEAR
        if span and not (near and one.ends - span[0].begins <= WIDE):
            yield span
            span, ends = [], 0
        span.append(one)
        ends = max(ends, one.ends)
    if span:
        yield span


def _proven(placed: lookup.Placed, data: bytes, where: str) -> tuple[str, bytes]:
    """The member's name by its own header, and its bytes after every proof that they are the ones."""
    name, extra = struct.unpack_from("<HH", data, 26) if len(data) >= LOCAL else (0, 0)
    entry = Entry(
        name=data[LOCAL : LOCAL + name].decode("utf-8", "replace"),
        header_off=placed.begins,
        data_off=placed.begins + LOCAL + name + extra,
        csize=placed.length - LOCAL - name - extra,
        usize=placed.usize,
        crc32=placed.crc32,
        method=placed.method,
    )
    whole = unpacked(entry, data, where)
    if lookup.digest_of(whole) != placed.digest:
        raise BadInput(f"{entry.name!r} is not what was published: its sha256 differs", where=where)
    return entry.name, whole


# ---------------------------------------------------------------------------- opening


def parse(data: bytes, where: str) -> Manifest:
    """What a manifest says."""
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.MsgspecError as error:
        do = "`photogram publish` writes one"
        raise BadInput(f"this is no manifest of a published set: {error}", where=where, do=do) from None
    if manifest.format != FORMAT:
        what = f"its format is {manifest.format}, and {FORMAT} is read here"
        raise BadInput(what, where=where, do="use the photogram that published it")
    return manifest


def open_set(address: str) -> PublishedSet | None:
    """The set at an address, or None where none is; an address may also be that of one of its manifests."""
    root, key = split(address)
    remote = place(root)
    read = remote.whole(key, MOST)
    return PublishedSet(remote, parse(read.data, f"{remote.url}/{key}")) if read else None


def is_set(path: Path) -> bool:
    """Whether a folder holds a published set, or a file is the manifest of one."""
    return (path / LATEST).is_file() or (path.suffix == ".json" and path.is_file())


def split(address: str) -> tuple[str, str]:
    """An address as that of the set, and the manifest's place in it."""
    base, question, more = address.partition("?")
    base = base.rstrip("/")
    root, found, name = base.rpartition("/manifests/")
    if found and name.endswith(".json") and "/" not in name:
        return f"{root}{question}{more}", f"manifests/{name}"
    return f"{base.removesuffix(f'/{LATEST}')}{question}{more}", LATEST
