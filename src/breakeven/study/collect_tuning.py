"""What the search for learning rates took, from the trials that `breakeven tune` left."""

import csv
from collections.abc import Mapping, Sequence

from breakeven.core.errors import InputError
from breakeven.core.known_numbers import known_sum
from breakeven.core.layout import tuning_curves_path
from breakeven.costs.amounts import Amount, absent
from breakeven.costs.bill import NO_COST, Cost, absent_cost
from breakeven.params import Params

Trials = Sequence[Mapping[str, str]]
NO_SECONDS = "tuning: its seconds are not recorded"


def tuning_trials(params: Params) -> Trials | None:
    """The trials of this study's students and arms; None where nobody has tuned it here.

    Raises InputError on a file that no `breakeven tune` wrote.
    """
    path = tuning_curves_path(params.study)
    if not path.is_file():
        return None
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows, start=2):
        for column in ("student", "arm", "trained_tokens", "train_flops"):
            if row.get(column) is None:
                raise InputError(
                    f"{path}:{number}: {column} is missing; run breakeven tune, or remove the file"
                )
        for column in ("trained_tokens", "train_flops"):
            if row[column] and not _is_count(row[column]):
                raise InputError(
                    f"{path}:{number}: {column}: value is {row[column]!r}; use a count"
                )
    return [row for row in rows if row["student"] in params.students and row["arm"] in params.arms]


def tuning_cost(trials: Trials | None, student: str, arm: str) -> Cost:
    """The trainings that chose the rate of a student and arm; their answers are not recorded.

    Nothing where the study was not tuned here.
    """
    if trials is None:
        return NO_COST
    own = [row for row in trials if (row["student"], row["arm"]) == (student, arm)]
    if not own:
        return absent_cost(
            f"tuning: the rate of {student} {arm} was not chosen by trials of its own"
        )
    return cost_of_trials(own)


def cost_of_trials(trials: Trials) -> Cost:
    """Their trainings together."""
    tokens = known_sum(_number(row["trained_tokens"]) for row in trials)
    flops = known_sum(_number(row["train_flops"]) for row in trials)
    seconds = absent(NO_SECONDS)
    return Cost(
        absent("tuning: tokens are not counted") if tokens is None else Amount(tokens),
        Amount(0.0),
        absent("tuning: FLOPs are not counted") if flops is None else Amount(flops),
        seconds,
        seconds,
        seconds,
    )


def _number(text: str) -> float | None:
    return float(text) if text else None


def _is_count(text: str) -> bool:
    try:
        value = float(text)
    except ValueError:
        return False
    return 0 <= value < float("inf")
