"""Calls about batch jobs over a wire: their answers as data, and what those that are none amount to."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import BinaryIO, TypeVar

import msgspec

from photogram.data import Card
from photogram.dialect import Answer, Request
from photogram.faults import Broken, ModelError
from photogram.wire import Body, Wire
from photogram.wired import Line, veiled

T = TypeVar("T")
SENT_WITHIN = 3600.0
"""Seconds in which a large file must have gone up."""
PIECE = 2**18


def record_of(line: bytes, shape: type[T]) -> T | None:
    """A line of a job's answers; None where it is none."""
    try:
        return msgspec.json.decode(line, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


async def pieces_of(lines: BinaryIO) -> AsyncIterator[bytes]:
    """A file as it is sent, a piece at a time."""
    while piece := lines.read(PIECE):
        yield piece


class Calls:
    """The way to one provider's jobs."""

    def __init__(self, card: Card, line: Line, problem: Callable[[Card, Answer], ModelError]) -> None:
        self._card, self._line, self._problem = card, line, problem
        self._wire = Wire()

    async def get(self, path: str, shape: type[T]) -> T:
        url = self._line.base + path
        answer = await self._wire.get(url, await self._line.headers(url, Request(path, b"", {})))
        return self.decoded(self._checked(answer), shape)

    async def post(self, url: str, body: Body, headers: Mapping[str, str]) -> Answer:
        """What came of sending this to a path below the provider's address, or to an address there."""
        url = url if "://" in url else self._line.base + url
        keyed = await self._line.headers(url, Request(url, b"", headers))
        return self._checked(await self._wire.post(url, body, {**headers, **keyed}, within=SENT_WITHIN))

    async def lines(self, path: str) -> AsyncIterator[bytes]:
        """The lines of a file, as they come."""
        url = self._line.base + path
        headers = await self._line.headers(url, Request(path, b"", {}))
        async for line in self._wire.lines(url, headers, self._told):
            yield veiled(line, self._line.secrets)

    def decoded(self, answer: Answer, shape: type[T]) -> T:
        try:
            return msgspec.json.decode(answer.body, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            what = f"{self._card.name} answered about a batch job with what cannot be read"
            raise Broken(f"{what}: {error}", unsure=True) from None

    async def close(self) -> None:
        await self._wire.close()

    def _checked(self, answer: Answer) -> Answer:
        answer = answer._replace(body=veiled(answer.body, self._line.secrets))
        if not 200 <= answer.status < 300:
            raise self._told(answer)
        return answer

    def _told(self, answer: Answer) -> ModelError:
        """The error in an answer: the server has said no, so nothing was begun and nothing is unsure."""
        found = self._problem(self._card, answer)
        return Broken(found.what, do=found.do) if isinstance(found, Broken) else found
