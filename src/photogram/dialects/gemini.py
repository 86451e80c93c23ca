"""What Gemini is told and says of pictures: POST /models/NAME:generateContent.

It takes no mask. Where an edit goes is told in words, with the mask as one more picture.
"""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import msgspec

from photogram.data import (
    Ask,
    Card,
    Draw,
    Edit,
    EditKind,
    Facts,
    Option,
    Picture,
    Reply,
    Said,
    See,
    Usage,
)
from photogram.dialect import Answer, Request
from photogram.faults import Invalid, Malformed
from photogram.model import Reader
from photogram.pixels.codecs import inspect
from photogram.problems.gemini import REFUSED, blocked, check_picture, ended, problem, unreadable
from photogram.schemas import GEMINI, project, prompted
from photogram.terms import by_ratio, estimate, nearest

_HARMS = ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT")

_TOLD: Mapping[EditKind, str] = {
    "inpaint": "Edit picture 1.",
    "erase": "Remove {place} from picture 1, and fill its place with what lies around and behind it.",
    "outpaint": "Extend picture 1 beyond its edges, so that it goes on as it is.",
    "vary": "Make a variation of picture 1: the same subject and style, with other details.",
    "replace": "Replace {place} in picture 1.",
    "recolor": "Change the colour of {place} in picture 1, and nothing else.",
    "restyle": "Redraw picture 1 in another style. Keep what is in it, and where it is.",
    "remove background": "Put the subject of picture 1, unchanged, on a plain white background.",
}
_WORDED: tuple[EditKind, ...] = ("inpaint", "replace", "recolor", "restyle")
"""The kinds of edit that mean nothing without words."""

_MASK = "Picture 2 is a mask of picture 1: change only what is white in it, and leave what is black as it is."
_WHOLE = "Return all of picture 1, with the same framing and proportions."

Parts = list[dict[str, Any]]


# --------------------------------------------------------------------------- encoding


def encode(card: Card, ask: Ask, read: Reader) -> Request:
    """The request for one picture, or for words about some."""
    if isinstance(ask, Draw):
        parts, config = _drawn(card, ask, read)
    elif isinstance(ask, Edit):
        parts, config = _edited(card, ask, read)
    elif isinstance(ask, See):
        parts, config = _seen(card, ask, read)
    else:
        raise Invalid(f"{card.name} makes no vectors")
    body: dict[str, Any] = {"contents": [{"role": "user", "parts": parts}]}
    if threshold := ask.options.get("safety"):
        body["safetySettings"] = [
            {"category": f"HARM_CATEGORY_{harm}", "threshold": str(threshold)} for harm in _HARMS
        ]
    if config := config | _thinking(ask.options):
        body["generationConfig"] = config
    return Request(f"/models/{quote(card.model, safe='')}:generateContent", msgspec.json.encode(body))


def _drawn(card: Card, ask: Draw, read: Reader) -> tuple[Parts, Facts]:
    if not ask.prompt.strip():
        raise Invalid(f"{card.name} draws by words, and the prompt is empty")
    text = f"{ask.prompt}\n\nAvoid: {ask.negative}" if ask.negative else ask.prompt
    size = (ask.width, ask.height) if ask.width else card.sizes.default
    frame: Facts = {}
    if card.sizes.ratios:
        ratio, group, _ = by_ratio(card, *size)
        frame = {"aspectRatio": ratio, **_resolution(ask.options, group)}
    return [*_pictures(ask.references, read), {"text": text}], _making(card, ask.seed, frame)


def _edited(card: Card, ask: Edit, read: Reader) -> tuple[Parts, Facts]:
    if "image" not in ask.images:
        raise Invalid(f"{card.name}: the picture to edit is missing")
    if ask.kind in _WORDED and not ask.prompt.strip():
        raise Invalid(f"{card.name} edits by words, and the prompt is empty")
    others = {role: blob for role, blob in ask.images.items() if role != "image"}
    shown = [ask.images["image"], *([ask.mask] if ask.mask else []), *others.values()]
    text = _instruction(ask, list(others))
    frame = _frame(card, ask, read) if card.sizes.ratios else {}
    return [*_pictures(shown, read), {"text": text}], _making(card, ask.seed, frame)


def _instruction(ask: Edit, others: list[str]) -> str:
    """What is to be done, with what, where, and how much."""
    place = ask.mask_prompt or ("what the mask marks" if ask.mask else "what is named below")
    lines = [_TOLD[ask.kind].format(place=place), ask.prompt]
    lines += [_MASK] if ask.mask else []
    first = 3 if ask.mask else 2
    lines += [f"Picture {first + at} is the {role}." for at, role in enumerate(others)]
    if ask.strength is not None:
        lines.append(f"Of 0 for no change and 1 for as much as can be, change it by {ask.strength:g}.")
    lines += [] if ask.kind == "outpaint" else [_WHOLE]
    return "\n".join(line for line in lines if line.strip())


def _frame(card: Card, ask: Edit, read: Reader) -> Facts:
    """The proportions of the picture to edit, where they have a name; left out, they are kept."""
    try:
        header = inspect(read(ask.images["image"]))
    except Malformed as fault:
        raise Invalid(f"{card.name}: the picture to edit: {fault.why}") from None
    size = (header.width, header.height)
    ratio, group, _ = nearest(card, *size)
    try:
        by_ratio(card, *size)
    except Invalid:
        return _resolution(ask.options, group)
    return {"aspectRatio": ratio, **_resolution(ask.options, group)}


def _resolution(options: Mapping[str, Option], group: str) -> Facts:
    """The class of size; a model with only one is told none."""
    chosen = str(options.get("resolution", group))
    return {"imageSize": chosen} if chosen else {}


def _making(card: Card, seed: int | None, frame: Facts) -> Facts:
    config: Facts = {"responseModalities": ["IMAGE"]}
    if frame:
        config["imageConfig"] = frame
    if seed is not None and card.most_seed:
        config["seed"] = seed
    return config


def _seen(card: Card, ask: See, read: Reader) -> tuple[Parts, Facts]:
    config: Facts = {}
    if ask.schema:
        schema = project(ask.schema, GEMINI)
        config = {"responseMimeType": "application/json", "responseJsonSchema": schema}
    if "temperature" in ask.options:
        config["temperature"] = ask.options["temperature"]
    if detail := ask.options.get("media_resolution"):
        config["mediaResolution"] = f"MEDIA_RESOLUTION_{str(detail).upper()}"
    text = prompted(ask)
    return [*_pictures(ask.images, read), *([{"text": text}] if text else [])], config


def _thinking(options: Mapping[str, Option]) -> Facts:
    level = options.get("thinking")
    return {"thinkingConfig": {"thinkingLevel": str(level).upper()}} if level else {}


def _pictures(blobs: Any, read: Reader) -> Parts:
    return [{"inlineData": {"mimeType": blob.media_type, "data": read(blob)}} for blob in blobs]


# --------------------------------------------------------------------------- decoding


class _Named(msgspec.Struct, rename="camel"):
    """The base of whatever Google says: names in camel case, and anything may be missing."""


class _Data(_Named):
    data: str = ""


class _Part(_Named):
    text: str | None = None
    inline_data: _Data | None = None
    thought: bool = False


class _Content(_Named):
    parts: list[_Part] = []


class _Candidate(_Named):
    content: _Content | None = None
    finish_reason: str = ""
    finish_message: Any = ""


class _Feedback(_Named):
    block_reason: str = ""
    block_reason_message: Any = ""


class _Answer(_Named):
    candidates: list[_Candidate] = []
    prompt_feedback: _Feedback | None = None
    usage_metadata: Any = None
    model_version: Any = None
    response_id: Any = None


_Number = Annotated[int, msgspec.Meta(ge=0, lt=2**40)]


class _Count(_Named):
    modality: str = ""
    token_count: _Number = 0


class _Tokens(_Named):
    prompt_token_count: _Number = 0
    candidates_token_count: _Number = 0
    thoughts_token_count: _Number = 0
    candidates_tokens_details: list[_Count] = []

    @property
    def drawn(self) -> int:
        """Those of pictures made."""
        return sum(one.token_count for one in self.candidates_tokens_details if one.modality == "IMAGE")


def decode(card: Card, ask: Ask, answer: Answer) -> Reply:
    """The picture or the words in an answer, or the error that the answer amounts to."""
    if not 200 <= answer.status < 300:
        raise problem(card, answer)
    try:
        said = msgspec.json.decode(answer.body, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(card, f"{error}", answer.body) from None
    if not said.candidates:
        feedback = said.prompt_feedback
        if feedback and feedback.block_reason:
            raise blocked(card, feedback.block_reason, str(feedback.block_reason_message or ""))
        raise unreadable(card, "it holds no candidate", answer.body)
    return _heard(card, ask, said) if isinstance(ask, See) else _shown(card, ask, said, answer.body)


def _shown(card: Card, ask: Ask, said: _Answer, body: bytes) -> Picture:
    """What was drawn, without the sketches that a thinking model makes on its way."""
    chosen, parts = said.candidates[0], _parts(said.candidates)
    try:
        images = tuple(_bytes(part.inline_data.data) for part in parts if part.inline_data)
    except msgspec.ValidationError as error:
        raise unreadable(card, f"{error}", body) from None
    if not images:
        raise ended(card, chosen.finish_reason, str(chosen.finish_message or "") or _text(parts))
    for image in images:
        check_picture(card, image)
    refused = chosen.finish_reason if chosen.finish_reason in REFUSED else ""
    usage = _usage(card, ask, said, len(images))
    made: Facts = {"version": said.model_version} if isinstance(said.model_version, str) else {}
    return Picture(images=images, made=made, refused=refused, usage=usage)


def _heard(card: Card, ask: See, said: _Answer) -> Said:
    """What was said, as it came: whether it can be read is for the one who asked."""
    chosen, text = said.candidates[0], _text(_parts(said.candidates[:1]))
    if chosen.finish_reason in REFUSED or not (text or chosen.finish_reason in ("STOP", "MAX_TOKENS")):
        raise ended(card, chosen.finish_reason, str(chosen.finish_message or ""))
    return Said(text=text, data=_data(text) if ask.schema else None, usage=_usage(card, ask, said, 0))


def _parts(candidates: list[_Candidate]) -> list[_Part]:
    return [part for one in candidates if one.content for part in one.content.parts if not part.thought]


def _text(parts: list[_Part]) -> str:
    return "".join(part.text for part in parts if part.text)


def _data(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None


def _bytes(data: str) -> bytes:
    """The bytes behind base64, as it mostly comes; or in its other alphabet, or without its padding."""
    try:
        return msgspec.convert(data, bytes)
    except msgspec.ValidationError:
        plain = data.translate(_ALPHABET).rstrip("=")
        return msgspec.convert(plain + "=" * (-len(plain) % 4), bytes)


_ALPHABET = str.maketrans("-_", "+/")


# ------------------------------------------------------------------------------- money


def _usage(card: Card, ask: Ask, said: _Answer, images: int) -> Usage:
    try:
        tokens = msgspec.convert(said.usage_metadata or {}, _Tokens)
    except msgspec.ValidationError:
        tokens = _Tokens()
    return Usage(
        images=images,
        tokens_in=tokens.prompt_token_count,
        tokens_out=tokens.candidates_token_count + tokens.thoughts_token_count,
        dollars=_dollars(card, ask, tokens, images),
        request_id=said.response_id if isinstance(said.response_id, str) else "",
    )


def _dollars(card: Card, ask: Ask, tokens: _Tokens, images: int) -> float:
    """The list price of the tokens that Google counted; of what it did not count, our estimate."""
    price = card.price
    words = max(0, tokens.candidates_token_count - tokens.drawn) + tokens.thoughts_token_count
    spoken = (tokens.prompt_token_count * price.tokens_in + words * price.tokens_out) / 1e6
    if not images:
        return spoken or estimate(card, ask)
    if tokens.drawn and price.image_tokens_out:
        return spoken + tokens.drawn * price.image_tokens_out / 1e6
    return estimate(card, ask) * images
