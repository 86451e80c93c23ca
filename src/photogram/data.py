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
    """Turn a text or a picture into a vector; 0 dimensions are the model's own choice."""

    text: str = ""
    image: Blob | None = None
    purpose: Purpose = "index"
    dimensions: int = 0


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
    says whose it is. Neither is part of what a row's id is made of. `shown` are other pictures that the model
    is to look at, by what they are to it. What is made anew says in `refines` in whose place, and in
    `wanted` what was asked for, where its prompt says more.
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
    shown: dict[str, Blob] = {}
    edit: Facts = {}
    parent: str = ""
    best_of: int = 0
    candidate_of: str = ""
    refines: str = ""
    wanted: str = ""
    group: str = ""
    split: str = ""
    source: str = ""
    origin: Origin = "planned"
    said_synthetic: bool = False
    cells: dict[str, Cell] = {}

    @property
    def synthetic(self) -> bool:
        """Whether a model or a program made it: here, or before it was taken in."""
        return self.origin == "planned" or self.said_synthetic

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


# ------------------------------------------------------------------------------ jobs

Ending = Literal["done", "partly", "failed", "expired", "stopped"]


class Progress(Word, frozen=True):
    """How far a provider is with a batch job: `said` is its own word for that, `ended` ours for an end.

    Of `records` asks `answered` have an answer and `failed` an error, as far as the provider counts.
    """

    said: str
    ended: Ending | None = None
    why: str = ""
    records: int = 0
    answered: int = 0
    failed: int = 0


JobState = Literal["gathering", "sending", "running", "ended"]


class Job(Word, frozen=True, omit_defaults=False):
    """A batch job as the ledger knows it; `name` is the provider's for it, once there is one.

    Its `token` is made of what is in it, so that the same job is known again wherever it is found.
    """

    number: int
    column: str
    model: str
    state: JobState = "gathering"
    token: str = ""
    name: str = ""
    records: int = 0
    at: float = 0.0
    progress: Progress | None = None


# ----------------------------------------------------------------------------- cards


class Rate(Word, frozen=True):
    """What one picture costs under some options and up to some size; 0 pixels are any size."""

    image: float
    options: dict[str, str] = {}
    most_pixels: int = 0


class Price(Word, frozen=True):
    """List prices in US dollars, and the day they were read.

    `image` is what a picture costs where no rate fits: the dearest, so that no budget is overrun.
    Pictures of more pixels than `grows_from` cost more in proportion. Tokens are priced by the
    million, those of pictures sent by `image_tokens_in` and of pictures made by `image_tokens_out` where
    they cost other than words. `batch` is the share of it all that a batch job costs.
    """

    image: float = 0.0
    rates: tuple[Rate, ...] = ()
    grows_from: int = 0
    image_in: float = 0.0
    tokens_in: float = 0.0
    tokens_out: float = 0.0
    image_tokens_in: float = 0.0
    image_tokens_out: float = 0.0
    batch: float = 1.0
    read_on: str = ""

    @property
    def free(self) -> bool:
        amounts = (self.image, self.image_in, self.tokens_in, self.tokens_out)
        return not (any(amounts) or any(rate.image for rate in self.rates))


class Limits(Word, frozen=True):
    """What the provider allows: 0 where it is not known."""

    per_second: float = 0.0
    in_flight: int = 0


class Sizes(Word, frozen=True):
    """Which picture sizes a model makes or takes; 0 for no bound.

    Multiples of `step` between the bounds, or only those that are `listed`, or only some proportions:
    `ratios` has for each the size that comes, `classes` how many times larger each class of size is.
    Tiles of edits are cut in multiples of `tile_step`, where that is coarser.
    """

    step: int = 1
    tile_step: int = 1
    least_side: int = 0
    most_side: int = 0
    least_pixels: int = 0
    most_pixels: int = 0
    most_ratio: float = 0.0
    default: tuple[int, int] = (1024, 1024)
    listed: tuple[tuple[int, int], ...] = ()
    ratios: dict[str, tuple[int, int]] = {}
    classes: dict[str, float] = {}

    def all(self) -> tuple[tuple[int, int], ...]:
        """Every size there is, where they are so few that they can be named."""
        if not self.ratios:
            return self.listed
        times = self.classes.values() or (1.0,)
        return tuple((round(w * by), round(h * by)) for by in times for w, h in self.ratios.values())


class Sight(Word, frozen=True):
    """What a model takes in of pictures it is shown, 0 and none for no bound.

    How many at once, how large in bytes and pixels, and of which kinds; and how many tokens one is.
    """

    images: int = 1
    most_bytes: int = 0
    most_side: int = 0
    most_pixels: int = 0
    tokens: int = 1300
    media: tuple[str, ...] = ()


class Batch(Word, frozen=True):
    """How a provider's batch jobs bound this model: the least and the most asks of one, and its bytes."""

    least: int = 1
    most: int = 50_000
    most_bytes: int = 200_000_000


class Card(Word, frozen=True):
    """A model as data: what it can, what it costs, how long it lives.

    `family` is the dialect it speaks. `mask` is how it is shown where an edit goes: white or black on
    the other, the alpha of the picture or mask, or nothing where it can only be told in words.
    `most_seed` 0 takes no seed. `rung` is how surely its answers follow a schema.
    `edit_sizes` are those of pictures it edits, where they are others than those it draws. `profiles` are
    the ways to it that span regions, and how many times the price each costs.
    """

    name: str
    does: tuple[Ability, ...]
    family: str = ""
    about: str = ""
    price: Price = Price()
    limits: Limits = Limits()
    sizes: Sizes = Sizes()
    sight: Sight = Sight()
    edit_sizes: Sizes | None = None
    options: dict[str, tuple[str, ...]] = {}
    edits: tuple[EditKind, ...] = ()
    mask: Literal["", "white", "black", "alpha"] = ""
    mask_words: bool = False
    references: int = 0
    most_prompt: int = 0
    most_seed: int = 2_147_483_646
    rung: Literal["native", "tool", "json", "prompt"] = "prompt"
    dimensions: tuple[int, ...] = ()
    batch: Batch | None = None
    regions: tuple[str, ...] = ()
    profiles: dict[str, float] = {}
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
