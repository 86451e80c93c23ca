"""Which models there are, what stands in the way, and the tour."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from photogram.data import Card
from photogram.results import Finding, Refreshed, Toured, Usable
from photogram.show.words import WIDTH, count, flowing, lines, listed, plain, price, table


@lines.register
def _(result: Refreshed) -> Iterator[str]:
    yield from table([(name, ", ".join(fields)) for name, fields in result.changed.items()])
    better = f"{count(len(result.changed), 'model')} known better than before"
    yield better if result.changed else "nothing new"
    yield from flowing(f"what has been read since lies in {result.kept_at}; delete it to forget it")


@lines.register
def _(result: Toured) -> Iterator[str]:
    yield from flowing(f"{result.pictures} pictures are in {result.folder}; look at")
    yield from map(plain, (f"  {result.page}", f"  {result.sheet}"))
    yield ""
    yield "then try"
    yield from (plain(f"  {line}") for line in result.next)


@listed.register
def _(_: Usable, found: Sequence[Usable]) -> Iterator[str]:
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


@listed.register
def _(_: Finding, found: Sequence[Finding]) -> Iterator[str]:
    for finding in found:
        first, *more = flowing(finding.what, indent="      ")
        yield f"{'ok  ' if finding.well else 'look'}  {first[6:]}"
        yield from more
        if not finding.well and finding.do:
            yield from flowing(finding.do, indent="      ")
