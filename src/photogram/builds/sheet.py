"""Contact sheets: many pictures on one page, as a PNG to send or as one HTML file to look through."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from math import ceil, sqrt

import cv2
import msgspec
import numpy as np
from PIL import Image, ImageDraw

from photogram.faults import Malformed
from photogram.pixels.codecs import Pixels, decode, encode_jpeg, encode_png, thumbnail
from photogram.pixels.draw.text import cut, font, plain

SIDE = 280
"""The longer side of a thumbnail in the PNG."""

WEB_SIDE = 480
"""The longer side of a thumbnail in the HTML, which screens with fine pixels show at half of it."""

MARKED = (255, 64, 96)
"""The colour that a mask is shown in."""


class Tile(msgspec.Struct, frozen=True):
    """One picture on the sheet: its file's bytes, what stands below it, and its mask if it has one."""

    image: bytes
    caption: str
    note: str = ""
    mask: bytes | None = None


# ------------------------------------------------------------------------------- PNG

_PAPER, _INK, _PALE, _FRAME = (246, 245, 242), (32, 33, 36), (118, 117, 112), (222, 220, 214)
_GAP, _MARGIN, _HEAD, _CAPTION = 20, 40, 92, 52


def png(tiles: Sequence[Tile], title: str, columns: int = 0) -> bytes:
    """The sheet as a PNG; where a picture has a mask, its outline is drawn on it."""
    columns = columns or max(1, min(8, ceil(sqrt(len(tiles) * 1.4))))
    rows = ceil(len(tiles) / columns)
    cells = [_thumb(tile, SIDE) for tile in tiles]
    tall = max((cell.shape[0] for cell in cells), default=SIDE)
    pitch = (SIDE + _GAP, tall + _CAPTION + _GAP)
    width = 2 * _MARGIN + columns * pitch[0] - _GAP
    sheet = Image.new("RGB", (width, _MARGIN + _HEAD + rows * pitch[1]), _PAPER)
    draw = ImageDraw.Draw(sheet)
    _heading(draw, title, _counted(len(tiles)), width)
    for number, (tile, cell) in enumerate(zip(tiles, cells, strict=True)):
        left = _MARGIN + number % columns * pitch[0]
        top = _MARGIN + _HEAD + number // columns * pitch[1]
        _place(sheet, cell, (left, top), tall)
        _below(draw, tile, (left, top + tall + 9))
    return encode_png(np.asarray(sheet, np.uint8))


def _heading(draw: ImageDraw.ImageDraw, title: str, subtitle: str, width: int) -> None:
    room = width - 2 * _MARGIN
    draw.text((_MARGIN, _MARGIN - 8), cut(plain(title), 30, room), fill=_INK, font=font(30))
    draw.text((_MARGIN, _MARGIN + 36), cut(subtitle, 16, room), fill=_PALE, font=font(16))


def _place(sheet: Image.Image, cell: Pixels, at: tuple[int, int], tall: int) -> None:
    """A thumbnail in the middle of its frame."""
    left, top = at
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((left - 1, top - 1, left + SIDE, top + tall), fill=(235, 233, 228), outline=_FRAME)
    height, width = cell.shape[:2]
    sheet.paste(Image.fromarray(cell), (left + (SIDE - width) // 2, top + (tall - height) // 2))


def _below(draw: ImageDraw.ImageDraw, tile: Tile, at: tuple[int, int]) -> None:
    draw.text(at, cut(plain(tile.caption), 15, SIDE), fill=_INK, font=font(15))
    if tile.note:
        draw.text((at[0], at[1] + 20), cut(plain(tile.note), 13, SIDE), fill=_PALE, font=font(13))


def _thumb(tile: Tile, side: int) -> Pixels:
    """The picture small, with its mask's outline; a grey field where it cannot be read."""
    small = _small(tile.image, side)
    if small is None:
        blank = Image.new("RGB", (side, side * 3 // 4), _FRAME)
        ImageDraw.Draw(blank).text((14, 12), "cannot be read", fill=_PALE, font=font(15))
        return np.array(blank, np.uint8)
    mask = _mask(tile, small, 11)
    if mask is not None:
        edges, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        cv2.drawContours(small, edges, -1, MARKED, 1, cv2.LINE_AA)
    return small


def _small(image: bytes, side: int) -> Pixels | None:
    try:
        return thumbnail(image, side)
    except Malformed:
        return None


def _read(mask: bytes | None) -> Pixels | None:
    if mask is None:
        return None
    try:
        return np.ascontiguousarray(decode(mask)[..., 0])
    except Malformed:
        return None


def _mask(tile: Tile, small: Pixels, grow: int) -> Pixels | None:
    """The mask at the thumbnail's size, grown by some pixels, or thin scratches would vanish."""
    whole = _read(tile.mask)
    if whole is None:
        return None
    height, width = small.shape[:2]
    shrunk = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
    seen = (np.asarray(shrunk) > 8).astype(np.uint8) * 255
    grown = cv2.dilate(seen, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (grow, grow)))
    return np.asarray(grown, np.uint8)


def _counted(count: int) -> str:
    return f"{count:,} picture{'' if count == 1 else 's'}"


# ------------------------------------------------------------------------------ HTML


def html(tiles: Sequence[Tile], title: str, subtitle: str = "") -> str:
    """The sheet as one file that asks nothing of the network; pointing at a picture shows its mask."""
    figures = "\n".join(_figure(tile) for tile in tiles)
    said = escape(" · ".join(part for part in (_counted(len(tiles)), subtitle) if part))
    masked = any(tile.mask is not None for tile in tiles)
    hint = '<p class="hint">Point at a picture, or tab to it, to see its mask.</p>' if masked else ""
    head = f"<header><h1>{escape(title)}</h1><p>{said}</p>{hint}</header>"
    return _PAGE.format(title=escape(title), style=_STYLE, head=head, figures=figures)


def _figure(tile: Tile) -> str:
    small = _small(tile.image, WEB_SIDE)
    note = f"<small>{escape(tile.note)}</small>" if tile.note else ""
    caption = f"<figcaption><b>{escape(tile.caption)}</b>{note}</figcaption>"
    if small is None:
        return f'<figure><div class="unread">cannot be read</div>{caption}</figure>'
    height, width = small.shape[:2]
    alt = escape(" - ".join(part for part in (tile.caption, tile.note) if part))
    source = _uri(encode_jpeg(small, 85), "jpeg")
    picture = f'<img src="{source}" alt="{alt}" width="{width}" height="{height}" loading="lazy">'
    mask = _mask(tile, small, 5)
    if mask is None:
        return f'<figure><div class="frame">{picture}</div>{caption}</figure>'
    over = f'<img class="mask" src="{_uri(_overlay(mask), "png")}" alt="">'
    frame = f'<div class="frame" tabindex="0" role="group" aria-label="{alt}, with its mask">'
    return f"<figure>{frame}{picture}{over}</div>{caption}</figure>"


def _overlay(mask: Pixels) -> bytes:
    """The mask as a coloured veil: clear where it is not set."""
    veil = np.zeros((*mask.shape, 4), np.uint8)
    veil[..., :3] = MARKED[::-1]
    veil[..., 3] = mask // 3 * 2
    return cv2.imencode(".png", veil)[1].tobytes()


def _uri(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{b64encode(data).decode()}"


_STYLE = """
:root { color-scheme: light dark; --paper: #f6f5f2; --card: #fff; --ink: #202124; --pale: #6b6a65;
  --edge: #e2e0da; --accent: #d81b4a; }
@media (prefers-color-scheme: dark) { :root { --paper: #16171a; --card: #1f2125; --ink: #ececea;
  --pale: #a3a29c; --edge: #2e3035; --accent: #ff6a8a; } }
* { box-sizing: border-box; }
body { margin: 0; padding: clamp(1rem, 4vw, 3rem); background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", sans-serif; }
header { margin: 0 0 2rem; max-width: 60rem; }
h1 { margin: 0; font-size: clamp(1.5rem, 3.5vw, 2.2rem); font-weight: 650; letter-spacing: -.02em;
  text-wrap: balance; }
header p { margin: .35rem 0 0; color: var(--pale); }
.hint { font-size: .85rem; }
main { display: grid; gap: 1.25rem; align-items: start;
  grid-template-columns: repeat(auto-fill, minmax(min(15rem, 100%), 1fr)); }
figure { margin: 0; overflow: hidden; background: var(--card); border: 1px solid var(--edge);
  border-radius: .7rem; }
.frame { position: relative; display: block; outline-offset: -3px; }
.frame img { display: block; width: 100%; height: auto; }
.frame .mask { position: absolute; inset: 0; height: 100%; opacity: 0; transition: opacity .15s; }
.frame:hover .mask, .frame:focus-visible .mask { opacity: 1; }
.frame:focus-visible { outline: 3px solid var(--accent); }
.unread { display: grid; place-items: center; aspect-ratio: 4 / 3; color: var(--pale); }
figcaption { padding: .65rem .8rem .75rem; overflow-wrap: anywhere; }
figcaption b { display: block; font-weight: 600; }
figcaption small { color: var(--pale); font-size: .82rem; }
footer { margin: 2.5rem 0 0; color: var(--pale); font-size: .82rem; }
@media (prefers-reduced-motion: reduce) { .frame .mask { transition: none; } }
@media print { body { padding: 0; } figure { break-inside: avoid; } }
""".strip()

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{head}
<main>
{figures}
</main>
<footer>Contact sheet by photogram.</footer>
</body>
</html>
"""
