"""Patterns in paths: what they match, without what lies in a folder that matches as well."""

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from photogram.taking.names import hidden


def is_wild(text: str) -> bool:
    return re.search(r"[*?[]", text) is not None


def matching(base: Path, pattern: tuple[str, ...]) -> list[Path]:
    """What a pattern matches, sorted, without what lies in a folder that it matches as well."""
    found: set[Path] = set()
    stack = [(base, pattern)]
    while stack:
        path, parts = stack.pop()
        if parts:
            stack += _matched(path, parts)
        elif os.path.lexists(path):
            found.add(path)
    return sorted(path for path in found if found.isdisjoint(path.parents))


def _matched(folder: Path, parts: tuple[str, ...]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """One step of a pattern: the paths its first part leads to, each with the parts that remain."""
    first, rest = parts[0], parts[1:]
    if not is_wild(first):
        yield folder / first, rest
        return
    if first == "**":
        yield folder, rest
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for path in (folder / name for name in names if first.startswith(".") or not hidden(name)):
        if first != "**":
            if fnmatchcase(path.name, first):
                yield path, rest
        elif os.path.isdir(path) and not path.is_symlink():
            yield path, parts
