"""Pictures as a model can take them: what fits goes as it lies, and what does not is made to fit."""

import asyncio
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from photogram.data import Card, Draw, Edit, Embed, Said, See, Sight
from photogram.desk import Desk
from photogram.faults import Invalid, Malformed
from photogram.guards.fitting import Fitting, fitted, pictures_of, with_pictures
from photogram.pixels.codecs import inspect
from photogram.store import blob_of


def picture(width, height, kind="PNG", **more):
    """Noise, which no format makes small."""
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **more)
    return file.getvalue()


def on_its_side(width, height):
    exif = Image.Exif()
    exif[0x0112] = 6
    return picture(width, height, "JPEG", exif=exif)


class Shown:
    """A model that keeps what it was shown, as it would be sent."""

    def __init__(self, sight, read):
        self.card = Card(name="some:model", does=("see", "edit", "embed", "draw"), sight=sight)
        self.seen, self._read = [], read

    async def answer(self, ask):
        self.seen += [self._read(blob) for blob in pictures_of(ask)]
        return Said(text="")

    async def close(self):
        self.seen.append("closed")


def shown(sight, make, *pictures):
    """What a model with this sight is shown of an ask with these pictures, and the desk afterwards."""
    kept = {blob_of(data).sha256: data for data in pictures}
    desk = Desk(lambda blob: kept[blob.sha256])
    model = Shown(sight, desk.read)
    asyncio.run(Fitting(model, desk).answer(make([blob_of(data) for data in pictures])))
    return model.seen, desk


def seeing(blobs):
    return See(images=tuple(blobs))


@pytest.mark.parametrize("sight", [Sight(), Sight(most_side=300, most_bytes=10**6, media=("image/png",))])
def test_what_fits_goes_as_it_lies(sight):
    """Not one byte is changed, whether there are bounds or none."""
    data = picture(300, 200)
    assert shown(sight, seeing, data)[0] == [data]


@pytest.mark.parametrize(
    ("sight", "data", "size"),
    [
        (Sight(most_side=100), picture(300, 200), (100, 67)),
        (Sight(most_pixels=15_000), picture(300, 200), (150, 100)),
        (Sight(media=("image/jpeg",)), picture(30, 20), (30, 20)),
        (Sight(media=("image/jpeg",)), on_its_side(30, 20), (20, 30)),
        (Sight(media=("image/png",)), picture(30, 20, "TIFF"), (30, 20)),
    ],
)
def test_what_does_not_fit_is_made_to(sight, data, size):
    """Smaller, of a kind that is read, or upright; in its own proportions."""
    (sent,), _ = shown(sight, seeing, data)
    header = inspect(sent)
    assert (header.media_type, header.width, header.height, header.orientation) == ("image/jpeg", *size, 1)


def test_a_picture_of_too_many_bytes_loses_pixels_until_it_fits():
    """Its proportions stay."""
    (sent,), _ = shown(Sight(most_bytes=20_000), seeing, picture(400, 200))
    header = inspect(sent)
    assert len(sent) <= 20_000
    assert header.width / header.height == pytest.approx(2, rel=0.02)


def test_what_cannot_be_made_so_small_is_said_to_be_so():
    """Rather than sent in vain."""
    with pytest.raises(Malformed, match="cannot be made as small as 100 bytes"):
        fitted(picture(64, 64), Sight(most_bytes=100))


def test_what_is_no_picture_is_an_invalid_ask():
    """The row fails with the reason, and no other."""
    with pytest.raises(Invalid, match="not a picture"):
        shown(Sight(most_side=10), seeing, b"no picture")


@pytest.mark.parametrize(
    "make",
    [
        seeing,
        lambda blobs: Embed(image=blobs[0]),
        lambda blobs: Edit(kind="vary", images={"image": blobs[0]}),
        lambda blobs: Draw(prompt="x", references=tuple(blobs)),
    ],
)
def test_every_kind_of_ask_is_fitted_and_the_desk_is_cleared(make):
    """What was made for one ask lies nowhere after it."""
    seen, desk = shown(Sight(most_side=50), make, picture(100, 60))
    assert inspect(seen[0]).width == 50
    with pytest.raises(KeyError):
        desk.read(blob_of(seen[0]))


def test_a_tile_is_left_alone():
    """It fits its mask to the pixel."""
    tile, mask = blob_of(picture(100, 60)), blob_of(picture(100, 60))
    assert pictures_of(Edit(kind="inpaint", images={"image": tile}, mask=mask)) == []


def test_one_picture_twice_is_laid_once():
    """And taken away once."""
    data = picture(100, 60)
    seen, _ = shown(Sight(images=2, most_side=50), seeing, data, data)
    assert seen[0] == seen[1]


@given(st.integers(1, 400), st.integers(1, 400), st.integers(16, 300), st.integers(256, 90_000))
def test_whatever_comes_out_is_within_the_bounds(width, height, side, pixels):
    """Sides and area, for every size that goes in."""
    sent = fitted(picture(width, height), Sight(most_side=side, most_pixels=pixels))
    if sent is None:
        assert max(width, height) <= side
        assert width * height <= pixels
        return
    header = inspect(sent)
    assert max(header.width, header.height) <= side
    assert header.width * header.height <= pixels + max(header.width, header.height)


def test_pictures_go_back_where_they_came_from():
    """Order and roles are kept."""
    first, second = blob_of(b"1"), blob_of(b"2")
    ask = Edit(kind="restyle", images={"image": first, "style": second})
    assert with_pictures(ask, pictures_of(ask)) == ask
    assert with_pictures(ask, [second, first]).images == {"image": second, "style": first}
