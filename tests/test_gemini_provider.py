"""Gemini's provider: keys, addresses, cards and settings, and answers over a real connection."""

import asyncio
import io
import json
from datetime import date
from hashlib import sha256

import numpy as np
import pytest
from PIL import Image

from photogram import providers
from photogram.data import Blob, Draw, Edit, Embed, See
from photogram.dialect import Answer
from photogram.faults import BadInput, Broken, Busy, Invalid, ModelError, NotSetUp, OutOfQuota, Refused
from photogram.guards import Retrying
from photogram.providers.gemini import FAMILIES, HOME, Provider
from photogram.simulator import Script, serving
from photogram.simulator.tongues.gemini import images, sight, vectors
from photogram.terms import check_alive, check_ask, estimate

PAINTER, SEER = "gemini-nano-banana-2.1", "gemini-3.5-flash-lite"
KEYED = {"GEMINI_API_KEY": "AIza-test"}
CAR = Draw(prompt="a red car", seed=7)


def unread(blob):
    raise AssertionError(f"no ask here holds {blob}")


def png(width, height, colour=(200, 20, 20)):
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return file.getvalue()


PHOTO = png(1264, 848)
HANDLE = Blob(sha256=sha256(PHOTO).hexdigest(), media_type="image/png", size=len(PHOTO))


def ask(model, ask, settings, environ=None, wrap=lambda model: model):
    """One answer from a model that is opened and closed for it."""

    async def main():
        provider = Provider()
        opened = provider.open(
            provider.card(model, settings), settings, environ or {}, {HANDLE: PHOTO}.__getitem__
        )
        try:
            return await wrap(opened).answer(ask)
        finally:
            await opened.close()

    return asyncio.run(main())


def test_it_is_found_by_its_name():
    """A brief names it, and a file is all it takes."""
    assert "gemini" in providers.names()
    assert providers.find("gemini").card(PAINTER, {}).name == f"gemini:{PAINTER}"


# --------------------------------------------------------------------------- answering


@pytest.mark.parametrize("model", images.MAKERS)
def test_a_picture_comes_with_what_it_took(model):
    """The bytes as the server sent them, and the price of the tokens that it counted."""
    with serving() as sim:
        picture = ask(model, CAR, {"base_url": sim.url})
    assert picture.images[0].startswith(b"\x89PNG")
    assert (picture.usage.images, picture.made) == (1, {"version": model})
    assert picture.usage.dollars == pytest.approx(sim.books().dollars)
    assert picture.usage.dollars == pytest.approx(estimate(Provider().card(model, {}), CAR), abs=1e-5)
    assert picture.usage.seconds > 0


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [(64, 64, (1024, 1024)), (1920, 1080, (2752, 1536)), (3000, 2000, (5056, 3392))],
)
def test_a_picture_is_of_the_class_that_was_asked_for(width, height, size):
    """The least that has as many pixels; and its price was known before."""
    drawn = Draw(prompt="a car", width=width, height=height)
    with serving() as sim:
        picture = ask(PAINTER, drawn, {"base_url": sim.url})
    assert Image.open(io.BytesIO(picture.images[0])).size == size
    assert picture.usage.dollars == pytest.approx(estimate(Provider().card(PAINTER, {}), drawn), abs=1e-5)


def test_an_edit_costs_no_more_than_was_put_aside():
    """Its size is the picture's, which a plan does not know: the dearest, unless the class is said."""
    edit = Edit(kind="vary", images={"image": HANDLE})
    told = Edit(kind="vary", images={"image": HANDLE}, options={"resolution": "1K"})
    card = Provider().card(PAINTER, {})
    with serving() as sim:
        dollars = ask(PAINTER, edit, {"base_url": sim.url}).usage.dollars
        assert sim.books().dollars == pytest.approx(dollars)
    assert dollars < estimate(card, edit) == pytest.approx(0.1134 + 1120 * 1.5e-6)
    assert dollars == pytest.approx(estimate(card, told), rel=0.02)


def test_words_come_with_what_they_took():
    """In the shape that was asked for."""
    schema = {
        "type": "object",
        "properties": {"description": {"type": "string"}},
        "required": ["description"],
    }
    with serving() as sim:
        said = ask(SEER, See(images=(HANDLE,), prompt="What?", schema=schema), {"base_url": sim.url})
    assert set(said.data) == {"description"}
    assert said.usage.dollars == pytest.approx(sim.books().dollars)


@pytest.mark.parametrize(
    ("model", "asked"),
    [
        ("gemini-embedding-001", Embed(text="a red car", dimensions=768)),
        ("gemini-embedding-2", Embed(text="a red car")),
        ("gemini-embedding-2", Embed(image=HANDLE, dimensions=1536)),
    ],
)
def test_a_vector_comes_with_what_it_took(model, asked):
    """One long, whatever the server sent."""
    with serving() as sim:
        point = ask(model, asked, {"base_url": sim.url})
    assert len(point.vector) == (asked.dimensions or 3072)
    assert np.linalg.norm(point.vector) == pytest.approx(1)
    assert point.usage.dollars == pytest.approx(sim.books().dollars)


@pytest.mark.parametrize(
    ("script", "error", "unsure"),
    [
        (Script(refuse="red"), Refused, None),
        (Script(refuse="red", refuse_at="output"), Refused, None),
        (Script(broken="red"), Broken, False),
        (Script(key="other"), NotSetUp, None),
        (Script(faults={"500": 1}), Broken, False),
        (Script(faults={"503": 1}), Broken, False),
        (Script(faults={"408": 1}), Broken, False),
        (Script(faults={"429": 1}), Busy, None),
        (Script(faults={"reset": 1}), Broken, True),
        (Script(faults={"truncated": 1}), Broken, True),
        (Script(faults={"html": 1}), Broken, True),
        (Script(faults={"not json": 1}), Broken, True),
        (Script(faults={"no data": 1}), Broken, True),
        (Script(faults={"bad base64": 1}), Broken, True),
        (Script(faults={"NO_IMAGE": 1}), Broken, False),
        (Script(faults={"IMAGE_OTHER": 1}), Broken, False),
        (Script(faults={"MALFORMED_RESPONSE": 1}), Broken, False),
        (Script(faults={"IMAGE_SAFETY": 1}), Refused, None),
        (Script(faults={"IMAGE_RECITATION": 1}), Refused, None),
        (Script(faults={"words for a picture": 1}), Refused, None),
        (Script(faults={"blocked": 1}), Refused, None),
        (Script(faults={"daily quota": 1}), OutOfQuota, None),
    ],
)
def test_every_fault_is_told_with_what_it_may_have_cost(script, error, unsure):
    """From a real server over a real connection: the error, and whether money may have gone."""
    with serving(script) as sim, pytest.raises(error) as raised:
        ask(PAINTER, CAR, {"base_url": sim.url})
    assert getattr(raised.value, "unsure", None) == unsure
    assert unsure is not False or sim.books().dollars == 0


@pytest.mark.parametrize("fault", ["NO_IMAGE", "IMAGE_OTHER", "MALFORMED_RESPONSE"])
def test_a_picture_that_did_not_come_is_tried_for_once_more(fault):
    """And not five times: it was not the network that failed."""
    with serving(Script(faults={fault: 1})) as sim, pytest.raises(Broken, match=fault):
        ask(PAINTER, CAR, {"base_url": sim.url}, wrap=lambda model: Retrying(model, chance=lambda: 0.0))
    assert sim.books().calls == 2


@pytest.mark.parametrize(
    "wrong",
    [
        Draw(prompt="a car", width=800, height=400),
        Draw(prompt="a car", options={"quality": "low"}),
        Draw(prompt="a car", options={"thinking": "low"}),
        Draw(prompt=""),
        Edit(kind="upscale", images={}),
        See(images=()),
        Embed(text="a car"),
    ],
)
def test_an_ask_that_cannot_succeed_is_not_sent(wrong):
    """What the card already knows costs no call."""
    with serving() as sim, pytest.raises(Invalid):
        ask(PAINTER, wrong, {"base_url": sim.url})
    assert sim.books().calls == 0


# ------------------------------------------------------------------------ keys, addresses


@pytest.mark.parametrize(
    ("settings", "environ", "needs"),
    [
        ({}, {}, True),
        ({}, {"GEMINI_API_KEY": "  "}, True),
        ({}, KEYED, False),
        ({}, {"GOOGLE_API_KEY": "AIza"}, False),
        ({"base_url": HOME + "/"}, {}, True),
        ({"base_url": "http://localhost:8080"}, {}, False),
        ({}, {"GOOGLE_GEMINI_BASE_URL": "http://localhost:8080"}, False),
        ({"base_url": HOME}, {"GOOGLE_GEMINI_BASE_URL": "http://localhost:8080"}, True),
    ],
)
def test_a_key_is_needed_for_google_and_for_no_server_of_ones_own(settings, environ, needs):
    """The one who has no key is told both the variable and the way without."""
    missing = Provider().missing(settings, environ)
    assert bool(missing) == needs
    if needs:
        assert "GEMINI_API_KEY" in missing
        assert "keyless:draw" in missing
        with pytest.raises(NotSetUp, match="keyless:draw"):
            Provider().open(Provider().card(PAINTER, {}), settings, environ, unread)


def test_the_key_is_read_as_googles_own_kit_reads_it():
    """GOOGLE_API_KEY before GEMINI_API_KEY, where both are set; an empty one is none."""
    both = {"GOOGLE_API_KEY": "AIza-1", "GEMINI_API_KEY": "AIza-2"}
    with serving(Script(key="AIza-1")) as sim:
        assert ask(PAINTER, CAR, {}, {**both, "GOOGLE_GEMINI_BASE_URL": sim.url}).images
        with pytest.raises(NotSetUp, match="GEMINI_API_KEY"):
            ask(PAINTER, CAR, {}, {**both, "GOOGLE_API_KEY": " ", "GOOGLE_GEMINI_BASE_URL": sim.url})


def test_the_key_goes_where_the_environment_says():
    """The person who set the key also set the address."""
    with serving(Script(key="AIza-test")) as sim:
        environ = {**KEYED, "GOOGLE_GEMINI_BASE_URL": f"{sim.url}/\n"}
        assert ask(PAINTER, CAR, {}, environ).images
        assert ask(PAINTER, CAR, {"base_url": sim.url}, environ).images


def test_a_brief_cannot_carry_the_key_away():
    """A brief may come from someone else; the key does not go where only the brief says."""
    with (
        serving(Script(key="AIza-test")) as sim,
        pytest.raises(NotSetUp, match="key was not taken") as raised,
    ):
        ask(PAINTER, CAR, {"base_url": sim.url}, KEYED)
    assert "GOOGLE_GEMINI_BASE_URL" in raised.value.do


@pytest.mark.parametrize(
    ("settings", "environ", "version"),
    [
        ({}, {}, "v1"),
        ({"api_version": "v1beta"}, {}, "v1beta"),
        ({}, {"GOOGLE_GENAI_API_VERSION": "v1beta"}, "v1beta"),
        ({}, {"GOOGLE_GENAI_API_VERSION": "beta"}, "v1beta"),
        ({"api_version": "v1"}, {"GOOGLE_GENAI_API_VERSION": "beta"}, "v1"),
    ],
)
def test_the_version_is_the_kits_unless_told(settings, environ, version):
    """v1 for all that is asked here."""
    with serving() as sim:
        ask(PAINTER, CAR, {**settings, "base_url": sim.url}, environ)
        assert sim.heard[0].path == f"/{version}/models/{PAINTER}:generateContent"


@pytest.mark.parametrize("key", ["AIza\nX-Evil: 1", "ключ"])
def test_a_key_that_cannot_be_sent_is_told_before_it_is(key):
    """And it is not repeated."""
    with pytest.raises(NotSetUp, match="GEMINI_API_KEY") as raised:
        ask(PAINTER, CAR, {}, {"GEMINI_API_KEY": key})
    assert key not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("localhost:8080", "is not an address"),
        ("ftp://host", "is not an address"),
        ("http://[::1", "is not an address"),
        ("http://h/?a=1", "is not an address"),
        ("http://u:p@h/", "is not an address"),
        (f"{HOME}/v1beta/", 'api_version = "v1beta"'),
    ],
)
def test_an_address_that_is_none_is_bad_input(url, told):
    """Told when the model is opened, before anything is planned around it."""
    with pytest.raises(BadInput) as raised:
        Provider().missing({"base_url": url}, {})
    assert told in str(raised.value)


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
def test_a_key_that_the_server_repeats_is_not_passed_on(status):
    """Whatever a server says back, the key it was given is in no message."""

    async def main():
        opened = Provider().open(Provider().card(PAINTER, {}), {}, {"GEMINI_API_KEY": "hunter2"}, unread)

        async def post(url, body, headers):
            assert headers["x-goog-api-key"] == "hunter2"
            assert "hunter2" not in url
            said = {"error": {"message": "no: hunter2", "status": "hunter2"}}
            return Answer(status, {}, json.dumps(said).encode())

        opened.wire.post = post
        with pytest.raises(ModelError) as caught:
            await opened.answer(CAR)
        assert "hunter2" not in str(caught.value)

    asyncio.run(main())


# ---------------------------------------------------------------------- cards, settings


def test_every_card_stands_in_its_file():
    """Names are of this provider, prices have their day, and the dead name who follows them."""
    known = {card.name: card for card in Provider().cards()}
    for card in known.values():
        assert (card.provider, card.family in ("gemini", "gemini_embeddings")) == ("gemini", True)
        assert card.price.read_on or card.ended
        if card.eol:
            date.fromisoformat(card.eol)
        if card.eol or card.legacy:
            assert not known[card.successor].eol


def test_cards_and_simulator_written_apart_agree():
    """On who lives, on every size, on the price of every class, and on how each may think."""
    known = {card.model: card for card in Provider().cards()}
    living = {*images.MAKERS, *sight.SEERS, *vectors.EMBEDDERS}
    assert {model for model, card in known.items() if not card.ended} <= living
    assert all(known[model].eol > "2026-11-24" for model in living if known[model].eol)  # when it was written
    for model, maker in images.MAKERS.items():
        card = known[model]
        assert card.sizes.ratios == maker.sizes
        assert card.references == maker.pictures
        assert card.options.get("thinking", ()) == maker.thinks
        for group, tokens in maker.tokens.items():
            drawn = Draw(prompt="", options={"resolution": group} if maker.told_class else {})
            words = estimate(card, drawn)
            assert words == pytest.approx(tokens * card.price.image_tokens_out / 1e6)
    for model, levels in sight.SEERS.items():
        assert known[model].options.get("thinking", ()) == levels


@pytest.mark.parametrize("model", images.MAKERS)
def test_every_size_that_can_be_had_can_be_asked_for(model):
    """And is priced by its class, as if the class had been said."""
    card = Provider().card(model, {})
    for group, times in (card.sizes.classes or {"": 1.0}).items():
        for width, height in card.sizes.ratios.values():
            sized = Draw(prompt="x", width=round(width * times), height=round(height * times))
            check_ask(card, sized)
            told = Draw(prompt="x", options={"resolution": group} if group else {})
            assert estimate(card, sized) == pytest.approx(estimate(card, told))


@pytest.mark.parametrize(
    ("model", "successor"),
    [
        ("gemini-pro-vision", "gemini-3.5-flash-lite"),
        ("imagen-4.0-generate-001", "gemini-nano-banana-2.1"),
        ("imagen-4.0-ultra-generate-preview-06-06", "gemini-nano-banana-2.1"),
        ("gemini-3.1-flash-image-preview", "gemini-nano-banana-2.1"),
        ("gemini-2.5-flash-image-preview", "gemini-3.1-flash-lite-image"),
        ("text-embedding-004", "gemini-embedding-2"),
    ],
)
def test_the_dead_are_refused_with_their_successor(model, successor):
    """By name, and by family where the name is not known."""
    with pytest.raises(NotSetUp, match=f"gemini:{successor}"):
        check_alive(Provider().card(model, {}))


@pytest.mark.parametrize(
    ("model", "like", "does"),
    [
        ("gemini-4-flash-image", "gemini-nano-banana-2.1", "draw"),
        ("gemini-nano-banana-3", "gemini-nano-banana-2.1", "draw"),
        ("gemini-4-flash-lite-image", "gemini-3.1-flash-lite-image", "draw"),
        ("gemini-4-pro-image", "gemini-3-pro-image", "draw"),
        ("nano-banana-pro-preview", "gemini-3-pro-image", "draw"),
        ("gemini-4-hydrogen", "gemini-3.8-flash", "see"),
        ("gemini-flash-lite-latest", "gemini-3.5-flash-lite", "see"),
        ("gemini-embedding-3", "gemini-embedding-2", "embed"),
    ],
)
def test_a_model_of_the_family_is_booked_as_the_one_we_know(model, like, does):
    """A price that is not known must not count as nothing."""
    card, known = Provider().card(model, {}), Provider().card(like, {})
    assert (card.model, card.does, card.price) == (model, known.does, known.price)
    assert does in card.does
    assert f"{like}'s" in card.note
    check_alive(card)


def test_families_are_of_cards_that_are_there():
    """A table of names that stand in the file beside."""
    known = {card.model for card in Provider().cards()}
    assert set(FAMILIES.values()) <= known


def test_any_other_name_is_bad_input():
    """With the names that there are."""
    with pytest.raises(BadInput, match=r"gemini-nano-banana-2\.1"):
        Provider().card("gpt-image-2", {})


def test_settings_set_the_card():
    """Price and limits of an account are known to its owner alone."""
    settings = {"price_per_image": 0.02, "per_second": 4, "in_flight": 2}
    card = Provider().card(PAINTER, settings)
    assert estimate(card, CAR) == 0.02
    assert (card.limits.per_second, card.limits.in_flight) == (4.0, 2)
    assert Provider().card(SEER, settings).price == Provider().card(SEER, {}).price


def test_a_price_of_ones_own_is_what_is_booked():
    """Whatever the server counts."""
    with serving(Script(price=0.02)) as sim:
        usage = ask(PAINTER, CAR, {"base_url": sim.url, "price_per_image": 0.02}).usage
    assert usage.dollars == sim.books().dollars == 0.02


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"base": "x", "api_key": "y"}, "no setting api_key, base"),
        ({"per_second": "many"}, "per_second"),
        ({"in_flight": -1}, "in_flight"),
        ({"api_version": "beta/../x"}, "api_version"),
    ],
)
def test_settings_that_are_none_are_bad_input(settings, told):
    """A word that does nothing would be believed to do something."""
    with pytest.raises(BadInput, match=told):
        Provider().missing(settings, {})
