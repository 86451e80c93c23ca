"""A text that was meant to be JSON becomes the values in it, whatever stands around or within them.

One reader walks over the text. Where it gets lost it begins again at the next bracket, and it may do
that only so often: reading takes time in proportion to the text, whatever the text is.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

import msgspec

DEEPEST = 64
"""Brackets within brackets; nobody asks for more, and Python would run out of stack."""
PASSES = 4
"""How often the length of a text may be walked in all, for looking again where the reader got lost."""
LONGEST_BARE = LONGEST_NAME = 200
LONGEST_NUMBER = 300

CUT = "cut off"


class Found(NamedTuple):
    """A value in a text, and what had to be forgiven to read it."""

    value: Any
    forgiven: tuple[str, ...] = ()


def strict(text: str) -> Any:
    """The value of a text that is JSON and nothing else; `ValueError` for any other."""
    try:
        value = msgspec.json.decode(text)
    except (RecursionError, msgspec.MsgspecError) as error:
        raise ValueError(str(error)) from None
    if too_deep(value):
        raise ValueError("brackets are nested too deeply")
    return value


def values(text: str) -> Iterator[Found]:
    """Every object or list that a text holds, from the first to the last."""
    text, around = _cleaned(text)
    work, start, last_comment = PASSES * len(text) + 1000, 0, text.rfind("*/")
    while work > 0 and (opening := _OPENING.search(text, start)):
        reader = _Reader(text, opening.start(), last_comment)
        start = opening.start() + 1
        try:
            value = reader.value(0)
        except _Lost:
            pass
        else:
            yield Found(value, (*around, *reader.forgiven))
            start = start if CUT in reader.forgiven else reader.at
        work -= reader.at - opening.start()


def too_deep(value: Any) -> bool:
    """Whether a value has more levels than anybody asks for; level by level, as a stack has an end."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [inner for outer in level for inner in _inner(outer)]
        if not level:
            return False
    return True


def _inner(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(cast(dict[str, Any], value).values())
    return cast(list[Any], value) if isinstance(value, list) else []


_OPENING = re.compile(r"[{\[]")
_FENCE = re.compile(r"```|~~~")


def _cleaned(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without what is no character, and what stands around the values in it."""
    forgiven: list[str] = []
    if text.startswith("\ufeff"):
        text = text.lstrip("\ufeff")
        forgiven.append("byte order mark")
    whole = whole_characters(text)
    if whole != text:
        forgiven.append(HALVES)
    if _FENCE.search(whole):
        forgiven.append("code fence")
    elif whole.strip()[:1] not in ("{", "[") or whole.strip()[-1:] not in ("}", "]"):
        forgiven.append("words around it")
    return whole, tuple(forgiven)


HALVES = "half a character"


def whole_characters(text: str) -> str:
    """A text in which the two halves of a character are one, and a half alone is gone."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


# ------------------------------------------------------------------------- the reader


class _Lost(Exception):
    """This is not JSON, however it is read."""


_CUT = object()
"""In place of a value that was not whole when the text ended."""

_BLANK = re.compile(r"(?:\s++|//[^\n]*+|#[^\n]*+)++")
_AHEAD = r"(?=\s*+(?:[,}\]]|//|#|/\*|\Z|(?<=\s)[\"'\u201c]))"
_NUMBER = re.compile(r"[+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?" + _AHEAD)
_WORD = re.compile(r"[+-]?[A-Za-z]++" + _AHEAD)
_NAME = re.compile(r"[A-Za-z_$][\w$-]*+(?=\s*+:)")
_BARE = re.compile(rf"[^\s,:{{}}\[\]\"'][^,:{{}}\[\]\"\n]{{0,{LONGEST_BARE}}}+(?=[,}}\]\n])")
_REST = re.compile(rf"[^,:{{}}\[\]\"'\n]{{0,{LONGEST_BARE}}}+\Z")
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}
_FOREIGN: dict[str, Any] = {"True": True, "False": False, "None": None, "undefined": None}
_NO_NUMBER = {"nan", "+nan", "-nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"}
_QUOTES = {
    '"': re.compile(r'["\\]'),
    "'": re.compile(r"['\\]"),
    "\u201c": re.compile("[\u201d\\\\]"),
}
# A quote ends a text where something may follow that text; any other quote is part of it.
_ANY_QUOTE = "[\"'\u201c]"
_LETTERS_OF_NAME = rf"(?:[^{{}}\\\n]|\\.){{{{0,{LONGEST_NAME}}}}}+"
_QUOTED = "|".join(f"{q[0]}{_LETTERS_OF_NAME.format(q[-1])}{q[-1]}" for q in ('"', "'", "\u201c\u201d"))
_NAMED = rf"(?:[A-Za-z_$][\w$-]{{0,{LONGEST_NAME}}}+|{_QUOTED})\s*+:"
_ENDING = r"\s*+(?:[}\]]|\Z|//|/\*|#"
_AFTER_NAME = re.compile(r"\s*+:")
_AFTER_VALUE = re.compile(rf"{_ENDING}|,\s*+(?:[}},]|\Z|//|/\*|#)|,?+\s*+{_NAMED})")
_AFTER_ITEM = re.compile(
    rf"{_ENDING}|,\s*+(?:[\[\]{{,]|{_ANY_QUOTE}|\Z|//|/\*|#|[\w.+-]++\s*+[,\]])|(?<=\s){_ANY_QUOTE})"
)


class _Reader:
    """Reads one value, in one walk from where it begins."""

    def __init__(self, text: str, at: int, last_comment: int) -> None:
        self.text = text
        self.at: int = at
        self.forgiven: dict[str, None] = {}
        self._last_comment = last_comment

    def value(self, depth: int, after: re.Pattern[str] = _AFTER_ITEM) -> Any:
        """The value that begins here, or `_CUT` where the text ends before it does."""
        match self._next():
            case "":
                return self._cut()
            case "{" if depth < DEEPEST:
                return self._object(depth)
            case "[" if depth < DEEPEST:
                return self._list(depth)
            case quote if quote in _QUOTES:
                return self._string(quote, after)
            case _:
                return self._bare()

    # ------------------------------------------------------------------- containers

    def _object(self, depth: int) -> Any:
        """An object; where the text ends within it, what was whole by then."""
        self.at += 1
        doubled = self._next() == "{"
        if doubled:
            self._forgive("doubled braces")
            self.at += 1
        found: dict[str, Any] = {}
        while (letter := self._past_commas("}", first=not found)) not in ("}", ""):
            name = self._name(letter)
            if name is _CUT or not self._colon():
                break
            value = self.value(depth + 1, _AFTER_VALUE)
            if value is not _CUT:
                found[cast(str, name)] = value
        self._close()
        if doubled and self._next() == "}":
            self._close()
        return found

    def _list(self, depth: int) -> Any:
        """A list; one that was cut off is none, since nothing says how long it was to be."""
        self.at += 1
        found: list[Any] = []
        while self._past_commas("]", first=not found) not in ("]", ""):
            value = self.value(depth + 1)
            if value is not _CUT:
                found.append(value)
        self._close()
        return found if depth == 0 or not self._is_cut() else _CUT

    def _close(self) -> None:
        """Pass over a closing bracket, or note that it is missing."""
        if self.at < len(self.text):
            self.at += 1
        else:
            self._cut()

    def _past_commas(self, closing: str, *, first: bool) -> str:
        """The first letter of what comes next in an object or a list."""
        commas, letter = 0, self._next()
        while letter == ",":
            self.at += 1
            commas, letter = commas + 1, self._next()
        if commas > 1 or (commas and (first or letter == closing)):
            self._forgive("comma too many")
        if not (commas or first or letter == closing or letter == ""):
            self._forgive("missing comma")
        return letter

    def _name(self, letter: str) -> Any:
        if letter in _QUOTES:
            return self._string(letter, _AFTER_NAME)
        if found := _NAME.match(self.text, self.at):
            self._forgive("name without quotes")
            self.at = found.end()
            return found.group()
        return self._end_or_lost()

    def _colon(self) -> bool:
        """Pass over the colon behind a name; false where the text ends before it."""
        letter = self._next()
        if letter not in (":", ""):
            raise _Lost
        self.at += 1
        return bool(letter) or self._cut() is None

    # ---------------------------------------------------------------------- scalars

    def _string(self, quote: str, after: re.Pattern[str]) -> Any:
        if quote != '"':
            self._forgive("other quotes")
        self.at += 1
        start = self.at
        while found := _QUOTES[quote].search(self.text, self.at):
            self.at = found.end()
            if found.group() == "\\":
                self.at += 1
            elif after.match(self.text, self.at):
                return self._unescaped(self.text[start : self.at - 1])
            elif after is _AFTER_NAME:
                raise _Lost
            else:
                self._forgive("quotes within a text")
        return self._cut()

    def _unescaped(self, inner: str) -> str:
        if "\\" not in inner:
            if not inner.isprintable() and any(letter in inner for letter in "\n\r\t"):
                self._forgive("line break in a text")
            return inner
        text = _ESCAPE.sub(self._escaped, inner)
        whole = whole_characters(text)
        if whole != text:
            self._forgive(HALVES)
        return whole

    def _escaped(self, found: re.Match[str]) -> str:
        if found[1]:
            return chr(int(found[1][1:], 16))
        if found[2] not in _LETTERS:
            self._forgive("stray backslash")
        return _LETTERS.get(found[2], found[2])

    def _bare(self) -> Any:
        if found := _NUMBER.match(self.text, self.at):
            self.at = found.end()
            return self._number(found.group()) if self.at < len(self.text) else self._cut()
        if (found := _WORD.match(self.text, self.at)) and found.group() in _WORDS:
            self.at = found.end()
            return _WORDS[found.group()]
        if found and (found.group() in _FOREIGN or found.group().lower() in _NO_NUMBER):
            self.at = found.end()
            self._forgive("Python's words" if found.group() in _FOREIGN else "not a number")
            return _FOREIGN.get(found.group())
        if found := _BARE.match(self.text, self.at):
            self.at = found.end()
            self._forgive("text without quotes")
            return found.group().strip()
        return self._end_or_lost()

    def _number(self, text: str) -> float | int | None:
        """The number; nothing where no number is as large as that."""
        if text.lstrip("+-").isdigit() and len(text) < LONGEST_NUMBER:
            return int(text)
        number = float(text)
        if abs(number) == float("inf"):
            self._forgive("not a number")
            return None
        return number

    # --------------------------------------------------------------------- the walk

    def _next(self) -> str:
        """The next letter that says something; "" at the end."""
        while True:
            if found := _BLANK.match(self.text, self.at):
                if not found.group().isspace():
                    self._forgive("comment")
                self.at = found.end()
            if self.at < self._last_comment and self.text.startswith("/*", self.at):
                self._forgive("comment")
                self.at = self.text.index("*/", self.at) + 2
                continue
            return self.text[self.at : self.at + 1]

    def _forgive(self, what: str) -> None:
        self.forgiven[what] = None

    def _cut(self) -> Any:
        """Note that the text ends here, before the value did."""
        self._forgive(CUT)
        self.at = len(self.text)
        return _CUT

    def _end_or_lost(self) -> Any:
        """Where the text ends in what may have become a word; elsewhere there is no sense in it."""
        if _REST.match(self.text, self.at):
            return self._cut()
        raise _Lost

    def _is_cut(self) -> bool:
        return CUT in self.forgiven


_ESCAPE = re.compile(r"\\(?:(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2})|(.))", re.DOTALL)
_LETTERS = {
    '"': '"',
    "'": "'",
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "\n": "\n",
}
