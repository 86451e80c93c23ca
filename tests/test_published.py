"""How a published set is read: manifests, addresses, ranges that are near each other, tables."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram import show, verbs
from photogram.archive import lookup
from photogram.builds import linking, published, rowparts
from photogram.dataset import Dataset
from photogram.faults import BadInput, StoreError
from photogram.remote import FolderPlace
from photogram.results import Linked, Published

INDEX = published.Lookup(rows=0, reach=0, fan_out=(0, 0), key="index/x.idx", bytes=0)
SET = published.Manifest(
    dataset="x", digest="0", rows=1, synthetic=1, entries=2, shards=(), index=INDEX, parts=()
)


def wanted(ranges):
    return [
        published.Wanted(key, "", 0, begins, begins + length, f"{number}")
        for number, (key, begins, length) in enumerate(ranges)
    ]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"), st.integers(0, 3 * published.WIDE), st.integers(1, 2 * published.NEAR)
        ),
        max_size=40,
    )
)
def test_near_ranges_are_one_request(ranges):
    """Each is in one request, of one file, no wider than allowed; what is apart is fetched apart."""
    spans = list(published.spanned(wanted(ranges)))
    assert sorted(one.name for span in spans for one in span) == sorted(str(n) for n in range(len(ranges)))
    for span in spans:
        begins, ends = min(one.begins for one in span), max(one.ends for one in span)
        assert len({one.key for one in span}) == 1
        assert len(span) == 1 or ends - begins <= published.WIDE
        assert begins == span[0].begins
        reached = span[0].ends
        for one in span[1:]:
            assert one.begins - reached <= published.NEAR
            reached = max(reached, one.ends)


def test_far_ranges_are_their_own():
    """A picture here and one a shard away are two requests, not one of a gigabyte."""
    spans = list(published.spanned(wanted([("a", 0, 10), ("a", published.NEAR + 11, 10), ("b", 5, 10)])))
    assert [[one.name for one in span] for span in spans] == [["0"], ["1"], ["2"]]


@pytest.mark.parametrize(
    ("address", "root", "key"),
    [
        ("s3://b/set", "s3://b/set", "latest.json"),
        ("s3://b/set/", "s3://b/set", "latest.json"),
        ("s3://b/set/latest.json", "s3://b/set", "latest.json"),
        ("s3://b/set/manifests/ab.json", "s3://b/set", "manifests/ab.json"),
        ("s3://b/set/manifests/ab.json?region=x", "s3://b/set?region=x", "manifests/ab.json"),
        ("https://h/manifests", "https://h/manifests", "latest.json"),
        ("folder/manifests/ab.json", "folder", "manifests/ab.json"),
    ],
)
def test_an_address_is_of_a_set_or_of_one_of_its_versions(address, root, key):
    """What stands behind a question mark stays with the set."""
    assert published.split(address) == (root, key)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "no manifest of a published set"),
        (b"[]", "no manifest of a published set"),
        (b'{"format": "photogram-published/1"}', "missing required field"),
        (msgspec.json.encode(msgspec.structs.replace(SET, format="photogram-published/9")), "its format is"),
    ],
)
def test_what_is_no_manifest_is_told(data, told):
    """With where it is."""
    with pytest.raises(BadInput, match=told) as caught:
        published.parse(data, "here")
    assert caught.value.where == "here"


def test_a_manifest_says_what_it_said():
    """Written and read, it is the same."""
    assert published.parse(msgspec.json.encode(SET), "") == SET


def test_an_empty_set_has_nothing_in_it(tmp_path):
    """Asked for anything it says so, and asks for no range."""
    found = published.PublishedSet(FolderPlace(tmp_path), SET)
    with pytest.raises(BadInput, match="there is no 'a' in"):
        found.find(["a"])
    assert found.find([]) == []


def test_an_index_that_is_cut_is_told(tmp_path):
    """Its window is not there."""
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "x.idx").write_bytes(bytes(lookup.ROW.size))
    cut = msgspec.structs.replace(INDEX, rows=4, reach=4, fan_out=(0, 4), bytes=4 * lookup.ROW.size)
    found = published.PublishedSet(FolderPlace(tmp_path), msgspec.structs.replace(SET, index=cut))
    with pytest.raises(StoreError, match="cut short"):
        found.find(["a"])


def test_a_table_that_is_another_is_told(tmp_path):
    """Before it is read."""
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / "p.jsonl").write_bytes(b'{"id": "a"}\n')
    found = published.PublishedSet(FolderPlace(tmp_path), SET)
    part = published.Part(key="rows/p.jsonl", bytes=12, rows=1)
    assert rowparts.read(found.part(part), part.key) == [rowparts.Known(id="a")]
    with pytest.raises(StoreError, match="not what was published"):
        found.part(msgspec.structs.replace(part, bytes=13))
    with pytest.raises(StoreError, match="not what was published"):
        found.part(msgspec.structs.replace(part, key="rows/gone.jsonl"))


@pytest.mark.parametrize("text", ["", "h", "1", "0h", "1w", "-1h", "1.5h", "8d", "99999999s"])
def test_a_time_that_no_link_lasts_is_told(text):
    """Seven days are the most that signatures last."""
    with pytest.raises(BadInput, match="cannot last"):
        linking.lasting(text)


PUBLISHED = Published(
    to="s3://bucket/my set",
    version="manifests/ab.json",
    new=True,
    rows=2000,
    synthetic=1,
    shards=1,
    bytes=10**9,
    sent=10**9 + 10**7,
    tables=("rows/ab/part-00000.parquet",),
)


def test_what_is_published_is_told_with_how_to_fetch():
    """As it is typed in a shell."""
    lines = list(show.lines(PUBLISHED))
    assert lines == [
        "2,000 pictures, 1 of them synthetic; 1 shard, 1 GB; 1.01 GB sent",
        "published at s3://bucket/my set",
        "  photogram fetch NAME --from 's3://bucket/my set'",
        "  as it is now, for ever: manifests/ab.json",
        "  its rows, for DuckDB, pandas, datasets: rows/ab/*.parquet",
    ]
    again = msgspec.structs.replace(PUBLISHED, new=False, sent=0)
    assert "nothing had to be sent" in next(show.lines(again))


def test_links_are_told_whole():
    """A link is on a line of its own, to be copied, however long it is."""
    url = f"https://host/{'x' * 200}"
    lines = list(show.lines([Linked(name="a.jpg", url=url, until="2026-11-25T10:00:00+00:00")]))
    assert lines == ["a.jpg, until 2026-11-25T10:00:00+00:00", url]


def test_a_picture_is_fetched_by_the_name_that_every_verb_shows(tmp_path):
    """`search`, `errors` and `judge` name rows; a pack and a published set know them by it."""
    folder = tmp_path / "set"
    verbs.new(folder, story="blank")
    verbs.generate(folder)
    verbs.pack(folder)
    verbs.publish(folder, str(tmp_path / "shared"))
    with Dataset(folder) as opened:
        row = next(opened.ledger.rows(columns=("image",)))
        image = opened.store.read(row.image())
    for place in (folder, tmp_path / "shared"):
        found = verbs.fetch(names=[row.name], from_=str(place), to=str(tmp_path / f"from-{place.name}"))
        assert Path(found.files[0]).read_bytes() == image
