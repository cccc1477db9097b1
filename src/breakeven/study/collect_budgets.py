"""Arms that differ in budget or share of traces only, and what tune tried of budgets."""

from collections.abc import Mapping
from itertools import groupby

from breakeven.core.files import read_rows
from breakeven.core.records import Record
from breakeven.findings.matched_budgets import ArmMatch
from breakeven.params import Arm, Params
from breakeven.params.cells import Cell, arms_of
from breakeven.params.matching import matched_arms
from breakeven.params.training import BudgetUnit
from breakeven.rows.budget_trial import BudgetTrial, budget_trials_path


def budget_series(params: Params) -> tuple[tuple[str, ...], ...]:
    """Arms that are the same but for their budget, where there are several.

    What was given as much as another arm uses is none of them: that is no step of a budget.
    """
    series: list[list[str]] = []
    for name, arm in params.arms.items():
        if arm.trained and (arm.budget is None or arm.budget.match is None):
            same = _but_for_budget(arm)
            found = next(
                (one for one in series if _but_for_budget(params.arms[one[0]]) == same), None
            )
            if found is None:
                series.append([name])
            else:
                found.append(name)
    return tuple(tuple(one) for one in series if len(one) > 1)


def share_series(params: Params) -> tuple[tuple[str, ...], ...]:
    """Arms that differ only in their share of traces and its order, where there are three shares.

    They have one budget: the same amount, or what one of them uses.
    """
    series: dict[tuple[str, object], list[str]] = {}
    for name, arm in params.arms.items():
        if not arm.trained:
            continue
        budget = arm.budget
        if budget is None or budget.match is None:
            series.setdefault((_but_for_share(arm), budget), []).append(name)
            continue
        first = matched_arms(params.arms, name)[-1]
        # Whom the others match is one of them, where it differs in nothing else.
        alike = _but_for_share(params.arms[first]) == _but_for_share(arm)
        key = (_but_for_share(arm), (first, budget.unit))
        series.setdefault(key, [first] if alike else []).append(name)
    return tuple(
        tuple(arms)
        for arms in series.values()
        if len({params.arms[arm].reasoning_share for arm in arms}) > 2
    )


def _but_for_budget(arm: Arm) -> Arm:
    """An arm's row without its budget, and whom it is for."""
    return arm.model_copy(update={"budget": None, "students": None})


def _but_for_share(arm: Arm) -> str:
    """An arm's row without what a series of shares varies; rates follow the style."""
    return arm.model_dump_json(
        exclude={"reasoning_share", "order", "budget", "learning_rate", "students"},
        exclude_none=True,
    )


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


def arm_matches(params: Params, records: Mapping[Cell, Record]) -> tuple[ArmMatch, ...]:
    """Every arm of every student whose budget is what another arm uses, by the records."""
    found = []
    for student in params.students:
        for arm in arms_of(params, student):
            row = params.arms[arm]
            if row.budget is None or row.budget.match is None:
                continue
            unit = row.budget.unit
            assert unit is not None  # the schema asks a match for it
            other = row.budget.match
            amounts = [
                (
                    _used(records, Cell(student, arm, seed), unit),
                    _used(records, Cell(student, other, seed), unit),
                )
                for seed in params.seeds
            ]
            known = [(own, its) for own, its in amounts if own is not None and its]
            match = ArmMatch(student, arm, other, unit)
            if known:
                match = match._replace(
                    used=sum(own for own, _ in known) / len(known),
                    other_used=sum(its for _, its in known) / len(known),
                    ratio=max((own / its for own, its in known), key=lambda ratio: abs(ratio - 1)),
                )
            found.append(match)
    return tuple(found)


def _used(records: Mapping[Cell, Record], cell: Cell, unit: BudgetUnit) -> float | None:
    """What a cell used of a unit, as its record says."""
    record = records.get(cell)
    if record is None:
        return None
    return {
        "samples": record.metrics.get("samples"),
        "tokens": record.tokens.get("trained"),
        "supervised_tokens": record.tokens.get("supervised"),
        "train_flops": record.flops.get("train"),
    }[unit]


def _is_of(record: Record, whole: BudgetTrial) -> bool:
    return (
        record.parameters.get("learning_rate") == whole.learning_rate
        and record.tokens.get("trained") == whole.trained_tokens
    )
