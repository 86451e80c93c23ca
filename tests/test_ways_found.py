"""Indexed and searched, by command as a stranger types it."""

import json
import shlex

import pytest

from photogram import verbs
from photogram.faults import BadInput
from photogram.show.words import width

from .small import begun, files, rows, typed, write

GROUPS = {"a/b": ("a red apple {n}", 3), 'say "x"': ("a green pear {n}", 2), "": ("a blue plum {n}", 1)}


@pytest.fixture(scope="module")
def orchard(tmp_path_factory):
    """Six pictures under labels that need quotes, indexed."""
    folder = tmp_path_factory.mktemp("found") / "my orchard"
    write(folder, groups={})
    with (folder / "brief.toml").open("a", encoding="utf-8") as brief:
        for label, (prompt, count) in GROUPS.items():
            brief.write(f'\n[[make]]\nlabel = {json.dumps(label)}\ncount = {count}\nsize = "64x64"\n')
            brief.write(f'prompt = "{prompt}"\nvary.n = ["1", "2", "3"]\n')
    verbs.run(folder)
    verbs.embed(folder)
    verbs.index(folder)
    return folder


def found(capsys, *words):
    """The labels of what is found, in order."""
    code, out, err = typed(capsys, "search", *words, "--json")
    assert code == 0, err
    return [one["label"] for one in json.loads(out)["found"]]


@pytest.mark.parametrize("label", [label for label in GROUPS if label])
def test_a_label_with_any_signs_can_be_filtered_by(orchard, capsys, label):
    """In quotes it is one value, and excludes all others."""
    where = f"label = {json.dumps(label)}"
    assert found(capsys, orchard, "--where", where) == [label] * GROUPS[label][1]


@pytest.mark.parametrize(
    "words",
    ['a" OR b*', "NEAR(x", "^apple", "'; DROP TABLE rows; --", "%", "apple AND", "車 🚗", "-apple", "*"],
)
def test_signs_in_a_question_are_no_commands(orchard, capsys, words):
    """Whatever they mean to an engine of words, they are looked for as words."""
    before = files(orchard)
    code, out, err = typed(capsys, "search", orchard, "--", words)
    assert (code, err) == (0, "")
    assert max(map(width, (line for line in out.splitlines() if "/" not in line)), default=0) <= 80
    assert files(orchard) == before


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--where", "label ="], "label is compared with nothing"),
        (["--where", "nonsense ~ 3"], "cannot be read"),
        (["--like", "nobody.jpg"], "there is neither a row nor a file 'nobody.jpg'"),
        (["--space", "nosuch", "apple"], "there is no space 'nosuch'"),
        (["--limit", "0", "apple"], "0 results cannot be shown"),
        (["--limit", "-3", "apple"], "-3 results cannot be shown"),
    ],
)
def test_what_cannot_be_looked_for_is_told(orchard, capsys, words, part):
    """With what to do instead."""
    code, out, err = typed(capsys, "search", orchard, *words)
    assert (code, out) == (2, "")
    assert part in " ".join(err.split())
    assert err.count("\n") >= 2


def test_what_is_offered_can_be_typed(orchard, capsys):
    """From anywhere: it names the dataset, and finds the same."""
    code, out, _ = typed(capsys, "search", orchard, "apples that are synthetic")
    assert code == 0
    again = " ".join(out.partition("to change it: ")[2].partition("\n\n")[0].split())
    words = shlex.split(again)
    assert words[:3] == ["photogram", "search", str(orchard)]
    assert found(capsys, *words[2:]) == found(capsys, orchard, "apples that are synthetic")


def test_a_picture_is_nearest_to_itself(orchard, capsys):
    """Asked for by its file, it comes first."""
    one = rows(orchard)[0]
    (path,) = orchard.glob(f"images/*/{one.image().sha256}.*")
    code, out, _ = typed(capsys, "search", orchard, "--like", path, "--limit", "1", "--json")
    assert code == 0
    assert json.loads(out)["found"][0]["row"] == one.id


def test_before_there_is_an_index_it_is_said_what_makes_one(tmp_path, capsys):
    """Of a set without pictures too."""
    folder = write(tmp_path / "set")
    code, _, err = typed(capsys, "search", folder, "apple")
    assert code == 2
    assert "photogram" in err.split("\n", 1)[1]
    verbs.run(folder)
    code, _, err = typed(capsys, "search", folder, "apple")
    assert code == 2
    assert "there is no index" in err


def test_two_indexes_at_once_are_one(tmp_path):
    """Both end well, and what they made is found."""
    folder = write(tmp_path / "set")
    verbs.run(folder)
    told = [
        (one.communicate(timeout=60), one.returncode) for one in [begun("index", folder) for _ in range(2)]
    ]
    assert all("Traceback" not in err for (_, err), _ in told)
    assert 0 in [code for _, code in told]
    assert len(verbs.search(folder, ["apple"]).found) == 3


def test_a_dataset_is_not_published_into_itself(tmp_path):
    """Its own folder has an `index/` and more; a word is said before anything is written."""
    folder = tmp_path / "set"
    verbs.new(folder, story="blank")
    verbs.plan(folder)
    before = sorted(folder.iterdir())
    with pytest.raises(BadInput, match="is the dataset itself"):
        verbs.publish(folder, str(folder))
    assert sorted(folder.iterdir()) == before
