"""Archives that Info-ZIP, 7-Zip and Java have made, and what their programs say of ours.

They lie in `archives/`, with the recipe beside them.
"""

import io
import os
import shutil
import struct
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram import verbs
from photogram.archive.unzipping import hashed
from photogram.faults import BadInput
from photogram.media import media_type
from photogram.taking import Bounds, pictures

from .small import rows, write
from .test_archive import JPEG, all_of, changed, contents, listed, names, packed, ranged, zipped

HERE = Path(__file__).parent / "archives"
FILES = {path.relative_to(HERE / "in").as_posix(): path.read_bytes() for path in (HERE / "in").rglob("*.*")}
WHOLE = [
    "infozip.zip",
    "infozip-streamed.zip",
    "infozip-zip64.zip",
    "infozip-behind-a-program.zip",
    "7zip.zip",
    "7zip-stored.zip",
    "7zip-utf8-times.zip",
    "java.jar",
]
FLAT = {name: data for name, data in FILES.items() if "/" not in name}
PNGS = {name: data for name, data in FLAT.items() if name.endswith(".png")}


def fixture(name):
    data = (HERE / name).read_bytes()
    assert len(data) < 8_000
    return data


# ------------------------------------------------------------------- what others made


@pytest.mark.parametrize(
    ("name", "members"),
    [*((name, FILES) for name in WHOLE), ("java-stream.zip", FLAT), ("infozip-stored.zip", PNGS)],
)
def test_every_member_is_listed_and_read_back(name, members):
    """Names as people wrote them, and bytes to the last."""
    data = fixture(name)
    assert all_of(listed(data), data) == members


@pytest.mark.parametrize("name", [*WHOLE, "java-stream.zip", "infozip-stored.zip"])
def test_the_inventory_says_what_lies_where(name):
    """Each picture's data is where the inventory says, by its own first bytes and its hash."""
    data = fixture(name)
    for one in hashed(listed(data), ranged(data)).entries:
        assert data[one.header_off : one.header_off + 4] == b"PK\3\4"
        assert one.media_type == media_type(FILES[one.name])
        if one.method == 0:
            assert data[one.data_off : one.end] == FILES[one.name]


def test_the_fixtures_are_the_hard_cases():
    """Or the tests above would prove little: each has what it is here for."""
    local = {name: struct.unpack_from("<HH", fixture(name), 6) for name in WHOLE}
    assert local["java.jar"][0] & 0x800
    assert not local["infozip.zip"][0] & 0x800
    assert b"gr\xc3\xb6\xc3\x9fe" in fixture("infozip.zip")
    with zipfile.ZipFile(HERE / "infozip-streamed.zip") as archive:
        assert any(info.flag_bits & 8 for info in archive.infolist())
    with zipfile.ZipFile(HERE / "infozip.zip") as archive:
        first = archive.infolist()[0]
        here = struct.unpack_from("<H", fixture("infozip.zip"), first.header_offset + 28)[0]
        assert here != len(first.extra)
    assert b"\1\0\x10\0" in fixture("infozip-zip64.zip")
    assert fixture("infozip-behind-a-program.zip")[:2] == b"#!"
    assert fixture("infozip-behind-a-program.zip").count(b"PK\5\6") == 2


@pytest.mark.parametrize(
    ("name", "told"), [("7zip-encrypted.zip", "'red.png' is encrypted"), ("7zip-bzip2.zip", "method 12")]
)
def test_what_cannot_be_read_is_told_by_name(name, told):
    """With what it would take."""
    data = fixture(name)
    with pytest.raises(BadInput, match=told):
        all_of(listed(data), data)


@pytest.mark.parametrize("name", WHOLE)
def test_one_picture_is_fetched(name, tmp_path):
    """By its name, out of an archive that nobody has made an inventory of."""
    verbs.fetch(names=["größe 日本.png"], from_=str(HERE / name), to=str(tmp_path))
    assert (tmp_path / "größe 日本.png").read_bytes() == FILES["größe 日本.png"]


@pytest.mark.parametrize("name", [name for name in WHOLE if "program" not in name])
def test_pictures_are_taken_in(name, tmp_path):
    """All four of them, each with its own name."""
    folder = write(tmp_path / "set", groups={})
    added = verbs.add(folder, [str(HERE / name)])
    assert (added.added, added.unusable) == (4, ())
    places = {row.source.rpartition("!/")[2] for row in rows(folder)}
    assert places == {"deep/er/noise.jpg", "deep/plain.bmp", "größe 日本.png", "red.png"}


# ------------------------------------------------------------------- what they say of ours


def tool(name):
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name} on this computer")
    return found


@pytest.mark.parametrize(
    "words",
    [("unzip", "-t"), ("7zz", "t"), ("jar", "--list", "--file"), ("zip", "-T")],
    ids=lambda words: words[0],
)
def test_their_programs_find_nothing_wrong_with_ours(words, tmp_path):
    """Stored and deflated members, names of other letters, and one without bytes."""
    data, _ = packed(
        {"a.jpg": JPEG, "größe 日本.png": JPEG, "deep/er.json": b"{}", "empty.txt": b""}, "text/plain"
    )
    (tmp_path / "ours.zip").write_bytes(data)
    done = subprocess.run(
        [tool(words[0]), *words[1:], "ours.zip"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_unzip_gives_the_files_their_names(tmp_path):
    """Those of other letters too, and everybody may read them."""
    data, _ = packed({"größe 日本.png": JPEG})
    (tmp_path / "ours.zip").write_bytes(data)
    subprocess.run(
        [tool("unzip"), "-q", "ours.zip"], cwd=tmp_path, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"}
    )
    assert (tmp_path / "größe 日本.png").read_bytes() == JPEG
    assert (tmp_path / "größe 日本.png").stat().st_mode & 0o777 == 0o644


@given(contents, st.sampled_from(["image/jpeg", "text/plain"]))
def test_what_we_write_is_what_we_were_given(members, media_type):
    """Through the standard library's eyes, of every size and method."""
    data, _ = packed(members, media_type)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {info.filename: archive.read(info) for info in archive.infolist()} == members


@given(names, st.binary(max_size=2000), st.sampled_from([0, 8]), st.booleans(), st.binary(max_size=40))
def test_any_member_that_python_writes_is_read(name, content, method, forced, comment):
    """Of any name and size, stored or deflated, in 64 bits or not, with a comment of any bytes behind it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        with archive.open(name, "w", force_zip64=forced) as member:
            member.write(content)
        archive.comment = comment
    data = file.getvalue()
    assert all_of(listed(data), data) == {name: content}


# ------------------------------------------------------------------------- hostile ones


HOSTILE = ["../evil.jpg", "/evil.jpg", "a/../../evil.jpg", "C:evil.jpg", "..\\evil.jpg"]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_lead_outside_are_refused_by_name(name, tmp_path):
    """By the inventory and by fetch; nothing lands anywhere."""
    info = zipfile.ZipInfo("x")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        info.filename = name
        archive.writestr(info, JPEG)
    (tmp_path / "evil.zip").write_bytes(file.getvalue())
    with pytest.raises(BadInput) as told:
        verbs.fetch(names=[name], from_=str(tmp_path / "evil.zip"), to=str(tmp_path / "out"))
    assert repr(name) in str(told.value)
    assert [path.name for path in tmp_path.rglob("*")] == ["evil.zip"]


@pytest.mark.parametrize("field", [20, 24])
@given(size=st.integers(0, 2**32 - 1))
def test_lying_sizes_give_no_wrong_bytes(field, size):
    """Whatever the directory says of a member's length, packed or whole, it is the member or a message."""
    data = zipped({"a.txt": b"a" * 5000, "b.jpg": JPEG}, compression=zipfile.ZIP_DEFLATED)
    lying = changed(data, data.find(b"PK\1\2") + field, struct.pack("<I", size))
    try:
        found = all_of(listed(lying), lying)
    except BadInput as error:
        found = str(error)
    if isinstance(found, str):
        assert "a.txt" in found or "b.jpg" in found or "directory" in found
    else:
        assert found == {"a.txt": b"a" * 5000, "b.jpg": JPEG}


def test_a_bomb_is_refused(tmp_path):
    """Each member is honest and small enough; together they unpack to more than their archive may."""
    bomb = zipped(
        {f"{number}.png": b"\x89PNG\r\n\x1a\n" + bytes(2**20) for number in range(8)}, compression=8
    )
    (tmp_path / "bomb.zip").write_bytes(bomb)
    found = list(pictures(["bomb.zip"], tmp_path, Bounds(unpacked=2**21, ratio=10)))
    assert "bomb" in found[-1].why
    assert len(found) < 8
