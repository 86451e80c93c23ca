"""The inventory of an archive: for every member where it lies, how it is packed, and what it must be.

One record a line: first the archive itself, then its members in the order they lie. With it one picture
is one range of bytes, from any computer, without the archive's own directory.
"""

import re
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from unicodedata import normalize

import msgspec

from photogram.data import Word
from photogram.faults import BadInput

FORMAT = "photogram-inventory/1"
STORED, DEFLATED = 0, 8


class Entry(Word, frozen=True):
    """One member. It is fetched from `header_off`, so that its own header proves that it is the one.

    `name` is what it is called in the archive, `title` what people call it; `sha256` is of the bytes
    as they are unpacked.
    """

    name: str
    header_off: int
    data_off: int
    csize: int
    usize: int
    crc32: int
    sha256: str = ""
    method: int = STORED
    media_type: str = ""
    row: str = ""
    role: str = ""
    title: str = ""
    synthetic: bool = False

    @property
    def end(self) -> int:
        """The byte after its last."""
        return self.data_off + self.csize


class Archive(Word, frozen=True, omit_defaults=False):
    """The first record: which archive the others are of. An ETag stands as the server gave it."""

    archive: str
    format: str = FORMAT
    bytes: int = 0
    sha256: str = ""
    etag: str = ""
    entries: int = 0
    dataset: str = ""


class Inventory(Word, frozen=True):
    """An archive and all that lies in it."""

    archive: Archive
    entries: tuple[Entry, ...]


_encode = msgspec.json.Encoder().encode
_archive = msgspec.json.Decoder(Archive).decode
_entry = msgspec.json.Decoder(Entry).decode


def line(record: Archive | Entry) -> bytes:
    """A record as it is written."""
    return _encode(record) + b"\n"


def lines(inventory: Inventory) -> Iterator[bytes]:
    """The inventory as it is written: a record a line."""
    yield line(inventory.archive)
    yield from map(line, inventory.entries)


def parse(data: bytes, where: str = "the inventory") -> Inventory:
    """What the lines of an inventory say."""
    first, *rest = data.splitlines() or [b""]
    try:
        found = Inventory(archive=_archive(first), entries=tuple(map(_entry, rest)))
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise BadInput(
            f"this is no inventory: {error}", where=where, do="rebuild it from its archive"
        ) from None
    if found.archive.format != FORMAT:
        raise BadInput(
            f"its format is {found.archive.format}, and {FORMAT} is read here",
            where=where,
            do="use the photogram that made it, or rebuild it from its archive",
        )
    if len(found.entries) != found.archive.entries:
        what = f"it names {len(found.entries)} of {found.archive.entries} members"
        raise BadInput(what, where=where, do="it is cut short: rebuild it from its archive")
    return found


def each(path: Path) -> Iterator[Entry]:
    """The members in the file of an inventory one after the other, however many there are."""
    with open(path, "rb") as file:
        next(file, b"")
        try:
            yield from map(_entry, file)
        except msgspec.MsgspecError as error:
            do = "rebuild it from its archive"
            raise BadInput(f"this is no inventory: {error}", where=str(path), do=do) from None


# -------------------------------------------------------------------------------- names


def check_name(name: str) -> str:
    """A member's name, in the one form it may have; refused where it could land outside a folder."""
    if _PLAIN.fullmatch(name):  # nearly all are, and there are millions
        return name
    if bad := next((what for what, found in _FAULTS if found(name)), ""):
        raise BadInput(f"{name!r} is no name for a member: {bad}", do="leave it out, or give it another name")
    return normalize("NFC", name)


_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_FAULTS: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("it is empty", lambda name: not name),
    ("it leads out of its folder", lambda name: ".." in name.split("/") or name.startswith("/")),
    ("it names a drive", re.compile(r"[A-Za-z]:").match),
    ("it holds a backslash", lambda name: "\\" in name),
    ("it holds what cannot be seen", lambda name: not name.isprintable()),
    ("it has an empty part", lambda name: {"", "."} & set(name.split("/"))),
)


def check_all(entries: Iterable[Entry], where: str) -> None:
    """Names that are names, each only once, and members that do not lie in each other."""
    seen: set[str] = set()
    before = 0
    for entry in sorted(entries, key=lambda entry: entry.header_off):
        name = check_name(entry.name)
        if name in seen:
            raise BadInput(f"{name!r} is in it twice", where=where, do="make an archive in which it is once")
        if entry.header_off < before:
            do = "such archives are made to unpack into more than they hold; do not use it"
            raise BadInput(f"{name!r} overlaps another member", where=where, do=do)
        seen.add(name)
        before = entry.end


def proven(entry: Entry, whole: bytes, where: str) -> bytes:
    """A member's bytes, once they are shown to be those that the inventory knows."""
    if len(whole) != entry.usize or zlib.crc32(whole) != entry.crc32:
        raise BadInput(f"{entry.name!r} is not what the inventory says: its checksum differs", where=where)
    if entry.sha256 and sha256(whole).hexdigest() != entry.sha256:
        raise BadInput(f"{entry.name!r} is not what the inventory says: its sha256 differs", where=where)
    return whole


# -------------------------------------------------------------------- an index for many


INDEX = """
CREATE TABLE entries(key TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID;
"""


def write_index(inventory: Inventory, path: Path) -> None:
    """The same as a file in which one member is found at once, by its name, title or row."""
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path)
    try:
        db.executescript(INDEX)
        db.executemany("INSERT OR IGNORE INTO entries VALUES (?, ?)", _keyed(inventory))
        db.commit()
    finally:
        db.close()


def _keyed(inventory: Inventory) -> Iterator[tuple[str, str]]:
    yield "", _encode(inventory.archive).decode()
    for entry in inventory.entries:
        doc = _encode(entry).decode()
        for key in keys_of(entry):
            yield key, doc


def keys_of(entry: Entry) -> tuple[str, ...]:
    """All that a member can be asked for by; a row and its title stand for its picture.

    A title goes without its ending too, as rows are called in the ledger.
    """
    also = (entry.title, entry.title.rpartition(".")[0], entry.row) if entry.role in ("", "image") else ()
    return tuple(dict.fromkeys(key for key in (entry.name, *also) if key))


def find(path: Path, key: str) -> tuple[Archive, Entry] | None:
    """One member out of an index, and the archive it lies in."""
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        found = dict(db.execute("SELECT key, doc FROM entries WHERE key IN ('', ?)", (key,)))
    finally:
        db.close()
    return (_archive(found[""]), _entry(found[key])) if key and key in found else None
