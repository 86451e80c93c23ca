"""judge: what a vision model says of a picture, held against what was asked for.

Unlike an annotator a judge is told what was wanted: as questions built from the row, each answered with yes,
no or "cannot tell" by what is seen, and as criteria with words for 1, 3 and 5. The score is counted from
these and never asked for as such; where no question could be answered there is none.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from photogram import private
from photogram.annotation import RECOVERED
from photogram.brief import Judge
from photogram.data import Ask, Facts, Reply, Row, Said, See
from photogram.faults import Malformed
from photogram.judgement import LEAST, MOST, NO, OPEN, YES
from photogram.questions import Question, questions_of
from photogram.recover import Recovery
from photogram.recovery import rules
from photogram.step import Value

MOST_SUGGESTED = 8
_Schema = dict[str, Any]

_PROMPT = """\
A picture was asked for, and this is what came. Judge it by what can be seen, and give no benefit of doubt.
1. `description`: what is there, as if you did not know what was wanted.
2. `questions`: for each first the evidence, what in the picture tells, and then the answer. "cannot tell" \
where the picture does not show it.
3. `criteria`: for each the evidence, then a score from 1 to 5 by the words given for 1, 3 and 5, then what \
would have made it better, or null.
4. `reason`: what decides for or against the picture, in one or two sentences.
5. `suggestions`: up to five short instructions to whoever makes the picture anew, each as it could stand in \
the prompt; none where nothing is to be better."""


class Step:
    """Fills `judgement` for every row whose picture was asked for; what was taken in was not."""

    column = "judgement"
    needs = ("image",)
    version = "1"

    def __init__(
        self, judge: Judge = Judge(), rater: str = "", hidden: Sequence[str] = (), private_key: str = ""
    ) -> None:
        self._judge, self._rater, self._private_key = judge, rater, private_key
        self._hidden = list(hidden)
        told = [judge.prompt, _PROMPT + private.request(self._hidden)]
        self._prompt = "\n\n".join(filter(None, told))

    def ask(self, row: Row) -> Ask | None:
        picture = row.image()
        asked = questions_of(row, self._judge.questions)
        if picture is None or row.candidate_of or row.origin == "taken" or not asked:
            return None
        schema = rules.without(self._schema(asked), "synonyms")
        return See(images=(picture,), prompt=self._prompt, schema=schema, options=self._judge.options)

    def absorb(self, row: Row, reply: Reply) -> Value:
        if not isinstance(reply, Said):
            raise Malformed("the reply holds no words")
        asked = questions_of(row, self._judge.questions)
        schema = self._schema(asked)
        found = Recovery(schema).read(reply.text, reply.data)
        said = private.redacted(found.value, schema, self._private_key).value
        beside = {RECOVERED: list(found.done)} if found.done else {}
        return Value(facts={**_judged(asked, said, self._rater), **beside})

    def _schema(self, asked: Sequence[Question]) -> _Schema:
        """What is to be said, in the order in which it is to be thought of."""
        hidden = {name: {"type": ["string", "null"], "private": True} for name in self._hidden}
        return _object(
            {
                "description": {"type": "string"},
                "questions": _object({one.name: _question(one) for one in asked}),
                "criteria": _object({name: _criterion(*at) for name, at in self._judge.anchors.items()}),
                "reason": {"type": ["string", "null"]},
                "suggestions": {"type": ["array", "null"], "items": {"type": "string"}},
                **hidden,
            }
        )


def _object(properties: _Schema, **more: Any) -> _Schema:
    closed = {"required": list(properties), "additionalProperties": False}
    return {"type": "object", "properties": properties, **closed, **more}


def _question(asked: Question) -> _Schema:
    answer = {"type": "string", "enum": [YES, NO, OPEN], "synonyms": _OTHER_WORDS}
    return _object({"evidence": {"type": "string"}, "answer": answer}, description=asked.text)


_OTHER_WORDS = {
    OPEN: ["unsure", "unknown", "unclear", "not visible", "not applicable", "n/a", "null", "none"],
    YES: ["true"],
    NO: ["false"],
}


_MARKS = {
    str(mark): [word, f"{mark}/{MOST}", f"{mark} of {MOST}", f"{mark} out of {MOST}", f"{mark}.0"]
    for mark, word in enumerate(("one", "two", "three", "four", "five"), LEAST)
}
"""Words rather than numbers: not every vendor knows the bounds of a number, and all know a choice."""


def _criterion(worst: str, middling: str, best: str) -> _Schema:
    fields: _Schema = {
        "evidence": {"type": "string"},
        "score": {"type": ["string", "null"], "enum": [*_MARKS, None], "synonyms": _MARKS},
        "suggestion": {"type": ["string", "null"]},
    }
    return _object(fields, description=f"1: {worst}. 3: {middling}. 5: {best}.")


# ------------------------------------------------------------------------ what it comes to


def _judged(asked: Sequence[Question], said: Facts, rater: str) -> Facts:
    """The cell's value: what was said, the score that it comes to, and what is suggested."""
    questions = {one.name: {"asked": one.text, **said["questions"][one.name]} for one in asked}
    criteria: dict[str, Any] = {
        name: {"scale": [LEAST, MOST], **mark, "score": mark["score"] and int(mark["score"])}
        for name, mark in said["criteria"].items()
    }
    return {
        "description": said["description"],
        "questions": questions,
        "criteria": criteria,
        **_scored(questions, criteria, rater),
        "reason": said["reason"] or _reason(questions),
        "suggestions": _suggested(asked, questions, criteria, said["suggestions"] or ()),
    }


def _scored(questions: Mapping[str, Facts], criteria: Mapping[str, Facts], rater: str) -> Facts:
    """The score, as the mean of the share of yes and of the marks; or that there is none, and why."""
    told = [one["answer"] for one in questions.values() if one["answer"] != OPEN]
    if not told:
        return {"unscored": f"none of {len(questions)} questions could be answered from the picture"}
    marks = [one["score"] for one in criteria.values() if one["score"] is not None]
    parts = {"questions": round(told.count(YES) / len(told), 4)}
    method = f"yes to {told.count(YES)} of {len(told)} questions"
    if len(told) < len(questions):
        method += f" that could be answered, of {len(questions)}"
    if marks:
        mean = sum(marks) / len(marks)
        parts["criteria"] = round((mean - LEAST) / (MOST - LEAST), 4)
        method += f"; {mean:.2g} of {MOST} on average for {', '.join(criteria)}"
    value = round(sum(parts.values()) / len(parts), 4)
    return {"score": {"value": value, "scale": [0, 1], "rater": rater, "method": method, "parts": parts}}


def _reason(questions: Mapping[str, Facts]) -> str:
    """For a judge that gives none: what speaks against the picture, or that nothing does."""
    against = [f"{name}: {one['evidence']}" for name, one in questions.items() if one["answer"] == NO]
    if against:
        return "; ".join(against)
    told = sum(one["answer"] == YES for one in questions.values())
    return f"what could be told is as asked ({told} of {len(questions)})" if told else "nothing could be told"


def _suggested(
    asked: Sequence[Question],
    questions: Mapping[str, Facts],
    criteria: Mapping[str, Facts],
    more: Sequence[str],
) -> list[str]:
    """What failed, as it would be asked for; then what the judge suggests."""
    failed = [one.demand for one in asked if questions[one.name]["answer"] == NO]
    better = [one["suggestion"] for one in criteria.values() if (one["score"] or MOST) < MOST]
    every = (" ".join(text.split()) for text in (*failed, *more, *better) if text)
    return list(dict.fromkeys(filter(None, every)))[:MOST_SUGGESTED]
