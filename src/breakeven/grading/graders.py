"""Graders by the name that an item carries. Each takes an answer without its trace, and the item.

The same grader judges every style. An answer in which nothing can be compared is wrong and
`parsed` is False: how often that happens is shown beside the accuracy.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from breakeven.core.errors import InputError, did_you_mean
from breakeven.grading.exact_match import grade_exact
from breakeven.grading.gym_scorer import grade_gym
from breakeven.grading.instructions import grade_ifeval
from breakeven.grading.letter import grade_letter
from breakeven.grading.maths.grader import grade_math
from breakeven.grading.overlap import coqa_f1, grade_coqa, grade_squad, squad_f1
from breakeven.params import Grading
from breakeven.rows.answer import Answer
from breakeven.rows.grade import UNPARSED, Grade
from breakeven.rows.item import Item

Grader = Callable[[str, Item], Grade]

# Graders with a share of the words that are right beside the verdict.
F1: Mapping[str, Callable[[str, Item], float]] = MappingProxyType(
    {"coqa": coqa_f1, "squad": squad_f1}
)


def graders(settings: Grading) -> Mapping[str, Grader]:
    """Every grader by its name. `judge` leaves all to the judges: no rule reads such an answer."""
    return MappingProxyType(
        {
            "coqa": grade_coqa,
            "exact": grade_exact,
            "gym": grade_gym,
            "ifeval": grade_ifeval,
            "judge": lambda answer, item: UNPARSED,
            "letter": grade_letter,
            "math": partial(grade_math, limit_seconds=settings.math_seconds),
            "squad": grade_squad,
        }
    )


# Characters: longer answers are seldom given twice, and all would have to be held.
_LONGEST_REMEMBERED = 80

# With the default time limit, for those that grade without a study's parameters.
GRADERS = graders(Grading())


def remembering(grader: Grader) -> Grader:
    """The grader, which looks once at a short answer that several students give to an item."""
    known: dict[tuple[str, str, str], Grade] = {}

    def grade(answer: str, item: Item) -> Grade:
        if len(answer) > _LONGEST_REMEMBERED:
            return grader(answer, item)
        key = (item.task, item.id, answer)
        if key not in known:
            known[key] = grader(answer, item)
        return known[key]

    return grade


class GradedAnswer(NamedTuple):
    """The grade of all that a student wrote, and whether it was cut short."""

    grade: Grade
    truncated: bool


def grade_answer(answer: Answer, item: Item, table: Mapping[str, Grader] = GRADERS) -> GradedAnswer:
    """Grade what a student wrote on an item.

    An answer that the limit cut, or whose trace was never closed, is wrong and truncated: what it
    would have said is not known, and its trace is not searched for it.

    Raises:
        InputError: the item names no grader, or lacks what its grader needs.
    """
    if answer.truncated:
        return GradedAnswer(UNPARSED, truncated=True)
    return GradedAnswer(grader_of(item, table)(answer.without_trace, item), truncated=False)


def grader_of(item: Item, table: Mapping[str, Grader] = GRADERS) -> Grader:
    """The grader of an item; raises InputError where there is none of that name."""
    if item.grader not in table:
        raise InputError(
            f"item {item.id} of {item.task}: grader: value is {item.grader!r}; "
            f"{did_you_mean(item.grader, table)}"
        )
    return table[item.grader]
