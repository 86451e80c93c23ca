"""Hugging Face's imagefolder: pictures in a folder for each split, and a line of JSON for each picture."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from photogram.columns import labelled_of, values_of
from photogram.faults import BadInput, Malformed
from photogram.format import Target
from photogram.labelled import Brought, Labelled
from photogram.laid import UNREADABLE, files_in, inside, json_bytes, relative, split_in
from photogram.pixels import codecs, masks

LINES = "metadata.jsonl"


class Format:
    """`SPLIT/NAME.jpg`, `SPLIT/masks/NAME.png` and `SPLIT/metadata.jsonl`.

    Its reader guesses the types of columns from each file and wants them to be the same in all, so that a
    column without any value in one of them breaks it.
    """

    carries = ("label", "caption", "boxes", "mask")

    def write(self, pictures: Iterable[Labelled], to: Target) -> Iterable[str]:
        splits = groupby(pictures, key=lambda one: one.split)
        parts = {split: list(those) for split, those in splits}
        masked = {split for split, those in parts.items() if any(one.mask for one in those)}
        boxed = {split for split, those in parts.items() if any(one.things for one in those)}
        for split, those in parts.items():
            lines: list[bytes] = []
            for one in those:
                to.picture(f"{split}/{one.file}", one)
                line = {"file_name": one.file, **values_of(one)}
                if masked:
                    line["mask_file_name"] = _lay_mask(one, to, black=split not in masked)
                if len(boxed) < len(parts):
                    del line["objects"]
                lines.append(json_bytes(line))
            to.write(f"{split}/{LINES}", b"".join(lines))
        return _notes(parts, masked, boxed)

    def use(self) -> str:
        return "`datasets.load_dataset('imagefolder', data_dir='.')`; masks come as the column `mask`."

    def read(self, folder: Path) -> Iterator[Brought]:
        found = [path for path in files_in(folder) if path.name == LINES]
        if not found:
            raise BadInput(
                f"there is no {LINES} in it", where=str(folder), do="name the folder of a data set"
            )
        for path in found:
            for number, line in enumerate(path.read_bytes().splitlines(), 1):
                if line.strip():
                    yield _brought(line, path.parent, folder, f"{relative(path, folder)}, line {number}")


def _lay_mask(one: Labelled, to: Target, *, black: bool) -> str | None:
    path = f"masks/{one.name}.png"
    if one.mask:
        to.mask(f"{one.split}/{path}", one)
    elif black:
        nothing = np.zeros((one.height, one.width), np.uint8)
        to.write(f"{one.split}/{path}", masks.encode(nothing))
    return path if one.mask or black else None


def _notes(parts: Iterable[str], masked: set[str], boxed: set[str]) -> Iterable[str]:
    plain = [split for split in parts if split not in masked]
    if masked and plain:
        yield f"{' and '.join(plain)} without any mask: black ones stand for none"
    bare = [split for split in parts if split not in boxed]
    if boxed and bare:
        yield f"boxes left out: without any in {' and '.join(bare)} their column would have no type"


def _brought(line: bytes, beside: Path, folder: Path, place: str) -> Brought:
    try:
        values: Any = msgspec.json.decode(line)
        name = values["file_name"]
        split = split_in(relative(beside, folder))
        labelled = labelled_of(values, Path(name).stem, split)
    except UNREADABLE as error:
        return Brought(place, b"", Labelled(name=""), trouble=f"this line says no picture: {error}")
    path = inside(beside, name)
    if path is None:
        return Brought(place, b"", labelled, trouble=f"{name!r} is not there")
    mask = values.get("mask_file_name")
    found = inside(beside, mask) if mask else None
    return Brought(f"{place}, {name}", path, labelled, found if found and _marks(found) else None)


def _marks(mask: Path) -> bool:
    """Whether a mask is not one of the black ones that stand for none; one that is broken is told later."""
    try:
        return bool(codecs.decode(mask.read_bytes()).any())
    except (OSError, Malformed):
        return True
