"""What an answer of Google's Gemini amounts to when it is no reply.

Google bills no call that it answers with an error in its own form, and says in a whole answer why it
holds nothing. Only what cannot be read at all may have been made and billed.
"""

import re
from typing import Any

import msgspec

from photogram.data import Card
from photogram.dialect import Answer
from photogram.faults import Broken, Busy, Invalid, ModelError, NotSetUp, OutOfQuota, Refused
from photogram.hints import pause
from photogram.media import media_type

KEYS = ("GOOGLE_API_KEY", "GEMINI_API_KEY")
"""Where the key stands; Google's own kit reads them in this order too."""

_KEYED = (
    "put a valid key in GEMINI_API_KEY; it is sent to the address in GOOGLE_GEMINI_BASE_URL and to Google"
)
_PROJECT = "see the key's project, its billing and its regions at https://aistudio.google.com"
_TOMORROW = "run again after midnight, Pacific time, when it begins anew; what is finished is kept"
_MONEY = "add credit or raise the cap of the key's project at https://ai.studio/spend, then run again"

REFUSED = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "ESCALATION",
        "MODEL_ARMOR",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
    }
)
"""Why a candidate may end that are its filters' verdict, and would be so again."""

_OUT_OF_MONEY = re.compile(r"credits are depleted|spending cap|spend cap", re.IGNORECASE)
_SECRET = re.compile(r"AIza[\w-]{8,}|(?<=[?&]key=)[^\s&\"']+")
_TWICE = 2
"""Attempts in all at what ended for no reason that need hold another time."""


def unreadable(card: Card, why: str, body: bytes) -> Broken:
    """The error for an answer that may have been paid for and does not hold what it should."""
    start = _clean(body[:80].decode("utf-8", "replace"))
    return Broken(
        f"{card.name} answered with what cannot be read ({why}): {start!r}",
        unsure=True,
        do="check that base_url is the address of the Gemini API, without its version",
    )


def check_picture(card: Card, image: bytes) -> None:
    """Refuse bytes that are no picture: they were paid for and would fill a cell with nothing."""
    if not media_type(image).startswith("image/"):
        raise unreadable(card, "what should be a picture is none", image)


# ------------------------------------------------------------ whole answers with nothing in them


def blocked(card: Card, reason: str, said: str = "") -> Refused:
    """The error for a prompt that was not let through."""
    more = f": {_clean(said)}" if said else ""
    return Refused(f"{card.name} blocked the prompt ({reason}){more}", code=reason, stage="prompt")


def ended(card: Card, reason: str, said: str = "") -> ModelError:
    """The error for a candidate that ended without what was asked for."""
    more = f": {_clean(said)}" if said else ""
    if reason in REFUSED:
        return Refused(f"{card.name} held back its answer ({reason}){more}", code=reason, stage="output")
    if reason == "PUP_LIMITED_DISABLED":
        return NotSetUp(f"{card.name} is closed to this account ({reason}){more}", do=_PROJECT)
    if reason == "STOP" and said:
        what = f"{card.name} answered with words in place of a picture{more}"
        return Refused(what, code="NO_PICTURE", stage="output")
    return Broken(f"{card.name} ended without an answer ({reason or 'no reason'}){more}", attempts=_TWICE)


# ----------------------------------------------------------------------------- error answers


class _Violation(msgspec.Struct):
    quota: Any = msgspec.field(default="", name="quotaId")


class _Detail(msgspec.Struct):
    reason: Any = ""
    violations: list[_Violation] | None = None


class _Error(msgspec.Struct):
    message: Any = ""
    status: Any = ""
    details: list[_Detail] | None = None


class _Problem(msgspec.Struct):
    error: _Error


def problem(card: Card, answer: Answer) -> ModelError:
    """The error that an answer amounts to whose status is not one of success."""
    status, headers, body = answer
    error = _read_error(body)
    code, message = _told(error, body)
    said = f"{card.name} answered {status}{f' {code}' if code else ''}: {message or 'and no more'}"
    hint = pause(headers, body)
    if status == 429:
        return _spent(error, said) or Busy(said, after=hint)
    if status == 503 and hint is not None:
        return Busy(said, after=hint)
    if status in {408, 499} or status >= 500:
        return Broken(said, unsure=status in {408, 499} or error is None)
    return _setup(card, status, _reasons(error), said) or Invalid(said)


def _spent(error: _Error | None, said: str) -> OutOfQuota | None:
    """Whether the tap is shut for longer than a pause: for the day, or until somebody pays."""
    if _OUT_OF_MONEY.search(said):
        return OutOfQuota(said, do=_MONEY)
    quotas = [str(one.quota) for detail in _details(error) for one in detail.violations or ()]
    if not any("PerDay" in quota for quota in quotas):
        return None
    free = any("FreeTier" in quota for quota in quotas)
    return OutOfQuota(said, do=f"{_TOMORROW}; or set up billing for the key's project" if free else _TOMORROW)


def _setup(card: Card, status: int, reasons: set[str], said: str) -> NotSetUp | None:
    if status == 401 or "API_KEY_INVALID" in reasons:
        return NotSetUp(f"{card.name} answered {status}: the key was not taken", do=_KEYED)
    if status == 403 or "FAILED_PRECONDITION" in reasons:
        return NotSetUp(said, do=_PROJECT)
    if status in {404, 405}:
        successor = f"use {card.successor} instead, or " if card.successor else ""
        return NotSetUp(said, do=f"{successor}check base_url and that there is a model {card.model}")
    if status < 400:
        return NotSetUp(said, do="the server sends elsewhere: give base_url as it is after the redirect")
    return None


def _read_error(body: bytes) -> _Error | None:
    """The error in Google's own form, alone or as the first of a list."""
    try:
        if body.lstrip().startswith(b"["):
            return next((one.error for one in msgspec.json.decode(body, type=list[_Problem])), None)
        return msgspec.json.decode(body, type=_Problem).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _told(error: _Error | None, body: bytes) -> tuple[str, str]:
    if error is None:
        return "", _clean(body[:200].decode("utf-8", "replace"))
    return _clean(str(error.status or "")), _clean(str(error.message or ""))


def _reasons(error: _Error | None) -> set[str]:
    status = {str(error.status)} if error else set[str]()
    return status | {str(detail.reason) for detail in _details(error)}


def _details(error: _Error | None) -> list[_Detail]:
    return (error.details if error else None) or []


def _clean(text: str) -> str:
    """One line without anything that looks like a key; servers like to repeat it."""
    return _SECRET.sub("…", " ".join(text.split()))[:300]
