"""Where a dataset stands: what it holds, owes, has cost and could not fill."""

from pathlib import Path

from photogram.counting import counted
from photogram.dataset import Dataset
from photogram.results import Cost, Status, Trouble
from photogram.surveying import Folder, column_of, labels


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
            labels=labels(opened),
            columns=tuple(column_of(opened, column) for column in opened.columns()),
            duplicates=found.duplicates,
            outside=found.outside,
            accepted=found.accepted,
            rejected_by_judge=found.rejected,
            unscored=found.unscored,
            spending=tuple(opened.ledger.spending()),
            booked=opened.ledger.booked(),
            budget=opened.brief.budget.dollars,
            in_flight=opened.ledger.in_flight(),
            jobs=tuple(opened.ledger.jobs()),
        )


def cost(dataset: Folder = ".") -> Cost:
    """Show where the money went: by column and model, for each cell, and for each accepted picture.

    A picture is accepted when it is there, the brief still wants it, it breaks none of the bounds under
    [measure], and its judge, if there is one, has not rejected it. Calls that may have been billed are
    counted as if they had been.
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
