"""Row 3: 2,000 calls of 50 ms, 64 in flight, over real HTTP; ideal 1.56 s.

    python benchmarks/row_3_in_flight.py [rounds]

The peer is the least aiohttp script that makes the same calls and keeps nothing (bare.py); the server
is the least there is (light_server.py), since a heavier one is what would be measured. Both clients
are timed from outside, as whole processes. What a process takes that asks nothing is taken off: of
ours the same command once more, on the dataset that is finished; of the peer a run with eight calls.
Ours keeps the ledger and every picture. Beside it stands what it is with planning 2,000 rows counted.
"""

import sys
from statistics import median
from typing import NamedTuple

from common import ROOT, Server, launched, scratch, timed, title, verdict

from tests.killing import command, write_brief

CALLS, WIDTH, DELAY = 2000, 64, 0.05
IDEAL = CALLS * DELAY / WIDTH
FEW = 8


class Round(NamedTuple):
    """Seconds and CPU seconds of both, and seconds of ours with its planning."""

    wall: float
    cpu: float
    planned: float
    bare_wall: float
    bare_cpu: float


def main(rounds: int) -> bool:
    title(3, f"{CALLS:,} calls of {DELAY * 1000:.0f} ms, {WIDTH} in flight")
    server = [str(ROOT / "benchmarks" / "light_server.py"), "--delay", str(DELAY)]
    with scratch() as folder, launched(*server) as light:
        taken = [one_round(folder / str(number), light) for number in range(rounds)]
        most = light.books()["in_flight_max"]
    found = Round(*map(median, zip(*taken, strict=True)))
    best = Round(*map(min, zip(*taken, strict=True)))
    for name, each in (("median", found), ("best", best)):
        print(
            f"  {name}: ours {each.wall:.2f} s ({IDEAL / each.wall:.0%} of ideal), {each.cpu:.2f} CPU s; "
            f"bare aiohttp {each.bare_wall:.2f} s ({IDEAL / each.bare_wall:.0%}), {each.bare_cpu:.2f} CPU s; "
            f"ours with planning {each.planned:.2f} s ({IDEAL / each.planned:.0%})"
        )
    times, cpus = found.wall / found.bare_wall, found.cpu / found.bare_cpu
    return all(
        [
            verdict(f"{most} in flight at most", f"≤ {WIDTH}", most <= WIDTH),
            verdict(f"{times:.2f} times the bare client's time", "≤ 1.1", times <= 1.1),
            verdict(f"{cpus:.2f} times its CPU", "≤ 2.5", cpus <= 2.5),
            verdict(f"{IDEAL / found.wall:.0%} of ideal", "≥ 90 %", IDEAL / found.wall >= 0.9),
        ]
    )


def one_round(folder, server: Server) -> Round:
    few = ours(folder / "few", server, FEW)
    many, again = ours(folder / "many", server, CALLS), timed(command(folder / "many"))
    bare_few, bare = peer(server, FEW), peer(server, CALLS)
    return Round(
        wall=many.wall - again.wall,
        cpu=many.cpu - again.cpu,
        planned=many.wall - few.wall + DELAY,
        bare_wall=bare.wall - bare_few.wall + DELAY,
        bare_cpu=bare.cpu - bare_few.cpu,
    )


def ours(folder, server: Server, rows: int):
    write_brief(folder, server.url, rows, WIDTH)
    return timed(command(folder))


def peer(server: Server, calls: int):
    return timed([sys.executable, str(ROOT / "benchmarks" / "bare.py"), server.url, str(calls), str(WIDTH)])


if __name__ == "__main__":
    sys.exit(not main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
