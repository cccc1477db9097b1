"""Graders on tables of answers, with the ways in which answers go astray."""

from dataclasses import replace

import pytest
from tests.grading.written import grade_text

from breakeven.core.errors import InputError
from breakeven.grading.graders import GRADERS, remembering
from breakeven.rows.grade import Grade
from breakeven.rows.item import Item

RIGHT, WRONG, UNPARSED = Grade(True, True), Grade(False, True), Grade(False, False)


def item(grader, reference, choices=()):
    family = "math-mc" if choices else "math-open"
    return Item("i1", "t", family, "?", reference, "c", grader, tuple(choices))


EXACT = [
    ("7", "7", RIGHT),
    ("7.", "7", RIGHT),
    ("  7 \n", "7", RIGHT),
    ("Ann", "ann", RIGHT),
    ("New  York\n", "new york", RIGHT),
    ("\n\n1234", "1234", RIGHT),
    ("７", "7", RIGHT),
    ("7.5", "7.5", RIGHT),
    ("\\boxed{7}", "7", RIGHT),
    ("It is \\boxed{\\text{New York}}.", "new york", RIGHT),
    ("\\boxed{8} \\boxed{7}", "7", RIGHT),
    ("\\boxed{}", "7", UNPARSED),
    ("\\boxed{7", "7", WRONG),
    ("\u00a0\u20037\u200a", "7", RIGHT),
    ("Ann", "Ben", WRONG),
    ("17", "7", WRONG),
    ("The answer is 7", "7", RIGHT),
    ("7..", "7", WRONG),
    ("1,234", "1234", WRONG),
    ("", "7", UNPARSED),
    (" \n ", "7", UNPARSED),
    (".", "7", UNPARSED),
]


@pytest.mark.parametrize(("answer", "reference", "grade"), EXACT)
def test_exact(answer, reference, grade):
    assert GRADERS["exact"](answer, item("exact", reference)) == grade


# Choices A) 5  B) 7  C) 9  D) 11; the right one is B.
DIGITS = ("5", "7", "9", "11")
LETTER = [
    ("B", RIGHT),
    ("b", RIGHT),
    ("\n\nB", RIGHT),
    ("B.", RIGHT),
    ("(B)", RIGHT),
    ("B)", RIGHT),
    ("[B]", RIGHT),
    ("**B**", RIGHT),
    ("`B`", RIGHT),
    ("$B$", RIGHT),
    ("B) 7", RIGHT),
    ("(B) 7", RIGHT),
    ("B. 7", RIGHT),
    ("B: 7", RIGHT),
    ("**B)** 7", RIGHT),
    ("B) because 3 plus 4 is 7", RIGHT),
    ("7", RIGHT),
    ("7.", RIGHT),
    ("The answer is B", RIGHT),
    ("The answer is B.", RIGHT),
    ("the answer is (B)", RIGHT),
    ("The correct answer is: B) 7", RIGHT),
    ("Answer: B", RIGHT),
    ("The correct option is B", RIGHT),
    ("I choose option B.", RIGHT),
    ("The answer is B, not A.", RIGHT),
    ("It must be B.", RIGHT),
    ("A sum of 3 and 4 gives 7, so B", RIGHT),
    ("\\boxed{B}", RIGHT),
    ("\\boxed{\\text{B}}", RIGHT),
    ("\\boxed{B) 7}", RIGHT),
    ("I thought of A at first. \\boxed{B}", RIGHT),
    ("\\boxed{A} no, \\boxed{B}", RIGHT),
    ("\\boxed{B} no, \\boxed{A}", WRONG),
    ("A", WRONG),
    ("(D)", WRONG),
    ("D) 11", WRONG),
    ("9", WRONG),
    ("The answer is A", WRONG),
    ("A) 5 is the right one", WRONG),
    ("", UNPARSED),
    ("\n", UNPARSED),
    ("E", UNPARSED),
    ("8", UNPARSED),
    ("A or B", UNPARSED),
    ("A, B", UNPARSED),
    ("A is wrong, B is right", RIGHT),
    ("Both A and B", UNPARSED),
    ("The answer is A or B", UNPARSED),
    ("The answer is A. The answer is B.", UNPARSED),
    ("B) 9", UNPARSED),
    ("A) 5\nB) 7\nC) 9\nD) 11", UNPARSED),
    ("A dog", UNPARSED),
    ("I do not know", UNPARSED),
    ("none of them", UNPARSED),
    ("Better", UNPARSED),
    ("\\boxed{}", UNPARSED),
]


@pytest.mark.parametrize(("answer", "grade"), LETTER)
def test_letter(answer, grade):
    assert GRADERS["letter"](answer, item("letter", "B", DIGITS)) == grade


@pytest.mark.parametrize(
    ("answer", "choices", "grade"),
    [
        ("red", ("blue", "red", "green", "pink"), RIGHT),
        ("Red.", ("blue", "red", "green", "pink"), RIGHT),
        ("B) red", ("red", "red", "green", "pink"), RIGHT),
        ("red", ("red", "red", "green", "pink"), UNPARSED),
        ("B", ("B", "A", "C", "D"), RIGHT),
        ("C", ("x", "y"), UNPARSED),
        ("B", ("x", "y"), RIGHT),
    ],
)
def test_letter_with_other_choices(answer, choices, grade):
    assert GRADERS["letter"](answer, item("letter", "B", choices)) == grade


MATH = [
    ("7", "7", RIGHT),
    ("7.", "7", RIGHT),
    ("7.0", "7", RIGHT),
    ("-5", "-5", RIGHT),
    ("−5", "-5", RIGHT),
    ("1/2", "0.5", RIGHT),
    ("0.5", "1/2", RIGHT),
    (".5", "0.5", RIGHT),
    ("\\frac12", "1/2", RIGHT),
    ("\\frac{1}{2}", "0.5", RIGHT),
    ("\\dfrac{1}{2}", "\\frac12", RIGHT),
    ("\\frac{10}{4}", "5/2", RIGHT),
    ("1 1/2", "1.5", RIGHT),
    ("1\\frac{1}{2}", "3/2", RIGHT),
    ("1,000", "1000", RIGHT),
    ("$1{,}000$", "1000", RIGHT),
    ("10000", "10,000", RIGHT),
    ("12 cm", "12", RIGHT),
    ("12\\text{ cm}^2", "12", RIGHT),
    ("12 square meters", "12", RIGHT),
    ("12 meters", "12 meter", RIGHT),
    ("$12", "12", RIGHT),
    ("\\$12.50", "12.5", RIGHT),
    ("50%", "50", RIGHT),
    ("50\\%", "0.5", RIGHT),
    ("90^\\circ", "90", RIGHT),
    ("x = 5", "5", RIGHT),
    ("x=-3", "x = -3", RIGHT),
    ("\\boxed{7}", "7", RIGHT),
    ("\\boxed{7}", "\\boxed{7}", RIGHT),
    ("so \\boxed{3}, or rather \\boxed{4}", "4", RIGHT),
    ("\\boxed{\\frac{1}{2}}", "0.5", RIGHT),
    ("\\boxed{x = 5}", "5", RIGHT),
    ("The answer is 42.", "42", RIGHT),
    ("The answer is 12 because it is 3 times 4", "12", RIGHT),
    ("#### 18", "18", RIGHT),
    ("So 3 + 4 = 7", "7", RIGHT),
    ("There are 3 red and 4 blue ones, 7 in all", "4", WRONG),
    ("It has $x = 4$ and $y = 5$", "5", RIGHT),
    ("2\\sqrt{2}", "\\sqrt{8}", RIGHT),
    ("2^{10}", "1024", RIGHT),
    ("5 \\times 10^3", "5000", RIGHT),
    ("(1,2)", "(1, 2)", RIGHT),
    ("x^2+1", "1+x^2", RIGHT),
    ("(x+1)^2", "x^2+2x+1", RIGHT),
    ("\\{1,2\\}", "\\{2,1\\}", RIGHT),
    ("\\text{east}", "east", RIGHT),
    ("8", "7", WRONG),
    ("-7", "7", WRONG),
    ("0.333", "1/3", WRONG),
    ("12 cm", "12 m", WRONG),
    ("50%", "5", WRONG),
    ("1,00", "100", WRONG),
    ("(2,1)", "(1,2)", WRONG),
    ("[0,1)", "[0,1]", WRONG),
    ("\\boxed{3} so \\boxed{4}", "3", WRONG),
    ("\\pi", "3.14159", WRONG),
    ("17", "7", WRONG),
    ("5 or 6", "5", WRONG),
    ("1/0", "0", WRONG),
    ("", "7", UNPARSED),
    ("\\boxed{}", "7", UNPARSED),
    ("I do not know", "7", UNPARSED),
    ("seven", "7", UNPARSED),
]


@pytest.mark.parametrize(("answer", "reference", "grade"), MATH)
def test_math(answer, reference, grade):
    assert GRADERS["math"](answer, item("math", reference)) == grade


WHOLE = [
    ("<think>\n3 + 4 = 7.\n</think>\n\n7", "stop", RIGHT, False),
    ("7", "stop", RIGHT, False),
    ("<think>\nthe sum is \\boxed{7}\n</think>\n\n8", "stop", WRONG, False),
    ("<think>\n\\boxed{8}\n</think>\n\n\\boxed{7}", "stop", RIGHT, False),
    ("<think>\nIt is 7.\n</think>", "stop", UNPARSED, False),
    ("<think>\nIt is 7.", "stop", UNPARSED, True),
    ("<think>\nIt is 7.", "length", UNPARSED, True),
    ("<think>\nIt is 7.\n</think>\n\n7", "length", UNPARSED, True),
    ("7", "length", UNPARSED, True),
    ("<think>a</think>5<think>b</think>7", "stop", RIGHT, False),
    ("<think>a</think>7<think>b", "stop", UNPARSED, True),
    ("no mark before this one</think>7", "stop", RIGHT, False),
    ("", "stop", UNPARSED, False),
]


@pytest.mark.parametrize(("text", "stop", "grade", "truncated"), WHOLE)
def test_only_a_finished_answer_after_its_trace_is_graded(text, stop, grade, truncated):
    assert grade_text(text, stop, item("math", "7")) == (grade, truncated)


@pytest.mark.parametrize("grader", sorted(GRADERS))
def test_a_trace_that_was_never_closed_is_wrong_whatever_it_says(grader):
    reference = "B" if grader == "letter" else "7"
    graded = grade_text(f"<think>\nThe answer is {reference}.", "stop", item(grader, reference))
    assert graded == (UNPARSED, True)


def test_an_unknown_grader_names_the_item_and_what_is_allowed():
    with pytest.raises(InputError, match=r"i1 of t: grader: value is 'exat'; did you mean 'exact'"):
        grade_text("7", "stop", item("exat", "7"))


@pytest.mark.parametrize(
    ("grader", "answer", "reference", "extracted"),
    [
        ("exact", "The answer is Ann.", "ann", "ann"),
        ("exact", "Ben", "ann", "ben"),
        ("exact", "", "ann", None),
        ("letter", "I choose (C).", "B", "C"),
        ("letter", "A or B", "B", None),
        ("math", "42", "41", "42"),
        ("math", r"So \boxed{\frac{1}{2}}.", "0.5", r"\frac{1}{2}"),
        ("math", "no idea", "0.5", None),
        ("squad", "The answer is the Nile.", "nile", "the Nile."),
    ],
)
def test_a_grade_holds_what_was_compared(grader, answer, reference, extracted):
    choices = ("5", "7", "9", "11") if grader == "letter" else ()
    assert GRADERS[grader](answer, item(grader, reference, choices)).extracted == extracted


def test_what_was_extracted_makes_no_other_grade():
    assert Grade(True, True, "4") == RIGHT
    assert max(Grade(False, True, "z"), UNPARSED, Grade(True, True, "a")).extracted == "a"


def test_a_short_answer_is_looked_at_once_an_item_and_a_long_one_each_time():
    asked = []

    def looking(answer, item):
        asked.append((answer, item.id))
        return GRADERS["exact"](answer, item)

    grade = remembering(looking)
    seven, eight = item("exact", "7"), replace(item("exact", "8"), id="i2")
    long = "7 " * 100
    for one, grader in ((seven, grade), (seven, grade), (eight, grade)):
        assert [grader(said, one) for said in ("7", "8", long)] == [
            GRADERS["exact"](said, one) for said in ("7", "8", long)
        ]
    assert asked.count(("7", "i1")) == asked.count(("7", "i2")) == 1
    assert asked.count((long, "i1")) == 2
