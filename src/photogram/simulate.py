"""A small honest provider on this machine: it checks what it is sent, keeps books, and fails on order.

It speaks as OpenAI's images/generations does. Another dialect is another `Tongue`: how its bodies are
read, its pictures said and its problems told; queues, faults and books are the same for all.
"""

import argparse
import asyncio
import signal
import struct
import sys
import zlib
from base64 import b64encode
from collections import Counter, deque
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from math import ceil
from random import Random
from socket import SO_LINGER, SOL_SOCKET
from threading import Thread
from time import monotonic, time
from typing import Annotated, Any, Literal, NamedTuple, Protocol, Self, get_args

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from photogram.data import Blob, Draw, Picture
from photogram.media import media_type
from photogram.model import Model
from photogram.providers import find

Fault = Literal["500", "503", "reset", "hang", "html", "truncated", "type", "no data", "bad base64"]
"""What can go wrong on order. `reset`, `truncated`, `html`, `no data` and `bad base64` are billed: the
picture was made and does not arrive. `hang` never ends and `type` only names the wrong media type."""

BILLED = frozenset({"reset", "html", "truncated", "no data", "bad base64"})
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]
Number = Annotated[float, Meta(ge=0)]


class Script(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the simulated provider behaves; 0 and the empty word mean no limit and never."""

    pictures: Annotated[
        Literal["plain", "drawn"], Meta(description="plain costs nothing; drawn is keyless:draw's")
    ] = "plain"
    delay: Annotated[Number, Meta(description="seconds every answer takes")] = 0.0
    in_flight: Annotated[Count, Meta(description="calls at once; more are answered 429")] = 0
    per_second: Annotated[Number, Meta(description="calls a second; more are answered 429")] = 0.0
    burst: Annotated[Count, Meta(description="calls allowed at once under per_second")] = 1
    hint: Annotated[
        Literal["none", "retry-after", "retry-after-ms"], Meta(description="what a 429 tells of the wait")
    ] = "none"
    price: Annotated[Number, Meta(description="dollars a picture, for the books")] = 0.0
    key: Annotated[str, Meta(description="demand this key")] = ""
    refuse: Annotated[str, Meta(description="a prompt with this word is refused as unsafe")] = ""
    broken: Annotated[str, Meta(description="a prompt with this word is always answered 500")] = ""
    links: Annotated[bool, Meta(description="local models answer with an address")] = False
    faults: Annotated[dict[Fault, Share], Meta(description="share of calls for each fault")] = {}
    seed: Annotated[int, Meta(description="which calls the faults meet")] = 0


# ------------------------------------------------------------------------------ words


class Call(NamedTuple):
    """One picture to make, whatever dialect asked for it."""

    model: str
    prompt: str
    negative: str = ""
    width: int = 1024
    height: int = 1024
    seed: int | None = None
    images: int = 1
    linked: bool = False
    quality: str = ""


class Problem(Exception):
    """An answer that is no picture."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers or {}


class Tongue(Protocol):
    """One dialect as a server speaks it."""

    @property
    def paths(self) -> Sequence[str]: ...

    def check_key(self, headers: Mapping[str, str], key: str) -> None: ...

    def read(self, body: bytes) -> Call: ...

    def say(self, call: Call, images: Sequence[bytes], links: Sequence[str]) -> dict[str, Any]: ...

    def tell(self, problem: Problem) -> dict[str, Any]: ...


# ----------------------------------------------------------------------------- OpenAI

Prompt = Annotated[str, Meta(min_length=1, max_length=32_000)]
Many = Annotated[int, Meta(ge=1, le=10)]
Percent = Annotated[int, Meta(ge=0, le=100)]


class _Named(Struct):
    model: str


class _OwnBody(Struct, forbid_unknown_fields=True):
    """What OpenAI's own image models take."""

    model: str
    prompt: Prompt
    n: Many = 1
    size: str = "auto"
    quality: Literal["low", "medium", "high", "auto"] = "auto"
    output_format: Literal["png", "jpeg", "webp"] = "png"
    output_compression: Percent = 100
    background: Literal["transparent", "opaque", "auto"] = "auto"
    moderation: Literal["low", "auto"] = "auto"


class _LocalBody(Struct, forbid_unknown_fields=True):
    """What servers take that follow OpenAI with models of their own."""

    model: str
    prompt: Prompt
    n: Many = 1
    size: str = "1024x1024"
    quality: str = ""
    output_format: Literal["png", "jpeg", "webp"] = "png"
    response_format: Literal["b64_json", "url"] = "url"
    seed: int | None = None
    negative_prompt: str = ""
    num_inference_steps: Annotated[int, Meta(ge=1)] = 20
    step: Annotated[int, Meta(ge=1)] = 20


class OpenAI:
    """POST /images/generations, with the rules of OpenAI's models for those and looser ones for others."""

    paths = ("/images/generations", "/v1/images/generations")

    def check_key(self, headers: Mapping[str, str], key: str) -> None:
        if headers.get("Authorization") != f"Bearer {key}":
            raise Problem(401, "invalid_api_key", "Incorrect API key provided.")

    def read(self, body: bytes) -> Call:
        try:
            model = msgspec.json.decode(body, type=_Named).model
            if model.startswith(("gpt-image-", "chatgpt-image-")):
                return self._own(msgspec.json.decode(body, type=_OwnBody))
            if model.startswith("dall-e-"):
                raise Problem(404, "model_not_found", f"The model '{model}' does not exist")
            return self._local(msgspec.json.decode(body, type=_LocalBody))
        except msgspec.ValidationError as error:
            unknown = "unknown field" in str(error)
            raise Problem(400, "unknown_parameter" if unknown else "invalid_value", str(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Problem(400, "invalid_json", "We could not parse the JSON body of your request.") from None

    def _own(self, body: _OwnBody) -> Call:
        three = body.model.startswith("gpt-image-1")
        width, height = (1024, 1024) if body.size == "auto" else _sides(body.size)
        fits = (width, height) in _THREE if three else _free_size(width, height)
        if not fits:
            raise Problem(400, "invalid_value", f"Invalid size: {body.size}")
        if body.background == "transparent" and body.output_format == "jpeg":
            raise Problem(400, "invalid_value", "Transparent backgrounds need png or webp.")
        quality = "medium" if body.quality == "auto" else body.quality
        return Call(body.model, body.prompt, "", width, height, None, body.n, quality=quality)

    def _local(self, body: _LocalBody) -> Call:
        width, height = _sides(body.size)
        linked = body.response_format == "url"
        return Call(body.model, body.prompt, body.negative_prompt, width, height, body.seed, body.n, linked)

    def say(self, call: Call, images: Sequence[bytes], links: Sequence[str]) -> dict[str, Any]:
        data = [{"url": link} for link in links] or [
            {"b64_json": b64encode(image).decode()} for image in images
        ]
        said: dict[str, Any] = {"created": int(time()), "data": data}
        if not call.quality:
            return said
        kind = media_type(images[0]).removeprefix("image/")
        said |= {"size": f"{call.width}x{call.height}", "quality": call.quality, "output_format": kind}
        return said | {"usage": _tokens(call)}

    def tell(self, problem: Problem) -> dict[str, Any]:
        kind = _KINDS.get(problem.code) or _KINDS.get(problem.status, "invalid_request_error")
        return {"error": {"message": problem.message, "type": kind, "param": None, "code": problem.code}}


_THREE = {(1024, 1024), (1536, 1024), (1024, 1536)}
_KINDS: dict[str | int, str] = {
    "moderation_blocked": "image_generation_user_error",
    429: "requests",
    500: "server_error",
    503: "server_error",
}
_OUT = {"low": 272, "medium": 1056, "high": 4160}


def _sides(size: str) -> tuple[int, int]:
    width, cross, height = size.partition("x")
    if not (cross and width.isdecimal() and height.isdecimal() and 0 < int(width) * int(height) <= 2**24):
        raise Problem(400, "invalid_value", f"Invalid size: {size}")
    return int(width), int(height)


def _free_size(width: int, height: int) -> bool:
    stepped = width % 16 == 0 and height % 16 == 0
    shaped = max(width, height) <= 3 * min(width, height)
    return stepped and shaped and 655_360 <= width * height <= 8_294_400


def _tokens(call: Call) -> dict[str, Any]:
    words, pixels = max(1, len(call.prompt) // 4), _OUT[call.quality] * call.images
    return {
        "input_tokens": words,
        "input_tokens_details": {"text_tokens": words, "image_tokens": 0},
        "output_tokens": pixels,
        "total_tokens": words + pixels,
    }


# --------------------------------------------------------------------------- pictures


def plain_png(width: int, height: int, note: str) -> bytes:
    """A grey picture of this size that no other note has, for next to no work."""
    header, pixels, end = _grey(width, height)
    return header + _chunk(b"tEXt", b"Comment\0" + note.encode("latin-1", "replace")) + pixels + end


@cache
def _grey(width: int, height: int) -> tuple[bytes, bytes, bytes]:
    rows = (b"\0" + b"\x7f" * width) * height
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header, _chunk(b"IDAT", zlib.compress(rows, 9)), _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _unread(blob: Blob) -> bytes:
    raise FileNotFoundError(blob.sha256)


def _drawer() -> Model:
    keyless = find("keyless")
    return keyless.open(keyless.card("draw", {}), {}, {}, _unread)


# ------------------------------------------------------------------------------ books


class Books(Struct):
    """What the provider remembers: every call is counted once it is over, under what became of it."""

    calls: int = 0
    answered: int = 0
    refused: int = 0
    busy: int = 0
    broken: int = 0
    invalid: int = 0
    lost: int = 0
    in_flight: int = 0
    in_flight_max: int = 0
    dollars: float = 0.0
    by_prompt: dict[str, int] = {}
    by_seed: dict[str, int] = {}

    def enter(self) -> None:
        self.in_flight += 1
        self.in_flight_max = max(self.in_flight_max, self.in_flight)

    def finish(self, call: Call, dollars: float) -> None:
        self.answered += 1
        self.dollars += dollars
        self.by_prompt[call.prompt] = self.by_prompt.get(call.prompt, 0) + 1
        if call.seed is not None:
            self.by_seed[str(call.seed)] = self.by_seed.get(str(call.seed), 0) + 1

    def lose(self, dollars: float) -> None:
        self.lost += 1
        self.dollars += dollars

    def note(self, problem: Problem) -> None:
        if problem.code == "moderation_blocked":
            self.refused += 1
        elif problem.status == 429:
            self.busy += 1
        elif problem.status >= 500:
            self.broken += 1
        else:
            self.invalid += 1


class _Visit(NamedTuple):
    """One call as it came in."""

    request: web.Request
    number: int
    came: float


class Bucket:
    """Lets `per_second` calls through, and `burst` of them at once."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._rate, self._most = per_second, max(1, burst)
        self._level, self._when = float(self._most), monotonic()

    def wait(self) -> float:
        """Seconds until the next call may come; 0 takes one now."""
        now = monotonic()
        self._level = min(self._most, self._level + (now - self._when) * self._rate)
        self._when = now
        if self._level < 1:
            return (1 - self._level) / self._rate
        self._level -= 1
        return 0.0


# -------------------------------------------------------------------------- simulator


class Simulator:
    """The server: `async with Simulator(Script()) as sim`, or `with serving(...)` from outside a loop."""

    def __init__(self, script: Script | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.script = script or Script()
        self.heard: deque[dict[str, Any]] = deque(maxlen=100)
        self._books = Books()
        self.url = ""
        self._host, self._port = host, port
        self._bucket = Bucket(self.script.per_second, self.script.burst)
        self._plan = _Plan(self.script)
        self._left: dict[str, bytes] = {}
        self._drawer = _drawer() if self.script.pictures == "drawn" else None

    async def __aenter__(self) -> Self:
        self._over = asyncio.Event()
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_get("/_/books", self._show_books)
        app.router.add_get("/_/pictures/{name}", self._show_picture)
        for tongue in TONGUES:
            for path in tongue.paths:
                app.router.add_post(path, self._route(tongue))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port, backlog=4096)
        await site.start()
        self.url = f"http://{self._host}:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        await self._runner.cleanup()
        if self._drawer:
            await self._drawer.close()

    def books(self) -> Books:
        """What stands in the books now, read from whichever thread."""
        return msgspec.json.decode(msgspec.json.encode(self._books), type=Books)

    async def _show_books(self, _: web.Request) -> web.Response:
        return _json(self._books)

    async def _show_picture(self, request: web.Request) -> web.Response:
        image = self._left.get(request.match_info["name"])
        return web.Response(body=image) if image else web.Response(status=404)

    def _route(self, tongue: Tongue):
        async def handle(request: web.Request) -> web.StreamResponse:
            came = monotonic()
            number = self._books.calls = self._books.calls + 1
            body = await request.read()
            try:
                return await self._serve(tongue, body, _Visit(request, number, came))
            except Problem as problem:
                self._books.note(problem)
                headers = {**problem.headers, "x-request-id": f"sim-{number}"}
                return _json(tongue.tell(problem), problem.status, headers)

        return handle

    async def _serve(self, tongue: Tongue, body: bytes, visit: _Visit) -> web.StreamResponse:
        """One call, in the order a real provider has: key, limits, body, policy, work."""
        if self.script.key:
            tongue.check_key(visit.request.headers, self.script.key)
        self._admit()
        self._books.enter()
        try:
            call = tongue.read(body)
            self.heard.append(msgspec.json.decode(body))
            return await self._work(tongue, call, visit)
        finally:
            self._books.in_flight -= 1

    def _admit(self) -> None:
        if self.script.in_flight and self._books.in_flight >= self.script.in_flight:
            raise self._too_many(self.script.delay)
        if self.script.per_second:
            wait = self._bucket.wait()
            if wait:
                raise self._too_many(wait)

    def _too_many(self, wait: float) -> Problem:
        hints = {"retry-after": str(max(1, ceil(wait))), "retry-after-ms": str(ceil(wait * 1000))}
        name = self.script.hint
        headers = {name: hints[name]} if name in hints else {}
        return Problem(429, "rate_limit_exceeded", "Rate limit reached for images.", headers)

    async def _work(self, tongue: Tongue, call: Call, visit: _Visit) -> web.StreamResponse:
        await asyncio.sleep(self.script.delay and self._left_to_wait(visit.came))
        fault = self._plan.fault(call)
        await self._object(call, fault)
        images = [await self._picture(call, f"{visit.number}-{index}") for index in range(call.images)]
        said = tongue.say(call, images, self._leave(images, visit.number) if self._linked(call) else ())
        dollars = self.script.price * call.images
        if fault in BILLED:
            self._books.lose(dollars)
            return await _spoil(fault, visit.request, said)
        self._books.finish(call, dollars)
        kind = "text/plain" if fault == "type" else "application/json"
        return _json(said, 200, {"x-request-id": f"sim-{visit.number}"}, kind)

    async def _object(self, call: Call, fault: Fault | None) -> None:
        """Whatever keeps the work from being done, and so from being billed."""
        script = self.script
        if script.refuse and script.refuse in call.prompt:
            raise Problem(400, "moderation_blocked", "Your request was rejected by the safety system.")
        if script.broken and script.broken in call.prompt:
            raise Problem(500, "server_error", "The server had an error.")
        if fault == "hang":
            await self._over.wait()
        if fault in {"500", "503", "hang"}:
            raise Problem(500 if fault == "500" else 503, "server_error", "The server had an error.")

    def _left_to_wait(self, came: float) -> float:
        """Event loops wake at the first millisecond after the time; half of one early is on time."""
        return max(0.0, came + self.script.delay - 0.0005 - monotonic())

    def _linked(self, call: Call) -> bool:
        return call.linked or (self.script.links and not call.quality)

    def _leave(self, images: Sequence[bytes], number: int) -> list[str]:
        """Keep pictures to be fetched, and only the last thousand of them."""
        names = [f"{number}-{index}" for index in range(len(images))]
        self._left |= dict(zip(names, images, strict=True))
        for name in list(self._left)[:-1000]:
            del self._left[name]
        return [f"{self.url}/_/pictures/{name}" for name in names]

    async def _picture(self, call: Call, note: str) -> bytes:
        if not self._drawer:
            return plain_png(call.width, call.height, note)
        ask = Draw(
            prompt=call.prompt, negative=call.negative, width=call.width, height=call.height, seed=call.seed
        )
        reply = await self._drawer.answer(ask)
        assert isinstance(reply, Picture)
        return reply.images[0]


class _Plan:
    """Which calls fail: told by the seed and by how often this very ask came, not by when it came."""

    def __init__(self, script: Script) -> None:
        self._faults, self._seed = script.faults, script.seed
        self._times: Counter[str] = Counter()

    def fault(self, call: Call) -> Fault | None:
        if not self._faults:
            return None
        ask = f"{call.prompt}|{call.seed}"
        self._times[ask] += 1
        at = Random(f"{self._seed}|{ask}|{self._times[ask]}").random()
        for fault, share in self._faults.items():
            at -= share
            if at < 0:
                return fault
        return None


def _json(
    said: Any, status: int = 200, headers: Mapping[str, str] | None = None, kind: str = "application/json"
) -> web.Response:
    return web.Response(body=msgspec.json.encode(said), status=status, headers=headers, content_type=kind)


async def _spoil(fault: Fault | None, request: web.Request, said: dict[str, Any]) -> web.StreamResponse:
    """The answer to a call whose picture was made and does not arrive."""
    if fault == "html":
        page = "<!doctype html><title>Gateway</title><h1>One moment, please</h1>"
        return web.Response(text=page, content_type="text/html")
    if fault == "no data":
        return _json({**said, "data": []})
    if fault == "bad base64":
        return _json({**said, "data": [{"b64_json": "this is *not* base64"}]})
    whole = msgspec.json.encode(said)
    response = web.StreamResponse(
        headers={"Content-Length": str(len(whole)), "Content-Type": "application/json"}
    )
    if fault == "truncated":
        await response.prepare(request)
        await response.write(whole[: len(whole) // 2])
    _hang_up(request, hard=fault == "reset")
    return response


def _hang_up(request: web.Request, *, hard: bool) -> None:
    if not request.transport:
        return
    socket = request.transport.get_extra_info("socket")
    if hard:
        socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    else:
        request.transport.close()


TONGUES: tuple[Tongue, ...] = (OpenAI(),)


# -------------------------------------------------------------------- ways to start it


@contextmanager
def serving(script: Script | None = None, *, port: int = 0) -> Generator[Simulator]:
    """The server in a thread of its own, for as long as the block lasts."""
    sim = Simulator(script, port=port)
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="simulator", daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(sim.__aenter__(), loop).result()
    try:
        yield sim
    finally:
        asyncio.run_coroutine_threadsafe(sim.__aexit__(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def simulate(script: Script, port: int = 0) -> None:
    """Serve until told to stop; the address is the first line that is printed."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):
            loop.add_signal_handler(name, over.set)
    async with Simulator(script, port=port) as sim:
        print(sim.url, flush=True)
        await over.wait()


def script_from(words: Sequence[str]) -> tuple[Script, int]:
    """Read the script and the port from a command line; every field of the script is an option."""
    parser = argparse.ArgumentParser(prog="photogram simulate", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any that is free")
    for field in msgspec.structs.fields(Script):
        flag, about = f"--{field.name.replace('_', '-')}", _about(field.type)
        if field.name == "faults":
            names = ", ".join(get_args(Fault))
            parser.add_argument("--fault", dest="faults", action="append", metavar="NAME=SHARE", help=names)
        elif field.name == "links":
            parser.add_argument(flag, action="store_true", default=None, help=about)
        else:
            parser.add_argument(flag, help=about)
    given = {name: value for name, value in vars(parser.parse_args(words)).items() if value is not None}
    port = given.pop("port")
    if "faults" in given:
        parts = (fault.partition("=") for fault in given["faults"])
        given["faults"] = {name: share for name, _, share in parts}
    try:
        return msgspec.convert(given, Script, strict=False), port
    except msgspec.ValidationError as error:
        parser.error(str(error))


def _about(annotated: Any) -> str:
    return " ".join(extra.description for extra in annotated.__metadata__ if extra.description)


if __name__ == "__main__":
    asyncio.run(simulate(*script_from(sys.argv[1:])))
