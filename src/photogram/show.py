"""What a verb answered, as lines for a terminal of 80 columns."""

from collections.abc import Iterable, Iterator, Sequence
from functools import singledispatch
from typing import Any

from photogram.data import Price, Tick
from photogram.results import (
    Added,
    Column,
    Finding,
    Made,
    Planned,
    Ran,
    Retried,
    Spent,
    Status,
    Toured,
    Trouble,
    Usable,
)

WIDTH = 80


@singledispatch
def lines(result: Any) -> Iterator[str]:
    """The lines that tell a person what came of a verb."""
    yield str(result)


@lines.register
def _(result: list) -> Iterator[str]:  # type: ignore[type-arg]
    """A list is told as a whole, by what it is a list of."""
    if not result:
        yield "no cell was refused or has failed"
    elif isinstance(result[0], Trouble):
        yield from _troubles(result)  # type: ignore[arg-type]
    elif isinstance(result[0], Usable):
        yield from _models(result)  # type: ignore[arg-type]
    else:
        yield from _findings(result)  # type: ignore[arg-type]


@lines.register
def _(result: Made) -> Iterator[str]:
    yield f"{result.folder}/brief.toml is written: read it, change it, and then"
    yield ""
    yield f"  photogram plan {result.folder}     what it would make, and what that may cost"
    yield f"  photogram run {result.folder}      make it"


@lines.register
def _(result: Added) -> Iterator[str]:
    known = f", {result.known} were rows already" if result.known else ""
    yield f"{count(result.added, 'picture')} taken in{known}"
    yield from (f"  not taken: {place}: {why}" for place, why in result.unusable)


@lines.register
def _(result: Planned) -> Iterator[str]:
    changes = [f"{result.new} new"]
    changes += [f"{result.retired} retired"] if result.retired else []
    changes += [f"{result.recalled} called back"] if result.recalled else []
    yield f"{count(result.rows, 'row')} ({', '.join(changes)})"
    yield ""
    yield from _labels(result.labels)
    yield from _columns(result.columns)
    yield ""
    cost = sum(column.dollars for column in result.columns)
    yield f"may cost {dollars(cost)}; {dollars(result.booked)} of {dollars(result.budget)} are spent"
    yield "`photogram run` fills what is owed" if any(c.owed for c in result.columns) else "nothing is owed"


@lines.register
def _(result: Ran) -> Iterator[str]:
    if result.added or result.unusable:
        yield from lines(Added(added=result.added, unusable=result.unusable))
    yield from table([_ran(tick) for tick in result.columns])
    if not result.columns and not result.stopped:
        yield "nothing was owed: every cell is filled"
    if result.dollars:
        yield f"spent {dollars(result.dollars)}"
    yield from result.notes
    yield from result.stopped
    if result.left:
        yield f"{count(result.left, 'cell')} still owed: the same command goes on from here"
    if any(tick.failed or tick.refused for tick in result.columns):
        yield "`photogram errors` says why"


@lines.register
def _(result: Retried) -> Iterator[str]:
    yield f"{count(result.cells, 'cell')} asked afresh"
    yield from lines(result.ran)


@lines.register
def _(result: Toured) -> Iterator[str]:
    yield f"{result.pictures} pictures are in {result.folder}; look at"
    yield f"  {result.page}"
    yield f"  {result.sheet}"
    yield ""
    yield "then try"
    yield from (f"  {line}" for line in result.next)


@lines.register
def _(result: Status) -> Iterator[str]:
    parts = [f"{result.taken} taken in"] if result.taken else []
    parts += [f"{result.retired} retired"] if result.retired else []
    more = f" ({', '.join(parts)})" if parts else ""
    yield f"{result.name}: {count(result.rows, 'row')}{more}"
    yield ""
    yield from _labels(result.labels)
    yield from _columns(result.columns)
    yield ""
    if result.duplicates:
        yield f"{count(result.duplicates, 'picture')} the same as another, pixel for pixel"
    for name, number in result.outside.items():
        yield f"{name}: {count(number, 'picture')} outside the bounds of the brief"
    if result.in_flight:
        yield f"{count(result.in_flight, 'cell')} in flight"
    yield from _spending(result.spending)
    yield f"{dollars(result.booked)} of {dollars(result.budget)} are spent"


def _labels(labels: dict[str, int]) -> Iterator[str]:
    if labels:
        yield from table([(label or "(no label)", str(number)) for label, number in labels.items()])
        yield ""


def _columns(columns: Sequence[Column]) -> Iterator[str]:
    head = ("column", "filled", "owed", "refused", "failed", "may cost", "model")
    yield from table([head, *map(_column, columns)])
    yield from (column.trouble for column in columns if column.trouble)


def _column(column: Column) -> tuple[str, ...]:
    cost = dollars(column.dollars) if column.owed and column.model else ""
    numbers = (column.filled, column.owed, column.refused, column.given_up)
    return (column.column, *map(str, numbers), cost, column.model or "computed")


def _ran(tick: Tick) -> tuple[str, ...]:
    more = [f"{tick.refused} refused"] if tick.refused else []
    more += [f"{tick.failed} failed"] if tick.failed else []
    each = f"{tick.done / tick.seconds:.1f}/s" if tick.seconds else ""
    return (
        tick.column,
        f"{tick.filled} filled",
        ", ".join(more),
        f"{tick.seconds:.1f} s",
        each,
        dollars(tick.dollars) if tick.dollars else "",
        tick.model,
    )


def _spending(spending: Iterable[Spent]) -> Iterator[str]:
    rows = [("model", "calls", "cost", "maybe billed")]
    for spent in spending:
        maybe = f"{spent.unsure} calls, {dollars(spent.unsure_dollars)}" if spent.unsure else ""
        rows.append((spent.model, str(spent.calls), dollars(spent.dollars), maybe))
    if len(rows) > 1:
        yield from table(rows)


def _troubles(troubles: Sequence[Trouble]) -> Iterator[str]:
    for trouble in troubles:
        times = f", asked {trouble.attempts} times" if trouble.attempts > 1 else ""
        yield f"{trouble.name}  {trouble.column} {trouble.state}: {trouble.error}{times}"
        yield f"  {' '.join(trouble.why.split())}"
        if trouble.raw:
            yield f"  the reply: {' '.join(trouble.raw.split())[: WIDTH - 13]}"
    yield ""
    yield "`photogram retry` asks for failed cells afresh; `--refused` for refused ones too"


def _models(found: Sequence[Usable]) -> Iterator[str]:
    rows = [("model", "can", "price", "")]
    for usable in found:
        card = usable.card
        note = f"ended {card.eol}" if usable.ended else usable.missing and "needs a key"
        note = note or (f"ends {card.eol}" if card.eol else "")
        note += f": use {card.successor}" if card.successor and card.eol else ""
        rows.append((card.name, ", ".join(card.does), "" if usable.ended else price(card.price), note))
    yield from table(rows)
    yield ""
    yield from sorted({f"{usable.card.provider}: {usable.missing}" for usable in found if usable.missing})


def _findings(found: Sequence[Finding]) -> Iterator[str]:
    for finding in found:
        yield f"{'ok  ' if finding.well else 'look'}  {finding.what}"
        if not finding.well and finding.do:
            yield f"      {finding.do}"


def price(of: Price) -> str:
    """A price as a table shows it."""
    if of.free:
        return "free"
    if of.by_quality:
        return f"{dollars(min(of.by_quality.values()))}–{max(of.by_quality.values()):.3f} a picture"
    if of.image:
        return f"{dollars(of.image)} a picture"
    return f"${of.tokens_in:g}/${of.tokens_out:g} a million tokens"


def dollars(amount: float) -> str:
    """Money, with as many digits as a small amount needs."""
    return f"${amount:.2f}" if amount == 0 or amount >= 0.1 else f"${amount:.4f}"


def count(number: int, noun: str) -> str:
    """A number of things, in English."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows of text in columns, numbers to the right, nothing wider than it must be."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            text.rjust(width) if text[:1].isdigit() or text[:1] == "$" else text.ljust(width)
            for text, width in zip(row, widths, strict=True)
        ]
        yield "  ".join(cell for cell, width in zip(cells, widths, strict=True) if width).rstrip()
