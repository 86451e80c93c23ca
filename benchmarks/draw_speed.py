"""How many 1024 × 1024 pictures one core draws in a second of its own, with one defect each.

    python benchmarks/draw_speed.py [pictures]

Wanted, of each kind: 20 finished pictures a CPU second, 15 when each is stored as a JPEG with its mask. What
a set with all kinds in even numbers does stands below.
"""

import sys
import time

import cv2
from common import title, verdict

from photogram.pixels.codecs import encode_jpeg, encode_png
from photogram.pixels.draw.paint import paint

PHONE = {"surface": "phone", "severity": "severe"}
KINDS = {
    "scratch": PHONE | {"defect": "scratch"},
    "oil": PHONE | {"defect": "oil"},
    "stain": PHONE | {"defect": "stain"},
    "crack": {"surface": "concrete", "part": "wall", "defect": "crack"},
    "rust": {"surface": "concrete", "part": "wall", "defect": "rust"},
    "spalling": {"surface": "brick", "part": "wall", "defect": "spalling"},
    "water": {"surface": "render", "part": "wall", "defect": "water stain"},
    "peeling": {"surface": "render", "part": "wall", "defect": "peeling"},
}


def main(count: int) -> bool:
    cv2.setNumThreads(1)
    title(0, f"drawing {count} pictures of 1024 × 1024 for each kind, one thread")
    met, every = True, list[tuple[float, float]]()
    for name, facts in KINDS.items():
        painted, stored = rate(facts, count, False), rate(facts, count, True)
        every.append((painted, stored))
        met &= verdict(f"{name:<8} {painted:5.1f} drawn a CPU second", "≥ 20", painted >= 20)
        met &= verdict(f"{name:<8} {stored:5.1f} with JPEG and mask", "≥ 15", stored >= 15)
    painted, stored = (len(KINDS) / sum(1 / rates[way] for rates in every) for way in (0, 1))
    print(f"  in all   {painted:5.1f} drawn a CPU second, {stored:5.1f} with JPEG and mask")
    return met


def rate(facts, count, encoded) -> float:
    paint(facts, 1024, 1024, 0)
    started = time.process_time()
    for seed in range(count):
        painted = paint(facts, 1024, 1024, seed)
        if encoded:
            encode_jpeg(painted.rgb)
            encode_png(painted.mask)
    return count / (time.process_time() - started)


if __name__ == "__main__":
    sys.exit(not main(int(sys.argv[1]) if len(sys.argv) > 1 else 30))
