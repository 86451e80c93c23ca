"""How rows and columns stand, as several verbs tell it."""

from collections.abc import Iterator, Sequence

from photogram.results import Column
from photogram.show.words import count, cut, dollars, flowing, plain, table

NONE = "(no label)"
LONGEST = 60
"""Places for a label, so that its number is seen beside it."""


def candidates(number: int, rejected: int = 0) -> str:
    """What stands for some of the rows; nothing where nothing does."""
    said = f", {count(number, 'candidate')} for their pictures" if number else ""
    return said + (f", {rejected:,} rejected" if rejected else "")


def label_lines(labels: dict[str, int]) -> Iterator[str]:
    if labels:
        yield from table([(cut(plain(label) or NONE, LONGEST), f"{n:,}") for label, n in labels.items()])
        yield ""


def column_lines(columns: Sequence[Column]) -> Iterator[str]:
    head = ("column", "filled", "owed", "refused", "failed", "may cost", "model")
    yield from table([head, *map(_column, columns)])
    for trouble in dict.fromkeys(column.trouble for column in columns if column.trouble):
        yield from flowing(trouble)


def _column(column: Column) -> tuple[str, ...]:
    cost = dollars(column.dollars) if column.owed and column.model else ""
    numbers = (column.filled, column.owed, column.refused, column.given_up)
    model = column.model or ("" if column.trouble else "computed")
    return (column.column, *(f"{number:,}" for number in numbers), cost, model)
