"""index: the table as something that can be searched, one generation at a time."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from photogram.builds.gathering import Table, blocks, lying, table
from photogram.builds.standing import hash_of
from photogram.dataset import Dataset
from photogram.faults import BadInput, StoreError
from photogram.finding import columns, fitted, shards, texts
from photogram.finding.local import FORMAT, current, open_in, publish
from photogram.finding.port import Manifest, Shelf
from photogram.finding.vectors import space_of
from photogram.results import Indexed, Shelved
from photogram.store import told

DESCRIPTORS = "keyless:descriptors"
FITTED = "fitted"
"""The end of a shelf's name that holds a column's pictures fitted to the set's words."""


def index(opened: Dataset) -> Indexed:
    """Make the index of a dataset anew, unless it is of this very table."""
    made_of = hash_of(opened)
    if current(opened.path) == made_of[:16]:
        held = open_in(opened.path)
        try:
            return _told(opened, held.manifest, new=False)
        finally:
            held.close()
    found = table(opened)
    if not found.ids:
        raise BadInput(f"no row of {opened.path} has a picture yet", do="`photogram run` makes them")
    shelving = [one for column in opened.vectors() for one in _shelves(opened, column, found)]
    manifest = Manifest(
        format=FORMAT,
        generation=made_of[:16],
        rows=len(found.ids),
        made_of=made_of,
        stamp=opened.ledger.stamp(),
        fields=found.fields,
        silent=found.silent,
        shelves=tuple(one.shelf for one in shelving),
        captions=sum(bool(one.said) for one in found.worded),
    )

    def fill(folder: Path) -> None:
        for number, field in enumerate(found.fields):
            columns.write(folder / "columns", number, columns.made(field, found.values[field.full]))
        texts.write(folder / "rows.db", found.worded)
        for one in shelving:
            one.write(folder / "vectors")

    opened.store.check_room()
    try:
        with told(opened.path / "index"):
            publish(opened.path, manifest, fill)
    except sqlite3.Error as error:
        raise StoreError(f"the index cannot be written: {error}", where=str(opened.path / "index")) from None
    return _told(opened, manifest, new=True)


# ----------------------------------------------------------------------------- shelves


class Shelving:
    """A shelf, and how its vectors are written."""

    def __init__(self, shelf: Shelf, write: Callable[[Path], None]) -> None:
        self.shelf, self.write = shelf, write


_Turn = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]


def _shelves(opened: Dataset, column: str, found: Table) -> list[Shelving]:
    """What is kept of a column of vectors: as they came, or brought to one scale and fitted to words."""
    lies = lying(opened, column, found.ids)
    if not lies:
        return []
    space = space_of(column, lies)
    count = sum(lies.values())
    if not space.model.startswith(DESCRIPTORS):
        shelf = Shelf(name=column, space=space, kind="plain", count=count, dimensions=space.dimensions)
        return [_shelving(opened, found, shelf, lambda vectors: vectors)]
    sample, of = _sample(opened, column, found, count)
    looks = fitted.looks(sample)
    fit = fitted.fit(looks.of(sample), of)
    looking = Shelf(name=column, space=space, kind="looks", count=count, dimensions=looks.axes.shape[1])
    shelves = [_shelving(opened, found, looking, looks.of, lambda at: fitted.write(at, column, looks, fit))]
    if fit:
        size = fit.pictures.shape[1]
        shelf = Shelf(name=f"{column}.{FITTED}", space=space, kind="fitted", count=count, dimensions=size)
        shelves.append(_shelving(opened, found, shelf, lambda one: fit.of_pictures(looks.of(one))))
    return shelves


def _shelving(
    opened: Dataset, found: Table, shelf: Shelf, turn: _Turn, also: Callable[[Path], None] | None = None
) -> Shelving:
    def write(folder: Path) -> None:
        vectors = blocks(opened, shelf.space.name, found.ids)
        turned = ((rows, turn(block)) for rows, block in vectors)
        shards.write(folder, shelf.name, turned, shelf.count, shelf.dimensions)
        if also:
            also(folder)

    return Shelving(shelf, write)


def _sample(
    opened: Dataset, column: str, found: Table, count: int
) -> tuple[npt.NDArray[np.float32], list[str]]:
    """As many vectors as a fit takes, from all over the table, and what is said of their rows."""
    every = -(-count // fitted.MOST)
    kept: list[npt.NDArray[np.float32]] = []
    said: list[str] = []
    for rows, block in blocks(opened, column, found.ids):
        kept.append(block[::every])
        said += [found.captions[row] for row in rows[::every]]
    return np.concatenate(kept), said


def _told(opened: Dataset, manifest: Manifest, *, new: bool) -> Indexed:
    return Indexed(
        folder=str(opened.path / "index" / manifest.generation),
        new=new,
        rows=manifest.rows,
        worded=manifest.captions,
        fields=len(manifest.fields),
        spaces=tuple(
            Shelved(
                name=shelf.name,
                model=shelf.space.model,
                of=shelf.space.of,
                kind=shelf.kind,
                vectors=shelf.count,
                missing=manifest.rows - shelf.count,
                dimensions=shelf.dimensions,
            )
            for shelf in manifest.shelves
        ),
    )
