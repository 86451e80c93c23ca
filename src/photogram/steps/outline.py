"""outline: the region of a picture that an edit may change, as a mask of the picture's own size."""

from collections.abc import Mapping
from typing import Any

from photogram.brief import Where
from photogram.data import Blob, Row
from photogram.errors import BadInput, Malformed
from photogram.pixels import masks
from photogram.pixels.codecs import inspect
from photogram.step import Value

MASKED = ("inpaint", "erase")
"""The kinds of edit that need a mask; the others change a picture as a whole."""


class Step:
    """Fills `mask` for every row that is an edit under a mask. The mask is the label: it is grown here."""

    column = "mask"
    needs = ("parent",)
    version = "1"

    def reads(self, row: Row) -> Mapping[str, Blob] | None:
        picture = row.image("parent")
        if picture is None or row.edit.get("kind") not in MASKED:
            return None
        return {"picture": picture, **({"mask": row.masked} if row.masked else {})}
