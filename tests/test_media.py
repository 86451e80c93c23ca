"""What bytes are is told by the bytes."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from photogram.media import EXTENSIONS, extension, media_type

WRITTEN = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
}


@pytest.mark.parametrize(("format", "kind"), WRITTEN.items())
def test_what_is_written_is_known(format, kind):
    """Each format that Pillow writes is told by its first bytes, down to the smallest picture."""
    kept = io.BytesIO()
    Image.new("RGB", (1, 1)).save(kept, format)
    assert media_type(kept.getvalue()) == kind
    assert media_type(kept.getvalue()[:16]) == kind


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\0\0\0\x20ftypavif\0\0\0\0", "image/avif"),
        (b"\0\0\0\x20ftypheic\0\0\0\0", "image/heic"),
        (b"\0\0\0\x20ftypisom\0\0\0\0", "application/octet-stream"),
        (b"RIFF\0\0\0\0WAVE", "application/octet-stream"),
        (b"MM\0*", "image/tiff"),
        (b"PK\3\4", "application/zip"),
        (b"%PDF-1.7", "application/pdf"),
        (b"", "application/octet-stream"),
        (b"\xff\xd8", "application/octet-stream"),
        (b"<html>", "application/octet-stream"),
    ],
)
def test_signatures(data, kind):
    """Containers are told apart by what they contain; half a signature is none."""
    assert media_type(data) == kind


@given(st.binary(max_size=40))
def test_any_bytes_have_a_type_and_an_ending(data):
    """Whatever comes is called something, and what is unknown is never called a picture."""
    kind = media_type(data)
    assert kind in EXTENSIONS or kind == "application/octet-stream"
    assert extension(kind) == EXTENSIONS.get(kind, "bin")


@given(st.binary(max_size=20), st.sampled_from(["JPEG", "PNG", "GIF"]))
def test_what_follows_changes_nothing(more, format):
    """The type is in the beginning: bytes after the picture are the picture's affair."""
    kept = io.BytesIO()
    Image.new("L", (3, 2)).save(kept, format)
    assert media_type(kept.getvalue() + more) == WRITTEN[format]


def test_each_type_has_an_ending_of_its_own():
    """Two types with one ending could lie in one file."""
    assert len(set(EXTENSIONS.values())) == len(EXTENSIONS)
