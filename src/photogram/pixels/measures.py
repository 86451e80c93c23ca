"""What can be counted in a picture without any model, from one decoded array.

These find broken, blank, blurred and doubled pictures. They do not tell a good one from a bad one.
"""

from hashlib import sha256
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from photogram.data import Facts
from photogram.pixels.codecs import Pixels, fit, shrink

WORKING_SIDE = 1024
"""Sharpness and noise depend on the size they are taken at: larger pictures are shrunk to this."""

COLOUR_SIDE = 256
"""Colour is counted on a picture shrunk to this, where noise is no colour."""

SOFT = 100.0
"""The Laplacian variance that scores a sharpness of one half: photographs below it look soft."""

VIVID = 109.0
"""The colourfulness that people call extreme (Hasler and Süsstrunk, 2003): it scores one."""

CLIPPED = 3
"""Levels this near to black or white count as clipped."""

_Plane = npt.NDArray[Any]
_NOISE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_LEVELS = np.arange(256)


def measure(rgb: Pixels) -> Facts:
    """Everything below, by name, for one picture."""
    height, width = rgb.shape[:2]
    grey = _grey(rgb)
    working = shrink(grey, *fit(width, height, WORKING_SIDE))
    laplacian = laplacian_variance(working)
    return {
        "width": width,
        "height": height,
        "megapixels": round(width * height / 1e6, 4),
        **exposure(grey),
        "sharpness": round(laplacian / (laplacian + SOFT), 4),
        "laplacian_variance": round(laplacian, 2),
        "noise": round(noise(working), 3),
        "blockiness": round(blockiness(grey), 3),
        "colourfulness": round(colourfulness(shrink(rgb, *fit(width, height, COLOUR_SIDE))), 4),
        "phash": phash(grey),
        "pixels": pixels(rgb),
    }


def exposure(grey: Pixels) -> Facts:
    """Brightness and contrast from 0 to 1, entropy in bits, and the shares clipped at either end."""
    counts = np.bincount(grey.ravel(), minlength=256) if grey.size < 4096 else _histogram(grey)
    share = counts / grey.size
    mean = float(share @ _LEVELS)
    spread = float(np.sqrt(share @ (_LEVELS - mean) ** 2))
    present = share[share > 0]
    return {
        "brightness": round(mean / 255, 4),
        "contrast": round(spread / 127.5, 4),
        "entropy": round(abs(float(present @ np.log2(present))), 3),
        "clipped_dark": round(float(share[:CLIPPED].sum()), 4),
        "clipped_bright": round(float(share[-CLIPPED:].sum()), 4),
    }


def laplacian_variance(grey: Pixels) -> float:
    """How much neighbouring pixels differ: the raw measure of sharpness."""
    edges = cv2.Laplacian(grey, cv2.CV_16S)
    return _spread(edges) ** 2


def noise(grey: Pixels) -> float:
    """The standard deviation of the noise in levels of 255 (Immerkær's estimate)."""
    if min(grey.shape) < 3:
        return 0.0
    inner = cv2.filter2D(grey, cv2.CV_16S, _NOISE)[1:-1, 1:-1]
    return float(np.sqrt(np.pi / 2) / 6) * float(cv2.norm(inner, cv2.NORM_L1)) / inner.size


def blockiness(grey: Pixels) -> float:
    """How much larger steps are across the borders of JPEG's 8 × 8 blocks than elsewhere; 1 if none."""
    ratios = [_border_ratio(np.asarray(cv2.absdiff(one, two))) for one, two in _neighbours(grey)]
    return max(ratios, default=1.0)


def colourfulness(rgb: Pixels) -> float:
    """From 0, grey, to 1, extremely colourful."""
    red, green, blue = cv2.split(rgb.astype(np.int16))
    red_green = cv2.subtract(red, green)
    yellow_blue = cv2.subtract(cv2.add(red, green), cv2.add(blue, blue))
    spread = np.hypot(_spread(red_green), _spread(yellow_blue) / 2)
    mean = np.hypot(_mean(red_green), _mean(yellow_blue) / 2)
    return min(1.0, float(spread + 0.3 * mean) / VIVID)


def phash(grey: Pixels) -> str:
    """Sixty-four bits, as hex, that stay nearly the same when a picture is stored anew or resized."""
    small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = np.asarray(cv2.dct(small))[:8, :8].ravel()
    return np.packbits(low > np.median(low[1:])).tobytes().hex()


def pixels(rgb: Pixels) -> str:
    """The hash of the pixels: the same for the same picture in any lossless file."""
    hashed = sha256(f"{rgb.shape[1]}x{rgb.shape[0]}:".encode())
    hashed.update(np.ascontiguousarray(rgb).data)
    return hashed.hexdigest()


def _grey(rgb: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def _histogram(grey: Pixels) -> _Plane:
    return np.asarray(cv2.calcHist([grey], [0], None, [256], [0, 256]), np.float64).ravel()


def _mean(plane: _Plane) -> float:
    return float(np.asarray(cv2.meanStdDev(plane)[0]).item())


def _spread(plane: _Plane) -> float:
    return float(np.asarray(cv2.meanStdDev(plane)[1]).item())


def _neighbours(grey: Pixels) -> list[tuple[Pixels, Pixels]]:
    """Each pixel with the next one, along rows and (turned) along columns, where blocks have borders."""
    pairs = [(grey[:, :-1], grey[:, 1:])] if grey.shape[1] > 8 else []
    return pairs + ([(grey[:-1].T, grey[1:].T)] if grey.shape[0] > 8 else [])


def _border_ratio(steps: _Plane) -> float:
    """Steps across block borders against all others; half a level keeps flat pictures near 1."""
    columns = np.asarray(cv2.reduce(steps, 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F)).ravel()
    border = np.zeros(columns.size, bool)
    border[7::8] = True
    return float((columns[border].mean() + 0.5) / (columns[~border].mean() + 0.5))
