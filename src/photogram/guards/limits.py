"""The two limits providers have, each found out from what is taken and what is turned away.

Neither knows of asks, tasks or clocks: the pace tells them what happened, and when.
"""

from math import inf

FIRST_WINDOW = 16
NEAR = 0.75
"""From this share of the window on, what becomes of an ask tells something about the window."""
WITNESSES = 3
"""So many answers at a number in flight show that it is fine: one alone may have been luck."""
FIRST_PATIENCE = 4
"""Clean rounds to wait before one more in flight is tried; doubled each time that fails."""

CUT = 0.92
"""A cut goes this far below the rate that was seen to succeed."""
FEW, STEEPEST, UNTRIED = 4, 0.5, 0.25
"""So few asks since the last cut measure badly. Then no more than half is cut; and next to nothing
where they came at less than a quarter of the rate, as something else kept them few."""
CLIMB = 1e-4
"""Each answer raises the rate by this times the answers since the last cut: slowly, then boldly."""
SLOWEST = 1 / 30
"""Asks a second below which no rate is cut."""
SLACK = 0.1
"""Seconds of unused schedule that may be caught up, so that a late timer costs no throughput."""


class Turn:
    """One ask on its way: the how-manieth sent, as which in flight, when, and whether rate held it."""

    __slots__ = ("beside", "held", "number", "sent")

    def __init__(self, number: int, beside: int, sent: float, held: bool) -> None:
        self.number, self.beside, self.sent, self.held = number, beside, sent, held


class Window:
    """How many asks may be in flight.

    Doubled on each clean round up to the ceiling. Past a ceiling that a 429 has shown, one more is
    tried after some rounds: if that is fine two more, then four; if not, the wait is doubled.
    """

    def __init__(self, width: int) -> None:
        self.size = min(FIRST_WINDOW, width)
        self._width = self._ceiling = width
        self._most, self._earlier = [0] * WITNESSES, 0
        self._step, self._patience, self._clean = 1, 0, 0
        self._changed = 0

    def blamed(self, crowd: int) -> bool:
        """Whether a 429 while so many were in flight can mean too many in flight."""
        return crowd > max(1, self._fine())

    def acquitted(self) -> None:
        """A 429 was for the rate. What was fine before counts on, less one: a second 429 there decides."""
        if self._most[0]:
            self._most, self._earlier = [0] * WITNESSES, self._most[0] - 1

    def accepted(self, turn: Turn, last: int) -> None:
        """Learn from an answer; `last` is the number of the last ask sent so far."""
        beside, late = turn.beside, turn.number <= self._changed
        if beside > self._most[0]:
            self._witness(min(beside, self._ceiling) if late else beside)
        if late or self.size == self._width:
            return
        self._clean += 1
        if beside > self._ceiling:
            self._ceiling, self._patience, self._step = beside, 1, 2 * self._step
        if beside >= NEAR * self.size:
            self._grow(last)

    def rejected(self, crowd: int, last: int) -> None:
        """Fewer than `crowd`, then; and far fewer at first where so many were never seen to be fine."""
        unproven = self._fine() < NEAR * (crowd - 1)
        self._patience, self._step = max(FIRST_PATIENCE, 2 * self._patience), 1
        self._lower(crowd - 1)
        self._set(max(1, self._ceiling // 4) if unproven else self._ceiling, last)

    def rejected_late(self, turn: Turn) -> None:
        """One more of those under way at the last change was counted as fine, and was not."""
        if turn.number <= self._changed and self._ceiling > max(1, self._fine()):
            self._lower(self._ceiling - 1)
            self.size = min(self.size, self._ceiling)

    def _fine(self) -> int:
        return max(self._most[0], self._earlier)

    def _witness(self, beside: int) -> None:
        self._most[0] = beside
        self._most.sort()

    def _grow(self, last: int) -> None:
        if self.size < self._ceiling:
            self._set(min(self._ceiling, 2 * self.size), last)
        elif self.size == self._ceiling and self._clean >= self._patience * self.size:
            self._set(min(self._width, self.size + self._step), last)

    def _lower(self, ceiling: int) -> None:
        self._ceiling = ceiling
        self._most = [min(most, ceiling) for most in self._most]
        self._earlier = min(self._earlier, ceiling)

    def _set(self, size: int, last: int) -> None:
        self.size, self._changed, self._clean = size, last, 0


class Rate:
    """How many asks a second may be sent: a schedule with next to no burst, or none at all."""

    def __init__(self, known: float) -> None:
        self._most = self.per_second = known or inf
        self._clean = 0
        self.due = 0.0

    def take(self, now: float, gap: float) -> bool:
        """Use the schedule's next place, `gap` seconds wide at least; whether it holds anyone back."""
        width = max(gap, 1 / self.per_second)
        held = self.due > now - SLACK
        if width:
            self.due = (self.due if held else now - SLACK) + width
        return held

    @property
    def found(self) -> bool:
        """Whether any limit is known."""
        return self.per_second < inf

    def hold(self, until: float) -> None:
        """Send nothing before then."""
        self.due = max(self.due, until)

    def climb(self) -> None:
        """One more answer since the last cut."""
        self._clean += 1
        self.per_second = min(self._most, self.per_second * (1 + CLIMB * self._clean))

    def cut(self, went_through: float, seconds: float, now: float) -> None:
        """Fall below what went through since the last cut: just now the provider has no more to give."""
        measured = went_through / seconds
        if went_through < FEW and self.found:
            measured = self._doubted(measured)
        self.per_second = max(SLOWEST, CUT * min(self.per_second, measured))
        self._clean = 0
        self.hold(now + 1 / self.per_second)

    def _doubted(self, measured: float) -> float:
        """A measure over few asks: half the rate at least, and all of it if it was not really tried."""
        tried = self.per_second
        return tried if measured < UNTRIED * tried else max(measured, STEEPEST * tried)
