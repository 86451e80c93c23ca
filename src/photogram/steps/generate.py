"""generate: the picture of a planned row, drawn by a model."""

from photogram.data import Ask, Draw, Facts, Picture, Reply, Row
from photogram.errors import Malformed
from photogram.pixels.codecs import inspect
from photogram.step import Value


class Step:
    """Fills `image`. Rows that were taken in have their picture already and owe nothing."""

    column = "image"
    needs = ()
    version = "1"

    def ask(self, row: Row) -> Ask | None:
        if row.origin == "taken":
            return None
        facts: Facts = {"label": row.label, **row.facts} if row.label else row.facts
        return Draw(
            prompt=row.prompt,
            negative=row.negative,
            width=row.width,
            height=row.height,
            seed=row.seed,
            facts=facts,
            options=row.options,
        )

    def absorb(self, row: Row, reply: Reply) -> Value:
        if not isinstance(reply, Picture) or not reply.images:
            raise Malformed("no picture came with the reply")
        header = inspect(reply.images[0])
        facts: Facts = {"width": header.width, "height": header.height, **reply.made}
        if reply.refused:
            facts["partly_refused"] = reply.refused
        masks = {"mask": reply.masks[0]} if reply.masks else {}
        return Value(facts=facts, files={"image": reply.images[0], **masks})
