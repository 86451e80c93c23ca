"""Batch jobs of Gemini by command, against a server that knows them, as Google's own kit finds too."""

import io
import json

import pytest
from google import genai
from google.genai import types

from photogram import verbs
from photogram.dataset import Dataset
from photogram.simulator import Script, serving
from photogram.simulator.jobs import FAULTS

from .posted import fill_by_jobs, photographs

MODEL = "gemini-3.5-flash-lite"


@pytest.fixture
def leads(monkeypatch):
    def lead(sim):
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", sim.at("gemini"))
        monkeypatch.setenv("GEMINI_API_KEY", "simulated")

    return lead


def cars(folder, count=12):
    photographs(folder, count, "http://127.0.0.1:1/v1", see=f"gemini:{MODEL}")
    verbs.run(folder, budget=0.0)
    return folder


def annotated(folder):
    return next(column for column in verbs.status(folder).columns if column.column == "annotation")


def test_a_job_is_begun_and_fetched_at_half_the_price(tmp_path, leads):
    """The file goes up in two steps, the batch bears the token, and the books agree to the digit."""
    with serving() as sim:
        leads(sim)
        folder = cars(tmp_path)
        ran = fill_by_jobs(folder)
        assert (annotated(folder).filled, ran.exit_code, ran.notes) == (12, 0, ())
        assert verbs.status(folder).booked == pytest.approx(sim.books().dollars)
        with Dataset(folder) as opened:
            (job,) = opened.ledger.jobs(ended=True)
        assert (job.name, job.progress.answered, job.progress.said) == ("batches/0", 12, "succeeded")


def test_pictures_are_drawn_in_a_job(tmp_path, leads):
    """What cannot be had from Bedrock: the column of pictures, by half of their price."""
    (tmp_path / "brief.toml").write_text(
        '[dataset]\nname = "x"\n[budget]\ndollars = 5.0\n'
        '[models]\ndraw = "gemini:gemini-3.1-flash-lite-image"\n'
        '[[make]]\nlabel = "car"\ncount = 3\nsize = "1024x1024"\nprompt = "A {color} car"\n'
        'vary.color = ["red", "blue", "black"]\n',
        "utf-8",
    )
    with serving() as sim:
        leads(sim)
        ran = verbs.run(tmp_path, engine="batch", force_eol=True)
        for _ in range(3):
            ran = verbs.run(tmp_path, engine="batch", force_eol=True)
        assert ran.exit_code == 0
        found = verbs.status(tmp_path)
        assert next(column for column in found.columns if column.column == "image").filled == 3
        assert found.booked == pytest.approx(sim.books().dollars)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_way_in_which_a_job_goes_wrong_is_survived(tmp_path, leads, fault):
    """Run until nothing is owed: every row is filled."""
    with serving(Script(faults={fault: 0.6}, seed=2)) as sim:
        leads(sim)
        folder = cars(tmp_path)
        for _ in range(8):
            ran = fill_by_jobs(folder)
        assert annotated(folder).filled == 12
        assert ran.exit_code == 0


def test_errors_within_a_job_cost_their_rows_alone(tmp_path, leads):
    """Of faults that pass the rows are asked for again."""
    with serving(Script(faults={"500": 0.3})) as sim:
        leads(sim)
        folder = cars(tmp_path, 20)
        fill_by_jobs(folder)
        assert annotated(folder).filled >= 15


def test_a_job_that_was_sent_is_found_by_its_token(tmp_path, leads, monkeypatch):
    """A run that ends between sending and hearing the name: the next one begins no other."""
    with serving() as sim:
        leads(sim)
        folder = cars(tmp_path)

        def lost(*_):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr("photogram.owed.Handed.running", lost)
            with pytest.raises(KeyboardInterrupt):
                fill_by_jobs(folder)
        fill_by_jobs(folder)
        assert annotated(folder).filled == 12
        assert sum(units.calls for units in sim.books().by_model.values()) == 12


def test_the_kit_uploads_begins_looks_lists_and_downloads():
    """Google's own client: the states come in its words, and each answer bears its key."""
    asked = {"contents": [{"role": "user", "parts": [{"text": "a car"}]}]}
    lines = "".join(json.dumps({"key": f"k{number}", "request": asked}) + "\n" for number in range(5))
    with serving() as sim:
        options = types.HttpOptions(base_url=sim.at("gemini"))
        kit = genai.Client(api_key="x", http_options=options)
        file = kit.files.upload(file=io.BytesIO(lines.encode()), config={"mime_type": "application/jsonl"})
        job = kit.batches.create(model=MODEL, src=file.name, config={"display_name": "mine"})
        seen = []
        while not seen or job.state.name == "JOB_STATE_PENDING" or job.state.name == "JOB_STATE_RUNNING":
            job = kit.batches.get(name=job.name)
            seen.append(job.state.name)
        assert seen == ["JOB_STATE_PENDING", "JOB_STATE_RUNNING", "JOB_STATE_SUCCEEDED"]
        answers = kit.files.download(file=job.dest.file_name).splitlines()
        assert sorted(json.loads(line)["key"] for line in answers) == [f"k{number}" for number in range(5)]
        assert [found.display_name for found in kit.batches.list()] == ["mine"]
        other = kit.batches.create(model=MODEL, src=file.name)
        kit.batches.cancel(name=other.name)
        for _ in range(3):
            other = kit.batches.get(name=other.name)
        assert other.state.name == "JOB_STATE_CANCELLED"
