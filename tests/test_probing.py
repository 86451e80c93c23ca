"""doctor --bucket: what a place can, tried and told, and nothing of it left behind."""

import pytest

from photogram import verbs

from .small import typed, write
from .test_publish import bucket, keys  # noqa: F401 - a fixture
from .test_publish_faults import proxy  # noqa: F401 - a fixture


def told(address):
    return {finding.what: finding.well for finding in verbs.doctor(bucket=address)}


def test_a_good_bucket_and_a_folder(bucket, tmp_path):  # noqa: F811
    """All is well with them, and the probe is gone."""
    found = told("s3://sets/probe")
    assert len(found) == 7
    assert set(found.values()) == {True}
    assert keys(bucket) == []
    assert set(told(str(tmp_path / "folder")).values()) == {True}
    assert list((tmp_path / "folder").iterdir()) == []


def test_a_server_that_minds_no_condition(proxy, bucket):  # noqa: F811
    """Two who publish to it at once would not notice, which is said before they do."""
    proxy.fault = lambda asked: "unconditional"
    bad = [what for what, well in told("s3://sets/probe").items() if not well]
    assert bad == [
        "it does not mind If-Match: a file that has changed is noticed by its bytes alone",
        "it does not mind If-None-Match",
        "it does not mind If-Match when it is written to",
    ]
    assert keys(bucket) == []


def test_a_server_that_knows_no_ranges(proxy, bucket):  # noqa: F811
    """Nothing can be fetched from it one by one."""
    proxy.fault = lambda asked: "whole"
    bad = [what for what, well in told("s3://sets/probe").items() if not well]
    assert bad == ["Generic S3 error: Received non-partial response when range requested"]
    assert keys(bucket) == []


@pytest.mark.parametrize("address", ["s3://not-there/x", "ftp://x", "s3://sets/x?color=blue"])
def test_a_place_that_is_none(bucket, capsys, address):  # noqa: F811
    """One finding, with its reason and an exit code."""
    code, out, _ = typed(capsys, "doctor", "--bucket", address)
    assert (code, "cannot be written" in out) == (1, True)


def test_the_bucket_of_a_brief_is_tried_too(bucket, tmp_path):  # noqa: F811
    """Where its pictures are to lie in one."""
    folder = write(tmp_path / "set")
    brief = folder / "brief.toml"
    brief.write_text(brief.read_text().replace('name = "small"', 'name = "small"\nstore = "s3://sets/far"'))
    found = [finding.what for finding in verbs.doctor(folder)]
    assert "s3://sets/far can be written" in found
    assert "a signed link opens" in found
    assert keys(bucket) == []
