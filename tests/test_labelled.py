"""What formats share: names of folders, splits in names, and which part of a mask belongs to which thing."""

import io
import tarfile
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram.builds.labelling import caption_of
from photogram.columns import labelled_of, values_of
from photogram.data import Cell, Row
from photogram.faults import BadInput
from photogram.format import marked
from photogram.formats import parquet, webdataset
from photogram.formats.voc import _colour
from photogram.labelled import Labelled, Thing
from photogram.laid import inside, read_json, read_text, shelf, split_in, unshelved

from .labels import ring


def thing(label, left, top, width, height):
    return Thing(label=label, left=left, top=top, width=width, height=height)


# -------------------------------------------------------------------------------- names


@given(st.one_of(st.text(min_size=1, max_size=30), st.sampled_from(["unlabelled", "masks", "train"])))
def test_a_label_is_one_folder_and_comes_back(label):
    """Whatever it holds: no path is made of it, nothing is hidden, and it is the same label again."""
    name = shelf(label)
    assert unshelved(name) == label
    assert not set("/\\:\0") & set(name)
    assert not name.startswith(".")
    assert name not in ("", ".", "..")


def test_no_label_has_a_folder_too():
    """And is none again when it comes back."""
    assert unshelved(shelf("")) == ""


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("train", "train"),
        ("images/val2017/1.jpg", "val"),
        ("Validation", "val"),
        ("data/test-00000", "test"),
        ("instances/train/2014", "train"),
        ("photos/trainers", ""),
        ("contest/a.jpg", ""),
        ("", ""),
    ],
)
def test_a_split_is_read_from_a_path(path, split):
    """As whole words, with years and numbers behind them."""
    assert split_in(path) == split


def test_a_file_that_is_named_lies_inside(tmp_path):
    """Not beside, not above, not behind a link that leads out, and not a folder."""
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a.jpg").write_bytes(b"a")
    (tmp_path / "secret.jpg").write_bytes(b"s")
    (tmp_path / "in" / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    folder = tmp_path / "in"
    assert inside(folder, "a.jpg") == (folder / "a.jpg").resolve()
    assert inside(folder, "deep", "../a.jpg") == (folder / "a.jpg").resolve()
    for name in (
        "../secret.jpg",
        str(tmp_path / "secret.jpg"),
        "link.jpg",
        "deep",
        "gone.jpg",
        "a\0b",
        "x" * 5000,
    ):
        assert inside(folder, name) is None


def test_files_that_cannot_be_read_are_told(tmp_path):
    """By their path."""
    (tmp_path / "latin.txt").write_bytes("größe".encode("latin-1"))
    (tmp_path / "broken.json").write_bytes(b"{")
    for read, name in ((read_text, "latin.txt"), (read_json, "broken.json"), (read_json, "gone.json")):
        with pytest.raises(BadInput) as told:
            read(tmp_path / name)
        assert str(tmp_path / name) in str(told.value)
    (tmp_path / "marked.txt").write_bytes(b"\xef\xbb\xbfcat\n")
    assert read_text(tmp_path / "marked.txt") == "cat\n"


# ------------------------------------------------------------------------------- things

boxes = st.lists(
    st.builds(
        thing,
        st.sampled_from("ab"),
        st.floats(-20, 80),
        st.floats(-20, 60),
        st.floats(0, 70),
        st.floats(0, 60),
    ),
    max_size=4,
)


@given(boxes)
def test_all_things_together_have_all_of_the_mask(things):
    """However their boxes lie, and nobody has a pixel that is not in the mask."""
    region = ring()
    found = marked(Labelled(name="x", label="x", things=tuple(things)), region)
    whole = np.zeros_like(region)
    for one in found:
        if one.mask is not None:
            assert one.mask.any()
            whole |= one.mask
    assert np.array_equal(whole, region)
    assert [one.thing for one in found][: len(things)] == things
    assert len(found) - len(things) in (0, 1)


def test_what_lies_in_no_box_is_called_as_its_neighbours():
    """By the label of the things there are, or else of the row, or else it is a thing."""
    region = ring()
    small = (thing("scratch", 0, 0, 5, 5),)
    assert [one.thing.label for one in marked(Labelled(name="x", things=small), region)] == ["scratch"] * 2
    assert [one.thing.label for one in marked(Labelled(name="x", label="bad"), region)] == ["bad"]
    assert [one.thing.label for one in marked(Labelled(name="x"), region)] == ["thing"]
    assert marked(Labelled(name="x"), None) == []


def test_a_box_around_a_mask_is_the_smallest():
    """In whole pixels, the last ones inside."""
    region = np.zeros((48, 64), np.uint8)
    region[10:20, 30:45] = 255
    ((found, _),) = marked(Labelled(name="x", label="x"), region)
    assert found == thing("x", 30, 10, 15, 10)


# ------------------------------------------------------------------------------ columns


@given(
    st.text(max_size=10),
    st.text(max_size=10),
    boxes,
    st.booleans(),
    st.sampled_from(["train", "val", "test"]),
)
def test_columns_say_what_is_known(label, caption, things, synthetic, split):
    """All of it is read back from them."""
    one = Labelled(
        name="x",
        label=label,
        caption=caption,
        split=split,
        things=tuple(things),
        synthetic=synthetic,
        group="g",
    )
    assert labelled_of(values_of(one), "x", split) == one


@pytest.mark.parametrize(
    "values",
    [
        {"objects": {"bbox": [[1, 2, 3]], "categories": ["a"]}},
        {"objects": {"bbox": [[1, 2, 3, 4]], "categories": []}},
    ],
)
def test_boxes_that_are_none_are_told(values):
    """Three numbers, or no label for a box: whoever reads the row tells where it is."""
    with pytest.raises(ValueError, match=r"unpack|longer"):
        labelled_of(values, "x", "")


# ------------------------------------------------------------------------------ captions


def described(row_facts=None, **cells):
    image = Cell(state="filled", value=cells.pop("image", {}))
    return Row(id="x", name="x", cells={"image": image, **cells}, **(row_facts or {}))


def said(**value):
    return Cell(state="filled", value=value)


def test_an_annotator_goes_before_the_prompt():
    """Then what came with the picture, then what it was drawn from; an edit's prompt says no picture."""
    prompt = {"prompt": "a phone"}
    assert caption_of(described(prompt)) == "a phone"
    assert caption_of(described(prompt, image={"caption": "its own"})) == "its own"
    assert caption_of(described(prompt, annotation=said(description="seen"))) == "seen"
    assert caption_of(described(prompt, **{"annotation.one": said(caption="by one")})) == "by one"
    assert caption_of(described(prompt, annotation=said(description=None))) == "a phone"
    assert caption_of(described({"prompt": "a scratch", "edit": {"kind": "inpaint"}})) == ""
    failed = Cell(state="failed", value={"description": "no"})
    assert caption_of(described(prompt, annotation=failed)) == "a phone"


# ------------------------------------------------------------------- many pictures, many files


class Written:
    """A target that keeps what is written to it, for formats that only want bytes."""

    name, labels, classes = "set", ("", "x"), ("x",)

    def __init__(self):
        self.files, self.places = {}, {}

    def bytes_of(self, one):
        return b"\xff\xd8\xff" + one.name.encode()

    def lies(self, path, one):
        self.places.setdefault(path, []).append(one.name)

    def write(self, path, data):
        self.files[path] = data

    def open(self, path):
        @contextmanager
        def opened():
            file = io.BytesIO()
            yield file
            self.files[path] = file.getvalue()

        return opened()


def many(count):
    splits = ["train"] * (count - 3) + ["val"] * 2 + ["test"]
    return [Labelled(name=f"p{n}", label="x", split=split, ending="jpg") for n, split in enumerate(splits)]


def test_tars_are_closed_when_they_are_full(monkeypatch):
    """A tar for so many pictures, and a new one for each split; each is whole."""
    monkeypatch.setattr(webdataset, "SHARD_PICTURES", 4)
    to = Written()
    webdataset.Format().write(many(13), to)
    assert {path: len(names) for path, names in to.places.items()} == {
        "train-000000.tar": 4,
        "train-000001.tar": 4,
        "train-000002.tar": 2,
        "val-000000.tar": 2,
        "test-000000.tar": 1,
    }
    for path, names in to.places.items():
        with tarfile.open(fileobj=io.BytesIO(to.files[path])) as archive:
            assert [name for name in archive.getnames() if name.endswith(".jpg")] == [
                f"{n}.jpg" for n in names
            ]


def test_tables_are_closed_when_they_are_full(monkeypatch):
    """Numbered within their split, in groups that fit in memory."""
    read = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(parquet, "PART_ROWS", 6)
    monkeypatch.setattr(parquet, "GROUP_ROWS", 4)
    to = Written()
    parquet.Format().write(many(13), to)
    assert {path: len(names) for path, names in to.places.items()} == {
        "data/train-00000.parquet": 6,
        "data/train-00001.parquet": 4,
        "data/val-00000.parquet": 2,
        "data/test-00000.parquet": 1,
    }
    first = read.ParquetFile(io.BytesIO(to.files["data/train-00000.parquet"]))
    assert [first.metadata.row_group(n).num_rows for n in range(first.num_row_groups)] == [4, 2]


def test_colours_are_those_of_voc():
    """The first and the last, as its own kit has them, and no two alike."""
    assert [_colour(place) for place in (0, 1, 2, 3, 15, 255)] == [
        (0, 0, 0),
        (128, 0, 0),
        (0, 128, 0),
        (128, 128, 0),
        (192, 128, 128),
        (224, 224, 192),
    ]
    assert len({_colour(place) for place in range(256)}) == 256
