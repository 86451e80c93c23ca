"""Cells: claimed by an intent, filled by an outcome, and what that costs.

A paid call leaves an *intent* before it is sent and its outcome after its bytes are stored. The
intent is also the claim: two drivers on one dataset pass over each other's rows.
"""

import sqlite3
import time
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from photogram.data import Outcome
from photogram.faults import OverBudget
from photogram.ledger.file import FILL, File, cell_values

ATTEMPTS = 3  # how often `run` asks for a cell that keeps failing before it is left to `retry`

CLAIM = """
INSERT OR IGNORE INTO intents(row, col, key, model, cost, driver, at, job)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE NOT EXISTS (
  SELECT 1 FROM cells WHERE row = ?1 AND col = ?2 AND key = ?3 AND state <> 'failed')
"""

Granted = Literal["mine", "held", "short"]
"""A claim is mine, held by another driver (or filled by it), or there is not money enough for it now."""


class Want(NamedTuple):
    """A cell somebody wants to fill, and what that may cost."""

    row: str
    column: str
    key: str
    model: str
    cost: float


class Standing(NamedTuple):
    """Where a cell of some key stands."""

    state: str
    attempts: int
    final: bool
    current: bool


class Cells(File):
    """The ledger's cells, and the money they take."""

    def standings(self, column: str) -> dict[tuple[str, str], Standing]:
        """Where every cell of a column stands, by row and key."""
        return {
            (row, key): Standing(state, attempts, bool(final), bool(current))
            for row, key, state, attempts, final, current in self._all(
                "SELECT row, key, state, attempts, final, current FROM cells WHERE col = ?", column
            )
        }

    def claim(
        self, wants: Sequence[Want], *, budget: float | None, cap: float | None, job: int = 0
    ) -> list[Granted]:
        """Leave an intent for each cell that nobody else is at work on and that there is money for.

        `budget` bounds the dataset, `cap` this driver; OverBudget when not even the first fits. An intent
        of a batch job outlives its driver.
        """
        granted: list[Granted] = []
        with self._writing() as db:
            left = self._left(budget, cap) if any(want.cost for want in wants) else float("inf")
            if wants and wants[0].cost > left + 1e-9:
                raise OverBudget(*self._no_money(wants[0], left))
            for want in wants:
                if want.cost > left + 1e-9:
                    granted.append("short")
                    continue
                mine = db.execute(CLAIM, (*want, self._driver, time.time(), job)).rowcount == 1
                granted.append("mine" if mine else "held")
                left -= want.cost if mine else 0.0
        return granted

    def claim_again(
        self, row: str, column: str, key: str, *, budget: float | None, cap: float | None
    ) -> bool:
        """Count a second ask for a claimed cell, if there is money for it."""
        with self._writing() as db:
            find = "SELECT cost FROM intents WHERE row = ? AND col = ? AND key = ?"
            (cost,) = db.execute(find, (row, column, key)).fetchone()
            if cost and cost > self._left(budget, cap) + 1e-9:
                return False
            db.execute(
                "UPDATE intents SET asks = asks + 1 WHERE row = ? AND col = ? AND key = ?",
                (row, column, key),
            )
        return True

    def release(self, row: str, column: str, key: str) -> None:
        """Take back an intent for which nothing was sent."""
        with self._writing() as db:
            db.execute("DELETE FROM intents WHERE row = ? AND col = ? AND key = ?", (row, column, key))

    def commit(self, outcomes: Sequence[Outcome]) -> None:
        """Write outcomes, settle their intents and book what they cost, all or nothing."""
        now = time.time()
        with self._writing() as db:
            db.executemany(
                "UPDATE cells SET current = 0 WHERE row = ? AND col = ? AND current = 1 AND key <> ?",
                [(done.row, done.column, done.key) for done in outcomes],
            )
            db.executemany(FILL, [cell_values(done, now) for done in outcomes])
            self._settle(db, outcomes, now)

    def make_current(self, cells: Iterable[tuple[str, str, str]]) -> None:
        """Of several cells of a row and column, let the one of this key be the one that counts."""
        with self._writing() as db:
            for row, column, key in cells:
                db.execute(
                    "UPDATE cells SET current = (key = ?3) WHERE row = ?1 AND col = ?2", (row, column, key)
                )

    def forget(self, cells: Iterable[tuple[str, str]]) -> None:
        """Empty the current cells of these rows and columns, so that they are owed again."""
        with self._writing() as db:
            db.executemany("DELETE FROM cells WHERE row = ? AND col = ? AND current = 1", cells)

    def start_afresh(self, *, refused: bool, rows: Sequence[str] = ()) -> int:
        """Forget failed cells, and refused ones if asked, of some rows or of all."""
        states = ("failed", "refused") if refused else ("failed", "failed")
        only = f" AND row IN ({','.join('?' * len(rows))})" if rows else ""
        with self._writing() as db:
            drop = f"DELETE FROM cells WHERE current = 1 AND state IN (?, ?){only}"
            return db.execute(drop, (*states, *rows)).rowcount

    # ---------------------------------------------------------------------- money

    def booked(self) -> float:
        """Dollars spent, maybe spent, and spoken for by asks in flight."""
        sums = "SELECT (SELECT total(dollars) FROM money) + (SELECT total(cost) FROM unsure) + "
        return self._all(sums + "(SELECT total(cost * asks) FROM intents)")[0][0]

    def book(self, model: str, dollars: float) -> None:
        """Count a call that fills no cell."""
        with self._writing() as db:
            self._book(db, model, 1, dollars)

    def _left(self, budget: float | None, cap: float | None) -> float:
        lefts = [float("inf")]
        if budget is not None:
            lefts.append(budget - self.booked())
        if cap is not None:
            mine = "SELECT (SELECT total(dollars) FROM money WHERE driver = ?1) + "
            mine += "(SELECT total(cost * asks) FROM intents WHERE driver = ?1)"
            lefts.append(cap - self._all(mine, self._driver)[0][0])
        return min(lefts)

    def _no_money(self, want: Want, left: float) -> tuple[str]:
        what = f"the budget is reached: {max(left, 0):.4f} dollars are left, "
        return (what + f"and the next ask of {want.model} may cost {want.cost:.4f}",)

    def _settle(self, db: sqlite3.Connection, outcomes: Sequence[Outcome], now: float) -> None:
        for done in outcomes:
            if done.unsure:
                db.execute(
                    "INSERT INTO unsure SELECT row, col, key, model, cost, ?4, ?5 FROM intents "
                    "WHERE row = ?1 AND col = ?2 AND key = ?3 AND cost > 0",
                    (done.row, done.column, done.key, now, done.why),
                )
        for model in {done.model for done in outcomes if done.usage.dollars}:
            paid = [done.usage.dollars for done in outcomes if done.model == model and done.usage.dollars]
            self._book(db, model, len(paid), sum(paid))
        db.executemany(
            "DELETE FROM intents WHERE row = ? AND col = ? AND key = ?",
            [(done.row, done.column, done.key) for done in outcomes],
        )

    def _book(self, db: sqlite3.Connection, model: str, calls: int, dollars: float) -> None:
        db.execute(
            "INSERT INTO money VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "calls = calls + excluded.calls, dollars = dollars + excluded.dollars",
            (self._driver, model, calls, dollars),
        )
