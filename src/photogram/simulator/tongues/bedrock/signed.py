"""Signature Version 4 and bearer keys, as the service checks them."""

import hmac
import re
from hashlib import sha256
from urllib.parse import quote

from photogram.simulator.call import Problem, Request

_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([a-z0-9-]+)/bedrock/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)


def check_form(request: Request) -> None:
    """Refuse a request that is neither signed nor carries a key."""
    said = request.headers.get("Authorization", "")
    if said.startswith("Bearer ") and len(said) > 7:
        return
    if not said:
        raise Problem("key", "Missing Authentication Token", name="MissingAuthenticationTokenException")
    if not _SIGNED.fullmatch(said):
        raise Problem("key", f"Authorization header is not right: {said[:24]}", name="IncompleteSignature")
    if "X-Amz-Date" not in request.headers:
        raise Problem("key", "Authorization header requires X-Amz-Date", name="IncompleteSignature")


def check_key(request: Request, key: str) -> None:
    """Refuse a bearer key that is another, and a signature that this key does not make."""
    check_form(request)
    said = request.headers["Authorization"]
    if said.startswith("Bearer "):
        if said != f"Bearer {key}":
            raise Problem("access", "Authentication failed: Please make sure your API Key is valid.")
        return
    found = _SIGNED.fullmatch(said)
    assert found
    access, day, region, names, signature = found.groups()
    if access != key:
        raise Problem("key", "The security token included in the request is invalid.")
    if not hmac.compare_digest(_signature(request, key, day, region, names), signature):
        raise Problem(
            "key",
            "The request signature we calculated does not match the signature you provided.",
            name="InvalidSignatureException",
        )


def _signature(request: Request, secret: str, day: str, region: str, names: str) -> str:
    """The signature of what came, from the secret that its sender should have."""
    lines = [f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in names.split(";")]
    canonical = "\n".join(
        [
            request.method,
            quote(request.path, safe="/-_.~"),  # each part is quoted once more than it was sent
            "&".join(sorted(f"{_quoted(name)}={_quoted(value)}" for name, value in request.query.items())),
            "".join(lines),
            names,
            sha256(request.body).hexdigest(),
        ]
    )
    scope = f"{day}/{region}/bedrock/aws4_request"
    told = f"AWS4-HMAC-SHA256\n{request.headers['X-Amz-Date']}\n{scope}\n{_hash(canonical)}"
    key = f"AWS4{secret}".encode()
    for part in (day, region, "bedrock", "aws4_request"):
        key = hmac.new(key, part.encode(), sha256).digest()
    return hmac.new(key, told.encode(), sha256).hexdigest()


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
