"""Row 1: kill -9 at 200 random points of runs of 200 rows, run again, and count what was repaid.

    python benchmarks/row_1_kill.py [points]

The peer is what a script of one's own does, a loop that writes nothing down: it repays everything
that was finished. Peers with a framework, measured elsewhere: Pixeltable repays all of it,
DataDesigner 290 of 1,290.
"""

import sys
from random import Random

from common import scratch, title, verdict

from photogram.simulator import Script, serving
from tests.killing import kill_and_rerun

ROWS, WIDTH = 200, 16


def main(points: int) -> bool:
    title(1, f"kill -9 at {points} random points, runs of {ROWS} rows, {WIDTH} in flight")
    random, found = Random(1), []
    with scratch() as folder:
        for number in range(points):
            mark = random.randrange(ROWS)
            with serving(Script(delay=0.005, price=0.001)) as sim:
                found.append(kill_and_rerun(folder / str(number), sim, ROWS, WIDTH, mark))
    kept = sum(killed.kept_before for killed in found)
    repaid = sum(killed.repaid for killed in found)
    again = max(killed.asked_again for killed in found)
    print(f"  answers finished before the kills: {kept:,}; a loop of one's own repays all of them")
    print(f"  asked again: {sum(killed.asked_again for killed in found)} in all, {again} at most at once")
    return all(
        [
            verdict(f"{repaid} finished calls repaid", "0", repaid == 0),
            verdict(f"{again} calls asked again at most", f"≤ {WIDTH} in flight", again <= WIDTH),
            verdict("every row filled", "all", all(killed.filled == ROWS for killed in found)),
        ]
    )


if __name__ == "__main__":
    sys.exit(not main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
