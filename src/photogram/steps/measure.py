"""The column `measures`: what can be counted in the picture without any model."""

from collections.abc import Mapping

from photogram.data import Row
from photogram.pixels.codecs import decode
from photogram.pixels.measures import measure
from photogram.step import Reads, Value


class Step:
    """Measures the picture of each row."""

    column = "measures"
    needs = ("image",)
    version = "1"

    def reads(self, row: Row) -> Reads | None:
        """The row's picture; nothing is owed where there is none."""
        image = None if row.candidate_of else row.image()
        return {"image": image} if image else None

    def compute(self, row: Row, files: Mapping[str, bytes]) -> Value:
        """The measures; bytes that are no picture raise `Malformed`."""
        return Value(facts=measure(decode(files["image"])))
