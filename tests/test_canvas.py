"""What drawings are made of: dice, noise, shapes, surfaces: as large as asked, and the same each time."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photogram.pixels.draw import camera, canvas, materials
from photogram.pixels.draw.blend import Defect, blend
from photogram.pixels.draw.canvas import Face, Light, Scene, box_of, dice
from photogram.pixels.draw.defects import DEFECTS, SEVERITIES
from photogram.pixels.draw.materials import BONDS, MATERIALS, Piece, skin

SIDES = st.sampled_from([1, 2, 3, 16, 17, 63, 200])
SEEDS = st.integers(0, 2**64)
SUN = Light(0.6, -0.8, 1.0)
few = settings(max_examples=25)


# ------------------------------------------------------------------------------ dice


@given(seed=SEEDS, part=st.text(max_size=8))
def test_dice_fall_the_same_each_time(seed, part):
    """A seed and a part of the drawing decide every throw, on any machine."""
    assert dice(seed, part).random(4).tolist() == dice(seed, part).random(4).tolist()


def test_each_part_has_dice_of_its_own():
    """Parts and seeds do not share their luck: of a hundred pairs no two begin alike."""
    thrown = {tuple(dice(seed, part).random(2)) for seed in range(10) for part in "abcdefghij"}
    assert len(thrown) == 100


# ----------------------------------------------------------------------------- noise


@few
@given(width=SIDES, height=SIDES, cells=st.integers(1, 12), seed=SEEDS)
def test_clouds_are_as_large_as_asked_and_smooth(width, height, cells, seed):
    """Numbers everywhere, of about one either way, and neighbours nearly alike."""
    plane = canvas.clouds(dice(seed, "c"), width, height, cells)
    assert plane.shape == (height, width)
    assert np.isfinite(plane).all()
    assert np.abs(plane).max() < 12
    if width > 10 * cells:
        assert np.abs(np.diff(plane, axis=1)).mean() < 1.0


@pytest.mark.parametrize("size", [(1, 1), (33, 17), (1536, 40), (40, 1600), (3000, 20)])
def test_grain_has_no_end(size):
    """Larger than the tile it is cut from, it goes on, and everywhere with a deviation of about one."""
    width, height = size
    plane = canvas.grain(dice(3, "g"), width, height)
    assert plane.shape == (height, width)
    assert plane.flags["C_CONTIGUOUS"]
    plane[:] = 7  # whoever gets it may write on it
    again = canvas.grain(dice(3, "g"), width, height)
    assert not (again == 7).any()
    if width * height > 400:
        assert again.std() == pytest.approx(1, abs=0.15)
        assert again.mean() == pytest.approx(0, abs=0.15)


@given(count=st.integers(1, 300), knots=st.integers(1, 20), seed=SEEDS)
def test_a_wave_has_as_many_numbers_as_asked(count, knots, seed):
    """However few knots it hangs on."""
    found = canvas.wave(dice(seed, "w"), count, knots)
    assert found.shape == (count,)
    assert np.isfinite(found).all()


@given(width=SIDES, height=SIDES, level=st.floats(0, 255))
def test_stretching_what_is_even_leaves_it_even(width, height, level):
    """No edge is brighter or darker than the middle."""
    small = np.full((2, 3), level, np.float32)
    assert canvas.stretch(small, width, height) == pytest.approx(level, abs=1e-3)


# ---------------------------------------------------------------------------- shapes


@given(
    left=st.integers(2, 30),
    top=st.integers(2, 30),
    width=st.integers(1, 30),
    height=st.integers(1, 30),
)
def test_a_shape_fills_what_it_encloses(left, top, width, height):
    """A rectangle is filled whole within, its edge is soft by a pixel, and nothing lies beyond."""
    plane = np.zeros((64, 64), np.uint8)
    right, bottom = left + width, top + height
    canvas.polygon(plane, np.array([(left, top), (right, top), (right, bottom), (left, bottom)], float), 255)
    assert (plane[top + 1 : bottom, left + 1 : right] == 255).all()
    plane[top - 1 : bottom + 2, left - 1 : right + 2] = 0
    assert not plane.any()


@given(across=st.floats(1, 20), down=st.floats(1, 20), width=st.floats(45, 90), height=st.floats(45, 90))
def test_rounded_corners_stay_inside(across, down, width, height):
    """The outline touches all four sides of its rectangle and never leaves it."""
    points = canvas.rounded(10, 20, 10 + width, 20 + height, across, down)
    assert points.min(axis=0) == pytest.approx((10, 20))
    assert points.max(axis=0) == pytest.approx((10 + width, 20 + height))


@given(
    angle=st.floats(-math.pi, math.pi),
    length=st.floats(10, 500),
    share=st.floats(0.1, 1),
    x=st.floats(0, 600),
    y=st.floats(0, 600),
)
def test_a_face_is_turned_not_bent(angle, length, share, x, y):
    """Its middle lies where it was laid, its sides are as long as they are, and its corners are right."""
    face = Face(x, y, length, length * share, angle)
    middle, right, down = face.place(np.array([(0.0, 0.0), (0.5, 0.0), (0.0, 0.5)]))
    assert middle == pytest.approx((x, y))
    assert np.hypot(*(right - middle)) == pytest.approx(length / 2)
    assert np.hypot(*(down - middle)) == pytest.approx(length * share / 2)
    assert np.dot(right - middle, down - middle) == pytest.approx(0, abs=1e-6 * length**2)


@given(points=st.lists(st.tuples(st.integers(0, 19), st.integers(0, 9)), min_size=1))
def test_a_box_is_tight(points):
    """Every side of it touches what is set, and all that is set lies within."""
    mask = np.zeros((10, 20), np.uint8)
    for x, y in points:
        mask[y, x] = 255
    box = box_of("x", mask)
    xs, ys = zip(*points, strict=True)
    assert (box.left, box.top) == (min(xs), min(ys))
    assert (box.left + box.width - 1, box.top + box.height - 1) == (max(xs), max(ys))


# ---------------------------------------------------------------------------- camera


@few
@given(width=SIDES, height=SIDES, level=st.floats(0, 255), seed=SEEDS)
def test_the_camera_keeps_the_size_and_the_light(width, height, level, seed):
    """An even grey stays about that grey, at odd sizes too, and nearly without colour."""
    plane = np.full((height, width), level, np.float32)
    scene = Scene(plane, np.zeros((height, width), np.uint8), Face(0, 0, 1, 1, 0), SUN)
    rgb = camera.develop(scene, camera.fringe(plane), dice(seed, "camera"))
    assert rgb.shape == (height, width, 3)
    assert abs(float(rgb.mean()) - level) < 12
    assert np.abs(np.diff(rgb.reshape(-1, 3).mean(axis=0))).max() < 14


def test_a_dark_picture_has_less_noise_than_a_bright_one():
    """As sensors have it; and where the light is full there is little of it."""
    noise = []
    for level in (4, 90, 250):
        plane = np.full((120, 160), level, np.float32)
        scene = Scene(plane, np.zeros((120, 160), np.uint8), Face(0, 0, 1, 1, 0), SUN)
        noise.append(camera.develop(scene, camera.fringe(plane), dice(1, "camera"))[..., 1].std())
    assert noise[0] < noise[1] > noise[2]


# ------------------------------------------------------------------------- materials


def piece(width, height, seed=5, unit=0.7, bond="stretcher"):
    return Piece(dice(seed, "piece"), width, height, unit, SUN, bond)


@pytest.mark.parametrize("material", MATERIALS)
@pytest.mark.parametrize("size", [(1, 1), (2, 35), (161, 97)])
def test_a_material_fills_its_piece(material, size):
    """Light at full size, colour at half of it, numbers everywhere; the same dice make the same piece."""
    width, height = size
    plane, red, blue = skin(material, piece(width, height))
    assert plane.shape == (height, width)
    assert red.shape == blue.shape == ((height + 1) // 2, (width + 1) // 2)
    assert all(np.isfinite(part).all() for part in (plane, red, blue))
    again = skin(material, piece(width, height))
    assert all((one == other).all() for one, other in zip((plane, red, blue), again, strict=True))


@pytest.mark.parametrize("material", MATERIALS)
def test_a_material_is_not_flat_and_not_black(material):
    """Something is to be seen of it, at a light that a picture can hold."""
    plane, _, _ = skin(material, piece(160, 120))
    assert 20 < plane.mean() < 250
    assert plane.std() > 0.5


@given(
    red=st.floats(1, 255),
    green=st.floats(1, 255),
    blue=st.floats(1, 255),
)
def test_a_tone_is_a_colour_by_its_light(red, green, blue):
    """Grey leans nowhere; what is redder than its light leans to red."""
    level, to_red, to_blue = materials.tone(red, green, blue)
    assert level == pytest.approx(0.299 * red + 0.587 * green + 0.114 * blue)
    assert materials.tone(level, level, level)[1:] == pytest.approx((0, 0), abs=1e-9)
    assert (to_red > 0) is (red > level)
    assert (to_blue > 0) is (blue > level)


@given(
    bond=st.sampled_from(BONDS), width=st.integers(1, 400), height=st.integers(1, 300), unit=st.floats(0.2, 2)
)
def test_bricks_leave_no_gap(bond, width, height, unit):
    """Each course is full from edge to edge, and the courses reach from top to bottom."""
    found = materials.bricks("brick", bond, width, height, unit)
    tops = sorted(set(found[:, 1]))
    assert tops[0] == 0
    assert found[:, 3].max() >= height - 1e-6
    for top in tops:
        course = found[found[:, 1] == top]
        assert course[0, 0] <= 0
        assert course[-1, 2] >= width
        assert course[1:, 0] == pytest.approx(course[:-1, 2])


def test_only_bricks_are_laid():
    """Nothing else has joints."""
    assert all(
        len(materials.bricks(name, "flemish", 90, 90, 1)) == 0 for name in MATERIALS if name != "brick"
    )


# --------------------------------------------------------------- a defect blended in


def regions():
    """Regions as masks come: everything, a box, two islands, a slanted band, next to nothing."""
    whole = np.full((90, 120), 255, np.uint8)
    box = np.zeros_like(whole)
    box[20:70, 30:100] = 255
    islands = np.zeros_like(whole)
    islands[5:40, 5:50] = islands[50:85, 70:115] = 255
    band = np.zeros_like(whole)
    canvas.line(band, np.array([(0.0, 80.0), (119.0, 10.0)]), 255, 25)
    band[band > 0] = 255
    return {"whole": whole, "box": box, "islands": islands, "band": band}


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("defect", DEFECTS)
@pytest.mark.parametrize(("name", "region"), regions().items(), ids=list(regions()))
def test_a_blended_defect_changes_its_mask_alone(name, region, defect, severity):
    """Outside the mask every pixel is as it was, and the mask lies in the region; a seed decides both."""
    rgb = np.random.default_rng(4).integers(40, 210, (90, 120, 3), np.uint8)
    edited, mask = blend(rgb, region, Defect(defect, severity), 11)
    assert not (mask & ~region).any()
    assert (edited[mask == 0] == rgb[mask == 0]).all()
    assert (edited[mask > 0] != rgb[mask > 0]).any() or not mask.any()
    assert mask.any() or severity == "light"
    again, same = blend(rgb, region, Defect(defect, severity), 11)
    assert (again == edited).all()
    assert (same == mask).all()


def test_no_room_is_no_defect():
    """A region in which nothing fits gives the picture back, and an empty mask."""
    rgb = np.full((40, 50, 3), 128, np.uint8)
    nowhere = np.zeros((40, 50), np.uint8)
    edited, mask = blend(rgb, nowhere, Defect("scratch", "severe"), 1)
    assert (edited == rgb).all()
    assert not mask.any()
