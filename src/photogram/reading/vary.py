"""What varies within a group of pictures: the choices, their weights, and the conditions on them.

Variables are chosen one after the other, those that conditions look at first. A condition narrows
what is left for a later variable, so the shares of the earlier one stay as they were asked for.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

from photogram.data import Option
from photogram.reading.words import Mistake, Place, as_text, listed, nearest, quoted, said

Given = Option | Sequence[Option] | Mapping[str, float]
"""One value, a list of values, or values with their weights."""

Rule = tuple[Mapping[str, Given], Mapping[str, Given]]
"""What a condition looks at, and what it then leaves."""

MOST_CHECKED = 100_000


class Choice(NamedTuple):
    """A value a variable may take, and how often against the others."""

    value: Option
    weight: float = 1.0


Choices = tuple[Choice, ...]
Chosen = Mapping[str, Option]


class Condition(NamedTuple):
    """If all of `given` hold, `then` is what is left."""

    given: Mapping[str, frozenset[str]]
    then: Mapping[str, Mapping[str, float | None]]

    def holds(self, chosen: Chosen) -> bool:
        return all(as_text(chosen[name]) in wanted for name, wanted in self.given.items())


class Variation:
    """The variables of one group in the order in which they are chosen."""

    def __init__(self, vary: Mapping[str, Given], when: Sequence[Rule] = (), at: Place = ()) -> None:
        self.at = at
        self.choices = {name: _choices(given, (*at, "vary", name)) for name, given in sorted(vary.items())}
        self.conditions = [self._condition(rule, (*at, "when", number)) for number, rule in enumerate(when)]
        self.names = self._order()
        self.rules = {
            name: [n for n, rule in enumerate(self.conditions) if name in rule.then] for name in self.names
        }

    def deciding(self, name: str, chosen: Chosen) -> tuple[int, ...]:
        """Which conditions decide on a variable, given what is chosen before it."""
        rules = self.rules[name]
        return tuple([number for number in rules if self.conditions[number].holds(chosen)]) if rules else ()

    def left(self, name: str, deciding: tuple[int, ...]) -> Choices:
        """What these conditions leave of a variable's choices."""
        choices = self.choices[name]
        for number in deciding:
            then = self.conditions[number].then[name]
            choices = tuple(
                Choice(value, weight if (new := then[as_text(value)]) is None else new)
                for value, weight in choices
                if as_text(value) in then
            )
            if not choices:
                raise Mistake(
                    f"the conditions leave nothing for {name!r}", at=(*self.at, "when", number), do=_LEAVE
                )
        return choices

    def combinations(self, names: Sequence[str] | None = None) -> Iterator[dict[str, Option]]:
        """Every combination that the conditions allow, of all variables or of the named ones."""
        yield from self._below({}, self.names if names is None else names)

    def size(self, most: int) -> int:
        """How many combinations there are; a number above `most` may be less than all of them."""
        bound = {name for rule in self.conditions for name in (*rule.given, *rule.then)}
        free = prod(len(choices) for name, choices in self.choices.items() if name not in bound)
        found = 0
        for _ in self.combinations([name for name in self.names if name in bound]):
            found += 1
            if found * free > most:
                break
        return found * free

    def content(self) -> list[Any]:
        """All of it as plain data, the same however the same thing was written."""
        rules = [
            ({name: sorted(words) for name, words in rule.given.items()}, rule.then)
            for rule in self.conditions
        ]
        return [self.choices, rules]

    def check(self) -> None:
        """Raise when some combination of what conditions look at leaves nothing for a variable.

        A very large number of combinations is not looked through: then the plan finds it.
        """
        for name, rules in self.rules.items():
            if len(rules) < 2:
                continue
            for number, chosen in enumerate(self.combinations(self._before(name))):
                if number == MOST_CHECKED:
                    break
                self.left(name, self.deciding(name, chosen))

    def _below(self, chosen: dict[str, Option], names: Sequence[str]) -> Iterator[dict[str, Option]]:
        if not names:
            yield chosen
            return
        name, *rest = names
        for value, _ in self.left(name, self.deciding(name, chosen)):
            yield from self._below({**chosen, name: value}, rest)

    def _before(self, name: str) -> list[str]:
        """What must be chosen to know what is left of a variable, in order."""
        wanted: set[str] = set()
        todo = [name]
        while todo:
            rules = self.rules[todo.pop()]
            new = {other for n in rules for other in self.conditions[n].given} - wanted
            wanted |= new
            todo.extend(new)
        return [other for other in self.names if other in wanted]

    def _order(self) -> tuple[str, ...]:
        waits: dict[str, set[str]] = {name: set() for name in self.choices}
        for rule in self.conditions:
            for name in rule.then:
                waits[name] |= set(rule.given)
        order: list[str] = []
        while len(order) < len(waits):
            ready = next((name for name in waits if name not in order and waits[name] <= set(order)), None)
            if ready is None:
                raise self._circle(set(waits) - set(order))
            order.append(ready)
        return tuple(order)

    def _circle(self, stuck: set[str]) -> Mistake:
        number = next(
            n for n, rule in enumerate(self.conditions) if stuck & set(rule.then) and stuck & set(rule.given)
        )
        names = " and ".join(repr(name) for name in sorted(stuck & set(self.conditions[number].then)))
        do = "let one variable decide on the other, not each on the other"
        return Mistake(
            f"the conditions on {names} go round in a circle", at=(*self.at, "when", number), do=do
        )

    def _condition(self, rule: Rule, at: Place) -> Condition:
        given = {
            name: frozenset(self._known(name, values, (*at, "if", name))) for name, values in rule[0].items()
        }
        then = {name: self._known(name, values, (*at, "then", name)) for name, values in rule[1].items()}
        return Condition(given, then)

    def _known(self, name: str, values: Given, at: Place) -> dict[str, float | None]:
        """The values a condition names, as text, with their new weights; all must be the variable's own."""
        if name not in self.choices:
            do = f"{nearest(name, list(self.choices))}what varies here is {listed(self.choices)}"
            raise Mistake(f"the condition speaks of {quoted(name)}, which does not vary", at=at, do=do)
        known = [as_text(choice.value) for choice in self.choices[name]]
        weighted = isinstance(values, Mapping)
        found = {as_text(value): weight if weighted else None for value, weight in _choices(values, at)}
        for text in found:
            if text not in known:
                do = f"{nearest(text, known)}{name} is one of {listed(known)}"
                raise Mistake(f"the condition says {quoted(text)}, which {name!r} never is", at=at, do=do)
        return found


_LEAVE = "let the conditions that can hold together have a value in common"


def _choices(given: Given, at: Place) -> Choices:
    """The choices in the order of their words, so that the order they are written in plays no part."""
    if isinstance(given, Mapping):
        pairs = [Choice(name, float(weight)) for name, weight in given.items()]
    elif isinstance(given, Sequence) and not isinstance(given, str):
        pairs = [Choice(value) for value in given]
    else:
        pairs = [Choice(given)]
    for text, times in Counter(as_text(choice.value) for choice in pairs).items():
        if times > 1:
            do = "to have it more often, weigh the values: { one = 2, other = 1 }"
            raise Mistake(f"{said(at)} has {quoted(text)} more than once", at=at, do=do)
    return tuple(sorted(pairs, key=lambda choice: as_text(choice.value)))
