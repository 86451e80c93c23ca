"""The house that all tongues share, by a tongue that says plainly what it is handed."""

import json
import re
from base64 import b64decode, b64encode
from http.client import HTTPConnection, IncompleteRead
from pkgutil import iter_modules
from typing import get_args
from urllib.request import urlopen

import msgspec
import pytest
from msgspec.structs import replace

from photogram.data import Price
from photogram.simulator import Script, serving, tongues
from photogram.simulator.books import Units, dollars, list_price
from photogram.simulator.call import STATUS, Answer, Call, Fault, Problem, Trouble
from photogram.simulator.spoil import FAULTS, SPOILERS

DRAW = {"kind": "draw", "model": "m", "prompt": "a car", "width": 8, "height": 8}
SCHEMA = {"properties": {"x": {"type": "string"}, "n": {"type": "integer"}}, "required": ["x", "n"]}
SEE = {"kind": "see", "model": "m", "prompt": "a car", "schema": SCHEMA}


class Plain:
    """A tongue whose bodies are calls, and whose answers are what was made."""

    name = "plain"
    id_header = "x-id"
    routes = (("POST", "/call/{model}/now"), ("POST", "/call/{model}:now"), ("GET", "/list"))
    faults = {
        "424": Fault("its own 424", problem=lambda _: Problem("upstream", "mine", status=418)),
        "one less": Fault(
            "a picture is kept back",
            lambda call: call.model == "picky",
            made=lambda made: replace(made, pictures=made.pictures[1:], withheld=1),
            whole=True,
        ),
    }

    def check_key(self, request, key):
        if request.headers.get("X-Key") != key and request.query.get("key") != key:
            raise Problem("key", "not this key")

    def read(self, request):
        if request.method == "GET":
            return Answer({"name": self.name})
        call = msgspec.json.decode(request.body, type=Call)
        return replace(
            call, model=request.parts["model"], more={"route": request.route, "path": request.path}
        )

    def say(self, call, made):
        return Answer({"pictures": made.pictures, "made": replace(made, pictures=()), "more": call.more})

    def tell(self, problem, call):
        status = 200 if problem.stage == "output" else problem.more.get("status", STATUS[problem.trouble])
        said = {"trouble": problem.trouble, "stage": problem.stage, "wait": problem.wait, "call": bool(call)}
        return Answer(said, status, {"x-told": "yes"})


class Other(Plain):
    """A second one that shares a route."""

    name = "other"
    routes = (("GET", "/list"),)


def plainly(**script):
    return serving(Script(**script), spoken={"plain": Plain()})


def ask(sim, body=DRAW, path="/call/m/now", headers=None, method="POST"):
    """Status, headers and body of one call."""
    connection = HTTPConnection(sim.url.removeprefix("http://"), timeout=10)
    connection.request(method, path, msgspec.json.encode(body), headers or {})
    try:
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def told(sim, *more, **options):
    status, _, body = ask(sim, *more, **options)
    return status, json.loads(body)


# --------------------------------------------------------------------------------- tongues


@pytest.mark.parametrize("name", [module.name for module in iter_modules(tongues.__path__)])
def test_every_tongue_keeps_to_the_port(name):
    """Named as its file; a fault is at one place; whatever goes wrong, it has a form for it."""
    tongue = tongues.load()[name]
    assert tongue.name == name
    assert tongue.id_header == tongue.id_header.lower()
    assert all(method in ("GET", "POST", "PUT", "DELETE") for method, _ in tongue.routes)
    assert all(re.fullmatch(r"(/[\w.{}:+-]+)+", path) for _, path in tongue.routes)
    for fault in tongue.faults.values():
        assert [fault.problem, fault.made, fault.answer].count(None) == 2
        assert fault.about
    for trouble in get_args(Trouble):
        for call in (None, *(Call(kind=kind, model="m") for kind in ("draw", "edit", "see", "embed"))):
            answer = tongue.tell(Problem(trouble, "so", stage="prompt"), call)
            assert 200 <= answer.status < 600
            assert b"so" in (msgspec.json.encode(answer.body) + repr(dict(answer.headers)).encode())


def test_every_server_has_tongues_of_its_own():
    """What one remembers, as uploaded files, another does not know."""
    assert tongues.load()["openai"] is not tongues.load()["openai"]


def test_parts_of_a_path_are_what_they_stand_for():
    """A slash that is quoted is part of a name; the path itself is handed on as it was sent."""
    with plainly() as sim:
        path = "/call/arn%3Aaws%3Ab%2Fc-v1%3A0/now"
        assert told(sim, path=path)[1]["more"] == {"route": "/call/{model}/now", "path": path}
        assert told(sim, path="/call/g-3.1:now?key=k")[1]["more"]["path"] == "/call/g-3.1:now"
        assert list(sim.books().by_model) == ["plain:arn:aws:b/c-v1:0", "plain:g-3.1"]


def test_a_route_that_two_share_stands_under_their_names():
    """What is one's alone stands as it is as well."""
    with serving(spoken={"plain": Plain(), "other": Other()}) as sim:
        for name in ("plain", "other"):
            with urlopen(f"{sim.at(name)}/list") as response:
                assert json.load(response) == {"name": name}
        assert ask(sim, path="/list", method="GET")[0] == 404
        assert ask(sim)[0] == ask(sim, path="/plain/call/m/now")[0] == 200
        assert (sim.books().calls, sim.books().answered) == (4, 4)


def test_every_answer_has_its_number():
    """In the header that the vendor uses, errors too, beside the tongue's own headers."""
    with plainly(faults={"500": 1}) as sim:
        headers = [ask(sim)[1] for _ in range(2)]
    assert [found["x-id"] for found in headers] == ["sim-1", "sim-2"]
    assert headers[0]["x-told"] == "yes"


# ------------------------------------------------------------------------------------ keys


def test_a_key_is_nowhere_to_be_seen():
    """Neither in the books nor among what was heard, whether it was right or wrong."""
    with plainly(key="sk-right") as sim:
        assert ask(sim, headers={"X-Key": "sk-right"})[0] == 200
        assert ask(sim, path="/call/m/now?key=sk-right")[0] == 200
        assert told(sim, headers={"X-Key": "sk-wrong"})[1]["trouble"] == "key"
        assert ask(sim, {**DRAW, "prompt": "say sk-right"}, headers={"X-Key": "sk-right"})[0] == 200
        seen = repr(sim.heard)
        books = sim.books()
    assert (books.calls, books.answered, books.invalid) == (4, 3, 1)
    assert "sk-" not in seen
    assert "say ..." in seen
    assert "sk-" not in repr(books)


# -------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(("stage", "status"), [("prompt", 400), ("input", 400), ("output", 200)])
def test_a_refusal_is_told_at_its_stage(stage, status):
    """The tongue gives it the vendor's form; it is counted as refused and costs nothing."""
    with plainly(refuse="naked", refuse_at=stage, price=1) as sim:
        got, said = told(sim, {**DRAW, "prompt": "naked"})
        assert ask(sim)[0] == 200
        books = sim.books()
    assert (got, said["trouble"], said["stage"], said["call"]) == (status, "refused", stage, True)
    assert (books.refused, books.answered, books.dollars) == (1, 1, 1)


def test_some_of_the_pictures_may_be_refused():
    """The others come and are paid for; of one picture nothing is left, and that is a refusal."""
    with plainly(refuse="naked", refuse_at="partial", price=1) as sim:
        said = told(sim, {**DRAW, "prompt": "naked", "count": 3})[1]
        assert (len(said["pictures"]), said["made"]["withheld"]) == (2, 1)
        said = told(sim, {**DRAW, "prompt": "naked"})[1]
        assert (said["pictures"], said["made"]["withheld"]) == ([], 1)
        said = told(sim, {**SEE, "prompt": "naked"})[1]
        assert (said["trouble"], said["stage"]) == ("refused", "output")
        books = sim.books()
    assert (books.answered, books.refused, books.dollars) == (1, 2, 2)


def test_a_word_is_looked_for_in_all_that_was_written():
    """Also in the texts that are to be vectors."""
    with plainly(refuse="naked", broken="cursed") as sim:
        for word, trouble in (("naked", "refused"), ("cursed", "failed")):
            embed = {"kind": "embed", "model": "m", "texts": ["fine", f"a {word} one"], "dimensions": 4}
            assert told(sim, embed)[1]["trouble"] == trouble


# ---------------------------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("name", "trouble", "status", "counted"),
    [
        ("500", "failed", 500, "broken"),
        ("503", "down", 503, "broken"),
        ("429", "busy", 429, "busy"),
        ("quota", "quota", 429, "busy"),
        ("408", "timeout", 408, "broken"),
    ],
)
def test_what_comes_in_place_of_the_work_is_free(name, trouble, status, counted):
    """It has its word, the vendor's status, and its place in the books."""
    with plainly(faults={name: 1}, price=1) as sim:
        got, said = told(sim)
        books = sim.books()
    assert (got, said["trouble"]) == (status, trouble)
    assert (getattr(books, counted), books.dollars) == (1, 0)


def test_a_tongues_own_fault_takes_the_place_of_the_houses():
    """By the same name; and one that does not fit a call leaves it alone."""
    with plainly(faults={"424": 1}) as sim:
        assert ask(sim)[0] == 418
    with plainly(faults={"one less": 1}) as sim:
        assert told(sim, {**DRAW, "count": 2})[1]["made"]["withheld"] == 0
        said = told(sim, {**DRAW, "count": 2}, path="/call/picky/now")[1]
    assert (said["made"]["withheld"], len(said["pictures"])) == (1, 1)


def test_a_fault_that_no_one_knows_is_refused():
    """At once, by its name."""
    with pytest.raises(ValueError, match="there is no fault flood"), plainly(faults={"flood": 1}):
        pass


@pytest.mark.parametrize("name", ["html", "not json", "no data", "truncated", "bad base64"])
def test_what_is_made_and_does_not_arrive_is_billed(name):
    """It is lost, and not answered."""
    with plainly(faults={name: 1}, price=1) as sim:
        try:
            body = ask(sim)[2]
        except IncompleteRead as cut:
            body = cut.partial
        books = sim.books()
    assert (books.lost, books.answered, books.dollars) == (1, 0, 1)
    assert b"iVBORw0KGgo" not in body or name == "truncated"


@pytest.mark.parametrize("name", ["slow", "type"])
def test_what_is_odd_but_whole_is_answered(name):
    """In drips, or by another media type: the body is the same."""
    with plainly() as sim:
        well = ask(sim)
    with plainly(faults={name: 1}) as sim:
        odd = ask(sim)
        books = sim.books()
    assert json.loads(odd[2]) == json.loads(well[2])
    assert (books.lost, books.answered) == (0, 1)
    assert (odd[1]["Content-Type"].partition(";")[0] == "text/plain") == (name == "type")


@pytest.mark.parametrize("name", SPOILERS)
def test_a_broken_text_is_lost_unless_it_is_whole(name):
    """What the reader could still find counts as answered; of a picture no text is broken."""
    with plainly() as sim:
        well = told(sim, SEE)[1]["made"]["text"]
    with plainly(faults={name: 1}) as sim:
        said = told(sim, SEE)[1]["made"]["text"]
        assert told(sim)[1]["pictures"]
        books = sim.books()
    assert said == SPOILERS[name].change(well)
    assert (books.lost == 0) == SPOILERS[name].whole


def test_the_share_of_what_cannot_happen_goes_to_none():
    """Faults of texts are no faults of pictures, whatever stands before them."""
    with plainly(faults={"code fence": 1, "500": 1}) as sim:
        assert ask(sim)[0] == 500
        assert told(sim, SEE)[1]["made"]["text"].startswith("```json")


def test_every_picture_meets_its_own_faults():
    """The same question about another picture is another ask."""
    pictures = [b64encode(png).decode() for png in some_pictures(12)]

    def broken(seed, order):
        with plainly(faults={"500": 0.5}, seed=seed) as sim:
            return {one: ask(sim, {**SEE, "pictures": [one]})[0] for one in order}

    one, again, other = broken(1, pictures), broken(1, pictures[::-1]), broken(2, pictures)
    assert one == again != other
    assert set(one.values()) == {200, 500}


def some_pictures(count):
    with plainly() as sim:
        for _ in range(count):
            yield b64decode(told(sim)[1]["pictures"][0])


# ----------------------------------------------------------------------------------- hints


@pytest.mark.parametrize(
    ("hint", "headers", "wait"),
    [
        ("none", {}, None),
        ("retry-after", {"retry-after": "1"}, None),
        ("retry-after-ms", {"retry-after-ms": "1000"}, None),
        ("own", {}, 1.0),
    ],
)
def test_a_wait_is_told_in_the_way_that_was_ordered(hint, headers, wait):
    """By a header of the house, by the tongue in its own form, or not at all."""
    with plainly(faults={"429": 1}, hint=hint) as sim:
        _, got, body = ask(sim)
    assert {name: got[name] for name in ("retry-after", "retry-after-ms") if name in got} == headers
    assert json.loads(body)["wait"] == wait


def test_openai_says_the_wait_in_its_own_headers():
    """Both of them, as it does."""
    with serving(Script(faults={"429": 1}, hint="own")) as sim:
        body = {"model": "gpt-image-2", "prompt": "x"}
        _, headers, _ = ask(sim, body, path="/v1/images/generations")
    assert (headers["retry-after"], headers["retry-after-ms"]) == ("1", "1000")


# ----------------------------------------------------------------------------------- money


def test_what_is_used_is_counted_by_model():
    """Pictures made, pictures embedded, tokens; and it all stands in the books as JSON too."""
    (picture,) = some_pictures(1)
    with plainly() as sim:
        ask(sim, {**DRAW, "count": 2, "picture_out": 5})
        ask(sim, SEE)
        embed = {"kind": "embed", "texts": ["x" * 8], "pictures": [b64encode(picture).decode()]}
        ask(sim, {**embed, "model": "m", "dimensions": 4, "pictures_in": 30}, path="/call/v/now")
        books = sim.books()
        with urlopen(f"{sim.url}/_/books") as response:
            shown = json.load(response)
    assert books.by_model["plain:m"] == Units(calls=2, images=2, tokens_in=2, tokens_out=10 + 5)
    assert books.by_model["plain:v"] == Units(calls=1, images=1, tokens_in=32, tokens_out=0)
    assert shown["by_model"]["plain:v"]["tokens_in"] == 32


def test_the_list_price_is_booked():
    """By the tokens, as the card of the model has them; or what the script says in place of it."""
    body = {"model": "gpt-image-2", "prompt": "x", "n": 2, "quality": "low"}
    for price, paid in ((None, (1 * 5 + 2 * 196 * 30) / 1e6), (0.5, 1.0)):
        with serving(Script(price=price)) as sim:
            ask(sim, body, path="/v1/images/generations")
            assert sim.books().dollars == pytest.approx(paid)
    assert list_price("openai", "no-such-model").free
    assert list_price("nobody", "x").free


def test_tokens_of_pictures_have_prices_of_their_own():
    """Those sent and those made; what is said beside them costs as words do."""
    price = Price(image=9.0, tokens_in=2.0, tokens_out=10.0, image_tokens_in=3.0, image_tokens_out=40.0)
    call = Call(kind="edit", model="m", pictures_in=100, picture_out=50)
    units = Units(calls=1, images=2, tokens_in=110, tokens_out=107)
    assert dollars(price, call, units) == pytest.approx((10 * 2 + 100 * 3 + 7 * 10 + 100 * 40) / 1e6)


def test_tokens_cost_where_pictures_have_no_price():
    """By the million, what goes in and what comes out."""
    price = Price(tokens_in=2.0, tokens_out=10.0)
    units = Units(calls=1, images=1, tokens_in=1000, tokens_out=500)
    for kind in ("draw", "see", "embed"):
        assert dollars(price, Call(kind=kind, model="m"), units) == pytest.approx(0.007)


def test_what_never_comes_is_never_billed():
    """A call that hangs is in flight until the server goes, and then it has failed."""
    assert FAULTS["hang"].hangs
    with plainly(faults={"hang": 1}, price=1) as sim:
        connection = HTTPConnection(sim.url.removeprefix("http://"), timeout=10)
        connection.request("POST", "/call/m/now", json.dumps(DRAW))
        while not sim.books().in_flight:
            pass
    assert connection.getresponse().status == 503
    connection.close()
    assert (sim.books().broken, sim.books().dollars) == (1, 0)
