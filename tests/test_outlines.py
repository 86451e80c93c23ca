"""Masks as runs and as polygons: to the pixel, for us and for the library that COCO's users have."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as coco

from photogram.faults import BadInput
from photogram.pixels import outlines

# pycocotools speaks to numpy as it was before its second edition.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

masks = arrays(
    np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.sampled_from([0, 255])
)


def disc(side=61):
    """A ring with something in its hole: parts, holes and parts in holes."""
    y, x = np.mgrid[:side, :side] - side // 2
    far = np.hypot(x, y)
    return (((far < 28) & (far > 14)) | (far < 6)).astype(np.uint8) * 255


@given(masks)
def test_runs_say_the_mask(mask):
    """Runs and letters are read back, and pycocotools writes the same letters."""
    counts = outlines.runs(mask)
    assert (outlines.from_runs(counts, mask.shape[1], mask.shape[0]) == mask).all()
    assert outlines.stretched(outlines.squeezed(counts)) == counts
    theirs = coco.encode(np.asfortranarray(mask // 255))
    assert theirs["counts"].decode() == outlines.squeezed(counts)


@given(masks)
def test_polygons_say_the_mask(mask):
    """To the pixel, whatever parts and holes it has: by our rule and by pycocotools'."""
    height, width = mask.shape
    found = outlines.polygons(mask)
    assert (outlines.from_polygons(found, width, height) == mask).all()
    flat = [polygon.ravel().astype(float).tolist() for polygon in found]
    if flat:
        theirs = coco.decode(coco.merge(coco.frPyObjects(flat, height, width)))
        assert (theirs * 255 == mask).all()


def test_a_polygon_for_each_part():
    """A ring with a disc in it is two; the ring's hole is part of its line."""
    found = outlines.polygons(disc())
    assert len(found) == 2
    assert (outlines.from_polygons(found, 61, 61) == disc()).all()


def test_pixels_that_touch_in_a_corner_are_two_parts():
    """So that no polygon crosses itself."""
    assert len(outlines.polygons(np.array([[255, 0], [0, 255]], np.uint8))) == 2


def test_a_box_has_four_corners():
    """Nothing is said that a straight line says already."""
    mask = np.zeros((9, 9), np.uint8)
    mask[2:5, 3:8] = 255
    (found,) = outlines.polygons(mask)
    assert sorted(map(tuple, found.tolist())) == [(3, 2), (3, 5), (8, 2), (8, 5)]


@pytest.mark.parametrize(("counts", "told"), [([3], "count 3"), ([5, -1], "count 4"), ([2, 2, 2], "count 6")])
def test_runs_of_another_picture_are_refused(counts, told):
    """Rather than filled up or cut."""
    with pytest.raises(BadInput, match=told):
        outlines.from_runs(counts, 2, 2)


def test_letters_that_are_none_are_refused():
    """A damaged file is told, not read as another mask."""
    with pytest.raises(BadInput, match="no letter"):
        outlines.stretched("a~")
