"""The command line: every verb explained, one JSON value, the right exit code, never a traceback."""

import errno
import json
import os
import pty
import subprocess

import click
import pytest

from photogram import cli, verbs
from photogram.show.words import width
from photogram.simulator import Script, serving

from .small import ANNOTATE, begun, command, environ, process, typed, without_escapes, write

STORIES = ("inspection", "buildings", "scenes", "traffic")


# ------------------------------------------------------------------------------- help


def test_help_lists_every_verb_with_a_sentence(capsys):
    """Each verb is there with the first sentence of its docstring, whole."""
    code, out, _ = typed(capsys, "--help")
    assert code == 0
    assert "..." not in out.partition("Commands:")[2]
    flat = " ".join(out.split())
    for name in verbs.HOMES:
        first = (getattr(verbs, name).__doc__ or "").strip().partition("\n")[0]
        assert f"{name} {first}" in flat


@pytest.mark.parametrize("name", [name for name in verbs.HOMES if name != "simulate"])
def test_every_verb_has_help(capsys, name):
    """Its sentence, its options each with a note, and the exit code of a question that was answered."""
    code, out, err = typed(capsys, name, "--help")
    assert (code, err) == (0, "")
    assert " ".join(out.split()).startswith("Usage: ")
    assert " ".join((getattr(verbs, name).__doc__ or "").partition("\n")[0].split()) in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 80
    for parameter in cli.command(name).params:
        assert isinstance(parameter, click.Argument) or parameter.help, parameter.name


def test_simulate_has_its_own_help(capsys):
    """Its options are those of the server."""
    code, out, _ = typed(capsys, "simulate", "--help")
    assert code == 0
    assert "--price" in out


def test_nothing_at_all_is_answered_with_help(capsys):
    """Who types the name alone is shown the verbs."""
    code, out, err = typed(capsys)
    assert code == 2
    assert "tour" in out + err


def test_version(capsys):
    """The version is the package's."""
    code, out, _ = typed(capsys, "--version")
    assert code == 0
    assert "version" in out


# ------------------------------------------------------------------------- what it says


@pytest.fixture
def standing(tmp_path, monkeypatch):
    """A folder to stand in, with a short name."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("story", STORIES)
def test_nothing_is_wider_than_a_terminal(standing, capsys, story):
    """All that is said of the stories' datasets fits 80 columns, on both streams."""
    said = []
    for words in (
        ["new", "set", "--story", story],
        ["plan", "set"],
        ["generate", "set"],
        ["run", "set"],
        ["run", "set"],
        ["status", "set"],
        ["errors", "set"],
        ["retry", "set"],
        ["doctor", "set"],
        ["models", "set"],
        ["add", "set", "nothing/*.jpg"],
        ["status", "nowhere"],
        ["new", "set"],
        ["nonsense"],
        ["run", "set", "--budget", "x"],
    ):
        _, out, err = typed(capsys, *words)
        said += (out + err).splitlines()
    assert max(map(width, said)) <= 80, max(said, key=width)


def one_value(text):
    assert text.count("\n") == 1
    return json.loads(text)


def test_json_is_one_value(standing, capsys):
    """With --json every verb answers with one JSON value on standard output, and nothing else."""
    write(standing / "drawn")
    verbs.run(standing / "drawn")
    for words, name in (
        (["new", "set"], "folder"),
        (["plan", "set"], "rows"),
        (["add", "set", "drawn/images"], "added"),
        (["generate", "set", "--budget", "0"], "columns"),
        (["measure", "set"], "columns"),
        (["run", "set"], "exit_code"),
        (["status", "set"], "spending"),
        (["retry", "set"], "ran"),
    ):
        code, out, _ = typed(capsys, *words, "--json")
        assert code == 0, words
        assert name in one_value(out), words
    for words in (["errors", "set"], ["models", "set"], ["doctor", "set"]):
        code, out, _ = typed(capsys, *words, "--json")
        assert code == 0
        assert isinstance(one_value(out), list)
    code, out, _ = typed(capsys, "annotate", "drawn", "--json")
    assert code == one_value(out)["exit_code"] == 2


def test_the_tour_answers_in_json(standing, capsys, monkeypatch):
    """The tour tells its way on standard error and its end as JSON."""
    monkeypatch.setattr("photogram.verbs.touring.STORIES", ("traffic",))
    code, out, err = typed(capsys, "tour", "--json")
    assert code == 0
    assert one_value(out)["pictures"] == 24
    assert "traffic: 24 rows" in err


def test_an_error_is_json_too(standing, capsys):
    """A script reads what went wrong where it reads what went well; a person reads it beside."""
    code, out, err = typed(capsys, "status", "nowhere", "--json")
    told = one_value(out)["error"]
    assert (code, told["exit_code"], told["type"]) == (2, 2, "BadInput")
    assert told["what"] in err


def test_progress_goes_to_standard_error(standing, capsys):
    """What is piped on is the result alone; without a terminal the progress is plain lines."""
    write(standing / "set", more=ANNOTATE)
    code, out, err = typed(capsys, "run", "set")
    assert code == 0
    assert [line.split(":")[0] for line in err.splitlines()] == ["image", "measures", "annotation"]
    assert "\x1b" not in out + err
    assert [line.split()[0] for line in out.splitlines()] == ["image", "measures", "annotation"]


def test_progress_as_json(standing, capsys):
    """With --json each line of progress is a JSON value as well."""
    write(standing / "set")
    _, _, err = typed(capsys, "run", "set", "--json")
    ticks = [json.loads(line) for line in err.splitlines()]
    assert {tick["column"] for tick in ticks} == {"image", "measures"}
    assert ticks[-1]["over"]


def read_all(terminal):
    parts = []
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError as end:
            if end.errno != errno.EIO:  # so Linux says that the other side is closed
                raise
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts).decode()


def test_a_terminal_shows_bars(standing):
    """On a terminal of 80 columns there are bars, which are gone in the end, and no line wraps."""
    with serving(Script(delay=0.02)) as sim:
        write(standing / "set", url=sim.url, width=2)
        ours, theirs = pty.openpty()
        running = subprocess.Popen(
            command("run", "set"),
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
            env=environ(TERM="xterm", COLUMNS="80"),
        )
        os.close(theirs)
        shown = read_all(ours)
        out = running.communicate()[0].decode()
        os.close(ours)
    assert running.returncode == 0
    assert "━" in shown
    assert "5/5" in without_escapes(shown)
    assert "measures" in without_escapes(shown)
    lines = without_escapes(shown).replace("\r", "\n").splitlines()
    assert max(map(width, lines)) <= 80
    assert out.startswith("image")
    assert "\x1b" not in out


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_narrow_encoding_is_no_reason_to_fail(encoding):
    """What a terminal cannot show is shown as something else."""
    done = process("models", env=environ(PYTHONIOENCODING=encoding), encoding="latin-1")
    assert done.returncode == 0


def test_a_pipe_that_closes_is_no_error(standing):
    """`photogram models | head -0` says nothing about broken pipes."""
    running = begun("models")
    running.stdout.close()
    err = running.stderr.read()
    running.stderr.close()
    running.wait()
    assert err == ""


# ------------------------------------------------------------------------- exit codes


def said_in_short(err):
    """What went wrong, in a line or two and a remedy: never more than a few lines."""
    assert 1 <= len(err.strip().splitlines()) <= 5, err
    return err


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["nonsense"], "No such command"),
        (["run", "set", "--nonsense"], "No such option"),
        (["run", "set", "--budget", "much"], "not a valid float"),
        (["run", "set", "--budget", "-1"], "cannot spend"),
        (["run", "nowhere"], "no folder nowhere"),
        (["run", "."], "no brief.toml"),
        (["new", "other", "--story", "moon"], "no story 'moon'"),
        (["new", "set"], "there already"),
        (["add", "set", "a.jpg", "--split", "tset"], "no split"),
        (["retry", "set", "nobody"], "no row 'nobody'"),
        (["status", "set"], "has been planned"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_what_is_typed_wrong_ends_with_2(standing, capsys, words, part):
    """Usage errors: exit code 2, what and what to do, on standard error."""
    write(standing / "set")
    code, out, err = typed(capsys, *words)
    assert code == 2
    assert out == ""
    assert part in said_in_short(err)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("name = ", "line 1"),
        ('[dataset]\nname = "x"\nnme = "y"', "line 3"),
        ('[dataset]\nname = "x"\n[models]\ndraw = "gpt"', "line 4"),
    ],
)
def test_a_bad_brief_ends_with_2_and_its_line(standing, capsys, text, part):
    """The line of the mistake is told."""
    (standing / "brief.toml").write_text(text)
    code, _, err = typed(capsys, "run")
    assert code == 2
    assert part in said_in_short(err)


@pytest.mark.parametrize(
    ("draw", "part"),
    [
        ("openai:dall-e-3", "openai:gpt-image-2"),
        ("openai:gpt-image-2", "OPENAI_API_KEY"),
        ("nobody:x", "no provider 'nobody'"),
        ("keyless:x", "no model keyless:x"),
    ],
)
def test_a_model_that_cannot_be_asked_ends_with_2(standing, capsys, draw, part):
    """An ended model is refused with its successor, a missing key with its name and the keyless way."""
    write(standing / "set", draw=draw)
    code, out, _ = typed(capsys, "run", "set")
    assert code == 2
    assert part in out
    assert typed(capsys, "doctor", "set")[0] == 1


def test_failed_cells_end_with_1(standing, capsys, monkeypatch):
    """Some cells failed: 1, and where to look."""
    monkeypatch.setattr("photogram.guards.retrying.FIRST_WAIT_BROKEN", 0.0)
    with serving(Script(broken="pear")) as sim:
        write(standing / "set", url=sim.url)
        code, out, _ = typed(capsys, "run", "set")
        assert code == 1
        assert "photogram errors" in out
        code, out, _ = typed(capsys, "errors", "set")
        assert code == 0
        assert out.count("500") == 2


def test_the_budget_ends_with_3(standing, capsys):
    """Stopped by money: 3, with both budgets and where they are set."""
    with serving(Script(price=0.01)) as sim:
        write(standing / "set", url=sim.url, price=0.01)
        code, out, _ = typed(capsys, "run", "set", "--budget", "0.02")
    assert code == 3
    assert "--budget" in out
    assert "[budget] in brief.toml" in " ".join(out.split())


def test_all_done_ends_with_0(standing, capsys):
    """Done, and done again."""
    write(standing / "set")
    assert typed(capsys, "run", "set")[0] == 0
    assert typed(capsys, "run", "set")[0] == 0
    assert typed(capsys, "doctor", "set")[0] == 0


def test_an_interrupt_outside_a_run_is_said_in_a_line(standing, capsys, monkeypatch):
    """Ctrl-C while a verb looks or takes in ends with 1 and a sentence."""

    def pressed(*_args, **_named):
        raise KeyboardInterrupt

    monkeypatch.setattr("photogram.verbs.standing.Dataset", pressed)
    code, out, err = typed(capsys, "status", "set")
    assert (code, out) == (1, "")
    assert "goes on from here" in err


def test_a_bug_is_not_hidden(standing, monkeypatch):
    """What no person can mend keeps its traceback, for whoever mends photogram."""

    def wrong(*_args, **_named):
        raise ZeroDivisionError

    monkeypatch.setattr("photogram.verbs.standing.Dataset", wrong)
    with pytest.raises(ZeroDivisionError):
        cli.main(["status", "set"])


# ----------------------------------------------------------------- the folder left out


def test_the_folder_one_stands_in(standing, capsys, monkeypatch):
    """In a dataset's folder its name is left out, also before a list of other words."""
    write(standing / "drawn")
    typed(capsys, "run", "drawn")
    write(standing / "set")
    monkeypatch.chdir(standing / "set")
    assert "5 new" in typed(capsys, "plan")[1]
    code, out, _ = typed(capsys, "add", "../drawn/images", "--label", "real")
    assert code == 0
    assert "5 pictures taken in" in out
    code, _, err = typed(capsys, "retry", "some-row")
    assert code == 2
    assert "no row 'some-row'" in err


def test_a_folder_named_comes_first(standing, capsys, monkeypatch):
    """A dataset that is named is the one that is meant, even from within another one."""
    write(standing / "set")
    write(standing / "other")
    typed(capsys, "run", "other")
    monkeypatch.chdir(standing / "set")
    code, out, _ = typed(capsys, "add", "../set", "../other/images")
    assert code == 0
    assert "5 pictures taken in" in out


def test_a_port_that_is_taken(capsys):
    """The simulator says so in a line."""
    with serving(Script()) as sim:
        port = sim.url.rpartition(":")[2]
        code, _, err = typed(capsys, "simulate", "--port", port)
    assert code == 2
    assert "port" in said_in_short(err)


def test_the_skin_is_made_from_the_verbs():
    """A verb's parameters are the command's, whatever they are called from."""
    for name in verbs.HOMES:
        if name == "simulate":
            continue
        made = {parameter.name for parameter in cli.command(name).params}
        names = set(cli.inspect.signature(getattr(verbs, name)).parameters) - {"watch"}
        assert made == names | {"as_json"}


def test_python_m_photogram_is_the_same():
    """The module is the command."""
    assert process("--version").returncode == 0
