"""Files and batches: a file of requests goes up, a batch answers them, the answers come down as two files."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from photogram.data import Ending
from photogram.simulator.call import Answer, Ended, Problem, Request, Within, read_json
from photogram.simulator.forms import read_form
from photogram.simulator.jobs import Steps

ROUTES = (
    ("POST", "/files"),
    ("GET", "/files/{file}"),
    ("GET", "/files/{file}/content"),
    ("POST", "/batches"),
    ("GET", "/batches"),
    ("GET", "/batches/{batch}"),
    ("POST", "/batches/{batch}/cancel"),
)
ENDPOINTS = ("/v1/chat/completions", "/v1/embeddings", "/v1/images/generations")
MOST_RECORDS, MOST_BYTES = 50_000, 200 * 10**6
MOST_LISTED = 100
STARTED = 1_790_000_000
WAYS: dict[Ending, Sequence[str]] = {
    "done": ("validating", "in_progress", "finalizing", "completed"),
    "partly": ("validating", "in_progress", "finalizing", "completed"),
    "failed": ("validating", "failed"),
    "expired": ("validating", "in_progress", "finalizing", "expired"),
    "stopped": ("validating", "in_progress", "cancelling", "cancelled"),
}
OVER = ("completed", "failed", "expired", "cancelled")


class _Line(Struct, forbid_unknown_fields=True):
    custom_id: str
    method: Literal["POST"]
    url: str
    body: msgspec.Raw


class _Create(Struct, forbid_unknown_fields=True):
    input_file_id: str
    endpoint: str
    completion_window: Literal["24h"]
    metadata: dict[str, str] = {}


class _Batch(Struct):
    id: str
    asked: _Create
    records: Sequence[str]
    ended: Ended
    cancelled: bool = False


class Batches:
    """What one account has uploaded and begun."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}
        self._batches: dict[str, _Batch] = {}
        self._steps = Steps()

    def read(self, route: str, request: Request) -> Answer | Within:
        if route == "/files":
            return self._upload(request)
        if route.startswith("/files"):
            return self._show(request, content=route.endswith("content"))
        if request.method == "POST" and route == "/batches":
            return self._create(request)
        if route == "/batches":
            return self._list(request)
        batch = self._batches.get(request.parts["batch"])
        if batch is None:
            raise Problem("no model", "No batch found with this id.", code="")
        batch.cancelled = batch.cancelled or route.endswith("cancel")
        return Answer(self._told(batch))

    def _upload(self, request: Request) -> Answer:
        parts = {part.name: part for part in read_form(request)}
        if parts.keys() != {"purpose", "file"} or parts["purpose"].data != b"batch":
            raise Problem("invalid", "a form of purpose and file is wanted, the purpose being batch")
        if not parts["file"].file.endswith(".jsonl"):
            raise Problem("invalid", "the file of a batch is .jsonl")
        if len(parts["file"].data) > MOST_BYTES:
            raise Problem("too large", "The file is too large for a batch.")
        return Answer(self._file(self._keep("input", parts["file"].data)))

    def _keep(self, kind: str, data: bytes) -> str:
        name = f"file-{kind}-{len(self._files)}"
        self._files[name] = data
        return name

    def _file(self, name: str) -> dict[str, Any]:
        said = {"id": name, "object": "file", "bytes": len(self._files[name]), "created_at": STARTED}
        return said | {"filename": f"{name}.jsonl", "purpose": "batch", "status": "processed"}

    def _show(self, request: Request, *, content: bool) -> Answer:
        name = request.parts["file"]
        if name not in self._files:
            raise Problem("no model", f"No such File object: {name}", code="")
        return Answer(self._files[name], kind="text/plain") if content else Answer(self._file(name))

    def _create(self, request: Request) -> Within:
        asked = read_json(request.body, _Create)
        if asked.input_file_id not in self._files:
            raise Problem("invalid", "The input file does not exist.")
        if asked.endpoint not in ENDPOINTS:
            raise Problem("invalid", f"{asked.endpoint} takes no batches")
        lines = list(_lines(self._files[asked.input_file_id], asked.endpoint))

        def take(ended: Ended) -> Answer:
            name = f"batch_{len(self._batches)}"
            self._batches[name] = _Batch(name, asked, [line.custom_id for line in lines], ended)
            return Answer(self._told(self._batches[name]))

        requests = [(line.custom_id, _request(line)) for line in lines]
        return Within(asked.metadata.get("photogram", asked.input_file_id), requests, take)

    def _list(self, request: Request) -> Answer:
        names = list(self._batches)[::-1]
        after = request.query.get("after", "")
        names = names[names.index(after) + 1 :] if after in names else names
        limit = request.query.get("limit", "20")
        if not (limit.isdecimal() and 1 <= int(limit) <= MOST_LISTED):
            raise Problem("invalid", f"'limit' is 1 to {MOST_LISTED}, not {limit}", param="limit")
        page = names[: int(limit)]
        said = [self._told(self._batches[name], looked=False) for name in page]
        more = {"first_id": page[0], "last_id": page[-1]} if page else {}
        return Answer({"object": "list", "data": said, "has_more": len(names) > len(page), **more})

    def _told(self, batch: _Batch, *, looked: bool = True) -> dict[str, Any]:
        """The batch as it is shown; each look finds it further."""
        ending = "stopped" if batch.cancelled else batch.ended.ending
        status = self._steps.at(batch.id, WAYS[ending]) if looked else "in_progress"
        said = {
            "id": batch.id,
            "object": "batch",
            "endpoint": batch.asked.endpoint,
            "input_file_id": batch.asked.input_file_id,
            "completion_window": "24h",
            "created_at": STARTED,
            "metadata": batch.asked.metadata,
            "status": status,
            "errors": None,
            "request_counts": {"total": len(batch.records), "completed": 0, "failed": 0},
        }
        return said | self._results(batch, status) if status in OVER else said

    def _results(self, batch: _Batch, status: str) -> dict[str, Any]:
        if status == "failed":
            why = {"code": "invalid_file", "message": "The file cannot be read.", "line": 1, "param": None}
            return {"errors": {"object": "list", "data": [why]}}
        good = [pair for pair in batch.ended.answers if pair[1].status == 200]
        bad = [_record(*pair) for pair in batch.ended.answers if pair[1].status != 200]
        if status == "expired":
            answered = {record for record, _ in batch.ended.answers}
            bad += [_expired(record) for record in batch.records if record not in answered]
        output = self._keep("output", b"".join(_record(*pair) for pair in good)) if good else None
        errors = self._keep("error", b"".join(bad)) if bad else None
        counts = {"total": len(batch.records), "completed": len(good), "failed": len(bad)}
        return {"output_file_id": output, "error_file_id": errors, "request_counts": counts}


def _lines(data: bytes, endpoint: str) -> Iterator[_Line]:
    names: set[str] = set()
    for number, text in enumerate(data.splitlines(), 1):
        line = read_json(text, _Line)
        if line.url != endpoint:
            raise Problem("invalid", f"line {number}: {line.url} is not {endpoint}")
        if line.custom_id in names:
            raise Problem("invalid", f"line {number}: the custom_id {line.custom_id} is there already")
        names.add(line.custom_id)
        yield line
    if not 0 < len(names) <= MOST_RECORDS:
        raise Problem("invalid", f"a batch holds 1 to {MOST_RECORDS} requests")


def _request(line: _Line) -> Request:
    headers = {"Content-Type": "application/json"}
    return Request(method="POST", route=line.url, path=line.url, headers=headers, body=bytes(line.body))


def _record(record: str, answer: Answer) -> bytes:
    response = {"status_code": answer.status, "request_id": f"req-{record}", "body": answer.body}
    if isinstance(answer.body, bytes):
        response["body"] = answer.body.decode("utf-8", "replace")
    said = {"id": f"batch_req_{record}", "custom_id": record, "response": response, "error": None}
    return msgspec.json.encode(said) + b"\n"


def _expired(record: str) -> bytes:
    why = {"code": "batch_expired", "message": "This request could not be executed in time."}
    said = {"id": f"batch_req_{record}", "custom_id": record, "response": None, "error": why}
    return msgspec.json.encode(said) + b"\n"
