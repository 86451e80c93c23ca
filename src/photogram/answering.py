"""Answers that were made elsewhere: the output of a batch job, taken in as cells of an annotator's column.

What a file says of a picture is believed to answer what the column asks: whoever takes it in says so. The
cell names the file in place of a model.
"""

from base64 import b64decode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, cast

import msgspec

from photogram.data import Card, Outcome, Row, Said, See
from photogram.dataset import Dataset
from photogram.dialect import Answer
from photogram.dialects import claude_messages, converse
from photogram.faults import BadInput, Malformed, ModelError
from photogram.ledger import Want
from photogram.private import is_discreet, reason
from photogram.results import Given
from photogram.step import ModelStep, key_of

TOGETHER = 256
FORMS = {"output": converse, "content": claude_messages}
"""How an answer is read, by what stands in it: as Nova and Converse say it, or as Claude does."""


class _Record(msgspec.Struct):
    recordId: str = ""
    modelInput: Any = None
    modelOutput: Any = None
    error: Any = None


class _Rows:
    """The rows of a dataset, by all that a file can know them by."""

    def __init__(self, opened: Dataset) -> None:
        self._by_picture: dict[str, str] = {}
        self._by_name: dict[str, str] = {}
        for row in opened.ledger.rows(columns=("image",)):
            self._by_name |= {row.id: row.id, row.name: row.id}
            if picture := row.image():
                self._by_picture[picture.sha256] = row.id

    def find(self, record: _Record) -> str:
        """The row a record is about: by its picture's bytes or name, or by its own name."""
        for kind, said in _shown(record.modelInput):
            found = self._by_picture.get(said, "") if kind == "bytes" else self._by_name.get(said, "")
            if found:
                return found
        return self._by_name.get(record.recordId, "")


def _shown(value: Any) -> Iterator[tuple[str, str]]:
    """The pictures in a model's input: the hash of their bytes, or what they are called in a bucket."""
    if isinstance(value, list):
        for inner in cast(list[Any], value):
            yield from _shown(inner)
    elif isinstance(value, dict):
        for name, inner in cast(dict[str, Any], value).items():
            if name in ("bytes", "data") and isinstance(inner, str):
                yield "bytes", _hash(inner)
            elif name == "uri" and isinstance(inner, str):
                yield "name", PurePosixPath(inner).stem
            else:
                yield from _shown(inner)


def _hash(text: str) -> str:
    try:
        return sha256(b64decode(text, validate=True)).hexdigest()
    except ValueError:
        return ""


class _Found(NamedTuple):
    place: str
    row: str
    record: _Record


def take(opened: Dataset, column: str, path: Path) -> Given:
    """Fill a column's empty cells with what a file says, and tell what could not be taken."""
    step = opened.step(column)
    assert isinstance(step, ModelStep)
    taking = _Taking(opened, step, column, path)
    opened.ledger.drive()
    try:
        some: list[_Found] = []
        for found in taking.records():
            some.append(found)
            if len(some) == TOGETHER:
                taking.settle(some)
                some = []
        taking.settle(some)
    finally:
        opened.ledger.leave()
    opened.ledger.checkpoint()
    return Given(filled=taking.filled, known=taking.known, unusable=tuple(taking.unusable))


class _Taking:
    """One file on its way into one column."""

    def __init__(self, opened: Dataset, step: ModelStep, column: str, path: Path) -> None:
        self._opened, self._step, self._column, self._path = opened, step, column, path
        self._card = Card(name=f"file:{path.name}", does=("see",))
        model = opened.asking.card(column)
        self._edition = model.edition if model else ""
        self._rows = _Rows(opened)
        self.filled = self.known = 0
        self.unusable: list[tuple[str, str]] = []

    def records(self) -> Iterator[_Found]:
        """Each line that is about a row."""
        try:
            with self._path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    found = self._record(f"{self._path.name}, line {number}", line)
                    if found:
                        yield found
        except OSError as error:
            do = "name the output of a batch job, such as input.jsonl.out"
            raise BadInput(f"{self._path}: {error.strerror}", do=do) from None

    def _record(self, place: str, line: bytes) -> _Found | None:
        if not line.strip():
            return None
        try:
            record = msgspec.json.decode(line, type=_Record)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self.unusable.append((place, "it is no line of a batch job's output"))
            return None
        row = self._rows.find(record)
        if not row:
            self.unusable.append((place, f"no row has its picture or the name {record.recordId!r}"))
            return None
        return _Found(place, row, record)

    def settle(self, some: Sequence[_Found]) -> None:
        """Commit what some records say of rows that have no answer yet."""
        rows = {
            row.id: row for row in self._opened.ledger.rows_of([one.row for one in some], self._step.needs)
        }
        outcomes: dict[str, Outcome] = {}
        for one in some:
            ask = self._step.ask(rows[one.row])
            if isinstance(ask, See) and (said := self._said(one, rows[one.row], ask)):
                outcomes[one.row] = said
        wants = [Want(done.row, self._column, done.key, done.model, 0.0) for done in outcomes.values()]
        granted = self._opened.ledger.claim(wants, budget=None, cap=None)
        mine = [done for done, grant in zip(outcomes.values(), granted, strict=True) if grant == "mine"]
        self._opened.ledger.commit(mine)
        self.filled += len(mine)
        self.known += len(wants) - len(mine)

    def _said(self, one: _Found, row: Row, ask: See) -> Outcome | None:
        try:
            value = self._step.absorb(row, self._read(one.record, ask))
        except (ModelError, Malformed) as error:
            self.unusable.append((one.place, reason(error) if is_discreet(ask) else str(error)))
            return None
        return Outcome(
            row=row.id,
            column=self._column,
            key=key_of(self._step, self._edition, ask),
            state="filled",
            model=self._card.name,
            value=value.facts,
        )

    def _read(self, record: _Record, ask: See) -> Said:
        said = record.modelOutput
        output = cast(dict[str, Any], said) if isinstance(said, dict) else {}
        form = next((form for name, form in FORMS.items() if name in output), None)
        if form is None:
            raise Malformed("its job could not answer it" if record.error else "no such answer is known here")
        return form.decode(self._card, ask, Answer(200, {}, msgspec.json.encode(output)))
