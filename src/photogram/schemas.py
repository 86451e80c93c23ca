"""A JSON Schema as each vendor takes it.

The full schema stays the truth: answers are held against it here, whatever was sent. What is sent is a
projection: references laid out, what the vendor does not know said in the description instead. The
order of fields is kept, since models answer in that order and may be meant to give a reason before a
score; the words of each part stand in one order, so that the same schema always has the same bytes and
vendors find what they compiled before.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, cast

import msgspec

from photogram.data import See
from photogram.faults import Invalid
from photogram.recovery.rules import without

Schema = dict[str, Any]
Place = tuple[str, ...]

MOST_PARTS = 5_000
"""Parts a schema may have once its references are laid out; vendors take fewer."""


_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})


class Subset(NamedTuple):
    """What a vendor takes: the `words` it knows, and at most how large a `minItems`.

    `closed` objects have no fields but those named. `whole` ones have all of them: a field that may be
    missing is one that may be null. Where all is `typed`, every part says of which type it is.
    """

    vendor: str
    words: frozenset[str]
    most_least: int | None = None
    closed: bool = True
    whole: bool = False
    typed: bool = False
    formats: frozenset[str] = _FORMATS | {"uri"}


_ALL = {"type", "title", "description", "enum", "anyOf", "properties", "required", "items", "format"}
BEDROCK = Subset("Bedrock", frozenset(_ALL | {"const", "minItems"}), most_least=1)
_BOUNDS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
OPENAI = Subset(
    "OpenAI",
    frozenset(_ALL | _BOUNDS | {"const", "pattern", "minItems", "maxItems"}),
    whole=True,
    typed=True,
    formats=_FORMATS,
)
GEMINI = Subset(
    "Gemini", frozenset(_ALL | {"minimum", "maximum", "minItems", "maxItems", "prefixItems"}), closed=False
)

_ORDER = (
    *("type", "title", "description", "enum", "const", "format", "pattern", "minimum", "maximum"),
    *("exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "items", "prefixItems"),
    *("anyOf", "properties", "required", "additionalProperties"),
)

_IN_WORDS: dict[str, str] = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} of them",
    "maxItems": "at most {} of them",
    "pattern": "of the form {}",
    "format": "a {}",
    "default": "{} if nothing else is known",
    "examples": "such as {}",
}
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
_SILENT = {"$schema", "$id", "$comment", "$anchor", "$defs", "definitions", "deprecated", "title", "private"}
_BUILT = {"description", "uniqueItems", "additionalProperties", "properties", "required", "anyOf", "items"}


def project(schema: Mapping[str, Any], subset: Subset) -> Schema:
    """The schema as this vendor takes it; `Invalid` where it cannot be said to this vendor at all."""
    return _Projection(schema, subset).part(dict(schema), (), ())


def as_text(schema: Mapping[str, Any]) -> str:
    """A schema as JSON text, the same for the same schema."""
    return msgspec.json.encode(schema).decode()


def prompted(ask: See, *, schema: bool = False) -> str:
    """What a model that looks at pictures is told; with `schema`, the shape of the answer as well."""
    parts = [ask.prompt]
    if schema and ask.schema:
        parts.append(
            "Answer with one JSON object and nothing else. It follows this JSON Schema:\n"
            + as_text(without(ask.schema, "private"))
        )
    if ask.complaint:
        parts.append(f"Your last answer could not be used: {ask.complaint}. Answer again, in full.")
    return "\n\n".join(part for part in parts if part)


def without_absent(data: Any, schema: Mapping[str, Any]) -> Any:
    """An answer without the nulls that stand for fields left out, where the schema has no null there.

    A `whole` projection makes the model write null for every optional field it has nothing to say on.
    """
    return _Nulls(schema).dropped(data, dict(schema))


# ------------------------------------------------------------------------- references


class _Rooted:
    """A schema whose references can be followed."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root

    def _referred(self, reference: str, place: Place) -> Schema:
        found: Any = self._root
        steps = reference.removeprefix("#").split("/")[1:]
        for step in steps if reference.startswith("#") else ["?"]:
            name = step.replace("~1", "/").replace("~0", "~")
            found = cast(Schema, found).get(name) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            raise Invalid(f"the schema refers to {reference}, which it does not hold", where=_said(place))
        return cast(Schema, found)

    def _merged(self, schema: Schema, place: Place, seen: tuple[str, ...]) -> tuple[Schema, tuple[str, ...]]:
        """The schema with what it refers to and all parts it is made of, as one."""
        while "$ref" in schema:
            reference = str(schema["$ref"])
            if reference in seen:
                do = "write out as many levels as are needed"
                raise Invalid(f"the schema refers to itself by {reference}", where=_said(place), do=do)
            seen = (*seen, reference)
            own = {word: value for word, value in schema.items() if word != "$ref"}
            schema = _joined(self._referred(reference, place), own)
        followed = seen
        for part in cast("list[Schema]", schema.get("allOf", [])):
            inner, further = self._merged(part, place, seen)
            schema = _joined({word: value for word, value in schema.items() if word != "allOf"}, inner)
            followed = (*followed, *further)
        return schema, followed


def _joined(one: Schema, other: Schema) -> Schema:
    """Two parts that both hold, as one; where both say something, what the other says."""
    joined = {**one, **other}
    if "properties" in one and "properties" in other:
        joined["properties"] = {**one["properties"], **other["properties"]}
    if "required" in one and "required" in other:
        joined["required"] = list(dict.fromkeys([*one["required"], *other["required"]]))
    return joined


def _said(place: Place) -> str:
    return "schema " + ".".join(place) if place else "schema"


# ------------------------------------------------------------------------- projecting


class _Projection(_Rooted):
    def __init__(self, root: Mapping[str, Any], subset: Subset) -> None:
        super().__init__(root)
        self._subset, self._parts = subset, 0

    def part(self, schema: Any, place: Place, seen: tuple[str, ...]) -> Schema:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise Invalid(f"the schema has more than {MOST_PARTS:,} parts", do="ask for fewer fields")
        if not isinstance(schema, dict):
            return {}
        merged, seen = self._merged(cast(Schema, schema), place, seen)
        merged = _normal(merged)
        kept, told = self._sorted_out(merged)
        for word, build in self._builders(merged, place, seen).items():
            if word in merged:
                kept[word] = build(merged[word])
        if "object" in _kinds(kept):
            self._close(kept, merged, place)
        if self._subset.typed and not {"type", "anyOf"} & kept.keys():
            kept["type"] = self._type_of(kept, place)
        if description := _described(merged, told):
            kept["description"] = description
        return {word: kept[word] for word in _ORDER if word in kept}

    def _builders(
        self, schema: Schema, place: Place, seen: tuple[str, ...]
    ) -> dict[str, Callable[[Any], Any]]:
        def each(parts: Any) -> list[Schema]:
            return [self.part(part, place, seen) for part in parts]

        def properties(parts: Any) -> Schema:
            return {name: self.part(part, (*place, name), seen) for name, part in parts.items()}

        builders: dict[str, Callable[[Any], Any]] = {
            "properties": properties,
            "items": lambda part: self.part(part, (*place, "[]"), seen),
            "anyOf": each,
        }
        return builders | ({"prefixItems": each} if "prefixItems" in self._subset.words else {})

    def _sorted_out(self, schema: Schema) -> tuple[Schema, list[str]]:
        """The words that may stay, and what the others say in plain words."""
        kept: Schema = {}
        told: list[str] = []
        for word, value in schema.items():
            if self._takes(word, value):
                kept[word] = value
            elif word == "const":
                kept["enum"] = [value]
            elif word not in _SILENT | _BUILT:
                told.append(_in_words(word, value))
        if schema.get("uniqueItems"):
            told.append("none of them twice")
        least = self._subset.most_least
        if least is not None and schema.get("minItems", 0) > least:
            kept["minItems"] = least
        return kept, told

    def _takes(self, word: str, value: Any) -> bool:
        if word not in self._subset.words or word in _BUILT:
            return False
        if word == "format":
            return value in self._subset.formats
        if word == "enum":
            return not any(isinstance(one, (dict, list)) for one in value)
        least = self._subset.most_least
        return word != "minItems" or least is None or value <= least

    def _type_of(self, kept: Schema, place: Place) -> Any:
        """The type of the values that a part allows, where it does not say it."""
        values = [kept["const"]] if "const" in kept else kept.get("enum", [])
        types = list(dict.fromkeys(_TYPES[type(value)] for value in values if type(value) in _TYPES))
        if not types:
            what = f"{self._subset.vendor} wants to know of which type it is"
            raise Invalid(what, where=_said(place), do='give it a type, such as type = "string"')
        return types[0] if len(types) == 1 else types

    def _close(self, kept: Schema, schema: Schema, place: Place) -> None:
        """An object with the fields it names, as this vendor wants objects to be."""
        fields: dict[str, Schema] = kept.get("properties", {})
        required = [name for name in fields if name in schema.get("required", ())]
        if self._subset.closed:
            if not fields:
                what = f"{self._subset.vendor} answers only with fields that the schema names"
                raise Invalid(what, where=_said(place), do="give them names, or ask for a list of text")
            kept["additionalProperties"] = False
        elif "additionalProperties" in schema:
            more = schema["additionalProperties"]
            kept["additionalProperties"] = self.part(more, place, ()) if isinstance(more, dict) else more
        if self._subset.whole:
            absent = {name: _or_null(part) for name, part in fields.items() if name not in required}
            kept["properties"], required = {**fields, **absent}, list(fields)
        if required:
            kept["required"] = required


def _normal(schema: Schema) -> Schema:
    """The schema in the order of its words, with what it leaves to the reader; one word for one thing."""
    words = [*(word for word in _IN_WORDS if word in schema), *sorted(schema.keys() - _IN_WORDS.keys())]
    schema = {word: schema[word] for word in words}
    if "oneOf" in schema:
        schema["anyOf"] = schema.pop("oneOf")
    if "type" not in schema and "properties" in schema:
        schema["type"] = "object"
    if "type" not in schema and "items" in schema:
        schema["type"] = "array"
    return schema


def _kinds(schema: Schema) -> list[str]:
    """The types a part may be of; none where it does not say."""
    kind = schema.get("type", [])
    return cast("list[str]", kind) if isinstance(kind, list) else [str(kind)]


def _in_words(word: str, value: Any) -> str:
    if word == "examples" and isinstance(value, list):
        return _IN_WORDS[word].format(", ".join(map(_plain, cast("list[Any]", value))))
    known = _IN_WORDS.get(word)
    return known.format(_plain(value)) if known else f"{word} {as_text(value)}"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else as_text(value)


def _described(schema: Schema, told: list[str]) -> str:
    limits = f"({'; '.join(told)})" if told else ""
    return " ".join(filter(None, [str(schema.get("description", "")), limits]))


def _or_null(part: Schema) -> Schema:
    """The same part, or nothing."""
    kinds = _kinds(part)
    if not kinds or "anyOf" in part or "const" in part:
        return {"anyOf": [part, {"type": "null"}]}
    if "null" in kinds:
        return part
    none = {"enum": [*part["enum"], None]} if "enum" in part else {}
    return {**part, "type": [*kinds, "null"], **none}


# --------------------------------------------------------------------------- absences


class _Nulls(_Rooted):
    def dropped(self, data: Any, schema: Any) -> Any:
        if not isinstance(schema, dict) or not isinstance(data, (dict, list)):
            return data  # pyright: ignore[reportUnknownVariableType]
        merged = self._branch(data, cast(Schema, schema))
        if isinstance(data, list):
            return [self.dropped(item, merged.get("items")) for item in cast("list[Any]", data)]
        fields: Schema = merged.get("properties", {})
        left = {
            name: value
            for name, value in cast(Schema, data).items()
            if value is not None or name in merged.get("required", ()) or self._nullable(fields.get(name))
        }
        return {name: self.dropped(value, fields.get(name)) for name, value in left.items()}

    def _branch(self, data: Any, schema: Schema) -> Schema:
        """The schema that an answer follows: of several the first that could hold it."""
        names = set(cast(Schema, data)) if isinstance(data, dict) else {"items"}
        branches = list(self._branches(schema))
        for branch in branches[1:]:
            if names <= set(branch.get("properties", {}) if isinstance(data, dict) else branch):
                return branch
        return branches[0]

    def _branches(self, schema: Any) -> Iterator[Schema]:
        merged = self._plain(schema)
        yield merged
        for branch in [*merged.get("anyOf", ()), *merged.get("oneOf", ())]:
            yield from self._branches(branch)

    def _plain(self, schema: Any) -> Schema:
        return self._merged(cast(Schema, schema), (), ())[0] if isinstance(schema, dict) else {}

    def _nullable(self, schema: Any) -> bool:
        if not isinstance(schema, dict):
            return True
        merged = self._plain(schema)
        branches = [*merged.get("anyOf", ()), *merged.get("oneOf", ())]
        if branches:
            return any(map(self._nullable, branches))
        if "const" in merged or "enum" in merged:
            return None in [merged.get("const", 0), *merged.get("enum", ())]
        return "null" in (_kinds(merged) or ["null"])
