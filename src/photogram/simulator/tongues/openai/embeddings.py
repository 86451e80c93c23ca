"""POST /embeddings: texts, or texts that are tokens already, as vectors of floats or of their bytes."""

from base64 import b64encode
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct

from photogram.simulator.call import Call, Made, Problem, Request, count_tokens, read_json

SIZES = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
LOCAL_SIZE = 384
MOST_TEXTS, MOST_TOKENS, MOST_IN_ALL = 2048, 8192, 300_000


class _Body(Struct):
    model: str
    input: str | list[str | int | list[int]]
    dimensions: Annotated[int, Meta(ge=1)] | None = None
    encoding_format: Literal["float", "base64"] = "float"
    user: str = ""


class _OwnBody(_Body, forbid_unknown_fields=True):
    pass


class _Named(Struct):
    model: str


def read(request: Request) -> Call:
    """What to turn into vectors."""
    model = read_json(request.body, _Named).model
    own = model.startswith("text-embedding-")
    body = read_json(request.body, _OwnBody if own else _Body)
    texts = _texts(body)
    if own:
        _check_own(body, texts)
    return Call(
        kind="embed",
        model=model,
        texts=texts,
        dimensions=body.dimensions or SIZES.get(model, LOCAL_SIZE),
        more={"base64": body.encoding_format == "base64"},
    )


def _texts(body: _Body) -> tuple[str, ...]:
    if isinstance(body.input, str):
        return (body.input,)
    if len({type(part) for part in body.input}) > 1:
        raise Problem("invalid", "'input' is texts or tokens, and not both", param="input")
    if body.input and all(isinstance(part, int) for part in body.input):
        return (_of_tokens(body.input),)
    return tuple(part if isinstance(part, str) else _of_tokens(part) for part in body.input)


def _of_tokens(tokens: Any) -> str:
    """Something of the length of these tokens that no other tokens give."""
    return " ".join(f"{token:03}" for token in tokens)


def _check_own(body: _Body, texts: tuple[str, ...]) -> None:
    if body.model not in SIZES:
        raise Problem("no model", f"The model '{body.model}' does not exist", param="model")
    if body.dimensions and "-3-" not in body.model:
        raise Problem("invalid", "This model does not support specifying dimensions.", param="dimensions")
    if body.dimensions and body.dimensions > SIZES[body.model]:
        message = f"{body.model} has at most {SIZES[body.model]} dimensions"
        raise Problem("invalid", message, param="dimensions")
    if not texts or not all(texts) or len(texts) > MOST_TEXTS:
        message = f"'input' is 1 to {MOST_TEXTS} texts, and none of them is empty"
        raise Problem("invalid", message, param="input")
    counted = [count_tokens(text) for text in texts]
    if max(counted) > MOST_TOKENS or sum(counted) > MOST_IN_ALL:
        message = f"At most {MOST_TOKENS} tokens a text, and {MOST_IN_ALL} in all"
        raise Problem("invalid", message, param="input", code="context_length_exceeded")


def say(call: Call, made: Made) -> dict[str, Any]:
    """One vector for each text, in the order of the texts."""
    data = [
        {"object": "embedding", "index": index, "embedding": _written(vector, bytes_=call.more["base64"])}
        for index, vector in enumerate(made.vectors)
    ]
    usage = {"prompt_tokens": made.tokens_in, "total_tokens": made.tokens_in}
    return {"object": "list", "data": data, "model": call.model, "usage": usage}


def _written(vector: tuple[float, ...], *, bytes_: bool) -> Any:
    return b64encode(np.asarray(vector, "<f4").tobytes()).decode() if bytes_ else vector
