"""The verbs: what each does to a dataset, and that doing it again does nothing."""

import asyncio
import subprocess
import sys
import threading

import msgspec
import pytest

import photogram
from photogram import verbs
from photogram.cli import main
from photogram.faults import BadInput, NotSetUp, PhotogramError
from photogram.simulator import Script, serving

from .killing import write_brief
from .small import ANNOTATE, GROUPS, content, environ, files, pictures, rows, write


@pytest.fixture
def sim():
    with serving(Script(price=0.01)) as served:
        yield served


def prompts(folder, **wanted):
    return sorted(row.prompt for row in rows(folder, **wanted))


# ------------------------------------------------------------------------- run twice


def test_running_twice_changes_nothing(tmp_path):
    """The second run asks nobody, writes no cell and touches no file."""
    folder = write(tmp_path, more=ANNOTATE)
    first = verbs.run(folder)
    assert [(tick.column, tick.filled) for tick in first.columns] == [
        ("image", 5),
        ("measures", 5),
        ("annotation", 5),
    ]
    before = content(folder), files(folder)
    second = verbs.run(folder)
    assert (second.columns, second.left, second.dollars, second.exit_code) == ((), 0, 0.0, 0)
    assert (content(folder), files(folder)) == before


def test_the_second_run_makes_no_call(tmp_path, sim):
    """What was paid for is not paid for again."""
    folder = write(tmp_path, url=sim.url, price=0.01)
    assert verbs.run(folder).dollars == pytest.approx(0.05)
    assert verbs.run(folder).dollars == 0.0
    assert sim.books().calls == 5


def test_a_changed_prompt_makes_its_group_anew(tmp_path, sim):
    """Only the rows of the changed group are asked for; the old ones are retired, and kept."""
    folder = write(tmp_path, url=sim.url, price=0.01)
    verbs.run(folder)
    write(folder, url=sim.url, price=0.01, groups={**GROUPS, "pear": ("a yellow pear {n}", 2)})
    planned = verbs.plan(folder)
    assert (planned.new, planned.retired, planned.rows) == (2, 2, 5)
    assert verbs.run(folder).columns[0].filled == 2
    assert sim.books().calls == 7
    assert verbs.status(folder).retired == 2
    assert sum("green pear" in prompt for prompt in prompts(folder, retired=True)) == 2
    assert not any("green pear" in prompt for prompt in prompts(folder))
    assert len(pictures(folder)) == 7


def test_a_prompt_changed_back_calls_its_rows_back(tmp_path, sim):
    """Retired rows come back with their pictures, and nothing is asked."""
    folder = write(tmp_path, url=sim.url)
    verbs.run(folder)
    write(folder, url=sim.url, groups={"apple": GROUPS["apple"]})
    assert verbs.plan(folder).retired == 2
    write(folder, url=sim.url)
    assert verbs.plan(folder).recalled == 2
    verbs.run(folder)
    assert sim.books().calls == 5


def test_another_model_and_back(tmp_path, sim):
    """Another model fills the cells anew; the first one's pictures are called back without a call."""
    folder = write(tmp_path, url=sim.url)
    verbs.run(folder)
    first = {row.id: row.image() for row in rows(folder)}
    write(folder, draw="keyless:draw")
    assert verbs.run(folder).columns[0].filled == 5
    drawn = {row.id: row.image() for row in rows(folder)}
    assert set(drawn.values()).isdisjoint(first.values())
    write(folder, url=sim.url)
    assert verbs.run(folder).columns == ()
    assert {row.id: row.image() for row in rows(folder)} == first
    assert sim.books().calls == 5


def test_a_higher_count_makes_only_the_new_rows(tmp_path, sim):
    """The first rows of a higher count are the rows there were."""
    folder = write(tmp_path, url=sim.url)
    verbs.run(folder)
    before = sim.books().by_prompt
    write(folder, url=sim.url, groups={**GROUPS, "apple": ("a red apple {n}", 6)})
    assert verbs.run(folder).columns[0].filled == 3
    after = sim.books().by_prompt
    assert sum(after.values()) == 8
    assert before.keys() <= after.keys()


def test_a_plan_spends_nothing(tmp_path, sim):
    """The plan names the price of all there is to do, and calls nobody."""
    folder = write(tmp_path, url=sim.url, price=0.04, more=ANNOTATE)
    planned = verbs.plan(folder)
    assert [column.owed for column in planned.columns] == [5, 5, 5]
    assert planned.columns[0].dollars == pytest.approx(0.20)
    assert sim.books().calls == 0
    assert verbs.plan(folder).new == 0


# ------------------------------------------------------------------------ lost files


def lose(folder, number=2):
    """Remove one picture and cut another short."""
    first, second = pictures(folder)[:number]
    whole = first.read_bytes(), second.read_bytes()
    first.unlink()
    second.write_bytes(whole[1][:40])
    return (first, second), whole


def test_drawn_pictures_come_back_as_they_were(tmp_path):
    """The doctor names the two that are gone or cut short, and a run draws the same bytes again."""
    folder = write(tmp_path)
    verbs.run(folder)
    paths, whole = lose(folder)
    bad = [finding for finding in verbs.doctor(folder) if not finding.well]
    assert len(bad) == 1
    assert bad[0].what.startswith("2 drawn pictures are missing")
    assert "photogram run" in bad[0].do
    ran = verbs.run(folder)
    assert [(tick.column, tick.filled) for tick in ran.columns] == [("image", 2)]
    assert tuple(path.read_bytes() for path in paths) == whole
    assert all(finding.well for finding in verbs.doctor(folder))


def test_paid_pictures_are_remade_only_when_told(tmp_path, sim):
    """A run says what making them again costs and does not; with `remake` it does."""
    folder = write(tmp_path, url=sim.url, price=0.01)
    verbs.run(folder)
    lose(folder)
    (found,) = [finding for finding in verbs.doctor(folder) if not finding.well]
    assert "2 paid pictures are missing" in found.what
    assert "--remake" in found.do
    assert "$0.02" in found.do
    ran = verbs.run(folder)
    assert ran.exit_code == 1
    assert "$0.02" in ran.notes[0]
    assert sim.books().calls == 5
    again = verbs.run(folder, remake=True)
    assert (again.columns[0].filled, again.exit_code) == (2, 0)
    assert sim.books().calls == 7
    assert all(finding.well for finding in verbs.doctor(folder))


def test_pictures_taken_in_are_asked_for(tmp_path):
    """What only its owner has, only its owner can bring back."""
    drawn = write(tmp_path / "drawn")
    verbs.run(drawn)
    folder = write(tmp_path / "taken", groups={"apple": ("a red apple {n}", 1)})
    photos = pictures(drawn)[:2]
    assert verbs.add(folder, [str(path) for path in photos], label="real").added == 2
    verbs.run(folder)
    (folder / "images" / photos[0].parent.name / photos[0].name).unlink()
    (found,) = [finding for finding in verbs.doctor(folder) if not finding.well]
    assert "taken in" in found.what
    assert "`add` them again" in found.do
    ran = verbs.run(folder)
    assert ran.exit_code == 1
    assert "`add` them again" in ran.notes[0]
    verbs.add(folder, [str(photos[0])])
    assert verbs.run(folder).exit_code == 0


# --------------------------------------------------------------------------- refusals


def test_new_leaves_a_brief_alone(tmp_path):
    """A brief that is there, even as a link to nowhere, is somebody's."""
    verbs.new(tmp_path / "a")
    with pytest.raises(BadInput, match="there already"):
        verbs.new(tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "brief.toml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(BadInput, match="there already"):
        verbs.new(tmp_path / "b")


@pytest.mark.parametrize("story", ["inspection", "buildings", "scenes", "traffic", "blank"])
def test_every_story_can_be_begun_and_planned(tmp_path, story):
    """A new dataset has rows and no trouble."""
    verbs.new(tmp_path / "set", story)
    planned = verbs.plan(tmp_path / "set")
    assert planned.rows == planned.new >= 20
    assert not any(column.trouble for column in planned.columns)


def test_an_unknown_story_is_told_the_known_ones(tmp_path):
    """A wrong word is answered with the right ones, and nothing is made."""
    with pytest.raises(BadInput) as caught:
        verbs.new(tmp_path / "set", "moon")
    assert "inspection" in caught.value.do
    assert not (tmp_path / "set").exists()


def test_an_unknown_split_is_refused(tmp_path):
    """Pictures are not lost in a split that nothing reads."""
    with pytest.raises(BadInput, match="no split 'tset'"):
        verbs.add(write(tmp_path), ["x.jpg"], split="tset")


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        ("nobody:x", "no provider 'nobody'"),
        ("keyless:paint", "no model keyless:paint"),
        ("keyless:measure", "cannot draw"),
        ("openai:dall-e-3", "openai:gpt-image-2"),
        ("openai:gpt-image-2", "OPENAI_API_KEY"),
    ],
)
def test_a_model_that_cannot_be_asked_stops_the_run(tmp_path, draw, words):
    """The reason names what to write instead; no cell is failed for it, and status still answers."""
    folder = write(tmp_path, draw=draw)
    ran = verbs.run(folder)
    assert ran.exit_code == 2
    assert words in ran.stopped[0]
    assert ran.columns == ()
    assert any(words in column.trouble for column in verbs.status(folder).columns)


def test_a_plan_before_there_is_a_key(tmp_path):
    """What it will cost can be asked before the key is there; what can never work is refused at once."""
    folder = write(tmp_path, draw="openai:gpt-image-2")
    (image, _) = verbs.plan(folder).columns
    assert image.dollars > 1
    assert "OPENAI_API_KEY" in image.trouble
    write(folder, draw="nobody:x")
    with pytest.raises(BadInput, match="nobody"):
        verbs.plan(folder)


def test_what_stands_in_the_way_of_one_column_stops_no_other(tmp_path):
    """Pictures are made and measured although nobody can describe them."""
    more = ANNOTATE + '\n[models]\nsee = "nobody:sees"'
    folder = write(tmp_path, more=more)
    text = (folder / "brief.toml").read_text().replace('[models]\ndraw = "keyless:draw"\n', "")
    (folder / "brief.toml").write_text(text)
    ran = verbs.run(folder)
    assert [(tick.column, tick.filled) for tick in ran.columns] == [("image", 5), ("measures", 5)]
    assert ran.exit_code == 2
    assert "nobody" in ran.stopped[0]


def test_annotating_needs_a_question(tmp_path):
    """Without [annotate] the verb says what to write."""
    ran = verbs.annotate(write(tmp_path))
    assert ran.exit_code == 2
    assert "does not say what to annotate" in ran.stopped[0]
    assert "[annotate.fields]" in ran.stopped[0]


# ------------------------------------------------------------------------------ money


def test_budget_caps_one_run(tmp_path, sim):
    """`budget` bounds this run; the next one has its own."""
    folder = write(tmp_path, url=sim.url, price=0.01)
    ran = verbs.run(folder, budget=0.02)
    assert (ran.exit_code, ran.columns[0].filled) == (3, 2)
    assert "--budget" in ran.stopped[0]
    assert "$0.02" in ran.stopped[0]
    assert verbs.run(folder, budget=0.02).columns[0].filled == 2
    assert verbs.run(folder).exit_code == 0
    assert sim.books().calls == 5


def test_the_brief_caps_the_dataset(tmp_path, sim):
    """All runs together stay within the brief's budget, and the message says where it stands."""
    folder = write(tmp_path, url=sim.url, price=0.01, budget=0.03)
    assert verbs.run(folder).exit_code == 3
    ran = verbs.run(folder)
    assert (ran.exit_code, ran.dollars) == (3, 0.0)
    assert "[budget] in brief.toml" in ran.stopped[0]
    assert "--budget" not in ran.stopped[0]
    assert sim.books().calls == 3
    assert verbs.status(folder).booked == pytest.approx(0.03)


def test_a_budget_of_nothing_still_draws_for_nothing(tmp_path):
    """Keyless models cost nothing, and so no budget keeps them."""
    assert verbs.run(write(tmp_path, budget=0), budget=0).exit_code == 0


@pytest.mark.parametrize("budget", [-1.0, float("nan")])
def test_a_budget_that_is_no_amount_is_refused(tmp_path, sim, budget):
    """A number nothing compares with would be no cap at all."""
    folder = write(tmp_path, url=sim.url, price=0.01)
    with pytest.raises(BadInput, match="cannot spend"):
        verbs.run(folder, budget=budget)
    assert sim.books().calls == 0


# ---------------------------------------------------------------- failing and retrying


def test_a_cell_that_keeps_failing_is_left_and_said(tmp_path, impatient):
    """Three runs ask; the fourth leaves the cells, and says so; `retry` asks afresh."""
    with serving(Script(broken="pear")) as sim:
        folder = write(tmp_path, url=sim.url)
        calls = []
        for _ in range(4):
            ran = verbs.run(folder)
            assert ran.exit_code == 1
            calls.append(sim.books().broken)
        assert calls[0] < calls[1] < calls[2] == calls[3]
        assert (ran.given_up, ran.left) == (2, 0)
        assert "photogram retry" in ran.notes[0]
    with serving(Script()) as sim:
        write(folder, url=sim.url)
        retried = verbs.retry(folder)
        assert (retried.cells, retried.ran.columns[0].filled, retried.ran.exit_code) == (2, 2, 0)
        assert sim.books().calls == 2


def test_a_refusal_is_no_failure(tmp_path):
    """A refused cell does not fail the run, is not asked again by itself, and is counted."""
    with serving(Script(refuse="pear")) as sim:
        folder = write(tmp_path, url=sim.url)
        for _ in range(2):
            ran = verbs.run(folder)
            assert (ran.refused, ran.exit_code) == (2, 0)
        assert sim.books().refused == 2
        assert verbs.retry(folder).cells == 0
    with serving(Script()) as sim:
        write(folder, url=sim.url)
        assert verbs.retry(folder, refused=True).ran.columns[0].filled == 2


def test_retry_takes_rows_by_name(tmp_path):
    """A row named is asked afresh, even if refused; the others are left."""
    with serving(Script(refuse="pear")) as sim:
        folder = write(tmp_path, url=sim.url)
        verbs.run(folder)
    name, other = (trouble.name for trouble in verbs.errors(folder))
    with serving(Script()) as sim:
        write(folder, url=sim.url)
        assert verbs.retry(folder, rows=[name]).cells == 1
        assert [trouble.name for trouble in verbs.errors(folder)] == [other]
        with pytest.raises(BadInput, match="no row 'nobody'"):
            verbs.retry(folder, rows=["nobody"])


# -------------------------------------------------------------------------- notebooks


def test_verbs_work_inside_a_running_loop(tmp_path):
    """In a notebook an event loop is running already."""

    async def cell():
        photogram.plan(write(tmp_path))
        return photogram.run(tmp_path)

    assert asyncio.run(cell()).columns[0].filled == 5


def test_verbs_work_in_a_thread(tmp_path):
    """A server calls them from its workers."""
    found = []
    worker = threading.Thread(target=lambda: found.append(verbs.run(write(tmp_path))))
    worker.start()
    worker.join()
    assert found[0].exit_code == 0


def test_an_error_inside_a_loop_is_the_same_error(tmp_path):
    """What goes wrong in the thread beside reaches the cell."""

    async def cell():
        return photogram.run(write(tmp_path), budget=-1)

    with pytest.raises(BadInput):
        asyncio.run(cell())


INTERRUPTED = """
import asyncio, os, signal, sys, threading
import photogram
from photogram.simulator import Script, serving
from tests.small import until, write
from pathlib import Path

with serving(Script(delay=0.05)) as sim:
    folder = write(Path(sys.argv[1]), url=sim.url, width=1)

    def press():
        until(lambda: sim.books().in_flight)
        os.kill(os.getpid(), signal.SIGINT)

    async def cell():
        threading.Thread(target=press).start()
        ran = photogram.run(folder)
        assert ran.exit_code == 1 and "finished" in ran.stopped[0], ran
        assert ran.columns[0].filled == sim.books().answered < 5, ran
        assert photogram.status(folder).in_flight == 0

    asyncio.new_event_loop().run_until_complete(cell())
    print("well", flush=True)
    os._exit(0)
"""


def test_an_interrupted_notebook_leaves_nothing_running(tmp_path):
    """Stopping a cell stops the run it waits for, gently, and gives back what came of it."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.stdout == "well\n", done.stderr


def test_the_package_is_the_verbs():
    """They are listed, found, and not hidden by modules that were imported; other names are errors."""
    assert {"new", "add", "plan", "run", "status", "retry", "models", "doctor", "tour"} <= set(dir(photogram))
    script = (
        "import photogram as pg, photogram.planning, photogram.running, photogram.model; "
        "import photogram.verbs.touring; "
        "assert all(callable(getattr(pg, name)) for name in "
        "('new', 'add', 'plan', 'run', 'generate', 'measure', 'annotate', 'status', 'retry', 'models', "
        "'doctor', 'tour'))"
    )
    subprocess.run([sys.executable, "-c", script], check=True, env=environ())
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        photogram.nothing  # noqa: B018


# ---------------------------------------------------------------------- other verbs


def test_one_verb_one_column(tmp_path):
    """`generate`, `measure` and `annotate` each fill their own."""
    folder = write(tmp_path, more=ANNOTATE)
    for verb, column in (
        (verbs.generate, "image"),
        (verbs.measure, "measures"),
        (verbs.annotate, "annotation"),
    ):
        ran = verb(folder)
        assert [(tick.column, tick.filled) for tick in ran.columns] == [(column, 5)]
    assert verbs.run(folder).columns == ()


def test_models_says_what_is_missing(monkeypatch):
    """A key that is set is not missing; a model that has ended is marked."""
    usable = {usable.card.name for usable in verbs.models() if not usable.missing}
    assert usable - {"minilm:l6-v2"} == {
        "keyless:draw",
        "keyless:measure",
        "keyless:descriptors",
    }
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    usable = {found.card.name: found for found in verbs.models()}
    assert not any(found.missing for name, found in usable.items() if name.startswith("openai:"))
    assert usable["openai:dall-e-3"].ended


def test_the_doctor_finds_what_stands_in_the_way(tmp_path):
    """No dataset, a brief out of order, a key that is missing: each is a finding with a remedy."""
    (nothing,) = verbs.doctor(tmp_path)
    assert not nothing.well
    assert "photogram new" in nothing.do
    (tmp_path / "brief.toml").write_text("name = x")
    (wrong,) = verbs.doctor(tmp_path)
    assert "line 1" in wrong.what
    write(tmp_path, draw="openai:gpt-image-2")
    assert any("OPENAI_API_KEY" in finding.do for finding in verbs.doctor(tmp_path) if not finding.well)
    write(tmp_path)
    assert all(finding.well for finding in verbs.doctor(tmp_path))


def test_status_counts_what_is_the_same_and_what_is_out_of_bounds(tmp_path):
    """Pictures with the same pixels are counted, and those outside the brief's bounds."""
    with serving(Script()) as sim:
        more = "[measure.megapixels]\nleast = 1.0\n[measure.contrast]\nmost = 0.5"
        folder = write(tmp_path, url=sim.url, more=more)
        verbs.run(folder)
    found = verbs.status(folder)
    assert found.duplicates == 4  # plain pictures differ in a comment only
    assert found.outside == {"megapixels": 5, "contrast": 0}


def test_status_makes_nothing(tmp_path):
    """Looking at a dataset that was never planned says so and leaves no file."""
    with pytest.raises(PhotogramError, match="has been planned"):
        verbs.status(write(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["brief.toml"]


def test_results_are_data(tmp_path):
    """Every result is plain data, with all its fields, and can be read back."""
    folder = write(tmp_path)
    verbs.plan(folder)
    ran = verbs.run(folder)
    plain = msgspec.to_builtins(ran)
    assert plain["exit_code"] == 0
    assert plain["left"] == 0
    assert msgspec.convert(plain, type(ran)) == ran


def test_not_set_up_is_a_photogram_error():
    """One class catches all that a person can be told."""
    assert issubclass(NotSetUp, photogram.PhotogramError)


def test_every_verb_is_a_function_whatever_is_loaded():
    """No module takes the place of a verb in the package, however much has been imported."""
    script = (
        "import pkgutil, importlib, photogram as pg; "
        "[importlib.import_module(m.name) for m in pkgutil.walk_packages(pg.__path__, 'photogram.') "
        "if not m.name.endswith('__main__')]; "
        "assert all(callable(getattr(pg, name)) for name in dir(pg)), dir(pg)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_retrying_a_row_asks_for_that_row_alone(tmp_path):
    """A row named to be retried costs what it costs; what else is owed waits for a run."""
    with serving(Script(price=0.01, refuse="bad")) as sim:
        write_brief(tmp_path, sim.url, 12, 4)
        text = (tmp_path / "brief.toml").read_text().replace("[0, 1,", '["bad", 1,')
        (tmp_path / "brief.toml").write_text(
            text.replace("price_per_image = 0.001", "price_per_image = 0.01")
        )
        verbs.generate(tmp_path, budget=0.06)
        (refused,) = verbs.errors(tmp_path) or (None,)
        before = sim.books().calls
        if refused is None:  # the budget ended before its turn came
            verbs.generate(tmp_path)
            (refused,) = verbs.errors(tmp_path)
            before = sim.books().calls
        verbs.retry(tmp_path, [refused.name])
        assert sim.books().calls == before + 1


def test_plan_says_that_a_size_cannot_be_made(tmp_path):
    """What a model's card rules out is said before anything is asked."""
    text = '[dataset]\nname = "x"\n[models]\ndraw = "openai:gpt-image-2"\n'
    text += '[[make]]\ncount = 1\nsize = "64x64"\nprompt = "a dot"\n'
    (tmp_path / "brief.toml").write_text(text)
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-none\n")
    (image, *_) = verbs.plan(tmp_path).columns
    assert "64x64" in image.trouble


def test_new_without_a_folder_is_a_usage_error(capsys):
    """The one verb that needs a folder says so."""
    with pytest.raises(SystemExit) as caught:
        main(["new"])
    assert caught.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


# ---------------------------------------------------------------------- the end of life


def ended(folder, sim, kept):
    """A dataset whose model has ended, by what this person has read."""
    kept.write_text('{"openai:gpt-image-2": {"eol": "2026-01-01", "successor": "openai:gpt-image-3"}}')
    write(folder, url=sim.url, draw="openai:gpt-image-2")
    brief = folder / "brief.toml"
    brief.write_text(brief.read_text().replace('size = "64x64"', 'size = "1024x1024"'))
    return folder


def test_a_model_that_has_ended_is_not_asked(tmp_path, sim, monkeypatch):
    """No call is made and no money spent; the successor is named."""
    monkeypatch.setenv("PHOTOGRAM_CARDS", str(tmp_path / "cards.json"))
    ran = verbs.run(ended(tmp_path, sim, tmp_path / "cards.json"))
    assert "openai:gpt-image-3" in ran.stopped[0]
    assert (ran.exit_code, sim.books().calls) == (2, 0)


@pytest.mark.parametrize("verb", [verbs.run, verbs.generate])
def test_a_model_that_has_ended_is_asked_if_one_insists(tmp_path, sim, monkeypatch, verb):
    """Some accounts still may."""
    monkeypatch.setenv("PHOTOGRAM_CARDS", str(tmp_path / "cards.json"))
    ran = verb(ended(tmp_path, sim, tmp_path / "cards.json"), force_eol=True)
    assert (ran.exit_code, sim.books().answered) == (0, 5)


def test_a_model_in_its_last_days_is_noted(tmp_path, sim, monkeypatch):
    """The run goes on, and says by when to have changed."""
    monkeypatch.setenv("PHOTOGRAM_CARDS", str(tmp_path / "cards.json"))
    folder = ended(tmp_path, sim, tmp_path / "cards.json")
    (tmp_path / "cards.json").write_text('{"openai:gpt-image-2": {"legacy": "2026-01-01"}}')
    ran = verbs.run(folder)
    assert (ran.exit_code, ran.notes) == (0, ("openai:gpt-image-2 has been legacy since 2026-01-01",))
