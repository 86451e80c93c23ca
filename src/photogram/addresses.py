"""What providers at an address have in common: their settings, the address itself, and who gets the key.

A key goes only where the environment says. A brief may come from someone else, and its `base_url` must
not be able to carry a key away.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

from msgspec import Struct, ValidationError, convert
from msgspec.structs import fields

from photogram.faults import BadInput, NotSetUp

_ADDRESS = re.compile(r"https?://([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?(/[^\s?#]*)?$")
S = TypeVar("S", bound=Struct)


def read_settings(provider: str, settings: Mapping[str, Any], shape: type[S]) -> S:
    """What a brief says of a provider; a word that does nothing would be believed to do something."""
    known = [field.name for field in fields(shape)]
    unknown = sorted(set(settings) - set(known))
    if unknown:
        what = f"{provider} has no setting {', '.join(unknown)}"
        raise BadInput(what, do=f"its settings are {', '.join(known)}")
    try:
        return convert(dict(settings), shape)
    except ValidationError as error:
        raise BadInput(f"the settings of {provider}: {error}") from None


def checked(address: str, example: str, called: str = "base_url") -> str:
    """The address of a server, without a slash at its end."""
    if not _ADDRESS.match(address):
        raise BadInput(f"{called} {address!r} is not an address", do=f"give it as {example}")
    return address.rstrip("/")


def origin(url: str) -> str:
    """Scheme, host and port: what must be the same for a key or a fetch to go there."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()


def read_key(environ: Mapping[str, str], names: Sequence[str]) -> str:
    """The first of these variables that holds a key; empty where none does."""
    name, key = next(((name, key) for name in names if (key := environ.get(name, "").strip())), ("", ""))
    if not (key.isascii() and key.isprintable()):
        raise NotSetUp(f"{name} holds what no key holds", do="set it anew, without line breaks")
    return key
