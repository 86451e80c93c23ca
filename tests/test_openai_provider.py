"""OpenAI's provider: keys, addresses, cards and settings, and pictures over a real connection."""

import asyncio
import json
from datetime import date

import numpy as np
import pytest
from msgspec.structs import replace

from photogram import providers
from photogram.data import Draw, Edit, Embed, Price, See
from photogram.dialect import Answer
from photogram.faults import BadInput, Broken, Busy, Invalid, ModelError, NotSetUp, Refused
from photogram.pixels import codecs
from photogram.providers.openai import DIALECTS, HOME, Provider
from photogram.simulator import Script, serving
from photogram.simulator.call import Problem, Request
from photogram.simulator.tongues.openai import Tongue
from photogram.store import blob_of
from photogram.terms import ability, check_alive, check_ask, estimate
from photogram.wire import Wire

KEYED = {"OPENAI_API_KEY": "sk-test"}
CAR = Draw(prompt="a red car", seed=7)
SCHEMA = {
    "type": "object",
    "properties": {"brightness": {"type": "number"}, "plate": {"type": "string"}},
    "required": ["brightness"],
}


def unread(blob):
    raise AssertionError(f"no ask here holds {blob}")


def ask(model, ask, settings, environ=None, read=unread):
    """One answer from a model that is opened and closed for it."""

    async def main():
        provider = Provider()
        opened = provider.open(provider.card(model, settings), settings, environ or {}, read)
        try:
            return await opened.answer(ask)
        finally:
            await opened.close()

    return asyncio.run(main())


def test_it_is_found_by_its_name():
    """A brief names it, and a file is all it takes."""
    assert "openai" in providers.names()
    assert providers.find("openai").card("gpt-image-2", {}).name == "openai:gpt-image-2"


# --------------------------------------------------------------------------- answering


@pytest.mark.parametrize("model", ["gpt-image-2", "gpt-image-1-mini", "sd-turbo"])
def test_a_picture_comes_with_what_it_took(model):
    """The bytes are as the server sent them; time is ours, the request's number is theirs."""
    with serving() as sim:
        picture = ask(model, CAR, {"base_url": sim.url})
    assert picture.images[0].startswith(b"\x89PNG")
    assert (picture.usage.images, picture.usage.request_id) == (1, "sim-1")
    assert picture.usage.seconds > 0


def test_a_picture_left_at_an_address_is_fetched():
    """Some servers answer with an address whatever they are told."""
    with serving(Script(links=True)) as sim:
        picture = ask("sd-turbo", CAR, {"base_url": sim.url})
    assert [image[:4] for image in picture.images] == [b"\x89PNG"]


def test_a_picture_at_another_host_is_not_fetched():
    """A server cannot make this computer call addresses of its choice."""
    with serving(Script(links=True)) as sim:
        sim.url, own = "http://169.254.169.254", sim.url
        with pytest.raises(Broken, match=r"169\.254\.169\.254, another host") as raised:
            ask("sd-turbo", CAR, {"base_url": own})
    assert raised.value.unsure


@pytest.mark.parametrize("gone", ["/_/gone", "/_/books"])
def test_a_picture_that_cannot_be_fetched_was_paid_for(gone):
    """Nothing stands there, or something that is no picture."""
    with serving(Script(links=True)) as sim:
        sim._leave = lambda images, number: [gone]
        with pytest.raises(Broken) as raised:
            ask("sd-turbo", CAR, {"base_url": sim.url})
    assert raised.value.unsure


def test_a_server_gone_between_answer_and_picture_was_paid():
    """Not being able to connect is usually free of doubt, but here the picture was made before."""

    class Gone(Wire):
        async def get(self, url, headers, *, within=0):
            raise Broken("cannot connect")

    async def main(url):
        model = Provider().open(Provider().card("sd-turbo", {}), {"base_url": url}, {}, unread)
        model.wire = Gone()
        try:
            await model.answer(CAR)
        finally:
            await model.close()

    with serving(Script(links=True)) as sim, pytest.raises(Broken) as raised:
        asyncio.run(main(sim.url))
    assert raised.value.unsure


@pytest.mark.parametrize(
    ("script", "error", "unsure"),
    [
        (Script(refuse="red"), Refused, None),
        (Script(broken="red"), Broken, False),
        (Script(per_second=0.001, burst=0, key="other"), NotSetUp, None),
        (Script(faults={"500": 1}), Broken, False),
        (Script(faults={"503": 1}), Broken, False),
        (Script(faults={"reset": 1}), Broken, True),
        (Script(faults={"truncated": 1}), Broken, True),
        (Script(faults={"html": 1}), Broken, True),
        (Script(faults={"no data": 1}), Broken, True),
        (Script(faults={"bad base64": 1}), Broken, True),
    ],
)
def test_every_fault_is_told_with_what_it_may_have_cost(script, error, unsure):
    """From a real server over a real connection: the error, and whether money may have gone."""
    with serving(script) as sim, pytest.raises(error) as raised:
        ask("gpt-image-2", CAR, {"base_url": sim.url})
    assert getattr(raised.value, "unsure", None) == unsure


def test_a_wrong_media_type_loses_nothing():
    """The bytes tell what they are, and a header does not."""
    with serving(Script(faults={"type": 1})) as sim:
        assert ask("gpt-image-2", CAR, {"base_url": sim.url}).images


def test_the_hint_of_a_busy_server_arrives():
    """Milliseconds where the server gives them."""
    with serving(Script(per_second=0.5, hint="retry-after-ms")) as sim:
        ask("gpt-image-2", CAR, {"base_url": sim.url})
        with pytest.raises(Busy) as raised:
            ask("gpt-image-2", CAR, {"base_url": sim.url})
    assert 0 < raised.value.after <= 2


@pytest.mark.parametrize(
    "wrong", [Draw(prompt="a car", width=100, height=100), Draw(prompt=""), See(images=())]
)
def test_an_ask_that_cannot_succeed_is_not_sent(wrong):
    """What the card already knows costs no call."""
    with serving() as sim, pytest.raises(Invalid):
        ask("gpt-image-2", wrong, {"base_url": sim.url})
    assert sim.books().calls == 0


PNG = codecs.encode_png(np.full((48, 64, 3), 127, np.uint8))
BLOB = blob_of(PNG)


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize(
    ("does", "wanted"),
    [
        ("draw", CAR),
        ("draw", Draw(prompt="a red car", references=(BLOB, BLOB))),
        ("edit", Edit(kind="vary", images={"image": BLOB}, prompt="red")),
        ("see", See(images=(BLOB,), prompt="What?", schema=SCHEMA)),
        ("embed", Embed(text="a red car")),
    ],
)
def test_each_kind_of_ask_has_its_endpoint(own, does, wanted):
    """By OpenAI's own models and by one on a server of one's own, which may be asked for anything."""
    names = {
        "draw": "gpt-image-2",
        "edit": "gpt-image-2",
        "see": "gpt-6-luna",
        "embed": "text-embedding-3-small",
    }
    with serving() as sim:
        reply = ask(names[does] if own else "all-in-one", wanted, {"base_url": sim.url}, read=lambda _: PNG)
        books = sim.books()
    assert (books.calls, books.answered) == (1, 1)
    assert reply.usage.dollars == pytest.approx(books.dollars, abs=1e-12)
    assert (reply.usage.dollars > 0) == own
    assert reply.usage.request_id == "sim-1"
    if does == "see":
        assert reply.data["brightness"] == pytest.approx(0.5, abs=0.01)
        assert "plate" not in reply.data


# ------------------------------------------------------------------------ keys, addresses


@pytest.mark.parametrize(
    ("settings", "environ", "needs"),
    [
        ({}, {}, True),
        ({}, {"OPENAI_API_KEY": "  "}, True),
        ({}, KEYED, False),
        ({"base_url": HOME + "/"}, {}, True),
        ({"base_url": "http://localhost:8080/v1"}, {}, False),
        ({}, {"OPENAI_BASE_URL": "http://localhost:8080/v1"}, False),
        ({"base_url": HOME}, {"OPENAI_BASE_URL": "http://localhost:8080/v1"}, True),
    ],
)
def test_a_key_is_needed_for_openai_and_for_no_server_of_ones_own(settings, environ, needs):
    """The one who has no key is told both the variable and the way without."""
    missing = Provider().missing(settings, environ)
    assert bool(missing) == needs
    if needs:
        assert "OPENAI_API_KEY" in missing
        assert "keyless:draw" in missing
        with pytest.raises(NotSetUp, match="keyless:draw"):
            Provider().open(Provider().card("gpt-image-2", {}), settings, environ, unread)


def test_the_key_goes_where_the_environment_says():
    """The person who set the key also set the address."""
    with serving(Script(key="sk-test")) as sim:
        assert ask("gpt-image-2", CAR, {}, {**KEYED, "OPENAI_BASE_URL": f"{sim.url}/v1\n"}).images
        assert ask("gpt-image-2", CAR, {"base_url": sim.url}, {**KEYED, "OPENAI_BASE_URL": sim.url}).images


def test_a_brief_cannot_carry_the_key_away():
    """A brief may come from someone else; the key does not go where only the brief says."""
    with serving(Script(key="sk-test")) as sim, pytest.raises(NotSetUp, match="401") as raised:
        ask("gpt-image-2", CAR, {"base_url": sim.url}, KEYED)
    assert "OPENAI_BASE_URL" in raised.value.do


@pytest.mark.parametrize("key", ["sk-\nX-Evil: 1", "sk-ключ"])
def test_a_key_that_cannot_be_sent_is_told_before_it_is(key):
    """And it is not repeated."""
    with pytest.raises(NotSetUp, match="OPENAI_API_KEY") as raised:
        ask("gpt-image-2", CAR, {}, {"OPENAI_API_KEY": key})
    assert key not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["localhost:8080", "ftp://host/v1", "http://", "http://[::1", "http://h/v1?a=1", "http://u:p@h/"]
)
def test_an_address_that_is_none_is_bad_input(url):
    """Told when the model is opened, before anything is planned around it."""
    with pytest.raises(BadInput, match="is not an address"):
        Provider().missing({"base_url": url}, {})


# ---------------------------------------------------------------------- cards, settings


def test_every_card_stands_in_its_file():
    """Names are of this provider, prices have their day, and the dead name who follows them."""
    known = {card.name: card for card in Provider().cards()}
    for card in known.values():
        assert card.provider == "openai"
        assert card.price.read_on or card.eol
        if card.eol:
            date.fromisoformat(card.eol)
            assert card.successor in known
            assert not known[card.successor].eol


@pytest.mark.parametrize(
    ("model", "day"),
    [
        ("gpt-image-2", None),
        ("gpt-image-1.5", date(2026, 12, 1)),
        ("gpt-image-1-mini", date(2026, 12, 1)),
        ("gpt-image-1", date(2026, 10, 23)),
        ("dall-e-3", date(2026, 5, 12)),
        ("dall-e-2", date(2026, 5, 12)),
    ],
)
def test_the_dead_are_refused_with_their_successor(model, day, monkeypatch):
    """From the day of their end, and not before it."""

    def alive_on(today):
        monkeypatch.setattr("photogram.data.date", type("Day", (date,), {"today": lambda: today}))
        check_alive(Provider().card(model, {}))

    alive_on(date(2026, 5, 11))
    if day:
        with pytest.raises(NotSetUp, match=f"{day}.*\n.*openai:gpt-image-2"):
            alive_on(day)
    else:
        alive_on(date(2027, 1, 1))


@pytest.mark.parametrize(
    ("model", "width", "height", "fits"),
    [
        ("gpt-image-2", 1536, 864, True),
        ("gpt-image-2", 3840, 2160, True),
        ("gpt-image-2", 1536, 512, True),
        ("gpt-image-2", 1000, 1000, False),
        ("gpt-image-2", 512, 512, False),
        ("gpt-image-2", 4096, 2160, False),
        ("gpt-image-2", 3856, 1296, False),
        ("gpt-image-2", 2048, 512, False),
        ("gpt-image-1.5", 1024, 1024, True),
        ("gpt-image-1.5", 1536, 1024, True),
        ("gpt-image-1.5", 1024, 1536, True),
        ("gpt-image-1.5", 1536, 864, False),
        ("gpt-image-1.5", 1536, 1536, False),
        ("gpt-image-1.5", 512, 2048, False),
        ("sd-turbo", 500, 333, True),
    ],
)
def test_sizes_are_those_the_documents_give(model, width, height, fits):
    """The card and the simulator, written apart, agree on every size."""
    asked = Draw(prompt="a car", width=width, height=height)
    body = json.dumps({"model": model, "prompt": "a car", "size": f"{width}x{height}"}).encode()
    request = Request(method="POST", route="/images/generations", path="/images/generations", body=body)
    card = Provider().card(model, {})
    if fits:
        check_ask(card, asked)
        assert Tongue().read(request).width == width
    else:
        with pytest.raises(Invalid):
            check_ask(card, asked)
        with pytest.raises(Problem, match="size"):
            Tongue().read(request)


OFFERING = [card for card in Provider().cards() if card.options and not card.ended]
FREE = {"output_compression": 50, "max_completion_tokens": 50, "temperature": 1}
"""Values for options that a card leaves free."""


@pytest.mark.parametrize("card", OFFERING, ids=lambda card: card.model)
def test_every_option_of_a_card_is_taken(card):
    """Whatever the card offers, for each kind of ask, the simulator reads without a word against it."""
    for name, values in card.options.items():
        for value in values or (FREE[name],):
            options = {name: value} | ({"output_format": "webp"} if name == "output_compression" else {})
            for wanted in with_options(card, options):
                check_ask(card, wanted)
                said = DIALECTS[ability(wanted)].encode(card, wanted, lambda _: PNG)
                route = {"method": "POST", "route": said.path, "path": said.path}
                assert Tongue().read(Request(**route, headers=dict(said.headers), body=said.body)).model


def with_options(card, options):
    if "see" in card.does:
        yield See(images=(BLOB,), prompt="What?", options=options)
    if "draw" in card.does:
        yield Draw(prompt="a car", options=options)
    if "edit" in card.does and "moderation" not in options:
        yield Edit(kind="vary", images={"image": BLOB}, options=options)


@pytest.mark.parametrize(
    ("model", "like", "noted"),
    [
        ("gpt-image-2-2026-04-21", "gpt-image-2", False),
        ("gpt-image-1.5-2025-12-16", "gpt-image-1.5", False),
        ("gpt-image-2.7-moon", "gpt-image-2.6-sunburst", True),
        ("gpt-5.4-nano-2026-03-17", "gpt-5.4-nano", False),
        ("gpt-4o-2024-11-20", "gpt-4o", False),
        ("gpt-7-sol", "gpt-6.1-sol", True),
        ("text-embedding-4", "text-embedding-3-large", True),
    ],
)
def test_a_name_we_do_not_know_is_taken_for_one_of_its_family(model, like, noted):
    """It can and costs what its like does: a price that is not known must not count as nothing."""
    card, known = Provider().card(model, {}), Provider().card(like, {})
    assert card == replace(known, name=f"openai:{model}", note=card.note)
    assert (like in card.note) == noted


@pytest.mark.parametrize("model", ["black-forest/flux:schnell", "gpt-oss:20b", "qwen3-vl", "o", ""])
def test_any_other_name_is_a_model_on_ones_own_server(model):
    """What it can is what it is asked for, and it costs nothing until the settings say what it costs."""
    card = Provider().card(model, {})
    assert (card.model, card.price.free, card.rung) == (model, True, "native")
    assert set(card.does) == {"draw", "edit", "see", "embed"}


def test_settings_set_the_card():
    """Price and limits of a server of one's own are known to its owner alone."""
    settings = {"base_url": "http://localhost/v1", "price_per_image": 0.02, "per_second": 4, "in_flight": 2}
    card = Provider().open(Provider().card("flux", settings), settings, {}, unread).card
    assert estimate(card, CAR) == 0.02
    assert (card.limits.per_second, card.limits.in_flight) == (4.0, 2)
    settings = {"price_tokens_in": 1.0, "price_tokens_out": 2.0, "rung": "prompt"}
    card = Provider().card("gpt-image-2", settings)
    assert (card.price, card.rung) == (Price(tokens_in=1.0, tokens_out=2.0), "prompt")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"base": "x", "api_key": "y"}, "no setting api_key, base"),
        ({"per_second": "many"}, "per_second"),
        ({"in_flight": -1}, "in_flight"),
        ({"rung": "tool"}, "rung"),
    ],
)
def test_settings_that_are_none_are_bad_input(settings, told):
    """A word that does nothing would be believed to do something."""
    with pytest.raises(BadInput, match=told):
        Provider().missing(settings, {})


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_a_key_that_the_server_repeats_is_not_passed_on(status):
    """Whatever a server says back, the key it was given is in no message."""

    async def main():
        opened = Provider().open(
            Provider().card("gpt-image-2", {}), {}, {"OPENAI_API_KEY": "hunter2"}, unread
        )

        async def post(url, body, headers):
            said = {"error": {"message": f"no: {headers['Authorization']} and hunter2", "code": "x"}}
            return Answer(status, {}, json.dumps(said).encode())

        opened.wire.post = post
        with pytest.raises(ModelError) as caught:
            await opened.answer(Draw(prompt="x"))
        assert "hunter2" not in str(caught.value)

    asyncio.run(main())


@pytest.mark.parametrize("key", ["x", "none", "dummy"])
def test_a_word_for_a_key_does_not_spoil_pictures(key):
    """Servers of one's own are given any word for a key, and it may well stand in a picture's base64."""
    with serving(Script(key=key)) as sim:
        picture = ask("sd-turbo", CAR, {}, {"OPENAI_API_KEY": key, "OPENAI_BASE_URL": f"{sim.url}/v1"})
    assert codecs.inspect(picture.images[0]).media_type == "image/png"
