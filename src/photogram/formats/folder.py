"""A folder for each class, as torchvision's ImageFolder and most classifiers read it; masks beside them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from photogram.faults import BadInput
from photogram.format import Target
from photogram.labelled import Brought, Labelled
from photogram.laid import files_in, relative, shelf, split_in, unshelved

MASKS = "masks"


class Format:
    """`SPLIT/CLASS/NAME.jpg`, and `masks/SPLIT/CLASS/NAME.png`."""

    carries = ("label", "mask")

    def write(self, pictures: Iterable[Labelled], to: Target) -> Iterable[str]:
        for one in pictures:
            place = f"{one.split}/{shelf(one.label)}"
            to.picture(f"{place}/{one.file}", one)
            if one.mask:
                to.mask(f"{MASKS}/{place}/{one.name}.png", one)
        return ()

    def use(self) -> str:
        return "`torchvision.datasets.ImageFolder('train')`: the folders are the classes."

    def read(self, folder: Path) -> Iterator[Brought]:
        paths = {relative(path, folder): path for path in files_in(folder)}
        if not any(place.count("/") for place in paths):
            what = "there are no folders in it whose names could be labels"
            raise BadInput(what, where=str(folder), do="name the folder that holds one for each class")
        masks = {f"{MASKS}/{place.rpartition('.')[0]}.png" for place in paths} & paths.keys()
        tops = {place.split("/")[0] for place in paths.keys() - masks if "/" in place}
        divided = all(map(split_in, tops))  # a train beside a car and a bus is a class
        for place, path in paths.items():
            parts = place.split("/")
            if len(parts) == 1 or place in masks:
                continue
            split = split_in(parts[0]) if divided else ""
            inner = parts[1:-1] if split else parts[:-1]
            label = unshelved(inner[0]) if inner else ""
            mask = paths.get(f"{MASKS}/{place.rpartition('.')[0]}.png")
            yield Brought(place, path, Labelled(name=path.stem, label=label, split=split), mask)
