"""publish: a pack put where anyone can fetch from it: archives first, then what leads to them, `latest` last.

Nothing that is there is ever changed but `latest.json`, so a publish that is broken off shows nobody
anything, and the next one sends what is not there yet.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from msgspec.structs import asdict

from photogram.archive import lookup
from photogram.archive.inventory import Archive, Entry, each, line
from photogram.builds import pack, rowparts
from photogram.builds.published import LATEST, MOST, Lookup, Manifest, Part, Shard, parse, split
from photogram.data import Tick
from photogram.dataset import Dataset
from photogram.faults import BadInput, StoreError
from photogram.remote import NoSwap, Read, Remote, Seen, place
from photogram.results import Published
from photogram.store import told

BLOCK = 2**20
PARTS = ("shards", "index", "rows")
Watch = Callable[[Tick], None]


def publish(opened: Dataset, to: str, watch: Watch, parquet: bool | None = None) -> Published:
    """Put the rows as they are now where an address leads to, unless they are there already."""
    if split(to)[1] != LATEST:
        raise BadInput("a manifest is nothing to publish to", where=to, do="name the set it is of")
    remote = place(to)
    before = remote.whole(LATEST, MOST)
    now = parse(before.data, f"{remote.url}/{LATEST}") if before else None  # nothing else is written over
    folder = Path(pack.pack(opened).folder)
    packed = pack.read(folder)
    sender = _Sender(remote, watch, rowparts.has_parquet() if parquet is None else parquet)
    if before and now and sender.has_all(now, packed):
        return _told(remote, now, _version(before.data), new=False)
    with told(folder), TemporaryDirectory(dir=folder.parent, prefix=".publishing-") as scratch:
        shards = tuple(sender.shard(folder, shard, Path(scratch)) for shard in sender.counted(packed))
        manifest = Manifest(
            dataset=packed.dataset,
            digest=packed.digest,
            rows=packed.rows,
            synthetic=packed.synthetic,
            entries=sum(shard.entries for shard in shards),
            shards=shards,
            index=sender.index(_members(folder, packed), Path(scratch)),
            parts=sender.parts(_held(folder, packed), Path(scratch)),
        )
    version, new = _settle(remote, manifest, before)
    return _told(remote, manifest, version, new, sender.sent)


def _told(remote: Remote, manifest: Manifest, version: str, new: bool, sent: int = 0) -> Published:
    return Published(
        to=remote.url,
        version=version,
        new=new,
        rows=manifest.rows,
        synthetic=manifest.synthetic,
        shards=len(manifest.shards),
        bytes=sum(shard.bytes for shard in manifest.shards),
        sent=sent,
        tables=tuple(part.key for part in manifest.parts),
    )


def _version(data: bytes) -> str:
    return f"manifests/{sha256(data).hexdigest()}.json"


def _members(folder: Path, packed: pack.Manifest) -> Iterator[tuple[int, Entry]]:
    for number, shard in enumerate(packed.shards):
        yield from ((number, entry) for entry in each(folder / shard.inventory))


def _held(folder: Path, packed: pack.Manifest) -> Iterator[rowparts.Held]:
    for shard in packed.shards:
        key = Shard(sha256=shard.sha256, bytes=shard.bytes, entries=shard.entries).key
        yield rowparts.Held(folder / shard.archive, folder / shard.inventory, key)


def _settle(remote: Remote, manifest: Manifest, before: Read | None) -> tuple[str, bool]:
    """Show it: the manifest under its own hash for ever, and then in place of the one that was the latest."""
    data = msgspec.json.encode(manifest) + b"\n"
    version = _version(data)
    if before and before.data == data:
        return version, False
    remote.put(version, data)
    try:
        moved = remote.swap(LATEST, data, before.seen if before else None)
    except NoSwap as error:
        do = f"it can be fetched from {remote.url}/{version}; for `latest`, publish to another store"
        raise StoreError(error.what, where=error.where, do=do) from None
    if not moved:
        now = remote.whole(LATEST, MOST)
        if now and now.data == data:  # the answer to our own request was lost, or another sent the same
            return version, True
        what = "somebody else has published there meanwhile"
        raise StoreError(what, where=remote.url, do="publish again to come after them; little is sent twice")
    return version, True


class _Sender:
    """Sends the files of a set, and passes over what is there already by key and size."""

    def __init__(self, remote: Remote, watch: Watch, parquet: bool) -> None:
        self._remote, self._watch, self._parquet, self.sent = remote, watch, parquet, 0
        self._there = {key: seen for part in PARTS for key, seen in remote.listed(part).items()}

    def has_all(self, now: Manifest, packed: pack.Manifest) -> bool:
        """Whether the latest is this very pack, with all its files, and its tables as they would be."""
        same = all(getattr(now, name) == getattr(packed, name) for name in ("digest", "dataset", "rows"))
        files = {part.key: part.bytes for part in now.parts} | {now.index.key: now.index.bytes}
        files |= {shard.key: shard.bytes for shard in now.shards}
        whole = all(key in self._there and self._there[key].size == size for key, size in files.items())
        inventories = all(shard.key[:-3] + "jsonl" in self._there for shard in now.shards)
        ending = ".parquet" if self._parquet else ".jsonl"
        return same and whole and inventories and all(part.key.endswith(ending) for part in now.parts)

    def counted(self, packed: pack.Manifest) -> Iterator[pack.Shard]:
        """The shards, and how many are done, for whoever looks on."""
        total = len(packed.shards)
        for done, shard in enumerate(packed.shards):
            self._watch(Tick(column="shards", total=total, filled=done))
            yield shard
        self._watch(Tick(column="shards", total=total, filled=total, over=True))

    def shard(self, folder: Path, shard: pack.Shard, scratch: Path) -> Shard:
        """The archive, and then its inventory, which knows the archive as the store does."""
        whole = folder / shard.archive
        if whole.stat().st_size != shard.bytes:
            raise StoreError("it is not what was packed", where=str(whole), do="remove the pack, pack again")
        made = Shard(sha256=shard.sha256, bytes=shard.bytes, entries=shard.entries)
        etag = self._send(made.key, whole).etag
        inventory = scratch / "inventory.jsonl"
        with open(inventory, "wb") as out, open(folder / shard.inventory, "rb") as file:
            head = msgspec.json.decode(next(file, b"{}"), type=Archive)
            out.write(line(msgspec.structs.replace(head, archive=made.key, etag=etag)))
            while block := file.read(BLOCK):
                out.write(block)
        self._send(f"shards/{shard.sha256}.jsonl", inventory)
        return msgspec.structs.replace(made, etag=etag)

    def index(self, members: Iterator[tuple[int, Entry]], scratch: Path) -> Lookup:
        path = scratch / "index"
        made = lookup.write(members, path)
        key, size = f"index/{_hash(path)}.idx", path.stat().st_size
        return Lookup(**asdict(made), key=key, bytes=size, etag=self._send(key, path).etag)

    def parts(self, shards: Iterator[rowparts.Held], scratch: Path) -> tuple[Part, ...]:
        """The rows, in a folder named by what is in them: so a pattern never meets two versions."""
        written = rowparts.write(shards, scratch, self._parquet)
        version = sha256("".join(_hash(path) for path, _ in written).encode()).hexdigest()[:16]
        parts: list[Part] = []
        for path, rows in written:
            key = f"rows/{version}/{path.name}"
            parts.append(Part(key=key, bytes=self._send(key, path).size, rows=rows))
        return tuple(parts)

    def _send(self, key: str, path: Path) -> Seen:
        size, there = path.stat().st_size, self._there.get(key)
        if there and there.size == size:
            return there
        self.sent += size
        return self._remote.put(key, path)


def _hash(path: Path) -> str:
    total = sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            total.update(block)
    return total.hexdigest()
