"""Judged and made anew, by command as a stranger types it; and annotators compared."""

import json
import signal

import pytest

from photogram import verbs
from photogram.dataset import Dataset
from photogram.show.words import width

from .small import begun, content, process, rows, typed, until, write

JUDGED = "[judge]\nleast = {least}\nrounds = {rounds}\n"
PHONES = """
[[make]]
label = "phone"
count = {count}
size = "256x192"
prompt = "A {{color}} phone on a table"
facts = {{ surface = "phone" }}
vary.color = ["black", "white"]
"""
BY = '[annotate]\nfields = "vehicles"\n[annotate.by]\n'
BY += 'first = "keyless:measure"\nsecond = "openai:gpt-6-luna"\n'


def phones(folder, count=4, least=0.9, rounds=2, more=""):
    """Phones that are to be white or black, whose drawings know nothing of it."""
    write(folder, groups={})
    with (folder / "brief.toml").open("a", encoding="utf-8") as brief:
        brief.write("\n" + JUDGED.format(least=least, rounds=rounds) + more + PHONES.format(count=count))
    return folder


@pytest.fixture
def judged(tmp_path, capsys):
    """Four phones, of which the judge rejects some."""
    folder = phones(tmp_path / "set")
    assert typed(capsys, "run", folder)[0] == 0
    assert rejected(folder)
    return folder


def rejected(folder):
    return {
        one.name: one for one in verbs.judge(folder).pictures if one.rejected and one.row in standing(folder)
    }


def standing(folder):
    """The rows that are wanted."""
    with Dataset(folder) as opened:
        return {row.id for row in opened.ledger.rows()}


def said_well(text):
    told = [line for line in text.splitlines() if "images/" not in line]
    assert max(map(width, told), default=0) <= 80, max(told, key=width)


# --------------------------------------------------------------------------------- judge


def test_the_worst_are_shown_first_and_none_twice(judged, capsys):
    """Scores go up; every picture that is shown is in the folder."""
    code, out, err = typed(capsys, "judge", judged)
    assert (code, err) == (0, "")
    said_well(out)
    scores = [float(line.split()[1]) for line in out.splitlines() if line.startswith("phone-")]
    assert scores == sorted(scores)
    shown = [line.split()[1] for line in out.splitlines() if line.startswith("  picture:")]
    assert len(shown) == len(set(shown)) == 4
    assert all((judged / path).is_file() for path in shown)


def test_rows_that_are_named_are_shown_alone(judged, capsys):
    """By title or id, and once where one is named twice."""
    (first, *_) = rows(judged)
    for words in ([first.name], [first.id], [first.name, first.id, first.name]):
        code, out, _ = typed(capsys, "judge", judged, *words)
        assert code == 0
        assert out.count("picture:") == 1
        assert first.name in out


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["judge", "{}", "nobody"], "there is no row 'nobody'"),
        (["judge", "{}", "--budget", "-1"], "a run cannot spend -1.0 dollars"),
        (["refine", "{}", "--rounds", "-1"], "there cannot be -1 rounds"),
        (["refine", "{}", "--rounds", "many"], "'many' is not a valid integer"),
        (["refine", "{}", "--budget", "nan"], "a run cannot spend nan dollars"),
    ],
)
def test_what_cannot_be_judged_is_told(judged, capsys, words, part):
    """In two lines; the ledger is as it was."""
    before = content(judged)
    code, out, err = typed(capsys, *(str(judged) if word == "{}" else word for word in words))
    assert (code, out) == (2, "")
    assert part in " ".join(err.split())
    said_well(err)
    assert content(judged) == before


@pytest.mark.parametrize("verb", ["judge", "refine"])
def test_without_a_judge_it_is_said_how_to_have_one(tmp_path, capsys, verb):
    """The table to add, and where to read of it."""
    folder = write(tmp_path / "set", groups={"x": ("a phone", 1)})
    verbs.run(folder)
    code, out, err = typed(capsys, verb, folder)
    assert (code, out) == (2, "")
    assert "add an empty [judge] table" in err


def test_as_json_all_of_it_is_there(judged, capsys):
    """One value, with every picture, and numbers for numbers."""
    code, out, _ = typed(capsys, "judge", judged, "--json")
    assert code == 0
    found = json.loads(out)
    assert (found["scored"], len(found["pictures"])) == (4, 4)
    assert all(0 <= one["score"] <= 1 for one in found["pictures"])
    assert found["rejected"] == len(rejected(judged))


def test_photographs_are_not_judged(judged, tmp_path, capsys):
    """Nobody asked for them; nor are they rejected or made anew."""
    other = phones(tmp_path / "other", count=1, least=0.0, more="forgive = 9\n")
    typed(capsys, "run", other)
    mine = sorted(judged.glob("images/*/*.jpg"))
    assert typed(capsys, "add", other, *mine, "--label", "real")[0] == 0
    typed(capsys, "run", other)
    code, out, _ = typed(capsys, "judge", other)
    assert code == 0
    assert out.startswith("1 picture scored")
    assert "nothing is rejected" in typed(capsys, "refine", other)[1]


# --------------------------------------------------------------------------------- refine


def test_refined_twice_the_second_asks_nobody(judged, capsys):
    """Until the rounds are over; then the ledger is as it was."""
    code, out, _ = typed(capsys, "refine", judged)
    assert code == 0
    assert "made anew" in out
    said_well(out)
    before = content(judged)
    code, out, _ = typed(capsys, "refine", judged)
    assert code == 0
    assert "nothing was made anew" in out
    assert content(judged) == before


def test_what_was_rejected_can_still_be_looked_at(judged, capsys):
    """Its picture is where it was, its judgement is shown, and it stands in no count."""
    old = rejected(judged)
    typed(capsys, "refine", judged)
    assert not {one.row for one in old.values()} & standing(judged)
    assert len(standing(judged)) == 4
    for name, one in old.items():
        assert (judged / one.picture).is_file()
        code, out, _ = typed(capsys, "judge", judged, name)
        assert code == 0
        assert "rejected:" in out
    assert f"4 rows ({verbs.status(judged).retired} retired)" in typed(capsys, "status", judged)[1]


def test_what_is_still_rejected_is_exported_if_it_is_asked_for(judged, tmp_path, capsys):
    """Left out and counted, or there with --rejected; what was made anew is there in place of the old one."""
    typed(capsys, "refine", judged, "--rounds", "1")
    left = len(rejected(judged))
    code, out, _ = typed(capsys, "export", judged, "--to", tmp_path / "liked", "--json")
    assert (code, json.loads(out)["rows"]) == (0, 4 - left)
    code, out, _ = typed(capsys, "export", judged, "--to", tmp_path / "all", "--rejected", "--json")
    assert (code, json.loads(out)["rows"]) == (0, 4)
    lines = (tmp_path / "all" / "rows.jsonl").read_text("utf-8").splitlines()
    assert {json.loads(line)["id"] for line in lines} == standing(judged)


def test_where_all_are_rejected_nothing_can_be_exported(tmp_path, capsys):
    """It is said why, and what takes them all the same."""
    folder = phones(tmp_path / "set", count=2, least=0.0, more="[measure]\nbrightness = { least = 0.99 }\n")
    typed(capsys, "run", folder)
    code, _, err = typed(capsys, "export", folder)
    assert code == 2
    assert "--rejected takes them all the same" in " ".join(err.split())
    assert typed(capsys, "export", folder, "--rejected")[0] == 0


def test_a_refine_that_was_killed_goes_on(tmp_path):
    """No picture is lost, and each row is there once."""
    folder = phones(tmp_path / "set", count=40, rounds=1)
    verbs.run(folder)
    due = len(rejected(folder))
    dying = begun("refine", folder)
    until(lambda: dying.poll() is not None or len(list(folder.glob("images/*/*.jpg"))) > 42)
    dying.send_signal(signal.SIGKILL)
    dying.communicate()
    done = process("refine", folder)
    assert done.returncode == 0, done.stderr
    assert len(standing(folder)) == 40
    assert verbs.status(folder).retired == due
    assert {row.cells["image"].state for row in rows(folder)} == {"filled"}


@pytest.mark.parametrize(
    ("models", "part"),
    [
        ('draw = "openai:gpt-image-2"\nsee = "keyless:measure"', "is not set up"),
        ('see = "openai:gpt-6-luna"', "is not set up"),
        ('draw = "keyless:measure"', "cannot draw"),
    ],
)
def test_no_row_gives_its_place_to_one_that_nobody_will_make(judged, capsys, monkeypatch, models, part):
    """Where a model cannot be asked, what is rejected stays what it was, and so do all counts."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    wanted = standing(judged)
    brief = (judged / "brief.toml").read_text()
    judge = '[judge]\nmodel = "keyless:measure"' if "draw" in models else "[judge]"
    (judged / "brief.toml").write_text(
        brief.replace("[judge]", judge).replace('draw = "keyless:draw"', models)
    )
    code, _, err = typed(capsys, "refine", judged)
    assert code == 2
    assert part in " ".join(err.split())
    assert standing(judged) == wanted
    assert "2 retired" not in typed(capsys, "status", judged)[1]


def test_two_refines_at_once_make_each_row_anew_once(tmp_path):
    """What one has claimed the other passes over."""
    folder = phones(tmp_path / "set", count=20, rounds=1)
    verbs.run(folder)
    due = len(rejected(folder))
    both = [begun("refine", folder) for _ in range(2)]
    told = [one.communicate(timeout=60) for one in both]
    assert all("Traceback" not in err for _, err in told)
    assert process("refine", folder).returncode == 0
    assert (len(standing(folder)), verbs.status(folder).retired) == (20, due)


# --------------------------------------------------------------------------- comparing


def test_annotators_are_compared_after_a_simulated_run(tmp_path, capsys):
    """Every field has its line; nobody is asked for it, and what is owed to the real one is said."""
    folder = write(tmp_path / "set", groups={"car": ("a red car {n}", 3)}, more=BY)
    assert typed(capsys, "run", folder, "--simulate")[0] == 0
    before = content(folder)
    code, out, err = typed(capsys, "annotate", folder, "--compare")
    assert (code, err) == (0, "")
    said_well(out)
    assert "3 pictures answered by two or more" in out
    assert "3 answers still owed" in out
    assert "license_plate" in out
    assert content(folder) == before


def test_nothing_is_compared_before_anything_is_said(tmp_path, capsys):
    """The table stands there with no number in it that was made up."""
    folder = write(tmp_path / "set", groups={"car": ("a red car {n}", 2)}, more=BY)
    verbs.plan(folder)
    code, out, _ = typed(capsys, "annotate", folder, "--compare", "--json")
    found = json.loads(out)
    assert code in (0, 2)
    assert not [one for one in found.get("fields", []) if one.get("agreement")]
