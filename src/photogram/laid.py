"""How files of exported folders are named, and found again where others have named them."""

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote

import msgspec

from photogram.faults import BadInput
from photogram.labelled import SPLITS

EXPORT, ROWS = "export.json", "rows.jsonl"
"""What every export has: what it is of, and a line for each of its pictures."""

UNREADABLE = (
    msgspec.MsgspecError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    NotImplementedError,
)
"""What reading a value ends in that is not what it should be: whoever catches it tells which file that is."""

UNLABELLED = "unlabelled"
"""The folder of pictures that have no label."""

LONGEST = 255
"""Bytes in the name of a folder, as nearly every system takes them."""

_SAID = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing", "eval"), "test"),
}
# What some system takes for more than a letter, and a dot or space that some would drop.
_UNSAFE = re.compile(r'[%/\\:*?"<>|\x00-\x1f\x7f]|^[. ]|[. ]$')
_encode = msgspec.json.Encoder(order="deterministic").encode


def split_in(path: str) -> str:
    """The split that a part of a path names, as `train2017/` does; none where none does."""
    words = [part.rstrip("0123456789").rstrip("_-").lower() for part in path.split("/")]
    return next((_SAID[word] for word in words if word in _SAID), "")


def splits_of(there: Iterable[str]) -> list[str]:
    """The splits that occur, in their own order."""
    found = set(there)
    return [split for split in SPLITS if split in found]


def shelf(label: str) -> str:
    """A label as the name of a folder, from which `unshelved` makes the label again."""
    if label == UNLABELLED:
        return f"%{ord(label[0]):02X}{label[1:]}"
    name = _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", label) or UNLABELLED
    if len(name.encode()) > LONGEST:
        what = f"the label {label[:40]!r}... is too long for the name of a folder"
        raise BadInput(what, do="shorten it, or choose a format that has it in a file, such as imagefolder")
    return name


def unshelved(folder: str) -> str:
    return "" if folder == UNLABELLED else unquote(folder)


def files_in(folder: Path) -> Iterator[Path]:
    """Every file below, sorted, without what is hidden; links to folders are not followed."""
    for where, below, names in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(where) / name


def relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def inside(folder: Path, *parts: str) -> Path | None:
    """A file that a label file names, if it is there and does not lie outside of the folder."""
    try:
        path = (folder / Path(*parts)).resolve()
        return path if path.is_relative_to(folder.resolve()) and path.is_file() else None
    except (OSError, ValueError):
        return None


def read_text(path: Path) -> str:
    """What a text file says."""
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise BadInput(f"it cannot be read: {error.strerror}", where=str(path)) from None
    except UnicodeDecodeError:
        raise BadInput("this is no text in UTF-8", where=str(path)) from None


def read_json(path: Path) -> object:
    """What a JSON file holds."""
    try:
        return msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise BadInput(f"it cannot be read: {error.strerror}", where=str(path)) from None
    except UNREADABLE as error:
        raise BadInput(f"this is no JSON: {error}", where=str(path)) from None


def json_bytes(value: object) -> bytes:
    """JSON that is the same for the same value, a line long."""
    return _encode(value) + b"\n"


def table_bytes(rows: Iterable[Iterable[object]], separator: str) -> bytes:
    """Rows as lines with quotes where they are needed."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
