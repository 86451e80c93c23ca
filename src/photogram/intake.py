"""Real pictures become rows whose image is there already."""

from importlib import import_module
from pathlib import Path
from typing import Any

from photogram import planning
from photogram.data import Outcome, Row, Word
from photogram.dataset import Dataset
from photogram.running import run_to_end


class Added(Word, frozen=True):
    """Pictures taken in."""

    added: int = 0
    known: int = 0
    unusable: tuple[tuple[str, str], ...] = ()


def take_as_briefed(opened: Dataset) -> Added:
    taken = [
        take(opened, list(take.paths), opened.path, take.label, take.group, take.split)
        for take in opened.brief.take
    ]
    return Added(
        added=sum(part.added for part in taken),
        known=sum(part.known for part in taken),
        unusable=tuple(bad for part in taken for bad in part.unusable),
    )


def take(opened: Dataset, sources: list[str], base: Path, label: str, group: str, split: str) -> Added:
    taking = import_module("photogram.taking")
    added = known = 0
    unusable: list[tuple[str, str]] = []
    for found in taking.pictures(sources, base):
        if isinstance(found, taking.Unusable):
            unusable.append((found.place, found.why))
        elif _take_one(opened, found, label, group, split):
            added += 1
        else:
            known += 1
    opened.store.sync()
    opened.ledger.checkpoint()
    return Added(added=added, known=known, unusable=tuple(unusable))


def _take_one(opened: Dataset, found: Any, label: str, group: str, split: str) -> bool:
    """Make a row of one picture; False when its bytes are a row already."""
    blob = run_to_end(opened.store.keep(found.data))
    row = planning.row_id("taken", blob.sha256)
    if opened.ledger.known([row]):
        return False
    name = planning.slug(Path(found.name).stem)
    if opened.ledger.name_taken(name):
        name = f"{name}-{row}"
    opened.ledger.add_rows(
        [
            Row(
                id=row,
                name=name,
                label=label,
                group=group,
                split=split,
                source=found.place,
                origin="taken",
            )
        ]
    )
    opened.ledger.commit(
        [Outcome(row=row, column="image", key="taken", state="filled", files={"image": blob})]
    )
    return True
