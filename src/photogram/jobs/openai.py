"""OpenAI's batch jobs: a file of requests is uploaded, a batch is made of it, its answers are two files.

A batch has no token of OpenAI's that would keep it from being made twice; ours stands in its metadata, and
is looked for there.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any, BinaryIO

import msgspec

from photogram.data import Ask, Card, Ending, Progress, Reply
from photogram.dialect import JSON, Answer, Dialect
from photogram.jobs.wired import Calls, pieces_of, record_of
from photogram.model import Reader, Returned
from photogram.problems.openai import problem
from photogram.terms import in_batch
from photogram.wired import Line

VERSION = "/v1"
"""Before the path of each request in a file, whatever the address is."""

TAG = "photogram"
PAGES = 20
"""So many hundred batches are looked through for one of ours, newest first."""

ENDINGS: Mapping[str, Ending] = {
    "completed": "done",
    "failed": "failed",
    "expired": "expired",
    "cancelled": "stopped",
}


class _Counts(msgspec.Struct):
    total: int = 0
    completed: int = 0
    failed: int = 0


class _Fault(msgspec.Struct):
    message: str | None = None
    code: str | None = None
    line: int | None = None


class _Faults(msgspec.Struct):
    data: list[_Fault] = []


class _Batch(msgspec.Struct):
    id: str
    status: str
    metadata: dict[str, Any] | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    request_counts: _Counts | None = None
    errors: _Faults | None = None


class _Page(msgspec.Struct):
    data: list[_Batch] = []
    has_more: bool = False


class _Named(msgspec.Struct):
    id: str


class _Response(msgspec.Struct):
    status_code: int = 0
    request_id: str | None = None
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Record(msgspec.Struct):
    custom_id: str
    response: _Response | None = None
    error: _Fault | None = None


class _Asked(msgspec.Struct):
    url: str


class OpenAIJobs:
    """The batches of one model."""

    def __init__(self, card: Card, dialect: Dialect, line: Line, read: Reader) -> None:
        self.card = in_batch(card)
        self._dialect, self._read = dialect, read
        self._calls = Calls(self.card, line, problem)

    def line(self, record: str, ask: Ask) -> bytes:
        request = self._dialect.encode(self.card, ask, self._read)
        head = msgspec.json.encode({"custom_id": record, "method": "POST", "url": VERSION + request.path})
        return head[:-1] + b',"body":' + request.body + b"}\n"

    async def find(self, token: str) -> str:
        after = ""
        for _ in range(PAGES):
            page = await self._calls.get(f"/batches?limit=100{after}", _Page)
            for batch in page.data:
                if batch.metadata and batch.metadata.get(TAG) == token:
                    return batch.id
            if not (page.has_more and page.data):
                break
            after = f"&after={page.data[-1].id}"
        return ""

    async def submit(self, token: str, lines: BinaryIO, records: int) -> str:
        endpoint = msgspec.json.decode(lines.readline(), type=_Asked).url
        lines.seek(0)
        kind, size, pieces = _form(token, lines)
        uploaded = await self._calls.post(
            "/files", pieces, {"Content-Type": kind, "Content-Length": str(size)}
        )
        body = {
            "input_file_id": self._calls.decoded(uploaded, _Named).id,
            "endpoint": endpoint,
            "completion_window": "24h",
            "metadata": {TAG: token},
        }
        begun = await self._calls.post("/batches", msgspec.json.encode(body), JSON)
        return self._calls.decoded(begun, _Named).id

    async def poll(self, name: str) -> Progress:
        batch = await self._calls.get(f"/batches/{name}", _Batch)
        counts = batch.request_counts or _Counts()
        return Progress(
            said=batch.status,
            ended=ENDINGS.get(batch.status),
            why="; ".join(_said(fault) for fault in (batch.errors or _Faults()).data[:3]),
            records=counts.total,
            answered=counts.completed,
            failed=counts.failed,
        )

    async def lines(self, name: str) -> AsyncIterator[bytes]:
        batch = await self._calls.get(f"/batches/{name}", _Batch)
        for file in filter(None, (batch.output_file_id, batch.error_file_id)):
            async for line in self._calls.lines(f"/files/{file}/content"):
                yield line

    def read(self, line: bytes) -> Returned | None:
        record = record_of(line, _Record)
        if record is None:
            return None
        said = record.response
        if said and said.status_code:
            return Returned(record.custom_id, said.status_code, bytes(said.body), said.request_id or "")
        if record.error is None or record.error.code in ("batch_expired", "batch_cancelled"):
            return None
        return Returned(record.custom_id, 400, msgspec.json.encode({"error": record.error}))

    def reply(self, ask: Ask, returned: Returned) -> Reply:
        headers = {"x-request-id": returned.request_id}
        return self._dialect.decode(self.card, ask, Answer(returned.status, headers, returned.body))

    async def close(self) -> None:
        await self._calls.close()


def _said(fault: _Fault) -> str:
    where = f"line {fault.line}: " if fault.line else ""
    return f"{where}{fault.message or fault.code or 'no reason given'}"


def _form(token: str, lines: BinaryIO) -> tuple[str, int, AsyncIterator[bytes]]:
    """The file as a form with its purpose: the media type, the size, and its pieces as they are read."""
    boundary = f"photogram{token}"
    part = f"--{boundary}\r\nContent-Disposition: form-data; "
    head = f'{part}name="purpose"\r\n\r\nbatch\r\n{part}name="file"; filename="{token}.jsonl"\r\n'
    head = f"{head}Content-Type: application/jsonl\r\n\r\n".encode()
    tail = f"\r\n--{boundary}--\r\n".encode()
    size = lines.seek(0, 2)
    lines.seek(0)

    async def pieces() -> AsyncIterator[bytes]:
        yield head
        async for piece in pieces_of(lines):
            yield piece
        yield tail

    return f"multipart/form-data; boundary={boundary}", len(head) + size + len(tail), pieces()
