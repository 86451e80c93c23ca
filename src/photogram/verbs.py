"""What photogram does: each verb a function, its docstring the help of the command line.

Every verb takes the dataset's folder first, by default the one you stand in. All of them can be
called from a notebook with a running event loop. `watch` is told how far a column is.
"""

import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import get_args

import msgspec

from photogram import cards, catalogue, examining, intake, planning, providers, stories, trial
from photogram.asking import ability, environment
from photogram.counting import counted
from photogram.data import Ability, Row, Tick
from photogram.dataset import Dataset, Watch, is_dataset
from photogram.faults import BadInput, NotSetUp, PhotogramError
from photogram.looping import run_to_end
from photogram.reading.parse import read
from photogram.results import (
    Added,
    Column,
    Compared,
    Cost,
    Fetched,
    Finding,
    Made,
    Packed,
    Planned,
    Ran,
    Refreshed,
    Retried,
    Status,
    Trouble,
    Usable,
)
from photogram.running import fill, find_lost
from photogram.store import told as told_of

Folder = str | Path


def _unwatched(_: Tick) -> None:
    """Nobody looks on."""


# ---------------------------------------------------------------------------- new, add


def new(dataset: Folder, story: str = "blank") -> Made:
    """Begin a dataset: a folder with a commented brief that runs as it is.

    story: which brief to begin with: inspection, buildings, scenes, traffic or blank.
    """
    folder = Path(dataset)
    if story not in stories.names():
        raise BadInput(f"there is no story {story!r}", do=f"choose one of {', '.join(stories.names())}")
    brief = folder / "brief.toml"
    with told_of(brief):
        if os.path.lexists(brief):
            raise BadInput(f"{brief} is there already", do="choose another folder, or change that brief")
        folder.mkdir(parents=True, exist_ok=True)
        brief.write_text(stories.text(story), "utf-8")
    return Made(folder=str(folder), story=story)


def add(
    dataset: Folder,
    sources: Sequence[str],
    label: str = "",
    group: str = "",
    split: str = "",
    masks: str = "",
) -> Added:
    """Take real pictures in: files, folders, patterns, zip archives, s3:// addresses.

    What a file is is told by its bytes. The same bytes are one row, however often they come. A file
    that cannot be used is named and passed over. Without sources, what the brief names is taken in.

    sources: where the pictures are.
    label: what they show, such as the class they belong to.
    group: pictures of one group fall into one split.
    split: train, val or test.
    masks: where their masks lie: a.png or a_mask.png for a.jpg.
    """
    if split not in ("", "train", "val", "test"):
        raise BadInput(f"there is no split {split!r}", do="name train, val or test")
    with Dataset(Path(dataset)) as opened:
        if sources:
            like = Row(id="", name="", label=label, group=group, split=split)
            return intake.take(opened, sources, Path.cwd(), like, (masks,) if masks else ())
        return intake.take_as_briefed(opened)


# ------------------------------------------------------------------------- plan, run


def plan(dataset: Folder = ".") -> Planned:
    """Show what the brief asks for: how many rows, of what, and what filling them may cost.

    Spends nothing and asks nobody. Rows that the brief no longer wants are kept, but retired.
    """
    with Dataset(Path(dataset)) as opened:
        for column in opened.columns():
            _trouble(opened, column)
        new_rows, retired, recalled = _write_rows(opened)
        return Planned(
            rows=sum(count for _, _, count, _ in opened.ledger.count_rows()),
            candidates=opened.ledger.count_candidates(),
            to_take=_to_take(opened),
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
    if opened.brief.edit:
        taken = (row for row in opened.ledger.rows(columns=("image",)) if row.origin == "taken")
        rows += planning.edits(opened.brief, [*rows, *taken], opened.masks())
    new_rows = opened.ledger.add_rows(rows)
    return new_rows, *opened.ledger.retire_except(row.id for row in rows)


def _to_take(opened: Dataset) -> tuple[str, ...]:
    """What the brief takes in, as long as nothing has been taken in."""
    if any(origin == "taken" for _, origin, *_ in opened.ledger.count_rows()):
        return ()
    return tuple(path for take in opened.brief.take for path in take.paths)


def _labels(opened: Dataset) -> dict[str, int]:
    counts: dict[str, int] = {}
    for label, _, count, _ in opened.ledger.count_rows():
        if count:
            counts[label] = counts.get(label, 0) + count
    return counts


def _trouble(opened: Dataset, column: str) -> str:
    """What stands in the way of filling a column and may be set up later; what never can be, raises."""
    try:
        if ability(column):
            opened.asking.ready(column)
    except NotSetUp as missing:
        return str(missing)
    return ""


def _column(opened: Dataset, column: str) -> Column:
    """A column as it stands; pictures still to be made are counted as if they were there already."""
    try:
        trouble = _trouble(opened, column)
        card, found = opened.asking.card(column), opened.survey(column, expecting=True)
    except PhotogramError as error:
        return Column(column=column, trouble=str(error))
    return Column(
        column=column,
        model=card.name if card else "",
        owed=found.owed,
        filled=found.filled,
        refused=found.refused,
        given_up=found.given_up,
        dollars=found.dollars,
        trouble=(trouble or found.wrong) if found.owed else "",
    )


def run(
    dataset: Folder = ".",
    budget: float | None = None,
    remake: bool = False,
    simulate: bool = False,
    force_eol: bool = False,
    watch: Watch = _unwatched,
) -> Ran:
    """Do what the brief asks, in order: take in, plan, and fill every column.

    Safe to repeat: what is finished is neither asked nor paid for again. Ctrl-C lets what is in
    flight finish.

    budget: the most dollars this run may spend, beside the budget of the brief.
    remake: make paid pictures again whose files are gone, at their price.
    simulate: ask a simulator on this machine in place of every provider; costs nothing, needs no key.
    force_eol: ask models whose life has ended, where the account still may.
    """
    with Dataset(Path(dataset)) as opened, _simulated(opened, simulate):
        opened.asking.force_eol = force_eol
        taken = intake.take_as_briefed(opened)
        _write_rows(opened)
        lost = find_lost(opened, remake)
        ran = fill(opened, opened.order(), budget, watch, lost)
        code = ran.exit_code or int(bool(taken.unusable))
        return msgspec.structs.replace(ran, added=taken.added, unusable=taken.unusable, exit_code=code)


@contextmanager
def _simulated(opened: Dataset, wanted: bool) -> Generator[None]:
    """Let a simulator on this machine stand for every provider, as long as the block lasts."""
    if not wanted:
        yield
        return
    simulator = import_module("photogram.simulator")
    with simulator.serving(simulator.Script(pictures="drawn")) as serving:
        opened.asking.simulator = serving.url
        yield


def generate(
    dataset: Folder = ".",
    budget: float | None = None,
    force_eol: bool = False,
    watch: Watch = _unwatched,
) -> Ran:
    """Fill the column `image`: draw every planned row that has no picture.

    budget: the most dollars this run may spend, beside the budget of the brief.
    force_eol: ask a model whose life has ended, where the account still may.
    """
    with Dataset(Path(dataset)) as opened:
        opened.asking.force_eol = force_eol
        _write_rows(opened)
        return fill(opened, ["image"], budget, watch)


def modify(
    dataset: Folder = ".",
    budget: float | None = None,
    force_eol: bool = False,
    watch: Watch = _unwatched,
) -> Ran:
    """Make the edits that the brief asks for, each from a picture that is there.

    Outside its mask an edit changes nothing, whatever the model does there. The mask is kept beside
    the picture: it is the label.

    budget: the most dollars this run may spend, beside the budget of the brief.
    force_eol: ask a model whose life has ended, where the account still may.
    """
    with Dataset(Path(dataset)) as opened:
        opened.asking.force_eol = force_eol
        _write_rows(opened)
        return fill(opened, ["mask", "edit"], budget, watch)


def measure(dataset: Folder = ".", watch: Watch = _unwatched) -> Ran:
    """Fill the column `measures`: size, brightness, contrast, sharpness of every picture."""
    with Dataset(Path(dataset)) as opened:
        return fill(opened, ["measures"], None, watch)


def annotate(
    dataset: Folder = ".",
    budget: float | None = None,
    compare: bool = False,
    force_eol: bool = False,
    watch: Watch = _unwatched,
) -> Ran | Compared:
    """Fill the column `annotation`: what a vision model sees, as the brief asks for it.

    Where the brief names several annotators under [annotate.by], each fills a column of its own.

    budget: the most dollars this run may spend, beside the budget of the brief.
    compare: ask nobody, and show how far the annotators agree in each field.
    force_eol: ask a model whose life has ended, where the account still may.
    """
    with Dataset(Path(dataset), make=not compare) as opened:
        opened.asking.force_eol = force_eol
        if not compare:
            return fill(opened, opened.annotations(), budget, watch)
        if len(opened.annotations()) < 2:
            do = 'name them under [annotate.by], each with a model: first = "PROVIDER:NAME"'
            raise BadInput("there are not two annotators to compare", where="brief.toml", do=do)
        return import_module("photogram.builds.agreement").compared(opened)


# -------------------------------------------------------------- status, errors, retry


def status(dataset: Folder = ".") -> Status:
    """Show what the dataset holds, what it still owes and what it has cost."""
    with Dataset(Path(dataset), make=False) as opened:
        rows = opened.ledger.count_rows()
        found = counted(opened)
        return Status(
            name=opened.brief.dataset.name,
            purpose=opened.brief.dataset.purpose,
            license=opened.brief.dataset.license,
            rows=sum(count for _, _, count, _ in rows),
            candidates=opened.ledger.count_candidates(),
            rejected=opened.ledger.count_rejected(),
            taken=sum(count for _, origin, count, _ in rows if origin == "taken"),
            retired=sum(retired for *_, retired in rows),
            labels=_labels(opened),
            columns=tuple(_column(opened, column) for column in opened.columns()),
            duplicates=found.duplicates,
            outside=found.outside,
            accepted=found.accepted,
            spending=tuple(opened.ledger.spending()),
            booked=opened.ledger.booked(),
            budget=opened.brief.budget.dollars,
            in_flight=opened.ledger.in_flight(),
        )


def cost(dataset: Folder = ".") -> Cost:
    """Show where the money went: by column and model, for each cell, and for each accepted picture.

    A picture is accepted when it is there, the brief still wants it, and it breaks none of the bounds
    under [measure]. Calls that may have been billed are counted as if they had been.
    """
    with Dataset(Path(dataset), make=False) as opened:
        booked, found = opened.ledger.booked(), counted(opened)
        return Cost(
            parts=tuple(opened.ledger.paid()),
            spending=tuple(opened.ledger.spending()),
            booked=booked,
            budget=opened.brief.budget.dollars,
            accepted=found.accepted,
            each_accepted=booked / found.accepted if found.accepted else 0.0,
        )


def errors(dataset: Folder = ".") -> list[Trouble]:
    """List the cells that were refused or have failed, with the reason and the raw reply."""
    with Dataset(Path(dataset), make=False) as opened:
        return list(opened.ledger.troubles())


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
        opened.only = ids = _ids(opened, rows)
        cells = opened.ledger.start_afresh(refused=refused or bool(rows), rows=ids)
        return Retried(cells=cells, ran=fill(opened, opened.order(), budget, watch))


def _ids(opened: Dataset, names: Sequence[str]) -> list[str]:
    every = opened.ledger.rows(retired=True, candidates=True) if names else ()
    known = {row.name: row.id for row in every}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise BadInput(f"there is no row {unknown[0]!r}", do="`photogram errors` lists rows by name")
    return [known[name] for name in names]


# ----------------------------------------------------------------------- pack, fetch


def pack(dataset: Folder = ".") -> Packed:
    """Pack the dataset: zip shards of pictures, masks and records, with an inventory of byte ranges.

    Pictures lie in it as they are, so that one can be fetched alone. What is packed already is not
    packed again.
    """
    with Dataset(Path(dataset), make=False) as opened:
        return import_module("photogram.builds.pack").pack(opened)


def fetch(dataset: Folder = ".", names: Sequence[str] = (), from_: str = "", to: str = ".") -> Fetched:
    """Fetch pictures out of a pack, each by one read of its own bytes, and check that they are the ones.

    names: pictures, by title, row or name in the archive.
    from: a pack's folder or any zip archive, instead of the dataset's newest pack.
    to: the folder to put them in.
    """
    if from_:  # no dataset is needed then, and the first word is a name
        names = [*([] if is_dataset(Path(dataset)) else [str(dataset)]), *names]
        names = [name for name in names if name != "."]
    return import_module("photogram.builds.fetch").fetch(Path(from_ or dataset), names, Path(to))


# --------------------------------------------------------------------- models, doctor


def models(dataset: Folder = ".", can: str = "", refresh: str = "") -> list[Usable] | Refreshed:
    """List every model: what it can, what it costs, and what is missing before it can be used.

    can: list only the models that can draw, edit, see or embed.
    refresh: a file with newer prices and dates, TOML like photogram's own or a JSON catalogue.
    """
    if can and can not in get_args(Ability):
        raise BadInput(f"no model can {can!r}", do=f"name one of {', '.join(get_args(Ability))}")
    folder = Path(dataset)
    brief = read(folder) if is_dataset(folder) else None
    environ = environment(folder)
    if refresh:
        return _refreshed(Path(refresh), environ)
    found: list[Usable] = []
    for name in providers.names():
        provider = providers.find_at(name, folder, environ)
        missing = provider.missing(brief.settings(name, can) if brief else {}, environ)
        found.extend(
            Usable(card=card, missing=missing, ended=card.ended)
            for card in provider.cards()
            if not can or can in card.does
        )
    return found


def _refreshed(source: Path, environ: Mapping[str, str]) -> Refreshed:
    """Keep what a file says of models where all datasets find it, beside what was kept before."""
    known = [card for name in providers.names() for card in providers.find(name).cards()]
    told, kept = catalogue.read(source, known, date.today()), cards.kept_at(environ)
    before = cards.changes_in(kept) if kept.exists() else {}
    with told_of(kept):
        kept.parent.mkdir(parents=True, exist_ok=True)
        after = {**before, **{name: {**before.get(name, {}), **fields} for name, fields in told.items()}}
        kept.write_bytes(msgspec.json.format(msgspec.json.encode(after)))
    return Refreshed(
        changed={name: tuple(sorted(fields)) for name, fields in told.items()}, kept_at=str(kept)
    )


def doctor(dataset: Folder = ".", ask: bool = False) -> list[Finding]:
    """Look for what could stand in the way: the brief, the disk, the files, the models.

    ask: put the cheapest ask there is to each model, at its price, to see that it answers.
    """
    return list(examining.examined(Path(dataset), trial.asked if ask else None))


def simulate(words: Sequence[str] = ()) -> None:
    """Serve a provider on this machine, to try things without a key: it counts calls and costs nothing.

    The first line it prints is the address for `base_url` in a brief. `--help` lists its options:
    delays, limits, prices and faults.

    words: options of the server.
    """
    options, server = (import_module(f"photogram.simulator.{name}") for name in ("command", "server"))
    try:
        run_to_end(server.serve(*options.script_from(words)))
    except (OSError, OverflowError) as error:
        raise BadInput(f"the port cannot be used: {error}", do="leave --port out") from None
