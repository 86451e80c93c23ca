"""Datasets small enough to be made in a blink, and ways to use them from outside."""

import os
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from photogram import cli, verbs
from photogram.ledger import Ledger

GROUPS = {"apple": ("a red apple {n}", 3), "pear": ("a green pear {n}", 2)}


def write(folder, *, url="", draw="", see="", price=None, budget=5.0, width=8, groups=GROUPS, more=""):
    """A brief of a few pictures of 64x64: drawn without a key, or by a server."""
    parts = [f'[dataset]\nname = "small"\n[budget]\ndollars = {budget}\n[pace]\nwidth = {width}']
    draw = draw or ("openai:pictures" if url else "keyless:draw")
    sees = f'\nsee = "{see}"' if see else ""
    parts.append(f'[models]\ndraw = "{draw}"{sees}')
    if url:
        paid = "" if price is None else f"\nprice_per_image = {price}"
        parts.append(f'[providers.openai]\nbase_url = "{url}"{paid}')
    parts.append(more)
    for label, (prompt, count) in groups.items():
        numbers = list(range(400))
        parts.append(f'[[make]]\nlabel = "{label}"\ncount = {count}\nsize = "64x64"\nprompt = "{prompt}"')
        parts.append(f"[make.vary]\nn = {numbers}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "brief.toml").write_text("\n".join(parts), "utf-8")
    return folder


ANNOTATE = '[annotate.fields]\ndescription = "text"\nbrightness = "number 0..1"'


def content(folder):
    """What the ledger says, but for how often somebody came to drive it."""
    db = sqlite3.connect(folder / "ledger.db")
    said = [line for line in db.iterdump() if "sqlite_sequence" not in line]
    db.close()
    return said


def files(folder):
    """Every file but the ledger, with its bytes and the moment it was written."""
    kept = (path for path in sorted(folder.rglob("*")) if path.is_file() and "ledger" not in path.name)
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in kept}


def pictures(folder):
    return sorted(path for path in folder.glob("images/*/*") if path.is_file())


def rows(folder, **wanted):
    ledger = Ledger(folder / "ledger.db")
    found = list(ledger.rows(columns=("image", "measures", "annotation"), **wanted))
    ledger.close()
    return found


def typed(capsys, *words):
    """What the command line answers: exit code, standard output, standard error."""
    code = 0
    try:
        cli.main([str(word) for word in words])
    except SystemExit as end:
        code = end.code
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def command(*words):
    return [sys.executable, "-m", "photogram", *map(str, words)]


def process(*words, encoding="utf-8", **settings):
    """The command line in a process of its own."""
    done = subprocess.run(
        command(*words), capture_output=True, encoding=encoding, errors="replace", check=False, **settings
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


def begun(*words, **settings):
    """The same, not waited for."""
    return subprocess.Popen(
        command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **settings
    )


def until(condition, within=30.0):
    """Wait for something that another process does; not for a time to pass."""
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.002)


def without_escapes(text):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def everything_in(folder):
    """All bytes under a folder, for looking for what must not be there."""
    return b"".join(path.read_bytes() for path in Path(folder).rglob("*") if path.is_file())


def environ(**more):
    return {**os.environ, **more}


def brief(folder, **parts):
    """A brief of these tables, each given as text."""
    tables = {"dataset": 'name = "x"', "budget": "dollars = 1000.0", **parts}
    lines = [
        name + "\n" + said if name.startswith("[") else f"[{name}]\n{said}" for name, said in tables.items()
    ]
    (folder / "brief.toml").write_text("\n".join(lines), "utf-8")
    return folder


def settled(folder):
    """How many cells of the column were refused and have failed, and what was paid and may have been."""
    states = [trouble.state for trouble in verbs.errors(folder)]
    (spent,) = verbs.status(folder).spending
    return states.count("refused"), states.count("failed"), spent
