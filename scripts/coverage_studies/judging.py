"""What is asked of an interval, of draws and of a p-value; and the draws themselves."""

import numpy as np

from breakeven.frontiers.positions import Position
from breakeven.statistics.bootstrap import bootstrap_family_means
from breakeven.statistics.estimates import Estimate, FloatArray


def covers(estimate: Estimate, truth: float) -> bool:
    """Whether the interval exists and holds the truth."""
    if estimate.low is None or estimate.high is None:
        return False
    return estimate.low <= truth <= estimate.high


def middle_holds(draws: FloatArray, truth: float) -> bool:
    """Whether the middle 95% of the draws hold the truth; they hold nothing where none differs."""
    low, high = np.quantile(draws, [0.025, 0.975])
    return bool(low < high and low <= truth <= high)


def position_covers(low: Position | None, high: Position | None, truth: Position) -> bool:
    """Whether the truth lies between two positions that may be off the measured sizes."""
    if low is None or high is None:
        return False
    return _number(low) <= _number(truth) <= _number(high)


def _number(position: Position) -> float:
    if position.value is not None:
        return position.value
    return -np.inf if position.side == "below" else np.inf


def resample(tasks: list[FloatArray], draws: int, rng: np.random.Generator) -> FloatArray:
    """(draws, styles, sizes) bootstrap family scores."""
    shape = tasks[0].shape[:2]
    flat = [task.reshape(-1, task.shape[-1]) for task in tasks]
    return bootstrap_family_means(flat, draws, int(rng.integers(2**31))).reshape(draws, *shape)


def called(p_value: float | None) -> bool:
    """Whether a difference is called significant at 5%."""
    return p_value is not None and p_value <= 0.05
