"""The image-dataset factory: describe the pictures a model needs, get a dataset."""

from importlib import import_module
from typing import Any

_HOMES = {
    **dict.fromkeys(("new", "add", "plan", "run", "generate", "modify", "measure", "annotate"), "verbs"),
    **dict.fromkeys(("status", "cost", "errors", "retry", "pack", "fetch", "models", "doctor"), "verbs"),
    "tour": "touring",
    "schema_of": "classes",
    "PhotogramError": "faults",
}


def __getattr__(name: str) -> Any:
    """`photogram.run` and the other verbs, loaded when they are first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'photogram' has no attribute {name!r}")
    return getattr(import_module(f"photogram.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
