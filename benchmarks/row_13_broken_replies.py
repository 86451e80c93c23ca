"""Row 13: 1,000 pictures are annotated by a server that breaks its replies 32 ways, with ten seeds.

    python benchmarks/row_13_broken_replies.py [--rows 1000] [--seeds 10]

Every reply that holds the answer must give it; the rest must be Failed or Refused, with the reply kept.
The server counts the calls whose reply still held all of the answer: as many cells must be filled.
Peers, as found: one reply that is no JSON ends the run, and what was paid for before it is lost.
"""

import argparse
import json
import shutil
import sqlite3
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from common import scratch, simulated, timed, title, verdict

from photogram.faults import Malformed
from photogram.recover import Recovery
from photogram.simulator.spoil import SPOILERS

FAULTS = [*SPOILERS, "filtered", "html"]

FIELDS = """
[annotate]
prompt = "Describe this picture."
[annotate.fields]
description = "text"
brightness = "number 0..1"
main_colors = "list of text"
width = "whole number"
asset_type = ["building", "bridge", "road", "other"]
asset_subtype = "text"
defect_detected = "yes/no"
defect_types = "some of crack, spalling, water damage, rust"
severity_level = ["light", "moderate", "severe"]
confidence_score = "number 0..1"
condition_assessment = ["good", "fair", "poor", "critical"]
safety_concerns = "list of text"
material_type = ["concrete", "brick", "steel"]
approximate_age_condition = ["new", "weathered", "old"]
location_context = "text"
tags = "list of text"
"""


FREE = ("asset_subtype", "location_context")


def brief(rows: int, url: str) -> str:
    numbers = list(range(rows))
    return (
        f'[dataset]\nname = "broken"\n[models]\nsee = "openai:eyes"\n'
        f'[providers.openai]\nbase_url = "{url}/v1"\n{FIELDS}'
        f'[[make]]\nlabel = "x"\ncount = {rows}\nsize = "64x64"\nprompt = "picture {{n}}"\n'
        f"[make.vary]\nn = {numbers}\n"
    )


def command(verb: str, folder: Path) -> list[str]:
    return [sys.executable, "-m", "photogram", verb, str(folder), "--json"]


def cells(folder: Path) -> dict[str, tuple[str, dict]]:
    """State and content of every annotation cell, by row."""
    db = sqlite3.connect(folder / "ledger.db")
    found = db.execute("SELECT row, state, doc FROM cells WHERE col = 'annotation' AND current = 1")
    return {row: (state, json.loads(doc)) for row, state, doc in found}


def same(value: dict, truth: dict) -> bool:
    """Whether the fields of a cell are those of the answer.

    Two ways to break a reply change every word in small letters, since any may be of an enum: what they
    made of a free text is what the model said.
    """
    said = {name: inner for name, inner in value.items() if not name.startswith("@")}
    return said.keys() == truth.keys() and all(
        inner == truth[name] or (name in FREE and inner in (truth[name].upper(), f"rather {truth[name]}"))
        for name, inner in said.items()
    )


def is_kept(doc: dict) -> bool:
    """Whether a cell that stays empty says why, and shows the words that could not be read."""
    unreadable = doc["error"] == "Malformed" and doc["why"] != "the reply is empty"
    return bool(doc["why"] and (doc.get("raw") or not unreadable))


def one_seed(base: Path, folder: Path, rows: int, seed: int, truth: dict) -> tuple[bool, Counter]:
    """One run over all rows: what came of it, and whether it was as it should be."""
    share = round(0.98 / len(FAULTS), 4)
    words = [word for name in FAULTS for word in ("--fault", f"{name}={share}")]
    shutil.copytree(base, folder)
    with simulated("--seed", str(seed), *words) as server:
        (folder / "brief.toml").write_text(brief(rows, server.url))
        started = time.perf_counter()
        ran = timed(command("annotate", folder))
        seconds, books = time.perf_counter() - started, server.books()
    found = cells(folder)
    states = Counter(state for state, _ in found.values())
    wrong = [
        row for row, (state, doc) in found.items() if state == "filled" and not same(doc["value"], truth[row])
    ]
    silent = [row for row, (state, doc) in found.items() if state != "filled" and not is_kept(doc)]
    notes = Counter(note for _, doc in found.values() for note in doc.get("value", {}).get("@recovered", ()))
    lost, crashed = rows - sum(states.values()), int(ran.code not in (0, 1) or "Traceback" in ran.out)
    whole = states["filled"] == books["answered"]
    print(
        f"  seed {seed}: {states['filled']} filled of {books['answered']} replies that held the answer, "
        f"{states['failed']} failed, {states['refused']} refused; {lost} lost, {crashed} crashed, "
        f"{len(wrong)} wrong, {len(silent)} without a reason; {books['calls']} calls, {seconds:.0f} s"
    )
    shutil.rmtree(folder)
    return whole and not (lost or crashed or wrong or silent), notes


HOSTILE = ("{", "[", '{"', '"\n', "[1,", '{"a":', "{/*", '["a",', "[[[[x", "{a b ", "\\", '{"a":"x"')


def hostile() -> bool:
    """Texts that make a reader go back and forth: four times as long must not take sixteen times as long."""
    recovery = Recovery({"type": "object", "properties": {"a": {"type": "string"}}})
    slowest, worst = 0.0, 0.0
    for part in HOSTILE:
        quarter, whole = (_read(recovery, part * (size // len(part))) for size in (100_000, 400_000))
        slowest, worst = max(slowest, whole), max(worst, whole / max(quarter, 0.02))
    print(f"  400 KB of each of {len(HOSTILE)} texts of brackets and quotes: {slowest:.1f} CPU s at worst")
    return verdict(f"{worst:.1f} times as long for 4 times as much", "no quadratic blow-up: 16", worst < 8)


def _read(recovery: Recovery, text: str) -> float:
    started = time.process_time()
    for reply in (text, '{"a": "' + text):
        with suppress(Malformed):
            recovery.read(reply)
    return time.process_time() - started


def truths(base: Path, folder: Path, rows: int) -> dict[str, dict]:
    """What the server answers where nothing is broken."""
    shutil.copytree(base, folder)
    with simulated() as server:
        (folder / "brief.toml").write_text(brief(rows, server.url))
        timed(command("annotate", folder))
    return {row: doc["value"] for row, (_, doc) in cells(folder).items()}


def main() -> bool:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    title(13, f"{options.rows:,} rows, replies broken {len(FAULTS)} ways, {options.seeds} seeds")
    with scratch() as home:
        base = home / "base"
        base.mkdir()
        (base / "brief.toml").write_text(brief(options.rows, "http://127.0.0.1:9"))
        timed(command("generate", base))
        truth = truths(base, home / "clean", options.rows)
        done = [one_seed(base, home / "set", options.rows, seed, truth) for seed in range(options.seeds)]
    notes = sum((found for _, found in done), Counter())
    print("  recovered: " + ", ".join(f"{note} {number}" for note, number in notes.most_common()))
    met = verdict(
        f"{sum(good for good, _ in done)} of {len(done)} seeds: none lost or crashed, every answer recovered",
        f"{len(done)} of {len(done)}",
        all(good for good, _ in done),
    )
    return hostile() and met


if __name__ == "__main__":
    sys.exit(not main())
