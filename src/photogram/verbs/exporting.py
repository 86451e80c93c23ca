"""Writing a dataset as other tools want it."""

from importlib import import_module
from pathlib import Path

from photogram.dataset import Dataset
from photogram.results import Exported
from photogram.surveying import Folder


def export(
    dataset: Folder = ".",
    as_: str = "folder",
    to: str = "",
    splits: str = "80/10/10",
    link: bool = False,
    rejected: bool = False,
) -> Exported:
    """Write the dataset as other tools want it, pictures as they are, and say what was left out.

    Formats: folder, imagefolder, parquet, webdataset, coco, yolo, yolo-segment, voc, openclip,
    labelstudio. A picture and its edits are in one split; val and test are real pictures alone as soon
    as there are any. A folder that is there already is never written into.

    as: the format.
    to: the folder to make, instead of one under exports/.
    splits: hundredths for train, val and test; what rows are said to be counts first.
    link: link files instead of copying them; what is changed there is changed in the dataset.
    rejected: synthetic pictures too that their judge or the bounds of the brief reject.
    """
    with Dataset(Path(dataset), make=False) as opened:
        build = import_module("photogram.builds.export")
        return build.export(opened, build.Choice(as_, to, splits, link, rejected))
