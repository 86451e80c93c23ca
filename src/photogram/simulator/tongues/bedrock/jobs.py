"""Model invocation jobs: the lines of files in a bucket are answered in files of another folder there."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, NamedTuple, cast

import msgspec
from msgspec import Meta, Struct

from photogram.data import Ending
from photogram.simulator.call import Answer, Ended, Problem, Request, Within, read_json
from photogram.simulator.jobs import Steps
from photogram.simulator.tongues.bedrock.buckets import Buckets

AT = "/model-invocation-job"
ROUTES = (
    ("POST", AT),
    ("GET", AT + "/{job}"),
    ("POST", AT + "/{job}/stop"),
    ("GET", AT + "s"),
)
LEAST, MOST_BYTES = 100, 10**9
ARN = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/"
WHEN = "2026-11-25T00:00:00Z"
WAYS: dict[Ending, Sequence[str]] = {
    "done": ("Submitted", "Validating", "Scheduled", "InProgress", "Completed"),
    "partly": ("Submitted", "Validating", "Scheduled", "InProgress", "PartiallyCompleted"),
    "failed": ("Submitted", "Validating", "Failed"),
    "expired": ("Submitted", "Validating", "Scheduled", "Expired"),
    "stopped": ("Submitted", "Validating", "InProgress", "Stopping", "Stopped"),
}
WHY: dict[Ending, str] = {
    "failed": "The input could not be validated.",
    "expired": "The job ran out of time.",
    "stopped": "",
    "partly": "Some records were not processed.",
    "done": "",
}
_Uri = Annotated[str, Meta(pattern=r"^s3://[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](/[-!_*'().a-zA-Z0-9/]*)?$")]


class _Source(Struct, forbid_unknown_fields=True):
    s3Uri: _Uri
    s3InputFormat: Literal["JSONL"] = "JSONL"
    s3BucketOwner: str = ""


class _Input(Struct, forbid_unknown_fields=True):
    s3InputDataConfig: _Source


class _Sink(Struct, forbid_unknown_fields=True):
    s3Uri: _Uri
    s3EncryptionKeyId: str = ""


class _Output(Struct, forbid_unknown_fields=True):
    s3OutputDataConfig: _Sink


class _Create(Struct, forbid_unknown_fields=True):
    jobName: Annotated[str, Meta(pattern=r"^[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9+\-.]){0,63}$", max_length=63)]
    roleArn: Annotated[str, Meta(pattern=r"^arn:aws(-[^:]+)?:iam::([0-9]{12})?:role/.+")]
    modelId: str
    inputDataConfig: _Input
    outputDataConfig: _Output
    clientRequestToken: str = ""
    modelInvocationType: Literal["InvokeModel", "Converse"] = "InvokeModel"
    timeoutDurationInHours: Annotated[int, Meta(ge=24, le=168)] = 24
    tags: list[dict[str, str]] = []


class _Line(Struct, forbid_unknown_fields=True):
    modelInput: dict[str, Any]
    recordId: str = ""


class _Read(NamedTuple):
    """The lines of a job's input, and what is wrong with them as a whole."""

    lines: list[_Line]
    name: str
    wrong: str = ""


class _Job(Struct):
    id: str
    asked: _Create
    ended: Ended
    records: int
    why: str
    stopped: bool = False
    status: str = "Submitted"

    @property
    def arn(self) -> str:
        return ARN + self.id


class Jobs:
    """What one account has begun."""

    def __init__(self, buckets: Buckets) -> None:
        self._buckets = buckets
        self._jobs: dict[str, _Job] = {}
        self._steps = Steps()

    def read(self, request: Request) -> Answer | Within:
        if request.route == AT:
            return self._create(read_json(request.body, _Create))
        if request.route == AT + "s":
            return self._list(request)
        job = self._jobs.get(request.parts["job"].rpartition("/")[2])
        if job is None:
            raise Problem("no model", "The job is not there.", name="ResourceNotFoundException")
        if request.route.endswith("/stop"):
            job.stopped = True
            return Answer({})
        way = WAYS["stopped" if job.stopped else job.ended.ending]
        job.status = self._steps.at(job.id, way)
        return Answer(self._told(job))

    def _create(self, asked: _Create) -> Answer | Within:
        for job in self._jobs.values():
            if asked.clientRequestToken and job.asked.clientRequestToken == asked.clientRequestToken:
                return Answer({"jobArn": job.arn})
            if job.asked.jobName == asked.jobName:
                raise Problem("invalid", "A job of this name is there already.", name="ConflictException")
        found = self._read(asked)

        def take(ended: Ended) -> Answer:
            ended = ended._replace(ending="failed") if found.wrong else ended
            job = _Job(f"{len(self._jobs):012d}", asked, ended, len(found.lines), found.wrong)
            self._jobs[job.id] = job
            if ended.ending != "failed":
                self._write(job, found)
            return Answer({"jobArn": job.arn})

        requests = [(line.recordId, self._request(asked, line)) for line in found.lines]
        return Within(asked.clientRequestToken or asked.jobName, [] if found.wrong else requests, take)

    def _read(self, asked: _Create) -> _Read:
        """The input as it is found when the job is validated, which is after it was taken."""
        uri = asked.inputDataConfig.s3InputDataConfig.s3Uri
        files = [place for place in self._buckets.under(uri) if place.endswith(".jsonl")]
        if not files:
            return _Read([], "", f"There is no .jsonl file at {uri}")
        data = [self._buckets.objects[place] for place in files]
        name = files[0].rpartition("/")[2]
        if max(map(len, data)) > MOST_BYTES:
            return _Read([], name, "A file is larger than 1 GB.")
        try:
            lines = [msgspec.json.decode(text, type=_Line) for one in data for text in one.splitlines()]
        except msgspec.DecodeError as error:
            return _Read([], name, f"A line cannot be read: {error}")
        for number, line in enumerate(lines):
            line.recordId = line.recordId or f"CALL{number:07d}"
        few = f"{len(lines)} records are fewer than {LEAST}" if len(lines) < LEAST else ""
        return _Read(lines, name, few)

    def _request(self, asked: _Create, line: _Line) -> Request:
        conversing = asked.modelInvocationType == "Converse"
        return Request(
            method="POST",
            route=f"/model/{{model}}/{'converse' if conversing else 'invoke'}",
            path=f"/model/{asked.modelId}",
            parts={"model": asked.modelId},
            headers={"Content-Type": "application/json", "Authorization": "Bearer within-a-job"},
            body=msgspec.json.encode(self._fetched(line.modelInput, asked)),
        )

    def _fetched(self, value: Any, asked: _Create) -> Any:
        """The input with the bytes of pictures in place of their addresses, if they lie where they may."""
        if isinstance(value, list):
            return [self._fetched(inner, asked) for inner in cast(list[Any], value)]
        if not isinstance(value, dict):
            return value
        fields = cast(dict[str, Any], value)
        place = fields.get("s3Location")
        if place is None:
            return {name: self._fetched(inner, asked) for name, inner in fields.items()}
        folder = asked.inputDataConfig.s3InputDataConfig.s3Uri
        uri = str(cast(dict[str, Any], place).get("uri", "")) if isinstance(place, dict) else ""
        data = self._buckets.objects.get(uri.removeprefix("s3://"))
        beside = folder.endswith("/") and "/" not in uri.removeprefix(folder) and uri.startswith(folder)
        return {"bytes": data} if data is not None and beside else {"s3Location": "not where it may be"}

    def _write(self, job: _Job, found: _Read) -> None:
        """Outputs as they are found in the bucket: in as many files as the job's end asks for."""
        inputs = {line.recordId: line.modelInput for line in found.lines}
        uri = job.asked.outputDataConfig.s3OutputDataConfig.s3Uri.removeprefix("s3://").rstrip("/")
        answers, parts = job.ended.answers, job.ended.parts
        for part in range(parts):
            lines = b"".join(_records(answers[part::parts], inputs))
            name = found.name if part == 0 else found.name.replace(".jsonl", f"-{part}.jsonl")
            self._buckets.objects[f"{uri}/{job.id}/{name}.out"] = lines
        manifest = msgspec.json.encode(_counts(job))
        self._buckets.objects[f"{uri}/{job.id}/manifest.json.out"] = manifest

    def _told(self, job: _Job) -> dict[str, Any]:
        said = {
            "jobArn": job.arn,
            "jobName": job.asked.jobName,
            "modelId": job.asked.modelId,
            "clientRequestToken": job.asked.clientRequestToken,
            "roleArn": job.asked.roleArn,
            "modelInvocationType": job.asked.modelInvocationType,
            "status": job.status,
            "submitTime": WHEN,
            "inputDataConfig": job.asked.inputDataConfig,
            "outputDataConfig": job.asked.outputDataConfig,
            "timeoutDurationInHours": job.asked.timeoutDurationInHours,
        }
        ending = "stopped" if job.stopped else job.ended.ending
        if job.status != WAYS[ending][-1]:
            return said
        return said | {"message": job.why or WHY[ending], "endTime": WHEN} | _counts(job)

    def _list(self, request: Request) -> Answer:
        wanted = request.query.get("nameContains", "")
        found = [self._told(job) for job in self._jobs.values() if wanted in job.asked.jobName]
        return Answer({"invocationJobSummaries": found[::-1]})


def _records(answers: Sequence[tuple[str, Answer]], inputs: dict[str, Any]) -> Iterator[bytes]:
    for record, answer in answers:
        said: dict[str, Any] = {"recordId": record, "modelInput": inputs[record]}
        body = answer.body.decode("utf-8", "replace") if isinstance(answer.body, bytes) else answer.body
        if answer.status == 200:
            said["modelOutput"] = body
        else:
            message = cast(dict[str, Any], body).get("message", "") if isinstance(body, dict) else body
            said["error"] = {"errorCode": answer.status, "errorMessage": message}
        yield msgspec.json.encode(said) + b"\n"


def _counts(job: _Job) -> dict[str, int]:
    answered = {record: answer.status for record, answer in job.ended.answers}
    good = sum(status == 200 for status in answered.values())
    return {
        "totalRecordCount": job.records,
        "processedRecordCount": len(answered),
        "successRecordCount": good,
        "errorRecordCount": len(answered) - good,
    }
