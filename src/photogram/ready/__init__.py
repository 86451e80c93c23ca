"""Fields that are ready: what to ask of a picture, for the stories. Each file is an [annotate] table."""

from importlib.resources import files


def names() -> tuple[str, ...]:
    """What there is."""
    found = (file.name for file in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def text(name: str) -> str:
    """One of them as it is written, comments and all."""
    return files(__name__).joinpath(f"{name}.toml").read_text("utf-8")
