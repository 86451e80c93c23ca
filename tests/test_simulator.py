"""The simulated provider is honest: the vendor's own kit works with it, and its books are right."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from base64 import b64decode
from http.client import HTTPConnection
from itertools import islice
from urllib.request import urlopen

import openai
import pytest
from PIL import Image

from photogram.data import Draw
from photogram.faults import Busy
from photogram.providers.openai import Provider
from photogram.simulator import Script, Simulator, serving
from photogram.simulator.books import Bucket, hint_at
from photogram.simulator.call import Problem
from photogram.simulator.command import script_from
from photogram.simulator.plain import plain_png


def kit(sim, key="test"):
    """OpenAI's own client, its retries off."""
    return openai.OpenAI(base_url=sim.url, api_key=key, max_retries=0)


def post(sim, body, path="/v1/images/generations", headers=None):
    """Status, headers and body of a plain call."""
    connection = HTTPConnection(sim.url.removeprefix("http://"), timeout=10)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request("POST", path, data, headers or {})
    response = connection.getresponse()
    try:
        return response.status, response.headers, json.loads(response.read())
    finally:
        connection.close()


def asked(sim, model, *asks):
    """The bodies our own provider sends for these asks."""

    async def main():
        provider = Provider()
        opened = provider.open(provider.card(model, {}), {"base_url": sim.url}, {}, None)
        replies = [await opened.answer(ask) for ask in asks]
        await opened.close()
        return replies

    return asyncio.run(main())


# ------------------------------------------------------------------- the vendor's own kit


def test_the_vendors_kit_gets_a_picture():
    """A reply it can parse, with a picture of the size that was asked."""
    with serving() as sim, kit(sim) as client:
        said = client.images.generate(model="gpt-image-2", prompt="a car", size="1536x864", quality="low")
        raw = client.images.with_raw_response.generate(model="gpt-image-2", prompt="a car", n=2)
    image = Image.open(io.BytesIO(b64decode(said.data[0].b64_json)))
    image.load()
    assert (image.format, image.size) == ("PNG", (1536, 864))
    assert (said.quality, said.usage.output_tokens) == ("low", 196)
    assert raw.headers["x-request-id"] == "sim-2"
    assert len(raw.parse().data) == 2


@pytest.mark.parametrize(
    ("script", "error", "code"),
    [
        (Script(refuse="car"), openai.BadRequestError, "moderation_blocked"),
        (Script(key="other"), openai.AuthenticationError, "invalid_api_key"),
        (Script(broken="car"), openai.InternalServerError, "server_error"),
    ],
)
def test_the_vendors_kit_knows_the_errors(script, error, code):
    """Status and code are those its own classes stand for."""
    with serving(script) as sim, kit(sim) as client, pytest.raises(error) as raised:
        client.images.generate(model="gpt-image-2", prompt="a car")
    assert raised.value.code == code


def test_the_vendors_kit_knows_a_rate_limit():
    """With the hint it would itself obey."""
    with serving(Script(per_second=0.001, hint="retry-after")) as sim, kit(sim) as client:
        client.images.generate(model="gpt-image-2", prompt="a car")
        with pytest.raises(openai.RateLimitError) as raised:
            client.images.generate(model="gpt-image-2", prompt="a car")
    assert int(raised.value.response.headers["retry-after"]) > 900
    assert raised.value.type == "requests"


def test_we_send_what_the_vendors_kit_sends():
    """For the same picture of OpenAI's own models, the same body but for its order."""
    ask = Draw(
        prompt="a car", width=1536, height=864, seed=1, options={"quality": "low", "moderation": "low"}
    )
    with serving() as sim, kit(sim) as client:
        asked(sim, "gpt-image-2", ask)
        client.images.generate(
            model="gpt-image-2", prompt="a car", n=1, size="1536x864", quality="low", moderation="low"
        )
    ours, theirs = sim.heard
    assert ours == theirs


def test_we_send_what_the_vendors_kit_sends_to_a_local_server():
    """Where the kit has no word for it, people send it as an extra."""
    ask = Draw(prompt="a car", negative="people", width=512, height=512, seed=1)
    with serving() as sim, kit(sim) as client:
        asked(sim, "sd-turbo", ask)
        client.images.generate(
            model="sd-turbo",
            prompt="a car",
            n=1,
            size="512x512",
            response_format="b64_json",
            extra_body={"seed": 1, "negative_prompt": "people"},
        )
    ours, theirs = sim.heard
    assert ours == theirs


# ---------------------------------------------------------------------- what it refuses

OWN = {"model": "gpt-image-2", "prompt": "a car"}
LOCAL = {"model": "sd-turbo", "prompt": "a car"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "invalid_json"),
        (b"\xff", 400, "invalid_json"),
        ([], 400, "invalid_value"),
        ({"prompt": "a car"}, 400, "invalid_value"),
        ({"model": "gpt-image-2"}, 400, "invalid_value"),
        ({**OWN, "prompt": ""}, 400, "invalid_value"),
        ({**OWN, "prompt": "x" * 32_001}, 400, "invalid_value"),
        ({**OWN, "seed": 1}, 400, "unknown_parameter"),
        ({**OWN, "response_format": "b64_json"}, 400, "unknown_parameter"),
        ({**OWN, "negative_prompt": "people"}, 400, "unknown_parameter"),
        ({**OWN, "n": 0}, 400, "invalid_value"),
        ({**OWN, "n": 11}, 400, "invalid_value"),
        ({**OWN, "n": "1"}, 400, "invalid_value"),
        ({**OWN, "quality": "best"}, 400, "invalid_value"),
        ({**OWN, "size": "1000x1000"}, 400, "invalid_value"),
        ({**OWN, "size": "large"}, 400, "invalid_value"),
        ({**OWN, "size": "512x512"}, 400, "invalid_value"),
        ({**OWN, "size": "3072x512"}, 400, "invalid_value"),
        ({**OWN, "model": "gpt-image-1.5", "size": "1536x864"}, 400, "invalid_value"),
        ({**OWN, "background": "transparent", "output_format": "jpeg"}, 400, "invalid_value"),
        ({**OWN, "model": "dall-e-3"}, 404, "model_not_found"),
        ({**LOCAL, "moderation": "low"}, 400, "unknown_parameter"),
        ({**LOCAL, "size": "0x0"}, 400, "invalid_value"),
        ({**LOCAL, "size": "999999x999999"}, 400, "invalid_value"),
    ],
)
def test_a_body_the_documents_forbid_is_refused(body, status, code):
    """A client that gets away with it here would fail for money."""
    with serving() as sim:
        got, headers, said = post(sim, body)
    assert (got, said["error"]["code"]) == (status, code)
    assert headers["x-request-id"] == "sim-1"
    assert sim.books().invalid == 1


@pytest.mark.parametrize("path", ["/images/generations", "/v1/images/generations"])
def test_the_route_stands_with_and_without_the_version(path):
    """So that the printed address can be a base_url as it is."""
    with serving() as sim:
        assert post(sim, OWN, path)[0] == 200


def test_a_local_model_may_answer_with_an_address():
    """Which is what such servers do unless they are told otherwise."""
    with serving() as sim:
        link = post(sim, LOCAL)[2]["data"][0]["url"]
        with urlopen(link) as response:
            assert response.read().startswith(b"\x89PNG")


# ------------------------------------------------------------------------------ pictures


def test_plain_pictures_differ_and_can_be_read():
    """Equal bytes would be one picture in a store that goes by content."""
    one, two = plain_png(64, 48, "1"), plain_png(64, 48, "2")
    assert one != two
    with Image.open(io.BytesIO(one)) as image:
        image.load()
        assert (image.size, image.text) == ((64, 48), {"Comment": "1"})


def test_drawn_pictures_are_those_of_the_keyless_model():
    """Of the size and the seed that were asked, so that a tour has something to look at."""
    with serving(Script(pictures="drawn")) as sim:
        size = {"size": "256x192", "response_format": "b64_json"}
        one, two, other = (post(sim, {**LOCAL, **size, "seed": seed})[2] for seed in (1, 1, 2))
    assert one["data"] == two["data"] != other["data"]
    with Image.open(io.BytesIO(b64decode(one["data"][0]["b64_json"]))) as image:
        image.load()
        assert image.size == (256, 192)


# ---------------------------------------------------------------------------------- books


def test_the_books_tell_what_was_answered_and_how_often():
    """By prompt and by seed, so that an ask that was paid twice is seen."""
    with serving(Script(price=0.25, refuse="naked", broken="cursed")) as sim:
        for body in (OWN, OWN, {**LOCAL, "seed": 7, "n": 2}):
            post(sim, body)
        for prompt in ("a naked car", "a cursed car"):
            post(sim, {**OWN, "prompt": prompt})
        with urlopen(f"{sim.url}/_/books") as response:
            books = json.load(response)
    assert books == {
        "calls": 5,
        "answered": 3,
        "refused": 1,
        "busy": 0,
        "broken": 1,
        "invalid": 0,
        "lost": 0,
        "in_flight": 0,
        "in_flight_max": 1,
        "dollars": 1.0,
        "by_prompt": {"a car": 3},
        "by_seed": {"7": 1},
        "by_model": {
            "openai:gpt-image-2": {"calls": 2, "images": 2, "tokens_in": 2, "tokens_out": 3534},
            "openai:sd-turbo": {"calls": 1, "images": 2, "tokens_in": 1, "tokens_out": 0},
        },
    }


def test_a_full_house_answers_busy_at_once():
    """Above the limit a call is turned away and does not wait; below it none is."""

    async def main():
        async with Simulator(Script(in_flight=3, faults={"hang": 1})) as sim:
            provider = Provider()
            model = provider.open(provider.card("gpt-image-2", {}), {"base_url": sim.url}, {}, None)
            asks = [asyncio.ensure_future(model.answer(Draw(prompt=f"car {n}"))) for n in range(5)]
            for first in islice(asyncio.as_completed(asks), 2):
                with pytest.raises(Busy):
                    await first
            books = sim.books()
        await asyncio.gather(*asks, return_exceptions=True)
        await model.close()
        return books

    books = asyncio.run(main())
    assert (books.in_flight, books.in_flight_max, books.busy) == (3, 3, 2)


def test_a_bucket_lets_through_its_burst_and_then_its_rate(monkeypatch):
    """The wait it names is the wait that is enough."""
    now = [0.0]
    monkeypatch.setattr("photogram.simulator.books.monotonic", lambda: now[0])
    bucket = Bucket(per_second=4, burst=2)
    assert [bucket.wait() for _ in range(3)] == [0, 0, 0.25]
    now[0] += 0.25
    assert [bucket.wait() for _ in range(2)] == [0, 0.25]
    now[0] += 100
    assert [bucket.wait() for _ in range(3)] == [0, 0, 0.25]


@pytest.mark.parametrize(
    ("hint", "expected"),
    [("none", (None, None)), ("retry-after", ("1", None)), ("retry-after-ms", (None, "500"))],
)
def test_the_hint_is_the_one_that_was_ordered(hint, expected):
    """One way of saying it or the other, or neither."""
    problem = Problem("busy", "too many", wait=0.5)
    hint_at(problem, hint)
    assert (problem.headers.get("retry-after"), problem.headers.get("retry-after-ms")) == expected


def outcomes(order, **script):
    """Which asks fail, put in this order, three times each."""
    with serving(Script(faults={"500": 0.3, "no data": 0.2}, **script)) as sim:
        return {
            (prompt, time): post(sim, {**OWN, "prompt": prompt})[2] for time in range(3) for prompt in order
        }


def test_faults_meet_the_same_asks_whatever_their_order():
    """So a failing test fails again, however its calls happen to interleave."""
    prompts = [f"car {n}" for n in range(15)]

    def shape(said):
        return {key: ("error" in body, body.get("data") == []) for key, body in said.items()}

    one, two, other = (
        shape(outcomes(order, seed=seed)) for order, seed in ((prompts, 1), (prompts[::-1], 1), (prompts, 2))
    )
    assert one == two != other
    assert any(broken for broken, _ in one.values())
    assert any(empty for _, empty in one.values())


def test_what_is_made_and_lost_is_billed():
    """As it is in life: the picture was made, and that it did not arrive is no one's discount."""
    with serving(Script(price=0.25, faults={"no data": 1})) as sim:
        post(sim, OWN)
        books = sim.books()
    assert (books.answered, books.lost, books.dollars, dict(books.by_prompt)) == (0, 1, 0.25, {})


# ------------------------------------------------------------------------- its own process


def test_it_runs_as_a_process_and_stops_when_told():
    """The address is the first line; a signal ends it in order."""
    command = [sys.executable, "-m", "photogram.simulator", "--delay", "0.001", "--price", "0.25"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        with urlopen(f"{url}/_/books") as response:
            assert json.load(response)["calls"] == 0
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(10) == 0


def test_the_command_line_is_the_script():
    """Every field is an option, of its own type."""
    words = (
        "--port 8 --pictures drawn --delay 0.05 --in-flight 8 --per-second 2.5 --burst 3 --hint retry-after "
    )
    words += "--price 0.04 --key k --refuse a --broken b --links --fault reset=0.02 --fault hang=0.1 --seed 5"
    script, port = script_from(words.split())
    assert port == 8
    assert script == Script(
        pictures="drawn",
        delay=0.05,
        in_flight=8,
        per_second=2.5,
        burst=3,
        hint="retry-after",
        price=0.04,
        key="k",
        refuse="a",
        broken="b",
        links=True,
        faults={"reset": 0.02, "hang": 0.1},
        seed=5,
    )
    assert script_from([]) == (Script(), 0)


@pytest.mark.parametrize(
    "words",
    ["--fault flood=1", "--fault 500=2", "--fault 500", "--delay -1", "--hint loud", "--pictures fine"],
)
def test_a_script_that_is_none_is_refused(words, capsys):
    """With a line that says what is wrong, as a command does."""
    with pytest.raises(SystemExit) as raised:
        script_from(words.split())
    assert raised.value.code == 2
    assert "photogram simulate: error:" in capsys.readouterr().err
