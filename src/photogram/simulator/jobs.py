"""What can go wrong with a batch job as a whole, by name; and how far one is, each time it is looked at."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from photogram.data import Ending
from photogram.simulator.call import Answer

Answers = Sequence[tuple[str, Answer]]


def _as_they_are(answers: Answers) -> Answers:
    return answers


class JobFault(Struct, frozen=True):
    """One thing on order: the `share` of its requests that a job answers, and what it makes of them."""

    about: str
    ending: Ending = "done"
    share: float = 1.0
    change: Callable[[Answers], Answers] = _as_they_are
    parts: int = 1


SOUND = JobFault("nothing")
FAULTS: Mapping[str, JobFault] = {
    "job fails": JobFault("a batch job is found wanting, and answers nothing", "failed", 0.0),
    "job expires": JobFault("a batch job runs out of time half-way", "expired", 0.5),
    "job is stopped": JobFault("a batch job's owner stops it half-way", "stopped", 0.5),
    "job half done": JobFault("a batch job ends with half of its answers", "partly", 0.5),
    "records lost": JobFault(
        "every third request of a batch job gets no answer",
        change=lambda answers: [*answers[::3], *answers[1::3]],
    ),
    "records twice": JobFault(
        "a batch job answers every third request twice", change=lambda answers: [*answers, *answers[::3]]
    ),
    "many files": JobFault("the answers of a batch job lie in three files", parts=3),
}


class Steps:
    """How far jobs are: each look at one finds it a step further on the way to its end."""

    def __init__(self) -> None:
        self._looked: dict[str, int] = {}

    def at(self, job: str, way: Sequence[str]) -> str:
        """Where a job is on its way."""
        step = self._looked.get(job, 0)
        self._looked[job] = step + 1
        return way[min(step, len(way) - 1)]
