"""A brief is read: its file becomes tables, the tables are checked, and a mistake is told with its line.

The grammar is checked by its own schema; what a schema cannot say (placeholders, conditions,
combinations) after it.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

import msgspec

from photogram.brief import Bounds, Brief, Edit, Group, Make, Where
from photogram.data import Ability
from photogram.faults import BadInput
from photogram.reading.annotating import with_schema
from photogram.reading.places import line_of
from photogram.reading.shape import Shape
from photogram.reading.template import Template
from photogram.reading.words import Mistake, Place, nearest

MOST_COMBINATIONS = 1_000_000
SIDES = (16, 8192)
ABILITIES: tuple[str, ...] = get_args(Ability)


def read(path: Path) -> Brief:
    """The brief in a file, or in the `brief.toml` of a folder."""
    if path.is_dir() and not (path / "brief.toml").is_file():
        do = f"`photogram new {path}` writes one"
        raise BadInput(f"there is no brief.toml in {path}", do=do)
    if path.is_dir():
        path = path / "brief.toml"
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        do = f"`photogram new {path.parent}` writes one"
        raise BadInput(f"there is no {path.name} in {path.parent}", do=do) from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}", do="check its permissions") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        do = "save it as UTF-8: every editor can"
        raise BadInput("this is not UTF-8 text", where=f"{path.name}, line {line}", do=do) from None
    return parse(text, path.name, path.parent)


def parse(text: str, where: str = "brief.toml", folder: Path = Path()) -> Brief:
    """The brief a text says; a mistake in it is told with its line. Files it names lie in `folder`."""
    try:
        tables = _tables(text, where)
        _shape().check(tables)
        return _checked(msgspec.convert(tables, Brief), tables, folder)
    except Mistake as mistake:
        line = line_of(text, mistake.at)
        do = _moved(mistake.at) or mistake.do
        raise BadInput(mistake.what, where=f"{where}, line {line}", do=do) from None
    except RecursionError:
        raise BadInput("this is nested too deeply", where=where, do="a brief is tables of lists") from None


@cache
def _shape() -> Shape:
    return Shape(msgspec.json.schema(Brief))


# What the standard parser says, and what a person does about it.
_SYNTAX = {
    "Invalid value": 'text stands in quotes: name = "bridges"',
    "Cannot overwrite": "this key or table is there already: keep one of them",
    "Cannot declare": "this table is there already: keep one, or write [[make]] or [[take]] for several",
    "Cannot mutate": "this key or table is there already: keep one of them",
    "Expected '='": "a line is: key = value",
    "Unclosed array": "a list ends with ]",
    "Unclosed inline": "a table in one line ends with }",
    "Unterminated string": "close the quotes",
    "Illegal character": 'close the quotes; a text of several lines stands between """ and """',
    "Unescaped": "write a backslash twice, or use 'single quotes'",
}


def _tables(text: str, where: str) -> dict[str, Any]:
    try:
        text.encode()  # half a surrogate pair is no text, and would fail when the row is hashed
        return tomllib.loads(text)
    except ValueError as error:
        what, _, place = str(error).partition(" (at ")
        found = re.search(r"line (\d+)", place)
        line = int(found[1]) if found else len(text.splitlines()) or 1
        do = next((remedy for said, remedy in _SYNTAX.items() if said in what), "see https://toml.io")
        raise BadInput(f"this is not TOML: {what}", where=f"{where}, line {line}", do=do) from None


def _moved(at: Place) -> str:
    """The remedy for a key that fell into a table which begins above it."""
    match at:
        case ("make" | "edit" as name, int(), "vary" | "facts" | "options" as table, str(key), *_):
            meant = key in (Make if name == "make" else Edit).__struct_fields__
            return f"if {key} is meant for the group, write it above [{name}.{table}]" if meant else ""
        case _:
            return ""


# --------------------------------------------------------------- what no schema can say


def _checked(brief: Brief, tables: Mapping[str, Any], folder: Path) -> Brief:
    groups: dict[bytes, int] = {}
    for number, make in enumerate(brief.make):
        at: Place = ("make", number)
        _check_count(make, tables["make"][number], at)
        _check_size(make, at)
        _check_names(make, at)
        _check_variation(make, at)
        content = msgspec.json.encode(make.content(brief.dataset.seed), order="deterministic")
        if groups.setdefault(content, number) != number:
            do = "raise the count of one of them, or give one another seed"
            raise Mistake(f"this [[make]] is the same as number {groups[content] + 1}", at=at, do=do)
    for name, bounds in brief.measure.items():
        _check_bounds(bounds, ("measure", name))
    for name, text in brief.judge.questions.items() if brief.judge else ():
        _check_question(text, brief, ("judge", "questions", name))
    for name, table in brief.providers.items():
        _check_settings(table, ("providers", name))
    if brief.annotate:
        brief = msgspec.structs.replace(brief, annotate=with_schema(brief.annotate, folder))
    for number, edit in enumerate(brief.edit):
        _check_edit(edit, brief, ("edit", number))
    return brief


def _check_count(make: Make, table: Mapping[str, Any], at: Place) -> None:
    if make.how == "product" or "count" in table:
        return
    astray = [name for name in ("vary", "facts", "options") if "count" in table.get(name, {})]
    do = f"write it above [make.{astray[0]}]" if astray else "add count = 20"
    raise Mistake("this [[make]] has no count", at=(*at, astray[0], "count") if astray else at, do=do)


def _check_size(make: Make, at: Place) -> None:
    least, most = SIDES
    if make.size and not all(least <= side <= most for side in make.sides):
        what = f"make.size cannot be {make.size!r}"
        raise Mistake(what, at=(*at, "size"), do=f"each side is {least} to {most:,} pixels")


def _check_names(make: Group, at: Place) -> None:
    """Every name in the texts has a value, and only one."""
    for name in make.vary:
        if name in make.facts:
            do = "remove it from one of them"
            what = f"{name!r} is in [{at[0]}.vary] and in [{at[0]}.facts]"
            raise Mistake(what, at=(*at, "facts", name), do=do)
    known = [*make.vary, *make.facts, "label"]
    for key, text in (("prompt", make.prompt), ("negative", make.negative)):
        for name in Template(text, (*at, key)).names:
            if name not in known:
                do = f"{nearest(name, known)}give {name} its values in [{at[0]}.vary] or [{at[0]}.facts]"
                raise Mistake(f"nothing gives {{{name}}} in the {key} a value", at=(*at, key), do=do)


def _check_variation(make: Make, at: Place) -> None:
    variation = make.variation(at)
    variation.check()
    if make.how == "product":
        rows = variation.size(MOST_COMBINATIONS) * make.count
        if rows > MOST_COMBINATIONS:
            what = f"every combination would be {rows:,} rows, and {MOST_COMBINATIONS:,} is the most"
            do = 'let fewer things vary, or draw some of them: how = "sample"'
            raise Mistake(what, at=(*at, "how"), do=do)


def _check_edit(edit: Edit, brief: Brief, at: Place) -> None:
    _check_names(edit, at)
    edit.variation(at).check()
    labels = [group.label for group in (*brief.make, *brief.take)]
    if edit.of not in labels and (nearest(edit.of, labels) or not brief.take):
        do = f"{nearest(edit.of, labels)}give [[make]] or [[take]] this label; edits are not edited again"
        raise Mistake(f"no picture has the label {edit.of!r}", at=(*at, "of"), do=do)
    _check_where(edit, at)
    _check_field(edit, brief, at)
    _check_sides(edit, at)
    _check_donors(edit, brief, at)
    if edit.best_of > 1 and edit.kind not in ("inpaint", "transplant"):
        do = f"remove best_of: {edit.kind} is made once"
        what = "candidates are compared by how something new sits under its mask"
        raise Mistake(what, at=(*at, "best_of"), do=do)


def _check_where(edit: Edit, at: Place) -> None:
    given = [name for name in ("box", "polygon", "mask", "field", "words") if getattr(edit.where, name)]
    if len(given) > 1:
        do = "keep one of them"
        raise Mistake(f"edit.where names {' and '.join(given)}", at=(*at, "where"), do=do)
    if len(edit.where.polygon) in (1, 2):
        raise Mistake("a polygon has three corners", at=(*at, "where"), do="add the missing ones")


def _check_field(edit: Edit, brief: Brief, at: Place) -> None:
    """What a field says is known once the picture is annotated; what words mean only the model knows."""
    known = list(brief.annotate.asked.get("properties", {})) if brief.annotate else []
    if edit.where.field and edit.where.field not in known:
        do = f"{nearest(edit.where.field, known)}add it to [annotate.fields], as a list of number 0..1"
        raise Mistake(f"[annotate] has no field {edit.where.field!r}", at=(*at, "where"), do=do)
    _check_annotator(edit, list(brief.annotate.by) if brief.annotate else [], at)
    if edit.where.words and (edit.where.shape or edit.kind not in ("inpaint", "erase")):
        do = "give a box, a polygon, a mask or a field instead"
        raise Mistake("words mark a place for the model alone", at=(*at, "where"), do=do)


def _check_annotator(edit: Edit, by: list[str], at: Place) -> None:
    """Of several annotators one says where."""
    named = edit.where.annotator
    if named and (named not in by or not edit.where.field):
        do = f"{nearest(named, by)}name one of [annotate.by], and the field" if by else "remove it"
        raise Mistake(f"no annotator {named!r} can say where", at=(*at, "where"), do=do)
    if edit.where.field and by and not named:
        what = f"{' and '.join(by)} may each say another {edit.where.field!r}"
        raise Mistake(what, at=(*at, "where"), do=f'name the one that is meant: annotator = "{by[0]}"')


def _check_donors(edit: Edit, brief: Brief, at: Place) -> None:
    if edit.kind == "transplant" and not edit.donors:
        do = 'take pictures in with their masks, and name their label: donors = "real"'
        raise Mistake("a transplant has donors, and none are named", at=at, do=do)
    if edit.kind != "transplant" and edit.donors:
        do = 'write kind = "transplant", or remove the donors'
        raise Mistake(f"an edit of the kind {edit.kind!r} has no donors", at=(*at, "donors"), do=do)
    known = {take.label: take.masks for take in brief.take}
    if edit.donors in known and not known[edit.donors]:
        do = f"say where their masks lie in the [[take]] of {edit.donors!r}: masks = [...]"
        raise Mistake(f"pictures labelled {edit.donors!r} have no masks", at=(*at, "donors"), do=do)
    if edit.donors and edit.donors not in known and nearest(edit.donors, list(known)):
        do = f"{nearest(edit.donors, list(known))}donors are pictures taken in, by [[take]] or by `add`"
        raise Mistake(f"no [[take]] has the label {edit.donors!r}", at=(*at, "donors"), do=do)


def _check_question(text: str, brief: Brief, at: Place) -> None:
    """The names in a question for the judge are those of facts that some group has."""
    known = ["label", *(name for group in (*brief.make, *brief.edit) for name in (*group.vary, *group.facts))]
    for name in Template(text, at).names:
        if name not in known:
            do = f"{nearest(name, known)}what is known of rows is their label and their facts"
            raise Mistake(f"no row has {{{name}}}", at=at, do=do)


def _check_sides(edit: Edit, at: Place) -> None:
    sides = msgspec.structs.astuple(edit.sides)
    if edit.kind == "outpaint" and not any(sides):
        do = "add sides = { left = 0.25, right = 0.25 }"
        raise Mistake("an outpaint grows the picture, and no side is said", at=at, do=do)
    if edit.kind != "outpaint" and any(sides):
        do = 'write kind = "outpaint", or remove the sides'
        raise Mistake(
            f"an edit of the kind {edit.kind!r} does not grow the picture", at=(*at, "sides"), do=do
        )
    if edit.kind == "outpaint" and edit.where != Where():
        do = "an outpaint changes nothing of the picture itself: remove where"
        raise Mistake("an outpaint has sides, and no where", at=(*at, "where"), do=do)


def _check_bounds(bounds: Bounds, at: Place) -> None:
    if bounds.least is None and bounds.most is None:
        do = "write { least = 0.1, most = 0.9 }, or one of them"
        raise Mistake(f"measure.{at[-1]} has no bounds", at=at, do=do)
    if bounds.least is not None and bounds.most is not None and bounds.least > bounds.most:
        raise Mistake(f"measure.{at[-1]}: least is above most", at=at, do="exchange them")


def _check_settings(table: Mapping[str, Any], at: Place) -> None:
    for name, value in table.items():
        if isinstance(value, dict) and name not in ABILITIES:
            do = f"{nearest(name, ABILITIES)}a table is for one of {', '.join(ABILITIES)}"
            raise Mistake(f"no model can {name!r}", at=(*at, name), do=do)
