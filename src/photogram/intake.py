"""Real pictures become rows whose image is there already, with the masks that lie beside them."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from photogram import planning
from photogram.data import Outcome, Row
from photogram.dataset import Dataset
from photogram.faults import BadInput, Malformed
from photogram.results import Added
from photogram.step import digest

_MARKS = ("_mask", "-mask", ".mask")


def take_as_briefed(opened: Dataset) -> Added:
    """Take in what the brief names."""
    parts = [
        take(
            opened,
            part.paths,
            opened.path,
            Row(id="", name="", label=part.label, group=part.group, split=part.split),
            part.masks,
        )
        for part in opened.brief.take
    ]
    return Added(
        added=sum(part.added for part in parts),
        known=sum(part.known for part in parts),
        unusable=tuple(bad for part in parts for bad in part.unusable),
    )


def take(opened: Dataset, sources: Sequence[str], base: Path, like: Row, masks: Sequence[str] = ()) -> Added:
    """Take in every picture the sources lead to, as a row like this one, with its mask if it has one."""
    taking = import_module("photogram.taking")
    unusable: list[tuple[str, str]] = []
    beside = _Masks(taking, masks, base, unusable)
    added = known = 0
    for found in taking.pictures(sources, base):
        if isinstance(found, taking.Unusable):
            unusable.append((found.place, found.why))
        elif found.place not in beside.places:
            new = _take_one(opened, found, like, beside)
            added, known = added + new, known + (not new)
    beside.say_what_is_left()
    opened.store.sync()
    opened.ledger.checkpoint()
    return Added(added=added, known=known, unusable=tuple(unusable))


def _take_one(opened: Dataset, found: Any, like: Row, beside: "_Masks") -> bool:
    """Make a row of one picture; False when its bytes are a row already, which may get its mask now."""
    files = {"image": opened.store.put(found.data)}
    row, key, mask = planning.row_id("taken", files["image"].sha256), "taken", beside.of(found)
    if mask is not None:
        files["mask"] = opened.store.put(mask, "masks")
        key = digest("taken", files["mask"])[:32]
    image = Outcome(row=row, column="image", key=key, state="filled", files=files)
    if opened.ledger.known([row]):
        if mask is not None:
            opened.ledger.commit([image])
            opened.ledger.make_current([(row, "image", key)])
        return False
    name = planning.slug(Path(found.name).stem)
    if opened.ledger.name_taken(name):
        name = f"{name}-{row}"
    opened.ledger.take_in(replace(like, id=row, name=name, source=found.place, origin="taken"), image)
    return True


class _Masks:
    """Masks that lie beside pictures, by the names of those."""

    def __init__(
        self, taking: Any, sources: Sequence[str], base: Path, unusable: list[tuple[str, str]]
    ) -> None:
        self._found: dict[str, Any] = {}
        self._unusable = unusable
        self.places: set[str] = set()
        for found in taking.pictures(sources, base):
            self.places.add(found.place)
            if isinstance(found, taking.Unusable):
                unusable.append((found.place, found.why))
            elif (other := self._found.setdefault(_plain(found.name), found)) is not found:
                unusable.append((found.place, f"{other.place} is a mask for the same name"))
        self._left = dict(self._found)

    def of(self, picture: Any) -> bytes | None:
        """The mask of a picture, as a picture of its own size that is black but where it marks."""
        found = self._found.get(_plain(picture.name))
        if found is None:
            return None
        self._left.pop(_plain(picture.name), None)
        codecs, masks = (import_module(f"photogram.pixels.{name}") for name in ("codecs", "masks"))
        header = codecs.inspect(picture.data)
        try:
            return masks.encode(masks.read(found.data, header.width, header.height))
        except (BadInput, Malformed) as error:
            self._unusable.append((found.place, str(error)))
            return None

    def say_what_is_left(self) -> None:
        """A mask without its picture is missed by somebody."""
        for found in self._left.values():
            self._unusable.append((found.place, "it is the mask of no picture that was found"))


def _plain(name: str) -> str:
    """The part of a file's name that a picture and its mask share."""
    stem = Path(name).stem.casefold()
    return next((stem.removesuffix(mark) for mark in _MARKS if stem.endswith(mark)), stem)
