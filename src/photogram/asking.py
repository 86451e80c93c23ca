"""Which model answers for a column: found by the brief, set up by the environment, and guarded."""

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from photogram import providers
from photogram.brief import Brief, Embed
from photogram.data import Ability, Card, Price
from photogram.desk import Desk
from photogram.faults import BadInput, NotSetUp, PhotogramError
from photogram.guards import DEADLINE, Pace, guard
from photogram.kinship import kin
from photogram.model import Batching, Jobs, Model, Provider, Reader
from photogram.terms import check_alive, in_batch

MODELS: Mapping[str, Ability] = {
    "image": "draw",
    "edit": "edit",
    "annotation": "see",
    "judgement": "see",
    "vector": "embed",
}

ADDRESSES = ("base_url", "endpoint_url")
"""The settings of a provider that say where it is."""

SIMULATED = "simulated"
"""The revision of a model for which a simulator has stood."""


def ability(column: str) -> Ability | None:
    """What a model must be able to for a column; nothing where none is asked."""
    return MODELS.get(column.partition(".")[0])


class Asking:
    """The models of one dataset."""

    def __init__(self, brief: Brief, path: Path, read: Reader) -> None:
        self._brief, self._path, self._read = brief, path, read
        self.environ = environment(path)
        self.force_eol = False  # whether models are asked whose life has ended
        self.simulator = ""  # the address that stands for every provider's, in a run that is simulated

    def named(self, column: str) -> str:
        """The model that the brief names for a column."""
        name, _, by = column.partition(".")
        if name == "vector":
            return (self._brief.embed or Embed()).space(by, self._brief.models.embed).model
        if by and self._brief.annotate:
            return self._brief.annotate.model_of(by)
        if column == "judgement":
            return self._judge()
        return getattr(self._brief.models, ability(column) or "")

    def _judge(self) -> str:
        """The judge that is named, or of the models that see one that is no kin of those that draw."""
        judge, annotate = self._brief.judge, self._brief.annotate
        if judge and judge.model:
            return judge.model
        seeing = [self._brief.models.see]
        seeing += [annotate.model_of(name) for name in annotate.by] if annotate else []
        makers = self._makers()
        return next((name for name in seeing if kin(self._whole(name)) not in makers), seeing[0])

    def _makers(self) -> set[str]:
        """The houses whose models make the pictures that are judged."""
        models, brief = self._brief.models, self._brief
        asked = [*([models.draw] if brief.make else []), *([models.edit] if brief.edit else [])]
        return set(map(kin, map(self._whole, asked))) - {""}

    def _whole(self, name: str) -> str:
        """A model's name as its card has it; an unknown one's as it is written."""
        provider, _, model = name.partition(":")
        try:
            return self._provider(provider).card(model, self._brief.settings(provider)).name
        except PhotogramError:
            return name

    def partial(self) -> str:
        """That the judge is of the house whose pictures it judges, where it is; what can be done."""
        house = kin(self._whole(self.named("judgement")))
        if house not in self._makers():
            return ""
        return (
            f"the judge, {self.named('judgement')}, is of the house that makes the pictures ({house}): "
            "it may like its own too well; name one of another as `model` under [judge]"
        )

    def card(self, column: str) -> Card | None:
        """The card of the model that fills a column; None where no model is asked."""
        return self._card(column) if ability(column) else None

    def _card(self, column: str) -> Card:
        provider, name, settings = self._parts(column)
        card = self._provider(provider).card(name, settings)
        if self.simulator and providers.simulated(provider):
            return replace(card, price=Price(), revision=SIMULATED)
        return card

    def ready(self, column: str) -> None:
        """Raise what stands in the way of asking this column's model."""
        provider, _, settings = self._parts(column)
        card = self._card(column)
        if not self.force_eol:
            check_alive(card)
        if ability(column) not in card.does:
            raise BadInput(
                f"{card.name} cannot {ability(column)}; it can {', '.join(card.does)}",
                where=f"brief.toml, [{self._named_in(column)}]",
                do="`photogram models` lists what can",
            )
        if missing := self._provider(provider).missing(settings, self._environ(provider)):
            raise NotSetUp(f"{card.name} is not set up", do=missing)

    def _named_in(self, column: str) -> str:
        """The table of the brief in which a column's model is named."""
        if column == "judgement" and self._brief.judge and self._brief.judge.model:
            return "judge"
        tables = {"annotation": "annotate.by", "vector": "embed.by"}
        return tables[column.partition(".")[0]] if "." in column else "models"

    def model(self, column: str, pace: Pace, deadline: float = DEADLINE, desk: Desk | None = None) -> Model:
        """The model that fills a column, ready and guarded; NotSetUp says what it still needs.

        What lies on the desk can be shown to it beside what is in the store.
        """
        self.ready(column)
        provider, _, settings = self._parts(column)
        desk = desk or Desk(self._read)
        environ = self._environ(provider)
        opened = self._provider(provider).open(self._card(column), settings, environ, desk.read)
        model = guard(opened, pace, deadline)
        if ability(column) == "draw":
            return model
        fitting = import_module("photogram.guards.fitting").Fitting(model, desk)  # works on pixels
        if ability(column) in ("see", "embed"):
            return fitting
        return import_module("photogram.guards.pasting").Pasting(fitting, desk)

    def jobs(self, column: str, desk: Desk) -> Jobs | None:
        """The batch jobs of the model that fills a column; None where it takes none."""
        self.ready(column)
        provider, _, settings = self._parts(column)
        found, card = self._provider(provider), self._card(column)
        if not (isinstance(found, Batching) and card.batch) or ability(column) == "edit":
            return None
        return found.jobs(card, settings, self._environ(provider), desk.read)

    def batched(self, column: str) -> Card | None:
        """The column's model at the price of a batch job; None where it takes none."""
        provider, _, _ = self._parts(column)
        card = self._card(column)
        batching = isinstance(self._provider(provider), Batching) and ability(column) != "edit"
        return in_batch(card) if card.batch and batching else None

    def _parts(self, column: str) -> tuple[str, str, Mapping[str, Any]]:
        """The provider and the name of the column's model, and what is set of it."""
        provider, _, name = self.named(column).partition(":")
        settings = self._brief.settings(provider, ability(column) or "")
        if self.simulator:
            settings = {name: value for name, value in settings.items() if name not in ADDRESSES}
        return provider, name, settings

    def _provider(self, name: str) -> Provider:
        return providers.find_at(name, self._path, self.environ)

    def _environ(self, provider: str) -> Mapping[str, str]:
        """The environment, which in a simulated run leads to the simulator and holds no real key."""
        if not self.simulator:
            return self.environ
        pointed = providers.simulated(provider)
        return {**self.environ, **{name: to.format(url=self.simulator) for name, to in pointed.items()}}


def environment(path: Path) -> dict[str, str]:
    """The environment; what it lacks is taken from `.env` in the dataset, then in the working folder."""
    found: dict[str, str] = {}
    for folder in (Path.cwd(), path):
        try:
            lines = (folder / ".env").read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        found.update(filter(None, map(_setting, lines)))
    return {**found, **os.environ}


def _setting(line: str) -> tuple[str, str] | None:
    name, equals, value = line.strip().removeprefix("export ").partition("=")
    if not equals or name.startswith("#"):
        return None
    value = value.strip()
    if value[:1] in {"'", '"'}:
        return name.strip(), value[1:].partition(value[0])[0]
    return name.strip(), value.partition(" #")[0].strip()
