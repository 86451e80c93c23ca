"""What a provider says of waiting is understood, and nothing it says can hurt."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram.hints import pause

RETRY_INFO = b'{"error": {"details": [{"@type": "Quota"}, {"@type": "RetryInfo", "retryDelay": "34s"}]}}'


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({}, b"", None),
        ({"retry-after": "7"}, b"", 7.0),
        ({"retry-after": "0"}, b"", 0.0),
        ({"retry-after": "-3"}, b"", 0.0),
        ({"retry-after": "0.5"}, b"", 0.5),
        ({"retry-after-ms": "250"}, b"", 0.25),
        ({"x-amz-retry-after": "1500"}, b"", 1.5),
        ({"x-amz-retry-after": "1500", "retry-after-ms": "250", "retry-after": "7"}, b"", 1.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, RETRY_INFO, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "7"}, b"", 7.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, b"", 0.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 -0000"}, b"", 0.0),
        ({"retry-after": "Wed, 99 Oct 2015"}, b"", None),
        ({"retry-after": "soon"}, b"", None),
        ({"retry-after": "nan"}, b"", None),
        ({"retry-after": "inf"}, b"", None),
        ({"retry-after": ""}, b"", None),
        ({}, RETRY_INFO, 34.0),
        ({}, RETRY_INFO.replace(b"34s", b"0.847655010s"), 0.847655010),
        ({}, RETRY_INFO.replace(b'"34s"', b"34"), None),
        ({}, b'{"error": "retryDelay"}', None),
        ({}, b'[{"error": {"details": [{"retryDelay": "34s"}]}}]', None),
        ({}, b"\xff retryDelay", None),
    ],
)
def test_a_hint_is_read_in_the_order_of_its_weight(headers, body, seconds):
    """Milliseconds before seconds, headers before the body, and what is no number is no hint."""
    assert pause(headers, body) == seconds


def test_a_date_to_come_is_the_seconds_until_then():
    """Proxies give the standard header as a date."""
    then = datetime.now(UTC) + timedelta(hours=1)
    assert 3500 < pause({"retry-after": format_datetime(then, usegmt=True)}) <= 3600


@given(st.text(), st.text(), st.text(), st.binary())
def test_no_hint_can_raise_or_be_negative(one, two, three, body):
    """A provider's header must never stop a run."""
    headers = {"x-amz-retry-after": one, "retry-after-ms": two, "retry-after": three}
    for said in (headers, {"retry-after": three}):
        assert (pause(said, body + b"retryDelay") or 0.0) >= 0.0


@given(st.text())
def test_no_delay_in_a_body_can_raise(delay):
    """Nor may what stands in an error's details."""
    body = RETRY_INFO.decode().replace("34s", delay).encode("utf-8", "surrogatepass")
    assert (pause({}, body) or 0.0) >= 0.0
