"""What an answer of OpenAI, or of a server that follows it, amounts to when it is no reply.

An answer that came whole tells whether it was billed, and so does each error: a 200 that cannot be
read was made and billed, so it is Broken and unsure.
"""

import re
from typing import Annotated, Any

import msgspec

from photogram.data import Card
from photogram.dialect import Answer
from photogram.faults import Broken, Busy, Invalid, ModelError, NotSetUp, OutOfQuota, Refused
from photogram.hints import pause
from photogram.media import media_type

Counted = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
"""Tokens as a server tells them, where what it tells can be believed."""

_REFUSED = {"moderation_blocked", "content_policy_violation", "content_filter"}
_SHAPED = re.compile(r"response_format|json_schema|guided_json|grammar", re.IGNORECASE)
_NO_MONEY = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
_NOT_HERE = {404, 405, 410, 501}
_GATEWAY = {408, 502, 504, *range(520, 528)}
_SECRET = re.compile(r"(sk-|Bearer\s+)[^\s\"',]+")


def unreadable(card: Card, why: str, body: bytes) -> Broken:
    """The error for an answer that was paid for and does not hold what it should."""
    start = _clean(body[:80].decode("utf-8", "replace"))
    return Broken(
        f"{card.name} answered with what cannot be read ({why}): {start!r}",
        unsure=True,
        do="check that base_url is the address of an API; most end in /v1",
    )


def check_picture(card: Card, image: bytes) -> None:
    """Refuse bytes that are no picture: they were paid for and would fill a cell with nothing."""
    if not media_type(image).startswith("image/"):
        raise unreadable(card, "what should be a picture is none", image)


class _Error(msgspec.Struct):
    message: Any = ""
    code: Any = ""
    type: Any = ""


class _Problem(msgspec.Struct):
    error: _Error | str = ""
    message: Any = ""
    detail: Any = ""


def key_name(card: Card) -> str:
    """The variable that holds the key of a card's provider."""
    return f"{card.provider.upper()}_API_KEY"


def problem(card: Card, answer: Answer) -> ModelError:
    """The error that an answer amounts to which holds no reply, whatever its status."""
    status, headers, body = answer
    code, message, known = _read_problem(body)
    if status < 300 and code.isdecimal() and 400 <= int(code) < 600:
        status = int(code)  # some gateways tell the true status only within
    said = f"{card.name} answered {status}{f' {code}' if code else ''}: {message or 'and no more'}"
    if code in _REFUSED:
        return Refused(said, code=code, stage="prompt")
    if code in _NO_MONEY or status == 402:
        return OutOfQuota(said, do="add credit or raise the limit of the account, then run again")
    if status < 300:
        return Broken(said, unsure=True)
    hint = pause(headers, body)
    if status == 429 or (status == 503 and hint is not None):
        return Busy(said, after=hint)
    if status in {409, 424, 425} or status == 408 or (status >= 500 and status not in _NOT_HERE):
        return Broken(said, unsure=status == 408 or (status in _GATEWAY and not known))
    return _setup(card, status, said) or Invalid(said, do=_shapeless(card, said))


def _shapeless(card: Card, said: str) -> str:
    """What to do where a server does not know the form in which an answer was asked for."""
    if not _SHAPED.search(said):
        return ""
    return f'if the server cannot keep to a schema, write rung = "prompt" under [providers.{card.provider}]'


def _setup(card: Card, status: int, said: str) -> NotSetUp | None:
    key = key_name(card)
    if status == 401:
        where = f"it is sent to {card.provider} itself and to the address in {card.provider.upper()}_BASE_URL"
        return NotSetUp(
            f"{card.name} answered 401: the key was not taken", do=f"put a valid key in {key}; {where}"
        )
    if status == 403:
        return NotSetUp(said, do=f"give the account of {key} access to {card.model}, or name another model")
    if status in _NOT_HERE:
        return NotSetUp(
            said, do=f"check that the server has the model {card.model}, and that base_url is right"
        )
    if status < 400:
        return NotSetUp(said, do="the server sends elsewhere: give base_url as it is after the redirect")
    return None


def _read_problem(body: bytes) -> tuple[str, str, bool]:
    """Code and message of an error, and whether it is in the API's own form."""
    try:
        said = msgspec.json.decode(body, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "", _clean(body[:200].decode("utf-8", "replace")), False
    error, besides = said.error, said.message or said.detail
    if isinstance(error, str):
        told = ": ".join(filter(None, (error, str(besides) if besides else "")))
        return "", _clean(told), bool(told)
    codes = (str(error.code or ""), str(error.type or ""))
    telling = next((code for code in codes if code in _REFUSED | _NO_MONEY), codes[0])
    return _clean(telling), _clean(str(error.message or "")), True


def _clean(text: str) -> str:
    """One line without anything that looks like a key; servers like to repeat it."""
    return _SECRET.sub(r"\1…", " ".join(text.split()))[:300]
