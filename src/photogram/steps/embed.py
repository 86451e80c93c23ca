"""embed: the vector of a row's picture, or of what is said of it, by a model."""

from photogram.data import Ask, Embed, Point, Reply, Row
from photogram.faults import Malformed
from photogram.finding.vectors import Of, packed
from photogram.finding.wording import annotated
from photogram.step import Value


class Step:
    """Fills `vector`, or the column of one of several spaces."""

    version = "1"

    def __init__(self, column: str, of: Of, dimensions: int = 0, annotation: str = "annotation") -> None:
        self.column = column
        self._of: Of = of
        self._dimensions, self._annotation = dimensions, annotation
        self.needs = {"picture": ("image",), "annotation": (annotation,), "prompt": ()}[of]

    def ask(self, row: Row) -> Ask | None:
        if row.candidate_of:
            return None
        if self._of == "picture":
            image = row.image()
            return Embed(image=image, dimensions=self._dimensions) if image else None
        text = self._text(row)
        return Embed(text=text, dimensions=self._dimensions) if text.strip() else None

    def _text(self, row: Row) -> str:
        if self._of == "prompt":
            return row.prompt
        cell = row.cells.get(self._annotation)
        return annotated(cell.value) if cell and cell.state == "filled" else ""

    def absorb(self, row: Row, reply: Reply) -> Value:
        if not isinstance(reply, Point) or not reply.vector:
            raise Malformed("the reply holds no vector")
        return Value(facts=packed(reply.vector, self._of))
