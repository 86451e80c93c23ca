"""Pairs of pictures and captions as open_clip's CSV reader takes them, unless it is told otherwise."""

import csv
from collections.abc import Iterable, Iterator
from csv import DictReader
from pathlib import Path

from photogram.faults import BadInput
from photogram.format import Target
from photogram.labelled import Brought, Labelled
from photogram.laid import files_in, inside, read_text, relative, split_in, table_bytes

_HEAD = ("filepath", "title", "label", "synthetic", "origin", "row")


class Format:
    """`images/SPLIT/NAME.jpg` and `SPLIT.csv`; a picture without a caption is left out."""

    carries = ("label", "caption")

    def write(self, pictures: Iterable[Labelled], to: Target) -> Iterable[str]:
        tables: dict[str, list[tuple[object, ...]]] = {}
        silent = 0
        for one in pictures:
            if not one.caption:
                silent += 1
                continue
            path = f"images/{one.split}/{one.file}"
            to.picture(path, one)
            # A caption is one line: its reader would take a break for the end of the row.
            values = (
                path,
                " ".join(one.caption.split()),
                one.label,
                int(one.synthetic),
                one.origin,
                one.source,
            )
            tables.setdefault(one.split, []).append(values)
        for split, rows in tables.items():
            to.write(f"{split}.csv", table_bytes([_HEAD, *rows], "\t"))
        return [f"{silent} without a caption left out"] if silent else []

    def use(self) -> str:
        return (
            "`python -m open_clip_train.main --dataset-type csv --train-data train.csv`, from this folder.\n"
            "Columns are divided by tabs; the caption is the column `title`."
        )

    def read(self, folder: Path) -> Iterator[Brought]:
        found = [path for path in files_in(folder) if path.suffix in (".csv", ".tsv")]
        if not found:
            raise BadInput("there is no CSV file in it", where=str(folder))
        for path in found:
            yield from _rows(path, folder)


def _table(path: Path, lines: list[str]) -> Iterator[dict[str, str]]:
    separator = "\t" if lines and "\t" in lines[0] else ","
    try:
        yield from DictReader(lines, delimiter=separator)
    except csv.Error as error:
        raise BadInput(f"this is no table: {error}", where=str(path)) from None


def _rows(path: Path, folder: Path) -> Iterator[Brought]:
    lines = read_text(path).splitlines()
    for number, row in enumerate(_table(path, lines), 2):
        place, name = f"{relative(path, folder)}, line {number}", row.get("filepath") or ""
        labelled = Labelled(
            name=Path(name).stem,
            label=row.get("label") or "",
            caption=row.get("title") or row.get("caption") or "",
            split=split_in(path.stem),
            synthetic=row.get("synthetic") == "1",
        )
        picture = inside(folder, name) or inside(path.parent, name)
        if picture is None:
            yield Brought(place, b"", labelled, trouble=f"{name!r} is not there")
        else:
            yield Brought(place, picture, labelled)
