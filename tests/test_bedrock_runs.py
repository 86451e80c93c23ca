"""Bedrock's models by command, against a server that speaks as they do: masks, edits, faults, money, keys."""

import asyncio

import numpy as np
import pytest
from msgspec.structs import replace

from photogram import verbs
from photogram.data import Draw, Edit, Embed, Point
from photogram.dataset import Dataset
from photogram.faults import ModelError
from photogram.guards import Pace, guard
from photogram.pixels import codecs
from photogram.providers import find
from photogram.simulator import Script, serving
from photogram.simulator.call import Call
from photogram.simulator.spoil import FAULTS
from photogram.simulator.tongues.bedrock import Tongue
from photogram.store import blob_of

from .bedrock import JPEG, PICTURE, cleared, grey, left, mask
from .small import brief, everything_in, rows, settled, typed

BLUE = (0, 0, 255)
SECRET = "hunter2hunter2"


@pytest.fixture
def leads(monkeypatch):
    """The environment of somebody whose calls go to a simulator."""

    def lead(sim):
        environ = {
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": sim.url,
            "AWS_ACCESS_KEY_ID": SECRET,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }
        for name, value in environ.items():
            monkeypatch.setenv(name, value)

    return lead


def photographed(folder, width, height):
    """A photograph beside the brief: a red square on grey."""
    original = grey(width, height)
    (folder / "photo.png").write_bytes(codecs.encode_png(original))
    return original


def edited(folder, model, edit):
    """What became of the photograph; of models past their end too, as some accounts may ask them."""
    brief(
        folder,
        models=f'edit = "bedrock:{model}"',
        **{
            "[[take]]": 'from = ["photo.png"]\nlabel = "good"',
            "[[edit]]": f'of = "good"\nlabel = "bad"\n{edit}',
        },
    )
    ran = verbs.run(folder, force_eol=True)
    assert (ran.exit_code, ran.left, ran.stopped) == (0, 0, ()), ran
    (edit,) = [row for row in rows(folder) if row.parent]
    with Dataset(folder) as opened:
        return codecs.decode_whole(opened.store.read(edit.image()))


# ---------------------------------------------------------------- where a mask is, to the pixel

MASKED = [
    ("stable-image-inpaint", "inpaint"),
    ("stable-image-erase-object", "erase"),
    ("nova-canvas", "inpaint"),
    ("nova-canvas", "erase"),
    ("titan-image-generator", "inpaint"),
]


@pytest.mark.parametrize(("width", "height"), [(900, 700), (2400, 1000)])
@pytest.mark.parametrize(("model", "kind"), MASKED)
def test_an_edit_changes_what_the_mask_marks_and_nothing_else(tmp_path, leads, model, kind, width, height):
    """The fixture of polarity, the whole way: blue where told, to the pixel the original elsewhere."""
    original = photographed(tmp_path, width, height)
    region = np.zeros((height, width), np.uint8)
    region[height // 3 : height // 3 + 100, width // 3 : width // 3 + 160] = 255
    (tmp_path / "where.png").write_bytes(codecs.encode_png(region))
    with serving(Script(key=SECRET)) as sim:
        leads(sim)
        edit = (
            f'kind = "{kind}"\nprompt = "a scratch"\ngrow = 0\nfeather = 0\nwhere = {{ mask = "where.png" }}'
        )
        found = edited(tmp_path, model, edit)
    assert found.shape == original.shape
    assert (found[region == 255] == BLUE).all()
    assert (found[region == 0] == original[region == 0]).all()


@pytest.mark.parametrize("model", ["stable-outpaint", "nova-canvas"])
def test_a_picture_is_widened_around_itself(tmp_path, leads, model):
    """What was there is there to the pixel, and what is around it is the model's."""
    original = photographed(tmp_path, 640, 480)
    with serving() as sim:
        leads(sim)
        edit = 'kind = "outpaint"\nprompt = "a wall"\ngrow = 0\nfeather = 0\n'
        found = edited(tmp_path, model, f"{edit}sides = {{ left = 0.25, bottom = 0.5 }}")
    assert found.shape == (720, 800, 3)
    assert (found[:480, 160:] == original).all()
    assert (found[:, :160] == BLUE).all()
    assert (found[480:] == BLUE).all()


WHOLE = [
    ("sd3-5-large", "vary", "strength = 0.5", 1),
    ("nova-canvas", "vary", "strength = 0.5", 1),
    ("stable-image-search-replace", "replace", 'options = { search_prompt = "the square" }', 1),
    ("stable-image-search-recolor", "recolor", 'options = { select_prompt = "the square" }', 1),
    ("stable-image-control-structure", "restyle", "", 1),
    ("stable-image-control-sketch", "restyle", "", 1),
    ("nova-canvas", "replace", 'options = { maskPrompt = "the square" }', 1),
    ("stable-image-remove-background", "remove background", "", 1),
    ("stable-fast-upscale", "upscale", "", 4),
    ("stable-conservative-upscale", "upscale", "", 4),
    ("stable-creative-upscale", "upscale", "options = { creativity = 0.2 }", 4),
]


@pytest.mark.parametrize(("model", "kind", "more", "times"), WHOLE)
def test_a_whole_picture_is_changed_and_keeps_its_shape(tmp_path, leads, model, kind, more, times):
    """By every service there is; upscalers give four times the sides."""
    original = photographed(tmp_path, 640, 480)
    with serving() as sim:
        leads(sim)
        found = edited(tmp_path, model, f'kind = "{kind}"\nprompt = "a van"\n{more}')
        assert sim.books().answered == 1
    assert found.shape[:2] == (480 * times, 640 * times)
    if times == 1:
        changed = (found[..., :3] != original).any(axis=2).all()
        assert changed or found.shape[2] == 4
    assert (found.shape[2] == 4) == (kind == "remove background")


# ------------------------------------------------- what briefs have no words for, from Python

STORE = {blob_of(data): data for data in (JPEG, PICTURE, mask(left()), cleared(left()))}
SHOWN, GARMENT = blob_of(PICTURE), blob_of(JPEG)
WHERE, CLEAR = blob_of(mask(left())), blob_of(cleared(left()))


def answered(sim, model, *asks):
    """The replies to some asks, or the errors."""
    environ = {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": sim.url, "AWS_ACCESS_KEY_ID": "x"}

    async def main():
        provider = find("bedrock")
        card = provider.card(model, {})
        opened = provider.open(card, {}, {**environ, "AWS_SECRET_ACCESS_KEY": "x"}, STORE.__getitem__)
        found = guard(opened, Pace(width=16))
        try:
            return await asyncio.gather(*map(found.answer, asks), return_exceptions=True)
        finally:
            await found.close()

    return asyncio.run(main())


def test_without_a_mask_stability_changes_what_is_see_through():
    """The fixture of polarity for the picture's own alpha."""
    with serving() as sim:
        ask = Edit(kind="inpaint", images={"image": CLEAR}, prompt="a scratch")
        (reply,) = answered(sim, "stable-image-inpaint", ask)
    found = codecs.decode(reply.images[0])
    assert (found[left()] == BLUE).all()
    assert (found[~left()] == grey()[~left()]).all()


def test_clothes_are_tried_on_where_the_mask_is_white_for_us():
    """And black for them; or where words or their kind say, over the whole picture."""
    images = {"image": SHOWN, "garment": GARMENT}
    with serving() as sim:
        masked, worded, kindly = answered(
            sim,
            "nova-canvas",
            Edit(kind="try on", images=images, mask=WHERE),
            Edit(kind="try on", images=images, mask_prompt="the coat"),
            Edit(kind="try on", images=images, options={"garmentClass": "SHOES"}),
        )
    found = codecs.decode(masked.images[0])
    assert (found[left()] == BLUE).all()
    assert (found[~left()] == grey()[~left()]).all()
    for reply in (worded, kindly):
        assert codecs.decode(reply.images[0]).shape == grey().shape


def test_canvas_outpaints_where_our_mask_is_white():
    """White for them too, the other way about than inpainting."""
    with serving() as sim:
        ask = Edit(kind="outpaint", images={"image": SHOWN}, mask=WHERE, prompt="a wall")
        (reply,) = answered(sim, "nova-canvas", ask)
    found = codecs.decode(reply.images[0])
    assert (found[left()] == BLUE).all()
    assert (found[~left()] == grey()[~left()]).all()


def test_styles_come_from_pictures():
    """As a guide for a new one, or laid over another."""
    with serving() as sim:
        (guided,) = answered(sim, "stable-image-style-guide", Draw(prompt="a van", references=(SHOWN,)))
        ask = Edit(kind="restyle", images={"image": SHOWN, "style": GARMENT}, strength=0.5)
        (laid,) = answered(sim, "stable-style-transfer", ask)
    assert codecs.inspect(guided.images[0]).width == 1024
    assert codecs.inspect(laid.images[0]).width == 640


@pytest.mark.parametrize(
    ("options", "dollars"),
    [({}, 0.04), ({"quality": "standard"}, 0.04), ({"quality": "premium"}, 0.06)],
)
def test_a_picture_of_canvas_costs_what_the_server_says(options, dollars):
    """By its quality, and by its size: twice the pixels are the next price."""
    small = Draw(prompt="a", options=options)
    large = replace(small, width=2048, height=1024)
    with serving() as sim:
        replies = answered(sim, "nova-canvas", small, large)
        assert [reply.usage.dollars for reply in replies] == [dollars, pytest.approx(dollars + 0.02)]
        assert sim.books().dollars == pytest.approx(2 * dollars + 0.02)


# ------------------------------------------------------------------------------- seeing

ANNOTATE = """prompt = "Look."
[annotate.fields]
description = "text"
brightness = "number 0..1"
severity = ["none", "low", "high"]
note = "text?\""""


def making(count, size="64x64"):
    group = f'label = "x"\ncount = {count}\nsize = "{size}"\nprompt = "picture {{n}}"'
    return f"{group}\n[make.vary]\nn = {list(range(count))}"


def described(folder, model, count, **more):
    """Pictures drawn without a key, for a model that sees."""
    brief(folder, models=f'see = "bedrock:{model}"', annotate=ANNOTATE, **{"[[make]]": making(count), **more})
    assert verbs.generate(folder).columns[0].filled == count


SEERS = [
    ("nova-2-lite", "toolConfig"),
    ("nova-pro", "toolConfig"),
    ("claude-haiku", "toolConfig"),
    ("claude-haiku-4-5", "outputConfig"),
    ("claude-sonnet-4-6", "outputConfig"),
    ("qwen3-vl", "outputConfig"),
    ("claude-sonnet", ""),
    ("claude-opus", ""),
]


@pytest.mark.parametrize(("model", "rung"), SEERS)
def test_every_model_that_sees_describes_pictures_in_its_own_way(tmp_path, leads, model, rung):
    """A tool, a schema, or words in the prompt: the fields are those of the brief."""
    with serving(Script(key=SECRET)) as sim:
        leads(sim)
        described(tmp_path, model, 2)
        ran = verbs.annotate(tmp_path)
        assert (ran.exit_code, ran.columns[0].filled) == (0, 2)
        said = [word for word in sim.heard[0].body if word in ("toolConfig", "outputConfig")]
        assert said == ([rung] if rung else [])
        assert verbs.status(tmp_path).booked == pytest.approx(sim.books().dollars, abs=1e-12)
    for row in rows(tmp_path):
        value = row.cells["annotation"].value
        assert 0.3 < value["brightness"] < 0.6  # measured from the very picture
        assert value["severity"] in ("none", "low", "high")


def test_a_profile_near_by_costs_what_it_costs_there(tmp_path, leads):
    """In Europe half as much again, by our books and by the server's."""
    with serving() as sim:
        leads(sim)
        described(tmp_path, "nova-2-lite", 3, **{"providers.bedrock": 'region = "eu-west-1"'})
        planned = {column.column: column.dollars for column in verbs.plan(tmp_path).columns}
        verbs.annotate(tmp_path)
        books = sim.books()
        assert set(books.by_model) == {"bedrock:eu.amazon.nova-2-lite-v1:0"}
        assert verbs.status(tmp_path).booked == pytest.approx(books.dollars, abs=1e-12)
        assert 0 < planned["annotation"] < 0.01


# --------------------------------------------------------------------- setting it up


@pytest.mark.parametrize(
    ("model", "environ", "told"),
    [
        ("stable-image-core", {}, ["AWS_ACCESS_KEY_ID", "AWS_BEARER_TOKEN_BEDROCK", "keyless:draw"]),
        ("stable-image-core", {"AWS_REGION": "eu-west-1"}, ["is not in eu-west-1; it is in us-west-2"]),
        ("nova-canvas", {}, ["reached its end of life on 2026-09-30", "stable-image-ultra-v1:1"]),
    ],
    ids=["without credentials", "in the wrong region", "past its end"],
)
def test_what_stands_in_the_way_is_told_by_command(tmp_path, capsys, monkeypatch, model, environ, told):
    """Before anything is sent, and with what to do."""
    keys = dict.fromkeys(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], "x") if environ else {}
    for name, value in {**environ, **keys}.items():
        monkeypatch.setenv(name, value)
    brief(tmp_path, models=f'draw = "bedrock:{model}"', **{"[[make]]": making(1, "1024x1024")})
    code, out, err = typed(capsys, "run", tmp_path)
    said = " ".join((out + err).split())
    assert code == 2
    assert [word for word in told if word not in said] == []


def test_a_run_is_simulated_and_the_doctor_asks(tmp_path, capsys, leads):
    """Nothing is spent on the one; the other spends the least there is, and books it."""
    brief(
        tmp_path,
        models='draw = "bedrock:stable-image-core"\nsee = "bedrock:nova-2-lite"',
        annotate=ANNOTATE,
        **{"[[make]]": making(2, "1024x1024")},
    )
    ran = verbs.run(tmp_path, simulate=True)
    assert (ran.exit_code, ran.dollars) == (0, 0.0)
    with serving(Script(key=SECRET)) as sim:
        leads(sim)
        code, out, _ = typed(capsys, "doctor", tmp_path, "--ask")
        assert code == 0, out
        assert sim.books().answered == 2
        assert sim.books().dollars == pytest.approx(verbs.status(tmp_path).booked)


def test_the_keys_are_nowhere(tmp_path, capsys, monkeypatch, leads, impatient):
    """Drawn, edited and seen with credentials, some of it failing: they are in no file and no line."""
    said = ""
    with serving(Script(key=SECRET, faults={"500": 0.2, "html": 0.1, "access": 0.02})) as sim:
        leads(sim)
        brief(
            tmp_path,
            models='draw = "bedrock:stable-image-core"\nedit = "bedrock:stable-image-inpaint"\n'
            'see = "bedrock:nova-2-lite"',
            annotate=ANNOTATE,
            **{
                "[[make]]": making(6, "1024x1024"),
                "[[edit]]": 'of = "x"\nlabel = "y"\nprompt = "z"\nwhere = { box = [0.2, 0.2, 0.5, 0.5] }',
            },
        )
        for words in (["run"], ["run"], ["errors"], ["errors", "--json"], ["status"], ["doctor"], ["models"]):
            said += "".join(map(str, typed(capsys, *words, tmp_path)))
        assert sim.books().answered > 10
        monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", SECRET)
        said += "".join(map(str, typed(capsys, "run", tmp_path)))
        monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", SECRET + "-wrong")
        said += "".join(map(str, typed(capsys, "doctor", tmp_path, "--ask")))
    assert SECRET not in said
    assert SECRET.encode() not in everything_in(tmp_path)


# ------------------------------------------------------------------- a thousand, and money

STOPPING = ("hang", "quota", "access", "end of life", "tokens per day", "not ready")
"""What would take minutes, or end the run: each has a test of its own, here or of its answer alone."""


def faults(call, share, *without):
    """Every fault that a call can meet, so much of the calls in all."""
    known = {**FAULTS, **Tongue.faults}
    names = [name for name, fault in known.items() if fault.fits(call) and name not in (*STOPPING, *without)]
    return dict.fromkeys(names, share / len(names))


DRAWN = Call(kind="draw", model="stability.x", more={"stability": True})
SEEN = Call(kind="see", model="amazon.nova")


@pytest.mark.slow
def test_a_thousand_pictures_with_every_fault(tmp_path, leads, impatient):
    """Each row is filled, refused or failed for a reason; and the money is the server's own, to the cent."""
    with serving(Script(key=SECRET, faults=faults(DRAWN, 0.1, "slow"), refuse="picture 77")) as sim:
        leads(sim)
        brief(
            tmp_path, models='draw = "bedrock:stable-image-core"', **{"[[make]]": making(1000, "1024x1024")}
        )
        ran = verbs.generate(tmp_path)
        first = sim.books()
        refused, failed, spent = settled(tmp_path)
        (tick,) = ran.columns
        assert (tick.filled, tick.refused, tick.failed) == (first.answered, refused, failed)
        assert tick.filled + refused + failed == 1000
        assert refused == 11
        assert failed > 20
        assert all(trouble.why and trouble.error for trouble in verbs.errors(tmp_path))
        again = verbs.generate(tmp_path)
        second = sim.books()
    assert set(second.by_prompt.values()) == {1}
    assert second.answered - first.answered == again.columns[0].filled
    assert again.columns[0].total == ran.left
    assert first.dollars == pytest.approx(0.04 * (first.answered + first.lost))
    assert spent.dollars == pytest.approx(0.04 * first.answered)
    assert spent.unsure >= first.lost
    timed_out = spent.unsure - first.lost  # nobody knows whether those were billed; these were not
    booked = spent.dollars + spent.unsure_dollars - 0.04 * timed_out
    assert booked == pytest.approx(first.dollars, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["nova-2-lite", "claude-haiku-4-5"])
def test_a_thousand_descriptions_with_every_fault(tmp_path, leads, impatient, model):
    """The same of what is seen in pictures, where most faults are in the answers' text."""
    with serving(Script(faults=faults(SEEN, 0.1, "slow"))) as sim:
        leads(sim)
        described(tmp_path, model, 1000)
        ran = verbs.annotate(tmp_path)
        first = sim.books()
        refused, failed, spent = settled(tmp_path)
        (tick,) = ran.columns
        assert (tick.filled + refused + failed, tick.refused, tick.failed) == (1000, refused, failed)
        assert refused > 2
        assert failed > 2
        assert all(trouble.why and trouble.error for trouble in verbs.errors(tmp_path))
        each, untold = first.dollars / (first.answered + first.lost), spent.unsure + refused
        assert spent.dollars + each * untold == pytest.approx(first.dollars, abs=0.01)
        assert spent.unsure_dollars >= each * spent.unsure
        again = verbs.annotate(tmp_path)
        calls = sim.books().calls - first.calls
    assert again.columns[0].total == ran.left
    assert ran.left <= calls <= 3 * max(1, ran.left)


SILENT = (
    "reset",
    "html",
    "not json",
    "truncated",
    "no data",
    "408",
    "filtered",
    "guardrail",
    "context",
    "slow",
)
"""After these nobody knows what was billed, or it was, and the answer does not say how much."""


def test_what_is_seen_costs_what_its_tokens_cost(tmp_path, leads, impatient):
    """Answers that could not be read the first time included: to the last digit what the server counted."""
    with serving(Script(faults=faults(SEEN, 0.3, *SILENT, "429"))) as sim:
        leads(sim)
        described(tmp_path, "nova-2-lite", 150)
        for _ in range(3):
            verbs.annotate(tmp_path)
        books = sim.books()
    _, _, spent = settled(tmp_path)
    assert (spent.dollars, spent.unsure) == (pytest.approx(books.dollars, abs=1e-9), 0)
    assert books.answered + books.lost > 150


@pytest.mark.parametrize(
    ("model", "size"),
    [
        ("titan-embed-text", 256),
        ("titan-embed-image", 384),
        ("nova-2-multimodal-embeddings", 1024),
        ("embed-v4", 512),
    ],
)
def test_vectors_cost_what_the_server_says(impatient, model, size):
    """Each text, and a picture where the model sees, has its vector or an error."""
    call = Call(kind="embed", model="amazon.titan-embed-image-v1")
    asks = [Embed(text=f"a red car, number {number}", dimensions=size) for number in range(60)]
    if model != "titan-embed-text":
        asks += [Embed(image=GARMENT, dimensions=size)]
    with serving(Script(faults=faults(call, 0.2, *SILENT, "429", "message"))) as sim:
        heard = answered(sim, model, *asks)
        books = sim.books()
    points = [point for point in heard if isinstance(point, Point)]
    assert all(isinstance(other, ModelError) for other in heard if other not in points)
    assert 50 < len(points) == books.answered
    assert {len(point.vector) for point in points} == {size}
    assert sum(point.usage.dollars for point in points) == pytest.approx(books.dollars, abs=1e-12)


@pytest.mark.parametrize(
    ("fault", "told"), [("quota", "Service Quotas"), ("tokens per day", "Too many tokens per day")]
)
def test_a_quota_that_is_spent_ends_the_run_and_keeps_what_is_done(tmp_path, capsys, leads, fault, told):
    """The message says what to do; when that is done, the rest is asked for and nothing else."""
    brief(
        tmp_path,
        models='draw = "bedrock:stable-image-core"',
        **{"providers.bedrock": "in_flight = 4", "[[make]]": making(60, "1024x1024")},
    )
    with serving(Script(faults={fault: 0.05})) as sim:
        leads(sim)
        code, out, err = typed(capsys, "generate", tmp_path)
        done = sim.books().answered
        assert code != 0
        assert told in " ".join((out + err).split())
    assert 0 < done < 60
    with serving() as sim:
        leads(sim)
        assert verbs.generate(tmp_path).exit_code == 0
        assert sim.books().answered == 60 - done
