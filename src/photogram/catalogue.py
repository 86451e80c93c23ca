"""Newer prices and dates of models, read from a file that a person gives.

Two kinds are understood: a TOML file such as those in cards/, with only the fields that changed; and a
JSON catalogue as the community keeps them, an object of models with costs and dates of deprecation.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, cast

import msgspec

from photogram.cards import Changes, changed
from photogram.data import Card
from photogram.faults import BadInput

_DO = "give a TOML file with [[model]] tables, or a JSON catalogue of models"
_FREE_TO_CHANGE = {"price", "limits", "legacy", "eol", "successor", "note", "about", "sizes", "batch"}
_PROVIDERS = {"bedrock_converse": "bedrock"}
"""Under which of our providers a catalogue's entries go, where it calls them otherwise. Google's other door
to the same models has dates and prices of its own, and is left out."""
_COSTS = {
    "tokens_in": ("input_cost_per_token", 1e6),
    "tokens_out": ("output_cost_per_token", 1e6),
    "image": ("output_cost_per_image", 1.0),
}
Tables = dict[str, Any]


def read(path: Path, cards: Iterable[Card], today: date) -> Changes:
    """What the file says of models that are known, and says differently."""
    known = {card.name: card for card in cards}
    told = _from_toml(path, known) if path.suffix == ".toml" else _from_json(path, known, today)
    return {name: fields for name, fields in told.items() if changed(known[name], fields) != known[name]}


# ------------------------------------------------------------------------ our own form


def _from_toml(path: Path, known: Mapping[str, Card]) -> Changes:
    try:
        tables = tomllib.loads(_text(path)).get("model", [])
        return {str(table["name"]): _own(table, known) for table in tables}
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"this is no file of cards: {error}", where=str(path), do=_DO) from None


def _own(table: Tables, known: Mapping[str, Card]) -> Tables:
    name, fields = table["name"], {key: value for key, value in table.items() if key != "name"}
    if name not in known:
        raise BadInput(f"there is no model {name!r}", do="`photogram models` lists them")
    if astray := sorted(set(fields) - _FREE_TO_CHANGE):
        do = f"what can be told anew is {', '.join(sorted(_FREE_TO_CHANGE))}"
        raise BadInput(f"{name}: {astray[0]} is not for a file to say", do=do)
    try:
        changed(known[name], fields)
    except msgspec.ValidationError as error:
        raise BadInput(f"{name}: {error}", do=_DO) from None
    return fields


# ----------------------------------------------------------------- a catalogue's form


def _from_json(path: Path, known: Mapping[str, Card], today: date) -> Changes:
    try:
        catalogue = json.loads(_text(path))
    except ValueError as error:
        raise BadInput(f"this is not JSON: {error}", where=str(path), do=_DO) from None
    if not isinstance(catalogue, dict):
        raise BadInput("this is no catalogue of models", where=str(path), do=_DO)
    found: Changes = {}
    for entry, facts in cast(Tables, catalogue).items():
        if isinstance(facts, dict):
            name = _name(entry, cast(Tables, facts))
            fields = _fields(known[name], cast(Tables, facts), today) if name in known else {}
            if fields:
                found.setdefault(name, fields)
    return found


def _name(entry: str, facts: Tables) -> str:
    """What a catalogue's entry is called here: the last part of a path is the model."""
    provider = str(facts.get("litellm_provider", ""))
    return f"{_PROVIDERS.get(provider, provider)}:{entry.rpartition('/')[2]}"


def _fields(card: Card, facts: Tables, today: date) -> Tables:
    fields: Tables = {}
    costs = {ours: facts[theirs] * by for ours, (theirs, by) in _COSTS.items() if _is_cost(facts.get(theirs))}
    if card.price.rates:
        costs.pop("image", None)  # one number cannot say what several do
    if costs:
        price = msgspec.to_builtins(card.price)
        fields["price"] = {**price, **costs, "read_on": today.isoformat()}
    if _is_date(ends := facts.get("deprecation_date")):
        fields["eol"] = ends
    return fields


def _is_cost(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1000


def _is_date(value: Any) -> bool:
    try:
        return bool(date.fromisoformat(value))
    except (TypeError, ValueError):
        return False


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}", do=_DO) from None
    except UnicodeDecodeError:
        raise BadInput("this is not UTF-8 text", where=str(path), do=_DO) from None
