"""Pictures taken from a bucket, against a server that speaks S3."""

import numpy as np
import pytest

from photogram.faults import BadInput
from photogram.pixels.codecs import encode_jpeg, encode_png
from photogram.taking import Bounds, Found, pictures
from tests.test_taking import zipped

NOISE = np.random.default_rng(7).integers(0, 255, (24, 32, 3), np.uint8)
JPEG, PNG = encode_jpeg(NOISE), encode_png(NOISE)
LARGE = encode_png(np.random.default_rng(7).integers(0, 255, (1800, 1800, 3), np.uint8))


@pytest.fixture
def bucket(s3):
    """A way to put files into an empty bucket `cars`."""
    client = s3
    client.create_bucket(Bucket="cars")

    def put(files):
        for key, data in files.items():
            client.put_object(Bucket="cars", Key=key, Body=data)

    yield put
    for page in client.get_paginator("list_objects_v2").paginate(Bucket="cars"):
        for entry in page.get("Contents", ()):
            client.delete_object(Bucket="cars", Key=entry["Key"])
    client.delete_bucket(Bucket="cars")


def told(base, *sources, bounds=Bounds()):
    results = pictures(sources, base, bounds)
    return [(result.place, "" if isinstance(result, Found) else result.why) for result in results]


def test_a_folder_of_a_bucket(bucket, tmp_path):
    """The same rules as for a folder on the disk: bytes decide, hidden is hidden, faults are told."""
    bucket({"a/1.png": PNG, "a/2.txt": JPEG, "a/3.txt": b"text", "a/4.jpg": JPEG[:900], "a/.h/5.png": PNG})
    bucket({"a/sub/": b"", "a/sub/6": PNG, "ab/7.png": PNG})
    expected = [
        ("s3://cars/a/1.png", ""),
        ("s3://cars/a/2.txt", ""),
        ("s3://cars/a/4.jpg", "the file ends before the picture does"),
        ("s3://cars/a/sub/6", ""),
    ]
    assert told(tmp_path, "s3://cars/a") == told(tmp_path, "s3://cars/a/") == expected
    assert told(tmp_path, "s3://cars") == [*expected, ("s3://cars/ab/7.png", "")]


def test_one_file_of_a_bucket(bucket, tmp_path):
    """An address can be that of one file, whatever signs are in its name."""
    names = ("é #1 100%.png", "%41.png", "b?c.png", "a+b&c=d.png")
    bucket({f"x/{name}": PNG for name in names} | {"x/text": b"text"})
    for name in names:
        assert list(pictures([f"s3://cars/x/{name}"], tmp_path)) == [Found(name, f"s3://cars/x/{name}", PNG)]
    (only,) = told(tmp_path, "s3://cars/x/text")
    assert only[1].startswith("not a picture")


def test_a_large_picture_and_the_bound(bucket, tmp_path):
    """A picture larger than one request arrives whole, and one above the bound is not fetched."""
    bucket({"large.png": LARGE})
    assert len(LARGE) > 2**23
    assert list(pictures(["s3://cars/large.png"], tmp_path)) == [
        Found("large.png", "s3://cars/large.png", LARGE)
    ]
    (only,) = told(tmp_path, "s3://cars/large.png", bounds=Bounds(file=2**20))
    assert only[1].startswith("it is larger than 1 MB")


def test_an_archive_in_a_bucket(bucket, tmp_path):
    """It is opened where it lies, by reading the parts that are needed."""
    bucket(
        {
            "sets/one.zip": zipped(("b.png", PNG), ("a/c.jpg", JPEG), ("t.txt", b"x")),
            "sets/bad.zip": b"PK\3\4",
        }
    )
    assert told(tmp_path, "s3://cars/sets") == [
        ("s3://cars/sets/bad.zip", "the archive cannot be opened: it is cut short or damaged"),
        ("s3://cars/sets/one.zip!/a/c.jpg", ""),
        ("s3://cars/sets/one.zip!/b.png", ""),
    ]


def test_a_file_that_goes_while_it_is_wanted(bucket, s3, tmp_path):
    """What was listed and is gone when its turn comes is told, and the rest is taken."""
    bucket({"1.png": PNG, "2.png": PNG, "3.png": PNG})
    stream = pictures(["s3://cars"], tmp_path)
    first = next(stream)
    s3.delete_object(Bucket="cars", Key="2.png")
    gone, last = stream
    assert (first.name, gone.place, last.name) == ("1.png", "s3://cars/2.png", "3.png")
    assert gone.why == "The specified key does not exist."


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("s3://cars/nowhere", "there is nothing under this address"),
        ("s3://cars/nowhere/", "there is nothing under this address"),
        ("s3://no-such-bucket", "The specified bucket does not exist"),
    ],
)
def test_an_address_where_nothing_is(bucket, tmp_path, url, message):
    """A wrong address is told in one line before anything is taken."""
    with pytest.raises(BadInput) as caught:
        pictures([url], tmp_path)
    assert caught.value.where == url
    assert caught.value.what == message


def test_a_server_that_is_not_there(bucket, tmp_path, monkeypatch):
    """The whole exchange that failed is not a message for a person."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(BadInput) as caught:
        pictures(["s3://cars/a.png"], tmp_path)
    assert caught.value.what == "HTTP error: error sending request"


def test_a_list_that_cannot_be_read_is_told(bucket, tmp_path):
    """A key that obstore cannot hold ends the list; nobody must take that for the end of the folder."""
    bucket({"a/1.png": PNG, "a//b.png": PNG})
    with pytest.raises(BadInput, match="empty path segment"):
        pictures(["s3://cars/a"], tmp_path)
