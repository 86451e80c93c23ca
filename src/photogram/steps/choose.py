"""choose: of the candidates for a row's picture the one that sits best, and why not the others."""

from collections.abc import Callable, Mapping
from math import log2
from typing import Any

import msgspec

from photogram.data import CANDIDATE, Blob, Cell, Facts, Row
from photogram.step import Reads, Value

SEEN = 4.0
"""A change this many times as strong as the texture around it is seen; to be plainer is no better."""
OUTSIDE = 4.0
"""Levels of change outside the mask, before it was undone, that count half against a candidate."""


class Step:
    """Fills `image` for every row that has candidates, once each of them was made, refused or has failed."""

    column = "image"
    needs = ("candidates",)
    version = "1"

    def reads(self, row: Row) -> Reads | None:
        """The best one's picture and mask, and the marks of all: another mark is another choice."""
        cells = _candidates(row)
        if not row.best_of:
            return None
        if len(cells) < row.best_of:  # they may be counted as if they were made
            return {"image": row.cells["candidates"].files["image"]} if "candidates" in row.cells else None
        best = _best(cells)
        marks = msgspec.json.encode(_all_marks(cells)).decode()
        return {**_files(cells[best]), "marks": marks} if best else None

    def compute(self, row: Row, files: Mapping[str, bytes]) -> Value:
        cells = _candidates(row)
        best = _best(cells)
        assert best is not None
        rejected = {_name(name): _why(cell, cells[best]) for name, cell in cells.items() if name != best}
        chosen = {"row": _name(best), "fit": fit(cells[best].value), "rejected": rejected}
        kept = {role: data for role, data in files.items() if role != "marks"}
        return Value(facts={**cells[best].value, "chosen": chosen}, files=kept)


def _candidates(row: Row) -> dict[str, Cell]:
    return {name: cell for name, cell in row.cells.items() if name.startswith(CANDIDATE)}


def fit(value: Facts) -> float:
    """From 0 to 1: seen, of one grain with what is around it, and made without touching the rest."""
    return round(_seen(value) * _grain(value) * _alone(value), 4)


def _seen(value: Facts) -> float:
    return min(1.0, value.get("visible", SEEN) / SEEN)


def _grain(value: Facts) -> float:
    return 1 / (1 + abs(log2(max(1e-3, value.get("grain", 1.0)))))


def _alone(value: Facts) -> float:
    return 1 / (1 + value.get("outside_change", 0.0) / OUTSIDE)


def _best(cells: Mapping[str, Cell]) -> str | None:
    """The best of those that were made; of equals the first."""
    made = [name for name, cell in cells.items() if cell.state == "filled" and cell.files.get("image")]
    return max(made, key=lambda name: fit(cells[name].value), default=None)


def _files(cell: Cell) -> dict[str, Blob]:
    return {role: cell.files[role] for role in ("image", "mask") if role in cell.files}


def _all_marks(cells: Mapping[str, Cell]) -> dict[str, Any]:
    return {name: fit(cell.value) if cell.state == "filled" else cell.state for name, cell in cells.items()}


def _why(cell: Cell, best: Cell) -> str:
    """What told most against a candidate, beside the one that was chosen."""
    if cell.state != "filled":
        return f"{cell.state}: {cell.why}"
    apart = {name: mark(cell.value) / max(1e-6, mark(best.value)) for name, (mark, _) in _MARKS.items()}
    least = min(apart, key=lambda name: apart[name])
    if apart[least] >= 1:
        return f"as good, and later: {fit(cell.value):g}"
    here, there = (one.value.get(least, 0) for one in (cell, best))
    return f"{_MARKS[least][1]}: {here:g}, and {there:g} of the best"


_MARKS: dict[str, tuple[Callable[[Facts], float], str]] = {
    "visible": (_seen, "hardly seen, in units of the texture around"),
    "grain": (_grain, "of another grain than what is around, as a multiple of that"),
    "outside_change": (_alone, "it changed what was not to change, by levels"),
}


def _name(cell: str) -> str:
    return cell.removeprefix(CANDIDATE)
