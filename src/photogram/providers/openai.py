"""OpenAI, and every server that speaks as it does: vLLM, LocalAI, sd-server and others.

The key goes to the host that the environment names, and to no other: a brief may come from someone
else, and its `base_url` must not be able to carry the key away.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urljoin, urlsplit

from msgspec import Meta, Struct, ValidationError, convert
from msgspec.structs import fields, replace

from photogram import cards
from photogram.data import Ability, Ask, Card, EditKind, Picture, Price, Reply, Sight, Sizes
from photogram.dialect import Answer, Dialect, Request
from photogram.dialects import openai_chat, openai_embeddings, openai_images
from photogram.dialects.openai_images import Linked
from photogram.faults import BadInput, Broken, NotSetUp
from photogram.model import Reader
from photogram.problems.openai import check_picture
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

_ADDRESS = re.compile(r"https?://([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?(/[^\s?#]*)?$")
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


class _Dialects:
    """The dialect for each kind of ask; which answers are of which is known by their asks."""

    def encode(self, card: Card, ask: Ask, read: Reader) -> Request:
        return DIALECTS[ability(ask)].encode(card, ask, read)

    def decode(self, card: Card, ask: Ask, answer: Answer) -> Reply:
        return DIALECTS[ability(ask)].decode(card, ask, answer)


class OpenAI:
    """One model behind one address; pictures that the server left there are fetched."""

    def __init__(self, card: Card, base: str, headers: Mapping[str, str], read: Reader) -> None:
        self.card = card
        self._base, self._headers = base, headers
        key = headers.get("Authorization", "").removeprefix("Bearer ")
        self._wired = Wired(card, _Dialects(), Keyed(base, headers, [key] if key else []), read)

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
