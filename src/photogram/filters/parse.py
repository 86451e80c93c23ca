"""How a filter is read: by the fields of the set, with the place of whatever cannot be meant.

    filter     = part { "or" part } ;  part = one { "and" one } ;  one = [ "not" ] ( "(" filter ")" | claim )
    claim      = FIELD                                                   a yes/no field
               | FIELD ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) VALUE
               | FIELD [ "not" ] "in" "[" VALUE { "," VALUE } "]"
               | FIELD [ "not" ] "contains" VALUE
               | FIELD "is" [ "not" ] ( "null" | "empty" )

A name with other signs than letters, digits, `.`, `-` and `_` stands between backticks, a value between
quotes.
"""

import re
from math import isfinite
from typing import NamedTuple, NoReturn

from photogram.faults import BadInput
from photogram.filters.fields import Field, Fields
from photogram.filters.tree import (
    KEYWORDS,
    PLAIN,
    Among,
    And,
    Compare,
    Contains,
    Is,
    Not,
    Or,
    Sign,
    Tree,
    Value,
)
from photogram.reading.words import listed, nearest, quoted

DEEPEST = 50
_SIGNS: dict[str, Sign] = {
    "=": "=",
    "==": "=",
    "!=": "!=",
    "<>": "!=",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
}
_TRUTH = {"yes": True, "true": True, "no": False, "false": False}
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<name>`[^`]+`)
    | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    | (?P<word>"""
    + PLAIN.pattern
    + r""")
    | (?P<sign>==|!=|<>|<=|>=|[=<>\[\](),])
    | (?P<end>\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)


class _Token(NamedTuple):
    kind: str
    text: str
    at: int

    @property
    def keyword(self) -> str:
        lowered = self.text.lower()
        return lowered if self.kind == "word" and lowered in KEYWORDS else ""


def parse(text: str, fields: Fields) -> Tree:
    """The filter a text says; BadInput names the place of what cannot be meant."""
    reader = _Reader(text, fields)
    if reader.next.kind == "end":
        reader.wrong("the filter is empty", "say what is to hold, such as label = good")
    tree = reader.filter(0)
    if reader.next.kind != "end":
        reader.wrong(f"{quoted(reader.next.text)} is not expected here", "join parts by `and` or `or`")
    return tree


class _Reader:
    def __init__(self, text: str, fields: Fields) -> None:
        self.text, self.fields = text, fields
        self._tokens = list(self._cut())
        self._at = 0

    def _cut(self) -> list[_Token]:
        found: list[_Token] = []
        at = 0
        while not found or found[-1].kind != "end":
            token = _TOKEN.match(self.text, at)
            if token is None:
                at += len(self.text[at:]) - len(self.text[at:].lstrip())
                do = "close the quote" if self.text[at] in "\"'`" else "put values with such signs in quotes"
                raise BadInput(f"{quoted(self.text[at:])} cannot be read", where=self._where(at), do=do)
            kind = token.lastgroup or "end"
            found.append(_Token(kind, token[kind], token.start(kind)))
            at = token.end()
        return found

    # ------------------------------------------------------------------ the grammar

    def filter(self, depth: int) -> Tree:
        parts = [self._part(depth)]
        while self._takes("or"):
            parts.append(self._part(depth))
        return parts[0] if len(parts) == 1 else Or(parts=tuple(parts))

    def _part(self, depth: int) -> Tree:
        parts = [self._one(depth)]
        while self._takes("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else And(parts=tuple(parts))

    def _one(self, depth: int) -> Tree:
        if depth > DEEPEST:
            self.wrong(f"brackets stand more than {DEEPEST} deep here", "say it in fewer")
        if self._takes("not"):
            return Not(part=self._one(depth + 1))
        if self._takes("("):
            inner = self.filter(depth + 1)
            if not self._takes(")"):
                self.wrong("a bracket is not closed", "add )")
            return inner
        return self._claim()

    def _claim(self) -> Tree:
        token, field = self.next, self._field()
        name = self.fields.called(field)
        if self.next.text in _SIGNS:
            return self._compared(name, field)
        if self._takes("is"):
            return self._known(name, field)
        negated = self._takes("not")
        if self.next.keyword in ("in", "contains"):
            claim = self._among(name, field) if self._takes("in") else self._contains(name, field)
            return Not(part=claim) if negated else claim
        if negated or field.kind != "yes/no":
            self.wrong(
                f"{name} is {_kind(field)}, and is not compared with anything", _do(name, field), token
            )
        return Compare(field=name, sign="=", value=True)

    def _compared(self, name: str, field: Field) -> Tree:
        sign = _SIGNS[self.next.text]
        if field.kind == "list":
            self.wrong(f"{name} is a list, and cannot be compared by {sign}", _do(name, field))
        if sign not in ("=", "!=") and field.kind != "number":
            self.wrong(f"{name} is {_kind(field)}, and has no order", "compare it by = or !=")
        self._at += 1
        if self._takes("null"):
            known = Is(field=name, what="null")
            return known if sign == "=" else Not(part=known)
        return Compare(field=name, sign=sign, value=self._value(name, field))

    def _known(self, name: str, field: Field) -> Tree:
        negated, what = self._takes("not"), self.next.keyword
        if what not in ("null", "empty"):
            self.wrong("`is` is followed by null or empty", "for values, write =")
        if what == "empty" and field.kind != "list":
            self.wrong(f"{name} is {_kind(field)}, and only a list is empty", "write `is null`")
        self._at += 1
        known = Is(field=name, what="null" if what == "null" else "empty")
        return Not(part=known) if negated else known

    def _among(self, name: str, field: Field) -> Tree:
        if field.kind == "list":
            self.wrong(f"{name} is a list itself", _do(name, field))
        if not self._takes("["):
            self.wrong("after `in` comes a list", f"write {name} in [one, another]")
        values = [self._value(name, field)]
        while self._takes(","):
            values.append(self._value(name, field))
        if not self._takes("]"):
            self.wrong("the list is not closed", "add ], with a comma between values")
        return Among(field=name, values=tuple(dict.fromkeys(values)))

    def _contains(self, name: str, field: Field) -> Tree:
        if field.kind not in ("list", "text"):
            self.wrong(f"{name} is {_kind(field)}, and contains nothing", _do(name, field))
        self._at += 1
        if field.kind == "text":  # a part of a text need be none of its words
            return Contains(field=name, value=self._text(name))
        return Contains(field=name, value=self._value(name, field))

    # -------------------------------------------------------------- names and values

    def _field(self) -> Field:
        token = self.next
        if token.kind not in ("word", "name", "text") or token.keyword:
            self.wrong("a field is expected here", f"the fields are {listed(self.fields.names())}")
        name = token.text[1:-1] if token.kind != "word" else token.text
        field = self.fields.find(name)
        if field is None:
            known = self.fields.names()
            do = f"{nearest(name, known)}the fields are {listed(known)}"
            self.wrong(f"there is no field {quoted(name)}", do)
        self._at += 1
        return field

    def _value(self, name: str, field: Field) -> Value:
        if field.kind == "number":
            return self._number(name)
        if field.kind == "yes/no":
            return self._truth(name)
        token, said = self.next, self._text(name)
        if not field.words:
            return said
        word = field.word(said)
        if word is None:
            do = f"{nearest(said, field.words)}its words are {listed(field.words)}"
            self.wrong(f"{name} has no word {quoted(said)}", do, token)
        return word

    def _number(self, name: str) -> float:
        number = float(self.next.text) if self.next.kind == "number" else float("nan")
        if not isfinite(number):
            self.wrong(f"{name} is a number, and {quoted(self.next.text)} is none", f"write {name} > 0.5")
        self._at += 1
        return number

    def _truth(self, name: str) -> bool:
        truth = _TRUTH.get(self.next.keyword)
        if truth is None:
            self.wrong(
                f"{name} is yes or no, and not {quoted(self.next.text)}", f"write {name}, or not {name}"
            )
        self._at += 1
        return truth

    def _text(self, name: str) -> str:
        token = self.next
        if token.kind == "text":
            self._at += 1
            return re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL)
        if token.kind not in ("word", "number") or token.keyword in ("and", "or", "not", "in", "is", "null"):
            said = quoted(token.text) if token.text else "nothing"
            self.wrong(f"{name} is compared with {said}", "put the value in quotes")
        self._at += 1
        return token.text

    # ------------------------------------------------------------------------- ways

    @property
    def next(self) -> _Token:
        return self._tokens[self._at]

    def _takes(self, word: str) -> bool:
        taken = word == (self.next.keyword or (self.next.kind == "sign" and self.next.text))
        self._at += taken
        return taken

    def wrong(self, what: str, do: str, token: _Token | None = None) -> NoReturn:
        raise BadInput(what, where=self._where((token or self.next).at), do=do)

    def _where(self, at: int) -> str:
        if at >= len(self.text.rstrip()):
            return "the filter, at its end"
        return f"the filter, letter {at + 1}, at {quoted(self.text[at : at + 20].rstrip())}"


def _kind(field: Field) -> str:
    return {"text": "text", "number": "a number", "yes/no": "yes or no", "list": "a list"}[field.kind]


def _do(name: str, field: Field) -> str:
    word = next((word for word in field.words if PLAIN.fullmatch(word)), "word")
    return {
        "text": f"write {name} = {word}, or {name} in [{word}]",
        "number": f"write {name} > 0.5",
        "yes/no": f"write {name}, or not {name}",
        "list": f"write {name} contains {word}",
    }[field.kind]
