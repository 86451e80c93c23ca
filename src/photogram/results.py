"""What verbs answer: for Python as structs, for machines as JSON, for people as lines by show/."""

from typing import Any

from photogram.data import Card, Job, Tick, Word


class Told(Word, frozen=True, omit_defaults=False):
    """The base of every result: as JSON it has all its fields, also those that hold nothing."""


class Trouble(Told, frozen=True):
    """A cell that was refused or has failed, as `errors` shows it."""

    row: str
    name: str
    column: str
    state: str
    error: str
    why: str
    attempts: int
    model: str
    raw: str


class Spent(Told, frozen=True):
    """What one model has cost so far."""

    model: str
    calls: int
    dollars: float
    unsure: int
    unsure_dollars: float


class Added(Told, frozen=True):
    """Pictures taken in. `kept` are files that were rows already, and what these go on being called."""

    added: int = 0
    known: int = 0
    unusable: tuple[tuple[str, str], ...] = ()
    kept: tuple[tuple[str, str], ...] = ()


class Ran(Told, frozen=True):
    """What a run did: `left` is still owed, `given_up` and `refused` are left to `retry`."""

    columns: tuple[Tick, ...]
    notes: tuple[str, ...] = ()
    left: int = 0
    given_up: int = 0
    refused: int = 0
    dollars: float = 0.0
    stopped: tuple[str, ...] = ()
    added: int = 0
    unusable: tuple[tuple[str, str], ...] = ()
    exit_code: int = 0


class Finding(Told, frozen=True):
    """One thing the doctor looked at; `do` says how to mend it."""

    what: str
    well: bool
    do: str = ""


class Made(Told, frozen=True):
    """A dataset that was begun."""

    folder: str
    story: str


class Column(Told, frozen=True):
    """What one column holds, still owes, and may cost.

    `by_jobs` is what the same may cost by batch jobs; null where its model takes none, or not so few.
    """

    column: str
    model: str = ""
    owed: int = 0
    filled: int = 0
    refused: int = 0
    given_up: int = 0
    dollars: float = 0.0
    trouble: str = ""
    by_jobs: float | None = None


class Planned(Told, frozen=True):
    """What the brief asks for; `to_take` are the places whose pictures are not counted yet.

    Candidates are no rows of the dataset: each stands for one, and the best becomes its picture.
    """

    rows: int
    to_take: tuple[str, ...]
    new: int
    retired: int
    recalled: int
    labels: dict[str, int]
    columns: tuple[Column, ...]
    booked: float
    budget: float
    candidates: int = 0


class Status(Told, frozen=True):
    """A dataset at a glance."""

    name: str
    purpose: str
    license: str
    rows: int
    taken: int
    retired: int
    labels: dict[str, int]
    columns: tuple[Column, ...]
    duplicates: int
    outside: dict[str, int]
    accepted: int
    spending: tuple[Spent, ...]
    booked: float
    budget: float
    in_flight: int
    candidates: int = 0
    rejected: int = 0
    jobs: tuple[Job, ...] = ()
    rejected_by_judge: int = 0
    unscored: int = 0


class Paid(Told, frozen=True):
    """What one model has cost in one column; `unwanted` of it lies in cells that no longer count."""

    column: str
    model: str
    filled: int
    dollars: float
    unwanted: float

    @property
    def each(self) -> float:
        """Dollars for each cell that is filled, refused and failed asks included."""
        return self.dollars / self.filled if self.filled else 0.0


class Cost(Told, frozen=True):
    """Where the money went, and what a picture that can be used has cost.

    A picture is accepted when it is there, is wanted by the brief, no bound of the brief is broken, and its
    judge, where it has one, has not rejected it.
    """

    parts: tuple[Paid, ...]
    spending: tuple[Spent, ...]
    booked: float
    budget: float
    accepted: int
    each_accepted: float


class Agreement(Told, frozen=True):
    """How far annotators agree in one field; what was not counted, or cannot be said, is null.

    `equal` is the share of pictures on which they say the same, between `low` and `high` 95 times of 100.
    `difference` is by how much `higher` lies above the other, or else how far apart they are.
    """

    field: str
    kind: str
    pictures: int
    equal: float | None = None
    low: float | None = None
    high: float | None = None
    kappa: float | None = None
    correlation: float | None = None
    difference: float | None = None
    higher: str = ""
    shared: float | None = None
    note: str = ""


class Disagreement(Told, frozen=True):
    """A picture on which annotators disagree, and what each says, the worst field first."""

    row: str
    name: str
    apart: float
    fields: dict[str, dict[str, Any]]


class Compared(Told, frozen=True):
    """How far the annotators of a dataset agree."""

    models: dict[str, str]
    pictures: int
    owed: int
    fields: tuple[Agreement, ...]
    most: tuple[Disagreement, ...]


class Judgement(Told, frozen=True):
    """How one picture was judged; the score is from 0 to 1, or null where `unscored` says why."""

    row: str
    name: str
    picture: str
    score: float | None
    unscored: str
    rejected: str
    rater: str
    method: str
    description: str
    reason: str
    failed: tuple[str, ...]
    criteria: dict[str, int | None]
    suggestions: tuple[str, ...]


class Judged(Told, frozen=True):
    """How the pictures of a dataset, or the `named` ones, were judged and by whom, the worst first."""

    raters: tuple[str, ...]
    scored: int
    unscored: int
    rejected: int
    mean: float | None
    named: bool
    pictures: tuple[Judgement, ...]
    ran: Ran


class Remade(Told, frozen=True):
    """A picture that was made anew, in place of which, and how both were judged."""

    name: str
    instead_of: str
    why: str
    before: float | None
    after: float | None
    rejected: str
    prompt: str


class Refined(Told, frozen=True):
    """What refining did: how many rows it planned anew, what was remade so far, what is still rejected."""

    planned: int
    remade: tuple[Remade, ...]
    rejected: int
    unjudged: int
    rounds: int
    ran: Ran


class Given(Told, frozen=True):
    """Answers that were made elsewhere and taken in; `known` rows had one already."""

    filled: int
    known: int = 0
    unusable: tuple[tuple[str, str], ...] = ()


class Retried(Told, frozen=True):
    """What a retry did."""

    cells: int
    ran: Ran


class Usable(Told, frozen=True):
    """A model, and what is missing before it can be asked."""

    card: Card
    missing: str
    ended: bool


class Refreshed(Told, frozen=True):
    """What a file told of models that was not known here: the fields that changed, by model."""

    changed: dict[str, tuple[str, ...]]
    kept_at: str


class Packed(Told, frozen=True):
    """A pack: where it is, whether it is new, and what is in it."""

    folder: str
    new: bool
    rows: int
    synthetic: int
    shards: int
    entries: int
    bytes: int


class Fetched(Told, frozen=True):
    """Files that were fetched, and how many bytes they have in all."""

    files: tuple[str, ...]
    bytes: int


class Published(Told, frozen=True):
    """A set that was published: where, as which version, and what it took. `tables` are its rows."""

    to: str
    version: str
    new: bool
    rows: int
    synthetic: int
    shards: int
    bytes: int
    sent: int
    tables: tuple[str, ...]


class Linked(Told, frozen=True):
    """A link that opens one picture for whoever has it, until it ends."""

    name: str
    url: str
    until: str


class Exported(Told, frozen=True):
    """An export: where it is, whether it is new, what is in it, and what the format could not carry."""

    folder: str
    written_as: str
    new: bool
    rows: int
    synthetic: int
    splits: dict[str, int]
    left_out: dict[str, int]
    notes: tuple[str, ...]


class Shelved(Told, frozen=True):
    """One space of vectors as an index holds it; `missing` is how many rows have none."""

    name: str
    model: str
    of: str
    kind: str
    vectors: int
    missing: int
    dimensions: int


class Indexed(Told, frozen=True):
    """What an index holds; `worded` rows have something said of them."""

    folder: str
    new: bool
    rows: int
    worded: int
    fields: int
    spaces: tuple[Shelved, ...]


class Found(Told, frozen=True):
    """A row that was found, and why: the words it has, the spaces it is near in, its place in each."""

    row: str
    name: str
    label: str
    file: str
    caption: str
    synthetic: bool
    why: tuple[str, ...]
    like: tuple[str, ...] = ()


class Searched(Told, frozen=True):
    """What was looked for, as it was understood, and what was found.

    `matching` is how many rows the filter holds for. All of it is exact: nothing nearer was passed over.
    """

    where: str
    words: tuple[str, ...]
    read_from: str
    matching: int
    rows: int
    found: tuple[Found, ...]
    notes: tuple[str, ...]
    exact: bool = True
    dataset: str = "."


class Recall(Told, frozen=True):
    """How often what was looked for is among the first: of one way to look, over so many questions."""

    way: str
    space: str
    questions: int
    gallery: int
    right: float
    at_1: float
    at_5: float
    at_10: float
    chance_10: float


class Evaluated(Told, frozen=True):
    """How well pictures are found, measured on groups that were held out."""

    recalls: tuple[Recall, ...]
    groups: int
    fitted_on: int
    notes: tuple[str, ...]


class Toured(Told, frozen=True):
    """What the tour leaves behind."""

    folder: str
    pictures: int
    sheet: str
    page: str
    next: tuple[str, ...]
