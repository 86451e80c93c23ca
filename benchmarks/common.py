"""What every benchmark does: serve a simulated provider, time a child by its CPU, say how busy it was.

Counts first, then ratios side by side in one run, seconds last: machines are shared and noisy.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))


class Server(NamedTuple):
    """A server in a process of its own that keeps books of what it is asked."""

    url: str

    def books(self) -> dict:
        with urllib.request.urlopen(f"{self.url}/_/books") as answer:
            return json.load(answer)


def simulated(*options: str) -> AbstractContextManager[Server]:
    """The simulator, for as long as the block lasts."""
    return launched("-m", "photogram.simulator", *options)


@contextmanager
def launched(*words: str) -> Iterator[Server]:
    """A Python program that serves and prints its address, for as long as the block lasts."""
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True)
    try:
        yield Server(process.stdout.readline().strip())
    finally:
        process.terminate()
        process.wait()


class Took(NamedTuple):
    """What a child process took, start and imports included."""

    wall: float
    cpu: float
    out: str
    code: int


def timed(command: Sequence[str], **more) -> Took:
    """Run a command to its end."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(wall, cpu, done.stdout + done.stderr, done.returncode)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for the run's datasets: in memory where there is one, since disks differ most."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def title(row: int, what: str) -> None:
    print(f"row {row}: {what}")
    print(f"  load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, Python {sys.version.split()[0]}")


def verdict(ours: str, wanted: str, met: bool) -> bool:
    print(f"  {'met   ' if met else 'MISSED'} {ours}   (wanted: {wanted})")
    return met
