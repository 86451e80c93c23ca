"""The port of a dialect: what one family of models is told, and what its answers mean.

A dialect is a file in dialects/ with two pure functions. They do no I/O of their own: the bytes of
pictures come through `read`, and what they give is sent by whoever is connected: a provider at once,
or a batch job with many others.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from photogram.data import Ask, Card, Picture, Reply
from photogram.model import Reader

JSON = {"Content-Type": "application/json"}


class Request(NamedTuple):
    """What is to be sent: the path below the provider's address, the body, and what the body is."""

    path: str
    body: bytes
    headers: Mapping[str, str] = JSON


class Answer(NamedTuple):
    """What a server said; headers are found by lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Linked(Picture, frozen=True, tag="linked"):
    """A picture of which some is still to be fetched where the server left it."""

    links: tuple[str, ...] = ()


class Dialect(Protocol):
    """A module with these two functions."""

    def encode(self, card: Card, ask: Ask, read: Reader) -> Request:
        """The request for an ask; `Invalid` where this family has no words for it."""
        ...

    def decode(self, card: Card, ask: Ask, answer: Answer) -> Reply:
        """The reply in an answer, or what is `Linked`; raises the model error that it amounts to."""
        ...
