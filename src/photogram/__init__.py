"""The image-dataset factory: describe the pictures a model needs, get a dataset."""

from importlib import import_module
from typing import Any

from photogram import verbs

_HOMES = {"schema_of": "classes", "PhotogramError": "faults"}


def __getattr__(name: str) -> Any:
    """`photogram.run` and the other verbs, loaded when they are first used."""
    if name in verbs.HOMES:
        return getattr(verbs, name)
    if name not in _HOMES:
        raise AttributeError(f"module 'photogram' has no attribute {name!r}")
    return getattr(import_module(f"photogram.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*verbs.HOMES, *_HOMES])
