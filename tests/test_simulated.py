"""run --simulate: a simulator stands for every provider; costs nothing, needs no key, and settles nothing."""

import pytest

from photogram import verbs
from photogram.dataset import Dataset
from photogram.simulator import Script, serving

from .small import ANNOTATE, rows, typed, write

PAID = "openai:gpt-image-2"


def paid(folder, size="1024x1024", **more):
    write(folder, draw=PAID, **more)
    brief = (folder / "brief.toml").read_text().replace('size = "64x64"', f'size = "{size}"')
    (folder / "brief.toml").write_text(brief)
    return folder


def test_it_needs_no_key_and_costs_nothing(tmp_path):
    """Pictures come, over the same wire, and the cells say where from."""
    ran = verbs.run(paid(tmp_path), simulate=True)
    assert (ran.exit_code, ran.left, ran.dollars) == (0, 0, 0.0)
    assert {row.cells["image"].model for row in rows(tmp_path)} == {f"{PAID}@simulated"}
    assert verbs.status(tmp_path).booked == 0.0


def test_what_was_simulated_is_still_owed(tmp_path):
    """A real run makes every picture, and then the real ones count."""
    verbs.run(paid(tmp_path, size="1024x1024"), simulate=True)
    with serving(Script(price=0.01)) as sim:
        write(tmp_path, url=sim.url, draw="openai:pictures", price=0.01)
        assert verbs.run(tmp_path).columns[0].filled == 5
    assert {row.cells["image"].model for row in rows(tmp_path)} == {"openai:pictures"}


def test_it_asks_nobody_else(tmp_path):
    """An address in the brief is not called, nor is a key sent anywhere."""
    with serving(Script()) as sim:
        verbs.run(write(tmp_path, url=sim.url, price=0.01), simulate=True)
        assert sim.books().calls == 0


def test_a_second_simulated_run_does_nothing(tmp_path):
    """Nor does it make anything anew."""
    verbs.run(paid(tmp_path), simulate=True)
    assert verbs.run(tmp_path, simulate=True).columns == ()


def test_what_draws_by_itself_does_so(tmp_path):
    """A keyless model needs no simulator, and its cells are real."""
    verbs.run(write(tmp_path), simulate=True)
    assert verbs.run(tmp_path).columns == ()


@pytest.mark.parametrize("words", [("--simulate",), ("--simulate", "--budget", "0")])
def test_it_is_an_option_of_run(tmp_path, capsys, words):
    """Also with no money at all."""
    code, out, _ = typed(capsys, "run", paid(tmp_path), *words)
    assert code == 0
    assert "5 filled" in out


def seen(folder):
    """Pictures drawn without a key, and a paid model to look at them."""
    return write(folder, see="openai:gpt-6-luna", more=ANNOTATE)


def jobs(folder):
    with Dataset(folder) as opened:
        return [(job.model, job.state) for job in opened.ledger.jobs(ended=True)]


def test_a_simulated_batch_job_is_waited_for(tmp_path):
    """It ends with its simulator, so the run that begins it has its answers too."""
    ran = verbs.run(seen(tmp_path), simulate=True, engine="batch")
    assert (ran.columns[-1].column, ran.columns[-1].filled) == ("annotation", 5)
    assert jobs(tmp_path) == [("openai:gpt-6-luna@simulated", "ended")]


def test_a_simulated_batch_job_that_outlived_its_simulator_is_begun_anew(tmp_path):
    """No other simulator knows it: whoever waited for it would wait for ever."""
    verbs.run(seen(tmp_path), simulate=True, engine="batch")
    with Dataset(tmp_path) as opened:
        job = opened.ledger.begin_job("annotation", "openai:gpt-6-luna@simulated")
        opened.ledger.running(opened.ledger.sending(job.number, "token").number, "batch_0")
    assert verbs.run(tmp_path, simulate=True, engine="batch").exit_code == 0
    assert [state for _, state in jobs(tmp_path)] == ["ended"]


def test_a_simulated_run_forgets_no_job_that_is_paid_for(tmp_path):
    """The jobs of the real model stay as they are."""
    verbs.run(seen(tmp_path), simulate=True)
    with Dataset(tmp_path) as opened:
        job = opened.ledger.begin_job("annotation", "openai:gpt-6-luna")
        opened.ledger.running(opened.ledger.sending(job.number, "token").number, "batch_7")
    verbs.run(tmp_path, simulate=True, engine="batch")
    assert ("openai:gpt-6-luna", "running") in jobs(tmp_path)
