"""Names of files: how they end, what of them is shown, and which are passed over."""

import unicodedata


def ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def printable(text: str) -> str:
    """The text with nothing in it that a terminal, a database or a web page would stumble over."""
    return "".join(char if char.isprintable() else " " if char.isspace() else "\ufffd" for char in text)


def parts(path: str) -> list[str]:
    """The folders of a path and its last part, without any that leads nowhere."""
    every = printable(path).replace("\\", "/").split("/")
    return [part.strip() for part in every if part.strip(" .")]


def clean(name: str) -> str:
    """The last part of a name, whatever the name tries."""
    inner = parts(unicodedata.normalize("NFC", name))
    return inner[-1][-200:] if inner else "unnamed"


def hidden(path: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in parts(path))
