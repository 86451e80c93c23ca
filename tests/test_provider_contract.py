"""What every provider keeps to, whether it lies in providers/ or was installed beside photogram."""

import asyncio
import pickle
import re
import socket
from datetime import date

import pytest

from photogram import providers
from photogram.data import Ability, Draw, Edit, Embed, See
from photogram.faults import BadInput, Invalid, NotSetUp
from photogram.terms import ability, check_alive, check_ask, check_size, estimate

NAMES = providers.names()
CARDS = [card for name in NAMES for card in providers.find(name).cards()]
NOTHING = {}
ASKS = {
    "draw": Draw(prompt="a car"),
    "edit": Edit(kind="restyle", images={}, prompt="a car"),
    "see": See(images=(), prompt="What?"),
    "embed": Embed(text="a car"),
}
TELLING = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b|photogram\[|install|log ?in|\.env\b")
"""How one says what to do: a variable, an extra, a program to run."""

every_provider = pytest.mark.parametrize("name", NAMES)
every_card = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)


def unread(blob):
    raise AssertionError(f"no ask here holds {blob}")


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Nothing here may so much as look up a name."""

    def refuse(*where):
        raise AssertionError(f"this reaches for the network: {where}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def tried(call, *kinds):
    """What a call gives, or the error of one of these kinds that it ends in."""
    try:
        return call()
    except kinds as error:
        return error


# ------------------------------------------------------------------------------ providers


@every_provider
def test_it_is_found_by_its_name(name):
    """A brief names it, its models bear its name, and no two of them the same."""
    provider = providers.find(name)
    names = [card.name for card in provider.cards()]
    assert provider.name == name
    assert all(one.startswith(f"{name}:") and len(one) > len(name) + 1 for one in names)
    assert len(names) == len(set(names))


@every_provider
def test_a_model_is_found_by_its_name(name):
    """Each that is listed, with nothing set; and of any other either a card comes or what may be named."""
    provider = providers.find(name)
    for card in provider.cards():
        assert provider.card(card.model, NOTHING).name == card.name
    for odd in ("no-such-model", "", "../x", "a b"):
        found = tried(lambda odd=odd: provider.card(odd, NOTHING), BadInput, NotSetUp)
        assert found.do if isinstance(found, Exception) else found.name == f"{name}:{odd}"


@every_provider
def test_what_is_missing_is_told_with_what_to_do(name):
    """In one line; and opened all the same, it says no less and reaches for nothing."""
    provider = providers.find(name)
    missing = provider.missing(NOTHING, NOTHING)
    assert missing == " ".join(missing.split())
    assert not missing or TELLING.search(missing), missing
    for card in provider.cards():
        found = tried(lambda card=card: provider.open(card, NOTHING, NOTHING, unread), NotSetUp)
        if isinstance(found, NotSetUp):
            assert found.do
            continue
        assert not missing, "it opens although something is missing"
        assert found.card == card
        asyncio.run(found.close())


@every_provider
def test_a_setting_that_does_nothing_is_not_taken(name):
    """It would be believed to do something."""
    provider, settings = providers.find(name), {"no_such_setting": 1}
    calls = [lambda card=card: provider.card(card.model, settings) for card in provider.cards()]
    calls.append(lambda: provider.missing(settings, NOTHING))
    told = [found for call in calls if isinstance(found := tried(call, BadInput), BadInput)]
    assert told
    assert all(error.do for error in told)


# ---------------------------------------------------------------------------------- cards


@every_card
def test_a_card_is_whole(card):
    """It can something, and has what that needs."""
    assert card.does
    assert set(card.does) <= set(ASKS)
    assert ("edit" in card.does) == bool(card.edits)
    assert not card.mask or card.edits
    assert all(number > 0 for number in card.dimensions)
    assert pickle.loads(pickle.dumps(card)) == card
    if "draw" in card.does and not card.ended:
        check_size(card, *card.sizes.default)


@every_card
def test_a_price_has_its_day(card):
    """What costs was read on a day; what is put aside for an ask is never less than what it may cost."""
    price = card.price
    if not price.free:
        assert date.fromisoformat(price.read_on) <= date.today()
    assert 0 < price.batch <= 1
    assert all(0 < rate.image <= price.image for rate in price.rates if not rate.most_pixels)
    assert all(set(rate.options) <= set(card.options) for rate in price.rates)
    if not card.ended:
        assert all(estimate(card, ASKS[does]) >= 0 for does in card.does)


@every_card
def test_an_end_has_its_day_and_its_heir(card):
    """Who takes its place is named in full, lives, and can what it could."""
    for day in filter(None, (card.legacy, card.eol)):
        date.fromisoformat(day)
    if not card.eol:
        return
    provider, _, model = card.successor.partition(":")
    heir = next(one for one in providers.find(provider).cards() if one.model == model)
    assert not heir.ended
    assert set(heir.does) & set(card.does)
    if card.ended:
        with pytest.raises(NotSetUp, match=re.escape(card.successor)):
            check_alive(card)


@every_card
def test_what_it_cannot_is_refused_before_it_is_asked(card):
    """By what the card says: another kind of ask, an option it has not, more words than it reads."""
    for does, ask in ASKS.items():
        if does not in card.does:
            with pytest.raises(Invalid, match=re.escape(card.name)):
                check_ask(card, ask)
    for does in set(card.does) - {"embed"}:
        with pytest.raises(Invalid):
            check_ask(card, type(ASKS[does])(**{**_fields(ASKS[does]), "options": {"no such option": 1}}))
    if "embed" in card.does:
        with pytest.raises(Invalid):
            check_ask(card, Embed(text="x", dimensions=7))


def _fields(ask):
    return {name: getattr(ask, name) for name in ask.__struct_fields__}


@every_card
def test_an_open_model_refuses_it_too(card):
    """Without a call, where it can be opened with nothing set up at all."""
    provider = providers.find(card.provider)
    if provider.missing(NOTHING, NOTHING) or len(card.does) == len(ASKS):
        return
    wrong = next(ask for does, ask in ASKS.items() if does not in card.does)

    async def main():
        model = provider.open(card, NOTHING, NOTHING, unread)
        try:
            await model.answer(wrong)
        finally:
            await model.close()

    with pytest.raises(Invalid):
        asyncio.run(main())


def test_every_ability_is_asked_here():
    """A new kind of ask has its place in this contract."""
    assert {ability(ask) for ask in ASKS.values()} == set(ASKS) == set(Ability.__args__)
