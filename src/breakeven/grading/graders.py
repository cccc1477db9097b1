"""Graders by the name that an item carries. Each takes an answer without its trace, and the item.

The same grader judges every style. An answer in which nothing can be compared is wrong and
`parsed` is False: how often that happens is shown beside the accuracy.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from breakeven.errors import InputError, did_you_mean
from breakeven.grading.exact import grade_exact
from breakeven.grading.grade import UNPARSED, Grade
from breakeven.grading.letter import grade_letter
from breakeven.grading.maths import grade_math
from breakeven.grading.parting import part
from breakeven.tasks.items import Item

Grader = Callable[[str, Item], Grade]

GRADERS: Mapping[str, Grader] = MappingProxyType(
    {"exact": grade_exact, "letter": grade_letter, "math": grade_math}
)


class Judged(NamedTuple):
    """The grade of all that a student wrote, and whether it was cut short."""

    grade: Grade
    truncated: bool


def judge(text: str, stop: str, item: Item) -> Judged:
    """Grade what a student wrote on an item.

    An answer that the limit cut, or whose trace was never closed, is wrong and truncated: what it
    would have said is not known, and its trace is not searched for it.

    Raises:
        InputError: the item names no grader.
    """
    parts = part(text)
    if stop == "length" or not parts.closed:
        return Judged(UNPARSED, truncated=True)
    return Judged(grader(item)(parts.answer, item), truncated=False)


def grader(item: Item) -> Grader:
    """The grader of an item; raises InputError where there is none of that name."""
    if item.grader not in GRADERS:
        raise InputError(
            f"item {item.id} of {item.task}: grader: value is {item.grader!r}; "
            f"{did_you_mean(item.grader, GRADERS)}"
        )
    return GRADERS[item.grader]
