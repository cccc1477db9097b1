"""Units that hold a power of ten: the factor belongs to the number."""

import pytest
from tests.grading.test_graders import RIGHT, UNPARSED, WRONG

from breakeven.catalogue.unit_powers import without_power
from breakeven.grading.graders import GRADERS
from breakeven.rows.item import Item

UNITS = [
    ("3.52", "$10^{-19} \\mathrm{~J}$", "3.52 \\times 10^{-19}", "$\\mathrm{~J}$"),
    ("7", " $\\mathrm{10^7} \\mathrm{~km}$", "7 \\times 10^{7}", "$\\mathrm{~km}$"),
    ("1.19", "$\\mathrm{10^{-4}} \\mathrm{~cm}^3$", "1.19 \\times 10^{-4}", "$\\mathrm{~cm}^3$"),
    ("2", " $10^6$ m", "2 \\times 10^{6}", "m"),
    ("-4.37 ", " $10 ^ {-6}m/s^2$", "-4.37 \\times 10^{-6}", "m/s^2"),
    ("1.01", " 10^{-5} \\mathrm{~m}", "1.01 \\times 10^{-5}", "$\\mathrm{~m}$"),
    ("4.16", "$10^{42}$", "4.16 \\times 10^{42}", ""),
    ("5", "$\\times 10^{3}$ kg", "5 \\times 10^{3}", "kg"),
    ("131", " $\\mathrm{K}$", "131", "$\\mathrm{K}$"),
    ("9.73", " %", "9.73", "%"),
    ("6", "m s^{-1}", "6", "m s^{-1}"),
    ("10", "10 km", "10", "10 km"),
]


@pytest.mark.parametrize(("number", "unit", "reference", "rest"), UNITS)
def test_the_power_goes_to_the_number(number, unit, reference, rest):
    assert without_power(number, unit) == (reference, rest)


ANSWERS = [
    ("\\boxed{3.52 \\times 10^{-19}}", RIGHT),
    ("\\boxed{3.5 \\times 10^{-19} \\text{ J}}", RIGHT),
    ("The energy is 3.6e-19 J.", RIGHT),
    ("\\boxed{35.2 \\times 10^{-20}\\,\\mathrm{J}}", RIGHT),
    ("\\boxed{3.52}", WRONG),
    ("\\boxed{3.52 \\times 10^{-18}}", WRONG),
    ("\\boxed{4.2 \\times 10^{-19}}", WRONG),
    ("\\boxed{-3.52 \\times 10^{-19}}", WRONG),
    ("I do not know.", UNPARSED),
]


@pytest.mark.parametrize(("answer", "grade"), ANSWERS)
def test_an_answer_is_compared_with_the_whole_number(answer, grade):
    reference, _ = without_power("3.52", "$10^{-19} \\mathrm{~J}$")
    meta = {"relative_tolerance": 0.05, "unit": "\\mathrm{ J}"}
    one = Item("1", "t", "extra-open", "?", reference, "c", "math", meta=meta)
    assert GRADERS["math"](answer, one) == grade
