"""What could stand in the way of a dataset, looked for before it does."""

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path

from photogram.asking import ability
from photogram.dataset import Dataset, is_dataset, said_of_lost
from photogram.faults import PhotogramError
from photogram.results import Finding

Asked = Callable[[Dataset, str], Finding]


def examined(folder: Path, ask: Asked | None = None) -> Iterator[Finding]:
    """Every finding, one after the other; `ask` puts something to the model of a column."""
    if not is_dataset(folder):
        yield Finding(
            what=f"there is no dataset in {folder}", well=False, do="`photogram new DIR` begins one"
        )
        return
    try:
        opened = Dataset(folder, make=True)
    except PhotogramError as error:
        yield Finding(what=str(error), well=False)
        return
    with opened:
        yield Finding(what=f"the brief of {opened.brief.dataset.name!r} can be read", well=True)
        yield _tried("there is room on the disk", opened.store.check_room)
        yield from _files(opened)
        if store := opened.brief.dataset.store:
            yield from import_module("photogram.probing").probed(store)
        asked: set[tuple[str, str]] = set()
        for column in filter(ability, opened.columns()):
            model = opened.asking.named(column)
            found = _tried(f"{column}: {model} can be asked", partial(opened.asking.ready, column))
            kind = (model, ability(column) or "")
            yield ask(opened, column) if ask and found.well and kind not in asked else found
            asked.add(kind)
        yield from _partial(opened)


def _partial(opened: Dataset) -> Iterator[Finding]:
    """That a judge may like what it judges too well."""
    if opened.brief.judge and (said := opened.asking.partial()):
        what, _, do = said.partition("; ")
        yield Finding(what=what, well=False, do=do)


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
    for note in said_of_lost([cell for cell in lost if cell not in free]):
        what, _, do = note.partition(": ")
        yield Finding(what=what, well=False, do=do)
