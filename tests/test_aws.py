"""Who we are to Amazon and where: what stands in the environment, in files, and what has an end."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from botocore.credentials import RefreshableCredentials

from photogram import aws
from photogram.faults import NotSetUp
from photogram.signing import Keys

STATIC = {"AWS_ACCESS_KEY_ID": " AKIDEXAMPLE\n", "AWS_SECRET_ACCESS_KEY": "secret"}


def keys(credentials):
    return asyncio.run(credentials.keys())


def test_keys_in_the_environment_are_taken_as_they_are():
    """Without loading the kit; what is secret in them is known from the start."""
    credentials = aws.Credentials({**STATIC, "AWS_SESSION_TOKEN": "token"})
    assert keys(credentials) == Keys("AKIDEXAMPLE", "secret", "token")
    assert credentials.secrets == ["secret", "token"]


@pytest.mark.parametrize("lacking", STATIC)
def test_half_a_key_is_told(lacking):
    """Naming the variable that is missing."""
    environ = {name: value for name, value in STATIC.items() if name != lacking}
    with pytest.raises(NotSetUp, match=lacking):
        aws.Credentials(environ)


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"])
def test_a_key_that_cannot_be_sent_is_told_before_it_is(name):
    """And it is not repeated."""
    with pytest.raises(NotSetUp, match=name) as raised:
        aws.Credentials({**STATIC, name: "AKID\nX-Evil: 1"})
    assert "Evil" not in str(raised.value)


@pytest.fixture
def profiles(tmp_path):
    """The two files of the kit, with two people in them."""
    (tmp_path / "credentials").write_text(
        "[default]\naws_access_key_id = A\naws_secret_access_key = a\n"
        "[work]\naws_access_key_id = W\naws_secret_access_key = w\naws_session_token = t\n"
    )
    (tmp_path / "config").write_text("[default]\nregion = eu-west-1\n[profile work]\nregion = us-west-2\n")
    return {
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
    }


def test_keys_are_found_in_the_profile_that_is_named(profiles):
    """By the kit's own chain, told what stands in the dataset's environment."""
    assert keys(aws.Credentials(profiles)) == Keys("A", "a")
    working = aws.Credentials({**profiles, "AWS_PROFILE": "work"})
    assert keys(working) == Keys("W", "w", "t")
    assert working.secrets == ["w", "t"]


def test_a_profile_that_is_not_there_is_told(profiles):
    """By its name, and what to do."""
    with pytest.raises(NotSetUp, match="nobody") as raised:
        keys(aws.Credentials({**profiles, "AWS_PROFILE": "nobody"}))
    assert "AWS_PROFILE" in raised.value.do


def test_no_credentials_at_all_are_told(tmp_path):
    """When the kit, asked at last, has found none."""
    environ = {name: str(tmp_path / "none") for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}
    with pytest.raises(NotSetUp, match="no credentials"):
        keys(aws.Credentials(environ))


class Source:
    """Credentials that last so many seconds, and how often they were fetched."""

    def __init__(self, seconds):
        self.fetched, self._seconds = 0, seconds

    def __call__(self):
        self.fetched += 1
        ends = datetime.now(UTC) + timedelta(seconds=self._seconds)
        number = self.fetched
        return {
            "access_key": f"A{number}",
            "secret_key": f"s{number}",
            "token": f"t{number}",
            "expiry_time": ends.isoformat(),
        }

    def credentials(self):
        found = aws.Credentials({"AWS_PROFILE": "work"})
        found._found = RefreshableCredentials.create_from_metadata(self(), self, "test")
        return found


def test_what_lasts_is_fetched_once():
    """A call costs no look at the kit while there is time."""
    source = Source(3600)
    credentials = source.credentials()
    assert [keys(credentials) for _ in range(3)] == [Keys("A1", "s1", "t1")] * 3
    assert source.fetched == 1


def test_what_is_about_to_end_is_fetched_anew():
    """Before it has ended; and of many who notice at once, only one fetches."""
    source = Source(aws.AHEAD - 60)
    credentials = source.credentials()

    async def many():
        await credentials.keys()
        source._seconds = 3600
        return await asyncio.gather(*(credentials.keys() for _ in range(20)))

    found = asyncio.run(many())
    assert len(set(found)) == 1
    assert credentials.secrets == [found[0].secret, found[0].token]
    assert source.fetched <= 4


def test_the_region_is_the_environments_or_the_profiles(profiles):
    """The newer variable first, as the kit itself has it nowhere."""
    both = {**profiles, "AWS_DEFAULT_REGION": "ap-south-1"}
    assert aws.region_of({**both, "AWS_REGION": "sa-east-1"}) == "sa-east-1"
    assert aws.region_of(both) == "ap-south-1"
    assert aws.region_of({**profiles, "AWS_PROFILE": "work"}) == "us-west-2"
    assert aws.region_of({"AWS_CONFIG_FILE": "/nowhere"}) == ""
    with pytest.raises(NotSetUp, match="nobody"):
        aws.region_of({**profiles, "AWS_PROFILE": "nobody"})


NOWHERE = {"AWS_CONFIG_FILE": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere"}


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        (NOWHERE, False),
        ({**NOWHERE, "AWS_ACCESS_KEY_ID": " "}, False),
        ({**NOWHERE, **STATIC}, True),
        ({**NOWHERE, "AWS_PROFILE": "work"}, True),
        ({**NOWHERE, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2"}, True),
        ({**NOWHERE, "AWS_WEB_IDENTITY_TOKEN_FILE": "/token"}, True),
    ],
)
def test_signs_of_credentials_are_found_without_asking_anybody(environ, found):
    """So that a list of models costs no call."""
    assert aws.has_credentials(environ) == found


def test_a_file_of_credentials_is_a_sign(profiles):
    """Wherever the environment says that it is."""
    assert aws.has_credentials(profiles)


def test_a_machine_of_amazons_may_know_more(tmp_path):
    """Its maker stands in a file; on any other there is none, or another name."""
    (tmp_path / "vendor").write_text("Amazon EC2\n")
    (tmp_path / "other").write_text("QEMU\n")
    assert aws._is_amazons(tmp_path / "vendor")
    assert not aws._is_amazons(tmp_path / "other")
    assert not aws._is_amazons(tmp_path / "none")
