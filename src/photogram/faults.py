"""Everything photogram can tell a person has gone wrong.

    PhotogramError
    ├── BadInput            a brief, a path or an argument that cannot be used
    ├── StoreError          bytes could not be kept or read back
    ├── LedgerError         the ledger could not be opened or written
    ├── OverBudget          the next ask could cost more than is left
    └── ModelError          what a model, or the way to it, may answer instead of a reply
        ├── Refused         content policy: permanent, and data rather than a fault
        ├── Busy            too many requests: ask again, later
        ├── Broken          the call failed for a reason that may pass
        ├── Invalid         the ask itself is wrong for this model
        ├── NotSetUp        a key, an extra, access, a region, or the end of a model's life
        └── OutOfQuota      the provider will not answer again today
    Malformed               a step cannot read the reply it was given

A message says what happened, where, and what to do about it.
"""


class PhotogramError(Exception):
    """The base of every error a person should read without a traceback."""

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", do: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.do = what, where, do

    def __str__(self) -> str:
        first = f"{self.where}: {self.what}" if self.where else self.what
        return f"{first}\n  {self.do}" if self.do else first


class BadInput(PhotogramError):
    """Something the caller gave cannot be used."""


class StoreError(PhotogramError):
    """Bytes could not be kept, or are not there to be read."""


class LedgerError(PhotogramError):
    """The ledger could not be opened or written."""


class OverBudget(PhotogramError):
    """The money allowed is spent or spoken for."""

    exit_code = 3


class ModelError(PhotogramError):
    """The base of what a model may raise instead of answering."""

    exit_code = 1


class Refused(ModelError):
    """The provider declined for its content policy; asking again changes nothing."""

    def __init__(self, what: str, *, code: str = "", stage: str = "prompt", do: str = "") -> None:
        super().__init__(what, do=do)
        self.code, self.stage = code, stage


class Busy(ModelError):
    """The provider asks for a pause; `after` is its own hint in seconds, if it gave one."""

    def __init__(self, what: str, *, after: float | None = None, do: str = "") -> None:
        super().__init__(what, do=do)
        self.after = after


class Broken(ModelError):
    """The call failed; `unsure` when it was sent, no answer came, and it may have been billed.

    `attempts` is how many are worth making in all, where whoever noticed knows it; 0 where not.
    """

    def __init__(self, what: str, *, unsure: bool = False, attempts: int = 0, do: str = "") -> None:
        super().__init__(what, do=do)
        self.unsure, self.attempts = unsure, attempts


class Invalid(ModelError):
    """The ask does not fit the model; the same ask will never do better."""


class NotSetUp(ModelError):
    """Something must be done before this model can be asked at all; `do` says what."""

    exit_code = 2


class OutOfQuota(ModelError):
    """The provider has closed the account's tap for now."""


class Malformed(Exception):
    """A reply came, and the step cannot read it; the reason is told to the model once."""

    def __init__(self, why: str, raw: str = "") -> None:
        super().__init__(why)
        self.why, self.raw = why, raw
