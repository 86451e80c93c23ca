"""Running asks on weights: together where they are alike, in halves where the memory is too small."""

from collections.abc import Callable, Generator, Hashable, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Protocol, TypeVar

from msgspec.structs import replace

from photogram.data import Ask, Blob, Draw, Edit, Reply, See
from photogram.faults import Broken, Invalid, Malformed, ModelError
from photogram.inference.bench import SETTINGS, Bench, Job, first_line, ran_out
from photogram.model import Reader
from photogram.pixels import codecs
from photogram.pixels.codecs import Pixels

P = TypeVar("P")


class Trained(Protocol):
    """A model with its weights in memory: it has a reply or an error for each of the asks."""

    bench: Bench

    def run(self, asks: Sequence[Ask]) -> Sequence[Reply | ModelError]: ...


def run(
    asks: Sequence[Ask],
    prepare: Callable[[Ask], P],
    kind: Callable[[P], Hashable],
    work: Callable[[Sequence[P]], Sequence[Reply | ModelError]],
) -> list[Reply | ModelError]:
    """Prepare each ask by itself, and work together on those of one kind."""
    began = perf_counter()
    found: dict[int, Reply | ModelError] = {}
    groups: dict[Hashable, list[tuple[int, P]]] = {}
    for at, ask in enumerate(asks):
        try:
            prepared = prepare(ask)
        except ModelError as error:
            found[at] = error
        else:
            groups.setdefault(kind(prepared), []).append((at, prepared))
    for group in groups.values():
        replies = in_parts(work, [prepared for _, prepared in group])
        found.update(zip((at for at, _ in group), replies, strict=True))
    seconds = (perf_counter() - began) / len(asks)
    return [_timed(found[at], seconds) for at in range(len(asks))]


def in_parts(
    work: Callable[[Sequence[P]], Sequence[Reply | ModelError]], group: Sequence[P]
) -> list[Reply | ModelError]:
    """Work on all at once; what does not fit into memory is done half by half, down to one alone."""
    try:
        return list(work(group))
    except ModelError as error:
        return [error] * len(group)
    except Exception as error:
        if not ran_out(error):
            raise
    if len(group) == 1:  # out of the handler, where what the attempt held is let go of
        do = f"ask for less: a smaller picture, a shorter answer, another dtype in {SETTINGS}; then retry"
        return [Invalid("the memory ran out over this one ask", do=do)]
    half = len(group) // 2
    return in_parts(work, group[:half]) + in_parts(work, group[half:])


def _timed(reply: Reply | ModelError, seconds: float) -> Reply | ModelError:
    if isinstance(reply, ModelError):
        return reply
    return replace(reply, usage=replace(reply.usage, seconds=seconds))


@contextmanager
def running(job: Job) -> Generator[None]:
    """What libraries raise over an ask, in words; that the memory is full is told to whoever can help."""
    try:
        yield
    except ModelError:
        raise
    except ValueError as error:
        raise Invalid(f"{job.card.name}: {first_line(error)}") from None
    except Exception as error:
        if ran_out(error):
            raise
        raise Broken(f"{job.card.name}: {first_line(error)}") from None


def check_going(job: Job) -> None:
    if job.stopped.is_set():
        raise Broken(f"{job.card.name} was stopped")


def picture_of(read: Reader, blob: Blob) -> Pixels:
    try:
        return codecs.decode(read(blob))
    except Malformed as fault:
        raise Invalid(f"picture {blob.sha256[:12]}: {fault.why}") from None


def number(ask: Draw | Edit | See, name: str, least: float) -> float | None:
    """An option that is a number."""
    value = ask.options.get(name)
    if value is None:
        return None
    if isinstance(value, (bool, str)) or value < least:
        raise Invalid(f"{name} is a number from {least:g} on, not {value!r}")
    return value
