"""Real defects, taken in with their masks, and moved onto pictures that have none."""

import zipfile

import numpy as np
import pytest

from photogram import verbs
from photogram.dataset import Dataset
from photogram.faults import BadInput
from photogram.pixels import codecs, masks
from photogram.pixels.draw.transplant import Donor, smooth, transplant
from tests.kinds import dice

BRIEF = """
[dataset]
name = "walls"

[[take]]
from = ["real"]
masks = ["real/*_mask.png"]
label = "real"

[[take]]
from = ["good"]
label = "good"

[[edit]]
of = "good"
label = "cracked"
kind = "transplant"
donors = "real"
each = 3
prompt = "a real crack"
where = { box = [0.1, 0.1, 0.8, 0.8] }
options = { turn = 20 }
"""


def wall(seed, level=150, size=(96, 128)):
    """A grained wall of some level."""
    return np.clip(dice(seed).normal(level, 4, (*size, 3)), 0, 255).astype(np.uint8)


def cracked(seed, level=150, dark=60):
    """A wall with a dark stroke, and the stroke's mask."""
    rgb, mask = wall(seed, level), np.zeros((96, 128), np.uint8)
    mask[40:46, 30 + seed : 90] = 255
    rgb[mask > 0] = np.clip(rgb[mask > 0].astype(int) - dark, 0, 255)
    return Donor(rgb, mask)


def lay(folder, *, donors=3, good=2):
    for name in ("real", "good"):
        (folder / name).mkdir(parents=True)
    for number in range(donors):
        donor = cracked(number)
        (folder / "real" / f"d{number}.png").write_bytes(codecs.encode_png(donor.rgb))
        (folder / "real" / f"d{number}_mask.png").write_bytes(codecs.encode_png(donor.mask))
    for number in range(good):
        (folder / "good" / f"g{number}.png").write_bytes(codecs.encode_png(wall(90 + number, 180)))
    (folder / "brief.toml").write_text(BRIEF, "utf-8")
    return folder


def rows(folder, **wanted):
    with Dataset(folder) as opened:
        return list(opened.ledger.rows(columns=("image", "mask"), **wanted))


def pixels(folder, blob):
    with Dataset(folder) as opened:
        return codecs.decode(opened.store.read(blob))


# ------------------------------------------------------------------------ by command


def test_the_whole_way(tmp_path):
    """Masks are taken in beside their pictures; each clean one gets cracks of donors that all differ."""
    ran = verbs.run(lay(tmp_path))
    assert (ran.exit_code, ran.left, ran.unusable) == (0, 0, ())
    found = rows(tmp_path)
    real = {row.id for row in found if row.label == "real"}
    assert len(real) == 3
    assert all(row.mask() for row in found if row.label == "real")
    made = [row for row in found if row.parent]
    assert len(made) == 6
    for parent in {row.parent for row in made}:
        assert {row.edit["donor"]["row"] for row in made if row.parent == parent} == real
    assert {row.cells["image"].value["mode"] for row in made} == {"transplant"}
    assert verbs.run(tmp_path).columns == ()


def test_the_label_is_where_the_crack_came_to_lie(tmp_path):
    """Outside its label a picture is its parent to the pixel; inside it is darker, as the donor was."""
    verbs.run(lay(tmp_path))
    found = {row.id: row for row in rows(tmp_path)}
    for row in found.values():
        if row.parent:
            before, after = pixels(tmp_path, found[row.parent].image()), pixels(tmp_path, row.image())
            label = pixels(tmp_path, row.mask())[..., 0] > 0
            region = pixels(tmp_path, row.cells["mask"].files["mask"])[..., 0] > 0
            assert np.array_equal(after[~label], before[~label])
            assert not (label & ~region).any()
            assert before[label].mean() - after[label].mean() > 20


def test_a_donor_that_comes_later_takes_its_share_and_leaves_the_rest(tmp_path):
    """With one donor more the edits of the first turns mostly stay the rows they were."""
    lay(tmp_path, donors=3, good=16)
    (tmp_path / "brief.toml").write_text(BRIEF.replace("each = 3", "each = 1"), "utf-8")
    verbs.run(tmp_path)
    before = {row.id for row in rows(tmp_path) if row.parent}
    donor = cracked(11)
    (tmp_path / "real" / "late.png").write_bytes(codecs.encode_png(donor.rgb))
    (tmp_path / "real" / "late_mask.png").write_bytes(codecs.encode_png(donor.mask))
    verbs.run(tmp_path)
    after = {row.id for row in rows(tmp_path) if row.parent}
    assert len(after) == 16
    assert 8 <= len(before & after) < 16


def test_a_donor_held_out_for_testing_gives_nothing_away(tmp_path):
    """What a model is tested on is in no picture it is trained on."""
    lay(tmp_path)
    text = BRIEF.replace('label = "real"\n', 'label = "real"\nsplit = "test"\n', 1)
    (tmp_path / "brief.toml").write_text(text, "utf-8")
    with pytest.raises(BadInput, match="is free for training"):
        verbs.run(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('donors = "real"\n', ""), "none are named"),
        (('kind = "transplant"\n', ""), "has no donors"),
        (('masks = ["real/*_mask.png"]\n', ""), "say where their masks lie"),
        (('donors = "real"', 'donors = "reel"'), "did you mean 'real'"),
    ],
)
def test_a_mistake_about_donors_is_told(tmp_path, change, said):
    """Donors belong to a transplant, have a label that is there, and masks."""
    lay(tmp_path)
    assert change[0] in BRIEF
    (tmp_path / "brief.toml").write_text(BRIEF.replace(*change), "utf-8")
    with pytest.raises(BadInput, match=said):
        verbs.plan(tmp_path)


def test_a_donor_without_surface_is_a_failed_cell_that_says_so(tmp_path):
    """A mask of all of the picture leaves nothing to tell the defect from."""
    lay(tmp_path, donors=1, good=1)
    (tmp_path / "real" / "d0_mask.png").write_bytes(codecs.encode_png(np.full((96, 128), 255, np.uint8)))
    assert verbs.run(tmp_path).exit_code == 1
    assert all("no surface" in trouble.why for trouble in verbs.errors(tmp_path))


def test_other_models_are_not_asked_for_a_transplant(tmp_path):
    """Keyless measures do not edit: the brief says so before anything is asked."""
    lay(tmp_path)
    (tmp_path / "brief.toml").write_text(BRIEF + '[models]\nedit = "keyless:measure"\n', "utf-8")
    with pytest.raises(BadInput, match="cannot edit"):
        verbs.plan(tmp_path)


# --------------------------------------------------------------------- masks taken in


def taken(folder, **files):
    """What `add` makes of some files, those of the folder `m` being masks."""
    (folder / "brief.toml").write_text('[dataset]\nname = "taken"\n', "utf-8")
    for name, data in files.items():
        path = folder / name.replace("__", "/").replace("_png", ".png")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return verbs.add(folder, [str(folder / "p")], masks=str(folder / "m"))


DONOR = cracked(0)
PICTURE, MASK = codecs.encode_png(DONOR.rgb), codecs.encode_png(DONOR.mask)


def test_a_mask_is_found_by_the_name_of_its_picture(tmp_path):
    """a.png, a_mask.png and A-Mask.png are all masks of a.png; a picture without one has none."""
    other, third = (codecs.encode_png(wall(n)) for n in (4, 5))
    files = {"p__a_png": PICTURE, "p__b_png": other, "p__c_png": third}
    added = taken(tmp_path, **files, **{"m__a_png": MASK, "m__B-Mask_png": MASK})
    assert (added.added, added.unusable) == (3, ())
    assert {row.name: row.mask() is not None for row in rows(tmp_path)} == {"a": True, "b": True, "c": False}
    (mask,) = {row.mask().sha256 for row in rows(tmp_path) if row.mask()}
    assert mask in {path.stem for path in tmp_path.rglob("masks/*/*")}


def test_what_is_wrong_with_a_mask_is_told_and_the_picture_taken_all_the_same(tmp_path):
    """Of another size, of no picture, twice for one name: told by place, and nothing else is lost."""
    wrong = codecs.encode_png(np.full((5, 5), 255, np.uint8))
    files = {"p__a_png": PICTURE, "m__a_png": wrong, "m__z_png": MASK, "m__z_mask_png": MASK}
    added = taken(tmp_path, **files)
    assert added.added == 1
    whys = "\n".join(why for _, why in added.unusable)
    assert "the mask is 5x5 and the picture 128x96" in whys
    assert "the mask of no picture" in whys
    assert "is a mask for the same name" in whys


def test_a_picture_that_is_known_gets_its_mask_later(tmp_path):
    """Adding the same picture again with a mask is no new row; the row has the mask now."""
    taken(tmp_path, p__a_png=PICTURE, m__b_png=MASK)
    assert [row.mask() for row in rows(tmp_path)] == [None]
    added = taken(tmp_path, p__a_png=PICTURE, m__a_png=MASK)
    assert (added.added, added.known) == (0, 1)
    (row,) = rows(tmp_path)
    assert np.array_equal(pixels(tmp_path, row.mask())[..., 0], DONOR.mask)


def test_pictures_and_masks_of_one_archive(tmp_path):
    """An archive is as good as a folder, for pictures as for masks."""
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("img/a.png", PICTURE)
    with zipfile.ZipFile(tmp_path / "masks.zip", "w") as archive:
        archive.writestr("gt/a_mask.png", MASK)
    (tmp_path / "brief.toml").write_text('[dataset]\nname = "taken"\n', "utf-8")
    added = verbs.add(tmp_path, [str(tmp_path / "all.zip")], masks=str(tmp_path / "masks.zip"))
    assert (added.added, added.unusable) == (1, ())
    assert rows(tmp_path)[0].mask()


# ------------------------------------------------------------------------------ pixels


@pytest.mark.parametrize("level", [70, 150, 235])
def test_a_crack_is_as_dark_as_the_light_is_where_it_lies(level):
    """The same share of the light is missing on a dark wall as on a bright one, more or less."""
    donor, target = cracked(0, dark=75), wall(50, level)
    rgb, label = transplant(target, np.full((96, 128), 255, np.uint8), donor, 1)
    core = masks.feather(label, 2) == 1
    left = rgb[core].mean() / target[core].mean()
    assert 0.35 < left < 0.72


def test_a_rusty_spot_stays_rusty_on_another_colour():
    """Colours that are the defect's own come along, and not how they differ from a red wall."""
    rgb = wall(1) * np.array([1.0, 0.6, 0.5])
    mask = np.zeros((96, 128), np.uint8)
    mask[30:60, 40:80] = 255
    rgb[mask > 0] = (120, 70, 30)
    donor = Donor(rgb.astype(np.uint8), mask)
    done, label = transplant(wall(2), np.full((96, 128), 255, np.uint8), donor, 3)
    red, green, blue = done[masks.feather(label, 3) == 1].mean(axis=0)
    assert red > green > blue
    assert red - blue > 40


def test_no_strength_is_no_change_and_half_is_half():
    """Strength 0 gives the very pixels; 0.5 about half of the change."""
    target, everywhere = wall(50), np.full((96, 128), 255, np.uint8)
    none, label = transplant(target, everywhere, cracked(0), 1, strength=0.0)
    assert np.array_equal(none, target)
    half, full = (
        transplant(target, everywhere, cracked(0), 1, strength=strength)[0].astype(int)
        for strength in (0.5, 1)
    )
    steps = [(target.astype(int) - some)[label > 0].mean() for some in (half, full)]
    assert steps[0] == pytest.approx(steps[1] / 2, abs=0.5)


def test_a_defect_too_large_for_the_region_is_made_smaller():
    """Into a tenth of its size it goes whole, and never over the region's edge."""
    region = masks.box(30, 30, 20, 12, 128, 96)
    _, label = transplant(wall(50), region, cracked(0), 2)
    assert label.any()
    assert not (label & ~region).any()


def test_turned_by_no_more_than_is_allowed():
    """A stroke that lies level stays level within the turn that is asked for."""
    for seed in range(8):
        _, label = transplant(wall(50), np.full((96, 128), 255, np.uint8), cracked(0), seed, turn=5)
        box = masks.box_of(label)
        assert box.width > 3 * box.height


def test_a_defect_cut_off_by_its_picture_runs_out():
    """Where the donor's picture ends the crack fades, so that no straight edge is moved along."""
    rgb, mask = wall(3), np.zeros((96, 128), np.uint8)
    mask[40:52, :] = 255
    rgb[mask > 0] -= np.uint8(70)
    done, label = transplant(wall(4), np.full((96, 128), 255, np.uint8), Donor(rgb, mask), 0, turn=0)
    box = masks.box_of(label)
    inside = (wall(4).astype(int) - done)[box.part].mean(axis=(0, 2))
    ends, middle = np.r_[inside[:4], inside[-4:]].mean(), inside[len(inside) // 3 : -len(inside) // 3].mean()
    assert ends < 0.75 * middle


def test_what_is_unknown_is_carried_on_smoothly():
    """A slope with a hole in it is the slope again, and what is known is not touched."""
    slope = np.repeat(np.linspace(0, 200, 64, dtype=np.float32)[None, :, None], 64, axis=0).repeat(3, axis=2)
    known = np.ones((64, 64), bool)
    known[20:40, 25:45] = False
    holed = np.where(known[..., None], slope, 0).astype(np.float32)
    filled = smooth(holed, known)
    assert np.array_equal(filled[known], slope[known])
    assert np.abs(filled - slope)[~known].max() < 12
