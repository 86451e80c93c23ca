"""A text as the numbers of its pieces: words, or parts of words where a word is not known."""

import unicodedata
from collections.abc import Iterator, Mapping

LONGEST_WORD = 100
FIRST, LAST, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"


def numbers(text: str, vocabulary: Mapping[str, int], most: int) -> list[int]:
    """The pieces of a text between their marks, at most so many in all: what is longer is cut."""
    found: list[int] = []
    for word in _words(text):
        found += _pieces(word, vocabulary)
        if len(found) >= most - 2:
            break
    return [vocabulary[FIRST], *found[: most - 2], vocabulary[LAST]]


def _words(text: str) -> Iterator[str]:
    """Words without case and accents; each sign and each eastern character is one."""
    word = ""
    for char in _plain(text):
        if char.isspace() or _stands_alone(char):
            if word:
                yield word
            word = ""
            if not char.isspace():
                yield char
        else:
            word += char
    if word:
        yield word


def _plain(text: str) -> Iterator[str]:
    for char in unicodedata.normalize("NFD", text.lower()):
        kind = unicodedata.category(char)
        if char in "\t\n\r" or kind == "Zs":
            yield " "
        elif kind != "Mn" and kind not in ("Cc", "Cf", "Cs") and char not in "\0\N{REPLACEMENT CHARACTER}":
            yield char


def _stands_alone(char: str) -> bool:
    """Signs, of ASCII also those that are no punctuation, and eastern characters."""
    if char.isascii():
        return not char.isalnum() and char.isprintable() and char != " "
    code = ord(char)
    eastern = 0x4E00 <= code <= 0x9FFF or 0x3400 <= code <= 0x4DBF or 0xF900 <= code <= 0xFAFF
    return eastern or 0x20000 <= code <= 0x2CEAF or unicodedata.category(char).startswith("P")


def _pieces(word: str, vocabulary: Mapping[str, int]) -> list[int]:
    """The longest known beginning, and again of what is left; if any is not known, the word is not."""
    if len(word) > LONGEST_WORD:
        return [vocabulary[UNKNOWN]]
    found: list[int] = []
    at = 0
    while at < len(word):
        mark = "##" if at else ""
        end = next((end for end in range(len(word), at, -1) if mark + word[at:end] in vocabulary), 0)
        if not end:
            return [vocabulary[UNKNOWN]]
        found.append(vocabulary[mark + word[at:end]])
        at = end
    return found
