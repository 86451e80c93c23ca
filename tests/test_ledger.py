"""The ledger forgets nothing, hands out each cell once, and never lets more be spent than allowed."""

import os
import sqlite3
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photogram.data import Blob, Outcome, Usage
from photogram.faults import LedgerError, OverBudget
from photogram.ledger import Ledger, Standing, Want, drivers, file
from photogram.ledger import rows as paging

from .conftest import row


def want(number, key="k", cost=0.04, column="image"):
    return Want(row(number).id, column, key, "test:paid", cost)


def done(number, key="k", state="filled", dollars=0.04, **more):
    return Outcome(
        row=row(number).id,
        column="image",
        key=key,
        state=state,
        model="test:paid",
        usage=Usage(dollars=dollars),
        **more,
    )


@pytest.fixture
def driver(ledger):
    ledger.add_rows(row(number) for number in range(10))
    ledger.drive()
    return ledger


def claim(ledger, *wants, budget=None, cap=None):
    return [grant == "mine" for grant in ledger.claim(wants, budget=budget, cap=cap)]


# ---------------------------------------------------------------------------- rows


def test_rows_come_back_in_order_and_whole(ledger):
    """What was planned is what is read, in the order it was planned."""
    rows = [row(number, facts={"n": number, "é": "ü"}, seed=number) for number in (3, 1, 2)]
    assert ledger.add_rows(rows) == 3
    assert list(ledger.rows()) == rows


def test_adding_twice_adds_once(ledger):
    """The same brief planned again changes nothing."""
    ledger.add_rows([row(1)])
    assert ledger.add_rows([row(1), row(2)]) == 1


def test_more_rows_than_a_page(ledger, monkeypatch):
    """Paging loses no row and repeats none."""
    monkeypatch.setattr(paging, "PAGE", 7)
    ledger.add_rows(row(number) for number in range(50))
    assert [found.name for found in ledger.rows()] == [f"row-{number}" for number in range(50)]


def test_unwanted_rows_are_kept_but_retired(ledger):
    """A changed brief hides rows, and a brief changed back brings them back."""
    ledger.add_rows([row(1), row(2)])
    assert ledger.retire_except([row(1).id]) == (1, 0)
    assert [found.name for found in ledger.rows()] == ["row-1"]
    assert len(list(ledger.rows(retired=True))) == 2
    assert ledger.retire_except([row(1).id, row(2).id]) == (0, 1)


def test_real_pictures_never_retire(ledger):
    """A picture taken in is wanted whatever the brief says."""
    ledger.add_rows([row(1, origin="taken")])
    assert ledger.retire_except([]) == (0, 0)


def test_rows_of_keeps_the_order_asked_for(ledger):
    """The engine gets rows as it named them."""
    ledger.add_rows(row(number) for number in range(5))
    ids = [row(number).id for number in (4, 0, 2)]
    assert [found.id for found in ledger.rows_of(ids, ())] == ids


# -------------------------------------------------------------------------- claims


def test_a_claim_excludes_the_next(driver):
    """A cell that somebody is at work on is not handed out again."""
    assert claim(driver, want(1), want(2)) == [True, True]
    assert claim(driver, want(1), want(3)) == [False, True]


def test_a_filled_cell_is_not_claimed(driver):
    """Between looking and claiming another run may have filled it."""
    claim(driver, want(1))
    driver.commit([done(1)])
    assert claim(driver, want(1)) == [False]
    assert claim(driver, want(1, key="other")) == [True]


def test_a_failed_cell_may_be_claimed_again(driver):
    """Failed means: ask again."""
    claim(driver, want(1))
    driver.commit([done(1, state="failed")])
    assert claim(driver, want(1)) == [True]


def test_releasing_leaves_no_trace(driver):
    """A row given back unsent costs nothing and is free."""
    claim(driver, want(1))
    driver.release(*want(1)[:3])
    assert driver.in_flight() == 0
    assert driver.booked() == 0
    assert claim(driver, want(1)) == [True]


def test_two_connections_never_share_a_row(driver, tmp_path):
    """Two drivers on one ledger divide the rows between them."""
    other = Ledger(tmp_path / "ledger.db")
    other.drive()
    mine = claim(driver, *(want(number) for number in range(6)))
    theirs = claim(other, *(want(number) for number in range(10)))
    other.close()
    assert mine == [True] * 6
    assert theirs == [False] * 6 + [True] * 4


# ------------------------------------------------------------------------ outcomes


def test_an_outcome_settles_its_intent(driver):
    """What is finished is booked at its price and no longer in flight."""
    claim(driver, want(1, cost=0.10))
    assert driver.booked() == pytest.approx(0.10)
    driver.commit([done(1, dollars=0.04)])
    assert driver.booked() == pytest.approx(0.04)
    assert driver.in_flight() == 0


def test_a_filled_cell_stays_filled(driver):
    """Nothing that comes later can spoil a finished cell."""
    driver.commit([done(1)])
    driver.commit([done(1, state="failed", dollars=0)])
    assert driver.standings("image")[(row(1).id, "k")].state == "filled"


def test_failures_are_counted(driver):
    """Each failure is an attempt; a success after failures is simply filled."""
    for _ in range(3):
        driver.commit([done(1, state="failed", dollars=0.01)])
    assert driver.standings("image")[(row(1).id, "k")] == Standing("failed", 3, False, True)
    driver.commit([done(1)])
    assert driver.standings("image")[(row(1).id, "k")].state == "filled"
    assert driver.booked() == pytest.approx(0.07)


def test_the_newest_key_is_current(driver):
    """A new key takes the cell's place; the old one stays as history and can be recalled."""
    driver.commit([done(1, key="old")])
    driver.commit([done(1, key="new")])
    assert driver.rows_of([row(1).id], ["image"])[0].cells["image"].key == "new"
    driver.make_current([(row(1).id, "image", "old")])
    assert driver.rows_of([row(1).id], ["image"])[0].cells["image"].key == "old"


def test_cells_come_back_with_their_value(driver):
    """Facts, files and reasons survive the way through the ledger."""
    blob = Blob(sha256="a" * 64, media_type="image/png", size=3)
    driver.commit([done(1, value={"x": [1, {"y": None}]}, files={"image": blob})])
    driver.commit([done(2, state="failed", why="it broke", error="Broken", raw="<html>", dollars=0)])
    first, second = driver.rows_of([row(1).id, row(2).id], ["image"])
    assert first.cells["image"].value == {"x": [1, {"y": None}]}
    assert first.image() == blob
    assert (second.cells["image"].why, second.image()) == ("it broke", None)
    assert [(trouble.name, trouble.raw) for trouble in driver.troubles()] == [("row-2", "<html>")]


def test_a_commit_is_all_or_nothing(driver):
    """When one outcome of a group cannot be written, none is."""
    bad = done(2, value={"x": "\ud800"})
    with pytest.raises(UnicodeEncodeError):
        driver.commit([done(1), bad])
    assert driver.standings("image") == {}


def test_starting_afresh_forgets_only_what_it_should(driver):
    """Failed cells by default, refused ones if asked, of named rows or of all."""
    driver.commit([done(1, state="failed"), done(2, state="refused"), done(3), done(4, state="failed")])
    assert driver.start_afresh(refused=False, rows=[row(1).id]) == 1
    assert driver.start_afresh(refused=False) == 1
    assert driver.start_afresh(refused=True) == 1
    assert [key[0] for key in driver.standings("image")] == [row(3).id]


# --------------------------------------------------------------------------- money


def test_the_budget_is_a_wall(driver):
    """Not one intent more than the money allows, and then an error that says so."""
    wants = [want(number, cost=0.04) for number in range(5)]
    assert claim(driver, *wants, budget=0.10) == [True, True, False, False, False]
    with pytest.raises(OverBudget, match="budget"):
        claim(driver, want(9), budget=0.10)


def test_free_asks_pass_any_budget(driver):
    """What costs nothing needs no money."""
    assert claim(driver, want(1, cost=0.0), budget=0.0) == [True]


def test_a_run_has_its_own_cap(driver, tmp_path):
    """`--budget` bounds this run, whatever was spent before it."""
    claim(driver, want(1))
    driver.commit([done(1)])
    assert claim(driver, want(2), want(3), cap=0.08) == [True, False]
    other = Ledger(tmp_path / "ledger.db")
    other.drive()
    assert claim(other, want(4), cap=0.04) == [True]
    other.close()


def test_a_second_ask_needs_money_too(driver):
    """Asking once more with the reason is a second paid call."""
    claim(driver, want(1, cost=0.04))
    assert not driver.claim_again(*want(1)[:3], budget=0.07, cap=None)
    assert driver.claim_again(*want(1)[:3], budget=0.08, cap=None)
    assert driver.booked() == pytest.approx(0.08)


def test_an_unsure_failure_stays_on_the_bill(driver):
    """A call that may have been billed counts as if it had been, and is shown apart."""
    claim(driver, want(1))
    driver.commit([done(1, state="failed", dollars=0.0, unsure=True)])
    assert driver.booked() == pytest.approx(0.04)
    (spent,) = driver.spending()
    assert (spent.calls, spent.unsure, spent.unsure_dollars) == (0, 1, pytest.approx(0.04))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    budget=st.floats(0, 1),
    calls=st.lists(st.tuples(st.floats(0.001, 0.3), st.floats(0, 1), st.booleans()), max_size=25),
)
def test_never_more_than_the_budget(tmp_path_factory, budget, calls):
    """Whatever asks cost, as long as no reply costs more than its estimate, the budget holds."""
    ledger = Ledger(tmp_path_factory.mktemp("money") / "ledger.db", make=True)
    ledger.drive()
    for number, (cost, share, unsure) in enumerate(calls):
        try:
            (granted,) = claim(ledger, want(number, cost=cost), budget=budget)
        except OverBudget:
            granted = False
        if granted:
            state = "failed" if unsure else "filled"
            ledger.commit([done(number, state=state, dollars=0 if unsure else cost * share, unsure=unsure)])
        assert ledger.booked() <= budget + 1e-6
    ledger.close()


# ------------------------------------------------------------------------- drivers


def dead_driver(path):
    """Claim a row in another process, and let it die without a word."""
    script = (
        "import os, sys; from pathlib import Path; from photogram.ledger import Ledger, Want; "
        "ledger = Ledger(Path(sys.argv[1])); ledger.drive(); "
        "ledger.claim([Want('0000000000000001', 'image', 'k', 'test:paid', 0.04)], budget=None, cap=None); "
        "os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=False)


def test_a_dead_drivers_claims_are_freed_and_counted(ledger, tmp_path):
    """kill -9: the call it was waiting for is counted as maybe billed, and its row is free."""
    ledger.add_rows([row(1)])
    dead_driver(tmp_path / "ledger.db")
    assert ledger.in_flight() == 1
    ledger.drive()
    assert ledger.in_flight() == 0
    assert ledger.booked() == pytest.approx(0.04)
    assert claim(ledger, want(1)) == [True]


def test_a_living_drivers_claims_are_respected(driver, tmp_path):
    """A second driver frees nothing of the first's while it lives."""
    claim(driver, want(1))
    other = Ledger(tmp_path / "ledger.db")
    other.drive()
    assert other.in_flight() == 1
    other.close()


def test_a_silent_driver_elsewhere_counts_as_dead(driver, tmp_path, monkeypatch):
    """On another machine a heartbeat is all there is to go by."""
    claim(driver, want(1))
    other = Ledger(tmp_path / "ledger.db")
    monkeypatch.setattr(drivers.socket, "gethostname", lambda: "elsewhere")
    other.drive()
    assert other.in_flight() == 1
    monkeypatch.setattr(drivers, "SILENT_FOR", -1.0)
    other.bury()
    assert other.in_flight() == 0
    other.close()


def test_a_used_process_number_is_not_the_same_process():
    """A process is known by its number and its birth."""
    assert drivers._lives(drivers.socket.gethostname(), os.getpid(), drivers._born(os.getpid()), 0)
    assert not drivers._lives(drivers.socket.gethostname(), os.getpid(), "another birth", 0)
    assert not drivers._lives(drivers.socket.gethostname(), 2**22 + 1, drivers._born(2**22 + 1), 0)


def test_leaving_settles_what_was_dropped(driver):
    """A driver that leaves with claims open counts them as unsure."""
    claim(driver, want(1))
    driver.leave()
    assert driver.in_flight() == 0
    assert driver.spending()[0].unsure == 1


# -------------------------------------------------------------------------- the file


def test_pages_are_small_and_the_journal_is_a_log(driver, tmp_path):
    """The settings that were measured are the settings in force."""
    db = sqlite3.connect(tmp_path / "ledger.db")
    assert db.execute("PRAGMA page_size").fetchone() == (4096,)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()


def test_a_checkpoint_moves_everything_into_the_file(driver, tmp_path):
    """After a checkpoint the file alone is enough."""
    driver.commit([done(1)])
    driver.checkpoint()
    copy = tmp_path / "copy.db"
    copy.write_bytes((tmp_path / "ledger.db").read_bytes())
    again = Ledger(copy)
    assert len(again.standings("image")) == 1
    again.close()


def test_no_ledger_here(tmp_path):
    """A folder without a ledger is a message."""
    with pytest.raises(LedgerError, match="no ledger"):
        Ledger(tmp_path / "ledger.db")


def test_a_file_that_is_no_ledger(tmp_path):
    """Some other file of that name is not overwritten."""
    (tmp_path / "ledger.db").write_bytes(b"not a database, but long enough to be looked at" * 40)
    with pytest.raises(LedgerError, match="not a ledger"):
        Ledger(tmp_path / "ledger.db")


def test_a_ledger_from_the_future(driver, tmp_path):
    """A format this photogram does not know is not guessed at."""
    db = sqlite3.connect(tmp_path / "ledger.db")
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(LedgerError, match="format 99"):
        Ledger(tmp_path / "ledger.db")


@pytest.mark.parametrize("error", ["database or disk is full", "disk I/O error", "database is locked", "odd"])
def test_sqlite_speaks_in_words(error):
    """Each way SQLite can fail has its sentence; a new one is at least quoted."""
    (said,) = file._said(error)
    assert said
    assert error not in said or error == "odd"


def test_many_may_begin_a_ledger_at_once(tmp_path):
    """Several processes that find no ledger make one together, and none of them fails."""
    script = (
        "import sys; from pathlib import Path; from photogram.ledger import Ledger; "
        "Ledger(Path(sys.argv[1]), make=True).close()"
    )
    for turn in range(4):
        path = str(tmp_path / f"{turn}.db")
        started = [
            subprocess.Popen([sys.executable, "-c", script, path], stderr=subprocess.PIPE) for _ in range(4)
        ]
        assert [process.communicate()[1] for process in started] == [b""] * 4


def test_a_driver_of_ones_own_that_could_not_leave_is_dead(driver, tmp_path, monkeypatch):
    """In a notebook a run that ended on a full disk holds no rows against the next one."""
    claim(driver, want(1))
    monkeypatch.setattr(driver, "_bury", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        driver.leave()
    other = Ledger(tmp_path / "ledger.db")
    other.drive()
    assert other.in_flight() == 0
    other.close()


def test_calls_are_whole_numbers(driver):
    """A count of calls has no decimals in JSON."""
    driver.commit([done(1)])
    assert isinstance(driver.spending()[0].calls, int)
