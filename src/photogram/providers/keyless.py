"""The models that need nothing: `keyless:draw` draws, `keyless:measure` says what it measures.

`keyless:descriptors` turns pictures into numbers. None of them pretends to be more. What is drawn says so,
and a question that pixels alone do not answer is left unanswered.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast
from zlib import crc32

import msgspec
import numpy as np

from photogram.cards import read as read_cards
from photogram.data import (
    MASKED,
    Ask,
    Blob,
    Card,
    Draw,
    Edit,
    Embed,
    Facts,
    Picture,
    Point,
    Reply,
    Said,
    See,
    Usage,
)
from photogram.faults import BadInput, Invalid, Malformed
from photogram.judgement import NO, YES
from photogram.judgement import OPEN as UNTOLD
from photogram.model import Model, Reader
from photogram.pixels.answers import View, answer
from photogram.pixels.codecs import Pixels, decode, encode_jpeg, encode_png
from photogram.pixels.describe import colours, marks, sentence, words
from photogram.pixels.descriptor import descriptor
from photogram.pixels.draw.another import change, facts, taken_again
from photogram.pixels.draw.blend import Defect, blend, known
from photogram.pixels.draw.canvas import dice
from photogram.pixels.draw.damage import ALSO_CALLED
from photogram.pixels.draw.defects import SEVERITIES
from photogram.pixels.draw.materials import MATERIALS
from photogram.pixels.draw.paint import paint
from photogram.pixels.draw.transplant import Donor, transplant
from photogram.pixels.fill import fill
from photogram.pixels.measures import measure
from photogram.terms import check_ask

_Answers = Mapping[str, tuple[Any, ...]]
_Schema = Mapping[str, Any]

UNMARKED = "it counts pixels, and marks nothing"
"""What is said of criteria: a picture that is well made is not told from another by counting."""
MAKER = "drawn by photogram's keyless renderer"


class Provider:
    """Turns `keyless:draw` and its kin into models; nothing has to be set up."""

    name = "keyless"

    def cards(self) -> Sequence[Card]:
        """All cards."""
        return read_cards(self.name)

    def card(self, model: str, settings: Mapping[str, Any]) -> Card:
        """The card of one of them; nothing is to be set of any."""
        if settings:
            what = f"{self.name} has no setting {', '.join(settings)}"
            raise BadInput(what, do=f"remove [providers.{self.name}]: there is nothing to be set")
        for card in self.cards():
            if card.model == model:
                return card
        known = ", ".join(card.name for card in self.cards())
        raise BadInput(f"there is no model {self.name}:{model}", do=f"the keyless models are {known}")

    def missing(self, settings: Mapping[str, Any], environ: Mapping[str, str]) -> str:
        """Nothing, ever."""
        return ""

    def open(
        self, card: Card, settings: Mapping[str, Any], environ: Mapping[str, str], read: Reader
    ) -> Model:
        """The model for a card."""
        kinds: Mapping[str, type[Drawer | Measurer | Describer]]
        kinds = {"draw": Drawer, "see": Measurer, "embed": Describer}
        return kinds[card.does[0]](card, read)


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


class Describer:
    """Turns pictures into numbers; words it knows none."""

    def __init__(self, card: Card, read: Reader) -> None:
        self.card, self._read = card, read

    async def answer(self, ask: Ask) -> Reply:
        """The picture's descriptor."""
        check_ask(self.card, ask)
        if not isinstance(ask, Embed) or ask.image is None:
            raise Invalid(f"{self.card.name} turns pictures into vectors, and no texts")
        return await asyncio.to_thread(_described, ask.image, self._read)

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
        name for name in ("negative", "references", "options") if getattr(ask, name)
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


class _Edited(NamedTuple):
    """An edited picture, the mask that goes with it, and what is to be told of it."""

    rgb: Pixels
    mask: Pixels | None
    made: Facts


def _edited(ask: Edit, card: Card, read: Reader) -> Picture:
    began = time.perf_counter()
    edit = _EDITS.get(ask.kind)
    if edit is None:
        raise Invalid(f"{card.name} cannot {ask.kind}; its edits are {', '.join(_EDITS)}")
    if ask.mask_prompt:
        raise Invalid(f"{card.name} cannot find a place by words: give a box, a polygon or a mask")
    if ask.mask is None and ask.kind in MASKED:
        raise Invalid(f"{card.name} needs a mask to {ask.kind}")
    seed = crc32(msgspec.json.encode(ask)) if ask.seed is None else ask.seed
    done = edit(ask, seed, read)
    return Picture(
        images=(encode_png(done.rgb),),
        masks=() if done.mask is None else (encode_png(done.mask),),
        made={"mode": ask.kind, "maker": MAKER, "seed": seed, **done.made},
        usage=Usage(images=1, seconds=time.perf_counter() - began),
    )


def _picture(ask: Edit, read: Reader) -> Pixels:
    return decode(read(ask.images["image"]))


def _region(blob: Blob | None, read: Reader) -> Pixels:
    assert blob is not None
    return np.ascontiguousarray(decode(read(blob))[..., 0])


def _blended(ask: Edit, seed: int, read: Reader) -> _Edited:
    """A defect drawn into the light of the picture, somewhere in the region."""
    defect = _defect(ask.facts)
    strength = 1.0 if ask.strength is None else ask.strength
    rgb, mask = blend(_picture(ask, read), _region(ask.mask, read), defect, seed, strength)
    if not mask.any():
        raise Invalid(f"keyless:draw: the region is too small for {defect.name}")
    return _Edited(rgb, mask, {"mode": "blend"})


def _defect(facts: Facts) -> Defect:
    """What of a row's facts can be drawn on a picture that is there."""
    word = str(facts.get("defect", ""))
    material = str(facts.get("material", facts.get("surface", "")))
    material = material if material in MATERIALS else ""
    name, severity = ALSO_CALLED.get(word, word), str(facts.get("severity", "moderate"))
    if name not in known(material):
        on = f"on {material}" if material else "where no material of a building is named"
        raise Invalid(f"keyless:draw blends {', '.join(known(material))} {on}, and not {word or 'nothing'!r}")
    if severity not in SEVERITIES:
        raise Invalid(f"keyless:draw: severity is {', '.join(SEVERITIES)}, and not {severity!r}")
    return Defect(name, severity, material)


def _transplanted(ask: Edit, seed: int, read: Reader) -> _Edited:
    """A real defect, moved from the picture it was found in."""
    try:
        donor = Donor(decode(read(ask.images["donor"])), _region(ask.images["donor mask"], read))
    except KeyError as missing:
        raise Invalid(f"keyless:draw: a transplant needs its {missing.args[0]}") from None
    turn = float(ask.options.get("turn", 180))
    strength = 1.0 if ask.strength is None else ask.strength
    try:
        rgb, mask = transplant(_picture(ask, read), _region(ask.mask, read), donor, seed, turn, strength)
    except BadInput as error:
        raise Invalid(f"keyless:draw: {error}") from None
    if not mask.any():
        raise Invalid("keyless:draw: nothing of the donor's defect lies in the region")
    return _Edited(rgb, mask, {})


def _filled(ask: Edit, seed: int, read: Reader) -> _Edited:
    """The region filled with what surrounds it: erased, or beyond the edge of a picture that grows."""
    region = _region(ask.mask, read)
    return _Edited(fill(_picture(ask, read), region, dice(seed, "fill")), region, {})


def _varied(ask: Edit, seed: int, read: Reader) -> _Edited:
    """The same scene as another photograph shows it."""
    other = change(seed, VARIED if ask.strength is None else ask.strength)
    label = None if ask.label is None else _region(ask.label, read)
    rgb, moved = taken_again(_picture(ask, read), label, other, seed)
    return _Edited(rgb, moved, {"change": facts(other)})


VARIED = 0.5
"""How much a picture varies where no strength is asked for."""

_EDITS: Mapping[str, Callable[[Edit, int, Reader], _Edited]] = {
    "inpaint": _blended,
    "transplant": _transplanted,
    "erase": _filled,
    "outpaint": _filled,
    "vary": _varied,
}


# -------------------------------------------------------------------------- measuring


def _seen(ask: See, read: Reader) -> Said:
    began = time.perf_counter()
    rgb = _decoded(ask.images[0], read)
    answers = _answers(rgb)
    data = (
        _fitted(answers, ask.schema, View(rgb))
        if ask.schema
        else {name: said[0] for name, said in answers.items()}
    )
    text = msgspec.json.encode(data).decode()
    return Said(text=text, data=data, usage=Usage(seconds=time.perf_counter() - began))


def _described(picture: Blob, read: Reader) -> Point:
    began = time.perf_counter()
    vector = descriptor(_decoded(picture, read))
    return Point(vector=tuple(vector.tolist()), usage=Usage(seconds=time.perf_counter() - began))


def _decoded(picture: Blob, read: Reader) -> Pixels:
    try:
        return decode(read(picture))
    except Malformed as fault:
        raise Invalid(f"picture {picture.sha256[:12]}: {fault.why}") from fault


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


def _fitted(answers: _Answers, schema: _Schema, view: View) -> Facts:
    """What the schema asks for and was measured; null for the rest where null is allowed."""
    data: Facts = {}
    wanted_by_name: Mapping[str, Any] = schema.get("properties", {})
    for name, wanted in wanted_by_name.items():
        if isinstance(wanted, dict) and "properties" in wanted:
            data[name] = _within(cast(_Schema, wanted), view)
            continue
        candidates = answers.get(_ALSO_CALLED.get(name, name), ())
        fitting = [value for value in candidates if _fits(value, wanted)]
        if fitting:
            data[name] = fitting[0]
        elif _fits(None, wanted):
            data[name] = None
    return data


def _within(schema: _Schema, view: View) -> Facts:
    """An object within an answer: a question that is put with evidence, or others of these."""
    if {"answer", "evidence"} <= schema["properties"].keys():
        holds, evidence = answer(view, str(schema.get("description", "")))
        return {"evidence": evidence, "answer": {True: YES, False: NO, None: UNTOLD}[holds]}
    return {**_fitted({"evidence": (UNMARKED,)}, schema, view)}


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
