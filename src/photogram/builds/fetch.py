"""fetch: one picture out of an archive, by one read of its own bytes, proven to be the one."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from photogram.archive.inventory import Entry, Inventory, check_name, find, keys_of, parse
from photogram.archive.opening import inventory, unpacked
from photogram.builds import published, rowparts
from photogram.builds.pack import MANIFEST
from photogram.builds.pack import read as read_manifest
from photogram.builds.published import PublishedSet
from photogram.faults import BadInput
from photogram.results import Fetched
from photogram.store import told


class Place(NamedTuple):
    """An archive on this computer, and what says where things lie in it, if anything does."""

    archive: Path
    inventory: Path | None = None
    lookup: Path | None = None


class Query(NamedTuple):
    """Which pictures are meant besides those that are named."""

    label: str = ""
    split: str = ""


def fetch(address: str, names: Sequence[str], to: Path, query: Query = Query()) -> Fetched:
    """Write the named members of a pack, an archive or a published set into a folder, each proven."""
    if not (names or any(query)):
        raise BadInput("nothing to fetch is named", do="name pictures: by title, row or member")
    files = tuple(_fetched(address, names, to, query))
    return Fetched(files=tuple(str(path) for path, _ in files), bytes=sum(size for _, size in files))


def _fetched(address: str, names: Sequence[str], to: Path, query: Query) -> Iterator[tuple[Path, int]]:
    if found := _published(address):
        meant = [*names, *(_asked_for(found, query) if any(query) else ())]
        for name, _, data in found.pictures(meant):
            yield _put(data, name, to), len(data)
        return
    if any(query):
        do = "`photogram publish` it, to a folder at least, or name the pictures"
        raise BadInput("labels and splits are looked up in published sets", where=address, do=do)
    source = Path(address)
    places = list(places_in(source))
    for name in names:
        yield _fetch_one(places, name, source, to)


def _asked_for(found: PublishedSet, query: Query) -> list[str]:
    """The rows of a label and a split, as the set's tables have them."""
    rows = [
        row.id
        for part in found.manifest.parts
        for row in rowparts.read(found.part(part), part.key)
        if query.label in ("", row.label) and query.split in ("", row.split)
    ]
    if not rows:
        what = f"no row has {' and '.join(f'{k} {v!r}' for k, v in query._asdict().items() if v)}"
        raise BadInput(what, where=found.remote.url, do="see the set's rows/ for what there is")
    return rows


def _published(address: str) -> PublishedSet | None:
    """The published set at an address; what is in no bucket may also be a pack or an archive."""
    if "://" not in address and not published.is_set(Path(address)):
        return None
    found = published.open_set(address)
    if found is None:
        do = "`photogram publish DATASET ADDRESS` puts one there; check the address"
        raise BadInput("there is no published set", where=address, do=do)
    return found


def places_in(source: Path) -> Iterator[Place]:
    """The archives of a pack, of the newest pack of a dataset, or the one archive that is named."""
    if source.is_file():
        beside = source.with_suffix(".jsonl")
        yield Place(source, beside if beside.exists() else None)
        return
    folder = source if (source / MANIFEST).exists() else newest(source)
    for shard in read_manifest(folder).shards:
        lookup = (folder / shard.archive).with_suffix(".db")
        yield Place(folder / shard.archive, folder / shard.inventory, lookup if lookup.exists() else None)


def newest(dataset: Path) -> Path:
    """The pack of a dataset that was written last."""
    whole = list((dataset / "packs").glob(f"*/{MANIFEST}"))
    if not whole:
        raise BadInput(f"there is no pack in {dataset}", do=f"`photogram pack {dataset}` writes one")
    return max(whole, key=lambda path: path.stat().st_mtime_ns).parent


def _fetch_one(places: Sequence[Place], name: str, source: Path, to: Path) -> tuple[Path, int]:
    for place in places:
        if entry := looked_up(place, name):
            data = unpacked(entry, _read(place.archive, entry), str(place.archive))
            return _put(data, entry.title or entry.name, to), len(data)
    raise BadInput(f"there is no {name!r} in {source}", do="name a picture by its title, row or member")


def looked_up(place: Place, name: str) -> Entry | None:
    """Where a name lies in an archive: by its index, its inventory, or the archive itself."""
    if place.lookup:
        found = find(place.lookup, name)
        return found[1] if found else None
    return next((entry for entry in listed(place).entries if name in keys_of(entry)), None)


def listed(place: Place) -> Inventory:
    """All that lies in an archive; where nothing says so, the archive does."""
    if place.inventory:
        with told(place.inventory):
            return parse(place.inventory.read_bytes(), str(place.inventory))
    with told(place.archive), open(place.archive, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        return inventory(lambda at, length: os.pread(file.fileno(), length, at), size, str(place.archive))


def _read(archive: Path, entry: Entry) -> bytes:
    with told(archive), open(archive, "rb") as file:
        return os.pread(file.fileno(), entry.end - entry.header_off, entry.header_off)


def _put(data: bytes, name: str, to: Path) -> Path:
    """Write it under the name people know; what is there already, and is another, is left alone."""
    path = to / check_name(name)
    with told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.read_bytes() != data:
            raise BadInput(f"{path} is there already, and is another file", do="name another folder by --to")
        path.write_bytes(data)
    return path
