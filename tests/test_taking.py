"""Pictures taken in: what is found, what is told, and what a hostile file can do."""

import os
import struct
import tempfile
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from photogram.faults import BadInput
from photogram.pixels.codecs import encode_jpeg, encode_png
from photogram.taking import Bounds, Found, Unusable, pictures

NOISE = np.random.default_rng(7).integers(0, 255, (24, 32, 3), np.uint8)
JPEG, PNG = encode_jpeg(NOISE), encode_png(NOISE)
BOMB = b"\x89PNG\r\n\x1a\n" + bytes(2**20)
SMALL = Bounds(file=2**20, entry=2**21, unpacked=2**22, ratio=100)


def lay(base, files):
    for name, data in files.items():
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def zipped(*entries, method=zipfile.ZIP_DEFLATED):
    """An archive of (name, bytes) as they come, under whatever names."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in entries:
            info = zipfile.ZipInfo("x")
            info.filename, info.compress_type = name, method
            archive.writestr(info, data)
    return buffer.getvalue()


def told(base, *sources, bounds=SMALL):
    """Each result in one word or two: what was found by its place, what was not by its reason."""
    results = list(pictures(sources, base, bounds))
    return [(result.place, "" if isinstance(result, Found) else result.why) for result in results]


def why(base, *sources, bounds=SMALL):
    (result,) = pictures(sources, base, bounds)
    assert isinstance(result, Unusable)
    return result.why


# ----------------------------------------------------------------- files and folders


def test_a_file_comes_as_it_was(tmp_path):
    """The bytes are not touched, the name is the file's own, the place is as the person wrote it."""
    lay(tmp_path, {"photos/a.jpg": JPEG})
    assert list(pictures(["photos/a.jpg"], tmp_path)) == [Found("a.jpg", "photos/a.jpg", JPEG)]


def test_a_folder_is_walked_in_the_order_of_its_names(tmp_path):
    """Nothing depends on the order in which the disk happens to list."""
    lay(tmp_path, dict.fromkeys(("p/b.png", "p/c/2.png", "p/c/10.png", "p/a.png", "p/d.png"), PNG))
    places = [place for place, _ in told(tmp_path, "p")]
    assert places == ["p/a.png", "p/b.png", "p/c/10.png", "p/c/2.png", "p/d.png"]


def test_the_bytes_say_what_a_file_is(tmp_path):
    """A PNG called .txt in a folder is a picture; a text called .jpg is told, other texts are not."""
    lay(tmp_path, {"p/a.txt": PNG, "p/b.jpg": b"hello", "p/c.txt": b"hello", "p/d.json": b"{}", "p/e": JPEG})
    assert told(tmp_path, "p") == [
        ("p/a.txt", ""),
        ("p/b.jpg", "not a picture: the first bytes are those of no known format"),
        ("p/e", ""),
    ]


def test_a_text_beginning_with_bm_is_no_bitmap(tmp_path):
    """Two letters do not make a picture of a text, and a true bitmap of any name is one."""
    bitmap = BytesIO()
    Image.fromarray(NOISE).save(bitmap, "BMP")
    lay(tmp_path, {"p/cars": b"BMW and others, " * 9, "p/true": bitmap.getvalue()})
    assert told(tmp_path, "p") == [("p/true", "")]


def test_a_file_named_outright_is_always_answered(tmp_path):
    """Whoever names a text as a picture hears of it."""
    lay(tmp_path, {"notes.txt": b"hello", "empty.png": b""})
    assert told(tmp_path, "notes.txt", "empty.png") == [
        ("notes.txt", "not a picture: the first bytes are those of no known format"),
        ("empty.png", "the file is empty"),
    ]


def test_a_folder_without_pictures_says_so(tmp_path):
    """Silence would look like success."""
    lay(tmp_path, {"p/a.txt": b"x", "p/b.md": b"y"})
    (tmp_path / "empty").mkdir()
    assert told(tmp_path, "p", "empty") == [
        ("p", "no picture is there; passed over 2 of other kinds"),
        ("empty", "no picture is there"),
    ]


def test_hidden_files_are_passed_over_unless_named(tmp_path):
    """What a system hides is not part of a set of pictures."""
    files = {"p/.a.png": PNG, "p/.cache/b.png": PNG, "p/__MACOSX/c.png": PNG, "p/d.png": PNG}
    lay(tmp_path, files)
    assert told(tmp_path, "p") == [("p/d.png", "")]
    assert told(tmp_path, "p/.a.png", "p/.cache") == [("p/.a.png", ""), ("p/.cache/b.png", "")]


def test_links(tmp_path):
    """A link to a file is that file; a loop is not entered; a link leading out is told."""
    lay(tmp_path, {"p/a.png": PNG, "q/b.png": PNG})
    (tmp_path / "p/file").symlink_to(tmp_path / "q/b.png")
    (tmp_path / "p/gone.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "p/loop").symlink_to(tmp_path / "p")
    (tmp_path / "p/out").symlink_to(tmp_path / "q")
    (tmp_path / "p/self.png").symlink_to(tmp_path / "p/self.png")
    assert told(tmp_path, "p") == [
        ("p/a.png", ""),
        ("p/file", ""),
        ("p/gone.png", "it cannot be read: No such file or directory"),
        ("p/out", "a link to another folder is not followed; name that folder itself"),
        ("p/self.png", "it cannot be read: Too many levels of symbolic links"),
    ]
    assert told(tmp_path, "p/out") == [("p/out/b.png", "")]


def test_pipes_are_not_opened(tmp_path):
    """Opening a pipe would wait for ever."""
    lay(tmp_path, {"p/a.png": PNG})
    os.mkfifo(tmp_path / "p/b.png")
    os.mkfifo(tmp_path / "p/c")
    pipe = "it is not a file but a pipe, a device or a socket"
    assert told(tmp_path, "p") == [("p/a.png", ""), ("p/b.png", pipe)]
    assert why(tmp_path, "p/c") == why(tmp_path, "/dev/zero") == pipe


def test_a_large_file_is_told_and_not_read(tmp_path):
    """The bound holds for pictures and not for the other things in a folder."""
    for name in ("p/a.png", "p/b.bin"):
        lay(tmp_path, {name: PNG if name.endswith("png") else b"x"})
        os.truncate(tmp_path / name, 2**40)
    assert told(tmp_path, "p") == [
        ("p/a.png", "it is larger than 1 MB, the most that is read of one picture")
    ]


@pytest.fixture
def plain_account():
    """A folder, and an account that is not the administrator's for as long as the test lasts."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder), lambda: os.seteuid(65534 if os.getuid() == 0 else os.getuid())
        os.seteuid(os.getuid())


def test_what_may_not_be_read_is_told(plain_account):
    """A locked file or folder costs itself and nothing else."""
    folder, become_plain = plain_account
    lay(folder, {"p/a.png": PNG, "p/b.png": PNG, "p/c/d.png": PNG})
    (folder / "p/a.png").chmod(0)
    (folder / "p/c").chmod(0)
    become_plain()
    found = told(folder, "p")
    os.seteuid(os.getuid())
    (folder / "p/c").chmod(0o700)
    assert found == [
        ("p/a.png", "this account may not read it"),
        ("p/b.png", ""),
        ("p/c", "this account may not read it"),
    ]


def test_names_that_are_no_text(tmp_path):
    """A name in an older encoding is shown as well as it can be, and can be written to a database."""
    folder = tmp_path / "p"
    folder.mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9\n\x1b[31m.png")).write_bytes(PNG)
    (found,) = pictures(["p"], tmp_path)
    assert found == Found("caf\ufffd \ufffd[31m.png", "p/caf\ufffd \ufffd[31m.png", PNG)
    assert found.place.encode()


def test_a_very_deep_folder(tmp_path, monkeypatch):
    """Folders nest deeper than Python calls do."""
    monkeypatch.chdir(tmp_path)
    for _ in range(1200):
        os.mkdir("d")
        os.chdir("d")
    Path("a.png").write_bytes(PNG)
    assert [reason for _, reason in told(tmp_path, ".")] == [""]
    os.remove("a.png")
    for _ in range(1200):  # what cleans up after tests is not made for this
        os.chdir("..")
        os.rmdir("d")


@pytest.mark.parametrize("cut", [1, 3, 20, 100, 400, 700, 1000, 1400, len(JPEG) - 3])
def test_a_picture_cut_short_is_found_out(tmp_path, cut):
    """Wherever a download stopped, half a picture is not taken for a whole one."""
    lay(tmp_path, {"a.jpg": JPEG[:cut]})
    assert why(tmp_path, "a.jpg")


def test_the_preview_of_a_raw_file_is_not_taken(tmp_path):
    """A raw file reads as a TIFF whose only picture is a thumbnail, which nobody wants."""
    tiff = BytesIO()
    Image.fromarray(NOISE).save(tiff, "TIFF")
    lay(tmp_path, {"p/a.DNG": tiff.getvalue(), "p/b.tif": tiff.getvalue()})
    raw = "it is a camera's raw file; develop it to JPEG or PNG first"
    assert told(tmp_path, "p") == [("p/a.DNG", raw), ("p/b.tif", "")]


# ------------------------------------------------------------- sources and wildcards


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere", "there is nothing at 'nowhere'"),
        ("p/*.gif", "nothing matches 'p/*.gif'"),
        ("p/a.png/b", "there is nothing at"),
        ("", "there is nothing at ''"),
        ("a\0b", "there is nothing at"),
        ("~nobody-of-that-name/x", "there is nothing at"),
        ("https://example.com/a.png", "pictures cannot be taken from https://"),
        ("s3://", "Unable to recognise URL"),
    ],
)
def test_a_source_that_is_not_there_is_named_at_once(tmp_path, source, message):
    """A slip of the pen is told before the first picture of another source is taken."""
    lay(tmp_path, {"p/a.png": PNG})
    with pytest.raises(BadInput) as caught:
        pictures(["p", source], tmp_path)
    assert message in str(caught.value)


def test_wildcards(tmp_path):
    """Wildcards match as in a shell, in the order of the names, and never hidden files."""
    files = ("p/a.png", "p/b.jpg", "p/.h.png", "p/c/d.png", "p/c/.h/e.png", "p/c/f/g.png")
    lay(tmp_path, dict.fromkeys(files, PNG) | {"p/n.txt": b"text"})

    def at(pattern):
        return [place for place, _ in told(tmp_path, pattern)]

    assert at("p/*.png") == ["p/a.png"]
    assert at("p/?.[jp]*") == ["p/a.png", "p/b.jpg"]
    assert at("p/*") == ["p/a.png", "p/b.jpg", "p/c/d.png", "p/c/f/g.png"]
    assert at("**/*.png") == ["p/a.png", "p/c/d.png", "p/c/f/g.png"]
    assert at("p/**/[dg].png") == ["p/c/d.png", "p/c/f/g.png"]
    assert at("p/**") == at("p") == at(str(tmp_path / "p/**/*")) == at(f"file://{tmp_path}/p")
    assert at("p/.*.png") == ["p/.h.png"]
    assert told(tmp_path, "p/*.txt") == [("p/*.txt", "no picture is there; passed over 1 of other kinds")]


def test_a_name_with_brackets_is_itself_first(tmp_path):
    """A file that is called like a pattern can be named."""
    lay(tmp_path, {"a[1].png": PNG, "a1.png": JPEG})
    assert list(pictures(["a[1].png"], tmp_path)) == [Found("a[1].png", "a[1].png", PNG)]


def test_home_and_places_outside_the_base(tmp_path, monkeypatch):
    """A tilde is the home folder, and what lies outside the base is shown in full."""
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    lay(tmp_path, {"me/a.png": PNG, "base/b.png": PNG})
    assert told(tmp_path / "base", "~/a.png", "./b.png") == [(f"{tmp_path}/me/a.png", ""), ("b.png", "")]


# -------------------------------------------------------------------------- archives


def test_an_archive_is_read_where_it_lies(tmp_path):
    """Its pictures come sorted, its other files, folders and hidden ones are passed over."""
    entries = [
        ("z.png", PNG),
        ("a/", b""),
        ("a/b.JPG", JPEG),
        ("a/c.txt", b"text"),
        ("__MACOSX/._z.png", b"x"),
    ]
    lay(tmp_path, {"set.zip": zipped(*entries)})
    assert list(pictures(["set.zip"], tmp_path)) == [
        Found("b.JPG", "set.zip!/a/b.JPG", JPEG),
        Found("z.png", "set.zip!/z.png", PNG),
    ]
    assert sorted(os.listdir(tmp_path)) == ["set.zip"]


def test_archives_in_a_folder(tmp_path):
    """An archive lying about is opened; a letter with pictures in it, which is an archive too, is not."""
    lay(tmp_path, {"p/set.zip": zipped(("a.png", PNG)), "p/letter.docx": zipped(("b.png", PNG))})
    assert told(tmp_path, "p") == [("p/set.zip!/a.png", "")]
    assert told(tmp_path, "p/letter.docx") == [("p/letter.docx!/b.png", "")]


def test_bad_entries_cost_only_themselves(tmp_path):
    """A damaged, a misnamed and a nested entry are told, each for itself, and the rest is taken."""
    data = zipped(("a.png", PNG), ("b.png", PNG), ("c.jpg", b"text"), ("d.zip", zipped(("x.png", PNG))))
    middle = data.index(b"\0\0b.png") + 7 + len(PNG) // 2
    damaged = data[:middle] + bytes(byte ^ 255 for byte in data[middle : middle + 9]) + data[middle + 9 :]
    lay(tmp_path, {"set.zip": damaged})
    assert told(tmp_path, "set.zip") == [
        ("set.zip!/a.png", ""),
        ("set.zip!/b.png", "it is cut short or damaged"),
        ("set.zip!/c.jpg", "not a picture: the first bytes are those of no known format"),
        ("set.zip!/d.zip", "an archive inside an archive is not opened; unpack it first"),
    ]


def test_a_name_twice_is_two_pictures(tmp_path):
    """An archive may hold two files under one name, and both are taken."""
    with pytest.warns(UserWarning, match="Duplicate"):
        lay(tmp_path, {"set.zip": zipped(("a.png", PNG), ("a.png", JPEG))})
    assert [found.data for found in pictures(["set.zip"], tmp_path)] == [PNG, JPEG]


def test_an_encrypted_entry_is_told(tmp_path):
    """There is no password to try."""
    data = bytearray(zipped(("a.png", PNG)))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    lay(tmp_path, {"set.zip": bytes(data)})
    assert why(tmp_path, "set.zip") == "it is encrypted; unpack the archive with its password first"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_packing_is_told(tmp_path, method):
    """Python unpacks these without a bound, so they are not unpacked at all."""
    lay(tmp_path, {"set.zip": zipped(("a.png", PNG), method=method)})
    assert why(tmp_path, "set.zip") == "it is packed in an unusual way; unpack the archive first"


@pytest.mark.parametrize("cut", [4, 30, 60, 1000, 2000, -1])
def test_an_archive_cut_short_is_told(tmp_path, cut):
    """An archive's list stands at its end; without it nothing is guessed."""
    lay(tmp_path, {"set.zip": zipped(("a.png", PNG))[:cut]})
    assert why(tmp_path, "set.zip") == "the archive cannot be opened: it is cut short or damaged"


def test_an_empty_archive(tmp_path):
    """An archive of nothing, and one without pictures, are told like a folder without pictures."""
    lay(tmp_path, {"none.zip": zipped(), "text.zip": zipped(("a.txt", b"x"))})
    assert told(tmp_path, "none.zip", "text.zip") == [
        ("none.zip", "no picture is there"),
        ("text.zip", "no picture is there; passed over 1 of other kinds"),
    ]


def test_an_entry_that_declares_too_much_is_not_read(tmp_path):
    """The bound of one entry holds before a byte is unpacked."""
    lay(tmp_path, {"set.zip": zipped(("a.png", BOMB + BOMB))})
    assert why(tmp_path, "set.zip").startswith("it is larger than 2 MB")


def declare(archive, size):
    """The archive with another unpacked size in both its headers."""
    data = bytearray(archive)
    struct.pack_into("<I", data, data.index(b"PK\x03\x04") + 22, size)
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, size)
    return bytes(data)


@pytest.mark.parametrize("size", [0, 9, 2000, 2**20])
def test_an_entry_that_declares_too_little_is_damaged(tmp_path, size):
    """What an entry says of its size bounds what is unpacked, and the check sum finds the lie."""
    lay(tmp_path, {"set.zip": declare(zipped(("a.png", BOMB + BOMB)), size)})
    assert "damaged" in why(tmp_path, "set.zip") or size == 0


def test_an_archive_that_unpacks_for_ever_is_stopped(tmp_path):
    """Many entries below the bound of one make a bomb all the same; the archive is left there."""
    lay(tmp_path, {"set.zip": zipped(*((f"{number:03}.png", BOMB) for number in range(50)))})
    results = told(tmp_path, "set.zip")
    assert results[-1] == ("set.zip", "the archive is a bomb: its first pictures alone unpack to 6 MB")
    assert len(results) == 7


def test_entries_that_share_their_bytes_are_stopped_too(tmp_path):
    """A list that names the same bytes a thousand times is a bomb without a large file."""
    data = zipped(("a.png", BOMB))
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    listed = data[start:end] * 1000
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1000, 1000, len(listed), start, 0)
    lay(tmp_path, {"set.zip": data[:start] + listed + tail})
    results = told(tmp_path, "set.zip")
    assert len(results) < 20
    assert "bomb" in results[-1][1]


def test_much_that_packs_well_is_no_bomb_without_pictures(tmp_path):
    """Only what is unpacked counts: long logs beside the pictures do no harm."""
    lay(tmp_path, {"set.zip": zipped(("a.log", bytes(2**24)), ("b.png", PNG))})
    assert told(tmp_path, "set.zip") == [("set.zip!/b.png", "")]


@pytest.mark.parametrize(
    ("name", "shown", "place"),
    [
        ("../../etc/a.png", "a.png", "etc/a.png"),
        ("/etc/a.png", "a.png", "etc/a.png"),
        ("..\\..\\a.png", "a.png", "a.png"),
        ("C:\\x\\a.png", "a.png", "C:/x/a.png"),
        ("a/..", "a", "a"),
        ("..", "unnamed", "unnamed"),
        (" ", "unnamed", "unnamed"),
        ("a\x1b]0;b\x07.png", "a\ufffd]0;b\ufffd.png", "a\ufffd]0;b\ufffd.png"),
        ("a\u202egnp.exe", "a\ufffdgnp.exe", "a\ufffdgnp.exe"),
        ("e\u0301.png", "\u00e9.png", "e\u0301.png"),
    ],
)
def test_names_in_an_archive_are_only_text(tmp_path, name, shown, place):
    """Whatever way a name tries, its last part is shown and nothing of it is followed."""
    lay(tmp_path, {"set.zip": zipped((name, PNG))})
    assert list(pictures(["set.zip"], tmp_path)) == [Found(shown, f"set.zip!/{place}", PNG)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, unique=True))
def test_no_name_leads_anywhere(names):
    """The names of an archive never hold a way, are never empty, and never touch the disk."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        lay(base, {"set.zip": zipped(*((name, PNG) for name in set(names)))})
        for result in pictures(["set.zip"], base):
            assert result.place.startswith("set.zip")
            assert ".." not in result.place.partition("!/")[2].split("/")
            if isinstance(result, Found):
                assert result.name
                assert result.name.isprintable()
                assert not set(result.name) & set("/\\\0")
        assert os.listdir(base) == ["set.zip"]


def spoilt(whole):
    """Bytes that were an archive or a picture before something happened to them."""
    spots = st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), min_size=1, max_size=6)

    def spoil(changes):
        data = bytearray(whole)
        for at, byte in changes:
            data[at] = byte
        return bytes(data)

    return spots.map(spoil)


TINY = encode_png(NOISE[:2, :2])
ANYTHING = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=200).map(lambda data: b"PK\x03\x04" + data),
    spoilt(zipped(("a.png", TINY), ("b/c.png", TINY))),
    spoilt(zipped(("a.png", TINY), ("b/c.png", TINY), method=zipfile.ZIP_STORED)),
    spoilt(PNG),
    spoilt(JPEG),
)


@settings(max_examples=300, deadline=None)
@given(ANYTHING, st.sampled_from(["x.zip", "x.png", "x.jpg", "x"]))
def test_no_bytes_raise(data, name):
    """A file of any bytes is a picture, an archive or a reason, named outright or lying in a folder."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        lay(base, {name: data})
        assert list(pictures([name], base, SMALL))
        assert list(pictures([folder], base, SMALL))


def test_pictures_come_one_by_one(tmp_path):
    """The second file is not opened before the first is taken: a large set needs little memory."""
    lay(tmp_path, {"p/a.png": PNG, "p/b.png": PNG})
    stream = pictures(["p"], tmp_path)
    next(stream)
    (tmp_path / "p/b.png").write_bytes(JPEG)
    assert next(stream) == Found("b.png", "p/b.png", JPEG)


def test_the_check_sum_of_an_entry_counts(tmp_path):
    """A picture that decodes but is not the one that was packed is damaged."""
    data = bytearray(zipped(("a.png", PNG)))
    wrong = zlib.crc32(PNG) ^ 1
    struct.pack_into("<I", data, data.index(b"PK\x03\x04") + 14, wrong)
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 16, wrong)
    lay(tmp_path, {"set.zip": bytes(data)})
    assert why(tmp_path, "set.zip") == "it is cut short or damaged"
