"""Laws of every dialect and its tongue: what a card allows is taken, and what is said is read and paid alike."""

import asyncio
import json
from importlib import import_module
from pkgutil import iter_modules

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from photogram import dialects
from photogram.data import Draw, Edit, Embed, Picture, Point, Said, See
from photogram.dialect import Answer
from photogram.faults import ModelError
from photogram.pixels import masks
from photogram.providers import bedrock, find, gemini, openai
from photogram.simulator import tongues
from photogram.simulator.books import dollars, list_price, used
from photogram.simulator.call import Problem, Request
from photogram.simulator.work import Worker
from photogram.store import blob_of
from photogram.terms import ability, check_ask, check_size, estimate

from .tongued import GREY, PICTURE

BLOB = blob_of(PICTURE)
REGION = GREY[..., 0] * 0
REGION[40:280, 40:280] = 255
MASK = masks.encode(REGION)
STORE = {BLOB: PICTURE, blob_of(MASK): MASK}
LIVING = [
    card for name in ("openai", "gemini", "bedrock") for card in find(name).cards() if not card.ended
]
every_card = pytest.mark.parametrize("card", LIVING, ids=lambda card: card.name)
SCHEMA = {
    "type": "object",
    "properties": {
        "what": {"type": "string", "description": "what is seen"},
        "sure": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "kind": {"enum": ["car", "van"]},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 5},
    },
    "required": ["what", "kind"],
}


def dialect_of(card, ask):
    if card.provider == "openai":
        return openai.DIALECTS[ability(ask)]
    return gemini.DIALECTS[card.family] if card.provider == "gemini" else bedrock.dialect(card)


def sent(card, ask):
    """The request of an ask as the server sees it."""
    said = dialect_of(card, ask).encode(card, ask, STORE.__getitem__)
    headers = {**said.headers, "Authorization": "Bearer somebody"}
    parts = {}
    route = said.path
    if card.provider == "gemini":
        model, _, method = said.path.removeprefix("/models/").partition(":")
        route, parts = f"/v1/models/{{model}}:{method}", {"model": model}
    if card.provider == "bedrock":
        how = said.path.rpartition("/")[2]
        model = next(iter(f"{way}.{card.model}" for way in card.profiles), card.model)
        route, parts = f"/model/{{model}}/{how}", {"model": model}
    return Request(method="POST", route=route, path=said.path, parts=parts, headers=headers, body=said.body)


async def answered(card, ask):
    """The call that the tongue read, what was made of it, and the reply that our side reads in its answer."""
    tongue = tongues.load()[card.provider]
    call = tongue.read(sent(card, ask))
    made = await Worker(drawn=False).work(call, "1")
    answer = tongue.say(call, made)
    body = msgspec.json.encode(answer.body)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return call, made, dialect_of(card, ask).decode(card, ask, Answer(answer.status, headers, body))


def asks_of(card):
    """One ask of each kind and way that the card allows."""
    if "draw" in card.does:
        yield Draw(prompt="a car", negative="people" if card.provider != "gemini" else "", seed=None)
        if card.most_seed:
            yield Draw(prompt="a car", seed=card.most_seed)
        if card.references:
            yield Draw(prompt="a car", references=(BLOB,) * min(2, card.references))
    if "edit" in card.does:
        for kind in card.edits:
            if kind not in ("transplant", "outpaint", "try on", "replace", "recolor", "restyle"):
                mask = blob_of(MASK) if kind in ("inpaint", "erase") else None
                yield Edit(kind=kind, images={"image": BLOB}, prompt="a car", mask=mask)
    if "see" in card.does:
        yield See(images=(BLOB,), prompt="What?")
        yield See(images=(BLOB,) * min(3, card.sight.images or 3), prompt="What?", schema=SCHEMA)
    if "embed" in card.does:
        for dimensions in (0, *card.dimensions):
            yield Embed(text="a car", dimensions=dimensions)


REPLIES = {"draw": Picture, "edit": Picture, "see": Said, "embed": Point}


@every_card
def test_what_a_card_allows_is_taken_answered_and_read(card):
    """Encoded, read by the tongue, worked, said and decoded: a reply of its kind, by the model that was meant."""
    allowed = [ask for ask in asks_of(card) if allows(card, ask)]
    assert {ability(ask) for ask in allowed} == set(card.does)
    for ask in allowed:
        call, made, reply = asyncio.run(answered(card, ask))
        assert call.model.endswith(card.model)
        assert isinstance(reply, REPLIES[ability(ask)])
        if isinstance(reply, Picture):
            assert reply.images == made.pictures
        if isinstance(ask, See):
            assert reply.text == made.text or reply.data == made.data
        if isinstance(ask, Embed):
            assert len(reply.vector) == (ask.dimensions or call.dimensions)


@every_card
def test_both_sides_book_the_same(card):
    """What a reply is said to have cost is what the server charges for it, and no more than was put aside."""
    for ask in asks_of(card):
        if allows(card, ask):
            call, made, reply = asyncio.run(answered(card, ask))
            charged = dollars(list_price(card.provider, card.model), call, used(call, made))
            assert reply.usage.dollars == pytest.approx(charged, rel=1e-6), ask


def allows(card, ask):
    try:
        check_ask(card, ask)
    except ModelError:
        return False
    return True
