"""Whose model one is, by its name: models of one house like each other's pictures better."""

import re

MEASURED = "keyless"
"""What counts pixels has no taste, and is kin to nobody."""

_HOUSES = {
    "openai": ("gpt", "chatgpt", "dall", "o"),
    "google": ("gemini", "nano", "imagen", "gemma", "veo", "paligemma"),
    "amazon": ("amazon", "nova", "titan"),
    "anthropic": ("anthropic", "claude"),
    "stability": ("stability", "stabilityai", "stable", "sd", "sdxl"),
    "alibaba": ("qwen", "wan"),
    "black forest labs": ("black", "flux"),
    "meta": ("meta", "llama"),
    "mistral": ("mistral", "mistralai", "pixtral"),
}
_BY_WORD = {word: house for house, words in _HOUSES.items() for word in words}


def kin(model: str) -> str:
    """The house a model is of, as far as its name tells; nothing for what only measures."""
    provider, _, name = model.partition(":")
    if provider == MEASURED:
        return ""
    words = [_BY_WORD.get(word, "") for word in _first_words(name)]
    return next(filter(None, words), "") or _first_words(name)[-1]


def _first_words(name: str) -> list[str]:
    """The word that each part of a name begins with: of ORG/NAME, of VENDOR.NAME."""
    found = [re.match(r"[a-z]+", part) for part in re.split(r"[/.]", name.lower())]
    return [word[0] for word in found if word] or [name]
