"""What cannot be asked at all is not asked again."""

from copy import copy

from photogram.data import Ask, Card, Reply
from photogram.faults import NotSetUp, OutOfQuota
from photogram.model import Model


class Breaker:
    """A model that, once it is not set up or out of quota, says so to everyone without being asked."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._final: NotSetUp | OutOfQuota | None = None

    @property
    def card(self) -> Card:
        return self._model.card

    async def answer(self, ask: Ask) -> Reply:
        if self._final:
            raise copy(self._final)
        try:
            return await self._model.answer(ask)
        except (NotSetUp, OutOfQuota) as error:
            self._final = self._final or copy(error)
            raise

    async def close(self) -> None:
        await self._model.close()
