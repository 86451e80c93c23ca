"""Everything that can go wrong on order, by name; the names are stable.

`SPOILERS` are the ways in which models break the text of an answer that was to be JSON. Each is a
function from text to text, and says whether a reader with patience still finds all of the answer in it.
`FAULTS` are these and whatever else can happen with every vendor.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from photogram.simulator.call import Answer, Call, Fault, Made, Problem, making, seeing

PAGE = "<!doctype html><title>Gateway</title><h1>One moment, please</h1>"

# ------------------------------------------------------------------- the text of a reply


class Spoiler(Struct, frozen=True):
    """A way to break a text; `whole` is whether it still holds all of the answer."""

    change: Callable[[str], str]
    whole: bool


def _parsed(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None


def _dumped(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _with_first(text: str, kinds: type | tuple[type, ...], change: Callable[[Any], Any]) -> str:
    """The object with its first field of these kinds changed; any other text as it is."""
    data = _parsed(text)
    if not isinstance(data, dict):
        return text
    fields = cast(dict[str, Any], data)
    for name, value in fields.items():
        if isinstance(value, kinds) and not isinstance(value, bool):
            return _dumped({**fields, name: change(value)})
    return text


def _with_choices(text: str, change: Callable[[str], str]) -> str:
    """The object with every value of one lower-case word changed, as the words of an enum are."""
    data = _parsed(text)
    if not isinstance(data, dict):
        return text
    fields = cast(dict[str, Any], data)
    return _dumped({name: _changed(value, change) for name, value in fields.items()})


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    return change(value) if isinstance(value, str) and re.fullmatch(r"[a-z_-]+", value) else value


def _quoted_once(text: str) -> str:
    data = _parsed(text)
    return text if data is None else repr(data)


def _python_words(text: str) -> str:
    words = {"true": "True", "false": "False", "null": "None"}
    return re.sub(r'("(?:[^"\\]|\\.)*")|\b(true|false|null)\b', lambda m: m[1] or words[m[2]], text)


def _unquoted(text: str) -> str:
    return re.sub(r'(?<=[{,])\s*"([A-Za-z_]\w*)"\s*:', r"\1:", text)


def _not_a_number(text: str) -> str:
    marked = _with_first(text, (int, float), lambda _: "\0")
    return marked.replace(_dumped("\0"), "NaN")


_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SPOKEN = {"-": "minus", ".": "point", "e": "times ten to the", "+": "plus"}


def _in_words(number: float) -> str:
    """As it is read aloud, digit by digit."""
    return " ".join(_DIGITS[int(letter)] if letter.isdigit() else _SPOKEN[letter] for letter in str(number))


def _surrogate(text: str) -> str:
    return re.sub(r':"', r':"\\ud83d', text, count=1)


def _without_first(text: str) -> str:
    data = _parsed(text)
    return _dumped(dict(list(cast(dict[str, Any], data).items())[1:])) if isinstance(data, dict) else text


def _listed(text: str) -> str:
    return _with_first(text, list, lambda items: ", ".join(map(str, items)))


SPOILERS: Mapping[str, Spoiler] = {
    "code fence": Spoiler(lambda text: f"```json\n{text}\n```", True),
    "fence without language": Spoiler(lambda text: f"```\n{text}\n```", True),
    "preface": Spoiler(lambda text: f"Sure! Here is the JSON you asked for:\n\n{text}", True),
    "trailing prose": Spoiler(lambda text: f"{text}\n\nLet me know {{if}} you need anything else.", True),
    "thought": Spoiler(lambda text: f'<think>Is it {{"x": 1}}? No.</think>\n{text}', True),
    "truncated at the end": Spoiler(lambda text: text[:-1], True),
    "truncated in the middle": Spoiler(lambda text: text[: len(text) // 2], False),
    "doubled braces": Spoiler(lambda text: f"{{{text}}}", True),
    "single quotes": Spoiler(_quoted_once, True),
    "python words": Spoiler(_python_words, True),
    "trailing comma": Spoiler(lambda text: re.sub(r"([}\]])$", r",\1", text), True),
    "unquoted keys": Spoiler(_unquoted, True),
    "comments": Spoiler(lambda text: text.replace("{", "{ // what I see\n", 1), True),
    "NaN": Spoiler(_not_a_number, False),
    "array for a string": Spoiler(lambda text: _with_first(text, str, lambda value: [value]), True),
    "string for an array": Spoiler(_listed, True),
    "enum in another case": Spoiler(lambda text: _with_choices(text, str.upper), True),
    "enum with a word more": Spoiler(lambda text: _with_choices(text, lambda word: f"rather {word}"), True),
    "number in words": Spoiler(lambda text: _with_first(text, (int, float), _in_words), True),
    "number as a string": Spoiler(lambda text: _with_first(text, (int, float), str), True),
    "wrapper object": Spoiler(lambda text: f'{{"answer": {text}}}', True),
    "answer in a list": Spoiler(lambda text: f"[{text}]", True),
    "answer twice": Spoiler(lambda text: f"{text}\n{text}", True),
    "lone surrogate": Spoiler(_surrogate, True),
    "byte order mark": Spoiler(lambda text: f"\ufeff{text}", True),
    "empty": Spoiler(lambda _: "", False),
    "refusal in prose": Spoiler(lambda _: "I'm sorry, but I can't help with that picture.", False),
    "error page": Spoiler(lambda _: PAGE, False),
    "missing field": Spoiler(_without_first, False),
    "null for a field": Spoiler(lambda text: _with_first(text, object, lambda _: None), False),
}


# --------------------------------------------------------------------- what else happens


def _text_fault(name: str, spoiler: Spoiler) -> Fault:
    def spoil(made: Made) -> Made:
        text = spoiler.change(made.text or "")
        return replace(made, text=text, data=_parsed(text))

    return Fault(f"the text of an answer: {name}", seeing, made=spoil, whole=spoiler.whole)


def _lost(made: Made) -> Made:
    return replace(made, pictures=(), links=(), text=None, data=None, vectors=())


def _halved(made: Made) -> Made:
    text = made.text or ""
    return replace(made, text=text[: len(text) // 2], data=None, ended="length")


def _filtered(made: Made) -> Made:
    return replace(made, text="", data=None, ended="filter")


_GARBLED = "this is *not* base64"


def _garbled(answer: Answer, made: Made) -> Answer:
    """The answer with every picture in it as base64 that is none."""
    known = {b64encode(image).decode() for image in made.pictures}
    return answer._replace(body=_without(answer.body, {*known, *made.pictures}))


def _without(body: Any, known: set[str | bytes]) -> Any:
    if isinstance(body, bytes):
        return _GARBLED if body in known else body
    if isinstance(body, str):
        start, comma, data = body.rpartition(",")
        return f"{start}{comma}{_GARBLED}" if data in known else body
    if isinstance(body, dict):
        return {name: _without(value, known) for name, value in cast(dict[str, Any], body).items()}
    if isinstance(body, (list, tuple)):
        return [_without(value, known) for value in cast(list[Any], body)]
    return body


def _server_error(_: Call) -> Problem:
    return Problem("failed", "The server had an error.")


def _overloaded(_: Call) -> Problem:
    return Problem("down", "The server is overloaded.")


FAULTS: Mapping[str, Fault] = {
    "500": Fault("an error of the server", problem=_server_error),
    "503": Fault("the server is overloaded", problem=_overloaded),
    "429": Fault("too many calls", problem=lambda _: Problem("busy", "Rate limit reached.", wait=1.0)),
    "quota": Fault(
        "the quota is spent", problem=lambda _: Problem("quota", "You exceeded your current quota.")
    ),
    "408": Fault("it took too long", problem=lambda _: Problem("timeout", "The request timed out.")),
    "424": Fault("the model failed", problem=lambda _: Problem("upstream", "The model failed.")),
    "hang": Fault("it never answers", problem=_overloaded, hangs=True),
    "reset": Fault("the connection is reset", answer=lambda answer, _: answer._replace(way="reset")),
    "html": Fault("a page", answer=lambda _, __: Answer(PAGE.encode(), kind="text/html")),
    "not json": Fault(
        "plain text", answer=lambda _, __: Answer(b"upstream connect error", kind="text/plain")
    ),
    "truncated": Fault("half of the body", answer=lambda answer, _: answer._replace(way="half")),
    "slow": Fault(
        "the body comes in drips", answer=lambda answer, _: answer._replace(way="drips"), whole=True
    ),
    "type": Fault(
        "another media type", answer=lambda answer, _: answer._replace(kind="text/plain"), whole=True
    ),
    "no data": Fault("nothing in the answer", made=_lost),
    "bad base64": Fault("pictures that are no base64", making, answer=_garbled),
    "length": Fault("the answer ends at its length", seeing, made=_halved),
    "filtered": Fault("the answer is filtered", seeing, made=_filtered),
} | {name: _text_fault(name, spoiler) for name, spoiler in SPOILERS.items()}
