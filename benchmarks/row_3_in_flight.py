"""Row 3: 2,000 calls of 50 ms, 64 in flight, over real HTTP; ideal 1.56 s.

    python benchmarks/row_3_in_flight.py [rounds]

The peer is the least aiohttp script that makes the same calls and keeps nothing (bare.py). Both are
timed from outside, as whole processes; a run of each with eight calls is taken off as start-up.
Ours keeps the ledger and every picture.
"""

import sys
from statistics import median

from common import ROOT, scratch, simulated, timed, title, verdict

from tests.killing import command, write_brief

CALLS, WIDTH, DELAY = 2000, 64, 0.05
IDEAL = CALLS * DELAY / WIDTH


def main(rounds: int) -> bool:
    title(3, f"{CALLS:,} calls of {DELAY * 1000:.0f} ms, {WIDTH} in flight")
    ours, bare, most = [], [], 0
    with scratch() as folder, simulated("--delay", str(DELAY)) as server:
        for number in range(rounds):
            few = ours_of(folder / f"few{number}", server.url, 8)
            many = ours_of(folder / f"many{number}", server.url, CALLS)
            ours.append((many.wall - few.wall + DELAY, many.cpu - few.cpu))
            most = max(most, server.books()["in_flight_max"])
            few, many = bare_of(server.url, 8), bare_of(server.url, CALLS)
            bare.append((many.wall - few.wall + DELAY, many.cpu - few.cpu))
    wall, cpu = (median(column) for column in zip(*ours, strict=True))
    bare_wall, bare_cpu = (median(column) for column in zip(*bare, strict=True))
    print(f"  ours {wall:.2f} s, {cpu:.2f} CPU s; bare aiohttp {bare_wall:.2f} s, {bare_cpu:.2f} CPU s")
    print(f"  of ideal {IDEAL:.2f} s: ours {IDEAL / wall:.0%}, bare aiohttp {IDEAL / bare_wall:.0%}")
    return all(
        [
            verdict(f"{most} in flight at most", f"≤ {WIDTH}", most <= WIDTH),
            verdict(f"{wall / bare_wall:.2f} times the bare client's time", "≤ 1.1", wall <= 1.1 * bare_wall),
            verdict(f"{cpu / bare_cpu:.2f} times its CPU", "≤ 2.5", cpu <= 2.5 * bare_cpu),
            verdict(f"{IDEAL / wall:.0%} of ideal", "≥ 90 %", IDEAL / wall >= 0.9),
        ]
    )


def ours_of(folder, url, rows):
    write_brief(folder, url, rows, WIDTH)
    return timed(command(folder))


def bare_of(url, calls):
    return timed([sys.executable, str(ROOT / "benchmarks" / "bare.py"), url, str(calls), str(WIDTH)])


if __name__ == "__main__":
    sys.exit(not main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
