"""What an edit of a picture of 8000 × 6000 takes, by command: memory at most, and CPU.

    python benchmarks/large_edit.py

Wanted: no more than 2 GiB, be the region a corner of the picture or all of it.
"""

import os
import resource
import sys

import cv2
import numpy as np
from common import scratch, timed, title, verdict

from photogram.pixels.codecs import encode_jpeg

BRIEF = """
[dataset]
name = "large"
[[take]]
from = ["large.jpg"]
label = "good"
[[edit]]
of = "good"
label = "bad"
prompt = "a scratch"
where = {{ box = {box} }}
facts = {{ defect = "scratch" }}
"""
REGIONS = {"a hundredth": [0.4, 0.4, 0.1, 0.1], "all": [0, 0, 1, 1]}
MOST = 2048


def main() -> bool:
    title(0, "an edit of 48 megapixels, the measures of both pictures included")
    coarse = np.random.default_rng(0).integers(60, 200, (600, 800, 3), np.uint8)
    large = encode_jpeg(cv2.resize(coarse, (8000, 6000), interpolation=cv2.INTER_CUBIC))
    verdicts = [edited(large, name, box) for name, box in REGIONS.items()]
    return all(verdicts)


def edited(large: bytes, name: str, box: list[float]) -> bool:
    with scratch() as folder:
        (folder / "large.jpg").write_bytes(large)
        (folder / "brief.toml").write_text(BRIEF.format(box=box), "utf-8")
        took = timed([sys.executable, "-m", "photogram", "run", str(folder)])
        assert took.code == 0, took.out
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (
        1024 if os.uname().sysname == "Linux" else 2**20
    )
    said = f"{name:<12} {most:6.0f} MiB at most, {took.cpu:5.1f} CPU s, {took.wall:5.1f} s"
    return verdict(said, f"≤ {MOST} MiB", most <= MOST)


if __name__ == "__main__":
    sys.exit(not main())
