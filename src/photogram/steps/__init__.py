"""Every step: one file each, named as its verb."""

from importlib import import_module
from typing import Any


def find(verb: str, *values: Any) -> Any:
    """The step of a verb; its file, and what it needs of pixels, is loaded now and not before."""
    return import_module(f"{__name__}.{verb}").Step(*values)
