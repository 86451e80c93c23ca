"""The store keeps bytes under their hash, whole or not at all."""

import asyncio
import errno
import os
import shutil
import tempfile
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from photogram import store as module
from photogram.data import Blob
from photogram.faults import BadInput, StoreError
from photogram.store import BucketStore, FolderStore, blob_of, open_store, path_of

from .conftest import PNG

FULL = [errno.ENOSPC, errno.EDQUOT, errno.EIO]


def test_bytes_come_back_as_they_went(store):
    """What is read is what was kept."""
    blob = store.put(PNG)
    assert store.read(blob) == PNG
    assert blob.media_type == "image/png"
    assert blob.size == len(PNG)


def test_a_person_finds_the_file(store):
    """The path is the folder, two letters of the hash, the hash and the right ending."""
    blob = store.put(PNG)
    assert path_of(blob) == f"images/{blob.sha256[:2]}/{blob.sha256}.png"
    assert (store.root / path_of(blob)).is_file()


def test_masks_lie_apart(store):
    """A mask is ground truth, not one more picture."""
    assert path_of(store.put(PNG, "masks")).startswith("masks/")


def test_the_same_bytes_are_written_once(store):
    """Keeping twice touches nothing the second time."""
    path = store.root / path_of(store.put(PNG))
    os.utime(path, (1, 1))
    store.put(PNG)
    assert path.stat().st_mtime == 1


def test_a_file_cut_short_is_written_again(store):
    """A file of the wrong length is not taken for the bytes."""
    path = store.root / path_of(store.put(PNG))
    path.write_bytes(PNG[:10])
    store.put(PNG)
    assert path.read_bytes() == PNG


def test_nothing_half_written_stays(store, monkeypatch):
    """When the last step fails, neither the file nor its part is left behind."""

    def failing(*_):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(StoreError, match="the disk is full"):
        store.put(PNG)
    assert [path for path in store.root.rglob("*") if path.is_file()] == []


def test_a_missing_file_says_where_and_what_to_do(store):
    """A file removed by hand is a message, not a traceback."""
    blob = store.put(PNG)
    (store.root / path_of(blob)).unlink()
    with pytest.raises(StoreError, match="missing") as caught:
        store.read(blob)
    assert "doctor" in str(caught.value)


def test_missing_names_what_is_gone_or_cut(store):
    """Gone and truncated files are both found; whole ones are not."""
    whole, gone, cut = (store.put(PNG + bytes([number])) for number in range(3))
    (store.root / path_of(gone)).unlink()
    (store.root / path_of(cut)).write_bytes(b"")
    assert store.missing([whole, gone, cut]) == {gone, cut}


def test_sync_reaches_every_file_and_folder(store, monkeypatch):
    """Each file is flushed once, each touched folder once, and nothing twice."""
    synced = []
    monkeypatch.setattr(module, "_fsync", synced.append)
    blobs = [store.put(PNG + bytes([number])) for number in range(5)]
    store.sync()
    paths = [store.root / path_of(blob) for blob in blobs]
    assert {str(path) for path in paths} <= set(synced)
    assert {str(path.parent) for path in paths} <= set(synced)
    assert len(synced) == len(set(synced))
    synced.clear()
    store.sync()
    assert synced == []


def test_sync_passes_over_a_file_removed_since(store):
    """A file somebody took away meanwhile is doctor's business."""
    (store.root / path_of(store.put(PNG))).unlink()
    store.sync()


def test_a_nearly_full_disk_stops_before_asking(store, monkeypatch):
    """Nobody pays for a reply that could not be kept."""
    store.check_room()
    monkeypatch.setattr(module, "LEAST_FREE", 2**60)
    with pytest.raises(StoreError, match="are left on the disk"):
        store.check_room()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.EACCES, "may not write"),
        (errno.EROFS, "only be read"),
        (errno.EDQUOT, "quota"),
        (errno.EFBIG, "larger"),
        (errno.ENOTDIR, "a file where a folder"),
        (errno.EIO, "cannot be written"),
    ],
)
def test_the_system_speaks_in_words(store, monkeypatch, code, words):
    """Each way a disk can say no has its own sentence."""

    def failing(*_args, **_more):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("builtins.open", failing)
    with pytest.raises(StoreError, match=words):
        store.put(PNG)


def test_a_file_where_the_folder_should_be(tmp_path):
    """A dataset whose images folder is a file says so."""
    (tmp_path / "images").write_text("in the way")
    with pytest.raises(StoreError):
        FolderStore(tmp_path).put(PNG)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=200), max_size=8))
def test_any_bytes_in_any_order(tmp_path, parts):
    """The store is a map from hash to bytes, whatever the bytes."""
    kept = FolderStore(tmp_path)
    blobs = [kept.put(data) for data in parts]
    assert [kept.read(blob) for blob in blobs] == parts
    assert kept.missing(blobs) == set()


def test_a_bucket_is_the_same_port(tmp_path):
    """A bucket keeps, reads and misses just as a folder does."""
    bucket = open_store(tmp_path, "memory:///")
    blob = asyncio.run(bucket.keep(PNG, "masks"))
    assert blob == blob_of(PNG, "masks")
    assert bucket.read(blob) == PNG
    other = blob_of(b"other")
    assert bucket.missing([blob, other]) == {other}
    bucket.sync()
    bucket.check_room()


def test_a_bucket_without_the_blob_is_one_line(tmp_path):
    """What a cloud library says over many lines is said in one."""
    with pytest.raises(StoreError) as caught:
        BucketStore("memory:///").read(blob_of(b"absent"))
    assert len(str(caught.value).splitlines()) <= 2


def test_a_wrong_url_is_named():
    """An address nobody can open is told with the address."""
    with pytest.raises(BadInput, match="nonsense"):
        BucketStore("nonsense://x")


def test_a_folder_by_default(tmp_path):
    """Without a URL the dataset's own folder is the store."""
    assert isinstance(open_store(tmp_path, ""), FolderStore)


def test_an_unknown_type_has_an_honest_ending():
    """Bytes that are no known type are called just that."""
    blob = Blob(sha256="ab" + "0" * 62, media_type="application/octet-stream", size=1)
    assert Path(path_of(blob)).suffix == ".bin"


# ------------------------------------------------------------------- whatever happens


class Shelf(RuleBasedStateMachine):
    """A folder store, a person who takes files away, and a disk that says no now and then."""

    @initialize()
    def begin(self):
        self.root = Path(tempfile.mkdtemp())
        self.store = FolderStore(self.root)
        self.whole: dict[Blob, bytes] = {}
        self.harmed: dict[Blob, bytes] = {}

    def teardown(self):
        shutil.rmtree(self.root)

    @rule(data=st.binary(max_size=40), folder=st.sampled_from(["images", "masks"]))
    def put(self, data, folder):
        """What is kept is there, also where it had been cut short or taken away."""
        blob = self.store.put(data, folder)
        self.harmed.pop(blob, None)
        self.whole[blob] = data

    @rule(data=st.binary(max_size=40), step=st.sampled_from(["open", "rename"]), code=st.sampled_from(FULL))
    def put_in_vain(self, data, step, code):
        """A disk that refuses is told, and nothing half-written takes the place of anything."""
        if blob_of(data) in self.whole:
            return
        place = "builtins.open" if step == "open" else "os.rename"
        with patch(place, side_effect=OSError(code, "no")), pytest.raises(StoreError):
            self.store.put(data)

    @rule(number=st.integers(0, 9), cut=st.booleans())
    def harm(self, number, cut):
        """A file is removed by hand, or cut short by another program."""
        if self.whole:
            blob = sorted(self.whole, key=path_of)[number % len(self.whole)]
            self.harmed[blob] = self.whole.pop(blob)
            path = self.root / path_of(blob)
            path.write_bytes(b"x" * (blob.size + 1)) if cut else path.unlink()

    @rule()
    def sync(self):
        self.store.sync()

    @rule()
    def open_again(self):
        """Another process finds what this one kept."""
        self.store = FolderStore(self.root)

    @invariant()
    def what_is_kept_can_be_read(self):
        assert all(self.store.read(blob) == data for blob, data in self.whole.items())

    @invariant()
    def what_is_harmed_is_missed(self):
        assert self.store.missing([*self.whole, *self.harmed]) == set(self.harmed)

    @invariant()
    def nothing_else_lies_there(self):
        found = {str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()}
        assert {path_of(blob) for blob in self.whole} <= found
        assert found <= {path_of(blob) for blob in [*self.whole, *self.harmed]}


TestShelf = Shelf.TestCase
TestShelf.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
