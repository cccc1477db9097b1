"""`breakeven tune`: every trial, then the choice and its curves as files to commit."""

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from breakeven.core.errors import InputError
from breakeven.core.files import write_json, write_rows, write_text
from breakeven.core.progress import Progress
from breakeven.params import Params
from breakeven.rows.budget_trial import BudgetTrial
from breakeven.train.plan import CellPlan, plan_cell
from breakeven.tune.chosen_rates import Choice, chosen_of
from breakeven.tune.grid import (
    Grid,
    Trial,
    checked_grid,
    own_rate,
    params_of_trial,
    rate_trials,
)
from breakeven.tune.held_out import HeldOut, held_out
from breakeven.tune.trial import COLUMNS, Outcome, as_row, outcome_of


class Arm(NamedTuple):
    """What all trials of a student and arm share: samples of the whole budget, pairs held out."""

    samples: int
    held: HeldOut


def tune(params: Params, grid: Grid, *, items: int, folder: Path) -> list[Choice]:
    """Choose a rate for each student and arm; writes curves, choice and budgets to `folder`.

    First every rate at the whole budget, then smaller shares of the budget at the chosen one:
    whether its accuracy has levelled off. Finished trials come from scratch, a killed one goes on.

    Raises:
        InputError: a name, rate or share makes no sense, pairs are missing or too few, or no rate
            works; what can be known beforehand is told before anything is trained.
        MachineError: a student does not fit into the device's memory.
    """
    if items < 1:
        raise InputError(f"--items: value is {items}; use at least 1")
    grid = checked_grid(params, grid)
    trials = list(rate_trials(params, grid))
    arms = _prepared(params, trials, items)
    _warn_of_learnt(params, grid)
    choices = []
    with Progress("tune", total=len(trials) + len(arms) * len(grid.shares)) as progress:

        def outcome(trial: Trial) -> Outcome:
            arm = arms[trial.student, trial.arm]
            own = params_of_trial(params, trial, arm.samples)
            found = outcome_of(own, trial, _plan(own, trial), arm.held)
            progress.advance(trial.label)
            return found

        for student, arm in arms:
            own = [one for one in trials if (one.student, one.arm) == (student, arm)]
            tried = tuple(map(outcome, own))
            chosen = chosen_of(tried, own_rate(params, student, arm))
            rate = chosen.learning_rate
            smaller = [outcome(Trial(student, arm, rate, share)) for share in grid.shares]
            choices.append(Choice(chosen, tried, (*smaller, chosen)))
    _write(params, choices, arms, folder)
    return choices


def summary(params: Params, choices: Sequence[Choice]) -> dict[str, Any]:
    """The choice as one JSON object, by student and arm."""
    found: dict[str, dict[str, Any]] = {}
    for one in choices:
        row = {"style": params.arms[one.chosen.arm].result_style, **one.as_dict()}
        found.setdefault(one.chosen.student, {})[one.chosen.arm] = row
    return {"study": params.study, "seed": params.seeds[0], "students": found}


def _prepared(params: Params, trials: Sequence[Trial], items: int) -> dict[tuple[str, str], Arm]:
    """What each student and arm needs, so that what is missing is told before any training."""
    arms = {}
    for trial in trials:
        if (trial.student, trial.arm) not in arms:
            held = held_out(params, params.arms[trial.arm].corpora, items)
            plan = _plan(params_of_trial(params, trial, 0), trial)
            arms[trial.student, trial.arm] = Arm(len(plan.selection.samples), held)
    return arms


def _plan(params: Params, trial: Trial) -> CellPlan:
    plan = plan_cell(params, trial.student, trial.arm, params.seeds[0])
    assert plan is not None  # checked_grid takes trained arms only
    return plan


def _warn_of_learnt(params: Params, grid: Grid) -> None:
    names = dict.fromkeys(name for arm in grid.arms for name in params.arms[arm].corpora)
    for name in names:
        if not params.corpora[name].tuning:
            print(
                f"warning: params.yaml: corpora.{name}.tuning: value is false; the study itself "
                "learns the pairs that its rates are chosen on; use true",
                file=sys.stderr,
            )


def _write(
    params: Params,
    choices: Sequence[Choice],
    arms: Mapping[tuple[str, str], Arm],
    folder: Path,
) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for choice in choices:
        for one in (*choice.tried, *choice.by_budget[:-1]):
            writer.writerow(as_row(one))
    write_text(folder / "curves.csv", text.getvalue())
    write_json(folder / "choice.json", summary(params, choices))
    write_rows(
        folder / "budgets.jsonl",
        (
            _budget_trial(one, params.seeds[0], arms[one.student, one.arm].held)
            for choice in choices
            for one in choice.by_budget
            if one.right is not None  # it did not diverge, and its items can be graded
        ),
    )


def _budget_trial(outcome: Outcome, seed: int, held: HeldOut) -> BudgetTrial:
    right = set(outcome.right or ())
    ids = [item.id for item in held.items]
    return BudgetTrial(
        student=outcome.student,
        arm=outcome.arm,
        seed=seed,
        learning_rate=outcome.learning_rate,
        share=outcome.share,
        trained_tokens=outcome.trained_tokens,
        supervised_tokens=outcome.supervised_tokens,
        train_flops=outcome.train_flops,
        right=tuple(name for name in ids if name in right),
        wrong=tuple(name for name in ids if name not in right),
    )
