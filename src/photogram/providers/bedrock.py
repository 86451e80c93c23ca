"""Amazon Bedrock: every family of models it has, by signed calls or with a bearer key.

Credentials go to Amazon's own endpoint and to the one that the environment names, and to no other: a
brief may come from someone else, and its `endpoint_url` must not be able to carry them away.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import quote, urlsplit

from msgspec import Meta, Struct
from msgspec.structs import replace

from photogram import aws, cards
from photogram.addresses import checked, origin, read_key, read_settings
from photogram.data import Card
from photogram.dialect import Dialect, Request
from photogram.faults import BadInput, NotSetUp
from photogram.jobs.bedrock import BedrockJobs, Where
from photogram.model import Jobs, Reader
from photogram.problems.bedrock import FREELY, KEYED
from photogram.signing import Keys, Signer
from photogram.wired import Keyed, Line, Wired

BEARER = "AWS_BEARER_TOKEN_BEDROCK"
ENDPOINTS = ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_ENDPOINT_URL")
ANYWHERE = "us-east-1"
"""The region that calls to an endpoint of one's own are signed for, where nobody names one."""

ACCEPT = {"Accept": "application/json"}
NOBODY = Keys("photogram", "photogram")
"""What calls are signed with where no credentials may go: the form is right, and nothing is given away."""

RELATIVES = {
    "stability.": "stability.stable-image-ultra-v1:1",
    "amazon.nova-canvas": "amazon.nova-canvas-v1:0",
    "amazon.titan-image": "amazon.titan-image-generator-v2:0",
    "amazon.titan-embed-text": "amazon.titan-embed-text-v2:0",
    "amazon.titan-embed-image": "amazon.titan-embed-image-v1",
    "amazon.nova-2-multimodal-embeddings": "amazon.nova-2-multimodal-embeddings-v1:0",
    "cohere.embed": "cohere.embed-v4:0",
    "amazon.nova-2": "amazon.nova-2-lite-v1:0",
    "amazon.nova": "amazon.nova-pro-v1:0",
    "anthropic.claude-haiku": "anthropic.claude-haiku-4-5-20251001-v1:0",
    "anthropic.claude-3": "anthropic.claude-sonnet-4-20250514-v1:0",
    "anthropic.claude": "anthropic.claude-opus-5-5",
    "qwen.": "qwen.qwen3-vl-235b-a22b",
    "": "anthropic.claude-opus-5-5",
}
"""Of whose family a model is that has no card of its own, by how its id begins; the first that fits."""

PLACES = {
    "us-gov-": ("us-gov",),
    "us-": ("us",),
    "ca-": ("us", "ca"),
    "eu-": ("eu",),
    "ap-northeast-1": ("jp", "apac"),
    "ap-northeast-3": ("jp", "apac"),
    "ap-southeast-2": ("au", "apac"),
    "ap-southeast-4": ("au", "apac"),
    "ap-southeast-6": ("au", "apac"),
    "ap-": ("apac",),
}
"""The profiles that keep a call near a region, nearest first, by how the region begins."""

Profile = Literal["", "us", "eu", "apac", "jp", "au", "ca", "us-gov", "global"]
_PROFILED = re.compile(r"(us|eu|apac|jp|au|ca|us-gov|global)\.(?=[a-z0-9-]+\.)")
_ARN = re.compile(r"arn:aws[a-z-]*:bedrock:([a-z0-9-]*):\d*:[a-z-]+/(.+)")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d+")
_AMAZONS = re.compile(
    r"(bedrock-runtime(-fips)?|(vpce-[\w-]+\.)bedrock-runtime)\.[a-z0-9-]+\.(vpce\.)?amazonaws\.com(\.cn)?"
)
_TAILS = (r"(:\w+)+$", r"-v\d+$", r"-\d{8}$", r"-\d+b(-a\d+b)?$", r"(-\d+){1,2}$")
"""What an id may end with that a person leaves out: versions, a date, a size, numbers."""


class Settings(Struct, forbid_unknown_fields=True):
    """What a brief may say of this provider; what it leaves out stands in the environment or the card."""

    region: str = ""
    inference_profile: Profile = ""
    endpoint_url: str = ""
    per_second: Annotated[float, Meta(ge=0)] | None = None
    in_flight: Annotated[int, Meta(ge=0)] | None = None
    batch_bucket: Annotated[str, Meta(pattern="^(s3://[a-z0-9][a-z0-9.-]+(/.*)?)?$")] = ""
    batch_role: Annotated[str, Meta(pattern="^(arn:aws.*:role/.+)?$")] = ""
    batch_hours: Annotated[int, Meta(ge=24, le=168)] = 24
    batch_images: Literal["inline", "s3"] = "inline"


class Provider:
    """Turns a model's id into a model in a region."""

    name = "bedrock"
    simulated = {
        ENDPOINTS[0]: "{url}/bedrock",
        "AWS_ENDPOINT_URL_BEDROCK": "{url}/bedrock",
        "AWS_ENDPOINT_URL_S3": "{url}/bedrock/s3",
        "AWS_ACCESS_KEY_ID": "simulated",
        "AWS_SECRET_ACCESS_KEY": "simulated",
        "AWS_SESSION_TOKEN": "",
        BEARER: "",
    }

    def cards(self) -> Sequence[Card]:
        return cards.read(self.name)

    def card(self, model: str, settings: Mapping[str, Any]) -> Card:
        """The card of a model, by its id, its ARN, or the name of its family: the newest that lives."""
        said = _read(settings)
        card = _known(model, self.cards()) or _relative(model, self.cards())
        return _limited(_priced(card, _times(card, said)), said)

    def missing(self, settings: Mapping[str, Any], environ: Mapping[str, str]) -> str:
        """What must be done before this provider can be asked; no credentials for a server of one's own."""
        if not aws.has_extra():
            return f"{aws.EXTRA}, {FREELY}"
        if not _endpoint(_read(settings), environ, "").trusted:
            return ""
        return "" if read_key(environ, [BEARER]) or aws.has_credentials(environ) else KEYED

    def open(
        self, card: Card, settings: Mapping[str, Any], environ: Mapping[str, str], read: Reader
    ) -> Wired:
        if missing := self.missing(settings, environ):
            raise NotSetUp(f"{card.name} is not set up", do=missing)
        said = _read(settings)
        place = _placed(card, said, environ)
        there = _priced(card, place.times / _times(card, said))
        return Wired(there, dialect(card), _line(place, environ), read)

    def jobs(self, card: Card, settings: Mapping[str, Any], environ: Mapping[str, str], read: Reader) -> Jobs:
        """The model's batch jobs, which need a bucket and a role that Bedrock may take on."""
        if missing := self.missing(settings, environ):
            raise NotSetUp(f"{card.name} is not set up", do=missing)
        said = _read(settings)
        if not (said.batch_bucket and said.batch_role):
            raise NotSetUp(
                f"batch jobs of {card.name} need a bucket and a role",
                do='set batch_bucket = "s3://..." and batch_role = "arn:..." under [providers.bedrock]',
            )
        place = _placed(card, said, environ)
        there = _priced(card, place.times / _times(card, said))
        bucket, _, prefix = said.batch_bucket.removeprefix("s3://").partition("/")
        prefix = f"{prefix.strip('/')}/".lstrip("/")
        by_reference = said.batch_images == "s3"
        spoken, conversing = _in_files(card)
        how = (said.batch_hours, by_reference, conversing)
        where = Where(place.model, said.batch_role, bucket, prefix, *how)
        return BedrockJobs(there, spoken, read, aws.Kit(environ, place.region), where)


def dialect(card: Card) -> Dialect:
    """How a family of models is spoken to."""
    return _module(card.family)


def invoked(card: Card) -> Dialect:
    """The same for calls, and lines of batch jobs, that invoke a model and do not converse with it."""
    if card.family != "converse":
        return dialect(card)
    for vendor, family in (("amazon.nova", "nova_messages"), ("anthropic.claude", "claude_messages")):
        if vendor in card.model:
            return _module(family)
    raise BadInput(f"{card.name} is only conversed with", do="choose a model of Nova's or Claude's")


def _in_files(card: Card) -> tuple[Dialect, bool]:
    """How a model is spoken to in the file of a job, and whether that is conversing with it."""
    try:
        return invoked(card), False
    except BadInput:
        return dialect(card), True


def _module(family: str) -> Any:
    return import_module(f"photogram.dialects.{family}")


# ------------------------------------------------------------------------------ names


def _known(model: str, known: Sequence[Card]) -> Card | None:
    """The card of an id, alone or behind a profile or in an ARN, or of a family by its short name."""
    by_id = {card.model: card for card in known}
    if model in by_id:
        return by_id[model]
    card = by_id.get(_bare(model))
    if card:
        return replace(card, name=f"bedrock:{model}")
    family = [card for card in known if model in _short(card.model)]
    return next((card for card in family if not card.ended), family[0] if family else None)


def _bare(model: str) -> str:
    """The model's own id, whatever stands before it."""
    found = _ARN.fullmatch(model)
    return _PROFILED.sub("", found[2] if found else model, count=1)


def _short(model: str) -> set[str]:
    """What a person may call a model: its id without version, date, numbers, and without its maker."""
    names = {model}
    for tail in _TAILS:
        model = re.sub(tail, "", model)
        names.add(model)
    return names | {name.partition(".")[2] for name in names}


def _unversioned(model: str) -> str:
    return re.sub(r"(-v\d+)?(:\w+)*$", "", model)


def _relative(model: str, known: Sequence[Card]) -> Card:
    """The card of a model that has none: that of its family, under its own name."""
    bare = _bare(model)
    if not ("." in bare or model.startswith("arn:")):
        raise BadInput(
            f"Bedrock has no model {model!r}", do="`photogram models` lists them; an id is MAKER.MODEL"
        )
    like = next(relative for begins, relative in RELATIVES.items() if bare.startswith(begins))
    same = [card for card in known if _unversioned(card.model) == _unversioned(bare)]
    card = next(iter(same), None) or next(card for card in known if card.model == like)
    note = f"its own price is not known here: booked at {card.model}'s"
    rung = "prompt" if not bare.startswith(tuple(filter(None, RELATIVES))) else card.rung
    return replace(card, name=f"bedrock:{model}", note=note, rung=rung, legacy="", eol="", successor="")


# ----------------------------------------------------------------------------- places


class Place(NamedTuple):
    """Where a model is asked: the address of its calls, the region that signs, whether keys may go there."""

    base: str
    model: str
    region: str
    trusted: bool
    times: float
    """How many times the card's price a call costs there."""


class _Endpoint(NamedTuple):
    url: str
    trusted: bool
    own: bool
    """Whether somebody named it, who then answers for what is to be found there."""


def _placed(card: Card, settings: Settings, environ: Mapping[str, str]) -> Place:
    region = _region(card, settings, environ)
    if _endpoint(settings, environ, "").own:
        region = region or ANYWHERE
    else:
        _check_region(card, region, settings)
    endpoint = _endpoint(settings, environ, region)
    profile = _profile_of(card, settings, region)
    model = f"{profile}.{card.model}" if profile and not _has_way(card.model) else card.model
    base = f"{endpoint.url}/model/{quote(model, safe='')}"
    return Place(base, model, region, endpoint.trusted, card.profiles.get(profile, 1.0))


def _has_way(model: str) -> bool:
    """Whether an id says by itself how the model is reached."""
    return model.startswith("arn:") or bool(_PROFILED.match(model))


def _region(card: Card, settings: Settings, environ: Mapping[str, str]) -> str:
    """The region of the ARN, of the brief, of the environment; or the only one where the model is."""
    found = _ARN.fullmatch(card.model)
    region = (found[1] if found else "") or settings.region or (aws.region_of(environ) if environ else "")
    if region and not _REGION.fullmatch(region):
        raise BadInput(f"{region!r} is no region", do="give one such as us-west-2")
    return region or (card.regions[0] if len(card.regions) == 1 else "")


def _check_region(card: Card, region: str, settings: Settings) -> None:
    """Refuse a region where the model is not, naming those where it is."""
    do = "set AWS_REGION, or region under [providers.bedrock]"
    if not region:
        near = f" ({', '.join(card.regions)})" if card.regions else ""
        raise NotSetUp(f"{card.name} needs a region{near}", do=do)
    if card.regions and region not in card.regions:
        raise NotSetUp(
            f"{card.name} is not in {region}; it is in {', '.join(card.regions)}", do=f"{do}, to one of them"
        )
    if card.profiles and not _has_way(card.model) and not _profile_of(card, settings, region):
        raise NotSetUp(
            f"{card.name} cannot be reached from {region}; it can from {', '.join(card.profiles)}",
            do=f"{do}, to a region there",
        )


def _profile_of(card: Card, settings: Settings, region: str) -> str:
    """The profile a model is asked by: its id's own, the brief's, the nearest, or the global one."""
    if found := _PROFILED.match(card.model):
        return found[1]
    if settings.inference_profile in card.profiles:
        return settings.inference_profile
    begins = next((begins for begins in PLACES if region.startswith(begins)), "")
    near = [profile for profile in PLACES.get(begins, ()) if profile in card.profiles]
    return near[0] if near else ("global" if region and "global" in card.profiles else "")


def _endpoint(settings: Settings, environ: Mapping[str, str], region: str) -> _Endpoint:
    """The address; a brief's own gets credentials only where it is Amazon's, or the environment's too."""
    named = next((found for name in ENDPOINTS if (found := environ.get(name, "").strip())), "")
    if not (settings.endpoint_url or named):
        china = ".cn" if region.startswith("cn-") else ""
        return _Endpoint(f"https://bedrock-runtime.{region}.amazonaws.com{china}", trusted=True, own=False)
    url = checked(settings.endpoint_url or named, "https://HOST", "endpoint_url")
    parts = urlsplit(url)
    amazons = parts.scheme == "https" and bool(_AMAZONS.fullmatch(parts.hostname or ""))
    trusted = amazons or (bool(named) and origin(url) == origin(named))
    return _Endpoint(url, trusted=trusted, own=True)


# ------------------------------------------------------------------------------- keys


class Signed:
    """A line whose calls are signed."""

    def __init__(self, place: Place, credentials: aws.Credentials | None) -> None:
        self.base = place.base
        self._credentials = credentials
        self._signer = Signer("bedrock", place.region)

    @property
    def secrets(self) -> Sequence[str]:
        return self._credentials.secrets if self._credentials else ()

    async def headers(self, url: str, request: Request) -> Mapping[str, str]:
        keys = await self._credentials.keys() if self._credentials else NOBODY
        given = {**request.headers, **ACCEPT}
        if len(request.body) < 2**20:
            signed = self._signer.headers(keys, url, request.body, given)
        else:  # the hash of megabytes would hold up every other call
            signed = await asyncio.to_thread(self._signer.headers, keys, url, request.body, given)
        return {**ACCEPT, **signed}


def _line(place: Place, environ: Mapping[str, str]) -> Line:
    if not place.trusted:
        return Signed(place, None)
    bearer = read_key(environ, [BEARER])
    if not bearer:
        return Signed(place, aws.Credentials(environ))
    parts = urlsplit(place.base)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise NotSetUp(f"{BEARER} is not sent over plain http", do="give the endpoint as https://")
    return Keyed(place.base, {**ACCEPT, "Authorization": f"Bearer {bearer}"}, [bearer])


# --------------------------------------------------------------------------- settings


def _read(settings: Mapping[str, Any]) -> Settings:
    return read_settings("bedrock", settings, Settings)


def _limited(card: Card, settings: Settings) -> Card:
    limits = card.limits
    if settings.per_second is not None:
        limits = replace(limits, per_second=settings.per_second)
    if settings.in_flight is not None:
        limits = replace(limits, in_flight=settings.in_flight)
    return replace(card, limits=limits)


def _times(card: Card, settings: Settings) -> float:
    """How many times the list price a model costs, as far as that is known without the environment."""
    return card.profiles.get(_profile_of(card, settings, _region(card, settings, {})), 1.0)


def _priced(card: Card, times: float) -> Card:
    """The card at a price as much higher as the way to the model is; that of pictures is the same."""
    price = card.price
    tokens_in, tokens_out = price.tokens_in * times, price.tokens_out * times
    return replace(card, price=replace(price, tokens_in=tokens_in, tokens_out=tokens_out))
