"""What is tried: rates by student and arm, and the params of each trial."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from breakeven.core.errors import InputError
from breakeven.params import Params
from breakeven.params.cells import Cell, resolve_cell
from breakeven.params.references import pick_row

# Around the rate that params.yaml has: a rate that is off by four or less is found.
_FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0)


class Trial(NamedTuple):
    """One training: `share` is how much of the arm's budget it gets."""

    student: str
    arm: str
    learning_rate: float
    share: float = 1.0

    @property
    def label(self) -> str:
        """For a line of progress."""
        return f"{self.student} {self.arm} {self.learning_rate:g} × {self.share:g}"


class Grid(NamedTuple):
    """Students and arms, and what is tried of each. No `rates`: some around that of params.yaml."""

    students: tuple[str, ...] = ()
    arms: tuple[str, ...] = ()
    rates: tuple[float, ...] = ()
    shares: tuple[float, ...] = (0.25, 0.5)


def checked_grid(params: Params, grid: Grid) -> Grid:
    """The grid with every student and, where none are named, an arm of each rate to choose.

    That is the first of each style and the first with each rate of its own, no control.

    Raises:
        InputError: a name that is not in params.yaml, an arm that is not trained, a rate or share
            that makes no sense, or nothing to try.
    """
    for name in grid.students:
        pick_row(params.students, "students", name)
    for name in grid.arms:
        if not pick_row(params.arms, "arms", name).trained:
            raise InputError(f"--arm: {name!r} is not trained, it has no rate to choose")
    _check_numbers("--rate", grid.rates, "a positive number such as 1e-3", math.inf)
    _check_numbers("--share", grid.shares, "a share of the budget below 1", 1.0)
    # A rate that an arm has of its own is one more that somebody has to choose.
    first_of_rate: dict[tuple[str, float | None], str] = {}
    for name, arm in params.arms.items():
        if arm.trained and not arm.control:
            first_of_rate.setdefault((arm.style, arm.learning_rate), name)
    arms = grid.arms or tuple(first_of_rate.values())
    if not arms:
        raise InputError("params.yaml: arms: none is trained, controls aside; name one by --arm")
    students = grid.students or tuple(params.students)
    for name in students:
        if not any(params.arms[arm].is_for(name) for arm in arms):
            raise InputError(
                f"--student: none of the arms {', '.join(arms)} is for {name!r} "
                "(params.yaml: arms: students); name one that is by --arm"
            )
    return Grid(_once(students), _once(arms), grid.rates, tuple(sorted(grid.shares)))


def rate_trials(params: Params, grid: Grid) -> Iterator[Trial]:
    """Every rate of every student and arm, at the whole budget."""
    for student in grid.students:
        for arm in (name for name in grid.arms if params.arms[name].is_for(student)):
            for rate in grid.rates or _around(own_rate(params, student, arm)):
                yield Trial(student, arm, rate)


def params_of_trial(params: Params, trial: Trial, samples: int) -> Params:
    """The study in which a trial is trained: its rate, its budget, without the tune side.

    `samples` are those of the whole budget, where it is no amount.
    """
    tree: dict[str, Any] = params.model_dump(mode="json")
    arm = tree["arms"][trial.arm]
    arm["learning_rate"] = trial.learning_rate
    if trial.share != 1.0:
        whole = {name: value for name, value in (arm["budget"] or {}).items() if value}
        # Passes, and what another arm uses, are counted in samples: those are known.
        budget = {"samples": samples} if not whole or "match" in whole else whole
        arm["budget"] = {
            name: value * trial.share if name == "train_flops" else max(1, int(value * trial.share))
            for name, value in budget.items()
        }
    for name in params.arms[trial.arm].corpora:
        tree["corpora"][name]["tuning"] = True
    return Params.model_validate(tree)


def own_rate(params: Params, student: str, arm: str) -> float:
    """The rate that `params.yaml` has for an arm of a student."""
    settings = resolve_cell(params, Cell(student, arm, params.seeds[0])).training
    assert settings is not None  # checked_grid takes trained arms only
    return settings.learning_rate


def _around(rate: float) -> list[float]:
    # Its own to the last digit: it may be what is chosen.
    return [rate if factor == 1.0 else float(f"{factor * rate:.2g}") for factor in _FACTORS]


def _check_numbers(option: str, values: Sequence[float], allowed: str, below: float) -> None:
    for value in values:
        if not 0.0 < value < below:
            raise InputError(f"{option}: value is {value:g}; use {allowed}")
        if values.count(value) > 1:
            raise InputError(f"{option}: {value:g} is given twice; give it once")


def _once(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
