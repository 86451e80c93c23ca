"""How far several annotators of the same pictures agree: field by field, and where they do not.

Agreement is counted over pictures that at least two have answered. What agreement is worth beyond chance
(kappa, for closed fields) and how alike numbers run (correlation) is said only of enough pictures: of
fewer than fifty, kappa is known to about ±0.2 at best.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from math import sqrt
from statistics import StatisticsError, correlation, fmean
from typing import Any, NamedTuple, cast

import msgspec

from photogram.annotation import PRIVATE, fields_of
from photogram.data import Facts, Row
from photogram.dataset import Dataset
from photogram.recovery import rules
from photogram.recovery.rules import WITHHELD, Rule
from photogram.results import Agreement, Compared, Disagreement

ENOUGH = 50
MOST = 10
"""So many pictures are named on which they disagree most."""

Said = Mapping[str, Any]
"""What each annotator who has an answer said in one field of one picture."""


class Answers(NamedTuple):
    """One picture, and what each annotator has answered to it."""

    row: Row
    by: dict[str, Facts]


def compared(opened: Dataset) -> Compared:
    """What the annotators of a dataset agree on, as far as they have answered."""
    columns = opened.annotations()
    schema = opened.brief.annotate.asked if opened.brief.annotate else {}
    answers = list(_answers(opened, columns))
    fields = rules.properties(rules.rule_of(schema, schema))
    kinds = {name: _kind(rules.rule_of(part, schema), schema) for name, part in fields.items()}
    return Compared(
        models={_short(column): opened.asking.named(column) for column in columns},
        pictures=len(answers),
        owed=sum(opened.survey(column).owed for column in columns),
        fields=tuple(_agreement(name, kind, answers) for name, kind in kinds.items()),
        most=_disagreements(kinds, answers),
    )


def _short(column: str) -> str:
    return column.partition(".")[2] or column


def _answers(opened: Dataset, columns: Sequence[str]) -> Iterable[Answers]:
    """The pictures to which at least two annotators have answered."""
    for row in opened.ledger.rows(columns=columns):
        cells = {_short(column): cell for column, cell in row.cells.items() if cell.state == "filled"}
        if len(cells) > 1:
            yield Answers(row, {by: _comparable(cell.value) for by, cell in cells.items()})


def _comparable(value: Facts) -> Facts:
    """The fields of an answer; what is private is compared by its marks, where there are any."""
    return {**fields_of(value), **value.get(PRIVATE, {})}


# ------------------------------------------------------------------- one field of all


class Kind(NamedTuple):
    """What can be said of the agreement in a field, and how far two values in it are apart, from 0 to 1."""

    name: str
    apart: Callable[[Any, Any], float]
    range: float = 0.0


def _kind(rule: Rule, root: Rule) -> Kind:
    branches = rules.branches(rule, root)
    types = {name for one in branches for name in rules.types(one)} - {"null"}
    if rule.get("private") is True:
        return Kind("private", _unlike)
    if types <= {"boolean"} or any(rules.choices(one) for one in branches):
        return Kind("closed", _unlike)
    if types <= {"integer", "number"}:
        least, most = rule.get("minimum"), rule.get("maximum")
        span = float(most - least) if least is not None and most is not None else 0.0
        return Kind("number", _far, span)
    if types == {"array"}:
        return Kind("list", _uncommon)
    return Kind("text", _unlike)


def _agreement(name: str, kind: Kind, answers: Sequence[Answers]) -> Agreement:
    """What is said of one field, over the pictures where two or more have said something or null."""
    said = [one for each in answers if len(one := _said(each, name)) > 1]
    found = Agreement(field=name, kind=kind.name, pictures=len(said))
    if not said or all(value is None for one in said for value in one.values()):
        return msgspec.structs.replace(found, note="nobody says anything" if said else "")
    if kind.name == "private" and any(WITHHELD in one.values() for one in said):
        return msgspec.structs.replace(found, note="private")
    return _NUMBERED[kind.name](found, kind, said)


def _said(answers: Answers, name: str) -> Said:
    return {by: fields[name] for by, fields in answers.by.items() if name in fields}


def _of_equals(found: Agreement, kind: Kind, said: Sequence[Said]) -> Agreement:
    """How often they say the same, with the interval that so few pictures leave open."""
    share = fmean(1 - _mean_apart(kind, one) for one in said)
    low, high = _interval(share, len(said))
    return msgspec.structs.replace(found, equal=share, low=low, high=high)


def _of_closed(found: Agreement, kind: Kind, said: Sequence[Said]) -> Agreement:
    found = _of_equals(found, kind, said)
    if len(said) < ENOUGH:
        return msgspec.structs.replace(found, note="too few to say")
    value = kappa([[_plain(each) for each in one.values()] for one in said])
    note = "" if value is not None else "all say the same"
    return msgspec.structs.replace(found, kappa=value, note=note)


def _of_numbers(found: Agreement, kind: Kind, said: Sequence[Said]) -> Agreement:
    pairs = [
        (first, second, one[first], one[second])
        for one in said
        for first, second in combinations(sorted(one), 2)
        if _is_number(one[first]) and _is_number(one[second])
    ]
    if not pairs:
        return msgspec.structs.replace(found, note="never two numbers")
    higher = {second for _, second, _, _ in pairs} if len({pair[:2] for pair in pairs}) == 1 else set[str]()
    differences = [b - a if higher else abs(b - a) for _, _, a, b in pairs]
    found = msgspec.structs.replace(found, difference=fmean(differences), higher=next(iter(higher), ""))
    if len(pairs) < ENOUGH:
        return msgspec.structs.replace(found, note="too few to say")
    try:
        alike = correlation([pair[2] for pair in pairs], [pair[3] for pair in pairs])
    except StatisticsError:
        return msgspec.structs.replace(found, note="one of them always says the same")
    return msgspec.structs.replace(found, correlation=alike)


def _of_lists(found: Agreement, kind: Kind, said: Sequence[Said]) -> Agreement:
    return msgspec.structs.replace(found, shared=fmean(1 - _mean_apart(kind, one) for one in said))


_NUMBERED: Mapping[str, Callable[[Agreement, Kind, Sequence[Said]], Agreement]] = {
    "closed": _of_closed,
    "number": _of_numbers,
    "list": _of_lists,
    "text": _of_equals,
    "private": _of_equals,
}


def kappa(ratings: Sequence[Sequence[str]]) -> float | None:
    """Agreement beyond chance: Cohen's of two raters, Fleiss' of more; nothing where there is one word only.

    Pictures that not all have rated are left out of Fleiss', which takes the same number for each.
    """
    raters = max(map(len, ratings))
    whole = [one for one in ratings if len(one) == raters]
    words = {word for one in whole for word in one}
    seen = fmean(_pairs_equal(one) for one in whole)
    if raters == 2:
        columns = [Counter(one[at] for one in whole) for at in range(2)]
        chance = sum(columns[0][word] * columns[1][word] for word in words) / len(whole) ** 2
    else:
        counts = Counter(word for one in whole for word in one)
        chance = sum((count / (raters * len(whole))) ** 2 for count in counts.values())
    return None if chance > 1 - 1e-12 else (seen - chance) / (1 - chance)


def _pairs_equal(words: Sequence[str]) -> float:
    return fmean(first == second for first, second in combinations(words, 2))


def _interval(share: float, number: int) -> tuple[float, float]:
    """Between which shares the true one lies, 95 times of 100: Wilson's."""
    z = 1.96
    middle = (share + z * z / (2 * number)) / (1 + z * z / number)
    half = z / (1 + z * z / number) * sqrt(share * (1 - share) / number + z * z / (4 * number**2))
    return max(0.0, middle - half), min(1.0, middle + half)


# -------------------------------------------------------------- how far values are apart


def _plain(value: Any) -> str:
    """A value in which case, spaces and marks at the end make no difference."""
    if isinstance(value, str):
        return " ".join(value.casefold().split()).strip(".,;:!?")
    return msgspec.json.encode(value, order="sorted").decode()


def _unlike(a: Any, b: Any) -> float:
    return float(_plain(a) != _plain(b))


def _far(a: Any, b: Any) -> float:
    return float(a != b) if not (_is_number(a) and _is_number(b)) else abs(a - b)


def _uncommon(a: Any, b: Any) -> float:
    """The share of what either lists that not both list: Jaccard's distance."""
    if not (isinstance(a, list) and isinstance(b, list)):
        return float(a != b)
    first, second = set(map(_plain, cast(list[Any], a))), set(map(_plain, cast(list[Any], b)))
    return 1 - len(first & second) / len(first | second) if first | second else 0.0


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _mean_apart(kind: Kind, said: Said) -> float:
    return fmean(kind.apart(a, b) for a, b in combinations(said.values(), 2))


# -------------------------------------------------------------- where they disagree most


def _disagreements(kinds: Mapping[str, Kind], answers: Sequence[Answers]) -> tuple[Disagreement, ...]:
    """The pictures they disagree on most, by all fields but free texts, which always differ."""
    compared = {name: kind for name, kind in kinds.items() if kind.name in ("closed", "number", "list")}
    spans = {name: _span(name, kind, answers) for name, kind in compared.items()}
    found: list[Disagreement] = []
    for each in answers:
        apart: dict[str, float] = {}
        for name, kind in compared.items():
            if len(said := _said(each, name)) > 1:
                apart[name] = min(
                    1.0, _mean_apart(kind, said) / (spans[name] if kind.name == "number" else 1)
                )
        if sum(apart.values()) > 0:
            worst = sorted((name for name in apart if apart[name] > 0), key=lambda name: -apart[name])
            fields = {name: dict(_said(each, name)) for name in worst}
            score = fmean(apart.values())
            found.append(Disagreement(row=each.row.id, name=each.row.name, apart=score, fields=fields))
    return tuple(sorted(found, key=lambda one: -one.apart)[:MOST])


def _span(name: str, kind: Kind, answers: Sequence[Answers]) -> float:
    """How far values of a field can be apart: numbers by the schema's range, or else by what was said."""
    if kind.range or kind.name != "number":
        return kind.range or 1.0
    numbers = [value for each in answers for value in _said(each, name).values() if _is_number(value)]
    return float(max(numbers) - min(numbers)) if numbers and max(numbers) > min(numbers) else 1.0
