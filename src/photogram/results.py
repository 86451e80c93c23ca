"""What verbs answer: for Python as structs, for machines as JSON, for people as lines by show.py."""

from photogram.data import Card, Tick, Word


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
    """Pictures taken in."""

    added: int = 0
    known: int = 0
    unusable: tuple[tuple[str, str], ...] = ()


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
    """What one column holds, still owes, and may cost."""

    column: str
    model: str = ""
    owed: int = 0
    filled: int = 0
    refused: int = 0
    given_up: int = 0
    dollars: float = 0.0
    trouble: str = ""


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
    spending: tuple[Spent, ...]
    booked: float
    budget: float
    in_flight: int
    candidates: int = 0
    rejected: int = 0


class Retried(Told, frozen=True):
    """What a retry did."""

    cells: int
    ran: Ran


class Usable(Told, frozen=True):
    """A model, and what is missing before it can be asked."""

    card: Card
    missing: str
    ended: bool


class Toured(Told, frozen=True):
    """What the tour leaves behind."""

    folder: str
    pictures: int
    sheet: str
    page: str
    next: tuple[str, ...]
