"""Beginning a dataset and taking real pictures in."""

import os
from collections.abc import Sequence
from pathlib import Path

from photogram import intake, stories
from photogram.data import Row
from photogram.dataset import Dataset
from photogram.faults import BadInput
from photogram.results import Added, Made
from photogram.store import told as told_of
from photogram.surveying import Folder


def new(dataset: Folder, story: str = "blank") -> Made:
    """Begin a dataset: a folder with a commented brief that runs as it is.

    story: which brief to begin with: inspection, buildings, scenes, traffic or blank.
    """
    folder = Path(dataset)
    if story not in stories.names():
        raise BadInput(f"there is no story {story!r}", do=f"choose one of {', '.join(stories.names())}")
    brief = folder / "brief.toml"
    with told_of(brief):
        if os.path.lexists(brief):
            raise BadInput(f"{brief} is there already", do="choose another folder, or change that brief")
        folder.mkdir(parents=True, exist_ok=True)
        brief.write_text(stories.text(story), "utf-8")
    return Made(folder=str(folder), story=story)


def add(  # noqa: PLR0913 - each is a word that a person says of pictures
    dataset: Folder,
    sources: Sequence[str],
    label: str = "",
    group: str = "",
    split: str = "",
    masks: str = "",
    as_: str = "",
    synthetic: bool = False,
) -> Added:
    """Take real pictures in: files, folders, patterns, zip archives, s3:// addresses, published sets.

    What a file is is told by its bytes. The same bytes are one row, however often they come. A file
    that cannot be used is named and passed over. Without sources, what the brief names is taken in.
    A folder in a format of the field is taken in with its labels, captions, boxes and masks: folder,
    imagefolder, parquet, webdataset, coco, yolo, yolo-segment, voc or openclip.

    sources: where the pictures are.
    label: what they show, such as the class they belong to.
    group: pictures of one group fall into one split.
    split: train, val or test.
    masks: where their masks lie: a.png or a_mask.png for a.jpg.
    as: the format of the folders; `folder` has one for each class.
    synthetic: they were made by a model or a program, and are for training alone.
    """
    if split not in ("", "train", "val", "test"):
        raise BadInput(f"there is no split {split!r}", do="name train, val or test")
    with Dataset(Path(dataset)) as opened:
        if sources:
            like = Row(id="", name="", label=label, group=group, split=split, said_synthetic=synthetic)
            if as_:
                return intake.take_labelled(opened, sources, Path.cwd(), like, as_)
            return intake.take(opened, sources, Path.cwd(), like, (masks,) if masks else ())
        return intake.take_as_briefed(opened)
