"""The file: its tables, its connection, and what one of its lines holds.

Everything that reads or writes goes through `File`: one transaction for what belongs together, and an
error in words.
"""

import os
import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from photogram.data import Blob, Facts, Outcome, Row, Word
from photogram.faults import LedgerError

FORMAT = 3

SCHEMA = """
CREATE TABLE rows(
  ord INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, label TEXT NOT NULL,
  split TEXT NOT NULL, origin TEXT NOT NULL, parent TEXT NOT NULL, grp TEXT NOT NULL,
  candidate_of TEXT NOT NULL, synthetic INTEGER NOT NULL, retired INTEGER NOT NULL DEFAULT 0,
  doc TEXT NOT NULL);
CREATE INDEX rows_candidate_of ON rows(candidate_of) WHERE candidate_of <> '';
CREATE TABLE cells(
  seq INTEGER PRIMARY KEY, row TEXT NOT NULL, col TEXT NOT NULL, key TEXT NOT NULL,
  current INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, final INTEGER NOT NULL,
  model TEXT NOT NULL, sha256 TEXT NOT NULL, dollars REAL NOT NULL, seconds REAL NOT NULL,
  at REAL NOT NULL, doc TEXT NOT NULL, UNIQUE(row, col, key));
CREATE TABLE intents(
  row TEXT NOT NULL, col TEXT NOT NULL, key TEXT NOT NULL, model TEXT NOT NULL, cost REAL NOT NULL,
  asks INTEGER NOT NULL DEFAULT 1, driver INTEGER NOT NULL, at REAL NOT NULL, job INTEGER NOT NULL,
  PRIMARY KEY(row, col, key)) WITHOUT ROWID;
CREATE INDEX intents_job ON intents(job) WHERE job > 0;
CREATE TABLE jobs(
  number INTEGER PRIMARY KEY AUTOINCREMENT, col TEXT NOT NULL, model TEXT NOT NULL,
  state TEXT NOT NULL, token TEXT NOT NULL DEFAULT '', name TEXT NOT NULL DEFAULT '',
  records INTEGER NOT NULL DEFAULT 0, driver INTEGER NOT NULL, at REAL NOT NULL,
  doc TEXT NOT NULL DEFAULT '');
CREATE TABLE unsure(
  row TEXT NOT NULL, col TEXT NOT NULL, key TEXT NOT NULL, model TEXT NOT NULL, cost REAL NOT NULL,
  at REAL NOT NULL, why TEXT NOT NULL);
CREATE TABLE money(
  driver INTEGER NOT NULL, model TEXT NOT NULL, calls INTEGER NOT NULL, dollars REAL NOT NULL,
  PRIMARY KEY(driver, model)) WITHOUT ROWID;
CREATE TABLE drivers(
  id INTEGER PRIMARY KEY AUTOINCREMENT, host TEXT NOT NULL, pid INTEGER NOT NULL,
  born TEXT NOT NULL, beat REAL NOT NULL);
"""

ADD = """
INSERT OR IGNORE INTO rows(id, name, label, split, origin, parent, grp, candidate_of, synthetic, doc)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

PLACE = "UPDATE rows SET candidate_of = ?2, doc = ?3 WHERE id = ?1 AND doc <> ?3"
"""What a row stands for in the plan may change; what it is does not, and so neither does its id."""

FILL = """
INSERT INTO cells(row, col, key, current, state, attempts, final, model, sha256, dollars, seconds, at, doc)
VALUES (?, ?, ?, 1, ?, 1, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT(row, col, key) DO UPDATE SET
  current = 1, state = excluded.state, attempts = attempts + 1, final = excluded.final,
  sha256 = excluded.sha256, dollars = dollars + excluded.dollars, seconds = excluded.seconds,
  at = excluded.at, doc = excluded.doc
WHERE state <> 'filled'
"""


class Doc(Word, frozen=True):
    """What is kept of a cell beside the fields that are searched by."""

    value: Facts = {}
    files: dict[str, Blob] = {}
    error: str = ""
    why: str = ""
    raw: str = ""
    request_id: str = ""


_encode = msgspec.json.Encoder().encode
row_of = msgspec.json.Decoder(Row).decode
doc_of = msgspec.json.Decoder(Doc).decode


class File:
    """An open file: what the parts of a ledger stand on."""

    def __init__(self, path: Path, *, make: bool = False) -> None:
        self.path = path
        self._driver = 0  # whose claims are written; 0 for one who only looks
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

    @contextmanager
    def _writing_for_good(self) -> Generator[sqlite3.Connection]:
        """The same, and on the disk before it ends: what a power cut may not take back."""
        with self._told():
            self._db.execute("PRAGMA synchronous = FULL")
        try:
            with self._writing() as db:
                yield db
        finally:
            with self._told():
                self._db.execute("PRAGMA synchronous = NORMAL")

    def _all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._told():
            return self._db.execute(sql, values).fetchall()

    def checkpoint(self) -> None:
        """Move what is committed into the file itself, durably; callable from any thread."""
        with self._told():
            db = sqlite3.connect(self.path, timeout=30)
            try:
                db.execute("PRAGMA wal_checkpoint(PASSIVE)")
            finally:
                db.close()


def _connect(path: Path, *, make: bool) -> tuple[sqlite3.Connection, bool]:
    """The ledger's file, and whether it can be written."""
    mode = "rwc" if make else "rw" if os.access(path.parent, os.W_OK) else "ro"
    address = f"{path.absolute().as_uri()}?mode={mode}{'' if mode != 'ro' else '&immutable=1'}"
    db = sqlite3.connect(address, uri=True, timeout=30, isolation_level=None, check_same_thread=False)
    if mode == "ro":
        return db, False
    db.execute("PRAGMA page_size = 4096")
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


def row_values(row: Row) -> tuple[Any, ...]:
    bare = msgspec.structs.replace(row, cells={}) if row.cells else row
    return (
        *(row.id, row.name, row.label, row.split, row.origin, row.parent, row.group),
        *(row.candidate_of, int(row.synthetic), _encode(bare).decode()),
    )


def cell_values(done: Outcome, now: float) -> tuple[Any, ...]:
    image = done.files.get("image")
    doc = Doc(
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
