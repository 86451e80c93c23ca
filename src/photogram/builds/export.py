"""export: the dataset as other tools want it, in a folder that says of every picture what it is.

The folder is made beside its name and renamed when it is whole. One that is there already is left alone:
it is the same export, or it is somebody else's.
"""

import os
import shutil
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from photogram import formats
from photogram.builds.labelling import labelled
from photogram.builds.laying import Laying
from photogram.builds.members import record, rows
from photogram.builds.splits import Divided, divided, shares
from photogram.counting import accepted
from photogram.data import Word
from photogram.dataset import Dataset
from photogram.faults import BadInput
from photogram.format import CARRIED, Format
from photogram.labelled import SPLITS, Labelled
from photogram.laid import EXPORT, ROWS, json_bytes
from photogram.results import Exported
from photogram.store import told

FORMAT = "photogram-export/1"
CARD = "README.md"
_encode = msgspec.json.Encoder().encode  # in the order a person would tell it


class Manifest(Word, frozen=True, omit_defaults=False):
    """What an export is of."""

    dataset: str
    written_as: str
    digest: str
    rows: int
    synthetic: int
    splits: dict[str, int]
    left_out: dict[str, int]
    notes: tuple[str, ...]
    format: str = FORMAT


class Choice(NamedTuple):
    """What a person says of an export."""

    written_as: str
    to: str
    splits: str
    link: bool
    rejected: bool


def export(opened: Dataset, choice: Choice) -> Exported:
    """Write the rows as they are now in a format, unless that has been done already."""
    written_as, to = choice.written_as, choice.to
    form, wanted = formats.find(written_as), shares(choice.splits)
    kept = {row.id for row in rows(opened) if choice.rejected or not row.synthetic or accepted(opened, row)}
    parts = divided((row for row in rows(opened) if row.id in kept), wanted)
    pictures = _pictures(opened, parts)
    if not pictures:
        raise _nothing(opened)
    notes = _notes(opened, parts)
    digest = _digest(opened, [written_as, *notes], pictures)
    folder = Path(to) if to else opened.path / "exports" / f"{written_as}-{digest[:8]}"
    manifest = _there(folder, digest)
    new = manifest is None
    if manifest is None:
        with _made(folder) as part:
            laying = Laying(opened, part, pictures, choice.link)
            begun = _begun(opened, written_as, digest, notes)
            manifest = _write(opened, laying, form, pictures, begun)
    return Exported(
        folder=str(folder),
        written_as=written_as,
        new=new,
        rows=manifest.rows,
        synthetic=manifest.synthetic,
        splits={split: manifest.splits[split] for split in SPLITS if split in manifest.splits},
        left_out=manifest.left_out,
        notes=manifest.notes,
    )


def _nothing(opened: Dataset) -> BadInput:
    if any(True for _ in rows(opened)):
        return BadInput(
            "every picture is rejected by its judge or a bound", do="--rejected takes them all the same"
        )
    return BadInput("no row has a picture yet", do=f"`photogram run {opened.path}` fills what is owed")


def _pictures(opened: Dataset, parts: Divided) -> list[Labelled]:
    """Every picture that is to be written, split by split, in the order the rows came."""
    found = [
        labelled(opened, row, parts.split[row.id], parts.group[row.id])
        for row in rows(opened)
        if row.id in parts.split
    ]
    return sorted(found, key=lambda one: SPLITS.index(one.split))


def _digest(opened: Dataset, said: Sequence[str], pictures: Sequence[Labelled]) -> str:
    """The hash of all that goes into an export."""
    about = opened.brief.dataset
    total = sha256(json_bytes([FORMAT, *said, about.name, about.purpose, about.license]))
    for one in pictures:
        total.update(json_bytes(one))
    known = {one.source for one in pictures}
    for row in rows(opened):
        if row.id in known:
            total.update(json_bytes(record(row)))
    return total.hexdigest()


def _notes(opened: Dataset, parts: Divided) -> tuple[str, ...]:
    """How it is divided, and what is left out for it or because it is rejected."""
    notes = ["splits are by group: what was taken in as one, and a picture with its edits, stay together"]
    if parts.real and parts.synthetic:
        notes.append("val and test are real pictures alone; what is synthetic is in train")
    if not parts.real:
        notes.append("there is no real picture: val and test are synthetic too")
    rejected = sum(1 for row in rows(opened) if row.id not in parts.group)
    if rejected:
        notes.append(f"{rejected} synthetic left out: their judge or a bound of the brief rejects them")
    if parts.left_out:
        what = f"{parts.left_out} synthetic left out: the real pictures they are made from are in val or test"
        notes.append(what)
    return tuple(notes)


def _begun(opened: Dataset, written_as: str, digest: str, notes: tuple[str, ...]) -> Manifest:
    """The manifest before anything is written."""
    name = opened.brief.dataset.name
    nothing: Any = {"rows": 0, "synthetic": 0, "splits": {}, "left_out": {}}
    return Manifest(dataset=name, written_as=written_as, digest=digest, notes=notes, **nothing)


# -------------------------------------------------------------------------- the folder


def _there(folder: Path, digest: str) -> Manifest | None:
    """The export that lies there already if it is this one; None where there is room for it."""
    with told(folder):
        if not os.path.lexists(folder) or (folder.is_dir() and not any(folder.iterdir())):
            return None
    try:
        manifest = msgspec.json.decode((folder / EXPORT).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError):
        what = f"{folder} is there already, and is no export of this dataset"
        raise BadInput(what, do="name another folder by --to") from None
    if manifest.digest != digest:
        what = f"{folder} holds another export: the dataset, the format or the splits were others"
        raise BadInput(what, do="name another folder by --to, or leave it out")
    return manifest


@contextmanager
def _made(folder: Path) -> Generator[Path]:
    """A folder beside that gets the name when all is written, and is gone if it never is."""
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    with told(part):
        part.mkdir(parents=True)
    try:
        yield part
        with told(folder):
            os.replace(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write(
    opened: Dataset, laying: Laying, form: Format, pictures: Sequence[Labelled], begun: Manifest
) -> Manifest:
    notes = (*form.write(pictures, laying), *_turned(pictures))
    written = [one for one in pictures if one.source in laying.places]
    if not written:
        raise BadInput(f"nothing can be written as {begun.written_as}: {'; '.join(notes)}")
    _write_rows(opened, laying, {one.source: one for one in written})
    splits = Counter(one.split for one in written)
    manifest = msgspec.structs.replace(
        begun,
        rows=len(written),
        synthetic=sum(one.synthetic for one in written),
        splits={split: splits[split] for split in SPLITS if splits[split]},
        left_out=_left_out(form, written),
        notes=begun.notes + notes,
    )
    laying.write(CARD, _card(opened, manifest, form, written).encode())
    laying.write(EXPORT, msgspec.json.format(json_bytes(manifest)) + b"\n")
    return manifest


def _turned(pictures: Sequence[Labelled]) -> tuple[str, ...]:
    count = sum(one.turned for one in pictures)
    said = f"{count} stored as the camera lay, which EXIF says: sizes, boxes and masks are as they are seen"
    return (said,) if count else ()


def _left_out(form: Format, written: Sequence[Labelled]) -> dict[str, int]:
    """How many pictures have what the format cannot carry."""
    has = {
        "label": [bool(one.label) for one in written],
        "caption": [bool(one.caption) for one in written],
        "boxes": [bool(one.things) for one in written],
        "mask": [one.mask is not None for one in written],
    }
    lost = {kind: sum(has[kind]) for kind in CARRIED if kind not in form.carries}
    return {kind: number for kind, number in lost.items() if number}


def _write_rows(opened: Dataset, laying: Laying, written: dict[str, Labelled]) -> None:
    """A line for each picture with all that is known of it, whatever the format can carry."""
    with laying.open(ROWS) as file:
        for row in rows(opened):
            one = written.get(row.id)
            if one:
                where = {"file": laying.places[row.id], "split": one.split, "group": one.group}
                file.write(_encode({**where, **record(row), **where}) + b"\n")


def _card(opened: Dataset, manifest: Manifest, form: Format, written: Sequence[Labelled]) -> str:
    """What a person reads first."""
    about = opened.brief.dataset
    drawn = Counter(one.split for one in written if one.synthetic)
    lines = [f"# {about.name}", "", *([about.purpose.strip(), ""] if about.purpose.strip() else [])]
    lines += [f"License: {about.license}.", ""] if about.license else []
    lines += ["| split | pictures | of them synthetic |", "|---|---|---|"]
    lines += [f"| {split} | {count} | {drawn[split]} |" for split, count in manifest.splits.items()]
    lines += ["", *(f"- {note[:1].upper()}{note[1:]}." for note in manifest.notes)]
    lines += [f"- Not in this format: {kind} of {count}." for kind, count in manifest.left_out.items()]
    lines += ["", f"Written by photogram as {manifest.written_as}.", "", form.use(), ""]
    lines += [f"`{ROWS}` has a line of JSON for each picture, with all that is known of it: where it comes"]
    lines += [
        "from, whether it is `synthetic`, its prompt and seed, and what was measured and annotated.",
        "",
    ]
    return "\n".join(lines)
