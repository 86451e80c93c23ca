"""What is said of a row's picture, in the words that formats of the field have for it."""

from collections.abc import Sequence
from typing import Any

from photogram.builds.members import mask_of
from photogram.data import Row
from photogram.dataset import Dataset
from photogram.labelled import Labelled, Thing
from photogram.media import extension
from photogram.pixels.codecs import inspect

_NO_LABEL = ("erase", "outpaint")
"""Edits whose region is where nothing is to be seen any more, or all that is new."""
_CAPTIONS = ("caption", "description")


def labelled(opened: Dataset, row: Row, split: str, group: str) -> Labelled:
    """The row's picture with its labels, for a split."""
    image = row.image()
    assert image is not None
    value = row.cells["image"].value
    width, height = _size(opened, row)
    return Labelled(
        name=row.name,
        label=row.label,
        split=split,
        caption=caption_of(row),
        group=group,
        synthetic=row.synthetic,
        origin=row.origin,
        source=row.id,
        width=width,
        height=height,
        things=_things(value.get("boxes", ())),
        image=image,
        mask=None if row.edit.get("kind") in _NO_LABEL else mask_of(row),
        ending=extension(image.media_type),
    )


def _size(opened: Dataset, row: Row) -> tuple[int, int]:
    value, image = row.cells["image"].value, row.image()
    assert image is not None
    if "width" in value and "height" in value:
        return value["width"], value["height"]
    header = inspect(opened.store.read(image))
    return header.width, header.height


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
