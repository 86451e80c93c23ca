"""A published set taken in again: its pictures with their masks, and what its rows say of each."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from photogram.builds import published, rowparts
from photogram.builds.published import PublishedSet
from photogram.builds.rowparts import Known
from photogram.faults import Malformed, PhotogramError, StoreError
from photogram.labelled import Labelled
from photogram.media import extension
from photogram.pixels.codecs import verify
from photogram.taking.judging import Found, Unusable
from photogram.taking.labelled import Told
from photogram.taking.names import printable

TOGETHER = 32
"""Rows whose pictures are held at once."""


def brought(source: str, base: Path) -> Iterator[Told | Unusable] | None:
    """Every picture of the set at an address or in a folder; None where no set is."""
    if "://" not in source:
        folder = base / Path(source).expanduser()
        found = published.open_set(str(folder)) if published.is_set(folder) else None
    else:
        try:
            found = published.open_set(source)
        except StoreError:  # who may read a picture may not read what lies beside it: taking it in will tell
            found = None
        except PhotogramError:
            if published.LATEST in source or "/manifests/" in source:
                raise
            found = None
    return _each(found) if found else None


def _each(found: PublishedSet) -> Iterator[Told | Unusable]:
    for part in found.manifest.parts:
        rows = iter(rowparts.read(found.part(part), part.key))
        while some := list(islice(rows, TOGETHER)):
            yield from _some(found, some)


def _some(found: PublishedSet, rows: list[Known]) -> Iterator[Told | Unusable]:
    masks = {row.id: f"{row.id}.mask.{extension(row.mask.media_type)}" for row in rows if row.mask}
    names = [*(row.id for row in rows), *masks.values()]
    held = {name: data for _, name, data in found.pictures(names)}
    images = {name.partition(".")[0]: data for name, data in held.items() if name not in masks.values()}
    for row in rows:
        place = printable(f"{found.remote.url}/{row.title or row.id}")
        try:
            verify(images[row.id])
        except Malformed as error:
            yield Unusable(place, error.why)
            continue
        labelled = Labelled(
            name=row.id,
            label=row.label,
            split=row.split,
            group=row.group or row.parent or row.id,  # what was made of a picture stays on its side
            synthetic=row.synthetic,
        )
        picture = Found(printable(row.title or row.id), place, images[row.id])
        yield Told(picture, labelled, held[masks[row.id]] if row.id in masks else None)
