"""Contact sheets hold every picture, say what they were told to, and ask nothing of the network."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photogram.builds.sheet import SIDE, Tile, html, png
from photogram.pixels import codecs


def tile(caption="one", note="", mask=None, size=(64, 48), level=90):
    image = codecs.encode_png(np.full((size[1], size[0], 3), level, np.uint8))
    return Tile(image=image, caption=caption, note=note, mask=mask)


def mask(size=(64, 48)):
    plane = np.zeros(size[::-1], np.uint8)
    plane[10:20, 10:30] = 255
    return codecs.encode_png(plane)


class Page(HTMLParser):
    """What a reader of the page finds: every element with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def all(self, tag):
        return [attrs for name, attrs in self.found if name == tag]


@pytest.mark.parametrize("count", [0, 1, 7, 40])
def test_a_png_has_room_for_every_picture(count):
    """The sheet is as many thumbnails wide as it has columns, and tall enough for its rows."""
    sheet = codecs.inspect(png([tile()] * count, "Phones", columns=3))
    assert sheet.width > 3 * SIDE
    assert sheet.height > -(-count // 3) * 48


def test_a_png_outlines_the_mask():
    """The outline's colour is on the sheet only where there is a mask."""

    def marked(data):
        rgb = codecs.decode(data).astype(int)
        return bool(((rgb[..., 0] > 200) & (rgb[..., 1] < 110) & (rgb[..., 2] < 140)).any())

    assert marked(png([tile(mask=mask())], "Phones"))
    assert not marked(png([tile()], "Phones"))


def test_a_png_is_the_same_each_time():
    """The same tiles give the same bytes."""
    assert png([tile(mask=mask())], "x") == png([tile(mask=mask())], "x")


def test_the_page_is_self_contained():
    """No element points anywhere but into the page itself."""
    text = html([tile(mask=mask()), tile("two")], "Phones", "drawn")
    assert not re.search(r"https?:|//[a-z]|@import|url\(|<script", text)
    assert all(img["src"].startswith("data:image/") for img in Page(text).all("img"))
    assert len(Page(text).all("figure")) == 2


def test_every_picture_has_words_for_those_who_do_not_see_it():
    """The caption and note are the picture's alternative; the veil over it has none, as it adds none."""
    images = Page(html([tile("roof 7", "drawn, scratch", mask())], "Roofs", "")).all("img")
    assert [img["alt"] for img in images] == ["roof 7 - drawn, scratch", ""]


def test_a_mask_can_be_reached_by_the_keyboard():
    """Only a picture that has a mask takes the focus, and the page says what for."""
    with_mask, without = html([tile(mask=mask())], "x", ""), html([tile()], "x", "")
    assert [frame.get("tabindex") for frame in Page(with_mask).all("div")] == ["0"]
    assert [frame.get("tabindex") for frame in Page(without).all("div")] == [None]
    assert "to see its mask" in with_mask
    assert "to see its mask" not in without


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
@settings(deadline=None, max_examples=25)
def test_no_caption_breaks_a_sheet(caption, note, title):
    """Any text stays text: it opens no element, on the page or in the PNG."""
    plain, odd = (
        Page(html([tile(c, n)], t, "")) for c, n, t in [("a", "b", "c"), (caption, note or "b", title)]
    )
    assert [tag for tag, _ in plain.found] == [tag for tag, _ in odd.found]
    assert png([tile(caption, note)], title)


def test_a_picture_that_cannot_be_read_is_shown_as_such():
    """One bad file costs its own place and nothing else; a bad mask costs the mask."""
    tiles = [Tile(image=b"nothing", caption="lost"), tile("kept", mask=b"nothing")]
    page = html(tiles, "x", "")
    assert "cannot be read" in page
    assert len(Page(page).all("img")) == 1
    assert codecs.verify(png(tiles, "x"))
