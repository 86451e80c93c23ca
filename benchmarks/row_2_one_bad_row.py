"""Row 2: one row of 2,000 always fails. It alone is lost, and no call is wasted on the others.

    python benchmarks/row_2_one_bad_row.py

Peers, measured elsewhere: Pixeltable throws 1,552 calls away, Daft nulls 2,000 of 2,000 or makes
8,000 calls.
"""

import sys

from common import scratch, simulated, timed, title, verdict

from tests.killing import command, filled_prompts, write_brief

ROWS = 2000


def main() -> bool:
    title(2, f"one row of {ROWS:,} always fails, three runs")
    with scratch() as folder, simulated("--broken", "broken") as server:
        write_brief(folder / "set", server.url, ROWS, 64)
        brief = (folder / "set" / "brief.toml").read_text()
        (folder / "set" / "brief.toml").write_text(brief.replace("[0, 1,", '["broken", 1,'))
        codes = [timed(command(folder / "set")).code for _ in range(4)]
        books = server.books()
        kept = len(filled_prompts(folder / "set"))
    own = books["calls"] - kept
    print(f"  calls {books['calls']:,}, of them for the broken row {own}; exit codes {codes}")
    return all(
        [
            verdict(f"{kept:,} rows kept", f"{ROWS - 1:,}", kept == ROWS - 1),
            verdict(f"{kept} calls for them", f"{ROWS - 1:,}", books["answered"] == ROWS - 1),
            verdict(f"{own} calls for the row itself", "its own retries", own <= 3 * 5),
        ]
    )


if __name__ == "__main__":
    sys.exit(not main())
