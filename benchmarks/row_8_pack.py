"""Row 8: packing, against zipfile STORED and webdataset, and a set of 200,000 small pictures end to end.

    python benchmarks/row_8_pack.py            # 20,000 x 134 KB, then 200,000 x 4 KB
    python benchmarks/row_8_pack.py --small    # a fiftieth of it

Ours packs a dataset: ledger, records, CRC-32, SHA-256 and inventory included. zipfile and webdataset's
TarWriter are given the same files. Each is a process of its own; webdataset has its own environment.
The large set is then published to a bucket (moto's server, or to the one that AWS_ENDPOINT_URL names).
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import time
import venv
from contextlib import contextmanager
from pathlib import Path
from random import Random

from common import launched, scratch, title, verdict

ROUNDS = 3
"""Of which the middle one by CPU is told, for each."""
BRIEF = '[dataset]\nname = "bench"\n'
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + b"%b" + bytes.fromhex("ffd9")
TAKE = """
import sys
sys.path.insert(0, "benchmarks")
from row_8_pack import take_in
take_in(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
"""
OURS = "import sys; from photogram.cli import main; main(['pack', sys.argv[1]])"
PUBLISH = "import sys; from photogram.cli import main; main(['publish', sys.argv[1], sys.argv[2]])"
FETCH = """
import sys
from photogram.cli import main
main(['fetch', *sys.argv[3:], '--from', sys.argv[1], '--to', sys.argv[2]])
"""
ZIPFILE = """
import sys, zipfile
from pathlib import Path
with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_STORED) as zip:
    for path in sorted(Path(sys.argv[1], "images").rglob("*.jpg")): zip.write(path, path.name)
"""
WEBDATASET = """
import sys
from pathlib import Path
from webdataset import TarWriter
with TarWriter(sys.argv[2]) as tar:
    for path in sorted(Path(sys.argv[1], "images").rglob("*.jpg")):
        tar.write({"__key__": path.stem, "jpg": path.read_bytes()})
"""
BUCKET = """
import logging
logging.disable(logging.CRITICAL)
from moto.server import ThreadedMotoServer
import boto3, time
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
url = "http://{}:{}".format(*server.get_host_and_port())
boto3.client("s3", endpoint_url=url, region_name="us-east-1").create_bucket(Bucket="bench")
print(url, flush=True)
while True: time.sleep(60)
"""


def take_in(folder: str, count: int, size: int) -> None:
    """Rows with a picture each, of noise: what they show does not matter here."""
    from photogram.data import Outcome, Row
    from photogram.ledger import Ledger
    from photogram.store import FolderStore

    path, noise = Path(folder), Random(7).randbytes(size + count)
    path.mkdir(parents=True)
    (path / "brief.toml").write_text(BRIEF)
    ledger, store = Ledger(path / "ledger.db", make=True), FolderStore(path)
    for number in range(count):
        files = {"image": store.put(JPEG % noise[number : number + size])}
        row = Row(id=f"{number:016x}", name=f"row-{number}", source=f"hk{number}.jpg", origin="taken")
        image = Outcome(row=row.id, column="image", key="taken", state="filled", files=files)
        ledger.take_in(row, image)
    ledger.close()


def measured(python: str, script: str, *words: str) -> tuple[float, float, int]:
    """CPU seconds, wall seconds and the most memory in MB of a script in a process of its own."""
    started = time.perf_counter()
    child = subprocess.Popen([python, "-c", script, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    out = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    assert status == 0, out.decode()[-2000:]
    return used.ru_utime + used.ru_stime, time.perf_counter() - started, used.ru_maxrss >> 10


def show(name: str, cpu: float, wall: float, memory: int) -> None:
    print(f"  {name:34} {cpu:7.2f} CPU s  {wall:7.2f} s  {memory:5} MB at most")


def pack(folder: Path, count: int, size: int) -> list[bool]:
    print(f"\n  {count:,} pictures of {size / 1000:.0f} kB")
    base = str(folder / "set")
    subprocess.run([sys.executable, "-c", TAKE, base, str(count), str(size)], check=True)
    venv.create(folder / "peers", with_pip=True)
    python = str(folder / "peers" / "bin" / "python")
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "webdataset"], check=True, stderr=subprocess.DEVNULL
    )
    rounds = []
    for _ in range(ROUNDS):
        plain = measured(sys.executable, ZIPFILE, base, str(folder / "plain.zip"))
        (folder / "plain.zip").unlink()
        ours = measured(sys.executable, OURS, base)
        shutil.rmtree(folder / "set" / "packs")
        tar = measured(python, WEBDATASET, base, str(folder / "plain.tar"))
        (folder / "plain.tar").unlink()
        rounds.append((ours, plain, tar))
    ours, plain, tar = (sorted(column)[ROUNDS // 2] for column in zip(*rounds, strict=True))
    show("photogram pack", *ours)
    show("zipfile, STORED", *plain)
    show("webdataset's TarWriter", *tar)
    return [
        verdict(f"{ours[0] / plain[0]:.2f} times zipfile's CPU", "≤ 1.7", ours[0] <= 1.7 * plain[0]),
        verdict(f"{ours[2]} MB", "≤ 60 MB", ours[2] <= 60),
    ]


@contextmanager
def bucket():
    """Where to publish: what the environment leads to, or a server that lasts as long as the block."""
    if os.environ.get("AWS_ENDPOINT_URL"):
        yield
        return
    keys = {"AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
    os.environ.update(keys)
    with launched("-c", BUCKET) as server:
        os.environ["AWS_ENDPOINT_URL"] = server.url
        try:
            yield
        finally:
            del os.environ["AWS_ENDPOINT_URL"]


def large(folder: Path, count: int) -> list[bool]:
    print(f"\n  {count:,} pictures of 4 kB, packed, published and fetched from")
    base, address = str(folder / "large"), "s3://bench/large"
    subprocess.run([sys.executable, "-c", TAKE, base, str(count), "4000"], check=True)
    most = 0
    with bucket():
        names = [f"hk{number}.jpg" for number in range(0, count, count // 100)]
        for name, words in (
            ("pack", (OURS, base)),
            ("publish", (PUBLISH, base, address)),
            ("publish again", (PUBLISH, base, address)),
            ("fetch one", (FETCH, address, str(folder / "one"), names[1])),
            (f"fetch {len(names)}", (FETCH, address, str(folder / "many"), *names)),
        ):
            took = measured(sys.executable, *words)
            show(name, *took)
            most = max(most, took[2])
    assert len(list((folder / "many").iterdir())) == len(names)
    return [verdict(f"{most} MB at most", "≤ 200 MB", most <= 200)]


def main() -> bool:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    share = 50 if parser.parse_args().small else 1
    title(8, "packing, and a large set end to end")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with scratch() as folder:
        found = pack(folder, 20_000 // share, 134_000)
    with scratch() as folder:
        found += large(folder, 200_000 // share)
    return all(found)


if __name__ == "__main__":
    sys.exit(not main())
