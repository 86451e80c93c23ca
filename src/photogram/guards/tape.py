"""Answers kept on disk as they came, to be given again without a model, a key or a cent.

One file for each ask, `ab/<digest>.json`, named by the model and the ask: pictures in base64, so
that one rename makes the whole of it. Neither asks nor replies hold a key, nor what is private.
"""

import os
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from photogram import faults
from photogram.data import Ask, Card, Facts, Picture, Point, Reply, Said, See, Word
from photogram.faults import Malformed, ModelError, NotSetUp
from photogram.model import Model
from photogram.private import is_discreet, reason, redacted, unsaid
from photogram.step import digest


class Fault(Word, frozen=True, tag="fault"):
    """A model error as it stands on a tape; `more` is what its kind knows besides."""

    kind: str
    what: str
    do: str = ""
    more: Facts = {}


class Take(Word, frozen=True):
    """One file of a tape; who was asked and what is kept for the reader, and is not looked at."""

    model: str
    ask: Ask
    heard: Picture | Said | Point | Fault


_decoder = msgspec.json.Decoder(Take)


class Recorded:
    """A model whose answers, and errors, are kept in a folder."""

    def __init__(self, model: Model, folder: Path) -> None:
        self._model, self._folder = model, folder

    @property
    def card(self) -> Card:
        return self._model.card

    async def answer(self, ask: Ask) -> Reply:
        try:
            reply = await self._model.answer(ask)
        except ModelError as error:
            self._keep(ask, fault(error))
            raise
        self._keep(ask, reply)
        return reply

    def _keep(self, ask: Ask, heard: Reply | Fault) -> None:
        path = path_of(self._folder, self.card, ask)
        # A bad day does not wipe out an answer of a good one.
        if not (isinstance(heard, Fault) and path.exists()):
            take = Take(model=self.card.name, ask=ask, heard=_without_private(ask, heard))
            write(path, msgspec.json.encode(take))

    async def close(self) -> None:
        await self._model.close()


class Replayed:
    """A model that gives the answers of a tape, at no cost, and knows no others."""

    def __init__(self, card: Card, folder: Path) -> None:
        self.card = card
        self._folder = folder

    async def answer(self, ask: Ask) -> Reply:
        heard = self._find(ask).heard
        if isinstance(heard, Fault):
            raise error_of(heard)
        return msgspec.structs.replace(heard, usage=msgspec.structs.replace(heard.usage, dollars=0.0))

    def _find(self, ask: Ask) -> Take:
        path = path_of(self._folder, self.card, ask)
        try:
            return _decoder.decode(path.read_bytes())
        except FileNotFoundError:
            raise NotSetUp(
                f"no recording of this {type(ask).__name__} ask to {self.card.name} in {self._folder}",
                do="record it once against the model itself, then replay",
            ) from None
        except msgspec.MsgspecError as wrong:
            raise NotSetUp(f"{path} is not a recording: {wrong}", do="delete it and record again") from None

    async def close(self) -> None:
        """Nothing is open."""


def _without_private(ask: Ask, heard: Reply | Fault) -> Reply | Fault:
    """What may be written down of a reply: where fields are private, the answer in it without them."""
    if not (isinstance(ask, See) and is_discreet(ask)):
        return heard
    if isinstance(heard, Fault):
        return msgspec.structs.replace(heard, what=reason(error_of(heard)))
    if not isinstance(heard, Said):
        return heard
    recover = import_module("photogram.recover")  # loads what checks schemas
    try:
        found = recover.Recovery(ask.schema).read(heard.text, heard.data).value
    except Malformed:
        return Said(text=unsaid(heard.text), usage=heard.usage)
    kept = redacted(found, ask.schema).value
    return Said(text=msgspec.json.encode(kept).decode(), data=kept, usage=heard.usage)


def path_of(folder: Path, card: Card, ask: Ask) -> Path:
    """Where the answer to an ask stands."""
    name = digest(card.name, ask)
    return folder / name[:2] / f"{name}.json"


def write(path: Path, data: bytes) -> None:
    """Put a whole file in place at once, whoever else is writing the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{uuid4().hex}")
    temporary.write_bytes(data)
    os.replace(temporary, path)


def fault(error: ModelError) -> Fault:
    """What of an error goes on a tape."""
    known = {"what", "where", "do"}
    more: Facts = {name: value for name, value in vars(error).items() if name not in known}
    return Fault(kind=type(error).__name__, what=error.what, do=error.do, more=more)


def error_of(kept: Fault) -> ModelError:
    """The error a fault was made from."""
    kind: Any = getattr(faults, kept.kind, None)
    if not (isinstance(kind, type) and issubclass(kind, ModelError)):
        return NotSetUp(f"the tape holds an unknown error: {kept.kind}: {kept.what}", do="record again")
    return kind(kept.what, do=kept.do, **kept.more)
