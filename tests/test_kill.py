"""The first promise: a finished paid answer is never paid for twice, whenever the run is killed."""

from random import Random

import pytest

from photogram.simulator import Script, serving

from .killing import kill_and_rerun

ROWS, WIDTH = 200, 16
POINTS = sorted(Random(7).sample(range(ROWS), 20))


@pytest.mark.slow
@pytest.mark.parametrize("mark", POINTS)
def test_kill_at_any_moment(tmp_path, mark):
    """kill -9, run again: all rows filled, nothing kept is repaid, at most what was in flight is."""
    with serving(Script(delay=0.005, price=0.01)) as sim:
        killed = kill_and_rerun(tmp_path / "set", sim, ROWS, WIDTH, mark)
    assert killed.filled == ROWS
    assert killed.repaid == 0
    assert killed.asked_again <= WIDTH
    assert killed.unsure <= WIDTH
