"""A picture as numbers: its colours, its edges and its layout. Pictures that look alike lie near each other.

Nothing here is learnt, and nothing knows what is shown.
"""

from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from photogram.pixels.codecs import Pixels

SIDE = 64
BINS = (12, 3, 3)
"""Of hue, saturation and brightness."""
PARTS = 3
CELL = 8
TURNS = 9
LAYOUT = 16

Vector = npt.NDArray[np.float32]
_Plane = npt.NDArray[Any]


def descriptor(rgb: Pixels) -> Vector:
    """2,424 numbers from 0 to 1: colours as a whole and in nine parts, edges by turn, a small picture.

    Rounded so that two bytes hold each.
    """
    small = np.asarray(cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
    layout = np.asarray(cv2.resize(small, (LAYOUT, LAYOUT), interpolation=cv2.INTER_AREA), np.float32)
    return (
        np.concatenate([_colours(small), _edges(small), layout.ravel() / 255])
        .astype(np.float16)
        .astype(np.float32)
    )


def _colours(small: Pixels) -> Vector:
    """Shares of colours, under a root so that small ones count too."""
    hsv = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2HSV), np.uint8)
    cuts = np.linspace(0, SIDE, PARTS + 1).round().astype(int)
    parts = [hsv[top:bottom, left:right] for top, bottom in pairwise(cuts) for left, right in pairwise(cuts)]
    return np.concatenate([np.sqrt(_histogram(part)) for part in (hsv, *parts)])


def _histogram(hsv: Pixels) -> Vector:
    counts = cv2.calcHist([np.ascontiguousarray(hsv)], [0, 1, 2], None, list(BINS), [0, 180, 0, 256, 0, 256])
    return np.asarray(counts, np.float32).ravel() / (hsv.shape[0] * hsv.shape[1])


def _edges(small: Pixels) -> Vector:
    """How strong edges of each turn are in each of eight by eight cells."""
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32)
    across, down = (np.asarray(cv2.Sobel(grey, cv2.CV_32F, *way)) for way in ((1, 0), (0, 1)))
    strength = np.hypot(across, down)
    turn = (np.arctan2(down, across) % np.pi) * (TURNS / np.pi)
    cells = np.zeros((SIDE // CELL, SIDE // CELL, TURNS), np.float32)
    for number in range(TURNS):
        share = np.maximum(0, 1 - _apart(turn, number)) * strength
        cells[..., number] = _summed(share)
    return (cells / (np.linalg.norm(cells, axis=2, keepdims=True) + SIDE)).ravel()


def _apart(turn: _Plane, number: int) -> _Plane:
    """How far turns are from one of them; the last is next to the first."""
    apart = np.abs(turn - number)
    return np.minimum(apart, TURNS - apart)


def _summed(plane: _Plane) -> _Plane:
    count = SIDE // CELL
    return plane.reshape(count, CELL, count, CELL).sum(axis=(1, 3))
