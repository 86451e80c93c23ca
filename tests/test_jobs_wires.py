"""What jobs do on the wire with servers that answer oddly; and bounds of the tongues, to the last pixel."""

import asyncio
import io

import numpy as np
import pytest

from photogram.data import Price
from photogram.dialects import gemini, openai_chat
from photogram.faults import Broken
from photogram.jobs.gemini import GeminiJobs
from photogram.jobs.openai import OpenAIJobs
from photogram.pixels.codecs import encode_png
from photogram.providers import find
from photogram.simulator import serving
from photogram.simulator.books import Units, dollars
from photogram.simulator.call import Answer, Call
from photogram.simulator.jobs import FAULTS as OF_JOBS
from photogram.simulator.spoil import FAULTS as OF_CALLS
from photogram.wired import Keyed

from .test_jobs_by_vendor import OpenAI, run_out, spoken
from .test_tongues_laws import made_of
from .tongued import SOUND, b64encode, read, told, tongue

SECRET = "sesame-sesame"


class Table:
    """A tongue that answers each path, with its query, as it is told to."""

    name, id_header, faults = "table", "x-id", {}
    routes = (("GET", "/{path:.+}"), ("POST", "/{path:.+}"))

    def __init__(self, answers):
        self.answers, self.asked = answers, []

    def read(self, request):
        query = "&".join(f"{name}={value}" for name, value in request.query.items())
        self.asked.append(request.path.removeprefix("/table") + (f"?{query}" if query else ""))
        found = self.answers[self.asked[-1]]
        return found if isinstance(found, Answer) else Answer(found)


def with_jobs(kind, answers, use):
    """What comes of using jobs of this kind against a server with these answers."""
    name, dialect = {
        OpenAIJobs: ("openai:gpt-6-luna", openai_chat),
        GeminiJobs: ("gemini:gemini-3.5-flash-lite", gemini),
    }[kind]
    provider, _, model = name.partition(":")

    async def main(url):
        line = Keyed(f"{url}/v1", {}, [SECRET, "tiny"])
        jobs = kind(find(provider).card(model, {}), dialect, line, lambda _: b"")
        try:
            return await use(jobs)
        finally:
            await jobs.close()

    table = Table(answers)
    with serving(spoken={"table": table}) as sim:
        return asyncio.run(main(sim.at("table"))), table.asked


async def all_lines(jobs):
    return [line async for line in jobs.lines("batches/b" if isinstance(jobs, GeminiJobs) else "b")]


def batch(name, token="other", **more):
    return {"id": name, "status": "completed", "metadata": {"photogram": token}, **more}


def test_a_batch_of_openais_is_looked_for_page_by_page():
    """Until it is found, or there is no further page."""
    pages = {
        "/v1/batches?limit=100": {"data": [batch("a"), batch("b")], "has_more": True},
        "/v1/batches?limit=100&after=b": {"data": [batch("c", "mine")], "has_more": True},
    }
    found, asked = with_jobs(OpenAIJobs, pages, lambda jobs: jobs.find("mine"))
    assert (found, asked) == ("c", list(pages))
    pages["/v1/batches?limit=100&after=b"] = {"data": [batch("c")], "has_more": False}
    assert with_jobs(OpenAIJobs, pages, lambda jobs: jobs.find("mine"))[0] == ""


def test_a_batch_of_geminis_is_looked_for_page_by_page():
    """By the token of the next page, which may hold any sign."""
    pages = {
        "/v1/batches?pageSize=100": {"operations": [{"name": "batches/a"}], "nextPageToken": "x&y="},
        "/v1/batches?pageSize=100&pageToken=x&y=": {
            "operations": [{"name": "batches/b", "metadata": {"displayName": "mine"}}]
        },
    }
    found, asked = with_jobs(GeminiJobs, pages, lambda jobs: jobs.find("mine"))
    assert (found, asked) == ("batches/b", list(pages))


def test_answers_and_errors_are_both_read_and_no_key_is_in_them():
    """Two files, one after the other; what is too short to be a key is left as it is."""
    files = {
        "/v1/batches/b": batch("b", output_file_id="out", error_file_id="err"),
        "/v1/files/out/content": Answer(f"a {SECRET}\nb tiny\n".encode(), kind="text/plain"),
        "/v1/files/err/content": Answer(b"c", kind="text/plain"),
    }
    lines, _ = with_jobs(OpenAIJobs, files, all_lines)
    assert lines == [b"a ...", b"b tiny", b"c"]


def test_a_file_is_not_sent_to_another_host():
    """Google names the address itself; whoever stands between could name any."""
    away = Answer({}, headers={"X-Goog-Upload-URL": "http://127.0.0.2:9/upload"})
    with pytest.raises(Broken, match="another host"):
        with_jobs(
            GeminiJobs, {"/upload/v1/files": away}, lambda jobs: jobs.submit("t", io.BytesIO(b"{}\n"), 1)
        )


def test_half_of_an_odd_number_is_rounded_up():
    """So that of one request that is half done one is."""
    with spoken(OpenAI, faults={"job half done": 1}) as caller:
        job = caller.begin([caller.line(name) for name in "abc"])
        run_out(caller, job)
        assert len(list(caller.results(job))) == 2


# ---------------------------------------------------------------------------------- bounds


def picture(width, height):
    return b64encode(encode_png(np.zeros((height, width, 3), np.uint8))).decode()


STABLE = "us.stability.stable-image-search-replace-v1:0"
TITAN = "amazon.titan-image-generator-v2:0"
HEAVY = f"data:image/png;base64,{b64encode(b'x' * 5_000_001).decode()}"


def replaced(width, height):
    return {"image": picture(width, height), "prompt": "x", "search_prompt": "y"}


def drawn(width, height):
    config = {"width": width, "height": height}
    return {"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "x"}, "imageGenerationConfig": config}


def spoken_by(role):
    _, body = SOUND["bedrock nova"]
    shown = {"role": role, "content": body["messages"][0]["content"]}
    words = {"role": "user", "content": [{"text": "x"}]}
    return {"messages": [words, shown, words]}


@pytest.mark.parametrize(
    ("name", "where", "fits", "fails", "why"),
    [
        ("bedrock", STABLE, replaced(160, 64), replaced(161, 64), "2.5"),
        ("bedrock", STABLE, replaced(64, 64), replaced(63, 64), "64"),
        ("bedrock", TITAN, drawn(512, 512), drawn(512, 528), "not supported"),
        ("bedrock", TITAN, drawn(1173, 640), drawn(640, 1173), "not supported"),
        ("bedrock", SOUND["bedrock nova"][0], spoken_by("user"), spoken_by("assistant"), "user role"),
        (
            "bedrock",
            "us.cohere.embed-v4:0",
            {"input_type": "search_query", "texts": ["x"]},
            {"input_type": "search_query", "images": [HEAVY]},
            "at most 5MB",
        ),
        *(
            (
                "openai",
                "/images/generations",
                {"model": "gpt-image-2", "prompt": "x", "size": good},
                {"model": "gpt-image-2", "prompt": "x", "size": bad},
                "size",
            )
            for good, bad in (("1024x640", "1008x640"), ("3840x2160", "3840x2176"), ("1536x512", "1552x512"))
        ),
    ],
)
def test_bounds_hold_to_the_last_step(name, where, fits, fails, why):
    """What the documents just allow is taken; one step further is refused, and says why."""
    assert told(name, fits, where=where) is None
    answer = told(name, fails, where=where)
    assert answer.status == 400
    assert why in str(answer.body)


@pytest.mark.parametrize(("level", "tokens"), [("LOW", 280), ("MEDIUM", 560), ("HIGH", 1120), ("", 1120)])
def test_google_counts_a_picture_by_its_resolution(level, tokens):
    """As its price does."""
    where, body = SOUND["gemini see"]
    config = {"mediaResolution": f"MEDIA_RESOLUTION_{level}"} if level else {}
    call = read("gemini see", {"contents": body["contents"], "generationConfig": config}, where=where)
    assert call.pictures_in == tokens


@pytest.mark.parametrize(("side", "times"), [(256, 1), (512, 1), (1024, 4)])
def test_a_large_picture_costs_in_proportion_and_a_small_one_no_less(side, times):
    """From the pixels on from which the price grows."""
    price = Price(image=0.5, grows_from=512 * 512)
    call = Call(kind="draw", model="m", width=side, height=side)
    assert dollars(price, call, Units(images=2)) == 0.5 * 2 * times


def test_no_fault_is_both_of_jobs_and_of_calls():
    """One name is one thing: else a share would be counted twice."""
    assert not OF_JOBS.keys() & OF_CALLS.keys()


@pytest.mark.parametrize(("size", "length"), [(768, 0.7), (3072, 1.0)])
def test_the_older_vectors_of_google_are_not_one_long_where_they_are_cut(size, length):
    """As its documents warn: whoever does not make them so is found out."""
    model = "gemini-embedding-001"
    one = {"model": f"models/{model}", "content": {"parts": [{"text": "x"}]}, "outputDimensionality": size}
    call = read("gemini embed", {"requests": [one]}, where=model)
    said = tongue("gemini").say(call, made_of(call)).body["embeddings"][0]["values"]
    assert float(np.linalg.norm(said)) == pytest.approx(length)
