"""A share of an arm's budget, tried at the chosen rate: what `breakeven tune` keeps to be shown."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class BudgetTrial:
    """One training with `share` of an arm's budget, and which items of the tune side it got right.

    The trials of a student and arm are asked the same items, `right` and `wrong` together.
    """

    student: str
    arm: str
    seed: int
    learning_rate: float
    share: float
    trained_tokens: int
    supervised_tokens: int
    train_flops: float | None
    right: tuple[str, ...]
    wrong: tuple[str, ...]


def budget_trials_path(study: str) -> Path:
    """Where `breakeven tune` leaves them, to be committed; there only if it has run."""
    return Path("tuning") / study / "budgets.jsonl"
