"""What is known of each model, as data: one TOML file for each provider."""

from functools import cache
from importlib.resources import files
from tomllib import loads

import msgspec

from photogram.data import Card


class _File(msgspec.Struct, forbid_unknown_fields=True):
    model: list[Card]


@cache
def read(provider: str) -> tuple[Card, ...]:
    """The cards in the provider's file, in the order they stand there."""
    text = files(__name__).joinpath(f"{provider}.toml").read_text("utf-8")
    return tuple(msgspec.convert(loads(text), _File).model)
