"""Pictures and vectors that cost next to nothing, each unlike any other."""

import io
import struct
import zlib
from functools import cache
from zlib import crc32

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from photogram.pixels.codecs import Pixels, encode_jpeg, encode_png, shrink

BLUE = (0, 0, 255)
"""What an edit paints with."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
Floats = npt.NDArray[np.float64]


# --------------------------------------------------------------------------- pictures


def plain(width: int, height: int, kind: str, note: str) -> bytes:
    """A grey picture of this size and kind that no other note has."""
    if kind == "png":
        return plain_png(width, height, note)
    return noted(_plain(width, height, kind), note)


def plain_png(width: int, height: int, note: str) -> bytes:
    """A grey picture of this size that no other note has, for next to no work."""
    header, pixels, end = _grey(width, height)
    return header + _comment(note) + pixels + end


@cache
def _grey(width: int, height: int) -> tuple[bytes, bytes, bytes]:
    rows = (b"\0" + b"\x7f" * width) * height
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return _SIGNATURE + header, _chunk(b"IDAT", zlib.compress(rows, 9)), _chunk(b"IEND", b"")


@cache
def _plain(width: int, height: int, kind: str) -> bytes:
    return encoded(np.full((height, width, 3), 127, np.uint8), kind)


def encoded(pixels: Pixels, kind: str) -> bytes:
    """The picture as a file of this kind; JPEG alone loses something, and transparency."""
    if kind == "jpeg":
        return encode_jpeg(np.ascontiguousarray(pixels[..., :3]))
    if kind == "png":
        return encode_png(pixels)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", lossless=True, method=0)
    return file.getvalue()


def noted(data: bytes, note: str) -> bytes:
    """The same picture in other bytes: with a note in it that no one looks at."""
    text = note.encode("latin-1", "replace")
    if data.startswith(_SIGNATURE):
        after_header = len(_SIGNATURE) + 25
        return data[:after_header] + _comment(note) + data[after_header:]
    if data.startswith(b"\xff\xd8"):
        return data[:2] + b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text + data[2:]
    text += b"\0" * (len(text) % 2)
    whole = data[8:] + b"note" + struct.pack("<I", len(text)) + text
    return b"RIFF" + struct.pack("<I", len(whole)) + whole


def _comment(note: str) -> bytes:
    return _chunk(b"tEXt", b"Comment\0" + note.encode("latin-1", "replace"))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


# ------------------------------------------------------------------------------ edits


def painted(rgb: Pixels, mask: Pixels) -> Pixels:
    """The picture, blue exactly where the mask is 255."""
    changed = rgb.copy()
    changed[mask == 255] = BLUE
    return changed


def altered(rgb: Pixels) -> Pixels:
    """The whole picture changed so that anyone sees it: every channel by half its range."""
    return rgb ^ np.uint8(128)


def cut_out(rgb: Pixels) -> Pixels:
    """The middle of the picture, transparent around it."""
    height, width = rgb.shape[:2]
    alpha = np.zeros((height, width), np.uint8)
    cv2.ellipse(
        alpha, (width // 2, height // 2), (max(1, width // 3), max(1, height // 3)), 0, 0, 360, (255,), -1
    )
    return np.dstack([rgb, alpha])


def extended(rgb: Pixels, width: int, height: int, place: tuple[int, int] | None) -> Pixels:
    """The picture at its place on a larger one, which is blue elsewhere."""
    canvas = np.full((height, width, 3), BLUE, np.uint8)
    left, top = place or ((width - rgb.shape[1]) // 2, (height - rgb.shape[0]) // 2)
    inside = rgb[max(0, -top) : max(0, height - top), max(0, -left) : max(0, width - left)]
    left, top = max(0, left), max(0, top)
    canvas[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
    return canvas


def resized(pixels: Pixels, width: int, height: int) -> Pixels:
    """The picture at another size."""
    if not (width and height) or pixels.shape[:2] == (height, width):
        return pixels
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


# ---------------------------------------------------------------------------- vectors


def text_vector(text: str, dimensions: int) -> tuple[float, ...]:
    """Texts that share words, or parts of words, lie near each other."""
    vector = np.zeros(dimensions)
    for word in text.lower().split() or [text]:
        parts = [word, *(word[at : at + 4] for at in range(len(word) - 3))]
        for part in parts:
            hashed = crc32(part.encode("utf-8", "replace"))
            vector[hashed % dimensions] += (1 if hashed & 2**31 else -1) / len(parts)
    return _unit(vector)


def picture_vector(rgb: Pixels, dimensions: int) -> tuple[float, ...]:
    """Pictures with the same colours at the same places lie near each other."""
    small = shrink(rgb, 4, 4).astype(np.float64).ravel() / 255
    brightness = np.histogram(rgb.mean(axis=2), bins=16, range=(0, 256))[0] / rgb[..., 0].size
    described = np.concatenate([small - 0.5, brightness])
    return _unit(_spread(described.size, dimensions) @ described)


@cache
def _spread(size: int, dimensions: int) -> Floats:
    return np.random.default_rng(1).standard_normal((dimensions, size))


def _unit(vector: Floats) -> tuple[float, ...]:
    length = float(np.linalg.norm(vector))
    if not length:
        vector = np.eye(1, vector.size)[0]
        length = 1.0
    return tuple((vector / length).tolist())
