"""YOLO for segmentation: a line of text for each part of a mask, by the corners of its outline."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from photogram import yolo
from photogram.format import Target
from photogram.labelled import Brought, Labelled
from photogram.pixels.outlines import polygons


class Format:
    """As `yolo`, with outlines in place of boxes; a mask in several parts is several things."""

    carries = ("mask",)

    def write(self, pictures: Iterable[Labelled], to: Target) -> Iterable[str]:
        return yolo.write(pictures, to, _outlines)

    def use(self) -> str:
        return "`yolo segment train data=data.yaml`."

    def read(self, folder: Path) -> Iterator[Brought]:
        return yolo.read(folder)


def _outlines(one: Labelled, to: Target) -> Iterable[tuple[str, list[float]]]:
    for thing, mask in to.marked(one):
        for corners in polygons(mask) if mask is not None else ():
            yield thing.label, (corners / np.array((one.width, one.height))).ravel().tolist()
