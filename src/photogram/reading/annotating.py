"""What a brief asks of pictures: from names, words, a file or a JSON Schema to the one schema."""

import json
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import msgspec

from photogram import ready
from photogram.annotation import BESIDE
from photogram.brief import Annotate, Field
from photogram.reading.fields import Said, schema_of
from photogram.reading.words import Mistake, Place, listed, nearest

PROMPT = "Describe this picture."
_FIELDS: Place = ("annotate", "fields")
_SCHEMA: Place = ("annotate", "schema")


def with_schema(annotate: Annotate, folder: Path) -> Annotate:
    """The same table with its prompt and its schema, however they were written."""
    _check_one(annotate)
    if isinstance(annotate.fields, str):
        found = _ready(annotate.fields)
        annotate = msgspec.structs.replace(
            annotate, fields=found.fields, prompt=annotate.prompt or found.prompt
        )
    given = annotate.schema
    schema = _given(given, folder) if given else schema_of(_said(annotate), _FIELDS)
    schema = _with_private(schema, annotate.private)
    return msgspec.structs.replace(annotate, prompt=annotate.prompt or PROMPT, schema=schema)


def _check_one(annotate: Annotate) -> None:
    if bool(annotate.fields) == bool(annotate.schema):
        what = "[annotate] has fields and a schema" if annotate.schema else "[annotate] asks for nothing"
        do = "keep one of them" if annotate.schema else 'add [annotate.fields] with description = "text"'
        raise Mistake(what, at=_SCHEMA, do=do)


def _ready(name: str) -> Annotate:
    known = ready.names()
    if name not in known:
        do = f"{nearest(name, known)}ready are {listed(known)}; or name each field in [annotate.fields]"
        raise Mistake(f"there are no ready fields {name!r}", at=_FIELDS, do=do)
    return msgspec.convert(tomllib.loads(ready.text(name)), Annotate)


def _said(annotate: Annotate) -> dict[str, Said]:
    fields = annotate.fields if isinstance(annotate.fields, dict) else {}
    return {
        name: Said(said.wording, said.about, said.synonyms, said.optional, said.null, said.private)
        if isinstance(said, Field)
        else Said(said)
        for name, said in fields.items()
    }


# ------------------------------------------------------------------- a schema as given


def _given(schema: str | dict[str, Any], folder: Path) -> dict[str, Any]:
    """A JSON Schema of an object, from the brief or from a file beside it."""
    found = _object(_from_file(folder / schema) if isinstance(schema, str) else schema)
    if found.get("type") != "object":
        raise Mistake("annotate.schema describes no object", at=_SCHEMA, do='add type = "object" to it')
    truth = import_module("photogram.recovery.truth")  # loads what checks schemas
    if wrong := truth.wrong(found):
        raise Mistake(f"annotate.schema is no JSON Schema: {wrong}", at=_SCHEMA, do="see json-schema.org")
    for name in cast(dict[str, Any], found.get("properties", {})):
        if name.startswith(BESIDE):
            what = f"annotate.schema has a field {name!r}"
            raise Mistake(what, at=_SCHEMA, do=f"let its name begin with something else than {BESIDE}")
    return found


def _from_file(path: Path) -> dict[str, Any]:
    try:
        found: Any = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        do = "`schema` names a JSON file beside the brief"
        raise Mistake(f"{path.name} cannot be read: {error.strerror}", at=_SCHEMA, do=do) from None
    except (ValueError, RecursionError) as error:
        raise Mistake(f"{path.name} is not JSON: {error}", at=_SCHEMA, do="export it anew") from None
    if not isinstance(found, dict):
        raise Mistake(f"{path.name} holds no JSON object", at=_SCHEMA, do='it begins with {"type": "object"')
    return cast(dict[str, Any], found)


def _object(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that is a reference to one of its own parts, as that part."""
    reference: Any = schema.get("$ref")
    if not (isinstance(reference, str) and reference.startswith("#/$defs/")):
        return schema
    named: Any = schema.get("$defs", {}).get(reference.removeprefix("#/$defs/"), {})
    return {**named, **{key: part for key, part in schema.items() if key != "$ref"}}


def _with_private(schema: dict[str, Any], private: tuple[str, ...]) -> dict[str, Any]:
    """The schema with some of its fields marked as private."""
    known: dict[str, Any] = schema.get("properties", {})
    for name in private:
        if name not in known:
            do = f"{nearest(name, list(known))}its fields are {listed(known)}"
            raise Mistake(f"annotate.private: there is no field {name!r}", at=("annotate", "private"), do=do)
    marked = {name: {**_as_table(known[name]), "private": True} for name in private}
    return {**schema, "properties": {**known, **marked}} if marked else schema


def _as_table(part: Any) -> dict[str, Any]:
    return cast(dict[str, Any], part) if isinstance(part, dict) else {}
