"""YOLO for detection: a line of text for the box of each thing in a picture."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from photogram import yolo
from photogram.format import Target
from photogram.labelled import Brought, Labelled


class Format:
    """`images/SPLIT/NAME.jpg`, `labels/SPLIT/NAME.txt` and `data.yaml`."""

    carries = ("boxes",)

    def write(self, pictures: Iterable[Labelled], to: Target) -> Iterable[str]:
        return yolo.write(pictures, to, _boxes)

    def use(self) -> str:
        return "`yolo detect train data=data.yaml`."

    def read(self, folder: Path) -> Iterator[Brought]:
        return yolo.read(folder)


def _boxes(one: Labelled, to: Target) -> Iterable[tuple[str, list[float]]]:
    """What of each box lies in the picture: its reader throws away a picture with one that reaches out."""
    for thing, _ in to.marked(one):
        left, right = (_within(side / one.width) for side in (thing.left, thing.left + thing.width))
        top, bottom = (_within(side / one.height) for side in (thing.top, thing.top + thing.height))
        if left < right and top < bottom:
            yield thing.label, [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top]


def _within(share: float) -> float:
    return min(1.0, max(0.0, share))
