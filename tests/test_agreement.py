"""How far annotators agree: the figures against ones worked out by hand, and how they are shown."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram import verbs
from photogram.builds.agreement import ENOUGH, compared, kappa
from photogram.data import Outcome
from photogram.dataset import Dataset
from photogram.faults import BadInput
from photogram.show import lines

from .saying import installed
from .small import typed, write

FIELDS = """
[annotate.fields]
tone = ["light", "dark"]
broken = "yes/no"
share = "number 0..1"
year = "whole number"
tags = "list of text"
words = "text"
plate = { is = "text", private = true }
[annotate.by]
"""
SAME = {
    **{"tone": "dark", "broken": True, "share": 0.5, "year": 1999, "tags": ["a", "b"], "words": "A van."},
    "plate": "[private]",
}


def opened(folder, said):
    """A dataset whose annotators have said this: for each its answers, one for each picture."""
    by = "\n".join(f'{name} = "keyless:measure"' for name in said)
    number = max(map(len, said.values()))
    made = write(folder, groups={"van": ("a van {n}", number)}, more=f"[annotate]{FIELDS}{by}")
    verbs.plan(made)
    found = Dataset(made)
    ids = [row.id for row in found.ledger.rows()]
    found.ledger.drive()
    for name, answers in said.items():
        column = f"annotation.{name}"
        outcomes = [
            Outcome(row=row, column=column, key="k", state="filled", value=value)
            for row, value in zip(ids, answers, strict=False)
            if value is not None
        ]
        found.ledger.commit(outcomes)
    return found


def fields(folder, **said):
    with opened(folder, said) as found:
        whole = compared(found)
    return {field.field: field for field in whole.fields}, whole


def answers(number, **changed):
    """As many answers, with a field of each changed by its number."""
    return [{**SAME, **{name: change(at) for name, change in changed.items()}} for at in range(number)]


# ------------------------------------------------------------------------------ figures


def test_kappa_is_cohens():
    """His own kind of table: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no gives 0.4."""
    ratings = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert kappa(ratings) == pytest.approx(0.4)


def test_kappa_of_more_raters_is_fleiss():
    """Worked out by hand: three raters, four subjects."""
    ratings = [("a", "a", "a"), ("a", "a", "b"), ("b", "b", "b"), ("a", "b", "b")]
    seen, chance = (1 + 1 / 3 + 1 + 1 / 3) / 4, 0.5
    assert kappa(ratings) == pytest.approx((seen - chance) / (1 - chance))


def test_kappa_where_all_say_one_word():
    """Chance alone would do it: nothing can be said."""
    assert kappa([("a", "a")] * 60) is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2))
def test_kappa_is_a_share_of_what_chance_leaves(ratings):
    """Never above one, one only where all agree, and the same whoever comes first."""
    value = kappa(ratings)
    if value is not None:
        assert value <= 1 + 1e-9
        assert (value > 1 - 1e-9) == all(a == b for a, b in ratings)
        assert value == pytest.approx(kappa([(b, a) for a, b in ratings]))


def test_agreement_is_counted_field_by_field(tmp_path):
    """Shares for closed fields and texts, differences for numbers, what is in both for lists."""
    number = 2 * ENOUGH
    first = answers(number, tone=lambda at: ("light", "dark")[at % 2], share=lambda at: at / number)
    second = answers(
        number,
        tone=lambda at: ("light", "dark")[at % 2] if at % 4 else "dark",
        share=lambda at: at / number / 2,
        year=lambda at: 2001,
        tags=lambda at: ["B", "c"],
        words=lambda at: "a  VAN" if at % 2 else "a bus",
    )
    found, whole = fields(tmp_path, one=first, two=second)
    assert (whole.pictures, whole.owed) == (number, 0) or whole.pictures == number
    assert found["tone"].equal == pytest.approx(0.75)
    assert found["tone"].kappa == pytest.approx(0.5)
    assert found["tone"].low < 0.75 < found["tone"].high
    assert found["broken"].equal == 1.0
    assert (found["broken"].kappa, found["broken"].note) == (None, "all say the same")
    assert found["share"].correlation == pytest.approx(1.0)
    assert (found["share"].difference, found["share"].higher) == (pytest.approx(-0.2475), "two")
    assert (found["year"].difference, found["year"].note) == (2, "one of them always says the same")
    assert found["tags"].shared == pytest.approx(1 / 3)
    assert found["words"].equal == pytest.approx(0.5)
    assert found["plate"].note == "private"


def test_of_few_pictures_little_is_said(tmp_path):
    """The share and its wide interval, and no kappa and no correlation."""
    found, _ = fields(tmp_path, one=answers(10), two=answers(10, tone=lambda at: "light"))
    assert (found["tone"].equal, found["tone"].kappa, found["tone"].note) == (0.0, None, "too few to say")
    assert found["broken"].equal == 1.0
    assert found["broken"].low == pytest.approx(0.722, abs=0.001)
    assert found["share"].correlation is None


def test_only_what_two_have_said_is_compared(tmp_path):
    """What one alone has answered is left out, picture or field; null counts."""
    first = [SAME, SAME, None, {**SAME, "tone": None}]
    second = [SAME, None, SAME, {name: SAME[name] for name in ("broken",)}]
    found, whole = fields(tmp_path, one=first, two=second)
    assert whole.pictures == 2
    assert (found["tone"].pictures, found["broken"].pictures) == (1, 2)
    third, _ = fields(tmp_path / "null", one=answers(3, tone=lambda at: None), two=answers(3))
    assert third["tone"].equal == 0.0
    silent, _ = fields(tmp_path / "silent", one=[{"tone": None}] * 3, two=[{"tone": None}] * 3)
    assert (silent["tone"].equal, silent["tone"].note) == (None, "nobody says anything")


def test_three_annotators_are_compared_by_pairs(tmp_path):
    """Two of three pairs differ where one says another word."""
    number = ENOUGH
    found, _ = fields(
        tmp_path,
        one=answers(number, share=lambda at: 0.1),
        two=answers(number, share=lambda at: 0.3),
        three=answers(number, tone=lambda at: "light", share=lambda at: 0.2),
    )
    assert found["tone"].equal == pytest.approx(1 / 3)
    assert (found["share"].difference, found["share"].higher) == (pytest.approx(0.4 / 3), "")


def test_the_pictures_they_disagree_on_most_come_first(tmp_path):
    """By all fields but free texts, numbers by how much; with what each of them says."""
    second = answers(
        5,
        tone=lambda at: "light" if at == 3 else "dark",
        share=lambda at: {1: 0.6, 2: 1.0, 3: 0.0}.get(at, 0.5),
        tags=lambda at: [] if at == 3 else ["a", "b"],
        words=lambda at: "something else",
    )
    _, whole = fields(tmp_path, one=answers(5), two=second)
    assert [list(one.fields) for one in whole.most] == [["tone", "tags", "share"], ["share"], ["share"]]
    assert whole.most[0].fields["tone"] == {"one": "dark", "two": "light"}
    assert whole.most[1].fields["share"] == {"one": 0.5, "two": 1.0}
    assert [one.apart for one in whole.most] == sorted((one.apart for one in whole.most), reverse=True)


def test_an_order_of_rows_makes_no_difference(tmp_path):
    """Shuffled alike, the same answers give the same figures."""
    chance = random.Random(3)
    first = answers(60, tone=lambda at: chance.choice(["light", "dark"]), share=lambda at: chance.random())
    second = answers(60, tone=lambda at: chance.choice(["light", "dark"]), share=lambda at: chance.random())
    order = chance.sample(range(60), 60)
    one, _ = fields(tmp_path / "a", one=first, two=second)
    two, _ = fields(tmp_path / "b", one=[first[at] for at in order], two=[second[at] for at in order])
    for name, field in one.items():
        for figure in ("equal", "kappa", "correlation", "difference", "shared"):
            assert getattr(field, figure) == pytest.approx(getattr(two[name], figure), nan_ok=True)


# -------------------------------------------------------------------------- how it shows


def test_two_annotators_on_two_hundred_pictures(tmp_path, monkeypatch, capsys):
    """From the brief to the table by command, for people and for machines."""
    installed(tmp_path, monkeypatch)
    more = '[annotate]\nfields = "vehicles"\n[annotate.by]\n'
    more += 'steady = "saying:value"\nunlike = "saying:unlike"\n'
    folder = write(tmp_path / "set", groups={"van": ("a van {n}", 200)}, more=more)
    code, out, _ = typed(capsys, "run", folder)
    assert code == 0
    code, out, _ = typed(capsys, "annotate", folder, "--compare")
    assert code == 0
    assert "200 pictures answered by two or more" in out
    table = {line.split()[0]: line for line in out.splitlines() if line}
    assert "the same (" in table["color"]
    assert "kappa 0.00" in table["color"]
    assert "all say the same" in table["car_type"]
    assert "unlike is" in table["year"]
    assert table["license_plate"].endswith("private")
    assert "they disagree most on" in out
    assert "color: red / b" in out
    assert max(map(len, out.splitlines())) <= 80
    shown = json.loads(typed(capsys, "annotate", folder, "--compare", "--json")[1])
    color = next(field for field in shown["fields"] if field["field"] == "color")
    assert color["pictures"] == 200
    assert 0.2 < color["equal"] < 0.5
    assert len(shown["most"]) == 10


def test_answers_that_are_owed_are_said(tmp_path, capsys):
    """Comparing asks nobody: what one has not answered yet is named."""
    with opened(tmp_path, {"one": answers(3), "two": answers(3)}) as found:
        said = "\n".join(lines(compared(found)))
    assert "3 pictures answered by two or more" in said
    assert "`photogram annotate` asks for them" not in said  # no picture is there to be asked about
    verbs.generate(tmp_path)
    assert "6 answers still owed" in typed(capsys, "annotate", tmp_path, "--compare")[1]


def test_one_annotator_is_not_compared(tmp_path):
    """The message says how to name another."""
    folder = write(tmp_path, more='[annotate]\nfields = "scenes"\n')
    verbs.plan(folder)
    with pytest.raises(BadInput, match=r"\[annotate\.by\]"):
        verbs.annotate(folder, compare=True)
