"""What a zip and a tar in the making have in common: names that come once, and bytes counted and hashed."""

from hashlib import sha256

from photogram.archive.inventory import check_name
from photogram.faults import BadInput


class Outflow:
    """An archive as it is written: how long it is by now, how many members it has, and its hash."""

    def __init__(self) -> None:
        self.size = self.count = 0
        self._digest = sha256()
        self._names: set[str] = set()

    @property
    def sha256(self) -> str:
        """Of all that came out so far."""
        return self._digest.hexdigest()

    def _named(self, name: str) -> str:
        """The name of one member more; there is no other of that name."""
        name = check_name(name)
        if name in self._names:
            raise BadInput(f"{name!r} is in the archive already", do="give every member a name of its own")
        self._names.add(name)
        self.count += 1
        return name

    def _out(self, data: bytes) -> bytes:
        self.size += len(data)
        self._digest.update(data)
        return data
