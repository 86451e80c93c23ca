"""outline: the region of a picture that an edit may change, as a mask of the picture's own size."""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from photogram.data import MASKED, Blob, Row
from photogram.faults import BadInput, Malformed
from photogram.pixels import masks, priors
from photogram.pixels.codecs import inspect
from photogram.pixels.draw.canvas import dice
from photogram.pixels.masks import Mask
from photogram.step import Value


class Step:
    """Fills `mask` for every row that is an edit under a mask. It is grown here: the mask is the label."""

    column = "mask"
    needs = ("parent",)
    version = "1"

    def reads(self, row: Row) -> Mapping[str, Blob] | None:
        picture = row.image("parent")
        if picture is None or row.edit.get("kind") not in MASKED:
            return None
        given = row.edit["where"].get("mask")
        return {"picture": picture} | ({"mask": msgspec.convert(given, Blob)} if given else {})

    def compute(self, row: Row, files: Mapping[str, bytes]) -> Value:
        header = inspect(files["picture"])
        try:
            region = _region(row.edit["where"], files.get("mask"), header.width, header.height)
            if row.edit["where"].get("shape"):
                region = _shape(row, region)
            grown = masks.grow(region, row.edit["grow"])
        except BadInput as error:
            raise Malformed(str(error)) from None
        box = msgspec.to_builtins(masks.box_of(grown))
        facts = {"share": round(masks.share(grown), 6), "box": box}
        return Value(facts=facts, files={"mask": masks.encode(grown)})


def _region(where: Mapping[str, Any], given: bytes | None, width: int, height: int) -> Mask:
    """What the brief marks; the whole picture where it marks nothing."""
    if given is not None:
        return masks.read(given, width, height)
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
