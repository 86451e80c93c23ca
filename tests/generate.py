"""The parts of the docs that come from the code. `python -m tests.generate` writes them anew.

docs/commands.md          from the help of every verb
docs/brief.md             from the grammar of the brief
docs/brief.schema.json    the same, for editors
docs/providers.md         its table of models, from the cards
"""

import json
from pathlib import Path
from typing import Any

import click

from photogram import cards, cli, stories, verbs
from photogram.brief import json_schema
from photogram.data import Card
from photogram.show import words as show

DOCS = Path(__file__).parent.parent / "docs"


def commands() -> str:
    """The help of every verb, as a terminal shows it."""
    parts = ["# Commands", "", "Written by `make fix` from the verbs' own docstrings.", ""]
    for name in verbs.HOMES:
        made = cli.command(name)
        with click.Context(made, info_name=f"photogram {name}", terminal_width=80) as context:
            parts += [f"## {name}", "", "```text", made.get_help(context).rstrip(), "```", ""]
    return "\n".join(parts)


def brief() -> str:
    """Every table and key of a brief, and a story to begin with."""
    schema = json_schema()
    parts = [
        "# The brief",
        "",
        "One TOML file, `brief.toml`, says what a dataset is to be. Written by `make fix` from its grammar;",
        "[brief.schema.json](brief.schema.json) is the same for editors.",
        "",
    ]
    for name, rule in schema["$defs"]["Brief"]["properties"].items():
        many = rule.get("type") == "array"
        table = _resolved(rule.get("items", rule) if many else rule, schema)
        parts += [f"## {'[[' if many else '['}{name}{']]' if many else ']'}", ""]
        parts += [*_about(table, rule), *_keys(table, schema), ""]
    parts += ["## A brief to begin with", "", "`photogram new DIR --story inspection` writes this one:", ""]
    return "\n".join([*parts, "```toml", stories.text("inspection").rstrip(), "```", ""])


def _about(table: dict[str, Any], rule: dict[str, Any]) -> list[str]:
    said = rule.get("description") or table.get("description", "")
    return [said[:1].upper() + said[1:].rstrip(".") + ".", ""] if said else []


def _keys(table: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    if "properties" not in table:
        return ["Each key is a name of your own choice.", ""]
    rows = ["| key | what it is | by default |", "|---|---|---|"]
    for key, rule in table["properties"].items():
        whole = {**_resolved(rule, schema), **rule}
        default = "" if key in table.get("required", ()) else _toml(whole.get("default", ""))
        rows.append(f"| `{key}` | {_said(whole)} | {default} |")
    return rows


def _said(rule: dict[str, Any]) -> str:
    parts = [rule["description"]] if "description" in rule else []
    choices = [value for value in rule.get("enum", ()) if value]
    parts += [", ".join(f"`{value}`" for value in choices)] if choices else []
    parts += ["such as " + ", ".join(f"`{_toml(value)}`" for value in rule.get("examples", ()))]
    return "; ".join(part for part in parts if part != "such as ").replace("|", "\\|")


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if value not in ("", {}, [], None) else ""


def _resolved(rule: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    for choice in rule.get("anyOf", ()):
        if "$ref" in choice:
            rule = choice
    return schema["$defs"][rule["$ref"].rpartition("/")[2]] if "$ref" in rule else rule


def schema() -> str:
    """The grammar of the brief as JSON Schema."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def providers() -> str:
    """The page on providers as it is written, with the models as the cards have them."""
    before, _, rest = (DOCS / "providers.md").read_text("utf-8").partition("<!-- models -->")
    _, _, after = rest.partition("<!-- end -->")
    return "\n".join([before + "<!-- models -->", "", *_models(), "<!-- end -->" + after])


def _models() -> list[str]:
    lines: list[str] = []
    for name in LISTED:
        head = "| model | can | what it is | price | until |"
        lines += [f"### {name}: models", "", head, "|---|---|---|---|---|"]
        lines += [_model(card) for card in cards.read(name, {"PHOTOGRAM_CARDS": "/nowhere/at/all"})] + [""]
    return lines


def _model(card: Card) -> str:
    price = "" if card.price.free and card.eol else show.price(card.price)
    until = f"{card.eol}, then `{card.successor}`" if card.eol else ""
    return f"| `{card.name}` | {', '.join(card.does)} | {card.about} | {price} | {until} |"


LISTED = ("keyless", "openai", "gemini", "bedrock")
"""The providers whose models are the same everywhere; of the others it depends on the machine."""

GENERATED = {
    "commands.md": commands,
    "brief.md": brief,
    "brief.schema.json": schema,
    "providers.md": providers,
}


def main() -> None:
    for name, write in GENERATED.items():
        (DOCS / name).write_text(write(), "utf-8")


if __name__ == "__main__":
    main()
