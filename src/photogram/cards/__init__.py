"""What is known of each model, as data: one TOML file for each provider.

Prices and dates grow old. What a person has read since, by `photogram models --refresh`, lies in one
file of their own and is laid over what stands here.
"""

import os
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from tomllib import loads
from typing import Any

import msgspec

from photogram.data import Card
from photogram.faults import BadInput

Changes = dict[str, dict[str, Any]]
"""For each model by its full name, what is known better of it, by field."""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    model: list[Card]


def read(provider: str, environ: Mapping[str, str] = os.environ) -> tuple[Card, ...]:
    """The cards in the provider's file, in the order they stand there, with what is known since."""
    known, path = _known(provider), kept_at(environ)
    if not path.exists():
        return known
    changes = changes_in(path)
    return tuple(changed(card, changes.get(card.name, {})) for card in known)


@cache
def _known(provider: str) -> tuple[Card, ...]:
    text = files(__name__).joinpath(f"{provider}.toml").read_text("utf-8")
    return tuple(msgspec.convert(loads(text), _File).model)


def changed(card: Card, fields: dict[str, Any]) -> Card:
    """The card with some of its fields as they are known now."""
    return msgspec.convert({**msgspec.to_builtins(card), **fields}, Card) if fields else card


def kept_at(environ: Mapping[str, str] = os.environ) -> Path:
    """Where a person's own knowledge of models lies, for all of their datasets."""
    if given := environ.get("PHOTOGRAM_CARDS"):
        return Path(given)
    home = environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "photogram" / "cards.json"


def changes_in(path: Path) -> Changes:
    """What a person's own file says."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Changes)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}", do="check its permissions") from None
    except msgspec.MsgspecError as error:
        raise BadInput(f"{path} is damaged: {error}", do="delete it and refresh again") from None
