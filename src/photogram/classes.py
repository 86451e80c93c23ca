"""What a Python class says of an annotation, as a JSON Schema."""

from typing import Any

import msgspec

from photogram.faults import BadInput


def schema_of(kind: type) -> dict[str, Any]:
    """The JSON Schema of a msgspec Struct, a dataclass, a TypedDict or a pydantic model.

    It is what `schema = "schema.json"` in a brief takes. A field says that it is private, or has synonyms,
    by `Meta(extra_json_schema={"private": True})`, or in pydantic by `Field(json_schema_extra=...)`.
    """
    own = getattr(kind, "model_json_schema", None)
    try:
        return own() if callable(own) else msgspec.json.schema(kind)  # pyright: ignore[reportReturnType]
    except TypeError as error:
        do = "give a msgspec Struct, a dataclass, a TypedDict or a pydantic model"
        raise BadInput(f"{kind!r} has no JSON Schema: {error}", do=do) from None
