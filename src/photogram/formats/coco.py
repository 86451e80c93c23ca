"""COCO: boxes and masks of things in pictures, and captions, as JSON beside the pictures.

Masks are written twice: as polygons, which most tools want, and as runs of pixels. Both say the mask to
the pixel; polygons go around pixels, not through their middles.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np

from photogram.columns import text_of, thing_of
from photogram.faults import BadInput
from photogram.format import Marked, Target
from photogram.labelled import Brought, Labelled
from photogram.laid import UNREADABLE, files_in, inside, json_bytes, read_json, split_in
from photogram.pixels import masks, outlines
from photogram.pixels.codecs import PIXEL_LIMIT
from photogram.pixels.masks import Mask

_RUNS = "instances_rle_"


class Format:
    """`images/SPLIT/NAME.jpg`, and `annotations/instances_SPLIT.json` and its kin."""

    carries = ("label", "caption", "boxes", "mask")

    def write(self, pictures: Iterable[Labelled], to: Target) -> Iterable[str]:
        said: dict[str, _Said] = {}
        for one in pictures:
            to.picture(f"images/{one.split}/{one.file}", one)
            said.setdefault(one.split, _Said(to)).add(one)
        for split, part in said.items():
            kinds = {"categories": part.kinds}
            for name, found in (
                ("instances", {"annotations": part.polygons, **kinds}),
                ("instances_rle", {"annotations": part.runs, **kinds}),
                ("captions", {"annotations": part.captions}),
            ):
                whole = {"info": {"description": to.name}, "images": part.images, **found}
                to.write(f"annotations/{name}_{split}.json", json_bytes(whole))
        return ()

    def use(self) -> str:
        return (
            "`pycocotools.coco.COCO('annotations/instances_train.json')`; in FiftyOne\n"
            "`Dataset.from_dir('.', dataset_type=fiftyone.types.COCODetectionDataset,\n"
            "data_path='images/train', labels_path='annotations/instances_train.json')`."
        )

    def read(self, folder: Path) -> Iterator[Brought]:
        found = _files(folder)
        if not found:
            raise BadInput("there is no JSON of COCO's form in it", where=str(folder))
        for place in sorted({place for _, whole in found for place in _places(whole)}):
            yield _brought(folder, place, found)


# ----------------------------------------------------------------------------- writing


class _Said:
    """What is said of the pictures of a split."""

    def __init__(self, to: Target) -> None:
        self._to = to
        self._number = {label: number for number, label in enumerate(to.classes, 1)}
        self.kinds = [{"id": number, "name": label} for label, number in self._number.items()]
        self.images: list[dict[str, Any]] = []
        self.polygons: list[dict[str, Any]] = []
        self.runs: list[dict[str, Any]] = []
        self.captions: list[dict[str, Any]] = []

    def add(self, one: Labelled) -> None:
        number = len(self.images) + 1
        known = {"label": one.label, "synthetic": one.synthetic, "origin": one.origin, "row": one.source}
        size = {"width": one.width, "height": one.height}
        self.images.append({"id": number, "file_name": one.file, **size, **known})
        if one.caption:
            self.captions.append({"id": number, "image_id": number, "caption": one.caption})
        for found in self._to.marked(one):
            self._add_thing(number, found, one)

    def _add_thing(self, image: int, found: Marked, one: Labelled) -> None:
        thing, mask = found
        common: dict[str, Any] = {
            "id": len(self.polygons) + 1,
            "image_id": image,
            "category_id": self._number[thing.label],
            "bbox": [thing.left, thing.top, thing.width, thing.height],
            "iscrowd": 0,
        }
        if mask is None:
            plain: dict[str, Any] = {**common, "area": thing.width * thing.height, "segmentation": []}
            self.polygons.append(plain)
            self.runs.append(plain)
            return
        common["area"] = int(np.count_nonzero(mask))
        lines = [polygon.ravel().tolist() for polygon in outlines.polygons(mask)]
        letters = outlines.squeezed(outlines.runs(mask))
        self.polygons.append({**common, "segmentation": lines})
        runs = {"size": [one.height, one.width], "counts": letters}
        self.runs.append({**common, "segmentation": runs})


# ----------------------------------------------------------------------------- reading


class _Whole(NamedTuple):
    """A file of COCO's form, by the names of its pictures."""

    split: str
    images: dict[str, dict[str, Any]]
    said: dict[Any, list[dict[str, Any]]]
    kinds: dict[Any, str]


_Place = tuple[str, str]
"""A split, and a picture's name in its files."""


def _files(folder: Path) -> list[tuple[Path, _Whole]]:
    paths = [path for path in files_in(folder) if path.suffix == ".json"]
    plain = {path.name for path in paths}
    found: list[tuple[Path, _Whole]] = []
    for path in paths:
        twice = path.name.startswith(_RUNS) and path.name.replace(_RUNS, "instances_") in plain
        whole = None if twice else _whole(read_json(path), path, folder)
        if whole:
            found.append((path, whole))
    return found


def _whole(value: Any, path: Path, folder: Path) -> _Whole | None:
    if not (isinstance(value, dict) and "images" in value and "annotations" in value):
        return None
    try:
        images: Any = {image["file_name"]: image for image in cast(Any, value["images"])}
        said: dict[Any, list[dict[str, Any]]] = {}
        for one in cast(Any, value["annotations"]):
            said.setdefault(one["image_id"], []).append(one)
        kinds = {kind["id"]: str(kind["name"]) for kind in cast(Any, value).get("categories", ())}
    except UNREADABLE as error:
        raise BadInput(f"this is not of COCO's form: {error}", where=str(path)) from None
    inner = path.relative_to(folder).as_posix().replace(".json", "").replace("_", "/")
    return _Whole(split_in(inner), images, said, kinds)


def _places(whole: _Whole) -> Iterator[_Place]:
    return ((whole.split, name) for name in whole.images)


def _brought(folder: Path, place: _Place, found: list[tuple[Path, _Whole]]) -> Brought:
    split, name = place
    those = [(path, whole) for path, whole in found if whole.split == split and name in whole.images]
    shown = f"{those[0][0].relative_to(folder).as_posix()}, {name}"
    picture = _picture(folder, those[0][0], split, name)
    if picture is None:
        return Brought(shown, b"", Labelled(name=""), trouble="the picture is not there")
    try:
        labelled, mask = _labelled(place, [whole for _, whole in those])
    except (BadInput, *UNREADABLE) as error:
        return Brought(shown, b"", Labelled(name=""), trouble=f"what is said of it cannot be read: {error}")
    return Brought(shown, picture, labelled, mask)


def _picture(folder: Path, beside: Path, split: str, name: str) -> Path | None:
    years = [f"{split}2017", f"{split}2014"]
    places = ["", "images", *(f"{root}{part}" for root in ("images/", "") for part in (split, *years))]
    found = (inside(folder, place, name) for place in places)
    return next((path for path in found if path), inside(beside.parent, name))


def _labelled(place: _Place, those: list[_Whole]) -> tuple[Labelled, bytes | None]:
    split, name = place
    said = [(one, whole) for whole in those for one in whole.said.get(whole.images[name]["id"], ())]
    things = [(one, whole.kinds[one["category_id"]]) for one, whole in said if "bbox" in one]
    image = those[0].images[name]
    kinds = {label for _, label in things}
    labelled = Labelled(
        name=Path(name).stem,
        label=text_of(image.get("label", kinds.pop() if len(kinds) == 1 else "")),
        caption=next((one["caption"] for one, _ in said if one.get("caption")), ""),
        split=split,
        synthetic=image.get("synthetic") is True,
        things=tuple(thing_of(label, one["bbox"]) for one, label in things),
    )
    region = _region([one.get("segmentation") for one, _ in things], image)
    return labelled, masks.encode(region) if region is not None and region.any() else None


def _region(said: list[Any], image: dict[str, Any]) -> Mask | None:
    """All that the things of a picture cover together."""
    parts = [part for part in said if part]
    if not parts:
        return None
    width, height = int(image["width"]), int(image["height"])
    if not 0 < width * height <= PIXEL_LIMIT or width < 0:
        raise ValueError(f"a picture of {width}x{height} is none")
    region = np.zeros((height, width), np.uint8)
    for part in parts:
        region |= _mask(part, width, height)
    return region


def _mask(part: Any, width: int, height: int) -> Mask:
    if isinstance(part, list):
        lines = [np.asarray(line, np.float64).reshape(-1, 2) for line in cast(list[Any], part)]
        return outlines.from_polygons(lines, width, height)
    counts = part["counts"]
    return outlines.from_runs(
        outlines.stretched(counts) if isinstance(counts, str) else counts, width, height
    )
