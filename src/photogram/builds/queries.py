"""The vector of what somebody looks by: asked of the model of a space, paid for and booked."""

import numpy as np

from photogram.data import Ask, Embed, Point
from photogram.dataset import Dataset
from photogram.desk import Desk
from photogram.faults import BadInput, Invalid, OverBudget
from photogram.finding.port import Shelf
from photogram.finding.vectors import Vector
from photogram.guards import Pace
from photogram.looping import run_to_end
from photogram.terms import estimate

WITHIN = 20.0
"""Seconds in which a busy provider is asked again."""


def of_picture(opened: Dataset, shelf: Shelf, data: bytes) -> Vector:
    desk = Desk(opened.store.read)
    return _asked(opened, shelf, Embed(image=desk.lay(data), purpose="query"), desk)


def of_text(opened: Dataset, shelf: Shelf, text: str) -> Vector | None:
    """The vector of a text; nothing from a model that takes pictures alone."""
    try:
        return _asked(opened, shelf, Embed(text=text, purpose="query"), Desk(opened.store.read))
    except Invalid:
        return None


def _asked(opened: Dataset, shelf: Shelf, ask: Embed, desk: Desk) -> Vector:
    column, space = shelf.space.name, shelf.space
    opened.asking.ready(column)
    card = opened.asking.card(column)
    assert card is not None
    if card.edition != space.model:
        raise BadInput(
            f"{column} in the index is of {space.model}, and the brief names {card.edition}",
            do="`photogram embed` and `photogram index` make it anew, or name the old model in the brief",
        )
    own = space.dimensions if space.dimensions in card.dimensions and len(card.dimensions) > 1 else 0
    ask = Embed(text=ask.text, image=ask.image, purpose="query", dimensions=own)
    cost = estimate(card, ask)
    if cost > opened.brief.budget.dollars - opened.ledger.booked():
        raise OverBudget(
            f"the budget is reached: looking by {card.name} may cost {cost:.6f} dollars",
            do="raise [budget] in brief.toml, or look without that space (--space)",
        )
    point = run_to_end(_answer(opened, column, ask, desk))
    if point.usage.dollars:
        opened.ledger.book(card.edition, point.usage.dollars)
    vector = np.asarray(point.vector, np.float32)
    if len(vector) != space.dimensions:
        raise BadInput(f"{card.name} answered {len(vector)} numbers, and {column} has {space.dimensions}")
    return vector


async def _answer(opened: Dataset, column: str, ask: Ask, desk: Desk) -> Point:
    model = opened.asking.model(column, Pace(width=1), WITHIN, desk)
    try:
        reply = await model.answer(ask)
    finally:
        await model.close()
    assert isinstance(reply, Point)
    return reply
