"""What is said of a picture as the columns of a table, as Hugging Face's readers know them."""

from collections.abc import Mapping
from typing import Any

from photogram.labelled import SPLITS, Labelled, Thing


def values_of(one: Labelled) -> dict[str, Any]:
    """Every column but the picture and its mask."""
    return {
        "label": one.label,
        "caption": one.caption,
        "objects": {
            "bbox": [[thing.left, thing.top, thing.width, thing.height] for thing in one.things],
            "categories": [thing.label for thing in one.things],
        },
        "synthetic": one.synthetic,
        "origin": one.origin,
        "group": one.group,
        "row": one.source,
    }


def labelled_of(values: Mapping[str, Any], name: str, split: str) -> Labelled:
    """What such columns say; those of others may have a `text` and numbers as labels."""
    objects: dict[str, Any] = values.get("objects") or {}
    boxes: list[Any] = objects.get("bbox") or []
    kinds: list[Any] = objects.get("categories", objects.get("category")) or []
    said = values.get("split")
    return Labelled(
        name=name,
        label=text_of(values.get("label")),
        caption=text_of(values.get("caption") or values.get("text")),
        split=split or (said if said in SPLITS else ""),
        group=text_of(values.get("group")),
        synthetic=values.get("synthetic") is True,
        things=tuple(thing_of(text_of(kind), box) for kind, box in zip(kinds, boxes, strict=True)),
    )


def thing_of(label: str, box: Any) -> Thing:
    """A thing from its label and the four numbers left, top, width and height."""
    left, top, width, height = (float(number) for number in box)
    return Thing(label=label, left=left, top=top, width=width, height=height)


def text_of(value: Any) -> str:
    return "" if value is None else str(value)
