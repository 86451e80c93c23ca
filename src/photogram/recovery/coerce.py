"""A value becomes the one that the schema has a place for, where there is only one it can mean.

What fits already is left as it is. What could mean two things, or nothing that is allowed, is left as
it came too: it is complained about. Nothing is made up: a number is not rounded, a word not guessed.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from photogram.annotation import BESIDE
from photogram.recovery import readings, rules
from photogram.recovery.choices import NONE, NOTHING, TERSE, is_choice, is_nothing, plain, words
from photogram.recovery.lenient import strict
from photogram.recovery.rules import Place, Rule
from photogram.recovery.truth import Truth


class Coercion:
    """One answer on its way to what was asked for; `done` says what was done to it, and where."""

    def __init__(self, truth: Truth) -> None:
        self._truth, self._root = truth, truth.root
        self.done: dict[str, None] = {}

    def value(self, value: Any, part: Any, place: Place = ()) -> Any:
        """The value that this part of the schema has a place for, or else the value as it came."""
        rule = rules.rule_of(part, self._root)
        either = rules.branches(rule, self._root)
        if isinstance(value, str) and self._says_nothing(value, rule, either):
            return self._noted(None, place, "nothing, in words")
        if isinstance(value, dict) and (inner := _object_rule(cast(dict[str, Any], value), either)):
            return self._object(cast(dict[str, Any], value), inner, place)
        if isinstance(value, list) and (inner := _list_rule(either)):
            return self._list(cast(list[Any], value), inner, place)
        if self._truth.fits(value, part):
            return value  # pyright: ignore[reportUnknownVariableType]
        return self._read(value, part, either, place)

    def _read(self, value: Any, part: Any, either: list[Rule], place: Place) -> Any:
        before = self.done
        for one in either:
            for found, how in self._readings(value, one, place):
                if self._truth.fits(found, part):
                    return self._noted(found, place, how)
                self.done = before
        return value

    def _noted(self, value: Any, place: Place, how: str) -> Any:
        """The value, with a note of what was done; all the members of a list are one place."""
        names = [part for part in place if isinstance(part, str)]
        self.done = {**self.done, f"{rules.said(names)}: {how}" if names else how: None}
        return value

    def _readings(self, value: Any, rule: Rule, place: Place) -> Iterator[tuple[Any, str]]:
        """What a value can mean under a rule, the plainest first."""
        if rules.choices(rule):
            yield from words(value, rule)
        named = rules.types(rule)
        if isinstance(value, dict) and len(cast(dict[str, Any], value)) == 1:
            (value,) = cast(dict[str, Any], value).values()
            yield value, "unwrapped"
        if isinstance(value, list) and len(cast(list[Any], value)) == 1:
            (value,) = cast(list[Any], value)
            yield value, "the only one of a list"
            yield from ((found, "the only one of a list") for found, _ in words(value, rule))
        if "number" in named or "integer" in named:
            yield from readings.numbers(value, rule)
        if "boolean" in named:
            yield from readings.truths(value)
        if "array" in named:
            yield from self._lists(value, rule, place)
        if "string" in named:
            yield from readings.texts(value)
        if "object" in named and isinstance(value, str):
            yield from self._objects(value, rule, place)

    # ---------------------------------------------------------------------- nothing

    def _says_nothing(self, value: str, rule: Rule, either: list[Rule]) -> bool:
        """Whether words stand for null, where null is allowed; a word of an enum stands for itself."""
        said = plain(value)
        if said not in NOTHING:
            return False
        if said in NONE and _list_rule(either):
            return False  # no defects are a list with none in it
        if said in TERSE and any("string" in rules.types(one) and not rules.choices(one) for one in either):
            return False
        named = any(is_choice(value, one) for one in either)
        return not named and rules.allows_null(rule, self._root)

    # -------------------------------------------------------------------- containers

    def _object(self, value: dict[str, Any], rule: Rule, place: Place) -> dict[str, Any]:
        known, found = rules.properties(rule), dict[str, Any]()
        named = _true_names(value, known)
        for key, inner in value.items():
            name = named.get(key, key)
            if name in known:
                found[name] = self._field(inner, known[name], (*place, name), renamed=name != key)
            elif _is_open(rule) and (place or not name.startswith(BESIDE)):
                found[name] = inner
            else:
                self._noted(None, place, "more fields than asked for")
        return self._without_nulls(found, rule, place)

    def _field(self, value: Any, part: Any, place: Place, *, renamed: bool) -> Any:
        if renamed:
            self._noted(None, place, "named otherwise")
        return self.value(value, part, place)

    def _without_nulls(self, found: dict[str, Any], rule: Rule, place: Place) -> dict[str, Any]:
        """An object without its nulls where a field may be missing, and may not be null."""
        known, required = rules.properties(rule), rule.get("required", ())
        for name in [
            name for name in found if found[name] is None and name in known and name not in required
        ]:
            if not self._truth.fits(None, known[name]):
                del found[name]
                self._noted(None, (*place, name), "null left out")
        return found

    def _list(self, value: list[Any], rule: Rule, place: Place) -> list[Any]:
        items, silent = rules.items(rule), all(map(is_nothing, value))
        found: list[Any] = []
        for number, inner in enumerate(value):
            if is_nothing(inner) and not self._may_stand(inner, items, silent):
                self._noted(None, place, "nothing, in words")
            else:
                found.append(self.value(inner, items, (*place, number)))
        if rule.get("uniqueItems") and len(once := _once(found)) < len(found):
            return self._noted(once, place, "said twice")
        return found

    def _may_stand(self, value: Any, items: Any, silent: bool) -> bool:
        """Whether a word for nothing is one of a list: as a word of its enum, or among other texts."""
        return self._named(value, items) or (not silent and self._truth.fits(value, items))

    def _named(self, value: Any, items: Any) -> bool:
        """Whether a word for nothing is one of those that may stand in this list."""
        either = rules.branches(rules.rule_of(items, self._root), self._root)
        return any(value in rules.choices(one) or is_choice(value, one) for one in either)

    def _lists(self, value: Any, rule: Rule, place: Place) -> Iterator[tuple[list[Any], str]]:
        if isinstance(value, str):
            items = rules.rule_of(rules.items(rule), self._root)
            parts = [] if plain(value) in NONE else readings.split(value, items)
            yield self._list(parts, rule, place), "list from a text"
        elif isinstance(value, (int, float)):
            yield self._list([value], rule, place), "list from one"

    def _objects(self, value: str, rule: Rule, place: Place) -> Iterator[tuple[Any, str]]:
        try:
            found = strict(value)
        except ValueError:
            return
        if isinstance(found, dict):
            yield self._object(cast(dict[str, Any], found), rule, place), "JSON within a text"


def _object_rule(value: dict[str, Any], either: list[Rule]) -> Rule | None:
    """Of the objects that are allowed, the one that knows most of the names."""
    objects = [one for one in either if "object" in rules.types(one) or "properties" in one]
    return max(objects, key=lambda one: len(value.keys() & rules.properties(one).keys()), default=None)


def _is_open(rule: Rule) -> bool:
    """Whether an object may have fields that its schema does not name."""
    return rule.get("additionalProperties", True) is not False or "patternProperties" in rule


def _list_rule(either: list[Rule]) -> Rule | None:
    return next((one for one in either if "array" in rules.types(one) or "items" in one), None)


def _once(values: list[Any]) -> list[Any]:
    """The values, each of them once; they may be of kinds that cannot be hashed."""
    seen: dict[str, Any] = {}
    for value in values:
        seen.setdefault(repr(value), value)
    return list(seen.values())


def _true_names(value: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, str]:
    """For the names in an answer that are a field's but for the way they are written, the field's."""
    if value.keys() <= known.keys():
        return {}
    missing = {rules.bare(name): name for name in known if name not in value}
    return {key: missing[rules.bare(key)] for key in value if key not in known and rules.bare(key) in missing}
