"""Packing a dataset, and fetching a picture out of a pack."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from photogram.dataset import Dataset, is_dataset
from photogram.results import Fetched, Packed
from photogram.surveying import Folder


def pack(dataset: Folder = ".", tar: bool = False) -> Packed:
    """Pack the dataset: zip shards of pictures, masks and records, with an inventory of byte ranges.

    Pictures lie in it as they are, so that one can be fetched alone. What is packed already is not
    packed again.

    tar: shards are tars, which training reads from end to end, with the same inventory.
    """
    with Dataset(Path(dataset), make=False) as opened:
        return import_module("photogram.builds.pack").pack(opened, tar=tar)


def fetch(dataset: Folder = ".", names: Sequence[str] = (), from_: str = "", to: str = ".") -> Fetched:
    """Fetch pictures out of a pack, each by one read of its own bytes, and check that they are the ones.

    names: pictures, by title, row or name in the archive.
    from: a pack's folder or any zip archive, instead of the dataset's newest pack.
    to: the folder to put them in.
    """
    if from_:  # no dataset is needed then, and the first word is a name
        names = [*([] if is_dataset(Path(dataset)) else [str(dataset)]), *names]
        names = [name for name in names if name != "."]
    return import_module("photogram.builds.fetch").fetch(Path(from_ or dataset), names, Path(to))
