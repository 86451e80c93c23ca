"""Tars: what is written everyone reads, what others wrote is listed, and one picture comes by one read."""

import io
import json
import shutil
import subprocess
import tarfile
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from photogram import verbs
from photogram.archive.inventory import parse
from photogram.archive.opening import inventory, unpacked
from photogram.archive.tarring import Tarrer, tar_inventory
from photogram.archive.zipping import unplaced
from photogram.faults import BadInput

from .small import pictures, write
from .test_archive import JPEG, contents, ranged


def packed(members):
    """A tar of ours, and what its writer says lies in it."""
    tarrer, out, entries = Tarrer(), b"", []
    for name, data in members.items():
        placed, said = tarrer.add(unplaced(name), data)
        entries.append(placed)
        out += b"".join(said)
    out += tarrer.end()
    assert (len(out), sha256(out).hexdigest()) == (tarrer.size, tarrer.sha256)
    return out, entries


def listed(data):
    return inventory(ranged(data), len(data), "some.tar")


def all_of(found, data):
    return {one.name: unpacked(one, data[one.header_off : one.end], "some.tar") for one in found.entries}


@given(contents)
def test_what_we_write_the_standard_library_reads(members):
    """Names of every kind and length, and bytes."""
    data, entries = packed(members)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        assert {info.name: archive.extractfile(info).read() for info in archive} == members
        places = [(info.name, info.offset, info.offset_data, info.size) for info in archive]
    assert places == [(one.name, one.header_off, one.data_off, one.usize) for one in entries]


@given(contents)
def test_what_we_write_we_read(members):
    """The inventory rebuilt from the archive alone is the one its writer emitted, sums and all."""
    data, entries = packed(members)
    found = tar_inventory(ranged(data), len(data), "some.tar")
    assert [replace(one, media_type="") for one in found.entries] == entries
    assert all_of(found, data) == members


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_what_others_write_we_read(form):
    """Long names in each of the three ways; folders and links are no members."""
    members = {"a.jpg": JPEG, f"{'deep/' * 25}b.jpg": b"deep", "c.txt": b""}
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        folder = tarfile.TarInfo("deep")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("d.jpg")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
    assert all_of(listed(file.getvalue()), file.getvalue()) == members


def test_a_program_of_its_own_reads_it(tmp_path):
    """The tar that every system has finds nothing wrong."""
    tar = shutil.which("tar")
    if tar is None:
        pytest.skip("there is no tar on this computer")
    data, _ = packed({"a.jpg": JPEG, "b/c.json": b"{}"})
    (tmp_path / "a.tar").write_bytes(data)
    subprocess.run([tar, "-xf", "a.tar"], cwd=tmp_path, check=True)
    assert (tmp_path / "a.jpg").read_bytes() == JPEG
    assert (tmp_path / "b" / "c.json").read_bytes() == b"{}"


def one_of(name, data=b"x"):
    """A tar by the standard library, which writes down whatever it is given."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for called in name if isinstance(name, list) else [name]:
            info = tarfile.TarInfo(called)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (one_of("../a.jpg"), "leads out of its folder"),
        (one_of("/a.jpg"), "leads out of its folder"),
        (one_of("a\\b.jpg"), "backslash"),
        (one_of(["a.jpg", "a.jpg"]), "twice"),
        (one_of("a.jpg", b"x" * 5000)[:2000], "behind the archive's end|damaged|no tar"),
        (one_of("a.jpg")[:100] + b"9" * 8 + one_of("a.jpg")[108:], "no tar|damaged"),
    ],
)
def test_a_hostile_or_broken_tar_is_refused(data, told):
    """With the name of the member, before anything is handed on."""
    with pytest.raises(BadInput, match=told):
        tar_inventory(ranged(data), len(data), "some.tar")


@given(st.binary(max_size=600), st.data())
def test_no_bytes_are_beyond_the_errors(noise, data):
    """Whatever is broken in a tar, the answer is bytes that check out, or a message."""
    whole, _ = packed({"a.jpg": JPEG[:100], "b.txt": b"b" * 600})
    at = data.draw(st.integers(0, len(whole)))
    for broken in (noise, whole[:at], whole[:at] + noise + whole[at + len(noise) :]):
        try:
            found = tar_inventory(ranged(broken), len(broken), "some.tar")
            for one in found.entries:
                unpacked(one, broken[one.header_off : one.end], "some.tar")
        except BadInput:
            continue


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"header_off": 512}, "does not begin where it should"),
        ({"name": "b.jpg"}, "another member lies"),
        ({"crc32": 1}, "checksum differs"),
        ({"sha256": "0" * 64}, "sha256 differs"),
        ({"usize": 5}, "checksum differs"),
        ({"usize": 10**6, "csize": 10**6}, "cut short"),
    ],
)
def test_a_stale_inventory_is_noticed(change, told):
    """Bytes that are not those the inventory speaks of are never handed on."""
    data, (one,) = packed({"a.jpg": JPEG})
    stale = replace(one, **change)
    with pytest.raises(BadInput, match=told):
        unpacked(stale, data[stale.header_off : stale.end], "some.tar")


def test_a_name_that_stands_twice_is_refused_when_it_is_written():
    """As in a zip."""
    tarrer = Tarrer()
    tarrer.add(unplaced("a.jpg"), JPEG)
    with pytest.raises(BadInput, match="already"):
        tarrer.add(unplaced("a.jpg"), JPEG)


# --------------------------------------------------------------------- a pack of tars


@pytest.fixture
def folder(tmp_path):
    made = write(tmp_path / "set")
    verbs.run(made)
    return made


def test_a_pack_may_be_of_tars(folder, tmp_path):
    """The same members with the same inventory; one picture is fetched by one read, also without one."""
    zips, tars = verbs.pack(folder), verbs.pack(folder, tar=True)
    assert zips.folder != tars.folder
    assert (zips.rows, zips.entries) == (tars.rows, tars.entries)
    assert not verbs.pack(folder, tar=True).new
    (archive,) = (folder / "packs").glob("*/*.tar")
    found = parse(archive.with_suffix(".jsonl").read_bytes())
    data = archive.read_bytes()
    again = listed(data)
    assert [(one.name, one.header_off, one.sha256) for one in again.entries] == [
        (one.name, one.header_off, one.sha256) for one in found.entries
    ]
    title = next(one.title for one in found.entries if one.role == "image")
    fetched = verbs.fetch(folder, [title], from_=str(archive.parent), to=str(tmp_path / "out"))
    assert (tmp_path / "out" / title).read_bytes() in {path.read_bytes() for path in pictures(folder)}
    assert fetched.bytes == (tmp_path / "out" / title).stat().st_size
    shutil.copy(archive, tmp_path / "alone.tar")
    name = next(one.name for one in found.entries if one.role == "image")
    verbs.fetch(folder, [name], from_=str(tmp_path / "alone.tar"), to=str(tmp_path / "out"))
    assert (tmp_path / "out" / name).exists()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_webdataset_trains_from_a_pack(folder):
    """Picture and record of a row come as one."""
    webdataset = pytest.importorskip("webdataset")
    verbs.pack(folder, tar=True)
    (archive,) = (folder / "packs").glob("*/*.tar")
    read = list(webdataset.WebDataset(str(archive), shardshuffle=False))
    assert len(read) == 5
    assert all(json.loads(one["json"])["id"] == one["__key__"] for one in read)
    assert {one["jpg"] for one in read} == {path.read_bytes() for path in pictures(folder)}
