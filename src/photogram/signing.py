"""Signatures as Amazon wants them on a request, Version 4, in a tenth of the time its own kit takes.

That kit's signer costs about as much as the call itself; what it does beyond this, calls to Bedrock do
not need. The tests hold every signature against the kit's own.
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote, urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"


class Keys(NamedTuple):
    """Credentials as they stand at one moment."""

    access: str
    secret: str
    token: str = ""


class Signer:
    """Signs requests to one service in one region; the key of a day is made once."""

    def __init__(self, service: str, region: str) -> None:
        self._service, self._region = service, region
        self._days: dict[tuple[str, str], bytes] = {}

    def headers(
        self, keys: Keys, url: str, body: bytes, headers: Mapping[str, str], now: datetime | None = None
    ) -> dict[str, str]:
        """The headers that make a POST of this body with these headers a signed one."""
        moment = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
        parts = urlsplit(url)
        added = {"X-Amz-Date": moment} | ({"X-Amz-Security-Token": keys.token} if keys.token else {})
        signed = {name.lower(): " ".join(value.split()) for name, value in {**headers, **added}.items()}
        signed["host"] = _host(parts.scheme, parts.netloc)
        names = sorted(signed)
        listed = ";".join(names)
        lines = "".join([f"{name}:{signed[name]}\n" for name in names])
        path = quote(parts.path or "/", safe="/~")  # quoted once more than it is sent
        canonical = f"POST\n{path}\n{parts.query}\n{lines}\n{listed}\n{sha256(body).hexdigest()}"
        scope = f"{moment[:8]}/{self._region}/{self._service}/aws4_request"
        told = f"{_ALGORITHM}\n{moment}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(self._key(keys.secret, moment[:8]), told.encode(), "sha256").hex()
        credential = f"{_ALGORITHM} Credential={keys.access}/{scope}"
        return added | {"Authorization": f"{credential}, SignedHeaders={listed}, Signature={signature}"}

    def _key(self, secret: str, day: str) -> bytes:
        if (secret, day) not in self._days:
            key = f"AWS4{secret}".encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._days = {(secret, day): key}
        return self._days[secret, day]


def _host(scheme: str, place: str) -> str:
    """The host as it is sent: with its port, unless that is the usual one."""
    port = {"https": ":443", "http": ":80"}.get(scheme, ":")
    return place.rpartition("@")[2].lower().removesuffix(port)
