"""Real pictures become rows whose image is there already, with the masks and labels that come with them."""

from collections.abc import Iterable, Sequence
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from photogram import planning
from photogram.brief import Take
from photogram.data import Facts, Outcome, Row, Word
from photogram.dataset import Dataset
from photogram.faults import BadInput, Malformed
from photogram.results import Added
from photogram.step import digest

_MARKS = ("_mask", "-mask", ".mask")


def take_as_briefed(opened: Dataset) -> Added:
    """Take in what the brief names."""
    parts = [_take_part(opened, part) for part in opened.brief.take]
    return Added(
        added=sum(part.added for part in parts),
        known=sum(part.known for part in parts),
        unusable=tuple(bad for part in parts for bad in part.unusable),
        kept=tuple(one for part in parts for one in part.kept),
    )


def _take_part(opened: Dataset, part: Take) -> Added:
    like = Row(
        id="", name="", label=part.label, group=part.group, split=part.split, said_synthetic=part.synthetic
    )
    if part.as_:
        return take_labelled(opened, part.paths, opened.path, like, part.as_)
    return take(opened, part.paths, opened.path, like, part.masks)


def take(opened: Dataset, sources: Sequence[str], base: Path, like: Row, masks: Sequence[str] = ()) -> Added:
    """Take in every picture the sources lead to, as a row like this one, with its mask if it has one."""
    taking = import_module("photogram.taking")
    said = _Said()
    beside = _Masks(taking, masks, base, said)
    for found in taking.pictures(_take_sets(opened, sources, base, like, said), base):
        if isinstance(found, taking.Unusable):
            said.unusable.append((found.place, found.why))
        elif found.place not in beside.places:
            _take_one(opened, _Came(found=found, like=like, mask=beside.of(found)), said)
    beside.say_what_is_left()
    return _settled(opened, said)


def _take_sets(opened: Dataset, sources: Sequence[str], base: Path, like: Row, said: "_Said") -> list[str]:
    """Take in what is a published set, as its rows say; the other sources are given back."""
    bringing, others = import_module("photogram.builds.bringing"), list[str]()
    for source in sources:
        found = bringing.brought(source, base)
        if found is None:
            others.append(source)
        else:
            _take_each(opened, found, like, said)
    return others


def take_labelled(opened: Dataset, sources: Sequence[str], base: Path, like: Row, written_as: str) -> Added:
    """Take in folders of a format of the field, with what they say of each picture.

    What `like` says counts for all of them.
    """
    taking = import_module("photogram.taking.labelled")
    said = _Said()
    every = [taking.labelled(source, base, written_as) for source in sources]
    _take_each(opened, chain.from_iterable(every), like, said)
    return _settled(opened, said)


def _take_each(opened: Dataset, every: Iterable[Any], like: Row, said: "_Said") -> None:
    for found in every:
        if hasattr(found, "why"):
            said.unusable.append((found.place, found.why))
        else:
            _take_one(opened, _labelled(found, like, said), said)


class _Said:
    """What is to be told of the pictures that came."""

    def __init__(self) -> None:
        self.added = self.known = 0
        self.unusable: list[tuple[str, str]] = []
        self.kept: list[tuple[str, str]] = []


class _Came(Word, frozen=True):
    """A picture that came, as what row, with what mask, and what its image cell says."""

    found: Any
    like: Row
    mask: bytes | None = None
    value: Facts = {}


def _settled(opened: Dataset, said: _Said) -> Added:
    opened.store.sync()
    opened.ledger.checkpoint()
    return Added(added=said.added, known=said.known, unusable=tuple(said.unusable), kept=tuple(said.kept))


def _labelled(found: Any, like: Row, said: _Said) -> _Came:
    """What a folder says of a picture, as it stands in a row."""
    one, value = found.labelled, dict[str, Any]()
    if one.things:
        value["boxes"] = [to_builtins(thing) for thing in one.things]
    if one.caption:
        value["caption"] = one.caption
    row = replace(
        like,
        label=like.label or one.label,
        split=like.split or one.split,
        group=like.group or one.group,
        said_synthetic=like.said_synthetic or one.synthetic,
    )
    mask = None
    if found.mask is not None:
        mask = _read_mask(found.found, found.mask, said)
    return _Came(found=found.found, like=row, mask=mask, value=value)


def _take_one(opened: Dataset, came: _Came, said: _Said) -> None:
    """Make a row of one picture; one whose bytes are a row already may get its mask and labels now."""
    found, files = came.found, {"image": opened.store.put(came.found.data)}
    row, key = planning.row_id("taken", files["image"].sha256), "taken"
    if came.mask is not None:
        files["mask"] = opened.store.put(came.mask, "masks")
    if came.mask is not None or came.value:
        key = digest("taken", files.get("mask"), *([came.value] if came.value else []))[:32]
    image = Outcome(row=row, column="image", key=key, state="filled", value=came.value, files=files)
    if opened.ledger.known([row]):
        said.known += 1
        said.kept += _kept(opened, row, came)
        if key != "taken":
            opened.ledger.commit([image])
            opened.ledger.make_current([(row, "image", key)])
        return
    name = planning.slug(Path(found.name).stem)
    if opened.ledger.name_taken(name):
        name = f"{name}-{row}"
    opened.ledger.take_in(replace(came.like, id=row, name=name, source=found.place, origin="taken"), image)
    said.added += 1


def _kept(opened: Dataset, row: str, came: _Came) -> list[tuple[str, str]]:
    """What a row goes on being called, where the same picture comes under another label."""
    (there,) = opened.ledger.rows_of([row], ())
    if came.like.label in ("", there.label):
        return []
    called = f"labelled {there.label!r}" if there.label else "without a label"
    why = f"it is the row {there.name!r} already, {called}; {came.like.label!r} is not taken over"
    return [(came.found.place, why)]


def _read_mask(picture: Any, data: bytes, said: _Said, place: str = "") -> bytes | None:
    """A mask's file as a picture of the picture's own size that is black but where it marks."""
    codecs, masks = (import_module(f"photogram.pixels.{name}") for name in ("codecs", "masks"))
    header = codecs.inspect(picture.data)
    try:
        return masks.encode(masks.read(data, header.width, header.height))
    except (BadInput, Malformed) as error:
        said.unusable.append((place or f"{picture.place}, its mask", str(error)))
        return None


class _Masks:
    """Masks that lie beside pictures, by the names of those."""

    def __init__(self, taking: Any, sources: Sequence[str], base: Path, said: _Said) -> None:
        self._found: dict[str, Any] = {}
        self._said = said
        self.places: set[str] = set()
        for found in taking.pictures(sources, base):
            self.places.add(found.place)
            if isinstance(found, taking.Unusable):
                said.unusable.append((found.place, found.why))
            elif (other := self._found.setdefault(_plain(found.name), found)) is not found:
                said.unusable.append((found.place, f"{other.place} is a mask for the same name"))
        self._left = dict(self._found)

    def of(self, picture: Any) -> bytes | None:
        """The mask of a picture, as a picture of its own size that is black but where it marks."""
        found = self._found.get(_plain(picture.name))
        if found is None:
            return None
        self._left.pop(_plain(picture.name), None)
        return _read_mask(picture, found.data, self._said, found.place)

    def say_what_is_left(self) -> None:
        """A mask without its picture is missed by somebody."""
        for found in self._left.values():
            self._said.unusable.append((found.place, "it is the mask of no picture that was found"))


def _plain(name: str) -> str:
    """The part of a file's name that a picture and its mask share."""
    stem = Path(name).stem.casefold()
    return next((stem.removesuffix(mark) for mark in _MARKS if stem.endswith(mark)), stem)
