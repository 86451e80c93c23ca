"""Label Studio: tasks with what is known of each picture as annotations to look over and to change."""

from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np

from photogram.format import Marked, Target
from photogram.labelled import Labelled
from photogram.laid import json_bytes
from photogram.pixels.outlines import polygons


class Format:
    """`images/SPLIT/NAME.jpg`, `tasks.json`, and `labels.xml` for the labelling interface."""

    carries = ("label", "caption", "boxes", "mask")

    def write(self, pictures: Iterable[Labelled], to: Target) -> Iterable[str]:
        tasks: list[dict[str, Any]] = []
        for one in pictures:
            path = f"images/{one.split}/{one.file}"
            to.picture(path, one)
            tasks.append(_task(one, path, to))
        to.write("tasks.json", json_bytes(tasks))
        to.write("labels.xml", _interface(to).encode())
        return ()

    def use(self) -> str:
        return (
            "Start Label Studio with `LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true` and\n"
            "`LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT` set to this folder, make a project with `labels.xml`\n"
            "as its interface, add `images` as local storage, and import `tasks.json`."
        )


def _task(one: Labelled, path: str, to: Target) -> dict[str, Any]:
    said: list[dict[str, Any]] = []
    if one.label:
        said.append(_result("label", "choices", {"choices": [one.label]}))
    if one.caption:
        said.append(_result("caption", "textarea", {"text": [one.caption]}))
    size = {"original_width": one.width, "original_height": one.height, "image_rotation": 0}
    for found in to.marked(one):
        said += [{**result, **size} for result in _regions(found, one)]
    numbered = [{"id": f"{one.name}-{number}", **result} for number, result in enumerate(said)]
    known = {"split": one.split, "synthetic": one.synthetic, "origin": one.origin, "row": one.source}
    data = {"image": f"/data/local-files/?d={path}", **known}
    return {"data": data, "annotations": [{"result": numbered}]}


def _regions(found: Marked, one: Labelled) -> Iterable[dict[str, Any]]:
    """Numbers are in hundredths of the picture's sides."""
    thing, mask = found
    by = np.array((100 / one.width, 100 / one.height))
    box = {
        "x": thing.left * by[0],
        "y": thing.top * by[1],
        "width": thing.width * by[0],
        "height": thing.height * by[1],
        "rotation": 0,
    }
    named = {"rectanglelabels": [thing.label]}
    yield _result("box", "rectanglelabels", {**{name: float(v) for name, v in box.items()}, **named})
    for corners in polygons(mask) if mask is not None else ():
        points = (corners * by).tolist()
        yield _result("outline", "polygonlabels", {"points": points, "polygonlabels": [thing.label]})


def _result(name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"from_name": name, "to_name": "image", "type": kind, "value": value}


def _interface(to: Target) -> str:
    kinds = "".join(f"\n    <Label value={quoteattr(label)}/>" for label in to.classes)
    choices = "".join(f"\n    <Choice value={quoteattr(label)}/>" for label in to.labels if label)
    return f"""<View>
  <Image name="image" value="$image"/>
  <RectangleLabels name="box" toName="image">{kinds}
  </RectangleLabels>
  <PolygonLabels name="outline" toName="image">{kinds}
  </PolygonLabels>
  <Choices name="label" toName="image">{choices}
  </Choices>
  <TextArea name="caption" toName="image"/>
</View>
"""
