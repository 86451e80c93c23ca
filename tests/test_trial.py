"""doctor --ask: whether a model really answers, asked once, paid for and booked."""

import pytest

from photogram import verbs
from photogram.data import Card, Draw, Edit, Embed, Price, Rate, See
from photogram.desk import Desk
from photogram.simulator import Script, serving
from photogram.terms import check_ask, estimate
from photogram.trial import cheapest

from .small import ANNOTATE, files, typed, write


def finding(folder, word):
    return next(found for found in verbs.doctor(folder, ask=True) if word in found.what)


def test_nobody_is_asked_unasked(tmp_path):
    """Looking costs nothing."""
    with serving(Script()) as sim:
        folder = write(tmp_path, url=sim.url, price=0.01)
        verbs.doctor(folder)
        assert sim.books().calls == 0


def test_a_model_that_answers_is_said_to(tmp_path):
    """With its price, which is in the books; no row is made, and nothing is left in the folder."""
    with serving(Script()) as sim:
        folder = write(tmp_path, url=sim.url, price=0.01)
        verbs.plan(folder)
        before = files(folder)
        found = finding(folder, "openai:pictures answered")
        assert (found.well, sim.books().calls) == (True, 1)
    assert "for $0.0100" in found.what
    assert verbs.status(folder).booked == pytest.approx(0.01)
    assert files(folder) == before


def test_what_a_model_says_instead_is_told(tmp_path):
    """A key that is not taken, and with it what to do."""
    with serving(Script(key="another")) as sim:
        found = finding(write(tmp_path, url=sim.url), "401")
    assert not found.well
    assert "OPENAI_API_KEY" in found.do


def test_a_lost_answer_is_booked_as_perhaps_paid(tmp_path):
    """As anywhere else."""
    with serving(Script(faults={"reset": 1.0})) as sim:
        folder = write(tmp_path, url=sim.url, price=0.01)
        assert not finding(folder, "the connection").well
    assert verbs.status(folder).booked == pytest.approx(0.01)


def test_what_there_is_no_money_for_is_not_asked(tmp_path):
    """The budget holds for the doctor too."""
    with serving(Script()) as sim:
        folder = write(tmp_path, url=sim.url, price=0.01, budget=0.001)
        found = finding(folder, "was not asked")
        assert (found.well, sim.books().calls) == (False, 0)
    assert "[budget]" in found.do


def test_the_keyless_models_are_asked_too(tmp_path, capsys):
    """Each column's model, by command."""
    code, out, _ = typed(capsys, "doctor", write(tmp_path, more=ANNOTATE), "--ask")
    assert code == 0
    assert "keyless:draw answered" in out
    assert "keyless:measure answered" in out


@pytest.mark.parametrize(
    ("card", "kind"),
    [
        (Card(name="a:b", does=("draw",)), Draw),
        (Card(name="a:b", does=("see",)), See),
        (Card(name="a:b", does=("edit",), edits=("erase", "inpaint")), Edit),
        (Card(name="a:b", does=("edit",), edits=("upscale",)), Edit),
        (Card(name="a:b", does=("embed",)), Embed),
    ],
)
def test_the_cheapest_ask_is_one_the_card_allows(card, kind):
    """For every kind of model."""
    ask = cheapest(card, card.does[0], Desk(lambda blob: b""))
    assert isinstance(ask, kind)
    check_ask(card, ask)


def test_the_cheapest_picture_is_of_the_lowest_rate():
    """A trial need not be of high quality."""
    rates = (Rate(options={"quality": "high"}, image=0.2), Rate(options={"quality": "low"}, image=0.01))
    card = Card(name="a:b", does=("draw",), price=Price(image=0.3, rates=rates), options={"quality": ()})
    assert estimate(card, cheapest(card, "draw", Desk(lambda blob: b""))) == 0.01
