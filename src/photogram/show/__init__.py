"""What a verb answered, as lines for a terminal: each file here tells some kinds of results."""

from importlib import import_module
from pkgutil import iter_modules

from photogram.show.words import lines as lines

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
