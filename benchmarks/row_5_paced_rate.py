"""Row 5: a server limited to 10 requests a second (burst 10), 200 calls of 50 ms, 16 wide.

Ours must lose nothing: with the limit known from the card waste at most 2 % and reach 97 % of it;
with the limit unknown waste at most 8 %. The peer is the usual aiohttp script, installed with ours.
`--provider` chooses whose server. boto3 was measured in autumn 2026: its defaults lose 108 of 200, its
adaptive mode wastes 7 %.
"""

from served import Run, Script, bare, chosen, heading, measured, ours, serving

from photogram.guards import Pace

ASKS, RATE, BURST, WIDTH = 200, 10, 10, 16
IDEAL = (ASKS - BURST) / RATE
SERVER = ("--per-second", str(RATE), "--burst", str(BURST), "--delay", "0.05")


def known(provider: str) -> Run:
    with serving(*SERVER) as url:
        pace = Pace(per_second=RATE, width=WIDTH)
        return measured("photogram, limit known", url, ASKS, lambda: ours(url, ASKS, pace, provider))


def unknown(provider: str) -> Run:
    with serving(*SERVER) as url:
        pace = Pace(width=WIDTH)
        return measured("photogram, limit unknown", url, ASKS, lambda: ours(url, ASKS, pace, provider))


def peer(pause: float, attempts: int, provider: str) -> Run:
    with serving(*SERVER) as url:
        name, script = f"aiohttp, {pause} s pause, {attempts} attempts", Script(WIDTH, pause, attempts)
        return measured(name, url, ASKS, lambda: bare(url, ASKS, script, provider))


if __name__ == "__main__":
    given = chosen(__doc__)
    wanted = f"{given.provider}, {RATE} requests a second, {ASKS} calls, {WIDTH} wide"
    for _ in range(given.times):
        heading(f"row 5: {wanted}, ideal {IDEAL:.0f} s")
        runs = [known(given.provider), unknown(given.provider)]
        runs += [peer(0.5, 10, given.provider), peer(0.5, 3, given.provider)]
        for run in runs:
            run.show(IDEAL)
        print(f"rate with the limit known: {ASKS / runs[0].seconds / RATE:.1%} of it")
