"""search --evaluate, and the fit of pictures to words that it measures."""

import shutil

import numpy as np
import pytest

from photogram import verbs
from photogram.builds import recall
from photogram.data import Row
from photogram.faults import BadInput
from photogram.finding import fitted
from photogram.store import path_of

from .small import rows, typed, write

COLOURS, SHAPES = ("red", "green", "blue", "white"), ("car", "bus", "van", "truck", "tram")
COUNT = 1200


def planted(noise=0.4, seed=3):
    """Pictures as numbers in which colour and shape lie hidden, what is said of each, and its kind."""
    random = np.random.default_rng(seed)
    colours, shapes = (random.standard_normal((len(words), 60)) for words in (COLOURS, SHAPES))
    pairs = [(random.integers(len(COLOURS)), random.integers(len(SHAPES))) for _ in range(COUNT)]
    pictures = np.stack([colours[c] + shapes[s] for c, s in pairs])
    pictures += noise * random.standard_normal(pictures.shape)
    texts = [f"a {COLOURS[c]} {SHAPES[s]} on a street" for c, s in pairs]
    return pictures.astype(np.float32), texts, np.array([c * 10 + s for c, s in pairs])


@pytest.fixture(scope="module")
def learnt():
    pictures, texts, kinds = planted()
    looks = fitted.looks(pictures[:800])
    return looks, fitted.fit(looks.of(pictures[:800]), texts[:800]), pictures, texts, kinds


def measured(learnt, **more):
    looks, fit, pictures, texts, kinds = learnt
    held = np.arange(COUNT) >= 800
    truth = recall.Truth(kinds, held, 20)
    rows, placed = np.arange(COUNT), fit.of_pictures(looks.of(pictures))
    return recall.by_words("v", fit, placed, rows, more.get("texts", texts), truth), placed, rows, truth


# ---------------------------------------------------------------------------- the fit


def test_words_find_pictures_that_the_fit_has_not_seen(learnt):
    """Far above chance, both ways."""
    (by_words, by_picture), *_ = measured(learnt)
    assert (by_words.way, by_picture.way) == ("pictures by words", "words by a picture")
    assert min(by_words.at_1, by_picture.at_1) > 0.9
    assert by_words.at_10 > 2 * by_words.chance_10


def test_words_that_belong_to_other_pictures_find_nothing(learnt):
    """The same measure on captions that were shuffled is no better than chance: it measures what it says."""
    texts = list(learnt[3])
    np.random.default_rng(1).shuffle(texts)
    (by_words, _), *_ = measured(learnt, texts=texts)
    assert by_words.at_1 < 0.15


def test_a_fit_knows_only_the_words_of_its_set(learnt):
    """Those that it has met, also in the plural; a word in every text tells nothing."""
    fit = learnt[1]
    assert fit.of_text("a tractor") is None
    assert fit.of_text("street") is None
    assert fit.of_text("") is None
    assert fit.of_text("RED cars") == pytest.approx(fit.of_text("red car"))


def test_one_word_is_enough(learnt):
    """A colour alone finds pictures of that colour."""
    looks, fit, pictures, texts, _ = learnt
    placed = fit.of_pictures(looks.of(pictures[800:]))
    near = np.argsort(-(placed / np.linalg.norm(placed, axis=1)[:, None]) @ fit.of_text("blue"))[:20]
    assert all("blue" in texts[800 + n] for n in near)


def test_few_pictures_or_one_text_are_no_fit():
    """What is learnt from them would be chance."""
    pictures, texts, _ = planted()
    looks = fitted.looks(pictures)
    assert fitted.fit(looks.of(pictures[:400]), texts[:400]) is None
    assert fitted.fit(looks.of(pictures), ["the same"] * COUNT) is None


def test_a_fit_comes_back_from_its_file(tmp_path, learnt):
    """With its words, or without any."""
    looks, fit, pictures, *_ = learnt
    fitted.write(tmp_path, "v", looks, fit)
    again_looks, again = fitted.read(tmp_path, "v")
    assert again.of_text("red car").tolist() == fit.of_text("red car").tolist()
    assert again_looks.of(pictures[0]).tolist() == looks.of(pictures[0]).tolist()
    fitted.write(tmp_path, "w", looks, None)
    assert fitted.read(tmp_path, "w")[1] is None


@pytest.mark.parametrize("count", [1, 2, 7, 200])
def test_looks_are_made_of_any_number_of_pictures(count):
    """One, all the same, fewer than numbers, more than numbers: finite, and equal ones stay equal."""
    pictures = planted()[0][:count]
    for given in (pictures, np.repeat(pictures[:1], count, axis=0), np.zeros_like(pictures)):
        turned = fitted.looks(given).of(given)
        assert np.isfinite(turned).all()
        assert turned.shape[1] >= 1
        assert fitted.looks(given).of(given[:1])[0] == pytest.approx(turned[0], abs=1e-4)


# -------------------------------------------------------------------------- the truth


def row(n, group="", **facts):
    return Row(id=str(n), name=f"row{n}", label="car", group=group, facts=facts)


def test_pictures_of_the_same_facts_are_of_one_kind():
    """A fact that is another in every row is a name, and does not count."""
    truth = recall.truth_of([row(n, color="red" if n % 2 else "blue", plate=f"P{n}") for n in range(40)])
    assert len(set(truth.kinds.tolist())) == 2
    assert truth.groups == 2


def test_a_group_is_held_out_as_a_whole():
    """No group lies on both sides, and about a fifth of them is held out."""
    truth = recall.truth_of([row(n, group=f"g{n // 4}", color=n % 2) for n in range(4000)])
    held = truth.held.reshape(-1, 4)
    assert (held.all(axis=1) | ~held.any(axis=1)).all()
    assert 0.1 < truth.held.mean() < 0.3


def test_a_gallery_has_five_hundred_at_most():
    """From all over the set."""
    truth = recall.Truth(np.zeros(5000, int), np.ones(5000, bool), 1)
    places = recall.gallery(np.arange(5000), truth)
    assert len(places) == 500
    assert places[-1] > 4900


def test_recall_counts_any_right_answer_and_never_the_picture_itself():
    """Two of a kind find each other; one alone asks nothing."""
    vectors = np.array([[1, 0], [0.9, 0.1], [0, 1]], np.float32)
    truth = recall.Truth(np.array([1, 1, 2]), np.ones(3, bool), 2)
    (one,) = recall.by_pictures("v", vectors, np.arange(3), truth)
    assert (one.questions, one.gallery, one.at_1, one.right) == (2, 2, 1.0, 1.0)
    apart = recall.Truth(np.array([1, 2, 1]), np.ones(3, bool), 2)
    (other,) = recall.by_pictures("v", vectors, np.arange(3), apart)
    assert (other.at_1, other.at_5) == (0.0, 1.0)


# ------------------------------------------------------------------------- by command


@pytest.fixture(scope="module")
def things(tmp_path_factory):
    """A hundred and twenty drawn pictures with vectors."""
    groups = {name: (f"a {name} thing", 20) for name in ("red", "green", "blue", "white", "black", "grey")}
    folder = write(tmp_path_factory.mktemp("things"), groups=groups, more="[embed]")
    verbs.run(folder)
    return folder


def test_it_is_measured_by_command(things, capsys):
    """In every space of pictures; where too little is said to fit words to, it says so."""
    verbs.index(things)
    code, out, _ = typed(capsys, "search", things, "--evaluate")
    assert code == 0
    assert "by words it is not measured: fewer than 500" in " ".join(out.split())
    found = verbs.search(things, evaluate=True)
    assert {one.way for one in found.recalls} <= {"like a picture"}


def test_an_index_of_enough_pictures_finds_them_by_words_as_they_look(things, tmp_path, monkeypatch):
    """A second space, fitted to the words; a search by words looks in it and says so, a file is found too."""
    monkeypatch.setattr(fitted, "LEAST", 60)  # drawing five hundred takes half a minute
    shutil.copytree(things, tmp_path / "own", ignore=shutil.ignore_patterns("index"))
    spaces = {one.name: one for one in verbs.index(tmp_path / "own").spaces}
    assert (spaces["vector"].kind, spaces["vector.fitted"].kind) == ("looks", "fitted")
    assert spaces["vector.fitted"].vectors == 120
    result = verbs.search(tmp_path / "own", ["red"], plain=True, limit=120)
    assert any("in vector.fitted by the words" in why for one in result.found for why in one.why)
    (first, *_) = rows(tmp_path / "own")
    mine = verbs.search(tmp_path / "own", like=[str(tmp_path / "own" / path_of(first.image()))])
    assert mine.found[0].name == first.name
    assert len(mine.found[0].why) == 2
    only = verbs.search(tmp_path / "own", ["red"], plain=True, space="vector.fitted", limit=3)
    assert len(only.found) == 3
    found = verbs.search(tmp_path / "own", evaluate=True)
    assert found.fitted_on > 60
    assert {one.space for one in found.recalls} <= {"vector", "vector.fitted"}


def test_without_vectors_nothing_is_measured(tmp_path):
    """And it is told what to do."""
    write(tmp_path)
    verbs.run(tmp_path)
    verbs.index(tmp_path)
    with pytest.raises(BadInput, match="no vectors of pictures") as told:
        verbs.search(tmp_path, evaluate=True)
    assert "photogram embed" in told.value.do
