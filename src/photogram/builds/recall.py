"""search --evaluate: how often what is looked for is found, by the set's own facts, on groups held out.

A picture is right for a question when it has the same facts. What is fitted to words is fitted anew without
the groups it is measured on, so that nothing is asked of it that it has seen.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from photogram.builds.gathering import Table, blocks, table
from photogram.data import Facts, Row
from photogram.dataset import Dataset
from photogram.faults import BadInput
from photogram.finding import fitted
from photogram.finding.local import open_in
from photogram.finding.port import Shelf
from photogram.finding.vectors import unit
from photogram.results import Evaluated, Recall
from photogram.step import digest

GALLERY = 500
HELD_OUT = 5
"""One group of so many is held out."""
COMMON = 20
"""A fact that has more values than a twentieth of the rows is no kind of picture, but a name or a number."""

Matrix = npt.NDArray[Any]


class Truth(NamedTuple):
    """For each row which kind of picture it is, by its facts, and whether its group is held out."""

    kinds: npt.NDArray[np.int64]
    held: npt.NDArray[np.bool_]
    groups: int


def evaluated(opened: Dataset) -> Evaluated:
    """Recall in every space of pictures, both ways, over a gallery of at most 500 held-out pictures."""
    index = open_in(opened.path)
    shelves = [one for one in index.manifest.shelves if one.space.of == "picture" and one.kind != "fitted"]
    index.close()
    if not shelves:
        do = "`photogram embed` makes them, `photogram index` takes them in"
        raise BadInput("there are no vectors of pictures to measure", do=do)
    found = table(opened)
    truth = truth_of([row for row in opened.ledger.rows() if row.id in found.ids])
    recalls: list[Recall] = []
    notes: list[str] = []
    on = 0
    for shelf in shelves:
        rows, vectors = _all(opened, shelf, found)
        if shelf.kind == "plain":
            notes.append(f"{shelf.name}: by words it is not measured, since each would be asked of its model")
            recalls += by_pictures(shelf.name, vectors, rows, truth)
            continue
        measured, on = _fitted(shelf.name, vectors, rows, found.captions, truth)
        recalls += measured
        if not on:
            few = f"fewer than {fitted.LEAST} pictures with words are left to fit it to"
            notes.append(f"{shelf.name}: by words it is not measured: {few}")
    return Evaluated(recalls=tuple(recalls), groups=truth.groups, fitted_on=on, notes=tuple(notes))


def truth_of(rows: Sequence[Row]) -> Truth:
    told = {(name, str(value)) for row in rows for name, value in row.facts.items()}
    values = Counter(name for name, _ in told)
    common = {name for name, count in values.items() if count <= max(2, len(rows) // COMMON)}

    def kind(row: Row) -> Facts:
        told = {name: value for name, value in row.facts.items() if name in common}
        return {"label": row.label, **told}

    names = [digest(kind(row)) for row in rows]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    groups = [digest(row.group) if row.group else name for row, name in zip(rows, names, strict=True)]
    held = [int(group[:8], 16) % HELD_OUT == 0 for group in groups]
    return Truth(np.array([numbers[name] for name in names]), np.array(held), len(set(groups)))


def _all(opened: Dataset, shelf: Shelf, found: Table) -> tuple[Matrix, Matrix]:
    parts = list(blocks(opened, shelf.space.name, found.ids))
    return np.concatenate([rows for rows, _ in parts]), np.concatenate([block for _, block in parts])


def _fitted(
    name: str, vectors: Matrix, rows: Matrix, captions: Sequence[str], truth: Truth
) -> tuple[list[Recall], int]:
    """Looks as they are, and fitted to the words of the groups that are not held out."""
    learnt = np.flatnonzero(~truth.held[rows])[: fitted.MOST]
    if not len(learnt):
        return [], 0
    looks = fitted.looks(vectors[learnt])
    turned = looks.of(vectors)
    recalls = by_pictures(name, turned, rows, truth)
    fit = fitted.fit(turned[learnt], [captions[int(row)] for row in rows[learnt]])
    if fit is None:
        return recalls, 0
    placed = fit.of_pictures(turned)
    recalls += by_pictures(f"{name}.fitted", placed, rows, truth)
    return recalls + by_words(f"{name}.fitted", fit, placed, rows, captions, truth), len(learnt)


def gallery(rows: Matrix, truth: Truth) -> npt.NDArray[np.int64]:
    """The places of the held-out rows, at most 500, from all over the set."""
    held = np.flatnonzero(truth.held[rows])
    return held[:: max(1, -(-len(held) // GALLERY))]


def by_pictures(name: str, vectors: Matrix, rows: Matrix, truth: Truth) -> list[Recall]:
    """Whether pictures near a picture are of its kind, itself apart."""
    places = gallery(rows, truth)
    kinds = truth.kinds[rows[places]]
    near = unit(vectors[places]) @ unit(vectors[places]).T
    np.fill_diagonal(near, -np.inf)
    right = (kinds[:, None] == kinds[None, :]) & ~np.eye(len(places), dtype=bool)
    return _recall("like a picture", name, near, right, len(places) - 1)


def by_words(
    name: str, fit: fitted.Fitted, placed: Matrix, rows: Matrix, captions: Sequence[str], truth: Truth
) -> list[Recall]:
    """Whether what is said of a picture finds one of its kind, and a picture what is said of its kind."""
    places = gallery(rows, truth)
    texts = [fit.of_text(captions[int(row)]) for row in rows[places]]
    asked = np.array([number for number, text in enumerate(texts) if text is not None], np.int64)
    if not len(asked):
        return []
    said = unit(np.stack([text for text in texts if text is not None]))
    kinds = truth.kinds[rows[places]]
    near = said @ unit(placed[places]).T
    right = kinds[asked][:, None] == kinds[None, :]
    one = _recall("pictures by words", name, near, right, len(places))
    return one + _recall("words by a picture", name, near.T, right.T, len(asked))


def _recall(way: str, space: str, near: Matrix, right: npt.NDArray[np.bool_], among: int) -> list[Recall]:
    """Of questions that have a right answer, the share that has one among the first."""
    asked = np.flatnonzero(right.any(axis=1))
    if not len(asked):
        return []
    order = np.argsort(-near[asked], axis=1, kind="stable")
    hits = np.take_along_axis(right[asked], order, axis=1)
    shares = [float(hits[:, :k].any(axis=1).mean()) for k in (1, 5, 10)]
    each = right[asked].sum(axis=1) / among
    chance = float((1 - (1 - np.minimum(1, each)) ** 10).mean())
    mean = float(right[asked].sum(axis=1).mean())
    return [
        Recall(
            way=way,
            space=space,
            questions=len(asked),
            gallery=among,
            right=mean,
            at_1=shares[0],
            at_5=shares[1],
            at_10=shares[2],
            chance_10=chance,
        )
    ]
