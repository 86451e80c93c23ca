"""Weights at work: tiny random ones of diffusers and transformers, on the processor, without a network.

What they answer is noise, so what is proven is the way there and back: seeds, masks, sizes, company, memory.
"""

import asyncio
import inspect
import os
import shutil
import socket
import threading
from importlib.util import find_spec

import numpy as np
import pytest

from photogram import cards, verbs
from photogram.data import Blob, Draw, Edit, Embed, Picture, Point, Said, See
from photogram.faults import Broken, Invalid, NotSetUp, Refused
from photogram.inference import painter
from photogram.inference.bench import SPARE, How, Job, find_bench, free_memory
from photogram.inference.painter import Painter, sibling
from photogram.inference.viewer import Viewer
from photogram.pixels import codecs
from photogram.pixels.masks import encode as encode_mask
from photogram.providers.huggingface import Provider
from photogram.store import blob_of
from photogram.weights import read

from . import tiny
from .small import pictures, rows

if find_spec("torch") is None and not os.environ.get("CI"):  # in CI that is a failure
    pytest.skip("torch is not installed: `make .venv/torch` installs it", allow_module_level=True)

pytestmark = [
    pytest.mark.xdist_group("torch"),  # one process loads the libraries, and not each
    pytest.mark.filterwarnings("ignore"),  # theirs, by the dozen
]
FAST = {"steps": 2, "device": "cpu"}
UNREAD = Blob(sha256="0" * 64, media_type="image/png", size=1)


@pytest.fixture(scope="session")
def torch():
    """torch on one thread: for weights this small, more of them only wait for each other."""
    import torch

    torch.set_num_threads(1)
    return torch


@pytest.fixture(scope="session")
def home(torch, tmp_path_factory):
    return tmp_path_factory.mktemp("weights")


@pytest.fixture
def local(home):
    """Models by the name of how they are made; each is made once."""
    return Local(home)


class Local:
    def __init__(self, home):
        self.home = home
        self.environ = {"XDG_CACHE_HOME": str(home / "cache")}
        self.laid = {}

    def make(self, name, **more):
        folder = self.home / "-".join([name, *more])
        return folder if folder.exists() else getattr(tiny, name)(folder, **more)

    def lay(self, pixels):
        data = codecs.encode_png(pixels) if pixels.ndim == 3 else encode_mask(pixels)
        self.laid[blob_of(data).sha256] = data
        return blob_of(data)

    def open(self, folder, room=free_memory, **settings):
        """A model of its own, as the provider opens it; `room` is the memory that it is told of."""
        provider, settings = Provider(self.home, self.environ, room), {**FAST, **settings}
        return provider.open(provider.card(str(folder), settings), settings, self.environ, self.reader)

    def load(self, kind, folder):
        """A model in memory without a worker around it, and the job it does."""
        how = How(device="cpu", steps=2)
        card = Provider(self.home, self.environ).card(str(folder), {})
        job = Job(card, read(str(folder), self.home, self.environ), how, self.reader, threading.Event())
        return job, kind(job, find_bench(how))

    def reader(self, blob):
        return self.laid[blob.sha256]

    def ask(self, folder, *asks, **settings):
        """The answers to asks that come together; errors are answers too."""

        async def main():
            model = self.open(folder, **settings)
            try:
                return await asyncio.gather(*map(model.answer, asks), return_exceptions=True)
            finally:
                await model.close()

        return asyncio.run(main())

    def one(self, folder, ask, **settings):
        (reply,) = self.ask(folder, ask, **settings)
        if isinstance(reply, Exception):
            raise reply
        return reply


@pytest.fixture(autouse=True)
def nobody_is_called(monkeypatch):
    """Not even tried: libraries may swallow the error that an attempt ends in."""
    tried = []
    for name in ("getaddrinfo", "create_connection"):
        monkeypatch.setattr(socket, name, lambda *where, **_: tried.append(where))
    yield
    assert tried == []


def pixels(reply):
    return codecs.decode(reply.images[0]).astype(int)


def photograph(height=48, width=72, seed=0):
    """A picture with something to see everywhere."""
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)


def left_half(height=48, width=72):
    mask = np.zeros((height, width), np.uint8)
    mask[:, : width // 2] = 255
    return mask


# ----------------------------------------------------------------------------- drawing


def test_a_picture_comes_with_how_it_was_made(local):
    """As large as the weights are used to, losslessly; free, but counted; every parameter is kept."""
    reply = local.one(local.make("pipeline"), Draw(prompt="a car", seed=7))
    header = codecs.verify(reply.images[0])
    assert (header.media_type, header.width, header.height) == ("image/png", 64, 64)
    assert (reply.usage.images, reply.usage.dollars) == (1, 0.0)
    assert reply.usage.seconds > 0
    revision = read(str(local.make("pipeline")), local.home, local.environ).revision
    assert reply.made.pop("maker").endswith(f"@{revision}+steps=2")
    assert reply.made == {
        "pipeline": "StableDiffusionPipeline",
        "seed": 7,
        "steps": 2,
        "guidance": 7.5,
        "device": "cpu",
        "dtype": "float32",
    }


def test_the_same_seed_is_the_same_picture_to_the_byte(local):
    """In the same model, whatever it drew between, and in one that is loaded anew."""
    folder = local.make("pipeline")
    ask, other = Draw(prompt="a car", seed=7), Draw(prompt="a car", seed=8)
    first, second, third = local.ask(folder, ask, other, ask)
    assert first.images == third.images == local.one(folder, ask).images
    assert first.images != second.images


def test_without_a_seed_the_ask_is_its_own(local):
    """And the one that was taken is kept, so that it can be given."""
    folder = local.make("pipeline")
    first, second, other = local.ask(folder, *(Draw(prompt=word) for word in ("a", "a", "b")))
    assert first.images == second.images
    assert first.made["seed"] != other.made["seed"]
    assert local.one(folder, Draw(prompt="a", seed=first.made["seed"])).images == first.images


def test_size_steps_and_guidance_are_as_asked(local):
    """By the brief's options for a group, before those of the provider."""
    ask = Draw(prompt="a", seed=1, width=96, height=64, options={"steps": 1, "guidance": 3.0})
    reply = local.one(local.make("pipeline"), ask, guidance=2.0)
    assert pixels(reply).shape == (64, 96, 3)
    assert (reply.made["steps"], reply.made["guidance"]) == (1, 3.0)
    assert local.one(local.make("pipeline"), Draw(prompt="a", seed=1), guidance=2.0).made["guidance"] == 2.0


@pytest.mark.parametrize("options", [{"steps": 0}, {"steps": "many"}, {"guidance": True}])
def test_options_that_are_no_numbers_are_invalid(local, options):
    """One ask is wrong, and the one beside it is not."""
    wrong, right = local.ask(
        local.make("pipeline"), Draw(prompt="a", options=options), Draw(prompt="a"), batch=2
    )
    assert isinstance(wrong, Invalid)
    assert isinstance(right, Picture)


def test_what_is_not_wanted_changes_the_picture_or_is_said_to_be_unread(local):
    """A pipeline that weighs its prompt heeds the negative one too; at a weight of 1 none does."""
    folder = local.make("pipeline")
    ask, without = Draw(prompt="a", negative="rust", seed=1), Draw(prompt="a", seed=1)
    heard, plain = local.ask(folder, ask, without)
    assert heard.images != plain.images
    assert "not_understood" not in heard.made
    assert local.one(folder, ask, guidance=1.0).made["not_understood"] == ["negative"]


def test_numbers_of_half_the_width_take_half_the_memory(local):
    """And the reply says which were used."""
    assert local.one(local.make("pipeline"), Draw(prompt="a"), dtype="bfloat16").made["dtype"] == "bfloat16"


# ----------------------------------------------------------------------------- editing


@pytest.mark.parametrize("name", ["pipeline", "flux"])
def test_paint_goes_where_the_mask_is_white(local, name):
    """From prompt to prompt the white half differs, and the black one hardly does."""
    picture, mask = local.lay(photograph()), local.lay(left_half())
    edits = [
        Edit(kind="inpaint", images={"image": picture}, mask=mask, prompt=prompt, seed=1)
        for prompt in ("rust", "snow and ice")
    ]
    first, second = map(pixels, local.ask(local.make(name), *edits))
    assert first.shape == (48, 72, 3)
    apart = np.abs(first - second)
    assert apart[:, :30].mean() > 4 * apart[:, 42:].mean()


def test_another_family_draws_and_edits_by_the_same_words(local):
    """FLUX by its three classes, each with the guidance it is used to; it says that it heeds no negative."""
    picture, mask = local.lay(photograph()), local.lay(left_half())
    replies = local.ask(
        local.make("flux"),
        Draw(prompt="a car", negative="rust", width=80, height=64, seed=1),
        Edit(kind="vary", images={"image": picture}, prompt="x", seed=1),
        Edit(kind="inpaint", images={"image": picture}, mask=mask, prompt="x", seed=1),
    )
    kinds = [reply.made["pipeline"] for reply in replies]
    assert kinds == ["FluxPipeline", "FluxImg2ImgPipeline", "FluxInpaintPipeline"]
    assert replies[0].made["guidance"] == 3.5
    assert replies[0].made["not_understood"] == ["negative"]
    assert [pixels(reply).shape for reply in replies] == [(64, 80, 3), (48, 72, 3), (48, 72, 3)]


def test_weights_made_for_masks_are_given_them(local):
    """Theirs is the only pipeline that they fit; another mask is another picture."""
    picture, left = local.lay(photograph()), left_half()
    edits = [
        Edit(kind="inpaint", images={"image": picture}, mask=local.lay(mask), prompt="rust", seed=1)
        for mask in (left, 255 - left)
    ]
    first, second = local.ask(local.make("pipeline", inpainting=True), *edits)
    assert first.made["pipeline"] == "StableDiffusionInpaintPipeline"
    assert first.images != second.images


def test_a_variation_is_as_large_and_as_far_as_asked(local):
    """No picture is stretched: an odd size comes back as it was. With less strength the words count less."""
    picture = local.lay(photograph(50, 70))
    edits = [
        Edit(kind="vary", images={"image": picture}, prompt=prompt, seed=1, strength=strength)
        for strength in (0.1, 1.0)
        for prompt in ("rust", "snow and ice")
    ]
    weak, weak_too, strong, strong_too = map(pixels, local.ask(local.make("pipeline"), *edits, steps=10))
    assert weak.shape == (50, 70, 3)
    assert 0 < 3 * np.abs(weak - weak_too).mean() < np.abs(strong - strong_too).mean()


def test_erasing_hears_no_prompt(local):
    """What is to go must not be drawn: whatever the words, what comes is the same."""
    folder, picture, mask = local.make("pipeline"), local.lay(photograph()), local.lay(left_half())
    one, two = (
        Edit(kind=kind, images={"image": picture}, mask=mask, prompt="the scratch", seed=1)
        for kind in ("erase", "inpaint")
    )
    three = Edit(kind="erase", images={"image": picture}, mask=mask, prompt="other words", seed=1)
    erased, painted, again = local.ask(folder, one, two, three)
    assert erased.images == again.images != painted.images


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"kind": "inpaint"}, "to inpaint takes a mask"),
        ({"kind": "vary", "strength": 0.1}, "a strength of 0.1 leaves none of 2 steps"),
        ({"kind": "upscale"}, "its edits are inpaint, erase, vary"),
    ],
)
def test_edits_that_cannot_be_are_invalid(local, more, told):
    """By the card, or by what the library would fail over."""
    ask = Edit(images={"image": local.lay(photograph())}, prompt="x", **more)
    with pytest.raises(Invalid, match=told):
        local.one(local.make("pipeline"), ask)


def test_a_picture_that_cannot_be_read_is_invalid(local):
    """The reason is passed on, with the picture's hash."""
    local.laid[UNREAD.sha256] = b"<html>"
    with pytest.raises(Invalid, match="000000000000: not a picture"):
        local.one(local.make("pipeline"), Edit(kind="vary", images={"image": UNREAD}, prompt="x"))


def test_an_edit_leaves_the_rest_of_the_picture_to_the_pixel(local, tmp_path):
    """Through `run`: a photograph larger than the model's own size, changed in its box and nowhere else."""
    original = photograph(150, 200)
    (tmp_path / "good.png").write_bytes(codecs.encode_png(original))
    (tmp_path / "brief.toml").write_text(EDITS.format(folder=local.make("pipeline")), "utf-8")
    ran = verbs.run(tmp_path)
    assert ran.exit_code == 0, ran.stopped
    (row,) = [row for row in rows(tmp_path) if row.parent]
    image = row.cells["image"]
    (file,) = [p for p in pictures(tmp_path) if p.stem == image.files["image"].sha256]
    after = codecs.decode(file.read_bytes())
    changed = (after != original).any(axis=2)
    allowed = np.zeros_like(changed)
    allowed[60 - 4 : 90 + 4, 60 - 4 : 100 + 4] = True  # the box, grown
    assert not (changed & ~allowed).any()
    assert changed.mean() > 0.02
    assert image.value["pipeline"] == "StableDiffusionInpaintPipeline"


EDITS = """
[dataset]
name = "edits"
[models]
edit = "huggingface:{folder}"
[providers.huggingface]
steps = 2
device = "cpu"
[[take]]
from = ["good.png"]
label = "good"
[[edit]]
of = "good"
label = "rusty"
prompt = "rust"
where = {{ box = [0.3, 0.4, 0.2, 0.2] }}
grow = 4
feather = 2
"""


# ----------------------------------------------------------------------- looking, saying


def test_a_question_is_answered_in_words(local):
    """The same each time, as it is the likeliest; cut off where it is told to be; tokens are counted."""
    folder, picture = local.make("llava"), local.lay(photograph())
    ask = See(images=(picture,), prompt="what is it?", options={"tokens": 5})
    first, second, longer = local.ask(folder, ask, ask, See(images=(picture,), prompt="what?"), tokens=9)
    assert isinstance(first, Said)
    assert first.text == second.text
    assert first.usage.tokens_out <= 5 < longer.usage.tokens_out <= 9
    assert first.usage.tokens_in > longer.usage.tokens_in > 16  # a picture is 16 of them


def test_what_is_said_depends_on_what_is_seen(local):
    """Other pictures, other words; more of them in one question are more to read."""
    folder, dark = local.make("llava"), local.lay(np.zeros((32, 32, 3), np.uint8))
    bright = local.lay(photograph(32, 32))
    asks = [See(images=images, prompt="what?") for images in ((dark,), (bright,), (dark, bright))]
    one, two, both = local.ask(folder, *asks, tokens=20)
    assert one.text != two.text
    assert both.usage.tokens_in == one.usage.tokens_in + 16


def test_in_company_everyone_gets_his_own_answer(local):
    """Questions of different lengths are filled up on the left, so that each answer follows its question."""
    folder, picture = local.make("llava"), local.lay(photograph())
    asks = [See(images=(picture,), prompt=text) for text in ("a", "why is there rust?", "and so on, and on?")]
    alone = [local.one(folder, ask, tokens=4) for ask in asks]
    together = local.ask(folder, *asks, tokens=4, batch=3)
    assert [said.text for said in together] == [said.text for said in alone]
    assert [said.usage.tokens_in for said in together] == [said.usage.tokens_in for said in alone]


# ----------------------------------------------------------------------------- placing


@pytest.mark.parametrize("name", ["clip", "siglip"])
def test_pictures_and_texts_have_their_places_in_one_space(local, torch, name):
    """As the library itself computes them one by one, brought to length 1, and as long as the card says."""
    import transformers

    folder, rgb = local.make(name), photograph()
    shown, read = local.ask(folder, Embed(image=local.lay(rgb)), Embed(text="a red car"))
    model = transformers.AutoModel.from_pretrained(folder)
    processor = transformers.AutoProcessor.from_pretrained(folder)
    from PIL import Image

    with torch.inference_mode():
        given = processor(images=[Image.fromarray(rgb)], return_tensors="pt")
        pictured = model.get_image_features(**given).pooler_output[0]
        filled = {"padding": "max_length", "max_length": 64} if name == "siglip" else {}
        written = model.get_text_features(
            **processor(text=["a red car"], return_tensors="pt", **filled)
        ).pooler_output[0]
    for found, wanted in ((shown, pictured), (read, written)):
        assert isinstance(found, Point)
        assert np.allclose(found.vector, (wanted / wanted.norm()).numpy(), atol=1e-6)
        assert np.linalg.norm(found.vector) == pytest.approx(1.0, abs=1e-6)
    assert len(read.vector) == local.open(folder).card.dimensions[0]


def test_company_does_not_move_a_place(local):
    """Texts of different lengths and pictures, all waiting together: each lands where it does alone."""
    folder = local.make("clip")
    asks = [Embed(text="car"), Embed(image=local.lay(photograph())), Embed(text="a red car, seen from above")]
    for alone, together in zip(
        [local.one(folder, ask) for ask in asks], local.ask(folder, *asks), strict=True
    ):
        assert np.allclose(alone.vector, together.vector, atol=1e-6)


def test_a_text_is_never_cut_off_in_silence(local):
    """Its end would not be found; the texts beside it are placed all the same."""
    long, short, none = local.ask(local.make("clip"), Embed(text="x " * 99), Embed(text="x"), Embed(text=" "))
    assert isinstance(long, Invalid)
    assert "reads 77 tokens, and this text has 101" in str(long)
    assert isinstance(short, Point)
    assert isinstance(none, Invalid)


# ------------------------------------------------------------------ company and the loop


def test_pictures_drawn_together_are_those_drawn_alone(local):
    """To the eye: in company the last digits of the arithmetic differ, and so may a shade here and there."""
    folder = local.make("pipeline")
    sizes = [(64, 64), (64, 64), (96, 64), (64, 64)]
    asks = [Draw(prompt=f"{n}", seed=n, width=w, height=h) for n, (w, h) in enumerate(sizes)]
    alone = [pixels(local.one(folder, ask)) for ask in asks]
    together = [pixels(reply) for reply in local.ask(folder, *asks, batch=4)]
    for one, other in zip(alone, together, strict=True):
        assert np.abs(one - other).max() <= 2
    assert np.abs(alone[0] - alone[1]).mean() > 10


def test_the_loop_is_free_while_weights_work(local):
    """A picture is read in the thread and waits there for the loop, for ever if that is held up."""
    free, picture = threading.Event(), local.lay(photograph())

    def slowly(blob):
        assert free.wait(60), "the loop was held up"
        return local.laid[blob.sha256]

    local.reader = slowly

    async def main():
        model = local.open(local.make("clip"))
        answer = asyncio.ensure_future(model.answer(Embed(image=picture)))
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(free.set)
        point = await answer
        await model.close()
        return point

    assert isinstance(asyncio.run(main()), Point)


@pytest.mark.parametrize(
    ("kind", "name", "ask"),
    [
        (Painter, "pipeline", Draw(prompt="a", options={"steps": 500})),
        (Viewer, "llava", See(images=(), prompt="a", options={"tokens": 2000})),
    ],
)
def test_what_is_under_way_ends_at_its_next_step(local, kind, name, ask):
    """A second Ctrl-C does not wait for hundreds of steps, nor for a long answer."""
    job, model = local.load(kind, local.make(name))
    job.stopped.set()
    (reply,) = model.run([ask])
    assert isinstance(reply, Broken)
    assert "was stopped" in str(reply)


# ------------------------------------------------------------------------------ memory


def test_weights_that_do_not_fit_are_not_loaded(local):
    """The system would end the whole run for it; what is needed, what is free and what helps is told."""
    folder = local.make("pipeline")
    need = SPARE * read(str(folder), local.home, local.environ).bytes_at(4)
    with pytest.raises(NotSetUp, match="GB are free on cpu") as raised:
        local.one(folder, Draw(prompt="a"), room=lambda device: int(need) - 1)
    assert "bfloat16" in raised.value.do
    assert local.one(folder, Draw(prompt="a"), room=lambda device: int(need) + 1).images
    assert local.one(folder, Draw(prompt="a"), room=lambda device: int(need / 2) + 1, dtype="bfloat16").images


def test_one_model_that_does_not_fit_does_not_end_the_others(torch, tmp_path):
    """Its column is left empty, with the reason, and is owed; all others are filled."""
    tiny.cached(tmp_path / "hub", "org/huge", count=10**12)  # eight terabytes, without room on the disk
    (tmp_path / ".env").write_text(f"HF_HUB_CACHE={tmp_path / 'hub'}\n", "utf-8")
    (tmp_path / "good.png").write_bytes(codecs.encode_png(photograph(64, 64)))
    (tmp_path / "brief.toml").write_text(HUGE, "utf-8")
    ran = verbs.run(tmp_path)
    assert ran.exit_code == 2
    assert any("huggingface:org/huge needs 9600.0 GB" in why for why in ran.stopped)
    assert {tick.column: tick.filled for tick in ran.columns} == {"image": 0, "measures": 1, "annotation": 1}
    assert ran.left == 2


HUGE = """
[dataset]
name = "huge"
[models]
draw = "huggingface:org/huge"
[providers.huggingface]
device = "cpu"
[[take]]
from = ["good.png"]
[[make]]
prompt = "a car"
count = 2
size = "64x64"
[annotate.fields]
brightness = "number 0..1"
"""


def test_an_ask_that_does_not_fit_is_that_asks_own_fault(local):
    """Far more than any machine has: it is told, and the model draws on."""
    _, model = local.load(Painter, local.make("pipeline"))
    large = Draw(prompt="a", width=80_000_000, height=80_000_000)
    wrong, right = model.run([large, Draw(prompt="a", seed=1)])
    assert isinstance(wrong, Invalid)
    assert "the memory ran out over this one ask" in str(wrong)
    assert isinstance(right, Picture)


# ---------------------------------------------------------------------- what goes wrong


def test_a_pipelines_own_censor_refuses_one_picture(local):
    """It blackens what it takes for unsafe: that is a refusal and no black picture in the set."""
    folder = local.make("pipeline", prudish=True)
    for reply in local.ask(folder, Draw(prompt="a"), Draw(prompt="b"), batch=2):
        assert isinstance(reply, Refused)
        assert (reply.code, reply.stage) == ("safety_checker", "output")


def test_what_comes_to_no_numbers_is_no_picture(local, torch):
    """As it happens in half precision: black pixels would have been kept as if they had been drawn."""
    folder = local.home / "overflowing"
    shutil.copytree(local.make("pipeline"), folder, dirs_exist_ok=True)
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    from safetensors.torch import load_file, save_file

    save_file({name: each * float("nan") for name, each in load_file(file).items()}, file, {"format": "pt"})
    with pytest.raises(Invalid, match="came to no numbers in float32"):
        local.one(folder, Draw(prompt="a"))


def test_weights_that_no_library_takes_are_told(local):
    """Other shapes than the configuration says, as after a damaged download or a change by hand."""
    folder = local.home / "mixed-up"
    shutil.copytree(local.make("clip"), folder, dirs_exist_ok=True)
    tiny.tensors(folder / "model.safetensors", count=3)
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(NotSetUp, match="cannot be loaded"):
        local.one(folder, Embed(text="a"))


@pytest.mark.parametrize("device", ["cuda:99", "mps"])
def test_a_device_that_is_not_there_is_told_with_those_that_are(local, torch, device):
    """Rather than running for days on the processor, unasked."""
    if device == "mps" and torch.backends.mps.is_available():
        pytest.skip("this machine has one")
    with pytest.raises(NotSetUp, match=f"torch finds no {device}") as raised:
        local.one(local.make("clip"), Embed(text="a"), device=device)
    assert "cpu" in raised.value.do


def test_other_weights_make_other_cells(local, tmp_path):
    """What one training drew the next does not draw: the set owes its pictures again, and has both."""
    shutil.copytree(local.make("pipeline"), tmp_path / "mine")
    (tmp_path / "brief.toml").write_text(OWN, "utf-8")
    assert verbs.run(tmp_path).columns[0].filled == 2
    assert verbs.run(tmp_path).columns == ()
    file = tmp_path / "mine" / "unet" / "diffusion_pytorch_model.safetensors"
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))
    assert verbs.plan(tmp_path).columns[0].owed == 2
    assert verbs.run(tmp_path).columns[0].filled == 2
    assert len(pictures(tmp_path)) == 4


OWN = """
[dataset]
name = "own"
[models]
draw = "huggingface:./mine"
[providers.huggingface]
steps = 2
device = "cpu"
[[make]]
prompt = "a car"
count = 2
size = "64x64"
"""


# ------------------------------------------------------------------ the table of kinds


TAKES = {
    "draw": {"prompt", "width", "height"},
    "inpaint": {"prompt", "image", "mask_image"},
    "vary": {"prompt", "image", "strength"},
}
NEVER_INTERRUPTED = ("PixArtSigmaPipeline",)


PIPELINES = [card for card in cards.read("huggingface") if "embed" not in card.does]


@pytest.mark.parametrize("card", PIPELINES, ids=lambda card: card.model)
def test_the_library_can_do_what_the_table_says(torch, card):
    """For each role a class that takes what we give: the table cannot run ahead of the library."""
    import diffusers

    roles = {"inpaint" if kind == "erase" else kind for kind in card.edits} | ({"draw"} & set(card.does))
    for role in roles:
        pipe = getattr(diffusers, sibling(card.model, role))
        knows = inspect.signature(pipe.__call__).parameters
        always = {"num_inference_steps", "guidance_scale", "generator", "output_type"}
        assert TAKES[role] | always <= set(knows)
        assert ("callback_on_step_end" in knows) == (card.model not in NEVER_INTERRUPTED)
        assert hasattr(pipe, "from_pipe")


@pytest.mark.parametrize(
    ("pipeline", "weight", "heeds"),
    [
        ("StableDiffusionPipeline", "guidance_scale", True),
        ("FluxPipeline", "guidance_scale", False),
        ("QwenImagePipeline", "true_cfg_scale", True),
        ("Flux2KleinPipeline", "guidance_scale", False),
    ],
)
def test_the_prompts_weight_is_the_one_that_is_in_use(torch, pipeline, weight, heeds):
    """Some pipelines know two, and only one of them is at work by default."""
    import diffusers

    knows = inspect.signature(getattr(diffusers, pipeline).__call__).parameters
    assert painter.weight_of_prompt(knows) == weight
    assert painter.heeds_negative(knows) == heeds
