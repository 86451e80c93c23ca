"""One small picture in every kind of file that is taken in."""

import io

import numpy as np
from PIL import Image

from photogram.pixels import codecs


def dice(seed):
    return np.random.default_rng(seed)


def saved(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


def deep(channels):
    return codecs.encode_png(dice(3).integers(0, 65536, (33, 47, channels), np.uint16))


RGB = Image.fromarray(dice(1).integers(0, 256, (33, 47, 3), np.uint8))
RGBA = Image.fromarray(dice(2).integers(0, 256, (33, 47, 4), np.uint8))
FILES = {
    "jpeg": saved(RGB, "JPEG"),
    "cmyk": saved(RGB.convert("CMYK"), "JPEG"),
    "grey": saved(RGB.convert("L"), "PNG"),
    "clear": saved(RGBA, "PNG"),
    "clear grey": saved(RGBA.convert("LA"), "PNG"),
    "clear webp": saved(RGBA, "WEBP", lossless=True),
    "palette": saved(RGB.quantize(16), "PNG", transparency=3),
    "gif": saved(RGB, "GIF"),
    "deep": deep(3),
    "deep and clear": deep(4),
    "deep grey": saved(Image.fromarray(dice(4).integers(0, 65536, (33, 47), np.uint16)), "PNG"),
    **{f"turned {n}": saved(RGB, "JPEG", exif=exif(n)) for n in range(1, 9)},
    **{f"clear and turned {n}": saved(RGBA, "PNG", exif=exif(n)) for n in (3, 6)},
}
