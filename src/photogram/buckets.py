"""How buckets are reached: an address, and what the environment says of it and of who asks.

An address may carry what is particular to it, as `s3://bucket/set?region=eu-west-1&anonymous=true`. Endpoints
and keys are the environment's alone: a brief may come from someone else, and must not lead them anywhere.
"""

import os
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from photogram.faults import BadInput

_AZURE = ("az", "azure", "adl", "abfs", "abfss")
SCHEMES = ("s3", "s3a", "gs", *_AZURE)
RETRIES = 3
_YES = ("1", "true", "yes", "")
_S3_SETTINGS = "region, anonymous, path_style"


def is_bucket(address: str) -> bool:
    """Whether an address is one of a bucket."""
    scheme, found, rest = address.partition("://")
    return bool(found and rest) and scheme.lower() in SCHEMES


def opened(address: str, **options: Any) -> Any:
    """The store of an address, as obstore has it; keys in it are relative to the address."""
    base, _, settings = address.partition("?")
    scheme, _, rest = base.partition("://")
    config = _config(address, settings)
    if scheme.lower() in ("s3", "s3a"):
        options = {**_s3(config), **options}
    elif scheme.lower() in _AZURE:
        options = {**_azure(address), **options}
    options.setdefault("retry_config", {"max_retries": RETRIES})
    try:
        return import_module("obstore.store").from_url(f"{scheme.lower()}://{rest}", **options)
    except Exception as error:  # obstore has an exception class for each way an address can be wrong
        raise BadInput(f"{address!r} is not a store: {why(error)}") from None


def _config(address: str, settings: str) -> dict[str, str]:
    """What stands behind the question mark; a word that does nothing would be believed to do something."""
    if not settings:
        return {}
    found = dict(parse_qsl(settings, keep_blank_values=True))
    if not address.lower().startswith("s3") or set(found) - set(_S3_SETTINGS.split(", ")):
        do = f"behind an s3:// address may stand {_S3_SETTINGS}; the rest is for the environment"
        raise BadInput(f"{settings!r} is no setting of a bucket", where=address, do=do)
    return found


def _azure(address: str) -> dict[str, Any]:
    """The account by name, without which obstore breaks off in a way that nobody can catch."""
    account = os.environ.get("AZURE_STORAGE_ACCOUNT_NAME", "").strip()
    if not account and ".core.windows.net" not in address:
        raise BadInput("Azure's account is not named", where=address, do="set AZURE_STORAGE_ACCOUNT_NAME")
    return {"account_name": account} if account else {}


def _s3(settings: Mapping[str, str]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    if endpoint:
        options["endpoint"] = endpoint.rstrip("/")
    if endpoint.lower().startswith("http://"):  # whoever writes http:// there means it
        options["client_options"] = {"allow_http": True}
    if region := settings.get("region"):
        options["region"] = region
    if "path_style" in settings:
        options["virtual_hosted_style_request"] = settings["path_style"].lower() not in _YES
    if settings.get("anonymous", "no").lower() in _YES:
        options["skip_signature"] = True
    elif keys := _keys():
        options["credential_provider"] = keys
    return options


def _keys() -> Callable[[], dict[str, Any]] | None:
    """Credentials of a profile, found by Amazon's own kit; those in the environment need no finding."""
    direct = ("AWS_ACCESS_KEY_ID", "AWS_SKIP_SIGNATURE", "AWS_WEB_IDENTITY_TOKEN_FILE")
    if any(os.environ.get(name) for name in direct) or not find_spec("botocore"):
        return None
    files = {"AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials", "AWS_CONFIG_FILE": "~/.aws/config"}
    places = [Path(os.environ.get(name) or usual).expanduser() for name, usual in files.items()]
    if not any(place.is_file() for place in places):
        return None
    session = import_module("botocore.session").Session(profile=os.environ.get("AWS_PROFILE") or None)
    try:
        found = session.get_credentials()
    except import_module("botocore.exceptions").BotoCoreError as error:
        said = " ".join(str(error).split())[:300]
        raise BadInput(
            f"AWS's credentials cannot be used: {said}", do="sign in anew, or set AWS_PROFILE"
        ) from None
    return _provider(found) if found else None


def _provider(found: Any) -> Callable[[], dict[str, Any]]:
    def provide() -> dict[str, Any]:
        keys = found.get_frozen_credentials()
        ends: datetime | None = getattr(found, "_expiry_time", None)
        return {
            "access_key_id": keys.access_key,
            "secret_access_key": keys.secret_key,
            "token": keys.token,
            "expires_at": ends,
        }

    return provide


def why(error: Exception) -> str:
    """The one line of an answer that a person can use: obstore gives the whole exchange."""
    said = re.search(r"<Message>([^<]+)", str(error))
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return said[1] if said else line.rpartition(" - ")[2].strip(" :")[:300]
