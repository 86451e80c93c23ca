"""How long a provider asks to be left alone, read from whatever it answered."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

import msgspec


class _Detail(msgspec.Struct, frozen=True):
    delay: str = msgspec.field(default="", name="retryDelay")


class _Error(msgspec.Struct, frozen=True):
    details: tuple[_Detail, ...] = ()


class _Body(msgspec.Struct, frozen=True):
    error: _Error = _Error()


def pause(headers: Mapping[str, str], body: bytes = b"") -> float | None:
    """The seconds a provider asks to wait, if it asks; the names of `headers` are in lower case.

    The most particular hint wins: AWS's and OpenAI's milliseconds, then the standard header, then
    Google's RetryInfo in the body.
    """
    for name, read in _HEADERS.items():
        found = read(headers.get(name, ""))
        if found is not None:
            return found
    return _from_body(body) if b"retryDelay" in body else None


def _number(text: str, unit: float = 1.0) -> float | None:
    try:
        value = float(text) * unit
    except ValueError:
        return None
    return max(0.0, value) if isfinite(value) else None


def _milliseconds(text: str) -> float | None:
    return _number(text, 1e-3)


def _seconds_or_date(text: str) -> float | None:
    seconds = _number(text)
    return _until(text) if seconds is None and text else seconds


def _until(text: str) -> float | None:
    try:
        then = parsedate_to_datetime(text)
        zoned = then if then.tzinfo else then.replace(tzinfo=UTC)
        return max(0.0, (zoned - datetime.now(UTC)).total_seconds())
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _from_body(body: bytes) -> float | None:
    try:
        said = msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    delays = (_number(detail.delay.removesuffix("s")) for detail in said.error.details)
    return next((delay for delay in delays if delay is not None), None)


_HEADERS: dict[str, Callable[[str], float | None]] = {
    "x-amz-retry-after": _milliseconds,
    "retry-after-ms": _milliseconds,
    "retry-after": _seconds_or_date,
}
