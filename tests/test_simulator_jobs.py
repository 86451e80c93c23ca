"""The simulator's jobs: what it refuses, as the vendors do, and how far a job is at each look."""

import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from photogram.multipart import File, form
from photogram.simulator import Script, serving
from photogram.simulator.books import Plan
from photogram.simulator.call import Answer
from photogram.simulator.jobs import FAULTS, SOUND, Steps
from photogram.simulator.tongues.bedrock.jobs import WAYS as BEDROCKS
from photogram.simulator.tongues.gemini.batches import WAYS as GEMINIS
from photogram.simulator.tongues.openai.batches import WAYS as OPENAIS

CHAT = {"model": "gpt-6-luna", "messages": [{"role": "user", "content": "a car"}]}
LINE = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": CHAT}
BATCH = {"endpoint": "/v1/chat/completions", "completion_window": "24h"}
GENERATE = {"contents": [{"role": "user", "parts": [{"text": "a car"}]}]}


def send(url, body=None, method=None, **headers):
    """Status and body of one call."""
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    kind = {"Content-Type": "application/json"}
    kind |= {name.replace("_", "-"): said for name, said in headers.items()}
    try:
        with urlopen(Request(url, data, kind, method=method)) as answer:
            return answer.status, answer.read(), answer.headers
    except HTTPError as error:
        return error.code, error.read(), error.headers


@pytest.fixture
def openai():
    with serving() as sim:
        yield f"{sim.at('openai')}/v1"


def upload(url, *lines, purpose="batch", name="a.jsonl"):
    data = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    kind, body = form({"purpose": purpose}, [File("file", name, "application/jsonl", data)])
    status, said, _ = send(f"{url}/files", body, Content_Type=kind)
    return json.loads(said)["id"] if status == 200 else status


# ----------------------------------------------------------------------------------- faults


def test_each_fault_of_a_job_is_of_its_own_kind():
    """None is like another, and a sound job answers all."""
    answers = [(f"r{number}", Answer({})) for number in range(9)]
    assert list(SOUND.change(answers)) == answers
    kinds = {
        (fault.ending, fault.share, fault.parts, len(fault.change(answers))) for fault in FAULTS.values()
    }
    assert len(kinds) == len(FAULTS)
    assert len(FAULTS["records lost"].change(answers)) == 6
    assert len(FAULTS["records twice"].change(answers)) == 12


def test_a_fault_meets_the_share_of_jobs_that_the_script_says():
    """The same for the same seed and job, and of all jobs about so many."""
    plan = Plan(Script(faults={"job expires": 0.3, "500": 0.5}, seed=4))
    met = [plan.job_fault(f"job {number}", list(FAULTS)) for number in range(400)]
    assert met == [plan.job_fault(f"job {number}", list(FAULTS)) for number in range(400)]
    assert set(met) == {"job expires", ""}
    assert 80 < met.count("job expires") < 160


@pytest.mark.parametrize("ways", [OPENAIS, GEMINIS, BEDROCKS])
def test_every_ending_has_a_way_and_jobs_stay_at_its_end(ways):
    """A job goes a step at each look, never back, and no further than its end."""
    assert ways.keys() == {"done", "partly", "failed", "expired", "stopped"}
    for way in ways.values():
        steps = Steps()
        seen = [steps.at("job", way) for _ in range(len(way) + 3)]
        assert seen == [*way, *[way[-1]] * 3]
        assert steps.at("another", way) == way[0]


# ----------------------------------------------------------------------------------- openai


def test_files_that_openai_does_not_take(openai):
    """Another purpose, another name: 400, as for every wrong field."""
    assert upload(openai, LINE, purpose="fine-tune") == 400
    assert upload(openai, LINE, name="a.txt") == 400
    assert send(f"{openai}/files/nothing/content")[0] == 404
    name = upload(openai, LINE)
    assert json.loads(send(f"{openai}/files/{name}")[1])["purpose"] == "batch"
    assert json.loads(send(f"{openai}/files/{name}/content")[1]) == LINE


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [LINE, LINE],
        [LINE | {"url": "/v1/embeddings"}],
        [LINE | {"method": "GET"}],
        [LINE | {"more": 1}],
    ],
)
def test_batches_whose_lines_are_wrong_are_not_begun(openai, lines):
    """None, twice the same name, another endpoint, another method, a field that is not known."""
    status, said, _ = send(f"{openai}/batches", BATCH | {"input_file_id": upload(openai, *lines)})
    assert status == 400, said
    assert json.loads(send(f"{openai}/batches")[1])["data"] == []


@pytest.mark.parametrize(
    "changed", [{"endpoint": "/v1/audio"}, {"completion_window": "1h"}, {"input_file_id": "file-x"}, {"x": 1}]
)
def test_batches_that_are_asked_wrongly_are_not_begun(openai, changed):
    """Endpoint, window, file and fields are looked at before anything is answered."""
    assert send(f"{openai}/batches", BATCH | {"input_file_id": upload(openai, LINE)} | changed)[0] == 400
    assert send(f"{openai}/batches/batch_9")[0] == 404


def test_batches_are_listed_newest_first_and_by_pages(openai):
    """As whoever looks for one by its token goes through them."""
    for _ in range(3):
        send(f"{openai}/batches", BATCH | {"input_file_id": upload(openai, LINE)})
    page = json.loads(send(f"{openai}/batches?limit=2")[1])
    assert ([one["id"] for one in page["data"]], page["has_more"]) == (["batch_2", "batch_1"], True)
    page = json.loads(send(f"{openai}/batches?limit=2&after=batch_1")[1])
    assert ([one["id"] for one in page["data"]], page["has_more"]) == (["batch_0"], False)


# ----------------------------------------------------------------------------------- gemini


def test_uploads_and_batches_that_gemini_does_not_take():
    """A second step without a first, an offset that is another, keys that are the same."""
    with serving() as sim:
        url = sim.at("gemini")
        assert send(f"{url}/upload/v1/files", {})[0] == 400
        begun = send(f"{url}/upload/v1/files", {}, X_Goog_Upload_Command="start")[2]["X-Goog-Upload-URL"]
        assert send(begun, b"x", X_Goog_Upload_Offset="5")[0] == 400
        line = json.dumps({"key": "a", "request": GENERATE}).encode() + b"\n"
        whole = {"X_Goog_Upload_Offset": "0", "X_Goog_Upload_Command": "upload, finalize"}
        file = json.loads(send(begun, line * 2, **whole)[1])["file"]["name"]
        asked = {"batch": {"displayName": "me", "inputConfig": {"fileName": file}}}
        at = f"{url}/v1/models/gemini-3.5-flash-lite:batchGenerateContent"
        assert send(at, asked)[0] == 400
        assert send(at, {"batch": {"inputConfig": {"fileName": "files/none"}}})[0] == 404
        assert send(f"{url}/v1/batches/none")[0] == 404


# ------------------------------------------------------------------------------------- buckets


def test_a_bucket_keeps_lists_by_pages_and_says_what_is_not_there():
    """A thousand keys a page, and the rest behind a token."""
    with serving() as sim:
        url = f"{sim.at('bedrock')}/s3/bucket"
        assert send(f"{url}/a/b.txt", b"bytes", "PUT")[0] == 200
        assert send(f"{url}/a/b.txt")[1] == b"bytes"
        assert send(f"{url}/a/c.txt")[0] == 404
        for number in range(1001):
            send(f"{url}/many/{number:04d}", b"", "PUT")
        first = send(f"{url}?prefix=many/")[1].decode()
        assert (first.count("<Key>"), "<IsTruncated>true" in first) == (1000, True)
        token = first.partition("<NextContinuationToken>")[2].partition("<")[0]
        rest = send(f"{url}?prefix=many/&continuation-token={token}")[1].decode()
        assert (rest.count("<Key>"), "<IsTruncated>false" in rest) == (1, True)
