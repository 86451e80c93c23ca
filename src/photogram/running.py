"""Filling columns from the first ask to the last commit, and saying how it ended."""

import asyncio
import signal
import sys
import threading
from collections.abc import Coroutine, Generator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from photogram.data import Tick
from photogram.dataset import Dataset, Watch, said_of_lost
from photogram.errors import LedgerError, PhotogramError, StoreError
from photogram.results import Ran

T = TypeVar("T")


def find_lost(opened: Dataset, remake: bool) -> tuple[str, ...]:
    """Empty the cells whose bytes are gone and can be made again; say what becomes of the others."""
    lost = opened.lost()
    drawn = [cell for cell in lost if cell.origin == "planned" and (remake or not cell.dollars)]
    if drawn:
        opened.ledger.forget((cell.row, cell.column) for cell in drawn)
    return said_of_lost([cell for cell in lost if cell not in drawn])


def fill(
    opened: Dataset, columns: Sequence[str], cap: float | None, watch: Watch, notes: Sequence[str] = ()
) -> Ran:
    """Fill columns one after another, and say how it ended.

    What stands in the way of one column does not keep the others from being filled.
    """
    before = opened.ledger.spent()
    ticks: list[Tick] = []
    stops: list[PhotogramError] = []
    try:
        halted = run_to_end(_fill_all(opened, columns, cap, _kept_in(ticks, watch), stops))
    except asyncio.CancelledError:
        halted = "stopped: what was in flight is dropped and counted as maybe billed"
    surveys = [opened.survey(column) for column in columns]
    left = sum(survey.owed for survey in surveys)
    held = min(opened.ledger.in_flight(), left)
    more = [f"{held} cells are being filled by another run"] if held else []
    failed = any(survey.given_up for survey in surveys) or any(tick.failed for tick in ticks)
    return Ran(
        columns=tuple(ticks),
        notes=(*notes, *more),
        left=left,
        dollars=opened.ledger.spent() - before,
        stopped=tuple(dict.fromkeys([*map(str, stops), *([halted] if halted else [])])),
        exit_code=max((stop.exit_code for stop in stops), default=int(failed or bool(halted))),
    )


def _kept_in(ticks: list[Tick], watch: Watch) -> Watch:
    def look(tick: Tick) -> None:
        if tick.over:
            ticks.append(tick)
        watch(tick)

    return look


async def _fill_all(
    opened: Dataset, columns: Sequence[str], cap: float | None, watch: Watch, stops: list[PhotogramError]
) -> str:
    stop = asyncio.Event()
    async with opened.driving():
        with _on_interrupt(stop):
            for column in columns:
                try:
                    await opened.fill(column, cap, watch, stop)
                except (StoreError, LedgerError) as error:
                    stops.append(error)
                    break
                except PhotogramError as error:
                    stops.append(error)
                if stop.is_set():
                    return "stopped: what was in flight is finished; the same command goes on from here"
    return ""


@contextmanager
def _on_interrupt(stop: asyncio.Event) -> Generator[None]:
    """The first Ctrl-C ends the asking, the second drops what is in flight."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def interrupted() -> None:
        if stop.is_set() and task:
            task.cancel()
            return
        stop.set()
        print("\nfinishing what is in flight; Ctrl-C again drops it", file=sys.stderr)

    loop.add_signal_handler(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


def run_to_end(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end, also where an event loop is running already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(main)
    found: list[T] = []
    caught: list[BaseException] = []

    def beside() -> None:
        try:
            found.append(asyncio.run(main))
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=beside)
    thread.start()
    thread.join()
    if caught:
        raise caught[0]
    return found[0]
