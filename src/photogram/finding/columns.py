"""The fields of a set as arrays: made once, written, and read back only where a filter asks for them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec
import numpy as np
import numpy.typing as npt

from photogram.filters.fields import Field, Fields

Array = npt.NDArray[Any]
Arrays = dict[str, Array]


class Texts(NamedTuple):
    codes: npt.NDArray[np.signedinteger[Any]]
    words: list[str]


class Lists(NamedTuple):
    codes: npt.NDArray[np.signedinteger[Any]]
    words: list[str]
    starts: npt.NDArray[np.int64]
    known: npt.NDArray[np.bool_]


class Columns:
    """What a filter is matched against; `load` gives an array of a field by the field's number."""

    def __init__(
        self, fields: Sequence[Field], load: Callable[[int, str], Array], words: Callable[[int], list[str]]
    ) -> None:
        self.fields = Fields(fields)
        self._numbers = {field.full: number for number, field in enumerate(fields)}
        self._load, self._words = load, words
        self._read: dict[str, Any] = {}

    def kind(self, field: str) -> str:
        return self._field(field).kind

    def texts(self, field: str) -> Texts:
        return self._once(field, lambda n: Texts(self._load(n, "codes"), self._words(n)))

    def numbers(self, field: str) -> npt.NDArray[np.float64]:
        return self._once(field, lambda n: self._load(n, "numbers"))

    def truths(self, field: str) -> npt.NDArray[np.int8]:
        return self._once(field, lambda n: self._load(n, "truths"))

    def lists(self, field: str) -> Lists:
        def read(n: int) -> Lists:
            return Lists(
                self._load(n, "codes"), self._words(n), self._load(n, "starts"), self._load(n, "known")
            )

        return self._once(field, read)

    def words(self, field: str) -> list[str]:
        """The different texts a field holds, in it or in its lists."""
        kind = self.kind(field)
        return self.texts(field).words if kind == "text" else self.lists(field).words

    def _field(self, name: str) -> Field:
        field = self.fields.find(name)
        assert field is not None, name
        return field

    def _once(self, name: str, read: Callable[[int], Any]) -> Any:
        full = self._field(name).full
        if full not in self._read:
            self._read[full] = read(self._numbers[full])
        return self._read[full]


class Made(NamedTuple):
    """One field's arrays, and the words their codes stand for."""

    arrays: Arrays
    words: list[str]


def made(field: Field, values: Sequence[Any]) -> Made:
    """A field's values as arrays; a value of another kind than the field's counts as unknown."""
    return _MAKE[field.kind](values)


def in_memory(fields: Sequence[Field], values: Mapping[str, Sequence[Any]]) -> Columns:
    """Columns that lie in no file; values by the full name of their field."""
    every = [made(field, values[field.full]) for field in fields]
    return Columns(fields, lambda n, name: every[n].arrays[name], lambda n: every[n].words)


def write(folder: Path, number: int, column: Made) -> None:
    for name, array in column.arrays.items():
        np.save(folder / f"{number}.{name}.npy", array)
    if column.words:
        (folder / f"{number}.words.json").write_bytes(msgspec.json.encode(column.words))


def stored(folder: Path, fields: Sequence[Field]) -> Columns:
    """Columns in a folder; nothing is read before it is asked for."""

    def words(number: int) -> list[str]:
        path = folder / f"{number}.words.json"
        return msgspec.json.decode(path.read_bytes(), type=list[str]) if path.exists() else []

    def load(number: int, name: str) -> Array:
        return cast(Array, np.load(folder / f"{number}.{name}.npy"))

    return Columns(fields, load, words)


class _Codes:
    """Words by number, in the order they are met."""

    def __init__(self) -> None:
        self.words: dict[str, int] = {}

    def of(self, word: str) -> int:
        return self.words.setdefault(word, len(self.words))


def _texts(values: Sequence[Any]) -> Made:
    codes = _Codes()
    numbers = [codes.of(_text(value)) if _is_one(value) else -1 for value in values]
    return Made({"codes": _small(numbers, codes)}, list(codes.words))


def _small(numbers: Sequence[int], codes: _Codes) -> Array:
    """Codes in as few bytes as hold them: of few words a filter reads a quarter as much."""
    return np.array(numbers, np.min_scalar_type(-len(codes.words) - 1))


def _is_one(value: Any) -> bool:
    return isinstance(value, (str, int, float))


def _text(value: Any) -> str:
    """A value as a text; of text fields all others are what a person typed as numbers or yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _numbers(values: Sequence[Any]) -> Made:
    known = (isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
    numbers = [float(value) if is_one else np.nan for value, is_one in zip(values, known, strict=True)]
    return Made({"numbers": np.array(numbers, np.float64)}, [])


def _truths(values: Sequence[Any]) -> Made:
    truths = [int(value) if isinstance(value, bool) else -1 for value in values]
    return Made({"truths": np.array(truths, np.int8)}, [])


def _lists(values: Sequence[Any]) -> Made:
    codes = _Codes()
    known = [isinstance(value, (list, tuple)) for value in values]
    held = [
        [codes.of(_text(one)) for one in value if one is not None] if is_list else []
        for value, is_list in zip(values, known, strict=True)
    ]
    arrays: Arrays = {
        "codes": _small([code for one in held for code in one], codes),
        "starts": np.concatenate([[0], np.cumsum([len(one) for one in held])]).astype(np.int64),
        "known": np.array(known, bool),
    }
    return Made(arrays, list(codes.words))


_MAKE: dict[str, Callable[[Sequence[Any]], Made]] = {
    "text": _texts,
    "number": _numbers,
    "yes/no": _truths,
    "list": _lists,
}
