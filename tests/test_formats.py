"""Every export opened by the tool it is for, or by a strict reader of that tool's rules."""

import csv
import json
import re
import shutil
import xml.etree.ElementTree as xml
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from photogram import formats, verbs
from photogram.faults import BadInput, NotSetUp
from photogram.laid import ROWS
from photogram.taking.judging import Unusable
from photogram.taking.labelled import Told, labelled

from .labels import held, made, ring, shoot
from .small import rows, write


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return made(tmp_path_factory.mktemp("formats") / "set")


@pytest.fixture(scope="module")
def here(folder):
    return held(folder)


@pytest.fixture
def exported(folder):
    """The folder of an export, and the lines that say what is in it, by name."""

    def export(name):
        found = Path(verbs.export(folder, as_=name).folder)
        lines = [json.loads(line) for line in (found / ROWS).read_bytes().splitlines()]
        return found, {line["name"]: line for line in lines}

    return export


def masks_by_name(here):
    return {known["row"].name: known["mask"] for known in here.values()}


# ------------------------------------------------------------------------ Hugging Face


@pytest.fixture
def datasets(monkeypatch, tmp_path):
    """Hugging Face's reader, kept off the network and off the person's own folders."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return pytest.importorskip("datasets")


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("name", ["imagefolder", "parquet"])
def test_hugging_face_opens_it(exported, here, datasets, tmp_path, name):
    """Splits, pictures and masks as pictures, labels, captions, boxes and the flag."""
    found, lines = exported(name)
    kind = {"imagefolder": "imagefolder", "parquet": str(found)}[name]
    where = {"data_dir": str(found)} if name == "imagefolder" else {}
    loaded = datasets.load_dataset(kind, cache_dir=str(tmp_path / "cache"), **where)
    assert set(loaded) == {"train", "validation", "test"}
    assert sum(part.num_rows for part in loaded.values()) == len(lines)
    by_row = {line["id"]: line for line in lines.values()}
    regions = masks_by_name(here)
    for split, part in loaded.items():
        for row in part:
            line = by_row[row["row"]]
            assert line["split"] == {"validation": "val"}.get(split, split)
            assert (row["label"], row["synthetic"]) == (line["label"], line["synthetic"])
            assert row["caption"] == line["cells"]["annotation"]["value"]["description"]
            region = regions[line["name"]]
            seen = None if row["mask"] is None else np.asarray(row["mask"].convert("L"))
            assert (seen is None or not seen.any()) == (region is None)
            assert region is None or np.array_equal(seen, region)
            assert row["image"].size == tuple(
                line["cells"]["measures"]["value"][s] for s in ("width", "height")
            )
            boxes = line["cells"]["image"].get("value", {}).get("boxes", [])
            if name == "parquet":  # val has no box here, and so the other format leaves them out
                assert row["objects"]["categories"] == [box["label"] for box in boxes]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("name", ["imagefolder", "parquet"])
def test_hugging_face_opens_a_set_without_masks(datasets, tmp_path, name):
    """Where a column would hold nothing, no type can be guessed for it."""
    folder = write(tmp_path / "set")
    verbs.run(folder)
    found = verbs.export(folder, as_=name).folder
    where = {"path": "imagefolder", "data_dir": found} if name == "imagefolder" else {"path": found}
    loaded = datasets.load_dataset(cache_dir=str(tmp_path / "cache"), **where)
    assert sorted(row["label"] for part in loaded.values() for row in part) == ["apple"] * 3 + ["pear"] * 2


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_duckdb_and_pandas_open_the_parquet(exported):
    """In one line of SQL, and in one of Python; the pictures are in it as they are."""
    duckdb, pandas = pytest.importorskip("duckdb"), pytest.importorskip("pandas")
    found, lines = exported("parquet")
    sql = (
        f"SELECT label, count(*) FROM '{found}/data/*.parquet' WHERE synthetic GROUP BY label ORDER BY label"
    )
    assert duckdb.sql(sql).fetchall() == [("scratched", 3), ("stained", made_of(lines, "stained"))]
    table = pandas.read_parquet(found / "data" / "test-00000.parquet")
    assert not table["synthetic"].any()
    assert all(picture["bytes"][:3] in (b"\xff\xd8\xff", b"\x89PN") for picture in table["image"])


def made_of(lines, label):
    return sum(line["label"] == label for line in lines.values())


def test_without_pyarrow_the_extra_is_named(folder):
    """With the one command that brings it."""
    with mock.patch.dict("sys.modules", {"pyarrow": None}), pytest.raises(NotSetUp) as told:
        verbs.export(folder, as_="parquet", to=str(folder.parent / "never"))
    assert "photogram[parquet]" in told.value.do
    assert not (folder.parent / "never").exists()


# -------------------------------------------------------------------------- WebDataset


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_webdataset_reads_the_tars(exported, here):
    """Each picture with all that belongs to it, decoded by the library itself."""
    webdataset = pytest.importorskip("webdataset")
    found, lines = exported("webdataset")
    labels = (found / "labels.txt").read_text().splitlines()
    regions, seen = masks_by_name(here), set()
    for path in sorted(found.glob("*.tar")):
        for one in webdataset.WebDataset(str(path), shardshuffle=False).decode("pil"):
            name = one["__key__"]
            seen.add(name)
            line = lines[name]
            assert labels[one["cls"]] == line["label"] == json.loads(_plain(one["json"]))["label"]
            assert one["txt"] == line["cells"]["annotation"]["value"]["description"]
            assert path.name.startswith(line["split"])
            region = regions[name]
            assert ("mask.png" in one) == (region is not None)
            if region is not None:
                assert np.array_equal(np.asarray(one["mask.png"].convert("L")), region)
    assert seen == set(lines)


def _plain(value):
    return value if isinstance(value, (str, bytes)) else json.dumps(value)


# -------------------------------------------------------------------------------- COCO


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("kind", ["instances", "instances_rle"])
def test_pycocotools_reads_the_masks(exported, here, kind, capsys):
    """Polygons and runs alike: all things of a picture together are its mask, to the pixel."""
    from pycocotools.coco import COCO

    found, lines = exported("coco")
    regions, seen = masks_by_name(here), 0
    for split in ("train", "val", "test"):
        opened = COCO(found / "annotations" / f"{kind}_{split}.json")
        for image in opened.loadImgs(opened.getImgIds()):
            seen += 1
            line, region = lines[Path(image["file_name"]).stem], regions[Path(image["file_name"]).stem]
            assert (found / "images" / split / image["file_name"]).is_file()
            assert (image["label"], image["synthetic"]) == (line["label"], line["synthetic"])
            things = opened.loadAnns(opened.getAnnIds(imgIds=image["id"]))
            whole = np.zeros((image["height"], image["width"]), np.uint8)
            for thing in things:
                part = opened.annToMask(thing)
                assert part.sum() == thing["area"]
                whole |= part
            assert bool(things) == (region is not None)
            assert region is None or np.array_equal(whole * 255, region)
    assert seen == len(lines)
    capsys.readouterr()


def test_pycocotools_reads_the_captions(exported, capsys):
    """One for each picture that has one, for COCO's caption tools."""
    from pycocotools.coco import COCO

    found, lines = exported("coco")
    opened = COCO(found / "annotations" / "captions_train.json")
    for image in opened.loadImgs(opened.getImgIds()):
        (said,) = opened.loadAnns(opened.getAnnIds(imgIds=image["id"]))
        line = lines[Path(image["file_name"]).stem]
        assert said["caption"] == line["cells"]["annotation"]["value"]["description"]
    capsys.readouterr()


def test_a_foreign_coco_is_read(tmp_path):
    """As COCO's own download lies: year in the names, runs as numbers, a crowd, no labels of pictures."""
    shoot(tmp_path / "coco" / "val2017", 1)
    runs = {"size": [48, 64], "counts": [10, 5, 48 * 64 - 15]}
    kinds = [{"id": 7, "name": "dog", "supercategory": "animal"}, {"id": 9, "name": "cat"}]
    common = {"image_id": 3, "iscrowd": 0}
    things = [
        {
            "id": 1,
            "category_id": 7,
            "bbox": [1.5, 2, 10, 20.25],
            "segmentation": runs,
            **common,
            "iscrowd": 1,
        },
        {
            "id": 2,
            "category_id": 9,
            "bbox": [30, 10, 9, 9],
            "segmentation": [[30, 10, 39, 10, 39, 19]],
            **common,
        },
    ]
    image = {"id": 3, "file_name": "shot 1.jpg", "width": 64, "height": 48}
    whole = {"images": [image], "annotations": things, "categories": kinds}
    lay(tmp_path / "coco" / "annotations" / "instances_val2017.json", whole)
    said = [
        {"id": 1, "image_id": 3, "caption": "a dog and a cat"},
        {"id": 2, "image_id": 3, "caption": "two"},
    ]
    lay(tmp_path / "coco" / "annotations" / "captions_val2017.json", {"images": [image], "annotations": said})
    folder = write(tmp_path / "set", groups={})
    assert verbs.add(folder, [str(tmp_path / "coco")], as_="coco").added == 1
    ((_, found),) = held(folder).items()
    assert (found["label"], found["split"], found["caption"]) == ("", "val", "a dog and a cat")
    assert [box["label"] for box in found["boxes"]] == ["dog", "cat"]
    assert found["boxes"][0] == {"label": "dog", "left": 1.5, "top": 2, "width": 10, "height": 20.25}
    assert found["mask"][10:15, 0].all()
    assert found["mask"][11, 38] == 255
    assert 0 < np.count_nonzero(found["mask"]) < 60


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"file_name": "../../secret.jpg"}, "not there"),
        ({"file_name": "/etc/hostname"}, "not there"),
        ({"file_name": "a\0b.jpg"}, "not there"),
        ({"width": 3}, "cannot be read"),
        ({"width": "wide"}, "cannot be read"),
        ({"width": 10**9, "height": 10**9}, "is none"),
        ({"width": -64, "height": -48}, "is none"),
    ],
)
def test_a_hostile_coco_costs_one_picture(tmp_path, change, told):
    """Names that lead out of the folder and sizes that lie are told; nothing outside is taken in."""
    shoot(tmp_path / "coco", 1)
    shoot(tmp_path, 2)
    (tmp_path / "shot 2.jpg").rename(tmp_path / "secret.jpg")
    runs = {"size": [48, 64], "counts": [10, 5, 48 * 64 - 15]}
    image = {"id": 1, "file_name": "shot 1.jpg", "width": 64, "height": 48, **change}
    thing = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1], "segmentation": runs}
    whole = {"images": [image], "annotations": [thing], "categories": [{"id": 1, "name": "x"}]}
    lay(tmp_path / "coco" / "a.json", whole)
    folder = write(tmp_path / "set", groups={})
    added = verbs.add(folder, [str(tmp_path / "coco")], as_="coco")
    assert added.added == 0
    ((_, why),) = added.unusable
    assert told in why


def lay(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")


# -------------------------------------------------------------------------------- YOLO


def yolo(folder):
    """What ultralytics' loader would read, refusing what it refuses: lines by picture, and the names."""
    text = (folder / "data.yaml").read_text()
    names = [json.loads(word) for word in re.findall(r'^  \d+: (".*")$', text, re.M)]
    assert [int(number) for number in re.findall(r"^  (\d+): ", text, re.M)] == list(range(len(names)))
    found = {}
    for split, place in re.findall(r"^(train|val|test): (.*)$", text, re.M):
        for picture in sorted((folder / place).iterdir()):
            assert picture.suffix in (".jpg", ".png")
            said = Path(str(picture).replace("/images/", "/labels/")).with_suffix(".txt")
            lines = [line.split() for line in said.read_text().splitlines()]
            for kind, *numbers in lines:
                assert int(kind) < len(names)
                assert len(numbers) == 4 or (len(numbers) >= 6 and len(numbers) % 2 == 0)
                assert all(0 <= float(number) <= 1 for number in numbers)
            assert len({tuple(line) for line in lines}) == len(lines)
            found[picture.stem] = (split, [(names[int(kind)], list(map(float, n))) for kind, *n in lines])
    return found


def test_yolo_has_a_box_for_each_thing(exported, here):
    """In shares of the picture, by its middle; pictures without things have an empty file."""
    found, lines = exported("yolo")
    read, regions = yolo(found), masks_by_name(here)
    assert set(read) == set(lines)
    for name, (split, things) in read.items():
        assert split == lines[name]["split"]
        region = regions[name]
        assert bool(things) == (region is not None)
        if region is None or lines[name]["cells"]["image"].get("value", {}).get("boxes"):
            continue
        ((_, (across, down, wide, tall)),) = things
        y, x = np.nonzero(region)
        height, width = region.shape
        box = (x.min(), y.min(), x.max() + 1, y.max() + 1)
        ours = ((across - wide / 2) * width, (down - tall / 2) * height)
        ours += ((across + wide / 2) * width, (down + tall / 2) * height)
        assert np.allclose(ours, box, atol=1e-3)


def test_yolo_outlines_are_the_masks(exported, here):
    """Drawn by another library's polygons they cover the mask, but for the border that it draws too."""
    found, lines = exported("yolo-segment")
    read, regions = yolo(found), masks_by_name(here)
    assert set(read) == set(lines)
    drawn = 0
    for name, (_, things) in read.items():
        region = regions[name]
        if region is None:
            assert things == []
            continue
        height, width = region.shape
        canvas = Image.new("L", (width * 8, height * 8))
        for _, numbers in things:
            corners = (np.reshape(numbers, (-1, 2)) * (width * 8, height * 8)).ravel().tolist()
            part = Image.new("L", canvas.size)
            ImageDraw.Draw(part).polygon(corners, fill=255)
            canvas.paste(255, mask=part)
        middles = np.asarray(canvas)[4::8, 4::8]
        assert np.mean(middles != region) < 0.002
        drawn += 1
    assert drawn > 5


def test_a_box_that_reaches_out_of_the_picture_is_cut(tmp_path):
    """As ultralytics' loader wants it, which passes over a whole picture for one such number."""
    shoot(tmp_path / "coco", 1)
    image = {"id": 1, "file_name": "shot 1.jpg", "width": 64, "height": 48}
    things = [
        {"image_id": 1, "category_id": 1, "bbox": [-32, -10, 64, 34]},
        {"image_id": 1, "category_id": 1, "bbox": [70, 50, 9, 9]},
    ]
    whole = {"images": [image], "annotations": things, "categories": [{"id": 1, "name": "x"}]}
    lay(tmp_path / "coco" / "a.json", whole)
    folder = write(tmp_path / "set", groups={})
    verbs.add(folder, [str(tmp_path / "coco")], as_="coco")
    ((_, read),) = yolo(Path(verbs.export(folder, as_="yolo").folder)).values()
    assert read == [("x", [0.25, 0.25, 0.5, 0.5])]


YAMLS = [
    "train: ../train/images\nnc: 2\nnames: ['cat', 'dog']\n",
    "names:\n  0: cat\n  1: dog\ntrain: images\n",
    'names:\n- cat\n- "dog"\n',
    "nc: 2\nnames:\n  - cat\n  - 'dog'\n\nroboflow: x\n",
    "path: .\nnames: [cat, dog]",
    "names: {0: cat, 1: dog}",
]


@pytest.mark.parametrize("text", YAMLS)
def test_a_foreign_yolo_is_read(tmp_path, text):
    """Names in a line, in a list or by number; pictures by split first, as Roboflow has them."""
    base = tmp_path / "yolo"
    shoot(base / "valid" / "images", 1)
    shoot(base / "train" / "images", 2)
    lay(base / "data.yaml", text)
    lay(base / "valid" / "labels" / "shot 1.txt", "1 0.5 0.5 0.25 0.5\n")
    folder = write(tmp_path / "set", groups={})
    assert verbs.add(folder, [str(base)], as_="yolo").added == 2
    found = {row.name: row for row in rows(folder)}
    assert (found["shot-1"].label, found["shot-1"].split) == ("dog", "val")
    assert (found["shot-2"].label, found["shot-2"].split) == ("", "train")
    (box,) = found["shot-1"].cells["image"].value["boxes"]
    assert box == {"label": "dog", "left": 24, "top": 12, "width": 16, "height": 24}


def test_numbers_of_classes_that_leave_one_out_are_refused(tmp_path):
    """Rather than every class after the gap be called by another's name."""
    shoot(tmp_path / "yolo" / "images", 1)
    lay(tmp_path / "yolo" / "data.yaml", "names:\n  0: cat\n  2: dog\n")
    with pytest.raises(BadInput, match="2 stands where 1 should"):
        verbs.add(write(tmp_path / "set", groups={}), [str(tmp_path / "yolo")], as_="yolo")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("1 0.5 0.5", "2 numbers"),
        ("9 0.5 0.5 0.1 0.1", "no class 9"),
        ("x 1 1 1 1", "invalid"),
        ("-1 0 0 1 1", "no class"),
    ],
)
def test_a_line_that_is_none_is_told(tmp_path, line, told):
    """And the picture is not taken in without its labels."""
    shoot(tmp_path / "yolo" / "images", 1)
    lay(tmp_path / "yolo" / "data.yaml", YAMLS[0])
    lay(tmp_path / "yolo" / "labels" / "shot 1.txt", f"{line}\n")
    folder = write(tmp_path / "set", groups={})
    added = verbs.add(folder, [str(tmp_path / "yolo")], as_="yolo")
    ((_, why),) = added.unusable
    assert added.added == 0
    assert told in why


# --------------------------------------------------------------------------------- VOC


def test_voc_is_as_its_own_kit_has_it(exported, here):
    """Lists of names, boxes that count from 1 with both ends inside, and classes as numbers of a palette."""
    found, lines = exported("voc")
    classes = [line.partition(":")[0] for line in (found / "labelmap.txt").read_text().splitlines()[1:]]
    regions, seen = masks_by_name(here), set()
    for split in ("train", "val", "test"):
        for name in (found / "ImageSets" / "Main" / f"{split}.txt").read_text().split():
            seen.add(name)
            assert lines[name]["split"] == split
            root = xml.parse(found / "Annotations" / f"{name}.xml").getroot()
            assert (found / "JPEGImages" / root.findtext("filename")).is_file()
            assert root.findtext("source/image") == ("synthetic" if lines[name]["synthetic"] else "real")
            region = regions[name]
            assert root.findtext("segmented") == str(int(region is not None))
            if region is None:
                assert root.find("object") is None
                continue
            with Image.open(found / "SegmentationClass" / f"{name}.png") as image:
                assert image.mode == "P"
                assert image.getpalette()[3:6] == [128, 0, 0]
                plane = np.asarray(image)
            assert np.array_equal((plane > 0) * 255, region)
            kinds = {part.findtext("name") for part in root.iter("object")}
            assert kinds == {classes[number] for number in np.unique(plane) if number}
            for part in root.iter("object"):
                left, top, right, bottom = (float(part.findtext(f"bndbox/{side}")) for side in _SIDES)
                assert 1 <= left <= right <= region.shape[1]
                assert 1 <= top <= bottom <= region.shape[0]
    assert seen == set(lines)


_SIDES = ("xmin", "ymin", "xmax", "ymax")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]><annotation>&b;</annotation>', "no plain description"),
        ("<annotation>", "cannot be read"),
        ("<annotation><filename>../secret.jpg</filename></annotation>", "is not there"),
        ("<annotation><object><name>x</name></object></annotation>", "no sides"),
    ],
)
def test_a_hostile_voc_costs_one_picture(tmp_path, text, told):
    """Words that grow, names that lead outside, boxes without numbers."""
    shoot(tmp_path / "voc" / "JPEGImages", 1)
    shoot(tmp_path / "voc", 2)
    (tmp_path / "voc" / "shot 2.jpg").rename(tmp_path / "secret.jpg")
    lay(tmp_path / "voc" / "Annotations" / "shot 1.xml", text)
    folder = write(tmp_path / "set", groups={})
    added = verbs.add(folder, [str(tmp_path / "voc")], as_="voc")
    ((_, why),) = added.unusable
    assert added.added == 0
    assert told in why


# ----------------------------------------------------------------- open_clip, Label Studio


def test_open_clip_reads_the_table(exported):
    """By its defaults: tabs, `filepath` and `title`; each path is one from this folder."""
    found, lines = exported("openclip")
    seen = 0
    for split in ("train", "val", "test"):
        with open(found / f"{split}.csv", newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                seen += 1
                line = lines[Path(row["filepath"]).stem]
                with Image.open(found / row["filepath"]) as image:
                    image.verify()
                assert row["title"] == line["cells"]["annotation"]["value"]["description"]
                assert row["synthetic"] == str(int(line["synthetic"]))
    assert seen == len(lines)


def test_label_studio_finds_what_it_needs(exported, here):
    """Tasks whose regions are in hundredths, with the names that the interface declares."""
    found, lines = exported("labelstudio")
    interface = xml.parse(found / "labels.xml").getroot()
    names = {part.get("name"): part.tag.lower() for part in interface if part.tag != "Image"}
    regions = masks_by_name(here)
    tasks = json.loads((found / "tasks.json").read_bytes())
    assert len(tasks) == len(lines)
    for task in tasks:
        path = task["data"]["image"].removeprefix("/data/local-files/?d=")
        assert (found / path).is_file()
        (said,) = task["annotations"]
        assert len({one["id"] for one in said["result"]}) == len(said["result"])
        for one in said["result"]:
            assert names[one["from_name"]] == one["type"]
            for place in one["value"].get("points", []):
                assert all(0 <= number <= 100 for number in place)
        kinds = {one["type"] for one in said["result"]}
        assert ("polygonlabels" in kinds) == (regions[Path(path).stem] is not None)


# ------------------------------------------------------------------------ what others wrote


def test_a_foreign_folder_by_class_is_read(tmp_path):
    """With and without splits; a train beside a cat is a class, what lies beside the folders has none."""
    base = tmp_path / "photos"
    shoot(base / "cat", 1)
    shoot(base / "dog" / "2024", 2)
    shoot(base, 3)
    shoot(base / "train", 4)
    shoot(tmp_path / "divided" / "valid" / "cat", 5)
    shoot(tmp_path / "divided" / "training" / "dog", 6)
    folder = write(tmp_path / "set", groups={})
    added = verbs.add(folder, [str(base), str(tmp_path / "divided")], as_="folder")
    assert added.added == 5
    assert {row.name: (row.label, row.split) for row in rows(folder)} == {
        "shot-1": ("cat", ""),
        "shot-2": ("dog", ""),
        "shot-4": ("train", ""),
        "shot-5": ("cat", "val"),
        "shot-6": ("dog", "train"),
    }


def test_masks_may_be_a_class(tmp_path):
    """As people wear them: only what has the name of a picture elsewhere is the mask of it."""
    shoot(tmp_path / "worn" / "masks", 1)
    shoot(tmp_path / "worn" / "none", 2, ending="png")
    shoot(tmp_path / "worn" / "masks" / "none", 3, ending="png")
    (tmp_path / "worn" / "masks" / "none" / "shot 3.png").rename(
        tmp_path / "worn" / "masks" / "none" / "shot 2.png"
    )
    folder = write(tmp_path / "set", groups={})
    assert verbs.add(folder, [str(tmp_path / "worn")], as_="folder").added == 2
    found = {row.label: row.mask() is not None for row in rows(folder)}
    assert found == {"masks": False, "none": True}


def test_a_foreign_imagefolder_is_read(tmp_path):
    """`text` is a caption, a number is a label, and a line that is broken is told with its number."""
    base = tmp_path / "hf"
    shoot(base / "train", 1)
    lay(
        base / "train" / "metadata.jsonl",
        '{"file_name": "shot 1.jpg", "text": "noise", "label": 3}\n{"x": 1}\n[\n',
    )
    folder = write(tmp_path / "set", groups={})
    added = verbs.add(folder, [str(base)], as_="imagefolder")
    assert added.added == 1
    assert [place.rpartition("/")[2] for place, _ in added.unusable] == [
        "metadata.jsonl, line 2",
        "metadata.jsonl, line 3",
    ]
    ((_, found),) = held(folder).items()
    assert (found["label"], found["caption"], found["split"]) == ("3", "noise", "train")


def test_a_foreign_webdataset_is_read(tmp_path):
    """Without JSON: `cls` and `txt`; links, folders and what has no picture are passed over or told."""
    import io
    import tarfile

    shoot(tmp_path, 1)
    data = (tmp_path / "shot 1.jpg").read_bytes()
    (tmp_path / "wds").mkdir()
    with tarfile.open(tmp_path / "wds" / "train-0.tar", "w") as archive:
        for name, content in (("a/b.jpg", data), ("a/b.cls", b"7"), ("a/b.txt", b"noise"), ("c.json", b"{}")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("d.jpg")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
    folder = write(tmp_path / "set", groups={})
    added = verbs.add(folder, [str(tmp_path / "wds")], as_="webdataset")
    assert added.added == 1
    ((place, why),) = added.unusable
    assert place.endswith("train-0.tar!/c")
    assert "no picture" in why
    ((_, found),) = held(folder).items()
    assert (found["label"], found["caption"], found["split"]) == ("7", "noise", "train")


@pytest.mark.parametrize(
    ("name", "file", "data", "told"),
    [
        ("webdataset", "train.tar", b"\x01" * 2000, "cannot be read on"),
        ("parquet", "train.parquet", b"PAR1 and so on", "cannot be read"),
    ],
)
def test_a_broken_container_is_told(tmp_path, name, file, data, told):
    """With its place, and without a traceback."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / file).write_bytes(data)
    folder = write(tmp_path / "set", groups={})
    added = verbs.add(folder, [str(tmp_path / "in")], as_=name)
    assert added.added == 0
    assert told in added.unusable[0][1]


def test_every_format_says_how_it_is_opened():
    """In the README that lies in each export."""
    assert all(len(formats.find(name).use()) > 20 for name in formats.names())


def test_the_ring_is_what_the_masks_need():
    """A hole, a part within it and one apart, or the tests above would prove little."""
    from photogram.pixels.outlines import polygons

    assert len(polygons(ring())) == 3


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The least export of each format that is read: three pictures, one with a mask, one with a box."""
    base = tmp_path_factory.mktemp("small")
    shoot(base / "photos", 1, mask=ring())
    shoot(base / "photos", 2)
    folder = write(base / "set", groups={"apple": ("a red apple {n}", 1)})
    verbs.add(
        folder, [str(base / "photos" / "*[0-9].jpg")], label="x", masks=str(base / "photos" / "*_mask.png")
    )
    verbs.run(folder)
    readable = [name for name in formats.names() if name != "labelstudio"]
    return {name: Path(verbs.export(folder, as_=name).folder) for name in readable}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@pytest.mark.parametrize("name", [name for name in formats.names() if name != "labelstudio"])
@given(data=st.data())
def test_whatever_is_broken_is_told(small, tmp_path_factory, name, data):
    """A file of an export with some bytes changed, cut or put in: pictures that are whole, or a message."""
    copy = tmp_path_factory.mktemp("broken") / "in"
    shutil.copytree(small[name], copy)
    text = [path for path in sorted(copy.rglob("*")) if path.is_file() and path.suffix not in (".jpg", ".md")]
    path = data.draw(st.sampled_from(text))
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, 30))
    noise = data.draw(st.one_of(st.binary(max_size=20), st.sampled_from(NOISE)))
    path.write_bytes(whole[:at] + noise + whole[at + length :])
    try:
        found = list(labelled(str(copy), copy.parent, name))
    except BadInput as told:
        found = [str(told)]
    assert all(isinstance(one, (Told, Unusable, str)) for one in found)


NOISE = [
    b"\0",
    b"[" * 3000,
    b'{"a":' * 1500,
    b"null",
    b"1e999",
    b"-1",
    b"NaN",
    b"\xff\xfe",
    b"\n\n",
    b'"',
    b"../../x",
]
