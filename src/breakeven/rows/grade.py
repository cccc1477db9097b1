"""The verdict on one answer."""

from typing import NamedTuple


class Grade(NamedTuple):
    """Whether an answer is right, and whether anything that could be right was found in it."""

    correct: bool
    parsed: bool


UNPARSED = Grade(correct=False, parsed=False)


def parsed_grade(correct: bool) -> Grade:
    """The grade of an answer in which something was found to compare."""
    return Grade(correct, parsed=True)
