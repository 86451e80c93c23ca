"""outline: the region of a picture that an edit may change, as a mask of the picture's own size."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from photogram.data import MASKED, Blob, Row
from photogram.faults import BadInput, Malformed
from photogram.pixels import masks, priors
from photogram.pixels.codecs import PIXEL_LIMIT, inspect
from photogram.pixels.draw.canvas import dice
from photogram.pixels.masks import Mask
from photogram.step import Reads, Value


class Step:
    """Fills `mask` for every row that is an edit under a mask. It is grown here: the mask is the label."""

    column = "mask"
    version = "1"

    def __init__(self, annotations: Sequence[str] = ("annotation",)) -> None:
        self.needs = ("parent", *(f"parent.{column}" for column in annotations))

    def reads(self, row: Row) -> Reads | None:
        picture, where = row.image("parent"), row.edit.get("where", {})
        if picture is None or row.best_of or row.edit.get("kind") not in MASKED or where.get("words"):
            return None
        if where.get("mask"):
            return {"picture": picture, "mask": msgspec.convert(where["mask"], Blob)}
        if where.get("field"):
            by = f".{where['annotator']}" if where.get("annotator") else ""
            said = row.cells.get(f"parent.annotation{by}")
            if said is None or said.state != "filled":
                return None
            return {"picture": picture, "field": msgspec.json.encode(said.value.get(where["field"])).decode()}
        return {"picture": picture}

    def compute(self, row: Row, files: Mapping[str, bytes]) -> Value:
        header = inspect(files["picture"])
        try:
            mask = _mask(row, files, header.width, header.height)
        except BadInput as error:
            raise Malformed(str(error)) from None
        box = msgspec.to_builtins(masks.box_of(mask))
        facts = {"share": round(masks.share(mask), 6), "box": box}
        return Value(facts=facts, files={"mask": masks.encode(mask)})


def _mask(row: Row, files: Mapping[str, bytes], width: int, height: int) -> Mask:
    if row.edit["kind"] == "outpaint":
        return _around(row.edit["sides"], width, height)
    region = _region(row.edit["where"], files, width, height)
    if row.edit["where"].get("shape"):
        region = _shape(row, region)
    return masks.grow(region, row.edit["grow"])


def _around(sides: Mapping[str, float], width: int, height: int) -> Mask:
    """All that is new of a picture that grows; the picture itself stays to the last pixel."""
    left, right = (round(sides.get(name, 0) * width) for name in ("left", "right"))
    top, bottom = (round(sides.get(name, 0) * height) for name in ("top", "bottom"))
    wide, tall = left + width + right, top + height + bottom
    if wide * tall > PIXEL_LIMIT:
        raise BadInput(f"the picture would grow to {wide}x{tall} pixels", do="let it grow by less")
    mask = np.full((tall, wide), 255, np.uint8)
    mask[top : top + height, left : left + width] = 0
    return mask


def _region(where: Mapping[str, Any], files: Mapping[str, bytes], width: int, height: int) -> Mask:
    """What the brief marks; the whole picture where it marks nothing."""
    if "mask" in files:
        return masks.read(files["mask"], width, height)
    if "field" in files:
        return masks.said(msgspec.json.decode(files["field"]), width, height)
    if where.get("polygon"):
        return masks.polygon(where["polygon"], width, height)
    if where.get("box"):
        left, top, wide, tall = where["box"]
        return masks.box(left, top, wide, tall, width, height)
    return np.full((height, width), 255, np.uint8)


def _shape(row: Row, region: Mask) -> Mask:
    """A plausible region somewhere in what is marked, another one for each row."""
    height, width = region.shape
    where = row.edit["where"]
    random = dice(row.seed or 0, "outline")
    return priors.prior(random, width, height, where["shape"], where.get("size", 0.25), within=region)
