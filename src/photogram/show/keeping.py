"""What was packed and fetched."""

from collections.abc import Iterator

from photogram.results import Fetched, Packed
from photogram.show.words import count, flowing, lines, plain, size


@lines.register
def _(result: Packed) -> Iterator[str]:
    drawn = f", {result.synthetic:,} of them synthetic" if result.synthetic else ""
    where = f"{count(result.shards, 'shard')}, {size(result.bytes)}"
    yield f"{count(result.rows, 'picture')}{drawn}; {where}"
    yield from flowing(f"{'written to' if result.new else 'nothing changed: it is in'} {result.folder}")


@lines.register
def _(result: Fetched) -> Iterator[str]:
    yield from map(plain, result.files)
    yield f"{count(len(result.files), 'file')}, {size(result.bytes)}"
