"""Files and batches of the Developer API: a file goes up in two steps, a batch answers it in another."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from photogram.data import Ending
from photogram.simulator.call import Answer, Ended, Problem, Request, Within, read_json
from photogram.simulator.jobs import Steps

VERSIONS = ("v1", "v1beta")
ROUTES = tuple(
    (method, path.format(version))
    for version in VERSIONS
    for method, path in (
        ("POST", "/upload/{}/files"),
        ("GET", "/{}/files/{{file}}:download"),
        ("POST", "/{}/models/{{model}}:batchGenerateContent"),
        ("GET", "/{}/batches"),
        ("GET", "/{}/batches/{{batch}}"),
        ("POST", "/{}/batches/{{batch}}:cancel"),
    )
)
WHEN = "2026-11-25T00:00:00Z"
WAYS: dict[Ending, Sequence[str]] = {
    "done": ("PENDING", "RUNNING", "SUCCEEDED"),
    "partly": ("PENDING", "RUNNING", "PARTIALLY_SUCCEEDED"),
    "failed": ("PENDING", "FAILED"),
    "expired": ("PENDING", "RUNNING", "EXPIRED"),
    "stopped": ("PENDING", "RUNNING", "CANCELLED"),
}


class _Input(Struct, rename="camel", forbid_unknown_fields=True):
    file_name: str


class _Asked(Struct, rename="camel", forbid_unknown_fields=True):
    input_config: _Input
    display_name: str = ""


class _Create(Struct, forbid_unknown_fields=True):
    batch: _Asked


class _Line(Struct, forbid_unknown_fields=True):
    key: str
    request: msgspec.Raw


class _Batch(Struct):
    name: str
    model: str
    display: str
    ended: Ended
    records: int
    output: str
    cancelled: bool = False


class Batches:
    """What one account has uploaded and begun."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}
        self._batches: dict[str, _Batch] = {}
        self._steps = Steps()

    def read(self, request: Request) -> Answer | Within:
        route = request.route
        if route.startswith("/upload"):
            return self._upload(request)
        if route.endswith(":download"):
            return Answer(self._file(f"files/{request.parts['file']}"), kind="text/plain")
        if route.endswith(":batchGenerateContent"):
            return self._create(request)
        if route.endswith("/batches"):
            return Answer(
                {"operations": [self._told(batch, looked=False) for batch in self._batches.values()]}
            )
        batch = self._batches.get(f"batches/{request.parts['batch']}")
        if batch is None:
            raise Problem("no model", "Batch not found.")
        if route.endswith(":cancel"):
            batch.cancelled = True
            return Answer({})
        return Answer(self._told(batch))

    def _upload(self, request: Request) -> Answer:
        """The first call names the address of the second, which brings the bytes."""
        name = request.query.get("upload_id")
        if name is None:
            if request.headers.get("X-Goog-Upload-Command") != "start":
                raise Problem("invalid", "an upload begins with its start")
            name = f"files/{len(self._files)}"
            self._files[name] = b""
            url = f"http://{request.headers['Host']}{request.path}?upload_id={name}"
            return Answer({}, headers={"X-Goog-Upload-URL": url, "X-Goog-Upload-Status": "active"})
        if request.headers.get("X-Goog-Upload-Offset") != str(len(self._file(name))):
            raise Problem("invalid", "the offset is another")
        self._files[name] += request.body
        final = "finalize" in request.headers.get("X-Goog-Upload-Command", "")
        said = {"name": name, "sizeBytes": str(len(self._files[name])), "state": "ACTIVE"}
        status = {"X-Goog-Upload-Status": "final" if final else "active"}
        return Answer({"file": said} if final else {}, headers=status)

    def _file(self, name: str) -> bytes:
        if name not in self._files:
            raise Problem("no model", f"The file {name} is not there.")
        return self._files[name]

    def _create(self, request: Request) -> Within:
        asked, model = read_json(request.body, _Create).batch, request.parts["model"]
        texts = self._file(asked.input_config.file_name).splitlines()
        lines = [read_json(text, _Line) for text in texts]
        if not lines or len({line.key for line in lines}) < len(lines):
            raise Problem("invalid", "a file of requests has lines, and each a key of its own")

        def take(ended: Ended) -> Answer:
            name, output = f"batches/{len(self._batches)}", f"files/out-{len(self._batches)}"
            self._files[output] = b"".join(_record(*pair) for pair in ended.answers)
            batch = _Batch(name, model, asked.display_name, ended, len(lines), output)
            self._batches[name] = batch
            return Answer(self._told(batch, looked=False))

        requests = [(line.key, _request(request, model, line)) for line in lines]
        return Within(asked.display_name or asked.input_config.file_name, requests, take)

    def _told(self, batch: _Batch, *, looked: bool = True) -> dict[str, Any]:
        way = WAYS["stopped" if batch.cancelled else batch.ended.ending]
        state = self._steps.at(batch.name, way) if looked else "PENDING"
        meta = {
            "@type": "type.googleapis.com/google.ai.generativelanguage.v1.GenerateContentBatch",
            "model": f"models/{batch.model}",
            "displayName": batch.display,
            "name": batch.name,
            "createTime": WHEN,
            "state": f"BATCH_STATE_{state}",
            "batchStats": {"requestCount": str(batch.records), "pendingRequestCount": str(batch.records)},
        }
        said: dict[str, Any] = {"name": batch.name, "metadata": meta}
        if state != way[-1]:
            return said
        if state == "FAILED":
            return said | {"done": True, "error": {"code": 3, "message": "The file cannot be read."}}
        answers = batch.ended.answers
        good = sum(answer.status == 200 for _, answer in answers)
        counted = {"successfulRequestCount": str(good), "failedRequestCount": str(len(answers) - good)}
        meta["batchStats"] = {"requestCount": str(batch.records), **counted}
        meta["output"] = {"responsesFile": batch.output}
        return said | {"done": True}


def _request(request: Request, model: str, line: _Line) -> Request:
    version = next(version for version in VERSIONS if request.route.startswith(f"/{version}/"))
    return Request(
        method="POST",
        route=f"/{version}/models/{{model}}:generateContent",
        path=f"/{version}/models/{model}:generateContent",
        parts={"model": model},
        headers={"Content-Type": "application/json"},
        body=bytes(line.request),
    )


def _record(record: str, answer: Answer) -> bytes:
    """An answer by its key; one of a status other than 200 is an error, as the API has it."""
    body = answer.body.decode("utf-8", "replace") if isinstance(answer.body, bytes) else answer.body
    if answer.status == 200:
        return msgspec.json.encode({"key": record, "response": body}) + b"\n"
    error = body.get("error") if isinstance(body, dict) else {"code": answer.status, "message": body}  # type: ignore
    return msgspec.json.encode({"key": record, "error": error}) + b"\n"
