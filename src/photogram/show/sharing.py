"""What was published, and links to it."""

from collections.abc import Iterator, Sequence

from photogram.results import Linked, Published
from photogram.show.words import count, flowing, lines, listed, plain, quoted, size


@lines.register
def _(result: Published) -> Iterator[str]:
    drawn = f", {result.synthetic:,} of them synthetic" if result.synthetic else ""
    sent = f"{size(result.sent)} sent" if result.sent else "nothing had to be sent"
    where = f"{count(result.shards, 'shard')}, {size(result.bytes)}"
    yield f"{count(result.rows, 'picture')}{drawn}; {where}; {sent}"
    yield from flowing(f"{'published at' if result.new else 'it is published already, at'} {result.to}")
    yield f"  photogram fetch NAME --from {quoted(result.to)}"
    yield f"  as it is now, for ever: {result.version}"
    if result.tables:
        folder, _, name = result.tables[0].rpartition("/")
        yield f"  its rows, for DuckDB, pandas, datasets: {folder}/*.{name.rpartition('.')[2]}"


@listed.register
def _(first: Linked, every: Sequence[Linked]) -> Iterator[str]:
    for link in every:
        yield f"{plain(link.name)}, until {link.until}"
        yield link.url
