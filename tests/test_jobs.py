"""What the providers' jobs say and hear, part by part: lines in, lines out, and the errors between."""

import asyncio
import io
import json

import pytest
from msgspec.structs import replace

from photogram.aws import Kit
from photogram.data import Batch, Embed, Price, Progress, Rate, Said, See
from photogram.desk import Desk
from photogram.dialect import Answer
from photogram.dialects import converse, gemini, nova_messages, openai_chat
from photogram.faults import Broken, Busy, Invalid, NotSetUp, OutOfQuota, Refused
from photogram.guards.fitting import fitting
from photogram.jobs.bedrock import BedrockJobs, Where
from photogram.jobs.gemini import GeminiJobs
from photogram.jobs.openai import OpenAIJobs
from photogram.ledger import Want
from photogram.model import Batching
from photogram.pixels import codecs
from photogram.providers import find
from photogram.simulator import serving
from photogram.store import blob_of
from photogram.terms import estimate, in_batch
from photogram.wire import Wire
from photogram.wired import Keyed

from .conftest import row
from .kinds import RGB, saved

PICTURE = saved(RGB, "PNG")
BLOB = blob_of(PICTURE)
ASK = See(images=(BLOB,), prompt="What is it?")
WHERE = Where("us.amazon.nova-2-lite-v1:0", "arn:aws:iam::1:role/x", "bucket", "a/", 24, False, False)
KIT = Kit({}, "us-east-1")
LINE = Keyed("http://127.0.0.1:1/v1", {}, ["sesame-sesame"])


def read(blob):
    assert blob == BLOB
    return PICTURE


def card(name, **more):
    provider, _, model = name.partition(":")
    return replace(find(provider).card(model, {}), **more)


@pytest.fixture
def openai():
    return OpenAIJobs(card("openai:gpt-6-luna"), openai_chat, LINE, read)


@pytest.fixture
def google():
    return GeminiJobs(card("gemini:gemini-3.5-flash-lite"), gemini, LINE, read)


@pytest.fixture
def bedrock():
    where = WHERE
    return BedrockJobs(
        card("bedrock:amazon.nova-2-lite-v1:0"), nova_messages, read, Kit({}, "us-east-1"), where
    )


# ----------------------------------------------------------------------------------- prices


def test_all_that_a_model_costs_is_scaled_in_a_job():
    """Pictures, rates and tokens alike; and scaled once, however often it is asked for."""
    price = Price(image=0.4, rates=(Rate(image=0.2),), tokens_in=2.0, tokens_out=4.0, image_in=0.1, batch=0.5)
    scaled = in_batch(card("openai:gpt-6-luna", price=price))
    assert scaled.price == Price(
        image=0.2, rates=(Rate(image=0.1),), tokens_in=1.0, tokens_out=2.0, image_in=0.05
    )
    assert in_batch(scaled) == scaled


@pytest.mark.parametrize("name", ["openai", "gemini", "bedrock"])
def test_every_card_with_jobs_is_of_a_provider_that_takes_them(name):
    """A bound on a card is kept to, and it costs less: half, as these vendors have it."""
    provider = find(name)
    assert isinstance(provider, Batching)
    bounded = [one for one in provider.cards() if one.batch]
    assert bounded
    for one in bounded:
        assert 0 < one.batch.least < one.batch.most
        assert one.batch.most_bytes >= 200_000_000
        assert one.price.batch == 0.5
        if "see" in one.does:
            assert estimate(in_batch(one), ASK) == pytest.approx(estimate(one, ASK) / 2)


def test_keyless_models_take_none():
    """What is free and at hand needs no job."""
    assert not isinstance(find("keyless"), Batching)


# ------------------------------------------------------------------------------------ lines


def test_a_line_is_one_line_and_json(openai, google, bedrock):
    """Whatever is in the prompt: the name of the row, and the body as the dialect has it."""
    ask = replace(ASK, prompt='two\nlines "quoted" \u2028 and more')
    for jobs, name, body in (
        (openai, "custom_id", "body"),
        (google, "key", "request"),
        (bedrock, "recordId", "modelInput"),
    ):
        line = jobs.line('r"1', ask)
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        said = json.loads(line)
        assert said[name] == 'r"1'
        assert "two\\nlines" in json.dumps(said[body])


def test_the_line_of_openai_says_where_it_goes(openai):
    """Method and path as the endpoint of the batch has them."""
    said = json.loads(openai.line("r", ASK))
    assert (said["method"], said["url"]) == ("POST", "/v1/chat/completions")
    assert said["body"]["model"] == "gpt-6-luna"


def test_vectors_of_gemini_are_not_made_in_jobs(google):
    """Their jobs are of another kind, which is not spoken here."""
    with pytest.raises(Invalid):
        google.line("r", Embed(text="a"))


def test_a_picture_too_large_is_made_smaller_only_while_it_is_written():
    """The desk is empty afterwards, and what fits goes as it lies."""
    large = codecs.encode_png(codecs.decode(PICTURE).repeat(8, 0).repeat(8, 1))
    blob = blob_of(large)
    desk = Desk(lambda _: large)
    sight = replace(card("openai:gpt-6-luna").sight, most_side=64)
    with fitting(See(images=(blob,)), sight, desk) as fitted:
        (shown,) = fitted.images
        assert shown != blob
        assert max(codecs.inspect(desk.read(shown)).width, 0) <= 64
    assert desk.read(shown) == large
    with fitting(See(images=(blob,)), replace(sight, most_side=9999), desk) as fitted:
        assert fitted.images == (blob,)


# ---------------------------------------------------------------------------------- answers


SAID = {
    "choices": [{"message": {"content": "a car"}}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 2},
}


def test_openais_answers_are_read(openai):
    """An answer, an error with a status, one without; and what was never answered is nothing."""

    def line(**said):
        return json.dumps({"id": "b", "custom_id": "r", "response": None, "error": None, **said}).encode()

    good = openai.read(line(response={"status_code": 200, "request_id": "q", "body": SAID}))
    reply = openai.reply(ASK, good)
    assert (reply.text, reply.usage.tokens_in, reply.usage.request_id) == ("a car", 10, "q")
    assert reply.usage.dollars == pytest.approx(
        (10 * openai.card.price.tokens_in + 2 * openai.card.price.tokens_out) / 1e6
    )
    error = {"error": {"code": "moderation_blocked", "message": "no"}}
    with pytest.raises(Refused):
        openai.reply(ASK, openai.read(line(response={"status_code": 400, "request_id": "q", "body": error})))
    with pytest.raises(Busy):
        openai.reply(ASK, openai.read(line(response={"status_code": 429, "request_id": "q", "body": {}})))
    odd = openai.read(line(error={"code": "who_knows", "message": "odd"}))
    with pytest.raises(Invalid, match="odd"):
        openai.reply(ASK, odd)
    for code in ("batch_expired", "batch_cancelled"):
        assert openai.read(line(error={"code": code, "message": "late"})) is None
    for nothing in (b"", b"{", b"[]", b'{"id": 1}', b"\xff"):
        assert openai.read(nothing) is None


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": 8, "message": "busy"}, Busy),
        ({"code": 429, "message": "busy"}, Busy),
        ({"code": 13, "message": "broken"}, Broken),
        ({"code": 400, "status": "INVALID_ARGUMENT", "message": "bad"}, Invalid),
        ({"code": 7, "message": "no"}, NotSetUp),
        ("something", Broken),
        ({"message": "something"}, Broken),
    ],
)
def test_geminis_errors_are_what_they_are_at_once(google, error, kind):
    """By HTTP's number or gRPC's; of what has none it is believed that it may pass."""
    returned = google.read(json.dumps({"key": "r", "error": error}).encode())
    assert returned.record == "r"
    with pytest.raises(kind):
        google.reply(ASK, returned)


def test_geminis_answers_are_read(google):
    """By their key; a line without an answer is none."""
    said = {"candidates": [{"content": {"parts": [{"text": "a car"}]}, "finishReason": "STOP"}]}
    reply = google.reply(ASK, google.read(json.dumps({"key": "r", "response": said}).encode()))
    assert isinstance(reply, Said)
    assert reply.text == "a car"
    for nothing in (b"", b"{}", b'{"key": "r"}', b'{"key": "r", "response": null}'):
        assert google.read(nothing) is None


@pytest.mark.parametrize(
    ("error", "kind", "word"),
    [
        ({"errorCode": 400, "errorMessage": "malformed input"}, Invalid, "malformed input"),
        ({"errorCode": "429", "errorMessage": "slow down"}, Busy, "slow down"),
        ({"errorCode": 500, "errorMessage": "inner"}, Broken, "inner"),
        ({"errorCode": "ModelError", "errorMessage": "inner"}, Broken, "ModelError: inner"),
        ({"code": 400, "message": "blocked by our content filters"}, Refused, "filter"),
        ("a word", Broken, "a word"),
    ],
)
def test_bedrocks_errors_are_read_in_whatever_form(bedrock, error, kind, word):
    """The documents do not say how one looks; without a number none is final."""
    returned = bedrock.read(json.dumps({"recordId": "r", "modelInput": {}, "error": error}).encode())
    with pytest.raises(kind, match=word):
        bedrock.reply(ASK, returned)


def test_bedrocks_answers_are_read(bedrock):
    """What Nova says when it is invoked; a record without output is none."""
    said = {"output": {"message": {"content": [{"text": "a car"}]}}, "stopReason": "end_turn"}
    line = {"recordId": "r", "modelInput": {"x": 1}, "modelOutput": said}
    returned = bedrock.read(json.dumps(line).encode())
    assert bedrock.reply(ASK, returned).text == "a car"
    for nothing in (b"", b"{}", b'{"recordId": "r", "modelInput": {}}', b'{"modelOutput": {}}'):
        assert bedrock.read(nothing) is None


def test_models_that_are_only_conversed_with_are_so_in_files():
    """The body of a line is then what Converse takes, without the model's name."""
    qwen = card("bedrock:qwen.qwen3-vl-235b-a22b")
    jobs = BedrockJobs(qwen, converse, read, KIT, WHERE._replace(conversing=True))
    body = json.loads(jobs.line("r", ASK))["modelInput"]
    assert body.keys() == {"messages", "inferenceConfig"}


# --------------------------------------------------------------------------------- the wire


def test_lines_come_as_they_are_sent_and_errors_as_errors():
    """Over pieces of any size; another status than 200 is told by whoever asked."""

    async def main(url):
        wire = Wire()
        try:
            lines = [line async for line in wire.lines(f"{url}/_/books", {}, lambda answer: Invalid("?"))]
            with pytest.raises(Invalid, match="404"):
                async for _ in wire.lines(f"{url}/nowhere", {}, lambda answer: Invalid(f"{answer.status}")):
                    pass
            return lines
        finally:
            await wire.close()

    with serving() as sim:
        (line,) = asyncio.run(main(sim.url))
    assert json.loads(line)["calls"] == 0
    with pytest.raises(Broken, match="cannot connect"):
        asyncio.run(main(sim.url))


def test_a_key_in_an_answer_is_not_passed_on(openai):
    """Servers repeat what they were sent; what they say of a job is written down."""
    answer = Answer(400, {}, b'{"error": {"message": "bad key sesame-sesame"}}')
    with pytest.raises(Invalid) as raised:
        openai._calls._checked(answer)
    assert "sesame" not in str(raised.value)


@pytest.mark.parametrize(
    ("status", "kind"), [(401, NotSetUp), (402, OutOfQuota), (429, Busy), (500, Broken), (504, Broken)]
)
def test_a_server_that_says_no_has_begun_nothing(openai, status, kind):
    """None of its errors is unsure, so that what was not begun is free at once."""
    with pytest.raises(kind) as raised:
        openai._calls._checked(Answer(status, {}, b"{}"))
    assert not getattr(raised.value, "unsure", False)


def test_a_form_of_pieces_is_as_long_as_it_says():
    """The size stands in the header before the first piece is read."""
    from photogram.jobs.openai import _form

    async def main(lines):
        kind, size, pieces = _form("token", lines)
        return kind, size, b"".join([piece async for piece in pieces])

    kind, size, body = asyncio.run(main(io.BytesIO(b"x" * 600_000)))
    assert size == len(body)
    assert kind.endswith("boundary=photogramtoken")
    assert body.count(b"--photogramtoken") == 3


# -------------------------------------------------------------------------------- the ledger


def test_a_jobs_claims_outlive_the_driver_and_are_freed_with_it(ledger):
    """They count as money put aside and as nobody's in flight; an end frees what was not filled."""
    ledger.add_rows(row(number) for number in range(3))
    ledger.drive()
    job = ledger.begin_job("image", "m")
    wants = [Want(row(number).id, "image", f"k{number}", "m", 0.5) for number in range(3)]
    assert ledger.claim(wants, budget=None, cap=None, job=job.number) == ["mine"] * 3
    ledger.leave()
    ledger.drive()
    assert (ledger.booked(), ledger.in_flight()) == (1.5, 0)
    assert ledger.in_jobs("image") == {(row(number).id, f"k{number}") for number in range(3)}
    assert ledger.claim(wants, budget=None, cap=None) == ["held"] * 3
    assert ledger.awaited(job.number) == {row(number).id: f"k{number}" for number in range(3)}
    assert ledger.sending(job.number, "t").records == 3
    assert ledger.running(job.number, "n").state == "running"
    noted = ledger.note(job.number, Progress(said="going", records=3, answered=1))
    assert noted.progress == Progress(said="going", records=3, answered=1)
    ledger.end_job(job.number)
    assert (ledger.booked(), ledger.jobs()) == (0.0, [])
    assert [one.state for one in ledger.jobs(ended=True)] == ["ended"]
    assert ledger.claim(wants, budget=None, cap=None) == ["mine"] * 3


def test_a_job_is_written_for_good_and_all_else_as_before(ledger):
    """Each step is on the disk before the next; cells go on at the pace of the checkpoint."""
    ledger.drive()
    during = []
    with ledger._writing_for_good() as db:
        during.append(db.execute("PRAGMA synchronous").fetchone()[0])
    assert during == [2]
    assert ledger._db.execute("PRAGMA synchronous").fetchone()[0] == 1


def test_jobs_are_listed_by_their_column(ledger):
    """One column's jobs are no other's, and one that was dropped is not remembered."""
    ledger.drive()
    ledger.begin_job("image", "m")
    other = ledger.begin_job("annotation", "m")
    assert [job.column for job in ledger.jobs()] == ["image", "annotation"]
    assert [job.column for job in ledger.jobs("annotation")] == ["annotation"]
    ledger.drop_job(other.number)
    assert ledger.jobs("annotation", ended=True) == []


def test_bounds_of_a_job_have_defaults_that_fit_openai():
    """Fifty thousand requests and two hundred megabytes."""
    assert Batch() == Batch(least=1, most=50_000, most_bytes=200_000_000)
