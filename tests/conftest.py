"""What many tests begin with."""

import asyncio
import os
import socket

import pytest
from hypothesis import settings

from photogram.data import Card, Picture, Price, Row, Usage
from photogram.faults import Malformed
from photogram.ledger import Ledger
from photogram.step import Value
from photogram.store import FolderStore

# The same examples each time, so that a change is what breaks a test; `make fuzz` looks for new ones.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("fuzz", max_examples=3000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
)


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch):
    """No test reaches beyond this machine, whatever it was meant to do."""
    connect = socket.socket.connect

    def guarded(self, address):
        host = address[0] if isinstance(address, tuple) else ""
        assert host in ("", "127.0.0.1", "::1", "localhost"), f"a test tried to reach {host}"
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    """The keys of whoever runs the tests are not there, nor what they have read of models."""
    for name in (
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        *(name for name in os.environ if name.startswith("AWS_")),
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nowhere/aws")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_GENAI_API_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PHOTOGRAM_CARDS", "/nowhere/cards.json")


@pytest.fixture
def ledger(tmp_path):
    opened = Ledger(tmp_path / "ledger.db", make=True)
    yield opened
    opened.close()


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path)


@pytest.fixture(scope="session")
def s3_server():
    """The address of a server that speaks S3."""
    moto = pytest.importorskip("moto.server", reason="a bucket needs moto's server: install the extra dev")
    running = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    yield "http://{}:{}".format(*running.get_host_and_port())
    running.stop()


@pytest.fixture
def s3(s3_server, monkeypatch):
    """A client of that server, which the environment knows how to reach too."""
    boto3 = pytest.importorskip("boto3", reason="buckets are looked at with boto3, which moto brings")
    keys = {"AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
    for name, value in (keys | {"AWS_ENDPOINT_URL": s3_server, "AWS_ALLOW_HTTP": "true"}).items():
        monkeypatch.setenv(name, value)
    return boto3.client("s3", endpoint_url=s3_server, region_name="us-east-1")


def row(number, **facts):
    """A row for tests that do not care what is on it."""
    return Row(id=f"{number:016d}", name=f"row-{number}", label="x", prompt=f"picture {number}", **facts)


PAID = Card(name="test:paid", does=("draw", "see"), price=Price(image=0.04))
FREE = Card(name="test:free", does=("draw", "see"))


class Scripted:
    """A model that answers as it is told: by a function from the ask to a reply or an error."""

    def __init__(self, card=PAID, script=None):
        self.card = card
        self.asked = []
        self.most = self.now = 0
        self._script = script or (lambda ask: picture(ask.prompt))

    async def answer(self, ask):
        self.asked.append(ask)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(0)
            found = self._script(ask)
            if isinstance(found, BaseException):
                raise found
            return found
        finally:
            self.now -= 1

    async def close(self):
        pass


def picture(text, dollars=0.04):
    """A reply with bytes of its own."""
    return Picture(images=(PNG + text.encode(),), usage=Usage(images=1, dollars=dollars))


class Drawing:
    """The least step that asks a model."""

    column, needs, version = "image", (), "1"

    def ask(self, row):
        from photogram.data import Draw

        return Draw(prompt=row.prompt)

    def absorb(self, row, reply):
        if not reply.images:
            raise Malformed("there is no picture", "nothing")
        return Value(facts={"seen": len(reply.images)}, files={"image": reply.images[0]})


class Counting:
    """The least step that computes."""

    column, needs, version = "measures", ("image",), "1"

    def reads(self, row):
        return {"image": row.image()} if row.image() else None

    def compute(self, row, files):
        if b"broken" in files["image"]:
            raise Malformed("it is broken")
        return Value(facts={"bytes": len(files["image"])})


@pytest.fixture
def impatient(monkeypatch):
    """Asks that failed are made again at once."""
    monkeypatch.setattr("photogram.guards.retrying.FIRST_WAIT_BROKEN", 0.0)
