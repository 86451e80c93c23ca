"""The index in a folder: SQLite for rows and words, mapped files for vectors, arrays for filters.

    index/current            names the generation that counts
    index/GENERATION/        manifest.json, rows.db, columns/, vectors/

A generation is written beside the others and renamed when it is whole; it never changes afterwards. Whoever
has one open goes on reading it, also after it is gone from the folder.
"""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from photogram.data import Word
from photogram.faults import BadInput
from photogram.filters.fields import Fields
from photogram.filters.match import match
from photogram.filters.tree import Tree
from photogram.finding import columns, fitted, shards
from photogram.finding.fitted import Fitted, Looks
from photogram.finding.port import Hit, Manifest, Shelf
from photogram.finding.texts import Known, Texts
from photogram.finding.vectors import Vector, unit

FORMAT = 1
CURRENT = "current"
MANIFEST = "manifest.json"
LEFT = 3600
"""Seconds after which a build that has not ended is one that was killed."""
TRIES = 20
"""A generation may go while it is opened, when two are published at once: then the next is opened."""


class Local:
    """An opened generation."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder, self.manifest = folder, manifest
        self._columns = columns.stored(folder / "columns", manifest.fields)
        self._shelves = {shelf.name: shelf for shelf in manifest.shelves}
        self._texts = Texts(folder / "rows.db")
        self._vectors = {
            shelf.name: shards.Vectors(folder / "vectors", shelf.name, shelf.count)
            for shelf in manifest.shelves
        }
        self._fits: dict[str, tuple[Looks, Fitted | None]] = {}
        self._masks: dict[Tree, Any] = {}

    def close(self) -> None:
        self._texts.close()

    @property
    def fields(self) -> Fields:
        return self._columns.fields

    def vocabulary(self, field: str) -> Sequence[str]:
        return self._columns.words(field) if self._columns.kind(field) in ("text", "list") else ()

    def shelves(self) -> Mapping[str, Shelf]:
        return self._shelves

    def nearest(self, shelf: str, vector: Vector, most: int, where: Tree | None = None) -> list[Hit]:
        query = unit(vector)
        return [Hit(*one) for one in self._vectors[shelf].nearest(query, most, self._mask(where))]

    def vector(self, shelf: str, row: int) -> Vector | None:
        return self._vectors[shelf].of(row)

    def fit_of(self, shelf: str) -> tuple[Looks, Fitted | None]:
        """How the pictures of a column were brought to their numbers here, and their words."""
        column = self._shelves[shelf].space.name
        if column not in self._fits:
            self._fits[column] = fitted.read(self.folder / "vectors", column)
        return self._fits[column]

    def worded(self, words: Sequence[str], most: int, where: Tree | None = None) -> list[Hit]:
        return [Hit(*one) for one in self._texts.find(words, most, self._mask(where))]

    def having(self, word: str, rows: Sequence[int]) -> set[int]:
        return self._texts.having(word, rows)

    def matching(self, where: Tree | None, most: int) -> tuple[int, list[int]]:
        """How many rows a filter holds for, and the first of them."""
        if where is None:
            return self.manifest.rows, list(range(min(most, self.manifest.rows)))
        found = np.flatnonzero(self._mask(where))
        return len(found), found[:most].tolist()

    def known(self, rows: Sequence[int]) -> list[Known]:
        return self._texts.rows(rows)

    def number(self, name: str) -> int | None:
        return self._texts.number(name)

    def _mask(self, where: Tree | None) -> Any:
        if where is None:
            return None
        if where not in self._masks:
            self._masks = {where: match(where, self._columns)}
        return self._masks[where]


class _Named(Word, frozen=True):
    generation: str


def open_in(dataset: Path) -> Local:
    """The newest index of a dataset; BadInput where there is none."""
    for _ in range(TRIES):
        generation = current(dataset)
        folder = dataset / "index" / generation
        if not (generation and folder.is_dir()):
            if generation and current(dataset) != generation:  # replaced between the two looks
                continue
            break
        try:
            return Local(folder, _read(folder))
        except (OSError, EOFError, ValueError, sqlite3.Error) as error:
            if folder.is_dir() and current(dataset) == generation:
                do = f"delete {folder}, and `photogram index` makes it anew"
                raise BadInput(f"the index in {folder} is damaged: {error}", do=do) from None
    raise BadInput(f"there is no index in {dataset}", do=f"`photogram index {dataset}` makes one")


def current(dataset: Path) -> str:
    """The generation that counts, if there is one."""
    try:
        named = (dataset / "index" / CURRENT).read_bytes()
        return msgspec.json.decode(named, type=_Named).generation
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except msgspec.DecodeError:
        return ""


def _read(folder: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except msgspec.DecodeError:
        manifest = None
    if manifest is None or manifest.format != FORMAT:
        raise BadInput(f"the index in {folder} is of another photogram", do="`photogram index` makes it anew")
    return manifest


def publish(dataset: Path, manifest: Manifest, fill: Callable[[Path], None]) -> None:
    """Let `fill` write a generation, and let it count at once; whoever looks sees the old one or the new."""
    root = dataset / "index"
    part, final = root / f".{manifest.generation}.{os.getpid()}.part", root / manifest.generation
    for folder in (part / "columns", part / "vectors"):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        fill(part)
        (part / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        try:
            os.rename(part, final)
        except OSError:
            if not final.is_dir():  # else another process was faster, and has made the same
                raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    before = current(dataset)
    named = root / f".{CURRENT}.{os.getpid()}.part"
    named.write_bytes(msgspec.json.encode(_Named(generation=manifest.generation)))
    os.replace(named, root / CURRENT)
    _sweep(root, {manifest.generation, before})


def _sweep(root: Path, kept: set[str]) -> None:
    """Take away generations before the last two. All that lies in them is made of the table."""
    for folder in root.iterdir():
        made = folder.is_dir() and folder.name not in kept and (folder / MANIFEST).exists()
        if made or _is_left(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_left(folder: Path) -> bool:
    """Whether this is what a build that was killed has left behind."""
    with suppress(OSError):
        return folder.name.endswith(".part") and time.time() - folder.stat().st_mtime > LEFT
    return False
