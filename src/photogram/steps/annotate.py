"""annotate: what a vision model sees in a picture, in the shape the brief asks for.

The model is shown the picture and is told what to look for. What the row knows by its plan, its label,
its facts and its mask, is not told: an answer that repeats the plan would prove nothing.
"""

from collections.abc import Mapping
from typing import Any

from photogram import private
from photogram.annotation import cell
from photogram.data import Ask, Option, Reply, Row, Said, See
from photogram.faults import Malformed
from photogram.recover import Recovery
from photogram.recovery import rules
from photogram.step import Value


class Step:
    """Fills `annotation`, or the column of one of several annotators, for every row that has a picture."""

    needs = ("image",)
    version = "2"

    def __init__(
        self,
        column: str,
        prompt: str,
        schema: dict[str, Any],
        options: Mapping[str, Option] | None = None,
        private_key: str = "",
    ) -> None:
        self.column, self._options = column, dict(options or {})
        self._schema, self._private_key = schema, private_key
        self._asked = rules.without(schema, "synonyms")
        self._prompt = prompt + private.request(private.names(schema))
        self._recovery = Recovery(schema)

    def ask(self, row: Row) -> Ask | None:
        picture = None if row.candidate_of else row.image()
        if picture is None:
            return None
        return See(images=(picture,), prompt=self._prompt, schema=self._asked, options=self._options)

    def absorb(self, row: Row, reply: Reply) -> Value:
        if not isinstance(reply, Said):
            raise Malformed("the reply holds no words")
        found = self._recovery.read(reply.text, reply.data)
        kept, marks = private.redacted(found.value, self._schema, self._private_key)
        return Value(facts=cell(kept, found.done, marks))
