"""What photogram does: each verb a function, its docstring the help of the command line.

Every verb takes the dataset's folder first, by default the one you stand in. All of them can be
called from a notebook with a running event loop. `watch` is told how far a column is.
"""

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Generator, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from photogram import planning, providers, stories
from photogram.brief import read
from photogram.data import Card, Outcome, Row, Tick, Word
from photogram.dataset import MODELS, Dataset, Watch, environment
from photogram.errors import BadInput, PhotogramError
from photogram.ledger import Kept, Spent, Trouble
from photogram.store import told

T = TypeVar("T")
Folder = str | Path


def _unwatched(_: Tick) -> None:
    """Nobody looks on."""


# ---------------------------------------------------------------------------- new, add


class Made(Word, frozen=True):
    """A dataset that was begun."""

    folder: str
    story: str


def new(dataset: Folder, story: str = "blank") -> Made:
    """Begin a dataset: a folder with a commented brief that runs as it is.

    story: which brief to begin with: inspection, buildings, scenes, traffic or blank.
    """
    folder = Path(dataset)
    if story not in stories.names():
        raise BadInput(f"there is no story {story!r}", do=f"choose one of {', '.join(stories.names())}")
    brief = folder / "brief.toml"
    with told(brief):
        if brief.exists():
            raise BadInput(f"{brief} is there already", do="choose another folder, or change that brief")
        folder.mkdir(parents=True, exist_ok=True)
        brief.write_text(stories.text(story), "utf-8")
    return Made(folder=str(folder), story=story)


class Added(Word, frozen=True):
    """Pictures taken in."""

    added: int = 0
    known: int = 0
    unusable: tuple[tuple[str, str], ...] = ()


def add(dataset: Folder, sources: Sequence[str], label: str = "", group: str = "", split: str = "") -> Added:
    """Take real pictures in: files, folders, patterns, zip archives, s3:// addresses.

    What a file is is told by its bytes. The same bytes are one row, however often they come. A file
    that cannot be used is named and passed over. Without sources, what the brief names is taken in.

    sources: where the pictures are.
    label: what they show, such as the class they belong to.
    group: pictures of one group fall into one split.
    split: train, val or test.
    """
    with Dataset(Path(dataset)) as opened:
        if sources:
            return _take(opened, list(sources), Path.cwd(), label, group, split)
        return _take_as_briefed(opened)


def _take_as_briefed(opened: Dataset) -> Added:
    taken = [
        _take(opened, list(take.paths), opened.path, take.label, take.group, take.split)
        for take in opened.brief.take
    ]
    return Added(
        added=sum(part.added for part in taken),
        known=sum(part.known for part in taken),
        unusable=tuple(bad for part in taken for bad in part.unusable),
    )


def _take(opened: Dataset, sources: list[str], base: Path, label: str, group: str, split: str) -> Added:
    taking = import_module("photogram.taking")
    added = known = 0
    unusable: list[tuple[str, str]] = []
    for found in taking.pictures(sources, base):
        if isinstance(found, taking.Unusable):
            unusable.append((found.place, found.why))
        elif _take_one(opened, found, label, group, split):
            added += 1
        else:
            known += 1
    opened.store.sync()
    opened.ledger.checkpoint()
    return Added(added=added, known=known, unusable=tuple(unusable))


def _take_one(opened: Dataset, found: Any, label: str, group: str, split: str) -> bool:
    """Make a row of one picture; False when its bytes are a row already."""
    blob = asyncio_run(opened.store.keep(found.data))
    row = planning.row_id("taken", blob.sha256)
    if opened.ledger.known([row]):
        return False
    name = planning.slug(Path(found.name).stem)
    if opened.ledger.name_taken(name):
        name = f"{name}-{row}"
    opened.ledger.add_rows(
        [
            Row(
                id=row,
                name=name,
                label=label,
                group=group,
                split=split,
                source=found.place,
                origin="taken",
            )
        ]
    )
    opened.ledger.commit(
        [Outcome(row=row, column="image", key="taken", state="filled", files={"image": blob})]
    )
    return True


# ------------------------------------------------------------------------- plan, run


class Column(Word, frozen=True):
    """What one column holds, still owes, and may cost."""

    column: str
    model: str
    owed: int
    filled: int
    refused: int
    given_up: int
    dollars: float
    trouble: str = ""


class Planned(Word, frozen=True):
    """What the brief asks for."""

    rows: int
    new: int
    retired: int
    recalled: int
    labels: dict[str, int]
    columns: tuple[Column, ...]
    booked: float
    budget: float


def plan(dataset: Folder = ".") -> Planned:
    """Show what the brief asks for: how many rows, of what, and what filling them may cost.

    Spends nothing and asks nobody. Rows that the brief no longer wants are kept, but retired.
    """
    with Dataset(Path(dataset)) as opened:
        new_rows, retired, recalled = _write_rows(opened)
        return Planned(
            rows=sum(count for _, _, count, _ in opened.ledger.count_rows()),
            new=new_rows,
            retired=retired,
            recalled=recalled,
            labels=_labels(opened),
            columns=tuple(_column(opened, column) for column in opened.columns()),
            booked=opened.ledger.booked(),
            budget=opened.brief.budget.dollars,
        )


def _write_rows(opened: Dataset) -> tuple[int, int, int]:
    rows = list(planning.rows(opened.brief))
    new_rows = opened.ledger.add_rows(rows)
    return new_rows, *opened.ledger.retire_except(row.id for row in rows)


def _labels(opened: Dataset) -> dict[str, int]:
    counts: dict[str, int] = {}
    for label, _, count, _ in opened.ledger.count_rows():
        if count:
            counts[label] = counts.get(label, 0) + count
    return counts


def _column(opened: Dataset, column: str) -> Column:
    """A column as it stands; its pictures are counted as if they were there already."""
    trouble = ""
    try:
        card = opened.card(column)
    except PhotogramError as error:
        card, trouble = None, str(error)
    found = opened.survey(column) if not trouble else None
    return Column(
        column=column,
        model=card.name if card else "",
        owed=found.owed if found else 0,
        filled=found.filled if found else 0,
        refused=found.refused if found else 0,
        given_up=found.given_up if found else 0,
        dollars=found.dollars if found else 0.0,
        trouble=trouble,
    )


class Ran(Word, frozen=True):
    """What a run did."""

    columns: tuple[Tick, ...]
    taken: Added = Added()
    notes: tuple[str, ...] = ()
    left: int = 0
    dollars: float = 0.0
    stopped: str = ""
    exit_code: int = 0


def run(
    dataset: Folder = ".",
    budget: float | None = None,
    remake: bool = False,
    watch: Watch = _unwatched,
) -> Ran:
    """Do what the brief asks, in order: take in, plan, and fill every column.

    Safe to repeat: what is finished is neither asked nor paid for again. Ctrl-C lets what is in
    flight finish.

    budget: the most dollars this run may spend, beside the budget of the brief.
    remake: make paid pictures again whose files are gone, at their price.
    """
    with Dataset(Path(dataset)) as opened:
        taken = _take_as_briefed(opened)
        _write_rows(opened)
        notes = _find_lost(opened, remake)
        return _fill(opened, opened.columns(), budget, watch, taken, notes)


def generate(dataset: Folder = ".", budget: float | None = None, watch: Watch = _unwatched) -> Ran:
    """Fill the column `image`: draw every planned row that has no picture.

    budget: the most dollars this run may spend, beside the budget of the brief.
    """
    with Dataset(Path(dataset)) as opened:
        _write_rows(opened)
        return _fill(opened, ["image"], budget, watch)


def measure(dataset: Folder = ".", watch: Watch = _unwatched) -> Ran:
    """Fill the column `measures`: size, brightness, contrast, sharpness of every picture."""
    with Dataset(Path(dataset)) as opened:
        return _fill(opened, ["measures"], None, watch)


def annotate(dataset: Folder = ".", budget: float | None = None, watch: Watch = _unwatched) -> Ran:
    """Fill the column `annotation`: what a vision model sees, as the brief asks for it.

    budget: the most dollars this run may spend, beside the budget of the brief.
    """
    with Dataset(Path(dataset)) as opened:
        return _fill(opened, ["annotation"], budget, watch)


def _find_lost(opened: Dataset, remake: bool) -> tuple[str, ...]:
    """Empty the cells whose bytes are gone and can be made again; say what becomes of the others."""
    lost = opened.lost()
    drawn = [cell for cell in lost if cell.origin == "planned" and (remake or not cell.dollars)]
    if drawn:
        opened.ledger.forget((cell.row, cell.column) for cell in drawn)
    return _said_of_lost([cell for cell in lost if cell not in drawn])


def _said_of_lost(lost: Sequence[Kept]) -> tuple[str, ...]:
    paid = [cell for cell in lost if cell.origin == "planned"]
    taken = [cell.name for cell in lost if cell.origin == "taken"]
    notes: list[str] = []
    if paid:
        cost = sum(cell.dollars for cell in paid)
        notes.append(
            f"{len(paid)} paid pictures are missing from the store: "
            f"`photogram run --remake` makes them again for about ${cost:.2f}"
        )
    if taken:
        names = ", ".join(taken[:3]) + (" …" if len(taken) > 3 else "")
        notes.append(f"{len(taken)} pictures that were taken in are missing ({names}): `add` them again")
    return tuple(notes)


def _fill(
    opened: Dataset,
    columns: Sequence[str],
    budget: float | None,
    watch: Watch,
    taken: Added = Added(),
    notes: Sequence[str] = (),
) -> Ran:
    """Fill columns one after another, and say how it ended."""
    before = sum(spent.dollars for spent in opened.ledger.spending())
    ticks: list[Tick] = []
    trouble: PhotogramError | None = None
    stopped = asyncio_run(_fill_all(opened, columns, budget, _kept_in(ticks, watch)))
    if isinstance(stopped, PhotogramError):
        trouble = stopped
    left = sum(opened.survey(column).owed for column in columns)
    held = min(opened.ledger.in_flight(), left)
    more = [f"{held} cells are being filled by another run"] if held else []
    failed = any(tick.failed for tick in ticks)
    return Ran(
        columns=tuple(ticks),
        taken=taken,
        notes=(*notes, *more),
        left=left,
        dollars=sum(spent.dollars for spent in opened.ledger.spending()) - before,
        stopped=str(stopped or ""),
        exit_code=trouble.exit_code if trouble else int(failed or bool(taken.unusable)),
    )


def _kept_in(ticks: list[Tick], watch: Watch) -> Watch:
    def look(tick: Tick) -> None:
        if tick.over:
            ticks.append(tick)
        watch(tick)

    return look


async def _fill_all(
    opened: Dataset, columns: Sequence[str], budget: float | None, watch: Watch
) -> PhotogramError | str:
    stop = asyncio.Event()
    async with opened.driving():
        with _on_interrupt(stop):
            for column in columns:
                try:
                    await opened.fill(column, budget, watch, stop)
                except PhotogramError as error:
                    return error
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


# -------------------------------------------------------------- status, errors, retry


class Status(Word, frozen=True):
    """A dataset at a glance."""

    name: str
    rows: int
    taken: int
    retired: int
    labels: dict[str, int]
    columns: tuple[Column, ...]
    duplicates: int
    outside: dict[str, int]
    spending: tuple[Spent, ...]
    booked: float
    budget: float
    in_flight: int


def status(dataset: Folder = ".") -> Status:
    """Show what the dataset holds, what it still owes and what it has cost."""
    with Dataset(Path(dataset), make=False) as opened:
        rows = opened.ledger.count_rows()
        duplicates, outside = _measured(opened)
        return Status(
            name=opened.brief.dataset.name,
            rows=sum(count for _, _, count, _ in rows),
            taken=sum(count for _, origin, count, _ in rows if origin == "taken"),
            retired=sum(retired for *_, retired in rows),
            labels=_labels(opened),
            columns=tuple(_column(opened, column) for column in opened.columns()),
            duplicates=duplicates,
            outside=outside,
            spending=tuple(opened.ledger.spending()),
            booked=opened.ledger.booked(),
            budget=opened.brief.budget.dollars,
            in_flight=opened.ledger.in_flight(),
        )


def _measured(opened: Dataset) -> tuple[int, dict[str, int]]:
    """How many pictures show the same pixels as another, and how many lie outside the brief's bounds."""
    seen: set[str] = set()
    duplicates = 0
    outside: dict[str, int] = dict.fromkeys(opened.brief.measure, 0)
    for row in opened.ledger.rows(columns=("measures",)):
        cell = row.cells.get("measures")
        if cell is None or cell.state != "filled":
            continue
        duplicates += cell.value.get("pixels", row.id) in seen
        seen.add(cell.value.get("pixels", row.id))
        for name, bounds in opened.brief.measure.items():
            value = cell.value.get(name)
            outside[name] += value is not None and not bounds.hold(value)
    return duplicates, outside


def errors(dataset: Folder = ".") -> list[Trouble]:
    """List the cells that were refused or have failed, with the reason and the raw reply."""
    with Dataset(Path(dataset), make=False) as opened:
        return list(opened.ledger.troubles())


class Retried(Word, frozen=True):
    """What a retry did."""

    cells: int
    ran: Ran


def retry(
    dataset: Folder = ".",
    rows: Sequence[str] = (),
    refused: bool = False,
    budget: float | None = None,
    watch: Watch = _unwatched,
) -> Retried:
    """Ask afresh for failed cells, as if they had never been asked.

    rows: names of rows to retry, instead of all; named rows are retried even if refused.
    refused: ask for refused cells too.
    budget: the most dollars this run may spend, beside the budget of the brief.
    """
    with Dataset(Path(dataset)) as opened:
        ids = _ids(opened, rows)
        cells = opened.ledger.start_afresh(refused=refused or bool(rows), rows=ids)
        return Retried(cells=cells, ran=_fill(opened, opened.columns(), budget, watch))


def _ids(opened: Dataset, names: Sequence[str]) -> list[str]:
    known = {row.name: row.id for row in opened.ledger.rows(retired=True)} if names else {}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise BadInput(f"there is no row {unknown[0]!r}", do="`photogram errors` lists rows by name")
    return [known[name] for name in names]


# --------------------------------------------------------------------- models, doctor


class Usable(Word, frozen=True):
    """A model, and what is missing before it can be asked."""

    card: Card
    missing: str
    ended: bool


def models(dataset: Folder = ".") -> list[Usable]:
    """List every model: what it can, what it costs, and what is missing before it can be used."""
    folder = Path(dataset)
    settings = read(folder).providers if (folder / "brief.toml").exists() else {}
    environ = environment(folder)
    found: list[Usable] = []
    for name in providers.names():
        provider = providers.find(name)
        missing = provider.missing(settings.get(name, {}), environ)
        found.extend(Usable(card=card, missing=missing, ended=card.ended) for card in provider.cards())
    return found


class Finding(Word, frozen=True):
    """One thing the doctor looked at; `do` says how to mend it."""

    what: str
    well: bool
    do: str = ""


def doctor(dataset: Folder = ".") -> list[Finding]:
    """Look for what could stand in the way: the brief, the disk, the files, the models."""
    folder = Path(dataset)
    if not (folder / "brief.toml").exists():
        return [
            Finding(what=f"there is no dataset in {folder}", well=False, do="`photogram new DIR` begins one")
        ]
    return list(_examined(folder))


def _examined(folder: Path) -> Iterator[Finding]:
    try:
        opened = Dataset(folder, make=True)
    except PhotogramError as error:
        yield Finding(what=str(error), well=False)
        return
    with opened:
        yield Finding(what=f"the brief of {opened.brief.dataset.name!r} can be read", well=True)
        yield _tried("there is room on the disk", opened.store.check_room)
        yield from _files(opened)
        for column in opened.columns():
            if column in MODELS:
                yield _tried(
                    f"{column}: {getattr(opened.brief.models, MODELS[column])} can be asked",
                    lambda column=column: opened.ready(column),
                )


def _tried(what: str, trial: Callable[[], None]) -> Finding:
    try:
        trial()
    except PhotogramError as error:
        return Finding(what=error.what, well=False, do=error.do or what)
    return Finding(what=what, well=True)


def _files(opened: Dataset) -> Iterator[Finding]:
    lost = opened.lost()
    if not lost:
        yield Finding(what="every picture the ledger knows is in the store", well=True)
        return
    names = ", ".join(cell.name for cell in lost[:3]) + (" …" if len(lost) > 3 else "")
    free = [cell for cell in lost if cell.origin == "planned" and not cell.dollars]
    if free:
        yield Finding(
            what=f"{len(free)} drawn pictures are missing ({names})",
            well=False,
            do="`photogram run` draws them again",
        )
    for note in _said_of_lost([cell for cell in lost if cell not in free]):
        what, _, do = note.partition(": ")
        yield Finding(what=what, well=False, do=do)


def simulate(words: Sequence[str] = ()) -> None:
    """Serve a provider on this machine, to try things without a key: it counts calls and costs nothing.

    The first line it prints is the address for `base_url` in a brief. `--help` lists its options:
    delays, limits, prices and faults.

    words: options of the server.
    """
    served = import_module("photogram.simulate")
    asyncio_run(served.simulate(*served.script_from(words)))


# -------------------------------------------------------------------------- plumbing


def asyncio_run(main: Coroutine[Any, Any, T]) -> T:
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
