"""A dataset: a folder with a brief, a ledger and a store, and the one way its columns are filled."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic

import msgspec

from photogram import planning, private, steps
from photogram.asking import Asking, ability
from photogram.batching import ByJobs, Posting, means
from photogram.brief import Brief, Embed
from photogram.data import Blob, Outcome, Row, Tick
from photogram.desk import Desk
from photogram.engines import local
from photogram.faults import BadInput, LedgerError, PhotogramError, StoreError
from photogram.guards import Pace
from photogram.ledger import Kept, Ledger
from photogram.media import media_type
from photogram.model import Jobs, Model
from photogram.owed import Handed, Owed, Purse, Survey
from photogram.reading.parse import read
from photogram.step import ModelStep, Step
from photogram.store import Store, open_store, told

COLUMNS = {
    "image": "generate",
    "mask": "outline",
    "edit": "modify",
    "choice": "choose",
    "measures": "measure",
    "annotation": "annotate",
    "judgement": "judge",
    "vector": "embed",
}
"""Every column and the verb whose step fills it, in the order `run` takes them.

`edit` is the column `image` of the rows that are edits: another step fills it, by another model. `choice`
is the same column of those that have candidates.
"""

PRIVATE_KEY = "PHOTOGRAM_PRIVATE_KEY"
"""By the key in this variable a private value can be known again; without it nothing of it is kept."""

Watch = Callable[[Tick], None]


class Dataset:
    """An open dataset. Use it as a context manager, so that its ledger is closed."""

    def __init__(self, path: Path, *, make: bool = True) -> None:
        self.path = path
        self.brief: Brief = _read(path)
        self.store: Store = open_store(path, self.brief.dataset.store)
        if not make and not (path / "ledger.db").exists():
            do = f"`photogram plan {path}` shows what the brief asks for"
            raise BadInput(f"nothing has been planned in {path} yet", do=do)
        self.ledger = Ledger(path / "ledger.db", make=make)
        self.asking = Asking(self.brief, path, self.store.read)
        self.only: Collection[str] = ()  # ids of the rows a run is about; none for all
        self.by_jobs = ByJobs()
        self._unsafe: StoreError | None = None

    def __enter__(self) -> "Dataset":
        return self

    def __exit__(self, *_: object) -> None:
        self.ledger.close()

    # -------------------------------------------------------------------- columns

    def columns(self) -> list[str]:
        """The columns this brief asks for."""
        edits = self.brief.edit
        contests = any(edit.best_of > 1 for edit in edits)
        asked: dict[str, object] = {"mask": edits, "edit": edits, "choice": contests}
        asked |= dict.fromkeys(("annotation", "judgement", "vector"), False)  # these stand at the end
        columns = [name for name in COLUMNS if asked.get(name, True)]
        annotations = self.annotations() if self.brief.annotate else ()
        judgement = ["judgement"] if self.brief.judge else []
        return [*columns, *annotations, *judgement, *(self.vectors() if self.brief.embed else ())]

    def annotations(self) -> list[str]:
        """The columns that annotators fill: one for each of several, or else the one."""
        by = self.brief.annotate.by if self.brief.annotate else {}
        return [f"annotation.{name}" for name in by] or ["annotation"]

    def vectors(self) -> list[str]:
        """The columns of vectors: one for each of several spaces, or else the one."""
        by = self.brief.embed.by if self.brief.embed else {}
        return [f"vector.{name}" for name in by] or ["vector"]

    def order(self) -> list[str]:
        """The columns as `run` takes them: what an edit has to know of its picture is asked before it."""
        columns = self.columns()
        if not any(edit.where.field for edit in self.brief.edit):
            return columns
        first = columns.index("mask")
        return [*columns[:first], *self.annotations(), *columns[first:]]

    def step(self, column: str) -> Step:
        """The step that fills a column, as the brief sets it."""
        name, _, by = column.partition(".")
        if name == "mask":
            return steps.find("outline", self.annotations())
        if name == "annotation":
            return self._annotator(column, by)
        if name == "judgement":
            return self._judging()
        if name == "vector":
            space = (self.brief.embed or Embed()).space(by, self.brief.models.embed)
            return steps.find("embed", column, space.of, space.dimensions, self.annotations()[0])
        return steps.find(COLUMNS[name])

    def _annotator(self, column: str, by: str) -> Step:
        asked = self.brief.annotate
        if asked is None:
            raise BadInput(
                "the brief does not say what to annotate",
                do="add an [annotate] table with [annotate.fields]; `photogram new` writes examples",
            )
        prompt, options = asked.prompt_of(by), asked.options_of(by)
        return steps.find("annotate", column, prompt, asked.asked, options, self._private_key())

    def _judging(self) -> Step:
        judge, annotate = self.brief.judge, self.brief.annotate
        if judge is None:
            do = "add an empty [judge] table; docs/judging.md says what may stand in it"
            raise BadInput("the brief does not say that pictures are judged", do=do)
        hidden = private.names(annotate.asked) if annotate else []
        return steps.find("judge", judge, self.asking.named("judgement"), hidden, self._private_key())

    def _private_key(self) -> str:
        return self.asking.environ.get(PRIVATE_KEY, "")

    def files(self) -> dict[str, Blob]:
        """The pictures and masks that lie beside the brief, kept in the store, by the names it gives them."""
        masks = {edit.where.mask for edit in self.brief.edit if edit.where.mask}
        pictures = {name for edit in self.brief.edit for name in edit.beside.values()}
        pictures |= {name for make in self.brief.make for name in make.references}
        found = {name: self._beside(name, "images", "[[make]] or [[edit]]") for name in pictures}
        return found | {name: self._beside(name, "masks", "[[edit]]") for name in masks}

    def _beside(self, name: str, folder: str, where: str) -> Blob:
        path = self.path / name
        try:
            data = path.read_bytes()
        except OSError as error:
            do = "it names a picture beside the brief"
            raise BadInput(f"{path}: {error.strerror}", where=f"brief.toml, {where}", do=do) from None
        if not media_type(data).startswith("image/"):
            do = "give a PNG" if folder == "masks" else "give a PNG, JPEG or WebP"
            raise BadInput(f"{path} is not a picture", where=f"brief.toml, {where}", do=do)
        return self.store.put(data, folder)

    def write_rows(self) -> tuple[int, int, int]:
        """Write down the rows that the brief asks for: how many are new, retired and called back."""
        files, anew = self.files(), dict[str, list[Row]]()
        for row in self.ledger.refinements():
            anew.setdefault(row.refines, []).append(row)
        rows = list(planning.renewed(planning.rows(self.brief, files), anew))
        if self.brief.edit:
            taken = (row for row in self.ledger.rows(columns=("image",)) if row.origin == "taken")
            rows += planning.renewed(planning.edits(self.brief, [*rows, *taken], files), anew)
        new = self.ledger.add_rows(rows)
        return new, *self.ledger.retire_except(row.id for row in rows)

    def purse(self, cap: float | None) -> Purse:
        return Purse(self.brief.budget.dollars, cap)

    def survey(self, column: str, *, expecting: bool = False) -> Survey:
        """What a column owes and may cost, without asking anybody.

        `expecting` counts the pictures that are still to be made as if they were there.
        """
        return Owed(self.ledger, self.step(column), self.asking.card(column), expecting=expecting).survey

    # -------------------------------------------------------------------- filling

    async def fill(self, column: str, cap: float | None, watch: Watch, stop: asyncio.Event) -> Tick:
        """Fill a column's owed cells; what is finished is committed before its slot is free again."""
        step, pace = self.step(column), self._pace(column)
        model = self.asking.model(column, pace) if ability(column) else None
        try:
            if isinstance(step, ModelStep) and not await self._by_jobs(column, step, cap, watch, stop):
                return Tick(column=column)  # what its jobs left is not asked in their place
            card = model.card if model else None
            owed = Owed(self.ledger, step, card, self.purse(cap), only=self.only)
            if owed.recalled:
                self.ledger.make_current(owed.recalled)
            if owed.survey.owed <= owed.survey.waiting:
                return Tick(column=column)
            if self.by_jobs.begin and card and not card.price.free and not self.asking.batched(column):
                self.by_jobs.notes.append(f"{column}: {card.name} takes no batch jobs: asked one by one")
            room = self._room(pace)
            if isinstance(step, ModelStep):
                assert model is not None
                stream = local.map_asks(step, model, owed, self.store, room, stop)
            else:
                stream = local.map_computes(step, owed, self.store, stop)
            return await self._commit(stream, owed, Tally(column, owed.survey.owed, model), watch)
        finally:
            if model:
                await model.close()

    async def _by_jobs(
        self, column: str, step: ModelStep, cap: float | None, watch: Watch, stop: asyncio.Event
    ) -> bool:
        """Do for a column what batch jobs can do; whether what is left may be asked at once."""
        if not (self.by_jobs.begin or self.ledger.jobs(column)):
            return True
        desk = Desk(self.store.read)
        jobs = self.asking.jobs(column, desk)
        if jobs is None:
            return True
        try:
            posting = Posting(
                step,
                means(jobs, self.store, desk, self.path),
                self.by_jobs,
                lambda: Handed(self.ledger, step, jobs.card, self.purse(cap), only=self.only),
                stop,
            )
            if posting.count:
                await self._commit(posting.outcomes(), posting, Tally(column, posting.count, jobs), watch)
            return not posting.was_stopped
        finally:
            await jobs.close()

    def _pace(self, column: str) -> Pace:
        card = self.asking.card(column)
        limits = [self.brief.pace.per_second, card.limits.per_second if card else 0.0]
        widths = [self.brief.pace.width, card.limits.in_flight if card else 0]
        return Pace(
            per_second=min((limit for limit in limits if limit), default=0.0),
            width=min(width for width in widths if width),
        )

    def _room(self, pace: Pace) -> Callable[[], int]:
        """How many may be in flight now: what the pace allows, while there is room to keep replies."""

        def room() -> int:
            self.store.check_room()
            return pace.window

        return room

    async def _commit(
        self, stream: AsyncIterator[list[Outcome]], owed: Owed | Posting, tally: "Tally", watch: Watch
    ) -> Tick:
        watch(tally.tick())
        try:
            async for outcomes in stream:
                owed.settle(outcomes)
                tally.add(outcomes)
                watch(tally.tick())
        finally:
            watch(tally.tick(over=True))
        return tally.tick(over=True)

    @asynccontextmanager
    async def driving(self) -> AsyncGenerator[None]:
        """Be a driver: keep claims alive and make what is finished durable, each second and at the end."""
        self.ledger.drive()
        keeper = asyncio.ensure_future(self._keep_safe())
        try:
            yield
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
            with suppress(LedgerError):  # a full disk: what is open is settled by the next driver
                self.ledger.leave()
            await asyncio.to_thread(self._make_durable)
        if self._unsafe:
            raise self._unsafe

    async def _keep_safe(self) -> None:
        while True:
            await asyncio.sleep(1)
            with suppress(PhotogramError):  # whoever cannot write finds out by the next commit
                self.ledger.beat()
                await asyncio.to_thread(self._make_durable)

    def _make_durable(self) -> None:
        try:
            with told(self.path):
                self.store.sync()
        except StoreError as error:  # the system does not tell twice that bytes are not on the disk
            self._unsafe = error
            raise
        self.ledger.checkpoint()

    # ----------------------------------------------------------------- lost bytes

    def lost(self) -> list[Kept]:
        """The cells whose bytes are no longer in the store."""
        kept = list(self.ledger.kept())
        missing = self.store.missing(blob for cell in kept for blob in cell.blobs)
        return [cell for cell in kept if missing.intersection(cell.blobs)] if missing else []


class Tally:
    """Counts what has come of a column so far."""

    def __init__(self, column: str, total: int, model: Model | Jobs | None) -> None:
        self._base = Tick(column=column, model=model.card.name if model else "", total=total)
        self._counts = {"filled": 0, "refused": 0, "failed": 0}
        self._dollars, self._started = 0.0, monotonic()

    def add(self, outcomes: list[Outcome]) -> None:
        for done in outcomes:
            self._counts[done.state] += 1
            self._dollars += done.usage.dollars

    def tick(self, *, over: bool = False) -> Tick:
        return msgspec.structs.replace(
            self._base,
            **self._counts,
            dollars=self._dollars,
            seconds=monotonic() - self._started,
            over=over,
        )


def said_of_lost(lost: Sequence[Kept]) -> tuple[str, ...]:
    """What can be done about pictures that are gone and cannot be made again for nothing."""
    paid = [cell for cell in lost if cell.origin == "planned"]
    taken = [cell.name for cell in lost if cell.origin == "taken"]
    notes: list[str] = []
    if paid:
        cost = sum(cell.dollars for cell in paid)
        notes.append(
            f"{len(paid)} paid pictures are missing from the store: "
            f"`photogram run --remake` makes them again for about ${cost:.2f}"
        )
    if taken:
        names = ", ".join(taken[:3]) + (" …" if len(taken) > 3 else "")
        notes.append(f"{len(taken)} pictures that were taken in are missing ({names}): `add` them again")
    return tuple(notes)


def is_dataset(folder: Path) -> bool:
    """Whether a folder holds a brief, as far as this account can see."""
    return os.path.isfile(folder / "brief.toml")


def _read(path: Path) -> Brief:
    """The brief of a folder; a place that cannot even be looked at is told like one that is not there."""
    try:
        if not path.is_dir():
            where = f"{path} is a file" if path.exists() else f"there is no folder {path}"
            raise BadInput(f"{where}; a dataset is a folder", do="`photogram new DIR` begins one")
        return read(path)
    except OSError as error:
        raise BadInput(
            f"{path} cannot be looked into: {error.strerror}", do="check the name, and who may read it"
        ) from None
