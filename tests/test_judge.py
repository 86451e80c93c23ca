"""Judging: questions from what was asked for, a score that is counted and never made up, and who judges."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram import verbs
from photogram.brief import CRITERIA, Judge
from photogram.data import Blob, Cell, Picture, Row, Said
from photogram.dataset import Dataset
from photogram.faults import BadInput, Malformed
from photogram.judgement import NO, OPEN, YES, failed, rejection, score
from photogram.kinship import kin
from photogram.questions import questions_of
from photogram.reading.parse import parse
from photogram.steps.judge import MOST_SUGGESTED, Step

from .small import files, typed, write

HEAD = '[dataset]\nname = "x"\n'
IMAGE = Cell(state="filled", files={"image": Blob(sha256="0" * 64, media_type="image/png", size=1)})
ASKED = Row(
    id="1",
    name="r-1",
    label="car",
    prompt="a red car",
    negative="people",
    facts={"color": "red", "doors": 4, "wet": True},
    cells={"image": IMAGE},
)
NAMES = ("label", "color", "doors", "wet", "negative", "whole")


def texts(row, more=()):
    return {one.name: one.text for one in questions_of(row, dict(more))}


def said(answers=YES, marks=(5, 5, 5), **more):
    """A judge's reply: every question answered alike, or each as it is named."""
    each = answers if isinstance(answers, dict) else dict.fromkeys(NAMES, answers)
    criteria = {
        name: {"evidence": "e", "score": mark, "suggestion": None if mark == 5 else f"better {name}"}
        for name, mark in zip(CRITERIA, marks, strict=True)
    }
    questions = {name: {"evidence": f"why {name}", "answer": each.get(name, YES)} for name in NAMES}
    value = {"description": "d", "questions": questions, "criteria": criteria}
    return Said(text=json.dumps({**value, "reason": "because", "suggestions": [], **more}))


def judged(reply, row=ASKED, **settings):
    return Step(Judge(**settings), "test:judge").absorb(row, reply).facts


# --------------------------------------------------------------------------- questions


def test_questions_are_built_from_what_the_row_is_to_show():
    """Its label, each of its facts by kind, what is not wanted, and the whole; in words that can be read."""
    assert texts(ASKED) == {
        "label": "label: car. Is that what the picture shows?",
        "color": "color: red. Is that what the picture shows?",
        "doors": "Is the number of doors 4?",
        "wet": "wet: yes. Is that what the picture shows?",
        "negative": "Is the picture free of all of this: people?",
        "whole": 'Does the picture as a whole show what was asked for, "a red car"?',
    }


def test_what_is_known_twice_is_asked_once():
    """A label that a fact repeats, or that says nothing is wrong, is no question of its own."""
    assert "label" not in texts(Row(id="1", name="r", label="Red", facts={"color": "red"}))
    assert "label" not in texts(Row(id="1", name="r", label="good"))
    assert texts(Row(id="1", name="r", facts={"defect": "none"})) == {
        "defect": "Is what the picture shows free of any defect?"
    }


def test_each_kind_of_edit_is_asked_about_in_its_own_way():
    """What was put in must fit, what was removed must be gone; of a variation nothing can be said alone."""
    kinds = {"inpaint": "sit there", "erase": "gone", "outpaint": "seam", "recolor": "colour"}
    for kind, words in kinds.items():
        assert words in texts(Row(id="1", name="r", edit={"kind": kind}))["edit"]
    assert texts(Row(id="1", name="r", edit={"kind": "vary"})) == {}


def test_questions_of_the_brief_are_filled_in_and_left_out_where_they_do_not_hold():
    """One that names a fact is asked of rows that have it; a name that is taken is not overwritten."""
    more = {"paint": "Is the {color} even?", "wheel": "Is the {rim} clean?", "color": "Is it bright?"}
    found = texts(ASKED, more)
    assert found["paint"] == "Is the red even?"
    assert "wheel" not in found
    assert (found["color"], found["color_"]) == (
        "color: red. Is that what the picture shows?",
        "Is it bright?",
    )


def test_a_picture_made_anew_is_judged_by_what_was_asked_for_at_first():
    """A better prompt is a means: it does not move the goal."""
    better = msgspec.structs.replace(ASKED, prompt="a red car. Be sure: red", wanted="a red car")
    assert texts(better) == texts(ASKED)


# --------------------------------------------------------------------------------- ask


def test_the_judge_is_told_what_was_wanted_and_thinks_before_it_answers():
    """The schema has a place for each question, evidence before answer, marks before suggestions."""
    ask = Step(Judge(prompt="Be strict."), "x").ask(ASKED)
    assert ask.prompt.startswith("Be strict.\n\n")
    assert list(ask.schema["properties"]) == [
        *("description", "questions", "criteria", "reason", "suggestions"),
    ]
    questions = ask.schema["properties"]["questions"]["properties"]
    assert {name: part["description"] for name, part in questions.items()} == texts(ASKED)
    assert all(list(part["properties"]) == ["evidence", "answer"] for part in questions.values())
    assert "synonyms" not in json.dumps(ask.schema)
    criterion = ask.schema["properties"]["criteria"]["properties"]["technical"]
    assert criterion["description"].startswith("1: blurred")


@pytest.mark.parametrize(
    "row",
    [
        msgspec.structs.replace(ASKED, cells={}),
        msgspec.structs.replace(ASKED, origin="taken"),
        msgspec.structs.replace(ASKED, candidate_of="2"),
        Row(id="1", name="r", cells={"image": IMAGE}),
    ],
    ids=["no picture", "taken in", "a candidate", "nothing was asked for"],
)
def test_nothing_is_asked_where_there_is_nothing_to_judge(row):
    """The row owes nothing."""
    assert Step(Judge(), "x").ask(row) is None


def test_what_is_private_is_taken_out_of_a_judgement(tmp_path):
    """A plate that the judge reads is asked for in a field of its own, and kept nowhere."""
    step = Step(Judge(), "x", ["license_plate"])
    assert "license_plate" in step.ask(ASKED).schema["properties"]
    assert "repeat it nowhere else" in step.ask(ASKED).prompt
    facts = step.absorb(ASKED, said(description="a car, PX-0417", license_plate="PX 0417")).facts
    assert "0417" not in json.dumps(facts)
    assert "license_plate" not in facts


# ------------------------------------------------------------------------------- score


def test_the_score_is_counted_and_says_how():
    """The share of yes and the marks weigh alike; value, scale, rater and method are kept."""
    facts = judged(said({"color": NO, "doors": OPEN}, marks=(5, 3, 1)))
    assert facts["score"] == {
        "value": 0.65,
        "scale": [0, 1],
        "rater": "test:judge",
        "method": "yes to 4 of 5 questions that could be answered, of 6; "
        "3 of 5 on average for technical, plausible, composition",
        "parts": {"questions": 0.8, "criteria": 0.5},
    }
    assert facts["criteria"]["technical"] == {
        **{"scale": [1, 5], "evidence": "e", "score": 5, "suggestion": None},
    }
    assert facts["reason"] == "because"


def test_failed_questions_are_the_suggestions():
    """First what failed, as a prompt would say it, then what the judge thinks, each once."""
    facts = judged(said({"color": NO, "negative": NO}, marks=(5, 5, 2), suggestions=["color: red", "closer"]))
    assert facts["suggestions"] == ["color: red", "nothing of this: people", "closer", "better composition"]
    assert [name for name, _ in failed(facts)] == ["color", "negative"]
    many = judged(said(suggestions=[f"do {n}" for n in range(30)]))
    assert len(many["suggestions"]) == MOST_SUGGESTED


def test_what_could_not_be_told_is_unscored():
    """No number stands in for an answer, whatever the marks; the reason is given."""
    facts = judged(said(OPEN, marks=(5, 5, 5)))
    assert "score" not in facts
    assert facts["unscored"] == "none of 6 questions could be answered from the picture"
    assert score(facts) is None


@given(st.dictionaries(st.sampled_from(NAMES), st.sampled_from([YES, NO, OPEN]), min_size=len(NAMES)))
def test_a_score_is_from_0_to_1_and_only_of_what_was_told(answers):
    """More yes is never worse, and a question left open weighs nothing."""
    mark = score(judged(said(answers)))
    told = [one for one in answers.values() if one != OPEN]
    assert (mark is None) == (not told)
    if told:
        assert 0 <= mark <= 1
        better = {name: YES if one == NO else one for name, one in answers.items()}
        assert score(judged(said(better))) >= mark


def test_replies_are_read_as_annotations_are():
    """Fences, other words for yes and no, a mark in words; what it took is kept."""
    text = "Here you are:\n```json\n" + said({"color": "True", "doors": "unsure"}).text + "\n```"
    facts = judged(Said(text=text))
    assert facts["questions"]["color"]["answer"] == YES
    assert facts["questions"]["doors"]["answer"] == OPEN
    assert "code fence" in facts["@recovered"]


@pytest.mark.parametrize("reply", [Picture(images=(b"x",)), Said(text="It is nice: 8/10.")])
def test_what_is_no_judgement_is_malformed(reply):
    """It is complained about, and never becomes a number."""
    with pytest.raises(Malformed):
        judged(reply)


def test_a_judge_without_a_reason_is_given_what_it_saw():
    """The evidence against the picture, or that what could be told is as asked."""
    assert judged(said({"color": NO}, reason=None))["reason"] == "color: why color"
    assert judged(said(reason=None))["reason"] == "what could be told is as asked (6 of 6)"


def test_a_bound_or_a_failed_question_rejects():
    """Both are said; what is forgiven is not counted; what is unscored is never rejected."""

    def why(reply, least=0.0, forgive=0):
        return rejection(Cell(state="filled", value=judged(reply)), least, forgive)

    assert why(said()) == ""
    assert why(said({"color": NO})) == "not as asked: color"
    assert why(said({"color": NO}), forgive=1) == ""
    assert why(said({"color": NO}, marks=(1, 1, 1)), 0.5) == "it scores 0.42, below 0.5; not as asked: color"
    assert why(said(OPEN), 1.0) == ""
    assert rejection(None, 1.0, 0) == ""


# ------------------------------------------------------------------------------- brief


@pytest.mark.parametrize(
    ("table", "line", "words"),
    [
        ("[judge]\nleast = 2\n", 4, "at most 1"),
        ("[judge]\nmodel = 'gpt'\n", 4, "judge.model cannot be 'gpt'"),
        ("[judge.criteria]\nlight = ['dark', 'bright']\n", 4, "judge.criteria.light"),
        ("[judge.questions]\na = 'Is it {colour}?'\n", 4, "no row has {colour}"),
        ("[judge.questions]\na = 'Is it {?'\n", 4, "brace that holds no name"),
        ("[judge]\nrounds = 0\n", 4, "at least 1"),
    ],
)
def test_a_mistake_in_the_table_is_told_with_its_line(table, line, words):
    """What is wrong, where, and what to do."""
    with pytest.raises(BadInput) as caught:
        parse(HEAD + table)
    assert f"line {line}:" in str(caught.value)
    assert words in str(caught.value)


def test_criteria_of_ones_own_take_the_place_of_ours():
    """Each with its words for 1, 3 and 5."""
    judge = parse(HEAD + '[judge.criteria]\nlight = ["dark", "uneven", "even"]\n').judge
    assert judge.anchors == {"light": ("dark", "uneven", "even")}
    assert list(Judge().anchors) == list(CRITERIA)


# ------------------------------------------------------------------------- who judges


@pytest.mark.parametrize(
    ("name", "house"),
    [
        ("openai:gpt-image-2", "openai"),
        ("openai:o3", "openai"),
        ("gemini:gemini-nano-banana-2.1", "google"),
        ("bedrock:amazon.nova-2-lite-v1:0", "amazon"),
        ("bedrock:anthropic.claude-haiku-5-5", "anthropic"),
        ("bedrock:stability.sd3-5-large-v1:0", "stability"),
        ("huggingface:Qwen/Qwen3-VL-2B", "alibaba"),
        ("openai:qwen3-vl", "alibaba"),
        ("openai:pictures", "pictures"),
        ("openai:123", "123"),
        ("keyless:measure", ""),
    ],
)
def test_a_name_tells_the_house(name, house):
    """Wherever the model is reached; what only counts pixels is kin to nobody."""
    assert kin(name) == house


def judge_in(folder, models, more="[judge]\n"):
    folder.mkdir()
    made = '[[make]]\ncount = 1\nprompt = "a car"\n'
    (folder / "brief.toml").write_text(f"{HEAD}{models}{more}{made}", "utf-8")
    with Dataset(folder) as opened:
        return opened.asking.named("judgement"), opened.asking.partial()


def test_the_judge_is_of_another_house_than_the_maker(tmp_path):
    """Of the models that the brief names, the first that is; where none is, it is said."""
    draw = '[models]\ndraw = "openai:gpt-image-2"\nsee = "openai:gpt-6-luna"\n'
    judge, said = judge_in(tmp_path / "alike", draw)
    assert judge == "openai:gpt-6-luna"
    assert "of the house that makes the pictures (openai)" in said
    by = '[judge]\n[annotate]\nfields = "scenes"\n[annotate.by]\none = "openai:gpt-5"\n'
    other = by + 'two = "gemini:gemini-2.5-flash"\n'
    assert judge_in(tmp_path / "by", draw, other) == ("gemini:gemini-2.5-flash", "")
    named = '[judge]\nmodel = "openai:gpt-5"\n'
    judge, said = judge_in(tmp_path / "named", draw, named)
    assert (judge, bool(said)) == ("openai:gpt-5", True)
    assert judge_in(tmp_path / "measured", "") == ("keyless:measure", "")


def test_the_doctor_says_that_a_judge_is_partial(tmp_path, monkeypatch):
    """As something to look at, with what to do; a model that fills two columns is asked once."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    judge_in(tmp_path / "set", '[models]\ndraw = "openai:gpt-image-2"\nsee = "openai:gpt-6-luna"\n')
    found = [one for one in verbs.doctor(tmp_path / "set") if "house" in one.what]
    assert [(one.well, one.do) for one in found] == [(False, "name one of another as `model` under [judge]")]


# --------------------------------------------------------------------------- by command


def test_pictures_are_judged_by_run_and_shown_by_judge(tmp_path, capsys):
    """The plan counts them, a run fills them, `judge` asks nobody again and shows the worst first."""
    folder = write(tmp_path / "set", more="[judge]\n")
    planned = {column.column: column.owed for column in verbs.plan(folder).columns}
    assert planned["judgement"] == 5
    assert verbs.run(folder).exit_code == 0
    before = files(folder)
    code, out, _ = typed(capsys, "judge", folder)
    assert code == 0
    assert "0 pictures scored by keyless:measure@2; 5 unscored" in out
    assert "none of 3 questions could be answered from the picture" in out
    assert files(folder) == before
    assert verbs.status(folder).unscored == 5
    assert verbs.status(folder).accepted == 5  # who cannot tell does not reject


def test_before_anything_is_made_it_says_so(tmp_path, capsys):
    """Judging an empty dataset is no error, and refining one is told what comes first."""
    folder = write(tmp_path / "set", more="[judge]\n")
    code, out, _ = typed(capsys, "judge", folder)
    assert (code, "no picture is judged yet: `photogram run`" in out) == (0, True)
    assert typed(capsys, "refine", write(tmp_path / "new", more="[judge]\n"))[0] == 2


def test_whoever_has_judged_is_named(tmp_path):
    """Another judge in the brief is not said to have given the scores that are there."""
    folder = write(tmp_path / "set", more="[judge]\n")
    verbs.run(folder)
    write(tmp_path / "set", more='[judge]\nmodel = "openai:gpt-6-luna"\n')
    judged = verbs.judge(folder)
    assert judged.raters == ("keyless:measure@2",)
    assert judged.ran.exit_code == 2
    assert "OPENAI_API_KEY" in judged.ran.stopped[0]


def test_one_picture_can_be_asked_for(tmp_path, capsys):
    """By its row's name, in full; another name is told."""
    folder = write(tmp_path / "set", more="[judge]\n")
    verbs.run(folder)
    name = verbs.judge(folder).pictures[3].name
    found = verbs.judge(folder, [name])
    assert [one.name for one in found.pictures] == [name]
    assert (folder / found.pictures[0].picture).is_file()
    assert typed(capsys, "judge", folder, "nobody")[0] == 2
    assert json.loads(typed(capsys, "judge", folder, name, "--json")[1])["pictures"][0]["score"] is None


def test_without_a_table_nobody_is_judged(tmp_path, capsys):
    """It says which table to add, also for refine."""
    folder = write(tmp_path / "set")
    verbs.run(folder)
    for verb in ("judge", "refine"):
        code, _, err = typed(capsys, verb, folder)
        assert code == 2
        assert "add an empty [judge] table" in err
