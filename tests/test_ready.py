"""The fields that are ready: in order, as many as promised, and answered by pixels as far as they go."""

import asyncio
import tomllib

import jsonschema
import pytest

from photogram import private, providers, ready
from photogram.data import Blob, See
from photogram.pixels.codecs import encode_png
from photogram.pixels.draw.paint import paint
from photogram.reading.parse import parse
from photogram.recover import Recovery

SIXTEEN = [
    *("asset_type", "asset_subtype", "defect_detected", "defect_types", "severity_level", "confidence_score"),
    *("requires_action", "description", "condition_assessment", "safety_concerns"),
    *("maintenance_recommendations", "environmental_factors", "material_type"),
    *("approximate_age_condition", "location_context", "tags"),
]
SEVEN = ["license_plate", "year", "make", "model", "color", "car_type", "unique_identifiers"]


def asked(name):
    return parse(f'[dataset]\nname = "x"\n[annotate]\nfields = "{name}"\n').annotate


@pytest.mark.parametrize("name", ready.names())
def test_ready_fields_are_in_order(name):
    """A prompt, a schema, no field that may be left out, and none that must be known but the description."""
    found = asked(name)
    assert found.prompt == tomllib.loads(ready.text(name))["prompt"]
    jsonschema.Draft202012Validator.check_schema(found.asked)
    assert found.asked["required"] == list(found.asked["properties"])
    known = [field for field, rule in found.asked["properties"].items() if rule["type"] == "string"]
    assert known in (["description"], ["caption"], [])
    assert max(map(len, ready.text(name).splitlines())) <= 110


def test_the_fields_of_the_stories():
    """The inspector's sixteen, and the analyst's seven with the plate private."""
    assert list(asked("infrastructure").asked["properties"]) == SIXTEEN
    assert list(asked("vehicles").asked["properties"]) == SEVEN
    assert private.names(asked("vehicles").asked) == ["license_plate"]
    assert ready.names() == ("infrastructure", "inspection", "scenes", "vehicles")


@pytest.mark.parametrize("name", ready.names())
def test_pixels_answer_as_far_as_they_go(name):
    """keyless:measure fills what it can measure and says null of all else: in order as it stands."""
    image = encode_png(paint({"surface": "phone"}, 160, 120, 1, "a phone").rgb)
    keyless = providers.find("keyless")
    model = keyless.open(keyless.card("measure", {}), {}, {}, lambda blob: image)
    schema = asked(name).asked
    ask = See(images=(Blob(sha256="0" * 64, media_type="image/png", size=len(image)),), schema=schema)
    reply = asyncio.run(model.answer(ask))
    found = Recovery(schema).read(reply.text, reply.data)
    assert found.done == ()
    assert found.value.keys() == schema["properties"].keys()
    said = [field for field, value in found.value.items() if value is not None]
    assert set(said) <= {"description", "caption", "brightness", "sharpness", "orientation", "main_colors"}
