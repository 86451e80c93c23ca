"""Planning rows and filling columns."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import msgspec

from photogram import intake
from photogram.asking import SIMULATED
from photogram.batching import ByJobs
from photogram.dataset import Dataset, Watch
from photogram.faults import BadInput
from photogram.results import Compared, Given, Planned, Ran, Retried
from photogram.running import fill, find_lost
from photogram.surveying import Folder, column_of, ids_of, labels, trouble, unwatched

ENGINES = ("local", "batch")


def plan(dataset: Folder = ".") -> Planned:
    """Show what the brief asks for: how many rows, of what, and what filling them may cost.

    Spends nothing and asks nobody. Rows that the brief no longer wants are kept, but retired.
    """
    with Dataset(Path(dataset)) as opened:
        for column in opened.columns():
            trouble(opened, column)
        new_rows, retired, recalled = opened.write_rows()
        return Planned(
            rows=sum(count for _, _, count, _ in opened.ledger.count_rows()),
            candidates=opened.ledger.count_candidates(),
            to_take=_to_take(opened),
            new=new_rows,
            retired=retired,
            recalled=recalled,
            labels=labels(opened),
            columns=tuple(column_of(opened, column) for column in opened.columns()),
            booked=opened.ledger.booked(),
            budget=opened.brief.budget.dollars,
        )


def _to_take(opened: Dataset) -> tuple[str, ...]:
    """What the brief takes in, as long as nothing has been taken in."""
    if any(origin == "taken" for _, origin, *_ in opened.ledger.count_rows()):
        return ()
    return tuple(path for take in opened.brief.take for path in take.paths)


def run(  # noqa: PLR0913 - each is an option of the command
    dataset: Folder = ".",
    budget: float | None = None,
    remake: bool = False,
    simulate: bool = False,
    force_eol: bool = False,
    engine: str = "local",
    wait: bool = False,
    watch: Watch = unwatched,
) -> Ran:
    """Do what the brief asks, in order: take in, plan, and fill every column.

    Safe to repeat: what is finished is neither asked nor paid for again. Ctrl-C lets what is in
    flight finish.

    budget: the most dollars this run may spend, beside the budget of the brief.
    remake: make paid pictures again whose files are gone, at their price.
    simulate: ask a simulator on this machine in place of every provider; costs nothing, needs no key.
    force_eol: ask models whose life has ended, where the account still may.
    engine: `batch` asks by the provider's batch jobs, for less; the same command fetches what they answer.
    wait: with batch jobs, wait until they have ended.
    """
    with Dataset(Path(dataset)) as opened, _simulated(opened, simulate):
        opened.asking.force_eol = force_eol
        opened.by_jobs = _by_jobs(engine, wait, simulate)
        taken = intake.take_as_briefed(opened)
        opened.write_rows()
        lost = find_lost(opened, remake)
        ran = fill(opened, opened.order(), budget, watch, lost)
        code = ran.exit_code or int(bool(taken.unusable))
        return msgspec.structs.replace(ran, added=taken.added, unusable=taken.unusable, exit_code=code)


def _by_jobs(engine: str, wait: bool, simulate: bool) -> ByJobs:
    """How batch jobs are used; those of a simulator are waited for, as they end with it."""
    if engine not in ENGINES:
        raise BadInput(f"there is no engine {engine!r}", do=f"choose one of {', '.join(ENGINES)}")
    if wait and engine != "batch":
        raise BadInput("there is nothing to wait for without batch jobs", do="add --engine batch")
    return ByJobs(begin=engine == "batch", wait=wait or simulate)


@contextmanager
def _simulated(opened: Dataset, wanted: bool) -> Generator[None]:
    """Let a simulator on this machine stand for every provider, as long as the block lasts."""
    if not wanted:
        yield
        return
    _forget_simulated_jobs(opened)
    simulator = import_module("photogram.simulator")
    with simulator.serving(simulator.Script(pictures="drawn")) as serving:
        opened.asking.simulator = serving.url
        yield


def _forget_simulated_jobs(opened: Dataset) -> None:
    """Drop the jobs of a simulator that ended before they did: no other one knows of them."""
    for job in opened.ledger.jobs():
        if job.model.endswith(f"@{SIMULATED}") and opened.ledger.mind(job.number):
            opened.ledger.drop_job(job.number)


def generate(
    dataset: Folder = ".",
    budget: float | None = None,
    force_eol: bool = False,
    watch: Watch = unwatched,
) -> Ran:
    """Fill the column `image`: draw every planned row that has no picture.

    budget: the most dollars this run may spend, beside the budget of the brief.
    force_eol: ask a model whose life has ended, where the account still may.
    """
    with Dataset(Path(dataset)) as opened:
        opened.asking.force_eol = force_eol
        opened.write_rows()
        return fill(opened, ["image"], budget, watch)


def modify(
    dataset: Folder = ".",
    budget: float | None = None,
    force_eol: bool = False,
    watch: Watch = unwatched,
) -> Ran:
    """Make the edits that the brief asks for, each from a picture that is there.

    Outside its mask an edit changes nothing, whatever the model does there. The mask is kept beside
    the picture: it is the label.

    budget: the most dollars this run may spend, beside the budget of the brief.
    force_eol: ask a model whose life has ended, where the account still may.
    """
    with Dataset(Path(dataset)) as opened:
        opened.asking.force_eol = force_eol
        opened.write_rows()
        return fill(opened, ["mask", "edit"], budget, watch)


def measure(dataset: Folder = ".", watch: Watch = unwatched) -> Ran:
    """Fill the column `measures`: size, brightness, contrast, sharpness of every picture."""
    with Dataset(Path(dataset)) as opened:
        return fill(opened, ["measures"], None, watch)


def annotate(
    dataset: Folder = ".",
    budget: float | None = None,
    compare: bool = False,
    force_eol: bool = False,
    from_: str = "",
    watch: Watch = unwatched,
) -> Ran | Compared | Given:
    """Fill the column `annotation`: what a vision model sees, as the brief asks for it.

    Where the brief names several annotators under [annotate.by], each fills a column of its own.

    budget: the most dollars this run may spend, beside the budget of the brief.
    compare: ask nobody, and show how far the annotators agree in each field.
    force_eol: ask a model whose life has ended, where the account still may.
    from: ask nobody, and take in what a batch job's output file says, such as input.jsonl.out.
    """
    with Dataset(Path(dataset), make=not compare) as opened:
        opened.asking.force_eol = force_eol
        if from_:
            return _given(opened, from_)
        if not compare:
            return fill(opened, opened.annotations(), budget, watch)
        if len(opened.annotations()) < 2:
            do = 'name them under [annotate.by], each with a model: first = "PROVIDER:NAME"'
            raise BadInput("there are not two annotators to compare", where="brief.toml", do=do)
        return import_module("photogram.builds.agreement").compared(opened)


def _given(opened: Dataset, path: str) -> Given:
    if len(opened.annotations()) > 1:
        do = "take the file in where the brief names one model to see, and no [annotate.by]"
        raise BadInput("of several annotators it is not known whose answers these are", do=do)
    return import_module("photogram.answering").take(opened, opened.annotations()[0], Path(path))


def retry(
    dataset: Folder = ".",
    rows: Sequence[str] = (),
    refused: bool = False,
    budget: float | None = None,
    watch: Watch = unwatched,
) -> Retried:
    """Ask afresh for failed cells, as if they had never been asked.

    rows: names of rows to retry, instead of all; named rows are retried even if refused.
    refused: ask for refused cells too.
    budget: the most dollars this run may spend, beside the budget of the brief.
    """
    with Dataset(Path(dataset)) as opened:
        opened.only = ids = ids_of(opened, rows)
        cells = opened.ledger.start_afresh(refused=refused or bool(rows), rows=ids)
        return Retried(cells=cells, ran=fill(opened, opened.order(), budget, watch))
