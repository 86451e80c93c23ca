"""A brief: which pictures are wanted, by which models, and what is to be said of them.

One TOML file that a person writes and reads. The structs below are its whole grammar: the schema for
editors is made from them, and the same schema is what the file is checked against. What a schema
cannot say (placeholders, conditions, combinations) is checked after it.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from photogram.data import Option
from photogram.faults import BadInput
from photogram.reading.fields import schema_of
from photogram.reading.places import line_of
from photogram.reading.shape import Shape
from photogram.reading.template import Template
from photogram.reading.vary import Variation
from photogram.reading.words import Mistake, Place, nearest

MOST_COMBINATIONS = 1_000_000
SIDES = (16, 8192)
MEASURES = (
    "width",
    "height",
    "megapixels",
    "brightness",
    "contrast",
    "entropy",
    "clipped_dark",
    "clipped_bright",
    "sharpness",
    "laplacian_variance",
    "noise",
    "blockiness",
    "colourfulness",
)

_END = r"$(?!\n)"  # `$` alone would let a line break pass at the end
Name = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*" + _END,
        description="a name is letters, digits and _, and begins with a letter",
    ),
]
Line = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]*" + _END, examples=["one line of plain text"])]
ModelName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]*:\S+" + _END, examples=["keyless:draw"])]
Weight = Annotated[float, Meta(gt=0, le=1_000_000, examples=[3])]
Values = Annotated[tuple[Option, ...], Meta(min_length=1)]
Weights = Annotated[dict[str, Weight], Meta(min_length=1)]
Dollars = Annotated[float, Meta(ge=0, le=10_000_000, description="what may be spent in all", examples=[5.0])]


class Part(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The base of every part of a brief."""


class Dataset(Part, frozen=True, kw_only=True):
    """What this dataset is called and where its bytes are kept."""

    name: Annotated[Line, Meta(min_length=1, description="what it is called", examples=["bridges"])]
    purpose: Annotated[str, Meta(description="what the pictures are for")] = ""
    seed: Annotated[int, Meta(ge=0, description="another seed gives other pictures", examples=[0])] = 0
    store: Annotated[
        str,
        Meta(
            pattern=r"^([a-z][a-z0-9]*://\S+)?" + _END,
            description='"" for this folder, or the URL of a bucket',
            examples=["s3://bucket/bridges"],
        ),
    ] = ""
    license: Annotated[Line, Meta(description="under which terms it may be used")] = ""


class Models(Part, frozen=True, kw_only=True):
    """Which model draws, edits and sees: PROVIDER:NAME, as `photogram models` lists them."""

    draw: ModelName = "keyless:draw"
    edit: ModelName = "keyless:draw"
    see: ModelName = "keyless:measure"


class Budget(Part, frozen=True, kw_only=True):
    """The most that may be spent."""

    dollars: Dollars = 5.0


class Pace(Part, frozen=True, kw_only=True):
    """How hard models are asked, at most."""

    width: Annotated[int, Meta(ge=1, le=4096, description="asks in flight at most", examples=[64])] = 64
    per_second: Annotated[
        float, Meta(ge=0, le=100_000, description="asks a second; 0 for no cap", examples=[2])
    ] = 0.0


class Take(Part, frozen=True, kw_only=True):
    """Real pictures to take in."""

    paths: Annotated[
        tuple[Annotated[str, Meta(min_length=1)], ...],
        Meta(min_length=1, description="files, folders, patterns, zips, URLs", examples=[["photos/*.jpg"]]),
    ] = field(name="from")
    label: Line = ""
    group: Annotated[Line, Meta(description="pictures of one group fall into one split")] = ""
    split: Literal["", "train", "val", "test"] = ""


class When(Part, frozen=True, kw_only=True):
    """A condition: if these values are chosen, then only those are left of other variables."""

    given: Annotated[dict[str, Option | Values], Meta(min_length=1, examples=[{"severity": "light"}])] = (
        field(name="if")
    )
    then: Annotated[dict[str, Option | Values | Weights], Meta(min_length=1, examples=[{"crew": ["nobody"]}])]


class Group(Part, frozen=True, kw_only=True):
    """What groups of pictures have in common, made or edited: a prompt, and what varies in it."""

    label: Line = ""
    prompt: Annotated[
        str, Meta(min_length=1, description="a text with {names} in it", examples=["a bridge of {material}"])
    ]
    negative: Annotated[str, Meta(description="what is not wanted")] = ""
    seed: Annotated[int, Meta(ge=0, description="in place of the dataset's", examples=[0])] | None = None
    facts: Annotated[dict[Name, Option], Meta(description="what holds for every row")] = {}
    options: Annotated[dict[str, Option], Meta(description="options of the model")] = {}
    vary: dict[
        Name,
        Annotated[
            Values | Weights,
            Meta(
                description="values, or values with weights",
                examples=[["light", "severe"]],
            ),
        ],
    ] = {}
    when: tuple[When, ...] = ()

    def variation(self, at: Place = ()) -> Variation:
        """What varies within the group; `at` is where the group stands in the brief."""
        return Variation(self.vary, [(rule.given, rule.then) for rule in self.when], at)

    def common(self, seed: int) -> dict[str, Any]:
        return {
            "label": self.label,
            "prompt": self.prompt,
            "negative": self.negative,
            "seed": seed if self.seed is None else self.seed,
            "facts": self.facts,
            "options": self.options,
            "varied": self.variation().content(),
        }


class Make(Group, frozen=True, kw_only=True):
    """One group of pictures to be made."""

    count: Annotated[
        int, Meta(ge=1, le=10_000_000, description="how many; of a product: of each", examples=[20])
    ] = 1
    size: Annotated[
        str,
        Meta(pattern=r"^([0-9]{2,4}x[0-9]{2,4})?" + _END, description="WIDTHxHEIGHT", examples=["768x576"]),
    ] = ""
    how: Annotated[
        Literal["sample", "product"],
        Meta(description="evenly drawn, or every combination", examples=["sample"]),
    ] = "sample"

    @property
    def sides(self) -> tuple[int, int]:
        """Width and height; 0 and 0 for what the model makes by default."""
        width, _, height = self.size.partition("x")
        return int(width or 0), int(height or 0)

    def content(self, seed: int) -> dict[str, Any]:
        """All that decides on the rows of this group but how many there are."""
        return {"size": self.size, "how": self.how, **self.common(seed)}


Share = Annotated[float, Meta(ge=0, le=1)]


class Where(Part, frozen=True, kw_only=True):
    """Which part of a picture an edit may change, in shares of its width and height."""

    box: Annotated[
        tuple[Share, ...],
        Meta(
            min_length=4,
            max_length=4,
            description="left, top, width, height",
            examples=[[0.2, 0.2, 0.6, 0.6]],
        ),
    ] = ()
    polygon: Annotated[
        tuple[Annotated[tuple[Share, ...], Meta(min_length=2, max_length=2)], ...],
        Meta(description="at least three corners", examples=[[[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]]),
    ] = ()
    mask: Annotated[str, Meta(description="a black and white picture beside the brief; white may change")] = (
        ""
    )
    shape: Annotated[
        Literal["", "blob", "streak", "specks"],
        Meta(description="draw a region of this shape inside", examples=["blob"]),
    ] = ""
    size: Annotated[
        float, Meta(gt=0, le=1, description="its length as a share of the picture's", examples=[0.2])
    ] = 0.25


class Edit(Group, frozen=True, kw_only=True):
    """One group of edits: new pictures from those that are there. Each is a row with a parent."""

    of: Annotated[Line, Meta(description="the label of the pictures to edit", examples=["good"])]
    kind: Annotated[
        Literal[
            "inpaint",
            "erase",
            "vary",
            "replace",
            "recolor",
            "restyle",
            "outpaint",
            "remove background",
            "upscale",
        ],
        Meta(description="what is done", examples=["inpaint"]),
    ] = "inpaint"
    each: Annotated[int, Meta(ge=1, le=10_000, description="edits of each picture", examples=[3])] = 1
    count: Annotated[
        int, Meta(ge=0, le=10_000_000, description="at most so many in all; 0 for no bound", examples=[50])
    ] = 0
    where: Annotated[
        Where,
        Meta(
            description="box = [left, top, width, height], polygon, mask = a file, shape and size; in shares"
        ),
    ] = Where()
    grow: Annotated[int, Meta(ge=0, le=500, description="pixels the mask is grown by", examples=[8])] = 8
    feather: Annotated[
        int,
        Meta(
            ge=0, le=500, description="pixels over which the edit fades, inside the grown mask", examples=[6]
        ),
    ] = 6
    strength: (
        Annotated[
            float,
            Meta(ge=0, le=1, description="how much may change, where the model knows it", examples=[0.6]),
        ]
        | None
    ) = None

    def content(self, seed: int) -> dict[str, Any]:
        """All that decides on the rows of this group but how many there are."""
        return {"of": self.of, **self.plan(), **self.common(seed)}

    def plan(self) -> dict[str, Any]:
        """What a row keeps of how it is to be edited."""
        return {
            "kind": self.kind,
            "where": msgspec.to_builtins(self.where),
            "grow": self.grow,
            "feather": self.feather,
            "strength": self.strength,
        }


class Annotate(Part, frozen=True, kw_only=True):
    """What a model that sees is asked about each picture. `schema` is there however it was written."""

    prompt: Annotated[str, Meta(min_length=1)] = "Describe this picture."
    fields: dict[
        Name,
        Annotated[
            str | Annotated[tuple[str, ...], Meta(min_length=1)],
            Meta(
                description="what the field holds",
                examples=["text", "number 0..1", "yes/no"],
            ),
        ],
    ] = {}
    schema: Annotated[dict[str, Any], Meta(description="a JSON Schema, in place of fields")] = {}


class Bounds(Part, frozen=True, kw_only=True):
    """Between which values a measure is good."""

    least: Annotated[float | None, Meta(examples=[0.1])] = None
    most: Annotated[float | None, Meta(examples=[0.9])] = None

    def hold(self, value: float) -> bool:
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


class Brief(Part, frozen=True, kw_only=True):
    """Everything a person has said about a dataset."""

    dataset: Dataset
    models: Models = Models()
    providers: Annotated[
        dict[str, dict[str, Option]], Meta(description="settings of a provider, such as base_url")
    ] = {}
    budget: Budget = Budget()
    pace: Pace = Pace()
    take: tuple[Take, ...] = ()
    make: tuple[Make, ...] = ()
    edit: tuple[Edit, ...] = ()
    annotate: Annotate | None = None
    measure: Annotated[
        dict[str, Bounds],
        Meta(
            description="between which values a measure is good",
            extra_json_schema={"propertyNames": {"enum": list(MEASURES)}},
        ),
    ] = {}


# ---------------------------------------------------------------------------- reading


def read(path: Path) -> Brief:
    """The brief in a file, or in the `brief.toml` of a folder."""
    if path.is_dir() and not (path / "brief.toml").is_file():
        do = f"`photogram new {path}` writes one"
        raise BadInput(f"there is no brief.toml in {path}", do=do)
    if path.is_dir():
        path = path / "brief.toml"
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        do = f"`photogram new {path.parent}` writes one"
        raise BadInput(f"there is no {path.name} in {path.parent}", do=do) from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}", do="check its permissions") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        do = "save it as UTF-8: every editor can"
        raise BadInput("this is not UTF-8 text", where=f"{path.name}, line {line}", do=do) from None
    return parse(text, path.name)


def parse(text: str, where: str = "brief.toml") -> Brief:
    """The brief a text says; a mistake in it is told with its line."""
    try:
        tables = _tables(text, where)
        _shape().check(tables)
        return _checked(msgspec.convert(tables, Brief), tables)
    except Mistake as mistake:
        line = line_of(text, mistake.at)
        do = _moved(mistake.at) or mistake.do
        raise BadInput(mistake.what, where=f"{where}, line {line}", do=do) from None
    except RecursionError:
        raise BadInput("this is nested too deeply", where=where, do="a brief is tables of lists") from None


def json_schema() -> dict[str, Any]:
    """The grammar of a brief for editors, which check and complete by it."""
    schema = msgspec.json.schema(Brief)
    parts = schema["$defs"]
    product = {"properties": {"how": {"const": "product"}}, "required": ["how"]}
    parts["Make"] |= {"if": product, "else": {"required": ["count"]}}
    parts["Annotate"] |= {"oneOf": [{"required": ["fields"]}, {"required": ["schema"]}]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A photogram brief", **schema}


@cache
def _shape() -> Shape:
    return Shape(msgspec.json.schema(Brief))


# What the standard parser says, and what a person does about it.
_SYNTAX = {
    "Invalid value": 'text stands in quotes: name = "bridges"',
    "Cannot overwrite": "this key or table is there already: keep one of them",
    "Cannot declare": "this table is there already: keep one, or write [[make]] or [[take]] for several",
    "Cannot mutate": "this key or table is there already: keep one of them",
    "Expected '='": "a line is: key = value",
    "Unclosed array": "a list ends with ]",
    "Unclosed inline": "a table in one line ends with }",
    "Unterminated string": "close the quotes",
    "Illegal character": 'close the quotes; a text of several lines stands between """ and """',
    "Unescaped": "write a backslash twice, or use 'single quotes'",
}


def _tables(text: str, where: str) -> dict[str, Any]:
    try:
        text.encode()  # half a surrogate pair is no text, and would fail when the row is hashed
        return tomllib.loads(text)
    except ValueError as error:
        what, _, place = str(error).partition(" (at ")
        found = re.search(r"line (\d+)", place)
        line = int(found[1]) if found else len(text.splitlines()) or 1
        do = next((remedy for said, remedy in _SYNTAX.items() if said in what), "see https://toml.io")
        raise BadInput(f"this is not TOML: {what}", where=f"{where}, line {line}", do=do) from None


def _moved(at: Place) -> str:
    """The remedy for a key that fell into a table which begins above it."""
    match at:
        case ("make" | "edit" as name, int(), "vary" | "facts" | "options" as table, str(key), *_):
            meant = key in (Make if name == "make" else Edit).__struct_fields__
            return f"if {key} is meant for the group, write it above [{name}.{table}]" if meant else ""
        case _:
            return ""


# --------------------------------------------------------------- what no schema can say


def _checked(brief: Brief, tables: Mapping[str, Any]) -> Brief:
    groups: dict[bytes, int] = {}
    for number, make in enumerate(brief.make):
        at: Place = ("make", number)
        _check_count(make, tables["make"][number], at)
        _check_size(make, at)
        _check_names(make, at)
        _check_variation(make, at)
        content = msgspec.json.encode(make.content(brief.dataset.seed), order="deterministic")
        if groups.setdefault(content, number) != number:
            do = "raise the count of one of them, or give one another seed"
            raise Mistake(f"this [[make]] is the same as number {groups[content] + 1}", at=at, do=do)
    for number, edit in enumerate(brief.edit):
        _check_edit(edit, brief, ("edit", number))
    for name, bounds in brief.measure.items():
        _check_bounds(bounds, ("measure", name))
    if brief.annotate:
        brief = msgspec.structs.replace(brief, annotate=_with_schema(brief.annotate))
    return brief


def _check_count(make: Make, table: Mapping[str, Any], at: Place) -> None:
    if make.how == "product" or "count" in table:
        return
    astray = [name for name in ("vary", "facts", "options") if "count" in table.get(name, {})]
    do = f"write it above [make.{astray[0]}]" if astray else "add count = 20"
    raise Mistake("this [[make]] has no count", at=(*at, astray[0], "count") if astray else at, do=do)


def _check_size(make: Make, at: Place) -> None:
    least, most = SIDES
    if make.size and not all(least <= side <= most for side in make.sides):
        what = f"make.size cannot be {make.size!r}"
        raise Mistake(what, at=(*at, "size"), do=f"each side is {least} to {most:,} pixels")


def _check_names(make: Group, at: Place) -> None:
    """Every name in the texts has a value, and only one."""
    for name in make.vary:
        if name in make.facts:
            do = "remove it from one of them"
            what = f"{name!r} is in [{at[0]}.vary] and in [{at[0]}.facts]"
            raise Mistake(what, at=(*at, "facts", name), do=do)
    known = [*make.vary, *make.facts, "label"]
    for key, text in (("prompt", make.prompt), ("negative", make.negative)):
        for name in Template(text, (*at, key)).names:
            if name not in known:
                do = f"{nearest(name, known)}give {name} its values in [{at[0]}.vary] or [{at[0]}.facts]"
                raise Mistake(f"nothing gives {{{name}}} in the {key} a value", at=(*at, key), do=do)


def _check_variation(make: Make, at: Place) -> None:
    variation = make.variation(at)
    variation.check()
    if make.how == "product":
        rows = variation.size(MOST_COMBINATIONS) * make.count
        if rows > MOST_COMBINATIONS:
            what = f"every combination would be {rows:,} rows, and {MOST_COMBINATIONS:,} is the most"
            do = 'let fewer things vary, or draw some of them: how = "sample"'
            raise Mistake(what, at=(*at, "how"), do=do)


def _check_edit(edit: Edit, brief: Brief, at: Place) -> None:
    _check_names(edit, at)
    edit.variation(at).check()
    labels = [group.label for group in (*brief.make, *brief.take)]
    if edit.of not in labels and (nearest(edit.of, labels) or not brief.take):
        do = f"{nearest(edit.of, labels)}give [[make]] or [[take]] this label; edits are not edited again"
        raise Mistake(f"no picture has the label {edit.of!r}", at=(*at, "of"), do=do)
    given = [name for name in ("box", "polygon", "mask") if getattr(edit.where, name)]
    if len(given) > 1:
        do = "keep one of them"
        raise Mistake(f"edit.where names {' and '.join(given)}", at=(*at, "where"), do=do)
    if len(edit.where.polygon) in (1, 2):
        raise Mistake("a polygon has three corners", at=(*at, "where"), do="add the missing ones")


def _check_bounds(bounds: Bounds, at: Place) -> None:
    if bounds.least is None and bounds.most is None:
        do = "write { least = 0.1, most = 0.9 }, or one of them"
        raise Mistake(f"measure.{at[-1]} has no bounds", at=at, do=do)
    if bounds.least is not None and bounds.most is not None and bounds.least > bounds.most:
        raise Mistake(f"measure.{at[-1]}: least is above most", at=at, do="exchange them")


def _with_schema(annotate: Annotate) -> Annotate:
    if bool(annotate.fields) == bool(annotate.schema):
        what = "[annotate] has fields and a schema" if annotate.schema else "[annotate] asks for nothing"
        do = "keep one of them" if annotate.schema else 'add [annotate.fields] with description = "text"'
        raise Mistake(what, at=("annotate", "schema"), do=do)
    if annotate.schema and annotate.schema.get("type") != "object":
        do = 'add type = "object" to it'
        raise Mistake("annotate.schema describes no object", at=("annotate", "schema"), do=do)
    schema = annotate.schema or schema_of(annotate.fields, ("annotate", "fields"))
    return msgspec.structs.replace(annotate, schema=schema)
