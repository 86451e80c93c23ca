"""Views: the ledger counted and summed up. They read and change nothing."""

from collections.abc import Iterator
from typing import NamedTuple

from photogram.data import Blob
from photogram.ledger.file import File, doc_of
from photogram.results import Paid, Spent, Trouble


class Kept(NamedTuple):
    """A cell that holds bytes: what it would take to make them again."""

    row: str
    name: str
    origin: str
    column: str
    model: str
    dollars: float
    blobs: tuple[Blob, ...]


class Views(File):
    """What a person asks of a ledger."""

    def spent(self) -> float:
        """Dollars that providers have said they took."""
        return self._all("SELECT total(dollars) FROM money")[0][0]

    def spending(self) -> list[Spent]:
        """What each model has cost, most first."""
        return [
            Spent(model=model, calls=int(calls), dollars=dollars, unsure=int(unsure), unsure_dollars=cost)
            for model, calls, dollars, unsure, cost in self._all(
                "SELECT model, total(calls), total(dollars), total(unsure), total(cost) FROM ("
                "SELECT model, calls, dollars, 0 AS unsure, 0 AS cost FROM money UNION ALL "
                "SELECT model, 0, 0, 1, cost FROM unsure) GROUP BY model ORDER BY 3 DESC"
            )
        ]

    def paid(self) -> list[Paid]:
        """What the cells of each column have cost by model, in the order they were first filled."""
        wanted = "current = 1 AND (SELECT retired FROM rows WHERE id = cells.row) = 0"
        return [
            Paid(column=column, model=model, filled=filled, dollars=dollars, unwanted=unwanted)
            for column, model, filled, dollars, unwanted in self._all(
                "SELECT col, model, sum(state = 'filled'), total(dollars), "
                f"total(dollars) - total(iif({wanted}, dollars, 0)) "
                "FROM cells WHERE dollars > 0 GROUP BY 1, 2 ORDER BY min(seq)"
            )
        ]

    def in_flight(self) -> int:
        """Cells that a living driver is at work on."""
        return self._all("SELECT count(*) FROM intents WHERE job = 0")[0][0]

    def in_jobs(self, column: str) -> set[tuple[str, str]]:
        """The cells of a column that batch jobs are to fill, by row and key."""
        return set(self._all("SELECT row, key FROM intents WHERE job > 0 AND col = ?", column))  # type: ignore

    def count_rows(self) -> list[tuple[str, str, int, int]]:
        """(label, origin, rows, of them retired); candidates are none of them."""
        return self._all(
            "SELECT label, origin, sum(retired = 0), sum(retired) FROM rows WHERE candidate_of = '' "
            "GROUP BY 1, 2 ORDER BY 1, 2"
        )  # type: ignore[return-value]

    def count_candidates(self) -> int:
        """Rows that stand for others, chosen and rejected alike."""
        return self._all("SELECT count(*) FROM rows WHERE candidate_of <> '' AND retired = 0")[0][0]

    def count_rejected(self) -> int:
        """Candidates for a row whose picture is another's."""
        chosen = (
            "SELECT count(*), count(DISTINCT candidate_of) FROM rows JOIN cells ON cells.row = candidate_of "
            "AND col = 'image' AND current = 1 AND state = 'filled' "
            "WHERE candidate_of <> '' AND retired = 0"
        )
        candidates, rows = self._all(chosen)[0]
        return candidates - rows

    def kept(self) -> Iterator[Kept]:
        """Every current cell that holds bytes."""
        for row, name, origin, column, model, dollars, doc in self._all(
            "SELECT cells.row, name, origin, col, model, dollars, cells.doc FROM cells "
            "JOIN rows ON rows.id = cells.row WHERE current = 1 AND state = 'filled' AND retired = 0 "
            "AND sha256 <> '' ORDER BY seq"
        ):
            yield Kept(row, name, origin, column, model, dollars, tuple(doc_of(doc).files.values()))

    def troubles(self) -> Iterator[Trouble]:
        """Every cell that was refused or has failed, oldest first."""
        for row, name, column, state, attempts, model, doc in self._all(
            "SELECT cells.row, name, col, state, attempts, model, cells.doc FROM cells "
            "JOIN rows ON rows.id = cells.row WHERE current = 1 AND state <> 'filled' AND retired = 0 "
            "ORDER BY seq"
        ):
            said = doc_of(doc)
            yield Trouble(
                row=row,
                name=name,
                column=column,
                state=state,
                error=said.error,
                why=said.why,
                attempts=attempts,
                model=model,
                raw=said.raw,
            )

    def stamp(self) -> tuple[int, int, int, int]:
        """What changes when the table does, told at once; it may also change when the table does not."""
        (found,) = self._all(
            "SELECT (SELECT coalesce(max(seq), 0) FROM cells), (SELECT count(*) FROM rows), "
            "(SELECT total(retired) FROM rows), "
            "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'drivers'), 0)"
        )
        return tuple(map(int, found))  # type: ignore[return-value]

    def current_cells(self) -> Iterator[tuple[str, str, str]]:
        """Row, column and key of every filled cell that counts, as its row is wanted: all the table is."""
        yield from self._all(
            "SELECT row, col, key FROM cells JOIN rows ON rows.id = cells.row "
            "WHERE current = 1 AND state = 'filled' AND retired = 0 AND candidate_of = '' ORDER BY seq"
        )  # type: ignore[misc]
