"""Mathematical answers, and their neighbours on both sides, as `mathematics.txt` lists them."""

import time
from pathlib import Path

import pytest

from breakeven.grading.graders import GRADERS, graders
from breakeven.params import Grading
from breakeven.rows.grade import UNPARSED, Grade
from breakeven.rows.item import Item

RIGHT, WRONG, OPEN = Grade(True, True), Grade(False, True), UNPARSED
GRADES = {"right": RIGHT, "wrong": WRONG, "open": OPEN}
LISTED = Path(__file__).with_name("mathematics.txt").read_text(encoding="utf-8").splitlines()
ROWS = [line.split(" ~ ") for line in LISTED if line and not line.startswith("# ")]


def grade(answer, reference, grader="math", **meta):
    return GRADERS[grader](
        answer, Item("i1", "t", "math-open", "?", reference, "c", grader, meta=meta)
    )


@pytest.mark.parametrize(("answer", "reference", "wanted"), ROWS)
def test_math(answer, reference, wanted):
    assert grade(answer, reference) == GRADES[wanted]


@pytest.mark.parametrize(
    ("answer", "reference", "wanted"),
    [
        ("He has 5.\nEach costs 3.\nTotal: 15", "15", RIGHT),
        ("He has 5.\nEach costs 3.\nTotal: 15", "3", WRONG),
        ("5 * 3 = <<5*3=15>>15\nA: 15", "15", RIGHT),
        ("5 * 3 = <<5*3=15>>15\nA: 16", "15", WRONG),
        ("A: about 15", "15", RIGHT),
        ("We get $x = 3$.\nTotal: 15", "15", RIGHT),
        ("Total: 15\nSo $x = 3$.", "3", RIGHT),
        ("**Answer:**\n\n$x = 3$", "3", RIGHT),
        ("The answer is 3.\nTo check, $3 + 4 = 7$.", "3", RIGHT),
        ("The answer is 3.\n\nNo, the answer is 4.", "4", RIGHT),
        ("Each pays $5/hour and $7/day.\nA: 12", "12", RIGHT),
        ("It holds for all $n$, so 12.", "12", RIGHT),
        ("$\\boxed{}$\nThe answer is 12", "12", RIGHT),
        ("\\boxed{2} and \\boxed{3}", "2,3", RIGHT),
        ("\\boxed{2}, $\\boxed{3}$", "3", WRONG),
        ("\\boxed{2} or maybe \\boxed{3}", "3", RIGHT),
    ],
)
def test_the_ending_of_several_lines(answer, reference, wanted):
    assert grade(answer, reference) == wanted


@pytest.mark.parametrize(
    ("answer", "reference", "unit", "wanted"),
    [
        ("\\boxed{9.8\\text{ m/s}^2}", "9.8", "m/s^2", RIGHT),
        ("\\boxed{9.8\\text{ m/s}}", "9.8", "m/s^2", WRONG),
        ("\\boxed{9.8\\text{ cm/s}^2}", "9.8", "m/s^2", WRONG),
        ("\\boxed{9.8}", "9.8", "m/s^2", RIGHT),
        ("\\boxed{3\\sqrt{2}}", "4.2426", "", RIGHT),
        ("\\boxed{3\\sqrt{2}}", "4.26", "", WRONG),
        ("\\boxed{-4.2426}", "4.2426", "", WRONG),
    ],
)
def test_a_unit_that_is_asked_for_and_a_tolerance(answer, reference, unit, wanted):
    assert grade(answer, reference, unit=unit, relative_tolerance=1e-3) == wanted


EXACT = [
    ("The answer is Yes.", "Yes", RIGHT),
    ("The answer is Yes.", "No", WRONG),
    ("Yes, because it is even.", "yes", RIGHT),
    ("No, it is odd.", "yes", WRONG),
    ("**No**", "no", RIGHT),
    ("So the answer is no.", "no", RIGHT),
    ("Let me see.\nYes.", "yes", RIGHT),
    ("Yes.\nOr rather: no.", "yes", OPEN),
    ("They share no factor, so yes.", "yes", RIGHT),
    ("They share a factor, so no.", "yes", WRONG),
    ("Is it? I know not.", "no", OPEN),
    ("Yes.\nNo.", "yes", OPEN),
    ("Yes and no", "yes", OPEN),
    ("There is no way to tell", "no", OPEN),
    ("no way", "no", OPEN),
    ("I think so. Yes.", "yes", RIGHT),
    ("The answer is False", "true", WRONG),
    ("\\boxed{Yes}", "yes", RIGHT),
    ("\\boxed{No}", "yes", WRONG),
    ("The answer is Ann.", "Ann", RIGHT),
    ("The answer is Ann", "Ben", WRONG),
    ("I think Ann did it", "Ann", OPEN),
    ("not Ann", "Ann", WRONG),
    ("The answer is not Ann.", "Ann", WRONG),
    ("The answer is not Ben.", "Ann", OPEN),
    ("Final answer: New York", "new york", RIGHT),
    ("The argument is invalid.", "valid", OPEN),
    ("invalid", "valid", WRONG),
    ("答案是7。", "7", RIGHT),
    ("10³", "10³", RIGHT),
    ("10³", "103", WRONG),
    ("2½", "21/2", WRONG),
    ("x₁", "x1", WRONG),
    ("\\boxed{}", "7", OPEN),
]


@pytest.mark.parametrize(("answer", "reference", "wanted"), EXACT)
def test_exact(answer, reference, wanted):
    assert grade(answer, reference, "exact") == wanted


HOSTILE = [
    "(" * 2000,
    "\\boxed{" + "(" * 500 + "1" + ")" * 500 + "}",
    "\\boxed{" + "1+" * 900 + "1}",
    "\\boxed{" + "x!" * 900 + "}",
    "\\boxed{2^" + "-" * 1600 + "1}",
    "\\boxed{" + "2^" * 900 + "2}",
    "\\boxed{" + "\\sin" * 400 + "1}",
    "\\boxed{" + "\\sqrt" * 300 + "2}",
    "\\boxed{" + "\\frac{" * 300 + "1}",
    "\\boxed{" + "|x" * 500 + "}",
    "\\boxed{" + "\\{1," * 200 + "}",
    "\\boxed{5 " + "m/" * 800 + "s}",
    "\\boxed{" + "½" * 900 + "}",
    "\\boxed{" + "a,".join("1" for _ in range(700)) + "}",
    "\\boxed{1e9999}",
    "\\boxed{((((((9!)!)!)!)!)!)}",
    "\\boxed{10^{10^{10^{10}}}}",
    "answer to " * 400 + "7",
    "$1 a " * 20_000,
    "Total " * 16_000 + ": x",
    "1" + ",000" * 25_000,
]


def test_hostile_answers_end_in_time_and_raise_nothing():
    table = graders(Grading(math_seconds=0.3))
    for answer in HOSTILE:
        for name in ("math", "exact"):
            started = time.process_time()
            item = Item("i1", "t", "math-open", "?", "\\sqrt{7}", "c", name)
            assert not table[name](answer, item).correct
            assert time.process_time() - started < 1.0, answer[:20]
