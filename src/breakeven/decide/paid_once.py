"""Which work that is paid once a lifetime cost counts: what is known of both styles alike.

What is known of one style alone would make the other look cheap, and counting what is known of
each student would charge one for its teacher and not the next. So an item is counted where it is
known of every IFT and every reasoning student, else in nobody's cost, with the reason. A student of
another arm whose part is not known has no cost then.
"""

from collections.abc import Sequence
from dataclasses import replace

from breakeven.costs.amounts import Amount
from breakeven.decide.options import UNITS, DecisionRequest, Option, item_in_unit
from breakeven.params import COMPLETION_STYLES


def why_left_out(options: Sequence[Option], amounts: Sequence[Amount]) -> str | None:
    """Why an item is in nobody's cost: its amount is not known of an IFT or a reasoning student.

    `amounts` are in the order of the options.
    """
    pairs = zip(options, amounts, strict=True)
    reasons = (amount.reason for option, amount in pairs if option.style in COMPLETION_STYLES)
    return next(filter(None, reasons), None)


def with_teacher_where_known(
    options: Sequence[Option], request: DecisionRequest
) -> DecisionRequest:
    """The request with the units in which the teacher is in nobody's cost, and why."""
    left_out = {}
    for unit in UNITS if request.with_teacher else ():
        amounts = [item_in_unit(option, "teacher", request, unit) for option in options]
        reason = why_left_out(options, amounts)
        if reason is not None:
            left_out[unit] = reason
    return replace(request, teacher_left_out=left_out)
