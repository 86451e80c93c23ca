"""The dialects that can be spoken: the files of this folder."""

from importlib import import_module
from pkgutil import iter_modules

from photogram.simulator.call import Tongue


def load() -> dict[str, Tongue]:
    """One of each, by name; a tongue may remember things, so every server has its own."""
    names = sorted(module.name for module in iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}").Tongue() for name in names}
