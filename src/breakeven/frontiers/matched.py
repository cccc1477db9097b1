"""Reasoning against IFT at equal FLOPs, training or inference alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from breakeven.frontiers.checks import Floats, Numbers, as_accuracies, as_costs, as_level
from breakeven.frontiers.equivalents import (
    EquivalentAccuracy,
    equivalent_accuracies,
    sorted_points,
)
from breakeven.frontiers.interpolation import log_weights, within
from breakeven.frontiers.saturation import SaturationFit, predict_draws

Verdict = Literal["ahead", "behind", "undecidable"]


@dataclass(frozen=True)
class MatchedComparison:
    """A reasoning cell's accuracy minus what IFT reaches at the same cost.

    `low` and `high` hold the sampling error if `sampled`, and the range that the fit leaves IFT
    between and beyond its points. `verdict` says where reasoning stands: ahead if the whole
    interval is above zero, behind if it is below. If `extrapolated`, it also rests on the form
    of the curve. All differences are None with a `reason` where IFT has no value.
    """

    reasoning: float
    ift: EquivalentAccuracy
    difference: float | None
    low: float | None
    high: float | None
    sampled: bool
    verdict: Verdict
    reason: str | None

    @property
    def extrapolated(self) -> bool:
        """Whether IFT was not measured at this cost."""
        return self.ift.extrapolated


@dataclass(frozen=True)
class PooledComparison:
    """The mean difference over several cells; None with a `reason` where no cell has one.

    `low` and `high` are the means of the cells' ends, as if every error went the same way, so
    they are never too narrow. `absent` counts cells without a difference.
    """

    cells: int
    absent: int
    difference: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    largest_extrapolation: float
    reason: str | None


def verdict_of(low: float, high: float) -> Verdict:
    """Where an interval of (reasoning - IFT) stands against zero."""
    if low > 0:
        return "ahead"
    return "behind" if high < 0 else "undecidable"


def compare_at_equal_cost(
    ift_fit: SaturationFit,
    reasoning_costs: Numbers,
    reasoning: Numbers,
    *,
    ift_draws: Numbers | None = None,
    reasoning_draws: Numbers | None = None,
    level: float = 0.95,
) -> tuple[MatchedComparison, ...]:
    """Every reasoning cell against IFT at the cell's own cost.

    `ift_fit` holds the IFT points and their curve; its draws are (draws, IFT points) in the
    order of the fit, the others (draws, reasoning cells), both from the same resampled items.
    Without draws the interval is the range of IFT alone. With them the two are added end to end,
    which is never too narrow.
    Raises ValueError on shapes or values out of range, or if only one kind of draws is given.
    """
    cost_array = as_costs(reasoning_costs, "reasoning_costs")
    accuracies = as_accuracies(reasoning, len(cost_array), "reasoning")
    as_level(level)
    equivalents = equivalent_accuracies(ift_fit, cost_array)
    if ift_draws is None and reasoning_draws is None:
        return tuple(
            _comparison(float(accuracy), ift, None, level)
            for accuracy, ift in zip(accuracies, equivalents, strict=True)
        )
    if ift_draws is None or reasoning_draws is None:
        raise ValueError("draws: only one of the styles has them; give both or neither")
    drawn = as_accuracies(reasoning_draws, len(cost_array), "reasoning_draws", dimensions=2)
    at_cost = _ift_draws_at(ift_fit, cost_array, ift_draws)
    if at_cost.shape != drawn.shape:
        raise ValueError(f"draws: {len(at_cost)} of IFT, {len(drawn)} of reasoning; use as many")
    differences = drawn - at_cost
    return tuple(
        _comparison(float(accuracies[cell]), equivalents[cell], differences[:, cell], level)
        for cell in range(len(cost_array))
    )


def _ift_draws_at(fit: SaturationFit, at_costs: Floats, ift_draws: Numbers) -> Floats:
    """(draws, at_costs): each draw of IFT interpolated within its costs, refitted beyond them.

    A column is left as zeros where IFT has no value at all; its comparison is absent anyway.
    """
    draws = as_accuracies(ift_draws, len(fit.costs), "ift_draws", dimensions=2)
    costs, _, order = sorted_points(fit)
    inside = np.array([within(costs, cost) for cost in at_costs], dtype=np.bool_)
    values = np.zeros((len(draws), len(at_costs)))
    if inside.any():
        values[:, inside] = draws[:, order] @ log_weights(costs, at_costs[inside]).T
    if fit.curve is not None and not inside.all():
        outside = at_costs[~inside]
        values[:, ~inside] = predict_draws(costs, draws[:, order], fit.ceiling, outside)
    return values


def _comparison(
    accuracy: float, ift: EquivalentAccuracy, differences: Floats | None, level: float
) -> MatchedComparison:
    sampled = differences is not None
    if ift.accuracy is None or ift.low is None or ift.high is None:
        return MatchedComparison(accuracy, ift, None, None, None, False, "undecidable", ift.reason)
    difference = accuracy - ift.accuracy
    low = high = difference
    if differences is not None:
        tail = (1 - level) / 2
        low, high = map(float, np.quantile(differences, [tail, 1 - tail]))
    low -= ift.high - ift.accuracy
    high += ift.accuracy - ift.low
    reason = None if sampled else "no item-level draws: sampling error is not in the interval"
    return MatchedComparison(
        accuracy, ift, difference, low, high, sampled, verdict_of(low, high), reason
    )


def pool(comparisons: Sequence[MatchedComparison]) -> PooledComparison:
    """The mean difference over cells, for a claim about several of them at once."""
    parts = [
        (one.difference, one.low, one.high)
        for one in comparisons
        if one.difference is not None and one.low is not None and one.high is not None
    ]
    absent = len(comparisons) - len(parts)
    factor = max((one.ift.extrapolation_factor for one in comparisons), default=1.0)
    if not parts:
        reason = "no cell has a difference"
        return PooledComparison(0, absent, None, None, None, "undecidable", factor, reason)
    difference, low, high = (float(mean) for mean in np.mean(parts, axis=0))
    verdict = verdict_of(low, high)
    return PooledComparison(len(parts), absent, difference, low, high, verdict, factor, None)
