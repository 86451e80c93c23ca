"""A question in plain words, read by rule as a filter and words: "cracks that are not a concern".

A word is understood where the set's own fields know it: as a value, by a synonym, or by a field's name.
What is not understood stays a word to look for. The filter is shown, so that it can be changed.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from photogram.filters.fields import Field, Fields
from photogram.filters.tree import Compare, Contains, Is, Not, Tree, both, either
from photogram.finding.tongue import SMALL, stem, words
from photogram.finding.wording import plain

LONGEST = 4
"""Words that are looked up together."""
FEW = 200
"""Up to so many different texts a field's words are a vocabulary; beyond, they are prose."""
SHORT = 4
"""And up to so many words in each."""

NO = frozenset(["not", "no", "without", "never", "except", "excluding", "neither", "nor", "isnt", "arent"])
FAR = frozenset(["without", "neither", "nor", "except", "excluding"])
"""These hold for all that is joined to what they stand before, also by `and`."""
ENDS = frozenset(["but", "that", "which", "who", "with", "where", "while"])
JOINS = frozenset(["or", "nor", "and"])
_PIECE = re.compile(r"[,;]|[^\s,;]+")


class Read(NamedTuple):
    """A question as it was understood: a filter, and the words to look for."""

    where: Tree | None
    words: tuple[str, ...]


class _Sense(NamedTuple):
    """What some words say: a claim about a field, and how sure that is; the surest is taken."""

    field: Field
    claim: Tree
    sure: int


class _Said(NamedTuple):
    """A sense in its place: negated or not, and joined to the one before by `or` or not."""

    sense: _Sense
    negated: bool
    joined: str


def read(text: str, fields: Fields, vocabulary: Callable[[str], Sequence[str]]) -> Read:
    """A question by the fields it can be about; `vocabulary` gives the texts that a field holds."""
    known = _Known(fields, vocabulary)
    pieces = list(_pieces(text))
    said: list[_Said] = []
    left: list[str] = []
    negated, far, joined, at = False, False, "", 0
    while at < len(pieces):
        sense, taken = known.longest(pieces[at : at + LONGEST])
        if sense:
            said.append(_Said(sense, negated, joined))
            joined, at = "", at + taken
            continue
        word = pieces[at]
        at += 1
        if word in NO:
            negated, far = True, word in FAR
        elif word in ENDS or (word == "and" and not far):
            negated = False
        if word in JOINS:
            joined = word
        elif word not in SMALL and word not in NO and word not in ENDS and word not in known.names:
            left.append(word)
            joined = ""
    every = [word for word in pieces if word not in SMALL | NO | ENDS and not _negated(word, said, known)]
    return Read(_filter(said), tuple(dict.fromkeys(every if said else left)))


def _pieces(text: str) -> Iterator[str]:
    for piece in _PIECE.findall(text.replace("n't", " not").replace("n’t", " not")):
        if piece in ",;":
            yield "or" if piece == "," else "but"
        else:
            yield from words(piece)


def _negated(word: str, said: Sequence[_Said], known: "_Known") -> bool:
    """Whether a word was only said to be excluded, and is none to look for."""
    senses = [one for one in said if stem(word) in known.stems_of(one.sense)]
    return bool(senses) and all(one.negated for one in senses)


def _filter(said: Sequence[_Said]) -> Tree | None:
    """All of it at once; what is joined by `or`, or says two things of a field that holds one, as either."""
    groups: list[list[_Said]] = []
    for one in said:
        if groups and _is_alternative(groups[-1], one):
            groups[-1].append(one)
        else:
            groups.append([one])
    return both([_group(group) for group in groups])


def _is_alternative(group: Sequence[_Said], one: _Said) -> bool:
    last = group[-1]
    if one.negated != last.negated:
        return False
    same = one.sense.field == last.sense.field
    return one.joined in ("or", "nor") or (same and one.sense.field.kind == "text" and bool(one.joined))


def _group(group: Sequence[_Said]) -> Tree:
    claims = either(list(dict.fromkeys(one.sense.claim for one in group)))
    return _opposite(claims) if group[0].negated else claims


def _opposite(claim: Tree) -> Tree:
    """What does not hold; nothing is said twice over."""
    if isinstance(claim, Not):
        return Is(field=claim.part.field, what="empty") if isinstance(claim.part, Is) else claim.part
    return Not(part=claim)


class _Known:
    """Every phrase that the fields of a set know, by its stems."""

    def __init__(self, fields: Fields, vocabulary: Callable[[str], Sequence[str]]) -> None:
        self._fields, self._senses = fields, dict[str, _Sense]()
        self.names = {
            word for field in fields.every if field.column != "measures" for word in words(plain(field.name))
        }
        for field in fields.every:
            if field.column == "measures" or field.name in ("name", "prompt", "source", "model", "group"):
                continue
            for phrase, claim, sure in _senses(fields.called(field), field, vocabulary):
                key = _key(words(phrase))
                if key and (key not in self._senses or self._senses[key].sure < sure):
                    self._senses[key] = _Sense(field, claim, sure)
        self._said: dict[Tree, set[str]] = {}
        for key, sense in self._senses.items():
            self._said.setdefault(sense.claim, set()).update(key.split())

    def longest(self, pieces: Sequence[str]) -> tuple[_Sense | None, int]:
        """The longest phrase at the beginning that is known, and how many words it has."""
        for length in range(len(pieces), 0, -1):
            phrase = pieces[:length]
            if length == 1 and phrase[0] in SMALL | NO:
                continue
            if sense := self._senses.get(_key(phrase)):
                return sense, length
        return None, 0

    def stems_of(self, sense: _Sense) -> set[str]:
        return self._said.get(sense.claim, set())


def _key(phrase: Sequence[str]) -> str:
    return " ".join(map(stem, phrase))


def _senses(
    name: str, field: Field, vocabulary: Callable[[str], Sequence[str]]
) -> Iterator[tuple[str, Tree, int]]:
    """The phrases a field knows, what each says of it, and how sure that is."""
    if field.kind == "yes/no":
        yes = Compare(field=name, sign="=", value=True)
        yield from ((phrase, yes, 3) for phrase in _names(field))
        return
    own = {**{word: word for word in field.words}, **_synonyms(field)}
    for phrase, word in own.items():
        claim = (
            Contains(field=name, value=word)
            if field.kind == "list"
            else Compare(field=name, sign="=", value=word)
        )
        if phrase.casefold() not in ("none", "other"):
            yield phrase, claim, 6 if phrase == word and field.column else 4
    if field.kind == "list" and not field.words:
        yield from ((phrase, Not(part=Is(field=name, what="empty")), 3) for phrase in _names(field))
    if field.kind == "text" and not field.words:
        yield from _of_texts(name, field, vocabulary)


def _synonyms(field: Field) -> dict[str, str]:
    return {other: word for word, others in field.synonyms.items() for other in others}


def _of_texts(
    name: str, field: Field, vocabulary: Callable[[str], Sequence[str]]
) -> Iterator[tuple[str, Tree, int]]:
    """The words of short texts: what a set calls its things."""
    texts = vocabulary(field.full)
    if len(texts) > FEW or any(len(words(text)) > SHORT for text in texts):
        return
    sure = 5 if field.column.startswith("annotation") else 2 if field.column else 1
    for text in texts:
        said = words(text)
        if len(said) > 1:
            yield text, Compare(field=name, sign="=", value=text), sure
        for word in said:
            if word not in SMALL and len(word) > 2:
                yield word, _about(name, word, texts), sure


def _about(name: str, word: str, texts: Sequence[str]) -> Tree:
    """A field is this word, or has it in what it is, where that differs."""
    having = [text for text in texts if word in text.casefold()]
    if len(having) == 1 and having[0].casefold() == word:
        return Compare(field=name, sign="=", value=having[0])
    return Contains(field=name, value=word)


def _names(field: Field) -> Iterator[str]:
    """What a field that is so or not, or holds things or not, is called in a question."""
    parts = words(plain(field.name))
    yield " ".join(parts)
    yield parts[-1]
    if parts[0] in ("requires", "needs"):
        yield from (f"{verb} {' '.join(parts[1:])}" for verb in ("need", "needs", "require", "requires"))
    if parts[-1] == "detected":
        yield from (parts[0], "damage", "damaged", "defective")
