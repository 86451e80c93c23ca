"""Gemini's batch jobs: a file of requests goes up in two steps, a batch answers it in another file.

A batch has no token of Google's that would keep it from being made twice; ours is its display name, and is
looked for there.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, BinaryIO
from urllib.parse import quote, urljoin

import msgspec

from photogram.addresses import origin
from photogram.data import Ask, Card, Ending, Progress, Reply
from photogram.dialect import JSON, Answer, Dialect
from photogram.faults import Broken, Invalid
from photogram.jobs.wired import Calls, pieces_of, record_of
from photogram.model import Reader, Returned
from photogram.problems.gemini import problem
from photogram.terms import in_batch
from photogram.wired import Line

PAGES = 20
"""So many hundred batches are looked through for one of ours."""

ENDINGS: Mapping[str, Ending] = {
    "SUCCEEDED": "done",
    "PARTIALLY_SUCCEEDED": "partly",
    "FAILED": "failed",
    "CANCELLED": "stopped",
    "EXPIRED": "expired",
}
_Count = Annotated[str | int, "Google says whole numbers of 64 bits as texts"]


class _Stats(msgspec.Struct):
    requestCount: _Count = 0
    successfulRequestCount: _Count = 0
    failedRequestCount: _Count = 0


class _Output(msgspec.Struct):
    responsesFile: str = ""


class _Meta(msgspec.Struct):
    state: str = ""
    displayName: str = ""
    batchStats: _Stats = msgspec.field(default_factory=_Stats)
    output: _Output = msgspec.field(default_factory=_Output)


class _Fault(msgspec.Struct):
    code: int = 0
    message: str = ""


class _Batch(msgspec.Struct):
    name: str
    metadata: _Meta = msgspec.field(default_factory=_Meta)
    error: _Fault | None = None


class _Page(msgspec.Struct):
    operations: list[_Batch] = []
    nextPageToken: str = ""


class _File(msgspec.Struct):
    name: str


class _Uploaded(msgspec.Struct):
    file: _File


class _Record(msgspec.Struct):
    key: str
    response: msgspec.Raw = msgspec.Raw(b"null")
    error: dict[str, Any] | str | None = None


class GeminiJobs:
    """The batches of one model."""

    def __init__(self, card: Card, dialect: Dialect, line: Line, read: Reader) -> None:
        self.card = in_batch(card)
        self._dialect, self._read, self._base = dialect, read, line.base
        self._calls = Calls(self.card, line, problem)

    def line(self, record: str, ask: Ask) -> bytes:
        request = self._dialect.encode(self.card, ask, self._read)
        if not request.path.endswith(":generateContent"):
            raise Invalid(f"{self.card.name} makes no vectors in batch jobs here")
        return b'{"key":%b,"request":%b}\n' % (msgspec.json.encode(record), request.body)

    async def find(self, token: str) -> str:
        after = ""
        for _ in range(PAGES):
            page = await self._calls.get(f"/batches?pageSize=100{after}", _Page)
            for batch in page.operations:
                if batch.metadata.displayName == token:
                    return batch.name
            if not page.nextPageToken:
                break
            after = f"&pageToken={quote(page.nextPageToken, safe='')}"
        return ""

    async def submit(self, token: str, lines: BinaryIO, records: int) -> str:
        file = await self._upload(token, lines)
        body = {"batch": {"displayName": token, "inputConfig": {"fileName": file}}}
        path = f"/models/{quote(self.card.model, safe='')}:batchGenerateContent"
        begun = await self._calls.post(path, msgspec.json.encode(body), JSON)
        return self._calls.decoded(begun, _Batch).name

    async def _upload(self, token: str, lines: BinaryIO) -> str:
        """Have the file at Google's, by the address that it names for this one; its name there."""
        size = lines.seek(0, 2)
        lines.seek(0)
        root, _, version = self._base.rpartition("/")
        start = {
            "X-Goog-Upload-Protocol": "resumable",
            "X-Goog-Upload-Command": "start",
            "X-Goog-Upload-Header-Content-Length": str(size),
            "X-Goog-Upload-Header-Content-Type": "application/jsonl",
        }
        about = msgspec.json.encode({"file": {"displayName": token, "mimeType": "application/jsonl"}})
        offered = await self._calls.post(f"{root}/upload/{version}/files", about, {**JSON, **start})
        url = urljoin(self._base, offered.headers.get("x-goog-upload-url", ""))
        if origin(url) != origin(self._base):
            raise Broken(f"{self.card.name} wants a file on another host than its own, {origin(url)}")
        whole = {"X-Goog-Upload-Offset": "0", "X-Goog-Upload-Command": "upload, finalize"}
        kept = await self._calls.post(url, pieces_of(lines), {**whole, "Content-Length": str(size)})
        return self._calls.decoded(kept, _Uploaded).file.name

    async def poll(self, name: str) -> Progress:
        batch = await self._calls.get(f"/{name}", _Batch)
        stats, state = batch.metadata.batchStats, batch.metadata.state.rpartition("STATE_")[2]
        return Progress(
            said=state.lower().replace("_", " ") or "unknown",
            ended=ENDINGS.get(state),
            why=" ".join(batch.error.message.split())[:300] if batch.error else "",
            records=int(stats.requestCount),
            answered=int(stats.successfulRequestCount),
            failed=int(stats.failedRequestCount),
        )

    async def lines(self, name: str) -> AsyncIterator[bytes]:
        batch = await self._calls.get(f"/{name}", _Batch)
        if file := batch.metadata.output.responsesFile:
            async for line in self._calls.lines(f"/{file}:download?alt=media"):
                yield line

    def read(self, line: bytes) -> Returned | None:
        record = record_of(line, _Record)
        if record is None:
            return None
        if record.error:
            said: dict[str, Any] = record.error if isinstance(record.error, dict) else {}
            code = said.get("code")
            status = _STATUS.get(code, code) if isinstance(code, int) else 500
            return Returned(record.key, status, msgspec.json.encode({"error": record.error}))
        if bytes(record.response) == b"null":
            return None
        return Returned(record.key, 200, bytes(record.response))

    def reply(self, ask: Ask, returned: Returned) -> Reply:
        return self._dialect.decode(self.card, ask, Answer(returned.status, {}, returned.body))

    async def close(self) -> None:
        await self._calls.close()


_STATUS = {3: 400, 4: 504, 5: 404, 7: 403, 8: 429, 13: 500, 14: 503, 16: 401}
"""A status within a batch may be gRPC's number: what it is over HTTP."""
