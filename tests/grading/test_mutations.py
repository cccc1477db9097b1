"""A right answer is right in every sentence that states it, and a changed one in none."""

import re

import pytest

from breakeven.grading.graders import GRADERS
from breakeven.rows.item import Item

REFERENCES = [
    *("7", "-12", "025", "1{,}250", "3.75", "\\frac{3}{8}", "-\\frac{5}{12}", "4\\sqrt{6}"),
    *("2+3\\sqrt{5}", "12\\pi", "15\\%", "\\$18.50", "40^\\circ", "9 \\text{ cm}^2"),
    *("6.5 \\text{ cents}", "3 \\mbox{ inches}", "2^{11}", "\\binom{9}{3}", "3x^2-4x+5", "(4, -9)"),
    *("[3, 8)", "(2, 5) \\cup (7, 9)", "3, 5, 11", "\\{2, 6\\}", "x = 14", "y = 3x + 2", "5:8"),
    *("314_5", "\\begin{pmatrix} 2 \\\\ 9 \\end{pmatrix}", "4.5 \\times 10^{12}", "6+5i"),
]
SENTENCES = [
    "\\boxed{%s}",
    "The answer is $%s$.",
    "Therefore, we get $%s$",
    "So the answer is %s",
    "%s",
    "$$x+1 = 4$$ **Answer:** $%s$",
]


def mutations(reference):
    """The reference with a number one more or ten times as large, or with something added."""
    for number in re.finditer(r"(?<![\d.])\d+", reference):
        for other in (str(int(number[0]) + 1), number[0] + "0"):
            yield reference[: number.start()] + other + reference[number.end() :]
    yield reference + ", 977"
    if re.fullmatch(r"-?\d+|\\[bf].*\}|.*sqrt\{\d\}|.*pi|.*cm.*|.*inches.*", reference):
        yield from (f"-({reference})", reference + " + 1", reference + " \\cdot 2")
    if re.fullmatch(r"-?\d+", reference):
        yield from (reference + end for end in ("\\pi", "x", "^2", "!", "/2", "_{16}", "\\%\\%"))


def grade(answer, reference):
    item = Item("i1", "t", "math-open", "?", reference, "c", "math")
    return GRADERS["math"](answer, item)


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_reference_is_right_and_its_mutations_are_not(reference):
    for sentence in SENTENCES:
        assert grade(sentence % reference, reference).correct, sentence
        for other in mutations(reference):
            exclaimed = other.endswith("!") and "$" not in sentence and "boxed" not in sentence
            if not exclaimed:
                assert not grade(sentence % other, reference).correct, sentence % other
