"""A provider of somebody else's: the example in the docs, installed as a package, is one like any other."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from photogram.simulator import Script, serving

from .small import environ, everything_in, process, rows, write

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "acme"
KEY = "acme-hunter2-hunter2"


@pytest.fixture(scope="module")
def beside(tmp_path_factory):
    """The environment of one who has installed the example beside photogram, without any network."""
    target = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [*command, "--no-index", "--no-cache-dir", "--target", str(target), str(EXAMPLE)],
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        check=True,
    )
    return environ(PYTHONPATH=str(target))


def test_the_docs_show_the_example_as_it_is():
    """Both of its files, to the letter; and the one that does the work is short."""
    shown = (ROOT / "docs" / "providers.md").read_text("utf-8")
    for name, kind in (("photogram_acme.py", "python"), ("pyproject.toml", "toml")):
        text = (EXAMPLE / name).read_text("utf-8")
        assert f"```{kind}\n{text}```" in shown
    assert len(text.splitlines()) < 40
    assert len((EXAMPLE / "photogram_acme.py").read_text("utf-8").splitlines()) < 40


def test_it_is_listed_with_what_it_needs(beside, tmp_path):
    """Beside those that came with photogram, in its own words."""
    found = json.loads(process("models", tmp_path, "--json", env=beside).stdout)
    (usable,) = [one for one in found if one["card"]["name"] == "acme:paint-1"]
    assert usable["missing"] == "set ACME_API_KEY to your key"
    assert "acme:paint-1" in process("models", tmp_path, env=beside).stdout


def test_it_draws_by_command(beside, tmp_path):
    """The doctor sees that the key is missing, and then that it is not; the rest is as with any other."""
    folder = write(tmp_path, draw="acme:paint-1")
    text = (folder / "brief.toml").read_text("utf-8")
    (folder / "brief.toml").write_text(text.replace('size = "64x64"\n', ""), "utf-8")
    assert "set ACME_API_KEY to your key" in process("doctor", folder, env=beside).stdout
    with serving(Script(key=KEY)) as sim:
        keyed = {**beside, "ACME_API_KEY": KEY, "ACME_BASE_URL": sim.url}
        assert "acme:paint-1 can be asked" in process("doctor", folder, env=keyed).stdout
        ran = process("run", folder, env=keyed)
        assert ran.returncode == 0
        assert sim.books().answered == 5
    assert all(row.cells["image"].model == "acme:paint-1" for row in rows(folder))
    assert "$0.05 of" in process("status", folder, env=beside).stdout
    assert KEY.encode() not in everything_in(folder)
    assert KEY not in ran.stdout + ran.stderr


def test_it_keeps_the_contract(beside):
    """The same tests as for those in providers/ run over it, because it is there."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-k", "acme"]
    done = subprocess.run(
        [*command, "tests/test_provider_contract.py"],
        cwd=ROOT,
        env=beside,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 9


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import nothing_of_this_name\n", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ("class Other:\n    pass\n", "AttributeError"),
        ("class Provider:\n    def __init__(self):\n        raise ValueError('odd')\n", "ValueError: odd"),
    ],
)
def test_one_that_cannot_be_loaded_is_told_by_its_package(tmp_path, code, said):
    """Which package it is of and what to do, in two lines."""
    info = tmp_path / "odd_models-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd-models\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text("[photogram.providers]\nodd = odd_models:Provider\n", "utf-8")
    (tmp_path / "odd_models.py").write_text(code, "utf-8")
    done = process("models", tmp_path, env=environ(PYTHONPATH=str(tmp_path)))
    told = " ".join(done.stderr.split())
    assert done.returncode == 2
    assert "the provider 'odd' of odd-models cannot be loaded" in told
    assert said in told
    assert "update odd-models, or remove it" in told
