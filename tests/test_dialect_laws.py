"""Laws of dialects and tongues: what a card allows is taken; what is said is read, and paid alike."""

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
from photogram.terms import ability, check_ask

from .tongued import GREY, PICTURE

BLOB = blob_of(PICTURE)
REGION = GREY[..., 0] * 0
REGION[40:280, 40:280] = 255
MASK, FRAME = masks.encode(REGION), masks.encode(255 - REGION)
STORE = {blob_of(data): data for data in (PICTURE, MASK, FRAME)}
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
        shown = (BLOB,) * min(2, card.references)
        only = "style-guide" in card.model
        yield Draw(prompt="a car", negative="people", references=shown if only else ())
        yield Draw(prompt="a car", seed=card.most_seed or None, references=shown)
    if "edit" in card.does:
        yield from (edit_of(card, kind) for kind in card.edits if kind != "transplant")
    if "see" in card.does:
        yield See(images=(BLOB,), prompt="What?")
        yield See(images=(BLOB,) * min(3, card.sight.images or 3), prompt="What?", schema=SCHEMA)
    if "embed" in card.does:
        yield from (Embed(text="a car", dimensions=dimensions) for dimensions in (0, *card.dimensions))


def edit_of(card, kind, **more):
    drawn = {"inpaint": MASK, "erase": MASK, "outpaint": FRAME}.get(kind)
    second = {"restyle": "style", "try on": "garment"}.get(kind, "")
    shown = {second: BLOB} if second in card.model or second == "garment" else {}
    return Edit(
        kind=kind,
        images={"image": BLOB, **{name: blob for name, blob in shown.items() if name}},
        mask=blob_of(drawn) if drawn else None,
        mask_prompt="the van" if kind in ("replace", "recolor", "try on") else "",
        **{"prompt": "a car", **more},
    )


def is_spoken(card):
    """Whether the simulator still has the model; the day on which it ends is no matter here."""
    try:
        tongues.load()[card.provider].read(sent(card, next(asks_of(card))))
    except Problem as problem:
        return problem.trouble != "no model"
    return True


LISTED = [replace(card, eol="") for name in ("openai", "gemini", "bedrock") for card in find(name).cards()]
CARDS = [card for card in LISTED if is_spoken(card)]
every_card = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
REPLIES = {"draw": Picture, "edit": Picture, "see": Said, "embed": Point}


@every_card
def test_what_a_card_allows_is_taken_answered_read_and_paid_alike(card):
    """Encoded, read by the tongue, worked, said and decoded: a reply of its kind, from the model meant.

    What it is said to have cost is what the server charges for it.
    """
    allowed = [ask for ask in asks_of(card) if allows(card, ask)]
    assert {ability(ask) for ask in allowed} == set(card.does)
    for ask in allowed:
        call, made, reply = asyncio.run(answered(card, ask))
        assert call.model.endswith(card.model)
        assert isinstance(reply, REPLIES[ability(ask)])
        charged = dollars(list_price(card.provider, card.model), call, used(call, made))
        assert reply.usage.dollars == pytest.approx(charged, rel=1e-6)
        if isinstance(reply, Picture):
            assert reply.images == made.pictures
            meant(card, ask, call)
        if isinstance(reply, Said):
            assert reply.text == made.text or reply.data == made.data
        if isinstance(reply, Point):
            assert len(reply.vector) == (ask.dimensions or call.dimensions)


def allows(card, ask):
    try:
        check_ask(card, ask)
    except ModelError:
        return False
    return True


def meant(card, ask, call):
    """What an ask for a picture says is in the call: its words, its seed, its size, and where it goes."""
    erased = ask.prompt not in call.prompt and ask.kind in ("erase", "upscale", "remove background", "try on")
    assert ask.prompt in call.prompt or erased
    if card.most_seed and ask.seed:
        assert call.seed == ask.seed
    if isinstance(ask, Draw):
        assert (call.width, call.height) == card.sizes.default
        assert not ask.negative or ask.negative in call.negative + call.prompt
    elif ask.mask and call.mask is not None:
        assert (call.mask == (255 - REGION if ask.kind == "outpaint" else REGION)).all()
    elif ask.kind == "outpaint" and card.provider == "bedrock":
        assert (call.place, call.width, call.height) == ((40, 40), 320, 320)
    else:
        assert not (ask.mask and card.mask), "the mask was lost on the way"


@every_card
def test_every_option_that_is_listed_is_taken(card):
    """Each value of each option that has values, with each kind of ask that takes it."""
    tongue, taken = tongues.load()[card.provider], 0
    listed = [(name, value) for name, values in card.options.items() for value in values]
    for name, value in listed:
        for ask in (replace(ask, options={name: value}) for ask in asks_of(card) if hasattr(ask, "options")):
            try:
                check_ask(card, ask)
                request = sent(card, ask)
            except ModelError:
                continue
            assert tongue.read(request).model
            taken += 1
    assert taken >= len(listed)


FAMILIES = list({(card.provider, card.family, card.does): card for card in CARDS}.values())
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).filter(str.strip)


@pytest.mark.parametrize("card", FAMILIES, ids=lambda card: card.name)
@settings(max_examples=25)
@given(words=WORDS)
def test_words_arrive_as_they_were_written(card, words):
    """Whatever is in a prompt, of whatever script, with whatever breaks, quotes and braces."""
    tongue = tongues.load()[card.provider]
    for ask in asks_of(card):
        if isinstance(ask, Embed):
            ask = replace(ask, text=words)
        elif ask.prompt:
            ask = replace(ask, prompt=words)
        if not allows(card, ask):
            continue
        call = tongue.read(sent(card, ask))
        if isinstance(ask, Edit) and ask.kind in ("erase", "upscale", "remove background", "try on"):
            continue
        assert words in call.words or words.strip() in call.words


# ------------------------------------------------------------------------- what servers say

OTHERWISE = {"claude_messages": "converse", "nova_messages": "converse", "openai_images": "gpt-image"}
OTHERWISE |= {"openai_chat": "", "openai_embeddings": ""}
DECODING = [module.name for module in iter_modules(dialects.__path__)]
TEXT_PLACES = (
    *("%s", '{"usage":%s}', '{"error":%s}', '{"error":{"message":%s}}', '[{"error":%s}]', '{"message":%s}'),
    *('{"choices":[{"message":{"content":%s}}]}', '{"candidates":[{"content":{"parts":[{"text":%s}]}}]}'),
    *('{"output":{"message":{"content":[{"text":%s}]}}}', '{"content":[{"type":"text","text":%s}]}'),
    *('{"output":{"message":{"content":[{"toolUse":{"input":%s}}]}}}', '{"data":%s}', '{"images":%s}'),
    *('{"content":[{"type":"tool_use","input":%s}]}', '{"embeddings":%s}', '{"embedding":%s}'),
)


@pytest.mark.parametrize("name", DECODING)
@pytest.mark.parametrize("depth", [50, 900, 9000])
def test_an_answer_nested_without_end_ends_no_run(name, depth):
    """A model that loops, or a server that means harm: a reply that holds no more, or an error of its row."""
    module = import_module(f"photogram.dialects.{name}")
    if not hasattr(module, "decode"):
        pytest.skip("a part of other dialects")
    does = "embed" if "embeddings" in name else "draw" if "images" in name or name == "stability" else "see"
    card = next(card for card in CARDS if does in card.does and card.family in (name, OTHERWISE.get(name)))
    asks = {
        "draw": Draw(prompt="x"),
        "see": See(images=(), prompt="x", schema=SCHEMA),
        "embed": Embed(text="x"),
    }
    nests = ["[" * depth + "1" + "]" * depth, '{"a":' * depth + "1" + "}" * depth]
    for nest in [*nests, *map(json.dumps, nests)]:
        for place in TEXT_PLACES:
            for status in (200, 400):
                try:
                    reply = module.decode(card, asks[does], Answer(status, {}, (place % nest).encode()))
                except ModelError:
                    continue
                assert isinstance(reply, REPLIES[does])
