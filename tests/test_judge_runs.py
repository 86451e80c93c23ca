"""A prompt in, a picture with score, reason and suggestions out: by command, without a key and by vendors."""

import json

import pytest

from photogram import verbs
from photogram.data import Said
from photogram.faults import Malformed
from photogram.simulator import Script, serving
from photogram.simulator.invent import completed
from photogram.simulator.spoil import SPOILERS
from photogram.steps.judge import Step

from .small import typed
from .test_judge import ASKED

SECRET = "hunter2hunter2"


@pytest.fixture
def vendor(monkeypatch):
    """A function that leads OpenAI's and Bedrock's models to a simulator."""

    def lead(sim):
        environ = {
            "OPENAI_BASE_URL": f"{sim.url}/v1",
            "OPENAI_API_KEY": SECRET,
            "GOOGLE_GEMINI_BASE_URL": sim.url,
            "GEMINI_API_KEY": SECRET,
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": sim.url,
            "AWS_ACCESS_KEY_ID": SECRET,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }
        for name, value in environ.items():
            monkeypatch.setenv(name, value)

    return lead


def story(folder, models, judge="[judge]\n", facts='facts = { color = "red" }'):
    """One prompt, as the maker of pictures sends it."""
    folder.mkdir(exist_ok=True)
    made = f'[[make]]\ncount = 1\nsize = "1024x1024"\nprompt = "a red car on a quay"\n{facts}\n'
    head = '[dataset]\nname = "x"\n[budget]\ndollars = 100\n[models]\n'
    (folder / "brief.toml").write_text(f"{head}{models}\n{judge}{made}", "utf-8")
    return folder


MODELS = {
    "openai": ("openai:gpt-image-2", "openai:gpt-6-luna", "of the house that makes the pictures (openai)"),
    "nova": ("bedrock:stable-image-core", "bedrock:nova-2-lite", ""),
    "claude": ("bedrock:stable-image-core", "bedrock:claude-sonnet-5-5", ""),
    "gemini": ("openai:gpt-image-2", "gemini:gemini-3.8-flash", ""),
    "both": ("openai:gpt-image-2", "bedrock:claude-haiku-4-5", ""),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_prompt_becomes_a_picture_with_score_reason_and_suggestions(tmp_path, capsys, vendor, name):
    """`run`, then `judge`: both calls are paid once, the judge's kin is told, and all of it is shown."""
    draw, see, partial = MODELS[name]
    with serving(Script(pictures="plain")) as sim:
        vendor(sim)
        folder = story(tmp_path / "set", f'draw = "{draw}"\nsee = "{see}"')
        ran = verbs.run(folder)
        assert (ran.exit_code, ran.left) == (0, 0), verbs.errors(folder)
        assert partial in " ".join(ran.notes)
        assert bool(partial) == any("house" in note for note in ran.notes)
        calls = len(sim.heard)
        code, out, _ = typed(capsys, "judge", folder)
        assert len(sim.heard) == calls == 2
    assert code == 0
    (one,) = verbs.judge(folder).pictures
    assert 0 <= one.score <= 1
    assert all((one.description, one.reason, one.suggestions, one.method))
    assert (folder / one.picture).is_file()
    assert all(f"{name}:" in out for name in ("picture", "shows", "reason", "marks", "counted", "better"))
    assert max(map(len, (line for line in out.splitlines() if "images/" not in line))) <= 80
    spent = {part.column: part.dollars for part in verbs.cost(folder).parts}
    assert spent["judgement"] > 0


def test_without_a_key_the_same_is_measured(tmp_path, capsys):
    """What pixels tell is scored, by who measured it; a prompt without facts stays unscored, and says so."""
    facts = 'facts = { surface = "vehicle", color = "red", car_type = "sedan" }'
    folder = story(tmp_path / "facts", "", facts=facts)
    verbs.run(folder)
    (one,) = verbs.judge(folder).pictures
    assert one.score == 1.0
    assert one.rater.startswith("keyless:measure")
    bare = story(tmp_path / "bare", "", facts="")
    verbs.run(bare)
    code, out, _ = typed(capsys, "judge", bare)
    assert code == 0
    assert "none of 1 questions could be answered from the picture" in out


def test_a_simulated_run_judges_too(tmp_path):
    """`run --simulate` needs no key, and its judgements fit the schema."""
    folder = story(tmp_path / "set", 'draw = "openai:gpt-image-2"\nsee = "openai:gpt-6-luna"')
    ran = verbs.run(folder, simulate=True)
    assert [(tick.column, tick.filled, tick.failed) for tick in ran.columns][-1] == ("judgement", 1, 0)
    assert ran.dollars == 0


@pytest.mark.parametrize("option", ['reasoning_effort = "low"', 'detail = "high"'])
def test_options_of_the_judge_are_sent(tmp_path, vendor, option):
    """As [judge] has them; one that the model has not is told by the plan."""
    with serving(Script(pictures="plain")) as sim:
        vendor(sim)
        judge = f'[judge]\nmodel = "openai:gpt-6-luna"\noptions = {{ {option} }}\n'
        folder = story(tmp_path / "set", "", judge)
        assert verbs.run(folder).exit_code == 0
        name, _, value = option.partition(" = ")
        assert f'"{name}": {value}' in json.dumps(sim.heard[-1].body)
        story(folder, "", judge.replace(name, "effort"))
        planned = {column.column: column.trouble for column in verbs.plan(folder).columns}
        assert "has no option 'effort'" in planned["judgement"]


def invented():
    """What the simulator says to a judge's ask of which nothing was measured."""
    schema = Step().ask(ASKED).schema
    return json.dumps(completed({}, schema))


@pytest.mark.parametrize("fault", SPOILERS)
def test_a_broken_judgement_is_read_or_complained_about(fault):
    """Of thirty ways to break a reply all that leave the answer in it give it, and no other gives another."""
    whole = invented()
    meant = Step().absorb(ASKED, Said(text=whole)).facts
    try:
        found = Step().absorb(ASKED, Said(text=SPOILERS[fault].change(whole))).facts
    except Malformed:
        assert not SPOILERS[fault].whole
        return
    assert found["score"] == meant["score"]
    assert found["questions"].keys() == meant["questions"].keys()
