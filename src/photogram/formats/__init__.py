"""Every format of the field: one file each, named as people ask for it."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from photogram.faults import BadInput
from photogram.format import Format, Readable


def names() -> list[str]:
    """Every format that can be written."""
    return sorted(module.name.replace("_", "-") for module in iter_modules(__path__))


@cache
def find(name: str) -> Format:
    """The format of that name; its file is loaded now and not before."""
    if name not in names():
        raise BadInput(f"there is no format {name!r}", do=f"name one of {', '.join(names())}")
    return import_module(f"{__name__}.{name.replace('-', '_')}").Format()


def find_readable(name: str) -> Readable:
    """The same, for reading what is there."""
    found = find(name)
    if isinstance(found, Readable):
        return found
    others = ", ".join(name for name in names() if isinstance(find(name), Readable))
    raise BadInput(f"{name} is written and not read", do=f"these are read: {others}")
