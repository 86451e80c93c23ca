"""What the world does to a run: signals, other runs, disks, ledgers, names, keys and bad servers."""

import ctypes
import os
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from photogram import verbs
from photogram.simulator import Script, serving

from .small import (
    ANNOTATE,
    begun,
    content,
    environ,
    everything_in,
    pictures,
    process,
    rows,
    typed,
    until,
    write,
)

MANY = {"apple": ("a red apple {n}", 40)}


def filled(folder):
    return sum(bool(row.image()) for row in rows(folder))


# --------------------------------------------------------------------------- two runs


def test_two_runs_at_once_share_the_work(tmp_path):
    """Neither asks for what the other is at, both end well, and nothing is made twice."""
    with serving(Script(delay=0.02, price=0.01)) as sim:
        folder = write(tmp_path, url=sim.url, price=0.01, groups=MANY, width=4)
        verbs.plan(folder)
        both = [begun("run", folder), begun("run", folder)]
        for running in both:
            out, err = running.communicate()
            assert running.returncode == 0, out + err
            assert "Traceback" not in out + err
        assert set(sim.books().by_prompt.values()) == {1}
        assert sim.books().answered == 40
    assert verbs.run(folder).columns == ()
    found = verbs.status(folder)
    assert found.booked == pytest.approx(0.40)
    assert [column.filled for column in found.columns] == [40, 40]
    assert found.in_flight == 0


# ---------------------------------------------------------------------------- signals


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_finish_what_is_in_flight(tmp_path, name):
    """Every call that was sent is answered and kept, the rest is still owed, and the way on is told."""
    with serving(Script(delay=0.1, price=0.01)) as sim:
        folder = write(tmp_path, url=sim.url, price=0.01, groups=MANY, width=3)
        running = begun("run", folder)
        until(lambda: sim.books().in_flight == 3)
        running.send_signal(name)
        out, err = running.communicate()
        books = sim.books()
    assert running.returncode == 1
    assert "Traceback" not in out + err
    assert "finishing what is in flight" in err
    assert "goes on from here" in out
    assert books.calls == books.answered == filled(folder) < 40
    (spent,) = verbs.status(folder).spending
    assert (spent.calls, spent.unsure) == (books.answered, 0)


def test_a_second_signal_drops_what_is_in_flight(tmp_path):
    """Calls that never end are given up, counted as maybe billed, and asked again by the next run."""
    with serving(Script(faults={"hang": 1.0})) as sim:
        folder = write(tmp_path, url=sim.url, price=0.01, width=3)
        running = begun("run", folder)
        until(lambda: sim.books().in_flight == 3)
        running.send_signal(signal.SIGINT)
        while "finishing" not in running.stderr.readline():
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        out, err = running.communicate()
    assert running.returncode == 1
    assert "Traceback" not in out + err
    assert "maybe billed" in out
    found = verbs.status(folder)
    assert (found.spending[0].unsure, found.in_flight) == (3, 0)
    assert found.booked == pytest.approx(0.03)
    with serving(Script(price=0.01)) as sim:
        assert verbs.run(write(folder, url=sim.url, price=0.01, width=3)).exit_code == 0
        assert sim.books().answered == 5


# ----------------------------------------------------------------------- rights, disks


def _without_special_rights():
    """In the child: root keeps its name and loses its right to pass over what files allow."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for right in (1, 2, 3):  # DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER
            libc.prctl(24, right, 0, 0, 0)  # PR_CAPBSET_DROP


@contextmanager
def readable_only(folder):
    """A folder in which nothing can be written; skips where that cannot be had."""
    paths = [folder, *folder.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        touch = ["touch", str(folder / "probe")]
        tried = subprocess.run(touch, preexec_fn=_without_special_rights, capture_output=True, check=False)
        if tried.returncode == 0:
            pytest.skip("this account can write everywhere, and cannot be kept from it")
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def test_a_dataset_that_can_only_be_read(tmp_path):
    """Looking works; doing says that this place cannot be written, with exit code 2; nothing changes."""
    folder = write(tmp_path / "set", more=ANNOTATE)
    verbs.run(folder)
    before = content(folder)
    write(folder, more=ANNOTATE, groups=MANY)
    with readable_only(folder):
        for words in (["status"], ["errors"]):
            done = process(*words, folder, preexec_fn=_without_special_rights)
            assert done.returncode == 0, done.stderr
        for words in (["plan"], ["run"], ["retry"]):
            done = process(*words, folder, preexec_fn=_without_special_rights)
            assert done.returncode == 2
            assert "only be read" in done.stderr
        done = process("doctor", folder, preexec_fn=_without_special_rights)
        assert done.returncode == 1
        assert "only be read" in done.stdout
    assert content(folder) == before


def test_an_export_into_a_folder_that_can_only_be_read(tmp_path):
    """It is told by its name, and nothing lies there."""
    folder, locked = write(tmp_path / "set"), tmp_path / "locked"
    verbs.run(folder)
    locked.mkdir()
    with readable_only(locked):
        done = process("export", folder, "--to", locked / "out", preexec_fn=_without_special_rights)
    assert done.returncode == 2
    assert "locked" in done.stderr
    assert 1 <= len(done.stderr.splitlines()) <= 5
    assert list(locked.iterdir()) == []


def test_a_folder_that_cannot_be_entered(tmp_path):
    """Somebody else's folder is a sentence, for every verb."""
    folder = write(tmp_path / "set")
    verbs.plan(folder)
    folder.chmod(0o000)
    try:
        tried = subprocess.run(
            ["ls", str(folder)], preexec_fn=_without_special_rights, capture_output=True, check=False
        )
        if tried.returncode == 0:
            pytest.skip("this account can read everywhere, and cannot be kept from it")
        for words in (["status"], ["run"], ["new"], ["add"]):
            done = process(*words, folder, preexec_fn=_without_special_rights)
            assert done.returncode == 2, words
            assert 1 <= len(done.stderr.splitlines()) <= 5
        assert process("doctor", folder, preexec_fn=_without_special_rights).returncode == 1
        assert process("models", folder, preexec_fn=_without_special_rights).returncode == 0
    finally:
        folder.chmod(0o755)


def _with_small_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))


def test_files_that_may_not_grow(tmp_path):
    """A quota ends the run with a sentence; what was finished is kept, and the rest is made later."""
    with serving(Script(price=0.01)) as sim:
        folder = write(tmp_path, url=sim.url, price=0.01, groups={"apple": ("a red apple {n}", 300)})
        done = process("run", folder, preexec_fn=_with_small_files)
        assert done.returncode in (1, 2)
        kept = filled(folder)
        assert 0 < kept < 300
        said = done.stdout + done.stderr
        assert "disk" in said or "larger than this account may write" in said
        assert verbs.run(folder).exit_code == 0
        assert filled(folder) == 300
        assert sim.books().answered <= 300 + 64  # what was in flight when the disk said no
    found = verbs.status(folder)
    assert found.booked >= sim.books().dollars - 1e-9


@pytest.fixture
def small_disk(tmp_path):
    """A disk of two megabytes; skips where none can be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no disk can be mounted by this account")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_that_is_nearly_full_is_not_filled(small_disk, capsys):
    """Nothing is asked for what there may be no room to keep."""
    with serving(Script(price=0.01)) as sim:
        folder = write(small_disk / "set", url=sim.url, price=0.01)
        code, out, _ = typed(capsys, "run", folder)
        assert code in (1, 2)
        assert "MB are left on the disk" in out
        assert sim.books().calls == 0
    assert typed(capsys, "doctor", folder)[0] == 1


UNCHECKED = """
import sys
from photogram import cli, store
store.LEAST_FREE = 0
cli.main(["run", sys.argv[1]])
"""


def test_a_disk_that_fills_up(small_disk, capsys):
    """When it is full after all: a sentence, everything finished kept, and on it goes when there is room."""
    folder = write(small_disk / "set", groups={"apple": ("a red apple {n}", 400)}, width=4)
    done = subprocess.run(
        [sys.executable, "-c", UNCHECKED, str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode in (1, 2)
    assert "full" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    kept = {row.id: row.image() for row in rows(folder) if row.image()}
    assert 0 < len(kept) < 400
    assert typed(capsys, "run", folder)[0] == 0
    assert filled(folder) == 400
    assert kept.items() <= {row.id: row.image() for row in rows(folder)}.items()
    assert all(finding.well for finding in verbs.doctor(folder))


# --------------------------------------------------------------------------- the ledger


def test_a_ledger_that_is_something_else(tmp_path, capsys):
    """A file of that name that is no ledger is left as it is."""
    folder = write(tmp_path)
    (folder / "ledger.db").write_bytes(b"my notes\n" * 4000)
    for verb in ("run", "plan", "status", "errors", "retry"):
        code, _, err = typed(capsys, verb, folder)
        assert code == 2
        assert "not a ledger" in err
    assert typed(capsys, "doctor", folder)[0] == 1
    assert (folder / "ledger.db").read_bytes() == b"my notes\n" * 4000


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_a_ledger_cut_short(tmp_path, capsys, part):
    """Whatever can be said about it, it is said in words."""
    folder = write(tmp_path)
    verbs.run(folder)
    whole = (folder / "ledger.db").read_bytes()
    (folder / "ledger.db").write_bytes(whole[: int(len(whole) * part)])
    for verb in ("status", "run", "doctor"):
        code, out, err = typed(capsys, verb, folder)
        assert code in (0, 1, 2)
        assert code == 0 or "ledger" in out + err


def test_a_ledger_that_is_a_folder(tmp_path, capsys):
    """A folder of that name is a sentence."""
    folder = write(tmp_path)
    (folder / "ledger.db").mkdir()
    for verb in ("run", "status"):
        code, _, err = typed(capsys, verb, folder)
        assert code == 2
        assert "ledger" in err


def test_a_ledger_somebody_holds(tmp_path, capsys, monkeypatch):
    """Another program that does not let go is named as the reason; nothing is lost by it."""
    folder = write(tmp_path)
    verbs.run(folder)
    holder = sqlite3.connect(folder / "ledger.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **named: connect(*args, **{**named, "timeout": 0}))
    code, _, err = typed(capsys, "plan", folder)
    assert code == 2
    assert "another program has held the ledger" in " ".join(err.split())
    assert typed(capsys, "status", folder)[0] == 0
    holder.execute("ROLLBACK")
    holder.close()
    assert typed(capsys, "run", folder)[0] == 0


# ---------------------------------------------------------------------------- the brief


def test_a_brief_removed_or_replaced(tmp_path, capsys):
    """No brief, or a folder in its place, is told; the dataset's rows are not touched."""
    folder = write(tmp_path)
    verbs.run(folder)
    before = content(folder)
    (folder / "brief.toml").unlink()
    for _ in range(2):
        for verb in ("run", "status"):
            code, _, err = typed(capsys, verb, folder)
            assert code == 2
            assert "brief.toml" in err
        assert typed(capsys, "doctor", folder)[0] == 1
        (folder / "brief.toml").mkdir(exist_ok=True)
    assert content(folder) == before


@pytest.mark.parametrize(
    "change",
    [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")],
    ids=["byte order mark", "line ends of Windows"],
)
def test_a_brief_saved_on_another_system(tmp_path, change):
    """The same words make the same rows, whatever editor saved them."""
    folder = write(tmp_path)
    verbs.run(folder)
    text = (folder / "brief.toml").read_text()
    (folder / "brief.toml").write_text(change(text), "utf-8", newline="")
    assert verbs.plan(folder).new == 0
    assert verbs.run(folder).columns == ()


# ---------------------------------------------------------------------------- names

NAMES = [
    "my set",
    "Brücken 橋",
    "a\nb",
    "-x",
    "50%?#&=",
    "it's",
    b"\xff\xfe".decode("utf-8", "surrogateescape"),
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_folder_of_any_name(tmp_path, capsys, monkeypatch, name):
    """Blanks, other scripts, line breaks, dashes, signs, bytes that are no text: a dataset all the same."""
    try:
        (tmp_path / name).mkdir()
    except OSError:
        pytest.skip("this file system has no such names")
    (tmp_path / name).rmdir()
    monkeypatch.chdir(tmp_path)
    assert typed(capsys, "new", "--json", "--", name)[0] == 0
    write(tmp_path / name)
    for verb in ("plan", "run", "status", "errors", "doctor", "models"):
        for option in ([], ["--json"]):
            code, _, err = typed(capsys, verb, *option, "--", name)
            assert code == 0, err
    assert typed(capsys, "new", "--", name)[0] == 2
    assert filled(tmp_path / name) == 5


# ----------------------------------------------------------------------------- the key

KEY = "sk-live-0123456789abcdef"


class Echo(BaseHTTPRequestHandler):
    """A server that says back what it was told, key and all."""

    status = 400

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        said = self.headers.get("Authorization", "").encode()
        body = b'{"error": {"message": "not taken: ' + said + b'", "code": "' + said + b'"}}'
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@contextmanager
def echoing(status):
    server = HTTPServer(("127.0.0.1", 0), type("Echoing", (Echo,), {"status": status}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 500])
def test_the_key_is_never_written_or_said(tmp_path, capsys, monkeypatch, impatient, status):
    """Whatever a server answers, even the key itself, it is in no file, no line and no JSON."""
    with echoing(status) as url:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        folder = write(tmp_path, draw="openai:pictures", groups={"pear": ("a pear {n}", 2)})
        said = ""
        for words in (["run"], ["run", "--json"], ["errors"], ["errors", "--json"], ["status"], ["doctor"]):
            code, out, err = typed(capsys, *words, folder)
            assert code in (0, 1, 2)
            said += out + err
    assert KEY not in said
    assert KEY[8:] not in said
    assert KEY.encode()[8:] not in everything_in(folder)


def test_a_wrong_key_stops_the_run(tmp_path, capsys, monkeypatch):
    """401 is told once, with the variable; no cell is failed for it."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with serving(Script(key="another")) as sim:
        monkeypatch.setenv("OPENAI_BASE_URL", sim.url)
        folder = write(tmp_path, draw="openai:pictures")
        code, out, err = typed(capsys, "run", folder)
    assert code == 2
    assert out.count("OPENAI_API_KEY") == 1
    assert KEY not in out + err
    assert verbs.errors(folder) == []
    assert verbs.status(folder).columns[0].owed == 5


# ------------------------------------------------------------------------- bad servers


@pytest.fixture
def nobody():
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_a_server_that_is_down(tmp_path, capsys, impatient, nobody):
    """The cells fail, three runs ask, the fourth does not, and `retry` goes on when it is up again."""
    folder = write(tmp_path, url=nobody, price=0.01)
    asked = []
    for _ in range(4):
        code, out, _ = typed(capsys, "run", folder)
        assert code == 1
        assert "photogram errors" in out
        asked.append("5 failed" in out)
    assert asked == [True, True, True, False]
    (first, *_) = verbs.errors(folder)
    assert first.attempts == 3
    assert "cannot connect" in first.why
    assert verbs.status(folder).booked == 0.0
    with serving(Script(price=0.01)) as sim:
        write(folder, url=sim.url, price=0.01)
        assert verbs.retry(folder).ran.exit_code == 0
        assert sim.books().answered == 5


@pytest.mark.parametrize(
    "faults",
    [
        {"500": 0.1, "reset": 0.05, "truncated": 0.05},
        {"html": 0.2, "type": 0.2},
        {"no data": 0.2, "bad base64": 0.2, "503": 0.2},
        {"reset": 0.5},
    ],
    ids=lambda faults: "-".join(faults).replace(" ", "-"),
)
def test_our_books_are_the_servers(tmp_path, impatient, faults):
    """To the cent: what is spent and what is maybe billed together is what the server counted."""
    with serving(Script(price=0.01, faults=faults, seed=3)) as sim:
        folder = write(tmp_path, url=sim.url, price=0.01, groups=MANY)
        for _ in range(3):
            verbs.run(folder)
        books = sim.books()
    found = verbs.status(folder)
    spent = sum(part.dollars + part.unsure_dollars for part in found.spending)
    assert spent == pytest.approx(books.dollars, abs=0.001)
    assert found.booked == pytest.approx(books.dollars, abs=0.001)
    assert sum(part.unsure for part in found.spending) == books.lost
    assert set(books.by_prompt.values()) == {1}
    assert filled(folder) == books.answered
    assert filled(folder) + found.columns[0].given_up == 40


def test_one_bad_answer_costs_one_row(tmp_path, impatient):
    """What a server says of one picture changes nothing about the others."""
    with serving(Script(broken="apple 7")) as sim:
        folder = write(tmp_path, url=sim.url, groups=MANY)
        bad = sum("apple 7" in row.prompt for row in _planned(folder))
        ran = verbs.run(folder)
        assert (ran.columns[0].failed, ran.columns[0].filled) == (bad, 40 - bad)
        assert len(pictures(folder)) == 40 - bad
        assert sim.books().answered == 40 - bad


def _planned(folder):
    verbs.plan(folder)
    return rows(folder)


def test_a_driver_that_died_holds_nothing_up(tmp_path):
    """kill -9, and the next run takes over at once what the dead one had claimed."""
    with serving(Script(faults={"hang": 1.0})) as sim:
        folder = write(tmp_path, url=sim.url, price=0.01, width=4)
        running = begun("run", folder, env=environ())
        until(lambda: sim.books().in_flight == 4)
        running.kill()
        running.communicate()
    with serving(Script(price=0.01)) as sim:
        ran = verbs.run(write(folder, url=sim.url, price=0.01, width=4))
        assert (ran.exit_code, sim.books().answered) == (0, 5)
    (spent,) = verbs.status(folder).spending
    assert spent.unsure == 4
