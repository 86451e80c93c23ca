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


READY = {"buildings": "infrastructure", "inspection": "inspection", "scenes": "scenes", "traffic": "vehicles"}


@pytest.mark.parametrize("name", READY)
def test_a_story_asks_for_fields_that_are_ready(name):
    """One line in the brief says which, and the comment above it says how many there are."""
    head, line, _ = stories.text(name).partition(f'[annotate]\nfields = "{READY[name]}"\n')
    assert line
    number = len(parse(stories.text(name)).annotate.asked["properties"])
    assert re.search(rf"# (?:A caption, and )?({number}|{number - 1}) (fields|labels)", head)


@pytest.mark.parametrize(("name", "table"), [("buildings", "annotate.by"), ("inspection", "annotate.fields")])
def test_what_a_story_suggests_works(name, table):
    """The table in its comments is one once the sign in front is gone."""
    commented = stories.text(name).partition(f"# [{table}]\n")[2].partition("\n\n")[0]
    suggested = f"[{table}]\n" + re.sub(r"^# ", "", commented, flags=re.MULTILINE)
    fields = '[annotate]\nfields = "scenes"\n' if table == "annotate.by" else ""
    read = parse(f'[dataset]\nname = "x"\n{fields}{suggested}').annotate
    assert len(read.by or read.fields) >= 2


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
