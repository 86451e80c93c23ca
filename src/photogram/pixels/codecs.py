"""Pictures in and out of bytes.

The type is told by the bytes, never by a name. What comes out is always the picture as a person sees
it, in RGB with eight bits a channel, by these rules:

- the EXIF orientation is applied;
- sixteen bits keep their high byte, numbers wider than that are stretched from their least to their most;
- a palette is looked up, CMYK is converted, colour profiles are not applied;
- whatever is transparent lies on white;
- of an animation, the first picture.

A picture that is to be changed and kept comes out whole instead: turned and in RGB by the same rules,
but with its transparency as a fourth channel and with the sixteen bits of a PNG or TIFF that has them.
"""

import io
import struct
import threading
import warnings
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import cv2
import msgspec
import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from photogram.faults import Malformed
from photogram.media import media_type

Pixels = npt.NDArray[np.uint8]
"""A picture as height × width × 3 in RGB, or a mask as height × width."""

Whole = npt.NDArray[np.uint8 | np.uint16]
"""A picture as height × width × 3 or, with transparency, 4, at the depth of its file."""

PIXEL_LIMIT = 200_000_000
"""A picture that claims more pixels than this is taken for a decompression bomb."""

# Pillow's own `Image.open` guesses among fifty formats and warns by a limit of its own; naming the
# class for the type the bytes already told does neither.
_READERS: dict[str, Callable[[io.BytesIO], ImageFile]] = {
    "image/jpeg": JpegImageFile,
    "image/png": PngImageFile,
    "image/webp": WebPImageFile,
    "image/gif": GifImageFile,
    "image/bmp": BmpImageFile,
    "image/tiff": TiffImageFile,
    "image/avif": AvifImageFile,
}
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LYING = (5, 6, 7, 8)
# The same turns for arrays, as Pillow has no picture of three channels of sixteen bits.
_TURNED: dict[int, Callable[[Whole], Whole]] = {
    1: lambda whole: whole,
    2: lambda whole: whole[:, ::-1],
    3: lambda whole: whole[::-1, ::-1],
    4: lambda whole: whole[::-1],
    5: lambda whole: whole.swapaxes(0, 1),
    6: lambda whole: np.rot90(whole, -1),
    7: lambda whole: whole[::-1, ::-1].swapaxes(0, 1),
    8: lambda whole: np.rot90(whole),
}
_REORDER = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
_BITS_PER_SAMPLE = 258
# What Pillow is known to raise on bytes that are not what they claim.
_FAULTS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    OverflowError,
    RuntimeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
_HARMLESS = (b"IHDR", b"tEXt", b"sRGB", b"gAMA", b"pHYs", b"caBX")  # say nothing of how a PNG lies
_CUT_SHORT = "the file ends before the picture does"
_opening = threading.Lock()


class Header(msgspec.Struct, frozen=True):
    """What a file says of itself; width and height are as seen, after turning it upright."""

    media_type: str
    width: int
    height: int
    orientation: int = 1


def inspect(data: bytes) -> Header:
    """The type and size of a picture, from its header alone."""
    return _plain_png(data) or _open(data)[1]


def verify(data: bytes) -> Header:
    """The same after decoding all of it, so that a file cut short or damaged is found."""
    image, header = _open(data)
    _load(image)
    return header


def decode(data: bytes) -> Pixels:
    """The picture as a person sees it, in RGB."""
    image, header = _open(data)
    _load(image)
    return _as_seen(image, _turn(image, header))


def decode_whole(data: bytes) -> Whole:
    """The picture with its transparency and its depth; `shown` makes of it what `decode` says."""
    image, header = _open(data)
    _load(image)
    turn = _turn(image, header)
    deep = _deep(image, data)
    if deep is not None:
        deep = np.ascontiguousarray(_TURNED[turn](deep))
        if np.array_equal(shown(deep), _as_seen(image, turn)):
            return deep
    return np.array(_upright(_coloured(image), turn), np.uint8)


def shown(whole: Whole) -> Pixels:
    """A whole picture as a person sees it: eight bits of its depth, and what is transparent on white."""
    eight = np.asarray(whole if whole.dtype == np.uint8 else whole >> 8, np.uint8)
    return np.array(_on_white(Image.fromarray(eight))) if eight.shape[2] == 4 else eight


def thumbnail(data: bytes, side: int) -> Pixels:
    """The picture at no more than `side` pixels a side, decoded small where the format can."""
    image, header = _open(data)
    width, height = fit(image.width, image.height, side)
    image.draft(None, (width, height))
    _load(image)
    turn = _turn(image, header)
    if turn in _LYING:
        width, height = height, width
    return shrink(_as_seen(image, turn), width, height)


def fit(width: int, height: int, side: int) -> tuple[int, int]:
    """The size with the same proportions whose longer side is `side`, or the size itself if smaller."""
    scale = min(1.0, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def shrink(pixels: Pixels, width: int, height: int) -> Pixels:
    """The picture at a smaller size, every new pixel the mean of those it covers."""
    if pixels.shape[:2] == (height, width):
        return pixels
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def encode_jpeg(rgb: Pixels, quality: int = 95) -> bytes:
    """The picture as a JPEG file."""
    return _encode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, quality])


def encode_png(pixels: Whole) -> bytes:
    """The picture or mask as a PNG file, without loss, whatever its depth and transparency."""
    return _encode(".png", pixels, [])


def _encode(ending: str, pixels: Whole, options: list[int]) -> bytes:
    ordered = cv2.cvtColor(pixels, _REORDER[pixels.shape[2]]) if pixels.ndim == 3 else pixels
    done, buffer = cv2.imencode(ending, ordered, options)
    if not done:
        raise ValueError(f"cannot encode an array of shape {pixels.shape} as {ending}")
    return buffer.tobytes()


def _open(data: bytes) -> tuple[ImageFile, Header]:
    kind = media_type(data)
    reader = _READERS.get(kind)
    if reader is None:
        raise Malformed(_not_readable(data, kind))
    # Pillow warns of odd metadata, which is no concern of a reader of pixels; the filters that
    # silence it are the whole process's, hence the lock.
    with _opening, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = reader(io.BytesIO(data))
            _check_size(image)
            header = _header(image, kind)
        except _FAULTS as fault:
            why = f"the {_short(kind)} header cannot be read: the file is cut short or damaged"
            raise Malformed(why, str(fault)) from fault
    return image, header


def _plain_png(data: bytes) -> Header | None:
    """The header of a PNG with nothing out of the ordinary, many times as fast; None for all else."""
    if data[:16] != b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR":
        return None
    place, kind = 8, b"IHDR"
    while kind in _HARMLESS:
        end = place + 8 + int.from_bytes(data[place : place + 4], "big")
        if int.from_bytes(data[end : end + 4], "big") != zlib.crc32(data[place + 4 : end]):
            return None
        place, kind = end + 4, data[end + 8 : end + 12]
    width, height = struct.unpack(">II", data[16:24])
    return (
        Header("image/png", width, height) if kind == b"IDAT" and 0 < width * height <= PIXEL_LIMIT else None
    )


def _header(image: ImageFile, kind: str) -> Header:
    flat = Header(kind, *image.size, _orientation(image))
    width, height = image.size[::-1] if _turn(image, flat) in _LYING else image.size
    return Header(kind, width, height, flat.orientation)


def _turn(image: ImageFile, header: Header) -> int:
    """The turn that is left to us: Pillow turns a TIFF by itself, and only a TIFF."""
    return 1 if isinstance(image, TiffImageFile) else header.orientation


def _not_readable(data: bytes, kind: str) -> str:
    if not data:
        return "the file is empty"
    if kind == "image/heic":
        return "HEIC pictures cannot be read here; convert it to JPEG or PNG first"
    if kind == "application/octet-stream":
        return "not a picture: the first bytes are those of no known format"
    return f"not a picture: the first bytes are those of {kind}"


def _short(kind: str) -> str:
    return kind.partition("/")[2].upper()


def _orientation(image: ImageFile) -> int:
    # Pillow decodes all of a PNG to look for metadata behind the pixels; only what stands before counts.
    if isinstance(image, PngImageFile) and "exif" not in image.info:
        return 1
    value: Any = image.getexif().get(_ORIENTATION, 1)
    return value if value in _UPRIGHT else 1


def _check_size(image: ImageFile) -> None:
    width, height = image.size
    if width < 1 or height < 1:
        raise Malformed(f"the picture says it is {width}x{height}: it has no pixels")
    if width * height > PIXEL_LIMIT:
        limit = PIXEL_LIMIT // 1_000_000
        raise Malformed(f"the picture says it is {width}x{height}: more than {limit} megapixels are not read")


def _load(image: ImageFile) -> None:
    try:
        image.load()
    except _FAULTS as fault:
        said = str(fault)
        cut = isinstance(fault, (EOFError, LookupError, struct.error)) or "truncated" in said or not said
        raise Malformed(_CUT_SHORT if cut else "the picture's data is damaged", said) from fault


def _deep(image: ImageFile, data: bytes) -> Whole | None:
    """All sixteen bits of a picture that has them, as its file lies; None for any other."""
    if image.mode.startswith("I;16"):
        return np.repeat(np.asarray(image).astype(np.uint16)[..., None], 3, axis=2)
    if not _has_sixteen_bits(image, data):
        return None
    with suppress(cv2.error):
        read = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if read is not None and read.ndim == 3 and read.dtype == np.uint16:
            # exchanging the first channel with the third is its own inverse
            return np.asarray(cv2.cvtColor(read, _REORDER[read.shape[2]]), np.uint16)
    return None


def _has_sixteen_bits(image: ImageFile, data: bytes) -> bool:
    if isinstance(image, TiffImageFile):
        bits: Any = image.tag_v2.get(_BITS_PER_SAMPLE, ())
        return 16 in bits
    return isinstance(image, PngImageFile) and data[24] == 16


def _as_seen(image: Image.Image, turn: int) -> Pixels:
    return np.array(_upright(_rgb(image), turn), np.uint8)


def _upright(image: Image.Image, turn: int) -> Image.Image:
    return image.transpose(_UPRIGHT[turn]) if turn in _UPRIGHT else image


def _rgb(image: Image.Image) -> Image.Image:
    coloured = _coloured(image)
    return _on_white(coloured) if coloured.mode == "RGBA" else coloured


def _coloured(image: Image.Image) -> Image.Image:
    """The picture in RGB, or in RGBA where anything of it may be transparent."""
    if image.mode.startswith("I;16"):
        return _grey(np.asarray(image) >> 8)
    if image.mode in ("I", "F"):
        return _grey(_stretched(np.asarray(image, np.float64)))
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _grey(plane: npt.NDArray[Any]) -> Image.Image:
    return Image.fromarray(plane.astype(np.uint8)).convert("RGB")


def _stretched(plane: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    plane = np.nan_to_num(plane, posinf=0, neginf=0)
    low, high = float(plane.min()), float(plane.max())
    return (plane - low) * (255 / (high - low or 1.0))


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white
