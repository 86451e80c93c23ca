"""A picture with what is said of it, as formats of the field write it and read it."""

from pathlib import Path
from typing import NamedTuple

from photogram.data import Blob, Word

SPLITS = ("train", "val", "test")


class Thing(Word, frozen=True, omit_defaults=False):
    """Something in a picture: what it is, and the box around it in pixels."""

    label: str
    left: float
    top: float
    width: float
    height: float


class Labelled(Word, frozen=True):
    """A picture and its labels. `name` is what its files are called, without an ending.

    `group` is what must not be torn apart by splits, `source` the row it was in the dataset it is from.
    Width and height are as it is seen; where it is `turned`, its file says by EXIF that it lies otherwise.
    """

    name: str
    label: str = ""
    split: str = ""
    caption: str = ""
    group: str = ""
    synthetic: bool = False
    origin: str = ""
    source: str = ""
    width: int = 0
    height: int = 0
    things: tuple[Thing, ...] = ()
    image: Blob | None = None
    mask: Blob | None = None
    ending: str = ""
    turned: bool = False

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.name}.{self.ending}"


class Brought(NamedTuple):
    """A picture that a format holds: where, or its bytes, and what is said of it there.

    The mask is one of ours as PNG, or the file that holds it; `told` names what has to be said of it.
    """

    place: str
    picture: Path | bytes
    labelled: Labelled
    mask: Path | bytes | None = None
    trouble: str = ""
