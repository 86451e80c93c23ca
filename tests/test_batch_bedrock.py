"""Batch jobs of Bedrock by command, against a server that knows them, and what its own kit makes of that."""

import json
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from photogram import verbs
from photogram.dataset import Dataset
from photogram.faults import NotSetUp
from photogram.simulator import Script, serving
from photogram.simulator.jobs import FAULTS

from .posted import ROLE, fill_by_jobs, photographs

NOVA, CLAUDE, QWEN = (
    "amazon.nova-2-lite-v1:0",
    "anthropic.claude-haiku-4-5-20251001-v1:0",
    "qwen.qwen3-vl-235b-a22b",
)
ENDS = {
    "job fails": "Failed",
    "job expires": "Expired",
    "job is stopped": "Stopped",
    "job half done": "PartiallyCompleted",
}


@pytest.fixture
def leads(monkeypatch):
    """The environment of somebody whose calls go to a simulator."""

    def lead(sim):
        for name in ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_ENDPOINT_URL_BEDROCK"):
            monkeypatch.setenv(name, sim.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"{sim.at('bedrock')}/s3")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "simulated")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        return sim

    return lead


def kit(sim, service):
    """The vendor's own client."""
    url = sim.url if service == "bedrock" else f"{sim.at('bedrock')}/s3"
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="simulated",
        aws_secret_access_key="simulated",
        config=Config(request_checksum_calculation="when_required", s3={"addressing_style": "path"}),
    )


def cars(folder, count=100, model=NOVA, more=""):
    """So many photographs to be looked at by a model of Bedrock's, taken in and measured already."""
    photographs(folder, count, "", see=f"bedrock:{model}")
    said = (
        (folder / "brief.toml")
        .read_text("utf-8")
        .replace(f'batch_role = "{ROLE}"', f'batch_role = "{ROLE}"\n{more}')
    )
    (folder / "brief.toml").write_text(said, "utf-8")
    verbs.run(folder, budget=0.0)
    return folder


def jobs_of(sim):
    return kit(sim, "bedrock").list_model_invocation_jobs()["invocationJobSummaries"]


def sent(sim):
    """What lies in the bucket, by key."""
    s3 = kit(sim, "s3")
    found = s3.list_objects_v2(Bucket="bucket")["Contents"]
    return {one["Key"]: s3.get_object(Bucket="bucket", Key=one["Key"])["Body"].read() for one in found}


def annotated(folder):
    return next(column for column in verbs.status(folder).columns if column.column == "annotation")


@pytest.mark.parametrize(
    ("model", "kind"), [(NOVA, "InvokeModel"), (CLAUDE, "InvokeModel"), (QWEN, "Converse")]
)
def test_each_family_is_spoken_to_in_its_own_words(tmp_path, leads, model, kind):
    """A hundred rows, one job, half the price; the file holds what the model is invoked or conversed with."""
    with serving() as sim:
        leads(sim)
        folder = cars(tmp_path, model=model)
        ran = fill_by_jobs(folder)
        assert (annotated(folder).filled, ran.exit_code) == (100, 0)
        (job,) = jobs_of(sim)
        assert job["modelInvocationType"] == ("Converse" if model == QWEN else "InvokeModel")
        assert job["modelId"].endswith(model)
        assert verbs.status(folder).booked == pytest.approx(sim.books().dollars)
        (lines,) = [data for key, data in sent(sim).items() if key.endswith(".jsonl")]
        first = json.loads(lines.splitlines()[0])
        assert first.keys() == {"recordId", "modelInput"}
        assert ("schemaVersion" in first["modelInput"]) == (model == NOVA)
        assert ("anthropic_version" in first["modelInput"]) == (model == CLAUDE)
        assert ("inferenceConfig" in first["modelInput"]) == (model != CLAUDE)


def test_pictures_lie_beside_the_file_where_the_brief_says_so(tmp_path, leads):
    """Each once, in the same folder, and the file names them; what comes of it is the same."""
    with serving() as sim:
        leads(sim)
        folder = cars(tmp_path, more='batch_images = "s3"')
        fill_by_jobs(folder)
        assert annotated(folder).filled == 100
        keys = sent(sim)
        (lines,) = [key for key in keys if key.endswith(".jsonl")]
        beside = [key for key in keys if key.rpartition("/")[0] == lines.rpartition("/")[0]]
        assert len(beside) == 101
        assert len(keys[lines]) < 100 * 2000
        place = json.loads(keys[lines].splitlines()[0])["modelInput"]["messages"][0]["content"][0]["image"]
        assert place["source"]["s3Location"]["uri"].removeprefix("s3://bucket/") in keys


def test_a_family_that_takes_no_addresses_says_so(tmp_path, leads):
    """Claude is shown pictures within the file alone, and the row says what to set."""
    with serving() as sim:
        leads(sim)
        folder = cars(tmp_path, 1, model=CLAUDE, more='batch_images = "s3"')
        fill_by_jobs(folder)
        (trouble,) = verbs.errors(folder)
        assert 'batch_images = "inline"' in trouble.why


def test_fewer_than_a_hundred_are_asked_one_by_one(tmp_path, leads):
    """With a word about it, at the whole price, and no job is begun."""
    with serving() as sim:
        leads(sim)
        folder = cars(tmp_path, 5)
        ran = fill_by_jobs(folder)
        assert annotated(folder).filled == 5
        assert jobs_of(sim) == []
        assert "annotation: 5 asks are fewer than the 100 of a batch job: asked one by one" in ran.notes
        assert verbs.status(folder).booked == pytest.approx(sim.books().dollars)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_way_in_which_a_job_goes_wrong_is_survived(tmp_path, leads, fault):
    """Each status at which a job ends, lost and repeated records, several files: all is filled in the end."""
    with serving(Script(faults={fault: 1.0})) as sim:
        leads(sim)
        folder = cars(tmp_path, 110)
        first = fill_by_jobs(folder)
        calls = sim.books().by_model.get(f"bedrock:us.{NOVA}")
        (job, *_) = jobs_of(sim)[::-1]
        assert job["status"] == ENDS.get(fault, "Completed")
        found = annotated(folder)
        assert found.owed + found.filled == 110
        if fault in ("job fails", "job is stopped"):
            assert found.owed == (110 if fault == "job fails" else 55)
            assert (first.exit_code, len(jobs_of(sim))) == (1, 1)
        else:
            assert found.filled == 110
        if fault in ("many files", "records twice"):
            assert (first.exit_code, first.notes) == (0, ())
        assert calls is None or calls.calls <= 110 + 37


def test_a_job_passes_through_every_status_and_is_seen_in_each(tmp_path, leads):
    """The ten statuses of the vendor's model: those before an end are no end, and each end is one."""
    seen = set()
    for fault in ("", *ENDS):
        with serving(Script(faults={fault: 1.0} if fault else {})) as sim:
            leads(sim)
            folder = cars(tmp_path / (fault or "well"), 100)
            fill_by_jobs(folder, wait=False)
            with Dataset(folder) as opened:
                while opened.ledger.jobs():
                    fill_by_jobs(folder, wait=False, begin=False)
                    seen |= {job.progress.said for job in opened.ledger.jobs(ended=True) if job.progress}
    assert seen == set(kit(sim, "bedrock").meta.service_model.shape_for("ModelInvocationJobStatus").enum)


def test_killed_between_submit_and_record(tmp_path, leads):
    """kill -9, for real: the job is found by its name, and Bedrock would not have taken it twice."""
    script = (
        "import os, sys; from photogram import verbs; from photogram.owed import Handed\n"
        "Handed.running = lambda *_: os.kill(os.getpid(), 9)\n"
        "verbs.run(sys.argv[1], engine='batch')"
    )
    with serving() as sim:
        leads(sim)
        folder = cars(tmp_path)
        killed = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True)
        assert killed.returncode == -9
        fill_by_jobs(folder)
        assert annotated(folder).filled == 100
        assert len(jobs_of(sim)) == 1
        assert sum(units.calls for units in sim.books().by_model.values()) == 100


def test_errors_of_records_cost_their_rows_alone(tmp_path, leads):
    """What failed goes into no further job where it is too little for one: it is asked at once."""
    with serving(Script(faults={"500": 0.1, "guardrail": 0.05})) as sim:
        leads(sim)
        folder = cars(tmp_path, 120)
        fill_by_jobs(folder)
        found = annotated(folder)
        assert found.filled + found.refused + found.given_up + found.owed == 120
        assert found.filled >= 100


def test_without_a_bucket_and_a_role_it_says_what_to_set(tmp_path, leads):
    """A job has nowhere to be put: the two settings are named, and nothing is claimed."""
    with serving() as sim:
        leads(sim)
        folder = cars(tmp_path, 100)
        brief = (folder / "brief.toml").read_text("utf-8")
        (folder / "brief.toml").write_text(brief.replace("batch_role", "# batch_role"), "utf-8")
        ran = fill_by_jobs(folder)
        assert "batch_bucket" in ran.stopped[0]
        assert ran.exit_code == NotSetUp.exit_code
        assert verbs.status(folder).booked == 0


def test_the_example_makes_pairs_of_a_folder_of_photographs(tmp_path):
    """By one command and a job; a second time it asks nobody."""
    photographs(tmp_path, 100, "")
    example = Path(__file__).parent.parent / "examples" / "traffic.py"
    words = [sys.executable, str(example), "--photos", str(tmp_path / "photos"), "--folder", "pairs"]
    for _ in range(2):
        done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)
        assert "100 pairs are in pairs/pairs.jsonl" in done.stdout, done.stderr
    assert "annotation  100 filled" not in done.stdout
    lines = (tmp_path / "pairs" / "pairs.jsonl").read_text("utf-8").splitlines()
    pairs = [json.loads(line) for line in lines]
    assert all((tmp_path / "pairs" / pair["image"]).is_file() for pair in pairs)
    assert {"license_plate", "color"} <= pairs[0]["text"].keys()


# -------------------------------------------------------------------------- the vendor's kit


def create(sim, token="t1", name="n1", **more):
    given = {
        "jobName": name,
        "clientRequestToken": token,
        "roleArn": ROLE,
        "modelId": f"us.{NOVA}",
        "inputDataConfig": {
            "s3InputDataConfig": {"s3Uri": "s3://bucket/in/a.jsonl", "s3InputFormat": "JSONL"}
        },
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://bucket/out/"}},
    }
    return kit(sim, "bedrock").create_model_invocation_job(**{**given, **more})["jobArn"]


def put(sim, count=100):
    body = {
        "messages": [{"role": "user", "content": [{"text": "a car"}]}],
        "inferenceConfig": {"maxTokens": 9},
    }
    lines = [json.dumps({"recordId": f"r{number}", "modelInput": body}) for number in range(count)]
    kit(sim, "s3").put_object(Bucket="bucket", Key="in/a.jsonl", Body="\n".join(lines).encode())


def looked(sim, arn):
    job = kit(sim, "bedrock").get_model_invocation_job(jobIdentifier=arn)
    while "endTime" not in job:
        job = kit(sim, "bedrock").get_model_invocation_job(jobIdentifier=arn)
    return job


def test_the_kit_runs_a_job_from_bucket_to_bucket():
    """The same token gives the same job; outputs and the manifest lie where Bedrock's documents say."""
    with serving() as sim:
        put(sim)
        arn = create(sim)
        assert create(sim) == arn
        with pytest.raises(ClientError, match="already"):
            create(sim, token="t2")
        job = looked(sim, arn)
        assert (job["status"], job["successRecordCount"]) == ("Completed", 100)
        found = sent(sim)
        folder = f"out/{arn.rpartition('/')[2]}"
        assert len(found[f"{folder}/a.jsonl.out"].splitlines()) == 100
        assert json.loads(found[f"{folder}/manifest.json.out"])["totalRecordCount"] == 100


def test_the_kit_stops_a_job_and_sees_one_that_is_too_small():
    """Too few records are found out in validation, after the job was taken."""
    with serving() as sim:
        put(sim)
        arn = create(sim)
        kit(sim, "bedrock").stop_model_invocation_job(jobIdentifier=arn)
        assert looked(sim, arn)["status"] == "Stopped"
        put(sim, 99)
        job = looked(sim, create(sim, "t2", "n2"))
        assert (job["status"], job["message"]) == ("Failed", "99 records are fewer than 100")
