"""The port of formats: how a dataset is written as other tools want it, and read where they wrote it.

A format is one file in `formats/`, named as people ask for it, with a class `Format`. It writes what it
can carry and no more; what it cannot is told by whoever exports. It reads what it wrote and, as far as it
is the same, what others wrote.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from math import ceil, floor
from pathlib import Path
from typing import IO, NamedTuple, Protocol, runtime_checkable

import msgspec
import numpy as np

from photogram.labelled import Brought, Labelled, Thing
from photogram.pixels.masks import Mask, box_of

CARRIED = ("label", "caption", "boxes", "mask")
"""What a picture may have that not every format can carry."""


class Marked(NamedTuple):
    """A thing in a picture, and its own part of the picture's mask, if that has any."""

    thing: Thing
    mask: Mask | None


def marked(one: Labelled, region: Mask | None) -> list[Marked]:
    """The things in a picture, each with what of the mask lies in its box.

    What of the mask lies in no box is a thing by itself, so that all of them together have all of it.
    """
    if region is None:
        return [Marked(thing, None) for thing in one.things]
    found: list[Marked] = []
    left = region.copy()
    for thing in one.things:
        part = _inside(thing, region.shape)
        own = np.zeros_like(region)
        own[part] = region[part]
        left[part] = 0
        found.append(Marked(thing, own if own.any() else None))
    if left.any():
        box = box_of(left)
        label = one.things[0].label if one.things else one.label or "thing"
        sides = {name: float(side) for name, side in msgspec.structs.asdict(box).items()}
        thing = Thing(label=label, **sides)
        found.append(Marked(thing, left))
    return found


def _inside(thing: Thing, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Every pixel that the box touches."""
    left, top = max(0, floor(thing.left)), max(0, floor(thing.top))
    right, bottom = ceil(thing.left + thing.width), ceil(thing.top + thing.height)
    return np.s_[top : max(top, min(bottom, shape[0])), left : max(left, min(right, shape[1]))]


class Target(Protocol):
    """The folder that an export is written into; paths are relative to it, with forward slashes."""

    @property
    def name(self) -> str:
        """What the dataset is called."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label of a picture, in the order that numbers stand for them."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Every label of a thing in a picture, likewise."""
        ...

    def picture(self, path: str, one: Labelled) -> None:
        """Lay the picture's file there, as it is."""
        ...

    def mask(self, path: str, one: Labelled) -> None:
        """Lay its mask there: a PNG of one channel, 255 inside."""
        ...

    def lies(self, path: str, one: Labelled) -> None:
        """Say that the picture lies inside this file."""
        ...

    def bytes_of(self, one: Labelled) -> bytes: ...

    def mask_bytes(self, one: Labelled) -> bytes: ...

    def marked(self, one: Labelled) -> Sequence[Marked]:
        """The things in it, each with its part of the mask."""
        ...

    def write(self, path: str, data: bytes) -> None: ...

    def open(self, path: str) -> AbstractContextManager[IO[bytes]]: ...


class Format(Protocol):
    """A way to write labelled pictures."""

    carries: tuple[str, ...]

    def write(self, pictures: Iterable[Labelled], to: Target) -> Iterable[str]:
        """Write them, and say what was left out beside what is never carried.

        They may be gone through as often as is needed, and always come in the same order.
        """
        ...

    def use(self) -> str:
        """How the tool it is for opens it, as lines of Markdown."""
        ...


@runtime_checkable
class Readable(Protocol):
    """A format that is read too."""

    def read(self, folder: Path) -> Iterator[Brought]:
        """Every picture in the folder, in an order that is always the same."""
        ...
