"""A vector as a cell keeps it, and the space it lies in: only vectors of one space can be compared."""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from photogram.data import Facts, Word
from photogram.faults import BadInput

Vector = npt.NDArray[np.float32]
Of = Literal["picture", "annotation", "prompt"]


class Space(Word, frozen=True):
    """Where the vectors of one column lie. `model` is its edition, so another revision is another space."""

    name: str
    model: str
    of: Of
    dimensions: int
    metric: Literal["cosine"] = "cosine"
    normalised: bool = True


def packed(vector: Sequence[float], of: Of) -> Facts:
    """A vector as facts: its numbers as bytes, as letters; two bytes each where nothing is lost by it."""
    numbers = np.asarray(vector, "<f4")
    with np.errstate(over="ignore"):
        halves = numbers.astype("<f2")
    short = bool((halves == numbers).all())
    data = (halves if short else numbers).tobytes()
    return {"of": of, "dimensions": numbers.size, "vector": b64encode(data).decode()}


def unpacked(value: Mapping[str, Any]) -> Vector:
    data = b64decode(value["vector"])
    return np.frombuffer(data, "<f2" if len(data) == 2 * value["dimensions"] else "<f4").astype(np.float32)


def space_of(column: str, found: Mapping[tuple[str, Of, int], int]) -> Space:
    """The one space that a column's vectors lie in, of all in which some do; BadInput where they are several.

    A space is known by its model's edition, what the vectors are of, and how many numbers they have.
    """
    if len(found) > 1:
        told = " and ".join(
            f"{count} of {model} ({size} numbers, of the {of})" for (model, of, size), count in found.items()
        )
        raise BadInput(
            f"{column} holds vectors that cannot be compared: {told}",
            do="`photogram embed` makes those anew that are not of the brief's model",
        )
    ((model, of, dimensions),) = found
    return Space(name=column, model=model, of=of, dimensions=dimensions)


def unit(vectors: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Vectors of length one; what has no direction stays as it is."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)
