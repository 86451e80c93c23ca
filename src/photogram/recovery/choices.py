"""The words of an enum: which of them a text means, and which words mean that there is nothing to say."""

import re
from collections.abc import Iterator
from typing import Any

from photogram.recovery import rules
from photogram.recovery.rules import Rule

TERSE = frozenset({"no", "na", "nil", "nothing"})
"""These stand for nothing, unless any text will do: a sign may say NO."""
NONE = TERSE | {"", "-", "–", "—", "none", "n/a", "n.a", "not applicable"}
_UNKNOWN = frozenset(
    {
        *("null", "undefined", "unspecified", "unknown", "?", "not available", "not visible", "not known"),
        *("not specified", "not determinable", "cannot be determined", "cannot tell", "not legible"),
    }
)
NOTHING = NONE | _UNKNOWN

_DENYING = frozenset(
    {
        *("no", "not", "non", "none", "without", "never", "neither", "nor", "less", "hardly", "barely"),
        *("cannot", "isnt", "except"),
    }
)
_NOT = re.compile("n['\u2019]t\\b", re.IGNORECASE)
_LONGEST = 8
_SHORT = 200
"""A text of so many letters is no word of an enum."""
_ENDINGS = (("ies", "y"), ("ches", "ch"), ("shes", "sh"), ("sses", "ss"), ("xes", "x"), ("zes", "z"))
_UNSAID = object()


def plain(text: str) -> str:
    """A text without what says nothing at its ends, in small letters."""
    return " ".join(text.casefold().split()).strip(" .'\"")


def is_nothing(value: Any) -> bool:
    """Whether this is null, or a word for it."""
    return value is None or (isinstance(value, str) and len(value) < _SHORT and plain(value) in NOTHING)


def is_choice(value: Any, rule: Rule) -> bool:
    """Whether a text is a word of this enum, however it is written."""
    return isinstance(value, str) and len(value) < _SHORT and _named(value, rule) is not _UNSAID


def words(value: Any, rule: Rule) -> Iterator[tuple[Any, str]]:
    """The word of an enum that a value means: written otherwise, a synonym, or the only one in a phrase."""
    if isinstance(value, bool):
        value = "yes" if value else "no"
        words = {"yes": ("yes", "true"), "no": ("no", "false")}[value]
        yield from ((one, "spelling") for one in rules.choices(rule) if str(one).casefold() in words)
    if isinstance(value, (int, float)):
        value = str(int(value) if isinstance(value, float) and value.is_integer() else value)
    if not isinstance(value, str) or len(value) > _SHORT:
        return
    if (found := _named(value, rule)) is not _UNSAID:
        yield found, "spelling"
    elif (found := _synonym(value, rule)) is not _UNSAID:
        yield found, "synonym"
    elif (found := _phrased(value, rule)) is not _UNSAID:
        yield found, "word in a phrase"


def stems(text: str) -> tuple[str, ...]:
    """The words of a text without their plural endings."""
    return tuple(map(_stem, re.findall(r"[^\W_]+", text.casefold().replace("'", ""))))


def _stem(word: str) -> str:
    for ending, single in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + single
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _named(text: str, rule: Rule) -> Any:
    """The choice that a text is but for case, number and separators."""
    wanted = "".join(stems(text))
    found = [one for one in rules.choices(rule) if one is not None and "".join(stems(str(one))) == wanted]
    return found[0] if wanted and len(found) == 1 else _UNSAID


def _synonym(text: str, rule: Rule) -> Any:
    wanted = "".join(stems(text))
    for word, others in rules.synonyms(rule).items():
        if any("".join(stems(other)) == wanted for other in others):
            return word
    return _UNSAID


def _phrased(text: str, rule: Rule) -> Any:
    """The only choice that a short phrase holds, as in "rather good"; none where it denies something."""
    words = stems(text)
    if len(words) > _LONGEST or _DENYING.intersection(words) or _NOT.search(text):
        return _UNSAID
    named = [(stems(one), one) for one in rules.choices(rule) if isinstance(one, str)]
    named += [(stems(other), one) for one, others in rules.synonyms(rule).items() for other in others]
    found = [(stems, one) for stems, one in named if stems and _holds(words, stems)]
    longest = {one for stems, one in found if not any(_inside(stems, other) for other, _ in found)}
    return longest.pop() if len(longest) == 1 else _UNSAID


def _holds(words: tuple[str, ...], stems: tuple[str, ...]) -> bool:
    return any(words[at : at + len(stems)] == stems for at in range(len(words) - len(stems) + 1))


def _inside(stems: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return stems != other and _holds(other, stems)
