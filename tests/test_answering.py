"""Answers made elsewhere: what a batch job's output says becomes cells, and what it cannot is told."""

import json
from base64 import b64encode

import pytest

from photogram import show, verbs
from photogram.dataset import Dataset
from photogram.faults import BadInput

from .posted import photographs

VALUE = {"color": "red", "plate": "QX-417"}
NOVA = {"output": {"message": {"content": [{"text": f"Here it is:\n```json\n{json.dumps(VALUE)}\n```"}]}}}
TOOL = {"output": {"message": {"content": [{"toolUse": {"input": VALUE}}]}}, "stopReason": "tool_use"}
CLAUDE = {"content": [{"type": "text", "text": json.dumps(VALUE)}], "stop_reason": "end_turn"}


@pytest.fixture
def cars(tmp_path):
    """Six photographs that were taken in, and nobody has looked at."""
    folder = photographs(tmp_path / "cars", 6, "http://127.0.0.1:1/v1")
    verbs.run(folder, budget=0.0)
    return folder


def shown(folder, number):
    """A model's input with a photograph in it, as it lies in the folder."""
    data = b64encode((folder / "photos" / f"p{number}.png").read_bytes()).decode()
    return {
        "messages": [{"role": "user", "content": [{"image": {"format": "png", "source": {"bytes": data}}}]}]
    }


def named(uri):
    return {"messages": [{"content": [{"image": {"source": {"s3Location": {"uri": uri}}}}]}]}


def written(folder, *records):
    path = folder.parent / "input.jsonl.out"
    path.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in records), "utf-8")
    return str(path)


def values(folder):
    """What the cells hold, by the names of their rows."""
    with Dataset(folder) as opened:
        rows = opened.ledger.rows(columns=("annotation",))
        return {row.name: row.cells["annotation"] for row in rows if "annotation" in row.cells}


def test_each_way_in_which_a_record_names_its_row(cars):
    """By the picture's bytes, by its name in a bucket, or by its own; in the families' words."""
    path = written(
        cars,
        {"recordId": "CALL0000001", "modelInput": shown(cars, 3), "modelOutput": NOVA},
        {"recordId": "x", "modelInput": named("s3://bucket/in/p1.png"), "modelOutput": TOOL},
        {"recordId": "p5", "modelInput": {}, "modelOutput": CLAUDE},
    )
    given = verbs.annotate(cars, from_=path)
    assert (given.filled, given.known, given.unusable) == (3, 0, ())
    found = values(cars)
    assert sorted(found) == ["p1", "p3", "p5"]
    assert {cell.value["color"] for cell in found.values()} == {"red"}
    assert {cell.model for cell in found.values()} == {"file:input.jsonl.out"}


def test_what_is_private_is_taken_out(cars):
    """The plate is in the file, and nowhere in the dataset."""
    verbs.annotate(cars, from_=written(cars, {"recordId": "p2", "modelInput": {}, "modelOutput": NOVA}))
    assert values(cars)["p2"].value["plate"] == "[private]"
    assert b"QX-417" not in b"".join(path.read_bytes() for path in cars.rglob("*") if path.is_file())


def test_a_row_that_has_an_answer_keeps_it(cars):
    """Taken in twice, or twice in a file, it is taken once; and it is not owed any more."""
    record = {"recordId": "p0", "modelInput": {}, "modelOutput": NOVA}
    path = written(cars, record, record)
    assert verbs.annotate(cars, from_=path).filled == 1
    assert verbs.annotate(cars, from_=path).known == 1
    column = next(column for column in verbs.status(cars).columns if column.column == "annotation")
    assert (column.filled, column.owed) == (1, 5)


def test_what_cannot_be_taken_is_told_line_by_line(cars):
    """No JSON, no such row, an error, a form nobody knows, an answer without the fields: each by its line."""
    path = written(
        cars,
        "garbage",
        {"recordId": "nobody", "modelInput": {}, "modelOutput": NOVA},
        {"recordId": "p0", "modelInput": {}, "error": {"errorCode": 400, "errorMessage": "no"}},
        {"recordId": "p1", "modelInput": {}, "modelOutput": {"strange": 1}},
        {"recordId": "p2", "modelInput": {}, "modelOutput": {"content": [{"text": "a red car"}]}},
        "",
    )
    given = verbs.annotate(cars, from_=path)
    assert given.filled == 0
    assert [place.rpartition(" ")[2] for place, _ in given.unusable] == ["1", "2", "3", "4", "5"]
    told = " ".join(why for _, why in given.unusable)
    for word in ("no line of a batch job", "'nobody'", "could not answer", "known here"):
        assert word in told
    assert len(given.unusable) == 5
    assert values(cars) == {}
    assert any("line 4" in line for line in show.lines(given))


def test_of_very_many_lines_the_first_are_told(cars):
    """A file of another kind does not fill the screen."""
    given = verbs.annotate(cars, from_=written(cars, *["garbage"] * 50))
    lines = list(show.lines(given))
    assert lines[-1] == "  and 30 more"
    assert len(lines) < 45


def test_a_file_that_is_not_there(cars):
    """Is told with what to name."""
    with pytest.raises(BadInput, match="nowhere"):
        verbs.annotate(cars, from_="nowhere.jsonl.out")


def test_of_several_annotators_nobody_knows_whose_they_are(cars):
    """The brief has to name one."""
    brief = cars / "brief.toml"
    by = '[annotate.by]\na = "openai:gpt-6-luna"\nb = "openai:gpt-6.1-sol"\n[[take]]'
    brief.write_text(brief.read_text("utf-8").replace("[[take]]", by), "utf-8")
    with pytest.raises(BadInput, match="whose"):
        verbs.annotate(cars, from_=written(cars, "{}"))
