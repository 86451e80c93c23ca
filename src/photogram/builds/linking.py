"""link: an address that opens one picture of a published set for a while, for whoever has it."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from photogram.builds import published
from photogram.faults import BadInput
from photogram.media import extension, media_type
from photogram.results import Linked

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=7)
"""Signatures of S3 and GCS last no longer."""


def links(address: str, names: Sequence[str], expires: str) -> list[Linked]:
    """A link to each picture. It is put alone under its hash: a link to a shard would open all in it."""
    lasts = lasting(expires)
    found = published.open_set(address)
    if found is None:
        do = "`photogram publish DATASET ADDRESS` puts one there"
        raise BadInput("there is no published set", where=address, do=do)
    found.remote.link(published.LATEST, lasts)  # whoever cannot sign is told before anything is put
    until = (datetime.now(UTC) + lasts).isoformat(timespec="seconds")
    made: list[Linked] = []
    for name, _, data in found.pictures(names):
        kind = media_type(data)
        key = f"pictures/{sha256(data).hexdigest()}.{extension(kind)}"
        found.remote.put(key, data, kind)
        made.append(Linked(name=name, url=found.remote.link(key, lasts), until=until))
    return made


def lasting(text: str) -> timedelta:
    """A time such as 1h, as long as a link can last."""
    match = re.fullmatch(r"(\d{1,7})([smhd])", text.strip())
    lasts = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta()
    if not timedelta() < lasts <= _LONGEST:
        raise BadInput(f"a link cannot last {text!r}", do="say 15m, 1h or 7d, which is the longest")
    return lasts
