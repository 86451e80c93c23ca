"""Where weights work: the device, the kind of numbers, the memory that is free, and the way to get there."""

import gc
import re
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import Event
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from photogram.data import Card, Facts
from photogram.faults import ModelError, NotSetUp
from photogram.model import Reader
from photogram.weights import Weights

SPARE = 1.2
"""How much memory must be free, in times of the weights: the work itself takes some too."""
EXTRA = "install what it needs: pip install 'photogram[huggingface]'"
SETTINGS = "[providers.huggingface]"
_FULL = re.compile(r"out of memory|can't allocate memory|not enough memory", re.I)


class How(Struct, frozen=True, kw_only=True):
    """On what, in which kind of numbers and by which parameters a model runs; 0 and None are its own."""

    device: str = "auto"
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    steps: int = 0
    guidance: float | None = None
    tokens: int = 0


class Bench(NamedTuple):
    """Where work is done: the library, the device and the kind of numbers."""

    torch: Any
    device: str
    dtype: Any

    @property
    def facts(self) -> Facts:
        return {"device": self.device, "dtype": str(self.dtype).removeprefix("torch.")}

    def clear(self) -> None:
        """Give back the memory of what nobody holds any more."""
        gc.collect()
        if self.device.startswith("cuda"):
            self.torch.cuda.empty_cache()


class Job(NamedTuple):
    """Which weights are to work, and how; `stopped` ends what is under way."""

    card: Card
    weights: Weights
    how: How
    read: Reader
    stopped: Event


Room = Callable[[str], int]
"""Bytes of memory that are free on a device."""


def find_bench(how: How) -> Bench:
    """The bench on which a brief wants the work done; NotSetUp where this machine has none such."""
    torch = library("torch")
    device = _device(torch, how.device)
    return Bench(torch, device, _dtype(torch, how.dtype, device))


def library(name: str) -> Any:
    """A library that keeps quiet: the terminal belongs to whoever runs photogram."""
    try:
        library = import_module(name)
    except ImportError as error:
        raise NotSetUp(f"{name} cannot be imported: {first_line(error)}", do=EXTRA) from None
    warnings.filterwarnings("ignore", module=rf"(torch|{name})\b")
    if name != "torch":
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()
    return library


def _device(torch: Any, wanted: str) -> str:
    """The device that was asked for, or the best there is."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return next(name for name, found in there.items() if found)
    kind, _, number = wanted.partition(":")
    if not there[kind] or (number and int(number) >= torch.cuda.device_count()):
        found = ", ".join(name for name, found in there.items() if found)
        raise NotSetUp(f"torch finds no {wanted} on this machine", do=f"set device in {SETTINGS}: {found}")
    return wanted


def _dtype(torch: Any, wanted: str, device: str) -> Any:
    if wanted != "auto":
        return getattr(torch, wanted)
    if not device.startswith("cuda"):
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def check_room(job: Job, bench: Bench, room: Room) -> None:
    """Refuse weights that would fill the memory: the system would end the whole run for it."""
    need = SPARE * job.weights.bytes_at(bench.dtype.itemsize)
    for place in dict.fromkeys(("cpu", bench.device)):  # weights come through the machine's own memory
        free = room(place)
        if need > free:
            said = f"{job.card.name} needs {need / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free on {place}"
            half = bench.dtype.itemsize > 2 and need / 2 <= free
            set_to = "dtype = 'bfloat16', which takes half," if half else "another device"
            raise NotSetUp(said, do=f"make room, set {set_to} in {SETTINGS}, or use smaller weights")


def free_memory(device: str) -> int:
    """What is free on a device; of the machine's own memory, no more than this container may use."""
    if device.startswith("cuda"):
        return int(import_module("torch").cuda.mem_get_info(device)[0])
    free = int(import_module("psutil").virtual_memory().available)
    return min(free, allowance(Path("/sys/fs/cgroup"), free))


def allowance(group: Path, free: int) -> int:
    """What a control group still allows; `free` where there is none. Files it keeps at hand do not count."""
    try:
        most = (group / "memory.max").read_text()
        used = int((group / "memory.current").read_text())
        kept = re.search(r"^inactive_file (\d+)", (group / "memory.stat").read_text(), re.M)
        return free if most.strip() == "max" else int(most) - used + int(kept[1] if kept else 0)
    except (OSError, ValueError):
        return free


@contextmanager
def loading(card: Card, device: str) -> Generator[None]:
    """What libraries raise while they load, in words."""
    try:
        yield
    except ModelError:
        raise
    except ImportError as error:
        needs = re.search(r"requires the (\w+) library", str(error))
        do = f"pip install {needs[1].lower()}, for the torch that is installed" if needs else EXTRA
        raise NotSetUp(f"{card.name} cannot be loaded: {first_line(error)}", do=do) from None
    except Exception as error:
        if ran_out(error):
            do = f"make room, or set another device or dtype in {SETTINGS}"
            raise NotSetUp(f"{card.name} does not fit into the memory of {device}", do=do) from None
        do = "fetch or save the weights again; they may be damaged, or made for other versions"
        raise NotSetUp(f"{card.name} cannot be loaded: {first_line(error)}", do=do) from None


def ran_out(error: Exception) -> bool:
    """Whether an error says that there is no memory left, as each device says it."""
    if isinstance(error, RuntimeError):  # torch's own OutOfMemoryError is one
        return bool(_FULL.search(str(error)))
    return isinstance(error, MemoryError)


def first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
