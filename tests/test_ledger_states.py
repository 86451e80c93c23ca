"""Whatever drivers do to one ledger, however they end: no cell is paid for twice, and the money adds up."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from photogram.data import Outcome, Usage
from photogram.faults import OverBudget
from photogram.ledger import Ledger, Standing, Want, drivers

from .conftest import row

BUDGET = 4.0
ROWS = 3
NAMES = st.sampled_from(["one", "other"])
CELLS = st.tuples(st.integers(0, ROWS - 1), st.sampled_from("kl"))
COSTS = st.sampled_from([0.0, 0.1, 0.1, 0.4, 1.5])
ENDS = st.sampled_from(["filled", "refused", "failed", "failed", "unsure"])


class Intent:
    """What a driver has claimed; of one that is gone without a word, nobody's."""

    def __init__(self, driver, cost):
        self.driver, self.cost, self.asks = driver, cost, 1

    @property
    def held(self):
        return self.cost * self.asks


class Books(RuleBasedStateMachine):
    """Two drivers on one ledger, and beside them what it ought to say."""

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "ledger.db"
        self.reader = Ledger(self.path, make=True)
        self.reader.add_rows(row(number) for number in range(ROWS))
        self.at_work: dict[str, Ledger] = {}
        self.intents: dict[tuple[int, str], Intent] = {}
        self.cells: dict[tuple[int, str], Standing] = {}
        self.paid = self.maybe = 0.0
        self.unsure = 0

    def teardown(self):
        for ledger in [self.reader, *self.at_work.values()]:
            ledger.close()
        shutil.rmtree(self.folder)

    # ------------------------------------------------------------------ drivers

    def driver(self, name):
        """A driver at work; one that comes finds out who is gone."""
        if name not in self.at_work:
            self.at_work[name] = Ledger(self.path)
            self.at_work[name].drive()
            self._settle_unsure("")
        return self.at_work[name]

    @rule(name=NAMES)
    def leave(self, name):
        """A driver goes in order: what it drops in flight may have been billed."""
        self.driver(name).leave()
        self.at_work.pop(name).close()
        self._settle_unsure(name)

    @rule(name=NAMES)
    def die(self, name):
        """kill -9: nothing is said, and its intents stay for whoever finds them."""
        if name in self.at_work:
            ledger = self.at_work.pop(name)
            drivers._DRIVING.discard((str(self.path), ledger._driver))
            ledger.close()
            for intent in self.intents.values():
                intent.driver = "" if intent.driver == name else intent.driver

    @rule(name=NAMES)
    def look_for_the_dead(self, name):
        """Whoever looks frees what the dead had claimed, once, and nothing of the living."""
        ledger = self.driver(name)
        paid = sum(1 for intent in self.intents.values() if not intent.driver and intent.cost)
        assert ledger.bury() == paid
        self._settle_unsure("")

    def _settle_unsure(self, driver):
        for cell, intent in list(self.intents.items()):
            if intent.driver == driver:
                self.maybe += intent.held
                self.unsure += intent.cost > 0
                del self.intents[cell]

    # ------------------------------------------------------------------- claims

    @rule(name=NAMES, cells=st.lists(CELLS, min_size=1, max_size=4, unique=True), cost=COSTS)
    def claim(self, name, cells, cost):
        """A cell is granted to one alone, never when it is finished, and never beyond the budget."""
        ledger = self.driver(name)
        wants = [Want(row(number).id, "image", key, "test:paid", cost) for number, key in cells]
        left = BUDGET - self._booked() if cost else float("inf")
        if cost > left + 1e-9:
            with pytest.raises(OverBudget):
                ledger.claim(wants, budget=BUDGET, cap=None)
            return
        expected = [self._granted(name, cell, cost) for cell in cells]
        assert ledger.claim(wants, budget=BUDGET, cap=None) == expected

    def _granted(self, name, cell, cost):
        if cost and cost > BUDGET - self._booked() + 1e-9:
            return "short"
        if cell in self.intents or (cell in self.cells and self.cells[cell].state != "failed"):
            return "held"
        self.intents[cell] = Intent(name, cost)
        return "mine"

    def _claimed(self, number):
        """One of the claims of living drivers, and whose it is."""
        living = sorted(cell for cell, intent in self.intents.items() if intent.driver)
        cell = living[number % len(living)] if living else None
        return (cell, self.at_work[self.intents[cell].driver]) if cell else (None, None)

    @rule(number=st.integers(0, 5))
    def ask_again(self, number):
        """A second ask for a claimed cell needs money of its own."""
        cell, ledger = self._claimed(number)
        if cell:
            intent = self.intents[cell]
            may = not intent.cost or intent.cost <= BUDGET - self._booked() + 1e-9
            assert ledger.claim_again(row(cell[0]).id, "image", cell[1], budget=BUDGET, cap=None) is may
            intent.asks += may

    @rule(number=st.integers(0, 5))
    def give_back(self, number):
        """A row given back unsent leaves no trace."""
        cell, ledger = self._claimed(number)
        if cell:
            ledger.release(row(cell[0]).id, "image", cell[1])
            del self.intents[cell]

    # ----------------------------------------------------------------- outcomes

    @rule(number=st.integers(0, 5), end=ENDS, share=st.floats(0, 1))
    def commit(self, number, end, share):
        """What came of a claim is written down, its price booked, and its intent is gone."""
        cell, ledger = self._claimed(number)
        if not cell:
            return
        intent, unsure = self.intents.pop(cell), end == "unsure"
        dollars = 0.0 if unsure else intent.held * share
        done = Outcome(
            row=row(cell[0]).id,
            column="image",
            key=cell[1],
            state="failed" if unsure else end,
            model="test:paid",
            usage=Usage(dollars=dollars),
            unsure=unsure,
        )
        ledger.commit([done])
        self.paid += dollars
        self.maybe += intent.cost if unsure else 0.0
        self.unsure += unsure and intent.cost > 0
        attempts = self.cells[cell].attempts + 1 if cell in self.cells else 1
        self._make_current(cell, Standing(done.state, attempts, False, True))

    @rule(number=st.integers(0, 5), share=st.floats(0, 1))
    def finish(self, number, share):
        """The same once more: or so much would be claimed, and so little filled."""
        self.commit(number=number, end="filled", share=share)

    def _make_current(self, cell, standing):
        for other, found in self.cells.items():
            if other[0] == cell[0]:
                self.cells[other] = found._replace(current=False)
        self.cells[cell] = standing

    @rule(cell=CELLS)
    def recall(self, cell):
        """An older cell counts again, and nothing is asked."""
        if cell in self.cells:
            self.reader.make_current([(row(cell[0]).id, "image", cell[1])])
            self._make_current(cell, self.cells[cell]._replace(current=True))

    @rule(refused=st.booleans(), rows=st.lists(st.integers(0, ROWS - 1), max_size=2))
    def start_afresh(self, refused, rows):
        """Failed cells are as if they had never been asked, refused ones only if that is wanted."""
        states = {"failed", "refused"} if refused else {"failed"}
        gone = self._drop(lambda cell, found: found.state in states and (not rows or cell[0] in rows))
        ids = [row(number).id for number in rows]
        assert self.reader.start_afresh(refused=refused, rows=ids) == gone

    @rule(number=st.integers(0, ROWS - 1))
    def forget(self, number):
        """A cell whose bytes are gone is owed again."""
        self.reader.forget([(row(number).id, "image")])
        self._drop(lambda cell, _: cell[0] == number)

    def _drop(self, which):
        gone = [cell for cell, found in self.cells.items() if found.current and which(cell, found)]
        for cell in gone:
            del self.cells[cell]
        return len(gone)

    # --------------------------------------------------------------- what holds

    def _booked(self):
        return self.paid + self.maybe + sum(intent.held for intent in self.intents.values())

    @invariant()
    def the_cells_are_as_they_were_left(self):
        wanted = {(row(number).id, key): found for (number, key), found in self.cells.items()}
        assert self.reader.standings("image") == wanted

    @invariant()
    def the_money_adds_up_and_stays_within_the_budget(self):
        assert self.reader.booked() == pytest.approx(self._booked())
        assert self.reader.booked() <= BUDGET + 1e-6
        assert self.reader.spent() == pytest.approx(self.paid)
        spending = self.reader.spending()
        assert sum(spent.unsure for spent in spending) == self.unsure
        assert sum(spent.unsure_dollars for spent in spending) == pytest.approx(self.maybe)

    @invariant()
    def what_is_in_flight_is_known(self):
        assert self.reader.in_flight() == len(self.intents)


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
