"""What a judgement cell holds, and what follows from it.

`score` has its value on a scale, its rater and its method; where nothing could be told there is none, and
`unscored` says why. `questions` keeps what was asked, the answer and what in the picture tells it;
`criteria` the marks from 1 to 5. What failed is what is suggested.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from photogram.data import Cell, Facts

YES, NO, OPEN = "yes", "no", "cannot tell"
LEAST, MOST = 1, 5
"""The marks of a criterion."""


def score(value: Facts) -> float | None:
    """The score from 0 to 1, however it was given; none where there is none."""
    found: dict[str, Any] | None = value.get("score")
    if found is None:
        return None
    low, high = found["scale"]
    return (found["value"] - low) / (high - low)


def failed(value: Facts) -> Iterator[tuple[str, dict[str, Any]]]:
    """The questions that were answered with no, by name."""
    questions: Mapping[str, dict[str, Any]] = value.get("questions", {})
    return ((name, said) for name, said in questions.items() if said["answer"] == NO)


def rejection(cell: Cell | None, least: float, forgive: int) -> str:
    """Why a picture is rejected by its judgement; nothing where it is not, or could not be scored."""
    mark = score(cell.value) if cell and cell.state == "filled" else None
    if cell is None or mark is None:
        return ""
    names = [name for name, _ in failed(cell.value)]
    reasons = [f"it scores {mark:.2f}, below {least:g}"] if mark < least else []
    reasons += [f"not as asked: {', '.join(names)}"] if len(names) > forgive else []
    return "; ".join(reasons)
