"""The tables of cases in docs/grading.md are true: each row is graded as it says."""

import re
from pathlib import Path

import pytest

from breakeven.grading.graders import GRADERS
from breakeven.rows.grade import Grade
from breakeven.rows.item import Item

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "grading.md"
GRADES = {"right": Grade(True, True), "wrong": Grade(False, True), "open": Grade(False, False)}
HEADER = re.compile(r"\| (\w+) answer \| reference \| grade \|")
ROW = re.compile(r"\| `(.+)` \| `(.+)` \| (right|wrong|open) \|")


def rows():
    """Grader, answer, reference and grade of every row of the document's tables of cases."""
    grader = None
    for number, line in enumerate(DOCUMENT.read_text(encoding="utf-8").splitlines(), start=1):
        header = HEADER.fullmatch(line)
        if header:
            grader = header[1]
        elif not line.startswith("|"):
            grader = None
        elif grader and not line.startswith("|---"):
            match = ROW.fullmatch(line)
            assert match, f"docs/grading.md: line {number}: {line}"
            yield grader, *match.groups()


ROWS = list(rows())
# All but the first table, of where results stand, is of what may be in a box.
AFTER_ENDINGS = DOCUMENT.read_text(encoding="utf-8").partition("**Numbers**")[2]
WITHOUT_A_BOX = {row[1] for row in ROWS if f"`{row[1]}` |" in AFTER_ENDINGS and "box" not in row[1]}


def test_the_document_has_its_tables():
    graders = {row[0] for row in ROWS}
    assert graders >= {"math", "exact"}
    assert len(ROWS) >= 90
    assert {row[3] for row in ROWS} == set(GRADES)


@pytest.mark.parametrize(("grader", "answer", "reference", "grade"), ROWS)
def test_a_case_is_graded_as_the_document_says(grader, answer, reference, grade):
    item = Item("i1", "t", "math-open", "?", reference, "c", grader)
    assert GRADERS[grader](answer, item) == GRADES[grade]


@pytest.mark.parametrize(
    ("answer", "reference", "grade"),
    [row[1:] for row in ROWS if row[0] == "math" and row[1] in WITHOUT_A_BOX],
)
def test_a_box_makes_no_difference(answer, reference, grade):
    item = Item("i1", "t", "math-open", "?", reference, "c", "math")
    assert GRADERS["math"](f"\\boxed{{{answer}}}", item) == GRADES[grade]
