"""Batch jobs as each vendor has them: states, ends, what is answered, what is refused, what it costs."""

import json
from collections import Counter
from contextlib import closing, contextmanager
from http.client import HTTPConnection

import pytest

from photogram.multipart import File, form
from photogram.simulator import Script, serving
from photogram.simulator.jobs import FAULTS

JSON = {"Content-Type": "application/json", "Authorization": "Bearer x"}
ROLE = "arn:aws:iam::123456789012:role/batch"
NOVA = "us.amazon.nova-2-lite-v1:0"


@contextmanager
def spoken(vendor, **script):
    """A caller of this vendor's, and a server of its own."""
    with serving(Script(**script)) as sim, closing(vendor(sim)) as caller:
        yield caller


class Caller:
    """Plain calls to one server, over one connection."""

    told_at_once = 0
    """States that a job is told to be in as it is begun."""

    def __init__(self, sim):
        self.sim = sim
        self._wire = HTTPConnection(sim.url.removeprefix("http://"), timeout=10)
        self.close = self._wire.close

    def call(self, method, path, body=None, **headers):
        """Status, headers and body of a call; JSON is read."""
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        self._wire.request(
            method, path, data, JSON | {name.replace("_", "-"): headers[name] for name in headers}
        )
        response = self._wire.getresponse()
        raw = response.read()
        whole = raw and response.headers.get_content_type() == "application/json"
        return response.status, response.headers, json.loads(raw) if whole else raw

    def said(self, *more, **options):
        """The body of a call that has to go well."""
        status, _, body = self.call(*more, **options)
        assert status == 200, body
        return body


class OpenAI(Caller):
    """Files and batches."""

    told_at_once = 1
    ways = {
        "done": "validating in_progress finalizing completed",
        "failed": "validating failed",
        "expired": "validating in_progress finalizing expired",
        "stopped": "validating in_progress cancelling cancelled",
        "partly": "validating in_progress finalizing completed",
    }

    def line(self, record, prompt="a car"):
        body = {"model": "gpt-5.4-nano", "messages": [{"role": "user", "content": prompt}]}
        said = {"custom_id": record, "method": "POST", "url": "/v1/chat/completions", "body": body}
        return json.dumps(said).encode()

    def upload(self, data, *, purpose="batch", file="a.jsonl"):
        kind, body = form({"purpose": purpose}, [File("file", file, "application/jsonl", data)])
        return self.call("POST", "/openai/v1/files", body, Content_Type=kind)

    def create(self, lines, **more):
        asked = {"input_file_id": self.upload(b"\n".join(lines))[2]["id"], "completion_window": "24h"}
        return self.call("POST", "/openai/v1/batches", asked | {"endpoint": "/v1/chat/completions"} | more)

    def begin(self, lines):
        return self.create(lines)[2]["id"]

    def look(self, job):
        return self.said("GET", f"/openai/v1/batches/{job}")

    def state(self, job):
        return self.look(job)["status"]

    def stop(self, job):
        self.said("POST", f"/openai/v1/batches/{job}/cancel")

    def results(self, job):
        """Each record that was answered, and whether well; those that had no time are none."""
        said = self.look(job)
        for file in filter(None, (said.get("output_file_id"), said.get("error_file_id"))):
            for line in self.said("GET", f"/openai/v1/files/{file}/content").splitlines():
                found = json.loads(line)
                if found["response"]:
                    yield found["custom_id"], found["response"]["status_code"] == 200

    def counts(self, job):
        counted = self.look(job)["request_counts"]
        return counted["total"], counted["completed"]


class Gemini(Caller):
    """Files that go up in two steps, and operations."""

    ways = {
        "done": "PENDING RUNNING SUCCEEDED",
        "failed": "PENDING FAILED",
        "expired": "PENDING RUNNING EXPIRED",
        "stopped": "PENDING RUNNING CANCELLED",
        "partly": "PENDING RUNNING PARTIALLY_SUCCEEDED",
    }

    def line(self, record, prompt="a car"):
        return json.dumps({"key": record, "request": {"contents": [{"parts": [{"text": prompt}]}]}}).encode()

    def upload(self, data):
        start = self.call("POST", "/gemini/upload/v1/files", {}, X_Goog_Upload_Command="start")
        path = start[1]["X-Goog-Upload-URL"].removeprefix(self.sim.url)
        more = {"X_Goog_Upload_Offset": "0", "X_Goog_Upload_Command": "upload, finalize"}
        return self.said("POST", path, data, **more)["file"]["name"]

    def create(self, lines, **more):
        asked = {"batch": {"inputConfig": {"fileName": self.upload(b"\n".join(lines))}, **more}}
        return self.call("POST", "/gemini/v1/models/gemini-3.5-flash-lite:batchGenerateContent", asked)

    def begin(self, lines):
        return self.create(lines)[2]["name"]

    def look(self, job):
        return self.said("GET", f"/gemini/v1/{job}")

    def state(self, job):
        return self.look(job)["metadata"]["state"].removeprefix("BATCH_STATE_")

    def stop(self, job):
        self.said("POST", f"/gemini/v1/{job}:cancel")

    def results(self, job):
        file = self.look(job)["metadata"].get("output", {}).get("responsesFile")
        for line in self.said("GET", f"/gemini/v1/{file}:download").splitlines() if file else ():
            found = json.loads(line)
            yield found["key"], "response" in found

    def counts(self, job):
        counted = self.look(job)["metadata"]["batchStats"]
        return int(counted["requestCount"]), int(counted.get("successfulRequestCount", 0))


class Bedrock(Caller):
    """Jobs from bucket to bucket."""

    ways = {
        "done": "Submitted Validating Scheduled InProgress Completed",
        "failed": "Submitted Validating Failed",
        "expired": "Submitted Validating Scheduled Expired",
        "stopped": "Submitted Validating InProgress Stopping Stopped",
        "partly": "Submitted Validating Scheduled InProgress PartiallyCompleted",
    }
    named = 0

    def line(self, record, prompt="a car"):
        body = {"messages": [{"role": "user", "content": [{"text": prompt}]}]}
        return json.dumps({"recordId": record, "modelInput": body}).encode()

    def asked(self, folder, **more):
        return {
            "jobName": f"job-{folder}",
            "roleArn": ROLE,
            "modelId": NOVA,
            "inputDataConfig": {"s3InputDataConfig": {"s3Uri": f"s3://bucket/{folder}/"}},
            "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://bucket/out/"}},
        } | more

    def create(self, lines, **more):
        self.named += 1
        self.said("PUT", f"/s3/bucket/{self.named}/in.jsonl", b"\n".join(lines))
        return self.call("POST", "/model-invocation-job", self.asked(self.named, **more))

    def begin(self, lines):
        return self.create(lines)[2]["jobArn"].rpartition("/")[2]

    def look(self, job):
        return self.said("GET", f"/model-invocation-job/{job}")

    def state(self, job):
        return self.look(job)["status"]

    def stop(self, job):
        self.said("POST", f"/model-invocation-job/{job}/stop")

    def files(self, job):
        listed = self.said("GET", f"/s3/bucket?list-type=2&prefix=out/{job}/").decode()
        keys = [part.partition("</Key>")[0] for part in listed.split("<Key>")[1:]]
        return [key for key in keys if key.endswith(".jsonl.out")]

    def results(self, job):
        for key in self.files(job):
            for line in self.said("GET", f"/s3/bucket/{key}").splitlines():
                found = json.loads(line)
                yield found["recordId"], "modelOutput" in found

    def counts(self, job):
        said = self.look(job)
        return said["totalRecordCount"], said["successRecordCount"]


VENDORS = (OpenAI, Gemini, Bedrock)
every_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.__name__)
RECORDS = [f"r{number}" for number in range(102)]


def lines_of(caller, wrong=()):
    return [caller.line(record, "cursed" if record in wrong else "a car") for record in RECORDS]


def looked(caller, job, ending):
    """The states that a job is found in, one look after the other, until it is over and twice more."""
    return [caller.state(job) for _ in range(len(caller.ways[ending].split()) + 2 - caller.told_at_once)]


def run_out(caller, job):
    """Look until nothing changes any more."""
    while (state := caller.state(job)) not in {way.split()[-1] for way in caller.ways.values()}:
        pass
    return state


# ----------------------------------------------------------------------------- how they end

ANSWERED = {
    "": RECORDS,
    "job fails": [],
    "job expires": RECORDS[:51],
    "job is stopped": RECORDS[:51],
    "job half done": RECORDS[:51],
    "records lost": [record for number, record in enumerate(RECORDS[::-1]) if number % 3 != 2],
    "records twice": [*RECORDS, *RECORDS[::-1][::3]],
    "many files": RECORDS,
}


@every_vendor
@pytest.mark.parametrize("fault", ANSWERED)
def test_a_job_goes_its_way_and_answers_what_it_should(vendor, fault):
    """Each state once and in order, the last for good; so many answers; only what was answered is worked."""
    assert set(ANSWERED) == {"", *FAULTS}
    with spoken(vendor, faults={fault: 1} if fault else {}) as caller:
        job = caller.begin(lines_of(caller))
        ending = FAULTS[fault].ending if fault else "done"
        way = caller.ways[ending].split()
        assert looked(caller, job, ending) == [*way[caller.told_at_once :], way[-1], way[-1]]
        found = [record for record, good in caller.results(job) if good]
        assert Counter(found) == Counter(ANSWERED[fault])
        if fault != "job fails":
            assert caller.counts(job)[0] == len(RECORDS)
        books = caller.sim.books()
    worked = len(RECORDS) if fault == "records lost" else len(set(ANSWERED[fault]))
    assert sum(units.calls for units in books.by_model.values()) == worked


@every_vendor
def test_answers_come_in_another_order_than_they_were_asked(vendor):
    """Whoever goes by the order is found out here."""
    with spoken(vendor) as caller:
        job = caller.begin(lines_of(caller))
        run_out(caller, job)
        found = [record for record, _ in caller.results(job)]
    assert sorted(found) == sorted(RECORDS)
    assert found != RECORDS


@every_vendor
def test_a_job_costs_half_of_what_the_same_asks_cost(vendor):
    """By the books of the server, to the last digit."""
    with spoken(vendor) as caller:
        caller.begin(lines_of(caller))
        within = caller.sim.books()
        one = json.loads(lines_of(caller)[0])
    with spoken(vendor) as caller:
        if vendor is OpenAI:
            caller.said("POST", "/openai/v1/chat/completions", one["body"])
        elif vendor is Gemini:
            caller.said("POST", "/gemini/v1/models/gemini-3.5-flash-lite:generateContent", one["request"])
        else:
            caller.said("POST", f"/model/{NOVA}/invoke", one["modelInput"])
        alone = caller.sim.books()
    assert within.dollars == pytest.approx(alone.dollars * len(RECORDS) / 2) != 0


@every_vendor
def test_errors_of_records_are_theirs_alone(vendor):
    """They stand under their record, are counted, and cost nothing; a job with some is done all the same."""
    wrong = RECORDS[3:7]
    with spoken(vendor, broken="cursed") as caller:
        job = caller.begin(lines_of(caller, wrong))
        state = run_out(caller, job)
        results = dict(caller.results(job))
        assert caller.counts(job) == (len(RECORDS), len(RECORDS) - 4)
        books = caller.sim.books()
    assert state == caller.ways["done"].split()[-1]
    assert sorted(record for record, good in results.items() if not good) == sorted(wrong)
    assert (books.broken, sum(units.calls for units in books.by_model.values())) == (4, len(RECORDS) - 4)


@every_vendor
def test_a_job_that_is_stopped_ends_so_whatever_was_to_become_of_it(vendor):
    """Told to stop before the first look; another job goes on."""
    with spoken(vendor) as caller:
        job, other = caller.begin(lines_of(caller)), caller.begin(lines_of(caller))
        caller.stop(job)
        assert run_out(caller, job) == caller.ways["stopped"].split()[-1]
        assert run_out(caller, other) == caller.ways["done"].split()[-1]


def test_three_files_are_three_and_hold_each_record_once():
    """With Bedrock, where a folder is read and not a file; the manifest lies beside them."""
    with spoken(Bedrock, faults={"many files": 1}) as caller:
        job = caller.begin(lines_of(caller))
        run_out(caller, job)
        files = caller.files(job)
        manifest = json.loads(caller.said("GET", f"/s3/bucket/out/{job}/manifest.json.out"))
    assert len(files) == 3
    assert manifest["processedRecordCount"] == manifest["successRecordCount"] == len(RECORDS)


# ---------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"endpoint": "/v1/embeddings"}, "is not /v1/embeddings"),
        ({"metadata": {"a": 1}}, "metadata"),
    ],
)
def test_a_batch_of_openais_that_is_none_is_refused(changes, told):
    """Before anything in it is answered or booked."""
    with spoken(OpenAI) as caller:
        status, _, said = caller.create([caller.line("a")], **changes)
        assert (status, said["error"]["type"]) == (400, "invalid_request_error")
        assert told in said["error"]["message"]
        assert caller.sim.books().by_model == {}


@pytest.mark.parametrize(
    ("vendor", "lines", "told"),
    [
        (OpenAI, [b'{"custom_id": "a"}'], "missing required"),
        (OpenAI, [b"", "a"], "could not parse"),
        (OpenAI, [b'{"custom_id":1,"method":"POST","url":"/v1/chat/completions","body":{}}'], "custom_id"),
        (OpenAI, [b"x"], "could not parse"),
        (OpenAI, [f"r{number}" for number in range(50_001)], "1 to 50000"),
        (Gemini, [], "has lines"),
        (Gemini, [b'{"key": "a"}'], "missing required"),
        (Gemini, [b'{"key": "a", "request": {}, "metadata": 1}'], "metadata"),
        (Gemini, [b"x"], "parse"),
    ],
)
def test_a_file_of_lines_that_are_none_is_refused(vendor, lines, told):
    """As a whole, with what is wrong with it."""
    with spoken(vendor) as caller:
        status, _, said = caller.create([caller.line(one) if isinstance(one, str) else one for one in lines])
        assert status == 400
        assert told in said["error"]["message"]
        assert caller.sim.books().by_model == {}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"jobName": "a job"}, "jobName"),
        ({"jobName": "x" * 64}, "jobName"),
        ({"roleArn": "arn:aws:iam::1:role/x"}, "roleArn"),
        ({"timeoutDurationInHours": 23}, "timeoutDurationInHours"),
        ({"timeoutDurationInHours": 169}, "timeoutDurationInHours"),
        ({"modelInvocationType": "Ask"}, "modelInvocationType"),
        ({"inputDataConfig": {"s3InputDataConfig": {"s3Uri": "bucket/in"}}}, "s3Uri"),
        ({"inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://B/in"}}}, "s3Uri"),
        ({"outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://bucket/out", "acl": "x"}}}, "acl"),
        ({"vpc": {}}, "vpc"),
        ({"jobName": "job-0"}, "of this name"),
    ],
)
def test_a_job_of_bedrocks_that_is_none_is_refused(changes, told):
    """By the service's own patterns; a name is given once."""
    with spoken(Bedrock) as caller:
        caller.said("POST", "/model-invocation-job", caller.asked(0))
        status, headers, said = caller.create(lines_of(caller), **changes)
        assert status == 400
        assert told in said["message"]
        name = "ConflictException" if "name" in told else "ValidationException"
        assert headers["x-amzn-ErrorType"].startswith(name)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (lambda caller: lines_of(caller)[:99], "99 records are fewer than 100"),
        (lambda caller: [*lines_of(caller), b"{"], "A line cannot be read"),
        (lambda caller: [*lines_of(caller), b'{"modelInput": 1}'], "A line cannot be read"),
        (lambda caller: [], "0 records are fewer than 100"),
    ],
)
def test_what_is_wrong_with_an_input_of_bedrocks_is_found_in_validation(lines, why):
    """The job is taken, fails with its reason, answers nothing and costs nothing."""
    with spoken(Bedrock) as caller:
        job = caller.begin(lines(caller))
        assert looked(caller, job, "failed")[-1] == "Failed"
        assert why in caller.look(job)["message"]
        assert (caller.files(job), caller.sim.books().by_model) == ([], {})


def test_the_same_token_is_the_same_job():
    """And is not run again: what was sent twice is paid once."""
    with spoken(Bedrock) as caller:
        arns = {caller.create(lines_of(caller), clientRequestToken="t")[2]["jobArn"] for _ in range(2)}
        assert len(arns) == 1
        assert sum(units.calls for units in caller.sim.books().by_model.values()) == len(RECORDS)
        named = caller.said("GET", "/model-invocation-jobs?nameContains=job-1")["invocationJobSummaries"]
        assert [one["jobName"] for one in named] == ["job-1"]


# ------------------------------------------------------------------------- lists and places


def test_batches_are_listed_by_pages_newest_first():
    """Each once, however the pages are cut; a page that is none is refused."""
    with spoken(OpenAI) as caller:
        made = [caller.begin([caller.line("a")]) for _ in range(7)]
        for size in (1, 3, 7, 100):
            found, after, more = [], "", True
            while more:
                page = caller.said("GET", f"/openai/v1/batches?limit={size}{after}")
                found += [batch["id"] for batch in page["data"]]
                more, after = page["has_more"], f"&after={page['last_id']}"
            assert found == made[::-1]
        for wrong in ("0", "101", "many", "-1"):
            status, _, said = caller.call("GET", f"/openai/v1/batches?limit={wrong}")
            assert (status, said["error"]["code"]) == (400, "invalid_value")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/openai/v1/batches/batch_9/cancel", 404),
        ("GET", "/openai/v1/files/file-9", 404),
        ("POST", "/gemini/v1/batches/9:cancel", 404),
        ("GET", "/gemini/v1/files/9:download", 404),
        ("GET", "/model-invocation-job/000000000009", 404),
        ("POST", "/model-invocation-job/000000000009/stop", 404),
    ],
)
def test_what_was_never_begun_is_not_found(method, path, status):
    """In the vendor's own form."""
    with spoken(OpenAI) as caller:
        got, headers, said = caller.call(method, path)
    assert got == status
    name = said.get("error", {}).get("status") or headers.get("x-amzn-ErrorType", "")
    assert "model" in path or "openai" in path or name == "NOT_FOUND"
    assert "invocation" not in path or name.startswith("ResourceNotFoundException")


def test_an_upload_to_google_has_its_steps():
    """It goes on where it left off, and is whole in the end; one that was not begun is not found."""
    with spoken(Gemini) as caller:
        start = caller.call("POST", "/gemini/upload/v1/files", {}, X_Goog_Upload_Command="start")
        path = start[1]["X-Goog-Upload-URL"].removeprefix(caller.sim.url)
        piece = {"X_Goog_Upload_Offset": "0", "X_Goog_Upload_Command": "upload"}
        assert caller.call("POST", path, b"abc", **piece)[1]["X-Goog-Upload-Status"] == "active"
        assert caller.call("POST", path, b"abc", **piece)[0] == 400
        last = {"X_Goog_Upload_Offset": "3", "X_Goog_Upload_Command": "upload, finalize"}
        file = caller.said("POST", path, b"def", **last)["file"]
        assert file["sizeBytes"] == "6"
        assert caller.said("GET", f"/gemini/v1/{file['name']}:download") == b"abcdef"
        strange = path.partition("=")[0] + "=files/none"
        assert caller.call("POST", strange, b"x", **piece)[0] == 404


def test_a_bucket_is_nobody_elses_and_names_stay_as_they_are():
    """Also with signs that XML or an address writes otherwise; listed in order, below the prefix alone."""
    with spoken(Bedrock) as caller:
        for place in ("bucket/a/2", "bucket/a/1%26x", "bucket/ab/3", "bucket/b/4", "other/a/5"):
            caller.said("PUT", f"/s3/{place}", place.encode())
        listed = caller.said("GET", "/s3/bucket?prefix=a/").decode()
        keys = [part.partition("</Key>")[0] for part in listed.split("<Key>")[1:]]
        assert keys == ["a/1&amp;x", "a/2"]
        assert caller.said("GET", "/s3/bucket/a/1%26x") == b"bucket/a/1%26x"
        assert caller.call("GET", "/s3/other/a/2")[0] == 404
