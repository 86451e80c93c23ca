"""The folder that an export is written into: files of pictures as they are, and what formats say of them."""

import os
import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from photogram.archive.inventory import check_name
from photogram.data import Blob
from photogram.dataset import Dataset
from photogram.faults import BadInput, StoreError
from photogram.format import Marked, marked
from photogram.labelled import Labelled
from photogram.pixels import masks
from photogram.store import FolderStore, path_of, told


class Laying:
    """A folder in the making. `places` says where each picture lies, by the id of its row."""

    def __init__(self, opened: Dataset, folder: Path, pictures: Sequence[Labelled], link: bool) -> None:
        self._store, self._folder, self._link = opened.store, folder, link
        self.name = opened.brief.dataset.name
        self.labels = tuple(sorted({one.label for one in pictures}))
        self.classes = tuple(sorted({kind for one in pictures for kind in _kinds(one)}))
        self.places: dict[str, str] = {}

    def picture(self, path: str, one: Labelled) -> None:
        assert one.image is not None
        self._lay(path, one.image)
        self.lies(path, one)

    def mask(self, path: str, one: Labelled) -> None:
        assert one.mask is not None
        self._lay(path, one.mask)

    def lies(self, path: str, one: Labelled) -> None:
        self.places[one.source] = path

    def bytes_of(self, one: Labelled) -> bytes:
        assert one.image is not None
        return self._store.read(one.image)

    def mask_bytes(self, one: Labelled) -> bytes:
        assert one.mask is not None
        return self._store.read(one.mask)

    def marked(self, one: Labelled) -> Sequence[Marked]:
        region = None
        if one.mask:
            try:
                region = masks.read(self.mask_bytes(one), one.width, one.height)
            except BadInput as error:
                raise BadInput(f"the mask of {one.name}: {error.what}", do=error.do) from None
        return marked(one, region)

    def write(self, path: str, data: bytes) -> None:
        with self.open(path) as file:
            file.write(data)

    @contextmanager
    def open(self, path: str) -> Generator[IO[bytes]]:
        there = self._place(path)
        with told(there), open(there, "xb") as file:
            yield file

    def _place(self, path: str) -> Path:
        there = self._folder / check_name(path)
        with told(there):
            there.parent.mkdir(parents=True, exist_ok=True)
        return there

    def _lay(self, path: str, blob: Blob) -> None:
        """The file as the store has it: another name for it where that is wanted and can be, else a copy."""
        if not isinstance(self._store, FolderStore):
            self.write(path, self._store.read(blob))
            return
        source, there = self._store.root / path_of(blob), self._place(path)
        if not source.exists():
            raise StoreError("the file is missing", where=str(source), do="see `photogram doctor`")
        with told(there):
            if not (self._link and _linked(source, there)):
                shutil.copyfile(source, there)


def _linked(source: Path, there: Path) -> bool:
    try:
        os.link(source, there)
    except OSError:  # another disk, or one that knows no links
        return False
    return True


def _kinds(one: Labelled) -> Sequence[str]:
    if one.things:
        return [thing.label for thing in one.things]
    return [one.label or "thing"] if one.mask else []
