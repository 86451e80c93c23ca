"""What a dataset has cost: by column and model, for each cell, and for each picture that can be used."""

import pytest

from photogram import verbs
from photogram.simulator import Script, serving

from .small import GROUPS, typed, write


@pytest.fixture
def sim():
    with serving(Script(price=0.01)) as served:
        yield served


def test_money_is_told_by_column_and_model(tmp_path, sim):
    """The parts add up to what the provider took; nothing that was free is among them."""
    folder = write(tmp_path, url=sim.url, price=0.01)
    verbs.run(folder)
    found = verbs.cost(folder)
    (part,) = found.parts
    assert (part.column, part.model, part.filled) == ("image", "openai:pictures", 5)
    assert part.dollars == pytest.approx(sim.books().dollars)
    assert part.each == pytest.approx(0.01)
    assert (part.unwanted, found.accepted) == (0.0, 5)
    assert found.each_accepted == pytest.approx(0.01)


def test_what_is_no_longer_wanted_has_cost_all_the_same(tmp_path, sim):
    """A group that left the brief is retired: its money is spent, and is shown apart."""
    write(tmp_path, url=sim.url, price=0.01)
    verbs.run(tmp_path)
    write(tmp_path, url=sim.url, price=0.01, groups={"apple": GROUPS["apple"]})
    verbs.run(tmp_path)
    found = verbs.cost(tmp_path)
    assert found.parts[0].unwanted == pytest.approx(0.02)
    assert (found.booked, found.accepted) == (pytest.approx(0.05), 3)
    assert found.each_accepted == pytest.approx(0.05 / 3)


def test_a_picture_out_of_bounds_is_not_accepted(tmp_path, sim):
    """What is accepted is what the brief asked for and measures confirm."""
    folder = write(tmp_path, url=sim.url, price=0.01, more="[measure.megapixels]\nleast = 1.0")
    verbs.run(folder)
    assert (verbs.cost(folder).accepted, verbs.cost(folder).each_accepted) == (0, 0.0)
    assert verbs.status(folder).accepted == 0


def test_calls_that_may_have_been_billed_are_counted(tmp_path):
    """A lost answer was perhaps paid; the estimate stays in the books."""
    with serving(Script(price=0.01, faults={"reset": 1.0})) as sim:
        folder = write(tmp_path, url=sim.url, price=0.01)
        verbs.run(folder)
    found = verbs.cost(folder)
    assert found.booked == pytest.approx(sum(spent.unsure_dollars for spent in found.spending))
    assert found.spending[0].unsure == 5
    assert not found.parts


def test_it_is_told_in_lines(tmp_path, sim, capsys):
    """As a person reads it, with its exit code."""
    folder = write(tmp_path, url=sim.url, price=0.01)
    typed(capsys, "run", folder)
    code, out, _ = typed(capsys, "cost", folder)
    assert code == 0
    assert "$0.05 of $5.00 are spent" in out
    assert "$0.01 for each of 5 accepted pictures" in out
