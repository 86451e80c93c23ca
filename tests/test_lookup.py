"""The index of a published set: one range holds a name's rows or proves that there are none."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram.archive import lookup
from photogram.archive.inventory import Entry

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


def entry(number, name, title="", row="", role="image"):
    return Entry(
        name=name,
        header_off=100 * number,
        data_off=100 * number + 40,
        csize=50,
        usize=50,
        crc32=number,
        sha256=sha256(name.encode()).hexdigest(),
        title=title,
        row=row,
        role=role,
    )


def looked_up(index, data, name):
    begins, ends = lookup.window(index, name)
    return lookup.found(data[begins * lookup.ROW.size : ends * lookup.ROW.size], name)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("index") / "x.idx"


@given(names=st.lists(NAMES, unique=True, max_size=60), others=st.lists(NAMES, max_size=20))
def test_everything_is_found_and_nothing_else(place, names, others):
    """Any set of names, looked up among rows that the window alone names."""
    index = lookup.write(((0, entry(number, name)) for number, name in enumerate(names)), place)
    data = place.read_bytes()
    assert len(data) == index.rows * lookup.ROW.size
    for number, name in enumerate(names):
        (found,) = looked_up(index, data, name)
        assert (found.begins, found.crc32, found.length) == (100 * number, number, 90)
        assert found.digest == sha256(name.encode()).digest()[:16]
    for name in set(others) - set(names):
        assert looked_up(index, data, name) == []


def test_a_large_index_is_looked_up_by_a_small_part(place):
    """Fifty thousand members under four names each: the widest window is a few kilobytes."""
    members = [(n // 999, entry(n, f"{n:x}.jpg", f"hk{n}.jpg", f"{n:x}")) for n in range(50_000)]
    index = lookup.write(iter(members), place)
    data = place.read_bytes()
    assert index.rows == 200_000
    assert data == b"".join(sorted(data[at : at + 64] for at in range(0, len(data), 64)))
    widest = 0
    for number in range(0, 50_000, 97):
        for name, by in ((f"{number:x}.jpg", 0), (f"hk{number}.jpg", 1), (f"{number:x}", 2)):
            begins, ends = lookup.window(index, name)
            widest = max(widest, ends - begins)
            (found,) = looked_up(index, data, name)
            assert (found.shard, found.crc32, found.asked_by) == (number // 999, number, by)
    assert widest * lookup.ROW.size < 10_000


def test_two_of_one_title_are_both_found(place):
    """In the order they lie in, so that whoever asks can be told that there are two."""
    members = [(1, entry(5, "b.jpg", "same.jpg")), (0, entry(7, "a.jpg", "same.jpg"))]
    index = lookup.write(iter(members), place)
    found = looked_up(index, place.read_bytes(), "same.jpg")
    assert [(one.shard, one.crc32) for one in found] == [(0, 7), (1, 5)]


def test_masks_and_records_are_found_by_name_alone(place):
    """The row and its title, with its ending or without, stand for the picture."""
    members = [(0, entry(0, "r.jpg", "t.jpg", "r")), (0, entry(1, "r.json", "", "r", role="record"))]
    index = lookup.write(iter(members), place)
    assert index.rows == 5
    (found,) = looked_up(index, place.read_bytes(), "r")
    assert found.crc32 == 0
