"""Rows: what was planned or taken in, in the order it came, with the cells it has now."""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from photogram.data import CANDIDATE, Cell, Outcome, Row
from photogram.ledger.file import ADD, FILL, PLACE, Doc, File, cell_values, doc_of, row_of, row_values

PAGE = 500
PARENT = "parent"
"""What a step can ask for of the row that its row is an edit of: its picture, or `parent.` and a column."""


class Rows(File):
    """The ledger's rows."""

    def add_rows(self, rows: Iterable[Row]) -> int:
        """Write rows that are not there yet; how many were new, candidates apart."""
        values = [row_values(row) for row in rows]
        own, others = ([one for one in values if bool(one[7]) == of] for of in (False, True))
        with self._writing() as db:
            before = db.total_changes
            db.executemany(ADD, own)
            added = db.total_changes - before
            db.executemany(ADD, others)
            db.executemany(PLACE, [(one[0], one[7], one[-1]) for one in values if one[5]])
        return added

    def take_in(self, row: Row, image: Outcome) -> None:
        """Write a row together with the picture it came with: both or neither."""
        with self._writing() as db:
            db.execute(ADD, row_values(row))
            db.execute(FILL, cell_values(image, time.time()))

    def retire_except(self, wanted: Iterable[str]) -> tuple[int, int]:
        """Of the planned rows, retire those not wanted and call back those wanted again."""
        with self._writing() as db:
            db.execute("CREATE TEMP TABLE IF NOT EXISTS wanted(id TEXT PRIMARY KEY) WITHOUT ROWID")
            db.execute("DELETE FROM wanted")
            db.executemany("INSERT OR IGNORE INTO wanted VALUES (?)", ((row,) for row in wanted))
            away, back = (self._retire(db, retired) for retired in (1, 0))
        return away, back

    def _retire(self, db: sqlite3.Connection, retired: int) -> int:
        """Retire what is not wanted, or call back what is; how many rows that were, candidates apart."""
        change = "UPDATE rows SET retired = ?1 WHERE origin = 'planned' AND retired <> ?1 AND id "
        change += f"{'NOT IN' if retired else 'IN'} (SELECT id FROM wanted) AND candidate_of "
        db.execute(f"{change} <> ''", (retired,))
        return db.execute(f"{change} = ''", (retired,)).rowcount

    def known(self, ids: Iterable[str]) -> set[str]:
        """Those of the ids that are rows already."""
        found = (self._all("SELECT id FROM rows WHERE id = ?", row) for row in ids)
        return {row[0][0] for row in found if row}

    def name_taken(self, name: str) -> bool:
        return bool(self._all("SELECT 1 FROM rows WHERE name = ?", name))

    def rows(
        self, *, columns: Sequence[str] = (), retired: bool = False, candidates: bool = False
    ) -> Iterator[Row]:
        """Every row in the order it came, with its current cells of these columns.

        Rows that are only candidates for another's picture are left out unless they are asked for.
        """
        last, only = 0, "" if candidates else "AND candidate_of = '' "
        while page := self._all(
            f"SELECT ord, id, doc FROM rows WHERE ord > ? AND retired <= ? {only}ORDER BY ord LIMIT ?",
            last,
            int(retired),
            PAGE,
        ):
            last = page[-1][0]
            yield from self._with_cells([(row, doc) for _, row, doc in page], columns)

    def rows_of(self, ids: Sequence[str], columns: Sequence[str]) -> list[Row]:
        """These rows, in this order, with their current cells of these columns."""
        marks = ",".join("?" * len(ids))
        found = dict(self._all(f"SELECT id, doc FROM rows WHERE id IN ({marks})", *ids))
        return self._with_cells([(row, found[row]) for row in ids if row in found], columns)

    def refinements(self) -> list[Row]:
        """Every row that was made in place of another, candidates too, in the order they came."""
        found = self._all('SELECT doc FROM rows WHERE doc LIKE \'%"refines":"%\' ORDER BY ord')
        return [row for (doc,) in found if (row := row_of(doc)).refines]  # facts may have that name too

    def _with_cells(self, page: Sequence[tuple[str, str]], columns: Sequence[str]) -> list[Row]:
        rows = [row_of(doc) for _, doc in page]
        if not columns:
            return rows
        wanted = {_of_parent(name): name for name in columns if name.partition(".")[0] == PARENT}
        own = [name for name in columns if name not in (*wanted.values(), "candidates")]
        cells = self._cells([row.id for row in rows], own)
        parents = self._cells([row.parent for row in rows if row.parent], list(wanted)) if wanted else {}
        for row in rows:
            for column, cell in parents.get(row.parent, {}).items():
                cells.setdefault(row.id, {})[wanted[column]] = cell
        if "candidates" in columns:
            for row, name, cell in self._candidates([row.id for row in rows if row.best_of]):
                cells.setdefault(row, {})[f"{CANDIDATE}{name}"] = cell
        return [msgspec.structs.replace(row, cells=cells.get(row.id, {})) for row in rows]

    def _candidates(self, rows: Sequence[str]) -> Iterator[tuple[str, str, Cell]]:
        """The pictures of those who stand for these rows: for whom, under which name, and the cell."""
        marks = ",".join("?" * len(rows))
        found = self._all(
            "SELECT id, name, candidate_of FROM rows "
            f"WHERE candidate_of IN ({marks}) AND retired = 0 ORDER BY ord",
            *rows,
        )
        cells = self._cells([row for row, *_ in found], ["image"])
        for row, name, of in found:
            if row in cells:
                yield of, name, cells[row]["image"]

    def _cells(self, rows: Sequence[str], columns: Sequence[str]) -> dict[str, dict[str, Cell]]:
        """The current cells of some rows and columns, by row and column."""
        found: dict[str, dict[str, Cell]] = {}
        for row, col, key, state, model, attempts, doc in self._all(
            "SELECT row, col, key, state, model, attempts, doc FROM cells "
            f"WHERE row IN ({','.join('?' * len(rows))}) AND col IN ({','.join('?' * len(columns))}) "
            "AND current = 1",
            *rows,
            *columns,
        ):
            found.setdefault(row, {})[col] = _cell(key, state, model, attempts, doc_of(doc))
        return found


def _of_parent(name: str) -> str:
    """The parent's column that is meant."""
    return name.partition(".")[2] or "image"


def _cell(key: str, state: Any, model: str, attempts: int, doc: Doc) -> Cell:
    return Cell(
        state=state,
        key=key,
        model=model,
        value=doc.value,
        files=doc.files,
        error=doc.error,
        why=doc.why,
        attempts=attempts,
    )
