"""What Google's API takes, field by field: an unknown name is an error, and names come in two spellings."""

import re
from typing import Annotated, Any, Literal, TypeVar, cast

import msgspec
from msgspec import Meta, Struct

from photogram.simulator.call import Problem, read_base64, read_picture

KINDS = ("image/png", "image/jpeg", "image/webp", "image/heic", "image/heif")


class Named(Struct, rename="camel", forbid_unknown_fields=True):
    """Whatever it does not know is an error, as with Google."""


class Data(Named):
    mime_type: str
    data: str


class Part(Named):
    text: str | None = None
    inline_data: Data | None = None


class Content(Named):
    parts: Annotated[list[Part], Meta(min_length=1)]
    role: Literal["user", "model"] = "user"


class ImageConfig(Named):
    aspect_ratio: str = ""
    image_size: str = ""


class Thinking(Named):
    thinking_level: str = ""
    thinking_budget: int | None = None
    include_thoughts: bool = False


class Config(Named):
    response_modalities: list[Literal["TEXT", "IMAGE", "AUDIO"]] = []
    image_config: ImageConfig | None = None
    seed: Annotated[int, Meta(ge=-(2**31), lt=2**31)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_k: int | None = None
    candidate_count: Annotated[int, Meta(ge=1, le=8)] = 1
    max_output_tokens: Annotated[int, Meta(ge=1)] = 65_536
    stop_sequences: list[str] = []
    response_mime_type: Literal["", "text/plain", "application/json"] = ""
    response_schema: dict[str, Any] | None = None
    response_json_schema: dict[str, Any] | None = None
    media_resolution: str = ""
    thinking_config: Thinking | None = None


class Safety(Named):
    category: Annotated[str, Meta(pattern="^HARM_CATEGORY_[A-Z_]+$")]
    threshold: Literal[
        "BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH", "BLOCK_NONE", "OFF"
    ]


class Generate(Named):
    contents: Annotated[list[Content], Meta(min_length=1)]
    generation_config: Config = msgspec.field(default_factory=Config)
    safety_settings: list[Safety] = []
    system_instruction: Content | None = None


class One(Named):
    model: str
    content: Content
    task_type: Literal[
        "",
        "RETRIEVAL_QUERY",
        "RETRIEVAL_DOCUMENT",
        "SEMANTIC_SIMILARITY",
        "CLASSIFICATION",
        "CLUSTERING",
        "QUESTION_ANSWERING",
        "FACT_VERIFICATION",
    ] = ""
    title: str = ""
    output_dimensionality: Annotated[int, Meta(ge=128, le=3072)] = 3072


class Embed(Named):
    requests: Annotated[list[One], Meta(min_length=1, max_length=100)]


_FREE = frozenset({"responseJsonSchema", "responseSchema"})
"""Fields whose names within are the caller's own."""


def _camel(value: Any) -> Any:
    """The same with every name of a field in camel case."""
    if isinstance(value, list):
        return [_camel(item) for item in cast(list[Any], value)]
    if not isinstance(value, dict):
        return value
    named: dict[str, Any] = {}
    for name, inner in cast(dict[str, Any], value).items():
        known = re.sub(r"_([a-z])", lambda found: found[1].upper(), name)
        named[known] = inner if known in _FREE else _camel(inner)
    return named


T = TypeVar("T")


def read(body: bytes, shape: type[T]) -> T:
    """The body in this shape, or what Google says of one that is not."""
    try:
        return msgspec.convert(_camel(msgspec.json.decode(body)), shape)
    except msgspec.ValidationError as error:
        unknown = re.search(r"unknown field `(\w+)`", str(error))
        if not unknown:
            raise Problem("invalid", f"Invalid value: {error}") from None
        what = f'Invalid JSON payload received. Unknown name "{unknown[1]}": Cannot find field.'
        raise Problem("unknown field", what) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem("not json", "Invalid JSON payload received. Unexpected token.") from None


def words_and_pictures(contents: list[Content], most: int) -> tuple[str, tuple[bytes, ...]]:
    """All that is written, in lines, and all pictures, of which there are so many at most."""
    parts = [part for content in contents for part in content.parts]
    if any((part.text is None) == (part.inline_data is None) for part in parts):
        raise Problem("invalid", "contents.parts must not be empty, and each part is of one kind.")
    pictures = tuple(_picture(part.inline_data) for part in parts if part.inline_data)
    if len(pictures) > most:
        raise Problem("invalid", f"This model takes up to {most} images, not {len(pictures)}.")
    return "\n".join(part.text for part in parts if part.text is not None), pictures


def _picture(sent: Data) -> bytes:
    data = read_base64(sent.data.replace("-", "+").replace("_", "/"), "inline_data.data")
    if sent.mime_type not in KINDS:
        raise Problem("invalid", f"Unsupported MIME type: {sent.mime_type}")
    if read_picture(data, "inline_data", KINDS).media_type != sent.mime_type:
        raise Problem("invalid", "Provided image is not valid.")
    return data


def check_thinking(model: str, config: Config, levels: tuple[str, ...]) -> None:
    """Refuse a level that the model does not know."""
    level = config.thinking_config.thinking_level.lower() if config.thinking_config else ""
    if level and level not in levels:
        raise Problem("invalid", f"Thinking level {level.upper()} is not supported for {model}.")
