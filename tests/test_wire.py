"""The wire against a raw socket that misbehaves: what is known after each failure is told."""

import asyncio
import socket
import ssl
import struct
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from photogram import wire
from photogram.faults import Broken, NotSetUp
from photogram.wire import Wire

SECRET = {"Authorization": "Bearer sk-secret"}


async def heard(reader):
    """Read one whole call, head and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")), 0)
    return head + await reader.readexactly(length)


@asynccontextmanager
async def server(behave, tls=None):
    """A loopback server that gives each connection to `behave(reader, writer)`."""

    async def each(reader, writer):
        try:
            await behave(reader, writer)
        finally:
            writer.close()

    listener = await asyncio.start_server(each, "127.0.0.1", 0, ssl=tls, backlog=512)
    scheme = "https" if tls else "http"
    async with listener:
        yield f"{scheme}://127.0.0.1:{listener.sockets[0].getsockname()[1]}"


def answering(*said, then=None):
    """Behaviour: hear a call, say these bytes, then do something."""

    async def behave(reader, writer):
        await heard(reader)
        for part in said:
            writer.write(part)
            await writer.drain()
        if then:
            await then(writer)

    return behave


async def stall(_):
    await asyncio.Event().wait()


async def reset(writer):
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


def call(behave, *, within=10.0, tls=None, path="/v1"):
    """Post to such a server and return the answer, or raise what the wire raises."""

    async def main():
        speaker = Wire()
        try:
            async with server(behave, tls) as url:
                return await speaker.post(url + path, b'{"a": 1}', SECRET, within=within)
        finally:
            await speaker.close()

    return asyncio.run(main())


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Request-Id: r1\r\n\r\nhi"


def test_an_answer_comes_whole_with_its_status_and_headers():
    """The bytes go out as they are, and the names of the headers come back in lower case."""
    lines = []

    async def behave(reader, writer):
        lines.append(await heard(reader))
        writer.write(OK)

    answer = call(behave)
    assert (answer.status, answer.headers["x-request-id"], answer.body) == (200, "r1", b"hi")
    assert lines[0].startswith(b"POST /v1 HTTP/1.1\r\n")
    assert lines[0].endswith(b'\r\n\r\n{"a": 1}')
    assert b"Authorization: Bearer sk-secret" in lines[0]


@pytest.mark.parametrize("status", [302, 307, 400, 429, 500])
def test_a_status_is_an_answer_and_not_an_error(status):
    """What a status means is for the dialect to say; a redirect is not followed."""
    head = f"HTTP/1.1 {status} X\r\nLocation: http://elsewhere.example/\r\nContent-Length: 0\r\n\r\n"
    assert call(answering(head.encode())).status == status


def test_a_body_of_megabytes_goes_out_whole():
    """Edits carry their pictures; a large body is sent piece by piece."""
    big = bytes(range(256)) * 2**14
    lines = []

    async def behave(reader, writer):
        lines.append(await heard(reader))
        writer.write(OK)

    async def main():
        speaker = Wire()
        async with server(behave) as url:
            await speaker.post(url, big, {})
        await speaker.close()

    asyncio.run(main())
    assert lines[0].endswith(b"\r\n\r\n" + big)


@pytest.fixture
def proxied(monkeypatch):
    """Post to an address through a proxy that behaves so, and return what it heard and the answer."""

    def through(said, url):
        lines = []

        async def behave(reader, writer):
            lines.append(await heard(reader))
            writer.write(said)

        async def main():
            async with server(behave) as proxy:
                monkeypatch.setenv("http_proxy", proxy)
                monkeypatch.setenv("https_proxy", proxy)
                monkeypatch.delenv("no_proxy", raising=False)
                return lines, await post(url)

        return asyncio.run(main())

    return through


def test_a_proxy_of_the_environment_is_used(proxied):
    """Behind many a firewall there is no other way out."""
    lines, answer = proxied(OK, "http://far.example/v1")
    assert lines[0].startswith(b"POST http://far.example/v1 HTTP/1.1")
    assert answer.body == b"hi"


def test_a_proxy_that_says_no_is_broken_and_sure(proxied):
    """The call did not get past it."""
    with pytest.raises(Broken, match=r"proxy did not connect to far\.example:443: 407") as raised:
        proxied(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", "https://far.example/v1")
    assert not raised.value.unsure


def test_this_computer_is_not_reached_through_a_proxy(proxied):
    """A proxy knows another computer by that name."""
    port = refused_port()
    with pytest.raises(Broken, match=f":{port}: Connect"):
        proxied(OK, f"http://127.0.0.1:{port}/v1")


def test_connections_are_used_again_and_closed_at_the_end():
    """A handshake for each call would cost more than the call."""
    ends = []

    async def behave(reader, writer):
        for _ in range(3):
            await heard(reader)
            writer.write(OK)
        ends.append(await reader.read())
        over.set()

    over = asyncio.Event()

    async def main():
        speaker = Wire()
        async with server(behave) as url:
            for _ in range(3):
                await speaker.post(url, b"", {})
            await speaker.close()
            await speaker.close()
            await over.wait()

    asyncio.run(main())
    assert ends == [b""]


def test_each_event_loop_has_connections_of_its_own():
    """One wire serves a program that runs one loop after another."""
    speaker = Wire()

    async def main():
        async with server(answering(OK)) as url:
            answer = await speaker.get(url, {})
        await speaker.close()
        return answer.body

    assert [asyncio.run(main()) for _ in range(2)] == [b"hi", b"hi"]


def refused_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


async def post(url, within=10.0):
    speaker = Wire()
    try:
        return await speaker.post(url, b"{}", SECRET, within=within)
    finally:
        await speaker.close()


def test_nobody_listening_is_broken_and_sure():
    """The call never left, so it can be made again without a thought; host and port are named."""
    port = refused_port()
    with pytest.raises(Broken, match=rf"127\.0\.0\.1:{port}: Connect") as raised:
        asyncio.run(post(f"http://127.0.0.1:{port}/v1"))
    assert not raised.value.unsure
    assert "base_url" in raised.value.do


def test_a_name_that_nobody_knows_is_broken_and_sure(monkeypatch):
    """Names may be found again; nothing was sent."""

    async def unknown(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", unknown)
    with pytest.raises(Broken, match=r"nowhere\.invalid:80: Name or service not known") as raised:
        asyncio.run(post("http://nowhere.invalid/v1"))
    assert not raised.value.unsure


def test_plain_http_behind_https_is_broken_and_sure():
    """The handshake failed before anything was sent."""

    async def behave(reader, writer):
        await reader.read(1)
        writer.write(OK)

    async def main():
        async with server(behave) as url:
            await post(url.replace("http:", "https:"))

    with pytest.raises(Broken, match="cannot connect") as raised:
        asyncio.run(main())
    assert not raised.value.unsure


def self_signed(folder):
    """A certificate for this host that nobody vouches for."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    both = folder / "both.pem"
    both.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + certificate.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context


def test_a_certificate_nobody_vouches_for_needs_a_person(tmp_path):
    """Asking again changes nothing, and going on without checking is not for us to decide."""
    with pytest.raises(NotSetUp, match=r"certificate of 127\.0\.0\.1"):
        call(answering(OK), tls=self_signed(tmp_path))


@pytest.mark.parametrize(
    "url", ["", "nothing", "ftp://127.0.0.1/", "http://", "http://127.0.0.1:99999/", "http://[/"]
)
def test_what_is_no_address_needs_a_person(url):
    """A wrong address never works, however often it is tried."""
    with pytest.raises(NotSetUp, match="is not an address"):
        asyncio.run(post(url))


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(answering(then=reset), id="reset after the call was read"),
        pytest.param(answering(), id="closed after the call was read"),
        pytest.param(answering(HALF), id="closed half-way"),
        pytest.param(answering(HALF, then=reset), id="reset half-way"),
        pytest.param(answering(CHUNKED, b"zz\r\n"), id="bad chunk"),
        pytest.param(answering(b"220 smtp.example ESMTP\r\n"), id="not HTTP at all"),
        pytest.param(
            answering(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nhalf"),
            id="not gzip",
        ),
    ],
)
def test_a_connection_lost_after_sending_is_unsure(behave):
    """The server had the call and may have made and billed the picture."""
    with pytest.raises(Broken, match=r"connection to 127\.0\.0\.1:\d+ was lost: \w+") as raised:
        call(behave)
    assert raised.value.unsure
    assert raised.value.__cause__ is None
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("said", [(), (HALF,)], ids=["no answer", "half an answer"])
def test_a_stalled_answer_is_unsure(said):
    """Waiting ends, and what the server did with the call is not known."""
    with pytest.raises(Broken, match=r"did not answer within 0\.2 s") as raised:
        call(answering(*said, then=stall), within=0.2)
    assert raised.value.unsure


def test_an_answer_without_end_is_given_up(monkeypatch):
    """A server may not fill this computer's memory."""
    monkeypatch.setattr(wire, "MOST", 2**20)

    async def pour(writer):
        while not writer.is_closing():
            writer.write(b"10000\r\n" + bytes(2**16) + b"\r\n")
            await writer.drain()

    with pytest.raises(Broken, match="more than 1 MiB") as raised:
        call(answering(CHUNKED, then=pour))
    assert raised.value.unsure


def test_many_calls_go_out_at_once():
    """How many is for the caller to bound: a pool's own limit would hide behind it."""
    came = []

    async def behave(reader, writer):
        await heard(reader)
        came.append(writer)
        if len(came) == 150:
            for each in came:
                each.write(OK)
                await each.drain()
                each.close()
        else:
            await writer.wait_closed()

    async def main():
        speaker = Wire()
        async with server(behave) as url:
            answers = await asyncio.gather(*(speaker.post(url, b"", {}) for _ in range(150)))
        await speaker.close()
        return {answer.body for answer in answers}

    assert asyncio.run(main()) == {b"hi"}


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://user:pass@host.example/v1?key=secret", "host.example:443"),
        ("http://host.example/", "host.example:80"),
        ("http://host.example:8080", "host.example:8080"),
        ("http://host:port", "an address that cannot be read"),
    ],
)
def test_an_address_is_told_without_what_may_be_secret(url, told):
    """Keys travel in user names and queries too."""
    assert wire.place(url) == told


def test_no_error_of_the_library_carries_the_key():
    """The library's own errors hold the headers; they are not chained to ours."""
    with pytest.raises(Broken) as raised:
        call(answering(b"220 smtp.example ESMTP\r\n"))
    assert raised.value.__suppress_context__
    assert isinstance(raised.value.__context__, aiohttp.ClientError)
