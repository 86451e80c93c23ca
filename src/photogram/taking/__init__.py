"""The real pictures a person names: files, folders, wildcards, zip archives and buckets.

What a file is, its bytes say; its name only tells whether anybody would miss it. So:

- a file named outright that is not a whole picture is told with the reason;
- in a folder, an archive or a bucket, so is whatever has the bytes or the ending of a picture; all
  else lying there is passed over, and only a place without one picture says how much that was;
- hidden files and folders are passed over; a link to a file is that file, a link to a folder is not
  followed, and told if it leads out of the folder being walked;
- an archive is opened where it lies, never inside another one and never onto the disk: the names in it
  are text to show and nothing else.

Every picture is decoded once, so what is found is whole. One picture is read at a time, in the order
of the names (in a bucket, in the order of its list). A picture reached in two ways is found twice.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from photogram.faults import BadInput
from photogram.taking.archives import unpacked
from photogram.taking.buckets import in_bucket
from photogram.taking.disk import on_disk
from photogram.taking.judging import TROUBLE, File, Result, against, is_archive, judged, spoken
from photogram.taking.judging import Bounds as Bounds
from photogram.taking.judging import Found as Found
from photogram.taking.judging import Unusable as Unusable
from photogram.taking.names import printable

_BUCKETS = ("s3", "s3a", "gs", "az", "azure", "adl", "abfs", "abfss")


def pictures(sources: Sequence[str], base: Path, bounds: Bounds = Bounds()) -> Iterator[Found | Unusable]:
    """The pictures of each source in turn, relative paths from `base`; a source that is not there raises."""
    named = [(printable(source), _files(source, base, bounds)) for source in sources]
    return _each(named, bounds)


def _each(named: list[tuple[str, Iterator[File | Unusable]]], bounds: Bounds) -> Iterator[Found | Unusable]:
    for source, files in named:
        yield from spoken(source, chain.from_iterable(_taken(file, bounds) for file in files))


def _taken(file: File | Unusable, bounds: Bounds) -> Iterator[Result]:
    """What one file gives: a picture, those of an archive, a complaint, or nothing."""
    if isinstance(file, Unusable):
        yield file
        return
    try:
        opened = file.open()
    except TROUBLE as error:
        yield against(file, error)
        return
    with opened.stream:
        if is_archive(file, opened.head):
            yield from spoken(file.place, unpacked(file.place, opened, bounds))
        else:
            yield judged(file, opened)


def _files(source: str, base: Path, bounds: Bounds) -> Iterator[File | Unusable]:
    """What a source names, unread; the check that it is there is made at once."""
    scheme, url, _ = source.partition("://")
    if scheme.lower() in _BUCKETS and url:
        return in_bucket(source, bounds.file)
    if scheme.lower() == "file" and url:
        return on_disk(url2pathname(urlsplit(source).path), base, bounds.file)
    if url:
        do = "download it, or name a file, a folder, or a place in s3://, gs:// or az://"
        raise BadInput(f"pictures cannot be taken from {scheme}://", where=printable(source), do=do)
    return on_disk(source, base, bounds.file)
