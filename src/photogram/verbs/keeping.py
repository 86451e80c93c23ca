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


def fetch(
    dataset: Folder = ".",
    names: Sequence[str] = (),
    from_: str = "",
    to: str = ".",
    label: str = "",
    split: str = "",
) -> Fetched:
    """Fetch pictures out of a pack, each by one read of its own bytes, and check that they are the ones.

    Out of a published set too, from any computer: neither the dataset nor the archives are needed.

    names: pictures, by title, row or name in the archive.
    from: a published set (a folder, s3://, gs://, az://, https://), a pack's folder or any zip archive.
    to: the folder to put them in.
    label: out of a published set, all pictures of this label.
    split: out of a published set, all pictures of this split.
    """
    if from_:  # no dataset is needed then, and the first word is a name
        names = [*([] if is_dataset(Path(dataset)) else [str(dataset)]), *names]
        names = [name for name in names if name != "."]
    fetching = import_module("photogram.builds.fetch")
    return fetching.fetch(from_ or str(dataset), names, Path(to), fetching.Query(label, split))
