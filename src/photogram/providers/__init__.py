"""Every way to a model: the files of this folder, and the entry points `photogram.providers`."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from pkgutil import iter_modules

from photogram.faults import BadInput
from photogram.model import Placed, Provider

GROUP = "photogram.providers"


def names() -> list[str]:
    """Every provider that can be named in a brief, built-in and third-party."""
    own = {module.name for module in iter_modules(__path__)}
    return sorted(own | {point.name for point in entry_points(group=GROUP)})


def simulated(name: str) -> Mapping[str, str]:
    """The environment that leads a provider to a simulator at {url}; nothing where there is none for it."""
    return getattr(find(name), "simulated", {})


@cache
def find(name: str) -> Provider:
    """The provider of that name; its file is loaded now and not before."""
    for point in entry_points(group=GROUP, name=name):
        return _loaded(point)
    if name not in names():
        raise BadInput(
            f"there is no provider {name!r}", do=f"a model is PROVIDER:NAME, with one of {', '.join(names())}"
        )
    return import_module(f"{__name__}.{name}").Provider()


def find_at(name: str, folder: Path, environ: Mapping[str, str]) -> Provider:
    """The provider of that name as the dataset in a folder sees it."""
    found = find(name)
    return found.at(folder, environ) if isinstance(found, Placed) else found


def _loaded(point: EntryPoint) -> Provider:
    """A third party's provider; whatever its loading ends in, it is told whose it is."""
    try:
        return point.load()()
    except Exception as error:
        package = point.dist.name if point.dist else point.value
        what = f"the provider {point.name!r} of {package} cannot be loaded: {type(error).__name__}: {error}"
        raise BadInput(what, do=f"update {package}, or remove it") from None
