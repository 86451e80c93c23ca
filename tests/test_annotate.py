"""Annotation from the brief to the cell: schemas as people write them, one annotator or several."""

import dataclasses
import json
import re
from typing import Annotated, Literal

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

import photogram
from photogram import ready, verbs
from photogram.annotation import RECOVERED
from photogram.data import Blob, Cell, Picture, Said
from photogram.dataset import Dataset
from photogram.faults import BadInput, Malformed
from photogram.reading.parse import parse
from photogram.simulator import Script, serving
from photogram.simulator.spoil import SPOILERS
from photogram.steps.annotate import Step

from .conftest import row
from .generate import DOCS
from .saying import SAYINGS, installed
from .small import files, rows, typed, write

HEAD = '[dataset]\nname = "x"\n'
SCHEMA = {
    "type": "object",
    "properties": {"tone": {"enum": ["light", "dark"], "synonyms": {"dark": ["gloomy"]}}},
    "required": ["tone"],
}
IMAGE = Blob(sha256="0" * 64, media_type="image/png", size=1)
PICTURED = Cell(state="filled", files={"image": IMAGE})


def step(schema=SCHEMA):
    return Step("annotation", "Look.", schema)


# ---------------------------------------------------------------------------- the step


def test_a_reply_fills_the_cell_and_says_what_it_took():
    """The fields as they are, and beside them what had to be done to the reply, if anything."""
    assert step().absorb(row(1), Said(text='{"tone": "dark"}')).facts == {"tone": "dark"}
    found = step().absorb(row(1), Said(text="```json\n{'tone': 'Gloomy'}\n```"))
    assert found.facts == {"tone": "dark", RECOVERED: ["code fence", "other quotes", "tone: synonym"]}


def test_data_is_read_as_text_is():
    """Where the provider answered in data, the same is done to it."""
    assert step().absorb(row(1), Said(text="", data={"Tone": "DARK"})).facts["tone"] == "dark"


def test_what_is_no_answer_is_malformed():
    """A picture, and words that hold no answer."""
    for reply in (Picture(images=(b"x",)), Said(text="It is dark.")):
        with pytest.raises(Malformed):
            step().absorb(row(1), reply)


def test_nothing_is_asked_where_there_is_no_picture():
    """The row owes nothing yet."""
    assert step().ask(row(1)) is None


@given(st.dictionaries(st.text(min_size=1), st.text() | st.integers() | st.booleans()), st.text(), st.text())
def test_the_plan_is_not_told(facts, label, prompt):
    """Whatever a row knows by its plan, label, facts, prompt, mask: the ask is that of its picture alone."""
    mask = Blob(sha256="1" * 64, media_type="image/png", size=1, folder="masks")
    cells = {
        "image": Cell(state="filled", value=facts, files={"image": IMAGE, "mask": mask}),
        "mask": Cell(state="filled", files={"mask": mask}),
    }
    plain = row(1, cells={"image": PICTURED})
    planned = msgspec.structs.replace(
        plain, label=label, prompt=prompt, facts=facts, cells=cells, split="test", source=label, edit=facts
    )
    assert step().ask(planned) == step().ask(plain)


def test_other_words_are_not_part_of_the_ask():
    """They are for reading replies: a synonym more does not make a picture be paid for again."""
    more = json.loads(json.dumps(SCHEMA))
    more["properties"]["tone"]["synonyms"]["light"] = ["bright"]
    planned = row(1, cells={"image": PICTURED})
    assert step(more).ask(planned) == step().ask(planned)
    assert "synonyms" not in json.dumps(step().ask(planned).schema)


# ----------------------------------------------------------------------------- schemas


def asked(text, folder=None):
    return parse(HEAD + text, folder=folder).annotate.asked if folder else parse(HEAD + text).annotate.asked


def test_fields_in_tables():
    """What it holds, what is meant, other words, and whether it may be null, left out or written down."""
    schema = asked("""
[annotate.fields]
plain = "text"
level = { is = ["low", "high"], about = "how  bad", synonyms = { high = ["severe", "bad"] }, null = true }
kinds = { is = "some of crack, rust", synonyms = { rust = ["corrosion"] } }
plate = { is = "text?", private = true }
age = { is = "whole number 0..150", optional = true }
""")
    assert schema["required"] == ["plain", "level", "kinds"]
    assert schema["properties"] == {
        "plain": {"type": "string"},
        "level": {
            "type": ["string", "null"],
            "enum": ["low", "high", None],
            "synonyms": {"high": ["severe", "bad"]},
            "description": "how bad",
        },
        "kinds": {
            "type": "array",
            "items": {"type": "string", "enum": ["crack", "rust"], "synonyms": {"rust": ["corrosion"]}},
            "uniqueItems": True,
        },
        "plate": {"type": ["string", "null"], "private": True},
        "age": {"type": ["integer", "null"], "minimum": 0, "maximum": 150},
    }


class Tone(msgspec.Struct):
    """A class as one writes it for msgspec."""

    tone: Literal["light", "dark"]
    share: Annotated[float, msgspec.Meta(ge=0, le=1)]
    plate: Annotated[str | None, msgspec.Meta(extra_json_schema={"private": True})] = None


@dataclasses.dataclass
class Plain:
    tone: Literal["light", "dark"]
    share: float = 0.5
    plate: str | None = None


class Model(pydantic.BaseModel):
    tone: Literal["light", "dark"]
    share: float = pydantic.Field(ge=0, le=1)
    plate: str | None = pydantic.Field(None, json_schema_extra={"private": True})


@pytest.mark.parametrize("kind", [Tone, Plain, Model])
def test_a_class_is_a_schema(tmp_path, kind):
    """msgspec, dataclasses, pydantic: written to a file, named in the brief, and answers are read by it."""
    (tmp_path / "schema.json").write_text(json.dumps(photogram.schema_of(kind)))
    schema = asked('[annotate]\nschema = "schema.json"\nprivate = ["plate"]\n', tmp_path)
    assert set(schema["properties"]) == {"tone", "share", "plate"}
    found = step(schema).absorb(row(1), Said(text='{"tone": "Dark", "share": "20%", "plate": "QX 1"}')).facts
    assert found["tone"] == "dark"
    assert found["share"] in (0.2, 20)
    assert found["plate"] == "[private]"


def test_what_is_no_class_is_named():
    """The message says what would be."""
    with pytest.raises(BadInput, match="dataclass"):
        photogram.schema_of(complex)


WRONG = {
    "a set that is not ready": (
        '[annotate]\nfields = "infrastucture"\n',
        4,
        "mean 'infrastructure'?",
    ),
    "a file that is not there": (
        '[annotate]\nschema = "no.json"\n',
        4,
        "no.json cannot be read: No",
    ),
    "a file that is not JSON": ('[annotate]\nschema = "bad.json"\n', 4, "bad.json is not JSON"),
    "a file of a list": ('[annotate]\nschema = "list.json"\n', 4, "list.json holds no JSON object"),
    "a schema that is none": (
        '[annotate.schema]\ntype = "object"\nproperties = { a = { type = "texts" } }\n',
        3,
        "no JSON Schema",
    ),
    "a schema elsewhere": (
        '[annotate.schema]\ntype = "object"\nallOf = [{ "$ref" = "http://x/y" }]\n',
        3,
        "http",
    ),
    "a field of ours": (
        '[annotate.schema]\ntype = "object"\nproperties = { "@recovered" = {} }\n',
        3,
        "begin with something else than @",
    ),
    "a private field that is none": (
        '[annotate]\nprivate = ["plates"]\n[annotate.fields]\nplate = "text"\n',
        4,
        "did you mean 'plate'?",
    ),
    "a synonym of nothing": (
        '[annotate.fields]\na = { is = ["x", "y"], synonyms = { z = ["q"] } }\n',
        4,
        "a has no word 'z'",
    ),
    "a synonym of text": (
        '[annotate.fields]\na = { is = "text", synonyms = { z = ["q"] } }\n',
        4,
        "no word 'z'",
    ),
    "a synonym of two": (
        '[annotate.fields]\na = { is = ["x", "y"], synonyms = { x = ["q"], y = ["q"] } }\n',
        4,
        "'q' means two things",
    ),
    "a field of a number": (
        "[annotate.fields]\na = 5\n",
        4,
        "a is text or a list or a table",
    ),
    "a field without what it is": ('[annotate.fields]\na = { about = "x" }\n', 4, "has no is"),
    "an annotator without a model": (
        '[annotate]\nfields = "scenes"\n[annotate.by]\na = { prompt = "x" }\n',
        6,
        "has no model",
    ),
    "an annotator that is no model": (
        '[annotate]\nfields = "scenes"\n[annotate.by]\na = "gpt"\n',
        6,
        "annotate.by.a cannot be 'gpt'",
    ),
    "an annotator with a dot": (
        '[annotate]\nfields = "scenes"\n[annotate.by]\n"a.b" = "keyless:measure"\n',
        6,
        "letters, digits and _",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_told_with_its_line(tmp_path, name):
    """What is wrong, where, and what to do."""
    text, line, words = WRONG[name]
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(BadInput) as caught:
        parse(HEAD + text, folder=tmp_path)
    assert f"line {line}:" in str(caught.value)
    assert words in str(caught.value)


# ----------------------------------------------------------------------------- options

OPTIONS = """
[annotate]
options = { reasoning_effort = "low" }
[annotate.fields]
description = "text"
[annotate.by]
one = "openai:gpt-5.4-mini"
two = { model = "openai:gpt-5.4-mini", options = { detail = "high" } }
"""


def test_options_go_along_with_the_ask():
    """For all annotators, or for one in their place; without any the ask is as it was."""
    brief = parse(HEAD + OPTIONS)
    assert brief.annotate.options_of("one") == {"reasoning_effort": "low"}
    assert brief.annotate.options_of("two") == {"detail": "high"}
    pictured = row(1, cells={"image": PICTURED})
    ask = Step("annotation", "Look.", SCHEMA, {"detail": "high"}).ask(pictured)
    assert ask.options == {"detail": "high"}
    assert ask != step().ask(pictured)


def test_an_option_the_model_has_not_is_told_by_the_plan(tmp_path, monkeypatch):
    """Before anything is sent: which it has, or what one of them takes."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    for wrong, said in (
        ('effort = "low"', "has no option 'effort'"),
        ('detail = "fine"', "detail is one of"),
    ):
        more = OPTIONS.replace('reasoning_effort = "low"', wrong)
        planned = verbs.plan(write(tmp_path / wrong[:6], more=more))
        trouble = {column.column: column.trouble for column in planned.columns}
        assert said in trouble["annotation.one"]
        assert said not in trouble["annotation.two"]


# ------------------------------------------------------------------- several annotators

MANY = """
level = ["light", "moderate", "severe"]
broken = "yes/no"
count = "whole number 3..9"
main_colors = "list of text"
description = "text"
"""
TWO = '[annotate]\nfields = "vehicles"\n[annotate.by]\none = "saying:value"\n'
TWO += 'two = { model = "saying:unlike", prompt = "Look twice." }\n'


def test_each_annotator_fills_a_column_of_its_own(tmp_path, monkeypatch):
    """plan, run, status and doctor know the columns; a second run asks nobody."""
    installed(tmp_path, monkeypatch)
    folder = write(tmp_path / "set", more=TWO)
    planned = {column.column: column for column in verbs.plan(folder).columns}
    assert list(planned) == ["image", "measures", "annotation.one", "annotation.two"]
    assert planned["annotation.two"].owed == 5
    assert planned["annotation.two"].dollars > 0
    ran = verbs.run(folder)
    assert [(tick.column, tick.model, tick.filled) for tick in ran.columns[2:]] == [
        ("annotation.one", "saying:value", 5),
        ("annotation.two", "saying:unlike", 5),
    ]
    assert ran.dollars == pytest.approx(0.01)
    before = files(folder)
    assert verbs.run(folder).columns == ()
    assert files(folder) == before
    assert [column.filled for column in verbs.status(folder).columns] == [5, 5, 5, 5]
    assert any("annotation.two: saying:unlike" in finding.what for finding in verbs.doctor(folder))


def test_one_more_annotator_asks_only_that_one(tmp_path, monkeypatch):
    """Those that have answered keep their columns; without one, its answers are kept and not owed."""
    installed(tmp_path, monkeypatch)
    folder = write(tmp_path / "set", more=TWO)
    verbs.run(folder)
    write(folder, more=TWO + 'three = "saying:prose"\n')
    assert [(tick.column, tick.filled) for tick in verbs.annotate(folder).columns] == [
        ("annotation.three", 5)
    ]
    write(folder, more=TWO.partition("two =")[0])
    assert verbs.run(folder).columns == ()
    assert [column.column for column in verbs.status(folder).columns][2:] == ["annotation.one"]


def test_each_annotator_has_its_prompt(tmp_path):
    """Its own, or else that of all; and where there is one annotator, models.see is it."""
    more = '[annotate]\nprompt = "Look."\nfields = "scenes"\n[annotate.by]\n'
    more += 'a = "keyless:measure"\nb = { model = "keyless:measure", prompt = "Look twice." }\n'
    with Dataset(write(tmp_path / "two", more=more)) as opened:
        pictured = row(1, cells={"image": PICTURED})
        prompts = [opened.step(column).ask(pictured).prompt for column in opened.annotations()]
    assert prompts == ["Look.", "Look twice."]
    with Dataset(write(tmp_path / "one", more='[annotate]\nfields = "scenes"\n')) as opened:
        assert opened.annotations() == ["annotation"]
        assert opened.asking.named("annotation") == "keyless:measure"


def test_what_one_annotator_fails_at_is_retried_for_it_alone(tmp_path, monkeypatch):
    """errors names the column, retry asks afresh, and the other's cells stay as they are."""
    installed(tmp_path, monkeypatch)
    more = TWO.replace("saying:unlike", "saying:chatty")
    folder = write(tmp_path / "set", groups={"car": ("a car {n}", 2)}, more=more)
    ran = verbs.run(folder)
    assert (ran.exit_code, [tick.failed for tick in ran.columns]) == (1, [0, 0, 0, 2])
    assert {trouble.column for trouble in verbs.errors(folder)} == {"annotation.two"}
    monkeypatch.setitem(SAYINGS, "chatty", SAYINGS["value"])
    retried = verbs.retry(folder)
    assert (retried.cells, [tick.column for tick in retried.ran.columns]) == (2, ["annotation.two"])
    assert verbs.errors(folder) == []


def test_a_complaint_is_put_to_the_model_once(tmp_path, monkeypatch):
    """It names the field and what is allowed; a model that minds it fills the cell with its second answer."""
    installed(tmp_path, monkeypatch)
    more, cars = '[annotate]\nfields = "vehicles"\n', {"car": ("a car {n}", 2)}
    folder = write(tmp_path / "set", see="saying:learning", groups=cars, more=more)
    ran = verbs.run(folder)
    assert [tick.filled for tick in ran.columns] == [2, 2, 2]
    assert ran.dollars == pytest.approx(2 * 2 * 0.001)
    assert {each.cells["annotation"].value["color"] for each in rows(folder)} == {"red"}


def test_no_broken_reply_loses_a_run(tmp_path):
    """A server breaks its replies in every way there is: each cell is filled, or failed with its reply."""
    share = round(0.99 / len(SPOILERS), 3)
    with serving(Script(faults=dict.fromkeys(SPOILERS, share), seed=4)) as sim:
        more = f'[annotate.fields]\n{MANY}[providers.openai]\nbase_url = "{sim.url}/v1"\n'
        ran = verbs.run(write(tmp_path, see="openai:eyes", groups={"wall": ("a wall {n}", 60)}, more=more))
        books = sim.books()
    tick = ran.columns[-1]
    assert (tick.column, tick.total, tick.done) == ("annotation", 60, 60)
    assert tick.filled == books.answered > 40
    assert books.lost > 0
    for trouble in verbs.errors(tmp_path):
        assert trouble.raw or trouble.why == "the reply is empty"
    found = [each.cells["annotation"] for each in rows(tmp_path)]
    assert sum(RECOVERED in cell.value for cell in found) > 20


def test_a_model_that_cannot_see_is_refused(tmp_path):
    """Before anything is asked, with the place where it is named."""
    more = '[annotate]\nfields = "scenes"\n[annotate.by]\na = "keyless:draw"\nb = "keyless:measure"\n'
    with pytest.raises(BadInput, match=r"annotate\.by.*cannot see"):
        verbs.plan(write(tmp_path, more=more))


def test_the_column_is_shown_where_columns_are_shown(tmp_path, capsys):
    """In the terminal, and for machines."""
    more = '[annotate]\nfields = "scenes"\n[annotate.by]\na = "keyless:measure"\nb = "keyless:measure"\n'
    folder = write(tmp_path, more=more)
    assert re.search(r"^annotation\.b +5 filled", typed(capsys, "run", folder)[1], re.MULTILINE)
    shown = json.loads(typed(capsys, "status", folder, "--json")[1])
    assert [column["column"] for column in shown["columns"]][2:] == ["annotation.a", "annotation.b"]


# -------------------------------------------------------------------------------- the docs

PAGE = (DOCS / "annotation.md").read_text("utf-8")


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.M | re.S)


@pytest.mark.parametrize("text", blocks("toml"))
def test_every_table_on_the_page_is_one(text):
    """What the docs show can be pasted into a brief."""
    assert parse(HEAD + text).annotate.asked["properties"]


def test_the_page_lists_the_ready_fields():
    """All sets, and all their fields in their order."""
    listed = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, re.MULTILINE))
    for name in ready.names():
        fields = asked(f'[annotate]\nfields = "{name}"\n')["properties"]
        assert listed[name].replace(" (private)", "").split(", ") == list(fields)


def test_the_pages_python_runs(tmp_path, monkeypatch):
    """The class in it becomes a file that a brief can name."""
    monkeypatch.chdir(tmp_path)
    (script,) = blocks("python")
    exec(script, {"__name__": "page"})
    assert set(asked('[annotate]\nschema = "schema.json"\n', tmp_path)["properties"]) == {"color", "doors"}


def test_the_pages_cell_is_what_comes_of_a_reply():
    """The notes in it are those that recovery writes."""
    cell = json.loads(blocks("json")[0])
    schema = asked("""
[annotate.fields]
severity = { is = ["light", "severe"], synonyms = { light = ["minor"] } }
share = "number 0..1"
""")
    said = Said(text='```json\n{"severity": "minor", "share": "85%"}\n```')
    assert step(schema).absorb(row(1), said).facts == cell
