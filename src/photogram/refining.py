"""Rejected pictures are made anew: what the judge missed goes into the prompt, and another seed is thrown.

What is made anew takes the place of the rejected row, which stays in the ledger with its picture and its
judgement, retired. Which rows those are follows from what is there, so it can be broken off and repeated.
"""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from photogram import planning
from photogram.brief import Judge
from photogram.data import Cell, Row
from photogram.dataset import Dataset, Watch
from photogram.faults import BadInput
from photogram.judgement import rejection, score
from photogram.results import Ran, Refined, Remade
from photogram.running import check_cap, fill

COLUMNS = ("image", "judgement")
_BEFORE = "\n\nBe sure of this: "


def judge_of(opened: Dataset) -> Judge:
    """How the brief has pictures judged."""
    if opened.brief.judge is None:
        do = "add an empty [judge] table; docs/judging.md says what may stand in it"
        raise BadInput("the brief does not say that pictures are judged", do=do)
    return opened.brief.judge


def refine(opened: Dataset, rounds: int, cap: float | None, watch: Watch) -> Refined:
    """Make rejected pictures anew, judge them, and so on, until none is rejected or no round is left."""
    judge_of(opened)
    check_cap(cap)  # before any row takes another's place
    runs: list[Ran] = []
    planned, new = 0, 1
    while new and not any(ran.stopped for ran in runs):
        new = _plan(opened, rounds)
        planned += new
        opened.only = _concerned(opened)
        if opened.only:
            spent = sum(ran.dollars for ran in runs)
            runs.append(fill(opened, opened.order(), None if cap is None else max(0.0, cap - spent), watch))
        opened.only = ()
    remade = tuple(_remade(opened))
    return Refined(
        planned=planned,
        remade=remade,
        rejected=sum(1 for _ in _rejected(opened)),
        unjudged=opened.survey("judgement").owed,
        rounds=rounds,
        ran=_together(runs),
    )


def _rejected(opened: Dataset) -> Iterator[tuple[Row, Cell]]:
    """Every row that is wanted and whose picture its judge rejected."""
    judge = judge_of(opened)
    for row in opened.ledger.rows(columns=COLUMNS):
        cell = row.cells.get("judgement")
        if cell and row.image() and rejection(cell, judge.least, judge.forgive):
            yield row, cell


def _plan(opened: Dataset, rounds: int) -> int:
    """Write rows in place of those that are rejected and have a round left; how many."""
    earlier = {row.id: row for row in opened.ledger.refinements()}
    found: list[Row] = []
    for row, cell in list(_rejected(opened)):
        before = [earlier[old] for old in _chain(row, earlier)]
        if len(before) < rounds:
            found += planning.anew(row, better(opened, row, cell))
    _check_models(opened, found)
    opened.ledger.add_rows(found)
    if found:
        opened.write_rows()
    return sum(not row.candidate_of for row in found)


def _check_models(opened: Dataset, rows: Sequence[Row]) -> None:
    """Raise where a model cannot be asked: no row gives its place to one that nobody will make."""
    columns = {"edit" if row.parent else "image" for row in rows}
    for column in (*sorted(columns), *(["judgement"] if rows else [])):
        opened.asking.ready(column)


def _chain(row: Row, earlier: dict[str, Row]) -> Iterator[str]:
    """The ids of a row and those before it that were made anew themselves."""
    while row.refines:
        yield row.id
        row = earlier.get(row.refines, Row(id="", name=""))


def better(opened: Dataset, row: Row, cell: Cell) -> str:
    """What was asked for, and then what the judge suggests, as much of it as the model reads."""
    wanted = row.wanted or row.prompt
    card = opened.asking.card("edit" if row.parent else "image")
    most = card.most_prompt if card else 0
    prompt, suggestions = wanted, [*cell.value.get("suggestions", ())]
    for number in range(1, len(suggestions) + 1):
        longer = f"{wanted}{_BEFORE}{'; '.join(suggestions[:number])}."
        if most and len(longer) > most:
            break
        prompt = longer
    return prompt


def _concerned(opened: Dataset) -> list[str]:
    """The rows that take the place of others, those that are candidates for them, and edits of them."""
    rows = list(opened.ledger.rows(candidates=True))
    anew = {row.id for row in rows if row.refines}
    return [row.id for row in rows if row.id in anew or row.parent in anew]


def _remade(opened: Dataset) -> Iterator[Remade]:
    """For each wanted row that took another's place: what it was before, and how both were judged."""
    judge = judge_of(opened)
    rows = [row for row in opened.ledger.rows(columns=COLUMNS) if row.refines]
    befores = {row.id: row for row in opened.ledger.rows_of([row.refines for row in rows], COLUMNS)}
    for row in rows:
        before = befores[row.refines]
        old, new = before.cells.get("judgement"), row.cells.get("judgement")
        yield Remade(
            name=row.name,
            instead_of=before.name,
            why=rejection(old, judge.least, judge.forgive),
            before=score(old.value) if old else None,
            after=score(new.value) if new else None,
            rejected=rejection(new, judge.least, judge.forgive),
            prompt=row.prompt,
        )


def _together(runs: Sequence[Ran]) -> Ran:
    """Several runs as one."""
    if not runs:
        return Ran(columns=())
    return replace(
        runs[-1],
        columns=tuple(tick for ran in runs for tick in ran.columns),
        notes=tuple(dict.fromkeys(note for ran in runs for note in ran.notes)),
        dollars=sum(ran.dollars for ran in runs),
        exit_code=max(ran.exit_code for ran in runs),
    )
