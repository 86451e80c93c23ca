"""A dataset whose pictures lie in a bucket works as one whose pictures lie beside it."""

from pathlib import Path

import pytest

from photogram import verbs
from photogram.dataset import Dataset
from photogram.faults import StoreError

BRIEF = """
[dataset]
name = "far"
store = "s3://far/sets/one"

[[make]]
label = "x"
count = 6
size = "64x64"
prompt = "picture of {kind}"
[make.vary]
kind = ["this", "that"]

[annotate.fields]
description = "text"
"""


@pytest.fixture
def bucket(s3):
    s3.create_bucket(Bucket="far")
    return s3


def keys(client):
    return [entry["Key"] for entry in client.list_objects_v2(Bucket="far").get("Contents", ())]


def test_the_whole_way_over_a_bucket(bucket, tmp_path):
    """Made, measured, annotated: the pictures in the bucket, the ledger here; a second run owes nothing."""
    (tmp_path / "brief.toml").write_text(BRIEF)
    assert verbs.run(tmp_path).exit_code == 0
    assert [column.filled for column in verbs.status(tmp_path).columns] == [6, 6, 6]
    assert len(keys(bucket)) == 6
    assert all(key.startswith("sets/one/images/") for key in keys(bucket))
    assert not (tmp_path / "images").exists()
    assert verbs.run(tmp_path).columns == ()

    # A picture that is gone from the bucket is drawn again, as in a folder.
    bucket.delete_object(Bucket="far", Key=keys(bucket)[0])
    assert [finding.well for finding in verbs.doctor(tmp_path)].count(False) == 1
    assert verbs.run(tmp_path).columns[0].filled == 1
    assert len(keys(bucket)) == 6

    # A bucket that cannot be reached is said in a line, and nothing is lost.
    with Dataset(tmp_path) as opened:
        picture = next(opened.ledger.rows(columns=("image",))).image()
        bucket.delete_object(Bucket="far", Key=f"sets/one/images/{picture.sha256[:2]}/{picture.sha256}.jpg")
        with pytest.raises(StoreError):
            opened.store.read(picture)


def test_a_set_in_a_bucket_is_exported(bucket, tmp_path):
    """Its pictures are copied out of the bucket, whether links are wanted or not."""
    (tmp_path / "brief.toml").write_text(BRIEF)
    assert verbs.generate(tmp_path).exit_code == 0
    found = verbs.export(tmp_path, as_="folder", link=True)
    copies = [path.read_bytes() for path in Path(found.folder).glob("*/x/*.jpg")]
    kept = [bucket.get_object(Bucket="far", Key=key)["Body"].read() for key in keys(bucket)]
    assert sorted(copies) == sorted(kept)
