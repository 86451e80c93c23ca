"""The models that need nothing: `keyless:draw` draws, `keyless:measure` says what it measures.

Neither pretends to be more. What is drawn says so, and a question that pixels alone do not answer is
left unanswered.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast
from zlib import crc32

import cv2
import msgspec
import numpy as np

from photogram.cards import read as read_cards
from photogram.data import Ask, Card, Draw, Edit, Facts, Picture, Reply, Said, See, Usage
from photogram.faults import BadInput, Invalid, Malformed
from photogram.model import Model, Reader
from photogram.pixels.codecs import Pixels, decode, encode_jpeg, encode_png
from photogram.pixels.describe import colours, marks, sentence, words
from photogram.pixels.draw.blend import blend
from photogram.pixels.draw.defects import DEFECTS, SEVERITIES
from photogram.pixels.draw.paint import paint
from photogram.pixels.measures import measure
from photogram.terms import check_ask

_Answers = Mapping[str, tuple[Any, ...]]
_Schema = Mapping[str, Any]

MAKER = "drawn by photogram's keyless renderer"


class Provider:
    """Turns `keyless:draw` and `keyless:measure` into models; nothing has to be set up."""

    name = "keyless"

    def cards(self) -> Sequence[Card]:
        """Both cards."""
        return read_cards(self.name)

    def card(self, model: str, settings: Mapping[str, Any]) -> Card:
        """The card of one of the two; nothing is to be set of either."""
        if settings:
            what = f"{self.name} has no setting {', '.join(settings)}"
            raise BadInput(what, do=f"remove [providers.{self.name}]: there is nothing to be set")
        for card in self.cards():
            if card.model == model:
                return card
        known = " and ".join(card.name for card in self.cards())
        raise BadInput(f"there is no model {self.name}:{model}", do=f"the keyless models are {known}")

    def missing(self, settings: Mapping[str, Any], environ: Mapping[str, str]) -> str:
        """Nothing, ever."""
        return ""

    def open(
        self, card: Card, settings: Mapping[str, Any], environ: Mapping[str, str], read: Reader
    ) -> Model:
        """The model for a card."""
        return Drawer(card, read) if "draw" in card.does else Measurer(card, read)


class Drawer:
    """Draws a row's facts, or draws a defect into a picture that is there."""

    def __init__(self, card: Card, read: Reader) -> None:
        self.card, self._read = card, read

    async def answer(self, ask: Ask) -> Reply:
        """The picture, with its mask where something is wrong with what it shows."""
        check_ask(self.card, ask)
        if isinstance(ask, Edit):
            return await asyncio.to_thread(_edited, ask, self.card, self._read)
        assert isinstance(ask, Draw)
        return await asyncio.to_thread(_drawn, ask, self.card)

    async def close(self) -> None:
        """Nothing is held open."""


class Measurer:
    """Says what can be measured in a picture."""

    def __init__(self, card: Card, read: Reader) -> None:
        self.card, self._read = card, read

    async def answer(self, ask: Ask) -> Reply:
        """What was measured, as data and as the same in JSON."""
        check_ask(self.card, ask)
        if not isinstance(ask, See) or len(ask.images) != 1:
            raise Invalid(f"{self.card.name} looks at one picture at a time")
        return await asyncio.to_thread(_seen, ask, self._read)

    async def close(self) -> None:
        """Nothing is held open."""


# ---------------------------------------------------------------------------- drawing


def _drawn(ask: Draw, card: Card) -> Picture:
    began = time.perf_counter()
    width, height = (ask.width, ask.height) if ask.width or ask.height else card.sizes.default
    seed = crc32(msgspec.json.encode(ask)) if ask.seed is None else ask.seed
    painted = paint(ask.facts, width, height, seed, ask.prompt)
    made: Facts = {
        "mode": painted.mode,
        "maker": MAKER,
        "width": width,
        "height": height,
        "seed": seed,
        "shows": painted.shows,
        "boxes": [msgspec.to_builtins(box) for box in painted.boxes],
    }
    unread = list(painted.not_understood) + [
        name for name in ("negative", "references") if getattr(ask, name)
    ]
    if unread:
        made["not_understood"] = unread
    return Picture(
        images=(encode_jpeg(painted.rgb),),
        masks=() if painted.mask is None else (encode_png(painted.mask),),
        made=made,
        usage=Usage(images=1, seconds=time.perf_counter() - began),
    )


# ---------------------------------------------------------------------------- editing


def _edited(ask: Edit, card: Card, read: Reader) -> Picture:
    began = time.perf_counter()
    if ask.kind not in ("inpaint", "erase") or ask.mask is None:
        raise Invalid(f"{card.name} edits under a mask: inpaint or erase, and not {ask.kind}")
    rgb, region = decode(read(ask.images["image"])), decode(read(ask.mask))[..., 0]
    seed = crc32(msgspec.json.encode(ask)) if ask.seed is None else ask.seed
    edited, mask, mode = (
        _erased(rgb, region) if ask.kind == "erase" else _blended(ask, card, rgb, region, seed)
    )
    return Picture(
        images=(encode_png(edited),),
        masks=(encode_png(mask),),
        made={"mode": mode, "maker": MAKER, "seed": seed},
        usage=Usage(images=1, seconds=time.perf_counter() - began),
    )


def _blended(ask: Edit, card: Card, rgb: Pixels, region: Pixels, seed: int) -> tuple[Pixels, Pixels, str]:
    defect, severity = str(ask.facts.get("defect", "")), str(ask.facts.get("severity", "moderate"))
    if defect not in DEFECTS:
        known = ", ".join(DEFECTS)
        raise Invalid(f"{card.name} blends a fact defect = {known}, and not {defect or 'none'!r}")
    if severity not in SEVERITIES:
        raise Invalid(f"{card.name}: severity is {', '.join(SEVERITIES)}, and not {severity!r}")
    edited, mask = blend(rgb, region, defect, severity, seed)
    if not mask.any():
        raise Invalid(f"{card.name}: the region is too small for a {defect}")
    return edited, mask, "blend"


def _erased(rgb: Pixels, region: Pixels) -> tuple[Pixels, Pixels, str]:
    """What surrounds the region, drawn on into it."""
    return np.asarray(cv2.inpaint(rgb, region, 3, cv2.INPAINT_TELEA), np.uint8), region, "erase"


# -------------------------------------------------------------------------- measuring


def _seen(ask: See, read: Reader) -> Said:
    began = time.perf_counter()
    try:
        rgb = decode(read(ask.images[0]))
    except Malformed as fault:
        raise Invalid(f"picture {ask.images[0].sha256[:12]}: {fault.why}") from fault
    answers = _answers(rgb)
    data = _fitted(answers, ask.schema) if ask.schema else {name: said[0] for name, said in answers.items()}
    text = msgspec.json.encode(data).decode()
    return Said(text=text, data=data, usage=Usage(seconds=time.perf_counter() - began))


def _answers(rgb: Pixels) -> _Answers:
    """For each thing that can be measured, what may be said of it: the first is the plainest."""
    measured = measure(rgb)
    said, seen, stand_out = words(measured), colours(rgb), marks(rgb)
    answers: dict[str, tuple[Any, ...]] = {"description": (sentence(measured, seen, stand_out),)}
    answers |= {name: (value, said[name]) if name in said else (value,) for name, value in measured.items()}
    answers["orientation"] = (said["orientation"],)
    answers["main_colors"] = (list(seen), ", ".join(seen))
    answers["marks"] = (
        [msgspec.to_builtins(mark) | {"place": mark.place} for mark in stand_out],
        len(stand_out),
    )
    return answers


_ALSO_CALLED = {
    "caption": "description",
    "colors": "main_colors",
    "colours": "main_colors",
    "main_colours": "main_colors",
    "dominant_colors": "main_colors",
    "colorfulness": "colourfulness",
}


def _fitted(answers: _Answers, schema: _Schema) -> Facts:
    """What the schema asks for and was measured; null for the rest where null is allowed."""
    data: Facts = {}
    wanted_by_name: Mapping[str, Any] = schema.get("properties", {})
    for name, wanted in wanted_by_name.items():
        candidates = answers.get(_ALSO_CALLED.get(name, name), ())
        fitting = [value for value in candidates if _fits(value, wanted)]
        if fitting:
            data[name] = fitting[0]
        elif _fits(None, wanted):
            data[name] = None
    return data


_TYPES: dict[str, tuple[type, ...]] = {
    "null": (type(None),),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
}


def _fits(value: Any, wanted: Any) -> bool:
    """Whether a value is one that this small part of JSON Schema allows."""
    if not isinstance(wanted, dict):
        return wanted is True
    schema = cast(_Schema, wanted)
    either: list[Any] = schema.get("anyOf") or schema.get("oneOf") or []
    if either:
        return any(_fits(value, one) for one in either)
    named: str | list[str] = schema.get("type", list(_TYPES))
    types = [named] if isinstance(named, str) else named
    if "$ref" in schema or not any(isinstance(value, _TYPES.get(one, ())) for one in types):
        return False
    return value in schema.get("enum", [value]) and _in_bounds(value, schema)


def _in_bounds(value: Any, schema: _Schema) -> bool:
    if isinstance(value, (int, float)):
        return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
    if isinstance(value, list):
        return all(_fits(one, schema.get("items", True)) for one in cast(list[Any], value))
    return True
