"""modify: the picture of a row that is an edit of another row's, changed by a model."""

import msgspec

from photogram.data import MASKED, Ask, Blob, Edit, Facts, Reply, Row
from photogram.picture import kept
from photogram.step import Value


class Step:
    """Fills `image` for every row with a parent, once the parent's picture and the mask are there."""

    column = "image"
    needs = ("parent", "mask")
    version = "1"

    def ask(self, row: Row) -> Ask | None:
        picture, kind = row.image("parent"), row.edit.get("kind")
        mask = row.cells["mask"].files.get("mask") if "mask" in row.cells else None
        words = row.edit.get("where", {}).get("words", "")
        if picture is None or kind is None or row.best_of or (kind in MASKED and not (mask or words)):
            return None
        facts: Facts = {"label": row.label, **row.facts} if row.label else row.facts
        return Edit(
            kind=kind,
            images={"image": picture, **row.shown, **_given(row)},
            prompt=row.prompt,
            mask=mask,
            mask_prompt=words,
            label=row.cells["parent"].files.get("mask") if kind == "vary" else None,
            feather=row.edit["feather"] if mask else 0,
            strength=row.edit["strength"],
            seed=row.seed,
            facts=facts,
            options=row.options,
        )

    def absorb(self, row: Row, reply: Reply) -> Value:
        return kept(reply)


def _given(row: Row) -> dict[str, Blob]:
    """What of another picture goes into this one."""
    donor = row.edit.get("donor")
    if donor is None:
        return {}
    return {
        "donor": msgspec.convert(donor["image"], Blob),
        "donor mask": msgspec.convert(donor["mask"], Blob),
    }
