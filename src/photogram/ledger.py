"""The ledger: one SQLite file that remembers every row, every cell and every dollar.

A paid call leaves an *intent* before it is sent and its outcome after its bytes are stored. The
intent is also the claim: two drivers on one dataset pass over each other's rows. An intent that
outlives its driver is a call nobody knows the end of: counted as maybe billed, and asked again.
"""

import os
import socket
import sqlite3
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from photogram.data import Blob, Cell, Facts, Outcome, Row, Word
from photogram.faults import LedgerError, OverBudget
from photogram.results import Spent, Trouble

ATTEMPTS = 3  # how often `run` asks for a cell that keeps failing before it is left to `retry`
SILENT_FOR = 60.0  # seconds without a heartbeat after which a driver on another host counts as dead
FORMAT = 1

SCHEMA = """
CREATE TABLE rows(
  ord INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, label TEXT NOT NULL,
  split TEXT NOT NULL, origin TEXT NOT NULL, parent TEXT NOT NULL, grp TEXT NOT NULL,
  synthetic INTEGER NOT NULL, retired INTEGER NOT NULL DEFAULT 0, doc TEXT NOT NULL);
CREATE INDEX rows_label ON rows(label, split) WHERE retired = 0;
CREATE TABLE cells(
  seq INTEGER PRIMARY KEY, row TEXT NOT NULL, col TEXT NOT NULL, key TEXT NOT NULL,
  current INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, final INTEGER NOT NULL,
  model TEXT NOT NULL, sha256 TEXT NOT NULL, dollars REAL NOT NULL, seconds REAL NOT NULL,
  at REAL NOT NULL, doc TEXT NOT NULL, UNIQUE(row, col, key));
CREATE INDEX cells_state ON cells(col, state) WHERE current = 1;
CREATE INDEX cells_sha256 ON cells(sha256) WHERE sha256 <> '';
CREATE TABLE intents(
  row TEXT NOT NULL, col TEXT NOT NULL, key TEXT NOT NULL, model TEXT NOT NULL, cost REAL NOT NULL,
  asks INTEGER NOT NULL DEFAULT 1, driver INTEGER NOT NULL, at REAL NOT NULL,
  PRIMARY KEY(row, col, key)) WITHOUT ROWID;
CREATE TABLE unsure(
  row TEXT NOT NULL, col TEXT NOT NULL, key TEXT NOT NULL, model TEXT NOT NULL, cost REAL NOT NULL,
  at REAL NOT NULL, why TEXT NOT NULL);
CREATE TABLE money(
  model TEXT PRIMARY KEY, calls INTEGER NOT NULL, dollars REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE drivers(
  id INTEGER PRIMARY KEY AUTOINCREMENT, host TEXT NOT NULL, pid INTEGER NOT NULL,
  born TEXT NOT NULL, beat REAL NOT NULL, dollars REAL NOT NULL DEFAULT 0);
"""

ADD = """
INSERT OR IGNORE INTO rows(id, name, label, split, origin, parent, grp, synthetic, doc)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

CLAIM = """
INSERT OR IGNORE INTO intents(row, col, key, model, cost, driver, at)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (
  SELECT 1 FROM cells WHERE row = ?1 AND col = ?2 AND key = ?3 AND state <> 'failed')
"""

FILL = """
INSERT INTO cells(row, col, key, current, state, attempts, final, model, sha256, dollars, seconds, at, doc)
VALUES (?, ?, ?, 1, ?, 1, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT(row, col, key) DO UPDATE SET
  current = 1, state = excluded.state, attempts = attempts + 1, final = excluded.final,
  sha256 = excluded.sha256, dollars = dollars + excluded.dollars, seconds = excluded.seconds,
  at = excluded.at, doc = excluded.doc
WHERE state <> 'filled'
"""

PAGE = 500

_DRIVING: set[tuple[str, int]] = set()
"""The drivers of this process: one that could not say goodbye, to a full disk, is not alive for it."""


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


class Kept(NamedTuple):
    """A cell that holds bytes: what it would take to make them again."""

    row: str
    name: str
    origin: str
    column: str
    model: str
    dollars: float
    blobs: tuple[Blob, ...]


class _Doc(Word, frozen=True):
    value: Facts = {}
    files: dict[str, Blob] = {}
    error: str = ""
    why: str = ""
    raw: str = ""
    request_id: str = ""


_encode = msgspec.json.Encoder().encode
_row_of = msgspec.json.Decoder(Row).decode
_doc_of = msgspec.json.Decoder(_Doc).decode


class Ledger:
    """An open ledger. Only its driver's event loop touches it; workers never do."""

    def __init__(self, path: Path, *, make: bool = False) -> None:
        self.path = path
        self._driver = 0
        with self._told():
            self._db, self._writable = _connect(path, make=make)
            if self._writable and self._empty():
                self._begin()
        self._check_format()

    def _empty(self) -> bool:
        return not self._db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()

    def _begin(self) -> None:
        """Lay out an empty ledger; of several that try at once, one does."""
        with self._writing() as db:
            if self._empty():
                for statement in SCHEMA.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {FORMAT}")

    def _check_format(self) -> None:
        with self._told():
            (found,) = self._db.execute("PRAGMA user_version").fetchone()
        if found != FORMAT:
            raise LedgerError(
                f"the ledger has format {found}, this photogram reads {FORMAT}",
                where=str(self.path),
                do="use the photogram that made it",
            )

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _told(self) -> Generator[None]:
        """Say in words what SQLite says in its own."""
        try:
            yield
        except sqlite3.Error as error:
            raise LedgerError(*_said(str(error)), where=str(self.path)) from None

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        """One transaction, begun as a writer so that it never has to give up half-way."""
        with self._told():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._told():
            return self._db.execute(sql, values).fetchall()

    # ----------------------------------------------------------------------- rows

    def add_rows(self, rows: Iterable[Row]) -> int:
        """Write rows that are not there yet; how many were new."""
        with self._writing() as db:
            before = db.total_changes
            db.executemany(ADD, map(_row_values, rows))
            return db.total_changes - before

    def take_in(self, row: Row, image: Outcome) -> None:
        """Write a row together with the picture it came with: both or neither."""
        with self._writing() as db:
            db.execute(ADD, _row_values(row))
            db.execute(FILL, _cell_values(image, time.time()))

    def retire_except(self, wanted: Iterable[str]) -> tuple[int, int]:
        """Of the planned rows, retire those not wanted and call back those wanted again."""
        with self._writing() as db:
            db.execute("CREATE TEMP TABLE IF NOT EXISTS wanted(id TEXT PRIMARY KEY) WITHOUT ROWID")
            db.execute("DELETE FROM wanted")
            db.executemany("INSERT OR IGNORE INTO wanted VALUES (?)", ((row,) for row in wanted))
            change = "UPDATE rows SET retired = ?1 WHERE origin = 'planned' AND retired <> ?1"
            away = db.execute(f"{change} AND id NOT IN (SELECT id FROM wanted)", (1,)).rowcount
            back = db.execute(f"{change} AND id IN (SELECT id FROM wanted)", (0,)).rowcount
        return away, back

    def known(self, ids: Iterable[str]) -> set[str]:
        """Those of the ids that are rows already."""
        found = (self._all("SELECT id FROM rows WHERE id = ?", row) for row in ids)
        return {row[0][0] for row in found if row}

    def name_taken(self, name: str) -> bool:
        return bool(self._all("SELECT 1 FROM rows WHERE name = ?", name))

    def rows(self, *, columns: Sequence[str] = (), retired: bool = False) -> Iterator[Row]:
        """Every row in the order it came, with its current cells of these columns."""
        last = 0
        while page := self._all(
            "SELECT ord, id, doc FROM rows WHERE ord > ? AND retired <= ? ORDER BY ord LIMIT ?",
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

    def _with_cells(self, page: Sequence[tuple[str, str]], columns: Sequence[str]) -> list[Row]:
        rows = [_row_of(doc) for _, doc in page]
        if not columns:
            return rows
        cells = self._cells([row.id for row in rows], [name for name in columns if name != "parent"])
        if "parent" in columns:
            parents = self._cells([row.parent for row in rows if row.parent], ["image"])
            for row in rows:
                if row.parent in parents:
                    cells.setdefault(row.id, {})["parent"] = parents[row.parent]["image"]
        return [msgspec.structs.replace(row, cells=cells.get(row.id, {})) for row in rows]

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
            found.setdefault(row, {})[col] = _cell(key, state, model, attempts, _doc_of(doc))
        return found

    # ---------------------------------------------------------------------- cells

    def standings(self, column: str) -> dict[tuple[str, str], Standing]:
        """Where every cell of a column stands, by row and key."""
        return {
            (row, key): Standing(state, attempts, bool(final), bool(current))
            for row, key, state, attempts, final, current in self._all(
                "SELECT row, key, state, attempts, final, current FROM cells WHERE col = ?", column
            )
        }

    def claim(self, wants: Sequence[Want], *, budget: float | None, cap: float | None) -> list[Granted]:
        """Leave an intent for each cell that nobody else is at work on and that there is money for.

        `budget` bounds the dataset, `cap` this driver; OverBudget when not even the first fits.
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
                mine = db.execute(CLAIM, (*want, self._driver, time.time())).rowcount == 1
                granted.append("mine" if mine else "held")
                left -= want.cost if mine else 0.0
        return granted

    def _left(self, budget: float | None, cap: float | None) -> float:
        lefts = [float("inf")]
        if budget is not None:
            lefts.append(budget - self.booked())
        if cap is not None:
            mine = "SELECT (SELECT dollars FROM drivers WHERE id = ?1) + "
            mine += "(SELECT total(cost * asks) FROM intents WHERE driver = ?1)"
            lefts.append(cap - self._all(mine, self._driver)[0][0])
        return min(lefts)

    def _no_money(self, want: Want, left: float) -> tuple[str]:
        what = f"the budget is reached: {max(left, 0):.4f} dollars are left, "
        return (what + f"and the next ask of {want.model} may cost {want.cost:.4f}",)

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
            db.executemany(FILL, [_cell_values(done, now) for done in outcomes])
            self._settle(db, outcomes, now)

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
            "INSERT INTO money VALUES (?, ?, ?) ON CONFLICT(model) DO UPDATE SET "
            "calls = calls + excluded.calls, dollars = dollars + excluded.dollars",
            (model, calls, dollars),
        )
        db.execute("UPDATE drivers SET dollars = dollars + ? WHERE id = ?", (dollars, self._driver))

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

    # ------------------------------------------------------------------- drivers

    def drive(self) -> None:
        """Become a driver: from now on this process may claim rows."""
        with self._writing() as db:
            values = (socket.gethostname(), os.getpid(), _born(os.getpid()), time.time())
            made = db.execute("INSERT INTO drivers(host, pid, born, beat) VALUES (?, ?, ?, ?)", values)
            self._driver = made.lastrowid or 0
        _DRIVING.add((str(self.path), self._driver))
        self.bury()

    def beat(self) -> None:
        """Say that this driver is alive."""
        with self._writing() as db:
            db.execute("UPDATE drivers SET beat = ? WHERE id = ?", (time.time(), self._driver))

    def bury(self) -> int:
        """Free the claims of drivers that are gone; how many calls' ends nobody knows."""
        dead = [
            driver
            for driver, host, pid, born, beat in self._all(
                "SELECT id, host, pid, born, beat FROM drivers WHERE id IN (SELECT driver FROM intents)"
            )
            if driver != self._driver and not self._lives(driver, host, pid, born, beat)
        ]
        return sum(self._bury(driver, "its run ended before an answer came") for driver in dead)

    def _lives(self, driver: int, host: str, pid: int, born: str, beat: float) -> bool:
        """Whether a driver is still at work; of this process's own, those that have not left."""
        mine = host == socket.gethostname() and pid == os.getpid() and born == _born(pid)
        return (str(self.path), driver) in _DRIVING if mine else _lives(host, pid, born, beat)

    def leave(self) -> None:
        """Stop being a driver; what is still claimed was dropped in flight."""
        _DRIVING.discard((str(self.path), self._driver))
        self._bury(self._driver, "its run was stopped before an answer came")
        with self._writing() as db:
            db.execute("DELETE FROM drivers WHERE id = ?", (self._driver,))
        self._driver = 0

    def _bury(self, driver: int, why: str) -> int:
        with self._writing() as db:
            paid = db.execute(
                "INSERT INTO unsure SELECT row, col, key, model, cost * asks, ?, ? FROM intents "
                "WHERE driver = ? AND cost > 0",
                (time.time(), why, driver),
            ).rowcount
            db.execute("DELETE FROM intents WHERE driver = ?", (driver,))
        return paid

    def checkpoint(self) -> None:
        """Move what is committed into the file itself, durably; callable from any thread."""
        with self._told():
            db = sqlite3.connect(self.path, timeout=30)
            try:
                db.execute("PRAGMA wal_checkpoint(PASSIVE)")
            finally:
                db.close()

    # --------------------------------------------------------------------- views

    def booked(self) -> float:
        """Dollars spent, maybe spent, and spoken for by asks in flight."""
        sums = "SELECT (SELECT total(dollars) FROM money) + (SELECT total(cost) FROM unsure) + "
        return self._all(sums + "(SELECT total(cost * asks) FROM intents)")[0][0]

    def spent(self) -> float:
        """Dollars that providers have said they took."""
        return self._all("SELECT total(dollars) FROM money")[0][0]

    def in_flight(self) -> int:
        """Cells that a living driver is at work on."""
        return self._all("SELECT count(*) FROM intents")[0][0]

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

    def count_rows(self) -> list[tuple[str, str, int, int]]:
        """(label, origin, rows, of them retired)."""
        return self._all(
            "SELECT label, origin, sum(retired = 0), sum(retired) FROM rows GROUP BY 1, 2 ORDER BY 1, 2"
        )  # type: ignore[return-value]

    def count_cells(self) -> list[tuple[str, str, int]]:
        """(column, state, cells) of the rows that are not retired."""
        return self._all(
            "SELECT col, state, count(*) FROM cells JOIN rows ON rows.id = cells.row "
            "WHERE current = 1 AND retired = 0 GROUP BY 1, 2 ORDER BY min(seq)"
        )  # type: ignore[return-value]

    def kept(self) -> Iterator[Kept]:
        """Every current cell that holds bytes."""
        for row, name, origin, column, model, dollars, doc in self._all(
            "SELECT cells.row, name, origin, col, model, dollars, cells.doc FROM cells "
            "JOIN rows ON rows.id = cells.row WHERE current = 1 AND state = 'filled' AND retired = 0 "
            "AND sha256 <> '' ORDER BY seq"
        ):
            yield Kept(row, name, origin, column, model, dollars, tuple(_doc_of(doc).files.values()))

    def troubles(self) -> Iterator[Trouble]:
        """Every cell that was refused or has failed, oldest first."""
        for row, name, column, state, attempts, model, doc in self._all(
            "SELECT cells.row, name, col, state, attempts, model, cells.doc FROM cells "
            "JOIN rows ON rows.id = cells.row WHERE current = 1 AND state <> 'filled' AND retired = 0 "
            "ORDER BY seq"
        ):
            said = _doc_of(doc)
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


def _connect(path: Path, *, make: bool) -> tuple[sqlite3.Connection, bool]:
    """The ledger's file, and whether it can be written."""
    mode = "rwc" if make else "rw" if os.access(path.parent, os.W_OK) else "ro"
    address = f"{path.absolute().as_uri()}?mode={mode}{'' if mode != 'ro' else '&immutable=1'}"
    db = sqlite3.connect(address, uri=True, timeout=30, isolation_level=None, check_same_thread=False)
    if mode == "ro":
        return db, False
    db.execute("PRAGMA page_size = 16384")
    _use_a_log(db)
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA wal_autocheckpoint = 0")  # the driver checkpoints, after the store has synced
    return db, True


def _use_a_log(db: sqlite3.Connection) -> None:
    """Switch to WAL; SQLite does not wait for another process that is doing the same just now."""
    until = time.monotonic() + 30
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _row_values(row: Row) -> tuple[Any, ...]:
    bare = msgspec.structs.replace(row, cells={}) if row.cells else row
    return (
        *(row.id, row.name, row.label, row.split, row.origin, row.parent, row.group),
        *(int(row.synthetic), _encode(bare).decode()),
    )


def _cell_values(done: Outcome, now: float) -> tuple[Any, ...]:
    image = done.files.get("image")
    doc = _Doc(
        value=done.value,
        files=done.files,
        error=done.error,
        why=done.why,
        raw=done.raw,
        request_id=done.usage.request_id,
    )
    return (
        *(done.row, done.column, done.key, done.state, int(done.final), done.model),
        *(image.sha256 if image else "", done.usage.dollars, done.usage.seconds, now),
        _encode(doc).decode(),
    )


def _cell(key: str, state: Any, model: str, attempts: int, doc: _Doc) -> Cell:
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


def _lives(host: str, pid: int, born: str, beat: float) -> bool:
    """Whether a driver is still at work: its process here, its heartbeat elsewhere."""
    if host == socket.gethostname():
        return bool(born) and _born(pid) == born
    return time.time() - beat < SILENT_FOR


def _born(pid: int) -> str:
    """When a process started, so that a number used again is not taken for the same process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[19]
    except OSError:
        return _born_without_proc(pid)


def _born_without_proc(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        return "alive"
    return "alive"


def _said(error: str) -> tuple[str]:
    words = {
        "unable to open": "there is no ledger that can be opened here",
        "readonly": "the ledger can only be read here; choose a folder that can be written",
        "disk is full": "the disk is full; make room and run again, nothing that was finished is lost",
        "disk I/O": "the disk does not take what is written; is it full, or on a network share?",
        "locked": "another program has held the ledger for half a minute; close it and run again",
        "not a database": "the file is not a ledger",
        "malformed": "the ledger is damaged; restore it from a copy",
    }
    return (next((said for part, said in words.items() if part in error), f"SQLite says: {error}"),)
