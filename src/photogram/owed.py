"""Which cells of a column are owed, and the handing out of them under claims."""

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import msgspec

from photogram.data import Ask, Blob, Card, Cell, Job, Outcome, Progress, Row
from photogram.engine import Claim
from photogram.faults import Invalid, OverBudget
from photogram.ledger import ATTEMPTS, Granted, Ledger, Standing, Want
from photogram.step import ModelStep, Step, key_of
from photogram.terms import check_ask, estimate

FREE = Card(name="", does=())
LOADED = 256
REMEMBERED = 10_000
NOWHERE = Blob(sha256="", media_type="", size=0)
EXPECTED = {
    name: Cell(state="filled", files={role: NOWHERE})
    for name, role in (
        *(("image", "image"), ("mask", "mask"), ("candidates", "image")),
        *(("parent", "image"), ("parent.annotation", "words")),
    )
}
"""Stand for bytes that are still to be made, where only numbers and prices are asked for."""


class Purse(NamedTuple):
    """What may be spent: on the dataset in all, and by this run."""

    budget: float | None = None
    cap: float | None = None


class Survey(NamedTuple):
    """What a column holds and still owes, before anything is asked."""

    owed: int
    filled: int
    refused: int
    given_up: int
    dollars: float
    wrong: str = ""
    """Why an ask cannot succeed, by the model's card; looked at only where rows are expected."""
    waiting: int = 0
    """So many of those owed are asked by batch jobs already, and cost nothing more."""


Takes = Callable[[Row], "Ask | dict[str, Blob | str] | None"]


def takes(step: Step) -> Takes:
    """What filling a row's cell takes, by this step: an ask, or the bytes to compute from."""
    if isinstance(step, ModelStep):
        return step.ask

    def reads(row: Row) -> dict[str, Blob | str] | None:
        found = step.reads(row)
        return None if found is None else dict(found)

    return reads


class Owed:
    """The cells of one column that are to be filled: the engine's source of rows."""

    def __init__(
        self,
        ledger: Ledger,
        step: Step,
        card: Card | None,
        purse: Purse = Purse(),
        *,
        expecting: bool = False,
        only: Collection[str] = (),
    ) -> None:
        self._only = frozenset(only)
        self._expecting = expecting
        self._expected = {name: EXPECTED[kind] for name in step.needs if expecting and (kind := _kind(name))}
        self._ledger, self._step, self._purse = ledger, step, purse
        self._card, self._takes = card or FREE, takes(step)
        self._ids: deque[str] = deque()
        self._ready: deque[Claim] = deque()
        self._passed: deque[Claim] = deque()
        self._open, self._job = 0, 0
        self._tried_again = False
        self.survey = self._look()

    def _look(self) -> Survey:
        """Compare what every row should hold with what the ledger says it holds."""
        standings = self._ledger.standings(self._step.column)
        in_jobs = self._ledger.in_jobs(self._step.column)
        filled = refused = given_up = waiting = 0
        dollars, wrong = 0.0, ""
        recalled: list[tuple[str, str, str]] = []
        for row in self._ledger.rows(columns=self._step.needs, candidates=True):
            if self._expected.keys() - row.cells:
                row = msgspec.structs.replace(row, cells={**self._expected, **row.cells})
            what = None if self._only and row.id not in self._only else self._takes(row)
            if what is None:
                continue
            key = self._key(what)
            standing = standings.get((row.id, key))
            if _is_owed(standing):
                self._remember(Claim(row=row, key=key, ask=what))
                wrong = wrong or (_wrong(self._card, what) if self._expecting else "")
                asked = (row.id, key) in in_jobs
                waiting += asked
                dollars += 0.0 if asked or isinstance(what, dict) else estimate(self._card, what)
                continue
            assert standing is not None
            filled += standing.state == "filled"
            refused += standing.state == "refused"
            given_up += standing.state == "failed"
            if not standing.current:
                recalled.append((row.id, self._step.column, key))
        self.recalled = recalled
        owed = len(self._ready) + len(self._ids)
        return Survey(owed, filled, refused, given_up, dollars, wrong, waiting)

    def _remember(self, claim: Claim) -> None:
        """Keep a claim to be tried for; of very many only the row's id, to be read again in its turn."""
        if len(self._ready) < REMEMBERED:
            self._ready.append(claim)
        else:
            self._ids.append(claim.row.id)

    def _key(self, what: Ask | dict[str, Blob | str]) -> str:
        return key_of(self._step, self._card.edition, what)

    # ------------------------------------------------- what engine.Work asks for

    def take(self, most: int) -> Sequence[Claim]:
        claims: list[Claim] = []
        while len(claims) < most and self._load():
            batch = [self._ready.popleft() for _ in range(min(most - len(claims), len(self._ready)))]
            try:
                granted = self._claim(batch)
            except OverBudget:
                self._ready.extendleft(reversed(batch))
                if self._open:
                    break  # what is in flight may cost less than was put aside for it
                raise
            self._open += granted.count("mine")
            sorted_out: dict[Granted, list[Claim]] = {"mine": claims, "held": [], "short": []}
            for claim, grant in zip(batch, granted, strict=True):
                sorted_out[grant].append(claim)
            self._passed.extend(sorted_out["held"])
            self._ready.extendleft(reversed(sorted_out["short"]))
            if sorted_out["short"]:
                break
        return claims

    def again(self, claim: Claim) -> bool:
        return self._ledger.claim_again(
            claim.row.id, self._step.column, claim.key, budget=self._purse.budget, cap=self._purse.cap
        )

    def release(self, claim: Claim) -> None:
        self._open -= 1
        self._ledger.release(claim.row.id, self._step.column, claim.key)

    # ---------------------------------------------------------------------------

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Commit what has come of some claims."""
        self._ledger.commit(outcomes)
        self._open -= len(outcomes)

    def _load(self) -> bool:
        """Have claims at hand to try for; what another driver held is tried once more at the end."""
        while not self._ready and self._ids:
            ids = [self._ids.popleft() for _ in range(min(LOADED, len(self._ids)))]
            rows = self._ledger.rows_of(ids, self._step.needs)
            self._ready.extend(filter(None, map(self._claim_of, rows)))
        if not self._ready and not self._open and not self._tried_again:
            self._tried_again = True
            self._ready, self._passed = self._passed, self._ready
        return bool(self._ready)

    def _claim_of(self, row: Row) -> Claim | None:
        what = self._takes(row)
        return None if what is None else Claim(row=row, key=self._key(what), ask=what)

    def _claim(self, batch: Sequence[Claim]) -> list[Granted]:
        return self._ledger.claim(
            [
                Want(
                    claim.row.id,
                    self._step.column,
                    claim.key,
                    self._card.edition,
                    0.0 if isinstance(claim.ask, dict) else estimate(self._card, claim.ask),
                )
                for claim in batch
            ],
            budget=self._purse.budget,
            cap=self._purse.cap,
            job=self._job,
        )


class Handed(Owed):
    """What a column owes, as the batch engine takes it; the ledger is its register."""

    @property
    def count(self) -> int:
        return self.survey.owed

    def under_way(self) -> list[Job]:
        jobs = self._ledger.jobs(self._step.column)
        mine = [job for job in jobs if job.model == self._card.edition]
        return [job for job in mine if self._ledger.mind(job.number)]

    def begin(self) -> Job:
        job = self._ledger.begin_job(self._step.column, self._card.edition)
        self._job = job.number
        return job

    def sending(self, job: Job, token: str) -> Job:
        self._job = self._open = 0
        return self._ledger.sending(job.number, token)

    def running(self, job: Job, name: str) -> Job:
        return self._ledger.running(job.number, name)

    def note(self, job: Job, progress: Progress) -> Job:
        return self._ledger.note(job.number, progress)

    def end(self, job: Job) -> None:
        self._ledger.end_job(job.number)

    def drop(self, job: Job) -> None:
        if job.number == self._job:
            self._job = self._open = 0
        self._ledger.drop_job(job.number)

    def put_back(self, claims: Sequence[Claim]) -> None:
        for claim in claims:
            self.release(claim)
        self._ready.extendleft(reversed(claims))

    def awaited(self, job: Job) -> dict[str, str]:
        return self._ledger.awaited(job.number)

    def claims(self, awaited: Mapping[str, str]) -> list[Claim]:
        rows = self._ledger.rows_of(list(awaited), self._step.needs)
        claims = filter(None, map(self._claim_of, rows))
        return [claim for claim in claims if claim.key == awaited[claim.row.id]]

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Commit; what comes of jobs is not among what is held now."""
        self._ledger.commit(outcomes)
        if self._job:
            self._open -= len(outcomes)


def _kind(name: str) -> str:
    """What a step needs, as far as it can be expected; nothing where it cannot."""
    kind = ".".join(name.split(".")[:2]) if name.startswith("parent.") else name
    return kind if kind in EXPECTED else ""


def _wrong(card: Card, what: Ask | dict[str, Blob | str]) -> str:
    """Why a model's card says that an ask cannot succeed, if it does."""
    try:
        if not isinstance(what, dict):
            check_ask(card, what)
    except Invalid as error:
        return str(error)
    return ""


def _is_owed(standing: Standing | None) -> bool:
    if standing is None:
        return True
    return standing.state == "failed" and not standing.final and standing.attempts < ATTEMPTS
