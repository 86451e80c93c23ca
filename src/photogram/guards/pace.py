"""Pacing: as fast as a provider allows, found out from what it takes and what it turns away.

Each ask remembers as which one in flight it was sent, so an answer says "that many are fine", and a
429 "that many are too many"; a 429 at a number that was fine before can only mean the rate.
Whichever is cut, only a 429 for an ask sent after the last cut counts: the others were on their
way before anything could be learnt.
"""

import asyncio
from asyncio import Future, TimerHandle, get_running_loop
from collections import deque
from copy import copy

from photogram.data import Ask, Card, Reply
from photogram.faults import Busy, NotSetUp, OutOfQuota, Refused
from photogram.guards.limits import FEW, Rate, Turn, Window
from photogram.model import Model

LONGEST_HINT = 600.0
"""Seconds a provider may ask everyone to wait; a run does not sit through more, it ends."""
SPREAD = 2.0
"""After a first 429 a round's asks are spread over this part of the time an answer takes."""
SMOOTHING = 0.1
"""How much one answer counts in the mean time an answer takes."""
BURST = 0.25
"""Seconds added to the first measure of a rate, as it holds the burst a provider allows."""
INSTANT = 0.001
"""The shortest time, in seconds, over which a rate is measured."""


class Pace:
    """What is known of one provider, account and model: shared by all who ask it in one event loop.

    `per_second` is a limit known beforehand, 0 where none is; `width` the most that may ever be in
    flight. After `patience` 429s and `quiet` seconds without one answer the quota counts as spent.
    """

    def __init__(
        self, per_second: float = 0.0, width: int = 64, patience: int = 8, quiet: float = 90.0
    ) -> None:
        self._window, self._rate = Window(width), Rate(per_second)
        self._patience, self._quiet = patience, quiet
        self._turned_away, self._away_since = 0, 0.0
        self._in_flight = self._sent = self._answered = 0
        self._cut_at, self._cut_time, self._cut_window = 0, 0.0, False
        self._since = self._latency = self._held_until = 0.0
        self._line: deque[Future[Turn | Exception]] = deque()
        self._timer: TimerHandle | None = None

    @property
    def window(self) -> int:
        """How many asks may be in flight now."""
        return self._window.size

    async def turn(self) -> Turn:
        """Wait for a place in flight and in time; `accepted`, `rejected` or `dropped` gives it back."""
        now = get_running_loop().time()
        if not self._line and self._in_flight < self._window.size and self._rate.due <= now:
            return self._take(now)
        return await self._line_up()

    def accepted(self, turn: Turn) -> None:
        """The provider took the ask."""
        self._answered += 1
        self._turned_away = 0
        if self._cut_at:
            self._time(get_running_loop().time() - turn.sent)
        self._window.accepted(turn, self._sent)
        if turn.held and turn.number > self._cut_at:
            self._rate.climb()
        self.dropped()

    def rejected(self, turn: Turn, after: float | None) -> None:
        """The provider turned the ask away, and perhaps said for how long it will take none."""
        now = get_running_loop().time()
        if after:
            self._hold(now, now + after)
        if turn.number > self._cut_at:
            self._cut(turn, now)
        elif self._cut_window:
            self._window.rejected_late(turn)
        spent = self._shut(after or 0.0) or self._despair(now)
        if spent:
            self.send_home(spent)
        self.dropped()
        if spent:
            raise spent

    def dropped(self) -> None:
        """The ask is over, and nothing is to be learnt from it."""
        self._in_flight -= 1
        if self._line:
            self._pump()

    def send_home(self, error: Exception) -> None:
        """Give up on everyone in line: asking is no use any more."""
        line, self._line = self._line, deque()
        for seat in line:
            if not seat.done():
                seat.set_result(error)

    def _take(self, now: float) -> Turn:
        if not self._sent:
            self._since = self._cut_time = now - BURST
        self._sent += 1
        self._in_flight += 1
        gap = self._latency / (SPREAD * self._window.size)
        return Turn(self._sent, self._in_flight, now, self._rate.take(now, gap))

    def _time(self, seconds: float) -> None:
        self._latency += (seconds - self._latency) * (SMOOTHING if self._latency else 1.0)

    def _hold(self, now: float, until: float) -> None:
        """Everybody waits; the time in which nobody may ask is no measure of how much goes through."""
        idle = max(0.0, until - max(now, self._held_until))
        self._held_until = max(until, self._held_until)
        self._since += idle
        self._cut_time += idle
        self._rate.hold(until)

    def _cut(self, turn: Turn, now: float) -> None:
        # Asks overtake each other on the way, so all that are in flight count, not those before it.
        crowd = max(turn.beside, self._in_flight)
        self._cut_window = self._window.blamed(crowd)
        if self._cut_window:
            self._window.rejected(crowd, self._sent)
        else:
            self._window.acquitted()
            self._rate.cut(*self._measure(turn, now), now)
        self._cut_at, self._cut_time = self._sent, max(now, self._held_until)

    def _measure(self, turn: Turn, now: float) -> tuple[float, float]:
        """How many went through, and in how many seconds."""
        # All sent since the last cut but this one did; the half is what was under way.
        went_through = turn.number - self._cut_at - 0.5
        if went_through < FEW and not self._rate.found:
            return self._answered + 0.5, now - self._since
        return went_through, max(INSTANT, turn.sent - self._cut_time)

    def _shut(self, after: float) -> OutOfQuota | None:
        if after <= LONGEST_HINT:
            return None
        return OutOfQuota(
            f"the provider asks to be left alone for {after / 60:.0f} minutes",
            do="run again then; what is finished is kept",
        )

    def _despair(self, now: float) -> OutOfQuota | None:
        if not self._turned_away:
            self._away_since = now
        self._turned_away += 1
        quiet = now - self._away_since
        if self._turned_away < self._patience or quiet < self._quiet:
            return None
        return OutOfQuota(
            f"{self._turned_away} asks in {quiet:.0f} s were turned away and none was answered",
            do="see the account's quota and run again later; what is finished is kept",
        )

    async def _line_up(self) -> Turn:
        if not self._line:
            self._timer = None  # the one that is left may be that of an event loop long closed
        seat: Future[Turn | Exception] = get_running_loop().create_future()
        self._line.append(seat)
        self._pump()
        try:
            given = await seat
        except asyncio.CancelledError:
            self._leave(seat)
            raise
        if isinstance(given, Exception):
            raise copy(given)
        return given

    def _leave(self, seat: Future[Turn | Exception]) -> None:
        """Whoever goes away leaves neither a seat nor a turn behind."""
        if seat in self._line:
            self._line.remove(seat)
        if not seat.cancelled() and isinstance(seat.result(), Turn):
            self.dropped()

    def _pump(self) -> None:
        """Give turns to the head of the line while there is room; come back when the next is due."""
        loop = get_running_loop()
        now = loop.time()
        while self._line and self._in_flight < self._window.size:
            if self._rate.due > now:
                self._timer = self._timer or loop.call_at(self._rate.due, self._tick)
                return
            seat = self._line.popleft()
            if not seat.done():
                seat.set_result(self._take(now))

    def _tick(self) -> None:
        self._timer = None
        self._pump()


class Paced:
    """A model each of whose attempts waits for its turn."""

    def __init__(self, model: Model, pace: Pace) -> None:
        self._model, self._pace = model, pace

    @property
    def card(self) -> Card:
        return self._model.card

    async def answer(self, ask: Ask) -> Reply:
        pace = self._pace
        turn = await pace.turn()
        try:
            reply = await self._model.answer(ask)
        except BaseException as error:
            self._failed(turn, error)
            raise
        pace.accepted(turn)
        return reply

    def _failed(self, turn: Turn, error: BaseException) -> None:
        if isinstance(error, (NotSetUp, OutOfQuota)):
            self._pace.send_home(error)
        if isinstance(error, Busy):
            self._pace.rejected(turn, error.after)
        elif isinstance(error, Refused):
            self._pace.accepted(turn)
        else:
            self._pace.dropped()

    async def close(self) -> None:
        await self._model.close()
