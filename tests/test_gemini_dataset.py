"""Datasets made by Gemini, from the brief to the pictures, against the simulator."""

import numpy as np
import pytest

from photogram import verbs
from photogram.dataset import Dataset
from photogram.pixels import codecs
from photogram.simulator import Script, serving
from tests.small import everything_in, rows, typed

PAINTER = "gemini:gemini-3.1-flash-lite-image"
BLUE = (0, 0, 255)


def write(folder, url, more, *, draw=PAINTER, edit="", see="", settings=""):
    """A brief whose pictures come from the simulator."""
    models = "\n".join(
        f'{ability} = "{name}"' for ability, name in (("draw", draw), ("edit", edit), ("see", see)) if name
    )
    base = f'base_url = "{url}"' if url else ""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "brief.toml").write_text(
        f'[dataset]\nname = "small"\n[budget]\ndollars = 100.0\n[models]\n{models}\n'
        f"[providers.gemini]\n{base}\n{settings}\n{more}",
        "utf-8",
    )
    return folder


def apples(count):
    return (
        f'[[make]]\nlabel = "apple"\ncount = {count}\nsize = "64x64"\nprompt = "a red apple, {{n}}"\n'
        f"[make.vary]\nn = {list(range(count))}"
    )


# ------------------------------------------------------------------------------- masks

EDIT = """
[[take]]
from = ["photo.png"]
label = "good"

[[edit]]
of = "good"
label = "bad"
each = 1
prompt = "a long scratch"
where = { box = [0.4, 0.3, 0.2, 0.3] }
grow = 4
feather = 0
"""


def photograph():
    """A red square on grey, with a grain by which a pixel that was touched is known."""
    grain = np.random.default_rng(4).integers(0, 40, (1000, 1500, 3), np.uint8)
    picture = grain + np.uint8(110)
    picture[300:600, 600:900] = (220, 20, 20)
    return picture


@pytest.mark.parametrize(
    ("model", "keeps_to_the_mask"),
    [
        ("gemini-nano-banana-2.1", True),
        ("gemini-3-pro-image", True),
        ("gemini-3.1-flash-lite-image", True),
        ("gemini-2.5-flash-image", False),
    ],
)
def test_an_edit_paints_where_told_and_keeps_the_rest(tmp_path, capsys, model, keeps_to_the_mask):
    """By command: blue where the mask is white, all else as it was to the pixel, whatever the model did."""
    original = photograph()
    with serving() as sim:
        folder = write(tmp_path / "set", sim.url, EDIT, draw="keyless:draw", edit=f"gemini:{model}")
        (folder / "photo.png").write_bytes(codecs.encode_png(original))
        typed(capsys, "run", folder, "--force-eol")
        sent = sim.heard[0].body
    with Dataset(folder) as opened:
        (edited,) = [row for row in opened.ledger.rows(columns=("image", "mask")) if row.parent]
        files, made = edited.cells["image"].files, edited.cells["image"].value
        changed = codecs.decode(opened.store.read(files["image"]))
        mask = codecs.decode(opened.store.read(files["mask"]))[..., 0]
    assert changed.shape == original.shape
    assert (mask[300:600, 600:900] == 255).all()
    assert (mask == 255).mean() == pytest.approx(308 * 308 / 1_500_000, rel=0.01)
    assert (changed[mask == 0] == original[mask == 0]).all()
    assert (changed[mask == 255] != original[mask == 255]).any(axis=1).all()
    if keeps_to_the_mask:
        assert (changed[320:580, 620:880] == BLUE).all()
    assert (made["outside_change"] < 2) == keeps_to_the_mask
    parts = sent["contents"][0]["parts"]
    assert [set(part) for part in parts] == [{"inlineData"}, {"inlineData"}, {"text"}]


# ---------------------------------------------------------------------- a thousand rows

UNBILLED = ("500", "503", "408", "NO_IMAGE", "IMAGE_OTHER", "MALFORMED_RESPONSE")
REFUSALS = ("IMAGE_SAFETY", "IMAGE_RECITATION", "blocked", "words for a picture")
LOST = ("reset", "truncated", "html", "no data", "bad base64")


def states(folder):
    """How many cells are in each state, and why those that hold nothing do not."""
    cells = [row.cells["image"] for row in rows(folder) if "image" in row.cells]
    assert all(cell.error and cell.why for cell in cells if cell.state != "filled")
    return {name: sum(cell.state == name for cell in cells) for name in ("filled", "refused", "failed")}


def booked(folder):
    """Dollars said to be taken, and dollars that may have been."""
    with Dataset(folder) as opened:
        spending = opened.ledger.spending()
    return sum(one.dollars for one in spending), sum(one.unsure_dollars for one in spending)


@pytest.mark.slow
def test_a_thousand_rows_through_every_fault(tmp_path):
    """One call in ten goes wrong: every row ends in a state with its reason, the money is right to the cent,
    and the second run asks for nothing but what failed."""
    share = 0.1 / len((*UNBILLED, *REFUSALS, *LOST))
    faults = dict.fromkeys((*UNBILLED, *REFUSALS, *LOST), share)
    with serving(Script(faults=faults, seed=1)) as sim:
        folder = write(tmp_path / "set", sim.url, apples(1000))
        ran = verbs.generate(folder)
        first, books = states(folder), sim.books()
        assert sum(first.values()) == 1000
        assert first["refused"] == books.refused > 10
        assert first["failed"] >= books.lost > 10
        assert first["filled"] == books.answered
        assert set(books.by_prompt.values()) == {1}
        taken, maybe = booked(folder)
        assert taken == pytest.approx(first["filled"] * 0.0336, rel=0.001)
        assert round(taken + maybe, 2) == round(books.dollars, 2)
        assert ran.exit_code == 1

        verbs.generate(folder)
        second, after = states(folder), sim.books()
        assert set(after.by_prompt.values()) == {1}
        assert first["failed"] <= after.calls - books.calls <= 2 * first["failed"]
        assert second["filled"] == after.answered > first["filled"]
        taken, maybe = booked(folder)
        assert round(taken + maybe, 2) == round(after.dollars, 2)


# ------------------------------------------------------------------------------ endings


def test_a_day_without_quota_ends_with_what_is_finished_kept(tmp_path):
    """It stops at once, says until when, and the rest is owed."""
    with serving(Script(faults={"daily quota": 0.05}, seed=3)) as sim:
        folder = write(tmp_path / "set", sim.url, apples(60), settings="in_flight = 4")
        ran = verbs.run(folder)
        books = sim.books()
    assert "midnight, Pacific time" in " ".join(ran.stopped)
    assert 0 < books.answered == states(folder)["filled"] < 60
    assert books.busy <= 4
    assert ran.left == 60 - books.answered


def test_what_was_seen_is_in_the_annotations(tmp_path):
    """Drawn by one model, described by another, in the brief's own fields."""
    fields = '[annotate.fields]\ndescription = "text"\nbrightness = "number 0..1"\n'
    with serving() as sim:
        folder = write(tmp_path / "set", sim.url, fields + apples(3), see="gemini:gemini-3.5-flash-lite")
        ran = verbs.run(folder)
        schemas = [
            heard.body["generationConfig"]["responseJsonSchema"]
            for heard in sim.heard
            if "responseJsonSchema" in heard.body["generationConfig"]
        ]
    assert ran.exit_code == 0
    assert [set(row.cells["annotation"].value) for row in rows(folder)] == [{"description", "brightness"}] * 3
    assert schemas[0]["properties"]["brightness"]["maximum"] == 1


def test_the_key_is_nowhere(tmp_path, monkeypatch, capsys):
    """Not in the ledger, the pictures, the messages or the answers that failed; the server got it."""
    key = "AIzaSyNeverToBeSeen"
    faults = {"500": 0.2, "NO_IMAGE": 0.1, "html": 0.1, "IMAGE_SAFETY": 0.1}
    with serving(Script(key=key, faults=faults, seed=2)) as sim:
        monkeypatch.setenv("GEMINI_API_KEY", key)
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", sim.url)
        folder = write(tmp_path / "set", "", apples(30))
        told = [typed(capsys, verb, folder) for verb in ("doctor", "plan", "run", "errors", "status", "cost")]
        assert sim.books().answered > 10
    assert key not in str(told)
    assert key.encode() not in everything_in(folder)


def test_without_a_key_the_way_without_is_named(tmp_path, capsys):
    """Before anything is sent, in a line or two."""
    folder = write(tmp_path / "set", "", apples(3))
    code, out, err = typed(capsys, "run", folder)
    assert code == 2
    assert "GEMINI_API_KEY" in out + err
    assert "keyless:draw" in out + err


def test_a_wrong_key_stops_the_run(tmp_path, monkeypatch, capsys):
    """The variable is named, and nobody is asked a second time."""
    with serving(Script(key="AIza-right")) as sim:
        monkeypatch.setenv("GEMINI_API_KEY", "AIza-wrong")
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", sim.url)
        folder = write(tmp_path / "set", "", apples(3), settings="in_flight = 1")
        code, out, err = typed(capsys, "run", folder)
        assert sim.books().calls == 1
    assert code == 2
    assert "GEMINI_API_KEY" in out + err


def test_a_dead_model_is_refused_with_its_successor(tmp_path, capsys):
    """Before anything is planned around it."""
    folder = write(tmp_path / "set", "", apples(3), draw="gemini:imagen-4.0-generate-001")
    code, out, err = typed(capsys, "run", folder)
    assert code == 2
    assert "gemini:gemini-nano-banana-2.1" in out + err


# ----------------------------------------------------------------------- without paying

EDITOR, SEER = "gemini:gemini-3-pro-image", "gemini:gemini-3.8-flash"
ALL_THREE = f"""
[annotate.fields]
brightness = "number 0..1"

{apples(2)}

[[edit]]
of = "apple"
label = "bitten"
each = 1
prompt = "a bite out of it"
where = {{ box = [0.4, 0.3, 0.2, 0.3] }}
"""


def test_a_simulated_run_needs_no_key_and_sends_none(tmp_path, monkeypatch):
    """Drawn, edited and described for nothing; neither the key nor the address of the brief is used."""
    monkeypatch.setenv("GOOGLE_API_KEY", "AIza-real")
    with serving() as real:
        folder = write(tmp_path / "set", real.url, ALL_THREE, edit=EDITOR, see=SEER)
        ran = verbs.run(folder, simulate=True)
        assert real.books().calls == 0
    assert (ran.exit_code, ran.left, ran.dollars) == (0, 0, 0.0)
    cells = [cell for row in rows(folder) for cell in row.cells.values() if cell.model]
    assert {cell.model for cell in cells} == {f"{name}@simulated" for name in (PAINTER, EDITOR, SEER)}


def test_a_doctor_who_asks_is_answered_by_each(tmp_path):
    """The cheapest ask of every ability is one that these models take, and what it costs is booked."""
    with serving() as sim:
        folder = write(tmp_path / "set", sim.url, ALL_THREE, edit=EDITOR, see=SEER)
        answered = [found for found in verbs.doctor(folder, ask=True) if "answered in" in found.what]
        assert [found.well for found in answered] == [True] * 3
        assert verbs.status(folder).booked == pytest.approx(sim.books().dollars, rel=0.001)
