"""Real pictures become rows whose image is there already."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from photogram import planning
from photogram.data import Outcome, Row
from photogram.dataset import Dataset
from photogram.results import Added


def take_as_briefed(opened: Dataset) -> Added:
    """Take in what the brief names."""
    parts = [
        take(opened, part.paths, opened.path, label=part.label, group=part.group, split=part.split)
        for part in opened.brief.take
    ]
    return Added(
        added=sum(part.added for part in parts),
        known=sum(part.known for part in parts),
        unusable=tuple(bad for part in parts for bad in part.unusable),
    )


def take(
    opened: Dataset, sources: Sequence[str], base: Path, *, label: str = "", group: str = "", split: str = ""
) -> Added:
    """Take in every picture the sources lead to; label, group and split hold for all of them."""
    taking = import_module("photogram.taking")
    like = Row(id="", name="", origin="taken", label=label, group=group, split=split)
    added = known = 0
    unusable: list[tuple[str, str]] = []
    for found in taking.pictures(sources, base):
        if isinstance(found, taking.Unusable):
            unusable.append((found.place, found.why))
        elif _take_one(opened, found, like):
            added += 1
        else:
            known += 1
    opened.store.sync()
    opened.ledger.checkpoint()
    return Added(added=added, known=known, unusable=tuple(unusable))


def _take_one(opened: Dataset, found: Any, like: Row) -> bool:
    """Make a row of one picture; False when its bytes are a row already."""
    blob = opened.store.put(found.data)
    row = planning.row_id("taken", blob.sha256)
    if opened.ledger.known([row]):
        return False
    name = planning.slug(Path(found.name).stem)
    if opened.ledger.name_taken(name):
        name = f"{name}-{row}"
    image = Outcome(row=row, column="image", key="taken", state="filled", files={"image": blob})
    opened.ledger.take_in(replace(like, id=row, name=name, source=found.place), image)
    return True
