"""Against Debian's radosgw, which checks what moto lets pass: signatures, secrets, the end of a link."""

import time
import urllib.error
import urllib.request

import pytest

from photogram import verbs
from photogram.builds.linking import lasting
from photogram.faults import PhotogramError
from photogram.remote import place

from .ceph import gateway
from .test_publish import made, original  # noqa: F401 - a fixture


@pytest.fixture(scope="session")
def ceph(tmp_path_factory):
    with gateway(tmp_path_factory.mktemp("ceph")) as url:
        boto3 = pytest.importorskip("boto3")
        keys = {"aws_access_key_id": "access", "aws_secret_access_key": "secret"}
        client = boto3.client("s3", endpoint_url=url, region_name="us-east-1", **keys)
        client.create_bucket(Bucket="sets")
        yield url


@pytest.fixture
def account(ceph, monkeypatch):
    keys = {"AWS_ACCESS_KEY_ID": "access", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
    for name, value in (keys | {"AWS_ENDPOINT_URL": ceph}).items():
        monkeypatch.setenv(name, value)


def opened(url):
    """The status, the kind and the bytes that a browser would be given."""
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as error:
        return error.code, "", b""


def test_published_fetched_and_published_again(account, made, tmp_path):  # noqa: F811
    """The whole way; `latest` is moved on a condition, though this server wants its ETag without quotes."""
    first = verbs.publish(made, "s3://sets/one")
    verbs.fetch(from_="s3://sets/one", names=["hk0155.jpg"], to=str(tmp_path))
    assert (tmp_path / "hk0155.jpg").read_bytes() == original(made)
    remote = place("s3://sets/one")
    now = remote.whole("latest.json", 10**6)
    assert remote.swap("latest.json", now.data + b"\n", now.seen)
    assert not remote.swap("latest.json", now.data, now.seen)
    assert remote.swap("latest.json", now.data, remote.whole("latest.json", 10**6).seen)
    second = verbs.publish(made, "s3://sets/one")
    assert (second.new, second.sent, second.version) == (False, 0, first.version)


def test_a_link_opens_one_picture_until_it_ends(account, made):  # noqa: F811
    """Valid, it is the picture with its kind; tampered with or ended, it is nothing."""
    verbs.publish(made, "s3://sets/one")
    (link,) = verbs.link(["hk0155.jpg"], from_="s3://sets/one", expires="1h")
    assert opened(link.url) == (200, "image/jpeg", original(made))
    key, _, signature = link.url.partition("?")
    assert opened(f"{key}x?{signature}")[0] == 403
    assert opened(link.url[:-4] + ("0000" if not link.url.endswith("0000") else "1111"))[0] == 403
    assert opened(link.url.replace("X-Amz-Expires=3600", "X-Amz-Expires=7200"))[0] == 403
    (short,) = verbs.link(["hk0155.jpg"], from_="s3://sets/one", expires="1s")
    end = time.monotonic() + 30
    while opened(short.url)[0] != 403:
        assert time.monotonic() < end, "the link never ended"


def test_a_wrong_secret_is_told(account, made, monkeypatch):  # noqa: F811
    """In a line, and nothing is put."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(PhotogramError) as caught:
        verbs.publish(made, "s3://sets/wrong")
    assert "403" in str(caught.value)
    assert "another" not in str(caught.value)


def test_doctor_finds_all_well(account):
    """Every trial, and the probe is gone."""
    found = verbs.doctor(bucket="s3://sets/probe")
    assert [(finding.what, finding.well) for finding in found if not finding.well] == []
    assert len(found) == 7
    assert place("s3://sets/probe").listed("") == {}


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("1h", 3600), ("7d", 604800)])
def test_how_long_a_link_lasts(text, seconds):
    """As people say it."""
    assert lasting(text).total_seconds() == seconds
