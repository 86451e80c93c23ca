"""What YOLO's two forms share: where files lie, the list of classes, and a line for each thing.

Numbers are shares of the picture's sides. A line of five is a class and a box, by its middle; a longer one
is a class and the corners of a polygon.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from pathlib import Path

import msgspec
import numpy as np

from photogram.faults import BadInput, Malformed
from photogram.format import Target
from photogram.labelled import Brought, Labelled, Thing
from photogram.laid import UNREADABLE, files_in, read_text, relative, split_in, splits_of
from photogram.pixels import codecs, masks, outlines
from photogram.pixels.masks import Mask

NAMES = "data.yaml"
_ITEM = re.compile(r"\s*(?:-\s|(\d+):)?(.*)")
Lines = Callable[[Labelled, Target], Iterable[tuple[str, list[float]]]]
"""The things of a picture: what each is, and its numbers."""


def write(pictures: Iterable[Labelled], to: Target, lines: Lines) -> tuple[str, ...]:
    """Pictures, their lines, and the list of classes."""
    number = {label: number for number, label in enumerate(to.classes)}
    there: set[str] = set()
    for one in pictures:
        there.add(one.split)
        to.picture(f"images/{one.split}/{one.file}", one)
        said = "".join(
            f"{number[label]} {' '.join(f'{value:.8g}' for value in values)}\n"
            for label, values in lines(one, to)
        )
        to.write(f"labels/{one.split}/{one.name}.txt", said.encode())
    places = [f"{split}: images/{split}\n" for split in splits_of(there)]
    classes = [f"  {place}: {msgspec.json.encode(label).decode()}\n" for label, place in number.items()]
    to.write(NAMES, "".join([*places, "names:\n", *classes]).encode())
    return ()


def read(folder: Path) -> Iterator[Brought]:
    """Every picture in a folder `images`, with the lines of the same name under `labels`."""
    names = _names(folder)
    paths = {relative(path, folder): path for path in files_in(folder)}
    pictures = [place for place in paths if "images" in place.split("/")[:-1]]
    if not pictures:
        raise BadInput("there is no folder `images` in it", where=str(folder))
    for place in pictures:
        before, _, after = f"/{place}".rpartition("/images/")
        said = paths.get(f"{before}/labels/{after.rpartition('.')[0]}.txt".lstrip("/"))
        yield _brought(place, paths[place], said, names)


def _brought(place: str, path: Path, said: Path | None, names: list[str]) -> Brought:
    plain = Labelled(name=path.stem, split=split_in(place))
    if said is None:
        return Brought(place, path, plain)
    try:
        header = codecs.inspect(path.read_bytes())
        lines = [_line(line, names) for line in read_text(said).splitlines() if line.strip()]
    except Malformed:  # whoever looks at the picture will say what it is
        return Brought(place, path, plain)
    except (BadInput, *UNREADABLE) as error:
        return Brought(place, b"", plain, trouble=f"its labels cannot be read: {error}")
    things, region = _things(lines, header.width, header.height)
    kinds = {thing.label for thing in things}
    label = kinds.pop() if len(kinds) == 1 else ""
    labelled = msgspec.structs.replace(plain, label=label, things=things)
    return Brought(place, path, labelled, masks.encode(region) if region is not None else None)


def _line(line: str, names: list[str]) -> tuple[str, list[float]]:
    first, *rest = line.split()
    values = [float(word) for word in rest]
    if len(values) != 4 and (len(values) < 6 or len(values) % 2):
        raise ValueError(f"a line has {len(values)} numbers behind its class")
    number = int(first)
    if not 0 <= number < len(names):
        raise ValueError(f"there is no class {number}")
    return names[number], values


def _things(
    lines: list[tuple[str, list[float]]], width: int, height: int
) -> tuple[tuple[Thing, ...], Mask | None]:
    things: list[Thing] = []
    region = np.zeros((height, width), np.uint8)
    for label, values in lines:
        if len(values) == 4:
            across, down, wide, tall = values
            left, top = round((across - wide / 2) * width, 3), round((down - tall / 2) * height, 3)
            size = (round(wide * width, 3), round(tall * height, 3))
        else:
            corners = np.round(np.reshape(values, (-1, 2)) * (width, height), 3)
            region |= outlines.from_polygons([corners], width, height)
            (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
            size = (right - left, bottom - top)
        things.append(Thing(label=label, left=left, top=top, width=size[0], height=size[1]))
    return tuple(things), region if region.any() else None


def _names(folder: Path) -> list[str]:
    """The classes that a small part of YAML lists: a list in one line or several, or numbers and names."""
    path = folder / NAMES
    if not path.is_file():
        found = folder / "classes.txt"
        if found.is_file():
            return read_text(found).splitlines()
        raise BadInput(f"there is no {NAMES} in it, which says what the classes are", where=str(folder))
    _, marker, rest = f"\n{read_text(path)}".partition("\nnames:")
    if not marker:
        raise BadInput("it lists no names", where=str(path))
    try:
        return _listed(rest.splitlines() or [""])
    except UNREADABLE as error:
        raise BadInput(f"its names cannot be read: {error}", where=str(path)) from None


def _listed(lines: list[str]) -> list[str]:
    """Names in their order; where numbers stand before them, they have to be 0, 1, 2 and on."""
    first, *more = lines
    listed = first.strip().strip("[]{}").split(",") if first.strip() else takewhile(_is_item, more)
    items = [found for line in listed if (found := _ITEM.match(line))]
    for place, item in enumerate(items):
        if item[1] and int(item[1]) != place:
            raise ValueError(f"the number {item[1]} stands where {place} should")
    return [_word(item[2]) for item in items]


def _is_item(line: str) -> bool:
    return line.startswith((" ", "-")) and bool(line.strip(" -"))


def _word(text: str) -> str:
    text = text.strip()
    return str(msgspec.json.decode(text)) if text.startswith('"') else text.strip("'")
