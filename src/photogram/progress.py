"""How far a run is: a calm bar on a terminal, plain lines elsewhere, JSON for machines."""

import os
import sys
from time import monotonic
from typing import TextIO

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from photogram.data import Tick
from photogram.show.words import dollars

EVERY = 5.0  # seconds between plain lines


class Bars:
    """One bar for each column."""

    def __init__(self) -> None:
        self._bars = Progress(
            TextColumn("{task.description:<11}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]:>8}"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._ids: dict[str, TaskID] = {}

    def __call__(self, tick: Tick) -> None:
        if tick.column not in self._ids:
            self._bars.start()
            self._ids[tick.column] = self._bars.add_task(tick.column, total=tick.total, rate="", note="")
        self._bars.update(
            self._ids[tick.column], completed=tick.done, total=tick.total, rate=_rate(tick), note=_note(tick)
        )

    def close(self) -> None:
        self._bars.stop()


class Lines:
    """A line now and then, and one at the end of each column."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out, self._last = out or sys.stderr, monotonic()

    def __call__(self, tick: Tick) -> None:
        if tick.over or monotonic() - self._last >= EVERY:
            self._last = monotonic()
            parts = [f"{tick.column}: {tick.done} of {tick.total}", _rate(tick), _left(tick), _note(tick)]
            print(", ".join(filter(None, parts)), file=self._out, flush=True)

    def close(self) -> None:
        """Nothing stays open."""


class JsonLines:
    """Each tick as a line of JSON on standard error; the result itself goes to standard output."""

    def __call__(self, tick: Tick) -> None:
        print(msgspec.json.encode(tick).decode(), file=sys.stderr, flush=True)

    def close(self) -> None:
        """Nothing stays open."""


def watcher(as_json: bool) -> Bars | Lines | JsonLines:
    """What suits the place standard error goes to."""
    if as_json:
        return JsonLines()
    return Bars() if sys.stderr.isatty() and os.environ.get("TERM") != "dumb" else Lines()


def _rate(tick: Tick) -> str:
    return f"{tick.done / tick.seconds:.1f}/s" if tick.done and tick.seconds else ""


def _left(tick: Tick) -> str:
    if tick.over or not tick.done:
        return ""
    return f"{tick.seconds / tick.done * (tick.total - tick.done):.0f} s left"


def _note(tick: Tick) -> str:
    parts = [dollars(tick.dollars)] if tick.dollars else []
    parts += [f"{tick.refused} refused"] if tick.refused else []
    parts += [f"{tick.failed} failed"] if tick.failed else []
    return " ".join(parts)
