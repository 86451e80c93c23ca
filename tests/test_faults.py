"""Errors are for people: what happened, where, what to do; and what the docs say of them is true."""

import copy
import inspect
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram import faults
from photogram.faults import Malformed, ModelError, PhotogramError

ERRORS = {
    name: found
    for name, found in vars(faults).items()
    if inspect.isclass(found) and issubclass(found, Exception)
}
LINES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=40)


def made(kind):
    return kind("it went wrong") if kind is Malformed else kind("it went wrong", do="mend it")


def test_the_tree_in_the_docs_is_the_tree():
    """Every error stands in it, below the one that it is."""
    above, found = {}, []
    for line in faults.__doc__.splitlines():
        if name := re.match(r"^(    [│ ]*(?:[├└]── )?)([A-Z]\w+)", line):
            depth = (len(name[1]) - 4) // 4
            above[depth] = name[2]
            found.append(name[2])
            if depth:
                assert ERRORS[name[2]].__base__.__name__ == above[depth - 1]
    assert sorted(found) == sorted(ERRORS)


@given(what=LINES, where=st.none() | LINES, do=st.none() | LINES)
def test_an_error_is_two_lines_at_most(what, where, do):
    """What and where in the first, the remedy in the second."""
    lines = str(PhotogramError(what, where=where or "", do=do or "")).split("\n")
    assert lines[0] == (f"{where}: {what}" if where else what)
    assert lines[1:] == ([f"  {do}"] if do else [])


@pytest.mark.parametrize("kind", ERRORS.values(), ids=list(ERRORS))
def test_an_error_can_be_told_to_many(kind):
    """A copy, as it is given to everybody who waits, is the same error."""
    error = made(kind)
    again = copy.copy(error)
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


@pytest.mark.parametrize("kind", ERRORS.values(), ids=list(ERRORS))
def test_an_exit_code_says_what_kind_of_end_it_was(kind):
    """1 for what may be asked again, 2 for what must be mended, 3 for money."""
    codes = {"OverBudget": 3, "NotSetUp": 2}
    if kind is not Malformed:
        assert kind.exit_code == codes.get(kind.__name__, 1 if issubclass(kind, ModelError) else 2)


def test_a_reply_that_cannot_be_read_is_nobodys_fault():
    """It ends a cell and never a run: whoever catches errors for people does not catch it."""
    assert not issubclass(Malformed, PhotogramError)
    assert Malformed("no JSON", "<html>").raw == "<html>"


@pytest.mark.parametrize("kind", ERRORS.values(), ids=list(ERRORS))
def test_every_error_says_what_it_is_for(kind):
    """In one sentence, for whoever raises the next one."""
    assert (kind.__doc__ or "").strip().endswith(".")
