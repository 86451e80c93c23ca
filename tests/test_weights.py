"""Weights on disk: where they are found, what their files tell, and which weights they are."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram.faults import BadInput, NotSetUp
from photogram.weights import header, hub, listed, read

from .tiny import bare, cached, config, tensors

COMMIT = "0123456789abcdef" * 2


@pytest.fixture
def environ(tmp_path):
    return {"HF_HUB_CACHE": str(tmp_path / "hub"), "XDG_CACHE_HOME": str(tmp_path / "cache")}


def found(name, folder, environ):
    return read(name, folder, environ)


# ------------------------------------------------------------------------------- places


@pytest.mark.parametrize(
    ("environ", "place"),
    [
        ({"HF_HUB_CACHE": "/a/hub", "HF_HOME": "/b"}, "/a/hub"),
        ({"HF_HOME": "/b", "XDG_CACHE_HOME": "/c"}, "/b/hub"),
        ({"XDG_CACHE_HOME": "/c"}, "/c/huggingface/hub"),
        ({}, os.path.expanduser("~/.cache/huggingface/hub")),
    ],
)
def test_the_hubs_cache_is_where_its_own_tools_keep_it(environ, place):
    """By the variables that Hugging Face's documentation names, in their order."""
    assert str(hub(environ)) == place


def test_a_name_of_the_hub_is_found_with_its_commit(tmp_path, environ):
    """The branch `main` where nothing else is said; a branch, a tag or a commit behind an @."""
    folder = cached(environ["HF_HUB_CACHE"], "org/name")
    (folder.parent.parent / "refs" / "small").write_text(COMMIT)
    for name in ("org/name", "org/name@small", f"org/name@{COMMIT}"):
        weights = found(name, tmp_path, environ)
        assert (weights.folder, weights.revision) == (folder, COMMIT[:12])
    assert listed(environ) == ["org/name"]


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("org/other", "hf download org/other --include '*.json' --include '*.safetensors'"),
        ("org/name@old", "hf download org/name --revision old --include"),
    ],
)
def test_what_is_not_here_is_told_with_the_command_that_fetches_it(tmp_path, environ, name, command):
    """And nothing is fetched."""
    cached(environ["HF_HUB_CACHE"], "org/name")
    with pytest.raises(NotSetUp, match="is not on this machine") as raised:
        found(name, tmp_path, environ)
    assert command in raised.value.do


def test_the_command_that_fetches_is_one(tmp_path, environ):
    """Hugging Face's own command line understands every word of it, and then finds itself offline."""
    hf = Path(sys.executable).with_name("hf")
    if not hf.exists():
        pytest.skip("`hf` comes with the extra huggingface: `make .venv/torch` installs it")
    with pytest.raises(NotSetUp) as raised:
        found("org/other@v1", tmp_path, environ)
    command = raised.value.do.partition("fetch it: ")[2]
    alone = {"PATH": f"{hf.parent}:/usr/bin:/bin", "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    done = subprocess.run(["sh", "-c", command], env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "org/other/revision/v1" in done.stderr
    assert "offline mode" in done.stderr


def test_a_path_begins_from_the_datasets_folder(tmp_path, environ):
    """Wherever the command is typed; an absolute path stands for itself."""
    folder = bare(tmp_path / "models" / "mine")
    assert found("./models/mine", tmp_path, environ).folder == folder
    assert found("../models/mine", tmp_path / "models", environ).folder.samefile(folder)
    assert found(str(folder), tmp_path / "elsewhere", environ).folder == folder
    with pytest.raises(NotSetUp, match="there is no folder"):
        found("./models/other", tmp_path, environ)


@pytest.mark.parametrize("name", ["", "a/b/c", "a b", "org/", "org/name@", "-x", "a\\b", "a/b@../c", "ä/b"])
def test_what_names_no_weights_is_bad_input(tmp_path, environ, name):
    """A name is ORG/NAME, ORG/NAME@REVISION or a folder."""
    with pytest.raises(BadInput, match="names no weights"):
        found(name, tmp_path, environ)


# ------------------------------------------------------------------------ what files tell


def test_a_pipeline_is_what_its_index_says(tmp_path, environ):
    """Its class, its parts' configurations, the files that would be loaded; what is left out is no loss."""
    weights = found(".", bare(tmp_path / "w", "FluxPipeline"), environ)
    assert weights.architecture == "FluxPipeline"
    assert weights.parts["unet"] == {"sample_size": 32}
    assert [file.parent.name for file in weights.files] == ["unet", "vae"]
    assert weights.variant == ""


def test_a_single_model_is_what_its_configuration_says(tmp_path, environ):
    """Its class, and whether it can hold a conversation, whichever file says how."""
    config(tmp_path / "w" / "config.json", architectures=["CLIPModel"], projection_dim=16)
    tensors(tmp_path / "w" / "model.safetensors")
    weights = found(".", tmp_path / "w", environ)
    assert (weights.architecture, weights.chats) == ("CLIPModel", False)
    config(tmp_path / "w" / "tokenizer_config.json", chat_template="{{ messages }}")
    assert found(".", tmp_path / "w", environ).chats
    (tmp_path / "w" / "tokenizer_config.json").unlink()
    (tmp_path / "w" / "chat_template.jinja").write_text("{{ messages }}")
    assert found(".", tmp_path / "w", environ).chats


def test_weights_in_full_are_taken_before_those_in_half_precision(tmp_path, environ):
    """Both may lie there; the half ones are taken where there are no others."""
    folder = bare(tmp_path / "w")
    for part in ("unet", "vae"):
        tensors(folder / part / "diffusion_pytorch_model.fp16.safetensors", kind="F16", width=2)
        tensors(folder / part / "diffusion_pytorch_model.non_ema.safetensors")
    assert {file.name for file in found(".", folder, environ).files} == {
        "diffusion_pytorch_model.safetensors"
    }
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    weights = found(".", folder, environ)
    assert [file.name.count("fp16") for file in weights.files] == [1, 0]
    assert weights.variant == "fp16"


def test_memory_is_counted_by_the_numbers_and_their_width(tmp_path, environ):
    """Floats take the width they are loaded with, whatever they have on disk; other numbers keep theirs."""
    folder = bare(tmp_path / "w", count=1000)
    tensors(folder / "vae" / "diffusion_pytorch_model.safetensors", count=1000, kind="I8", width=1)
    weights = found(".", folder, environ)
    assert weights.bytes_at(4) == 4000 + 1000
    assert weights.bytes_at(2) == 2000 + 1000


def spoil_index(folder):
    (folder / "model_index.json").write_text("{")


def spoil_configuration(folder):
    (folder / "unet" / "config.json").write_bytes(b"\xff")


def lose_index(folder):
    (folder / "model_index.json").unlink()


def lose_part(folder):
    shutil.rmtree(folder / "scheduler")


def lose_weights(folder):
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()


def cut_weights(folder):
    tensors(folder / "unet" / "diffusion_pytorch_model.safetensors", count=1000, cut=1)


def empty_weights(folder):
    (folder / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"")


def lose_a_shard(folder):
    lose_weights(folder)
    tensors(folder / "unet" / "diffusion_pytorch_model-00001-of-00002.safetensors")


def leave_pickles(folder):
    lose_weights(folder)
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"\x80")


def lose_what_a_link_leads_to(folder):
    lose_weights(folder)
    (folder / "unet" / "diffusion_pytorch_model.safetensors").symlink_to("gone")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (spoil_index, "model_index.json cannot be read"),
        (spoil_configuration, "config.json cannot be read"),
        (lose_index, "holds neither model_index.json nor config.json"),
        (lose_part, "lacks its part scheduler"),
        (lose_weights, "holds a configuration and no weights"),
        (cut_weights, "is not whole"),
        (empty_weights, "is not whole"),
        (lose_a_shard, "holds 1 of 2 files of weights"),
        (leave_pickles, "is a pickle, which can run code"),
        (lose_what_a_link_leads_to, "is missing"),
    ],
)
def test_weights_that_are_not_whole_are_told(tmp_path, environ, spoil, told):
    """Before anything is loaded: what is wrong, at which file, and what to do."""
    folder = bare(tmp_path / "w")
    spoil(folder)
    with pytest.raises(NotSetUp, match=told) as raised:
        found("./w", tmp_path, environ)
    assert "w" in raised.value.what
    assert raised.value.do


@given(st.binary(max_size=64) | st.binary(max_size=40).map(lambda tail: b"\x08" + bytes(7) + tail))
def test_any_bytes_are_a_header_or_told(tmp_path_factory, data):
    """Whatever a file holds, reading its header ends in tensors or in words."""
    file = tmp_path_factory.mktemp("w") / "model.safetensors"
    file.write_bytes(data)
    said = []
    try:
        assert isinstance(header(file), list)
    except NotSetUp as error:
        said = [error.what]
    assert all("is not whole" in what for what in said)


# ------------------------------------------------------------------------ which weights


def rewrite(file, data):
    """Other bytes of the same size at the same moment."""
    stat = file.stat()
    file.write_bytes(data)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def test_the_same_files_are_the_same_weights_anywhere(tmp_path, environ):
    """A copy is no other model; neither is one with a README beside it, or with a tool's own notes."""
    folder = bare(tmp_path / "w")
    revision = found(".", folder, environ).revision
    shutil.copytree(folder, tmp_path / "copy")
    (tmp_path / "copy" / "README.md").write_text("of great use")
    config(tmp_path / "copy" / ".cache" / "notes.json", seen=1)
    assert found("./copy", tmp_path, environ).revision == revision
    assert len(revision) == 12


def test_one_other_byte_makes_other_weights(tmp_path, environ):
    """In the weights, or in how they are used."""
    folder = bare(tmp_path / "w")
    revisions = {found(".", folder, environ).revision}
    file = folder / "vae" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    revisions.add(found(".", folder, environ).revision)
    config(folder / "scheduler" / "scheduler_config.json", beta_start=0.1)
    revisions.add(found(".", folder, environ).revision)
    assert len(revisions) == 3


def test_gigabytes_are_hashed_once(tmp_path, environ):
    """A file with the size and the time it had is not read again; without a place to remember it is."""
    folder = bare(tmp_path / "w")
    file = folder / "vae" / "diffusion_pytorch_model.safetensors"
    known = found(".", folder, environ).revision
    rewrite(file, file.read_bytes()[:-1] + b"\x01")
    assert found(".", folder, environ).revision == known
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert found(".", folder, {"XDG_CACHE_HOME": str(blocked)}).revision != known


def test_a_memory_that_cannot_be_read_is_made_anew(tmp_path, environ):
    """It is only a shortcut."""
    folder = bare(tmp_path / "w")
    known = found(".", folder, environ).revision
    memory = tmp_path / "cache" / "photogram" / "weights.json"
    memory.write_text("[")
    assert found(".", folder, environ).revision == known
    assert str(folder).encode() in memory.read_bytes()
