"""From the pieces of a text to its vector. Weights are checked, mapped and never copied."""

import hashlib
import mmap
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from photogram.faults import NotSetUp
from photogram.minilm.pieces import numbers

PIECES = 256
"""Of a longer text the beginning is taken, as the model was trained."""
EPSILON = 1e-12

Matrix = npt.NDArray[np.float32]


class Sentences:
    """The model of a folder with `model.safetensors`, `vocab.txt` and `config.json`."""

    def __init__(self, folder: Path, sha256: str) -> None:
        self._tensors = _weights(folder / "model.safetensors", sha256)
        lines = (folder / "vocab.txt").read_text("utf-8").split("\n")
        self._vocabulary = {line: number for number, line in enumerate(lines) if line}
        config = msgspec.json.decode((folder / "config.json").read_bytes())
        self._layers, self._heads = int(config["num_hidden_layers"]), int(config["num_attention_heads"])

    def vector(self, text: str) -> Matrix:
        """The mean over a text's pieces, of length one."""
        hidden = self._embedded(numbers(text, self._vocabulary, PIECES))
        for layer in range(self._layers):
            hidden = self._layer(hidden, f"encoder.layer.{layer}.")
        mean = hidden.mean(axis=0)
        return mean / np.linalg.norm(mean)

    def _embedded(self, pieces: list[int]) -> Matrix:
        within = "embeddings."
        words = self._tensors[f"{within}word_embeddings.weight"][pieces]
        places = self._tensors[f"{within}position_embeddings.weight"][: len(pieces)]
        kind = self._tensors[f"{within}token_type_embeddings.weight"][0]
        return self._normalised(words + places + kind, f"{within}LayerNorm.")

    def _layer(self, hidden: Matrix, name: str) -> Matrix:
        seen = self._linear(
            self._attended(hidden, f"{name}attention.self."), f"{name}attention.output.dense."
        )
        hidden = self._normalised(hidden + seen, f"{name}attention.output.LayerNorm.")
        inner = _gelu(self._linear(hidden, f"{name}intermediate.dense."))
        made = self._linear(inner, f"{name}output.dense.")
        return self._normalised(hidden + made, f"{name}output.LayerNorm.")

    def _attended(self, hidden: Matrix, name: str) -> Matrix:
        """Each piece as the mean of all, by how much each has to say to it."""
        length, size = hidden.shape
        each = size // self._heads
        query, key, value = (
            self._linear(hidden, f"{name}{part}.").reshape(length, self._heads, each).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(each))
        shares = np.exp(scores - scores.max(axis=2, keepdims=True))
        shares /= shares.sum(axis=2, keepdims=True)
        return (shares @ value).transpose(1, 0, 2).reshape(length, size)

    def _linear(self, hidden: Matrix, name: str) -> Matrix:
        return hidden @ self._tensors[f"{name}weight"].T + self._tensors[f"{name}bias"]

    def _normalised(self, hidden: Matrix, name: str) -> Matrix:
        centred = hidden - hidden.mean(axis=1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=1, keepdims=True) + EPSILON)
        return centred / spread * self._tensors[f"{name}weight"] + self._tensors[f"{name}bias"]


def _gelu(hidden: Matrix) -> Matrix:
    return hidden * 0.5 * (1 + _erf(hidden / np.float32(np.sqrt(2))))


def _erf(x: Matrix) -> Matrix:
    """The error function to seven digits (Abramowitz and Stegun, 7.1.26): numpy has none."""
    t = 1 / (1 + 0.3275911 * np.abs(x))
    powers = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
    return (np.sign(x) * (1 - powers * np.exp(-x * x))).astype(np.float32)


def _weights(path: Path, sha256: str) -> dict[str, Matrix]:
    """The tensors of a file that is the one that is known; of any other nothing is read."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != sha256:
                what = f"{path} are other weights than those known: {found[:12]} instead of {sha256[:12]}"
                raise NotSetUp(what, do="install the package anew; other weights make another space")
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError as error:
        raise NotSetUp(f"{path} cannot be read: {error.strerror}", do="install the package anew") from None
    length = int.from_bytes(data[:8], "little")
    header: dict[str, Any] = msgspec.json.decode(data[8 : 8 + length])
    return {
        name: _tensor(data[8 + length :], part) for name, part in header.items() if name != "__metadata__"
    }


def _tensor(data: memoryview, part: dict[str, Any]) -> npt.NDArray[Any]:
    first, last = part["data_offsets"]
    kind = "<f4" if part["dtype"] == "F32" else "<i8"
    return np.frombuffer(data[first:last], kind).reshape(part["shape"])
