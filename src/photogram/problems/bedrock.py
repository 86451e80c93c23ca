"""What an answer of Amazon Bedrock amounts to when it is no reply.

An error's name stands in a header. Errors that came are not billed, but for time-outs, of which nobody
knows; a 200 that cannot be read was made and billed.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import msgspec

from photogram.data import Ask, Card, Embed, Point, Usage
from photogram.dialect import Answer
from photogram.faults import Broken, Busy, Invalid, ModelError, NotSetUp, OutOfQuota, Refused
from photogram.hints import pause
from photogram.media import media_type
from photogram.terms import estimate

T = TypeVar("T")
Count = Annotated[int, msgspec.Meta(ge=0)]

NOT_READY = 10.0
"""Seconds to leave a model alone that says it is not ready."""

FREELY = "or use keyless:draw or keyless:measure, which need no key"
KEYED = (
    "put valid credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (with AWS_SESSION_TOKEN, if they "
    f"are temporary), in AWS_PROFILE or in AWS_BEARER_TOKEN_BEDROCK, {FREELY}"
)
_STALE = {"ExpiredTokenException", "ExpiredToken", "RequestExpired"}
_KEYS = {
    *("UnrecognizedClientException", "InvalidSignatureException", "SignatureDoesNotMatch"),
    *("MissingAuthenticationTokenException", "IncompleteSignature", "InvalidClientTokenId"),
    *("AuthFailure", "NotAuthorized"),
}
_FILTERED = re.compile(
    r"content filter|responsible ai|\bAUP\b|content polic|(in|output) blocked by|guardrail", re.I
)
_WRONG_MODEL = re.compile(
    r"model identifier is invalid|on-demand throughput|doesn.t support (the )?model", re.I
)
_PER_DAY = re.compile(r"per day|daily", re.I)
_SECRET = re.compile(
    r"(Bearer\s+|Credential=|Signature=|Security-Token[:=]\s*|bedrock-api-key-)[^\s\"',]+|\b(AKIA|ASIA)[A-Z0-9]{12,}"
)


class _Problem(msgspec.Struct):
    message: Any = ""
    Message: Any = ""


def request_id(answer: Answer) -> str:
    return answer.headers.get("x-amzn-requestid", "")


def problem(card: Card, answer: Answer) -> ModelError:
    """The error that an answer amounts to whose status is not one of success."""
    status, headers, body = answer
    name = headers.get("x-amzn-errortype", "").partition(":")[0]
    message, known = _read_problem(body)
    said = f"{card.name} answered {status}{f' {_clean(name)}' if name else ''}: {message or 'and no more'}"
    if name == "ServiceQuotaExceededException" or (status == 429 and _PER_DAY.search(message)):
        return OutOfQuota(said, do="wait for the quota to begin anew, or have it raised (Service Quotas)")
    hint = pause(headers, body)
    if status == 429 or (status == 503 and hint is not None):
        slow = NOT_READY if name == "ModelNotReadyException" else 0.0
        return Busy(said, after=max(hint or 0.0, slow) if hint is not None or slow else None)
    if status == 424 or status == 408 or status >= 500:
        sent = status == 408 or (status in (502, 504) and not known)
        return Broken(said, unsure=sent)
    return _setup(card, status, name, said) or _refused(said, message) or Invalid(said)


def _setup(card: Card, status: int, name: str, said: str) -> NotSetUp | None:
    if name in _STALE:
        return NotSetUp(said, do="the credentials have run out: sign in anew, such as with `aws sso login`")
    if status == 401 or name in _KEYS:
        return NotSetUp(said, do=KEYED)
    if status == 403:
        do = f"let the account use {card.model} (model access, and the permission bedrock:InvokeModel)"
        return NotSetUp(said, do=f"{do}, {FREELY}")
    if status == 404:
        instead = f"use {card.successor} instead" if card.successor else "name another model"
        return NotSetUp(said, do=f"{instead}; `photogram models` lists them")
    if status < 400:
        return NotSetUp(said, do="the endpoint sends elsewhere: check AWS_ENDPOINT_URL_BEDROCK_RUNTIME")
    if _WRONG_MODEL.search(said):
        return NotSetUp(said, do="check the model's id and the region; `photogram models` lists them")
    return None


def _refused(said: str, message: str) -> Refused | None:
    stage = "input" if re.search(r"\bimage", message, re.I) else "prompt"
    return Refused(said, code="filtered", stage=stage) if _FILTERED.search(message) else None


def _read_problem(body: bytes) -> tuple[str, bool]:
    """What an error says, and whether it says it in the service's own form."""
    try:
        said = msgspec.json.decode(body, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _clean(body[:200].decode("utf-8", "replace")), False
    message = said.message or said.Message
    return _clean(str(message or "")), bool(message)


# ------------------------------------------------------------------------- answers with a 200


def unreadable(card: Card, why: str, body: bytes) -> Broken:
    """The error for an answer that was paid for and does not hold what it should."""
    start = _clean(body[:80].decode("utf-8", "replace"))
    return Broken(f"{card.name} answered with what cannot be read ({why}): {start!r}", unsure=True)


def check_picture(card: Card, image: bytes) -> None:
    """Refuse bytes that are no picture: they were paid for and would fill a cell with nothing."""
    if not media_type(image).startswith("image/"):
        raise unreadable(card, "what should be a picture is none", image)


def read_reply(card: Card, answer: Answer, shape: type[T]) -> T:
    """The body of an answer in its shape; the error it amounts to where it has none."""
    if not 200 <= answer.status < 300:
        raise problem(card, answer)
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(card, f"{error}", answer.body) from None


_REFUSALS = {
    "content_filtered": "its content filter",
    "guardrail_intervened": "a guardrail",
    "refusal": "the model itself",
}
_FULL = "model_context_window_exceeded"


def check_stop(card: Card, reason: str, said: str) -> None:
    """Raise what a reason to stop amounts to, where it is not the end of an answer.

    An answer that the model could not put into form, or that was cut off, was paid for: whoever asked
    sees that it cannot be read, and asks again.
    """
    if reason in _REFUSALS:
        why = f"{card.name} was stopped by {_REFUSALS[reason]}"
        raise Refused(f"{why}: {_clean(said)}" if said else why, code=reason, stage="output")
    if reason == _FULL and not said:
        raise Invalid(f"{card.name}: pictures and prompt are more than it takes in ({reason})")


class _Counted(msgspec.Struct):
    """Tokens, as Converse and Nova call them, and as Claude does."""

    inputTokens: Count = 0
    outputTokens: Count = 0
    input_tokens: Count = 0
    output_tokens: Count = 0


def tokens_used(card: Card, ask: Ask, answer: Answer, said: Any) -> Usage:
    """What an answer took by its tokens, at the card's price; by our own count where it says nothing."""
    try:
        found = msgspec.convert(said or {}, _Counted)
    except msgspec.ValidationError:
        found = _Counted()
    price = card.price
    tokens_in = found.inputTokens or found.input_tokens
    tokens_out = found.outputTokens or found.output_tokens
    dollars = (tokens_in * price.tokens_in + tokens_out * price.tokens_out) / 1e6
    return Usage(
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        dollars=dollars or estimate(card, ask),
        request_id=request_id(answer),
    )


def embedded(card: Card, ask: Embed, answer: Answer, vector: Sequence[float], tokens: Any = None) -> Point:
    """A vector and what it took; a header counts the tokens where the answer does not."""
    counted = answer.headers.get("x-amzn-bedrock-input-token-count", "")
    tokens = tokens if isinstance(tokens, int) and tokens > 0 else 0
    tokens = tokens or (int(counted[:12]) if counted.isdecimal() else 0)
    by_picture = card.price.image_in if ask.image else 0.0
    usage = Usage(
        images=1 if ask.image else 0,
        tokens_in=tokens,
        dollars=by_picture or (tokens * card.price.tokens_in / 1e6 if tokens else estimate(card, ask)),
        request_id=request_id(answer),
    )
    return Point(vector=tuple(vector), usage=usage)


def _clean(text: str) -> str:
    """One line without anything that looks like a key."""
    return _SECRET.sub("…", " ".join(text.split()))[:300]
