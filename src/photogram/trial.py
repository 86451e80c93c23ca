"""Whether a model really answers: the cheapest ask there is, sent once, paid for and booked."""

from importlib import import_module
from time import perf_counter
from typing import Any

from photogram.asking import ability
from photogram.data import Ask, Blob, Card, Draw, Edit, Embed, See
from photogram.dataset import Dataset
from photogram.desk import Desk
from photogram.faults import Broken, ModelError, PhotogramError
from photogram.guards import Pace
from photogram.looping import run_to_end
from photogram.results import Finding
from photogram.terms import estimate

WITHIN = 20.0
"""Seconds in which a busy provider is asked again."""

_WORD = {"type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"]}


def asked(opened: Dataset, column: str) -> Finding:
    """What came of asking the model of a column."""
    card = opened.asking.card(column)
    assert card is not None
    desk = Desk(opened.store.read)
    ask = cheapest(card, ability(column) or "", desk)
    if isinstance(ask, Embed) and "image" in opened.step(column).needs:
        ask = Embed(image=_grey(desk, 64, 64))
    cost, budget = estimate(card, ask), opened.brief.budget.dollars
    if cost > budget - opened.ledger.booked():
        do = f"raise [budget] dollars, of which {opened.ledger.booked():.4f} are spent"
        return Finding(what=f"{card.name} was not asked: it may cost ${cost:.4f}", well=False, do=do)
    started = perf_counter()
    try:
        dollars = run_to_end(_answer(opened, column, ask, desk))
    except PhotogramError as error:
        if isinstance(error, Broken) and error.unsure and cost:
            opened.ledger.book(card.edition, cost)
        return Finding(what=error.what, well=False, do=error.do or _said_of(error))
    if dollars:
        opened.ledger.book(card.edition, dollars)
    price = f", for ${dollars:.4f}" if dollars else ""
    return Finding(what=f"{card.name} answered in {perf_counter() - started:.1f} s{price}", well=True)


def _said_of(error: PhotogramError) -> str:
    return "try again later" if isinstance(error, ModelError) else "see the message"


async def _answer(opened: Dataset, column: str, ask: Ask, desk: Desk) -> float:
    model = opened.asking.model(column, Pace(width=1), WITHIN, desk)
    try:
        return (await model.answer(ask)).usage.dollars
    finally:
        await model.close()


def cheapest(card: Card, what: str, desk: Desk) -> Ask:
    """The least that can be asked of a model; what it is shown is grey, and is not kept."""
    if what == "draw":
        return _least_paid(card, Draw(prompt="a grey square"))
    if what == "see":
        grey = _grey(desk, 64, 64)
        return See(images=(grey,), prompt="Which colour is this picture? Answer in one word.", schema=_WORD)
    if what == "edit":
        kind = "inpaint" if "inpaint" in card.edits else card.edits[0]
        images, mask = {"image": _grey(desk, *card.sizes.default)}, _middle(desk, *card.sizes.default)
        return Edit(kind=kind, images=images, prompt="a scratch", mask=mask, facts={"defect": "scratch"})
    return Embed(text="grey")


def _least_paid(card: Card, ask: Draw) -> Draw:
    """The same ask under the options of the lowest rate."""
    rates = sorted(card.price.rates, key=lambda rate: rate.image)
    options: dict[str, Any] = dict(rates[0].options) if rates else {}
    return Draw(prompt=ask.prompt, options=options)


def _grey(desk: Desk, width: int, height: int) -> Blob:
    codecs, numpy = import_module("photogram.pixels.codecs"), import_module("numpy")
    return desk.lay(codecs.encode_png(numpy.full((height, width, 3), 128, "uint8")))


def _middle(desk: Desk, width: int, height: int) -> Blob:
    masks = import_module("photogram.pixels.masks")
    mask = masks.box(width // 4, height // 4, width // 2, height // 2, width, height)
    return desk.lay(masks.encode(mask))
