"""generate: the picture of a planned row, drawn by a model."""

from photogram.data import Ask, Draw, Facts, Reply, Row
from photogram.picture import kept
from photogram.step import Value


class Step:
    """Fills `image`. Rows that were taken in have their picture already; edits get theirs from `modify`."""

    column = "image"
    needs = ()
    version = "1"

    def ask(self, row: Row) -> Ask | None:
        if row.origin == "taken" or row.parent:
            return None
        facts: Facts = {"label": row.label, **row.facts} if row.label else row.facts
        return Draw(
            prompt=row.prompt,
            negative=row.negative,
            width=row.width,
            height=row.height,
            seed=row.seed,
            references=tuple(row.shown.values()),
            facts=facts,
            options=row.options,
        )

    def absorb(self, row: Row, reply: Reply) -> Value:
        return kept(reply)
