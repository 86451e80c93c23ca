"""pack: the dataset as shards with an inventory each, in one pass and without a copy.

Zips by default; tars for whoever trains from them as WebDataset does.

A pack is named by what is in it. Its manifest is written last: where it stands, the pack is whole.
"""

import os
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from shutil import copyfileobj
from typing import NamedTuple

import msgspec

from photogram.archive.inventory import Archive, line, parse, write_index
from photogram.archive.tarring import Tarrer
from photogram.archive.zipping import Zipper
from photogram.builds.members import Member, members, rows
from photogram.data import Blob, Row, Word
from photogram.dataset import Dataset
from photogram.faults import BadInput, StoreError
from photogram.results import Packed
from photogram.store import told

FORMAT = "photogram-pack/1"
MANIFEST = "pack.json"
SHARD_BYTES = 2**30
SHARD_MEMBERS = 65_000
"""Below both numbers at which a zip needs records of 64 bits."""
MANY = 50_000
"""From so many members on, looking one up in lines takes longer than a person waits for."""


class Shard(Word, frozen=True, omit_defaults=False):
    """One archive of a pack, and the file that says what lies where in it."""

    archive: str
    inventory: str
    bytes: int
    sha256: str
    entries: int


class Manifest(Word, frozen=True, omit_defaults=False):
    """What a pack consists of."""

    dataset: str
    digest: str
    rows: int
    synthetic: int
    shards: tuple[Shard, ...]
    format: str = FORMAT


def pack(opened: Dataset, shard_bytes: int = SHARD_BYTES, tar: bool = False) -> Packed:
    """Write the pack of the rows as they are now, unless it is there already."""
    digest = _digest(opened, tar)
    folder = opened.path / "packs" / digest[:16]
    with told(folder):
        new = not (folder / MANIFEST).exists()
        manifest = _write(opened, folder, digest, Form(shard_bytes, tar)) if new else read(folder)
    return Packed(
        folder=str(folder),
        new=new,
        rows=manifest.rows,
        synthetic=manifest.synthetic,
        shards=len(manifest.shards),
        entries=sum(shard.entries for shard in manifest.shards),
        bytes=sum(shard.bytes for shard in manifest.shards),
    )


def read(folder: Path) -> Manifest:
    """The manifest of a pack."""
    path = folder / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        do = "`photogram pack` writes one; one that was broken off has no manifest"
        raise BadInput(f"there is no whole pack in {folder}", do=do) from None
    except msgspec.MsgspecError as error:
        raise BadInput(f"this is no manifest of a pack: {error}", where=str(path), do="pack again") from None
    if manifest.format != FORMAT:
        what = f"its format is {manifest.format}, and {FORMAT} is read here"
        raise BadInput(what, where=str(path), do="use the photogram that made it")
    return manifest


def _digest(opened: Dataset, tar: bool) -> str:
    """The name of a pack: the hash of all that goes into it, in its order."""
    total = sha256(b"tar\n" if tar else b"")
    for row in rows(opened):
        for member in members(row):
            data = member.data
            content = data.sha256 if isinstance(data, Blob) else sha256(data).hexdigest()
            total.update(f"{member.entry.name} {content}\n".encode())
    return total.hexdigest()


# -------------------------------------------------------------------------------- writing


class Form(NamedTuple):
    """How large shards become at most, and whether they are tars."""

    shard_bytes: int
    tar: bool


def _write(opened: Dataset, folder: Path, digest: str, form: Form) -> Manifest:
    folder.mkdir(parents=True, exist_ok=True)
    shards: list[Shard] = []
    count = synthetic = 0
    with ExitStack() as files:
        writer = _Writer(opened, folder, 0, files, form)
        for row in rows(opened):
            if writer.is_full(row):
                shards.append(writer.close())
                writer = _Writer(opened, folder, len(shards), files, form)
            for member in members(row):
                writer.add(member)
            count += 1
            synthetic += row.synthetic
        shards.append(writer.close())
    if not count:
        raise BadInput("no row has a picture yet", do=f"`photogram run {opened.path}` fills what is owed")
    name = opened.brief.dataset.name
    manifest = Manifest(dataset=name, digest=digest, rows=count, synthetic=synthetic, shards=tuple(shards))
    _put(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
    return manifest


class _Writer:
    """One shard and its inventory, written beside their names until they are whole."""

    def __init__(self, opened: Dataset, folder: Path, number: int, files: ExitStack, form: Form) -> None:
        self._opened, self._folder, self._name = opened, folder, f"shard-{number:05}"
        self._most, self._ending = form.shard_bytes, "tar" if form.tar else "zip"
        self._packer = Tarrer() if form.tar else Zipper()
        self._archive = files.enter_context(open(self._part(self._ending), "wb"))  # noqa: SIM115 - `files` closes it
        self._entries = files.enter_context(open(self._part("entries"), "wb"))  # noqa: SIM115 - `files` closes it

    def _part(self, ending: str) -> Path:
        return self._folder / f"{self._name}.{ending}.{os.getpid()}.part"  # two at once share no file

    def is_full(self, row: Row) -> bool:
        """Whether this row is for the next shard; what belongs to one row stays together."""
        image = row.image()
        size = image.size if image else 0
        return self._packer.count > 0 and (
            self._packer.size + size > self._most or self._packer.count > SHARD_MEMBERS
        )

    def add(self, member: Member) -> None:
        data = member.data
        placed, said = self._packer.add(
            member.entry, self._opened.store.read(data) if isinstance(data, Blob) else data
        )
        if isinstance(data, Blob) and placed.sha256 != data.sha256:
            where = f"{self._opened.path}, {member.entry.name}"
            raise StoreError("the bytes in the store are not what they were", where=where)
        self._archive.writelines(said)
        self._entries.write(line(placed))

    def close(self) -> Shard:
        self._archive.write(self._packer.end())
        for file in (self._archive, self._entries):
            file.flush()
            os.fsync(file.fileno())
            file.close()
        archive, inventory = f"{self._name}.{self._ending}", f"{self._name}.jsonl"
        self._write_inventory(archive, inventory)
        os.replace(self._part(self._ending), self._folder / archive)
        packer = self._packer
        return Shard(
            archive=archive,
            inventory=inventory,
            bytes=packer.size,
            sha256=packer.sha256,
            entries=packer.count,
        )

    def _write_inventory(self, archive: str, inventory: str) -> None:
        head = Archive(
            archive=archive,
            bytes=self._packer.size,
            sha256=self._packer.sha256,
            entries=self._packer.count,
            dataset=self._opened.brief.dataset.name,
        )
        whole = self._part("jsonl")
        with open(whole, "wb") as file, open(self._part("entries"), "rb") as entries:
            file.write(line(head))
            copyfileobj(entries, file, 2**20)
        self._part("entries").unlink()
        os.replace(whole, self._folder / inventory)
        if head.entries > MANY:
            found = parse((self._folder / inventory).read_bytes(), inventory)
            write_index(found, self._folder / f"{self._name}.db")


def _put(path: Path, data: bytes) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(data)
    os.replace(part, path)
