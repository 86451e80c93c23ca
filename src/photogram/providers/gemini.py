"""Google's Gemini, by its Developer API: pictures drawn, edited, seen, and turned into vectors.

The key and the address are read as Google's own kit reads them; the key goes to Google and to the address
that the environment names, and to no other.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import replace

from photogram import cards
from photogram.addresses import checked, origin, read_key, read_settings
from photogram.data import Card, Price
from photogram.dialect import Dialect
from photogram.dialects import gemini, gemini_embeddings
from photogram.faults import BadInput, NotSetUp
from photogram.jobs.gemini import GeminiJobs
from photogram.model import Jobs, Reader
from photogram.problems.gemini import KEYS
from photogram.wired import Keyed, Wired

HOME = "https://generativelanguage.googleapis.com"
VERSION = "v1"
"""What Google's kit speaks for all that is asked here, unless GOOGLE_GENAI_API_VERSION says otherwise."""
FREELY = "or use keyless:draw and keyless:measure, which need no key"

DIALECTS: Mapping[str, Dialect] = {"gemini": gemini, "gemini_embeddings": gemini_embeddings}
FAMILIES: Mapping[str, str] = {
    r"gemini-embedding-": "gemini-embedding-2",
    r"gemini-.*-pro-image|nano-banana-pro": "gemini-3-pro-image",
    r"gemini-.*-lite-image": "gemini-3.1-flash-lite-image",
    r"gemini-.*-image|(gemini-)?nano-banana-": "gemini-nano-banana-2.1",
    r"gemini-.*flash-lite": "gemini-3.5-flash-lite",
    r"gemini-": "gemini-3.8-flash",
    r"imagen-": "imagen-4.0-generate-001",
}
"""A name that no card has is taken for one like the model beside the first pattern that it begins with."""


class Settings(Struct, forbid_unknown_fields=True):
    """What a brief may say of this provider; what it leaves out stands in the card."""

    base_url: str = ""
    api_version: Annotated[str, Meta(pattern=r"^(|v\d+\w*)$")] = ""
    price_per_image: Annotated[float, Meta(ge=0)] | None = None
    per_second: Annotated[float, Meta(ge=0)] | None = None
    in_flight: Annotated[int, Meta(ge=0)] | None = None


class Provider:
    """Turns a model's name into a model behind Google's address, or another that speaks as it does."""

    name = "gemini"
    simulated = {"GOOGLE_GEMINI_BASE_URL": "{url}/gemini", **dict.fromkeys(KEYS, "simulated")}

    def cards(self) -> Sequence[Card]:
        return cards.read(self.name)

    def card(self, model: str, settings: Mapping[str, Any]) -> Card:
        """The card of a model, with what the settings say of it; of one we do not know, its family's."""
        known = {card.model: card for card in self.cards()}
        card = known.get(model) or _relative(f"{self.name}:{model}", model, known)
        return _as_set(card, self._read(settings))

    def missing(self, settings: Mapping[str, Any], environ: Mapping[str, str]) -> str:
        """What must be set before this provider can be asked; nothing for a server of one's own."""
        if read_key(environ, KEYS) or origin(_base(self._read(settings), environ)) != origin(HOME):
            return ""
        return f"set GEMINI_API_KEY to your key, {FREELY}"

    def open(
        self, card: Card, settings: Mapping[str, Any], environ: Mapping[str, str], read: Reader
    ) -> Wired:
        return Wired(card, DIALECTS[card.family], self._line(card, settings, environ), read)

    def jobs(self, card: Card, settings: Mapping[str, Any], environ: Mapping[str, str], read: Reader) -> Jobs:
        """The model's batch jobs."""
        return GeminiJobs(card, DIALECTS[card.family], self._line(card, settings, environ), read)

    def _line(self, card: Card, settings: Mapping[str, Any], environ: Mapping[str, str]) -> Keyed:
        if missing := self.missing(settings, environ):
            raise NotSetUp(f"{card.name} needs a key", do=missing)
        said = self._read(settings)
        base, key = _base(said, environ), read_key(environ, KEYS)
        trusted = origin(base) in {origin(HOME), origin(_base(Settings(), environ))}
        headers = {"x-goog-api-key": key} if key and trusted else {}
        return Keyed(f"{base}/{_version(said, environ)}", headers, [key] if headers else [])

    def _read(self, settings: Mapping[str, Any]) -> Settings:
        return read_settings(self.name, settings, Settings)


def _base(settings: Settings, environ: Mapping[str, str]) -> str:
    given = settings.base_url or environ.get("GOOGLE_GEMINI_BASE_URL", "").strip() or HOME
    base = checked(given, "http://HOST:PORT")
    if found := re.search(r"/(v\d+\w*)$", base):
        do = f'give base_url without it, and api_version = "{found[1]}" if it is not {VERSION}'
        raise BadInput(f"base_url {base!r} ends in a version", do=do)
    return base


def _version(settings: Settings, environ: Mapping[str, str]) -> str:
    said = settings.api_version or environ.get("GOOGLE_GENAI_API_VERSION", "").strip()
    return "v1beta" if said == "beta" else said or VERSION


def _relative(name: str, model: str, known: Mapping[str, Card]) -> Card:
    """The card of a model that no card names."""
    like = next((known[like] for pattern, like in FAMILIES.items() if re.match(pattern, model)), None)
    if like is None:
        alive = ", ".join(card.model for card in known.values() if not card.ended)
        raise BadInput(f"gemini has no model {model!r}", do=f"its models are {alive}")
    if like.ended:
        return replace(like, name=name)
    return replace(
        like,
        name=name,
        legacy="",
        eol="",
        successor="",
        note=f"its own price is not known here: booked at {like.model}'s",
    )


def _as_set(card: Card, settings: Settings) -> Card:
    price, limits = card.price, card.limits
    if settings.price_per_image is not None and price.image:
        price = Price(image=settings.price_per_image)
    if settings.per_second is not None:
        limits = replace(limits, per_second=settings.per_second)
    if settings.in_flight is not None:
        limits = replace(limits, in_flight=settings.in_flight)
    return replace(card, price=price, limits=limits)
