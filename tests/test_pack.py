"""pack and fetch: a dataset as shards, and one picture out of them, the same to the byte."""

import json
import zipfile

import pytest
from PIL import Image

from photogram import verbs
from photogram.archive.inventory import parse
from photogram.builds import pack
from photogram.dataset import Dataset
from photogram.faults import BadInput, StoreError

from .small import ANNOTATE, files, pictures, rows, typed, write

EDIT = """
[[edit]]
of = "apple"
label = "scratched"
prompt = "a scratch"
where = { box = [0.2, 0.2, 0.6, 0.6] }
facts = { defect = "scratch" }
"""


@pytest.fixture
def folder(tmp_path):
    """A dataset with drawn pictures, an edit with its mask, and one that was taken in."""
    Image.new("RGB", (64, 48), (200, 10, 10)).save(tmp_path / "hk0155.jpg")
    made = write(tmp_path / "set", more=f"{ANNOTATE}\n{EDIT}")
    verbs.add(made, [str(tmp_path / "hk0155.jpg")], label="real")
    verbs.run(made)
    return made


def packed(folder):
    found = verbs.pack(folder)
    (archive,) = (folder / "packs").glob("*/*.zip")
    return found, archive


def test_a_pack_holds_every_picture_as_it_is(folder):
    """Byte for byte, beside its mask and the record of what is known of it."""
    found, archive = packed(folder)
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        held = {opened.read(name) for name in opened.namelist()}
        records = [json.loads(opened.read(name)) for name in opened.namelist() if name.endswith(".json")]
    assert {path.read_bytes() for path in pictures(folder)} <= held
    assert (found.rows, found.synthetic, len(records)) == (9, 8, 9)
    edited = next(record for record in records if record.get("label") == "scratched")
    assert edited["parent"]
    assert edited["cells"]["measures"]["value"]["width"] == 64
    assert found.entries == sum(1 for record in records for _ in record["cells"]["image"]["files"]) + 9


def test_the_same_dataset_is_packed_once(folder):
    """The second pack says so and touches nothing; a changed dataset makes another beside the first."""
    first, archive = packed(folder)
    before = files(folder)
    second = verbs.pack(folder)
    assert (first.new, second.new, second.folder) == (True, False, first.folder)
    assert files(folder) == before
    verbs.add(folder, [str(archive.parent / "shard-00000.zip")], label="twice")
    Image.new("RGB", (10, 10), (1, 2, 3)).save(folder.parent / "new.png")
    verbs.add(folder, [str(folder.parent / "new.png")])
    assert verbs.pack(folder).folder != first.folder
    assert archive.exists()


def test_the_same_dataset_gives_the_same_archive(tmp_path):
    """On any day and in any folder."""
    made = []
    for name in ("a", "b"):
        verbs.run(write(tmp_path / name))
        made.append(packed(tmp_path / name)[1].read_bytes())
    assert made[0] == made[1]


def test_a_pack_that_was_broken_off_is_written_again(folder):
    """Without its manifest it is none, whatever lies there already."""
    _, archive = packed(folder)
    whole = archive.read_bytes()
    (archive.parent / "pack.json").unlink()
    archive.write_bytes(whole[:1000])
    archive.with_name("shard-00001.zip.part").write_bytes(b"left behind")
    with pytest.raises(BadInput, match="no pack in"):
        verbs.fetch(folder, ["hk0155.jpg"])
    assert verbs.pack(folder).new
    assert archive.read_bytes() == whole


def test_shards_are_closed_when_they_are_full(folder, tmp_path):
    """What belongs to one row stays together, and everything is found wherever it lies."""
    with Dataset(folder) as opened:
        found = pack.pack(opened, shard_bytes=1)
    assert (found.shards, found.rows) == (9, 9)
    for row in rows(folder):
        verbs.fetch(folder, [row.id], to=str(tmp_path / row.id))
        (got,) = (tmp_path / row.id).iterdir()
        kept = row.image()
        assert (
            got.read_bytes() == (folder / f"images/{kept.sha256[:2]}/{kept.sha256}{got.suffix}").read_bytes()
        )


def test_one_picture_is_fetched_by_what_people_call_it(folder, tmp_path):
    """The file that was taken in, under the name that it came with."""
    packed(folder)
    found = verbs.fetch(folder, ["hk0155.jpg"], to=str(tmp_path / "out"))
    assert (tmp_path / "out" / "hk0155.jpg").read_bytes() == (tmp_path / "hk0155.jpg").read_bytes()
    assert found.bytes == (tmp_path / "hk0155.jpg").stat().st_size


def test_a_pack_needs_no_dataset(folder, tmp_path, capsys, monkeypatch):
    """By command, from a folder that holds only the archive and its inventory, or the archive alone."""
    _, archive = packed(folder)
    monkeypatch.chdir(tmp_path)
    for source, more in ((archive.parent, "a"), (archive, "b")):
        code, out, _ = typed(capsys, "fetch", "hk0155.jpg", "--from", source, "--to", more)
        assert (code, "1 file" in out) == (0, True)
    alone = tmp_path / "alone.zip"
    alone.write_bytes(archive.read_bytes())
    (name,) = (f"{row.id}.jpg" for row in rows(folder) if row.label == "real")
    code, out, _ = typed(capsys, "fetch", name, "--from", alone, "--to", "c")
    assert (tmp_path / "c" / name).read_bytes() == (tmp_path / "hk0155.jpg").read_bytes()


def test_a_large_shard_has_an_index(folder, tmp_path, monkeypatch):
    """From so many members on, which are fewer here; what is found is the same."""
    monkeypatch.setattr(pack, "MANY", 3)
    _, archive = packed(folder)
    assert archive.with_suffix(".db").exists()
    verbs.fetch(folder, ["hk0155.jpg"], to=str(tmp_path / "out"))
    assert (tmp_path / "out" / "hk0155.jpg").read_bytes() == (tmp_path / "hk0155.jpg").read_bytes()


def test_every_member_says_whether_it_is_synthetic(folder):
    """In the inventory and in the record."""
    _, archive = packed(folder)
    found = parse(archive.with_suffix(".jsonl").read_bytes())
    assert {entry.synthetic for entry in found.entries if entry.title == "hk0155.jpg"} == {False}
    assert sum(entry.synthetic for entry in found.entries if entry.role == "image") == 8


def test_nothing_is_overwritten(folder, tmp_path):
    """A file of that name that is another is left alone; the same one is fine."""
    packed(folder)
    verbs.fetch(folder, ["hk0155.jpg"], to=str(tmp_path))
    (tmp_path / "hk0155.jpg").write_bytes(b"mine")
    with pytest.raises(BadInput, match="is there already"):
        verbs.fetch(folder, ["hk0155.jpg"], to=str(tmp_path))
    assert (tmp_path / "hk0155.jpg").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("names", "told"), [(["no.jpg"], "no 'no.jpg' in"), ([], "nothing to fetch"), ([""], "no '' in")]
)
def test_what_is_not_there_is_told(folder, names, told):
    """With what it can be asked for by."""
    packed(folder)
    with pytest.raises(BadInput, match=told):
        verbs.fetch(folder, names)


def test_nothing_to_pack_is_told(tmp_path):
    """And no half pack is left."""
    verbs.plan(write(tmp_path))
    with pytest.raises(BadInput, match="no row has a picture"):
        verbs.pack(tmp_path)


def test_a_picture_that_changed_in_the_store_is_not_packed(folder):
    """Its name is its hash, and so it is noticed."""
    path = pictures(folder)[0]
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(StoreError, match="not what they were"):
        verbs.pack(folder)
    assert not list(folder.glob("packs/*/pack.json"))


def test_a_manifest_that_is_none_is_told(folder):
    """Or is of a later time."""
    _, archive = packed(folder)
    for text, told in (("{", "no manifest"), (None, "its format is other/2")):
        path = archive.parent / "pack.json"
        path.write_text(text or json.dumps({**json.loads(GOOD), "format": "other/2"}))
        with pytest.raises(BadInput, match=told):
            verbs.fetch(folder, ["hk0155.jpg"])


GOOD = '{"dataset": "x", "digest": "0", "rows": 0, "synthetic": 0, "shards": []}'
