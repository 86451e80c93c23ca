"""How a column stands and what is in its way, told without asking anybody."""

from collections.abc import Sequence
from pathlib import Path

from photogram.asking import ability
from photogram.data import Tick
from photogram.dataset import Dataset
from photogram.faults import BadInput, NotSetUp, PhotogramError
from photogram.owed import Survey
from photogram.results import Column

Folder = str | Path


def unwatched(_: Tick) -> None:
    """Nobody looks on."""


def ids_of(opened: Dataset, names: Sequence[str]) -> list[str]:
    """The ids of rows that are named, retired or not, each once; an id is a name as well."""
    every = opened.ledger.rows(retired=True, candidates=True) if names else ()
    known = {name: row.id for row in every for name in (row.id, row.name)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise BadInput(
            f"there is no row {unknown[0]!r}", do="`photogram errors` and `photogram judge` list rows by name"
        )
    return list(dict.fromkeys(known[name] for name in names))


def labels(opened: Dataset) -> dict[str, int]:
    counts: dict[str, int] = {}
    for label, _, count, _ in opened.ledger.count_rows():
        if count:
            counts[label] = counts.get(label, 0) + count
    return counts


def trouble(opened: Dataset, column: str) -> str:
    """What stands in the way of filling a column and may be set up later; what never can be, raises."""
    try:
        if ability(column):
            opened.asking.ready(column)
    except NotSetUp as missing:
        return str(missing)
    return ""


def column_of(opened: Dataset, column: str) -> Column:
    """A column as it stands; pictures still to be made are counted as if they were there already."""
    try:
        lacking = trouble(opened, column)
        card, found = opened.asking.card(column), opened.survey(column, expecting=True)
    except PhotogramError as error:
        return Column(column=column, trouble=str(error))
    return Column(
        column=column,
        model=card.name if card else "",
        owed=found.owed,
        filled=found.filled,
        refused=found.refused,
        given_up=found.given_up,
        dollars=found.dollars,
        trouble=(lacking or found.wrong) if found.owed else "",
        by_jobs=_by_jobs(opened, column, found),
    )


def _by_jobs(opened: Dataset, column: str, found: Survey) -> float | None:
    """What the column may cost by batch jobs, where its model takes so many."""
    card = opened.asking.batched(column) if ability(column) and found.owed else None
    if card is None or card.batch is None or found.owed - found.waiting < card.batch.least:
        return None
    whole = opened.asking.card(column)
    return found.dollars * (whole.price.batch if whole else 1.0)
