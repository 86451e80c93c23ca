"""Batch jobs of OpenAI by command, against a server that knows them, as OpenAI's own kit finds too."""

import json
import subprocess
import sys
from urllib.request import Request, urlopen

import msgspec
import openai
import pytest

from photogram import show, verbs
from photogram.dataset import Dataset
from photogram.faults import BadInput
from photogram.simulator import Script, serving
from photogram.simulator.jobs import FAULTS

from .posted import fill_by_jobs, photographs

SEVEN = b'{"custom_id":"%d","method":"POST","url":"/v1/chat/completions","body":%s}\n'
BODY = b'{"model":"gpt-6-luna","messages":[{"role":"user","content":"a car"}]}'
DECOY = b'{"model":"gpt-6-luna","messages":[{"role":"user","content":"a van"}],"nonsense":1}'


def begun(folder):
    """The states and names of all jobs there ever were."""
    with Dataset(folder) as opened:
        return [(job.state, job.name) for job in opened.ledger.jobs(ended=True)]


def annotated(folder):
    return next(column for column in verbs.status(folder).columns if column.column == "annotation")


# ------------------------------------------------------------------------------ by command


def test_a_job_is_begun_and_fetched_by_the_same_command(tmp_path):
    """First it says what waits, then what came; it is booked at half the price, to the last digit."""
    with serving() as sim:
        folder = photographs(tmp_path, 9, f"{sim.url}/openai/v1")
        first = verbs.run(folder, engine="batch")
        assert "9 cells wait for 1 batch job: the same command fetches them" in first.notes
        assert (first.left, first.exit_code) == (0, 0)
        assert begun(folder) == [("running", "batch_0")]
        for _ in range(4):
            last = verbs.run(folder, engine="batch")
        assert annotated(folder).filled == 9
        assert verbs.status(folder).booked == pytest.approx(sim.books().dollars)
        assert begun(folder) == [("ended", "batch_0")]
        assert "nothing was owed: every cell is filled" in list(show.lines(last))
        whole = serving()
    with whole as sim:
        dear = photographs(tmp_path / "dear", 9, f"{sim.url}/openai/v1")
        verbs.run(dear)
        assert verbs.status(dear).booked == pytest.approx(2 * verbs.status(folder).booked)


def test_the_price_of_both_ways_is_shown_before_one_is_chosen(tmp_path):
    """A plan names the cheaper way, and a status the jobs that are under way."""
    with serving() as sim:
        folder = photographs(tmp_path, 9, f"{sim.url}/openai/v1")
        verbs.run(folder, budget=0.0)
        column = next(column for column in verbs.plan(folder).columns if column.column == "annotation")
        assert column.by_jobs == pytest.approx(column.dollars / 2)
        assert "`photogram run --engine batch`" in "\n".join(show.lines(verbs.plan(folder)))
        verbs.run(folder, engine="batch")
        assert "batch job batch_0 with 9 cells of annotation" in list(show.lines(verbs.status(folder)))
        column = next(column for column in verbs.plan(folder).columns if column.column == "annotation")
        assert (column.owed, column.dollars, column.by_jobs) == (9, 0.0, None)
        verbs.run(folder)
        told = "batch job batch_0 with 9 cells of annotation: finalizing, 0 of 9 answered"
        verbs.run(folder)
        assert told in list(show.lines(verbs.status(folder)))
        fill_by_jobs(folder)
        assert verbs.status(folder).jobs == ()
        assert "engine batch" not in "\n".join(show.lines(verbs.plan(folder)))


def test_a_plain_run_minds_the_jobs_that_are_there(tmp_path):
    """Without the engine's name it fetches what is ready, and asks nothing that a job is asked."""
    with serving() as sim:
        folder = photographs(tmp_path, 5, f"{sim.url}/openai/v1")
        verbs.run(folder, engine="batch")
        for _ in range(4):
            verbs.run(folder)
        assert annotated(folder).filled == 5
        assert sim.books().by_model["openai:gpt-6-luna"].calls == 5


def test_answers_to_another_question_wait_until_it_is_asked_again(tmp_path):
    """A brief changed while a job was under way: its answers are not taken for the new ones, nor lost."""
    with serving() as sim:
        folder = photographs(tmp_path, 4, f"{sim.url}/openai/v1")
        verbs.run(folder, engine="batch")
        brief = (folder / "brief.toml").read_text("utf-8")
        (folder / "brief.toml").write_text(brief.replace("What colour?", "Which colour?"), "utf-8")
        ran = fill_by_jobs(folder)
        assert any("4 answers of the batch job batch_0 are to a question" in note for note in ran.notes)
        assert annotated(folder).filled == 4
        (folder / "brief.toml").write_text(brief, "utf-8")
        fill_by_jobs(folder)
        assert annotated(folder).filled == 4
        assert begun(folder) == [("ended", "batch_0"), ("ended", "batch_1")]
        assert sim.books().by_model["openai:gpt-6-luna"].calls == 8


def test_another_question_is_asked_though_a_job_is_still_at_the_first(tmp_path):
    """What waits is told by row and question: a plain run asks what the brief asks now."""
    with serving() as sim:
        folder = photographs(tmp_path, 4, f"{sim.url}/openai/v1")
        verbs.run(folder, engine="batch")
        brief = (folder / "brief.toml").read_text("utf-8")
        (folder / "brief.toml").write_text(brief.replace("What colour?", "Which colour?"), "utf-8")
        ran = verbs.run(folder)
        assert (annotated(folder).filled, ran.left) == (4, 0)
        assert not any("wait for" in note for note in ran.notes)


def test_an_engine_that_there_is_not(tmp_path):
    """Is named, with those that there are; and waiting is for jobs."""
    with serving() as sim:
        folder = photographs(tmp_path, 1, f"{sim.url}/openai/v1")
        with pytest.raises(BadInput, match="no engine 'ray'"):
            verbs.run(folder, engine="ray")
        with pytest.raises(BadInput, match="nothing to wait for"):
            verbs.run(folder, wait=True)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_way_in_which_a_job_goes_wrong_is_survived(tmp_path, fault):
    """Run until nothing is owed: every row is filled, and none was answered twice but where nobody knew."""
    with serving(Script(faults={fault: 0.6}, seed=3)) as sim:
        folder = photographs(tmp_path, 12, f"{sim.url}/openai/v1")
        verbs.measure(folder)
        verbs.run(folder, budget=0.0)
        for _ in range(8):
            ran = fill_by_jobs(folder)
        assert annotated(folder).filled == 12
        assert ran.exit_code == 0
        calls = sim.books().by_model["openai:gpt-6-luna"].calls
        assert calls == 12 or (fault == "records lost" and calls > 12)


def test_broken_replies_within_a_job(tmp_path):
    """Errors, refusals and answers cut short cost their rows alone; what can be asked again is."""
    faults = {"500": 0.2, "truncated in the middle": 0.2, "refusal": 0.1}
    with serving(Script(faults=faults)) as sim:
        folder = photographs(tmp_path, 40, f"{sim.url}/openai/v1")
        verbs.run(folder, budget=0.0)
        fill_by_jobs(folder)
        found = annotated(folder)
        assert found.filled + found.refused + found.given_up == 40
        assert found.filled >= 30
        assert found.refused >= 1


def test_killed_between_submit_and_record(tmp_path):
    """kill -9, for real: the next run finds the batch by its token and begins no other."""
    script = (
        "import os, sys; from photogram import verbs; from photogram.owed import Handed\n"
        "Handed.running = lambda *_: os.kill(os.getpid(), 9)\n"
        "verbs.run(sys.argv[1], engine='batch')"
    )
    with serving() as sim:
        folder = photographs(tmp_path, 6, f"{sim.url}/openai/v1")
        killed = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True)
        assert killed.returncode == -9
        assert begun(folder) == [("sending", "")]
        fill_by_jobs(folder)
        assert begun(folder) == [("ended", "batch_0")]
        assert annotated(folder).filled == 6
        assert sim.books().by_model["openai:gpt-6-luna"].calls == 6


def test_what_is_private_is_on_no_disk(tmp_path):
    """An answer's private field is at the provider, and nowhere in the dataset's folder."""
    with serving() as sim, openai.OpenAI(api_key="x", base_url=f"{sim.url}/openai/v1") as kit:
        folder = photographs(tmp_path, 4, f"{sim.url}/openai/v1")
        verbs.run(folder, engine="batch")
        fill_by_jobs(folder)
        (batch,) = kit.batches.list()
        lines = kit.files.content(kit.batches.retrieve(batch.id).output_file_id).text.splitlines()
        bodies = [json.loads(line)["response"]["body"] for line in lines]
        plates = {json.loads(body["choices"][0]["message"]["content"])["plate"] for body in bodies}
        assert plates
        kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        assert not [plate for plate in plates if plate.encode() in kept]
        assert [row.cells["annotation"].value["plate"] for row in rows_of(folder)] == ["[private]"] * 4
        assert not list(folder.glob(".job-*"))


def rows_of(folder):
    with Dataset(folder) as opened:
        return list(opened.ledger.rows(columns=("annotation",)))


# -------------------------------------------------------------------------- the vendor's kit


@pytest.fixture
def kit():
    with serving() as sim, openai.OpenAI(api_key="x", base_url=f"{sim.url}/openai/v1", max_retries=0) as kit:
        yield kit


def uploaded(kit, lines):
    return kit.files.create(file=("a.jsonl", lines), purpose="batch")


def test_the_kit_begins_a_batch_and_reads_it(kit):
    """Upload, create, look until it is completed, download: as OpenAI's own client does it."""
    file = uploaded(kit, b"".join(SEVEN % (number, BODY) for number in range(7)))
    batch = kit.batches.create(
        input_file_id=file.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        metadata={"photogram": "me"},
    )
    seen = [batch.status]
    while seen[-1] != "completed":
        batch = kit.batches.retrieve(batch.id)
        seen.append(batch.status)
    assert seen == ["validating", "in_progress", "finalizing", "completed"]
    assert (batch.request_counts.completed, batch.request_counts.failed) == (7, 0)
    lines = kit.files.content(batch.output_file_id).text.splitlines()
    assert sorted(json.loads(line)["custom_id"] for line in lines) == [str(number) for number in range(7)]
    assert [found.metadata for found in kit.batches.list()] == [{"photogram": "me"}]


def test_the_kit_cancels_a_batch_and_sees_what_was_wrong_with_its_lines(kit):
    """Cancelled is an end of its own; a request that cannot be read is in the file of errors."""
    file = uploaded(kit, SEVEN % (1, BODY) + SEVEN % (2, DECOY))
    asked = {"endpoint": "/v1/chat/completions", "completion_window": "24h"}
    batch = kit.batches.create(input_file_id=file.id, **asked)
    kit.batches.cancel(batch.id)
    while batch.status != "cancelled":
        batch = kit.batches.retrieve(batch.id)
    (wrong,) = kit.files.content(batch.error_file_id).text.splitlines()
    assert json.loads(wrong)["response"]["status_code"] == 400
    for lines in (b"", SEVEN % (1, BODY) * 2):
        with pytest.raises(openai.BadRequestError):
            kit.batches.create(input_file_id=uploaded(kit, lines).id, **asked)


def test_ours_and_the_kits_batches_are_one(tmp_path):
    """What photogram has begun, the kit lists and reads: the same file, token and endpoint."""
    with serving() as sim, openai.OpenAI(api_key="x", base_url=f"{sim.url}/openai/v1") as kit:
        folder = photographs(tmp_path, 3, f"{sim.url}/openai/v1")
        verbs.run(folder, engine="batch")
        (batch,) = kit.batches.list()
        with Dataset(folder) as opened:
            (job,) = opened.ledger.jobs()
        assert (batch.id, batch.metadata) == (job.name, {"photogram": job.token})
        assert batch.endpoint == "/v1/chat/completions"
        sent = kit.files.content(batch.input_file_id).text.splitlines()
        assert [json.loads(line)["url"] for line in sent] == [batch.endpoint] * 3


def test_a_job_that_ours_cannot_see_just_now_is_no_end(tmp_path):
    """A server that is down for a look is looked at again by the next run."""
    with serving() as sim:
        folder = photographs(tmp_path, 3, f"{sim.url}/openai/v1")
        verbs.run(folder, engine="batch")
        at = sim.url
    ran = fill_by_jobs(folder, begin=False, wait=False)
    assert any("cannot connect" in note for note in ran.notes)
    assert at
    assert begun(folder) == [("running", "batch_0")]


def test_books_of_a_job_are_at_half_the_price():
    """The server's own books: the same ask within a batch costs half."""
    with serving() as sim:

        def post(path, body, **headers):
            sent = Request(f"{sim.url}/openai/v1{path}", body, headers)
            return msgspec.json.decode(urlopen(sent).read())

        post("/chat/completions", BODY, **{"Content-Type": "application/json"})
        once = sim.books().dollars
        with openai.OpenAI(api_key="x", base_url=f"{sim.url}/openai/v1") as kit:
            file = uploaded(kit, SEVEN % (1, BODY))
            kit.batches.create(
                input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
            )
        assert sim.books().dollars == pytest.approx(1.5 * once)
