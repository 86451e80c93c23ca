"""Nova invoked in its own words, as the lines of a batch job hold them; it answers as Converse does."""

import msgspec

from photogram.data import Ask, Card, See
from photogram.dialect import Request
from photogram.dialects import converse
from photogram.dialects.converse import Body, forced, inference, message
from photogram.faults import Invalid
from photogram.model import Reader

decode = converse.decode


def encode(card: Card, ask: Ask, read: Reader) -> Request:
    """The body for what is to be seen in some pictures."""
    if not isinstance(ask, See):
        raise Invalid(f"{card.name} looks at pictures, and nothing else")
    body: Body = {
        "schemaVersion": "messages-v1",
        "messages": [message(card, ask, read, told=False)],
        "inferenceConfig": inference(card, ask),
        **(forced(ask.schema) if ask.schema else {}),
    }
    return Request("/invoke", msgspec.json.encode(body))
