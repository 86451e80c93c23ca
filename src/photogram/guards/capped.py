"""A budget for asks made outside a dataset; inside one the ledger keeps it."""

from photogram.data import Ask, Card, Reply
from photogram.faults import Broken, ModelError, OverBudget
from photogram.model import Model
from photogram.terms import estimate

ROUNDING = 1e-9


class Capped:
    """A model that is asked only while what is spent, and what may be, stays within `dollars`."""

    def __init__(self, model: Model, dollars: float) -> None:
        self._model, self._dollars = model, dollars
        self._held = 0.0
        self.spent = 0.0

    @property
    def card(self) -> Card:
        return self._model.card

    async def answer(self, ask: Ask) -> Reply:
        cost = self._hold(ask)
        try:
            reply = await self._model.answer(ask)
        except BaseException as error:
            # Whatever broke off a call that was under way, the provider may have billed it.
            if not isinstance(error, ModelError) or (isinstance(error, Broken) and error.unsure):
                self.spent += cost
            raise
        finally:
            self._held -= cost
        self.spent += reply.usage.dollars
        return reply

    def _hold(self, ask: Ask) -> float:
        cost = estimate(self.card, ask)
        if self.spent + self._held + cost > self._dollars + ROUNDING:
            raise OverBudget(
                f"the next ask could cost ${cost:.4f}; of ${self._dollars:.2f}, ${self.spent:.4f} is spent "
                f"and ${self._held:.4f} is spoken for",
                where=self.card.name,
                do="allow more dollars, or a cheaper model",
            )
        self._held += cost
        return cost

    async def close(self) -> None:
        await self._model.close()
