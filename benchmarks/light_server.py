"""The least HTTP server that answers as OpenAI's images do, so that what is measured is the client.

    python benchmarks/light_server.py [--delay SECONDS]

It prints its address. Each call is answered `delay` seconds after its last byte came, to a fraction of
a millisecond, with a picture no other call gets. `/_/books` says how many calls there were and how
many were in flight at most. One read is taken for what a client sends at once, headers first.
"""

import argparse
import asyncio
import base64
import json
import selectors
import struct
import sys
import zlib
from itertools import count


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


PIXELS = zlib.compress((b"\0" + b"\x7f" * 64) * 64)
START = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0))
END = chunk(b"IDAT", PIXELS) + chunk(b"IEND", b"")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nx-request-id: %d\r\n\r\n"


def answer(number: int) -> bytes:
    """The whole answer to a call, its picture told from all others by a comment within."""
    png = START + chunk(b"tEXt", b"Comment\0%d" % number) + END
    body = b'{"created": 0, "data": [{"b64_json": "' + base64.b64encode(png) + b'"}]}'
    return HEAD % (len(body), number) + body


class Books:
    """What has been asked so far, and how much of it at once."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.numbers = count(1)
        self.answered = self.in_flight = self.in_flight_max = 0

    def enter(self) -> int:
        self.in_flight += 1
        self.in_flight_max = max(self.in_flight_max, self.in_flight)
        return next(self.numbers)

    def leave(self) -> None:
        self.in_flight -= 1
        self.answered += 1

    def as_json(self) -> bytes:
        words = ("answered", "in_flight", "in_flight_max")
        return json.dumps({word: getattr(self, word) for word in words}).encode()


class Connection(asyncio.Protocol):
    """One kept-alive connection, on which one call follows the other."""

    def __init__(self, books: Books, loop: asyncio.AbstractEventLoop) -> None:
        self.books, self.loop = books, loop
        self.heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.heard += data
        head, blank, body = self.heard.partition(b"\r\n\r\n")
        if not blank or len(body) < length(head):
            return
        self.heard = b""
        if head.startswith(b"GET /_/books"):
            said = self.books.as_json()
            self.transport.write(HEAD % (len(said), 0) + said)
            return
        whole = answer(self.books.enter())
        self.loop.call_later(self.books.delay, self.finish, whole)

    def finish(self, whole: bytes) -> None:
        self.books.leave()
        self.transport.write(whole)


def length(head: bytes) -> int:
    """How long the body is that belongs to these headers."""
    _, named, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0]) if named else 0


async def main(delay: float) -> None:
    books, loop = Books(delay), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(books, loop), "127.0.0.1", 0, backlog=4096)
    print("http://{}:{}".format(*server.sockets[0].getsockname()), flush=True)
    await server.serve_forever()


def loop_of_exact_timers() -> asyncio.AbstractEventLoop:
    """`select` wakes to the microsecond, where `epoll` wakes at the next whole millisecond."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.05)
    with asyncio.Runner(loop_factory=loop_of_exact_timers) as runner:
        sys.exit(runner.run(main(parser.parse_args().delay)))
