"""Pictures in and out of bytes: every kind of file comes out as seen, and no bad one gets through."""

import io
import struct
import warnings
import zlib
from contextlib import suppress

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from photogram.faults import Malformed
from photogram.pixels import codecs

RED, WHITE = (255, 0, 0), (255, 255, 255)


def picture(width=24, height=16):
    """A picture that differs at every corner: red, green, blue and white quarters."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[: height // 2, : width // 2] = RED
    rgb[: height // 2, width // 2 :] = (0, 255, 0)
    rgb[height // 2 :, : width // 2] = (0, 0, 255)
    rgb[height // 2 :, width // 2 :] = WHITE
    return rgb


def saved(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noisy(kind, **options):
    rgb = np.random.default_rng(7).integers(0, 256, (60, 80, 3), np.uint8)
    return saved(Image.fromarray(rgb), kind, **options)


FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"]


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_read(kind):
    """A file of any format tells its type and size, and decodes to RGB of that size."""
    data = noisy(kind)
    header = codecs.inspect(data)
    assert header.media_type == f"image/{kind.lower()}"
    assert (header.width, header.height) == (80, 60)
    assert codecs.decode(data).shape == (60, 80, 3)
    assert codecs.verify(data) == header


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32))
@settings(deadline=None, max_examples=40)
def test_png_gives_back_what_went_in(width, height, seed):
    """Encoding without loss and decoding changes nothing, at any size, one pixel included."""
    rgb = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    assert np.array_equal(codecs.decode(codecs.encode_png(rgb)), rgb)
    assert codecs.decode(codecs.encode_jpeg(rgb)).shape == rgb.shape
    mask = rgb[..., 0]
    assert np.array_equal(codecs.decode(codecs.encode_png(mask))[..., 0], mask)


def test_jpeg_colours_are_not_swapped():
    """Red goes into the file as red."""
    red = codecs.decode(codecs.encode_jpeg(np.full((16, 16, 3), RED, np.uint8)))
    assert red[8, 8, 0] > 240
    assert red[8, 8, 2] < 15


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_pictures_are_turned_upright(orientation, kind):
    """Whatever way the camera was held, red is at the top left, and the header tells the size as seen."""
    undo = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}[orientation]
    upright = Image.fromarray(picture(48, 32))
    stored = upright.transpose(codecs._UPRIGHT[undo]) if undo > 1 else upright
    exif = Image.Exif()
    exif[codecs._ORIENTATION] = orientation
    data = saved(stored, kind, exif=exif)
    header, rgb = codecs.inspect(data), codecs.decode(data)
    assert (header.width, header.height, header.orientation) == (48, 32, orientation)
    assert np.abs(rgb.astype(int) - picture(48, 32))[4:12, 4:20].max() < 20
    assert codecs.thumbnail(data, 24).shape == (16, 24, 3)
    assert codecs.thumbnail(data, 24)[2, 2, 0] > 200


def test_sixteen_bits_keep_the_high_byte():
    """A sixteen-bit grey picture becomes grey by its upper eight bits."""
    plane = np.array([[0, 255, 256], [32768, 65279, 65535]], np.uint16)
    rgb = codecs.decode(saved(Image.fromarray(plane), "PNG"))
    assert rgb[..., 0].tolist() == [[0, 0, 1], [128, 254, 255]]
    assert rgb.shape == (2, 3, 3)


def test_numbers_wider_than_sixteen_bits_are_stretched():
    """Floats run from black at their least to white at their most."""
    plane = np.array([[-2.0, 0.0], [1.0, 3.0]], np.float32)
    assert codecs.decode(saved(Image.fromarray(plane), "TIFF"))[..., 0].tolist() == [[0, 102], [153, 255]]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_the_transparent_lies_on_white(kind):
    """Alpha is laid on white: clear is white, half clear is half way there."""
    rgba = np.zeros((1, 3, 4), np.uint8)
    rgba[0, :, 3] = (0, 128, 255)
    options = {"lossless": True} if kind == "WEBP" else {}
    rgb = codecs.decode(saved(Image.fromarray(rgba), kind, **options))
    assert rgb[0, :, 0].tolist() == [255, 127, 0]


def test_a_palette_with_a_clear_colour_lies_on_white():
    """A transparent entry of a palette shows the white below, the others their colour."""
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    rgb = codecs.decode(saved(image, "PNG", transparency=1))
    assert rgb.tolist() == [[[255, 0, 0], [255, 255, 255]]]


def test_cmyk_becomes_rgb():
    """No ink at all is white, all of cyan's opposite is red."""
    image = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    rgb = codecs.decode(saved(image, "JPEG", quality=95))
    assert np.abs(rgb[8, 8].astype(int) - RED).max() < 12


def test_of_an_animation_the_first_picture_is_taken():
    """A GIF that moves is looked at as it begins."""
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert codecs.decode(data)[4, 4].tolist() == [255, 0, 0]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("tenth", range(10))
def test_a_file_cut_short_is_found(kind, tenth):
    """At every tenth of its length a file says why it cannot be read, and nothing but that."""
    data = noisy(kind)
    with pytest.raises(Malformed) as caught:
        codecs.verify(data[: len(data) * tenth // 10])
    assert caught.value.why


def test_the_reason_is_in_plain_words():
    """A JPEG that stops half-way says so as a person would."""
    data = noisy("JPEG")
    with pytest.raises(Malformed, match="the file ends before the picture does"):
        codecs.decode(data[: len(data) // 2])


@given(
    st.binary(max_size=60), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM"])
)
@settings(deadline=None)
def test_no_bytes_raise_anything_but_malformed(data, magic):
    """Whatever the bytes, they decode or are Malformed."""
    with suppress(Malformed):
        assert codecs.decode(magic + data).ndim == 3


@given(st.sampled_from(FORMATS), st.data())
@settings(deadline=None, max_examples=60)
def test_a_damaged_byte_raises_nothing_but_malformed(kind, data):
    """A file with one byte changed decodes to the size it says, or is Malformed."""
    whole = bytearray(noisy(kind))
    whole[data.draw(st.integers(12, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(Malformed):
        header = codecs.inspect(bytes(whole))
        if header.width * header.height < 1_000_000:
            assert codecs.decode(bytes(whole)).shape == (header.height, header.width, 3)


def test_the_type_is_told_by_the_bytes():
    """A JPEG under any name is a JPEG; an archive, a text and nothing at all are no pictures."""
    assert codecs.inspect(noisy("JPEG")).media_type == "image/jpeg"
    for data, why in [(b"PK\x03\x04rest", "application/zip"), (b"hello", "no known format"), (b"", "empty")]:
        with pytest.raises(Malformed, match=why):
            codecs.inspect(data)


def whole_picture(kind, channels, width=47, height=33):
    return np.random.default_rng(5).integers(0, np.iinfo(kind).max, (height, width, channels), kind, True)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [3, 4])
def test_a_whole_picture_is_kept_whole(kind, channels):
    """As PNG, every bit of depth and transparency comes back, the colours below clear pixels too."""
    whole = whole_picture(kind, channels)
    back = codecs.decode_whole(codecs.encode_png(whole))
    assert back.dtype == kind
    assert np.array_equal(back, whole)


def png(bits, colour, body, *chunks):
    """A PNG put together by hand, for what no library here writes."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", body.shape[1], body.shape[0], bits, colour, 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in body)
    parts = [(b"IHDR", head), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_sixteen_bits_are_turned_like_eight(orientation):
    """The EXIF orientation turns a deep picture as it turns the same one of eight bits."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    tag = exif.tobytes().removeprefix(b"Exif\0\0")
    deep = whole_picture(np.uint16, 3)
    whole = codecs.decode_whole(png(16, 2, deep.astype(">u2"), (b"eXIf", tag)))
    plain = Image.fromarray((deep >> 8).astype(np.uint8))
    assert whole.dtype == np.uint16
    assert np.array_equal(whole >> 8, codecs.decode_whole(saved(plain, "PNG", exif=exif)))


def test_sixteen_bit_greys_are_grey_in_three_channels():
    """Grey with and without transparency, from PNG and TIFF, keeps all its bits."""
    grey = whole_picture(np.uint16, 1)
    for kind in ("PNG", "TIFF"):
        whole = codecs.decode_whole(saved(Image.fromarray(grey[..., 0]), kind))
        assert np.array_equal(whole, np.repeat(grey, 3, axis=2))
    clear = whole_picture(np.uint16, 2)
    whole = codecs.decode_whole(png(16, 4, clear.astype(">u2")))
    assert np.array_equal(whole, clear[..., [0, 0, 0, 1]])


def test_a_deep_tiff_keeps_its_depth():
    """Sixteen bits a channel in a TIFF are read as in a PNG."""
    deep = whole_picture(np.uint16, 3)
    done, data = cv2.imencode(".tiff", deep[..., ::-1])
    assert done
    assert np.array_equal(codecs.decode_whole(data.tobytes()), deep)


def tiff(deep, orientation):
    """A TIFF of sixteen bits a channel that does not lie as it is seen, put together by hand."""
    height, width = deep.shape[:2]
    body, tags = deep.astype("<u2").tobytes(), 11
    bits = 8 + 2 + 12 * tags + 4
    facts = [(256, 3, 1, width), (257, 3, 1, height), (258, 3, 3, bits), (259, 3, 1, 1), (262, 3, 1, 2)]
    facts += [(273, 4, 1, bits + 6), (274, 3, 1, orientation), (277, 3, 1, 3), (278, 3, 1, height)]
    facts += [(279, 4, 1, len(body)), (284, 3, 1, 1)]
    table = b"".join(struct.pack("<HHII", *fact) for fact in facts)
    return b"II*\0" + struct.pack("<IH", 8, tags) + table + struct.pack("<I3H", 0, 16, 16, 16) + body


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_deep_tiff_is_turned_once(orientation):
    """Both readers turn a TIFF by themselves; it comes out deep and upright, and is not turned again."""
    whole = codecs.decode_whole(tiff(whole_picture(np.uint16, 3), orientation))
    seen = codecs.decode(tiff(whole_picture(np.uint16, 3), orientation))
    assert whole.dtype == np.uint16
    assert np.array_equal(codecs.shown(whole), seen)
    assert seen.shape[:2] == ((47, 33) if orientation > 4 else (33, 47))


def test_where_readers_differ_the_picture_as_seen_counts():
    """A deep picture with one clear colour, which the two readers see unlike, is taken at eight bits."""
    deep = whole_picture(np.uint16, 3)
    clear = (b"tRNS", deep[0, 0].astype(">u2").tobytes())
    data = png(16, 2, deep.astype(">u2"), clear)
    assert np.array_equal(codecs.shown(codecs.decode_whole(data)), codecs.decode(data))


def kinds_of_files():
    rgb, rgba = (Image.fromarray(whole_picture(np.uint8, n)) for n in (3, 4))
    for kind in FORMATS:
        yield saved(rgb, kind)
    for mode, kind in (("L", "PNG"), ("1", "PNG"), ("P", "PNG"), ("CMYK", "TIFF"), ("YCbCr", "TIFF")):
        yield saved(rgb.convert(mode), kind)
    for kind in ("PNG", "WEBP", "TIFF", "AVIF"):
        yield saved(rgba, kind)
    yield saved(rgba.convert("LA"), "PNG")
    yield saved(rgb.quantize(9), "PNG", transparency=2)
    yield saved(rgb, "PNG", transparency=rgb.getpixel((0, 0)))
    yield saved(rgb.convert("CMYK"), "JPEG")
    yield saved(rgb.convert("F"), "TIFF")
    yield saved(rgb.convert("I"), "TIFF")
    for channels in (3, 4):
        yield codecs.encode_png(whole_picture(np.uint16, channels))


@pytest.mark.parametrize(
    "data", list(kinds_of_files()), ids=lambda data: f"{codecs.media_type(data)}-{len(data)}"
)
def test_a_whole_picture_shows_what_is_seen(data):
    """Whatever the file, the whole picture and the one seen are one; and so they stay as a PNG."""
    seen, whole = codecs.decode(data), codecs.decode_whole(data)
    assert whole.shape[2] in (3, 4)
    assert np.array_equal(codecs.shown(whole), seen)
    assert np.array_equal(codecs.decode(codecs.encode_png(whole)), seen)


@given(st.sampled_from([3, 4]), st.data())
@settings(deadline=None, max_examples=60)
def test_a_damaged_byte_of_a_deep_picture_raises_nothing_but_malformed(channels, data):
    """The second reader is asked only for what the first has read, and its word is never taken alone."""
    whole = bytearray(codecs.encode_png(whole_picture(np.uint16, channels)))
    whole[data.draw(st.integers(8, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(Malformed):
        header = codecs.inspect(bytes(whole))
        if header.width * header.height < 1_000_000:
            assert codecs.decode_whole(bytes(whole)).shape[:2] == (header.height, header.width)


def claiming(width, height):
    """A small PNG whose header claims any size."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    head = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    data = b"IDAT" + zlib.compress(bytes(100))
    tail = struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
    return b"\x89PNG\r\n\x1a\n" + head + tail


@pytest.mark.parametrize(
    "read", [codecs.inspect, codecs.decode, codecs.verify, lambda d: codecs.thumbnail(d, 9)]
)
def test_a_bomb_is_refused_by_its_header(read):
    """A file that claims ten thousand megapixels is turned away before a pixel is made."""
    with pytest.raises(Malformed, match=r"100000x100000: more than 200 megapixels"):
        read(claiming(100_000, 100_000))


def test_a_large_but_honest_header_raises_no_warning():
    """Pillow's own warnings about size do not reach the caller."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert codecs.inspect(claiming(13_000, 13_000)).width == 13_000


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 64))
@settings(deadline=None, max_examples=30)
def test_a_thumbnail_keeps_the_proportions(width, height, side):
    """No side is longer than asked for, and the shape is the same but for rounding."""
    data = codecs.encode_jpeg(np.zeros((height, width, 3), np.uint8))
    tall, wide, _ = codecs.thumbnail(data, side).shape
    assert max(tall, wide) == min(side, max(width, height))
    scale = max(tall, wide) / max(width, height)
    assert abs(wide - width * scale) <= 1
    assert abs(tall - height * scale) <= 1


@given(st.integers(1, 300), st.integers(1, 300), st.binary(max_size=40), st.data())
def test_the_quick_look_at_a_png_says_what_the_slow_one_says(width, height, text, data):
    """Whatever byte of a PNG's head is changed, the quick way agrees with Pillow or leaves it to Pillow."""
    whole = bytearray(codecs.encode_png(np.zeros((height, width), np.uint8)))
    chunk = b"tEXt" + text
    whole[33:33] = len(text).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    assert codecs._plain_png(bytes(whole)) == codecs._open(bytes(whole))[1]
    place = data.draw(st.integers(0, min(60, len(whole) - 1)))
    whole[place] ^= data.draw(st.integers(1, 255))
    quick = codecs._plain_png(bytes(whole))
    if quick:
        assert quick == codecs._open(bytes(whole))[1]
