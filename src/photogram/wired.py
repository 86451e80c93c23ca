"""A model at the other end of a wire: check, encode, send, decode.

What differs between providers is the address, how a call is signed, and what must not come back: a
`Line`. What differs between families of models is the dialect.
"""

import asyncio
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Protocol
from urllib.parse import urljoin

from msgspec.structs import replace

from photogram.addresses import origin
from photogram.data import Ask, Card, Draw, Embed, Picture, Reply
from photogram.dialect import Answer, Dialect, Linked, Request
from photogram.faults import Broken
from photogram.media import media_type
from photogram.model import Reader
from photogram.terms import check_ask
from photogram.wire import Wire

SHORTEST = 7
"""Letters that a key has at the least; what is shorter could be a part of a picture in base64."""


class Line(Protocol):
    """The way to one provider."""

    @property
    def base(self) -> str:
        """The address that a request's path is put behind."""
        ...

    @property
    def secrets(self) -> Sequence[str]:
        """What a server may repeat and nobody should write down."""
        ...

    async def headers(self, url: str, request: Request) -> Mapping[str, str]:
        """The headers that let a request in."""
        ...


class Keyed:
    """A line whose calls all carry the same headers."""

    def __init__(self, base: str, headers: Mapping[str, str], secrets: Sequence[str] = ()) -> None:
        self.base, self.secrets = base, secrets
        self._headers = headers

    async def headers(self, url: str, request: Request) -> Mapping[str, str]:
        return self._headers


class Wired:
    """One model behind one line."""

    def __init__(self, card: Card, dialect: Dialect, line: Line, read: Reader) -> None:
        self.card = card
        self.wire = Wire()
        self._dialect, self._line, self._read = dialect, line, read

    async def answer(self, ask: Ask) -> Reply:
        check_ask(self.card, ask)
        request = await self._encoded(ask)
        url = self._line.base + request.path
        headers = {**request.headers, **await self._line.headers(url, request)}
        started = perf_counter()
        answer = self._veiled(await self.wire.post(url, request.body, headers))
        reply = self._dialect.decode(self.card, ask, answer)
        if isinstance(reply, Linked):
            reply = await self._fetched(reply)
        usage = replace(reply.usage, seconds=perf_counter() - started)
        return replace(reply, usage=usage)

    async def _fetched(self, reply: Linked) -> Picture:
        """A picture with what the server left at addresses of its own; other hosts are not called."""
        fetched = [await self._fetch(urljoin(self._line.base, link)) for link in reply.links]
        return Picture(images=(*reply.images, *fetched), made=reply.made, usage=reply.usage)

    async def _fetch(self, url: str) -> bytes:
        if origin(url) != origin(self._line.base):
            what = f"{self.card.name} points to a picture on {origin(url)}, another host than its own"
            raise Broken(what, unsure=True, do="tell the server to answer with b64_json")
        try:
            headers = await self._line.headers(url, Request("", b"", {}))
            status, _, image = await self.wire.get(url, headers)
        except Broken as error:
            raise Broken(error.what, unsure=True, do=error.do) from None
        if status != 200 or not media_type(image).startswith("image/"):
            found = status if status != 200 else media_type(image)
            raise Broken(f"{self.card.name}: its picture could not be fetched: {found}", unsure=True)
        return image

    async def close(self) -> None:
        await self.wire.close()

    async def _encoded(self, ask: Ask) -> Request:
        """The request; pictures are read and packed in a thread, so that nobody waits for them."""
        if _holds_pictures(ask):
            return await asyncio.to_thread(self._dialect.encode, self.card, ask, self._read)
        return self._dialect.encode(self.card, ask, self._read)

    def _veiled(self, answer: Answer) -> Answer:
        """The answer without our keys: a server may repeat them, and what it says is written down.

        Servers of one's own are given words such as "x" for a key, and those stand in any picture.
        """
        shortest = SHORTEST if 200 <= answer.status < 300 else 1
        return answer._replace(body=veiled(answer.body, self._line.secrets, shortest))


def veiled(body: bytes, secrets: Sequence[str], shortest: int = SHORTEST) -> bytes:
    """What a server said, without what it may have repeated of our keys."""
    for secret in secrets:
        if len(secret) >= shortest:
            body = body.replace(secret.encode(), b"...")
    return body


def _holds_pictures(ask: Ask) -> bool:
    if isinstance(ask, Draw):
        return bool(ask.references)
    return ask.image is not None if isinstance(ask, Embed) else True
