"""Numbers as people write them, and what is no one number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photogram.recovery.numbers import Quantity, quantity

NUMBERS = {
    "12": 12,
    " 12. ": 12,
    "12 mm": 12,
    "12.5 km/h": 12.5,
    "about 5": 5,
    "~3.5 m": 3.5,
    "−4 °C": -4,
    "$500": 500,
    "1,200": 1200,
    "1,234,567.5": 1234567.5,
    "0,75": 0.75,
    "1e-5": 1e-5,
    "5 years old": 5,
    "zero": 0,
    "seven": 7,
    "Twenty-five": 25,
    "two hundred and five": 205,
    "three thousand two hundred": 3200,
    "two million three hundred thousand and six": 2300006,
    "one nine six one": 1961,
    "minus three": -3,
    "zero point four seven": 0.47,
    "point five": 0.5,
    "one times ten to the minus zero five": 1e-5,
    "three cracks": 3,
}


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers_as_people_write_them(text):
    """Units, signs before thousands, words and digits spoken one by one all say one number."""
    assert quantity(text) == Quantity(NUMBERS[text])


@pytest.mark.parametrize("text", ["85%", "85 percent", "eighty-five per cent", "about 85 %"])
def test_a_percentage_is_told_from_a_number(text):
    """Whether it is a share is for the field to say."""
    assert quantity(text) == Quantity(85, percent=True)


@pytest.mark.parametrize("text", ["4/5", "4 of 5", "4 out of 5"])
def test_a_score_keeps_its_whole(text):
    """What stands behind the stroke is the end of the scale."""
    assert quantity(text) == Quantity(4, whole=5)


@pytest.mark.parametrize(
    "text",
    [
        *("3-5", "3 to 5", "5 or more", "less than 5", "12k", "12 12", "a few", "none", "", "good"),
        *("twenty twelve", "hundred", "no scratches", "1e400", "v2", "12 of many", "half", "x" * 500),
    ],
)
def test_what_is_not_one_number_is_none(text):
    """Ranges, bounds and guesses are left to be asked about."""
    assert quantity(text) is None


@given(st.integers(-(10**9), 10**9))
def test_every_whole_number_is_read_back(number):
    """With its digits, with commas, with a unit, or its digits in words."""
    digits = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    spoken = " ".join("minus" if letter == "-" else digits[int(letter)] for letter in str(number))
    for text in (str(number), f"{number:,}", f"{number} px", spoken):
        assert quantity(text) == Quantity(number)


@given(st.text())
def test_any_text_is_a_number_or_none(text):
    """Nothing is raised, and nothing is infinite."""
    found = quantity(text)
    assert found is None or abs(found.number) < float("inf")
