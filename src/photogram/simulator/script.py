"""How the simulated provider is told to behave."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]
Number = Annotated[float, Meta(ge=0)]
Hint = Literal["none", "retry-after", "retry-after-ms", "own"]
Stage = Literal["prompt", "input", "output", "partial"]


class Script(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the simulated provider behaves; 0 and the empty word mean no limit and never."""

    pictures: Annotated[
        Literal["plain", "drawn"], Meta(description="plain costs nothing; drawn is keyless:draw's")
    ] = "plain"
    delay: Annotated[Number, Meta(description="seconds every answer takes")] = 0.0
    in_flight: Annotated[Count, Meta(description="calls at once; more are answered 429")] = 0
    per_second: Annotated[Number, Meta(description="calls a second; more are answered 429")] = 0.0
    burst: Annotated[Count, Meta(description="calls allowed at once under per_second")] = 1
    hint: Annotated[
        Hint, Meta(description="what a 429 tells of the wait: none, retry-after, retry-after-ms, or own")
    ] = "none"
    price: Annotated[
        Number | None, Meta(description="dollars a picture, for the books, in place of the list price")
    ] = None
    key: Annotated[str, Meta(description="demand this key")] = ""
    refuse: Annotated[str, Meta(description="what is asked with this word is refused as unsafe")] = ""
    refuse_at: Annotated[
        Stage, Meta(description="where that is noticed: prompt, input, output, or partial: some pictures")
    ] = "prompt"
    broken: Annotated[str, Meta(description="what is asked with this word is always answered 500")] = ""
    links: Annotated[bool, Meta(description="local models answer with an address")] = False
    faults: Annotated[
        dict[str, Share], Meta(description="the share of calls, 0 to 1, that go wrong in this way")
    ] = {}
    seed: Annotated[int, Meta(description="which calls the faults meet")] = 0
