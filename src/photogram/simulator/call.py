"""What a tongue and the house hand each other: requests, calls, what was made, answers, problems.

A tongue is one dialect as a server speaks it: one file in `tongues/` with a class `Tongue`. It reads a
`Request` into a `Call`, says what was `Made` as an `Answer`, and tells a `Problem` in its vendor's form.
Queues, limits, faults, work and books are the house's and the same for all.
"""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, Protocol, TypeVar

import msgspec
from msgspec import Meta, Struct

from photogram.data import Ability, EditKind, Ending
from photogram.faults import Malformed
from photogram.pixels.codecs import Header, Pixels, inspect

# ---------------------------------------------------------------------------- what comes


class Request(Struct, frozen=True, kw_only=True):
    """One request as plain data: `route` is the pattern as the tongue listed it, `parts` what it caught.

    `path` is as it was sent, without its query; in `parts` nothing is quoted any more.
    """

    method: str
    route: str
    path: str
    parts: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Call(Struct, frozen=True, kw_only=True):
    """What was asked, whatever dialect asked for it; `model` is the name on the provider's card.

    Of an edit the first of `pictures` is the one to change; of a draw they are references. `mask` is one
    channel as large as that picture, 255 where the change goes. 0 × 0 is the picture's own size.
    """

    kind: Ability
    model: str
    prompt: str = ""
    negative: str = ""
    width: int = 0
    height: int = 0
    seed: int | None = None
    count: int = 1
    format: Literal["png", "jpeg", "webp"] = "png"
    quality: str = ""
    """As the card's prices know it."""
    linked: Literal["no", "may", "yes"] = "no"
    """Whether pictures are answered by their address: `may` leaves it to the script."""
    pictures: tuple[bytes, ...] = ()
    edit: EditKind = "inpaint"
    mask: Pixels | None = None
    place: tuple[int, int] | None = None
    """Left and top of the picture within what outpainting makes; None is the middle."""
    schema: dict[str, Any] | None = None
    """The JSON Schema of the answer; {} is any object, None is prose."""
    most_tokens: int = 0
    texts: tuple[str, ...] = ()
    """What to embed, before `pictures`."""
    dimensions: int = 0
    pictures_in: int = 0
    """Tokens that all pictures sent count as together."""
    picture_out: int = 0
    """Tokens that each picture made counts as."""
    more: dict[str, Any] = {}
    """Whatever else the tongue needs later to say its answer."""

    @property
    def words(self) -> str:
        """All that was written, for whoever looks for a word in it."""
        return "\n".join((self.prompt, *self.texts)) if self.texts else self.prompt


# ---------------------------------------------------------------------------- what goes


class Made(Struct, frozen=True, kw_only=True):
    """What a call led to. `withheld` is how many pictures a filter took out of it."""

    pictures: tuple[bytes, ...] = ()
    links: tuple[str, ...] = ()
    withheld: int = 0
    text: str | None = None
    data: Any = None
    """The text as data, where it is JSON."""
    ended: Literal["stop", "length", "filter"] = "stop"
    vectors: tuple[tuple[float, ...], ...] = ()
    tokens_in: int = 0
    tokens_out: int = 0


Way = Literal["whole", "drips", "half", "reset"]


class Answer(NamedTuple):
    """A body in the vendor's form (bytes as they are, all else as JSON), and the way it goes out."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = {}
    kind: str = "application/json"
    way: Way = "whole"


Trouble = Literal[
    "key",
    "access",
    "no model",
    "invalid",
    "unknown field",
    "not json",
    "too large",
    "refused",
    "busy",
    "quota",
    "timeout",
    "upstream",
    "failed",
    "down",
]

STATUS: Mapping[Trouble, int] = {
    "key": 401,
    "access": 403,
    "no model": 404,
    "invalid": 400,
    "unknown field": 400,
    "not json": 400,
    "too large": 413,
    "refused": 400,
    "busy": 429,
    "quota": 429,
    "timeout": 408,
    "upstream": 424,
    "failed": 500,
    "down": 503,
}
"""The usual status of each; a vendor may use another."""


class Problem(Exception):
    """An answer that is none, by a word all tongues know; `tell` gives it the vendor's form.

    `stage` is where a refusal was noticed, `wait` the seconds to name in the vendor's own way, `more`
    whatever the tongue that raised it wants to find again.
    """

    def __init__(
        self, trouble: Trouble, message: str, *, stage: str = "", wait: float | None = None, **more: Any
    ) -> None:
        super().__init__(message)
        self.trouble: Trouble = trouble
        self.message, self.stage, self.wait, self.more = message, stage, wait, more
        self.headers: dict[str, str] = {}


def always(_: Call) -> bool:
    """Any call can meet it."""
    return True


def seeing(call: Call) -> bool:
    """Only calls that look at pictures."""
    return call.kind == "see"


def making(call: Call) -> bool:
    """Only calls that make pictures."""
    return call.kind in ("draw", "edit")


class Fault(Struct, frozen=True):
    """One thing that can go wrong on order, at one of three places.

    `problem` comes in place of the work: nothing is made or billed. `made` changes what was made before
    it is said, `answer` changes what is said of it: both are billed. `whole` is whether what was asked
    for is still in the answer. `fits` tells the calls that can meet it.
    """

    about: str
    fits: Callable[[Call], bool] = always
    problem: Callable[[Call], Problem] | None = None
    hangs: bool = False
    made: Callable[[Made], Made] | None = None
    answer: Callable[[Answer, Made], Answer] | None = None
    whole: bool = False


class Ended(NamedTuple):
    """What became of the requests in a batch job: answers by their records, in `parts` files."""

    answers: Sequence[tuple[str, Answer]]
    ending: Ending = "done"
    parts: int = 1


class Within(NamedTuple):
    """A request that holds many, as a batch job does: `take` hears what became of them, and answers."""

    name: str
    requests: Sequence[tuple[str, Request]]
    take: Callable[[Ended], Answer]


class Tongue(Protocol):
    """One file in `tongues/`, named as the provider whose dialect it speaks."""

    name: str
    routes: Sequence[tuple[str, str]]
    """Method and aiohttp pattern of each, such as ("POST", "/model/{model}/invoke")."""
    id_header: str
    """The header in which this vendor names a request."""
    faults: Mapping[str, Fault]
    """What can go wrong here and nowhere else; a name of the house's is replaced by its own."""

    def check_key(self, request: Request, key: str) -> None:
        """Raise Problem("key") unless the request carries this key as the vendor wants it."""
        ...

    def read(self, request: Request) -> Call | Answer | Within:
        """What is asked, once or many times; or, where nothing has to be made, the answer. Raises Problem."""
        ...

    def say(self, call: Call, made: Made) -> Answer:
        """What was made; with fewer pictures, no text or no vector where something went wrong."""
        ...

    def tell(self, problem: Problem, call: Call | None) -> Answer:
        """What went wrong, with a refusal at whatever status; None where the call could not be read."""
        ...


# ------------------------------------------------------------------- helpers for reading

T = TypeVar("T")


def read_json(body: bytes, shape: type[T]) -> T:
    """The body as a struct; a field it does not know, or one with a wrong value, is a Problem."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        unknown = "unknown field" in str(error)
        raise Problem("unknown field" if unknown else "invalid", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem("not json", "We could not parse the JSON body of your request.") from None


_Size = Annotated[int, Meta(ge=0)]


class _Schema(Struct, rename={"refers": "$ref", "defs": "$defs"}):
    """As much of JSON Schema as somebody here looks at."""

    type: str | list[str] = ""
    properties: dict[str, "_Schema"] = {}
    required: list[str] = []
    items: "_Schema | None" = None
    enum: list[Any] = []
    anyOf: list["_Schema"] = []
    oneOf: list["_Schema"] = []
    allOf: list["_Schema"] = []
    refers: str = ""
    defs: dict[str, "_Schema"] = {}
    definitions: dict[str, "_Schema"] = {}
    format: str = ""
    minItems: _Size = 0
    minLength: _Size = 0
    maxLength: _Size = 0
    minimum: float = 0
    maximum: float = 0
    exclusiveMinimum: float = 0
    exclusiveMaximum: float = 0
    multipleOf: Annotated[float, Meta(gt=0)] = 1


def check_schema(schema: Mapping[str, Any], field: str) -> None:
    """Refuse what is no JSON Schema, at whatever place in it."""
    try:
        msgspec.convert(schema, _Schema)
    except msgspec.ValidationError as error:
        raise Problem("invalid", f"{field} is not a JSON Schema: {error}", param=field) from None


def read_base64(text: str | bytes, field: str) -> bytes:
    """The bytes behind strict base64."""
    try:
        return b64decode(text, validate=True)
    except (NotBase64, ValueError):
        raise Problem("invalid", f"{field} is not base64") from None


def read_picture(data: bytes, field: str, kinds: Sequence[str] = ()) -> Header:
    """Type and size of what has to be a picture, of one of these media types if any are named."""
    try:
        header = inspect(data)
    except Malformed as fault:
        raise Problem("invalid", f"{field}: {fault.why}") from None
    if kinds and header.media_type not in kinds:
        raise Problem("invalid", f"{field} is {header.media_type}, not one of {', '.join(kinds)}")
    return header


def patches(width: int, height: int) -> int:
    """The tokens of a picture where they are counted by patches of 32 × 32, as with many models."""
    return min(1536, -(-width // 32) * -(-height // 32))


def count_tokens(text: str) -> int:
    """As many as a text of this length has in English, and at least one."""
    return max(1, len(text) // 4)
