"""Archives: what is written is read back by everyone, and what others wrote is read back by us."""

import io
import random
import struct
import subprocess
import sys
import zipfile
import zlib
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from photogram.archive import inventory as lists
from photogram.archive import zipping
from photogram.archive.inventory import Archive, Inventory
from photogram.archive.unzipping import hashed, inventory, unpacked
from photogram.archive.zipping import Zipper, unplaced
from photogram.faults import BadInput

JPEG = b"\xff\xd8\xff" + random.Random(1).randbytes(2000)


def entry(name, media_type="image/jpeg", **more):
    return unplaced(name, media_type=media_type, **more)


def packed(members, media_type="image/jpeg"):
    """An archive of ours, and what its writer says lies in it."""
    zipper, out, entries = Zipper(), b"", []
    for name, data in members.items():
        placed, said = zipper.add(entry(name, media_type), data)
        entries.append(placed)
        out += b"".join(said)
    out += zipper.end()
    assert (len(out), sha256(out).hexdigest()) == (zipper.size, zipper.sha256)
    return out, entries


def ranged(data):
    return lambda at, length: data[at : at + length]


def listed(data):
    return inventory(ranged(data), len(data), "some.zip")


def all_of(found, data):
    return {one.name: unpacked(one, data[one.header_off : one.end], "some.zip") for one in found.entries}


def zipped(members, **more):
    """An archive as the standard library writes it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **more) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


# ------------------------------------------------------------------- what we write

names = (
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
    .filter(lambda name: not set("/\\:") & set(name) and name not in (".", ".."))
    .map(lambda name: lists.normalize("NFC", name))
)
contents = st.dictionaries(names, st.binary(max_size=300), max_size=6)


@given(contents, st.sampled_from(["image/jpeg", "application/json"]))
def test_what_we_write_the_standard_library_reads(members, media_type):
    """Names, bytes and sums; nothing in front of, between or behind the members."""
    data, entries = packed(members, media_type)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == members
        for info, ours in zip(archive.infolist(), entries, strict=True):
            assert (info.filename, info.header_offset, info.CRC) == (ours.name, ours.header_off, ours.crc32)
            assert (info.compress_size, info.file_size) == (ours.csize, ours.usize)


@given(contents)
def test_what_we_write_we_read(members):
    """The inventory rebuilt from the archive alone is the one its writer emitted."""
    data, entries = packed(members)
    found = hashed(listed(data), ranged(data))
    assert [
        (one.name, one.header_off, one.data_off, one.csize, one.usize, one.sha256) for one in entries
    ] == [(one.name, one.header_off, one.data_off, one.csize, one.usize, one.sha256) for one in found.entries]
    assert all_of(found, data) == members


def test_the_same_members_give_the_same_bytes():
    """Whenever and wherever they are packed."""
    assert packed({"a.jpg": JPEG, "b.jpg": b"x"})[0] == packed({"a.jpg": JPEG, "b.jpg": b"x"})[0]


def test_pictures_are_stored_and_words_are_packed():
    """What is small already is left as it is; what would grow is too."""
    _, (picture,) = packed({"a.jpg": b"a" * 1000})
    _, (words,) = packed({"a.json": b"a" * 1000}, "application/json")
    _, (noise,) = packed({"a.json": random.Random(1).randbytes(100)}, "application/json")
    assert (picture.method, picture.csize) == (0, 1000)
    assert words.method == 8
    assert words.csize < 100
    assert (noise.method, noise.csize) == (0, 100)


def test_unzip_finds_nothing_wrong(tmp_path):
    """Another program's judgement: Python's own, as a process of its own."""
    data, _ = packed({"a.jpg": JPEG, "ä/ö.jpg": JPEG, "n.json": b"{}"})
    (tmp_path / "a.zip").write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-m", "zipfile", "-t", str(tmp_path / "a.zip")],
        capture_output=True,
        check=True,
        text=True,
    )
    assert "Done testing" in done.stdout


def test_large_numbers_are_written_in_64_bits(monkeypatch):
    """Past the limits, which are lowered here, the archive is still one that others read."""
    monkeypatch.setattr(zipping, "LIMIT_16", 2)
    data, entries = packed({f"{number}.jpg": bytes([number]) for number in range(5)})
    assert b"PK\6\6" in data
    closing = data.rfind(b"PK\5\6")
    assert struct.unpack_from("<H", data, closing + 10)[0] == 2
    honest = data[: closing + 8] + struct.pack("<HH", 0xFFFF, 0xFFFF) + data[closing + 12 :]
    with zipfile.ZipFile(io.BytesIO(honest)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 5
    assert len(listed(honest).entries) == len(entries) == 5


def test_more_members_than_16_bits_count():
    """70,000 of them, as they are."""
    zipper = Zipper()
    parts = [b"".join(zipper.add(entry(f"{number}.jpg"), b"")[1]) for number in range(70_000)]
    data = b"".join([*parts, zipper.end()])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert len(archive.namelist()) == 70_000
    assert len(listed(data).entries) == 70_000


class Hole:
    """An archive of many gigabytes of which only the beginning and the end are kept."""

    def __init__(self, head, gap, tail):
        self.head, self.gap, self.tail = head, gap, tail
        self.size = len(head) + gap + len(tail)

    def read(self, at, length):
        head, begins = self.head[at : at + length], len(self.head) + self.gap
        if at + length <= begins:
            return head
        void = bytes(max(0, begins - max(at, len(self.head))))
        return head + void + self.tail[max(0, at - begins) : at + length - begins]


def test_a_member_beyond_four_gigabytes_is_found():
    """Its place is said in 64 bits, by the writer and to the reader."""
    zipper = Zipper()
    _, head = zipper.add(entry("first.jpg"), JPEG)
    zipper.size += 5 * 2**30
    tail = b"".join(zipper.add(entry("far.jpg"), JPEG)[1]) + zipper.end()
    hole = Hole(b"".join(head), 5 * 2**30, tail)
    found = inventory(hole.read, hole.size, "large.zip")
    far = found.entries[1]
    assert far.header_off > 2**32
    assert unpacked(far, hole.read(far.header_off, far.end - far.header_off), "large.zip") == JPEG


# ------------------------------------------------------------------ what others write


@given(contents, st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]), st.booleans())
def test_what_the_standard_library_writes_we_read(members, method, forced):
    """Also with 64-bit sizes that stand in the local header alone."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members.items():
            with archive.open(name, "w", force_zip64=forced) as member:
                member.write(data)
    data = file.getvalue()
    assert all_of(listed(data), data) == members


class Unseekable(io.RawIOBase):
    """A stream that cannot go back, so that sizes follow the data."""

    def __init__(self):
        super().__init__()
        self.data = b""

    def writable(self):
        return True

    def write(self, data):
        self.data += bytes(data)
        return len(data)


@given(contents)
def test_sizes_behind_the_data_are_taken_from_the_directory(members):
    """A local header that knows no sizes is believed in nothing but its length."""
    stream = Unseekable()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    assert all_of(listed(stream.data), stream.data) == members


def test_a_program_in_front_of_an_archive_is_passed_over():
    """As in archives that unpack themselves."""
    data = b"#!/bin/sh\nexit\n" * 10 + zipped({"a.jpg": JPEG})
    assert all_of(listed(data), data) == {"a.jpg": JPEG}


def test_a_comment_behind_an_archive_is_passed_over():
    """Also one that looks like the end of an archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.jpg", JPEG)
        archive.comment = b"see PK\5\6 and more of it, more than twenty-two bytes"
    assert list(all_of(listed(file.getvalue()), file.getvalue())) == ["a.jpg"]


def test_folders_are_no_members():
    """They hold nothing."""
    assert list(all_of(listed(data := zipped({"a/": b"", "a/b.jpg": JPEG})), data)) == ["a/b.jpg"]


def test_a_name_in_an_extra_field_is_the_name():
    """Info-ZIP leaves the Unicode name there when the plain one is in an old code page."""
    raw, name = b"caf\x82.jpg", "café–1.jpg".encode()
    extra = struct.pack("<HHBI", 0x7075, 5 + len(name), 1, zlib.crc32(raw)) + name
    data = zipped({"x": b""})
    local = struct.pack(
        "<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 33, zlib.crc32(b"hi"), 2, 2, len(raw), len(extra)
    )
    central = struct.pack(
        "<4s6H3I5H2I",
        b"PK\1\2",
        20,
        20,
        0,
        0,
        0,
        33,
        zlib.crc32(b"hi"),
        2,
        2,
        len(raw),
        len(extra),
        0,
        0,
        0,
        0,
        0,
    )
    head = local + raw + extra + b"hi"
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(central) + len(raw) + len(extra), len(head), 0)
    data = head + central + raw + extra + end
    assert all_of(listed(data), data) == {"café–1.jpg": b"hi"}


# ------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "no zip"),
        (b"PK\3\4 and so on", "no zip"),
        (zipped({"a.jpg": JPEG})[:-30], "no zip"),
        (zipped({"../a.jpg": JPEG}), "leads out of its folder"),
        (zipped({"/a.jpg": JPEG}), "leads out of its folder"),
        (zipped({"a/../../b.jpg": JPEG}), "leads out of its folder"),
        (zipped({"C:a.jpg": JPEG}), "names a drive"),
        (zipped({"a\\b.jpg": JPEG}), "backslash"),
        (zipped({"a\nb.jpg": JPEG}), "cannot be seen"),
        (zipped({"a//b.jpg": JPEG}), "empty part"),
    ],
)
def test_a_hostile_or_broken_archive_is_refused(data, told):
    """With the name of the member, before anything is unpacked."""
    with pytest.raises(BadInput, match=told):
        listed(data)


def test_a_name_that_stands_twice_is_refused():
    """Different programs would take different ones of the two."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.jpg", JPEG)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.jpg", b"another")
    with pytest.raises(BadInput, match="twice"):
        listed(file.getvalue())
    zipper = Zipper()
    zipper.add(entry("a.jpg"), JPEG)
    with pytest.raises(BadInput, match="already"):
        zipper.add(entry("a.jpg"), JPEG)


def changed(data, at, new):
    return data[:at] + new + data[at + len(new) :]


def test_members_that_overlap_are_refused():
    """The directory of a bomb names the same bytes many times."""
    data = zipped({"a.jpg": JPEG, "b.jpg": JPEG})
    second = data.rfind(b"PK\1\2")
    with pytest.raises(BadInput, match="overlaps"):
        listed(changed(data, second + 42, struct.pack("<I", 0)))


def test_a_member_that_unpacks_to_more_than_it_says_is_refused():
    """And no more is unpacked than was said."""
    data = zipped({"a.txt": b"a" * 10**6}, compression=zipfile.ZIP_DEFLATED)
    lying = changed(data, data.rfind(b"PK\1\2") + 24, struct.pack("<I", 100))
    (one,) = listed(lying).entries
    with pytest.raises(BadInput, match="more than it says"):
        unpacked(one, lying[one.header_off : one.end], "some.zip")


def test_a_size_beyond_the_archive_is_refused():
    """A member cannot reach into the directory."""
    data = zipped({"a.jpg": JPEG})
    lying = changed(data, data.rfind(b"PK\1\2") + 20, struct.pack("<I", 10**6))
    with pytest.raises(BadInput, match="reaches into the directory"):
        listed(lying)


def test_what_is_encrypted_is_said_to_be():
    """Rather than found broken."""
    data = zipped({"a.jpg": JPEG})
    with pytest.raises(BadInput, match="is encrypted"):
        listed(changed(data, data.rfind(b"PK\1\2") + 8, b"\1\0"))


@given(st.binary(max_size=400), st.data())
def test_no_bytes_are_beyond_the_errors(noise, data):
    """Whatever is broken in an archive, the answer is bytes that check out, or a message."""
    whole = zipped({"a.jpg": JPEG[:100], "b.txt": b"b" * 50}, compression=zipfile.ZIP_DEFLATED)
    at = data.draw(st.integers(0, len(whole)))
    for broken in (noise, noise + whole[-60:], changed(whole, at, noise)[: len(whole) + 50]):
        try:
            for one in listed(broken).entries:
                got = unpacked(one, broken[one.header_off : one.end], "some.zip")
                assert zlib.crc32(got) == one.crc32
        except BadInput:
            continue


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"header_off": 3}, "does not begin where"),
        ({"name": "b.jpg"}, "another member lies"),
        ({"crc32": 1}, "checksum differs"),
        ({"sha256": "0" * 64}, "sha256 differs"),
        ({"usize": 5}, "checksum differs"),
        ({"csize": 10**6}, "cut short"),
        ({"method": 12}, "method 12"),
    ],
)
def test_a_stale_inventory_is_noticed(change, told):
    """Bytes that are not those the inventory speaks of are never handed on."""
    data, (one,) = packed({"a.jpg": JPEG})
    stale = replace(one, **change)
    with pytest.raises(BadInput, match=told):
        unpacked(stale, data[stale.header_off : stale.end], "some.zip")


# --------------------------------------------------------------------- the inventory


def sample():
    data, entries = packed({"k1.jpg": JPEG, "k2.jpg": b"two", "k2.json": b"{}"})
    titled = [
        replace(entries[0], row="k1", role="image", title="hk0155.jpg"),
        replace(entries[1], row="k2", role="image", title="hk0156.jpg", synthetic=True),
        replace(entries[2], row="k2", role="record"),
    ]
    archive = Archive(archive="a.zip", bytes=len(data), sha256=sha256(data).hexdigest(), entries=3)
    return Inventory(archive=archive, entries=tuple(titled))


def test_an_inventory_is_read_back_as_it_was():
    """A record a line, the archive first."""
    written = b"".join(lists.lines(sample()))
    assert lists.parse(written) == sample()
    assert written.count(b"\n") == 4
    assert b"photogram-inventory/1" in written.splitlines()[0]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "no inventory"),
        (b"[]\n", "no inventory"),
        (b'{"archive":"a","format":"other/9","entries":0}', "its format is other/9"),
        (b"".join(list(lists.lines(sample()))[:-1]), "names 2 of 3 members"),
        (b"".join(lists.lines(sample()))[:-5], "no inventory"),
    ],
)
def test_an_inventory_that_is_none_is_told(data, told):
    """Also one that is cut short at the end of a line."""
    with pytest.raises(BadInput, match=told):
        lists.parse(data, "a.jsonl")


def test_an_index_finds_a_member_by_all_it_is_called(tmp_path):
    """Its name, its row and its title; what it is not called finds nothing."""
    lists.write_index(sample(), tmp_path / "a.db")
    for key in ("k2.jpg", "k2", "hk0156.jpg"):
        archive, found = lists.find(tmp_path / "a.db", key)
        assert (archive, found) == (sample().archive, sample().entries[1])
    assert lists.find(tmp_path / "a.db", "k2.json")[1].role == "record"
    assert lists.find(tmp_path / "a.db", "hk0157.jpg") is None
    assert lists.find(tmp_path / "a.db", "") is None
    lists.write_index(sample(), tmp_path / "a.db")
