"""Jobs: what a provider was given to answer later, and how far it is.

Cells claimed for a job stay claimed though its driver is gone: whoever drives next minds the job. Each
step that cannot be taken back is on the disk before it is taken, and before anything is made of it.
"""

import time
from collections.abc import Sequence
from typing import Any

import msgspec

from photogram.data import Job, Progress
from photogram.ledger.file import File

_encode = msgspec.json.Encoder().encode
_progress = msgspec.json.Decoder(Progress).decode

_FIELDS = "number, col, model, state, token, name, records, at, doc"


class JobsKept(File):
    """The ledger's jobs."""

    def jobs(self, column: str = "", *, ended: bool = False) -> list[Job]:
        """The jobs that are under way, of one column or of all, oldest first; or all there ever were."""
        return [
            _job(found)
            for found in self._all(
                f"SELECT {_FIELDS} FROM jobs WHERE (?1 = '' OR col = ?1) AND (?2 OR state <> 'ended') "
                "ORDER BY number",
                column,
                ended,
            )
        ]

    def begin_job(self, column: str, model: str) -> Job:
        """Write down a job that cells can be claimed for; nothing of it is sent yet."""
        with self._writing_for_good() as db:
            values = (column, model, "gathering", self._driver, time.time())
            made = db.execute(
                "INSERT INTO jobs(col, model, state, driver, at) VALUES (?, ?, ?, ?, ?)", values
            )
        return self.job(made.lastrowid or 0)

    def job(self, number: int) -> Job:
        return _job(self._all(f"SELECT {_FIELDS} FROM jobs WHERE number = ?", number)[0])

    def sending(self, number: int, token: str) -> Job:
        """From here on the provider may have the job, under this token."""
        with self._writing_for_good() as db:
            db.execute(
                "UPDATE jobs SET state = 'sending', token = ?1, at = ?3, "
                "records = (SELECT count(*) FROM intents WHERE job = ?2) WHERE number = ?2",
                (token, number, time.time()),
            )
        return self.job(number)

    def running(self, number: int, name: str) -> Job:
        """The provider has it, under this name."""
        with self._writing_for_good() as db:
            db.execute("UPDATE jobs SET state = 'running', name = ? WHERE number = ?", (name, number))
        return self.job(number)

    def note(self, number: int, progress: Progress) -> Job:
        """Keep what the provider says of a job."""
        with self._writing_for_good() as db:
            db.execute("UPDATE jobs SET doc = ? WHERE number = ?", (_encode(progress).decode(), number))
        return self.job(number)

    def end_job(self, number: int) -> None:
        """Nothing more will come of it: what it was to fill and did not is owed again."""
        with self._writing_for_good() as db:
            db.execute("DELETE FROM intents WHERE job = ?", (number,))
            db.execute("UPDATE jobs SET state = 'ended' WHERE number = ?", (number,))

    def drop_job(self, number: int) -> None:
        """Forget a job of which nothing was sent."""
        with self._writing_for_good() as db:
            db.execute("DELETE FROM intents WHERE job = ?", (number,))
            db.execute("DELETE FROM jobs WHERE number = ?", (number,))

    def awaited(self, number: int) -> dict[str, str]:
        """The cells a job is still to fill: the key of each, by its row."""
        return dict(self._all("SELECT row, key FROM intents WHERE job = ?", number))  # type: ignore[arg-type]


def _job(found: Sequence[Any]) -> Job:
    number, column, model, state, token, name, records, at, doc = found
    progress = _progress(doc) if doc else None
    return Job(
        number=number,
        column=column,
        model=model,
        state=state,
        token=token,
        name=name,
        records=records,
        at=at,
        progress=progress,
    )
