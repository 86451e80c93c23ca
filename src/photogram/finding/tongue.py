"""Words as they are compared: without case, accents and endings; eastern scripts by character."""

import re
from unicodedata import combining, normalize

_EAST = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_OWNER = re.compile(r"['’]s\b")
_WORD = re.compile(rf"[{_EAST}]|[^\W{_EAST}]+")

SMALL = frozenset(
    re.findall(
        r"\w+",
        """a an the of in on at to for from by with and or is are was were be been being it its this that
        these those which what who where there any all some every each no not me my show find give list get
        pictures picture image images photo photos photograph photographs do does did has have had can could
        would should will as than then so such only also very i you we they he she""",
    )
)
"""Words that nearly everything is said with: nothing is found by them."""


def clean(text: str) -> str:
    """A text that a database takes: without halves of characters and what is no text."""
    return text.encode("utf-8", "replace").decode().replace("\0", " ")


def words(text: str) -> list[str]:
    """The words of a text, in order, without case and accents."""
    return _WORD.findall(_OWNER.sub("", _plain(clean(text))))


def _plain(text: str) -> str:
    return "".join(char for char in normalize("NFKD", text.casefold()) if not combining(char))


def telling(text: str) -> list[str]:
    """The words of a text that say something, each once."""
    return list(dict.fromkeys(word for word in words(text) if word not in SMALL))


def stem(word: str) -> str:
    """A word without its plural, so that walls are a wall."""
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 4 and word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    return (
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
    )


def stems(text: str) -> list[str]:
    return [stem(word) for word in words(text)]
