"""Amazon Bedrock's batch jobs: a file of model inputs in S3 goes in, files of outputs in S3 come out.

The job's name and its request token are both made of our token, so that Bedrock itself takes a job only once.
Amazon's own kit speaks here, in threads: a job is a handful of calls.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import Any, BinaryIO, NamedTuple, cast
from uuid import uuid4

import msgspec

from photogram.aws import Kit
from photogram.data import Ask, Blob, Card, Ending, Progress, Reply, See
from photogram.dialect import Answer, Dialect
from photogram.faults import Broken, Invalid, ModelError, NotSetUp
from photogram.jobs.wired import record_of
from photogram.media import extension
from photogram.model import Reader, Returned
from photogram.problems.bedrock import problem
from photogram.terms import in_batch

NAMED = "photogram-"
ENDINGS: Mapping[str, Ending] = {
    "Completed": "done",
    "PartiallyCompleted": "partly",
    "Failed": "failed",
    "Stopped": "stopped",
    "Expired": "expired",
}
"""Of the ten statuses the five at which a job ends; before: Submitted, Validating, Scheduled, InProgress,
Stopping."""

HELD = 2**20
UPLOADS = 16
"""So many pictures go to the bucket at once, where they are not in the file itself."""


class Where(NamedTuple):
    """Where and how the jobs of one model run."""

    model: str
    role: str
    bucket: str
    prefix: str
    hours: int
    by_reference: bool
    """Whether pictures lie beside the file and are named in it, or stand in it."""
    conversing: bool
    """Whether the lines are such as Converse takes, or such as the model is invoked with."""


class _Record(msgspec.Struct):
    recordId: str
    modelOutput: msgspec.Raw = msgspec.Raw(b"null")
    error: Any = None


class BedrockJobs:
    """The model invocation jobs of one model."""

    def __init__(self, card: Card, dialect: Dialect, read: Reader, kit: Kit, where: Where) -> None:
        self.card = in_batch(card)
        self._dialect, self._read, self._kit, self._where = dialect, read, kit, where
        self._folder = _Folder(kit, where)

    def line(self, record: str, ask: Ask) -> bytes:
        if self._where.by_reference and isinstance(ask, See):
            body = self._referring(ask)
        else:
            body = self._dialect.encode(self.card, ask, self._read).body
        return b'{"recordId":%b,"modelInput":%b}\n' % (msgspec.json.encode(record), body)

    def _referring(self, ask: See) -> bytes:
        """The body with the places of its pictures in place of their bytes."""
        places = [self._folder.lay(blob, self._read(blob)) for blob in ask.images]
        body = msgspec.json.decode(self._dialect.encode(self.card, ask, lambda _: b"").body)
        content = body["messages"][0]["content"]
        shown = [block["image"] for block in content if "image" in block]
        if len(shown) != len(places):
            what = f"{self.card.name} is shown pictures only within the file of a batch job"
            raise Invalid(what, do='set batch_images = "inline" under [providers.bedrock]')
        for image, place in zip(shown, places, strict=True):
            image["source"] = {"s3Location": {"uri": place}}
        return msgspec.json.encode(body)

    async def find(self, token: str) -> str:
        found = await self._call("bedrock", "list_model_invocation_jobs", nameContains=NAMED + token)
        summaries = found.get("invocationJobSummaries", [])
        return next((job["jobArn"] for job in summaries if job["jobName"] == NAMED + token), "")

    async def submit(self, token: str, lines: BinaryIO, records: int) -> str:
        where, folder = self._where, self._folder
        await asyncio.to_thread(folder.complete)
        key = f"{folder.path}{token}.jsonl"
        await self._call("s3", "put_object", Bucket=where.bucket, Key=key, Body=lines)
        source = folder.uri if where.by_reference else f"s3://{where.bucket}/{key}"
        begun = await self._call(
            "bedrock",
            "create_model_invocation_job",
            jobName=NAMED + token,
            clientRequestToken=token,
            roleArn=where.role,
            modelId=where.model,
            modelInvocationType="Converse" if where.conversing else "InvokeModel",
            inputDataConfig={"s3InputDataConfig": {"s3Uri": source, "s3InputFormat": "JSONL"}},
            outputDataConfig={"s3OutputDataConfig": {"s3Uri": f"s3://{where.bucket}/{where.prefix}out/"}},
            timeoutDurationInHours=where.hours,
        )
        self._folder = _Folder(self._kit, where)
        return begun["jobArn"]

    async def poll(self, name: str) -> Progress:
        job = await self._job(name)
        return Progress(
            said=job["status"],
            ended=ENDINGS.get(job["status"]),
            why=" ".join(str(job.get("message", "")).split())[:300],
            records=job.get("totalRecordCount", 0),
            answered=job.get("successRecordCount", 0),
            failed=job.get("errorRecordCount", 0),
        )

    async def lines(self, name: str) -> AsyncIterator[bytes]:
        job = await self._job(name)
        out = job["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"].removeprefix("s3://")
        bucket, _, prefix = out.partition("/")
        folder = f"{prefix.rstrip('/')}/{name.rpartition('/')[2]}/".lstrip("/")
        async for key in self._keys(bucket, folder):
            if key.endswith(".jsonl.out"):
                found = await self._call("s3", "get_object", Bucket=bucket, Key=key)
                async for line in _lines(found["Body"], self._told):
                    yield line

    async def _keys(self, bucket: str, folder: str) -> AsyncIterator[str]:
        more: dict[str, str] = {}
        while True:
            page = await self._call("s3", "list_objects_v2", Bucket=bucket, Prefix=folder, **more)
            for found in page.get("Contents", []):
                yield found["Key"]
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def read(self, line: bytes) -> Returned | None:
        record = record_of(line, _Record)
        if record is None:
            return None
        if record.error:
            status, why = _fault(record.error)
            return Returned(record.recordId, status, msgspec.json.encode({"message": why}))
        if bytes(record.modelOutput) == b"null":
            return None
        return Returned(record.recordId, 200, bytes(record.modelOutput))

    def reply(self, ask: Ask, returned: Returned) -> Reply:
        return self._dialect.decode(self.card, ask, Answer(returned.status, {}, returned.body))

    async def close(self) -> None:
        await asyncio.to_thread(self._folder.close)

    # ------------------------------------------------------------------------- the kit

    async def _job(self, name: str) -> dict[str, Any]:
        return await self._call("bedrock", "get_model_invocation_job", jobIdentifier=name)

    async def _call(self, service: str, method: str, **values: Any) -> dict[str, Any]:
        """One call of the kit's, in a thread; its errors in our words."""
        try:
            return await asyncio.to_thread(lambda: getattr(self._kit.client(service), method)(**values))
        except self._kit.errors as error:
            raise self._told(error) from None

    def _told(self, error: Exception) -> ModelError:
        response = getattr(error, "response", None)
        if response is None:
            begins = "Connect" in type(error).__name__ or "Endpoint" in type(error).__name__
            return Broken(" ".join(str(error).split())[:300], unsure=not begins)
        said, meta = response.get("Error", {}), response.get("ResponseMetadata", {})
        code, message = str(said.get("Code", "")), str(said.get("Message", ""))
        if code in ("NoSuchBucket", "AccessDenied", "PermanentRedirect", "AllAccessDisabled"):
            where = f"the bucket {self._where.bucket}: {code}: {message}"
            return NotSetUp(where, do="check batch_bucket under [providers.bedrock], and who may write there")
        headers = {"x-amzn-errortype": code}
        body = msgspec.json.encode({"message": message})
        found = problem(self.card, Answer(int(meta.get("HTTPStatusCode", 500)), headers, body))
        return Broken(found.what, do=found.do) if isinstance(found, Broken) else found


def _fault(error: Any) -> tuple[int, str]:
    """Status and words of a record's error; one whose code is no number may pass, for all we know."""
    said = cast(dict[str, Any], error) if isinstance(error, dict) else {"errorMessage": error}
    code = str(said.get("errorCode", said.get("code", "")))
    message = str(said.get("errorMessage", said.get("message", "no reason given")))
    status = int(code) if code.isdecimal() and 400 <= int(code) < 600 else 500
    return status, message if code.isdecimal() else f"{code}: {message}".lstrip(": ")


async def _lines(body: Any, told: Callable[[Exception], ModelError]) -> AsyncIterator[bytes]:
    """The lines of a file in a bucket, a piece of it in memory at a time."""
    rest = b""
    while True:
        try:
            piece = await asyncio.to_thread(body.read, HELD)
        except Exception as error:  # the kit lets through whatever its own connection raises
            raise Broken(f"the bucket's answer broke off: {type(error).__name__}") from told(error)
        if not piece:
            break
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line
    if rest:
        yield rest


class _Folder:
    """Where one job's file lies in the bucket, and its pictures beside it."""

    def __init__(self, kit: Kit, where: Where) -> None:
        self.path = f"{where.prefix}in/{uuid4().hex}/"
        self.uri = f"s3://{where.bucket}/{self.path}"
        self._kit, self._bucket = kit, where.bucket
        self._pool = ThreadPoolExecutor(UPLOADS, "photogram-s3") if where.by_reference else None
        self._room = BoundedSemaphore(2 * UPLOADS)
        self._laid: set[str] = set()
        self._wrong: list[Exception] = []

    def lay(self, blob: Blob, data: bytes) -> str:
        """Have a picture uploaded, once; its place. Waits while as many are on their way as may be."""
        name = f"{blob.sha256}.{extension(blob.media_type)}"
        if name not in self._laid and self._pool:
            self._laid.add(name)
            self._room.acquire()
            self._pool.submit(self._put, name, data)
        return self.uri + name

    def _put(self, name: str, data: bytes) -> None:
        try:
            self._kit.client("s3").put_object(Bucket=self._bucket, Key=self.path + name, Body=data)
        except self._kit.errors as error:
            self._wrong.append(error)
        finally:
            self._room.release()

    def complete(self) -> None:
        """Wait until every picture is there."""
        self.close()
        if self._wrong:
            raise NotSetUp(
                f"pictures could not be put into {self.uri}: {' '.join(str(self._wrong[0]).split())[:200]}",
                do="check batch_bucket under [providers.bedrock], and who may write there",
            )

    def close(self) -> None:
        if self._pool:
            self._pool.shutdown(wait=True)
            self._pool = None
