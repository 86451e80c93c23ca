"""Kill a run at a chosen moment, run it again, and count what was paid for twice.

Used by the tests at a few points and by benchmarks/row_1_kill.py at two hundred.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from photogram.ledger import Ledger

BRIEF = """
[dataset]
name = "killed"

[models]
draw = "openai:pictures"

[providers.openai]
base_url = "{url}"
price_per_image = 0.001

[pace]
width = {width}

[[make]]
label = "x"
count = {rows}
size = "64x64"
prompt = "picture {{n}}"
[make.vary]
n = [{numbers}]
"""


class Killed(NamedTuple):
    """What came of one killed and repeated run."""

    answered_before: int
    kept_before: int
    repaid: int
    asked_again: int
    filled: int
    unsure: int


def write_brief(folder: Path, url: str, rows: int, width: int) -> None:
    numbers = ", ".join(str(number) for number in range(rows))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "brief.toml").write_text(BRIEF.format(url=url, rows=rows, width=width, numbers=numbers))


def command(folder: Path) -> list[str]:
    return [sys.executable, "-m", "photogram", "generate", str(folder)]


@contextmanager
def opened(folder: Path) -> Iterator[Ledger]:
    ledger = Ledger(folder / "ledger.db")
    try:
        yield ledger
    finally:
        ledger.close()


def filled_prompts(folder: Path) -> set[str]:
    """The prompts whose picture the ledger has; none where a run was killed before it had one."""
    if not (folder / "ledger.db").exists():
        return set()
    with opened(folder) as ledger:
        return {row.prompt for row in ledger.rows(columns=("image",)) if row.image()}


def kill_and_rerun(folder: Path, sim, rows: int, width: int, mark: int) -> Killed:
    """Start a run, kill it with its children when `mark` calls were answered, and run it again."""
    write_brief(folder, sim.url, rows, width)
    running = subprocess.Popen(
        command(folder), start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while sim.books().answered < mark and running.poll() is None:
        time.sleep(0.0005)
    os.killpg(running.pid, signal.SIGKILL) if running.poll() is None else None
    running.wait()
    while sim.books().in_flight:
        time.sleep(0.001)
    answered_before, kept = sim.books().answered, filled_prompts(folder)
    subprocess.run(command(folder), check=True, capture_output=True)
    by_prompt = sim.books().by_prompt
    with opened(folder) as ledger:
        unsure = sum(spent.unsure for spent in ledger.spending())
    return Killed(
        answered_before=answered_before,
        kept_before=len(kept),
        repaid=sum(by_prompt[prompt] - 1 for prompt in kept),
        asked_again=sum(by_prompt.values()) - rows,
        filled=len(filled_prompts(folder)),
        unsure=unsure,
    )


def as_json(killed: Killed) -> str:
    return json.dumps(killed._asdict())
