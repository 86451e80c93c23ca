"""Who we are to Amazon, and where: credentials and regions, found as Amazon's own kit finds them.

The kit, botocore, is loaded when somebody first has to know, and not before.
"""

import asyncio
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

from photogram.faults import NotSetUp
from photogram.signing import Keys

EXTRA = "pip install 'photogram[aws]'"
AHEAD = 300
"""Seconds before their end in which credentials are fetched anew."""

_SIGNS = (
    *("AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_FILES = {"AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials", "AWS_CONFIG_FILE": "~/.aws/config"}
_MACHINE = Path("/sys/devices/virtual/dmi/id/sys_vendor")


def has_extra() -> bool:
    """Whether what this needs is installed."""
    return find_spec("botocore") is not None


def has_credentials(environ: Mapping[str, str]) -> bool:
    """Whether there is any sign of credentials, found without asking anybody.

    On Amazon's own machines there may be some that only a call could find.
    """
    if any(environ.get(name, "").strip() for name in ("AWS_ACCESS_KEY_ID", *_SIGNS)):
        return True
    files = [Path(environ.get(name) or usual).expanduser() for name, usual in _FILES.items()]
    return any(file.is_file() for file in files) or _is_amazons(_MACHINE)


def _is_amazons(vendor: Path) -> bool:
    try:
        return "amazon" in vendor.read_text("utf-8", "replace").lower()
    except OSError:
        return False


def region_of(environ: Mapping[str, str]) -> str:
    """The region that the environment names, or the configuration of the profile it names."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        if found := environ.get(name, "").strip():
            return found
    config = Path(environ.get("AWS_CONFIG_FILE") or _FILES["AWS_CONFIG_FILE"]).expanduser()
    if not (config.is_file() and has_extra()):
        return ""
    try:
        return str(_session(environ).get_config_variable("region") or "")
    except _errors() as error:
        raise _told(error) from None


class Credentials:
    """The environment's credentials; what has an end is fetched anew before it, in a thread."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._found: Any = None
        self._keys = _in_environment(environ)
        self._fetching = asyncio.Lock()

    @property
    def secrets(self) -> list[str]:
        """What nobody should write down."""
        return [secret for secret in (self._keys.secret, self._keys.token) if secret] if self._keys else []

    async def keys(self) -> Keys:
        """The credentials of this moment; `NotSetUp` where there are none."""
        if self._keys is None or self._is_stale():
            async with self._fetching:
                if self._keys is None or self._is_stale():
                    self._keys = await asyncio.to_thread(self._fetch)
        return self._keys

    def _is_stale(self) -> bool:
        needed = getattr(self._found, "refresh_needed", None)
        return bool(needed and needed(AHEAD))

    def _fetch(self) -> Keys:
        try:
            self._found = self._found or _session(self._environ).get_credentials()
            if self._found is None:
                raise NotSetUp("there are no credentials for AWS", do="sign in, such as with `aws sso login`")
            frozen = self._found.get_frozen_credentials()
        except _errors() as error:
            raise _told(error) from None
        return Keys(frozen.access_key, frozen.secret_key, frozen.token or "")


SUMS = ("request_checksum_calculation", "response_checksum_validation")


class Kit:
    """The kit's clients for services that are called seldom, made when they are first needed.

    Credentials that stand in a dataset's own environment are given to them; others they find themselves.
    """

    def __init__(self, environ: Mapping[str, str], region: str) -> None:
        self._environ, self._region = environ, region
        self._clients: dict[str, Any] = {}
        self._making = Lock()

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What its clients raise."""
        return _errors(), import_module("botocore.exceptions").ClientError

    def client(self, service: str) -> Any:
        """The client for a service, in whatever thread."""
        with self._making:
            if service not in self._clients:
                self._clients[service] = self._made(service)
            return self._clients[service]

    def _made(self, service: str) -> Any:
        keys = _in_environment(self._environ)
        own = {"aws_access_key_id": keys.access, "aws_secret_access_key": keys.secret} if keys else {}
        if keys and keys.token:
            own["aws_session_token"] = keys.token
        environ = self._environ
        named = environ.get(f"AWS_ENDPOINT_URL_{service.upper()}", "") or environ.get("AWS_ENDPOINT_URL", "")
        paths = {"addressing_style": "path"} if named else {}
        config = import_module("botocore.config").Config(
            s3=paths,
            max_pool_connections=32,
            read_timeout=300,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        try:
            return _session(environ).create_client(
                service, region_name=self._region, endpoint_url=named.strip() or None, config=config, **own
            )
        except _errors() as error:
            raise _told(error) from None


def _in_environment(environ: Mapping[str, str]) -> Keys | None:
    """Keys that stand in the environment as they are."""
    access, secret, token = (
        environ.get(f"AWS_{name}", "").strip()
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")
    )
    if not (access or secret):
        return None
    if not (access and secret):
        lacking = "AWS_SECRET_ACCESS_KEY" if access else "AWS_ACCESS_KEY_ID"
        raise NotSetUp(f"half of AWS's credentials is missing: {lacking}", do=f"set {lacking} too")
    for name, value in (("AWS_ACCESS_KEY_ID", access), ("AWS_SESSION_TOKEN", token)):
        if not (value.isascii() and value.isprintable()):
            raise NotSetUp(f"{name} holds what no key holds", do="set it anew, without line breaks")
    return Keys(access, secret, token)


def _session(environ: Mapping[str, str]) -> Any:
    """The kit's own session, told what stands in the dataset's environment alone."""
    session = import_module("botocore.session").Session(profile=environ.get("AWS_PROFILE") or None)
    for name, variable in (
        ("AWS_CONFIG_FILE", "config_file"),
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials_file"),
    ):
        if environ.get(name):
            session.set_config_variable(variable, environ[name])
    return session


def _errors() -> type[Exception]:
    return import_module("botocore.exceptions").BotoCoreError


def _told(error: Exception) -> NotSetUp:
    """What the kit could not do; it names profiles and files, and never a secret."""
    said = " ".join(str(error).split())[:300]
    return NotSetUp(f"AWS's credentials cannot be used: {said}", do="sign in anew, or set AWS_PROFILE")
