"""The docs cannot lie: what they show is run, and what comes from the code is compared with it."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from photogram import providers, stories, verbs
from photogram.reading.parse import parse

from .generate import DOCS, GENERATED

ROOT = DOCS.parent
WRITTEN = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])


def blocks(path, kind):
    return re.findall(rf"^```{kind}\n(.*?)^```", path.read_text("utf-8"), re.M | re.S)


@pytest.mark.parametrize("name", GENERATED)
def test_generated_docs_are_those_of_the_code(name):
    """`make fix` would change nothing."""
    assert (DOCS / name).read_text("utf-8") == GENERATED[name]()


def test_the_readme_can_be_read_at_one_go():
    """At most 150 lines, and nothing wider than a screen but its tables."""
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    assert len(lines) <= 150
    assert [line for line in lines if len(line) > 110 and not line.startswith("|")] == []


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_no_text_was_joined_by_halves(path):
    """Two versions of a text are one again before anybody reads it."""
    marks = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.M)
    assert marks.findall("a\n" + "<" * 7 + " HEAD\n")
    assert marks.findall(path.read_text("utf-8")) == []


def test_every_verb_is_in_the_readme():
    """Whoever reads the README has met every verb."""
    text = (ROOT / "README.md").read_text("utf-8")
    assert [name for name in verbs.HOMES if f"`{name}`" not in text] == []


def test_the_readmes_commands_run(tmp_path):
    """The five lines work as they stand, one after the other."""
    script = "\n".join(blocks(ROOT / "README.md", "sh"))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run(["bash", "-ec", script], cwd=tmp_path, env={**os.environ, "PATH": path}, check=True)
    assert len(list((tmp_path / "phones" / "images").rglob("*.jpg"))) >= 20


def test_the_tutorial_runs(tmp_path):
    """Every command and line of Python in it works as it stands, in the order of the text."""
    text = DOCS / "tutorial.md"
    script = "\n".join([*blocks(text, "sh"), *(f"python <<'E'\n{said}E" for said in blocks(text, "python"))])
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-ec", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "28 rows (6 new, 6 retired)" in done.stdout
    assert re.search(r"^2\.\d+ dollars, if the model", done.stdout, re.M)
    assert len(list((tmp_path / "parts" / "masks").rglob("*.png"))) >= 12


def test_the_readmes_python_runs(tmp_path):
    """The Python block works as it stands."""
    (script,) = blocks(ROOT / "README.md", "python")
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "pictures for 0.0 dollars" in done.stdout


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_every_brief_in_the_docs_is_one(path):
    """A TOML block with a [dataset] can be read as a brief."""
    for text in blocks(path, "toml"):
        if "[dataset]" in text:
            parse(text)


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    """Every relative link and picture in the docs exists."""
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_files_that_are_named_exist(path):
    """A script or module that the docs name is there."""
    for name in re.findall(r"`((?:benchmarks|tests|src)/[\w./]+\.py)`", path.read_text("utf-8")):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("name", [name.name for name in iter_modules(providers.__path__)])
def test_every_setting_and_variable_of_a_provider_is_in_the_docs(name):
    """Whoever sets one up finds all that can be set, and what the program itself tells to set."""
    text = (DOCS / "providers.md").read_text("utf-8")
    assert f"## {name}\n" in text
    settings = getattr(import_module(f"photogram.providers.{name}"), "Settings", None)
    named = list(settings.__struct_fields__) if settings else []
    named += re.findall(r"\b[A-Z]+_[A-Z_]+\b", providers.find(name).missing({}, {}))
    assert [word for word in named if f"`{word}`" not in text] == []


def test_the_schema_for_editors_takes_every_story():
    """What an editor checks by accepts what we ship."""
    validator = pytest.importorskip("jsonschema").Draft202012Validator
    schema = json.loads((DOCS / "brief.schema.json").read_text("utf-8"))
    for name in stories.names():
        validator(schema).validate(tomllib.loads(stories.text(name)))


def test_nothing_names_a_package_host():
    """No registry's address is written anywhere in the project."""
    hosts = re.compile("python" + "hosted|py" + r"pi\.org|registry\.npm" + "js|deb\\.deb" + "ian")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    names = [name for name in listed.stdout.split("\0") if name] if listed.returncode == 0 else []
    found = [name for name in names if (ROOT / name).exists() and hosts.search(_text(ROOT / name))]
    assert found == []


def _text(path):
    return path.read_bytes().decode("utf-8", "ignore")
