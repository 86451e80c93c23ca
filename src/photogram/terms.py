"""A model's terms, read off its card: whether an ask can succeed, and what it should cost.

All of it is known before anything is sent, so a plan can say it and nobody pays to find out.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, cast

from msgspec.structs import replace

from photogram.data import Ask, Card, Draw, Edit, Embed, Option, See, Sizes
from photogram.faults import Invalid, NotSetUp

NOTICE = timedelta(days=120)
"""So long before its end a model is said to have one."""


def in_batch(card: Card) -> Card:
    """The same model at what it costs in a batch job."""
    price, by = card.price, card.price.batch
    amounts = ("image", "image_in", "tokens_in", "tokens_out", "image_tokens_in", "image_tokens_out")
    rates = tuple(replace(rate, image=rate.image * by) for rate in price.rates)
    scaled = {name: getattr(price, name) * by for name in amounts}
    return replace(card, price=replace(price, **scaled, rates=rates, batch=1.0))


def ability(ask: Ask) -> str:
    """The word a card uses for this kind of ask."""
    return type(ask).__name__.lower()


def estimate(card: Card, ask: Ask) -> float:
    """What answering this ask should cost in dollars, before it is sent."""
    price = card.price
    if isinstance(ask, (Draw, Edit)):
        shown = len(ask.references) if isinstance(ask, Draw) else len(ask.images) + bool(ask.mask)
        return image_price(card, ask) + _read_in(card, len(ask.prompt), shown)
    if isinstance(ask, See):
        fields = _fields(ask.schema)
        said = (200 + 40 * fields) * price.tokens_out / 1e6
        return _read_in(card, len(ask.prompt) + 120 * fields, len(ask.images)) + said
    if ask.image:
        return price.image_in or _read_in(card, 0, 1)
    return (len(ask.text) / 4 or 1) * price.tokens_in / 1e6


def _fields(schema: Mapping[str, Any]) -> int:
    """How many things an answer says; an object within it says each of its own."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    inner = [cast(dict[str, Any], part) if isinstance(part, dict) else {} for part in properties.values()]
    return sum(_fields(part) or 1 for part in inner)


def _read_in(card: Card, letters: int, pictures: int) -> float:
    """What the words and the pictures sent should cost, where those are billed."""
    price, tokens = card.price, card.sight.tokens * pictures
    return (letters / 4 * price.tokens_in + tokens * (price.image_tokens_in or price.tokens_in)) / 1e6


def image_price(card: Card, ask: Draw | Edit) -> float:
    """The list price of one picture: the first rate that fits, or else the dearest."""
    width, height = picture_size(card, ask)
    pixels, price = width * height, card.price
    times = max(1.0, pixels / price.grows_from) if price.grows_from else 1.0
    for rate in price.rates:
        fits = not rate.most_pixels or 0 < pixels <= rate.most_pixels
        if fits and all(str(ask.options.get(name, "")) == value for name, value in rate.options.items()):
            return rate.image * times
    return price.image * times


def picture_size(card: Card, ask: Draw | Edit) -> tuple[int, int]:
    """The size of the picture that is to come, as far as the ask decides on it; else 0 × 0."""
    if isinstance(ask, Edit):
        return 0, 0
    width, height = (ask.width, ask.height) if ask.width or ask.height else card.sizes.default
    return nearest(card, width, height)[2] if card.sizes.ratios else (width, height)


RATIO_SLACK = 0.02
"""Proportions this near are the same: providers' own sizes are no nearer to the names they give them."""


def by_ratio(card: Card, width: int, height: int) -> tuple[str, str, tuple[int, int]]:
    """For a model that is asked by proportions: the ratio, the class of size, and the size that comes.

    The class is the smallest that has as many pixels as were asked for, or else the largest.
    """
    ratio, group, size = nearest(card, width, height)
    if _apart(ratio, card.sizes.ratios[ratio], width, height) > RATIO_SLACK:
        known = ", ".join(f"{name} ({w}x{h})" for name, (w, h) in card.sizes.ratios.items())
        raise Invalid(f"{card.name} cannot make {width}x{height}: its proportions are {known}")
    return ratio, group, size


def nearest(card: Card, width: int, height: int) -> tuple[str, str, tuple[int, int]]:
    """The same, however far the nearest proportions are from those asked for."""
    sizes = card.sizes
    ratio = min(sizes.ratios, key=lambda name: _apart(name, sizes.ratios[name], width, height))
    wide, tall = sizes.ratios[ratio]
    classes = sorted(sizes.classes.items(), key=lambda named: named[1]) or [("", 1.0)]
    enough = [one for one in classes if wide * tall * one[1] ** 2 >= (1 - RATIO_SLACK) * width * height]
    group, times = enough[0] if enough else classes[-1]
    return ratio, group, (round(wide * times), round(tall * times))


def _apart(name: str, size: tuple[int, int], width: int, height: int) -> float:
    """How far a size is from what a ratio says, or from what comes of it, whichever is nearer."""
    said = tuple(map(float, name.split(":")))
    return min(abs(across * height / (down * width) - 1) for across, down in (said, size))


def check_ask(card: Card, ask: Ask) -> None:
    """Refuse, before it is sent, an ask that the card says cannot succeed."""
    if ability(ask) not in card.does:
        raise Invalid(f"{card.name} cannot {ability(ask)}; it can {', '.join(card.does)}")
    if isinstance(ask, Draw):
        check_size(card, ask.width, ask.height)
        _check_most(card, len(ask.references), card.references, "reference pictures")
    if isinstance(ask, Edit):
        check_edit(card, ask)
    if isinstance(ask, See):
        _check_most(card, len(ask.images), card.sight.images, "pictures at once")
    if isinstance(ask, Embed) and ask.dimensions and ask.dimensions not in card.dimensions:
        known = ", ".join(map(str, card.dimensions)) or "its own"
        raise Invalid(f"{card.name} has no {ask.dimensions} dimensions; it has {known}")
    if not isinstance(ask, Embed):
        if card.most_prompt:
            _check_most(card, len(ask.prompt), card.most_prompt, "characters of prompt")
        check_options(card, ask.options)


def _check_most(card: Card, found: int, most: int, what: str) -> None:
    if found > most:
        what = what.replace("pictures", "picture") if most == 1 else what
        raise Invalid(f"{card.name} takes {most or 'no'} {what}, not {found}")


def check_edit(card: Card, ask: Edit) -> None:
    """Refuse a kind of edit, or a way to say where, that the model does not know."""
    if ask.kind not in card.edits:
        raise Invalid(f"{card.name} cannot {ask.kind}; its edits are {', '.join(card.edits) or 'none'}")
    others = ask.images.keys() - {"image", "donor", "donor mask"}
    _check_most(card, len(others), card.references, "other pictures beside the one to change")
    if ask.mask_prompt and not card.mask_words:
        raise Invalid(f"{card.name} cannot find a place by words: give a box, a polygon or a mask")


def check_options(card: Card, options: Mapping[str, Option]) -> None:
    """Refuse options that the model does not have, and values that an option does not take."""
    for name, value in options.items():
        allowed = card.options.get(name)
        if allowed is None:
            known = ", ".join(card.options) or "none"
            raise Invalid(f"{card.name} has no option {name!r}; it has: {known}")
        if allowed and str(value) not in allowed:
            raise Invalid(f"{card.name}: {name} is one of {', '.join(allowed)}, not {value!r}")


def check_size(card: Card, width: int, height: int) -> None:
    """Refuse a picture size the model does not make; 0 × 0 asks for its default."""
    if not (width or height):
        return
    sizes, said = card.sizes, f"{card.name} cannot make {width}x{height}"
    if not (width and height):
        raise Invalid(f"{said}: that is half a size")
    if sizes.ratios:
        by_ratio(card, width, height)
        return
    if sizes.listed and (width, height) not in sizes.listed:
        raise Invalid(f"{said}: its sizes are {', '.join(f'{w}x{h}' for w, h in sizes.listed)}")
    if width % sizes.step or height % sizes.step:
        raise Invalid(f"{said}: both sides are multiples of {sizes.step}")
    _check_bounds(sizes, width, height, said)


def _check_bounds(sizes: Sizes, width: int, height: int, said: str) -> None:
    short, long = sorted((width, height))
    if short < sizes.least_side or (sizes.most_side and long > sizes.most_side):
        raise Invalid(f"{said}: a side is {sizes.least_side:,} to {sizes.most_side:,} pixels")
    pixels = width * height
    if pixels < sizes.least_pixels or (sizes.most_pixels and pixels > sizes.most_pixels):
        raise Invalid(f"{said}: {sizes.least_pixels:,} to {sizes.most_pixels:,} pixels in all")
    if sizes.most_ratio and long > sizes.most_ratio * short:
        raise Invalid(f"{said}: one side is at most {sizes.most_ratio:g} times the other")


def check_alive(card: Card) -> None:
    """Refuse a model whose life has ended, naming the one to use instead."""
    if card.ended:
        instead = f"use {card.successor} instead" if card.successor else "see `photogram models`"
        raise NotSetUp(
            f"{card.name} reached its end of life on {card.eol}",
            do=f"{instead}; --force-eol asks it all the same, where an account still may",
        )


def ageing(card: Card) -> str:
    """What a person should know of a model whose end is near or announced; nothing of any other."""
    ends = f"ends on {card.eol}" if card.eol else f"has been legacy since {card.legacy}"
    if card.ended or not (card.legacy or _soon(card.eol)):
        return ""
    instead = f"; {card.successor} takes its place" if card.successor else ""
    return f"{card.name} {ends}{instead}"


def _soon(day: str) -> bool:
    return bool(day) and date.fromisoformat(day) - date.today() <= NOTICE
