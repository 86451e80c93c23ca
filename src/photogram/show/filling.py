"""What came of planning and filling."""

from collections.abc import Iterator

from photogram.data import Tick
from photogram.results import Added, Given, Made, Planned, Ran, Retried
from photogram.show.columns import candidates, column_lines, label_lines
from photogram.show.words import count, dollars, flowing, lines, quoted, table

UNUSABLE = 20
"""So many lines of a file that could not be taken are told one by one."""

SHOWN = 5
"""Pictures of which it is told one by one that they are called otherwise already."""


@lines.register
def _(result: Made) -> Iterator[str]:
    folder = quoted(result.folder)
    yield from flowing(f"{folder}/brief.toml is written: read it, change it, and then")
    yield ""
    yield from table(
        [
            (f"  photogram plan {folder}", "what it would make, at what cost"),
            (f"  photogram run {folder}", "make it"),
        ]
    )


@lines.register
def _(result: Added) -> Iterator[str]:
    known = f", {result.known} were rows already" if result.known else ""
    yield f"{count(result.added, 'picture')} taken in{known}"
    for place, why in result.unusable:
        yield from flowing(f"not taken: {place}: {why}", indent="  ")
    for place, why in result.kept[:SHOWN]:
        yield from flowing(f"kept as it was: {place}: {why}", indent="  ")
    if len(result.kept) > SHOWN:
        yield from flowing(
            f"kept as they were: {count(len(result.kept) - SHOWN, 'picture')} more", indent="  "
        )


@lines.register
def _(result: Planned) -> Iterator[str]:
    changes = [f"{result.new} new"]
    changes += [f"{result.retired} retired"] if result.retired else []
    changes += [f"{result.recalled} called back"] if result.recalled else []
    yield f"{count(result.rows, 'row')} ({', '.join(changes)}){candidates(result.candidates)}"
    yield ""
    yield from label_lines(result.labels)
    yield from column_lines(result.columns)
    yield ""
    if result.to_take:
        yield f"not counted before they are taken in (`photogram add`): {', '.join(result.to_take)}"
    cost = sum(column.dollars for column in result.columns)
    yield f"may cost {dollars(cost)}; {dollars(result.booked)} of {dollars(result.budget)} are spent"
    cheap = sum(column.dollars if column.by_jobs is None else column.by_jobs for column in result.columns)
    if cheap < cost:
        yield f"by batch jobs, answered within a day, {dollars(cheap)}: `photogram run --engine batch`"
    yield "`photogram run` fills what is owed" if any(c.owed for c in result.columns) else "nothing is owed"


@lines.register
def _(result: Ran) -> Iterator[str]:
    if result.added or result.unusable:
        yield from lines(Added(added=result.added, unusable=result.unusable))
    yield from table([_ran(tick) for tick in result.columns])
    whole = not (result.notes or result.left or result.given_up or result.refused)
    if not result.columns and not result.stopped:
        yield "nothing was owed" + (": every cell is filled" if whole else "")
    if result.dollars:
        yield f"spent {dollars(result.dollars)}"
    for said in (*result.notes, *result.stopped):
        yield from flowing(said)
    if result.left:
        yield f"{count(result.left, 'cell')} still owed: the same command goes on from here"
    if result.given_up or result.refused or any(tick.failed for tick in result.columns):
        yield "`photogram errors` says why cells were refused or have failed"


@lines.register
def _(result: Given) -> Iterator[str]:
    known = f", {count(result.known, 'row')} had one already" if result.known else ""
    yield f"{count(result.filled, 'answer')} taken in{known}"
    for place, why in result.unusable[:UNUSABLE]:
        yield from flowing(f"not taken: {place}: {why}", indent="  ")
    if len(result.unusable) > UNUSABLE:
        yield f"  and {len(result.unusable) - UNUSABLE:,} more"


@lines.register
def _(result: Retried) -> Iterator[str]:
    yield f"{count(result.cells, 'cell')} asked afresh"
    yield from lines(result.ran)


def _ran(tick: Tick) -> tuple[str, ...]:
    more = [f"{tick.refused:,} refused"] if tick.refused else []
    more += [f"{tick.failed:,} failed"] if tick.failed else []
    each = f"{tick.done / tick.seconds:.1f}/s" if tick.seconds else ""
    return (
        tick.column,
        f"{tick.filled:,} filled",
        ", ".join(more),
        f"{tick.seconds:.1f} s",
        each,
        dollars(tick.dollars) if tick.dollars else "",
        tick.model,
    )
