"""Amazon's image models on Bedrock, Titan and Nova Canvas: a task, its parameters, and one configuration.

In a mask black is where a picture changes; but where a picture is widened, white is, and black is what is
kept. What comes in is refused with a 400; of what comes out a part may be missing, with a 200.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from photogram.data import Ask, Blob, Card, Draw, Edit, EditKind, Option, Picture, Usage
from photogram.dialect import Answer, Request
from photogram.faults import BadInput, Invalid, Malformed, Refused
from photogram.model import Reader
from photogram.pixels import codecs, masks
from photogram.problems.bedrock import check_picture, read_reply, request_id, unreadable
from photogram.terms import check_size, estimate

_CONFIG = ("quality", "cfgScale")
_CONDITION = ("controlMode", "controlStrength")
_GARMENT = ("longSleeveStyle", "tuckingStyle", "outerLayerStyle")
_EXCLUDED = ("preserveBodyPose", "preserveHands", "preserveFace")
Body = dict[str, Any]


# --------------------------------------------------------------------------- encoding


def encode(card: Card, ask: Ask, read: Reader) -> Request:
    """The request for one picture."""
    if isinstance(ask, Draw):
        body = _drawn(card, ask, read)
    elif isinstance(ask, Edit):
        body = _edited(card, ask, read)
    else:
        raise Invalid(f"{card.name} makes pictures, and nothing else")
    return Request("/invoke", msgspec.json.encode(body))


def _edited(card: Card, ask: Edit, read: Reader) -> Body:
    if ask.kind not in _EDITS:
        raise Invalid(f"{card.name} cannot {ask.kind}")
    return _EDITS[ask.kind](card, ask, read)


def _task(name: str, field: str, params: Body, config: Body | None) -> Body:
    return {"taskType": name, field: params} | ({"imageGenerationConfig": config} if config else {})


def _config(ask: Draw | Edit, size: tuple[int, int] = (0, 0)) -> Body:
    """One picture, of a size only where the picture's own does not decide."""
    config: Body = {"numberOfImages": 1, **_chosen(ask, *_CONFIG)}
    if size[0]:
        config |= {"width": size[0], "height": size[1]}
    return config | ({"seed": ask.seed} if ask.seed is not None else {})


def _chosen(ask: Draw | Edit, *names: str) -> dict[str, Option]:
    return {name: ask.options[name] for name in names if name in ask.options}


def _words(card: Card, ask: Draw | Edit, *, needed: bool = True) -> Body:
    """What is wanted and what is not, which together may be no longer than either alone."""
    negative = str(ask.options.get("negativeText", "")) or (ask.negative if isinstance(ask, Draw) else "")
    if needed and not ask.prompt.strip():
        raise Invalid(f"{card.name} works by words, and the prompt is empty")
    if card.most_prompt and len(ask.prompt) + len(negative) > card.most_prompt:
        found = len(ask.prompt) + len(negative)
        raise Invalid(f"{card.name} takes {card.most_prompt} characters, negative ones included, not {found}")
    text = {"text": ask.prompt} if ask.prompt.strip() else {}
    return {**text, **({"negativeText": negative} if negative else {})}


def _drawn(card: Card, ask: Draw, read: Reader) -> Body:
    size = (ask.width, ask.height) if ask.width else card.sizes.default
    shown = read(ask.references[0]) if ask.references else None
    if "colors" in ask.options:
        colours = str(ask.options["colors"]).replace(",", " ").split()
        params = {**_words(card, ask), "colors": colours}
        params |= {"referenceImage": shown} if shown else {}
        return _task("COLOR_GUIDED_GENERATION", "colorGuidedGenerationParams", params, _config(ask, size))
    params = {**_words(card, ask), **_chosen(ask, "style")}
    params |= {"conditionImage": shown, **_chosen(ask, *_CONDITION)} if shown else {}
    return _task("TEXT_IMAGE", "textToImageParams", params, _config(ask, size))


def _vary(card: Card, ask: Edit, read: Reader) -> Body:
    """Other pictures like this one; how like is the other way about than how much may change."""
    like = {} if ask.strength is None else {"similarityStrength": round(max(0.2, 1 - ask.strength), 6)}
    params = {"images": [read(_image(card, ask))], **_words(card, ask), **like}
    params |= _chosen(ask, "similarityStrength")
    return _task("IMAGE_VARIATION", "imageVariationParams", params, _config(ask, _size(card, ask, read)))


def _size(card: Card, ask: Edit, read: Reader) -> tuple[int, int]:
    """The picture's own size, where the model makes pictures of it."""
    try:
        header = codecs.inspect(read(_image(card, ask)))
        check_size(card, header.width, header.height)
    except (Malformed, Invalid):
        return card.sizes.default
    return header.width, header.height


def _inpaint(card: Card, ask: Edit, read: Reader) -> Body:
    params = {"image": read(_image(card, ask)), **_where(card, ask, read, black=True)}
    return _task("INPAINTING", "inPaintingParams", params | _words(card, ask), _config(ask))


def _erase(card: Card, ask: Edit, read: Reader) -> Body:
    """Without a text what is masked is filled with what is around it."""
    params = {"image": read(_image(card, ask)), **_where(card, ask, read, black=True)}
    return _task("INPAINTING", "inPaintingParams", params, _config(ask))


def _outpaint(card: Card, ask: Edit, read: Reader) -> Body:
    params = {"image": read(_image(card, ask)), **_where(card, ask, read, black=False)}
    params |= _words(card, ask) | _chosen(ask, "outPaintingMode")
    return _task("OUTPAINTING", "outPaintingParams", params, _config(ask))


def _cut_out(card: Card, ask: Edit, read: Reader) -> Body:
    params = {"image": read(_image(card, ask))}
    return _task("BACKGROUND_REMOVAL", "backgroundRemovalParams", params, None)


def _try_on(card: Card, ask: Edit, read: Reader) -> Body:
    if "garment" not in ask.images:
        raise Invalid(f"{card.name} needs a second picture, `garment`, of what is tried on")
    params: Body = {"sourceImage": read(_image(card, ask)), "referenceImage": read(ask.images["garment"])}
    params |= _worn(card, ask, read) | _chosen(ask, "mergeStyle")
    if excluded := _chosen(ask, *_EXCLUDED):
        params["maskExclusions"] = excluded
    return _task("VIRTUAL_TRY_ON", "virtualTryOnParams", params, _config(ask))


def _worn(card: Card, ask: Edit, read: Reader) -> Body:
    """Where clothes go: by a mask, by words, or by their kind; exactly one of the three."""
    shape = _chosen(ask, "maskShape")
    if ask.mask:
        mask = _mask(card, ask, ask.mask, read, black=True)
        return {"maskType": "IMAGE", "imageBasedMask": {"maskImage": mask}}
    if sought := _sought(ask):
        return {"maskType": "PROMPT", "promptBasedMask": {"maskPrompt": sought, **shape}}
    kind = {"garmentClass": ask.options.get("garmentClass", "FULL_BODY"), **shape}
    styling = _chosen(ask, *_GARMENT)
    mask = kind | ({"garmentStyling": styling} if styling else {})
    return {"maskType": "GARMENT", "garmentBasedMask": mask}


_EDITS: dict[EditKind, Callable[[Card, Edit, Reader], Body]] = {
    "inpaint": _inpaint,
    "replace": _inpaint,
    "erase": _erase,
    "outpaint": _outpaint,
    "vary": _vary,
    "remove background": _cut_out,
    "try on": _try_on,
}


# ------------------------------------------------------------------------------ masks


def _image(card: Card, ask: Edit) -> Blob:
    if "image" not in ask.images:
        raise Invalid(f"{card.name} changes a picture, and is given none")
    return ask.images["image"]


def _sought(ask: Edit) -> str:
    return ask.mask_prompt or str(ask.options.get("maskPrompt", ""))


def _where(card: Card, ask: Edit, read: Reader, *, black: bool) -> Body:
    """Where the change goes: by a mask or by words, and never by both."""
    if ask.mask:
        return {"maskImage": _mask(card, ask, ask.mask, read, black=black)}
    if sought := _sought(ask):
        return {"maskPrompt": sought}
    raise Invalid(f"{card.name} must be told where: give a mask, or the option maskPrompt")


def _mask(card: Card, ask: Edit, blob: Blob, read: Reader, *, black: bool) -> bytes:
    """The mask in pure black and white, with either for what is to change."""
    try:
        header = codecs.inspect(read(_image(card, ask)))
        change = masks.read(read(blob), header.width, header.height)
    except (BadInput, Malformed) as fault:
        raise Invalid(f"{card.name}: {fault}") from None
    told = masks.inverted(change) if black else change
    return codecs.encode_png(np.repeat(told[..., None], 3, axis=2))


# --------------------------------------------------------------------------- decoding


class _Said(msgspec.Struct):
    images: list[bytes] | None = None
    error: Any = None


def decode(card: Card, ask: Ask, answer: Answer) -> Picture:
    """The pictures in an answer; fewer than asked for is what is left by a filter."""
    assert isinstance(ask, (Draw, Edit))
    said = read_reply(card, answer, _Said)
    why = " ".join(str(said.error or "").split())[:300]
    if said.images is None and not why:
        raise unreadable(card, "it holds no pictures", answer.body)
    images = said.images or []
    if not images:
        told = why or "no picture came, and no word about it"
        raise Refused(f"{card.name}: {told}", code="filtered", stage="output")
    for image in images:
        check_picture(card, image)
    dollars = estimate(card, ask) * len(images)
    usage = Usage(images=len(images), dollars=dollars, request_id=request_id(answer))
    return Picture(images=tuple(images), refused=why, usage=usage)
