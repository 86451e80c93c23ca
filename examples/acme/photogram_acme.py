"""Acme's models: they speak as OpenAI's do, at an address and with a key of their own."""

from photogram.data import Card, Price
from photogram.dialects import openai_images
from photogram.faults import BadInput, NotSetUp
from photogram.wired import Keyed, Wired

PAINT = Card(
    name="acme:paint-1",
    does=("draw",),
    about="paints anything at 1024 x 1024",
    price=Price(image=0.01, read_on="2026-11-24"),
)


class Provider:
    name = "acme"
    simulated = {"ACME_BASE_URL": "{url}/openai/v1", "ACME_API_KEY": "simulated"}

    def cards(self):
        return [PAINT]

    def card(self, model, settings):
        if settings or model != PAINT.model:
            raise BadInput(f"acme has no {model!r}, and nothing to be set", do=f"name {PAINT.name}")
        return PAINT

    def missing(self, settings, environ):
        return "" if environ.get("ACME_API_KEY") else "set ACME_API_KEY to your key"

    def open(self, card, settings, environ, read):
        if missing := self.missing(settings, environ):
            raise NotSetUp(f"{card.name} needs a key", do=missing)
        base = environ.get("ACME_BASE_URL", "https://api.acme.example/v1")
        key = environ["ACME_API_KEY"]
        return Wired(card, openai_images, Keyed(base, {"Authorization": f"Bearer {key}"}, [key]), read)
