"""export: every format alike. What is written is deterministic, says what it is, and comes back by `add`."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from PIL import Image

from photogram import formats, verbs
from photogram.builds.export import Manifest
from photogram.faults import BadInput, StoreError
from photogram.format import CARRIED, Readable
from photogram.laid import EXPORT, ROWS
from photogram.pixels import masks

from .labels import held, made, ring, shoot
from .small import everything_in, files, rows, typed, write

READ = [name for name in formats.names() if isinstance(formats.find(name), Readable)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return made(tmp_path_factory.mktemp("export") / "set")


@pytest.fixture(scope="module")
def exported(folder):
    """Every format of the same dataset, once."""
    return {name: verbs.export(folder, as_=name) for name in formats.names()}


def listed(found):
    """The lines of an export: what is known of each picture in it."""
    return [json.loads(line) for line in (Path(found.folder) / ROWS).read_bytes().splitlines()]


# ------------------------------------------------------------------ what all formats do


@pytest.mark.parametrize("name", formats.names())
def test_the_same_dataset_gives_the_same_bytes(folder, exported, tmp_path, name):
    """In any folder and whenever; and what is there already is left alone."""
    again = verbs.export(folder, as_=name, to=str(tmp_path / "again"))
    assert again.new
    first = {path: data for path, (data, _) in files_of(exported[name]).items()}
    second = {path: data for path, (data, _) in files(tmp_path / "again").items()}
    assert first == second
    before = files_of(exported[name])
    assert not verbs.export(folder, as_=name).new
    assert files_of(exported[name]) == before


def files_of(found):
    return files(Path(found.folder))


@pytest.mark.parametrize("name", [name for name in formats.names() if name != "parquet"])
def test_every_picture_is_there_as_it_is(folder, exported, name):
    """Byte for byte: nothing is made anew. Where it lies is said, and what is left out is told."""
    whole = everything_in(exported[name].folder)
    by_id = {row.id: row for row in rows(folder)}
    for line in listed(exported[name]):
        blob = by_id[line["id"]].image()
        path = Path(exported[name].folder, line["file"])
        inside = path.read_bytes()
        kept = (folder / "images" / blob.sha256[:2]).glob(f"{blob.sha256}.*")
        (data,) = (one.read_bytes() for one in kept)
        assert data == inside or (path.suffix == ".tar" and data in whole)


@pytest.mark.parametrize("name", formats.names())
def test_each_line_says_whether_it_is_real(exported, name):
    """Synthetic pictures are marked, and are in train alone, since there are real ones."""
    found = listed(exported[name])
    assert len(found) == exported[name].rows
    assert sum(line["synthetic"] for line in found) == exported[name].synthetic > 0
    assert {line["split"] for line in found if line["synthetic"]} == {"train"}
    assert {line["split"] for line in found if not line["synthetic"]} == {"train", "val", "test"}
    assert all(line["origin"] == ("planned" if line["synthetic"] else "taken") for line in found)


@pytest.mark.parametrize("name", formats.names())
def test_what_a_format_cannot_carry_is_counted(exported, name):
    """In the result, in the manifest and in the README."""
    form, found = formats.find(name), exported[name]
    assert set(form.carries) <= set(CARRIED)
    assert set(found.left_out) == set(CARRIED) - set(form.carries)
    manifest = json.loads(Path(found.folder, EXPORT).read_bytes())
    assert manifest["left_out"] == found.left_out
    assert set(manifest) == set(Manifest.__struct_fields__)
    card = Path(found.folder, "README.md").read_text()
    assert all(f"Not in this format: {kind} of {number}" in card for kind, number in found.left_out.items())
    assert "Splits are by group" in card
    assert "| train |" in card


@pytest.mark.parametrize("name", formats.names())
def test_a_folder_of_somebody_else_is_left_alone(folder, tmp_path, name):
    """Whatever lies in it; and nothing is left beside it."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(BadInput, match="is no export of this dataset"):
        verbs.export(folder, as_=name, to=str(tmp_path / "mine"))
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "notes.txt"]


# ----------------------------------------------------------------------- coming back in


@pytest.mark.parametrize("name", READ)
def test_what_is_carried_comes_back(folder, exported, tmp_path, name):
    """Into another dataset: labels, captions, boxes, splits, and masks to the pixel."""
    other = write(tmp_path / "other", groups={})
    added = verbs.add(other, [exported[name].folder], as_=name)
    assert (added.added, added.unusable) == (exported[name].rows, ())
    here, there = held(folder), held(other)
    carried = formats.find(name).carries
    told = [name for note in exported[name].notes if "boxes left out" in note]
    assert not told or name == "imagefolder"
    lines = {line["id"]: line for line in listed(exported[name])}
    for sha, came in there.items():
        was = here[sha]
        assert came["split"] == lines[was["row"].id]["split"]
        assert came["synthetic"] == was["synthetic"]
        if "label" in carried:
            assert came["label"] == was["label"]
        if "caption" in carried:
            assert came["caption"] == lines[was["row"].id]["cells"]["annotation"]["value"]["description"]
        if "boxes" in carried and was["boxes"] and name not in told:
            assert rounded(came["boxes"]) == rounded(was["boxes"])
        if "mask" in carried:
            assert (came["mask"] is None) == (was["mask"] is None)
            assert was["mask"] is None or (came["mask"] == was["mask"]).all()


def rounded(boxes):
    sides = ("left", "top", "width", "height")
    return [(box["label"], *(round(box[side], 2) for side in sides)) for box in boxes]


@pytest.mark.parametrize("name", READ)
def test_what_belongs_together_stays_together(exported, tmp_path, name):
    """An export of an export keeps a picture and its edit in one split, and what is synthetic in train."""
    other = write(tmp_path / "other", groups={})
    verbs.add(other, [exported[name].folder], as_=name)
    again = verbs.export(other, as_="folder")
    splits = {}
    for line in listed(again):
        splits.setdefault(line["group"], set()).add(line["split"])
        assert not line["synthetic"] or line["split"] == "train"
    assert all(len(found) == 1 for found in splits.values())
    assert again.splits == exported[name].splits


@pytest.mark.parametrize("name", READ)
def test_a_folder_without_the_format_is_told(tmp_path, name):
    """In a line, with the folder's name."""
    other = write(tmp_path / "other", groups={})
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("nothing")
    with pytest.raises(BadInput, match=r"there (is|are) no"):
        verbs.add(other, [str(tmp_path / "empty")], as_=name)
    with pytest.raises(BadInput, match="there is no folder"):
        verbs.add(other, [str(tmp_path / "away")], as_=name)


@pytest.mark.parametrize("name", [name for name in READ if name not in ("webdataset", "parquet")])
def test_a_picture_that_is_gone_costs_itself(exported, tmp_path, name):
    """The others are taken in, and it is told."""
    copy = tmp_path / "copy"
    shutil.copytree(exported[name].folder, copy)
    gone = copy / listed(exported[name])[0]["file"]
    gone.write_bytes(gone.read_bytes()[:300])
    other = write(tmp_path / "other", groups={})
    added = verbs.add(other, [str(copy)], as_=name)
    assert added.added == exported[name].rows - 1
    ((place, why),) = added.unusable
    assert gone.stem in place or "line" in place
    assert "cut short" in why or "before the picture does" in why


def test_a_format_that_is_only_written_says_so(folder):
    """With the names of those that are read."""
    with pytest.raises(BadInput, match="written and not read"):
        verbs.add(folder, ["."], as_="labelstudio")
    with pytest.raises(BadInput, match="there is no format 'excel'"):
        verbs.export(folder, as_="excel")


# ------------------------------------------------------------------------ one by one


def test_another_dataset_needs_another_folder(folder, exported, tmp_path):
    """An export is never mixed with another one."""
    to = str(tmp_path / "here")
    verbs.export(folder, as_="folder", to=to)
    with pytest.raises(BadInput, match="holds another export"):
        verbs.export(folder, as_="coco", to=to)
    with pytest.raises(BadInput, match="holds another export"):
        verbs.export(folder, as_="folder", to=to, splits="50/25/25")
    assert not verbs.export(folder, as_="folder", to=to).new


def test_an_empty_folder_may_be_named(folder, tmp_path):
    """As one that was made for it by hand."""
    (tmp_path / "empty").mkdir()
    assert verbs.export(folder, as_="folder", to=str(tmp_path / "empty")).new


def test_an_export_that_fails_leaves_nothing(folder, tmp_path):
    """No half of it, under no name."""
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    next(copy.glob("images/*/*.jpg")).unlink()
    with pytest.raises(StoreError, match="missing"):
        verbs.export(copy, as_="folder")
    assert list((copy / "exports").glob("folder-*")) == [
        path for path in (copy / "exports").glob("folder-*") if path.is_dir() and (path / EXPORT).exists()
    ]
    assert not list((copy / "exports").glob(".*"))


def test_pictures_can_be_linked(folder, tmp_path):
    """They take no room then, and are the dataset's own files."""
    found = verbs.export(folder, as_="folder", to=str(tmp_path / "linked"), link=True)
    line = listed(found)[0]
    assert (tmp_path / "linked" / line["file"]).stat().st_nlink > 1
    copied = verbs.export(folder, as_="folder", to=str(tmp_path / "copied"))
    assert (tmp_path / "copied" / listed(copied)[0]["file"]).stat().st_nlink == 1


def test_a_label_that_is_no_name_of_a_folder(tmp_path):
    """Whatever it is, the folder of its class gives it back."""
    names = ["a/b", "../up", "100 %", ".hidden", "Größe: XL", "con", "end."]
    folder = write(tmp_path / "set", groups={})
    for number, name in enumerate(names):
        shoot(tmp_path / str(number), number)
        verbs.add(folder, [str(tmp_path / str(number))], label=name)
    other = write(tmp_path / "other", groups={})
    verbs.add(other, [verbs.export(folder, as_="folder").folder], as_="folder")
    assert sorted(row.label for row in rows(other)) == sorted(names)


def test_a_label_too_long_for_a_folder_is_told(tmp_path, capsys):
    """In its own words, nothing is left behind, and a format that has it in a file takes it."""
    folder = write(tmp_path / "set", groups={"x" * 256: ("a phone", 1), "ö" * 127: ("a wall", 1)})
    verbs.run(folder)
    code, _, err = typed(capsys, "export", folder)
    assert code == 2
    assert "too long for the name of a folder" in " ".join(err.split())
    assert list((folder / "exports").iterdir()) == []
    found = verbs.export(folder, as_="imagefolder")
    assert {line["label"] for line in listed(found)} == {"x" * 256, "ö" * 127}


def test_every_format_is_in_the_help():
    """As people type it, for writing and for reading."""
    written, taken = (set(re.findall(r"[\w-]+", verb.__doc__)) for verb in (verbs.export, verbs.add))
    assert set(formats.names()) <= written
    assert taken & set(formats.names()) == set(READ)


def test_a_picture_that_lies_on_its_side_says_so(tmp_path):
    """Its file is left as it is; what is said of it is as it is seen."""
    folder = write(tmp_path / "set", groups={})
    turn = Image.Exif()
    turn[0x0112] = 6
    noise = np.random.default_rng(1).integers(0, 255, (48, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "lying.jpg", exif=turn)
    verbs.add(folder, [str(tmp_path / "lying.jpg")], label="x")
    found = verbs.export(folder, as_="coco")
    assert any("1 stored as the camera lay" in note for note in found.notes)
    whole = json.loads(next(Path(found.folder).glob("annotations/instances_t*.json")).read_bytes())
    assert (whole["images"][0]["width"], whole["images"][0]["height"]) == (48, 64)


def test_a_second_look_tells_the_same(folder, tmp_path):
    """What is there already is told in the same words and order as when it was made."""
    first, second = (verbs.export(folder, as_="coco", to=str(tmp_path / "here")) for _ in range(2))
    assert replace(second, new=True) == first
    assert list(second.splits) == list(first.splits) == ["train", "val", "test"]


def test_a_brief_may_name_a_format(exported, tmp_path):
    """As `add --as` does, so that the brief is the whole description; run again, nothing is taken twice."""
    (tmp_path / "coco").symlink_to(exported["coco"].folder)
    more = '[[take]]\nfrom = ["../coco"]\nas = "coco"\nsynthetic = true'
    other = write(tmp_path / "set", groups={}, more=more)
    assert verbs.add(other, []).added == exported["coco"].rows
    assert verbs.add(other, []).known == exported["coco"].rows
    assert all(row.synthetic for row in rows(other))
    assert {row.label for row in rows(other)} == {"good", "bad", "scratched", "stained"}


def test_nothing_to_export_is_told(tmp_path):
    """With what to do first."""
    folder = write(tmp_path / "set")
    verbs.plan(folder)
    with pytest.raises(BadInput, match="no row has a picture"):
        verbs.export(folder)


def test_openclip_needs_captions(tmp_path):
    """A picture without one is left out, and so told; with none at all there is no export."""
    shoot(tmp_path / "one", 1)
    folder = write(tmp_path / "set", groups={})
    verbs.add(folder, [str(tmp_path / "one")])
    with pytest.raises(BadInput, match="1 without a caption left out"):
        verbs.export(folder, as_="openclip")


def test_retired_rows_are_not_exported(tmp_path):
    """What the brief no longer wants is kept, and in no export."""
    folder = write(tmp_path / "set", groups={"apple": ("a red apple {n}", 4)})
    verbs.run(folder)
    assert verbs.export(folder).rows == 4
    write(folder, groups={"apple": ("a red apple {n}", 3)})
    verbs.plan(folder)
    assert verbs.export(folder).rows == 3


def test_what_is_rejected_is_left_out_and_counted(tmp_path):
    """A bound of the brief keeps synthetic pictures out, real ones never; who wants all asks for all."""
    shoot(tmp_path / "real", 1)
    folder = write(tmp_path / "set", more="[measure.width]\nleast = 1000")
    verbs.add(folder, [str(tmp_path / "real")], label="x")
    verbs.run(folder)
    found = verbs.export(folder)
    assert (found.rows, found.synthetic) == (1, 0)
    assert any("5 synthetic left out: their judge or a bound" in note for note in found.notes)
    every = verbs.export(folder, rejected=True)
    assert (every.rows, every.synthetic) == (6, 5)
    assert every.folder != found.folder
    alone = write(tmp_path / "alone", more="[measure.width]\nleast = 1000")
    verbs.run(alone)
    with pytest.raises(BadInput, match="every picture is rejected") as told:
        verbs.export(alone)
    assert "--rejected" in told.value.do


def test_the_region_of_an_erasure_is_no_label(tmp_path):
    """Nothing is to be seen there any more."""
    more = '[[edit]]\nof = "apple"\nlabel = "empty"\nkind = "erase"\nprompt = "nothing"\n'
    more += "where = { box = [0.2, 0.2, 0.4, 0.4] }"
    folder = write(tmp_path / "set", more=more)
    verbs.run(folder)
    found = verbs.export(folder, as_="voc")
    assert any(line.get("label") == "empty" for line in listed(found))
    assert not Path(found.folder, "SegmentationClass").exists()


def test_the_command_line_says_what_was_left_out(folder, exported, capsys, tmp_path):
    """In words, within eighty columns."""
    code, out, err = typed(capsys, "export", folder, "--as", "yolo", "--to", tmp_path / "y")
    assert (code, err) == (0, "")
    assert "yolo: masks of" in out
    assert "val and test are real pictures alone" in out
    assert max(map(len, out.splitlines()[:-2])) <= 80
    code, out, err = typed(capsys, "export", folder, "--as", "yolo", "--splits", "9/1")
    assert code == 2
    assert "80/10/10" in err


# ------------------------------------------------------- what was a row under another label


def test_another_label_for_the_same_file_is_told(tmp_path, capsys):
    """The first one is kept, and whoever gives another hears so."""
    shoot(tmp_path / "one", 1)
    folder = write(tmp_path / "set", groups={})
    verbs.add(folder, [str(tmp_path / "one")], label="good")
    again = verbs.add(folder, [str(tmp_path / "one")], label="bad")
    assert (again.added, again.known) == (0, 1)
    ((place, why),) = again.kept
    assert place.endswith("shot 1.jpg")
    assert why == "it is the row 'shot-1' already, labelled 'good'; 'bad' is not taken over"
    assert verbs.add(folder, [str(tmp_path / "one")], label="good").kept == ()
    code, out, _ = typed(capsys, "add", folder, tmp_path / "one", "--label", "bad")
    assert code == 0
    assert "kept as it was" in out


def test_what_others_made_is_synthetic_for_ever(tmp_path):
    """Where it is said when it is taken in: in every export, and out of val and test."""
    for number in range(20):
        shoot(tmp_path / "made", number)
    shoot(tmp_path / "real", 99)
    folder = write(tmp_path / "set", groups={})
    verbs.add(folder, [str(tmp_path / "made")], label="x", synthetic=True)
    verbs.add(folder, [str(tmp_path / "real")], label="x", split="test")
    found = verbs.export(folder)
    assert (found.synthetic, found.splits) == (20, {"train": 20, "test": 1})
    assert np.array_equal(sorted({line["synthetic"] for line in listed(found)}), [False, True])


def test_labels_given_by_hand_count_for_all(exported, tmp_path):
    """What is said on the command line stands above what a folder says."""
    other = write(tmp_path / "other", groups={})
    verbs.add(other, [exported["folder"].folder], as_="folder", label="mine", split="train")
    assert {(row.label, row.split) for row in rows(other)} == {("mine", "train")}


def test_masks_that_fit_no_picture_are_told(exported, tmp_path):
    """The picture is taken in without one."""
    copy = tmp_path / "copy"
    shutil.copytree(exported["folder"].folder, copy)
    mask = next(copy.glob("masks/**/*.png"))
    mask.write_bytes(masks.encode(ring(10, 10)))
    other = write(tmp_path / "other", groups={})
    added = verbs.add(other, [str(copy)], as_="folder")
    assert added.added == exported["folder"].rows
    ((place, why),) = added.unusable
    assert "its mask" in place
    assert "10x10" in why
