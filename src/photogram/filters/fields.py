"""What a filter can ask about: the fields of a set, each with its kind and the words it knows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, cast

from photogram.data import Word

Kind = Literal["text", "number", "yes/no", "list"]


class Field(Word, frozen=True):
    """One field: `name` is short where no other field has it, `column.name` is what it is always called.

    `words` are all it may hold, where those are known; `synonyms` are other words for them.
    """

    name: str
    kind: Kind
    column: str = ""
    words: tuple[str, ...] = ()
    synonyms: dict[str, tuple[str, ...]] = {}

    @property
    def full(self) -> str:
        return f"{self.column}.{self.name}" if self.column else self.name

    def word(self, said: str) -> str | None:
        """The word of this field that is meant, by itself or by a synonym, in any case of letters."""
        folded = said.casefold()
        for word in self.words:
            if folded == word.casefold():
                return word
        for word, others in self.synonyms.items():
            if folded in (other.casefold() for other in others):
                return word
        return None


class Fields:
    """The fields of a set by every name they go by; of two with the same short name the first has it."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self.every = tuple(fields)
        self._by_name: dict[str, Field] = {}
        for field in self.every:
            self._by_name.setdefault(field.full, field)
        for field in self.every:
            self._by_name.setdefault(field.name, field)

    def find(self, name: str) -> Field | None:
        return self._by_name.get(name)

    def called(self, field: Field) -> str:
        """The shortest name that finds this field."""
        return field.name if self._by_name[field.name] is field else field.full

    def names(self) -> list[str]:
        return [self.called(field) for field in self.every]


_KINDS: Mapping[str, Kind] = {"string": "text", "number": "number", "integer": "number", "boolean": "yes/no"}


def of_schema(schema: Mapping[str, Any], column: str, within: str = "") -> Iterator[Field]:
    """The fields of a JSON Schema; those of an object inside are called `outer.inner`."""
    for name, part in _tables(schema.get("properties")):
        kinds = [kind for kind in _types(part) if kind != "null"]
        inner: Any = part.get("items")
        if kinds == ["object"]:
            yield from of_schema(part, column, f"{within}{name}.")
        elif kinds == ["array"]:
            of = dict(_tables({"": inner})).get("", {})
            yield _field(f"{within}{name}", "list", column, of)
        elif len(kinds) == 1 and kinds[0] in _KINDS:
            yield _field(f"{within}{name}", _KINDS[kinds[0]], column, part)


def of_values(name: str, values: Sequence[Any], column: str) -> Field:
    """A field by what it holds, where nothing says what it may."""
    kinds: set[type[Any]] = {type(value) for value in values if value is not None}
    kind: Kind = "text"
    if kinds == {bool}:
        kind = "yes/no"
    elif kinds and kinds <= {int, float}:
        kind = "number"
    elif kinds == {list}:
        kind = "list"
    return Field(name=name, kind=kind, column=column)


def _field(name: str, kind: Kind, column: str, part: Mapping[str, Any]) -> Field:
    words = tuple(word for word in part.get("enum", ()) if isinstance(word, str))
    synonyms = {word: tuple(others) for word, others in part.get("synonyms", {}).items()}
    return Field(name=name, kind=kind, column=column, words=words, synonyms=synonyms)


def _types(part: Mapping[str, Any]) -> list[str]:
    named: Any = part.get("type")
    if named is None:
        either = [one for key in ("anyOf", "oneOf") for one in cast(list[Any], part.get(key, []))]
        return [kind for one in either if isinstance(one, dict) for kind in _types(cast(Any, one))]
    return [named] if isinstance(named, str) else list(named)


def _tables(properties: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, part in cast(Mapping[str, Any], properties or {}).items():
        if isinstance(part, dict):
            yield name, cast(Mapping[str, Any], part)
