"""A brief: which pictures are wanted, by which models, and what is to be said of them.

One TOML file that a person writes and reads. The structs below are its whole grammar: the schema for
editors is made from them, and the same schema is what the file is checked against. reading/parse.py
reads and checks it.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from photogram.data import Option
from photogram.reading.vary import Variation
from photogram.reading.words import Place

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
    """Which model draws, edits, sees and embeds: PROVIDER:NAME, as `photogram models` lists them."""

    draw: ModelName = "keyless:draw"
    edit: ModelName = "keyless:draw"
    see: ModelName = "keyless:measure"
    embed: ModelName = "keyless:descriptors"


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
    masks: Annotated[
        tuple[Annotated[str, Meta(min_length=1)], ...],
        Meta(
            description="where their masks lie: a.png or a_mask.png for a.jpg; white is what is marked",
            examples=[["photos/*_mask.png"]],
        ),
    ] = ()
    as_: Annotated[
        Line,
        Meta(
            description="the format of the folders, as `add --as` has it; `folder` has one for each class",
            examples=["coco"],
        ),
    ] = field(name="as", default="")
    synthetic: Annotated[
        bool, Meta(description="a model or a program made them: they are for training alone")
    ] = False
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
    references: Annotated[
        tuple[Annotated[str, Meta(min_length=1)], ...],
        Meta(description="pictures beside the brief that the model is shown", examples=[["style.jpg"]]),
    ] = ()
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
        shown = {"references": self.references} if self.references else {}
        return {"size": self.size, "how": self.how, **shown, **self.common(seed)}


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
    field: Annotated[
        Line, Meta(description="a field of the picture's annotation that holds boxes or corners")
    ] = ""
    annotator: Annotated[Line, Meta(description="which of several under [annotate.by] says it")] = ""
    words: Annotated[str, Meta(description="what it is, for models that find a place by words")] = ""
    shape: Annotated[
        Literal["", "blob", "streak", "specks"],
        Meta(description="draw a region of this shape inside", examples=["blob"]),
    ] = ""
    size: Annotated[
        float, Meta(gt=0, le=1, description="its length as a share of the picture's", examples=[0.2])
    ] = 0.25


Beyond = Annotated[float, Meta(ge=0, le=4, examples=[0.25])]


class Sides(Part, frozen=True, kw_only=True):
    """By how much a picture grows at its sides, in shares of its width and height."""

    left: Beyond = 0.0
    top: Beyond = 0.0
    right: Beyond = 0.0
    bottom: Beyond = 0.0


class Edit(Group, frozen=True, kw_only=True):
    """One group of edits: new pictures from those that are there. Each is a row with a parent."""

    of: Annotated[Line, Meta(description="the label of the pictures to edit", examples=["good"])]
    kind: Annotated[
        Literal[
            "inpaint",
            "transplant",
            "erase",
            "vary",
            "replace",
            "recolor",
            "restyle",
            "outpaint",
            "remove background",
            "upscale",
            "try on",
        ],
        Meta(description="what is done", examples=["inpaint"]),
    ] = "inpaint"
    donors: Annotated[
        Line,
        Meta(description="of a transplant: the label of pictures taken in with masks", examples=["real"]),
    ] = ""
    beside: Annotated[
        dict[Name, Annotated[str, Meta(min_length=1)]],
        Meta(
            description="other pictures the model is shown, by what they are to it: style, garment",
            examples=[{"garment": "shirt.png"}],
        ),
    ] = field(name="with", default_factory=dict[str, str])
    each: Annotated[int, Meta(ge=1, le=10_000, description="edits of each picture", examples=[3])] = 1
    count: Annotated[
        int, Meta(ge=0, le=10_000_000, description="at most so many in all; 0 for no bound", examples=[50])
    ] = 0
    best_of: Annotated[
        int,
        Meta(ge=1, le=16, description="ask so many times for each, and keep the one that sits best"),
    ] = 1
    where: Annotated[
        Where,
        Meta(
            description="box = [left, top, width, height], polygon, mask = a file, field of an annotation "
            "(and annotator, of several), words, shape and size; in shares"
        ),
    ] = Where()
    sides: Annotated[
        Sides,
        Meta(description="by how much an outpaint grows the picture: left, top, right, bottom; in shares"),
    ] = Sides()
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
        given = {name: what for name, what in (("donors", self.donors), ("with", self.beside)) if what}
        return {"of": self.of, **given, **self.plan(), **self.common(seed)}

    def plan(self) -> dict[str, Any]:
        """What a row keeps of how it is to be edited."""
        plan: dict[str, Any] = {
            "kind": self.kind,
            "where": msgspec.to_builtins(self.where),
            "grow": self.grow,
            "feather": self.feather,
            "strength": self.strength,
        }
        return plan | ({"sides": msgspec.to_builtins(self.sides)} if self.kind == "outpaint" else {})


Words = Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(min_length=1)]


class Field(Part, frozen=True, kw_only=True):
    """One field of an annotation, where a word or two do not say all of it."""

    wording: Annotated[
        str | Words, Meta(description="what it holds", examples=["text", ["light", "severe"]])
    ] = field(name="is")
    about: Annotated[str, Meta(description="what is meant by it, for the model")] = ""
    synonyms: Annotated[
        dict[str, Words],
        Meta(description="other words for its words", examples=[{"severe": ["heavy", "major"]}]),
    ] = {}
    optional: Annotated[bool, Meta(description="it may be left out, or null")] = False
    null: Annotated[bool, Meta(description="it may be null, but is not to be left out")] = False
    private: Annotated[bool, Meta(description="what is said in it is never written down")] = False


class Annotator(Part, frozen=True, kw_only=True):
    """One of several models that are asked about the same picture."""

    model: ModelName
    prompt: Annotated[str, Meta(description="in place of the prompt for all")] = ""
    options: Annotated[dict[str, Option], Meta(description="in place of the options for all")] = {}


class Annotate(Part, frozen=True, kw_only=True):
    """What models that see are asked about each picture. `schema` is there however it was written."""

    prompt: Annotated[str, Meta(min_length=1, examples=["Describe this picture."])] = ""
    fields: Annotated[
        Annotated[str, Meta(examples=["infrastructure"])]
        | dict[
            Name,
            Annotated[
                str | Words | Field,
                Meta(description="what the field holds", examples=["text", "number 0..1", "yes/no"]),
            ],
        ],
        Meta(description="the name of fields that are ready, or each field and what it holds"),
    ] = {}
    schema: Annotated[
        Annotated[str, Meta(examples=["schema.json"])] | dict[str, Any],
        Meta(description="a JSON Schema, or a file beside the brief that holds one, in place of fields"),
    ] = {}
    private: Annotated[
        tuple[str, ...],
        Meta(description="fields that are never written down", examples=[["license_plate"]]),
    ] = ()
    by: Annotated[
        dict[Name, ModelName | Annotator],
        Meta(
            description="several models, each in a column annotation.NAME, in place of models.see",
            examples=[{"first": "keyless:measure"}],
        ),
    ] = {}
    options: Annotated[
        dict[str, Option],
        Meta(description="options of the model that sees", examples=[{"reasoning_effort": "low"}]),
    ] = {}

    @property
    def asked(self) -> dict[str, Any]:
        """The schema, once the brief has been read."""
        return self.schema if isinstance(self.schema, dict) else {}

    def model_of(self, name: str) -> str:
        """The model of one of several annotators."""
        by = self.by[name]
        return by if isinstance(by, str) else by.model

    def prompt_of(self, name: str) -> str:
        """The prompt for one of several annotators, or for the only one."""
        by = self.by.get(name, "")
        return self.prompt if isinstance(by, str) else by.prompt or self.prompt

    def options_of(self, name: str) -> dict[str, Option]:
        """The options of one of several annotators, or of the only one."""
        by = self.by.get(name, "")
        return self.options if isinstance(by, str) else by.options or self.options


Anchor = Annotated[str, Meta(min_length=1)]

CRITERIA: dict[str, tuple[str, str, str]] = {
    "technical": (
        "blurred, noisy, torn or full of artefacts",
        "usable, with faults that show when they are looked for",
        "as sharp and clean as a good picture of its kind",
    ),
    "plausible": (
        "it shows what cannot be: melted parts, a wrong number of them, shadows of no light",
        "one or two things are odd on a second look",
        "nothing in it could not be as it is shown",
    ),
    "composition": (
        "the subject is cut off, lost or hidden",
        "the subject can be seen, and the picture is unbalanced or cluttered",
        "the subject is where the eye goes, with room around it",
    ),
}
"""What every picture is marked for, unless the brief says otherwise: the words for 1, 3 and 5."""


class Judge(Part, frozen=True, kw_only=True):
    """How pictures are judged by what was asked for; an empty table is enough."""

    model: Annotated[
        ModelName | Literal[""],
        Meta(description="in place of the one of models.see and annotate.by that is of another family"),
    ] = ""
    prompt: Annotated[str, Meta(description="what a judge is to know of these pictures")] = ""
    questions: Annotated[
        dict[Name, Annotated[str, Meta(min_length=1)]],
        Meta(
            description="asked besides those about facts, edit, negative and prompt; yes is good",
            examples=[{"screen": "Is the whole screen in the picture?"}],
        ),
    ] = {}
    criteria: Annotated[
        dict[Name, Annotated[tuple[Anchor, ...], Meta(min_length=3, max_length=3)]],
        Meta(
            description="marked from 1 to 5, each with the words for 1, 3 and 5, in place of technical, "
            "plausible and composition",
            examples=[{"light": ["too dark to tell", "uneven", "even"]}],
        ),
    ] = {}
    least: Annotated[
        float, Meta(ge=0, le=1, description="a lower score rejects the picture", examples=[0.7])
    ] = 0.0
    forgive: Annotated[
        int, Meta(ge=0, le=1000, description="so many questions may fail before a picture is rejected")
    ] = 0
    rounds: Annotated[
        int, Meta(ge=1, le=20, description="how often `refine` makes a rejected picture anew", examples=[2])
    ] = 2
    options: Annotated[dict[str, Option], Meta(description="options of the model")] = {}

    @property
    def anchors(self) -> dict[str, tuple[str, str, str]]:
        """The words for 1, 3 and 5 of each criterion."""
        return {name: (at[0], at[1], at[2]) for name, at in (self.criteria or CRITERIA).items()}


Embedded = Annotated[
    Literal["picture", "annotation", "prompt"],
    Meta(description="what a vector is made of: the picture, what is said of it, or its prompt"),
]
Dimensions = Annotated[int, Meta(ge=0, le=100_000, description="numbers in a vector; 0 for the model's own")]


class Space(Part, frozen=True, kw_only=True):
    """One of several spaces of vectors."""

    model: ModelName
    of: Embedded = "picture"
    dimensions: Dimensions = 0


class Embed(Part, frozen=True, kw_only=True):
    """Which vectors rows get, to be found by. `run` makes them where this table stands."""

    of: Embedded = "picture"
    dimensions: Dimensions = 0
    by: Annotated[
        dict[Name, ModelName | Space],
        Meta(
            description="several models, each in a column vector.NAME, in place of models.embed",
            examples=[{"looks": "keyless:descriptors"}],
        ),
    ] = {}

    def space(self, name: str, default: str) -> Space:
        """One of several spaces, or the only one."""
        by = self.by.get(name, default)
        return by if isinstance(by, Space) else Space(model=by, of=self.of, dimensions=self.dimensions)


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
        dict[str, dict[str, Option | dict[str, Option]]],
        Meta(
            description="settings of a provider, such as base_url; under [providers.NAME.draw], .edit, .see "
            "and .embed what is other for one of these"
        ),
    ] = {}
    budget: Budget = Budget()
    pace: Pace = Pace()
    take: tuple[Take, ...] = ()
    make: tuple[Make, ...] = ()
    edit: tuple[Edit, ...] = ()
    annotate: Annotate | None = None
    judge: Judge | None = None
    embed: Embed | None = None
    measure: Annotated[
        dict[str, Bounds],
        Meta(
            description="between which values a measure is good",
            extra_json_schema={"propertyNames": {"enum": list(MEASURES)}},
        ),
    ] = {}

    def settings(self, provider: str, ability: str = "") -> dict[str, Option]:
        """What is set of a provider; what is set for one ability goes before what is set for all."""
        table = self.providers.get(provider, {})
        common = {name: value for name, value in table.items() if not isinstance(value, dict)}
        own = table.get(ability, {})
        return common | (own if isinstance(own, dict) else {})


def json_schema() -> dict[str, Any]:
    """The grammar of a brief for editors, which check and complete by it."""
    schema = msgspec.json.schema(Brief)
    parts = schema["$defs"]
    product = {"properties": {"how": {"const": "product"}}, "required": ["how"]}
    parts["Make"] |= {"if": product, "else": {"required": ["count"]}}
    parts["Annotate"] |= {"oneOf": [{"required": ["fields"]}, {"required": ["schema"]}]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A photogram brief", **schema}
