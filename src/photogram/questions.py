"""The questions a picture is judged by, built from what its row is to show: each yes is as asked.

No model writes them. Whoever answers sees their words and the picture, and nothing else of the plan.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from photogram.data import Option, Row
from photogram.reading.template import Template
from photogram.reading.words import as_text

FLAWLESS = ("", "none", "good", "clean", "ok")
SHOWN = "Is that what the picture shows?"
FREE = "Is what the picture shows free of any defect?"
NUMBER = "Is the number of"


class Question(NamedTuple):
    """What is asked, and what a prompt says so that the answer is yes; nothing where the prompt said it."""

    name: str
    text: str
    demand: str = ""


def questions_of(row: Row, more: Mapping[str, str]) -> list[Question]:
    """Every question about a row's picture, by names of their own; `more` are those of the brief."""
    found: dict[str, Question] = {}
    for question in _every(row, more):
        name = question.name
        while name in found:
            name += "_"
        found[name] = question._replace(name=name)
    return list(found.values())


def _every(row: Row, more: Mapping[str, str]) -> Iterator[Question]:
    told = {as_text(value).casefold() for value in row.facts.values()}
    if row.label and row.label.casefold() not in (*told, *FLAWLESS):
        yield _of_fact("label", row.label)
    for name, value in row.facts.items():
        yield _of_fact(name, value)
    if row.edit.get("kind") in _EDITED:
        yield Question("edit", *_EDITED[row.edit["kind"]])
    if row.negative:
        asked = f"Is the picture free of all of this: {row.negative}?"
        yield Question("negative", asked, f"nothing of this: {row.negative}")
    values = {"label": row.label, **row.facts}
    for name, text in more.items():
        template = Template(text)
        if set(template.names) <= values.keys():
            asked = template.fill(values)
            yield Question(name, asked, f"yes to this: {asked}")
    if row.prompt:
        asked = row.wanted or row.prompt
        yield Question("whole", f'Does the picture as a whole show what was asked for, "{asked}"?')


def _of_fact(name: str, value: Option) -> Question:
    words, said = name.replace("_", " "), as_text(value)
    if name == "defect" and said.casefold() in FLAWLESS:
        return Question(name, FREE, "no defect of any kind")
    if isinstance(value, int) and not isinstance(value, bool):
        return Question(name, f"{NUMBER} {words} {said}?", f"the number of {words} is {said}")
    if isinstance(value, bool):
        said = "yes" if value else "no"
    return Question(name, f"{words}: {said}. {SHOWN}", f"{words}: {said}")


_FITS = (
    "Does what was put into the picture sit there as if it had always been, in light, sharpness, "
    "perspective and grain?",
    "it sits in the light, the sharpness, the perspective and the grain of the picture",
)
_EDITED: Mapping[str, tuple[str, str]] = {
    "inpaint": _FITS,
    "transplant": _FITS,
    "replace": _FITS,
    "erase": ("Is what was to be removed gone without a trace?", "nothing of it is left, and no smear"),
    "outpaint": (
        "Do the new sides go on with the picture without a seam, and without repeating it?",
        "the new sides go on with the picture without a seam",
    ),
    "recolor": (
        "Is only the colour changed, and cleanly up to the edges?",
        "only the colour changes, cleanly up to the edges",
    ),
    "remove background": (
        "Is all of the background gone, and nothing of the thing itself?",
        "all of the background goes, and nothing of the thing itself",
    ),
    "upscale": ("Are fine details sharp, without invented patterns?", "fine details stay as they are"),
}
