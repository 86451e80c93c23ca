"""Where a dataset stands, what it has cost and what could not be filled."""

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from photogram.data import Job
from photogram.results import Cost, Paid, Spent, Status, Trouble
from photogram.show.columns import candidates, column_lines, label_lines
from photogram.show.words import WIDTH, count, dollars, flowing, lines, listed, plain, table


@lines.register
def _(result: Status) -> Iterator[str]:
    parts = [f"{result.taken} taken in"] if result.taken else []
    parts += [f"{result.retired} retired"] if result.retired else []
    more = f" ({', '.join(parts)})" if parts else ""
    more += candidates(result.candidates, result.rejected)
    yield f"{result.name}: {count(result.rows, 'row')}{more}"
    yield from wrap(" ".join(result.purpose.split()), WIDTH)
    if result.license:
        yield f"license: {result.license}"
    yield ""
    yield from label_lines(result.labels)
    yield from column_lines(result.columns)
    yield ""
    if result.duplicates:
        yield f"{count(result.duplicates, 'picture')} the same as another, pixel for pixel"
    for name, number in result.outside.items():
        yield f"{name}: {count(number, 'picture')} outside the bounds of the brief"
    if result.rejected_by_judge:
        yield f"judgement: {count(result.rejected_by_judge, 'picture')} rejected"
    if result.unscored:
        yield f"judgement: {count(result.unscored, 'picture')} unscored"
    if result.in_flight:
        yield f"{count(result.in_flight, 'cell')} in flight"
    for job in result.jobs:
        yield from flowing(_under_way(job))
    yield from _spending(result.spending)
    yield _spent(result)
    if result.booked and result.accepted:
        yield _each_accepted(result.booked / result.accepted, result.accepted)


def _under_way(job: Job) -> str:
    """One batch job: what it is asked, and how far it was when somebody last looked."""
    name = job.name.rpartition("/")[2] or f"not begun yet ({job.token[:8] or job.number})"
    found = job.progress
    far = f": {found.said}" if found else ""
    far += f", {found.answered:,} of {found.records:,} answered" if found and found.records else ""
    return f"batch job {name} with {count(job.records, 'cell')} of {job.column}{far}"


@lines.register
def _(result: Cost) -> Iterator[str]:
    if result.parts:
        head = ("column", "filled", "cost", "each", "no longer wanted", "model")
        yield from table([head, *map(_paid, result.parts)])
        yield ""
    yield from _spending(result.spending)
    yield _spent(result)
    if result.accepted:
        yield _each_accepted(result.each_accepted, result.accepted)


def _paid(part: Paid) -> tuple[str, ...]:
    unwanted = dollars(part.unwanted) if part.unwanted else ""
    return (part.column, f"{part.filled:,}", dollars(part.dollars), dollars(part.each), unwanted, part.model)


def _spent(result: Status | Cost) -> str:
    return f"{dollars(result.booked)} of {dollars(result.budget)} are spent"


def _each_accepted(each: float, accepted: int) -> str:
    return f"{dollars(each)} for each of {count(accepted, 'accepted picture')}"


def _spending(spending: Iterable[Spent]) -> Iterator[str]:
    rows = [("model", "calls", "cost", "maybe billed")]
    for spent in spending:
        maybe = f"{count(int(spent.unsure), 'call')}, {dollars(spent.unsure_dollars)}" if spent.unsure else ""
        rows.append((spent.model, f"{spent.calls:,.0f}", dollars(spent.dollars), maybe))
    if len(rows) > 1:
        yield from table(rows)


@listed.register
def _(_: Trouble, troubles: Sequence[Trouble]) -> Iterator[str]:
    for trouble in troubles:
        times = f", asked {trouble.attempts} times" if trouble.attempts > 1 else ""
        head = f"{trouble.name}  {trouble.column} {trouble.state}: {trouble.error}{times}"
        yield from flowing(head)
        yield from flowing(trouble.why, indent="  ")
        if trouble.raw:
            yield plain(f"  the reply: {' '.join(trouble.raw[:WIDTH].split())}")[:WIDTH]
    yield ""
    yield "`photogram retry` asks for failed cells afresh; `--refused` for refused ones too"
