"""Debian's radosgw, a server that speaks S3 and checks signatures, in memory and for loopback alone.

One monitor, one memstore and the gateway, started by hand under a folder of their own; no systemd, no
Docker. Where the packages ceph-mon, ceph-osd and radosgw are not installed, whoever needs it is skipped.
"""

import os
import shutil
import signal
import socket
import subprocess
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest

from .small import until

PROGRAMS = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
CONFIG = """[global]
fsid = {fsid}
mon host = v1:127.0.0.1:{mon}
auth cluster required = none
auth service required = none
auth client required = none
ms bind msgr2 = false
ms bind ipv4 = true
ms bind ipv6 = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd crush chooseleaf type = 0
mon allow pool size one = true
osd objectstore = memstore
memstore device bytes = 1073741824
run dir = {root}
admin socket = {root}/$name.$pid.asok
log file = {root}/$name.log
pid file = {root}/$name.pid
mon data = {root}/mon
osd data = {root}/osd
rgw data = {root}/rgw
mon data avail warn = 1
mon data avail crit = 1
keyring = {root}/keyring
rgw frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
"""


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


@contextmanager
def gateway(root: Path):
    """The address of a gateway whose only account has the key `access` and the secret `secret`."""
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if missing:
        pytest.skip(f"{missing[0]} is not installed: apt-get install ceph-mon ceph-osd radosgw")
    port, mon, fsid = free_port(), free_port(), str(uuid4())
    for name in ("mon", "osd", "rgw"):
        (root / name).mkdir(parents=True)
    (root / "keyring").touch()
    (root / "ceph.conf").write_text(CONFIG.format(root=root, port=port, mon=mon, fsid=fsid))
    try:
        _start(root, mon, fsid)
        url = f"http://127.0.0.1:{port}"
        until(lambda: _answers(url), within=60)
        yield url
    finally:
        for path in root.glob("*.pid"):
            with suppress(ProcessLookupError, ValueError):
                os.kill(int(path.read_text()), signal.SIGKILL)


def _start(root, mon, fsid):
    said = []
    conf, map_file, osd = ["-c", str(root / "ceph.conf")], str(root / "monmap"), str(uuid4())

    def ran(*words):
        command = [*words[:1], *conf, *words[1:]]
        done = subprocess.run(command, capture_output=True, timeout=60, text=True, errors="replace")
        said.append(done.stderr[-2000:])
        return done.returncode == 0

    def must(*words):
        """What is said to a monitor that has just begun may meet it before it knows itself ('wrong fsid')."""
        tries = iter(range(10))
        until(lambda: ran(*words) or next(tries, None) is None, within=120)
        assert next(tries, None) is not None, said[-1]

    at = f"[v1:127.0.0.1:{mon}]"
    subprocess.run(
        ["monmaptool", "--create", "--addv", "a", at, "--fsid", fsid, map_file],
        check=True,
        capture_output=True,
    )
    must("ceph-mon", "-i", "a", "--mkfs", "--monmap", map_file, "--keyring", str(root / "keyring"))
    must("ceph-mon", "-i", "a")
    must("ceph", "osd", "new", osd)
    must("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
    must("ceph", "osd", "crush", "add", "osd.0", "1.0", "root=default", "host=here")
    must("ceph-osd", "-i", "0")
    account = ("--uid=me", "--display-name=me", "--access-key=access", "--secret=secret")
    must("radosgw-admin", "user", "create", *account)
    must("radosgw", "-n", "client.rgw")


def _answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False
