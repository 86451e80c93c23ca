"""OpenAI's models by command, against a server that speaks as they do: edits, descriptions, faults, money."""

import asyncio

import numpy as np
import pytest

from photogram import verbs
from photogram.data import Embed, Point
from photogram.dataset import Dataset
from photogram.faults import ModelError
from photogram.guards import Pace, guard
from photogram.pixels import codecs
from photogram.providers import find
from photogram.simulator import Script, serving
from photogram.simulator.call import Call
from photogram.simulator.spoil import FAULTS
from photogram.simulator.tongues.openai import Tongue

from .small import brief, everything_in, rows, settled, typed

BLUE = (0, 0, 255)


# --------------------------------------------------------------------------------- edits


def photo(width, height):
    """A red square on grey."""
    rgb = np.full((height, width, 3), 127, np.uint8)
    rgb[height // 4 : height // 2, width // 4 : width // 2] = (255, 0, 0)
    return rgb


@pytest.mark.parametrize("model", ["gpt-image-2", "gpt-image-1.5", "flux-fill"])
@pytest.mark.parametrize(("width", "height"), [(900, 700), (2400, 1000)])
def test_an_edit_changes_what_the_mask_marks_and_nothing_else(tmp_path, model, width, height):
    """The fixture of polarity, the whole way: blue where told, to the pixel the original elsewhere."""
    original, region = photo(width, height), np.zeros((height, width), np.uint8)
    region[height // 3 : height // 3 + 100, width // 3 : width // 3 + 160] = 255
    (tmp_path / "photo.png").write_bytes(codecs.encode_png(original))
    (tmp_path / "where.png").write_bytes(codecs.encode_png(region))
    with serving() as sim:
        brief(
            tmp_path,
            models=f'edit = "openai:{model}"',
            **{
                "providers.openai": f'base_url = "{sim.url}"',
                "[[take]]": 'from = ["photo.png"]\nlabel = "good"',
                "[[edit]]": 'of = "good"\nlabel = "bad"\nprompt = "a scratch"\ngrow = 0\nfeather = 0\n'
                'where = { mask = "where.png" }\noptions = { quality = "low" }',
            },
        )
        ran = verbs.run(tmp_path, force_eol=True)  # one of them ends soon
        (heard,) = sim.heard
    assert (ran.exit_code, ran.left) == (0, 0)
    (edit,) = [row for row in rows(tmp_path) if row.parent]
    with Dataset(tmp_path) as opened:
        found = codecs.decode(opened.store.read(edit.image()))
    assert found.shape == original.shape
    assert (found[region == 255] == BLUE).all()
    assert (found[region == 0] == original[region == 0]).all()
    assert heard.path.endswith("/images/edits")


# ---------------------------------------------------------------------------- two servers


ANNOTATE = """prompt = "Look."
[annotate.fields]
description = "text"
brightness = "number 0..1"
severity = ["none", "low", "high"]"""


def making(count, size="64x64", more=""):
    numbers = list(range(count))
    group = f'label = "x"\ncount = {count}\nsize = "{size}"\nprompt = "picture {{n}}"\n{more}'
    return f"{group}\n[make.vary]\nn = {numbers}"


def test_each_ability_has_its_own_server_and_one_brief_names_both(tmp_path, capsys):
    """Pictures from the one, what is in them from the other, and the doctor and the list know it."""
    with serving() as maker, serving() as seer:
        brief(
            tmp_path,
            models='draw = "openai:flux"\nsee = "openai:qwen3-vl"',
            **{
                "providers.openai": f'base_url = "{maker.url}"',
                "providers.openai.see": f'base_url = "{seer.url}/v1"\nprice_tokens_in = 1000',
                "annotate": ANNOTATE,
                "[[make]]": making(3),
            },
        )
        assert typed(capsys, "doctor", tmp_path)[0] == 0
        assert verbs.run(tmp_path).exit_code == 0
        assert [sim.books().answered for sim in (maker, seer)] == [3, 3]
        assert {heard.path for heard in seer.heard} == {"/v1/chat/completions"}
        assert seer.books().dollars == 0
    assert verbs.status(tmp_path).booked == pytest.approx(3 * 5 * 1000 / 1e6)  # "Look." and four patches
    for row in rows(tmp_path):
        assert row.cells["annotation"].value["brightness"] == pytest.approx(0.5, abs=0.01)


def test_a_server_that_knows_no_schema_is_told_it_in_words(tmp_path):
    """By the one setting that its error would name."""
    with serving() as sim:
        brief(
            tmp_path,
            models='see = "openai:llava"',
            **{
                "providers.openai.see": f'base_url = "{sim.url}"\nrung = "prompt"',
                "annotate": ANNOTATE,
                "[[make]]": making(1),
            },
        )
        assert verbs.run(tmp_path).exit_code == 0
        (heard,) = sim.heard
    assert "response_format" not in heard.body
    assert "JSON Schema" in heard.body["messages"][0]["content"][0]["text"]


def test_the_key_is_nowhere(tmp_path, capsys, monkeypatch, impatient):
    """Drawn, edited and seen with a key, some of it failing: it is in no file and no line."""
    with serving(Script(key="sk-hunter2-hunter2", faults={"500": 0.2, "html": 0.1, "refusal": 0.1})) as sim:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-hunter2-hunter2")
        monkeypatch.setenv("OPENAI_BASE_URL", sim.url)
        brief(
            tmp_path,
            models='draw = "openai:flux"\nedit = "openai:flux"\nsee = "openai:gpt-6-luna"',
            annotate=ANNOTATE,
            **{
                "[[make]]": making(8),
                "[[edit]]": 'of = "x"\nlabel = "y"\nprompt = "z"\nwhere = { box = [0.2, 0.2, 0.5, 0.5] }',
            },
        )
        said = ""
        for words in (
            ["run"],
            ["errors"],
            ["errors", "--json"],
            ["status"],
            ["doctor"],
            ["models"],
            ["cost"],
        ):
            said += "".join(map(str, typed(capsys, *words, tmp_path)))
        assert sim.books().answered > 20
    assert "hunter2" not in said
    assert b"hunter2" not in everything_in(tmp_path)


# ------------------------------------------------------------------- a thousand, and money


def faults(kind, *without):
    """Every fault that a call of this kind can meet, a tenth of the calls in all."""
    call, known = Call(kind=kind, model="m"), {**FAULTS, **Tongue.faults}
    names = [name for name, fault in known.items() if fault.fits(call) and name not in without]
    return dict.fromkeys(names, 0.1 / len(names))


STOPPING = ("hang", "quota")
"""What would take minutes, or end the run: each has a test of its own."""
LOSING = ("reset", "html", "not json", "truncated", "no data")


@pytest.mark.slow
def test_a_thousand_pictures_with_every_fault(tmp_path, impatient):
    """Each row is filled, refused or failed for a reason; and the money is the server's own, to the cent."""
    script = Script(faults=faults("draw", *STOPPING, "slow"), refuse="picture 77")
    with serving(script) as sim:
        brief(
            tmp_path,
            models='draw = "openai:gpt-image-2"',
            **{
                "providers.openai": f'base_url = "{sim.url}"',
                "[[make]]": making(1000, "1024x640", 'options = { quality = "low" }'),
            },
        )
        ran = verbs.generate(tmp_path)
        first = sim.books()
        refused, failed, spent = settled(tmp_path)
        (tick,) = ran.columns
        assert (tick.filled, tick.refused, tick.failed) == (first.answered, refused, failed)
        assert tick.filled + refused + failed == 1000
        assert refused == 11
        assert failed > 30
        assert all(trouble.why and trouble.error for trouble in verbs.errors(tmp_path))
        again = verbs.generate(tmp_path)
        second = sim.books()
    assert set(second.by_prompt.values()) == {1}
    assert second.answered - first.answered == again.columns[0].filled
    assert again.columns[0].total == ran.left
    # What each costs: two tokens of words, and those of a picture of low quality.
    each, put_aside = (2 * 5 + 196 * 30) / 1e6, 0.006
    assert first.dollars == pytest.approx(each * (first.answered + first.lost))
    assert spent.dollars == pytest.approx(each * first.answered, abs=0.005)
    assert spent.unsure >= first.lost
    assert spent.unsure_dollars == pytest.approx(put_aside * spent.unsure, abs=0.005)
    timed_out = spent.unsure - first.lost  # nobody knows whether those were billed; these were not
    booked = spent.dollars + spent.unsure_dollars - put_aside * timed_out
    assert booked == pytest.approx(first.dollars, abs=0.01)


@pytest.mark.slow
def test_a_thousand_descriptions_with_every_fault(tmp_path, impatient):
    """The same of what is seen in pictures, where most faults are in the answers' text."""
    with serving(Script(faults=faults("see", *STOPPING, "slow"))) as sim:
        described(tmp_path, sim, 1000)
        ran = verbs.annotate(tmp_path)
        first = sim.books()
        refused, failed, spent = settled(tmp_path)
        (tick,) = ran.columns
        assert (tick.filled + refused + failed, tick.refused, tick.failed) == (1000, refused, failed)
        assert refused > 2
        assert failed > 10
        assert spent.dollars + spent.unsure_dollars == pytest.approx(first.dollars, abs=0.01)
        again = verbs.annotate(tmp_path)
        calls = sim.books().calls - first.calls
    assert again.columns[0].total == ran.left
    assert ran.left <= calls <= 3 * ran.left


def test_what_is_seen_costs_what_its_tokens_cost(tmp_path, impatient):
    """Answers that could not be read the first time included: to the last digit what the server counted."""
    unsure = (*STOPPING, *LOSING, "slow", "no usage", "408", "filtered", "429")
    with serving(Script(faults={name: share * 3 for name, share in faults("see", *unsure).items()})) as sim:
        described(tmp_path, sim, 200)
        for _ in range(3):
            verbs.annotate(tmp_path)
        books = sim.books()
    _, _, spent = settled(tmp_path)
    assert (spent.dollars, spent.unsure) == (pytest.approx(books.dollars, abs=1e-9), 0)
    assert books.answered + books.lost > 200


def test_vectors_cost_what_their_tokens_cost(impatient):
    """Whatever goes wrong on the way: each text has its vector or an error, and the money is the server's."""
    unsure = (*STOPPING, *LOSING, "slow", "no usage", "408", "429")

    async def main(url):
        provider, settings = find("openai"), {"base_url": url}
        opened = provider.open(provider.card("text-embedding-3-large", settings), settings, {}, None)
        model = guard(opened, Pace(width=16))
        asks = [Embed(text=f"a red car, number {number}", dimensions=256) for number in range(300)]
        try:
            return await asyncio.gather(*map(model.answer, asks), return_exceptions=True)
        finally:
            await model.close()

    with serving(Script(faults={name: share * 2 for name, share in faults("embed", *unsure).items()})) as sim:
        heard = asyncio.run(main(sim.url))
        books = sim.books()
    points = [point for point in heard if isinstance(point, Point)]
    assert all(isinstance(other, ModelError) for other in heard if other not in points)
    assert 280 < len(points) == books.answered
    assert {len(point.vector) for point in points} == {256}
    assert sum(point.usage.dollars for point in points) == pytest.approx(books.dollars, abs=1e-12)


def described(folder, sim, count):
    """Pictures drawn without a key, for a model that sees."""
    brief(
        folder,
        models='see = "openai:gpt-6-luna"',
        annotate=ANNOTATE,
        **{"providers.openai.see": f'base_url = "{sim.url}"', "[[make]]": making(count)},
    )
    assert verbs.generate(folder).columns[0].filled == count


def test_a_quota_that_is_spent_ends_the_run_and_keeps_what_is_done(tmp_path, capsys):
    """The message says what to do; when that is done, the rest is asked for and nothing else."""
    with serving(Script(faults={"quota": 0.05})) as sim:
        brief(
            tmp_path,
            models='draw = "openai:flux"',
            **{"providers.openai": f'base_url = "{sim.url}"\nin_flight = 4', "[[make]]": making(60)},
        )
        code, out, err = typed(capsys, "generate", tmp_path)
        done = sim.books().answered
        assert code != 0
        assert "add credit or raise the limit" in " ".join((out + err).split())
    assert 0 < done < 60
    with serving() as sim:
        text = (tmp_path / "brief.toml").read_text("utf-8")
        (tmp_path / "brief.toml").write_text(
            text.replace(text.split('base_url = "')[1].split('"')[0], sim.url)
        )
        assert verbs.generate(tmp_path).exit_code == 0
        assert sim.books().answered == 60 - done
