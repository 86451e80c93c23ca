"""Row 9: search over 100,000 vectors of 512 numbers: by vectors, under filters, by words, by both.

    python benchmarks/row_9_search.py [ROWS] [PEER ...]

Vectors lie in a thousand clusters of different sizes, words are as rare as words are. The bare scan is a
matrix times a vector and a partial sort, in this process, turn by turn with ours. Peers run on the same
vectors, each in an environment of its own made for it: sqlite-vec, faiss-cpu, lancedb; name those that are
wanted, or `none`.
"""

import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from common import scratch, title, verdict

from photogram.filters.fields import Field
from photogram.filters.parse import parse
from photogram.finding import columns, shards, texts
from photogram.finding.local import FORMAT, open_in, publish
from photogram.finding.port import Manifest, Shelf, fuse
from photogram.finding.texts import Known, Worded
from photogram.finding.vectors import Space, unit

SIZE, QUERIES, BEST = 512, 60, 10
FIELD = Field(name="label", kind="text")
PEERS = {"sqlite-vec": "sqlite_vec", "faiss-cpu": "faiss", "lancedb": "lancedb"}
VOCABULARY = 5000
"""Different words; the most common one is in a fifth of the rows."""


def main(count: int, peers: list[str]) -> bool:
    title(9, f"search over {count:,} vectors of {SIZE} numbers, {BEST} of them wanted")
    with scratch() as folder:
        vectors, queries = made(count)
        started = time.perf_counter()
        build(folder, vectors, count)
        built = time.perf_counter() - started
        opened = [timed(lambda: open_in(folder).close()) for _ in range(9)]
        index = open_in(folder)
        met = measured(index, vectors, queries, count)
        met.append(verdict(f"{median(opened):.1f} ms to open", "≤ 50 ms", median(opened) <= 50))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20
        sizes = f"{disk:.0f} MB on the disk, {memory:.0f} MB of memory, vectors included"
        print(f"  built in {built:.1f} s; {sizes}")
        index.close()
        side_by_side(folder, vectors, queries, peers)
    return all(met)


def made(count: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    centres = unit(random.standard_normal((1000, SIZE)))
    share = 1 / np.arange(1, 1001)
    of = random.choice(1000, count + QUERIES, p=share / share.sum())
    every = np.empty((count + QUERIES, SIZE), np.float32)
    for first in range(0, len(every), 10_000):
        part = of[first : first + 10_000]
        noise = random.standard_normal((len(part), SIZE), np.float32) * (0.6 / SIZE**0.5)
        every[first : first + 10_000] = unit(centres[part] + noise)
    return every[:count], every[count:]


def words_of(random: np.random.Generator, size: tuple[int, int]) -> list[list[str]]:
    share = 1 / np.arange(20, VOCABULARY + 20)
    return [[f"word{n}" for n in one] for one in random.choice(VOCABULARY, size, p=share / share.sum())]


def build(folder: Path, vectors: np.ndarray, count: int) -> None:
    random = np.random.default_rng(1)
    labels = [f"l{number}" for number in random.integers(0, 100, count)]
    said = [" ".join(one) for one in words_of(random, (count, 12))]
    space = Space(name="vector", model="bench", of="picture", dimensions=SIZE)
    shelf = Shelf(name="vector", space=space, kind="plain", count=count, dimensions=SIZE)
    manifest = Manifest(
        format=FORMAT,
        generation="bench",
        rows=count,
        made_of="",
        stamp=(),
        fields=(FIELD,),
        silent=(),
        shelves=(shelf,),
        captions=count,
    )

    def fill(at: Path) -> None:
        columns.write(at / "columns", 0, columns.made(FIELD, labels))
        known = (Known(n, f"{n}", f"row-{n}", labels[n], "", said[n], True, "") for n in range(count))
        texts.write(at / "rows.db", (Worded(one, one.caption, "") for one in known))
        rows = np.arange(count, dtype=np.int32)
        shards.write(at / "vectors", "vector", [(rows, vectors)], count, SIZE)

    publish(folder, manifest, fill)


def measured(index, vectors: np.ndarray, queries: np.ndarray, count: int) -> list[bool]:
    few = parse("label = l7", index.fields)
    many = parse("label in [" + ", ".join(f"l{n}" for n in range(10)) + "]", index.fields)
    allowed = {tree: np.array(index.matching(tree, count)[1]) for tree in (few, many)}
    right = shares = filtered = 0
    random = np.random.default_rng(2)
    times: dict[str, list[float]] = {}
    for query in [queries[0], *queries]:  # the first warms what is mapped
        ours = into(times, "exact", partial(index.nearest, "vector", query, BEST))
        bare = into(times, "bare", partial(scan, vectors, query))
        words = words_of(random, (1, 4))[0]
        into(times, "words", partial(index.worded, words, 50))
        into(times, "hybrid", partial(hybrid, index, query, words))
        right += [hit.row for hit in ours] == bare.tolist()
    for name, tree in (("1 %", few), ("10 %", many)):
        asked = [queries[0], *queries]
        found = [into(times, name, partial(index.nearest, "vector", one, BEST, tree)) for one in asked]
        for query, hits in zip(asked, found, strict=True):
            best = allowed[tree][scan(vectors[allowed[tree]], query)]
            filtered += len({hit.row for hit in hits} & set(best.tolist()))
            shares += BEST
    middle = {name: median(found[1:]) for name, found in times.items()}
    tails = {name: sorted(found[1:])[-1] for name, found in times.items()}
    for name, ms in middle.items():
        print(f"  {name:8} p50 {ms:8.2f} ms   slowest {tails[name]:8.2f} ms")
    ratio = middle["exact"] / middle["bare"]
    slower = max(middle["exact"], middle["words"])
    both, few_ms = middle["hybrid"] / slower, middle["1 %"]
    recalls = f"recall {right / (QUERIES + 1):.3f}, {filtered / shares:.3f} filtered"
    return [
        verdict(f"{ratio:.2f} × a bare numpy scan", "≤ 1.2 ×", ratio <= 1.2),
        verdict(f"{few_ms:.2f} ms under a filter that 1 % match", "≤ 1 ms at 100,000", few_ms <= 1),
        verdict(recalls, "1.000", filtered == shares and right == QUERIES + 1),
        verdict(f"hybrid {both:.2f} × its slower half", "≤ 2 ×", both <= 2),
    ]


def hybrid(index, query, words) -> list[int]:
    near, said = index.nearest("vector", query, 50), index.worded(words, 50)
    return fuse([[hit.row for hit in near], [hit.row for hit in said]])[:BEST]


def scan(vectors: np.ndarray, query: np.ndarray) -> np.ndarray:
    scores = vectors @ query
    best = np.argpartition(-scores, BEST)[:BEST]
    return best[np.argsort(-scores[best], kind="stable")]


def timed(work) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def into(times: dict[str, list[float]], name: str, work):
    started = time.perf_counter()
    found = work()
    times.setdefault(name, []).append((time.perf_counter() - started) * 1000)
    return found


# ------------------------------------------------------------------------------- peers

PEER = """
import sys, time
import numpy as np
from statistics import median
name, folder = sys.argv[1], sys.argv[4]
vectors, queries = np.load(sys.argv[2]), np.load(sys.argv[3])
count, size = vectors.shape
started = time.perf_counter()
if name == "sqlite-vec":
    import sqlite3, sqlite_vec
    db = sqlite3.connect(folder + "/v.db")
    db.enable_load_extension(True)
    sqlite_vec.load(db)
    db.execute(f"CREATE VIRTUAL TABLE v USING vec0(e float[{size}] distance_metric=cosine)")
    db.executemany("INSERT INTO v(rowid, e) VALUES (?, ?)", ((n, vectors[n].tobytes()) for n in range(count)))
    db.commit()
    find = "SELECT rowid FROM v WHERE e MATCH ? AND k = 10"
    ask = lambda query: [row for (row,) in db.execute(find, (query.tobytes(),))]
elif name == "faiss-cpu":
    import faiss
    flat = faiss.IndexFlatIP(size)
    flat.add(vectors)
    ask = lambda query: flat.search(query[None], 10)[1][0].tolist()
else:
    import lancedb, pyarrow as pa
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), size)
    rows = pa.table({"n": pa.array(range(count)), "vector": column})
    table = lancedb.connect(folder).create_table("v", rows)
    near = lambda query: table.search(query).distance_type("cosine").limit(10).select(["n"])
    ask = lambda query: [row["n"] for row in near(query).to_list()]
built, times, right = time.perf_counter() - started, [], 0
for query in queries:
    began = time.perf_counter()
    found = ask(query)
    times.append((time.perf_counter() - began) * 1000)
    right += len(set(found) & set(np.argsort(-(vectors @ query))[:10].tolist()))
recall = right / 10 / len(queries)
print(f"{name:11} p50 {median(times):8.2f} ms   built in {built:6.1f} s   recall {recall:.3f}")
"""


def interpreter() -> str:
    """A Python whose SQLite loads extensions, as sqlite-vec needs; not every build of it does."""
    asks = "import sqlite3, venv, ensurepip; sqlite3.Connection.enable_load_extension"
    for python in (sys.executable, "/usr/bin/python3"):
        if not subprocess.run([python, "-c", asks], check=False, capture_output=True).returncode:
            return python
    return sys.executable


def side_by_side(folder: Path, vectors: np.ndarray, queries: np.ndarray, peers: list[str]) -> None:
    np.save(folder / "all.npy", vectors)
    np.save(folder / "asked.npy", queries[:20])
    for name in peers:
        with tempfile.TemporaryDirectory() as room:
            python = f"{room}/env/bin/python"
            subprocess.run([interpreter(), "-m", "venv", f"{room}/env"], check=True)
            got = subprocess.run(
                [python, "-m", "pip", "install", "-q", "numpy", name], check=False, capture_output=True
            )
            if got.returncode:
                print(f"  {name}: could not be installed here")
                continue
            words = [python, "-c", PEER, name, str(folder / "all.npy"), str(folder / "asked.npy"), room]
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            told = done.stdout.strip() or (done.stderr.strip().splitlines() or ["it failed"])[-1]
            print(f"  {told if done.stdout else f'{name}: {told}'}")


if __name__ == "__main__":
    asked = sys.argv[1:]
    rows = int(asked.pop(0)) if asked and asked[0].isdecimal() else 100_000
    wanted = [] if asked == ["none"] else asked or list(PEERS)
    sys.exit(not main(rows, wanted))
