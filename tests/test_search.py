"""search: by question, word, picture, row and filter, each with its reason."""

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photogram import verbs
from photogram.dataset import Dataset
from photogram.faults import BadInput, OverBudget
from photogram.simulator import Script, serving
from photogram.store import path_of

from . import buildings
from .findable import annotate, as_json
from .small import ANNOTATE, files, rows, typed, without_escapes, write


def found(folder, *words, **more):
    return verbs.search(folder, words, **more)


def names(result):
    return [one.name for one in result.found]


@pytest.fixture(scope="module")
def estate(tmp_path_factory):
    """300 pictures, what is said of them, and an index."""
    folder = buildings.made(tmp_path_factory.mktemp("buildings"))
    verbs.generate(folder)
    buildings.annotated(folder)
    verbs.index(folder)
    return folder


@pytest.fixture(scope="module")
def fruits(tmp_path_factory):
    """Five drawn pictures with vectors, measures and an index."""
    folder = write(tmp_path_factory.mktemp("fruits"), more="[embed]")
    verbs.run(folder)
    verbs.index(folder)
    return folder


@pytest.fixture
def own(fruits, tmp_path):
    """The same, to be changed."""
    return shutil.copytree(fruits, tmp_path / "own")


# --------------------------------------------------------------------------- questions


def test_the_set_has_as_many_pictures_as_it_says():
    """Three hundred, and each question has right answers."""
    assert sum(count for count, *_ in buildings.lines()) == 300
    assert all(buildings.right(letter) for letter in buildings.QUESTIONS)


@pytest.mark.parametrize("letter", buildings.QUESTIONS)
def test_a_question_finds_all_that_is_right_and_nothing_else(estate, letter):
    """Precision and recall against answers written by hand; also of the one that excludes."""
    result = found(estate, buildings.QUESTIONS[letter], limit=300)
    labels = [one.label for one in result.found]
    right = buildings.right(letter)
    counts = {f"line{at}": count for at, (count, *_) in enumerate(buildings.lines())}
    wanted = sum(counts[label] for label in right)
    hits = sum(label in right for label in labels)
    assert (hits / len(labels), hits / wanted) == (1.0, 1.0), result.where
    assert result.matching == wanted


def test_what_a_question_was_read_as_gives_the_same_when_typed(estate):
    """The filter that is shown is the one that was used."""
    asked = found(estate, buildings.QUESTIONS["b"], limit=300)
    typed_in = found(estate, where=asked.where, limit=300)
    assert set(names(asked)) == set(names(typed_in))
    assert asked.where == "defect_types contains crack and safety_concerns is empty"


def test_words_as_they_stand_exclude_nothing(estate):
    """With --plain a picture without cracks is found by "no cracks"; nothing is filtered."""
    result = found(estate, buildings.QUESTIONS["a"], limit=300, plain=True)
    assert result.where == ""
    assert {"line0", "line9"} <= {one.label for one in result.found}


def test_a_filter_and_a_question_hold_together(estate):
    """Both exclude."""
    result = found(estate, "cracks in walls", where="material_type = stone", limit=300)
    assert {one.label for one in result.found} == {"line4"}
    assert result.where.startswith("material_type = stone and ")


def test_words_rank_what_the_filter_lets_through(estate):
    """Of all cracks those by a door come first, and the others are not lost."""
    result = found(estate, "door", where="defect_types contains crack", limit=300)
    assert {one.label for one in result.found[:10]} == {"line2"}
    assert result.matching == len(result.found)
    assert "by the words door" in result.found[0].why[0]
    assert result.found[-1].why == ("the filter holds",)


def test_words_that_nobody_says_are_told(estate):
    """And that nothing else knows them either."""
    result = found(estate, "unicorn")
    assert result.found == ()
    assert "unicorn" in result.notes[0]


def test_a_question_that_nothing_matches_says_so(estate):
    """Rather than showing what does not match."""
    result = found(estate, "rust on glass towers")
    assert (result.found, result.matching) == ((), 0)
    assert "--plain" in result.notes[0]


def test_fields_that_nobody_has_answered_are_not_asked_about(tmp_path):
    """A set that was only drawn is asked by its facts, though its schema has such words too."""
    write(tmp_path, groups={"x": ("a wall", 2)}, more='[annotate]\nfields = "infrastructure"\n')
    brief = tmp_path / "brief.toml"
    brief.write_text(brief.read_text() + '\n[make.facts]\nmaterial = "brick"\n')
    verbs.generate(tmp_path)
    verbs.index(tmp_path)
    result = found(tmp_path, "brick")
    assert (result.where, result.matching) == ("material = brick", 2)


# ------------------------------------------------------------------ pictures and rows


def test_a_picture_of_the_set_finds_itself_first(fruits):
    """Each one, by its file, and why."""
    for row in rows(fruits):
        result = found(fruits, like=[str(fruits / path_of(row.image()))])
        assert names(result)[0] == row.name
        assert result.found[0].why[0].startswith("1st in vector like")
        assert result.exact


def test_more_like_a_row_leaves_the_row_out(fruits):
    """All others come, nearest first."""
    (first, *_) = rows(fruits)
    result = found(fruits, like=[first.name])
    assert first.name not in names(result)
    assert len(result.found) == 4


def test_several_at_once_are_joined(fruits):
    """Words, a picture and a row: what is high in several lists comes first, and says all its places."""
    pear = next(row for row in rows(fruits) if row.label == "pear")
    result = found(fruits, "green pear", like=[str(fruits / path_of(pear.image()))], limit=5)
    assert result.found[0].name == pear.name
    assert len(result.found[0].why) >= 2


def test_the_same_picture_twice_is_folded(own):
    """What is nearly the same stands behind the first, and only if one asks for it."""
    for number, row in enumerate(rows(own)[:2]):
        data = (own / path_of(row.image())).read_bytes()
        (own / f"copy{number}.jpg").write_bytes(data + b"\0")
    verbs.add(own, [str(own / "copy0.jpg")], label="copy")
    verbs.run(own)
    verbs.index(own)
    (first, *_) = rows(own)
    asked = [str(own / "copy1.jpg"), str(own / "copy0.jpg")][1:]
    unfolded, folded = (found(own, like=asked, fold=fold) for fold in (False, True))
    assert len(unfolded.found) == len(folded.found) + 1
    assert {folded.found[0].name, *folded.found[0].like} >= {first.name}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"like": ["nowhere.jpg"]}, "neither a row nor a file"),
        ({"like": ["{folder}/brief.toml"]}, "is not a picture"),
        ({"like": ["{folder}"]}, "neither a row nor a file"),
        ({"where": "label = a and"}, "the filter"),
        ({"limit": 0}, "cannot be shown"),
        ({"space": "nope", "like": ["{name}"]}, "its spaces are vector"),
    ],
)
def test_what_cannot_be_looked_for_is_told(fruits, more, said):
    """In a line or two, with what to do."""
    name = rows(fruits)[0].name
    filled = {
        key: [part.format(folder=fruits, name=name) for part in value] if isinstance(value, list) else value
        for key, value in more.items()
    }
    with pytest.raises(BadInput, match=said):
        found(fruits, **filled)


def test_without_vectors_a_picture_finds_nothing_and_says_how(estate):
    """`embed` and then `index`."""
    for like in (str(next(estate.glob("images/*/*"))), rows(estate)[0].name):
        with pytest.raises(BadInput, match="no vector") as told:
            found(estate, like=[like])
        assert "photogram embed" in told.value.do


@settings(max_examples=60)
@given(text=st.text(max_size=30), plain=st.booleans())
def test_no_question_breaks_a_search(fruits, text, plain):
    """Quotes, operators, NUL, emoji, halves of characters: an answer comes, in the order of its reasons."""
    result = found(fruits, text, plain=plain)
    assert len(result.found) <= 5
    assert as_json(result)["exact"] is True


def test_nothing_asked_shows_the_set_in_its_order(fruits):
    """So does a filter alone."""
    assert names(found(fruits)) == [row.name for row in rows(fruits)]
    assert len(found(fruits, where="label = apple").found) == 3
    assert len(found(fruits, where="label = apple", limit=2).found) == 2


# ------------------------------------------------------------------------------- index


def test_an_index_of_the_same_table_is_not_made_anew(own):
    """Nothing is written, and it says so."""
    before = files(own)
    result = verbs.index(own)
    assert (result.new, result.rows) == (False, 5)
    assert files(own) == before


@pytest.mark.parametrize("how", ["embed", "retire", "label"])
def test_an_index_that_is_older_than_the_table_says_so(own, how):
    """A new cell, a row less, a row more: told by the search, mended by `index`."""
    assert found(own).notes == ()
    brief = own / "brief.toml"
    if how == "embed":
        verbs.measure(own)
        annotate(own, lambda row: {"description": "a fruit"})
    elif how == "retire":
        brief.write_text(brief.read_text().replace("count = 2", "count = 1"))
        verbs.plan(own)
    else:
        brief.write_text(brief.read_text().replace("count = 2", "count = 3"))
        verbs.generate(own)
    assert "older than the table" in found(own).notes[0]
    assert verbs.index(own).new
    assert found(own).notes == ()


def test_a_run_that_changes_nothing_makes_no_index_old(own):
    """The table is compared, not the time."""
    verbs.run(own)
    assert found(own).notes == ()


def test_vectors_of_two_models_are_refused(own):
    """Half of them made by another edition: the index is not made, the old one stays."""
    with Dataset(own) as opened:
        opened.ledger._db.execute(
            "UPDATE cells SET model = 'keyless:descriptors@0' WHERE col = 'vector' AND seq % 2 = 0"
        )
        opened.ledger._db.execute("UPDATE cells SET key = key || 'x' WHERE col = 'vector' AND seq % 2 = 0")
    with pytest.raises(BadInput, match=r"vector holds vectors that cannot be compared: .*descriptors@0"):
        verbs.index(own)
    assert len(found(own).found) == 5


def test_a_dataset_without_pictures_has_no_index(tmp_path):
    """It is told what to do first."""
    write(tmp_path)
    verbs.plan(tmp_path)
    with pytest.raises(BadInput, match="has a picture yet"):
        verbs.index(tmp_path)
    with pytest.raises(BadInput, match="there is no index"):
        found(tmp_path)


def test_rows_without_a_picture_are_not_found(own):
    """What is only planned is nothing to be found."""
    brief = own / "brief.toml"
    brief.write_text(brief.read_text().replace("count = 2", "count = 9"))
    verbs.plan(own)
    assert verbs.index(own).rows == 5


# ----------------------------------------------------------------------- hosted models


def hosted(folder, url, price=""):
    """A dataset whose prompts a served model turns into vectors."""
    more = f'{ANNOTATE}\n[providers.openai.embed]\nbase_url = "{url}"\n'
    more += '[embed.by]\nsaid = { model = "openai:text-embedding-3-small", of = "prompt", dimensions = 256 }'
    return write(folder, more=more)


def test_words_are_asked_of_the_model_of_a_space_and_booked(tmp_path):
    """One call, in the space's own size, counted in the ledger."""
    with serving(Script()) as sim:
        folder = hosted(tmp_path, sim.url)
        assert verbs.run(folder).stopped == ()
        verbs.index(folder)
        calls, booked = sim.books().calls, verbs.cost(folder).booked
        result = found(folder, "green", plain=True)
        assert sim.books().calls == calls + 1
        assert verbs.cost(folder).booked > booked
        assert any("vector.said by the words" in why for why in result.found[0].why)


def test_a_budget_that_is_spent_asks_nobody(tmp_path):
    """Looking by a paid model is spending too."""
    with serving(Script()) as sim:
        folder = hosted(tmp_path, sim.url)
        verbs.run(folder)
        verbs.index(folder)
        brief = folder / "brief.toml"
        brief.write_text(brief.read_text().replace("dollars = 5.0", "dollars = 0.0"))
        calls = sim.books().calls
        with pytest.raises(OverBudget, match="budget"):
            found(folder, "green")
        assert sim.books().calls == calls


def test_a_space_whose_model_is_not_set_up_is_passed_over(tmp_path):
    """Words find by themselves what they can, and it is told what would find more."""
    with serving(Script()) as sim:
        folder = hosted(tmp_path, sim.url)
        verbs.run(folder)
        verbs.index(folder)
    brief = folder / "brief.toml"
    brief.write_text(brief.read_text().replace("[providers.openai.embed]\nbase_url", "[providers.other]\nx"))
    result = found(folder, "green", plain=True)
    assert {one.label for one in result.found} == {"pear"}
    assert "vector.said was not looked in" in result.notes[0]
    assert "OPENAI_API_KEY" in result.notes[0]


def test_a_query_of_another_edition_is_refused(own):
    """What the brief names now is not what the index holds."""
    brief = own / "brief.toml"
    brief.write_text(brief.read_text().replace("[embed]", '[embed.by]\nlooks = "keyless:descriptors"'))
    verbs.embed(own)
    verbs.index(own)
    brief.write_text(brief.read_text().replace('"keyless:descriptors"', '"openai:text-embedding-3-small"'))
    brief.write_text(brief.read_text() + '\n[providers.openai.embed]\nbase_url = "http://127.0.0.1:9/v1"\n')
    with pytest.raises(BadInput, match="the brief names openai:text-embedding-3-small"):
        found(own, like=[str(next(own.glob("images/*/*")))])


# -------------------------------------------------------------------------- by command


def test_a_search_is_shown_so_that_it_can_be_changed(estate, capsys):
    """The filter, the words, how many match, each picture with its reasons; no percentages."""
    code, out, _ = typed(capsys, "search", estate, "cracks that are not a concern", "--limit", "2")
    shown = without_escapes(out)
    assert code == 0
    assert "where  defect_types contains crack and safety_concerns is empty" in shown
    assert "35 of 300 pictures match, 2 shown; exact" in shown
    assert f"to change it: photogram search {estate} --plain --where" in " ".join(shown.split())
    assert "by the words cracks; the filter holds" in shown
    assert "%" not in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_like_can_be_given_several_times(fruits, capsys):
    """As options of the command."""
    one, other = (row.name for row in rows(fruits)[:2])
    code, out, _ = typed(capsys, "search", fruits, "--like", one, "--like", other, "--json")
    assert code == 0
    assert '"matching"' in out


def test_an_index_tells_what_it_holds(own, capsys):
    """And where there are no vectors, how to get some."""
    code, out, _ = typed(capsys, "index", own)
    assert code == 0
    assert "5 pictures" in out
    assert "keyless:descriptors@1" in out
    assert "nothing changed" in out


def test_a_search_without_an_index_is_one_line_and_an_exit_code(tmp_path, capsys):
    """Never a traceback."""
    write(tmp_path)
    verbs.plan(tmp_path)
    code, _, err = typed(capsys, "search", tmp_path, "x")
    assert code == 2
    assert "photogram index" in err
