"""Pictures counted by what the brief says of them: duplicates, out of bounds, accepted."""

from typing import NamedTuple

from photogram.data import Facts, Row
from photogram.dataset import Dataset
from photogram.judgement import rejection


class Counted(NamedTuple):
    """`duplicates` show the same pixels as another; `outside` is how many break each bound.

    `rejected` are those their judge rejects, `unscored` those it could not tell anything of.
    """

    duplicates: int
    outside: dict[str, int]
    accepted: int
    rejected: int = 0
    unscored: int = 0


def counted(opened: Dataset) -> Counted:
    """Look once at every row that is not retired."""
    seen: set[str] = set()
    duplicates = good = rejected = unscored = 0
    outside = dict.fromkeys(opened.brief.measure, 0)
    for row in opened.ledger.rows(columns=("image", "measures", "judgement")):
        broken = _broken(opened, row)
        disliked = _rejected(opened, row)
        rejected += disliked
        unscored += _unscored(opened, row)
        for name in broken:
            outside[name] += 1
        good += row.image() is not None and not broken and not disliked
        if pixels := _measures(row).get("pixels"):
            duplicates += pixels in seen
            seen.add(pixels)
    return Counted(duplicates, outside, good, rejected, unscored)


def accepted(opened: Dataset, row: Row) -> bool:
    """Whether its picture is there, breaks no bound of the brief, and is not rejected by its judge."""
    return row.image() is not None and not _broken(opened, row) and not _rejected(opened, row)


def _rejected(opened: Dataset, row: Row) -> bool:
    judge, cell = opened.brief.judge, row.cells.get("judgement")
    return bool(judge and rejection(cell, judge.least, judge.forgive))


def _unscored(opened: Dataset, row: Row) -> bool:
    cell = row.cells.get("judgement")
    return bool(opened.brief.judge and cell and "unscored" in cell.value)


def _broken(opened: Dataset, row: Row) -> list[str]:
    """The measures of a row that lie outside the brief's bounds."""
    measures = _measures(row)
    bounds = opened.brief.measure.items()
    return [name for name, bound in bounds if name in measures and not bound.hold(measures[name])]


def _measures(row: Row) -> Facts:
    cell = row.cells.get("measures")
    return cell.value if cell and cell.state == "filled" else {}
