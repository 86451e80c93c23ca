"""What is private is found nowhere: not in a cell, an error, a raw reply, a tape or an archive."""

import asyncio
import json
import re
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram import private, verbs
from photogram.annotation import PRIVATE, RECOVERED, cell, fields_of
from photogram.data import Blob, Cell, See
from photogram.guards import Recorded, Replayed
from photogram.reading.parse import parse
from photogram.recover import Recovery
from photogram.recovery.rules import WITHHELD
from photogram.steps.annotate import Step

from .conftest import row
from .saying import SAYINGS, SECRET, VEHICLE, Provider, installed
from .small import everything_in, typed, write
from .test_ready import asked

VEHICLES = asked("vehicles").asked
LOOKED_FOR = re.compile(rb"q[\W_]*x[\W_]*4[\W_]*1[\W_]*7[\W_]*z[\W_]*e[\W_]*d", re.IGNORECASE)
IMAGE = Blob(sha256="0" * 64, media_type="image/png", size=1)


def annotators(names):
    by = "\n".join(f'{name} = "saying:{name}"' for name in names)
    return f'[annotate]\nfields = "vehicles"\n[annotate.by]\n{by}\n'


def unpacked(folder):
    """Everything under a folder, and what is in its archives."""
    whole = everything_in(folder)
    for path in folder.rglob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            whole += b"".join(archive.read(name) for name in archive.namelist())
    return whole


# ------------------------------------------------------------------------- nowhere on disk


def test_a_plate_is_nowhere_on_disk(tmp_path, monkeypatch, capsys):
    """However a model says it, in a field, in prose, in a broken reply or a refusal: no file has it."""
    installed(tmp_path, monkeypatch)
    folder = write(tmp_path / "set", groups={"car": ("a car {n}", 2)}, more=annotators(SAYINGS))
    for name in SAYINGS:
        assert LOOKED_FOR.search(str(_said(name)).encode()) or name == "unlike"
    ran = verbs.run(folder)
    filled = {tick.column.partition(".")[2]: tick.filled for tick in ran.columns}
    assert {name for name in SAYINGS if filled[name] == 2} == {
        *("value", "prose", "spelled", "list", "unasked", "unlike", "learning")
    }
    shown = "".join(map(str, typed(capsys, "errors", folder) + typed(capsys, "errors", folder, "--json")))
    assert "not kept" in shown
    verbs.pack(folder)
    assert b"Arvelo" in unpacked(folder)
    assert not LOOKED_FOR.search(unpacked(folder))
    assert not LOOKED_FOR.search(shown.encode())


def _said(name):
    try:
        return SAYINGS[name](See(images=(IMAGE,)))
    except Exception as error:
        return error


def test_what_is_kept_of_an_unreadable_reply(tmp_path, monkeypatch):
    """Its length, a mark, and what was wrong in words that quote nothing; so for a refusal too."""
    installed(tmp_path, monkeypatch)
    names = ("chatty", "elsewhere", "refused", "lost")
    folder = write(tmp_path / "set", groups={"car": ("a car {n}", 2)}, more=annotators(names))
    verbs.run(folder)
    found = {}
    for trouble in verbs.errors(folder):
        found.setdefault(trouble.column.partition(".")[2], []).append(trouble)
    length = len(SAYINGS["chatty"](None))
    first, second = (trouble.raw for trouble in found["chatty"])
    assert first == second
    assert re.fullmatch(rf"a reply of {length} characters, [0-9a-f]{{12}}: not kept, .*private", first)
    assert "no JSON object" in found["chatty"][0].why
    assert found["elsewhere"][0].why.startswith("color cannot be that: it is one of white, silver")
    assert (found["refused"][0].state, found["refused"][0].error) == ("refused", "output: policy")
    assert "its words are not kept" in found["refused"][0].why
    assert "its words are not kept" in found["lost"][0].why


def test_without_private_fields_all_is_kept(tmp_path, monkeypatch):
    """Where nothing is private, an unreadable reply and its error are shown as they came."""
    installed(tmp_path, monkeypatch)
    more = '[annotate]\nfields = "inspection"\n[annotate.by]\na = "saying:chatty"\nb = "saying:refused"\n'
    folder = write(tmp_path / "set", groups={"car": ("a car {n}", 1)}, more=more)
    verbs.run(folder)
    chatty, refused = verbs.errors(folder)
    assert chatty.raw == SAYINGS["chatty"](None)
    assert refused.why == f"I will not read {SECRET}"


def test_a_tape_holds_nothing_private(tmp_path):
    """And what it holds can be read again: the answer without its plate, or the same fault."""
    ask = See(images=(IMAGE,), schema=VEHICLES)
    for name in SAYINGS:
        model = Provider().open(Provider().card(name, {}), {}, {}, None)
        outcome = _answered(Recorded(model, tmp_path), ask)
        again = _answered(Replayed(model.card, tmp_path), ask)
        assert again == outcome, name
    assert not LOOKED_FOR.search(everything_in(tmp_path))
    assert b"Arvelo" in everything_in(tmp_path)


def _answered(model, ask):
    """What the step makes of an answer: the cell's fields, or the kind of error."""
    step = Step("annotation", "", VEHICLES)
    try:
        return fields_of(step.absorb(row(1), asyncio.run(model.answer(ask))).facts)
    except Exception as error:
        return type(error)


def test_a_tape_of_an_ask_without_private_fields_is_as_it_was(tmp_path):
    """Nothing is read, and nothing is changed."""
    ask = See(images=(IMAGE,), schema=asked("inspection").asked)
    model = Provider().open(Provider().card("prose", {}), {}, {}, None)
    first = asyncio.run(Recorded(model, tmp_path).answer(ask))
    assert asyncio.run(Replayed(model.card, tmp_path).answer(ask)).text == first.text


# -------------------------------------------------------------------------- what is kept


def test_the_cell_says_that_there_was_one():
    """A plate that was read leaves a mark in its field, null stays null, and what is not there stays away."""
    kept = private.redacted(VEHICLE, VEHICLES)
    assert kept.value == {**VEHICLE, "license_plate": WITHHELD}
    assert kept.marks == {}
    assert private.redacted({"license_plate": None}, VEHICLES).value == {"license_plate": None}
    assert private.redacted({}, VEHICLES).value == {}
    assert private.redacted(kept.value, VEHICLES, "key") == kept


def test_with_a_key_the_same_plate_is_known_again():
    """However it is written, and by that key only; the key is the user's and stands in no file."""
    spelled = [
        private.redacted({"license_plate": text}, VEHICLES, "k").marks for text in (SECRET, "qx417zed")
    ]
    assert spelled[0] == spelled[1]
    assert re.fullmatch("[0-9a-f]{16}", spelled[0]["license_plate"])
    others = [
        private.redacted({"license_plate": "QX-418 ZED"}, VEHICLES, "k").marks,
        private.redacted({"license_plate": SECRET}, VEHICLES, "another").marks,
    ]
    assert spelled[0] not in others


def test_the_key_comes_from_the_environment_and_stays_there(tmp_path, monkeypatch):
    """PHOTOGRAM_PRIVATE_KEY gives every cell its mark; the ledger does not hold the key."""
    installed(tmp_path, monkeypatch)
    monkeypatch.setenv("PHOTOGRAM_PRIVATE_KEY", "my-own-key")
    folder = write(tmp_path / "set", groups={"car": ("a car {n}", 2)}, more=annotators(["value", "spelled"]))
    verbs.run(folder)
    whole = everything_in(folder)
    marks = set(re.findall(rb'"@private":\{"license_plate":"([0-9a-f]{16})"\}', whole))
    assert len(marks) == 1
    assert b"my-own-key" not in whole
    assert not LOOKED_FOR.search(whole)
    found = verbs.annotate(folder, compare=True)
    plate = next(field for field in found.fields if field.field == "license_plate")
    assert (plate.equal, plate.note) == (1.0, "")


def test_what_stands_beside_the_fields_is_told_from_them():
    """A cell holds the fields as they are; what begins with @ can be left out."""
    value = cell({"a": 1}, ["code fence"], {"a": "0f"})
    assert value == {"a": 1, RECOVERED: ["code fence"], PRIVATE: {"a": "0f"}}
    assert fields_of(value) == {"a": 1}
    assert cell({"a": 1}, [], {}) == {"a": 1}


# ------------------------------------------------------------------------------- schemas

NESTED = {
    "type": "object",
    "properties": {
        "people": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"face": {"$ref": "#/$defs/Face"}, "hat": {"type": "boolean"}},
                "required": ["face", "hat"],
            },
        },
        "owner": {"anyOf": [{"$ref": "#/$defs/Owner"}, {"type": "null"}], "private": True},
        "note": {"type": "string"},
    },
    "required": ["people", "note"],
    "$defs": {
        "Face": {"type": "string", "private": True},
        "Owner": {"type": "object", "properties": {"name": {"type": "string"}}},
    },
}


def test_a_private_field_may_lie_deep():
    """In a list of objects, behind a reference, among others: it is found, and so is what repeats it."""
    said = {
        "people": [{"face": "a grey beard", "hat": True}, {"face": "freckles", "hat": False}],
        "owner": {"name": "Ada Velmora"},
        "note": "One with a GREY BEARD, and Ada Velmora's van; no-one else",
    }
    assert set(private.names(NESTED)) == {"owner", "face"}
    kept = private.redacted(said, NESTED, "key")
    assert kept.value == {
        "people": [{"face": WITHHELD, "hat": True}, {"face": WITHHELD, "hat": False}],
        "owner": WITHHELD,
        "note": f"One with {WITHHELD}, and {WITHHELD}'s van; no-one else",
    }
    assert kept.marks.keys() == {"people.face", "owner"}
    assert Recovery(NESTED).read(json.dumps(kept.value)).value == kept.value


def test_a_property_named_private_is_a_property():
    """Only the keyword marks a field, not a name."""
    schema = {"type": "object", "properties": {"private": True, "synonyms": {"type": "string"}}}
    assert private.names(schema) == []
    assert Step("annotation", "", schema).ask(_pictured()).schema == schema


def _pictured():
    return row(1, cells={"image": Cell(state="filled", files={"image": IMAGE})})


@given(
    st.text(alphabet="ABC123 -", min_size=3, max_size=20),
    st.text(alphabet="äß,. ", max_size=9),
    st.sampled_from([str.upper, str.lower, lambda text: text.replace("-", " "), lambda text: f"({text})"]),
)
def test_whatever_is_private_is_in_no_other_field(secret, around, written):
    """Between any words and however it is written, the value of a private field is not in what is kept."""
    repeated = f"{around} {written(secret)} {around}"
    said = {"license_plate": secret, "make": repeated, "unique_identifiers": [repeated, "a dent"]}
    kept = private.redacted(said, VEHICLES).value
    letters = re.sub(r"[^A-Z0-9]", "", secret)
    if len(letters) >= 3:
        assert letters not in re.sub(r"[\W_]", "", json.dumps(kept)).upper()
        assert kept["unique_identifiers"][1] == "a dent"


def test_the_model_is_asked_to_keep_it_apart():
    """The prompt says where it belongs and that it is to be said nowhere else; the schema says the rest."""
    ask = Step("annotation", "Look.", VEHICLES).ask(_pictured())
    assert ask.prompt.startswith("Look.\n\nSay what belongs in license_plate there")
    assert Step("annotation", "Look.", asked("scenes").asked).ask(_pictured()).prompt == "Look."


@pytest.mark.parametrize("table", ["private", "field"])
def test_private_is_said_in_the_brief(table):
    """In a list, or with the field."""
    listed = 'private = ["face"]\n' if table == "private" else ""
    field = '"text"' if table == "private" else '{ is = "text", private = true }'
    text = f'[dataset]\nname = "x"\n[annotate]\n{listed}[annotate.fields]\nface = {field}\nhat = "yes/no"\n'
    assert private.names(parse(text).annotate.asked) == ["face"]
