"""Each story is a brief that reads well, is in order, and runs as it is."""

import re
import tomllib

import jsonschema
import pytest

from photogram import brief, planning, stories
from photogram.providers import find
from photogram.reading.parse import parse
from photogram.terms import check_size

STORIES = ("blank", "buildings", "inspection", "scenes", "traffic")


def test_the_five_stories_are_there():
    """The package carries them all."""
    assert stories.names() == STORIES


@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_in_order(name):
    """The reader and the schema of editors both take it."""
    read = parse(stories.text(name))
    jsonschema.validate(tomllib.loads(stories.text(name)), brief.json_schema())
    assert read.models == brief.Models()


@pytest.mark.parametrize("name", STORIES)
def test_a_story_makes_a_handful_of_pictures(name):
    """Twenty to thirty rows of moderate size: enough to look at, and made in seconds."""
    made = list(planning.rows(parse(stories.text(name))))
    assert 20 <= len(made) <= 30
    for row in made:  # the real model that the comments offer takes the size too
        check_size(find("openai").card("gpt-image-2", {}), row.width, row.height)
    assert len({row.prompt for row in made}) > 4


@pytest.mark.parametrize("name", STORIES)
def test_a_story_reads_well(name):
    """It begins by saying what it is for, and no line runs out of the window."""
    lines = stories.text(name).splitlines()
    assert lines[0].startswith("# ")
    assert max(map(len, lines)) <= 110
    assert not any(line != line.rstrip() for line in lines)


@pytest.mark.parametrize("name", ["buildings", "inspection", "traffic", "scenes"])
def test_what_a_story_suggests_works(name):
    """The fields in its comments are fields once the sign in front is gone."""
    head, _, below = stories.text(name).partition("[annotate.fields]\n")
    fields = re.findall(r'^# ([a-z_]+ = (?:"|\[).*)$', below, re.MULTILINE)
    assert fields
    read = parse("\n".join([head, "[annotate.fields]", *fields]))
    jsonschema.Draft202012Validator.check_schema(read.annotate.schema)
    assert len(read.annotate.fields) == len(fields)


def test_the_inspector_of_buildings_has_her_sixteen_fields():
    """The fields of her annotation stand ready for a model that sees."""
    suggested = stories.text("buildings").partition("have these 16 instead")[2]
    assert re.findall(r"^# ([a-z_]+) = ", suggested, re.MULTILINE) == [
        "asset_type",
        "asset_subtype",
        "defect_detected",
        "defect_types",
        "severity_level",
        "confidence_score",
        "requires_action",
        "description",
        "condition_assessment",
        "safety_concerns",
        "maintenance_recommendations",
        "environmental_factors",
        "material_type",
        "approximate_age_condition",
        "location_context",
        "tags",
    ]


@pytest.mark.parametrize("name", STORIES)
def test_the_models_a_story_suggests_are_written_as_models(name):
    """Removing the sign in front of a suggested model leaves a brief in order."""
    suggested = re.findall(r'^# ((?:draw|see) = "[^"]+")', stories.text(name), re.MULTILINE)
    assert suggested
    read = parse('[dataset]\nname = "x"\n[models]\n' + "\n".join(suggested))
    assert read.models.draw.startswith("openai:")


def test_the_phones_are_those_the_renderer_draws():
    """The inspection story speaks in the renderer's own words, so that its defects leave masks."""
    made = list(planning.rows(parse(stories.text("inspection"))))
    assert {row.label for row in made} == {"scratch", "oil", "stain", "good"}
    for row in made:
        assert row.facts["surface"] == "phone"
        assert row.facts.get("defect", "good") == row.label
        assert row.facts["finish"] in ("black", "white")
        assert row.facts.get("severity", "light") in ("light", "moderate", "severe")
