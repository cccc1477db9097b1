r"""More answers that go astray: LaTeX, numbers, choices in words; and that junk raises nothing."""

import random
import time

import pytest
from tests.grading.test_graders import RIGHT, UNPARSED, WRONG, item
from tests.grading.written import grade_text

from breakeven.core.errors import InputError
from breakeven.grading.graders import F1, GRADERS
from breakeven.rows.item import Item

MATH = [
    # Fractions and mixed numbers
    ("\\frac{-1}{2}", "-0.5", RIGHT),
    ("-\\frac{1}{2}", "-1/2", RIGHT),
    ("\\tfrac34", "0.75", RIGHT),
    ("\\boxed{3\\frac{1}{2}}", "3.5", RIGHT),
    ("\\boxed{3 1/2}", "7/2", RIGHT),
    ("\\boxed{31/2}", "3 1/2", WRONG),
    ("\\boxed{\\frac{1,000}{3}}", "1000/3", RIGHT),
    ("\\boxed{\\frac{\\sqrt{3}}{2}}", "\\frac{\\sqrt3}{2}", RIGHT),
    ("\\boxed{\\dfrac{a+b}{c}}", "\\frac{b+a}{c}", RIGHT),
    ("\\boxed{0.3333}", "\\frac13", WRONG),
    ("1/2/3", "0.5", WRONG),
    # Thousands
    ("1,000,000", "10^6", RIGHT),
    ("\\boxed{1\\,000}", "1000", RIGHT),
    ("\\boxed{10{,}000}", "10,000", RIGHT),
    ("1.000", "1000", WRONG),
    ("\\boxed{\\{1,100\\}}", "\\{1, 100\\}", RIGHT),
    ("\\boxed{\\{1,100\\}}", "\\{1100\\}", WRONG),
    ("1,2345", "12345", WRONG),
    # Scientific notation
    ("1.5e3", "1500", RIGHT),
    ("\\boxed{4.5e-3}", "0.0045", RIGHT),
    ("\\boxed{1.5 \\times 10^{3}}", "1500", RIGHT),
    ("\\boxed{6.02 × 10^23}", "6.02e23", RIGHT),
    ("\\boxed{6.02\\cdot10^{23}}", "6.02E+23", RIGHT),
    ("\\boxed{3 \\times 10^{−2}}", "0.03", RIGHT),
    ("\\boxed{1.5e3}", "1.5", WRONG),
    ("\\boxed{1e400}", "1", WRONG),
    ("\\boxed{5 \\times 10^8\\text{ m/s}}", "500000000", RIGHT),
    # Signs
    ("\\boxed{−3}", "-3", RIGHT),
    ("\\boxed{–3}", "-3", RIGHT),
    ("\\boxed{+5}", "5", RIGHT),
    ("\\boxed{\\pm 2}", "\\pm2", RIGHT),
    ("\\boxed{1 +/- 2}", "1 \\pm 2", RIGHT),
    ("\\boxed{1 +/- 2}", "3", WRONG),
    ("\\boxed{+/-2}", "\\pm2", RIGHT),
    # Units and money
    ("\\boxed{12\\,\\text{kg}}", "12", RIGHT),
    ("\\boxed{12\\ \\mathrm{km/h}}", "12", RIGHT),
    ("\\boxed{120 mm}", "12 cm", WRONG),
    ("\\boxed{30°}", "30^\\circ", RIGHT),
    ("\\boxed{100 dollars}", "\\$100", RIGHT),
    ("It costs $5.50 per day, so $38.50 in total.", "38.5", RIGHT),
    ("Ann pays $5 and Ben pays $7.", "7", RIGHT),
    ("Therefore the total is 1,234 dollars.", "1234", RIGHT),
    ("\\boxed{12 \\text{ units}^2}", "12", RIGHT),
    # Per cent
    ("25\\%", "1/4", RIGHT),
    ("\\boxed{0.45}", "45\\%", RIGHT),
    ("\\boxed{45\\%}", "4.5", WRONG),
    # Boxes
    ("\\boxed{1}\\boxed{2}", "2", RIGHT),
    ("\\boxed{\\boxed{7}}", "7", RIGHT),
    ("\\boxed{42", "42", RIGHT),
    ("\\boxed 4", "4", RIGHT),
    ("\\fbox{7}", "7", RIGHT),
    ("\\boxed{ }", "7", UNPARSED),
    ("\\boxed{\\{1,2\\}}", "\\{1,2\\}", RIGHT),
    ("\\boxed{\\left\\{1,2\\right\\}}", "\\{2,1\\}", RIGHT),
    ("\\boxed{\\frac{x^{2}}{y_{1}}}", "\\frac{x^2}{y_1}", RIGHT),
    ("\\boxed{7}.", "7", RIGHT),
    ("\\boxed{7.}", "7", RIGHT),
    ("\\boxed{$7$}", "7", RIGHT),
    # Intervals, sets, tuples, matrices
    ("\\boxed{[0, 1)}", "[0,1)", RIGHT),
    ("\\boxed{(0,1)}", "[0,1]", WRONG),
    ("\\boxed{\\left[0, \\infty\\right)}", "[0,\\infty)", RIGHT),
    ("\\boxed{\\{3, 1, 2\\}}", "\\{1,2,3\\}", RIGHT),
    ("\\boxed{1, 2, 3}", "3, 2, 1", RIGHT),
    ("\\boxed{(1, 2, 3)}", "(3,2,1)", WRONG),
    ("\\boxed{(\\frac{1}{2}, 3)}", "(0.5,3)", RIGHT),
    (
        "\\boxed{\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}}",
        "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}",
        RIGHT,
    ),
    # Equations
    ("\\boxed{5}", "x=5", RIGHT),
    ("\\boxed{x = 5, y = 3}", "x=5,y=3", RIGHT),
    ("\\boxed{2x+1}", "y=2x+1", RIGHT),
    ("\\boxed{n=\\frac{1}{2}}", "0.5", RIGHT),
    ("\\[x=42\\]", "42", RIGHT),
    ("\\boxed{x = 6}", "x=5", WRONG),
    # Words
    ("\\boxed{\\text{No solution}}", "no solution", RIGHT),
    ("\\boxed{five}", "5", UNPARSED),
    ("\\boxed{\\text{It cannot be told}}", "5", UNPARSED),
    ("**Answer:** 42", "42", RIGHT),
    ("The final answer is $\\frac{3}{4}$.", "0.75", RIGHT),
    ("NaN", "7", UNPARSED),
    ("\\boxed{\\infty}", "\\infty", RIGHT),
    (" \n\t ", "7", UNPARSED),
]


@pytest.mark.parametrize(("answer", "reference", "grade"), MATH)
def test_math(answer, reference, grade):
    assert GRADERS["math"](answer, item("math", reference)) == grade


TOLERANT = [
    ("\\boxed{9.8}", "9.81", "m/s^2", RIGHT),
    ("\\boxed{9.8 m/s^2}", "9.81", "m/s^2", RIGHT),
    ("\\boxed{9.8\\,\\text{m/s}^2}", "9.81", "m/s^2", RIGHT),
    ("\\boxed{8.4\\ \\mathrm{J\\, mol^{-1} K^{-1}}}", "8.314", "J mol^{-1} K^{-1}", RIGHT),
    ("\\boxed{10.3}", "9.81", "", RIGHT),
    ("\\boxed{10.4}", "9.81", "", WRONG),
    ("\\boxed{-9.8}", "9.81", "", WRONG),
    ("\\boxed{-9.8}", "-9.81", "", RIGHT),
    ("\\boxed{6.0 \\times 10^{23}}", "6.02e23", "", RIGHT),
    ("\\boxed{0.001}", "0", "", WRONG),
    ("\\boxed{50\\%}", "50", "%", RIGHT),
    ("\\boxed{\\frac{1}{2} m}", "0.5", "m", RIGHT),
    ("\\boxed{\\frac{1}{m}}", "\\frac{1}{m}", "m", RIGHT),
]


@pytest.mark.parametrize(("answer", "reference", "unit", "grade"), TOLERANT)
def test_numbers_may_be_off_by_the_tolerance_of_the_task(answer, reference, unit, grade):
    meta = {"relative_tolerance": 0.05, "unit": unit}
    one = Item("i1", "t", "math-open", "?", reference, "c", "math", meta=meta)
    assert GRADERS["math"](answer, one) == grade


def test_any_of_several_right_answers_will_do():
    meta = {"answers": ["7", "\\frac{1}{3}"]}
    for grader in ("math", "exact"):
        one = Item("i1", "t", "math-open", "?", "7", "c", grader, meta=meta)
        grades = [GRADERS[grader](text, one) for text in ("7", "\\frac{1}{3}", "8", "")]
        assert grades == [RIGHT, RIGHT, WRONG, UNPARSED]


@pytest.mark.parametrize("tolerance", [-0.1, 1, "5%", None])
def test_a_tolerance_that_is_no_share_names_the_item(tolerance):
    meta = {"relative_tolerance": tolerance}
    one = Item("i1", "t", "math-open", "?", "7", "c", "math", meta=meta)
    with pytest.raises(InputError, match=r"item i1 of t: meta\.relative_tolerance: value is"):
        GRADERS["math"]("7", one)


CHOICES = ("the sun", "the moon", "Both A and B", "None of the above")
LETTER = [
    ("None of the above", "D", RIGHT),
    ("D) None of the above", "D", RIGHT),
    ("none of the above.", "D", RIGHT),
    ("Both A and B", "C", RIGHT),
    ("C) Both A and B", "C", RIGHT),
    ("the moon", "B", RIGHT),
    ("The Moon.", "B", RIGHT),
    ("\\boxed{\\text{the moon}}", "B", RIGHT),
    ("\\boxed{\\mathrm{b}}", "B", RIGHT),
    ("\\boxed{(B)}", "B", RIGHT),
    ("\\boxed{A, B}", "B", UNPARSED),
    ("\\boxed{AB}", "B", UNPARSED),
    ("\\boxed{A} or maybe \\boxed{B}", "B", RIGHT),
    ("(b) the moon", "B", RIGHT),
    ("b. the moon", "B", RIGHT),
    ("B\n\nThe moon is nearer.", "B", RIGHT),
    ("answer: b", "B", RIGHT),
    ("The answer is (b) since it is nearer.", "B", RIGHT),
    ("The answer is b.", "B", RIGHT),
    ("the answer is a mystery", "A", UNPARSED),
    ("The answer is B or C", "B", UNPARSED),
    ("It is neither", "D", UNPARSED),
    ("B) the sun", "B", UNPARSED),
    ("Ｂ", "B", RIGHT),
    ("F", "B", UNPARSED),
    ("Answer:", "A", UNPARSED),
    ("A planet", "A", UNPARSED),
    ("  \t", "A", UNPARSED),
]


@pytest.mark.parametrize(("answer", "reference", "grade"), LETTER)
def test_letter(answer, reference, grade):
    one = Item("i1", "t", "general-mc", "?", reference, "c", "letter", CHOICES)
    assert GRADERS["letter"](answer, one) == grade


def test_the_judges_grader_has_no_rule():
    assert GRADERS["judge"]("7", item("judge", "7")) == UNPARSED


def test_a_box_inside_the_trace_is_not_an_answer():
    for grader in ("exact", "math", "squad", "coqa"):
        text = "<think>\\boxed{7}</think>I am not sure"
        assert not grade_text(text, "stop", item(grader, "7")).grade.correct


LONG = [
    "7 " * 100_000,
    "\\boxed{" * 30_000,
    "\\boxed{7}" * 30_000,
    "{" * 200_000,
    "\\(" * 100_000,
    "$" * 200_001,
    "$a" * 100_000,
    "\\boxed{" + "9" * 200_000 + "}",
    "9" * 200_000,
    "answer is " + " " * 200_000 + "x",
    "The answer is " * 20_000,
    "A or " * 50_000,
    "(A) " * 50_000,
    "1," * 100_000,
    "\\frac" * 50_000,
    "\\text{" * 50_000,
    "the " * 60_000,
    "\n" * 200_000 + "x",
]


@pytest.mark.parametrize("grader", ["exact", "letter", "math", "squad", "coqa"])
def test_an_answer_of_two_hundred_thousand_characters_takes_a_moment(grader):
    one = item(grader, "B", ("x", "y")) if grader == "letter" else item(grader, "7")
    for text in LONG:
        started = time.process_time()
        GRADERS[grader](text, one)
        if grader in F1:
            F1[grader](text, one)
        assert time.process_time() - started < 1.0, text[:20]


PIECES = [
    *"ABCD0123456789.,;:!?()[]{}<>$%^_&~#@'\"`|/\\-+=*\n\t ",
    *("\\boxed{", "\\frac", "\\frac{", "\\sqrt{", "\\text{", "\\left(", "\\right", "\\begin{", "}"),
    *("answer is ", "the ", "yes", "no", "or ", "\\pm", "\\infty", "^\\circ", "\\times 10^", "e9"),
    *("<think>", "</think>", "−", "½", "²", "٣", "\u200b", "\ufeff", "\x00", "é", "é", "😀"),
    *("\ud800", "\u202e", "ﬁ", "İ", "ß", "\\u", "\\x", "%s", "{0}", "1e999", "0/0", "9" * 30),
]


def junk(draw):
    return "".join(draw.choices(PIECES, k=draw.randrange(1, 25)))


@pytest.mark.parametrize("grader", ["exact", "letter", "squad", "coqa"])
def test_junk_is_graded_and_raises_nothing(grader):
    draw = random.Random(20261124)
    one = item(grader, "B", ("x", "y")) if grader == "letter" else item(grader, "7")
    for _ in range(3000):
        text = junk(draw)
        grade = GRADERS[grader](text, one)
        assert not grade.correct or grade.parsed, text
        if grader in F1:
            assert 0 <= F1[grader](text, one) <= 1


def test_junk_in_mathematics_raises_nothing():
    draw = random.Random(20261125)
    one = item("math", "\\frac{x+1}{2}")
    for _ in range(250):
        grade = GRADERS["math"](junk(draw), one)
        assert not grade.correct
