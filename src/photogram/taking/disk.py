"""Files and folders on this computer, in the order of their names."""

import os
import stat
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path

from photogram.faults import BadInput, Malformed
from photogram.taking.judging import File, Opened, Unusable, open_up, why_of
from photogram.taking.names import hidden, printable
from photogram.taking.wildcards import is_wild, matching


def on_disk(source: str, base: Path, most: int) -> Iterator[File | Unusable]:
    expanded = os.path.expanduser(source)
    if source.strip() and _is_there(base / expanded):
        path = base / expanded
        return _walk(path, base, most) if os.path.isdir(path) else iter([local(path, base, most, named=True)])
    matches = matching(base, Path(expanded).parts) if is_wild(expanded) else []
    if not matches:
        what = "nothing matches" if is_wild(expanded) else "there is nothing at"
        raise BadInput(f"{what} {printable(source)!r}", do=f"paths are looked up from {printable(str(base))}")
    return chain.from_iterable(_walk(path, base, most) for path in matches)


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError:  # opening it will tell what is wrong
        return True
    return True


def _walk(root: Path, base: Path, most: int) -> Iterator[File | Unusable]:
    """Every file below a folder in the order of the names, or the one file that `root` is."""
    stack = [root]
    while stack:
        path = stack.pop()
        if not os.path.isdir(path):
            yield local(path, base, most)
        elif path is root or not path.is_symlink():
            try:
                stack += [path / name for name in reversed(_listed(path))]
            except OSError as error:
                yield Unusable(shown(path, base), why_of(error))
        elif _leads_out(path, root):
            why = "a link to another folder is not followed; name that folder itself"
            yield Unusable(shown(path, base), why)


def _listed(folder: Path) -> list[str]:
    return sorted(name for name in os.listdir(folder) if not hidden(name))


def _leads_out(link: Path, root: Path) -> bool:
    return not Path(os.path.realpath(link)).is_relative_to(os.path.realpath(root))


def local(path: Path, base: Path, most: int, named: bool = False) -> File:
    return File(shown(path, base), path.name, most, partial(_open_local, path), named)


def _open_local(path: Path) -> Opened:
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):  # to open a pipe is to wait for its other end
        raise Malformed("it is not a file but a pipe, a device or a socket")
    return open_up(open(path, "rb"), facts.st_size)


def shown(path: Path, base: Path) -> str:
    return printable(str(path.relative_to(base) if path.is_relative_to(base) else path))
