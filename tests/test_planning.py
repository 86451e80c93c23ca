"""The plan keeps its promises: same rows, own ids, even shares, conditions held."""

import re
from collections import Counter
from itertools import combinations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photogram.brief import Brief, Dataset, Edit, Make, When, Where
from photogram.data import Blob, Row
from photogram.faults import BadInput
from photogram.planning import SEEDS, edits, row_id, rows, slug, summary
from photogram.reading.parse import parse
from photogram.reading.vary import Variation

law = settings(deadline=None)

WORDS = st.text("abcdefgh", min_size=1, max_size=3)
WEIGHTS = st.one_of(st.integers(1, 9), st.floats(0.05, 20))
CHOICES = st.one_of(
    st.lists(st.one_of(WORDS, st.integers(0, 9), st.booleans()), min_size=1, max_size=4, unique_by=str),
    st.dictionaries(WORDS, WEIGHTS, min_size=1, max_size=4),
)
VARY = st.dictionaries(st.sampled_from("pqrst"), CHOICES, max_size=4)


@st.composite
def groups(draw, how=None):
    """A group of pictures with things that vary and conditions that leave something."""
    vary = draw(VARY)
    texts = {name: list(map(text, values)) for name, values in vary.items()}
    when = []
    for then in sorted(vary)[1:]:
        if draw(st.booleans()):
            given_name = draw(st.sampled_from([name for name in sorted(vary) if name < then]))
            given_values = draw(subset(texts[given_name]))
            when.append(When(given={given_name: given_values}, then={then: draw(subset(texts[then]))}))
    return Make(
        label=draw(st.sampled_from(["a", "b", "Kratzer groß", "傷", ""])),
        count=draw(st.integers(1, 24)),
        prompt=" ".join(["a picture", *(f"{{{name}}}" for name in vary)]),
        negative=draw(st.sampled_from(["", "{label}"])),
        size=draw(st.sampled_from(["", "640x480"])),
        how=how or draw(st.sampled_from(["sample", "product"])),
        facts=draw(st.dictionaries(st.sampled_from("xyz"), st.integers(0, 2), max_size=2)),
        vary=vary,
        when=tuple(when),
    )


def subset(words):
    return st.lists(st.sampled_from(words), min_size=1, unique=True).map(tuple)


def text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def content(make):
    """A group's content as one text, whatever the order of its tables."""
    return msgspec.json.encode(make.content(0), order="deterministic")


def brief(*makes, seed=0):
    return Brief(dataset=Dataset(name="x", seed=seed), make=makes)


def planned(*makes, seed=0):
    return list(rows(brief(*makes, seed=seed)))


def different(first, second):
    """Whether two groups differ in more than their count."""
    return msgspec.structs.replace(first, count=1).content(0) != msgspec.structs.replace(
        second, count=1
    ).content(0)


# --------------------------------------------------------------------------------- laws


@law
@given(st.lists(groups(), max_size=3, unique_by=content))
def test_the_same_brief_gives_the_same_rows(makes):
    """Nothing in a plan depends on when, where or how often it is made."""
    assert planned(*makes) == planned(*makes)


@law
@given(st.lists(groups(), max_size=3, unique_by=content))
def test_no_two_rows_share_an_id_or_a_name(makes):
    """Ids are 16 plain characters, names are file names, and both are their row's own."""
    made = planned(*makes)
    for row in made:
        assert re.fullmatch("[0-9a-hjkmnp-tv-z]{16}", row.id)
        assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", row.name)
        assert row.name.endswith(f"-{row.id}")
        assert 0 <= row.seed < SEEDS
    assert len({row.id for row in made}) == len({row.name for row in made}) == len(made)


@law
@given(groups(), st.integers(0, 30))
def test_raising_a_count_keeps_the_rows(make, more):
    """The rows of a count are the first rows of every higher one."""
    raised = planned(msgspec.structs.replace(make, count=make.count + more))
    assert planned(make) == raised[: len(planned(make))]


@law
@given(st.lists(groups(), min_size=2, max_size=4, unique_by=content), st.randoms())
def test_groups_leave_each_other_alone(makes, random):
    """Moving, removing or adding a group changes no row of another."""
    alone = {row.id: row for make in makes for row in planned(make)}
    moved = random.sample(makes, len(makes))
    assert {row.id: row for row in planned(*moved)} == alone


@law
@given(groups(), st.sampled_from(["prompt", "label", "size", "seed", "facts", "options"]))
def test_a_changed_group_has_new_rows(make, changed):
    """Whatever is changed but the count, no row of the group stays what it was."""
    new = {
        "prompt": make.prompt + ".",
        "label": "other",
        "size": "800x600",
        "seed": 5,
        "facts": {"other": 1},
        "options": {"quality": "low"},
    }
    other = msgspec.structs.replace(make, **{changed: new[changed]})
    assert not {row.id for row in planned(make)} & {row.id for row in planned(other)}


@law
@given(groups())
def test_the_way_it_is_written_plays_no_part(make):
    """The order of what varies, and of its values, is the writer's own affair."""
    turned = {
        name: dict(reversed(values.items())) if isinstance(values, dict) else list(reversed(values))
        for name, values in reversed(make.vary.items())
    }
    assert planned(make) == planned(msgspec.structs.replace(make, vary=turned))


@law
@given(groups(), st.integers(1, 9))
def test_another_seed_gives_other_rows(make, seed):
    """The seed of the dataset reaches every row, and that of a group goes before it."""
    assert not {row.id for row in planned(make)} & {row.id for row in planned(make, seed=seed)}
    own = msgspec.structs.replace(make, seed=3)
    assert planned(own, seed=seed) == planned(own)


@law
@given(groups())
def test_conditions_hold(make):
    """No row has a combination that a condition rules out."""
    for row in planned(make):
        for rule in make.when:
            if all(text(row.facts[name]) in values for name, values in rule.given.items()):
                assert all(text(row.facts[name]) in values for name, values in rule.then.items())


@law
@given(groups(), st.data())
def test_any_beginning_of_a_plan_has_the_shares_asked_for(make, data):
    """What no condition narrows comes as often as its weight says, at every count."""
    sampled = msgspec.structs.replace(make, how="sample", count=200)
    made = planned(sampled)
    bound = {name for rule in make.when for name in rule.then}
    for name, values in make.vary.items():
        if name in bound:
            continue
        weights = values if isinstance(values, dict) else dict.fromkeys(map(text, values), 1)
        for until in (data.draw(st.integers(1, 200)), 200):
            counts = Counter(text(row.facts[name]) for row in made[:until])
            for value, weight in weights.items():
                share = weight / sum(weights.values())
                slack = 1 if len(set(weights.values())) == 1 else 2 + share * len(weights)
                assert abs(counts[value] - share * until) <= slack


@law
@given(groups(how="product"))
def test_a_product_has_every_combination_as_often_as_its_count(make):
    """Each combination that the conditions allow comes, and comes equally often."""
    counts = Counter(str(sorted(row.facts.items())) for row in planned(make))
    assert set(counts.values()) == {make.count}
    assert len(counts) == make.variation().size(10**6) == len(list(make.variation().combinations()))


@law
@given(groups())
def test_rows_carry_what_their_group_says(make):
    """Prompt, size, facts and options are the group's; what varies is written out."""
    for row in planned(make):
        assert (row.label, row.options, (row.width, row.height)) == (make.label, make.options, make.sides)
        assert row.prompt == " ".join(["a picture", *(text(row.facts[name]) for name in make.vary)])
        assert row.negative == ("" if not make.negative else make.label)
        assert {name: row.facts[name] for name in make.facts} == make.facts
        assert list(row.facts) == [*make.vary, *(name for name in make.facts if name not in make.vary)]


# ------------------------------------------------------------------------------- sampling


def shaped(*sizes, count, **others):
    vary = {f"v{place}": [*range(size)] for place, size in enumerate(sizes)}
    return Make(prompt="p", count=count, vary=vary, **others)


@pytest.mark.parametrize("sizes", [(2, 2), (3, 2), (4, 3), (3, 3, 3), (2, 3, 4, 5)])
def test_pairs_come_evenly(sizes):
    """Any two things that vary are paired about equally often: neither goes with one of the other only."""
    made = planned(shaped(*sizes, count=240))
    for first, second in combinations(range(len(sizes)), 2):
        counts = Counter((row.facts[f"v{first}"], row.facts[f"v{second}"]) for row in made)
        mean = 240 / sizes[first] / sizes[second]
        assert len(counts) == sizes[first] * sizes[second]
        assert all(mean * 0.6 <= number <= mean * 1.4 for number in counts.values())


def test_few_combinations_are_not_repeated_early():
    """Of eight combinations, eight rows show each."""
    made = planned(shaped(2, 2, 2, count=8))
    assert len({str(row.facts) for row in made}) == 8


def test_a_weight_in_a_condition_counts_where_it_holds():
    """A condition may weigh what it leaves anew."""
    make = Make(
        prompt="p",
        count=400,
        vary={"a": ["x", "y"], "b": ["u", "v", "w"]},
        when=(When(given={"a": "x"}, then={"b": {"u": 3, "v": 1}}),),
    )
    counts = Counter((row.facts["a"], row.facts["b"]) for row in planned(make))
    assert counts["x", "u"] == 150
    assert counts["x", "v"] == 50
    assert ("x", "w") not in counts
    assert all(66 <= counts["y", value] <= 67 for value in "uvw")


def test_values_that_python_takes_for_equal_stay_apart():
    """1, true and 1.0 are three things to a person, and "1" is what 1 looks like."""
    make = Make(prompt="{v}", count=30, vary={"v": [1, True, 0, False]})
    assert {row.prompt for row in planned(make)} == {"1", "true", "0", "false"}
    assert {type(row.facts["v"]) for row in planned(make)} == {int, bool}


def test_many_values_each_come_once():
    """A thousand values in a thousand rows are each shown."""
    made = planned(shaped(1000, 3, count=1000))
    assert len({row.facts["v0"] for row in made}) == 1000


@settings(deadline=None, max_examples=20)
@given(groups())
def test_the_check_foresees_what_the_plan_meets(make):
    """Where the conditions are found in order, no row is left without a choice."""
    loose = [
        (rule.given, {name: values[:1] for name, values in rule.then.items()})
        for rule in (*make.when, *make.when[::-1])
    ]
    variation = Variation(make.vary, loose)
    variation.check()
    assert list(variation.combinations())


def test_a_contradiction_too_rare_to_foresee_is_told():
    """Past a hundred thousand combinations the plan itself names the group and the remedy."""
    vary = {f"v{place}": [*range(10)] for place in range(6)} | {"zt": ["a", "b"]}
    everything = {f"v{place}": tuple(range(10)) for place in range(1, 6)}
    when = (
        When(given={"v0": 9, **everything}, then={"zt": "a"}),
        When(given={"v0": 9}, then={"zt": "b"}),
    )
    make = Make(label="rare", prompt="p", count=50, vary=vary, when=when)
    with pytest.raises(BadInput, match=r"\[\[make\]\] 'rare': the conditions leave nothing for 'zt'\n  let"):
        planned(make)


# ---------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("scratch", "scratch"),
        ("Water Damage / eave", "water-damage-eave"),
        ("Kratzer groß", "kratzer-gross"),
        ("éraflure", "eraflure"),
        ("傷", "row"),
        ("", "row"),
        ("../../etc/passwd", "etc-passwd"),
        ("-- --", "row"),
        ("x" * 100, "x" * 40),
        ("a" * 39 + " b", "a" * 39),
    ],
)
def test_a_label_becomes_a_file_name(label, expected):
    """Any label gives a plain beginning of a file's name."""
    assert slug(label) == expected


def test_ids_are_the_same_for_ever():
    """An id, once given, is what paid pictures are found by: a change here loses them."""
    make = Make(label="scratch", prompt="a {finish} phone", count=3, vary={"finish": ["black", "white"]})
    assert [(row.id, row.seed, row.facts["finish"]) for row in planned(make, seed=7)] == [
        ("ajv5ebrge6ktstva", 387_475_138, "black"),
        ("75h3dmba67b0mwkj", 1_490_990_383, "white"),
        ("69s2dcg4bgc1vnhs", 447_021_981, "black"),
    ]
    assert row_id("taken", "00" * 32) == "tkpme745j88ds7r4"


# --------------------------------------------------------------------------------- counts


def test_a_summary_counts_labels_and_what_differs():
    """What is the same in every row is not worth a line."""
    text = """
[dataset]
name = "x"
[[make]]
label = "a"
prompt = "p"
count = 4
facts = { surface = "phone", defect = "oil" }
vary = { finish = ["black", "white"] }
[[make]]
label = "b"
prompt = "p"
count = 2
facts = { surface = "phone" }
vary = { finish = ["black"] }
"""
    found = summary(rows(parse(text)))
    assert (found.rows, found.labels) == (6, {"a": 4, "b": 2})
    assert found.facts == {"finish": {"black": 4, "white": 2}, "defect": {"oil": 4}}


def test_an_empty_plan_has_an_empty_summary():
    """A brief that only takes pictures in plans none."""
    assert summary(rows(brief())).rows == 0


# --------------------------------------------------------------------------------- edits


def pictures(count, label="good"):
    return [
        Row(id=f"{number:016d}", name=f"p{number}", label=label, origin="taken") for number in range(count)
    ]


def edited(parents, masks=None, **more):
    vary = {"defect": ("scratch", "oil", "stain"), "severity": ("light", "severe")}
    edit = Edit(of="good", label="bad", prompt="a {severity} {defect}", vary=vary, **more)
    return list(edits(Brief(dataset=Dataset(name="x"), edit=(edit,)), parents, masks or {}))


def test_an_edit_is_a_row_with_a_parent():
    """It knows its parent, what is done to it, and follows its group and split."""
    parent = Row(id="a" * 16, name="p", label="good", origin="taken", group="rig 3", split="train")
    (row,) = edited([parent])
    assert (row.parent, row.group, row.split) == (parent.id, "rig 3", "train")
    assert row.edit["kind"] == "inpaint"
    assert row.prompt == f"a {row.facts['severity']} {row.facts['defect']}"


@pytest.mark.parametrize(("parents", "each"), [(12, 1), (1, 12), (6, 4)])
def test_values_come_evenly_along_parents_and_turns(parents, each):
    """Three defects over twelve or twenty-four edits come equally often, however they are spread."""
    found = Counter(row.facts["defect"] for row in edited(pictures(parents), each=each))
    assert max(found.values()) - min(found.values()) <= 2


@law
@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 5), st.integers(0, 3))
def test_more_pictures_and_more_edits_change_none_that_were_there(count, each, more, further):
    """What was planned, and perhaps paid, is planned again whatever comes to it."""
    before = {row.id for row in edited(pictures(count), each=each)}
    assert len(before) == count * each
    assert before <= {row.id for row in edited(pictures(count + more), each=each + further)}


def test_a_count_bounds_edits_and_spreads_them():
    """Fifty of a thousand good parts are fifty different parts."""
    rows = edited(pictures(1000), each=3, count=50)
    assert len({row.parent for row in rows}) == len(rows) == 50


def test_edits_of_edits_are_not_made():
    """What is an edit itself is no parent, whatever its label."""
    child = Row(id="b" * 16, name="c", label="good", parent="a" * 16)
    assert edited([child]) == []


def test_a_mask_from_a_file_is_part_of_what_the_row_is():
    """Another mask file gives other rows."""
    one, two = (Blob(sha256=letter * 64, media_type="image/png", size=9) for letter in "ab")
    where = Where(mask="m.png")
    first = edited(pictures(2), {"m.png": one}, where=where)
    assert first[0].edit["where"]["mask"]["sha256"] == "a" * 64
    assert {row.id for row in first}.isdisjoint(
        row.id for row in edited(pictures(2), {"m.png": two}, where=where)
    )
