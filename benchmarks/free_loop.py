"""How long the event loop is held up while weights are loaded and at work in their thread.

    python benchmarks/free_loop.py

Tiny random weights draw 8 pictures of 128 × 128; meanwhile the loop is to wake every 5 ms, and how late
it wakes is counted. Needs the extra huggingface. Importing the libraries holds Python's lock for longer
than any work does, and happens once: it is told apart from the rest. Measured on 2026-11-24, two cores
at a load of 16: drawing 0.2 ms late in the middle and 137 ms at most, loading 8.5 and 773.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import ROOT, title, verdict

from photogram.data import Draw
from photogram.providers.huggingface import Provider

os.environ.setdefault("OMP_NUM_THREADS", "1")  # so that the loop has a core to wake up on
BEAT = 0.005
PICTURES = 8
MAKE = "from pathlib import Path; from tests import tiny; tiny.pipeline(Path({folder!r}))"


class Beats:
    """How late the loop woke, each time."""

    def __init__(self) -> None:
        self.late: list[float] = []

    async def count(self) -> None:
        while True:
            due = time.perf_counter() + BEAT
            await asyncio.sleep(BEAT)
            self.late.append(time.perf_counter() - due)

    def taken(self) -> list[float]:
        late, self.late = sorted(self.late), []
        return late


async def measured(folder: Path) -> tuple[list[float], list[float]]:
    """How late the loop was while the first picture was waited for, and during the others."""
    settings = {"steps": 4, "device": "cpu"}
    environ = {"XDG_CACHE_HOME": str(folder)}
    provider = Provider(folder, environ)
    model = provider.open(provider.card("./weights", settings), settings, environ, lambda blob: b"")
    beats = Beats()
    counting = asyncio.ensure_future(beats.count())
    await model.answer(Draw(prompt="a car", seed=0))
    loading = beats.taken()
    asks = (Draw(prompt="a car", width=128, height=128, seed=seed) for seed in range(PICTURES))
    await asyncio.gather(*map(model.answer, asks))
    counting.cancel()
    await model.close()
    return loading, beats.taken()


def told(late: list[float]) -> str:
    middle, worst = late[len(late) // 2], late[-1]
    return f"{len(late):5} beats, late by {1e3 * middle:.1f} ms in the middle, {1e3 * worst:.0f} ms at most"


def main() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        made = MAKE.format(folder=f"{folder}/weights")  # elsewhere, so that nothing is imported here yet
        subprocess.run([sys.executable, "-c", made], cwd=ROOT, check=True)
        loading, working = asyncio.run(measured(Path(folder)))
    title(0, f"the event loop while weights draw {PICTURES} pictures in their thread")
    print(f"  loading  {told(loading)}")
    print(f"  drawing  {told(working)}")
    return verdict(f"drawing: {1e3 * working[-1]:.0f} ms late at most", "≤ 250 ms", working[-1] <= 0.25)


if __name__ == "__main__":
    sys.exit(not main())
