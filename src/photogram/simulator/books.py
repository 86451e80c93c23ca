"""What the provider remembers, what it charges, whom it lets through, and which calls it lets fail."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from math import ceil
from random import Random
from time import monotonic

from msgspec import Struct

from photogram.data import Price
from photogram.faults import PhotogramError
from photogram.providers import find
from photogram.simulator.call import Call, Fault, Made, Problem
from photogram.simulator.script import Hint, Script

BROKEN = frozenset({"failed", "down", "timeout", "upstream"})


class Units(Struct):
    """What one model was used for."""

    calls: int = 0
    images: int = 0
    tokens_in: int = 0
    tokens_out: int = 0


class Books(Struct):
    """What the provider remembers: every call is counted once it is over, under what became of it."""

    calls: int = 0
    answered: int = 0
    refused: int = 0
    busy: int = 0
    broken: int = 0
    invalid: int = 0
    lost: int = 0
    in_flight: int = 0
    in_flight_max: int = 0
    dollars: float = 0.0
    by_prompt: dict[str, int] = {}
    by_seed: dict[str, int] = {}
    by_model: dict[str, Units] = {}

    def enter(self) -> None:
        self.in_flight += 1
        self.in_flight_max = max(self.in_flight_max, self.in_flight)

    def finish(self, prompt: str, seed: int | None) -> None:
        self.answered += 1
        self.by_prompt[prompt] = self.by_prompt.get(prompt, 0) + 1
        if seed is not None:
            self.by_seed[str(seed)] = self.by_seed.get(str(seed), 0) + 1

    def book(self, model: str, units: Units, dollars: float) -> None:
        """Charge for what was made, whether it arrives or not."""
        self.dollars += dollars
        total = self.by_model.setdefault(model, Units())
        total.calls += units.calls
        total.images += units.images
        total.tokens_in += units.tokens_in
        total.tokens_out += units.tokens_out

    def note(self, problem: Problem) -> None:
        if problem.trouble == "refused":
            self.refused += 1
        elif problem.trouble in ("busy", "quota"):
            self.busy += 1
        elif problem.trouble in BROKEN:
            self.broken += 1
        else:
            self.invalid += 1


# ------------------------------------------------------------------------------ money


def used(call: Call, made: Made) -> Units:
    """What a call is charged for: pictures made, or pictures turned into vectors, and tokens."""
    images = len(call.pictures) if call.kind == "embed" else len(made.pictures)
    return Units(calls=1, images=images, tokens_in=made.tokens_in, tokens_out=made.tokens_out)


@cache
def list_price(provider: str, model: str) -> Price:
    """What the card of the model says; nothing where no provider knows it."""
    try:
        return find(provider).card(model, {}).price
    except PhotogramError:
        return Price()


def dollars(price: Price, call: Call, units: Units) -> float:
    """The list price of what was used: by the picture where it is sold so, by the token where not."""
    made = call.picture_out * units.images
    if made and price.image_tokens_out:
        shown = call.pictures_in * (price.image_tokens_in or price.tokens_in)
        words = (units.tokens_in - call.pictures_in) * price.tokens_in
        said = (units.tokens_out - made) * price.tokens_out
        return (shown + words + said + made * price.image_tokens_out) / 1e6
    if price.image_tokens_out and call.kind in ("draw", "edit"):
        return (price.tokens_in * units.tokens_in + price.image_tokens_out * units.tokens_out) / 1e6
    picture = price.image_in if call.kind == "embed" else _picture_price(price, call)
    if picture and units.images:
        return picture * units.images
    return (price.tokens_in * units.tokens_in + price.tokens_out * units.tokens_out) / 1e6


def _picture_price(price: Price, call: Call) -> float:
    """The first rate that fits how the picture was asked for; of an edit the size is not looked at."""
    pixels = call.width * call.height if call.kind == "draw" else 0
    times = max(1.0, pixels / price.grows_from) if price.grows_from else 1.0
    for rate in price.rates:
        small = not rate.most_pixels or 0 < pixels <= rate.most_pixels
        if small and all(value == call.quality for value in rate.options.values()):
            return rate.image * times
    return price.image * times


# ----------------------------------------------------------------------------- limits


class Bucket:
    """Lets `per_second` calls through, and `burst` of them at once."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._rate, self._most = per_second, max(1, burst)
        self._level, self._when = float(self._most), monotonic()

    def wait(self) -> float:
        """Seconds until the next call may come; 0 takes one now."""
        now = monotonic()
        self._level = min(self._most, self._level + (now - self._when) * self._rate)
        self._when = now
        if self._level < 1:
            return (1 - self._level) / self._rate
        self._level -= 1
        return 0.0


def hint_at(problem: Problem, hint: Hint) -> None:
    """Leave of the wait that a problem names only what the script wants told."""
    wait = problem.wait
    if wait is None or hint == "own":
        return
    said = {"retry-after": str(max(1, ceil(wait))), "retry-after-ms": str(ceil(wait * 1000))}
    problem.headers |= {hint: said[hint]} if hint in said else {}
    problem.wait = None


# ----------------------------------------------------------------------------- faults


class Plan:
    """Which calls fail: told by the seed and by how often this very ask came, not by when it came."""

    def __init__(self, script: Script) -> None:
        self._shares, self._seed = script.faults, script.seed
        self._times: Counter[str] = Counter()

    def fault(self, call: Call, known: Mapping[str, Fault]) -> Fault | None:
        """The fault that this call meets, of those that it can meet."""
        if not self._shares:
            return None
        ask = _named(call)
        self._times[ask] += 1
        at = Random(f"{self._seed}|{ask}|{self._times[ask]}").random()
        for name, share in self._shares.items():
            fault = known.get(name)
            if fault is None or not fault.fits(call):
                continue
            at -= share
            if at < 0:
                return fault
        return None

    def job_fault(self, job: str, known: Sequence[str]) -> str:
        """What goes wrong with a batch job as a whole; empty where nothing does."""
        at = Random(f"{self._seed}|job|{job}").random()
        for name, share in self._shares.items():
            at -= share if name in known else 0.0
            if at < 0:
                return name
        return ""


def _named(call: Call) -> str:
    name = f"{call.words}|{call.seed}"
    return f"{name}|{sha256(b''.join(call.pictures)).hexdigest()}" if call.pictures else name
