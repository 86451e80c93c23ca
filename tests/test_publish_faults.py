"""What may go wrong between here and a bucket: each refused or recovered, and nothing half is ever seen."""

import json
import os
import signal

import pytest

from photogram import verbs
from photogram.faults import BadInput, PhotogramError, StoreError
from photogram.remote import place

from .faulty import between
from .small import begun, rows
from .test_publish import bucket, keys, made, original  # noqa: F401 - fixtures

SHARD, INDEX, LATEST = "/shards/", "/index/", "/latest.json"


@pytest.fixture
def proxy(s3_server, bucket, monkeypatch):  # noqa: F811
    """A proxy before the bucket, and the environment leads to it."""
    with between(s3_server) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield proxy


@pytest.fixture
def shared(made, proxy):  # noqa: F811
    verbs.publish(made, "s3://sets/one")
    proxy.forget()
    return "s3://sets/one"


def once(part, kind):
    """The fault, at the first request for something."""
    met = []

    def fault(asked):
        if part in asked.path and not met:
            met.append(asked)
            return kind
        return ""

    return fault


def test_a_cold_fetch_is_three_requests(shared, proxy, tmp_path, made):  # noqa: F811
    """The manifest, a range of the index, a range of the shard; nothing else, by the server's own log."""
    verbs.fetch(from_=shared, names=["hk0155.jpg"], to=str(tmp_path))
    assert [asked.method for asked in proxy.log] == ["GET"] * 3
    for part, asked in zip((LATEST, INDEX, SHARD), proxy.log, strict=True):
        assert part in asked.path
    assert [bool(asked.range) for asked in proxy.log] == [False, True, True]
    assert (tmp_path / "hk0155.jpg").read_bytes() == original(made)


def test_many_are_few_requests(shared, proxy, tmp_path, made):  # noqa: F811
    """Pictures that lie near each other come together."""
    names = [row.id for row in rows(made)]
    got = verbs.fetch(from_=shared, names=names, to=str(tmp_path))
    assert (len(got.files), len(proxy.log)) == (9, 3)


def test_from_the_web(shared, proxy, bucket, tmp_path, made):  # noqa: F811
    """A base address is enough, and a token behind it goes with every request."""
    who = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::sets/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [who]})
    bucket.put_bucket_policy(Bucket="sets", Policy=policy)
    verbs.fetch(from_=f"{proxy.url}/sets/one?token=abc", names=["hk0155.jpg"], to=str(tmp_path))
    assert (tmp_path / "hk0155.jpg").read_bytes() == original(made)
    assert len(proxy.log) == 3
    assert all("token=abc" in asked.path for asked in proxy.log)


@pytest.mark.parametrize("part", [LATEST, INDEX, SHARD])
@pytest.mark.parametrize("kind", ["cut", "503", "reset", "etag"])
def test_what_passes_is_recovered(shared, proxy, tmp_path, made, part, kind):  # noqa: F811
    """Once is no harm, wherever it is."""
    proxy.fault = once(part, kind)
    verbs.fetch(from_=shared, names=["hk0155.jpg"], to=str(tmp_path))
    assert (tmp_path / "hk0155.jpg").read_bytes() == original(made)


@pytest.mark.parametrize(
    ("part", "kind"),
    [(SHARD, "whole"), (INDEX, "whole"), (SHARD, "other bytes"), (INDEX, "other bytes"), (SHARD, "403")],
)
def test_what_stays_wrong_is_refused(shared, proxy, tmp_path, part, kind):
    """A server that gives something else gets no file written."""
    proxy.fault = lambda asked: kind if part in asked.path else ""
    with pytest.raises(PhotogramError):
        verbs.fetch(from_=shared, names=["hk0155.jpg"], to=str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_copy_of_a_set_has_other_etags(shared, proxy, bucket, tmp_path, made):  # noqa: F811
    """What is known by another ETag is believed by its bytes, and refused where they are others."""
    for key in keys(bucket):
        data = bucket.get_object(Bucket="sets", Key=key)["Body"].read()
        upload = bucket.create_multipart_upload(Bucket="sets", Key=key)["UploadId"]
        part = bucket.upload_part(Bucket="sets", Key=key, PartNumber=1, UploadId=upload, Body=data)
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        bucket.complete_multipart_upload(Bucket="sets", Key=key, UploadId=upload, MultipartUpload=parts)
    proxy.forget()
    verbs.fetch(from_=shared, names=["hk0155.jpg"], to=str(tmp_path))
    assert (tmp_path / "hk0155.jpg").read_bytes() == original(made)
    assert len(proxy.log) == 5  # the index and the shard are each asked for again
    (shard,) = (key for key in keys(bucket) if key.endswith(".zip"))
    size = bucket.head_object(Bucket="sets", Key=shard)["ContentLength"]
    bucket.put_object(Bucket="sets", Key=shard, Body=bytes(size))
    with pytest.raises(BadInput, match="does not begin where it should"):
        verbs.fetch(from_=shared, names=["hk0155.jpg"], to=str(tmp_path / "out"))
    bucket.put_object(Bucket="sets", Key=shard, Body=bytes(size + 1))
    with pytest.raises(StoreError, match="were published"):
        verbs.fetch(from_=shared, names=["hk0155.jpg"], to=str(tmp_path / "out"))


def test_broken_off_at_any_request_nobody_sees_half(made, proxy, bucket, tmp_path):  # noqa: F811
    """Every request in turn is the last one that is answered; then it is given again, and finishes."""
    verbs.publish(made, "s3://sets/count")
    count = len(proxy.log)
    assert count > 8
    for last in range(count):
        proxy.forget()
        proxy.fault = lambda asked, last=last: "403" if asked.number >= last else ""
        address = f"s3://sets/{last}"
        with pytest.raises(PhotogramError):
            verbs.publish(made, address)
        proxy.fault = lambda asked: ""
        assert f"{last}/latest.json" not in keys(bucket)
        with pytest.raises(BadInput, match="no published set"):
            verbs.fetch(from_=address, names=["hk0155.jpg"], to=str(tmp_path))
        found = verbs.publish(made, address)
        assert found.new
    assert len([key for key in keys(bucket) if key.endswith("/latest.json")]) == count + 1


@pytest.mark.parametrize("at", [SHARD, INDEX, "/rows/", "/manifests/"])
def test_killed_in_the_middle_of_it(made, proxy, bucket, tmp_path, at):  # noqa: F811
    """kill -9 while something is on its way: nothing is seen, and the same command finishes."""
    address = f"s3://sets/{at.strip('/')}"
    publishing = []

    def kill(asked):
        if asked.method == "PUT" and at in asked.path:
            os.kill(publishing[0].pid, signal.SIGKILL)
            return "reset"
        return ""

    proxy.fault = kill
    publishing.append(begun("publish", made, address))
    publishing[0].communicate()
    assert publishing[0].returncode == -signal.SIGKILL
    proxy.fault = lambda asked: ""
    assert not [key for key in keys(bucket) if key.endswith("latest.json")]
    verbs.publish(made, address)
    verbs.fetch(from_=address, names=["hk0155.jpg"], to=str(tmp_path))


def test_a_large_file_goes_up_in_parts(proxy, bucket, tmp_path):  # noqa: F811
    """The seventh part breaks: once is recovered; for good, nothing is there, and the next try finishes."""
    path = tmp_path / "large"
    with open(path, "wb") as file:
        file.truncate(58 * 2**20)
        file.seek(50 * 2**20)
        file.write(b"here")
    remote = place("s3://sets/large")
    proxy.fault = once("partNumber=7", "reset")
    assert remote.put("a", path).size == path.stat().st_size
    assert len({asked.path for asked in proxy.log if "partNumber=" in asked.path}) == 8
    body = bucket.get_object(Bucket="sets", Key="large/a")["Body"].read()
    assert body == path.read_bytes()
    proxy.fault = lambda asked: "403" if "partNumber=7" in asked.path else ""
    with pytest.raises(StoreError):
        remote.put("b", path)
    proxy.fault = lambda asked: ""
    assert "large/b" not in keys(bucket)
    assert "b" not in remote.listed("")
    assert remote.put("b", path).size == path.stat().st_size
