"""The plan: a brief becomes rows with stable ids, and nothing is spent.

The same brief gives the same rows. A row's id depends on its group and on its own content, so a
group can be changed, moved or added without touching the others; and the rows of a count are the
first rows of every higher count.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heapreplace
from itertools import islice
from random import Random
from types import MappingProxyType
from typing import Any
from unicodedata import normalize

import msgspec

from photogram.brief import Brief, Edit, Group, Make
from photogram.data import Blob, Option, Row, Word
from photogram.faults import BadInput
from photogram.reading.template import Template
from photogram.reading.vary import Choices, Variation
from photogram.reading.words import Mistake, as_text
from photogram.step import digest

SEEDS = 2_147_483_647  # a prime, and the highest seed every provider takes is one less
STRIDE = 1_103_515_245  # any step through the seeds that is no multiple of the prime meets each once
CANDIDATES = 8

FEW = 10_000  # up to so many combinations each one is counted, so that none comes twice too soon

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _CROCKFORD for second in _CROCKFORD]


Files = Mapping[str, Blob]
"""The pictures and masks that lie beside the brief, by the names it gives them."""
NO_FILES: Files = MappingProxyType({})


def rows(brief: Brief, files: Files = NO_FILES) -> Iterator[Row]:
    """Every row the brief asks for, group by group."""
    for make in brief.make:
        try:
            yield from _group_rows(make, brief.dataset.seed, files)
        except Mistake as mistake:
            raise BadInput(mistake.what, where=f"[[make]] {make.label!r}", do=mistake.do) from None


class Summary(Word, frozen=True):
    """How many rows there are, of which labels, and with which values of what differs among them."""

    rows: int = 0
    labels: dict[str, int] = {}
    facts: dict[str, dict[str, int]] = {}


def summary(planned: Iterable[Row]) -> Summary:
    """Count rows by label and by fact, leaving out the facts that are the same in all of them."""
    labels: Counter[str] = Counter()
    facts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in planned:
        labels[row.label] += 1
        for name, value in row.facts.items():
            facts[name][as_text(value)] += 1
    total = labels.total()
    differing = {name: dict(values) for name, values in facts.items() if max(values.values()) < total}
    return Summary(rows=total, labels=dict(labels), facts=differing)


def slug(label: str) -> str:
    """A label as the beginning of a file's name: plain letters, digits and hyphens."""
    ascii_only = normalize("NFKD", label.casefold()).encode("ascii", "ignore").decode()
    words = "".join(char if char.isalnum() else " " for char in ascii_only).split()
    return "-".join(words)[:40].strip("-") or "row"


def edits(brief: Brief, rows: Iterable[Row], files: Files) -> Iterator[Row]:
    """Every row that is to be an edit of one of these; pictures that come later change no earlier edit.

    Rows that were taken in come with their pictures, as some of them may be donors.
    """
    parents: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if not row.parent:
            parents[row.label].append(row)
    for edit in brief.edit:
        donors = _Donors(edit, parents[edit.donors]) if edit.donors else None
        found = _edits_of(edit, parents[edit.of], brief.dataset.seed, files, donors)
        for rivals in islice(found, edit.count or None):
            yield from _contest(rivals)


def _edits_of(
    edit: Edit, parents: Sequence[Row], seed: int, files: Files, donors: "_Donors | None"
) -> Iterator[list[Row]]:
    """The candidates for each edit, most often one."""
    group, plan = digest("edit", edit.content(seed)), edit.plan()
    if edit.where.mask:
        plan["where"]["mask"] = msgspec.to_builtins(files[edit.where.mask])
    shown = _shown({role: files[name] for role, name in edit.beside.items()})
    filled, sampler = _Filled(edit, group), _Sampler(edit.variation(), Random(group))
    # Along parents as along turns the values come evenly, and neither more of the one nor of the other
    # changes what was there.
    varied = [sampler.draw() for _ in range(len(parents) + edit.each - 1)]
    for turn in range(edit.each):
        for number, parent in enumerate(parents):
            given = donors.given(group, parent, turn) if donors else {}
            if given is None:
                continue
            kept = {**shown, "edit": plan | given, "parent": parent.id, "split": parent.split}
            kept["group"] = parent.group or parent.id
            chances = [_chance(group, parent.id, turn, *([k] if k else [])) for k in range(edit.best_of)]
            yield [filled.row(varied[number + turn], chance, **kept) for chance in chances]


def _chance(*parts: Any) -> int:
    return int(digest(*parts)[:16], 16) % SEEDS


def _contest(rivals: list[Row]) -> Iterator[Row]:
    """One row alone; of several, the row that gets the picture of the best, and then all of them.

    The first candidate is the row there would be alone: who asks for more keeps what is paid for.
    """
    first = rivals[0]
    if len(rivals) == 1:
        yield first
        return
    identity = row_id("best of", first.id)
    name = f"{first.name.removesuffix(first.id)}{identity}"
    yield msgspec.structs.replace(first, id=identity, name=name, best_of=len(rivals))
    yield from (msgspec.structs.replace(row, candidate_of=identity) for row in rivals)


def anew(row: Row, prompt: str) -> list[Row]:
    """What takes the place of a row: the same but for its prompt and its chance; of a contest all of it."""
    base, rivals = row.name.removesuffix(row.id), list[Row]()
    for number in range(row.best_of or 1):
        chance = _chance("anew", row.id, number)
        identity = row_id("anew", row.id, prompt, chance)
        new = {"id": identity, "name": f"{base}{identity}", "prompt": prompt, "seed": chance}
        place = {"refines": row.id, "wanted": row.wanted or row.prompt}
        rivals.append(msgspec.structs.replace(row, **new, **place, best_of=0, cells={}))
    return list(_contest(rivals))


def renewed(rows: Iterable[Row], anew: Mapping[str, Sequence[Row]]) -> Iterator[Row]:
    """The rows, and in place of those that were made anew what was made; candidates go with their row."""
    for row in rows:
        if row.candidate_of in anew:
            continue
        if row.id in anew:
            yield from renewed(anew[row.id], anew)
        else:
            yield row


class _Donors:
    """Pictures with real defects, and which edit gets which of them.

    For each parent they stand in an order of its own, so that its edits get different ones, and a donor
    that comes later takes its share of the edits and leaves the others as they are. What is held out for
    testing gives nothing away.
    """

    def __init__(self, edit: Edit, rows: Sequence[Row]) -> None:
        taken = [row for row in rows if row.origin == "taken"]
        self._rows = [row for row in taken if row.mask() and row.split in ("", "train")]
        if taken and not self._rows:
            what = f"no picture labelled {edit.donors!r} has a mask and is free for training"
            do = "say where their masks lie, in their [[take]] or with `add --masks`"
            raise BadInput(what, where=f"[[edit]] {edit.label!r}", do=do)

    def given(self, group: str, parent: Row, turn: int) -> dict[str, Any] | None:
        """What an edit of this parent keeps of its donor; None where there is no donor at all."""
        among = [row for row in self._rows if row.id != parent.id]
        if not among:
            return None
        among.sort(key=lambda row: digest(group, parent.id, row.id))
        donor = among[turn % len(among)]
        files = {"image": donor.image(), "mask": donor.mask()}
        return {"donor": {"row": donor.id, **msgspec.to_builtins(files)}}


def _shown(pictures: dict[str, Blob]) -> dict[str, dict[str, Blob]]:
    """What other pictures make of a row; without any, nothing that would give it another id."""
    return {"shown": pictures} if pictures else {}


def _group_rows(make: Make, seed: int, files: Files) -> Iterator[Row]:
    group = digest("group", make.content(seed))
    filled = _Filled(make, group)
    width, height = make.sides
    shown = _shown({str(number): files[name] for number, name in enumerate(make.references, 1)})
    first = int(group[:16], 16)
    for ordinal, varied in enumerate(_combinations(make, group)):
        yield filled.row(varied, (first + ordinal * STRIDE) % SEEDS, width=width, height=height, **shown)


class _Filled:
    """The texts of a group, filled in for one row after the other."""

    def __init__(self, group: Group, digested: str) -> None:
        self.group, self.digested, self.name = group, digested, slug(group.label)
        self.prompt, self.negative = Template(group.prompt), Template(group.negative)

    def row(self, varied: Mapping[str, Option], seed: int, **more: Any) -> Row:
        facts = {**{name: varied[name] for name in self.group.vary}, **self.group.facts}
        values = {"label": self.group.label, **facts}
        content: dict[str, Any] = {
            "label": self.group.label,
            "prompt": self.prompt.fill(values),
            "negative": self.negative.fill(values),
            "seed": seed,
            "facts": facts,
            "options": self.group.options,
            **more,
        }
        identity = row_id(self.digested, content)
        return Row(id=identity, name=f"{self.name}-{identity}", **content)


def row_id(*parts: Any) -> str:
    """The id these parts give: 80 bits in 16 characters that a person can read out."""
    number = int(digest(*parts)[:20], 16)
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(70, -1, -10)])


def _combinations(make: Make, group: str) -> Iterator[dict[str, Option]]:
    variation = make.variation()
    if make.how == "product":
        for _ in range(make.count):
            yield from variation.combinations()
    else:
        sampler = _Sampler(variation, Random(group))
        for _ in range(make.count):
            yield sampler.draw()


class _Sampler:
    """Draws combinations one after the other, so that values, pairs of values and triples come evenly."""

    def __init__(self, variation: Variation, random: Random) -> None:
        self.variation, self.random = variation, random
        self.decks: dict[tuple[str, tuple[int, ...]], _Deck] = {}
        self.met: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.few = variation.size(FEW) <= FEW

    def draw(self) -> dict[str, Option]:
        chosen: dict[str, Option] = {}
        before: list[str] = []
        so_far = ""
        for name in self.variation.names:
            deck = self._deck(name, chosen)
            word = deck.draw([*before, so_far] if self.few and len(before) > 1 else before)
            chosen[name] = deck.values[word]
            before.append(deck.tags[word])
            so_far += deck.tags[word]
        return chosen

    def _deck(self, name: str, chosen: dict[str, Option]) -> "_Deck":
        deciding = self.variation.deciding(name, chosen)
        deck = self.decks.get((name, deciding))
        if deck is None:
            choices = self.variation.left(name, deciding)
            deck = self.decks[name, deciding] = _Deck(name, choices, self.random, self.met)
        return deck


class _Deck:
    """The choices left of one variable, dealt out so that any number of them is as the weights say.

    Turns are given as seats in a parliament are (Sainte-Laguë), and shuffled within rounds. Of what
    is left of a round, the value is dealt that met those chosen before it least often.
    """

    def __init__(
        self, name: str, choices: Choices, random: Random, met: defaultdict[str, Counter[str]]
    ) -> None:
        self.random = random
        self.values = {as_text(choice.value): choice.value for choice in choices}
        self.tags = {word: f"{name}={word};" for word in self.values}
        self.met = {word: met[tag] for word, tag in self.tags.items()}
        total = sum(choice.weight for choice in choices)
        self.rarity = {as_text(choice.value): total / choice.weight for choice in choices}
        self.turns = [(rarity / 2, random.random(), word) for word, rarity in self.rarity.items()]
        heapify(self.turns)
        self.round: list[str] = []

    def draw(self, before: Sequence[str]) -> str:
        """The next value's word, in view of what was chosen before it for the same row."""
        if not self.round:
            self._deal()
        word = self.round[0]
        if len(self.round) > 1 and before:
            word = min(self.round[:CANDIDATES], key=lambda word: self._familiar(word, before))
        self.round.remove(word)
        met = self.met[word]
        for other in before:
            met[other] += 1
        return word

    def _familiar(self, word: str, before: Sequence[str]) -> float:
        met = self.met[word]
        return self.rarity[word] * sum([met.get(other, 0) for other in before])

    def _deal(self) -> None:
        dealt: list[tuple[float, str]] = []
        for _ in self.values:
            due, tie, word = self.turns[0]
            heapreplace(self.turns, (due + self.rarity[word], tie, word))
            dealt.append((self.random.random(), word))
        self.round = [word for _, word in sorted(dealt)]
