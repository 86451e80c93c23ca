"""How far annotators agree."""

from collections.abc import Iterator
from typing import Any

from photogram.results import Agreement, Compared, Disagreement
from photogram.show.words import count, flowing, lines, plain, table


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
