"""The one way to the network: bytes go out, an answer comes back, or an error that says what is known.

What matters to whoever pays is whether a call that failed may have been served. A call that never
left is `Broken`; one that left and was not answered is `Broken` and unsure.
"""

from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import lru_cache
from io import BytesIO
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from photogram.dialect import Answer
from photogram.faults import Broken, NotSetUp

CONNECT = 10.0
"""Seconds until a connection must stand."""

READ = 300.0
"""Seconds until an answer must be complete: a large picture of high quality takes minutes."""

MOST = 64 * 2**20
"""Bytes an answer may have, unpacked: the largest picture in base64 several times over."""

KEPT = 4.0
"""Seconds an idle connection is kept. Many servers drop theirs after 5; a call that is sent just
then is lost without our knowing whether it was served."""

Body = bytes | AsyncIterable[bytes]
"""What is sent: bytes, or pieces that are read while they go out."""

_HERE = {"localhost", "127.0.0.1", "::1"}


class Wire:
    """Connections to servers, kept open between calls; how many at once is for the caller to bound."""

    def __init__(self) -> None:
        self._sessions: dict[AbstractEventLoop, aiohttp.ClientSession] = {}
        self._proxies: dict[str, str | None] = {}

    async def post(self, url: str, body: Body, headers: Mapping[str, str], *, within: float = READ) -> Answer:
        """Send bytes and wait for the whole answer, whatever its status."""
        return await self._send("POST", url, body, headers, within)

    async def get(self, url: str, headers: Mapping[str, str], *, within: float = READ) -> Answer:
        """Fetch what stands at an address, whatever the answer's status."""
        return await self._send("GET", url, None, headers, within)

    async def lines(
        self, url: str, headers: Mapping[str, str], wrong: Callable[[Answer], Exception]
    ) -> AsyncIterator[bytes]:
        """Each line of a text that may be too long for memory, as it comes; `wrong` is for another answer."""
        where = place(url)
        limits = aiohttp.ClientTimeout(total=None, connect=CONNECT, sock_read=READ)
        rest = b""
        try:
            async with self._request("GET", url, None, headers, limits) as response:
                if response.status != 200:
                    raise wrong(Answer(response.status, response.headers, await _read(response, where)))
                async for piece in response.content.iter_any():
                    *whole, rest = (rest + piece if rest else piece).split(b"\n")
                    for line in whole:
                        yield line
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _told(error, where, READ) from None
        if rest:
            yield rest

    async def close(self) -> None:
        """Close the connections of the running event loop."""
        session = self._sessions.pop(get_running_loop(), None)
        if session:
            await session.close()

    def _session(self) -> aiohttp.ClientSession:
        loop = get_running_loop()
        if loop not in self._sessions:
            self._sessions[loop] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._sessions[loop]

    async def _send(
        self, method: str, url: str, body: Body | None, headers: Mapping[str, str], within: float
    ) -> Answer:
        where = place(url)
        # In one piece, a body of megabytes would hold up every other call.
        data = BytesIO(body) if isinstance(body, bytes) and len(body) > 2**20 else body
        limits = aiohttp.ClientTimeout(total=within, connect=min(CONNECT, within))
        try:
            async with self._request(method, url, data, headers, limits) as response:
                whole = await _read(response, where)
                return Answer(response.status, response.headers, whole)
        # `from None`: what aiohttp raises can carry the headers, and with them the key.
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _told(error, where, within) from None

    def _request(
        self, method: str, url: str, data: object, headers: Mapping[str, str], limits: aiohttp.ClientTimeout
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        where = place(url)
        if where not in self._proxies:
            self._proxies[where] = _proxy(url)
        return self._session().request(
            method,
            _address(url),
            data=data,
            headers=headers,
            timeout=limits,
            proxy=self._proxies[where],
            allow_redirects=False,
        )


async def _read(response: aiohttp.ClientResponse, where: str) -> bytes:
    chunks: list[bytes] = []
    room = MOST
    async for chunk in response.content.iter_any():
        chunks.append(chunk)
        room -= len(chunk)
        if room < 0:
            response.close()
            raise Broken(f"{where} sent more than {MOST // 2**20} MiB", unsure=True)
    return b"".join(chunks)


def _address(url: str) -> URL:
    """The address as it is to be sent: what is quoted in it already is not to be quoted otherwise."""
    try:
        return URL(url, encoded="%" in url)
    except ValueError:
        raise aiohttp.InvalidURL("an address that cannot be read") from None


@lru_cache(256)
def place(url: str) -> str:
    """Host and port of an address, and no more of it: the rest may hold a key."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, "")
        return f"{parts.hostname or 'no host'}:{port}"
    except ValueError:
        return "an address that cannot be read"


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for an address; there is none to this computer itself."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    return None if host in _HERE or proxy_bypass(host) else getproxies().get(parts.scheme)


def _told(error: Exception, where: str, within: float) -> Broken | NotSetUp:
    """What a failed call amounts to for the one who pays."""
    if isinstance(error, (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError)):
        return NotSetUp(
            f"{where} is not an address", do="give base_url as http://HOST:PORT/... or https://..."
        )
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return NotSetUp(
            f"the certificate of {where} cannot be trusted: {error.certificate_error}",
            do="check base_url, and that SSL_CERT_FILE names the authority your network uses",
        )
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)):
        return Broken(
            f"cannot connect to {where}: {_reason(error)}",
            do="check base_url and the network, and that the server runs",
        )
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return Broken(f"the proxy did not connect to {where}: {error.status}", do="check HTTPS_PROXY")
    if isinstance(error, TimeoutError):
        return Broken(f"{where} did not answer within {within:g} s", unsure=True)
    return Broken(f"the connection to {where} was lost: {_reason(error)}", unsure=True)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it took too long"
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return getattr(inner, "strerror", None) or type(inner).__name__
