"""The options of `photogram simulate`: every field of the script is one."""

import argparse
from collections.abc import Iterator, Sequence
from textwrap import fill
from typing import Any

import msgspec

from photogram.simulator import tongues
from photogram.simulator.jobs import FAULTS as JOB_FAULTS
from photogram.simulator.script import Script
from photogram.simulator.server import check_faults
from photogram.simulator.spoil import FAULTS, SPOILERS

ABOUT = """
A small honest provider on this machine: it checks what it is sent, keeps
books, and fails on order. The first line it prints is its address, for
base_url in a brief; under /_/books it shows its books.
"""


def script_from(words: Sequence[str]) -> tuple[Script, int]:
    """Read the script and the port from a command line."""
    parser = argparse.ArgumentParser(
        prog="photogram simulate",
        usage="photogram simulate [OPTIONS]",
        description=ABOUT,
        epilog="\n".join(_faults()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_options(parser)
    given = {name: value for name, value in vars(parser.parse_args(words)).items() if value is not None}
    port = given.pop("port")
    if "faults" in given:
        parts = (fault.partition("=") for fault in given["faults"])
        given["faults"] = {name: share for name, _, share in parts}
    try:
        script = msgspec.convert(given, Script, strict=False)
        check_faults(script, tongues.load())
    except ValueError as error:
        parser.error(str(error).replace("$.faults[...]", "--fault").replace("$.", "--"))
    return script, port


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, help="0 takes any that is free")
    for field in msgspec.structs.fields(Script):
        flag, about = f"--{field.name.replace('_', '-')}", _about(field.type)
        if field.name == "faults":
            parser.add_argument("--fault", dest="faults", action="append", metavar="NAME=SHARE", help=about)
        elif field.name == "links":
            parser.add_argument(flag, action="store_true", default=None, help=about)
        else:
            parser.add_argument(flag, help=about, metavar="VALUE")


def _about(annotated: Any) -> str:
    return " ".join(extra.description for extra in annotated.__metadata__ if extra.description)


def _faults() -> Iterator[str]:
    """Every fault by its name, and who has it."""
    yield "faults:"
    yield from (f"  {name:<12} {fault.about}" for name, fault in FAULTS.items() if name not in SPOILERS)
    yield from (f"  {name:<12} {fault.about}" for name, fault in JOB_FAULTS.items())
    for tongue in tongues.load().values():
        yield from (f"  {name:<12} {fault.about} ({tongue.name})" for name, fault in tongue.faults.items())
    yield "faults of an answer in JSON, which is then broken in this way:"
    yield fill(", ".join(SPOILERS), 78, initial_indent="  ", subsequent_indent="  ")
