"""Folders that say of their pictures what they show, in one of the formats of the field."""

from collections.abc import Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from photogram import formats
from photogram.faults import BadInput
from photogram.labelled import Brought, Labelled
from photogram.laid import EXPORT, ROWS, UNREADABLE
from photogram.taking.disk import local
from photogram.taking.judging import TROUBLE, Bounds, File, Found, Unusable, against, judged, open_up
from photogram.taking.names import printable


class Told(NamedTuple):
    """A whole picture, what its folder says of it, and its mask as the folder has it."""

    found: Found
    labelled: Labelled
    mask: bytes | None


def labelled(
    source: str, base: Path, written_as: str, bounds: Bounds = Bounds()
) -> Iterator[Told | Unusable]:
    """Every picture of a folder of this format, with what is said of it; one that is not there raises."""
    form, folder = formats.find_readable(written_as), base / Path(source).expanduser()
    if not folder.is_dir():
        what = f"there is no folder {printable(source)!r}"
        raise BadInput(what, do="a format is read from a folder on this computer; unpack archives first")
    known = _known(folder)
    return _each(form.read(folder), folder, base, known, bounds)


def _each(
    brought: Iterator[Brought], folder: Path, base: Path, known: dict[str, Labelled], bounds: Bounds
) -> Iterator[Told | Unusable]:
    shown = printable(str(folder.relative_to(base) if folder.is_relative_to(base) else folder))
    for one in brought:
        place = printable(f"{shown}/{one.place}")
        if one.trouble:
            yield Unusable(place, printable(one.trouble))
            continue
        result = _judged(one, place, bounds)
        if isinstance(result, Unusable):
            yield result
        elif result is not None:
            yield Told(result, _completed(one.labelled, known), _mask(one))


def _judged(one: Brought, place: str, bounds: Bounds) -> Found | Unusable | None:
    file = _file(one, place, bounds)
    try:
        opened = file.open()
    except TROUBLE as error:
        return against(file, error)
    with opened.stream:
        return judged(file, opened)


def _file(one: Brought, place: str, bounds: Bounds) -> File:
    if isinstance(one.picture, Path):
        return local(one.picture, one.picture.parent, bounds.file)._replace(place=place)
    name = f"{one.labelled.name}.jpg"
    opener = partial(open_up, BytesIO(one.picture), len(one.picture))
    return File(place, name, bounds.entry, opener)


def _mask(one: Brought) -> bytes | None:
    return one.mask.read_bytes() if isinstance(one.mask, Path) else one.mask


def _known(folder: Path) -> dict[str, Labelled]:
    """What an export of ours says beside its format: what is synthetic, and what belongs together."""
    if not (folder / EXPORT).is_file() or not (folder / ROWS).is_file():
        return {}
    found: dict[str, Labelled] = {}
    try:
        for line in (folder / ROWS).read_bytes().splitlines():
            values: Any = msgspec.json.decode(line)
            name, group = values["name"], values.get("group", "")
            found[name] = Labelled(name=name, group=group, synthetic=values.get("synthetic") is True)
    except UNREADABLE as error:
        raise BadInput(
            f"this is no list of an export's pictures: {error}", where=str(folder / ROWS)
        ) from None
    return found


def _completed(one: Labelled, known: dict[str, Labelled]) -> Labelled:
    more = known.get(one.name)
    if more is None:
        return one
    synthetic = one.synthetic or more.synthetic
    return msgspec.structs.replace(one, synthetic=synthetic, group=one.group or more.group)
