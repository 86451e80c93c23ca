"""A picture space fitted to a set's own words, in closed form: so that words find pictures without a model.

Regularised canonical correlation between pictures and the words said of them. It knows the words of the set
it was fitted to and no others.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from photogram.finding.tongue import stems, telling
from photogram.finding.vectors import unit

LEAST = 500
"""Pictures with words that a fit needs: from fewer it learns chance."""
MOST = 20_000
WORDS = 1_500
AXES = 512
DIMENSIONS = 128
PICTURE_RIDGE, WORD_RIDGE = 0.3, 0.05

Matrix = npt.NDArray[np.float32]
_Any = npt.NDArray[Any]


class Looks(NamedTuple):
    """Descriptors brought to the same scale and turned so that few numbers tell most."""

    mean: Matrix
    scale: Matrix
    axes: Matrix

    def of(self, pictures: _Any) -> Matrix:
        return ((pictures - self.mean) / self.scale @ self.axes).astype(np.float32)


def looks(pictures: _Any) -> Looks:
    """By a sample of a set's descriptors."""
    mean, scale = pictures.mean(axis=0), pictures.std(axis=0)
    scale = np.where(scale < 1e-4, 1, scale)
    scaled = (pictures - mean) / scale
    count, size = scaled.shape
    if count < size:
        spread, turned = np.linalg.eigh(scaled @ scaled.T / count)
        kept = np.argsort(-spread)[: min(AXES, count)]
        kept = kept[spread[kept] > 1e-6 * max(1e-12, float(spread.max()))]
        axes = scaled.T @ turned[:, kept]
        axes = axes / np.maximum(1e-12, np.linalg.norm(axes, axis=0))
    else:
        spread, turned = np.linalg.eigh(scaled.T @ scaled / count)
        axes = turned[:, np.argsort(-spread)[:AXES]]
    if not axes.shape[1]:  # pictures that are all the same
        axes = np.eye(size, 1)
    return Looks(*(part.astype(np.float32) for part in (mean, scale, axes)))


class Fitted(NamedTuple):
    """Where pictures and words meet: `pictures` maps looks, `texts` maps words, by their weights."""

    words: dict[str, int]
    weights: Matrix
    pictures: Matrix
    centre: Matrix
    texts: Matrix

    def of_pictures(self, turned: _Any) -> Matrix:
        return (turned @ self.pictures).astype(np.float32)

    def of_text(self, text: str) -> Matrix | None:
        """Where a text lies; nothing where it holds no word that is known here."""
        row = _row(telling(text), self.words, self.weights)
        return None if row is None else ((row - self.centre) @ self.texts).astype(np.float32)


def fit(turned: _Any, texts: Sequence[str]) -> Fitted | None:
    """By pictures, as looks, and what is said of each; nothing where too little is said."""
    said = [telling(text) for text in texts]
    words, weights = _vocabulary(said)
    if len(texts) < LEAST or len(words) < 2:
        return None
    rows: _Any = np.zeros((len(said), len(words)))
    for number, one in enumerate(said):
        row = _row(one, words, weights)
        rows[number] = 0 if row is None else row
    centre = rows.mean(axis=0)
    rows = rows - centre
    turned = turned - turned.mean(axis=0)
    of_pictures = _whitened(turned, PICTURE_RIDGE)  # each number of a descriptor varies by one
    of_texts = _whitened(rows, WORD_RIDGE * float((rows**2).sum() / len(rows) / len(words)))
    left, strength, right = np.linalg.svd(of_pictures @ (turned.T @ rows / len(rows)) @ of_texts)
    kept = min(DIMENSIONS, len(strength))
    maps = of_pictures @ left[:, :kept] * strength[:kept], of_texts @ right[:kept].T * strength[:kept]
    pictures, into = (part.astype(np.float32) for part in maps)
    return Fitted(words, weights.astype(np.float32), pictures, centre.astype(np.float32), into)


def _whitened(rows: _Any, ridge: float) -> _Any:
    """The inverse root of a covariance, with a ridge that keeps weak axes from counting as strong ones."""
    spread, turned = np.linalg.eigh(rows.T @ rows / len(rows))
    return turned / np.sqrt(np.maximum(spread, 0) + max(ridge, 1e-12)) @ turned.T


def _vocabulary(said: Sequence[Sequence[str]]) -> tuple[dict[str, int], _Any]:
    """The commonest words that not everything is called, and how much each tells."""
    counts = Counter(word for one in said for word in set(stems(" ".join(one))))
    known = [word for word, count in counts.most_common() if 1 < count < len(said)][:WORDS]
    weights = np.array([np.log(len(said) / counts[word]) for word in known])
    return {word: number for number, word in enumerate(known)}, weights


def _row(said: Sequence[str], words: dict[str, int], weights: _Any) -> _Any | None:
    """A text by its words; nothing where none is known."""
    row = np.zeros(len(words))
    for word in stems(" ".join(said)):
        if word in words:
            row[words[word]] = weights[words[word]]
    return unit(row) if row.any() else None


# ------------------------------------------------------------------------------- files


def write(folder: Path, name: str, of: Looks, fitted: Fitted | None) -> None:
    arrays = {"mean": of.mean, "scale": of.scale, "axes": of.axes}
    if fitted:
        arrays |= {part: getattr(fitted, part) for part in ("weights", "pictures", "centre", "texts")}
        (folder / f"{name}.words.json").write_bytes(msgspec.json.encode(fitted.words))
    np.savez(folder / f"{name}.fit.npz", **arrays)  # type: ignore


def read(folder: Path, name: str) -> tuple[Looks, Fitted | None]:
    with np.load(folder / f"{name}.fit.npz") as kept:
        arrays = dict(kept)
    of = Looks(*(arrays[part] for part in ("mean", "scale", "axes")))
    path = folder / f"{name}.words.json"
    if not path.exists():
        return of, None
    words = msgspec.json.decode(path.read_bytes(), type=dict[str, int])
    return of, Fitted(words, *(arrays[part] for part in ("weights", "pictures", "centre", "texts")))
