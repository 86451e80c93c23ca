"""The server: every tongue's routes on one port, and what stands between a request and its answer."""

import asyncio
import signal
import struct
from collections import deque
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from math import ceil
from socket import SO_LINGER, SOL_SOCKET
from threading import Thread
from time import monotonic
from typing import Any, NamedTuple, Self

import msgspec
from aiohttp import web
from msgspec.structs import replace

from photogram.simulator import tongues
from photogram.simulator.books import Books, Bucket, Plan, Units, dollars, hint_at, list_price, used
from photogram.simulator.call import Answer, Call, Ended, Fault, Made, Problem, Request, Tongue, Within
from photogram.simulator.forms import readable
from photogram.simulator.jobs import FAULTS as JOB_FAULTS
from photogram.simulator.jobs import SOUND
from photogram.simulator.script import Script
from photogram.simulator.spoil import FAULTS
from photogram.simulator.work import Worker

HOST = "127.0.0.1"
DRIPS = 20
"""Pieces in which a slow body comes."""


class Heard(NamedTuple):
    """One request that could be read: where it came, and what it said; never its headers."""

    path: str
    body: Any


class _Visit(NamedTuple):
    """One request as it came in."""

    web: web.Request
    number: int
    came: float
    share: bool = False
    """Whether only the share of the price is booked that a batch job costs."""


def check_faults(script: Script, spoken: Mapping[str, Tongue]) -> None:
    """Refuse a script that names a fault which no one knows."""
    known = {*FAULTS, *JOB_FAULTS, *(name for tongue in spoken.values() for name in tongue.faults)}
    unknown = [name for name in script.faults if name not in known]
    if unknown:
        raise ValueError(
            f"there is no fault {', '.join(unknown)}; `photogram simulate --help` lists what can go wrong"
        )


class Simulator:
    """The server: `async with Simulator(Script()) as sim`, or `with serving(...)` from outside a loop.

    `url` is where all tongues are spoken at once, `at(name)` where one of them is spoken alone. `spoken`
    is for tongues that are not those of this folder.
    """

    def __init__(
        self,
        script: Script | None = None,
        *,
        port: int = 0,
        spoken: Mapping[str, Tongue] | None = None,
    ) -> None:
        self.script = script or Script()
        self.heard: deque[Heard] = deque(maxlen=100)
        self.url = ""
        self._port = port
        self._tongues = tongues.load() if spoken is None else spoken
        check_faults(self.script, self._tongues)
        self._faults = {name: {**FAULTS, **tongue.faults} for name, tongue in self._tongues.items()}
        self._books = Books()
        self._bucket = Bucket(self.script.per_second, self.script.burst)
        self._plan = Plan(self.script)
        self._worker = Worker(drawn=self.script.pictures == "drawn")
        self._left: dict[str, bytes] = {}

    async def __aenter__(self) -> Self:
        self._over = asyncio.Event()
        app = web.Application(client_max_size=2**30)
        app.router.add_get("/_/books", self._show_books)
        app.router.add_get("/_/pictures/{name}", self._show_picture)
        self._add_routes(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self._port, backlog=4096)
        await site.start()
        self.url = f"http://{HOST}:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        await self._runner.cleanup()
        await self._worker.close()

    def at(self, tongue: str) -> str:
        """The address under which one tongue has all its routes, also those that others have too."""
        return f"{self.url}/{tongue}"

    def books(self) -> Books:
        """What stands in the books now, read from whichever thread."""
        return msgspec.json.decode(msgspec.json.encode(self._books), type=Books)

    # ------------------------------------------------------------------------- routes

    def _add_routes(self, app: web.Application) -> None:
        """Every route under its tongue's name, and as it is where no two tongues share it."""
        routes = [
            (method, path, tongue) for tongue in self._tongues.values() for method, path in tongue.routes
        ]
        listed = [(method, path) for method, path, _ in routes]
        for method, path, tongue in routes:
            handler = self._route(tongue, path)
            app.router.add_route(method, f"/{tongue.name}{path}", handler)
            if listed.count((method, path)) == 1:
                app.router.add_route(method, path, handler)

    def _route(self, tongue: Tongue, route: str):
        async def handle(web_request: web.Request) -> web.StreamResponse:
            number = self._books.calls = self._books.calls + 1
            visit = _Visit(web_request, number, monotonic())
            request = Request(
                method=web_request.method,
                route=route,
                path=web_request.raw_path.partition("?")[0],
                parts=web_request.match_info,
                query=web_request.query,
                headers=web_request.headers,
                body=await web_request.read(),
            )
            return await self._receive(tongue, request, visit)

        return handle

    async def _show_books(self, _: web.Request) -> web.Response:
        return web.Response(body=msgspec.json.encode(self._books), content_type="application/json")

    async def _show_picture(self, request: web.Request) -> web.Response:
        image = self._left.get(request.match_info["name"])
        return web.Response(body=image) if image else web.Response(status=404)

    # ----------------------------------------------- one call, in a real provider's order

    async def _receive(self, tongue: Tongue, request: Request, visit: _Visit) -> web.StreamResponse:
        """Key and limits, before anything is looked at."""
        name = {tongue.id_header: f"sim-{visit.number}"}
        try:
            if self.script.key:
                tongue.check_key(request, self.script.key)
            self._admit()
        except Problem as problem:
            return await _send(self._told(tongue, problem, None), visit.web, name)
        self._books.enter()
        try:
            return await _send(await self._serve(tongue, request, visit), visit.web, name)
        finally:
            self._books.in_flight -= 1

    def _admit(self) -> None:
        if self.script.in_flight and self._books.in_flight >= self.script.in_flight:
            raise Problem("busy", "Rate limit reached.", wait=self.script.delay)
        if self.script.per_second:
            wait = self._bucket.wait()
            if wait:
                raise Problem("busy", "Rate limit reached.", wait=wait)

    async def _serve(self, tongue: Tongue, request: Request, visit: _Visit) -> Answer:
        """What was asked is read, and answered if it can be."""
        call = None
        try:
            asked = tongue.read(request)
            self._hear(request)
            if isinstance(asked, Within):
                asked = await self._answer_within(tongue, asked, visit)
            if isinstance(asked, Answer):
                self._books.answered += 1
                return asked
            call = asked
            return await self._answer(tongue, call, visit)
        except Problem as problem:
            return self._told(tongue, problem, call)

    async def _answer(self, tongue: Tongue, call: Call, visit: _Visit) -> Answer:
        """Policy, work, books; and what goes wrong on order."""
        await asyncio.sleep(self.script.delay and self._left_to_wait(visit.came))
        fault = self._plan.fault(call, self._faults[tongue.name])
        await self._object(call, fault)
        made = self._censored(call, await self._worker.work(call, f"{visit.number}"))
        units = used(call, made)
        self._book(tongue, call, units, visit.share)
        self._end(call, made, fault)
        if call.linked == "yes" or (call.linked == "may" and self.script.links):
            made = replace(made, links=self._leave(made, visit.number))
        made = fault.made(made) if fault and fault.made else made
        answer = tongue.say(call, made)
        return fault.answer(answer, made) if fault and fault.answer else answer

    async def _answer_within(self, tongue: Tongue, within: Within, visit: _Visit) -> Answer:
        """Every request that a batch job answers before it ends, and what it makes of the answers."""
        fault = JOB_FAULTS.get(self._plan.job_fault(within.name, list(JOB_FAULTS)), SOUND)
        among = visit._replace(share=True)
        met = within.requests[: ceil(len(within.requests) * fault.share)]
        answers = [(record, await self._one_within(tongue, request, among)) for record, request in met]
        return within.take(Ended(fault.change(answers[::-1]), fault.ending, fault.parts))

    async def _one_within(self, tongue: Tongue, request: Request, visit: _Visit) -> Answer:
        call = None
        try:
            asked = tongue.read(request)
            if not isinstance(asked, Call):
                raise Problem("invalid", "there is nothing to be answered in a batch job")
            call = asked
            return await self._answer(tongue, call, visit)
        except Problem as problem:
            return self._told(tongue, problem, call)

    async def _object(self, call: Call, fault: Fault | None) -> None:
        """Whatever keeps the work from being done, and so from being billed."""
        if self._is_refused(call) and self.script.refuse_at in ("prompt", "input"):
            raise _refusal(self.script.refuse_at)
        if self.script.broken and self.script.broken in call.words:
            raise Problem("failed", "The server had an error.")
        if fault and fault.hangs:
            await self._over.wait()
        if fault and fault.problem:
            raise fault.problem(call)

    def _is_refused(self, call: Call) -> bool:
        return bool(self.script.refuse) and self.script.refuse in call.words

    def _censored(self, call: Call, made: Made) -> Made:
        """What may be shown of what was made."""
        if not self._is_refused(call):
            return made
        if self.script.refuse_at == "output" or not made.pictures:
            raise _refusal("output")
        return replace(made, pictures=made.pictures[1:], withheld=1)

    def _book(self, tongue: Tongue, call: Call, units: Units, share: bool) -> None:
        price = list_price(tongue.name, call.model)
        paid = dollars(price, call, units)
        if self.script.price is not None and call.kind in ("draw", "edit"):
            paid = self.script.price * units.images
        self._books.book(f"{tongue.name}:{call.model}", units, paid * price.batch if share else paid)

    def _end(self, call: Call, made: Made, fault: Fault | None) -> None:
        """Count a call whose work is done under what becomes of it."""
        if made.withheld and not made.pictures:
            self._books.refused += 1
        elif fault and not fault.whole:
            self._books.lost += 1
        else:
            self._books.finish(self._veiled(call.prompt), call.seed)

    def _told(self, tongue: Tongue, problem: Problem, call: Call | None) -> Answer:
        self._books.note(problem)
        hint_at(problem, self.script.hint)
        answer = tongue.tell(problem, call)
        return answer._replace(headers={**answer.headers, **problem.headers})

    # -------------------------------------------------------------------------- the rest

    def _hear(self, request: Request) -> None:
        """Remember what was sent, but for the key."""
        heard = readable(request)
        if self.script.key and self.script.key.encode() in request.body:
            heard = msgspec.json.decode(self._veiled(msgspec.json.encode(heard).decode()))
        self.heard.append(Heard(request.path, heard))

    def _veiled(self, text: str) -> str:
        return text.replace(self.script.key, "...") if self.script.key else text

    def _left_to_wait(self, came: float) -> float:
        """Event loops wake at the first millisecond after the time; half of one early is on time."""
        return max(0.0, came + self.script.delay - 0.0005 - monotonic())

    def _leave(self, made: Made, number: int) -> tuple[str, ...]:
        """Keep pictures to be fetched, and only the last thousand of them."""
        names = [f"{number}-{index}" for index in range(len(made.pictures))]
        self._left |= dict(zip(names, made.pictures, strict=True))
        while len(self._left) > 1000:
            del self._left[next(iter(self._left))]
        return tuple(f"{self.url}/_/pictures/{name}" for name in names)


def _refusal(stage: str) -> Problem:
    return Problem("refused", "Your request was rejected by the safety system.", stage=stage)


# ------------------------------------------------------------------------ ways to send


async def _send(answer: Answer, request: web.Request, more: Mapping[str, str]) -> web.StreamResponse:
    """The answer, the way it goes out."""
    body = answer.body if isinstance(answer.body, bytes) else msgspec.json.encode(answer.body)
    headers = {**more, **answer.headers}
    if answer.way == "whole":
        return web.Response(body=body, status=answer.status, headers=headers, content_type=answer.kind)
    response = web.StreamResponse(status=answer.status, headers=headers)
    response.content_type, response.content_length = answer.kind, len(body)
    if answer.way in ("half", "drips"):
        with suppress(ConnectionError):
            await response.prepare(request)
            await _drip(response, body if answer.way == "drips" else body[: len(body) // 2])
    if answer.way != "drips":
        _hang_up(request, hard=answer.way == "reset")
    return response


async def _drip(response: web.StreamResponse, body: bytes) -> None:
    step = max(1, -(-len(body) // DRIPS))
    for start in range(0, len(body), step):
        await response.write(body[start : start + step])
        await asyncio.sleep(0.01)


def _hang_up(request: web.Request, *, hard: bool) -> None:
    if not request.transport:
        return
    socket = request.transport.get_extra_info("socket")
    if hard:
        socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    else:
        request.transport.close()


# -------------------------------------------------------------------- ways to start it


@contextmanager
def serving(
    script: Script | None = None, *, spoken: Mapping[str, Tongue] | None = None
) -> Generator[Simulator]:
    """The server in a thread of its own, for as long as the block lasts."""
    sim = Simulator(script, spoken=spoken)
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


async def serve(script: Script, port: int = 0) -> None:
    """Serve until told to stop; the address is the first line that is printed."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):
            loop.add_signal_handler(name, over.set)
    async with Simulator(script, port=port) as sim:
        print(sim.url, flush=True)
        await over.wait()
