"""What photogram does: each verb a function, its docstring the help of the command line.

Every verb takes the dataset's folder first, by default the one you stand in. All of them can be
called from a notebook with a running event loop. `watch` is told how far a column is.
"""

from importlib import import_module
from typing import Any

HOMES = {
    "new": "beginning",
    "add": "beginning",
    "plan": "filling",
    "run": "filling",
    "generate": "filling",
    "modify": "filling",
    "measure": "filling",
    "annotate": "filling",
    "judge": "judging",
    "refine": "judging",
    "embed": "finding",
    "index": "finding",
    "search": "finding",
    "status": "standing",
    "cost": "standing",
    "errors": "standing",
    "retry": "filling",
    "pack": "keeping",
    "publish": "sharing",
    "fetch": "keeping",
    "link": "sharing",
    "export": "exporting",
    "models": "equipping",
    "doctor": "equipping",
    "simulate": "equipping",
    "tour": "touring",
}
"""Every verb, in the order the help lists them, and the file here that it stands in."""


def __getattr__(name: str) -> Any:
    """A verb, loaded when it is first used."""
    if name not in HOMES:
        raise AttributeError(f"there is no verb {name!r}")
    return getattr(import_module(f"photogram.verbs.{HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(HOMES)
