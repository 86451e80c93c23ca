"""What a filter is once it has been read, and how it is written down again."""

import re
from collections.abc import Sequence
from typing import Literal

from photogram.data import Word

Value = str | float | bool
Sign = Literal["=", "!=", "<", "<=", ">", ">="]


class Compare(Word, frozen=True, tag="compare"):
    """A field against one value; a yes/no field that stands alone is compared with yes."""

    field: str
    sign: Sign
    value: Value


class Among(Word, frozen=True, tag="among"):
    """A field holds one of these."""

    field: str
    values: tuple[Value, ...]


class Contains(Word, frozen=True, tag="contains"):
    """A list holds this among others, or a text has it in it."""

    field: str
    value: Value


class Is(Word, frozen=True, tag="is"):
    """Nothing is known of a field, or a list is known to hold nothing."""

    field: str
    what: Literal["null", "empty"]


class Not(Word, frozen=True, tag="not"):
    part: "Tree"


class And(Word, frozen=True, tag="and"):
    parts: tuple["Tree", ...]


class Or(Word, frozen=True, tag="or"):
    parts: tuple["Tree", ...]


Tree = Compare | Among | Contains | Is | Not | And | Or

KEYWORDS = frozenset(
    ("and", "or", "not", "in", "contains", "is", "null", "empty", "yes", "no", "true", "false"),
)
PLAIN = re.compile(r"[^\W\d][\w.-]*")
"""What stands without quotes."""


def both(parts: Sequence[Tree]) -> Tree | None:
    """All of these at once; nothing where there are none."""
    return parts[0] if len(parts) == 1 else And(parts=tuple(parts)) if parts else None


def either(parts: Sequence[Tree]) -> Tree:
    return parts[0] if len(parts) == 1 else Or(parts=tuple(parts))


def written(tree: Tree) -> str:
    """A filter as it is typed; read again it is the same."""
    match tree:
        case Compare():
            return _compare(tree)
        case Among():
            return f"{_name(tree.field)} in {_values(tree.values)}"
        case Contains():
            return f"{_name(tree.field)} contains {_value(tree.value)}"
        case Is():
            return f"{_name(tree.field)} is {tree.what}"
        case Not():
            return _not(tree)
        case And():
            return " and ".join(map(_within, tree.parts))
        case Or():
            return " or ".join(map(_within, tree.parts))


def _compare(tree: Compare) -> str:
    name = _name(tree.field)
    return name if tree.sign == "=" and tree.value is True else f"{name} {tree.sign} {_value(tree.value)}"


def _not(tree: Not) -> str:
    part = tree.part
    if isinstance(part, Is):
        return f"{_name(part.field)} is not {part.what}"
    if isinstance(part, Among):
        return f"{_name(part.field)} not in {_values(part.values)}"
    if isinstance(part, Contains):
        return f"{_name(part.field)} not contains {_value(part.value)}"
    return f"not {_within(part)}"


def _within(part: Tree) -> str:
    """A part of another filter: in brackets where it would else be read in another way."""
    return f"({written(part)})" if isinstance(part, (And, Or)) else written(part)


def _name(name: str) -> str:
    return name if PLAIN.fullmatch(name) and name.casefold() not in KEYWORDS else f"`{name}`"


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value if PLAIN.fullmatch(value) and value.casefold() not in KEYWORDS else _quoted(value)
    return repr(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(float(value))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _values(values: Sequence[Value]) -> str:
    return f"[{', '.join(map(_value, values))}]"
