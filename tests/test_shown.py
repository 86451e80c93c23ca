"""Other pictures that a model is shown: style and clothes for an edit, references for a new picture."""

import numpy as np
import pytest

from photogram import verbs
from photogram.data import Draw, Edit
from photogram.dataset import Dataset
from photogram.faults import BadInput
from photogram.pixels import codecs
from photogram.planning import rows
from photogram.reading.parse import parse
from photogram.steps import find
from photogram.store import blob_of

HEAD = '[dataset]\nname = "x"\n'
MAKE = '[[make]]\nlabel = "car"\ncount = 2\nprompt = "a car"\n'
EDIT = '[[take]]\nfrom = ["photo.png"]\nlabel = "good"\n[[edit]]\nof = "good"\nlabel = "other"\n'
MODELS = {
    "draw": '[models]\ndraw = "openai:gpt-image-2"\n',
    "style": '[models]\nedit = "bedrock:stability.stable-style-transfer-v1:0"\n',
    "clothes": '[models]\nedit = "bedrock:amazon.nova-canvas-v1:0"\n',
}
STYLE = 'kind = "restyle"\nprompt = "painted"\nwith = { style = "shirt.png" }\n'
TRY_ON = 'kind = "try on"\nwith = { garment = "shirt.png" }\noptions = { garmentClass = "UPPER_BODY" }\n'


def picture(colour, side=512):
    return codecs.encode_png(np.full((side, side, 3), colour, np.uint8))


@pytest.fixture
def folder(tmp_path):
    """A photograph and a shirt beside a brief that is still to be written."""
    (tmp_path / "photo.png").write_bytes(picture((200, 60, 60)))
    (tmp_path / "shirt.png").write_bytes(picture((60, 60, 200)))
    return tmp_path


def write(folder, *parts):
    (folder / "brief.toml").write_text("".join((HEAD, *parts)), "utf-8")


def asks(folder):
    """What is asked for every row of the column that a brief's one model fills."""
    with Dataset(folder) as opened:
        column = "edit" if opened.brief.edit else "image"
        step = opened.step(column)
        made = [step.ask(row) for row in opened.ledger.rows(columns=step.needs)]
    return [ask for ask in made if ask]


def test_a_picture_is_drawn_with_others_in_view(folder):
    """References beside the brief go to the model, by command, and every row has its picture."""
    write(folder, MODELS["draw"], MAKE.replace("count = 2", 'count = 2\nreferences = ["shirt.png"]'))
    ran = verbs.run(folder, simulate=True)
    assert (ran.exit_code, ran.left) == (0, 0), ran
    shirt = blob_of((folder / "shirt.png").read_bytes())
    assert [ask.references for ask in asks(folder) if isinstance(ask, Draw)] == [(shirt,), (shirt,)]


@pytest.mark.parametrize(("model", "edit"), [("style", STYLE), ("clothes", TRY_ON)])
def test_an_edit_is_made_with_others_in_view(folder, model, edit):
    """What gives the style, and what is tried on: models that need a second picture get it by its role."""
    prompt = "" if "prompt" in edit else 'prompt = "a shirt"\n'
    write(folder, MODELS[model], EDIT, prompt, edit)
    ran = verbs.run(folder, simulate=True, force_eol=True)
    assert (ran.exit_code, ran.left) == (0, 0), ran
    (ask,) = asks(folder)
    assert isinstance(ask, Edit)
    roles = {"image", "style" if model == "style" else "garment"}
    assert ask.images.keys() == roles
    assert blob_of((folder / "shirt.png").read_bytes()) in ask.images.values()


def test_another_picture_gives_other_rows(folder):
    """What is shown is part of what is asked; without any, rows are those there were before."""
    shown = parse(HEAD + MAKE.replace("count = 2", 'count = 2\nreferences = ["a.png"]'))
    blobs = [blob_of(picture(colour, 8)) for colour in ((0, 0, 0), (255, 255, 255))]
    first, second = ({row.id for row in rows(shown, {"a.png": blob})} for blob in blobs)
    plain = {row.id for row in rows(parse(HEAD + MAKE))}
    assert len(first) == len(second) == len(plain) == 2
    assert not first & second
    assert not plain & (first | second)


def test_a_model_that_cannot_look_is_not_shown_anything(folder):
    """The plan says so, by the card, before anything is asked."""
    write(folder, MAKE.replace("count = 2", 'count = 2\nreferences = ["shirt.png"]'))
    (column,) = [column for column in verbs.plan(folder).columns if column.column == "image"]
    assert "takes no reference pictures" in column.trouble


def test_a_plan_counts_the_other_pictures_of_an_edit(folder):
    """An edit that is given more pictures than its model takes is refused in words."""
    two = 'kind = "restyle"\nprompt = "painted"\nwith = { style = "shirt.png", garment = "photo.png" }\n'
    write(folder, MODELS["style"], EDIT, two)
    (folder / ".env").write_text("AWS_BEARER_TOKEN_BEDROCK=nobodys-token")
    verbs.add(folder, [])
    (column,) = [column for column in verbs.plan(folder).columns if column.column == "edit"]
    assert "takes 1 other picture beside the one to change, not 2" in column.trouble


@pytest.mark.parametrize(("name", "said"), [("gone.png", "No such file"), ("brief.toml", "is not a picture")])
def test_what_cannot_be_shown_is_named(folder, name, said):
    """A file that is not there, or that is no picture, is told before anything is planned."""
    write(folder, MAKE.replace("count = 2", f'count = 2\nreferences = ["{name}"]'))
    with pytest.raises(BadInput, match=said):
        verbs.plan(folder)


def test_the_steps_ask_with_nothing_beside(folder):
    """A row without other pictures asks as it always did."""
    (row, _) = rows(parse(HEAD + MAKE))
    ask = find("generate").ask(row)
    assert isinstance(ask, Draw)
    assert ask.references == ()
