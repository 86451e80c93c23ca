"""The stories: commented briefs to begin with, each of which runs as it is."""

from importlib.resources import files


def names() -> tuple[str, ...]:
    """What stories there are."""
    found = (file.name for file in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def text(name: str) -> str:
    """The brief of a story, comments and all."""
    return files(__name__).joinpath(f"{name}.toml").read_text("utf-8")
