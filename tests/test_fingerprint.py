"""An edit leaves no trace but the edit: a classifier cannot tell pictures that went through it.

Every picture goes the whole way with a defect of no strength. If a classifier could tell it from its
original, a model trained on edited pictures would learn that trace in place of the defect.
"""

import cv2
import numpy as np
import pytest

from photogram import verbs
from photogram.data import Picture, Sizes
from photogram.dataset import Dataset
from photogram.pixels import codecs, masks
from photogram.pixels.draw.paint import paint
from tests.fingerprint import beyond_chance, features, told_apart
from tests.painter import Painter, ask_edit

COUNT, SIDE = 60, 160
SURFACES = ["phone", "concrete", "brick", "render", "asphalt"]
REGION = masks.box(0.2, 0.25, 0.5, 0.5, SIDE, SIDE)


@pytest.fixture(scope="module")
def originals():
    """Pictures with a camera's noise, each of another thing."""
    return [paint({"surface": SURFACES[n % 5]}, SIDE, SIDE, n).rgb for n in range(COUNT)]


@pytest.fixture(scope="module")
def known(originals):
    """What a classifier sees of the originals, inside the region and outside."""
    return [[features(rgb, where) for rgb in originals] for where in (REGION > 0, REGION == 0)]


def check_traceless(known, pictures, where=("inside", "outside")):
    """Neither inside nor outside of the region is a copy told from its original more often than by chance."""
    for name, before, part in zip(("inside", "outside"), known, (REGION > 0, REGION == 0), strict=True):
        if name in where:
            found = told_apart(before, [features(rgb, part) for rgb in pictures])
            assert (np.array(found) <= beyond_chance(COUNT)).all(), f"told apart {name}: {found}"


# ------------------------------------------------------------------ it finds what is there


def stored(rgb):
    return codecs.decode(codecs.encode_jpeg(rgb, 95))


def blurred(rgb):
    return cv2.GaussianBlur(rgb, (0, 0), 0.45)


def scaled(rgb):
    larger = cv2.resize(rgb, None, fx=1.5, fy=1.5, interpolation=cv2.INTER_CUBIC)
    return cv2.resize(larger, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def noisy(rgb):
    return np.clip(rgb + np.random.default_rng(rgb.sum()).normal(0, 1.5, rgb.shape), 0, 255).astype(np.uint8)


def stretched(rgb):
    return cv2.LUT(rgb, np.clip(np.arange(256) * 1.04 - 4, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("change", [stored, blurred, scaled, noisy, stretched])
def test_the_classifier_finds_what_careless_editing_leaves(originals, known, change):
    """A JPEG of the best quality, a blur nobody sees, a tile scaled and back, some noise, some contrast."""
    for before, part in zip(known, (REGION > 0, REGION == 0), strict=True):
        found = told_apart(before, [features(change(rgb), part) for rgb in originals])
        assert (np.array(found) > np.array(beyond_chance(COUNT)) + 0.05).all(), found


def test_the_classifier_finds_nothing_where_there_is_nothing(originals, known):
    """Other pictures of the same kind are not taken for edited ones."""
    half = COUNT // 2
    for before in known:
        area, _ = told_apart(before[:half], before[half:])
        assert area <= beyond_chance(half)[0]


# -------------------------------------------------------------------------- by command

BRIEF = """
[dataset]
name = "traceless"

[[take]]
from = ["photos"]
label = "good"

[[take]]
from = ["real"]
masks = ["real/*_mask.png"]
label = "real"

[[edit]]
of = "good"
label = "bad"
strength = 0.0
prompt = "a defect that cannot be seen"
where = { box = [0.2, 0.25, 0.5, 0.5] }
"""


@pytest.mark.parametrize(
    "edit",
    [
        'facts = { defect = "scratch", severity = "severe" }',
        'facts = { defect = "oil", severity = "severe" }',
        'kind = "transplant"\ndonors = "real"',
    ],
)
def test_pictures_sent_through_by_command_are_not_told_apart(tmp_path, originals, known, edit):
    """`run` takes them in, masks, edits, pastes and stores them; drawn and transplanted, at no strength."""
    for name in ("photos", "real"):
        (tmp_path / name).mkdir()
    for number, rgb in enumerate(originals):
        (tmp_path / "photos" / f"{number:03d}.png").write_bytes(codecs.encode_png(rgb))
    donor = paint({"surface": "concrete", "defect": "crack"}, 320, 240, 5)
    (tmp_path / "real" / "a.png").write_bytes(codecs.encode_png(donor.rgb))
    (tmp_path / "real" / "a_mask.png").write_bytes(codecs.encode_png(donor.mask))
    (tmp_path / "brief.toml").write_text(BRIEF + edit, "utf-8")
    assert verbs.generate(tmp_path).exit_code == verbs.run(tmp_path).exit_code == 0
    with Dataset(tmp_path) as opened:
        rows = {row.id: row for row in opened.ledger.rows(columns=("image",))}
        edited = {
            rows[row.parent].source: opened.store.read(row.image()) for row in rows.values() if row.parent
        }
    pictures = [codecs.decode(edited[source]) for source in sorted(edited)]
    assert len(pictures) == COUNT
    check_traceless(known, pictures)


# ------------------------------------------------------------------------ by any model


class Idle(Painter):
    """A model that hands back what it was shown: as it is, or stored once more as a JPEG."""

    async def answer(self, ask):
        tile = self.read(ask.images["image"])
        return Picture(images=(codecs.encode_jpeg(codecs.decode(tile), 93) if self.jpeg else tile,))


@pytest.mark.parametrize(
    ("sizes", "jpeg"),
    [
        (Sizes(default=(64, 64)), False),
        (Sizes(step=16, least_pixels=90_000, default=(256, 256)), False),
        (Sizes(step=8, most_pixels=6_000, default=(64, 64)), False),
        (Sizes(default=(64, 64)), True),
        (Sizes(step=16, least_pixels=90_000, default=(256, 256)), True),
    ],
    ids=["as it is", "enlarged", "shrunk", "as a JPEG", "enlarged, as a JPEG"],
)
def test_what_a_model_does_to_its_tile_is_not_found_in_the_picture(originals, known, sizes, jpeg):
    """A tile that was scaled or stored with loss on its way leaves nothing, inside the mask or outside."""
    mask = masks.encode(REGION)
    pictures = [
        codecs.decode(ask_edit(Idle(sizes, jpeg=jpeg), codecs.encode_png(rgb), mask, feather=4)[0].images[0])
        for rgb in originals
    ]
    check_traceless(known, pictures)
