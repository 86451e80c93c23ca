"""OpenAI, and every server that speaks as it does: vLLM, LocalAI, sd-server and others.

The key goes to the host that the environment names, and to no other: a brief may come from someone
else, and its `base_url` must not be able to carry the key away.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from photogram import cards
from photogram.addresses import checked, origin, read_key, read_settings
from photogram.data import Ability, Ask, Card, EditKind, Price, Reply, Sight, Sizes
from photogram.dialect import Answer, Dialect, Request
from photogram.dialects import openai_chat, openai_embeddings, openai_images
from photogram.faults import NotSetUp
from photogram.jobs.openai import OpenAIJobs
from photogram.model import Jobs, Model, Reader
from photogram.terms import ability
from photogram.wired import Keyed, Wired

KEY = "OPENAI_API_KEY"
HOME = "https://api.openai.com/v1"
FREELY = "or use keyless:draw and keyless:measure, which need no key"

DIALECTS: Mapping[str, Dialect] = {
    "draw": openai_images,
    "edit": openai_images,
    "see": openai_chat,
    "embed": openai_embeddings,
}
FAMILIES: Mapping[str, str] = {
    "gpt-image-": "gpt-image-2.6-sunburst",
    "chatgpt-image-": "gpt-image-2.6-sunburst",
    "gpt-oss": "",
    "gpt-": "gpt-6.1-sol",
    "chatgpt-": "gpt-6.1-sol",
    "text-embedding-": "text-embedding-3-large",
    "": "",
}
"""A name that no card has is taken for one like the model beside the longest of these that it begins
with; where nothing stands beside it, it is one on a server of one's own."""

EVERYTHING: tuple[Ability, ...] = ("draw", "edit", "see", "embed")
EDITS: tuple[EditKind, ...] = ("inpaint", "erase", "vary", "replace", "recolor", "restyle")
EXTRAS = (
    *("quality", "background", "output_format", "num_inference_steps", "step", "guidance_scale"),
    *("detail", "temperature", "top_p", "top_k", "max_tokens", "reasoning_effort"),
)
"""Options that one or another server knows; any may overlook those that it does not."""

_DATED = re.compile(r"-20\d\d-\d\d-\d\d$")


class Settings(Struct, forbid_unknown_fields=True):
    """What a brief may say of this provider; what it leaves out stands in the card."""

    base_url: str = ""
    price_per_image: Annotated[float, Meta(ge=0)] | None = None
    price_tokens_in: Annotated[float, Meta(ge=0)] | None = None
    price_tokens_out: Annotated[float, Meta(ge=0)] | None = None
    per_second: Annotated[float, Meta(ge=0)] | None = None
    in_flight: Annotated[int, Meta(ge=0)] | None = None
    rung: Literal["native", "json", "prompt"] | None = None


class Provider:
    """Turns a model's name into a model behind an address."""

    name = "openai"
    simulated = {"OPENAI_BASE_URL": "{url}/openai/v1", KEY: "simulated"}

    def cards(self) -> Sequence[Card]:
        return cards.read(self.name)

    def card(self, model: str, settings: Mapping[str, Any]) -> Card:
        """The card of a model, with what the settings say of it.

        Where the name is not known it is one for its family, or for a model on a server of one's own.
        """
        return _as_set(self._known(model) or _local(f"{self.name}:{model}"), _read(settings))

    def _known(self, model: str) -> Card | None:
        """The card of this name, or the one of its like under this name."""
        known = {card.model: card for card in self.cards()}
        if model in known:
            return known[model]
        alike = {**FAMILIES, **{f"{name}-": name for name in known}}
        like = alike[max(filter(model.startswith, alike), key=len, default="")]
        if not like:
            return None
        dated = _DATED.sub("", model) == like
        note = "" if dated else f"booked at {like}'s price: its own is not known here"
        return replace(known[like], name=f"{self.name}:{model}", note=note)

    def missing(self, settings: Mapping[str, Any], environ: Mapping[str, str]) -> str:
        """What must be set before this provider can be asked; nothing for a server of one's own."""
        base = _base(_read(settings), environ)
        if read_key(environ, [KEY]) or origin(base) != origin(HOME):
            return ""
        return f"set {KEY} to your key, {FREELY}"

    def open(
        self, card: Card, settings: Mapping[str, Any], environ: Mapping[str, str], read: Reader
    ) -> Model:
        return Wired(card, _Dialects(), self._line(card, settings, environ), read)

    def jobs(self, card: Card, settings: Mapping[str, Any], environ: Mapping[str, str], read: Reader) -> Jobs:
        """The model's batch jobs."""
        return OpenAIJobs(card, _Dialects(), self._line(card, settings, environ), read)

    def _line(self, card: Card, settings: Mapping[str, Any], environ: Mapping[str, str]) -> Keyed:
        missing = self.missing(settings, environ)
        if missing:
            raise NotSetUp(f"{card.name} needs a key", do=missing)
        base = _base(_read(settings), environ)
        key = _key_for(base, environ)
        return Keyed(base, {"Authorization": f"Bearer {key}"}, [key]) if key else Keyed(base, {})


class _Dialects:
    """The dialect for each kind of ask; which answers are of which is known by their asks."""

    def encode(self, card: Card, ask: Ask, read: Reader) -> Request:
        return DIALECTS[ability(ask)].encode(card, ask, read)

    def decode(self, card: Card, ask: Ask, answer: Answer) -> Reply:
        return DIALECTS[ability(ask)].decode(card, ask, answer)


# ----------------------------------------------------------------------------- address


def _read(settings: Mapping[str, Any]) -> Settings:
    return read_settings("openai", settings, Settings)


def _base(settings: Settings, environ: Mapping[str, str]) -> str:
    base = settings.base_url or environ.get("OPENAI_BASE_URL", "").strip() or HOME
    return checked(base, "http://HOST:PORT/v1")


def _key_for(base: str, environ: Mapping[str, str]) -> str:
    """The key, where the environment says that it goes to this address; else none."""
    trusted = {origin(_base(Settings(), environ)), origin(HOME)}
    return read_key(environ, [KEY]) if origin(base) in trusted else ""


# ------------------------------------------------------------------------------ cards


def _local(name: str) -> Card:
    """A model we know nothing of but what it is asked for; it costs nothing until the settings say so.

    It runs on a server of one's own, where only its owner knows what it can.
    """
    return Card(
        name=name,
        does=EVERYTHING,
        about="on your own server",
        sizes=Sizes(tile_step=16),
        sight=Sight(images=16, media=("image/png", "image/jpeg", "image/webp")),
        options=dict.fromkeys(EXTRAS, ()),
        edits=EDITS,
        mask="alpha",
        references=16,
        rung="native",
    )


def _as_set(card: Card, settings: Settings) -> Card:
    limits = card.limits
    if settings.per_second is not None:
        limits = replace(limits, per_second=settings.per_second)
    if settings.in_flight is not None:
        limits = replace(limits, in_flight=settings.in_flight)
    return replace(card, price=_price(card.price, settings), limits=limits, rung=settings.rung or card.rung)


def _price(price: Price, settings: Settings) -> Price:
    """A price that is set takes the place of all that was known."""
    given = (settings.price_per_image, settings.price_tokens_in, settings.price_tokens_out)
    if given == (None, None, None):
        return price
    image, tokens_in, tokens_out = (amount or 0.0 for amount in given)
    return Price(image=image, tokens_in=tokens_in, tokens_out=tokens_out)
