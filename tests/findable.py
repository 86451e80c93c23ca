"""Small indexes for tests: rows, fields and vectors that are made up."""

import msgspec
import numpy as np

from photogram.data import Outcome
from photogram.dataset import Dataset
from photogram.filters.fields import Field
from photogram.finding import columns, shards, texts
from photogram.finding.local import FORMAT, open_in, publish
from photogram.finding.port import Manifest, Shelf
from photogram.finding.texts import Known, Worded
from photogram.finding.vectors import Space

FIELDS = (
    Field(name="label", kind="text"),
    Field(name="number", kind="number", column="facts"),
    Field(name="kinds", kind="list", column="annotation"),
    Field(name="good", kind="yes/no", column="annotation"),
)


def values(count):
    return {
        "label": [f"l{n % 100}" for n in range(count)],
        "facts.number": [float(n) for n in range(count)],
        "annotation.kinds": [["even" if n % 2 == 0 else "odd", "all"] for n in range(count)],
        "annotation.good": [None if n % 3 == 0 else n % 3 == 1 for n in range(count)],
    }


def said(n):
    return f"number {n} {'even' if n % 2 == 0 else 'odd'} crack" + (" rare" if n % 50 == 0 else "")


def vectors(count, size=16, seed=0):
    return np.random.default_rng(seed).standard_normal((count, size)).astype(np.float32)


def published(folder, count=200, matrix=None, generation="g1", rows=None):
    """A generation of so many made-up rows; every second has a vector if `rows` says so."""
    matrix = vectors(count) if matrix is None else matrix
    rows = np.arange(count, dtype=np.int32) if rows is None else np.asarray(rows, np.int32)
    space = Space(name="vector", model="a:b@1", of="picture", dimensions=matrix.shape[1])
    shelf = Shelf(name="vector", space=space, kind="plain", count=len(rows), dimensions=matrix.shape[1])
    manifest = Manifest(
        format=FORMAT,
        generation=generation,
        rows=count,
        made_of=generation,
        stamp=(),
        fields=FIELDS,
        silent=(),
        shelves=(shelf,),
        captions=count,
    )

    def fill(at):
        for number, field in enumerate(FIELDS):
            columns.write(at / "columns", number, columns.made(field, values(count)[field.full]))
        known = (
            Known(n, f"id{n}", f"row-{n}", f"l{n % 100}", f"images/{n}.png", said(n), True, "")
            for n in range(count)
        )
        texts.write(at / "rows.db", (Worded(one, said(one.n), f"planned {one.n}") for one in known))
        shards.write(at / "vectors", "vector", [(rows, matrix[rows])], len(rows), matrix.shape[1])

    publish(folder, manifest, fill)
    return folder


def local(folder, **more):
    return open_in(published(folder, **more))


def annotate(folder, said_of):
    """Write annotations as if a model had said them: by the function from a row to its value."""
    with Dataset(folder) as opened:
        rows = opened.ledger.rows()
        outcomes = [
            Outcome(row=row.id, column="annotation", key="said", state="filled", model="a:seer", value=value)
            for row in rows
            if (value := said_of(row)) is not None
        ]
        opened.ledger.drive()
        opened.ledger.commit(outcomes)
        opened.ledger.leave()


def as_json(result):
    return msgspec.to_builtins(result)
