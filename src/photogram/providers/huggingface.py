"""Weights on this machine: `huggingface:ORG/NAME` from the hub's cache, or `huggingface:./FOLDER`.

What a model can do is read from its own configuration files. It is loaded when it is first asked, in
a thread of its own, and works there. Nothing is ever fetched: what is missing is named, with the
command that fetches it.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from typing import Annotated, Any

from msgspec import Meta, ValidationError, convert
from msgspec.structs import fields, replace

from photogram import cards, weights
from photogram.data import Ask, Card, Limits, Reply, Sight, Sizes
from photogram.faults import BadInput, ModelError, NotSetUp, PhotogramError
from photogram.inference.bench import EXTRA, How, Job, Room, check_room, find_bench, free_memory, loading
from photogram.inference.painter import Painter
from photogram.inference.placer import Placer
from photogram.inference.running import Trained
from photogram.inference.viewer import Viewer
from photogram.model import Reader
from photogram.terms import check_ask
from photogram.weights import Weights
from photogram.worker import Worker

LIBRARIES = ("torch", "diffusers", "transformers", "accelerate", "psutil")
TOGETHER = 16
"""Vectors that are made together by default. Pictures and words are made one by one: in company the same
seed gives nearly the same picture, and not the same bytes."""
ENLARGED = 4
"""How many times the pixels that weights were trained at a picture may have."""


class Settings(How, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a brief may say of this provider."""

    device: Annotated[str, Meta(pattern=r"^(auto|cpu|mps|cuda(:[0-9]+)?)$")] = "auto"
    batch: Annotated[int, Meta(ge=0, le=1024)] = 0
    steps: Annotated[int, Meta(ge=0, le=1000)] = 0
    guidance: Annotated[float, Meta(ge=0, le=100)] | None = None
    tokens: Annotated[int, Meta(ge=0, le=100_000)] = 0


class Provider:
    """Turns names into models by what lies on this machine."""

    name = "huggingface"

    def __init__(
        self, folder: Path = Path(), environ: Mapping[str, str] | None = None, room: Room = free_memory
    ) -> None:
        self._folder, self._room = folder, room
        self._environ = os.environ if environ is None else environ

    def at(self, folder: Path, environ: Mapping[str, str]) -> "Provider":
        """The same, as a dataset sees it: paths begin from its folder."""
        return Provider(folder, environ, self._room)

    def cards(self) -> Sequence[Card]:
        """A card for each model in the hub's cache that could be used."""
        found: list[Card] = []
        for name in weights.listed(self._environ):
            with suppress(PhotogramError):
                found.append(self.card(name, {}))
        return found

    def card(self, model: str, settings: Mapping[str, Any]) -> Card:
        """What the weights of that name can do; NotSetUp where they are not there, or not whole."""
        how = _read(settings)
        try:
            found = weights.read(model, self._folder, self._environ)
        except NotSetUp as error:
            first = self.missing(settings, self._environ)  # the command that fetches comes with the extra
            raise NotSetUp(error.what, do=f"{first}; then {error.do}" if first else error.do) from None
        return _as_set(_card(f"{self.name}:{model}", found), found, how)

    def missing(self, settings: Mapping[str, Any], environ: Mapping[str, str]) -> str:
        """The extra, where any of what it brings is not installed."""
        _read(settings)
        return EXTRA if any(find_spec(library) is None for library in LIBRARIES) else ""

    def open(
        self, card: Card, settings: Mapping[str, Any], environ: Mapping[str, str], read: Reader
    ) -> "HuggingFace":
        if missing := self.missing(settings, environ):
            raise NotSetUp(f"{card.name} needs more than the base", do=missing)
        found = weights.read(card.model, self._folder, self._environ)
        how = _read(settings)
        return HuggingFace(Job(card, found, how, read, Event()), _together(card, how), self._room)


class HuggingFace:
    """One model on this machine: loaded at its first ask, and let go of at the end."""

    def __init__(self, job: Job, together: int, room: Room) -> None:
        self.card = job.card
        self._job, self._room = job, room
        self._trained: Trained | None = None
        self._worker = Worker(self._work, together)

    async def answer(self, ask: Ask) -> Reply:
        check_ask(self.card, ask)
        return await self._worker.do(ask)

    async def close(self) -> None:
        """End what is under way within a step, and give the memory back."""
        self._job.stopped.set()
        await self._worker.close(self._let_go)

    def _work(self, asks: Sequence[Ask]) -> Sequence[Reply | ModelError]:
        if self._trained is None:
            self._trained = _load(self._job, self._room)
        return self._trained.run(asks)

    def _let_go(self) -> None:
        if self._trained:
            bench, self._trained = self._trained.bench, None
            bench.clear()


def _load(job: Job, room: Room) -> Trained:
    """The model in memory; NotSetUp where that cannot be on this machine."""
    bench = find_bench(job.how)
    check_room(job, bench, room)
    kind = Placer if "embed" in job.card.does else Viewer if "see" in job.card.does else Painter
    with loading(job.card, bench.device):
        return kind(job, bench)


# ------------------------------------------------------------------------------- cards


def _card(name: str, found: Weights) -> Card:
    """The card for the class that the configuration names, as this configuration sets it."""
    known = {card.model: card for card in cards.read("huggingface")}
    card = known.get(found.architecture)
    if card is None and "vision_config" in found.config and found.chats:
        card = Card(name=name, does=("see",), sight=Sight(images=8, most_side=1536), options={"tokens": ()})
    if card is None:
        raise NotSetUp(
            f"{name}: {found.folder} holds {found.architecture or 'something'}, which photogram cannot use",
            do=f"it uses {', '.join(known)}, and models that see pictures and bring a chat template",
        )
    if "embed" in card.does:
        card = replace(card, dimensions=(_dimensions(found.config),))
    elif "see" not in card.does:
        options: dict[str, tuple[str, ...]] = {"steps": (), "guidance": ()}
        card = replace(card, sizes=_sizes(card.sizes, found), options=options, mask="white")
    return replace(card, name=name, family=found.architecture, about=f"{found.architecture} on this machine")


def _sizes(known: Sizes, found: Weights) -> Sizes:
    """The size the weights were trained at, and as much more as still makes sense."""
    width, height = _trained_at(found) or known.default
    return replace(known, default=(width, height), most_pixels=ENLARGED * width * height)


def _trained_at(found: Weights) -> tuple[int, int] | None:
    denoiser = found.parts.get("unet") or found.parts.get("transformer") or {}
    side, channels = denoiser.get("sample_size"), found.parts.get("vae", {}).get("block_out_channels")
    if not isinstance(side, int) or not channels:
        return None
    pixels = side * 2 ** (len(channels) - 1)
    return pixels, pixels


def _dimensions(config: Mapping[str, Any]) -> int:
    """Of CLIP its own entry; SigLIP's is that of its texts, by default as wide as they are inside."""
    text: Mapping[str, Any] = config.get("text_config", {})
    if "projection_dim" in config:
        return int(config["projection_dim"])
    return int(text.get("projection_size") or text.get("hidden_size") or 768)


# ---------------------------------------------------------------------------- settings


def _read(settings: Mapping[str, Any]) -> Settings:
    known = [field.name for field in fields(Settings)]
    if unknown := sorted(set(settings) - set(known)):
        raise BadInput(
            f"huggingface has no setting {', '.join(unknown)}", do=f"its settings are {', '.join(known)}"
        )
    try:
        return convert(dict(settings), Settings)
    except ValidationError as error:
        raise BadInput(f"the settings of huggingface: {error}") from None


def _together(card: Card, how: Settings) -> int:
    return how.batch or (TOGETHER if "embed" in card.does else 1)


def _as_set(card: Card, found: Weights, how: Settings) -> Card:
    """The card with all in its revision that decides on the answers: other weights make other cells."""
    parts = [found.revision]
    if "see" in card.does:
        parts += [f"tokens={how.tokens}"] if how.tokens else []
    elif "embed" not in card.does:
        parts += [f"steps={how.steps}"] if how.steps else []
        parts += [] if how.guidance is None else [f"guidance={how.guidance:g}"]
    # Few in flight: what waits for the one thread has to be finished when a run is stopped.
    return replace(card, revision="+".join(parts), limits=Limits(in_flight=2 * _together(card, how)))
