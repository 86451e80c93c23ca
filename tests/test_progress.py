"""How far a run is: bars on a terminal, lines elsewhere, JSON for machines."""

import io
import json
import sys

import pytest
from rich.console import Console

from photogram import progress
from photogram.data import Tick

from .small import without_escapes

WAY = [
    Tick(column="image", model="m", total=4),
    Tick(column="image", model="m", total=4, filled=2, seconds=1.0, dollars=0.02),
    Tick(column="image", total=4, filled=2, refused=1, failed=1, seconds=2.0, dollars=0.02, over=True),
    Tick(column="measures", total=2, filled=2, seconds=0.5, over=True),
]


def walked(watch):
    for tick in WAY:
        watch(tick)
    watch.close()


def test_lines_say_how_each_column_ended():
    """A short run is told in one line for each column."""
    out = io.StringIO()
    walked(progress.Lines(out))
    assert out.getvalue().splitlines() == [
        "image: 4 of 4, 2.0/s, $0.02 1 refused 1 failed",
        "measures: 2 of 2, 4.0/s",
    ]


def test_lines_come_now_and_then(monkeypatch):
    """A long run says how long it will take; not with every picture."""
    clock = iter([0.0, 1.0, 6.0, 6.0, 7.0])
    monkeypatch.setattr(progress, "monotonic", lambda: next(clock))
    out = io.StringIO()
    lines = progress.Lines(out)
    lines(WAY[1])
    assert out.getvalue() == ""
    lines(WAY[1])
    assert out.getvalue() == "image: 2 of 4, 2.0/s, 1 s left, $0.02\n"
    lines(WAY[1])
    assert out.getvalue().count("\n") == 1


def test_lines_go_where_standard_error_is_now(monkeypatch):
    """A notebook exchanges the stream after photogram was loaded."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    walked(progress.Lines())
    assert "image: 4 of 4" in out.getvalue()


def test_json_lines_are_ticks(capsys):
    """One JSON value a line, on standard error, standard output untouched."""
    walked(progress.JsonLines())
    out, err = capsys.readouterr()
    assert out == ""
    ticks = [json.loads(line) for line in err.splitlines()]
    assert [tick["column"] for tick in ticks] == ["image", "image", "image", "measures"]
    assert ticks[2]["over"]


@pytest.fixture
def terminal(monkeypatch):
    """A terminal of 80 columns, kept as text."""
    out = io.StringIO()
    monkeypatch.setattr(
        progress,
        "Console",
        lambda **_: Console(file=out, force_terminal=True, width=80, legacy_windows=False),
    )
    return out


def test_bars_show_each_column(terminal):
    """A bar a column, with numbers, money and what went wrong; no line is wider than the terminal."""
    walked(progress.Bars())
    shown = without_escapes(terminal.getvalue())
    for part in ("image", "4/4", "2.0/s", "$0.02 1 refused 1 failed", "measures", "2/2"):
        assert part in shown
    assert max(map(len, shown.replace("\r", "\n").splitlines())) <= 80


def test_bars_that_were_never_needed_print_nothing(terminal):
    """Where nothing was owed, nothing is drawn."""
    progress.Bars().close()
    assert terminal.getvalue() == ""


class Screen(io.StringIO):
    def isatty(self):
        return True


def test_the_watcher_suits_the_place(monkeypatch):
    """Bars on a terminal that can draw them, lines elsewhere, JSON when asked."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert isinstance(progress.watcher(as_json=False), progress.Lines)
    monkeypatch.setattr(sys, "stderr", Screen())
    assert isinstance(progress.watcher(as_json=False), progress.Bars)
    assert isinstance(progress.watcher(as_json=True), progress.JsonLines)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(progress.watcher(as_json=False), progress.Lines)
