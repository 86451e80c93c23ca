"""publish and fetch from anywhere: a set in a folder or a bucket, seen whole or not at all."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image

from photogram import verbs
from photogram.archive.inventory import parse
from photogram.builds import publish, published
from photogram.dataset import Dataset
from photogram.faults import BadInput, StoreError
from photogram.remote import FolderPlace, place

from .small import ANNOTATE, rows, typed, write

EDIT = """
[[edit]]
of = "apple"
label = "scratched"
prompt = "a scratch"
where = { box = [0.2, 0.2, 0.6, 0.6] }
facts = { defect = "scratch" }
"""


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A dataset with drawn pictures, edits with masks, and one picture that was taken in."""
    base = tmp_path_factory.mktemp("made")
    Image.new("RGB", (64, 48), (200, 10, 10)).save(base / "hk0155.jpg")
    folder = write(base / "set", more=f"{ANNOTATE}\n{EDIT}")
    verbs.add(folder, [str(base / "hk0155.jpg")], label="real", split="test")
    verbs.run(folder)
    return folder


@pytest.fixture
def bucket(s3):
    """An empty bucket, and a client that sees what is in it."""
    s3.create_bucket(Bucket="sets")
    yield s3
    for key in keys(s3):
        s3.delete_object(Bucket="sets", Key=key)


def keys(client):
    pages = client.get_paginator("list_objects_v2").paginate(Bucket="sets")
    return [entry["Key"] for page in pages for entry in page.get("Contents", ())]


def sizes(client):
    return {key: client.head_object(Bucket="sets", Key=key)["ContentLength"] for key in keys(client)}


def put_at(made, address, **more):
    with Dataset(made) as opened:
        return publish.publish(opened, address, lambda _: None, **more)


def original(made):
    return (made.parent / "hk0155.jpg").read_bytes()


@pytest.mark.parametrize("kind", ["folder", "bucket"])
def test_a_picture_is_fetched_from_anywhere(made, bucket, tmp_path, kind):
    """By title, row and member; pictures, masks and records, each the same to the byte."""
    address = str(tmp_path / "public") if kind == "folder" else "s3://sets/one"
    found = verbs.publish(made, address)
    assert (found.rows, found.synthetic, found.new) == (9, 8, True)
    (row,) = [row for row in rows(made) if row.label == "real"]
    names = ["hk0155.jpg", row.id, f"{row.id}.json"]
    got = verbs.fetch(from_=address, names=names, to=str(tmp_path / "out"))
    assert len(got.files) == 3
    assert (tmp_path / "out" / "hk0155.jpg").read_bytes() == original(made)
    assert (tmp_path / "out" / f"{row.id}.jpg").read_bytes() == original(made)
    assert json.loads((tmp_path / "out" / f"{row.id}.json").read_bytes())["label"] == "real"
    edited = next(row for row in rows(made) if row.label == "scratched")
    verbs.fetch(from_=address, names=[f"{edited.id}.mask.png"], to=str(tmp_path / "out"))
    assert (tmp_path / "out" / f"{edited.id}.mask.png").stat().st_size > 0


def test_all_of_a_set_at_once(made, bucket, tmp_path):
    """Every picture by its title, in one go."""
    verbs.publish(made, "s3://sets/one")
    wanted = {row.id: row.image() for row in rows(made)}
    verbs.fetch(from_="s3://sets/one", names=list(wanted), to=str(tmp_path))
    for row, blob in wanted.items():
        (path,) = tmp_path.glob(f"{row}.*")
        assert sha256(path.read_bytes()).hexdigest() == blob.sha256


def test_publishing_twice_sends_nothing(made, bucket):
    """What is there by key and size is not sent again, and the version stays."""
    first, second = (verbs.publish(made, "s3://sets/one") for _ in range(2))
    assert (first.new, second.new, second.sent) == (True, False, 0)
    assert first.version == second.version
    assert first.sent > first.bytes


def test_what_is_gone_from_it_is_sent_again(made, bucket):
    """A set that says it is whole and is not is mended by publishing it again."""
    verbs.publish(made, "s3://sets/one")
    before = sizes(bucket)
    for key in before:
        if not key.endswith(".json"):
            bucket.delete_object(Bucket="sets", Key=key)
            assert verbs.publish(made, "s3://sets/one").sent == before[key]
    assert {
        key: bucket.head_object(Bucket="sets", Key=key)["ContentLength"] for key in keys(bucket)
    } == before


def test_what_is_published_names_itself(made, bucket):
    """Archives by their hash with their inventory beside them, manifests by theirs; `latest` is one."""
    found = verbs.publish(made, "s3://sets/one")
    held = {key: bucket.get_object(Bucket="sets", Key=key)["Body"].read() for key in keys(bucket)}
    latest = held["one/latest.json"]
    assert held[f"one/{found.version}"] == latest
    assert found.version == f"manifests/{sha256(latest).hexdigest()}.json"
    manifest = published.parse(latest, "")
    (shard,) = manifest.shards
    assert sha256(held[f"one/{shard.key}"]).hexdigest() == shard.sha256
    head = parse(held[f"one/shards/{shard.sha256}.jsonl"]).archive
    assert (head.archive, head.etag, head.bytes) == (shard.key, shard.etag, shard.bytes)
    etag = bucket.head_object(Bucket="sets", Key=f"one/{shard.key}")["ETag"]
    assert shard.etag == etag
    named = {shard.key, f"shards/{shard.sha256}.jsonl", manifest.index.key, *(p.key for p in manifest.parts)}
    assert {f"one/{key}" for key in named | {"latest.json", found.version}} == set(held)


def test_a_set_that_has_grown_is_another_version_of_it(made, bucket, tmp_path):
    """The latest has the new picture; the version before is still to be had by its manifest."""
    copy = tmp_path / "copy"
    verbs.run(write(copy))
    first = verbs.publish(copy, "s3://sets/grown")
    Image.new("RGB", (20, 20), (9, 9, 9)).save(tmp_path / "new.png")
    verbs.add(copy, [str(tmp_path / "new.png")])
    second = verbs.publish(copy, "s3://sets/grown")
    assert second.new
    verbs.fetch(from_="s3://sets/grown", names=["new.png"], to=str(tmp_path / "out"))
    before = f"s3://sets/grown/{first.version}"
    with pytest.raises(BadInput, match=r"no 'new\.png' in"):
        verbs.fetch(from_=before, names=["new.png"], to=str(tmp_path / "out"))
    verbs.fetch(from_=before, names=[rows(copy)[0].id], to=str(tmp_path / "out"))


def test_who_comes_second_is_told(made, bucket):
    """Two publish at once: one of them is the latest, and the other is told."""
    verbs.publish(made, "s3://sets/race")

    class Raced(type(place("s3://sets/race"))):
        def swap(self, key, data, before):
            assert super().swap(key, b'{"another": 1}', before)
            return super().swap(key, data, before)

    remote = place("s3://sets/race")
    raced = Raced(remote.url, remote._store)
    before = raced.whole(published.LATEST, 10**6)
    manifest = published.parse(before.data, "")
    other = type(manifest)(**{**json_of(manifest), "dataset": "other"})
    with pytest.raises(StoreError, match="somebody else has published"):
        publish._settle(raced, other, before)
    assert remote.whole(published.LATEST, 10**6).data == b'{"another": 1}'
    # What stands there now is no set of ours: it is not written over.
    with pytest.raises(BadInput, match="no manifest of a published set"):
        verbs.publish(made, "s3://sets/race")


def json_of(manifest):
    return {name: getattr(manifest, name) for name in manifest.__struct_fields__}


def test_two_of_one_title_must_be_told_apart(tmp_path):
    """A title is what people call a picture, and people call two the same: neither is guessed at."""
    folder = write(tmp_path / "set")
    for number, name in enumerate(("a", "b")):
        (tmp_path / name).mkdir()
        Image.new("RGB", (16, 16), (number, 0, 0)).save(tmp_path / name / "1.png")
    verbs.add(folder, [str(tmp_path / "a"), str(tmp_path / "b")])
    verbs.publish(folder, str(tmp_path / "public"))
    with pytest.raises(BadInput, match=r"2 pictures in .* are called '1.png'"):
        verbs.fetch(from_=str(tmp_path / "public"), names=["1.png"], to=str(tmp_path))


@pytest.mark.parametrize("parquet", [True, False])
def test_rows_are_tables_that_others_read(made, tmp_path, parquet):
    """DuckDB and pandas read the parts as they are, and find the picture's bytes by what they say."""
    found = put_at(made, str(tmp_path), parquet=parquet)
    duckdb = pytest.importorskip("duckdb", reason="needs the extra dev")
    (folder,) = (tmp_path / "rows").iterdir()
    (part,) = folder.iterdir()
    assert found.tables == (str(part.relative_to(tmp_path)),)
    reads = "read_parquet" if parquet else "read_json"
    columns = "label, title, synthetic, split, shard, data_off, csize, sha256, mask"
    table = duckdb.sql(f"select {columns} from {reads}('{folder}/*') order by label")
    assert len(table.fetchall()) == 9
    real = duckdb.sql(f"select * from {reads}('{folder}/*') where not synthetic").fetchall()
    assert len(real) == 1
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_parquet(part) if parquet else pandas.read_json(part, lines=True)
    one = frame[frame.title == "hk0155.jpg"].iloc[0]
    data = (tmp_path / one["shard"]).read_bytes()[one["data_off"] : one["data_off"] + one["csize"]]
    assert (one["label"], one["split"], data) == ("real", "test", original(made))
    assert int(frame["mask"].notna().sum()) == sum("mask" in Path(n).name for n in names_in(tmp_path))


def names_in(folder):
    (inventory,) = folder.glob("shards/*.jsonl")
    return [entry.name for entry in parse(inventory.read_bytes()).entries]


@pytest.mark.parametrize("parquet", [True, False])
def test_pictures_are_fetched_by_label_and_split(made, tmp_path, parquet):
    """As the set's tables have them; what nobody has is told."""
    put_at(made, str(tmp_path / "public"), parquet=parquet)
    got = verbs.fetch(from_=str(tmp_path / "public"), label="apple", to=str(tmp_path / "apples"))
    assert len(got.files) == 3
    got = verbs.fetch(from_=str(tmp_path / "public"), label="real", split="test", to=str(tmp_path / "real"))
    assert [Path(name).read_bytes() for name in got.files] == [original(made)]
    with pytest.raises(BadInput, match="no row has label 'apple' and split 'test'"):
        verbs.fetch(from_=str(tmp_path / "public"), label="apple", split="test", to=str(tmp_path))
    with pytest.raises(BadInput, match="looked up in published sets"):
        verbs.fetch(made, label="apple", to=str(tmp_path))


def test_hugging_faces_kit_reads_the_rows(made, tmp_path):
    """Straight from the parts, with nothing of ours."""
    datasets = pytest.importorskip("datasets", reason="needs the extra dev")
    put_at(made, str(tmp_path / "public"), parquet=True)
    (part,) = (tmp_path / "public").glob("rows/*/*.parquet")
    loaded = datasets.Dataset.from_parquet(str(part), cache_dir=str(tmp_path / "cache"))
    assert sorted({row["label"] for row in loaded}) == ["apple", "pear", "real", "scratched"]


@pytest.mark.parametrize("address", ["s3://sets/one", "folder"])
def test_a_published_set_is_taken_in_again(made, bucket, tmp_path, address):
    """With labels, splits and masks; what is synthetic says so, and an edit stays with its original."""
    verbs.publish(made, address if "://" in address else str(tmp_path / address))
    other = write(tmp_path / "other", groups={})
    found = verbs.add(other, [address if "://" in address else str(tmp_path / address)])
    assert (found.added, found.unusable) == (9, ())
    taken = {row.image().sha256: row for row in rows(other)}
    for row in rows(made):
        again = taken[row.image().sha256]
        assert (again.label, again.split, again.synthetic) == (row.label, row.split, row.synthetic)
        assert again.group == (row.parent or row.id)
        mask = row.mask() or mask_of(made, row.id)
        assert (again.mask() is None) == (mask is None)
    assert verbs.add(other, [address if "://" in address else str(tmp_path / address)]).known == 9


def mask_of(folder, row):
    (inventory,) = folder.glob("packs/*/shard-00000.jsonl")
    entries = parse(inventory.read_bytes()).entries
    return next((entry for entry in entries if entry.row == row and entry.role == "mask"), None)


def test_by_command(made, bucket, tmp_path, capsys, monkeypatch):
    """As it is typed: published, and fetched in a folder where nothing else is."""
    code, out, _ = typed(capsys, "publish", made, "s3://sets/typed")
    assert (code, "9 pictures, 8 of them synthetic" in out, "s3://sets/typed" in out) == (0, True, True)
    monkeypatch.chdir(tmp_path)
    code, out, _ = typed(capsys, "fetch", "hk0155.jpg", "--from", "s3://sets/typed")
    assert (code, "1 file" in out) == (0, True)
    assert (tmp_path / "hk0155.jpg").read_bytes() == original(made)
    monkeypatch.chdir(made)
    code, out, _ = typed(capsys, "publish", "s3://sets/typed")
    assert (code, "nothing had to be sent" in out) == (0, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("publish", "{made}"), "name one place to publish to"),
        (("publish", "{made}", "ftp://x/y"), "no way to ftp://"),
        (("publish", "{made}", "s3://sets/x?color=blue"), "is no setting of a bucket"),
        (("publish", "{made}", "s3://not-there/x"), "bucket does not exist"),
        (("fetch", "a.jpg", "--from", "s3://sets/nothing"), "no published set"),
        (("fetch", "--from", "s3://sets/nothing"), "nothing to fetch is named"),
        (("link", "a.jpg"), "name a picture and the set it is in"),
        (("link", "a.jpg", "--from", "s3://sets/x", "--expires", "9w"), "cannot last"),
        (("link", "a.jpg", "--from", "s3://sets/x", "--expires", "8d"), "cannot last"),
        (("link", "a.jpg", "--from", "s3://sets/nothing"), "no published set"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(made, bucket, tmp_path, capsys, words, told):
    """With what to do; nothing is put anywhere."""
    code, _, err = typed(capsys, *(word.format(made=made) for word in words))
    assert (code, told in " ".join(err.split())) == (2, True), err
    assert keys(bucket) == []


def test_a_folder_is_shown_whole_or_not_at_all(made, tmp_path, monkeypatch):
    """The disk is full in the middle of it: there is no manifest, no half file, and the next one finishes."""
    real = FolderPlace._write

    def full(self, path, source):
        if path.suffix == ".idx":
            raise OSError(28, "No space left on device")
        real(self, path, source)

    with monkeypatch.context() as patched:
        patched.setattr(FolderPlace, "_write", full)
        with pytest.raises(StoreError, match="disk is full"):
            verbs.publish(made, str(tmp_path / "public"))
    left = {path.name for path in (tmp_path / "public").rglob("*") if path.is_file()}
    assert {Path(name).suffix for name in left} == {".zip", ".jsonl"}
    assert verbs.publish(made, str(tmp_path / "public")).new
    assert not list((made / "packs").glob(".publishing*"))
