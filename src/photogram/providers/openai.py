"""OpenAI, and every server that speaks as it does: vLLM, LocalAI, sd-server and others.

The key goes to the host that the environment names, and to no other: a brief may come from someone
else, and its `base_url` must not be able to carry the key away.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urljoin, urlsplit

from msgspec import Meta, Struct, ValidationError, convert
from msgspec.structs import fields, replace

from photogram import cards
from photogram.data import Ask, Card, Picture, Price, Reply
from photogram.dialects import openai_images
from photogram.dialects.openai_images import Linked, is_own
from photogram.faults import BadInput, Broken, NotSetUp
from photogram.model import Reader
from photogram.problems.openai import KEY, check_picture
from photogram.wired import Keyed, Wired

_ADDRESS = re.compile(r"https?://([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?(/[^\s?#]*)?$")
HOME = "https://api.openai.com/v1"
FREELY = "or use keyless:draw, which needs no key"


class Settings(Struct, forbid_unknown_fields=True):
    """What a brief may say of this provider; what it leaves out stands in the card."""

    base_url: str = ""
    price_per_image: Annotated[float, Meta(ge=0)] | None = None
    per_second: Annotated[float, Meta(ge=0)] | None = None
    in_flight: Annotated[int, Meta(ge=0)] | None = None


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
        known, name = {card.model: card for card in self.cards()}, f"{self.name}:{model}"
        if model in known:
            card = known[model]
        else:
            card = _relative(name, known["gpt-image-2"]) if is_own(model) else _local(name)
        return _as_set(card, _read(settings))

    def missing(self, settings: Mapping[str, Any], environ: Mapping[str, str]) -> str:
        """What must be set before this provider can be asked; nothing for a server of one's own."""
        if _key(environ) or _origin(_base(_read(settings), environ)) != _origin(HOME):
            return ""
        return f"set {KEY} to your key, {FREELY}"

    def open(
        self, card: Card, settings: Mapping[str, Any], environ: Mapping[str, str], read: Reader
    ) -> "OpenAI":
        missing = self.missing(settings, environ)
        if missing:
            raise NotSetUp(f"{card.name} needs a key", do=missing)
        base = _base(_read(settings), environ)
        return OpenAI(card, base, _headers(base, environ), read)


class OpenAI:
    """One model behind one address; pictures that the server left there are fetched."""

    def __init__(self, card: Card, base: str, headers: Mapping[str, str], read: Reader) -> None:
        self.card = card
        self._base, self._headers = base, headers
        key = headers.get("Authorization", "").removeprefix("Bearer ")
        self._wired = Wired(card, openai_images, Keyed(base, headers, [key] if key else []), read)

    async def answer(self, ask: Ask) -> Reply:
        reply = await self._wired.answer(ask)
        if not isinstance(reply, Linked):
            return reply
        fetched = [await self._fetch(link) for link in reply.links]
        return Picture(images=(*reply.images, *fetched), made=reply.made, usage=reply.usage)

    async def close(self) -> None:
        await self._wired.close()

    async def _fetch(self, link: str) -> bytes:
        """A picture the server left at an address of its own; any other host is none of its business."""
        url = urljoin(self._base, link)
        if _origin(url) != _origin(self._base):
            raise Broken(
                f"{self.card.name} points to a picture on {_origin(url)}, another host than its own",
                unsure=True,
                do="tell the server to answer with b64_json",
            )
        try:
            status, _, image = await self._wired.wire.get(url, self._headers)
        except Broken as error:
            raise Broken(error.what, unsure=True, do=error.do) from None
        if status != 200:
            raise Broken(f"{self.card.name}: its picture could not be fetched: {status}", unsure=True)
        check_picture(self.card, image)
        return image


# --------------------------------------------------------------------------- settings


def _read(settings: Mapping[str, Any]) -> Settings:
    known = [field.name for field in fields(Settings)]
    unknown = sorted(set(settings) - set(known))
    if unknown:
        raise BadInput(
            f"openai has no setting {', '.join(unknown)}", do=f"its settings are {', '.join(known)}"
        )
    try:
        return convert(dict(settings), Settings)
    except ValidationError as error:
        raise BadInput(f"the settings of openai: {error}") from None


def _base(settings: Settings, environ: Mapping[str, str]) -> str:
    base = settings.base_url or environ.get("OPENAI_BASE_URL", "").strip() or HOME
    if not _ADDRESS.match(base):
        raise BadInput(f"base_url {base!r} is not an address", do="give it as http://HOST:PORT/v1")
    return base.rstrip("/")


def _origin(url: str) -> str:
    """Scheme, host and port: what must be the same for a key or a fetch to go there."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()


def _key(environ: Mapping[str, str]) -> str:
    key = environ.get(KEY, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise NotSetUp(f"{KEY} holds what no key holds", do="set it anew, without line breaks")
    return key


def _headers(base: str, environ: Mapping[str, str]) -> dict[str, str]:
    key, trusted = _key(environ), {_origin(_base(Settings(), environ)), _origin(HOME)}
    return {"Authorization": f"Bearer {key}"} if key and _origin(base) in trusted else {}


# ------------------------------------------------------------------------------ cards


def _relative(name: str, known: Card) -> Card:
    return replace(known, name=name, note=f"its own price is not known here: booked at {known.model}'s")


def _local(name: str) -> Card:
    """A model we know nothing of: it runs on a server of one's own until the settings give a price."""
    extras = ("quality", "output_format", "num_inference_steps", "step")
    return Card(name=name, does=("draw",), about="on your own server", options=dict.fromkeys(extras, ()))


def _as_set(card: Card, settings: Settings) -> Card:
    price, limits = card.price, card.limits
    if settings.price_per_image is not None:
        price = Price(image=settings.price_per_image)
    if settings.per_second is not None:
        limits = replace(limits, per_second=settings.per_second)
    if settings.in_flight is not None:
        limits = replace(limits, in_flight=settings.in_flight)
    return replace(card, price=price, limits=limits)
