"""A provider's batch jobs in memory, which end as they are told; and a dataset of small photographs."""

import json

import numpy as np
from msgspec.structs import replace

from photogram.batching import ByJobs
from photogram.data import Batch, Card, Price, Progress, Usage
from photogram.dataset import Dataset
from photogram.faults import Refused
from photogram.model import Returned
from photogram.pixels import codecs
from photogram.running import fill
from photogram.surveying import unwatched
from photogram.terms import in_batch

from .conftest import picture

CARD = Card(
    name="test:posted", does=("draw",), price=Price(image=0.04, batch=0.5), batch=Batch(1, 100, 10_000)
)

ROLE = "arn:aws:iam::123456789012:role/batch"


class Posted:
    """Draws the prompt of every ask; `spoil` changes the lines of a job that is read, `ends` how it ends."""

    def __init__(self, card=CARD, spoil=lambda lines: lines, ends="done", after=1):
        self.card = in_batch(card)
        self.jobs, self.tokens, self.spoil, self.ends, self.after = {}, {}, spoil, ends, after
        self.looked = {}
        self.read_from = []

    def line(self, record, ask):
        return json.dumps({"record": record, "prompt": ask.prompt}).encode() + b"\n"

    async def find(self, token):
        return self.tokens.get(token, "")

    async def submit(self, token, lines, records):
        name = f"job-{len(self.jobs)}"
        self.jobs[name] = lines.read().splitlines(keepends=True)
        assert len(self.jobs[name]) == records
        assert token not in self.tokens
        self.tokens[token] = name
        return name

    async def poll(self, name):
        self.looked[name] = self.looked.get(name, 0) + 1
        over = self.looked[name] > self.after
        return Progress(
            said="over" if over else "under way", ended=self.ends if over else None, why="said so"
        )

    async def lines(self, name):
        self.read_from.append(name)
        for line in self.spoil(self.jobs[name][::-1]):
            yield line

    def read(self, line):
        try:
            said = json.loads(line)
        except ValueError:
            return None
        return Returned(said["record"], said.get("status", 200), said["prompt"].encode())

    def reply(self, ask, returned):
        if returned.status != 200:
            raise Refused("no", code="policy")
        assert returned.body.decode() == ask.prompt
        return replace(picture(ask.prompt), usage=Usage(images=1, dollars=self.card.price.image))

    async def close(self):
        pass


def photographs(folder, count, url, *, see="openai:gpt-6-luna", size=(16, 12), more=""):
    """A dataset of so many photographs, to be looked at by a model behind this address."""
    photos = folder / "photos"
    photos.mkdir(parents=True)
    for number in range(count):
        pixels = np.full((size[1], size[0], 3), number % 256, np.uint8)
        pixels[0, 0] = number // 256
        (photos / f"p{number}.png").write_bytes(codecs.encode_png(pixels))
    (folder / "brief.toml").write_text(
        f'[dataset]\nname = "x"\n[budget]\ndollars = 5.0\n[models]\nsee = "{see}"\n'
        f"{providers(url)}\n"
        '[annotate]\nprompt = "What colour?"\n'
        '[annotate.fields]\ncolor = ["red", "blue"]\nplate = { is = "text", private = true }\n'
        f'[[take]]\nfrom = ["photos/*.png"]\nlabel = "car"\n{more}',
        "utf-8",
    )
    return folder


def providers(url):
    """What the brief says of providers: the address of OpenAI's, or else where Bedrock's jobs may run."""
    if url:
        return f'[providers.openai]\nbase_url = "{url}"'
    return f'[providers.bedrock]\nbatch_bucket = "s3://bucket/photogram"\nbatch_role = "{ROLE}"'


def fill_by_jobs(folder, *, wait=True, begin=True, cap=None):
    """One run over the annotations that does not pause between two looks."""
    with Dataset(folder) as opened:
        opened.by_jobs = ByJobs(begin=begin, wait=wait, pause=lambda _: 0.0, grace=0.0)
        return fill(opened, ["annotation"], cap, unwatched)
