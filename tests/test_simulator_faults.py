"""Laws of what goes wrong on order: each fault has its effect on every tongue, and the books always agree."""

import json
from collections import Counter
from http.client import HTTPConnection, HTTPException

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photogram.simulator import Script, serving
from photogram.simulator.books import Bucket, Plan, hint_at
from photogram.simulator.call import Call, Problem
from photogram.simulator.spoil import FAULTS, SPOILERS

from .test_tongues_laws import made_of
from .tongued import SOUND, read, tongue

MORE = {"openai": 3, "gemini": 8, "bedrock": 12}
"""How many faults of its own each tongue has at the least."""


def timeless(answer):
    """The answer but for the second in which it was given."""
    body = answer.body
    return answer._replace(body={**body, "created": 0} if isinstance(body, dict) else body)


def faults_of(name):
    return {**FAULTS, **tongue(name).faults}


@pytest.mark.parametrize("name", SOUND)
def test_every_fault_that_fits_changes_what_is_heard(name):
    """Told as an error, said or sent otherwise; only a text that cannot be broken so stays as it is."""
    spoken, call = tongue(name), read(name, SOUND[name][1])
    made = made_of(call)
    sound = spoken.say(call, made)
    fitting = {word: fault for word, fault in faults_of(name).items() if fault.fits(call)}
    for word, fault in fitting.items():
        if fault.problem:
            heard = spoken.tell(fault.problem(call), call)
        else:
            spoilt = fault.made(made) if fault.made else made
            heard = spoken.say(call, spoilt)
            heard = fault.answer(heard, spoilt) if fault.answer else heard
        unspoilt = word in SPOILERS and SPOILERS[word].change(made.text) == made.text
        uncounted = word == "no usage" and "usage" not in sound.body
        assert (timeless(heard) == timeless(sound)) == (unspoilt or uncounted), word
        json.dumps(heard.body, default=str)
    assert {"500", "reset", "no data", "slow"} <= set(fitting)


def test_every_tongue_has_faults_of_its_own_and_each_meets_some_ask():
    """One that no ask can meet would be ordered in vain."""
    for name, least in MORE.items():
        calls = [read(ask, SOUND[ask][1]) for ask in SOUND if ask.startswith(name)]
        own = tongue(name).faults
        assert len(own) >= least
        assert [word for word, fault in own.items() if not any(map(fault.fits, calls))] == []


@pytest.mark.parametrize("name", SOUND)
def test_a_picture_that_is_lost_or_garbled_is_nowhere_in_the_answer(name):
    """Neither as bytes nor as base64; where texts or vectors are asked for, those are gone."""
    spoken, call = tongue(name), read(name, SOUND[name][1])
    made = made_of(call)
    sound = json.dumps(spoken.say(call, made).body, default=str)
    lost = json.dumps(spoken.say(call, FAULTS["no data"].made(made)).body, default=str)
    assert len(lost) < len(sound)
    if made.pictures:
        assert "iVBORw0KGgo" in sound
        assert "iVBORw0KGgo" not in lost
        garbled = FAULTS["bad base64"].answer(spoken.say(call, made), made).body
        assert "iVBORw0KGgo" not in json.dumps(garbled, default=str)
        assert "this is *not* base64" in json.dumps(garbled)


# ----------------------------------------------------------------------------------- chance


@given(share=st.floats(0, 1), seed=st.integers(0, 99))
@settings(max_examples=30)
def test_a_share_is_about_that_share(share, seed):
    """Of five hundred asks as many fail as were ordered, and the same ones each time."""
    calls = [Call(kind="draw", model="m", prompt=f"car {number}") for number in range(500)]

    def met():
        plan = Plan(Script(faults={"500": share}, seed=seed))
        return [bool(plan.fault(call, FAULTS)) for call in calls]

    once = met()
    assert once == met()
    assert abs(sum(once) / 500 - share) < 0.12
    assert share not in (0.0, 1.0) or set(once) == {bool(share)}


@given(shares=st.lists(st.floats(0, 0.3), min_size=3, max_size=3))
@settings(max_examples=30)
def test_faults_share_the_calls_and_meet_none_twice(shares):
    """Each has its own part of them; what none has is sound."""
    script = Script(faults=dict(zip(("500", "quota", "no data"), shares, strict=True)))
    plan, met = Plan(script), Counter()
    for number in range(600):
        fault = plan.fault(Call(kind="draw", model="m", prompt=f"car {number}"), FAULTS)
        met[fault.about if fault else ""] += 1
    for name, share in script.faults.items():
        assert abs(met[FAULTS[name].about] / 600 - share) < 0.1


def test_what_is_asked_again_meets_another_chance():
    """Else whoever asks again would never be answered; another seed of the ask is another ask."""
    plan = Plan(Script(faults={"500": 0.5}))
    call = Call(kind="draw", model="m", prompt="a car")
    assert {bool(plan.fault(call, FAULTS)) for _ in range(20)} == {True, False}
    seeds = [Call(kind="draw", model="m", prompt="a car", seed=seed) for seed in range(20)]
    assert {bool(Plan(Script(faults={"500": 0.5})).fault(one, FAULTS)) for one in seeds} == {True, False}


@given(st.lists(st.floats(0, 3), min_size=1, max_size=60), st.floats(0.1, 20), st.integers(0, 5))
@settings(max_examples=60)
def test_a_bucket_never_lets_through_more_than_its_rate(gaps, rate, burst):
    """Over any stretch of time; and whoever waits as long as it says is let through then."""
    now = [0.0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("photogram.simulator.books.monotonic", lambda: now[0])
        bucket, through = Bucket(rate, burst), []
        for gap in gaps:
            now[0] += gap
            wait = bucket.wait()
            if wait:
                now[0] += wait + 1e-6
                assert bucket.wait() == 0.0
            through.append(now[0])
    for first, start in enumerate(through):
        for last in range(first, len(through)):
            assert last - first + 1 <= max(1, burst) + rate * (through[last] - start) + 1e-3


@given(
    wait=st.none() | st.floats(0.0001, 5000), hint=st.sampled_from(["none", "retry-after", "retry-after-ms"])
)
def test_a_wait_that_is_told_is_never_too_short(wait, hint):
    """Rounded up, to whole seconds or milliseconds; a problem without a wait gets none."""
    problem = Problem("busy", "wait", wait=wait)
    hint_at(problem, hint)
    told = {
        name: float(value) / (1000 if name.endswith("ms") else 1) for name, value in problem.headers.items()
    }
    assert set(told) == (set() if wait is None or hint == "none" else {hint})
    for seconds in told.values():
        assert wait - 1e-9 <= seconds < wait + (0.0011 if hint.endswith("ms") else 1.0)


# ------------------------------------------------------------------------------------ books

MIX = ("500", "503", "429", "quota", "408", "no data", "truncated", "html", "bad base64", "slow", "type")
asks = st.tuples(
    st.sampled_from(["a car", "a naked car", "a cursed car", ""]),
    st.integers(0, 4),
    st.none() | st.integers(0, 3),
    st.sampled_from(["openai", "bedrock", "nowhere"]),
)


def posted(connection, ask):
    """Status and whether all that was asked for came: as a client sees it, who knows no books."""
    prompt, count, seed, who = ask
    body = {"model": "sd", "prompt": prompt, "n": count, "size": "8x8", "response_format": "b64_json"}
    path, headers = "/openai/v1/images/generations", {"Content-Type": "application/json"}
    if who == "bedrock":
        body = {"taskType": "TEXT_IMAGE", "textToImageParams": {"text": prompt}}
        body["imageGenerationConfig"] = {"numberOfImages": count, "seed": seed or 0}
        path, headers["Authorization"] = "/bedrock/model/amazon.nova-canvas-v1:0/invoke", "Bearer x"
    elif seed is not None:
        body["seed"] = seed
    if who == "nowhere":
        path = "/nowhere"
    connection.request("POST", path, json.dumps(body), headers)
    response = connection.getresponse()
    try:
        said = json.loads(response.read())
        found = said.get("images") or [image["b64_json"] for image in said.get("data", [])]
        whole = response.status == 200 and all(image.startswith("iVBOR") for image in found)
        return response.status, len(found) if whole else 0
    except (HTTPException, ValueError):
        connection.close()
        return response.status, 0


@given(
    shares=st.dictionaries(st.sampled_from(MIX), st.floats(0, 0.4), max_size=3),
    sent=st.lists(asks, min_size=1, max_size=12),
    stage=st.sampled_from(["prompt", "output", "partial"]),
    price=st.sampled_from([0.25, 1.0]),
)
@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
def test_the_books_agree_whatever_is_asked_and_whatever_goes_wrong(shares, sent, stage, price):
    """Every call is counted once; what is charged is what was made; what came whole is what was answered."""
    script = Script(faults=shares, refuse="naked", refuse_at=stage, broken="cursed", price=price)
    with serving(script) as sim:
        connection = HTTPConnection(sim.url.removeprefix("http://"), timeout=10)
        heard = [posted(connection, ask) for ask in sent]
        connection.close()
        books = sim.books()
    outcomes = [books.answered, books.refused, books.busy, books.broken, books.invalid, books.lost]
    assert sum(outcomes) == books.calls == sum(ask[3] != "nowhere" for ask in sent)
    images = sum(units.images for units in books.by_model.values())
    assert books.dollars == pytest.approx(price * images)
    assert sum(units.calls for units in books.by_model.values()) >= books.answered + books.lost
    came = sum(count for _, count in heard)
    assert came <= images
    assert came == images or books.lost or (stage == "output" and books.refused)
    assert sum(books.by_prompt.values()) == books.answered == sum(bool(count) for _, count in heard)
    assert sum(books.by_seed.values()) <= books.answered
    statuses = Counter(status for status, _ in heard)
    assert books.in_flight == 0
    assert books.in_flight_max <= 1
    assert statuses[429] + statuses.get(408, 0) <= books.busy + books.broken
    assert books.invalid <= statuses[400]
