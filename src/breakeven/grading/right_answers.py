"""The right answers of an item, as graders compare with them."""

from collections.abc import Sequence

from breakeven.core.errors import InputError
from breakeven.rows.item import Item


def right_answers(item: Item) -> Sequence[str]:
    """All answers that count as right: `meta.answers`, else the reference.

    Raises:
        InputError: there is none, or `meta.answers` is no list of texts.
    """
    # `meta` comes from rows of a data set, which no schema has checked.
    answers = item.meta.get("answers") or [item.reference]
    if not isinstance(answers, list) or not all(isinstance(one, str) and one for one in answers):
        raise InputError(
            f"item {item.id} of {item.task}: meta.answers: value is {answers!r}; "
            "use a list of the answers that are right, as texts"
        )
    return answers


def relative_tolerance(item: Item) -> float:
    """By how much of the reference a number may be off: `meta.relative_tolerance`, else nothing."""
    tolerance = item.meta.get("relative_tolerance", 0.0)
    if not isinstance(tolerance, int | float) or not 0 <= tolerance < 1:
        raise InputError(
            f"item {item.id} of {item.task}: meta.relative_tolerance: value is {tolerance!r}; "
            "use a share of at least 0 and below 1"
        )
    return float(tolerance)
