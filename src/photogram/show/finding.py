"""What was indexed, found, and how well it is found."""

import shlex
from collections.abc import Iterator

from photogram.results import Evaluated, Found, Indexed, Recall, Searched, Shelved
from photogram.show.words import WIDTH, count, flowing, lines, plain, quoted, table

LIKE = 3
"""Pictures that are named of those folded behind one."""


@lines.register
def _(result: Indexed) -> Iterator[str]:
    words = f"{result.worded:,} of them annotated"
    yield f"{count(result.rows, 'picture')}, {words}; {count(result.fields, 'field')} to filter by"
    if result.spaces:
        yield from table([_space(one) for one in result.spaces])
    else:
        yield from flowing("no vectors: `photogram embed` makes them, to find pictures by pictures")
    yield from flowing(f"{'written to' if result.new else 'nothing changed: it is in'} {result.folder}")


def _space(one: Shelved) -> tuple[str, ...]:
    missing = f", {one.missing:,} have none" if one.missing else ""
    kinds = {
        "looks": "as they look",
        "fitted": "fitted to words",
        "plain": f"of the {one.of}",
    }
    return (
        one.name,
        f"{one.vectors:,} of {one.dimensions:,} numbers{missing}",
        kinds[one.kind],
        one.model,
    )


@lines.register
def _(result: Searched) -> Iterator[str]:
    yield from _understood(result)
    for number, one in enumerate(result.found, 1):
        yield from _found(number, one)
    if not result.found:
        yield "nothing was found"
    for note in result.notes:
        yield from flowing(note)


def _understood(result: Searched) -> Iterator[str]:
    """How the question was read, so that it can be changed."""
    if result.where:
        yield from flowing(f"where  {result.where}")
    if result.words:
        yield from flowing(f"words  {' '.join(result.words)}")
    shown = len(result.found)
    if result.where:
        more = f", {shown} shown" if shown < result.matching else ""
        yield f"{result.matching:,} of {count(result.rows, 'picture')} match{more}; exact"
    elif result.words or result.found:
        first = "nearest" if result.words or any(one.why for one in result.found) else "oldest"
        yield f"{shown} of {count(result.rows, 'picture')} shown, the {first} first; exact"
    if result.where and result.read_from:
        words = f" {shlex.join(result.words)}" if result.words else ""
        again = (
            f"photogram search {quoted(result.dataset)} --plain --where {shlex.quote(result.where)}{words}"
        )
        yield from flowing(f"to change it: {again}")
    yield ""


def _found(number: int, one: Found) -> Iterator[str]:
    label = f"  {one.label}" if one.label and one.label not in one.name else ""
    yield plain(f"{number}. {one.name}{label}{'  synthetic' if one.synthetic else ''}")[:WIDTH]
    yield plain(f"  {one.file}")
    if one.caption:
        yield from flowing(_short(one.caption), indent="  ")
    if one.why:
        yield from flowing(f"{'; '.join(one.why)}", indent="  ")
    if one.like:
        names = ", ".join(one.like[:LIKE]) + (" …" if len(one.like) > LIKE else "")
        yield from flowing(f"and {len(one.like)} nearly the same: {names}", indent="  ")


def _short(caption: str) -> str:
    said = " ".join(caption.split())
    return said if len(said) <= 2 * WIDTH else f"{said[: 2 * WIDTH]}…"


@lines.register
def _(result: Evaluated) -> Iterator[str]:
    head = ("looked for", "space", "questions", "among", "R@1", "R@5", "R@10", "chance")
    rows = [
        (one.way, one.space, *map(str, (one.questions, one.gallery)), *map(_share, _shares(one)))
        for one in result.recalls
    ]
    yield from table([head, *rows])
    for note in result.notes:
        yield from flowing(note)


def _shares(one: Recall) -> tuple[float, ...]:
    return one.at_1, one.at_5, one.at_10, one.chance_10


def _share(share: float) -> str:
    return f"{share:.3f}"
