"""Pascal VOC: a file of XML for each picture, and a palette picture for what is where."""

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree as xml

import numpy as np
from PIL import Image

from photogram.faults import BadInput, Malformed
from photogram.format import Target
from photogram.labelled import SPLITS, Brought, Labelled, Thing
from photogram.laid import UNREADABLE, inside, read_text, relative
from photogram.pixels import codecs, masks
from photogram.pixels.masks import Mask

MOST = 254
"""So many classes have a number in a palette; 0 is the ground and 255 is what is not looked at."""

_BORDER = (224, 224, 192)
"""The colour of 255."""

_XML_BYTES = 2**20


class Format:
    """`JPEGImages`, `Annotations`, `SegmentationClass` and the lists of names in `ImageSets`."""

    carries = ("boxes", "mask")

    def write(self, pictures: Iterable[Labelled], to: Target) -> Iterable[str]:
        number = {label: number for number, label in enumerate(to.classes, 1)}
        if len(number) > MOST:
            raise BadInput(f"{len(number)} classes are more than the {MOST} that VOC can number")
        lists: dict[str, list[str]] = {}
        for one in pictures:
            to.picture(f"JPEGImages/{one.file}", one)
            to.write(f"Annotations/{one.name}.xml", _described(one, to))
            names = [f"Main/{one.split}"]
            if one.mask:
                to.write(f"SegmentationClass/{one.name}.png", _coloured(one, to, number))
                names.append(f"Segmentation/{one.split}")
            for name in names:
                lists.setdefault(name, []).append(one.name)
        for name, those in lists.items():
            to.write(f"ImageSets/{name}.txt", "".join(f"{one}\n" for one in those).encode())
        to.write("labelmap.txt", _labelmap(to.classes).encode())
        return ()

    def use(self) -> str:
        return (
            "The layout of `VOCdevkit/VOC2012`; numbers in `SegmentationClass` are lines of `labelmap.txt`,\n"
            "counted from 0, the background."
        )

    def read(self, folder: Path) -> Iterator[Brought]:
        found = sorted((folder / "Annotations").glob("*.xml"))
        if not found:
            raise BadInput("there is no XML in a folder `Annotations` in it", where=str(folder))
        splits = _splits(folder)
        for path in found:
            yield _brought(folder, path, splits.get(path.stem, ""))


# ----------------------------------------------------------------------------- writing


def _described(one: Labelled, to: Target) -> bytes:
    root = xml.Element("annotation")
    _leaf(root, "folder", "JPEGImages")
    _leaf(root, "filename", one.file)
    source = xml.SubElement(root, "source")
    _leaf(source, "database", to.name)
    _leaf(source, "image", "synthetic" if one.synthetic else "real")
    size = xml.SubElement(root, "size")
    for name, value in (("width", one.width), ("height", one.height), ("depth", 3)):
        _leaf(size, name, value)
    _leaf(root, "segmented", int(one.mask is not None))
    for thing, _ in to.marked(one):
        part = xml.SubElement(root, "object")
        for name, value in (
            ("name", thing.label),
            ("pose", "Unspecified"),
            ("truncated", 0),
            ("difficult", 0),
        ):
            _leaf(part, name, value)
        box = xml.SubElement(part, "bndbox")
        right, bottom = thing.left + thing.width, thing.top + thing.height
        # The first pixel is 1, and the last one is inside.
        for name, value in zip(_SIDES, (thing.left + 1, thing.top + 1, right, bottom), strict=True):
            _leaf(box, name, f"{value:.8g}")
    xml.indent(root)
    return xml.tostring(root, "utf-8") + b"\n"


_SIDES = ("xmin", "ymin", "xmax", "ymax")


def _leaf(parent: xml.Element, name: str, value: object) -> None:
    text = "".join(char if char.isprintable() else " " for char in str(value))
    xml.SubElement(parent, name).text = text


def _coloured(one: Labelled, to: Target, number: dict[str, int]) -> bytes:
    plane = np.zeros((one.height, one.width), np.uint8)
    for thing, mask in to.marked(one):
        if mask is not None:
            plane[mask > 0] = number[thing.label]
    image = Image.fromarray(plane)
    image.putpalette([value for place in range(256) for value in _colour(place)])
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _colour(place: int) -> tuple[int, int, int]:
    """The colour that VOC's own tools give a number: its bits, three by three, from the highest down."""
    red = green = blue = 0
    for bit in range(8):
        red |= (place >> 3 * bit & 1) << 7 - bit
        green |= (place >> 3 * bit + 1 & 1) << 7 - bit
        blue |= (place >> 3 * bit + 2 & 1) << 7 - bit
    return red, green, blue


def _labelmap(classes: Iterable[str]) -> str:
    """The classes and their colours, as CVAT and its kin read them."""
    lines = [
        f"{label}:{','.join(map(str, _colour(place)))}::"
        for place, label in enumerate(("background", *classes))
    ]
    return "\n".join(["# label:color_rgb:parts:actions", *lines, ""])


# ----------------------------------------------------------------------------- reading


def _splits(folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for split in SPLITS:
        path = folder / "ImageSets" / "Main" / f"{split}.txt"
        if path.is_file():
            found |= {line.split()[0]: split for line in read_text(path).splitlines() if line.strip()}
    return found


def _brought(folder: Path, path: Path, split: str) -> Brought:
    place = relative(path, folder)
    try:
        root = _parsed(path)
        name = root.findtext("filename") or f"{path.stem}.jpg"
        things = tuple(map(_thing, root.iter("object")))
        region = _region(inside(folder, "SegmentationClass", f"{path.stem}.png"))
    except (xml.ParseError, Malformed, OSError, *UNREADABLE) as error:
        return Brought(place, b"", Labelled(name=path.stem), trouble=f"it cannot be read: {error}")
    picture = inside(folder, "JPEGImages", name)
    if picture is None:
        return Brought(place, b"", Labelled(name=path.stem), trouble=f"the picture {name!r} is not there")
    kinds = {thing.label for thing in things}
    labelled = Labelled(
        name=path.stem,
        label=kinds.pop() if len(kinds) == 1 else "",
        split=split,
        synthetic=root.findtext("source/image") == "synthetic",
        things=things,
    )
    return Brought(place, picture, labelled, masks.encode(region) if region is not None else None)


def _parsed(path: Path) -> xml.Element:
    """The XML; a file that defines words of its own could make a page of one line, and is refused."""
    data = path.read_bytes()
    if len(data) > _XML_BYTES or b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ValueError("it is no plain description of a picture")
    return xml.fromstring(data)


def _thing(part: xml.Element) -> Thing:
    left, top, right, bottom = (float(part.findtext(f"bndbox/{name}") or "nan") for name in _SIDES)
    if not (left <= right and top <= bottom):
        raise ValueError("a box has no sides")
    return Thing(
        label=part.findtext("name") or "",
        left=left - 1,
        top=top - 1,
        width=right - left + 1,
        height=bottom - top + 1,
    )


def _region(path: Path | None) -> Mask | None:
    """What is neither ground nor the border that is not looked at."""
    if path is None:
        return None
    colours = codecs.decode(path.read_bytes())
    region = (colours.any(axis=2) & (colours != _BORDER).any(axis=2)).astype(np.uint8) * 255
    return region if region.any() else None
