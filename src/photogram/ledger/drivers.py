"""Drivers: the processes that may claim cells, and what becomes of their claims when they are gone.

An intent that outlives its driver is a call nobody knows the end of: counted as maybe billed, and
asked again.
"""

import os
import socket
import time
from pathlib import Path

from photogram.ledger.file import File

SILENT_FOR = 60.0  # seconds without a heartbeat after which a driver on another host counts as dead

_DRIVING: set[tuple[str, int]] = set()
"""The drivers of this process: one that could not say goodbye, to a full disk, is not alive for it."""


class Drivers(File):
    """Who is at work on the ledger."""

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
                "SELECT id, host, pid, born, beat FROM drivers "
                "WHERE id IN (SELECT driver FROM intents WHERE job = 0)"
            )
            if driver != self._driver and not self._lives(driver, host, pid, born, beat)
        ]
        return sum(self._bury(driver, "its run ended before an answer came") for driver in dead)

    def leave(self) -> None:
        """Stop being a driver; what is still claimed was dropped in flight."""
        _DRIVING.discard((str(self.path), self._driver))
        self._bury(self._driver, "its run was stopped before an answer came")
        with self._writing() as db:
            db.execute("DELETE FROM drivers WHERE id = ?", (self._driver,))
        self._driver = 0

    def mind(self, number: int) -> bool:
        """Be the one that minds a job, unless a living driver does already."""
        (driver,) = self._all("SELECT driver FROM jobs WHERE number = ?", number)[0]
        if driver != self._driver and self._is_at_work(driver):
            return False
        with self._writing() as db:
            change = "UPDATE jobs SET driver = ? WHERE number = ? AND driver = ?"
            return db.execute(change, (self._driver, number, driver)).rowcount == 1

    def _is_at_work(self, driver: int) -> bool:
        """Whether a driver, by its number, has neither left nor died."""
        find = "SELECT id, host, pid, born, beat FROM drivers WHERE id = ?"
        return any(self._lives(*found) for found in self._all(find, driver))

    def _lives(self, driver: int, host: str, pid: int, born: str, beat: float) -> bool:
        """Whether a driver is still at work; of this process's own, those that have not left."""
        mine = host == socket.gethostname() and pid == os.getpid() and born == _born(pid)
        return (str(self.path), driver) in _DRIVING if mine else _lives(host, pid, born, beat)

    def _bury(self, driver: int, why: str) -> int:
        with self._writing() as db:
            paid = db.execute(
                "INSERT INTO unsure SELECT row, col, key, model, cost * asks, ?, ? FROM intents "
                "WHERE driver = ? AND job = 0 AND cost > 0",
                (time.time(), why, driver),
            ).rowcount
            db.execute("DELETE FROM intents WHERE driver = ? AND job = 0", (driver,))
        return paid


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
