"""Row 4: a server that answers 429 above 8 in flight; 500 pictures of 50 ms; asked for 64 at once.

Ours must answer all, waste at most 5 % and take at most 1.5 x the ideal 3.1 s; and a server that
answers nothing but 429 must end with an error that says so. The peer is the usual aiohttp script,
installed with ours. `--provider` chooses whose server. DataDesigner was measured in autumn 2026 at 164
wasted and 26 s.
"""

import time

from served import Script, bare, chosen, heading, measured, ours, serving

from photogram.guards import Pace

ASKS, LIMIT, SERVICE, WIDTH = 500, 8, 0.05, 64
IDEAL = ASKS / LIMIT * SERVICE
QUIET = 5.0


def compare(provider: str) -> None:
    with serving("--in-flight", str(LIMIT), "--delay", str(SERVICE)) as url:
        mine = measured("photogram", url, ASKS, lambda: ours(url, ASKS, Pace(width=WIDTH), provider))
    with serving("--in-flight", str(LIMIT), "--delay", str(SERVICE)) as url:
        script = Script(WIDTH, 0.5, 10)
        name = "aiohttp, 0.5 s pause, 10 attempts"
        peer = measured(name, url, ASKS, lambda: bare(url, ASKS, script, provider))
    mine.show(IDEAL)
    peer.show(IDEAL)
    print(f"waste: ours / peer = {mine.rejected:.0f} / {peer.rejected:.0f}; ", end="")
    print(f"time: ours / peer = {mine.seconds / peer.seconds:.2f}")


def shut(provider: str) -> None:
    """A tap that is shut after 100 answers: the patience is cut to 5 s, so as not to wait 90."""
    with serving("--per-second", "0.000001", "--burst", "100", "--delay", str(SERVICE)) as url:
        started, pace = time.perf_counter(), Pace(width=WIDTH, quiet=QUIET)
        run = measured("photogram, tap shut after 100", url, ASKS, lambda: ours(url, ASKS, pace, provider))
        print(f"{run.name}: {run.answered:.0f} answered and kept, {run.rejected:.0f} turned away, ", end="")
        print(f"{len(run.errors)} ended after {time.perf_counter() - started:.1f} s with:\n  {run.errors[0]}")


if __name__ == "__main__":
    given = chosen(__doc__)
    wanted = f"{given.provider}, 429 above {LIMIT} in flight, {ASKS} asks, {WIDTH} wanted"
    for _ in range(given.times):
        heading(f"row 4: {wanted}, ideal {IDEAL:.2f} s")
        compare(given.provider)
    heading(f"row 4: {given.provider}, nothing but 429")
    shut(given.provider)
