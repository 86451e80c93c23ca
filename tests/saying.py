"""A provider of models that say what they are made to say: a package of its own, found as any other is.

`installed(tmp_path, monkeypatch)` puts it where Python finds packages; `saying:NAME` is then a model.
"""

import json
from zlib import crc32

from photogram.data import Card, Price, Said, Usage
from photogram.faults import Broken, Refused

SECRET = "QX-417 ZED"
"""The plate that nobody may find again."""

VEHICLE = {
    "license_plate": SECRET,
    "year": 1999,
    "make": "Arvelo",
    "model": "Brisa",
    "color": "red",
    "car_type": "van",
    "unique_identifiers": ["a dent"],
}


def installed(tmp_path, monkeypatch):
    """Make the provider known, as installing its package would."""
    about = tmp_path / "site" / "saying-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: saying\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[photogram.providers]\nsaying = tests.saying:Provider\n")
    monkeypatch.syspath_prepend(str(about.parent))


def _spelled(ask):
    """The plate in another field, in other letters and with other separators."""
    repeated = ["plate qx417zed", f"reads {SECRET}", "a dent"]
    return json.dumps({**VEHICLE, "unique_identifiers": repeated, "make": "Arvelo qx.417.zed"})


def _refused(ask):
    raise Refused(f"I will not read {SECRET}", code="policy", stage="output")


def _lost(ask):
    raise Broken(f"the answer stops at {SECRET}", unsure=True)


def _unlike(ask):
    """An answer of its own to each picture: a colour and a year."""
    number = crc32(ask.images[0].sha256.encode())
    return json.dumps({**VEHICLE, "color": ("red", "blue", "black")[number % 3], "year": 1990 + number % 20})


def _learning(ask):
    """Wrong at first, and right once it is told what was."""
    told = "color cannot be" in ask.complaint and "one of white, silver" in ask.complaint
    return json.dumps({**VEHICLE, "color": "red" if told else "colourful"})


SAYINGS = {
    "value": lambda ask: json.dumps(VEHICLE),
    "prose": lambda ask: f"The plate is {SECRET}, I think.\n```json\n{json.dumps(VEHICLE)}\n```",
    "spelled": _spelled,
    "list": lambda ask: json.dumps({**VEHICLE, "license_plate": [SECRET, SECRET]}),
    "elsewhere": lambda ask: json.dumps({**VEHICLE, "color": SECRET}),
    "unasked": lambda ask: json.dumps({**VEHICLE, SECRET: "seen", "plate": SECRET}),
    "broken": lambda ask: f'{{"make": "Arvelo", "license_plate": "{SECRET}", "year": 19',
    "chatty": lambda ask: f"I see a van. Its plate says {SECRET}.",
    "refused": _refused,
    "lost": _lost,
    "unlike": _unlike,
    "learning": _learning,
}


def _judgement(ask, holds, suggestions=("show more of it",)):
    """A whole judgement, with the same answer to every question."""
    asked = ask.schema["properties"]
    questions = {name: {"evidence": "seen", "answer": holds} for name in asked["questions"]["properties"]}
    mark = {"evidence": "seen", "score": 5 if holds == "yes" else 2, "suggestion": None}
    said = {"description": "a picture", "questions": questions, "reason": "so it is"}
    criteria = dict.fromkeys(asked["criteria"]["properties"], mark)
    return json.dumps({**said, "criteria": criteria, "suggestions": [] if holds == "yes" else suggestions})


def _coin(ask):
    """Of pictures some are liked and others not; the same picture always alike."""
    return _judgement(ask, "yes" if int(ask.images[0].sha256[0], 16) % 2 else "no")


JUDGES = {
    "harsh": lambda ask: _judgement(ask, "no"),
    "kind": lambda ask: _judgement(ask, "yes"),
    "blind": lambda ask: _judgement(ask, "cannot tell"),
    "coin": _coin,
    "wordy": lambda ask: "A fine picture. I give it 8 of 10.",
    "unsure": lambda ask: _judgement(ask, "yes") if ask.complaint else '{"score": 8}',
}


class Provider:
    """Each saying is a model."""

    name = "saying"

    def cards(self):
        return [self.card(name, {}) for name in SAYINGS]

    def card(self, model, settings):
        return Card(name=f"saying:{model}", does=("see",), price=Price(tokens_in=1.0, tokens_out=1.0))

    def missing(self, settings, environ):
        return ""

    def open(self, card, settings, environ, read):
        return Saying(card)


class Saying:
    def __init__(self, card):
        self.card, self.asked = card, []

    async def answer(self, ask):
        self.asked.append(ask)
        return Said(
            text={**SAYINGS, **JUDGES}[self.card.model](ask), usage=Usage(tokens_out=9, dollars=0.001)
        )

    async def close(self):
        pass
