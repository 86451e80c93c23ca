"""What a bucket can, tried with an object of our own, which is taken away again."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from urllib.error import HTTPError, URLError
from urllib.request import urlopen
from uuid import uuid4

from photogram.faults import BadInput, PhotogramError
from photogram.remote import Changed, NoSwap, Remote, Seen, place
from photogram.results import Finding

PROBE = b"a probe of photogram's; it can be deleted"
_SOON = timedelta(minutes=1)


def probed(address: str) -> Iterator[Finding]:
    """A finding for each thing that publishing, fetching and linking need."""
    try:
        remote = place(address)
        key = f"photogram-probe-{uuid4().hex}"
        seen = remote.put(key, PROBE)
    except PhotogramError as error:
        yield Finding(what=f"{address} cannot be written: {error.what}", well=False, do=error.do)
        return
    yield Finding(what=f"{address} can be written", well=True)
    try:
        for trial in (_listed, _range, _if_match, _if_none, _swapped, _linked):
            yield _tried(trial, remote, key, seen)
    finally:
        with suppress(PhotogramError):
            remote.remove(key)


def _tried(trial: Callable[[Remote, str, Seen], Finding], remote: Remote, key: str, seen: Seen) -> Finding:
    try:
        return trial(remote, key, seen)
    except PhotogramError as error:
        return Finding(what=error.what, well=False, do=error.do)


def _listed(remote: Remote, key: str, seen: Seen) -> Finding:
    if key in remote.listed(""):
        return Finding(what="its files can be listed", well=True)
    return Finding(what="its list lacks what was put there", well=False, do="publish to another store")


def _range(remote: Remote, key: str, seen: Seen) -> Finding:
    if remote.read(key, 2, 7).data == PROBE[2:7]:
        return Finding(what="a range of bytes can be read", well=True)
    do = "pictures cannot be fetched from it one by one; publish to another store"
    return Finding(what="a range of bytes is not what was put there", well=False, do=do)


def _if_match(remote: Remote, key: str, seen: Seen) -> Finding:
    try:
        remote.read(key, 2, 7, '"another"')
    except Changed:
        return Finding(what="a file that has changed is noticed by its ETag (If-Match)", well=True)
    what = "it does not mind If-Match: a file that has changed is noticed by its bytes alone"
    return Finding(what=what, well=bool(not seen.etag), do="nothing has to be done")


def _if_none(remote: Remote, key: str, seen: Seen) -> Finding:
    if not remote.swap(key, PROBE, None):
        return Finding(what="what is there is not written over (If-None-Match)", well=True)
    do = "two who publish at once may not notice each other: publish from one place at a time"
    return Finding(what="it does not mind If-None-Match", well=False, do=do)


def _swapped(remote: Remote, key: str, seen: Seen) -> Finding:
    do = "two who publish at once may not notice each other: publish from one place at a time"
    try:
        if remote.swap(key, PROBE, Seen(seen.size, '"another"')):
            return Finding(what="it does not mind If-Match when it is written to", well=False, do=do)
        now = remote.whole(key, 2**20)
        if now and remote.swap(key, PROBE, now.seen):
            what = "what is there is replaced only as it was seen (If-Match)"
            return Finding(what=what, well=True)
    except NoSwap as error:
        return Finding(what=error.what, well=False, do="`latest` needs it: publish to another store")
    return Finding(what="it refuses If-Match when it is written to", well=False, do=do)


def _linked(remote: Remote, key: str, seen: Seen) -> Finding:
    try:
        url = remote.link(key, _SOON)
    except BadInput as error:
        return Finding(what=error.what, well=True)
    try:
        with urlopen(url, timeout=10) as answer:
            opens = answer.read(len(PROBE) + 1) == PROBE
    except (HTTPError, URLError, OSError) as error:
        return Finding(what=f"a signed link does not open: {error}", well=False, do="check keys and clock")
    what = "a signed link opens" if opens else "a signed link opens something else"
    return Finding(what=what, well=opens)
