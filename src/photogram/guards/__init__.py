"""Guards: models that wrap a model, each minding one thing.

Breaker     what cannot be asked at all is not asked again
Retrying    the one retry layer
Paced       each attempt takes its turn: as fast as the provider allows, and no faster
Capped      a budget, where there is no ledger to keep one
Recorded    answers kept on a tape; Replayed gives them again without a model
"""

from photogram.guards.breaker import Breaker
from photogram.guards.capped import Capped
from photogram.guards.pace import Pace, Paced
from photogram.guards.retrying import Retrying
from photogram.guards.tape import Recorded, Replayed
from photogram.model import Model

__all__ = ["DEADLINE", "Breaker", "Capped", "Pace", "Paced", "Recorded", "Replayed", "Retrying", "guard"]


DEADLINE = 600.0
"""Seconds in which an ask is tried for again."""


def guard(model: Model, pace: Pace, deadline: float = DEADLINE) -> Model:
    """The stack every paid model stands behind; asks of one account and model share one pace."""
    return Breaker(Retrying(Paced(model, pace), deadline))
