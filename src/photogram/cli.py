"""The command line: a skin over the verbs. Their signatures are its options, their docstrings its help."""

import inspect
import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from types import UnionType
from typing import Any, get_args

import click
import msgspec

from photogram import verbs
from photogram.faults import PhotogramError

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 80}


class Verbs(click.Group):
    """Commands made from verbs when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(verbs.HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return command(cmd_name) if cmd_name in verbs.HOMES else None


def command(name: str) -> click.Command:
    """A command from a verb's signature and docstring."""
    function = getattr(verbs, name)
    about, notes = _docstring(function)
    first = about.partition("\n")[0]
    parameters = [
        made
        for parameter in inspect.signature(function).parameters.values()
        if (made := _parameter(parameter, notes)) is not None
    ]
    if name == "simulate":  # its options are its own
        passing: dict[str, Any] = {"ignore_unknown_options": True, "help_option_names": []}
        return click.Command(
            name, params=parameters, callback=function, short_help=first, context_settings=passing
        )
    as_json = click.Option(["--json", "as_json"], is_flag=True, help="Print the result as JSON.")
    return click.Command(
        name,
        params=[*parameters, as_json],
        callback=_called(function),
        help=about,
        short_help=first,
        context_settings=HELP,
    )


def _docstring(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """A docstring as help, and its lines `name: what it is` as notes on the parameters."""
    names = inspect.signature(function).parameters
    about: list[str] = []
    notes: dict[str, str] = {}
    for line in inspect.cleandoc(function.__doc__ or "").splitlines():
        name, colon, note = line.partition(": ")
        if colon and (name in names or f"{name}_" in names):
            notes[name] = note
        else:
            about.append(line)
    return "\n".join(about).strip(), notes


def _parameter(parameter: inspect.Parameter, notes: dict[str, str]) -> click.Parameter | None:
    name, kind = parameter.name, parameter.annotation
    if name == "watch":
        return None
    if name == "dataset":
        required = parameter.default is inspect.Parameter.empty and "story" in notes
        return click.Argument([name]) if required else click.Argument([name], required=False, default=".")
    if "Sequence" in str(kind):
        return click.Argument([name], nargs=-1)
    word = name.rstrip("_")  # from_ is --from, which Python keeps for itself
    flag = f"--{word.replace('_', '-')}"
    help_line = _sentence(notes.get(word, ""))
    if "list" in str(kind):
        return click.Option([flag, name], type=str, multiple=True, help=help_line)
    if kind is bool:
        return click.Option([flag, name], is_flag=True, help=help_line)
    shown = parameter.default not in (None, "", 0)
    return click.Option(
        [flag, name], type=_plain(kind), default=parameter.default, show_default=shown, help=help_line
    )


def _plain(kind: Any) -> type:
    """The type a word on the command line is turned into."""
    if isinstance(kind, UnionType):
        return next(part for part in get_args(kind) if part is not type(None))
    return kind


def _sentence(note: str) -> str:
    return note[:1].upper() + note[1:]


def _called(function: Callable[..., Any]) -> Callable[..., None]:
    """Call a verb, show what came of it, and end with its exit code."""

    def call(as_json: bool, **values: Any) -> None:
        watch = None
        if "watch" in inspect.signature(function).parameters:
            watch = values["watch"] = import_module("photogram.progress").watcher(as_json)
        try:
            result = function(**_where_you_stand(values))
        except PhotogramError as error:
            if as_json:
                click.echo(json.dumps({"error": _as_told(error)}))
            raise
        finally:
            if watch:
                watch.close()
        if as_json:
            click.echo(json.dumps(msgspec.to_builtins(result)))  # in ASCII, and so for every terminal
        else:
            for line in import_module("photogram.show").lines(result):
                click.echo(line)
        sys.exit(_exit_code(result))

    return call


def _as_told(error: PhotogramError) -> dict[str, Any]:
    """An error for machines; it has the same words as the one for people."""
    told = {"type": type(error).__name__, "what": error.what, "where": error.where, "do": error.do}
    return {**told, "exit_code": error.exit_code}


def _where_you_stand(values: dict[str, Any]) -> dict[str, Any]:
    """In a dataset's folder the folder may be left out, also before a list of other words."""
    listed = next((name for name, value in values.items() if isinstance(value, tuple)), "")
    first = values.get("dataset", ".")
    if listed and not _is_dataset(first) and _is_dataset("."):
        return {**values, "dataset": ".", listed: (first, *values[listed])}
    return values


def _is_dataset(folder: str) -> bool:
    return os.path.isfile(Path(folder) / "brief.toml")


def _exit_code(result: Any) -> int:
    if isinstance(result, list):
        return int(any(getattr(part, "well", True) is False for part in result))  # type: ignore
    ran = getattr(result, "ran", result)
    return int(getattr(ran, "exit_code", 0) or bool(getattr(result, "unusable", ())))


@click.command(cls=Verbs, context_settings=HELP)
@click.version_option(package_name="photogram")
def photogram() -> None:
    """Describe the pictures a model needs; get a dataset.

    A dataset is a table in a folder: rows are planned, cells are filled, and what is finished is
    never paid for twice. Every verb takes the dataset's folder first, by default the one you stand in.
    """


def main(*values: Any, **settings: Any) -> None:
    """Run a verb; what went wrong is told in a line or two, with an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # what a terminal cannot show is no reason to fail
            stream.reconfigure(errors="replace")
    try:
        photogram(*values, **{"standalone_mode": False, **settings})
    except PhotogramError as error:
        for line in import_module("photogram.show").lines(error):
            click.echo(line, err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("photogram: stopped; the same command goes on from here", err=True)
        sys.exit(1)
