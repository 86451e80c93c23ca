"""Where bytes lie that are made for one ask only: a tile, or a picture made small enough to be sent."""

from collections import Counter

from photogram.data import Blob
from photogram.model import Reader
from photogram.store import blob_of


class Desk:
    """The bytes behind the handles of asks in flight: tiles cut for them, and else what is in the store."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self._laid: dict[str, bytes] = {}
        self._uses: Counter[str] = Counter()

    def read(self, blob: Blob) -> bytes:
        laid = self._laid.get(blob.sha256)
        return self._read(blob) if laid is None else laid

    def lay(self, data: bytes) -> Blob:
        blob = blob_of(data)
        self._laid[blob.sha256] = data
        self._uses[blob.sha256] += 1
        return blob

    def clear(self, *blobs: Blob) -> None:
        """Let go of what was laid; the same bytes may have been laid for another ask too."""
        for blob in blobs:
            self._uses[blob.sha256] -= 1
            if not self._uses[blob.sha256]:
                del self._laid[blob.sha256], self._uses[blob.sha256]
