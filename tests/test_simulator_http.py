"""The simulator as a server: whatever a client does with HTTP, it is told so, and the next one is served."""

import asyncio
import json
import re
import socket
from base64 import b64encode
from http.client import HTTPConnection

import pytest

from photogram.simulator import Script, Simulator, serving

DRAW = json.dumps({"model": "sd", "prompt": "a car", "size": "8x8", "response_format": "b64_json"}).encode()
HEAD = b"Host: here\r\nContent-Type: application/json\r\n"
PATH = b"POST /v1/images/generations HTTP/1.1\r\n"


@pytest.fixture(scope="module")
def sim():
    with serving() as served:
        yield served


def where(sim):
    host, _, port = sim.url.removeprefix("http://").partition(":")
    return host, int(port)


def said(sim, *pieces, gone=False):
    """All that the server says to these bytes, until it hangs up; which it does at once if we are `gone`."""
    with socket.create_connection(where(sim), timeout=10) as connection:
        for piece in pieces:
            connection.sendall(piece)
        if gone:
            connection.shutdown(socket.SHUT_WR)
        heard = b""
        while more := connection.recv(65_536):
            heard += more
    return heard


def statuses(heard):
    """The status of each answer in what was heard."""
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", heard)]


def sized(body):
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def chunked(body, step=7):
    pieces = [body[at : at + step] for at in range(0, len(body), step)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def asked(sim, method, path, body=None, headers=None):
    """Status, headers and body of a call by the standard library's own client."""
    connection = HTTPConnection(*where(sim), timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


# ------------------------------------------------------------------------------- bodies


def test_a_body_in_chunks_is_the_same_body(sim):
    """As clients send that do not know how long it will be, however small the pieces are."""
    plain = said(sim, PATH + HEAD + b"Connection: close\r\n" + sized(DRAW))
    for step in (1, 7, 1000):
        pieces = (
            PATH + HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(DRAW, step)
        )
        heard = said(sim, pieces)
        assert statuses(heard) == statuses(plain) == [200]
        assert b"b64_json" in heard


def test_a_body_that_comes_byte_by_byte_is_waited_for(sim):
    """It is read once it is whole."""
    request = PATH + HEAD + b"Connection: close\r\n" + sized(DRAW)
    heard = said(sim, *(request[at : at + 1] for at in range(len(request))))
    assert statuses(heard) == [200]


def test_a_client_that_asks_first_is_told_to_go_on(sim):
    """Expect: 100-continue is what curl says before a body of some size."""
    heard = said(sim, PATH + HEAD + b"Expect: 100-continue\r\nConnection: close\r\n" + sized(DRAW))
    assert statuses(heard) == [100, 200]


def test_a_body_of_many_megabytes_reaches_the_tongue(sim):
    """That it is too large is for the vendor to say, in the vendor's form, and not for the server beneath."""
    large = b64encode(b"\0" * 30_000_000).decode()
    body = json.dumps({"prompt": "x", "image": large})
    headers = {"Content-Type": "application/json", "Authorization": "Bearer x"}
    path = "/model/us.stability.stable-image-inpaint-v1:0/invoke"
    status, told, raw = asked(sim, "POST", path, body, headers)
    assert (status, told["x-amzn-ErrorType"].partition(":")[0]) == (400, "ValidationException")
    assert "25000000" in json.loads(raw)["message"]
    status, _, raw = asked(sim, "POST", "/v1/images/generations", body, headers)
    assert (status, json.loads(raw)["error"]["code"]) == (400, "invalid_value")


def test_a_body_shorter_than_it_said_books_nothing():
    """The client went away half-way: nothing is made, nothing stays in flight, and the next is served."""
    with serving(Script(price=1.0)) as sim:
        said(sim, PATH + HEAD + b"Content-Length: 5000\r\n\r\n" + DRAW, gone=True)
        assert statuses(said(sim, PATH + HEAD + b"Connection: close\r\n" + sized(DRAW))) == [200]
        books = sim.books()
    assert (books.answered, books.dollars, books.in_flight) == (1, 1.0, 0)


def test_a_body_longer_than_it_said_is_cut_there(sim):
    """What is left over is no request, and nothing is made of either."""
    length = b"Content-Length: %d\r\n\r\n" % (len(DRAW) - 5)
    heard = said(sim, PATH + HEAD + length + DRAW + b"\r\n\r\n")
    assert statuses(heard) == [400]
    assert b"iVBOR" not in heard


# ------------------------------------------------------------------------ what is no request


@pytest.mark.parametrize(
    "request_",
    [
        PATH + HEAD + b"Content-Length: many\r\n\r\n{}",
        PATH + HEAD + b"Content-Length: -1\r\n\r\n{}",
        PATH + HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        PATH + HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        PATH + HEAD + b"X: " + b"y" * 70_000 + b"\r\n" + sized(DRAW),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"HELLO\r\n\r\n",
    ],
    ids=["no number", "negative", "two lengths", "bad chunk", "long header", "TLS", "words"],
)
def test_what_is_no_request_is_answered_400_and_hurts_nobody(sim, request_):
    """Lengths that are none, chunks that are none, another protocol: refused, and the next call is served."""
    calls = sim.books().answered
    assert statuses(said(sim, request_)) == [400]
    assert statuses(said(sim, PATH + HEAD + b"Connection: close\r\n" + sized(DRAW))) == [200]
    assert sim.books().answered == calls + 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("POST", "/v1/images", 404),
        ("POST", "/v1/images/generations/", 404),
        ("POST", "/v2/images/generations", 404),
        ("POST", "//v1/images/generations", 404),
        ("POST", "/V1/IMAGES/GENERATIONS", 404),
        ("POST", "/nobody/v1/images/generations", 404),
        ("POST", "/model/x/invoke-with-response-stream", 404),
        ("POST", "/gemini/v1/models/gemini-3.5-flash-lite:streamGenerateContent", 404),
        ("GET", "/v1/images/generations", 405),
        ("HEAD", "/v1/images/generations", 405),
        ("OPTIONS", "/v1/images/generations", 405),
        ("PUT", "/v1/chat/completions", 405),
        ("DELETE", "/v1/embeddings", 405),
        ("GET", "/model/x/invoke", 405),
        ("POST", "/_/books", 405),
        ("GET", "/_/pictures/none", 404),
        ("HEAD", "/_/books", 200),
    ],
)
def test_a_path_that_is_none_is_no_call(sim, method, path, status):
    """Neither counted nor heard; of one that is there, the answer names what may be asked of it."""
    before, heard = sim.books(), len(sim.heard)
    got, headers, body = asked(sim, method, path, DRAW if method in ("POST", "PUT") else None)
    assert got == status
    assert status != 405 or ("POST" in headers["Allow"]) != (path == "/_/books")
    assert method != "HEAD" or body == b""
    assert (sim.books(), len(sim.heard)) == (before, heard)


@pytest.mark.parametrize("name", ["openai", "gemini", "bedrock"])
def test_every_tongue_has_all_its_routes_under_its_name(sim, name):
    """Also where another tongue has the same one; none of them is unknown there."""
    for method, route in sim._tongues[name].routes:
        path = re.sub(r"\{\w+(:\.\+)?\}", "x", route)
        status, headers, _ = asked(sim, method, f"/{name}{path}", b"" if method != "GET" else None)
        assert headers[sim._tongues[name].id_header], (method, path, status)


# --------------------------------------------------------------------------- connections


def test_a_connection_is_kept_and_its_answers_come_in_order(sim):
    """Two requests sent at once, before either is answered; and a client that says so is hung up on."""
    first = PATH + HEAD + sized(DRAW)
    second = b"GET /v1/models/none HTTP/1.1\r\nHost: here\r\n\r\n"
    last = PATH + HEAD + b"Connection: close\r\n" + sized(DRAW)
    heard = said(sim, first + second + last)
    assert statuses(heard) == [200, 404, 200]
    numbers = [int(number) for number in re.findall(rb"x-request-id: sim-(\d+)", heard)]
    assert numbers == list(range(numbers[0], numbers[0] + 3))


def test_an_old_client_is_answered_and_hung_up_on(sim):
    """HTTP/1.0 knows no kept connections."""
    heard = said(sim, PATH.replace(b"1.1", b"1.0") + HEAD + sized(DRAW))
    assert statuses(heard) == [200]
    assert b"b64_json" in heard


@pytest.mark.parametrize("fault", ["reset", "truncated"])
def test_a_connection_that_is_cut_is_cut(fault):
    """A reset brings nothing at all; half of a body is half of it, under the length of the whole."""
    with serving(Script(faults={fault: 1}, price=1.0)) as sim:
        request = PATH + HEAD + sized(DRAW)
        if fault == "reset":
            with pytest.raises(ConnectionResetError):
                said(sim, request)
        else:
            head, _, body = said(sim, request).partition(b"\r\n\r\n")
            length = int(re.search(rb"Content-Length: (\d+)", head, re.IGNORECASE)[1])
            assert len(body) == length // 2
        assert (sim.books().lost, sim.books().dollars) == (1, 1.0)


def test_a_slow_body_comes_in_many_pieces():
    """Each is sent before the next is there; together they are the whole."""
    slow = Script(faults={"slow": 1})
    with serving(slow) as sim, socket.create_connection(where(sim), timeout=10) as connection:
        connection.sendall(PATH + HEAD + b"Connection: close\r\n" + sized(DRAW))
        pieces = []
        while more := connection.recv(65_536):
            pieces.append(more)
    body = b"".join(pieces).partition(b"\r\n\r\n")[2]
    assert len(pieces) > 5
    assert json.loads(body)["data"]


def test_one_port_is_one_servers():
    """A second one on the same port says so, and does not take its calls."""
    with serving() as first:
        second = Simulator(port=where(first)[1])
        with pytest.raises(OSError, match="in use"):
            asyncio.run(opened(second))


async def opened(sim):
    try:
        async with sim:
            pass
    finally:
        await sim._runner.cleanup()


# ------------------------------------------------------------------------------- pictures


def test_the_last_thousand_pictures_can_be_fetched():
    """Older ones are let go, so that a server that runs for days does not fill its memory."""
    body = json.dumps({"model": "sd", "prompt": "x", "size": "1x1", "n": 10})
    with serving() as sim:
        links = []
        for _ in range(101):
            raw = asked(sim, "POST", "/v1/images/generations", body)[2]
            links += [image["url"] for image in json.loads(raw)["data"]]
        assert len(set(links)) == 1010
        paths = [link.removeprefix(sim.url) for link in links]
        assert [asked(sim, "GET", paths[at])[0] for at in (0, 9, 10, 1009)] == [404, 404, 200, 200]


# ------------------------------------------------------------------------------------ keys

OPENAI = "/v1/images/generations"
GOOGLE = "/v1/models/gemini-3.5-flash-lite:generateContent"
AMAZON = "/model/stability.stable-image-core-v1:1/invoke"
SIGNED = (
    "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature="
)
KEY = "sesame"


@pytest.mark.parametrize(
    ("path", "headers", "status", "told"),
    [
        (OPENAI, {}, 401, "invalid_api_key"),
        (OPENAI, {"Authorization": KEY}, 401, "invalid_api_key"),
        (OPENAI, {"Authorization": f"bearer {KEY}"}, 401, "invalid_api_key"),
        (OPENAI, {"Authorization": f"Bearer {KEY} "}, 200, ""),
        (OPENAI, {"Authorization": f"Bearer {KEY}x"}, 401, "invalid_api_key"),
        (OPENAI, {"x-api-key": KEY}, 401, "invalid_api_key"),
        (GOOGLE, {}, 400, "API_KEY_INVALID"),
        (GOOGLE, {"x-goog-api-key": "other"}, 400, "API_KEY_INVALID"),
        (GOOGLE, {"Authorization": f"Bearer {KEY}"}, 400, "API_KEY_INVALID"),
        (GOOGLE, {"x-goog-api-key": KEY}, 200, ""),
        (f"{GOOGLE}?key={KEY}", {}, 200, ""),
        (f"{GOOGLE}?key={KEY}", {"x-goog-api-key": "other"}, 400, "API_KEY_INVALID"),
        (AMAZON, {}, 403, "MissingAuthenticationTokenException"),
        (AMAZON, {"Authorization": "Bearer "}, 403, "IncompleteSignature"),
        (AMAZON, {"Authorization": "Bearer other"}, 403, "AccessDeniedException"),
        (AMAZON, {"Authorization": f"Bearer {KEY}"}, 200, ""),
        (AMAZON, {"Authorization": SIGNED.format(KEY) + "0" * 64}, 403, "IncompleteSignature"),
        (
            AMAZON,
            {"Authorization": SIGNED.format(KEY) + "0" * 64, "X-Amz-Date": "20260101T000000Z"},
            403,
            "InvalidSignatureException",
        ),
        (
            AMAZON,
            {"Authorization": SIGNED.format("other") + "0" * 64, "X-Amz-Date": "20260101T000000Z"},
            403,
            "UnrecognizedClientException",
        ),
        (AMAZON, {"Authorization": SIGNED.format(KEY) + "0" * 63}, 403, "IncompleteSignature"),
    ],
)
def test_a_key_is_wanted_as_each_vendor_wants_it(path, headers, status, told):
    """In its own header and form; another is told by the vendor's own status and name, and costs nothing."""
    body = {OPENAI: DRAW, AMAZON: b'{"prompt": "x"}'}.get(path, b'{"contents": [{"parts": [{"text": "x"}]}]}')
    with serving(Script(key=KEY, price=1.0)) as sim:
        got, said_, raw = asked(sim, "POST", path, body, {"Content-Type": "application/json", **headers})
        books = sim.books()
    assert got == status
    assert told in raw.decode() + str(said_.get("x-amzn-ErrorType"))
    assert (books.invalid, books.answered) == ((0, 1) if status == 200 else (1, 0))
    assert status == 200 or books.dollars == 0
