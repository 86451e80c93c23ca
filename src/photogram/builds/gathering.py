"""What an index is made of, read off the table: the fields of every row, its words and its vectors."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from photogram.annotation import fields_of
from photogram.brief import MEASURES
from photogram.counting import accepted
from photogram.data import Cell, Facts, Row
from photogram.dataset import Dataset
from photogram.filters.fields import Field, of_schema, of_values
from photogram.finding.texts import Known, Worded
from photogram.finding.vectors import Of, unpacked
from photogram.finding.wording import annotated, planned
from photogram.judgement import score
from photogram.store import path_of

BLOCK = 1_000

OF_ROWS = (
    Field(name="label", kind="text"),
    Field(name="name", kind="text"),
    Field(name="split", kind="text"),
    Field(name="origin", kind="text", words=("planned", "taken")),
    Field(name="synthetic", kind="yes/no"),
    Field(name="group", kind="text"),
    Field(name="source", kind="text"),
    Field(name="prompt", kind="text"),
    Field(name="model", kind="text"),
    Field(name="edited", kind="yes/no"),
    Field(name="accepted", kind="yes/no"),
    Field(name="score", kind="number", column="judgement"),
)
_CAPTIONS = ("description", "caption")


class Table(NamedTuple):
    """The rows that have a picture, and what is known of them by the full name of each field."""

    ids: dict[str, int]
    fields: tuple[Field, ...]
    silent: tuple[str, ...]
    values: dict[str, list[Any]]
    worded: list[Worded]
    captions: list[str]
    """What is said of each row in words, to fit a space to: in its annotation and in its plan."""


def table(opened: Dataset) -> Table:
    """Every row with a picture, in the order it came.

    Of two fields with one short name the first has it, so those of which nothing is known come last.
    """
    rows = [row for row in opened.ledger.rows(columns=_columns(opened)) if row.image()]
    values: dict[str, list[Any]] = {}
    fields = [*OF_ROWS, *_of_annotations(opened), *_of_measures(), *_of_facts(rows)]
    annotations = opened.annotations()
    per_row = [_flat(row, annotations) | {"accepted": accepted(opened, row)} for row in rows]
    for field in fields:
        values[field.full] = [one.get(field.full) for one in per_row]
    worded = [_worded(n, row, annotations) for n, row in enumerate(rows)]
    silent = [field for field in fields if all(value is None for value in values[field.full])]
    return Table(
        ids={row.id: n for n, row in enumerate(rows)},
        fields=(*(field for field in fields if field not in silent), *silent),
        silent=tuple(field.full for field in silent),
        values=values,
        worded=worded,
        captions=[f"{one.said}. {one.planned}" for one in worded],
    )


def _columns(opened: Dataset) -> list[str]:
    return ["image", "measures", "judgement", *opened.annotations()]


def _of_annotations(opened: Dataset) -> Iterator[Field]:
    schema = opened.brief.annotate.asked if opened.brief.annotate else {}
    for column in opened.annotations():
        yield from of_schema(schema, column)


def _of_measures() -> Iterator[Field]:
    return (Field(name=name, kind="number", column="measures") for name in MEASURES)


def _of_facts(rows: Sequence[Row]) -> Iterator[Field]:
    for name in dict.fromkeys(name for row in rows for name in row.facts):
        yield of_values(name, [row.facts.get(name) for row in rows], "facts")


def _flat(row: Row, annotations: Sequence[str]) -> Facts:
    """All that is known of a row, by the full names of fields."""
    picture = row.cells["image"]
    known: Facts = {
        "label": row.label or None,
        "name": row.name,
        "split": row.split or None,
        "origin": row.origin,
        "synthetic": row.synthetic,
        "group": row.group or None,
        "source": row.source or None,
        "prompt": row.prompt or None,
        "model": picture.model or None,
        "edited": bool(row.parent),
        "judgement.score": score(_value(row, "judgement")),
    }
    known |= {f"facts.{name}": value for name, value in row.facts.items()}
    for column in ("measures", *annotations):
        known |= _under(column, fields_of(_value(row, column)))
    return known


def _under(name: str, value: Facts) -> Facts:
    """A value's parts by name, those of objects inside by both names."""
    known: Facts = {}
    for part, said in value.items():
        full = f"{name}.{part}"
        known |= _under(full, cast(Facts, said)) if isinstance(said, dict) else {full: said}
    return known


def _value(row: Row, column: str) -> Facts:
    cell = row.cells.get(column)
    return cell.value if cell and cell.state == "filled" else {}


def _worded(n: int, row: Row, annotations: Sequence[str]) -> Worded:
    said = ". ".join(filter(None, (annotated(_value(row, column)) for column in annotations)))
    image = row.image()
    assert image is not None
    known = Known(
        n=n,
        id=row.id,
        name=row.name,
        label=row.label,
        path=path_of(image),
        caption=_caption(row, annotations),
        synthetic=row.synthetic,
        phash=str(_value(row, "measures").get("phash", "")),
    )
    return Worded(known, said, f"{row.name} {planned(row)}")


def _caption(row: Row, annotations: Sequence[str]) -> str:
    """What is said of a row in a line."""
    said = (_value(row, column).get(name) for column in annotations for name in _CAPTIONS)
    return next((one for one in said if isinstance(one, str) and one), row.prompt)


# ----------------------------------------------------------------------------- vectors


def blocks(
    opened: Dataset, column: str, ids: dict[str, int]
) -> Iterator[tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]]:
    """The vectors of a column, block by block in the order of their rows, and whose they are."""
    rows: list[int] = []
    vectors: list[npt.NDArray[np.float32]] = []
    for n, cell in _cells(opened, column, ids):
        rows.append(n)
        vectors.append(unpacked(cell.value))
        if len(rows) == BLOCK:
            yield np.array(rows, np.int32), np.stack(vectors)
            rows, vectors = [], []
    if rows:
        yield np.array(rows, np.int32), np.stack(vectors)


def lying(opened: Dataset, column: str, ids: dict[str, int]) -> dict[tuple[str, Of, int], int]:
    """In which spaces the vectors of a column lie, and how many in each."""
    found: dict[tuple[str, Of, int], int] = {}
    for _, cell in _cells(opened, column, ids):
        lies = cell.model, cast(Of, cell.value["of"]), int(cell.value["dimensions"])
        found[lies] = found.get(lies, 0) + 1
    return found


def _cells(opened: Dataset, column: str, ids: dict[str, int]) -> Iterator[tuple[int, Cell]]:
    for row in opened.ledger.rows(columns=(column,)):
        cell = row.cells.get(column)
        if cell and cell.state == "filled" and row.id in ids:
            yield ids[row.id], cell
