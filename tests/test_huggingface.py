"""The provider `huggingface` without its libraries: cards, settings, what is missing, what is told."""

import subprocess
import sys

import pytest

from photogram import cards, providers, verbs
from photogram.data import Draw, Embed, See
from photogram.faults import BadInput, Invalid, NotSetUp
from photogram.providers.huggingface import Provider
from photogram.terms import check_ask

from .small import environ, typed
from .tiny import bare, cached, config, tensors

PIPELINES = ("StableDiffusionPipeline", "StableDiffusionXLPipeline", "FluxPipeline", "QwenImagePipeline")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A machine with nothing in its caches, as the process itself sees it."""
    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def card(folder, name="./w", **settings):
    return Provider(folder, {"XDG_CACHE_HOME": str(folder / "cache")}).card(name, settings)


def single(folder, architecture, *, chats=False, **entries):
    """A model of transformers as far as its files tell."""
    config(folder / "config.json", architectures=[architecture], **entries)
    tensors(folder / "model.safetensors")
    if chats:
        (folder / "chat_template.jinja").write_text("{{ messages }}")
    return folder


# ------------------------------------------------------------------------------- cards


@pytest.mark.parametrize("architecture", PIPELINES)
def test_what_a_pipeline_can_is_read_from_its_class(tmp_path, architecture):
    """These draw and edit under masks; the name of the folder says nothing."""
    bare(tmp_path / "w", architecture)
    found = card(tmp_path)
    assert (found.name, found.family) == ("huggingface:./w", architecture)
    assert found.does == ("draw", "edit")
    assert found.edits == ("inpaint", "erase", "vary")
    assert (found.mask, found.price.free) == ("white", True)


@pytest.mark.parametrize(
    ("architecture", "edits"),
    [
        ("StableDiffusionInpaintPipeline", ("inpaint", "erase")),
        ("StableDiffusionXLImg2ImgPipeline", ("vary",)),
        ("FluxFillPipeline", ("inpaint", "erase")),
    ],
)
def test_weights_made_for_edits_do_not_draw(tmp_path, architecture, edits):
    """Some are made for masks, some for whole pictures."""
    bare(tmp_path / "w", architecture)
    found = card(tmp_path)
    assert (found.does, found.edits) == (("edit",), edits)


def test_sizes_are_those_the_weights_were_trained_at(tmp_path):
    """The denoiser's own size times what the decoder makes of it; where that is not said, the family's."""
    bare(tmp_path / "w", sample_size=32)
    sizes = card(tmp_path).sizes
    assert (sizes.default, sizes.most_pixels, sizes.step) == ((64, 64), 4 * 64 * 64, 8)
    bare(tmp_path / "w", "FluxPipeline", sample_size=None)
    assert card(tmp_path).sizes.default == (1024, 1024)
    with pytest.raises(Invalid, match="pixels in all"):
        check_ask(card(tmp_path), Draw(prompt="x", width=4096, height=4096))


@pytest.mark.parametrize(
    ("architecture", "entries", "dimensions"),
    [
        ("CLIPModel", {"projection_dim": 512, "text_config": {"projection_dim": 7}}, 512),
        ("SiglipModel", {"text_config": {"hidden_size": 1152}}, 1152),
        ("SiglipModel", {"text_config": {"hidden_size": 32, "projection_size": 16}}, 16),
        ("Siglip2Model", {"text_config": {}}, 768),
    ],
)
def test_models_that_place_pictures_say_in_how_many_dimensions(tmp_path, architecture, entries, dimensions):
    """Theirs and no other: a vector cannot be asked for in another length."""
    single(tmp_path / "w", architecture, **entries)
    found = card(tmp_path)
    assert (found.does, found.dimensions) == (("embed",), (dimensions,))
    check_ask(found, Embed(text="x", dimensions=dimensions))
    with pytest.raises(Invalid, match=f"it has {dimensions}"):
        check_ask(found, Embed(text="x", dimensions=dimensions + 1))


def test_any_model_that_sees_and_talks_can_be_asked(tmp_path):
    """Also one that nobody knew of when this was written; without a conversation's form it cannot be."""
    single(tmp_path / "w", "NewestForConditionalGeneration", chats=True, vision_config={})
    found = card(tmp_path)
    assert (found.does, found.rung, found.sight.images) == (("see",), "prompt", 8)
    check_ask(found, See(images=(), options={"tokens": 99}))
    (tmp_path / "w" / "chat_template.jinja").unlink()
    with pytest.raises(NotSetUp, match="NewestForConditionalGeneration, which photogram cannot use"):
        card(tmp_path)


@pytest.mark.parametrize("architecture", ["LTXPipeline", "", "BertModel"])
def test_weights_of_another_kind_are_told(tmp_path, architecture):
    """With what can be used in their place."""
    bare(tmp_path / "w", architecture)
    with pytest.raises(NotSetUp, match="which photogram cannot use") as raised:
        card(tmp_path)
    assert "StableDiffusionPipeline" in raised.value.do


def test_models_of_the_cache_are_listed_with_their_commit(home):
    """Those that could be used; what else lies there is passed over."""
    hub = home / "cache" / "huggingface" / "hub"
    cached(hub, "org/draws")
    cached(hub, "org/films", architecture="LTXPipeline")
    cached(hub, "org/sees", make=single, architecture="X", chats=True, vision_config={})
    listed = {usable.card.name: usable.card for usable in verbs.models(home)}
    ours = {name: found.does for name, found in listed.items() if found.provider == "huggingface"}
    assert ours == {"huggingface:org/draws": ("draw", "edit"), "huggingface:org/sees": ("see",)}
    assert listed["huggingface:org/draws"].edition == "huggingface:org/draws@0123456789ab"


# ---------------------------------------------------------------------------- settings


def test_what_decides_on_a_picture_is_in_its_models_edition(tmp_path):
    """Weights, steps and guidance; not the device, the kind of numbers or the company."""
    bare(tmp_path / "w")
    plain = card(tmp_path).edition
    assert card(tmp_path, steps=4).edition == f"{plain}+steps=4"
    assert card(tmp_path, steps=4, guidance=0).edition == f"{plain}+steps=4+guidance=0"
    assert card(tmp_path, device="cpu", dtype="float16", batch=4, tokens=9).edition == plain
    single(tmp_path / "w", "X", chats=True, vision_config={})
    (tmp_path / "w" / "model_index.json").unlink()
    assert card(tmp_path, tokens=9, steps=4).edition.endswith("+tokens=9")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"revision": "x", "download": True}, "no setting download, revision"),
        ({"device": "gpu"}, "device"),
        ({"dtype": "int8"}, "dtype"),
        ({"steps": -1}, "steps"),
        ({"batch": "all"}, "batch"),
        ({"guidance": -0.5}, "guidance"),
    ],
)
def test_settings_that_are_none_are_bad_input(tmp_path, settings, told):
    """A word that does nothing would be believed to do something."""
    bare(tmp_path / "w")
    for look in (lambda: card(tmp_path, **settings), lambda: Provider().missing(settings, {})):
        with pytest.raises(BadInput, match=told):
            look()


def test_few_are_in_flight_and_never_fewer_than_run_together(tmp_path):
    """What waits for the thread is what is left to do when a run is stopped."""
    bare(tmp_path / "w")
    assert card(tmp_path).limits.in_flight == 2
    assert card(tmp_path, batch=8).limits.in_flight == 16
    single(tmp_path / "v", "CLIPModel", projection_dim=4)
    assert card(tmp_path, "./v").limits.in_flight == 32


# ------------------------------------------------------------------------ in a dataset


BRIEF = """
[dataset]
name = "local"
[models]
draw = "huggingface:./models/mine"
[[make]]
prompt = "a red car"
count = 2
size = "64x64"
"""


@pytest.fixture
def dataset(home):
    (home / "brief.toml").write_text(BRIEF, "utf-8")
    return home


def test_a_brief_names_a_folder_beside_it(dataset):
    """`plan` counts what it owes; its key is made of the weights, wherever the dataset lies."""
    bare(dataset / "models" / "mine")
    planned = verbs.plan(dataset)
    assert [(column.owed, column.dollars) for column in planned.columns if column.column == "image"] == [
        (2, 0.0)
    ]
    assert planned.columns[0].model == "huggingface:./models/mine"


def test_missing_weights_keep_nobody_from_planning(dataset, capsys):
    """`plan` and `doctor` say what is missing; `run` ends this column with it, and none with a traceback."""
    _, out, _ = typed(capsys, "plan", dataset)
    assert "there is no folder" in " ".join(out.split())
    _, out, _ = typed(capsys, "doctor", dataset)
    assert "name a folder as diffusers or transformers save it" in " ".join(out.split())
    code, out, _ = typed(capsys, "run", dataset)
    assert code == 2
    assert "there is no folder" in " ".join(out.split())


WITHOUT = """
import sys
sys.modules["torch"] = None  # as if it were not installed
from photogram import verbs
for finding in verbs.doctor({folder!r}):
    print(finding.what, "|", finding.do)
"""
LIGHT = """
import sys
from photogram import verbs
verbs.models({folder!r}); verbs.doctor({folder!r}); verbs.plan({folder!r})
print(sorted({{"torch", "diffusers", "transformers"}} & set(sys.modules)))
"""


def python(script, folder):
    return subprocess.run(
        [sys.executable, "-c", script.format(folder=str(folder))],
        env=environ(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_without_the_extra_it_is_named(dataset):
    """Whether the weights are there or not, as the command that fetches them comes with the extra too."""
    assert "| install what it needs: pip install 'photogram[huggingface]'; then name a folder" in python(
        WITHOUT, dataset
    )
    bare(dataset / "models" / "mine")
    said = python(WITHOUT, dataset)
    assert "huggingface:./models/mine is not set up | install what it needs" in said


def test_looking_loads_no_library(dataset):
    """`models`, `doctor` and `plan` read files; torch takes seconds and gigabytes, and is not touched."""
    bare(dataset / "models" / "mine")
    cached(dataset / "cache" / "huggingface" / "hub", "org/draws")
    assert python(LIGHT, dataset) == "[]\n"


def test_it_is_found_by_its_name():
    """A brief names it, and a file is all it takes."""
    assert "huggingface" in providers.names()
    assert providers.find("huggingface").name == "huggingface"


def test_the_cards_in_its_file_are_kinds_of_weights():
    """Each names a class, and none a price: what runs here costs nothing."""
    for known in cards.read("huggingface"):
        assert known.model.endswith(("Pipeline", "Model"))
        assert known.price.free
        assert not known.sizes.ratios
        assert bool(known.edits) == ("edit" in known.does)
