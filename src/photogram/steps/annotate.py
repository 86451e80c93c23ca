"""annotate: what a vision model sees in a picture, in the shape the brief asks for."""

from typing import Any

import msgspec

from photogram.data import Ask, Reply, Row, Said, See
from photogram.faults import Malformed
from photogram.step import Value


class Step:
    """Fills `annotation` for every row that has a picture."""

    column = "annotation"
    needs = ("image",)
    version = "1"

    def __init__(self, prompt: str, schema: dict[str, Any]) -> None:
        self._prompt, self._schema = prompt, schema

    def ask(self, row: Row) -> Ask | None:
        picture = None if row.candidate_of else row.image()
        return See(images=(picture,), prompt=self._prompt, schema=self._schema) if picture else None

    def absorb(self, row: Row, reply: Reply) -> Value:
        if not isinstance(reply, Said):
            raise Malformed("the reply holds no words")
        data = reply.data if reply.data is not None else _parsed(reply.text)
        if not isinstance(data, dict):
            raise Malformed("the reply is not a JSON object", reply.text)
        self._check(data, reply.text)  # pyright: ignore[reportUnknownArgumentType]
        return Value(facts=data)  # pyright: ignore[reportUnknownArgumentType]

    def _check(self, data: dict[str, Any], raw: str) -> None:
        missing = [name for name in self._schema.get("required", ()) if name not in data]
        if missing:
            raise Malformed(f"the reply lacks: {', '.join(missing)}", raw)
        for name, rule in self._schema.get("properties", {}).items():
            if "enum" in rule and name in data and data[name] not in rule["enum"]:
                raise Malformed(f"{name} is {data[name]!r}, not one of {rule['enum']}", raw)


def _parsed(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise Malformed(f"the reply is not JSON: {error}", text) from None
