"""A server between us and a bucket that does what no good server does, and logs what it was asked."""

import http.client
import socket
import struct
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import urlsplit

_HOP = {"connection", "transfer-encoding", "content-length", "server", "date", "keep-alive"}


class Asked(NamedTuple):
    """One request: how often the server had been asked before, and what for."""

    number: int
    method: str
    path: str
    range: str


class Between:
    """The proxy. `fault` tells by the request what goes wrong: a name from the table below, or nothing."""

    def __init__(self, upstream):
        self.upstream = urlsplit(upstream).netloc
        self.fault = lambda asked: ""
        self.log, self.sent = [], 0
        self._lock = threading.Lock()

    def note(self, handler):
        with self._lock:
            asked = Asked(len(self.log), handler.command, handler.path, handler.headers.get("Range", ""))
            self.log.append(asked)
        return asked

    def forget(self):
        self.log, self.sent = [], 0


@contextmanager
def between(upstream):
    """The proxy before a server, for as long as the block lasts."""
    proxy = Between(upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = proxy.note(self)
            kind = proxy.fault(asked)
            if kind == "reset":
                return reset(self)
            if kind.isdigit():
                return said(self, int(kind), {}, b"<Error><Message>no</Message></Error>")
            headers = {name: value for name, value in self.headers.items() if name != "Connection"}
            if kind == "whole":
                headers = {name: value for name, value in headers.items() if name.lower() != "range"}
            if kind == "unconditional":
                headers = {
                    name: value for name, value in headers.items() if not name.lower().startswith("if-")
                }
            status, found, data = forwarded(proxy.upstream, self, headers, body)
            if kind == "etag" and "ETag" in found:
                found["ETag"] = '"another"'
            if kind == "other bytes":
                data = bytes(len(data))
            cut = len(data) // 2 if kind == "cut" else None
            proxy.sent += len(data)
            return said(self, status, found, data, cut)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()


def forwarded(upstream, handler, headers, body):
    connection = http.client.HTTPConnection(upstream)
    connection.request(handler.command, handler.path, body, headers)
    got = connection.getresponse()
    found = {name: value for name, value in got.getheaders() if name.lower() not in _HOP}
    if handler.command == "HEAD":
        found["Content-Length"] = got.headers.get("Content-Length", "0")
    data = got.read()
    connection.close()
    return got.status, found, data


def said(handler, status, headers, data, cut=None):
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    if "Content-Length" not in headers:
        handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data if cut is None else data[:cut])
    if cut is not None:
        handler.close_connection = True


def reset(handler):
    """As when a cable is pulled: no answer, and no goodbye."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()
