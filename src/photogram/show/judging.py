"""How pictures were judged, and what became of those that were rejected."""

from collections.abc import Iterator
from textwrap import TextWrapper

from photogram.results import Judged, Judgement, Refined, Remade
from photogram.show.words import WIDTH, count, flowing, lines, plain

SHOWN = 5
"""Pictures that are shown in full where none were named, the worst first."""
LISTED = 20
"""Pictures made anew that are listed, those that are rejected again first."""


@lines.register
def _(result: Judged) -> Iterator[str]:
    if result.ran.columns or result.ran.stopped or result.ran.exit_code:
        yield from lines(result.ran)
    elif result.ran.notes:
        yield from (line for note in result.ran.notes for line in flowing(note))
    if not result.pictures:
        yield "no picture is judged yet: `photogram run` makes and judges them"
        return
    mean = "" if result.mean is None else f", {result.mean:.2f} on average"
    parts = [f"{count(result.scored, 'picture')} scored by {' and '.join(result.raters)}{mean}"]
    parts += [f"{result.unscored:,} unscored"] if result.unscored else []
    parts += [f"{result.rejected:,} rejected"] if result.rejected else []
    yield from flowing("; ".join(parts))
    shown = result.pictures if result.named else result.pictures[:SHOWN]
    for one in shown:
        yield ""
        yield from _judgement(one)
    left = len(result.pictures) - len(shown)
    if left:
        yield ""
        yield f"and {left:,} more: `photogram judge DATASET ROW` shows one, `--json` all"
    if result.rejected:
        yield ""
        yield "`photogram refine` makes rejected pictures anew"


def _judgement(one: Judgement) -> Iterator[str]:
    mark = "unscored" if one.score is None else f"{one.score:.2f}"
    yield from flowing(f"{one.name}  {mark}{'  rejected' if one.rejected else ''}")
    marks = ", ".join(f"{name} {mark}" for name, mark in one.criteria.items() if mark is not None)
    told = {
        "picture": one.picture,
        "shows": one.description,
        "reason": one.unscored or one.reason,
        "rejected": one.rejected,
        "marks": f"{marks}, of 5" if marks else "",
        "counted": one.method,
    }
    for name, said in told.items():
        yield from _field(f"{name}:", said)
    for number, said in enumerate(one.suggestions):
        yield from _field("" if number else "better:", said)


def _field(name: str, said: str) -> Iterator[str]:
    """A text beside its name; a path stays whole, to be copied."""
    first, below = f"  {name:<10}", " " * 12
    wrapper = TextWrapper(WIDTH, first, below, break_long_words=False, break_on_hyphens=False)
    yield from wrapper.wrap(plain(said))


@lines.register
def _(result: Refined) -> Iterator[str]:
    if result.ran.columns or result.ran.stopped or result.ran.exit_code:
        yield from lines(result.ran)
        yield ""
    shown = sorted(result.remade, key=lambda one: not one.rejected)[:LISTED]
    for one in shown:
        yield from _remade(one)
    if len(result.remade) > len(shown):
        yield f"and {len(result.remade) - len(shown):,} more: `--json` has all"
    if result.planned:
        done = "planned anew, not all made yet" if result.ran.stopped else "made anew"
        yield f"{count(result.planned, 'picture')} {done}"
    else:
        yield "nothing was made anew" + ("" if result.rejected else ": nothing is rejected")
    if result.rejected:
        rounds = f"at most {count(result.rounds, 'round')} for each; --rounds allows more"
        yield from flowing(f"{count(result.rejected, 'picture')} still rejected ({rounds})")
    if result.unjudged:
        yield f"{count(result.unjudged, 'picture')} not judged yet: `photogram judge`"


def _remade(one: Remade) -> Iterator[str]:
    before, after = (_mark(mark) for mark in (one.before, one.after))
    verdict = f": rejected again, {one.rejected}" if one.rejected else ""
    yield from flowing(f"{one.name}  {after}{verdict}")
    yield from flowing(f"instead of {one.instead_of}  {before}: {one.why}", indent="  ")


def _mark(mark: float | None) -> str:
    return "unscored" if mark is None else f"{mark:.2f}"
