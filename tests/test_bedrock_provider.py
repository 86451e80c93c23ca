"""Bedrock's provider: names, regions, profiles, endpoints, keys, and what is missing."""

import asyncio
import sys
from datetime import date

import pytest
from msgspec.structs import replace

from photogram import providers
from photogram.data import Draw, Price, See
from photogram.dialect import Request
from photogram.faults import BadInput, NotSetUp
from photogram.providers.bedrock import BEARER, NOBODY, Provider, dialect, invoked
from photogram.simulator import Script, serving
from photogram.terms import check_alive, check_ask, estimate
from tests.bedrock import ENVIRON, KEY, Sent, signature

CAR = Draw(prompt="a red car", seed=7)
ENDPOINT = "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"
NOWHERE = {"AWS_CONFIG_FILE": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere"}
HERE = {**ENVIRON, **NOWHERE}


def unread(blob):
    raise AssertionError(f"no ask here holds {blob}")


def card(model, **settings):
    return Provider().card(model, settings)


def opened(model, environ=HERE, **settings):
    return Provider().open(card(model, **settings), settings, environ, unread)


def place(model, environ=HERE, **settings):
    """The address under which a model is asked."""
    return opened(model, environ, **settings)._line.base


def answer(model, ask, environ, **settings):
    """One answer from a model that is opened and closed for it."""

    async def main():
        found = opened(model, environ, **settings)
        try:
            return await found.answer(ask)
        finally:
            await found.close()

    return asyncio.run(main())


# ------------------------------------------------------------------------------ cards


def test_it_is_found_by_its_name():
    """A brief names it, and a file is all it takes."""
    assert providers.find("bedrock").card("stable-image-core", {}).provider == "bedrock"


@pytest.mark.parametrize("known", Provider().cards(), ids=lambda known: known.model)
def test_every_card_is_whole(known):
    """Its family is a dialect, its price has its day, and who follows the dead is alive."""
    cards = {card.name: card for card in Provider().cards()}
    assert callable(dialect(known).encode)
    assert known.price.read_on
    assert not known.price.free
    assert not (known.profiles and len(known.profiles) > 1 and known.regions)
    if known.eol:
        date.fromisoformat(known.eol)
        assert not cards[known.successor].eol
        assert set(cards[known.successor].does) & set(known.does)
    if "see" in known.does:
        assert known.sight.media
        assert known.sight.most_bytes == 3_932_160
    if "edit" in known.does:
        assert known.sight.media
        assert known.edits


LATER = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("model", "day"),
    [
        ("titan-image-generator", "2026-06-30"),
        ("amazon.titan-image-generator-v1", "2026-06-30"),
        ("nova-canvas", "2026-09-30"),
        ("nova-premier", "2026-09-14"),
        ("claude-3-haiku", "2026-09-10"),
        ("claude-sonnet-4", "2026-10-14"),
        ("claude-sonnet-4-5", "2027-04-08"),
        ("stable-image-core", ""),
        ("nova-2-lite", ""),
    ],
)
def test_the_dead_are_refused_with_their_successor(model, day, monkeypatch):
    """From the day of their end, and not before it."""
    monkeypatch.setattr("photogram.data.date", type("Day", (date,), {"today": lambda: LATER}))
    found = card(model)
    assert found.eol == day
    if day and date.fromisoformat(day) <= LATER:
        with pytest.raises(NotSetUp, match=f"{day}.*\n.*use bedrock:"):
            check_alive(found)
    else:
        check_alive(found)


@pytest.mark.parametrize(
    ("named", "model"),
    [
        ("stable-image-core", "stability.stable-image-core-v1:1"),
        ("stability.stable-image-core", "stability.stable-image-core-v1:1"),
        ("sd3-5-large", "stability.sd3-5-large-v1:0"),
        ("stable-image-inpaint", "stability.stable-image-inpaint-v1:0"),
        ("nova-lite", "amazon.nova-lite-v1:0"),
        ("nova-2-lite", "amazon.nova-2-lite-v1:0"),
        ("claude-haiku", "anthropic.claude-haiku-5-5"),
        ("claude-haiku-4-5", "anthropic.claude-haiku-4-5-20251001-v1:0"),
        ("claude-sonnet", "anthropic.claude-sonnet-5-5"),
        ("claude-sonnet-4-5", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("qwen3-vl", "qwen.qwen3-vl-235b-a22b"),
        ("titan-embed-text", "amazon.titan-embed-text-v2:0"),
        ("embed-v4", "cohere.embed-v4:0"),
        ("nova-2-multimodal-embeddings", "amazon.nova-2-multimodal-embeddings-v1:0"),
        ("titan-image-generator", "amazon.titan-image-generator-v2:0"),
    ],
)
def test_a_family_is_its_newest_living_model(named, model):
    """A short name is enough, and the cell says which model it was."""
    assert card(named).name == f"bedrock:{model}"


@pytest.mark.parametrize(
    ("model", "like"),
    [
        ("stability.stable-image-core-v2:0", "stability.stable-image-core-v1:1"),
        ("us.stability.stable-image-inpaint-v2:0", "stability.stable-image-inpaint-v1:0"),
        ("stability.sd4-large-v1:0", "stability.stable-image-ultra-v1:1"),
        ("amazon.nova-3-pro-v1:0", "amazon.nova-pro-v1:0"),
        ("anthropic.claude-haiku-6", "anthropic.claude-haiku-4-5-20251001-v1:0"),
        ("anthropic.claude-fable-5-1", "anthropic.claude-opus-5-5"),
        ("cohere.embed-english-v3", "cohere.embed-v4:0"),
        ("meta.llama4-maverick-17b-instruct-v1:0", "anthropic.claude-opus-5-5"),
        ("arn:aws:bedrock:us-east-1:1:application-inference-profile/abc123", "anthropic.claude-opus-5-5"),
    ],
)
def test_a_model_without_a_card_is_booked_as_one_of_its_family(model, like):
    """A price that is not known must not count as nothing, and an end that is not known is none."""
    found, known = card(model), card(like)
    assert found.name == f"bedrock:{model}"
    assert (found.family, found.price.image, found.eol) == (known.family, known.price.image, "")
    assert like in found.note
    assert found.rung == ("prompt" if model.startswith(("meta", "arn")) else known.rung)


@pytest.mark.parametrize("model", ["gpt-image-2", "", "nova", "stable"])
def test_a_name_that_no_model_has_is_bad_input(model):
    """Told with where the names are to be found."""
    with pytest.raises(BadInput, match="photogram models"):
        card(model)


@pytest.mark.parametrize(
    ("model", "width", "height", "fits"),
    [
        ("stable-image-core", 1920, 1080, True),
        ("stable-image-core", 1024, 1536, True),
        ("stable-image-core", 2100, 900, True),
        ("stable-image-core", 1024, 768, False),
        ("nova-canvas", 1280, 720, True),
        ("nova-canvas", 2048, 2048, False),
        ("nova-canvas", 1000, 1000, False),
        ("nova-canvas", 320, 1280, True),
        ("nova-canvas", 320, 1296, False),
        ("titan-image-generator", 1173, 640, True),
        ("titan-image-generator", 1280, 720, False),
    ],
)
def test_sizes_are_those_the_documents_give(model, width, height, fits):
    """The card and the simulator, written apart, agree on every size."""
    asked = Draw(prompt="a car", width=width, height=height)
    if fits:
        check_ask(card(model), asked)
    else:
        with pytest.raises(Exception, match="cannot make"):
            check_ask(card(model), asked)


# ----------------------------------------------------------------- regions and profiles


@pytest.mark.parametrize(
    ("model", "region", "asked"),
    [
        ("stable-image-core", "us-west-2", "stability.stable-image-core-v1%3A1"),
        ("stable-image-inpaint", "us-east-2", "us.stability.stable-image-inpaint-v1%3A0"),
        ("nova-2-lite", "us-west-2", "us.amazon.nova-2-lite-v1%3A0"),
        ("nova-2-lite", "ca-central-1", "us.amazon.nova-2-lite-v1%3A0"),
        ("nova-2-lite", "eu-north-1", "eu.amazon.nova-2-lite-v1%3A0"),
        ("nova-2-lite", "ap-northeast-1", "jp.amazon.nova-2-lite-v1%3A0"),
        ("nova-2-lite", "ap-south-1", "apac.amazon.nova-2-lite-v1%3A0"),
        ("nova-2-lite", "sa-east-1", "global.amazon.nova-2-lite-v1%3A0"),
        ("nova-lite", "ap-southeast-2", "apac.amazon.nova-lite-v1%3A0"),
        ("claude-haiku-4-5", "ap-southeast-2", "au.anthropic.claude-haiku-4-5-20251001-v1%3A0"),
        ("qwen3-vl", "eu-west-1", "qwen.qwen3-vl-235b-a22b"),
        ("eu.amazon.nova-lite-v1:0", "us-west-2", "eu.amazon.nova-lite-v1%3A0"),
        ("global.amazon.nova-2-lite-v1:0", "eu-west-1", "global.amazon.nova-2-lite-v1%3A0"),
    ],
)
def test_a_model_is_asked_by_the_profile_near_by(model, region, asked):
    """And an id that names a way itself is taken as it stands."""
    expected = f"https://bedrock-runtime.{region}.amazonaws.com/model/{asked}"
    assert place(model, {**HERE, "AWS_REGION": region}) == expected


def test_a_brief_chooses_region_and_profile():
    """Before the environment."""
    base = place("nova-2-lite", region="eu-west-1", inference_profile="global")
    assert base.startswith("https://bedrock-runtime.eu-west-1.amazonaws.com/model/global.amazon")


def test_an_arn_names_its_region():
    """Whatever region is set, and with its slash within the one part of the path."""
    arn = "arn:aws:bedrock:us-east-1:1:inference-profile/us.amazon.nova-lite-v1:0"
    base = place(arn)
    assert base.startswith("https://bedrock-runtime.us-east-1.amazonaws.com/model/arn%3Aaws")
    assert base.endswith("inference-profile%2Fus.amazon.nova-lite-v1%3A0")


@pytest.mark.parametrize(
    ("model", "region", "told"),
    [
        ("stable-image-core", "us-east-1", "it is in us-west-2"),
        ("stable-image-inpaint", "eu-west-1", "us-east-1, us-east-2, us-west-2"),
        ("nova-lite", "sa-east-1", "from us, eu, apac"),
        ("nova-2-lite", "", "needs a region"),
        ("amazon.nova-canvas-v1:0", "", r"\(us-east-1, eu-west-1, ap-northeast-1\)"),
    ],
)
def test_a_region_where_the_model_is_not_is_told_with_those_where_it_is(model, region, told):
    """And how to say which."""
    with pytest.raises(NotSetUp, match=told) as raised:
        place(model, {**HERE, "AWS_REGION": region})
    assert "AWS_REGION" in raised.value.do


def test_a_model_of_one_region_is_asked_there_where_nobody_says():
    """There is nothing to choose."""
    assert "us-west-2" in place("stable-image-core", {**HERE, "AWS_REGION": ""})


def test_what_is_no_region_is_told():
    """It would be a part of the address that credentials go to."""
    with pytest.raises(BadInput, match="is no region"):
        place("nova-lite", {**HERE, "AWS_REGION": "evil.com/x"})


def test_prices_are_those_of_the_way_that_is_taken():
    """A profile of a geography is dearer than the global one; what the brief says is in the plan too."""
    listed = card("nova-2-lite").price
    assert card("nova-2-lite", region="eu-west-1").price.tokens_in == pytest.approx(1.43 * listed.tokens_in)
    assert card("us.amazon.nova-2-lite-v1:0").price.tokens_out == pytest.approx(1.1 * listed.tokens_out)
    assert card("nova-2-lite", region="eu-west-1", inference_profile="global").price == listed
    found = opened("nova-2-lite", {**HERE, "AWS_REGION": "eu-west-1"}, region="eu-west-1").card
    assert found.price.tokens_in == pytest.approx(1.43 * listed.tokens_in)
    assert opened("nova-2-lite").card.price.tokens_in == pytest.approx(1.1 * listed.tokens_in)
    free = replace(card("nova-2-lite"), price=Price())
    assert Provider().open(free, {}, HERE, unread).card.price.free


# ---------------------------------------------------------------------- keys, endpoints


def test_without_the_extra_it_is_told_which(monkeypatch):
    """Nobody has to guess what to install, and there is a way without."""
    monkeypatch.setitem(sys.modules, "botocore", None)
    monkeypatch.setattr("photogram.aws.find_spec", lambda name: None)
    with pytest.raises(NotSetUp, match="not set up") as raised:
        opened("stable-image-core")
    assert "pip install 'photogram[aws]'" in raised.value.do
    assert "keyless:draw" in raised.value.do


def test_without_credentials_the_variables_are_named():
    """And the keyless way."""
    with pytest.raises(NotSetUp, match="not set up") as raised:
        opened("stable-image-core", NOWHERE)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", BEARER, "keyless:draw"):
        assert name in raised.value.do


@pytest.mark.parametrize("key", ["a\nX-Evil: 1", "ключ"])
def test_a_bearer_key_that_cannot_be_sent_is_told_before_it_is(key):
    """And it is not repeated."""
    with pytest.raises(NotSetUp, match=BEARER) as raised:
        opened("stable-image-core", {**NOWHERE, BEARER: key})
    assert key not in str(raised.value)


def test_the_environment_leads_to_a_server():
    """By the name for this service alone, or by that for all of them; signed, or with a bearer key."""
    with serving(Script(key=KEY)) as sim:
        bearing = {**NOWHERE, BEARER: KEY, ENDPOINT: sim.url}
        for environ in ({**HERE, ENDPOINT: sim.url}, {**HERE, "AWS_ENDPOINT_URL": sim.url}, bearing):
            assert answer("stable-image-core", CAR, environ).images[0].startswith(b"\x89PNG")
        assert sim.books().answered == 3


def test_a_brief_cannot_carry_credentials_away():
    """A brief may come from someone else: where it alone leads, calls are signed by nobody."""
    with serving(Script(key=KEY)) as sim:
        for environ in (HERE, {**NOWHERE, BEARER: KEY}):
            with pytest.raises(NotSetUp, match="security token"):
                answer("stable-image-core", CAR, environ, endpoint_url=sim.url)
    with serving() as sim:
        assert answer("stable-image-core", CAR, NOWHERE, endpoint_url=sim.url).images
        line = opened("stable-image-core", HERE, endpoint_url=sim.url)._line
        assert line.secrets == ()
    assert NOBODY.access == "photogram"


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("https://bedrock-runtime.us-west-2.amazonaws.com", True),
        ("https://bedrock-runtime-fips.us-west-2.amazonaws.com/", True),
        ("https://vpce-0a1b2c-xyz.bedrock-runtime.us-east-1.vpce.amazonaws.com", True),
        ("https://bedrock-runtime.cn-north-1.amazonaws.com.cn", True),
        ("http://bedrock-runtime.us-west-2.amazonaws.com", False),
        ("https://evil.s3.amazonaws.com", False),
        ("https://x.execute-api.us-west-2.amazonaws.com", False),
        ("https://bedrock-runtime.us-west-2.amazonaws.com.evil.com", False),
        ("https://evil.com/bedrock-runtime.us-west-2.amazonaws.com", False),
        ("http://127.0.0.1:8080", False),
    ],
)
def test_credentials_go_to_bedrocks_own_endpoints(url, trusted):
    """Not to whatever else stands at Amazon, where anybody can put a server."""
    line = opened("stable-image-core", HERE, endpoint_url=url)._line
    assert bool(line.secrets) == trusted


def test_what_the_environment_names_too_is_trusted():
    """The one who set the key also set the address."""
    url = "https://gateway.example.com/bedrock"
    line = opened("stable-image-core", {**HERE, ENDPOINT: url}, endpoint_url=f"{url}/other")._line
    assert line.secrets == [KEY]


def test_a_bearer_key_is_not_sent_in_the_clear():
    """Over plain http it goes to this computer itself alone."""
    with pytest.raises(NotSetUp, match="plain http"):
        opened("stable-image-core", {**NOWHERE, BEARER: "key", ENDPOINT: "http://gateway.example.com"})


def test_an_endpoint_of_ones_own_decides_where_models_are():
    """No region is refused there, and one is signed for where none is named."""
    environ = {**HERE, "AWS_REGION": "eu-west-1", ENDPOINT: "https://gateway.example.com"}
    assert place("stable-image-core", environ).startswith("https://gateway.example.com/model/stability.")
    bare = {**environ, "AWS_REGION": ""}
    assert "/model/us.amazon.nova-2-lite" in place("nova-2-lite", bare)


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://host", "http://", "http://[::1", "http://u:p@h/"])
def test_an_address_that_is_none_is_bad_input(url):
    """Told when the model is opened, before anything is planned around it."""
    with pytest.raises(BadInput, match="is not an address"):
        opened("stable-image-core", HERE, endpoint_url=url)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"profile": "work"}, "no setting profile"),
        ({"inference_profile": "mars"}, "inference_profile"),
        ({"per_second": -1}, "per_second"),
    ],
)
def test_settings_that_are_none_are_bad_input(settings, told):
    """A word that does nothing would be believed to do something."""
    with pytest.raises(BadInput, match=told):
        Provider().missing(settings, {})


def test_settings_set_the_pace():
    """An account's own quota is known to its owner alone."""
    limits = card("nova-2-lite", per_second=4, in_flight=2).limits
    assert (limits.per_second, limits.in_flight) == (4.0, 2)


# ---------------------------------------------------------------------------- the line


@pytest.mark.parametrize("size", [2, 2**20 + 1])
def test_a_body_is_signed_whatever_its_size(size):
    """The hash of megabytes is made in a thread, so that it holds up nobody, and is the same."""
    line, body = opened("stable-image-core")._line, b"x" * size
    request = Request("/invoke", body)
    given = asyncio.run(line.headers(line.base + request.path, request))
    headers = {name.lower(): value for name, value in {**request.headers, **given}.items()}
    sent = Sent(line.base + request.path, headers, body)
    assert headers["authorization"].endswith(signature(sent, "us-west-2", KEY))


def test_jobs_invoke_what_is_conversed_with_otherwise():
    """Each maker's own words; and those who have none here are told."""
    names = {
        model: invoked(card(model)).__name__.rpartition(".")[2] for model in ("nova-lite", "claude-haiku")
    }
    assert names == {"nova-lite": "nova_messages", "claude-haiku": "claude_messages"}
    assert invoked(card("stable-image-core")) is dialect(card("stable-image-core"))
    with pytest.raises(BadInput, match="only conversed with"):
        invoked(card("qwen3-vl"))


def test_an_estimate_is_there_for_every_kind_of_ask():
    """Budgets put it aside before anything is sent."""
    assert estimate(card("stable-image-core"), CAR) == 0.04
    look = See(images=(), prompt="x" * 400, schema={"properties": {"a": {}}})
    assert 0 < estimate(card("nova-lite"), look) < 0.001
