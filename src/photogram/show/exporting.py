"""What was exported."""

from collections.abc import Iterator

from photogram.results import Exported
from photogram.show.words import count, flowing, lines

_MANY = {"label": "labels", "caption": "captions", "boxes": "boxes", "mask": "masks"}


@lines.register
def _(result: Exported) -> Iterator[str]:
    drawn = f", {result.synthetic:,} of them synthetic" if result.synthetic else ""
    splits = ", ".join(f"{number:,} {split}" for split, number in result.splits.items())
    yield from flowing(f"{count(result.rows, 'picture')}{drawn}: {splits}")
    for kind in (kind for kind in _MANY if kind in result.left_out):
        number = count(result.left_out[kind], "picture")
        yield from flowing(f"{result.written_as}: {_MANY[kind]} of {number} left out")
    for note in result.notes:
        yield from flowing(note)
    yield from flowing(f"{'written to' if result.new else 'nothing changed: it is in'} {result.folder}")
