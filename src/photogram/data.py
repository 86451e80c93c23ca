"""The words: rows, cells, asks, replies, outcomes and cards.

Frozen structs throughout, so they can be hashed by their encoding, cached, batched and sent to
another process. A field left at its default is left out of the encoding: adding a field later does
not change the key of anything made before.
"""

from datetime import date
from typing import Any, Literal

from msgspec import Struct

Facts = dict[str, Any]
Option = str | int | float | bool


class Word(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The base of every word."""


# ------------------------------------------------------------------------------ asks


class Blob(Word, frozen=True):
    """A handle on bytes that the store holds; the bytes themselves travel only in the wire layer."""

    sha256: str
    media_type: str
    size: int
    folder: str = "images"


EditKind = Literal[
    "inpaint",
    "transplant",
    "erase",
    "outpaint",
    "vary",
    "replace",
    "recolor",
    "restyle",
    "remove background",
    "upscale",
    "try on",
]
MASKED: tuple[EditKind, ...] = ("inpaint", "transplant", "erase", "outpaint")
"""The kinds of edit that need a mask; the others change a picture as a whole."""

Purpose = Literal["index", "query", "cluster"]


class Draw(Word, frozen=True, tag="draw"):
    """Make a picture. `facts` are what the row knows of it, for models that draw by facts."""

    prompt: str
    negative: str = ""
    width: int = 0
    height: int = 0
    seed: int | None = None
    references: tuple[Blob, ...] = ()
    facts: Facts = {}
    options: dict[str, Option] = {}


class Edit(Word, frozen=True, tag="edit"):
    """Change a picture. The mask is one channel, 255 where the change goes; it fades over `feather`.

    A transplant moves what `donor mask` marks in the image `donor` into the region, turned by no more
    than the option `turn`. The mask of an outpaint is as large as what is wanted, and 0 where the picture
    lies in it. `label` is the mask the picture already has: where a change moves what is there, it is
    moved along.
    """

    kind: EditKind
    images: dict[str, Blob]
    prompt: str = ""
    mask: Blob | None = None
    mask_prompt: str = ""
    label: Blob | None = None
    feather: int = 0
    strength: float | None = None
    seed: int | None = None
    facts: Facts = {}
    options: dict[str, Option] = {}


class See(Word, frozen=True, tag="see"):
    """Look at pictures and say what is there, as `schema` wants it."""

    images: tuple[Blob, ...]
    prompt: str = ""
    schema: dict[str, Any] = {}
    complaint: str = ""
    options: dict[str, Option] = {}


class Embed(Word, frozen=True, tag="embed"):
    """Turn a text or a picture into a vector."""

    text: str = ""
    image: Blob | None = None
    purpose: Purpose = "index"


Ask = Draw | Edit | See | Embed
Ability = Literal["draw", "edit", "see", "embed"]


# --------------------------------------------------------------------------- replies


class Usage(Word, frozen=True):
    """What a reply took: counted by the provider where it says so, by us where it does not."""

    images: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    dollars: float = 0.0
    seconds: float = 0.0
    request_id: str = ""

    def plus(self, other: "Usage") -> "Usage":
        return Usage(
            images=self.images + other.images,
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
            dollars=self.dollars + other.dollars,
            seconds=self.seconds + other.seconds,
            request_id=other.request_id or self.request_id,
        )


class Picture(Word, frozen=True, tag="picture"):
    """Pictures as their maker delivered them, never re-encoded; `made` is what the maker says of them."""

    images: tuple[bytes, ...]
    masks: tuple[bytes, ...] = ()
    made: Facts = {}
    refused: str = ""
    usage: Usage = Usage()


class Said(Word, frozen=True, tag="said"):
    """Words, and the same as data where the provider answered in data."""

    text: str
    data: Any = None
    usage: Usage = Usage()


class Point(Word, frozen=True, tag="point"):
    """A vector."""

    vector: tuple[float, ...]
    usage: Usage = Usage()


Reply = Picture | Said | Point


# -------------------------------------------------------------------- rows and cells

CANDIDATE = "candidate "
"""Before a candidate's name, where its picture stands among the cells of the row it is one for."""

State = Literal["filled", "refused", "failed"]
Origin = Literal["planned", "taken"]


class Cell(Word, frozen=True):
    """What one column holds for one row under one key."""

    state: State
    key: str = ""
    model: str = ""
    value: Facts = {}
    files: dict[str, Blob] = {}
    error: str = ""
    why: str = ""
    attempts: int = 1


class Row(Word, frozen=True):
    """One picture, wanted or present: what is known of it before any model is asked.

    Of `best_of` candidates the best one's picture becomes the row's; each candidate is a row too, and
    says whose it is. Neither is part of what a row's id is made of.
    """

    id: str
    name: str
    label: str = ""
    prompt: str = ""
    negative: str = ""
    width: int = 0
    height: int = 0
    seed: int | None = None
    facts: Facts = {}
    options: dict[str, Option] = {}
    edit: Facts = {}
    parent: str = ""
    best_of: int = 0
    candidate_of: str = ""
    group: str = ""
    split: str = ""
    source: str = ""
    origin: Origin = "planned"
    cells: dict[str, Cell] = {}

    @property
    def synthetic(self) -> bool:
        return self.origin == "planned"

    def image(self, column: str = "image") -> Blob | None:
        """The picture a column holds for this row, if it holds one."""
        cell = self.cells.get(column)
        return cell.files.get("image") if cell else None

    def mask(self, column: str = "image") -> Blob | None:
        """The mask that came with that picture, if one did."""
        cell = self.cells.get(column)
        return cell.files.get("mask") if cell else None


class Outcome(Word, frozen=True):
    """What became of one cell: filled, refused for good, or failed and to be asked again."""

    row: str
    column: str
    key: str
    state: State
    model: str = ""
    value: Facts = {}
    files: dict[str, Blob] = {}
    error: str = ""
    why: str = ""
    raw: str = ""
    usage: Usage = Usage()
    unsure: bool = False
    final: bool = False


class Tick(Word, frozen=True, omit_defaults=False):
    """How far a column is: what a progress line shows and `--json` prints."""

    column: str
    model: str = ""
    total: int = 0
    filled: int = 0
    refused: int = 0
    failed: int = 0
    dollars: float = 0.0
    seconds: float = 0.0
    over: bool = False

    @property
    def done(self) -> int:
        return self.filled + self.refused + self.failed


# ----------------------------------------------------------------------------- cards


class Price(Word, frozen=True):
    """List prices in US dollars, and the day they were read."""

    image: float = 0.0
    by_quality: dict[str, float] = {}
    tokens_in: float = 0.0
    tokens_out: float = 0.0
    read_on: str = ""

    @property
    def free(self) -> bool:
        return not (self.image or self.by_quality or self.tokens_in or self.tokens_out)


class Limits(Word, frozen=True):
    """What the provider allows: 0 where it is not known."""

    per_second: float = 0.0
    in_flight: int = 0


class Sizes(Word, frozen=True):
    """Which picture sizes a model makes: multiples of `step` between the bounds, 0 for no bound."""

    step: int = 1
    least_pixels: int = 0
    most_pixels: int = 0
    most_ratio: float = 0.0
    default: tuple[int, int] = (1024, 1024)


class Card(Word, frozen=True):
    """A model as data: what it can, what it costs, how long it lives.

    `edit_sizes` are those of pictures it edits, where they are others than those it draws.
    """

    name: str
    does: tuple[Ability, ...]
    about: str = ""
    price: Price = Price()
    limits: Limits = Limits()
    sizes: Sizes = Sizes()
    edit_sizes: Sizes | None = None
    options: dict[str, tuple[str, ...]] = {}
    seeded: bool = True
    legacy: str = ""
    eol: str = ""
    successor: str = ""
    note: str = ""
    revision: str = ""

    @property
    def provider(self) -> str:
        return self.name.partition(":")[0]

    @property
    def ended(self) -> bool:
        """Whether the provider has switched it off by today."""
        return bool(self.eol) and date.fromisoformat(self.eol) <= date.today()

    @property
    def edition(self) -> str:
        """The name as it enters a cell's key: a model that draws anew under its old name says so."""
        return f"{self.name}@{self.revision}" if self.revision else self.name

    @property
    def model(self) -> str:
        return self.name.partition(":")[2]
