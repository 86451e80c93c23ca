"""Weights on this machine: where a model lies, what its files say it is, and which weights they are.

Nothing is loaded and nothing is fetched here: names, configurations and the headers of files are
enough to tell what a model can do, how much memory it takes, and whether all of it is there.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from photogram.faults import BadInput, NotSetUp

_REPOSITORY = re.compile(r"(\w[\w.-]*/)?\w[\w.-]*(@\w[\w./-]*)?", re.ASCII)
_SHARD = re.compile(r"(diffusion_pytorch_model|model)(\.fp16)?(-\d{5}-of-(?P<count>\d{5}))?\.safetensors")
_DECIDING = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja")
"""The files that decide on what a model answers; the rest of a folder is there for people."""
_FLOATS = ("F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2")
"""Numbers that are turned into the kind a model is loaded with; others stay as they are."""
_LONGEST_HEADER = 100_000_000
SHORT = 12
"""So many digits of a hash tell weights apart."""


class Weights(Struct, frozen=True, kw_only=True):
    """A model's folder: what it is by its configuration, and the files that would be loaded.

    `parts` are the configurations of a pipeline's components, by their names.
    """

    name: str
    folder: Path
    revision: str
    architecture: str
    config: dict[str, Any]
    parts: dict[str, dict[str, Any]] = {}
    files: tuple[Path, ...] = ()
    variant: str = ""
    chats: bool = False

    def bytes_at(self, width: int) -> int:
        """The memory that the weights take when a number of them takes `width` bytes."""
        return sum(tensor.bytes_at(width) for file in self.files for tensor in header(file))


def read(name: str, folder: Path, environ: Mapping[str, str]) -> Weights:
    """The weights of that name; `folder` is what a path in the name begins from."""
    place, commit = _place(name, folder, environ)
    if (place / "model_index.json").is_file():
        found = _pipeline(name, place)
    elif (place / "config.json").is_file():
        found = _single(name, place)
    else:
        raise NotSetUp(f"{place} holds neither model_index.json nor config.json", do=fetching(name))
    for file in found.files:
        header(file)
    revision = commit or _fingerprint(place, _memory(environ))
    return msgspec.structs.replace(found, revision=revision[:SHORT])


# ------------------------------------------------------------------------------ places


def hub(environ: Mapping[str, str]) -> Path:
    """Where Hugging Face's own tools keep what they fetched."""
    if at := environ.get("HF_HUB_CACHE"):
        return Path(at).expanduser()
    if at := environ.get("HF_HOME"):
        return Path(at).expanduser() / "hub"
    return _caches(environ) / "huggingface" / "hub"


def listed(environ: Mapping[str, str]) -> list[str]:
    """The names of all models there, whatever they can do."""
    found = sorted(hub(environ).glob("models--*/refs/main"))
    return [ref.parent.parent.name.removeprefix("models--").replace("--", "/", 1) for ref in found]


def fetching(name: str) -> str:
    """How to get weights that are not there, or not all of them."""
    if _is_path(name):
        return "name a folder as diffusers or transformers save it, or ORG/NAME from the hub"
    repository, _, revision = name.partition("@")
    what = [f"hf download {repository}", *([f"--revision {revision}"] if revision else [])]
    what += [f"--include '{pattern}'" for pattern in _DECIDING]
    return f"fetch it: {' '.join(what)}"


def _place(name: str, folder: Path, environ: Mapping[str, str]) -> tuple[Path, str]:
    """The folder of a name, and its commit where it has one."""
    if _is_path(name):
        place = (folder / Path(name).expanduser()).absolute()
        if not place.is_dir():
            raise NotSetUp(f"there is no folder {place}", do=fetching(name))
        return place, ""
    if not _REPOSITORY.fullmatch(name) or ".." in name:
        raise BadInput(
            f"{name!r} names no weights", do="name ORG/NAME, ORG/NAME@REVISION or a folder as ./FOLDER"
        )
    repository, _, revision = name.partition("@")
    kept = hub(environ) / f"models--{repository.replace('/', '--')}"
    commit = revision or "main"
    with suppress(OSError):
        commit = (kept / "refs" / commit).read_text("utf-8").strip()
    if not (kept / "snapshots" / commit).is_dir():
        raise NotSetUp(f"{name} is not on this machine", do=fetching(name))
    return kept / "snapshots" / commit, commit


def _is_path(name: str) -> bool:
    return name.startswith((".", "/", "~"))


def _caches(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()


# ----------------------------------------------------------------------- configurations


def _pipeline(name: str, place: Path) -> Weights:
    index = _json(place / "model_index.json")
    components = [part for part, what in index.items() if isinstance(what, list) and what != [None, None]]
    for part in components:
        if not (place / part).is_dir():
            raise NotSetUp(f"{place} lacks its part {part}", do=fetching(name))
    parts = {part: _json(file) for part in components if (file := place / part / "config.json").is_file()}
    chosen = [_chosen(place / part, name) for part in parts]
    return Weights(
        name=name,
        folder=place,
        revision="",
        architecture=str(index.get("_class_name", "")),
        config=index,
        parts=parts,
        files=tuple(file for files, _ in chosen for file in files),
        variant="fp16" if any(variant for _, variant in chosen) else "",
    )


def _single(name: str, place: Path) -> Weights:
    config = _json(place / "config.json")
    files, variant = _chosen(place, name)
    return Weights(
        name=name,
        folder=place,
        revision="",
        architecture=str((config.get("architectures") or [""])[0]),
        config=config,
        files=files,
        variant=variant,
        chats=_chats(place),
    )


def _chats(place: Path) -> bool:
    """Whether the folder says how a conversation is written for the model."""
    if (place / "chat_template.jinja").is_file() or (place / "chat_template.json").is_file():
        return True
    known = [_json(file) for file in place.glob("*_config.json")]
    return any("chat_template" in config for config in known)


def _json(file: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotSetUp(f"{file} cannot be read: {error}", do="fetch or save the weights again") from None


# ------------------------------------------------------------------------ weights' files


class Tensor(NamedTuple):
    """What the header of a file says of some of the weights."""

    kind: str
    numbers: int
    size: int

    def bytes_at(self, width: int) -> int:
        return self.numbers * width if self.kind in _FLOATS else self.size


class _Entry(Struct):
    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]


def header(file: Path) -> list[Tensor]:
    """What a file of weights holds, by its first bytes; one that is not whole is told."""
    broken = NotSetUp(f"{file} is not whole", do="fetch or save the weights again")
    try:
        with file.open("rb") as opened:
            length = int.from_bytes(opened.read(8), "little")
            raw = opened.read(length) if length < _LONGEST_HEADER else b""
        entries: dict[str, Any] = msgspec.json.decode(raw, type=dict[str, Any])
        entries.pop("__metadata__", None)
        tensors = msgspec.convert(list(entries.values()), list[_Entry])
    except FileNotFoundError:
        raise NotSetUp(f"{file} is missing", do="fetch or save the weights again") from None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        raise broken from None
    end = 8 + length + max((tensor.data_offsets[1] for tensor in tensors), default=0)
    if file.stat().st_size != end:
        raise broken
    return [
        Tensor(each.dtype, prod(each.shape), each.data_offsets[1] - each.data_offsets[0]) for each in tensors
    ]


def _chosen(place: Path, name: str) -> tuple[tuple[Path, ...], str]:
    """The files that are loaded: those in full, or else those in half precision, all of their shards."""
    found = {
        file: match for file in sorted(place.glob("*.safetensors")) if (match := _SHARD.fullmatch(file.name))
    }
    for variant in ("", "fp16"):
        files = [file for file, match in found.items() if bool(match[2]) == bool(variant)]
        whole = [file for file in files if not found[file]["count"]]
        if whole:
            return tuple(whole), variant
        if files:
            return _all_shards(files, int(found[files[0]]["count"]), name), variant
    if pickles := [*place.glob("*.bin"), *place.glob("*.ckpt")]:
        raise NotSetUp(
            f"{pickles[0]} is a pickle, which can run code when it is opened",
            do="use weights in safetensors; `save_pretrained` writes them",
        )
    raise NotSetUp(f"{place} holds a configuration and no weights", do=fetching(name))


def _all_shards(files: Sequence[Path], count: int, name: str) -> tuple[Path, ...]:
    if len(files) != count:
        raise NotSetUp(f"{files[0].parent} holds {len(files)} of {count} files of weights", do=fetching(name))
    return tuple(files)


# ------------------------------------------------------------------------- fingerprints


def _memory(environ: Mapping[str, str]) -> Path:
    return _caches(environ) / "photogram" / "weights.json"


def _fingerprint(place: Path, memory: Path) -> str:
    """The hash of all files that decide on the answers, so that other weights are another model."""
    files = sorted({file for pattern in _DECIDING for file in place.rglob(pattern)} - set(_hidden(place)))
    remembered = _remembered(memory)
    hashes = {str(file): _hashed(file, remembered.get(str(file))) for file in files}
    if any(remembered.get(file) != seen for file, seen in hashes.items()):
        _remember(memory, {**remembered, **hashes})
    named = [(Path(file).relative_to(place).as_posix(), digest) for file, (_, _, digest) in hashes.items()]
    return hashlib.sha256(msgspec.json.encode(named)).hexdigest()


def _hidden(place: Path) -> Iterable[Path]:
    """What tools keep for themselves in folders whose names begin with a dot."""
    return place.glob(".*/**/*")


_Seen = tuple[int, int, str]
"""A file's size and the time it was written, and the hash it had then."""


def _hashed(file: Path, seen: _Seen | None) -> _Seen:
    stat = file.stat()
    if seen and seen[:2] == (stat.st_size, stat.st_mtime_ns):
        return seen
    with file.open("rb") as opened:
        return stat.st_size, stat.st_mtime_ns, hashlib.file_digest(opened, "sha256").hexdigest()


def _remembered(memory: Path) -> dict[str, _Seen]:
    try:
        return msgspec.json.decode(memory.read_bytes(), type=dict[str, _Seen])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}


def _remember(memory: Path, hashes: Mapping[str, _Seen]) -> None:
    """Keep hashes of gigabytes for the next command; where that cannot be, they are computed again."""
    part = memory.with_suffix(f".{os.getpid()}.part")
    with suppress(OSError):
        memory.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(msgspec.json.encode(hashes))
        part.replace(memory)
