"""How calls are answered: what is painted, measured, invented, pointed at and counted."""

import asyncio
import io
import json
from hashlib import sha256
from math import dist

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from photogram.pixels.codecs import decode, decode_whole, encode_jpeg, encode_png, inspect
from photogram.simulator.call import Call, Problem, Request, read_base64, read_picture
from photogram.simulator.forms import read_form, readable
from photogram.simulator.invent import completed, schema_in
from photogram.simulator.plain import (
    BLUE,
    altered,
    cut_out,
    extended,
    noted,
    picture_vector,
    plain,
    text_vector,
)
from photogram.simulator.work import Worker

FORMATS = ["png", "jpeg", "webp"]
RGB = np.random.default_rng(1).integers(0, 256, (24, 32, 3), np.uint8)


def made(note="1", *, drawn=False, **call):
    """What the house makes of a call."""

    async def main():
        worker = Worker(drawn=drawn)
        try:
            return await worker.work(Call(**{"model": "m", **call}), note)
        finally:
            await worker.close()

    return asyncio.run(main())


# ------------------------------------------------------------------------------ pictures


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_comes_in_the_format_that_is_asked(kind):
    """Plain or drawn, as many as asked, no two the same."""
    for drawn in (False, True):
        got = made(kind="draw", prompt="a car", width=96, height=64, count=2, format=kind, drawn=drawn)
        assert len(set(got.pictures)) == 2
        for picture in got.pictures:
            assert (inspect(picture).media_type, decode(picture).shape) == (f"image/{kind}", (64, 96, 3))
    assert made(kind="draw", width=8, height=8, format=kind) != made(
        "2", kind="draw", width=8, height=8, format=kind
    )


def test_what_is_drawn_depends_on_the_seed():
    """The same seed gives the same picture, and the next picture of a call is the next seed's."""
    draw = {"kind": "draw", "prompt": "a car", "width": 96, "height": 64, "drawn": True}
    assert made(seed=1, **draw) == made("2", seed=1, **draw)
    assert made(seed=1, count=2, **draw).pictures[1] == made(seed=2, **draw).pictures[0]


@pytest.mark.parametrize("kind", FORMATS)
@given(note=st.text(max_size=40))
@settings(max_examples=20)
def test_a_note_changes_the_bytes_and_not_the_picture(kind, note):
    """A store that goes by content holds both."""
    picture = plain(16, 12, kind, "")
    other = noted(picture, note)
    assert other != picture
    assert (decode(other) == decode(picture)).all()
    with Image.open(io.BytesIO(other)) as image:
        image.load()


@given(st.binary(min_size=24 * 32, max_size=24 * 32))
@settings(max_examples=30)
def test_paint_goes_exactly_where_the_mask_is_white(noise):
    """Blue at 255; at 254 and below not a level is changed."""
    mask = np.frombuffer(noise, np.uint8).reshape(24, 32)
    got = made(kind="edit", pictures=(encode_png(RGB),), mask=mask)
    out = decode(got.pictures[0])
    assert (out[mask == 255] == BLUE).all()
    assert (out[mask < 255] == RGB[mask < 255]).all()


@pytest.mark.parametrize("edit", ["inpaint", "erase", "vary", "replace", "recolor", "restyle", "try on"])
def test_an_edit_without_a_mask_is_seen_everywhere(edit):
    """Every channel of every pixel changes by half its range; the size stays."""
    out = decode(made(kind="edit", edit=edit, pictures=(encode_png(RGB),)).pictures[0])
    assert (abs(out.astype(int) - RGB) == 128).all()
    assert (out == altered(RGB)).all()


def test_an_edit_comes_at_the_size_that_is_asked():
    """As an upscaled picture does, which shows what it showed before."""
    got = made(kind="edit", edit="upscale", pictures=(encode_png(RGB),), width=128, height=96, count=2)
    one, two = (decode(picture) for picture in got.pictures)
    assert one.shape == (96, 128, 3)
    assert (one[::4, ::4] == RGB).all()
    assert (one == two).all()
    assert got.pictures[0] != got.pictures[1]


@given(st.integers(-40, 80), st.integers(-40, 80))
def test_outpainting_keeps_the_picture_at_its_place(left, top):
    """Blue around it; what would lie outside of the canvas is cut off."""
    canvas = extended(RGB, 64, 48, (left, top))
    assert canvas.shape == (48, 64, 3)
    for y, x in ((0, 0), (23, 31), (12, 5)):
        at = (top + y, left + x)
        if 0 <= at[0] < 48 and 0 <= at[1] < 64:
            assert (canvas[at] == RGB[y, x]).all()
    blue = (canvas == BLUE).all(axis=2)
    rows, columns = np.arange(48) - top, np.arange(64) - left
    inside = ((rows >= 0) & (rows < 24))[:, None] & ((columns >= 0) & (columns < 32))[None]
    assert blue[~inside].all()


def test_outpainting_without_a_place_is_all_around():
    """The picture is in the middle of the size that was asked."""
    got = made(kind="edit", edit="outpaint", pictures=(encode_png(RGB),), width=64, height=48)
    out = decode(got.pictures[0])
    assert (out[12:36, 16:48] == RGB).all()
    assert (out[:12] == BLUE).all()


def test_a_background_is_removed():
    """What is left has clear parts, and the picture's own pixels in the middle."""
    got = made(kind="edit", edit="remove background", pictures=(encode_png(RGB),))
    whole = decode_whole(got.pictures[0])
    assert (whole[..., 3][0, 0], whole[..., 3][12, 16]) == (0, 255)
    assert (whole[12, 16, :3] == RGB[12, 16]).all()
    assert (cut_out(RGB) == whole).all()


def test_a_picture_that_is_cut_short_is_a_problem():
    """Its header was well; the server says so and does not fail."""
    whole = encode_jpeg(RGB)
    for call in ({"kind": "edit"}, {"kind": "see", "schema": {}}, {"kind": "embed", "dimensions": 8}):
        with pytest.raises(Problem) as raised:
            made(pictures=(whole[: len(whole) // 2],), **call)
        assert raised.value.trouble == "invalid"


# ------------------------------------------------------------------------------- answers


def test_what_can_be_measured_is_measured():
    """The keyless model's own answer, by its own names; the rest is invented."""
    schema = {
        "properties": {
            "brightness": {"enum": ["dark", "medium", "bright"]},
            "width": {"type": "integer"},
            "owner": {"type": "string"},
            "aside": {"type": "string"},
        },
        "required": ["brightness", "width", "owner"],
    }
    got = made(kind="see", pictures=(encode_png(RGB),), schema=schema)
    assert got.data == {"brightness": "medium", "width": 32, "owner": "simulated"}


def test_without_a_schema_the_answer_is_a_sentence():
    """Or, where any object will do, all that was measured."""
    assert made(kind="see", pictures=(encode_png(RGB),)).text.startswith("A picture")
    assert made(kind="see", pictures=(encode_png(RGB),), schema={}).data["height"] == 24
    assert made(kind="see", schema={}).data == {"description": "simulated"}
    assert made(kind="see").text == "simulated"


def test_an_answer_is_cut_where_it_was_told_to_end():
    """By tokens, of four letters each."""
    got = made(kind="see", pictures=(encode_png(RGB),), most_tokens=3)
    assert (len(got.text), got.ended, got.tokens_out) == (12, "length", 3)


def bounds(named, least, room, step):
    """A range that holds a multiple of the step."""
    return {"type": named, "minimum": least, "maximum": least + step + room, "multipleOf": step}


NUMBERS = st.builds(
    bounds,
    st.sampled_from(["number", "integer"]),
    st.integers(-99, 99),
    st.integers(0, 99),
    st.integers(1, 9),
)
TEXTS = st.fixed_dictionaries(
    {"type": st.just("string")},
    optional={"minLength": st.integers(0, 12), "maxLength": st.integers(12, 20)},
)
LEAVES = st.one_of(
    NUMBERS,
    TEXTS,
    st.sampled_from(["date", "email", "uuid", "ipv4", "date-time", "uri"]).map(
        lambda name: {"type": "string", "format": name}
    ),
    st.just({"type": "boolean"}),
    st.just({"type": ["null", "string"]}),
    st.just({"type": "null"}),
    st.just({"$ref": "#/$defs/leaf"}),
    st.just({"allOf": [{"type": "integer"}, {"minimum": 3}]}),
    st.just({"const": "x"}),
    st.lists(st.none() | st.text() | st.integers(), min_size=1, unique=True).map(lambda all: {"enum": all}),
)


def objects(inner):
    return st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=4).map(
        lambda rules: {"type": "object", "properties": rules, "required": list(rules)}
    )


def lists(inner):
    return st.tuples(inner, st.integers(0, 3)).map(
        lambda pair: {"type": "array", "items": pair[0], "minItems": pair[1]}
    )


def choices(inner):
    return st.lists(inner, min_size=1, max_size=3).map(lambda all: {"anyOf": all})


SCHEMAS = st.recursive(LEAVES, lambda inner: objects(inner) | lists(inner) | choices(inner), max_leaves=10)


@given(objects(SCHEMAS))
def test_what_is_invented_fits_the_schema(schema):
    """Whatever the schema is made of; so a newcomer's first answer is one."""
    whole = {**schema, "$defs": {"leaf": {"type": "number", "exclusiveMinimum": 3, "exclusiveMaximum": 4}}}
    jsonschema.validate(
        completed({}, whole), whole, format_checker=jsonschema.FormatChecker(["date", "email", "ipv4"])
    )


def test_a_schema_that_goes_on_for_ever_is_answered():
    """By the null that ends it."""
    tree = {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}}
    schema = {**tree, "required": ["next"]}
    jsonschema.validate(completed({}, schema), schema)


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ('Answer as {"type": "object", "properties": {"a": {}}}, please', {"a": {}}),
        ('{not this} but {"x": {"properties": 1}} or {"properties": {"b": {}}}', {"b": {}}),
        ('{"x": 1} {', None),
        ("nothing", None),
    ],
)
def test_a_schema_is_found_in_a_prompt(prompt, found):
    """The first object that says what properties there are; braces alone are none."""
    schema = schema_in(prompt)
    assert (schema and schema["properties"]) == found


# ------------------------------------------------------------------------------- vectors


def test_texts_that_share_words_are_near():
    """Which is all that a test of a search needs."""
    wall, same, car = (
        text_vector(text, 256) for text in ("cracks in a wall", "a cracked wall", "one red car")
    )
    assert dist(wall, same) < dist(wall, car)
    assert wall == text_vector("cracks in a wall", 256) == text_vector("Cracks in a WALL", 256)


@given(st.text(), st.integers(1, 300))
def test_a_text_vector_has_its_length(text, dimensions):
    """As many numbers as are asked, together of length 1, whatever the text."""
    vector = text_vector(text, dimensions)
    assert len(vector) == dimensions
    assert np.linalg.norm(vector) == pytest.approx(1)


def test_pictures_of_the_same_colours_are_near():
    """In any number of dimensions; stored anew, a picture stays where it was."""
    red, reddish, blue = (
        np.full((40, 60, 3), colour, np.uint8) for colour in ((200, 30, 30), (190, 40, 30), (20, 30, 210))
    )
    for dimensions in (8, 384):
        one, two, other = (picture_vector(rgb, dimensions) for rgb in (red, reddish, blue))
        assert dist(one, two) < dist(one, other)
        assert np.linalg.norm(one) == pytest.approx(1)
    stored = picture_vector(decode(encode_jpeg(red)), 384)
    assert dist(picture_vector(red, 384), stored) < 0.05


def test_texts_come_before_pictures():
    """One vector each, in the order they were given."""
    got = made(kind="embed", texts=("a", "b"), pictures=(encode_png(RGB),), dimensions=16)
    assert got.vectors == (text_vector("a", 16), text_vector("b", 16), picture_vector(RGB, 16))


# ------------------------------------------------------------------------------ counting


@pytest.mark.parametrize(
    ("call", "tokens"),
    [
        (
            {"kind": "draw", "prompt": "x" * 40, "width": 8, "height": 8, "count": 2, "picture_out": 7},
            (10, 14),
        ),
        ({"kind": "draw", "prompt": "x" * 40, "negative": "y" * 8, "width": 8, "height": 8}, (12, 0)),
        ({"kind": "embed", "texts": ("x" * 40, "y"), "dimensions": 4}, (11, 0)),
        ({"kind": "see", "prompt": "x", "pictures_in": 230}, (231, len("simulated") // 4)),
    ],
)
def test_tokens_are_counted_by_letters_and_by_picture(call, tokens):
    """Plausibly, and the same each time: what counts is that both sides count alike."""
    got = made(**call)
    assert (got.tokens_in, got.tokens_out) == tokens


# ------------------------------------------------------------------------------- reading


def test_pictures_are_looked_at_before_they_are_taken():
    """A text is none, and a kind that is not taken is said."""
    assert read_picture(encode_png(RGB), "image").width == 32
    with pytest.raises(Problem, match="image: not a picture"):
        read_picture(b"text", "image")
    with pytest.raises(Problem, match="image is image/png, not one of image/jpeg"):
        read_picture(encode_png(RGB), "image", ["image/jpeg"])


@pytest.mark.parametrize("text", ["a", "aa=", "a a=", "äöü", "=aaa"])
def test_base64_is_strict(text):
    """What a vendor would refuse is refused."""
    with pytest.raises(Problem, match="image is not base64"):
        read_base64(text, "image")


@given(st.lists(st.tuples(st.sampled_from(["a", "b[]"]), st.binary()), max_size=4))
def test_any_bytes_can_lie_in_a_form(fields):
    """Also such as look like the ends of lines."""
    head = 'Content-Disposition: form-data; name="{}"; filename="x.bin"\r\nContent-Type: image/png'
    parts = b"".join(
        b"--cut\r\n" + head.format(name).encode() + b"\r\n\r\n" + data + b"\r\n" for name, data in fields
    )
    request = Request(
        method="POST",
        route="/",
        path="/",
        headers={"Content-Type": 'multipart/form-data; boundary="cut"'},
        body=parts + b"--cut--\r\n",
    )
    assert [(part.name, part.data) for part in read_form(request)] == fields
    assert all(part.kind == "image/png" and part.file == "x.bin" for part in read_form(request))
    assert [name for name, _ in readable(request)] == [name for name, _ in fields]


@pytest.mark.parametrize(("body", "shown"), [(b"", None), (b'{"a": 1}', {"a": 1}), (b"\xff", "1 bytes, sha")])
def test_a_body_can_be_looked_at(body, shown):
    """JSON as it is, other bytes by their hash."""
    got = readable(Request(method="POST", route="/", path="/", body=body))
    assert got == shown or (isinstance(shown, str) and got.startswith(shown))


def test_a_long_text_is_not_kept():
    """A hundred requests with pictures of megabytes would fill the memory; the rest is shown as it is."""
    body = {"a": ["x" * 300_000, 1, None], "b": "short"}
    shown = readable(Request(method="POST", route="/", path="/", body=json.dumps(body).encode()))
    assert shown == {
        "a": [f"300000 bytes, sha256 {sha256(b'x' * 300_000).hexdigest()}", 1, None],
        "b": "short",
    }
