"""Budgets, where the pairs that are to fill them have been made."""

from collections.abc import Iterator
from functools import partial

from breakeven.checking.problems import Finding, refused
from breakeven.params import HubBase, Params


def check_arm_budgets(params: Params) -> Iterator[Finding]:
    """Whether each student's pairs fill its budgets in the passes that are allowed.

    Before the pairs are made, and of a base that is not on this machine, nothing can be told: the
    stage looks again before it trains.
    """
    if not any(arm.budget for arm in params.arms.values()):
        return
    from breakeven.models.hub import cached_tokenizer
    from breakeven.train.budget_check import check_budgets

    for name, student in params.students.items():
        if not isinstance(student.base, HubBase) or cached_tokenizer(student.base):
            yield from refused(f"students.{name}", partial(check_budgets, params, name))
