"""The options of `photogram simulate`: every field of the script is one."""

import argparse
from collections.abc import Sequence
from typing import Any

import msgspec

from photogram.simulator.script import Script
from photogram.simulator.server import check_faults, fault_names

ABOUT = "A small honest provider on this machine: it checks what it is sent, keeps books, and fails on order."


def script_from(words: Sequence[str]) -> tuple[Script, int]:
    """Read the script and the port from a command line."""
    parser = argparse.ArgumentParser(prog="photogram simulate", description=ABOUT)
    parser.add_argument("--port", type=int, default=0, help="0 takes any that is free")
    for field in msgspec.structs.fields(Script):
        flag, about = f"--{field.name.replace('_', '-')}", _about(field.type)
        if field.name == "faults":
            names = "SHARE of calls that go wrong as NAME says, one of: " + ", ".join(fault_names())
            parser.add_argument("--fault", dest="faults", action="append", metavar="NAME=SHARE", help=names)
        elif field.name == "links":
            parser.add_argument(flag, action="store_true", default=None, help=about)
        else:
            parser.add_argument(flag, help=about)
    given = {name: value for name, value in vars(parser.parse_args(words)).items() if value is not None}
    port = given.pop("port")
    if "faults" in given:
        parts = (fault.partition("=") for fault in given["faults"])
        given["faults"] = {name: share for name, _, share in parts}
    try:
        script = msgspec.convert(given, Script, strict=False)
        check_faults(script)
    except ValueError as error:
        parser.error(str(error))
    return script, port


def _about(annotated: Any) -> str:
    return " ".join(extra.description for extra in annotated.__metadata__ if extra.description)
