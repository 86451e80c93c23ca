"""Batch jobs at their bounds: 100,000 asks with pictures named in S3, and 4,000 with pictures in the file.

    python benchmarks/batch_100k.py [ASKS [ASKS WITH PICTURES IN THE FILE]]

Each run is a process of its own from the first claim to the last commit, against the simulated Bedrock; what
counts is the most memory it ever held, and that every row is filled and was answered once. Sizes of jobs and
files are printed: many rows by count (50,000 a job), pictures in the file by bytes, lowered to 10 MB.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from common import simulated, verdict
from msgspec.structs import replace

from photogram.batching import ByJobs
from photogram.data import Batch, Outcome, Row
from photogram.dataset import Dataset
from photogram.pixels import codecs
from photogram.running import fill
from photogram.surveying import unwatched

MODEL = "amazon.nova-2-lite-v1:0"
PICTURES = 500
"""So many different pictures are shared by all rows: what is looked at here is rows, files and answers."""

MOST_MEMORY = 200
INLINE = Batch(least=100, most=50_000, most_bytes=10_000_000)

BRIEF = """
[dataset]
name = "cars"
[budget]
dollars = 5000.0
[models]
see = "bedrock:{model}"
[providers.bedrock]
region = "us-east-1"
batch_bucket = "s3://bucket/photogram"
batch_role = "arn:aws:iam::123456789012:role/batch"
batch_images = "{images}"
[annotate]
prompt = "Which car is it?"
[annotate.fields]
color = ["red", "blue", "black"]
make = "text"
"""


def begin(folder: Path, asks: int, images: str, side: int) -> None:
    """A dataset of so many photographs that were taken in."""
    folder.mkdir()
    (folder / "brief.toml").write_text(BRIEF.format(model=MODEL, images=images), "utf-8")
    dice = np.random.default_rng(7)
    with Dataset(folder) as opened:
        shown = [
            opened.store.put(codecs.encode_jpeg(dice.integers(0, 256, (side, side, 3), np.uint8), 90))
            for _ in range(PICTURES)
        ]
        names = [f"car{number:06d}" for number in range(asks)]
        ids = [f"{name:0>16}" for name in names]
        opened.ledger.add_rows(
            Row(id=row, name=name, label="car", origin="taken") for row, name in zip(ids, names, strict=True)
        )
        opened.ledger.commit(
            [
                Outcome(
                    row=row,
                    column="image",
                    key="k",
                    state="filled",
                    files={"image": shown[number % PICTURES]},
                )
                for number, row in enumerate(ids)
            ]
        )


def child(folder: Path, bounds: str) -> None:
    """One run to its end; said as JSON."""
    with Dataset(folder) as opened:
        if bounds == "lowered":
            jobs = opened.asking.jobs

            def lowered(column, desk):
                found = jobs(column, desk)
                found.card = replace(found.card, batch=INLINE)
                return found

            opened.asking.jobs = lowered
        opened.by_jobs = ByJobs(begin=True, wait=True, pause=lambda _: 1.0)
        started = time.perf_counter()
        ran = fill(opened, ["annotation"], None, unwatched)
        sizes = [job.records for job in opened.ledger.jobs(ended=True)]
    filled = sum(tick.filled for tick in ran.columns)
    said = {"filled": filled, "jobs": sizes, "seconds": time.perf_counter() - started, "notes": ran.notes}
    print(json.dumps(said | {"stopped": ran.stopped}))


def measured(folder: Path, bounds: str, url: str) -> tuple[dict, float]:
    """What a run in a process of its own says, and the most MB it held."""
    keys = {"AWS_ACCESS_KEY_ID": "simulated", "AWS_SECRET_ACCESS_KEY": "simulated"}
    led = {"AWS_ENDPOINT_URL_S3": f"{url}/bedrock/s3", "AWS_ENDPOINT_URL_BEDROCK": f"{url}/bedrock"}
    led["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = f"{url}/bedrock"
    process = subprocess.Popen(
        [sys.executable, __file__, "--child", str(folder), bounds],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **keys, **led},
    )
    out = process.stdout.read()
    _, _, used = os.wait4(process.pid, 0)
    process.returncode = 0
    return json.loads(out), used.ru_maxrss / 1024


def case(name: str, folder: Path, asks: int, bounds: str, url: str) -> bool:
    said, memory = measured(folder, bounds, url)
    print(f"{name}: {said['filled']:,} of {asks:,} rows filled by {len(said['jobs'])} jobs of {said['jobs']}")
    print(f"  at most {memory:.0f} MB, {said['seconds']:.0f} s, the simulator's work included")
    if said["notes"] or said["stopped"]:
        print(" ", *said["notes"], *said["stopped"])
    return said["filled"] == asks and memory <= MOST_MEMORY


def main(asks: int = 100_000, inline: int = 4_000) -> None:
    print(f"batch jobs: {asks:,} asks by reference, {inline:,} with pictures in the file")
    with tempfile.TemporaryDirectory() as name, simulated() as server:
        folder = Path(name)
        begin(folder / "many", asks, "s3", 32)
        begin(folder / "inline", inline, "inline", 96)
        well = case("by reference", folder / "many", asks, "", server.url)
        well = case("in the file", folder / "inline", inline, "lowered", server.url) and well
        calls = sum(units["calls"] for units in server.books()["by_model"].values())
    verdict(
        f"{calls:,} asks answered", f"each once, in at most {MOST_MEMORY} MB", well and calls == asks + inline
    )


if __name__ == "__main__":
    if "--child" in sys.argv:
        child(Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "")
    else:
        main(*map(int, sys.argv[1:]))
