"""Which rows a filter holds for, by whole columns at a time.

What is not known is neither true nor false: a row is kept only where the filter is surely true, so that
`not requires_action` passes over a row of which nobody has said whether it does.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
import numpy.typing as npt

from photogram.filters.tree import Among, And, Compare, Contains, Is, Not, Or, Tree

Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.signedinteger[Any]]


class Texts(Protocol):
    """Texts as numbers: `codes` says which of `words` each row has, -1 where it has none."""

    @property
    def codes(self) -> Codes: ...

    @property
    def words(self) -> list[str]: ...


class Lists(Protocol):
    """Lists one after the other: row n has `codes[starts[n]:starts[n + 1]]`; `known` is where it has one."""

    @property
    def codes(self) -> Codes: ...

    @property
    def words(self) -> list[str]: ...

    @property
    def starts(self) -> npt.NDArray[np.int64]: ...

    @property
    def known(self) -> Mask: ...


class Columns(Protocol):
    """The fields of a set, each as one array. Numbers are NaN and truths -1 where nothing is known."""

    def kind(self, field: str) -> str: ...

    def texts(self, field: str) -> Texts: ...

    def numbers(self, field: str) -> npt.NDArray[np.float64]: ...

    def truths(self, field: str) -> npt.NDArray[np.int8]: ...

    def lists(self, field: str) -> Lists: ...


class Held(NamedTuple):
    """Where a filter holds, and where it can be said whether it does."""

    true: Mask
    known: Mask


def match(tree: Tree, columns: Columns) -> Mask:
    """The rows a filter surely holds for."""
    return _held(tree, columns).true


def _held(tree: Tree, columns: Columns) -> Held:
    if isinstance(tree, Not):
        inner = _held(tree.part, columns)
        return Held(inner.known & ~inner.true, inner.known)
    if isinstance(tree, (And, Or)):
        parts = [_held(part, columns) for part in tree.parts]
        return _all(parts) if isinstance(tree, And) else _any(parts)
    if isinstance(tree, Is):
        return _is(tree, columns)
    return _KINDS[columns.kind(tree.field)](tree, columns)


def _all(parts: list[Held]) -> Held:
    """True where all are; known where all are known, or one is known to be false."""
    true, known = parts[0].true.copy(), parts[0].known.copy()
    false = known & ~true
    for part in parts[1:]:
        true &= part.true
        known &= part.known
        false |= part.known & ~part.true
    return Held(true, known | false)


def _any(parts: list[Held]) -> Held:
    true, known = parts[0].true.copy(), parts[0].known.copy()
    for part in parts[1:]:
        true |= part.true
        known &= part.known
    return Held(true, known | true)


def _is(tree: Is, columns: Columns) -> Held:
    known = _KNOWN[columns.kind(tree.field)](tree.field, columns)
    if tree.what == "null":
        return Held(~known, np.ones(known.size, bool))
    return Held(known & (np.diff(columns.lists(tree.field).starts) == 0), known)


_KNOWN: dict[str, Callable[[str, Columns], Mask]] = {
    "text": lambda field, columns: columns.texts(field).codes >= 0,
    "number": lambda field, columns: ~np.isnan(columns.numbers(field)),
    "yes/no": lambda field, columns: columns.truths(field) >= 0,
    "list": lambda field, columns: columns.lists(field).known,
}

_Claim = Compare | Among | Contains


def _text(tree: _Claim, columns: Columns) -> Held:
    texts = columns.texts(tree.field)
    known = texts.codes >= 0
    if isinstance(tree, Contains):
        part = str(tree.value).casefold()
        wanted = [code for code, word in enumerate(texts.words) if part in word.casefold()]
    else:
        wanted = _codes(tree.values if isinstance(tree, Among) else (tree.value,), texts.words)
    true = _among(texts.codes, wanted, len(texts.words))
    return Held(known & ~true if isinstance(tree, Compare) and tree.sign == "!=" else true, known)


def _codes(values: tuple[Any, ...], words: list[str]) -> list[int]:
    folded = {str(value).casefold() for value in values}
    return [code for code, word in enumerate(words) if word.casefold() in folded]


def _among(codes: Codes, wanted: list[int], words: int) -> Mask:
    """Where a code is one of those wanted; for one it is compared, for several it is looked up."""
    if len(wanted) == 1:
        return codes == wanted[0]
    table = np.zeros(words + 1, bool)  # the last place is that of -1
    table[wanted] = True
    return cast(Mask, table[codes])


def _number(tree: _Claim, columns: Columns) -> Held:
    numbers = columns.numbers(tree.field)
    known = ~np.isnan(numbers)
    if isinstance(tree, Compare):
        return Held(known & _SIGNS[tree.sign](numbers, float(tree.value)), known)
    values = tree.values if isinstance(tree, Among) else (tree.value,)
    return Held(np.isin(numbers, [float(value) for value in values]), known)


_SIGNS: dict[str, Callable[[Any, float], Any]] = {
    "=": lambda numbers, value: numbers == value,
    "!=": lambda numbers, value: numbers != value,
    "<": lambda numbers, value: numbers < value,
    "<=": lambda numbers, value: numbers <= value,
    ">": lambda numbers, value: numbers > value,
    ">=": lambda numbers, value: numbers >= value,
}


def _truth(tree: _Claim, columns: Columns) -> Held:
    truths = columns.truths(tree.field)
    known = truths >= 0
    values = tree.values if isinstance(tree, Among) else (tree.value,)
    true = np.isin(truths, [int(bool(value)) for value in values])
    return Held(known & ~true if isinstance(tree, Compare) and tree.sign == "!=" else true, known)


def _list(tree: _Claim, columns: Columns) -> Held:
    assert isinstance(tree, Contains)
    lists = columns.lists(tree.field)
    inside = _among(lists.codes, _codes((tree.value,), lists.words), len(lists.words))
    counts = np.concatenate([[0], np.cumsum(inside)])
    return Held(counts[lists.starts[1:]] > counts[lists.starts[:-1]], lists.known)


_KINDS: dict[str, Callable[[_Claim, Columns], Held]] = {
    "text": _text,
    "number": _number,
    "yes/no": _truth,
    "list": _list,
}
