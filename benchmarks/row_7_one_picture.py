"""Row 7: one picture out of an archive over HTTP: requests and bytes, counted by the server's own log.

    python benchmarks/row_7_one_picture.py            # 20,000 x 134 KB, and 1,000,000 x 1 kB
    python benchmarks/row_7_one_picture.py --small    # a hundredth of it

Ours reads a published set; the peers, remotezip and unzip-http, read the same shards as zips. They are
installed in an environment of their own. The server is on loopback and answers ranges as a bucket does.
"""

import argparse
import subprocess
import sys
import threading
import time
import venv
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from statistics import median

import msgspec
from common import ROOT, scratch, timed, title, verdict

from photogram.archive import lookup
from photogram.archive.zipping import Zipper, unplaced
from photogram.builds.published import Lookup, Manifest, PublishedSet, Shard, open_set
from photogram.remote import place

PEERS = ["remotezip", "unzip-http"]
SHARD_BYTES, SHARD_MEMBERS = 2**30, 65_000
COLD = "from photogram.cli import main; main()"
REMOTEZIP = """
import sys, time
from remotezip import RemoteZip
started = time.perf_counter()
with RemoteZip(sys.argv[1]) as zip: data = zip.read(sys.argv[2])
print(len(data), time.perf_counter() - started)
"""
UNZIP_HTTP = """
import sys, time
from unzip_http import RemoteZipFile
started = time.perf_counter()
zip = RemoteZipFile(sys.argv[1]); zip = getattr(zip, "zip", zip)
with zip.open(sys.argv[2]) as file: data = file.read()
print(len(data), time.perf_counter() - started)
"""


@contextmanager
def served(folder: Path):
    """The folder over HTTP, with a log of each request and the bytes of its answer."""
    log = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 2**20  # headers and body in one packet, as servers do
        disable_nagle_algorithm = True

        def do_GET(self):
            path = folder / self.path.lstrip("/").partition("?")[0]
            if not path.is_file():
                self.send_error(404)
                return
            size = path.stat().st_size
            begins, ends, status = span(self.headers.get("Range", ""), size)
            if self.command == "GET":
                log.append((self.path, ends - begins))
            else:
                log.append((self.path, 0))
            self.send_response(status)
            self.send_header("Content-Length", str(ends - begins))
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Last-Modified", self.date_time_string(path.stat().st_mtime))
            if status == 206:
                self.send_header("Content-Range", f"bytes {begins}-{ends - 1}/{size}")
            self.end_headers()
            if self.command == "GET":
                with open(path, "rb") as file:
                    file.seek(begins)
                    self.wfile.write(file.read(ends - begins))

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", log
    finally:
        server.shutdown()


def span(asked: str, size: int) -> tuple[int, int, int]:
    if not asked.startswith("bytes="):
        return 0, size, 200
    first, _, last = asked.removeprefix("bytes=").partition("-")
    if not first:
        return max(0, size - int(last)), size, 206
    return int(first), min(size, int(last) + 1 if last else size), 206


def publish(folder: Path, count: int, size: int) -> Manifest:
    """A published set of pictures of noise, written by the parts that `publish` is made of."""
    noise = Random(7).randbytes(size + 2**20)
    shards = []
    (folder / "shards").mkdir(parents=True)
    (folder / "index").mkdir()
    zipper, file = Zipper(), open(folder / "shard.part", "wb")  # noqa: SIM115 - `close` closes it

    def close():
        nonlocal zipper, file
        file.write(zipper.end())
        file.close()
        shard = Shard(sha256=zipper.sha256, bytes=zipper.size, entries=zipper.count)
        (folder / "shard.part").rename(folder / shard.key)
        shards.append(shard)
        zipper, file = Zipper(), open(folder / "shard.part", "wb")  # noqa: SIM115 - `close` closes it

    def each():
        for number in range(count):
            if zipper.count >= SHARD_MEMBERS or zipper.size + size > SHARD_BYTES:
                close()
            row = sha256(b"%d" % number).hexdigest()[:16]
            known = {"role": "image", "row": row, "title": f"hk{number:07}.jpg", "media_type": "image/jpeg"}
            entry = unplaced(f"{row}.jpg", **known)
            at = number % 2**20
            placed, data = zipper.add(entry, noise[at : at + size])
            file.writelines(data)
            yield len(shards), placed

    index = lookup.write(each(), folder / "index" / "x.idx")
    close()
    (folder / "shard.part").unlink(missing_ok=True)
    facts = {"rows": index.rows, "reach": index.reach, "fan_out": index.fan_out}
    made = Lookup(**facts, key="index/x.idx", bytes=index.rows * lookup.ROW.size)
    known = {"dataset": "bench", "digest": "0" * 64, "synthetic": 0, "parts": ()}
    manifest = Manifest(**known, rows=count, entries=count, shards=tuple(shards), index=made)
    (folder / "latest.json").write_bytes(msgspec.json.encode(manifest))
    return manifest


def peers(folder: Path) -> Path:
    """The peers, in an environment of their own."""
    venv.create(folder / "peers", with_pip=True)
    python = folder / "peers" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=True)
    return python


def told(name: str, log: list, size: int, seconds: str) -> tuple[int, int]:
    requests, beside = len(log), sum(sent for _, sent in log) - size
    print(f"  {name:34} {requests} requests  {beside / 1000:10,.1f} kB beside the picture  {seconds}")
    log.clear()
    return requests, beside


def compare(base: Path, python: Path, count: int, size: int) -> list[bool]:
    folder = base / f"{count}"
    manifest = publish(folder, count, size)
    print(f"\n  {count:,} pictures of {size / 1000:,.0f} kB in {len(manifest.shards)} shards")
    with served(folder) as (url, log):
        name = f"hk{count * 2 // 3:07}.jpg"
        words = [sys.executable, "-c", COLD, "fetch", name, "--from", url, "--to", str(base / "out")]
        done = timed(words, cwd=ROOT)
        assert done.code == 0, done.out
        cold = told(
            "ours, cold: the command itself", log, size, f"{done.wall * 1000:,.0f} ms, start included"
        )
        warm(open_set(url), log, count, size)
        found = open_set(url)
        member, shard = placed(found, name)
        log.clear()
        for peer, script in (("remotezip", REMOTEZIP), ("unzip-http", UNZIP_HTTP)):
            ran = timed([str(python), "-c", script, f"{url}/{shard}", member])
            took = f"{float(ran.out.split()[-1]) * 1000:,.0f} ms" if ran.code == 0 else ran.out[-200:]
            told(f"{peer}, cold, told the shard", log, size, took)
    met = cold[0] <= 3 and cold[1] <= 100_000
    return [verdict(f"{cold[0]} requests, {cold[1] / 1000:.1f} kB", "≤ 3 requests, ≤ 100 kB beside it", met)]


def placed(found: PublishedSet, name: str) -> tuple[str, str]:
    [(_, where)] = found.find([name])
    [(_, member, _)] = found.pictures([name])
    return member, found.manifest.shards[where.shard].key


def warm(found: PublishedSet, log: list, count: int, size: int) -> None:
    """Where the place is known already: one request, on an open connection."""
    names = [f"hk{Random(number).randrange(count):07}.jpg" for number in range(200)]
    places = [found.find([name])[0][1] for name in names]
    remote, took = place(found.remote.url), []
    log.clear()
    for where in places:
        shard = found.manifest.shards[where.shard]
        started = time.perf_counter()
        remote.read(shard.key, where.begins, where.begins + where.length)
        took.append(time.perf_counter() - started)
    requests, beside = len(log) / len(places), sum(sent for _, sent in log) / len(places) - size
    told_in = f"{beside / 1000:10,.1f} kB beside the picture  {median(took) * 1000:.2f} ms"
    print(f"  {'ours, its place known, pooled':34} {requests:.0f} request   {told_in}")
    log.clear()


def main() -> bool:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    share = 100 if parser.parse_args().small else 1
    title(7, "one picture out of an archive over HTTP")
    with scratch() as folder:
        python = peers(folder)
        found = compare(folder, python, 20_000 // share, 134_000)
        found += compare(folder, python, 1_000_000 // share, 1_000)
    return all(found)


if __name__ == "__main__":
    sys.exit(not main())
