"""How buckets are reached: what an address may say, and what is the environment's alone."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import obstore
import pytest

from photogram import buckets
from photogram.faults import BadInput
from photogram.remote import FolderPlace, place


@pytest.fixture
def keys(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


def signed(address):
    """What a link to a file there says of who signed it, and where it leads."""
    url = urlsplit(obstore.sign(buckets.opened(address), "GET", "a.jpg", timedelta(hours=1)))
    return url, parse_qs(url.query)


def test_an_address_says_what_is_particular_to_it(keys):
    """Its region, and whether the bucket stands in the host's name."""
    url, said = signed("s3://sets/one?region=eu-west-1")
    assert url.netloc == "s3.eu-west-1.amazonaws.com"
    assert url.path == "/sets/one/a.jpg"
    assert said["X-Amz-Credential"][0].split("/")[2] == "eu-west-1"
    url, _ = signed("s3://sets/one?region=eu-west-1&path_style=false")
    assert (url.netloc, url.path) == ("sets.s3.eu-west-1.amazonaws.com", "/one/a.jpg")


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_another_server_is_the_environments_to_name(keys, monkeypatch, name):
    """A scheme of http:// there is meant; an address cannot lead keys anywhere."""
    monkeypatch.setenv(name, "http://127.0.0.1:9000/")
    url, _ = signed("s3://sets/one")
    assert (url.scheme, url.netloc, url.path) == ("http", "127.0.0.1:9000", "/sets/one/a.jpg")
    with pytest.raises(BadInput, match="no setting of a bucket"):
        buckets.opened("s3://sets/one?endpoint=http://elsewhere")


def test_a_profile_is_found_by_amazons_own_kit(monkeypatch, tmp_path):
    """Where no key stands in the environment, and the extra is there."""
    pytest.importorskip("botocore")
    (tmp_path / "credentials").write_text(
        "[work]\naws_access_key_id = profiled\naws_secret_access_key = secret\naws_session_token = t\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "work")
    _, said = signed("s3://sets/one?region=us-east-1")
    assert said["X-Amz-Credential"][0].startswith("profiled/")
    assert said["X-Amz-Security-Token"] == ["t"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    _, said = signed("s3://sets/one?region=us-east-1")
    assert said["X-Amz-Credential"][0].startswith("mine/")


def test_a_profile_that_is_none_is_told(monkeypatch, tmp_path):
    """In words, before anything is asked of anybody."""
    pytest.importorskip("botocore")
    (tmp_path / "credentials").write_text("[work]\naws_access_key_id = x\naws_secret_access_key = y\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "other")
    with pytest.raises(BadInput, match="credentials cannot be used"):
        buckets.opened("s3://sets/one")


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("s3://a/b", True),
        ("GS://a", True),
        ("az://a", True),
        ("s3://", False),
        ("https://a", False),
        ("a", False),
    ],
)
def test_what_is_a_bucket(address, is_one):
    """By its scheme, however it is written."""
    assert buckets.is_bucket(address) is is_one


def test_googles_and_azures_are_opened_too(monkeypatch):
    """By the same call; nobody is asked yet."""
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "a2V5")
    with pytest.raises(BadInput, match="account is not named"):
        buckets.opened("az://container/set")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "me")
    assert "container" in str(buckets.opened("az://container/set"))
    assert "bucket" in str(buckets.opened("gs://bucket/set"))
    with pytest.raises(BadInput, match="no setting of a bucket"):
        buckets.opened("gs://bucket/set?region=x")


def test_a_folder_is_a_place_too(tmp_path):
    """Put once, read by ranges, swapped from what it was, and refused where it is another by now."""
    remote = place(f"file://{tmp_path}")
    assert isinstance(remote, FolderPlace)
    assert remote.put("a/b", b"0123456789").size == 10
    assert remote.put("a/b", b"9876543210").size == 10  # its key says what it is
    assert remote.read("a/b", 2, 5).data == b"234"
    assert list(remote.listed("a")) == ["a/b"]
    assert remote.swap("latest", b"one", None)
    assert not remote.swap("latest", b"two", None)
    seen = remote.whole("latest", 100).seen
    assert remote.swap("latest", b"two", seen)
    assert not remote.swap("latest", b"tre", seen)
    assert remote.whole("latest", 100).data == b"two"
    remote.remove("latest")
    assert remote.whole("latest", 100) is None
