"""What is known of budgets: arms that differ in nothing else, and what `breakeven tune` tried."""

from collections.abc import Mapping
from itertools import groupby

from breakeven.core.files import read_rows
from breakeven.core.records import Record
from breakeven.params import Params
from breakeven.params.cells import Cell
from breakeven.rows.budget_trial import BudgetTrial, budget_trials_path


def budget_series(params: Params) -> tuple[tuple[str, ...], ...]:
    """Arms that are the same but for their budget, where there are several."""
    series: list[list[str]] = []
    for name, arm in params.arms.items():
        if arm.trained:
            same = arm.model_copy(update={"budget": None})
            found = next(
                (
                    one
                    for one in series
                    if params.arms[one[0]].model_copy(update={"budget": None}) == same
                ),
                None,
            )
            if found is None:
                series.append([name])
            else:
                found.append(name)
    return tuple(tuple(one) for one in series if len(one) > 1)


def budget_trials(
    params: Params, records: Mapping[Cell, Record]
) -> tuple[tuple[BudgetTrial, ...], tuple[str, ...]]:
    """What `breakeven tune` tried of this study's trainings, and what of it is left out and why.

    A cell that was then trained otherwise, at another rate or with another budget, is not the one
    that was tried.
    """
    path = budget_trials_path(params.study)
    if not path.is_file():
        return (), ()
    kept: list[BudgetTrial] = []
    absent = []
    rows = read_rows(path, BudgetTrial)
    for (student, arm), own in groupby(rows, key=lambda row: (row.student, row.arm)):
        trials = list(own)
        if student not in params.students or arm not in params.arms:
            continue
        whole = max(trials, key=lambda one: one.share)
        record = records.get(Cell(student, arm, whole.seed))
        if record is None or _is_of(record, whole):
            kept += trials
        else:
            absent.append(
                f"accuracy against training budget of {student} {arm} on the tune side: absent, "
                f"{path} holds it at rate {whole.learning_rate:g} and {whole.trained_tokens:,} "
                "tokens, and the study trained it otherwise; run breakeven tune again"
            )
    return tuple(kept), tuple(absent)


def _is_of(record: Record, whole: BudgetTrial) -> bool:
    return (
        record.parameters.get("learning_rate") == whole.learning_rate
        and record.tokens.get("trained") == whole.trained_tokens
    )
