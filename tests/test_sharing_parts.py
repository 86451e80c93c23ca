"""What publishing and taking in again are made of: tables, places, sets that hold what they should not."""

import obstore
import pytest
from obstore.exceptions import NotSupportedError

from photogram import verbs
from photogram.archive import lookup
from photogram.archive.zipping import Zipper, unplaced
from photogram.builds import bringing, published, rowparts
from photogram.faults import BadInput, StoreError
from photogram.remote import BucketPlace, NoSwap, Seen, place

from .conftest import PNG
from .small import write
from .test_publish import bucket  # noqa: F401 - a fixture


def lay(folder, data, mask=None):
    """A published set of one picture, whatever its bytes are, by the parts that `publish` is made of."""
    zipper, placed, archive = Zipper(), [], b""
    files = [("0a.jpg", "image", data), *([("0a.mask.png", "mask", mask)] if mask else [])]
    for name, role, content in files:
        title = "one.jpg" if role == "image" else ""
        entry, said = zipper.add(unplaced(name, role=role, row="0a", title=title), content)
        placed, archive = [*placed, (0, entry)], archive + b"".join(said)
    archive += zipper.end()
    for name in ("shards", "index", "rows"):
        (folder / name).mkdir(parents=True)
    shard = published.Shard(sha256=zipper.sha256, bytes=zipper.size, entries=zipper.count)
    (folder / shard.key).write_bytes(archive)
    index = lookup.write(iter(placed), folder / "index" / "x.idx")
    facts = {"rows": index.rows, "reach": index.reach, "fan_out": index.fan_out}
    known = {"id": "0a", "title": "one.jpg", "label": "x", "parent": "0b", "synthetic": True}
    known |= {"mask": {"media_type": "image/png"}} if mask else {}
    row = rowparts._encode(known) + b"\n"
    (folder / "rows" / "p.jsonl").write_bytes(row)
    manifest = published.Manifest(
        dataset="x",
        digest="0",
        rows=1,
        synthetic=1,
        entries=1,
        shards=(shard,),
        index=published.Lookup(**facts, key="index/x.idx", bytes=index.rows * lookup.ROW.size),
        parts=(published.Part(key="rows/p.jsonl", bytes=len(row), rows=1),),
    )
    (folder / "latest.json").write_bytes(rowparts._encode(manifest))


def test_what_is_no_picture_is_not_taken_in(tmp_path):
    """Its hash is right, and still it is none: it is told with its reason."""
    lay(tmp_path / "set", b"no picture at all")
    folder = write(tmp_path / "mine", groups={})
    found = verbs.add(folder, [str(tmp_path / "set")])
    assert found.added == 0
    ((where, why),) = found.unusable
    assert where.endswith("set/one.jpg")
    assert why


def test_what_was_made_of_a_picture_stays_with_it(tmp_path):
    """By its group, though the picture it was made of is not in the set."""
    lay(tmp_path / "set", PNG, mask=PNG)
    (told,) = bringing.brought(str(tmp_path / "set"), tmp_path)
    assert (told.labelled.group, told.labelled.synthetic, told.labelled.label) == ("0b", True, "x")
    assert (told.found.name, told.found.data, told.mask) == ("one.jpg", PNG, PNG)


@pytest.mark.parametrize("source", ["nowhere", "s3://not-there/x", "https://127.0.0.1:9/x", "ftp://x/y"])
def test_what_is_no_set_is_for_the_other_ways_to_take(bucket, tmp_path, source):  # noqa: F811
    """They know what to say of it."""
    assert bringing.brought(source, tmp_path) is None


def test_rows_of_a_set_in_parquet_need_the_extra(monkeypatch):
    """Which is named, with the way around it."""
    monkeypatch.setattr(rowparts, "has_parquet", lambda: False)
    with pytest.raises(BadInput, match="needs the extra `parquet`") as caught:
        rowparts.read(b"", "rows/p.parquet")
    assert "pip install" in caught.value.do


def test_what_stands_in_the_way_of_a_file_is_told(bucket):  # noqa: F811
    """Another size under a key that says what it is: it is not written over, and not believed."""
    remote = place("s3://sets/one")
    assert remote.put("a", b"12345", "text/plain").size == 5
    assert bucket.head_object(Bucket="sets", Key="one/a")["ContentType"] == "text/plain"
    with pytest.raises(StoreError, match="5 bytes stand where 6 should"):
        remote.put("a", b"123456")
    assert remote.read("a", 0, 5).data == b"12345"
    with pytest.raises(StoreError, match="5 bytes were asked for, and 3 came"):
        remote.read("a", 2, 7)
    with pytest.raises(StoreError, match="larger than"):
        remote.whole("a", 4)


def test_a_store_that_knows_no_conditions_says_so(bucket, tmp_path, monkeypatch):  # noqa: F811
    """Files go up all the same, since their keys are their content; `latest` does not move."""
    real = obstore.put

    def put(store, key, data, *, mode=None, **more):
        if mode is not None:
            raise NotSupportedError("not here")
        return real(store, key, data, **more)

    monkeypatch.setattr(obstore, "put", put)
    remote = place("s3://sets/plain")
    assert remote.put("a", b"12345").size == 5
    with pytest.raises(NoSwap, match="cannot put anything on a condition"):
        remote.swap("latest.json", b"{}", None)
    with pytest.raises(NoSwap, match="cannot put anything on a condition"):
        remote.swap("latest.json", b"{}", Seen(2, '"e"'))
    assert isinstance(remote, BucketPlace)
    assert list(remote.listed("")) == ["a"]
    folder = write(tmp_path / "mine")
    verbs.run(folder)
    with pytest.raises(StoreError, match="cannot put anything on a condition") as caught:
        verbs.publish(folder, "s3://sets/plain")
    assert "it can be fetched from s3://sets/plain/manifests/" in caught.value.do


def test_a_version_is_nothing_to_publish_to(tmp_path):
    """One publishes to the set."""
    folder = write(tmp_path / "mine")
    verbs.run(folder)
    with pytest.raises(BadInput, match="a manifest is nothing to publish to"):
        verbs.publish(folder, f"{tmp_path}/public/manifests/ab.json")
    assert not (tmp_path / "public").exists()
