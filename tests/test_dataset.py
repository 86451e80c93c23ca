"""The dataset: its settings, its models, and what it does while it is filled."""

import asyncio
import os

import pytest

from photogram import verbs
from photogram.asking import environment
from photogram.dataset import Dataset, is_dataset, said_of_lost
from photogram.faults import BadInput, LedgerError, NotSetUp, StoreError
from photogram.guards import Pace
from photogram.ledger import Kept, Ledger
from photogram.simulator import Script, serving

from .small import ANNOTATE, rows, write


@pytest.fixture
def opened(tmp_path):
    with Dataset(write(tmp_path)) as found:
        yield found


# ------------------------------------------------------------------------------- .env


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A dataset's folder, and another one to stand in."""
    for name in ("set", "here"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "set", tmp_path / "here"


def test_the_datasets_own_env_comes_before_the_working_folders(places):
    """The nearer file wins, and what it lacks is taken from the other."""
    folder, here = places
    (folder / ".env").write_text("OPENAI_API_KEY=of-the-set\n")
    (here / ".env").write_text("OPENAI_API_KEY=from-here\nOPENAI_BASE_URL=http://here/v1\n")
    found = environment(folder)
    assert found["OPENAI_API_KEY"] == "of-the-set"
    assert found["OPENAI_BASE_URL"] == "http://here/v1"


def test_the_environment_wins(places, monkeypatch):
    """What is set for this command holds, whatever the files say."""
    folder, _ = places
    (folder / ".env").write_text("OPENAI_API_KEY=of-the-set\n")
    monkeypatch.setenv("OPENAI_API_KEY", "of-the-shell")
    assert environment(folder)["OPENAI_API_KEY"] == "of-the-shell"


def test_a_key_in_a_file_reaches_the_model_and_nothing_else(places, monkeypatch):
    """The key is sent to the server; the process's own environment stays as it was."""
    folder, _ = places
    with serving(Script(key="sk-right")) as sim:
        (folder / ".env").write_text(f"OPENAI_API_KEY=sk-right\nOPENAI_BASE_URL={sim.url}\n")
        ran = verbs.run(write(folder, draw="openai:pictures"))
        assert (ran.exit_code, sim.books().answered) == (0, 5)
    assert "OPENAI_API_KEY" not in os.environ


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("KEY=plain", "plain"),
        ("export KEY=exported", "exported"),
        ("  KEY = spaced  ", "spaced"),
        ("KEY='in # quotes'", "in # quotes"),
        ('KEY="double" # said why', "double"),
        ("KEY=bare # said why", "bare"),
        ("KEY=with#hash", "with#hash"),
        ("KEY=a=b", "a=b"),
        ("\ufeffKEY=marked", "marked"),
        ("KEY=windows\r", "windows"),
    ],
)
def test_lines_as_people_write_them(places, line, value):
    """Exports, quotes, comments, marks of other systems: the value is what was meant."""
    folder, _ = places
    (folder / ".env").write_text(f"{line}\n# KEY=no\nnothing\n", "utf-8", newline="")
    assert environment(folder)["KEY"] == value


def test_a_file_that_cannot_be_read_is_passed_over(places):
    """Bytes that are no text, or a folder of that name, stop nobody."""
    folder, here = places
    (folder / ".env").write_bytes(b"KEY=\xff\xfe")
    (here / ".env").mkdir()
    assert "KEY" not in environment(folder)


# ----------------------------------------------------------------------- opening it


@pytest.mark.parametrize("name", ["nowhere", "a-file", "x" * 300])
def test_what_is_no_folder_is_said_so(tmp_path, name):
    """A wrong path is an error with the verb that begins a dataset, and nothing is made."""
    (tmp_path / "a-file").write_text("mine")
    with pytest.raises(BadInput):
        Dataset(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["a-file"]


def test_is_dataset(tmp_path):
    """A folder with a brief is one; anything else, even a name too long, is not."""
    assert not is_dataset(tmp_path)
    assert not is_dataset(tmp_path / ("x" * 300))
    assert is_dataset(write(tmp_path))


def test_columns_follow_the_brief(tmp_path):
    """There is an annotation only where the brief asks for one."""
    with Dataset(write(tmp_path)) as opened:
        assert opened.columns() == ["image", "measures"]
        with pytest.raises(BadInput, match="what to annotate"):
            opened.step("annotation")
    with Dataset(write(tmp_path, more=ANNOTATE)) as opened:
        assert opened.columns() == ["image", "measures", "annotation"]
        assert opened.asking.card("measures") is None
        assert opened.asking.card("annotation").name == "keyless:measure"


def test_ready_says_what_is_missing(tmp_path):
    """An ended model names its successor, a key its variable, a wrong ability what it can."""
    for draw, error, words in (
        ("openai:dall-e-3", NotSetUp, "gpt-image-2"),
        ("openai:gpt-image-2", NotSetUp, "OPENAI_API_KEY"),
        ("keyless:measure", BadInput, "it can see"),
    ):
        with Dataset(write(tmp_path, draw=draw)) as opened, pytest.raises(error) as caught:
            opened.asking.ready("image")
        assert words in str(caught.value)


def test_the_pace_is_the_narrower_of_brief_and_card(tmp_path):
    """Neither the brief's width nor the provider's limit is exceeded."""
    with serving(Script(delay=0.01)) as sim:
        limits = "[providers.openai]\nin_flight = 2"
        folder = write(tmp_path, url=sim.url, width=4)
        text = (folder / "brief.toml").read_text().replace("[providers.openai]", limits)
        (folder / "brief.toml").write_text(text)
        assert verbs.run(folder).exit_code == 0
        assert sim.books().in_flight_max == 2


# ------------------------------------------------------------------------ being filled


def drive(opened, body):
    async def main():
        async with opened.driving():
            await body()

    return asyncio.run(main())


def test_driving_ends_with_everything_in_one_file(opened, tmp_path):
    """After a run, the ledger's file alone holds what was done."""
    verbs.run(tmp_path)
    copy = tmp_path / "copy.db"
    copy.write_bytes((tmp_path / "ledger.db").read_bytes())
    again = Ledger(copy)
    assert len(again.standings("image")) == 5
    again.close()


def test_bytes_that_cannot_be_made_durable_are_told(opened, monkeypatch):
    """A disk that says no while a run goes on is not forgotten at its end."""
    sync, calls = opened.store.sync, []

    def failing():
        calls.append(1)
        if len(calls) == 1:
            raise OSError(5, "Input/output error")
        sync()

    monkeypatch.setattr(opened.store, "sync", failing)

    async def body():
        with pytest.raises(StoreError):
            await asyncio.to_thread(opened._make_durable)

    with pytest.raises(StoreError, match="Input/output error"):
        drive(opened, body)
    assert len(calls) == 2


def test_a_ledger_held_for_a_moment_does_not_end_the_heartbeat(opened, monkeypatch):
    """One beat that could not be written is followed by the next."""
    beats = []

    def beat():
        beats.append(1)
        if len(beats) == 1:
            raise LedgerError("locked")

    async def quickly(_seconds, sleep=asyncio.sleep):
        await sleep(0)

    monkeypatch.setattr(opened.ledger, "beat", beat)

    async def body():
        with monkeypatch.context() as patch:
            patch.setattr(asyncio, "sleep", quickly)
            while len(beats) < 3:
                await quickly(0)

    drive(opened, body)
    assert len(beats) >= 3


def test_ticks_tell_the_whole_way(tmp_path):
    """The first tick knows the total, the last one that it is over, and none goes back."""
    seen = []
    verbs.run(write(tmp_path, more=ANNOTATE), watch=seen.append)
    for column in ("image", "measures", "annotation"):
        ticks = [tick for tick in seen if tick.column == column]
        assert [tick.done for tick in ticks] == sorted(tick.done for tick in ticks)
        assert (ticks[0].done, ticks[0].total, ticks[-1].done, ticks[-1].over) == (0, 5, 5, True)


def test_everything_in_line_is_sent_home_when_the_quota_is_spent(tmp_path, monkeypatch):
    """429 for ever: what is finished is kept, no cell fails for it, and the reason is clear."""
    monkeypatch.setattr(
        Dataset, "_pace", lambda self, column: Pace(per_second=0, width=4, patience=3, quiet=0.0)
    )
    with serving(Script(per_second=1e-6, burst=2)) as sim:
        folder = write(tmp_path, url=sim.url)
        ran = verbs.run(folder)
        assert sim.books().answered == 2
    assert ran.exit_code == 1
    assert "turned away" in ran.stopped[0]
    assert "what is finished is kept" in ran.stopped[0]
    assert sum(bool(row.image()) for row in rows(folder)) == 2
    assert verbs.errors(folder) == []
    assert verbs.status(folder).columns[0].owed == 3


# ---------------------------------------------------------------------------- lost


def lost(number, origin, dollars):
    return Kept(str(number), f"row-{number}", origin, "image", "m", dollars, ())


def test_what_is_said_of_lost_pictures():
    """Paid ones have a price, those taken in have names, and a long list is cut."""
    paid = [lost(number, "planned", 0.5) for number in range(4)]
    taken = [lost(number, "taken", 0.0) for number in range(5)]
    said = said_of_lost([*paid, *taken])
    assert "4 paid pictures" in said[0]
    assert "$2.00" in said[0]
    assert "row-0, row-1, row-2 …" in said[1]
    assert said_of_lost([]) == ()
