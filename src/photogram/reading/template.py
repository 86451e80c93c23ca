"""Texts with {names} in them, filled by values and by nothing else: no code, no attributes.

`{{` and `}}` stand for the braces themselves.
"""

import re
from collections.abc import Mapping
from typing import Any

from photogram.reading.words import Mistake, Place, as_text

_PARTS = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}|[{}]")


class Template:
    """A text, parted once so that it fills fast."""

    def __init__(self, text: str, at: Place = ()) -> None:
        self.texts: list[str] = [""]
        self.names: list[str] = []
        end = 0
        for part in _PARTS.finditer(text):
            self.texts[-1] += text[end : part.start()]
            end = part.end()
            if part[1]:
                self.names.append(part[1])
                self.texts.append("")
            elif len(part[0]) == 2:
                self.texts[-1] += part[0][0]
            else:
                raise _lone_brace(text, part.start(), at)
        self.texts[-1] += text[end:]

    def fill(self, values: Mapping[str, Any]) -> str:
        """The text with each name replaced by its value."""
        filled = self.texts[0]
        for name, text in zip(self.names, self.texts[1:], strict=True):
            filled += as_text(values[name]) + text
        return filled


def _lone_brace(text: str, start: int, at: Place) -> Mistake:
    near = text[start : start + 20].partition("\n")[0]
    do = "a placeholder is a plain {name}; write {{ and }} for the braces themselves"
    return Mistake(f"there is a brace that holds no name: {near!r}", at=at, do=do)
