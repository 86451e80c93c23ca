"""How a change sits in its picture: whether it can be seen at all, and whether its grain is that around."""

import cv2
import numpy as np
import numpy.typing as npt

from photogram.data import Facts
from photogram.pixels import codecs, masks
from photogram.pixels.codecs import Whole
from photogram.pixels.masks import Mask

_AROUND = 24
_STRONGEST = 0.25
_LEAST = 1.0
"""Levels of texture that a picture counts as having at least."""

_Plane = npt.NDArray[np.float32]


def seat(before: Whole, after: Whole, label: Mask) -> Facts:
    """`visible`: the strongest quarter of the change in units of the texture around it; `grain`: the
    texture inside as a multiple of that around."""
    part = masks.box_of(label).widened(_AROUND).within(label.shape).part
    was, now = (_grey(whole[part]) for whole in (before, after))
    inside = label[part] > 0
    around = cv2.dilate(inside.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
    deep = cv2.erode(inside.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    texture = _texture(was, around if around.any() else inside)
    step = np.abs(_blurred(now - was, 1.0))[inside]
    strongest = np.sort(step)[-max(1, round(_STRONGEST * step.size)) :]
    return {
        "visible": round(float(strongest.mean()) / max(_LEAST, texture), 3),
        "grain": round((_texture(now, deep if deep.any() else inside) + _LEAST) / (texture + _LEAST), 3),
    }


def _grey(whole: Whole) -> _Plane:
    return np.asarray(cv2.cvtColor(codecs.shown(whole), cv2.COLOR_RGB2GRAY), np.float32)


def _texture(grey: _Plane, where: npt.NDArray[np.bool_]) -> float:
    return 1.4826 * float(np.median(np.abs(grey - _blurred(grey, 2.0))[where]))


def _blurred(plane: _Plane, size: float) -> _Plane:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), size), np.float32)
