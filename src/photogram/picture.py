"""What steps that ask for a picture do with the one that came."""

from photogram.data import Facts, Picture, Reply
from photogram.faults import Malformed
from photogram.pixels.codecs import inspect
from photogram.step import Value


def kept(reply: Reply) -> Value:
    """The picture as it came, its mask if it has one, its size, and what its maker says of it."""
    if not isinstance(reply, Picture) or not reply.images:
        raise Malformed("no picture came with the reply")
    header = inspect(reply.images[0])
    facts: Facts = {"width": header.width, "height": header.height, **reply.made}
    if reply.refused:
        facts["partly_refused"] = reply.refused
    masks = {"mask": reply.masks[0]} if reply.masks else {}
    return Value(facts=facts, files={"image": reply.images[0], **masks})
