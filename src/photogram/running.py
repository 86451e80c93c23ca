"""Filling columns from the first ask to the last commit, and saying how it ended."""

import asyncio
import signal
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from photogram.data import Card, Tick
from photogram.dataset import Dataset, Watch, said_of_lost
from photogram.faults import BadInput, LedgerError, OverBudget, PhotogramError, StoreError
from photogram.looping import run_to_end
from photogram.owed import Survey
from photogram.results import Ran
from photogram.terms import ageing

SIGNALS = (signal.SIGINT, signal.SIGTERM)
NOTHING = Survey(0, 0, 0, 0, 0.0)


def find_lost(opened: Dataset, remake: bool) -> tuple[str, ...]:
    """Empty the cells whose bytes are gone and can be made again; say what becomes of the others."""
    lost = opened.lost()
    drawn = [cell for cell in lost if cell.origin == "planned" and (remake or not cell.dollars)]
    if drawn:
        opened.ledger.forget((cell.row, cell.column) for cell in drawn)
    return said_of_lost([cell for cell in lost if cell not in drawn])


def check_cap(cap: float | None) -> None:
    """Raise where the most that a run may spend is no amount."""
    if cap is not None and not cap >= 0:  # nothing compares with "nan"
        raise BadInput(f"a run cannot spend {cap} dollars", do="name 0 or more")


def fill(
    opened: Dataset, columns: Sequence[str], cap: float | None, watch: Watch, lost: Sequence[str] = ()
) -> Ran:
    """Fill columns one after another, and say how it ended.

    What stands in the way of one column does not keep the others from being filled. `lost` is what
    has been found to be missing, and cannot be made again by this run.
    """
    check_cap(cap)
    before = opened.ledger.spent()
    ticks: list[Tick] = []
    stops: list[PhotogramError] = []
    brake = Brake()
    filling = _fill_all(opened, columns, cap, _kept_in(ticks, watch), stops, brake)
    try:
        run_to_end(filling, brake.pull)
    except asyncio.CancelledError:
        brake.said = "stopped: what was in flight is dropped and counted as maybe billed"
    found = [_survey(opened, column) for column in dict.fromkeys(columns)]
    waiting = sum(each.waiting for each in found)
    left = sum(each.owed for each in found) - waiting
    given_up = sum(each.given_up for each in found)
    failed = bool(
        brake.said or lost or given_up or opened.by_jobs.failed or any(tick.failed for tick in ticks)
    )
    return Ran(
        columns=tuple(ticks),
        notes=(
            *lost,
            *_of_models(opened, columns),
            *dict.fromkeys(opened.by_jobs.notes),
            *_notes(min(opened.ledger.in_flight(), left), given_up),
            *_in_jobs(opened, columns, waiting),
        ),
        left=left,
        given_up=given_up,
        refused=sum(each.refused for each in found),
        dollars=opened.ledger.spent() - before,
        stopped=tuple(dict.fromkeys([*map(str, stops), *([brake.said] if brake.said else [])])),
        exit_code=max((stop.exit_code for stop in stops), default=int(failed)),
    )


def _survey(opened: Dataset, column: str) -> Survey:
    """What a column holds, or nothing where that cannot be said; the reason is among the stops."""
    try:
        return opened.survey(column)
    except PhotogramError:
        return NOTHING


def _of_models(opened: Dataset, columns: Sequence[str]) -> list[str]:
    """Which of the models that were asked will not be there for long, and that a judge may be partial."""
    cards = [card for column in columns if (card := _card(opened, column))]
    said = [*map(ageing, cards), opened.asking.partial() if "judgement" in columns else ""]
    return list(dict.fromkeys(filter(None, said)))


def _card(opened: Dataset, column: str) -> Card | None:
    try:
        return opened.asking.card(column)
    except PhotogramError:
        return None


def _notes(held: int, given_up: int) -> list[str]:
    notes = [f"{held} cells are being filled by another run"] if held else []
    if given_up:
        notes.append(f"{given_up} cells keep failing and are left alone: `photogram retry` asks afresh")
    return notes


def _in_jobs(opened: Dataset, columns: Sequence[str], waiting: int) -> list[str]:
    """How many cells wait for batch jobs, and what fetches them."""
    jobs = [job for column in dict.fromkeys(columns) for job in opened.ledger.jobs(column)]
    if not waiting:
        return []
    plural = "s" if len(jobs) > 1 else ""
    return [f"{waiting:,} cells wait for {len(jobs)} batch job{plural}: the same command fetches them"]


def _kept_in(ticks: list[Tick], watch: Watch) -> Watch:
    def look(tick: Tick) -> None:
        if tick.over:
            ticks.append(tick)
        watch(tick)

    return look


class Brake:
    """Ends a run: pulled once nothing more is asked, pulled twice what is in flight is dropped."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.said = ""
        self._task: asyncio.Task[Any] | None = None

    def pull(self) -> None:
        """Callable in the event loop of the run alone."""
        if not self.stop.is_set():
            self.stop.set()
            self.said = "stopped: what was in flight is finished"
            print("\nfinishing what is in flight; Ctrl-C again drops it", file=sys.stderr, flush=True)
        elif self._task:
            self._task.cancel()

    @contextmanager
    def at_hand(self) -> Generator[None]:
        """Let signals pull it, in the main thread; elsewhere whoever waits for the run does."""
        self._task = asyncio.current_task()
        before: dict[signal.Signals, Any] = {}
        if threading.current_thread() is threading.main_thread():
            before = {name: signal.getsignal(name) for name in SIGNALS}
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError):  # on Windows, Ctrl-C ends the run as it ends any program
            for name in before:
                loop.add_signal_handler(name, self.pull)
        try:
            yield
        finally:
            self._task = None
            for name, handler in before.items():
                loop.remove_signal_handler(name)
                signal.signal(name, handler)


async def _fill_all(
    opened: Dataset,
    columns: Sequence[str],
    cap: float | None,
    watch: Watch,
    stops: list[PhotogramError],
    brake: Brake,
) -> None:
    async with opened.driving():
        with brake.at_hand():
            for column in columns:
                try:
                    await opened.fill(column, cap, watch, brake.stop)
                except (StoreError, LedgerError) as error:
                    stops.append(error)
                    break
                except PhotogramError as error:
                    stops.append(_with_bounds(error, opened, cap))
                if brake.stop.is_set():
                    break


def _with_bounds(error: PhotogramError, opened: Dataset, cap: float | None) -> PhotogramError:
    """A budget that is reached says which one it can have been, and where it is raised."""
    if isinstance(error, OverBudget):
        own = "" if cap is None else f"this run may spend ${cap:g} (--budget), "
        error.do = f"{own}the dataset ${opened.brief.budget.dollars:g} ([budget] in brief.toml)"
    return error
