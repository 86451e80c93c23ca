"""What can be asked, what stands in the way, and a provider to try things on."""

from collections.abc import Mapping, Sequence
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import get_args

import msgspec

from photogram import cards, catalogue, examining, providers, trial
from photogram.asking import environment
from photogram.data import Ability
from photogram.dataset import is_dataset
from photogram.faults import BadInput
from photogram.looping import run_to_end
from photogram.reading.parse import read
from photogram.results import Finding, Refreshed, Usable
from photogram.store import told as told_of
from photogram.surveying import Folder


def models(dataset: Folder = ".", can: str = "", refresh: str = "") -> list[Usable] | Refreshed:
    """List every model: what it can, what it costs, and what is missing before it can be used.

    can: list only the models that can draw, edit, see or embed.
    refresh: a file with newer prices and dates, TOML like photogram's own or a JSON catalogue.
    """
    if can and can not in get_args(Ability):
        raise BadInput(f"no model can {can!r}", do=f"name one of {', '.join(get_args(Ability))}")
    folder = Path(dataset)
    brief = read(folder) if is_dataset(folder) else None
    environ = environment(folder)
    if refresh:
        return _refreshed(Path(refresh), environ)
    found: list[Usable] = []
    for name in providers.names():
        provider = providers.find_at(name, folder, environ)
        missing = provider.missing(brief.settings(name, can) if brief else {}, environ)
        found.extend(
            Usable(card=card, missing=missing, ended=card.ended)
            for card in provider.cards()
            if not can or can in card.does
        )
    return found


def _refreshed(source: Path, environ: Mapping[str, str]) -> Refreshed:
    """Keep what a file says of models where all datasets find it, beside what was kept before."""
    known = [card for name in providers.names() for card in providers.find(name).cards()]
    told, kept = catalogue.read(source, known, date.today()), cards.kept_at(environ)
    before = cards.changes_in(kept) if kept.exists() else {}
    with told_of(kept):
        kept.parent.mkdir(parents=True, exist_ok=True)
        after = {**before, **{name: {**before.get(name, {}), **fields} for name, fields in told.items()}}
        kept.write_bytes(msgspec.json.format(msgspec.json.encode(after)))
    return Refreshed(
        changed={name: tuple(sorted(fields)) for name, fields in told.items()}, kept_at=str(kept)
    )


def doctor(dataset: Folder = ".", ask: bool = False, bucket: str = "") -> list[Finding]:
    """Look for what could stand in the way: the brief, the disk, the files, the models, the bucket.

    ask: put the cheapest ask there is to each model, at its price, to see that it answers.
    bucket: try this place alone, for what publishing needs; what is put there is taken away.
    """
    if bucket:
        return list(import_module("photogram.probing").probed(bucket))
    return list(examining.examined(Path(dataset), trial.asked if ask else None))


def simulate(words: Sequence[str] = ()) -> None:
    """Serve a provider on this machine, to try things without a key: it counts calls and costs nothing.

    The first line it prints is the address for `base_url` in a brief. `--help` lists its options:
    delays, limits, prices and faults.

    words: options of the server.
    """
    options, server = (import_module(f"photogram.simulator.{name}") for name in ("command", "server"))
    try:
        run_to_end(server.serve(*options.script_from(words)))
    except (OSError, OverflowError) as error:
        raise BadInput(f"the port cannot be used: {error}", do="leave --port out") from None
