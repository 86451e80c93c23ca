"""Questions in plain words become filters by the set's own fields, and say which."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram.brief import Annotate
from photogram.filters.fields import Field, Fields, of_schema
from photogram.filters.parse import parse
from photogram.filters.tree import written
from photogram.finding.question import read
from photogram.finding.tongue import stem, telling, words
from photogram.reading.annotating import with_schema

SCHEMA = with_schema(Annotate(fields="infrastructure"), Path()).asked
FIELDS = Fields(
    [
        Field(name="label", kind="text"),
        Field(name="synthetic", kind="yes/no"),
        Field(name="split", kind="text"),
        *of_schema(SCHEMA, "annotation"),
        Field(name="severity", kind="text", column="facts"),
        Field(name="brightness", kind="number", column="measures"),
    ]
)
TEXTS = {
    "annotation.asset_subtype": ["wall", "eave", "flat roof", "roof", "pier", "girder bridge"],
    "annotation.description": [f"a long text number {n} about a wall with doors" for n in range(300)],
    "facts.severity": ["light", "severe"],
    "label": ["facade", "bridge"],
}


def understood(text):
    found = read(text, FIELDS, lambda field: TEXTS.get(field, []))
    return written(found.where) if found.where else ""


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ("cracks in walls", "defect_types contains crack and asset_subtype = wall"),
        ("cracks that are not a concern", "defect_types contains crack and safety_concerns is empty"),
        ("all safety concerns in buildings", "safety_concerns is not empty and asset_type = building"),
        (
            "severe spalling that needs action",
            "severity_level = severe and defect_types contains spalling and requires_action",
        ),
        (
            "water damage on roofs or eaves",
            'defect_types contains "water damage" and (asset_subtype contains roof or asset_subtype = eave)',
        ),
        (
            "concrete bridges in good condition",
            "material_type = concrete and asset_type = bridge and condition_assessment = good",
        ),
        ("CRACKING IN BRICKWORK", "defect_types contains crack and material_type = brick"),
        (
            "cracks and spalling",
            "defect_types contains crack and defect_types contains spalling",
        ),
        (
            "light or moderate rust",
            "(severity_level = light or severity_level = moderate) and defect_types contains rust",
        ),
        (
            "bridges without rust or spalling",
            "asset_type = bridge and not (defect_types contains rust or defect_types contains spalling)",
        ),
        (
            "bridges without rust and spalling",
            "asset_type = bridge and not defect_types contains rust and not defect_types contains spalling",
        ),
        (
            "not rust and spalling",
            "not defect_types contains rust and defect_types contains spalling",
        ),
        ("damage that isn't severe", "defect_detected and not severity_level = severe"),
        ("buildings that don't need action", "asset_type = building and not requires_action"),
        ("synthetic walls", "synthetic and asset_subtype = wall"),
        ("no safety concerns, but cracks", "safety_concerns is empty and defect_types contains crack"),
        ("flat roofs", 'asset_subtype = "flat roof"'),
        ("a zebra on the moon", ""),
        ("", ""),
    ],
)
def test_a_question_is_read_by_what_the_fields_know(asked, where):
    """Values, synonyms, names of fields, negation, alternatives; the longest phrase first."""
    text = understood(asked).replace("not defect_types contains", "defect_types not contains")
    assert text == where.replace("not defect_types contains", "defect_types not contains")
    if text:
        parse(text, FIELDS)


def test_what_is_understood_is_looked_for_too_and_what_is_excluded_is_not():
    """Words rank what the filter lets through; nobody looks for what is not wanted."""
    found = read("severe cracks without rust near a zebra", FIELDS, lambda field: TEXTS.get(field, []))
    assert found.words == ("severe", "cracks", "near", "zebra")


def test_a_seen_field_goes_before_a_planned_one():
    """Severity is asked of what was seen; a long text is no vocabulary, and a measure no name."""
    assert understood("severe") == "severity_level = severe"
    assert understood("doors") == ""
    assert understood("brightness") == ""


PIECES = """cracks walls not no without and or but that severe rust a concern safety concerns zebra , needs
action roofs isn't " ( 😀 壁"""


@given(st.one_of(st.text(max_size=30), st.lists(st.sampled_from(PIECES.split()), max_size=9).map(" ".join)))
def test_whatever_is_asked_is_read_as_a_filter_that_can_be_typed(text):
    """Any text gives nothing or a filter that the language itself reads."""
    found = read(text, FIELDS, lambda field: TEXTS.get(field, []))
    if found.where:
        assert parse(written(found.where), FIELDS) == found.where
    assert all(words(word) == [word] for word in found.words)


# ------------------------------------------------------------------------------ words


@pytest.mark.parametrize(
    ("word", "end"),
    [
        ("walls", "wall"),
        ("bridges", "bridge"),
        ("bodies", "body"),
        ("boxes", "box"),
        ("cracks", "crack"),
        ("glass", "glass"),
        ("bus", "bus"),
        ("is", "is"),
        ("branches", "branch"),
    ],
)
def test_a_plural_is_its_singular(word, end):
    """And what only ends in an s is not."""
    assert stem(word) == end


def test_words_are_without_case_accents_and_signs():
    """Eastern characters are words of their own; small words tell nothing."""
    assert words("Straße, É-Z 壁の 3") == ["strasse", "e", "z", "壁", "の", "3"]
    assert telling("Show me the walls of the wall walls") == ["walls", "wall"]
    assert words("the pier's side, it’s wet") == ["the", "pier", "side", "it", "wet"]
    assert words("a壁b") == ["a", "壁", "b"]


@given(st.text())
def test_words_of_words_are_the_same_words(text):
    """Nothing is left to be cut, and any text can be cut, halves of characters too."""
    found = words(text)
    assert words(" ".join(found)) == found
