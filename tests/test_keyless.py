"""The keyless models draw and measure, say which of the two they did, and invent nothing."""

import asyncio
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photogram import providers
from photogram.data import Blob, Draw, Embed, See
from photogram.faults import BadInput, Invalid
from photogram.pixels import codecs
from photogram.pixels.draw.paint import paint

IMAGE = Blob(sha256="ab" * 32, media_type="image/jpeg", size=1)


def answer(ask, image=b"", model=None):
    provider = providers.find("keyless")
    card = provider.card(model or ("draw" if isinstance(ask, Draw) else "measure"), {})
    return asyncio.run(provider.open(card, {}, {}, lambda blob: image).answer(ask))


def picture(level=40):
    rgb = np.full((288, 384, 3), level, np.uint8)
    rgb[100:160, 300:303] = 230
    return codecs.encode_png(rgb)


def see(image=None, **schema):
    ask = See(images=(IMAGE,), schema={"type": "object", "properties": schema} if schema else {})
    return answer(ask, image or picture()).data


# ------------------------------------------------------------------------------ drawing


def test_a_drawing_says_that_it_is_drawn():
    """The reply carries picture and mask, and who made them how, from what seed."""
    facts = {"surface": "phone", "defect": "scratch", "severity": "severe", "finish": "white"}
    reply = answer(Draw(prompt="a phone", facts=facts, width=320, height=240, seed=9))
    assert reply.made["mode"] == "render"
    assert "drawn" in reply.made["maker"]
    assert (reply.made["seed"], reply.made["width"], reply.made["height"]) == (9, 320, 240)
    assert reply.made["shows"] == facts | {"table": "grey"}
    assert reply.made["boxes"][0]["label"] == "scratch"
    assert "not_understood" not in reply.made
    assert codecs.inspect(reply.images[0]).media_type == "image/jpeg"
    assert codecs.inspect(reply.masks[0]).media_type == "image/png"
    assert reply.usage.images == 1
    assert reply.usage.dollars == 0


def test_the_mask_survives_its_file():
    """What is in the mask's file is what was drawn, to the pixel."""
    facts = {"surface": "phone", "defect": "oil"}
    reply = answer(Draw(prompt="", facts=facts, width=320, height=240, seed=2))
    assert np.array_equal(codecs.decode(reply.masks[0])[..., 0], paint(facts, 320, 240, 2).mask)


@pytest.mark.parametrize("seed", [None, 5])
def test_the_same_ask_is_answered_with_the_same_bytes(seed):
    """Also where no seed was given: then the ask itself decides."""
    ask = Draw(prompt="a roof", facts={"label": "roof"}, width=128, height=96, seed=seed)
    assert answer(ask).images == answer(ask).images
    assert answer(ask).images != answer(Draw(prompt="a wall", width=128, height=96, seed=seed)).images


def test_no_size_means_the_cards_own():
    """An ask for 0 × 0 is drawn at the card's default."""
    header = codecs.inspect(answer(Draw(prompt="a roof", seed=1)).images[0])
    assert (header.width, header.height) == (768, 576)


def test_a_flawless_picture_has_no_mask():
    """Nothing wrong, nothing masked."""
    assert answer(Draw(prompt="", facts={"surface": "phone"}, width=96, height=64, seed=1)).masks == ()


def test_what_was_not_used_is_named():
    """Facts and negative prompts that the drawing passes over are listed; references it does not take."""
    ask = Draw(prompt="", negative="hands", facts={"surface": "phone", "defect": "crack"})
    assert answer(ask).made["not_understood"] == ["defect: crack", "negative"]
    with pytest.raises(Invalid, match="takes no reference pictures"):
        answer(Draw(prompt="", references=(IMAGE,)))


@pytest.mark.parametrize(
    "ask",
    [
        Draw(prompt="", width=4096, height=4096),
        Draw(prompt="", width=8, height=8),
        Draw(prompt="", width=4096, height=64),
        Draw(prompt="", options={"quality": "high"}),
        Embed(text="a phone"),
    ],
)
def test_what_cannot_be_drawn_is_invalid(ask):
    """Sizes and options that the card does not have, and other kinds of ask, are refused before any work."""
    with pytest.raises(Invalid):
        answer(ask, model="draw")


def test_the_cards_are_free_and_carry_a_revision():
    """None costs anything, all change their cells' keys when they change, all say what they do."""
    draw, measure, describe = providers.find("keyless").cards()
    assert draw.price.free
    assert measure.price.free
    assert describe.price.free
    assert draw.edition == f"keyless:draw@{draw.revision}"
    assert "drawn" in draw.about
    assert "measured" in measure.about
    assert providers.find("keyless").missing({}, {}) == ""


def test_an_unknown_model_is_told_the_known_ones():
    """A wrong name is answered with all right ones."""
    with pytest.raises(BadInput, match="keyless:paint") as caught:
        providers.find("keyless").card("paint", {})
    assert "keyless:draw, keyless:measure, keyless:descriptors" in caught.value.do


# ---------------------------------------------------------------------------- measuring


def test_without_a_schema_all_that_was_measured_is_said():
    """Numbers, words and one sentence, the same as JSON and as data."""
    reply = answer(See(images=(IMAGE,)), picture())
    assert json.loads(reply.text) == reply.data
    assert reply.data["description"].endswith("one bright elongated mark right of the centre.")
    assert (reply.data["width"], reply.data["height"], reply.data["orientation"]) == (384, 288, "landscape")
    assert reply.data["main_colors"] == ["black"]


def test_with_a_schema_only_what_can_be_measured_is_answered():
    """The rest is null where null is allowed and left out where it is not: nothing is invented."""
    maybe = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    data = see(
        description={"type": "string"},
        width={"type": "integer"},
        license_plate={"type": ["string", "null"]},
        make=maybe,
        defect_detected={"type": "boolean"},
        severity_level={"enum": ["low", "high"]},
        tags={"$ref": "#/$defs/tags"},
    )
    assert data.pop("description")
    assert data == {"width": 384, "license_plate": None, "make": None}


def test_the_answer_takes_the_form_the_schema_wants():
    """Brightness as a number or as one of its words, colours as a list or as text, other names too."""
    assert see(brightness={"type": "number", "minimum": 0, "maximum": 1})["brightness"] == pytest.approx(
        0.16, abs=0.02
    )
    assert see(brightness={"enum": ["dark", "medium", "bright"]}) == {"brightness": "dark"}
    assert see(brightness={"type": "integer"}) == {}
    assert see(brightness={"type": "number", "minimum": 1}) == {}
    assert see(colours={"type": "array", "items": {"type": "string"}}) == {"colours": ["black"]}
    assert see(colors={"type": "string"}) == {"colors": "black"}
    assert see(colors={"type": "array", "items": {"enum": ["red"]}}) == {}


@given(
    st.dictionaries(
        st.text(max_size=8), st.sampled_from([{}, True, False, {"type": "null"}, {"type": "string"}])
    )
)
@settings(deadline=None, max_examples=20)
def test_names_that_are_not_measured_are_never_answered(properties):
    """For any names the answer is null or missing unless the name is one of a measure."""
    known = see()
    data = see(**properties) if properties else {}
    assert all(data[name] is None for name in data if name not in known)


def test_a_picture_that_cannot_be_read_is_invalid():
    """The reason is passed on, with the picture's hash."""
    with pytest.raises(Invalid, match="abababababab: not a picture"):
        see(b"<html>not found</html>")


@pytest.mark.parametrize(
    ("images", "told"), [((), "one picture at a time"), ((IMAGE, IMAGE), "takes 1 picture at once, not 2")]
)
def test_one_picture_at_a_time(images, told):
    """Comparing is not measuring."""
    with pytest.raises(Invalid, match=told):
        answer(See(images=images), picture())
