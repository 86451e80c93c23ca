"""WebDataset: tars in the order that training reads them, the files of a picture one after the other."""

import tarfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import IO, Any

import msgspec

from photogram.archive.tarring import Tarrer
from photogram.archive.zipping import unplaced
from photogram.columns import labelled_of, values_of
from photogram.faults import BadInput
from photogram.format import Target
from photogram.labelled import Brought, Labelled
from photogram.laid import UNREADABLE, files_in, json_bytes, read_text, relative, split_in

SHARD_BYTES = 2**30
SHARD_PICTURES = 10_000
MOST = 256 * 2**20
"""A file in a tar that is larger is not looked at."""

_PICTURES = ("jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "avif")


class Format:
    """`SPLIT-000000.tar`: `NAME.jpg`, `.json`, `.cls` and `.txt`, and `.mask.png` where there is a mask."""

    carries = ("label", "caption", "boxes", "mask")

    def write(self, pictures: Iterable[Labelled], to: Target) -> Iterable[str]:
        for split, those in groupby(pictures, key=lambda one: one.split):
            with ExitStack() as files:
                shard = _Shard(to, files, split)
                for one in those:
                    shard.add(one)
                shard.close()
        to.write("labels.txt", "".join(f"{label}\n" for label in to.labels).encode())
        return ()

    def use(self) -> str:
        return (
            "`webdataset.WebDataset('train-000000.tar', shardshuffle=False).decode('pil')`.\n"
            "`cls` is the number of a line of `labels.txt`, counted from 0."
        )

    def read(self, folder: Path) -> Iterator[Brought]:
        found = [path for path in files_in(folder) if path.suffix == ".tar"]
        if not found:
            raise BadInput("there is no tar in it", where=str(folder))
        names = folder / "labels.txt"
        labels = read_text(names).splitlines() if names.is_file() else []
        for path in found:
            yield from _read_shard(path, relative(path, folder), labels)


class _Shard:
    """The tars of a split, one open at a time."""

    def __init__(self, to: Target, files: ExitStack, split: str) -> None:
        self._to, self._files, self._split = to, files, split
        self._number = {label: number for number, label in enumerate(to.labels)}
        self._shards = -1
        self._begin()

    def _begin(self) -> None:
        self._shards += 1
        self._pictures, self._tarrer = 0, Tarrer()
        self._path = f"{self._split}-{self._shards:06}.tar"
        self._file: IO[bytes] = self._files.enter_context(self._to.open(self._path))

    def add(self, one: Labelled) -> None:
        if self._pictures == SHARD_PICTURES or self._tarrer.size > SHARD_BYTES:
            self.close()
            self._begin()
        self._pictures += 1
        for ending, data in self._files_of(one):
            self._file.writelines(self._tarrer.add(unplaced(f"{one.name}.{ending}"), data)[1])
        self._to.lies(self._path, one)

    def _files_of(self, one: Labelled) -> Iterator[tuple[str, bytes]]:
        yield one.ending, self._to.bytes_of(one)
        yield "json", json_bytes(values_of(one))
        yield "cls", str(self._number[one.label]).encode()
        if one.caption:
            yield "txt", one.caption.encode()
        if one.mask:
            yield "mask.png", self._to.mask_bytes(one)

    def close(self) -> None:
        self._file.write(self._tarrer.end())
        self._files.pop_all().close()


# ----------------------------------------------------------------------------- reading


def _read_shard(path: Path, place: str, labels: list[str]) -> Iterator[Brought]:
    try:
        with tarfile.open(path, "r:") as archive:
            for key, members in groupby(_members(archive), key=lambda found: found[0]):
                files = {ending: data for _, ending, data in members}
                yield _brought(files, f"{place}!/{key}", labels, split_in(path.stem))
    except (tarfile.TarError, OSError, EOFError, *UNREADABLE) as error:
        yield Brought(place, b"", Labelled(name=""), trouble=f"the tar cannot be read on: {error}")


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, str, bytes]]:
    """Plain files by the name before the first dot, as its readers divide it."""
    for info in archive:
        file = archive.extractfile(info) if info.isreg() and info.size <= MOST else None
        folder, _, last = info.name.rpartition("/")
        name, _, ending = last.partition(".")
        if file is not None and name:
            yield f"{folder}/{name}".lstrip("/"), ending.lower(), file.read()


def _brought(files: dict[str, bytes], place: str, labels: list[str], split: str) -> Brought:
    picture = next((files[ending] for ending in _PICTURES if ending in files), None)
    name = place.rpartition("/")[2]
    if picture is None:
        return Brought(place, b"", Labelled(name=name), trouble="there is no picture among its files")
    try:
        values: Any = msgspec.json.decode(files.get("json", b"{}"))
        values = {"caption": files.get("txt", b"").decode(), **values}
        if "label" not in values and "cls" in files:
            number = int(files["cls"])
            values["label"] = labels[number] if 0 <= number < len(labels) else number
        return Brought(place, picture, labelled_of(values, name, split), files.get("mask.png"))
    except UNREADABLE as error:
        return Brought(place, b"", Labelled(name=name), trouble=f"what is said of it cannot be read: {error}")
