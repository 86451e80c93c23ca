"""Row 6: what a trivial step costs for each of 2,000 picture files, the ledger's commit included.

    python benchmarks/row_6_overhead.py

The step looks at a picture's size. The peer is a loop that opens each file with Pillow and keeps
nothing. Peers, measured elsewhere: Pixeltable 0.5-0.7 ms, Daft 0.24-0.31 ms.
"""

import asyncio
import io
import sys
import time
from statistics import median

from common import scratch, title, verdict
from PIL import Image

from photogram.data import Outcome, Row
from photogram.engines import local
from photogram.ledger import Ledger
from photogram.owed import Owed
from photogram.step import Value
from photogram.store import FolderStore, path_of

FILES = 2000


class Size:
    """The trivial step."""

    column, needs, version = "size", ("image",), "1"

    def reads(self, row):
        return {"image": row.image()}

    def compute(self, row, files):
        with Image.open(io.BytesIO(files["image"])) as image:
            return Value(facts={"size": list(image.size)})


def main() -> bool:
    title(6, f"a trivial step over {FILES:,} picture files")
    with scratch() as folder:
        ledger, store = Ledger(folder / "ledger.db", make=True), FolderStore(folder)
        taken = timed(lambda: take_in(ledger, store))
        blobs = [row.image() for row in ledger.rows(columns=("image",))]
        rounds = []
        for version in "123":
            Size.version = version
            ours = timed(lambda: asyncio.run(fill(ledger, store)))
            bare = timed(lambda: [Image.open(folder / path_of(blob)).close() for blob in blobs])
            rounds.append((ours, bare))
        filled = len(ledger.standings("size"))
        ledger.close()
    ours, bare = (median(column) for column in zip(*rounds, strict=True))
    print(f"  ours {ours:.3f} ms, of that opening with Pillow alone {bare:.3f} ms; {filled:,} cells")
    print(f"  keeping a picture as a new row: {taken:.3f} ms")
    return all(
        [
            verdict(f"{ours:.3f} ms a row, ledger included", "≤ 0.3 ms", ours <= 0.3),
            verdict(f"{taken:.3f} ms a row when its picture is stored", "≤ 1 ms", taken <= 1.0),
        ]
    )


def timed(work) -> float:
    """Milliseconds for each file."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000 / FILES


def take_in(ledger, store) -> None:
    for number in range(FILES):
        data = picture(number)
        row = Row(id=f"{number:016d}", name=f"row-{number}", origin="taken")
        image = Outcome(
            row=row.id, column="image", key="taken", state="filled", files={"image": store.put(data)}
        )
        ledger.take_in(row, image)
    store.sync()


def picture(number: int) -> bytes:
    return PLAIN + number.to_bytes(4, "big")


def _plain() -> bytes:
    kept = io.BytesIO()
    Image.effect_noise((256, 256), 40).convert("RGB").save(kept, "JPEG", quality=90)
    return kept.getvalue()


PLAIN = _plain()


async def fill(ledger, store) -> None:
    ledger.drive()
    owed = Owed(ledger, Size(), None)
    async for outcomes in local.map_computes(Size(), owed, store, asyncio.Event()):
        owed.settle(outcomes)
    ledger.leave()


if __name__ == "__main__":
    sys.exit(not main())
