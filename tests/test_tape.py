"""Tapes: every reply and every error goes on one and comes off it again as it was."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from photogram.data import Blob, Card, Draw, Edit, Embed, Picture, Point, Price, Said, See, Usage
from photogram.faults import Broken, Busy, Invalid, ModelError, NotSetUp, OutOfQuota, Refused
from photogram.guards import Recorded, Replayed
from photogram.guards.tape import error_of, fault, path_of, write

CARD = Card(name="tape:model", does=("draw", "edit", "see", "embed"), price=Price(image=0.04))
BLOB = Blob(sha256="ab" * 32, media_type="image/png", size=3)
USAGE = Usage(images=1, tokens_in=7, tokens_out=9, dollars=0.04, seconds=1.5, request_id="req-1")
ASKS = [
    Draw(prompt="a scratched hood", seed=7, references=(BLOB,), facts={"colour": "red"}),
    Edit(kind="inpaint", images={"base": BLOB}, mask=BLOB, strength=0.5),
    See(images=(BLOB,), schema={"type": "object"}, complaint="not an object"),
    Embed(text="rouge, crème, ☃", purpose="query"),
]
REPLIES = [
    Picture(
        images=(b"\x89PNG\x00\xff", b""), masks=(b"\x00",), made={"seed": 7}, refused="1 of 3", usage=USAGE
    ),
    Said(text='{"damage": true}', data={"damage": True, "boxes": [[0.1, 2]]}, usage=USAGE),
    Said(text="none"),
    Point(vector=(0.25, -1.5, 1e-9), usage=USAGE),
]
ERRORS = [
    Refused("unsafe", code="moderation", stage="output", do="say it differently"),
    Busy("full", after=2.5),
    Busy("full"),
    Broken("no answer came", unsure=True),
    Invalid("size"),
    NotSetUp("no key", do="set the key"),
    OutOfQuota("spent"),
]


class Fixed:
    """A model that gives, or raises, one thing after the other."""

    def __init__(self, *things):
        self.card = CARD
        self._things = list(things)
        self.closed = False

    async def answer(self, ask):
        thing = self._things.pop(0)
        if isinstance(thing, Exception):
            raise thing
        return thing

    async def close(self):
        self.closed = True


def heard(model, ask):
    """What a model says or raises."""
    try:
        return asyncio.run(model.answer(ask))
    except ModelError as error:
        return error


def facts(error):
    return type(error), str(error), vars(error)


@pytest.mark.parametrize("ask", ASKS, ids=lambda ask: type(ask).__name__)
@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: type(reply).__name__)
def test_a_reply_comes_back_as_it_was(tmp_path, ask, reply):
    """Bytes, data, numbers and usage are the same; only that it costs nothing now is new."""
    assert heard(Recorded(Fixed(reply), tmp_path), ask) == reply
    again = heard(Replayed(CARD, tmp_path), ask)
    free = msgspec.structs.replace(reply.usage, dollars=0.0)
    assert again == msgspec.structs.replace(reply, usage=free)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_comes_back_as_it_was(tmp_path, error):
    """Its kind, its words, its remedy and all it knows besides."""
    assert heard(Recorded(Fixed(error), tmp_path), ASKS[0]) is error
    assert facts(heard(Replayed(CARD, tmp_path), ASKS[0])) == facts(error)


def test_every_kind_of_error_is_tried():
    """A new kind of error must be one a tape can hold."""
    assert {type(error) for error in ERRORS} == set(ModelError.__subclasses__())


def test_an_ask_that_was_never_recorded(tmp_path):
    """It is said which model, which folder, and what to do."""
    error = heard(Replayed(CARD, tmp_path), ASKS[0])
    assert isinstance(error, NotSetUp)
    for part in ("Draw", "tape:model", str(tmp_path), "record it once"):
        assert part in str(error)


def test_another_ask_or_another_model_is_another_recording(tmp_path):
    """The file's name is the model's and the whole ask's."""
    names = {path_of(tmp_path, CARD, ask) for ask in ASKS}
    names.add(path_of(tmp_path, msgspec.structs.replace(CARD, name="tape:other"), ASKS[0]))
    names.add(path_of(tmp_path, CARD, msgspec.structs.replace(ASKS[0], seed=8)))
    assert len(names) == len(ASKS) + 2


def test_a_bad_day_does_not_wipe_out_a_good_one(tmp_path):
    """An error never replaces what was heard before; an answer always does."""
    tape = Recorded(Fixed(Busy("full"), REPLIES[2], NotSetUp("no key"), REPLIES[1]), tmp_path)
    kinds = []
    for _ in range(4):
        heard(tape, ASKS[0])
        kinds.append(type(heard(Replayed(CARD, tmp_path), ASKS[0])))
    assert kinds == [Busy, Said, Said, Said]
    assert heard(Replayed(CARD, tmp_path), ASKS[0]).text == REPLIES[1].text


def test_a_tape_can_be_read_by_a_person(tmp_path):
    """One JSON file, in a folder of two letters, that names the model and the ask."""
    heard(Recorded(Fixed(REPLIES[2]), tmp_path), ASKS[0])
    (path,) = tmp_path.rglob("*.json")
    assert path.parent.name == path.name[:2]
    assert json.loads(path.read_text("utf-8")) == {
        "model": "tape:model",
        "ask": json.loads(msgspec.json.encode(ASKS[0])),
        "heard": {"type": "said", "text": "none"},
    }


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"model":"x"}', b'\xff\xfe{"a":1}'])
def test_a_damaged_tape_is_named(tmp_path, damage):
    """The file is named, and what to do with it."""
    write(path_of(tmp_path, CARD, ASKS[0]), damage)
    error = heard(Replayed(CARD, tmp_path), ASKS[0])
    assert isinstance(error, NotSetUp)
    assert "is not a recording" in str(error)
    assert "record again" in str(error)


def test_an_error_of_a_later_version_is_named():
    """A tape may hold a kind of error that is not known here."""
    strange = msgspec.structs.replace(fault(Busy("full")), kind="Sleepy")
    assert "Sleepy" in str(error_of(strange))
    assert isinstance(error_of(msgspec.structs.replace(strange, kind="BadInput")), NotSetUp)


def test_many_may_write_one_recording_at_once(tmp_path):
    """Whoever comes last wins; nobody ever reads half of it, and nothing is left over."""
    path = path_of(tmp_path, CARD, ASKS[0])
    wholes = {bytes([letter]) * 200_000 for letter in b"abcdefgh"}
    read = set()
    with ThreadPoolExecutor(4) as threads:
        for whole in wholes:
            threads.submit(write, path, whole)
        write(path, next(iter(wholes)))
        for _ in range(20):
            read.add(path.read_bytes())
    assert read <= wholes
    assert list(tmp_path.rglob("*.*")) == [path]


def test_a_bug_is_not_recorded(tmp_path):
    """Only what a model may raise goes on a tape."""
    with pytest.raises(ZeroDivisionError):
        asyncio.run(Recorded(Fixed(ZeroDivisionError()), tmp_path).answer(ASKS[0]))
    assert not list(tmp_path.iterdir())


def test_closing_and_the_card(tmp_path):
    """Both have the shape of a model."""
    model = Fixed()
    asyncio.run(Recorded(model, tmp_path).close())
    asyncio.run(Replayed(CARD, tmp_path).close())
    assert model.closed
    assert Recorded(model, tmp_path).card is Replayed(CARD, tmp_path).card is CARD
