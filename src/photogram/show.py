"""What a verb answered, as lines for a terminal of 80 columns."""

import re
import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import singledispatch
from textwrap import wrap
from typing import Any
from unicodedata import combining, east_asian_width

from photogram.data import Card, Price, Tick
from photogram.faults import PhotogramError
from photogram.results import (
    Added,
    Agreement,
    Column,
    Compared,
    Cost,
    Disagreement,
    Fetched,
    Finding,
    Made,
    Packed,
    Paid,
    Planned,
    Ran,
    Refreshed,
    Retried,
    Spent,
    Status,
    Toured,
    Trouble,
    Usable,
)

WIDTH = 80
_NUMBER = re.compile(r"<?\$?[\d,.]+( s|/s)?$")


@singledispatch
def lines(result: Any) -> Iterator[str]:
    """The lines that tell a person what came of a verb."""
    yield str(result)


@lines.register
def _(result: PhotogramError) -> Iterator[str]:
    yield from flowing(f"photogram: {result}")


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


@lines.register
def _(result: Planned) -> Iterator[str]:
    changes = [f"{result.new} new"]
    changes += [f"{result.retired} retired"] if result.retired else []
    changes += [f"{result.recalled} called back"] if result.recalled else []
    yield f"{count(result.rows, 'row')} ({', '.join(changes)}){_candidates(result.candidates)}"
    yield ""
    yield from _labels(result.labels)
    yield from _columns(result.columns)
    yield ""
    if result.to_take:
        yield f"not counted before they are taken in (`photogram add`): {', '.join(result.to_take)}"
    cost = sum(column.dollars for column in result.columns)
    yield f"may cost {dollars(cost)}; {dollars(result.booked)} of {dollars(result.budget)} are spent"
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
def _(result: Retried) -> Iterator[str]:
    yield f"{count(result.cells, 'cell')} asked afresh"
    yield from lines(result.ran)


@lines.register
def _(result: Refreshed) -> Iterator[str]:
    yield from table([(name, ", ".join(fields)) for name, fields in result.changed.items()])
    better = f"{count(len(result.changed), 'model')} known better than before"
    yield better if result.changed else "nothing new"
    yield from flowing(f"what has been read since lies in {result.kept_at}; delete it to forget it")


@lines.register
def _(result: Packed) -> Iterator[str]:
    drawn = f", {result.synthetic:,} of them synthetic" if result.synthetic else ""
    where = f"{count(result.shards, 'shard')}, {size(result.bytes)}"
    yield f"{count(result.rows, 'picture')}{drawn}; {where}"
    yield from flowing(f"{'written to' if result.new else 'nothing changed: it is in'} {result.folder}")


@lines.register
def _(result: Fetched) -> Iterator[str]:
    yield from map(plain, result.files)
    yield f"{count(len(result.files), 'file')}, {size(result.bytes)}"


@lines.register
def _(result: Compared) -> Iterator[str]:
    for name, model in result.models.items():
        yield plain(f"{name}: {model}")
    yield f"{count(result.pictures, 'picture')} answered by two or more"
    if result.owed:
        yield f"{count(result.owed, 'answer')} still owed: `photogram annotate` asks for them"
    yield ""
    head = ("field", "pictures", "agreement", "beyond chance")
    yield from table([head, *map(_agreement, result.fields)])
    if result.most:
        yield ""
        yield from flowing(f"they disagree most on ({' / '.join(result.models)})")
    for one in result.most:
        yield from _disagreement(one)


def _agreement(one: Agreement) -> tuple[str, ...]:
    said = ""
    if one.equal is not None:
        said = f"{one.equal:.2f} the same ({one.low:.2f} to {one.high:.2f})"
    elif one.shared is not None:
        said = f"{one.shared:.2f} in both lists"
    elif one.difference is not None:
        said = f"{one.higher or 'they'} {'is' if one.higher else 'are'} {_signed(one)}"
    beyond = f"kappa {one.kappa:.2f}" if one.kappa is not None else ""
    beyond = f"r {one.correlation:.2f}" if one.correlation is not None else beyond
    return one.field, f"{one.pictures:,}", said, one.note or beyond


def _signed(one: Agreement) -> str:
    assert one.difference is not None
    if not one.higher:
        return f"{one.difference:.3g} apart"
    return f"{abs(one.difference):.3g} {'higher' if one.difference >= 0 else 'lower'}"


SHOWN = 3
"""Fields that are shown of a picture on which annotators disagree."""


def _disagreement(one: Disagreement) -> Iterator[str]:
    fields = [f"{name}: {' / '.join(map(_short, said.values()))}" for name, said in one.fields.items()]
    more = [f"and {len(fields) - SHOWN} more"] if len(fields) > SHOWN else []
    yield from flowing(f"{one.name}  {'; '.join(fields[:SHOWN] + more)}", indent="  ")


def _short(value: Any) -> str:
    """A value in as few letters as tell it from others."""
    if isinstance(value, list):
        return ", ".join(map(_short, value)) or "none"  # type: ignore
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "null"}[value]
    return f"{value:.4g}" if isinstance(value, float) else str(value)


@lines.register
def _(result: Toured) -> Iterator[str]:
    yield from flowing(f"{result.pictures} pictures are in {result.folder}; look at")
    yield from map(plain, (f"  {result.page}", f"  {result.sheet}"))
    yield ""
    yield "then try"
    yield from (plain(f"  {line}") for line in result.next)


@lines.register
def _(result: Status) -> Iterator[str]:
    parts = [f"{result.taken} taken in"] if result.taken else []
    parts += [f"{result.retired} retired"] if result.retired else []
    more = f" ({', '.join(parts)})" if parts else ""
    more += _candidates(result.candidates, result.rejected)
    yield f"{result.name}: {count(result.rows, 'row')}{more}"
    yield from wrap(" ".join(result.purpose.split()), WIDTH)
    if result.license:
        yield f"license: {result.license}"
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
    yield _spent(result)
    if result.booked and result.accepted:
        yield _each_accepted(result.booked / result.accepted, result.accepted)


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


def _candidates(number: int, rejected: int = 0) -> str:
    """What stands for some of the rows; nothing where nothing does."""
    said = f", {count(number, 'candidate')} for their pictures" if number else ""
    return said + (f", {rejected:,} rejected" if rejected else "")


def _labels(labels: dict[str, int]) -> Iterator[str]:
    if labels:
        yield from table([(label or "(no label)", f"{number:,}") for label, number in labels.items()])
        yield ""


def _columns(columns: Sequence[Column]) -> Iterator[str]:
    head = ("column", "filled", "owed", "refused", "failed", "may cost", "model")
    yield from table([head, *map(_column, columns)])
    for trouble in dict.fromkeys(column.trouble for column in columns if column.trouble):
        yield from flowing(trouble)


def _column(column: Column) -> tuple[str, ...]:
    cost = dollars(column.dollars) if column.owed and column.model else ""
    numbers = (column.filled, column.owed, column.refused, column.given_up)
    model = column.model or ("" if column.trouble else "computed")
    return (column.column, *(f"{number:,}" for number in numbers), cost, model)


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


def _spending(spending: Iterable[Spent]) -> Iterator[str]:
    rows = [("model", "calls", "cost", "maybe billed")]
    for spent in spending:
        maybe = f"{count(int(spent.unsure), 'call')}, {dollars(spent.unsure_dollars)}" if spent.unsure else ""
        rows.append((spent.model, f"{spent.calls:,.0f}", dollars(spent.dollars), maybe))
    if len(rows) > 1:
        yield from table(rows)


def _troubles(troubles: Sequence[Trouble]) -> Iterator[str]:
    for trouble in troubles:
        times = f", asked {trouble.attempts} times" if trouble.attempts > 1 else ""
        head = f"{trouble.name}  {trouble.column} {trouble.state}: {trouble.error}{times}"
        yield from flowing(head)
        yield from flowing(trouble.why, indent="  ")
        if trouble.raw:
            yield plain(f"  the reply: {' '.join(trouble.raw[:WIDTH].split())}")[:WIDTH]
    yield ""
    yield "`photogram retry` asks for failed cells afresh; `--refused` for refused ones too"


def _models(found: Sequence[Usable]) -> Iterator[str]:
    """The living by what they can, so that a whole name and its price stand in a line; then the others."""
    groups: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for usable in found:
        if not usable.ended:
            groups[" and ".join(usable.card.does)].append((usable.card.name, price(usable.card.price)))
    for can, rows in groups.items():
        yield can
        yield from (f"  {line}" for line in table(rows, WIDTH - 2))
        yield ""
    for line in sorted({f"{usable.card.provider}: {usable.missing}" for usable in found if usable.missing}):
        yield from flowing(line)
    yield from _ends([usable.card for usable in found if usable.card.eol])


def _ends(cards: Sequence[Card]) -> Iterator[str]:
    """What ends when, and what took the place of what has ended."""
    ending = sorted(f"{card.eol}  {card.name}{_then(card)}" for card in cards if not card.ended)
    if ending:
        yield from ("", "these end")
        for line in ending:
            yield from flowing(line, indent="  ")
    before: defaultdict[str, list[str]] = defaultdict(list)
    for card in cards:
        if card.ended:
            before[card.successor or "nothing"].append(f"{card.model} ({card.eol})")
    if before:
        yield from ("", "these have ended; in their place there is")
        for successor, names in before.items():
            yield from flowing(f"{successor} for {', '.join(names)}", indent="  ")


def _then(card: Card) -> str:
    """What comes after a model; by its whole name where that is another provider's."""
    own = card.successor.removeprefix(f"{card.provider}:")
    return f", then {own}" if own else ""


def _findings(found: Sequence[Finding]) -> Iterator[str]:
    for finding in found:
        first, *more = flowing(finding.what, indent="      ")
        yield f"{'ok  ' if finding.well else 'look'}  {first[6:]}"
        yield from more
        if not finding.well and finding.do:
            yield from flowing(finding.do, indent="      ")


def price(of: Price) -> str:
    """A price as a table shows it."""
    if of.free:
        return "free"
    if of.rates:
        each = [of.image, *(rate.image for rate in of.rates)]
        return f"{dollars(min(each))}–{max(each):g} each"
    if of.image:
        return f"{dollars(of.image)} each"
    out = f"/${of.tokens_out:g}" if of.tokens_out else ""
    return f"${of.tokens_in:g}{out} per MTok"


def dollars(amount: float) -> str:
    """Money in cents, with as many digits more as a small amount needs; never less than it is."""
    if amount == 0 or amount >= 0.1:
        return f"${amount:,.2f}"
    if amount < 0.0001:
        return "<$0.0001"
    whole, _, digits = f"{amount:.4f}".partition(".")
    return f"${whole}.{digits.rstrip('0'):0<2}"


def size(number: int) -> str:
    """Bytes, in the unit in which they are told in few digits."""
    amount, units = float(number), ["bytes", "kB", "MB", "GB", "TB"]
    while amount >= 1000 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{amount:.3g} {units[0]}" if units[0] != "bytes" else f"{number} bytes"


def count(number: int, noun: str) -> str:
    """A number of things, in English."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def table(rows: Sequence[Sequence[str]], most: int = WIDTH) -> Iterator[str]:
    """Rows of text in columns, numbers to the right, cut where the terminal ends."""
    if not rows:
        return
    cells = [[plain(text) for text in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        parts = [_filled_up(text, wide) for text, wide in zip(row, widths, strict=True) if wide]
        yield _cut("  ".join(parts).rstrip(), most)


def _filled_up(text: str, wide: int) -> str:
    room = " " * (wide - width(text))
    return room + text if _NUMBER.match(text) else text + room


def _cut(line: str, most: int) -> str:
    """A line that fits; a mark shows that it went on."""
    if width(line) <= most:
        return line
    kept = line
    while width(kept) > most - 1:
        kept = kept[:-1]
    return f"{kept}…"


def width(text: str) -> int:
    """How many places a text takes in a terminal."""
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def flowing(text: str, indent: str = "") -> Iterator[str]:
    """A text in lines that fit; a path or a word that is longer stays whole, to be copied."""
    for number, line in enumerate(text.splitlines()):
        inner = indent + "  " * bool(number or indent)
        first = indent + (line[: len(line) - len(line.lstrip())] if number else "")
        yield from wrap(
            plain(line.strip()),
            WIDTH,
            initial_indent=first,
            subsequent_indent=inner,
            break_long_words=False,
            break_on_hyphens=False,
        )


def plain(text: str) -> str:
    """A text without anything that moves a cursor: some of it was written by a server or a stranger."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def quoted(path: str) -> str:
    """A path as it is typed in a shell, also when it begins like an option."""
    return shlex.quote(f"./{path}" if path.startswith("-") else path)
