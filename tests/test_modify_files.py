"""Edits by command of files of every kind and size: outside the mask the picture is what it was."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photogram import verbs
from photogram.dataset import Dataset
from photogram.pixels import codecs, masks
from tests.kinds import FILES, dice

BRIEF = """
[dataset]
name = "files"

[[take]]
from = ["photos"]
label = "good"

[[edit]]
of = "good"
label = "bad"
prompt = "a severe scratch"
facts = {{ defect = "scratch", severity = "severe" }}
{edit}
"""


def modified(folder, files, edit):
    """A dataset of these files and one edit of each, by command; what the run came to."""
    (folder / "photos").mkdir(parents=True)
    for name, data in files.items():
        (folder / "photos" / name).write_bytes(data)
    (folder / "brief.toml").write_text(BRIEF.format(edit=edit), "utf-8")
    return verbs.run(folder)


def edits(folder):
    """Of each edit the bytes of its parent, its own, its label and the region it was allowed."""
    with Dataset(folder) as opened:
        found = {row.id: row for row in opened.ledger.rows(columns=("image", "mask"))}
        for row in found.values():
            if row.parent and row.image():
                image, mask = row.cells["image"].files, row.cells["mask"].files["mask"]
                blobs = (found[row.parent].image(), image["image"], image["mask"], mask)
                yield row, *(opened.store.read(blob) for blob in blobs)


def check_outside(before, after, label, region):
    """As large as it was, as deep, as transparent, and outside its label the same to the last bit."""
    whole, edited = codecs.decode_whole(before), codecs.decode_whole(after)
    mask = codecs.decode(label)[..., 0]
    assert (edited.shape, edited.dtype) == (whole.shape, whole.dtype)
    assert mask.shape == whole.shape[:2]
    assert not (mask & ~codecs.decode(region)[..., 0]).any()
    assert np.array_equal(edited[mask == 0], whole[mask == 0])
    assert np.array_equal(codecs.decode(after)[mask == 0], codecs.decode(before)[mask == 0])
    assert np.array_equal(edited[..., 3:], whole[..., 3:])


def test_files_of_every_kind_keep_their_outside(tmp_path):
    """Turned, CMYK, grey, palette, sixteen bits, transparent: all are edited, none is changed outside."""
    files = {name.replace(" ", "-"): data for name, data in FILES.items()}
    ran = modified(tmp_path, files, "where = { box = [0.1, 0.1, 0.8, 0.8] }")
    assert (ran.exit_code, ran.unusable) == (0, ())
    found = list(edits(tmp_path))
    assert len(found) == len({codecs.decode_whole(data).tobytes() + data for data in FILES.values()})
    for _, *data in found:
        check_outside(*data)
    turned = [codecs.inspect(before) for _, before, *_ in found if codecs.inspect(before).orientation > 4]
    assert turned
    assert all((header.width, header.height) == (33, 47) for header in turned)


@st.composite
def wheres(draw):
    """A region by any of the ways a brief has, wherever it may lie."""
    x, y = draw(st.floats(0, 0.9)), draw(st.floats(0, 0.9))
    box = f"box = [{x:.3f}, {y:.3f}, {draw(st.floats(0.1, 1)):.3f}, {draw(st.floats(0.1, 1)):.3f}]"
    corners = [[round(draw(st.floats(0, 1)), 3) for _ in "xy"] for _ in range(draw(st.integers(3, 5)))]
    shape = f'shape = "{draw(st.sampled_from(["blob", "streak", "specks"]))}", size = 0.5'
    region = draw(st.sampled_from([box, f"polygon = {corners}", f"{box}, {shape}", shape, "size = 0.2"]))
    return f"where = {{ {region} }}\ngrow = {draw(st.integers(0, 20))}\nfeather = {draw(st.integers(0, 20))}"


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 500), st.integers(1, 500)), min_size=1, max_size=4),
    st.sampled_from([np.uint8, np.uint16]),
    st.sampled_from([3, 4]),
    wheres(),
)
def test_any_size_and_any_region(tmp_path_factory, sizes, kind, channels, edit):
    """From one pixel up, by any region, growth and feather: edited by command and the same outside."""
    most = np.iinfo(kind).max
    files = {
        f"{number}.png": codecs.encode_png(dice(number).integers(0, most, (*size, channels), kind, True))
        for number, size in enumerate(sizes)
    }
    folder = tmp_path_factory.mktemp("any")
    modified(folder, files, edit)
    for trouble in verbs.errors(folder):
        assert "is inside" in trouble.why or "too small" in trouble.why or "a larger one" in trouble.why
    for _, *data in edits(folder):
        check_outside(*data)


# ------------------------------------------------------------------------------- bad input


def mask_of(array):
    return codecs.encode_png(np.asarray(array, np.uint8))


HALF = np.zeros((48, 64), np.uint8)
HALF[:, 32:] = 255
GREYS = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (48, 1))
PHOTO = codecs.encode_png(dice(9).integers(60, 160, (48, 64, 3), np.uint8))


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        (np.full((47, 64), 255, np.uint8), "the mask is 64x47 and the picture 64x48"),
        (HALF.T, "it lies on its side"),
        (np.zeros((48, 64), np.uint8), "the mask is empty"),
        (np.full((48, 64), 127, np.uint8), "its brightest value is 127 of 255"),
    ],
)
def test_a_mask_that_cannot_be_used_says_why(tmp_path, mask, said):
    """Another size, lying, empty, too dark to be meant: a failed cell with the reason, and no edit."""
    (tmp_path / "where.png").write_bytes(mask_of(mask))
    ran = modified(tmp_path, {"photo.png": PHOTO}, 'where = { mask = "where.png" }')
    assert ran.exit_code == 1
    (trouble,) = verbs.errors(tmp_path)
    assert said in trouble.why
    assert trouble.column == "mask"
    assert list(edits(tmp_path)) == []


def test_a_mask_file_that_is_no_picture_is_told_before_anything_runs(tmp_path):
    """What lies at the mask's place is looked at when the brief is planned."""
    (tmp_path / "where.png").write_text("no picture")
    with pytest.raises(Exception, match="is not a picture"):
        modified(tmp_path, {"photo.png": PHOTO}, 'where = { mask = "where.png" }')


def test_a_mask_of_everything_is_a_mask(tmp_path):
    """All white: the whole picture may change, and still only the defect's own mask does."""
    (tmp_path / "where.png").write_bytes(mask_of(np.full((48, 64), 255)))
    assert modified(tmp_path, {"photo.png": PHOTO}, 'where = { mask = "where.png" }').exit_code == 0
    ((row, *data),) = edits(tmp_path)
    check_outside(*data)
    assert row.cells["mask"].value["share"] == 1.0
    assert masks.share(codecs.decode(data[2])[..., 0]) < 0.9


def test_a_mask_with_greys_is_divided_at_their_middle(tmp_path):
    """The rule for soft masks: half as bright as can be, or brighter, may change."""
    (tmp_path / "where.png").write_bytes(mask_of(GREYS))
    ran = modified(tmp_path, {"photo.png": PHOTO}, 'where = { mask = "where.png" }\ngrow = 0')
    assert ran.exit_code == 0
    ((_, _, _, _, region),) = edits(tmp_path)
    assert np.array_equal(codecs.decode(region)[..., 0], (GREYS >= 128) * np.uint8(255))


@pytest.mark.slow
def test_forty_eight_megapixels_come_back_as_large(tmp_path):
    """A picture of 8000 × 6000 is edited around the mask alone, and as large and the same outside."""
    slope = np.linspace(40, 200, 8000)[None, :, None] * np.ones((6000, 1, 3))
    data = codecs.encode_jpeg(slope.astype(np.uint8))
    del slope
    where = "where = { box = [0.4, 0.5, 0.02, 0.02] }"
    assert modified(tmp_path, {"large.jpg": data}, where).exit_code == 0
    ((row, *data),) = edits(tmp_path)
    header = codecs.inspect(data[1])
    assert (header.width, header.height) == (8000, 6000)
    assert row.cells["image"].value["tile"]["width"] < 1000
    before, after, label = (codecs.decode(one) for one in data[:3])
    differs = (before != after).any(axis=2)
    assert differs.any()
    assert not differs[label[..., 0] == 0].any()
