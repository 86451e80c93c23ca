"""The port every model is reached by, and what holds for all of them.

A model has one method and a card. A guard has the same shape and wraps a model, so a stack of guards
is a model. A provider is a file that turns a name into a model.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from photogram.data import Ask, Blob, Card, Draw, Edit, Reply, See
from photogram.faults import Invalid, NotSetUp

Reader = Callable[[Blob], bytes]
"""Gives the wire layer the bytes behind a handle."""


class Model(Protocol):
    """Anything that answers asks.

    It raises only the errors below `ModelError`; anything else is a bug and stops the run.
    """

    @property
    def card(self) -> Card: ...

    async def answer(self, ask: Ask) -> Reply: ...

    async def close(self) -> None: ...


class Provider(Protocol):
    """One file in providers/, or a third party's by the entry point `photogram.providers`.

    `settings` is the brief's table of the same name, `environ` the environment with the dataset's
    `.env` under it.
    """

    name: str

    def cards(self) -> Sequence[Card]: ...

    def card(self, model: str, settings: Mapping[str, Any]) -> Card: ...

    def missing(self, settings: Mapping[str, Any], environ: Mapping[str, str]) -> str: ...

    def open(
        self, card: Card, settings: Mapping[str, Any], environ: Mapping[str, str], read: Reader
    ) -> Model: ...


def ability(ask: Ask) -> str:
    """The word a card uses for this kind of ask."""
    return type(ask).__name__.lower()


def estimate(card: Card, ask: Ask) -> float:
    """What answering this ask should cost in dollars, before it is sent."""
    price = card.price
    if isinstance(ask, (Draw, Edit)):
        return price.by_quality.get(str(ask.options.get("quality", "")), price.image)
    if isinstance(ask, See):
        tokens = 500 + len(ask.prompt) / 4 + 1300 * len(ask.images)
        return (tokens * price.tokens_in + 300 * price.tokens_out) / 1e6
    return (len(ask.text) / 4 or 1300) * price.tokens_in / 1e6


def check_ask(card: Card, ask: Ask) -> None:
    """Refuse, before it is sent, an ask that the card says cannot succeed."""
    if ability(ask) not in card.does:
        raise Invalid(f"{card.name} cannot {ability(ask)}; it can {', '.join(card.does)}")
    if isinstance(ask, Draw):
        check_size(card, ask.width, ask.height)
    for name, value in getattr(ask, "options", {}).items():
        allowed = card.options.get(name)
        if allowed is None:
            known = ", ".join(card.options) or "none"
            raise Invalid(f"{card.name} has no option {name!r}; it has: {known}")
        if allowed and str(value) not in allowed:
            raise Invalid(f"{card.name}: {name} is one of {', '.join(allowed)}, not {value!r}")


def check_size(card: Card, width: int, height: int) -> None:
    """Refuse a picture size the model does not make; 0 × 0 asks for its default."""
    if not (width or height):
        return
    sizes, said = card.sizes, f"{card.name} cannot make {width}x{height}"
    if width % sizes.step or height % sizes.step:
        raise Invalid(f"{said}: both sides are multiples of {sizes.step}")
    pixels = width * height
    if pixels < sizes.least_pixels or (sizes.most_pixels and pixels > sizes.most_pixels):
        raise Invalid(f"{said}: {sizes.least_pixels:,} to {sizes.most_pixels:,} pixels in all")
    ratio = max(width, height) / max(1, min(width, height))
    if sizes.most_ratio and ratio > sizes.most_ratio:
        raise Invalid(f"{said}: one side is at most {sizes.most_ratio:g} times the other")


def check_alive(card: Card) -> None:
    """Refuse a model whose life has ended, naming the one to use instead."""
    if card.ended:
        raise NotSetUp(
            f"{card.name} reached its end of life on {card.eol}",
            do=f"use {card.successor} instead" if card.successor else "see `photogram models`",
        )
