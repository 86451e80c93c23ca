"""Google's embedding models: a vector for each content, of its words and pictures together."""

from typing import Any

import numpy as np

from photogram.simulator.call import Call, Made, Problem
from photogram.simulator.tongues.gemini.fields import Embed, words_and_pictures

EMBEDDERS = ("gemini-embedding-001", "gemini-embedding-2")


def read(model: str, body: Embed) -> Call:
    """The vectors that are asked for."""
    texts: list[str] = []
    pictures: list[bytes] = []
    places: list[list[int]] = []
    size = body.requests[0].output_dimensionality
    for one in body.requests:
        if one.model != f"models/{model}" or one.output_dimensionality != size:
            raise Problem("invalid", "All requests must be for the same model and dimensionality.")
        text, shown = words_and_pictures([one.content], 0 if model == "gemini-embedding-001" else 6)
        places.append([len(texts)] if text else [])
        texts += [text] if text else []
        places[-1] += [-1 - at for at in range(len(pictures), len(pictures) + len(shown))]
        pictures += shown
    return Call(
        kind="embed",
        model=model,
        texts=tuple(texts),
        pictures=tuple(pictures),
        dimensions=size,
        pictures_in=258 * len(pictures),
        more={"places": places},
    )


def say(call: Call, made: Made) -> list[dict[str, Any]]:
    """One for each content; those of the older model, cut short, are not one long any more."""
    if not made.vectors:
        return []
    short = call.model == "gemini-embedding-001" and call.dimensions < 3072
    vectors = np.asarray(made.vectors) * (0.7 if short else 1.0)
    texts = len(call.texts)
    groups = [[at if at >= 0 else texts - 1 - at for at in place] for place in call.more["places"]]
    return [{"values": vectors[group].mean(axis=0).tolist()} for group in groups]
