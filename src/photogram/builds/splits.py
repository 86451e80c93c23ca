"""Which picture belongs to which split: what belongs together is never torn apart.

A group is what was taken in as one, and a picture with all its edits. Groups fall by a hash of their name,
so that a larger dataset leaves each where it was. As soon as there are real pictures, val and test are
theirs alone: what is synthetic is for training, and is left out where its original, or the donor of its
defect, is held back. Splits that people have named are kept.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

from photogram.data import Row
from photogram.faults import BadInput
from photogram.labelled import SPLITS

FEW = 3
"""From so many groups on, no split that is wanted stays empty."""


class Shares(NamedTuple):
    """How much of all groups falls into each split, in hundredths."""

    train: int
    val: int
    test: int


class Divided(NamedTuple):
    """The split of each row by its id, its group, how many synthetic ones were left out, what there is."""

    split: dict[str, str]
    group: dict[str, str]
    left_out: int
    real: bool
    synthetic: bool


def shares(text: str) -> Shares:
    """Three numbers as in 80/10/10."""
    words = text.split("/")
    if len(words) != len(SPLITS) or not all(word.isdigit() for word in words) or sum(map(int, words)) != 100:
        do = "give train, val and test in hundredths, as in 80/10/10"
        raise BadInput(f"{text!r} are no shares of splits", do=do)
    return Shares(*map(int, words))


class _Known(NamedTuple):
    id: str
    group: str
    said: str
    synthetic: bool
    donor: str


def divided(rows: Iterable[Row], wanted: Shares) -> Divided:
    """The split of every row that is not left out."""
    known = [_known(row) for row in rows]
    group = {one.id: one.group for one in known}
    real = any(not one.synthetic for one in known)
    counted = [one for one in known if not (real and one.synthetic)]
    places = _places(counted, wanted)
    split: dict[str, str] = {}
    for one in known:
        if not (real and one.synthetic):
            split[one.id] = places[one.group]
        elif not _held_back(one, group, places):
            split[one.id] = "train"
    synthetic = any(one.synthetic for one in known)
    return Divided(split, group, len(known) - len(split), real, synthetic)


def _known(row: Row) -> _Known:
    donor = row.edit.get("donor", {}).get("row", "")
    return _Known(row.id, row.group or row.parent or row.id, row.split, row.synthetic, donor)


def _held_back(one: _Known, group: dict[str, str], places: dict[str, str]) -> bool:
    """Whether any real picture that is in this one is kept for val or test."""
    sources = {one.group, group.get(one.donor, "")}
    return any(places.get(source, "train") != "train" for source in sources)


def _places(known: Sequence[_Known], wanted: Shares) -> dict[str, str]:
    """The split of each group: as somebody said, the most held back of what they said, or by its hash."""
    said: dict[str, set[str]] = {}
    for one in known:
        said.setdefault(one.group, set()).update({one.said} - {""})
    places = {name: max(splits, key=SPLITS.index) for name, splits in said.items() if splits}
    named = set(places.values())
    free = sorted((name for name in said if name not in places), key=_drawn)
    test = 0 if "test" in named else wanted.test
    val = 0 if "val" in named else wanted.val
    ends = _ends(free, test, val)
    for number, name in enumerate(free):
        places[name] = "test" if number < ends[0] else "val" if number < ends[1] else "train"
    return places


def _ends(free: Sequence[str], test: int, val: int) -> tuple[int, int]:
    """How many of the groups, in the order of their hashes, are for test, and for test or val."""
    first = sum(_drawn(name) < test for name in free)
    second = sum(_drawn(name) < test + val for name in free)
    if len(free) >= FEW:
        first = max(first, int(test > 0))
        second = max(second, first + int(val > 0))
    return first, second


def _drawn(name: str) -> float:
    """A number from 0 to 100 that a name always has."""
    return int(sha256(f"split {name}".encode()).hexdigest()[:12], 16) / 16**12 * 100
