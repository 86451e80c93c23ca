"""Prices and dates that are newer than the package: read from a file, kept apart, and laid over the cards."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram import cards, catalogue, verbs
from photogram.data import Card, Price, Rate
from photogram.faults import BadInput
from photogram.providers import find

from .small import typed, write

TODAY = date(2026, 11, 24)
SEEING = Card(name="gemini:see-1", does=("see",), price=Price(tokens_in=0.1, tokens_out=0.4))
DRAWING = Card(name="openai:draw-1", does=("draw",), price=Price(image=0.2, rates=(Rate(image=0.01),)))
ENTRY = {
    "gemini/see-1": {
        "litellm_provider": "gemini",
        "input_cost_per_token": 2e-7,
        "output_cost_per_token": 8e-7,
        "deprecation_date": "2027-03-15",
    },
    "sample_spec": {"deprecation_date": "date when it ends, in the form YYYY-MM-DD"},
    "draw-1": {"litellm_provider": "openai", "output_cost_per_image": 0.9},
    "other": 3,
}


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Where a person's own knowledge is kept in this test."""
    path = tmp_path / "home" / "cards.json"
    monkeypatch.setenv("PHOTOGRAM_CARDS", str(path))
    return path


def read(tmp_path, said, name="file.json"):
    path = tmp_path / name
    path.write_text(said if isinstance(said, str) else json.dumps(said), "utf-8")
    return catalogue.read(path, [SEEING, DRAWING], TODAY)


def test_a_catalogue_is_read_for_prices_and_dates(tmp_path):
    """By the million tokens as they stand on a card, with the day on which they were read."""
    (name, fields) = next(iter(read(tmp_path, ENTRY).items()))
    card = cards.changed(SEEING, fields)
    assert name == "gemini:see-1"
    assert (card.price.tokens_in, card.price.tokens_out) == pytest.approx((0.2, 0.8))
    assert (card.eol, card.price.read_on) == ("2027-03-15", "2026-11-24")


def test_one_number_does_not_take_the_place_of_several(tmp_path):
    """A price by quality stays as it is where a catalogue knows only one."""
    assert "openai:draw-1" not in read(tmp_path, ENTRY)


def test_our_own_form_says_only_what_changed(tmp_path):
    """A table with a name and some fields; the rest of the card stays."""
    said = '[[model]]\nname = "openai:draw-1"\neol = "2027-01-01"\nsuccessor = "openai:draw-2"'
    assert read(tmp_path, said, "file.toml") == {
        "openai:draw-1": {"eol": "2027-01-01", "successor": "openai:draw-2"}
    }


def test_what_is_known_already_is_no_change(tmp_path):
    """A file that says the same is not worth keeping."""
    assert read(tmp_path, '[[model]]\nname = "gemini:see-1"\nnote = ""', "file.toml") == {}


@pytest.mark.parametrize(
    ("said", "name", "told"),
    [
        ("[1]", "x.json", "no catalogue"),
        ("{", "x.json", "not JSON"),
        ("name = ", "x.toml", "no file of cards"),
        ("[[model]]\nx = 1", "x.toml", "no file of cards"),
        ("model = 3", "x.toml", "no file of cards"),
        ('[[model]]\nname = "a:b"', "x.toml", "no model 'a:b'"),
        ('[[model]]\nname = "gemini:see-1"\ndoes = ["draw"]', "x.toml", "does is not for a file"),
        ('[[model]]\nname = "gemini:see-1"\nprice = 3', "x.toml", "gemini:see-1"),
    ],
)
def test_what_cannot_be_read_is_told_with_what_could_be(tmp_path, said, name, told):
    """Never a traceback, and nothing half kept."""
    with pytest.raises(BadInput, match=told):
        read(tmp_path, said, name)


def test_a_file_that_is_not_there_is_told(tmp_path):
    """With its name."""
    with pytest.raises(BadInput, match=r"none\.json cannot be read"):
        catalogue.read(tmp_path / "none.json", [], TODAY)


@given(
    st.dictionaries(
        st.sampled_from(list(ENTRY)),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=12),
            lambda inner: st.dictionaries(
                st.sampled_from(["litellm_provider", "input_cost_per_token", "deprecation_date"]), inner
            ),
        ),
    )
)
def test_no_catalogue_makes_a_card_that_is_none(tmp_path_factory, said):
    """Whatever stands in it, what is taken over is a price above nothing and a date."""
    path = tmp_path_factory.mktemp("any") / "file.json"
    path.write_text(json.dumps(said), "utf-8")
    for name, fields in catalogue.read(path, [SEEING, DRAWING], TODAY).items():
        card = cards.changed({card.name: card for card in (SEEING, DRAWING)}[name], fields)
        assert not card.price.free
        assert not card.eol or date.fromisoformat(card.eol)


def test_what_was_read_is_laid_over_the_cards(tmp_path, kept, capsys):
    """By command: said once, known to every dataset from then on, and forgotten with the file."""
    source = tmp_path / "new.toml"
    source.write_text('[[model]]\nname = "openai:gpt-image-2"\neol = "2020-01-01"\nsuccessor = "openai:x"')
    code, out, _ = typed(capsys, "models", "--refresh", source)
    assert code == 0
    assert "openai:gpt-image-2  eol, successor" in out
    assert find("openai").card("gpt-image-2", {}).ended
    trouble = verbs.plan(write(tmp_path / "set", draw="openai:gpt-image-2")).columns[0].trouble
    assert "2020-01-01" in trouble
    assert "openai:x" in trouble
    code, out, _ = typed(capsys, "models", "--refresh", source)
    assert "nothing new" in out
    kept.unlink()
    assert not find("openai").card("gpt-image-2", {}).ended


def test_a_second_file_adds_to_the_first(tmp_path, kept):
    """Nothing that was kept is lost."""
    for field in ('eol = "2030-01-01"', 'note = "read twice"'):
        (tmp_path / "new.toml").write_text(f'[[model]]\nname = "openai:gpt-image-2"\n{field}')
        verbs.models(refresh=str(tmp_path / "new.toml"))
    assert cards.changes_in(kept) == {"openai:gpt-image-2": {"eol": "2030-01-01", "note": "read twice"}}


def test_what_is_kept_and_damaged_is_told(kept):
    """Rather than passed over in silence."""
    kept.parent.mkdir()
    kept.write_text("[1]")
    with pytest.raises(BadInput, match="is damaged"):
        find("openai").cards()


def test_it_is_kept_where_such_things_are_kept():
    """By the usual variables, in their order."""
    at = cards.kept_at
    assert str(at({"PHOTOGRAM_CARDS": "/a/b.json"})) == "/a/b.json"
    assert str(at({"XDG_CONFIG_HOME": "/c"})) == "/c/photogram/cards.json"
    assert at({}).parts[-3:] == (".config", "photogram", "cards.json")


def test_models_are_listed_by_what_they_can():
    """One ability, and a word that is none."""
    assert {"draw" in usable.card.does for usable in verbs.models(can="draw")} == {True}
    with pytest.raises(BadInput, match="no model can 'dance'"):
        verbs.models(can="dance")
