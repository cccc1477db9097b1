"""The verdict on one answer."""

from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Grade:
    """Whether an answer is right, and whether anything that could be right was found in it.

    `extracted` is what was found and compared, as the grader reads it: a letter, a result without
    the words around it. None where nothing was, or where all of the answer counts (IFEval, judges).
    Right comes after wrong, and wrong after unparsed; what was extracted makes no other grade.
    """

    correct: bool
    parsed: bool
    extracted: str | None = field(default=None, compare=False)


UNPARSED = Grade(correct=False, parsed=False)


def parsed_grade(correct: bool, extracted: str | None = None) -> Grade:
    """The grade of an answer in which something was found to compare."""
    return Grade(correct, parsed=True, extracted=extracted)
