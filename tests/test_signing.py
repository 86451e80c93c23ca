"""Signatures, each held against the one that Amazon's own kit makes."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram.signing import Keys, Signer
from tests.bedrock import KEY, Sent, signature

MOMENT = datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC)
JSON = {"Content-Type": "application/json", "Accept": "application/json"}


def signed(url, body=b"{}", headers=JSON, token="", region="us-west-2"):
    """Our headers, and the signature that the kit makes of the same request."""
    added = Signer("bedrock", region).headers(Keys(KEY, "secret", token), url, body, headers, MOMENT)
    sent = Sent(url, {name.lower(): value for name, value in {**headers, **added}.items()}, body)
    return added, signature(sent, region, "secret", token or None)


@pytest.mark.parametrize("token", ["", "a/token+of=some length"])
@pytest.mark.parametrize(
    "url",
    [
        "https://bedrock-runtime.us-west-2.amazonaws.com/model/amazon.nova-canvas-v1%3A0/invoke",
        "https://host:8443/model/arn%3Aaws%3Abedrock%3Aus-west-2%3A%3Afoundation-model%2Fx.y-v1%3A0/converse",
        "http://127.0.0.1:80/model/x.y/invoke",
        "http://127.0.0.1:8080/bedrock/model/x.y~z_1/invoke",
        "https://host",
    ],
)
def test_it_is_the_kits_own_signature(url, token):
    """With and without a token, whatever stands in the path and whichever the port."""
    added, kits = signed(url, token=token)
    assert added["Authorization"].endswith(f"Signature={kits}")
    assert added["X-Amz-Date"] == "20261124T235959Z"
    assert added.get("X-Amz-Security-Token", "") == token


def test_every_header_that_is_given_is_signed():
    """Nobody on the way can change what is asked."""
    added, _ = signed("https://host/x")
    names = added["Authorization"].split("SignedHeaders=")[1].split(",")[0]
    assert names == "accept;content-type;host;x-amz-date"
    assert f"Credential={KEY}/20261124/us-west-2/bedrock/aws4_request" in added["Authorization"]


@given(
    st.text(min_size=1, max_size=40),
    st.binary(max_size=200),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20),
    st.sampled_from(["us-west-2", "eu-central-1", "ap-southeast-2"]),
)
def test_it_is_the_kits_own_whatever_is_sent(model, body, value, region):
    """Any id, any body, any header."""
    url = f"https://bedrock-runtime.{region}.amazonaws.com/model/{quote(model, safe='')}/invoke"
    added, kits = signed(url, body, {"Content-Type": "application/json", "X-Any": value}, region=region)
    assert added["Authorization"].endswith(f"Signature={kits}")


def test_the_next_day_has_another_key():
    """What is kept for a day is not used for the next, nor for another secret."""
    signer, url = Signer("bedrock", "us-west-2"), "https://host/x"
    days = [datetime(2026, 11, day, tzinfo=UTC) for day in (24, 25, 24)]
    secrets = ["one", "one", "one", "two"]
    made = [
        signer.headers(Keys(KEY, secret), url, b"", {}, day)["Authorization"]
        for secret, day in zip(secrets, [*days, days[0]], strict=True)
    ]
    assert made[0] == made[2]
    assert len(set(made)) == 3
