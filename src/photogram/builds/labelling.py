"""What is said of a row's picture, in the words that formats of the field have for it."""

from collections.abc import Sequence
from typing import Any

from photogram.builds.members import mask_of
from photogram.data import Blob, Row
from photogram.dataset import Dataset
from photogram.labelled import Labelled, Thing
from photogram.media import extension
from photogram.pixels.codecs import Header, inspect

_NO_LABEL = ("erase", "outpaint")
"""Edits whose region is where nothing is to be seen any more, or all that is new."""
_CAPTIONS = ("caption", "description")


def labelled(opened: Dataset, row: Row, split: str, group: str) -> Labelled:
    """The row's picture with its labels, for a split."""
    image = row.image()
    assert image is not None
    value = row.cells["image"].value
    header = _header(opened, row, image)
    return Labelled(
        name=row.name,
        label=row.label,
        split=split,
        caption=caption_of(row),
        group=group,
        synthetic=row.synthetic,
        origin=row.origin,
        source=row.id,
        width=header.width,
        height=header.height,
        things=_things(value.get("boxes", ())),
        image=image,
        mask=None if row.edit.get("kind") in _NO_LABEL else mask_of(row),
        ending=extension(image.media_type),
        turned=header.orientation != 1,
    )


def _header(opened: Dataset, row: Row, image: Blob) -> Header:
    """What its file says; of one that was made here its cell says the same, without a look at the file."""
    value = row.cells["image"].value
    if "width" in value and "height" in value:
        return Header(image.media_type, value["width"], value["height"])
    return inspect(opened.store.read(image))


def _things(boxes: Sequence[dict[str, Any]]) -> tuple[Thing, ...]:
    sides = ("left", "top", "width", "height")
    return tuple(Thing(label=box["label"], **{side: float(box[side]) for side in sides}) for box in boxes)


def caption_of(row: Row) -> str:
    """What describes the picture: an annotator's words, those it came with, or else the prompt it is from.

    The prompt of an edit says what was to change and not what is to be seen, so it is no caption.
    """
    for name, cell in row.cells.items():
        if name.partition(".")[0] == "annotation" and cell.state == "filled":
            said = next((cell.value[key] for key in _CAPTIONS if cell.value.get(key)), None)
            if isinstance(said, str):
                return said
    return str(row.cells["image"].value.get("caption", "")) or ("" if row.edit else row.prompt)
