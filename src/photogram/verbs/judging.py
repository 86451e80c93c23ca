"""Judging pictures by what was asked for, and making rejected ones anew."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from photogram import refining
from photogram.data import Row
from photogram.dataset import Dataset, Watch
from photogram.faults import BadInput
from photogram.judgement import failed, rejection, score
from photogram.results import Judged, Judgement, Refined
from photogram.running import fill
from photogram.store import path_of
from photogram.surveying import Folder, ids_of, unwatched


def judge(
    dataset: Folder = ".",
    rows: Sequence[str] = (),
    budget: float | None = None,
    force_eol: bool = False,
    watch: Watch = unwatched,
) -> Judged:
    """Fill the column `judgement`, and show it: score, reason and suggestions of each picture.

    A model that sees answers questions about what was asked for. What it cannot tell stays unscored.
    Pictures that were taken in are not judged: nobody asked for them.

    rows: names of rows to judge and show, instead of all.
    budget: the most dollars this run may spend, beside the budget of the brief.
    force_eol: ask a model whose life has ended, where the account still may.
    """
    with Dataset(Path(dataset)) as opened:
        opened.asking.force_eol = force_eol
        refining.judge_of(opened)
        opened.only = ids = ids_of(opened, rows)
        ran = fill(opened, ["judgement"], budget, watch)
        pictures = sorted(_judgements(opened, ids), key=_worst_first)
        scores = [one.score for one in pictures if one.score is not None]
        return Judged(
            raters=tuple(dict.fromkeys(one.rater for one in pictures)),
            scored=len(scores),
            unscored=sum(one.score is None for one in pictures),
            rejected=sum(bool(one.rejected) for one in pictures),
            mean=round(sum(scores) / len(scores), 4) if scores else None,
            named=bool(rows),
            pictures=tuple(pictures),
            ran=ran,
        )


def _worst_first(one: Judgement) -> tuple[bool, float, str]:
    return one.score is None, one.score or 0.0, one.name


def _judgements(opened: Dataset, ids: Sequence[str]) -> Iterator[Judgement]:
    """The judgement of each row that has one, or of these rows, retired or not."""
    columns = ("image", "judgement")
    found = opened.ledger.rows_of(ids, columns) if ids else opened.ledger.rows(columns=columns)
    for row in found:
        cell = row.cells.get("judgement")
        if cell and cell.state == "filled":
            yield _judgement(opened, row)


def _judgement(opened: Dataset, row: Row) -> Judgement:
    judge, cell, image = refining.judge_of(opened), row.cells["judgement"], row.image()
    value = cell.value
    return Judgement(
        row=row.id,
        name=row.name,
        picture=path_of(image) if image else "",
        score=score(value),
        unscored=value.get("unscored", ""),
        rejected=rejection(cell, judge.least, judge.forgive),
        rater=cell.model,
        method=value.get("score", {}).get("method", ""),
        description=value["description"],
        reason=value["reason"],
        failed=tuple(said["asked"] for _, said in failed(value)),
        criteria={name: mark["score"] for name, mark in value["criteria"].items()},
        suggestions=tuple(value["suggestions"]),
    )


def refine(
    dataset: Folder = ".",
    rounds: int = 0,
    budget: float | None = None,
    force_eol: bool = False,
    watch: Watch = unwatched,
) -> Refined:
    """Make rejected pictures anew, from a better prompt, and judge them again.

    What the judge missed and suggests goes into the prompt. The rejected picture stays, with the reason,
    and counts no longer. Safe to repeat: where nothing is rejected, nobody is asked.

    rounds: how often one picture is made anew at most, in place of the brief's number.
    budget: the most dollars this run may spend, beside the budget of the brief.
    force_eol: ask a model whose life has ended, where the account still may.
    """
    if rounds < 0:
        raise BadInput(f"there cannot be {rounds} rounds", do="name 1 or more")
    with Dataset(Path(dataset), make=False) as opened:
        opened.asking.force_eol = force_eol
        opened.write_rows()
        return refining.refine(opened, rounds or refining.judge_of(opened).rounds, budget, watch)
