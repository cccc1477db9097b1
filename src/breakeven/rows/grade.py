"""The verdict on one answer."""

from typing import NamedTuple


class Grade(NamedTuple):
    """Whether an answer is right, and whether anything that could be right was found in it.

    What was found stays with the grader: the table of scores has no column for it. A vote among
    samples would need it here.
    """

    correct: bool
    parsed: bool


UNPARSED = Grade(correct=False, parsed=False)


def parsed_grade(correct: bool) -> Grade:
    """The grade of an answer in which something was found to compare."""
    return Grade(correct, parsed=True)
