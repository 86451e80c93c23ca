"""Stability's models on Bedrock: pictures by words, and services around a picture.

In a mask white is where the change goes, and grey is half of it, so masks go as they are; only of a picture
to be widened they say how far. Refusals come with a 200 and a reason, as do failures; the keys that would
hold something may be missing then.
"""

from typing import Any, NamedTuple

import msgspec
import numpy as np

from photogram.data import Ask, Blob, Card, Draw, Edit, Facts, Picture, Usage
from photogram.dialect import Answer, Request
from photogram.faults import BadInput, Broken, Invalid, Malformed, Refused
from photogram.model import Reader
from photogram.pixels import codecs, masks
from photogram.problems.bedrock import check_picture, read_reply, request_id, unreadable
from photogram.terms import by_ratio, estimate

STRENGTH = 0.7
"""How far Stable Diffusion goes from a picture where nobody says."""


class _Service(NamedTuple):
    """What one service is told besides the picture: words, what to look for, and how much to change."""

    words: bool | None = True
    """Whether a prompt is needed; None takes none."""
    sought: str = ""
    strength: str = ""
    sides: bool = False


_SERVICES = {
    "stable-image-inpaint": _Service(),
    "stable-image-erase-object": _Service(words=None),
    "stable-outpaint": _Service(words=False, sides=True),
    "stable-image-search-replace": _Service(sought="search_prompt"),
    "stable-image-search-recolor": _Service(sought="select_prompt"),
    "stable-image-remove-background": _Service(words=None),
    "stable-image-control-sketch": _Service(strength="control_strength"),
    "stable-image-control-structure": _Service(strength="control_strength"),
    "stable-style-transfer": _Service(words=False, strength="change_strength"),
    "stable-fast-upscale": _Service(words=None),
    "stable-conservative-upscale": _Service(),
    "stable-creative-upscale": _Service(),
}
_SIDES = ("left", "right", "up", "down")
_KEEPS = "control_strength"  # how much stays, where the others say how much changes


# --------------------------------------------------------------------------- encoding


def encode(card: Card, ask: Ask, read: Reader) -> Request:
    """The request for one picture."""
    if isinstance(ask, Draw):
        body = _drawn(card, ask, read)
    elif isinstance(ask, Edit):
        body = _changed(card, ask, read)
    else:
        raise Invalid(f"{card.name} makes pictures, and nothing else")
    if card.most_seed and ask.seed is not None:
        body["seed"] = ask.seed or card.most_seed  # 0 would be another each time
    return Request("/invoke", msgspec.json.encode(body | ask.options))


def _drawn(card: Card, ask: Draw, read: Reader) -> dict[str, Any]:
    width, height = (ask.width, ask.height) if ask.width else card.sizes.default
    body: dict[str, Any] = {"prompt": _prompt(card, ask), "aspect_ratio": by_ratio(card, width, height)[0]}
    if ask.negative:
        body["negative_prompt"] = ask.negative
    if card.references:
        if not ask.references:
            raise Invalid(f"{card.name} draws in the style of a picture, and is given none")
        body["image"] = read(ask.references[0])
    return body


def _changed(card: Card, ask: Edit, read: Reader) -> dict[str, Any]:
    service = _service(card)
    if service is None:
        strength = STRENGTH if ask.strength is None else ask.strength
        image = read(_image(card, ask))
        return {"prompt": _prompt(card, ask), "mode": "image-to-image", "image": image, "strength": strength}
    body = _shown(card, ask, read)
    if service.words or (service.words is not None and ask.prompt.strip()):
        body["prompt"] = _prompt(card, ask)
    if ask.mask:
        body |= _widened(card, ask, ask.mask, read) if service.sides else {"mask": read(ask.mask)}
    if service.sought and ask.mask_prompt:
        body[service.sought] = ask.mask_prompt
    if service.strength and ask.strength is not None:
        keeps = service.strength == _KEEPS
        body[service.strength] = round(1 - ask.strength, 6) if keeps else max(0.1, ask.strength)
    _check(card, ask, service, body)
    return body


def _widened(card: Card, ask: Edit, mask: Blob, read: Reader) -> dict[str, Any]:
    """What lies in the mask of a picture on its canvas, and how far the canvas reaches around it."""
    try:
        whole = codecs.decode_whole(read(_image(card, ask)))
        height, width = whole.shape[:2]
        change = masks.read(read(mask), width, height)
        room = masks.box_of(masks.inverted(change))
    except (BadInput, Malformed) as fault:
        raise Invalid(f"{card.name}: {fault}") from None
    if change[room.part].any():
        raise Invalid(f"{card.name} widens a picture, and this mask goes into it")
    right, down = width - room.left - room.width, height - room.top - room.height
    sides = dict(zip(_SIDES, (room.left, right, room.top, down), strict=True))
    kept = codecs.encode_png(np.ascontiguousarray(whole[room.part]))
    return {"image": kept, **{side: pixels for side, pixels in sides.items() if pixels}}


def _service(card: Card) -> _Service | None:
    return next((service for name, service in _SERVICES.items() if name in card.model), None)


def _shown(card: Card, ask: Edit, read: Reader) -> dict[str, Any]:
    image = read(_image(card, ask))
    if "style-transfer" not in card.model:
        return {"image": image}
    if "style" not in ask.images:
        raise Invalid(f"{card.name} needs a second picture, `style`, whose style is taken")
    return {"init_image": image, "style_image": read(ask.images["style"])}


def _image(card: Card, ask: Edit) -> Blob:
    if "image" not in ask.images:
        raise Invalid(f"{card.name} changes a picture, and is given none")
    return ask.images["image"]


def _check(card: Card, ask: Edit, service: _Service, body: dict[str, Any]) -> None:
    if service.sought and not (ask.mask_prompt or ask.options.get(service.sought)):
        raise Invalid(f"{card.name} must be told what to look for: give the option {service.sought}")
    if service.sides and not any({**body, **ask.options}.get(side) for side in _SIDES):
        raise Invalid(f"{card.name} must be told how far: give one of the options {', '.join(_SIDES)}")


def _prompt(card: Card, ask: Draw | Edit) -> str:
    if not ask.prompt.strip():
        raise Invalid(f"{card.name} works by words, and the prompt is empty")
    return ask.prompt


# --------------------------------------------------------------------------- decoding


class _Said(msgspec.Struct):
    images: list[bytes] = []
    seeds: Any = None
    finish_reasons: list[str | None] = []


def decode(card: Card, ask: Ask, answer: Answer) -> Picture:
    """The picture in an answer, or the error that the answer amounts to."""
    assert isinstance(ask, (Draw, Edit))
    said = read_reply(card, answer, _Said)
    reason = next((reason for reason in said.finish_reasons if reason), "")
    if reason and not said.images:
        raise _told(card, reason)
    if not said.images:
        raise unreadable(card, "it holds no picture", answer.body)
    for image in said.images:
        check_picture(card, image)
    count = len(said.images)
    usage = Usage(images=count, dollars=estimate(card, ask) * count, request_id=request_id(answer))
    return Picture(images=tuple(said.images), made=_made(said), refused=reason, usage=usage)


def _told(card: Card, reason: str) -> Refused | Broken:
    """What a reason amounts to: of filters it names what they looked at."""
    said = f"{card.name}: {' '.join(reason.split())[:300]}"
    if "filter" not in reason.lower():
        return Broken(said, do="ask again")
    stage = next((stage for stage in ("output", "input") if stage in reason.lower()), "prompt")
    return Refused(said, code="filtered", stage=stage)


def _made(said: _Said) -> Facts:
    try:
        seeds = msgspec.convert(said.seeds or [], list[int])
    except msgspec.ValidationError:
        return {}
    return {"seed": seeds[0]} if seeds else {}
