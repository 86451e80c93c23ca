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
    for thing, _ in to.marked(one):
        across, down = thing.left + thing.width / 2, thing.top + thing.height / 2
        yield (
            thing.label,
            [across / one.width, down / one.height, thing.width / one.width, thing.height / one.height],
        )
