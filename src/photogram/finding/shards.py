"""Vectors in files that are mapped into memory. All are compared, so what is found is what is nearest."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from photogram.finding.vectors import unit

SHARD = 100_000
"""Vectors in one file."""

FEW = 0.25
"""Up to this share of the vectors those that are wanted are gathered; else all are compared."""

Rows = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
Matrix = npt.NDArray[np.float32]


def write(
    folder: Path, name: str, blocks: Iterable[tuple[Rows, Matrix]], count: int, dimensions: int
) -> None:
    """Write vectors of length one, in the order of their rows, a file for each hundred thousand."""
    rows = np.empty(count, np.int32)
    shards = [
        np.lib.format.open_memmap(
            _path(folder, name, first // SHARD), "w+", np.float32, (min(SHARD, count - first), dimensions)
        )
        for first in range(0, count, SHARD)
    ]
    at = 0
    for numbers, block in blocks:
        rows[at : at + len(numbers)] = numbers
        for offset, vector_rows in _cut(at, len(numbers)):
            part = block[vector_rows]
            shards[offset // SHARD][offset % SHARD : offset % SHARD + len(part)] = unit(part)
        at += len(numbers)
    for shard in shards:
        shard.flush()
    np.save(folder / f"{name}.rows.npy", rows)


def _cut(at: int, length: int) -> Iterable[tuple[int, slice]]:
    """Where a block goes: in pieces, if it lies across the end of a shard."""
    done = 0
    while done < length:
        room = SHARD - (at + done) % SHARD
        taken = min(room, length - done)
        yield at + done, slice(done, done + taken)
        done += taken


def _path(folder: Path, name: str, number: int) -> Path:
    return folder / f"{name}.{number:03d}.npy"


SMALL = 10_000
"""Up to so many vectors one thread is faster than waking others, which a busy machine makes one wait for."""


def _times(vectors: Matrix, query: Matrix) -> Matrix:
    return np.einsum("ij,j->i", vectors, query) if len(vectors) <= SMALL else vectors @ query


class Vectors:
    """The vectors of one space. `rows` says whose each is; rows stand in order, and need not all have one."""

    def __init__(self, folder: Path, name: str, count: int) -> None:
        self.rows = cast(Rows, np.load(folder / f"{name}.rows.npy"))
        paths = [_path(folder, name, number) for number in range(-(-count // SHARD))]
        self._shards = [cast(Matrix, np.load(path, mmap_mode="r")).view(np.ndarray) for path in paths]

    def of(self, row: int) -> Matrix | None:
        """The vector of a row, if it has one."""
        at = int(np.searchsorted(self.rows, row))
        if at >= len(self.rows) or self.rows[at] != row:
            return None
        return self._shards[at // SHARD][at % SHARD]

    def nearest(self, query: Matrix, most: int, mask: Mask | None = None) -> list[tuple[int, float]]:
        """The rows whose vectors are nearest, and how near; of equals the first. Only those in the mask."""
        if mask is None:
            return self._best(np.arange(len(self.rows)), self._scan(query), most)
        wanted = np.flatnonzero(mask if len(mask) == len(self.rows) else mask[self.rows])
        if len(wanted) > FEW * len(self.rows):
            return self._best(wanted, self._scan(query)[wanted], most)
        return self._best(wanted, _times(self._gathered(wanted), query), most)

    def _scan(self, query: Matrix) -> Matrix:
        parts = [_times(shard, query) for shard in self._shards]
        return parts[0] if len(parts) == 1 else np.concatenate([*parts, np.empty(0, np.float32)])

    def _gathered(self, wanted: npt.NDArray[Any]) -> Matrix:
        if len(self._shards) == 1:
            return self._shards[0].take(wanted, axis=0)
        parts = [
            shard[wanted[(wanted >= first) & (wanted < first + SHARD)] - first]
            for shard, first in zip(self._shards, range(0, len(self.rows), SHARD), strict=True)
        ]
        return np.concatenate(parts) if parts else np.empty((0, 1), np.float32)

    def _best(self, places: npt.NDArray[Any], scores: Matrix, most: int) -> list[tuple[int, float]]:
        if len(scores) > SMALL:
            least = -np.partition(-scores, most - 1)[most - 1] if most else np.inf
            kept = np.flatnonzero(scores >= least)
            places, scores = places[kept], scores[kept]
        order = np.argsort(-scores, kind="stable")[:most]
        return list(zip(self.rows[places[order]].tolist(), scores[order].tolist(), strict=True))
